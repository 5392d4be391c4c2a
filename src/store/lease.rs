//! Locks of the operating system between the processes that share a cache: one at a time sends an item of the outbox, one
//! at a time syncs a folder. A process that dies gives its locks back by dying.
//!
//! `flock` on a small file beside the database. The descriptor is closed on exec, so that no child keeps a lock alive.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{Error, Result};
use super::file::beside;
use crate::model::Role;

/// The right to send one item of the outbox; given back when dropped.
#[derive(Debug)]
pub struct Lease {
    lock: Lock,
}

impl Lease {
    /// Takes the item's lease; `None` while another holds it. `database`: the path of the cache.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn try_take(database: &Path, item: i64) -> Result<Option<Self>> {
        Ok(try_lock(&place(database, &format!("outbox-{item}")))?.map(|lock| Self { lock }))
    }

    /// Gives the lease of an item back that is no longer in the outbox, and removes its lock file.
    pub fn retire(self) {
        // One who waits for this file finds it gone after it got the lock, and looks again (see `try_lock`).
        if let Err(error) = fs::remove_file(&self.lock.path) {
            tracing::debug!(%error, "a lock file stays behind");
        }
    }
}

/// The right to write a folder's rows from the server's answers; given back when dropped.
#[derive(Debug)]
pub struct SyncLease {
    _lock: Lock,
}

impl SyncLease {
    /// Takes the folder's lease; `None` while another process syncs it. `database`: the path of the cache.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn try_take(database: &Path, mailbox: &str, role: Role) -> Result<Option<Self>> {
        let name = format!("{}-{}", role.as_str(), file_name(mailbox));
        Ok(try_lock(&place(database, &name))?.map(|lock| Self { _lock: lock }))
    }
}

/// A lock that is held.
#[derive(Debug)]
pub struct Lock {
    /// Closing it gives the lock back.
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of this file, made where there is none; `None` while another holds it.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        lock(path, libc::LOCK_EX | libc::LOCK_NB)
    }

    /// The command holds it as well, and whatever that starts: it is free when all of them are gone.
    pub fn share_with(&self, command: &mut Command) {
        let fd = self.file.as_raw_fd();
        // SAFETY: between fork and exec one call that is safe there, on a descriptor of this process that outlives the fork.
        unsafe {
            command.pre_exec(move || match libc::fcntl(fd, libc::F_SETFD, 0) {
                -1 => Err(io::Error::last_os_error()),
                _ => Ok(()),
            });
        }
    }
}

fn place(database: &Path, name: &str) -> PathBuf {
    beside(database, ".locks").join(name)
}

/// A mailbox's name as part of a file name: what is not a letter or digit becomes its number.
fn file_name(mailbox: &str) -> String {
    let mut name = String::new();
    for byte in mailbox.bytes().take(80) {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("_{byte:02x}"));
        }
    }
    name
}

fn try_lock(path: &Path) -> Result<Option<Lock>> {
    Lock::try_take(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}

/// Waits until the lock is free; for what takes no time.
pub(super) fn wait_for(path: &Path) -> io::Result<Lock> {
    loop {
        if let Some(lock) = lock(path, libc::LOCK_EX)? {
            return Ok(lock);
        }
    }
}

fn lock(path: &Path, operation: libc::c_int) -> io::Result<Option<Lock>> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    loop {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        // SAFETY: the descriptor is open, `file` owns it for the whole call.
        if unsafe { libc::flock(file.as_raw_fd(), operation) } != 0 {
            let error = io::Error::last_os_error();
            match error.kind() {
                io::ErrorKind::WouldBlock => return Ok(None),
                io::ErrorKind::Interrupted => continue,
                _ => return Err(error),
            }
        }
        // The file may have been retired between the opening and the lock: then this lock is on nothing.
        match fs::metadata(path) {
            Ok(there) if there.ino() == file.metadata()?.ino() => {
                return Ok(Some(Lock { file, path: path.to_owned() }));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_sends_an_item() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("work.sqlite");
        let first = Lease::try_take(&database, 7).unwrap().unwrap();
        assert!(Lease::try_take(&database, 7).unwrap().is_none());
        assert!(Lease::try_take(&database, 8).unwrap().is_some());
        drop(first);
        assert!(Lease::try_take(&database, 7).unwrap().is_some());
    }

    #[test]
    fn a_retired_lease_leaves_no_file_and_can_be_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("work.sqlite");
        Lease::try_take(&database, 7).unwrap().unwrap().retire();
        assert_eq!(fs::read_dir(folder.path().join("work.sqlite.locks")).unwrap().count(), 0);
        assert!(Lease::try_take(&database, 7).unwrap().is_some());
    }

    #[test]
    fn a_folder_is_synced_by_one_at_a_time_and_others_are_free() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("work.sqlite");
        let held = SyncLease::try_take(&database, "shared/søren@example.test", Role::Inbox).unwrap();
        assert!(held.is_some());
        assert!(SyncLease::try_take(&database, "shared/søren@example.test", Role::Inbox).unwrap().is_none());
        assert!(SyncLease::try_take(&database, "shared/søren@example.test", Role::Sent).unwrap().is_some());
        assert!(SyncLease::try_take(&database, "support@example.test", Role::Inbox).unwrap().is_some());
    }
}
