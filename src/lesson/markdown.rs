//! The Markdown of a step as data: what a window or a page draws.

use super::formula::{self, Row};

/// Lists within lists deeper than this stand at the same depth.
const DEEPEST: usize = 4;

/// A block of text.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    Heading(Vec<Span>),
    Paragraph(Vec<Span>),
    /// An item of a list: how deep it stands, from 0, and what stands before it: `•` or `2.`.
    Item(usize, String, Vec<Span>),
    Quote(Vec<Span>),
    Code(String),
    /// A formula on a line of its own.
    Formula(Row),
    /// The first row is the head.
    Table(Vec<Vec<Vec<Span>>>),
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Span {
    Text {
        text: String,
        bold: bool,
        italic: bool,
    },
    Code(String),
    Formula(Row),
    /// What is read, and where it leads.
    Link(String, String),
}

impl Span {
    /// As text without looks.
    pub fn plain(&self) -> String {
        match self {
            Self::Text { text, .. } | Self::Code(text) | Self::Link(text, _) => text.clone(),
            Self::Formula(row) => formula::plain(row),
        }
    }
}

/// Spans as text without looks.
pub fn plain(spans: &[Span]) -> String {
    spans.iter().map(Span::plain).collect()
}

/// Which columns of a table, whose first row are the heads, hold nothing but numbers and so stand at the right.
pub fn numbers(rows: &[Vec<String>]) -> Vec<bool> {
    let heads = rows.first().map_or(0, Vec::len);
    let is_sign = |c: char| c.is_ascii_digit() || c.is_whitespace() || ".,+-−–×%e/<>≈±…·".contains(c);
    let is_number = |text: &String| text.chars().all(is_sign);
    let column = |place| rows.iter().skip(1).filter_map(move |row: &Vec<String>| row.get(place));
    let told = |place| column(place).any(|text: &String| text.contains(|c: char| c.is_ascii_digit()));
    (0..heads)
        .map(|place| told(place) && column(place).all(is_number))
        .collect()
}

/// Reads Markdown; what it does not know stays text.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut reader = Reader {
        blocks: Vec::new(),
        open: None,
    };
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            reader.close();
            let code: Vec<&str> = lines
                .by_ref()
                .take_while(|line| !line.trim().starts_with("```"))
                .collect();
            reader.blocks.push(Block::Code(code.join("\n")));
        } else if let Some(rest) = trimmed.strip_prefix("$$") {
            reader.close();
            let mut tex = rest.to_owned();
            while !tex.trim_end().ends_with("$$") {
                let Some(line) = lines.next() else { break };
                tex.push(' ');
                tex.push_str(line);
            }
            let tex = tex.trim().trim_end_matches("$$");
            reader.blocks.push(Block::Formula(formula::parse(tex)));
        } else if is_row(trimmed) && lines.peek().is_some_and(|next| is_rule(next.trim())) {
            reader.close();
            lines.next();
            let mut rows = vec![cells(trimmed)];
            while let Some(row) = lines.next_if(|line| is_row(line.trim())) {
                rows.push(cells(row.trim()));
            }
            reader.blocks.push(Block::Table(rows));
        } else {
            reader.line(line);
        }
    }
    reader.close();
    reader.blocks
}

/// What following lines may continue.
enum Open {
    Paragraph,
    Item(usize, String),
    Quote,
}

struct Reader {
    blocks: Vec<Block>,
    open: Option<(Open, String)>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            return self.close();
        }
        let hashes = trimmed.len() - trimmed.trim_start_matches('#').len();
        if (1..=6).contains(&hashes) && trimmed[hashes..].starts_with(' ') {
            self.close();
            self.blocks.push(Block::Heading(spans(trimmed[hashes..].trim())));
        } else if let Some(rest) = trimmed.strip_prefix("> ") {
            match &mut self.open {
                Some((Open::Quote, text)) => text.extend([" ", rest]),
                _ => self.begin(Open::Quote, rest),
            }
        } else if let Some((mark, rest)) = item(trimmed) {
            let depth = (line.len() - line.trim_start().len()) / 2;
            self.begin(Open::Item(depth.min(DEEPEST), mark), rest);
        } else {
            match &mut self.open {
                Some((_, text)) => {
                    // Chinese has no spaces between lines.
                    let wide = text.ends_with(is_wide) || trimmed.starts_with(is_wide);
                    text.extend([if wide { "" } else { " " }, trimmed]);
                }
                None => self.begin(Open::Paragraph, trimmed),
            }
        }
    }

    fn begin(&mut self, open: Open, text: &str) {
        self.close();
        self.open = Some((open, text.to_owned()));
    }

    fn close(&mut self) {
        let Some((open, text)) = self.open.take() else { return };
        let spans = spans(&text);
        self.blocks.push(match open {
            Open::Paragraph => Block::Paragraph(spans),
            Open::Item(depth, mark) => Block::Item(depth, mark, spans),
            Open::Quote => Block::Quote(spans),
        });
    }
}

/// The mark of a list's item and what follows it.
fn item(line: &str) -> Option<(String, &str)> {
    for bullet in ["- ", "* ", "+ "] {
        if let Some(rest) = line.strip_prefix(bullet) {
            return Some(("•".into(), rest.trim_start()));
        }
    }
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = line[digits..].strip_prefix(". ")?;
    (1..=3)
        .contains(&digits)
        .then(|| (format!("{}.", &line[..digits]), rest.trim_start()))
}

fn is_wide(character: char) -> bool {
    character > '\u{2e7f}'
}

fn is_row(line: &str) -> bool {
    line.len() > 1 && line.starts_with('|')
}

/// The line beneath a table's head: `|---|:--|`.
fn is_rule(line: &str) -> bool {
    is_row(line) && line.contains('-') && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

fn cells(line: &str) -> Vec<Vec<Span>> {
    let inner = line.trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| spans(cell.trim())).collect()
}

/// Reads one line's worth of text.
pub fn spans(text: &str) -> Vec<Span> {
    let mut line = Line {
        spans: Vec::new(),
        text: String::new(),
        bold: false,
        italic: false,
    };
    let mut rest = text;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let taken = line.special(rest, before).unwrap_or_else(|| {
            line.text.push(next);
            next.len_utf8()
        });
        before = rest[..taken].chars().next_back().unwrap_or(' ');
        rest = &rest[taken..];
    }
    line.end();
    line.spans
}

struct Line {
    spans: Vec<Span>,
    /// What is read since the last change of looks.
    text: String,
    bold: bool,
    italic: bool,
}

impl Line {
    fn end(&mut self) {
        if !self.text.is_empty() {
            self.spans.push(Span::Text {
                text: std::mem::take(&mut self.text),
                bold: self.bold,
                italic: self.italic,
            });
        }
    }

    fn push(&mut self, span: Span) {
        self.end();
        self.spans.push(span);
    }

    /// Takes in what is more than a character; answers how many bytes it had.
    fn special(&mut self, rest: &str, before: char) -> Option<usize> {
        let next = rest.chars().next()?;
        match next {
            '\\' => {
                let escaped = rest[1..].chars().next().filter(char::is_ascii_punctuation)?;
                self.text.push(escaped);
                Some(2)
            }
            '`' => {
                let (code, length) = until(rest, "`")?;
                self.push(Span::Code(code.to_owned()));
                Some(length)
            }
            '$' => {
                let (tex, length) = until(rest, "$")?;
                let loose = tex.is_empty() || tex.starts_with(' ') || tex.ends_with(' ');
                if loose {
                    return None;
                }
                self.push(Span::Formula(formula::parse(tex)));
                Some(length)
            }
            '*' | '_' => {
                let double = rest[1..].starts_with(next);
                let mark = &rest[..1 + usize::from(double)];
                let on = if double { self.bold } else { self.italic };
                let after = rest[mark.len()..].chars().next().unwrap_or(' ');
                let opens = !on && !after.is_whitespace() && rest[mark.len()..].contains(mark);
                let inside_word = next == '_' && before.is_alphanumeric() && after.is_alphanumeric();
                if inside_word || !(on || opens) {
                    return None;
                }
                self.end();
                if double {
                    self.bold = !on;
                } else {
                    self.italic = !on;
                }
                Some(mark.len())
            }
            '!' if rest[1..].starts_with('[') => {
                let (words, _, length) = link(&rest[1..])?;
                self.text.push_str(words);
                Some(1 + length)
            }
            '[' => {
                let (words, target, length) = link(rest)?;
                self.push(Span::Link(words.to_owned(), target.to_owned()));
                Some(length)
            }
            '<' if rest[1..].starts_with("http") => {
                let (target, length) = until(rest, ">")?;
                self.push(Span::Link(target.to_owned(), target.to_owned()));
                Some(length)
            }
            _ => None,
        }
    }
}

/// What stands between the first character and the next `end`, and the length of it all.
fn until<'a>(rest: &'a str, end: &str) -> Option<(&'a str, usize)> {
    let inner = &rest[1..];
    let length = inner.find(end)?;
    Some((&inner[..length], length + 2))
}

/// `[words](target)`; only what leads to the web is a link.
fn link(rest: &str) -> Option<(&str, &str, usize)> {
    let words = rest[1..].find("](")?;
    let target = &rest[words + 3..];
    let end = target.find(')')?;
    let web = ["https://", "http://"].iter().any(|start| target.starts_with(start));
    web.then_some((&rest[1..=words], &target[..end], words + 3 + end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_numbers_are_known() {
        let rows = [
            ["net", "loss", "error", "seed"],
            ["plain-8", "0.25", "−", ""],
            ["resnet-8", "1e-3 ± 0.1", "12.5 %", "one"],
        ];
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.map(String::from).to_vec()).collect();
        assert_eq!(numbers(&rows), [false, true, true, false]);
        assert_eq!(numbers(&rows[..1]), [false; 4]);
    }

    fn text(text: &str, bold: bool, italic: bool) -> Span {
        Span::Text {
            text: text.into(),
            bold,
            italic,
        }
    }

    #[test]
    fn looks_change_within_a_line() {
        let line = spans("The **training** loss of *plain* `conv1` is 2*3, see [d2l](https://d2l.ai) and snake_case.");
        assert_eq!(
            line,
            [
                text("The ", false, false),
                text("training", true, false),
                text(" loss of ", false, false),
                text("plain", false, true),
                text(" ", false, false),
                Span::Code("conv1".into()),
                text(" is 2*3, see ", false, false),
                Span::Link("d2l".into(), "https://d2l.ai".into()),
                text(" and snake_case.", false, false),
            ]
        );
        assert_eq!(plain(&spans(r"5 \* 3 costs $4 or 5$ more")), "5 * 3 costs 4or5 more");
        assert_eq!(plain(&spans("it costs 5 $ and 6 $ more")), "it costs 5 $ and 6 $ more");
        assert_eq!(
            plain(&spans("[file](/etc/passwd)")),
            "[file](/etc/passwd)",
            "no link into the disk"
        );
    }

    #[test]
    fn blocks_of_a_step() {
        let read = blocks(
            "A line\nthat goes on.\n\n- one\n  and more\n- two\n  - deeper\n\n2. second\n\n> quoted\n\n$$\nF(x) + x\n$$\n\n\
             ```python\na = 1\n```\n\n### Small\n\n| net | loss |\n|---|---|\n| plain | 1.8 |\n",
        );
        let words: Vec<String> = read
            .iter()
            .map(|block| match block {
                Block::Heading(spans) => format!("# {}", plain(spans)),
                Block::Paragraph(spans) => plain(spans),
                Block::Item(depth, mark, spans) => format!("{depth}{mark} {}", plain(spans)),
                Block::Quote(spans) => format!("> {}", plain(spans)),
                Block::Code(code) => format!("`{code}`"),
                Block::Formula(row) => format!("${}$", formula::plain(row)),
                Block::Table(rows) => format!("{}x{}", rows.len(), rows[0].len()),
            })
            .collect();
        assert_eq!(
            words,
            [
                "A line that goes on.",
                "0• one and more",
                "0• two",
                "1• deeper",
                "02. second",
                "> quoted",
                "$F(x) + x$",
                "`a = 1`",
                "# Small",
                "2x2",
            ]
        );
        assert_eq!(
            blocks("深的网络\n学得慢"),
            [Block::Paragraph(vec![text("深的网络学得慢", false, false)])]
        );
    }

    #[test]
    fn damaged_markdown_stays_text() {
        for damaged in [
            "**", "*", "`", "$", "$$", "[", "[a](", "![", "<http", "```", "|", "|a\n|-", "\\", "#", "- ",
        ] {
            blocks(damaged);
        }
        assert_eq!(plain(&spans("**open")), "**open");
    }
}
