//! The text form of a network: `family-depth[:key=value,...]`.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// The families of the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Stacked layers without shortcuts (He et al. 2015, section 3.3).
    Plain,
    /// Residual blocks (He et al. 2015).
    Resnet,
    /// Residual bottlenecks with a grouped 3x3 convolution (Xie et al. 2017).
    Resnext,
}

/// What a block's branch consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// Two 3x3 convolutions.
    Basic,
    /// 1x1, 3x3, 1x1 with four times the inner width put out.
    Bottleneck,
}

/// How a shortcut bridges a change of shape (He et al. 2015, section 3.3 and table 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shortcut {
    /// Subsample and pad zero channels; no parameters.
    A,
    /// A 1x1 projection where the shape changes, identity elsewhere.
    B,
    /// A 1x1 projection on every block.
    C,
}

/// Where normalisation and ReLU stand in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Convolution, normalisation, ReLU; the last ReLU after the addition (He et al. 2015).
    Post,
    /// Full pre-activation: normalisation, ReLU, convolution (He et al. 2016).
    Pre,
}

/// The normalisation layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Norm {
    /// Batch normalisation, eps 1e-5, momentum 0.1.
    Batch,
    /// None; convolutions then carry a bias.
    None,
}

/// The initialisation of convolutions, both normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Init {
    /// Standard deviation `sqrt(2 / fan_in)`.
    He,
    /// Standard deviation `sqrt(2 / (fan_in + fan_out))`.
    Xavier,
}

/// One network of the CIFAR scheme (He et al. 2015, section 4.2), completely described.
///
/// Parse it from text and print it back: only what differs from the family's defaults is printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    pub family: Family,
    /// Weighted layers: `6n + 2` of two-convolution blocks, `9n + 2` of bottlenecks.
    pub depth: usize,
    pub block: BlockKind,
    /// Ignored by plain nets.
    pub shortcut: Shortcut,
    pub order: Order,
    pub norm: Norm,
    pub init: Init,
    /// Start every branch at zero: its last normalisation's (or convolution's) weight is zero.
    pub zero_last: bool,
    /// Multiplies every shortcut, never the branch.
    pub scale: f32,
    /// Channels of the stem and of the first stage's blocks.
    pub width: usize,
    /// Groups of a bottleneck's 3x3 convolution.
    pub cardinality: usize,
    /// Channels a group of ResNeXt's first stage.
    pub group_width: usize,
    /// Channels, height, width.
    pub input: [usize; 3],
    pub classes: usize,
}

const KEYS: &str =
    "block, shortcut, order, norm, init, zero_last, scale, width, cardinality, group_width, input, classes";
const MAX_DEPTH: usize = 10_000;
const MAX_SIDE: usize = 4_096;
const MAX_PARAMETERS: u64 = 1 << 31;

impl Spec {
    /// A family's net with the defaults of the papers: width 16 (ResNeXt 64), input 3x32x32, 10 classes.
    pub fn new(family: Family, depth: usize) -> Self {
        let resnext = family == Family::Resnext;
        Self {
            family,
            depth,
            block: if resnext {
                BlockKind::Bottleneck
            } else {
                BlockKind::Basic
            },
            shortcut: if resnext { Shortcut::B } else { Shortcut::A },
            order: Order::Post,
            norm: Norm::Batch,
            init: Init::He,
            zero_last: false,
            scale: 1.0,
            width: if resnext { 64 } else { 16 },
            cardinality: if resnext { 8 } else { 1 },
            group_width: 64,
            input: [3, 32, 32],
            classes: 10,
        }
    }

    /// Reads a spec whose `input` and `classes` come from a data set unless the text states them.
    ///
    /// # Errors
    /// As [`Spec::from_str`], and when the text states another input or class count than the data has.
    pub fn for_data(text: &str, input: [usize; 3], classes: usize) -> Result<Self> {
        let (mut spec, stated) = parse(text)?;
        if stated.input && spec.input != input {
            return Err(fail(
                text,
                &format!("its input {} is not the data's {}", size(spec.input), size(input)),
            ));
        }
        if stated.classes && spec.classes != classes {
            return Err(fail(
                text,
                &format!("its {} classes are not the data's {classes}", spec.classes),
            ));
        }
        (spec.input, spec.classes) = (input, classes);
        spec.validate().map_err(|reason| fail(text, &reason))?;
        Ok(spec)
    }

    /// Blocks a stage.
    pub fn blocks_per_stage(&self) -> usize {
        (self.depth - 2) / (3 * self.convolutions_per_block())
    }

    /// Convolutions on a block's branch: 2 or 3.
    pub fn convolutions_per_block(&self) -> usize {
        match self.block {
            BlockKind::Basic => 2,
            BlockKind::Bottleneck => 3,
        }
    }

    /// Whether blocks add their input.
    pub fn residual(&self) -> bool {
        self.family != Family::Plain
    }

    /// Channels inside the branch of stage 1..=3.
    pub fn inner_width(&self, stage: usize) -> usize {
        let first = if self.family == Family::Resnext {
            self.cardinality * self.group_width
        } else {
            self.width
        };
        first << (stage - 1)
    }

    /// Channels put out by stage 1..=3.
    pub fn output_width(&self, stage: usize) -> usize {
        let expansion = if self.block == BlockKind::Bottleneck { 4 } else { 1 };
        (self.width * expansion) << (stage - 1)
    }

    /// The short name that stands on curves and cards: `plain-56`.
    pub fn short_name(&self) -> String {
        format!("{}-{}", self.family, self.depth)
    }

    /// The same net without (or with) shortcuts. An option-A twin has the same parameters, and starts from the same values.
    pub fn twin(&self) -> Self {
        let mut twin = self.clone();
        match self.family {
            Family::Plain => twin.family = Family::Resnet,
            Family::Resnet | Family::Resnext => {
                twin.family = Family::Plain;
                twin.scale = 1.0;
                if self.family == Family::Resnext {
                    twin.cardinality = 1;
                }
            }
        }
        twin.shortcut = Spec::default_shortcut(twin.family, twin.block);
        twin
    }

    fn default_shortcut(family: Family, block: BlockKind) -> Shortcut {
        match (family, block) {
            (Family::Resnext, _) | (_, BlockKind::Bottleneck) => Shortcut::B,
            (_, BlockKind::Basic) => Shortcut::A,
        }
    }

    /// Says why the net cannot be built, as the end of a sentence.
    ///
    /// # Errors
    /// The reason.
    pub fn validate(&self) -> Result<(), String> {
        let layers = self.convolutions_per_block();
        let step = 3 * layers;
        if self.depth < step + 2 || !(self.depth - 2).is_multiple_of(step) {
            let below = (self.depth.saturating_sub(2) / step).max(1) * step + 2;
            let blocks = if layers == 2 {
                "two-convolution blocks"
            } else {
                "bottleneck blocks"
            };
            return Err(format!(
                "depth {} is not {step}n+2, which {blocks} need; the nearest are {below} and {}",
                self.depth,
                below + step
            ));
        }
        if self.depth > MAX_DEPTH {
            return Err(format!("depth {} is above the limit of {MAX_DEPTH}", self.depth));
        }
        let [channels, height, width] = self.input;
        for (what, value) in [
            ("input channels", channels),
            ("input height", height),
            ("input width", width),
            ("width", self.width),
            ("cardinality", self.cardinality),
            ("group_width", self.group_width),
        ] {
            if !(1..=MAX_SIDE).contains(&value) {
                return Err(format!("{what} must lie between 1 and {MAX_SIDE}, not {value}"));
            }
        }
        if !(2..=100_000).contains(&self.classes) {
            return Err(format!("classes must lie between 2 and 100000, not {}", self.classes));
        }
        if !self.scale.is_finite() {
            return Err("scale must be a finite number".into());
        }
        if !self.residual() && self.scale != 1.0 {
            return Err("a plain net has no shortcut to scale".into());
        }
        if self.family == Family::Resnext && self.block == BlockKind::Basic {
            return Err(
                "resnext has bottleneck blocks only: in a block of two convolutions the split is trivial".into(),
            );
        }
        if self.block == BlockKind::Basic && self.cardinality != 1 {
            return Err(
                "cardinality needs block=bottleneck: in a block of two convolutions the split is trivial".into(),
            );
        }
        if !self.inner_width(1).is_multiple_of(self.cardinality) {
            return Err(format!(
                "cardinality {} does not divide the {} channels of stage 1's 3x3 convolution",
                self.cardinality,
                self.inner_width(1)
            ));
        }
        let parameters = self.parameter_bound();
        if parameters > MAX_PARAMETERS {
            return Err(format!(
                "it would have about {} million parameters; the limit is 2147 million",
                parameters / 1_000_000
            ));
        }
        Ok(())
    }

    /// Parameters of the branches alone, enough to refuse a net that cannot fit before it is built.
    fn parameter_bound(&self) -> u64 {
        let blocks = self.blocks_per_stage() as u64;
        let stages = (1..=3).map(|stage| {
            let (inner, output) = (self.inner_width(stage) as u64, self.output_width(stage) as u64);
            match self.block {
                BlockKind::Basic => 18 * output * output,
                BlockKind::Bottleneck => 2 * inner * output + 9 * inner * inner / self.cardinality as u64,
            }
        });
        stages.fold(self.classes as u64 * self.output_width(3) as u64, |sum, block| {
            sum.saturating_add(block.saturating_mul(blocks))
        })
    }
}

#[derive(Default)]
struct Stated {
    input: bool,
    classes: bool,
}

fn fail(text: &str, reason: &str) -> Error {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(120).collect();
    Error::Spec(format!("network '{shown}': {reason}"))
}

fn size([c, h, w]: [usize; 3]) -> String {
    format!("{c}x{h}x{w}")
}

fn parse(text: &str) -> Result<(Spec, Stated)> {
    let text = text.trim();
    let (head, options) = text.split_once(':').unwrap_or((text, ""));
    let (family, depth) = head
        .rsplit_once('-')
        .ok_or_else(|| fail(text, "expected family-depth[:key=value,...], as in resnet-20:width=8"))?;
    let family = word(
        family,
        &[
            ("plain", Family::Plain),
            ("resnet", Family::Resnet),
            ("resnext", Family::Resnext),
        ],
    )
    .map_err(|reason| fail(text, &format!("family {reason}")))?;
    let depth = depth
        .parse()
        .map_err(|_| fail(text, &format!("depth '{depth}' is not a whole number")))?;
    let mut spec = Spec::new(family, depth);
    let (mut stated, mut seen) = (Stated::default(), Vec::new());
    for pair in options.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| fail(text, &format!("'{pair}' is not key=value; the keys are {KEYS}")))?;
        let (key, value) = (key.trim(), value.trim());
        if seen.contains(&key) {
            return Err(fail(text, &format!("{key} is given twice")));
        }
        seen.push(key);
        spec.set(key, value).map_err(|reason| fail(text, &reason))?;
        stated.input |= key == "input";
        stated.classes |= key == "classes";
    }
    if !seen.contains(&"shortcut") {
        spec.shortcut = Spec::default_shortcut(spec.family, spec.block);
    } else if family == Family::Plain {
        return Err(fail(text, "a plain net has no shortcut; its residual twin is resnet"));
    }
    if seen.contains(&"group_width") && family != Family::Resnext {
        return Err(fail(
            text,
            "group_width belongs to resnext; elsewhere width and cardinality give the groups",
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
    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let named = |reason: String| format!("{key} {reason}");
        match key {
            "block" => {
                self.block = word(
                    value,
                    &[("basic", BlockKind::Basic), ("bottleneck", BlockKind::Bottleneck)],
                )
                .map_err(named)?;
            }
            "shortcut" => {
                self.shortcut =
                    word(value, &[("A", Shortcut::A), ("B", Shortcut::B), ("C", Shortcut::C)]).map_err(named)?;
            }
            "order" => self.order = word(value, &[("post", Order::Post), ("pre", Order::Pre)]).map_err(named)?,
            "norm" => self.norm = word(value, &[("batch", Norm::Batch), ("none", Norm::None)]).map_err(named)?,
            "init" => self.init = word(value, &[("he", Init::He), ("xavier", Init::Xavier)]).map_err(named)?,
            "zero_last" => self.zero_last = word(value, &[("true", true), ("false", false)]).map_err(named)?,
            "scale" => self.scale = value.parse().map_err(|_| format!("scale '{value}' is not a number"))?,
            "width" => self.width = whole(key, value)?,
            "cardinality" => self.cardinality = whole(key, value)?,
            "group_width" => self.group_width = whole(key, value)?,
            "classes" => self.classes = whole(key, value)?,
            "input" => {
                let sizes: Vec<usize> = value.split('x').filter_map(|part| part.parse().ok()).collect();
                self.input = <[usize; 3]>::try_from(sizes)
                    .ok()
                    .filter(|_| value.split('x').count() == 3)
                    .ok_or_else(|| format!("input '{value}' is not channels x height x width, as in 3x32x32"))?;
            }
            _ => return Err(format!("unknown key '{key}'; the keys are {KEYS}")),
        }
        Ok(())
    }
}

fn whole(key: &str, value: &str) -> Result<usize, String> {
    value
        .parse()
        .map_err(|_| format!("{key} '{value}' is not a whole number"))
}

fn word<T: Copy>(value: &str, words: &[(&str, T)]) -> Result<T, String> {
    words
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(value))
        .map(|&(_, meaning)| meaning)
        .ok_or_else(|| {
            let names: Vec<&str> = words.iter().map(|&(name, _)| name).collect();
            format!("'{value}' is not one of {}", names.join(", "))
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

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = Spec::new(self.family, self.depth);
        let mut options = Vec::new();
        if self.block != usual.block {
            options.push(format!(
                "block={}",
                if self.block == BlockKind::Basic {
                    "basic"
                } else {
                    "bottleneck"
                }
            ));
        }
        if self.residual() && self.shortcut != Spec::default_shortcut(self.family, self.block) {
            options.push(format!("shortcut={:?}", self.shortcut));
        }
        if self.order != usual.order {
            options.push("order=pre".into());
        }
        if self.norm != usual.norm {
            options.push("norm=none".into());
        }
        if self.init != usual.init {
            options.push("init=xavier".into());
        }
        if self.zero_last {
            options.push("zero_last=true".into());
        }
        if self.scale != 1.0 {
            options.push(format!("scale={}", self.scale));
        }
        if self.width != usual.width {
            options.push(format!("width={}", self.width));
        }
        if self.cardinality != usual.cardinality {
            options.push(format!("cardinality={}", self.cardinality));
        }
        if self.family == Family::Resnext && self.group_width != usual.group_width {
            options.push(format!("group_width={}", self.group_width));
        }
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
