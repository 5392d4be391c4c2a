//! From what a person typed to a conversation (docs/protocol.md#conversation).

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::error::Result;
use super::mailbox;
use crate::model::ConversationId;
use crate::wire::identity::conversation_id;

/// What a typed id means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    None,
    One {
        mailbox: String,
        root: String,
    },
    /// The shown ids of all that it could mean.
    Many(Vec<ConversationId>),
}

/// The alphabet's size: a whole id has ten characters.
const WHOLE: usize = 10;

/// A prefix of the shown ids counts first; then a whole id of any message of a conversation; then one that messages only
/// refer to.
pub(crate) fn resolve(cache: &Connection, mailbox: Option<&str>, typed: &str) -> Result<Resolved> {
    let typed = typed.trim().to_ascii_lowercase();
    let is_id = !typed.is_empty() && typed.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
    if !is_id || typed.len() > WHOLE {
        return Ok(Resolved::None);
    }
    let scope = mailbox::scope(cache, mailbox)?;
    let mut steps = vec!["SELECT root FROM conversation WHERE mailbox = ?1 AND name >= ?2 AND name < ?3"];
    if typed.len() == WHOLE {
        steps.extend([
            "SELECT c.root FROM message m JOIN conversation c ON c.id = m.conversation
             WHERE m.mailbox = ?1 AND m.name >= ?2 AND m.name < ?3",
            "SELECT c.root FROM reference r JOIN message m ON m.id = r.message
             JOIN conversation c ON c.id = m.conversation WHERE r.mailbox = ?1 AND r.name >= ?2 AND r.name < ?3",
        ]);
    }
    // “{” is the character after “z”.
    let end = format!("{typed}{{");
    for sql in steps {
        let mut found: BTreeSet<(&str, String)> = BTreeSet::new();
        let mut statement = cache.prepare_cached(sql)?;
        for (id, key) in &scope {
            let roots = statement.query_map((id, &typed, &end), |row| row.get::<_, String>(0))?;
            for root in roots {
                found.insert((key, root?));
            }
        }
        match found.len() {
            0 => {}
            1 => {
                let only = found.pop_first();
                return Ok(only.map_or(Resolved::None, |(key, root)| Resolved::One { mailbox: key.to_owned(), root }));
            }
            _ => return Ok(Resolved::Many(found.iter().map(|(_, root)| conversation_id(root)).collect())),
        }
    }
    Ok(Resolved::None)
}
