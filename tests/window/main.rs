//! The window's rooms and panels as pictures, on a software adapter, with time frozen and made-up measurements.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test --test window` takes new ones; look at them before you keep them.

mod classroom;
mod cursor;
mod curves;
mod data;
mod desk;
mod exports;
mod fading;
mod filled;
mod finder;
mod first_minute;
mod gradients;
mod lab;
mod lecture;
mod legible;
mod lessons;
mod maps;
mod networks;
mod page;
mod panels;
mod paper;
mod paths;
mod printed;
mod probes;
mod rewind;
mod runs;
mod scissors;
mod sights;
mod summaries;
mod tiling;
