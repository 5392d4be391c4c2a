//! Profiles: where the hands of somebody who comes from another program find what they know.
//!
//! A line gives an action all its keys in some contexts. What a profile does not name keeps the keys of the table, but for
//! those that a line here takes for something else; what would have no key left has its old ones with Alt. `mutt` follows the default bindings of mutt's index and pager, `gmail`
//! those of Gmail's keyboard shortcuts; both only for what bagsy does. A line for an action that is not in the table is
//! a fault that a test finds.

use super::{Context as C, MAIL};

/// Which keys lie below the person's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    #[default]
    Default,
    Mutt,
    Gmail,
}

/// An action's keys in a profile.
pub(super) struct Line {
    pub(super) contexts: &'static [C],
    pub(super) name: &'static str,
    pub(super) keys: &'static [&'static str],
}

macro_rules! lines {
    ($($contexts:expr, $name:literal, [$($key:literal),+];)*) => {
        &[$(Line { contexts: $contexts, name: $name, keys: &[$($key),+] }),*]
    };
}

const QUEUE: &[C] = &[C::Queue];
const READING: &[C] = &[C::Reading];

const MUTT: &[Line] = lines![
    // c changes the folder there, so to claim is a: assign to me.
    MAIL, "claim", ["a"];
    MAIL, "mailboxes", ["c", "M"];
    MAIL, "reply-all", ["g"];
    MAIL, "tag", ["Y"];
    MAIL, "urgent", ["F", "!"];
    MAIL, "unread", ["N"];
    MAIL, "move", ["s", "v"];
    MAIL, "undo", ["u"];
    MAIL, "takeover", ["O"];
    // It recalls what was postponed; Alt-O begins a function key in most terminals.
    MAIL, "outbox", ["R"];
    MAIL, "next-mailbox", ["Ctrl-n"];
    MAIL, "previous-mailbox", ["Ctrl-p"];
    QUEUE, "select", ["t"];
    // As mutt tags by a pattern.
    QUEUE, "select-alike", ["T"];
    QUEUE, "sync", ["$", "G"];
    QUEUE, "top", ["=", "Home"];
    QUEUE, "bottom", ["*", "End"];
    QUEUE, "half-page-down", ["]", "z", "PageDown", "Ctrl-d"];
    QUEUE, "half-page-up", ["[", "Z", "PageUp", "Ctrl-u"];
    QUEUE, "quit", ["q", "x"];
    READING, "sync", ["G"];
    READING, "top", ["^", "Home"];
    READING, "bottom", ["$", "End"];
    READING, "line-down", ["Enter", "Down"];
    READING, "line-up", ["Backspace", "Up"];
    READING, "half-page-down", ["Space", "PageDown", "Ctrl-d"];
    READING, "half-page-up", ["-", "PageUp", "Ctrl-u"];
    READING, "next-conversation", ["j", "J", "Right"];
    READING, "previous-conversation", ["k", "K", "Left"];
    READING, "unfold", ["T"];
    READING, "back", ["q", "i", "x", "Esc"];
];

const GMAIL: &[Line] = lines![
    // c composes there, so to claim is m: mine.
    MAIL, "claim", ["m"];
    MAIL, "new", ["c"];
    MAIL, "tag", ["l"];
    MAIL, "urgent", ["s", "+"];
    MAIL, "unread", ["U"];
    MAIL, "trash", ["#"];
    MAIL, "junk", ["!"];
    MAIL, "view-inbox", ["g i", "1"];
    MAIL, "view-all", ["g a", "8"];
    MAIL, "next-mailbox", ["`", "]"];
    MAIL, "previous-mailbox", ["~", "["];
    QUEUE, "select", ["x"];
    QUEUE, "open", ["o", "Enter"];
    READING, "unfold", ["o", "Enter"];
    READING, "next-conversation", ["j", "J"];
    READING, "previous-conversation", ["k", "K"];
    READING, "line-down", ["Down"];
    READING, "line-up", ["Up"];
    READING, "half-page-down", ["Space", "Ctrl-d", "PageDown"];
    READING, "back", ["u", "q", "Esc"];
];

impl Profile {
    pub const ALL: [Self; 3] = [Self::Default, Self::Mutt, Self::Gmail];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Mutt => "mutt",
            Self::Gmail => "gmail",
        }
    }

    pub(super) fn lines(self) -> &'static [Line] {
        match self {
            Self::Default => &[],
            Self::Mutt => MUTT,
            Self::Gmail => GMAIL,
        }
    }

    /// The keys that it gives an action in a context, where it does.
    pub(super) fn keys(self, context: C, name: &str) -> Option<&'static [&'static str]> {
        self.lines().iter().find(|line| line.name == name && line.contexts.contains(&context)).map(|line| line.keys)
    }
}
