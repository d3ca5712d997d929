//! Where an axis has marks, and how they read.

use egui_plot::{GridInput, GridMark};

use crate::run::amounts::{decimals, superscript};

/// Most parts that a linear axis is cut into, however long it is.
const MOST: f64 = 14.0;

/// Marks of a linear axis at 1, 2 or 5 times a power of ten, at least `apart` label heights from each other.
pub fn linear_marks(input: GridInput, apart: f64) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    let least = (input.base_step_size * apart).max((high - low) / MOST);
    if !(low.is_finite() && high.is_finite() && least > 0.0) {
        return Vec::new();
    }
    let decade = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0]
        .into_iter()
        .map(|part| part * decade)
        .find(|&step| step >= least);
    let step = step.unwrap_or(10.0 * decade);
    let count = ((high - low) / step) as usize;
    (0..=count.min(1000) + 1)
        .map(|index| ((low / step).ceil() + index as f64) * step)
        .filter(|value| (low..=high).contains(value))
        .map(|value| GridMark { value, step_size: step })
        .collect()
}

/// Marks of a logarithmic axis in plot space: whole powers of ten, and 2 and 5 between them where there is room; of a short
/// stretch, round numbers.
pub fn log_marks(input: GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    if !(low.is_finite() && high.is_finite()) || high - low > 1e4 {
        return Vec::new();
    }
    // The base step is the least distance of grid lines, and a label takes about as much.
    let label = input.base_step_size;
    let stride = [1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0]
        .into_iter()
        .find(|&stride| stride >= label)
        .unwrap_or(1000.0);
    let mut marks = Vec::new();
    let mut power = (low / stride).floor() * stride;
    while power <= high {
        marks.push(GridMark {
            value: power,
            step_size: stride,
        });
        if stride == 1.0 && label < 0.3 {
            marks.extend([2f64, 5.0].map(|part| GridMark {
                value: power + part.log10(),
                step_size: 0.3,
            }));
        }
        power += stride;
    }
    marks.retain(|mark| (low..=high).contains(&mark.value));
    if marks.len() < 3 && high - low < 1.0 {
        let [least, most] = [low, high].map(|log| 10f64.powf(log));
        let input = GridInput {
            bounds: (least, most),
            base_step_size: (most - least) * label / (high - low),
        };
        // Marks lie closer together towards the upper end.
        let round = linear_marks(input, most / least);
        marks = round
            .into_iter()
            .map(|mark| GridMark {
                value: mark.value.log10(),
                step_size: label,
            })
            .collect();
    }
    marks
}

/// `0.01` for -2, `10⁻⁹` for -9, `0.5` for log10(0.5).
pub fn power_of_ten(log: f64) -> String {
    let mut power = log.floor() as i32;
    let mut leading = 10f64.powf(log - f64::from(power)).round() as i32;
    if leading == 10 {
        (power, leading) = (power + 1, 1);
    }
    if (-3..=3).contains(&power) {
        return plain(10f64.powf(log));
    }
    let digits = superscript(&power.to_string());
    match leading {
        1 => format!("10{digits}"),
        _ => format!("{leading}·10{digits}"),
    }
}

/// Without trailing zeros or rounding noise.
pub fn plain(value: f64) -> String {
    let text = decimals(value, 4);
    text.trim_end_matches('0').trim_end_matches('.').into()
}

/// A whole number; nothing for what is none.
pub fn whole(value: f64) -> String {
    if value < 0.0 || (value - value.round()).abs() > 1e-6 {
        return String::new();
    }
    super::widgets::grouped(value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_read_as_numbers() {
        for (log, text) in [
            (0.0, "1"),
            (-2.0, "0.01"),
            (0.5f64.log10(), "0.5"),
            (-9.0, "10⁻⁹"),
            (5.0, "10⁵"),
            (2e-6f64.log10(), "2·10⁻⁶"),
            (9.8e-6f64.log10(), "10⁻⁵"),
        ] {
            assert_eq!(power_of_ten(log), text);
        }
        assert_eq!(plain(0.30000000000000004), "0.3");
        assert_eq!(whole(1500.0), "1\u{a0}500");
        assert_eq!(whole(0.5), "");
    }

    #[test]
    fn linear_axis_marks_are_round_and_apart() {
        let input = GridInput {
            bounds: (0.0, 100.0),
            base_step_size: 100.0 / 140.0 * 20.0,
        };
        let values: Vec<f64> = linear_marks(input, 1.0).into_iter().map(|mark| mark.value).collect();
        assert_eq!(values, [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
    }

    #[test]
    fn log_axis_marks_decades_and_thins_them_out() {
        let marks = |low, high, height: f64| -> Vec<f64> {
            let input = GridInput {
                bounds: (low, high),
                base_step_size: (high - low) / height * 20.0,
            };
            log_marks(input).into_iter().map(|mark| mark.value).collect()
        };
        assert_eq!(marks(-15.0, 0.0, 400.0).len(), 16);
        assert!(marks(-15.0, 0.0, 120.0).len() <= 6);
        let fine = marks(-1.0, 1.0, 300.0);
        assert!(
            fine.iter().any(|value| (value - 0.5f64.log10()).abs() < 1e-9),
            "{fine:?}"
        );
        assert!(marks(f64::NAN, 1.0, 300.0).is_empty());
    }
}
