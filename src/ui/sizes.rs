//! What a net costs.

use std::cell::RefCell;
use std::collections::HashMap;

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
