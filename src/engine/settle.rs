//! Settling an answer whose fate is unknown: it was sent, or it is discarded. An announced one, be it one's own or a
//! teammate's, by its copy in Sent; one's own of which no copy waits there (it was not announced, or its copy is gone) by
//! its item in the outbox.

use jiff::Timestamp;

use super::act::refused;
use super::answer::{OLD, OnCopies};
use super::drive::{self, Place};
use super::error::Result;
use super::link::Link;
use super::message::Verdict;
use super::outbox;
use crate::model::{Assignee, Capability, Conversation, ErrorKind, Mailbox, Message, Refusal};
use crate::store::{Desk, Lease, OutboxState};
use crate::wire::settle::{self, Settle};
use crate::wire::{keywords, state};

impl Link {
    /// Settles the announced answer of a conversation whose fate is unknown, be it one's own or a teammate's.
    ///
    /// # Errors
    /// The right to write into Sent is missing, nothing waits to be settled, it may be on its way, somebody else settles it.
    pub async fn settle(&mut self, mailbox: &Mailbox, root: &str, verdict: Verdict) -> Result<Option<Conversation>> {
        let place = Place { mailbox, root };
        self.sync_mailbox(mailbox).await?;
        let thread = self.reader.thread(mailbox.key(), root)?;
        match thread.iter().filter(|m| state::is_pending(m)).min_by_key(|m| m.uid) {
            Some(pending) => self.settle_copy(place, pending, verdict).await?,
            None => self.settle_item(place, verdict).await?,
        }
        self.sync_mailbox(mailbox).await?;
        match self.as_it_is(place).await {
            // What was to begin one, and did not.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    /// One's own answer of unknown fate that has no copy to be marked: what its person says of it is the outbox's to keep.
    async fn settle_item(&mut self, place: Place<'_>, verdict: Verdict) -> Result<()> {
        let desk = Desk::open(self.cache.path())?;
        let mut own = None;
        for item in desk.outbox_list()? {
            let is_here = item.mailbox == place.mailbox.key() && outbox::root_of(&self.reader, &item)? == place.root;
            if is_here && item.state == OutboxState::Unknown {
                own.get_or_insert(item);
            }
        }
        let nothing = || Refusal::new(ErrorKind::NotFound, "no answer of this conversation waits to be settled");
        let id = own.ok_or_else(nothing)?.id;
        // Nobody looks for evidence of it while it is settled.
        let Some(lease) = Lease::try_take(self.cache.path(), id)? else {
            return Err(Refusal::new(ErrorKind::Held, "another process has the answer in hand").into());
        };
        let item = desk.outbox_get(id)?.filter(|item| item.state == OutboxState::Unknown).ok_or_else(nothing)?;
        match verdict {
            Verdict::Discard => {
                outbox::to_draft(&self.reader, &desk, &item, None)?;
                lease.retire();
            }
            Verdict::WasSent => {
                outbox::call_sent(&desk, &item)?;
                drop(lease);
                // What cannot be marked now is marked later.
                self.run_item(id, std::slice::from_ref(place.mailbox)).await?;
            }
        }
        Ok(())
    }

    async fn settle_copy(&mut self, place: Place<'_>, pending: &Message, verdict: Verdict) -> Result<()> {
        let mailbox = place.mailbox;
        if !mailbox.may(Capability::Send) {
            let text = format!("{}: to settle an answer is to mark its copy in Sent", mailbox.key());
            let hint = "it needs a Sent folder with the rights `rwi`";
            return Err(Refusal::new(ErrorKind::Rights, text).hint(hint).into());
        }
        let me = self.login.handle_in(mailbox)?;
        let Some(id) = pending.message_id.clone() else {
            return Err(Refusal::new(ErrorKind::Failed, "the announced answer has no Message-ID").into());
        };
        let said = match verdict {
            Verdict::WasSent => settle::Verdict::WasSent,
            Verdict::Discard => settle::Verdict::Discard,
        };
        // Younger than that it may be on its way; what lies in one's own outbox as unknown is not.
        let now = Timestamp::now() + self.reader.clock()?;
        let is_old = now.duration_since(pending.internal_date) > OLD;
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
        Ok(())
    }
}
