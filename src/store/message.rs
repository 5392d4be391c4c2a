//! Rows of messages: they come, change their flags, and go.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use super::columns::{self, flag_bits, message_key, micros};
use super::error::Result;
use super::mailbox;
use crate::model::{Flags, Message, MessageId, ModSeq, Role, Uid};
use crate::wire::identity::conversation_id;

/// What a message's row says that a change of it is compared with.
pub(crate) struct Present {
    pub identity: String,
    /// The hash of `identity` by which it is looked up.
    pub name: String,
    pub conversation: i64,
    pub flags: Flags,
    modseq: Option<i64>,
}

/// The row with this key.
pub(crate) fn present(cache: &Connection, key: i64) -> Result<Option<Present>> {
    let mut statement = cache
        .prepare_cached("SELECT identity, name, conversation, flags, keywords, modseq FROM message WHERE id = ?1")?;
    let row = |row: &Row| {
        let flags = columns::flags(row.get(3)?, row.get_ref(4)?.as_str()?);
        Ok(Present { identity: row.get(0)?, name: row.get(1)?, conversation: row.get(2)?, flags, modseq: row.get(5)? })
    };
    Ok(statement.query_row([key], row).optional()?)
}

/// A message that came.
pub(crate) struct Added {
    pub identity: String,
    /// The hash of `identity` by which it is looked up.
    pub name: String,
    pub message: Message,
}

/// Which of these keys, ascending, are there.
pub(crate) fn present_among(cache: &Connection, keys: &[i64]) -> Result<HashSet<i64>> {
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else { return Ok(HashSet::new()) };
    let mut statement = cache.prepare_cached("SELECT id FROM message WHERE id BETWEEN ?1 AND ?2")?;
    // Where they lie far apart, more lies between them than is asked for.
    let is_dense = usize::try_from(last - first).is_ok_and(|span| span / 16 <= keys.len());
    let ranges = if is_dense { vec![(*first, *last)] } else { keys.iter().map(|key| (*key, *key)).collect() };
    let mut present = HashSet::new();
    for range in ranges {
        for key in statement.query_map(range, |row| row.get(0))? {
            present.insert(key?);
        }
    }
    Ok(present)
}

/// Adds messages: the statements, at hand for all of a batch.
pub(crate) struct Adder<'c> {
    message: CachedStatement<'c>,
    header: CachedStatement<'c>,
    reference: CachedStatement<'c>,
}

impl<'c> Adder<'c> {
    pub(crate) fn new(cache: &'c Connection) -> Result<Self> {
        Ok(Self {
            message: cache.prepare_cached(
                "INSERT INTO message (id, mailbox, conversation, identity, name, modseq, flags, keywords)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            header: cache.prepare_cached(
                "INSERT INTO header (id, internal_date, size, message_id, \"references\", in_reply_to, date, from_raw,
                     subject_raw, subject, \"from\", sender, reply_to, \"to\", cc, delivered_to, content_type, auto_submitted,
                     list_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
            )?,
            reference: cache
                .prepare_cached("INSERT OR IGNORE INTO reference (mailbox, name, message) VALUES (?1, ?2, ?3)")?,
        })
    }

    /// Adds a message that is not there, in the conversation of this row; 0: in none yet.
    pub(crate) fn add(&mut self, mailbox: i64, conversation: i64, key: i64, added: &Added) -> Result<()> {
        let Added { identity, name, message: m } = added;
        let modseq = columns::modseq_column(m.modseq);
        let keywords = m.flags.keywords.join(" ");
        self.message.execute((key, mailbox, conversation, identity, name, modseq, flag_bits(&m.flags), keywords))?;
        self.header.execute(rusqlite::params![
            key,
            micros(m.internal_date),
            m.size,
            m.message_id.as_ref().map(|id| &id.0),
            columns::list(&m.references)?,
            columns::list(&m.in_reply_to)?,
            &m.date,
            &m.from_raw,
            &m.subject_raw,
            &m.subject,
            columns::list(&m.from)?,
            columns::list(&m.sender)?,
            columns::list(&m.reply_to)?,
            columns::list(&m.to)?,
            columns::list(&m.cc)?,
            columns::list(&m.delivered_to)?,
            &m.content_type,
            &m.auto_submitted,
            &m.list_id,
        ])?;
        let mut named: Vec<&str> = named(&m.references, &m.in_reply_to).collect();
        named.sort_unstable();
        named.dedup();
        for id in named {
            self.reference.execute((mailbox, conversation_id(id).0, key))?;
        }
        Ok(())
    }
}

/// Removes a message with all that hangs on it; what it was, where it was there.
pub(crate) fn remove(cache: &Connection, mailbox: i64, key: i64) -> Result<Option<Present>> {
    let Some(gone) = present(cache, key)? else { return Ok(None) };
    let (references, in_reply_to): (Vec<MessageId>, Vec<MessageId>) = cache
        .prepare_cached("SELECT \"references\", in_reply_to FROM header WHERE id = ?1")?
        .query_row([key], |row| {
            Ok((columns::unlist(row.get_ref(0)?.as_str()?), columns::unlist(row.get_ref(1)?.as_str()?)))
        })
        .optional()?
        .unwrap_or_default();
    let mut statement =
        cache.prepare_cached("DELETE FROM reference WHERE mailbox = ?1 AND name = ?2 AND message = ?3")?;
    for id in named(&references, &in_reply_to) {
        statement.execute((mailbox, conversation_id(id).0, key))?;
    }
    cache.prepare_cached("DELETE FROM body WHERE message = ?1")?.execute([key])?;
    cache.prepare_cached("DELETE FROM header WHERE id = ?1")?.execute([key])?;
    cache.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([key])?;
    Ok(Some(gone))
}

/// Writes flags and MODSEQ of a message that is there; tells whether the flags became others.
pub(crate) fn set_flags(
    cache: &Connection,
    key: i64,
    was: &Present,
    modseq: Option<ModSeq>,
    flags: &Flags,
) -> Result<bool> {
    // A server that has CONDSTORE may answer a STORE without a MODSEQ: the one known stands until the next resync.
    let modseq = columns::modseq_column(modseq).or(was.modseq);
    if modseq < was.modseq {
        // Another connection was told something newer, and was faster in writing it.
        return Ok(false);
    }
    let is_other = was.flags != *flags;
    if is_other || modseq != was.modseq {
        cache.prepare_cached("UPDATE message SET modseq = ?2, flags = ?3, keywords = ?4 WHERE id = ?1")?.execute((
            key,
            modseq,
            flag_bits(flags),
            flags.keywords.join(" "),
        ))?;
    }
    Ok(is_other)
}

/// The ids that a message names, as often as it names them.
fn named<'a>(references: &'a [MessageId], in_reply_to: &'a [MessageId]) -> impl Iterator<Item = &'a str> {
    references.iter().chain(in_reply_to).map(|id| id.0.as_str())
}

/// The messages of a mailbox that have this Message-ID (or made-up identity), in any folder.
pub(crate) fn with_identity(cache: &Connection, mailbox: i64, identity: &str) -> Result<Vec<(i64, Message)>> {
    let sql = format!(
        "SELECT {} FROM message m JOIN header h ON h.id = m.id WHERE m.mailbox = ?1 AND m.name = ?2 AND m.identity = ?3",
        columns::MESSAGE
    );
    let role = role_of(cache, mailbox)?;
    let mut statement = cache.prepare_cached(&sql)?;
    let rows =
        statement.query_map((mailbox, conversation_id(identity).0, identity), |row| columns::message(row, &role))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The message with this UID.
pub(crate) fn with_uid(cache: &Connection, mailbox: i64, role: Role, uid: Uid) -> Result<Option<Message>> {
    let Some((folder, _)) = mailbox::folder(cache, mailbox, role)? else { return Ok(None) };
    let sql = format!("SELECT {} FROM message m JOIN header h ON h.id = m.id WHERE m.id = ?1", columns::MESSAGE);
    let mut statement = cache.prepare_cached(&sql)?;
    let row = statement.query_row([message_key(folder, uid)], |row| columns::message(row, |_| role));
    Ok(row.optional()?.map(|(_, message)| message))
}

/// The newest reports (RFC 3462) in a folder that came since then, newest first.
pub(crate) fn reports_since(
    cache: &Connection,
    mailbox: i64,
    role: Role,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Message>> {
    let Some((folder, _)) = mailbox::folder(cache, mailbox, role)? else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT {} FROM header h INDEXED BY header_of_report CROSS JOIN message m ON m.id = h.id
             WHERE h.id BETWEEN ?1 AND ?2 AND h.content_type = 'multipart/report' AND h.internal_date >= ?3
             ORDER BY h.id DESC LIMIT ?4",
        columns::MESSAGE
    );
    let (first, last) = columns::keys_of(folder);
    let mut statement = cache.prepare_cached(&sql)?;
    let rows = statement.query_map((first, last, micros(since), limit), |row| columns::message(row, |_| role))?;
    let found: Vec<(i64, Message)> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(found.into_iter().map(|(_, message)| message).collect())
}

/// All messages of a conversation, in no order.
pub(crate) fn of_conversation(
    cache: &Connection,
    role: impl Fn(i64) -> Role,
    conversation: i64,
) -> Result<Vec<Message>> {
    let sql =
        format!("SELECT {} FROM message m JOIN header h ON h.id = m.id WHERE m.conversation = ?1", columns::MESSAGE);
    let mut statement = cache.prepare_cached(&sql)?;
    let rows = statement.query_map([conversation], |row| Ok(columns::message(row, &role)?.1))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Which role the folder with an id has.
pub(crate) fn role_of(cache: &Connection, mailbox: i64) -> Result<impl Fn(i64) -> Role + use<>> {
    let roles = mailbox::roles(cache, mailbox)?;
    Ok(move |folder| roles.iter().find(|(id, _)| *id == folder).map_or(Role::Inbox, |(_, role)| *role))
}

/// The root of the conversation where a message with this identity lies.
pub(crate) fn root_of(cache: &Connection, mailbox: i64, identity: &str) -> Result<Option<String>> {
    let mut statement = cache.prepare_cached(
        "SELECT c.root FROM message m JOIN conversation c ON c.id = m.conversation
         WHERE m.mailbox = ?1 AND m.name = ?2 AND m.identity = ?3 LIMIT 1",
    )?;
    Ok(statement.query_row((mailbox, conversation_id(identity).0, identity), |row| row.get(0)).optional()?)
}
