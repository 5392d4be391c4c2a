//! One session with one IMAP server: connect, sign in, look, change, listen.
//!
//! async-imap carries commands and answers; beneath it, framing cuts the server's bytes into whole, bounded
//! responses, and what imap-proto cannot read goes past it to a tolerant reader of our own. So no answer of a server, however
//! odd, ends a session, and nothing of a mail is in any error. [`Session`] has a method for each thing to do; a file holds
//! each family of commands.

mod append;
mod atoms;
mod command;
mod condition;
mod connection;
mod create;
mod date;
mod deflate;
mod error;
mod fetch;
mod framed;
mod framing;
mod idle;
mod list;
mod login;
mod metadata;
mod mv;
mod noop;
mod quota;
mod reader;
mod reply;
mod rights;
mod search;
mod select;
mod session;
mod status;
mod store;
mod structure;
mod triage;
mod uidset;
pub mod utf7;

pub use append::Appended;
pub use condition::Code;
pub use connection::greet_server;
pub use error::Error;
pub use fetch::{FetchedFlags, FetchedHeader, HEADER_FIELDS};
pub use idle::{IdleEnd, IdleReason};
pub use list::{Folder, Namespace, NamespaceKind, Namespaces};
pub use mv::Copied;
pub use quota::Quota;
pub use search::{Criteria, Place};
pub use select::Selected;
pub use session::{Capabilities, Session, Unsolicited};
pub use status::FolderStatus;
pub use store::StoreAnswer;
pub use structure::Part;
pub use uidset::UidSet;
