//! What the screen asks of the engine and what the engine answers: plain messages, no locks shared.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::finder::Sought;
pub use super::kept::{Attached, Forwards};
pub use crate::config::AfterReply;
use crate::mail::compose::Draft;
use crate::model::{Action, Change, Conversation, ErrorKind, Expectation, Filed, Mailbox, Refusal, Role, Uid};
use crate::wire::answer::Seen;

/// Joins a [`Command`] to the [`Event::Done`] that answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket(pub u64);

/// One conversation of one mailbox, by its root's Message-ID.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The mailbox's key (`Mailbox::key`).
    pub mailbox: String,
    pub root: String,
}

/// An answer in an outbox. Each login numbers its own, so a number alone names none where there are several.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Item {
    /// The key of the mailbox that it is an answer of.
    pub mailbox: String,
    pub number: i64,
}

/// What stands before the root in the place of a text that forwards a conversation. No Message-ID has a line end in it.
const FORWARD: &str = "forward\n";
/// What stands before the name of a text that begins a conversation: several may be begun.
const NEW: &str = "new\n";

impl Target {
    /// The answer of this number that lies here. Its conversation may get another root on its way, its mailbox stays.
    pub fn item(&self, number: i64) -> Item {
        Item { mailbox: self.mailbox.clone(), number }
    }

    /// The place of a text that begins a conversation. `name`: what no other such text has.
    pub fn new_mail(mailbox: &str, name: &str) -> Self {
        Self { mailbox: mailbox.to_owned(), root: format!("{NEW}{name}") }
    }

    /// The place of a text that forwards something of the conversation with this root: it begins one of its own, and lies
    /// apart from the answer that may be written meanwhile.
    pub fn forward(mailbox: &str, root: &str) -> Self {
        Self { mailbox: mailbox.to_owned(), root: format!("{FORWARD}{root}") }
    }

    /// Whether a text that lies here begins a conversation of its own.
    pub fn is_opening(&self) -> bool {
        // Without a name: kept by a version that knew one such text.
        self.root.is_empty() || [NEW, FORWARD].iter().any(|kind| self.root.starts_with(kind))
    }

    /// The conversation of which something is forwarded by a text that lies here.
    pub fn forwarded(&self) -> Option<Self> {
        let root = self.root.strip_prefix(FORWARD)?;
        Some(Self { mailbox: self.mailbox.clone(), root: root.to_owned() })
    }
}

/// What a person says of an answer whose fate is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It reached the customer.
    WasSent,
    /// It did not, and shall not; its text is kept.
    Discard,
}

/// A mail ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub target: Target,
    pub draft: Draft,
    /// The files that go along, beside what is forwarded: their octets lie on the desk.
    pub attached: Vec<Attached>,
    /// What is forwarded.
    pub forwards: Option<Forwards>,
    /// The Message-ID of the message that is answered; empty where it begins a conversation of its own.
    pub answered: String,
    /// What its writer had seen when it was begun; anything of the conversation beyond stops the sending.
    pub seen: Seen,
    /// `None`: as the mailbox's configuration says.
    pub then: Option<AfterReply>,
    /// Its writer was warned that no announcement can be written.
    pub unannounced: bool,
    /// The hand in whose draft it was written, on the screen; a verb's text comes from elsewhere, and drafts stay.
    pub hand: Option<String>,
}

/// What the screen asks for.
#[derive(Debug)]
pub enum Command {
    Act {
        ticket: Ticket,
        target: Target,
        action: Action,
        expect: Expectation,
        /// The newest UID in INBOX that the person had before their eyes: what nobody has seen is not finished with it.
        /// `None`: whatever is there when the engine looks.
        upto: Option<Uid>,
    },
    /// Claim the free conversation that has waited longest.
    Next {
        ticket: Ticket,
        mailbox: String,
    },
    /// Bring the bodies of a conversation into the cache.
    Open {
        target: Target,
    },
    /// Bring what is to be forwarded onto the desk. `target`: where the text lies; `of`: what names the message.
    Forward {
        target: Target,
        of: String,
    },
    /// Put a mail into the outbox; it is sent after `hold`, until then [`Command::Unsend`] takes it back.
    Send {
        ticket: Ticket,
        answer: Box<Answer>,
        hold: Duration,
    },
    Unsend {
        ticket: Ticket,
        mailbox: String,
        item: i64,
    },
    /// Settle the pending answer of a conversation whose fate is unknown.
    Settle {
        ticket: Ticket,
        target: Target,
        verdict: Verdict,
    },
    /// Bring a mail, or a part of it, into a file.
    Fetch {
        ticket: Ticket,
        mailbox: String,
        fetch: Fetch,
    },
    /// The folders of a mailbox in which mail can be filed.
    Folders {
        mailbox: String,
    },
    /// Ask the server for what a query finds beyond the cache; [`Event::Found`] answers. It takes the place of the one before.
    Search(Box<Sought>),
    /// Nobody waits for the last search in a mailbox any more.
    StopSearch {
        mailbox: String,
    },
    SyncNow,
    Quit,
}

/// A whole mail or one part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it is, headers and all.
    Whole,
    /// By its number (RFC 3501 §6.4.5), decoded.
    Part(String),
}

/// What is brought into which folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    pub role: Role,
    pub uid: Uid,
    pub piece: Piece,
    pub folder: PathBuf,
    /// Made safe once more; where a file has it already, the next one that is free.
    pub name: String,
    /// For nobody else's eyes.
    pub is_private: bool,
}

/// A folder in which mail can be filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderChoice {
    /// Its IMAP name.
    pub name: String,
    /// Its name for people, as the server tells it: not safe for a terminal.
    pub shown: String,
    /// Why nothing can be put there.
    pub why_not: Option<String>,
}

/// What the server has for a search, as it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is being asked for this folder.
    Asking(Role),
    /// Messages with what is looked for, and messages with what is not to be there; so many older ones of the first are not
    /// shown.
    Hits { also: Vec<(Role, Uid)>, but: Vec<(Role, Uid)>, left_out: u32 },
    /// All folders were asked.
    Complete,
    /// Some or all could not be asked.
    Failed(Refusal),
}

/// How a mailbox's connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    Connecting,
    /// The first filling of the cache: messages known and expected.
    Syncing {
        done: u32,
        total: u32,
    },
    /// INBOX is wholly known and watched.
    Live,
    Offline {
        since: Timestamp,
        retry_at: Timestamp,
        why: String,
        /// What a person has to do before it can be otherwise: the sign-in is refused, or nobody is signed in. It is tried
        /// again all the same.
        cure: Option<String>,
    },
}

impl Connection {
    /// There is none, for this reason.
    pub fn lost(since: Timestamp, retry_at: Timestamp, why: Refusal) -> Self {
        let cure = why.hint.filter(|_| why.kind == ErrorKind::Auth);
        Self::Offline { since, retry_at, why: why.message, cure }
    }
}

/// What the engine tells.
#[derive(Debug, Clone)]
pub enum Event {
    /// The mailboxes were found anew.
    Mailboxes(Vec<Mailbox>),
    /// Keywords that are known in a mailbox's INBOX, in use or not: names are scarce, and a new one is asked about.
    Keywords {
        mailbox: String,
        names: Vec<String>,
    },
    Connection {
        mailbox: String,
        state: Connection,
    },
    /// Rows changed in a cache, by this process or another: ask it again for what is shown.
    Changed,
    /// A teammate's (or one's own other device's) doing, for the line above the hints.
    Happened(Change),
    /// The message on which this person's claim stood left INBOX: the claim stands on the next one, or is lost.
    LockLeft {
        target: Target,
        subject: String,
        outcome: Result<(), Refusal>,
    },
    /// A command came to its end: the conversation as it is now, or why not.
    Done {
        ticket: Ticket,
        outcome: Result<Option<Box<Conversation>>, Refusal>,
    },
    /// What a command has filed, told before its [`Event::Done`]: by this it can be brought back.
    Filed {
        ticket: Ticket,
        filed: Box<Filed>,
    },
    /// How far a file has come, in octets as the mail has them.
    Fetching {
        ticket: Ticket,
        octets: u64,
        of: u64,
    },
    Fetched {
        ticket: Ticket,
        outcome: Result<PathBuf, Refusal>,
    },
    Folders {
        mailbox: String,
        outcome: Result<Vec<FolderChoice>, Refusal>,
    },
    /// The bodies of a conversation are in the cache, or could not be had.
    Opened {
        target: Target,
        outcome: Result<(), Refusal>,
    },
    /// What is to be forwarded lies on the desk, or could not be had.
    Forwarding {
        target: Target,
        outcome: Result<Box<Forwards>, Refusal>,
    },
    /// What the server has for a [`Command::Search`].
    Found {
        ticket: Ticket,
        finding: Finding,
    },
    /// An answer is in the outbox and can be taken back until then.
    Held {
        ticket: Ticket,
        item: i64,
        target: Target,
        until: Timestamp,
    },
    /// An answer that was held has been taken back; its text is the conversation's draft again.
    TakenBack {
        item: i64,
        target: Target,
    },
    Sent {
        item: i64,
        target: Target,
    },
    /// It stays in the outbox (retried when the failure passes by itself) or its text is the conversation's draft again.
    NotSent {
        item: i64,
        target: Target,
        refusal: Refusal,
    },
}
