//! One device of one person inside the test's own process: the library's link with a home and a cache of its own, so that
//! many act at the same moment without a process each.

use std::path::Path;
use std::sync::Arc;

use bagsy::config::{Config, Paths, Secrets};
use bagsy::engine::{Cache, Link, Login};
use bagsy::model::{Action, Assignee, Conversation, Expectation, Handle, Mailbox, Refusal, Role, View};
use bagsy::store::PageQuery;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::bagsy::endpoint;
use super::dovecot::PASSWORD;
use super::team::Team;

/// How an act ended, as the screen and the command line are told.
pub type Outcome = Result<Conversation, Refusal>;

/// A thread for each of eight racers, whatever the machine has.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build().expect("a runtime")
}

/// A device that is signed in, in plain text, with the team's mailbox found.
pub struct Device {
    pub link: Link,
    pub mailbox: Mailbox,
    user: String,
    port: u16,
    handle: String,
    rest: String,
    home: TempDir,
}

impl Device {
    /// A new home of this person, who goes by the default handle; nothing is known of the mailbox's mail yet.
    pub async fn open(team: &Team<'_>, who: &str) -> Self {
        Self::configured(team, who, who, "").await
    }

    /// Through a port that leads to the server.
    pub async fn through(team: &Team<'_>, who: &str, port: u16) -> Self {
        Self::at(team, port, who, who, "").await
    }

    /// With this handle, and these lines after the account in the configuration.
    pub async fn configured(team: &Team<'_>, who: &str, handle: &str, rest: &str) -> Self {
        Self::at(team, team.server.imap_port, who, handle, rest).await
    }

    async fn at(team: &Team<'_>, port: u16, who: &str, handle: &str, rest: &str) -> Self {
        Self::login(&team.user(who), port, &team.mailbox(), handle, rest).await
    }

    /// A login of any server at this port, who sees the mailbox with this address.
    pub async fn login(user: &str, port: u16, address: &str, handle: &str, rest: &str) -> Self {
        let home = tempfile::Builder::new().prefix("bagsy-device-").tempdir().expect("a home");
        let login = login(home.path(), user, port, handle, rest);
        let cache = Cache::open(&login.cache, login.me().as_ref()).expect("a cache");
        let mut link = Link::open(&login, &cache).await.expect("signed in");
        let found = link.discover().await.expect("the mailboxes");
        let mailbox = found.mailboxes.into_iter().find(|m| m.key() == address).expect("the team's mailbox");
        let (user, handle, rest) = (user.to_owned(), handle.to_owned(), rest.to_owned());
        Self { link, mailbox, user, port, handle, rest, home }
    }

    /// Goes by another handle from now on.
    pub fn rename(&mut self, handle: &str) {
        handle.clone_into(&mut self.handle);
        self.link.login = login(self.home.path(), &self.user, self.port, handle, &self.rest);
    }

    pub fn handle(&self) -> Handle {
        Handle::new(&self.handle).expect("a handle")
    }

    /// A further connection of this device, with the same cache.
    pub async fn another_link(&self) -> Link {
        Link::open(&self.link.login, &self.link.cache).await.expect("signed in")
    }

    /// Brings everything up to date.
    pub async fn sync(&mut self) {
        self.link.sync_mailbox(&self.mailbox).await.expect("a sync");
    }

    /// Does something to a conversation.
    pub async fn act(&mut self, root: &str, action: &Action) -> Outcome {
        let done = self.link.perform(&self.mailbox, root, action, &Expectation::default(), None).await;
        done.map_err(Refusal::from)
    }

    /// A conversation as this device's list has it once its INBOX was looked at afresh.
    pub async fn listed(&mut self, root: &str) -> Option<Conversation> {
        self.link.sync(&self.mailbox, Role::Inbox).await.expect("a sync");
        let query = PageQuery::new(Some(self.mailbox.key()), View::All);
        let page = self.link.reader.page(&query).expect("a page");
        page.into_iter().find(|c| c.root == root)
    }

    /// Who holds it, likewise.
    pub async fn assignee(&mut self, root: &str) -> Assignee {
        self.listed(root).await.expect("the conversation").assignee
    }

    /// The root of the conversation of a message, as far as this device knows it.
    pub fn root_of(&self, message_id: &str) -> Option<String> {
        self.link.reader.root_of(self.mailbox.key(), message_id).expect("the cache")
    }
}

fn login(home: &Path, user: &str, port: u16, handle: &str, rest: &str) -> Arc<Login> {
    let imap = endpoint("127.0.0.1", port, "none", None);
    let toml = format!(
        "[account.work]\nuser = {user:?}\nhandle = {handle:?}\nimap = {imap}\n\
         auth = {{ method = \"password\", command = \"echo {PASSWORD}\" }}\n\n{rest}\n"
    );
    let paths = Paths::under(home);
    let config = Config::parse(paths.config_file(), &toml).expect("a configuration");
    let mut logins = Login::all(&config, &paths, &Arc::new(Secrets::new(false))).expect("a login");
    logins.pop().expect("one login")
}

/// All act on one conversation at the same moment, each over a connection and on a thread of its own; `acts` has for each
/// device what it does, to which conversation (by its root) and after how many microseconds.
pub async fn together(devices: &mut Vec<Device>, acts: Vec<(String, Action, u64)>) -> Vec<Outcome> {
    assert_eq!(devices.len(), acts.len());
    let start = Arc::new(tokio::sync::Barrier::new(devices.len()));
    let mut tasks = Vec::new();
    for (mut device, (root, action, delay)) in devices.drain(..).zip(acts) {
        let start = Arc::clone(&start);
        tasks.push(tokio::spawn(async move {
            start.wait().await;
            if delay > 0 {
                tokio::time::sleep(std::time::Duration::from_micros(delay)).await;
            }
            let outcome = device.act(&root, &action).await;
            (device, outcome)
        }));
    }
    let mut outcomes = Vec::new();
    for task in tasks {
        let (device, outcome) = task.await.expect("no panic");
        devices.push(device);
        outcomes.push(outcome);
    }
    outcomes
}
