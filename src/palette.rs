//! Colours that mean something: plain nets vermilion, residual nets blue (Okabe & Ito 2008, safe for colour-blind
//! readers), deep nets in thick lines, and cividis for maps. The window and the figures share them.

use std::sync::LazyLock;

use crate::net::Spec;

/// A colour in sRGB.
pub type Rgb = [u8; 3];

/// The dark ground that [`Style::dark`] is chosen for.
pub const DARK_GROUND: Rgb = [0x1b, 0x1b, 0x1b];

/// How a net's line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// On white.
    pub light: Rgb,
    /// On [`DARK_GROUND`].
    pub dark: Rgb,
    /// Line width in points.
    pub width: f32,
}

/// One family's colours on one ground.
struct Ramp {
    /// Of a net without relatives in the picture.
    alone: Rgb,
    shallowest: Rgb,
    deepest: Rgb,
}

impl Ramp {
    fn at(&self, rank: usize, count: usize) -> Rgb {
        if count < 2 {
            return self.alone;
        }
        // Two or three stay nearer to the family's own colour.
        let reach = (count as f32 / 4.0).min(1.0);
        let along = rank as f32 / (count - 1) as f32 - 0.5;
        mix(self.shallowest, self.deepest, 0.5 + reach * along)
    }
}

const VERMILION_ON_LIGHT: Ramp = Ramp {
    alone: [0xd5, 0x5e, 0x00],
    shallowest: [0xe6, 0x72, 0x20],
    deepest: [0x96, 0x38, 0x00],
};

const VERMILION_ON_DARK: Ramp = Ramp {
    alone: [0xe8, 0x78, 0x2a],
    shallowest: [0xcc, 0x5a, 0x00],
    deepest: [0xff, 0xb0, 0x7c],
};

const BLUE_ON_LIGHT: Ramp = Ramp {
    alone: [0x00, 0x72, 0xb2],
    shallowest: [0x42, 0x9a, 0xd6],
    deepest: [0x00, 0x4a, 0x80],
};

const BLUE_ON_DARK: Ramp = Ramp {
    alone: [0x4a, 0xa3, 0xdf],
    shallowest: [0x1c, 0x7c, 0xbe],
    deepest: [0xa6, 0xd6, 0xf8],
};

/// The style of `spec` in a picture that shows the nets `among`: its family gives the hue, its rank by depth among
/// the nets of that hue the lightness, and its rank among all depths the width. Equal specs look equal.
pub fn run_style(spec: &Spec, among: &[&Spec]) -> Style {
    let mut relatives: Vec<&Spec> = Vec::new();
    let mut depths = vec![spec.depth];
    for &other in among {
        depths.push(other.depth);
        if other.residual() == spec.residual() && !relatives.contains(&other) {
            relatives.push(other);
        }
    }
    // Nets of one depth by their text, so that a net looks the same in whatever order they come.
    relatives.sort_by(|a, b| a.depth.cmp(&b.depth).then_with(|| a.to_string().cmp(&b.to_string())));
    depths.sort_unstable();
    depths.dedup();
    let rank = relatives.iter().position(|&other| other == spec).unwrap_or(0);
    let (on_light, on_dark) = if spec.residual() {
        (BLUE_ON_LIGHT, BLUE_ON_DARK)
    } else {
        (VERMILION_ON_LIGHT, VERMILION_ON_DARK)
    };
    let thickness = match depths.len() {
        1 => 0.5,
        count => depths.iter().position(|&depth| depth == spec.depth).unwrap_or(0) as f32 / (count - 1) as f32,
    };
    Style {
        light: on_light.at(rank, relatives.len()),
        dark: on_dark.at(rank, relatives.len()),
        width: 1.25 + 1.5 * thickness,
    }
}

/// `share` (0..=1) of `to` in `from`, by sRGB value.
pub fn mix(from: Rgb, to: Rgb, share: f32) -> Rgb {
    std::array::from_fn(|i| {
        let (from, to) = (f32::from(from[i]), f32::from(to[i]));
        (from + (to - from) * share).round() as u8
    })
}

/// `colour`, mixed with as little white as makes its contrast with a dark `ground` at least `ratio`.
pub fn legible(colour: Rgb, ground: Rgb, ratio: f32) -> Rgb {
    let lighter = (0..=20).map(|twentieth| mix(colour, [0xff; 3], twentieth as f32 / 20.0));
    lighter
        .into_iter()
        .find(|&colour| contrast(colour, ground) >= ratio)
        .unwrap_or([0xff; 3])
}

/// The contrast ratio of WCAG 2.2, 1 to 21.
pub fn contrast(a: Rgb, b: Rgb) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(colour: Rgb) -> f32 {
    let [r, g, b] = colour.map(|value| {
        let value = f32::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// The cividis colour map (Nunez, Anderton & Renslow 2018), dark blue for the smallest value, yellow for the largest.
pub fn cividis() -> &'static [Rgb; 256] {
    static TABLE: LazyLock<[Rgb; 256]> = LazyLock::new(|| {
        std::array::from_fn(|i| {
            let colour = colorous::CIVIDIS.eval_rational(i, 256);
            [colour.r, colour.g, colour.b]
        })
    });
    &TABLE
}

/// From residual blue for the smallest value over white for zero to plain vermilion for the largest.
pub fn diverging() -> &'static [Rgb; 256] {
    static TABLE: LazyLock<[Rgb; 256]> = LazyLock::new(|| {
        std::array::from_fn(|i| {
            let share = (i as f32 - 127.5) / 127.5;
            let end = if share < 0.0 {
                BLUE_ON_LIGHT.deepest
            } else {
                VERMILION_ON_LIGHT.deepest
            };
            mix([0xff; 3], end, share.abs().powf(0.8))
        })
    });
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs(texts: &[&str]) -> Vec<Spec> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn styles(specs: &[Spec]) -> Vec<Style> {
        let among: Vec<&Spec> = specs.iter().collect();
        specs.iter().map(|spec| run_style(spec, &among)).collect()
    }

    #[test]
    fn lines_stand_out_from_the_ground() {
        for family in ["plain", "resnet"] {
            let texts: Vec<String> = (1..=8).map(|n| format!("{family}-{}", 6 * n + 2)).collect();
            for count in 1..=texts.len() {
                let specs = specs(&texts[..count].iter().map(String::as_str).collect::<Vec<_>>());
                for (spec, style) in specs.iter().zip(styles(&specs)) {
                    let (light, dark) = (contrast(style.light, [255; 3]), contrast(style.dark, DARK_GROUND));
                    assert!(
                        light >= 3.0 && dark >= 3.0,
                        "{spec} of {count}: {light} on white, {dark} on dark"
                    );
                }
            }
        }
    }

    #[test]
    fn eight_curves_look_different() {
        let specs = specs(&[
            "plain-8",
            "plain-20",
            "plain-32",
            "plain-56",
            "resnet-8",
            "resnet-20",
            "resnet-32",
            "resnet-56",
        ]);
        let styles = styles(&specs);
        for (i, a) in styles.iter().enumerate() {
            for b in &styles[i + 1..] {
                for (a, b) in [(a.light, b.light), (a.dark, b.dark)] {
                    let distance: u32 = a.iter().zip(b).map(|(&a, b)| u32::from(a.abs_diff(b))).sum();
                    assert!(distance >= 36, "{a:?} and {b:?} are too close");
                }
            }
        }
    }

    #[test]
    fn depth_shows_and_one_net_has_its_family_s_colour() {
        let pair = specs(&["plain-20", "plain-56"]);
        let [shallow, deep] = styles(&pair)[..] else { panic!() };
        assert!(shallow.width < deep.width);
        assert!(contrast(shallow.light, [255; 3]) < contrast(deep.light, [255; 3]));
        assert!(contrast(shallow.dark, DARK_GROUND) < contrast(deep.dark, DARK_GROUND));
        let [plain, residual] = styles(&specs(&["plain-20", "resnext-29"]))[..] else {
            panic!()
        };
        assert_eq!(plain.light, [0xd5, 0x5e, 0x00]);
        assert_eq!(residual.light, [0x00, 0x72, 0xb2]);
        assert_eq!(run_style(&pair[0], &[]).light, plain.light);
    }

    #[test]
    fn contrast_of_black_on_white() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-4);
    }

    #[test]
    fn the_middle_of_a_difference_is_white() {
        let table = diverging();
        assert!(table[127].iter().chain(&table[128]).all(|&value| value > 0xf6));
        assert_eq!(
            (table[0], table[255]),
            (BLUE_ON_LIGHT.deepest, VERMILION_ON_LIGHT.deepest)
        );
    }

    #[test]
    fn cividis_brightens_all_the_way() {
        let table = cividis();
        assert!(table.windows(8).all(|pair| luminance(pair[0]) < luminance(pair[7])));
    }
}
