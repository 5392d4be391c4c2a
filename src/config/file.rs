//! What the configuration file says, in types. [`super::read`] makes them of the text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::endpoint::{Endpoint, Secret};
use super::error::{ConfigError, Fault};
use super::handle::{NoHandle, default_handle};
use super::read;
use crate::model::{Handle, Role};

/// A whole configuration, checked: every mailbox names an account that is there, and there is at least one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The accounts by their names.
    pub accounts: BTreeMap<String, Account>,
    /// The mailboxes that are configured, in the order of the file. Others may be found on the server.
    pub mailboxes: Vec<MailboxConfig>,
    /// How much is kept.
    pub cache: Cache,
    /// How the screen looks.
    pub ui: Ui,
}

/// One login of the user at one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name in the file: `work` of `[account.work]`.
    pub key: String,
    /// The login.
    pub user: String,
    /// The person's display name.
    pub name: Option<String>,
    /// The handle that the configuration names; see [`Account::handle_in`] for the one that counts.
    pub handle: Option<Handle>,
    /// Where mail lies.
    pub imap: Imap,
    /// Where answers are handed in.
    pub smtp: Endpoint,
    /// How it proves itself.
    pub auth: Auth,
}

/// The IMAP side of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imap {
    /// The server.
    pub endpoint: Endpoint,
    /// Whether COMPRESS may be used.
    pub compress: Compress,
    /// The most connections that are held at once, two or more: one works, the others watch. What is sent is announced over
    /// one more, for as long as that takes.
    pub connections: u16,
}

impl Imap {
    /// Whether to compress where the server offers it: within one machine it costs more than it saves.
    pub fn compresses(&self) -> bool {
        self.compress == Compress::Auto && !self.endpoint.is_loopback()
    }
}

/// Whether a connection may be compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compress {
    /// Where the server offers it and is not this machine.
    Auto,
    /// Not at all.
    Never,
}

/// How an account proves itself to its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// By a password.
    Password(PasswordFrom),
    /// By an access token.
    OAuth2(TokenFrom),
}

/// Where an access token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenFrom {
    /// The first line that this command prints; run through `sh -c`.
    Command(String),
    /// The person signs in once (`bagsy login`), the program renews by itself.
    Grant(Box<Grant>),
}

/// Who grants access, to which client, and where the tokens are kept (OAuth 2.0).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The authority.
    pub provider: Provider,
    /// The client's id there: the team's own registration.
    pub client_id: String,
    /// What some authorities call the secret of an installed application; it is none (RFC 8252 §8.5).
    pub client_secret: Option<Secret>,
    /// What is asked for; else what the provider is known to need for mail.
    pub scope: Option<String>,
    /// How the person signs in where the command line does not say.
    pub flow: Flow,
    /// Where the tokens are kept.
    pub keep: Keep,
    /// A PEM file of authorities trusted beside the system's.
    pub ca: Option<PathBuf>,
}

impl Grant {
    /// Of a client at Microsoft 365, all else as it is by default.
    pub fn of(client_id: &str) -> Self {
        Self {
            provider: Provider::Microsoft365 { tenant: "organizations".to_owned() },
            client_id: client_id.to_owned(),
            client_secret: None,
            scope: None,
            flow: Flow::Device,
            keep: Keep::Keyring,
            ca: None,
        }
    }
}

/// Whose tokens they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// Microsoft 365, of one tenant (a domain or id) or of all (`organizations`).
    Microsoft365 {
        /// A part of the authority's addresses.
        tenant: String,
    },
    /// Google Workspace.
    Google,
    /// Whoever tells its endpoints under this address.
    Issuer(String),
}

/// How a person signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// By a code that is typed into a browser anywhere.
    Device,
    /// In a browser on this machine.
    Browser,
}

/// Where tokens are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// The system's keyring.
    Keyring,
    /// A file that is encrypted under a passphrase, which comes from there; `Ask`: from the person.
    File(PasswordFrom),
}

/// Where a password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordFrom {
    /// The first line that this command prints; run through `sh -c`.
    Command(String),
    /// This environment variable.
    Env(String),
    /// The system's keyring, else the person is asked.
    Keyring,
    /// The person is asked, the keyring left alone.
    Ask,
    /// Known already: the password of servers of the program's own. No file can say this.
    Given(Secret),
}

/// A mailbox as the configuration describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxConfig {
    /// Its address.
    pub address: String,
    /// The account that reaches it; there is one of this name.
    pub account: String,
    /// The display name for From.
    pub name: Option<String>,
    /// Further addresses that mean it.
    pub addresses: Vec<String>,
    /// IMAP name of its INBOX, exactly as LIST shows it.
    pub root: Option<String>,
    /// IMAP names of its other folders, where they are not to be found by themselves.
    pub folders: BTreeMap<Role, String>,
    /// The login under which it is opened, where it is its own.
    pub user: Option<String>,
    /// Conversations older than this day are no work.
    pub since: Option<Date>,
    /// The file with what its mails are signed with.
    pub signature: Option<PathBuf>,
    /// What finishing a conversation does.
    pub done: DoneMeans,
    /// What becomes of a conversation once it is answered.
    pub after_reply: AfterReply,
}

/// What finishing a conversation does beside the keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoneMeans {
    /// Its messages move to Archive, where the rights allow.
    Archive,
    /// Nothing: it stays in INBOX.
    Keyword,
}

/// What becomes of a conversation once it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AfterReply {
    /// It is the customer's turn.
    Waiting,
    /// It stays open.
    Open,
    /// It is done.
    Done,
}

/// How much is kept on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cache {
    /// The most bytes of mail bodies.
    pub size: u64,
    /// Which bodies are fetched ahead of need.
    pub prefetch: Prefetch,
}

/// Which bodies are fetched ahead of need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefetch {
    /// Those of open conversations.
    Open,
    /// None.
    None,
}

/// How the screen looks and what its keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ui {
    /// Its colours.
    pub theme: Theme,
    /// Its lines and marks.
    pub glyphs: Glyphs,
    /// Which keys lie below the person's own.
    pub keys: KeyProfile,
    /// The person's own keys, in the order of the file.
    pub own_keys: Vec<KeyLine>,
    /// Whether clicks and the wheel count.
    pub mouse: bool,
    /// How the person is told of what is assigned to them, and of mail in what they hold, while the window does not have
    /// the focus.
    pub notify: Notify,
    /// Whether they are told of each new conversation too.
    pub notify_new: bool,
}

/// By what the person is told of something while they look elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    /// Nothing.
    Off,
    /// The terminal's bell, of which a window manager or tmux makes a mark: works everywhere, and shows no mail to
    /// bystanders.
    Bell,
    /// A notification of the terminal (OSC 9 or OSC 777) with what happened.
    Terminal,
    /// One of the desktop (`notify-send`); of the terminal over SSH and where there is none.
    Desktop,
}

/// Whose hands the keys are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyProfile {
    /// bagsy's own.
    Default,
    /// Those of mutt.
    Mutt,
    /// Those of Gmail.
    Gmail,
}

/// A line of `[keys.…]`: `"c" = "claim"`. What places, keys and actions there are is known to the screen, not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLine {
    /// Where the key counts: `queue` of `[keys.queue]`.
    pub context: String,
    /// The key as written.
    pub keys: String,
    /// The name of what it does, or `none`.
    pub action: String,
    /// Where the line stands.
    pub place: Place,
}

/// A place in the configuration, for those who find out later that what stands there cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Its line, counted from 1.
    pub line: usize,
}

impl Place {
    /// What stands here cannot be.
    pub fn refuse(&self, says: impl Into<String>, hint: Option<String>) -> ConfigError {
        let fault = Box::new(Fault::Refused { says: says.into(), hint });
        ConfigError::Invalid { file: self.file.clone(), line: self.line, fault }
    }
}

/// The screen's colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Theme {
    /// Dark or light as the terminal's background is.
    Auto,
    /// The theme of this name. Which there are is known to the screen, not here; one's own lie in the folder `themes` beside
    /// the configuration.
    Named {
        /// As written.
        name: String,
        /// Where it is named.
        place: Place,
    },
}

/// The screen's lines and marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// Box drawing and symbols.
    Unicode,
    /// ASCII alone.
    Ascii,
}

/// One sign-in: connections and cache belong to it. A mailbox with a `user` of its own is a login of its own.
#[derive(Debug, Clone)]
pub struct Login<'a> {
    /// Where it signs in, and with whose secret.
    pub account: &'a Account,
    /// The name it signs in with.
    pub user: &'a str,
    /// The configured mailboxes that it reaches.
    pub mailboxes: Vec<&'a MailboxConfig>,
}

impl Config {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// [`ConfigError`], with the line where there is one.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => ConfigError::NotFound { file: file.to_owned() },
            _ => ConfigError::Unreadable { file: file.to_owned(), source },
        })?;
        Self::parse(file, &text)
    }

    /// Reads and checks the text of `file`; relative paths in it start from that file's folder.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`].
    pub fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        read::config(file, text)
    }

    /// The account of this name.
    pub fn account(&self, key: &str) -> Option<&Account> {
        self.accounts.get(key)
    }

    /// The mailbox with this address, further address or root.
    pub fn mailbox(&self, name: &str) -> Option<&MailboxConfig> {
        let by_root = || self.mailboxes.iter().find(|mailbox| mailbox.root.as_deref() == Some(name));
        self.mailboxes.iter().find(|mailbox| mailbox.is_meant_by(name)).or_else(by_root)
    }

    /// All sign-ins: each account's own, then those of mailboxes with a `user` of their own.
    pub fn logins(&self) -> Vec<Login<'_>> {
        let own = |account| Login { account, user: account.user.as_str(), mailboxes: Vec::new() };
        let mut logins: Vec<Login<'_>> = self.accounts.values().map(own).collect();
        for mailbox in &self.mailboxes {
            let Some(account) = self.accounts.get(&mailbox.account) else { continue };
            let user = mailbox.user.as_deref().unwrap_or(&account.user);
            match logins.iter_mut().find(|login| login.account.key == account.key && login.user == user) {
                Some(login) => login.mailboxes.push(mailbox),
                None => logins.push(Login { account, user, mailboxes: vec![mailbox] }),
            }
        }
        logins
    }
}

impl Account {
    /// The person's handle in a mailbox: the configured one, else the login's local part, where that tells who it is.
    /// `mailbox` is the mailbox's address and `root` the IMAP name of its INBOX as this login sees it; `None` where the mailbox
    /// is opened under another name than the person's own, whose INBOX says nothing of the person.
    ///
    /// # Errors
    /// [`NoHandle`] where only the configuration can say it; there are no claims then.
    pub fn handle_in(&self, mailbox: Option<&str>, root: Option<&str>) -> Result<Handle, NoHandle> {
        match &self.handle {
            Some(handle) => Ok(handle.clone()),
            None => default_handle(&self.user, mailbox, root),
        }
    }

    /// The servers of this account that are spoken to without TLS.
    pub fn plain_endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        [&self.imap.endpoint, &self.smtp].into_iter().filter(|endpoint| endpoint.is_plain())
    }
}

impl MailboxConfig {
    /// Whether this address is the mailbox's, or a further one of it.
    pub fn is_meant_by(&self, address: &str) -> bool {
        std::iter::once(&self.address).chain(&self.addresses).any(|own| own.eq_ignore_ascii_case(address))
    }

    /// The moment that `since` means, the same on every teammate's machine: midnight in UTC.
    pub fn since_timestamp(&self) -> Option<Timestamp> {
        let zoned = self.since?.to_zoned(TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self { size: 2_000_000_000, prefetch: Prefetch::Open }
    }
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            theme: Theme::Auto,
            glyphs: Glyphs::Unicode,
            keys: KeyProfile::Default,
            own_keys: Vec::new(),
            mouse: false,
            notify: Notify::Bell,
            notify_new: false,
        }
    }
}

/// Where a path of the file leads: `~/` is the home folder, a relative one starts from the file's folder.
pub(super) fn resolve(file: &Path, written: &str) -> PathBuf {
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match written.strip_prefix("~/").and_then(|rest| Some(home()?.join(rest))) {
        Some(path) => path,
        None => file.parent().unwrap_or(Path::new("")).join(written),
    }
}
