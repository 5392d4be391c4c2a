//! Bodies of mails, as much of them as was fetched, and how they make room again.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::columns::{keys_of, message_key, micros, uid_of};
use super::error::Result;
use super::mailbox;
use crate::model::{Role, Uid};

/// A body out of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBody {
    /// The raw mail, headers and all, or its beginning.
    pub raw: Vec<u8>,
    pub is_whole: bool,
    /// The attachments as JSON, as they were put in.
    pub attachments: String,
}

/// The key of a message that is in the cache.
fn key(cache: &Connection, mailbox: i64, role: Role, uid: Uid) -> Result<Option<i64>> {
    let Some((folder, _)) = mailbox::folder(cache, mailbox, role)? else { return Ok(None) };
    let mut statement = cache.prepare_cached("SELECT id FROM message WHERE id = ?1")?;
    Ok(statement.query_row([message_key(folder, uid)], |row| row.get(0)).optional()?)
}

pub(crate) fn put(
    cache: &Connection,
    mailbox: i64,
    (role, uid): (Role, Uid),
    raw: &[u8],
    is_whole: bool,
    attachments: &str,
    now: Timestamp,
) -> Result<()> {
    let Some(key) = key(cache, mailbox, role, uid)? else { return Ok(()) };
    let size = i64::try_from(raw.len() + attachments.len()).unwrap_or(i64::MAX);
    cache
        .prepare_cached(
            "INSERT OR REPLACE INTO body (message, raw, is_whole, attachments, bytes, used_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((key, raw, is_whole, attachments, size, micros(now)))?;
    Ok(())
}

pub(crate) fn get(cache: &Connection, mailbox: i64, role: Role, uid: Uid) -> Result<Option<StoredBody>> {
    let Some(key) = key(cache, mailbox, role, uid)? else { return Ok(None) };
    let mut statement = cache.prepare_cached("SELECT raw, is_whole, attachments FROM body WHERE message = ?1")?;
    let body = statement
        .query_row([key], |row| Ok(StoredBody { raw: row.get(0)?, is_whole: row.get(1)?, attachments: row.get(2)? }));
    Ok(body.optional()?)
}

pub(crate) fn touch(cache: &Connection, mailbox: i64, role: Role, uid: Uid, now: Timestamp) -> Result<()> {
    let Some(key) = key(cache, mailbox, role, uid)? else { return Ok(()) };
    cache.prepare_cached("UPDATE body SET used_at = ?2 WHERE message = ?1")?.execute((key, micros(now)))?;
    Ok(())
}

pub(crate) fn prune(cache: &Connection, limit: u64) -> Result<u32> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut total: i64 = cache.query_row("SELECT coalesce(sum(bytes), 0) FROM body", [], |row| row.get(0))?;
    let mut pruned = 0;
    let mut oldest = cache.prepare("SELECT message, bytes FROM body ORDER BY used_at, bytes LIMIT 64")?;
    let mut forget = cache.prepare("DELETE FROM body WHERE message = ?1")?;
    while total > limit {
        let some: Vec<(i64, i64)> =
            oldest.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        if some.is_empty() {
            break;
        }
        for (key, bytes) in some {
            if total <= limit {
                break;
            }
            forget.execute([key])?;
            total -= bytes;
            pruned += 1;
        }
    }
    Ok(pruned)
}

/// Messages of open conversations whose bodies were not fetched yet: INBOX first, in each folder those whose customer has
/// waited longest first.
pub(crate) fn wanted(cache: &Connection, mailbox: i64, limit: u32) -> Result<Vec<(Role, Uid)>> {
    let mut wanted = Vec::new();
    for (folder, role) in mailbox::roles(cache, mailbox)? {
        let mut statement = cache.prepare_cached(
            "SELECT m.id FROM conversation c INDEXED BY conversation_open_by_wait
             JOIN message m ON m.conversation = c.id AND m.id BETWEEN ?2 AND ?3
             WHERE c.mailbox = ?1 AND c.is_open = 1 AND NOT EXISTS (SELECT 1 FROM body b WHERE b.message = m.id)
             ORDER BY c.wait_order, c.last_at, c.name LIMIT ?4",
        )?;
        let (first, last) = keys_of(folder);
        let rows = statement.query_map((mailbox, first, last, limit), |row| row.get::<_, i64>(0))?;
        for key in rows {
            wanted.push((role, uid_of(key?)));
        }
    }
    wanted.sort_by_key(|(role, _)| *role);
    wanted.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(wanted)
}
