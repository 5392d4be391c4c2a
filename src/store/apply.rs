//! One answer of the server becomes rows: messages, the folder's state, conversations, and what happened, in one
//! transaction, so that no reader ever sees half of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::Connection;

use super::columns::{keys_of, message_key, uid_of};
use super::departed::{self, Departed};
use super::error::Result;
use super::mailbox::{self, FolderState, Known};
use super::message::{self, Added, Adder, Present};
use super::thread::Neighbourhood;
use super::{assignment, change, lost_lock, row};
use crate::mail::compose::bare_subject;
use crate::model::{Assignee, Change, Conversation, Flags, Handle, Message, ModSeq, Outgoing, Role, Status, Uid};
use crate::wire::identity::{conversation_id, identity};
use crate::wire::keywords::{self, Fate};
use crate::wire::lost;
use crate::wire::state;

/// What a folder's server told: one step of a sync.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Everything that was known of the folder is forgotten first (its UIDVALIDITY changed, or it is another folder).
    pub reset: bool,
    /// How far the folder is known once this batch is in.
    pub state: FolderState,
    /// Messages with their headers, new or known.
    pub messages: Vec<Message>,
    /// Flags of known messages; of unknown ones they are passed over.
    pub flags: Vec<(Uid, Option<ModSeq>, Flags)>,
    /// UIDs that are gone; unknown ones are passed over.
    pub vanished: Vec<Uid>,
}

/// What a [`Batch`] changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Roots of the conversations that changed, came or went; sorted.
    pub touched: Vec<String>,
    /// How many changes were written to the log.
    pub changes: usize,
}

/// Who writes what where.
pub(super) struct Apply<'c> {
    pub cache: &'c Connection,
    pub mailbox: Known,
    pub role: Role,
    pub me: Option<&'c Handle>,
    /// Nothing of this is news: a first filling.
    pub quiet: bool,
    pub now: Timestamp,
}

/// What the messages of a batch did.
#[derive(Default)]
struct Traces {
    /// Ids that came or went, by their hashes.
    names: HashSet<String>,
    /// Messages that went, by their ids, and the flags that they had.
    gone: HashMap<String, Flags>,
    /// Conversations (by row) whose messages went or changed.
    conversations: HashSet<i64>,
    /// Messages that came, or whose flags changed.
    changed: HashSet<i64>,
    /// Messages that no folder of the mailbox had before.
    new: HashSet<i64>,
    /// Copies in Sent that were not there as sent before.
    answers: HashSet<i64>,
    /// Messages that came from another folder, and how their conversation stood there.
    moved: BTreeMap<i64, Departed>,
    /// Messages that left INBOX.
    left: Vec<Left>,
    /// Flags that messages had before they changed.
    had: HashMap<i64, Flags>,
    /// Messages that came.
    added: BTreeMap<i64, Added>,
    /// These are written once it is known to which conversations they belong.
    is_held_back: bool,
}

/// A message that left INBOX, as it was.
struct Left {
    conversation: i64,
    uid: Uid,
    flags: Flags,
    identity: String,
}

impl Apply<'_> {
    /// Does it; the transaction is the caller's.
    pub(super) fn batch(&self, batch: Batch) -> Result<Applied> {
        let known = mailbox::folder(self.cache, self.mailbox.id, self.role)?;
        // UIDs of two validities, or of two folders, must never meet, whatever the caller thought.
        let reset = batch.reset
            || known
                .as_ref()
                .is_some_and(|(_, was)| was.uidvalidity != batch.state.uidvalidity || was.name != batch.state.name);
        let state = match &known {
            Some((_, was)) if !reset => batch.state.joined(was),
            _ => batch.state,
        };
        let folder = match known {
            // What changes nothing writes nothing: other processes would look at everything again.
            Some((id, was)) if was == state => id,
            _ => mailbox::put_folder(self.cache, self.mailbox.id, self.role, &state)?,
        };
        let mut traces = Traces::default();
        if reset {
            self.remove(self.keys(folder)?, &mut traces)?;
            // Other UIDs: whether a lock left, nobody can tell.
            traces.left.clear();
        }
        let mut adder = Adder::new(self.cache)?;
        let mut messages = batch.messages;
        // Ascending keys make the tables grow at one end.
        messages.sort_by_key(|m| m.uid);
        let keys: Vec<i64> = messages.iter().map(|m| message_key(folder, m.uid)).collect();
        // Nothing else in the batch asks after a message of the batch, and nothing of it is news: each is written once.
        traces.is_held_back = self.quiet
            && batch.flags.is_empty()
            && batch.vanished.is_empty()
            && keys.windows(2).all(|pair| pair[0] < pair[1]);
        let present = message::present_among(self.cache, &keys)?;
        for mut message in messages {
            message.folder = self.role;
            self.put(folder, message, &present, &mut adder, &mut traces)?;
        }
        for (uid, modseq, flags) in &batch.flags {
            let key = message_key(folder, *uid);
            if let Some(was) = message::present(self.cache, key)? {
                self.change_flags(key, &was, *modseq, flags, &mut traces)?;
            }
        }
        // Last: a UID never comes back, so whatever was told of it before it went does not matter.
        self.remove(batch.vanished.iter().map(|uid| message_key(folder, *uid)), &mut traces)?;
        departed::forget_old(self.cache, self.now)?;
        self.rethread(traces, &mut adder)
    }

    fn keys(&self, folder: i64) -> Result<Vec<i64>> {
        let mut statement = self.cache.prepare_cached("SELECT id FROM message WHERE id BETWEEN ?1 AND ?2")?;
        let rows = statement.query_map(keys_of(folder), |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn remove(&self, keys: impl IntoIterator<Item = i64>, traces: &mut Traces) -> Result<()> {
        for key in keys {
            if let Some(was) = message::remove(self.cache, self.mailbox.id, key)? {
                if !self.quiet {
                    let nothing = Flags::default();
                    let lent = if state::lends_marks(self.role) { &was.flags } else { &nothing };
                    departed::remember(self.cache, &was.identity, was.conversation, lent, self.now)?;
                }
                traces.added.remove(&key);
                traces.conversations.insert(was.conversation);
                traces.names.insert(was.name);
                if self.role == Role::Inbox {
                    let (uid, identity) = (uid_of(key), was.identity.clone());
                    let left = Left { conversation: was.conversation, uid, flags: was.flags.clone(), identity };
                    traces.left.push(left);
                }
                traces.gone.insert(was.identity, was.flags);
            }
        }
        Ok(())
    }

    fn change_flags(
        &self,
        key: i64,
        was: &Present,
        modseq: Option<ModSeq>,
        flags: &Flags,
        traces: &mut Traces,
    ) -> Result<()> {
        if !message::set_flags(self.cache, key, was, modseq, flags)? {
            return Ok(());
        }
        if let Some(Added { message, .. }) = traces.added.get_mut(&key) {
            message.flags = flags.clone();
            message.modseq = modseq.or(message.modseq);
        }
        traces.conversations.insert(was.conversation);
        traces.changed.insert(key);
        traces.had.entry(key).or_insert_with(|| was.flags.clone());
        let is_now_sent = keywords::fate(&was.flags) == Fate::Pending && keywords::fate(flags) == Fate::Sent;
        if self.role == Role::Sent && is_now_sent {
            traces.answers.insert(key);
        }
        Ok(())
    }

    /// `present`: which keys were there before the batch.
    fn put(
        &self,
        folder: i64,
        message: Message,
        present: &HashSet<i64>,
        adder: &mut Adder,
        traces: &mut Traces,
    ) -> Result<()> {
        let key = message_key(folder, message.uid);
        let identity = identity(&message);
        let may_be_there = present.contains(&key) || traces.added.contains_key(&key);
        if may_be_there && let Some(was) = message::present(self.cache, key)? {
            if was.identity == identity {
                return self.change_flags(key, &was, message.modseq, &message.flags, traces);
            }
            // A UID never means another mail (RFC 3501 §2.3.1.1); a server that breaks that is believed, not mixed.
            self.remove([key], traces)?;
        }
        let name = conversation_id(&identity).0;
        if !self.quiet {
            let others = message::with_identity(self.cache, self.mailbox.id, &identity)?;
            if others.is_empty() && !traces.gone.contains_key(&identity) {
                match departed::recall(self.cache, self.mailbox.id, &identity, self.now)? {
                    Some(departed) => drop(traces.moved.insert(key, departed)),
                    None => drop(traces.new.insert(key)),
                }
            }
            let is_sent = |m: &Message| m.folder == Role::Sent && keywords::fate(&m.flags) == Fate::Sent;
            if is_sent(&message) && !others.iter().any(|(_, other)| is_sent(other)) {
                traces.answers.insert(key);
            }
        }
        traces.names.insert(name.clone());
        traces.changed.insert(key);
        let added = Added { identity, name, message };
        if !traces.is_held_back {
            adder.add(self.mailbox.id, 0, key, &added)?;
        }
        traces.added.insert(key, added);
        Ok(())
    }

    /// Brings conversations up to date with the messages.
    fn rethread(&self, mut traces: Traces, adder: &mut Adder) -> Result<Applied> {
        let role = message::role_of(self.cache, self.mailbox.id)?;
        let mut around = Neighbourhood::new(self.cache, self.mailbox.id, role)?;
        // Of messages that are not written yet, what the neighbourhood does not keep.
        let mut names_held_back: HashMap<i64, String> = HashMap::new();
        for (key, Added { identity, name, message }) in std::mem::take(&mut traces.added) {
            if traces.is_held_back {
                names_held_back.insert(key, name);
            }
            around.take_new(key, identity, message);
        }
        for conversation in &traces.conversations {
            around.take_conversation(*conversation)?;
        }
        // In the order of the indexes.
        let mut names: Vec<&String> = traces.names.iter().collect();
        names.sort_unstable();
        for name in names {
            around.take_around(name)?;
        }
        let groups = around.conversations_now()?;
        // Read before any is written or removed: what a conversation was tells what is new about it.
        let mut before: HashMap<i64, Conversation> = HashMap::new();
        for id in &around.conversations {
            before.extend(row::load(self.cache, *id, &self.mailbox.key)?.map(|conversation| (*id, conversation)));
        }
        let lost = lost_lock::by_row(self.cache)?;
        let mut applied = Applied::default();
        let mut left = std::mem::take(&mut around.conversations);
        let mut events = Vec::new();
        let mut assign = self.cache.prepare_cached("UPDATE message SET conversation = ?2 WHERE id = ?1")?;
        let mut held_back: BTreeMap<i64, (i64, Added)> = BTreeMap::new();
        for group in groups {
            let mut were_in = Vec::with_capacity(group.keys.len());
            let mut identities = Vec::with_capacity(group.keys.len());
            let mut messages = Vec::with_capacity(group.keys.len());
            for key in &group.keys {
                if let Some(member) = around.members.remove(key) {
                    were_in.push((*key, member.was_in));
                    identities.push(member.identity);
                    messages.push(member.message);
                }
            }
            let after = state::summarise(&self.mailbox.key, &group.root, &messages, self.mailbox.since);
            let was = group.row.and_then(|id| Some((id, before.get(&id)?)));
            let is_same = was.is_some_and(|(_, was)| *was == after);
            let id = match was {
                Some((id, was)) => {
                    row::change(self.cache, id, was, &after, self.me)?;
                    id
                }
                None => row::add(self.cache, self.mailbox.id, &after, self.me)?,
            };
            left.remove(&id);
            self.mind_the_lock(id, &were_in, was.map(|(_, was)| was), (&after, &messages), &traces, &lost)?;
            for (key, was_in) in &were_in {
                if *was_in != id && !names_held_back.contains_key(key) {
                    assign.execute((key, id))?;
                }
            }
            if !self.quiet {
                let moved = group.keys.iter().find_map(|key| traces.moved.get(key)).map(|d| d.clone().before(&after));
                let old = was.map(|(_, was)| was).or_else(|| continued(&were_in, &before)).or(moved.as_ref());
                let (tags, urgent) = marks_before(&were_in, &identities, &messages, &traces);
                let old = old.map(|old| Conversation { tags, urgent, ..old.clone() });
                let is_news = |(key, message): (&i64, &Message)| {
                    traces.new.contains(key) && message.folder == Role::Inbox && !state::is_outgoing(message, &messages)
                };
                let news = group.keys.iter().zip(&messages).filter(|at| is_news(*at)).map(|(_, message)| message);
                let newest = news.max_by_key(|m| (m.internal_date, m.uid));
                let sender = newest.map(|m| m.from.first().map_or("", |a| a.email.as_str()));
                let sent = group.keys.iter().zip(&messages).filter(|(key, _)| traces.answers.contains(key));
                let outgoing = sent.map(|(_, m)| m).max_by_key(|m| (m.internal_date, m.uid)).map(|m| Outgoing {
                    by: state::sent_by(m, &messages).map(String::from),
                    is_answer: !m.in_reply_to.is_empty() || !m.references.is_empty(),
                });
                for change in Change::between(old.as_ref(), &after, sender, outgoing, self.now) {
                    // Its first mail may be an answer, of which the rest is filed away.
                    let subject = bare_subject(&change.subject).to_owned();
                    events.push(self.with_its_giver(Change { subject, ..change }, &group.root)?);
                }
            }
            if !is_same || group.keys.iter().any(|key| traces.changed.contains(key)) {
                applied.touched.push(group.root);
            }
            for ((key, identity), message) in group.keys.iter().zip(identities).zip(messages) {
                if let Some(name) = names_held_back.remove(key) {
                    held_back.insert(*key, (id, Added { identity, name, message }));
                }
            }
        }
        for (key, (conversation, added)) in &held_back {
            adder.add(self.mailbox.id, *conversation, *key, added)?;
        }
        for id in left {
            applied.touched.extend(row::remove(self.cache, id)?);
        }
        applied.touched.sort();
        applied.touched.dedup();
        applied.changes = events.len();
        change::write(self.cache, &events)?;
        Ok(applied)
    }

    /// A claim for somebody that is being assigned through this cache just now is that assignment.
    fn with_its_giver(&self, change: Change, root: &str) -> Result<Change> {
        let Some(to) = change.assignee.holder().filter(|_| change.is_new_holder()) else { return Ok(change) };
        let by = assignment::by(self.cache, &self.mailbox.key, root, to, self.now)?;
        Ok(match by {
            Some(by) => change.assigned_by(by),
            None => change,
        })
    }

    /// Notes that the claim of this cache's person lost its message, or that nothing is to be done about it any more. `id`:
    /// the conversation's row, `were_in`: its messages and the rows where they were.
    fn mind_the_lock(
        &self,
        id: i64,
        were_in: &[(i64, i64)],
        was: Option<&Conversation>,
        (now, messages): (&Conversation, &[Message]),
        traces: &Traces,
        lost: &HashMap<i64, String>,
    ) -> Result<()> {
        let Some(me) = self.me.filter(|_| !traces.left.is_empty() || !lost.is_empty()) else { return Ok(()) };
        let of_inbox = || were_in.iter().zip(messages).filter(|(_, m)| m.folder == Role::Inbox);
        let after: Vec<lost::Standing> = of_inbox().map(|(_, m)| (m.uid, &m.flags)).collect();
        let is_of = |row: i64| row != 0 && (row == id || were_in.iter().any(|(_, was_in)| *was_in == row));
        let left = || traces.left.iter().filter(|left| is_of(left.conversation));
        let stayed = of_inbox().filter(|((_, was_in), _)| *was_in != 0);
        let before: Vec<lost::Standing> = left()
            .map(|left| (left.uid, &left.flags))
            .chain(stayed.map(|((key, _), m)| (m.uid, traces.had.get(key).unwrap_or(&m.flags))))
            .collect();
        let newly = lost::lost_lock(&before, &after, me).and_then(|uid| left().find(|left| left.uid == uid));
        let earlier = || lost.iter().find(|(row, _)| is_of(**row)).map(|(_, lock)| lock);
        // Who claimed it meanwhile and gave it up again, or gave it up for this person, has settled it.
        let was_given_up = now.assignee == Assignee::Free && was.is_some_and(|was| was.assignee != now.assignee);
        let is_settled = after.is_empty() || now.status == Status::Done || lost::is_claimed_anew(&after, me);
        match newly.map(|left| &left.identity).or_else(|| earlier().filter(|_| !was_given_up)) {
            Some(lock) if !is_settled => lost_lock::put(self.cache, id, lock),
            _ => lost_lock::forget(self.cache, id),
        }
    }

    /// Makes every row of the mailbox anew: the day since when mail is work has changed.
    pub(super) fn summarise_all(&self) -> Result<()> {
        let role = message::role_of(self.cache, self.mailbox.id)?;
        let rows: Vec<(i64, String)> = {
            let mut statement = self.cache.prepare("SELECT id, root FROM conversation WHERE mailbox = ?1")?;
            let rows = statement.query_map([self.mailbox.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<_>>()?
        };
        for (id, root) in rows {
            let messages = message::of_conversation(self.cache, &role, id)?;
            let after = state::summarise(&self.mailbox.key, &root, &messages, self.mailbox.since);
            if let Some(was) = row::load(self.cache, id, &self.mailbox.key)? {
                row::change(self.cache, id, &was, &after, self.me)?;
            }
        }
        Ok(())
    }
}

/// Of the conversations in which these messages were, the one that this one goes on: in INBOX, newest.
fn continued<'b>(were_in: &[(i64, i64)], before: &'b HashMap<i64, Conversation>) -> Option<&'b Conversation> {
    let rows = were_in.iter().filter_map(|(_, id)| before.get_key_value(id));
    rows.min_by_key(|(id, c)| (c.folder, Reverse(c.last_at), **id)).map(|(_, conversation)| conversation)
}

/// The tags, and whether it was urgent, of a conversation with these messages before the batch. Mail that goes takes its marks
/// along, and mail that is moved brings them back, with nobody's doing: of what has left nothing is counted, and what came
/// from another folder as it left there. `were_in`: the messages' keys, and the rows where they were.
fn marks_before(
    were_in: &[(i64, i64)],
    identities: &[String],
    messages: &[Message],
    traces: &Traces,
) -> (Vec<String>, bool) {
    let lent = were_in.iter().zip(identities).zip(messages).filter(|(_, m)| state::lends_marks(m.folder));
    state::marks(lent.filter_map(|(((key, was_in), identity), message)| {
        let came_as = || traces.moved.get(key).map(|d| &d.lent).or_else(|| traces.gone.get(identity));
        if *was_in == 0 { came_as() } else { traces.had.get(key).or(Some(&message.flags)) }
    }))
}
