//! The SQLite files of one login: the cache of what its mailboxes' servers said (messages, conversations, what happened,
//! bodies) and the desk with what its person wrote (outbox, drafts). The only place with SQL.
//!
//! One [`Writer`], which the engine has, takes in what servers tell, a [`Batch`] at a time, each in one transaction: rows,
//! the folder's state, threading, conversations, the log. Any number of [`Reader`]s, in this process and others, ask for
//! the page that is shown. [`Lease`] and [`SyncLease`] keep processes from doing the same thing twice.

mod apply;
mod assignment;
mod attached;
mod body;
mod change;
mod columns;
mod departed;
mod desk;
mod draft;
mod error;
mod file;
mod lease;
mod lost_lock;
mod mailbox;
mod message;
mod outbox;
mod page;
mod people;
mod read;
mod resolve;
mod row;
mod schema;
mod search;
mod thread;
mod write;

pub use apply::{Applied, Batch};
pub use body::StoredBody;
pub use desk::Desk;
pub use draft::{Found, Laid, StoredDraft, Writing};
pub use error::{Error, File, Result};
pub use file::{desk_of, editing_of, set_aside};
pub use lease::{Lease, Lock, SyncLease};
pub use lost_lock::LostLock;
pub use mailbox::FolderState;
pub use outbox::{NewItem, OutboxItem, OutboxState};
pub use page::{Counts, Order, PageQuery};
pub use read::Reader;
pub use resolve::Resolved;
pub use search::{Reach, Search, Wanted};
pub use write::Writer;
