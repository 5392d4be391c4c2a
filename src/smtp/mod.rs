//! Submission (RFC 6409): handing an answer to the mail server, command by command.
//!
//! Whoever sends an answer must know between any two commands how far it got, and above all whether the last byte of the
//! text went out: before it nothing was accepted and it may be tried again, after it the fate is unknown until the
//! server speaks (docs/protocol.md, *Answering*). A transport that takes a mail and gives a result cannot tell these
//! apart, so [`Submission`] has a method for each command, and [`Error`] a variant for each situation.
//!
//! The commands are lettre's; the wire beneath them is this module's own, because lettre's keeps what a server (or
//! somebody between) sent in plain text behind its STARTTLS and takes it for answers under TLS, reads lines of any
//! length, and cannot tell a failure before the final dot from one after it.

mod auth;
mod client;
mod dots;
mod error;
mod extensions;
mod reply;
mod wire;

#[cfg(test)]
mod tests;

pub use client::{Patience, Submission, greet_server};
pub use error::{Error, Step};
pub use extensions::Extensions;
pub use reply::Reply;
