//! The table of `depthscope bench --kernels`: where the time of a training step goes.

use serde::Serialize;

use super::out::say;
use crate::engine::gpu::Work;
use crate::engine::plan::lower;
use crate::error::Result;
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
    /// Of the CPU's convolutions.
    pub window: String,
    /// Channels, height, width of what they make; of the CPU's.
    pub shape: Option<[usize; 3]>,
    /// How many a step has.
    pub count: usize,
    /// Of all of them in a step.
    pub ms: f64,
    pub gflops: f64,
    pub gbs: f64,
    /// What the roofline model allows at best, as a share of the time taken.
    pub roof_share: f64,
}

/// One kernel of a step, with the seconds it took.
pub struct Timed {
    kernel: &'static str,
    window: String,
    shape: Option<[usize; 3]>,
    flops: f64,
    bytes: f64,
    seconds: f64,
}

/// A plan's kernels on so many images, in the plan's order.
pub fn of_plan(graph: &Graph, seconds: &[f64], images: usize) -> Vec<Timed> {
    let rows = lower(graph).table(graph).into_iter().zip(seconds);
    let timed = rows.map(|(row, &seconds)| Timed {
        kernel: row.kernel,
        window: row.window,
        shape: Some(row.shape),
        flops: row.flops as f64 * images as f64,
        bytes: row.bytes as f64 * images as f64,
        seconds,
    });
    timed.collect()
}

/// A GPU's dispatches.
pub fn of_dispatches(works: &[Work], seconds: &[f64]) -> Vec<Timed> {
    let timed = works.iter().zip(seconds).map(|(work, &seconds)| Timed {
        kernel: work.kernel,
        window: String::new(),
        shape: None,
        flops: work.flops as f64,
        bytes: work.bytes as f64,
        seconds,
    });
    timed.collect()
}

/// Sums the seconds by kernel and shape; the longest come first.
pub fn sum(timed: Vec<Timed>, roof: Roof) -> Vec<KernelTime> {
    let mut groups: Vec<(usize, Timed)> = Vec::new();
    for one in timed {
        let same = |(_, group): &(usize, Timed)| {
            (group.kernel, &group.window, group.shape) == (one.kernel, &one.window, one.shape)
        };
        match groups.iter().position(same) {
            Some(at) => {
                let (count, group) = &mut groups[at];
                *count += 1;
                group.flops += one.flops;
                group.bytes += one.bytes;
                group.seconds += one.seconds;
            }
            None => groups.push((1, one)),
        }
    }
    groups.sort_by(|(_, a), (_, b)| b.seconds.total_cmp(&a.seconds));
    let rated = groups.into_iter().map(|(count, group)| {
        let (gflops, gigabytes) = (group.flops * 1e-9, group.bytes * 1e-9);
        let least_seconds = (gflops / roof.gflops).max(gigabytes / roof.gbs);
        let seconds = group.seconds.max(f64::MIN_POSITIVE);
        KernelTime {
            kernel: group.kernel,
            window: group.window,
            shape: group.shape,
            count,
            ms: group.seconds * 1e3,
            gflops: gflops / seconds,
            gbs: gigabytes / seconds,
            roof_share: least_seconds / seconds,
        }
    });
    rated.collect()
}

/// Prints them.
pub fn print(times: &[KernelTime]) -> Result<()> {
    say!(
        "    {:<18} {:<36} {:>9} {:>6} {:>9} {:>6} {:>8} {:>7} {:>5}",
        "kernel",
        "window",
        "shape",
        "count",
        "ms",
        "share",
        "GFLOP/s",
        "GB/s",
        "roof"
    )?;
    let all: f64 = times.iter().map(|time| time.ms).sum();
    for time in times {
        let shape = time.shape.map_or(String::new(), |[channels, height, width]| {
            format!("{channels}x{height}x{width}")
        });
        say!(
            "    {:<18} {:<36} {:>9} {:>6} {:>9.3} {:>5.1}% {:>8.1} {:>7.1} {:>4.0}%",
            time.kernel,
            time.window,
            shape,
            time.count,
            time.ms,
            100.0 * time.ms / all,
            time.gflops,
            time.gbs,
            100.0 * time.roof_share
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_s_operations_are_all_there() {
        let graph = Graph::new(&"resnet-20".parse().unwrap());
        let rows = lower(&graph).table(&graph);
        let roof = Roof { gflops: 1.0, gbs: 1e9 };
        let times = sum(of_plan(&graph, &vec![1e-3; rows.len()], 2), roof);
        assert_eq!(times.iter().map(|time| time.count).sum::<usize>(), rows.len());
        let flops: f64 = times.iter().map(|time| time.gflops * time.ms * 1e6).sum();
        let right: u64 = rows.iter().map(|row| row.flops * 2).sum();
        assert!((flops / right as f64 - 1.0).abs() < 1e-9);
        // Bound by arithmetic: time at the roof over time taken.
        let conv = times.iter().find(|time| time.kernel == "conv").unwrap();
        assert!((conv.roof_share - conv.gflops).abs() < 1e-9);
    }

    #[test]
    fn dispatches_are_summed_by_kernel() {
        let work = |kernel, flops, bytes| Work { kernel, flops, bytes };
        let works = [
            work("conv", 3_000_000_000, 0),
            work("add", 0, 1_000_000_000),
            work("conv", 1_000_000_000, 0),
        ];
        let roof = Roof { gflops: 8.0, gbs: 4.0 };
        let times = sum(of_dispatches(&works, &[0.5, 2.0, 0.5]), roof);
        let [add, conv] = &times[..] else { panic!("{times:?}") };
        assert_eq!((add.kernel, add.count, add.gbs, add.roof_share), ("add", 1, 0.5, 0.125));
        assert_eq!(
            (conv.kernel, conv.count, conv.gflops, conv.roof_share),
            ("conv", 2, 4.0, 0.5)
        );
    }
}
