//! The engine as the screen and `watch` run it: for each login its folders watched and a worker for what its person does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use super::backoff::Backoff;
use super::cache::Cache;
use super::discover::Found;
use super::error::Result;
use super::finder::{Finder, Sought};
use super::index;
use super::link::Link;
use super::login::Login;
use super::message::{Command, Connection, Event};
use super::seats::Seats;
use super::sender::{GRACE, Sender};
use super::stop::{Stop, Stopper, stop};
use super::tail::Tail;
use super::watcher::{Tell, Watch};
use super::worker::{Job, Worker};
use crate::model::{Change, ChangeKind, ErrorKind, Handle, Mailbox, Refusal, Role};
use crate::store::LostLock;

/// The running engine. Dropped, its tasks end.
pub struct Engine {
    desks: Vec<Desk>,
    tell: Tell,
    routes: Routes,
    stopper: Stopper,
    tasks: JoinSet<()>,
    /// Those that are waited for when all is over, since they may have an answer on its way.
    senders: JoinSet<()>,
}

/// One login of the running engine.
struct Desk {
    jobs: mpsc::UnboundedSender<Job>,
    nudge: Arc<Notify>,
    sought: watch::Sender<Option<Sought>>,
}

/// Which login has which mailbox.
type Routes = Arc<Mutex<HashMap<String, usize>>>;

/// What a login's tasks share.
#[derive(Clone)]
struct Shared {
    login: Arc<Login>,
    cache: Cache,
    tell: Tell,
    stop: Stop,
    nudge: Arc<Notify>,
}

impl Engine {
    /// Starts watching all mailboxes of these logins, and working for their persons. `only` restricts it to the mailbox
    /// with this address or root. With `sends` it works for its person unasked: what lies in the outbox is sent, claims are
    /// mirrored, and made anew where their lock left INBOX; without, it changes nothing on the server by itself. Must be called within a tokio runtime.
    pub fn start(logins: &[(Arc<Login>, Cache)], only: Option<&str>, sends: bool, tell: Tell) -> Result<Self> {
        let (stopper, stop) = stop();
        let routes = Routes::default();
        let (mut tasks, mut senders) = (JoinSet::new(), JoinSet::new());
        let mut desks = Vec::new();
        for (index, (login, cache)) in logins.iter().enumerate() {
            let (to_worker, jobs) = mpsc::unbounded_channel();
            let nudge = Arc::new(Notify::new());
            let shared = Shared {
                login: Arc::clone(login),
                cache: cache.clone(),
                tell: Arc::clone(&tell),
                stop: stop.clone(),
                nudge: Arc::clone(&nudge),
            };
            let sender = Sender {
                login: Arc::clone(login),
                cache: cache.clone(),
                tell: Arc::clone(&tell),
                nudge: Arc::clone(&nudge),
            };
            if sends {
                senders.spawn(sender.run(stop.clone()));
            }
            let known = cache.reader()?.mailboxes()?;
            route(&routes, &known, index);
            let follower = Follower { tell: Arc::clone(&tell), jobs: to_worker.clone(), me: login.me(), works: sends };
            tasks.spawn(follower.follow(Tail::new(cache)?, known, stop.clone()));
            tasks.spawn(run(shared, index, Arc::clone(&routes), only.map(str::to_owned), sends, jobs));
            tasks.spawn(index::keep(cache.clone(), stop.clone()));
            let (sought, wanted) = watch::channel(None);
            let finder = Finder { login: Arc::clone(login), cache: cache.clone(), tell: Arc::clone(&tell) };
            tasks.spawn(finder.run(wanted, stop.clone()));
            desks.push(Desk { jobs: to_worker, nudge, sought });
        }
        Ok(Self { desks, tell, routes, stopper, tasks, senders })
    }

    /// Hands a command to the login whose mailbox it is about.
    pub fn send(&self, command: Command) {
        let mailbox = match &command {
            Command::Quit => return self.stopper.stop(),
            Command::SyncNow => {
                for desk in &self.desks {
                    desk.nudge.notify_waiters();
                    // The receiver lives as long as the engine.
                    let _ = desk.jobs.send(Job::FindMore);
                }
                return;
            }
            Command::Act { target, .. }
            | Command::Open { target }
            | Command::Forward { target, .. }
            | Command::Settle { target, .. } => &target.mailbox,
            Command::Send { answer, .. } => &answer.target.mailbox,
            Command::Next { mailbox, .. }
            | Command::Unsend { mailbox, .. }
            | Command::Folders { mailbox }
            | Command::StopSearch { mailbox }
            | Command::Fetch { mailbox, .. } => mailbox,
            Command::Search(sought) => &sought.mailbox,
        };
        let index = self.routes.lock().unwrap_or_else(PoisonError::into_inner).get(mailbox).copied();
        let there_is_none = format!("there is no mailbox {mailbox}");
        let desk = index.and_then(|i| self.desks.get(i));
        match (desk, command) {
            (Some(desk), Command::Search(sought)) => drop(desk.sought.send_replace(Some(*sought))),
            (Some(desk), Command::StopSearch { .. }) => drop(desk.sought.send_replace(None)),
            (Some(desk), command) => {
                // The receiver lives as long as the engine; past its end nothing is to be done any more.
                let _ = desk.jobs.send(Job::Command(command));
            }
            (None, command) => {
                let refusal = Refusal::new(ErrorKind::NotFound, there_is_none);
                super::worker::refuse(&self.tell, command, &refusal);
            }
        }
    }

    /// Ends all tasks: connections are closed, what waits in the outbox stays there, and what is on its way comes to its end.
    /// Where that takes its time it is said on standard error, which is the screen's no longer.
    pub async fn shut_down(mut self) {
        self.stopper.stop();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        let sent = async { while self.senders.join_next().await.is_some() {} };
        let ended = tokio::time::timeout(Duration::from_secs(2), ended);
        let sent = async {
            tokio::pin!(sent);
            if tokio::time::timeout(Duration::from_secs(1), &mut sent).await.is_err() {
                eprintln!("an answer is on its way: waiting until it is sent");
                // A moment longer than the senders wait themselves.
                if tokio::time::timeout(GRACE, sent).await.is_err() {
                    tracing::info!("an answer was cut off");
                }
            }
        };
        let (ended, ()) = tokio::join!(ended, sent);
        if ended.is_err() {
            tracing::info!("some tasks did not end in time");
        }
    }
}

fn route(routes: &Routes, mailboxes: &[Mailbox], index: usize) {
    let mut routes = routes.lock().unwrap_or_else(PoisonError::into_inner);
    for mailbox in mailboxes {
        routes.entry(mailbox.key().to_owned()).or_insert(index);
    }
}

/// Who reads in the cache what happened.
struct Follower {
    tell: Tell,
    /// The way to the login's worker.
    jobs: mpsc::UnboundedSender<Job>,
    me: Option<Handle>,
    /// The worker works unasked.
    works: bool,
}

impl Follower {
    /// Tells what happened, and that rows changed; has one's claim mirrored onto mail that came into what one holds, and made
    /// anew where its lock left INBOX; tells the worker of folders that another connection found or made.
    async fn follow(self, mut tail: Tail, mut mailboxes: Vec<Mailbox>, mut stop: Stop) {
        let mut known: Vec<LostLock> = Vec::new();
        loop {
            let changes = tokio::select! {
                () = stop.stopped() => return,
                changes = tail.next() => changes,
            };
            let looked = changes.and_then(|changes| {
                self.tell_all(changes);
                let lost = if self.works { tail.lost_locks()? } else { Vec::new() };
                if lost.iter().any(|l| !known.contains(l)) {
                    self.give(Job::Reassert);
                }
                known = lost;
                let now = tail.mailboxes()?;
                if now != mailboxes {
                    mailboxes.clone_from(&now);
                    self.give(Job::Found(now));
                }
                Ok(())
            });
            if let Err(error) = looked {
                tracing::warn!(%error, "the cache's log cannot be read");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    fn tell_all(&self, changes: Vec<(i64, Change)>) {
        for (_, change) in changes {
            let is_mine = || change.assignee.holder().is_some_and(|holder| Some(holder) == self.me.as_ref());
            if self.works && change.kind == ChangeKind::New && is_mine() {
                let (mailbox, conversation) = (change.mailbox.clone(), change.conversation.clone());
                self.give(Job::Mirror { mailbox, conversation });
            }
            (self.tell)(Event::Happened(change));
        }
        (self.tell)(Event::Changed);
    }

    fn give(&self, job: Job) {
        // The worker is gone only when all is over.
        let _ = self.jobs.send(job);
    }
}

/// One login: finds its mailboxes, has their folders watched, and works.
async fn run(
    shared: Shared,
    index: usize,
    routes: Routes,
    only: Option<String>,
    works_unasked: bool,
    mut jobs: mpsc::UnboundedReceiver<Job>,
) {
    let mut backoff = Backoff::default();
    let mut watched = Watched::new(shared.login.account.imap.connections);
    let mut offline_since = None;
    let Shared { mut stop, .. } = shared.clone();
    let mut worker = Worker::new(shared.login.clone(), shared.cache.clone(), shared.tell.clone(), only.clone());
    loop {
        let worked: Result<()> = async {
            let (mut link, found) = tokio::select! {
                () = stop.stopped() => return Ok(()),
                opened = open(&shared, only.as_deref()) => opened?,
            };
            offline_since = None;
            backoff.reset();
            let mut take_in = |mailboxes: &[Mailbox]| {
                route(&routes, mailboxes, index);
                (shared.tell)(Event::Mailboxes(mailboxes.to_vec()));
                watched.watch(&shared, mailboxes);
            };
            take_in(&found.mailboxes);
            for mailbox in &found.mailboxes {
                let names = link.keywords(mailbox).to_vec();
                (shared.tell)(Event::Keywords { mailbox: mailbox.key().to_owned(), names });
            }
            worker.take_in(found.mailboxes);
            if works_unasked {
                // What was seen by other processes, or left undone by a connection that broke.
                worker.reassert(&mut link).await?;
            }
            worker.work(&mut link, &mut jobs, stop.clone(), &mut take_in).await
        }
        .await;
        let Err(error) = worked else { break };
        let pause = backoff.pause_after(&error);
        let now = Timestamp::now();
        if watched.is_empty() {
            // Nobody else says so yet.
            let since = *offline_since.get_or_insert(now);
            let retry_at = now.saturating_add(jiff::SignedDuration::try_from(pause).unwrap_or_default()).unwrap_or(now);
            let state = Connection::lost(since, retry_at, error.into_refusal());
            let known = shared.cache.reader().and_then(|r| Ok(r.mailboxes()?)).unwrap_or_default();
            let keys = known.iter().map(|m| m.key().to_owned());
            for mailbox in keys.chain(known.is_empty().then(|| only.clone().unwrap_or_default())) {
                (shared.tell)(Event::Connection { mailbox, state: state.clone() });
            }
        } else {
            tracing::info!(%error, "the worker's connection was lost");
        }
        let refusal = Refusal::new(ErrorKind::Unreachable, "there is no connection: nothing was changed")
            .hint("what is cached can be read; it is tried again by itself, R tries now");
        let over = tokio::time::sleep(pause);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = stop.stopped() => return watched.end().await,
                () = shared.nudge.notified() => break,
                () = &mut over => break,
                job = jobs.recv() => match job {
                    Some(job) => worker.offline(job, &refusal),
                    None => return watched.end().await,
                },
            }
        }
    }
    watched.end().await;
}

async fn open(shared: &Shared, only: Option<&str>) -> Result<(Link, Found)> {
    let mut link = Link::open(&shared.login, &shared.cache).await?;
    let mut found = link.discover().await?;
    if let Some(only) = only {
        found.mailboxes.retain(|m| m.root == only || m.is_own_address(only));
    }
    Ok((link, found))
}

/// The way to a connection that watches folders, for those that join it.
type Seat = mpsc::UnboundedSender<(Mailbox, Role)>;

/// The folders that are watched, one for each role of a mailbox.
struct Watched {
    folders: Vec<WatchedFolder>,
    seats: Seats,
    /// The connection that folders join which have none of their own.
    shared: Option<Seat>,
    tasks: JoinSet<()>,
}

struct WatchedFolder {
    mailbox: String,
    role: Role,
    name: String,
    seat: Seat,
}

impl Watched {
    fn new(connections: u16) -> Self {
        Self { folders: Vec::new(), seats: Seats::of(connections), shared: None, tasks: JoinSet::new() }
    }

    fn is_empty(&self) -> bool {
        self.folders.is_empty()
    }

    /// Watches what is not watched yet: each INBOX over a connection of its own, then each Sent and Archive, as long as the
    /// configured number of connections lasts; the rest is looked at in turn over the last one.
    fn watch(&mut self, shared: &Shared, mailboxes: &[Mailbox]) {
        let new = self.not_watched(mailboxes);
        let seats = self.seats.give(new.len());
        let mut folders = new.into_iter();
        for seat in 1..=seats {
            // All are taken by the last one where more folders come.
            let over: Vec<_> = folders.by_ref().take(if seat == seats { usize::MAX } else { 1 }).collect();
            let (joins, joining) = mpsc::unbounded_channel();
            over.iter().for_each(|folder| self.note(folder, &joins));
            let watch = Watch {
                login: shared.login.clone(),
                cache: shared.cache.clone(),
                tell: shared.tell.clone(),
                stop: shared.stop.clone(),
                nudge: shared.nudge.clone(),
                folders: over,
                joining,
            };
            self.shared = Some(joins);
            self.tasks.spawn(watch.run());
        }
        for folder in folders {
            if let Some(seat) = self.shared.clone() {
                self.note(&folder, &seat);
                join(&seat, folder);
            }
        }
    }

    /// The folders that nobody watches. Where a role has gone to another folder, whoever watches it is told: two that watch
    /// one role in two folders would take the cache from each other.
    fn not_watched(&mut self, mailboxes: &[Mailbox]) -> Vec<(Mailbox, Role)> {
        let mut new = Vec::new();
        let all = Role::SYNCED.into_iter().flat_map(|role| mailboxes.iter().map(move |m| (m, role)));
        for (mailbox, role) in all {
            let Some(name) = mailbox.folder(role) else { continue };
            match self.folders.iter_mut().find(|f| f.mailbox == mailbox.key() && f.role == role) {
                None => new.push((mailbox.clone(), role)),
                Some(watched) if watched.name == name => {}
                Some(watched) => {
                    name.clone_into(&mut watched.name);
                    join(&watched.seat, (mailbox.clone(), role));
                }
            }
        }
        new
    }

    fn note(&mut self, (mailbox, role): &(Mailbox, Role), seat: &Seat) {
        let name = mailbox.folder(*role).unwrap_or_default().to_owned();
        self.folders.push(WatchedFolder { mailbox: mailbox.key().to_owned(), role: *role, name, seat: seat.clone() });
    }

    async fn end(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

fn join(seat: &Seat, folder: (Mailbox, Role)) {
    if seat.send(folder).is_err() {
        // Its task ends only when all is over.
        tracing::debug!("a folder came when nobody watches any more");
    }
}
