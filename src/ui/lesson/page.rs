//! Where the column of a lesson is scrolled to, so that keys can turn its pages.

use eframe::egui::scroll_area::ScrollAreaOutput;
use eframe::egui::{Id, ScrollArea};

/// What stays in sight when a page is turned, as a share of the height.
const OVERLAP: f32 = 0.15;
/// Fewer points than this out of sight are only the margin.
const LEAST: f32 = 24.0;

/// The place in a column that may be longer than there is room for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Page {
    /// Where to scroll to in the next frame.
    wanted: Option<f32>,
    /// As it was last drawn: how far scrolled, how high in sight, how long in all.
    offset: f32,
    height: f32,
    length: f32,
    /// The part of the window that it is drawn in.
    place: Option<Id>,
}

impl Default for Page {
    /// The top.
    fn default() -> Self {
        Self {
            wanted: Some(0.0),
            offset: 0.0,
            height: 0.0,
            length: 0.0,
            place: None,
        }
    }
}

impl Page {
    /// Turns a page on or back; answers whether there was one.
    pub fn turn(&mut self, forward: bool) -> bool {
        let last = (self.length - self.height).max(0.0);
        let stride = self.height * (1.0 - OVERLAP);
        let to = (self.offset + if forward { stride } else { -stride }).clamp(0.0, last);
        let moves = (to - self.offset).abs() >= LEAST;
        if moves {
            self.wanted = Some(to);
        }
        moves
    }

    /// The area, where it shall be scrolled to.
    pub fn area(&mut self, area: ScrollArea, place: Id) -> ScrollArea {
        match self.wanted_in(place) {
            Some(offset) => area.vertical_scroll_offset(offset),
            None => area,
        }
    }

    /// Where to scroll to now; in another place of the window that is where it was in the one before.
    fn wanted_in(&mut self, place: Id) -> Option<f32> {
        if self.place.replace(place) != Some(place) {
            self.wanted.get_or_insert(self.offset);
        }
        self.wanted.take()
    }

    /// Notes how it was drawn.
    pub fn note<R>(&mut self, drawn: &ScrollAreaOutput<R>) {
        self.offset = drawn.state.clamped_offset().y;
        self.height = drawn.inner_rect.height();
        self.length = drawn.content_size.y;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_turned_until_the_end() {
        let mut page = Page {
            wanted: None,
            offset: 0.0,
            height: 100.0,
            length: 150.0,
            place: None,
        };
        assert!(!page.turn(false));
        assert!(page.turn(true));
        assert_eq!(page.wanted, Some(50.0));
        page.offset = 50.0;
        assert!(!page.turn(true));
        assert!(page.turn(false));
        assert_eq!(page.wanted, Some(0.0));
        assert!(!Page::default().turn(true), "nothing is drawn yet");
    }

    #[test]
    fn in_another_place_of_the_window_it_stays_where_it_was() {
        let [column, whole] = ["column", "whole"].map(Id::unique);
        let mut page = Page::default();
        assert_eq!(page.wanted_in(column), Some(0.0));
        page.offset = 120.0;
        assert_eq!(page.wanted_in(column), None, "the user scrolls");
        assert_eq!(page.wanted_in(whole), Some(120.0));
        page = Page {
            place: page.place,
            ..Page::default()
        };
        assert_eq!(page.wanted_in(column), Some(0.0), "another step begins at its top");
    }
}
