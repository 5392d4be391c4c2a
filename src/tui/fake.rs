//! A source in memory, and the support mailbox that the tests of the screen look at.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use super::source::{Counts, Drafts, Order, OutboxItem, OutboxState, Result, Source};
use crate::engine::kept::{Attached, KeptText, SavedDraft};
use crate::engine::message::Target;
use crate::mail::compose::AttachedFile;
use crate::mail::parse::{Attachment, Body};
use crate::model::query::{Is, Marks, Part, Query, Term, What, Who};
use crate::model::{
    Address, Alike, Assignee, Capability, Conversation, ConversationId, Flags, Grade, Handle, Mailbox, Message,
    MessageId, Rights, Role, Status, Uid, View,
};

use crate::store::{self, Laid, Reach, Search, Wanted};
use crate::wire::answer::Numbering;

/// The mailbox of the tests.
pub const SUPPORT: &str = "support@example.test";
/// The moment of the tests.
pub const NOW: &str = "2026-11-24T14:02:00Z";

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn handle(name: &str) -> Handle {
    Handle::new(name).unwrap()
}

pub fn mailbox() -> Mailbox {
    Mailbox {
        address: Some(SUPPORT.into()),
        name: Some("Example Support".into()),
        addresses: vec!["help@example.test".into()],
        account: "work".into(),
        root: "shared/support@example.test".into(),
        folders: BTreeMap::from([
            (Role::Inbox, "shared/support@example.test".into()),
            (Role::Sent, "shared/support@example.test/Sent".into()),
            (Role::Archive, "shared/support@example.test/Archive".into()),
        ]),
        rights: Some(BTreeMap::from([
            (Role::Inbox, Rights("lrswite".into())),
            (Role::Sent, Rights("lrswi".into())),
            (Role::Archive, Rights("lrswite".into())),
        ])),
        grade: Grade::A,
        may: vec![Capability::Read, Capability::Seen, Capability::Claim, Capability::Send, Capability::Archive],
    }
}

/// An open, free conversation.
pub fn conversation(root: &str, subject: &str, waits_since: &str) -> Conversation {
    Conversation {
        id: ConversationId(format!("{root:a<10}")),
        root: root.into(),
        mailbox: SUPPORT.into(),
        folder: Role::Inbox,
        subject: subject.into(),
        from: Address::bare("customer@elsewhere.example"),
        status: Status::Open,
        assignee: Assignee::Free,
        tags: Vec::new(),
        urgent: false,
        unread: false,
        messages: 1,
        uids: vec![Uid(1)],
        last_at: at(waits_since),
        waiting_since: Some(at(waits_since)),
        snoozed_until: None,
        has_attachment: false,
        is_old: false,
        has_pending_answer: false,
    }
}

pub fn message(uid: u32, from: &str, when: &str) -> Message {
    let (name, email) = from.split_once(" <").map_or((None, from), |(n, e)| (Some(n), e.trim_end_matches('>')));
    Message {
        folder: Role::Inbox,
        uid: Uid(uid),
        modseq: None,
        internal_date: at(when),
        size: 1000,
        flags: Flags::default(),
        message_id: Some(MessageId(format!("{uid}@example.test"))),
        references: Vec::new(),
        in_reply_to: Vec::new(),
        date: String::new(),
        from_raw: String::new(),
        subject_raw: String::new(),
        subject: "Printer on fire".into(),
        from: vec![Address { name: name.map(Into::into), email: email.into() }],
        sender: Vec::new(),
        reply_to: Vec::new(),
        to: vec![Address::bare(SUPPORT)],
        cc: Vec::new(),
        delivered_to: Vec::new(),
        content_type: "text/plain".into(),
        auto_submitted: None,
        list_id: None,
    }
}

/// An answer to this conversation that waits in the outbox.
pub fn waiting(item: i64, root: &str, state: OutboxState) -> OutboxItem {
    OutboxItem {
        item,
        target: Target { mailbox: SUPPORT.into(), root: root.into() },
        state,
        since: at(NOW),
        to: "dana@reyes.example".into(),
        subject: "Re: Printer on fire".into(),
        why: None,
        hold_until: None,
        is_fresh: state == OutboxState::Unsent,
    }
}

/// A source whose rows a test sets.
#[derive(Default)]
pub struct Fake {
    pub mailboxes: RefCell<Vec<Mailbox>>,
    pub rows: RefCell<Vec<Conversation>>,
    pub threads: RefCell<HashMap<String, Vec<Message>>>,
    pub bodies: RefCell<HashMap<(Role, u32), Body>>,
    pub drafts: RefCell<HashMap<Target, SavedDraft>>,
    /// What lies beneath the drafts in hand.
    pub beneath: RefCell<Vec<SavedDraft>>,
    pub outbox: RefCell<Vec<OutboxItem>>,
    pub people: RefCell<Vec<Address>>,
    pub is_partial: Cell<bool>,
    /// How INBOX and Sent number their messages.
    pub numbering: Cell<Numbering>,
    /// How far the server's clock is ahead.
    pub clock: Cell<SignedDuration>,
    /// How much can be searched here; nothing is told to be missing.
    pub reach: Cell<Reach>,
    /// Words that are typed stand in too many mails.
    pub is_cut: Cell<bool>,
    /// The most rows that a page held.
    pub longest_page: Cell<usize>,
}

impl Fake {
    fn in_order(&self, mailbox: &str, view: View, order: Order) -> Vec<Conversation> {
        let me = handle("alice");
        let rows = self.rows.borrow();
        let mut rows: Vec<Conversation> =
            rows.iter().filter(|c| c.mailbox == mailbox && view.shows(View::home_of(c, Some(&me)))).cloned().collect();
        match order {
            Order::OldestWait => rows.sort_by_key(|c| (c.waiting_since.unwrap_or(Timestamp::MAX), c.root.clone())),
            Order::Newest => rows.sort_by_key(|c| (std::cmp::Reverse(c.last_at), c.root.clone())),
        }
        rows
    }

    fn is_alike(&self, row: &Conversation, alike: &Alike) -> bool {
        let threads = self.threads.borrow();
        let list = threads.get(&row.root).and_then(|thread| thread.iter().find_map(|m| m.list_id.clone()));
        match alike {
            Alike::List(id) => list.as_ref() == Some(id),
            Alike::AnyList { but } => list.is_some_and(|id| !but.contains(&id)),
            Alike::Sender(email) => row.from.email == *email,
            Alike::Domain(domain) => row.from.email.ends_with(&format!("@{domain}")),
        }
    }

    /// Enough of the language for the screen's tests; the store's own answers are tested with the store.
    fn is_found(&self, row: &Conversation, wanted: &Wanted) -> bool {
        let threads = self.threads.borrow();
        let thread = threads.get(&row.root).map_or(&[][..], Vec::as_slice);
        if wanted.also.iter().any(|(role, uid)| thread.iter().any(|m| (m.folder, m.uid) == (*role, *uid))) {
            return true;
        }
        let bodies = self.bodies.borrow();
        let texts = thread.iter().filter_map(|m| bodies.get(&(m.folder, m.uid.0))).map(|b| b.text.as_str());
        let texts: Vec<&str> = texts.collect();
        wanted.query.terms.iter().all(|term| {
            let holds = match &term.what {
                What::Text(part, _) => {
                    let marks = Marks::of(&Query { terms: vec![Term { is_not: false, ..term.clone() }] });
                    let is_in = |at: Part, text: &str| (*part == Part::Any || *part == at) && marks.is_in(at, text);
                    is_in(Part::Subject, &row.subject)
                        || is_in(Part::From, &row.from.to_string())
                        || texts.iter().any(|text| is_in(Part::Body, text))
                }
                What::Tag(tag) => row.tags.contains(tag),
                What::Who(Who::Held(handle)) => row.assignee.holder() == Some(handle),
                What::Is(Is::Done) => row.status == Status::Done,
                other => panic!("the fake knows nothing of {other:?}"),
            };
            holds != term.is_not
        })
    }

    /// Changes one conversation, as the server would.
    pub fn change(&self, root: &str, change: impl FnOnce(&mut Conversation)) {
        let mut rows = self.rows.borrow_mut();
        change(rows.iter_mut().find(|c| c.root == root).unwrap());
    }
}

impl Source for Fake {
    fn mailboxes(&self) -> Result<Vec<Mailbox>> {
        Ok(self.mailboxes.borrow().clone())
    }

    fn is_whole(&self, _: &str) -> Result<bool> {
        Ok(!self.is_partial.get())
    }

    fn counts(&self, mailbox: &str) -> Result<Counts> {
        Ok(Counts(View::ALL.map(|view| self.in_order(mailbox, view, Order::Newest).len() as u32)))
    }

    fn page(&self, mailbox: &str, view: View, order: Order, offset: u32, limit: u32) -> Result<Vec<Conversation>> {
        let rows = self.in_order(mailbox, view, order);
        let page: Vec<_> = rows.into_iter().skip(offset as usize).take(limit as usize).collect();
        self.longest_page.set(self.longest_page.get().max(page.len()));
        Ok(page)
    }

    fn position(&self, mailbox: &str, root: &str, view: View, order: Order) -> Result<Option<u32>> {
        Ok(self.in_order(mailbox, view, order).iter().position(|c| c.root == root).map(|p| p as u32))
    }

    fn conversation(&self, mailbox: &str, root: &str) -> Result<Option<Conversation>> {
        Ok(self.rows.borrow().iter().find(|c| c.mailbox == mailbox && c.root == root).cloned())
    }

    fn named(&self, mailbox: &str, id: &ConversationId) -> Result<Option<Conversation>> {
        Ok(self.rows.borrow().iter().find(|c| c.mailbox == mailbox && c.id == *id).cloned())
    }

    fn thread(&self, _: &str, root: &str) -> Result<Vec<Message>> {
        Ok(self.threads.borrow().get(root).cloned().unwrap_or_default())
    }

    fn clock(&self, _: &str) -> Result<SignedDuration> {
        Ok(self.clock.get())
    }

    fn numbering(&self, _: &str) -> Result<Numbering> {
        Ok(self.numbering.get())
    }

    fn body(&self, _: &str, role: Role, uid: Uid) -> Result<Option<Body>> {
        Ok(self.bodies.borrow().get(&(role, uid.0)).cloned())
    }

    fn raw(&self, _: &str, role: Role, uid: Uid) -> Result<Option<(Vec<u8>, bool)>> {
        let bodies = self.bodies.borrow();
        let raw = |body: &Body| format!("Subject: Printer on fire\r\nX-Odd: \x1b[2J\r\n\r\n{}", body.text);
        Ok(bodies.get(&(role, uid.0)).map(|body| (raw(body).into_bytes(), true)))
    }

    fn teammates(&self, _: &str) -> Result<Vec<Handle>> {
        Ok(["alice", "bob", "carol", "dave"].map(handle).to_vec())
    }

    fn people(&self, _: &str) -> Result<Vec<Address>> {
        Ok(self.people.borrow().clone())
    }

    fn draft(&self, target: &Target) -> Result<Option<SavedDraft>> {
        Ok(self.drafts.borrow().get(target).cloned())
    }

    fn place_now(&self, was: &Target, _: &str) -> Result<Target> {
        Ok(was.clone())
    }

    fn drafts(&self) -> Result<Vec<KeptText>> {
        let text = |draft: &SavedDraft| KeptText {
            came_back: draft.content.came_back.clone(),
            is_homeless: !draft.target.is_opening() && !self.rows.borrow().iter().any(|c| c.root == draft.target.root),
            target: draft.target.clone(),
            to: draft.content.to.clone(),
            subject: draft.content.subject.clone(),
            saved_at: draft.saved_at,
        };
        Ok(self.drafts.borrow().values().map(text).collect())
    }

    fn outbox(&self) -> Result<Vec<OutboxItem>> {
        Ok(self.outbox.borrow().clone())
    }

    fn found(&self, search: &Search, offset: u32, limit: u32) -> Result<Vec<Conversation>> {
        let order = if search.order == store::Order::OldestWait { Order::OldestWait } else { Order::Newest };
        let rows = self.in_order(&search.mailbox, search.view, order);
        let found = rows.into_iter().filter(|row| search.wanted.iter().all(|wanted| self.is_found(row, wanted)));
        let found = found.filter(|row| search.alike.as_ref().is_none_or(|alike| self.is_alike(row, alike)));
        Ok(found.skip(offset as usize).take(limit as usize).collect())
    }

    fn found_count(&self, search: &Search) -> Result<u32> {
        Ok(Source::found(self, search, 0, u32::MAX)?.len() as u32)
    }

    fn found_is_cut(&self, search: &Search) -> Result<bool> {
        Ok(search.most.is_some() && self.is_cut.get())
    }

    fn found_position(&self, search: &Search, root: &str) -> Result<Option<u32>> {
        Ok(Source::found(self, search, 0, u32::MAX)?.iter().position(|c| c.root == root).map(|at| at as u32))
    }

    fn reach(&self, _: &str) -> Result<Reach> {
        Ok(self.reach.get())
    }

    fn tags(&self, mailbox: &str) -> Result<Vec<String>> {
        let rows = self.rows.borrow();
        let tags = rows.iter().filter(|c| c.mailbox == mailbox).flat_map(|c| c.tags.clone());
        Ok(tags.collect::<std::collections::BTreeSet<_>>().into_iter().collect())
    }
}

impl Drafts for &Fake {
    fn put(&mut self, draft: &SavedDraft) -> Result<Laid> {
        let in_hand = self.drafts.borrow_mut().insert(draft.target.clone(), draft.clone());
        let other = in_hand.filter(|other| !is_of(draft, other));
        let is_apart = other.is_some() && draft.found.is_some();
        self.beneath.borrow_mut().extend(other);
        Ok(if is_apart { Laid::Apart } else { Laid::InPlace })
    }

    fn forget(&mut self, draft: &SavedDraft) -> Result<()> {
        let target = &draft.target;
        if !self.drafts.borrow().get(target).is_some_and(|in_hand| is_of(draft, in_hand)) {
            return Ok(());
        }
        self.drafts.borrow_mut().remove(target);
        let mut beneath = self.beneath.borrow_mut();
        if let Some(at) = beneath.iter().rposition(|d| d.target == *target) {
            self.drafts.borrow_mut().insert(target.clone(), beneath.remove(at));
        }
        Ok(())
    }

    fn editing(&self, _: &str) -> Result<PathBuf> {
        Ok(std::env::temp_dir())
    }

    fn all_editing(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn attach(&mut self, _: &str, file: &AttachedFile) -> Result<Attached> {
        let digest = format!("digest of {}", file.name);
        let (name, media_type) = (file.name.clone(), file.media_type.clone());
        Ok(Attached { name, media_type, size: file.bytes.len() as u64, digest })
    }
}

/// Whether a text goes on with another.
fn is_of(draft: &SavedDraft, other: &SavedDraft) -> bool {
    let found = store::Found { hand: other.hand.clone(), saved_at: other.saved_at };
    draft.hand == other.hand || draft.found == Some(found)
}

/// The queue of the drawings: six open conversations, one waiting, one done.
pub fn support() -> Fake {
    let fake = Fake::default();
    *fake.mailboxes.borrow_mut() = vec![mailbox()];
    let row = |root: &str, name: &str, subject: &str, waits: &str| {
        let mut c = conversation(root, subject, waits);
        c.from.name = Some(name.into());
        c
    };
    let held = |mut c: Conversation, by: &str| {
        c.assignee = Assignee::Held(handle(by));
        c
    };
    let tagged = |mut c: Conversation, tags: &[&str], messages: u32| {
        c.tags = tags.iter().map(|t| (*t).to_owned()).collect();
        c.messages = messages;
        c
    };
    let mut bill = row("bill", "Søren Ål", "Rückfrage zu Rechnung 118", "2026-11-24T09:00:00Z");
    bill.has_attachment = true;
    bill.last_at = at("2026-11-24T11:00:00Z");
    let mut api = row("api", "Priya Raman", "API returns 502 for /v2/orders", "2026-11-24T12:58:00Z");
    api.unread = true;
    let mut login = row("login", "Lee Okafor", "Cannot log in since the update", "2026-11-24T13:21:00Z");
    login.last_at = at("2026-11-24T13:57:00Z");
    let mut fire = row("fire", "Dana Reyes", "Printer on fire", "2026-11-24T13:36:00Z");
    fire.urgent = true;
    fire.unread = true;
    let mut waiting = held(row("visa", "Ana Souza", "Invoice for the visa office", "2026-11-23T10:00:00Z"), "alice");
    waiting.status = Status::Waiting;
    waiting.waiting_since = None;
    let mut done = held(row("old", "Tom Berg", "Thanks!", "2026-11-20T10:00:00Z"), "bob");
    (done.status, done.folder, done.waiting_since) = (Status::Done, Role::Archive, None);
    *fake.rows.borrow_mut() = vec![
        tagged(bill, &["billing"], 1),
        tagged(held(row("seats", "Mika Tanaka", "Quote for 40 seats", "2026-11-24T10:40:00Z"), "carol"), &["sales"], 4),
        tagged(held(api, "bob"), &["api", "p1"], 2),
        tagged(
            held(row("north", "Northwind Ops", "Re: Invoice 4471 overdue", "2026-11-24T13:00:00Z"), "bob"),
            &["billing"],
            7,
        ),
        tagged(held(login, "alice"), &["auth"], 2),
        tagged(fire, &["hardware"], 3),
        waiting,
        done,
    ];
    thread(&fake);
    *fake.people.borrow_mut() = [
        ("Dana Reyes", "dana@reyes.example"),
        ("Mika Tanaka", "mika@tanaka.example"),
        ("Daniel Ortiz", "ortiz@parts.example"),
        ("", "orders@parts.example"),
        ("Example Support", SUPPORT),
    ]
    .map(|(name, email)| Address { name: Some(name.into()).filter(|n: &String| !n.is_empty()), email: email.into() })
    .to_vec();
    fake
}

fn thread(fake: &Fake) {
    let mut first = message(11, "Dana Reyes <dana@reyes.example>", "2026-11-23T13:02:00Z");
    first.flags.seen = true;
    let mut answer = message(5, "Example Support <support@example.test>", "2026-11-23T13:20:00Z");
    (answer.folder, answer.flags.seen) = (Role::Sent, true);
    answer.to = vec![Address { name: Some("Dana Reyes".into()), email: "dana@reyes.example".into() }];
    let last = message(14, "Dana Reyes <dana@reyes.example>", "2026-11-24T13:36:00Z");
    fake.threads.borrow_mut().insert("fire".into(), vec![first, answer, last]);
    let mut bodies = fake.bodies.borrow_mut();
    let body = |text: &str| Body { text: text.into(), ..Body::default() };
    bodies.insert((Role::Inbox, 11), body("Hi, the printer on floor 3 makes a strange smell.\n\nDana\n"));
    bodies.insert((Role::Sent, 5), body("Please unplug it and keep away.\n\n> Hi, the printer on floor 3\n"));
    let quoted: String = (0..14).map(|n| format!("> line {n}\n")).collect();
    bodies.insert(
        (Role::Inbox, 14),
        Body {
            text: format!(
                "It is smoking again. Photo attached, and see https://reyes.example/floor-3\n\nOn Monday you wrote:\n{quoted}"
            ),
            links: vec!["https://reyes.example/floor-3".into()],
            attachments: vec![Attachment {
                part: "2".into(),
                name: "smoke.jpg".into(),
                media_type: "image/jpeg".into(),
                size: 412_000,
            }],
            ..Body::default()
        },
    );
}
