//! Folder names: what each login calls a folder, and what the office calls it.

/// The prefix under which other people's mailboxes appear (RFC 2342), separator included.
pub const SHARED_PREFIX: &str = "shared/";

/// A folder's one name, whoever looks: the address of the mailbox and the path in it, `INBOX` for its root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderName {
    /// Lower case.
    pub owner: String,
    /// As the owner sees it.
    pub path: String,
}

impl FolderName {
    /// The folder at this path of this address' mailbox.
    pub fn new(owner: &str, path: &str) -> Self {
        let path = if path.eq_ignore_ascii_case("INBOX") { "INBOX" } else { path };
        Self { owner: owner.to_ascii_lowercase(), path: path.to_owned() }
    }

    /// The folder that this login means by `name`.
    pub fn resolve(login: &str, name: &str) -> Self {
        match name.strip_prefix(SHARED_PREFIX) {
            Some(rest) => match rest.split_once('/') {
                Some((owner, path)) => Self::new(owner, path),
                None => Self::new(rest, "INBOX"),
            },
            None => Self::new(login, name),
        }
    }

    /// What this login calls it.
    pub fn shown_to(&self, login: &str) -> String {
        if self.owner == login {
            self.path.clone()
        } else if self.path == "INBOX" {
            format!("{SHARED_PREFIX}{}", self.owner)
        } else {
            format!("{SHARED_PREFIX}{}/{}", self.owner, self.path)
        }
    }

    /// The root of the mailbox that it belongs to.
    pub fn root(&self) -> Self {
        Self::new(&self.owner, "INBOX")
    }
}

#[cfg(test)]
mod tests {
    use super::FolderName;

    #[test]
    fn a_name_leads_to_a_folder_and_back() {
        for name in ["INBOX", "Sent", "shared/support@example.test", "shared/support@example.test/Archive/2026"] {
            let folder = FolderName::resolve("alice@example.test", name);
            assert_eq!(folder.shown_to("alice@example.test"), name);
        }
        let own = FolderName::resolve("alice@example.test", "inbox");
        assert_eq!(own, FolderName::new("alice@example.test", "INBOX"));
    }
}
