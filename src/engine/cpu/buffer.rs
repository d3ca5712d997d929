//! Memory that every vector type can be read from.

use bytemuck::{Pod, Zeroable};

/// A cache line.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([f32; 16]);

#[cfg(target_os = "linux")]
const SMALL_PAGE: usize = 4 << 10;
#[cfg(target_os = "linux")]
const LARGE_PAGE: usize = 2 << 20;

/// `f32` values that start on a cache line; it grows and never shrinks.
#[derive(Default)]
pub struct Buffer {
    lines: Vec<Line>,
}

impl Buffer {
    /// Makes room for so many values; what was there is kept.
    pub fn reserve(&mut self, values: usize) {
        let lines = values.div_ceil(16);
        if lines > self.lines.len() {
            self.lines.reserve_exact(lines - self.lines.len());
            self.want_large_pages();
            self.lines.resize(lines, Line([0.0; 16]));
        }
    }

    /// Channels lie far apart, so that small pages would miss in the address cache at every one.
    fn want_large_pages(&self) {
        #[cfg(target_os = "linux")]
        {
            let start = self.lines.as_ptr() as usize;
            let end = start + self.lines.capacity() * size_of::<Line>();
            let first = start.next_multiple_of(SMALL_PAGE);
            if end > first + 2 * LARGE_PAGE {
                // SAFETY: whole pages inside the allocation; it is advice, and changes no value.
                unsafe { libc::madvise(first as *mut libc::c_void, end - first, libc::MADV_HUGEPAGE) };
            }
        }
    }

    /// The values, rounded up to whole lines.
    pub fn values(&self) -> &[f32] {
        bytemuck::cast_slice(&self.lines)
    }

    pub fn values_mut(&mut self) -> &mut [f32] {
        bytemuck::cast_slice_mut(&mut self.lines)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.lines.len() * size_of::<Line>()
    }
}
