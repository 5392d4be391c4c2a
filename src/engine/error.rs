//! What ends an engine's doing: a layer's error, or a refusal that is already in words.

use crate::config::SecretError;
use crate::model::{ErrorKind, Refusal};
use crate::{imap, smtp, store};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Imap(#[from] imap::Error),
    #[error(transparent)]
    Smtp(#[from] smtp::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// What the engine's functions give.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The IMAP session is of no use any more; what was under way may or may not have happened.
    pub fn ends_session(&self) -> bool {
        matches!(self, Self::Imap(error) if error.is_fatal())
    }

    /// A failure that may pass by itself: worth trying again without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind(), ErrorKind::Unreachable)
    }

    /// Nobody is signed in, which anybody may change in another terminal at any moment.
    pub fn is_signed_out(&self) -> bool {
        matches!(self, Self::Secret(SecretError::SignedOut(_)))
    }

    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Imap(error) => error.kind(),
            Self::Smtp(error) => error.kind(),
            Self::Store(_) => ErrorKind::Failed,
            Self::Secret(error) => error.kind(),
            Self::Refused(refusal) => refusal.kind,
        }
    }

    /// The same in words for a person, with what to do next.
    pub fn into_refusal(self) -> Refusal {
        let (kind, message) = (self.kind(), self.to_string());
        match self {
            Self::Refused(refusal) => refusal,
            Self::Secret(error) => error.into(),
            Self::Smtp(error) if error.hint().is_some() => error.into(),
            Self::Imap(_) | Self::Smtp(_) | Self::Store(_) => {
                let known = if let Self::Imap(error) = &self { error.hint() } else { None };
                let hint = known.or(match kind {
                    ErrorKind::Unreachable => Some("nothing was changed; see `bagsy doctor`"),
                    ErrorKind::Auth => Some("check `user` and `auth` in the configuration; see `bagsy doctor`"),
                    ErrorKind::Rights => Some("ask whoever administers the mailbox; `bagsy doctor` lists the rights"),
                    _ => None,
                });
                Refusal { hint: hint.map(str::to_owned), ..Refusal::new(kind, message) }
            }
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        error.into_refusal()
    }
}
