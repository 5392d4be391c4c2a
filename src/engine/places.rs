//! The folders of a mailbox in which mail can be filed, as its person may choose among them.

use super::error::Result;
use super::filing::shown_name;
use super::link::Link;
use super::message::FolderChoice;
use crate::imap::{Folder, NamespaceKind};
use crate::model::{Mailbox, Role};

/// So many folders are offered at most.
const MOST: usize = 500;

impl Link {
    /// The folders of the mailbox that take mail from INBOX, each with what is in the way there.
    ///
    /// # Errors
    /// What ends the session, or what the server says to LIST.
    pub async fn places(&mut self, mailbox: &Mailbox) -> Result<Vec<FolderChoice>> {
        let listed = self.folders_of(mailbox).await?;
        let is_ours = |f: &&Folder| {
            let not_for_mail = [Role::Inbox, Role::Sent, Role::Drafts, Role::Journal];
            let role = mailbox.folders.iter().find(|(_, name)| **name == f.name).map(|(role, _)| *role);
            let journal = mailbox.folder(Role::Journal);
            let is_in_journal =
                journal.is_some_and(|j| f.name.starts_with(&format!("{j}{}", f.delimiter.unwrap_or('/'))));
            f.is_selectable() && role.is_none_or(|role| !not_for_mail.contains(&role)) && !is_in_journal
        };
        let folders: Vec<&Folder> = listed.iter().filter(is_ours).take(MOST).collect();
        let names: Vec<&str> = folders.iter().map(|f| f.name.as_str()).collect();
        let rights = self.session.my_rights_on(&names).await?;
        let mut choices: Vec<FolderChoice> = folders
            .iter()
            .zip(rights)
            .map(|(folder, rights)| FolderChoice {
                name: folder.name.clone(),
                shown: shown_name(mailbox, &folder.name),
                why_not: match rights {
                    Ok(Some(rights)) if !rights.grant("i") => {
                        Some(format!("the right i is missing (you have {})", rights.0))
                    }
                    Ok(_) => None,
                    Err(_) => Some("it tells you no rights".to_owned()),
                },
            })
            .collect();
        choices.sort_by_key(|c| c.shown.to_lowercase());
        Ok(choices)
    }

    /// All folders of a mailbox: what lies below its root, or all that is the login's own where that is the root.
    async fn folders_of(&mut self, mailbox: &Mailbox) -> Result<Vec<Folder>> {
        let namespaces = self.session.namespaces().await?;
        if let Some((NamespaceKind::Personal, space)) = namespaces.locate(&mailbox.root) {
            let mut listed = self.session.list_namespace(space).await?;
            // Servers list what lies in other namespaces under an empty prefix too.
            listed.retain(|f| matches!(namespaces.locate(&f.name), Some((NamespaceKind::Personal, _))));
            return Ok(listed);
        }
        let delimiter = self.delimiter_of(&mailbox.root).await?;
        let base = mailbox.root.strip_suffix(&format!("{delimiter}INBOX")).unwrap_or(&mailbox.root);
        Ok(self.session.list(&format!("{base}{delimiter}*")).await?)
    }
}
