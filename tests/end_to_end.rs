//! What the experiments are there to show, trained without a window.

use depthscope::run::{Event, Experiment, History, Phase, Series, Trainer, TrainerOptions};

fn trained(experiment: Experiment, start: bool, until: Phase) -> History {
    let options = TrainerOptions {
        start,
        ..TrainerOptions::default()
    };
    let trainer = Trainer::spawn(experiment, options).unwrap();
    let mut history = History::default();
    while let Some(event) = trainer.wait() {
        if let Event::Failed(why) = &event {
            panic!("{why}");
        }
        history.apply(&event);
        if event == Event::Phase(until) {
            break;
        }
    }
    history
}

fn run<'a>(history: &'a History, name: &str) -> &'a Series {
    history.runs.iter().find(|series| series.track.name == name).unwrap()
}

#[test]
fn quick_shows_degradation_and_its_cure() {
    let mut experiment = Experiment::named("quick").unwrap();
    experiment.steps = 200;
    let history = trained(experiment, true, Phase::Done);
    let loss = |name| run(&history, name).final_loss().unwrap();
    let (plain_20, plain_56) = (loss("plain-20"), loss("plain-56"));
    assert!(
        plain_56 > plain_20,
        "deeper, yet not worse: {plain_56} against {plain_20}"
    );
    let resnet_56 = loss("resnet-56");
    assert!(
        resnet_56 < plain_56 - 0.5,
        "shortcuts do not help: {resnet_56} against {plain_56}"
    );
    assert!(
        resnet_56 < plain_20,
        "the deep residual net lags: {resnet_56} against {plain_20}"
    );
}

#[test]
fn vanishing_shows_at_initialisation() {
    let history = trained(Experiment::named("vanishing").unwrap(), false, Phase::Paused);
    // From the first block's output to the last block's: the stem stands before them.
    let ratio = |name| {
        let norms = &run(&history, name).measured[0].norms.activation;
        assert_eq!(norms.len(), 1 + 27);
        norms[1] / norms[27]
    };
    let (plain, residual) = (ratio("plain-56"), ratio("resnet-56"));
    assert!(plain < 1e-8, "plain-56's gradient falls only to {plain} of itself");
    assert!(
        (0.3..10.0).contains(&residual),
        "resnet-56's gradient changes by {residual}"
    );
}

#[test]
fn the_same_experiment_gives_the_same_curves() {
    let curves = |only: &[&str]| {
        let mut experiment = Experiment::named("faithful").unwrap();
        experiment.steps = 15;
        experiment.runs.retain(|plan| only.contains(&plan.name.as_str()));
        let history = trained(experiment, true, Phase::Done);
        let mut runs = history.runs;
        runs.iter_mut().for_each(|series| series.track.id = 0);
        runs
    };
    let together = curves(&["plain-20", "resnet-20", "resnet-56"]);
    assert_eq!(together, curves(&["plain-20", "resnet-20", "resnet-56"]));
    assert_eq!(
        together[1..2],
        curves(&["resnet-20"]),
        "company and cores change nothing"
    );
}
