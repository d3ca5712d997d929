//! What a panel can be taken away as: the menu on its tile.

use eframe::egui::{Button, Popup, PopupCloseBehavior, Response, Ui};
use rust_i18n::t;

use super::widgets::menu_space;
use super::{Action, theme};
use crate::export::{Format, Kind, Size};

/// What becomes of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// A file in the run folder.
    File(Format),
    /// One of each format but the bundle.
    Files,
    /// An image on the clipboard.
    Clipboard,
}

/// A figure that is wanted, of this step where it is of one (else of the newest).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Print {
    pub kind: Kind,
    pub step: Option<usize>,
    pub delivery: Delivery,
    pub size: Size,
}

/// The menu that a tile's export button opens; a panel without a figure has the experiment to give. `copy` is the key
/// that copies the figure, where there is one.
pub fn menu_ui(
    button: &Response,
    figure: Option<(Kind, Option<usize>)>,
    copy: &str,
    size: &mut Size,
    actions: &mut Vec<Action>,
) {
    let menu = Popup::menu(button).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    menu.show(|ui| {
        ui.set_min_width(210.0);
        menu_space(ui);
        if let Some((kind, step)) = figure {
            figure_ui(ui, copy, size, |delivery, size| {
                let size = *size;
                actions.push(Action::Export(Print {
                    kind,
                    step,
                    delivery,
                    size,
                }));
            });
            ui.separator();
        }
        let entries = [
            (
                t!("Copy as PyTorch"),
                t!("The networks and the recipe as one Python file that runs"),
                Action::CopyCode,
            ),
            (
                t!("Copy the experiment"),
                t!("The experiment file, for depthscope train"),
                Action::CopyExperiment,
            ),
        ];
        for (words, hint, action) in entries {
            if ui.button(words).on_hover_text(hint).clicked() {
                actions.push(action);
                ui.close();
            }
        }
    });
}

fn figure_ui(ui: &mut Ui, copy: &str, size: &mut Size, mut print: impl FnMut(Delivery, &Size)) {
    ui.label(theme::caption(t!("Size")));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (value, word, hint) in [
            (Size::Screen, t!("screen"), t!("As wide as its panels want")),
            (Size::Column, t!("column"), t!("One column of a paper, 85 mm")),
            (Size::Slide, t!("slide"), t!("16:9, 1920 pixels wide")),
            (Size::Poster, t!("poster"), t!("A3 across, 300 dots an inch")),
        ] {
            ui.selectable_value(size, value, theme::caption(word))
                .on_hover_text(hint);
        }
    });
    let file = |format| Delivery::File(format);
    for (words, key, delivery) in [
        (t!("Copy image"), copy, Delivery::Clipboard),
        (t!("SVG, PNG, PDF and CSV"), "E", Delivery::Files),
        ("SVG".into(), "", file(Format::Svg)),
        ("PNG".into(), "", file(Format::Png)),
        ("PDF".into(), "", file(Format::Pdf)),
        (t!("CSV, the numbers"), "", file(Format::Csv)),
        (t!("Bundle: figure, data and recipe"), "", file(Format::Zip)),
    ] {
        let button = match key {
            "" => Button::new(words),
            key => Button::new(words).shortcut_text(key),
        };
        if ui.add(button).clicked() {
            print(delivery, size);
            ui.close();
        }
    }
}
