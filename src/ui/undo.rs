//! Undo and redo of something that is edited in place.

use eframe::egui::Id;

/// More steps back than this are forgotten.
const LONGEST: usize = 200;

/// The states before the present one and, after an undo, those behind it.
#[derive(Debug, Clone)]
pub struct Undo<T> {
    past: Vec<T>,
    future: Vec<T>,
    /// The widget that made the newest step and is still held.
    grip: Option<Id>,
}

impl<T> Default for Undo<T> {
    fn default() -> Self {
        Self {
            past: Vec::new(),
            future: Vec::new(),
            grip: None,
        }
    }
}

impl<T: Clone + PartialEq> Undo<T> {
    /// Notes what a frame has changed; everything done while one widget is held (`grip`) is one step.
    pub fn note(&mut self, before: T, now: &T, grip: Option<Id>) {
        let same = grip.is_some() && grip == self.grip;
        if before != *now {
            self.future.clear();
            if !same {
                self.past.push(before);
                if self.past.len() > LONGEST {
                    self.past.remove(0);
                }
            }
            self.grip = grip;
        } else if !same {
            self.grip = None;
        }
    }

    /// Goes a step back, where there is one.
    pub fn undo(&mut self, now: &mut T) {
        if let Some(before) = self.past.pop() {
            self.future.push(std::mem::replace(now, before));
            self.grip = None;
        }
    }

    /// Takes back an undo.
    pub fn redo(&mut self, now: &mut T) {
        if let Some(after) = self.future.pop() {
            self.past.push(std::mem::replace(now, after));
            self.grip = None;
        }
    }

    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(undo: &mut Undo<u32>, now: &mut u32, to: u32, grip: Option<Id>) {
        let before = std::mem::replace(now, to);
        undo.note(before, now, grip);
    }

    #[test]
    fn what_is_dragged_in_one_go_is_one_step() {
        let (mut undo, mut now) = (Undo::default(), 0);
        let grip = Some(Id::unique("field"));
        set(&mut undo, &mut now, 1, None);
        for value in 2..6 {
            set(&mut undo, &mut now, value, grip);
        }
        undo.note(now, &now, None);
        set(&mut undo, &mut now, 9, grip);
        for wanted in [5, 1, 0, 0] {
            undo.undo(&mut now);
            assert_eq!(now, wanted);
        }
        assert!(!undo.can_undo() && undo.can_redo());
        undo.redo(&mut now);
        undo.redo(&mut now);
        assert_eq!(now, 5);
        set(&mut undo, &mut now, 7, None);
        assert!(!undo.can_redo());
    }
}
