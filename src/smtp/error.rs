//! How handing in an answer can fail: each variant is a situation that somebody acts on differently.

use std::fmt;
use std::path::PathBuf;

use super::reply::Reply;
use crate::model::{ErrorKind, Refusal};
use crate::net::{self, Unsafe};

/// The command that a reply answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The server's first word.
    Greeting,
    /// EHLO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Sender(String),
    /// RCPT TO.
    Recipient(String),
    /// DATA, before the text.
    Data,
    /// The final dot.
    Text,
    /// RSET.
    Reset,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Greeting => f.write_str("the connection"),
            Self::Hello => f.write_str("the greeting"),
            Self::StartTls => f.write_str("STARTTLS"),
            Self::Auth => f.write_str("the sign-in"),
            Self::Sender(address) => write!(f, "the sender {address}"),
            Self::Recipient(address) => write!(f, "the recipient {address}"),
            Self::Data | Self::Text => f.write_str("the message"),
            Self::Reset => f.write_str("starting over"),
        }
    }
}

/// Why an answer was not handed in, or why it is not known whether it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection came about.
    #[error("{server} cannot be reached: {why}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What the network said.
        why: String,
    },
    /// TLS failed: the certificate, or what is spoken at this port.
    #[error("no safe connection to {server}: {why}")]
    Tls {
        /// Host and port.
        server: String,
        /// What is wrong.
        why: Unsafe,
    },
    /// STARTTLS was asked for and is not offered; nothing is ever sent in plain text instead.
    #[error("{server} does not offer STARTTLS")]
    NoStartTls {
        /// Host and port.
        server: String,
    },
    /// The file of further authorities cannot be used.
    #[error("the authorities in {} cannot be used: {why}", .file.display())]
    Authorities {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The server refused password or token.
    #[error("{server} does not let {user} sign in: {reply}")]
    AuthRefused {
        /// Host and port.
        server: String,
        /// The login.
        user: String,
        /// The server's words.
        reply: Reply,
    },
    /// Server and credentials have no mechanism in common.
    #[error("{server} offers no way to sign in that is known here ({})", listed(.offered))]
    NoMechanism {
        /// Host and port.
        server: String,
        /// What it offers.
        offered: Vec<String>,
    },
    /// The server refused the sender: this login may not send as the mailbox (SMTP 550/553 5.7.x).
    #[error("{server} does not let {user} send as {sender}: {reply}")]
    NotAllowedToSendAs {
        /// Host and port.
        server: String,
        /// The login.
        user: String,
        /// The envelope's sender.
        sender: String,
        /// The server's words.
        reply: Reply,
    },
    /// The server refused one step; see [`Error::is_transient`].
    #[error("{server} refuses {step}: {reply}")]
    Refused {
        /// Host and port.
        server: String,
        /// Which step.
        step: Step,
        /// The server's words.
        reply: Reply,
    },
    /// The message is larger than the server takes.
    #[error("the message has {size} bytes, and {server} takes {limit} at most")]
    TooLarge {
        /// Host and port.
        server: String,
        /// The message's size.
        size: u64,
        /// The server's limit.
        limit: u64,
    },
    /// The message needs 8BITMIME, which the server does not offer.
    #[error("the message has 8-bit text, which {server} does not take")]
    EightBit {
        /// Host and port.
        server: String,
    },
    /// What should be an address cannot stand in a command.
    #[error("“{address}” cannot be used as an address")]
    Address {
        /// The text, made safe.
        address: String,
    },
    /// The connection ended, or the server spoke no SMTP, before the last byte of the text: nothing was accepted.
    #[error("the connection to {server} was lost ({why}); nothing was sent")]
    Lost {
        /// Host and port.
        server: String,
        /// How it ended.
        why: String,
    },
    /// The text went out whole, and no answer came: it may have been sent or not.
    #[error("{server} took the whole message and then said nothing ({why}): it may have been sent or not")]
    OutcomeUnknown {
        /// Host and port.
        server: String,
        /// How it ended.
        why: String,
    },
}

fn listed(mechanisms: &[String]) -> String {
    if mechanisms.is_empty() { "it offers none".to_owned() } else { format!("it offers {}", mechanisms.join(", ")) }
}

impl Error {
    /// Whether the same thing may go well later without this person's doing anything to the message. A certificate is
    /// renewed one day, and nothing was sent over a connection that is not safe. An unknown outcome is not of this kind:
    /// it is never tried again by itself.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Tls { .. } | Self::NoStartTls { .. } | Self::Lost { .. } => true,
            Self::Refused { reply, .. } => !reply.is_permanent(),
            _ => false,
        }
    }

    /// Whether the message may have been accepted all the same.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::OutcomeUnknown { .. })
    }

    /// The recipient that the server refused.
    pub fn refused_recipient(&self) -> Option<&str> {
        match self {
            Self::Refused { step: Step::Recipient(address), .. } => Some(address),
            _ => None,
        }
    }

    /// The kind for scripts.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable { .. } | Self::Lost { .. } => ErrorKind::Unreachable,
            Self::Tls { .. } | Self::NoStartTls { .. } => ErrorKind::Tls,
            Self::Authorities { .. } => ErrorKind::Config,
            Self::AuthRefused { .. } | Self::NoMechanism { .. } => ErrorKind::Auth,
            Self::NotAllowedToSendAs { .. } => ErrorKind::SenderRefused,
            Self::Refused { .. } | Self::TooLarge { .. } | Self::EightBit { .. } | Self::Address { .. } => {
                ErrorKind::Failed
            }
            Self::OutcomeUnknown { .. } => ErrorKind::UnknownOutcome,
        }
    }

    /// What to do about it, where there is something to do.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unreachable { .. } | Self::Lost { .. } => return None,
            Self::Tls { why, .. } if why.is_about_authority() => {
                "name the authority's file with `ca` in smtp = { … }; one that imap = { … } names does not count here"
            }
            Self::Tls { why, .. } => why.hint(),
            Self::NoStartTls { .. } => {
                "check `port` and `tls` of smtp in the configuration; nothing is sent without TLS unless tls = \"none\""
            }
            Self::Authorities { .. } => "`ca` of smtp must name a file of certificates in PEM form",
            Self::AuthRefused { .. } => {
                "check `user` and `auth` in the configuration; the same secret serves IMAP and SMTP"
            }
            Self::NoMechanism { offered, .. } if offered.is_empty() => {
                "many servers offer it under TLS only: check `tls` of smtp in the configuration"
            }
            Self::NoMechanism { .. } => "use another `auth` method in the configuration",
            Self::NotAllowedToSendAs { .. } => "ask the server's administrator for the right to send as this address",
            Self::Refused { reply, .. } if reply.is_transient() => "it is tried again later",
            Self::Refused { step: Step::Recipient(_), .. } => "correct the address; nothing was sent to anybody",
            Self::Refused { .. } => return None,
            Self::TooLarge { .. } => "send fewer or smaller attachments",
            Self::EightBit { .. } | Self::Address { .. } => return None,
            Self::OutcomeUnknown { .. } => "look whether it arrived, then say so: it is not sent again by itself",
        };
        Some(hint.to_owned())
    }
}

impl From<net::Error> for Error {
    fn from(error: net::Error) -> Self {
        match error {
            net::Error::Authorities { file, why } => Self::Authorities { file, why },
            net::Error::Unreachable { server, why } => Self::Unreachable { server, why },
            net::Error::Tls { server, why } => Self::Tls { server, why },
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let hint = error.hint();
        Self { hint, ..Self::new(error.kind(), error.to_string()) }
    }
}

/// Whether a refusal means that this login may not send as this sender.
///
/// Postfix says it at RCPT TO (`553 5.7.1 <…>: Sender address rejected: not owned by user …`), Exchange at MAIL FROM or
/// after the text (`550 5.7.60 … permissions to send as this sender`, `554 5.2.252 SendAsDenied`), others in words alone.
pub(super) fn is_about_sender(reply: &Reply) -> bool {
    let is_policy = matches!(reply.enhanced, None | Some([5, 7, _] | [5, 2, 0 | 252]));
    if !reply.is_permanent() || !is_policy {
        return false;
    }
    let text = reply.text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    // What receivers say of a domain's mail as such, and of relaying, is nothing about this login.
    if says(&["spf", "dkim", "dmarc", "relay", "reputation", "blocked", "spam"]) {
        return false;
    }
    says(&["not owned by", "send as", "sendas", "send on behalf", "send from this address"])
        || (says(&["sender", "from address", "mail from"])
            && says(&["reject", "denied", "not allowed", "not permitted", "not authori", "mismatch", "not match"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, enhanced: Option<[u16; 3]>, text: &str) -> Reply {
        Reply { code, enhanced, text: text.to_owned() }
    }

    #[test]
    fn servers_that_forbid_the_sender_are_understood() {
        for (code, enhanced, text) in [
            (553, Some([5, 7, 1]), "<support@x>: Sender address rejected: not owned by user carol@x"),
            (550, Some([5, 7, 60]), "SMTP; Client does not have permissions to send as this sender"),
            (554, Some([5, 2, 252]), "SendAsDenied; alice@x not allowed to send as support@x"),
            (550, None, "Sender address does not match the login: denied"),
        ] {
            assert!(is_about_sender(&reply(code, enhanced, text)), "{text}");
        }
    }

    #[test]
    fn other_refusals_are_not_taken_for_it() {
        for (code, enhanced, text) in [
            (554, Some([5, 7, 1]), "<c@y>: Relay access denied"),
            (550, Some([5, 1, 1]), "<c@y>: Recipient address rejected: User unknown"),
            (550, Some([5, 7, 23]), "SPF validation failed, sender not permitted"),
            (450, Some([4, 7, 1]), "Sender address rejected: not owned by user"),
            (550, Some([5, 1, 8]), "Sender address rejected: Domain not found"),
        ] {
            assert!(!is_about_sender(&reply(code, enhanced, text)), "{text}");
        }
    }
}
