//! The experiment as it is being edited, beside the one that runs.

use crate::net::{Graph, Spec, Table};
use crate::run::{Experiment, History, RunPlan};

/// A net of the draft with what is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub plan: RunPlan,
    pub check: Result<Facts, String>,
}

/// What a readable spec amounts to.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub spec: Spec,
    pub parameters: usize,
    /// For one image.
    pub multiply_adds: u64,
}

/// The edited experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Everything but the runs.
    pub experiment: Experiment,
    pub cards: Vec<Card>,
    /// Name of the engine asked for.
    pub engine: String,
    /// Shape and class count of the data, once known.
    data: Option<([usize; 3], usize)>,
}

/// How the draft differs from what runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    None,
    /// Only new nets: they can join the training.
    Added(Vec<RunPlan>),
    /// It takes a restart.
    Restart,
}

impl Draft {
    /// A draft equal to an experiment.
    pub fn new(experiment: &Experiment, engine: &str) -> Self {
        let mut draft = Self {
            experiment: experiment.clone(),
            cards: Vec::new(),
            engine: String::new(),
            data: None,
        };
        draft.undo(experiment, engine);
        draft
    }

    /// Learns shape and classes of the data from the runs that have started.
    pub fn learn(&mut self, history: &History) {
        let data = history
            .runs
            .first()
            .map(|run| (run.track.spec.input, run.track.spec.classes));
        if data.is_some() && data != self.data {
            self.data = data;
            for index in 0..self.cards.len() {
                self.recheck(index);
            }
        }
    }

    /// Goes back to an experiment; what is known of the data stays.
    pub fn undo(&mut self, experiment: &Experiment, engine: &str) {
        self.experiment = experiment.clone();
        self.engine = engine.to_owned();
        self.cards.clear();
        for plan in &experiment.runs {
            self.push(plan.clone());
        }
    }

    /// Adds a net.
    pub fn push(&mut self, plan: RunPlan) {
        let check = self.check(&plan.net);
        self.cards.push(Card { plan, check });
    }

    /// Reads a card's spec again after an edit.
    pub fn recheck(&mut self, index: usize) {
        let check = self.check(&self.cards[index].plan.net);
        self.cards[index].check = check;
    }

    /// Adds the card's net once more under a free name, or its twin with (without) shortcuts.
    pub fn derive(&mut self, index: usize, twin: bool) {
        let Some(card) = self.cards.get(index) else { return };
        let mut plan = card.plan.clone();
        if twin {
            let Ok(facts) = &card.check else { return };
            let mut spec = facts.spec.twin();
            let usual = Spec::new(spec.family, spec.depth);
            (spec.input, spec.classes) = (usual.input, usual.classes);
            plan.net = spec.to_string();
            plan.name = spec.short_name();
        }
        plan.name = self.free_name(&plan.name);
        self.push(plan);
    }

    fn free_name(&self, name: &str) -> String {
        let taken = |name: &str| self.cards.iter().any(|card| card.plan.name == name);
        if !taken(name) {
            return name.to_owned();
        }
        let mut number = 2;
        while taken(&format!("{name}.{number}")) {
            number += 1;
        }
        format!("{name}.{number}")
    }

    fn check(&self, net: &str) -> Result<Facts, String> {
        let spec = match self.data {
            Some((input, classes)) => Spec::for_data(net, input, classes),
            None => net.parse(),
        };
        let spec = spec.map_err(|error| error.to_string())?;
        let table = Table::new(&Graph::new(&spec));
        Ok(Facts {
            spec,
            parameters: table.parameters,
            multiply_adds: table.multiply_adds,
        })
    }

    /// The sentence of the first thing that stands in the way of starting it.
    pub fn obstacle(&self) -> Option<String> {
        if self.cards.is_empty() {
            return Some("an experiment needs at least one net".into());
        }
        for (index, card) in self.cards.iter().enumerate() {
            if let Err(sentence) = &card.check {
                return Some(sentence.clone());
            }
            let name = &card.plan.name;
            if self.cards[..index].iter().any(|other| other.plan.name == *name) {
                return Some(format!("two nets are named '{name}'"));
            }
        }
        None
    }

    /// The experiment as edited.
    pub fn experiment(&self) -> Experiment {
        Experiment {
            runs: self.cards.iter().map(|card| card.plan.clone()).collect(),
            ..self.experiment.clone()
        }
    }

    /// Compares with what runs.
    pub fn change(&self, running: &Experiment, engine: &str) -> Change {
        let edited = self.experiment();
        if edited == *running && self.engine == engine {
            return Change::None;
        }
        let (old, new) = edited.runs.split_at(running.runs.len().min(edited.runs.len()));
        let rest = Experiment {
            runs: old.to_vec(),
            ..edited.clone()
        };
        if rest == *running && self.engine == engine {
            Change::Added(new.to_vec())
        } else {
            Change::Restart
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::story::tests::history;

    fn draft() -> (Experiment, Draft) {
        let mut experiment = Experiment::named("quick").unwrap();
        experiment.runs.truncate(2);
        let mut draft = Draft::new(&experiment, "auto");
        draft.learn(&history(&[("plain-20:width=8", 1.0)], 0));
        (experiment, draft)
    }

    #[test]
    fn nets_are_checked_against_the_data() {
        let (_, mut draft) = draft();
        let facts = draft.cards[0].check.clone().unwrap();
        assert_eq!(facts.spec.input, [1, 8, 8]);
        assert!(facts.parameters > 10_000 && facts.multiply_adds > 100_000);
        draft.cards[0].plan.net = "plain-21".into();
        draft.recheck(0);
        assert!(draft.obstacle().unwrap().contains("6n+2"));
    }

    #[test]
    fn changes_say_whether_a_restart_is_needed() {
        let (experiment, mut draft) = draft();
        assert_eq!(draft.change(&experiment, "auto"), Change::None);
        draft.derive(1, true);
        assert_eq!(draft.cards[2].plan.name, "resnet-56");
        assert_eq!(draft.cards[2].plan.net, "resnet-56:width=8");
        assert!(matches!(draft.change(&experiment, "auto"), Change::Added(new) if new.len() == 1));
        draft.experiment.steps += 1;
        assert_eq!(draft.change(&experiment, "auto"), Change::Restart);
    }

    #[test]
    fn copies_get_free_names() {
        let (_, mut draft) = draft();
        draft.derive(0, false);
        draft.derive(0, false);
        let names: Vec<&str> = draft.cards.iter().map(|card| card.plan.name.as_str()).collect();
        assert_eq!(names, ["plain-20", "plain-56", "plain-20.2", "plain-20.3"]);
        assert_eq!(draft.obstacle(), None);
        draft.cards[2].plan.name = "plain-20".into();
        assert!(draft.obstacle().unwrap().contains("two nets are named"));
        draft.cards.clear();
        assert!(draft.obstacle().is_some());
    }
}
