//! Figures on paper: nothing reaches into the margins, and a slide is read from the back of a hall.

use depthscope::export::{Figure, Format, Panel, Size};

use crate::paper::{figures, margins_are_clear};

/// Pixels of the smallest letters' em on a slide of 1080 lines.
const LEGIBLE: f64 = 28.0;

fn svg(figure: &Figure, size: Size) -> String {
    String::from_utf8(figure.bytes(Format::Svg, size).unwrap()).unwrap()
}

/// The numbers of an attribute.
fn numbers<'a>(svg: &'a str, attribute: &str) -> impl Iterator<Item = f64> + 'a {
    let begin = format!(" {attribute}=\"");
    let values: Vec<&str> = svg
        .split(&begin)
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    values.into_iter().map(|value| value.parse().unwrap())
}

#[test]
fn nothing_reaches_into_the_margins() {
    for (kind, figure) in figures() {
        for size in [Size::Column, Size::Slide] {
            margins_are_clear(kind, &figure, size);
        }
    }
}

#[test]
fn the_smallest_letters_of_a_slide_are_large_enough() {
    for (kind, figure) in figures() {
        let svg = svg(&figure, Size::Slide);
        let view = svg.split("viewBox=\"0 0 ").nth(1).unwrap();
        let width: f64 = view.split(' ').next().unwrap().parse().unwrap();
        let smallest = numbers(&svg, "font-size").fold(f64::INFINITY, f64::min) * 1920.0 / width;
        assert!(smallest >= LEGIBLE, "{kind}: {smallest:.1} pixels");
    }
}

#[test]
fn a_slide_is_a_slide_and_no_recipe_is_cut() {
    for (kind, figure) in figures() {
        let across = "width=\"338.667mm\" height=\"190.500mm\"";
        assert!(svg(&figure, Size::Slide).contains(across), "{kind} is higher than 16:9");
        let column = svg(&figure, Size::Column);
        let text = texts(&column);
        for sentence in figure.recipe.iter().chain(&figure.notes) {
            let sentence = sentence.replace('\'', "&apos;").replace('\u{a0}', " ");
            assert!(text.contains(sentence.trim()), "{kind}: {sentence}\n{text}");
        }
    }
}

/// The texts of an SVG file one after the other, however their lines are broken.
fn texts(svg: &str) -> String {
    let lines = svg.split('>').filter_map(|rest| rest.split('<').next());
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

#[test]
fn forms_are_bars_with_their_names_and_the_digit_fades() {
    let figures = figures();
    let of = |kind| &figures.iter().find(|(other, _)| *other == kind).unwrap().1;
    let forms = texts(&svg(of(depthscope::export::Kind::Forms), Size::Column));
    for name in [
        "(a) paths, added up",
        "(b) paths, side by side",
        "(c) one grouped 3×3",
        "dense 3×3, with zeros",
        "8.00 ms",
    ] {
        assert!(forms.contains(name), "{name}");
    }
    let fading = of(depthscope::export::Kind::Information);
    assert_eq!(fading.title, "Fading digit");
    let Panel::Film(film) = &fading.panels[0] else {
        panic!("a film")
    };
    let blocks: Vec<usize> = film.strips[0].frames.iter().map(|(block, _)| *block).collect();
    assert_eq!(blocks, (0..9).collect::<Vec<_>>());
    let pictures = |size| svg(fading, size).matches("<image ").count();
    assert_eq!(
        [Size::Column, Size::Slide].map(pictures),
        [10, 10],
        "the image itself and nine blocks"
    );
}
