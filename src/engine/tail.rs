//! What happened, read from the cache's log: one's own doing and other processes' alike, each once and in order.

use std::time::Duration;

use tokio::sync::watch;

use super::cache::Cache;
use super::error::Result;
use crate::model::{Change, Mailbox};
use crate::store::{LostLock, Reader};

/// How often the cache is asked whether another process wrote to it.
const LOOK: Duration = Duration::from_millis(100);

/// Follows the log of one cache.
pub struct Tail {
    reader: Reader,
    written: watch::Receiver<u64>,
    version: i64,
    at: i64,
}

impl Tail {
    /// Begins at the log's end.
    pub fn new(cache: &Cache) -> Result<Self> {
        let reader = cache.reader()?;
        let (version, at) = (reader.data_version()?, reader.last_change()?);
        Ok(Self { reader, written: cache.subscribe(), version, at })
    }

    /// Waits until anything was written to the cache, then gives what the log has new: maybe nothing.
    pub async fn next(&mut self) -> Result<Vec<(i64, Change)>> {
        loop {
            // An error: this process writes no more. Others may.
            let _ = tokio::time::timeout(LOOK, self.written.changed()).await;
            let version = self.reader.data_version()?;
            if version != self.version {
                self.version = version;
                let mut changes = Vec::new();
                loop {
                    let mut page = self.reader.changes_after(self.at)?;
                    let Some((last, _)) = page.last() else { return Ok(changes) };
                    self.at = *last;
                    changes.append(&mut page);
                }
            }
        }
    }

    /// The mailboxes as the cache has them now.
    pub fn mailboxes(&self) -> Result<Vec<Mailbox>> {
        Ok(self.reader.mailboxes()?)
    }

    /// What is to be done about locks that left INBOX.
    pub fn lost_locks(&self) -> Result<Vec<LostLock>> {
        Ok(self.reader.lost_locks()?)
    }

    /// The number of the newest change now.
    pub fn newest(&self) -> Result<i64> {
        Ok(self.reader.last_change()?)
    }
}
