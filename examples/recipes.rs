//! Measures what the recipes of benches/RESULTS.md ask of trained nets and no command does in one go:
//!
//!     cargo run --release --example recipes -- information
//!     cargo run --release --example recipes -- transfer
//!     cargo run --release --example recipes -- lesion RUNS     (a folder that `depthscope train` wrote)

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use depthscope::data::{Augment, Dataset};
use depthscope::engine::{BnMode, Choice, Engine, Optimizer, open};
use depthscope::net::{Cut, Graph, Spec, Surgery, Weights, initial_weights};
use depthscope::probe::information;
use depthscope::run::{Experiment, Layout, Schedule, ScheduleKind, checkpoint};

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

/// Test accuracy.
fn accuracy(engine: &mut dyn Engine, data: &Dataset, mode: BnMode) -> Result<f64> {
    let mut correct = 0;
    for batch in data.test_batches(512) {
        correct += engine.evaluate(&batch, mode)?.correct;
    }
    Ok(correct as f64 / data.test.len() as f64)
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
            let readings = information(engine.as_mut(), &graph, &data)?.readings;
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
    for plan in &experiment.runs {
        for &seed in &experiment.seeds {
            let (newest, _) = checkpoint::newest(&layout.checkpoints(&plan.name, seed))?;
            let weights = newest.context("the run has no checkpoint")?.weights;
            let graph = graph(&plan.net, &data)?;
            let whole = operated(&graph, &weights, &data, &Surgery::default())?;
            let mut left = BTreeMap::new();
            for block in 0..graph.blocks.len() {
                let surgery = Surgery::one(block, Cut::Removed);
                // A plain block that changes the shape cannot be removed.
                if Cut::Removed.check(&graph, block).is_ok() {
                    left.insert(block, operated(&graph, &weights, &data, &surgery)?);
                }
            }
            let mut sorted: Vec<f64> = left.values().copied().collect();
            sorted.sort_by(f64::total_cmp);
            let worst = left.iter().min_by(|a, b| a.1.total_cmp(b.1)).context("no block")?;
            println!(
                "{} seed {seed}: whole {whole:.3}; a block removed: mean {:.3}, median {:.3}, least {:.3} ({})",
                plan.name,
                mean(&sorted),
                sorted[sorted.len() / 2],
                worst.1,
                graph.blocks[*worst.0].name
            );
        }
    }
    Ok(())
}

fn operated(graph: &Graph, weights: &Weights, data: &Dataset, surgery: &Surgery) -> Result<f64> {
    let operated = surgery.operate(graph).map_err(anyhow::Error::msg)?;
    let weights = Surgery::weights(&operated, weights);
    let mut engine = open(Choice::Cpu, &Arc::new(operated.graph), &weights, Optimizer::default())?;
    accuracy(engine.as_mut(), data, BnMode::Running)
}

/// MNIST at 8x8, then digits with few labels: from scratch, with all but the last layer frozen, and fine-tuned.
fn transfer() -> Result<()> {
    const NET: &str = "resnet-14:width=8";
    let (first, seeds) = (data("source = 'mnist-5k'\nsize = 8")?, 0..5);
    let graph = graph(NET, &first)?;
    let mut rows: BTreeMap<(usize, &str), Vec<f64>> = BTreeMap::new();
    for seed in seeds {
        let mut engine = open(
            Choice::Cpu,
            &graph,
            &initial_weights(&graph, seed),
            Optimizer::default(),
        )?;
        train(engine.as_mut(), &first, seed, (600, 0.05), None)?;
        let learned = engine.weights()?;
        for labels in [1, 2, 5, 10, 20] {
            let second = data(&format!("source = 'digits'\nimages = {}", 10 * labels))?;
            let fresh = initial_weights(&graph, 100 + seed);
            let mut moved = learned.clone();
            for name in ["fc.weight", "fc.bias"] {
                moved.insert(name.into(), fresh[name].clone());
            }
            for (way, start, frozen) in [
                ("scratch", &fresh, false),
                ("frozen", &moved, true),
                ("fine-tuned", &moved, false),
            ] {
                let mut engine = open(Choice::Cpu, &graph, start, Optimizer::default())?;
                train(engine.as_mut(), &second, seed, (200, 0.02), frozen.then_some(start))?;
                let reached = accuracy(engine.as_mut(), &second, BnMode::Batch)?;
                rows.entry((labels, way)).or_default().push(reached);
            }
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

/// Batches of 32 and a cosine; with `frozen` all but the last layer is put back after each step.
fn train(
    engine: &mut dyn Engine,
    data: &Dataset,
    seed: u64,
    (steps, rate): (usize, f32),
    frozen: Option<&Weights>,
) -> Result<()> {
    let schedule = Schedule {
        kind: ScheduleKind::Cosine,
        rate,
        warmup: 0,
    };
    for step in 0..steps {
        let batch = data.train_batch(seed, step, 32, Augment::default());
        engine.step(&batch, schedule.at(step, steps), false)?;
        if let Some(frozen) = frozen {
            let mut weights = frozen.clone();
            weights.extend(
                engine
                    .weights()?
                    .into_iter()
                    .filter(|(name, _)| name.starts_with("fc.")),
            );
            engine.set_weights(&weights)?;
        }
    }
    Ok(())
}
