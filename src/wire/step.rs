//! What a protocol asks of the one who carries it out, and what it is told: the protocols are state machines without
//! socket or clock, and one short loop drives them all.
//!
//! ```text
//! let (mut protocol, mut ask) = Claim::start(…);
//! loop {
//!     match protocol.next(carry_out(ask), now_ms) {
//!         Step::Ask(next) => ask = next,
//!         Step::Finished(outcome) => break outcome,
//!     }
//! }
//! ```
//! A protocol whose connection breaks is dropped; a new one starts with a look.

use super::state;
use crate::model::{Assignee, ErrorKind, Expectation, Flags, Handle, ModSeq, Status, Uid};

/// One message of the conversation in INBOX, as a fresh look shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sight {
    pub uid: Uid,
    /// `None` where the server has no CONDSTORE.
    pub modseq: Option<ModSeq>,
    pub flags: Flags,
    /// Not ours: see `wire::state`.
    pub incoming: bool,
    /// An automatic answer: it does not count as the newest.
    pub auto_reply: bool,
}

/// How a STORE changes the flags of one message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FlagChange {
    Add(Vec<String>),
    Remove(Vec<String>),
    /// The whole set; never without a guard.
    Replace(Vec<String>),
}

/// What a protocol wants done next; one at a time, each answered by a [`Told`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ask {
    /// NOOP, bring INBOX up to UIDNEXT, then `UID FETCH (FLAGS MODSEQ)` of every member of the conversation in INBOX.
    Look,
    /// `UID STORE` of one UID, guarded where `unchanged_since` is given (RFC 7162 §3.1.3). Nothing is sent behind it before
    /// its tagged answer is there.
    Store { uid: Uid, unchanged_since: Option<ModSeq>, change: FlagChange },
    /// `UID MOVE` to where the action takes them: Archive, or the folder in which a person files them.
    Move { uids: Vec<Uid> },
    /// Pause for a random time between the two, in milliseconds.
    Wait { from_ms: u64, to_ms: u64 },
}

/// The answer to an [`Ask`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Told {
    /// Ascending UID; the first is the lock. Empty: nothing of the conversation is in INBOX.
    Seen(Vec<Sight>),
    /// `accepted`: tagged OK. `modified`: the code MODIFIED, on OK or NO. `fetched`: an untagged FETCH of that UID came.
    Stored {
        accepted: bool,
        modified: bool,
        fetched: bool,
    },
    Moved {
        accepted: bool,
    },
    Waited,
}

/// What comes after an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step<A, O> {
    Ask(A),
    Finished(O),
}

/// A protocol of the wire: told the answer to what it asked last, it says what comes next.
pub trait Protocol {
    /// What it asks for.
    type Ask;
    /// What it is told.
    type Told;
    /// How it ends.
    type Outcome;

    /// `now_ms` is a clock that only runs forward, of any beginning.
    fn next(&mut self, told: Self::Told, now_ms: u64) -> Step<Self::Ask, Self::Outcome>;
}

/// How a change of a conversation ends: with its messages in INBOX as they were read back, or not made.
pub type Changed = Result<Vec<Sight>, Stopped>;

/// A step of the protocols that change a conversation in INBOX.
pub type ChangeStep = Step<Ask, Changed>;

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Stopped {
    /// Somebody else holds it.
    Held(Handle),
    /// Two or more claims stand on one message, and stayed.
    Contested(Vec<Handle>),
    /// What was expected no longer holds: this is so instead.
    NoLongerSo { assignee: Assignee, status: Status },
    /// Nothing of it is in INBOX.
    NotInInbox,
    /// The server said NO, and not because of the guard.
    Refused,
    /// The server says OK and keeps nothing: no right, or keywords are dropped.
    NotKept,
    /// Ten seconds are over and nobody holds it: failed, not lost.
    TimedOut,
    /// The server gave no MODSEQ to guard with.
    Unguarded,
    /// An answer that fits no question: a fault of the one who carries out.
    OutOfStep,
}

impl Stopped {
    /// The kind of failure that scripts and screens act on.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Held(_) => ErrorKind::Held,
            Self::Contested(_) => ErrorKind::Contested,
            Self::NoLongerSo { .. } => ErrorKind::Overtaken,
            Self::NotInInbox => ErrorKind::NotFound,
            Self::Refused | Self::NotKept => ErrorKind::Rights,
            Self::TimedOut | Self::Unguarded | Self::OutOfStep => ErrorKind::Failed,
        }
    }

    /// Whoever holds the conversation, where that is why.
    pub fn holder(&self) -> Option<&Handle> {
        match self {
            Self::Held(holder) => Some(holder),
            Self::NoLongerSo { assignee, .. } => assignee.holder(),
            _ => None,
        }
    }
}

/// Ten seconds: how long a protocol tries again what is never decided.
pub const LIMIT_MS: u64 = 10_000;

/// How long a claim must have stood, seen twice, before anybody but who stored it names it as a result.
pub const CONFIRM_MS: u64 = 400;

/// How often a server may say OK and keep nothing before it is believed to keep nothing.
pub(super) const IGNORED: u8 = 3;

/// When a protocol began, and what follows from it. The pauses grow with the time that has passed, so that racers draw
/// apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Timer {
    began_ms: Option<u64>,
}

impl Timer {
    /// Milliseconds since the first answer.
    pub fn elapsed(&mut self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(*self.began_ms.get_or_insert(now_ms))
    }

    pub fn is_over(&mut self, now_ms: u64) -> bool {
        self.elapsed(now_ms) >= LIMIT_MS
    }

    /// The random pause before the next try.
    pub fn pause(&mut self, now_ms: u64) -> Ask {
        let elapsed = self.elapsed(now_ms);
        Ask::Wait { from_ms: (20 + elapsed / 8).min(500), to_ms: (100 + elapsed / 2).min(1500) }
    }
}

/// The pause before a confirming look.
pub(super) fn confirming_pause() -> Ask {
    Ask::Wait { from_ms: CONFIRM_MS, to_ms: CONFIRM_MS + 100 }
}

/// What was expected and no longer holds, for `me`.
pub(super) fn broken(expect: &Expectation, inbox: &[Sight], me: &Handle) -> Option<Stopped> {
    let (assignee, status) = (state::assignee(inbox), state::status(inbox));
    if expect.assignee.as_ref().is_some_and(|expected| *expected != assignee) {
        return Some(match assignee {
            Assignee::Held(other) if other != *me => Stopped::Held(other),
            Assignee::Contested(handles) => Stopped::Contested(handles),
            assignee => Stopped::NoLongerSo { assignee, status },
        });
    }
    let wrong = expect.status.is_some_and(|expected| expected != status);
    wrong.then_some(Stopped::NoLongerSo { assignee, status })
}

/// The keywords of `flags` that `wanted` picks, in the spelling that is there.
pub fn spelled(flags: &Flags, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    flags.keywords.iter().filter(|k| wanted(k)).cloned().collect()
}

/// The whole set as fetched, less the keywords that `off` picks, with `on` added: for a guarded `FLAGS (…)`.
pub(super) fn whole_set(flags: &Flags, off: impl Fn(&str) -> bool, on: &str) -> FlagChange {
    let mut set = flags.clone();
    set.keywords.retain(|k| !off(k));
    if !set.has(on) {
        set.keywords.push(on.to_owned());
    }
    FlagChange::Replace(set.atoms())
}
