//! depthscope trains small residual networks next to plain ones and measures, layer by layer, what depth does to them.
//!
//! The rooms and who may enter them are described in `ARCHITECTURE.md`.

rust_i18n::i18n!("assets/locales", fallback = "en");

pub mod app;
pub mod calendar;
pub mod cli;
pub mod data;
pub mod engine;
pub mod error;
pub mod export;
pub mod lesson;
pub mod net;
pub mod paint;
pub mod palette;
pub mod probe;
pub mod run;
pub mod ui;

/// Keeps the memory of a frame's meshes for the next frame. The system's allocator gives it back, and on Linux the pages'
/// return costs more than the frame.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
