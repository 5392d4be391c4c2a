//! What a team inbox is, in plain types. Pure: no I/O, no async, no clock of its own.

mod action;
mod address;
mod age;
mod alike;
mod conversation;
mod error;
mod event;
mod filing;
mod handle;
mod ids;
mod mailbox;
mod message;
pub mod query;
mod view;
pub mod words;

pub use action::{Action, Expectation};
pub use address::Address;
pub use age::age;
pub use alike::Alike;
pub use conversation::{Assignee, Conversation, Presence, Status};
pub use error::{ErrorKind, Refusal};
pub use event::{Change, ChangeKind, Outgoing};
pub use filing::{Destination, Filed, FiledMessage};
pub use handle::{Handle, InvalidHandle};
pub use ids::{ConversationId, MessageId, ModSeq, Uid, UidValidity};
pub use mailbox::{Capability, Grade, Mailbox, Rights, Role};
pub use message::{Flags, Message};
pub use query::{Query, QueryError};
pub use view::View;
