//! A folder for what is tried out, gone at the end: who leaves `setup` leaves nothing behind.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::context::Outcome;
use crate::model::{ErrorKind, Refusal};

/// A folder that is there as long as this.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes it, closed to others.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`]: the temporary folder takes none.
    pub fn make() -> Outcome<Self> {
        // Made new or not taken: nobody can have laid something there before.
        let moment = jiff::Timestamp::now().as_nanosecond();
        let folder = std::env::temp_dir().join(format!("bagsy-setup-{}-{moment}", std::process::id()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).map_err(|error| {
            Refusal::new(ErrorKind::Failed, format!("no folder can be made in the temporary folder: {error}"))
        })?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "a folder of the setup stays behind");
        }
    }
}
