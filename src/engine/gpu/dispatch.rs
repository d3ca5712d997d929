//! One kernel of a step with its constants, what it is bound to, and how many workgroups it takes.

use std::fmt::Display;

use super::template::{Constants, Instance, instance};
use crate::engine::plan::TensorId;

/// Workgroups in a row of a dispatch; more go into further rows.
pub const GROUPS_A_ROW: u32 = 32_768;

/// A buffer of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Store {
    /// What a batch is described by.
    Batch,
    /// The buffer of a tensor.
    Tensor(TensorId),
    Params,
    Running,
    Gradients,
    First,
    Second,
    Decays,
    Packed,
    PackedPlaces,
    Norms,
    /// Pieces of statistics and of backward sums, one kernel's at a time.
    Pieces,
    Shares,
    Owners,
    Segments,
    SumPlaces,
    /// Squares of the parameters' gradients, then of the trunk's.
    Squares,
    /// The squares of one node of the trunk.
    TrunkSquares(usize),
    Ranges,
    Requests,
    Results,
    Labels,
    /// Images as they came.
    Stored,
    /// The whole set that batches are taken from.
    Set,
    Picks,
    /// What a probe looks at.
    Seen,
}

/// A part of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bind {
    pub store: Store,
    /// First byte and length; all of it without.
    pub range: Option<[u64; 2]>,
}

impl From<Store> for Bind {
    fn from(store: Store) -> Self {
        Self { store, range: None }
    }
}

impl Bind {
    /// So many quadruples from that one.
    pub fn quads(store: Store, first: usize, len: usize) -> Self {
        Self {
            store,
            range: Some([first as u64 * 16, len as u64 * 16]),
        }
    }
}

/// How many workgroups a batch of so many images takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grid {
    Fixed {
        groups: usize,
        z: usize,
    },
    /// One for each tile.
    Tiles {
        ti: usize,
        tiles: usize,
        z: usize,
    },
    /// One for each strip of pixels.
    Strips {
        plane: usize,
        strip: usize,
        z: usize,
    },
    /// One for each share, at most one a tile.
    Splits {
        most: usize,
        ti: usize,
        tiles: usize,
        z: usize,
    },
}

impl Grid {
    pub fn of(self, images: usize) -> [u32; 3] {
        let (Grid::Fixed { z, .. } | Grid::Tiles { z, .. } | Grid::Strips { z, .. } | Grid::Splits { z, .. }) = self;
        let groups = self.groups(images) as u32;
        [groups.min(GROUPS_A_ROW), groups.div_ceil(GROUPS_A_ROW), z as u32]
    }

    /// Workgroups that take a part of the images each; as many more take other channels of the same part.
    pub fn groups(self, images: usize) -> usize {
        match self {
            Grid::Fixed { groups, .. } => groups,
            Grid::Tiles { ti, tiles, .. } => images.div_ceil(ti) * tiles,
            Grid::Strips { plane, strip, .. } => (images * plane).div_ceil(strip),
            Grid::Splits { most, ti, tiles, .. } => most.min(images.div_ceil(ti) * tiles),
        }
    }

    /// [`Grid::groups`] of the batch at hand, in WGSL.
    pub fn expression(self) -> String {
        match self {
            Grid::Fixed { groups, .. } => groups.to_string(),
            Grid::Tiles { ti, tiles, .. } => format!("(batch.images + {}) / {ti} * {tiles}", ti - 1),
            Grid::Strips { plane, strip, .. } => format!("(batch.images * {plane} + {}) / {strip}", strip - 1),
            Grid::Splits { most, ti, tiles, .. } => {
                format!("min({most}, (batch.images + {}) / {ti} * {tiles})", ti - 1)
            }
        }
    }

    /// A thread for each of so many values of an image.
    pub fn threads(values: usize) -> Self {
        let (plane, strip, z) = (values, 64, 1);
        Grid::Strips { plane, strip, z }
    }
}

/// What a kernel costs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cost {
    /// Additions and multiplications of one image.
    pub flops: u64,
    /// Bytes of tensors read and written for one image, each once.
    pub bytes: u64,
    /// Bytes that do not depend on the images: parameters, and tables of where they stand.
    pub fixed: u64,
    /// Bytes for each workgroup of a grid: pieces of statistics and shares of gradients.
    pub pieces: Vec<(Grid, u64)>,
}

impl Cost {
    pub fn of(flops: u64, bytes: u64) -> Self {
        Self {
            flops,
            bytes,
            ..Self::default()
        }
    }

    /// And bytes that do not depend on the images.
    pub fn fixed(self, fixed: usize) -> Self {
        Self {
            fixed: self.fixed + fixed as u64,
            ..self
        }
    }

    /// And bytes of each workgroup of a grid.
    pub fn pieces(mut self, grid: Grid, bytes: usize) -> Self {
        self.pieces.push((grid, bytes as u64));
        self
    }

    /// Additions and multiplications of so many images.
    pub fn flops(&self, images: usize) -> u64 {
        self.flops * images as u64
    }

    /// Bytes read and written for so many images.
    pub fn bytes(&self, images: usize) -> u64 {
        let pieces = self
            .pieces
            .iter()
            .map(|(grid, bytes)| grid.groups(images) as u64 * bytes);
        self.bytes * images as u64 + self.fixed + pieces.sum::<u64>()
    }

    /// How long it takes on so many images, in operations of a device that does sixteen of them in the time of a byte.
    pub fn work(&self, images: usize) -> f64 {
        /// Of starting it.
        const START: f64 = 2e6;
        (self.flops(images) + 16 * self.bytes(images)) as f64 + START
    }
}

/// A kernel to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispatch {
    pub kernel: &'static str,
    pub instance: Instance,
    /// In the order of the instance's bindings.
    pub binds: Vec<Bind>,
    pub grid: Grid,
    pub cost: Cost,
}

impl Dispatch {
    /// All that is bound but the uniform description of the batch.
    pub fn storage_buffers(&self) -> usize {
        self.binds.iter().filter(|bind| bind.store != Store::Batch).count()
    }
}

/// A dispatch being put together.
pub struct Draft {
    kernel: &'static str,
    constants: Constants,
    binds: Vec<(String, Bind)>,
}

impl Draft {
    pub fn new(kernel: &'static str) -> Self {
        let draft = Self {
            kernel,
            constants: Constants::new(),
            binds: Vec::new(),
        };
        draft.set("groups_a_row", GROUPS_A_ROW).bind("batch", Store::Batch)
    }

    /// A number.
    pub fn set(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.constants.insert(name.into(), value.to_string());
        self
    }

    /// A factor, with all its digits.
    pub fn factor(mut self, name: impl Into<String>, value: f32) -> Self {
        self.constants.insert(name.into(), format!("f32({value:?})"));
        self
    }

    pub fn flag(self, name: impl Into<String>, value: bool) -> Self {
        self.set(name, u8::from(value))
    }

    pub fn bind(mut self, name: impl Into<String>, bind: impl Into<Bind>) -> Self {
        self.binds.push((name.into(), bind.into()));
        self
    }

    pub fn done(self, grid: Grid, cost: Cost) -> Dispatch {
        let instance = instance(self.kernel, &self.constants);
        let bound = |name: &String| {
            let found = self.binds.iter().find(|(known, _)| known == name);
            found
                .unwrap_or_else(|| panic!("{} has nothing bound to {name}", self.kernel))
                .1
        };
        Dispatch {
            binds: instance.bindings.iter().map(bound).collect(),
            kernel: self.kernel,
            instance,
            grid,
            cost,
        }
    }
}
