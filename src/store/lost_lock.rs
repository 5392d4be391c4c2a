//! Conversations that this person held and whose lock left INBOX, kept until the claim stands on the new one, or is settled
//! otherwise: whatever process learns of it, and whenever, the one that works for the person finds it.

use std::collections::HashMap;

use rusqlite::Connection;

use super::error::Result;
use crate::model::ConversationId;

/// A conversation whose claim is to be put onto its new lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostLock {
    /// The mailbox's key.
    pub mailbox: String,
    /// The conversation's root.
    pub root: String,
    pub conversation: ConversationId,
    pub subject: String,
    /// The identity of the message that left: its Message-ID, or what stands for one.
    pub lock: String,
}

/// All of them.
pub(crate) fn all(cache: &Connection) -> Result<Vec<LostLock>> {
    let mut statement = cache.prepare_cached(
        "SELECT m.key, c.root, c.name, c.subject, l.lock FROM lost_lock l
         JOIN conversation c ON c.id = l.conversation JOIN mailbox m ON m.id = c.mailbox",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(LostLock {
            mailbox: row.get(0)?,
            root: row.get(1)?,
            conversation: ConversationId(row.get(2)?),
            subject: row.get(3)?,
            lock: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The locks that left, by the rows of their conversations.
pub(super) fn by_row(cache: &Connection) -> Result<HashMap<i64, String>> {
    let mut statement = cache.prepare_cached("SELECT conversation, lock FROM lost_lock")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The conversation in this row lost this lock.
pub(super) fn put(cache: &Connection, conversation: i64, lock: &str) -> Result<()> {
    let mut statement =
        cache.prepare_cached("INSERT OR REPLACE INTO lost_lock (conversation, lock) VALUES (?1, ?2)")?;
    statement.execute((conversation, lock))?;
    Ok(())
}

/// Nothing is to be done about the conversation in this row any more.
pub(super) fn forget(cache: &Connection, conversation: i64) -> Result<()> {
    cache.prepare_cached("DELETE FROM lost_lock WHERE conversation = ?1")?.execute([conversation])?;
    Ok(())
}

/// The same, by what left and from where.
pub(super) fn settle(cache: &Connection, mailbox: i64, lock: &str) -> Result<()> {
    let mut statement = cache.prepare_cached(
        "DELETE FROM lost_lock WHERE lock = ?2 AND conversation IN (SELECT id FROM conversation WHERE mailbox = ?1)",
    )?;
    statement.execute((mailbox, lock))?;
    Ok(())
}
