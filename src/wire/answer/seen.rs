//! What the writer of an answer had before their eyes when it was begun. Whatever comes after that stops the answer, so it
//! is taken when the writing begins and goes along with the text, through a night on the desk and into the outbox.

use serde::{Deserialize, Serialize};

use crate::model::{Message, Role, Uid, UidValidity};
use crate::wire::identity::identity;
use crate::wire::keywords::{self, Fate};
use crate::wire::state;

/// As it is kept, under these names, beside a draft and in the outbox. What an older version did not keep was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// The newest message of the conversation in INBOX.
    #[serde(rename = "seen_inbox")]
    pub inbox: Uid,
    /// The newest copy in Sent that counts as seen.
    #[serde(rename = "seen_sent")]
    pub sent: Uid,
    /// By which the UIDs above are to be understood.
    #[serde(flatten)]
    pub numbering: Numbering,
    /// `\Answered` was on what is answered.
    pub was_answered: bool,
}

/// How INBOX and Sent number their messages; `None`: not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Numbering {
    #[serde(rename = "inbox_validity")]
    pub inbox: Option<UidValidity>,
    #[serde(rename = "sent_validity")]
    pub sent: Option<UidValidity>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { inbox: Uid(0), sent: Uid(0), numbering: Numbering::default(), was_answered: false }
    }
}

impl Seen {
    /// What there is to be seen of a conversation by whoever begins to answer this message of it now. A copy that is pending
    /// may be sent later: neither it nor what came after it was seen.
    pub fn now(conversation: &[Message], answered: &str, numbering: Numbering) -> Self {
        let uids = |role| conversation.iter().filter(move |m| m.folder == role).map(|m| m.uid);
        let pending =
            conversation.iter().filter(|m| m.folder == Role::Sent && keywords::fate(&m.flags) == Fate::Pending);
        let first_pending = pending.map(|m| m.uid).min();
        let sent = uids(Role::Sent).filter(|uid| first_pending.is_none_or(|pending| *uid < pending));
        Self {
            inbox: uids(Role::Inbox).max().unwrap_or(Uid(0)),
            sent: sent.max().unwrap_or(Uid(0)),
            numbering,
            was_answered: is_answered(conversation, answered),
        }
    }

    /// The same where the folders number their messages so by now: after a change nothing that was seen is known any more,
    /// and whatever is there counts as unseen. Not to know how a folder numbers them is no change.
    #[must_use]
    pub fn numbered(self, now: Numbering) -> Self {
        let is_other =
            |was: Option<UidValidity>, now: Option<UidValidity>| was.is_some() && now.is_some() && was != now;
        Self {
            inbox: if is_other(self.numbering.inbox, now.inbox) { Uid(0) } else { self.inbox },
            sent: if is_other(self.numbering.sent, now.sent) { Uid(0) } else { self.sent },
            numbering: Numbering { inbox: now.inbox.or(self.numbering.inbox), sent: now.sent.or(self.numbering.sent) },
            ..self
        }
    }
}

/// Whether the answered message of a conversation is marked as answered.
pub fn is_answered(conversation: &[Message], answered: &str) -> bool {
    let is_it = |m: &&Message| identity(m) == answered && !state::is_outgoing(m, conversation);
    conversation.iter().filter(|m| m.flags.answered).any(|m| is_it(&m))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{answer, flags, message};

    fn now(conversation: &[Message]) -> Seen {
        Seen::now(conversation, "9@customer.test", Numbering::default())
    }

    #[test]
    fn a_pending_copy_and_what_came_after_it_were_not_seen() {
        let sent = |uid, atoms: &str| Message { flags: flags(atoms), ..answer(uid, 1) };
        let inbox = message(Role::Inbox, 9);
        assert_eq!(now(std::slice::from_ref(&inbox)).sent, Uid(0));
        assert_eq!(now(&[inbox.clone(), sent(2, ""), sent(3, "$Submitted")]).sent, Uid(3));
        let seen = now(&[sent(2, ""), sent(3, "$SubmitPending"), sent(4, ""), inbox]);
        assert_eq!((seen.inbox, seen.sent), (Uid(9), Uid(2)));
    }

    #[test]
    fn what_was_answered_when_the_writing_began_is_known_by_the_message_alone() {
        let mut other = message(Role::Inbox, 8);
        other.flags.answered = true;
        let mut asked = message(Role::Inbox, 9);
        assert!(!now(&[other.clone(), asked.clone()]).was_answered);
        asked.flags.answered = true;
        assert!(now(&[other, asked]).was_answered);
    }

    #[test]
    fn a_folder_that_is_numbered_anew_was_not_seen() {
        let numbering = |inbox, sent| Numbering { inbox: Some(UidValidity(inbox)), sent: Some(UidValidity(sent)) };
        let seen = Seen { inbox: Uid(9), sent: Uid(4), numbering: numbering(1, 1), was_answered: true };
        assert_eq!(seen.numbered(numbering(1, 1)), seen);
        assert_eq!(seen.numbered(numbering(1, 2)), Seen { sent: Uid(0), numbering: numbering(1, 2), ..seen });
        assert_eq!(seen.numbered(numbering(2, 1)), Seen { inbox: Uid(0), numbering: numbering(2, 1), ..seen });
        // A folder of which nothing is known yet is no other one.
        assert_eq!(seen.numbered(Numbering::default()), seen);
        let inbox_alone = Numbering { sent: None, ..numbering(1, 1) };
        assert_eq!(seen.numbered(inbox_alone).numbered(numbering(1, 2)).sent, Uid(0), "it is when it is known");
        // What an older version kept says nothing of it.
        let older = Seen { numbering: Numbering::default(), ..seen };
        assert_eq!(older.numbered(numbering(2, 2)), Seen { numbering: numbering(2, 2), ..seen });
    }

    #[test]
    fn it_is_kept_flat_and_what_an_older_version_left_out_was_not_seen() {
        let kept = r#"{"seen_inbox":9,"seen_sent":4,"inbox_validity":1,"sent_validity":null,"was_answered":true}"#;
        let numbering = Numbering { inbox: Some(UidValidity(1)), sent: None };
        let seen = Seen { inbox: Uid(9), sent: Uid(4), numbering, was_answered: true };
        assert_eq!(serde_json::from_str::<Seen>(kept).unwrap(), seen);
        assert_eq!(serde_json::to_string(&seen).unwrap(), kept);
        let older = serde_json::from_str::<Seen>(r#"{"seen_inbox":9,"seen_sent":4,"color":"red"}"#).unwrap();
        assert_eq!(older, Seen { numbering: Numbering::default(), was_answered: false, ..seen });
    }
}
