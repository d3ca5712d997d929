//! What the nets learn from: some images of each class, and how many there are.

use rust_i18n::t;

use super::figure::{Figure, MapGrid, Panel};
use super::table::{Cell, Row, Table};
use super::{Material, missing};
use crate::error::Result;
use crate::run::Preview;
use crate::run::amounts::grouped;

/// Images of a class.
const MOST_IMAGES: usize = 8;

/// The figure of a look at data.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("data", &t!("no data was looked at"));
    let preview = material.data.ok_or_else(nothing)?;
    let row = || Row::new(None);
    let mut table = Table {
        rows: preview.classes.iter().map(|_| row()).collect(),
        ..Table::default()
    };
    table.push(t!("class"), 0, preview.classes.iter().cloned().map(Cell::Text));
    let images = (0..preview.classes.len()).map(|class| Cell::Images(samples(preview, class)));
    table.push(t!("samples"), 1, images);
    let most = preview.train.iter().chain(&preview.test).copied().max().unwrap_or(0);
    let bar = |&count: &usize| Cell::Bar(grouped(count as u64), count as f64, most as f64);
    table.push(t!("training images"), 0, preview.train.iter().map(bar));
    table.push(t!("test images"), 0, preview.test.iter().map(bar));
    let caption = material.caption;
    let experiments = caption
        .experiments
        .iter()
        .filter(|experiment| experiment.data == preview.source);
    let learned = experiments.clone().count() == caption.experiments.len();
    let recipe = caption.recipe.iter().filter(|_| learned).cloned();
    Ok(Figure {
        title: t!("Data").into(),
        subtitle: preview.name.clone(),
        tag: t!("counted").into(),
        panels: vec![Panel::Table(table)],
        notes: vec![t!("Samples: the first images of each class in the training split.").into()],
        recipe: std::iter::once(preview.facts()).chain(recipe).collect(),
        experiments: experiments.cloned().collect(),
    })
}

fn samples(preview: &Preview, class: usize) -> Vec<MapGrid> {
    let [channels, height, width] = preview.shape;
    let of_class = preview.samples.iter().filter(|sample| sample.label as usize == class);
    let image = |values: &Vec<f32>| MapGrid {
        title: preview.classes[class].clone(),
        channels,
        height,
        width,
        values: values.clone(),
        image: true,
    };
    of_class.take(MOST_IMAGES).map(|sample| image(&sample.image)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples as made;
    use super::*;
    use crate::run::{Experiment, Wanted};

    fn shown(change: impl FnOnce(&mut Preview)) -> Figure {
        let source = Experiment::named("quick").unwrap().data;
        let mut preview = Preview::of(Wanted::Source(source)).unwrap();
        change(&mut preview);
        let history = made::history([]);
        figure(&Material {
            data: Some(&preview),
            ..made::material(&history)
        })
        .unwrap()
    }

    #[test]
    fn every_class_has_samples_and_counts() {
        let figure = shown(|_| {});
        let [Panel::Table(table)] = &figure.panels[..] else {
            panic!("a table")
        };
        assert_eq!(table.rows.len(), 10);
        assert!(
            table
                .column(1)
                .all(|cell| matches!(cell, Cell::Images(images) if images.len() == 4))
        );
        let count = |cell: &Cell| match cell {
            Cell::Bar(_, value, of) => {
                assert!(value <= of);
                *value
            }
            other => panic!("a bar, not {other:?}"),
        };
        assert_eq!(table.column(2).map(count).sum::<f64>(), 1438.0);
        assert_eq!(table.column(3).map(count).sum::<f64>(), 359.0);
        assert!(figure.recipe[0].contains("1×8×8"), "{:?}", figure.recipe);
        assert_eq!((figure.recipe.len(), figure.experiments.len()), (2, 1));
    }

    #[test]
    fn data_that_no_net_learns_from_carries_no_recipe() {
        let figure = shown(|preview| preview.source.pool = Some(2));
        assert_eq!(
            (figure.recipe.len(), figure.experiments.len()),
            (1, 0),
            "only what it is"
        );
    }

    #[test]
    fn no_data_is_one_sentence() {
        let history = made::history([]);
        let error = made::figure(figure, &history).unwrap_err().to_string();
        assert_eq!(error, "no data figure: no data was looked at");
    }
}
