//! Finding the mailboxes of a login: by NAMESPACE and LIST in every namespace, by configuration, or the login itself.

use std::collections::BTreeMap;

use super::error::{Error, Result};
use super::folders::{self, Root};
use super::grade::{self, Evidence};
use super::link::Link;
use crate::config::MailboxConfig;
use crate::imap::{self, Folder, Namespace};
use crate::model::{ErrorKind, Grade, Mailbox, Refusal, Rights, Role};

/// A mailbox that is configured and cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Its address, as configured.
    pub address: String,
    pub root: Option<String>,
    pub refusal: Refusal,
}

/// What a login can reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub mailboxes: Vec<Mailbox>,
    pub closed: Vec<Closed>,
}

impl Link {
    /// Finds all mailboxes of this login, asks for the rights on each, and writes them into the cache.
    ///
    /// # Errors
    /// What ends the session; a mailbox that cannot be opened is told in [`Found::closed`].
    pub async fn discover(&mut self) -> Result<Found> {
        let login = std::sync::Arc::clone(&self.login);
        let (candidates, mut closed) = self.candidates(&login.mailboxes).await?;
        let mut mailboxes = Vec::new();
        for candidate in candidates {
            match self.inspect(&candidate).await {
                Ok(mailbox) => mailboxes.push(mailbox),
                Err(error) if error.ends_session() => return Err(error),
                Err(error) => {
                    let key = candidate.address.clone().unwrap_or_else(|| candidate.root.name.clone());
                    let text = format!("{key} cannot be opened: {error}");
                    let refusal = Refusal::new(ErrorKind::Rights, text).hint(
                        "the server does not let this login see it: ask whoever administers it for the rights `lr`",
                    );
                    closed.push(Closed { address: key, root: Some(candidate.root.name), refusal });
                }
            }
        }
        // What cannot be opened now may be open again in a moment: what is known of it stays.
        let found = mailboxes.iter().map(|m| m.key().to_owned());
        let keys: Vec<String> = found.chain(closed.iter().map(|c| c.address.clone())).collect();
        self.cache.write(|w| {
            for mailbox in &mailboxes {
                w.put_mailbox(mailbox, login.since(mailbox))?;
            }
            w.forget_mailboxes_but(&keys)
        })?;
        self.cache.announce();
        Ok(Found { mailboxes, closed })
    }

    /// Looks for what came to be since these mailboxes were found, and writes it into the cache: further mailboxes, and known
    /// ones that have other folders now. Nothing is forgotten by that, and what is as it was is not opened.
    ///
    /// # Errors
    /// What ends the session.
    pub async fn find_more(&mut self, known: &[Mailbox]) -> Result<Vec<Mailbox>> {
        let login = std::sync::Arc::clone(&self.login);
        let (candidates, _) = self.candidates(&login.mailboxes).await?;
        let mut more = Vec::new();
        for candidate in candidates {
            if known.iter().any(|m| m.root == candidate.root.name && m.folders == candidate.folders) {
                continue;
            }
            self.leave();
            match self.inspect(&candidate).await {
                Ok(mailbox) => more.push(mailbox),
                Err(error) if error.ends_session() => return Err(error),
                Err(error) => tracing::debug!(%error, "a mailbox is still closed"),
            }
        }
        if !more.is_empty() {
            self.cache.write(|w| more.iter().try_for_each(|m| w.put_mailbox(m, login.since(m))))?;
            self.cache.announce();
        }
        Ok(more)
    }

    /// The names that may be mailboxes: found ones, configured ones, and the login's own INBOX where the configuration says
    /// that it is one. Where the server does not tell its names now, those that it told before stand in for them.
    async fn candidates(&mut self, configured: &[MailboxConfig]) -> Result<(Vec<Candidate>, Vec<Closed>)> {
        let namespaces = self.session.namespaces().await?;
        let known = self.reader.mailboxes()?;
        let mut listed: Vec<Folder> = Vec::new();
        let mut found: Vec<Candidate> = Vec::new();
        let mut unlisted: Vec<&str> = namespaces.is_withheld.then_some("").into_iter().collect();
        for space in namespaces.others.iter().chain(&namespaces.shared) {
            let Some(here) = self.list(space).await? else {
                unlisted.push(&space.prefix);
                continue;
            };
            for root in folders::roots(&space.prefix, space.delimiter, &here) {
                found.push(Candidate::found(root));
            }
            listed.extend(here);
        }
        // One's own INBOX is a mailbox only where the configuration says so.
        let is_unlisted =
            |root: &str| !root.eq_ignore_ascii_case("INBOX") && unlisted.iter().any(|prefix| root.starts_with(prefix));
        for mailbox in known.iter().filter(|m| is_unlisted(&m.root)) {
            if !found.iter().any(|c| c.root.name == mailbox.root) {
                found.push(Candidate::known(mailbox));
            }
        }
        let personal = namespaces.personal.first();
        let personal_prefix = personal.map(|s| s.prefix.clone()).unwrap_or_default();
        let personal_delimiter = personal.and_then(|s| s.delimiter);

        let mut candidates: Vec<Candidate> = Vec::new();
        let mut closed = Vec::new();
        for config in configured {
            let by_root = config.root.as_deref();
            let known = match by_root {
                Some(root) => found.iter().find(|c| c.root.name == root || same_inbox(&c.root.name, root)),
                None => found.iter().find(|c| c.address.as_deref().is_some_and(|a| config.is_meant_by(a))),
            };
            let root = match (known, by_root) {
                (Some(candidate), _) => candidate.root.clone(),
                (None, Some(root)) if root.eq_ignore_ascii_case("INBOX") => {
                    Root { name: "INBOX".to_owned(), prefix: personal_prefix.clone(), address: None }
                }
                (None, Some(root)) => {
                    // Not listed, yet named exactly: SELECT will tell.
                    let delimiter = personal_delimiter.unwrap_or('/');
                    Root { name: root.to_owned(), prefix: format!("{root}{delimiter}"), address: None }
                }
                (None, None) if config.user.is_some() => {
                    Root { name: "INBOX".to_owned(), prefix: personal_prefix.clone(), address: None }
                }
                (None, None) => {
                    let text = format!(
                        "{} is configured, but the server does not let {} see it",
                        config.address, self.login.user
                    );
                    let refusal = Refusal::new(ErrorKind::Rights, text)
                        .hint("it needs the rights `lr` at least; or name its INBOX with `root = \"…\"`");
                    closed.push(Closed { address: config.address.clone(), root: None, refusal });
                    continue;
                }
            };
            candidates.push(Candidate { address: Some(config.address.clone()), ..Candidate::found(root) });
        }
        let is_configured = |c: &Candidate| candidates.iter().any(|known| known.root.name == c.root.name);
        let mut others: Vec<Candidate> = found.into_iter().filter(|c| !is_configured(c)).collect();
        candidates.append(&mut others);

        let mut is_own_listed = true;
        if candidates.iter().any(|c| c.root.name.eq_ignore_ascii_case("INBOX")) {
            let own = Namespace { prefix: personal_prefix.clone(), delimiter: personal_delimiter };
            let here = self.list(&own).await?;
            is_own_listed = here.is_some();
            listed.extend(here.unwrap_or_default());
        }
        for candidate in &mut candidates {
            let config = configured.iter().find(|c| candidate.address.as_deref() == Some(c.address.as_str()));
            let root = &candidate.root;
            candidate.folders.clear();
            if is_unlisted(&root.name) || (!is_own_listed && root.name.eq_ignore_ascii_case("INBOX")) {
                let before = known.iter().find(|m| m.root == root.name);
                candidate.folders.extend(before.map(|m| m.folders.clone()).unwrap_or_default());
            }
            candidate.folders.extend(folders::by_role(&root.name, &root.prefix, &listed));
            if let Some(config) = config {
                candidate.folders.extend(config.folders.iter().map(|(role, name)| (*role, name.clone())));
                candidate.name = config.name.clone();
                candidate.addresses = config.addresses.clone();
            }
        }
        Ok((candidates, closed))
    }

    /// LIST of a whole namespace; `None` of one that is announced and refused (some servers do).
    async fn list(&mut self, namespace: &Namespace) -> Result<Option<Vec<Folder>>> {
        match self.session.list_namespace(namespace).await {
            Err(error @ imap::Error::Refused { .. }) => {
                tracing::info!(%error, prefix = namespace.prefix, "a namespace is lived without");
                Ok(None)
            }
            other => Ok(Some(other?)),
        }
    }

    /// Rights, and what SELECT says.
    async fn inspect(&mut self, candidate: &Candidate) -> Result<Mailbox> {
        let mut mailbox = Mailbox {
            address: candidate.address.clone(),
            name: candidate.name.clone(),
            addresses: candidate.addresses.clone(),
            account: self.login.account.key.clone(),
            root: candidate.root.name.clone(),
            folders: candidate.folders.clone(),
            rights: None,
            grade: Grade::D,
            may: Vec::new(),
        };
        if self.session.has("ACL") {
            let mut rights: BTreeMap<Role, Rights> = BTreeMap::new();
            let names: Vec<&str> = candidate.folders.values().map(String::as_str).collect();
            let told = self.session.my_rights_on(&names).await?;
            for (role, granted) in candidate.folders.keys().zip(told) {
                match granted {
                    Ok(Some(granted)) => {
                        rights.insert(*role, granted);
                    }
                    Ok(None) => {}
                    // A folder that was listed and tells no rights: none are assumed.
                    Err(error) => tracing::info!(%error, folder = role.as_str(), "no rights told"),
                }
            }
            mailbox.rights = Some(rights);
        }
        self.enter(&mailbox, Role::Inbox).await?;
        let Some(selected) = self.selected().cloned() else { return Ok(mailbox) };
        // Where INBOX takes any keyword, or Sent cannot be asked now, Sent is taken to keep them until an answer is to be
        // announced there.
        let sent_keeps = selected.takes_new_keywords()
            || match self.sent_keeps_announcements(&mailbox).await {
                Err(error) if !error.ends_session() => true,
                other => other?,
            };
        let evidence = Evidence {
            rights: mailbox.rights.as_ref(),
            folders: &mailbox.folders,
            is_read_only: selected.is_read_only,
            permanent_flags: &selected.permanent_flags,
            has_modseq: selected.highest_modseq.is_some(),
            sent_keeps,
            is_named: mailbox.address.is_some(),
        };
        let grade = grade::grade(&evidence);
        (mailbox.may, mailbox.grade) = (grade::may(&evidence, grade), grade);
        Ok(mailbox)
    }

    /// Whether the mailbox's Sent, where there is one, keeps the keywords of an announced answer.
    ///
    /// # Errors
    /// What ends the session, and what keeps Sent closed for other reasons than a missing right: that says nothing of it.
    pub(super) async fn sent_keeps_announcements(&mut self, mailbox: &Mailbox) -> Result<bool> {
        if mailbox.folder(Role::Sent).is_none() {
            return Ok(true);
        }
        match self.enter(mailbox, Role::Sent).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Rights => {
                tracing::info!(%error, "Sent may not be entered");
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        let me = self.login.handle_in(mailbox).ok();
        Ok(self.selected().is_some_and(|s| grade::keeps_announcements(&s.permanent_flags, me.as_ref())))
    }

    /// What stands between a mailbox's name and its folders': as LIST tells, else as its namespace has it.
    pub async fn delimiter_of(&mut self, root: &str) -> Result<char> {
        let listed = match self.session.list(root).await {
            Err(error @ imap::Error::Refused { .. }) => {
                tracing::info!(%error, root, "what stands between names is taken from the namespace");
                Vec::new()
            }
            other => other?,
        };
        if let Some(told) = listed.iter().find_map(|f| f.delimiter) {
            return Ok(told);
        }
        let namespaces = self.session.namespaces().await?;
        Ok(namespaces.locate(root).and_then(|(_, space)| space.delimiter).unwrap_or('/'))
    }

    /// Makes the mailbox's folder for this under its most usual name, subscribed, and asks anew what this login may do.
    ///
    /// # Errors
    /// The server refuses it, or the session ends.
    pub async fn create_folder(&mut self, mailbox: &Mailbox, role: Role) -> Result<Mailbox> {
        let prefix = if mailbox.root.eq_ignore_ascii_case("INBOX") {
            // Courier keeps all that is one's own below INBOX.
            let namespaces = self.session.namespaces().await?;
            namespaces.personal.first().map(|own| own.prefix.clone()).unwrap_or_default()
        } else {
            format!("{}{}", mailbox.root, self.delimiter_of(&mailbox.root).await?)
        };
        let name = format!("{prefix}{}", folders::usual_name(role));
        self.session.create(&name).await?;
        let mut with_it = mailbox.clone();
        with_it.folders.insert(role, name);
        let inspected = self.inspect_again(&with_it).await?;
        let since = self.login.since(&inspected);
        self.cache.write(|w| w.put_mailbox(&inspected, since))?;
        self.cache.announce();
        Ok(inspected)
    }

    /// Asks anew what this login may do in a mailbox, where its folders have changed.
    pub async fn inspect_again(&mut self, mailbox: &Mailbox) -> Result<Mailbox> {
        self.leave();
        let candidate = Candidate {
            address: mailbox.address.clone(),
            name: mailbox.name.clone(),
            addresses: mailbox.addresses.clone(),
            root: Root { name: mailbox.root.clone(), prefix: String::new(), address: None },
            folders: mailbox.folders.clone(),
        };
        self.inspect(&candidate).await
    }
}

/// A name that may be a mailbox's INBOX.
struct Candidate {
    address: Option<String>,
    name: Option<String>,
    addresses: Vec<String>,
    root: Root,
    folders: BTreeMap<Role, String>,
}

impl Candidate {
    fn found(root: Root) -> Self {
        Self {
            address: root.address.clone(),
            name: None,
            addresses: Vec::new(),
            folders: BTreeMap::from([(Role::Inbox, root.name.clone())]),
            root,
        }
    }

    /// One that was found before.
    fn known(mailbox: &Mailbox) -> Self {
        let root =
            Root { name: mailbox.root.clone(), prefix: format!("{}/", mailbox.root), address: mailbox.address.clone() };
        Self { folders: mailbox.folders.clone(), ..Self::found(root) }
    }
}

fn same_inbox(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case("INBOX") && b.eq_ignore_ascii_case("INBOX")
}

/// The mailbox that is meant by an address or root.
///
/// # Errors
/// Exit code 2 where there is no such mailbox, 4 where it is configured and closed to this login.
pub fn choose<'a>(found: &'a Found, wanted: &str) -> Result<&'a Mailbox> {
    let is_meant = |m: &&Mailbox| m.root == wanted || m.is_own_address(wanted);
    if let Some(mailbox) = found.mailboxes.iter().find(is_meant) {
        return Ok(mailbox);
    }
    let closed =
        found.closed.iter().find(|c| c.address.eq_ignore_ascii_case(wanted) || c.root.as_deref() == Some(wanted));
    Err(Error::Refused(match closed {
        Some(closed) => closed.refusal.clone(),
        None => Refusal::new(ErrorKind::NotFound, format!("there is no mailbox {wanted}"))
            .hint("`bagsy mailboxes` lists those that you can reach"),
    }))
}
