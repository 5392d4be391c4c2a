//! The configuration file, the places of files, and secrets.
//!
//! [`Config::load`] reads the file and checks it whole: what it returns needs no further checking. Every fault is a
//! [`ConfigError`] with its file and line. [`Paths`] says where the files of this program lie, and [`Secrets`] brings
//! the password or token of an account. Everything here stands beside the other layers and imports the model alone.

pub mod endpoint;

mod error;
mod file;
mod handle;
mod paths;
mod read;
mod secrets;
pub(crate) mod section;
mod sources;
#[cfg(test)]
mod tests;

pub use endpoint::{Credentials, Endpoint, Secret, Tls};
pub use error::{ConfigError, Fault};
pub use file::{
    Account, AfterReply, Auth, Cache, Compress, Config, DoneMeans, Glyphs, Imap, KeyLine, KeyProfile, Login,
    MailboxConfig, PasswordFrom, Place, Prefetch, Theme, Ui,
};
pub use handle::NoHandle;
pub use paths::Paths;
pub use secrets::{SecretError, Secrets};
pub use sources::keyring_entry;
