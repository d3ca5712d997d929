//! At which steps weights are kept.

/// Most moments kept of a run.
const MOST: usize = 24;
/// Most bytes kept of a run, in memory or on the disk.
const BYTES: usize = 96 << 20;
/// With fewer moments than this, the optimiser's state is left out to make room for more.
const FEW: usize = 12;

/// The steps kept in a training of `steps` whose weights take that many bytes and the optimiser's state so many, and
/// whether the state is kept too. The first and last step are among them, the others grow by a constant factor.
pub fn grid(steps: usize, weights: usize, state: usize) -> (Vec<usize>, bool) {
    let room = |bytes: usize| (BYTES / bytes.max(1)).min(MOST);
    let with_state = room(weights + state) >= FEW;
    let most = room(if with_state { weights + state } else { weights });
    (spaced(steps, most), with_state)
}

fn spaced(steps: usize, most: usize) -> Vec<usize> {
    if most < 2 || steps == 0 {
        return vec![0; most.min(1)];
    }
    let factors = (most - 2).max(1) as f64;
    let place = |i: usize| (steps as f64).powf(i as f64 / factors).round() as usize;
    let mut kept: Vec<usize> = std::iter::once(0).chain((0..most - 1).map(place)).collect();
    if most == 2 {
        kept = vec![0, steps];
    }
    kept.dedup();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_last_and_logarithmic_between() {
        let (steps, with_state) = grid(400, 1 << 20, 1 << 20);
        assert!(with_state);
        assert_eq!((steps[0], steps[1], *steps.last().unwrap()), (0, 1, 400));
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
        assert!((14..=24).contains(&steps.len()), "{steps:?}");
        let (long, _) = grid(64_000, 1 << 20, 1 << 20);
        assert_eq!((long.len(), *long.last().unwrap()), (24, 64_000), "{long:?}");
        assert_eq!(spaced(3, 24), [0, 1, 2, 3]);
        assert_eq!(spaced(100, 2), [0, 100]);
        assert_eq!(spaced(100, 3), [0, 1, 100]);
    }

    #[test]
    fn never_more_bytes_than_there_is_room_for() {
        for (weights, state) in [
            (4 << 20, 4 << 20),
            (7 << 20, 7 << 20),
            (40 << 20, 40 << 20),
            (200 << 20, 1),
        ] {
            let (steps, with_state) = grid(1000, weights, state);
            let each = if with_state { weights + state } else { weights };
            assert!(steps.len() * each <= BYTES, "{weights}: {steps:?}");
        }
        assert!(!grid(1000, 7 << 20, 7 << 20).1);
        assert!(grid(1000, 200 << 20, 1).0.is_empty());
    }
}
