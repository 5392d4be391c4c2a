//! One folder, kept up to date for as long as the program runs: filled, then listened to by IDLE; or several, looked at in
//! turn by STATUS. Further folders may join at any time. A lost connection is shown and mended.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;
use super::cache::Cache;
use super::error::{Error, Result};
use super::link::Link;
use super::login::Login;
use super::message::{Connection, Event};
use super::stop::Stop;
use super::turns::{Pace, Turns};
use crate::imap::{FolderStatus, IdleReason};
use crate::model::{ErrorKind, Mailbox, Refusal, Role};
use crate::store;

/// What carries events to whoever listens.
pub type Tell = Arc<dyn Fn(Event) + Send + Sync>;

/// Longer than this no IDLE is trusted: a folder is looked at again even where nothing was told.
const LONGEST_IDLE: Duration = Duration::from_secs(10 * 60);

/// The pause where only a person can mend it, by a password say.
const HOPELESS: Duration = Duration::from_secs(60);

/// The watching of some folders over one connection.
pub struct Watch {
    pub login: Arc<Login>,
    pub cache: Cache,
    pub tell: Tell,
    pub stop: Stop,
    /// Somebody wants to be connected now, not after the pause.
    pub nudge: Arc<Notify>,
    /// One folder is listened to; several are looked at in turn.
    pub folders: Vec<(Mailbox, Role)>,
    /// Folders that were found later and have no connection of their own, or that took over the role of one of these.
    pub joining: mpsc::UnboundedReceiver<(Mailbox, Role)>,
}

impl Watch {
    /// Connects, and connects again whenever the connection is lost, until it is over.
    pub async fn run(mut self) {
        let mut backoff = Backoff::default();
        let mut offline_since: Option<Timestamp> = None;
        loop {
            let mut stop = self.stop.clone();
            let worked = tokio::select! {
                () = stop.stopped() => return,
                worked = self.work(&mut backoff, &mut offline_since) => worked,
            };
            let Err(error) = worked else { return };
            let pause = if is_mendable(&error) || error.is_signed_out() {
                backoff.pause_after(&error)
            } else {
                tracing::warn!(%error, "a folder cannot be watched");
                HOPELESS
            };
            let since = *offline_since.get_or_insert(Timestamp::now());
            let why = why(error);
            for (mailbox, _) in self.folders.iter().filter(|(_, role)| *role == Role::Inbox) {
                self.tell_offline(mailbox, since, pause, why.clone());
            }
            tokio::select! {
                () = stop.stopped() => return,
                () = self.nudge.notified() => {}
                // What is closed keeps nobody waiting who joins it.
                Some(joins) = self.joining.recv() => drop(self.take_in(joins)),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn tell_offline(&self, mailbox: &Mailbox, since: Timestamp, pause: Duration, why: Refusal) {
        let now = Timestamp::now();
        let retry_at = now.saturating_add(SignedDuration::try_from(pause).unwrap_or_default()).unwrap_or(now);
        let state = Connection::lost(since, retry_at, why);
        (self.tell)(Event::Connection { mailbox: mailbox.key().to_owned(), state });
    }

    /// One connection, from its beginning to its loss.
    async fn work(&mut self, backoff: &mut Backoff, offline_since: &mut Option<Timestamp>) -> Result<()> {
        let mut link = Link::open(&self.login, &self.cache).await?;
        *offline_since = None;
        while let [(mailbox, role)] = self.folders.as_slice() {
            let (mailbox, role) = (mailbox.clone(), *role);
            if !self.listen(&mut link, &mailbox, role, backoff).await? {
                return Ok(());
            }
            link.step_out().await?;
        }
        self.look_in_turn(&mut link, backoff).await
    }

    /// Takes in a folder that joins, in the place of the one that had its role; gives its number.
    fn take_in(&mut self, joins: (Mailbox, Role)) -> usize {
        let is_its = |(mailbox, role): &(Mailbox, Role)| mailbox.key() == joins.0.key() && *role == joins.1;
        let at = self.folders.iter().position(is_its).unwrap_or(self.folders.len());
        match self.folders.get_mut(at) {
            Some(folder) => *folder = joins,
            None => self.folders.push(joins),
        }
        at
    }

    /// Several folders over one connection: each is asked for its figures when its turn comes, and entered only where they
    /// have changed. One that is closed to this login is left in peace for a while; the others go on.
    async fn look_in_turn(&mut self, link: &mut Link, backoff: &mut Backoff) -> Result<()> {
        let mut turns = Turns::new(self.folders.iter().map(|(_, role)| Pace::of(*role)), Instant::now());
        let mut known: Vec<Option<Seen>> = vec![None; self.folders.len()];
        let mut closed_since: Vec<Option<Timestamp>> = vec![None; self.folders.len()];
        let mut looked = 0;
        while let Some((folder, due)) = turns.next() {
            tokio::select! {
                () = self.nudge.notified() => {
                    known.fill(None);
                    turns.hurry(Instant::now());
                    continue;
                }
                Some(joins) = self.joining.recv() => {
                    let (pace, now) = (Pace::of(joins.1), Instant::now());
                    let joined = self.take_in(joins);
                    if joined == known.len() {
                        turns.join(pace, now);
                        known.push(None);
                        closed_since.push(None);
                    } else {
                        turns.put_off(joined, now);
                        (known[joined], closed_since[joined]) = (None, None);
                    }
                    continue;
                }
                () = sleep_until(due) => {}
            }
            let (mailbox, role) = &self.folders[folder].clone();
            // Figures that were asked for before the folder was entered: what came in between makes them others.
            let now = link.figures(mailbox, *role).await?;
            if now.is_none() {
                turns.slow_down(folder);
            }
            let is_as_known = known[folder]
                .as_ref()
                .is_some_and(|seen| now.is_some() && seen.figures == now && seen.at.elapsed() < LONGEST_IDLE);
            if !is_as_known {
                match self.bring_up(link, mailbox, *role).await {
                    Ok(()) => closed_since[folder] = None,
                    Err(error) if is_of_one_mailbox(&error) => {
                        tracing::warn!(%error, "a folder cannot be watched");
                        // Whether a mailbox is live is said of its INBOX alone.
                        if *role == Role::Inbox {
                            let since = *closed_since[folder].get_or_insert(Timestamp::now());
                            self.tell_offline(mailbox, since, HOPELESS, why(error));
                        }
                        (known[folder], looked) = (None, looked + 1);
                        turns.put_off(folder, Instant::now() + HOPELESS);
                        link.leave();
                        continue;
                    }
                    Err(error) => return Err(error),
                }
                // The figures of a folder that is selected may be old ones.
                link.step_out().await?;
                known[folder] = Some(Seen { figures: now, at: Instant::now() });
            }
            turns.looked_at(folder, Instant::now());
            looked += 1;
            if looked >= self.folders.len() {
                backoff.reset();
            }
        }
        Ok(())
    }

    /// One folder, told by IDLE, until another one joins or takes its place; `false`: it is over.
    async fn listen(&mut self, link: &mut Link, mailbox: &Mailbox, role: Role, backoff: &mut Backoff) -> Result<bool> {
        self.bring_up(link, mailbox, role).await?;
        backoff.reset();
        loop {
            // What a server has told along with its answers to us, it does not tell again while it is listened to.
            while link.is_behind() {
                link.catch_up(mailbox, role).await?;
            }
            let mut stop = self.stop.clone();
            let nudge = Arc::clone(&self.nudge);
            let (joining, mut newcomer) = (&mut self.joining, None);
            let interrupt = async {
                tokio::select! {
                    () = stop.stopped() => {}
                    () = nudge.notified() => {}
                    Some(joins) = joining.recv() => newcomer = Some(joins),
                }
            };
            let end = link.session.idle(interrupt, LONGEST_IDLE).await;
            if let Some(joins) = newcomer {
                // Whatever became of the connection: it is told once.
                self.take_in(joins);
                return end.map(|_| true).map_err(Error::from);
            }
            let end = end?;
            link.note(end.changes);
            match end.reason {
                IdleReason::Interrupted if self.stop.is_over() => return Ok(false),
                IdleReason::Interrupted | IdleReason::TimedOut => link.sync(mailbox, role).await?,
                IdleReason::Changed => link.catch_up(mailbox, role).await?,
            };
        }
    }

    /// Brings a folder up to date and reads what is not known of it yet, saying how far it is.
    async fn bring_up(&mut self, link: &mut Link, mailbox: &Mailbox, role: Role) -> Result<()> {
        let teller = Arc::clone(&self.tell);
        let tell = |state| {
            if role == Role::Inbox {
                teller(Event::Connection { mailbox: mailbox.key().to_owned(), state });
            }
        };
        match link.sync(mailbox, role).await {
            Ok(_) => {}
            // Another folder than INBOX may be closed to this login: it is lived without.
            Err(Error::Imap(error)) if role != Role::Inbox && !error.is_fatal() => return Ok(()),
            Err(error) => return Err(error),
        }
        link.fill(mailbox, role, |state| {
            // UIDs are not messages, but their share tells how far it is.
            let (total, left) = (state.uidnext.0.max(1), state.known_from.0.saturating_sub(1));
            tell(Connection::Syncing { done: state.exists - scaled(state.exists, left, total), total: state.exists });
        })
        .await?;
        tell(Connection::Live);
        Ok(())
    }
}

/// How a folder was found when it was entered last.
#[derive(Debug, Clone)]
struct Seen {
    figures: Option<FolderStatus>,
    at: Instant,
}

fn scaled(amount: u32, part: u32, whole: u32) -> u32 {
    u32::try_from(u64::from(amount) * u64::from(part.min(whole)) / u64::from(whole)).unwrap_or(amount)
}

/// Whether the connection, and what else is watched over it, has nothing to do with it: the folder is closed to this login,
/// or its mailbox is not shown to it any more and was forgotten.
fn is_of_one_mailbox(error: &Error) -> bool {
    match error {
        Error::Imap(error) => !error.is_fatal(),
        Error::Store(error) => matches!(error, store::Error::NoSuchMailbox(_)),
        _ => false,
    }
}

/// In words for whoever looks at that mailbox.
fn why(error: Error) -> Refusal {
    match error {
        Error::Store(store::Error::NoSuchMailbox(key)) => {
            Refusal::new(ErrorKind::NotFound, format!("the server does not show you {key} any more"))
        }
        other => other.into_refusal(),
    }
}

/// Whether trying again may help without anybody doing anything.
fn is_mendable(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unreachable)
}
