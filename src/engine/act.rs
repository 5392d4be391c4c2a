//! What a person does to a conversation, carried out: the one way for keys and verbs alike.

use super::drive::Place;
use super::error::{Error, Result};
use super::grade;
use super::link::Link;
use crate::config::DoneMeans;
use crate::imap::UidSet;
use crate::model::{
    Action, Assignee, Capability, Conversation, ErrorKind, Expectation, Filed, Handle, Mailbox, Message, MessageId,
    Refusal, Role, Status, Uid, View,
};
use crate::store::{Order, PageQuery};
use crate::wire::act::{Act, Saw};
use crate::wire::keywords;
use crate::wire::mirror::Mirror;
use crate::wire::state;
use crate::wire::step::{Ask, Changed, FlagChange, Stopped};

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performed {
    /// As it is now; `None` where nothing of it is in the folders that make up conversations.
    pub conversation: Option<Conversation>,
    /// What was filed, as it can be brought back.
    pub filed: Option<Filed>,
}

impl Link {
    /// Performs one action on one conversation, against the server up to UIDNEXT, and says how the conversation is afterwards.
    /// `upto`: the newest UID in INBOX that the person saw, for what is done or waiting up to there; `None`: all that is there.
    ///
    /// # Errors
    /// What is in the way: somebody holds it, it is no longer as expected, a right is missing, the server is gone.
    pub async fn perform(
        &mut self,
        mailbox: &Mailbox,
        root: &str,
        action: &Action,
        expect: &Expectation,
        upto: Option<Uid>,
    ) -> Result<Conversation> {
        let performed = self.act(mailbox, root, action, expect, upto).await?;
        performed.conversation.ok_or_else(|| gone(root))
    }

    /// The same, where the conversation may be gone from INBOX, Sent and Archive afterwards.
    ///
    /// # Errors
    /// As [`Link::perform`].
    pub async fn act(
        &mut self,
        mailbox: &Mailbox,
        root: &str,
        action: &Action,
        expect: &Expectation,
        upto: Option<Uid>,
    ) -> Result<Performed> {
        allow(mailbox, action)?;
        let me = self.login.handle_in(mailbox)?;
        let root = self.complete(mailbox, root).await?;
        let place = Place { mailbox, root: &root };
        let mut filed = None;
        match action {
            Action::Return(filed) => self.bring_home(place, &me, filed, expect).await?,
            Action::File(to) if self.is_in_inbox(place)? => {
                filed = Some(self.file(place, &me, to, expect, upto).await?);
            }
            Action::Unfinish { .. } if !self.is_in_inbox(place)? => {
                self.perform_elsewhere(place, &Action::Reopen, expect).await?;
            }
            _ if self.is_in_inbox(place)? => {
                if let (Action::Seen(_) | Action::SeenOf { .. }, Some(why_not)) =
                    (action, mailbox.why_not_seen(Role::Inbox))
                {
                    return Err(Refusal::new(ErrorKind::Rights, format!("{}: {why_not}", mailbox.key())).into());
                }
                filed = self.perform_in_inbox(place, &me, action, expect, upto).await?;
            }
            _ => self.perform_elsewhere(place, action, expect).await?,
        }
        let conversation = match self.as_it_is(place).await {
            Err(error) if filed.is_some() && error.kind() == ErrorKind::NotFound => None,
            // It was done and read back: a connection that breaks now makes nothing of it untrue.
            Err(error) if error.ends_session() => {
                tracing::info!(%error, "told as it was last seen");
                self.reader.conversation(mailbox.key(), &root)?
            }
            other => Some(other?),
        };
        Ok(Performed { conversation, filed })
    }

    /// The conversation as the mailbox has it now.
    pub async fn as_it_is(&mut self, place: Place<'_>) -> Result<Conversation> {
        self.sync(place.mailbox, Role::Inbox).await?;
        let key = place.mailbox.key();
        if self.reader.conversation(key, place.root)?.is_none_or(|c| c.folder != Role::Inbox) {
            self.look_into_archive(place).await?;
        }
        self.reader.conversation(key, place.root)?.ok_or_else(|| gone(place.root))
    }

    /// Brings what Archive holds of the conversation into the cache, without waiting for all of Archive to be read. One that
    /// is absent or closed to this login holds nothing.
    pub(super) async fn look_into_archive(&mut self, place: Place<'_>) -> Result<()> {
        if place.mailbox.folder(Role::Archive).is_none() {
            return Ok(());
        }
        match self.sync(place.mailbox, Role::Archive).await {
            Ok(_) => {}
            Err(Error::Imap(error)) if !error.is_fatal() => {
                tracing::info!(%error, "Archive is lived without");
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        if !self.reader.folder(place.mailbox.key(), Role::Archive)?.is_some_and(|s| s.is_whole()) {
            self.gather(place, Role::Archive).await?;
        }
        Ok(())
    }

    fn is_in_inbox(&self, place: Place<'_>) -> Result<bool> {
        match self.reader.conversation(place.mailbox.key(), place.root)? {
            Some(conversation) => Ok(conversation.folder == Role::Inbox),
            None => Err(gone(place.root)),
        }
    }

    async fn perform_in_inbox(
        &mut self,
        place: Place<'_>,
        me: &Handle,
        action: &Action,
        expect: &Expectation,
        upto: Option<Uid>,
    ) -> Result<Option<Filed>> {
        let assignee = match (action, &expect.assignee) {
            (Action::Assign(_) | Action::TakeOver, None) => Some(self.assignee_seen(place)?),
            _ => None,
        };
        let may_archive = self.archives(place.mailbox);
        let action = self.named_anew(place, action)?;
        let archived = self.marked_in_archive(place, &action).await?;
        let saw = Saw { assignee, upto, is_due_in_archive: !archived.is_empty() };
        let start = Act::start(action.clone(), me.clone(), saw, may_archive, expect.clone());
        let mut filed = None;
        let changed = match &action {
            // Giving it to oneself is taking it.
            Action::Assign(to) if to != me => self.assign(place, to, me, start).await?,
            Action::Done if may_archive => {
                let (changed, archived) = self.archive(place, start).await?;
                filed = archived;
                changed
            }
            _ => self.drive(place, start).await?,
        };
        let sights = changed.map_err(|stopped| refused(&stopped, place.mailbox))?;
        self.unmark_in_archive(place, &action, &archived).await?;
        let after = match &action {
            Action::Unfinish { was_free: true, .. } => self.free_again(place, me).await,
            action if changes_holder(action) && sights.len() > 1 => self.drive(place, Mirror::start(me.clone())).await,
            _ => Ok(()),
        };
        match after {
            // The lock stands, and was read back: that nothing more could be done makes nothing of it untrue.
            Err(error) if error.ends_session() && !matches!(action, Action::Unfinish { .. }) => {
                tracing::info!(%error, "a claim is not mirrored");
            }
            other => other?,
        }
        Ok(filed)
    }

    /// The claim that finishing brought goes with it; who has taken it over since keeps it.
    async fn free_again(&mut self, place: Place<'_>, me: &Handle) -> Result<()> {
        let start = Act::start(Action::Release, me.clone(), Saw::default(), false, Expectation::default());
        match self.drive(place, start).await? {
            Ok(_) | Err(Stopped::Held(_) | Stopped::NotInInbox) => Ok(()),
            Err(stopped) => Err(refused(&stopped, place.mailbox)),
        }
    }

    /// Messages that were named by what they were then, looked up anew: another mail may have that UID by now.
    fn named_anew(&self, place: Place<'_>, action: &Action) -> Result<Action> {
        let Action::SeenOf { seen, of } = action else { return Ok(action.clone()) };
        let here = self.reader.thread(place.mailbox.key(), place.root)?;
        let is_here = |(uid, id): &(Uid, Option<MessageId>)| {
            here.iter().any(|m| m.folder == Role::Inbox && m.uid == *uid && m.message_id == *id)
        };
        let of: Vec<_> = of.iter().filter(|named| is_here(named)).cloned().collect();
        if of.is_empty() {
            let text = "the mail that was marked is no longer in INBOX";
            return Err(Refusal::new(ErrorKind::NotFound, text).into());
        }
        Ok(Action::SeenOf { seen: *seen, of })
    }

    /// The keyword will not say who gave it: whoever sees it first through this cache finds that there. Where the connection
    /// breaks it is not known whether it was given, and the word stays for a while.
    async fn assign(&mut self, place: Place<'_>, to: &Handle, me: &Handle, start: (Act, Ask)) -> Result<Changed> {
        let (key, root) = (place.mailbox.key(), place.root);
        self.cache.write(|w| w.begin_assignment(key, root, to, me))?;
        let changed = self.drive(place, start).await?;
        self.cache.write(|w| w.end_assignment(key, root, to))?;
        Ok(changed)
    }

    /// A conversation that has nothing in INBOX is done: most of what is asked of it is so already, or needs it open first.
    async fn perform_elsewhere(&mut self, place: Place<'_>, action: &Action, expect: &Expectation) -> Result<()> {
        let is_broken = expect.status.is_some_and(|s| s != Status::Done)
            || expect.assignee.as_ref().is_some_and(|a| *a != Assignee::Free);
        if is_broken {
            let text = "it is done and nobody holds it any more".to_owned();
            return Err(Refusal::new(ErrorKind::Overtaken, text).into());
        }
        match action {
            Action::Done | Action::Release => Ok(()),
            Action::Reopen => self.bring_back(place).await,
            Action::Seen(seen) => self.mark_read_elsewhere(place, *seen, None).await,
            Action::SeenOf { seen, of } => self.mark_read_elsewhere(place, *seen, Some(of)).await,
            _ => Err(Refusal::new(ErrorKind::Failed, "the conversation is done: nothing of it is in INBOX")
                .hint("reopen it first")
                .into()),
        }
    }

    /// Moves the newest incoming message of an archived conversation back to INBOX, our keywords taken off it first.
    pub(super) async fn bring_back(&mut self, place: Place<'_>) -> Result<()> {
        let mailbox = place.mailbox;
        self.look_into_archive(place).await?;
        let thread = self.reader.thread(mailbox.key(), place.root)?;
        let Some(message) = newest_incoming(&thread, Role::Archive) else {
            let text = "nothing of the conversation is in INBOX or Archive, only our own mail in Sent";
            return Err(Refusal::new(ErrorKind::Failed, text).into());
        };
        let uid = message.uid;
        let ours: Vec<String> = message.flags.keywords.iter().filter(|k| keywords::is_ours(k)).cloned().collect();
        if let Some(why_not) = mailbox.why_not_back(!ours.is_empty()) {
            return Err(Refusal::new(ErrorKind::Rights, why_not).into());
        }
        self.enter(mailbox, Role::Archive).await?;
        self.mark_stale();
        if !ours.is_empty() {
            // What comes back finished or held by somebody would not be open: it stays where it is.
            let stripped = self.session.store(uid, None, &FlagChange::Remove(ours)).await?;
            if !stripped.accepted {
                let text = "the server does not take the old status off: nothing was moved";
                return Err(Refusal::new(ErrorKind::Rights, text).into());
            }
        }
        self.session.uid_move(&UidSet::one(uid), &mailbox.root).await?;
        // INBOX first: it is there before it is gone from Archive.
        self.sync(mailbox, Role::Inbox).await?;
        self.sync(mailbox, Role::Archive).await?;
        Ok(())
    }

    /// `\Seen` on what lies in Archive, where it is shown as unread like anywhere else.
    async fn mark_read_elsewhere(
        &mut self,
        place: Place<'_>,
        seen: bool,
        only: Option<&Vec<(Uid, Option<MessageId>)>>,
    ) -> Result<()> {
        let mailbox = place.mailbox;
        self.look_into_archive(place).await?;
        let conversation = self.reader.conversation(mailbox.key(), place.root)?.ok_or_else(|| gone(place.root))?;
        if let Some(why_not) = mailbox.why_not_seen(conversation.folder) {
            return Err(Refusal::new(ErrorKind::Rights, format!("{}: {why_not}", mailbox.key())).into());
        }
        let mut thread = self.reader.thread(mailbox.key(), place.root)?;
        let is_meant =
            |m: &Message| only.is_none_or(|only| only.iter().any(|(uid, id)| m.uid == *uid && m.message_id == *id));
        thread.retain(|m| m.folder == conversation.folder && m.flags.seen != seen && is_meant(m));
        if thread.is_empty() {
            return Ok(());
        }
        self.enter(mailbox, conversation.folder).await?;
        self.mark_stale();
        let flag = vec![keywords::SEEN.to_owned()];
        let change = if seen { FlagChange::Add(flag) } else { FlagChange::Remove(flag) };
        for message in &thread {
            if !self.session.store(message.uid, None, &change).await?.accepted {
                return Err(refused(&Stopped::Refused, mailbox));
            }
        }
        // Some servers say yes and keep nothing: what is so now is read, of these alone, since mail may have come meanwhile.
        self.sync(mailbox, conversation.folder).await?;
        for message in &thread {
            let now = self.reader.message(mailbox.key(), conversation.folder, message.uid)?;
            if now.is_some_and(|now| now.flags.seen != seen) {
                return Err(refused(&Stopped::NotKept, mailbox));
            }
        }
        Ok(())
    }

    /// Whether done moves to Archive here.
    fn archives(&self, mailbox: &Mailbox) -> bool {
        let by_keyword = self.login.config_of(mailbox).is_some_and(|c| c.done == DoneMeans::Keyword);
        mailbox.may(Capability::Archive) && !by_keyword
    }

    /// Who holds it as far as this person was shown.
    fn assignee_seen(&self, place: Place<'_>) -> Result<crate::model::Assignee> {
        let conversation = self.reader.conversation(place.mailbox.key(), place.root)?;
        Ok(conversation.map_or(crate::model::Assignee::Free, |c| c.assignee))
    }

    /// Claims the free conversation that has waited longest; loses one race after the other as long as there are free ones.
    ///
    /// # Errors
    /// [`ErrorKind::None`] where nothing is free.
    pub async fn next(&mut self, mailbox: &Mailbox, expect: &Expectation) -> Result<Conversation> {
        allow(mailbox, &Action::Claim)?;
        self.sync_whole(mailbox, Role::Inbox).await?;
        let mut lost: Vec<String> = Vec::new();
        loop {
            let Some(free) = self.longest_wait(mailbox, &lost)? else {
                return Err(Refusal::new(ErrorKind::None, format!("nothing is free in {}", mailbox.key())).into());
            };
            if let Some(taken) = self.take(mailbox, &free.root, expect).await? {
                return Ok(taken);
            }
            lost.push(free.root);
        }
    }

    /// The free conversation that has waited longest, as the cache has it; none of those that are `lost` (by their roots).
    pub fn longest_wait(&self, mailbox: &Mailbox, lost: &[String]) -> Result<Option<Conversation>> {
        let query = PageQuery {
            order: Order::OldestWait,
            limit: Some(u32::try_from(lost.len()).unwrap_or(u32::MAX).saturating_add(1)),
            ..PageQuery::new(Some(mailbox.key()), View::Unclaimed)
        };
        Ok(self.reader.page(&query)?.into_iter().find(|c| !lost.contains(&c.root)))
    }

    /// Claims a conversation that seemed free; `None`: it is not any more, or it is gone.
    ///
    /// # Errors
    /// Nothing can be claimed in this mailbox, or the session ends.
    pub async fn take(&mut self, mailbox: &Mailbox, root: &str, expect: &Expectation) -> Result<Option<Conversation>> {
        match self.perform(mailbox, root, &Action::Claim, expect, None).await {
            Err(error) if matches!(error.kind(), ErrorKind::Held | ErrorKind::Contested | ErrorKind::Overtaken) => {
                self.sync(mailbox, Role::Inbox).await?;
                Ok(None)
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Failed) && !error.ends_session() => {
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    /// Tidies the mirrors of what this person holds, after mail came into it.
    ///
    /// # Errors
    /// A right is missing, or there is no handle: nothing was tried.
    pub async fn mirror(&mut self, place: Place<'_>) -> Result<()> {
        allow(place.mailbox, &Action::Claim)?;
        let me = self.login.handle_in(place.mailbox)?;
        self.drive(place, Mirror::start(me)).await
    }
}

/// The newest incoming message of a conversation in a folder; an automatic answer only where there is nothing else.
pub fn newest_incoming(thread: &[Message], role: Role) -> Option<&Message> {
    let here = || thread.iter().filter(|m| m.folder == role && !state::is_outgoing(m, thread));
    here()
        .filter(|m| !m.is_auto_reply())
        .max_by_key(|m| (m.internal_date, m.uid))
        .or_else(|| here().max_by_key(|m| m.uid))
}

/// Whether what comes back from Archive when a conversation is opened again bears keywords of ours, which are to be taken off.
pub fn comes_back_marked(thread: &[Message]) -> bool {
    newest_incoming(thread, Role::Archive).is_some_and(|m| m.flags.keywords.iter().any(|k| keywords::is_ours(k)))
}

fn changes_holder(action: &Action) -> bool {
    matches!(action, Action::Claim | Action::Assign(_) | Action::TakeOver | Action::Done)
}

/// What must be granted before anything is tried: a STORE without the right burns a keyword's name on some servers.
pub(super) fn allow(mailbox: &Mailbox, action: &Action) -> Result<()> {
    let is_mark = matches!(action, Action::Tag { .. } | Action::Urgent(_));
    let (filing, unseen);
    let why_not = match action {
        // One or the other, depending on where it lies.
        Action::Seen(_) | Action::SeenOf { .. } if mailbox.why_not_seen(Role::Archive).is_none() => None,
        Action::Seen(_) | Action::SeenOf { .. } => {
            unseen = mailbox.why_not_seen(Role::Inbox);
            unseen.as_deref()
        }
        Action::File(to) if grade::why_no_claims(mailbox.grade, mailbox.address.is_some()).is_none() => {
            filing = to.why_not(mailbox);
            filing.as_deref()
        }
        _ if is_mark => grade::why_no_marks(mailbox.grade, mailbox.address.is_some()),
        _ => grade::why_no_claims(mailbox.grade, mailbox.address.is_some()),
    };
    match why_not {
        None => Ok(()),
        Some(why) => Err(Refusal::new(ErrorKind::Rights, format!("{}: {why}", mailbox.key()))
            .hint("`bagsy doctor` lists what is missing for what")
            .into()),
    }
}

fn gone(root: &str) -> Error {
    let id = crate::wire::identity::conversation_id(root);
    Refusal::new(ErrorKind::NotFound, format!("the conversation {id} is gone")).into()
}

/// A protocol's end in words.
pub fn refused(stopped: &Stopped, mailbox: &Mailbox) -> Error {
    let refusal = match stopped {
        Stopped::Held(holder) => Refusal::new(ErrorKind::Held, format!("{holder} holds it")).holder(holder.clone()),
        Stopped::Contested(handles) => {
            let names: Vec<&str> = handles.iter().map(Handle::as_str).collect();
            Refusal::new(ErrorKind::Contested, format!("{} both claim it", names.join(" and ")))
                .hint("one of them releases it, or somebody takes it over")
        }
        Stopped::NoLongerSo { assignee, status } => {
            let refusal = Refusal::new(
                stopped.kind(),
                format!("it is no longer as it was: {status}, held by {assignee}; nothing was changed"),
            );
            match assignee.holder() {
                Some(holder) => refusal.holder(holder.clone()),
                None => refusal,
            }
        }
        Stopped::NotInInbox => {
            Refusal::new(ErrorKind::Failed, "nothing of it is in INBOX any more").hint("reopen it first")
        }
        Stopped::Refused => {
            Refusal::new(ErrorKind::Rights, format!("the server refuses to change flags in {}", mailbox.key()))
        }
        Stopped::NotKept => Refusal::new(
            ErrorKind::Rights,
            format!(
                "the server says yes and keeps nothing in {}: a right is missing, or it drops keywords",
                mailbox.key()
            ),
        ),
        Stopped::TimedOut => {
            Refusal::new(ErrorKind::Failed, "it stayed undecided for ten seconds and nobody holds it").hint("try again")
        }
        Stopped::Unguarded => {
            Refusal::new(ErrorKind::Rights, "the server gives nothing to guard a change with (no CONDSTORE)")
        }
        Stopped::OutOfStep => {
            Refusal::new(ErrorKind::Failed, "the protocol lost its step; nothing is known to be changed")
        }
    };
    refusal.into()
}
