//! The fonts of figures, and how much room a text takes in them.

use std::convert::Infallible;
use std::sync::LazyLock;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

use super::words::WORDS;

/// A shipped font.
pub struct Font {
    /// Names under which it is registered.
    family: &'static str,
    /// Its file.
    pub file: &'static [u8],
    /// Its line height over its em: the unit of its sizes in `ab_glyph`.
    pub line_height: f64,
    /// Each of its characters is as wide as the em, in other fonts too.
    square: bool,
}

/// The shipped font first, then what other machines have: an SVG file names the whole list. The one of Chinese is
/// what the shipped file calls itself, for PDF.
pub static LATIN: Font = Font {
    family: "Roboto, Arial, 'Liberation Sans', 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', \
             'Noto Sans CJK SC', sans-serif",
    file: include_bytes!("../../assets/fonts/Roboto-Regular.ttf"),
    line_height: 1.171_875,
    square: false,
};

/// What is written in characters of a whole em, with their punctuation.
pub static CHINESE: Font = Font {
    family: "Noto Sans SC",
    file: include_bytes!("../../assets/fonts/NotoSansSC-Regular.otf"),
    line_height: 1.448,
    square: true,
};

/// Half the height of lower-case letters over the em: from the middle of a line down to its baseline.
pub const HALF_LETTER: f64 = 0.264;
const BLANK: [char; 2] = [' ', '\n'];
/// The width of letters in the widest font that stands in for ours, over theirs in ours.
const WIDEST: f64 = 1.16;

impl Font {
    /// The font with an em of that many pixels.
    pub fn at(&'static self, em: f64) -> FontDesc<'static> {
        LazyLock::force(&ARE_REGISTERED);
        FontDesc::new(FontFamily::Name(self.family), em * self.line_height, FontStyle::Normal)
    }

    /// The width in whole pixels of a text that is all in it.
    pub fn pixels(&'static self, text: &str, em: f64) -> i32 {
        self.at(em).box_size(text).map_or(0, |(width, _)| width as i32)
    }

    /// Draws a text that is all in it, from `left` on and on the baseline `lift` above, as pixels with their coverage.
    pub fn draw(&'static self, text: &str, em: f64, [left, lift]: [i32; 2], pixel: &mut impl FnMut(i32, i32, f32)) {
        let font = self.at(em);
        let drawn = |text: &str, at: i32, pixel: &mut dyn FnMut(i32, i32, f32)| {
            // Nothing fails here: neither the font, which is there, nor the pixels.
            let _ = font.draw(text, (at, -lift), |x, y, alpha| {
                pixel(x, y, alpha);
                Ok::<(), Infallible>(())
            });
        };
        if !self.square {
            drawn(text, left, pixel);
            return;
        }
        // plotters leaves out the blank before a character, which is much of some.
        for (place, character) in text.chars().enumerate() {
            let mut ink: Vec<(i32, i32, f32)> = Vec::new();
            drawn(character.encode_utf8(&mut [0; 4]), 0, &mut |x, y, alpha| {
                ink.push((x, y, alpha))
            });
            let width = ink.iter().map(|&(x, ..)| f64::from(x) + 1.0).fold(0.0, f64::max);
            let blank = match character {
                c if opens(c) => 0.95 * em - width,
                c if closes(c) => 0.1 * em,
                _ => 0.5 * (em - width),
            };
            let at = left + (place as f64 * em + blank).round() as i32;
            ink.into_iter().for_each(|(x, y, alpha)| pixel(x + at, y, alpha));
        }
    }

    /// The width in points of a text that is all in it; `size` is the em.
    fn width(&'static self, text: &str, size: f64) -> f64 {
        const FINE: f64 = 16.0;
        f64::from(self.pixels(text, size * FINE)) / FINE
    }
}

static ARE_REGISTERED: LazyLock<()> = LazyLock::new(|| {
    for font in [&LATIN, &CHINESE] {
        let registered = register_font(font.family, FontStyle::Normal, font.file);
        assert!(registered.is_ok(), "{} is a font", font.family);
    }
});

/// From the first of the radicals on, characters are those of East Asia.
pub fn is_chinese(character: char) -> bool {
    character >= '\u{2e80}'
}

/// Whether a line cannot end with it.
fn opens(character: char) -> bool {
    "（《“".contains(character)
}

/// Whether a line cannot begin with it.
fn closes(character: char) -> bool {
    "，。、；：？！）》”％".contains(character)
}

/// The stretches of a text that are in one font.
pub fn runs(text: &str) -> impl Iterator<Item = (&'static Font, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let chinese = is_chinese(rest.chars().next()?);
        let end = rest.find(|c| is_chinese(c) != chinese).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some((if chinese { &CHINESE } else { &LATIN }, run))
    })
}

/// The width of a text in points; `size` is the em.
pub fn text_width(text: &str, size: f64) -> f64 {
    runs(text).map(|(font, run)| font.width(run, size)).sum()
}

/// The room a text needs in points, also in the wider fonts that stand in for ours; `size` is the em.
pub fn room_for(text: &str, size: f64) -> f64 {
    let room = |(font, run): (&'static Font, &str)| font.width(run, size) * if font.square { 1.0 } else { WIDEST };
    runs(text).map(room).sum()
}

/// Breaks a text into at most `lines` lines of at most `width` points; what does not fit ends in an ellipsis.
pub fn wrap(text: &str, size: f64, width: f64, lines: usize) -> Vec<String> {
    let fits = |line: &str| room_for(line, size) <= width;
    // What is kept together elsewhere is cut where it is wider than a line.
    let parts = pieces(text, true).into_iter().flat_map(|(joint, piece)| {
        let mut parts = pieces(piece, fits(piece));
        parts[0].0 = joint;
        parts
    });
    let mut result: Vec<String> = Vec::new();
    for (joint, part) in parts {
        match result.last_mut() {
            Some(line) if fits(&format!("{line}{joint}{part}")) => {
                line.push_str(joint);
                line.push_str(part);
            }
            _ => result.push(part.to_owned()),
        }
    }
    let too_many = result.len() > lines;
    result.truncate(lines);
    for (i, line) in result.iter_mut().enumerate() {
        let cut = too_many && i + 1 == lines;
        if !cut && fits(line) {
            continue;
        }
        while !line.is_empty() && !fits(&format!("{line}\u{2026}")) {
            line.pop();
        }
        line.push('\u{2026}');
    }
    result
}

/// The text in as few lines as that width allows, broken after punctuation rather than at blanks and there rather than
/// elsewhere, and each about as long as the others.
pub fn balanced(text: &str, size: f64, width: f64, lines: usize) -> Vec<String> {
    let widest = wrap(text, size, width, lines);
    let joined = |lines: &[String]| lines.concat().replace(' ', "");
    let alike = |lines: &Vec<String>| lines.len() == widest.len() && joined(lines) == joined(&widest);
    let tries = (1..=20).map(|step| wrap(text, size, width * f64::from(step) / 20.0, usize::MAX));
    let cost =
        |lines: &Vec<String>| -> usize { lines.windows(2).map(|pair| roughness(text, &pair[0], &pair[1])).sum() };
    tries.filter(alike).min_by_key(cost).unwrap_or(widest)
}

/// How little a reader rests between these two lines anyway.
fn roughness(text: &str, line: &str, next: &str) -> usize {
    if line.ends_with(|end| closes(end) || ",;:".contains(end))
        || next.starts_with(|start| opens(start) || start == '(')
    {
        0
    } else if text.contains(&format!("{line} {next}")) {
        1
    } else {
        2
    }
}

/// Where a text may be parted in two.
pub fn halves(text: &str) -> Vec<[&str; 2]> {
    let start = |piece: &str| piece.as_ptr() as usize - text.as_ptr() as usize;
    let cuts = pieces(text, true).into_iter().skip(1).map(|(_, piece)| start(piece));
    cuts.map(|at| [text[..at].trim_end(), &text[at..]]).collect()
}

/// The text, or its beginning and its end with an ellipsis between them, in at most `width` points: names often differ
/// at the end.
pub fn shortened(text: &str, size: f64, width: f64) -> String {
    let characters: Vec<char> = text.chars().collect();
    let kept = |count: usize| {
        let (end, all) = (count / 3, characters.len());
        let [first, last] = [&characters[..count - end], &characters[all - end..]];
        first.iter().chain(&['\u{2026}']).chain(last).collect::<String>()
    };
    if room_for(text, size) <= width {
        return text.to_owned();
    }
    let tries = (0..characters.len()).rev().map(kept);
    tries
        .into_iter()
        .find(|text| room_for(text, size) <= width)
        .unwrap_or_default()
}

/// The parts of a text between which a line may end, each with what stands before it on the same line. Where words are
/// kept, a number stays with the Chinese word that it counts, too; where they are not, a name may end after a hyphen.
fn pieces(text: &str, keep: bool) -> Vec<(&'static str, &str)> {
    let text = text.trim_start_matches(BLANK);
    let counts = |before: char, after: char| {
        is_chinese(before) && after.is_ascii_digit() || before.is_ascii_digit() && is_chinese(after)
    };
    let (mut pieces, mut from, mut joint, mut at) = (Vec::new(), 0, "", 0);
    loop {
        let end = at + if keep { word(&text[at..]) } else { first(&text[at..]) }.len();
        let next = text.len() - text[end..].trim_start_matches(BLANK).len();
        let blank = if next > end { " " } else { "" };
        let (before, after) = (text[..end].chars().next_back(), text[next..].chars().next());
        let ends = match (before, after) {
            (Some(before), Some(after)) if keep && counts(before, after) => false,
            (Some(before), Some(after)) if blank.is_empty() => {
                let chinese = (is_chinese(before) || is_chinese(after)) && !closes(after) && !opens(before);
                chinese || !keep && before == '-'
            }
            _ => true,
        };
        if ends && end > from {
            pieces.push((joint, &text[from..end]));
            (from, joint) = (next, blank);
        }
        if next == text.len() {
            return pieces;
        }
        at = next;
    }
}

/// The Chinese word that a text begins with, or else its first character.
fn word(text: &str) -> &str {
    let known = WORDS.iter().filter(|word| text.starts_with(**word));
    let longest = known.max_by_key(|word| word.len());
    longest.map_or_else(|| first(text), |word| &text[..word.len()])
}

fn first(text: &str) -> &str {
    &text[..text.chars().next().map_or(0, char::len_utf8)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_grow_with_text_and_size() {
        assert!(text_width("plain-56", 13.0) > text_width("plain", 13.0));
        let (small, large) = (text_width("plain-56", 10.0), text_width("plain-56", 20.0));
        assert!((large / small - 2.0).abs() < 0.05, "{small} {large}");
        assert!(
            (40.0..60.0).contains(&text_width("plain-56", 13.0)),
            "{}",
            text_width("plain-56", 13.0)
        );
        let mixed = text_width("plain-56 的损失", 20.0) - text_width("plain-56 ", 20.0);
        assert!((mixed - 60.0).abs() < 0.5, "a character is an em wide: {mixed}");
    }

    #[test]
    fn names_wider_than_a_line_are_broken_at_hyphens() {
        let room = room_for("from-232-", 12.0) + 2.0;
        assert_eq!(
            wrap("resnet-56-from-232-x10", 12.0, room, 3),
            ["resnet-56-", "from-232-", "x10"]
        );
        assert_eq!(wrap("a resnet-56", 12.0, room, 3), ["a", "resnet-56"]);
    }

    #[test]
    fn long_texts_wrap_and_end_in_an_ellipsis() {
        let text = "digits 8x8, width 8, SGD .9, lr .02 constant, batch 32, 400 steps, seed 0";
        let lines = wrap(text, 12.0, 200.0, 3);
        assert_eq!(lines.join(" "), text);
        assert!(lines.len() > 1 && lines.iter().all(|line| room_for(line, 12.0) <= 200.0));
        let cut = wrap(text, 12.0, 200.0, 1);
        assert!(cut.len() == 1 && cut[0].ends_with('\u{2026}'), "{cut:?}");
        assert_eq!(wrap("x".repeat(500).as_str(), 12.0, 50.0, 2).len(), 1);
        assert!(wrap("", 12.0, 50.0, 2).is_empty());
    }

    #[test]
    fn balanced_lines_are_about_as_long_and_no_number_leaves_its_unit() {
        let text = "norm of dL/d(block output), log scale";
        assert_eq!(balanced(text, 12.0, 900.0, 3), [text]);
        let [first, second] = &balanced(text, 12.0, 200.0, 3)[..] else {
            panic!("two lines")
        };
        assert!(room_for(first, 12.0).max(room_for(second, 12.0)) < 0.75 * room_for(text, 12.0));
        assert_eq!(wrap("whole: 97.8\u{a0}%", 12.0, 60.0, 3), ["whole:", "97.8\u{a0}%"]);
    }

    #[test]
    fn a_long_name_keeps_its_beginning_and_its_end() {
        let name = "plain-20 (a-run-folder-of-a-long-name-17)";
        assert_eq!(shortened(name, 12.0, 400.0), name);
        let short = shortened(name, 12.0, 120.0);
        assert!(
            short.starts_with("plain-20 (") && short.contains('\u{2026}') && short.ends_with("17)"),
            "{short}"
        );
        assert!(room_for(&short, 12.0) <= 120.0);
        assert_eq!(shortened("很长的名称", 12.0, 1.0), "");
    }

    #[test]
    fn chinese_wraps_between_characters_and_before_no_comma() {
        let text = "曲线：各种子的均值（每个先取 25 步的指数平均）；色带：种子中最低至最高，SGD .9。";
        let lines = wrap(text, 12.0, 150.0, 9);
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        assert!(lines.len() > 3 && lines.iter().all(|line| room_for(line, 12.0) <= 150.0));
        for line in &lines {
            assert!(
                !line.starts_with(['，', '；', '）', '。']) && !line.ends_with('（'),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn chinese_breaks_after_punctuation_and_keeps_words_and_counts() {
        let label = "小批量训练损失（交叉熵），对数刻度";
        assert_eq!(
            balanced(label, 12.0, 150.0, 3),
            ["小批量训练损失", "（交叉熵），对数刻度"]
        );
        assert_eq!(balanced(label, 12.0, 300.0, 3), [label], "what fits stays whole");
        let title = "测试图像 5，类别 1";
        assert_eq!(wrap(title, 12.0, 100.0, 2), ["测试图像 5，", "类别 1"]);
        assert_eq!(wrap("批量 32，400 步", 12.0, 64.0, 2), ["批量 32，", "400 步"]);
        assert_eq!(halves("输出相差"), [["输出", "相差"]]);
        assert_eq!(wrap("训练损失训练", 12.0, 30.0, 9), ["训练", "损失", "训练"]);
        assert_eq!(
            wrap("交叉熵", 12.0, 25.0, 9),
            ["交叉", "熵"],
            "in a line that is narrower than the word"
        );
    }

    /// A character that the font has not is drawn as one that no font has.
    #[test]
    fn every_character_of_a_chinese_figure_is_in_the_fonts() {
        let drawn = |font: &'static Font, character: char| {
            let mut pixels = Vec::new();
            let drawn = font.at(30.0).draw(&character.to_string(), (0, 0), |x, y, alpha| {
                pixels.push((x, y, alpha.to_bits()));
                Ok::<(), ()>(())
            });
            assert!(matches!(drawn, Ok(Ok(()))));
            pixels
        };
        let missing = [&LATIN, &CHINESE].map(|font| drawn(font, '\u{f8ff}'));
        let lines = concat!(
            include_str!("../../assets/locales/export.zh-CN.yml"),
            include_str!("../../assets/locales/runs.zh-CN.yml"),
            include_str!("../../assets/locales/data.zh-CN.yml"),
            include_str!("../../assets/locales/networks.zh-CN.yml"),
            include_str!("../../assets/locales/lessons.zh-CN.yml")
        );
        for character in lines.chars().filter(|c| !c.is_whitespace()) {
            let (place, font) = if is_chinese(character) {
                (1, &CHINESE)
            } else {
                (0, &LATIN)
            };
            assert_ne!(drawn(font, character), missing[place], "{character:?}");
        }
    }
}
