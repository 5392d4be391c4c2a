//! The configuration file, the places of files, and secrets.
//!
//! [`Config::load`] reads the file and checks it whole: what it returns needs no further checking. Every fault is a
//! [`ConfigError`] with its file and line. [`Paths`] says where the files of this program lie, and [`Secrets`] brings
//! the password or token of an account; [`text`] writes a first configuration. Everything here stands beside the other layers and imports the model alone.

pub mod endpoint;

mod error;
mod file;
mod handle;
pub mod keyring;
mod paths;
mod read;
mod secrets;
pub(crate) mod section;
mod sources;
mod table;
#[cfg(test)]
mod tests;
mod write;

pub use endpoint::{Credentials, Endpoint, Secret, Tls};
pub use error::{ConfigError, Fault};
pub use file::{
    Account, AfterReply, Auth, Cache, Compress, Config, DoneMeans, Flow, Glyphs, Grant, Imap, Keep, KeyLine,
    KeyProfile, Login, MailboxConfig, Notify, PasswordFrom, Place, Prefetch, Provider, Theme, TokenFrom, Ui,
};
pub use handle::NoHandle;
pub use keyring::{forget_in_keyring, has_keyring, keep_in_keyring, keyring_entry};
pub use paths::Paths;
pub use read::is_address;
pub use secrets::{Fresh, SecretError, Secrets, TokenSource};
pub use table::markdown as table_of_keys;
pub use write::text;
