//! One message as its header and flags tell it, bodies apart.

use jiff::Timestamp;

use super::{Address, MessageId, ModSeq, Role, Uid};

/// The flags of one message (RFC 3501 §2.3.2, RFC 5788), keywords in the spelling that the server gave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    pub seen: bool,
    pub answered: bool,
    pub flagged: bool,
    pub deleted: bool,
    pub draft: bool,
    pub keywords: Vec<String>,
}

impl Flags {
    /// Whether the keyword is set; keywords are compared without case.
    pub fn has(&self, keyword: &str) -> bool {
        self.keywords.iter().any(|k| k.eq_ignore_ascii_case(keyword))
    }

    /// Reads flags as they stand between the parentheses of FLAGS; `\Recent` is nobody's.
    pub fn from_atoms<'a>(atoms: impl IntoIterator<Item = &'a str>) -> Self {
        let mut flags = Self::default();
        for atom in atoms {
            match atom.to_ascii_lowercase().as_str() {
                "\\seen" => flags.seen = true,
                "\\answered" => flags.answered = true,
                "\\flagged" => flags.flagged = true,
                "\\deleted" => flags.deleted = true,
                "\\draft" => flags.draft = true,
                other if other.starts_with('\\') => {}
                _ => flags.keywords.push(atom.to_owned()),
            }
        }
        flags.keywords.sort_by_key(|k| k.to_ascii_lowercase());
        flags.keywords.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        flags
    }

    /// The flags as a STORE writes them, without the parentheses.
    pub fn atoms(&self) -> Vec<String> {
        let system = [
            (self.seen, "\\Seen"),
            (self.answered, "\\Answered"),
            (self.flagged, "\\Flagged"),
            (self.deleted, "\\Deleted"),
            (self.draft, "\\Draft"),
        ];
        let system = system.iter().filter(|(set, _)| *set).map(|(_, name)| (*name).to_owned());
        system.chain(self.keywords.iter().cloned()).collect()
    }
}

/// One message in one folder: what the fixed header list of `imap::fetch` tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub folder: Role,
    pub uid: Uid,
    /// `None` where the server has no CONDSTORE.
    pub modseq: Option<ModSeq>,
    /// INTERNALDATE: when the server took the message in.
    pub internal_date: Timestamp,
    /// RFC822.SIZE, in octets.
    pub size: u32,
    pub flags: Flags,
    /// `None` where the mail has none; threading then makes one up (`wire::identity`).
    pub message_id: Option<MessageId>,
    pub references: Vec<MessageId>,
    pub in_reply_to: Vec<MessageId>,
    /// The Date field as it stands, unfolded and trimmed; empty where absent. Part of a mail's identity.
    pub date: String,
    /// The From field as it stands, unfolded and trimmed (undecoded). Part of a mail's identity.
    pub from_raw: String,
    /// The Subject field as it stands, unfolded and trimmed (undecoded). Part of a mail's identity.
    pub subject_raw: String,
    /// Subject, decoded.
    pub subject: String,
    pub from: Vec<Address>,
    pub sender: Vec<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    /// Delivered-To and X-Original-To: the addresses that the mail was really handed to.
    pub delivered_to: Vec<String>,
    /// The Content-Type's essence, lower case (`text/plain`, `multipart/report`).
    pub content_type: String,
    /// The Auto-Submitted field's first word, lower case (RFC 3834); `None` where absent or `no`.
    pub auto_submitted: Option<String>,
    /// The identifier of List-Id, lower case (RFC 2919); `None` where the mail came over no list.
    pub list_id: Option<String>,
}

impl Message {
    /// An automatic answer (out of office and the like): it does not count as a customer's word.
    pub fn is_auto_reply(&self) -> bool {
        self.auto_submitted.as_deref() == Some("auto-replied") && self.content_type != "multipart/report"
    }
}

#[cfg(test)]
mod tests {
    use super::Flags;

    #[test]
    fn flags_read_back_as_they_are_written_but_recent() {
        let flags = Flags::from_atoms(["\\Recent", "\\seen", "VIP", "$Junk", "vip"]);
        assert_eq!(flags.atoms(), ["\\Seen", "$Junk", "VIP"]);
        assert!(flags.has("vip"));
    }
}
