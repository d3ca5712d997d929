//! WGSL with what it lacks: shared parts, numbered bindings, constants, and loops unrolled in the text.
//!
//! Lines that start with `#` are ours:
//!
//! | line | meaning |
//! |---|---|
//! | `#use part [as]` | the text of `shaders/engine/shared/part.wgsl`, in which `${v}` is `as` and `my_c` the constant `as_c` |
//! | `#bind read name type` | the next binding of group 0, a storage buffer; `write` one that is written too |
//! | `#for i n` .. `#end` | the lines between, `n` times, `${i}` counting from 0 |
//! | `#if a` .. `#else` .. `#end` | the lines between when the constant `a` is not 0; `!a` when it is |
//!
//! In every line `$name` and `${name}` stand for a constant's value.

use std::collections::BTreeMap;

/// The shared parts and the kernels, by the name of their file.
const PARTS: &[(&str, &str)] = &[
    ("addend", include_str!("../../../shaders/engine/shared/addend.wgsl")),
    ("batch", include_str!("../../../shaders/engine/shared/batch.wgsl")),
    (
        "correlate",
        include_str!("../../../shaders/engine/shared/correlate.wgsl"),
    ),
    ("fold", include_str!("../../../shaders/engine/shared/fold.wgsl")),
    (
        "fold_lanes",
        include_str!("../../../shaders/engine/shared/fold_lanes.wgsl"),
    ),
    ("gradient", include_str!("../../../shaders/engine/shared/gradient.wgsl")),
    ("load", include_str!("../../../shaders/engine/shared/load.wgsl")),
    ("patch", include_str!("../../../shaders/engine/shared/patch.wgsl")),
    ("precise", include_str!("../../../shaders/engine/shared/precise.wgsl")),
    ("square", include_str!("../../../shaders/engine/shared/square.wgsl")),
    ("strips", include_str!("../../../shaders/engine/shared/strips.wgsl")),
    ("tile", include_str!("../../../shaders/engine/shared/tile.wgsl")),
    ("view", include_str!("../../../shaders/engine/shared/view.wgsl")),
];

const KERNELS: &[(&str, &str)] = &[
    ("add", include_str!("../../../shaders/engine/add.wgsl")),
    ("conv", include_str!("../../../shaders/engine/conv.wgsl")),
    (
        "conv_input_grad",
        include_str!("../../../shaders/engine/conv_input_grad.wgsl"),
    ),
    (
        "conv_weight_grad",
        include_str!("../../../shaders/engine/conv_weight_grad.wgsl"),
    ),
    ("images", include_str!("../../../shaders/engine/images.wgsl")),
    ("linear", include_str!("../../../shaders/engine/linear.wgsl")),
    (
        "linear_input_grad",
        include_str!("../../../shaders/engine/linear_input_grad.wgsl"),
    ),
    (
        "linear_weight_grad",
        include_str!("../../../shaders/engine/linear_weight_grad.wgsl"),
    ),
    ("loss", include_str!("../../../shaders/engine/loss.wgsl")),
    ("norm_grad", include_str!("../../../shaders/engine/norm_grad.wgsl")),
    ("norm_sums", include_str!("../../../shaders/engine/norm_sums.wgsl")),
    ("pack", include_str!("../../../shaders/engine/pack.wgsl")),
    ("pool", include_str!("../../../shaders/engine/pool.wgsl")),
    ("pool_grad", include_str!("../../../shaders/engine/pool_grad.wgsl")),
    (
        "read_gradient",
        include_str!("../../../shaders/engine/read_gradient.wgsl"),
    ),
    ("read_view", include_str!("../../../shaders/engine/read_view.wgsl")),
    ("settle", include_str!("../../../shaders/engine/settle.wgsl")),
    (
        "square_gradient",
        include_str!("../../../shaders/engine/square_gradient.wgsl"),
    ),
    (
        "square_params",
        include_str!("../../../shaders/engine/square_params.wgsl"),
    ),
    ("square_root", include_str!("../../../shaders/engine/square_root.wgsl")),
    ("statistics", include_str!("../../../shaders/engine/statistics.wgsl")),
    ("update", include_str!("../../../shaders/engine/update.wgsl")),
    ("weight_sum", include_str!("../../../shaders/engine/weight_sum.wgsl")),
];

/// Values by name.
pub type Constants = BTreeMap<String, String>;

/// A kernel ready to be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub source: String,
    /// Names of the bindings in their order.
    pub bindings: Vec<String>,
}

/// The kernel of that file name with those constants.
pub fn instance(kernel: &str, constants: &Constants) -> Instance {
    let mut writer = Writer {
        kernel,
        source: String::new(),
        bindings: Vec::new(),
    };
    let text: Vec<&str> = named(KERNELS, kernel).lines().collect();
    writer.lines(&text, constants);
    Instance {
        source: writer.source,
        bindings: writer.bindings,
    }
}

fn named(files: &'static [(&str, &str)], name: &str) -> &'static str {
    let found = files.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("no shader is called {name}")).1
}

struct Writer<'a> {
    kernel: &'a str,
    source: String,
    bindings: Vec<String>,
}

impl Writer<'_> {
    fn lines(&mut self, lines: &[&str], constants: &Constants) {
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let text = self.substituted(line, constants);
            let Some(ours) = text.trim_start().strip_prefix('#') else {
                self.source += &text;
                self.source.push('\n');
                at += 1;
                continue;
            };
            let words: Vec<&str> = ours.split_whitespace().collect();
            match words[..] {
                ["use", part] => self.part(part, "", constants),
                ["use", part, name] => self.part(part, name, constants),
                ["bind", access, name, ref kind @ ..] => self.bind(access, name, &kind.join(" ")),
                ["for", name, count] => {
                    let (body, _) = block(&lines[at + 1..]);
                    let mut inner = constants.clone();
                    for k in 0..self.number(count, constants) {
                        inner.insert(name.into(), k.to_string());
                        self.lines(&lines[at + 1..][..body], &inner);
                    }
                    at += body + 1;
                }
                ["if", condition] => {
                    let (body, other) = block(&lines[at + 1..]);
                    let (name, wanted) = match condition.strip_prefix('!') {
                        Some(name) => (name, false),
                        None => (condition, true),
                    };
                    let split = other.unwrap_or(body);
                    let inside = &lines[at + 1..][..body];
                    if (self.number(name, constants) != 0) == wanted {
                        self.lines(&inside[..split], constants);
                    } else {
                        self.lines(inside.get(split + 1..).unwrap_or_default(), constants);
                    }
                    at += body + 1;
                }
                _ => panic!("{}: cannot read '{}'", self.kernel, text.trim()),
            }
            at += 1;
        }
    }

    fn part(&mut self, part: &str, name: &str, constants: &Constants) {
        let mut inner = constants.clone();
        inner.insert("v".into(), name.into());
        let prefix = format!("{name}_");
        let own = constants
            .iter()
            .filter_map(|(known, value)| Some((known.strip_prefix(&prefix)?, value)));
        inner.extend(own.map(|(known, value)| (format!("my_{known}"), value.clone())));
        let text: Vec<&str> = named(PARTS, part).lines().collect();
        self.lines(&text, &inner);
    }

    fn bind(&mut self, access: &str, name: &str, kind: &str) {
        let at = self.bindings.len();
        let space = match access {
            "uniform" => "uniform",
            "read" => "storage, read",
            _ => "storage, read_write",
        };
        self.source += &format!("@group(0) @binding({at}) var<{space}> {name}: {kind};\n");
        self.bindings.push(name.to_owned());
    }

    /// A number as it stands, or a constant's; a flag that is not given is 0.
    fn number(&self, word: &str, constants: &Constants) -> usize {
        let text = constants.get(word).map_or(word, String::as_str);
        text.parse().unwrap_or(0)
    }

    fn substituted(&self, line: &str, constants: &Constants) -> String {
        let mut text = String::new();
        let mut rest = line;
        while let Some(at) = rest.find('$') {
            text += &rest[..at];
            rest = &rest[at + 1..];
            let braced = rest.starts_with('{');
            let from = usize::from(braced);
            let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            let to = rest[from..].find(ends).map_or(rest.len(), |len| from + len);
            let name = &rest[from..to];
            let value = constants.get(name);
            text += value.unwrap_or_else(|| panic!("{}: no constant is called '{name}'", self.kernel));
            rest = &rest[to + from..];
        }
        text + rest
    }
}

/// Lines up to the `#end` that closes a block, and where its `#else` stands.
fn block(lines: &[&str]) -> (usize, Option<usize>) {
    let (mut depth, mut other) = (0, None);
    for (at, line) in lines.iter().enumerate() {
        let line = line.trim_start();
        if line.starts_with("#for ") || line.starts_with("#if ") {
            depth += 1;
        } else if line.starts_with("#else") && depth == 0 {
            other = Some(at);
        } else if line.starts_with("#end") {
            if depth == 0 {
                return (at, other);
            }
            depth -= 1;
        }
    }
    panic!("a block is not closed")
}
