//! The shared mailbox as a person at the desk sees it: conversations, who holds them, whose turn it is.
//!
//! Joined by ids and read by the keywords as docs/protocol.md says; the simulated people act on what this shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::demo::folder;
use crate::demo::post::{Mail, State, Stored};
use crate::model::{Flags, Status};
use crate::wire::keywords::{self, SUBMIT_PENDING, SUBMITTED, VOID};
use crate::wire::threading::{self, Node};

/// One mail in its place.
#[derive(Debug, Clone)]
pub struct Placed {
    pub path: &'static str,
    pub uid: u32,
    pub flags: Flags,
    pub mail: Arc<Mail>,
}

/// A conversation.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    /// The root's Message-ID, present or missing.
    pub root: String,
    /// Those in INBOX, ascending by UID: the first is the lock.
    pub inbox: Vec<Placed>,
    /// All mails, in the order in which they came.
    pub mails: Vec<Placed>,
}

impl Conversation {
    /// Who claims it, on any of its mails in INBOX.
    pub fn claimants(&self) -> Vec<String> {
        let handles = self.inbox.iter().flat_map(|placed| keywords::claimants(&placed.flags));
        let mut claimants: Vec<String> = handles.map(String::from).collect();
        claimants.sort();
        claimants.dedup();
        claimants
    }

    pub fn is_held_by(&self, name: &str) -> bool {
        self.claimants() == [name]
    }

    /// The newest mail in INBOX that is somebody's word, automatic answers passed over.
    pub fn newest_incoming(&self) -> Option<&Placed> {
        let is_word = |placed: &&Placed| !placed.mail.links().is_auto_reply;
        self.inbox.iter().rev().find(is_word).or(self.inbox.last())
    }

    /// Nobody has set it waiting, snoozed or done since the newest mail.
    pub fn is_open(&self) -> bool {
        self.newest_incoming().is_some_and(|newest| keywords::status(&newest.flags) == Status::Open)
    }

    /// Somebody is sending, or it is not known whether it was sent: hands off.
    pub fn is_pending(&self) -> bool {
        self.mails.iter().any(|placed| {
            let flags = &placed.flags;
            flags.has(SUBMIT_PENDING) && !flags.has(VOID) && !flags.has(SUBMITTED)
        })
    }

    /// The last mail, where that is ours and was sent.
    pub fn last_word_of_ours(&self) -> Option<&Placed> {
        let last = self.mails.iter().rfind(|placed| !placed.flags.has(VOID))?;
        (last.path == "Sent" && !self.is_pending()).then_some(last)
    }

    /// When the last mail came.
    pub fn last_at(&self) -> Timestamp {
        self.mails.last().map_or(Timestamp::MIN, |placed| placed.mail.internal_date())
    }

    /// A person wrote it, not a machine or a list.
    pub fn is_from_a_person(&self) -> bool {
        let is_bulk =
            |mail: &Mail| ["List-Id", "Auto-Submitted", "Precedence"].iter().any(|name| mail.field(name).is_some());
        self.mails.first().is_some_and(|first| first.path != "Sent" && !is_bulk(&first.mail))
    }
}

/// All conversations of the shared mailbox, by their roots.
pub fn conversations(state: &State) -> Vec<Conversation> {
    let mut mails: Vec<Placed> = Vec::new();
    for path in ["INBOX", "Sent", "Archive"] {
        let stored = state.folder(&folder(path)).map(|folder| folder.messages()).unwrap_or_default();
        let placed = |m: &Stored| Placed { path, uid: m.uid, flags: m.flags.clone(), mail: Arc::clone(&m.mail) };
        mails.extend(stored.iter().map(placed));
    }
    mails.sort_by_key(|placed| placed.mail.internal_date());
    let ids: Vec<String> = mails.iter().map(id_of).collect();
    let nodes: Vec<Node> = mails.iter().zip(&ids).map(|(placed, id)| node(placed, id)).collect();
    let roots = threading::roots(&nodes);
    let mut conversations: BTreeMap<String, Conversation> = BTreeMap::new();
    for (placed, root) in mails.into_iter().zip(roots) {
        let conversation = conversations.entry(root.clone()).or_default();
        conversation.root = root;
        if placed.path == "INBOX" {
            conversation.inbox.push(placed.clone());
        }
        conversation.mails.push(placed);
    }
    for conversation in conversations.values_mut() {
        conversation.inbox.sort_by_key(|placed| placed.uid);
    }
    conversations.into_values().collect()
}

/// Its Message-ID, or a name of its own where it has none.
fn id_of(placed: &Placed) -> String {
    let id = &placed.mail.links().message_id;
    if id.is_empty() { format!("nomid.{}.{}", placed.path, placed.uid) } else { id.clone() }
}

fn node<'a>(placed: &'a Placed, id: &'a str) -> Node<'a> {
    let links = placed.mail.links();
    Node { id, references: &links.references, in_reply_to: &links.in_reply_to }
}
