//! Which tensors may share a buffer: those that are never alive together.

use super::{Plan, TensorId};

/// Gives every tensor a slot. Tensors that the backward kernels read live on; gradients die young and share.
pub(super) fn assign(plan: &mut Plan) {
    let lives = lives(plan);
    let mut order: Vec<TensorId> = (0..plan.tensors.len()).collect();
    order.sort_by_key(|&tensor| lives[tensor].0);
    // Until when each slot is taken.
    let mut taken: Vec<usize> = Vec::new();
    for tensor in order {
        let (from, to) = lives[tensor];
        let need = plan.tensors[tensor].image();
        let free = (0..taken.len())
            .filter(|&slot| taken[slot] < from && plan.slots[slot] >= need)
            .min_by_key(|&slot| plan.slots[slot]);
        let slot = free.unwrap_or_else(|| {
            taken.push(0);
            plan.slots.push(need);
            taken.len() - 1
        });
        taken[slot] = to;
        plan.tensors[tensor].slot = slot;
    }
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
