//! How the model's types stand in columns: times as microseconds, flags as bits, lists as JSON, words separated by spaces.
//!
//! Nothing that was stored makes a reader fail: what this program would not have written is read as absent. (SQLite's own
//! damage is another matter, see [`super::Error::Corrupt`].)

use jiff::Timestamp;
use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::{
    Address, Assignee, Conversation, ConversationId, Flags, Handle, Message, MessageId, ModSeq, Role, Status, Uid, View,
};

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A list as JSON; most lists of a header are empty, and cost nothing.
pub(crate) fn list<T: Serialize>(items: &[T]) -> serde_json::Result<String> {
    if items.is_empty() { Ok(String::new()) } else { serde_json::to_string(items) }
}

pub(crate) fn unlist<T: DeserializeOwned>(text: &str) -> Vec<T> {
    if text.is_empty() { Vec::new() } else { serde_json::from_str(text).unwrap_or_default() }
}

/// The message's row id: its folder's id and its UID in one.
pub(crate) fn message_key(folder: i64, uid: Uid) -> i64 {
    (folder << 32) | i64::from(uid.0)
}

/// The ids of all messages that a folder can have.
pub(crate) fn keys_of(folder: i64) -> (i64, i64) {
    (folder << 32, (folder << 32) | i64::from(u32::MAX))
}

pub(crate) fn uid_of(key: i64) -> Uid {
    Uid((key & i64::from(u32::MAX)) as u32)
}

pub(crate) fn modseq(value: Option<i64>) -> Option<ModSeq> {
    value.and_then(|v| u64::try_from(v).ok()).map(ModSeq)
}

/// RFC 7162 §3.1: a mod-sequence has 63 bits.
pub(crate) fn modseq_column(value: Option<ModSeq>) -> Option<i64> {
    value.and_then(|m| i64::try_from(m.0).ok())
}

/// The system flags as bits.
pub(crate) fn flag_bits(flags: &Flags) -> i64 {
    [flags.seen, flags.answered, flags.flagged, flags.deleted, flags.draft]
        .iter()
        .enumerate()
        .map(|(bit, set)| i64::from(*set) << bit)
        .sum()
}

pub(crate) fn flags(bits: i64, keywords: &str) -> Flags {
    let has = |bit: i64| bits & (1 << bit) != 0;
    Flags { seen: has(0), answered: has(1), flagged: has(2), deleted: has(3), draft: has(4), keywords: words(keywords) }
}

/// Words that cannot hold a space: keywords, tags, handles.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

pub(crate) fn claimants(assignee: &Assignee) -> String {
    let names: Vec<&str> = assignee.claimants().iter().map(Handle::as_str).collect();
    names.join(" ")
}

pub(crate) fn assignee(text: &str) -> Assignee {
    let mut handles: Vec<Handle> = text.split(' ').filter_map(|word| Handle::new(word).ok()).collect();
    match handles.len() {
        0 => Assignee::Free,
        1 => handles.pop().map_or(Assignee::Free, Assignee::Held),
        _ => Assignee::Contested(handles),
    }
}

pub(crate) fn status(word: &str) -> Status {
    Status::parse(word).unwrap_or(Status::Open)
}

/// The number of a view in the column `home`.
pub(crate) fn home(view: View) -> i64 {
    View::ALL.iter().position(|v| *v == view).and_then(|at| i64::try_from(at).ok()).unwrap_or_default()
}

/// What [`conversation`] reads, in its order.
pub(crate) const CONVERSATION: &str = "c.root, c.name, c.folder, c.subject, c.from_name, c.from_email, c.status, \
    c.claimants, c.tags, c.urgent, c.unread, c.messages, c.uids, c.last_at, c.waiting_since, c.snoozed_until, \
    c.has_attachment, c.is_old, c.has_pending_answer";

/// How many columns that is.
pub(crate) const CONVERSATION_WIDTH: usize = 19;

/// A row that begins with [`CONVERSATION`].
pub(crate) fn conversation(row: &Row, mailbox: &str) -> rusqlite::Result<Conversation> {
    let text = |at: usize| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
    Ok(Conversation {
        root: row.get(0)?,
        id: ConversationId(row.get(1)?),
        mailbox: mailbox.to_owned(),
        folder: Role::parse(text(2)?).unwrap_or(Role::Inbox),
        subject: row.get(3)?,
        from: Address { name: row.get(4)?, email: row.get(5)? },
        status: status(text(6)?),
        assignee: assignee(text(7)?),
        tags: words(text(8)?),
        urgent: row.get(9)?,
        unread: row.get(10)?,
        messages: row.get(11)?,
        uids: text(12)?.split(' ').filter_map(|uid| uid.parse().ok()).map(Uid).collect(),
        last_at: timestamp(row.get(13)?),
        waiting_since: row.get::<_, Option<i64>>(14)?.map(timestamp),
        snoozed_until: row.get::<_, Option<i64>>(15)?.map(timestamp),
        has_attachment: row.get(16)?,
        is_old: row.get(17)?,
        has_pending_answer: row.get(18)?,
    })
}

/// The tables and columns of [`message`], in its order.
pub(crate) const MESSAGE: &str = "m.id, m.modseq, m.flags, m.keywords, h.internal_date, h.size, h.message_id, \
    h.\"references\", h.in_reply_to, h.date, h.from_raw, h.subject_raw, h.subject, h.\"from\", h.sender, h.reply_to, \
    h.\"to\", h.cc, h.delivered_to, h.content_type, h.auto_submitted, h.list_id";

/// How many columns that is.
pub(crate) const MESSAGE_WIDTH: usize = 22;

/// A row that begins with [`MESSAGE`]; `folder` gives the role of the folder with an id.
pub(crate) fn message(row: &Row, role: impl Fn(i64) -> Role) -> rusqlite::Result<(i64, Message)> {
    let key: i64 = row.get(0)?;
    let text = |at: usize| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
    let ids = |at: usize| -> rusqlite::Result<Vec<MessageId>> { Ok(unlist(text(at)?)) };
    let addresses = |at: usize| -> rusqlite::Result<Vec<Address>> { Ok(unlist(text(at)?)) };
    let message = Message {
        folder: role(key >> 32),
        uid: uid_of(key),
        modseq: modseq(row.get(1)?),
        internal_date: timestamp(row.get(4)?),
        size: row.get(5)?,
        flags: flags(row.get(2)?, text(3)?),
        message_id: row.get::<_, Option<String>>(6)?.map(MessageId),
        references: ids(7)?,
        in_reply_to: ids(8)?,
        date: row.get(9)?,
        from_raw: row.get(10)?,
        subject_raw: row.get(11)?,
        subject: row.get(12)?,
        from: addresses(13)?,
        sender: addresses(14)?,
        reply_to: addresses(15)?,
        to: addresses(16)?,
        cc: addresses(17)?,
        delivered_to: unlist(text(18)?),
        content_type: row.get(19)?,
        auto_submitted: row.get(20)?,
        list_id: row.get(21)?,
    };
    Ok((key, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_times_read_back_as_they_were() {
        let all = Flags::from_atoms(["\\Seen", "\\Flagged", "\\Draft", "VIP", "bagsy-claim-bob"]);
        assert_eq!(flags(flag_bits(&all), &all.keywords.join(" ")), all);
        let at: Timestamp = "2026-11-24T14:02:07.25Z".parse().unwrap();
        assert_eq!(timestamp(micros(at)), at);
    }

    #[test]
    fn a_message_key_has_folder_and_uid_in_it() {
        let key = message_key(3, Uid(u32::MAX));
        assert_eq!((key >> 32, uid_of(key)), (3, Uid(u32::MAX)));
        assert!(keys_of(3).0 <= key && key <= keys_of(3).1 && key < keys_of(4).0);
    }
}
