//! Which folder of a mailbox is for what, and which names are mailboxes at all. Pure.
//!
//! SPECIAL-USE (RFC 6154) decides where a server gives it; Dovecot and Cyrus give none for the folders of a shared mailbox,
//! so well-known names follow, in a fixed order, so that all clients of a team choose the same.

use std::collections::BTreeMap;

use crate::imap::{Folder, utf7};
use crate::model::Role;

/// The well-known names of a role, the likeliest first; compared without case, after modified UTF-7 was decoded.
fn well_known(role: Role) -> &'static [&'static str] {
    match role {
        Role::Inbox => &["INBOX"],
        Role::Sent => &[
            "Sent",
            "Sent Items",
            "Sent Messages",
            "Sent Mail",
            "Gesendet",
            "Gesendete Elemente",
            "Gesendete Objekte",
            "Envoyés",
            "Éléments envoyés",
            "Enviados",
            "Elementos enviados",
            "Posta inviata",
            "Inviati",
            "Verzonden",
            "Verzonden items",
            "Wysłane",
            "Skickat",
            "Sendt",
            "Отправленные",
            "送信済み",
            "已发送",
        ],
        Role::Archive => &[
            "Archive",
            "Archives",
            "Archived",
            "Archiv",
            "Archivo",
            "Archivio",
            "Archief",
            "Archiwum",
            "Arkiv",
            "Архив",
            "アーカイブ",
            "归档",
        ],
        Role::Drafts => &["Drafts", "Draft", "Entwürfe", "Brouillons", "Borradores", "Bozze", "Concepten", "Черновики"],
        Role::Trash => &[
            "Trash",
            "Deleted Items",
            "Deleted Messages",
            "Papierkorb",
            "Gelöschte Elemente",
            "Corbeille",
            "Papelera",
            "Cestino",
            "Prullenbak",
            "Корзина",
        ],
        Role::Junk => &["Junk", "Spam", "Junk E-mail", "Junk Email", "Bulk Mail", "Спам"],
        Role::Journal => &["Bagsy"],
    }
}

/// The name that a new folder for this gets.
pub fn usual_name(role: Role) -> &'static str {
    well_known(role).first().copied().unwrap_or_else(|| role.as_str())
}

/// The folders of the mailbox whose INBOX is `root`, by role. `listed` may hold more than this mailbox's; `prefix` is what
/// its folders' names begin with (`shared/support@example.test/`, or the personal namespace's prefix where the mailbox is
/// the login itself).
pub fn by_role(root: &str, prefix: &str, listed: &[Folder]) -> BTreeMap<Role, String> {
    let own: Vec<&Folder> =
        listed.iter().filter(|f| f.name != root && f.name.starts_with(prefix) && f.is_selectable()).collect();
    // A well-known name counts directly below the prefix, nowhere deeper: `Clients/Sent` is a client's.
    let leaf = |folder: &Folder| {
        let rest = &folder.name[prefix.len()..];
        let deeper = folder.delimiter.is_some_and(|d| rest.contains(d));
        (!deeper).then(|| utf7::decode(rest))
    };
    let mut roles = BTreeMap::from([(Role::Inbox, root.to_owned())]);
    for role in Role::ALL.into_iter().filter(|r| *r != Role::Inbox) {
        let by_use = own.iter().find(|f| f.role() == Some(role));
        let by_name = || {
            well_known(role).iter().find_map(|name| {
                own.iter().find(|f| leaf(f).is_some_and(|l| l.to_lowercase() == name.to_lowercase()) && !f.has("\\All"))
            })
        };
        if let Some(folder) = by_use.or_else(by_name) {
            roles.insert(role, folder.name.clone());
        }
    }
    roles
}

/// A name that is a shared mailbox's INBOX.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    pub name: String,
    /// What its folders' names begin with.
    pub prefix: String,
    /// The part after the namespace's prefix, where that is an address.
    pub address: Option<String>,
}

/// The mailboxes of a namespace of others' or public folders: what lies directly below its prefix and can be selected
/// (on Dovecot and Cyrus that name *is* the mailbox's INBOX), or has an `INBOX` of its own below it.
pub fn roots(namespace_prefix: &str, delimiter: Option<char>, listed: &[Folder]) -> Vec<Root> {
    let Some(delimiter) = delimiter else { return Vec::new() };
    let mut roots: Vec<Root> = Vec::new();
    for folder in listed {
        let Some(rest) = folder.name.strip_prefix(namespace_prefix).filter(|r| !r.is_empty()) else { continue };
        let owner = rest.split(delimiter).next().unwrap_or(rest);
        let base = format!("{namespace_prefix}{owner}");
        let is_root = rest == owner && folder.is_selectable();
        let is_inbox_below =
            rest[owner.len()..].strip_prefix(delimiter).is_some_and(|leaf| leaf.eq_ignore_ascii_case("INBOX"))
                && folder.is_selectable();
        let base_is_selectable = || listed.iter().any(|f| f.name == base && f.is_selectable());
        if is_root || (is_inbox_below && !base_is_selectable()) {
            roots.push(Root {
                name: folder.name.clone(),
                prefix: format!("{base}{delimiter}"),
                address: is_address(owner).then(|| owner.to_owned()),
            });
        }
    }
    roots.sort_by(|a, b| a.name.cmp(&b.name));
    roots.dedup();
    roots
}

/// Whether a part of a name reads as a mail address.
fn is_address(text: &str) -> bool {
    match text.split_once('@') {
        Some((local, domain)) => {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !text.contains(char::is_whitespace)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Folder, by_role, roots};
    use crate::model::Role;

    fn listed(names: &[(&str, &[&str])]) -> Vec<Folder> {
        names
            .iter()
            .map(|(name, attributes)| {
                let attributes = attributes.iter().map(|a| (*a).to_owned()).collect();
                Folder { name: (*name).to_owned(), delimiter: Some('/'), attributes }
            })
            .collect()
    }

    #[test]
    fn a_shared_mailbox_is_what_lies_directly_below_the_namespace() {
        let listed = listed(&[
            ("shared/support@example.test", &[]),
            ("shared/support@example.test/Sent", &[]),
            ("shared/sales@example.test", &["\\Noselect"]),
            ("shared/sales@example.test/INBOX", &[]),
            ("shared/hidden@example.test", &["\\Noselect"]),
            ("shared/hidden@example.test/Archive", &[]),
            ("INBOX", &[]),
        ]);
        let found = roots("shared/", Some('/'), &listed);
        let names: Vec<_> = found.iter().map(|r| (r.name.as_str(), r.address.as_deref())).collect();
        assert_eq!(
            names,
            [
                ("shared/sales@example.test/INBOX", Some("sales@example.test")),
                ("shared/support@example.test", Some("support@example.test")),
            ]
        );
    }

    #[test]
    fn special_use_goes_before_names_and_all_mail_is_no_archive() {
        let listed = listed(&[
            ("m/Sent", &[]),
            ("m/Out", &["\\Sent"]),
            ("m/Archive", &["\\All"]),
            ("m/Clients/Trash", &[]),
            ("m/junk", &[]),
        ]);
        let roles = by_role("m", "m/", &listed);
        assert_eq!(roles.get(&Role::Sent).map(String::as_str), Some("m/Out"));
        assert_eq!(roles.get(&Role::Archive), None);
        assert_eq!(roles.get(&Role::Trash), None);
        assert_eq!(roles.get(&Role::Junk).map(String::as_str), Some("m/junk"));
        assert_eq!(roles.get(&Role::Inbox).map(String::as_str), Some("m"));
    }
}
