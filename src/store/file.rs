//! The files of a login: where they lie, who may read them, how they are opened, and how a bad cache is set aside.
//!
//! Two files: the cache (`NAME`), which can be fetched again, and the desk (`NAME` with `-desk` before its extension),
//! which holds outbox and drafts and is never thrown away. Both mode 0600, in a folder of mode 0700.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::{Error, Result};
use super::lease;
use super::schema::{CACHE, Format};

/// How long one waits for another process's transaction.
const PATIENCE: Duration = Duration::from_secs(10);

/// How large the log grows before its pages are carried over into the file, in octets.
const LOG: i64 = 32 << 20;

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 96;

/// Where texts lie that are in their person's own editor, by the path of the cache.
pub fn editing_of(cache: &Path) -> PathBuf {
    beside(cache, ".editing")
}

/// The file of outbox and drafts that belongs to a cache.
pub fn desk_of(cache: &Path) -> PathBuf {
    let mut name = cache.file_stem().unwrap_or_default().to_owned();
    name.push("-desk");
    if let Some(extension) = cache.extension() {
        name.push(".");
        name.push(extension);
    }
    cache.with_file_name(name)
}

/// Opens a file for writing, makes it where it is missing, brings it up to date. `synchronous`: `FULL` where a commit must
/// outlive a power cut, `NORMAL` where it need only be whole.
pub(crate) fn open(format: &Format, path: &Path, synchronous: &str) -> Result<Connection> {
    create(path)?;
    let open = || -> Result<Connection> {
        let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | flags())?;
        connection.busy_timeout(PATIENCE)?;
        // Of a file that has pages already nothing changes.
        connection.pragma_update(None, "page_size", format.page_size)?;
        log(&connection, path)?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        // In pages: a first filling writes the same pages again and again, most of which need not leave the log.
        connection.pragma_update(None, "wal_autocheckpoint", LOG / format.page_size)?;
        connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
        tune(&connection, 12 << 10)?;
        format.migrate(&mut connection, path)?;
        Ok(connection)
    };
    open().map_err(|error| error.at(format.file, path))
}

/// Has a new file write a log (WAL), one process at a time: of two that change the mode at once each would hold what the
/// other waits for, and SQLite refuses one at once.
fn log(connection: &Connection, path: &Path) -> Result<()> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode == "wal" {
        return Ok(());
    }
    let _alone = alone(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    Ok(())
}

/// Waits for the right to make this file, or to set it aside.
fn alone(path: &Path) -> Result<lease::Lock> {
    lease::wait_for(&beside(path, ".opening")).map_err(|source| Error::Io { path: path.to_owned(), source })
}

/// Opens a file for reading only.
pub(crate) fn open_read_only(format: &Format, path: &Path) -> Result<Connection> {
    if !path.exists() {
        return Err(Error::Missing { path: path.to_owned() });
    }
    let open = || -> Result<Connection> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | flags())?;
        connection.busy_timeout(PATIENCE)?;
        tune(&connection, 4 << 10)?;
        format.check(&connection, path)?;
        Ok(connection)
    };
    open().map_err(|error| error.at(format.file, path))
}

/// Renames a cache that cannot be used, so that the next [`super::Writer::open`] starts anew; outbox and drafts stay. A
/// process that has it open goes on with the old file until it opens the cache again. Gives
/// the new name of the old file, `None` where another process has already done so.
///
/// # Errors
/// When the folder cannot be written.
pub fn set_aside(cache: &Path, now: Timestamp) -> Result<Option<PathBuf>> {
    let at = |source| Error::Io { path: cache.to_owned(), source };
    let _alone = alone(cache)?;
    if is_usable(cache) {
        return Ok(None);
    }
    let aside = beside(cache, &format!(".bad-{}", now.as_second()));
    match fs::rename(cache, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        renamed => renamed.map_err(at)?,
    }
    for suffix in ["-wal", "-shm"] {
        match fs::rename(beside(cache, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(error)),
            _ => {}
        }
    }
    Ok(Some(aside))
}

/// Whether the file opens and its pages hang together: then another process was faster in setting the bad one aside.
fn is_usable(cache: &Path) -> bool {
    open_read_only(&CACHE, cache).is_ok_and(|connection| {
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)).is_ok_and(|word| word == "ok")
    })
}

/// The path with something added to its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes the folder and the empty file with the modes that mail deserves; SQLite gives `-wal` and `-shm` the file's mode.
fn create(path: &Path) -> Result<()> {
    let at = |source| Error::Io { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at)?;
    }
    let file = fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(at)?;
    if file.metadata().map_err(at)?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(at)?;
    }
    Ok(())
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// `pages`: how much of the file is kept in memory, in KiB.
fn tune(connection: &Connection, pages: i64) -> Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan must not hang on the values that are bound: SQLite would parse a statement anew whenever these change.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Sorting and the statement journal need no file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Negative: KiB, not pages.
    connection.pragma_update(None, "cache_size", -pages)?;
    Ok(())
}
