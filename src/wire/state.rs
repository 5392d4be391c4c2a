//! What a conversation's messages say about it: who holds it, whose turn it is, since when the customer waits
//! (docs/protocol.md#where-state-lives).
//!
//! State lives in INBOX and nowhere else, but for tags and urgency, which mail in Archive lends as well; these functions are the only readers of it, for the queue as for the protocols.

use std::collections::HashSet;

use jiff::Timestamp;

use super::identity::{self, conversation_id};
use super::keywords::{self, Fate};
use super::step::Sight;
use crate::model::{Address, Assignee, Conversation, Flags, Handle, Message, MessageId, Role, Status, Uid};

/// The message on which the claim stands: the lowest UID in INBOX. `inbox` may hold messages of other folders too.
pub fn lock(inbox: &[Message]) -> Option<Uid> {
    inbox.iter().filter(|m| m.folder == Role::Inbox).map(|m| m.uid).min()
}

/// Whether a message is ours: it lies in Sent, neither pending nor void, or has the Message-ID of one that does. All else
/// is incoming, whatever its From says.
pub fn is_outgoing(message: &Message, all: &[Message]) -> bool {
    Sent::of(all).has(message)
}

/// The messages of the conversation in INBOX as a protocol looks at them, ascending; `all` is the whole conversation.
pub fn sights(all: &[Message]) -> Vec<Sight> {
    let sent = Sent::of(all);
    let mut sights: Vec<Sight> = all
        .iter()
        .filter(|m| m.folder == Role::Inbox)
        .map(|m| Sight {
            uid: m.uid,
            modseq: m.modseq,
            flags: m.flags.clone(),
            incoming: !sent.has(m),
            auto_reply: m.is_auto_reply(),
        })
        .collect();
    sights.sort_by_key(|s| s.uid);
    sights
}

/// Who holds a conversation with these messages in INBOX (ascending): the lock's claim; where the lock has none, that of the
/// lowest message that has one; two claims on that message: contested.
pub fn assignee(inbox: &[Sight]) -> Assignee {
    for sight in inbox {
        let mut claimants = keywords::claimants(&sight.flags);
        match claimants.len() {
            0 => {}
            1 => return claimants.pop().map_or(Assignee::Free, Assignee::Held),
            _ => return Assignee::Contested(claimants),
        }
    }
    Assignee::Free
}

/// The message whose keywords are the conversation's status: the newest incoming one in INBOX, automatic answers not
/// counted; none incoming: the newest.
pub fn bearer(inbox: &[Sight]) -> Option<&Sight> {
    let newest = |counts: fn(&Sight) -> bool| inbox.iter().rev().find(|s| counts(s));
    newest(|s| s.incoming && !s.auto_reply).or_else(|| newest(|s| !s.auto_reply)).or_else(|| newest(|_| true))
}

/// The status of a conversation with these messages in INBOX. Without any it is done. Snoozed is a keyword *and* a journal
/// event in the future; as long as nobody reads a journal, the keyword alone is open.
pub fn status(inbox: &[Sight]) -> Status {
    match bearer(inbox).map(|s| keywords::status(&s.flags)) {
        None => Status::Done,
        Some(Status::Snoozed) => Status::Open,
        Some(status) => status,
    }
}

/// Whether the messages of a folder lend their conversation tags and urgency. What lies in Sent was never marked.
pub fn lends_marks(folder: Role) -> bool {
    matches!(folder, Role::Inbox | Role::Archive)
}

/// The tags, and whether it is urgent, of a conversation whose messages that lend them have these flags: the union.
pub fn marks<'a>(flags: impl IntoIterator<Item = &'a Flags>) -> (Vec<String>, bool) {
    let (mut tags, mut is_urgent) = (Vec::new(), false);
    for flags in flags {
        tags.extend(keywords::tags(flags));
        is_urgent |= flags.flagged;
    }
    keywords::sort_names(&mut tags);
    (tags, is_urgent)
}

/// Who had a conversation when it was finished: the claims on the newest message in Archive that bears any. They are history,
/// and hold nothing; who sees mail come back to it may want to know.
pub fn had_by(messages: &[Message]) -> Vec<Handle> {
    // On what we sent a claim says who sent it, wherever somebody filed it.
    let archived = messages.iter().filter(|m| m.folder == Role::Archive && !m.flags.has(keywords::SUBMITTED));
    let claimed = archived.map(|m| (m, keywords::claimants(&m.flags))).filter(|(_, who)| !who.is_empty());
    claimed.max_by_key(|(m, _)| (m.internal_date, m.uid)).map(|(_, who)| who).unwrap_or_default()
}

/// Who of us sent a message: the one claim on its copy in Sent that says that it was sent. `None` where that says nothing,
/// or names two.
pub fn sent_by(message: &Message, all: &[Message]) -> Option<Handle> {
    let is_copy = |m: &&Message| {
        m.folder == Role::Sent && m.flags.has(keywords::SUBMITTED) && identity::is_same_message(m, message)
    };
    let mut names: Vec<Handle> = all.iter().filter(is_copy).flat_map(|m| keywords::claimants(&m.flags)).collect();
    names.sort();
    names.dedup();
    names.pop().filter(|_| names.is_empty())
}

/// Which messages are ours.
struct Sent<'a> {
    ids: HashSet<&'a MessageId>,
}

impl<'a> Sent<'a> {
    fn of(all: &'a [Message]) -> Self {
        Self { ids: all.iter().filter(|m| is_sent_copy(m)).filter_map(|m| m.message_id.as_ref()).collect() }
    }

    fn has(&self, message: &Message) -> bool {
        is_sent_copy(message) || message.message_id.as_ref().is_some_and(|id| self.ids.contains(id))
    }
}

fn is_sent_copy(message: &Message) -> bool {
    message.folder == Role::Sent && keywords::fate(&message.flags) == Fate::Sent
}

/// A copy in Sent of which it is not known whether it was sent.
pub fn is_pending(message: &Message) -> bool {
    message.folder == Role::Sent && keywords::fate(&message.flags) == Fate::Pending
}

fn is_void(message: &Message) -> bool {
    message.folder == Role::Sent && keywords::fate(&message.flags) == Fate::Void
}

/// One row of the queue, from all messages of the conversation whose root is `root`, in any order.
///
/// `since`: older conversations are no work. Of no messages at all comes an empty row that is done.
pub fn summarise(mailbox: &str, root: &str, messages: &[Message], since: Option<Timestamp>) -> Conversation {
    let sent = Sent::of(messages);
    let mut live: Vec<&Message> = messages.iter().filter(|m| !is_void(m)).collect();
    if live.is_empty() {
        live = messages.iter().collect();
    }
    live.sort_by_key(|m| (m.internal_date, m.folder, m.uid));

    let inbox = sights(messages);
    let folder = [Role::Inbox, Role::Archive].into_iter().find(|f| live.iter().any(|m| m.folder == *f));
    let folder = folder.unwrap_or(Role::Sent);
    let mut uids: Vec<Uid> = live.iter().filter(|m| m.folder == folder).map(|m| m.uid).collect();
    uids.sort();

    // Claims and statuses outside INBOX are history; tags and urgency are not: what comes back with a new mail is what it was
    // in Archive.
    let (tags, urgent) = marks(live.iter().filter(|m| lends_marks(m.folder)).map(|m| &m.flags));

    let status = status(&inbox);
    let last_at = live.last().map_or(Timestamp::UNIX_EPOCH, |m| m.internal_date);
    // Most conversations are one mail, and that is one.
    let counted = match live.as_slice() {
        [_] => 1,
        several => several.iter().map(|m| identity::key(m)).collect::<HashSet<_>>().len(),
    };
    Conversation {
        id: conversation_id(root),
        root: root.to_owned(),
        mailbox: mailbox.to_owned(),
        folder,
        subject: live.first().map(|m| m.subject.clone()).unwrap_or_default(),
        from: begun_by(&live, &sent, mailbox),
        status,
        assignee: assignee(&inbox),
        tags,
        urgent,
        unread: lends_marks(folder) && live.iter().any(|m| m.folder == folder && !m.flags.seen),
        messages: u32::try_from(counted).unwrap_or(u32::MAX),
        uids,
        last_at,
        waiting_since: if status == Status::Done { None } else { waiting_since(&live, &sent) },
        snoozed_until: None,
        has_attachment: live.iter().any(|m| may_have_attachment(&m.content_type)),
        is_old: since.is_some_and(|since| last_at < since),
        has_pending_answer: messages.iter().any(is_pending),
    }
}

/// Whoever began the conversation from outside: the author of its oldest incoming message (of a web form that writes the
/// mailbox itself into From: whom it names for replies); where we began it, whom we wrote to.
fn begun_by(oldest_first: &[&Message], sent: &Sent, mailbox: &str) -> Address {
    let outside = |list: &[Address]| list.iter().find(|a| !a.is_same_place(mailbox)).cloned();
    let author = |m: &Message| outside(&m.from).or_else(|| outside(&m.reply_to)).or_else(|| m.from.first().cloned());
    let incoming = oldest_first.iter().filter(|m| m.folder != Role::Sent && !sent.has(m)).find_map(|m| author(m));
    let addressee = || oldest_first.iter().find_map(|m| m.to.first().cloned());
    incoming.or_else(addressee).unwrap_or_else(|| Address::bare(""))
}

/// The oldest incoming message after our last word. Our last word is an answer of ours, or an incoming message on which
/// another client set `\Answered`.
fn waiting_since(oldest_first: &[&Message], sent: &Sent) -> Option<Timestamp> {
    let incoming = |m: &Message| m.folder != Role::Sent && !sent.has(m);
    let answers: Vec<&&Message> = oldest_first.iter().filter(|m| sent.has(m)).collect();
    let answered_at = answers.iter().map(|m| m.internal_date).max();
    let marked: HashSet<_> = oldest_first.iter().filter(|m| m.flags.answered).map(|m| identity::key(m)).collect();
    let is_marked = |m: &Message| !marked.is_empty() && marked.contains(&identity::key(m));
    let marked_at = oldest_first.iter().filter(|m| incoming(m) && is_marked(m)).map(|m| m.internal_date).max();
    let is_open = |m: &Message| {
        // INTERNALDATE counts whole seconds: at the very second of an answer only what the answer names was before it.
        let after_answer = answered_at.is_none_or(|at| {
            m.internal_date > at
                || m.internal_date == at
                    && !answers.iter().any(|a| {
                        a.internal_date == at
                            && m.message_id
                                .as_ref()
                                .is_some_and(|id| a.in_reply_to.iter().chain(&a.references).any(|r| r == id))
                    })
        });
        after_answer && marked_at.is_none_or(|at| m.internal_date > at) && !is_marked(m)
    };
    oldest_first.iter().find(|m| incoming(m) && !m.is_auto_reply() && is_open(m)).map(|m| m.internal_date)
}

/// What the header alone tells of attachments: a guess until the structure is known.
fn may_have_attachment(content_type: &str) -> bool {
    content_type == "multipart/mixed" || !(content_type.starts_with("text/") || content_type.starts_with("multipart/"))
}

/// Whether `me` is the one who holds it.
pub fn is_mine(inbox: &[Sight], me: &Handle) -> bool {
    assignee(inbox).is_held_by(me)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use crate::wire::testing::{answer, at, flags, message};

    fn row(messages: &[Message]) -> Conversation {
        summarise("support@example.test", "1@customer.test", messages, None)
    }

    fn inbox(uid: u32, atoms: &str) -> Message {
        let mut m = message(Role::Inbox, uid);
        m.flags = flags(atoms);
        m
    }

    fn handle(name: &str) -> Handle {
        Handle::new(name).unwrap()
    }

    #[test]
    fn who_sent_an_answer_is_told_by_one_claim_on_what_says_that_it_was_sent() {
        let by = |atoms: &str| {
            let mut sent = answer(1, 1);
            sent.flags = flags(atoms);
            let all = [inbox(1, "bagsy-claim-alice"), sent];
            (sent_by(&all[1], &all), sent_by(&all[0], &all))
        };
        assert_eq!(by("$Submitted bagsy-claim-bob"), (Some(handle("bob")), None));
        // While `$SubmitPending` is still to come off it is sent as well.
        assert_eq!(by("$SubmitPending $Submitted bagsy-claim-bob").0, Some(handle("bob")));
        for nobody in ["$Submitted", "bagsy-claim-bob", "$SubmitPending bagsy-claim-bob", "bagsy-void bagsy-claim-bob"]
        {
            assert_eq!(by(nobody), (None, None), "{nobody}");
        }
        assert_eq!(by("$Submitted bagsy-claim-alice bagsy-claim-bob").0, None);
    }

    #[test]
    fn a_claim_on_what_was_sent_holds_and_held_nothing() {
        let mut sent = answer(1, 1);
        sent.flags = flags("$Submitted bagsy-claim-bob");
        let row = row(&[inbox(1, ""), sent.clone()]);
        assert_eq!((row.assignee, row.has_pending_answer), (Assignee::Free, false));
        let filed = Message { folder: Role::Archive, ..sent };
        assert_eq!(had_by(&[filed]), []);
    }

    #[test]
    fn the_claim_on_the_lock_counts_before_any_other() {
        let held = |m: &[Message]| row(m).assignee;
        assert_eq!(held(&[inbox(1, ""), inbox(2, "")]), Assignee::Free);
        assert_eq!(
            held(&[inbox(2, "bagsy-claim-bob"), inbox(1, "bagsy-claim-alice")]),
            Assignee::Held(handle("alice"))
        );
        assert_eq!(
            held(&[inbox(1, ""), inbox(2, "bagsy-claim-bob"), inbox(3, "bagsy-claim-alice")]),
            Assignee::Held(handle("bob"))
        );
        assert_eq!(
            held(&[inbox(1, "bagsy-claim-bob bagsy-claim-alice"), inbox(2, "bagsy-claim-bob")]),
            Assignee::Contested(vec![handle("alice"), handle("bob")])
        );
        assert_eq!(lock(&[message(Role::Archive, 1), inbox(7, ""), inbox(4, "")]), Some(Uid(4)));
    }

    #[test]
    fn claims_and_statuses_outside_inbox_are_history() {
        let mut m = inbox(1, "bagsy-claim-bob bagsy-waiting VIP");
        m.folder = Role::Archive;
        let c = row(&[m]);
        assert_eq!((c.assignee, c.status, c.folder), (Assignee::Free, Status::Done, Role::Archive));
        assert_eq!(c.tags, ["VIP"]);
        assert_eq!(c.waiting_since, None);
    }

    #[test]
    fn new_mail_opens_what_was_done_or_waiting() {
        assert_eq!(row(&[inbox(1, "bagsy-done")]).status, Status::Done);
        assert_eq!(row(&[inbox(1, "bagsy-done"), inbox(2, "")]).status, Status::Open);
        assert_eq!(row(&[inbox(1, "bagsy-waiting"), inbox(2, "")]).status, Status::Open);
        assert_eq!(row(&[inbox(1, ""), inbox(2, "bagsy-waiting")]).status, Status::Waiting);
    }

    #[test]
    fn an_automatic_answer_opens_nothing_but_a_bounce_does() {
        let mut auto = inbox(2, "");
        auto.auto_submitted = Some("auto-replied".into());
        assert_eq!(row(&[inbox(1, "bagsy-waiting"), auto.clone()]).status, Status::Waiting);
        assert_eq!(row(&[inbox(1, "bagsy-waiting"), auto.clone()]).waiting_since, Some(at(1)));
        auto.content_type = "multipart/report".into();
        assert_eq!(row(&[inbox(1, "bagsy-waiting"), auto]).status, Status::Open);
    }

    #[test]
    fn snoozed_without_an_event_is_open() {
        assert_eq!(row(&[inbox(1, "bagsy-snoozed bagsy-waiting")]).status, Status::Open);
        assert_eq!(row(&[inbox(1, "bagsy-snoozed bagsy-done")]).status, Status::Done);
    }

    #[test]
    fn our_own_copy_in_inbox_bears_no_status_beside_a_customers_mail() {
        let sent = answer(5, 1);
        let mut copy = sent.clone();
        copy.folder = Role::Inbox;
        copy.uid = Uid(9);
        assert!(is_outgoing(&copy, &[copy.clone(), sent.clone()]));
        assert_eq!(row(&[inbox(1, "bagsy-waiting"), sent.clone(), copy.clone()]).status, Status::Waiting);
        copy.flags = flags("bagsy-waiting");
        assert_eq!(row(&[sent, copy]).status, Status::Waiting, "none incoming: the newest");
    }

    #[test]
    fn a_mail_that_claims_to_be_from_the_mailbox_is_incoming_all_the_same() {
        let mut form = inbox(1, "");
        form.from = vec![Address::bare("support@example.test")];
        form.reply_to = vec![Address::bare("carla@customer.test")];
        assert!(!is_outgoing(&form, std::slice::from_ref(&form)));
        assert_eq!(row(&[form]).from.email, "carla@customer.test");
    }

    #[test]
    fn pending_and_void_copies_answer_nothing() {
        let mut pending = answer(5, 1);
        pending.flags = flags("$SubmitPending");
        let c = row(&[inbox(1, ""), pending.clone()]);
        assert!(c.has_pending_answer);
        assert_eq!(c.waiting_since, Some(at(1)));
        pending.flags = flags("$SubmitPending bagsy-void");
        let c = row(&[inbox(1, ""), pending.clone()]);
        assert!(!c.has_pending_answer);
        assert_eq!((c.waiting_since, c.messages, c.last_at), (Some(at(1)), 1, at(1)));
        pending.flags = flags("$SubmitPending $Submitted");
        let c = row(&[inbox(1, ""), pending]);
        assert!(!c.has_pending_answer);
        assert_eq!((c.waiting_since, c.messages), (None, 2));
    }

    #[test]
    fn the_customer_waits_since_the_oldest_mail_after_our_last_word() {
        let mut reply = answer(5, 2);
        assert_eq!(row(&[inbox(1, ""), inbox(2, "")]).waiting_since, Some(at(1)));
        assert_eq!(row(&[inbox(1, ""), inbox(2, ""), reply.clone()]).waiting_since, None);
        assert_eq!(row(&[inbox(1, ""), reply.clone(), inbox(7, ""), inbox(8, "")]).waiting_since, Some(at(7)));
        assert_eq!(row(&[inbox(1, ""), inbox(2, "\\Answered")]).waiting_since, None);
        assert_eq!(row(&[inbox(1, ""), inbox(2, "\\Answered"), inbox(3, "")]).waiting_since, Some(at(3)));
        reply.internal_date = at(2);
        assert_eq!(row(&[inbox(2, ""), reply.clone()]).waiting_since, None, "in one second, and it answers that mail");
        assert_eq!(
            row(&[inbox(1, ""), inbox(2, ""), answer(2, 1)]).waiting_since,
            Some(at(2)),
            "in one second, unnamed"
        );
    }

    #[test]
    fn tags_urgency_and_unread_are_the_union_over_inbox() {
        let c = row(&[inbox(1, "\\Seen VIP"), inbox(2, "\\Flagged vip refund"), answer(5, 1)]);
        assert_eq!(c.tags, ["refund", "VIP"]);
        assert!(c.urgent && c.unread);
        assert!(!row(&[inbox(1, "\\Seen"), answer(5, 1)]).unread);
    }

    #[test]
    fn what_comes_back_from_archive_with_a_new_mail_is_tagged_and_urgent_as_it_was() {
        let archived = |uid, atoms| Message { flags: flags(atoms), ..message(Role::Archive, uid) };
        let old = [archived(1, "VIP \\Flagged bagsy-done bagsy-claim-bob"), archived(2, "refund")];
        let c = row(&[old[0].clone(), old[1].clone(), inbox(3, "\\Seen vip")]);
        assert_eq!((c.folder, c.tags, c.urgent), (Role::Inbox, vec!["refund".to_owned(), "VIP".to_owned()], true));
        assert!(!c.unread, "what is unread in Archive is not what came");
        assert_eq!((c.status, c.assignee), (Status::Open, Assignee::Free), "claims and statuses are history");
    }

    #[test]
    fn equal_mails_are_counted_once() {
        let mut twice = inbox(2, "");
        twice.message_id = message(Role::Inbox, 1).message_id;
        twice.date = message(Role::Inbox, 1).date;
        let c = row(&[inbox(1, ""), twice.clone()]);
        assert_eq!((c.messages, c.uids.len()), (1, 2));
        twice.subject_raw = "Another".into();
        assert_eq!(row(&[inbox(1, ""), twice]).messages, 2);
    }

    #[test]
    fn what_we_began_shows_whom_we_wrote_to_and_is_nobodys_work() {
        let c = row(&[answer(5, 1)]);
        assert_eq!((c.from.email.as_str(), c.folder, c.status), ("carla@customer.test", Role::Sent, Status::Done));
        assert!(!c.unread);
    }

    fn mails() -> impl Strategy<Value = Vec<Message>> {
        let atoms =
            ["bagsy-claim-alice", "bagsy-claim-bob", "bagsy-done", "VIP", "\\Answered", "$SubmitPending", "bagsy-void"];
        let atoms = proptest::sample::subsequence(atoms.to_vec(), 0..4);
        let folder = proptest::sample::select(Role::SYNCED.to_vec());
        let mail = (folder, 0u32..4, atoms).prop_map(|(folder, minute, atoms)| (folder, minute, atoms.join(" ")));
        proptest::collection::vec(mail, 1..7).prop_map(|mails| {
            let mails = mails.into_iter().zip(1u32..);
            mails
                .map(|((folder, minute, atoms), uid)| {
                    let mail = if folder == Role::Sent { answer(uid, 1) } else { message(folder, uid) };
                    Message { flags: flags(&atoms), internal_date: at(minute), ..mail }
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn the_order_in_which_messages_are_told_does_not_matter(mails in mails(), turn in 0usize..7) {
            let mut turned = mails.clone();
            turned.rotate_left(turn % mails.len());
            turned.reverse();
            prop_assert_eq!(row(&mails), row(&turned));
        }

        #[test]
        fn what_is_done_or_not_in_inbox_waits_for_nobody(mails in mails()) {
            let c = row(&mails);
            prop_assert_eq!(c.status == Status::Done && c.waiting_since.is_some(), false);
            if c.folder != Role::Inbox {
                prop_assert_eq!((c.status, c.assignee), (Status::Done, Assignee::Free));
            }
        }
    }

    #[test]
    fn old_is_what_has_nothing_newer_than_since() {
        let old = summarise("s", "r", &[inbox(1, ""), inbox(2, "")], Some(at(3)));
        let new = summarise("s", "r", &[inbox(1, ""), inbox(3, "")], Some(at(3)));
        assert!(old.is_old && !new.is_old);
    }
}
