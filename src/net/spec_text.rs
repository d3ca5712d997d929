//! The text form of a network, the same everywhere: `family-depth[:key=value,...]`.

use std::fmt;
use std::str::FromStr;

use rust_i18n::t;

use super::field::{Field, OPTIONS};
use super::spec::{BlockKind, Family, Init, Norm, Order, Shortcut, Spec};
use crate::error::{Error, Result};

const FAMILIES: [(&str, Family); 3] = [
    ("plain", Family::Plain),
    ("resnet", Family::Resnet),
    ("resnext", Family::Resnext),
];
const KEYS: &str =
    "block, shortcut, order, norm, init, zero_last, scale, width, cardinality, group_width, input, classes";

#[derive(Default)]
struct Stated {
    input: bool,
    classes: bool,
}

fn fail(text: &str, reason: &str) -> Error {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(120).collect();
    Error::Spec(t!("network '%{shown}': %{reason}", shown = shown, reason = reason))
}

fn size([c, h, w]: [usize; 3]) -> String {
    format!("{c}x{h}x{w}")
}

fn parse(text: &str) -> Result<(Spec, Stated)> {
    let text = text.trim();
    let (head, options) = text.split_once(':').unwrap_or((text, ""));
    let (family, depth) = head.rsplit_once('-').ok_or_else(|| {
        fail(
            text,
            &t!("expected family-depth[:key=value,...], as in resnet-20:width=8"),
        )
    })?;
    let family = word(family, &FAMILIES).map_err(|reason| fail(text, &t!("family %{reason}", reason = reason)))?;
    let depth = depth
        .parse()
        .map_err(|_| fail(text, &t!("depth '%{depth}' is not a whole number", depth = depth)))?;
    let mut spec = Spec::new(family, depth);
    let (mut stated, mut seen) = (Stated::default(), Vec::new());
    for pair in options.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            fail(
                text,
                &t!(
                    "'%{pair}' is not key=value; the keys are %{keys}",
                    pair = pair,
                    keys = KEYS
                ),
            )
        })?;
        let (key, value) = (key.trim(), value.trim());
        if seen.contains(&key) {
            return Err(fail(text, &t!("%{key} is given twice", key = key)));
        }
        if ["family", "depth"].contains(&key) {
            return Err(fail(
                text,
                &t!("unknown key '%{key}'; the keys are %{keys}", key = key, keys = KEYS),
            ));
        }
        seen.push(key);
        spec.set(key, value).map_err(|reason| fail(text, &reason))?;
        stated.input |= key == "input";
        stated.classes |= key == "classes";
    }
    if !seen.contains(&"shortcut") {
        spec.shortcut = Spec::default_shortcut(spec.family, spec.block);
    } else if family == Family::Plain {
        return Err(fail(
            text,
            &t!("a plain net has no shortcut; its residual twin is resnet"),
        ));
    }
    if seen.contains(&"group_width") && family != Family::Resnext {
        return Err(fail(
            text,
            &t!("group_width belongs to resnext; elsewhere width and cardinality give the groups"),
        ));
    }
    Ok((spec, stated))
}

impl FromStr for Spec {
    type Err = Error;

    /// Reads `family-depth[:key=value,...]`.
    ///
    /// # Errors
    /// One sentence that names the spec and what is wrong with it.
    fn from_str(text: &str) -> Result<Self> {
        let (spec, _) = parse(text)?;
        spec.validate().map_err(|reason| fail(text, &reason))?;
        Ok(spec)
    }
}

impl Spec {
    /// Reads a spec whose `input` and `classes` come from a data set unless the text states them.
    ///
    /// # Errors
    /// As [`Spec::from_str`], and when the text states another input or class count than the data has.
    pub fn for_data(text: &str, input: [usize; 3], classes: usize) -> Result<Self> {
        let (mut spec, stated) = parse(text)?;
        if stated.input && spec.input != input {
            return Err(fail(
                text,
                &t!(
                    "its input %{given} is not the data's %{data}",
                    given = size(spec.input),
                    data = size(input)
                ),
            ));
        }
        if stated.classes && spec.classes != classes {
            return Err(fail(
                text,
                &t!(
                    "its %{given} classes are not the data's %{classes}",
                    given = spec.classes,
                    classes = classes
                ),
            ));
        }
        (spec.input, spec.classes) = (input, classes);
        spec.validate().map_err(|reason| fail(text, &reason))?;
        Ok(spec)
    }

    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let named = |reason: String| format!("{key} {reason}");
        match key {
            "family" => self.family = word(value, &FAMILIES).map_err(named)?,
            "depth" => self.depth = whole(key, value)?,
            "block" => {
                self.block = word(
                    value,
                    &[("basic", BlockKind::Basic), ("bottleneck", BlockKind::Bottleneck)],
                )
                .map_err(named)?;
            }
            "shortcut" if value == "identity" => {
                return Err(t!("shortcut 'identity' does not fit where a stage begins: there F(x) has twice the channels of x, and half its height and width; choose A, B or C").into());
            }
            "shortcut" => {
                self.shortcut =
                    word(value, &[("A", Shortcut::A), ("B", Shortcut::B), ("C", Shortcut::C)]).map_err(named)?;
            }
            "order" => self.order = word(value, &[("post", Order::Post), ("pre", Order::Pre)]).map_err(named)?,
            "norm" => self.norm = word(value, &[("batch", Norm::Batch), ("none", Norm::None)]).map_err(named)?,
            "init" => self.init = word(value, &[("he", Init::He), ("xavier", Init::Xavier)]).map_err(named)?,
            "zero_last" => self.zero_last = word(value, &[("true", true), ("false", false)]).map_err(named)?,
            "scale" => {
                self.scale = value
                    .parse()
                    .map_err(|_| t!("scale '%{value}' is not a number", value = value).into_owned())?
            }
            "width" => self.width = whole(key, value)?,
            "cardinality" => self.cardinality = whole(key, value)?,
            "group_width" => self.group_width = whole(key, value)?,
            "classes" => self.classes = whole(key, value)?,
            "input" => {
                let sizes: Vec<usize> = value.split('x').filter_map(|part| part.parse().ok()).collect();
                self.input = <[usize; 3]>::try_from(sizes)
                    .ok()
                    .filter(|_| value.split('x').count() == 3)
                    .ok_or_else(|| {
                        t!(
                            "input '%{value}' is not channels x height x width, as in 3x32x32",
                            value = value
                        )
                        .into_owned()
                    })?;
            }
            _ => return Err(t!("unknown key '%{key}'; the keys are %{keys}", key = key, keys = KEYS).into()),
        }
        Ok(())
    }
}

fn whole(key: &str, value: &str) -> Result<usize, String> {
    value
        .parse()
        .map_err(|_| t!("%{key} '%{value}' is not a whole number", key = key, value = value).into())
}

fn word<T: Copy>(value: &str, words: &[(&str, T)]) -> Result<T, String> {
    words
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(value))
        .map(|&(_, meaning)| meaning)
        .ok_or_else(|| {
            let names: Vec<&str> = words.iter().map(|&(name, _)| name).collect();
            t!(
                "'%{value}' is not one of %{names}",
                value = value,
                names = names.join(", ")
            )
            .into()
        })
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::Plain => "plain",
            Family::Resnet => "resnet",
            Family::Resnext => "resnext",
        })
    }
}

impl Spec {
    /// The text without what the data says: `input` and `classes`.
    pub fn text_without_data(&self) -> String {
        let usual = Self::new(self.family, self.depth);
        let bare = Self {
            input: usual.input,
            classes: usual.classes,
            ..self.clone()
        };
        bare.to_string()
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut usual = Spec::new(self.family, self.depth);
        usual.shortcut = Spec::default_shortcut(self.family, self.block);
        let differs = |field: &&Field| self.value(**field) != usual.value(**field);
        let mut options: Vec<String> = OPTIONS
            .iter()
            .filter(|&&field| self.has(field))
            .filter(differs)
            .map(|&field| format!("{}={}", field.key(), self.value(field)))
            .collect();
        if self.input != usual.input {
            options.push(format!("input={}", size(self.input)));
        }
        if self.classes != usual.classes {
            options.push(format!("classes={}", self.classes));
        }
        write!(f, "{}-{}", self.family, self.depth)?;
        if options.is_empty() {
            Ok(())
        } else {
            write!(f, ":{}", options.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in [
            "plain-56",
            "resnet-20:shortcut=B,width=8,input=1x8x8,classes=7",
            "resnet-56:norm=none,init=xavier,scale=0.5",
            "resnet-164:block=bottleneck,order=pre",
            "resnext-29:width=16,cardinality=8,group_width=4",
            "plain-29:block=bottleneck,cardinality=4",
        ] {
            let spec: Spec = text.parse().unwrap();
            assert_eq!(spec.to_string().parse::<Spec>().unwrap(), spec, "{text}");
        }
        let spec: Spec = "resnext-29:cardinality=8,group_width=4,width=16".parse().unwrap();
        assert_eq!(spec.to_string(), "resnext-29:width=16,group_width=4");
    }

    #[test]
    fn impossible_specs_are_one_sentence() {
        for (text, says) in [
            ("plain-21", "the nearest are 20 and 26"),
            ("resnet-26:block=bottleneck", "9n+2"),
            (
                "resnet-29:block=bottleneck,cardinality=3",
                "cardinality 3 does not divide",
            ),
            ("resnext-29:cardinality=0", "cardinality must lie between"),
            ("resnet-20:cardinality=2", "needs block=bottleneck"),
            ("plain-20:shortcut=B", "no shortcut"),
            ("plain-20:scale=0.5", "no shortcut to scale"),
            ("resnet-20:scale=NaN", "finite"),
            ("resnet-20:width=8,width=8", "given twice"),
            ("resnet-20:colour=red", "unknown key 'colour'"),
            ("resnet-20:input=8x8", "channels x height x width"),
            ("resnet-20:input=1xax8x8", "channels x height x width"),
            ("resnet", "family-depth"),
            ("lenet-5", "not one of plain, resnet, resnext"),
            ("resnet-9223372036854775807", "not 6n+2"),
            ("resnet-10004", "limit"),
            ("resnext-1802:width=4096,group_width=512", "million parameters"),
            ("resnet-20:group_width=4", "belongs to resnext"),
        ] {
            let Err(error) = text.parse::<Spec>() else {
                panic!("{text} was accepted")
            };
            let error = error.to_string();
            assert!(error.contains(says), "{text}: {error}");
            assert_eq!(error.lines().count(), 1);
        }
    }

    #[test]
    fn data_gives_input_and_classes() {
        let spec = Spec::for_data("plain-20:width=8", [1, 8, 8], 10).unwrap();
        assert_eq!(spec.input, [1, 8, 8]);
        let error = Spec::for_data("plain-20:input=3x32x32", [1, 8, 8], 10)
            .unwrap_err()
            .to_string();
        assert!(error.contains("3x32x32") && error.contains("1x8x8"), "{error}");
    }
}
