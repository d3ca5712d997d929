//! CSV: the figure's own numbers, one value a row, every row complete in itself.

use rust_i18n::t;

use super::figure::{Axis, Body, Figure, HeatMap, MapGrid, Panel, Plot, Relief, Scale, Towers};
use super::lesions::in_words;
use super::table::{Cell, Table};

/// The figure's data as a CSV file (RFC 4180, but with plain line feeds).
///
/// Curves: `measured` rows are each seed's own values; `smoothed` and `mean` rows are what the line shows, with the
/// lowest and highest seed of a mean. Maps: one row a pixel. Heat maps: one row a layer and moment. Landscapes:
/// one row a point. Towers: one row a block, with the test accuracy after its cut as a fraction. Tables: one row a line, with
/// plain numbers in the unit that the heading names, the values of a small curve in one cell, and no pictures. Films are
/// pictures, too.
///
/// What is not all ASCII begins with a byte order mark, without which Excel takes it for another encoding.
pub fn csv(figure: &Figure) -> String {
    let text = rows(figure);
    if text.is_ascii() {
        text
    } else {
        format!("\u{feff}{text}")
    }
}

fn rows(figure: &Figure) -> String {
    let numbers = || figure.panels.iter().filter(|panel| !matches!(panel, Panel::Film(_)));
    let mut text = String::from(match numbers().next() {
        Some(Panel::Table(table)) => return lines(table),
        Some(Panel::Maps(_)) => "panel,channel,row,column,value\n",
        Some(Panel::Heat(_)) => "panel,quantity,seed,node,step,value\n",
        Some(Panel::Towers(_)) => {
            "net,seed,block,channels,side (pixels),shortcut,gradient_step,gradient_norm,cut,cut_step,accuracy (fraction),\
             whole_accuracy (fraction)\n"
        }
        Some(Panel::Relief(_)) => "panel,net,seed,step,x,y,loss\n",
        _ => "panel,x_axis,y_axis,curve,layer,seed,step,node,x,y,low,high\n",
    });
    for panel in numbers() {
        match panel {
            Panel::Plot(plot) => curves(&mut text, plot),
            Panel::Maps(map) => pixels(&mut text, map),
            Panel::Heat(map) => moments(&mut text, map),
            Panel::Relief(map) => points(&mut text, map),
            Panel::Table(table) => text += &lines(table),
            Panel::Towers(towers) => blocks(&mut text, towers),
            Panel::Film(_) => {}
        }
    }
    text
}

fn curves(text: &mut String, plot: &Plot) {
    for curve in &plot.curves {
        let axis = |axis: &Axis| match axis.scale {
            Scale::Percent => in_unit(&axis.label, &t!("fraction")),
            _ => axis.label.clone(),
        };
        let head = [&plot.title, &axis(&plot.x), &axis(&plot.y), &curve.name].map(|cell| quoted(cell));
        let step = curve.of.map_or_else(String::new, |(_, step)| step.to_string());
        let mut row = |layer: &str, seed: &str, node: &str, cells: [String; 4]| {
            let [x, y, low, high] = cells;
            let [panel, x_axis, y_axis, name] = &head;
            *text += &format!("{panel},{x_axis},{y_axis},{name},{layer},{seed},{step},{node},{x},{y},{low},{high}\n");
        };
        let node = |i: usize| curve.names.get(i).map_or_else(String::new, |name| quoted(name));
        for samples in &curve.samples {
            for (i, &[x, y]) in samples.points.iter().enumerate() {
                let cells = [number(x), number(y), String::new(), String::new()];
                row("measured", &samples.seed.to_string(), &node(i), cells);
            }
        }
        if curve.layer == "measured" && !curve.samples.is_empty() {
            continue;
        }
        let seed = curve.of.map_or_else(String::new, |(seed, _)| seed.to_string());
        for (i, &[x, y]) in curve.points.iter().enumerate() {
            let [low, high] = match curve.spread.get(i) {
                Some(&[_, low, high]) => [number(low), number(high)],
                None => [String::new(), String::new()],
            };
            row(curve.layer, &seed, &node(i), [number(x), number(y), low, high]);
        }
        if let Some(whole) = curve.whole {
            row(
                "whole net",
                &seed,
                "",
                [String::new(), number(whole), String::new(), String::new()],
            );
        }
    }
}

fn pixels(text: &mut String, map: &MapGrid) {
    let panel = quoted(&map.title);
    for (i, value) in map.values.iter().enumerate() {
        let (channel, pixel) = (i / (map.height * map.width), i % (map.height * map.width));
        let (row, column) = (pixel / map.width, pixel % map.width);
        *text += &format!("{panel},{channel},{row},{column},{value}\n");
    }
}

fn moments(text: &mut String, map: &HeatMap) {
    let [panel, quantity] = [&map.title, &map.label].map(|cell| quoted(cell));
    let seed = map.seed.map_or_else(String::new, |seed| seed.to_string());
    for (node, values) in map.rows.iter().zip(&map.values) {
        for (step, &value) in map.steps.iter().zip(values) {
            *text += &format!("{panel},{quantity},{seed},{node},{step},{}\n", number(value));
        }
    }
}

fn blocks(text: &mut String, towers: &Towers) {
    for tower in &towers.towers {
        let net = quoted(&tower.name);
        for body in &tower.bodies {
            let Body {
                name, channels, side, ..
            } = body;
            let shortcut = match body.shortcut {
                None => "none",
                Some(false) => "identity",
                Some(true) => "reshaped",
            };
            let cut = match body.accuracy {
                None => String::new(),
                Some((cut, _)) => in_words(cut),
            };
            let at = |step: Option<usize>| step.map_or_else(String::new, |step| step.to_string());
            let norms_at = at(tower.norms_at.filter(|_| body.norm.is_some()));
            let cuts_at = at(tower.cuts_at.filter(|_| body.accuracy.is_some()));
            let seed = tower.seed;
            let accuracy = body.accuracy.map(|(_, accuracy)| accuracy);
            let [norm, whole, accuracy] =
                [body.norm, tower.whole, accuracy].map(|value| number(value.unwrap_or(f64::NAN)));
            *text += &format!(
                "{net},{seed},{name},{channels},{side},{shortcut},{norms_at},{norm},{cut},{cuts_at},{accuracy},{whole}\n"
            );
        }
    }
}

fn points(text: &mut String, relief: &Relief) {
    let (panel, map) = (quoted(&relief.title), &relief.landscape);
    let (net, seed, step) = &relief.of;
    let net = quoted(net);
    for row in 0..map.side {
        for column in 0..map.side {
            let [x, y] = map.place(column, row).map(|place| number(place.into()));
            let loss = number(map.loss[row * map.side + column].into());
            *text += &format!("{panel},{net},{seed},{step},{x},{y},{loss}\n");
        }
    }
}

fn lines(table: &Table) -> String {
    let pictured = |column: usize| table.column(column).any(|cell| matches!(cell, Cell::Images(_)));
    let columns: Vec<usize> = (0..table.columns.len()).filter(|&column| !pictured(column)).collect();
    let line = |cells: Vec<String>| cells.join(",") + "\n";
    let mut text = line(
        columns
            .iter()
            .map(|&column| quoted(&in_unit(&table.columns[column].title, &table.columns[column].unit)))
            .collect(),
    );
    for row in &table.rows {
        let cells = columns
            .iter()
            .map(|&column| row.cells.get(column).map_or_else(String::new, cell));
        text += &line(cells.collect());
    }
    text
}

fn cell(cell: &Cell) -> String {
    match cell {
        // A dash is for readers.
        Cell::Text(text) if text == "\u{2013}" => String::new(),
        Cell::Text(text) => quoted(text),
        Cell::Number(_, value) | Cell::Bar(_, value, _) => number(*value),
        Cell::Curve(values, _) => {
            let values: Vec<String> = values.iter().map(|&value| number(value.into())).collect();
            values.join(" ")
        }
        Cell::Images(_) => String::new(),
    }
}

/// A heading with the unit of what stands beneath it, where that has one.
fn in_unit(heading: &str, unit: &str) -> String {
    match unit {
        "" => heading.to_owned(),
        unit => match heading.strip_suffix([')', '）']) {
            Some(open) => format!("{open}{}{unit})", t!(", ")),
            None => format!("{heading} ({unit})"),
        },
    }
}

/// Empty for what is not a number; single-precision values in their own shortest form, whole numbers as they are,
/// others in the nine digits that single precision bears.
fn number(value: f64) -> String {
    let single = value as f32;
    if value.is_nan() {
        String::new()
    } else if f64::from(single) == value {
        single.to_string()
    } else if value.fract() == 0.0 {
        value.to_string()
    } else {
        let digits = format!("{value:.8e}");
        digits.parse::<f64>().map_or(digits, |rounded| rounded.to_string())
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_when_needed() {
        assert_eq!(quoted("plain-20"), "plain-20");
        assert_eq!(quoted("a, \"b\""), "\"a, \"\"b\"\"\"");
    }

    #[test]
    fn numbers_keep_their_precision() {
        assert_eq!(number(f64::from(0.1f32)), "0.1");
        assert_eq!(number(1.0 / 3.0), "0.333333333");
        assert_eq!(number(100.0 * f64::from(0.7f32)), "69.9999988");
        assert_eq!(number(1_234_567_891.0), "1234567891");
        assert_eq!(number(f64::NAN), "");
        assert_eq!(number(400.0), "400");
    }
}
