//! What happened to a conversation, as `watch` tells it and the line above the hints says it.

use jiff::Timestamp;

use super::{Assignee, Conversation, ConversationId, Status};

/// The kinds of events of `bagsy watch` that are born of a mailbox's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    New,
    Claimed,
    Released,
    Assigned,
    TakeOver,
    Contested,
    Status,
    Tagged,
    Replied,
    /// A mail of ours that answers nothing.
    Sent,
}

/// A mail of ours that lies in Sent as sent, and did not before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Who of us sent it, where its copy tells.
    pub by: Option<String>,
    /// It names a mail that it answers; a new mail and a forwarded one do not.
    pub is_answer: bool,
}

impl ChangeKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Claimed => "claimed",
            Self::Released => "released",
            Self::Assigned => "assigned",
            Self::TakeOver => "takeover",
            Self::Contested => "contested",
            Self::Status => "status",
            Self::Tagged => "tagged",
            Self::Replied => "replied",
            Self::Sent => "sent",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        use ChangeKind as K;
        let others = [K::Assigned, K::TakeOver, K::Contested, K::Status, K::Tagged, K::Replied, K::Sent];
        [K::New, K::Claimed, K::Released].into_iter().chain(others).find(|k| k.as_str() == word)
    }
}

/// One change of one conversation, in the order in which the cache learnt of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub at: Timestamp,
    pub kind: ChangeKind,
    pub mailbox: String,
    pub conversation: ConversationId,
    pub subject: String,
    /// Whoever did it, as far as the mailbox tells: of a claim or takeover the new holder, though a teammate may have given
    /// it.
    pub by: Option<String>,
    pub status: Status,
    pub assignee: Assignee,
    pub tags: Vec<String>,
}

impl Change {
    /// The changes that lead from `before` to `after`, seen at `at`. `before` is `None` for a conversation that was not
    /// there, and has the tags that it would have with the messages of `after`: whose message goes elsewhere was not
    /// untagged; `new_mail_from`: whose mail came in with the change; `outgoing`: what of ours was sent with it.
    pub fn between(
        before: Option<&Conversation>,
        after: &Conversation,
        new_mail_from: Option<&str>,
        outgoing: Option<Outgoing>,
        at: Timestamp,
    ) -> Vec<Self> {
        let mut kinds: Vec<(ChangeKind, Option<String>)> = Vec::new();
        let holder = after.assignee.holder().map(|h| h.as_str().to_owned());
        let was = before.map_or(&Assignee::Free, |b| &b.assignee);
        // Claims on what is done are history: who finished it did not give it up.
        let is_finished = after.status == Status::Done;
        let finisher = was.holder().filter(|_| is_finished).map(|h| h.as_str().to_owned());
        if let Some(sender) = new_mail_from {
            kinds.push((ChangeKind::New, Some(sender.to_owned())));
        }
        // Whoever holds it need not be who wrote.
        if let Some(Outgoing { by, is_answer }) = outgoing {
            kinds.push((if is_answer { ChangeKind::Replied } else { ChangeKind::Sent }, by));
        }
        match (was, &after.assignee) {
            (was, now) if was == now => {}
            (Assignee::Held(_), Assignee::Free) if is_finished => {}
            (_, Assignee::Contested(_)) => kinds.push((ChangeKind::Contested, None)),
            (Assignee::Held(old), Assignee::Free) => kinds.push((ChangeKind::Released, Some(old.as_str().to_owned()))),
            (Assignee::Held(_), Assignee::Held(_)) => kinds.push((ChangeKind::TakeOver, holder.clone())),
            (Assignee::Free | Assignee::Contested(_), Assignee::Held(_)) => {
                kinds.push((ChangeKind::Claimed, holder.clone()))
            }
            (Assignee::Contested(_), Assignee::Free) => kinds.push((ChangeKind::Released, None)),
            (Assignee::Free, Assignee::Free) => {}
        }
        if let Some(before) = before {
            if before.status != after.status {
                kinds.push((ChangeKind::Status, holder.clone().or(finisher)));
            }
            if before.tags != after.tags || before.urgent != after.urgent {
                kinds.push((ChangeKind::Tagged, None));
            }
        }
        let change = |(kind, by)| Self {
            at,
            kind,
            mailbox: after.mailbox.clone(),
            conversation: after.id.clone(),
            subject: after.subject.clone(),
            by,
            status: after.status,
            assignee: after.assignee.clone(),
            tags: after.tags.clone(),
        };
        kinds.into_iter().map(change).collect()
    }

    /// Whether it tells that somebody holds the conversation who did not before.
    pub fn is_new_holder(&self) -> bool {
        matches!(self.kind, ChangeKind::Claimed | ChangeKind::TakeOver)
    }

    /// The same where it is known that `by` gave the conversation to whoever holds it now; a mailbox's keywords alone do not
    /// tell that.
    pub fn assigned_by(self, by: String) -> Self {
        Self { kind: ChangeKind::Assigned, by: Some(by), ..self }
    }

    /// The line of `watch --json`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "at": self.at,
            "event": self.kind.as_str(),
            "mailbox": self.mailbox,
            "conversation": self.conversation,
            "subject": self.subject,
            "by": self.by,
            "status": self.status,
            "assignee": self.assignee.holder(),
            "contested": matches!(self.assignee, Assignee::Contested(_)),
            "tags": self.tags,
        })
    }
}
