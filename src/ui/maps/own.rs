//! The user's own image: drawn by hand, dropped on the panel, or chosen from a file dialog.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use eframe::egui::{Align2, FontId, Id, LayerId, Order, Rect, Ui, Vec2, Window, vec2};
use rfd::AsyncFileDialog;
use rust_i18n::t;

use super::canvas::Canvas;
use crate::probe::{Subject, is_image};
use crate::run::Slot;
use crate::ui::pane::View;
use crate::ui::theme::{self, BODY};
use crate::ui::widgets::quiet_button_ui;

/// Distance of the canvas from the panel, and the room that it needs.
const BESIDE: f32 = 12.0;
const ROOM: Vec2 = vec2(230.0, 300.0);
/// Width from which a panel has room for its maps and the canvas.
const BOTH: f32 = 3.0 * ROOM.x;
/// Height of a lesson's buttons beneath its text.
const STEPS: f32 = 110.0;

/// What brings an own image, and what came of it.
#[derive(Debug, Clone, Default)]
pub struct Own {
    canvas: Canvas,
    /// The canvas is shown.
    pub drawing: bool,
    /// Where it stood last.
    stands: Option<Rect>,
    /// Images read by a thread, or why one cannot be.
    read: Slot<Result<Subject, String>>,
    /// The newest reason why there is no image.
    pub refusal: Option<String>,
}

impl Own {
    /// Takes in what was read or dropped since the last frame. Nets read images of that shape.
    pub fn take_in_ui(&mut self, ui: &Ui, shape: [usize; 3], view: &mut View<'_>) {
        match self.read.take() {
            Some(Ok(subject)) => {
                self.refusal = None;
                show(view, subject);
            }
            Some(Err(why)) => self.refusal = Some(why),
            None => {}
        }
        let dropped: Vec<PathBuf> = ui.input(|input| {
            let files = input.raw.dropped_files.iter();
            files.map(|file| file.path().to_owned()).collect()
        });
        if let Some(path) = dropped.into_iter().find(|path| is_image(path)) {
            self.read_file(ui, path, shape);
        }
        let hovered = ui.input(|input| {
            let mut files = input.raw.hovered_files.iter();
            files.any(|file| file.path.as_deref().is_none_or(is_image))
        });
        if hovered {
            let ink = theme::ink(ui);
            let rect = ui.max_rect();
            let layer = LayerId::new(Order::Foreground, ui.scope_id().with("drop"));
            let painter = ui.ctx().layer_painter(layer);
            painter.rect_filled(rect, 6.0, ink.paper.gamma_multiply(0.9));
            let font = FontId::new(BODY, theme::semibold());
            let words = t!("Drop the image to see what the nets make of it");
            painter.text(rect.center(), Align2::CENTER_CENTER, words, font, ink.text);
        }
    }

    /// Asks for a file; the window does not wait.
    pub fn choose_file(&self, ui: &Ui, shape: [usize; 3]) {
        let dialog = AsyncFileDialog::new()
            .set_title(t!("An image for the nets to look at"))
            .add_filter(t!("Image files"), &["png", "jpg", "jpeg", "bmp"])
            .pick_file();
        self.work(ui, move || {
            let why = || t!("No file was chosen; an image can also be dropped on the feature maps.").into_owned();
            let file = pollster::block_on(dialog).ok_or_else(why)?;
            Subject::from_file(file.path(), shape).map_err(|error| error.to_string())
        });
    }

    fn read_file(&self, ui: &Ui, path: PathBuf, shape: [usize; 3]) {
        self.work(ui, move || {
            Subject::from_file(&path, shape).map_err(|error| error.to_string())
        });
    }

    /// Has a thread find the image.
    fn work(&self, ui: &Ui, find: impl FnOnce() -> Result<Subject, String> + Send + 'static) {
        let (slot, ctx) = (self.read.clone(), ui.ctx().clone());
        let work = move || {
            slot.put(find());
            ctx.request_repaint();
        };
        if let Err(error) = thread::Builder::new().name("image".into()).spawn(work) {
            self.read.put(Err(
                t!("cannot start reading the image: %{why}", why = error).into_owned()
            ));
        }
    }

    /// The width of a panel that the canvas, where it stands at the right of it, leaves to the maps.
    pub fn free(&self, panel: Rect) -> f32 {
        let docked = |at: &Rect| panel.intersects(*at) && at.right() > panel.right() - 2.0 * BESIDE;
        let stands = self
            .stands
            .filter(|at| self.drawing && panel.width() >= BOTH && docked(at));
        stands.map_or(panel.width(), |at| at.left() - BESIDE - panel.left())
    }

    /// The canvas, until it is put elsewhere: beside the panel, whose maps one wants to see, or in it, where it is wide; in a
    /// narrow one of a lesson over the text.
    pub fn canvas_ui(&mut self, ui: &Ui, panel: Rect, shape: [usize; 3], view: &mut View<'_>) {
        if !self.drawing {
            return;
        }
        let screen = ui.ctx().content_rect();
        let taught = theme::taught(ui).is_some();
        let beside = panel.left() - screen.left() > ROOM.x;
        let above = panel.top() - screen.top() > ROOM.y;
        let inside = (2, panel.right_bottom() - Vec2::splat(BESIDE));
        let (place, corner) = match taught {
            false if beside => (0, panel.left_bottom() - vec2(BESIDE, 0.0)),
            true if panel.width() >= BOTH => inside,
            true if beside => (3, panel.left_bottom() - vec2(BESIDE, STEPS)),
            _ if above => (1, panel.right_top() - vec2(0.0, BESIDE)),
            _ => inside,
        };
        let window = Window::new(t!("Draw an image"))
            .id(Id::unique(("canvas", place, taught)))
            .title_bar(false)
            .pivot(Align2::RIGHT_BOTTOM)
            .default_pos(corner)
            .resizable(false);
        let stands = window.show(ui.ctx(), |ui| {
            ui.label(theme::strong(t!("Draw an image"), BODY));
            ui.label(theme::caption(t!("The nets look on.")));
            if self.canvas.canvas_ui(ui) {
                show(view, self.canvas.subject(shape));
            }
            ui.horizontal(|ui| {
                if ui.button(t!("Clear")).clicked() {
                    self.canvas.clear();
                    show(view, self.canvas.subject(shape));
                }
                self.drawing = !quiet_button_ui(ui, &t!("Done"), &t!("Close the canvas (Esc)")).clicked();
            });
        });
        self.stands = stands.map(|window| window.response.rect);
    }

    /// Another experiment has images of another shape.
    pub fn restart(&mut self) {
        *self = Self::default();
    }
}

/// Turns dark into bright, for black strokes on white paper.
pub fn invert(view: &mut View<'_>) {
    if let Some(own) = &mut view.cursor.own {
        *own = own.iter().map(|value| 1.0 - value).collect::<Arc<[f32]>>();
    }
}

/// Every panel looks at it from now on.
fn show(view: &mut View<'_>, subject: Subject) {
    if let Subject::Own(pixels) = subject {
        view.cursor.own = Some(pixels);
    }
}
