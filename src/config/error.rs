//! What can be wrong with a configuration file, and where.

use std::path::PathBuf;

use crate::model::{ErrorKind, Refusal};

/// Why the configuration could not be read. Each has its file, most their line, and a hint.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such file.
    #[error("there is no configuration at {}", .file.display())]
    NotFound {
        /// The file that was looked for.
        file: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("{} cannot be read: {source}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file says something that it may not say.
    #[error("{}, line {line}: {fault}", .file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// The line of the key in question, counted from 1.
        line: usize,
        /// What is wrong there.
        fault: Box<Fault>,
    },
    /// The platform tells no home directory, so that no place for files can be found.
    #[error("no home directory is known, so there is no place for the configuration")]
    NoHome,
}

/// What is wrong at one place of the file. Values are never repeated here: one of them may be a secret that was written
/// into the wrong key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not TOML at all.
    #[error("this is not TOML: {0}")]
    Syntax(String),
    /// A key that nobody knows.
    #[error("unknown key `{key}` in {section}; the nearest known key is `{nearest}`")]
    UnknownKey {
        /// The key as written.
        key: String,
        /// Where it stands, as `[account.work]`.
        section: String,
        /// The key known there whose name is most like it.
        nearest: String,
        /// Where a key of exactly this name would be right.
        belongs: Option<String>,
    },
    /// A key, or a value of it, that is documented and has no feature behind it yet.
    #[error("{what} is not built yet")]
    NotYetBuilt {
        /// The key or key and value.
        what: String,
        /// What to write meanwhile.
        instead: String,
    },
    /// A value of another type or outside what is allowed.
    #[error("`{key}` in {section} must be {expected}")]
    WrongValue {
        /// The key.
        key: String,
        /// Where it stands.
        section: String,
        /// What it may be.
        expected: String,
    },
    /// A key that must be there.
    #[error("{section} has no `{key}`")]
    Missing {
        /// The key.
        key: String,
        /// Where it should stand.
        section: String,
    },
    /// Two keys that exclude each other.
    #[error("`{key}` and `{other}` in {section} exclude each other")]
    Exclusive {
        /// The one.
        key: String,
        /// The other.
        other: String,
        /// Where they stand.
        section: String,
    },
    /// `auth.password`: a secret in a file is a secret in every backup of it.
    #[error("a password does not belong into this file, where backups and other programs find it")]
    PasswordInClear,
    /// No account at all.
    #[error("there is no account in it")]
    NoAccount,
    /// A mailbox names an account that is not there.
    #[error("{section} names the account `{account}`, which is not there; the nearest is `{nearest}`")]
    NoSuchAccount {
        /// The mailbox's section.
        section: String,
        /// The account as written.
        account: String,
        /// The account whose name is most like it.
        nearest: String,
    },
    /// A mailbox names no account, and there are several.
    #[error("{section} must say which `account` reaches it: there are several ({accounts})")]
    WhichAccount {
        /// The mailbox's section.
        section: String,
        /// The names of the accounts.
        accounts: String,
    },
    /// A mailbox's section is not headed by an address.
    #[error("{section} is not headed by a mail address")]
    NotAnAddress {
        /// The section.
        section: String,
    },
    /// The part of the program that it is for cannot use it: a key, a theme.
    #[error("{says}")]
    Refused {
        /// What is wrong.
        says: String,
        /// What to do.
        hint: Option<String>,
    },
    /// One address would mean two mailboxes.
    #[error("{section}: the address {address} already means another mailbox")]
    AddressTwice {
        /// The section of the second mailbox.
        section: String,
        /// The address.
        address: String,
    },
}

impl Fault {
    /// What to do about it, where the sentence itself does not say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { nearest, belongs, .. } => Some(match belongs {
                Some(section) => format!("a key of this name belongs into {section}"),
                None => format!("did you mean `{nearest}`?"),
            }),
            Self::NotYetBuilt { instead, .. } => Some(instead.clone()),
            Self::Refused { hint, .. } => hint.clone(),
            Self::Missing { key, .. } if key == "provider" => Some(
                "add `provider = \"microsoft365\"` or \"google\", `issuer = \"https://…\"` of another authority, or a `command` that \
                 prints an access token"
                    .to_owned(),
            ),
            Self::Missing { key, .. } => Some(format!("add `{key} = …`")),
            Self::PasswordInClear => Some(
                "use auth = { method = \"password\", command = \"pass show work/mail\" }, env = \"VARIABLE\", or leave it out: \
                 then the system's keyring is looked into, and you are asked"
                    .to_owned(),
            ),
            Self::NoAccount => Some(
                "write a section [account.work] with `user` and imap = { host = \"…\" }, or let `bagsy setup` make the file"
                    .to_owned(),
            ),
            Self::NotAnAddress { .. } => Some(
                "write [mailbox.\"support@example.test\"]; the IMAP name belongs into its key `root`".to_owned(),
            ),
            Self::WhichAccount { .. } => Some("add `account = \"…\"`".to_owned()),
            Self::Syntax(_)
            | Self::WrongValue { .. }
            | Self::Exclusive { .. }
            | Self::NoSuchAccount { .. }
            | Self::AddressTwice { .. } => None,
        }
    }
}

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { .. } => Some(
                "`bagsy setup` makes one by asking; or name another with --config, or try `bagsy demo`, which needs none"
                    .to_owned(),
            ),
            Self::Unreadable { .. } => None,
            Self::Invalid { fault, .. } => fault.hint(),
            Self::NoHome => Some("set HOME, or name the file with --config".to_owned()),
        }
    }

    /// The line of the fault, where it has one.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Invalid { line, .. } => Some(*line),
            _ => None,
        }
    }
}

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        let hint = error.hint();
        Self { hint, ..Self::new(ErrorKind::Config, error.to_string()) }
    }
}
