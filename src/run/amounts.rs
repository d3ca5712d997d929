//! How amounts are written for reading.

use rust_i18n::t;

/// Whole numbers with thin spaces between thousands: `853 018`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// Three significant digits for reading: `0.0026`, `1.78`, `1.2·10⁻⁹`.
pub fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return t!("not finite").into();
    }
    let power = value.abs().log10().floor() as i32;
    match power {
        -4..=2 => decimals(value, (if power < 0 { 1 - power } else { 2 - power }) as usize),
        3 => decimals(value, 0),
        4..=5 => {
            let unit = 10f64.powi(power - 2);
            let sign = if value < 0.0 { MINUS } else { "" };
            format!("{sign}{}", grouped(((value.abs() / unit).round() * unit) as u64))
        }
        _ => power_of_ten(value, 1),
    }
}

/// The sign before a negative number.
const MINUS: &str = "\u{2212}";

/// With so many decimals, and a true minus sign where something is left to be negative: `−1.23`, `0.00`.
pub fn decimals(value: f64, count: usize) -> String {
    let text = format!("{value:.count$}");
    match text.strip_prefix('-') {
        Some(size) if size.contains(|digit: char| ('1'..='9').contains(&digit)) => format!("{MINUS}{size}"),
        Some(size) => size.into(),
        None => text,
    }
}

/// Whether most of these positive numbers would vanish on a linear axis that shows the largest.
pub fn spans_decades(values: impl IntoIterator<Item = f32>) -> bool {
    let positive = values.into_iter().filter(|value| value.is_finite() && *value > 0.0);
    let mut sorted: Vec<f32> = positive.collect();
    sorted.sort_by(f32::total_cmp);
    sorted.last().is_some_and(|last| last / sorted[sorted.len() / 2] > 30.0)
}

/// How far apart two numbers are that are read as [`short`] writes them: the difference of what is read, in no more decimals.
pub fn apart(high: f64, low: f64) -> String {
    let read = |value| {
        let text = short(value).replace('\u{a0}', "").replace(MINUS, "-");
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        text.parse::<f64>().ok().map(|number| (number, decimals))
    };
    let (Some((high, many)), Some((low, few))) = (read(high), read(low)) else {
        return short(high - low);
    };
    let text = short(high - low);
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    match many.max(few) {
        most if decimals > most => self::decimals(high - low, most),
        _ => text,
    }
}

/// Whole numbers, in millions or milliards where they are so large: `67 906`, `1.40 M`, `125 M`.
pub fn large(number: u64) -> String {
    match number {
        0..1_000_000 => grouped(number),
        1_000_000..1_000_000_000 => format!("{}\u{a0}M", short(number as f64 / 1e6)),
        _ => format!("{}\u{a0}G", short(number as f64 / 1e9)),
    }
}

/// A share in percent: `62.8 %`. Shares are measured as `f32`, whose own rounding must not decide the last digit.
pub fn percent(share: f64) -> String {
    format!("{}\u{a0}%", decimals(f64::from(100.0 * share as f32), 1))
}

/// With a power of ten and so many decimals: `1.2·10⁻⁹`.
pub fn power_of_ten(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$e}");
    let (leading, power) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{}·10{}", leading.replace('-', MINUS), superscript(power))
}

/// The digits of an exponent.
pub fn superscript(power: &str) -> String {
    let raised = |c: char| match c {
        '-' => '\u{207b}',
        '1' => '\u{b9}',
        '2' => '\u{b2}',
        '3' => '\u{b3}',
        digit => char::from_u32(0x2070 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    };
    power.chars().map(raised).collect()
}

/// `8 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match seconds {
        0..60 => t!("%{seconds} s", seconds = seconds),
        60..3600 if seconds.is_multiple_of(60) => t!("%{minutes} min", minutes = seconds / 60),
        60..3600 => t!(
            "%{minutes} min %{seconds} s",
            minutes = seconds / 60,
            seconds = seconds % 60
        ),
        _ => t!(
            "%{hours} h %{minutes} min",
            hours = seconds / 3600,
            minutes = seconds % 3600 / 60
        ),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_reading() {
        assert_eq!(grouped(853_018), "853\u{a0}018");
        assert_eq!(grouped(12), "12");
        for (value, text) in [
            (1.784, "1.78"),
            (0.1013, "0.10"),
            (0.0026, "0.0026"),
            (0.00026, "0.00026"),
            (12.34, "12.3"),
            (4e-15, "4.0·10⁻¹⁵"),
            (9.97e-6, "1.0·10⁻⁵"),
            (150.2, "150"),
            (11_001.0, "11\u{a0}000"),
            (-150_200.0, "\u{2212}150\u{a0}000"),
            (-0.25, "\u{2212}0.25"),
            (f64::NAN, "not finite"),
            (0.0, "0"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn nothing_is_not_negative() {
        let read = [-0.004, -0.006, 12.345, -12.0].map(|value| decimals(value, 2));
        assert_eq!(read, ["0.00", "\u{2212}0.01", "12.35", "\u{2212}12.00"]);
    }

    #[test]
    fn differences_agree_with_what_is_read() {
        for (high, low, text) in [
            (1.7254, 0.1746, "1.56"),
            (1.2, 0.0431, "1.16"),
            (2.061, 1.979, "0.08"),
            (0.0431, 0.0026, "0.040"),
            (11_001.0, 1.0, "11\u{a0}000"),
            (1.78, 4e-15, "1.78"),
        ] {
            assert_eq!(apart(high, low), text);
        }
    }

    #[test]
    fn one_share_has_one_text() {
        let share = 1004.0 / 1600.0;
        assert_eq!(percent(share), "62.8\u{a0}%");
        assert_eq!(percent(f64::from(share as f32)), percent(share));
    }

    #[test]
    fn durations() {
        for (seconds, words) in [
            (7.2, "8 s"),
            (200.0, "3 min 20 s"),
            (299.5, "5 min"),
            (7500.0, "2 h 5 min"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }
}
