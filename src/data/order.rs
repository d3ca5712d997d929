//! The order in which an epoch visits the training images.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::random::{Purpose, generator, permutation};

/// Passes remembered at once: an experiment steps its seeds in lockstep, one pass each.
const REMEMBERED: usize = 16;

/// Orders already drawn, so that a shuffle is paid once an epoch and not once a step.
#[derive(Debug, Default)]
pub(super) struct Orders(Mutex<VecDeque<Order>>);

#[derive(Debug)]
struct Order {
    key: (u64, u64, usize),
    indices: Arc<[u32]>,
}

impl Orders {
    /// The shuffled `0..len` of that seed and epoch.
    pub(super) fn of(&self, seed: u64, epoch: u64, len: usize) -> Arc<[u32]> {
        let key = (seed, epoch, len);
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(order) = orders.iter().find(|order| order.key == key) {
            return Arc::clone(&order.indices);
        }
        let indices: Arc<[u32]> = permutation(&mut generator(Purpose::Order, seed, epoch, 0), len).into();
        orders.truncate(REMEMBERED - 1);
        orders.push_front(Order {
            key,
            indices: Arc::clone(&indices),
        });
        indices
    }
}

/// A clone starts with nothing remembered, which changes no order.
impl Clone for Orders {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What is remembered never tells two data sets apart.
impl PartialEq for Orders {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
