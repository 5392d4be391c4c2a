//! What the server knows of a query and the cache does not, asked over a connection of its own, so that no act waits for it.
//!
//! Only the newest query counts. One that is overtaken while the server still works on it is cut off with its connection:
//! IMAP has no way to take a SEARCH back.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::cache::Cache;
use super::error::Result;
use super::link::Link;
use super::login::Login;
use super::message::{Event, Finding, Ticket};
use super::question::Question;
use super::stop::Stop;
use super::watcher::Tell;
use crate::model::{ErrorKind, Mailbox, Query, Refusal, Role, Uid};

/// The connection stays for the next query so long.
const LINGER: Duration = Duration::from_secs(30);

/// So many of the messages that the server found and the cache does not know are brought in: the newest.
const BROUGHT: usize = 200;

/// A query on its way to the server.
#[derive(Debug, Clone)]
pub struct Sought {
    pub ticket: Ticket,
    pub mailbox: String,
    pub query: Query,
    /// When and where it was asked: what `yesterday` means.
    pub now: Timestamp,
    pub zone: TimeZone,
}

/// Searches for one login.
pub struct Finder {
    pub login: Arc<Login>,
    pub cache: Cache,
    pub tell: Tell,
}

impl Finder {
    /// Runs until it is over. `wanted`: the newest query; `None` where nobody waits for one.
    pub async fn run(self, mut wanted: watch::Receiver<Option<Sought>>, mut stop: Stop) {
        let mut link: Option<Link> = None;
        loop {
            tokio::select! {
                () = stop.stopped() => return,
                changed = wanted.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(LINGER), if link.is_some() => {
                    if let Some(link) = link.take() {
                        link.session.logout().await;
                    }
                    continue;
                }
            }
            let Some(sought) = wanted.borrow_and_update().clone() else { continue };
            let outcome = tokio::select! {
                () = stop.stopped() => return,
                // Overtaken: the connection is in the middle of an answer that nobody wants.
                changed = wanted.changed() => {
                    link = None;
                    if changed.is_err() {
                        return;
                    }
                    wanted.mark_changed();
                    continue;
                }
                outcome = self.search(&mut link, &sought) => outcome,
            };
            let finding = match outcome {
                Ok(()) => Finding::Complete,
                Err(error) => {
                    if error.ends_session() {
                        link = None;
                    }
                    Finding::Failed(error.into_refusal())
                }
            };
            (self.tell)(Event::Found { ticket: sought.ticket, finding });
        }
    }

    async fn search(&self, kept: &mut Option<Link>, sought: &Sought) -> Result<()> {
        let reader = self.cache.reader()?;
        let mailboxes = reader.mailboxes()?;
        let mailbox = mailboxes.iter().find(|m| m.key() == sought.mailbox);
        let mailbox = mailbox
            .ok_or_else(|| Refusal::new(ErrorKind::NotFound, format!("{} cannot be reached", sought.mailbox)))?;
        let mut missing = None;
        for role in Role::SYNCED.into_iter().filter(|role| mailbox.folder(*role).is_some()) {
            let is_whole = reader.folder(mailbox.key(), role)?.is_some_and(|state| state.is_whole());
            let question = Question::of(&sought.query, is_whole, sought.now, &sought.zone);
            if question.is_empty() {
                continue;
            }
            (self.tell)(Event::Found { ticket: sought.ticket, finding: Finding::Asking(role) });
            let link = match kept {
                Some(link) => link,
                None => kept.insert(Link::open(&self.login, &self.cache).await?),
            };
            match link.ask(mailbox, role, &question).await {
                Ok(Answer { also, but, left_out }) => {
                    let at = |uids: Vec<Uid>| uids.into_iter().map(|uid| (role, uid)).collect();
                    let finding = Finding::Hits { also: at(also), but: at(but), left_out };
                    (self.tell)(Event::Found { ticket: sought.ticket, finding });
                }
                Err(error) if error.ends_session() => return Err(error),
                // Other folders may be open to this login, or take other words.
                Err(error) => missing = missing.or(Some(error)),
            }
        }
        missing.map_or(Ok(()), Err)
    }
}

/// What one folder has for a question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub also: Vec<Uid>,
    pub but: Vec<Uid>,
    /// So many of the first are older than those that were brought into the cache, and are not shown.
    pub left_out: u32,
}

impl Link {
    /// Asks the server for what a folder has for a question. Messages that the cache does not know yet are brought into it,
    /// the newest of them.
    ///
    /// # Errors
    /// What the server says, a character set that it does not search in among it.
    pub async fn ask(&mut self, mailbox: &Mailbox, role: Role, question: &Question) -> Result<Answer> {
        let was_entered = self.selected().is_some();
        self.enter(mailbox, role).await?;
        if was_entered {
            // A connection that lay idle hears of new mail first.
            self.refresh().await?;
        }
        let mut answer = Answer::default();
        if let Some(criteria) = &question.wanted {
            answer.also = self.session.search(criteria).await?;
        }
        for criteria in &question.unwanted {
            answer.but.extend(self.session.search(criteria).await?);
        }
        self.note_unsolicited();
        let state = self.reader.folder(mailbox.key(), role)?;
        let validity = self.selected().map(|selected| selected.uidvalidity);
        let Some(state) = state.filter(|state| Some(state.uidvalidity) == validity) else {
            // The numbers of another time say nothing about the rows that are here.
            return Ok(Answer::default());
        };
        let known = self.reader.known_uids_below(mailbox.key(), role, state.known_from)?;
        let is_unknown = |uid: &Uid| *uid < state.known_from && known.binary_search(uid).is_err();
        let mut unknown: Vec<Uid> = answer.also.iter().copied().filter(is_unknown).collect();
        unknown.sort_unstable_by_key(|uid| std::cmp::Reverse(*uid));
        answer.left_out = u32::try_from(unknown.len().saturating_sub(BROUGHT)).unwrap_or(u32::MAX);
        unknown.truncate(BROUGHT);
        if !unknown.is_empty() {
            self.add_single(mailbox, role, &unknown).await?;
        }
        Ok(answer)
    }
}
