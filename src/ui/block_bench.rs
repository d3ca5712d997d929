//! The chosen block on the bench: what it is, why its shortcut looks as it does, and the tools to change it.

use eframe::egui::{FontId, Slider, Ui};
use rust_i18n::t;

use super::block_tower::Act;
use super::theme;
use super::widgets::{grouped, quiet_button_ui};
use crate::net::{Cut, Graph, Layer, Op, Surgery, Table};

/// Least and usual length of the slider, and the room for its number with what is between them.
const SLIDER: [f32; 2] = [36.0, 90.0];
const NUMBER: f32 = 84.0;

/// What is known of a block.
pub struct Bench<'a> {
    pub graph: &'a Graph,
    pub table: &'a Table,
    /// Position in [`Graph::blocks`].
    pub index: usize,
}

impl Bench<'_> {
    /// `8×8×8 → 16×4×4, 3 488 parameters, 55 808 multiply-adds, receptive field 43×43 pixels`.
    pub fn about(&self) -> String {
        let [from, to] = self.shapes().map(shape);
        let name = &self.graph.blocks[self.index].name;
        let layers = || self.layers(name);
        let parameters = layers().map(|layer| layer.parameters as u64).sum();
        let multiply_adds = layers().map(|layer| layer.multiply_adds).sum();
        let field = layers().map(|layer| layer.receptive_field).max().unwrap_or(0);
        let [_, height, width] = self.graph.spec.input;
        let field = match field >= height.max(width) {
            true => t!("receptive field %{field}×%{field}: the whole image", field = field),
            false => t!("receptive field %{field}×%{field} pixels", field = field),
        };
        t!(
            "%{from} → %{to}, %{parameters} parameters, %{multiply_adds} multiply-adds, %{field}",
            from = from,
            to = to,
            parameters = grouped(parameters),
            multiply_adds = grouped(multiply_adds),
            field = field
        )
        .into_owned()
    }

    /// Why the shortcut is drawn as it is, with this net's numbers, or what was changed about it.
    pub fn why(&self, cut: Option<Cut>) -> String {
        let block = &self.graph.blocks[self.index];
        let scale = match cut {
            Some(Cut::Removed) => return t!("Taken out: what goes in goes past its convolutions.").into_owned(),
            Some(Cut::Shortcut(scale)) => Some(scale),
            None => self.own_scale(),
        };
        match scale {
            Some(0.0) => {
                return t!("Cut: nothing is added, all that goes on is what its convolutions make.").into_owned();
            }
            Some(scale) if scale != 1.0 => {
                let scale = format!("{scale:.2}");
                return t!("Scaled: %{scale} of what the shortcut carries is added.", scale = scale).into_owned();
            }
            _ => {}
        }
        let [input, output] = self.shapes();
        let [from, to] = [input, output].map(shape);
        if block.add.is_none() {
            return t!("A plain block: no shortcut, all that goes on is what its convolutions make.").into_owned();
        }
        let down = block.downsample.map(|node| &self.graph.nodes[node].op);
        let stride = input[1].div_ceil(output[1].max(1));
        match down {
            None => t!("Why is this solid? %{from} goes in and comes out, so the input itself is added, without a parameter.", from = from),
            Some(Op::Subsample { .. }) => t!(
                "Why is this dashed? %{from} goes in and %{to} comes out: the input does not fit. Every pixel but one in %{stride}×%{stride} is left out and %{channels} channels of zeros are added, without a parameter (option A).",
                from = from,
                to = to,
                stride = stride,
                channels = output[0].saturating_sub(input[0])
            ),
            Some(_) => {
                let name = format!("{}.downsample", block.name);
                let parameters = grouped(self.layers(&name).map(|layer| layer.parameters as u64).sum());
                match input == output {
                    true => t!(
                        "Why is this dashed? %{from} goes in and comes out, but every shortcut is a 1×1 convolution here: %{parameters} parameters (option C).",
                        from = from,
                        parameters = parameters
                    ),
                    false => t!(
                        "Why is this dashed? %{from} goes in and %{to} comes out: the input does not fit. A 1×1 convolution with stride %{stride} makes it fit: %{parameters} parameters (options B and C).",
                        from = from,
                        to = to,
                        stride = stride,
                        parameters = parameters
                    ),
                }
            }
        }
        .into_owned()
    }

    /// The shortcut's own factor; `None` where there is no shortcut.
    pub fn own_scale(&self) -> Option<f32> {
        match &self.graph.nodes[self.graph.blocks[self.index].add?].op {
            Op::Add { scale } => Some(*scale),
            _ => Some(1.0),
        }
    }

    /// The tools; answers what they did.
    pub fn tools_ui(&self, ui: &mut Ui, surgery: &Surgery) -> Option<Act> {
        let name = &self.graph.blocks[self.index].name;
        let mut act = None;
        ui.label(theme::strong(name, theme::SMALL));
        let cut = surgery.cuts.get(&self.index).copied();
        let removed = cut == Some(Cut::Removed);
        match Cut::Removed.check(self.graph, self.index) {
            Err(why) => drop(ui.label(theme::caption(why))),
            Ok(()) => {
                let (verb, hint) = match removed {
                    true => (t!("Put the block back"), t!("The block is as it was trained again (X)")),
                    false => (
                        t!("Take the block out"),
                        t!("The block is its shortcut alone, in a plain net nothing (X)"),
                    ),
                };
                if quiet_button_ui(ui, &verb, &hint).clicked() {
                    act = Some(Act::Block(self.index));
                }
            }
        }
        let Some(own) = self.own_scale().filter(|_| !removed) else {
            return act;
        };
        let mut scale = match cut {
            Some(Cut::Shortcut(scale)) => scale,
            _ => own,
        };
        let words = t!("× shortcut");
        let beside = NUMBER + theme::width(ui, &words, FontId::proportional(theme::SMALL));
        let room = ui.available_width() - beside;
        ui.spacing_mut().slider_width = room.clamp(SLIDER[0], SLIDER[1]);
        let mut slider = Slider::new(&mut scale, 0.0..=1.0).fixed_decimals(2).step_by(0.05);
        // The hint says it, too.
        if room > SLIDER[0] {
            slider = slider.text(theme::caption(words));
        }
        let slider = ui
            .add(slider)
            .on_hover_text(t!("Multiplies what the shortcut carries; 0 cuts it (C)"));
        if slider.changed() || slider.drag_stopped() {
            let settled = !slider.dragged();
            let block = self.index;
            act = Some(Act::Scale { block, scale, settled });
        }
        act
    }

    fn shapes(&self) -> [[usize; 3]; 2] {
        let block = &self.graph.blocks[self.index];
        [block.input, block.output].map(|node| self.graph.nodes[node].output)
    }

    /// The layers of that name or inside it.
    fn layers(&self, name: &str) -> impl Iterator<Item = &Layer> {
        let inside = move |layer: &&Layer, name: &str| {
            layer
                .name
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let name = name.to_owned();
        self.table.layers.iter().filter(move |layer| inside(layer, &name))
    }
}

fn shape([channels, height, width]: [usize; 3]) -> String {
    format!("{channels}×{height}×{width}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bench(net: &str, index: usize, see: impl FnOnce(Bench<'_>)) {
        let graph = Graph::new(&net.parse().unwrap());
        let table = Table::new(&graph);
        see(Bench {
            graph: &graph,
            table: &table,
            index,
        });
    }

    #[test]
    fn every_shortcut_is_explained_with_its_numbers() {
        for (net, index, says) in [
            ("resnet-20", 0, "solid? 16×32×32 goes in"),
            ("resnet-20", 3, "16×32×32 goes in and 32×16×16 comes out"),
            ("resnet-20", 3, "one in 2×2 is left out and 16 channels of zeros"),
            // 1×1 from 16 to 32 channels and its normalisation: 512 + 64.
            ("resnet-20:shortcut=B", 3, "with stride 2 makes it fit: 576 parameters"),
            (
                "resnet-20:shortcut=C",
                0,
                "every shortcut is a 1×1 convolution here: 288 parameters",
            ),
            ("plain-20", 0, "no shortcut"),
        ] {
            bench(net, index, |bench| {
                assert!(bench.why(None).contains(says), "{net}: {}", bench.why(None))
            });
        }
    }

    #[test]
    fn what_is_cut_is_not_explained_as_if_it_were_whole() {
        bench("resnet-20", 0, |bench| {
            for (cut, says) in [
                (Cut::Shortcut(0.0), "Cut: nothing is added"),
                (Cut::Shortcut(0.35), "Scaled: 0.35 of"),
                (Cut::Removed, "Taken out"),
            ] {
                let why = bench.why(Some(cut));
                assert!(why.starts_with(says), "{why}");
            }
        });
    }

    #[test]
    fn a_block_is_described() {
        bench("resnet-20", 0, |bench| {
            let about = bench.about().replace('\u{a0}', " ");
            // Two 3×3 convolutions of 16 channels with their normalisations, at 32×32.
            assert!(about.contains("4 672 parameters, 4 718 592 multiply-adds"), "{about}");
            assert!(about.ends_with("receptive field 7×7 pixels"), "{about}");
            assert_eq!(bench.own_scale(), Some(1.0));
        });
        bench("plain-20", 8, |bench| {
            assert!(bench.about().ends_with("the whole image"), "{}", bench.about());
            assert_eq!(bench.own_scale(), None);
        });
    }
}
