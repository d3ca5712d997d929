//! Where a net's parameters, normalisations and gradient shares stand in the device's buffers.
//!
//! Stored tensors are `[N, H, W, C]` with the channels padded to a multiple of four by zeros. Parameters are one flat
//! buffer in PyTorch's layout, running statistics another; convolutions read packed copies of their weights.

use std::ops::Range;

use super::dispatch::{Cost, Grid};
use super::tile::Tile;
use crate::engine::plan::{Conv, Kernel, Plan};
use crate::net::Graph;

/// Values that a binding's start is a multiple of, for every device.
pub const ALIGN: usize = 64;
/// No parameter: a padded channel.
pub const NOWHERE: u32 = u32::MAX;
/// Rows of a normalisation's values.
pub const NORM_ROWS: usize = 8;
/// Quadruples that all shares of the convolutions' gradients may take.
const SHARES: usize = 6 << 20;
/// Workgroups that keep a large device busy.
const BUSY: usize = 768;

/// Quadruples that hold so many channels.
pub fn quads(channels: usize) -> usize {
    channels.div_ceil(4)
}

fn aligned(len: usize) -> usize {
    len.next_multiple_of(ALIGN)
}

/// A convolution's channels in quadruples: groups are put together until their channels fill quadruples, with zero
/// weights between them, so any group width reads and writes whole ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    pub parts: usize,
    /// Quadruples read by a part.
    pub ci4: usize,
    /// Quadruples put out by a part.
    pub co4: usize,
}

impl Parts {
    pub fn new(conv: &Conv) -> Self {
        let (read, put, groups) = (conv.input[0], conv.output[0], conv.groups);
        let fills = |&joined: &usize| {
            groups.is_multiple_of(joined)
                && (joined * read / groups).is_multiple_of(4)
                && (joined * put / groups).is_multiple_of(4)
        };
        let joined = (1..groups).find(fills).unwrap_or(groups);
        Self {
            parts: groups / joined,
            ci4: quads(joined * read / groups),
            co4: quads(joined * put / groups),
        }
    }

    /// Quadruples of the packed weights of a `kernel` x `kernel` convolution.
    pub fn weights(&self, kernel: usize) -> usize {
        kernel * kernel * self.parts * self.ci4 * 4 * self.co4
    }
}

/// How the gradient of a convolution's weights is cut into shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightTile {
    pub tile: Tile,
    /// Quadruples of channels read and put out by a workgroup.
    pub cib: usize,
    pub cob: usize,
    /// Threads that take turns at a tile's rows.
    pub lanes: usize,
    /// At most.
    pub splits: usize,
}

impl WeightTile {
    fn new(conv: &Conv, parts: &Parts, convs: usize) -> Self {
        let (cib, cob) = (parts.ci4.min(4), parts.co4.min(4));
        let room = 1024 - 128 - 64 * cob;
        let tile = Tile::new(conv.output, 64, conv.stride, [conv.kernel; 2], room / cib);
        let each = conv.kernel * cib * cob;
        let lanes = (96 / each).clamp(1, (tile.ti * tile.th).max(1));
        let blocks = parts.parts * parts.ci4.div_ceil(cib) * parts.co4.div_ceil(cob);
        let room = SHARES / convs / parts.weights(conv.kernel);
        let splits = (BUSY / blocks).clamp(8, 256).min(room.max(4));
        Self {
            tile,
            cib,
            cob,
            lanes,
            splits,
        }
    }
}

/// Shares of some parameters' gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// The first share, in quadruples.
    pub first: usize,
    /// To the next share.
    pub next: usize,
    /// At most.
    pub most: usize,
    pub ti: usize,
    pub tiles: usize,
    /// Where the sum stands among all sums, in quadruples.
    start: usize,
}

impl Shares {
    /// Quadruples of all of them.
    pub fn len(&self) -> usize {
        self.next * self.most
    }
}

/// One convolution's place.
#[derive(Debug, Clone, Copy)]
pub struct ConvPlace {
    pub parts: Parts,
    pub weight_tile: WeightTile,
    /// First quadruple of the packed weights, and of the transposed ones.
    pub packed: [usize; 2],
    pub shares: Shares,
}

/// All places of a net.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// Values by parameter: trained ones in one buffer, running statistics in another.
    pub params: Vec<Range<usize>>,
    pub trained_len: usize,
    pub running_len: usize,
    /// First quadruple of each normalisation's values.
    pub norms: Vec<usize>,
    /// Quadruples of all.
    pub norms_len: usize,
    pub convs: Vec<ConvPlace>,
    /// By normalisation: weight, then bias.
    pub norm_shares: Vec<Shares>,
    pub linear_shares: Option<Shares>,
    /// Quadruples of all shares.
    pub shares_len: usize,
    /// For each packed value the parameter's place.
    pub packed_places: Vec<u32>,
    /// For each summed value the parameter's place.
    pub sum_places: Vec<u32>,
    /// For every 64 sums their segment.
    pub owners: Vec<u32>,
    /// As the shader's `Segment`.
    pub segments: Vec<[u32; 8]>,
}

impl Layout {
    pub fn new(graph: &Graph, plan: &Plan) -> Self {
        let mut layout = Self::default();
        for param in &graph.params {
            let end = if param.kind.trained() {
                &mut layout.trained_len
            } else {
                &mut layout.running_len
            };
            layout.params.push(*end..*end + param.len());
            *end += aligned(param.len());
        }
        for norm in &plan.norms {
            let c4 = quads(plan.tensors[norm.tensor].shape[0]);
            layout.norms.push(layout.norms_len);
            layout.norms_len += (NORM_ROWS * c4).next_multiple_of(ALIGN / 4);
        }
        for conv in &plan.convs {
            layout.conv(conv, plan.convs.len());
        }
        for norm in &plan.norms {
            let channels = plan.tensors[norm.tensor].shape[0];
            let mut places = vec![NOWHERE; 2 * 4 * quads(channels)];
            for channel in 0..channels {
                places[channel] = (layout.params[norm.weight].start + channel) as u32;
                places[4 * quads(channels) + channel] = (layout.params[norm.bias].start + channel) as u32;
            }
            let shares = layout.shares(places, 1, [1, 1]);
            layout.norm_shares.push(shares);
        }
        for kernel in &plan.forward {
            if let Kernel::Linear { weight, bias, .. } = *kernel {
                let params = [weight, bias].map(|param| layout.params[param].clone());
                let places = params.into_iter().flatten().map(|place| place as u32).collect();
                layout.linear_shares = Some(layout.shares(places, 1, [1, 1]));
            }
        }
        layout
    }

    fn conv(&mut self, conv: &Conv, convs: usize) {
        let parts = Parts::new(conv);
        let weight_tile = WeightTile::new(conv, &parts, convs);
        let len = 4 * parts.weights(conv.kernel);
        let (mut forward, mut backward) = (vec![NOWHERE; len], vec![NOWHERE; len]);
        let taps = conv.kernel * conv.kernel;
        let (read, put) = (conv.input[0] / conv.groups, conv.output[0] / conv.groups);
        let weights = self.params[conv.weight].start;
        for o in 0..conv.output[0] {
            let part = o / (4 * parts.co4);
            let b = o - part * 4 * parts.co4;
            for i in 0..read {
                let a = o / put * read + i - part * 4 * parts.ci4;
                for tap in 0..taps {
                    let place = (weights + (o * read + i) * taps + tap) as u32;
                    let row = (tap * parts.parts + part) * 4 * parts.ci4 + a;
                    forward[row * 4 * parts.co4 + b] = place;
                    let row = ((taps - 1 - tap) * parts.parts + part) * 4 * parts.co4 + b;
                    backward[row * 4 * parts.ci4 + a] = place;
                }
            }
        }
        let mut sums = forward.clone();
        let packed = [forward, backward].map(|places| {
            let first = self.packed_places.len() / 4;
            self.packed_places.extend(places);
            self.packed_places.resize(aligned(self.packed_places.len()), NOWHERE);
            first
        });
        if let Some(bias) = conv.bias {
            let bias = self.params[bias].clone().map(|place| place as u32);
            sums.extend(bias);
            sums.resize(len + 4 * parts.parts * parts.co4, NOWHERE);
        }
        let Tile { ti, .. } = weight_tile.tile;
        let tiles = weight_tile.tile.tiles();
        let shares = self.shares(sums, weight_tile.splits, [ti, tiles]);
        self.convs.push(ConvPlace {
            parts,
            weight_tile,
            packed,
            shares,
        });
    }

    /// What adding up all shares costs.
    pub fn sum_cost(&self) -> Cost {
        let convs = self.convs.iter().map(|place| &place.shares);
        let all = convs.chain(&self.norm_shares).chain(&self.linear_shares);
        let cost = Cost::default().fixed(4 * (self.sum_places.len() + self.trained_len));
        all.fold(
            cost,
            |cost,
             &Shares {
                 next, most, ti, tiles, ..
             }| {
                let grid = Grid::Splits { most, ti, tiles, z: 1 };
                cost.pieces(grid, 16 * next)
            },
        )
    }

    /// Room for shares of the parameters at `places`.
    fn shares(&mut self, places: Vec<u32>, most: usize, [ti, tiles]: [usize; 2]) -> Shares {
        let next = quads(places.len());
        let shares = Shares {
            first: self.shares_len,
            next,
            most,
            ti,
            tiles,
            start: self.sum_places.len() / 4,
        };
        self.shares_len = (shares.first + shares.len()).next_multiple_of(ALIGN / 4);
        self.sum_places.extend(places);
        // Whole workgroups of 64 quadruples.
        self.sum_places
            .resize(self.sum_places.len().next_multiple_of(256), NOWHERE);
        let owner = self.segments.len() as u32;
        self.owners.resize(self.sum_places.len() / 256, owner);
        let Shares { first, start, .. } = shares;
        let segment = [first, next, most, ti, tiles, start, 0, 0];
        self.segments.push(segment.map(|value| value as u32));
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::plan::lower;

    #[test]
    fn every_weight_is_packed_twice_and_summed_once() {
        for text in [
            "resnet-8:width=3,input=1x6x6,shortcut=B",
            "resnext-11:cardinality=3,group_width=2,width=4",
            "resnext-11:cardinality=2,group_width=4,width=4",
            "plain-8:norm=none",
        ] {
            let graph = Graph::new(&text.parse().unwrap());
            let layout = Layout::new(&graph, &lower(&graph));
            let count = |places: &[u32], at: usize| places.iter().filter(|&&place| place as usize == at).count();
            for (param, range) in graph.params.iter().zip(&layout.params) {
                if param.kind.trained() {
                    for at in [range.start, range.end - 1] {
                        assert_eq!(count(&layout.sum_places, at), 1, "{text}: {}", param.name);
                        let packed = if param.shape.len() == 4 { 2 } else { 0 };
                        assert_eq!(count(&layout.packed_places, at), packed, "{text}: {}", param.name);
                    }
                }
            }
        }
    }

    #[test]
    fn narrow_groups_are_put_together() {
        let conv = |groups, read, put| Conv {
            node: 0,
            kernel: 3,
            stride: 1,
            groups,
            input: [read, 4, 4],
            output: [put, 4, 4],
            weight: 0,
            bias: None,
        };
        let parts = |groups, read, put| {
            let Parts { parts, ci4, co4 } = Parts::new(&conv(groups, read, put));
            (parts, ci4, co4)
        };
        assert_eq!(parts(1, 3, 16), (1, 1, 4));
        assert_eq!(parts(8, 32, 64), (8, 1, 2));
        assert_eq!(parts(20, 20, 20), (5, 1, 1));
        assert_eq!(parts(3, 6, 9), (1, 2, 3));
    }
}
