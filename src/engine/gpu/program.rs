//! A plan as dispatches: every kernel of a training step and of a look inside, with constants and bindings.

mod backward;
mod forward;
mod observe;

use backward::places;
pub use backward::{decays, tensor_bytes};

use std::collections::BTreeSet;

use super::dispatch::{Bind, Dispatch, Draft, Store};
use super::layout::{Layout, NORM_ROWS, quads};
use crate::engine::Optimizer;
use crate::engine::plan::{self, Addend, Gradient, Kernel, NormId, ParamId, Plan, TensorId, Through, View};
use crate::net::Graph;

/// Pixels that a thread takes of a strip.
const PER: usize = 8;
/// Threads of most kernels.
const THREADS: usize = 64;

/// All dispatches of a net.
pub struct Program {
    room: usize,
    pub plan: Plan,
    pub layout: Layout,
    pub trunk: Vec<usize>,
    /// Parameters whose gradient norms are reported.
    pub weighted: Vec<ParamId>,
    pub trained: Vec<ParamId>,
    /// Lays weights out; before a forward pass whose weights have changed.
    pub pack: Dispatch,
    pub forward: Vec<Dispatch>,
    /// Instead of the first where the device holds the set that a batch is from.
    pub gather: Dispatch,
    /// By kernel of the plan's backward list.
    pub backward: Vec<Vec<Dispatch>>,
    /// The images' own gradient, before the last backward kernel's reductions.
    pub images_gradient: Vec<Dispatch>,
    /// Squares at the trunk's nodes: before which backward kernel, and the kernel.
    pub trunk_squares: Vec<(usize, Dispatch)>,
    pub weight_sum: Dispatch,
    pub square_params: Dispatch,
    /// All norms, and only that of the whole gradient.
    pub square_root: [Dispatch; 2],
    pub update: Dispatch,
}

/// Lowers a plan; borrowed parts of a program in the making.
pub struct Lowering<'a> {
    pub graph: &'a Graph,
    pub plan: &'a Plan,
    pub layout: &'a Layout,
    pub results: usize,
    /// Storage buffers that a kernel can bind.
    pub room: usize,
}

/// Channels a strip takes at once, and pixels.
struct Strip {
    cg: usize,
    pg: usize,
    strip: usize,
    blocks: usize,
}

impl Strip {
    fn new(channels: usize) -> Self {
        let c4 = quads(channels);
        let cg = if c4.is_power_of_two() {
            c4
        } else {
            c4.next_power_of_two() / 2
        };
        let cg = cg.min(16);
        let pg = THREADS / cg;
        Self {
            cg,
            pg,
            strip: pg * PER,
            blocks: c4.div_ceil(cg),
        }
    }
}

impl Lowering<'_> {
    fn shape(&self, tensor: TensorId) -> [usize; 3] {
        self.plan.tensors[tensor].shape
    }

    fn plane(&self, tensor: TensorId) -> usize {
        let [_, height, width] = self.shape(tensor);
        height * width
    }

    fn c4(&self, tensor: TensorId) -> usize {
        quads(self.shape(tensor)[0])
    }

    /// Bytes of one image of these tensors, each once.
    fn bytes(&self, tensors: impl IntoIterator<Item = TensorId>) -> u64 {
        let tensors: BTreeSet<TensorId> = tensors.into_iter().collect();
        let values: usize = tensors
            .into_iter()
            .map(|tensor| self.plan.tensors[tensor].image())
            .sum();
        values as u64 * 4
    }

    /// Bytes of a workgroup's piece of a tensor's statistics or backward sums: two values a channel.
    fn piece(&self, tensor: TensorId) -> usize {
        2 * 16 * self.c4(tensor)
    }

    fn norm(&self, norm: NormId) -> Bind {
        let c4 = self.c4(self.plan.norms[norm].tensor);
        Bind::quads(Store::Norms, self.layout.norms[norm], NORM_ROWS * c4)
    }

    /// A parameter up to the next one's start, so that it can be read in quadruples.
    fn param(&self, param: ParamId) -> Bind {
        let range = &self.layout.params[param];
        let trained = self.graph.params[param].kind.trained();
        let store = if trained { Store::Params } else { Store::Running };
        Bind::quads(store, range.start / 4, quads(range.len()))
    }

    /// `${v}` of the part `view`.
    fn view(&self, draft: Draft, v: &str, view: View) -> Draft {
        let draft = draft
            .bind(v, Store::Tensor(view.tensor))
            .set(format!("{v}_c4"), self.c4(view.tensor))
            .flag(format!("{v}_normed"), view.norm.is_some())
            .flag(format!("{v}_relu"), view.relu);
        match view.norm {
            Some(norm) => draft.bind(format!("{v}_norm"), self.norm(norm)),
            None => draft,
        }
    }

    /// `${v}` of the part `gradient`; `stored` unless it is worked on in place.
    fn gradient(&self, draft: Draft, v: &str, gradient: &Gradient, stored: bool) -> Draft {
        let (view, past_norm) = match gradient.through {
            Through::Nothing => (None, false),
            Through::Relu(view) => (Some(view), false),
            Through::Norm(view) => (Some(view), view.norm.is_some()),
        };
        let norm = view.and_then(|view| view.norm);
        let past_relu = view.is_some_and(|view| view.relu);
        let viewed = view.filter(|_| past_relu || norm.is_some());
        let mut draft = draft
            .bind(v, Store::Tensor(gradient.tensor))
            .set(format!("{v}_c4"), self.c4(gradient.tensor))
            .factor(format!("{v}_scale"), gradient.scale)
            .flag(format!("{v}_stored"), stored)
            .flag(format!("{v}_gated"), gradient.gate.is_some())
            .flag(format!("{v}_viewed"), viewed.is_some())
            .flag(format!("{v}_normed"), norm.is_some())
            .flag(format!("{v}_past_relu"), past_relu)
            .flag(format!("{v}_past_norm"), past_norm);
        if let Some(gate) = gradient.gate {
            draft = draft.bind(format!("{v}_gate"), Store::Tensor(gate));
        }
        if let Some(view) = viewed {
            draft = draft.bind(format!("{v}_x"), Store::Tensor(view.tensor));
        }
        match norm {
            Some(norm) => draft.bind(format!("{v}_norm"), self.norm(norm)),
            None => draft,
        }
    }

    /// `share` of the part `addend`.
    fn addend(&self, draft: Draft, addend: Option<Addend>) -> Draft {
        let Some(addend) = addend else {
            return draft.flag("shared", false);
        };
        let [_, height, width] = self.shape(addend.tensor);
        let draft = draft
            .flag("shared", true)
            .bind("share", Store::Tensor(addend.tensor))
            .set("share_c4", self.c4(addend.tensor))
            .set("share_height", height)
            .set("share_width", width)
            .set("share_stride", addend.stride)
            .factor("share_scale", addend.scale)
            .flag("share_gated", addend.gate.is_some());
        match addend.gate {
            Some(gate) => draft.bind("share_gate", Store::Tensor(gate)),
            None => draft,
        }
    }

    /// The constants of the part `strips` over a tensor.
    fn strips(&self, draft: Draft, tensor: TensorId) -> (Draft, super::dispatch::Grid) {
        let [channels, _, width] = self.shape(tensor);
        let Strip { cg, pg, strip, blocks } = Strip::new(channels);
        let draft = draft
            .set("threads", THREADS)
            .set("cc", 1)
            .set("cg", cg)
            .set("pg", pg)
            .set("per", PER)
            .set("strip", strip)
            .set("blocks", blocks)
            .set("c4", quads(channels))
            .set("plane", self.plane(tensor))
            .set("width", width);
        let grid = super::dispatch::Grid::Strips {
            plane: self.plane(tensor),
            strip,
            z: blocks,
        };
        (draft, grid)
    }
}

impl Program {
    /// For a device whose kernels can bind `room` storage buffers.
    pub fn new(graph: &Graph, plan: Plan, optimizer: &Optimizer, room: usize) -> Self {
        let layout = Layout::new(graph, &plan);
        let trained = |&param: &ParamId| graph.params[param].kind.trained();
        let trained: Vec<ParamId> = (0..graph.params.len()).filter(trained).collect();
        let weight_of = |node: usize| {
            let name = format!("{}.weight", graph.nodes[node].op.parameters().unwrap_or_default());
            graph.params.iter().position(|param| param.name == name)
        };
        let weighted: Vec<ParamId> = graph.weighted().into_iter().filter_map(weight_of).collect();
        let trunk = graph.trunk();
        let lowering = Lowering {
            graph,
            plan: &plan,
            layout: &layout,
            results: results_len(weighted.len() + trunk.len()),
            room,
        };
        let mut forward = vec![lowering.images(Store::Stored)];
        forward.extend(plan.forward.iter().flat_map(|kernel| lowering.forward(kernel)));
        let images_gradient = plan.backward.iter().filter_map(|kernel| match kernel {
            Kernel::ConvGrad { into, .. } if *into == plan.images_gradient => Some(lowering.input_grad(kernel, None)),
            _ => None,
        });
        Self {
            pack: lowering.pack(),
            gather: lowering.images(Store::Set),
            forward,
            backward: plan.backward.iter().map(|kernel| lowering.backward(kernel)).collect(),
            images_gradient: images_gradient.flatten().collect(),
            trunk_squares: lowering.trunk_squares(&trunk),
            weight_sum: lowering.weight_sum(),
            square_params: lowering.square_params(trained.len()),
            square_root: [1 + weighted.len() + trunk.len(), 1].map(|norms| lowering.square_root(norms)),
            update: lowering.update(optimizer),
            trunk,
            weighted,
            trained,
            room,
            layout,
            plan,
        }
    }

    /// A training step that packs the weights and takes its batch from a set on the device.
    pub fn step(&self) -> impl Iterator<Item = &Dispatch> {
        let forward = [&self.pack, &self.gather].into_iter().chain(&self.forward[1..]);
        let backward = self.backward.iter().flatten();
        forward.chain(backward).chain([&self.weight_sum, &self.update])
    }

    /// Every dispatch.
    #[cfg(test)]
    pub fn all(&self) -> impl Iterator<Item = &Dispatch> {
        let backward = self.backward.iter().flatten().chain(&self.images_gradient);
        let trunk = self.trunk_squares.iter().map(|(_, dispatch)| dispatch);
        let rest = [&self.pack, &self.weight_sum, &self.square_params, &self.update];
        let forward = self.forward.iter().chain(backward).chain(trunk);
        forward.chain(rest).chain(&self.square_root)
    }

    /// Values of one step in the ring of results: loss, hits, the whole gradient's norm, weights', trunk's.
    pub fn results_len(&self) -> usize {
        results_len(self.weighted.len() + self.trunk.len())
    }

    /// For looking inside.
    pub fn lowering<'a>(&'a self, graph: &'a Graph) -> Lowering<'a> {
        Lowering {
            graph,
            plan: &self.plan,
            layout: &self.layout,
            results: self.results_len(),
            room: self.room,
        }
    }

    /// Squares that one node of the trunk may take for so many images, and how many there are an image: plane, strip
    /// and blocks of the tensor.
    pub fn trunk_strip(&self, at: usize) -> [usize; 3] {
        let node = self.trunk[at];
        let tap = self.plan.taps.iter().find(|tap| tap.node == node);
        let tensor = tap.map_or(self.plan.images, |tap| tap.gradient.tensor);
        let [channels, height, width] = self.plan.tensors[tensor].shape;
        let Strip { strip, blocks, .. } = Strip::new(channels);
        [height * width, strip, blocks]
    }

    /// Quadruples of statistics or sums that a kernel may leave for so many images.
    pub fn pieces_len(&self, images: usize) -> usize {
        let normed = self.plan.norms.iter().map(|norm| norm.tensor);
        let strips = normed.map(|tensor| {
            let [channels, height, width] = self.plan.tensors[tensor].shape;
            (images * height * width).div_ceil(Strip::new(channels).strip) * 2 * quads(channels)
        });
        let convs = self.plan.convs.iter().zip(&self.layout.convs).map(|(conv, place)| {
            let tile = forward::Blocking::forward(conv, place).tile;
            images.div_ceil(tile.ti) * tile.tiles() * 2 * quads(conv.output[0])
        });
        let back = self.plan.convs.iter().zip(&self.layout.convs).map(|(conv, place)| {
            let grids = places(conv, &place.parts).map(|(_, correlation)| correlation.grid());
            grids.map(|grid| grid.groups(images)).sum::<usize>() * 2 * quads(conv.input[0])
        });
        strips.chain(convs).chain(back).max().unwrap_or(1)
    }
}

fn results_len(norms: usize) -> usize {
    (3 + norms).next_multiple_of(4)
}

/// The pieces that a normalisation's statistics come in.
fn producer(plan: &Plan, norm: NormId) -> Option<&Kernel> {
    plan.forward.iter().find(|kernel| match kernel {
        Kernel::Conv { statistics, .. } | Kernel::Add { statistics, .. } => *statistics == Some(norm),
        _ => false,
    })
}

/// What an addition stores.
fn output_of(kernel: &Kernel) -> Option<TensorId> {
    match *kernel {
        Kernel::Add { output, .. } => Some(output),
        _ => None,
    }
}

/// A convolution of the plan.
fn conv_of(plan: &Plan, conv: usize) -> &plan::Conv {
    &plan.convs[conv]
}
