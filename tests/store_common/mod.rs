//! A cache in a temporary folder, and mails to put into it.
#![allow(dead_code)] // Each test file uses its own part.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bagsy::model::*;
use bagsy::store::{Applied, Batch, FolderState, Reader, Writer};
use jiff::Timestamp;
use tempfile::TempDir;

pub const SUPPORT: &str = "support@example.test";

/// A cache with one mailbox, written by alice.
pub struct Cache {
    pub writer: Writer,
    pub folder: TempDir,
}

impl Cache {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bagsy").join("work.sqlite");
        let mut writer = Writer::open(&path, Some(&handle("alice"))).unwrap();
        writer.put_mailbox(&mailbox(SUPPORT), None).unwrap();
        Self { writer, folder }
    }

    pub fn path(&self) -> PathBuf {
        self.writer.path().to_owned()
    }

    pub fn reader(&self) -> Reader {
        Reader::open(&self.path()).unwrap()
    }

    pub fn add(&mut self, messages: Vec<Message>) -> Applied {
        let role = messages[0].folder;
        self.writer.apply(SUPPORT, role, Batch { messages, ..batch() }, false).unwrap()
    }

    pub fn flag(&mut self, role: Role, uid: u32, atoms: &str) -> Applied {
        let flags = vec![(Uid(uid), Some(ModSeq(9)), flags(atoms))];
        self.writer.apply(SUPPORT, role, Batch { flags, ..batch() }, false).unwrap()
    }

    pub fn vanish(&mut self, role: Role, uids: &[u32]) -> Applied {
        let vanished = uids.iter().map(|uid| Uid(*uid)).collect();
        self.writer.apply(SUPPORT, role, Batch { vanished, ..batch() }, false).unwrap()
    }

    /// The words of the events so far, each with who did it.
    pub fn events(&self) -> Vec<String> {
        let changes = self.reader().changes_after(0).unwrap();
        let word = |c: Change| match c.by {
            Some(by) => format!("{} {by}", c.kind.as_str()),
            None => c.kind.as_str().to_owned(),
        };
        changes.into_iter().map(|(_, change)| word(change)).collect()
    }
}

pub fn handle(name: &str) -> Handle {
    Handle::new(name).unwrap()
}

pub fn mailbox(address: &str) -> Mailbox {
    Mailbox {
        address: Some(address.to_owned()),
        name: Some("Example Support".into()),
        addresses: vec!["help@example.test".into()],
        account: "work".into(),
        root: format!("shared/{address}"),
        folders: BTreeMap::from([
            (Role::Inbox, format!("shared/{address}")),
            (Role::Sent, format!("shared/{address}/Sent")),
        ]),
        rights: Some(BTreeMap::from([(Role::Inbox, Rights("lrsw".into()))])),
        grade: Grade::A,
        may: vec![Capability::Read, Capability::Claim],
    }
}

pub fn batch() -> Batch {
    Batch {
        reset: false,
        state: FolderState {
            name: "folder".into(),
            uidvalidity: UidValidity(1),
            uidnext: Uid(1000),
            known_from: Uid(1),
            highest_modseq: Some(ModSeq(7)),
            exists: 3,
        },
        messages: Vec::new(),
        flags: Vec::new(),
        vanished: Vec::new(),
    }
}

pub fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + minute * 60).unwrap()
}

pub fn flags(atoms: &str) -> Flags {
    Flags::from_atoms(atoms.split_whitespace())
}

pub fn ids(text: &str) -> Vec<MessageId> {
    text.split_whitespace().map(|id| MessageId(id.to_owned())).collect()
}

/// A customer's mail in INBOX that came in the minute of its UID; `references` by their ids.
pub fn mail(uid: u32, id: &str, references: &str) -> Message {
    Message {
        folder: Role::Inbox,
        uid: Uid(uid),
        modseq: Some(ModSeq(u64::from(uid))),
        internal_date: at(uid.into()),
        size: 1000 + uid,
        flags: Flags::default(),
        message_id: Some(MessageId(id.to_owned())),
        references: ids(references),
        in_reply_to: ids(references).pop().into_iter().collect(),
        date: format!("Tue, 24 Nov 2026 14:00:{:02} +0000", uid % 60),
        from_raw: format!("{id} <{id}@customer.test>"),
        subject_raw: format!("About {id}"),
        subject: format!("About {id}"),
        from: vec![Address { name: Some(format!("Carla {id}")), email: format!("{id}@customer.test") }],
        sender: Vec::new(),
        reply_to: Vec::new(),
        to: vec![Address::bare(SUPPORT)],
        cc: Vec::new(),
        delivered_to: vec![SUPPORT.to_owned()],
        content_type: "text/plain".into(),
        auto_submitted: None,
        list_id: None,
    }
}

/// Our answer in Sent.
pub fn answer(uid: u32, id: &str, references: &str) -> Message {
    let mut message = mail(uid, id, references);
    message.folder = Role::Sent;
    message.from = vec![Address::bare(SUPPORT)];
    message.flags = flags("\\Seen");
    message
}
