//! What can go wrong with an IMAP server, by what is to be done about it.
//!
//! No error holds anything of a mail, a password or a token: texts are the server's status texts, cleaned, and our own.

use std::path::PathBuf;

use super::condition::Code;
use crate::model::ErrorKind;
use crate::net::{self, Unsafe};

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No connection came about: unknown host, refused, no answer, or the server says that it has no time.
    #[error("{host} cannot be reached: {why}")]
    Unreachable { host: String, why: String },
    /// The connection cannot be protected as configured.
    #[error("no safe connection to {host}: {why}")]
    Tls { host: String, why: Unsafe },
    /// The file of further authorities cannot be used.
    #[error("the authorities in {} cannot be used: {why}", .file.display())]
    Authorities { file: PathBuf, why: String },
    /// The server does not accept this login.
    #[error("{host} does not let {user} sign in: {why}")]
    Auth { host: String, user: String, why: String },
    /// The server answered NO or BAD.
    #[error("the server refused {command}: {text}")]
    Refused { command: &'static str, text: String, code: Option<Code> },
    /// The connection broke; whether the last command was carried out is unknown.
    #[error("the connection was lost: {why}")]
    Lost { why: String },
    /// The server says nothing more; whether the command was carried out is unknown.
    #[error("the server did not answer {command} for {seconds} s")]
    Timeout { command: &'static str, seconds: u64 },
    /// What the server says makes no sense.
    #[error("the server's answer to {command} makes no sense: {what}")]
    Protocol { command: &'static str, what: &'static str },
    /// The server cannot do it.
    #[error("the server cannot do {what}")]
    Unsupported { what: &'static str },
    /// What was asked for is larger than this session takes at once.
    #[error("the answer to {command} is larger than {limit} bytes")]
    TooLarge { command: &'static str, limit: usize },
}

impl Error {
    /// The kind by which verbs and screens act.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable { .. } | Self::Lost { .. } | Self::Timeout { .. } => ErrorKind::Unreachable,
            Self::Tls { .. } => ErrorKind::Tls,
            Self::Authorities { .. } => ErrorKind::Config,
            Self::Auth { .. } => ErrorKind::Auth,
            Self::Refused { .. } if self.is_no_permission() => ErrorKind::Rights,
            Self::Refused { .. } | Self::Protocol { .. } | Self::Unsupported { .. } | Self::TooLarge { .. } => {
                ErrorKind::Failed
            }
        }
    }

    /// What to do about it, where it is known better than by its kind.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Tls { why, .. } => Some(why.hint()),
            Self::Authorities { .. } => Some("`ca` of imap must name a file of certificates in PEM form"),
            _ => None,
        }
    }

    /// The session is of no use any more: connect again.
    pub fn is_fatal(&self) -> bool {
        !matches!(self, Self::Refused { .. } | Self::Unsupported { .. } | Self::TooLarge { .. } | Self::Protocol { .. })
    }

    /// The code of a refusal.
    pub fn code(&self) -> Option<&Code> {
        match self {
            Self::Refused { code, .. } => code.as_ref(),
            _ => None,
        }
    }

    /// A right is missing. Cyrus gives no code for it, only the words.
    pub fn is_no_permission(&self) -> bool {
        match self {
            Self::Refused { code: Some(Code::NoPerm), .. } => true,
            Self::Refused { code: None, text, .. } => text.to_ascii_lowercase().contains("permission denied"),
            _ => false,
        }
    }

    /// There is no such folder, as far as this login may know.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Refused { code: Some(Code::NonExistent | Code::TryCreate), .. } => true,
            Self::Refused { text, .. } => {
                let text = text.to_ascii_lowercase();
                text.contains("doesn't exist") || text.contains("does not exist") || text.contains("no such mailbox")
            }
            _ => false,
        }
    }
}

impl From<net::Error> for Error {
    fn from(error: net::Error) -> Self {
        match error {
            net::Error::Authorities { file, why } => Self::Authorities { file, why },
            net::Error::Unreachable { server, why } => Self::Unreachable { host: server, why },
            net::Error::Tls { server, why } => Self::Tls { host: server, why },
        }
    }
}
