//! Sets a table: which columns and lines there is room for, and how large.

mod draw;

use rust_i18n::t;

use super::fonts::{halves, room_for, wrap};
use super::table::{Cell, Row, Table};

/// Sizes of texts, and of what stands between them, at full size in points.
const TEXT: f64 = 12.0;
const HEAD: f64 = 11.0;
const HEAD_LINE: f64 = 13.0;
/// What a second line of text in a cell makes its line higher by.
const TEXT_LINE: f64 = 14.0;
const LINE: f64 = 20.0;
const TALL_LINE: f64 = 34.0;
/// How low lines become on low paper, where that shows more of them.
const SQUEEZE: f64 = 0.7;
const BETWEEN: f64 = 16.0;
const AIR: f64 = 26.0;
/// What columns become wider by, at most, on paper of a fixed height.
const MOST_AIR: f64 = 80.0;
/// The coloured line before a net's name.
const MARK: f64 = 22.0;
const CURVE: f64 = 84.0;
const BAR: f64 = 44.0;
const IMAGE: f64 = 28.0;
/// Widest columns of what can be cut; the widest that fits is taken.
const WIDEST: [f64; 4] = [240.0, 190.0, 150.0, 110.0];
/// Sizes that are tried.
const SIZES: [f64; 11] = [0.78, 0.85, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.55, 1.7, 2.0];
/// How much higher lines become on paper that they do not fill, at most.
const STRETCH: f64 = 2.0;
/// Rank up to which columns matter more than the size of letters.
const MATTERS: u8 = 5;
/// Widths that a sheet of any width is given, and lines from which on tables stand side by side on it.
const NARROWEST: f64 = 480.0;
const BROADEST: f64 = 1400.0;
const HANDY: usize = 40;
/// Tables side by side, lines of one on paper of any height, and of all.
const MOST_BLOCKS: usize = 3;
const LONGEST: usize = 60;
const MOST_LINES: usize = LONGEST * MOST_BLOCKS;

/// The paper that a table is set on.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    pub width: f64,
    /// As high as it takes, unless given.
    pub height: Option<f64>,
    /// How small and how large the text may become, over its full size.
    pub sizes: [f64; 2],
}

/// A table as it is set.
pub struct Setting<'a> {
    table: &'a Table,
    size: f64,
    /// Columns that are shown, with their widths in points.
    columns: Vec<(usize, f64)>,
    /// Lines in each of the tables side by side, and in all of them.
    lines: usize,
    shown: usize,
    block_width: f64,
    head: f64,
    /// Height of a line: pictures in it become smaller where the paper is low.
    line: f64,
    /// Lines of text in one, at most.
    texts: usize,
    /// Length of the longest bar.
    bar: f64,
    /// Whether a text is cut.
    cuts: bool,
}

/// The width that shows every column in full, and many lines in tables side by side.
pub fn natural_width(table: &Table) -> f64 {
    let widths = natural(table, title_width);
    let columns: Vec<usize> = (0..widths.len()).collect();
    let one = whole(table, &columns, &widths, WIDEST[0]) + 0.4 * AIR * columns.len() as f64;
    let wanted = table.rows.len().div_ceil(HANDY).clamp(1, MOST_BLOCKS);
    let all = |blocks: usize| blocks as f64 * one + 2.0 * AIR * (blocks - 1) as f64;
    let beside = (1..=wanted).rev().map(all).find(|&width| width <= BROADEST);
    beside.unwrap_or(BROADEST).max(NARROWEST)
}

impl<'a> Setting<'a> {
    /// In the size that shows the most lines and columns that matter, and of several in the largest that cuts no text;
    /// with texts and headings in one line where that takes nothing from it.
    pub fn of(table: &'a Table, room: Room) -> Self {
        let widths = [title_width, whole_title].map(|title| natural(table, title));
        let [least, most] = room.sizes;
        let sizes = SIZES.into_iter().filter(|size| (least..=most).contains(size));
        let settings = sizes.flat_map(|size| {
            let with = |texts| {
                widths
                    .iter()
                    .map(move |widths| Self::at(table, widths, room, (size, texts)))
            };
            with(2).chain(with(1))
        });
        let matters = |(column, _): &&(usize, f64)| table.columns[*column].rank <= MATTERS;
        let best = settings.max_by_key(|set| {
            let squeezed = set.line < set.size * LINE;
            (
                set.shown,
                set.columns.iter().filter(matters).count(),
                !squeezed,
                !set.cuts,
                set.texts == 1,
            )
        });
        best.unwrap_or_else(|| Self::at(table, &widths[0], room, (1.0, 1)))
    }

    fn at(table: &'a Table, natural: &[f64], room: Room, (size, texts): (f64, usize)) -> Self {
        let width = room.width / size;
        let (columns, widest) = fitting(table, natural, width);
        let taken = whole(table, &columns, natural, widest);
        let head = size * (head_lines(table, &columns, natural, widest) as f64 * HEAD_LINE + 12.0);
        let more = TEXT_LINE * (texts - 1) as f64;
        let lowest = size * (LINE * SQUEEZE + more);
        let body = room.height.map(|height| height - head - 4.0);
        let longest = body.map_or(LONGEST, |body| (body / lowest).max(1.0) as usize);
        let beside = ((width + 2.0 * AIR) / (taken + 2.0 * AIR)) as usize;
        let blocks = table
            .rows
            .len()
            .div_ceil(longest)
            .clamp(1, beside.clamp(1, MOST_BLOCKS));
        let lines = table.rows.len().div_ceil(blocks).min(longest);
        let usual = size * line_height(table).max(LINE + more);
        let line = body.map_or(usual, |body| (body / lines as f64).clamp(lowest, STRETCH * usual));
        let block_width = (width - 2.0 * AIR * (blocks - 1) as f64) / blocks as f64;
        let most = if room.height.is_some() { MOST_AIR } else { AIR };
        // What is nearly as wide as the page is as wide.
        let spare = ((block_width - taken) / columns.len() as f64).max(0.0);
        let spare = if spare < 1.5 * most { spare } else { most };
        let set = |column: usize| natural[column].min(widest_of(table, column, widest)) + spare;
        Self {
            table,
            size,
            columns: columns.iter().map(|&column| (column, size * set(column))).collect(),
            bar: size * (BAR + spare),
            cuts: columns.iter().any(|&column| cuts(table, column, set(column), texts)),
            texts,
            lines,
            shown: table.rows.len().min(lines * blocks).min(MOST_LINES),
            block_width: size * (taken + spare * columns.len() as f64).min(block_width),
            head,
            line,
        }
    }

    /// The height that it takes.
    pub fn height(&self) -> f64 {
        self.head + self.lines as f64 * self.line + 4.0
    }

    /// How its columns are read, and what of the table is not in it, in sentences.
    pub fn remarks(&self) -> Vec<String> {
        let shown = |index: usize| self.columns.iter().any(|&(column, _)| column == index);
        let mut sentences = self.table.notes(shown);
        if self.columns.len() < self.table.columns.len() {
            let titles = (0..self.table.columns.len())
                .filter(|&index| !shown(index))
                .map(|index| self.table.columns[index].title.as_str());
            let columns = titles.collect::<Vec<_>>().join(&t!(", "));
            sentences.push(t!("No room for: %{columns}.", columns = columns).into());
        }
        let all = self.table.rows.len();
        if self.shown < all {
            let sentence = t!(
                "The first %{shown} of %{all} lines; the CSV file has all.",
                shown = self.shown,
                all = all
            );
            sentences.push(sentence.into());
        }
        sentences
    }
}

fn marked(table: &Table) -> bool {
    table.rows.iter().any(|row| row.mark.is_some())
}

fn line_height(table: &Table) -> f64 {
    let tall = |row: &Row| row.cells.iter().any(|cell| matches!(cell, Cell::Images(_)));
    if table.rows.iter().any(tall) { TALL_LINE } else { LINE }
}

/// Numbers stand at the right, so that their digits stand beneath each other.
fn at_right(table: &Table, column: usize) -> bool {
    table.column(column).any(|cell| matches!(cell, Cell::Number(..)))
}

/// What a column takes of the width, in points at full size; only texts and rows of pictures can be cut.
fn natural(table: &Table, title: fn(&str) -> f64) -> Vec<f64> {
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) | Cell::Number(text, _) => room_for(text, TEXT),
        Cell::Curve(..) => CURVE,
        Cell::Bar(text, ..) => BAR + 5.0 + room_for(text, TEXT),
        Cell::Images(images) => images.len() as f64 * (IMAGE + 3.0),
    };
    (0..table.columns.len())
        .map(|index| {
            let cells = table.column(index).take(MOST_LINES).map(cell);
            cells.fold(title(&table.columns[index].title), f64::max)
        })
        .collect()
}

fn whole_title(title: &str) -> f64 {
    room_for(title, HEAD)
}

/// The width in which a title takes two lines.
fn title_width(title: &str) -> f64 {
    let parted = halves(title).into_iter();
    let widths = parted.map(|parts| parts.into_iter().map(whole_title).fold(0.0, f64::max));
    widths.fold(whole_title(title), f64::min)
}

/// Whether not all of a column is seen in that width.
fn cuts(table: &Table, column: usize, width: f64, texts: usize) -> bool {
    table.column(column).take(MOST_LINES).any(|cell| match cell {
        Cell::Text(text) => !fits(text, TEXT, width + 2.0, texts),
        Cell::Images(images) => images.len() as f64 * (IMAGE + 3.0) > width + 2.0,
        Cell::Number(..) | Cell::Curve(..) | Cell::Bar(..) => false,
    })
}

/// Whether all of a text has room in so many lines.
fn fits(text: &str, size: f64, width: f64, lines: usize) -> bool {
    match lines {
        1 => room_for(text, size) <= width,
        _ => !wrap(text, size, width, lines).concat().ends_with('\u{2026}'),
    }
}

fn widest_of(table: &Table, column: usize, widest: f64) -> f64 {
    match table
        .column(column)
        .any(|cell| matches!(cell, Cell::Text(_) | Cell::Images(_)))
    {
        true => widest,
        false => f64::INFINITY,
    }
}

/// The width of these columns together.
fn whole(table: &Table, columns: &[usize], natural: &[f64], widest: f64) -> f64 {
    let width = |&column: &usize| natural[column].min(widest_of(table, column, widest));
    let mark = if marked(table) { MARK } else { 0.0 };
    let between = BETWEEN * columns.len().saturating_sub(1) as f64;
    mark + columns.iter().map(width).sum::<f64>() + between
}

/// The columns that fit, and how wide those of texts are.
fn fitting(table: &Table, natural: &[f64], room: f64) -> (Vec<usize>, f64) {
    let mut columns: Vec<usize> = (0..table.columns.len()).collect();
    loop {
        let fits = |&&widest: &&f64| whole(table, &columns, natural, widest) <= room;
        if let Some(&widest) = WIDEST.iter().find(fits) {
            return (columns, widest);
        }
        let rank = |&place: &usize| table.columns[columns[place]].rank;
        match (0..columns.len()).max_by_key(rank) {
            Some(place) if rank(&place) > 0 => drop(columns.remove(place)),
            _ => return (columns, WIDEST[WIDEST.len() - 1]),
        }
    }
}

fn head_lines(table: &Table, columns: &[usize], natural: &[f64], widest: f64) -> usize {
    let lines = |&column: &usize| {
        let width = natural[column].min(widest_of(table, column, widest));
        if room_for(&table.columns[column].title, HEAD) > width + 2.0 {
            2
        } else {
            1
        }
    };
    columns.iter().map(lines).max().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::super::table::Heading;
    use super::*;

    const SCREEN: Room = Room {
        width: 850.0,
        height: None,
        sizes: [0.8, 1.0],
    };
    const SLIDE: Room = Room {
        width: 720.0,
        height: Some(270.0),
        sizes: [0.8, 1.4],
    };
    const COLUMN: Room = Room {
        width: 352.0,
        height: None,
        sizes: [0.9, 1.0],
    };

    /// A name and so many numbers, the later the less important.
    fn table(rows: usize, numbers: u8) -> Table {
        let heading = |rank: u8| Heading {
            title: format!("column {rank}"),
            rank,
            ..Heading::default()
        };
        let row = |index: usize| {
            let name = Cell::Text(format!("a net of the number {index}"));
            let number = |rank| Cell::Number(format!("{index}.{rank}00000"), 1.0);
            Row {
                cells: std::iter::once(name).chain((1..=numbers).map(number)).collect(),
                ..Row::new(None)
            }
        };
        Table {
            columns: (0..=numbers).map(heading).collect(),
            rows: (0..rows).map(row).collect(),
        }
    }

    #[test]
    fn a_small_table_is_whole_and_grows_with_a_slide() {
        let table = table(4, 3);
        for room in [SCREEN, SLIDE, COLUMN] {
            let set = Setting::of(&table, room);
            assert_eq!((set.shown, set.columns.len(), set.lines), (4, 4, 4));
            assert!(set.remarks().is_empty());
            assert!(room.height.is_none_or(|height| set.height() <= height));
        }
        assert!(Setting::of(&table, SLIDE).size > 1.0);
    }

    #[test]
    fn the_least_important_columns_make_room_and_are_named() {
        let table = table(4, 9);
        let set = Setting::of(&table, COLUMN);
        let shown: Vec<usize> = set.columns.iter().map(|(column, _)| *column).collect();
        assert!(shown.len() < 10 && shown.is_sorted() && shown[0] == 0, "{shown:?}");
        assert_eq!(shown, (0..shown.len()).collect::<Vec<_>>());
        let said = set.remarks();
        assert!(said.len() == 1 && said[0].contains("column 9"), "{said:?}");
        assert!(set.block_width <= COLUMN.width + 0.5, "{}", set.block_width);
    }

    #[test]
    fn only_what_is_shown_is_explained() {
        let mut table = table(4, 9);
        for heading in &mut table.columns {
            heading.note = format!("How column {} is read.", heading.rank);
        }
        let said = Setting::of(&table, COLUMN).remarks().join(" ");
        assert!(
            said.contains("How column 1 is read.") && !said.contains("How column 9"),
            "{said}"
        );
    }

    #[test]
    fn a_long_text_takes_two_lines_before_it_is_cut() {
        let mut table = table(3, 4);
        table.rows[1].cells[0] = Cell::Text("不分组的 3×3 卷积，其余的权重为零".into());
        let set = Setting::of(&table, COLUMN);
        assert!((set.texts, set.cuts) == (2, false) && set.line > LINE, "{}", set.line);
    }

    #[test]
    fn a_slide_has_room_for_sixteen_lines() {
        let low = Room {
            width: 592.0,
            height: Some(206.0),
            sizes: [0.78, 2.0],
        };
        let table = table(16, 6);
        let set = Setting::of(&table, low);
        assert_eq!(set.shown, 16);
        assert!(
            set.size * TEXT * 3.0 >= 28.0 && set.height() <= 206.0,
            "{}",
            set.height()
        );
    }

    #[test]
    fn many_lines_stand_side_by_side_and_the_rest_is_counted() {
        let narrow = table(40, 1);
        let set = Setting::of(&narrow, SLIDE);
        assert!(set.lines < 40 && set.shown == 40, "{} of 40", set.shown);
        assert!(set.height() <= 270.0);
        let long = table(300, 2);
        for room in [SCREEN, SLIDE, COLUMN] {
            let set = Setting::of(&long, room);
            assert!((10..300).contains(&set.shown), "{}", set.shown);
            assert_eq!(set.shown % set.lines, 0, "no block is short of lines");
            let count = format!("The first {} of 300 lines", set.shown);
            assert!(set.remarks()[0].starts_with(&count), "{:?}", set.remarks());
        }
    }

    #[test]
    fn pictures_are_fewer_where_there_is_less_room() {
        let image = || super::super::figure::MapGrid {
            title: String::new(),
            channels: 1,
            height: 2,
            width: 2,
            values: vec![0.0, 1.0, 0.5, 0.25],
            image: true,
        };
        let mut table = table(2, 2);
        let images = || Cell::Images((0..8).map(|_| image()).collect());
        table.push("samples", 1, [images(), images()]);
        let set = Setting::of(&table, COLUMN);
        let (column, width) = set.columns[set.columns.len() - 1];
        assert_eq!((column, set.remarks().len()), (3, 0));
        assert!(width < 8.0 * (IMAGE + 3.0), "{width}");
    }
}
