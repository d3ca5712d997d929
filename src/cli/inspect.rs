//! `depthscope inspect NET`: the layer table, or the kernels it is trained with.

use super::out::print;
use crate::engine::gpu::{Work, works};
use crate::engine::plan::{Row, lower};
use crate::error::Result;
use crate::net::{Graph, Spec, Table};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The network, as in plain-56 or resnet-20:shortcut=B,width=8,input=1x8x8
    net: Spec,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Print the kernels of a training step on CPU instead: what each makes, bytes moved and operations, for one image
    #[arg(long, conflicts_with = "json")]
    plan: bool,
    /// Images of the step that is summed up below the kernels
    #[arg(long, default_value_t = 128, requires = "plan")]
    batch: usize,
}

/// # Errors
/// When the output cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let graph = Graph::new(&args.net);
    let table = Table::new(&graph);
    let text = if args.plan {
        plan_lines(&graph, args.batch)
    } else if args.json {
        serde_json::to_string_pretty(&table).expect("a table of numbers and names is always JSON") + "\n"
    } else {
        lines(&args.net, &table)
    };
    print(format_args!("{text}"))
}

fn lines(spec: &Spec, table: &Table) -> String {
    let name_width = table
        .layers
        .iter()
        .map(|layer| layer.name.len())
        .max()
        .unwrap_or(0)
        .max(5);
    let mut text = format!(
        "{:<name_width$}  {:<9}  {:>12}  {:>12}  {:>14}  {:>9}\n",
        "layer", "op", "output", "parameters", "multiply-adds", "receptive"
    );
    for layer in &table.layers {
        let [c, h, w] = layer.output;
        text += &format!(
            "{:<name_width$}  {:<9}  {:>12}  {:>12}  {:>14}  {:>9}\n",
            layer.name,
            layer.op,
            format!("{c}x{h}x{w}"),
            grouped(layer.parameters as u64),
            grouped(layer.multiply_adds),
            layer.receptive_field
        );
    }
    text + &format!(
        "{spec}: {} parameters, {} multiply-adds an image\n",
        grouped(table.parameters as u64),
        grouped(table.multiply_adds)
    )
}

fn plan_lines(graph: &Graph, images: usize) -> String {
    let plan = lower(graph);
    let rows = plan.table(graph);
    let mut text = format!(
        "{:<11}  {:>12}  {:>12}  {:>14}  does\n",
        "kernel", "output", "bytes", "flops"
    );
    for row in &rows {
        let [c, h, w] = row.shape;
        text += &format!(
            "{:<11}  {:>12}  {:>12}  {:>14}  {}\n",
            row.kernel,
            format!("{c}x{h}x{w}"),
            grouped(row.bytes),
            grouped(row.flops),
            row.does
        );
    }
    let stored: usize = plan.slots.iter().sum();
    text += &format!(
        "{}: {} tensors in {} buffers, {} bytes an image\n",
        graph.spec,
        plan.tensors.len(),
        plan.slots.len(),
        grouped((stored * size_of::<f32>()) as u64)
    );
    let giga = |count: u64| count as f64 * 1e-9;
    let whole = |each: fn(&Row) -> u64| giga(rows.iter().map(each).sum::<u64>() * images as u64);
    let works = works(graph, images);
    let on_gpu = |of: fn(&Work) -> u64| giga(works.iter().map(of).sum());
    text + &format!(
        "a step of {images} images: {} kernels, {:.2} GFLOP and {:.3} GB; on a GPU {} dispatches, {:.2} GFLOP and {:.3} GB\n",
        rows.len(),
        whole(|row| row.flops),
        whole(|row| row.bytes),
        works.len(),
        on_gpu(|work| work.flops),
        on_gpu(|work| work.bytes)
    )
}

/// Digits in groups of three: 269,722.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 40_551_040].map(grouped),
            ["0", "999", "1,000", "40,551,040"]
        );
    }

    #[test]
    fn table_ends_with_totals() {
        let spec: Spec = "resnet-20".parse().unwrap();
        let text = lines(&spec, &Table::new(&Graph::new(&spec)));
        assert!(
            text.ends_with("resnet-20: 269,722 parameters, 40,551,040 multiply-adds an image\n"),
            "{text}"
        );
        let widths: Vec<usize> = text.lines().map(str::len).collect();
        assert!(
            widths[..widths.len() - 1].iter().all(|&width| width == widths[0]),
            "columns align"
        );
    }
}
