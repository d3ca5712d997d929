//! The event log of one run, in TensorBoard's format: append-only, a file for each session of training.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use prost::Message;

use super::lane::{Advance, Tests};
use super::tfevent::{
    Content, DATA_CLASS_TENSOR, DT_FLOAT, DT_STRING, Dim, Event, FILE_VERSION, Metadata, Plugin, SESSION_START,
    SessionLog, Shape, Summary, Tensor, Value, What, frame,
};
use crate::engine::Norms;
use crate::error::{Error, Result};
use crate::net::{Graph, NodeId};

/// The tags of the log.
pub mod tag {
    pub const TRAIN_LOSS: &str = "loss/train";
    pub const TRAIN_ERROR: &str = "error/train";
    pub const TEST_LOSS: &str = "loss/test";
    pub const TEST_ERROR: &str = "error/test";
    pub const RATE: &str = "lr";
    pub const ACTIVATION_NORMS: &str = "gradient_norm/activation";
    pub const WEIGHT_NORMS: &str = "gradient_norm/weight";
    pub const PARAMETER_NORMS: &str = "weight_norm";
    pub const ENGINE: &str = "engine";
}

/// What every file of a log begins its name with; names sort in the order of writing.
pub const PREFIX: &str = "events.out.tfevents.";
/// Written records reach the file at least this often.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// A log that is being written.
pub struct EventLog {
    path: PathBuf,
    file: BufWriter<File>,
    flushed: Instant,
    /// Layer names of the activation and weight norms, until they have been written once.
    layers: Option<[String; 2]>,
}

impl EventLog {
    /// Begins a file in the run's folder. Whatever earlier files hold at `from` and later steps is superseded.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn create(folder: &Path, from: usize, graph: &Graph, engine: &str) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let earlier = files(folder)?;
        let path = folder.join(name(earlier.last().map(PathBuf::as_path)));
        let file = File::create_new(&path).map_err(Error::io("create", &path))?;
        let names = |nodes: Vec<NodeId>| {
            let names: Vec<&str> = nodes.iter().map(|&id| graph.nodes[id].name.as_str()).collect();
            names.join(", ")
        };
        let mut log = Self {
            path,
            file: BufWriter::new(file),
            flushed: Instant::now(),
            layers: Some([names(graph.trunk()), names(graph.weighted())]),
        };
        log.write(0, What::FileVersion(FILE_VERSION.into()))?;
        if !earlier.is_empty() {
            let status = SESSION_START;
            log.write(from, What::SessionLog(SessionLog { status }))?;
        }
        log.moved(from, engine)?;
        log.flush()?;
        Ok(log)
    }

    /// What computes after that many steps.
    pub fn moved(&mut self, step: usize, engine: &str) -> Result<()> {
        let value = vec![text(tag::ENGINE, engine)];
        self.write(step, What::Summary(Summary { value }))
    }

    /// A training step; `step` is how many are done with it.
    pub fn stepped(&mut self, step: usize, advance: &Advance) -> Result<()> {
        self.scalars(
            step,
            &[
                (tag::TRAIN_LOSS, advance.loss),
                (tag::TRAIN_ERROR, advance.error),
                (tag::RATE, advance.rate),
            ],
        )
    }

    /// An evaluation of the test split after that many steps.
    pub fn evaluated(&mut self, step: usize, tests: Tests) -> Result<()> {
        self.scalars(step, &[(tag::TEST_LOSS, tests.loss), (tag::TEST_ERROR, tests.error)])
    }

    /// Norms of gradients and weights after that many steps.
    pub fn measured(&mut self, step: usize, norms: &Norms) -> Result<()> {
        let [activation, weight] = self.layers.take().map_or([None, None], |layers| layers.map(Some));
        let mut value = vec![
            vector(tag::ACTIVATION_NORMS, &norms.activation, activation),
            vector(tag::WEIGHT_NORMS, &norms.weight, weight.clone()),
        ];
        if !norms.parameter.is_empty() {
            value.push(vector(tag::PARAMETER_NORMS, &norms.parameter, weight));
        }
        self.write(step, What::Summary(Summary { value }))
    }

    /// Hands everything written to the system.
    pub fn flush(&mut self) -> Result<()> {
        self.flushed = Instant::now();
        self.file.flush().map_err(Error::io("write", &self.path))
    }

    /// Waits until everything written is on the disk.
    pub fn sync(&mut self) -> Result<()> {
        self.flush()?;
        self.file.get_ref().sync_data().map_err(Error::io("write", &self.path))
    }

    fn scalars(&mut self, step: usize, values: &[(&str, f32)]) -> Result<()> {
        let value = |&(tag, value): &(&str, f32)| Value {
            tag: tag.into(),
            metadata: None,
            content: Some(Content::Simple(value)),
        };
        let value = values.iter().map(value).collect();
        self.write(step, What::Summary(Summary { value }))
    }

    fn write(&mut self, step: usize, what: What) -> Result<()> {
        let event = Event {
            wall_time: since_1970().as_secs_f64(),
            step: step as i64,
            what: Some(what),
        };
        self.file
            .write_all(&frame(&event.encode_to_vec()))
            .map_err(Error::io("write", &self.path))?;
        if self.flushed.elapsed() >= FLUSH_EVERY {
            self.flush()?;
        }
        Ok(())
    }
}

/// The files of a log, in the order of writing.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let path = entry.map_err(Error::io("read", folder))?.path();
        let ours = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        if ours && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A name that sorts after `last`: TensorBoard reads the files in the order of their names.
fn name(last: Option<&Path>) -> String {
    let seconds = |path: &Path| {
        path.file_name()?
            .to_str()?
            .strip_prefix(PREFIX)?
            .get(..10)?
            .parse()
            .ok()
    };
    let last: u64 = last.and_then(seconds).unwrap_or(0);
    format!("{PREFIX}{:010}.depthscope", since_1970().as_secs().max(last + 1))
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A vector summary; the first of a file carries the layers' names.
fn vector(tag: &str, values: &[f32], layers: Option<String>) -> Value {
    Value {
        tag: tag.into(),
        metadata: Some(metadata("depthscope", layers.unwrap_or_default())),
        content: Some(Content::Tensor(Tensor {
            dtype: DT_FLOAT,
            shape: Some(Shape {
                dim: vec![Dim {
                    size: values.len() as i64,
                }],
            }),
            float_val: values.to_vec(),
            string_val: Vec::new(),
        })),
    }
}

fn text(tag: &str, words: &str) -> Value {
    Value {
        tag: tag.into(),
        metadata: Some(metadata("text", String::new())),
        content: Some(Content::Tensor(Tensor {
            dtype: DT_STRING,
            shape: Some(Shape { dim: Vec::new() }),
            float_val: Vec::new(),
            string_val: vec![words.into()],
        })),
    }
}

fn metadata(plugin: &str, summary_description: String) -> Metadata {
    Metadata {
        plugin: Some(Plugin {
            plugin_name: plugin.into(),
        }),
        display_name: String::new(),
        summary_description,
        data_class: DATA_CLASS_TENSOR,
    }
}
