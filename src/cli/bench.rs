//! `depthscope bench`: how long a training step takes.

use std::sync::Arc;
use std::time::Instant;

use rayon::ThreadPoolBuilder;
use serde::Serialize;

use super::kernels::{self, KernelTime, Roof};
use crate::data::Batch;
use crate::engine::cpu::{bandwidth_gbs, peak_gflops};
use crate::engine::{Choice, Optimizer, open};
use crate::error::{Error, Result};
use crate::net::{Graph, Spec, Table, initial_weights};

/// Steps before the clock starts: buffers are made in the first.
const WARM_UP: usize = 2;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Networks, as in resnet-56 or plain-56:width=8,input=1x8x8
    #[arg(default_values = ["resnet-20", "plain-20"])]
    nets: Vec<Spec>,
    /// auto, cpu, candle, cuda or metal
    #[arg(long, default_value = "auto")]
    engine: Choice,
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
    /// Of what the vector units of as many threads were measured to do at most.
    peak_share: f64,
    /// Resident memory of the process, where the system tells.
    memory_bytes: Option<u64>,
    /// With `--kernels`.
    #[serde(skip_serializing_if = "Option::is_none")]
    kernels: Option<Vec<KernelTime>>,
}

/// # Errors
/// When an engine cannot be opened or fails.
pub fn run(args: &Args) -> Result<()> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(args.threads)
        .build()
        .map_err(|error| Error::Engine(format!("cannot start {} threads: {error}", args.threads)))?;
    let timings = pool.install(|| {
        let roof = Roof {
            gflops: peak_gflops(),
            gbs: if args.kernels { bandwidth_gbs() } else { f64::INFINITY },
        };
        args.nets
            .iter()
            .map(|spec| time(spec, args, roof))
            .collect::<Result<Vec<_>>>()
    })?;
    if args.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&timings).expect("numbers and names are always JSON")
        );
        return Ok(());
    }
    println!(
        "{:<48} {:>5} {:>10} {:>10} {:>10} {:>8} {:>6} {:>8}",
        "net", "batch", "median ms", "p95 ms", "images/s", "GFLOP/s", "peak", "MiB"
    );
    for timing in timings {
        println!(
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
        );
        if let Some(times) = &timing.kernels {
            kernels::print(times);
        }
    }
    Ok(())
}

fn time(spec: &Spec, args: &Args, roof: Roof) -> Result<Timing> {
    let graph = Arc::new(Graph::new(spec));
    let mut engine = open(args.engine, &graph, &initial_weights(&graph, 0), Optimizer::default())?;
    let batch = batch(spec, args.batch as usize);
    let mut times = Vec::new();
    let mut by_kernel: Option<Vec<f64>> = None;
    for step in 0..WARM_UP + args.steps as usize {
        let start = Instant::now();
        engine.step(&batch, 0.01, false)?;
        if step >= WARM_UP {
            times.push(start.elapsed().as_secs_f64());
            if let Some(seconds) = engine.kernel_seconds().filter(|_| args.kernels) {
                let sums = by_kernel.get_or_insert_with(|| vec![0.0; seconds.len()]);
                sums.iter_mut().zip(seconds).for_each(|(sum, seconds)| *sum += seconds);
            }
        }
    }
    times.sort_by(f64::total_cmp);
    let quantile = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    let median = quantile(0.5);
    let gflops = 6.0 * Table::new(&graph).multiply_adds as f64 * batch.len() as f64 / median / 1e9;
    Ok(Timing {
        net: spec.to_string(),
        engine: engine.device(),
        threads: rayon::current_num_threads(),
        batch: batch.len(),
        step_ms_median: median * 1e3,
        step_ms_p95: quantile(0.95) * 1e3,
        images_per_s: batch.len() as f64 / median,
        gflops,
        peak_share: gflops / roof.gflops,
        memory_bytes: resident_bytes(),
        kernels: by_kernel.map(|mut seconds| {
            seconds.iter_mut().for_each(|sum| *sum /= f64::from(args.steps));
            kernels::sum(&graph, &seconds, batch.len(), roof)
        }),
    })
}

/// Waves instead of pictures: values of the usual size that repeat nowhere.
fn batch(spec: &Spec, images: usize) -> Batch {
    let values = images * spec.input.iter().product::<usize>();
    Batch {
        shape: spec.input,
        images: (0..values)
            .map(|i| (i as f32 * 0.7).sin() + (i as f32 * 0.013).cos())
            .collect(),
        labels: (0..images).map(|i| (i * 7 % spec.classes) as u32).collect(),
        origin: None,
    }
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}
