//! The post office of the demo: users, folders and mails in memory, shared by the servers and the simulated people.
//!
//! One lock over all of it: what happens, happens in one order, which is the order of the mod-sequences (RFC 7162 §3.1).

mod folder;
mod mail;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

pub use folder::{ALL_RIGHTS, Folder, Stored, TEAM_RIGHTS};
pub use mail::Mail;
pub use names::{FolderName, SHARED_PREFIX};

/// One login.
#[derive(Debug, Clone)]
pub struct User {
    /// The whole address, lower case: what one signs in with.
    pub login: String,
    /// What it signs in with.
    pub password: String,
    /// The addresses that the submission server lets it send as.
    pub may_send_as: BTreeSet<String>,
}

/// A mail that the submission server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Whose login it came by.
    pub login: String,
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// The mail as it came, dot-stuffing undone.
    pub raw: Vec<u8>,
    /// When it was taken.
    pub at: Timestamp,
}

/// All that the post office holds.
#[derive(Debug, Default)]
pub struct State {
    users: BTreeMap<String, User>,
    folders: BTreeMap<FolderName, Folder>,
    outgoing: Vec<Outgoing>,
    /// Logins behind which there is a person.
    people: BTreeSet<String>,
    last_validity: u32,
}

impl State {
    /// Adds a login with its own INBOX, Sent and Drafts.
    pub fn add_user(&mut self, login: &str, password: &str) {
        let login = login.to_ascii_lowercase();
        let may_send_as = BTreeSet::from([login.clone()]);
        self.users.insert(login.clone(), User { login: login.clone(), password: password.to_owned(), may_send_as });
        for path in ["INBOX", "Sent", "Drafts"] {
            self.create(FolderName::new(&login, path), BTreeMap::new());
        }
    }

    /// The login of this name.
    pub fn user(&self, login: &str) -> Option<&User> {
        self.users.get(&login.to_ascii_lowercase())
    }

    /// Lets a login send as one more address, or no longer.
    pub fn set_may_send_as(&mut self, login: &str, address: &str, may: bool) {
        if let Some(user) = self.users.get_mut(&login.to_ascii_lowercase()) {
            let address = address.to_ascii_lowercase();
            if may {
                user.may_send_as.insert(address);
            } else {
                user.may_send_as.remove(&address);
            }
        }
    }

    /// Whether the password is this login's.
    pub fn is_password_of(&self, login: &str, password: &str) -> bool {
        self.user(login).is_some_and(|user| user.password == password)
    }

    /// Notes that a person is behind this login: a simulated teammate of that name steps aside.
    pub fn note_person(&mut self, login: &str) {
        self.people.insert(login.to_ascii_lowercase());
    }

    /// Whether there is a person behind this login.
    pub fn has_person(&self, login: &str) -> bool {
        self.people.contains(&login.to_ascii_lowercase())
    }

    /// Creates a folder with the rights of others than its owner; `false` where there is one already.
    pub fn create(&mut self, name: FolderName, rights: BTreeMap<String, String>) -> bool {
        if self.folders.contains_key(&name) {
            return false;
        }
        self.last_validity += 1;
        self.folders.insert(name, Folder::new(FIRST_VALIDITY + self.last_validity, rights));
        true
    }

    /// Takes a folder away, as another client or an administrator might.
    pub fn remove(&mut self, name: &FolderName) -> bool {
        self.folders.remove(name).is_some()
    }

    /// The folder of this name.
    pub fn folder(&self, name: &FolderName) -> Option<&Folder> {
        self.folders.get(name)
    }

    /// The folder of this name, to be changed.
    pub fn folder_mut(&mut self, name: &FolderName) -> Option<&mut Folder> {
        self.folders.get_mut(name)
    }

    /// Two folders at once, the first to read and change, the second to write into; `None` where one is missing or both
    /// are the same.
    pub fn pair_mut(&mut self, from: &FolderName, to: &FolderName) -> Option<(&mut Folder, &mut Folder)> {
        if from == to {
            return None;
        }
        let mut found = (None, None);
        for (name, folder) in &mut self.folders {
            if name == from {
                found.0 = Some(folder);
            } else if name == to {
                found.1 = Some(folder);
            }
        }
        found.0.zip(found.1)
    }

    /// All folders of all mailboxes, by their names.
    pub fn folders(&self) -> impl Iterator<Item = (&FolderName, &Folder)> {
        self.folders.iter()
    }

    /// The rights of a login in a folder (RFC 4314): all in its own, the granted ones elsewhere.
    pub fn rights(&self, login: &str, name: &FolderName) -> String {
        match self.folders.get(name) {
            Some(_) if name.owner == login => ALL_RIGHTS.to_owned(),
            Some(folder) => folder.rights.get(login).cloned().unwrap_or_default(),
            None => String::new(),
        }
    }

    /// Grants a login these rights, and no others, in one folder of a mailbox, or in all of them.
    pub fn set_rights(&mut self, login: &str, owner: &str, path: Option<&str>, rights: &str) {
        for (name, folder) in &mut self.folders {
            if name.owner == owner && path.is_none_or(|path| name.path == path) {
                folder.rights.insert(login.to_owned(), rights.to_owned());
            }
        }
    }

    /// Gives a folder another UIDVALIDITY and all its mails new UIDs, as a server does that was restored from a backup.
    pub fn change_uid_validity(&mut self, name: &FolderName) {
        self.last_validity += 1;
        let validity = FIRST_VALIDITY + self.last_validity;
        if let Some(folder) = self.folders.get_mut(name) {
            folder.renumber(validity);
        }
    }

    /// Takes a mail from the submission server, and delivers it where a recipient is a mailbox of this office.
    pub fn submit(&mut self, outgoing: Outgoing) {
        for to in &outgoing.to {
            let inbox = FolderName::new(&to.to_ascii_lowercase(), "INBOX");
            if let Some(folder) = self.folders.get_mut(&inbox) {
                folder.append(Mail::new(outgoing.raw.clone(), outgoing.at), &[]);
            }
        }
        self.outgoing.push(outgoing);
    }

    /// Every mail that was submitted, oldest first.
    pub fn outgoing(&self) -> &[Outgoing] {
        &self.outgoing
    }
}

/// Any number will do (RFC 3501 §2.3.1.1); one that looks like a time, as real servers use, keeps nobody from
/// assuming small ones.
const FIRST_VALIDITY: u32 = 1_700_000_000;

/// The office: its state under one lock, and a bell that rings after every change.
#[derive(Debug)]
pub struct Post {
    state: Mutex<State>,
    bell: watch::Sender<u64>,
    /// What the demo's clock is ahead of the machine's.
    ahead: SignedDuration,
}

impl Post {
    /// An office whose clock shows `now` at this moment.
    pub fn new(state: State, now: Timestamp) -> Self {
        Self { state: Mutex::new(state), bell: watch::Sender::new(0), ahead: now.duration_since(Timestamp::now()) }
    }

    /// The office's clock.
    pub fn now(&self) -> Timestamp {
        Timestamp::now().checked_add(self.ahead).unwrap_or(Timestamp::MAX)
    }

    /// Looks, under the lock.
    pub fn look<R>(&self, look: impl FnOnce(&State) -> R) -> R {
        look(&self.lock())
    }

    /// Changes, under the lock, and rings the bell.
    pub fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let result = change(&mut self.lock());
        self.bell.send_modify(|count| *count += 1);
        result
    }

    /// Like [`Post::change`], ringing only where `change` says that something happened.
    pub fn change_if<R>(&self, change: impl FnOnce(&mut State) -> (R, bool)) -> R {
        let (result, changed) = change(&mut self.lock());
        if changed {
            self.bell.send_modify(|count| *count += 1);
        }
        result
    }

    /// Wakes whoever holds it after every change.
    pub fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked under the lock leaves no half change that the others could not live with.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
