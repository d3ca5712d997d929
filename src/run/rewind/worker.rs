//! The worker: a thread beside the study for questions that take seconds or minutes, so that maps and cuts are answered
//! meanwhile. It tells what it has found so far and how long it will take, and can be sent home.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rayon::ThreadPool;
use rust_i18n::t;

use super::question::{Finding, LandscapeView, Origin, PlaneKind, Question, Work};
use super::study::{Setup, Snapshot, caught};
use crate::data::{Batch, Dataset};
use crate::engine::{BnMode, Optimizer};
use crate::error::{Error, Result};
use crate::net::{Cut, Graph, Surgery, Weights};
use crate::probe::{
    Landscape, Path, Patient, Plane, Target, Trial, accuracy, backbone, backbone_fits, landscape, lesions, rescaled,
};
use crate::run::course::tests_of;
use crate::run::experiment::RunId;

/// Findings so far are told this often.
pub(super) const TELL_EVERY: Duration = Duration::from_millis(150);
/// Training images that the loss around weights is of, and how many of them are normalised together.
const SAMPLE: usize = 256;
const TOGETHER: usize = 128;
/// How far along a random direction is looked.
const REACH: [[f32; 2]; 2] = [[-1.0, 1.0]; 2];
/// What weights are multiplied by to show that their size tells nothing.
const LARGER: f32 = 10.0;
/// Length of learning the other classes, in trials on few labels.
const LEARNING: f32 = 3.0;

/// The thread's handle. Dropping it ends the thread as soon as the question under way looks up.
pub struct Worker {
    orders: Option<Sender<Order>>,
    /// How often everything asked before was dismissed.
    dismissals: Arc<AtomicUsize>,
    setup: Setup,
    thread: Option<JoinHandle<()>>,
}

/// A net of a run.
#[derive(Clone)]
pub(super) struct Known {
    pub graph: Arc<Graph>,
    pub seed: u64,
}

enum Order {
    Know(RunId, Known),
    /// With the weights of now where it is about them, and the dismissals before it.
    Ask(Question, Option<Snapshot>, usize),
}

impl Worker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn spawn(setup: Setup, pool: Arc<ThreadPool>, dismissals: Arc<AtomicUsize>) -> Result<Self> {
        let (orders, work) = mpsc::channel();
        let bench = Bench {
            setup: setup.clone(),
            known: Vec::new(),
            dismissals: Arc::clone(&dismissals),
        };
        let thread = thread::Builder::new()
            .name("worker".into())
            .spawn(move || bench.serve(&pool, &work))
            .map_err(|error| Error::Engine(t!("cannot start a thread for long questions: %{error}", error = error)))?;
        Ok(Self {
            orders: Some(orders),
            dismissals,
            setup,
            thread: Some(thread),
        })
    }

    /// A net that questions may be about.
    pub fn know(&self, run: RunId, graph: Arc<Graph>, seed: u64) {
        self.give(Order::Know(run, Known { graph, seed }));
    }

    /// Hands over a question; it is answered after those before it.
    pub fn ask(&self, question: Question, snapshot: Option<Snapshot>) {
        self.setup.tell(Finding::Working(Work {
            question: question.clone(),
            share: 0.0,
            left: None,
        }));
        self.give(Order::Ask(question, snapshot, self.dismissals.load(Ordering::Relaxed)));
    }

    /// Breaks off what was asked so far.
    pub fn dismiss(&self) {
        self.dismissals.fetch_add(1, Ordering::Relaxed);
    }

    fn give(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // It fails only when the thread is gone, and then nobody waits for an answer.
            let _ = orders.send(order);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.dismiss();
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // Panics have been caught there and answered.
            let _ = thread.join();
        }
    }
}

pub(super) struct Bench {
    pub setup: Setup,
    /// By run.
    known: Vec<Option<Known>>,
    dismissals: Arc<AtomicUsize>,
}

impl Bench {
    fn serve(mut self, pool: &ThreadPool, work: &Receiver<Order>) {
        for order in work {
            match order {
                Order::Know(run, known) => {
                    self.known.resize(self.known.len().max(run + 1), None);
                    self.known[run] = Some(known);
                }
                Order::Ask(question, snapshot, dismissals) => {
                    let mut shift = Shift::new(&self.setup, &question, &self.dismissals, dismissals);
                    if shift.goes_on(0.0) {
                        let outcome = pool.install(|| caught(|| self.answer(&question, snapshot, &mut shift)));
                        if let Err(error) = outcome {
                            self.setup.tell(Finding::Refused(question.clone(), error.to_string()));
                        }
                    }
                    self.setup.tell(Finding::Over(question));
                }
            }
        }
    }

    fn answer(&self, question: &Question, snapshot: Option<Snapshot>, shift: &mut Shift) -> Result<()> {
        let (run, step) = question.about();
        let known = self.known.get(run).and_then(Option::as_ref);
        let known = known.ok_or_else(|| Error::Run(t!("there is no run %{run}", run = run)))?;
        let moment = || match snapshot {
            Some(snapshot) => Ok(snapshot),
            None => self.setup.kept(run, step.unwrap_or(usize::MAX)),
        };
        match question {
            Question::Lesions { .. } => self.remove_each(run, known, &moment()?, shift),
            Question::Transfer { origin, labels, .. } => self.transfer(run, known, *origin, labels, shift),
            Question::Landscape { plane, side, .. } => self.look_around(run, known, moment()?, (*plane, *side), shift),
            Question::Forms { .. } => self.forms(run, known, &moment()?, shift),
            Question::Insertion { depth, .. } => self.insertion(run, known, &moment()?, *depth, shift),
            Question::Shattering { .. } => self.shattering(run, known, &moment()?, shift),
            Question::Information { .. } | Question::Lesion { .. } | Question::Slope { .. } => {
                Err(Error::Run(t!("this question is answered by the study")))
            }
        }
    }

    fn remove_each(&self, run: RunId, known: &Known, moment: &Snapshot, shift: &mut Shift) -> Result<()> {
        let Snapshot { step, weights } = moment;
        let (open, tests) = (&*self.setup.opener, tests_of(&self.setup.tests, &self.setup.dataset));
        let mut whole = Patient::new(open, &known.graph, &Surgery::default(), weights)?;
        let before = accuracy(whole.engine.as_mut(), tests, BnMode::Batch)?;
        let mut told = 0;
        lesions(
            open,
            &known.graph,
            weights,
            tests,
            BnMode::Batch,
            &mut |found, share| {
                for removal in &found[told..] {
                    self.setup.tell(Finding::Lesion {
                        run,
                        step: *step,
                        surgery: Surgery::one(removal.block, Cut::Removed),
                        before,
                        after: removal.accuracy,
                    });
                }
                told = found.len();
                shift.goes_on(share)
            },
        )?;
        Ok(())
    }

    fn transfer(&self, run: RunId, known: &Known, origin: Origin, labels: &[usize], shift: &mut Shift) -> Result<()> {
        let data = self.setup.dataset.as_ref();
        let target = |data| Target {
            open: &*self.setup.opener,
            graph: &known.graph,
            data,
            seed: known.seed,
        };
        let tell = |trials: &[Trial]| {
            let trials = trials.into();
            self.setup.tell(Finding::Transfer { run, origin, trials });
        };
        let mut told = 0;
        let mut watch = |from: f32, trials: &Vec<Trial>, share: f32, shift: &mut Shift| {
            if trials.len() > told {
                told = trials.len();
                tell(trials);
            }
            shift.goes_on(from + (1.0 - from) * share)
        };
        match origin {
            Origin::Backbone => {
                let learned = fitting_backbone(&known.graph, data)?;
                target(data).transfer(&learned, labels, &mut |trials, share| watch(0.0, trials, share, shift))?;
            }
            Origin::OtherClasses => {
                let (half, classes) = (data.classes.len() as u32 / 2, data.classes.len() as u32);
                let (first, second) = (data.only(0..half)?, data.only(half..classes)?);
                let learning = LEARNING / (LEARNING + (3 * labels.len()) as f32);
                let learned = target(&first).learn(&first, &mut |share| shift.goes_on(learning * share))?;
                let Some(learned) = learned else { return Ok(()) };
                target(&second).transfer(&learned, labels, &mut |trials, share| {
                    watch(learning, trials, share, shift)
                })?;
            }
        }
        Ok(())
    }

    fn look_around(
        &self,
        run: RunId,
        known: &Known,
        moment: Snapshot,
        (plane, side): (PlaneKind, usize),
        shift: &mut Shift,
    ) -> Result<()> {
        let Snapshot { step, weights } = moment;
        let straight = |plane| (plane, REACH, Vec::new(), None);
        let larger = || rescaled(&known.graph, &weights, LARGER);
        let (at, reach, way, explained) = match plane {
            PlaneKind::Random => straight(Plane::random(&known.graph, &weights, 0)),
            PlaneKind::Larger => straight(Plane::random(&known.graph, &larger(), 0)),
            PlaneKind::LargerRaw => straight(Plane::random(&known.graph, &weights, 0).through(&larger())),
            PlaneKind::Way => {
                let (steps, kept) = self.way(run, step, &weights)?;
                let path = Path::of(&known.graph, &kept).ok_or_else(|| {
                    Error::Run(t!(
                        "the weights have not moved yet: the training's way needs three kept moments"
                    ))
                })?;
                let reach = path.reach();
                let way = steps.into_iter().zip(path.points).collect();
                (path.plane, reach, way, Some(path.explained))
            }
        };
        let tell = |landscape: &Landscape| {
            let view = LandscapeView {
                landscape: landscape.clone(),
                way: way.clone(),
                explained,
            };
            let view = Arc::new(view);
            self.setup.tell(Finding::Landscape { run, step, plane, view });
        };
        let mut engine = (self.setup.opener)(&known.graph, &weights, Optimizer::default())?;
        let batches: Vec<Batch> = self.setup.dataset.train_sample(SAMPLE, TOGETHER);
        let mut told = Instant::now();
        let map = landscape(engine.as_mut(), &at, &batches, reach, side, &mut |map, share| {
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                tell(map);
            }
            shift.goes_on(share)
        })?;
        tell(&map);
        Ok(())
    }

    /// Kept steps up to that one with their weights; the last are these.
    fn way(&self, run: RunId, step: usize, weights: &Arc<Weights>) -> Result<(Vec<usize>, Vec<Arc<Weights>>)> {
        let mut steps: Vec<usize> = self.setup.keeps.steps(run);
        steps.retain(|&kept| kept < step);
        let kept = steps.iter().map(|&kept| Ok(self.setup.kept(run, kept)?.weights));
        let mut kept: Vec<Arc<Weights>> = kept.collect::<Result<_>>()?;
        steps.push(step);
        kept.push(Arc::clone(weights));
        Ok((steps, kept))
    }
}

/// The shipped weights, for a net that can start from them and data that they have not learned.
fn fitting_backbone(graph: &Graph, data: &Dataset) -> Result<Weights> {
    if !backbone_fits(&graph.spec) {
        return Err(Error::Run(t!(
            "the weights that come with depthscope are of resnet-14:width=8 for 10 classes of 1x8x8, not of %{net}; learn the \
             other classes instead",
            net = graph.spec
        )));
    }
    if data.name.starts_with("mnist") {
        return Err(Error::Run(t!(
            "the weights that come with depthscope have learned these very images; choose the digits"
        )));
    }
    backbone()
}

/// One question under way: when it began, and whether anyone still waits for it.
pub(super) struct Shift<'a> {
    setup: &'a Setup,
    question: &'a Question,
    dismissals: &'a AtomicUsize,
    before: usize,
    began: Instant,
    told: Instant,
}

impl<'a> Shift<'a> {
    pub fn new(setup: &'a Setup, question: &'a Question, dismissals: &'a AtomicUsize, before: usize) -> Self {
        Self {
            setup,
            question,
            dismissals,
            before,
            began: Instant::now(),
            told: Instant::now(),
        }
    }

    /// Tells how far it is; answers whether to go on.
    pub fn goes_on(&mut self, share: f32) -> bool {
        if self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            let left = (share > 0.0).then(|| self.began.elapsed().mul_f32((1.0 - share).max(0.0) / share));
            self.setup.tell(Finding::Working(Work {
                question: self.question.clone(),
                share,
                left,
            }));
        }
        self.dismissals.load(Ordering::Relaxed) == self.before
    }
}
