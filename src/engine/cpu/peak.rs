//! What this machine's vector units and memory can do at most, measured.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::lanes::{Isa, Kernel, Lanes};

/// Independent chains: more than latency times units on any machine of today, and no more than there are registers.
const CHAINS: usize = 12;
const ROUNDS: usize = 100_000;
/// Values that each thread copies: more than the caches of today hold.
const COPIED: usize = 32 << 20;

struct Chains;

impl Kernel for Chains {
    /// Operations done, and a value so that they are.
    type Output = (f64, f32);

    #[inline(always)]
    fn run<S: Lanes>(self) -> (f64, f32) {
        let (factor, addend) = (S::splat(black_box(0.5)), S::splat(black_box(1.0)));
        let mut chains = [S::zero(); CHAINS];
        for _ in 0..ROUNDS {
            for chain in &mut chains {
                *chain = chain.mul_add(factor, addend);
            }
        }
        let mut sum = S::zero();
        for chain in chains {
            sum = sum.add(chain);
        }
        ((2 * CHAINS * ROUNDS * S::WIDTH) as f64, sum.sum())
    }
}

/// Multiplications and additions a second, in units of 1e9, of all threads of the current pool together.
pub fn peak_gflops() -> f64 {
    let isa = Isa::best();
    let threads = rayon::current_num_threads();
    let mut best = Duration::MAX;
    let mut operations = 0.0;
    for _ in 0..20 {
        let start = Instant::now();
        let done: Vec<(f64, f32)> = (0..threads).into_par_iter().map(|_| isa.run(Chains)).collect();
        best = best.min(start.elapsed());
        operations = black_box(done).iter().map(|(operations, _)| operations).sum();
    }
    operations / best.as_secs_f64() / 1e9
}

/// Bytes read and written a second, in units of 1e9, when all threads of the current pool copy.
pub fn bandwidth_gbs() -> f64 {
    let threads = rayon::current_num_threads();
    let from = vec![1.0f32; COPIED * threads];
    let mut to = vec![0.0f32; COPIED * threads];
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        to.par_chunks_mut(COPIED)
            .zip(from.par_chunks(COPIED))
            .for_each(|(to, from)| to.copy_from_slice(black_box(from)));
        best = best.min(start.elapsed());
    }
    (2 * size_of_val(black_box(&*to))) as f64 / best.as_secs_f64() / 1e9
}
