//! Filing: where a conversation goes from INBOX when it is no work, and what it takes to bring it back.

use super::{Capability, Flags, Mailbox, MessageId, Role, Status, Uid, UidValidity};

/// Where a conversation is filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Trash,
    Junk,
    /// A folder of the mailbox by its IMAP name.
    Folder(String),
}

impl Destination {
    /// The folder's IMAP name; `None` where the mailbox has none for it.
    pub fn folder<'a>(&'a self, mailbox: &'a Mailbox) -> Option<&'a str> {
        match self {
            Self::Trash => mailbox.folder(Role::Trash),
            Self::Junk => mailbox.folder(Role::Junk),
            Self::Folder(name) => Some(name),
        }
    }

    /// What is in the way of filing here, in words; `None`: nothing that is known.
    pub fn why_not(&self, mailbox: &Mailbox) -> Option<String> {
        let (role, title, word) = match self {
            Self::Trash => (Some(Role::Trash), "Trash", "trash"),
            Self::Junk => (Some(Role::Junk), "Junk", "junk"),
            Self::Folder(name) => (mailbox.folders.iter().find(|(_, n)| *n == name).map(|(r, _)| *r), "it", ""),
        };
        if self.folder(mailbox).is_none() {
            return Some(format!(
                "there is no {title} folder here: create one, or name it in the configuration (folders = {{ {word} = … }})"
            ));
        }
        if role == Some(Role::Inbox) {
            return Some("that is INBOX, where it is already".to_owned());
        }
        let rights = mailbox.rights.as_ref()?;
        let has = |role: Role, letters: &str| rights.get(&role).is_some_and(|r| r.grant(letters));
        let granted = |role: Role| rights.get(&role).map_or("none", |r| r.0.as_str());
        if !has(Role::Inbox, "te") {
            return Some(format!(
                "moving mail out of INBOX needs the rights t and e (you have {})",
                granted(Role::Inbox)
            ));
        }
        let closed = role.filter(|role| !has(*role, "i"))?;
        let place = if matches!(self, Self::Folder(_)) { closed.as_str() } else { title };
        Some(format!("the right i is missing on {place} (you have {})", granted(closed)))
    }
}

impl Mailbox {
    /// What is in the way of bringing a conversation back from Archive; `None`: nothing that is known. `is_marked`: what comes
    /// back bears claims or statuses of ours, which are taken off it first.
    pub fn why_not_back(&self, is_marked: bool) -> Option<String> {
        let rights = self.rights.as_ref()?;
        let needed = [(Role::Archive, "Archive", if is_marked { "wte" } else { "te" }), (Role::Inbox, "INBOX", "i")];
        needed.into_iter().find_map(|(role, title, letters)| {
            let granted = rights.get(&role);
            let missing: String =
                letters.chars().filter(|&letter| !granted.is_some_and(|r| r.grants(letter))).collect();
            let is_missing = match missing.len() {
                0 => return None,
                1 => format!("the right {missing} is missing"),
                _ => format!("the rights {missing} are missing"),
            };
            let granted = granted.map_or("none", |r| r.0.as_str());
            Some(format!("opening it again moves it back to INBOX: {is_missing} on {title} (you have {granted})"))
        })
    }

    /// What is in the way of taking tags and urgency off what lies in Archive; `None`: nothing that is known.
    pub fn why_not_unmarked(&self) -> Option<String> {
        let granted = self.rights.as_ref()?.get(&Role::Archive);
        let is_missing = !granted.is_some_and(|r| r.grants('w'));
        let granted = granted.map_or("none", |r| r.0.as_str());
        is_missing.then(|| {
            format!("it stands on older mail in Archive too, where the right w is missing (you have {granted})")
        })
    }

    /// What is in the way of marking as read what lies in a folder; `None`: nothing that is known.
    pub fn why_not_seen(&self, role: Role) -> Option<String> {
        let title = match role {
            Role::Inbox => "here",
            Role::Archive => "on Archive",
            _ => return Some("it lies in Sent alone".to_owned()),
        };
        let granted = self.rights.as_ref().map(|rights| rights.get(&role));
        match granted {
            Some(granted) if !granted.is_some_and(|r| r.grant("s")) => {
                Some(format!("the right s is missing {title} (you have {})", granted.map_or("none", |r| r.0.as_str())))
            }
            // What SELECT told is known of INBOX alone.
            _ if role == Role::Inbox && !self.may(Capability::Seen) => {
                Some("the server does not keep what you have read here".to_owned())
            }
            _ => None,
        }
    }
}

/// One message that was filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledMessage {
    /// Its UID where it lies now, as far as the server told.
    pub uid: Option<Uid>,
    pub message_id: Option<MessageId>,
    /// As it was filed.
    pub flags: Flags,
}

/// What was filed at once, as it is found again: folder, UIDVALIDITY, UIDs and Message-IDs
/// (docs/protocol.md, *Stored intentions*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// The IMAP name of the folder where it lies.
    pub folder: String,
    /// `None` where the server did not tell where it put the messages.
    pub uidvalidity: Option<UidValidity>,
    pub messages: Vec<FiledMessage>,
    /// Nobody had it before: the claim came with the filing and goes with its being taken back.
    pub was_free: bool,
    pub is_junk: bool,
    /// It went to Archive by being finished, and had this status before.
    pub finished: Option<Status>,
    /// For the sentence that tells of it: the cache may not know the conversation any more.
    pub subject: String,
}

impl Filed {
    /// Whether a message with these flags is as it was left. `\Seen` is anybody's; a server that lets nobody set keywords in
    /// that folder drops all of them on the way.
    pub fn is_as_left(left: &Flags, now: &Flags) -> bool {
        let plain = |flags: &Flags| Flags { seen: false, ..flags.clone() };
        let (left, now) = (plain(left), plain(now));
        let same =
            |a: &[String], b: &[String]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.eq_ignore_ascii_case(b));
        let keywords = same(&left.keywords, &now.keywords) || now.keywords.is_empty();
        let dropped = |was: bool, is: bool| was == is || (!is && now.keywords.is_empty() && !left.keywords.is_empty());
        keywords
            && dropped(left.answered, now.answered)
            && dropped(left.flagged, now.flagged)
            && left.deleted == now.deleted
            && dropped(left.draft, now.draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_added_is_seen_and_what_the_server_dropped_is_not() {
        let flags = |atoms: &str| Flags::from_atoms(atoms.split_whitespace());
        let left = flags("\\Flagged VIP bagsy-claim-alice");
        for same in
            ["\\Flagged vip bagsy-claim-alice", "\\Seen \\Flagged VIP bagsy-claim-alice", "", "\\Seen \\Flagged"]
        {
            assert!(Filed::is_as_left(&left, &flags(same)), "{same}");
        }
        for touched in [
            "\\Flagged VIP",
            "\\Flagged VIP bagsy-claim-alice mine",
            "\\Flagged VIP bagsy-claim-bob",
            "\\Deleted \\Flagged VIP bagsy-claim-alice",
            "VIP bagsy-claim-alice",
            "\\Answered",
        ] {
            assert!(!Filed::is_as_left(&left, &flags(touched)), "{touched}");
        }
    }
}
