//! The table of `depthscope bench --kernels`: where the time of a training step goes.

use serde::Serialize;

use crate::engine::plan::lower;
use crate::net::Graph;

/// What a machine can do at most.
#[derive(Debug, Clone, Copy)]
pub struct Roof {
    /// Operations a second, in units of 1e9.
    pub gflops: f64,
    /// Bytes a second, in units of 1e9.
    pub gbs: f64,
}

/// Kernels of one name that make tensors of one shape.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KernelTime {
    pub kernel: &'static str,
    /// Of convolutions.
    pub window: String,
    /// Channels, height, width of what they make.
    pub shape: [usize; 3],
    /// How many a step has.
    pub count: usize,
    /// Of all of them in a step.
    pub ms: f64,
    pub gflops: f64,
    pub gbs: f64,
    /// What the roofline model allows at best, as a share of the time taken.
    pub roof_share: f64,
}

/// Sums the seconds of a plan's kernels, in the plan's order, by kernel and shape; the longest come first.
pub fn sum(graph: &Graph, seconds: &[f64], images: usize, roof: Roof) -> Vec<KernelTime> {
    struct Group {
        time: KernelTime,
        flops: f64,
        bytes: f64,
    }
    let mut groups: Vec<Group> = Vec::new();
    for (row, seconds) in lower(graph).table(graph).into_iter().zip(seconds) {
        let same = |group: &Group| {
            (group.time.kernel, &group.time.window, group.time.shape) == (row.kernel, &row.window, row.shape)
        };
        let at = groups.iter().position(same).unwrap_or_else(|| {
            let time = KernelTime {
                kernel: row.kernel,
                window: row.window,
                shape: row.shape,
                count: 0,
                ms: 0.0,
                gflops: 0.0,
                gbs: 0.0,
                roof_share: 0.0,
            };
            let (flops, bytes) = (0.0, 0.0);
            groups.push(Group { time, flops, bytes });
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.time.count += 1;
        group.time.ms += seconds * 1e3;
        group.flops += row.flops as f64 * images as f64;
        group.bytes += row.bytes as f64 * images as f64;
    }
    groups.sort_by(|a, b| b.time.ms.total_cmp(&a.time.ms));
    let rated = groups.into_iter().map(|Group { time, flops, bytes }| {
        let per_nanosecond = 1e-6 / time.ms;
        let least_ms = (flops / roof.gflops).max(bytes / roof.gbs) * 1e-6;
        KernelTime {
            gflops: flops * per_nanosecond,
            gbs: bytes * per_nanosecond,
            roof_share: least_ms / time.ms,
            ..time
        }
    });
    rated.collect()
}

/// Prints them.
pub fn print(times: &[KernelTime]) {
    println!(
        "    {:<12} {:<36} {:>9} {:>6} {:>9} {:>6} {:>8} {:>7} {:>5}",
        "kernel", "window", "shape", "count", "ms", "share", "GFLOP/s", "GB/s", "roof"
    );
    let all: f64 = times.iter().map(|time| time.ms).sum();
    for time in times {
        let [channels, height, width] = time.shape;
        println!(
            "    {:<12} {:<36} {:>9} {:>6} {:>9.3} {:>5.1}% {:>8.1} {:>7.1} {:>4.0}%",
            time.kernel,
            time.window,
            format!("{channels}x{height}x{width}"),
            time.count,
            time.ms,
            100.0 * time.ms / all,
            time.gflops,
            time.gbs,
            100.0 * time.roof_share
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_s_operations_are_all_there() {
        let graph = Graph::new(&"resnet-20".parse().unwrap());
        let rows = lower(&graph).table(&graph);
        let roof = Roof { gflops: 1.0, gbs: 1e9 };
        let times = sum(&graph, &vec![1e-3; rows.len()], 2, roof);
        assert_eq!(times.iter().map(|time| time.count).sum::<usize>(), rows.len());
        let flops: f64 = times.iter().map(|time| time.gflops * time.ms * 1e6).sum();
        let right: u64 = rows.iter().map(|row| row.flops * 2).sum();
        assert!((flops / right as f64 - 1.0).abs() < 1e-9);
        // Bound by arithmetic: time at the roof over time taken.
        let conv = times.iter().find(|time| time.kernel == "conv").unwrap();
        assert!((conv.roof_share - conv.gflops).abs() < 1e-9);
    }
}
