//! A team with a domain of its own on a running Dovecot: people, a shared mailbox, rights.

use super::dovecot::Dovecot;
use super::imap_client::{Client, quoted};

/// What one may do in a shared mailbox (RFC 4314), as a team would grant it.
pub mod rights {
    /// Look, and have one's own or the common `\Seen`.
    pub const READ: &str = "lrs";
    /// And set keywords: claims and statuses.
    pub const TRIAGE: &str = "lrsw";
    /// And put copies into Sent.
    pub const ANSWER: &str = "lrswip";
    /// And move, delete and make folders.
    pub const ALL: &str = "lrswipkxte";
}

/// The folders below INBOX that a shared mailbox has.
pub const FOLDERS: [&str; 5] = ["Sent", "Archive", "Drafts", "Trash", "Junk"];

/// Everybody, and what they may do in the team's mailbox. The local part is the handle.
pub const PEOPLE: [(&str, &str); 13] = [
    ("alice", rights::ALL),
    ("bob", rights::ALL),
    // May do everything but send as the mailbox (Postfix).
    ("carol", rights::ALL),
    ("dave", rights::READ),
    ("erin", rights::TRIAGE),
    ("p1", rights::ALL),
    ("p2", rights::ALL),
    ("p3", rights::ALL),
    ("p4", rights::ALL),
    ("p5", rights::ALL),
    ("p6", rights::ALL),
    ("p7", rights::ALL),
    ("p8", rights::ALL),
];

/// A team and its shared mailbox `support@DOMAIN`. `mallory` is a login without any right.
pub struct Team<'a> {
    pub server: &'a Dovecot,
    pub domain: String,
}

impl<'a> Team<'a> {
    /// With [`PEOPLE`] and all [`FOLDERS`].
    pub fn create(server: &'a Dovecot, domain: &str) -> Self {
        Self::create_with(server, domain, &PEOPLE, &FOLDERS)
    }

    /// With these people and folders.
    pub fn create_with(server: &'a Dovecot, domain: &str, people: &[(&str, &str)], folders: &[&str]) -> Self {
        let team = Self { server, domain: domain.to_owned() };
        team.add_mailbox("support", people, folders);
        team
    }

    /// The login of a person: `alice` is `alice@DOMAIN`.
    pub fn user(&self, who: &str) -> String {
        format!("{who}@{}", self.domain)
    }

    /// The shared mailbox's address.
    pub fn mailbox(&self) -> String {
        self.user("support")
    }

    /// The IMAP name of the shared mailbox's INBOX, or of a folder of it, as teammates see it.
    pub fn folder(&self, name: &str) -> String {
        match name {
            "INBOX" => format!("shared/{}", self.mailbox()),
            _ => format!("shared/{}/{name}", self.mailbox()),
        }
    }

    /// A further shared mailbox `NAME@DOMAIN`, with the rights people have in it.
    pub fn add_mailbox(&self, name: &str, people: &[(&str, &str)], folders: &[&str]) {
        let owner = self.user(name);
        let mut commands: Vec<String> = folders.iter().map(|f| format!("CREATE {}", quoted(f))).collect();
        // INBOX comes to be with its first look.
        commands.push("SELECT INBOX".to_owned());
        self.server.imap(&owner).ok_all(&commands);
        let all: Vec<&str> = std::iter::once("INBOX").chain(folders.iter().copied()).collect();
        let people: Vec<(String, &str)> = people.iter().map(|(who, rights)| (self.user(who), *rights)).collect();
        self.server.write_acls(&owner, &all, &people);
    }

    /// Grants exactly these rights in one folder of the shared mailbox; "" takes all away.
    pub fn grant(&self, who: &str, folder: &str, rights: &str) {
        let user = quoted(&self.user(who));
        let command = match rights {
            "" => format!("DELETEACL {} {user}", quoted(folder)),
            _ => format!("SETACL {} {user} {rights}", quoted(folder)),
        };
        self.owner().ok(&command);
    }

    /// Signed in as a person.
    pub fn imap(&self, who: &str) -> Client {
        self.server.imap(&self.user(who))
    }

    /// Signed in as a person with the shared INBOX selected.
    pub fn in_inbox(&self, who: &str) -> Client {
        let mut client = self.imap(who);
        client.select(&self.folder("INBOX"));
        client
    }

    /// Signed in as the shared mailbox itself, to which all of it is its own.
    pub fn owner(&self) -> Client {
        self.imap("support")
    }

    /// APPENDs to a folder of the shared mailbox as its owner, byte by byte as given; gives the UID.
    /// `arguments` is what stands before the literal, such as `(\Seen)` or `"01-Nov-2026 09:00:00 +0000"`.
    pub fn append(&self, folder: &str, arguments: &str, message: &[u8]) -> u32 {
        self.owner().append(folder, arguments, message)
    }

    /// A mail from outside, delivered into the shared INBOX by LMTP; gives its UID.
    pub fn deliver(&self, from: &str, message: &[u8]) -> u32 {
        self.server.deliver(from, &self.mailbox(), message);
        let mut owner = self.owner();
        owner.select("INBOX");
        owner.search("ALL").pop().expect("the mail that was just delivered")
    }
}
