//! What a lesson's experiments came to: the values that claims and predictions are judged on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::expression::{Expression, Place, Quantity};
use super::record::{Recorded, leaf};
use crate::net::{Graph, Param, Table};
use crate::run::{Findings, LAST, RunSummary, Series, slope_factor};

/// Everything measured of one run with one seed.
#[derive(Debug, Clone)]
pub struct Exhibit {
    pub series: Series,
    /// Once the run is over.
    pub summary: Option<RunSummary>,
    /// What was asked about the runs of its experiment, and answered.
    pub findings: Arc<Findings>,
}

impl Exhibit {
    pub(super) fn value(&self, quantity: Quantity, place: Option<Place>) -> Option<f64> {
        let series = &self.series;
        let test = |of: fn(&RunSummary) -> Option<f32>| self.summary.as_ref().and_then(of);
        let initial = series.measured.first().filter(|measured| measured.step == 0);
        Some(match quantity {
            Quantity::TrainLoss => match place {
                Some(Place::At(step)) if step <= series.step() => series.loss_at(step)?.into(),
                Some(Place::At(_)) => return None,
                _ => series.final_loss()?.into(),
            },
            Quantity::TrainError => series.final_error()?.into(),
            Quantity::TestLoss => test(|run| run.test_loss)?.into(),
            Quantity::TestError => test(|run| run.test_error)?.into(),
            Quantity::TestErrorRunning => test(|run| run.test_error_running)?.into(),
            Quantity::TestLossRunning => test(|run| run.test_loss_running)?.into(),
            Quantity::Parameters => Graph::new(&series.track.spec).parameter_count() as f64,
            Quantity::ShortcutParameters => shortcut_parameters(&Graph::new(&series.track.spec), place)? as f64,
            Quantity::MultiplyAdds => Table::new(&Graph::new(&series.track.spec)).multiply_adds as f64,
            Quantity::Gradient => (*at(&initial?.norms.activation, place)?).into(),
            Quantity::WeightGradient => (*at(&initial?.norms.weight, place)?).into(),
            Quantity::WeightGradientEnd => (*at(&series.measured.last()?.norms.weight, place)?).into(),
            Quantity::WeightGrowth => {
                let last = at(&series.measured.last()?.norms.parameter, place)?;
                f64::from(*last) / f64::from(*at(&initial?.norms.parameter, place)?)
            }
            Quantity::Slope => {
                let norms = &initial?.norms.activation;
                let points = norms
                    .iter()
                    .enumerate()
                    .map(|(block, &norm)| [block as f64, norm.into()]);
                slope_factor(&points.collect::<Vec<_>>())?
            }
            Quantity::Seconds => self.summary.as_ref()?.seconds,
            asked => self.found(asked, place)?,
        })
    }
}

/// Trained values in the shortcut of a block.
fn shortcut_parameters(graph: &Graph, place: Option<Place>) -> Option<usize> {
    let block = match place? {
        Place::At(number) => graph.blocks.get(number.checked_sub(1)?),
        Place::Last => graph.blocks.last(),
    };
    let prefix = format!("{}.downsample.", block?.name);
    let own = graph.params.iter().filter(|param| param.name.starts_with(&prefix));
    Some(own.filter(|param| param.kind.trained()).map(Param::len).sum())
}

pub(super) fn at<T>(values: &[T], place: Option<Place>) -> Option<&T> {
    match place? {
        Place::At(index) => values.get(index),
        Place::Last => values.last(),
    }
}

/// The runs of a lesson, each with every seed.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// By run name and seed.
    runs: BTreeMap<(String, u64), Exhibit>,
    /// What was read off them at an earlier start.
    readings: BTreeMap<(String, u64), Recorded>,
    /// What stands in for runs that were not trained here.
    recorded: BTreeMap<(String, u64), Recorded>,
}

/// Mean and spread over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub mean: f64,
    /// Sample standard deviation; 0 of one seed.
    pub deviation: f64,
    pub seeds: usize,
}

impl Spread {
    /// Of one value a seed; `None` of none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let spread = Self {
            mean,
            deviation: (squares / (count - 1.0).max(1.0)).sqrt(),
            seeds: values.len(),
        };
        (!values.is_empty()).then_some(spread)
    }
}

impl Evidence {
    /// Takes a run in, in place of what was known of it.
    pub fn insert(&mut self, exhibit: Exhibit) {
        let track = &exhibit.series.track;
        self.runs.insert((track.name.clone(), track.seed), exhibit);
    }

    /// Takes in what was recorded of a run elsewhere; what is measured here goes before it.
    pub fn insert_recorded(&mut self, recorded: Recorded) {
        self.recorded.insert((recorded.run.clone(), recorded.seed), recorded);
    }

    /// Takes in what was read off a run that was trained here at an earlier start.
    pub fn insert_reading(&mut self, reading: Recorded) {
        self.readings.insert((reading.run.clone(), reading.seed), reading);
    }

    /// Everything measured here, by run and seed.
    pub fn measured(&self) -> impl Iterator<Item = &Exhibit> {
        self.runs.values()
    }

    /// Whether the expression's value rests on recordings, if only in part.
    pub fn is_recorded(&self, expression: &Expression) -> bool {
        let mut recorded = false;
        expression.visit(&mut |_, run, _| recorded |= !self.runs.keys().any(|(name, _)| name == run));
        recorded
    }

    /// The seeds of a run: those trained here, or else those recorded.
    fn seeds(&self, run: &str) -> Vec<u64> {
        let of = |(name, seed): &(String, u64)| (name == run).then_some(*seed);
        let here: Vec<u64> = self.runs.keys().filter_map(of).collect();
        if here.is_empty() {
            self.recorded.keys().filter_map(of).collect()
        } else {
            here
        }
    }

    pub(super) fn value(&self, quantity: Quantity, run: &str, seed: u64, place: Option<Place>) -> Option<f64> {
        let key = (run.to_owned(), seed);
        let told = |of: &BTreeMap<(String, u64), Recorded>| {
            let values = &of.get(&key)?.values;
            values.get(&leaf(quantity, run, place)).copied()
        };
        match self.runs.get(&key) {
            Some(exhibit) => exhibit.value(quantity, place).or_else(|| told(&self.readings)),
            None => told(&self.recorded),
        }
    }

    /// The value of an expression by seed, for the seeds that every run in it was trained with.
    ///
    /// `None` where something needed was not measured with one of them, or no seed is common to all.
    pub fn by_seed(&self, expression: &Expression) -> Option<Vec<(u64, f64)>> {
        let mut runs: Vec<String> = Vec::new();
        expression.visit(&mut |_, run, _| runs.push(run.to_owned()));
        let Some(first) = runs.first() else {
            return Some(vec![(0, expression.value(&|_, _, _| None)?)]);
        };
        let others: Vec<Vec<u64>> = runs.iter().map(|run| self.seeds(run)).collect();
        let common = |seed: &u64| others.iter().all(|seeds| seeds.contains(seed));
        let values: Option<Vec<(u64, f64)>> = self
            .seeds(first)
            .into_iter()
            .filter(common)
            .map(|seed| {
                let value = expression.value(&|quantity, run, place| self.value(quantity, run, seed, place))?;
                Some((seed, value))
            })
            .collect();
        values.filter(|values| !values.is_empty())
    }

    /// Mean and spread of an expression over the seeds.
    pub fn spread(&self, expression: &Expression) -> Option<Spread> {
        let values: Vec<f64> = self.by_seed(expression)?.into_iter().map(|(_, value)| value).collect();
        Spread::of(&values)
    }

    /// Loss along a direction through the weights of a run, mean over seeds: place and loss.
    pub fn slice(&self, run: &str) -> Vec<[f64; 2]> {
        let seeds = self.runs.iter().filter(|((name, _), _)| name == run);
        let mut slices: Vec<Vec<[f64; 2]>> = seeds.filter_map(|(_, exhibit)| exhibit.slice()).collect();
        if slices.is_empty() {
            let told = self.readings.values().chain(self.recorded.values());
            let told = told.filter(|told| told.run == run && !told.slice.is_empty());
            slices.extend(told.map(|told| told.slice.clone()));
        }
        let mean = |at: usize| {
            let points = slices.iter().filter_map(|slice| slice.get(at));
            points.map(|point| point[1]).sum::<f64>() / slices.len() as f64
        };
        let first = slices.first().map_or(&[][..], Vec::as_slice);
        first
            .iter()
            .enumerate()
            .map(|(at, point)| [point[0], mean(at)])
            .collect()
    }

    /// Training loss by step of a run, mean over seeds as far as all have come, smoothed as charts show it.
    pub fn loss_curve(&self, run: &str) -> Vec<[f64; 2]> {
        let seeds: Vec<&Series> = self
            .runs
            .iter()
            .filter(|((name, _), _)| name == run)
            .map(|(_, exhibit)| &exhibit.series)
            .collect();
        if seeds.is_empty() {
            let recorded = self.recorded.iter().find(|((name, _), _)| name == run);
            return recorded.map_or(Vec::new(), |(_, recorded)| smoothed(&recorded.curve));
        }
        let length = seeds.iter().map(|series| series.loss.len()).min().unwrap_or(0);
        let mean = |i: usize| {
            let sum: f64 = seeds.iter().map(|series| f64::from(series.loss[i])).sum();
            [f64::from(seeds[0].steps[i]), sum / seeds.len() as f64]
        };
        smoothed(&(0..length).map(mean).collect::<Vec<_>>())
    }
}

/// At each point the mean of those of the last steps.
fn smoothed(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mean = |at: usize| {
        let step = points[at][0];
        // Of less than twice as many the later half.
        let reach = (step / 2.0).ceil().min(LAST as f64);
        let first = points[..at].partition_point(|point| point[0] <= step - reach);
        let last = &points[first..=at];
        [step, last.iter().map(|point| point[1]).sum::<f64>() / last.len() as f64]
    };
    (0..points.len()).map(mean).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::engine::Norms;
    use crate::lesson::found::tests::findings;
    use crate::net::Spec;
    use crate::run::{Event, History, Track};

    /// A run of `plain-8` or another net with that constant loss, 60 steps long.
    pub fn exhibit(net: &str, seed: u64, loss: f32) -> Exhibit {
        let spec = Spec::for_data(&format!("{net}:width=8"), [1, 8, 8], 10).unwrap();
        let track = Track {
            id: 0,
            name: net.into(),
            spec,
            seed,
        };
        let mut history = History::default();
        history.apply(&Event::Started {
            track,
            step: 0,
            engine: "test".into(),
        });
        history.apply(&Event::Measured {
            run: 0,
            step: 0,
            norms: Norms {
                activation: vec![1.0, 10.0, 100.0, 1000.0],
                weight: vec![3.0, 4.0],
                parameter: vec![1.0, 1.0],
            },
        });
        for step in 1..=60 {
            history.apply(&Event::Stepped {
                run: 0,
                step,
                loss,
                error: 0.25,
                rate: 0.1,
            });
        }
        Exhibit {
            series: history.runs.remove(0),
            summary: None,
            findings: Arc::new(findings()),
        }
    }

    #[test]
    fn values_are_those_of_the_runs() {
        let mut evidence = Evidence::default();
        evidence.insert(exhibit("plain-8", 0, 2.0));
        evidence.insert(exhibit("plain-8", 1, 4.0));
        evidence.insert(exhibit("plain-14", 0, 1.0));
        let mean = |text: &str| evidence.spread(&text.parse().unwrap()).map(|spread| spread.mean);
        assert_eq!(mean("train_loss(plain-8)"), Some(3.0));
        assert_eq!(mean("train_loss(plain-8, 10)"), Some(3.0));
        assert_eq!(mean("train_loss(plain-8, 61)"), None, "not trained so far");
        assert_eq!(mean("train_loss(plain-8) - train_loss(plain-14)"), Some(1.0), "seed 0");
        assert_eq!(mean("train_error(plain-8)"), Some(0.25));
        assert_eq!(mean("gradient(plain-8, last) / gradient(plain-8, 0)"), Some(1000.0));
        assert_eq!(mean("weight_gradient(plain-8, 1)"), Some(4.0));
        assert!((mean("slope(plain-8)").unwrap() - 0.1).abs() < 1e-9);
        assert_eq!(
            mean("weight_gradient_end(plain-8, last) * weight_growth(plain-8, 0)"),
            Some(4.0)
        );
        assert_eq!(mean("test_error(plain-8)"), None, "not tested");
        assert_eq!(mean("train_loss(plain-9)"), None, "no such run");
        let spread = evidence.spread(&"train_loss(plain-8)".parse().unwrap()).unwrap();
        assert_eq!((spread.deviation, spread.seeds), (2f64.sqrt(), 2));
        assert_eq!(evidence.loss_curve("plain-8")[1], [2.0, 3.0]);
        assert_eq!(mean("shortcut_parameters(plain-8, 2)"), Some(0.0));
        assert_eq!(mean("shortcut_parameters(plain-8, 0)"), None, "the stem");
        let option_b = Graph::new(&"resnet-8:width=16,shortcut=B".parse().unwrap());
        assert_eq!(
            shortcut_parameters(&option_b, Some(Place::At(2))),
            Some(16 * 32 + 2 * 32)
        );
    }
}
