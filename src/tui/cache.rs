//! The store as the screen reads it: one connection for reading, one to the desk for drafts.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use super::source::{Counts, Drafts, Order, OutboxItem, OutboxState, Result, Source, SourceError};
use crate::engine::forward;
use crate::engine::kept::{self, Attached, KeptText, SavedDraft};
use crate::engine::message::Target;
use crate::engine::outbox;
use crate::mail::compose::AttachedFile;
use crate::mail::parse::{self, Attachment, Body};
use crate::model::{Address, Conversation, ConversationId, Handle, Mailbox, Message, Role, Uid, View};
use crate::store::{self, Desk, Laid, PageQuery, Reach, Reader, Resolved, Search, Writing};
use crate::wire::answer::Numbering;

impl From<store::Error> for SourceError {
    fn from(error: store::Error) -> Self {
        Self(error.to_string())
    }
}

/// So many people are offered to choose from at most.
const PEOPLE: usize = 2000;

fn damaged(error: &serde_json::Error) -> SourceError {
    SourceError(format!("a draft is damaged: {error}"))
}

impl From<Order> for store::Order {
    fn from(order: Order) -> Self {
        match order {
            Order::OldestWait => Self::OldestWait,
            Order::Newest => Self::NewestFirst,
        }
    }
}

impl Source for Reader {
    fn mailboxes(&self) -> Result<Vec<Mailbox>> {
        Ok(Self::mailboxes(self)?)
    }

    fn is_whole(&self, mailbox: &str) -> Result<bool> {
        Ok(self.folder(mailbox, Role::Inbox)?.is_some_and(|folder| folder.is_whole()))
    }

    fn counts(&self, mailbox: &str) -> Result<Counts> {
        let counts = Self::counts(self, Some(mailbox))?;
        Ok(Counts(View::ALL.map(|view| counts.get(view))))
    }

    fn page(&self, mailbox: &str, view: View, order: Order, offset: u32, limit: u32) -> Result<Vec<Conversation>> {
        let query =
            PageQuery { order: order.into(), offset, limit: Some(limit), ..PageQuery::new(Some(mailbox), view) };
        Ok(Self::page(self, &query)?)
    }

    fn position(&self, mailbox: &str, root: &str, view: View, order: Order) -> Result<Option<u32>> {
        Ok(Self::position(self, mailbox, root, view, order.into())?)
    }

    fn conversation(&self, mailbox: &str, root: &str) -> Result<Option<Conversation>> {
        Ok(Self::conversation(self, mailbox, root)?)
    }

    fn named(&self, mailbox: &str, id: &ConversationId) -> Result<Option<Conversation>> {
        match self.resolve(Some(mailbox), &id.0)? {
            Resolved::One { mailbox, root } => Ok(Self::conversation(self, &mailbox, &root)?),
            Resolved::None | Resolved::Many(_) => Ok(None),
        }
    }

    fn thread(&self, mailbox: &str, root: &str) -> Result<Vec<Message>> {
        Ok(Self::thread(self, mailbox, root)?)
    }

    fn clock(&self, _: &str) -> Result<SignedDuration> {
        Ok(Self::clock(self)?)
    }

    fn numbering(&self, mailbox: &str) -> Result<Numbering> {
        Ok(Self::numbering(self, mailbox)?)
    }

    fn body(&self, mailbox: &str, role: Role, uid: Uid) -> Result<Option<Body>> {
        let Some(stored) = Self::body(self, mailbox, role, uid)? else { return Ok(None) };
        let mut body = parse::parse(&stored.raw);
        if !stored.is_whole {
            body.is_cut = true;
            // What came of the mail does not show all that hangs on it; the server told.
            if let Ok(told) = serde_json::from_str::<Vec<Attachment>>(&stored.attachments)
                && !told.is_empty()
            {
                body.attachments = told;
            }
        }
        Ok(Some(body))
    }

    fn raw(&self, mailbox: &str, role: Role, uid: Uid) -> Result<Option<(Vec<u8>, bool)>> {
        Ok(Self::body(self, mailbox, role, uid)?.map(|stored| (stored.raw, stored.is_whole)))
    }

    fn teammates(&self, mailbox: &str) -> Result<Vec<Handle>> {
        Ok(self.handles(Some(mailbox))?)
    }

    fn people(&self, mailbox: &str) -> Result<Vec<Address>> {
        Ok(self.correspondents(mailbox, PEOPLE)?)
    }

    fn draft(&self, target: &Target) -> Result<Option<SavedDraft>> {
        SavedDraft::in_hand(self, target).map_err(|error| SourceError(error.to_string()))
    }

    fn place_now(&self, was: &Target, about: &str) -> Result<Target> {
        kept::place_now(self, was, about).map_err(|error| SourceError(error.to_string()))
    }

    fn drafts(&self) -> Result<Vec<KeptText>> {
        SavedDraft::all_in_hand(self).map_err(|error| SourceError(error.to_string()))
    }

    fn outbox(&self) -> Result<Vec<OutboxItem>> {
        let items = Self::outbox(self)?.into_iter().map(|item| OutboxItem {
            is_fresh: item.state != store::OutboxState::Unknown && outbox::is_fresh(&item),
            item: item.id,
            // What begins a conversation is found by its own row.
            target: Target { root: item.conversation_root().to_owned(), mailbox: item.mailbox },
            state: match item.state {
                store::OutboxState::Held
                | store::OutboxState::Unsent
                | store::OutboxState::Submitted
                | store::OutboxState::Scheduled => OutboxState::Unsent,
                store::OutboxState::Unknown => OutboxState::Unknown,
                store::OutboxState::Failed => OutboxState::Failed,
            },
            since: item.since,
            why: item.error.or((item.state == store::OutboxState::Submitted).then(|| outbox::UNMARKED.to_owned())),
            hold_until: item.hold_until.filter(|_| item.state == store::OutboxState::Held),
            to: item.recipients.join(", "),
            subject: item.subject,
        });
        Ok(items.collect())
    }

    fn found(&self, search: &Search, offset: u32, limit: u32) -> Result<Vec<Conversation>> {
        Ok(Self::found(self, search, offset, Some(limit))?)
    }

    fn found_count(&self, search: &Search) -> Result<u32> {
        Ok(Self::found_count(self, search)?)
    }

    fn found_is_cut(&self, search: &Search) -> Result<bool> {
        Ok(Self::found_is_cut(self, search)?)
    }

    fn found_position(&self, search: &Search, root: &str) -> Result<Option<u32>> {
        Ok(Self::found_position(self, search, root)?)
    }

    fn reach(&self, mailbox: &str) -> Result<Reach> {
        Ok(Self::reach(self, mailbox)?)
    }

    fn tags(&self, mailbox: &str) -> Result<Vec<String>> {
        Ok(Self::tags(self, Some(mailbox))?)
    }
}

/// Several logins' caches as one: each mailbox is asked of the login that reaches it.
#[derive(Debug)]
pub struct Caches<S = Reader> {
    sources: Vec<S>,
    homes: RefCell<HashMap<String, usize>>,
}

impl<S: Source> Caches<S> {
    /// The caches in the order in which their mailboxes are shown.
    pub fn new(sources: Vec<S>) -> Self {
        Self { sources, homes: RefCell::default() }
    }

    fn home(&self, mailbox: &str) -> Result<&S> {
        let known = self.homes.borrow().get(mailbox).copied();
        let at = match known {
            Some(at) => Some(at),
            None => {
                self.mailboxes()?;
                self.homes.borrow().get(mailbox).copied()
            }
        };
        let source = at.and_then(|at| self.sources.get(at));
        source.ok_or_else(|| SourceError(format!("the mailbox {mailbox} is not in the cache")))
    }
}

impl<S: Source> Source for Caches<S> {
    fn mailboxes(&self) -> Result<Vec<Mailbox>> {
        let mut all: Vec<Mailbox> = Vec::new();
        let mut homes = HashMap::new();
        for (at, source) in self.sources.iter().enumerate() {
            for mailbox in source.mailboxes()? {
                // Reached by two logins: the first one's.
                if !homes.contains_key(mailbox.key()) {
                    homes.insert(mailbox.key().to_owned(), at);
                    all.push(mailbox);
                }
            }
        }
        *self.homes.borrow_mut() = homes;
        Ok(all)
    }

    fn is_whole(&self, mailbox: &str) -> Result<bool> {
        self.home(mailbox)?.is_whole(mailbox)
    }

    fn counts(&self, mailbox: &str) -> Result<Counts> {
        self.home(mailbox)?.counts(mailbox)
    }

    fn page(&self, mailbox: &str, view: View, order: Order, offset: u32, limit: u32) -> Result<Vec<Conversation>> {
        self.home(mailbox)?.page(mailbox, view, order, offset, limit)
    }

    fn position(&self, mailbox: &str, root: &str, view: View, order: Order) -> Result<Option<u32>> {
        self.home(mailbox)?.position(mailbox, root, view, order)
    }

    fn conversation(&self, mailbox: &str, root: &str) -> Result<Option<Conversation>> {
        self.home(mailbox)?.conversation(mailbox, root)
    }

    fn named(&self, mailbox: &str, id: &ConversationId) -> Result<Option<Conversation>> {
        self.home(mailbox)?.named(mailbox, id)
    }

    fn thread(&self, mailbox: &str, root: &str) -> Result<Vec<Message>> {
        self.home(mailbox)?.thread(mailbox, root)
    }

    fn clock(&self, mailbox: &str) -> Result<SignedDuration> {
        self.home(mailbox)?.clock(mailbox)
    }

    fn numbering(&self, mailbox: &str) -> Result<Numbering> {
        self.home(mailbox)?.numbering(mailbox)
    }

    fn body(&self, mailbox: &str, role: Role, uid: Uid) -> Result<Option<Body>> {
        self.home(mailbox)?.body(mailbox, role, uid)
    }

    fn raw(&self, mailbox: &str, role: Role, uid: Uid) -> Result<Option<(Vec<u8>, bool)>> {
        self.home(mailbox)?.raw(mailbox, role, uid)
    }

    fn teammates(&self, mailbox: &str) -> Result<Vec<Handle>> {
        self.home(mailbox)?.teammates(mailbox)
    }

    fn people(&self, mailbox: &str) -> Result<Vec<Address>> {
        self.home(mailbox)?.people(mailbox)
    }

    fn draft(&self, target: &Target) -> Result<Option<SavedDraft>> {
        self.home(&target.mailbox)?.draft(target)
    }

    fn place_now(&self, was: &Target, about: &str) -> Result<Target> {
        self.home(&was.mailbox)?.place_now(was, about)
    }

    fn drafts(&self) -> Result<Vec<KeptText>> {
        let each = self.sources.iter().map(Source::drafts).collect::<Result<Vec<_>>>()?;
        Ok(each.into_iter().flatten().collect())
    }

    fn outbox(&self) -> Result<Vec<OutboxItem>> {
        let each = self.sources.iter().map(Source::outbox).collect::<Result<Vec<_>>>()?;
        Ok(each.into_iter().flatten().collect())
    }

    fn found(&self, search: &Search, offset: u32, limit: u32) -> Result<Vec<Conversation>> {
        self.home(&search.mailbox)?.found(search, offset, limit)
    }

    fn found_count(&self, search: &Search) -> Result<u32> {
        self.home(&search.mailbox)?.found_count(search)
    }

    fn found_is_cut(&self, search: &Search) -> Result<bool> {
        self.home(&search.mailbox)?.found_is_cut(search)
    }

    fn found_position(&self, search: &Search, root: &str) -> Result<Option<u32>> {
        self.home(&search.mailbox)?.found_position(search, root)
    }

    fn reach(&self, mailbox: &str) -> Result<Reach> {
        self.home(mailbox)?.reach(mailbox)
    }

    fn tags(&self, mailbox: &str) -> Result<Vec<String>> {
        self.home(mailbox)?.tags(mailbox)
    }
}

/// One login's cache and desk.
#[derive(Debug)]
struct Place {
    reader: Reader,
    desk: Desk,
    editing: PathBuf,
}

/// The desks of the logins: a draft lies on that of the login that reaches its mailbox.
#[derive(Debug)]
pub struct Desks {
    logins: Vec<Place>,
}

impl Desks {
    /// Opens the desks beside these caches, which exist.
    ///
    /// # Errors
    /// What the file system or SQLite says.
    pub fn open(caches: &[&Path]) -> Result<Self> {
        let open = |path: &&Path| {
            let (reader, desk) = (Reader::open(path)?, Desk::open(path)?);
            Ok(Place { reader, desk, editing: store::editing_of(path) })
        };
        Ok(Self { logins: caches.iter().map(open).collect::<Result<_>>()? })
    }

    fn of(&self, mailbox: &str) -> Result<&Desk> {
        Ok(&self.place_of(mailbox)?.desk)
    }

    fn place_of(&self, mailbox: &str) -> Result<&Place> {
        for place in &self.logins {
            if Source::mailboxes(&place.reader)?.iter().any(|m| m.key() == mailbox) {
                return Ok(place);
            }
        }
        // Words are never lost for want of a place: the first desk takes what has no home.
        let first = self.logins.first();
        first.ok_or_else(|| SourceError("there is no desk to lay a draft on".to_owned()))
    }
}

impl Drafts for Desks {
    fn put(&mut self, draft: &SavedDraft) -> Result<Laid> {
        let content = draft.content.write().map_err(|error| damaged(&error))?;
        let (mailbox, root) = (draft.target.mailbox.as_str(), draft.target.root.as_str());
        let writing = Writing { mailbox, root, content: &content, hand: &draft.hand, found: draft.found.as_ref() };
        Ok(self.of(mailbox)?.draft_put(&writing)?)
    }

    fn forget(&mut self, draft: &SavedDraft) -> Result<()> {
        self.of(&draft.target.mailbox)?.draft_remove(&draft.hand, draft.found.as_ref())?;
        Ok(())
    }

    fn editing(&self, mailbox: &str) -> Result<PathBuf> {
        Ok(self.place_of(mailbox)?.editing.clone())
    }

    fn all_editing(&self) -> Vec<PathBuf> {
        self.logins.iter().map(|place| place.editing.clone()).collect()
    }

    fn attach(&mut self, mailbox: &str, file: &AttachedFile) -> Result<Attached> {
        forward::keep(self.of(mailbox)?, file).map_err(|error| SourceError(error.to_string()))
    }
}
