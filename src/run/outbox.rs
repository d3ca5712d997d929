//! The trainer's way to whoever watches: a bounded channel that is never waited for.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};

use super::message::Event;

/// Events a reader may be behind before they are kept on this side.
pub const CAPACITY: usize = 4096;

/// Called after something was published, to have it looked at.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Sends events in order; those the channel has no room for wait here.
pub struct Outbox {
    channel: SyncSender<Event>,
    waiting: VecDeque<Event>,
    wake: Option<Wake>,
}

impl Outbox {
    pub fn new(channel: SyncSender<Event>, wake: Option<Wake>) -> Self {
        Self {
            channel,
            waiting: VecDeque::new(),
            wake,
        }
    }

    /// Queues an event; [`Outbox::flush`] sends it.
    pub fn push(&mut self, event: Event) {
        self.waiting.push_back(event);
    }

    /// Queues several, or the one there may be.
    pub fn push_all(&mut self, events: impl IntoIterator<Item = Event>) {
        self.waiting.extend(events);
    }

    /// Sends what there is room for and wakes the reader.
    pub fn flush(&mut self) {
        let before = self.waiting.len();
        while let Some(event) = self.waiting.pop_front() {
            match self.channel.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    break;
                }
                Err(TrySendError::Disconnected(_)) => self.waiting.clear(),
            }
        }
        if self.waiting.len() < before {
            self.wake();
        }
    }

    /// Wakes the reader without an event.
    pub fn wake(&self) {
        if let Some(wake) = &self.wake {
            wake();
        }
    }

    /// Whether events wait for room.
    pub fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn a_slow_reader_loses_nothing_and_blocks_nobody() {
        let (sender, receiver) = sync_channel(2);
        let mut outbox = Outbox::new(sender, None);
        for run in 0..5 {
            outbox.push(Event::Finished { run, step: 0 });
            outbox.flush();
        }
        assert!(outbox.is_behind());
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.extend(receiver.try_iter().map(|event| match event {
                Event::Finished { run, .. } => run,
                other => panic!("{other:?}"),
            }));
            outbox.flush();
        }
        assert_eq!(seen, [0, 1, 2, 3, 4]);
        assert!(!outbox.is_behind());
    }
}
