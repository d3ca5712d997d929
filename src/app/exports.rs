//! Figures of what a session shows, on their way out of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use eframe::egui;
use rust_i18n::t;

use super::figures;
use super::session::Session;
use crate::error::{Error, Result};
use crate::export::{Caption, Figure, Kind, Material, figure};
use crate::run::shelf::{Line, now};
use crate::run::{History, Preview, Shelf, Wanted};
use crate::ui::{Delivery, Panes, Print, remedy};

impl Session {
    /// Delivers a figure of what the window shows; a notice says where it is, or what is missing and how to get it.
    pub fn export(&mut self, ctx: &egui::Context, print: Print, shelf: &Shelf, panes: &Panes) {
        let Some(folder) = &self.folder else {
            self.notice = Some(t!("There is no folder for your data on this system to write figures into.").into());
            return;
        };
        let caption = Caption::of(&self.experiment);
        let mut items = match print.kind {
            Kind::Runs => panes.runs.listed(&self.experiment, &self.history, shelf).0,
            _ => Vec::new(),
        };
        // The list may not have read yet what the training has just written.
        for item in items.iter_mut().filter(|item| item.key.folder == *folder) {
            let summary = self.findings.summary.iter().flat_map(|summary| &summary.runs);
            let mut mine = summary.filter(|run| run.name == item.key.name && run.seed == item.key.seed);
            if let (Ok(row), Some(run)) = (&mut item.row, mine.next()) {
                row.seconds = run.seconds;
            }
        }
        let line = |item| Line::new(item, shelf.live.as_deref(), &self.history, now());
        let lines: Vec<Line> = items.iter().map(line).collect();
        let elsewhere = match print.kind {
            Kind::Gradients => panes.slope.elsewhere(&self.findings, &self.history),
            _ => None,
        };
        let material = Material {
            step: print.step,
            measures: &panes.curves.measures,
            gradient: match print.kind {
                Kind::Weather => panes.weather.quantity,
                _ => panes.slope.quantity,
            },
            sides: panes.weather.sides(&self.history),
            maps: self.shown.as_ref().map(|shown| &shown.maps),
            findings: Some(&self.findings),
            runs: Some(&lines),
            data: panes.data.preview(),
            looked: panes.architecture.looked(),
            ..Material::of(&caption, elsewhere.as_ref().unwrap_or(&self.history))
        };
        let others = match print.kind {
            Kind::Data => Vec::new(),
            Kind::Runs => {
                let folders = items.iter().map(|item| &item.key.folder);
                let others: BTreeSet<&PathBuf> = folders.filter(|other| *other != folder).collect();
                others.into_iter().map(|folder| (None, folder.clone())).collect()
            }
            _ => {
                let opened = shelf.opened.iter();
                opened
                    .map(|(key, name)| (Some((name.clone(), key.name.clone())), key.folder.clone()))
                    .collect()
            }
        };
        let delivered = if print.kind == Kind::Data && material.data.is_none() {
            let wanted = Wanted::Source(self.experiment.data.clone());
            figures::deliver(ctx, move || data_in_use(&caption, wanted), print, others, folder)
        } else {
            figure(print.kind, &material)
                .map_err(|error| {
                    let remedy = remedy(print.kind);
                    Error::Export(t!("%{what}; %{remedy}", what = error, remedy = remedy))
                })
                .and_then(|figure| figures::deliver(ctx, move || Ok(figure), print, others, folder))
        };
        match delivered {
            Ok(delivering) => {
                self.figure = Some(delivering);
                self.exported |= print.delivery != Delivery::Clipboard;
            }
            Err(error) => self.notice = Some(error.to_string()),
        }
    }
}

/// The figure of data that no panel has looked at yet.
fn data_in_use(caption: &Caption, wanted: Wanted) -> Result<Figure> {
    let data = Preview::of(wanted)?;
    let history = History::default();
    let material = Material {
        data: Some(&data),
        ..Material::of(caption, &history)
    };
    figure(Kind::Data, &material)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::session::REPAINT_EVERY;
    use super::super::session::tests::wait;
    use super::*;
    use crate::export::{Format, Size};
    use crate::run::{Experiment, Phase};

    /// The notice that an export ends in.
    fn said(session: &mut Session, ctx: &egui::Context, kind: Kind, format: Format) -> String {
        session.notice = None;
        let print = Print {
            kind,
            step: None,
            delivery: Delivery::File(format),
            size: Size::Screen,
        };
        session.export(ctx, print, &Shelf::default(), &Panes::default());
        wait(session, ctx, |session| session.notice.is_some());
        session.notice.clone().unwrap()
    }

    #[test]
    fn tables_are_exported_and_a_missing_figure_says_what_to_press() {
        let ctx = egui::Context::default();
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("run");
        let experiment = Experiment::named("quick").unwrap();
        let mut session = Session::open(
            experiment,
            Some(folder.clone()),
            History::default(),
            "cpu",
            &ctx,
            REPAINT_EVERY,
        );
        wait(&mut session, &ctx, |session| session.history.phase == Phase::Paused);
        for kind in [Kind::Networks, Kind::Runs, Kind::Data] {
            for format in [Format::Csv, Format::Zip] {
                let said = said(&mut session, &ctx, kind, format);
                assert!(said.starts_with("Figure written: "), "{said}");
                let path = folder.join(format!("figures/{kind}.{format}"));
                assert!(path.is_file(), "{}", path.display());
            }
        }
        let classes = fs::read_to_string(folder.join("figures/data.csv")).unwrap();
        assert!(classes.starts_with("class,training images,test images\n"), "{classes}");
        let runs = fs::read_to_string(folder.join("figures/runs.csv")).unwrap();
        assert!(runs.lines().count() > 2 && runs.contains("plain-56"), "{runs}");
        let loss = said(&mut session, &ctx, Kind::Loss, Format::Svg);
        assert_eq!(loss, "no loss figure: no training step was recorded; press Run (Space)");
        let landscape = said(&mut session, &ctx, Kind::Landscape, Format::Svg);
        assert!(
            landscape.ends_with("press “Look around” in the panel Landscape"),
            "{landscape}"
        );
    }
}
