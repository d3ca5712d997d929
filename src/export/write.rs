//! Figures as files, each there as a whole or not at all.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::figure::Figure;
use super::progress::Progress;
use super::svg::{self, Letters};
use super::{Caption, Format, Kind, Material, Size, bundle, csv, figure, pdf, png};
use crate::error::{Error, Result};
use crate::run::{Answers, RunFolder};

impl Figure {
    /// The figure's file in that format.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub fn bytes(&self, format: Format, size: Size) -> Result<Vec<u8>> {
        self.watched(format, size, &Progress::default())
    }

    /// The same, while another thread may look on and break it off.
    ///
    /// # Errors
    /// When it cannot be drawn or was broken off.
    pub fn watched(&self, format: Format, size: Size, progress: &Progress) -> Result<Vec<u8>> {
        match format {
            Format::Svg => svg::svg(self, size, Letters::Outlines).map(String::into_bytes),
            Format::Png => png::png(self, size, progress),
            Format::Pdf => pdf::pdf(self, size),
            Format::Csv => Ok(csv::csv(self).into_bytes()),
            Format::Zip => bundle::zip(self, size, progress),
        }
    }

    /// The figure as rows of RGB pixels, with width and height.
    ///
    /// # Errors
    /// When it cannot be drawn or was broken off.
    pub fn pixels(&self, size: Size, progress: &Progress) -> Result<(Vec<u8>, [usize; 2])> {
        png::pixels(self, size, progress)
    }

    /// Writes the figure, making the folder if need be.
    ///
    /// # Errors
    /// When it cannot be drawn or the file cannot be written.
    pub fn write(&self, path: &Path, format: Format, size: Size) -> Result<()> {
        write_file(path, &self.bytes(format, size)?)
    }
}

/// Writes a file through a temporary one beside it.
///
/// # Errors
/// When the system refuses; nothing is left behind then.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    if path.is_dir() {
        return Err(Error::io("write", path)(ErrorKind::IsADirectory.into()));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|source| {
        let _ = fs::remove_file(&temporary);
        Error::io("write", path)(source)
    })
}

/// Writes the figures that a run folder's measurements allow, as SVG into its `figures/`.
///
/// # Errors
/// When the folder cannot be read or a figure cannot be written; a figure without data is left out.
pub fn write_figures(folder: &Path) -> Result<Vec<PathBuf>> {
    let run = RunFolder::open(folder)?;
    let caption = Caption::of(&run.experiment);
    let findings = Answers::read(&run.layout.findings(), &run.history.runs)?;
    let material = Material {
        findings: Some(&findings),
        ..Material::of(&caption, &run.history)
    };
    let mut written = Vec::new();
    for kind in Kind::ALL {
        if let Ok(figure) = figure(kind, &material) {
            let path = folder.join("figures").join(format!("{kind}.svg"));
            figure.write(&path, Format::Svg, Size::Screen)?;
            written.push(path);
        }
    }
    Ok(written)
}
