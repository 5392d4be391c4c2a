//! Carrying out what a protocol of the wire asks: one short loop for all of them.

use std::time::{Duration, Instant};

use super::error::{Error, Result};
use super::link::Link;
use crate::imap::{self, UidSet};
use crate::model::{Mailbox, MessageId, Role, Uid};
use crate::wire::state;
use crate::wire::step::{Ask, Protocol, Sight, Step, Told};

/// The conversation that a protocol is about.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub mailbox: &'a Mailbox,
    /// The root's Message-ID.
    pub root: &'a str,
}

impl Link {
    /// Drives a protocol to its end.
    ///
    /// # Errors
    /// What ends the session, or keeps INBOX from being read. What the server refuses, the protocol is told.
    pub async fn drive<P>(&mut self, place: Place<'_>, start: (P, Ask)) -> Result<P::Outcome>
    where
        P: Protocol<Ask = Ask, Told = Told>,
    {
        run(start, InInbox { link: self, place }).await
    }

    /// Does one thing that a protocol asks for.
    pub async fn carry_out(&mut self, place: Place<'_>, ask: Ask) -> Result<Told> {
        Ok(match ask {
            Ask::Look => Told::Seen(self.look(place).await?),
            Ask::Store { uid, unchanged_since, change } => {
                self.enter(place.mailbox, Role::Inbox).await?;
                self.mark_stale();
                match self.session.store(uid, unchanged_since, &change).await {
                    Ok(answer) => Told::Stored {
                        accepted: answer.accepted,
                        modified: answer.modified,
                        fetched: answer.fetched.is_some(),
                    },
                    Err(error) if error.is_fatal() => return Err(error.into()),
                    Err(error) => {
                        tracing::info!(%error, "a STORE was refused");
                        Told::Stored { accepted: false, modified: false, fetched: false }
                    }
                }
            }
            Ask::Move { uids } => Told::Moved { accepted: self.move_to_archive(place.mailbox, &uids).await? },
            Ask::Wait { from_ms, to_ms } => {
                tokio::time::sleep(random_pause(from_ms, to_ms)).await;
                Told::Waited
            }
        })
    }

    /// A fresh view of the conversation's messages in INBOX.
    pub async fn look(&mut self, place: Place<'_>) -> Result<Vec<Sight>> {
        self.sync(place.mailbox, Role::Inbox).await?;
        let key = place.mailbox.key();
        self.gather(place, Role::Inbox).await?;
        let mut members = self.reader.thread(key, place.root)?;
        let uids: Vec<Uid> = members.iter().filter(|m| m.folder == Role::Inbox).map(|m| m.uid).collect();
        if uids.is_empty() {
            return Ok(Vec::new());
        }
        let fetched = self.session.fetch_flags(&UidSet::of(uids), None).await?.flags;
        self.keep_flags(place.mailbox, Role::Inbox, &members, &fetched)?;
        members.retain_mut(|m| {
            if m.folder != Role::Inbox {
                return true;
            }
            let Some((_, modseq, flags)) = fetched.iter().find(|(uid, ..)| *uid == m.uid) else { return false };
            (m.modseq, m.flags) = (*modseq, flags.clone());
            true
        });
        Ok(state::sights(&members))
    }

    /// Brings what the cache may lack of a conversation, and gives its root as all its messages make it: INBOX is up to
    /// UIDNEXT, and where it is not wholly known, the server was asked for the members. Where the root's message is missing,
    /// what joins it to others may lie in Sent or Archive: these are asked too.
    pub async fn complete(&mut self, mailbox: &Mailbox, root: &str) -> Result<String> {
        let key = mailbox.key();
        let mut root = root.to_owned();
        loop {
            let before = root.clone();
            self.sync(mailbox, Role::Inbox).await?;
            self.gather(Place { mailbox, root: &root }, Role::Inbox).await?;
            root = self.reader.root_of(key, &root)?.unwrap_or(root);
            if self.reader.messages_with_id(key, &root)?.is_empty() {
                for role in [Role::Sent, Role::Archive] {
                    if mailbox.folder(role).is_none() {
                        continue;
                    }
                    match self.sync(mailbox, role).await {
                        Ok(_) => self.gather(Place { mailbox, root: &root }, role).await?,
                        Err(Error::Imap(error)) if !error.is_fatal() => {
                            tracing::info!(%error, folder = role.as_str(), "a folder is lived without");
                        }
                        Err(error) => return Err(error),
                    }
                }
                root = self.reader.root_of(key, &root)?.unwrap_or(root);
            }
            if root == before {
                return Ok(root);
            }
        }
    }

    /// While a folder is not wholly known: asks the server for the conversation's members there, until nothing new comes. No
    /// id is asked for twice: what comes later has a higher UID, and is known by that.
    pub async fn gather(&mut self, place: Place<'_>, role: Role) -> Result<()> {
        let key = place.mailbox.key();
        let Some(state) = self.reader.folder(key, role)?.filter(|s| !s.is_whole()) else { return Ok(()) };
        loop {
            let members = self.reader.thread(key, place.root)?;
            let mut ids: Vec<MessageId> = vec![MessageId(place.root.to_owned())];
            for member in &members {
                ids.extend(member.message_id.iter().chain(&member.references).chain(&member.in_reply_to).cloned());
            }
            ids.sort();
            ids.dedup();
            ids.retain(|id| !self.is_gathered(&state, id));
            if ids.is_empty() {
                return Ok(());
            }
            self.enter(place.mailbox, role).await?;
            let mut found: Vec<Uid> = Vec::new();
            for id in &ids {
                found.extend(self.session.search_conversation(id).await?);
            }
            let known = self.reader.known_uids(key, role)?;
            found.retain(|uid| known.binary_search(uid).is_err());
            found.sort();
            found.dedup();
            if !found.is_empty() {
                self.add_single(place.mailbox, role, &found).await?;
            }
            self.note_gathered(&state, ids);
        }
    }

    async fn move_to_archive(&mut self, mailbox: &Mailbox, uids: &[Uid]) -> Result<bool> {
        let Some(archive) = mailbox.folder(Role::Archive) else { return Ok(false) };
        self.enter(mailbox, Role::Inbox).await?;
        self.mark_stale();
        match self.session.uid_move(&UidSet::of(uids.iter().copied()), archive).await {
            Ok(_) => Ok(true),
            Err(error @ (imap::Error::Refused { .. } | imap::Error::Unsupported { .. })) => {
                tracing::info!(%error, "not moved to Archive: done is the keyword alone");
                Ok(false)
            }
            Err(error) => Err(Error::from(error)),
        }
    }
}

/// Who does what a protocol asks for, one thing at a time.
pub trait CarryOut {
    type Ask;
    type Told;
    fn carry_out(&mut self, ask: Self::Ask) -> impl Future<Output = Result<Self::Told>> + Send;
}

/// A conversation in INBOX, over one connection.
struct InInbox<'a> {
    link: &'a mut Link,
    place: Place<'a>,
}

impl CarryOut for InInbox<'_> {
    type Ask = Ask;
    type Told = Told;

    async fn carry_out(&mut self, ask: Ask) -> Result<Told> {
        self.link.carry_out(self.place, ask).await
    }
}

/// Runs a protocol to its end.
///
/// # Errors
/// What carrying out fails with.
pub async fn run<P, C>((mut protocol, mut ask): (P, P::Ask), mut hands: C) -> Result<P::Outcome>
where
    P: Protocol,
    C: CarryOut<Ask = P::Ask, Told = P::Told>,
{
    let began = Instant::now();
    loop {
        let told = hands.carry_out(ask).await?;
        let now_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match protocol.next(told, now_ms) {
            Step::Ask(next) => ask = next,
            Step::Finished(outcome) => return Ok(outcome),
        }
    }
}

/// A random time between the two, so that racers draw apart.
pub fn random_pause(from_ms: u64, to_ms: u64) -> Duration {
    let span = to_ms.saturating_sub(from_ms) + 1;
    let mut bytes = [0; 8];
    // Without randomness the middle is as good as anything.
    let random = match getrandom::fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes) % span,
        Err(_) => span / 2,
    };
    Duration::from_millis(from_ms + random)
}
