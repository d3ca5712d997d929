//! Where images come from, as an experiment file states it.

use std::fmt;
use std::path::{Path, PathBuf};

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::raw::LARGEST_SIDE;
use crate::error::{Error, Result, Sentence};

/// The `[data]` table of an experiment file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// `digits`, `mnist-5k`, `textures`, `cifar10`, `cifar100`, `idx` or `folder`.
    pub source: String,
    /// The folder of `cifar10`, `cifar100`, `idx` and `folder`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Side of the images: textures are drawn at it (16 unless given), other images resized to it (those of a `folder` to
    /// 32 unless given).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
    /// Mean-pool by this factor after reading and resizing (28x28 with 2 gives 14x14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<usize>,
    /// Difficulty 0..=1 of textures; 0.5 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difficulty: Option<f32>,
    /// Number of training images: how many textures to make (4000 unless given), or how many of the training split to
    /// keep, classes balanced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<usize>,
    /// Seed of the split and of procedural images; the same for all runs of an experiment.
    #[serde(default)]
    pub seed: u64,
}

/// A source understood, with what only it needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind<'a> {
    Digits,
    Mnist5k,
    Textures {
        size: usize,
        difficulty: f32,
        images: usize,
    },
    Cifar10(&'a Path),
    Cifar100(&'a Path),
    Idx(&'a Path),
    Folder {
        path: &'a Path,
        size: usize,
    },
}

impl Source {
    /// Whether the source is known and its options belong to it; nothing is read.
    ///
    /// # Errors
    /// One sentence naming the option and what it may be.
    pub fn check(&self) -> Result<()> {
        self.kind().map(|_| ())
    }

    /// Shape of an image `[C, H, W]` and the number of classes, where they are known without reading.
    pub fn known_shape(&self) -> Option<([usize; 3], usize)> {
        let (channels, classes) = match self.kind().ok()? {
            Kind::Digits | Kind::Mnist5k => (1, 10),
            Kind::Textures { .. } | Kind::Cifar10(_) => (3, 10),
            Kind::Cifar100(_) => (3, 100),
            Kind::Idx(_) | Kind::Folder { .. } => return None,
        };
        let side = self.side()? / self.pool.unwrap_or(1);
        Some(([channels, side, side], classes))
    }

    pub(super) fn kind(&self) -> Result<Kind<'_>> {
        let Self {
            source,
            path,
            size,
            pool,
            difficulty,
            images,
            seed: _,
        } = self;
        let error = |text: Sentence| Err(Error::Data(text));
        if let Some(size) = size
            && !(1..=LARGEST_SIDE).contains(size)
        {
            return error(t!(
                "size = %{size} is not possible: choose 1 to %{largest_side}.",
                size = size,
                largest_side = LARGEST_SIDE
            ));
        }
        if *pool == Some(0) {
            return error(t!(
                "pool = 0 is not possible: choose the side of the squares to average, such as 2."
            ));
        }
        if *images == Some(0) {
            return error(t!("images = 0 leaves nothing to train on: choose at least 1."));
        }
        let difficulty_is_odd = difficulty.is_some_and(|difficulty| !(0.0..=1.0).contains(&difficulty));
        if difficulty_is_odd {
            return error(t!("difficulty must be a number from 0 to 1."));
        }
        let folder = || {
            path.as_deref().ok_or_else(|| {
                Error::Data(t!(
                    "The data source %{source} needs path = \"the folder that holds it\".",
                    source = source
                ))
            })
        };
        let kind = match source.as_str() {
            "digits" => Kind::Digits,
            "mnist-5k" => Kind::Mnist5k,
            "textures" => Kind::Textures {
                size: size.unwrap_or(16),
                difficulty: difficulty.unwrap_or(0.5),
                images: images.unwrap_or(4000),
            },
            "cifar10" => Kind::Cifar10(folder()?),
            "cifar100" => Kind::Cifar100(folder()?),
            "idx" => Kind::Idx(folder()?),
            "folder" => Kind::Folder {
                path: folder()?,
                size: size.unwrap_or(32),
            },
            _ => {
                return error(t!(
                    "There is no data source %{source}: choose digits, mnist-5k, textures, cifar10, cifar100, idx or folder.",
                    source = format!("{source:?}")
                ));
            }
        };
        if difficulty.is_some() && !matches!(kind, Kind::Textures { .. }) {
            return error(t!(
                "difficulty belongs to textures, not to %{source}: leave it out.",
                source = source
            ));
        }
        if path.is_some() && matches!(kind, Kind::Digits | Kind::Mnist5k | Kind::Textures { .. }) {
            return error(t!(
                "path does not belong to %{source}, which needs no files: leave it out.",
                source = source
            ));
        }
        Ok(kind)
    }

    /// Side of the images before pooling, where it is known without reading; else what is usual.
    pub fn known_side(&self) -> usize {
        self.side().unwrap_or(32)
    }

    /// The source in few words of the language in force, without sizes: `digits`, `textures 0.3`, `folder flowers`.
    pub(super) fn label(&self) -> String {
        match self.kind() {
            Ok(Kind::Textures { difficulty, .. }) => t!("textures %{difficulty}", difficulty = difficulty).into_owned(),
            Ok(Kind::Idx(path) | Kind::Folder { path, .. }) => match path.file_name() {
                Some(name) if self.source == "folder" => t!("folder %{name}", name = name.display()).into_owned(),
                Some(name) => format!("{} {}", self.source, name.display()),
                None => self.source.clone(),
            },
            _ => self.source.clone(),
        }
    }

    /// Side of the images before pooling, where it is known without reading.
    fn side(&self) -> Option<usize> {
        match self.kind().ok()? {
            Kind::Textures { size, .. } | Kind::Folder { size, .. } => Some(size),
            Kind::Digits => self.size.or(Some(8)),
            Kind::Mnist5k => self.size.or(Some(28)),
            Kind::Cifar10(_) | Kind::Cifar100(_) => self.size.or(Some(32)),
            Kind::Idx(_) => self.size,
        }
    }
}

/// For recipe lines: `mnist-5k, pooled to 14x14`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.label())?;
        match (self.pool, self.side()) {
            (Some(factor), Some(side)) if factor > 0 => {
                f.write_str(&t!(", pooled to %{side}x%{side}", side = side / factor))?
            }
            (Some(factor), _) => f.write_str(&t!(", pooled by %{factor}", factor = factor))?,
            (None, Some(side)) => f.write_str(&t!(", %{side}x%{side}", side = side))?,
            (None, None) => {}
        }
        if let Some(images) = self.images {
            f.write_str(&t!(", %{images} images", images = images))?;
        }
        if self.seed != 0 {
            f.write_str(&t!(", data seed %{seed}", seed = self.seed))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn recipe_lines_are_short() {
        for (text, expected) in [
            ("source = 'digits'", "digits, 8x8"),
            ("source = 'mnist-5k'\npool = 2", "mnist-5k, pooled to 14x14"),
            (
                "source = 'digits'\nimages = 100\nseed = 3",
                "digits, 8x8, 100 images, data seed 3",
            ),
            ("source = 'textures'\ndifficulty = 0.3", "textures 0.3, 16x16"),
            (
                "source = 'idx'\npath = '/data/fashion'\npool = 2",
                "idx fashion, pooled by 2",
            ),
            ("source = 'cifar10'\npath = '/data/cifar'", "cifar10, 32x32"),
            (
                "source = 'folder'\npath = 'flowers/'\nsize = 24",
                "folder flowers, 24x24",
            ),
        ] {
            assert_eq!(source(text).to_string(), expected);
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, part) in [
            ("source = 'imagenet'", "no data source \"imagenet\""),
            ("source = 'cifar10'", "needs path"),
            ("source = 'digits'\npath = 'x'", "path does not belong to digits"),
            ("source = 'digits'\ndifficulty = 0.5", "difficulty belongs to textures"),
            ("source = 'textures'\ndifficulty = 1.5", "from 0 to 1"),
            ("source = 'textures'\ndifficulty = nan", "from 0 to 1"),
            ("source = 'digits'\nsize = 0", "size = 0"),
            ("source = 'digits'\nsize = 100000", "1 to 1024"),
            ("source = 'digits'\npool = 0", "pool = 0"),
            ("source = 'textures'\nimages = 0", "images = 0"),
        ] {
            let message = source(text).check().unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
            assert_eq!(message.matches(". ").count(), 0, "one sentence: {message}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Source>("source = 'digits'\nsise = 3").is_err());
    }
}
