//! Tags and urgency on what lies in Archive. A conversation that goes on in INBOX bears the marks of its older mail there
//! (docs/protocol.md#keywords), so what is taken off is taken off in both.

use super::act::refused;
use super::drive::Place;
use super::error::Result;
use super::link::Link;
use crate::model::{Action, ErrorKind, Flags, Message, Refusal, Role};
use crate::wire::keywords;
use crate::wire::step::{FlagChange, Stopped, spelled};

/// What this action takes off a message with these flags, as they are spelled there.
fn taken_off(action: &Action, flags: &Flags) -> Vec<String> {
    match action {
        Action::Tag { remove, .. } => spelled(flags, |k| remove.iter().any(|tag| tag.eq_ignore_ascii_case(k))),
        Action::Urgent(false) if flags.flagged => vec![keywords::FLAGGED.to_owned()],
        _ => Vec::new(),
    }
}

impl Link {
    /// What of the conversation lies in Archive and bears what this action takes off. Looked for before anything is written.
    ///
    /// # Errors
    /// It may not be taken off there: then it would stay a mark of the conversation.
    pub(super) async fn marked_in_archive(&mut self, place: Place<'_>, action: &Action) -> Result<Vec<Message>> {
        let takes_off = matches!(action, Action::Urgent(false))
            || matches!(action, Action::Tag { remove, .. } if !remove.is_empty());
        if !takes_off {
            return Ok(Vec::new());
        }
        self.look_into_archive(place).await?;
        let mut marked = self.reader.thread(place.mailbox.key(), place.root)?;
        marked.retain(|m| m.folder == Role::Archive && !taken_off(action, &m.flags).is_empty());
        match place.mailbox.why_not_unmarked().filter(|_| !marked.is_empty()) {
            Some(why_not) => Err(Refusal::new(ErrorKind::Rights, format!("{}: {why_not}", place.mailbox.key())).into()),
            None => Ok(marked),
        }
    }

    /// Takes it off there.
    ///
    /// # Errors
    /// The server refuses it, or keeps it all the same: it is off in INBOX by then.
    pub(super) async fn unmark_in_archive(
        &mut self,
        place: Place<'_>,
        action: &Action,
        marked: &[Message],
    ) -> Result<()> {
        if marked.is_empty() {
            return Ok(());
        }
        let mailbox = place.mailbox;
        self.enter(mailbox, Role::Archive).await?;
        self.mark_stale();
        for message in marked {
            let off = FlagChange::Remove(taken_off(action, &message.flags));
            if !self.session.store(message.uid, None, &off).await?.accepted {
                return Err(refused(&Stopped::Refused, mailbox));
            }
        }
        // Some servers say yes and keep nothing.
        self.sync(mailbox, Role::Archive).await?;
        for message in marked {
            let now = self.reader.message(mailbox.key(), Role::Archive, message.uid)?;
            if now.is_some_and(|now| !taken_off(action, &now.flags).is_empty()) {
                return Err(refused(&Stopped::NotKept, mailbox));
            }
        }
        Ok(())
    }
}
