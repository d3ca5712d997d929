//! The experiment as it is being edited, beside the one that runs.

use super::sizes::Sizes;
use crate::net::Spec;
use crate::run::{Experiment, History, RunPlan};

/// What a readable spec amounts to.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub spec: Spec,
    pub sizes: Sizes,
}

/// A net of the draft with what is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// Its own as long as it is there.
    pub id: usize,
    pub plan: RunPlan,
    /// Name of the net that runs and that this one was made of, or is.
    pub origin: Option<String>,
    pub check: Result<Facts, String>,
    /// What the net that runs costs.
    pub before: Option<Sizes>,
    /// What is wrong with its name.
    pub trouble: Option<String>,
}

/// What can be edited, and undone.
#[derive(Debug, Clone, PartialEq)]
pub struct Edited {
    /// Everything but the runs.
    pub recipe: Experiment,
    pub cards: Vec<Card>,
    /// Name of the engine asked for.
    pub engine: String,
    next: usize,
}

/// The edited experiment beside the one that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub now: Edited,
    running: Experiment,
    /// Shape and class count of the data that runs, once known.
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

/// The names of what differs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Differences {
    pub new: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
    pub recipe: bool,
}

impl Draft {
    /// A draft equal to an experiment.
    pub fn new(experiment: &Experiment, engine: &str) -> Self {
        let mut draft = Self {
            now: Edited {
                recipe: experiment.clone(),
                cards: Vec::new(),
                engine: engine.to_owned(),
                next: 0,
            },
            running: experiment.clone(),
            data: None,
        };
        draft.reset(engine);
        draft
    }

    /// Takes up what was added to the training, and what the data turned out to be.
    pub fn follow(&mut self, experiment: &Experiment, history: &History) {
        let data = history
            .runs
            .first()
            .map(|run| (run.track.spec.input, run.track.spec.classes));
        let grown = self.running != *experiment;
        if !grown && (data.is_none() || data == self.data) {
            return;
        }
        self.data = data.or(self.data);
        let known = std::mem::replace(&mut self.running, experiment.clone());
        self.now.recipe.branches.clone_from(&experiment.branches);
        for plan in experiment.runs.iter().filter(|plan| !known.runs.contains(plan)) {
            match self.now.cards.iter_mut().find(|card| card.plan.name == plan.name) {
                Some(card) => card.origin = Some(plan.name.clone()),
                None => self.push(plan.clone(), Some(plan.name.clone())),
            }
        }
        self.check();
    }

    /// Goes back to what runs.
    pub fn reset(&mut self, engine: &str) {
        self.now.recipe = self.running.clone();
        self.now.engine = engine.to_owned();
        self.now.cards.clear();
        for plan in self.running.runs.clone() {
            let origin = Some(plan.name.clone());
            self.push(plan, origin);
        }
        self.check();
    }

    /// Adds a net under that name, or a free one like it.
    pub fn add(&mut self, name: &str, net: String) {
        let name = self.free_name(name);
        self.push(RunPlan::new(name, net), None);
        self.check();
    }

    fn push(&mut self, plan: RunPlan, origin: Option<String>) {
        self.now.cards.push(Card {
            id: self.now.next,
            plan,
            origin,
            check: Err(String::new()),
            before: None,
            trouble: None,
        });
        self.now.next += 1;
    }

    /// Adds the card's net once more, or its twin with (without) shortcuts.
    pub fn derive(&mut self, index: usize, twin: bool) {
        let Some(card) = self.now.cards.get(index) else { return };
        match (&card.check, twin) {
            (_, false) => {
                let name = self.free_name(&card.plan.name);
                let plan = RunPlan {
                    name,
                    ..card.plan.clone()
                };
                self.push(plan, None);
                self.check();
            }
            (Ok(facts), true) => {
                let twin = facts.spec.twin();
                self.add(&twin.short_name(), twin.text_without_data());
            }
            (Err(_), true) => {}
        }
    }

    /// The name of the net that is the card's with (without) shortcuts, if there is one.
    pub fn twin_of(&self, card: &Card) -> Option<&str> {
        let twin = card.check.as_ref().ok()?.spec.twin();
        let is_twin = |other: &&Card| other.check.as_ref().is_ok_and(|facts| facts.spec == twin);
        self.now.cards.iter().find(is_twin).map(|card| card.plan.name.as_str())
    }

    /// Gives the card another net; a name that was the net's own follows it.
    pub fn change(&mut self, index: usize, spec: &Spec) {
        let card = &mut self.now.cards[index];
        let old = match &card.check {
            Ok(facts) => facts.spec.short_name(),
            Err(_) => String::new(),
        };
        card.plan = RunPlan::new(card.plan.name.clone(), spec.text_without_data());
        // A copy's is the net's, numbered.
        let numbered = |name: &str| name.strip_prefix(&old)?.strip_prefix('.')?.parse::<usize>().ok();
        let follows = card.plan.name == old || numbered(&card.plan.name).is_some();
        if follows && spec.short_name() != old {
            // Its own name must not stand in its way.
            card.plan.name.clear();
            let name = self.free_name(&spec.short_name());
            self.now.cards[index].plan.name = name;
        }
        self.check();
    }

    fn free_name(&self, name: &str) -> String {
        let taken = |name: &str| self.now.cards.iter().any(|card| card.plan.name == name);
        if !taken(name) {
            return name.to_owned();
        }
        let mut number = 2;
        while taken(&format!("{name}.{number}")) {
            number += 1;
        }
        format!("{name}.{number}")
    }

    fn read(&self, net: &str) -> Result<Facts, String> {
        let same_data = self.now.recipe.data == self.running.data;
        let shape = match self.data {
            Some(shape) if same_data => Some(shape),
            _ => self.now.recipe.data.known_shape(),
        };
        let spec = match shape {
            Some((input, classes)) => Spec::for_data(net, input, classes),
            None => net.parse(),
        };
        let spec = spec.map_err(|error| error.to_string())?;
        let sizes = Sizes::of(&spec);
        Ok(Facts { spec, sizes })
    }

    /// Reads every net and name again after an edit.
    pub fn check(&mut self) {
        let mut readable: Vec<RunPlan> = Vec::new();
        for index in 0..self.now.cards.len() {
            let card = &self.now.cards[index];
            let check = self.read(&card.plan.net);
            let ran = |name: &String| self.running.runs.iter().find(|plan| plan.name == *name);
            let ran = card.origin.as_ref().and_then(ran).map(|plan| self.read(&plan.net));
            let mut trouble = None;
            if check.is_ok() {
                readable.push(card.plan.clone());
                let so_far = Experiment {
                    runs: readable.clone(),
                    ..self.now.recipe.clone()
                };
                trouble = so_far.validate().err().map(|error| error.to_string());
                if trouble.is_some() {
                    readable.pop();
                }
            }
            let card = &mut self.now.cards[index];
            card.before = ran.and_then(Result::ok).map(|facts| facts.sizes);
            (card.check, card.trouble) = (check, trouble);
        }
    }

    /// The sentence of the first thing that stands in the way of starting it.
    pub fn obstacle(&self) -> Option<String> {
        if self.now.cards.is_empty() {
            return Some(rust_i18n::t!("An experiment needs at least one net.").into_owned());
        }
        self.now.cards.iter().find_map(|card| match &card.check {
            Err(sentence) => Some(sentence.clone()),
            Ok(_) => card.trouble.clone(),
        })
    }

    /// The experiment as edited.
    pub fn experiment(&self) -> Experiment {
        Experiment {
            runs: self.now.cards.iter().map(|card| card.plan.clone()).collect(),
            ..self.now.recipe.clone()
        }
    }

    /// The plan that runs and that a card was made of.
    pub fn ran(&self, card: &Card) -> Option<&RunPlan> {
        let name = card.origin.as_ref()?;
        self.running.runs.iter().find(|plan| plan.name == *name)
    }

    /// Compares with what runs.
    pub fn compare(&self, engine: &str) -> Change {
        let edited = self.experiment();
        if edited == self.running && self.now.engine == engine {
            return Change::None;
        }
        let (old, new) = edited.runs.split_at(self.running.runs.len().min(edited.runs.len()));
        let rest = Experiment {
            runs: old.to_vec(),
            ..edited.clone()
        };
        if rest == self.running && self.now.engine == engine {
            Change::Added(new.to_vec())
        } else {
            Change::Restart
        }
    }

    /// What differs from what runs, by name.
    pub fn differences(&self, engine: &str) -> Differences {
        let mut found = Differences::default();
        for card in &self.now.cards {
            match self.ran(card) {
                None => found.new.push(card.plan.name.clone()),
                Some(ran) if *ran != card.plan => found.changed.push(card.plan.name.clone()),
                Some(_) => {}
            }
        }
        let kept = |plan: &&RunPlan| {
            let origin = Some(&plan.name);
            !self.now.cards.iter().any(|card| card.origin.as_ref() == origin)
        };
        found.removed = self
            .running
            .runs
            .iter()
            .filter(kept)
            .map(|plan| plan.name.clone())
            .collect();
        let recipe = Experiment {
            runs: self.running.runs.clone(),
            ..self.now.recipe.clone()
        };
        found.recipe = recipe != self.running || self.now.engine != engine;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Field;
    use crate::ui::story::tests::history;

    fn draft() -> Draft {
        let mut experiment = Experiment::named("quick").unwrap();
        experiment.runs.truncate(2);
        let mut draft = Draft::new(&experiment, "auto");
        draft.follow(&experiment, &history(&[("plain-20:width=8", 1.0)], 0));
        draft
    }

    fn names(draft: &Draft) -> Vec<&str> {
        draft.now.cards.iter().map(|card| card.plan.name.as_str()).collect()
    }

    #[test]
    fn nets_are_checked_against_the_data() {
        let mut draft = draft();
        let facts = draft.now.cards[0].check.clone().unwrap();
        assert_eq!(facts.spec.input, [1, 8, 8]);
        assert_eq!(draft.now.cards[0].before, Some(facts.sizes));
        draft.now.cards[0].plan.net = "plain-21".into();
        draft.check();
        assert!(draft.obstacle().unwrap().contains("6n+2"));
        draft.reset("auto");
        draft.now.recipe.data.source = "textures".into();
        draft.check();
        let facts = draft.now.cards[0].check.clone().unwrap();
        assert_eq!(facts.spec.input, [3, 16, 16], "known before it is loaded");
    }

    #[test]
    fn changes_say_whether_a_restart_is_needed() {
        let mut draft = draft();
        assert_eq!(draft.compare("auto"), Change::None);
        draft.derive(1, true);
        assert_eq!(draft.now.cards[2].plan.name, "resnet-56");
        assert_eq!(draft.now.cards[2].plan.net, "resnet-56:width=8");
        assert!(matches!(draft.compare("auto"), Change::Added(new) if new.len() == 1));
        let deeper = draft.now.cards[0]
            .check
            .clone()
            .unwrap()
            .spec
            .with(Field::Depth, "32")
            .unwrap();
        draft.change(0, &deeper);
        draft.now.cards.remove(1);
        draft.now.recipe.steps += 1;
        assert_eq!(draft.compare("auto"), Change::Restart);
        let found = draft.differences("auto");
        assert_eq!(found.new, ["resnet-56"]);
        assert_eq!(found.changed, ["plain-32"], "the name follows the net");
        assert_eq!(found.removed, ["plain-56"]);
        assert!(found.recipe);
        assert!(draft.now.cards[0].before.unwrap().parameters < Sizes::of(&deeper).parameters);
    }

    #[test]
    fn the_name_of_a_copy_follows_its_net() {
        let mut draft = draft();
        draft.derive(1, false);
        assert_eq!(draft.now.cards[2].plan.name, "plain-56.2");
        let spec = draft.now.cards[2].check.clone().unwrap().spec;
        draft.change(2, &spec.with(Field::Depth, "26").unwrap());
        assert_eq!(draft.now.cards[2].plan.name, "plain-26");
    }

    #[test]
    fn what_joins_the_training_is_no_change_any_more() {
        let mut draft = draft();
        draft.derive(1, true);
        let Change::Added(plans) = draft.compare("auto") else {
            panic!()
        };
        let mut experiment = draft.running.clone();
        experiment.runs.extend(plans);
        let branch = RunPlan::new("plain-56-from-64", "plain-56:width=8");
        experiment.runs.push(branch);
        draft.follow(&experiment, &History::default());
        assert_eq!(draft.compare("auto"), Change::None);
        assert_eq!(names(&draft), ["plain-20", "plain-56", "resnet-56", "plain-56-from-64"]);
    }

    #[test]
    fn a_copy_starts_from_the_same_weights_and_another_net_from_its_own() {
        let mut draft = draft();
        draft.now.cards[0].plan.weights = Some("w.safetensors".into());
        draft.derive(0, false);
        let copy = draft.now.cards.last().unwrap().plan.clone();
        assert_eq!(copy.weights, draft.now.cards[0].plan.weights);
        draft.change(0, &"plain-8:width=8".parse().unwrap());
        assert_eq!(draft.now.cards[0].plan.weights, None);
    }

    #[test]
    fn copies_get_free_names() {
        let mut draft = draft();
        draft.derive(0, false);
        draft.derive(0, false);
        assert_eq!(names(&draft), ["plain-20", "plain-56", "plain-20.2", "plain-20.3"]);
        assert_eq!(draft.obstacle(), None);
        draft.now.cards[2].plan.name = "plain-20".into();
        draft.check();
        assert!(
            draft.now.cards[2]
                .trouble
                .as_ref()
                .unwrap()
                .contains("two runs are called")
        );
        draft.now.cards.clear();
        assert!(draft.obstacle().is_some());
    }
}
