//! One login at one server: a session's identity, with a cache of its own.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::error::{Error, Result};
use crate::config::{Account, Config, Credentials, MailboxConfig, Paths, SecretError, Secrets};
use crate::imap::{self, Session};
use crate::model::{ErrorKind, Handle, Mailbox, Refusal};

/// One login: who signs in, where, and what is configured for it.
#[derive(Debug)]
pub struct Login {
    pub account: Account,
    /// The name it signs in with: the account's, or a mailbox's own.
    pub user: String,
    /// The configured mailboxes that it reaches.
    pub mailboxes: Vec<MailboxConfig>,
    /// The cache file.
    pub cache: PathBuf,
    /// The most octets of mail bodies that it keeps, and whether those of open conversations are fetched ahead of need.
    pub keeps: crate::config::Cache,
    secrets: Arc<Secrets>,
}

impl Login {
    /// All logins of a configuration.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] where the cache's folder cannot be made.
    pub fn all(config: &Config, paths: &Paths, secrets: &Arc<Secrets>) -> std::result::Result<Vec<Arc<Self>>, Refusal> {
        config
            .logins()
            .into_iter()
            .map(|login| {
                let cache = paths.cache_file(login.user, &login.account.imap.endpoint).map_err(|error| {
                    Refusal::new(ErrorKind::Failed, format!("the folder of the cache cannot be made: {error}"))
                })?;
                Ok(Arc::new(Self {
                    account: login.account.clone(),
                    user: login.user.to_owned(),
                    mailboxes: login.mailboxes.into_iter().cloned().collect(),
                    cache,
                    keeps: config.cache,
                    secrets: Arc::clone(secrets),
                }))
            })
            .collect()
    }

    /// Who this person is to teammates anywhere, as far as it can be told without a mailbox.
    pub fn me(&self) -> Option<Handle> {
        self.account.handle.clone().or_else(|| Handle::of_login(&self.account.user).ok())
    }

    /// Who this person is in that mailbox.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where only the configuration can say it; there are no claims without.
    pub fn handle_in(&self, mailbox: &Mailbox) -> Result<Handle> {
        // A delegate opens the mailbox under its name and with their own secret: who they are, their own login tells.
        let root = Some(mailbox.root.as_str()).filter(|_| self.user == self.account.user);
        self.account.handle_in(mailbox.address.as_deref(), root).map_err(|error| {
            let refusal = Refusal::new(ErrorKind::Config, format!("you have no handle in {}: {error}", mailbox.key()));
            Error::Refused(refusal.hint(error.hint(&self.account)))
        })
    }

    /// What is configured for a mailbox.
    pub fn config_of(&self, mailbox: &Mailbox) -> Option<&MailboxConfig> {
        self.mailboxes.iter().find(|m| mailbox.address.as_deref().is_some_and(|a| m.address.eq_ignore_ascii_case(a)))
    }

    /// From when on mail in a mailbox is work.
    pub fn since(&self, mailbox: &Mailbox) -> Option<Timestamp> {
        self.config_of(mailbox).and_then(MailboxConfig::since_timestamp)
    }

    /// From now on nobody is asked for a secret: the terminal is no longer free for that.
    pub fn stop_asking(&self) {
        self.secrets.stop_asking();
    }

    /// What is shown to the IMAP server.
    async fn credentials(&self, refresh: bool) -> Result<Credentials> {
        let credentials = self.secrets.credentials(&self.account, refresh).await?;
        Ok(match credentials {
            Credentials::Password { password, .. } => Credentials::Password { user: self.user.clone(), password },
            Credentials::OAuth2 { token, .. } => Credentials::OAuth2 { user: self.user.clone(), token },
        })
    }

    /// What is shown to the submission server: always the person's own login.
    pub async fn submission_credentials(&self, refresh: bool) -> Result<Credentials> {
        Ok(self.secrets.credentials(&self.account, refresh).await?)
    }

    /// A session. A refused secret is fetched anew once: tokens expire, passwords change.
    ///
    /// # Errors
    /// Whatever keeps it from coming about, see [`imap::Error`].
    pub async fn sign_in(&self) -> Result<Session> {
        let mut session = self.let_in().await?;
        if self.account.imap.compresses() {
            session.compress().await?;
        }
        Ok(session)
    }

    async fn let_in(&self) -> Result<Session> {
        let endpoint = &self.account.imap.endpoint;
        match Session::connect(endpoint, &self.credentials(false).await?).await {
            Err(imap::Error::Auth { host, user, why }) => match self.credentials(true).await {
                Ok(fresh) => Ok(Session::connect(endpoint, &fresh).await?),
                // The authority ended the grant, or is not there: that says more than the server's refusal of the old token.
                Err(error @ Error::Secret(SecretError::Grant(_) | SecretError::SignedOut(_))) => Err(error),
                // Nothing better is to be had: what counts is what the server said.
                Err(_) => Err(imap::Error::Auth { host, user, why }.into()),
            },
            other => Ok(other?),
        }
    }
}
