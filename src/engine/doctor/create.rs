//! Folders that work needs and that are not there: which ones this login could create, and creating them.

use std::sync::Arc;

use super::super::cache::Cache;
use super::super::error::Result;
use super::super::folders;
use super::super::link::Link;
use super::super::login::Login;
use super::check::Check;
use crate::config::{DoneMeans, MailboxConfig};
use crate::imap::utf7;
use crate::model::{Capability, Grade, Mailbox, Role};

/// A folder that is not there, which this login may create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub mailbox: Mailbox,
    pub role: Role,
}

impl Missing {
    /// The name that it gets.
    pub fn title(&self) -> &'static str {
        folders::usual_name(self.role)
    }
}

/// The folders of a mailbox that are missing, would be of use, and may be created (RFC 4314: `k` on INBOX).
pub(super) fn missing(mailbox: &Mailbox, config: Option<&MailboxConfig>) -> Vec<Missing> {
    let granted = |letters: &str| match &mailbox.rights {
        Some(rights) => rights.get(&Role::Inbox).is_some_and(|inbox| inbox.grant(letters)),
        // Nobody tells; an attempt does.
        None => mailbox.grade != Grade::D,
    };
    let archives = config.is_none_or(|config| config.done == DoneMeans::Archive);
    let is_of_use = |role: &Role| match role {
        Role::Sent => mailbox.address.is_some(),
        // Without the right to move mail there, an Archive changes nothing.
        Role::Archive => archives && mailbox.may(Capability::Claim) && granted("te"),
        _ => false,
    };
    let roles = [Role::Sent, Role::Archive].into_iter().filter(|role| mailbox.folder(*role).is_none());
    let wanted = roles.filter(|role| is_of_use(role) && granted("k"));
    wanted.map(|role| Missing { mailbox: mailbox.clone(), role }).collect()
}

/// Creates one, and says what came of it.
pub async fn create(login: &Arc<Login>, missing: &Missing) -> Check {
    let check = format!("{}: {}", missing.mailbox.key(), missing.title());
    match created(login, missing).await {
        Ok(mailbox) => made(check, &mailbox, missing.role),
        Err(error) => {
            let refusal = error.into_refusal();
            let follows = "nothing was changed; ask whoever administers the mailbox to create it";
            Check::failed(check, refusal.kind, format!("it cannot be created: {}", refusal.message), follows)
        }
    }
}

async fn created(login: &Arc<Login>, missing: &Missing) -> Result<Mailbox> {
    let cache = Cache::open(&login.cache, login.me().as_ref())?;
    let mut link = Link::open(login, &cache).await?;
    // Somebody may have made it meanwhile, under any of its names.
    let found = link.discover().await?;
    let now = found.mailboxes.into_iter().find(|mailbox| mailbox.root == missing.mailbox.root);
    let now = now.unwrap_or_else(|| missing.mailbox.clone());
    let mailbox = match now.folder(missing.role) {
        Some(_) => now,
        None => link.create_folder(&now, missing.role).await?,
    };
    link.session.logout().await;
    Ok(mailbox)
}

fn made(check: String, mailbox: &Mailbox, role: Role) -> Check {
    let name = utf7::decode(mailbox.folder(role).unwrap_or_default());
    let found = format!("“{name}” is created");
    let (capability, good, bad) = match role {
        Role::Sent => (
            Capability::Send,
            "answers are announced there, and teammates see them",
            "you have no `rwi` on it: teammates may have it, if whoever administers the mailbox grants it",
        ),
        _ => (
            Capability::Archive,
            "what is done moves there",
            "you have no `i` on it: done stays the keyword alone until whoever administers the mailbox grants it",
        ),
    };
    if mailbox.may(capability) { Check::good(check, found).so(good) } else { Check::note(check, found, bad) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::Rights;

    fn mailbox(rights: Option<&str>, folders: &[Role]) -> Mailbox {
        let all = std::iter::once(&Role::Inbox).chain(folders);
        let granted = |letters: &str| BTreeMap::from([(Role::Inbox, Rights(letters.to_owned()))]);
        Mailbox {
            address: Some("support@example.test".into()),
            name: None,
            addresses: Vec::new(),
            account: "work".into(),
            root: "m".into(),
            folders: all.map(|role| (*role, format!("m/{}", role.as_str()))).collect(),
            rights: rights.map(granted),
            grade: Grade::A,
            may: vec![Capability::Read, Capability::Claim],
        }
    }

    fn roles(mailbox: &Mailbox) -> Vec<Role> {
        missing(mailbox, None).into_iter().map(|missing| missing.role).collect()
    }

    #[test]
    fn only_what_is_of_use_and_allowed_is_offered() {
        assert_eq!(roles(&mailbox(Some("lrswite"), &[])), [], "no `k`");
        assert_eq!(roles(&mailbox(Some("lrswitek"), &[])), [Role::Sent, Role::Archive]);
        assert_eq!(roles(&mailbox(Some("lrswitek"), &[Role::Sent])), [Role::Archive]);
        assert_eq!(roles(&mailbox(Some("lrswik"), &[])), [Role::Sent], "nothing may be moved");
        assert_eq!(roles(&mailbox(None, &[])), [Role::Sent, Role::Archive], "nobody tells the rights");
        let reader = Mailbox { grade: Grade::D, may: vec![Capability::Read], ..mailbox(None, &[]) };
        assert_eq!(roles(&reader), []);
    }
}
