//! A page of the window with made-up measurements, and how it is photographed.

use depthscope::net::{Array, Graph, Spec};
use depthscope::probe::Subject;
use depthscope::run::{Event, Experiment, History, MapRequest, Maps, Phase, Track};
use depthscope::ui::{Action, FirstMinute, Lab, News, Picture, Room, Scene, Shown, Speed, theme};
use depthscope::{engine::Norms, paint, palette};
use eframe::egui::{self, Theme, Vec2};
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};

pub const STEPS: usize = 400;

/// The nets of a history with the losses they start from and end at.
pub type Nets<'a> = &'a [(&'a str, f32, f32)];

/// Losses fall from start to end with a ripple instead of noise; gradients are straight slopes.
pub fn history(nets: Nets<'_>, steps: usize) -> History {
    let mut history = History::default();
    for (id, &(net, from, to)) in nets.iter().enumerate() {
        let spec = Spec::for_data(net, [1, 8, 8], 10).unwrap();
        let blocks = Graph::new(&spec).blocks.len();
        let residual = spec.residual();
        let weighted = Graph::new(&spec).weighted().len();
        let track = Track {
            id,
            name: spec.short_name(),
            spec,
            seed: 0,
        };
        history.apply(&Event::Started {
            track,
            step: 0,
            engine: "candle on CPU (2 threads)".into(),
        });
        // Steep at the start, levelling out: what weather is there to see.
        let measured = |step: usize| {
            let levelled = 1.0 - (-(step as f32) / 40.0).exp();
            let slope: f32 = if residual { 0.98 } else { 0.4 + 0.35 * levelled };
            let norms = |count: usize, last: f32| {
                (0..count)
                    .map(|place| last * slope.powf((count - 1 - place) as f32 * blocks as f32 / (count - 1) as f32))
                    .collect()
            };
            Event::Measured {
                run: id,
                step,
                norms: Norms {
                    activation: norms(blocks + 1, 0.05),
                    weight: norms(weighted, 0.2),
                    parameter: vec![4.0; weighted],
                },
            }
        };
        history.apply(&measured(0));
        for step in 1..=steps {
            let ripple = 1.0 + 0.25 * (step as f32 * 1.7).sin() * (step as f32 * 0.37).cos();
            let loss = (to + (from - to) * (-(step as f32) / 60.0).exp()) * ripple;
            history.apply(&Event::Stepped {
                run: id,
                step,
                loss,
                error: (loss / 2.6).clamp(0.0, 0.9),
                rate: 0.02,
            });
            if step % 10 == 0 {
                history.apply(&measured(step));
            }
        }
    }
    history.apply(&Event::Phase(if steps == 0 { Phase::Paused } else { Phase::Running }));
    history
}

pub fn digit() -> Picture {
    let rows = [
        "00499400", "09944990", "00000990", "00099400", "00004990", "00000499", "09400990", "00999400",
    ];
    Picture {
        values: rows
            .concat()
            .chars()
            .map(|c| c.to_digit(10).unwrap() as f32 / 9.0)
            .collect(),
        size: [8, 8],
        label: "3".into(),
    }
}

fn quick(nets: Nets<'_>) -> Experiment {
    let mut experiment = Experiment::named("quick").unwrap();
    experiment.steps = STEPS;
    experiment.runs = nets
        .iter()
        .map(|(net, ..)| depthscope::run::RunPlan::new(net.split(':').next().unwrap(), *net))
        .collect();
    experiment
}

/// A room with everything it draws from.
pub struct Page {
    pub experiment: Experiment,
    pub history: History,
    pub findings: depthscope::run::Findings,
    pub shelf: depthscope::run::Shelf,
    pub failure: Option<String>,
    pub room: Room,
    pub first_minute: FirstMinute,
    pub lab: Lab,
    pub shown: Option<Shown>,
    pub actions: Vec<Action>,
    /// Another theme than the harness knows.
    pub look: Option<theme::Look>,
    pub lecture: bool,
    pub news: News<'static>,
}

impl Page {
    pub fn new(room: Room, nets: Nets<'_>, steps: usize) -> Self {
        Self {
            experiment: quick(nets),
            history: history(nets, steps),
            findings: Default::default(),
            shelf: Default::default(),
            failure: None,
            room,
            first_minute: FirstMinute::default(),
            lab: Lab::default(),
            shown: None,
            actions: Vec::new(),
            look: None,
            lecture: false,
            news: News::default(),
        }
    }

    pub fn open<'a>(self, size: Vec2, theme_choice: Theme, scale: f32) -> Harness<'a, Page> {
        Harness::builder()
            .with_size(size)
            .with_pixels_per_point(scale)
            .with_theme(theme_choice)
            .with_options(SnapshotOptions::default().threshold(1.2).max_failed_pixels(600))
            .wgpu()
            .build_eframe(move |context| {
                theme::install(&context.egui_ctx);
                if let Some(look) = self.look {
                    look.apply(&context.egui_ctx);
                }
                theme::set_lecture(&context.egui_ctx, self.lecture);
                let render_state = context.wgpu_render_state.as_ref().expect("the harness draws with wgpu");
                paint::install(render_state, palette::cividis());
                let mut page = self;
                page.shown = Some(Shown::new(&context.egui_ctx, maps(&page.history)));
                page
            })
    }
}

impl eframe::App for Page {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let scene = Scene {
            experiment: &self.experiment,
            history: &self.history,
            findings: &self.findings,
            shelf: &self.shelf,
            failure: self.failure.as_deref(),
            engine: "auto",
            engines: &["auto", "candle"],
        };
        let speed = Speed {
            images_per_second: Some(3120.0),
            seconds_left: Some(34.0),
            usual_images_per_second: Some(3120.0),
        };
        let fill = ui.visuals().panel_fill;
        egui::CentralPanel::no_frame()
            .frame(egui::Frame::new().fill(fill))
            .show(ui, |ui| {
                if !ui.ctx().text_edit_focused() && !self.lab.finding() {
                    self.lab
                        .keys(ui, self.room, scene, self.shown.as_ref(), &mut self.actions);
                }
                self.lab.take_dropped(ui.ctx(), &mut self.actions);
                let actions = match self.room {
                    Room::FirstMinute => self.first_minute.room_ui(ui, scene, Some(&digit())),
                    Room::Lab => self.lab.room_ui(ui, scene, speed, self.news, self.shown.as_ref()),
                    Room::Lessons => self.lab.lessons_ui(ui),
                };
                self.actions.extend(actions);
                self.lab.finder_ui(ui, self.room, scene, &mut self.actions);
            });
    }
}

/// Rings in every channel.
pub fn maps(history: &History) -> Maps {
    let of = |run: usize, [channels, height, width]: [usize; 3]| {
        let value = |at: usize| {
            let (channel, y, x) = (at / (height * width), at / width % height, at % width);
            if run == 1 && channel == 5 {
                return 0.0;
            }
            let (dy, dx) = (y as f32 - height as f32 / 2.0, x as f32 - width as f32 / 2.0);
            ((dy * dy + dx * dx).sqrt() - channel as f32 * 0.5 + run as f32)
                .cos()
                .max(0.0)
                * 2.5
        };
        let data = (0..channels * height * width).map(value).collect();
        (
            STEPS,
            Array {
                shape: vec![channels, height, width],
                data,
            },
        )
    };
    let right = history.runs.len() - 1;
    Maps {
        request: MapRequest {
            nodes: vec![(1.min(right), "layer1.0".into()), (right, "layer1.0".into())],
            image: Subject::Test(0),
            step: None,
        },
        image: Array {
            shape: vec![1, 8, 8],
            data: digit().values,
        },
        label: Some(3),
        images: 359,
        classes: (0..10).map(|digit| digit.to_string()).collect(),
        predictions: [0.4, 0.98]
            .map(|sure| {
                (0..10)
                    .map(|class| if class == 3 { sure } else { (1.0 - sure) / 9.0 })
                    .collect()
            })
            .into(),
        maps: vec![of(0, [8, 8, 8]), of(1, [8, 8, 8])],
    }
}

pub const PLAIN: Nets<'_> = &[("plain-20:width=8", 2.4, 0.1), ("plain-56:width=8", 2.5, 1.7)];
pub const ALL: Nets<'_> = &[
    ("plain-20:width=8", 2.4, 0.1),
    ("plain-56:width=8", 2.5, 1.7),
    ("resnet-56:width=8", 2.4, 0.004),
];
pub const WINDOW: Vec2 = Vec2::new(1024.0, 640.0);

/// Takes a picture of each page, all failures together.
pub fn pictures(pages: impl IntoIterator<Item = (Page, Vec2, Theme, f32, &'static str)>) {
    let mut results = SnapshotResults::new();
    for (page, size, theme, scale, name) in pages {
        let mut page = page.open(size, theme, scale);
        page.snapshot(name);
        results.extend(page.take_snapshot_results());
    }
}
