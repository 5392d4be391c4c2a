//! What waits to be sent, and answers that nobody can be told of beforehand.

use std::time::Duration;

use super::stage::Stage;
use crate::engine::kept::{Content, SavedDraft};
use crate::engine::message::{Command, Connection, Event, Target, Ticket};
use crate::model::{Address, Assignee, Capability, ErrorKind, Grade, Refusal, Rights, Role};
use crate::tui::fake::{self, Fake, NOW, SUPPORT, at, handle, waiting};
use crate::tui::source::{OutboxItem, OutboxState};

fn with(items: &[OutboxItem]) -> Stage {
    let mut s = Stage::new(110, 30);
    s.fake.outbox.borrow_mut().extend_from_slice(items);
    s.changed();
    s
}

fn unsent(s: &Stage) -> Vec<i64> {
    let item = |c: &Command| if let Command::Unsend { item, .. } = c { Some(*item) } else { None };
    s.commands.iter().filter_map(item).collect()
}

fn offline(s: &mut Stage) {
    let state = Connection::Offline { since: at(NOW), retry_at: at(NOW), why: "no route".into(), cure: None };
    s.tell(Event::Connection { mailbox: SUPPORT.into(), state });
}

#[test]
fn an_answer_that_an_earlier_run_held_is_taken_back_with_z() {
    let hold_until = Some(at(NOW) + Duration::from_secs(6));
    let mut s = with(&[OutboxItem { hold_until, ..waiting(4, "fire", OutboxState::Unsent) }]);
    s.press("z");
    assert_eq!(unsent(&s), [4]);
    let mut s = with(&[OutboxItem { hold_until, ..waiting(4, "fire", OutboxState::Unsent) }]);
    s.pass(7_000);
    s.press("z");
    assert!(unsent(&s).is_empty() && s.shows("nothing to undo"), "its time is over and it leaves");
}

#[test]
fn what_waits_for_a_connection_is_taken_back_with_z() {
    let mut s = with(&[waiting(4, "fire", OutboxState::Unsent), waiting(5, "login", OutboxState::Unknown)]);
    s.press("z");
    assert!(s.shows("nothing to undo"));
    offline(&mut s);
    s.press("z");
    assert_eq!(unsent(&s), [4]);
}

#[test]
fn the_outbox_lists_what_waits_takes_it_back_and_tries_again() {
    let why = Some("mail.example.test does not answer".to_owned());
    let announced = OutboxItem { is_fresh: false, ..waiting(6, "bill", OutboxState::Unsent) };
    let mut s = with(&[
        OutboxItem { why, ..waiting(4, "fire", OutboxState::Unsent) },
        waiting(5, "login", OutboxState::Unknown),
        announced,
    ]);
    s.press("O");
    assert!(s.shows("Outbox") && s.shows("dana@reyes.example · Re: Printer on fire"), "{}", s.screen());
    assert!(s.shows("mail.example.test does not answer") && s.shows("nobody knows whether it was sent"));
    assert!(s.shows("z take it back") && s.shows("r try now"), "{}", s.screen());
    s.press("r");
    assert!(matches!(s.commands.last(), Some(Command::SyncNow)));
    s.press("j z");
    assert!(s.shows("it may have been sent") && unsent(&s).is_empty());
    s.press("j z");
    assert!(s.shows("too late: something of it is on a server already") && unsent(&s).is_empty());
    s.press("k k z");
    assert_eq!(unsent(&s), [4]);
    assert!(s.app.layer.is_none());
}

#[test]
fn from_the_outbox_one_goes_to_the_conversation_and_settles_what_is_unknown() {
    let mut s = with(&[waiting(4, "fire", OutboxState::Unsent), waiting(5, "bill", OutboxState::Unknown)]);
    s.press("O Enter");
    assert_eq!(s.selected(), "fire");
    assert!(s.app.layer.is_none());
    s.press("O j Enter");
    assert_eq!(s.selected(), "bill");
    assert!(s.shows("d discard"), "{}", s.screen());
}

#[test]
fn an_empty_outbox_says_so() {
    let mut s = with(&[]);
    s.press("O");
    assert!(s.shows("the outbox is empty") && s.app.layer.is_none());
}

/// A text that was begun, as it lies on the desk.
fn begun(s: &Stage, root: &str, to: &str) {
    let target = Target { mailbox: SUPPORT.into(), root: root.into() };
    let content = Content {
        from: Address::bare(SUPPORT),
        to: to.into(),
        subject: format!("Re: {root}"),
        body: "Half a".into(),
        answered: "1@x".into(),
        ..Content::default()
    };
    let draft = SavedDraft { target: target.clone(), content, saved_at: at(NOW), hand: root.into(), found: None };
    s.fake.drafts.borrow_mut().insert(target, draft);
}

#[test]
fn what_came_back_unsent_says_why_until_it_is_written_on() {
    let mut s = with(&[]);
    begun(&s, "", "dana@reyes.example");
    let why = "not sent: a newer mail came in before it; the text is kept as a draft";
    s.fake.drafts.borrow_mut().values_mut().next().unwrap().content.came_back = Some(why.into());
    s.press("O");
    assert!(s.shows("not sent: a newer mail came in before it"), "{}", s.screen());
    s.press("Enter");
    assert!(s.shows("▲ not sent: a newer mail came in before it"), "{}", s.screen());
    s.type_text("More");
    s.press("Esc O");
    assert!(s.shows("draft of a new mail: Enter goes on with it"), "{}", s.screen());
}

#[test]
fn what_was_begun_is_listed_and_gone_on_with_even_where_its_conversation_is_gone() {
    let mut s = with(&[waiting(4, "login", OutboxState::Unsent)]);
    begun(&s, "fire", "dana@reyes.example");
    s.press("O j");
    assert!(
        s.shows("dana@reyes.example · Re: fire") && s.shows("draft of an answer: Enter goes on with it"),
        "{}",
        s.screen()
    );
    s.press("z");
    assert!(s.shows("Throw away what you have begun: “Re: fire”?"), "{}", s.screen());
    s.press("n");
    assert!(s.shows("Outbox") && s.fake.drafts.borrow().len() == 1, "{}", s.screen());
    s.press("j");
    let before = s.selected().to_owned();
    s.press("Enter");
    assert_eq!(s.selected(), before, "the list stays as it was");
    assert!(s.shows("Half a") && s.shows("Reply as"), "{}", s.screen());
    s.press("Esc");

    s.fake.drafts.borrow_mut().clear();
    begun(&s, "gone", "dana@reyes.example");
    s.press("O");
    assert!(s.shows("its conversation is gone: Enter makes a new mail of it"), "{}", s.screen());
    s.press("j Enter");
    assert!(s.shows("Half a") && s.shows("it goes on as a new mail"), "{}", s.screen());
    s.press("Ctrl-s");
    let Some(Command::Send { answer, .. }) = s.commands.last() else { panic!("{}", s.screen()) };
    assert!(answer.target.is_opening() && answer.answered.is_empty() && answer.draft.in_reply_to.is_none());
    assert_eq!(answer.draft.to[0].email, "dana@reyes.example");
}

/// The mailbox with these rights in INBOX and Sent.
fn rights(inbox: &str, sent: &str, grade: Grade, may: &[Capability]) -> Fake {
    let fake = fake::support();
    let mut mailboxes = fake.mailboxes.borrow_mut();
    let rights = [(Role::Inbox, Rights(inbox.into())), (Role::Sent, Rights(sent.into()))];
    (mailboxes[0].rights, mailboxes[0].grade, mailboxes[0].may) = (Some(rights.into()), grade, may.to_vec());
    drop(mailboxes);
    fake
}

fn sends(s: &Stage) -> Vec<bool> {
    let sent = |c: &Command| if let Command::Send { answer, .. } = c { Some(answer.unannounced) } else { None };
    s.commands.iter().filter_map(sent).collect()
}

#[test]
fn what_cannot_be_announced_is_asked_about_before_it_is_sent() {
    use Capability as C;
    let mut s = Stage::with(rights("lrswite", "lrs", Grade::A, &[C::Read, C::Seen, C::Claim]), 110, 30);
    s.press("G r");
    assert!(s.shows("the right i is missing in Sent (you have lrs): teammates will not see"), "{}", s.screen());
    s.type_text("Hi Dana,");
    s.press("Ctrl-s");
    assert!(s.shows("This answer cannot be announced") && s.shows("No teammate sees that you are answering"));
    assert!(sends(&s).is_empty());
    s.answer("n");
    assert!(sends(&s).is_empty() && s.shows("Hi Dana,"));
    s.press("Ctrl-s");
    s.answer("y");
    assert_eq!(sends(&s), [true]);
    assert!(s.app.composer.is_none());
}

#[test]
fn after_an_announcement_was_not_taken_the_next_try_asks() {
    let mut s = Stage::new(110, 30);
    let target = crate::engine::message::Target { mailbox: SUPPORT.into(), root: "fire".into() };
    let refusal = Refusal::new(ErrorKind::Rights, "not sent: the announcement could not be written into Sent");
    s.tell(Event::NotSent { item: 7, target, refusal });
    s.press("G r");
    s.type_text("Hi");
    s.press("Ctrl-o");
    assert!(s.shows("Sent did not take the last announcement"), "{}", s.screen());
    s.answer("y");
    assert_eq!(sends(&s), [true]);
}

#[test]
fn where_no_claim_is_kept_one_answers_without_and_leaves_to_others_what_they_hold() {
    use Capability as C;
    for (inbox, grade) in [("lrs", Grade::D), ("lrsw", Grade::C)] {
        let mut s = Stage::with(rights(inbox, "lrswi", grade, &[C::Read, C::Seen, C::Send]), 110, 30);
        s.press("G r");
        s.type_text("Hi Dana,");
        s.press("Ctrl-s");
        assert_eq!(sends(&s), [false]);
        assert!(!s.commands.iter().any(|c| matches!(c, Command::Act { action: crate::model::Action::Claim, .. })));
        s.fake.change("bill", |c| c.assignee = Assignee::Held(handle("bob")));
        s.changed();
        s.press("g g r");
        assert!(s.app.composer.is_none() && s.shows("bob has it, and you cannot take it over"), "{}", s.screen());
    }
}

#[test]
fn answers_of_two_logins_with_the_same_number_are_two() {
    let mut s = Stage::new(110, 30);
    let place = |mailbox: &str| Target { mailbox: mailbox.into(), root: "fire".into() };
    let (here, there) = (place(SUPPORT), place("sales@example.test"));
    for (n, target) in [(1, &here), (2, &there)] {
        let until = at(NOW) + Duration::from_secs(10);
        s.tell(Event::Held { ticket: Ticket(n), item: 7, target: target.clone(), until });
    }
    assert_eq!(s.app.unsent(), 2);
    // The other login's leaves: this one can still be taken back, and is what `z` takes back.
    s.tell(Event::Sent { item: 7, target: there });
    assert_eq!(s.app.unsent(), 1);
    s.press("z");
    assert!(matches!(s.commands.last(), Some(Command::Unsend { item: 7, mailbox, .. }) if mailbox == SUPPORT));
    s.tell(Event::TakenBack { item: 7, target: here });
    assert_eq!(s.app.unsent(), 0);
}
