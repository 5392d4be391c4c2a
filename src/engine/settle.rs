//! Settling an announced answer whose fate is unknown, be it one's own or a teammate's: it was sent, or it is discarded.

use jiff::Timestamp;

use super::act::refused;
use super::answer::{OLD, OnCopies};
use super::drive::{self, Place};
use super::error::Result;
use super::link::Link;
use super::message::Verdict;
use crate::model::{Assignee, Capability, Conversation, ErrorKind, Mailbox, Refusal};
use crate::store::{Desk, Lease, OutboxState};
use crate::wire::settle::{self, Settle};
use crate::wire::{keywords, state};

impl Link {
    /// Settles the announced answer of a conversation whose fate is unknown, be it one's own or a teammate's.
    ///
    /// # Errors
    /// The right to write into Sent is missing, nothing waits to be settled, it may be on its way, somebody else settles it.
    pub async fn settle(&mut self, mailbox: &Mailbox, root: &str, verdict: Verdict) -> Result<Conversation> {
        if !mailbox.may(Capability::Send) {
            let text = format!("{}: to settle an answer is to mark its copy in Sent", mailbox.key());
            let hint = "it needs a Sent folder with the rights `rwi`";
            return Err(Refusal::new(ErrorKind::Rights, text).hint(hint).into());
        }
        let me = self.login.handle_in(mailbox)?;
        let place = Place { mailbox, root };
        self.sync_mailbox(mailbox).await?;
        let thread = self.reader.thread(mailbox.key(), root)?;
        let pending = thread.iter().filter(|m| state::is_pending(m)).min_by_key(|m| m.uid);
        let Some(pending) = pending else {
            return Err(Refusal::new(ErrorKind::NotFound, "no answer of this conversation waits to be settled").into());
        };
        let Some(id) = pending.message_id.clone() else {
            return Err(Refusal::new(ErrorKind::Failed, "the announced answer has no Message-ID").into());
        };
        let said = match verdict {
            Verdict::WasSent => settle::Verdict::WasSent,
            Verdict::Discard => settle::Verdict::Discard,
        };
        // Younger than that it may be on its way; what lies in one's own outbox as unknown is not.
        let is_old = Timestamp::now().duration_since(pending.internal_date) > OLD;
        let own = Desk::open(self.cache.path())?.outbox_list()?.into_iter().find(|item| item.message_id == id.0);
        let is_own = own.as_ref().is_some_and(|item| item.state == OutboxState::Unknown);
        // Nobody sends it while it is settled, and nobody settles it while it is sent.
        let lease = own.map(|item| Lease::try_take(self.cache.path(), item.id)).transpose()?;
        if matches!(lease, Some(None)) {
            return Err(Refusal::new(ErrorKind::Held, "the answer is being sent right now").into());
        }
        if !is_old && !is_own {
            let text = "the answer was announced a moment ago and may be on its way";
            return Err(Refusal::new(ErrorKind::Held, text).hint("wait until it is ten minutes old").into());
        }
        let over = match keywords::claimants(&pending.flags) {
            _ if !is_old => None,
            several if several.len() > 1 => Some(Assignee::Contested(several)),
            mut one => one.pop().map(Assignee::Held),
        };
        let answered = pending.in_reply_to.first().cloned();
        let start = Settle::start(me, said, over);
        let outcome = drive::run(start, OnCopies { link: self, mailbox, id: &id.0 }).await?;
        outcome.map_err(|stopped| refused(&stopped, mailbox))?;
        if verdict == Verdict::WasSent
            && let Some(answered) = answered
        {
            self.mark_answered(place, &answered.0).await?;
        }
        self.sync_mailbox(mailbox).await?;
        self.as_it_is(place).await
    }
}
