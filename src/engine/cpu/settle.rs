//! Carries a stored gradient back through a view once, in place, for several readers.

use super::conv_grad::AddendOf;
use super::conv_input_grad::add_share;
use super::lanes::{Kernel, Lanes};
use super::source::{Depth, GradientOf, Rows, ViewOf};

/// `values = gradient + addend` for one block, where `values` holds the stored gradient.
pub struct Settle<'a> {
    pub values: &'a mut [f32],
    pub shape: [usize; 3],
    pub scale: f32,
    pub depth: Depth,
    /// The block's.
    pub view: ViewOf<'a>,
    pub addend: Option<AddendOf<'a>>,
    pub block: usize,
    /// Real images in this block.
    pub images: usize,
    /// Room for a row.
    pub scratch: &'a mut super::buffer::Buffer,
}

impl Kernel for Settle<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(self) {
        let [channels, height, width] = self.shape;
        self.scratch.reserve(width * S::WIDTH);
        let row = &mut S::of_mut(self.scratch.values_mut())[..width];
        for c in 0..channels {
            for y in 0..height {
                let gradient = GradientOf {
                    values: self.values,
                    scale: self.scale,
                    gate: None,
                    depth: self.depth,
                    images: self.images,
                    view: self.view,
                };
                gradient.row(c, y * width, row);
                if let Some(addend) = self.addend {
                    add_share(addend, self.block, c, y, row);
                }
                S::of_mut(self.values)[(c * height + y) * width..][..width].copy_from_slice(row);
            }
        }
    }
}
