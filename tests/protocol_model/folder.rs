//! A folder of a server as the protocols see it, with the habits of real ones: an OK that means nothing, a guard that does
//! not hold, a MODSEQ moved by what nobody sees.

use bagsy::model::{Flags, Handle, ModSeq, Uid};
use bagsy::wire::keywords;
use bagsy::wire::step::{FlagChange, Sight, Told};

/// The people of a model, by number.
pub const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dave"];

pub fn handle(person: usize) -> Handle {
    Handle::new(PEOPLE[person]).expect("a handle")
}

/// The person's number.
pub fn person(handle: &Handle) -> usize {
    PEOPLE.iter().position(|p| *p == handle.as_str()).expect("one of the model's people")
}

/// Keywords and flags of which the protocols speak, beside claims.
const NAMES: [&str; 6] = [
    keywords::WAITING,
    keywords::DONE,
    keywords::VOID,
    keywords::SUBMIT_PENDING,
    keywords::SUBMITTED,
    keywords::ANSWERED,
];

/// One message: its flags as bits, people's claims lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mail {
    pub uid: u8,
    pub modseq: u8,
    bits: u16,
}

impl Mail {
    pub fn new(uid: u8, modseq: u8) -> Self {
        Self { uid, modseq, bits: 0 }
    }

    pub fn has(&self, name: &str) -> bool {
        self.bits & bit(name) != 0
    }

    pub fn set(&mut self, name: &str) {
        self.bits |= bit(name);
    }

    pub fn is_claimed_by(&self, person: usize) -> bool {
        self.bits & 1 << person != 0
    }

    pub fn flags(&self) -> Flags {
        let names = (0..PEOPLE.len()).map(|p| keywords::claim(&handle(p))).chain(NAMES.map(str::to_owned));
        let atoms: Vec<String> = names.enumerate().filter(|(i, _)| self.bits & 1 << i != 0).map(|(_, n)| n).collect();
        Flags::from_atoms(atoms.iter().map(String::as_str))
    }

    pub fn sight(&self) -> Sight {
        Sight {
            uid: Uid(self.uid.into()),
            modseq: Some(ModSeq(self.modseq.into())),
            flags: self.flags(),
            incoming: true,
            auto_reply: false,
        }
    }

    fn changed(&self, change: &FlagChange) -> u16 {
        let mask = |names: &[String]| names.iter().map(|n| bit(n)).fold(0, |a, b| a | b);
        match change {
            FlagChange::Add(on) => self.bits | mask(on),
            FlagChange::Remove(off) => self.bits & !mask(off),
            FlagChange::Replace(all) => mask(all),
        }
    }
}

fn bit(name: &str) -> u16 {
    if let Some(claimant) = keywords::claimant(name) {
        return 1 << person(&claimant);
    }
    let at = NAMES.iter().position(|n| n.eq_ignore_ascii_case(name));
    1 << (PEOPLE.len() + at.unwrap_or_else(|| panic!("{name} is no part of the model")))
}

/// The people named by a change of claims.
pub fn claims_of(change: &FlagChange) -> Vec<usize> {
    let (FlagChange::Add(names) | FlagChange::Remove(names) | FlagChange::Replace(names)) = change;
    names.iter().filter_map(|n| keywords::claimant(n)).map(|h| person(&h)).collect()
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Folder {
    /// Ascending.
    pub mails: Vec<Mail>,
    pub next_uid: u8,
    pub modseq: u8,
}

impl Folder {
    /// `count` fresh mails.
    pub fn with(count: u8) -> Self {
        let mut folder = Self { next_uid: 1, ..Self::default() };
        for _ in 0..count {
            folder.arrive();
        }
        folder
    }

    /// A mail comes in; nobody else's MODSEQ moves.
    pub fn arrive(&mut self) -> &mut Mail {
        self.modseq += 1;
        self.mails.push(Mail::new(self.next_uid, self.modseq));
        self.next_uid += 1;
        self.mails.last_mut().expect("just pushed")
    }

    pub fn mail(&self, uid: u8) -> Option<&Mail> {
        self.mails.iter().find(|m| m.uid == uid)
    }

    pub fn expunge(&mut self, uid: u8) {
        self.mails.retain(|m| m.uid != uid);
    }

    /// Somebody's private `\Seen`: the MODSEQ moves and nothing can be seen.
    pub fn touch(&mut self, uid: u8) {
        self.modseq += 1;
        let modseq = self.modseq;
        if let Some(mail) = self.mails.iter_mut().find(|m| m.uid == uid) {
            mail.modseq = modseq;
        }
    }

    pub fn sights(&self) -> Vec<Sight> {
        self.mails.iter().map(Mail::sight).collect()
    }

    /// Whether the guard of a STORE still holds.
    pub fn holds(&self, uid: Uid, guard: Option<ModSeq>) -> bool {
        let mail = self.mails.iter().find(|m| Uid(m.uid.into()) == uid);
        mail.is_none_or(|m| guard.is_none_or(|g| ModSeq(m.modseq.into()) <= g))
    }

    /// Carries a STORE out whatever its guard says. Whether anything changed.
    pub fn apply(&mut self, uid: Uid, change: &FlagChange) -> bool {
        let modseq = self.modseq + 1;
        let Some(mail) = self.mails.iter_mut().find(|m| Uid(m.uid.into()) == uid) else { return false };
        let after = mail.changed(change);
        if after == mail.bits {
            return false;
        }
        (mail.bits, mail.modseq) = (after, modseq);
        self.modseq = modseq;
        true
    }

    /// A STORE on a server without bad habits.
    pub fn store(&mut self, uid: Uid, guard: Option<ModSeq>, change: &FlagChange) -> Told {
        if !self.holds(uid, guard) {
            return Told::Stored { accepted: true, modified: true, fetched: true };
        }
        let fetched = self.apply(uid, change);
        Told::Stored { accepted: true, modified: false, fetched }
    }
}
