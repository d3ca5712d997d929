//! The engines there are to choose from; graphics adapters are looked for beside the window.

use std::sync::mpsc::{Receiver, channel};
use std::thread;

use eframe::egui;

use crate::engine::gpu::{About, AdapterKind, adapters};
use crate::engine::{Choice, Wanted};

/// Names as they are chosen, stored and parsed again.
pub struct Engines {
    names: Vec<String>,
    found: Option<Receiver<Vec<String>>>,
}

impl Engines {
    /// The engines that are always offered; adapters follow when the drivers have answered.
    pub fn look(ctx: &egui::Context) -> Self {
        let (tell, found) = channel();
        let ctx = ctx.clone();
        let look = move || {
            let abouts: Vec<About> = adapters().into_iter().map(|adapter| adapter.about).collect();
            // It fails only when the window is gone.
            let _ = tell.send(named(&abouts));
            ctx.request_repaint();
        };
        let started = thread::Builder::new().name("adapters".into()).spawn(look);
        if let Err(error) = started {
            log::warn!("cannot look for graphics adapters: {error}");
        }
        Self {
            names: Choice::NAMES.map(|(name, _)| name.to_owned()).to_vec(),
            found: Some(found),
        }
    }

    /// Takes in what was found since.
    pub fn drain(&mut self) {
        if let Some(names) = self.found.as_ref().and_then(|found| found.try_recv().ok()) {
            self.names.extend(names);
            self.found = None;
        }
    }

    pub fn names(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }
}

/// `gpu:NAME` for every adapter that `gpu` alone may not mean, by number where two have one name.
fn named(abouts: &[About]) -> Vec<String> {
    let offered = |about: &About| about.compute && (abouts.len() > 1 || about.kind == AdapterKind::Software);
    let several = |name: &str| abouts.iter().filter(|about| about.name == name).count() > 1;
    let adapters = abouts.iter().enumerate().filter(|(_, about)| offered(about));
    let names = adapters.map(|(number, about)| {
        let name = if several(&about.name) {
            number.to_string()
        } else {
            about.name.clone()
        };
        Wanted::gpu(&name).to_string()
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adapters_are_offered_where_gpu_alone_does_not_say_which() {
        let [radeon, llvmpipe] = [
            About::example("Radeon 780M", AdapterKind::Integrated),
            About::example("llvmpipe", AdapterKind::Software),
        ];
        assert!(named(std::slice::from_ref(&radeon)).is_empty());
        assert_eq!(named(std::slice::from_ref(&llvmpipe)), ["gpu:llvmpipe"]);
        let both = [radeon.clone(), llvmpipe.clone()];
        assert_eq!(named(&both), ["gpu:Radeon 780M", "gpu:llvmpipe"]);
        let twins = [radeon.clone(), radeon, llvmpipe];
        assert_eq!(named(&twins), ["gpu:0", "gpu:1", "gpu:llvmpipe"]);
    }
}
