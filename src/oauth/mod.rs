//! OAuth 2.0 by itself: from a grant that the configuration describes to access tokens, without another program.
//!
//! A person signs in once, in a browser: on this machine (`browser`, RFC 8252) or on another, by a code that is typed
//! there (`device`, RFC 8628, for who works over SSH). What comes of it lies in the `vault`; [`Grants`] takes access
//! tokens out of it for IMAP and submission and renews them before they end. What the authority says is read by
//! `answer`; where to ask it, `authority` knows.

mod answer;
mod authority;
mod browser;
mod device;
mod grants;
mod looks;
mod pkce;
mod vault;

use crate::model::{ErrorKind, Refusal};
use crate::net;

pub use authority::Authority;
pub use browser::Visit;
pub use device::Invitation;
pub use grants::{Granted, Grants, Show};

/// Why there is no access token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The authority is not there, or not to be trusted.
    #[error(transparent)]
    Net(#[from] net::Error),
    /// It says what no authority says.
    #[error("{authority} makes no sense: {why}")]
    Senseless {
        /// Its host.
        authority: String,
        /// What is wrong.
        why: String,
    },
    /// It refuses; by its own words.
    #[error("{authority} refuses: {why}")]
    Refused {
        /// Its host.
        authority: String,
        /// Error code and description (RFC 6749 §5.2), made safe.
        why: String,
    },
    /// It grants less than mail needs.
    #[error("{authority} grants only “{granted}”, without {missing}")]
    Scope {
        /// Its host.
        authority: String,
        /// What it grants.
        granted: String,
        /// What was asked for and is not in it.
        missing: String,
    },
    /// The person said no, or nothing in time.
    #[error("the sign-in was {how}")]
    NotSignedIn {
        /// How it ended.
        how: &'static str,
    },
    /// Nobody has signed in yet, or what was granted has ended.
    #[error("{user} is not signed in: {why}")]
    NoGrant {
        /// The login.
        user: String,
        /// What became of it.
        why: String,
    },
    /// The vault cannot be read or written.
    #[error("the tokens of {user} {how}")]
    Vault {
        /// The login.
        user: String,
        /// It is a file, not the keyring.
        is_file: bool,
        /// What went wrong.
        how: String,
    },
}

impl Error {
    /// What kind of failure it is to a script.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Net(net::Error::Tls { .. }) => ErrorKind::Tls,
            Self::Net(net::Error::Authorities { .. }) => ErrorKind::Config,
            Self::Net(net::Error::Unreachable { .. }) => ErrorKind::Unreachable,
            _ => ErrorKind::Auth,
        }
    }

    /// What to do about it; `account` is the account's name in the configuration.
    pub fn hint(&self, account: &str) -> String {
        match self {
            Self::Net(_) => "the authority that signs you in must be reachable from here".to_owned(),
            Self::Senseless { .. } => "check `issuer` (or `provider`) in the configuration".to_owned(),
            Self::Refused { .. } => {
                "an administrator has to allow this client: see client_id, scope and the redirection to http://127.0.0.1"
                    .to_owned()
            }
            Self::Scope { .. } => "an administrator has to grant this client access to IMAP and SMTP".to_owned(),
            Self::NotSignedIn { .. } | Self::NoGrant { .. } => format!("`bagsy login {account}` signs in"),
            Self::Vault { is_file: true, .. } => {
                format!("`bagsy logout {account}` removes the file, whatever is in it; `bagsy login {account}` makes a new one")
            }
            Self::Vault { is_file: false, .. } => format!(
                "where there is no keyring, put tokens = \"file\" into `auth` of [account.{account}]; \
                 then `bagsy login {account}`"
            ),
        }
    }

    /// In words for whoever asked.
    pub fn into_refusal(self, account: &str) -> Refusal {
        let hint = self.hint(account);
        Refusal::new(self.kind(), self.to_string()).hint(hint)
    }
}

/// The result of what this layer does.
pub type Result<T> = std::result::Result<T, Error>;
