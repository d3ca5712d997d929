//! A session from its opening to its end, without a window.

use super::*;
use crate::net::{Cut, Surgery};
use crate::run::{Branch, PlaneKind, Question, RunPlan};

fn one_net() -> Experiment {
    let mut experiment = Experiment::named("quick").unwrap();
    experiment.runs.truncate(1);
    experiment
}

pub fn wait(session: &mut Session, ctx: &egui::Context, what: impl Fn(&Session) -> bool) {
    let start = Instant::now();
    while !what(session) {
        assert!(session.failure.is_none(), "{:?}", session.failure);
        assert!(start.elapsed() < Duration::from_secs(60), "it takes too long");
        session.drain(ctx);
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_continues_a_run_is_left_out_where_all_begins_anew() {
    let ctx = egui::Context::default();
    let mut experiment = one_net();
    let of = experiment.runs[0].clone();
    let name = "branch".to_owned();
    experiment.runs.push(RunPlan {
        name: name.clone(),
        ..of.clone()
    });
    experiment.branches.push(Branch {
        name,
        of: of.name,
        step: 8,
        rate: 1.0,
    });
    let session = Session::open(experiment, None, History::default(), "cpu", &ctx, REPAINT_EVERY);
    assert_eq!(
        (session.experiment.runs.len(), session.experiment.branches.len()),
        (1, 0)
    );
    assert!(
        session
            .notice
            .as_ref()
            .is_some_and(|notice| notice.contains("left out"))
    );
}

#[test]
fn closing_while_training_loses_nothing() {
    let ctx = egui::Context::default();
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    let experiment = one_net();
    let every = REPAINT_EVERY;
    assert!(
        Session::resume(&folder, "cpu", &ctx, every).is_none(),
        "there is nothing yet"
    );
    let mut session = Session::open(experiment, Some(folder.clone()), History::default(), "cpu", &ctx, every);
    session.send(Command::Run);
    wait(&mut session, &ctx, |session| {
        session.history.runs.first().is_some_and(|series| series.step() >= 12)
    });
    let before = session.history.runs[0].clone();
    session.close().unwrap().join().unwrap();

    let mut session = Session::resume(&folder, "cpu", &ctx, every).unwrap();
    wait(&mut session, &ctx, |session| session.history.phase == Phase::Paused);
    let after = session.history.runs[0].clone();
    assert!(after.step() >= before.step(), "{} of {}", after.step(), before.step());
    assert_eq!(after.loss[..before.loss.len()], before.loss);
    assert!(!after.finished && !after.engine.is_empty());
    session.send(Command::Step(2));
    wait(&mut session, &ctx, |session| {
        session.history.runs[0].step() == after.step() + 2
    });
    let surgery = Surgery {
        cuts: [(0, Cut::Removed)].into(),
    };
    session.send(Command::Ask(Question::Lesion {
        run: 0,
        step: None,
        surgery,
    }));
    wait(&mut session, &ctx, |session| !session.findings.lesions.is_empty());
    let found = session.findings.lesions.clone();
    session.close().unwrap().join().unwrap();

    let session = Session::resume(&folder, "cpu", &ctx, every).unwrap();
    assert_eq!(session.findings.lesions, found);
}

#[test]
fn what_was_trained_to_its_end_is_over_when_it_is_opened_again() {
    let ctx = egui::Context::default();
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    let experiment = Experiment { steps: 3, ..one_net() };
    let every = REPAINT_EVERY;
    let mut session = Session::open(experiment, Some(folder.clone()), History::default(), "cpu", &ctx, every);
    session.send(Command::Run);
    wait(&mut session, &ctx, |session| session.history.phase == Phase::Done);
    session.close().unwrap().join().unwrap();
    let before = RunFolder::open(&folder).unwrap().summary.unwrap().runs;

    let mut session = Session::resume(&folder, "cpu", &ctx, every).unwrap();
    wait(&mut session, &ctx, |session| {
        assert_ne!(session.history.phase, Phase::Paused, "there is nothing to go on with");
        session.history.phase == Phase::Done && session.findings.summary.is_some()
    });
    assert!(session.history.runs[0].finished);
    session.pace.note(Instant::now() + Duration::from_secs(9), 5);
    assert_eq!(session.pace.steps_per_second(), None, "what went before counts no more");
    session.add(RunPlan::new("plain-8", "plain-8:width=4"));
    wait(&mut session, &ctx, |session| {
        session.history.runs.len() == 2 && session.history.phase == Phase::Done
    });
    let after = RunFolder::open(&folder).unwrap().summary.unwrap().runs;
    assert!(before[0].test_error.is_some());
    assert_eq!(after[0].test_error, before[0].test_error, "it was not trained again");
    session.send(Command::Reset);
    wait(&mut session, &ctx, |session| session.history.phase == Phase::Paused);
    assert_eq!(session.history.runs[0].step(), 0);
}

#[test]
fn a_busy_trainer_is_looked_at_even_where_its_wakes_are_lost() {
    let ctx = egui::Context::default();
    let never = Duration::from_secs(3600);
    let mut session = Session::open(one_net(), None, History::default(), "cpu", &ctx, never);
    let next_frame = |session: &mut Session| {
        let frames = (0..4).map(|_| {
            let mut output = ctx.run_ui(egui::RawInput::default(), |ui| session.drain(ui.ctx()));
            output.textures_delta.clear();
            output.viewport_output[&egui::ViewportId::ROOT].repaint_delay
        });
        frames.last().unwrap()
    };
    session.send(Command::Run);
    wait(&mut session, &ctx, |session| session.history.phase == Phase::Running);
    assert!(next_frame(&mut session) <= LOOK_EVERY);
    session.send(Command::Pause);
    wait(&mut session, &ctx, |session| session.history.phase == Phase::Paused);
    assert!(next_frame(&mut session) > LOOK_EVERY, "an idle window draws nothing");
}

#[test]
fn answers_about_nets_that_were_reset_are_dropped() {
    let ctx = egui::Context::default();
    let experiment = one_net();
    let mut session = Session::open(experiment, None, History::default(), "cpu", &ctx, REPAINT_EVERY);
    session.send(Command::Step(4));
    wait(&mut session, &ctx, |session| {
        session.history.runs.first().is_some_and(|series| series.step() == 4)
    });
    let plane = PlaneKind::Random;
    let question = |run| Question::Landscape {
        run,
        step: None,
        plane,
        side: 33,
    };
    session.send(Command::Ask(question(0)));
    wait(&mut session, &ctx, |session| {
        session.findings.landscape_at(0, plane, usize::MAX).is_some()
    });
    session.send(Command::Reset);
    wait(&mut session, &ctx, |session| {
        session.history.runs[0].step() == 0 && session.findings.working.is_empty()
    });
    for _ in 0..40 {
        session.drain(&ctx);
        thread::sleep(Duration::from_millis(5));
    }
    assert!(session.findings.landscape_at(0, plane, usize::MAX).is_none());
    assert_eq!(session.findings.resets, 1);
    // About the nets as they are now one can ask again.
    session.send(Command::Ask(question(0)));
    wait(&mut session, &ctx, |session| {
        session.findings.landscape_at(0, plane, 0).is_some()
    });
    session.send(Command::Dismiss);
}

#[test]
fn a_notice_is_shown_for_a_while() {
    let ctx = egui::Context::default();
    let mut session = Session::open(one_net(), None, History::default(), "cpu", &ctx, REPAINT_EVERY);
    session.notice = Some("first".into());
    session.retire_notice(&ctx);
    assert_eq!(session.news().notice, Some("first"));
    let long_ago = Instant::now().checked_sub(READ).unwrap();
    session.said = Some(("first".into(), long_ago));
    session.notice = Some("second".into());
    session.retire_notice(&ctx);
    assert_eq!(session.news().notice, Some("second"), "another one begins anew");
    session.said = Some(("second".into(), long_ago));
    session.retire_notice(&ctx);
    assert_eq!(session.news().notice, None);
}
