//! What a person can do to a conversation, the same for keys and verbs.

use super::{Assignee, Destination, Filed, Handle, MessageId, Status, Uid};

/// One change of one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Claim,
    Release,
    Assign(Handle),
    TakeOver,
    /// Taken from this holder and left to nobody: what undoes an assignment of what was free.
    Unassign(Handle),
    Waiting,
    Done,
    Reopen,
    Tag {
        add: Vec<String>,
        remove: Vec<String>,
    },
    Urgent(bool),
    /// Set or take off `\Seen` on all its messages in INBOX.
    Seen(bool),
    /// The same on these alone, by UID and Message-ID as they were: what undoes [`Action::Seen`] leaves the others as they are.
    SeenOf {
        seen: bool,
        of: Vec<(Uid, Option<MessageId>)>,
    },
    /// No longer done: it gets this status, and is free again where the claim came with finishing. What undoes finishing by
    /// the keyword alone.
    Unfinish {
        status: Status,
        was_free: bool,
    },
    /// Move what is in INBOX of it to where it is no work. Free conversations are claimed first, as by done: of two who move
    /// one message at once, both would leave a copy.
    File(Destination),
    /// Bring back what was filed, as long as nobody else touched it there.
    Return(Box<Filed>),
}

/// What a change expects to find; where it no longer holds, nothing is changed (exit code 3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Expectation {
    pub assignee: Option<Assignee>,
    pub status: Option<Status>,
}
