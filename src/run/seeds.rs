//! What several seeds measured, as one.

/// Mean, lowest and highest of what is finite; not a number where nothing is.
pub fn over_seeds(values: impl IntoIterator<Item = f64>) -> [f64; 3] {
    let finite = values.into_iter().filter(|value| value.is_finite());
    let (sum, count, low, high) = finite.fold(
        (0.0, 0u32, f64::INFINITY, f64::NEG_INFINITY),
        |(sum, count, low, high), value| (sum + value, count + 1, low.min(value), high.max(value)),
    );
    match count {
        0 => [f64::NAN; 3],
        _ => [sum / f64::from(count), low, high],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_left_out() {
        assert_eq!(over_seeds([1.0, f64::NAN, 4.0, f64::INFINITY]), [2.5, 1.0, 4.0]);
        assert!(over_seeds([f64::NAN]).iter().all(|value| value.is_nan()));
    }
}
