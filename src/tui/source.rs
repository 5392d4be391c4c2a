//! What the screen reads, and the one thing it writes: a draft as it is typed.
//!
//! The screen asks for the window of rows that it shows and for single things by name; it never holds a list of the whole
//! mailbox. Everything that changes a mailbox goes to the engine as a [`Command`](crate::engine::message::Command).

use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;

use crate::engine::kept::{Attached, KeptText, SavedDraft};
use crate::engine::message::{Item, Target};
use crate::mail::compose::AttachedFile;
use crate::mail::parse::Body;
use crate::model::{Address, Conversation, ConversationId, Handle, Mailbox, Message, Role, Uid, View};
use crate::store::{Laid, Reach, Search};
use crate::wire::answer::Numbering;

/// The order of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Whoever has been without an answer longest comes first.
    OldestWait,
    Newest,
}

/// Conversations by view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts(pub [u32; View::ALL.len()]);

impl Counts {
    /// How many conversations this view shows.
    pub fn of(&self, view: View) -> u32 {
        self.0[view as usize]
    }
}

/// What becomes of an answer that is not with the customer yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxState {
    /// It will be sent.
    Unsent,
    /// Nobody knows whether it was sent; a person must say.
    Unknown,
    Failed,
}

/// An answer of this person's on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxItem {
    pub item: i64,
    pub target: Target,
    pub state: OutboxState,
    pub since: Timestamp,
    /// The recipients.
    pub to: String,
    pub subject: String,
    /// What was in the way last.
    pub why: Option<String>,
    /// Until when its writer may take it back without a word to any server.
    pub hold_until: Option<Timestamp>,
    /// Nothing of it is on any server.
    pub is_fresh: bool,
}

impl OutboxItem {
    /// What names it among those of all logins.
    pub fn name(&self) -> Item {
        self.target.item(self.item)
    }
}

/// The cache could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// What these functions return.
pub type Result<T> = std::result::Result<T, SourceError>;

/// Read-only pages of the cache.
pub trait Source {
    /// The mailboxes, in the order in which they are shown.
    fn mailboxes(&self) -> Result<Vec<Mailbox>>;
    /// Whether INBOX is wholly known, so that the longest wait can be told.
    fn is_whole(&self, mailbox: &str) -> Result<bool>;
    fn counts(&self, mailbox: &str) -> Result<Counts>;
    /// `limit` rows of a view from `offset` on.
    fn page(&self, mailbox: &str, view: View, order: Order, offset: u32, limit: u32) -> Result<Vec<Conversation>>;
    /// Where a conversation stands in a view; `None` where it is not shown there.
    fn position(&self, mailbox: &str, root: &str, view: View, order: Order) -> Result<Option<u32>>;
    fn conversation(&self, mailbox: &str, root: &str) -> Result<Option<Conversation>>;
    /// The same by the name that people use; `None` where it names none, or several.
    fn named(&self, mailbox: &str, id: &ConversationId) -> Result<Option<Conversation>>;
    /// The messages of a conversation, oldest first.
    fn thread(&self, mailbox: &str, root: &str) -> Result<Vec<Message>>;
    /// How far the clock of a mailbox's server is ahead.
    fn clock(&self, mailbox: &str) -> Result<SignedDuration>;
    /// How INBOX and Sent number their messages.
    fn numbering(&self, mailbox: &str) -> Result<Numbering>;
    /// `None` where it has not been fetched yet.
    fn body(&self, mailbox: &str, role: Role, uid: Uid) -> Result<Option<Body>>;
    /// A mail's octets as far as they were fetched, and whether that is all; `None` where nothing was.
    fn raw(&self, mailbox: &str, role: Role, uid: Uid) -> Result<Option<(Vec<u8>, bool)>>;
    /// Handles known in this mailbox, sorted.
    fn teammates(&self, mailbox: &str) -> Result<Vec<Handle>>;
    /// Everybody who is written to and from whom mail comes, with whom there is most to do first.
    fn people(&self, mailbox: &str) -> Result<Vec<Address>>;
    fn draft(&self, target: &Target) -> Result<Option<SavedDraft>>;
    /// Where a text lies by now whose conversation may have got another root; `about` names what it answers or forwards.
    fn place_now(&self, was: &Target, about: &str) -> Result<Target>;
    /// The drafts in hand, newest first.
    fn drafts(&self) -> Result<Vec<KeptText>>;
    fn outbox(&self) -> Result<Vec<OutboxItem>>;
    /// `limit` rows of what a search finds, from `offset` on.
    fn found(&self, search: &Search, offset: u32, limit: u32) -> Result<Vec<Conversation>>;
    fn found_count(&self, search: &Search) -> Result<u32>;
    /// Whether it left out words for their number.
    fn found_is_cut(&self, search: &Search) -> Result<bool>;
    /// Where a conversation stands among what a search finds; `None` where it is not found.
    fn found_position(&self, search: &Search, root: &str) -> Result<Option<u32>>;
    /// How much of a mailbox is here to be searched.
    fn reach(&self, mailbox: &str) -> Result<Reach>;
    /// Tags in use in this mailbox, sorted.
    fn tags(&self, mailbox: &str) -> Result<Vec<String>>;
}

/// Where drafts are kept.
pub trait Drafts {
    /// Keeps this text instead of the one before it; where another screen wrote on that one meanwhile, apart from it.
    fn put(&mut self, draft: &SavedDraft) -> Result<Laid>;
    /// Throws away what this hand wrote, and nobody else's.
    fn forget(&mut self, draft: &SavedDraft) -> Result<()>;
    /// Where the text of a mailbox's draft lies while it is in its person's own editor.
    fn editing(&self, mailbox: &str) -> Result<PathBuf>;
    /// All such places.
    fn all_editing(&self) -> Vec<PathBuf>;
    /// Lays the octets of a file beside the drafts of a mailbox.
    fn attach(&mut self, mailbox: &str, file: &AttachedFile) -> Result<Attached>;
}
