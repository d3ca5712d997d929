//! Feature maps that have arrived, ready to be drawn and described.

use std::cell::OnceCell;
use std::sync::Arc;

use eframe::egui::{self, Color32, ColorImage, TextureHandle, TextureOptions};

use crate::probe::Statistics;
use crate::run::Maps;

/// Maps that have arrived, ready to be drawn.
pub struct Shown {
    /// As they came.
    pub maps: Maps,
    pub(super) image: TextureHandle,
    pub(super) grids: Vec<Grid>,
}

/// The maps of one node.
pub(super) struct Grid {
    pub step: usize,
    /// Channels, height, width.
    pub shape: [usize; 3],
    pub values: Arc<[f32]>,
    /// Of all values.
    pub layer: Statistics,
    /// Of each channel's.
    pub channels: Vec<Statistics>,
    stretched: OnceCell<Arc<[f32]>>,
}

impl Shown {
    /// Prepares maps for drawing.
    pub fn new(ctx: &egui::Context, maps: Maps) -> Self {
        let image = ctx.load_texture(
            "map image",
            picture(&maps.image.shape, &maps.image.data),
            TextureOptions::NEAREST,
        );
        let grids = maps.maps.iter().map(|(step, array)| {
            let shape = <[usize; 3]>::try_from(array.shape.as_slice()).unwrap_or([0; 3]);
            let area = (shape[1] * shape[2]).max(1);
            Grid {
                step: *step,
                shape,
                values: array.data.as_slice().into(),
                layer: Statistics::of(&array.data),
                channels: array.data.chunks_exact(area).map(Statistics::of).collect(),
                stretched: OnceCell::new(),
            }
        });
        Self {
            image,
            grids: grids.collect(),
            maps,
        }
    }
}

impl Grid {
    /// The values of a channel, row by row.
    pub fn map(&self, channel: usize) -> &[f32] {
        let area = self.shape[1] * self.shape[2];
        self.values.get(channel * area..(channel + 1) * area).unwrap_or(&[])
    }

    /// The values at the ends of the colours: of this channel alone, or of the layer. Zero is never left out, so that
    /// what a ReLU stopped is the darkest colour.
    pub fn range(&self, channel: Option<usize>) -> [f32; 2] {
        let of = channel.map_or(&self.layer, |channel| self.channels.get(channel).unwrap_or(&self.layer));
        [of.low.min(0.0), of.high]
    }

    /// Each channel brought to 0..=1 by its own range.
    pub fn stretched(&self) -> Arc<[f32]> {
        let stretch = || {
            let channel = |channel: usize| {
                let [low, high] = self.range(Some(channel));
                let width = (high - low).max(f32::MIN_POSITIVE);
                self.map(channel).iter().map(move |value| (value - low) / width)
            };
            (0..self.channels.len()).flat_map(channel).collect()
        };
        Arc::clone(self.stretched.get_or_init(stretch))
    }

    /// Channels that answer with nothing but zeros.
    pub fn dead(&self) -> usize {
        self.channels.iter().filter(|channel| channel.is_dead()).count()
    }

    /// Whether there is something to draw.
    pub fn is_whole(&self) -> bool {
        let size: usize = self.shape.iter().product();
        size > 0 && self.values.len() == size
    }
}

/// `[C, H, W]` in 0..=1, grey unless it has three channels.
fn picture(shape: &[usize], values: &[f32]) -> ColorImage {
    let &[channels, height, width] = shape else {
        return ColorImage::filled([1, 1], Color32::GRAY);
    };
    let size = height * width;
    let byte = |channel: usize, at: usize| (values[channel * size + at].clamp(0.0, 1.0) * 255.0).round() as u8;
    let pixels = (0..size).map(|at| match channels {
        3 => Color32::from_rgb(byte(0, at), byte(1, at), byte(2, at)),
        _ => Color32::from_gray(byte(0, at)),
    });
    ColorImage::new([width, height], pixels.collect())
}
