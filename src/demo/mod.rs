//! Embedded servers, sample mail and simulated teammates: bagsy without a network.
//!
//! [`start`] gives a [`Demo`]: an IMAP and a submission server on loopback, in memory, that speak the real protocols. The
//! client does not know the difference; tests make the servers misbehave through [`Faults`].

pub mod faults;
pub mod home;
mod imap;
pub mod post;
mod random;
pub mod rendezvous;
mod sample;
mod smtp;
mod teammates;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config::{Credentials, Endpoint, Secret, Tls};

pub use faults::{Effect, Faults, Switches};
use post::{FolderName, Post, State, TEAM_RIGHTS};
pub use teammates::Pace;

/// The shared mailbox of the demo.
pub const MAILBOX: &str = "support@example.test";
/// Its display name, as the sample mail has it.
pub const MAILBOX_NAME: &str = sample::script::MAILBOX_NAME;
/// A further address that means it.
pub const FURTHER_ADDRESS: &str = "help@example.test";
/// Who can sign in.
pub const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];
/// The folders of the mailbox beside its root.
pub const FOLDERS: [&str; 5] = ["Sent", "Archive", "Drafts", "Trash", "Junk"];

/// What a demo is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// The same seed gives the same sample mail.
    pub seed: u64,
    /// What the demo's clock shows at its start; the sample mail is as old as it is relative to this.
    pub now: Timestamp,
    /// Everybody's password.
    pub password: String,
    /// Without it the mailbox is empty.
    pub has_sample_mail: bool,
    /// How busy the simulated teammates and customers are; without it nothing happens by itself.
    pub pace: Option<Pace>,
}

impl Options {
    /// The sample mailbox with everybody at work, and a password that nobody can know.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn lively(seed: u64, now: Timestamp) -> io::Result<Self> {
        let mut bytes = [0; 15];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        let password = data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
        Ok(Self { seed, now, password, has_sample_mail: true, pace: Some(Pace::lively()) })
    }

    /// An empty mailbox where nobody acts by himself, for tests; the password is `demo`.
    pub fn quiet() -> Self {
        Self { seed: 1, now: Timestamp::now(), password: "demo".to_owned(), has_sample_mail: false, pace: None }
    }
}

/// Running servers; they end when it is dropped.
#[derive(Debug)]
pub struct Demo {
    /// Where its IMAP server listens.
    pub imap_addr: SocketAddr,
    /// Where its submission server listens.
    pub smtp_addr: SocketAddr,
    /// Everybody's password.
    pub password: String,
    /// The mail itself: what tests look into and change behind the servers' backs.
    pub post: Arc<Post>,
    /// What the servers are to do wrong.
    pub faults: Arc<Faults>,
    _tasks: JoinSet<()>,
}

/// The servers with sample mail and simulated teammates. Call it within a Tokio runtime.
///
/// # Errors
/// When no loopback port or no random number can be had.
pub async fn start(seed: u64, now: Timestamp) -> io::Result<Demo> {
    Demo::start(Options::lively(seed, now)?).await
}

impl Demo {
    /// The servers as the options want them. Call it within a Tokio runtime.
    ///
    /// # Errors
    /// When no loopback port can be had.
    pub async fn start(options: Options) -> io::Result<Self> {
        let mut state = office(&options);
        let roles = match options.has_sample_mail {
            true => sample::fill(&mut state, options.seed, options.now),
            false => HashMap::new(),
        };
        let post = Arc::new(Post::new(state, options.now));
        let faults = Arc::new(Faults::default());
        let imap = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let smtp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (imap_addr, smtp_addr) = (imap.local_addr()?, smtp.local_addr()?);
        let mut tasks = JoinSet::new();
        tasks.spawn(imap::listen(imap, Arc::clone(&post), Arc::clone(&faults)));
        tasks.spawn(smtp::listen(smtp, Arc::clone(&post), Arc::clone(&faults)));
        if let Some(pace) = &options.pace {
            teammates::set_to_work(&mut tasks, &post, roles, pace, options.seed);
        }
        Ok(Self { imap_addr, smtp_addr, password: options.password, post, faults, _tasks: tasks })
    }

    /// A simulated teammate steps aside for a person of that name; so it does by itself once somebody signs in as it.
    #[must_use]
    pub fn without_teammate(self, name: &str) -> Self {
        self.post.change(|state| state.note_person(&login(name)));
        self
    }

    /// Where its IMAP server is.
    pub fn imap(&self) -> Endpoint {
        endpoint(self.imap_addr)
    }

    /// Where its submission server is.
    pub fn smtp(&self) -> Endpoint {
        endpoint(self.smtp_addr)
    }

    /// What one of [`PEOPLE`] signs in with.
    pub fn credentials(&self, name: &str) -> Credentials {
        Credentials::Password { user: login(name), password: Secret::new(self.password.clone()) }
    }
}

/// The login of one of [`PEOPLE`].
pub fn login(name: &str) -> String {
    format!("{name}@example.test")
}

/// A folder of the shared mailbox; its root is `INBOX`.
pub fn folder(path: &str) -> FolderName {
    FolderName::new(MAILBOX, path)
}

fn endpoint(at: SocketAddr) -> Endpoint {
    Endpoint { host: at.ip().to_string(), port: at.port(), tls: Tls::None, ca: None }
}

/// People, folders and rights.
fn office(options: &Options) -> State {
    let mut state = State::default();
    let rights: BTreeMap<String, String> = PEOPLE.iter().map(|name| (login(name), TEAM_RIGHTS.to_owned())).collect();
    for path in ["INBOX"].into_iter().chain(FOLDERS) {
        state.create(folder(path), rights.clone());
    }
    for name in PEOPLE {
        state.add_user(&login(name), &options.password);
        state.set_may_send_as(&login(name), MAILBOX, true);
        state.set_may_send_as(&login(name), FURTHER_ADDRESS, true);
    }
    state
}
