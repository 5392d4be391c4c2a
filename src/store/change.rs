//! The log of what happened, which every process on this cache reads at its own pace.

use rusqlite::Connection;

use super::columns::{self, micros, timestamp};
use super::error::Result;
use crate::model::{Change, ChangeKind, ConversationId};

/// How many changes are kept: enough for a process that slept for a while, and for a look back.
const KEPT: i64 = 20_000;

/// Adds changes and forgets the oldest.
pub(crate) fn write(cache: &Connection, changes: &[Change]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut statement = cache.prepare_cached(
        "INSERT INTO change (at, kind, mailbox, conversation, subject, \"by\", status, claimants, tags)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for change in changes {
        statement.execute((
            micros(change.at),
            change.kind.as_str(),
            &change.mailbox,
            &change.conversation.0,
            &change.subject,
            &change.by,
            change.status.as_str(),
            columns::claimants(&change.assignee),
            change.tags.join(" "),
        ))?;
    }
    let bound = cache.last_insert_rowid() - KEPT;
    cache.prepare_cached("DELETE FROM change WHERE seq <= ?1")?.execute([bound])?;
    Ok(())
}

/// The changes after this one, oldest first, at most so many.
pub(crate) fn after(cache: &Connection, seq: i64, limit: u32) -> Result<Vec<(i64, Change)>> {
    let mut statement = cache.prepare_cached(
        "SELECT seq, at, kind, mailbox, conversation, subject, \"by\", status, claimants, tags
         FROM change WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let rows = statement.query_map((seq, limit), |row| {
        let text = |at: usize| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
        let Some(kind) = ChangeKind::parse(text(2)?) else { return Ok(None) };
        let change = Change {
            at: timestamp(row.get(1)?),
            kind,
            mailbox: row.get(3)?,
            conversation: ConversationId(row.get(4)?),
            subject: row.get(5)?,
            by: row.get(6)?,
            status: columns::status(text(7)?),
            assignee: columns::assignee(text(8)?),
            tags: columns::words(text(9)?),
        };
        Ok(Some((row.get(0)?, change)))
    })?;
    let known = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(known.into_iter().flatten().collect())
}

/// The number of the newest change; 0 where there is none.
pub(crate) fn last(cache: &Connection) -> Result<i64> {
    let mut statement = cache.prepare_cached("SELECT coalesce(max(seq), 0) FROM change")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}
