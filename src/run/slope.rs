//! The steady factor in a gradient slope.

/// What a gradient norm is multiplied by from one block to the one before it, from points `[block, norm]`: least squares
/// on log10, if a steady factor explains four fifths of the variance.
pub fn slope_factor(points: &[[f64; 2]]) -> Option<f64> {
    let points: Vec<[f64; 2]> = points
        .iter()
        .filter(|[_, norm]| *norm > 0.0 && norm.is_finite())
        .map(|&[block, norm]| [block, norm.log10()])
        .collect();
    let count = points.len() as f64;
    let [x, y] = [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / count);
    let sum = |term: fn(f64, f64) -> f64| points.iter().map(|&[a, b]| term(a - x, b - y)).sum::<f64>();
    let (across, along, up) = (sum(|a, b| a * b), sum(|a, _| a * a), sum(|_, b| b * b));
    (along > 0.0 && across * across >= 0.8 * along * up).then(|| 10f64.powf(-across / along))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_of_a_steady_slope_is_found() {
        let points: Vec<[f64; 2]> = (0..28)
            .map(|block| [f64::from(block), 0.33f64.powi(27 - block)])
            .collect();
        assert!((slope_factor(&points).unwrap() - 0.33).abs() < 1e-12);
        assert_eq!(slope_factor(&points[..1]), None);
        assert_eq!(
            slope_factor(&[[0.0, 1.0], [1.0, 9.0], [2.0, 1.0], [3.0, 9.0]]),
            None,
            "not a slope"
        );
        assert_eq!(slope_factor(&[[0.0, 0.0], [1.0, f64::NAN]]), None);
    }
}
