//! Kernels that write down what a node holds, for who looks on.

use super::super::dispatch::{Cost, Dispatch, Draft, Store};
use super::Lowering;
use crate::engine::plan::{Gradient, TensorId, Value, View};

impl Lowering<'_> {
    /// A node's value, and the shape it has there.
    pub fn see_value(&self, value: Value) -> (Dispatch, [usize; 3]) {
        match value {
            Value::View(view) | Value::Subsample { view, .. } => (self.see_view(view), self.shape(view.tensor)),
            Value::Sum { kernel } => {
                let kernel = &self.plan.forward[kernel];
                let output = super::output_of(kernel).unwrap_or(self.plan.logits);
                (self.add(kernel, false, Store::Seen), self.shape(output))
            }
        }
    }

    fn see_view(&self, view: View) -> Dispatch {
        let (draft, grid) = self.strips(Draft::new("read_view"), view.tensor);
        let draft = self.view(draft, "x", view).bind("output", Store::Seen);
        draft.done(grid, Cost::default())
    }

    /// A tapped gradient, and its tensor.
    pub fn see_gradient(&self, gradient: &Gradient) -> (Dispatch, TensorId) {
        let (draft, grid) = self.strips(Draft::new("read_gradient"), gradient.tensor);
        let draft = self.gradient(draft, "g", gradient, true).bind("output", Store::Seen);
        (draft.done(grid, Cost::default()), gradient.tensor)
    }
}
