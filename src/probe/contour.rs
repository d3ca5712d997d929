//! Lines of equal height on a landscape, by marching squares.

use super::Landscape;

/// The segments of the line where the loss is `level`, in the landscape's own places. Cells that are not known or not finite
/// have none.
pub fn contour(map: &Landscape, level: f32) -> Vec<[[f32; 2]; 2]> {
    let mut segments = Vec::new();
    for row in 0..map.side.saturating_sub(1) {
        for column in 0..map.side - 1 {
            cell(map, level, [column, row], &mut segments);
        }
    }
    segments
}

/// The corners run around the cell, so that edge `i` joins corners `i` and `i + 1`.
fn cell(map: &Landscape, level: f32, [column, row]: [usize; 2], segments: &mut Vec<[[f32; 2]; 2]>) {
    let corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(|[right, up]| [column + right, row + up]);
    let heights = corners.map(|[column, row]| map.loss[row * map.side + column]);
    if heights.iter().any(|height| !height.is_finite()) {
        return;
    }
    let crossing = |edge: usize| {
        let (from, to) = (edge, (edge + 1) % 4);
        if (heights[from] < level) == (heights[to] < level) {
            return None;
        }
        let share = (level - heights[from]) / (heights[to] - heights[from]);
        let [a, b] = [from, to].map(|at| map.place(corners[at][0], corners[at][1]));
        Some([0, 1].map(|axis: usize| a[axis] + share * (b[axis] - a[axis])))
    };
    let crossed: Vec<[f32; 2]> = (0..4).filter_map(crossing).collect();
    match crossed[..] {
        [a, b] => segments.push([a, b]),
        // A saddle: its middle tells which corners belong together.
        [a, b, c, d] => {
            let middle = heights.iter().sum::<f32>() / 4.0;
            let joined = (middle < level) == (heights[0] < level);
            segments.extend(if joined { [[a, b], [c, d]] } else { [[a, d], [b, c]] });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(side: usize, height: impl Fn([f32; 2]) -> f32) -> Landscape {
        let mut map = Landscape {
            reach: [[-1.0, 1.0]; 2],
            side,
            loss: vec![0.0; side * side],
        };
        for row in 0..side {
            for column in 0..side {
                map.loss[row * side + column] = height(map.place(column, row));
            }
        }
        map
    }

    #[test]
    fn a_bowl_has_circles() {
        let bowl = map(33, |[x, y]| x * x + y * y);
        let circle = contour(&bowl, 0.25);
        assert!(circle.len() > 40);
        let length: f32 = circle.iter().map(|[a, b]| (a[0] - b[0]).hypot(a[1] - b[1])).sum();
        assert!((length / std::f32::consts::PI - 1.0).abs() < 0.01, "{length}");
        assert!(circle.iter().flatten().all(|[x, y]| (x.hypot(*y) - 0.5).abs() < 0.01));
        assert!(contour(&bowl, 3.0).is_empty());
    }

    #[test]
    fn saddles_and_what_is_unknown() {
        let saddle = map(2, |[x, y]| x * y);
        let lines = contour(&saddle, 0.1);
        assert_eq!(lines.len(), 2);
        assert!(
            lines
                .iter()
                .all(|[a, b]| (a[0] - b[0]).abs() < 1.0 && (a[1] - b[1]).abs() < 1.0)
        );
        let mut unknown = saddle;
        unknown.loss[1] = f32::NAN;
        assert!(contour(&unknown, 0.1).is_empty());
    }
}
