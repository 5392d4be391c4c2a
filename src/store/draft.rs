//! Drafts: what a person is typing, kept as it is typed.
//!
//! A conversation may have several: an answer that came back from the outbox lies beneath what was begun in the meantime,
//! which may be open on the screen and is written again and again; neither is lost. The newest is the one in hand.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{micros, timestamp};
use super::desk::Desk;
use super::error::Result;

/// A text that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDraft {
    pub id: i64,
    pub mailbox: String,
    /// The conversation's root; empty where it begins one.
    pub root: String,
    /// The text with what belongs to it; the store does not look inside.
    pub content: String,
    pub saved_at: Timestamp,
}

const NEWEST: &str = "SELECT id, mailbox, root, content, saved_at FROM draft WHERE mailbox = ?1 AND root = ?2
                      ORDER BY id DESC LIMIT 1";

fn draft(row: &Row) -> rusqlite::Result<StoredDraft> {
    Ok(StoredDraft {
        id: row.get(0)?,
        mailbox: row.get(1)?,
        root: row.get(2)?,
        content: row.get(3)?,
        saved_at: timestamp(row.get(4)?),
    })
}

fn add(desk: &Connection, mailbox: &str, root: &str, content: &str, saved_at: Timestamp) -> Result<()> {
    desk.prepare_cached("INSERT INTO draft (mailbox, root, content, saved_at) VALUES (?1, ?2, ?3, ?4)")?.execute((
        mailbox,
        root,
        content,
        micros(saved_at),
    ))?;
    Ok(())
}

fn overwrite(desk: &Connection, id: i64, content: &str) -> Result<()> {
    desk.prepare_cached("UPDATE draft SET content = ?2, saved_at = ?3 WHERE id = ?1")?.execute((
        id,
        content,
        micros(Timestamp::now()),
    ))?;
    Ok(())
}

fn in_hand(desk: &Connection, mailbox: &str, root: &str) -> Result<Option<StoredDraft>> {
    Ok(desk.prepare_cached(NEWEST)?.query_row((mailbox, root), draft).optional()?)
}

/// Lays a draft beneath the one in hand; where there is none, it is in hand itself.
pub(super) fn lay_beneath(desk: &Connection, mailbox: &str, root: &str, content: &str) -> Result<()> {
    match in_hand(desk, mailbox, root)? {
        None => add(desk, mailbox, root, content, Timestamp::now()),
        Some(draft) => {
            // The one in hand moves up to the highest number, and leaves its own.
            overwrite(desk, draft.id, content)?;
            add(desk, mailbox, root, &draft.content, draft.saved_at)
        }
    }
}

/// Removes the draft in hand.
pub(super) fn remove(desk: &Connection, mailbox: &str, root: &str) -> Result<bool> {
    let rows = desk
        .prepare_cached("DELETE FROM draft WHERE id = (SELECT max(id) FROM draft WHERE mailbox = ?1 AND root = ?2)")?
        .execute((mailbox, root))?;
    Ok(rows == 1)
}

impl Desk {
    /// The draft in hand of a conversation.
    pub fn draft(&self, mailbox: &str, root: &str) -> Result<Option<StoredDraft>> {
        self.ask(|desk| in_hand(desk, mailbox, root))
    }

    /// Writes the draft in hand: on the disk once this returns.
    pub fn draft_put(&self, mailbox: &str, root: &str, content: &str) -> Result<()> {
        self.change(|desk| match in_hand(desk, mailbox, root)? {
            None => add(desk, mailbox, root, content, Timestamp::now()),
            Some(draft) if draft.content == content => Ok(()),
            Some(draft) => overwrite(desk, draft.id, content),
        })
    }

    /// Begins a draft, which is in hand from now on; what was in hand lies beneath it: it came back while this was typed.
    pub fn draft_begin(&self, mailbox: &str, root: &str, content: &str) -> Result<()> {
        self.change(|desk| add(desk, mailbox, root, content, Timestamp::now()))
    }

    /// Throws the draft in hand away; one that lies beneath it is in hand then. `false`: there was none.
    pub fn draft_remove(&self, mailbox: &str, root: &str) -> Result<bool> {
        self.ask(|desk| remove(desk, mailbox, root))
    }

    /// All drafts, newest first.
    pub fn drafts(&self) -> Result<Vec<StoredDraft>> {
        self.ask(|desk| {
            let mut statement =
                desk.prepare_cached("SELECT id, mailbox, root, content, saved_at FROM draft ORDER BY id DESC")?;
            Ok(statement.query_map([], draft)?.collect::<rusqlite::Result<_>>()?)
        })
    }
}
