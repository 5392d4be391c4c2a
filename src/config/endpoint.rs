//! Where a server is and how a login proves itself there; shared by IMAP and submission.

use std::fmt;
use std::path::PathBuf;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// Plain at first, then STARTTLS, which must succeed.
    StartTls,
    /// No TLS; said on screen.
    None,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A name or an address, an IPv6 address without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// A PEM file of authorities trusted beside the system's.
    pub ca: Option<PathBuf>,
}

impl Endpoint {
    /// Whether everything, the sign-in too, goes over the wire unprotected; the screen and `doctor` say so.
    pub fn is_plain(&self) -> bool {
        self.tls == Tls::None
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        match self.host.parse::<std::net::IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host.eq_ignore_ascii_case("localhost"),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A password or token: never printed, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a login shows to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A password: PLAIN or LOGIN.
    Password {
        /// The login.
        user: String,
        /// Its password.
        password: Secret,
    },
    /// An access token: XOAUTH2 or OAUTHBEARER (RFC 7628).
    OAuth2 {
        /// The login that the server is asked for: a delegate's token may open a shared mailbox's.
        user: String,
        /// The token.
        token: Secret,
    },
}

impl Credentials {
    /// The same secret shown for another login: a mailbox that is opened under a name of its own.
    #[must_use]
    pub fn as_user(self, user: impl Into<String>) -> Self {
        match self {
            Self::Password { password, .. } => Self::Password { user: user.into(), password },
            Self::OAuth2 { token, .. } => Self::OAuth2 { user: user.into(), token },
        }
    }

    /// The login.
    pub fn user(&self) -> &str {
        match self {
            Self::Password { user, .. } | Self::OAuth2 { user, .. } => user,
        }
    }
}
