//! The loss of one block of images.

/// What a block's logits give.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BlockLoss {
    /// Sum of cross-entropies.
    pub loss_sum: f64,
    /// Images classified right.
    pub correct: usize,
}

/// Softmax cross-entropy of a block whose real images are `labels`; writes the gradient of the mean over `images`.
pub fn loss(logits: &[f32], labels: &[u32], width: usize, images: usize, gradient: &mut [f32]) -> BlockLoss {
    gradient.fill(0.0);
    let classes = logits.len() / width;
    let mut total = BlockLoss::default();
    for (lane, &label) in labels.iter().enumerate() {
        let at = |class: usize| logits[class * width + lane];
        let label = label as usize;
        let largest = (0..classes).map(at).fold(f32::NEG_INFINITY, f32::max);
        let beaten = |class| at(label) > at(class) || (class > label && at(label) == at(class));
        let right = (0..classes).all(|class| class == label || beaten(class));
        let sum: f64 = (0..classes).map(|class| f64::from(at(class) - largest).exp()).sum();
        total.loss_sum += sum.ln() - f64::from(at(label) - largest);
        total.correct += usize::from(right);
        for class in 0..classes {
            let probability = f64::from(at(class) - largest).exp() / sum;
            let target = f64::from(u8::from(class == label));
            gradient[class * width + lane] = ((probability - target) / images as f64) as f32;
        }
    }
    total
}
