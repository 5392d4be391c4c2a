//! Assignments on their way through this cache: a keyword says who holds a conversation, not who gave it, and the change
//! may be seen first by another process than the one that makes it.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::columns::micros;
use super::error::Result;
use crate::model::Handle;

/// For how long one counts whose maker did not say how it ended (it was killed, or its connection broke): longer than the
/// protocol tries.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(60);

/// `by` is about to give a conversation to `to`.
pub(super) fn begin(
    cache: &Connection,
    mailbox: &str,
    root: &str,
    (to, by): (&Handle, &Handle),
    now: Timestamp,
) -> Result<()> {
    cache.execute("DELETE FROM assignment WHERE at < ?1", [oldest(now)])?;
    cache.execute(
        "INSERT OR REPLACE INTO assignment (mailbox, root, assignee, \"by\", at) VALUES (?1, ?2, ?3, ?4, ?5)",
        (mailbox, root, to.as_str(), by.as_str(), micros(now)),
    )?;
    Ok(())
}

/// It came to its end, done or not.
pub(super) fn end(cache: &Connection, mailbox: &str, root: &str, to: &Handle) -> Result<()> {
    cache.execute(
        "DELETE FROM assignment WHERE mailbox = ?1 AND root = ?2 AND assignee = ?3",
        (mailbox, root, to.as_str()),
    )?;
    Ok(())
}

/// Who is giving this conversation to `to` just now.
pub(super) fn by(cache: &Connection, mailbox: &str, root: &str, to: &Handle, now: Timestamp) -> Result<Option<String>> {
    let mut statement = cache.prepare_cached(
        "SELECT \"by\" FROM assignment WHERE mailbox = ?1 AND root = ?2 AND assignee = ?3 AND at >= ?4",
    )?;
    Ok(statement.query_row((mailbox, root, to.as_str(), oldest(now)), |row| row.get(0)).optional()?)
}

fn oldest(now: Timestamp) -> i64 {
    micros(now.saturating_sub(UNDER_WAY).unwrap_or(now))
}
