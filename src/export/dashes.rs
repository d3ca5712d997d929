//! A line cut into dashes.

use super::figure::Point;

/// Length of a dash, and of what is left out between two.
const DASH: f64 = 9.0;
const BETWEEN: f64 = 6.0;
/// How many times the picture's width a line may be long before its dashes are longer.
const UNEVEN: f64 = 1.5;

/// The dashes of a line given in the picture's own points, which is so `wide`: as long wherever the line goes. One that goes up
/// and down all the time has longer ones, so that their number has a limit.
pub fn dashes(points: &[Point], wide: f64) -> Vec<Vec<Point>> {
    // Not `hypot`, which takes ten times as long; no picture is so large that a square overflows.
    let length = |from: Point, to: Point| {
        let [across, down] = [to[0] - from[0], to[1] - from[1]];
        (across * across + down * down).sqrt()
    };
    let whole: f64 = points.windows(2).map(|pair| length(pair[0], pair[1])).sum();
    let stretch = (whole / (UNEVEN * wide.max(1.0))).max(1.0);
    let lengths = [DASH, BETWEEN].map(|length| length * stretch);
    let mut done = Vec::new();
    let mut dash: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut drawn, mut left) = (true, lengths[0]);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut rest = length(from, to);
        while rest >= left {
            let share = left / rest;
            from = [0, 1].map(|axis| from[axis] + share * (to[axis] - from[axis]));
            rest -= left;
            if drawn {
                dash.push(from);
                done.push(std::mem::take(&mut dash));
            } else {
                dash = vec![from];
            }
            drawn = !drawn;
            left = lengths[usize::from(!drawn)];
        }
        left -= rest;
        if drawn {
            dash.push(to);
        }
    }
    if drawn && dash.len() > 1 {
        done.push(dash);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_are_as_long_wherever_the_line_goes() {
        let flat: Vec<Point> = (0..100).map(|x| [3.0 * f64::from(x), 0.0]).collect();
        let found = dashes(&flat, 297.0);
        assert_eq!(found.len(), 20);
        assert_eq!((found[0].len(), found[0][3], found[1][0]), (4, [9.0, 0.0], [15.0, 0.0]));
        let steep = dashes(&[[0.0, 0.0], [3.0, 400.0]], 297.0);
        assert_eq!(steep.len(), 27);
        assert!((steep[1][0][1] - 15.0).abs() < 0.1, "{steep:?}");
        assert!((steep[26][1][1] - 399.0).abs() < 0.1, "{steep:?}");
        let uneven: Vec<Point> = (0..3000)
            .map(|x| [0.1 * f64::from(x), 300.0 * f64::from(x % 2)])
            .collect();
        assert!(dashes(&uneven, 300.0).len() <= 31);
        assert!(dashes(&flat[..1], 297.0).is_empty());
    }
}
