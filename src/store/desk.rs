//! The desk: what a person wrote and nobody else has. Outbox and drafts, in a file of their own beside the cache.
//!
//! Every change is on the disk (`synchronous=FULL`) before its function returns: the answering protocol stands on that.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::error::{Error, File, Result};
use super::file;
use super::schema::DESK;

/// A login's outbox and drafts. Every process may open one, whoever writes the cache.
#[derive(Debug)]
pub struct Desk {
    pub(super) connection: Connection,
    path: PathBuf,
}

impl Desk {
    /// Opens the desk that belongs to the cache at this path; makes it where there is none.
    ///
    /// # Errors
    /// See [`Error`]; a desk is never set aside by the program.
    pub fn open(cache: &Path) -> Result<Self> {
        let path = file::desk_of(cache);
        let connection = file::open(&DESK, &path, "FULL")?;
        Ok(Self { connection, path })
    }

    /// Opens it for reading; where there is none, an empty one.
    pub(crate) fn open_read_only(cache: &Path) -> Result<Self> {
        let path = file::desk_of(cache);
        let connection = match file::open_read_only(&DESK, &path) {
            Err(Error::Missing { .. }) => {
                let mut empty = Connection::open_in_memory()?;
                DESK.migrate(&mut empty, &path)?;
                empty
            }
            // The drafts of an older version are to be read, whoever comes first.
            Err(Error::Older { .. }) => {
                drop(Self::open(cache)?);
                file::open_read_only(&DESK, &path)?
            }
            opened => opened?,
        };
        Ok(Self { connection, path })
    }

    pub(super) fn ask<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        ask(&self.connection).map_err(|error| error.at(File::Desk, &self.path))
    }

    /// Several steps as one.
    pub(super) fn change<T>(&self, act: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.ask(|connection| {
            let transaction = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let done = act(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
    }
}
