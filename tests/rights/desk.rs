//! One shared mailbox on either server, behind one face: who may do what there, and what lies in it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use super::page;
use super::support::bagsy::{Bagsy, endpoint};
use super::support::cyrus::{self, Cyrus};
use super::support::device::Device;
use super::support::dovecot::PASSWORD;
use super::support::imap_client::Client;
use super::support::process::program;
use super::support::submission::Submission;
use super::support::team::Team;

/// The folders that mail can be in.
pub const FOLDERS: [&str; 6] = ["INBOX", "Sent", "Archive", "Trash", "Junk", "Clients"];

/// Where the shared mailbox is.
pub enum Desk {
    Dovecot(Team<'static>),
    Cyrus(Cyrus),
}

impl Desk {
    pub fn login(&self, who: &str) -> String {
        match self {
            Self::Dovecot(team) => team.user(who),
            Self::Cyrus(_) => who.to_owned(),
        }
    }

    pub fn address(&self) -> String {
        match self {
            Self::Dovecot(team) => team.mailbox(),
            Self::Cyrus(_) => cyrus::MAILBOX.to_owned(),
        }
    }

    pub fn folder(&self, name: &str) -> String {
        match self {
            Self::Dovecot(team) => team.folder(name),
            Self::Cyrus(cyrus) => cyrus.folder(name),
        }
    }

    pub fn imap(&self, who: &str) -> Client {
        match self {
            Self::Dovecot(team) => team.imap(who),
            Self::Cyrus(cyrus) => cyrus.imap(who),
        }
    }

    /// Signed in as the mailbox itself, to which all of it is its own.
    pub fn owner(&self) -> Client {
        self.imap("support")
    }

    /// Gives a login a role by the commands of the page.
    pub fn give_role(&self, role: &str, login: &str) {
        let stands_for = page::ROLES.iter().find(|(r, _)| *r == role).expect("a role").1;
        match self {
            Self::Dovecot(team) => {
                let commands = page::commands("Dovecot")[role].clone();
                let commands = commands
                    .replace(&format!("user={stands_for}@example.com"), &format!("user={}", team.user(login)))
                    .replace("support@example.com", &team.mailbox());
                let doveadm = program("doveadm").expect("doveadm");
                let conf = team.server.folder().join("dovecot.conf");
                let script =
                    format!("set -e\ndoveadm() {{ {} -c {} \"$@\"; }}\n{commands}", doveadm.display(), conf.display());
                let output = Command::new("sh").args(["-c", &script]).output().expect("sh");
                let complaints = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success() && complaints.is_empty(), "{script}\n{complaints}");
            }
            Self::Cyrus(cyrus) => {
                cyrus.cyradm(&page::commands("Cyrus")[role].replace(&format!(" {stands_for} "), &format!(" {login} ")));
            }
        }
    }

    /// Grants exactly these rights in one folder.
    pub fn grant(&self, who: &str, folder: &str, rights: &str) {
        match self {
            Self::Dovecot(team) => team.grant(who, folder, rights),
            Self::Cyrus(cyrus) => cyrus.grant(who, folder, rights),
        }
    }

    fn port(&self) -> u16 {
        match self {
            Self::Dovecot(team) => team.server.imap_port,
            Self::Cyrus(cyrus) => cyrus.imap_port,
        }
    }

    /// What a person writes so that the mailbox has an address.
    fn named(&self) -> String {
        match self {
            Self::Dovecot(_) => String::new(),
            Self::Cyrus(cyrus) => {
                format!("[mailbox.\"{}\"]\naccount = \"work\"\nroot = \"{}\"\n", cyrus::MAILBOX, cyrus.folder("INBOX"))
            }
        }
    }

    /// A person's screen: its engine and cache.
    pub async fn device(&self, who: &str) -> Device {
        Device::login(&self.login(who), self.port(), &self.address(), who, &self.named()).await
    }

    /// A person's command line.
    pub fn bagsy(&self, who: &str, through: &Submission) -> Bagsy {
        let bagsy = Bagsy::bare().env("BAGSY_TEST_PASSWORD", PASSWORD).configured(|account| {
            account.user = self.login(who);
            account.handle = Some(who.to_owned());
            account.imap = endpoint("127.0.0.1", self.port(), "none", None);
            account.auth = r#"{ method = "password", env = "BAGSY_TEST_PASSWORD" }"#.to_owned();
            account.rest = self.named();
        });
        bagsy.sending(through)
    }
}

/// A message wherever it lies: its flags by folder.
pub type Where = BTreeMap<&'static str, BTreeSet<String>>;

/// The mailbox itself looking on, in every folder at once.
pub struct Eyes(Vec<(&'static str, Client)>);

impl Eyes {
    pub fn open(desk: &Desk) -> Self {
        Self(FOLDERS.map(|folder| (folder, Self::in_folder(desk, folder))).into())
    }

    fn in_folder(desk: &Desk, folder: &str) -> Client {
        let mut owner = desk.owner();
        owner.select(folder);
        owner
    }

    /// Where a message lies now.
    pub fn find(&mut self, message_id: &str) -> Where {
        let mut answers = Vec::new();
        // Behind a NOOP, never pipelined: Dovecot answers a SEARCH that comes along with it from the view before.
        let look = format!("UID SEARCH HEADER Message-ID \"<{message_id}>\"");
        for command in ["NOOP", &look] {
            let tags: Vec<String> = self.0.iter_mut().map(|(_, eye)| eye.send(command)).collect();
            answers = self.0.iter_mut().zip(tags).map(|((_, eye), tag)| eye.finish(&tag)).collect();
        }
        let mut found = Where::new();
        for ((folder, eye), answer) in self.0.iter_mut().zip(answers) {
            let uids = answer.untagged.iter().filter_map(|l| l.strip_prefix("SEARCH")).flat_map(|l| l.split(' '));
            for uid in uids.filter_map(|uid| uid.parse().ok()) {
                found.insert(folder, eye.flags(uid).unwrap_or_default());
            }
        }
        found
    }

    /// Puts a mail into a folder; gives its UID.
    pub fn put(&mut self, folder: &str, flags: &str, message: &[u8]) -> u32 {
        let eye = self.0.iter_mut().find(|(name, _)| *name == folder).map(|(_, eye)| eye).expect("a folder");
        eye.append(folder, &format!("({flags})"), message)
    }

    /// How many messages have this in their text.
    pub fn copies(&mut self, folder: &str, text: &str) -> Vec<BTreeSet<String>> {
        let eye = self.0.iter_mut().find(|(name, _)| *name == folder).map(|(_, eye)| eye).expect("a folder");
        eye.ok("NOOP");
        let uids = eye.search(&format!("TEXT \"{text}\""));
        uids.into_iter().map(|uid| eye.flags(uid).unwrap_or_default()).collect()
    }
}
