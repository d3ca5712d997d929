//! One network of the CIFAR scheme, completely described.

use rust_i18n::t;

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

    /// Blocks a stage.
    pub fn blocks_per_stage(&self) -> usize {
        (self.depth - 2) / (3 * self.convolutions_per_block())
    }

    /// The same net with so many blocks a stage.
    pub fn with_blocks(&self, blocks: usize) -> Self {
        Self {
            depth: 3 * self.convolutions_per_block() * blocks + 2,
            ..self.clone()
        }
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
        self.as_family(match self.family {
            Family::Plain => Family::Resnet,
            Family::Resnet | Family::Resnext => Family::Plain,
        })
    }

    pub(super) fn default_shortcut(family: Family, block: BlockKind) -> Shortcut {
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
                t!("two-convolution blocks")
            } else {
                t!("bottleneck blocks")
            };
            return Err(t!(
                "depth %{depth} is not %{step}n+2, which %{blocks} need; the nearest are %{below} and %{above}",
                depth = self.depth,
                step = step,
                blocks = blocks,
                below = below,
                above = below + step
            )
            .into());
        }
        if self.depth > MAX_DEPTH {
            return Err(t!(
                "depth %{depth} is above the limit of %{max_depth}",
                depth = self.depth,
                max_depth = MAX_DEPTH
            )
            .into());
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
                return Err(t!(
                    "%{what} must lie between 1 and %{max_side}, not %{value}",
                    what = t!(what),
                    max_side = MAX_SIDE,
                    value = value
                )
                .into());
            }
        }
        if !(2..=100_000).contains(&self.classes) {
            return Err(t!(
                "classes must lie between 2 and 100000, not %{classes}",
                classes = self.classes
            )
            .into());
        }
        if !self.scale.is_finite() {
            return Err(t!("scale must be a finite number").into());
        }
        if !self.residual() && self.scale != 1.0 {
            return Err(t!("a plain net has no shortcut to scale").into());
        }
        if self.family == Family::Resnext && self.block == BlockKind::Basic {
            return Err(
                t!("resnext has bottleneck blocks only: in a block of two convolutions the split is trivial").into(),
            );
        }
        if self.block == BlockKind::Basic && self.cardinality != 1 {
            return Err(
                t!("cardinality needs block=bottleneck: in a block of two convolutions the split is trivial").into(),
            );
        }
        if !self.inner_width(1).is_multiple_of(self.cardinality) {
            return Err(t!(
                "cardinality %{cardinality} does not divide the %{channels} channels of stage 1's 3x3 convolution",
                cardinality = self.cardinality,
                channels = self.inner_width(1)
            )
            .into());
        }
        let parameters = self.parameter_bound();
        if parameters > MAX_PARAMETERS {
            return Err(t!(
                "it would have about %{millions} million parameters; the limit is 2147 million",
                millions = parameters / 1_000_000
            )
            .into());
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
