//! What one session has been told of its selected folder, and what it has yet to be told (RFC 3501 §5.2, §7.4.1).

use super::cursor::Set;
use super::fetch::{self, Fetched, Item};
use crate::demo::post::{Folder, FolderName};

#[derive(Debug, Clone, Copy)]
struct Row {
    uid: u32,
    /// The mod-sequence of the flags that the session knows.
    told: u64,
}

/// The folder as the session sees it: its sequence numbers are places in `rows`.
#[derive(Debug)]
pub struct View {
    pub name: FolderName,
    pub read_only: bool,
    uid_validity: u32,
    rows: Vec<Row>,
}

/// How a session wants to be told.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    pub login: &'a str,
    /// It asked for mod-sequences (RFC 7162 §3.1).
    pub condstore: bool,
    pub private_seen: bool,
    /// No command is under way that counts by sequence numbers.
    pub may_expunge: bool,
}

impl View {
    /// Everything that is there is known; the caller tells how much.
    pub fn new(name: FolderName, folder: &Folder, read_only: bool) -> Self {
        let rows = folder.messages().iter().map(|m| Row { uid: m.uid, told: m.modseq }).collect();
        Self { name, read_only, uid_validity: folder.uid_validity, rows }
    }

    /// The UIDs in the order of their sequence numbers.
    pub fn uids(&self) -> Vec<u32> {
        self.rows.iter().map(|row| row.uid).collect()
    }

    /// The sequence numbers there are.
    pub fn numbers(&self) -> Vec<u32> {
        (1..=u32::try_from(self.rows.len()).unwrap_or(u32::MAX)).collect()
    }

    pub fn number_of(&self, uid: u32) -> Option<u32> {
        let at = self.rows.binary_search_by_key(&uid, |row| row.uid).ok()?;
        u32::try_from(at + 1).ok()
    }

    /// The UIDs that a set means, ascending.
    pub fn meant(&self, set: &Set, by_uid: bool) -> Vec<u32> {
        if by_uid {
            return set.of(&self.uids()).into_iter().collect();
        }
        set.of(&self.numbers()).into_iter().map(|number| self.rows[number as usize - 1].uid).collect()
    }

    /// Notes that the session was told the flags of this mod-sequence.
    pub fn note_told(&mut self, uid: u32, modseq: u64) {
        if let Ok(at) = self.rows.binary_search_by_key(&uid, |row| row.uid) {
            self.rows[at].told = modseq;
        }
    }

    /// Appends what is news; `false` where the folder is no longer the one that was selected.
    pub fn write_news(&mut self, folder: Option<&Folder>, telling: Telling, out: &mut Vec<u8>) -> bool {
        let Some(folder) = folder.filter(|folder| folder.uid_validity == self.uid_validity) else { return false };
        if telling.may_expunge {
            self.write_expunges(folder, out);
        }
        self.write_changes(folder, telling, out);
        let last_known = self.rows.last().map_or(0, |row| row.uid);
        let arrived = folder.messages().iter().filter(|m| m.uid > last_known);
        let before = self.rows.len();
        self.rows.extend(arrived.map(|m| Row { uid: m.uid, told: m.modseq }));
        if self.rows.len() > before {
            out.extend_from_slice(format!("* {} EXISTS\r\n", self.rows.len()).as_bytes());
        }
        true
    }

    fn write_expunges(&mut self, folder: &Folder, out: &mut Vec<u8>) {
        // From the end, so that the numbers told are right one by one.
        for at in (0..self.rows.len()).rev() {
            if folder.get(self.rows[at].uid).is_none() {
                self.rows.remove(at);
                out.extend_from_slice(format!("* {} EXPUNGE\r\n", at + 1).as_bytes());
            }
        }
    }

    fn write_changes(&mut self, folder: &Folder, telling: Telling, out: &mut Vec<u8>) {
        let items: &[Item] = if telling.condstore { &[Item::Uid, Item::ModSeq, Item::Flags] } else { &[Item::Flags] };
        for (at, row) in self.rows.iter_mut().enumerate() {
            let Some(message) = folder.get(row.uid).filter(|message| message.modseq > row.told) else { continue };
            row.told = message.modseq;
            let flags = message.flags_for(telling.login, telling.private_seen);
            let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
            let mail = &message.mail;
            fetch::write(out, &Fetched { number, uid: row.uid, modseq: message.modseq, flags: &flags, mail }, items);
        }
    }
}
