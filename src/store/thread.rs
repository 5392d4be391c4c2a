//! Threading step by step: which conversations a change can touch, and what they are afterwards.
//!
//! When an id comes or goes, only messages that name it, and those that bear it, can get another parent; so only members of
//! their conversations can get another root. These are gathered until every chosen parent is among them; then the rule of
//! `wire::threading` over them alone comes to what it would come to over the whole mailbox.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::error::Result;
use super::{columns, row};
use crate::model::{Message, Role};
use crate::wire::identity::conversation_id;
use crate::wire::threading::{Node, Parent, parent_of, roots};

/// A message whose place is looked at.
pub(crate) struct Member {
    pub identity: String,
    pub message: Message,
    /// The row of the conversation in which it was; 0: it is new.
    pub was_in: i64,
}

/// A conversation as it is now.
pub(crate) struct Group {
    pub root: String,
    /// The row that it has already.
    pub row: Option<i64>,
    /// Its members, ascending.
    pub keys: Vec<i64>,
}

/// The statements, at hand for all messages of a batch.
struct Questions<'c> {
    members: CachedStatement<'c>,
    bearers: CachedStatement<'c>,
    namers: CachedStatement<'c>,
    place: CachedStatement<'c>,
    row: CachedStatement<'c>,
}

impl<'c> Questions<'c> {
    fn new(cache: &'c Connection) -> Result<Self> {
        Ok(Self {
            members: cache.prepare_cached(&format!(
                "SELECT {}, m.identity FROM message m JOIN header h ON h.id = m.id WHERE m.conversation = ?1",
                columns::MESSAGE
            ))?,
            bearers: cache.prepare_cached("SELECT conversation FROM message WHERE mailbox = ?1 AND name = ?2")?,
            namers: cache.prepare_cached(
                "SELECT m.conversation FROM reference r JOIN message m ON m.id = r.message
                 WHERE r.mailbox = ?1 AND r.name = ?2",
            )?,
            place: cache.prepare_cached(
                "SELECT conversation FROM message WHERE mailbox = ?1 AND name = ?2 AND identity = ?3 LIMIT 1",
            )?,
            row: cache.prepare_cached(row::FIND)?,
        })
    }

    /// The conversation where a message with this id lies; `None` where there is no such message.
    fn place_of(&mut self, mailbox: i64, identity: &str) -> Result<Option<i64>> {
        let place = self.place.query_row((mailbox, conversation_id(identity).0, identity), |row| row.get(0));
        Ok(place.optional()?)
    }

    /// The row of the conversation with this root.
    fn row_of(&mut self, mailbox: i64, root: &str) -> Result<Option<i64>> {
        let row = self.row.query_row((mailbox, conversation_id(root).0, root), |row| row.get(0));
        Ok(row.optional()?)
    }
}

/// All messages whose conversation a change can touch.
pub(crate) struct Neighbourhood<'c, R> {
    mailbox: i64,
    role: R,
    ask: Questions<'c>,
    pub members: BTreeMap<i64, Member>,
    /// Conversations (by row) that were taken in whole.
    pub conversations: HashSet<i64>,
    /// Members whose parents were not looked up yet.
    unlooked: Vec<i64>,
    ids: HashSet<String>,
    /// Ids that are no member's: the conversation where each lies, where it is present at all.
    elsewhere: HashMap<String, Option<i64>>,
    /// Rows of the conversations with these roots, as far as they were asked for.
    rows: HashMap<String, Option<i64>>,
}

impl<'c, R: Fn(i64) -> Role> Neighbourhood<'c, R> {
    pub(crate) fn new(cache: &'c Connection, mailbox: i64, role: R) -> Result<Self> {
        Ok(Self {
            mailbox,
            role,
            ask: Questions::new(cache)?,
            members: BTreeMap::new(),
            conversations: HashSet::new(),
            unlooked: Vec::new(),
            ids: HashSet::new(),
            elsewhere: HashMap::new(),
            rows: HashMap::new(),
        })
    }

    /// Takes in a message that has just been added.
    pub(crate) fn take_new(&mut self, key: i64, identity: String, message: Message) {
        self.take(key, Member { identity, message, was_in: 0 });
    }

    fn take(&mut self, key: i64, member: Member) {
        self.ids.insert(member.identity.clone());
        self.members.insert(key, member);
        self.unlooked.push(key);
    }

    /// Takes in a conversation with all messages that it still has; `false` where that was done before.
    pub(crate) fn take_conversation(&mut self, conversation: i64) -> Result<bool> {
        if conversation == 0 || !self.conversations.insert(conversation) {
            return Ok(false);
        }
        let rows = self.ask.members.query_map([conversation], |row| {
            let (key, message) = columns::message(row, &self.role)?;
            Ok((key, Member { identity: row.get(columns::MESSAGE_WIDTH)?, message, was_in: conversation }))
        })?;
        let members: Vec<(i64, Member)> = rows.collect::<rusqlite::Result<_>>()?;
        for (key, member) in members {
            self.take(key, member);
        }
        Ok(true)
    }

    /// Takes in whatever bears or names an id that came or went; `name` is the id's hash.
    pub(crate) fn take_around(&mut self, name: &str) -> Result<()> {
        let mut conversations: Vec<i64> = Vec::new();
        for statement in [&mut self.ask.bearers, &mut self.ask.namers] {
            for conversation in statement.query_map((self.mailbox, name), |row| row.get(0))? {
                conversations.push(conversation?);
            }
        }
        for conversation in conversations {
            self.take_conversation(conversation)?;
        }
        Ok(())
    }

    /// The conversations as they are now, with all their members. Takes in what these touch in turn.
    pub(crate) fn conversations_now(&mut self) -> Result<Vec<Group>> {
        loop {
            self.take_parents()?;
            let nodes: Vec<Node> =
                self.members.values().map(|member| node(&member.identity, &member.message)).collect();
            let mut now: BTreeMap<String, Vec<i64>> = BTreeMap::new();
            for (key, root) in self.members.keys().zip(roots(&nodes)) {
                now.entry(root).or_default().push(*key);
            }
            let mut has_grown = false;
            let mut groups = Vec::with_capacity(now.len());
            for (root, keys) in now {
                let row = self.row_of(&root)?;
                // Two that name the same missing root are one conversation, though neither names the other.
                if let Some(row) = row {
                    has_grown |= self.take_conversation(row)?;
                }
                groups.push(Group { root, row, keys });
            }
            if !has_grown {
                return Ok(groups);
            }
        }
    }

    fn take_parents(&mut self) -> Result<()> {
        while let Some(key) = self.unlooked.pop() {
            let Some(member) = self.members.get(&key) else { continue };
            let Self { ask, mailbox, ids, elsewhere, .. } = self;
            let mut failure = None;
            let parent = parent_of(&node(&member.identity, &member.message), &mut |id| {
                if ids.contains(id) {
                    return true;
                }
                if let Some(place) = elsewhere.get(id) {
                    return place.is_some();
                }
                match ask.place_of(*mailbox, id) {
                    Ok(place) => {
                        elsewhere.insert(id.to_owned(), place);
                        place.is_some()
                    }
                    Err(error) => {
                        failure.get_or_insert(error);
                        false
                    }
                }
            });
            if let Some(error) = failure {
                return Err(error);
            }
            let conversation = match parent {
                Parent::Present(id) => self.elsewhere.get(&id).copied().flatten(),
                // Others may have named it before.
                Parent::Missing(root) => self.row_of(&root)?,
                Parent::None => None,
            };
            if let Some(conversation) = conversation {
                self.take_conversation(conversation)?;
            }
        }
        Ok(())
    }

    fn row_of(&mut self, root: &str) -> Result<Option<i64>> {
        if let Some(row) = self.rows.get(root) {
            return Ok(*row);
        }
        let row = self.ask.row_of(self.mailbox, root)?;
        self.rows.insert(root.to_owned(), row);
        Ok(row)
    }
}

fn node<'a>(identity: &'a str, message: &'a Message) -> Node<'a> {
    Node { id: identity, references: &message.references, in_reply_to: &message.in_reply_to }
}
