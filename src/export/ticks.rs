//! Where an axis is marked, and with what.

use super::figure::{Axis, Scale};
use crate::run::amounts::{decimals, grouped, superscript};

/// One mark of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    pub value: f64,
    /// Empty for a mark without a number.
    pub label: String,
}

/// The marks of `axis` between `low` and `high`, about `count` of them.
pub fn ticks(axis: &Axis, [low, high]: [f64; 2], count: usize) -> Vec<Tick> {
    if !axis.ticks.is_empty() {
        let marked = axis.ticks.iter();
        return marked
            .map(|&value| Tick {
                value,
                label: whole(value),
            })
            .collect();
    }
    match axis.scale {
        Scale::Log => logarithmic(low, high, count),
        Scale::Linear => even(low, high, count, 0.0, 1.0, ""),
        Scale::Whole => even(low, high, count, 1.0, 1.0, ""),
        Scale::Percent => even(low, high, count, 0.0, 100.0, " %"),
    }
}

/// Marks that are tried where fewer show less than two.
const MOST: usize = 6;

/// Multiples of 1, 2 or 5 times a power of ten.
fn even(low: f64, high: f64, count: usize, smallest: f64, factor: f64, unit: &str) -> Vec<Tick> {
    let rough = (high - low) * factor / count.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(10.0 * power)
        .max(smallest);
    let digits = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
    let (first, last) = (
        (low * factor / step - 1e-9).ceil(),
        (high * factor / step + 1e-9).floor(),
    );
    // One mark says nothing of the scale.
    if last - first < 1.0 && count < MOST && step > smallest {
        return even(low, high, count + 1, smallest, factor, unit);
    }
    let many = (last - first + 1.0).clamp(0.0, 50.0) as usize;
    (0..many)
        .map(|i| (first + i as f64) * step)
        .map(|shown| Tick {
            value: shown / factor,
            label: if smallest >= 1.0 {
                whole(shown)
            } else {
                decimals(shown, digits) + unit
            },
        })
        .collect()
}

/// Decades from number to number between which each has a line.
const LINED: i32 = 4;

fn logarithmic(low: f64, high: f64, count: usize) -> Vec<Tick> {
    if high / low < 3.0 {
        return even(low, high, count, 0.0, 1.0, "");
    }
    let (from, to) = ((low.log10() - 1e-9).ceil() as i32, (high.log10() + 1e-9).floor() as i32);
    let decades = to - from + 1;
    if decades >= 3 {
        let every = (decades as usize).div_ceil(count.max(2)) as i32;
        let whole = |power: i32| power.rem_euclid(every) == 0;
        // Where not every decade has room for its number, it has its line.
        let powers = (from..=to).filter(|&power| whole(power) || every <= LINED);
        let mark = |power| Tick {
            label: if whole(power) {
                part(1.0, power).label
            } else {
                String::new()
            },
            ..part(1.0, power)
        };
        return powers.map(mark).collect();
    }
    (from - 1..=to)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| part(digit, power)))
        .filter(|tick| (low..=high).contains(&tick.value))
        .collect()
}

/// `0.05`, `1`, `2·10⁻⁹`: powers of ten beyond a thousand and a thousandth, as the window has them.
fn part(digit: f64, power: i32) -> Tick {
    let value = digit * 10f64.powi(power);
    let label = match power {
        -3..=3 => decimals(value, (-power).max(0) as usize),
        _ if digit == 1.0 => format!("10{}", superscript(&power.to_string())),
        _ => format!("{digit}·10{}", superscript(&power.to_string())),
    };
    Tick { value, label }
}

/// A whole number, its thousands apart.
fn whole(value: f64) -> String {
    let sign = if value < -0.5 { "\u{2212}" } else { "" };
    format!("{sign}{}", grouped(value.abs().round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, range: [f64; 2], count: usize) -> Vec<String> {
        ticks(&Axis::new("", scale), range, count)
            .into_iter()
            .map(|tick| tick.label)
            .filter(|label| !label.is_empty())
            .collect()
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(labels(Scale::Whole, [1.0, 400.0], 4), ["100", "200", "300", "400"]);
        assert_eq!(labels(Scale::Whole, [1.0, 120.0], 1), ["50", "100"]);
        assert_eq!(labels(Scale::Whole, [0.0, 3.0], 10), ["0", "1", "2", "3"]);
        assert_eq!(labels(Scale::Whole, [0.0, 1000.0], 2), ["0", "500", "1\u{a0}000"]);
        assert_eq!(
            labels(Scale::Linear, [-0.5, 0.5], 5),
            ["\u{2212}0.4", "\u{2212}0.2", "0.0", "0.2", "0.4"]
        );
        assert_eq!(
            labels(Scale::Percent, [0.0, 0.93], 5),
            ["0 %", "20 %", "40 %", "60 %", "80 %"]
        );
    }

    #[test]
    fn decades_are_decimals_or_powers() {
        assert_eq!(labels(Scale::Log, [0.0011, 3.0], 6), ["0.01", "0.1", "1"]);
        assert_eq!(
            labels(Scale::Log, [3e-16, 0.2], 6),
            ["10⁻¹⁵", "10⁻¹²", "10⁻⁹", "10⁻⁶", "0.001"]
        );
        let marks = ticks(&Axis::new("", Scale::Log), [0.0002, 300.0], 4);
        assert_eq!(labels(Scale::Log, [0.0002, 300.0], 4), ["0.01", "1", "100"]);
        assert_eq!(marks.len(), 6, "a line a decade");
        assert_eq!(labels(Scale::Log, [0.3, 2.5], 6), ["0.5", "1", "2"]);
        assert_eq!(labels(Scale::Log, [2.0, 2.6], 4), ["2.0", "2.2", "2.4", "2.6"]);
    }

    #[test]
    fn odd_ranges_end() {
        for range in [[1.0, 1.0], [1e-300, 1e300], [0.0, 1e-300], [-1e300, 1e300]] {
            assert!(labels(Scale::Linear, range, 5).len() < 60);
        }
        assert!(labels(Scale::Log, [1e-300, 1e300], 5).len() < 10);
    }
}
