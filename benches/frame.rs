//! The window's own work a frame, without a window: `cargo bench --bench frame`. Four nets train while the lab shows ten
//! runs of 100,000 points each; measured are egui's pass over the lab and the tessellation of what it drew. Then what that
//! work costs a training beside it.

use std::thread;
use std::time::{Duration, Instant};

use depthscope::engine::{Choice, Norms};
use depthscope::error::Result;
use depthscope::net::{Graph, Spec};
use depthscope::run::{Event, Experiment, Findings, History, Phase, RunPlan, Shelf, Track, Trainer, TrainerOptions};
use depthscope::ui::{Lab, News, Panel, Preset, Scene, Speed, theme};
use eframe::egui::{Context, Pos2, RawInput, Rect, Vec2};

const POINTS: usize = 100_000;
const FRAMES: usize = 400;
/// Drawn before anything is measured: fonts are rasterised, charts are thinned for the first time.
const WARM_UP: usize = 30;
/// Training goes on in the first runs, by so many steps a frame.
const TRAINING: usize = 4;
const STEPS_A_FRAME: usize = 3;
/// The goals in milliseconds: median and 95th percentile.
const GOALS: [f64; 2] = [4.0, 8.0];
/// Frames a second.
const RATE: f64 = 30.0;
/// How long, and how often, training is watched without the window's work and with it.
const TURN: Duration = Duration::from_secs(4);
const TURNS: usize = 6;

fn main() -> Result<()> {
    println!(
        "{:<12} {:>10} {:>10} {:>10}",
        "arrangement", "median ms", "p95 ms", "most ms"
    );
    for preset in Preset::ALL {
        let mut times = frames(|lab| lab.tiling.arrange(preset));
        report(&format!("{preset:?}"), &mut times);
    }
    for &panel in Panel::ALL {
        let mut times = frames(|lab| {
            lab.tiling.open(panel);
            lab.tiling.maximised = true;
        });
        report(&format!("{panel:?}"), &mut times);
    }
    let [without, with] = throughput()?;
    println!(
        "training: {without:.0} steps a second without the window's work, {with:.0} with it at {RATE} Hz: {:.1} %",
        100.0 * (with / without - 1.0)
    );
    Ok(())
}

fn report(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| 1e3 * times[((times.len() - 1) as f64 * share) as usize].as_secs_f64();
    let (median, late) = (at(0.5), at(0.95));
    let goal = if median < GOALS[0] && late < GOALS[1] {
        ""
    } else {
        "  above the goal"
    };
    println!("{name:<12} {median:>10.2} {late:>10.2} {:>10.2}{goal}", at(1.0));
}

/// The time of each frame of a lab arranged so.
fn frames(arrange: impl Fn(&mut Lab)) -> Vec<Duration> {
    let experiment = experiment();
    let mut history = history(&experiment);
    let mut window = Window::default();
    arrange(&mut window.lab);
    let mut frame = || {
        for run in 0..TRAINING {
            let from = history.runs[run].step();
            (1..=STEPS_A_FRAME).for_each(|step| history.apply(&stepped(run, from + step)));
        }
        window.frame(&experiment, &history)
    };
    (0..WARM_UP).for_each(|_| _ = frame());
    (0..FRAMES).map(|_| frame()).collect()
}

/// The lab without a window around it.
struct Window {
    ctx: Context,
    lab: Lab,
    drawn: u32,
}

impl Default for Window {
    fn default() -> Self {
        let ctx = Context::default();
        theme::install(&ctx);
        let (lab, drawn) = Default::default();
        Self { ctx, lab, drawn }
    }
}

impl Window {
    /// Draws the next frame and tells how long that took.
    fn frame(&mut self, experiment: &Experiment, history: &History) -> Duration {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, Vec2::new(1920.0, 1080.0))),
            time: Some(f64::from(self.drawn) / RATE),
            ..RawInput::default()
        };
        self.drawn += 1;
        let engines = ["auto", "cpu"];
        let start = Instant::now();
        let mut output = self.ctx.run_ui(input, |ui| {
            let scene = Scene {
                experiment,
                history,
                findings: &Findings::default(),
                shelf: &Shelf::default(),
                failure: None,
                engine: "auto",
                engines: &engines,
            };
            self.lab.room_ui(ui, scene, Speed::default(), News::default(), None);
        });
        output.textures_delta.clear();
        let shapes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        let took = start.elapsed();
        assert!(!shapes.is_empty());
        took
    }
}

/// Steps a second of QUICK's four nets on the CPU engine without and with the lab drawn at [`RATE`], in turns.
fn throughput() -> Result<[f64; 2]> {
    let mut experiment = Experiment::named("quick")?;
    experiment.steps = 1_000_000;
    let options = TrainerOptions {
        engine: Choice::Cpu.into(),
        start: true,
        ..TrainerOptions::default()
    };
    let trainer = Trainer::spawn(experiment.clone(), options)?;
    let mut history = History::default();
    let mut window = Window::default();
    let mut turn = |drawing: bool| {
        let (start, mut steps, mut frame) = (Instant::now(), 0, 0);
        while start.elapsed() < TURN {
            for event in trainer.events() {
                steps += usize::from(matches!(event, Event::Stepped { .. }));
                history.apply(&event);
            }
            if drawing {
                window.frame(&experiment, &history);
            }
            frame += 1;
            let next = start + Duration::from_secs_f64(f64::from(frame) / RATE);
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        steps as f64 / start.elapsed().as_secs_f64()
    };
    turn(true);
    let turns: Vec<_> = (0..TURNS).map(|_| [turn(false), turn(true)]).collect();
    Ok([0, 1].map(|which| turns.iter().map(|rates| rates[which]).sum::<f64>() / TURNS as f64))
}

fn experiment() -> Experiment {
    let mut experiment = Experiment::named("quick").expect("it is embedded");
    experiment.steps = 2 * POINTS;
    experiment.runs = [8, 14, 20, 32, 56]
        .iter()
        .flat_map(|depth| ["plain", "resnet"].map(|family| format!("{family}-{depth}")))
        .map(|name| {
            let net = format!("{name}:width=8");
            RunPlan::new(name, net)
        })
        .collect();
    experiment
}

fn stepped(run: usize, step: usize) -> Event {
    let noise = ((step * 7919 + run * 104_729) % 1000) as f32 / 1000.0;
    Event::Stepped {
        run,
        step,
        loss: (0.1 * run as f32 + 2.0 / (1.0 + step as f32 / 500.0)) * (0.75 + 0.5 * noise),
        error: 0.05 * run as f32 + 0.2 * noise,
        rate: 0.02,
    }
}

fn history(experiment: &Experiment) -> History {
    let mut history = History::default();
    for (run, plan) in experiment.runs.iter().enumerate() {
        let spec = Spec::for_data(&plan.net, [1, 8, 8], 10).expect("the specs above are valid");
        let graph = Graph::new(&spec);
        let (trunk, weighted) = (graph.trunk().len(), graph.weighted().len());
        let track = Track {
            id: run,
            name: plan.name.clone(),
            spec,
            seed: 0,
        };
        history.apply(&Event::Started {
            track,
            step: 0,
            engine: "made up".into(),
        });
        for step in 1..=POINTS {
            history.apply(&stepped(run, step));
            if step % 250 == 0 {
                let norms = |count: usize| (0..count).map(|place| 0.9f32.powi(place as i32)).collect();
                history.apply(&Event::Measured {
                    run,
                    step,
                    norms: Norms {
                        activation: norms(trunk),
                        weight: norms(weighted),
                        parameter: vec![1.0; weighted],
                    },
                });
            }
        }
        for step in (0..16).map(|power| 1 << power) {
            history.apply(&Event::Kept { run, step });
        }
    }
    history.apply(&Event::Phase(Phase::Running));
    history
}
