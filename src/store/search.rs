//! What a query finds in the cache, and the index of words that answers it.
//!
//! The index is written in portions after the mail came in: triggers note whose words are missing ([`write_words`] writes
//! them), so that a first filling does not wait for it. It is contentless: of a text it holds the words, not the text.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::columns::{self, keys_of, message_key, micros};
use super::error::Result;
use super::{mailbox, page::Order, row};
use crate::mail::parse;
use crate::model::query::{Is, Part, Term, What, Who, Words};
use crate::model::words::{indexed, words};
use crate::model::{Address, Alike, Conversation, Query, Role, Uid, View};

/// Which conversations of one mailbox are looked for, and in what order they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The mailbox's key.
    pub mailbox: String,
    pub view: View,
    pub order: Order,
    /// Every one of these must hold.
    pub wanted: Vec<Wanted>,
    /// Only what is like one of them.
    pub alike: Option<Alike>,
    /// Only so many of each folder's newest messages with the words count: a letter or two stand in every mail, and whoever
    /// still types waits for none of them. `Hits::is_cut` tells where it left any out.
    pub most: Option<u32>,
    /// When it was asked, and where: `3d` and `yesterday` are counted from there.
    pub now: Timestamp,
    pub zone: TimeZone,
}

/// A query, and what the server found for it where the cache does not know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub query: Query,
    /// Messages with the words that are to be there.
    pub also: Vec<(Role, Uid)>,
    /// Messages with words that are not to be there.
    pub but: Vec<(Role, Uid)>,
}

impl Wanted {
    /// What the cache alone finds.
    pub fn local(query: Query) -> Self {
        Self { query, ..Self::default() }
    }
}

/// How much of a mailbox a search in the cache has looked through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// Messages that the server has in the synced folders.
    pub messages: u32,
    /// Messages whose text is here.
    pub bodies: u32,
    /// Messages whose words are not written yet.
    pub unwritten: u32,
    /// All messages' headers are here.
    pub is_whole: bool,
}

impl Reach {
    /// Whether every text is here, and its words are written.
    pub fn has_all_bodies(&self) -> bool {
        self.is_whole && self.unwritten == 0 && self.bodies >= self.messages
    }
}

/// What a search found when the cache was last written: its conversations' rows in order.
#[derive(Debug)]
pub(crate) struct Hits {
    pub search: Search,
    pub version: i64,
    pub rows: Vec<i64>,
    /// More messages have the words than were to be looked at.
    pub is_cut: bool,
}

/// A statement's conditions as they are put together, and what is bound in them.
struct Conditions<'a> {
    cache: &'a Connection,
    mailbox: i64,
    search: &'a Search,
    text: String,
    values: Vec<Value>,
    is_cut: bool,
    /// So few messages have the words that looking up their rows is the shortest way.
    is_narrow: bool,
}

impl Conditions<'_> {
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn and(&mut self, condition: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }

    fn moment(&self, when: crate::model::query::When) -> i64 {
        micros(when.at(self.search.now, &self.search.zone))
    }

    /// Messages of folders of this mailbox as a list for `json_each`.
    fn keys(&self, messages: &[(Role, Uid)]) -> Result<String> {
        let roles = mailbox::roles(self.cache, self.mailbox)?;
        let key = |(role, uid): &(Role, Uid)| {
            roles.iter().find(|(_, other)| other == role).map(|(folder, _)| message_key(*folder, *uid))
        };
        Ok(serde_json::to_string(&messages.iter().filter_map(key).collect::<Vec<_>>())?)
    }

    /// The newest messages of each folder that have these words.
    fn newest(&mut self, sought: &str, most: u32) -> Result<Vec<i64>> {
        let mut statement = self.cache.prepare_cached("SELECT rowid FROM search WHERE search MATCH ?1")?;
        let keys: Vec<i64> = statement.query_map([sought], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        self.is_narrow |= keys.len() <= NARROW;
        let most = most as usize;
        let mut newest = Vec::new();
        // They come in the order of their keys: a folder's together, the oldest first.
        for folder in keys.chunk_by(|a, b| a >> 32 == b >> 32) {
            self.is_cut |= folder.len() > most;
            newest.extend_from_slice(&folder[folder.len().saturating_sub(most)..]);
        }
        Ok(newest)
    }

    fn wanted(&mut self, wanted: &Wanted) -> Result<()> {
        let mut texts: Vec<String> = Vec::new();
        let mut dates = String::new();
        let (mut since, mut is_dated) = (None, false);
        for term in &wanted.query.terms {
            match &term.what {
                What::Text(part, sought) if !term.is_not => texts.push(matching(*part, sought)),
                What::Text(part, sought) => {
                    let sought = self.bind(matching(*part, sought));
                    self.and(&format!("c.id NOT IN ({})", with_words(&sought, "")));
                }
                // Nothing before it, nothing after it: told by what the row knows, or by all messages.
                What::After(when) if term.is_not => {
                    let at = self.moment(*when);
                    let at = self.bind(at);
                    self.and(&format!("c.last_at < {at}"));
                }
                What::Before(when) if term.is_not => {
                    let at = self.moment(*when);
                    let at = self.bind(at);
                    self.and(&format!("NOT EXISTS ({} AND h.internal_date < {at})", of_conversation()));
                }
                What::After(when) => {
                    let at = self.moment(*when);
                    since = Some(self.bind(at));
                    dates.push_str(&format!(" AND h.internal_date >= {}", since.as_deref().unwrap_or_default()));
                }
                What::Before(when) => {
                    let at = self.moment(*when);
                    dates.push_str(&format!(" AND h.internal_date < {}", self.bind(at)));
                    is_dated = true;
                }
                _ => self.state(term)?,
            }
        }
        if let Some(since) = since {
            // The row alone rules most out; a lone date is answered by it.
            self.and(&format!("c.last_at >= {since}"));
        }
        if !texts.is_empty() {
            let sought = texts.join(" AND ");
            let mut found = match self.search.most {
                Some(most) => {
                    let keys = self.newest(&sought, most)?;
                    let keys = self.bind(serde_json::to_string(&keys)?);
                    format!("c.id IN ({}{dates})", among(&keys, &dates))
                }
                None => {
                    let sought = self.bind(sought);
                    format!("c.id IN ({})", with_words(&sought, &dates))
                }
            };
            if !wanted.also.is_empty() {
                let keys = self.keys(&wanted.also)?;
                let keys = self.bind(keys);
                found = format!("({found} OR c.id IN ({}{dates}))", among(&keys, &dates));
            }
            self.and(&found);
        } else if is_dated {
            self.and(&format!("EXISTS ({}{dates})", of_conversation()));
        }
        if !wanted.but.is_empty() {
            let keys = self.keys(&wanted.but)?;
            let keys = self.bind(keys);
            self.and(&format!("c.id NOT IN ({})", among(&keys, "")));
        }
        Ok(())
    }

    /// What is like one: told by the row, or by the few messages that came over a list.
    fn alike(&mut self, alike: &Alike) -> Result<()> {
        let over_lists = "SELECT m.conversation FROM header h JOIN message m ON m.id = h.id WHERE h.list_id";
        let condition = match alike {
            Alike::List(id) => {
                let id = self.bind(id.clone());
                format!("c.id IN ({over_lists} = {id})")
            }
            Alike::AnyList { but } => {
                let but = self.bind(serde_json::to_string(but)?);
                format!("c.id IN ({over_lists} IS NOT NULL AND h.list_id NOT IN (SELECT value FROM json_each({but})))")
            }
            Alike::Sender(email) => {
                let email = self.bind(email.to_ascii_lowercase());
                format!("lower(c.from_email) = {email}")
            }
            Alike::Domain(domain) => {
                let end = self.bind(format!("@{}", domain.to_ascii_lowercase()));
                format!("substr(lower(c.from_email), -length({end})) = {end}")
            }
        };
        self.and(&condition);
        Ok(())
    }

    /// What a row of the queue says by itself.
    fn state(&mut self, term: &Term) -> Result<()> {
        let condition = match &term.what {
            What::Tag(tag) => {
                let tag = self.bind(format!(" {} ", tag.to_lowercase()));
                format!("instr(' ' || lower(c.tags) || ' ', {tag}) > 0")
            }
            What::Who(Who::Nobody) => "c.claimants = ''".to_owned(),
            What::Who(Who::Held(handle)) => self.claimed_by(handle.as_str().to_owned()),
            What::Who(Who::Me) | What::Is(Is::Mine) => {
                let me = me(self.cache)?;
                self.claimed_by(me)
            }
            What::Is(Is::Unread) => "c.unread = 1".to_owned(),
            What::Is(Is::Open) => "c.is_open = 1".to_owned(),
            What::Is(Is::Unclaimed) => format!("c.home = {}", columns::home(View::Unclaimed)),
            What::Is(is @ (Is::Done | Is::Waiting | Is::Snoozed)) => format!("c.status = '{}'", is.as_str()),
            What::Is(Is::Urgent) => "c.urgent = 1".to_owned(),
            What::Is(Is::Contested) => "instr(c.claimants, ' ') > 0".to_owned(),
            What::HasAttachment => "c.has_attachment = 1".to_owned(),
            What::Text(..) | What::Before(_) | What::After(_) => return Ok(()),
        };
        let not = if term.is_not { "NOT " } else { "" };
        self.and(&format!("{not}({condition})"));
        Ok(())
    }

    /// `instr` of a lone blank would find whoever is contested: nobody has no handle.
    fn claimed_by(&mut self, handle: String) -> String {
        let bound = self.bind(format!(" {handle} "));
        format!("c.claimants <> '' AND length({bound}) > 2 AND instr(' ' || c.claimants || ' ', {bound}) > 0")
    }
}

/// Looking up so few rows costs less than walking along an index.
const NARROW: usize = 200;

/// The conversations of messages with these words.
fn with_words(sought: &str, dates: &str) -> String {
    let header = if dates.is_empty() { "" } else { " JOIN header h ON h.id = search.rowid" };
    format!(
        "SELECT m.conversation FROM search JOIN message m ON m.id = search.rowid{header} WHERE search MATCH {sought}{dates}"
    )
}

/// The conversations of the messages with these keys.
fn among(keys: &str, dates: &str) -> String {
    let header = if dates.is_empty() { "" } else { " JOIN header h ON h.id = m.id" };
    format!("SELECT m.conversation FROM json_each({keys}) k CROSS JOIN message m ON m.id = k.value{header} WHERE 1")
}

fn of_conversation() -> &'static str {
    "SELECT 1 FROM message m JOIN header h ON h.id = m.id WHERE m.conversation = c.id"
}

/// The words in the index's own language: one phrase, whose last word may go on.
fn matching(part: Part, sought: &Words) -> String {
    let column = match part {
        Part::Any => "",
        Part::From => "sender : ",
        Part::To => "recipients : ",
        Part::Subject => "subject : ",
        Part::Body => "body : ",
    };
    let phrase: Vec<String> = words(&sought.text).into_iter().map(|word| word.folded).collect();
    format!("{column}\"{}\"{}", phrase.join(" "), if sought.is_whole { "" } else { " *" })
}

fn me(cache: &Connection) -> Result<String> {
    let mut statement = cache.prepare_cached("SELECT value FROM setting WHERE name = 'me'")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// The statement that finds the conversations of a search, in order; what is bound in it; whether words were left out.
fn statement(cache: &Connection, mailbox: i64, search: &Search) -> Result<(String, Vec<Value>, bool)> {
    let (text, values) = (String::new(), vec![mailbox.into()]);
    let mut conditions = Conditions { cache, mailbox, search, text, values, is_cut: false, is_narrow: false };
    match search.view {
        View::All => {}
        View::Inbox => conditions.and("c.is_open = 1"),
        home => conditions.and(&format!("c.home = {}", columns::home(home))),
    }
    for wanted in &search.wanted {
        conditions.wanted(wanted)?;
    }
    if let Some(alike) = &search.alike {
        conditions.alike(alike)?;
    }
    let order = match search.order {
        Order::OldestWait => "c.wait_order, c.last_at, c.name",
        Order::NewestFirst => "c.last_at DESC, c.name DESC",
    };
    // The sign keeps SQLite from walking along the mailbox's conversations.
    let sign = if conditions.is_narrow { "+" } else { "" };
    let sql = format!("SELECT c.id FROM conversation c WHERE {sign}c.mailbox = ?1{} ORDER BY {order}", conditions.text);
    Ok((sql, conditions.values, conditions.is_cut))
}

/// The rows of the conversations that a search finds, in order, and whether it left any words out.
pub(crate) fn find(cache: &Connection, search: &Search) -> Result<(Vec<i64>, bool)> {
    let Some(known) = mailbox::find(cache, &search.mailbox)? else { return Ok((Vec::new(), false)) };
    let (sql, values, is_cut) = statement(cache, known.id, search)?;
    let mut statement = cache.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| row.get(0))?;
    Ok((rows.collect::<rusqlite::Result<_>>()?, is_cut))
}

/// The conversations in these rows, those left out that are gone.
pub(crate) fn load(cache: &Connection, rows: &[i64], mailbox: &str) -> Result<Vec<Conversation>> {
    let mut page = Vec::with_capacity(rows.len());
    for id in rows {
        page.extend(row::load(cache, *id, mailbox)?);
    }
    Ok(page)
}

/// How much of a mailbox is here to be searched.
pub(crate) fn reach(cache: &Connection, mailbox: i64) -> Result<Reach> {
    let mut reach = Reach { is_whole: true, ..Reach::default() };
    for (folder, role) in mailbox::roles(cache, mailbox)? {
        let Some((_, state)) = mailbox::folder(cache, mailbox, role)? else { continue };
        reach.messages += state.exists;
        reach.is_whole &= state.is_whole();
        let count = |sql: &str| cache.prepare_cached(sql)?.query_row(keys_of(folder), |row| row.get::<_, u32>(0));
        reach.bodies += count("SELECT count(*) FROM body INDEXED BY body_by_use WHERE message BETWEEN ?1 AND ?2")?;
        reach.unwritten += count("SELECT count(*) FROM unsearched WHERE message BETWEEN ?1 AND ?2")?;
    }
    Ok(reach)
}

/// A portion of the index ends with this many messages…
const PORTION: u32 = 500;
/// …or with so many octets of mail whose text was read.
const READ_AT_ONCE: usize = 256 * 1024;

/// Writes the words of messages that are not in the index as they are, a portion of them; tells how many.
pub(crate) fn write_words(cache: &Connection) -> Result<u32> {
    let missing: Vec<i64> = {
        let mut statement = cache.prepare_cached("SELECT message FROM unsearched ORDER BY message DESC LIMIT ?1")?;
        statement.query_map([PORTION], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
    };
    let mut header =
        cache.prepare_cached("SELECT subject, \"from\", \"to\", cc, reply_to FROM header WHERE id = ?1")?;
    let mut body = cache.prepare_cached("SELECT raw FROM body WHERE message = ?1")?;
    let mut write = cache.prepare_cached(
        "INSERT OR REPLACE INTO search (rowid, subject, sender, recipients, body) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut written = cache.prepare_cached("DELETE FROM unsearched WHERE message = ?1")?;
    let (mut count, mut octets) = (0, 0);
    for key in missing {
        let named = header
            .query_row([key], |row| {
                let people = |at: usize| -> rusqlite::Result<String> { Ok(names(row.get_ref(at)?.as_str()?)) };
                // A web form writes From the mailbox itself; the queue shows whom it was for.
                let senders = format!("{} {}", people(1)?, people(4)?);
                Ok((row.get::<_, String>(0)?, senders, people(2)?, people(3)?))
            })
            .optional()?;
        let raw: Option<Vec<u8>> = body.query_row([key], |row| row.get(0)).optional()?;
        octets += raw.as_ref().map_or(0, Vec::len);
        let text = raw.map(|raw| text_of(&raw)).unwrap_or_default();
        if let Some((subject, from, to, cc)) = named {
            let recipients = format!("{to} {cc}");
            write.execute((key, indexed(&subject), indexed(&from), indexed(&recipients), indexed(&text)))?;
        }
        written.execute([key])?;
        count += 1;
        if octets > READ_AT_ONCE {
            break;
        }
    }
    Ok(count)
}

/// Names and addresses of a column with people.
fn names(column: &str) -> String {
    let people: Vec<Address> = columns::unlist(column);
    people.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The text of a mail as it is shown, with the names of what hangs on it.
fn text_of(raw: &[u8]) -> String {
    let body = parse::parse(raw);
    let mut text = body.text;
    for attachment in &body.attachments {
        text.push('\n');
        text.push_str(&attachment.name);
    }
    text
}
