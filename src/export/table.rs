//! A table as plain data: headings, and lines of cells.

use super::figure::MapGrid;
use crate::palette::{Rgb, Style};

/// Lines under headings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    pub columns: Vec<Heading>,
    pub rows: Vec<Row>,
}

/// What stands above a column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heading {
    pub title: String,
    /// What the numbers beneath are counted in, where their text alone says it: `s`, or `fraction` of what is read in percent.
    pub unit: String,
    /// Where there is no room for all columns, that of the highest rank is left out first; one of rank 0 never is.
    pub rank: u8,
    /// How to read it, told beneath a table that shows it.
    pub note: String,
}

/// One line, with a cell for each heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Colour and width of the net's line in other figures.
    pub mark: Option<(Rgb, f32)>,
    pub cells: Vec<Cell>,
}

/// What stands in a line and a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(String),
    /// As it is read, and its value.
    Number(String, f64),
    /// A line the size of a word, on a logarithmic scale of its own, and between which shares of the width it lies.
    Curve(Vec<f32>, [f32; 2]),
    /// A length, of that one for the whole width, with its number.
    Bar(String, f64, f64),
    /// Small pictures, side by side.
    Images(Vec<MapGrid>),
}

impl Table {
    /// Adds a column, with a cell for each line that there is.
    pub fn push(&mut self, title: impl Into<String>, rank: u8, cells: impl IntoIterator<Item = Cell>) {
        let title = title.into();
        self.columns.push(Heading {
            title,
            rank,
            ..Heading::default()
        });
        self.rows
            .iter_mut()
            .zip(cells)
            .for_each(|(row, cell)| row.cells.push(cell));
    }

    /// Says what the numbers of the last column are counted in.
    pub fn count_in(&mut self, unit: impl Into<String>) {
        if let Some(heading) = self.columns.last_mut() {
            heading.unit = unit.into();
        }
    }

    /// Says how the last column is read.
    pub fn explain(&mut self, note: impl Into<String>) {
        if let Some(heading) = self.columns.last_mut() {
            heading.note = note.into();
        }
    }

    /// How those of the columns are read that are shown, each sentence once.
    pub fn notes(&self, shown: impl Fn(usize) -> bool) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for (index, heading) in self.columns.iter().enumerate() {
            if shown(index) && !heading.note.is_empty() && !notes.contains(&heading.note) {
                notes.push(heading.note.clone());
            }
        }
        notes
    }

    /// The cells of a column, from the top.
    pub fn column(&self, index: usize) -> impl Iterator<Item = &Cell> + Clone {
        self.rows.iter().filter_map(move |row| row.cells.get(index))
    }
}

impl Row {
    /// An empty line of a net.
    pub fn new(style: Option<Style>) -> Self {
        Self {
            mark: style.map(|style| (style.light, style.width)),
            cells: Vec::new(),
        }
    }
}

impl Cell {
    /// A number, or a dash where it is not there or not finite.
    pub fn number(value: Option<f64>, text: impl Fn(f64) -> String) -> Self {
        match value.filter(|value| value.is_finite()) {
            Some(value) => Self::Number(text(value), value),
            None => Self::Number("\u{2013}".into(), f64::NAN),
        }
    }

    /// What it says.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text, _) | Self::Bar(text, ..) => text,
            Self::Curve(..) | Self::Images(_) => "",
        }
    }
}
