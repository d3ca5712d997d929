//! Which tensors may share a buffer: those that are never alive together.

use super::{Plan, TensorId};

/// Gives every tensor a slot. Tensors that the backward kernels read live on; gradients die young and share.
pub(super) fn assign(plan: &mut Plan) {
    let (slots, sizes) = dealt(plan, &lives(plan));
    for (tensor, slot) in plan.tensors.iter_mut().zip(slots) {
        tensor.slot = slot;
    }
    plan.slots = sizes;
}

impl Plan {
    /// Slots by tensor for a forward pass that nothing follows, in which a tensor dies with its last reader; those that
    /// only the way back needs share one.
    pub fn forward_slots(&self) -> Vec<usize> {
        let mut lives = vec![(usize::MAX, 0); self.tensors.len()];
        lives[self.images] = (0, 0);
        for (at, kernel) in self.forward.iter().enumerate() {
            for tensor in kernel.tensors() {
                let (from, to) = lives[tensor];
                lives[tensor] = (from.min(at + 1), to.max(at + 1));
            }
        }
        let (mut slots, _) = dealt(self, &lives);
        for (slot, life) in slots.iter_mut().zip(&lives) {
            if life.0 == usize::MAX {
                *slot = 0;
            }
        }
        slots
    }
}

/// A slot for every tensor that lives from and to those moments, and values of one image that each slot holds.
fn dealt(plan: &Plan, lives: &[(usize, usize)]) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<TensorId> = (0..lives.len()).collect();
    order.sort_by_key(|&tensor| lives[tensor].0);
    // Until when each slot is taken.
    let (mut taken, mut sizes): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut slots = vec![0; lives.len()];
    for tensor in order {
        let (from, to) = lives[tensor];
        let need = plan.tensors[tensor].image();
        let free = (0..taken.len())
            .filter(|&slot| taken[slot] < from && sizes[slot] >= need)
            .min_by_key(|&slot| sizes[slot]);
        let slot = free.unwrap_or_else(|| {
            taken.push(0);
            sizes.push(need);
            taken.len() - 1
        });
        taken[slot] = to;
        slots[tensor] = slot;
    }
    (slots, sizes)
}

/// First and last kernel, forward then backward, during which each tensor is alive.
fn lives(plan: &Plan) -> Vec<(usize, usize)> {
    let mut lives = vec![(usize::MAX, 0); plan.tensors.len()];
    let mut touch = |tensor: TensorId, at: usize| {
        let (from, to) = lives[tensor];
        lives[tensor] = (from.min(at), to.max(at));
    };
    touch(plan.images, 0);
    let kernels = plan.forward.iter().chain(&plan.backward);
    for (at, kernel) in kernels.enumerate() {
        kernel.tensors().into_iter().for_each(|tensor| touch(tensor, at + 1));
    }
    for tap in &plan.taps {
        let at = plan.forward.len() + tap.at + 1;
        tap.gradient
            .tensors()
            .into_iter()
            .flatten()
            .for_each(|tensor| touch(tensor, at));
    }
    // Nodes are looked into after the forward pass.
    for life in &mut lives {
        if life.0 <= plan.forward.len() {
            life.1 = life.1.max(plan.forward.len());
        }
    }
    lives
}

#[cfg(test)]
mod tests {
    use crate::engine::plan::lower;
    use crate::net::Graph;

    #[test]
    fn a_forward_pass_needs_few_buffers_however_deep_the_net() {
        for text in ["plain-56", "resnet-56", "resnet-56:shortcut=B,order=pre"] {
            let plan = lower(&Graph::new(&text.parse().unwrap()));
            let slots = plan.forward_slots();
            let most = slots.iter().max().unwrap() + 1;
            assert!(
                most <= 8 && most < plan.slots.len() / 4,
                "{text}: {most} of {}",
                plan.slots.len()
            );
            for kernel in &plan.forward {
                let tensors = kernel.tensors();
                for (at, &tensor) in tensors.iter().enumerate() {
                    let shares = |other: &usize| *other != tensor && slots[*other] == slots[tensor];
                    assert!(!tensors[..at].iter().any(shares), "{text}: {kernel:?}");
                }
            }
        }
    }
}
