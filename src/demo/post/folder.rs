//! One folder: mails in the order of their UIDs, their flags, and the counters that RFC 3501 and RFC 7162 want.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Mail;
use crate::model::Flags;
use crate::wire::step::FlagChange;

/// What an owner may do.
pub const ALL_RIGHTS: &str = "lrswipkxtea";

/// What a teammate may do in a shared mailbox, unless a test says otherwise: all but to administer.
pub const TEAM_RIGHTS: &str = "lrswipkxte";

/// One mail in one folder.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its UID in this folder.
    pub uid: u32,
    /// The mod-sequence of its last change.
    pub modseq: u64,
    /// Its flags, the same for all but for a private `\Seen`.
    pub flags: Flags,
    /// Who has seen it, where `\Seen` is each login's own.
    pub seen_by: BTreeSet<String>,
    /// Its bytes.
    pub mail: Arc<Mail>,
}

impl Stored {
    /// The flags as this login sees them, `\Seen` its own where that is private.
    pub fn flags_for(&self, login: &str, private_seen: bool) -> Flags {
        let mut flags = self.flags.clone();
        if private_seen {
            flags.seen = self.seen_by.contains(login);
        }
        flags
    }
}

/// A folder.
#[derive(Debug)]
pub struct Folder {
    /// UIDVALIDITY.
    pub uid_validity: u32,
    uid_next: u32,
    highest_modseq: u64,
    messages: Vec<Stored>,
    /// Every keyword ever named here, in its first spelling. As on Dovecot, none is ever given back.
    keywords: Vec<String>,
    /// What others than the owner may do, by login.
    pub rights: BTreeMap<String, String>,
}

impl Folder {
    pub(super) fn new(uid_validity: u32, rights: BTreeMap<String, String>) -> Self {
        Self { uid_validity, uid_next: 1, highest_modseq: 1, messages: Vec::new(), keywords: Vec::new(), rights }
    }

    /// UIDNEXT.
    pub fn uid_next(&self) -> u32 {
        self.uid_next
    }

    /// HIGHESTMODSEQ.
    pub fn highest_modseq(&self) -> u64 {
        self.highest_modseq
    }

    /// Its mails, ascending by UID.
    pub fn messages(&self) -> &[Stored] {
        &self.messages
    }

    /// Every keyword ever named here, in its first spelling.
    pub fn keywords(&self) -> &[String] {
        &self.keywords
    }

    /// The mail with this UID.
    pub fn get(&self, uid: u32) -> Option<&Stored> {
        self.position(uid).map(|at| &self.messages[at])
    }

    fn position(&self, uid: u32) -> Option<usize> {
        self.messages.binary_search_by_key(&uid, |m| m.uid).ok()
    }

    /// Puts a mail at the end and says its UID.
    pub fn append(&mut self, mail: impl Into<Arc<Mail>>, flags: &[&str]) -> u32 {
        let flags = Flags::from_atoms(flags.iter().copied());
        self.append_with(mail.into(), flags, BTreeSet::new())
    }

    /// Puts a mail at the end with the flags and readers that it had elsewhere.
    pub fn append_with(&mut self, mail: Arc<Mail>, flags: Flags, seen_by: BTreeSet<String>) -> u32 {
        let uid = self.uid_next;
        self.uid_next += 1;
        let modseq = self.next_modseq();
        let flags = self.spelt(flags);
        self.messages.push(Stored { uid, modseq, flags, seen_by, mail });
        uid
    }

    /// Changes a mail's flags; `false` where it is not there or nothing would change, and then MODSEQ stays too.
    pub fn change(&mut self, uid: u32, change: &FlagChange) -> bool {
        let named = match change {
            FlagChange::Add(names) | FlagChange::Remove(names) | FlagChange::Replace(names) => names,
        };
        let named = Flags::from_atoms(named.iter().map(String::as_str));
        let named = self.spelt(named);
        let Some(at) = self.position(uid) else { return false };
        let before = &self.messages[at].flags;
        let after = match change {
            FlagChange::Replace(_) => named,
            FlagChange::Add(_) => union(before, &named),
            FlagChange::Remove(_) => difference(before, &named),
        };
        if *before == after {
            return false;
        }
        let modseq = self.next_modseq();
        self.messages[at].flags = after;
        self.messages[at].modseq = modseq;
        true
    }

    /// Sets or takes off one login's own `\Seen`; everybody sees the MODSEQ move, as on Dovecot.
    pub fn change_private_seen(&mut self, uid: u32, login: &str, seen: bool) -> bool {
        let Some(at) = self.position(uid) else { return false };
        let readers = &mut self.messages[at].seen_by;
        let changed = if seen { readers.insert(login.to_owned()) } else { readers.remove(login) };
        if changed {
            let modseq = self.next_modseq();
            self.messages[at].modseq = modseq;
        }
        changed
    }

    /// Takes mails away for good; gives them back in the order of their UIDs.
    pub fn expunge(&mut self, uids: &BTreeSet<u32>) -> Vec<Stored> {
        let gone: Vec<Stored> = self.messages.extract_if(.., |m| uids.contains(&m.uid)).collect();
        if !gone.is_empty() {
            self.next_modseq();
        }
        gone
    }

    /// New UIDs from 1 under another UIDVALIDITY.
    pub(super) fn renumber(&mut self, uid_validity: u32) {
        self.uid_validity = uid_validity;
        for at in 0..self.messages.len() {
            let modseq = self.next_modseq();
            self.messages[at].uid = u32::try_from(at + 1).unwrap_or(u32::MAX);
            self.messages[at].modseq = modseq;
        }
        self.uid_next = u32::try_from(self.messages.len() + 1).unwrap_or(u32::MAX);
    }

    fn next_modseq(&mut self) -> u64 {
        self.highest_modseq += 1;
        self.highest_modseq
    }

    /// Keywords in the spelling that the folder knows; new ones are remembered, whether they are used or not.
    pub fn spelt(&mut self, mut flags: Flags) -> Flags {
        for keyword in &mut flags.keywords {
            match self.keywords.iter().find(|known| known.eq_ignore_ascii_case(keyword)) {
                Some(known) => known.clone_into(keyword),
                None => self.keywords.push(keyword.clone()),
            }
        }
        flags
    }
}

fn union(a: &Flags, b: &Flags) -> Flags {
    let atoms: Vec<String> = a.atoms().into_iter().chain(b.atoms()).collect();
    Flags::from_atoms(atoms.iter().map(String::as_str))
}

fn difference(a: &Flags, b: &Flags) -> Flags {
    let taken = b.atoms();
    let left: Vec<String> =
        a.atoms().into_iter().filter(|flag| !taken.iter().any(|t| t.eq_ignore_ascii_case(flag))).collect();
    Flags::from_atoms(left.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use jiff::Timestamp;

    use super::{FlagChange, Folder, Mail};

    fn folder() -> Folder {
        let mut folder = Folder::new(1, BTreeMap::new());
        for _ in 0..3 {
            folder.append(Mail::new(b"Subject: x\r\n\r\nx\r\n".to_vec(), Timestamp::UNIX_EPOCH), &[]);
        }
        folder
    }

    #[test]
    fn a_change_that_changes_nothing_leaves_modseq_alone() {
        let mut folder = folder();
        assert!(folder.change(2, &FlagChange::Add(vec!["VIP".into()])));
        let modseq = folder.get(2).unwrap().modseq;
        assert!(!folder.change(2, &FlagChange::Add(vec!["vip".into()])));
        assert!(!folder.change(9, &FlagChange::Add(vec!["vip".into()])));
        assert_eq!(folder.get(2).unwrap().modseq, modseq);
        assert!(modseq > folder.get(3).unwrap().modseq);
    }

    #[test]
    fn the_first_spelling_of_a_keyword_stays() {
        let mut folder = folder();
        folder.change(1, &FlagChange::Add(vec!["Billing".into()]));
        folder.change(2, &FlagChange::Replace(vec!["BILLING".into(), "\\seen".into()]));
        assert_eq!(folder.get(2).unwrap().flags.atoms(), ["\\Seen", "Billing"]);
    }

    #[test]
    fn expunged_uids_are_never_given_again() {
        let mut folder = folder();
        assert_eq!(folder.expunge(&BTreeSet::from([1, 3, 7])).len(), 2);
        let uid = folder.append(Mail::new(Vec::new(), Timestamp::UNIX_EPOCH), &["\\Seen"]);
        assert_eq!(uid, 4);
        assert_eq!(folder.messages().iter().map(|m| m.uid).collect::<Vec<_>>(), [2, 4]);
    }
}
