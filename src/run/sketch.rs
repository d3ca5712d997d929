//! A run's losses in few numbers, for a drawing the size of a word.

use serde::{Deserialize, Serialize};

/// A sketch never has more means than this.
const MOST: usize = 64;

/// Means of equally many minibatch losses each. When there are too many, each two become one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sketch {
    /// Losses a mean.
    every: usize,
    means: Vec<f32>,
    sum: f64,
    count: usize,
}

impl Default for Sketch {
    fn default() -> Self {
        Self {
            every: 1,
            means: Vec::new(),
            sum: 0.0,
            count: 0,
        }
    }
}

impl Sketch {
    /// Of all these losses.
    pub fn of(losses: &[f32]) -> Self {
        let mut sketch = Self::default();
        losses.iter().for_each(|&loss| sketch.push(loss));
        sketch
    }

    /// Takes in the next loss; one that is not finite leaves no trace.
    pub fn push(&mut self, loss: f32) {
        if !loss.is_finite() {
            return;
        }
        self.sum += f64::from(loss);
        self.count += 1;
        if self.count < self.every {
            return;
        }
        self.means.push((self.sum / self.count as f64) as f32);
        (self.sum, self.count) = (0.0, 0);
        if self.means.len() == MOST {
            self.means = self
                .means
                .chunks(2)
                .map(|pair| pair.iter().sum::<f32>() / pair.len() as f32)
                .collect();
            self.every *= 2;
        }
    }

    /// The means, oldest first.
    pub fn means(&self) -> &[f32] {
        &self.means
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_stays_short_and_keeps_the_shape() {
        let mut sketch = Sketch::default();
        for step in 0..10_000 {
            sketch.push(step as f32);
        }
        sketch.push(f32::NAN);
        let means = sketch.means();
        assert!((MOST / 2..MOST).contains(&means.len()), "{}", means.len());
        assert!(means.is_sorted() && means[0] < 256.0 && means[means.len() - 1] > 9_000.0);
        let again: Sketch = serde_json::from_str(&serde_json::to_string(&sketch).unwrap()).unwrap();
        assert_eq!(again, sketch);
    }
}
