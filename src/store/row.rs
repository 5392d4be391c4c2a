//! Rows of the queue: one for each conversation, as `wire::state` makes it of all its messages.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::columns::{self, micros};
use super::error::Result;
use crate::model::{Conversation, Handle, View};
use crate::wire::identity::conversation_id;

/// A conversation's row, by its mailbox, its name and its root. Two roots can have one name.
pub(crate) const FIND: &str = "SELECT id FROM conversation WHERE mailbox = ?1 AND name = ?2 AND root = ?3";

/// The row's id.
pub(crate) fn find(cache: &Connection, mailbox: i64, root: &str) -> Result<Option<i64>> {
    let mut statement = cache.prepare_cached(FIND)?;
    Ok(statement.query_row((mailbox, conversation_id(root).0, root), |row| row.get(0)).optional()?)
}

/// The conversation in the row with this id.
pub(crate) fn load(cache: &Connection, id: i64, mailbox: &str) -> Result<Option<Conversation>> {
    let sql = format!("SELECT {} FROM conversation c WHERE c.id = ?1", columns::CONVERSATION);
    let mut statement = cache.prepare_cached(&sql)?;
    Ok(statement.query_row([id], |row| columns::conversation(row, mailbox)).optional()?)
}

/// The columns that a conversation's messages decide, in the order of [`values`].
const DECIDED: [&str; 18] = [
    "folder",
    "subject",
    "from_name",
    "from_email",
    "status",
    "claimants",
    "tags",
    "urgent",
    "unread",
    "messages",
    "uids",
    "last_at",
    "waiting_since",
    "snoozed_until",
    "has_attachment",
    "is_old",
    "has_pending_answer",
    "home",
];

fn values(row: &Conversation, me: Option<&Handle>) -> [Value; DECIDED.len()] {
    let uids: Vec<String> = row.uids.iter().map(ToString::to_string).collect();
    [
        row.folder.as_str().to_owned().into(),
        row.subject.clone().into(),
        row.from.name.clone().into(),
        row.from.email.clone().into(),
        row.status.as_str().to_owned().into(),
        columns::claimants(&row.assignee).into(),
        row.tags.join(" ").into(),
        row.urgent.into(),
        row.unread.into(),
        row.messages.into(),
        uids.join(" ").into(),
        micros(row.last_at).into(),
        row.waiting_since.map(micros).into(),
        row.snoozed_until.map(micros).into(),
        row.has_attachment.into(),
        row.is_old.into(),
        row.has_pending_answer.into(),
        columns::home(View::home_of(row, me)).into(),
    ]
}

/// Adds a row; gives its id.
pub(crate) fn add(cache: &Connection, mailbox: i64, row: &Conversation, me: Option<&Handle>) -> Result<i64> {
    let mut statement = cache.prepare_cached(
        "INSERT INTO conversation (folder, subject, from_name, from_email, status, claimants, tags, urgent, unread,
             messages, uids, last_at, waiting_since, snoozed_until, has_attachment, is_old, has_pending_answer, home,
             mailbox, root, name)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    )?;
    let key = [mailbox.into(), row.root.clone().into(), row.id.0.clone().into()];
    Ok(statement.insert(params_from_iter(values(row, me).into_iter().chain(key)))?)
}

/// Brings the row with this id up to date, which is `was` as yet. Only columns that change are named, for SQLite writes
/// every index anew that has a named column in it.
pub(crate) fn change(
    cache: &Connection,
    id: i64,
    was: &Conversation,
    row: &Conversation,
    me: Option<&Handle>,
) -> Result<()> {
    let mut named = Vec::new();
    let mut changed = vec![Value::Integer(id)];
    for ((name, old), new) in DECIDED.into_iter().zip(values(was, me)).zip(values(row, me)) {
        if old != new {
            changed.push(new);
            named.push(format!("{name} = ?{}", changed.len()));
        }
    }
    if named.is_empty() {
        return Ok(());
    }
    let mut statement = cache.prepare_cached(&format!("UPDATE conversation SET {} WHERE id = ?1", named.join(", ")))?;
    statement.execute(params_from_iter(changed))?;
    Ok(())
}

/// Removes the row of a conversation that has no messages any more; gives its root.
pub(crate) fn remove(cache: &Connection, id: i64) -> Result<Option<String>> {
    let mut statement = cache.prepare_cached("DELETE FROM conversation WHERE id = ?1 RETURNING root")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

/// Finds every conversation's home anew: another handle is "mine" now.
pub(crate) fn rehome(cache: &Connection, me: Option<&Handle>) -> Result<()> {
    let sql = format!("SELECT {}, c.id FROM conversation c WHERE c.claimants <> ''", columns::CONVERSATION);
    let mut claimed = cache.prepare(&sql)?;
    let mut update = cache.prepare("UPDATE conversation SET home = ?2 WHERE id = ?1")?;
    let rows = claimed.query_map([], |row| {
        let conversation = columns::conversation(row, "")?;
        Ok((row.get::<_, i64>(columns::CONVERSATION_WIDTH)?, columns::home(View::home_of(&conversation, me))))
    })?;
    let homes: Vec<(i64, i64)> = rows.collect::<rusqlite::Result<_>>()?;
    for home in homes {
        update.execute(home)?;
    }
    Ok(())
}
