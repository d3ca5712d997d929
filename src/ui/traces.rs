//! What is drawn of each net's series: raw lines, the smoothed line, and over several seeds their mean and band. It grows
//! with the training; a frame computes only what is new.

use egui_plot::PlotPoint;

use super::series::{Grid, Smoother, Thinner};
use crate::run::{History, Series, over_seeds};

/// All runs of one name, in the order of their seeds.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    pub name: &'a str,
    pub runs: Vec<&'a Series>,
}

/// Whether the net at that place is one before it under another name: a branch, or one trained before. Such look equal but for
/// dashes.
pub fn repeats(groups: &[Group<'_>], place: usize) -> bool {
    let spec = &groups[place].runs[0].track.spec;
    groups[..place].iter().any(|before| before.runs[0].track.spec == *spec)
}

/// The nets of a history, each once.
pub fn groups(history: &History) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for series in &history.runs {
        let name = series.track.name.as_str();
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.runs.push(series),
            None => groups.push(Group {
                name,
                runs: vec![series],
            }),
        }
    }
    groups
}

/// Whether some net is trained from several seeds.
pub fn has_seeds(history: &History) -> bool {
    groups(history).iter().any(|group| group.runs.len() > 1)
}

/// What is kept of one net's series between frames.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    smooth: Vec<Smoother>,
    raw: Vec<Thinner>,
    mean: Vec<f32>,
    low: Vec<f32>,
    high: Vec<f32>,
    /// Smoothing window.
    window: usize,
    line: Thinner,
    lower: Thinner,
    upper: Thinner,
}

/// One net's lines, in plot space.
pub struct Lines<'a> {
    /// By seed.
    pub raw: Vec<&'a [PlotPoint]>,
    pub line: &'a [PlotPoint],
    /// The line's values before it was thinned, one for each step of the run that has most.
    pub values: &'a [f32],
    /// Lowest and highest seed; empty for one seed.
    pub band: [&'a [PlotPoint]; 2],
}

impl Trace {
    /// Brings the lines up to date with what `values` picks of each run.
    pub fn update<'a>(
        &'a mut self,
        runs: &[&Series],
        values: impl Fn(&Series) -> &[f32],
        window: usize,
        grid: Grid,
    ) -> Lines<'a> {
        if self.window != window {
            // Other values at the same steps; the raw ones stay.
            *self = Self {
                window,
                raw: std::mem::take(&mut self.raw),
                ..Self::default()
            };
        }
        self.smooth.resize_with(runs.len(), Smoother::default);
        self.raw.resize_with(runs.len(), Thinner::default);
        for ((run, smooth), raw) in runs.iter().zip(&mut self.smooth).zip(&mut self.raw) {
            smooth.update(values(run), window);
            raw.update(&run.steps, values(run), grid);
        }
        let longest = runs.iter().max_by_key(|run| run.steps.len());
        let steps: &[u32] = longest.map_or(&[], |run| &run.steps);
        let several = runs.len() > 1;
        if several {
            self.average(runs);
            self.lower.update(steps, &self.low, grid);
            self.upper.update(steps, &self.high, grid);
        }
        let values = match self.smooth.first() {
            Some(only) if !several => only.values(),
            _ => &self.mean,
        };
        Lines {
            raw: self.raw.iter().map(Thinner::points).collect(),
            line: self.line.update(steps, values, grid),
            values,
            band: if several {
                [self.lower.points(), self.upper.points()]
            } else {
                [&[], &[]]
            },
        }
    }

    /// The smoothed line as of the last update.
    pub fn line(&self) -> &[PlotPoint] {
        self.line.points()
    }

    /// Mean, lowest and highest of the smoothed seeds, as far as all of them have come. A seed that is not finite any
    /// more is left out of the mean; its cross says so. When all have diverged, the last of them has come furthest.
    fn average(&mut self, runs: &[&Series]) {
        let sound = runs.iter().filter(|run| run.diverged.is_none());
        let shortest = sound.map(|run| run.steps.len()).min();
        let longest = || runs.iter().map(|run| run.steps.len()).max();
        let common = shortest.or_else(longest).unwrap_or(0);
        if self.mean.len() > common {
            (self.mean, self.low, self.high) = Default::default();
        }
        for index in self.mean.len()..common {
            let seeds = self.smooth.iter().filter_map(|seed| seed.values().get(index).copied());
            let [mean, low, high] = over_seeds(seeds.map(f64::from));
            self.mean.push(mean as f32);
            self.low.push(low as f32);
            self.high.push(high as f32);
        }
    }
}

/// Mean, lowest and highest over the seeds of what was evaluated, at each step that all of them have: x in steps.
pub fn evaluated(runs: &[&Series], value: impl Fn(&crate::run::Evaluated) -> f32) -> Vec<[f64; 4]> {
    let Some((first, others)) = runs.split_first() else {
        return Vec::new();
    };
    let at = |run: &Series, step: usize| run.evaluated.iter().rfind(|point| point.step == step).map(&value);
    let mut points: Vec<[f64; 4]> = Vec::new();
    for point in &first.evaluated {
        let others: Option<Vec<f32>> = others.iter().map(|run| at(run, point.step)).collect();
        let Some(mut seeds) = others else { continue };
        seeds.push(value(point));
        let [mean, low, high] = over_seeds(seeds.into_iter().map(f64::from));
        // The last step is evaluated twice where the end meets the rhythm.
        points.retain(|known| known[0] != point.step as f64);
        points.push([point.step as f64, mean, low, high]);
    }
    points
}

/// Plot points of a line given in steps and values.
pub fn placed(points: impl Iterator<Item = [f64; 2]>, grid: Grid) -> Vec<PlotPoint> {
    points
        .map(|[step, value]| PlotPoint::new(grid.time.place(step), grid.height.place(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::axis::{Height, Time, Unit};
    use crate::ui::story::tests::history;

    const GRID: Grid = Grid {
        time: Time {
            log: false,
            unit: Unit::Step,
            per_step: 1.0,
        },
        height: Height {
            log: false,
            factor: 1.0,
        },
        range: [0.0, 200.0],
        columns: 64,
    };

    #[test]
    fn a_mean_goes_on_to_the_last_seed_that_diverges() {
        let mut history = history(&[("plain-20", 1.0), ("plain-20", 1.0)], 200);
        let lose = |run: &mut Series, step: usize| {
            run.diverged = Some(step);
            run.steps.truncate(step);
            run.loss.truncate(step);
            run.loss[step - 1] = f32::NAN;
        };
        let reach = |trace: &mut Trace, history: &History| {
            let runs: Vec<&Series> = history.runs.iter().collect();
            let lines = trace.update(&runs, |run| &run.loss, 1, GRID);
            lines.values.iter().filter(|value| value.is_finite()).count()
        };
        let mut trace = Trace::default();
        lose(&mut history.runs[0], 50);
        assert_eq!(reach(&mut trace, &history), 200);
        lose(&mut history.runs[1], 80);
        assert_eq!(reach(&mut trace, &history), 79);
    }

    #[test]
    fn another_smoothing_draws_another_line() {
        for nets in [&["plain-20"][..], &["plain-20", "plain-20"]] {
            let mut history = history(&nets.iter().map(|&net| (net, 1.0)).collect::<Vec<_>>(), 200);
            for run in &mut history.runs {
                run.loss.iter_mut().step_by(2).for_each(|loss| *loss += 1.0);
            }
            let runs: Vec<&Series> = history.runs.iter().collect();
            let line = |trace: &mut Trace, window| -> Vec<[f64; 2]> {
                let lines = trace.update(&runs, |run| &run.loss, window, GRID);
                lines.line.iter().map(|point| [point.x, point.y]).collect()
            };
            let mut trace = Trace::default();
            let few = line(&mut trace, 1);
            let many = line(&mut trace, 50);
            assert_ne!(few, many);
            assert_eq!(many, line(&mut Trace::default(), 50));
            assert_eq!(few, line(&mut trace, 1));
        }
    }
}
