//! Drafts: what a person is typing, kept as it is typed.
//!
//! A conversation may have several: an answer that came back from the outbox lies beneath what was begun in the meantime,
//! which may be open on the screen and is written again and again; neither is lost. The newest is the one in hand.
//!
//! Every draft is in somebody's *hand*: a name that an opened text has for as long as it is open, and no other ever has. A hand
//! writes on what it wrote itself, and on what it found when it was opened as long as nobody else wrote there since; whatever
//! else it writes lies apart. So two screens that go on with one draft never overwrite each other.

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
    /// The conversation's root when it was written; empty where it begins one.
    pub root: String,
    /// The text with what belongs to it; the store does not look inside.
    pub content: String,
    pub saved_at: Timestamp,
    /// Who wrote it last.
    pub hand: String,
}

/// A text as it was found: whoever goes on with it overwrites this and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub hand: String,
    pub saved_at: Timestamp,
}

/// What is to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing<'a> {
    pub mailbox: &'a str,
    pub root: &'a str,
    pub content: &'a str,
    /// Who writes.
    pub hand: &'a str,
    /// What this hand goes on with; `None`: it began the text itself.
    pub found: Option<&'a Found>,
}

/// Where a text was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Laid {
    /// Where it belongs.
    InPlace,
    /// What it went on with was written on by another hand, or is gone: the text lies apart, as the draft in hand.
    Apart,
}

const COLUMNS: &str = "id, mailbox, root, content, saved_at, hand";

fn draft(row: &Row) -> rusqlite::Result<StoredDraft> {
    Ok(StoredDraft {
        id: row.get(0)?,
        mailbox: row.get(1)?,
        root: row.get(2)?,
        content: row.get(3)?,
        saved_at: timestamp(row.get(4)?),
        hand: row.get(5)?,
    })
}

fn add(desk: &Connection, writing: &Writing, saved_at: Timestamp) -> Result<()> {
    let Writing { mailbox, root, content, hand, .. } = writing;
    desk.prepare_cached("INSERT INTO draft (mailbox, root, content, saved_at, hand) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((mailbox, root, content, micros(saved_at), hand))?;
    Ok(())
}

fn in_hand(desk: &Connection, mailbox: &str, root: &str) -> Result<Option<StoredDraft>> {
    let newest = format!("SELECT {COLUMNS} FROM draft WHERE mailbox = ?1 AND root = ?2 ORDER BY id DESC LIMIT 1");
    Ok(desk.prepare_cached(&newest)?.query_row((mailbox, root), draft).optional()?)
}

/// Lays a draft beneath the one in hand; where there is none, it is in hand itself.
pub(super) fn lay_beneath(desk: &Connection, mailbox: &str, root: &str, content: &str) -> Result<()> {
    let nobody: String = desk.query_row("SELECT 'back-' || lower(hex(randomblob(8)))", [], |row| row.get(0))?;
    let back = Writing { mailbox, root, content, hand: &nobody, found: None };
    match in_hand(desk, mailbox, root)? {
        None => add(desk, &back, Timestamp::now()),
        Some(above) => {
            // The one in hand moves up to the highest number, and leaves its own.
            desk.prepare_cached("UPDATE draft SET content = ?2, saved_at = ?3, hand = ?4 WHERE id = ?1")?.execute((
                above.id,
                content,
                micros(Timestamp::now()),
                &nobody,
            ))?;
            let again = Writing { content: &above.content, hand: &above.hand, ..back };
            add(desk, &again, above.saved_at)
        }
    }
}

/// Removes what a hand wrote.
pub(super) fn remove(desk: &Connection, hand: &str) -> Result<bool> {
    Ok(desk.prepare_cached("DELETE FROM draft WHERE hand = ?1")?.execute([hand])? == 1)
}

fn overwrite(desk: &Connection, writing: &Writing, found: &Found) -> Result<bool> {
    let rows = desk
        .prepare_cached(
            "UPDATE draft SET mailbox = ?3, root = ?4, content = ?5, hand = ?6, saved_at = ?7 WHERE hand = ?1 AND saved_at = ?2",
        )?
        .execute((
            &found.hand,
            micros(found.saved_at),
            writing.mailbox,
            writing.root,
            writing.content,
            writing.hand,
            micros(Timestamp::now()),
        ))?;
    Ok(rows == 1)
}

/// What a hand wrote last, as it stands.
fn of_hand(desk: &Connection, hand: &str) -> Result<Option<StoredDraft>> {
    let mut ask = desk.prepare_cached(&format!("SELECT {COLUMNS} FROM draft WHERE hand = ?1"))?;
    Ok(ask.query_row([hand], draft).optional()?)
}

impl Desk {
    /// The draft in hand of what was kept by this root.
    pub fn draft(&self, mailbox: &str, root: &str) -> Result<Option<StoredDraft>> {
        self.ask(|desk| in_hand(desk, mailbox, root))
    }

    /// Keeps a text: on the disk once this returns.
    pub fn draft_put(&self, writing: &Writing) -> Result<Laid> {
        self.change(|desk| {
            if let Some(own) = of_hand(desk, writing.hand)? {
                if own.content != writing.content || own.root != writing.root {
                    overwrite(desk, writing, &Found { hand: own.hand, saved_at: own.saved_at })?;
                }
                return Ok(Laid::InPlace);
            }
            if let Some(found) = writing.found
                && overwrite(desk, writing, found)?
            {
                return Ok(Laid::InPlace);
            }
            add(desk, writing, Timestamp::now())?;
            Ok(if writing.found.is_some() { Laid::Apart } else { Laid::InPlace })
        })
    }

    /// Throws away what a hand wrote, or what it found as long as nobody else wrote there; one that lies beneath it is in hand
    /// then. `false`: there was nothing.
    pub fn draft_remove(&self, hand: &str, found: Option<&Found>) -> Result<bool> {
        self.change(|desk| {
            if remove(desk, hand)? {
                return Ok(true);
            }
            let Some(found) = found else { return Ok(false) };
            let mut delete = desk.prepare_cached("DELETE FROM draft WHERE hand = ?1 AND saved_at = ?2")?;
            Ok(delete.execute((&found.hand, micros(found.saved_at)))? == 1)
        })
    }

    /// All drafts, newest first.
    pub fn drafts(&self) -> Result<Vec<StoredDraft>> {
        self.ask(|desk| {
            let mut statement = desk.prepare_cached(&format!("SELECT {COLUMNS} FROM draft ORDER BY id DESC"))?;
            Ok(statement.query_map([], draft)?.collect::<rusqlite::Result<_>>()?)
        })
    }
}
