//! Mails, and a folder that keeps them, for the tests of this layer.

use jiff::Timestamp;

use super::step::{Ask, FlagChange, Protocol, Sight, Step, Told};
use crate::model::{Address, Flags, Handle, Message, MessageId, ModSeq, Role, Uid};

/// A customer's mail, one minute younger for each UID.
pub fn message(folder: Role, uid: u32) -> Message {
    Message {
        folder,
        uid: Uid(uid),
        modseq: Some(ModSeq(u64::from(uid))),
        internal_date: at(uid),
        size: 1000,
        flags: Flags::default(),
        message_id: Some(MessageId(format!("{uid}@customer.test"))),
        references: Vec::new(),
        in_reply_to: Vec::new(),
        date: format!("Tue, 24 Nov 2026 10:{uid:02}:00 +0000"),
        from_raw: "Carla <carla@customer.test>".into(),
        subject_raw: "Where is my parcel?".into(),
        subject: "Where is my parcel?".into(),
        from: vec![Address { name: Some("Carla".into()), email: "carla@customer.test".into() }],
        sender: Vec::new(),
        reply_to: Vec::new(),
        to: vec![Address::bare("support@example.test")],
        cc: Vec::new(),
        delivered_to: Vec::new(),
        content_type: "text/plain".into(),
        auto_submitted: None,
        list_id: None,
    }
}

/// An answer of the team to the message with this UID, as it lies in Sent.
pub fn answer(uid: u32, to: u32) -> Message {
    let mut m = message(Role::Sent, uid);
    m.message_id = Some(MessageId(format!("{uid}@example.test")));
    m.in_reply_to = vec![MessageId(format!("{to}@customer.test"))];
    m.references = m.in_reply_to.clone();
    m.from = vec![Address::bare("support@example.test")];
    m.from_raw = "support@example.test".into();
    m.to = vec![Address { name: Some("Carla".into()), email: "carla@customer.test".into() }];
    m
}

/// The minute at which a message with this UID arrives.
pub fn at(uid: u32) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + i64::from(uid) * 60).unwrap()
}

/// Flags from the words of a FLAGS list, apart by blanks.
pub fn flags(atoms: &str) -> Flags {
    Flags::from_atoms(atoms.split_whitespace())
}

/// A handle.
pub fn handle(name: &str) -> Handle {
    Handle::new(name).unwrap()
}

/// A folder that keeps what it is told, with CONDSTORE; and the loop that carries a protocol out on it.
#[derive(Debug, Clone, Default)]
pub struct Folder {
    pub messages: Vec<Sight>,
    pub modseq: u64,
    /// Says OK and keeps nothing.
    pub is_deaf: bool,
    pub refuses: bool,
    /// Refuses to add this keyword.
    pub refuses_keyword: Option<&'static str>,
    pub refuses_move: bool,
    pub moved: Vec<Uid>,
    /// All that was asked, in order.
    pub asked: Vec<Ask>,
    pub now_ms: u64,
}

impl Folder {
    /// Customers' mails with UID 1, 2, … and these flags.
    pub fn new(flags_of_each: &[&str]) -> Self {
        let mut folder = Self { modseq: 100, ..Self::default() };
        for atoms in flags_of_each {
            folder.arrive(atoms);
        }
        folder
    }

    pub fn arrive(&mut self, atoms: &str) {
        self.modseq += 1;
        let uid = Uid(self.messages.last().map_or(1, |m| m.uid.0 + 1));
        let (modseq, flags) = (Some(ModSeq(self.modseq)), flags(atoms));
        self.messages.push(Sight { uid, modseq, flags, incoming: true, auto_reply: false });
    }

    pub fn flags(&self, uid: u32) -> String {
        self.messages.iter().find(|m| m.uid == Uid(uid)).map_or("gone".into(), |m| m.flags.atoms().join(" "))
    }

    /// Somebody else's unguarded change.
    pub fn set(&mut self, uid: u32, atoms: &str) {
        self.modseq += 1;
        if let Some(m) = self.messages.iter_mut().find(|m| m.uid == Uid(uid)) {
            (m.flags, m.modseq) = (flags(atoms), Some(ModSeq(self.modseq)));
        }
    }

    pub fn expunge(&mut self, uid: u32) {
        self.messages.retain(|m| m.uid != Uid(uid));
    }

    pub fn carry_out(&mut self, ask: &Ask) -> Told {
        self.asked.push(ask.clone());
        match ask {
            Ask::Look => Told::Seen(self.messages.clone()),
            Ask::Wait { to_ms, .. } => {
                self.now_ms += to_ms;
                Told::Waited
            }
            Ask::Move { uids } => {
                if !self.refuses_move {
                    self.messages.retain(|m| !uids.contains(&m.uid));
                    self.moved.extend(uids);
                }
                Told::Moved { accepted: !self.refuses_move }
            }
            Ask::Store { uid, unchanged_since, change } => self.store(*uid, *unchanged_since, change),
        }
    }

    fn store(&mut self, uid: Uid, unchanged_since: Option<ModSeq>, change: &FlagChange) -> Told {
        let adds = |keyword: &str| match change {
            FlagChange::Add(on) | FlagChange::Replace(on) => on.iter().any(|k| k == keyword),
            FlagChange::Remove(_) => false,
        };
        if self.refuses || self.refuses_keyword.is_some_and(adds) {
            return Told::Stored { accepted: false, modified: false, fetched: false };
        }
        let nothing = Told::Stored { accepted: true, modified: false, fetched: false };
        if self.is_deaf {
            return nothing;
        }
        let Some(message) = self.messages.iter_mut().find(|m| m.uid == uid) else { return nothing };
        if unchanged_since.is_some_and(|guard| message.modseq > Some(guard)) {
            return Told::Stored { accepted: true, modified: true, fetched: true };
        }
        let after = changed(&message.flags, change);
        if after == message.flags {
            return nothing;
        }
        self.modseq += 1;
        (message.flags, message.modseq) = (after, Some(ModSeq(self.modseq)));
        Told::Stored { accepted: true, modified: false, fetched: true }
    }

    /// Drives a protocol to its end; `before` may change the folder before each ask is carried out.
    pub fn drive<P>(&mut self, start: (P, Ask), mut before: impl FnMut(&Ask, &mut Self)) -> P::Outcome
    where
        P: Protocol<Ask = Ask, Told = Told>,
    {
        let (mut protocol, mut ask) = start;
        for _ in 0..1000 {
            before(&ask, self);
            let told = self.carry_out(&ask);
            match protocol.next(told, self.now_ms) {
                Step::Ask(next) => ask = next,
                Step::Finished(outcome) => return outcome,
            }
        }
        panic!("it never ends: {:?}", &self.asked[self.asked.len() - 10..]);
    }

    /// Drives a protocol to its end, undisturbed.
    pub fn run<P>(&mut self, start: (P, Ask)) -> P::Outcome
    where
        P: Protocol<Ask = Ask, Told = Told>,
    {
        self.drive(start, |_, _| {})
    }

    /// How many STOREs were asked for.
    pub fn stores(&self) -> usize {
        self.asked.iter().filter(|a| matches!(a, Ask::Store { .. })).count()
    }
}

/// The flags after a STORE.
pub fn changed(before: &Flags, change: &FlagChange) -> Flags {
    let atoms = before.atoms();
    let has = |list: &[String], atom: &str| list.iter().any(|a| a.eq_ignore_ascii_case(atom));
    match change {
        FlagChange::Add(on) => Flags::from_atoms(atoms.iter().chain(on).map(String::as_str)),
        FlagChange::Remove(off) => Flags::from_atoms(atoms.iter().filter(|a| !has(off, a)).map(String::as_str)),
        FlagChange::Replace(all) => Flags::from_atoms(all.iter().map(String::as_str)),
    }
}
