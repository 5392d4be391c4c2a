//! Messages on their way from one folder to another: gone from one, not yet seen in the other.
//!
//! A move is told in two parts, each by its own folder's connection, in any order. What left is remembered for a while, so
//! that what turns up elsewhere is known for what it is.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::columns::{self, micros};
use super::error::Result;
use crate::model::{Assignee, Conversation, Flags, Status};
use crate::wire::state;

/// For how long what left is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(2);

/// A message that left a folder, and how its conversation stood then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Departed {
    status: Status,
    assignee: Assignee,
    /// What the message itself lent its conversation, as far as that are tags and urgency.
    pub lent: Flags,
}

impl Departed {
    /// The conversation as it was, but for tags and urgency.
    pub(super) fn before(self, now: &Conversation) -> Conversation {
        let Self { status, assignee, .. } = self;
        Conversation { status, assignee, ..now.clone() }
    }
}

/// Remembers a message that is about to go, and how the conversation in its row stands. `lent`: what it lends its conversation.
pub(super) fn remember(
    cache: &Connection,
    identity: &str,
    conversation: i64,
    lent: &Flags,
    now: Timestamp,
) -> Result<()> {
    let (tags, urgent) = state::marks([lent]);
    cache
        .prepare_cached(
            "INSERT OR REPLACE INTO departed (mailbox, identity, at, status, claimants, tags, urgent)
             SELECT mailbox, ?2, ?3, status, claimants, ?4, ?5 FROM conversation WHERE id = ?1",
        )?
        .execute((conversation, identity, micros(now), tags.join(" "), urgent))?;
    Ok(())
}

/// This message as it left a short while ago.
pub(super) fn recall(cache: &Connection, mailbox: i64, identity: &str, now: Timestamp) -> Result<Option<Departed>> {
    let mut statement = cache.prepare_cached(
        "SELECT status, claimants, tags, urgent FROM departed WHERE mailbox = ?1 AND identity = ?2 AND at >= ?3",
    )?;
    let found = statement.query_row((mailbox, identity, oldest(now)), |row| {
        let text = |at: usize| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
        Ok(Departed {
            status: columns::status(text(0)?),
            assignee: columns::assignee(text(1)?),
            lent: Flags { flagged: row.get(3)?, keywords: columns::words(text(2)?), ..Flags::default() },
        })
    });
    Ok(found.optional()?)
}

/// Forgets what left too long ago.
pub(super) fn forget_old(cache: &Connection, now: Timestamp) -> Result<()> {
    cache.prepare_cached("DELETE FROM departed WHERE at < ?1")?.execute([oldest(now)])?;
    Ok(())
}

fn oldest(now: Timestamp) -> i64 {
    micros(now.saturating_sub(REMEMBERED).unwrap_or(now))
}
