//! Answers on their way: what is fixed about each (Message-ID, bytes), how far the answering protocol is with it, and what
//! a person sees of it. An item leaves the outbox sent, or back into the drafts, never just so.

use std::fmt;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{self, micros, timestamp};
use super::desk::Desk;
use super::draft;
use super::error::Result;
use crate::model::Status;

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutboxState {
    /// In the seconds in which its writer may take it back.
    Held,
    /// To be sent, at once or at the next try.
    Unsent,
    /// It may have reached the customer or not; a person has to say. Never sent again by itself.
    Unknown,
    /// It was sent; what is left is to mark the mailbox.
    Submitted,
    /// Not to be tried again by itself.
    Failed,
    /// To be sent at a time.
    Scheduled,
}

impl OutboxState {
    /// The word of the column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Unsent => "unsent",
            Self::Unknown => "unknown",
            Self::Submitted => "submitted",
            Self::Failed => "failed",
            Self::Scheduled => "scheduled",
        }
    }

    /// Reads the word. One that nobody wrote is [`Self::Unknown`]: what is not understood is not sent.
    fn read(word: &str) -> Self {
        [Self::Held, Self::Unsent, Self::Submitted, Self::Failed, Self::Scheduled]
            .into_iter()
            .find(|state| state.as_str() == word)
            .unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for OutboxState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An answer that comes into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    /// The mailbox's key.
    pub mailbox: String,
    /// The conversation's root; where it begins one, the place of its draft.
    pub root: String,
    /// The Message-ID of what it answers; empty where it answers nothing.
    pub answered: String,
    /// Its own Message-ID, the same at every try.
    pub message_id: String,
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub recipients: Vec<String>,
    pub subject: String,
    /// Its bytes, the same at every try.
    pub message: Vec<u8>,
    /// How far the answering protocol is with it; the store does not look inside.
    pub stage: String,
    pub state: OutboxState,
    /// Until when it can be taken back, or when it is to be sent.
    pub hold_until: Option<Timestamp>,
    /// What becomes of the conversation; `None`: as the mailbox is configured.
    pub after: Option<Status>,
    /// The text as its writer had it, which is the conversation's draft again where it is not sent.
    pub draft: String,
    /// The hand in whose draft it was written, which is in the outbox from now on instead; `None`: it comes from elsewhere.
    pub takes_draft: Option<String>,
}

impl OutboxItem {
    /// Whether it answers nothing: it begins a conversation of its own.
    pub fn is_opening(&self) -> bool {
        self.answered.is_empty()
    }

    /// The root of the conversation to which it belongs; what begins one is its root itself.
    pub fn conversation_root(&self) -> &str {
        if self.is_opening() { &self.message_id } else { &self.root }
    }
}

/// An item of the outbox without its bytes and its draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxItem {
    pub id: i64,
    pub mailbox: String,
    pub root: String,
    pub answered: String,
    pub message_id: String,
    pub from: String,
    pub recipients: Vec<String>,
    pub subject: String,
    pub stage: String,
    pub state: OutboxState,
    pub hold_until: Option<Timestamp>,
    pub after: Option<Status>,
    pub error: Option<String>,
    /// When it came into the outbox.
    pub since: Timestamp,
}

const COLUMNS: &str = "id, mailbox, root, answered, message_id, sender, recipients, subject, stage, state, hold_until, \
                       \"after\", error, since";

fn item(row: &Row) -> rusqlite::Result<OutboxItem> {
    Ok(OutboxItem {
        id: row.get(0)?,
        mailbox: row.get(1)?,
        root: row.get(2)?,
        answered: row.get(3)?,
        message_id: row.get(4)?,
        from: row.get(5)?,
        recipients: columns::unlist(&row.get::<_, String>(6)?),
        subject: row.get(7)?,
        stage: row.get(8)?,
        state: OutboxState::read(&row.get::<_, String>(9)?),
        hold_until: row.get::<_, Option<i64>>(10)?.map(timestamp),
        after: row.get::<_, Option<String>>(11)?.and_then(|word| Status::parse(&word)),
        error: row.get(12)?,
        since: timestamp(row.get(13)?),
    })
}

impl Desk {
    /// Puts an answer into the outbox; gives its number, which no other ever has.
    pub fn outbox_put(&self, new: &NewItem) -> Result<i64> {
        self.change(|desk| {
            if let Some(hand) = &new.takes_draft {
                draft::remove(desk, hand)?;
            }
            let recipients = columns::list(&new.recipients)?;
            desk.prepare_cached(
                "INSERT INTO outbox (mailbox, root, answered, message_id, sender, recipients, subject, message, stage,
                     state, hold_until, \"after\", error, since, draft)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, NULL, ?13, ?14)",
            )?
            .execute(rusqlite::params![
                &new.mailbox,
                &new.root,
                &new.answered,
                &new.message_id,
                &new.from,
                recipients,
                &new.subject,
                &new.message,
                &new.stage,
                new.state.as_str(),
                new.hold_until.map(micros),
                new.after.map(Status::as_str),
                micros(Timestamp::now()),
                &new.draft,
            ])?;
            Ok(desk.last_insert_rowid())
        })
    }

    /// The item with this number.
    pub fn outbox_get(&self, id: i64) -> Result<Option<OutboxItem>> {
        self.ask(|desk| {
            let mut statement = desk.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1"))?;
            Ok(statement.query_row([id], item).optional()?)
        })
    }

    /// The bytes of an item.
    pub fn outbox_message(&self, id: i64) -> Result<Option<Vec<u8>>> {
        self.ask(|desk| {
            let mut statement = desk.prepare_cached("SELECT message FROM outbox WHERE id = ?1")?;
            Ok(statement.query_row([id], |row| row.get(0)).optional()?)
        })
    }

    /// All items, oldest first.
    pub fn outbox_list(&self) -> Result<Vec<OutboxItem>> {
        self.ask(|desk| {
            let mut statement = desk.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox ORDER BY id"))?;
            Ok(statement.query_map([], item)?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Writes how far an item is: on the disk once this returns. `false`: there is no such item any more, and nobody may go
    /// on with it.
    pub fn outbox_update(&self, id: i64, stage: &str, state: OutboxState, error: Option<&str>) -> Result<bool> {
        self.ask(|desk| {
            let rows = desk
                .prepare_cached("UPDATE outbox SET stage = ?2, state = ?3, error = ?4 WHERE id = ?1")?
                .execute((id, stage, state.as_str(), error))?;
            Ok(rows == 1)
        })
    }

    /// The conversation of an item has another root by now. `false`: there is no such item any more.
    pub fn outbox_move(&self, id: i64, root: &str) -> Result<bool> {
        self.ask(|desk| Ok(desk.prepare_cached("UPDATE outbox SET root = ?2 WHERE id = ?1")?.execute((id, root))? == 1))
    }

    /// Ends the time of holding: whoever calls this first has the item, as unsent, and it cannot be taken back any more.
    /// `false`: it was not held (any more).
    pub fn outbox_let_go(&self, id: i64) -> Result<bool> {
        self.ask(|desk| {
            let rows = desk
                .prepare_cached(
                    "UPDATE outbox SET state = 'unsent', hold_until = NULL WHERE id = ?1 AND state IN ('held', 'scheduled')",
                )?
                .execute([id])?;
            Ok(rows == 1)
        })
    }

    /// The text that an item was made from; `None`: no such item.
    pub fn outbox_text(&self, id: i64) -> Result<Option<String>> {
        self.ask(|desk| {
            let mut ask = desk.prepare_cached("SELECT draft FROM outbox WHERE id = ?1")?;
            Ok(ask.query_row([id], |row| row.get(0)).optional()?)
        })
    }

    /// Takes a held item back: its text is among the conversation's drafts again, beneath the one in hand. `false`: it was not held any more.
    pub fn outbox_take_back(&self, id: i64) -> Result<bool> {
        self.change(|desk| to_draft(desk, id, true, None))
    }

    /// Takes an item out whose text is not to be lost: it is among the conversation's drafts again, likewise. `text`: what is
    /// kept instead of what it was made from. `false`: no such item.
    pub fn outbox_to_draft(&self, id: i64, text: Option<&str>) -> Result<bool> {
        self.change(|desk| to_draft(desk, id, false, text))
    }

    /// Removes an item that was sent (or that its person discards). `false`: no such item.
    pub fn outbox_remove(&self, id: i64) -> Result<bool> {
        self.ask(|desk| Ok(desk.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id])? == 1))
    }
}

fn to_draft(desk: &Connection, id: i64, only_held: bool, text: Option<&str>) -> Result<bool> {
    let mut statement = desk.prepare_cached(
        "DELETE FROM outbox WHERE id = ?1 AND (NOT ?2 OR state IN ('held', 'scheduled'))
         RETURNING mailbox, root, draft",
    )?;
    let item: Option<(String, String, String)> =
        statement.query_row((id, only_held), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let Some((mailbox, root, made_from)) = item else { return Ok(false) };
    let text = text.unwrap_or(&made_from);
    if !text.is_empty() {
        draft::lay_beneath(desk, &mailbox, &root, text)?;
    }
    Ok(true)
}
