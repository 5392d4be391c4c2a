//! By what a mail and a conversation are known, the same on every teammate's machine (docs/protocol.md#conversation).

use std::borrow::Cow;

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

use crate::model::{ConversationId, Message};

/// How much of the hash people see.
const SHOWN: usize = 10;

/// The Message-ID; for a mail without any, `nomid.` and a hash over Date, From, Subject and size.
pub fn identity(message: &Message) -> String {
    known_by(message).into_owned()
}

fn known_by(message: &Message) -> Cow<'_, str> {
    match &message.message_id {
        Some(id) => Cow::Borrowed(&id.0),
        None => {
            let fields = format!("{}\n{}\n{}\n{}", message.date, message.from_raw, message.subject_raw, message.size);
            Cow::Owned(format!("nomid.{}", hash(&fields)))
        }
    }
}

/// The short id of the conversation whose root has this Message-ID. The same hash of any of its messages' ids may be typed
/// for it.
pub fn conversation_id(message_id: &str) -> ConversationId {
    let mut text = hash(message_id);
    text.truncate(SHOWN);
    ConversationId(text)
}

/// Whether the two are one mail with several UIDs: equal Message-ID, Date, From and Subject. Mails that share the
/// Message-ID alone are two.
pub fn is_same_message(a: &Message, b: &Message) -> bool {
    key(a) == key(b)
}

/// Whether another copy of this mail has another size: they differ, and each is to be looked at.
pub fn copies_differ(message: &Message, all: &[Message]) -> bool {
    all.iter().any(|other| other.size != message.size && is_same_message(message, other))
}

/// What equal mails have in common: usable as a map's key where many are compared.
pub fn key(message: &Message) -> (Cow<'_, str>, &str, &str, &str) {
    (known_by(message), &message.date, &message.from_raw, &message.subject_raw)
}

fn hash(text: &str) -> String {
    BASE32_NOPAD.encode(&Sha256::digest(text.as_bytes())).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MessageId, Role};
    use crate::wire::testing::message;

    #[test]
    fn the_shown_id_is_ten_characters_of_the_roots_hash() {
        // SHA-256 of the empty text begins e3b0c44298fc…
        assert_eq!(conversation_id("").0, "4oymiquy7q");
        assert_eq!(conversation_id("a@example.test").0.len(), 10);
    }

    #[test]
    fn a_mail_without_message_id_gets_one_from_its_fields_and_size() {
        let mut a = message(Role::Inbox, 1);
        a.message_id = None;
        let mut b = a.clone();
        b.uid = crate::model::Uid(9);
        assert_eq!(identity(&a), identity(&b));
        assert!(identity(&a).starts_with("nomid."));
        assert!(is_same_message(&a, &b));
        b.size += 1;
        assert_ne!(identity(&a), identity(&b));
    }

    #[test]
    fn equal_message_id_alone_does_not_make_one_mail() {
        let a = message(Role::Inbox, 1);
        let mut b = a.clone();
        b.folder = Role::Archive;
        b.size += 700;
        assert!(is_same_message(&a, &b), "trace headers differ where a mail arrives twice");
        assert!(copies_differ(&a, &[a.clone(), b.clone()]) && !copies_differ(&a, std::slice::from_ref(&a)));
        b.subject_raw.push('!');
        assert!(!is_same_message(&a, &b));
        b = a.clone();
        b.message_id = Some(MessageId("other@example.test".into()));
        assert!(!is_same_message(&a, &b));
    }
}
