//! Where several charts stand in one panel.

use eframe::egui::{Rect, vec2};

use super::theme::GRID;

/// Least height of a chart with its title; where there is no room for all, the panel scrolls, and each has room for names
/// above it.
const LEAST: f32 = 124.0;
const EASY: f32 = 190.0;
/// Least width of a chart that is not alone in its row.
const NARROW: f32 = 190.0;

/// Equal cells for charts, as close to the shape of a page as they can be, and the height of all of them: that of the
/// space, or more where a chart would be of no use.
pub fn cells(space: Rect, count: usize) -> (Vec<Rect>, f32) {
    let size = |columns: usize| {
        let rows = count.div_ceil(columns);
        let gap = |cells: usize| GRID * (cells - 1) as f32;
        vec2(
            (space.width() - gap(columns)) / columns as f32,
            (space.height() - gap(rows)) / rows as f32,
        )
    };
    // A cell that stays empty is room lost to the others.
    let distance = |columns: usize| {
        let empty = columns * count.div_ceil(columns) - count;
        (size(columns).x / size(columns).y / 1.7).ln().abs() + empty as f32 / count as f32
    };
    let columns = (1..=count)
        .filter(|&columns| columns == 1 || size(columns).x >= NARROW)
        .min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
        .unwrap_or(1);
    let fitting = size(columns);
    let cell = match fitting.y < LEAST.min(space.height()) {
        true => vec2(fitting.x, EASY.min(space.height())),
        false => fitting,
    };
    let rows = count.div_ceil(columns) as f32;
    let cells = (0..count)
        .map(|index| {
            let (row, column) = ((index / columns) as f32, (index % columns) as f32);
            let corner = space.min + vec2(column * (cell.x + GRID), row * (cell.y + GRID));
            Rect::from_min_size(corner, cell)
        })
        .collect();
    (cells, rows * cell.y + (rows - 1.0) * GRID)
}

#[cfg(test)]
mod tests {
    use eframe::egui::pos2;

    use super::*;

    #[test]
    fn charts_fill_the_space_without_overlap() {
        for (width, height) in [(760.0, 260.0), (300.0, 700.0), (1800.0, 900.0)] {
            for count in 1..=5 {
                let space = Rect::from_min_size(pos2(0.0, 0.0), vec2(width, height));
                let (cells, all) = cells(space, count);
                assert!((all - height).abs() < 0.5);
                assert_eq!(cells.len(), count);
                for (index, cell) in cells.iter().enumerate() {
                    assert!(space.expand(0.5).contains_rect(*cell));
                    assert!(cells[..index].iter().all(|other| !other.shrink(0.5).intersects(*cell)));
                }
            }
        }
    }

    #[test]
    fn four_do_not_stand_three_and_one() {
        for height in [200.0, 280.0, 420.0] {
            let space = Rect::from_min_size(pos2(0.0, 0.0), vec2(940.0, height));
            let (cells, _) = cells(space, 4);
            assert!((cells[3].right() - 940.0).abs() < 0.5, "{height}: {cells:?}");
        }
    }

    #[test]
    fn a_chart_is_never_too_low_to_be_read() {
        let space = Rect::from_min_size(pos2(0.0, 0.0), vec2(600.0, 170.0));
        let (rects, all) = cells(space, 4);
        assert!(all > space.height());
        assert!(rects.iter().all(|cell| cell.height() >= LEAST - 0.5));
    }

    #[test]
    fn nor_too_narrow() {
        let space = Rect::from_min_size(pos2(0.0, 0.0), vec2(330.0, 90.0));
        let (rects, all) = cells(space, 2);
        assert!(all > space.height());
        assert!(rects.iter().all(|cell| cell.width() == 330.0));
    }
}
