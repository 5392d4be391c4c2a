//! The cache as the tasks of this process share it: one writer behind a lock, readers for whoever asks, and a word to all
//! when rows changed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::error::Result;
use crate::model::Handle;
use crate::store::{Reader, Writer};

/// One login's cache.
#[derive(Clone, Debug)]
pub struct Cache {
    writer: Arc<Mutex<Writer>>,
    path: Arc<PathBuf>,
    written: Arc<watch::Sender<u64>>,
}

impl Cache {
    /// Opens it, making it where it is not there. A cache that cannot be used is set aside and begun anew; what is precious
    /// (unsent mail, drafts) is kept apart from it and stays.
    ///
    /// # Errors
    /// What the file system or SQLite says.
    pub fn open(path: &Path, me: Option<&Handle>) -> Result<Self> {
        let writer = match Writer::open(path, me) {
            Err(error) if error.can_be_set_aside() => {
                tracing::warn!(%error, "the cache is set aside and begun anew");
                crate::store::set_aside(path, jiff::Timestamp::now())?;
                Writer::open(path, me)?
            }
            other => other?,
        };
        Ok(Self {
            writer: Arc::new(Mutex::new(writer)),
            path: Arc::new(path.to_owned()),
            written: Arc::new(watch::Sender::new(0)),
        })
    }

    /// A connection for reading.
    pub fn reader(&self) -> Result<Reader> {
        Ok(Reader::open(&self.path)?)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes. Short: it holds the lock, and the thread.
    pub fn write<T>(
        &self,
        write: impl FnOnce(&mut Writer) -> std::result::Result<T, crate::store::Error>,
    ) -> Result<T> {
        // Every write is a transaction of its own: a panic in the middle left nothing half done.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(write(&mut writer)?)
    }

    /// Tells all who watch that rows changed.
    pub fn announce(&self) {
        self.written.send_modify(|n| *n += 1);
    }

    /// Wakes whenever this process wrote.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }
}
