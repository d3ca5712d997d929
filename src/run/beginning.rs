//! What a run starts from: values drawn by its seed, or weights that were trained before.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use rust_i18n::t;

use super::experiment::RunPlan;
use crate::engine::{check_weights, weights_file};
use crate::error::{Error, Result, Sentence};
use crate::net::{Graph, Spec, Weights, initial_weights};
use crate::probe::{BACKBONE, backbone};

/// Bytes of the largest number a file may hold.
const WIDEST: u64 = 8;
/// Names and shapes take less.
const HEADER_BYTES: u64 = 1 << 20;

/// Trained weights where there are some, else those of the seed.
pub fn beginning<'a>(trained: Option<&'a Weights>, graph: &Graph, seed: u64) -> Cow<'a, Weights> {
    match trained {
        Some(trained) => Cow::Borrowed(trained),
        None => Cow::Owned(initial_weights(graph, seed)),
    }
}

/// Whether the name means weights that come with the program, and no file.
pub fn is_shipped(source: &Path) -> bool {
    source == Path::new(BACKBONE)
}

impl RunPlan {
    /// The weights that the run starts from, for a net of that shape; `None` where they are drawn.
    ///
    /// # Errors
    /// When they cannot be read, or are not this net's.
    pub fn trained_weights(&self, graph: &Graph) -> Result<Option<Weights>> {
        let Some(source) = &self.weights else { return Ok(None) };
        let fail = |why: Sentence| {
            let path = source.display();
            Err(Error::Experiment(t!("weights %{path}: %{why}", path = path, why = why)))
        };
        let weights = if is_shipped(source) {
            backbone()?
        } else {
            if source.extension().is_none_or(|end| end != "safetensors") {
                return fail(t!("give a .safetensors file, or '%{name}'", name = BACKBONE));
            }
            let about = fs::metadata(source).map_err(Error::io("read", source))?;
            let values: usize = graph.params.iter().map(|param| param.len()).sum();
            if !about.is_file() || about.len() > WIDEST * values as u64 + HEADER_BYTES {
                return fail(t!(
                    "this is no file of the %{values} values of %{net}",
                    values = values,
                    net = graph.spec.short_name()
                ));
            }
            weights_file::read(source)?
        };
        if let Err(error) = check_weights(graph, &weights) {
            return fail(t!("they do not fit %{net}: %{error}", net = self.name, error = error));
        }
        let broken = |(_, array): &(_, &crate::net::Array)| array.data.iter().any(|value| !value.is_finite());
        match weights.iter().find(broken) {
            Some((name, _)) => fail(t!("'%{name}' holds values that are not finite", name = name)),
            None => Ok(Some(weights)),
        }
    }

    /// As [`RunPlan::trained_weights`], of the net as these data make it; what needs the data to be known is left to the
    /// training where `shape` is `None`.
    ///
    /// # Errors
    /// As there.
    pub fn check_weights(&self, shape: Option<([usize; 3], usize)>) -> Result<()> {
        let spec = match shape {
            Some((input, classes)) => Spec::for_data(&self.net, input, classes)?,
            None => {
                let source = self.weights.iter().find(|source| !is_shipped(source));
                return source.map_or(Ok(()), |source| {
                    fs::metadata(source).map(drop).map_err(Error::io("read", source))
                });
            }
        };
        self.trained_weights(&Graph::new(&spec)).map(drop)
    }

    /// `plain-20 from weights mine.safetensors`, where it does not start from drawn values.
    pub(super) fn origin(&self) -> Option<String> {
        let file = self.weights.as_ref()?.file_name()?.to_string_lossy();
        Some(t!("%{net} from weights %{file}", net = self.name, file = file).into())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const SHAPE: Option<([usize; 3], usize)> = Some(([1, 8, 8], 10));

    fn plan(net: &str, weights: &Path) -> RunPlan {
        RunPlan {
            weights: Some(weights.to_path_buf()),
            ..RunPlan::new("mine", net)
        }
    }

    fn graph(net: &str) -> Graph {
        Graph::new(&Spec::for_data(net, [1, 8, 8], 10).unwrap())
    }

    #[test]
    fn weights_are_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("w.safetensors");
        let graph = graph("plain-8:width=4");
        let weights = initial_weights(&graph, 7);
        weights_file::write(&file, &weights).unwrap();
        let plan = plan("plain-8:width=4", &file);
        assert_eq!(plan.trained_weights(&graph).unwrap(), Some(weights));
        assert_eq!(plan.origin().unwrap(), "mine from weights w.safetensors");
        plan.check_weights(SHAPE).unwrap();
        assert_eq!(
            RunPlan::new("mine", "plain-8:width=4").trained_weights(&graph).unwrap(),
            None
        );
        let shipped = self::plan("resnet-14:width=8", Path::new(BACKBONE));
        assert!(
            shipped
                .trained_weights(&self::graph("resnet-14:width=8"))
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn what_is_not_this_nets_is_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let good = at("good.safetensors");
        weights_file::write(&good, &initial_weights(&graph("plain-8:width=4"), 0)).unwrap();
        let bytes = fs::read(&good).unwrap();
        fs::write(at("short.safetensors"), &bytes[..bytes.len() / 2]).unwrap();
        fs::write(at("header.safetensors"), (1u64 << 40).to_le_bytes()).unwrap();
        fs::write(at("long.safetensors"), vec![0; 3 << 20]).unwrap();
        let mut broken = initial_weights(&graph("plain-8:width=4"), 0);
        if let Some(array) = broken.get_mut("fc.bias") {
            array.data[0] = f32::NAN;
        }
        weights_file::write(&at("nan.safetensors"), &broken).unwrap();
        fs::create_dir(at("folder.safetensors")).unwrap();
        let cases: [(&str, PathBuf, &str); 9] = [
            ("plain-8:width=4", at("short.safetensors"), "no sound .safetensors file"),
            (
                "plain-8:width=4",
                at("header.safetensors"),
                "no sound .safetensors file",
            ),
            ("plain-8:width=4", at("long.safetensors"), "no file of the"),
            ("plain-8:width=4", at("folder.safetensors"), "no file of the"),
            (
                "plain-8:width=4",
                at("nan.safetensors"),
                "'fc.bias' holds values that are not finite",
            ),
            ("plain-8:width=4", at("missing.safetensors"), "missing.safetensors"),
            ("plain-8:width=4", at("good.pth"), "give a .safetensors file"),
            ("plain-8:width=8", good.clone(), "they do not fit mine"),
            ("plain-20:width=8", PathBuf::from(BACKBONE), "they do not fit mine"),
        ];
        for (net, file, says) in cases {
            let error = plan(net, &file).check_weights(SHAPE).unwrap_err().to_string();
            assert!(error.contains(says) && error.lines().count() == 1, "{error}");
        }
    }
}
