//! The account as it is so far, tried out on the server: what it sees with these mailboxes configured.
//!
//! Its cache lies in a folder of its own that goes with it, so that who leaves before the end leaves nothing behind.

use std::sync::Arc;

use super::super::context::Outcome;
use super::scratch::Scratch;
use super::sign_in::SignedIn;
use crate::config::{self, Account, Config, MailboxConfig, Paths, Secrets, Ui};
use crate::engine::{Cache, Closed, Link, Login};
use crate::model::Mailbox;

/// Where the account is tried out.
pub struct Scene {
    pub account: Account,
    secrets: Arc<Secrets>,
    folder: Scratch,
}

/// What a login sees; one for the account, and one for each mailbox that is a login of its own.
pub struct Sight {
    pub link: Link,
    pub mailboxes: Vec<Mailbox>,
    pub closed: Vec<Closed>,
}

impl Scene {
    /// A scene for an account that is let in.
    pub fn make(signed_in: &SignedIn) -> Outcome<Self> {
        let folder = Scratch::make()?;
        Ok(Self { account: signed_in.now.clone(), secrets: Arc::clone(&signed_in.secrets), folder })
    }

    /// Signs in, and looks at what there is with these mailboxes configured.
    ///
    /// # Errors
    /// What keeps a login from coming about, or the server from telling.
    pub async fn look(&self, mailboxes: &[MailboxConfig]) -> Outcome<Vec<Sight>> {
        let config = Config {
            accounts: [(self.account.key.clone(), self.account.clone())].into(),
            mailboxes: mailboxes.to_vec(),
            cache: config::Cache::default(),
            ui: Ui::default(),
        };
        let mut seen = Vec::new();
        for login in Login::all(&config, &Paths::under(self.folder.path()), &self.secrets)? {
            let cache = Cache::open(&login.cache, login.me().as_ref())?;
            let mut link = Link::open(&login, &cache).await?;
            let found = link.discover().await?;
            seen.push(Sight { link, mailboxes: found.mailboxes, closed: found.closed });
        }
        Ok(seen)
    }
}
