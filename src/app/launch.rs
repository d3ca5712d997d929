//! Opening the window, or saying in one sentence why there is none.

use std::panic::{self, AssertUnwindSafe};
#[cfg(unix)]
use std::thread;

use eframe::egui::ViewportBuilder;
#[cfg(unix)]
use eframe::egui::{self, ViewportCommand};
#[cfg(unix)]
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
    low_level::emulate_default_handler,
};

use super::{App, icon};
use crate::error::{Error, Result};

const INSTEAD: &str = "`cargo run --release -- train` does the same job in the terminal";

/// Opens the window, with that lesson (a name or a file) if one is given, and returns when it is closed.
///
/// # Errors
/// One sentence when there is no display or no way to draw on it.
pub fn open(lesson: Option<String>) -> Result<()> {
    if !display_is_set() {
        return Err(Error::Window(
            format!("there is no display to open a window on; {INSTEAD}").into(),
        ));
    }
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title("depthscope")
            .with_app_id("depthscope")
            .with_icon(icon::icon())
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([1024.0, 640.0]),
        // The fallback panics on a machine without any font; Inter covers what the window says.
        system_font_fallback: false,
        ..eframe::NativeOptions::default()
    };
    // The windowing library panics where a system library is missing; that, too, is one sentence here.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|info| log::error!("{info}")));
    let run = || {
        eframe::run_native(
            "depthscope",
            options,
            Box::new(move |context| {
                #[cfg(unix)]
                close_when_asked(&context.egui_ctx);
                Ok(Box::new(App::new(context, lesson.as_deref())))
            }),
        )
    };
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    panic::set_hook(hook);
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(failed(&error.to_string())),
        Err(payload) => {
            let text = payload
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Err(failed(&text.unwrap_or_default()))
        }
    }
}

/// Closes the window as its button does when the system or Ctrl-C asks the process to end; asked again, it ends at once.
#[cfg(unix)]
fn close_when_asked(ctx: &egui::Context) {
    let mut signals = match Signals::new([SIGINT, SIGTERM]) {
        Ok(signals) => signals,
        Err(error) => return log::warn!("cannot listen for Ctrl-C: {error}"),
    };
    let ctx = ctx.clone();
    let listen = move || {
        for (before, signal) in signals.forever().enumerate() {
            ctx.send_viewport_cmd(ViewportCommand::Close);
            if before > 0
                && let Err(error) = emulate_default_handler(signal)
            {
                log::warn!("cannot end at once: {error}");
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("signals".into()).spawn(listen) {
        log::warn!("cannot listen for Ctrl-C: {error}");
    }
}

fn failed(reason: &str) -> Error {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    Error::Window(format!("the window cannot be opened ({reason}); {INSTEAD}").into())
}

#[cfg(any(
    target_os = "linux",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd"
))]
fn display_is_set() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd"
)))]
fn display_is_set() -> bool {
    true
}
