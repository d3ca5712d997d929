//! Formulas between dollar signs: the small part of LaTeX that lessons use, as a tree to draw.

/// Braces within braces.
const DEEPEST: usize = 12;

/// Atoms from left to right.
pub type Row = Vec<Atom>;

/// A part of a formula.
#[derive(Debug, Clone, PartialEq)]
pub enum Atom {
    /// Letters or a sign; variables are italic.
    Sign {
        text: String,
        italic: bool,
    },
    /// What is raised and lowered after the atom before.
    Scripts {
        raised: Row,
        lowered: Row,
    },
    Fraction(Row, Row),
    Root(Row),
}

/// Commands that are one sign, with it. Letters of variables are Greek lower-case ones.
pub const SIGNS: [(&str, &str); 59] = [
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ε"),
    ("varepsilon", "ε"),
    ("zeta", "ζ"),
    ("eta", "η"),
    ("theta", "θ"),
    ("kappa", "κ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("xi", "ξ"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("phi", "φ"),
    ("varphi", "φ"),
    ("chi", "χ"),
    ("psi", "ψ"),
    ("omega", "ω"),
    ("Gamma", "Γ"),
    ("Delta", "Δ"),
    ("Theta", "Θ"),
    ("Lambda", "Λ"),
    ("Sigma", "Σ"),
    ("Phi", "Φ"),
    ("Psi", "Ψ"),
    ("Omega", "Ω"),
    ("partial", "∂"),
    ("nabla", "∇"),
    ("infty", "∞"),
    ("sum", "∑"),
    ("prod", "∏"),
    ("int", "∫"),
    ("ldots", "…"),
    ("cdots", "…"),
    ("dots", "…"),
    ("prime", "′"),
    ("{", "{"),
    ("}", "}"),
    ("%", "%"),
    ("_", "_"),
    ("$", "$"),
    ("#", "#"),
    ("&", "&"),
    ("|", "|"),
    ("langle", "("),
    ("rangle", ")"),
    ("ell", "l"),
    ("top", "T"),
    ("forall", "∀"),
    ("exists", "∃"),
    ("circ", "°"),
    ("star", "*"),
    ("ast", "*"),
    ("colon", ":"),
];

/// Commands and characters that stand between two things, with space around them.
pub const RELATIONS: [(&str, &str); 26] = [
    ("+", "+"),
    ("-", "−"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("times", "×"),
    ("cdot", "·"),
    ("pm", "±"),
    ("leq", "≤"),
    ("le", "≤"),
    ("geq", "≥"),
    ("ge", "≥"),
    ("neq", "≠"),
    ("ne", "≠"),
    ("approx", "≈"),
    ("sim", "~"),
    ("propto", "∝"),
    ("in", "∈"),
    ("subset", "⊂"),
    ("subseteq", "⊆"),
    ("to", "→"),
    ("rightarrow", "→"),
    ("leftarrow", "←"),
    ("mapsto", "→"),
    ("ll", "≪"),
    ("gg", "≫"),
];

/// Commands that only change how their argument looks; upright where it is true.
const FACES: [(&str, bool); 14] = [
    ("mathrm", true),
    ("text", true),
    ("operatorname", true),
    ("textrm", true),
    ("mathsf", true),
    ("mathtt", true),
    ("mathcal", false),
    ("mathbb", true),
    ("mathbf", true),
    ("boldsymbol", false),
    ("hat", false),
    ("bar", false),
    ("tilde", false),
    ("vec", false),
];

/// Commands that draw nothing.
const NOTHING: [&str; 9] = [
    "left",
    "right",
    "big",
    "Big",
    "bigl",
    "bigr",
    "displaystyle",
    "limits",
    "!",
];

/// Reads a formula; unknown commands are shown by their names.
pub fn parse(tex: &str) -> Row {
    let characters: Vec<char> = tex.chars().collect();
    let mut reader = Reader {
        characters: &characters,
        at: 0,
    };
    let mut row = Row::new();
    while reader.at < characters.len() {
        row.extend(reader.row(0, false));
        // A brace too many.
        reader.at += 1;
    }
    row
}

/// A formula in a line of plain text.
pub fn plain(row: &[Atom]) -> String {
    let mut text = String::new();
    for atom in row {
        match atom {
            Atom::Sign { text: sign, .. } => text.push_str(sign),
            Atom::Scripts { raised, lowered } => {
                for (mark, script) in [('_', lowered), ('^', raised)] {
                    if !script.is_empty() {
                        text.push(mark);
                        text.push_str(&grouped(script));
                    }
                }
            }
            Atom::Fraction(above, below) => text.extend([grouped(above), "/".into(), grouped(below)]),
            Atom::Root(inner) => text.extend(["√".to_owned(), grouped(inner)]),
        }
    }
    text
}

/// In parentheses where it is more than one sign.
fn grouped(row: &[Atom]) -> String {
    let text = plain(row);
    if row.len() < 2 || text.chars().all(char::is_alphanumeric) {
        text
    } else {
        format!("({text})")
    }
}

struct Reader<'a> {
    characters: &'a [char],
    at: usize,
}

impl Reader<'_> {
    /// Up to the closing brace, or the end.
    fn row(&mut self, depth: usize, upright: bool) -> Row {
        let mut row = Row::new();
        while let Some(&next) = self.characters.get(self.at).filter(|&&next| next != '}') {
            self.at += 1;
            match next {
                ' ' | '\n' | '~' if upright => push(&mut row, " ", true),
                '&' | '~' => push(&mut row, " ", true),
                ' ' | '\n' => {}
                '{' => row.extend(self.group(depth, upright)),
                '^' | '_' => self.script(&mut row, next, depth),
                '\'' => push(&mut row, "′", true),
                '\\' => self.command(&mut row, depth),
                _ => {
                    let text = next.to_string();
                    match RELATIONS.iter().find(|(name, _)| *name == text) {
                        Some((_, sign)) if !upright => relation(&mut row, sign),
                        _ => push(&mut row, &text, upright || !next.is_alphabetic()),
                    }
                }
            }
        }
        row
    }

    /// What follows an opening brace, which is behind.
    fn group(&mut self, depth: usize, upright: bool) -> Row {
        if depth >= DEEPEST {
            return Row::new();
        }
        let row = self.row(depth + 1, upright);
        self.at += 1;
        row
    }

    /// A group in braces, or the next sign.
    fn argument(&mut self, depth: usize, upright: bool) -> Row {
        while self.characters.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
        let mut row = Row::new();
        match self.characters.get(self.at) {
            None | Some('}') => {}
            Some('{') => {
                self.at += 1;
                row = self.group(depth, upright);
            }
            Some('\\') => {
                self.at += 1;
                self.command(&mut row, depth + 1);
            }
            Some(&sign) => {
                self.at += 1;
                push(&mut row, &sign.to_string(), upright || !sign.is_alphabetic());
            }
        }
        row
    }

    fn script(&mut self, row: &mut Row, mark: char, depth: usize) {
        if depth >= DEEPEST {
            return;
        }
        let script = self.argument(depth, false);
        if !matches!(row.last(), Some(Atom::Scripts { .. })) {
            row.push(Atom::Scripts {
                raised: Row::new(),
                lowered: Row::new(),
            });
        }
        if let Some(Atom::Scripts { raised, lowered }) = row.last_mut() {
            (if mark == '^' { raised } else { lowered }).extend(script);
        }
    }

    /// What follows a backslash.
    fn command(&mut self, row: &mut Row, depth: usize) {
        let rest = &self.characters[self.at..];
        let letters = rest.iter().take_while(|c| c.is_ascii_alphabetic()).count();
        let length = letters.max(usize::from(!rest.is_empty()));
        let name: String = rest[..length].iter().collect();
        self.at += length;
        let named = |known: &(&str, &str)| known.0 == name;
        if depth >= DEEPEST || NOTHING.contains(&name.as_str()) {
            return;
        }
        if let Some((_, sign)) = SIGNS.iter().find(|known| named(known)) {
            let variable = sign.chars().all(|c| c.is_lowercase());
            push(row, sign, !variable);
        } else if let Some((_, sign)) = RELATIONS.iter().find(|known| named(known)) {
            relation(row, sign);
        } else if let Some(&(_, upright)) = FACES.iter().find(|known| known.0 == name) {
            row.extend(self.argument(depth, upright));
        } else {
            match name.as_str() {
                "frac" | "dfrac" | "tfrac" => {
                    let above = self.argument(depth + 1, false);
                    row.push(Atom::Fraction(above, self.argument(depth + 1, false)));
                }
                "sqrt" => row.push(Atom::Root(self.argument(depth + 1, false))),
                "quad" | "qquad" | "," | ";" | ":" | " " | "\\" => push(row, " ", true),
                name => push(row, name, true),
            }
        }
    }
}

fn push(row: &mut Row, text: &str, upright: bool) {
    row.push(Atom::Sign {
        text: text.to_owned(),
        italic: !upright,
    });
}

/// A sign between two things; at the beginning it stands before one.
fn relation(row: &mut Row, sign: &str) {
    let first = match row.last() {
        None => true,
        Some(Atom::Sign { text, .. }) => text.ends_with(['(', '[', '{', ',', ' ']),
        Some(_) => false,
    };
    let text = if first { sign.to_owned() } else { format!(" {sign} ") };
    push(row, &text, true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_read_as_text() {
        for (tex, text) in [
            ("F(x) + x", "F(x) + x"),
            (r"\lambda^{27}", "λ^27"),
            ("R^2", "R^2"),
            (r"\mathcal{F}(x, \{W_i\}) + x", "F(x,{W_i}) + x"),
            (r"\frac{\partial L}{\partial x_l} = g", "(∂L)/(∂x_l) = g"),
            ("-1", "−1"),
            (r"\text{loss of } x", "loss of x"),
            (r"f'(x) \leq \sqrt{2}", "f′(x) ≤ √2"),
            (r"x_{l+1}^{2}", "x_(l + 1)^2"),
            (r"\unknown{x}", "unknownx"),
        ] {
            assert_eq!(plain(&parse(tex)), text, "{tex}");
        }
    }

    #[test]
    fn variables_are_italic_and_numbers_are_not() {
        let [Atom::Sign { italic: true, .. }, Atom::Sign { italic: false, .. }] = parse("x2")[..] else {
            panic!()
        };
        let [Atom::Sign { italic: true, .. }, Atom::Sign { italic: false, .. }] = parse(r"\lambda \Sigma")[..] else {
            panic!()
        };
    }

    #[test]
    fn damaged_formulas_end() {
        let deep = "{".repeat(5000);
        let scripts = "x^".repeat(5000);
        let fractions = r"\frac".repeat(5000);
        for damaged in [
            "", "{", "}", "}}x{", r"\", "^", "x_", r"\frac{", r"\frac", r"\sqrt", &deep, &scripts, &fractions,
        ] {
            plain(&parse(damaged));
        }
        assert_eq!(plain(&parse("a}b")), "ab");
    }
}
