//! Which engine `auto` takes for an experiment: of those that are real, the one that steps its nets faster here.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rust_i18n::t;

use super::experiment::Experiment;
use super::rehearsal::step_time;
use super::step_times::{StepTimes, Times};
use crate::data::Dataset;
use crate::engine::gpu::{About, Adapter, Checks, Device};
use crate::engine::{Choice, Optimizer, Wanted, automatic, cpu};
use crate::error::{Error, Result};
use crate::net::{Graph, Spec};

pub use super::rehearsal::waves;

/// A training waits so long for `auto`'s choice, most of it for a GPU to compile its kernels.
pub const LIMIT: Duration = Duration::from_secs(1);
/// Whoever asks for the measurement itself waits for it; a device that does not answer ends it before.
pub const ON_DEMAND: Duration = Duration::from_secs(3600);

/// What is to be trained.
pub struct Workload {
    /// One of each net.
    pub graphs: Vec<Arc<Graph>>,
    /// Images a step.
    pub batch: usize,
    pub optimizer: Optimizer,
}

impl Workload {
    /// An experiment's nets, for its data.
    ///
    /// # Errors
    /// When a net does not fit the data.
    pub fn of(experiment: &Experiment, dataset: &Dataset) -> Result<Self> {
        let spec = |net: &str| Spec::for_data(net, dataset.shape, dataset.classes.len());
        let nets = experiment.runs.iter().map(|plan| spec(&plan.net));
        Ok(Self {
            graphs: nets.map(|net| Ok(Arc::new(Graph::new(&net?)))).collect::<Result<_>>()?,
            batch: experiment.batch,
            optimizer: experiment.optimizer,
        })
    }

    /// What a measurement on that adapter holds for.
    fn key(&self, adapter: &About) -> String {
        let nets: Vec<String> = self.graphs.iter().map(|graph| graph.spec.to_string()).collect();
        let (name, driver) = (&adapter.name, &adapter.driver);
        let (kind, batch, nets) = (self.optimizer.kind, self.batch, nets.join(" "));
        let version = env!("CARGO_PKG_VERSION");
        format!(
            "{version}; {name}, {driver}; {}; {kind:?}, batch {batch}: {nets}",
            cpu::describe()
        )
    }
}

/// What `auto` takes, and why.
pub enum Verdict {
    /// There is nothing to choose from.
    NoGpu,
    /// candle was built for the GPU that is there.
    Built(Choice),
    /// By the time of a step.
    Measured {
        gpu: Wanted,
        adapter: String,
        times: Times,
        /// It was measured at an earlier start.
        known: bool,
        /// Kept open for the training that follows.
        device: Option<Arc<Device>>,
    },
    /// The GPU failed while it was measured.
    Failed(Error),
    /// They were not measured in time; the measurement goes on beside the training, for the next start.
    Late { adapter: String, waited: Duration },
}

impl Verdict {
    /// The engine to open.
    pub fn taken(&self) -> Wanted {
        match self {
            Self::Built(choice) => (*choice).into(),
            Self::Measured { gpu, times, .. } if faster(*times) == Choice::Gpu => gpu.clone(),
            _ => Choice::Cpu.into(),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.taken().choice)?;
        match self {
            Self::NoGpu => f.write_str("no real GPU that can train is here"),
            Self::Built(_) => f.write_str("this program was built for the GPU that is here"),
            Self::Measured {
                adapter, times, known, ..
            } => {
                let when = if *known { "at an earlier start" } else { "just now" };
                let Times { cpu, gpu } = times;
                write!(f, "a step of every net takes {gpu} on {adapter} and {cpu} on the CPU, ")?;
                match [cpu, gpu].iter().find(|time| time.measured < time.batch) {
                    Some(few) => write!(f, "estimated from {} of {} images {when}", few.measured, few.batch),
                    None => write!(f, "measured {when}"),
                }
            }
            Self::Failed(error) => error.fmt(f),
            Self::Late { adapter, waited } => write!(
                f,
                "{adapter} was not measured within {:.0} s; it is measured beside the training, for the next start",
                waited.as_secs_f64()
            ),
        }
    }
}

/// The engine of the shorter step.
fn faster(times: Times) -> Choice {
    if times.gpu.seconds < times.cpu.seconds {
        Choice::Gpu
    } else {
        Choice::Cpu
    }
}

/// What `auto` takes, found out within `limit`. Nothing is measured where there is no real GPU, or where this was measured
/// before.
pub fn choose(workload: &Workload, limit: Duration) -> Verdict {
    let end = Instant::now() + limit;
    match automatic() {
        Choice::Cpu => {}
        built => return Verdict::Built(built),
    }
    match Adapter::find(None) {
        Ok(adapter) => contest(
            workload,
            &Choice::Gpu.into(),
            &adapter.about,
            &StepTimes::of_user(),
            end,
        ),
        Err(_) => Verdict::NoGpu,
    }
}

/// What `auto` would take if the adapter of that name or number were a real GPU; waits for the measurement.
///
/// # Errors
/// When there is no such adapter.
pub fn choose_against(workload: &Workload, adapter: &str) -> Result<Verdict> {
    let about = Adapter::find(Some(adapter))?.about;
    let gpu = Wanted::gpu(adapter);
    let end = Instant::now() + ON_DEMAND;
    Ok(contest(workload, &gpu, &about, &StepTimes::of_user(), end))
}

fn contest(workload: &Workload, gpu: &Wanted, about: &About, kept: &StepTimes, end: Instant) -> Verdict {
    let began = Instant::now();
    let key = workload.key(about);
    let adapter = about.name.clone();
    if let Some(times) = kept.get(&key) {
        return Verdict::Measured {
            gpu: gpu.clone(),
            adapter,
            times,
            known: true,
            device: None,
        };
    }
    let (report, reported) = sync_channel(1);
    let (rival, wanted, kept) = (workload.shared(), gpu.clone(), kept.clone());
    let measured = move || {
        let cpu = step_time(&Choice::Cpu.into(), &rival)?;
        let device = Device::shared(wanted.adapter.as_deref(), Checks::default())?;
        let gpu = step_time(&wanted, &rival)?;
        device.keep_pipelines();
        let times = Times { cpu, gpu };
        kept.put(&key, times);
        Ok((times, device))
    };
    // Nobody listens when it came too late.
    let measure = move || drop(report.send(measured()));
    if let Err(error) = thread::Builder::new().name("audition".into()).spawn(measure) {
        return Verdict::Failed(Error::Engine(t!(
            "cannot start a thread to measure on: %{error}",
            error = error
        )));
    }
    match reported.recv_timeout(end.saturating_duration_since(Instant::now())) {
        Ok(Ok((times, device))) => Verdict::Measured {
            gpu: gpu.clone(),
            adapter,
            times,
            known: false,
            device: Some(device),
        },
        Ok(Err(error)) => Verdict::Failed(error),
        Err(RecvTimeoutError::Timeout) => Verdict::Late {
            adapter,
            waited: began.elapsed(),
        },
        Err(RecvTimeoutError::Disconnected) => {
            Verdict::Failed(Error::Engine(t!("%{adapter} could not be measured", adapter = adapter)))
        }
    }
}

impl Workload {
    fn shared(&self) -> Self {
        Self {
            graphs: self.graphs.clone(),
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::step_times::StepTime;
    use super::*;

    fn workload() -> Workload {
        let nets = ["plain-8:width=4,input=1x4x4", "resnet-8:width=4,input=1x4x4"];
        Workload {
            graphs: nets.map(|net| Arc::new(Graph::new(&net.parse().unwrap()))).to_vec(),
            batch: 4,
            optimizer: Optimizer::default(),
        }
    }

    fn measured(times: Times) -> Verdict {
        Verdict::Measured {
            gpu: Choice::Gpu.into(),
            adapter: "Radeon".into(),
            times,
            known: true,
            device: None,
        }
    }

    #[test]
    fn the_shorter_step_decides() {
        let time = |seconds, measured| StepTime {
            seconds,
            batch: 128,
            measured,
        };
        let times = |cpu, gpu| Times {
            cpu: time(cpu, 32),
            gpu: time(gpu, 128),
        };
        let (slow, fast) = (times(1.0, 2.0), times(2.0, 1.0));
        assert_eq!(measured(slow).taken(), Choice::Cpu.into());
        assert_eq!(measured(fast).taken(), Choice::Gpu.into());
        assert_eq!(Verdict::NoGpu.taken(), Choice::Cpu.into());
        assert_eq!(Verdict::Failed(Error::NoAdapter("".into())).taken(), Choice::Cpu.into());
        let words = measured(fast).to_string();
        assert!(
            words.starts_with("gpu: ") && words.contains("1000.00 ms on Radeon and about 2000 ms on the CPU"),
            "{words}"
        );
        assert!(
            words.ends_with("estimated from 32 of 128 images at an earlier start"),
            "{words}"
        );
    }

    #[test]
    fn a_training_does_not_wait_for_a_gpu_that_is_not_ready() {
        assert!(LIMIT <= Duration::from_secs(1));
        let folder = tempfile::tempdir().unwrap();
        let kept = StepTimes::at(&folder.path().join("step-times.json"));
        let about = Adapter::find(Some("llvmpipe")).unwrap().about;
        let found = Instant::now();
        let end = found + Duration::from_millis(1);
        let verdict = contest(&workload(), &Wanted::gpu("llvmpipe"), &about, &kept, end);
        assert!(found.elapsed() < Duration::from_secs(5), "{:?}", found.elapsed());
        assert!(matches!(verdict, Verdict::Late { .. }), "{verdict}");
        assert_eq!(verdict.taken(), Choice::Cpu.into());
        assert!(verdict.to_string().contains("beside the training"), "{verdict}");
    }

    /// On the software adapter, because it is asked for.
    #[test]
    fn both_engines_are_measured_once() {
        let folder = tempfile::tempdir().unwrap();
        let kept = StepTimes::at(&folder.path().join("step-times.json"));
        let llvmpipe = Wanted::gpu("llvmpipe");
        let about = Adapter::find(Some("llvmpipe")).unwrap().about;
        let end = Instant::now() + Duration::from_secs(600);
        let verdict = contest(&workload(), &llvmpipe, &about, &kept, end);
        let Verdict::Measured {
            times, known: false, ..
        } = verdict
        else {
            panic!("{verdict}")
        };
        let Times { cpu, gpu } = times;
        assert!(cpu.seconds > 0.0 && cpu.seconds < gpu.seconds, "{times:?}");
        assert_eq!((cpu.measured, gpu.measured), (4, 4));
        assert_eq!(verdict.taken(), Choice::Cpu.into());
        let again = contest(&workload(), &llvmpipe, &about, &kept, end);
        assert!(
            matches!(again, Verdict::Measured { times: kept, known: true, .. } if kept == times),
            "{again}"
        );
    }

    #[test]
    fn a_gpu_that_is_gone_leaves_the_cpu() {
        let folder = tempfile::tempdir().unwrap();
        let kept = StepTimes::at(&folder.path().join("step-times.json"));
        let about = Adapter::find(Some("llvmpipe")).unwrap().about;
        let end = Instant::now() + Duration::from_secs(600);
        let verdict = contest(&workload(), &Wanted::gpu("unplugged"), &about, &kept, end);
        assert!(matches!(verdict, Verdict::Failed(_)), "{verdict}");
        assert_eq!(verdict.taken(), Choice::Cpu.into());
    }
}
