//! Training loss and training error against the step, side by side as the lab shows them.

use rust_i18n::t;

use super::figure::{Figure, Panel};
use super::{Material, error, loss};
use crate::error::Result;

/// The figure of both.
pub fn figure(material: &Material) -> Result<Figure> {
    let mut figure = loss::figure(material)?;
    let errors = error::figure(material)?.panels;
    figure.panels.extend(errors.into_iter().take(1));
    for (panel, title) in figure
        .panels
        .iter_mut()
        .zip([t!("Training loss"), t!("Training error")])
    {
        if let Panel::Plot(plot) = panel {
            plot.title = title.into();
        }
    }
    figure.title = t!("Training loss and error").into();
    Ok(figure)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, constant};
    use super::*;

    #[test]
    fn loss_and_error_stand_side_by_side() {
        let history = samples::history([constant("plain-20", 0, 0.4)]);
        let figure = samples::figure(figure, &history).unwrap();
        let titles: Vec<&str> = figure
            .panels
            .iter()
            .map(|panel| match panel {
                Panel::Plot(plot) => plot.title.as_str(),
                _ => "",
            })
            .collect();
        assert_eq!(titles, ["Training loss", "Training error"]);
    }
}
