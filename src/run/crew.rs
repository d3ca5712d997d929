//! The processor's cores dealt out among runs that step at the same time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};
use rust_i18n::t;

use crate::error::{Error, Result};

/// Backward passes recurse through the net; very deep ones need more than a thread's usual stack.
const STACK_BYTES: usize = 64 << 20;

/// Gangs of threads. A run's step stays within one gang, so that runs neither wait for nor help out each other:
/// with more runs than cores each step is computed by one thread, which costs no synchronisation at all.
pub struct Crew {
    cores: usize,
    gangs: Vec<ThreadPool>,
}

impl Crew {
    pub fn new(cores: usize) -> Self {
        Self {
            cores: cores.max(1),
            gangs: Vec::new(),
        }
    }

    /// Does `work` on every item, as many at once as there are cores, the first items first.
    ///
    /// # Errors
    /// When the system gives no threads. A panic in `work` goes on in the caller.
    pub fn each<T: Send>(&mut self, items: Vec<&mut T>, work: impl Fn(&mut T) + Sync) -> Result<()> {
        self.rounds(items, |item| {
            work(item);
            false
        })
    }

    /// Does `work` on every item again and again, in turns, until it says for each that this was the last time. No core
    /// waits while there is an item that nobody works on, so one that is held up (the window's frames are computed
    /// beside the training) leaves the rest to the others.
    ///
    /// # Errors
    /// When the system gives no threads. A panic in `work` goes on in the caller.
    pub fn rounds<T: Send>(&mut self, items: Vec<&mut T>, work: impl Fn(&mut T) -> bool + Sync) -> Result<()> {
        self.deal(items.len())?;
        let queue = Mutex::new(VecDeque::from(items));
        let queue = || queue.lock().unwrap_or_else(PoisonError::into_inner);
        let next = || queue().pop_front();
        let drain = || {
            while let Some(item) = next() {
                if work(item) {
                    queue().push_back(item);
                }
            }
        };
        start(&self.gangs, &drain);
        Ok(())
    }

    /// Forms gangs for that many items.
    fn deal(&mut self, items: usize) -> Result<()> {
        let count = items.clamp(1, self.cores);
        if self.gangs.len() == count {
            return Ok(());
        }
        let gang = |index: usize| {
            let threads = self.cores / count + usize::from(index < self.cores % count);
            ThreadPoolBuilder::new()
                .num_threads(threads)
                .thread_name(move |thread| format!("step {index}.{thread}"))
                .stack_size(STACK_BYTES)
                .build()
                .map_err(|error| Error::Engine(t!("cannot start threads to train on: %{error}", error = error)))
        };
        self.gangs = (0..count).map(gang).collect::<Result<_>>()?;
        Ok(())
    }
}

/// Lets each gang run `work` once, all at the same time.
fn start(gangs: &[ThreadPool], work: &(impl Fn() + Sync)) {
    if let Some((first, rest)) = gangs.split_first() {
        first.in_place_scope(|scope| {
            scope.spawn(|_| work());
            start(rest, work);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn every_item_is_done_and_cores_work_at_once() {
        let mut crew = Crew::new(2);
        let mut items = vec![0; 7];
        crew.each(items.iter_mut().collect(), |item| *item += rayon::current_num_threads())
            .unwrap();
        assert_eq!(items, [1; 7], "one thread a run");
        let both = Barrier::new(2);
        crew.each(items[..2].iter_mut().collect(), |_| {
            both.wait();
        })
        .unwrap();
        crew.each(vec![&mut items[0]], |item| *item = rayon::current_num_threads())
            .unwrap();
        assert_eq!(items[0], 2, "a single run has all cores");
    }

    #[test]
    fn items_take_turns_until_each_has_enough() {
        let mut crew = Crew::new(2);
        let mut items = [3, 1, 0, 40].map(|enough| (enough, 0));
        crew.rounds(items.iter_mut().collect(), |(enough, times)| {
            *times += 1;
            *times <= *enough
        })
        .unwrap();
        assert_eq!(items.map(|(enough, times)| times - enough), [1; 4]);
    }

    #[test]
    fn a_core_that_is_held_up_leaves_the_rest_to_the_others() {
        let mut crew = Crew::new(2);
        let done = Mutex::new(0);
        let mut items = [0, 1, 2, 3];
        crew.rounds(items.iter_mut().collect(), |item| {
            let mut steps = done.lock().unwrap();
            *steps += 1;
            if *item == 0 {
                drop(steps);
                // Held up until the others have done all their rounds.
                while *done.lock().unwrap() < 31 {
                    std::thread::yield_now();
                }
                return false;
            }
            *item += 10;
            *item < 100
        })
        .unwrap();
        assert_eq!(items, [0, 101, 102, 103]);
    }

    #[test]
    fn a_panic_reaches_the_caller() {
        let mut crew = Crew::new(2);
        let mut items = [1, 2];
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            crew.each(items.iter_mut().collect(), |item| assert_eq!(*item, 1))
        }));
        assert!(outcome.is_err());
    }
}
