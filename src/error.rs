//! What can go wrong, each as one sentence for the user.

use std::path::{Path, PathBuf};

/// An error whose text is one sentence that says what is wrong and, where there is something to do, what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A network spec that cannot be read or built.
    #[error("{0}")]
    Spec(String),
    /// A data source that cannot be read or does not hold what it claims.
    #[error("{0}")]
    Data(String),
    /// An engine that cannot start or failed while computing.
    #[error("{0}")]
    Engine(String),
    /// No GPU that the work can be done on.
    #[error("{0}")]
    NoAdapter(String),
    /// A GPU that is gone: reset, unplugged, or stopped by its driver.
    #[error("{0}")]
    DeviceLost(String),
    /// A GPU with too little memory for what was asked.
    #[error("{0}")]
    DeviceMemory(String),
    /// A kernel that a GPU's driver refuses.
    #[error("{0}")]
    Shader(String),
    /// An experiment file that cannot be read or asks for the impossible.
    #[error("{0}")]
    Experiment(String),
    /// A lesson file that cannot be read, or whose claims the measurements do not bear out.
    #[error("{0}")]
    Lesson(String),
    /// A run folder, event log or checkpoint that cannot be read.
    #[error("{0}")]
    Run(String),
    /// A figure that cannot be drawn from what was measured.
    #[error("{0}")]
    Export(String),
    /// A window that cannot be opened.
    #[error("{0}")]
    Window(String),
    /// A file operation the system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: "read", "write", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's own reason.
        source: std::io::Error,
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
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Io { action, path, source }
    }
}

/// The result of anything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;
