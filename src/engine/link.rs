//! One connection of one login, and the cache beside it: which folder is selected, and what brings its rows up to date.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinHandle};

use super::cache::Cache;
use super::error::{Error, Result};
use super::login::Login;
use super::windows::{Window, Windows};
use crate::imap::{Criteria, FolderStatus, Quota, Selected, Session, UidSet, Unsolicited};
use crate::mail::header;
use crate::model::{ErrorKind, Flags, Mailbox, Message, MessageId, ModSeq, Refusal, Role, Uid, UidValidity};
use crate::store::{Batch, FolderState, Reader, SyncLease};

/// How long another process may hold a folder's lease without getting any further.
const STUCK: Duration = Duration::from_secs(30);

/// No command line is longer than some servers like.
const LINE: usize = 6_000;

/// So many messages are asked for in one FETCH when new mail comes in by thousands.
const NEW_AT_ONCE: usize = 1_000;

/// A signed-in session with the cache of its login.
pub struct Link {
    pub login: Arc<Login>,
    pub cache: Cache,
    pub session: Session,
    /// The cache, read by this connection's tasks.
    pub reader: Reader,
    entered: Option<Entered>,
    /// The keywords known in each INBOX, as SELECT told them last.
    keywords: HashMap<String, Vec<String>>,
    /// Ids whose conversations the server was asked for, in folders that were not wholly known (by name and UIDVALIDITY).
    gathered: HashSet<(String, UidValidity, MessageId)>,
}

/// The folder that is selected.
#[derive(Debug, Clone)]
struct Entered {
    mailbox: String,
    role: Role,
    selected: Selected,
    /// The SELECT has not been compared with the cache yet.
    is_fresh: bool,
    /// Something was told since the cache was last brought up to date.
    is_stale: bool,
    /// This session has seen everything below this UID, or that it is gone; what is from there on it may not know of yet.
    view_end: Uid,
}

impl Entered {
    /// Whether it is the folder that has this role now; roles go from one folder to another.
    fn is_of(&self, mailbox: &Mailbox, role: Role) -> bool {
        self.mailbox == mailbox.key() && self.role == role && mailbox.folder(role) == Some(&self.selected.name)
    }

    /// What a session has seen of these UIDs it has seen of all below them: UIDs come in ascending order.
    fn saw(&mut self, uids: impl IntoIterator<Item = Uid>) {
        let last = uids.into_iter().max().map_or(Uid(0), |uid| Uid(uid.0.saturating_add(1)));
        self.view_end = self.view_end.max(last);
    }
}

/// What one round of bringing a folder up to date did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synced {
    /// Rows changed.
    pub changed: bool,
    /// Messages that were not known before.
    pub messages: u32,
}

/// A window on its way into the cache.
struct Writing {
    state: FolderState,
    task: JoinHandle<Result<()>>,
}

/// Waits for a window that is being written, and tells of it.
async fn until_written(writing: Option<Writing>, progress: &mut impl FnMut(&FolderState)) -> Result<()> {
    let Some(Writing { state, task }) = writing else { return Ok(()) };
    match task.await.map_err(JoinError::try_into_panic) {
        Ok(written) => written?,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // The program ends; nobody listens any more.
        Err(Err(_)) => return Ok(()),
    }
    progress(&state);
    Ok(())
}

impl Link {
    /// Signs in.
    ///
    /// # Errors
    /// Whatever keeps the session from coming about.
    pub async fn open(login: &Arc<Login>, cache: &Cache) -> Result<Self> {
        let session = login.sign_in().await?;
        let (login, cache, reader) = (Arc::clone(login), cache.clone(), cache.reader()?);
        Ok(Self { login, cache, session, reader, entered: None, keywords: HashMap::new(), gathered: HashSet::new() })
    }

    /// Connects anew in the place of a lost connection.
    pub async fn reconnect(&mut self) -> Result<()> {
        self.session = self.login.sign_in().await?;
        self.entered = None;
        Ok(())
    }

    /// Selects a folder of a mailbox, unless it is selected already.
    ///
    /// # Errors
    /// [`ErrorKind::Rights`] where the mailbox has no such folder, else what the server says.
    pub async fn enter(&mut self, mailbox: &Mailbox, role: Role) -> Result<()> {
        if self.entered.as_ref().is_some_and(|e| e.is_of(mailbox, role)) {
            return Ok(());
        }
        let Some(name) = mailbox.folder(role) else {
            let text = format!("{} has no {} folder that you can reach", mailbox.key(), role.as_str());
            return Err(Refusal::new(ErrorKind::Rights, text).into());
        };
        self.entered = None;
        let selected = self.session.select(name).await?;
        self.session.take_unsolicited();
        if role == Role::Inbox {
            let known = selected.flags.iter().filter(|flag| !flag.starts_with('\\')).cloned().collect();
            self.keywords.insert(mailbox.key().to_owned(), known);
        }
        let (mailbox, view_end) = (mailbox.key().to_owned(), selected.uidnext);
        self.entered = Some(Entered { mailbox, role, selected, is_fresh: true, is_stale: false, view_end });
        Ok(())
    }

    /// The keywords that are known in a mailbox's INBOX, in use or not, as far as this connection was told.
    pub fn keywords(&self, mailbox: &Mailbox) -> &[String] {
        self.keywords.get(mailbox.key()).map_or(&[], Vec::as_slice)
    }

    /// The next [`Link::enter`] selects anew.
    pub fn leave(&mut self) {
        self.entered = None;
    }

    /// Leaves the folder that is selected, on the server too.
    pub async fn step_out(&mut self) -> Result<()> {
        self.entered = None;
        Ok(self.session.unselect().await?)
    }

    /// A folder's figures without entering it, where they tell of every change: `None` where the server refuses STATUS or
    /// gives no HIGHESTMODSEQ with it (no CONDSTORE), and the folder has to be entered to learn of changed flags.
    pub async fn figures(&mut self, mailbox: &Mailbox, role: Role) -> Result<Option<FolderStatus>> {
        let Some(name) = mailbox.folder(role) else { return Ok(None) };
        match self.session.status(name).await {
            Ok(figures) => Ok(Some(figures).filter(|f| f.highest_modseq.is_some_and(|n| n.0 > 0))),
            Err(error) if error.is_fatal() => Err(error.into()),
            Err(error) => {
                tracing::debug!(%error, "STATUS is lived without");
                Ok(None)
            }
        }
    }

    /// Flags of the selected folder were changed by ourselves: the next [`Link::sync`] fetches them.
    pub fn mark_stale(&mut self) {
        self.update_entered(|e| e.is_stale = true);
    }

    /// What SELECT told of the folder that is selected.
    pub fn selected(&self) -> Option<&Selected> {
        self.entered.as_ref().map(|e| &e.selected)
    }

    /// A fresh view: NOOP, and whatever it tells is marked to be fetched.
    pub async fn refresh(&mut self) -> Result<()> {
        self.session.noop().await?;
        self.note_unsolicited();
        Ok(())
    }

    /// Takes in what the server told unasked; the next [`Link::sync`] goes after it.
    pub fn note_unsolicited(&mut self) -> bool {
        let told = self.session.take_unsolicited();
        self.note(told)
    }

    /// The same for what an IDLE ended with.
    pub fn note(&mut self, told: Vec<Unsolicited>) -> bool {
        let Some(entered) = &mut self.entered else { return false };
        let mut changed = false;
        for item in told {
            match item {
                Unsolicited::Exists(n) => {
                    changed |= entered.selected.exists != n;
                    entered.selected.exists = n;
                }
                Unsolicited::Expunge => {
                    entered.selected.exists = entered.selected.exists.saturating_sub(1);
                    changed = true;
                }
                Unsolicited::Vanished(uids) => {
                    let gone = u32::try_from(uids.span()).unwrap_or(u32::MAX);
                    entered.selected.exists = entered.selected.exists.saturating_sub(gone);
                    changed = true;
                }
                Unsolicited::Flags { .. } => changed = true,
                Unsolicited::Alert(text) => tracing::warn!(text, "the server says"),
                Unsolicited::Bye(text) => tracing::info!(text, "the server says goodbye"),
            }
        }
        entered.is_stale |= changed;
        changed
    }

    /// Whether the server has told something since the folder was looked at last.
    pub fn is_behind(&mut self) -> bool {
        self.note_unsolicited();
        self.entered.as_ref().is_some_and(|e| e.is_stale)
    }

    /// Brings the known part of a folder up to date: new mail, changed flags, what is gone. The folder is selected and its
    /// view is fresh afterwards. A folder never seen before is begun; [`Link::fill`] then reads it.
    pub async fn sync(&mut self, mailbox: &Mailbox, role: Role) -> Result<Synced> {
        let was_entered = self.entered.as_ref().is_some_and(|e| e.is_of(mailbox, role));
        self.enter(mailbox, role).await?;
        if was_entered {
            self.refresh().await?;
        }
        self.catch_up(mailbox, role).await
    }

    /// Like [`Link::sync`] without asking the server whether there is anything new: goes after what it has told.
    pub async fn catch_up(&mut self, mailbox: &Mailbox, role: Role) -> Result<Synced> {
        self.notice_rebuilt_index(mailbox, role).await?;
        let Some(entered) = self.entered.clone().filter(|e| e.is_of(mailbox, role)) else {
            return Ok(Synced::default());
        };
        if !entered.is_fresh && !entered.is_stale {
            return Ok(Synced::default());
        }
        let name = mailbox.folder(role).unwrap_or_default();
        let known = self.reader.folder(mailbox.key(), role)?;
        let selected = &entered.selected;
        let Some(state) = known.filter(|s| s.uidvalidity == selected.uidvalidity && s.name == name) else {
            self.begin(mailbox, role, name, selected)?;
            self.update_entered(|e| e.is_fresh = false);
            if !entered.is_stale {
                return Ok(Synced { changed: true, messages: 0 });
            }
            // It was begun with what SELECT said; more came since.
            let caught_up = Box::pin(self.catch_up(mailbox, role)).await?;
            return Ok(Synced { changed: true, ..caught_up });
        };
        let is_as_known = selected.uidnext == state.uidnext
            && selected.highest_modseq.is_some()
            && selected.highest_modseq == state.highest_modseq
            && selected.exists == state.exists;
        self.update_entered(|e| (e.is_fresh, e.is_stale) = (false, false));
        let agrees = |link: &Self| -> Result<bool> {
            let has_ghosts = link.has_ghosts(mailbox, role, &state, selected.exists)?;
            Ok(!has_ghosts && !link.has_holes(mailbox, role, &state, selected.exists)?)
        };
        if entered.is_fresh && !entered.is_stale && is_as_known && agrees(self)? {
            return Ok(Synced::default());
        }
        let synced = self.catch_up_from(mailbox, role, state, &entered).await;
        if synced.is_err() {
            self.update_entered(|e| e.is_stale = true);
        }
        synced
    }

    /// A HIGHESTMODSEQ that went back under the same UIDVALIDITY: the server made its index anew, and counts from the
    /// beginning. What changed since would never be told to one who asks for what is newer than the old count.
    async fn notice_rebuilt_index(&mut self, mailbox: &Mailbox, role: Role) -> Result<()> {
        let is_fresh = |e: &&Entered| e.is_fresh && e.is_of(mailbox, role);
        let Some(entered) = self.entered.as_ref().filter(is_fresh) else { return Ok(()) };
        let Some(known) = self.reader.folder(mailbox.key(), role)? else { return Ok(()) };
        if !went_back(&entered.selected, &known) {
            return Ok(());
        }
        // Another process may have written something newer between the SELECT and this look at the cache.
        self.leave();
        self.enter(mailbox, role).await?;
        if self.selected().is_some_and(|selected| went_back(selected, &known)) {
            tracing::info!(folder = role.as_str(), "the server's index was made anew: all flags are read again");
            self.cache.write(|w| w.forget_modseqs(mailbox.key(), role))?;
        }
        Ok(())
    }

    fn update_entered(&mut self, change: impl FnOnce(&mut Entered)) {
        if let Some(entered) = &mut self.entered {
            change(entered);
        }
    }

    /// Begins a folder at its end. What was known of another UIDVALIDITY is forgotten by that; what another connection has
    /// begun to read meanwhile stays.
    fn begin(&self, mailbox: &Mailbox, role: Role, name: &str, selected: &Selected) -> Result<()> {
        let state = FolderState {
            name: name.to_owned(),
            uidvalidity: selected.uidvalidity,
            uidnext: selected.uidnext,
            known_from: selected.uidnext,
            highest_modseq: selected.highest_modseq,
            exists: selected.exists,
        };
        let batch = Batch { reset: false, state, messages: Vec::new(), flags: Vec::new(), vanished: Vec::new() };
        self.cache.write(|w| w.apply(mailbox.key(), role, batch, true))?;
        self.cache.announce();
        Ok(())
    }

    async fn catch_up_from(
        &mut self,
        mailbox: &Mailbox,
        role: Role,
        mut state: FolderState,
        entered: &Entered,
    ) -> Result<Synced> {
        // What was read ahead of its turn, and all from where everything is known on.
        let mut reach = UidSet::of(self.reader.known_uids_below(mailbox.key(), role, state.known_from)?);
        reach.extend(&UidSet::from(state.known_from));
        // Without CONDSTORE this reads all flags of what is known.
        let since = state.highest_modseq.filter(|_| entered.selected.highest_modseq.is_some());
        let fetched = self.session.fetch_flags(&reach, since).await?;
        let (mut flags, told_gone) = (fetched.flags, fetched.vanished);
        // `n:*` names the last message even where it lies below n.
        flags.retain(|(uid, ..)| reach.contains(*uid));
        self.update_entered(|e| e.saw(flags.iter().map(|(uid, ..)| *uid)));
        self.note_quietly();
        let exists = self.entered.as_ref().map_or(entered.selected.exists, |e| e.selected.exists);

        let mut new: Vec<Uid> = flags.iter().map(|(uid, ..)| *uid).filter(|uid| *uid >= state.uidnext).collect();
        new.sort();
        let arrived = u32::try_from(new.len()).unwrap_or(u32::MAX);
        let has_ghosts = entered.is_fresh && self.has_ghosts(mailbox, role, &state, exists.saturating_sub(arrived))?;
        let is_short = exists != state.exists.saturating_add(arrived);
        let vanished = if since.is_none() {
            let there: HashSet<Uid> = flags.iter().map(|(uid, ..)| *uid).collect();
            self.gone(mailbox, role, &state, &reach, there).await?
        } else if !told_gone.is_empty() && !has_ghosts {
            let mut known = self.reader.known_uids_below(mailbox.key(), role, state.uidnext)?;
            known.retain(|uid| told_gone.contains(*uid));
            known
        } else if is_short || has_ghosts {
            // Something is gone and the server did not say what: all UIDs that are there.
            let there = self.there(&reach).await?;
            self.gone(mailbox, role, &state, &reach, there).await?
        } else {
            Vec::new()
        };

        // Mail that came before a change which another connection has read already has a lower MODSEQ than was asked for, and
        // is told neither as new nor as changed: where messages are missing, all UIDs that are there.
        let gone = u32::try_from(vanished.len()).unwrap_or(u32::MAX);
        let expected = state.exists.saturating_add(arrived).saturating_sub(gone);
        let seen = exists.saturating_sub(arrived).saturating_add(gone);
        let there: Vec<Uid> = if since.is_none() {
            flags.iter().map(|(uid, ..)| *uid).collect()
        } else if (entered.is_fresh || exists > expected) && self.has_holes(mailbox, role, &state, seen)? {
            self.there(&UidSet::from(state.known_from)).await?.into_iter().collect()
        } else {
            Vec::new()
        };
        new.extend(self.without_rows(mailbox, role, &state, there)?);
        new.sort();
        new.dedup();

        let newest_modseq = flags.iter().filter_map(|(_, modseq, _)| *modseq).max();
        let told_modseq = entered.selected.highest_modseq.filter(|_| entered.is_fresh);
        flags.retain(|(uid, ..)| *uid < state.uidnext);
        let mut synced = Synced { changed: !flags.is_empty() || !vanished.is_empty(), messages: 0 };
        let mut rest = Some((flags, vanished));
        let mut portions = new.chunks(NEW_AT_ONCE).peekable();
        loop {
            let portion = portions.next().unwrap_or_default();
            let is_last = portions.peek().is_none();
            let messages = if portion.is_empty() {
                Vec::new()
            } else {
                self.fetch(role, &UidSet::of(portion.iter().copied())).await?
            };
            synced.messages += u32::try_from(messages.len()).unwrap_or(u32::MAX);
            if let Some(last) = portion.last() {
                state.uidnext = state.uidnext.max(Uid(last.0 + 1));
            }
            if is_last {
                state.uidnext = state.uidnext.max(if entered.is_fresh { entered.selected.uidnext } else { Uid(0) });
                state.highest_modseq = state.highest_modseq.max(newest_modseq).max(told_modseq);
                state.exists = exists;
            }
            let (flags, vanished) = rest.take().unwrap_or_default();
            let batch = Batch { reset: false, state: state.clone(), messages, flags, vanished };
            let applied = self.cache.write(|w| w.apply(mailbox.key(), role, batch, false))?;
            synced.changed |= !applied.touched.is_empty();
            if is_last {
                break;
            }
        }
        if synced.changed {
            self.cache.announce();
        }
        Ok(synced)
    }

    /// Whether a folder that is wholly known has more rows than messages.
    fn has_ghosts(&self, mailbox: &Mailbox, role: Role, state: &FolderState, exists: u32) -> Result<bool> {
        Ok(state.is_whole() && self.reader.known_count(mailbox.key(), role)? > exists)
    }

    /// Whether a folder that is wholly known has fewer rows than messages.
    fn has_holes(&self, mailbox: &Mailbox, role: Role, state: &FolderState, exists: u32) -> Result<bool> {
        Ok(state.is_whole() && self.reader.known_count(mailbox.key(), role)? < exists)
    }

    /// Those of these UIDs that ought to be in the cache, as far as the folder is known, and are not.
    fn without_rows(&self, mailbox: &Mailbox, role: Role, state: &FolderState, there: Vec<Uid>) -> Result<Vec<Uid>> {
        if there.is_empty() {
            return Ok(there);
        }
        let known: HashSet<Uid> =
            self.reader.known_uids_below(mailbox.key(), role, Uid(u32::MAX))?.into_iter().collect();
        Ok(there.into_iter().filter(|uid| *uid >= state.known_from && !known.contains(uid)).collect())
    }

    /// Which of these UIDs are there, in this session's view.
    async fn there(&mut self, uids: &UidSet) -> Result<HashSet<Uid>> {
        let mut there = HashSet::new();
        for piece in uids.pieces(LINE) {
            there.extend(self.session.search(&Criteria::Words(format!("UID {piece}"))).await?);
        }
        self.update_entered(|e| e.saw(there.iter().copied()));
        Ok(there)
    }

    /// Those of the cached UIDs that are gone: asked for, and not among those that are there. The cache is shared: another
    /// connection may have read in meanwhile what was not asked for, and may have read what this session was not told of yet;
    /// what lies beyond its view is looked for in a fresh one.
    async fn gone(
        &mut self,
        mailbox: &Mailbox,
        role: Role,
        state: &FolderState,
        asked: &UidSet,
        there: HashSet<Uid>,
    ) -> Result<Vec<Uid>> {
        let mut missing = self.reader.known_uids_below(mailbox.key(), role, state.uidnext)?;
        missing.retain(|uid| !there.contains(uid) && asked.contains(*uid));
        let view_end = |link: &Self| link.entered.as_ref().map_or(Uid(0), |e| e.view_end);
        if missing.last().is_some_and(|last| *last >= view_end(self)) {
            self.leave();
            self.enter(mailbox, role).await?;
            // Whatever else is new in this view is gone after next.
            self.update_entered(|e| e.is_stale = true);
            if self.selected().is_none_or(|selected| selected.uidvalidity != state.uidvalidity) {
                return Ok(Vec::new());
            }
            let there = self.there(&UidSet::of(missing.iter().copied())).await?;
            missing.retain(|uid| !there.contains(uid) && *uid < view_end(self));
        }
        Ok(missing)
    }

    /// Like [`Link::note_unsolicited`], for what came along with our own asking.
    fn note_quietly(&mut self) {
        let was_stale = self.entered.as_ref().is_some_and(|e| e.is_stale);
        let before = self.entered.as_ref().map(|e| e.selected.exists);
        self.note_unsolicited();
        self.update_entered(|e| e.is_stale = was_stale || Some(e.selected.exists) != before);
    }

    async fn fetch(&mut self, role: Role, uids: &UidSet) -> Result<Vec<Message>> {
        let mut messages = Vec::new();
        self.session
            .fetch_headers(uids, None, |m| {
                messages.push(header::message(role, m.uid, m.modseq, m.internal_date, m.size, m.flags, &m.header));
            })
            .await?;
        Ok(messages)
    }

    /// Whether [`Link::note_gathered`] was told of this id in this folder.
    pub(super) fn is_gathered(&self, folder: &FolderState, id: &MessageId) -> bool {
        self.gathered.contains(&(folder.name.clone(), folder.uidvalidity, id.clone()))
    }

    /// All messages of the folder that bear or name these ids are in the cache.
    pub(super) fn note_gathered(&mut self, folder: &FolderState, ids: Vec<MessageId>) {
        self.gathered.extend(ids.into_iter().map(|id| (folder.name.clone(), folder.uidvalidity, id)));
    }

    /// Takes single messages into the cache that lie below what is known of a folder as a whole.
    pub async fn add_single(&mut self, mailbox: &Mailbox, role: Role, uids: &[Uid]) -> Result<()> {
        self.enter(mailbox, role).await?;
        let Some(state) = self.reader.folder(mailbox.key(), role)? else { return Ok(()) };
        let messages = self.fetch(role, &UidSet::of(uids.iter().copied())).await?;
        let batch = Batch { reset: false, state, messages, flags: Vec::new(), vanished: Vec::new() };
        self.cache.write(|w| w.apply(mailbox.key(), role, batch, true))?;
        self.cache.announce();
        Ok(())
    }

    /// Takes into the cache what was fetched of the flags of single messages: what a server has answered once, it does not
    /// tell unasked again; and what it no longer has, it may never tell. `known`: the messages as the cache has them, all of
    /// which were asked for.
    pub(super) fn keep_flags(
        &mut self,
        mailbox: &Mailbox,
        role: Role,
        known: &[Message],
        fetched: &[(Uid, Option<ModSeq>, Flags)],
    ) -> Result<()> {
        self.update_entered(|e| e.saw(fetched.iter().map(|(uid, ..)| *uid)));
        let is_news = |(uid, _, flags): &&(Uid, Option<ModSeq>, Flags)| {
            known.iter().any(|m| m.folder == role && m.uid == *uid && m.flags != *flags)
        };
        let flags: Vec<_> = fetched.iter().filter(is_news).cloned().collect();
        let state = self.reader.folder(mailbox.key(), role)?;
        let entered = self.entered.as_ref().filter(|e| e.is_of(mailbox, role));
        let (Some(state), Some(entered)) = (state, entered) else { return Ok(()) };
        if state.uidvalidity != entered.selected.uidvalidity {
            return Ok(());
        }
        let asked = known.iter().filter(|m| m.folder == role).map(|m| m.uid);
        let is_gone = |uid: &Uid| *uid < entered.view_end && !fetched.iter().any(|(there, ..)| there == uid);
        let vanished: Vec<Uid> = asked.filter(is_gone).collect();
        if flags.is_empty() && vanished.is_empty() {
            return Ok(());
        }
        let batch = Batch { reset: false, state, messages: Vec::new(), flags, vanished };
        self.cache.write(|w| w.apply(mailbox.key(), role, batch, false))?;
        self.cache.announce();
        Ok(())
    }

    /// Reads what is not known yet of a folder, newest first, and tells how far it is after each window. Another process
    /// that reads the same folder goes first; what it read is not read again.
    ///
    /// While one window is written, the next one is read: the server, the wire and this machine's disk do not wait for one
    /// another.
    pub async fn fill(&mut self, mailbox: &Mailbox, role: Role, mut progress: impl FnMut(&FolderState)) -> Result<u32> {
        self.enter(mailbox, role).await?;
        let mut read = 0;
        let mut windows: Option<Windows> = None;
        loop {
            if self.reader.folder(mailbox.key(), role)?.is_none_or(|state| state.is_whole()) {
                return Ok(read);
            }
            let lease = Arc::new(self.lease(mailbox, role).await?);
            let Some(state) = self.reader.folder(mailbox.key(), role)? else { return Ok(read) };
            if self.entered.as_ref().is_none_or(|e| e.view_end < state.known_from) {
                // Begun by another connection, with mail that this session was not told of yet: it is not read as absent.
                self.leave();
                self.enter(mailbox, role).await?;
            }
            let walk = windows.get_or_insert_with(|| Windows::below(state.known_from));
            // Somebody else may have read on meanwhile.
            walk.skip_to(state.known_from);
            let mut writing = None;
            while let Some(window) = walk.next() {
                // Flags are known as of what was known before they were read, whatever others come to know meanwhile.
                let Some(state) = self.reader.folder(mailbox.key(), role)? else { break };
                let state = FolderState { known_from: window.from, ..state };
                let uids = UidSet::range(window.from, window.to);
                let fetch = self.fetch(role, &uids);
                let (fetched, written) = tokio::join!(fetch, until_written(writing.take(), &mut progress));
                written?;
                let messages = fetched?;
                let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
                walk.took(window, count);
                read += count;
                let vanished = self.single_gone(mailbox, role, window, &messages)?;
                let batch = Batch { reset: false, state, messages, flags: Vec::new(), vanished };
                let begun = self.write_behind(mailbox, role, batch, &lease);
                // Somebody waits for the first window: nothing else is done beside it.
                if read == count {
                    until_written(Some(begun), &mut progress).await?;
                } else {
                    writing = Some(begun);
                }
                // What teammates do meanwhile does not wait until all is read; a window that was read but is not in the
                // cache yet is beyond what catching up reaches.
                if self.is_behind() {
                    break;
                }
            }
            until_written(writing, &mut progress).await?;
            drop(lease);
            self.catch_up(mailbox, role).await?;
        }
    }

    /// What the cache had of a window ahead of its turn and was not there when the window was read.
    fn single_gone(&self, mailbox: &Mailbox, role: Role, window: Window, there: &[Message]) -> Result<Vec<Uid>> {
        let there: HashSet<Uid> = there.iter().map(|m| m.uid).collect();
        let mut known = self.reader.known_uids_below(mailbox.key(), role, Uid(window.to.0.saturating_add(1)))?;
        known.retain(|uid| *uid >= window.from && !there.contains(uid));
        Ok(known)
    }

    /// Writes a window in the background. It keeps the lease even where nobody waits for it any more.
    fn write_behind(&self, mailbox: &Mailbox, role: Role, batch: Batch, lease: &Arc<Option<SyncLease>>) -> Writing {
        let (cache, key, lease) = (self.cache.clone(), mailbox.key().to_owned(), Arc::clone(lease));
        let state = batch.state.clone();
        let task = tokio::task::spawn_blocking(move || {
            cache.write(|w| w.apply(&key, role, batch, true))?;
            cache.announce();
            drop(lease);
            Ok(())
        });
        Writing { state, task }
    }

    /// One process at a time reads a folder the first time. One that holds the lease and gets no further (it was stopped, say)
    /// is not waited for: `None`, and both read.
    async fn lease(&mut self, mailbox: &Mailbox, role: Role) -> Result<Option<SyncLease>> {
        let (key, mut waited, mut seen) = (mailbox.key(), Instant::now(), None);
        loop {
            if let Some(lease) = SyncLease::try_take(self.cache.path(), key, role)? {
                return Ok(Some(lease));
            }
            let now = self.reader.folder(key, role)?.map(|state| state.known_from);
            if now != seen {
                (waited, seen) = (Instant::now(), now);
            } else if waited.elapsed() > STUCK {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How full a mailbox is, where the server tells.
    pub async fn quota(&mut self, mailbox: &Mailbox) -> Result<Option<Quota>> {
        Ok(self.session.quota(&mailbox.root).await?)
    }

    /// Brings a whole mailbox up to date, folder by folder: INBOX, Sent, Archive; those that are not there or closed to this
    /// login are lived without.
    pub async fn sync_mailbox(&mut self, mailbox: &Mailbox) -> Result<u32> {
        let mut messages = 0;
        for role in Role::SYNCED {
            messages += self.sync_whole(mailbox, role).await?;
        }
        Ok(messages)
    }

    /// Brings a folder up to date and reads whatever is not known of it yet.
    pub async fn sync_whole(&mut self, mailbox: &Mailbox, role: Role) -> Result<u32> {
        if mailbox.folder(role).is_none() {
            return Ok(0);
        }
        match self.sync(mailbox, role).await {
            Ok(synced) => Ok(synced.messages + self.fill(mailbox, role, |_| {}).await?),
            Err(Error::Imap(error)) if role != Role::Inbox && !error.is_fatal() => {
                tracing::info!(%error, folder = role.as_str(), "a folder is lived without");
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether a folder's mod-sequences stand lower than they are known to have stood.
fn went_back(selected: &Selected, known: &FolderState) -> bool {
    let is_same = selected.uidvalidity == known.uidvalidity && selected.name == known.name;
    is_same && selected.highest_modseq.is_some() && selected.highest_modseq < known.highest_modseq
}
