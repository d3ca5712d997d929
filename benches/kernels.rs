//! Each kernel of the CPU engine alone, on the shapes of ResNet-20 (128 images) and ResNeXt-29 (64 images): `cargo bench --bench
//! kernels`, or `cargo bench --bench kernels -- conv_grad` for some of them. Items are multiplications and additions.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};

use depthscope::data::Batch;
use depthscope::engine::cpu::CpuEngine;
use depthscope::engine::plan::Row;
use depthscope::engine::{Engine, Optimizer};
use depthscope::net::{Graph, initial_weights};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};

/// A net whose training step lends its kernels.
struct Lender {
    name: &'static str,
    engine: Mutex<CpuEngine>,
    batch: Batch,
    rows: Vec<Row>,
}

static LENDERS: LazyLock<[Lender; 2]> = LazyLock::new(|| {
    [
        Lender::new("resnet-20", "resnet-20", 128),
        Lender::new("resnext-29", "resnext-29:cardinality=8,group_width=4,width=16", 64),
    ]
});

impl Lender {
    fn new(name: &'static str, text: &str, images: usize) -> Self {
        let graph = Arc::new(Graph::new(&text.parse().expect("a net")));
        let shape = graph.spec.input;
        let values = 0..images * shape.iter().product::<usize>();
        let batch = Batch {
            shape,
            images: values.map(|i| (i as f32 * 0.17).sin()).collect(),
            labels: (0..images).map(|i| (i % graph.spec.classes) as u32).collect(),
            origin: None,
        };
        let weights = initial_weights(&graph, 0);
        let mut engine = CpuEngine::new(&graph, &weights, Optimizer::default()).expect("the graph's weights");
        engine.step(&batch, 0.01, false).expect("a batch of the graph's shape");
        let rows = engine.plan().table(&graph);
        Self {
            name,
            engine: Mutex::new(engine),
            batch,
            rows,
        }
    }
}

/// One kernel of a lender.
#[derive(Clone, Copy)]
struct Case {
    lender: &'static Lender,
    at: usize,
}

impl Case {
    fn row(&self) -> &'static Row {
        &self.lender.rows[self.at]
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { window, shape, .. } = self.row();
        let [channels, height, width] = shape;
        write!(f, "{}: {channels}x{height}x{width} {window}", self.lender.name)
    }
}

/// The first kernel of that name of each shape.
fn cases(kernel: &str) -> Vec<Case> {
    let all = LENDERS
        .iter()
        .flat_map(|lender| (0..lender.rows.len()).map(move |at| Case { lender, at }));
    let mut cases: Vec<Case> = all.filter(|case| case.row().kernel == kernel).collect();
    let mut seen = Vec::new();
    cases.retain(|case| {
        let text = case.to_string();
        let new = !seen.contains(&text);
        seen.push(text);
        new
    });
    cases
}

fn time(bencher: Bencher, case: Case) {
    let Case { lender, at } = case;
    let images = lender.batch.len() as u64;
    let mut engine = lender.engine.lock().expect("no bench has panicked");
    bencher
        .counter(ItemsCount::new(case.row().flops * images))
        .counter(BytesCount::new(case.row().bytes * images))
        .bench_local(|| engine.run_kernel(at, &lender.batch.labels));
}

macro_rules! benches {
    ($($function:ident: $kernel:literal),*) => {
        $(#[divan::bench(args = cases($kernel))]
        fn $function(bencher: Bencher, case: Case) {
            time(bencher, case);
        })*
    };
}

benches!(
    conv: "conv",
    add: "add",
    pool: "pool",
    linear: "linear",
    loss: "loss",
    linear_grad: "linear-grad",
    pool_grad: "pool-grad",
    norm_grad: "norm-grad",
    conv_grad: "conv-grad"
);

fn main() {
    divan::main();
}
