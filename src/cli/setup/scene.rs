//! The account as it is so far, tried out on the server: what it sees with these mailboxes configured.
//!
//! Its cache lies in a folder of its own that goes with it, so that who leaves before the end leaves nothing behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::context::Outcome;
use super::sign_in::SignedIn;
use crate::config::{self, Account, Config, MailboxConfig, Paths, Secrets, Ui};
use crate::engine::{Cache, Closed, Link, Login};
use crate::model::{ErrorKind, Mailbox, Refusal};

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
        let folder = Scratch::make().map_err(|error| {
            Refusal::new(ErrorKind::Failed, format!("no folder can be made in the temporary folder: {error}"))
        })?;
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

/// A folder that is there as long as this.
struct Scratch(PathBuf);

impl Scratch {
    fn make() -> std::io::Result<Self> {
        // Made new or not taken: nobody can have laid something there before.
        let moment = jiff::Timestamp::now().as_nanosecond();
        let folder = std::env::temp_dir().join(format!("bagsy-setup-{}-{moment}", std::process::id()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder)?;
        Ok(Self(folder))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "a folder of the setup stays behind");
        }
    }
}
