//! How a map's pixels are dealt out to workgroups.

/// Images, rows and columns that a workgroup takes, on a grid of pixels, and the patch it reads for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    pub ti: usize,
    pub th: usize,
    pub tw: usize,
    /// Rows and columns of the grid.
    pub grid: [usize; 2],
    /// Rows and columns of one image that a tile reads.
    pub patch: [usize; 2],
}

impl Tile {
    /// A tile of about `pixels` pixels of a map whose patch, read `step` pixels apart by `taps` rows and columns, is not
    /// above `room` pixels.
    pub fn new([_, height, width]: [usize; 3], pixels: usize, step: usize, taps: [usize; 2], room: usize) -> Self {
        let mut tw = width.min(if width.is_multiple_of(16) && pixels >= 128 {
            16
        } else {
            8
        });
        // A narrow rest is taken in one go.
        if width <= 12 && width * 2 <= pixels {
            tw = width;
        }
        let mut th = height.min(pixels / tw);
        let mut ti = pixels / (tw * th);
        let patch = |th: usize, tw: usize| [(th - 1) * step + taps[0].max(1), (tw - 1) * step + taps[1].max(1)];
        while ti * patch(th, tw).iter().product::<usize>() > room {
            match (ti, th) {
                (2.., _) => ti = ti.div_ceil(2),
                (_, 2..) => th = th.div_ceil(2),
                _ if tw > 1 => tw = tw.div_ceil(2),
                _ => break,
            }
        }
        Self {
            ti,
            th,
            tw,
            grid: [height, width],
            patch: patch(th, tw),
        }
    }

    /// Pixels.
    pub fn pixels(&self) -> usize {
        self.ti * self.th * self.tw
    }

    /// Tiles across a map.
    pub fn columns(&self) -> usize {
        self.grid[1].div_ceil(self.tw)
    }

    /// Tiles of a map.
    pub fn tiles(&self) -> usize {
        self.grid[0].div_ceil(self.th) * self.columns()
    }

    /// Pixels read.
    pub fn patch_pixels(&self) -> usize {
        self.ti * self.patch[0] * self.patch[1]
    }
}
