//! The answering protocol: announce, then check, then act (docs/protocol.md#answering).
//!
//! A copy in Sent announces an answer before it goes out; of several the lowest UID goes on. That holds even where every
//! claim rule failed, and whatever the moment at which a program dies: each point from which things cannot be undone is in
//! the outbox before it is passed ([`Stage`]), and [`Answer::start`] takes up any of them. What may have reached the
//! customer is never sent again by itself.
//!
//! Pure: `engine` carries out what [`Ask`] says. Here are the words; `machine` has the order of the steps, `check` what a
//! fresh look says against an answer.

mod check;
mod machine;
mod seen;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::keywords::{self, Fate};
use super::status::Goal;
use super::step::{self, Sight};
use crate::model::{Assignee, Expectation, Flags, Handle, ModSeq, Status, Uid};

pub use machine::Answer;
pub use seen::{Numbering, Seen, is_answered};

/// What an answer is, apart from its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    pub me: Handle,
    /// What its writer had seen when it was begun.
    pub seen: Seen,
    /// What its writer expects of the conversation when the claim is made, as long as nothing of the answer is announced.
    pub expect: Expectation,
    /// How many recipients the envelope has.
    pub recipients: usize,
    /// Whether the mailbox keeps claims; where it does not, announce and check stand alone.
    pub claims: bool,
    /// Whether Sent can be written, and keeps the keywords of an announcement as far as it tells.
    pub announce: bool,
    /// Its person was warned that nothing may announce it, and wants it sent all the same.
    pub unannounced: bool,
    /// Whether Sent takes a plain copy of what was sent and has none there.
    pub files: bool,
    /// Whether a void copy may be deleted from Sent.
    pub may_delete: bool,
    /// What becomes of the conversation; `None` where the mailbox keeps no status.
    pub then: Option<Goal>,
}

/// Whether a conversation that is done, with nothing in INBOX, is as expected: nobody holds it.
pub fn fits_done(expect: &Expectation) -> bool {
    expect.status.is_none_or(|s| s == Status::Done) && expect.assignee.as_ref().is_none_or(|a| *a == Assignee::Free)
}

/// How far an answer has come: what the outbox stores, and what a restart begins from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Progress {
    pub stage: Stage,
    /// Own copies in Sent up to this UID are void because we made them so. After a change of Sent's UIDVALIDITY: 0.
    pub spent: Uid,
    /// Sent did not take the announcement: it goes without one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unannounced: bool,
}

impl Progress {
    /// Of an answer that was just put into the outbox.
    pub fn begin() -> Self {
        Self { stage: Stage::Unsent, spent: Uid(0), unannounced: false }
    }
}

/// The points from which an answer is taken up again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nothing of it is on any server.
    Unsent,
    /// Its copy may lie in Sent.
    Announcing,
    /// Its copy was in Sent.
    Announced,
    /// MAIL FROM may have been said; the text was not.
    Submitting,
    /// The text may have been taken: if it stops here, its fate is unknown.
    Transmitting,
    /// The submission server took it: what is left is to mark it.
    Submitted,
    /// It was not sent and its copy becomes void.
    Withdrawing(Ending),
    /// Stopped while transmitting: a person has to say.
    Unknown,
}

/// How an answer that was not sent ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It passes by itself: try again later.
    Later(String),
    /// Its writer has to look at it; the text is a draft again.
    NotSent(Why),
    /// Sent keeps no announcement: what was tried is taken back, and it is sent without one, as its person wants it.
    Unannounced,
}

/// Why an answer was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Somebody else holds the conversation.
    Held(Handle),
    /// Two claims stand there.
    Contested(Vec<Handle>),
    /// What its writer expected no longer holds.
    NotAsExpected { holder: Option<Handle>, status: Status },
    /// One's own claim is gone.
    Released,
    /// Mail came that its writer has not seen.
    NewerMail,
    /// Another mail program marked it answered meanwhile.
    AnsweredElsewhere,
    /// A teammate's answer lies in Sent, sent or on its way.
    Overtaken(Uid),
    /// An older answer lies in Sent whose fate is unknown: it has to be settled first.
    Unsettled(Uid),
    /// Its own copy was declared void (or sent, which it was not), or is gone.
    Discarded,
    /// The submission server refused it: the recipient with this index, or the answer as a whole.
    Refused { recipient: Option<usize>, reply: String },
    /// Sent did not take the copy.
    NotAnnounced,
    /// The mailbox kept no claim.
    NotClaimed,
}

/// How one run of an answer ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was sent (or a person said so), and is marked.
    Sent,
    /// It may have been sent. It stays in the outbox and is never sent again by itself.
    Unknown,
    /// It was not sent and stays in the outbox: another run takes it up.
    Later(String),
    /// It was not sent; its text is a draft again.
    NotSent(Why),
}

/// One copy of the conversation in Sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Copy {
    pub uid: Uid,
    pub modseq: Option<ModSeq>,
    pub flags: Flags,
    /// It has this answer's Message-ID.
    pub is_own: bool,
    /// By the server's clock it lies there for more than ten minutes.
    pub is_old: bool,
}

impl Copy {
    fn fate(&self) -> Fate {
        keywords::fate(&self.flags)
    }
}

/// What a look shows: after a NOOP, INBOX and Sent up to UIDNEXT.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct View {
    /// The conversation in INBOX, ascending.
    pub inbox: Vec<Sight>,
    /// Whether `\Answered` is on what is answered, wherever it lies.
    pub is_answered: bool,
    /// The conversation in Sent, and all copies with this answer's Message-ID; ascending.
    pub sent: Vec<Copy>,
    /// Whether a bounce or an incoming mail names this answer's Message-ID.
    pub is_named: bool,
}

/// What an answer wants done next; one at a time, each answered by the [`Told`] of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ask {
    Look,
    /// A step on the conversation in INBOX.
    Inbox(step::Ask),
    /// A step on the copies in Sent that have this answer's Message-ID and are pending; a look there shows only those.
    Copies(step::Ask),
    /// Take a copy out of Sent that is void (`\Deleted`, UID EXPUNGE).
    Delete(Uid),
    /// APPEND to Sent, with `$SubmitPending`. If no answer comes, connect anew before telling.
    Append,
    /// APPEND to Sent of what was sent and has no copy there, with no keyword. Likewise.
    File,
    /// `\Answered` on what is answered, wherever it lies.
    MarkAnswered,
    /// Into the outbox, on disk before the answer to this.
    Save(Progress),
    /// Connect to the submission server and sign in. A run that ends leaves it in any state: close it, or RSET before it is
    /// used again.
    Connect,
    MailFrom,
    /// RCPT TO the recipient with this index.
    Recipient(usize),
    /// RSET.
    Reset,
    /// DATA, the text, the final dot.
    Data,
}

/// The answer to an [`Ask`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Told {
    Looked(View),
    Inbox(step::Told),
    Copies(step::Told),
    Deleted,
    /// `None`: no answer came; it may be there or not.
    Appended(Option<bool>),
    MarkedAnswered,
    Saved,
    /// What the submission server said.
    Replied(Reply),
}

/// What the submission server said, or did not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reply {
    /// 2xx.
    Done,
    /// 4xx, or it cannot be reached; of DATA: also whatever failed before 354.
    Later(String),
    /// 5xx.
    Never(String),
    /// Nothing; of DATA: after 354, so that it may have been taken.
    Silent,
}
