//! What every format owes a figure.

use super::samples::{constant, history, material};
use super::*;
use crate::run::Evaluated;

fn quick() -> History {
    let mut plain = constant("plain-20", 3, 0.25);
    plain.loss[30] = f32::NAN;
    plain.track.name = "a<b>&\"c\"".into();
    plain.evaluated.push(Evaluated {
        step: 60,
        loss: 0.3,
        error: 0.1,
    });
    history([plain, constant("plain-56", 0, 1.5)])
}

fn svg_of(history: &History, kind: Kind) -> String {
    let figure = figure(kind, &material(history)).unwrap();
    String::from_utf8(figure.bytes(Format::Svg, Size::Screen).unwrap()).unwrap()
}

/// A strict enough reader for what plotters writes: one root, closed tags, no stray signs, only XML's characters.
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg.trim();
    assert!(rest.starts_with("<svg "));
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        assert!(!text.contains('>'), "{text}");
        for entity in text.split('&').skip(1) {
            let name = entity.split(';').next().unwrap();
            assert!(["lt", "gt", "amp", "quot", "apos"].contains(&name), "{text}");
        }
        let end = rest[start..].find('>').unwrap() + start;
        let tag = &rest[start + 1..end];
        assert!(
            !tag.contains('<') && tag.matches('"').count().is_multiple_of(2),
            "{tag}"
        );
        let name = tag.split_whitespace().next().unwrap();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            assert!(!open.is_empty() || svg.starts_with("<svg"), "one root");
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.is_empty());
    assert!(
        svg.chars()
            .all(|c| matches!(c, '\n' | ' '..='\u{fffd}' | '\u{10000}'..))
    );
}

#[test]
fn svg_says_everything_and_is_well_formed() {
    for kind in [Kind::Loss, Kind::Error, Kind::Depth] {
        assert_well_formed(&svg_of(&quick(), kind));
    }
    let svg = svg_of(&quick(), Kind::Loss);
    for text in [
        "Training loss",
        "Digits &lt;&amp;&gt; &quot;depth&quot;",
        "training step",
        "minibatch training loss (cross-entropy), log scale",
        "a&lt;b&gt;&amp;&quot;c&quot;",
        "plain-56",
        "measured: candle on CPU (2 threads)",
        "digits 8x8, SGD .9, lr .02 constant, batch 32, 60 steps, seed 0",
        "mean of the last 50 steps",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(svg.starts_with("<svg width=\"900\""), "points, not drawing units");
}

#[test]
fn nothing_is_drawn_outside_the_sheet() {
    let svg = svg_of(&quick(), Kind::Error);
    let view = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split('"').next().unwrap();
    let sides: Vec<f64> = view.split(' ').map(|side| side.parse().unwrap()).collect();
    for (attribute, limit) in [("x=\"", sides[0]), ("y=\"", sides[1]), ("x2=\"", sides[0])] {
        for value in svg.split(&format!(" {attribute}")).skip(1) {
            let value: f64 = value.split('"').next().unwrap().parse().unwrap();
            assert!((0.0..=limit).contains(&value), "{attribute}{value}");
        }
    }
}

#[test]
fn csv_is_the_history() {
    let history = quick();
    let figure = figure(Kind::Loss, &material(&history)).unwrap();
    let csv = String::from_utf8(figure.bytes(Format::Csv, Size::Screen).unwrap()).unwrap();
    let name = "\"a<b>&\"\"c\"\"\"";
    let measured: Vec<(u32, Option<f32>)> = csv
        .lines()
        .filter_map(|line| line.split_once(&format!("{name},measured,3,,,")))
        .map(|(_, cells)| {
            let cells: Vec<&str> = cells.split(',').collect();
            (cells[0].parse().unwrap(), cells[1].parse().ok())
        })
        .collect();
    let series = &history.runs[0];
    let expected: Vec<(u32, Option<f32>)> = series
        .steps
        .iter()
        .zip(&series.loss)
        .map(|(&step, &loss)| (step, loss.is_finite().then_some(loss)))
        .collect();
    assert_eq!(measured, expected);
    assert!(csv.lines().all(|line| line.matches(',').count() >= 11));
    assert!(!csv.contains("log scale"), "values are no logarithms");
}

#[test]
fn csv_that_is_not_ascii_begins_with_a_mark_for_excel() {
    let figure = figure(Kind::Loss, &material(&quick())).unwrap();
    let csv = |figure: &Figure| figure.bytes(Format::Csv, Size::Screen).unwrap();
    assert!(csv(&figure).starts_with(b"panel,"));
    let mut chinese = figure;
    if let Panel::Plot(plot) = &mut chinese.panels[0] {
        plot.x.label = "训练步".into();
    }
    assert!(csv(&chinese).starts_with("\u{feff}panel,".as_bytes()));
    assert_eq!(
        csv(&chinese)
            .windows(3)
            .filter(|bytes| bytes == b"\xef\xbb\xbf")
            .count(),
        1
    );
}

#[test]
fn a_table_is_in_every_format_and_size() {
    let history = history([constant("plain-20", 0, 0.25), constant("resnet-20", 0, 0.125)]);
    let figure = figure(Kind::Networks, &material(&history)).unwrap();
    for size in Size::ALL {
        let svg = String::from_utf8(figure.bytes(Format::Svg, size).unwrap()).unwrap();
        assert_well_formed(&svg);
        assert!(svg.contains("resnet-20") && svg.contains("parameters"), "{size}");
        assert!(figure.bytes(Format::Pdf, size).unwrap().starts_with(b"%PDF-"));
    }
    let csv = String::from_utf8(figure.bytes(Format::Csv, Size::Column).unwrap()).unwrap();
    assert!(csv.lines().nth(2).unwrap().ends_with(",0.125,0.5"), "{csv}");
    let bytes = figure.bytes(Format::Zip, Size::Slide).unwrap();
    let archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(archive.len(), 7);
}

#[test]
fn png_has_two_pixels_a_point_and_colour() {
    let figure = figure(Kind::Loss, &material(&quick())).unwrap();
    let bytes = figure.bytes(Format::Png, Size::Screen).unwrap();
    let image = image::load_from_memory(&bytes).unwrap().to_rgb8();
    assert_eq!(image.width(), 1800);
    let deep = figure_colour(&figure, "plain-56");
    let painted = image.pixels().filter(|pixel| pixel.0 == deep).count();
    assert!(painted > 1000, "{painted} pixels of plain-56's colour");
}

fn figure_colour(figure: &Figure, name: &str) -> [u8; 3] {
    let Panel::Plot(plot) = &figure.panels[0] else {
        panic!("a plot")
    };
    plot.curves.iter().find(|curve| curve.name == name).unwrap().colour
}

#[test]
fn files_appear_whole_in_new_folders() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("figures/loss.csv");
    let figure = figure(Kind::Loss, &material(&quick())).unwrap();
    figure.write(&path, Format::Csv, Size::Screen).unwrap();
    figure.write(&path, Format::Csv, Size::Screen).unwrap();
    assert_eq!(
        std::fs::read(&path).unwrap(),
        figure.bytes(Format::Csv, Size::Screen).unwrap()
    );
    assert_eq!(
        std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1,
        "no temporary file is left"
    );
    let error = figure
        .write(folder.path(), Format::Csv, Size::Screen)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot write") && error.ends_with("it is a folder"),
        "{error}"
    );
}

#[test]
fn words_are_read_and_listed() {
    assert_eq!("gradients".parse::<Kind>().unwrap(), Kind::Gradients);
    assert_eq!("png".parse::<Format>().unwrap(), Format::Png);
    let error = "histogram".parse::<Kind>().unwrap_err().to_string();
    assert!(error.contains("loss, curves, error, gradients, maps, depth"), "{error}");
}

#[test]
fn papers_have_their_sizes_in_every_format() {
    let figure = figure(Kind::Loss, &material(&quick())).unwrap();
    let svg = |size| String::from_utf8(figure.bytes(Format::Svg, size).unwrap()).unwrap();
    assert!(svg(Size::Column).contains("width=\"85mm\""));
    assert!(svg(Size::Slide).contains("width=\"338.667mm\" height=\"190.500mm\""));
    assert!(svg(Size::Poster).contains("width=\"420mm\" height=\"297.000mm\""));
    for size in Size::ALL {
        assert_well_formed(&svg(size));
        let pdf = figure.bytes(Format::Pdf, size).unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 5_000, "{size}: {}", pdf.len());
    }
    let (pixels, shape) = figure.pixels(Size::Slide, &Progress::default()).unwrap();
    assert_eq!((shape, pixels.len()), ([1920, 1080], 1920 * 1080 * 3));
}

#[test]
fn pdf_text_is_text_in_the_shipped_font() {
    let figure = figure(Kind::Loss, &material(&quick())).unwrap();
    let pdf = figure.bytes(Format::Pdf, Size::Screen).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("Roboto"), "the font is embedded");
    assert!(text.contains("/MediaBox [0 0 900"), "a page of the figure's size");
}

#[test]
fn what_is_not_latin_is_outlines_in_svg_and_text_in_pdf() {
    let mut figure = figure(Kind::Loss, &material(&quick())).unwrap();
    "训练损失".clone_into(&mut figure.title);
    let svg = String::from_utf8(figure.bytes(Format::Svg, Size::Screen).unwrap()).unwrap();
    assert_well_formed(&svg);
    assert_eq!(svg.matches("aria-label=\"训练损失\"").count(), 1);
    let texts = svg
        .split("<text")
        .skip(1)
        .map(|text| text.split("</text>").next().unwrap());
    assert!(texts.clone().count() > 10 && texts.clone().all(|text| !text.contains('训')));
    let pdf = figure.bytes(Format::Pdf, Size::Screen).unwrap();
    assert!(
        String::from_utf8_lossy(&pdf).contains("NotoSans"),
        "the font is embedded"
    );
}

#[test]
fn a_poster_ends_beneath_its_table() {
    let history = history([constant("plain-20", 0, 0.25), constant("resnet-20", 0, 0.125)]);
    let height = |kind| {
        let figure = figure(kind, &material(&history)).unwrap();
        let svg = String::from_utf8(figure.bytes(Format::Svg, Size::Poster).unwrap()).unwrap();
        let height = svg.split("height=\"").nth(1).unwrap().split("mm").next().unwrap();
        height.parse::<f64>().unwrap()
    };
    assert!((height(Kind::Loss) - 297.0).abs() < 1e-6 && height(Kind::Networks) < 200.0);
}

#[test]
fn pictures_are_in_pdf_and_stay_sharp_in_svg() {
    let preview =
        crate::run::Preview::of(crate::run::Wanted::Source(Experiment::named("quick").unwrap().data)).unwrap();
    let history = history([]);
    let figure = figure(
        Kind::Data,
        &Material {
            data: Some(&preview),
            ..material(&history)
        },
    )
    .unwrap();
    let pdf = figure.bytes(Format::Pdf, Size::Screen).unwrap();
    let pdf = String::from_utf8_lossy(&pdf);
    assert_eq!(pdf.matches("/Subtype /Image").count(), 40, "an image of each sample");
    let svg = String::from_utf8(figure.bytes(Format::Svg, Size::Screen).unwrap()).unwrap();
    assert_eq!(svg.matches("<image ").count(), 40);
}

#[test]
fn a_bundle_holds_figure_numbers_and_recipe() {
    let figure = figure(Kind::Loss, &material(&quick())).unwrap();
    let bytes = figure.bytes(Format::Zip, Size::Slide).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    names.sort();
    let wanted = [
        "README.txt",
        "figure.csv",
        "figure.pdf",
        "figure.png",
        "figure.svg",
        "quick.py",
        "quick.toml",
    ];
    assert_eq!(names, wanted);
    let mut readme = String::new();
    std::io::Read::read_to_string(&mut archive.by_name("README.txt").unwrap(), &mut readme).unwrap();
    for part in [
        "measured: candle on CPU",
        concat!("depthscope ", env!("CARGO_PKG_VERSION")),
        "seeds 0",
        "size slide",
    ] {
        assert!(readme.contains(part), "{part}: {readme}");
    }
}

#[test]
fn a_drawing_tells_how_far_it_is_and_can_be_broken_off() {
    let figure = figure(Kind::Loss, &material(&quick())).unwrap();
    let progress = Progress::default();
    figure.watched(Format::Png, Size::Screen, &progress).unwrap();
    let share = progress.share();
    assert!(
        (0.8..=0.9).contains(&share),
        "all but the packing, by the last stroke: {share}"
    );
    progress.stop();
    assert!(figure.watched(Format::Png, Size::Screen, &progress).is_err());
    assert!(figure.watched(Format::Zip, Size::Screen, &progress).is_err());
}
