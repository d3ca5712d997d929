//! Stored values as the nodes they belong to, for who looks on.

use super::lanes::{Kernel, Lanes};
use super::source::{Rows, ViewOf};

/// Writes what a view reads in one block.
pub struct ReadView<'a> {
    pub view: ViewOf<'a>,
    pub out: &'a mut [f32],
}

impl Kernel for ReadView<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(self) {
        let maps = S::of_mut(self.out).chunks_exact_mut(self.view.plane);
        for (channel, map) in maps.enumerate() {
            self.view.row(channel, 0, map);
        }
    }
}
