//! An engine for tests: one number that moves, and the accidents a test asks for.

use std::sync::Arc;
use std::time::Duration;

use crate::data::Batch;
use crate::engine::{BnMode, Engine, Evaluation, Norms, Optimizer, Probe, ProbeRequest, Select, Step};
use crate::error::{Error, Result};
use crate::net::{Array, Graph, Weights};

/// What happens at a net's step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Accident {
    Diverge,
    Panic,
    Fail,
}

pub struct Fake {
    graph: Arc<Graph>,
    weights: Weights,
    done: usize,
    accident: Option<(usize, Accident)>,
    pause: Duration,
    finished: Vec<Step>,
    /// Looks at the engine before a step is done.
    lag: usize,
    looks: usize,
    /// Questions until its device is lost.
    life: Option<usize>,
}

impl Fake {
    pub fn open(graph: &Arc<Graph>, weights: &Weights, _: Optimizer) -> Result<Box<dyn Engine>> {
        Ok(Box::new(Self::new(graph, weights)))
    }

    pub fn new(graph: &Arc<Graph>, weights: &Weights) -> Self {
        Self {
            graph: Arc::clone(graph),
            weights: weights.clone(),
            done: 0,
            accident: None,
            pause: Duration::ZERO,
            finished: Vec::new(),
            lag: 0,
            looks: 0,
            life: None,
        }
    }

    /// Has an accident at that step (from 0).
    pub fn with(mut self, step: usize, accident: Accident) -> Self {
        self.accident = Some((step, accident));
        self
    }

    /// Takes that long for a step.
    pub fn slow(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Computes beside its caller: each step is done after that many looks.
    pub fn lagging(mut self, looks: usize) -> Self {
        self.lag = looks;
        self
    }

    /// Loses its device at that question.
    pub fn lost_after(mut self, questions: usize) -> Self {
        self.life = Some(questions);
        self
    }

    /// Counts a question; a lost device answers none.
    fn live(&mut self) -> Result<()> {
        if self.life == Some(0) {
            return Err(Error::DeviceLost("the fake device was lost".into()));
        }
        self.life = self.life.map(|life| life - 1);
        Ok(())
    }

    fn bias(&mut self) -> &mut f32 {
        &mut self.weights.get_mut("fc.bias").expect("every net has one").data[0]
    }

    fn norms(&self) -> Norms {
        Norms {
            activation: vec![1.0; self.graph.trunk().len()],
            weight: vec![1.0; self.graph.weighted().len()],
            ..Norms::default()
        }
    }
}

impl Engine for Fake {
    fn device(&self) -> String {
        "fake".into()
    }

    fn start(&mut self, batch: &Batch, rate: f32, measure: bool) -> Result<()> {
        self.live()?;
        std::thread::sleep(self.pause);
        let mut loss = 2.0 - *self.bias();
        match self.accident {
            Some((step, accident)) if step == self.done => match accident {
                Accident::Diverge => loss = f32::NAN,
                Accident::Panic => panic!("the fake engine fell over"),
                Accident::Fail => return Err(Error::Engine("the fake engine gave up".into())),
            },
            _ => {}
        }
        *self.bias() += rate * batch.images[0];
        self.done += 1;
        let norms = measure.then(|| self.norms());
        let correct = batch.len() / 2;
        self.finished.push(Step { loss, correct, norms });
        assert!(self.finished.len() <= 2, "at most two steps are under way");
        Ok(())
    }

    fn finished(&mut self, wait: bool) -> Result<Vec<Step>> {
        self.live()?;
        if wait || self.lag == 0 {
            return Ok(std::mem::take(&mut self.finished));
        }
        self.looks += 1;
        let done = self.looks > self.lag && !self.finished.is_empty();
        Ok(if done {
            self.looks = 0;
            vec![self.finished.remove(0)]
        } else {
            Vec::new()
        })
    }

    fn can_be_lost(&self) -> bool {
        self.life.is_some()
    }

    fn evaluate(&mut self, batch: &Batch, _: BnMode) -> Result<Evaluation> {
        self.live()?;
        Ok(Evaluation {
            loss_sum: batch.len() as f64,
            correct: batch.len() / 4,
            images: batch.len(),
        })
    }

    fn probe(&mut self, batch: &Batch, request: &ProbeRequest) -> Result<Probe> {
        self.live()?;
        let maps = |select: &Select| match select {
            Select::Nodes(names) => names.clone(),
            Select::None | Select::All => Vec::new(),
        };
        let array = |name: String| {
            let node = &self.graph.nodes[self.graph.find(&name).expect("tests ask for nodes that are there")];
            let shape = [&[batch.len()], &node.output[..]].concat();
            (name, Array::filled(shape, self.done as f32))
        };
        Ok(Probe {
            activations: maps(&request.activations).into_iter().map(array).collect(),
            activation_gradients: maps(&request.activation_gradients).into_iter().map(array).collect(),
            weight_gradients: self.weights.clone(),
            ..Probe::default()
        })
    }

    fn weights(&self) -> Result<Weights> {
        if self.life == Some(0) {
            return Err(Error::DeviceLost("the fake device was lost".into()));
        }
        Ok(self.weights.clone())
    }

    fn set_weights(&mut self, weights: &Weights) -> Result<()> {
        self.weights = weights.clone();
        Ok(())
    }

    fn optimizer_state(&self) -> Result<Weights> {
        let step = Array::filled(Vec::new(), self.done as f32);
        Ok(Weights::from([("step".into(), step)]))
    }

    fn set_optimizer_state(&mut self, state: &Weights) -> Result<()> {
        self.done = state["step"].data[0] as usize;
        Ok(())
    }
}
