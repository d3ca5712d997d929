//! The system's dialog for folders, asked on a thread of its own so that the window goes on.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use eframe::egui;

/// Asks for a folder; nothing comes back where none was chosen, or where the system has no such dialog.
pub fn folder(ctx: &egui::Context, title: &str) -> Option<Receiver<Option<PathBuf>>> {
    // Some systems want the dialog made on the window's own thread; it may be waited for anywhere.
    let dialog = rfd::AsyncFileDialog::new().set_title(title).pick_folder();
    let (sender, answer) = mpsc::channel();
    let ctx = ctx.clone();
    let wait = move || {
        let chosen = pollster::block_on(dialog);
        let _ = sender.send(chosen.map(|folder| folder.path().to_path_buf()));
        ctx.request_repaint();
    };
    let spawned = thread::Builder::new().name("dialog".into()).spawn(wait);
    spawned.inspect_err(|error| log::warn!("no dialog: {error}")).ok()?;
    Some(answer)
}
