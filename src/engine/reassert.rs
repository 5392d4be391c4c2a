//! A holder whose lock left INBOX claims the conversation anew on the next one, or is told who was quicker
//! (docs/protocol.md#claim). `wire::lost` says when.

use super::act::{allow, refused};
use super::drive::Place;
use super::error::{Error, Result};
use super::link::Link;
use crate::model::{Action, Expectation, Mailbox, Role, Status};
use crate::store::LostLock;
use crate::wire::claim::Claim;
use crate::wire::keywords;
use crate::wire::mirror::Mirror;

impl Link {
    /// Claims anew a conversation whose lock left INBOX. Where it was finished or settled meanwhile, nothing is done.
    ///
    /// # Errors
    /// Somebody else holds it by now, or the claim cannot be made: its person is to be told.
    pub async fn reassert(&mut self, mailbox: &Mailbox, lost: &LostLock) -> Result<()> {
        allow(mailbox, &Action::Claim)?;
        let me = self.login.handle_in(mailbox)?;
        let root = self.complete(mailbox, &lost.root).await?;
        let conversation = self.reader.conversation(mailbox.key(), &root)?;
        let is_over = conversation.is_none_or(|c| c.folder != Role::Inbox || c.status == Status::Done);
        // What this very look has shown may have settled it.
        let is_settled = !self.reader.lost_locks()?.iter().any(|l| l.mailbox == lost.mailbox && l.lock == lost.lock);
        if is_over || is_settled || self.was_finished(mailbox, lost).await? {
            return Ok(());
        }
        let place = Place { mailbox, root: &root };
        let claimed = self.drive(place, Claim::start(me.clone(), Expectation::default())).await?;
        claimed.map_err(|stopped| refused(&stopped, mailbox))?;
        self.drive(place, Mirror::start(me)).await
    }

    /// Whether the lock left because somebody finished it, of which only the copy in Archive tells: from status to move it
    /// took less time than this client's connection was gone.
    async fn was_finished(&mut self, mailbox: &Mailbox, lost: &LostLock) -> Result<bool> {
        if mailbox.folder(Role::Archive).is_none() {
            return Ok(false);
        }
        match self.sync(mailbox, Role::Archive).await {
            Ok(_) => {}
            Err(Error::Imap(error)) if !error.is_fatal() => {
                tracing::info!(%error, "Archive is lived without");
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        let copies = self.reader.messages_with_id(mailbox.key(), &lost.lock)?;
        Ok(copies.iter().any(|m| m.folder == Role::Archive && keywords::status(&m.flags) == Status::Done))
    }
}
