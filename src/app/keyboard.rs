//! The keyboard on a bare X server (Xvfb, a kiosk): without a window manager nobody gives the window the focus, and keys
//! would reach no one.

use std::error::Error;
use std::time::Duration;

use eframe::egui;
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt, InputFocus};

/// The window is on the screen only some frames after it is made.
const TRIES: u8 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Takes the focus once, where nobody else gives it.
#[derive(Default)]
pub struct Keyboard {
    tries: u8,
}

impl Keyboard {
    /// Called each frame until it has succeeded or has nothing to do.
    pub fn claim(&mut self, ctx: &egui::Context, frame: &eframe::Frame) {
        if self.tries >= TRIES {
            return;
        }
        let window = match frame.window_handle().map(|handle| handle.as_raw()) {
            Ok(RawWindowHandle::Xlib(handle)) => u32::try_from(handle.window).ok(),
            Ok(RawWindowHandle::Xcb(handle)) => Some(handle.window.get()),
            _ => None,
        };
        match window.map(focus) {
            Some(Err(error)) => {
                log::debug!("no focus yet: {error}");
                self.tries += 1;
                ctx.request_repaint_after(PAUSE);
            }
            Some(Ok(())) | None => self.tries = TRIES,
        }
    }
}

/// Fails while the window is not on the screen.
fn focus(window: u32) -> Result<(), Box<dyn Error>> {
    let (connection, screen) = x11rb::connect(None)?;
    let root = connection.setup().roots[screen].root;
    let managed = connection
        .intern_atom(false, b"_NET_SUPPORTING_WM_CHECK")?
        .reply()?
        .atom;
    let manager = connection
        .get_property(false, root, managed, AtomEnum::WINDOW, 0, 1)?
        .reply()?;
    if manager.value_len == 0 {
        connection
            .set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME)?
            .check()?;
    }
    Ok(())
}
