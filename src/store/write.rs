//! The one who writes the cache: the engine has it, and nobody else.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::apply::{Applied, Apply, Batch};
use super::desk::Desk;
use super::error::{File, Result};
use super::mailbox::{self, FolderState};
use super::schema::CACHE;
use super::{assignment, body, file, lost_lock, row, search};
use crate::model::{Handle, Mailbox, Role, Uid};

/// The writing end of a login's cache, with its desk. Several processes may have one each; a transaction of one waits for
/// that of another.
#[derive(Debug)]
pub struct Writer {
    cache: Connection,
    path: PathBuf,
    me: Option<Handle>,
    desk: Desk,
}

impl Writer {
    /// Opens the cache at this path and the desk beside it; makes what is missing, brings up to date what is older. `me`:
    /// whose claims are "mine".
    ///
    /// # Errors
    /// See [`super::Error`]; where [`super::Error::can_be_set_aside`] says so, [`super::set_aside`] helps.
    pub fn open(path: &Path, me: Option<&Handle>) -> Result<Self> {
        // The desk first: whoever finds a cache finds a desk.
        let desk = Desk::open(path)?;
        let cache = file::open(&CACHE, path, "NORMAL")?;
        let mut writer = Self { cache, path: path.to_owned(), me: me.cloned(), desk };
        writer.write(|cache| know_me(cache, me))?;
        Ok(writer)
    }

    /// The path of the cache.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Outbox and drafts.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// So far is the server's clock ahead of this machine's.
    pub fn note_clock(&mut self, ahead: SignedDuration) -> Result<()> {
        self.write(|cache| {
            cache.execute(
                "INSERT INTO setting (name, value) VALUES ('clock', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1",
                [ahead.as_secs().to_string()],
            )?;
            Ok(())
        })
    }

    /// Writes what is known of a mailbox; conversations older than `since` are no work.
    pub fn put_mailbox(&mut self, mailbox: &Mailbox, since: Option<Timestamp>) -> Result<()> {
        let me = self.me.clone();
        self.write(|cache| {
            let before = mailbox::find(cache, mailbox.key())?;
            mailbox::put(cache, mailbox, since)?;
            let after = mailbox::known(cache, mailbox.key())?;
            if before.is_some_and(|before| before.since != after.since) {
                let now = Timestamp::now();
                let apply = Apply { cache, mailbox: after, role: Role::Inbox, me: me.as_ref(), quiet: true, now };
                apply.summarise_all()?;
            }
            Ok(())
        })
    }

    /// Forgets all mailboxes but those with these keys.
    pub fn forget_mailboxes_but(&mut self, keys: &[String]) -> Result<()> {
        self.write(|cache| mailbox::forget_but(cache, keys))
    }

    /// All mailboxes.
    pub fn mailboxes(&self) -> Result<Vec<Mailbox>> {
        self.read(mailbox::all)
    }

    /// How far a folder is known; `None`: not at all.
    pub fn folder(&self, mailbox: &str, role: Role) -> Result<Option<FolderState>> {
        self.read(|cache| {
            let known = mailbox::known(cache, mailbox)?;
            Ok(mailbox::folder(cache, known.id, role)?.map(|(_, state)| state))
        })
    }

    /// Takes in one step of a folder's sync, all of it or nothing. `quiet`: none of it is news (a first filling).
    pub fn apply(&mut self, mailbox: &str, role: Role, batch: Batch, quiet: bool) -> Result<Applied> {
        let me = self.me.clone();
        self.write(|cache| {
            let mailbox = mailbox::known(cache, mailbox)?;
            Apply { cache, mailbox, role, me: me.as_ref(), quiet, now: Timestamp::now() }.batch(batch)
        })
    }

    /// `by` is about to give a conversation to `to` through this cache: whoever sees that change first tells it as that.
    pub fn begin_assignment(&mut self, mailbox: &str, root: &str, to: &Handle, by: &Handle) -> Result<()> {
        self.write(|cache| assignment::begin(cache, mailbox, root, (to, by), Timestamp::now()))
    }

    /// What [`Writer::begin_assignment`] announced came to its end, done or not.
    pub fn end_assignment(&mut self, mailbox: &str, root: &str, to: &Handle) -> Result<()> {
        self.write(|cache| assignment::end(cache, mailbox, root, to))
    }

    /// What was to be done about a lock that left INBOX is done, or is not to be done any more.
    pub fn settle_lost_lock(&mut self, mailbox: &str, lock: &str) -> Result<()> {
        self.write(|cache| {
            let known = mailbox::known(cache, mailbox)?;
            lost_lock::settle(cache, known.id, lock)
        })
    }

    /// The folder's mod-sequences mean nothing any more, those of its messages neither: all flags are to be read anew.
    pub fn forget_modseqs(&mut self, mailbox: &str, role: Role) -> Result<()> {
        self.write(|cache| {
            let known = mailbox::known(cache, mailbox)?;
            mailbox::forget_modseqs(cache, known.id, role)
        })
    }

    /// Keeps a body, or its beginning (`is_whole` false). Of a message that is not there nothing is kept.
    pub fn put_body(
        &mut self,
        mailbox: &str,
        role: Role,
        uid: Uid,
        raw: &[u8],
        is_whole: bool,
        attachments: &str,
    ) -> Result<()> {
        self.write(|cache| {
            let known = mailbox::known(cache, mailbox)?;
            body::put(cache, known.id, (role, uid), raw, is_whole, attachments, Timestamp::now())
        })
    }

    /// Remembers that a body was looked at, so that it is among the last to be pruned.
    pub fn touch_body(&mut self, mailbox: &str, role: Role, uid: Uid) -> Result<()> {
        self.write(|cache| {
            let known = mailbox::known(cache, mailbox)?;
            body::touch(cache, known.id, role, uid, Timestamp::now())
        })
    }

    /// Forgets the bodies that nobody has looked at for longest until all together have no more than so many bytes; tells
    /// how many were forgotten.
    pub fn prune(&mut self, limit: u64) -> Result<u32> {
        self.write(|cache| body::prune(cache, limit))
    }

    /// Writes the words of some of the messages that came, or whose texts came or went, into the index that searches stand on;
    /// tells how many, 0 where none is left.
    pub fn write_words(&mut self) -> Result<u32> {
        // Looking costs no lock.
        if self.read(|cache| Ok(cache.prepare_cached("SELECT 1 FROM unsearched LIMIT 1")?.exists([])?))? {
            self.write(|cache| search::write_words(cache))
        } else {
            Ok(0)
        }
    }

    fn read<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        ask(&self.cache).map_err(|error| error.at(File::Cache, &self.path))
    }

    fn write<T>(&mut self, act: impl FnOnce(&Transaction) -> Result<T>) -> Result<T> {
        let path = &self.path;
        let all = || {
            let transaction = self.cache.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = act(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        all().map_err(|error: super::Error| error.at(File::Cache, path))
    }
}

/// Whose claims are mine is written into every row's home; another handle than last time moves the claimed ones.
fn know_me(cache: &Connection, me: Option<&Handle>) -> Result<()> {
    let name = me.map_or("", Handle::as_str);
    let mut ask = cache.prepare("SELECT value FROM setting WHERE name = 'me'")?;
    let was: Option<String> = ask.query_row([], |row| row.get(0)).optional()?;
    if was.as_deref() == Some(name) {
        return Ok(());
    }
    cache.execute(
        "INSERT INTO setting (name, value) VALUES ('me', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1",
        [name],
    )?;
    row::rehome(cache, me)
}
