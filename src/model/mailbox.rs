//! A shared mailbox: its address, its folders by role, what this login may do there.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// What a folder is for (RFC 6154 where the server tells, well-known names or the configuration elsewhere).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The mailbox's root: the queue.
    Inbox,
    Sent,
    Archive,
    Drafts,
    Trash,
    Junk,
    Journal,
}

impl Role {
    pub const ALL: [Self; 7] =
        [Self::Inbox, Self::Sent, Self::Archive, Self::Drafts, Self::Trash, Self::Junk, Self::Journal];

    /// The folders that make up conversations, in the order in which they are synced.
    pub const SYNCED: [Self; 3] = [Self::Inbox, Self::Sent, Self::Archive];

    /// The configuration's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Sent => "sent",
            Self::Archive => "archive",
            Self::Drafts => "drafts",
            Self::Trash => "trash",
            Self::Junk => "junk",
            Self::Journal => "journal",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == word)
    }
}

/// The rights that MYRIGHTS told (RFC 4314 §2.1), letter by letter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Rights(pub String);

impl Rights {
    /// Whether every letter of `letters` is granted.
    pub fn grant(&self, letters: &str) -> bool {
        letters.chars().all(|letter| self.grants(letter))
    }

    /// Whether this one is. RFC 2086's `c` and `d` stand for `k`,`x` and `t`,`e`,`x`, but only where none of these is told: a
    /// server that knows the new letters shows the old ones beside the first of theirs that is granted (Cyrus: `lrswtd`).
    pub fn grants(&self, letter: char) -> bool {
        let is_old = !self.0.contains(['k', 'x', 't', 'e']);
        self.0.contains(letter)
            || is_old
                && match letter {
                    'k' => self.0.contains('c'),
                    'x' => self.0.contains('c') || self.0.contains('d'),
                    't' | 'e' => self.0.contains('d'),
                    _ => false,
                }
    }
}

/// How strongly a mailbox can keep a claim (docs/protocol.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Grade {
    /// Compare-and-swap on keywords.
    A,
    /// The journal's order.
    B,
    /// Advisory.
    C,
    /// This person may only look.
    D,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What this login may do in a mailbox: the words of the `may` list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// List and open mail.
    Read,
    /// Set `\Seen`.
    Seen,
    /// Claim, status, tags: keywords stick.
    Claim,
    /// Write into Sent: announce an answer.
    Send,
    /// Move to Archive.
    Archive,
}

/// One shared mailbox as this login sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Its address, where known; a mailbox without one can only be looked at.
    pub address: Option<String>,
    /// The display name for From, where configured.
    pub name: Option<String>,
    /// Further addresses that mean it.
    pub addresses: Vec<String>,
    pub account: String,
    /// IMAP name of its INBOX, as LIST gave it (modified UTF-7).
    pub root: String,
    /// IMAP names of its folders by role, the root as `Inbox` among them.
    pub folders: BTreeMap<Role, String>,
    /// MYRIGHTS of each folder; `None` where the server has no ACL.
    pub rights: Option<BTreeMap<Role, Rights>>,
    pub grade: Grade,
    pub may: Vec<Capability>,
}

impl Mailbox {
    /// The name under which people and `--mailbox` know it: its address, else its root.
    pub fn key(&self) -> &str {
        self.address.as_deref().unwrap_or(&self.root)
    }

    /// Whether mail to this address is mail to this mailbox.
    pub fn is_own_address(&self, email: &str) -> bool {
        self.address.as_deref().is_some_and(|a| a.eq_ignore_ascii_case(email))
            || self.addresses.iter().any(|a| a.eq_ignore_ascii_case(email))
    }

    /// The IMAP name of the folder with this role.
    pub fn folder(&self, role: Role) -> Option<&str> {
        self.folders.get(&role).map(String::as_str)
    }

    /// The folders of conversations beside INBOX that are there and closed to this login's eyes.
    pub fn unreadable(&self) -> Vec<Role> {
        let Some(rights) = &self.rights else { return Vec::new() };
        let is_closed = |role: &Role| self.folder(*role).is_some() && !rights.get(role).is_some_and(|r| r.grant("r"));
        [Role::Sent, Role::Archive].into_iter().filter(is_closed).collect()
    }

    pub fn may(&self, capability: Capability) -> bool {
        self.may.contains(&capability)
    }
}

#[cfg(test)]
mod tests {
    use super::Rights;

    #[test]
    fn old_rights_stand_for_the_new_ones() {
        assert!(Rights("lrswi".into()).grant("lrw"));
        assert!(!Rights("lrs".into()).grant("w"));
        assert!(Rights("lrswipcd".into()).grant("tekx"));
    }

    #[test]
    fn an_old_letter_beside_a_new_one_stands_for_nothing_more() {
        let rights = Rights("lrswtd".into());
        assert!(rights.grant("t"));
        assert!(!rights.grant("e") && !rights.grant("x"));
        assert!(!Rights("lrskc".into()).grant("x"));
    }
}
