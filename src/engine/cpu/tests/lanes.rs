//! The least of things: vectors, and statistics far from zero.

use super::*;

#[test]
fn means_far_from_zero_keep_their_variance() {
    // 10,000 + {0, 1}: the naive E[x^2] - E[x]^2 gives 0 or 8 in f32.
    for isa in Isa::available() {
        let (images, plane, width) = (19, 9, isa.width());
        let values: Vec<f32> = (0..images * plane).map(|i| 1e4 + (i % 2) as f32).collect();
        let buffer = packed(&values, plane, width);
        let lanes = lane_statistics(isa, &buffer, [1, 3, 3], images);
        let [mean, variance] = batch_statistics(isa, &lanes, [1, 3, 3], images)[0];
        let ones = (images * plane / 2) as f64 / (images * plane) as f64;
        assert!((mean - 1e4 - ones).abs() < 1e-3, "{}: {mean}", isa.name());
        assert!(
            (variance - ones * (1.0 - ones)).abs() < 1e-3,
            "{}: {variance}",
            isa.name()
        );
    }
}

#[test]
fn vectors_agree_on_the_least_of_things() {
    struct Least;
    impl Kernel for Least {
        type Output = Vec<f32>;
        #[inline(always)]
        fn run<S: Lanes>(self) -> Vec<f32> {
            let minus = S::splat(-1.0);
            let nan = S::splat(f32::NAN);
            let two = S::splat(2.0);
            let of = |v: S| v.sum() / S::WIDTH as f32;
            vec![
                of(minus.relu()),
                of(nan.relu()),
                of(two.where_positive(S::zero())),
                of(two.where_positive(nan)),
                of(two.where_positive(two)),
                of(two.mul_add(two, minus)),
                S::sums([two, minus, S::zero(), two])[1] / S::WIDTH as f32,
            ]
        }
    }
    for isa in Isa::available() {
        let found = isa.run(Least);
        assert!(found[1].is_nan(), "{}: ReLU must keep NaN", isa.name());
        assert_eq!(found[0], 0.0);
        assert_eq!(found[2..], [0.0, 0.0, 2.0, 3.0, -1.0], "{}", isa.name());
    }
}
