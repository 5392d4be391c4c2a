//! A conversation as a queue shows it, and as `--json` prints it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Address, ConversationId, Expectation, Handle, Role, Uid};

/// Whose turn it is (docs/protocol.md, *Status*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Open,
    Waiting,
    Snoozed,
    Done,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Snoozed => "snoozed",
            Self::Done => "done",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Open, Self::Waiting, Self::Snoozed, Self::Done].into_iter().find(|s| s.as_str() == word)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who holds a conversation (docs/protocol.md, *Claim*).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Assignee {
    Free,
    Held(Handle),
    /// Two or more claims on one message; nobody answers until it is settled. Sorted.
    Contested(Vec<Handle>),
}

impl Assignee {
    /// The one holder, where there is exactly one.
    pub fn holder(&self) -> Option<&Handle> {
        match self {
            Self::Held(handle) => Some(handle),
            _ => None,
        }
    }

    pub fn is_held_by(&self, me: &Handle) -> bool {
        self.holder() == Some(me)
    }

    /// Everybody with a claim: none, one, or the contestants.
    pub fn claimants(&self) -> &[Handle] {
        match self {
            Self::Free => &[],
            Self::Held(handle) => std::slice::from_ref(handle),
            Self::Contested(handles) => handles,
        }
    }
}

impl From<Option<Handle>> for Assignee {
    fn from(holder: Option<Handle>) -> Self {
        holder.map_or(Self::Free, Self::Held)
    }
}

impl fmt::Display for Assignee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Free => f.write_str("nobody"),
            Self::Held(handle) => handle.fmt(f),
            Self::Contested(handles) => {
                let names: Vec<&str> = handles.iter().map(Handle::as_str).collect();
                f.write_str(&names.join(" and "))
            }
        }
    }
}

/// What a teammate does in a conversation right now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    pub by: Handle,
    /// `viewing` or `writing`.
    pub doing: String,
    pub since: Timestamp,
}

/// One row of a queue: a conversation as all its present messages make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    pub id: ConversationId,
    /// The root's Message-ID (present, missing or made up): the key, where `id` is only a name.
    pub root: String,
    /// The mailbox's address (its root's IMAP name where it has no address).
    pub mailbox: String,
    /// Where its newest message that is somebody's work lies: Inbox where any message is there, else Archive, else Sent.
    pub folder: Role,
    pub subject: String,
    /// Whoever began it from outside.
    pub from: Address,
    pub status: Status,
    pub assignee: Assignee,
    /// Sorted, without doubles.
    pub tags: Vec<String>,
    pub urgent: bool,
    pub unread: bool,
    /// Messages in the conversation, equal ones counted once.
    pub messages: u32,
    /// UIDs in `folder`, ascending.
    pub uids: Vec<Uid>,
    /// The newest INTERNALDATE.
    pub last_at: Timestamp,
    /// Since when the customer has been without an answer.
    pub waiting_since: Option<Timestamp>,
    pub snoozed_until: Option<Timestamp>,
    pub has_attachment: bool,
    /// Newest message older than the mailbox's `since`: in All and in search only.
    pub is_old: bool,
    /// A copy in Sent that is announced and neither sent nor void: its fate is open. Whose it is cannot be told from here.
    pub has_pending_answer: bool,
}

impl Conversation {
    pub fn is_contested(&self) -> bool {
        matches!(self.assignee, Assignee::Contested(_))
    }

    /// Holder and status as its person sees them now, as what a change expects to find. Of a contest no holder is named: who
    /// changes it is told of it all the same; nor of what is done, which has none once it lies in Archive.
    pub fn as_seen(&self) -> Expectation {
        let has_holder = !self.is_contested() && self.status != Status::Done;
        Expectation { assignee: has_holder.then(|| self.assignee.clone()), status: Some(self.status) }
    }

    /// The newest of its messages in INBOX; `None` where none is there.
    pub fn newest_in_inbox(&self) -> Option<Uid> {
        self.uids.iter().copied().max().filter(|_| self.folder == Role::Inbox)
    }

    /// The conversation as DESIGN's JSON object; `folder_name` is the IMAP name of [`Conversation::folder`].
    pub fn to_json(&self, folder_name: &str) -> serde_json::Value {
        serde_json::json!({
            "id": self.id,
            "mailbox": self.mailbox,
            "folder": folder_name,
            "subject": self.subject,
            "from": { "name": self.from.name, "email": self.from.email },
            "status": self.status,
            "assignee": self.assignee.holder(),
            "contested": self.is_contested(),
            "tags": self.tags,
            "urgent": self.urgent,
            "unread": self.unread,
            "messages": self.messages,
            "uids": self.uids,
            "last_at": self.last_at,
            "waiting_since": self.waiting_since,
            "snoozed_until": self.snoozed_until,
            "presence": [],
        })
    }
}
