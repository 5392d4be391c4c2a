//! The reading end: what screens and verbs ask. Read-only, cheap to open, any number of them beside the writer.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::body::StoredBody;
use super::desk::Desk;
use super::draft::StoredDraft;
use super::error::{File, Result};
use super::lost_lock::{self, LostLock};
use super::mailbox::FolderState;
use super::outbox::OutboxItem;
use super::page::{Anchor, Counts, Order, PageQuery};
use super::resolve::Resolved;
use super::schema::CACHE;
use super::search::{self, Hits, Reach, Search};
use super::{body, change, file, mailbox, message, page, people, resolve, row};
use crate::model::{Address, Change, Conversation, Handle, Mailbox, Message, Role, Uid, View};
use crate::wire::answer::Numbering;

/// A clock that differs by ten years, in seconds, is not believed.
const MOST_AHEAD: i64 = 10 * 365 * 86_400;

/// The most changes that are read at once.
const CHANGES: u32 = 1000;

/// A read-only look at a login's cache and desk. What concerns an unknown mailbox is empty, not an error.
#[derive(Debug)]
pub struct Reader {
    cache: Connection,
    path: PathBuf,
    desk: Desk,
    anchor: RefCell<Option<Anchor>>,
    hits: RefCell<Option<Hits>>,
}

impl Reader {
    /// Opens the cache at this path for reading.
    ///
    /// # Errors
    /// [`super::Error::Missing`] before anything was cached; see [`super::Error`] for the rest.
    pub fn open(path: &Path) -> Result<Self> {
        let cache = file::open_read_only(&CACHE, path)?;
        page::teach_filter(&cache)?;
        let desk = Desk::open_read_only(path)?;
        Ok(Self { cache, path: path.to_owned(), desk, anchor: RefCell::default(), hits: RefCell::default() })
    }

    /// One page of a queue.
    pub fn page(&self, query: &PageQuery) -> Result<Vec<Conversation>> {
        let mut anchor = self.anchor.borrow_mut();
        self.ask(|cache| page::page(cache, query, &mut anchor, || version(cache)))
    }

    /// How many conversations a query shows on all its pages.
    pub fn count(&self, query: &PageQuery) -> Result<u32> {
        self.ask(|cache| page::count(cache, query))
    }

    /// How many conversations each view shows.
    pub fn counts(&self, mailbox: Option<&str>) -> Result<Counts> {
        self.ask(|cache| page::counts(cache, mailbox))
    }

    /// How many stand before a conversation in a view of its mailbox; `None` where the view does not show it.
    pub fn position(&self, mailbox: &str, root: &str, view: View, order: Order) -> Result<Option<u32>> {
        let query = PageQuery { order, ..PageQuery::new(Some(mailbox), view) };
        self.position_in(&query, mailbox, root)
    }

    /// How many stand before a conversation in a queue, its filter counted, its offset and limit not.
    pub fn position_in(&self, query: &PageQuery, mailbox: &str, root: &str) -> Result<Option<u32>> {
        self.ask(|cache| page::position(cache, query, mailbox, root))
    }

    /// One page of what a search finds; without a limit, to the end.
    pub fn found(&self, search: &Search, offset: u32, limit: Option<u32>) -> Result<Vec<Conversation>> {
        let rows = self.hits(search, |Hits { rows, .. }| {
            let to = limit.map_or(rows.len(), |limit| (offset as usize + limit as usize).min(rows.len()));
            rows.get(offset as usize..to).unwrap_or_default().to_vec()
        })?;
        self.ask(|cache| search::load(cache, &rows, &search.mailbox))
    }

    /// How many conversations a search finds.
    pub fn found_count(&self, search: &Search) -> Result<u32> {
        self.hits(search, |hits| u32::try_from(hits.rows.len()).unwrap_or(u32::MAX))
    }

    /// Whether a search left out words for their number.
    pub fn found_is_cut(&self, search: &Search) -> Result<bool> {
        self.hits(search, |hits| hits.is_cut)
    }

    /// How many stand before a conversation among those that a search finds; `None` where it is none of them.
    pub fn found_position(&self, search: &Search, root: &str) -> Result<Option<u32>> {
        let row = self.in_mailbox(&search.mailbox, |cache, id| row::find(cache, id, root))?;
        let Some(row) = row else { return Ok(None) };
        self.hits(search, |Hits { rows, .. }| {
            rows.iter().position(|other| *other == row).and_then(|at| u32::try_from(at).ok())
        })
    }

    /// How much of a mailbox a search in the cache looks through.
    pub fn reach(&self, mailbox: &str) -> Result<Reach> {
        self.in_mailbox(mailbox, search::reach)
    }

    /// The rows that a search finds, from the last time it was asked where nobody has written since: pages, counts and
    /// places of one list come from one answer.
    fn hits<T>(&self, search: &Search, take: impl FnOnce(&Hits) -> T) -> Result<T> {
        let mut hits = self.hits.borrow_mut();
        self.ask(|cache| {
            let version = version(cache)?;
            if let Some(known) = hits.as_ref().filter(|known| known.version == version && known.search == *search) {
                return Ok(take(known));
            }
            let (rows, is_cut) = search::find(cache, search)?;
            Ok(take(hits.insert(Hits { search: search.clone(), version, rows, is_cut })))
        })
    }

    /// The conversation with this root.
    pub fn conversation(&self, mailbox: &str, root: &str) -> Result<Option<Conversation>> {
        self.in_mailbox(mailbox, |cache, id| match row::find(cache, id, root)? {
            Some(row) => row::load(cache, row, mailbox),
            None => Ok(None),
        })
    }

    /// What a typed id, or the beginning of one, means.
    pub fn resolve(&self, mailbox: Option<&str>, typed: &str) -> Result<Resolved> {
        self.ask(|cache| resolve::resolve(cache, mailbox, typed))
    }

    /// All messages of a conversation, oldest first, whatever folder they lie in.
    pub fn thread(&self, mailbox: &str, root: &str) -> Result<Vec<Message>> {
        self.in_mailbox(mailbox, |cache, id| {
            let Some(row) = row::find(cache, id, root)? else { return Ok(Vec::new()) };
            let mut thread = message::of_conversation(cache, message::role_of(cache, id)?, row)?;
            thread.sort_by_key(|m| (m.internal_date, m.folder, m.uid));
            Ok(thread)
        })
    }

    /// The root of the conversation where a message with this Message-ID lies.
    pub fn root_of(&self, mailbox: &str, message_id: &str) -> Result<Option<String>> {
        self.in_mailbox(mailbox, |cache, id| message::root_of(cache, id, message_id))
    }

    /// The messages with this Message-ID, in whatever folders of the mailbox.
    pub fn messages_with_id(&self, mailbox: &str, message_id: &str) -> Result<Vec<Message>> {
        self.in_mailbox(mailbox, |cache, id| {
            let found = message::with_identity(cache, id, message_id)?;
            Ok(found.into_iter().map(|(_, message)| message).collect())
        })
    }

    /// The message with this UID.
    pub fn message(&self, mailbox: &str, role: Role, uid: Uid) -> Result<Option<Message>> {
        self.in_mailbox(mailbox, |cache, id| message::with_uid(cache, id, role, uid))
    }

    /// A message's body, or its beginning.
    pub fn body(&self, mailbox: &str, role: Role, uid: Uid) -> Result<Option<StoredBody>> {
        self.in_mailbox(mailbox, |cache, id| body::get(cache, id, role, uid))
    }

    /// Messages of open conversations whose bodies are not in the cache, INBOX first.
    pub fn bodies_wanted(&self, mailbox: &str, limit: u32) -> Result<Vec<(Role, Uid)>> {
        self.in_mailbox(mailbox, |cache, id| body::wanted(cache, id, limit))
    }

    /// The changes after this one, oldest first, no more than a thousand at once.
    pub fn changes_after(&self, seq: i64) -> Result<Vec<(i64, Change)>> {
        self.ask(|cache| change::after(cache, seq, CHANGES))
    }

    /// The number of the newest change; 0 where there is none.
    pub fn last_change(&self) -> Result<i64> {
        self.ask(change::last)
    }

    /// The conversations that this person held and whose lock left INBOX, as long as nothing was done about it.
    pub fn lost_locks(&self) -> Result<Vec<LostLock>> {
        self.ask(lost_lock::all)
    }

    /// A number that is another one after any process has written cache or desk; cheap enough to ask for every frame.
    pub fn data_version(&self) -> Result<i64> {
        Ok(self.ask(version)? + self.desk.ask(version)?)
    }

    /// All mailboxes.
    pub fn mailboxes(&self) -> Result<Vec<Mailbox>> {
        self.ask(mailbox::all)
    }

    /// How far a folder is known; `None`: not at all.
    pub fn folder(&self, mailbox: &str, role: Role) -> Result<Option<FolderState>> {
        self.in_mailbox(mailbox, |cache, id| Ok(mailbox::folder(cache, id, role)?.map(|(_, state)| state)))
    }

    /// How far the server's clock is ahead of this machine's, as an own mail told that was filed there; until then they are
    /// taken to agree.
    pub fn clock(&self) -> Result<SignedDuration> {
        self.ask(|cache| {
            let mut statement = cache.prepare_cached("SELECT value FROM setting WHERE name = 'clock'")?;
            let seconds: Option<String> = statement.query_row([], |row| row.get(0)).optional()?;
            let seconds = seconds.and_then(|s| s.parse::<i64>().ok()).filter(|s| s.abs() < MOST_AHEAD);
            Ok(SignedDuration::from_secs(seconds.unwrap_or(0)))
        })
    }

    /// The newest mails of a folder that came since then and are reports of what became of another.
    pub fn reports_since(&self, mailbox: &str, role: Role, since: Timestamp, limit: u32) -> Result<Vec<Message>> {
        self.in_mailbox(mailbox, |cache, id| message::reports_since(cache, id, role, since, limit))
    }

    /// How INBOX and Sent number their messages, as far as they are known.
    pub fn numbering(&self, mailbox: &str) -> Result<Numbering> {
        let of = |role| Ok::<_, super::error::Error>(self.folder(mailbox, role)?.map(|state| state.uidvalidity));
        Ok(Numbering { inbox: of(Role::Inbox)?, sent: of(Role::Sent)? })
    }

    /// The UIDs of a folder that are in the cache, ascending.
    pub fn known_uids(&self, mailbox: &str, role: Role) -> Result<Vec<Uid>> {
        self.in_mailbox(mailbox, |cache, id| mailbox::known_uids(cache, id, role))
    }

    /// Those below this one.
    pub fn known_uids_below(&self, mailbox: &str, role: Role, below: Uid) -> Result<Vec<Uid>> {
        self.in_mailbox(mailbox, |cache, id| mailbox::known_uids_below(cache, id, role, below))
    }

    /// How many messages of a folder are in the cache.
    pub fn known_count(&self, mailbox: &str, role: Role) -> Result<u32> {
        self.in_mailbox(mailbox, |cache, id| mailbox::known_count(cache, id, role))
    }

    /// The outbox, oldest first.
    pub fn outbox(&self) -> Result<Vec<OutboxItem>> {
        self.desk.outbox_list()
    }

    /// All drafts, newest first.
    pub fn drafts(&self) -> Result<Vec<StoredDraft>> {
        self.desk.drafts()
    }

    /// Addresses from outside with this in name or address, newest first.
    pub fn people(&self, mailbox: Option<&str>, part: &str, limit: u32) -> Result<Vec<Address>> {
        self.ask(|cache| people::people(cache, mailbox, part, limit))
    }

    /// Everybody who is written to and from whom mail comes, with whom there is most to do first.
    pub fn correspondents(&self, mailbox: &str, most: usize) -> Result<Vec<Address>> {
        self.in_mailbox(mailbox, |cache, id| people::correspondents(cache, id, most))
    }

    /// Handles seen in use, sorted.
    pub fn handles(&self, mailbox: Option<&str>) -> Result<Vec<Handle>> {
        self.ask(|cache| people::handles(cache, mailbox))
    }

    /// Tags in use, sorted.
    pub fn tags(&self, mailbox: Option<&str>) -> Result<Vec<String>> {
        self.ask(|cache| people::tags(cache, mailbox))
    }

    fn ask<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        ask(&self.cache).map_err(|error| error.at(File::Cache, &self.path))
    }

    fn in_mailbox<T: Default>(&self, key: &str, ask: impl FnOnce(&Connection, i64) -> Result<T>) -> Result<T> {
        self.ask(|cache| match mailbox::find(cache, key)? {
            Some(known) => ask(cache, known.id),
            None => Ok(T::default()),
        })
    }
}

/// The number of the last write of any other connection to this file.
fn version(connection: &Connection) -> Result<i64> {
    let mut statement = connection.prepare_cached("PRAGMA data_version")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use rusqlite::ffi;

    use super::*;
    use crate::model::{Flags, Message, MessageId};
    use crate::store::{Batch, Writer};

    /// The text of every statement that a connection has prepared so far.
    fn statements(connection: &Connection) -> Vec<String> {
        let mut all = Vec::new();
        // SAFETY: the handle and the statements live as long as `connection`, and nobody uses them meanwhile.
        unsafe {
            let mut statement = ffi::sqlite3_next_stmt(connection.handle(), std::ptr::null_mut());
            while !statement.is_null() {
                all.push(CStr::from_ptr(ffi::sqlite3_sql(statement)).to_string_lossy().into_owned());
                statement = ffi::sqlite3_next_stmt(connection.handle(), statement);
            }
        }
        all
    }

    #[test]
    fn no_statement_that_a_frame_waits_for_scans_a_table_or_sorts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work.sqlite");
        let mut writer = Writer::open(&path, None).unwrap();
        let mailbox = support();
        writer.put_mailbox(&mailbox, None).unwrap();
        let messages: Vec<Message> = (1..20).map(mail).collect();
        let state = FolderState {
            name: "INBOX".into(),
            uidvalidity: crate::model::UidValidity(1),
            uidnext: Uid(20),
            known_from: Uid(1),
            highest_modseq: None,
            exists: 19,
        };
        let batch = Batch { reset: false, state, messages, flags: Vec::new(), vanished: Vec::new() };
        writer.apply(mailbox.key(), Role::Inbox, batch, false).unwrap();

        let reader = Reader::open(&path).unwrap();
        let key = mailbox.key();
        let mut root = String::new();
        for view in View::ALL {
            for order in [Order::OldestWait, Order::NewestFirst] {
                for offset in [0, 3] {
                    let query = PageQuery { order, offset, limit: Some(5), ..PageQuery::new(Some(key), view) };
                    for row in reader.page(&query).unwrap() {
                        reader.position(key, &row.root, view, order).unwrap();
                        root = row.root;
                    }
                }
            }
        }
        assert!(reader.conversation(key, &root).unwrap().is_some());
        assert_eq!(reader.thread(key, &root).unwrap().len(), 1);
        reader.counts(Some(key)).unwrap();
        reader.body(key, Role::Inbox, Uid(1)).unwrap();
        reader.message(key, Role::Inbox, Uid(1)).unwrap();
        reader.messages_with_id(key, &root).unwrap();
        reader.root_of(key, &root).unwrap();
        reader.changes_after(3).unwrap();
        reader.last_change().unwrap();
        reader.folder(key, Role::Inbox).unwrap();
        reader.reports_since(key, Role::Inbox, Timestamp::UNIX_EPOCH, 20).unwrap();
        reader.desk.draft(key, &root).unwrap();
        let asked = statements(&reader.cache).into_iter().map(|sql| (&reader.cache, sql));
        let asked: Vec<_> = asked
            .chain(statements(&reader.desk.connection).into_iter().map(|sql| (&reader.desk.connection, sql)))
            .collect();
        let asked: Vec<_> = asked.into_iter().filter(|(_, sql)| !sql.starts_with("PRAGMA")).collect();
        assert!(asked.len() > 20, "{asked:?}");
        let mut is_by_report = false;
        for (connection, sql) in asked {
            let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let mut rows = explain.raw_query();
            while let Some(row) = rows.next().unwrap() {
                let step: String = row.get(3).unwrap();
                // A desk holds a handful of drafts, and all of them are asked for.
                let step = step.trim_start_matches("SCAN draft");
                // The index has nothing but reports in it.
                is_by_report |= step.contains("header_of_report");
                assert!(!step.starts_with("SCAN") && !step.contains("TEMP B-TREE"), "{step}: {sql}");
            }
        }
        assert!(is_by_report);
    }

    fn mail(uid: u32) -> Message {
        Message {
            folder: Role::Inbox,
            uid: Uid(uid),
            modseq: None,
            internal_date: jiff::Timestamp::UNIX_EPOCH,
            size: 1000,
            flags: Flags::default(),
            message_id: Some(MessageId(format!("{uid}@customer.test"))),
            references: Vec::new(),
            in_reply_to: Vec::new(),
            date: String::new(),
            from_raw: String::new(),
            subject_raw: String::new(),
            subject: String::new(),
            from: Vec::new(),
            sender: Vec::new(),
            reply_to: Vec::new(),
            to: Vec::new(),
            cc: Vec::new(),
            delivered_to: Vec::new(),
            content_type: "text/plain".into(),
            auto_submitted: None,
            list_id: None,
        }
    }

    fn support() -> Mailbox {
        Mailbox {
            address: Some("support@example.test".into()),
            name: None,
            addresses: Vec::new(),
            account: "work".into(),
            root: "INBOX".into(),
            folders: std::collections::BTreeMap::new(),
            rights: None,
            grade: crate::model::Grade::A,
            may: Vec::new(),
        }
    }
}
