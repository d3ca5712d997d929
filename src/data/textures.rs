//! Ten classes of coloured textures, drawn on the fly: gratings in four orientations and two frequencies, a checker
//! pattern, rings.

use std::f64::consts::{FRAC_PI_4, TAU};
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use rust_i18n::t;

use super::file::check_memory;
use super::random::{Purpose, generator, uniform};
use super::raw::Raw;
use super::split::Split;
use crate::error::Result;

/// Names in the order of the labels: waves across the image and the direction they run in.
const CLASSES: [&str; 10] = [
    "2.5 waves, 0°",
    "2.5 waves, 45°",
    "2.5 waves, 90°",
    "2.5 waves, 135°",
    "4 waves, 0°",
    "4 waves, 45°",
    "4 waves, 90°",
    "4 waves, 135°",
    "checker",
    "rings",
];
const CHECKER: usize = 8;
const RINGS: usize = 9;
const TEST_IMAGES: usize = 1000;

/// `images` training images and 1,000 test images, 3 x `size` x `size`. More `difficulty` (0..=1) means more noise, less
/// contrast and more jitter of angle and frequency.
pub(super) fn draw(size: usize, difficulty: f32, images: usize, seed: u64) -> Result<Raw> {
    let shape = [3, size, size];
    check_memory(&t!("The textures"), images.saturating_add(TEST_IMAGES), shape)?;
    let split = |purpose, count| {
        let mut split = Split {
            images: Arc::new(vec![0.0; count * 3 * size * size]),
            labels: (0..count).map(|index| (index % CLASSES.len()) as u32).collect(),
        };
        let images = Arc::make_mut(&mut split.images)
            .par_chunks_mut(3 * size * size)
            .enumerate();
        images.for_each(|(index, image)| {
            let mut generator = generator(purpose, seed, 0, index as u64);
            texture(
                &mut generator,
                index % CLASSES.len(),
                size,
                f64::from(difficulty),
                image,
            );
        });
        split
    };
    let (train, test) = (
        split(Purpose::TrainTexture, images),
        split(Purpose::TestTexture, TEST_IMAGES),
    );
    Ok(Raw::new(shape, CLASSES.map(String::from).to_vec(), train, test))
}

/// Draws one texture of that class.
fn texture(generator: &mut ChaCha8Rng, class: usize, size: usize, difficulty: f64, image: &mut [f32]) {
    let phase = uniform(generator, 0.0, TAU);
    let angle =
        (class % 4) as f64 * FRAC_PI_4 * f64::from(u8::from(class < CHECKER)) + normal(generator) * 0.18 * difficulty;
    let waves = match class {
        CHECKER | RINGS => 3.0,
        _ if class < 4 => 2.5,
        _ => 4.0,
    };
    let frequency = TAU * waves * (1.0 + normal(generator) * 0.08 * difficulty);
    let centre = [uniform(generator, 0.2, 0.8), uniform(generator, 0.2, 0.8)];
    let background: [f64; 3] = std::array::from_fn(|_| uniform(generator, 0.2, 0.8));
    let direction: [f64; 3] = std::array::from_fn(|_| normal(generator));
    let length = direction.iter().map(|value| value * value).sum::<f64>().sqrt();
    let contrast = (0.5 - 0.3 * difficulty) / length.max(f64::MIN_POSITIVE);
    let noise = 0.03 + 0.22 * difficulty;

    let (sine, cosine) = angle.sin_cos();
    let pattern = |x: f64, y: f64| {
        let (along, across) = (cosine * x + sine * y, cosine * y - sine * x);
        match class {
            CHECKER => 1.4 * (frequency * along + phase).sin() * (frequency * across + phase * 1.7).sin(),
            RINGS => (1.2 * frequency * (x - centre[0]).hypot(y - centre[1]) + phase).sin(),
            _ => (frequency * along + phase).sin(),
        }
    };
    let area = size * size;
    for position in 0..area {
        let (y, x) = (position / size, position % size);
        let value = pattern(x as f64 / size as f64, y as f64 / size as f64);
        for channel in 0..3 {
            let colour = background[channel] + direction[channel] * contrast * value;
            image[channel * area + position] = (colour + normal(generator) * noise) as f32;
        }
    }
}

fn normal(generator: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(generator)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Energy of the first channel at (waves down, waves right), by a discrete Fourier transform.
    fn energy(image: &[f32], size: usize, down: f64, right: f64) -> f64 {
        let mean = image[..size * size].iter().sum::<f32>() / (size * size) as f32;
        let (mut real, mut imaginary) = (0.0, 0.0);
        for (position, &pixel) in image[..size * size].iter().enumerate() {
            let (y, x) = ((position / size) as f64, (position % size) as f64);
            let (sine, cosine) = (TAU * (down * y + right * x) / size as f64).sin_cos();
            real += f64::from(pixel - mean) * cosine;
            imaginary += f64::from(pixel - mean) * sine;
        }
        real.hypot(imaginary)
    }

    #[test]
    fn each_grating_has_its_own_wave() {
        let raw = draw(32, 0.0, 40, 1).unwrap();
        let slant = std::f64::consts::FRAC_1_SQRT_2;
        let waves = [(0.0, 1.0), (slant, slant), (1.0, 0.0), (slant, -slant)];
        for (index, image) in raw.train.images.chunks(3 * 32 * 32).enumerate() {
            let class = raw.train.labels[index] as usize;
            if class >= CHECKER {
                continue;
            }
            let energies: Vec<f64> = (0..CHECKER)
                .map(|other| {
                    let count = if other < 4 { 2.5 } else { 4.0 };
                    energy(image, 32, waves[other % 4].0 * count, waves[other % 4].1 * count)
                })
                .collect();
            let strongest = (0..CHECKER)
                .max_by(|&a, &b| energies[a].total_cmp(&energies[b]))
                .unwrap();
            assert_eq!(strongest, class, "image {index}: {energies:?}");
        }
    }

    #[test]
    fn an_image_depends_on_seed_and_index_alone() {
        let (few, many) = (draw(8, 0.3, 5, 2).unwrap(), draw(8, 0.3, 50, 2).unwrap());
        assert_eq!(few.train.images[..], many.train.images[..few.train.images.len()]);
        assert_eq!(few.test, many.test);
        assert_ne!(few.train.images, draw(8, 0.3, 5, 3).unwrap().train.images);
        assert_ne!(few.train.images[..], few.test.images[..few.train.images.len()]);
    }

    #[test]
    fn classes_are_balanced_and_noise_grows_with_difficulty() {
        let roughness = |difficulty| {
            let raw = draw(16, difficulty, 100, 0).unwrap();
            for class in 0..10 {
                assert_eq!(raw.train.labels.iter().filter(|&&label| label == class).count(), 10);
            }
            let rows = raw.train.images.chunks(16);
            let differences = rows.flat_map(|row| row.windows(2).map(|pair| f64::from((pair[1] - pair[0]).abs())));
            differences.sum::<f64>()
        };
        assert!(roughness(1.0) > roughness(0.0));
    }

    #[test]
    fn too_many_are_refused() {
        assert!(draw(1024, 0.5, usize::MAX, 0).is_err_and(|error| error.to_string().contains("memory")));
    }
}
