//! All that the screen knows between two messages. A frame is drawn from this alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Size;

use super::batch::Batch;
use super::chord::Chord;
use super::composer::Composer;
use super::finding::Finding;
use super::intents::{Asked, Intents};
use super::items::OnItsWay;
use super::keymap::{Context, Keymap};
use super::layers::Layer;
use super::notice::{Notices, Notify};
use super::opener::Opener;
use super::queue::Queue;
use super::reading::Reading;
use super::source::{Counts, Order, OutboxItem};
use super::typed_ahead::TypedAhead;
use crate::engine::kept::KeptText;
use crate::engine::message::{Connection, Item, Target, Ticket, Verdict};
use crate::model::{Alike, Conversation, Handle, Mailbox};
use crate::store::Search;

/// For so long somebody who takes back means what has just left.
pub const TOO_LATE: SignedDuration = SignedDuration::from_secs(20);

/// How long an answer can be taken back.
pub const HOLD: Duration = Duration::from_secs(10);

/// One login, as far as the screen speaks of it.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Without one nothing can be claimed.
    pub handle: Option<Handle>,
    /// The person's name.
    pub name: Option<String>,
    /// Its connection has no TLS and is not to this machine.
    pub is_plaintext: bool,
}

/// What stays the same while the screen runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// By the account's name in the configuration.
    pub accounts: BTreeMap<String, Account>,
    /// How long a customer may be without an answer, by mailbox.
    pub targets: BTreeMap<String, Duration>,
    pub zone: TimeZone,
    /// How long an answer is held back after it was sent.
    pub hold: Duration,
    /// What each mailbox signs with, or why its signature cannot be read.
    pub signatures: BTreeMap<String, Result<String, String>>,
    /// Said of a lost connection instead of what the network says, where losing it means something of its own.
    pub when_lost: Option<String>,
    /// Said first of all.
    pub greeting: Option<String>,
    /// How the person is told of what happens while they look elsewhere.
    pub notify: Notify,
    /// Whether also of each new conversation.
    pub notify_new: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            accounts: BTreeMap::new(),
            targets: BTreeMap::new(),
            zone: TimeZone::UTC,
            hold: HOLD,
            signatures: BTreeMap::new(),
            when_lost: None,
            greeting: None,
            notify: Notify::Off,
            notify_new: false,
        }
    }
}

/// Which of the two has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    #[default]
    Queue,
    Reading,
}

/// How the line above the hints is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Somebody did something.
    News,
    Good,
    /// Asked for and not possible, or failed.
    Bad,
}

/// What brought the line above the hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It answers the person's own key.
    Key,
    /// Mail of one's own goes its way, which it began some time ago.
    Mail,
    /// It happened elsewhere.
    Elsewhere,
}

/// The line above the hints.
#[derive(Debug, Clone)]
pub struct Activity {
    pub at: Timestamp,
    pub text: String,
    pub tone: Tone,
    pub origin: Origin,
    /// When it came on the line.
    shown_at: Timestamp,
    /// It tells of the change that undo would take back.
    pub can_undo: bool,
}

/// So many lines are kept of what was said.
const MOST_SAID: usize = 200;

/// So many lines wait for their turn.
const MOST_NEXT: usize = 5;

/// The answer to one's own key stands so long before what others did takes its place.
const ANSWER: SignedDuration = SignedDuration::from_secs(3);
/// The same of what failed: its sentence is longer.
const FAILURE: SignedDuration = SignedDuration::from_secs(6);

/// An answer that can still be taken back.
#[derive(Debug, Clone)]
pub struct Held {
    pub item: Item,
    pub target: Target,
    pub until: Timestamp,
    pub to: String,
    /// Asked for it back already.
    pub is_recalled: bool,
}

/// An answer handed to the engine that has not said yet whether it took it.
#[derive(Debug, Clone)]
pub struct Sending {
    pub ticket: Ticket,
    pub target: Target,
    pub to: String,
}

/// What mail in Archive means for the keys of its conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InArchive {
    /// What would come back bears keywords of ours: one more right is needed then.
    pub comes_back_marked: bool,
    /// Some of it is urgent, which is taken off there as well.
    pub is_urgent: bool,
}

/// The state of the screen.
#[derive(Debug)]
pub struct App {
    pub settings: Settings,
    pub keymap: Keymap,
    pub now: Timestamp,
    /// The day for which times were written.
    pub day: Option<Date>,
    pub size: Size,
    pub mailboxes: Vec<Mailbox>,
    /// Index of the mailbox that is worked on.
    pub mailbox: usize,
    pub connections: HashMap<String, Connection>,
    /// Keywords that are known in each mailbox's INBOX, in lower case: in use or not, a name stays taken.
    pub keywords: HashMap<String, BTreeSet<String>>,
    pub queue: Queue,
    /// Where each mailbox's queue was left.
    pub left_queues: HashMap<String, Queue>,
    /// What the list is searched for or narrowed by.
    pub finding: Finding,
    pub reading: Option<Reading>,
    pub focus: Focus,
    pub composer: Option<Composer>,
    pub layer: Option<Layer>,
    /// The folder from which a file was attached last, as it was typed.
    pub attach_folder: String,
    /// Chords pressed that may become a longer one.
    pub pressed: Vec<Chord>,
    /// When a key led back into the queue.
    pub came_back_at: Option<Timestamp>,
    /// A text was asked for and something else came up.
    pub typed_ahead: Option<TypedAhead>,
    pub intents: Intents,
    pub undo: Vec<Asked>,
    /// The first rows were read.
    pub has_begun: bool,
    /// When the last step was added to those that can be undone.
    pub undo_at: Option<Timestamp>,
    /// When a mail of one's own was last told as sent, until it was said that it is too late to take that back.
    pub sent_at: Option<Timestamp>,
    /// What could be taken back before an answer that is on its way: it is not undone behind it, and again when it has left or
    /// came back.
    pub undo_behind: Vec<Asked>,
    /// What opens links and files here.
    pub opener: Opener,
    /// Files that are fetched.
    pub on_their_way: Vec<OnItsWay>,
    /// One action at work on many conversations.
    pub batch: Option<Batch>,
    /// Tickets of “take next” that are not answered.
    pub nexts: Vec<Ticket>,
    /// Verdicts on unknown answers that are not carried out.
    pub settlings: Vec<(Ticket, Verdict)>,
    /// Conversations with a draft of this person's, as far as this run knows.
    pub drafts: HashSet<Target>,
    /// What was answered from here, and when that was last.
    pub answered_here: HashMap<Target, Timestamp>,
    /// What was said, the newest first.
    pub said: VecDeque<Activity>,
    /// A key was to select many just now, and found none.
    pub selected_none: bool,
    /// Where a file was saved last.
    pub saved_in: Option<PathBuf>,
    pub sending: Vec<Sending>,
    pub held: Vec<Held>,
    /// The drafts in hand, newest first.
    pub texts: Vec<KeptText>,
    pub outbox: Vec<OutboxItem>,
    /// Mailboxes in whose Sent an announcement was not taken in this run.
    pub unannounced: HashSet<String>,
    pub activity: Option<Activity>,
    /// What is said when [`App::activity`] has had its time, the next one first.
    next_activities: VecDeque<Activity>,
    pub notices: Notices,
    /// For the list of mailboxes.
    pub mailbox_counts: HashMap<String, Counts>,
    /// The conversation under the cursor, where mail of it in Archive may be in the way of a key.
    pub in_archive: Option<(Target, InArchive)>,
    /// Rows must be read again before the next frame.
    pub is_stale: bool,
    /// When the conversation under the cursor is asked for, had the cursor come to rest.
    pub open_at: Option<Timestamp>,
    last_ticket: u64,
    /// Names this run of the screen among all.
    pub run: String,
    last_hand: u64,
}

impl App {
    /// A screen that knows nothing yet.
    pub fn new(settings: Settings, now: Timestamp, size: Size) -> Self {
        Self {
            settings,
            keymap: Keymap::default(),
            now,
            day: None,
            size,
            mailboxes: Vec::new(),
            mailbox: 0,
            connections: HashMap::new(),
            keywords: HashMap::new(),
            queue: Queue::default(),
            left_queues: HashMap::new(),
            finding: Finding::default(),
            reading: None,
            focus: Focus::Queue,
            composer: None,
            layer: None,
            attach_folder: String::new(),
            pressed: Vec::new(),
            came_back_at: None,
            typed_ahead: None,
            intents: Intents::default(),
            undo: Vec::new(),
            has_begun: false,
            undo_at: None,
            sent_at: None,
            undo_behind: Vec::new(),
            opener: Opener::None("nothing can be opened"),
            on_their_way: Vec::new(),
            batch: None,
            nexts: Vec::new(),
            settlings: Vec::new(),
            drafts: HashSet::new(),
            answered_here: HashMap::new(),
            said: VecDeque::new(),
            selected_none: false,
            saved_in: None,
            texts: Vec::new(),
            sending: Vec::new(),
            held: Vec::new(),
            outbox: Vec::new(),
            unannounced: HashSet::new(),
            activity: None,
            next_activities: VecDeque::new(),
            notices: Notices::default(),
            mailbox_counts: HashMap::new(),
            in_archive: None,
            is_stale: true,
            open_at: None,
            last_ticket: 0,
            run: String::new(),
            last_hand: 0,
        }
    }

    /// The mailbox that is worked on.
    pub fn current(&self) -> Option<&Mailbox> {
        self.mailboxes.get(self.mailbox)
    }

    /// Its key; empty where there is none.
    pub fn key(&self) -> &str {
        self.current().map(Mailbox::key).unwrap_or_default()
    }

    /// The queue of a mailbox, whether it is shown or was left.
    pub fn queue_of(&mut self, mailbox: &str) -> Option<&mut Queue> {
        if mailbox == self.key() { Some(&mut self.queue) } else { self.left_queues.get_mut(mailbox) }
    }

    /// Whether the current mailbox's connection is lost.
    pub fn is_offline(&self) -> bool {
        matches!(self.connections.get(self.key()), Some(Connection::Offline { .. }))
    }

    /// The account through which a mailbox is reached.
    pub fn account(&self, mailbox: &Mailbox) -> Option<&Account> {
        self.settings.accounts.get(&mailbox.account)
    }

    /// Who the person is in the current mailbox.
    pub fn me(&self) -> Option<&Handle> {
        self.current().and_then(|m| self.account(m)).and_then(|a| a.handle.as_ref())
    }

    /// Who the person is in the mailbox with this key.
    pub fn me_in(&self, key: &str) -> Option<&Handle> {
        let mailbox = self.mailboxes.iter().find(|m| m.key() == key);
        mailbox.and_then(|m| self.account(m)).and_then(|a| a.handle.as_ref())
    }

    /// The conversation that an action is about: the one that is read, else the one under the cursor, as the person means
    /// it to be.
    pub fn subject(&self) -> Option<Conversation> {
        let read = self.reading.as_ref().filter(|_| self.focus == Focus::Reading).and_then(|r| r.conversation.as_ref());
        read.or_else(|| self.queue.current()).map(|c| self.intents.over(c))
    }

    /// The same without what is only meant.
    pub fn subject_as_known(&self) -> Option<&Conversation> {
        let read = self.reading.as_ref().filter(|_| self.focus == Focus::Reading).and_then(|r| r.conversation.as_ref());
        read.or_else(|| self.queue.current())
    }

    /// Whether keywords of ours are to be taken off a conversation in Archive when it is opened again.
    pub fn comes_back_marked(&self, conversation: &Conversation) -> bool {
        self.archived(conversation).comes_back_marked
    }

    /// Whether the urgency of a conversation stands on mail in Archive too.
    pub fn is_urgent_in_archive(&self, conversation: &Conversation) -> bool {
        self.archived(conversation).is_urgent
    }

    fn archived(&self, conversation: &Conversation) -> InArchive {
        let known = self.in_archive.as_ref().filter(|(target, _)| *target == Self::target(conversation));
        known.map(|(_, archived)| *archived).unwrap_or_default()
    }

    /// The list that is shown instead of the view's, where something is looked for.
    pub fn listing(&self, order: Order) -> Option<Search> {
        self.finding.listing(self.key(), (self.queue.view, order.into()), &self.settings.zone)
    }

    /// Of the list that is shown, what is like one of its conversations.
    pub fn listing_alike(&self, alike: Alike) -> Search {
        let plain = || Search {
            mailbox: self.key().to_owned(),
            view: self.queue.view,
            order: self.queue.order.into(),
            wanted: Vec::new(),
            alike: None,
            most: None,
            now: self.now,
            zone: self.settings.zone.clone(),
        };
        Search { alike: Some(alike), ..self.listing(self.queue.order).unwrap_or_else(plain) }
    }

    /// The name of a conversation on the way to the engine.
    pub fn target(conversation: &Conversation) -> Target {
        Target { mailbox: conversation.mailbox.clone(), root: conversation.root.clone() }
    }

    /// Who takes the keys.
    pub fn context(&self) -> Context {
        match (&self.layer, &self.composer, self.focus) {
            (Some(layer), ..) => layer.context(),
            (None, Some(_), _) => Context::Writing,
            (None, None, _) if self.finding.typing.is_some() => Context::Search,
            (None, None, Focus::Reading) => Context::Reading,
            (None, None, Focus::Queue) => Context::Queue,
        }
    }

    /// Answers a key in the line above the hints.
    pub fn say(&mut self, tone: Tone, text: impl Into<String>) {
        let said = self.activity(Origin::Key, tone, text.into());
        self.activity = Some(said);
    }

    /// Answers the key that sends mail off; the next step of that mail takes its place.
    pub fn say_of_mail(&mut self, tone: Tone, text: impl Into<String>) {
        let said = self.activity(Origin::Mail, tone, text.into());
        self.activity = Some(said);
    }

    /// Says how far mail of one's own has come, once the answer to the last key has been said long enough.
    pub fn tell_mail(&mut self, tone: Tone, text: impl Into<String>) {
        let said = self.activity(Origin::Mail, tone, text.into());
        // What is told of one's own mail follows what was told before.
        let is_kept = self.activity.as_ref().is_some_and(|a| a.origin == Origin::Key) && self.is_line_kept();
        self.say_in_turn(said, is_kept);
    }

    /// Says what others did, once what the person did has been said long enough.
    pub fn tell_news(&mut self, text: impl Into<String>) {
        let said = self.activity(Origin::Elsewhere, Tone::News, text.into());
        // Of what others did the newest counts.
        self.next_activities.retain(|next| next.origin != Origin::Elsewhere);
        let is_kept = self.is_line_kept() || !self.next_activities.is_empty();
        self.say_in_turn(said, is_kept);
    }

    fn say_in_turn(&mut self, said: Activity, is_kept: bool) {
        if is_kept {
            self.next_activities.push_back(said);
            // Who does not look for so long reads the list of all that was said.
            let too_many = self.next_activities.len().saturating_sub(MOST_NEXT);
            self.next_activities.drain(..too_many);
        } else {
            self.activity = Some(said);
        }
    }

    /// What is said, kept among all that was; what is said again and again stands there once.
    fn activity(&mut self, origin: Origin, tone: Tone, text: String) -> Activity {
        let now = self.now;
        let said = Activity { at: now, text, tone, origin, shown_at: now, can_undo: false };
        if self.said.front().is_some_and(|last| last.text == said.text) {
            self.said.pop_front();
        }
        self.said.push_front(said.clone());
        self.said.truncate(MOST_SAID);
        said
    }

    /// Whether the line is kept for what the person did.
    fn is_line_kept(&self) -> bool {
        let own = self.activity.as_ref().filter(|a| a.origin != Origin::Elsewhere);
        own.is_some_and(|a| self.now < a.shown_at + if a.tone == Tone::Bad { FAILURE } else { ANSWER })
    }

    /// Whether one's own doing was said since then, or is said next.
    pub fn has_said_own(&self, since: Timestamp) -> bool {
        let said = self.activity.iter().chain(&self.next_activities);
        said.filter(|a| a.tone != Tone::News).any(|a| a.at > since)
    }

    /// Brings on what waited for its turn.
    pub fn bring_next(&mut self) {
        if !self.is_line_kept()
            && let Some(next) = self.next_activities.pop_front()
        {
            self.activity = Some(Activity { shown_at: self.now, ..next });
        }
    }

    /// What names one opened text on the desk: no other ever has it.
    pub fn hand(&mut self) -> String {
        self.last_hand += 1;
        format!("{}-{}", self.run, self.last_hand)
    }

    /// A ticket that was never given out before.
    pub fn ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        Ticket(self.last_ticket)
    }

    /// What the state says is on the screen since now.
    pub fn is_drawn(&mut self, now: Timestamp) {
        if let Some(ahead) = &mut self.typed_ahead {
            ahead.is_drawn(now);
        }
    }

    /// The answer that `z` would take back now.
    pub fn recallable(&self) -> Option<&Held> {
        self.held.iter().rev().find(|h| h.until > self.now && !h.is_recalled)
    }

    /// Whether the last change is not done yet, so that what could be undone now is the one before it.
    pub fn is_undoable_pending(&self) -> bool {
        self.intents.is_undoable_pending() || !self.nexts.is_empty()
    }

    /// Whether something was done since the last mail was sent off: that is taken back first.
    pub fn has_newer_undo(&self) -> bool {
        !self.undo.is_empty() || self.intents.is_newer_undoable_pending() || !self.nexts.is_empty()
    }

    /// Whether an answer to it is on its way out.
    pub fn is_leaving(&self, conversation: &Conversation) -> bool {
        let target = Self::target(conversation);
        self.sending.iter().any(|s| s.target == target)
            || self.held.iter().any(|h| h.target == target && !h.is_recalled)
    }

    /// Whether the time to take a mail back is over and its leaving not told yet.
    pub fn is_just_leaving(&self) -> bool {
        let is_over = |h: &Held| h.until <= self.now && self.now.duration_since(h.until) < TOO_LATE;
        !self.is_offline() && self.held.iter().any(|h| !h.is_recalled && is_over(h))
    }

    /// The answer of an earlier run (or of another screen) that `z` would take back now: still held, or, without a connection
    /// and with no change to undo, waiting for one.
    pub fn waiting_to_be_sent(&self) -> Option<&OutboxItem> {
        let is_known = |item: &OutboxItem| self.held.iter().any(|h| h.item == item.name() && h.is_recalled);
        let waits = |item: &&OutboxItem| {
            let is_held = item.hold_until.is_some_and(|until| until > self.now);
            let is_stuck = self.is_offline() && self.undo.is_empty() && item.target.mailbox == self.key();
            item.is_fresh && (is_held || is_stuck) && !is_known(item)
        };
        self.outbox.iter().rev().find(waits)
    }

    /// Answers that have not left yet.
    pub fn unsent(&self) -> usize {
        use super::source::OutboxState;
        let queued = self.outbox.iter().filter(|i| i.state == OutboxState::Unsent).map(OutboxItem::name);
        let held = self.held.iter().map(|h| h.item.clone());
        let items: HashSet<Item> = queued.chain(held).collect();
        items.len() + self.sending.len()
    }

    /// When the screen changes next by itself.
    pub fn wakes_at(&self) -> Timestamp {
        let second = self.now + Duration::from_secs(1);
        let minute = 60 - self.now.as_second().rem_euclid(60);
        let next_minute = Timestamp::from_second(self.now.as_second() + minute).unwrap_or(second);
        let is_fresh = self.activity.as_ref().is_some_and(|a| self.now.duration_since(a.at).as_secs() < 60);
        let save_at = self.composer.as_ref().and_then(Composer::save_at);
        let ticks = (is_fresh || self.recallable().is_some()).then_some(second);
        let answers_at = self.typed_ahead.as_ref().and_then(TypedAhead::answers_at);
        [Some(next_minute), ticks, save_at, answers_at, self.open_at, self.finding.asks_at(), self.notices.wakes_at()]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(next_minute)
    }
}
