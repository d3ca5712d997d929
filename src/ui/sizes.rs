//! What a net costs.

use crate::net::{Field, Graph, Spec, Table};

/// Parameters and work of a net.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    pub parameters: usize,
    /// For one image.
    pub multiply_adds: u64,
}

impl Sizes {
    /// Of that net.
    pub fn of(spec: &Spec) -> Self {
        let table = Table::new(&Graph::new(spec));
        Self {
            parameters: table.parameters,
            multiply_adds: table.multiply_adds,
        }
    }
}

/// What a net would cost with another value in one field, or why there is no such net.
pub fn effect(spec: &Spec, field: Field, value: &str) -> Result<Sizes, String> {
    spec.with(field, value).map(|spec| Sizes::of(&spec))
}
