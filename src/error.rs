//! What can go wrong, each as one sentence for the user.

use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rust_i18n::t;

/// For the user.
pub type Sentence = Cow<'static, str>;

/// An error whose text is one sentence that says what is wrong and, where there is something to do, what to do: in the
/// window's language, which in the terminal is English.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A network spec that cannot be read or built.
    #[error("{0}")]
    Spec(Sentence),
    /// A data source that cannot be read or does not hold what it claims.
    #[error("{0}")]
    Data(Sentence),
    /// An engine that cannot start or failed while computing.
    #[error("{0}")]
    Engine(Sentence),
    /// No GPU that the work can be done on.
    #[error("{0}")]
    NoAdapter(Sentence),
    /// A GPU that is gone: reset, unplugged, or stopped by its driver.
    #[error("{0}")]
    DeviceLost(Sentence),
    /// A GPU with too little memory for what was asked.
    #[error("{0}")]
    DeviceMemory(Sentence),
    /// A kernel that a GPU's driver refuses.
    #[error("{0}")]
    Shader(Sentence),
    /// An experiment file that cannot be read or asks for the impossible.
    #[error("{0}")]
    Experiment(Sentence),
    /// A lesson file that cannot be read, or whose claims the measurements do not bear out.
    #[error("{0}")]
    Lesson(Sentence),
    /// A run folder, event log or checkpoint that cannot be read.
    #[error("{0}")]
    Run(Sentence),
    /// A figure that cannot be drawn from what was measured.
    #[error("{0}")]
    Export(Sentence),
    /// A window that cannot be opened.
    #[error("{0}")]
    Window(Sentence),
    /// A file operation the system refused.
    #[error("{}", refusal(action, path, source))]
    Io {
        /// What was tried: "read", "write", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's own reason.
        source: io::Error,
    },
}

impl Error {
    /// Whether a GPU is missing or failed, so that the same work can go on elsewhere.
    pub fn is_of_device(&self) -> bool {
        matches!(
            self,
            Self::NoAdapter(_) | Self::DeviceLost(_) | Self::DeviceMemory(_) | Self::Shader(_)
        )
    }

    /// For `map_err` on a file operation: `fs::read(path).map_err(Error::io("read", path))`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Io { action, path, source }
    }
}

fn refusal(action: &str, path: &Path, source: &io::Error) -> String {
    let why = match source.kind() {
        ErrorKind::NotFound => t!("there is no such file or folder").into(),
        ErrorKind::PermissionDenied => t!("you may not do that there").into(),
        ErrorKind::AlreadyExists => t!("it is there already").into(),
        ErrorKind::StorageFull => t!("the disk is full").into(),
        ErrorKind::ReadOnlyFilesystem => t!("the disk cannot be written").into(),
        ErrorKind::IsADirectory => t!("it is a folder").into(),
        ErrorKind::NotADirectory => t!("it lies in what is no folder").into(),
        _ => source.to_string(),
    };
    t!(
        "cannot %{action} %{path}: %{why}",
        action = t!(action),
        path = path.display(),
        why = why
    )
    .into()
}

/// The result of anything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;
