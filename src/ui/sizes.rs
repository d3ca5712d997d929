//! What a net costs, and how a card says it.

use std::cell::RefCell;
use std::collections::HashMap;

use eframe::egui::{RichText, Ui};
use rust_i18n::t;

use super::theme::{self, SMALL};
use super::widgets::large;
use crate::net::{Field, Graph, Spec, Table};

/// Nets whose sizes are remembered.
const MOST_KNOWN: usize = 1000;

thread_local! {
    /// By the net's text.
    static KNOWN: RefCell<HashMap<String, Sizes>> = RefCell::default();
}

/// Parameters and work of a net.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    pub parameters: usize,
    /// For one image.
    pub multiply_adds: u64,
}

impl Sizes {
    /// Of that net; counted once, for many frames ask.
    pub fn of(spec: &Spec) -> Self {
        KNOWN.with_borrow_mut(|known| {
            if known.len() > MOST_KNOWN {
                known.clear();
            }
            *known.entry(spec.to_string()).or_insert_with(|| {
                let table = Table::new(&Graph::new(spec));
                Self {
                    parameters: table.parameters,
                    multiply_adds: table.multiply_adds,
                }
            })
        })
    }
}

/// What a net would cost with another value in one field, or why there is no such net.
pub fn effect(spec: &Spec, field: Field, value: &str) -> Result<Sizes, String> {
    spec.with(field, value).map(|spec| Sizes::of(&spec))
}

/// Parameters and multiply-adds, with what they are now before what they will be.
pub fn costs(sizes: Sizes, before: Option<Sizes>) -> String {
    let before = before.filter(|before| *before != sizes);
    let pair = |now: u64, before: Option<u64>| match before {
        Some(before) if before != now => format!("{} → {}", large(before), large(now)),
        _ => large(now),
    };
    let parameters = pair(sizes.parameters as u64, before.map(|before| before.parameters as u64));
    let multiply_adds = pair(sizes.multiply_adds, before.map(|before| before.multiply_adds));
    format!(
        "{}\n{}",
        t!("%{count} parameters", count = parameters),
        t!("%{count} multiply-adds", count = multiply_adds)
    )
}

/// Draws them, stronger where a restart changes them.
pub fn costs_ui(ui: &mut Ui, sizes: Sizes, before: Option<Sizes>) {
    let changed = before.is_some_and(|before| before != sizes);
    let words = costs(sizes, before);
    let words = if changed {
        RichText::new(words).size(SMALL)
    } else {
        theme::caption(words)
    };
    ui.label(words).on_hover_text(t!(
        "Trained numbers, and multiplications for one image; from what runs to what is chosen"
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_show_both_only_where_they_differ() {
        let sizes = |parameters, multiply_adds| Sizes {
            parameters,
            multiply_adds,
        };
        let (small, large) = (sizes(67_906, 632_000), sizes(214_402, 1_960_000));
        assert_eq!(
            costs(small, Some(small)),
            "67\u{a0}906 parameters\n632\u{a0}000 multiply-adds"
        );
        assert_eq!(
            costs(large, Some(small)),
            "67\u{a0}906 → 214\u{a0}402 parameters\n632\u{a0}000 → 1.96\u{a0}M multiply-adds"
        );
    }
}
