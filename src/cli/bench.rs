//! `depthscope bench`: how long a training step takes.

use std::sync::Arc;
use std::time::Instant;

use rayon::ThreadPoolBuilder;
use serde::Serialize;

use super::engine_args::EngineArgs;
use super::kernels::{self, KernelTime, Roof};
use super::out::say;
use crate::data::Batch;
use crate::engine::cpu::{bandwidth_gbs, peak_gflops};
use crate::engine::gpu::{Adapter, Ceiling, Checks, Device, GpuEngine};
use crate::engine::{Choice, Engine, Optimizer, Wanted, open, unavailable};
use crate::error::{Error, Result};
use crate::net::{Graph, Spec, Table, initial_weights};
use crate::run::audition::{ON_DEMAND, Workload, choose, waves};

/// Steps before the clock starts: buffers are made in the first, and a GPU returns before two are done.
const WARM_UP: usize = 4;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Networks, as in resnet-56 or plain-56:width=8,input=1x8x8
    #[arg(default_values = ["resnet-20", "plain-20"])]
    nets: Vec<Spec>,
    #[command(flatten)]
    engine: EngineArgs,
    /// Threads to compute with; 0 takes one a core
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Images a step
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// Steps timed
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Show where a step's time goes, by kernel
    #[arg(long)]
    kernels: bool,
    /// Print a JSON list instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Timing {
    net: String,
    engine: String,
    threads: usize,
    batch: usize,
    step_ms_median: f64,
    step_ms_p95: f64,
    images_per_s: f64,
    /// Six operations a multiply-add: forward, gradient of weights, gradient of inputs.
    gflops: f64,
    /// Of what the vector units of as many threads, or the GPU, were measured to do at most.
    peak_share: f64,
    /// Resident memory of the process, where the system tells; of a GPU the buffers on it.
    memory_bytes: Option<u64>,
    #[serde(flatten)]
    dispatched: Option<Dispatched>,
    /// With `--kernels`.
    #[serde(skip_serializing_if = "Option::is_none")]
    kernels: Option<Vec<KernelTime>>,
}

/// What a step is on a GPU.
#[derive(Debug, Serialize)]
struct Dispatched {
    dispatches: usize,
    step_gflop: f64,
    step_gigabytes: f64,
    /// What the measured peak and bandwidth allow at best.
    floor_ms: f64,
    /// Of the measured bandwidth.
    bandwidth_share: f64,
}

/// # Errors
/// When an engine cannot be opened or fails.
pub fn run(args: &Args) -> Result<()> {
    let wanted = args.engine.wanted()?;
    let pool = ThreadPoolBuilder::new()
        .num_threads(args.threads)
        .build()
        .map_err(|error| Error::Engine(format!("cannot start {} threads: {error}", args.threads).into()))?;
    let timings = pool.install(|| {
        let mut roofs = Roofs::default();
        let timings = args.nets.iter().map(|spec| time(spec, args, &wanted, &mut roofs));
        timings.collect::<Result<Vec<_>>>().map_err(unavailable)
    })?;
    if args.json {
        say!(
            "{}",
            serde_json::to_string_pretty(&timings).expect("numbers and names are always JSON")
        )?;
        return Ok(());
    }
    say!(
        "{:<48} {:>5} {:>10} {:>10} {:>10} {:>8} {:>6} {:>8}",
        "net",
        "batch",
        "median ms",
        "p95 ms",
        "images/s",
        "GFLOP/s",
        "peak",
        "MiB"
    )?;
    for timing in &timings {
        print(timing, args.kernels)?;
    }
    Ok(())
}

fn print(timing: &Timing, by_kernel: bool) -> Result<()> {
    say!(
        "{:<48} {:>5} {:>10.2} {:>10.2} {:>10.0} {:>8.1} {:>5.0}% {:>8}",
        timing.net,
        timing.batch,
        timing.step_ms_median,
        timing.step_ms_p95,
        timing.images_per_s,
        timing.gflops,
        100.0 * timing.peak_share,
        timing
            .memory_bytes
            .map_or("-".into(), |bytes| (bytes >> 20).to_string()),
    )?;
    if let Some(step) = &timing.dispatched {
        say!(
            "    {}: {} dispatches a step, {:.1} GFLOP, {:.2} GB, {:.0}% of the bandwidth; at best {:.2} ms",
            timing.engine,
            step.dispatches,
            step.step_gflop,
            step.step_gigabytes,
            100.0 * step.bandwidth_share,
            step.floor_ms
        )?;
    }
    match &timing.kernels {
        Some(times) => kernels::print(times)?,
        None if by_kernel => say!("    {} has no clock for its kernels", timing.engine)?,
        None => {}
    }
    Ok(())
}

/// Ceilings, measured when they are first asked for.
#[derive(Default)]
struct Roofs {
    cpu: Option<Roof>,
    gpu: Option<Roof>,
}

impl Roofs {
    fn cpu(&mut self, by_kernel: bool) -> Roof {
        *self.cpu.get_or_insert_with(|| Roof {
            gflops: peak_gflops(),
            gbs: if by_kernel { bandwidth_gbs() } else { f64::INFINITY },
        })
    }

    fn gpu(&mut self, adapter: Option<&str>) -> Result<Roof> {
        if let Some(roof) = self.gpu {
            return Ok(roof);
        }
        let Ceiling { gflops, gigabytes } = Ceiling::measure(&Adapter::find(adapter)?)?;
        Ok(*self.gpu.insert(Roof { gflops, gbs: gigabytes }))
    }
}

fn time(spec: &Spec, args: &Args, wanted: &Wanted, roofs: &mut Roofs) -> Result<Timing> {
    let graph = Arc::new(Graph::new(spec));
    let optimizer = Optimizer::default();
    if wanted.choice == Choice::Auto {
        let workload = Workload {
            graphs: vec![Arc::clone(&graph)],
            batch: args.batch as usize,
            optimizer,
        };
        let verdict = choose(&workload, ON_DEMAND);
        return time(spec, args, &verdict.taken(), roofs);
    }
    let batch = waves(spec, args.batch as usize);
    let weights = initial_weights(&graph, 0);
    if wanted.choice == Choice::Gpu {
        let adapter = wanted.adapter.as_deref();
        let roof = roofs.gpu(adapter)?;
        let device = Device::shared(adapter, Checks::default())?;
        let mut engine = GpuEngine::new(device, &graph, &weights, optimizer)?;
        return on_gpu(&mut engine, &graph, &batch, args, roof);
    }
    let mut engine = open(wanted.clone(), &graph, &weights, optimizer)?;
    let roof = roofs.cpu(args.kernels);
    let mut by_kernel: Option<Vec<f64>> = None;
    let seconds = steps(engine.as_mut(), &batch, args.steps as usize, |engine| {
        if let Some(seconds) = engine.kernel_seconds().filter(|_| args.kernels) {
            let sums = by_kernel.get_or_insert_with(|| vec![0.0; seconds.len()]);
            sums.iter_mut().zip(seconds).for_each(|(sum, seconds)| *sum += seconds);
        }
    })?;
    Ok(Timing {
        memory_bytes: resident_bytes(),
        kernels: by_kernel.map(|mut seconds| {
            seconds.iter_mut().for_each(|sum| *sum /= f64::from(args.steps));
            kernels::sum(kernels::of_plan(&graph, &seconds, batch.len()), roof)
        }),
        ..timing(engine.as_ref(), &graph, batch.len(), seconds, roof)
    })
}

fn on_gpu(engine: &mut GpuEngine, graph: &Graph, batch: &Batch, args: &Args, roof: Roof) -> Result<Timing> {
    let seconds = steps(engine, batch, args.steps as usize, |_| {})?;
    let works = engine.works(batch.len())?;
    let timing = timing(engine, graph, batch.len(), seconds, roof);
    let step_gflop = works.iter().map(|work| work.flops as f64).sum::<f64>() * 1e-9;
    let step_gigabytes = works.iter().map(|work| work.bytes as f64).sum::<f64>() * 1e-9;
    let floors = works.iter().map(|work| {
        let seconds = work.flops as f64 * 1e-9 / roof.gflops;
        seconds.max(work.bytes as f64 * 1e-9 / roof.gbs)
    });
    let dispatched = Dispatched {
        dispatches: works.len(),
        step_gflop,
        step_gigabytes,
        floor_ms: floors.sum::<f64>() * 1e3,
        bandwidth_share: step_gigabytes / (timing.step_ms_median * 1e-3) / roof.gbs,
    };
    let profile = if args.kernels {
        engine.profile(batch, 0.01)?
    } else {
        None
    };
    Ok(Timing {
        memory_bytes: Some(engine.memory_bytes()),
        dispatched: Some(dispatched),
        kernels: profile.map(|seconds| kernels::sum(kernels::of_dispatches(&works, &seconds), roof)),
        ..timing
    })
}

/// The seconds between one step and the next, sorted. An engine that works beside its caller is asked for the next step
/// before this one is done, as in training.
fn steps<E: Engine + ?Sized>(
    engine: &mut E,
    batch: &Batch,
    count: usize,
    mut after: impl FnMut(&E),
) -> Result<Vec<f64>> {
    let mut seconds = Vec::with_capacity(count);
    let mut last = Instant::now();
    for step in 0..WARM_UP + count {
        engine.start(batch, 0.01, false)?;
        engine.finished(false)?;
        let now = Instant::now();
        if step >= WARM_UP {
            seconds.push((now - last).as_secs_f64());
            after(engine);
        }
        last = now;
    }
    engine.finished(true)?;
    seconds.sort_by(f64::total_cmp);
    Ok(seconds)
}

/// Without what only one kind of engine knows.
fn timing(engine: &dyn Engine, graph: &Graph, images: usize, seconds: Vec<f64>, roof: Roof) -> Timing {
    let quantile = |share: f64| seconds[((seconds.len() - 1) as f64 * share).round() as usize];
    let median = quantile(0.5);
    let gflops = 6.0 * Table::new(graph).multiply_adds as f64 * images as f64 / median / 1e9;
    Timing {
        net: graph.spec.to_string(),
        engine: engine.device(),
        threads: rayon::current_num_threads(),
        batch: images,
        step_ms_median: median * 1e3,
        step_ms_p95: quantile(0.95) * 1e3,
        images_per_s: images as f64 / median,
        gflops,
        peak_share: gflops / roof.gflops,
        memory_bytes: None,
        dispatched: None,
        kernels: None,
    }
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}
