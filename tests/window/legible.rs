//! What is written in the window can be read: it stands whole in its place, on nothing else that is written, in no smaller a
//! face than the smallest; and what can be pressed has a name. What lies outside a scroll area's view is scrolled to first.

use std::collections::{BTreeMap, BTreeSet};

use depthscope::lesson::lessons;
use depthscope::ui::{Origin, Panel, Preset, Room};
use eframe::egui::accesskit::NodeId;
use eframe::egui::epaint::TextShape;
use eframe::egui::epaint::text::PlacedRow;
use eframe::egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, Pos2, Rect, Role, Shape, Theme, TouchPhase, Vec2,
};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::classroom::{degraded, serve};
use crate::filled;
use crate::page::{ALL, PLAIN, Page, WINDOW};

/// The smallest text in points.
const SMALL: f32 = 13.0;
/// Points that a text may touch another by, or stand out: less than what is seen between two letters.
const TOUCH: f32 = 2.0;
/// 1920 x 1080 pixels in a lecture.
const PROJECTOR: Vec2 = Vec2::new(1920.0 * 13.0 / 28.0, 1080.0 * 13.0 / 28.0);

/// A window to look at.
#[derive(Clone, Copy)]
struct Sight {
    name: &'static str,
    size: Vec2,
    scale: f32,
    lecture: bool,
}

const CARD: Vec2 = Vec2::new(512.0, 402.0);

const SIGHTS: [Sight; 4] = [
    Sight {
        name: "1024x640",
        size: WINDOW,
        scale: 1.0,
        lecture: false,
    },
    Sight {
        name: "1024x640 at 200 %",
        size: Vec2::new(512.0, 320.0),
        scale: 2.0,
        lecture: false,
    },
    // As large as a panel is in the column that a small window has of all of them.
    Sight {
        name: "a card at 200 %",
        size: CARD,
        scale: 2.0,
        lecture: false,
    },
    Sight {
        name: "lecture",
        size: PROJECTOR,
        scale: 1.0,
        lecture: true,
    },
];

/// A text as it was painted.
pub struct Text {
    pub words: String,
    pub ink: Rect,
    /// The same line by line.
    lines: Vec<Rect>,
    clip: Rect,
    size: f32,
}

/// A control or a label.
struct Part {
    id: NodeId,
    name: Option<String>,
    role: Role,
    rect: Rect,
    seen: Rect,
    focusable: bool,
}

/// What was found in all that was looked at.
#[derive(Default)]
pub struct Found {
    pub faults: Vec<String>,
    /// All that is written, and all names of controls and pictures.
    pub said: BTreeSet<String>,
}

/// What was found on a page in all its scrolled positions.
#[derive(Default)]
struct Look {
    /// A table is looked at that scrolls sideways.
    sideways: bool,
    faults: BTreeSet<String>,
    said: BTreeSet<String>,
    /// Words that were whole somewhere, with left and top.
    whole: BTreeSet<(String, i32, i32)>,
    /// Words that were not, with ink and clip.
    cut: Vec<(String, Rect, Rect)>,
    whole_parts: BTreeSet<u64>,
    cut_parts: BTreeMap<u64, String>,
    /// What can be pressed and has no name.
    unnamed: BTreeMap<u64, Rect>,
}

fn is_visible(text: &TextShape) -> bool {
    let seen = |alpha: u8| alpha > 8;
    let coloured = match text.override_text_color {
        Some(colour) => seen(colour.a()),
        None => text
            .galley
            .job
            .sections
            .iter()
            .any(|section| seen(section.format.color.a())),
    };
    coloured && text.opacity_factor > 0.02 && text.galley.mesh_bounds.is_positive()
}

/// What each line covers; of a turned text, all of it.
fn lines(text: &TextShape) -> Vec<Rect> {
    if text.angle != 0.0 {
        return vec![text.visual_bounding_rect()];
    }
    let line = |row: &PlacedRow| {
        row.visuals
            .mesh_bounds
            .translate(row.pos.to_vec2() + text.pos.to_vec2())
    };
    text.galley.rows.iter().map(line).filter(Rect::is_positive).collect()
}

fn collect(shape: &Shape, clip: Rect, texts: &mut Vec<Text>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, clip, texts)),
        Shape::Text(text) if is_visible(text) => {
            let sections = text
                .galley
                .job
                .sections
                .iter()
                .filter(|section| !section.byte_range.is_empty());
            // Exponents are smaller than what they belong to.
            let size = sections.map(|section| section.format.font_id.size).fold(0.0, f32::max);
            let ink = text.visual_bounding_rect();
            if clip.intersects(ink) {
                texts.push(Text {
                    words: text.galley.text().trim().to_owned(),
                    ink,
                    lines: lines(text),
                    clip,
                    size,
                });
            }
        }
        _ => {}
    }
}

/// Every text on the screen.
pub fn texts(page: &Harness<'_, Page>) -> Vec<Text> {
    let screen = page.ctx.content_rect();
    let mut texts = Vec::new();
    for clipped in &page.output().shapes {
        collect(&clipped.shape, clipped.clip_rect.intersect(screen), &mut texts);
    }
    texts
}

fn parts(page: &Harness<'_, Page>) -> Vec<Part> {
    let mut names = BTreeMap::new();
    for node in page.root().children_recursive() {
        let node = node.accesskit_node();
        let labelled = || node.labelled_by().find_map(|label| label.label().or(label.value()));
        let name = node.label().or_else(|| node.value()).or_else(labelled);
        names.insert(node.locate().0.0, (name.filter(|name| !name.is_empty()), node.role()));
    }
    let screen = page.ctx.content_rect();
    page.ctx.viewport(|viewport| {
        let widgets = viewport.prev_pass.widgets.layers().flat_map(|(_, widgets)| widgets);
        let part = |widget: &eframe::egui::WidgetRect| {
            let id = widget.id.accesskit_id();
            let (name, role) = names.get(&id.0).cloned().unwrap_or((None, Role::Unknown));
            // What is only dragged, as the boundaries between tiles and scroll bars are, is for the pointer.
            let focusable = widget.sense.is_focusable() && widget.enabled && !widget.sense.senses_drag();
            let shown = widget.visible && widget.rect.is_finite() && widget.rect.is_positive();
            (shown && (name.is_some() || focusable)).then_some(Part {
                id,
                name,
                role,
                rect: widget.rect,
                seen: widget.interact_rect.intersect(screen),
                focusable,
            })
        };
        widgets.filter_map(part).collect()
    })
}

/// Fields to type into, whose text moves with the caret.
fn fields(page: &Harness<'_, Page>) -> Vec<Rect> {
    let typed = [Role::TextInput, Role::MultilineTextInput, Role::SearchInput];
    let nodes = page.root().children_recursive();
    nodes
        .filter(|node| typed.contains(&node.accesskit_node().role()))
        .map(|node| node.rect())
        .collect()
}

impl Look {
    fn look(&mut self, page: &Harness<'_, Page>) {
        let texts = texts(page);
        let fields = fields(page);
        self.said.extend(texts.iter().map(|text| text.words.clone()));
        for (index, text) in texts.iter().enumerate() {
            if text.size < SMALL {
                self.faults
                    .insert(format!("{:?} is set in {} points", text.words, text.size));
            }
            if fields.iter().any(|field| field.expand(4.0).contains(text.ink.center())) {
                continue;
            }
            for (number, line) in text.lines.iter().enumerate() {
                let words = match number {
                    0 => text.words.clone(),
                    number => format!("{} (line {})", text.words, number + 1),
                };
                if text.clip.expand(TOUCH).contains_rect(*line) {
                    self.whole
                        .insert((words, line.left().round() as i32, line.top().round() as i32));
                } else if text.clip.intersects(*line) {
                    self.cut.push((words, *line, text.clip));
                }
            }
            for other in &texts[..index] {
                let clip = text.clip.intersect(other.clip);
                let pairs = text
                    .lines
                    .iter()
                    .flat_map(|line| other.lines.iter().map(move |other| line.intersect(*other)));
                let mut both = pairs.map(|both| both.intersect(clip));
                // The signs of a formula are set one by one, and lean.
                let signs = [text, other].iter().all(|text| text.words.chars().count() < 3);
                let touch = if signs { 2.0 * TOUCH } else { TOUCH };
                if both.any(|both| both.width() > touch && both.height() > TOUCH) {
                    self.faults
                        .insert(format!("{:?} and {:?} stand on each other", other.words, text.words));
                }
            }
        }
        for part in parts(page) {
            self.said.extend(part.name.clone());
            if part.focusable && part.name.is_none() && part.seen.is_positive() {
                self.unnamed.insert(part.id.0, part.rect);
            }
            // A group is as large as what is in it, a line of a table is as long as all its columns and has its box
            // with it, and texts are looked at
            // one by one.
            let large = !part.focusable || [Role::Group, Role::Row, Role::CheckBox].contains(&part.role);
            if large || self.is_aside(part.rect, part.seen) || part.seen.expand(TOUCH).contains_rect(part.rect) {
                self.whole_parts.insert(part.id.0);
            } else {
                let words = format!(
                    "{:?} at {} is cut to {}",
                    part.name.unwrap_or_default(),
                    part.rect,
                    part.seen
                );
                self.cut_parts.insert(part.id.0, words);
            }
        }
    }

    fn file(self, cut: BTreeSet<String>, place: &str, found: &mut Found) {
        let unnamed = self.unnamed.values();
        let unnamed = unnamed.map(|rect| format!("what can be pressed at {rect} has no name"));
        let faults = self.faults.into_iter().chain(unnamed).chain(cut);
        found.faults.extend(faults.map(|fault| format!("{place}: {fault}")));
        found.said.extend(self.said);
    }

    /// Whether a table that scrolls sideways leaves it out on this side.
    fn is_aside(&self, ink: Rect, clip: Rect) -> bool {
        self.sideways && (ink.left() < clip.left() - TOUCH || ink.right() > clip.right() + TOUCH)
    }

    /// Whether the text was whole in another place of the same scroll area.
    fn was_whole(&self, words: &str, ink: Rect, clip: Rect) -> bool {
        let sideways = ink.left() < clip.left() - TOUCH || ink.right() > clip.right() + TOUCH;
        let upright = ink.top() < clip.top() - TOUCH || ink.bottom() > clip.bottom() + TOUCH;
        let near = |a: i32, b: f32| (a as f32 - b).abs() < 2.0;
        self.whole.iter().any(|(other, left, top)| {
            other == words && (sideways || near(*left, ink.left())) && (upright || near(*top, ink.top()))
        })
    }

    fn scroll_to_parts(&mut self, page: &mut Harness<'_, Page>) {
        let cut: Vec<u64> = self.cut_parts.keys().copied().collect();
        for id in cut {
            if self.whole_parts.contains(&id) {
                continue;
            }
            let node = page
                .root()
                .children_recursive()
                .find(|node| node.accesskit_node().locate().0.0 == id);
            if let Some(node) = node {
                node.scroll_to_me();
                page.run_ok();
                self.look(page);
            }
        }
    }

    fn turn_wheel(&mut self, page: &mut Harness<'_, Page>) {
        let views: BTreeSet<[i32; 4]> = (self.cut.iter())
            .filter(|(words, ink, clip)| !self.is_aside(*ink, *clip) && !self.was_whole(words, *ink, *clip))
            .map(|(_, _, clip)| [clip.left(), clip.top(), clip.right(), clip.bottom()].map(|place| place as i32))
            .collect();
        for [left, top, right, bottom] in views {
            let view = Rect::from_min_max(
                Pos2::new(left as f32, top as f32),
                Pos2::new(right as f32, bottom as f32),
            );
            for way in [1.0, -1.0] {
                for _ in 0..40 {
                    let moved = scrolled(page, view.center(), Vec2::new(0.0, way * 0.6 * view.height()));
                    self.look(page);
                    if !moved {
                        break;
                    }
                }
            }
        }
    }
}

/// Turns the wheel over a place; answers whether anything has moved.
fn scrolled(page: &mut Harness<'_, Page>, place: Pos2, by: Vec2) -> bool {
    let places = |page: &Harness<'_, Page>| texts(page).into_iter().map(|text| text.ink).collect::<Vec<_>>();
    let before = places(page);
    page.hover_at(place);
    page.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: by,
        phase: TouchPhase::Move,
        source: MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    page.remove_cursor();
    page.run_ok();
    places(page) != before
}

/// What is wrong with what is in view.
fn glance(page: &Harness<'_, Page>, place: &str, found: &mut Found) {
    let mut look = Look::default();
    look.look(page);
    look.file(BTreeSet::new(), place, found);
}

/// What is wrong with the page, wherever it is scrolled to.
fn faults(page: &mut Harness<'_, Page>, place: &str, found: &mut Found) {
    page.remove_cursor();
    page.run_ok();
    let shown = page.state().lab.tiling.shown();
    let wide = [Panel::Runs, Panel::Forms];
    let mut look = Look {
        sideways: page.state().room == Room::Lab && wide.iter().any(|panel| shown.contains(panel)),
        ..Look::default()
    };
    look.look(page);
    look.scroll_to_parts(page);
    look.turn_wheel(page);
    let mut cut = BTreeSet::new();
    let mut known = BTreeSet::new();
    for (words, ink, clip) in &look.cut {
        if !look.is_aside(*ink, *clip)
            && !look.was_whole(words, *ink, *clip)
            && known.insert((words, ink.left() as i32))
        {
            cut.insert(format!("{words:?} at {ink} is cut to {clip}"));
        }
    }
    let parts = look.cut_parts.iter().filter(|(id, _)| !look.whole_parts.contains(id));
    cut.extend(parts.map(|(_, words)| words.clone()));
    look.file(cut, place, found);
}

fn open<'a>(mut page: Page, sight: Sight) -> Harness<'a, Page> {
    page.lecture = sight.lecture;
    page.open(sight.size, Theme::Light, sight.scale)
}

/// Every panel alone and among others, and the ready-made arrangements; what looks at the data in use is called so.
pub fn panels(data_in_use: &str) -> Found {
    let mut all = Found::default();
    for sight in SIGHTS {
        for &panel in Panel::ALL {
            let mut page = open(filled::page(), sight);
            page.run_ok();
            page.state_mut().lab.tiling.open(panel);
            page.state_mut().lab.tiling.maximised = true;
            page.run_ok();
            if panel == Panel::Data && !sight.lecture {
                page.get_by_label(data_in_use).click();
                for _ in 0..500 {
                    page.step();
                    if page.state().lab.panes.data.preview().is_some() {
                        break;
                    }
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
            }
            faults(&mut page, &format!("{}, {} alone", sight.name, panel.name()), &mut all);
            // In a small window all stand in a column.
            if sight.scale > 1.0 {
                continue;
            }
            page.state_mut().lab.tiling.maximised = false;
            faults(
                &mut page,
                &format!("{}, {} among others", sight.name, panel.name()),
                &mut all,
            );
        }
        if sight.scale > 1.0 {
            continue;
        }
        let mut page = open(filled::page(), sight);
        for preset in Preset::ALL {
            page.state_mut().lab.tiling.arrange(preset);
            faults(&mut page, &format!("{}, arranged as {preset:?}", sight.name), &mut all);
        }
    }
    all
}

/// The first minute, the list of lessons and the command palette.
pub fn rooms() -> Found {
    let mut all = Found::default();
    for sight in SIGHTS {
        for (nets, steps, what) in [(PLAIN, 0, "question"), (PLAIN, 120, "offer"), (ALL, 400, "verdict")] {
            let mut page = open(Page::new(Room::FirstMinute, nets, steps), sight);
            if sight.lecture {
                for _ in 0..5 {
                    page.key_press(Key::Space);
                    page.run_ok();
                }
            }
            faults(&mut page, &format!("{}, first minute's {what}", sight.name), &mut all);
        }
        let mut page = open(Page::new(Room::Lessons, PLAIN, 0), sight);
        faults(&mut page, &format!("{}, list of lessons", sight.name), &mut all);
    }
    all
}

/// Every step of every lesson, before and after its prediction, as far as it is in view.
pub fn all_lessons(language: &str) -> Found {
    let mut all = Found::default();
    for lesson in lessons(language).unwrap() {
        for sight in SIGHTS.into_iter().filter(|sight| sight.size.y != CARD.y) {
            let mut page = open(Page::new(Room::Lab, PLAIN, 0), sight);
            page.state_mut()
                .lab
                .open_lesson(&Origin::Shipped(lesson.name.clone()))
                .unwrap();
            serve(&mut page, degraded);
            for step in 0..lesson.steps.len() {
                let place = format!("{}, lesson {} step {}", sight.name, lesson.name, step + 1);
                glance(&page, &place, &mut all);
                for key in [Key::Num1, Key::Space] {
                    page.key_press(key);
                    serve(&mut page, degraded);
                }
                glance(&page, &format!("{place} answered"), &mut all);
                page.key_press(Key::PageDown);
                serve(&mut page, degraded);
            }
        }
    }
    all
}
