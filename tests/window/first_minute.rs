//! The first minute, by pointer and by keyboard.

use depthscope::run::{Command, Event, Phase};
use depthscope::ui::{Action, FirstMinute, Guess, Room};
use eframe::egui::{Key, Theme};
use egui_kittest::kittest::Queryable;

use crate::page::{ALL, PLAIN, Page, STEPS, WINDOW, history};

#[test]
fn first_minute_from_question_to_verdict() {
    let mut page = Page::new(Room::FirstMinute, PLAIN, 0).open(WINDOW, Theme::Light, 1.0);
    page.snapshot("first_minute_question");

    page.get_by_label("Predict that plain-20 reaches the lower training loss")
        .click();
    page.run();
    assert!(page.state().actions.contains(&Action::Send(Command::Run)));
    page.state_mut().history = history(PLAIN, 120);
    page.run();
    page.snapshot("first_minute_offer");

    page.get_by_label("+ x: let each block add its input").click();
    page.step();
    let added = page.state().actions.iter().find_map(|action| match action {
        Action::Add(plan) => Some(plan.clone()),
        _ => None,
    });
    assert_eq!(added.unwrap().net, "resnet-56:width=8");
    page.state_mut().history = history(ALL, STEPS);
    for run in 0..3 {
        page.state_mut().history.apply(&Event::Finished { run, step: STEPS });
    }
    page.run_steps(12);
    page.snapshot("first_minute_verdict");

    page.get_by_label("Open the lab").click();
    page.run();
    assert!(page.state().actions.contains(&Action::Open(Room::Lab)));
    page.get_by_label("Why?").click();
    page.run();
    page.get_by_label("Open the lessons").click();
    page.run();
    assert!(page.state().actions.contains(&Action::Open(Room::Lessons)));
}

#[test]
fn first_minute_by_keyboard() {
    let mut page = Page::new(Room::FirstMinute, PLAIN, 0).open(WINDOW, Theme::Dark, 1.0);
    page.key_press(Key::Num2);
    page.run();
    assert_eq!(page.state().actions, [Action::Send(Command::Run)]);
    page.key_press(Key::Num1);
    page.run();
    assert_eq!(page.state().actions.len(), 1, "one prediction only");
}

#[test]
fn a_training_that_rests_can_go_on() {
    let mut page = Page::new(Room::FirstMinute, PLAIN, 58);
    page.first_minute = FirstMinute::with(Some(Guess::Deep));
    page.history.apply(&Event::Phase(Phase::Paused));
    let mut page = page.open(WINDOW, Theme::Light, 1.0);
    page.get_by_label("The training rests at step 58 of 400.");
    page.key_press(Key::Space);
    page.get_by_label("Go on with the training").click();
    page.run();
    let go_on = Action::Send(Command::Run);
    assert_eq!(page.state().actions, [go_on.clone(), go_on.clone()]);

    page.state_mut().actions.clear();
    page.state_mut().history = history(PLAIN, 120);
    page.state_mut().history.apply(&Event::Phase(Phase::Paused));
    page.run();
    page.get_by_label("+ x: let each block add its input");
    page.get_by_label("Go on with the training").click();
    page.run();
    assert_eq!(page.state().actions, [go_on]);
}
