//! Work in line for a device: small pieces are joined, and few submissions are under way, so that whoever else draws on
//! the GPU is let in between.

use std::collections::VecDeque;
use std::time::Instant;

use super::pace::Pace;

/// Submissions under way: one that the device works on, and the next.
pub const UNDER_WAY: usize = 2;

/// Pieces of work, of all nets on a device.
pub struct Line<T> {
    /// With the work of each.
    waiting: VecDeque<(T, f64)>,
    under_way: usize,
    pub pace: Pace,
    /// When some work was last known to be done.
    last: Instant,
    /// Pieces that were put in line, and those that have left it, since it was opened.
    joined: u64,
    left: u64,
    /// Submissions done since it was opened.
    pub done: u64,
    /// Submissions ever under way at a time.
    #[cfg(test)]
    pub most: usize,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            under_way: 0,
            pace: Pace::default(),
            last: Instant::now(),
            joined: 0,
            left: 0,
            done: 0,
            #[cfg(test)]
            most: 0,
        }
    }
}

impl<T> Line<T> {
    /// Takes a piece if no more waits with it than a submission holds, and leaves it where it is otherwise; whether it did.
    pub fn join(&mut self, piece: &mut Option<T>, work: f64) -> bool {
        let waiting: f64 = self.waiting.iter().map(|(_, work)| work).sum();
        if !self.waiting.is_empty() && waiting + work > self.pace.piece() {
            return false;
        }
        if let Some(piece) = piece.take() {
            self.waiting.push_back((piece, work));
            self.joined += 1;
        }
        true
    }

    /// Pieces that were put in line so far.
    pub fn joined(&self) -> u64 {
        self.joined
    }

    /// Whether as many pieces have left.
    pub fn has_left(&self, pieces: u64) -> bool {
        self.left >= pieces
    }

    /// The pieces of the next submission with their work, if it may go.
    pub fn next(&mut self) -> Option<(Vec<T>, f64)> {
        if self.under_way == UNDER_WAY {
            return None;
        }
        let (first, mut all) = self.waiting.pop_front()?;
        let mut pieces = vec![first];
        while let Some((piece, work)) = self.waiting.pop_front_if(|(_, work)| all + *work <= self.pace.piece()) {
            pieces.push(piece);
            all += work;
        }
        self.left += pieces.len() as u64;
        self.under_way += 1;
        #[cfg(test)]
        {
            self.most = self.most.max(self.under_way);
        }
        Some((pieces, all))
    }

    /// Takes note that the oldest submission, of so much work, is done now.
    pub fn done(&mut self, work: f64, submitted: Instant) {
        let now = Instant::now();
        self.pace.took(work, (now - submitted.max(self.last)).as_secs_f64());
        self.last = now;
        self.under_way -= 1;
        self.done += 1;
    }

    /// Whether everything that was put in line is done.
    #[cfg(test)]
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.under_way == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(line: &mut Line<u32>, name: u32, share: f64) -> bool {
        let work = share * line.pace.piece();
        line.join(&mut Some(name), work)
    }

    #[test]
    fn two_are_under_way_and_what_waits_is_joined_to_one_piece() {
        let mut line = Line::default();
        let began = Instant::now();
        assert!(put(&mut line, 0, 0.1));
        assert_eq!(line.next().unwrap().0, [0]);
        assert!(put(&mut line, 1, 7.0), "a kernel cannot be cut");
        assert_eq!(line.next().unwrap().0, [1]);
        for name in 2..5 {
            assert!(put(&mut line, name, 0.3));
        }
        assert!(!put(&mut line, 5, 0.3), "they fill a submission");
        assert!(line.next().is_none() && !line.has_left(3));
        line.done(0.0, began);
        assert_eq!(line.next().unwrap().0, [2, 3, 4]);
        assert!(put(&mut line, 5, 0.3) && line.next().is_none());
        assert!(line.has_left(5) && !line.has_left(line.joined()));
        for _ in 0..2 {
            line.done(0.0, began);
        }
        assert_eq!(line.next().unwrap().0, [5]);
        line.done(0.0, began);
        assert!(line.is_idle() && line.next().is_none());
        assert_eq!((line.most, line.done), (UNDER_WAY, 4));
    }
}
