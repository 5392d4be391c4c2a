//! What every verb needs: the configuration, the logins, and which mailboxes are meant.

use std::sync::Arc;

use super::args::{Global, Guard};
use super::output::Output;
use crate::config::{Config, Paths, Secrets};
use crate::engine::{Cache, Found, Link, Login, choose};
use crate::model::{Assignee, ErrorKind, Expectation, Handle, Mailbox, Refusal, Status};
use crate::oauth::Grants;
use crate::store::{Reader, Resolved};

/// What a verb's function gives: the refusal becomes the exit code.
pub type Outcome<T = ()> = Result<T, Refusal>;

/// The configuration as read, and where results go.
pub struct Context {
    pub out: Output,
    pub config: Config,
    pub logins: Vec<Arc<Login>>,
    /// `--mailbox`
    pub wanted: Option<String>,
    pub offline: bool,
    /// What the screen says of a lost connection, where that means something of its own.
    pub when_lost: Option<String>,
    /// What the screen says first.
    pub greeting: Option<String>,
}

/// A login that is signed in, with those of its mailboxes that are meant.
pub struct Reached {
    pub link: Link,
    pub found: Found,
    pub mailboxes: Vec<Mailbox>,
}

/// A login's cache, read without a connection, with those of its mailboxes that are meant.
pub type Cached = (Arc<Login>, Reader, Vec<Mailbox>);

/// A conversation that was named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Which of the reached logins.
    pub login: usize,
    pub mailbox: String,
    pub root: String,
}

impl Context {
    /// Reads the configuration.
    pub fn load(global: &Global, may_ask: bool) -> Outcome<Self> {
        let paths = Paths::find(global.config.as_deref())?;
        let config = super::look::config(paths.config_file())?;
        Self::new(global, config, &paths, secrets(&paths, may_ask)?)
    }

    /// With a configuration that is already at hand.
    pub fn new(global: &Global, config: Config, paths: &Paths, secrets: Arc<Secrets>) -> Outcome<Self> {
        let logins = Login::all(&config, paths, &secrets)?;
        Ok(Self {
            out: Output::new(global.json),
            config,
            logins,
            wanted: global.mailbox.clone(),
            offline: global.offline,
            when_lost: None,
            greeting: None,
        })
    }

    /// Verbs that change something need the server.
    pub fn refuse_offline(&self, verb: &str) -> Outcome {
        if self.offline {
            let text = format!("`{verb}` acts on the server; --offline only reads what is cached");
            return Err(Refusal::new(ErrorKind::Usage, text));
        }
        Ok(())
    }

    /// The logins that can have the mailbox that is meant.
    pub fn meant_logins(&self) -> Vec<&Arc<Login>> {
        let configured = self.wanted.as_deref().and_then(|w| self.config.mailbox(w));
        match configured {
            Some(mailbox) => {
                let has = |l: &&Arc<Login>| l.mailboxes.iter().any(|m| m.address == mailbox.address);
                self.logins.iter().filter(has).collect()
            }
            None => self.logins.iter().collect(),
        }
    }

    /// Signs in and finds the mailboxes that are meant.
    ///
    /// # Errors
    /// The first login that cannot be reached; no such mailbox (exit code 2), or one closed to this login (4).
    pub async fn reach(&self) -> Outcome<Vec<Reached>> {
        let mut reached = Vec::new();
        let mut missing = None;
        for login in self.meant_logins() {
            let cache = Cache::open(&login.cache, login.me().as_ref())?;
            let mut link = Link::open(login, &cache).await?;
            let found = link.discover().await?;
            let mailboxes = match &self.wanted {
                None => found.mailboxes.clone(),
                Some(wanted) => match choose(&found, wanted) {
                    Ok(mailbox) => vec![mailbox.clone()],
                    Err(error) => {
                        // What is closed says more than what is not there.
                        let refusal = error.into_refusal();
                        if missing.as_ref().is_none_or(|m: &Refusal| m.kind == ErrorKind::NotFound) {
                            missing = Some(refusal);
                        }
                        continue;
                    }
                },
            };
            reached.push(Reached { link, found, mailboxes });
        }
        match missing {
            Some(refusal) if reached.is_empty() => Err(refusal),
            _ => Ok(reached),
        }
    }

    /// Signs in and brings the mailboxes that are meant up to date: where the caches name the conversation in exactly one
    /// mailbox already, that one alone.
    pub async fn reach_for(&self, ids: &[String]) -> Outcome<Vec<Reached>> {
        let mut reached = self.reach().await?;
        let mut known_in: Vec<(usize, String)> = Vec::new();
        let mut all_known = true;
        for id in ids {
            let mut hits = Vec::new();
            for (index, at) in reached.iter().enumerate() {
                let reader = at.link.cache.reader()?;
                for mailbox in &at.mailboxes {
                    if !matches!(reader.resolve(Some(mailbox.key()), id).map_err(failed)?, Resolved::None) {
                        hits.push((index, mailbox.key().to_owned()));
                    }
                }
            }
            all_known &= hits.len() == 1;
            known_in.append(&mut hits);
        }
        for (index, at) in reached.iter_mut().enumerate() {
            for mailbox in at.mailboxes.clone() {
                if !all_known || known_in.contains(&(index, mailbox.key().to_owned())) {
                    at.link.sync_mailbox(&mailbox).await?;
                }
            }
        }
        Ok(reached)
    }

    /// The caches of the logins that are meant, for reading without a connection, with the mailboxes that are meant in each.
    pub fn cached(&self) -> Outcome<Vec<Cached>> {
        let mut cached = Vec::new();
        for login in self.meant_logins() {
            let reader = match Reader::open(&login.cache) {
                Ok(reader) => reader,
                Err(crate::store::Error::Missing { .. }) => continue,
                Err(error) => return Err(failed(error)),
            };
            let mut mailboxes = reader.mailboxes().map_err(failed)?;
            if let Some(wanted) = &self.wanted {
                mailboxes.retain(|m| m.root == *wanted || m.is_own_address(wanted));
            }
            cached.push((Arc::clone(login), reader, mailboxes));
        }
        let is_empty = cached.iter().all(|(_, _, mailboxes)| mailboxes.is_empty());
        match &self.wanted {
            Some(wanted) if is_empty => {
                Err(Refusal::new(ErrorKind::NotFound, format!("nothing of {wanted} is cached"))
                    .hint("run `bagsy sync` with a connection first"))
            }
            _ => Ok(cached),
        }
    }
}

/// The conversation that is meant by a shown id or a prefix of one.
///
/// # Errors
/// [`ErrorKind::NotFound`] or [`ErrorKind::Ambiguous`].
pub fn resolve<'a>(readers: impl Iterator<Item = (usize, &'a Reader, &'a [Mailbox])>, id: &str) -> Outcome<Named> {
    let mut hits: Vec<Named> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    for (login, reader, mailboxes) in readers {
        for mailbox in mailboxes {
            match reader.resolve(Some(mailbox.key()), id).map_err(failed)? {
                Resolved::None => {}
                Resolved::One { mailbox, root } => hits.push(Named { login, mailbox, root }),
                Resolved::Many(many) => ids.extend(many.iter().map(ToString::to_string)),
            }
        }
    }
    match (hits.pop(), hits.is_empty() && ids.is_empty()) {
        (Some(hit), true) => Ok(hit),
        (None, true) => Err(Refusal::new(ErrorKind::NotFound, format!("there is no conversation {id}"))
            .hint("`bagsy list --view all` shows the ids")),
        (last, _) => {
            let text = format!("{id} is ambiguous");
            let hint = if ids.is_empty() {
                let mut mailboxes: Vec<String> = hits.into_iter().chain(last).map(|h| h.mailbox).collect();
                mailboxes.sort();
                format!("it is in {}; choose with --mailbox", mailboxes.join(" and "))
            } else {
                ids.truncate(8);
                format!("it begins {}", ids.join(", "))
            };
            Err(Refusal::new(ErrorKind::Ambiguous, text).hint(hint))
        }
    }
}

/// Who brings the secrets of all accounts, and access tokens by the grants that lie on this machine.
pub fn secrets(paths: &Paths, may_ask: bool) -> Outcome<Arc<Secrets>> {
    Ok(Arc::new(Secrets::new(may_ask).with_tokens(Arc::new(grants(paths)?))))
}

/// The grants that lie on this machine.
pub fn grants(paths: &Paths) -> Outcome<Grants> {
    let folder = paths.tokens_folder().map_err(|error| {
        Refusal::new(ErrorKind::Failed, format!("the folder of the tokens cannot be made: {error}"))
    })?;
    Ok(Grants::new(&folder))
}

/// What a change expects to find, as `--if-assignee` and `--if-status` say it.
pub fn expectation(guard: &Guard) -> Outcome<Expectation> {
    let assignee = match guard.if_assignee.as_deref() {
        None => None,
        Some("none") => Some(Assignee::Free),
        Some(word) => Some(Assignee::Held(handle(word)?)),
    };
    let status = match guard.if_status.as_deref() {
        None => None,
        Some(word) => Some(Status::parse(word).ok_or_else(|| {
            Refusal::new(ErrorKind::Usage, format!("“{word}” is no status: open, waiting, snoozed or done"))
        })?),
    };
    Ok(Expectation { assignee, status })
}

/// A handle as typed.
pub fn handle(word: &str) -> Outcome<Handle> {
    Handle::new(word).map_err(|error| Refusal::new(ErrorKind::Usage, error.to_string()))
}

/// A failure of the cache in words.
pub fn failed(error: crate::store::Error) -> Refusal {
    crate::engine::Error::from(error).into_refusal()
}
