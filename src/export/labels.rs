//! What is written beside a picture: names at the lines' ends, spread so that none covers another, and numbers.

use crate::run::amounts::power_of_ten;

/// So many significant digits, with a power of ten for what is small or large.
pub fn number(value: f64, digits: i32) -> String {
    let size = value.abs();
    let text = if size == 0.0 {
        "0".to_owned()
    } else if (0.01..1000.0).contains(&size) {
        let decimals = (digits - 1 - size.log10().floor() as i32).clamp(0, digits + 1) as usize;
        format!("{value:.decimals$}")
    } else {
        power_of_ten(value, 1)
    };
    text.replace('-', "\u{2212}")
}

/// Positions as near as possible to `wanted`, at least `gap` apart and between `low` and `high`, in the same order.
/// Where there are too many for that the gap shrinks.
pub fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let room = (high - low) / wanted.len().saturating_sub(1).max(1) as f64;
    let gap = gap.min(room);
    // Without its share of the gaps, a valid placement is a rising sequence: the nearest one merges neighbours that
    // fall into blocks at their mean.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (rank, &i) in order.iter().enumerate() {
        let mut block = (wanted[i] - rank as f64 * gap, 1);
        while let Some(&(mean, count)) = blocks.last() {
            if mean <= block.0 {
                break;
            }
            blocks.pop();
            let total = count + block.1;
            block = ((mean * count as f64 + block.0 * block.1 as f64) / total as f64, total);
        }
        blocks.push(block);
    }
    let last = high - wanted.len().saturating_sub(1) as f64 * gap;
    let places = blocks
        .iter()
        .flat_map(|&(mean, count)| std::iter::repeat_n(mean.min(last).max(low), count));
    let mut result = vec![0.0; wanted.len()];
    for (rank, (i, place)) in order.into_iter().zip(places).enumerate() {
        result[i] = place + rank as f64 * gap;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn far_labels_stay() {
        assert_eq!(spread(&[50.0, 10.0, 90.0], 15.0, 0.0, 100.0), [50.0, 10.0, 90.0]);
    }

    #[test]
    fn near_labels_part_evenly() {
        assert_eq!(spread(&[50.0, 52.0], 12.0, 0.0, 100.0), [45.0, 57.0]);
        assert_eq!(spread(&[99.0, 100.0, 98.0], 10.0, 0.0, 100.0), [90.0, 100.0, 80.0]);
        assert_eq!(spread(&[0.0, 0.0], 10.0, 0.0, 100.0), [0.0, 10.0]);
    }

    proptest! {
        #[test]
        fn none_overlap_and_all_are_inside(wanted in prop::collection::vec(-50f64..150.0, 0..12)) {
            let places = spread(&wanted, 8.0, 0.0, 100.0);
            let mut sorted = places.clone();
            sorted.sort_by(f64::total_cmp);
            prop_assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] > 7.999));
            prop_assert!(places.iter().all(|place| (-1e-6..=100.0 + 1e-6).contains(place)));
        }
    }

    #[test]
    fn numbers_are_short() {
        let three = [0.0, 1.234, -12.34, 0.0123, 512.3, 1.5e-7].map(|value| number(value, 3));
        assert_eq!(three, ["0", "1.23", "\u{2212}12.3", "0.0123", "512", "1.5·10⁻⁷"]);
        assert_eq!(
            [0.05, 12.0, 4e-15].map(|value| number(value, 2)),
            ["0.050", "12", "4.0·10⁻¹⁵"]
        );
    }
}
