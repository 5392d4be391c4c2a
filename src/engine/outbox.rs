//! The outbox: an answer is written and stored, then run by `engine::answer` as often as it takes, by whichever process holds
//! its lease.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::act::{comes_back_marked, newest_incoming};
use super::answer::{OLD, Sending};
use super::drive::Place;
use super::error::{Error, Result};
use super::kept::Content;
use super::link::Link;
use super::login::Login;
use super::message::{Answer, Attached, Forwards, Target};
use crate::config::AfterReply;
use crate::mail::compose::{self, Draft};
use crate::model::{
    Assignee, Capability, Conversation, ErrorKind, Expectation, Handle, Mailbox, Message, MessageId, Refusal, Role,
    Status, Uid,
};
use crate::store::{Desk, Lease, NewItem, OutboxItem, OutboxState, Reader};
use crate::wire::answer::{Progress, Seen, Stage, fits_done};
use crate::wire::{identity, state};

/// What the outbox keeps of an answer beside its bytes: what its writer had seen, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    #[serde(flatten)]
    pub seen: Seen,
    /// Its person was warned that no announcement can be written.
    pub unannounced: bool,
    /// What its writer expects of the conversation when it is claimed; nothing any more once that was so.
    #[serde(default)]
    pub expect: Expected,
    /// What names the message that it hands on; empty where it hands nothing on.
    #[serde(default)]
    pub forwarded: String,
    pub progress: Progress,
}

/// An [`Expectation`] as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    assignee: Option<Holder>,
    status: Option<Status>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Holder {
    Nobody,
    By(Handle),
    Several(Vec<Handle>),
}

impl From<Expectation> for Expected {
    fn from(expect: Expectation) -> Self {
        let assignee = expect.assignee.map(|assignee| match assignee {
            Assignee::Free => Holder::Nobody,
            Assignee::Held(handle) => Holder::By(handle),
            Assignee::Contested(handles) => Holder::Several(handles),
        });
        Self { assignee, status: expect.status }
    }
}

impl From<Expected> for Expectation {
    fn from(expected: Expected) -> Self {
        let assignee = expected.assignee.map(|holder| match holder {
            Holder::Nobody => Assignee::Free,
            Holder::By(handle) => Assignee::Held(handle),
            Holder::Several(handles) => Assignee::Contested(handles),
        });
        Self { assignee, status: expected.status }
    }
}

/// How an answer is to leave, beside what it says.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Its person was warned that no announcement can be written.
    pub unannounced: bool,
    /// What the conversation must be like.
    pub expect: Expectation,
    /// Until when its writer may take it back, on the screen.
    pub hold_until: Option<Timestamp>,
}

/// How one run of an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    Sent(Option<Box<Conversation>>),
    /// It was sent and stays in the outbox, since the mailbox could not be marked; the refusal says what was in the way.
    Unmarked(Refusal),
    /// It stays in the outbox; the refusal says until when or for what.
    Stays(Refusal),
    /// It is out of the outbox, its text a draft again.
    NotSent(Refusal),
    /// Another process has it in hand, or it is gone.
    Elsewhere,
}

/// An answer to the newest incoming message of a conversation, as it begins: the recipients, the address that the customer
/// wrote to, what its writer has seen by now.
///
/// # Errors
/// There is nothing to answer, or the mailbox has no address to answer from.
pub fn begin(
    reader: &Reader,
    mailbox: &Mailbox,
    root: &str,
    all: bool,
    quoted: Option<&str>,
) -> Result<(Answer, Message)> {
    needs_address(mailbox)?;
    let thread = reader.thread(mailbox.key(), root)?;
    let Some(answered) = to_answer(&thread) else {
        return Err(Refusal::new(ErrorKind::Failed, "nothing in this conversation came from outside").into());
    };
    let identity = identity::identity(answered);
    let seen = Seen::now(&thread, &identity, reader.numbering(mailbox.key())?);
    let answer = Answer {
        target: Target { mailbox: mailbox.key().to_owned(), root: root.to_owned() },
        draft: reply(mailbox, answered, all, quoted),
        attached: Vec::new(),
        forwards: None,
        answered: identity,
        seen,
        then: None,
        unannounced: false,
        hand: None,
    };
    Ok((answer, answered.clone()))
}

/// What an answer to a conversation answers: its newest incoming message in INBOX, else in Archive. What was announced in
/// Sent and not sent never came from outside.
pub fn to_answer(thread: &[Message]) -> Option<&Message> {
    [Role::Inbox, Role::Archive].into_iter().find_map(|role| newest_incoming(thread, role))
}

/// An answer that hangs on what it answers, for every client: a mail without a Message-ID is named as the team knows it.
pub fn reply(mailbox: &Mailbox, answered: &Message, all: bool, quoted: Option<&str>) -> Draft {
    let mut draft = compose::reply(mailbox, answered, all, quoted);
    if answered.message_id.is_none() {
        let id = MessageId(identity::identity(answered));
        draft.references.push(id.clone());
        draft.in_reply_to = Some(id);
    }
    draft
}

/// A mail that begins a conversation: nothing is answered, and what it forwards, if it does, still waits.
///
/// # Errors
/// The mailbox has no address to write from.
pub fn begin_opening(mailbox: &Mailbox, target: Target, draft: Draft, forwards: Option<Forwards>) -> Result<Answer> {
    needs_address(mailbox)?;
    Ok(Answer {
        target,
        draft,
        attached: Vec::new(),
        forwards,
        answered: String::new(),
        seen: Seen::default(),
        then: None,
        unannounced: false,
        hand: None,
    })
}

fn needs_address(mailbox: &Mailbox) -> Result<()> {
    if mailbox.address.is_none() {
        let text = format!("{} has no address to write from: name it in the configuration", mailbox.key());
        return Err(Refusal::new(ErrorKind::Config, text).into());
    }
    Ok(())
}

/// What a conversation's forwarding hands on: its newest incoming message, else its newest.
///
/// # Errors
/// There is nothing in it.
pub fn to_forward(reader: &Reader, mailbox: &Mailbox, root: &str) -> Result<Message> {
    let mut thread = reader.thread(mailbox.key(), root)?;
    let incoming = [Role::Inbox, Role::Archive].into_iter().find_map(|role| newest_incoming(&thread, role)).cloned();
    let found = incoming.or_else(|| thread.pop());
    Ok(found.ok_or_else(|| Refusal::new(ErrorKind::NotFound, "there is no message to forward"))?)
}

/// Files together are no larger than a mail may be.
///
/// # Errors
/// They are.
pub fn check_size(sizes: impl Iterator<Item = u64>) -> Result<()> {
    let together: u64 = sizes.sum();
    if together > compose::MAX_ATTACHED {
        let text = format!("the files are {} MB together", together.div_ceil(1_000_000));
        let hint = format!("one mail takes {} MB", compose::MAX_ATTACHED / 1_000_000);
        return Err(Refusal::new(ErrorKind::Usage, text).hint(hint).into());
    }
    Ok(())
}

/// The mail with the octets of its files, as they lie on the desk.
fn with_files<'a>(desk: &Desk, draft: &Draft, files: impl Iterator<Item = &'a Attached>) -> Result<Draft> {
    let mut draft = draft.clone();
    for file in files {
        let lost =
            || Refusal::new(ErrorKind::Failed, format!("{} is no longer on the desk: attach it again", file.name));
        let bytes = desk.attached(&file.digest)?.ok_or_else(lost)?;
        let (name, media_type) = (file.name.clone(), file.media_type.clone());
        draft.attachments.push(compose::AttachedFile { name, media_type, bytes });
    }
    Ok(draft)
}

/// The message as it will leave, and its Message-ID.
pub fn fix(draft: &Draft, mailbox: &Mailbox) -> Result<(MessageId, Vec<u8>)> {
    draft.check().map_err(|error| Refusal::new(ErrorKind::Usage, error.to_string()))?;
    let address = mailbox.address.as_deref().and_then(compose::in_ascii);
    let domain = address.as_deref().and_then(|a| a.rsplit_once('@')).map_or("localhost", |(_, domain)| domain);
    let id = compose::message_id(domain);
    let bytes = compose::write(draft, &id, &jiff::Zoned::now());
    Ok((id, bytes))
}

/// Fixes an answer and puts it into the outbox; from here on it is never lost and never sent twice.
pub fn put(desk: &Desk, login: &Login, mailbox: &Mailbox, answer: &Answer, terms: Terms) -> Result<i64> {
    let Terms { unannounced, expect, hold_until } = terms;
    let key = mailbox.key();
    let content = Content::of_answer(answer);
    check_size(content.all_attached().map(|file| file.size))?;
    let (id, message) = fix(&with_files(desk, &answer.draft, content.all_attached())?, mailbox)?;
    let kept = Kept {
        seen: answer.seen,
        unannounced,
        expect: expect.into(),
        forwarded: answer.forwards.as_ref().map(|f| f.of.clone()).unwrap_or_default(),
        progress: Progress::begin(),
    };
    let after = answer.then.or_else(|| login.config_of(mailbox).map(|c| c.after_reply));
    let item = NewItem {
        mailbox: key.to_owned(),
        root: answer.target.root.clone(),
        answered: answer.answered.clone(),
        message_id: id.0,
        from: compose::in_ascii(&answer.draft.from.email).unwrap_or_default(),
        recipients: answer.draft.recipients(),
        subject: answer.draft.subject.clone(),
        message,
        stage: json(&kept),
        state: if hold_until.is_some() { OutboxState::Held } else { OutboxState::Unsent },
        hold_until,
        after: Some(match after.unwrap_or(AfterReply::Waiting) {
            AfterReply::Waiting => Status::Waiting,
            AfterReply::Open => Status::Open,
            AfterReply::Done => Status::Done,
        }),
        draft: json(&content),
        takes_draft: answer.hand.clone(),
    };
    Ok(desk.outbox_put(&item)?)
}

/// What this program wrote is always JSON: strings, numbers and lists.
pub fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Whether this mailbox lets the person answer, and what stands against it before anything is written.
///
/// # Errors
/// What is missing: the right, an announcement, a settled answer before this one.
pub fn may_answer(
    reader: &Reader,
    desk: &Desk,
    mailbox: &Mailbox,
    conversation: &Conversation,
    unannounced: bool,
) -> Result<()> {
    // It may have no copy in Sent that would show it.
    if is_unsettled(reader, desk, mailbox.key(), &conversation.root, None)? {
        return Err(fate_unknown());
    }
    if conversation.has_pending_answer {
        earlier_answer(reader, desk, mailbox, conversation)?;
    }
    may_send(mailbox, unannounced)
}

/// Whether this mailbox lets the person announce what is sent; without that only after a warning.
///
/// # Errors
/// The right is missing.
pub fn may_send(mailbox: &Mailbox, unannounced: bool) -> Result<()> {
    if !mailbox.may(Capability::Send) && !unannounced {
        let text =
            format!("no announcement can be written in {}: a teammate might answer at the same time", mailbox.key());
        return Err(Refusal::new(ErrorKind::Rights, text)
            .hint(
                "it needs a Sent folder with the rights `rwi` that keeps keywords; --unannounced answers all the same",
            )
            .into());
    }
    Ok(())
}

/// What an announced answer means for the next one: one's own, or one that has lain for long, has to be settled first; a
/// teammate's young one is on its way and comes first.
fn earlier_answer(reader: &Reader, desk: &Desk, mailbox: &Mailbox, conversation: &Conversation) -> Result<()> {
    let mut thread = reader.thread(mailbox.key(), &conversation.root)?;
    thread.retain(state::is_pending);
    let own: Vec<OutboxItem> = desk.outbox_list()?;
    let own = own.iter().find(|i| thread.iter().any(|m| m.message_id.as_ref().is_some_and(|id| id.0 == i.message_id)));
    if own.is_some_and(|item| item.state == OutboxState::Submitted) {
        let text = "your earlier answer to this conversation was sent, and is still to be marked in the mailbox";
        return Err(Refusal::new(ErrorKind::Overtaken, text).hint("`bagsy outbox retry` marks it").into());
    }
    if own.is_some_and(|item| item.state != OutboxState::Unknown) {
        let text = "your earlier answer to this conversation was announced and waits in the outbox";
        let refusal = Refusal::new(ErrorKind::UnknownOutcome, text);
        return Err(refusal.hint("`bagsy outbox retry` sends it, or finds out that it was overtaken").into());
    }
    let now = Timestamp::now() + reader.clock()?;
    if own.is_some() || thread.iter().any(|m| now.duration_since(m.internal_date) > OLD) {
        return Err(fate_unknown());
    }
    if thread.is_empty() {
        return Ok(());
    }
    let text = "another answer to this conversation is on its way right now";
    Err(Refusal::new(ErrorKind::Overtaken, text).hint("look at the conversation again in a moment").into())
}

/// Whether an answer of one's own in this conversation may have been sent, `but` for this item: nobody else can know of it
/// where it has no copy in Sent, and no other one leaves until it is settled.
fn is_unsettled(reader: &Reader, desk: &Desk, mailbox: &str, root: &str, but: Option<i64>) -> Result<bool> {
    let unknown = |item: &OutboxItem| item.state == OutboxState::Unknown && Some(item.id) != but;
    for item in desk.outbox_list()?.iter().filter(|item| item.mailbox == mailbox && unknown(item)) {
        if root_of(reader, item)? == root {
            return Ok(true);
        }
    }
    Ok(false)
}

fn fate_unknown() -> Error {
    let text = "it is not known whether an earlier answer to this conversation was sent";
    Refusal::new(ErrorKind::UnknownOutcome, text)
        .hint("settle it first: open the conversation on the screen and say “was sent” or “discard”")
        .into()
}

impl Link {
    /// Makes the mailbox's Sent folder where there is none and the rights allow it.
    pub async fn ensure_sent(&mut self, mailbox: &Mailbox) -> Result<Mailbox> {
        if mailbox.folder(Role::Sent).is_some() || !mailbox.may(Capability::Send) {
            return Ok(mailbox.clone());
        }
        self.create_folder(mailbox, Role::Sent).await
    }

    /// The mailbox as an item of the outbox needs it: with a Sent folder, and the conversation in INBOX.
    async fn ready(&mut self, mailbox: &Mailbox, item: &mut OutboxItem, kept: &mut Kept) -> Result<Mailbox> {
        let mailbox = match self.ensure_sent(mailbox).await {
            Err(error) if !error.ends_session() => {
                // Without one it is not sent, or as its person was warned.
                tracing::info!(%error, "no Sent folder could be made");
                mailbox.clone()
            }
            other => other?,
        };
        if item.is_opening() {
            // There is no conversation yet to be known: the first look shows what may be there of it.
        } else if is_untouched(kept) {
            // Nothing in INBOX: what was done comes back before it is answered.
            self.sync_mailbox(&mailbox).await?;
            self.find_root(&mailbox, item).await?;
            let place = Place { mailbox: &mailbox, root: &item.root };
            let conversation = self.reader.conversation(mailbox.key(), &item.root)?;
            let is_marked = comes_back_marked(&self.reader.thread(mailbox.key(), &item.root)?);
            let is_back = conversation.is_some_and(|c| c.folder == Role::Archive)
                && mailbox.may(Capability::Archive)
                // Whoever may not move it answers all the same.
                && mailbox.why_not_back(is_marked).is_none()
                && fits_done(&kept.expect.clone().into());
            if is_back {
                // As it was expected; from now on it is as this answer made it.
                kept.expect = Expected::default();
                Desk::open(self.cache.path())?.outbox_update(item.id, &json(kept), item.state, None)?;
                self.bring_back(place).await?;
                self.sync(&mailbox, Role::Inbox).await?;
            }
            self.mind_validity(&mailbox, kept)?;
            let thread = self.reader.thread(mailbox.key(), &item.root)?;
            kept.seen.inbox = seen_with_answered(&thread, &item.answered, kept.seen.inbox);
        } else {
            self.find_root(&mailbox, item).await?;
        }
        Ok(mailbox)
    }

    /// Takes the root of the item's conversation anew: an ancestor that came late, or an expunged one, makes it another.
    pub(super) async fn find_root(&mut self, mailbox: &Mailbox, item: &mut OutboxItem) -> Result<()> {
        if item.is_opening() {
            // It is its own root.
            self.complete(mailbox, &item.message_id).await?;
            return Ok(());
        }
        // Found by its own id wherever it hangs; where it is gone, the conversation is what it was.
        self.complete(mailbox, &item.answered).await?;
        let root = root_of(&self.reader, item)?;
        let root = self.complete(mailbox, &root).await?;
        self.move_item(item, root)?;
        let root = root_of(&self.reader, item)?;
        self.move_item(item, root)
    }

    /// Whether the item still belongs to the root by which it was looked at.
    pub(super) fn is_at_root(&self, item: &OutboxItem) -> Result<bool> {
        Ok(item.is_opening() || root_of(&self.reader, item)? == item.root)
    }

    fn move_item(&self, item: &mut OutboxItem, root: String) -> Result<()> {
        if root != item.root {
            Desk::open(self.cache.path())?.outbox_move(item.id, &root)?;
            item.root = root;
        }
        Ok(())
    }

    /// Runs an item of the outbox: sent, or as far as it goes now.
    ///
    /// # Errors
    /// What keeps it from being run at all; it stays in the outbox.
    pub async fn run_item(&mut self, id: i64, mailboxes: &[Mailbox]) -> Result<Ran> {
        let Some(lease) = Lease::try_take(self.cache.path(), id)? else { return Ok(Ran::Elsewhere) };
        let desk = Desk::open(self.cache.path())?;
        let Some(mut item) = desk.outbox_get(id)?.filter(|i| i.state != OutboxState::Held) else {
            return Ok(Ran::Elsewhere);
        };
        let Some(mailbox) = mailboxes.iter().find(|m| m.key() == item.mailbox) else {
            let text = format!("{} cannot be reached now", item.mailbox);
            return Ok(Ran::Stays(Refusal::new(ErrorKind::Unreachable, text)));
        };
        let mut kept: Kept = serde_json::from_str(&item.stage).map_err(crate::store::Error::from)?;
        let mailbox = match self.ready(mailbox, &mut item, &mut kept).await {
            Ok(mailbox) => mailbox,
            Err(error) => return stays(&desk, &item, &json(&kept), item.state, error),
        };
        // Written before that one was of unknown fate: it waits for what is said of it.
        let is_unsent = kept.progress.stage == Stage::Unsent && !item.is_opening();
        if is_unsent && is_unsettled(&self.reader, &desk, mailbox.key(), &item.root, Some(id))? {
            return stays(&desk, &item, &json(&kept), item.state, fate_unknown());
        }
        let message = desk.outbox_message(id)?.unwrap_or_default();
        let mut sending = Sending::new(&mailbox, item, kept, message, desk);
        let ran = self.send(&mut sending).await;
        let refusal = sending.refusal();
        let (stage, state) = (sending.stage(), sending.state());
        let (desk, item) = (sending.desk, sending.item);
        let ran = match ran {
            Err(error) => return stays(&desk, &item, &stage, state, error),
            Ok(outcome) => outcome,
        };
        use crate::wire::answer::Outcome;
        Ok(match ran {
            Outcome::Sent => {
                desk.outbox_remove(id)?;
                lease.retire();
                desk.sweep_attached(Timestamp::now())?;
                let place = Place { mailbox: &mailbox, root: item.conversation_root() };
                let conversation = self.as_it_is(place).await.ok();
                Ran::Sent(conversation.map(Box::new))
            }
            Outcome::Unknown => {
                let refusal = Refusal::new(
                    ErrorKind::UnknownOutcome,
                    "it is not known whether the answer was sent: the connection broke before the server's last word",
                )
                .hint("look whether the customer has it, then say “was sent” or “discard”");
                desk.outbox_update(id, &stage, state, Some(&refusal.message))?;
                Ran::Stays(refusal)
            }
            Outcome::Later(why) => {
                if state == OutboxState::Submitted {
                    let refusal = Refusal::new(ErrorKind::Unreachable, why);
                    return stays(&desk, &item, &stage, state, refusal.into());
                }
                desk.outbox_update(id, &stage, state, Some(&why))?;
                let refusal = refusal.unwrap_or_else(|| Refusal::new(ErrorKind::Unreachable, why));
                let kind = if refusal.kind == ErrorKind::Tls { ErrorKind::Tls } else { ErrorKind::Unreachable };
                Ran::Stays(queued(Refusal { kind, ..refusal }))
            }
            Outcome::NotSent(why) => {
                let refusal = super::answer::refused(&why, refusal);
                to_draft(&self.reader, &desk, &item, Some(&refusal.message))?;
                lease.retire();
                Ran::NotSent(refusal)
            }
        })
    }
}

/// The root of an item's conversation as the cache has it now.
pub fn root_of(reader: &Reader, item: &OutboxItem) -> Result<String> {
    match item.is_opening() {
        true => Ok(item.message_id.clone()),
        false => root_now(reader, &item.mailbox, &item.root, &item.answered),
    }
}

/// The root of a conversation as the cache has it now: that of a message of it, where that is there. Where it is gone, what
/// is left of the conversation may hang on its id alone. `root`: what it was.
pub fn root_now(reader: &Reader, mailbox: &str, root: &str, message: &str) -> Result<String> {
    if let Some(root) = reader.root_of(mailbox, message)? {
        return Ok(root);
    }
    let is_in_inbox = |root: &str| -> Result<bool> {
        Ok(reader.conversation(mailbox, root)?.is_some_and(|c| c.folder == Role::Inbox))
    };
    Ok(if !is_in_inbox(root)? && is_in_inbox(message)? { message } else { root }.to_owned())
}

/// Where an item's text is found when it is a draft again: in its conversation, by whatever root that has now; what begins
/// one has a place of its own.
pub fn place_of(reader: &Reader, item: &OutboxItem) -> Result<Target> {
    let root = if item.is_opening() { item.root.clone() } else { root_of(reader, item)? };
    Ok(Target { mailbox: item.mailbox.clone(), root })
}

/// Gives an item up: its text is a draft again, which says `why` it came back.
pub fn to_draft(reader: &Reader, desk: &Desk, item: &OutboxItem, why: Option<&str>) -> Result<bool> {
    desk.outbox_move(item.id, &place_of(reader, item)?.root)?;
    let made_from = why.map(|_| desk.outbox_text(item.id)).transpose()?.flatten();
    // One that cannot be read is kept as it is.
    let content = made_from.and_then(|text| Content::read(&text).ok());
    let text = content.map(|content| Content { came_back: why.map(str::to_owned), ..content }.write());
    let text = text.transpose().map_err(crate::store::Error::from)?;
    Ok(desk.outbox_to_draft(item.id, text.as_deref())?)
}

/// Its person says that an item of unknown fate was sent: what is left is to mark it.
pub(super) fn call_sent(desk: &Desk, item: &OutboxItem) -> Result<()> {
    let mut kept: Kept = serde_json::from_str(&item.stage).map_err(crate::store::Error::from)?;
    kept.progress.stage = Stage::Submitted;
    desk.outbox_update(item.id, &json(&kept), OutboxState::Submitted, None)?;
    Ok(())
}

/// Takes an answer back on the screen, of this run or an earlier one: its text is a draft again. `None`: too late, something
/// of it is on a server, or a process has it in hand.
///
/// # Errors
/// The store's.
pub fn take_back(cache: &Path, id: i64) -> Result<Option<Target>> {
    let (reader, desk) = (Reader::open(cache)?, Desk::open(cache)?);
    let Some(item) = desk.outbox_get(id)? else { return Ok(None) };
    let target = place_of(&reader, &item)?;
    desk.outbox_move(id, &target.root)?;
    if desk.outbox_take_back(id)? {
        return Ok(Some(target));
    }
    let Some(lease) = Lease::try_take(cache, id)? else { return Ok(None) };
    // As it stands now that nobody else can begin with it.
    let is_waiting = |item: &OutboxItem| item.state == OutboxState::Unsent && is_fresh(item);
    if !desk.outbox_get(id)?.is_some_and(|item| is_waiting(&item)) || !desk.outbox_to_draft(id, None)? {
        return Ok(None);
    }
    lease.retire();
    Ok(Some(target))
}

/// What is said of an answer that was sent, as long as the mailbox does not say so.
pub const UNMARKED: &str = "sent; still to be marked in the mailbox";
const LATER: &str = "the screen marks it as soon as that is possible, or `bagsy outbox retry`";

/// A run that broke off: the item stays as far as it came.
fn stays(desk: &Desk, item: &OutboxItem, stage: &str, state: OutboxState, error: Error) -> Result<Ran> {
    let refusal = error.into_refusal();
    if state == OutboxState::Submitted {
        desk.outbox_update(item.id, stage, state, Some(UNMARKED))?;
        return Ok(Ran::Unmarked(
            Refusal { message: format!("{UNMARKED}: {}", refusal.message), ..refusal }.hint(LATER),
        ));
    }
    desk.outbox_update(item.id, stage, state, Some(&refusal.message))?;
    Ok(Ran::Stays(if state == OutboxState::Unknown { refusal } else { queued(refusal) }))
}

/// What is in the way passes by itself, but for TLS, which somebody must put right first.
fn queued(refusal: Refusal) -> Refusal {
    let sent = "it is sent by the screen as soon as that is possible, or by `bagsy outbox retry`";
    let hint = match &refusal.hint {
        Some(first) if refusal.kind == ErrorKind::Tls => format!("{first}; {sent}"),
        _ => sent.to_owned(),
    };
    Refusal { message: format!("{}; the mail is kept in the outbox", refusal.message), ..refusal }.hint(hint)
}

/// How an item of this stage stands: what has, or may have, reached the customer is never called unsent, whatever ends its run.
pub(super) fn state_of(stage: &Stage) -> OutboxState {
    match stage {
        Stage::Transmitting | Stage::Unknown => OutboxState::Unknown,
        Stage::Submitted => OutboxState::Submitted,
        _ => OutboxState::Unsent,
    }
}

/// Whether nothing of an item is on any server yet.
pub fn is_fresh(item: &OutboxItem) -> bool {
    serde_json::from_str(&item.stage).is_ok_and(|kept: Kept| kept.progress.stage == Stage::Unsent)
}

/// Whether no server has seen anything of it, and none ever had.
pub(super) fn is_untouched(kept: &Kept) -> bool {
    kept.progress.stage == Stage::Unsent && kept.progress.spent == Uid(0)
}

/// Items that are due: what is not held any more and is not waiting for a person.
pub fn due(desk: &Desk, now: Timestamp) -> Result<Vec<OutboxItem>> {
    let mut due = Vec::new();
    for item in desk.outbox_list()? {
        let is_over = item.hold_until.is_none_or(|until| until <= now);
        match item.state {
            OutboxState::Held if is_over => {
                if desk.outbox_let_go(item.id)? {
                    due.push(item);
                }
            }
            OutboxState::Unsent | OutboxState::Submitted => due.push(item),
            // Looked after again: evidence may have come, and a person may have said so on another screen.
            OutboxState::Unknown => due.push(item),
            OutboxState::Held | OutboxState::Scheduled | OutboxState::Failed => {}
        }
    }
    Ok(due)
}

/// What its writer has seen of INBOX, given that it is the answered message at least: that has a new UID there when it came
/// back from Archive, or came in twice. Where anything unseen lies below it, nothing more counts as seen.
fn seen_with_answered(thread: &[Message], answered: &str, seen: Uid) -> Uid {
    let is_answered = |m: &&Message| m.folder == Role::Inbox && identity::identity(m) == answered;
    let copies: Vec<Uid> = thread.iter().filter(is_answered).map(|m| m.uid).collect();
    let Some(newest) = copies.iter().copied().max().filter(|uid| *uid > seen) else { return seen };
    let sights = state::sights(thread);
    let mut unseen = sights.iter().filter(|s| s.incoming && !s.auto_reply && !copies.contains(&s.uid));
    if unseen.any(|s| s.uid > seen && s.uid < newest) { seen } else { newest }
}

impl From<crate::mail::compose::DraftError> for Error {
    fn from(error: crate::mail::compose::DraftError) -> Self {
        Refusal::new(ErrorKind::Usage, error.to_string()).into()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Expected, Kept, json, seen_with_answered};
    use crate::mail::header;
    use crate::model::{Assignee, Expectation, Flags, Handle, Message, Role, Status, Uid};

    fn message(folder: Role, uid: u32, id: &str) -> Message {
        let head = format!("Message-ID: <{id}@x>\r\nFrom: dana@customer.example\r\n\r\n");
        header::message(folder, Uid(uid), None, Timestamp::UNIX_EPOCH, 100, Flags::default(), head.as_bytes())
    }

    #[test]
    fn what_a_writer_expects_is_kept_as_it_was_and_an_older_version_expects_nothing() {
        let bob = Handle::new("bob").unwrap();
        let several = Assignee::Contested(vec![bob.clone(), Handle::new("carol").unwrap()]);
        for assignee in [None, Some(Assignee::Free), Some(Assignee::Held(bob)), Some(several)] {
            let expect = Expectation { assignee, status: Some(Status::Open) };
            let kept = json(&Expected::from(expect.clone()));
            assert_eq!(Expectation::from(serde_json::from_str::<Expected>(&kept).unwrap()), expect);
        }
        let older = r#"{"seen_inbox":1,"seen_sent":0,"inbox_validity":null,"sent_validity":null,"was_answered":false,
                        "unannounced":false,"progress":{"stage":"unsent","spent":0}}"#;
        assert_eq!(serde_json::from_str::<Kept>(older).unwrap().expect, Expected::default());
    }

    #[test]
    fn what_is_answered_was_seen_wherever_it_lies_now_and_what_came_in_below_it_was_not() {
        let seen = |thread: &[Message], before| seen_with_answered(thread, "a@x", Uid(before));
        let inbox = |uid, id| message(Role::Inbox, uid, id);
        assert_eq!(seen(&[inbox(7, "a")], 0), Uid(7));
        assert_eq!(seen(&[inbox(5, "b"), inbox(7, "a")], 0), Uid(0));
        assert_eq!(seen(&[inbox(5, "b"), inbox(7, "a")], 5), Uid(7));
        assert_eq!(seen(&[inbox(4, "a"), inbox(7, "a")], 0), Uid(7));
        assert_eq!(seen(&[inbox(7, "a"), inbox(9, "b")], 0), Uid(7));
        assert_eq!(seen(&[message(Role::Archive, 7, "a")], 0), Uid(0));
        assert_eq!(seen(&[inbox(4, "a")], 6), Uid(6));
    }
}
