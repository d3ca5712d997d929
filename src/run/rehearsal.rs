//! The nets of an experiment on an engine for a moment, to see how long a step takes.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::audition::Workload;
use super::crew::Crew;
use super::step_times::StepTime;
use crate::data::Batch;
use crate::engine::{Engine, Wanted, open};
use crate::error::Result;
use crate::net::{Graph, Spec, initial_weights};

/// Time spent on an engine's steps, once its kernels are made. A step that takes longer is estimated from fewer images.
const BUDGET: Duration = Duration::from_millis(250);
/// Steps that a GPU has under way at a time.
const UNDER_WAY: usize = 2;
/// Images that a core computes at once.
const LANES: usize = 16;

/// A net that steps on an engine.
struct Player {
    engine: Box<dyn Engine>,
    batch: Batch,
    outcome: Result<()>,
}

impl Player {
    /// As many steps as are under way at a time, on weights that stay as they are.
    fn play(&mut self, steps: usize) -> Result<()> {
        for _ in 0..steps {
            self.engine.start(&self.batch, 0.0, false)?;
        }
        self.engine.finished(true).map(drop)
    }
}

/// The nets with the cores they are dealt out among, as in training.
struct Stage {
    players: Vec<Player>,
    crew: Crew,
    /// The engine computes beside its caller.
    beside: bool,
}

impl Stage {
    fn open(wanted: &Wanted, workload: &Workload, cores: usize) -> Result<Self> {
        let player = |graph: &Arc<Graph>| {
            Ok(Player {
                engine: open(wanted.clone(), graph, &initial_weights(graph, 0), workload.optimizer)?,
                batch: waves(&graph.spec, 0),
                outcome: Ok(()),
            })
        };
        let players = workload.graphs.iter().map(player).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            beside: players.iter().any(|player| player.engine.can_be_lost()),
            crew: Crew::new(cores),
            players,
        })
    }

    /// Takes batches of so many images from here on, for which room is made in a first round.
    fn take(&mut self, graphs: &[Arc<Graph>], images: usize) -> Result<f64> {
        for (player, graph) in self.players.iter_mut().zip(graphs) {
            player.batch = waves(&graph.spec, images);
        }
        self.round()
    }

    /// Seconds a step of every net.
    fn round(&mut self) -> Result<f64> {
        let steps = if self.beside { UNDER_WAY } else { 1 };
        let began = Instant::now();
        self.crew.each(self.players.iter_mut().collect(), |player| {
            player.outcome = player.play(steps)
        })?;
        let seconds = began.elapsed().as_secs_f64() / steps as f64;
        let mut outcomes = self.players.iter_mut().map(|player| &mut player.outcome);
        outcomes.try_for_each(|outcome| std::mem::replace(outcome, Ok(())))?;
        Ok(seconds)
    }
}

/// How long one step of every net takes: measured with so few images that the cores have enough to do, and with more
/// as long as there is time for it.
pub fn step_time(wanted: &Wanted, workload: &Workload) -> Result<StepTime> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (graphs, batch) = (&workload.graphs, workload.batch);
    let mut stage = Stage::open(wanted, workload, cores)?;
    let mut measured = batch.min(LANES * cores.div_ceil(graphs.len().max(1)));
    let first = stage.take(graphs, measured)?;
    let began = Instant::now();
    let left = || BUDGET.saturating_sub(began.elapsed()).as_secs_f64();
    // A GPU's first round is mostly spent on kernels.
    let mut best = if stage.beside || first < BUDGET.as_secs_f64() {
        stage.round()?
    } else {
        first
    };
    loop {
        let more = batch.min(4 * measured);
        if more > measured && 2.0 * best * (more as f64 / measured as f64) < left() {
            stage.take(graphs, more)?;
            (measured, best) = (more, stage.round()?);
        } else if more == measured && best < left() {
            best = best.min(stage.round()?);
        } else {
            let seconds = best * (batch as f64 / measured as f64);
            return Ok(StepTime {
                seconds,
                batch,
                measured,
            });
        }
    }
}

/// Waves instead of pictures: values of the usual size that repeat nowhere.
pub fn waves(spec: &Spec, images: usize) -> Batch {
    let values = images * spec.input.iter().product::<usize>();
    Batch {
        shape: spec.input,
        images: (0..values)
            .map(|i| (i as f32 * 0.7).sin() + (i as f32 * 0.013).cos())
            .collect(),
        labels: (0..images).map(|i| (i * 7 % spec.classes) as u32).collect(),
        origin: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Choice, Optimizer};

    fn workload(batch: usize) -> Workload {
        let net = "plain-8:width=4,input=1x8x8".parse().unwrap();
        Workload {
            graphs: vec![Arc::new(Graph::new(&net))],
            batch,
            optimizer: Optimizer::default(),
        }
    }

    #[test]
    fn a_long_step_is_estimated_from_fewer_images() {
        let cpu = Wanted::from(Choice::Cpu);
        let whole = step_time(&cpu, &workload(32)).unwrap();
        assert_eq!((whole.measured, whole.batch), (32, 32));
        let began = Instant::now();
        let long = step_time(&cpu, &workload(10_000_000)).unwrap();
        assert!(began.elapsed() < Duration::from_secs(10));
        assert!(long.measured >= 16 && long.measured < long.batch, "{long:?}");
        // As many images take as long, within what small steps cost beside.
        let factor = long.seconds / whole.seconds / (10_000_000.0 / 32.0);
        assert!((0.02..50.0).contains(&factor), "{long:?} and {whole:?}");
    }
}
