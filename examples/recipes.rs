//! Measures what the recipes of benches/RESULTS.md ask of trained nets and no command does in one go:
//!
//!     cargo run --release --example recipes -- information
//!     cargo run --release --example recipes -- transfer
//!     cargo run --release --example recipes -- lesion RUNS     (a folder that `depthscope train` wrote)

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use depthscope::data::Dataset;
use depthscope::engine::{BnMode, Choice, Engine, Optimizer, open};
use depthscope::net::{Graph, Spec, Surgery, Weights, initial_weights};
use depthscope::probe::{Patient, Target, accuracy, information, lesions};
use depthscope::run::{Experiment, Layout, checkpoint};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["information"] => show_information(),
        ["transfer"] => transfer(),
        ["lesion", runs] => lesion(Path::new(runs)),
        _ => bail!("say information, transfer, or lesion and a run folder"),
    }
}

fn data(text: &str) -> Result<Dataset> {
    Ok(Dataset::open(&toml::from_str(text)?)?)
}

fn graph(text: &str, data: &Dataset) -> Result<Arc<Graph>> {
    Ok(Arc::new(Graph::new(&Spec::for_data(
        text,
        data.shape,
        data.classes.len(),
    )?)))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What a linear reader finds in the maps of untrained nets, at blocks 0, 5, 9, 14 and 27.
fn show_information() -> Result<()> {
    let data = data("source = 'digits'")?;
    for text in ["plain-56:width=8", "resnet-56:width=8"] {
        let graph = graph(text, &data)?;
        for seed in 0..3 {
            let weights = initial_weights(&graph, seed);
            let mut engine = open(Choice::Cpu, &graph, &weights, Optimizer::default())?;
            let read = information(engine.as_mut(), &graph, &data, &mut |_| true)?;
            let readings = read.map_or_else(Vec::new, |read| read.readings);
            let at = |block| readings.iter().find(|reading| reading.block == block);
            let line: Vec<String> = [0, 5, 9, 14, 27]
                .into_iter()
                .filter_map(at)
                .map(|reading| format!("{:.2}/{:.2}", reading.reconstruction, reading.accuracy))
                .collect();
            println!("{text} seed {seed}, R^2/accuracy: {}", line.join("  "));
        }
    }
    Ok(())
}

/// Test accuracy of finished nets, whole and with each block removed, by running statistics.
fn lesion(runs: &Path) -> Result<()> {
    let layout = Layout::new(runs);
    let experiment = Experiment::read(&layout.experiment())?;
    let data = Dataset::open(&experiment.data)?;
    let tests = data.test_batches(512);
    for plan in &experiment.runs {
        for &seed in &experiment.seeds {
            let (newest, _) = checkpoint::newest(&layout.checkpoints(&plan.name, seed))?;
            let weights = newest.context("the run has no checkpoint")?.weights;
            let graph = graph(&plan.net, &data)?;
            let mut whole = Patient::new(&on_cpu, &graph, &Surgery::default(), &weights)?;
            let whole = accuracy(whole.engine.as_mut(), &tests, BnMode::Running)?;
            let left = lesions(&on_cpu, &graph, &weights, &tests, BnMode::Running, &mut |_, _| true)?;
            let worst = left.iter().min_by(|a, b| a.accuracy.total_cmp(&b.accuracy));
            let worst = worst.context("no block can be removed")?;
            let mut sorted: Vec<f64> = left.iter().map(|removal| removal.accuracy.into()).collect();
            sorted.sort_by(f64::total_cmp);
            println!(
                "{} seed {seed}: whole {whole:.3}; a block removed: mean {:.3}, median {:.3}, least {:.3} ({})",
                plan.name,
                mean(&sorted),
                sorted[sorted.len() / 2],
                worst.accuracy,
                graph.blocks[worst.block].name
            );
        }
    }
    Ok(())
}

/// MNIST at 8x8, then digits with few labels: from scratch, with all but the last layer frozen, and fine-tuned.
fn transfer() -> Result<()> {
    let (first, second) = (data("source = 'mnist-5k'\nsize = 8")?, data("source = 'digits'")?);
    let graph = graph("resnet-14:width=8", &first)?;
    let mut rows: BTreeMap<(usize, &str), Vec<f64>> = BTreeMap::new();
    for seed in 0..5 {
        let target = |data| Target {
            open: &on_cpu,
            graph: &graph,
            data,
            seed,
        };
        let learned = target(&first)
            .learn(&first, &mut |_| true)?
            .context("nobody breaks it off")?;
        for trial in target(&second).transfer(&learned, &[1, 2, 5, 10, 20], &mut |_, _| true)? {
            let row = rows.entry((trial.labels, trial.way.name())).or_default();
            row.push(trial.accuracy.into());
        }
    }
    for ((labels, way), reached) in rows {
        println!(
            "{labels} labels a class, {way}: {:.3} ({} seeds)",
            mean(&reached),
            reached.len()
        );
    }
    Ok(())
}

fn on_cpu(graph: &Arc<Graph>, weights: &Weights, optimizer: Optimizer) -> depthscope::error::Result<Box<dyn Engine>> {
    open(Choice::Cpu, graph, weights, optimizer)
}
