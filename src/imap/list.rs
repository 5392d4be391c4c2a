//! NAMESPACE and LIST: which folders there are, one's own, other people's and public ones
//! (RFC 2342, RFC 3501 §6.3.8, RFC 5258, RFC 6154).

use super::command::Command;
use super::condition::{Condition, Status};
use super::error::Error;
use super::reply::Reply;
use super::session::{Session, refused};
use super::utf7;
use crate::model::Role;

/// One namespace: its folders' names all begin with the prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    pub prefix: String,
    pub delimiter: Option<char>,
}

/// The three kinds of namespaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namespaces {
    pub personal: Vec<Namespace>,
    /// Other users' folders.
    pub others: Vec<Namespace>,
    /// Public folders.
    pub shared: Vec<Namespace>,
    /// The server has NAMESPACE and refused to tell now: there may be more than this.
    pub is_withheld: bool,
}

/// Whose folders a namespace holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceKind {
    /// One's own.
    Personal,
    /// Other users'.
    Others,
    /// Public.
    Shared,
}

impl Namespaces {
    /// All of them with their kinds.
    pub fn iter(&self) -> impl Iterator<Item = (NamespaceKind, &Namespace)> {
        let personal = self.personal.iter().map(|n| (NamespaceKind::Personal, n));
        let others = self.others.iter().map(|n| (NamespaceKind::Others, n));
        let shared = self.shared.iter().map(|n| (NamespaceKind::Shared, n));
        personal.chain(others).chain(shared)
    }

    /// The namespace where a folder lies: the one with the longest prefix that its name has. Servers list what lies in
    /// others under an empty prefix too.
    pub fn locate(&self, folder: &str) -> Option<(NamespaceKind, &Namespace)> {
        self.iter().filter(|(_, n)| folder.starts_with(&n.prefix)).max_by_key(|(_, n)| n.prefix.len())
    }
}

/// One folder as LIST tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its name as commands want it (modified UTF-7).
    pub name: String,
    pub delimiter: Option<char>,
    /// With their backslash, as the server spells them.
    pub attributes: Vec<String>,
}

impl Folder {
    pub(crate) fn new(name: String, delimiter: Option<char>, attributes: Vec<String>) -> Self {
        // INBOX is spelt in many ways and is one folder (RFC 3501 §5.1).
        let name = if name.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { name };
        Self { name, delimiter, attributes }
    }

    /// The name for people.
    pub fn shown(&self) -> String {
        utf7::decode(&self.name)
    }

    /// Whether it has this attribute; compared without case, with its backslash.
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|a| a.eq_ignore_ascii_case(attribute))
    }

    /// Whether there is a folder behind the name that can be opened.
    pub fn is_selectable(&self) -> bool {
        !self.has("\\Noselect") && !self.has("\\NonExistent")
    }

    /// What it is for, where the server says so. `\All` is for nothing here: it is no archive.
    pub fn role(&self) -> Option<Role> {
        let roles = [
            ("\\Sent", Role::Sent),
            ("\\Archive", Role::Archive),
            ("\\Drafts", Role::Drafts),
            ("\\Trash", Role::Trash),
            ("\\Junk", Role::Junk),
            // The names of XLIST, which some servers still use.
            ("\\Spam", Role::Junk),
        ];
        if self.has("\\All") {
            return None;
        }
        roles.into_iter().find(|(attribute, _)| self.has(attribute)).map(|(_, role)| role)
    }
}

impl Session {
    /// The namespaces. A server without NAMESPACE has one personal namespace; of one that offers and refuses it no more than
    /// that is known.
    pub async fn namespaces(&mut self) -> Result<Namespaces, Error> {
        let mut told = None;
        let is_offered = self.has("NAMESPACE");
        if is_offered {
            self.run(Command::new("NAMESPACE"), &mut |reply| match reply {
                Reply::Namespace(namespaces) => {
                    told = Some(namespaces);
                    None
                }
                other => Some(other),
            })
            .await?;
        }
        match told {
            Some(namespaces) => Ok(namespaces),
            None => {
                let (named, _) = self.listed(Command::new("LIST").string("").string("")).await?;
                let delimiter = named.first().and_then(|f| f.delimiter);
                let personal = vec![Namespace { prefix: String::new(), delimiter }];
                Ok(Namespaces { personal, is_withheld: is_offered, ..Namespaces::default() })
            }
        }
    }

    /// All folders of a namespace, special uses with them where the server tells them. Each namespace is asked for by its
    /// own prefix: Courier shows nothing of `#shared.` under `*`.
    pub async fn list_namespace(&mut self, namespace: &Namespace) -> Result<Vec<Folder>, Error> {
        self.list(&format!("{}*", namespace.prefix)).await
    }

    /// The folders whose names match a pattern (`*` anything, `%` anything within one level), special uses with them.
    ///
    /// # Errors
    /// [`Error::Refused`] too: what a server does not tell now is not what it does not have.
    pub async fn list(&mut self, pattern: &str) -> Result<Vec<Folder>, Error> {
        if self.has("LIST-EXTENDED") && self.has("SPECIAL-USE") && !pattern.is_empty() {
            let command = Command::new("LIST").string("").string(pattern).words("RETURN (SPECIAL-USE)");
            let (folders, done) = self.listed(command).await?;
            if done.status == Status::Ok {
                return Ok(folders);
            }
        }
        let (folders, done) = self.listed(Command::new("LIST").string("").string(pattern)).await?;
        match done.status {
            Status::Ok => Ok(folders),
            _ => Err(refused("LIST", done)),
        }
    }

    async fn listed(&mut self, command: Command) -> Result<(Vec<Folder>, Condition), Error> {
        let mut folders: Vec<Folder> = Vec::new();
        let done = self
            .run(command, &mut |reply| match reply {
                Reply::List(folder) => {
                    folders.push(folder);
                    None
                }
                other => Some(other),
            })
            .await?;
        Ok((folders, done))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roles_are_those_of_special_use() {
        let role = |attributes: &[&str]| {
            Folder::new("x".into(), None, attributes.iter().map(|a| (*a).to_owned()).collect()).role()
        };
        assert_eq!(role(&["\\HasNoChildren", "\\sent"]), Some(Role::Sent));
        assert_eq!(role(&["\\All", "\\Archive"]), None);
        assert_eq!(role(&["\\Flagged"]), None);
    }
}
