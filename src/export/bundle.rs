//! A figure with all it takes to print it, check it and make it again, in one zip file.

use std::io::{Cursor, Write};

use rust_i18n::t;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::figure::{Figure, Panel};
use super::progress::Progress;
use super::{Format, Size, pytorch};
use crate::error::{Error, Result};
use crate::run::Experiment;

/// The figure as SVG, PDF, PNG and CSV, each experiment as TOML and as PyTorch, and a README.
pub fn zip(figure: &Figure, size: Size, progress: &Progress) -> Result<Vec<u8>> {
    let failed = |reason: ZipError| Error::Export(t!("the bundle could not be written: %{reason}", reason = reason));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files(figure, size, progress)? {
        archive.start_file(name, options).map_err(failed)?;
        archive.write_all(&bytes).map_err(|error| failed(error.into()))?;
    }
    let bytes = archive.finish().map_err(failed)?;
    Ok(bytes.into_inner())
}

fn files(figure: &Figure, size: Size, progress: &Progress) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = vec![("README.txt".to_owned(), readme(figure, size).into_bytes())];
    for format in Format::DRAWN {
        files.push((format!("figure.{format}"), figure.watched(format, size, progress)?));
    }
    for (name, experiment) in named(&figure.experiments) {
        files.push((format!("{name}.toml"), experiment.to_toml().into_bytes()));
        files.push((format!("{name}.py"), pytorch::program(experiment).into_bytes()));
    }
    Ok(files)
}

/// Each experiment with a name that no other has.
fn named(experiments: &[Experiment]) -> impl Iterator<Item = (String, &Experiment)> {
    experiments.iter().enumerate().map(move |(index, experiment)| {
        let before = experiments[..index]
            .iter()
            .filter(|other| other.name == experiment.name);
        let name = match before.count() {
            0 => experiment.name.clone(),
            more => format!("{}-{}", experiment.name, more + 1),
        };
        (name, experiment)
    })
}

fn readme(figure: &Figure, size: Size) -> String {
    let Figure {
        title,
        subtitle,
        tag,
        notes,
        recipe,
        experiments,
        panels,
    } = figure;
    let made = t!("Made by depthscope %{version}", version = env!("CARGO_PKG_VERSION"));
    let figure = t!(
        "figure.svg, figure.pdf, figure.png: the figure, size %{size}",
        size = size
    );
    let numbers = t!("figure.csv: its numbers");
    let mut text = format!("{title}\n{subtitle}\n\n{tag}\n{made}\n\n{figure}\n{numbers}\n");
    for (name, experiment) in named(experiments) {
        let seeds: Vec<String> = experiment.seeds.iter().map(u64::to_string).collect();
        let again = t!(
            "%{name}.toml: the experiment, seeds %{seeds}; again with: depthscope train %{name}.toml",
            name = name,
            seeds = seeds.join(", ")
        );
        let code = t!(
            "%{name}.py: the same for PyTorch; again with: python3 %{name}.py",
            name = name
        );
        text += &format!("\n{again}\n{code}\n");
    }
    let columns = panels.iter().flat_map(|panel| match panel {
        Panel::Table(table) => table.notes(|_| true),
        _ => Vec::new(),
    });
    for line in recipe.iter().chain(notes).cloned().chain(columns) {
        text += &format!("\n{line}");
    }
    text + "\n"
}
