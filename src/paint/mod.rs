//! Pictures drawn by shaders inside the window, through egui-wgpu callbacks. Resources are made once, at start.

mod map_grid;

pub use map_grid::{GridLayout, MapGrid, install, on_gpu};
