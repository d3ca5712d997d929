//! How the trainer keeps weights on the way, has questions about them answered, and lets runs go on from them.

use std::sync::Arc;

use rust_i18n::t;

use super::checkpoint::{self, Checkpoint};
use super::experiment::{Branch, Experiment, RunId, RunPlan};
use super::lockstep::Lockstep;
use super::message::{Event, Phase};
use super::rewind::{Question, Snapshot, Task, grid};
use crate::engine::OptimizerKind;
use crate::error::{Error, Result, Sentence};
use crate::net::{Graph, Param};

impl Lockstep<'_> {
    /// Where weights of such a net are kept, and whether with the optimiser's state.
    pub(super) fn grid_of(&self, graph: &Graph) -> (Vec<usize>, bool) {
        let bytes = |trained: bool| -> usize {
            let counted = graph.params.iter().filter(|param| param.kind.trained() || !trained);
            4 * counted.map(Param::len).sum::<usize>()
        };
        let moments = match self.course.experiment.optimizer.kind {
            OptimizerKind::Sgd => 1,
            OptimizerKind::Adam => 2,
        };
        grid(self.course.experiment.steps, bytes(false), moments * bytes(true))
    }

    /// Takes up the runs from `first` on: what their folders hold, and what they start from.
    pub(super) fn open_keeps(&mut self, first: usize) -> Result<()> {
        for run in first..self.lanes.len() {
            let lane = &self.lanes[run];
            let (name, seed) = (&lane.track.name, lane.track.seed);
            let folder = self.layout.as_ref().map(|layout| layout.keeps(name, seed));
            self.study.give(Task::Net(run, Arc::clone(&lane.graph), seed));
            match self.keeps.open(run, folder, lane.step) {
                Ok(steps) => self
                    .outbox
                    .push_all(steps.into_iter().map(|step| Event::Kept { run, step })),
                Err(error) => self.say(&error.to_string()),
            }
            if self.lanes[run].origin.is_some() && !self.keeps.holds(run, self.lanes[run].step) {
                self.keep(run)?;
            }
            self.keep_if_due(run)?;
        }
        Ok(())
    }

    /// Keeps a run's weights where its grid has a step.
    pub(super) fn keep_if_due(&mut self, run: RunId) -> Result<()> {
        let lane = &self.lanes[run];
        if lane.keeps_at(lane.step) && !self.keeps.holds(run, lane.step) {
            self.keep(run)?;
        }
        Ok(())
    }

    /// Keeps a run's weights as they are.
    pub(super) fn keep(&mut self, run: RunId) -> Result<()> {
        let lane = &mut self.lanes[run];
        if lane.keeps.0.is_empty() || self.keeps.holds(run, lane.step) {
            return Ok(());
        }
        let mut checkpoint = lane.checkpoint(&self.course)?;
        if !lane.keeps.1 {
            checkpoint.optimizer.clear();
        }
        let step = checkpoint.state.step;
        self.keeps.put(run, checkpoint);
        self.study.give(Task::Save);
        self.outbox.push(Event::Kept { run, step });
        Ok(())
    }

    /// Hands a question on, with the weights of now where it is about them.
    pub(super) fn ask(&mut self, question: Question) {
        let (run, step) = question.about();
        let Some(lane) = self.lanes.get_mut(run) else {
            return self.say(&t!("there is no run %{run} to ask about", run = run));
        };
        let snapshot = match step {
            Some(_) => None,
            None => match lane.ask(&self.course, |engine| engine.weights()) {
                Ok(weights) => Some(Snapshot {
                    step: lane.reached(),
                    weights: Arc::new(weights),
                }),
                Err(error) => return self.say(&error.to_string()),
            },
        };
        self.study.give(Task::Ask(question, snapshot));
    }

    /// Adds a run for each seed that goes on from the kept weights of that step; the sentence says why not.
    pub(super) fn branch(&mut self, name: &str, step: usize, rate: f32) -> Result<()> {
        let first = self.lanes.len();
        if let Err(error) = self.try_branch(name, step, rate) {
            self.lanes.truncate(first);
            self.say(&error.to_string());
            return Ok(());
        }
        for run in first..self.lanes.len() {
            self.save(run);
        }
        self.begin(first)?;
        if self.phase == Phase::Done {
            self.set_phase(Phase::Running);
        }
        Ok(())
    }

    fn try_branch(&mut self, name: &str, step: usize, rate: f32) -> Result<()> {
        let fail = |why: Sentence| Err(Error::Run(why));
        if !(rate.is_finite() && rate > 0.0) {
            return fail(t!(
                "the learning rate cannot be multiplied by %{rate}; give a number above 0",
                rate = rate
            ));
        }
        let parents: Vec<RunId> = self
            .lanes
            .iter()
            .filter(|lane| lane.track.name == name)
            .map(|lane| lane.track.id)
            .collect();
        let Some(&first) = parents.first() else {
            return fail(t!("there is no run '%{name}' to continue", name = name));
        };
        let origins: Vec<Arc<Checkpoint>> = parents
            .iter()
            .map(|&run| self.keeps.at(run, step))
            .collect::<Result<_>>()?;
        let step = origins[0].state.step;
        let experiment = &self.course.experiment;
        if origins.iter().any(|origin| origin.state.step != step) {
            return fail(t!(
                "the seeds of %{name} have not all kept their weights of step %{step}",
                name = name,
                step = step
            ));
        }
        if step >= experiment.steps {
            return fail(t!(
                "%{name} ends at step %{step}; choose an earlier one to continue from",
                name = name,
                step = step
            ));
        }
        let plan = RunPlan::new(
            branch_name(experiment, name, step, rate),
            self.lanes[first].track.spec.to_string(),
        );
        experiment.check_plan(&plan, &experiment.runs)?;
        // What continues a continuation has both factors.
        let rate = rate * self.lanes[first].rate;
        let branch = Branch {
            name: plan.name.clone(),
            of: name.to_owned(),
            step,
            rate,
        };
        let born = self.lanes.len();
        self.build(plan)?;
        for (lane, origin) in self.lanes[born..].iter_mut().zip(origins) {
            lane.branch_off(&origin, &self.course)?;
            lane.rate = rate;
            lane.origin = Some(origin);
        }
        let exact = self.lanes[born..]
            .iter()
            .all(|lane| lane.origin.as_ref().is_some_and(|origin| !origin.optimizer.is_empty()));
        if !exact {
            self.say(&t!(
                "%{run} goes on without the optimiser's memory, which was not kept for a net of this size",
                run = branch.name
            ));
        }
        self.course.experiment.branches.push(branch.clone());
        self.outbox.push(Event::Branched(branch));
        Ok(())
    }

    /// After a restart: what branches of a resumed folder continue.
    pub(super) fn find_origins(&mut self) -> Result<()> {
        let Some(layout) = self.layout.clone() else {
            return Ok(());
        };
        for lane in &mut self.lanes {
            let Some(branch) = self.course.experiment.branch(&lane.track.name) else {
                continue;
            };
            let folder = layout.keeps(&lane.track.name, lane.track.seed);
            let origin = Checkpoint::read(&checkpoint::folder(&folder, branch.step)).map_err(|error| {
                Error::Run(t!(
                    "%{run} cannot go on without the weights it started from: %{error}",
                    run = lane.track.name,
                    error = error
                ))
            })?;
            if lane.step < origin.state.step {
                lane.branch_off(&origin, &self.course)?;
            }
            lane.origin = Some(Arc::new(origin));
        }
        Ok(())
    }
}

impl Experiment {
    /// Of which run, and from where, a run is the continuation.
    pub fn branch(&self, name: &str) -> Option<&Branch> {
        self.branches.iter().find(|branch| branch.name == name)
    }

    /// Leaves out the runs that continue others: at the start there is nothing to continue yet. The sentence says which.
    pub fn leave_branches(&mut self) -> Option<String> {
        let branches = std::mem::take(&mut self.branches);
        let names: Vec<String> = branches.into_iter().map(|branch| branch.name).collect();
        self.runs.retain(|plan| !names.contains(&plan.name));
        let listed = names.join(", ");
        (!names.is_empty()).then(|| {
            t!(
                "left out, because they continue runs that start anew: %{listed}",
                listed = listed
            )
            .into()
        })
    }
}

/// `plain-56-from-128`, `plain-56-from-128-x0.1`, with a number behind it where that is taken.
fn branch_name(experiment: &Experiment, of: &str, step: usize, rate: f32) -> String {
    let factor = if rate == 1.0 {
        String::new()
    } else {
        format!("-x{rate}")
    };
    let wish = format!("{of}-from-{step}{factor}");
    let taken = |name: &str| experiment.runs.iter().any(|plan| plan.name.eq_ignore_ascii_case(name));
    let numbered = (2..).map(|number| format!("{wish}-{number}"));
    std::iter::once(wish.clone())
        .chain(numbered)
        .find(|name| !taken(name))
        .unwrap_or(wish)
}
