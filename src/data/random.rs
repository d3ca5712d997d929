//! Repeatable randomness: every draw is a function of (purpose, seed, epoch, index), so no generator's state is ever saved.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a generator is used for; equal seeds for different purposes share nothing.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Split,
    Keep,
    Order,
    Augment,
    TestOrder,
    TrainTexture,
    TestTexture,
    Sample,
}

/// A generator of its own for one image or one pass.
pub(super) fn generator(purpose: Purpose, seed: u64, epoch: u64, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&epoch.to_le_bytes());
    key[16] = purpose as u8;
    let mut generator = ChaCha8Rng::from_seed(key);
    generator.set_stream(index);
    generator
}

/// Uniform in `0..bound`, by Lemire's multiplication (its bias, below bound / 2^64, does not matter here).
pub(super) fn below(generator: &mut ChaCha8Rng, bound: usize) -> usize {
    ((u128::from(generator.next_u64()) * bound as u128) >> 64) as usize
}

/// Uniform in `low..high`.
pub(super) fn uniform(generator: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    let unit = (generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    low + (high - low) * unit
}

/// Fisher and Yates's shuffle of `0..len`.
pub(super) fn permutation(generator: &mut ChaCha8Rng, len: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..len as u32).collect();
    for last in (1..len).rev() {
        order.swap(last, below(generator, last + 1));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permutations_are_fair() {
        let mut first = [0u32; 5];
        for epoch in 0..5000 {
            let order = permutation(&mut generator(Purpose::Order, 1, epoch, 0), 5);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4]);
            first[order[0] as usize] += 1;
        }
        assert!(first.iter().all(|&count| (900..1100).contains(&count)), "{first:?}");
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let draw = |purpose, seed, epoch, index| generator(purpose, seed, epoch, index).next_u64();
        let draws = [
            draw(Purpose::Order, 0, 0, 0),
            draw(Purpose::Augment, 0, 0, 0),
            draw(Purpose::Order, 1, 0, 0),
            draw(Purpose::Order, 0, 1, 0),
            draw(Purpose::Order, 0, 0, 1),
        ];
        for (position, value) in draws.iter().enumerate() {
            assert!(!draws[..position].contains(value), "{draws:?}");
        }
    }
}
