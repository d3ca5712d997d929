//! What can be said about measurements: `train_loss(plain-56) - train_loss(plain-20) > 0.3`.

use std::fmt;

/// Something that was measured of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Mean cross-entropy of the last 50 minibatches, or of the 50 up to a step.
    TrainLoss,
    /// Mean error of the last 50 minibatches, 0..=1.
    TrainError,
    /// Cross-entropy on the test split, batch statistics.
    TestLoss,
    /// Error on the test split, 0..=1, batch statistics.
    TestError,
    /// Error on the test split, 0..=1, running statistics.
    TestErrorRunning,
    TestLossRunning,
    /// Trained values of the net.
    Parameters,
    /// Those of the shortcut of one block; block 1 is the first.
    ShortcutParameters,
    /// Multiply-adds of one image, forward.
    MultiplyAdds,
    /// Euclidean norm of dL/d(block output) before the first step; block 0 is the stem.
    Gradient,
    /// Norm of dL/d(weight) of the nth weighted layer before the first step.
    WeightGradient,
    /// What a gradient is multiplied by from one block to the one before it, before the first step.
    Slope,
    /// R^2 of the image read back from a block's maps before the first step.
    Readable,
    /// Accuracy of a linear reader of a block's maps before the first step, 0..=1.
    Reader,
    /// As [`Quantity::Readable`], after the last step.
    ReadableEnd,
    /// As [`Quantity::Reader`], after the last step.
    ReaderEnd,
    /// Accuracy on the test split with one block removed, 0..=1, batch statistics; block 1 is the first.
    Removed,
    /// Mean, median and least of it over the blocks that can be removed.
    RemovedMean,
    RemovedMedian,
    RemovedLeast,
    /// Accuracy on the test split of the run's net with so many labels a class, from initial weights.
    Scratch,
    /// The same from the shipped weights, all but the last layer frozen.
    Frozen,
    /// The same, everything trained.
    FineTuned,
    /// How far the nth weighted layer moved in that, with the most labels asked for: norm of the change over norm before.
    Moved,
    /// As [`Quantity::Scratch`], on the second half of the classes.
    OtherScratch,
    /// As [`Quantity::Frozen`], from weights that have learned the first half of the classes.
    OtherFrozen,
    /// As [`Quantity::FineTuned`], from those.
    OtherFineTuned,
    /// Mean training loss at that distance from the weights, in hundredths, along four filter-normalised directions.
    Height,
    /// The same around weights ten times as large that compute the same.
    HeightLarger,
    /// The same around those, with the directions not normalised to them.
    HeightLargerRaw,
    /// Largest difference of what the three forms of the run's block put out, relative to the largest value.
    FormOutputs,
    /// The same of their gradients.
    FormGradients,
    /// Parameters of the dense 3x3 convolution over those of the grouped one.
    DenseParameters,
    /// Time of the dense 3x3 convolution over that of the grouped one.
    DenseTimes,
    /// Time of the block with the dense convolution over that of the grouped form.
    BlockTimes,
    /// Time of the block as separate paths over that of the grouped form.
    PathTimes,
    /// Largest difference of a logit after identities have made the net so deep, running statistics.
    Inserted,
    /// Mean cross-entropy of the last 50 minibatches of the net made so deep by identities and trained on.
    GrownLoss,
    /// Norm of dL/d(weight) of the nth weighted layer where it was measured last.
    WeightGradientEnd,
    /// Norm of the nth layer's weights where it was measured last, over that before the first step.
    WeightGrowth,
    /// Autocorrelation of the gradients of neighbouring inputs before the first step.
    Correlation,
    /// Mean cosine of the gradients of inputs on a line before the first step.
    Direction,
    /// Seconds spent in the run's own steps.
    Seconds,
}

impl Quantity {
    /// Every quantity by its name in a lesson.
    pub const NAMES: &[(&'static str, Quantity)] = &[
        ("train_loss", Quantity::TrainLoss),
        ("train_error", Quantity::TrainError),
        ("test_loss", Quantity::TestLoss),
        ("test_error", Quantity::TestError),
        ("test_error_running", Quantity::TestErrorRunning),
        ("test_loss_running", Quantity::TestLossRunning),
        ("parameters", Quantity::Parameters),
        ("shortcut_parameters", Quantity::ShortcutParameters),
        ("multiply_adds", Quantity::MultiplyAdds),
        ("gradient", Quantity::Gradient),
        ("weight_gradient", Quantity::WeightGradient),
        ("slope", Quantity::Slope),
        ("readable", Quantity::Readable),
        ("reader", Quantity::Reader),
        ("readable_end", Quantity::ReadableEnd),
        ("reader_end", Quantity::ReaderEnd),
        ("removed", Quantity::Removed),
        ("removed_mean", Quantity::RemovedMean),
        ("removed_median", Quantity::RemovedMedian),
        ("removed_least", Quantity::RemovedLeast),
        ("scratch", Quantity::Scratch),
        ("frozen", Quantity::Frozen),
        ("fine_tuned", Quantity::FineTuned),
        ("moved", Quantity::Moved),
        ("other_scratch", Quantity::OtherScratch),
        ("other_frozen", Quantity::OtherFrozen),
        ("other_fine_tuned", Quantity::OtherFineTuned),
        ("height", Quantity::Height),
        ("height_larger", Quantity::HeightLarger),
        ("height_larger_raw", Quantity::HeightLargerRaw),
        ("form_outputs", Quantity::FormOutputs),
        ("form_gradients", Quantity::FormGradients),
        ("dense_parameters", Quantity::DenseParameters),
        ("dense_times", Quantity::DenseTimes),
        ("block_times", Quantity::BlockTimes),
        ("path_times", Quantity::PathTimes),
        ("inserted", Quantity::Inserted),
        ("grown_loss", Quantity::GrownLoss),
        ("weight_gradient_end", Quantity::WeightGradientEnd),
        ("weight_growth", Quantity::WeightGrowth),
        ("correlation", Quantity::Correlation),
        ("direction", Quantity::Direction),
        ("seconds", Quantity::Seconds),
    ];

    /// Whether it is counted in the net, and not measured.
    pub fn is_counted(self) -> bool {
        matches!(
            self,
            Self::Parameters | Self::ShortcutParameters | Self::MultiplyAdds | Self::DenseParameters
        )
    }

    /// Whether it is a part of all images, 0..=1.
    pub fn is_share(self) -> bool {
        matches!(
            self,
            Self::TrainError
                | Self::TestError
                | Self::TestErrorRunning
                | Self::Reader
                | Self::ReaderEnd
                | Self::Removed
                | Self::RemovedMean
                | Self::RemovedMedian
                | Self::RemovedLeast
                | Self::Scratch
                | Self::Frozen
                | Self::FineTuned
                | Self::OtherScratch
                | Self::OtherFrozen
                | Self::OtherFineTuned
        )
    }

    /// Its name in a lesson.
    pub fn name(self) -> &'static str {
        let entry = Self::NAMES.iter().find(|(_, quantity)| *quantity == self);
        entry.map_or("", |(name, _)| name)
    }

    /// What its second argument may be.
    pub(super) fn argument(self) -> Argument {
        match self {
            Self::TrainLoss => Argument::Optional,
            Self::TrainError
            | Self::TestLoss
            | Self::TestError
            | Self::TestErrorRunning
            | Self::TestLossRunning
            | Self::Parameters
            | Self::MultiplyAdds
            | Self::Slope
            | Self::RemovedMean
            | Self::RemovedMedian
            | Self::RemovedLeast
            | Self::FormOutputs
            | Self::FormGradients
            | Self::DenseParameters
            | Self::DenseTimes
            | Self::BlockTimes
            | Self::PathTimes
            | Self::Correlation
            | Self::Direction
            | Self::Seconds => Argument::None,
            _ => Argument::Needed,
        }
    }
}

/// Whether a quantity is of a place: a step, a block, a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    None,
    Optional,
    Needed,
}

/// A step, block or layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Counted from 0.
    At(usize),
    Last,
}

/// Arithmetic over measurements.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    Number(f64),
    Measured {
        quantity: Quantity,
        /// Name of the run.
        run: String,
        place: Option<Place>,
    },
    Binary(Box<Expression>, Operator, Box<Expression>),
}

/// Arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// How the two sides of a check must compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Less,
    Greater,
}

/// A comparison that the measurements bear out or do not.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    pub left: Expression,
    pub relation: Relation,
    pub right: Expression,
}

impl Expression {
    /// Its value, `None` where something was not measured or is not a number.
    pub fn value(&self, measured: &impl Fn(Quantity, &str, Option<Place>) -> Option<f64>) -> Option<f64> {
        let value = match self {
            Self::Number(number) => *number,
            Self::Measured { quantity, run, place } => measured(*quantity, run, *place)?,
            Self::Binary(left, operator, right) => {
                let (left, right) = (left.value(measured)?, right.value(measured)?);
                match operator {
                    Operator::Add => left + right,
                    Operator::Subtract => left - right,
                    Operator::Multiply => left * right,
                    Operator::Divide => left / right,
                }
            }
        };
        value.is_finite().then_some(value)
    }

    /// Whether it is a share of images, or how far two are apart.
    pub fn is_share(&self) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Measured { quantity, .. } => quantity.is_share(),
            Self::Binary(left, Operator::Add | Operator::Subtract, right) => {
                let part = |side: &Self| matches!(side, Self::Number(_)) || side.is_share();
                part(left) && part(right) && (left.is_share() || right.is_share())
            }
            Self::Binary(..) => false,
        }
    }

    /// Calls `visit` with everything measured that it needs.
    pub fn visit(&self, visit: &mut dyn FnMut(Quantity, &str, Option<Place>)) {
        match self {
            Self::Number(_) => {}
            Self::Measured { quantity, run, place } => visit(*quantity, run, *place),
            Self::Binary(left, _, right) => {
                left.visit(visit);
                right.visit(visit);
            }
        }
    }
}

impl Relation {
    /// Whether `left` and `right` compare so.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::Greater => left > right,
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Less => "<",
            Self::Greater => ">",
        })
    }
}
