//! From a server's name to a connection with it: TCP, and TLS over it. What is spoken on it then is `imap`'s and `smtp`'s
//! affair; so is STARTTLS, which is a word of each.
//!
//! [`Protection::of`] comes first, before anything is sent: a file of authorities that cannot be used is the
//! configuration's fault, whatever the network is like. Then [`connect`], and [`Security::secure`] where TLS is due.
//!
//! Before there is a configuration, [`Dns`] and [`Web`] tell where a domain's servers are.

mod connect;
mod dns;
mod proxy;
mod tls;
mod web;

use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite};

pub use connect::{NO_SUCH_HOST, connect, why};
pub use dns::{Dns, Service, Services};
pub use tls::{Agreed, Protected, Protection, Security, Unsafe};
pub use web::{Answer, Page, Place, Web, urlencoded};

/// A connection's two directions in one: TCP, or TLS over it.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why no connection came about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file of further authorities cannot be used.
    #[error("the authorities in {} cannot be used: {why}", .file.display())]
    Authorities {
        /// The file, as `ca` names it.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Unknown host, refused, no answer, or cut before TLS was there: it may pass by itself.
    #[error("{server} cannot be reached: {why}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What the network said.
        why: String,
    },
    /// The connection cannot be protected as configured.
    #[error("no safe connection to {server}: {why}")]
    Tls {
        /// Host and port.
        server: String,
        /// What is wrong.
        why: Unsafe,
    },
}
