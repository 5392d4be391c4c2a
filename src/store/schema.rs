//! The formats of the two files and the steps that lead from each older one to the present one.
//!
//! A file says by `application_id` that it is bagsy's and by `user_version` which format it has. A step, once released, is
//! never changed; a new format is a new step at the end.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::error::{Error, File, Result};

/// One of the two kinds of file: its mark and its steps, the first of which makes an empty file.
pub(crate) struct Format {
    pub file: File,
    application_id: i64,
    /// In octets, of a file that is made anew.
    pub page_size: i64,
    steps: &'static [&'static str],
}

/// The cache.
pub(crate) const CACHE: Format = Format {
    file: File::Cache,
    application_id: 0x6261_6763, // "bagc"
    // Ids are found by their hashes, so that each window of a first filling touches nearly every page of the indexes: few
    // large pages are written in half the time of many small ones (docs/decisions/0009-how-a-first-sync-is-written.md).
    page_size: 16 << 10,
    steps: &[
        include_str!("cache.sql"),
        include_str!("cache-2.sql"),
        include_str!("search.sql"),
        include_str!("odd-ids.sql"),
        include_str!("list.sql"),
        include_str!("reports.sql"),
        include_str!("marks.sql"),
    ],
};

/// Outbox and drafts.
pub(crate) const DESK: Format = Format {
    file: File::Desk,
    application_id: 0x6261_6764, // "bagd"
    page_size: 4 << 10,
    steps: &[
        include_str!("desk.sql"),
        include_str!("desk-2.sql"),
        include_str!("desk-3.sql"),
        include_str!("desk-4.sql"),
    ],
};

impl Format {
    fn version(&self) -> i64 {
        i64::try_from(self.steps.len()).unwrap_or(i64::MAX)
    }

    /// Brings the file up to date; several processes may do so at once.
    pub(crate) fn migrate(&self, connection: &mut Connection, path: &Path) -> Result<()> {
        if self.look(connection, path)? == self.version() {
            return Ok(());
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been faster between the look and the lock.
        let found = self.found(&transaction, path)?;
        for step in self.steps.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "application_id", self.application_id)?;
        transaction.pragma_update(None, "user_version", self.version())?;
        transaction.commit()?;
        Ok(())
    }

    /// Refuses a file that a reader cannot read as it is.
    pub(crate) fn check(&self, connection: &Connection, path: &Path) -> Result<()> {
        let found = self.look(connection, path)?;
        if found == self.version() {
            return Ok(());
        }
        Err(Error::Older { path: path.to_owned(), found, known: self.version() })
    }

    /// As [`Self::found`], of one moment: another process may be making the file, and its mark must not be read before its
    /// commit and its tables after.
    fn look(&self, connection: &Connection, path: &Path) -> Result<i64> {
        let moment = connection.unchecked_transaction()?;
        self.found(&moment, path)
    }

    /// The format that the file has; 0 for an empty one. Within a transaction.
    fn found(&self, connection: &Connection, path: &Path) -> Result<i64> {
        let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let mark = number("application_id")?;
        let found = number("user_version")?;
        let is_empty = number("schema_version")? == 0;
        if mark != self.application_id && !(mark == 0 && is_empty) {
            let reason = format!("it is another program's: application id {mark:#x}");
            return Err(Error::Corrupt { file: self.file, path: path.to_owned(), reason });
        }
        if found > self.version() {
            return Err(Error::Newer { file: self.file, path: path.to_owned(), found, known: self.version() });
        }
        Ok(found)
    }
}
