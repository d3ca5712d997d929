//! What is written beside a picture: names at the lines' ends, spread so that none covers another.

/// Positions as near as possible to `wanted`, at least `gap` apart and between `low` and `high`, in the same order.
/// Where there are too many for that the gap shrinks.
pub fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    spread_tall(wanted, &vec![gap; wanted.len()], low, high)
}

/// The same for the middles of what is as high as that.
pub fn spread_tall(wanted: &[f64], heights: &[f64], low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut shares: Vec<f64> = vec![0.0; wanted.len()];
    for rank in 1..order.len() {
        shares[rank] = shares[rank - 1] + (heights[order[rank - 1]] + heights[order[rank]]) / 2.0;
    }
    let all = shares.last().copied().unwrap_or(0.0);
    let shrunk = if all > high - low { (high - low) / all } else { 1.0 };
    shares.iter_mut().for_each(|share| *share *= shrunk);
    // Without its share of the gaps, a valid placement is a rising sequence: the nearest one merges neighbours that
    // fall into blocks at their mean.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (rank, &i) in order.iter().enumerate() {
        let mut block = (wanted[i] - shares[rank], 1);
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
    let last = high - all * shrunk;
    let places = blocks
        .iter()
        .flat_map(|&(mean, count)| std::iter::repeat_n(mean.min(last).max(low), count));
    let mut result = vec![0.0; wanted.len()];
    for (rank, (i, place)) in order.into_iter().zip(places).enumerate() {
        result[i] = place + shares[rank];
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

    #[test]
    fn what_is_taller_takes_more_room() {
        assert_eq!(
            spread_tall(&[50.0, 50.0, 50.0], &[10.0, 30.0, 10.0], 0.0, 100.0),
            [30.0, 50.0, 70.0]
        );
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
}
