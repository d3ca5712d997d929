//! A figure as plain data: what is drawn, before anyone has drawn it. `csv` writes the same data.

use rust_i18n::t;

use super::table::Table;
use crate::net::Cut;
use crate::palette::Rgb;
use crate::probe::Landscape;
use crate::run::Experiment;

/// A point of a curve, x then y, in the axes' units; a y that is not finite splits the line.
pub type Point = [f64; 2];

/// A whole figure: one panel, or several side by side, films above the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What is shown: `Training loss`.
    pub title: String,
    /// Of which experiment.
    pub subtitle: String,
    /// The corner's tag: where the numbers come from.
    pub tag: String,
    pub panels: Vec<Panel>,
    /// How to read it: smoothing, bands, statistics.
    pub notes: Vec<String>,
    /// The recipe of each experiment in it.
    pub recipe: Vec<String>,
    /// The experiments themselves.
    pub experiments: Vec<Experiment>,
}

/// One panel of a figure.
#[derive(Debug, Clone, PartialEq)]
pub enum Panel {
    Plot(Plot),
    Maps(MapGrid),
    Heat(HeatMap),
    Relief(Relief),
    Table(Table),
    Film(Film),
    Towers(Towers),
}

/// Curves over two axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Empty where the figure's title says it all.
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub curves: Vec<Curve>,
    /// Grounds behind the curves, left to right.
    pub bands: Vec<Ground>,
    pub bracket: Option<Bracket>,
}

/// How values become lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// Linear, marked in whole steps.
    Whole,
    /// Of fractions, marked in percent.
    Percent,
    /// Decimal logarithm; what is not above zero is drawn on the lower edge.
    Log,
}

/// One axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// With its unit, without its scale.
    pub label: String,
    pub scale: Scale,
    /// First and last value; what the curves cover unless given.
    pub range: Option<[f64; 2]>,
    /// The only places that are marked, where there are just a few.
    pub ticks: Vec<f64>,
}

/// A net's line, with its name at the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    pub name: String,
    /// After the name, quieter: the final value, the number of seeds.
    pub detail: String,
    pub colour: Rgb,
    /// In points.
    pub width: f32,
    /// Told apart by dashes from a curve before it.
    pub dashed: bool,
    /// Whether each point is marked.
    pub dots: bool,
    /// What `points` are: `measured`, `smoothed`, `mean`.
    pub layer: &'static str,
    pub points: Vec<Point>,
    /// What the points stand for: node names. Empty, or one for each point.
    pub names: Vec<String>,
    /// As measured, by seed; drawn faintly where there is only one seed.
    pub samples: Vec<Samples>,
    /// x, lowest, highest over the seeds.
    pub spread: Vec<[f64; 3]>,
    /// Where a run was last finite.
    pub diverged: Vec<Point>,
    /// Seed and training step of the net that it was measured of, where it is of one.
    pub of: Option<(u64, usize)>,
    /// What its points are compared with, drawn as a dashed line: what was measured of the whole net.
    pub whole: Option<f64>,
}

/// One seed's measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    pub seed: u64,
    pub points: Vec<Point>,
}

/// A shaded stretch of the x axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    pub name: String,
    pub from: f64,
    pub to: f64,
}

/// A computed difference between two curves' ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Bracket {
    pub from: f64,
    pub to: f64,
    pub text: String,
}

/// Feature maps of one node for one image.
#[derive(Debug, Clone, PartialEq)]
pub struct MapGrid {
    /// `plain-56, layer1.0, step 400`
    pub title: String,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// `[C, H, W]`
    pub values: Vec<f32>,
    /// Whether it is the image itself, in its own colours (values 0..=1), instead of activations.
    pub image: bool,
}

/// An image as the blocks of some nets give it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Film {
    pub strips: Vec<Strip>,
}

/// The frames of one net.
#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    pub name: String,
    pub colour: Rgb,
    /// The image itself.
    pub original: MapGrid,
    /// Block, and what is read back from its maps.
    pub frames: Vec<(usize, MapGrid)>,
}

/// Nets as rows of blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct Towers {
    pub towers: Vec<Tower>,
    /// Gradient norms at the ends of the colours, whose scale is logarithmic; `None` before any is measured.
    pub range: Option<[f64; 2]>,
}

/// One net, block by block from the input.
#[derive(Debug, Clone, PartialEq)]
pub struct Tower {
    pub name: String,
    pub colour: Rgb,
    pub seed: u64,
    /// Steps that the gradients and the accuracies were measured at.
    pub norms_at: Option<usize>,
    pub cuts_at: Option<usize>,
    pub bodies: Vec<Body>,
    /// Test accuracy of the whole net, 0..=1, where any of its blocks was cut.
    pub whole: Option<f64>,
}

/// One block.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    pub name: String,
    /// From 1 on.
    pub stage: usize,
    pub channels: usize,
    /// Of its maps.
    pub side: usize,
    /// Whether its shortcut changes the shape; `None` where it has none.
    pub shortcut: Option<bool>,
    /// Of the gradient at its output.
    pub norm: Option<f64>,
    /// Test accuracy, 0..=1, with this cut alone.
    pub accuracy: Option<(Cut, f64)>,
    /// It cannot be removed.
    pub fixed: bool,
    /// The cut that is made in it now.
    pub cut: Option<Cut>,
}

/// Values of layers over logarithmic training time, as colours.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    pub title: String,
    /// What the values are, without their scale.
    pub label: String,
    /// Names of the rows, from the top.
    pub rows: Vec<String>,
    /// Steps of the moments, ascending.
    pub steps: Vec<usize>,
    /// By row and moment; above zero.
    pub values: Vec<Vec<f64>>,
    /// Values at the ends of the colours, whose scale is logarithmic.
    pub range: [f64; 2],
    /// Seed of the net, where it is of one.
    pub seed: Option<u64>,
    /// Whether the values are ratios, which colours show around 1.
    pub ratio: bool,
}

/// The loss on a plane through a net's weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Relief {
    pub title: String,
    /// Net, seed and step that it is of.
    pub of: (String, u64, usize),
    /// What is known of its middle, or nothing.
    pub label: String,
    pub landscape: Landscape,
    /// Losses at the ends of the colours, whose scale is logarithmic; the same in all maps of a figure.
    pub range: [f32; 2],
    /// Steps with their places, ascending.
    pub way: Vec<(usize, [f32; 2])>,
    /// Pixels a side of its picture.
    pub pixels: usize,
}

impl Panel {
    /// It as curves over two axes.
    pub fn plot(&self) -> Option<&Plot> {
        match self {
            Panel::Plot(plot) => Some(plot),
            _ => None,
        }
    }
}

impl Axis {
    /// An axis that covers its curves.
    pub fn new(label: impl Into<String>, scale: Scale) -> Self {
        Self {
            label: label.into(),
            scale,
            range: None,
            ticks: Vec::new(),
        }
    }

    /// What stands along it.
    pub fn words(&self) -> String {
        match self.scale {
            Scale::Log => logarithmic(&self.label),
            Scale::Linear | Scale::Whole | Scale::Percent => self.label.clone(),
        }
    }

    /// The length along the axis up to `value`, in the scale's own unit.
    pub fn position(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Log if value > 0.0 => value.log10(),
            Scale::Log if value.is_nan() => f64::NAN,
            Scale::Log => f64::NEG_INFINITY,
            Scale::Linear | Scale::Whole | Scale::Percent => value,
        }
    }
}

impl Plot {
    /// All points that are drawn.
    fn drawn(&self) -> impl Iterator<Item = Point> + '_ {
        self.curves.iter().flat_map(|curve| {
            let spread = curve.spread.iter().flat_map(|&[x, low, high]| [[x, low], [x, high]]);
            let samples = curve.faint().iter().flat_map(|samples| samples.points.iter().copied());
            curve
                .points
                .iter()
                .copied()
                .chain(spread)
                .chain(samples)
                .chain(curve.diverged.iter().copied())
        })
    }

    /// First and last value of the x axis.
    pub fn x_range(&self) -> [f64; 2] {
        range(&self.x, self.drawn().map(|[x, _]| x), 0.0)
    }

    /// First and last value of the y axis, with a little air around the curves.
    pub fn y_range(&self) -> [f64; 2] {
        range(&self.y, self.drawn().map(|[_, y]| y), 0.04)
    }
}

impl Curve {
    /// A measured curve without points.
    pub fn new(name: impl Into<String>, colour: Rgb, width: f32) -> Self {
        Self {
            name: name.into(),
            detail: String::new(),
            colour,
            width,
            dashed: false,
            dots: false,
            layer: "measured",
            points: Vec::new(),
            names: Vec::new(),
            samples: Vec::new(),
            spread: Vec::new(),
            diverged: Vec::new(),
            of: None,
            whole: None,
        }
    }

    /// The last finite point, where the name belongs.
    pub fn end(&self) -> Option<Point> {
        self.points.iter().rev().copied().find(|[_, y]| y.is_finite())
    }

    /// The samples that are drawn faintly behind the line.
    pub fn faint(&self) -> &[Samples] {
        if self.samples.len() == 1 && self.layer != "measured" {
            &self.samples
        } else {
            &[]
        }
    }
}

/// A quantity that is shown on a logarithmic scale.
pub fn logarithmic(quantity: &str) -> String {
    t!("%{quantity}, log scale", quantity = quantity).into()
}

/// Makes the y axes of these panels cover the same range.
pub fn share_y(plots: &mut [Plot]) {
    let shared = plots
        .iter()
        .filter(|plot| !plot.curves.is_empty())
        .map(Plot::y_range)
        .reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]);
    for plot in plots {
        plot.y.range = shared;
    }
}

fn range(axis: &Axis, values: impl Iterator<Item = f64>, air: f64) -> [f64; 2] {
    if let Some(range) = axis.range {
        return range;
    }
    let covered = values
        .map(|value| axis.position(value))
        .filter(|position| position.is_finite())
        .fold(None, |range: Option<[f64; 2]>, position| {
            let [low, high] = range.unwrap_or([position; 2]);
            Some([low.min(position), high.max(position)])
        });
    let [mut low, mut high] = covered.unwrap_or([0.0, 1.0]);
    if high - low < 1e-9 {
        (low, high) = (low - 0.5, high + 0.5);
    }
    let margin = air * (high - low);
    (low, high) = (low - margin, high + margin);
    match axis.scale {
        Scale::Log => [10f64.powf(low), 10f64.powf(high)],
        Scale::Percent => [low.min(0.0), high],
        Scale::Linear | Scale::Whole => [low, high],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(scale: Scale, points: Vec<Point>) -> Plot {
        Plot {
            title: String::new(),
            x: Axis::new("step", Scale::Whole),
            y: Axis::new("loss", scale),
            curves: vec![Curve {
                points,
                ..Curve::new("plain-20", [0; 3], 1.0)
            }],
            bands: Vec::new(),
            bracket: None,
        }
    }

    #[test]
    fn ranges_cover_what_is_finite() {
        let broken = plot(Scale::Log, vec![[1.0, 0.1], [2.0, f64::NAN], [3.0, 10.0], [9.0, 0.0]]);
        assert_eq!(broken.x_range(), [1.0, 9.0]);
        let [low, high] = broken.y_range();
        assert!(low < 0.1 && low > 0.05 && high > 10.0 && high < 20.0, "{low} {high}");
        let flat = plot(Scale::Linear, vec![[0.0, 2.0]]);
        assert!(flat.y_range()[0] < 2.0 && flat.y_range()[1] > 2.0);
        assert!(plot(Scale::Log, Vec::new()).y_range()[0] > 0.0);
    }

    #[test]
    fn shared_axes_cover_both() {
        let mut plots = [
            plot(Scale::Linear, vec![[0.0, 0.0], [1.0, 1.0]]),
            plot(Scale::Linear, vec![[0.0, 5.0]]),
        ];
        share_y(&mut plots);
        assert_eq!(plots[0].y.range, plots[1].y.range);
        assert!(plots[0].y_range()[1] >= 5.0);
    }
}
