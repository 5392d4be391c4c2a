//! What can go wrong with the files on this machine, each case one that somebody acts on differently.

use std::path::{Path, PathBuf};

/// Which of the two files of a login a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// Can be fetched again: [`super::set_aside`] and start anew.
    Cache,
    /// Holds what a person wrote: never set aside by the program itself.
    Desk,
}

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file yet; a [`super::Writer`] makes it.
    #[error("nothing is cached yet: {path} does not exist")]
    Missing { path: PathBuf },
    /// A later version of the program wrote it.
    #[error("{path} was written by a newer bagsy (format {found}, this one knows {known})")]
    Newer { file: File, path: PathBuf, found: i64, known: i64 },
    /// An earlier version wrote it, and whoever asks may only read; a [`super::Writer`] brings it up to date.
    #[error("{path} was written by an older bagsy (format {found}, this one reads {known})")]
    Older { path: PathBuf, found: i64, known: i64 },
    /// No database, another program's, or one with damaged pages.
    #[error("{path} is damaged or not bagsy's ({reason})")]
    Corrupt { file: File, path: PathBuf, reason: String },
    /// Another process kept it locked for longer than anyone should.
    #[error("{path} is kept locked by another process")]
    Busy { path: PathBuf },
    /// No space, or no right to write.
    #[error("{path} cannot be written ({reason})")]
    Unwritable { path: PathBuf, reason: String },
    /// The mailbox was never put into this cache.
    #[error("the mailbox {0} is not in the cache")]
    NoSuchMailbox(String),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    /// A value that this program would not have written.
    #[error("the cache holds something unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("the cache does not answer: {0}")]
    Sql(#[from] rusqlite::Error),
}

/// What the functions of this layer return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether setting the cache aside ([`super::set_aside`]) and fetching it again mends this.
    pub fn can_be_set_aside(&self) -> bool {
        match self {
            Self::Newer { file, .. } | Self::Corrupt { file, .. } => *file == File::Cache,
            Self::Unreadable(_) => true,
            _ => false,
        }
    }

    /// Says of a failure of SQLite which file it was and sorts it into the cases that are acted on.
    pub(crate) fn at(self, file: File, path: &Path) -> Self {
        use rusqlite::ErrorCode as Code;
        let Self::Sql(error) = self else { return self };
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Corrupt { file, path, reason: error.to_string() },
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy { path },
            Some(Code::DiskFull | Code::ReadOnly | Code::PermissionDenied) => {
                Self::Unwritable { path, reason: error.to_string() }
            }
            _ => Self::Sql(error),
        }
    }
}
