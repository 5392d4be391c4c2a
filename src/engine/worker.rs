//! What a login's person does, one thing after the other over one connection.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::cache::Cache;
use super::drive::Place;
use super::error::{Error, Result};
use super::forward;
use super::link::Link;
use super::login::Login;
use super::message::{Answer, Command, Event, Fetch, Finding, Forwards, Target, Ticket};
use super::outbox;
use super::outbox::Terms;
use super::stop::Stop;
use super::watcher::Tell;
use crate::config::Prefetch;
use crate::model::{Action, Conversation, ConversationId, ErrorKind, Expectation, Mailbox, Refusal};
use crate::store::{Desk, Resolved};

/// How long the connection may lie idle before the server is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(120);

/// How often folders and mailboxes are looked for that others made.
const LOOK: Duration = Duration::from_secs(600);

/// How long nobody must have wanted anything before bodies are fetched ahead of need, one at a time.
const IDLE: Duration = Duration::from_millis(300);

/// So many bodies are fetched ahead of need while one connection lasts: the head of the queue, not the whole mailbox.
const AHEAD: usize = 300;

/// What a worker is given to do.
#[derive(Debug)]
pub enum Job {
    /// What its person asked for.
    Command(Command),
    /// Mail came into a conversation that its person holds: the claim is to be mirrored onto it.
    Mirror { mailbox: String, conversation: ConversationId },
    /// A lock of what its person holds left INBOX: the claim is to be made anew.
    Reassert,
    /// Somebody wants everything looked at now: folders and mailboxes that others made too.
    FindMore,
    /// The cache has mailboxes otherwise than before: whoever made a folder wrote it there.
    Found(Vec<Mailbox>),
}

/// What is done with the mailboxes, whenever there are others or they have other folders.
pub type TakeIn<'a> = &'a mut (dyn FnMut(&[Mailbox]) + Send);

/// One login's worker.
pub struct Worker {
    login: Arc<Login>,
    cache: Cache,
    tell: Tell,
    mailboxes: Vec<Mailbox>,
    /// The address or root of the only mailbox that is meant.
    only: Option<String>,
}

/// Answers a command that cannot be carried out.
pub fn refuse(tell: &Tell, command: Command, refusal: &Refusal) {
    match command {
        Command::Act { ticket, .. }
        | Command::Next { ticket, .. }
        | Command::Send { ticket, .. }
        | Command::Unsend { ticket, .. }
        | Command::Settle { ticket, .. } => tell(Event::Done { ticket, outcome: Err(refusal.clone()) }),
        Command::Forward { target, .. } => tell(Event::Forwarding { target, outcome: Err(refusal.clone()) }),
        Command::Open { target } => tell(Event::Opened { target, outcome: Err(refusal.clone()) }),
        Command::Fetch { ticket, .. } => tell(Event::Fetched { ticket, outcome: Err(refusal.clone()) }),
        Command::Folders { mailbox } => tell(Event::Folders { mailbox, outcome: Err(refusal.clone()) }),
        Command::Search(sought) => {
            tell(Event::Found { ticket: sought.ticket, finding: Finding::Failed(refusal.clone()) });
        }
        Command::StopSearch { .. } | Command::SyncNow | Command::Quit => {}
    }
}

impl Worker {
    pub fn new(login: Arc<Login>, cache: Cache, tell: Tell, only: Option<String>) -> Self {
        Self { login, cache, tell, mailboxes: Vec::new(), only }
    }

    /// The mailboxes as they were found over the connection that it works on from now on.
    pub fn take_in(&mut self, mailboxes: Vec<Mailbox>) {
        self.mailboxes = mailboxes;
    }

    /// Works until it is over, or the connection is lost.
    ///
    /// # Errors
    /// What ends the session.
    pub async fn work(
        &mut self,
        link: &mut Link,
        jobs: &mut mpsc::UnboundedReceiver<Job>,
        mut stop: Stop,
        take_in: TakeIn<'_>,
    ) -> Result<()> {
        let is_eager = self.login.keeps.prefetch == Prefetch::Open;
        let (mut looking, mut looked_at) = (JoinSet::<Vec<Mailbox>>::new(), Instant::now());
        let mut ahead = if is_eager { AHEAD } else { 0 };
        loop {
            tokio::select! {
                () = stop.stopped() => return Ok(()),
                // A key that is pressed later finds a connection that works.
                lost = link.session.until_lost() => return Err(lost.into()),
                () = tokio::time::sleep(IDLE), if ahead > 0 => {
                    ahead = if self.prefetch(link).await? { ahead - 1 } else { 0 };
                    if ahead == 0 {
                        let most = self.login.keeps.size;
                        self.cache.write(|w| w.prune(most))?;
                    }
                }
                Some(Ok(mut more)) = looking.join_next() => {
                    if let Some(only) = &self.only {
                        more.retain(|m| m.root == *only || m.is_own_address(only));
                    }
                    self.merge(more, take_in);
                }
                () = tokio::time::sleep(KEEPALIVE) => {
                    link.session.noop().await?;
                    if looked_at.elapsed() > LOOK {
                        self.find_more(&mut looking);
                        looked_at = Instant::now();
                    }
                    ahead = if is_eager { AHEAD } else { 0 };
                }
                job = jobs.recv() => match job {
                    None => return Ok(()),
                    Some(Job::Command(command)) => self.carry_out(link, command).await?,
                    Some(Job::Mirror { mailbox, conversation }) => self.mirror(link, &mailbox, &conversation).await?,
                    Some(Job::Reassert) => self.reassert(link).await?,
                    Some(Job::FindMore) => self.find_more(&mut looking),
                    Some(Job::Found(mut mailboxes)) => {
                        // What this login found closed stays so until it is looked for again.
                        mailboxes.retain(|m| self.mailbox(m.key()).is_some());
                        self.merge(mailboxes, take_in);
                    }
                },
            }
        }
    }

    /// Looks for folders and mailboxes that others made, over a connection of its own: Dovecot does not show them to a session
    /// that has looked before.
    fn find_more(&self, looking: &mut JoinSet<Vec<Mailbox>>) {
        if !looking.is_empty() {
            return;
        }
        let (login, cache, known) = (Arc::clone(&self.login), self.cache.clone(), self.mailboxes.clone());
        looking.spawn(async move {
            let found = async {
                let mut link = Link::open(&login, &cache).await?;
                let more = link.find_more(&known).await;
                link.session.logout().await;
                more
            };
            found.await.unwrap_or_else(|error: Error| {
                tracing::info!(%error, "nobody knows whether there are further folders");
                Vec::new()
            })
        });
    }

    fn merge(&mut self, mailboxes: Vec<Mailbox>, take_in: TakeIn<'_>) {
        let mut has_changed = false;
        for mailbox in mailboxes {
            match self.mailboxes.iter_mut().find(|m| m.key() == mailbox.key()) {
                Some(known) if *known == mailbox => continue,
                Some(known) => *known = mailbox,
                None => self.mailboxes.push(mailbox),
            }
            has_changed = true;
        }
        if has_changed {
            take_in(&self.mailboxes);
        }
    }

    /// What can be done without a connection: put an answer into the outbox, take it back.
    pub fn offline(&self, job: Job, refusal: &Refusal) {
        let Job::Command(command) = job else { return };
        match command {
            Command::Send { ticket, answer, hold } => self.hold(ticket, &answer, hold),
            Command::Unsend { ticket, item, .. } => self.take_back(ticket, item),
            Command::Forward { target, of } => {
                let kept = self.forward_cached(&target, &of).transpose();
                let outcome = kept.unwrap_or_else(|| Err(refusal.clone().into())).map(Box::new);
                (self.tell)(Event::Forwarding { target, outcome: outcome.map_err(Error::into_refusal) });
            }
            Command::Fetch { ticket, mailbox, fetch } => self.fetch(ticket, &mailbox, fetch, false),
            other => refuse(&self.tell, other, refusal),
        }
    }

    /// One body ahead of need; `false` where none is wanted.
    async fn prefetch(&self, link: &mut Link) -> Result<bool> {
        for mailbox in &self.mailboxes {
            match link.prefetch_body(mailbox).await {
                Ok(false) => {}
                Err(error) if !error.ends_session() => tracing::info!(%error, "a body is not fetched ahead"),
                other => return other,
            }
        }
        Ok(false)
    }

    /// Other mail programs show the claim on new mail too, and a lost lock loses nothing.
    async fn mirror(&mut self, link: &mut Link, mailbox: &str, conversation: &ConversationId) -> Result<()> {
        let Some(mailbox) = self.mailbox(mailbox) else { return Ok(()) };
        let Resolved::One { root, .. } = link.reader.resolve(Some(mailbox.key()), &conversation.0)? else {
            return Ok(());
        };
        match link.mirror(Place { mailbox: &mailbox, root: &root }).await {
            Err(error) if error.ends_session() => Err(error),
            // It decides nothing: the lock stands.
            Err(error) => {
                tracing::info!(%error, "a claim is not mirrored");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Claims anew what was held by locks that left INBOX, and tells how that ended. What the connection did not live to do is
    /// done over the next one.
    pub async fn reassert(&mut self, link: &mut Link) -> Result<()> {
        for lost in link.reader.lost_locks()? {
            let Some(mailbox) = self.mailbox(&lost.mailbox) else { continue };
            let outcome = match link.reassert(&mailbox, &lost).await {
                Err(error) if error.ends_session() => return Err(error),
                outcome => outcome.map_err(Error::into_refusal),
            };
            self.cache.write(|w| w.settle_lost_lock(&lost.mailbox, &lost.lock))?;
            self.cache.announce();
            let target = Target { mailbox: lost.mailbox, root: lost.root };
            (self.tell)(Event::LockLeft { target, subject: lost.subject, outcome });
        }
        Ok(())
    }

    async fn carry_out(&mut self, link: &mut Link, job: Command) -> Result<()> {
        match job {
            Command::Act { ticket, target, action, expect, upto } => {
                let Some(mailbox) = self.mailbox(&target.mailbox) else {
                    return self.no_mailbox(ticket, &target.mailbox);
                };
                let done = link.act(&mailbox, &target.root, &action, &expect, upto).await;
                let done = done.map(|performed| {
                    if let Action::Tag { add, .. } = &action {
                        (self.tell)(Event::Keywords { mailbox: target.mailbox.clone(), names: add.clone() });
                    }
                    if let Some(filed) = performed.filed {
                        (self.tell)(Event::Filed { ticket, filed: Box::new(filed) });
                    }
                    performed.conversation
                });
                self.answer(ticket, done)
            }
            Command::Next { ticket, mailbox } => {
                let Some(found) = self.mailbox(&mailbox) else { return self.no_mailbox(ticket, &mailbox) };
                let done = link.next(&found, &Expectation::default()).await;
                self.answer(ticket, done.map(Some))
            }
            Command::Settle { ticket, target, verdict } => {
                let Some(mailbox) = self.mailbox(&target.mailbox) else {
                    return self.no_mailbox(ticket, &target.mailbox);
                };
                let done = link.settle(&mailbox, &target.root, verdict).await;
                self.answer(ticket, done)
            }
            Command::Open { target } => {
                let outcome = match self.mailbox(&target.mailbox) {
                    Some(mailbox) => link.open_bodies(Place { mailbox: &mailbox, root: &target.root }).await,
                    None => Err(no_mailbox(&target.mailbox).into()),
                };
                let lost = outcome.as_ref().is_err_and(Error::ends_session);
                let (told, kept) = split(outcome);
                (self.tell)(Event::Opened { target, outcome: told });
                let most = self.login.keeps.size;
                if let Err(error) = self.cache.write(|w| w.prune(most)) {
                    tracing::warn!(%error, "the cache keeps more bodies than it should");
                }
                if lost { kept } else { Ok(()) }
            }
            Command::Forward { target, of } => {
                let outcome = self.forward(link, &target, &of).await.map(Box::new);
                let lost = outcome.as_ref().is_err_and(Error::ends_session);
                let (told, kept) = split(outcome);
                (self.tell)(Event::Forwarding { target, outcome: told });
                if lost { kept } else { Ok(()) }
            }
            Command::Fetch { ticket, mailbox, fetch } => {
                self.fetch(ticket, &mailbox, fetch, true);
                Ok(())
            }
            Command::Folders { mailbox } => {
                let outcome = match self.mailbox(&mailbox) {
                    Some(found) => link.places(&found).await,
                    None => Err(no_mailbox(&mailbox).into()),
                };
                let lost = outcome.as_ref().is_err_and(Error::ends_session);
                let (told, kept) = split(outcome);
                (self.tell)(Event::Folders { mailbox, outcome: told });
                if lost { kept } else { Ok(()) }
            }
            Command::Send { ticket, answer, hold } => {
                self.hold(ticket, &answer, hold);
                Ok(())
            }
            Command::Unsend { ticket, item, .. } => {
                self.take_back(ticket, item);
                Ok(())
            }
            // Not the worker's.
            Command::Search(_) | Command::StopSearch { .. } | Command::SyncNow | Command::Quit => Ok(()),
        }
    }

    /// Tells how a command ended; a lost connection goes on to whoever connects anew.
    fn answer(&self, ticket: Ticket, done: Result<Option<Conversation>>) -> Result<()> {
        let lost = done.as_ref().is_err_and(Error::ends_session);
        let (told, kept) = split(done.map(|c| c.map(Box::new)));
        (self.tell)(Event::Done { ticket, outcome: told });
        if lost { kept } else { Ok(()) }
    }

    /// Beside what else is to be done; `is_online`: the server may be asked.
    fn fetch(&self, ticket: Ticket, mailbox: &str, fetch: Fetch, is_online: bool) {
        let known = self.mailbox(mailbox).or_else(|| {
            let known = self.cache.reader().and_then(|r| Ok(r.mailboxes()?)).unwrap_or_default();
            known.into_iter().find(|m| m.key() == mailbox)
        });
        let Some(mailbox) = known else {
            return (self.tell)(Event::Fetched { ticket, outcome: Err(no_mailbox(mailbox)) });
        };
        let (login, cache, tell) = (Arc::clone(&self.login), self.cache.clone(), Arc::clone(&self.tell));
        // Ends with the engine's runtime; half a file is taken away then.
        tokio::spawn(super::fetching::fetch(login, cache, mailbox, (ticket, fetch), tell, is_online));
    }

    fn mailbox(&self, key: &str) -> Option<Mailbox> {
        self.mailboxes.iter().find(|m| m.key() == key).cloned()
    }

    fn no_mailbox(&self, ticket: Ticket, key: &str) -> Result<()> {
        (self.tell)(Event::Done { ticket, outcome: Err(no_mailbox(key)) });
        Ok(())
    }

    /// What is to be forwarded, laid on the desk.
    async fn forward(&self, link: &mut Link, target: &Target, of: &str) -> Result<Forwards> {
        let mailbox = self.mailbox(&target.mailbox).ok_or_else(|| no_mailbox(&target.mailbox))?;
        let message = forward::message_named(&link.reader, &mailbox, of)?;
        let unpacked = link.unpack(&mailbox, &message).await?;
        unpacked.keep(&Desk::open(self.cache.path())?, of)
    }

    /// The same without a connection; `None` where it is not in the cache.
    fn forward_cached(&self, target: &Target, of: &str) -> Result<Option<Forwards>> {
        let reader = self.cache.reader()?;
        let mailboxes = reader.mailboxes()?;
        let mailbox = mailboxes.iter().find(|m| m.key() == target.mailbox);
        let mailbox = mailbox.ok_or_else(|| no_mailbox(&target.mailbox))?;
        let message = forward::message_named(&reader, mailbox, of)?;
        let desk = Desk::open(self.cache.path())?;
        forward::cached(&reader, mailbox, &message)?.map(|unpacked| unpacked.keep(&desk, of)).transpose()
    }

    /// Puts an answer into the outbox, where it can be taken back for a while.
    fn hold(&self, ticket: Ticket, answer: &Answer, hold: Duration) {
        let until = Timestamp::now().saturating_add(SignedDuration::try_from(hold).unwrap_or_default());
        let until = until.unwrap_or_else(|_| Timestamp::now());
        let put = || -> Result<i64> {
            let reader = self.cache.reader()?;
            let desk = Desk::open(self.cache.path())?;
            let mailboxes = reader.mailboxes()?;
            let mailbox = mailboxes.iter().find(|m| m.key() == answer.target.mailbox);
            let mailbox = mailbox.ok_or_else(|| no_mailbox(&answer.target.mailbox))?;
            let terms = Terms { unannounced: answer.unannounced, hold_until: Some(until), ..Terms::default() };
            outbox::put(&desk, &self.login, mailbox, answer, terms)
        };
        match put() {
            Ok(item) => {
                (self.tell)(Event::Held { ticket, item, target: answer.target.clone(), until });
                self.cache.announce();
            }
            Err(error) => (self.tell)(Event::Done { ticket, outcome: Err(error.into_refusal()) }),
        }
    }

    fn take_back(&self, ticket: Ticket, item: i64) {
        match outbox::take_back(self.cache.path(), item) {
            Ok(Some(target)) => (self.tell)(Event::TakenBack { item, target }),
            Ok(None) => {
                let refusal = Refusal::new(ErrorKind::Failed, "too late: it is on its way");
                (self.tell)(Event::Done { ticket, outcome: Err(refusal) });
            }
            Err(error) => (self.tell)(Event::Done { ticket, outcome: Err(error.into_refusal()) }),
        }
        self.cache.announce();
    }
}

fn no_mailbox(key: &str) -> Refusal {
    Refusal::new(ErrorKind::NotFound, format!("{key} cannot be reached"))
}

/// The same failure in words for the screen, and as it is for whoever connects anew.
fn split<T>(result: Result<T>) -> (std::result::Result<T, Refusal>, Result<()>) {
    match result {
        Ok(value) => (Ok(value), Ok(())),
        Err(Error::Imap(error)) => (Err(Error::Imap(error.clone()).into_refusal()), Err(Error::Imap(error))),
        Err(error) => (Err(error.into_refusal()), Ok(())),
    }
}
