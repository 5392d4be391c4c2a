//! The mailboxes of a login and how far each of their folders is known.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::columns::{self, keys_of, message_key, micros, timestamp, uid_of};
use super::error::{Error, Result};
use crate::model::{Capability, Grade, Mailbox, ModSeq, Rights, Role, Uid, UidValidity};

/// How far one folder is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderState {
    /// Its IMAP name.
    pub name: String,
    pub uidvalidity: UidValidity,
    /// All UIDs below this and from `known_from` on are in the cache, or gone.
    pub uidnext: Uid,
    /// UIDs from this on are in the cache; 1: the folder is wholly known.
    pub known_from: Uid,
    /// Flags are known as of this; `None` where the server has no CONDSTORE.
    pub highest_modseq: Option<ModSeq>,
    /// EXISTS, as the server told it.
    pub exists: u32,
}

impl FolderState {
    /// This, told by one connection, where another wrote `was` meanwhile: what either has read is known, with flags as of
    /// what holds for all of it.
    pub(crate) fn joined(self, was: &Self) -> Self {
        let is_within = |a: &Self, b: &Self| a.known_from >= b.known_from && a.uidnext <= b.uidnext;
        let is_apart = self.known_from > was.uidnext || was.known_from > self.uidnext;
        let (known_from, uidnext, highest_modseq) = match (is_within(&self, was), is_within(was, &self)) {
            (true, true) => (self.known_from, self.uidnext, self.highest_modseq.max(was.highest_modseq)),
            (false, true) => (self.known_from, self.uidnext, self.highest_modseq),
            (true, false) => (was.known_from, was.uidnext, was.highest_modseq),
            // What nobody has read lies between them.
            (false, false) if is_apart => (was.known_from, was.uidnext, was.highest_modseq),
            (false, false) => (
                self.known_from.min(was.known_from),
                self.uidnext.max(was.uidnext),
                self.highest_modseq.min(was.highest_modseq),
            ),
        };
        Self { known_from, uidnext, highest_modseq, ..self }
    }

    /// Whether nothing older is left to be fetched.
    pub fn is_whole(&self) -> bool {
        self.known_from.0 <= 1
    }
}

/// Forgets as of when flags are known, of the folder and of each message in it.
pub(crate) fn forget_modseqs(cache: &Connection, mailbox: i64, role: Role) -> Result<()> {
    let Some((folder, _)) = folder(cache, mailbox, role)? else { return Ok(()) };
    cache.execute("UPDATE folder SET highest_modseq = NULL WHERE id = ?1", [folder])?;
    cache.execute("UPDATE message SET modseq = NULL WHERE id BETWEEN ?1 AND ?2", keys_of(folder))?;
    Ok(())
}

/// A mailbox's row, as far as writing needs it.
pub(crate) struct Known {
    pub id: i64,
    pub key: String,
    pub since: Option<Timestamp>,
}

/// The mailbox with this key.
pub(crate) fn known(cache: &Connection, key: &str) -> Result<Known> {
    find(cache, key)?.ok_or_else(|| Error::NoSuchMailbox(key.to_owned()))
}

pub(crate) fn find(cache: &Connection, key: &str) -> Result<Option<Known>> {
    let mut statement = cache.prepare_cached("SELECT id, key, since FROM mailbox WHERE key = ?1")?;
    let row = |row: &Row| {
        Ok(Known { id: row.get(0)?, key: row.get(1)?, since: row.get::<_, Option<i64>>(2)?.map(timestamp) })
    };
    Ok(statement.query_row([key], row).optional()?)
}

/// Ids and keys of the mailboxes of a query: the one named, or all.
pub(crate) fn scope(cache: &Connection, key: Option<&str>) -> Result<Vec<(i64, String)>> {
    if let Some(key) = key {
        return Ok(find(cache, key)?.map(|known| (known.id, known.key)).into_iter().collect());
    }
    let mut statement = cache.prepare_cached("SELECT id, key FROM mailbox ORDER BY place, id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes what is known of a mailbox. The mailbox's place in the list is that of its first writing.
pub(crate) fn put(cache: &Connection, mailbox: &Mailbox, since: Option<Timestamp>) -> Result<()> {
    let folders: BTreeMap<&str, &str> = mailbox.folders.iter().map(|(r, name)| (r.as_str(), name.as_str())).collect();
    let rights: Option<BTreeMap<&str, &str>> =
        mailbox.rights.as_ref().map(|all| all.iter().map(|(r, rights)| (r.as_str(), rights.0.as_str())).collect());
    let rights = rights.map(|all| serde_json::to_string(&all)).transpose()?;
    let may: Vec<&str> = mailbox.may.iter().map(|c| capability_word(*c)).collect();
    cache.execute(
        "INSERT INTO mailbox (key, place, address, name, addresses, account, root, folders, rights, grade, may, since)
         VALUES (?1, (SELECT coalesce(max(place), 0) + 1 FROM mailbox), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (key) DO UPDATE SET address = ?2, name = ?3, addresses = ?4, account = ?5, root = ?6,
             folders = ?7, rights = ?8, grade = ?9, may = ?10, since = ?11
         WHERE (address, name, addresses, account, root, folders, rights, grade, may, since)
             IS NOT (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        (
            mailbox.key(),
            &mailbox.address,
            &mailbox.name,
            columns::list(&mailbox.addresses)?,
            &mailbox.account,
            &mailbox.root,
            serde_json::to_string(&folders)?,
            rights,
            mailbox.grade.to_string(),
            serde_json::to_string(&may)?,
            since.map(micros),
        ),
    )?;
    Ok(())
}

/// All mailboxes, in the order in which they were first found.
pub(crate) fn all(cache: &Connection) -> Result<Vec<Mailbox>> {
    let mut statement = cache.prepare_cached(
        "SELECT address, name, addresses, account, root, folders, rights, grade, may FROM mailbox ORDER BY place, id",
    )?;
    let rows = statement.query_map([], |row| {
        let by_role = |text: String| -> BTreeMap<Role, String> {
            let words: BTreeMap<String, String> = serde_json::from_str(&text).unwrap_or_default();
            words.into_iter().filter_map(|(word, value)| Some((Role::parse(&word)?, value))).collect()
        };
        let rights = row.get::<_, Option<String>>(6)?.map(by_role);
        let may: Vec<String> = columns::unlist(&row.get::<_, String>(8)?);
        Ok(Mailbox {
            address: row.get(0)?,
            name: row.get(1)?,
            addresses: columns::unlist(&row.get::<_, String>(2)?),
            account: row.get(3)?,
            root: row.get(4)?,
            folders: by_role(row.get(5)?),
            rights: rights.map(|all| all.into_iter().map(|(role, letters)| (role, Rights(letters))).collect()),
            grade: grade(&row.get::<_, String>(7)?),
            may: CAPABILITIES.into_iter().filter(|c| may.iter().any(|word| word == capability_word(*c))).collect(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets all mailboxes but those with these keys, with everything that was cached of them.
pub(crate) fn forget_but(cache: &Connection, keys: &[String]) -> Result<()> {
    for (id, key) in scope(cache, None)? {
        if keys.contains(&key) {
            continue;
        }
        let folders: Vec<i64> = {
            let mut statement = cache.prepare("SELECT id FROM folder WHERE mailbox = ?1")?;
            statement.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
        };
        for folder in folders {
            let (first, last) = keys_of(folder);
            for table in
                ["DELETE FROM body WHERE message BETWEEN ?1 AND ?2", "DELETE FROM header WHERE id BETWEEN ?1 AND ?2"]
            {
                cache.execute(table, (first, last))?;
            }
        }
        for table in ["message", "reference", "conversation", "tally", "folder"] {
            cache.execute(&format!("DELETE FROM {table} WHERE mailbox = ?1"), [id])?;
        }
        cache.execute("DELETE FROM mailbox WHERE id = ?1", [id])?;
    }
    Ok(())
}

/// The folder's id and state.
pub(crate) fn folder(cache: &Connection, mailbox: i64, role: Role) -> Result<Option<(i64, FolderState)>> {
    let mut statement = cache.prepare_cached(
        "SELECT id, name, uidvalidity, uidnext, known_from, highest_modseq, message_count
         FROM folder WHERE mailbox = ?1 AND role = ?2",
    )?;
    let row = |row: &Row| {
        let state = FolderState {
            name: row.get(1)?,
            uidvalidity: UidValidity(row.get(2)?),
            uidnext: Uid(row.get(3)?),
            known_from: Uid(row.get(4)?),
            highest_modseq: columns::modseq(row.get(5)?),
            exists: row.get(6)?,
        };
        Ok((row.get(0)?, state))
    };
    Ok(statement.query_row((mailbox, role.as_str()), row).optional()?)
}

/// Writes a folder's state and gives its id.
pub(crate) fn put_folder(cache: &Connection, mailbox: i64, role: Role, state: &FolderState) -> Result<i64> {
    let mut statement = cache.prepare_cached(
        "INSERT INTO folder (mailbox, role, name, uidvalidity, uidnext, known_from, highest_modseq, message_count)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (mailbox, role) DO UPDATE SET name = ?3, uidvalidity = ?4, uidnext = ?5, known_from = ?6,
             highest_modseq = ?7, message_count = ?8
         RETURNING id",
    )?;
    let values = (
        mailbox,
        role.as_str(),
        &state.name,
        state.uidvalidity.0,
        state.uidnext.0,
        state.known_from.0,
        columns::modseq_column(state.highest_modseq),
        state.exists,
    );
    Ok(statement.query_row(values, |row| row.get(0))?)
}

/// The roles of a mailbox's folders by their ids.
pub(crate) fn roles(cache: &Connection, mailbox: i64) -> Result<Vec<(i64, Role)>> {
    let mut statement = cache.prepare_cached("SELECT id, role FROM folder WHERE mailbox = ?1")?;
    let rows = statement.query_map([mailbox], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let mut roles = Vec::new();
    for row in rows {
        let (id, word) = row?;
        roles.extend(Role::parse(&word).map(|role| (id, role)));
    }
    Ok(roles)
}

/// The UIDs of a folder that are in the cache, ascending.
pub(crate) fn known_uids(cache: &Connection, mailbox: i64, role: Role) -> Result<Vec<Uid>> {
    known_uids_below(cache, mailbox, role, Uid(u32::MAX))
}

/// Those below this one.
pub(crate) fn known_uids_below(cache: &Connection, mailbox: i64, role: Role, below: Uid) -> Result<Vec<Uid>> {
    let Some((id, _)) = folder(cache, mailbox, role)? else { return Ok(Vec::new()) };
    let mut statement = cache.prepare_cached("SELECT id FROM message WHERE id >= ?1 AND id < ?2 ORDER BY id")?;
    let rows = statement.query_map((keys_of(id).0, message_key(id, below)), |row| row.get::<_, i64>(0))?;
    rows.map(|key| Ok(uid_of(key?))).collect()
}

/// How many messages of a folder are in the cache.
pub(crate) fn known_count(cache: &Connection, mailbox: i64, role: Role) -> Result<u32> {
    let Some((id, _)) = folder(cache, mailbox, role)? else { return Ok(0) };
    let mut statement = cache.prepare_cached("SELECT count(*) FROM message WHERE id BETWEEN ?1 AND ?2")?;
    Ok(statement.query_row(keys_of(id), |row| row.get(0))?)
}

const CAPABILITIES: [Capability; 5] =
    [Capability::Read, Capability::Seen, Capability::Claim, Capability::Send, Capability::Archive];

fn capability_word(capability: Capability) -> &'static str {
    match capability {
        Capability::Read => "read",
        Capability::Seen => "seen",
        Capability::Claim => "claim",
        Capability::Send => "send",
        Capability::Archive => "archive",
    }
}

fn grade(letter: &str) -> Grade {
    [Grade::A, Grade::B, Grade::C].into_iter().find(|g| g.to_string() == letter).unwrap_or(Grade::D)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(known_from: u32, uidnext: u32, modseq: u64) -> FolderState {
        FolderState {
            name: "INBOX".into(),
            uidvalidity: UidValidity(1),
            uidnext: Uid(uidnext),
            known_from: Uid(known_from),
            highest_modseq: Some(ModSeq(modseq)),
            exists: 0,
        }
    }

    #[test]
    fn what_two_connections_read_is_known_with_flags_as_of_what_holds_for_all_of_it() {
        let cases = [
            // The same, later: flags alone.
            (state(1, 9, 7), state(1, 9, 5), state(1, 9, 7)),
            (state(1, 9, 5), state(1, 9, 7), state(1, 9, 7)),
            // Older mail was read; new mail came in.
            (state(3, 9, 5), state(6, 9, 5), state(3, 9, 5)),
            (state(6, 11, 8), state(6, 9, 5), state(6, 11, 8)),
            // One has read older mail while the other took in new mail.
            (state(6, 11, 8), state(3, 9, 5), state(3, 11, 5)),
            // Another began it as well: nothing is lost, and nothing is taken for known that nobody read.
            (state(9, 9, 8), state(6, 9, 5), state(6, 9, 5)),
            (state(11, 11, 8), state(6, 9, 5), state(6, 9, 5)),
        ];
        for (told, was, joined) in cases {
            assert_eq!(told.clone().joined(&was), joined, "{told:?} {was:?}");
        }
    }
}
