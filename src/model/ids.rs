//! The names by which mail is known: UIDs and mod-sequences of a folder, Message-IDs, conversation ids.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A message's unique identifier in one folder (RFC 3501 §2.3.1.1); never 0 on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(pub u32);

/// The value that makes UIDs of a folder comparable at all (RFC 3501 §2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UidValidity(pub u32);

/// A message's modification sequence (RFC 7162 §3.1); it grows with every change of its flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModSeq(pub u64);

/// A Message-ID without its angle brackets (RFC 5322 §3.6.4). Compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub String);

impl MessageId {
    /// The id as it stands in a header, in angle brackets.
    pub fn bracketed(&self) -> String {
        format!("<{}>", self.0)
    }
}

/// The ten characters by which people name a conversation: base32 of a hash of its root's Message-ID
/// (docs/protocol.md, *Conversation*). A name, not a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConversationId(pub String);

macro_rules! display_inner {
    ($($t:ty),*) => {$(
        impl fmt::Display for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
display_inner!(Uid, UidValidity, ModSeq, MessageId, ConversationId);
