//! A claim: one sentence, and the check on measured data that it stands or falls with.

use serde::Deserialize;

use super::evidence::{Evidence, Spread};
use super::expression::Check;
use super::file::parsed;

/// A ```` ```claim ```` block of a lesson.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The sentence.
    pub says: String,
    /// What must hold of the mean over seeds.
    #[serde(deserialize_with = "parsed")]
    pub check: Check,
    /// What to try where it is not reproduced.
    #[serde(default)]
    pub otherwise: String,
}

/// What the measurements say about a claim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// The left side over the seeds, and the mean of the right.
    Reproduced(Spread, f64),
    NotReproduced(Spread, f64),
    /// Something the check needs was not measured, or is not finite.
    NotMeasured,
}

impl Claim {
    /// Judges the claim on the means over seeds.
    pub fn judge(&self, evidence: &Evidence) -> Verdict {
        let Check { left, relation, right } = &self.check;
        let (Some(left), Some(right)) = (evidence.spread(left), evidence.spread(right)) else {
            return Verdict::NotMeasured;
        };
        if relation.holds(left.mean, right.mean) {
            Verdict::Reproduced(left, right.mean)
        } else {
            Verdict::NotReproduced(left, right.mean)
        }
    }

    /// Whether a recording stands in for something it is judged on.
    pub fn is_recorded(&self, evidence: &Evidence) -> bool {
        evidence.is_recorded(&self.check.left) || evidence.is_recorded(&self.check.right)
    }
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::exhibit;
    use super::*;

    #[test]
    fn claims_stand_or_fall_with_the_mean() {
        let mut evidence = Evidence::default();
        for (seed, loss) in [(0, 1.0), (1, 3.0)] {
            evidence.insert(exhibit("plain-56", seed, loss));
        }
        let claim = |check: &str| Claim {
            says: String::new(),
            check: check.parse().unwrap(),
            otherwise: String::new(),
        };
        let judged = |check| claim(check).judge(&evidence);
        assert!(matches!(judged("train_loss(plain-56) > 1.9"), Verdict::Reproduced(spread, 1.9) if spread.mean == 2.0));
        assert!(matches!(judged("train_loss(plain-56) < 2"), Verdict::NotReproduced(..)));
        assert_eq!(judged("train_loss(resnet-56) < 2"), Verdict::NotMeasured);
    }
}
