//! The study: a thread of its own that answers questions about weights, so that training goes on undisturbed.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuilder};
use rust_i18n::t;

use super::keeps::Keeps;
use super::question::{Finding, Question};
use super::worker::{Known, Shift, Worker};
use crate::data::Dataset;
use crate::engine::{BnMode, Optimizer};
use crate::error::{Error, Result, Sentence};
use crate::net::{Graph, Surgery, Weights, initial_weights};
use crate::probe::{Information, Patient, accuracy, information};
use crate::run::course::{Tests, tests_of};
use crate::run::experiment::{Experiment, RunId};
use crate::run::flight::gradient_norms;
use crate::run::message::{MapRequest, Maps};
use crate::run::outbox::Wake;
use crate::run::slot::Slot;
use crate::run::trainer::Opener;
use crate::run::watch::maps_of;

/// Engines held ready for the next question.
const ENGINES: usize = 4;
/// Readers held ready for another image.
const READERS: usize = 6;
/// Engines that nobody has needed for so long are let go.
const IDLE: Duration = Duration::from_secs(20);
/// Backward passes of the reference engine recurse.
const STACK_BYTES: usize = 64 << 20;

/// Weights of one moment.
#[derive(Clone)]
pub struct Snapshot {
    pub step: usize,
    pub weights: Arc<Weights>,
}

/// What the trainer hands over.
pub enum Task {
    /// A net that questions may be about, and its run's seed.
    Net(RunId, Arc<Graph>, u64),
    /// Something was kept: it wants to be written.
    Save,
    /// A question, with the weights of now where it is about them.
    Ask(Question, Option<Snapshot>),
    /// Maps of kept weights.
    Maps(MapRequest),
}

/// What the study works with.
#[derive(Clone)]
pub struct Setup {
    pub dataset: Arc<Dataset>,
    /// The recipe.
    pub experiment: Arc<Experiment>,
    pub tests: Tests,
    pub opener: Opener,
    pub keeps: Keeps,
    pub maps: Slot<Maps>,
    pub findings: Sender<Finding>,
    pub wake: Option<Wake>,
}

/// The thread's handle. Dropping it ends the thread after the question under way, and long ones at once.
pub struct Study {
    /// With the dismissals before each.
    tasks: Option<Sender<(Task, usize)>>,
    /// How often everything asked before was dismissed.
    dismissals: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
    /// Answers what takes long.
    worker: Worker,
}

impl Study {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn spawn(setup: Setup) -> Result<Self> {
        let (tasks, work) = mpsc::channel();
        let failed = |error: String| Error::Engine(t!("cannot start a thread for questions: %{error}", error = error));
        let pool = ThreadPoolBuilder::new()
            .thread_name(|thread| format!("study {thread}"))
            .stack_size(STACK_BYTES)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let pool = Arc::new(pool);
        let dismissals = Arc::<AtomicUsize>::default();
        let worker = Worker::spawn(setup.clone(), Arc::clone(&pool), Arc::clone(&dismissals))?;
        let desk = Desk {
            setup,
            known: Vec::new(),
            engines: VecDeque::new(),
            readers: VecDeque::new(),
            whole: None,
            unsaved: None,
            dismissals: Arc::clone(&dismissals),
        };
        let thread = thread::Builder::new()
            .name("study".into())
            .spawn(move || desk.serve(&pool, &work))
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            tasks: Some(tasks),
            dismissals,
            thread: Some(thread),
            worker,
        })
    }

    /// Hands over a task; it is done after those before it.
    pub fn give(&self, task: Task) {
        let task = match task {
            Task::Ask(question, snapshot) if question.is_long() => return self.worker.ask(question, snapshot),
            task => task,
        };
        if let Task::Net(run, graph, seed) = &task {
            self.worker.know(*run, Arc::clone(graph), *seed);
        }
        if let Some(tasks) = &self.tasks {
            // It fails only when the thread is gone, and then nobody waits for an answer.
            let _ = tasks.send((task, self.dismissals.load(Ordering::Relaxed)));
        }
    }

    /// Breaks off the questions asked so far that can be broken off.
    pub fn dismiss(&self) {
        self.worker.dismiss();
    }
}

impl Drop for Study {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            // Panics have been caught there and answered.
            let _ = thread.join();
        }
    }
}

/// An engine that holds a net as it is after some surgery.
struct Ready {
    run: RunId,
    surgery: Surgery,
    patient: Patient,
}

impl Setup {
    /// Sends a finding to whoever listens.
    pub fn tell(&self, finding: Finding) {
        // It fails only when nobody listens any more.
        let _ = self.findings.send(finding);
        self.wake();
    }

    fn wake(&self) {
        if let Some(wake) = &self.wake {
            wake();
        }
    }

    /// The newest kept weights of a run not behind `step`.
    ///
    /// # Errors
    /// When there are none, or they cannot be read.
    pub fn kept(&self, run: RunId, step: usize) -> Result<Snapshot> {
        let checkpoint = self.keeps.at(run, step)?;
        Ok(Snapshot {
            step: checkpoint.state.step,
            weights: Arc::new(checkpoint.weights.clone()),
        })
    }
}

struct Desk {
    setup: Setup,
    /// By run.
    known: Vec<Option<Known>>,
    /// The last used in front.
    engines: VecDeque<Ready>,
    readers: VecDeque<(RunId, usize, Information)>,
    /// Accuracy of the whole net that was asked about last.
    whole: Option<(RunId, usize, f32)>,
    /// Why the last writing of kept weights failed.
    unsaved: Option<String>,
    dismissals: Arc<AtomicUsize>,
}

impl Desk {
    fn serve(mut self, pool: &ThreadPool, work: &Receiver<(Task, usize)>) {
        loop {
            match work.recv_timeout(IDLE) {
                Ok(task) => {
                    // Of several requests for maps only the newest is of interest.
                    let mut tasks = vec![task];
                    tasks.extend(work.try_iter());
                    let newest = tasks.iter().rposition(|(task, _)| matches!(task, Task::Maps(_)));
                    for (at, (task, before)) in tasks.into_iter().enumerate() {
                        if !matches!(task, Task::Maps(_)) || Some(at) == newest {
                            pool.install(|| self.attend(task, before));
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.engines.clear(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Err(error) = self.setup.keeps.save() {
            log::warn!("{error}");
        }
    }

    fn attend(&mut self, task: Task, before: usize) {
        match task {
            Task::Net(run, graph, seed) => {
                self.known.resize(self.known.len().max(run + 1), None);
                self.known[run] = Some(Known { graph, seed });
                self.engines.retain(|ready| ready.run != run);
                self.readers.retain(|reader| reader.0 != run);
                self.whole = None;
            }
            Task::Save => {
                let unsaved = self.setup.keeps.save().err().map(|error| error.to_string());
                if unsaved != self.unsaved {
                    self.unsaved.clone_from(&unsaved);
                    self.setup.tell(Finding::Unsaved(unsaved));
                }
            }
            Task::Ask(question, snapshot) => {
                match caught(|| self.answer(&question, snapshot, before)) {
                    Ok(Some(finding)) => self.setup.tell(finding),
                    Ok(None) => {}
                    Err(error) => self.setup.tell(Finding::Refused(question.clone(), error.to_string())),
                }
                if matches!(question, Question::Information { .. } | Question::Slope { .. }) {
                    self.setup.tell(Finding::Over(question));
                }
            }
            Task::Maps(request) => match caught(|| self.maps(&request)) {
                Ok(maps) => {
                    self.setup.maps.put(maps);
                    self.setup.wake();
                }
                Err(error) => self.setup.tell(Finding::NoMaps(error.to_string())),
            },
        }
    }

    /// `None` where the question was dismissed.
    fn answer(&mut self, question: &Question, snapshot: Option<Snapshot>, before: usize) -> Result<Option<Finding>> {
        let (run, step) = question.about();
        let moment = || match snapshot {
            Some(snapshot) => Ok(snapshot),
            None => self.setup.kept(run, step.unwrap_or(usize::MAX)),
        };
        match question {
            Question::Information { image, .. } => {
                let Snapshot { step, weights } = moment()?;
                let known = self
                    .readers
                    .iter()
                    .position(|reader| (reader.0, reader.1) == (run, step));
                let known = known.and_then(|at| self.readers.remove(at));
                let (setup, dismissals) = (self.setup.clone(), Arc::clone(&self.dismissals));
                let dataset = Arc::clone(&setup.dataset);
                let mut shift = Shift::new(&setup, question, &dismissals, before);
                let patient = self.patient(run, &Surgery::default(), &weights)?;
                let read = match known {
                    Some((_, _, read)) => read,
                    None => {
                        let (engine, graph) = (patient.engine.as_mut(), &patient.operated.graph);
                        match information(engine, graph, &dataset, &mut |share| shift.goes_on(share))? {
                            Some(read) => read,
                            None => return Ok(None),
                        }
                    }
                };
                let film = read.film(patient.engine.as_mut(), &dataset, image)?;
                let finding = Finding::Information {
                    run,
                    step,
                    readings: read.readings.as_slice().into(),
                    chance: read.chance,
                    image: image.clone(),
                    original: crate::net::Array {
                        shape: dataset.shape.to_vec(),
                        data: dataset.denormalised(&image.pixels(&dataset)?),
                    },
                    film: film.into(),
                };
                self.readers.push_front((run, step, read));
                self.readers.truncate(READERS);
                Ok(Some(finding))
            }
            Question::Lesion { surgery, .. } => {
                let Snapshot { step, weights } = moment()?;
                let before = match self.whole {
                    Some((of, at, accuracy)) if (of, at) == (run, step) => accuracy,
                    _ => self.accuracy(run, &Surgery::default(), &weights)?,
                };
                self.whole = Some((run, step, before));
                let after = self.accuracy(run, surgery, &weights)?;
                Ok(Some(Finding::Lesion {
                    run,
                    step,
                    surgery: surgery.clone(),
                    before,
                    after,
                }))
            }
            Question::Slope { blocks, .. } => self.slope(run, *blocks).map(Some),
            Question::Lesions { .. }
            | Question::Transfer { .. }
            | Question::Landscape { .. }
            | Question::Forms { .. }
            | Question::Insertion { .. }
            | Question::Shattering { .. } => Err(Error::Run(t!("this question is answered by the worker"))),
        }
    }

    /// A net as deep as that, measured before its first step.
    fn slope(&self, run: RunId, blocks: usize) -> Result<Finding> {
        let known = self.known(run)?;
        let graph = Arc::new(Graph::new(&known.graph.spec.with_blocks(blocks)));
        let weights = initial_weights(&graph, known.seed);
        let mut engine = (self.setup.opener)(&graph, &weights, Optimizer::default())?;
        let Experiment { batch, augment, .. } = *self.setup.experiment;
        let batch = self.setup.dataset.train_batch(known.seed, 0, batch, augment);
        let norms = gradient_norms(engine.as_mut(), &graph, &batch)?;
        Ok(Finding::Slope { run, blocks, norms })
    }

    fn known(&self, run: RunId) -> Result<&Known> {
        let known = self.known.get(run).and_then(Option::as_ref);
        known.ok_or_else(|| Error::Run(t!("there is no run %{run}", run = run)))
    }

    fn maps(&mut self, request: &MapRequest) -> Result<Maps> {
        let step = request.step.unwrap_or(usize::MAX);
        let dataset = Arc::clone(&self.setup.dataset);
        maps_of(request, &dataset, |run, probe| {
            let snapshot = self.setup.kept(run, step)?;
            let patient = self.patient(run, &Surgery::default(), &snapshot.weights)?;
            Ok((snapshot.step, probe(patient.engine.as_mut())?))
        })
    }

    fn accuracy(&mut self, run: RunId, surgery: &Surgery, weights: &Weights) -> Result<f32> {
        let (tests, dataset) = (Arc::clone(&self.setup.tests), Arc::clone(&self.setup.dataset));
        let patient = self.patient(run, surgery, weights)?;
        accuracy(patient.engine.as_mut(), tests_of(&tests, &dataset), BnMode::Batch)
    }

    /// A run's net with these weights after this surgery.
    fn patient(&mut self, run: RunId, surgery: &Surgery, trained: &Weights) -> Result<&mut Patient> {
        let known = self
            .engines
            .iter()
            .position(|ready| ready.run == run && ready.surgery == *surgery);
        let ready = match known.and_then(|at| self.engines.remove(at)) {
            Some(mut ready) => {
                ready.patient.set_weights(trained)?;
                ready
            }
            None => {
                let graph = Arc::clone(&self.known(run)?.graph);
                Ready {
                    run,
                    surgery: surgery.clone(),
                    patient: Patient::new(&*self.setup.opener, &graph, surgery, trained)?,
                }
            }
        };
        self.engines.push_front(ready);
        self.engines.truncate(ENGINES);
        Ok(&mut self.engines[0].patient)
    }
}

/// A panic becomes a sentence.
pub fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<&str>().map(|&words| words.to_owned());
        let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
        Err(Error::Engine(words.map_or_else(
            || t!("the question could not be answered"),
            Sentence::from,
        )))
    })
}
