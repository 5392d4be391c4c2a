//! Tags and urgency on what lies in Archive. A conversation that goes on in INBOX bears the marks of its older mail there
//! (docs/protocol.md#keywords), so what is taken off is taken off in both.

use super::drive::Place;
use super::error::{Error, Result};
use super::link::Link;
use crate::model::{Action, ErrorKind, Flags, Mailbox, Message, Refusal, Role};
use crate::wire::keywords;
use crate::wire::step::{FlagChange, spelled};

/// What this action takes off a message with these flags, as they are spelled there.
fn taken_off(action: &Action, flags: &Flags) -> Vec<String> {
    match action {
        Action::Tag { remove, .. } => spelled(flags, |k| remove.iter().any(|tag| tag.eq_ignore_ascii_case(k))),
        Action::Urgent(false) if flags.flagged => vec![keywords::FLAGGED.to_owned()],
        _ => Vec::new(),
    }
}

/// Whether mail of this conversation in Archive makes it urgent.
pub fn is_urgent_in_archive(thread: &[Message]) -> bool {
    thread.iter().any(|m| m.folder == Role::Archive && m.flags.flagged)
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
        if marked.is_empty() {
            return Ok(marked);
        }
        let why_not = match place.mailbox.why_not_unmarked() {
            Some(why_not) => Some(why_not),
            None => self.why_archive_keeps(place, action, &marked).await?,
        };
        match why_not {
            Some(why_not) => Err(Refusal::new(ErrorKind::Rights, format!("{}: {why_not}", place.mailbox.key())).into()),
            None => Ok(marked),
        }
    }

    /// What the server says against it where the rights are there or nobody tells them: a folder that is read only, and flags
    /// that cannot be changed for good.
    async fn why_archive_keeps(
        &mut self,
        place: Place<'_>,
        action: &Action,
        marked: &[Message],
    ) -> Result<Option<String>> {
        self.enter(place.mailbox, Role::Archive).await?;
        let Some(selected) = self.selected() else { return Ok(None) };
        let is_kept = |flag: &String| {
            let is_new_name = !flag.starts_with('\\') && selected.takes_new_keywords();
            selected.is_read_only || !(selected.keeps(flag) || is_new_name)
        };
        let stays = marked.iter().flat_map(|m| taken_off(action, &m.flags)).any(|flag| is_kept(&flag));
        Ok(stays.then(|| "it stands on older mail in Archive too, and the server changes nothing there".to_owned()))
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
                return Err(stays_in_archive(mailbox));
            }
        }
        // Some servers say yes and keep nothing.
        self.sync(mailbox, Role::Archive).await?;
        for message in marked {
            let now = self.reader.message(mailbox.key(), Role::Archive, message.uid)?;
            if now.is_some_and(|now| !taken_off(action, &now.flags).is_empty()) {
                return Err(stays_in_archive(mailbox));
            }
        }
        Ok(())
    }
}

fn stays_in_archive(mailbox: &Mailbox) -> Error {
    let text =
        format!("{}: it is off in INBOX, and the server does not take it off older mail in Archive", mailbox.key());
    Refusal::new(ErrorKind::Rights, text).into()
}
