//! An answer on its way: the ten seconds, what takes it back, what waits for it.

use super::answering::{announced, answered, came_back, came_back_while_writing, claimed, fire, sent};
use std::time::Duration;

use super::stage::Stage;
use crate::engine::kept::Content;
use crate::engine::message::{Command, Connection, Event};
use crate::model::{Action, Assignee, ErrorKind, Refusal, Status};
use crate::tui::fake::{NOW, SUPPORT, at, handle, waiting};
use crate::tui::source::OutboxState;

#[test]
fn for_ten_seconds_z_takes_it_back() {
    let mut s = Stage::new(100, 30);
    answered(&mut s);
    assert!(s.line_with("your answer").contains("to Dana Reyes leaves in 10s"), "{}", s.screen());
    s.pass(4_000);
    assert!(s.shows("leaves in 6s") && s.shows("z take it back"));
    s.press("z");
    assert!(matches!(s.commands.last(), Some(Command::Unsend { item: 7, .. })));
    // The engine lays the text back on the desk.
    let body = "Hi Dana,\n\nOn Monday, Dana Reyes wrote:\n> It is smoking again.\n".into();
    let saved = came_back(Content { body, ..Default::default() });
    s.fake.drafts.borrow_mut().insert(fire(), saved);
    s.tell(Event::TakenBack { item: 7, target: fire() });
    assert!(s.shows("Hi Dana,") && s.shows("taken back: nothing was sent"));
    assert_eq!(s.selected(), "fire");
    s.type_text(" thanks");
    assert!(s.shows("Hi Dana, thanks"), "where one stopped, not at the beginning: {}", s.screen());
}

#[test]
fn after_ten_seconds_it_is_gone_and_said() {
    let mut s = Stage::new(100, 30);
    answered(&mut s);
    s.pass(11_000);
    s.press("z");
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Unsend { .. })));
    s.fake.change("fire", |c| c.status = crate::model::Status::Waiting);
    s.tell(Event::Sent { item: 7, target: fire() });
    assert!(s.shows("sent to Dana Reyes · waiting"), "{}", s.screen());
}

#[test]
fn between_the_end_of_the_ten_seconds_and_the_word_that_it_has_left_nothing_else_is_undone() {
    let mut s = Stage::new(100, 30);
    s.press("g g");
    claimed(&mut s);
    answered(&mut s);
    s.pass(10_500);
    let asked = s.commands.len();
    s.press("z");
    assert!(s.shows("too late: what you sent is just leaving") && s.commands.len() == asked, "{}", s.screen());
}

#[test]
fn after_an_answer_nothing_is_undone() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    assert!(s.shows("you took “Printer on fire”") && s.app.undo.is_empty(), "the answer's own claim");
    s.type_text("Hi Dana,");
    s.press("Ctrl-s");
    let ticket = sent(&s).0;
    let until = s.app.now + Duration::from_secs(10);
    s.tell(Event::Held { ticket, item: 7, target: fire(), until });
    s.pass(11_000);
    s.tell(Event::Sent { item: 7, target: fire() });
    assert!(s.shows("sent to Dana Reyes") && !s.shows("z undo"), "{}", s.screen());
    let asked = s.commands.len();
    s.press("z");
    assert!(s.shows("too late: what you sent has left") && s.commands.len() == asked, "{}", s.screen());
}

#[test]
fn an_answer_that_comes_back_while_another_is_typed_costs_neither_text() {
    let body = |s: &Stage| s.fake.drafts.borrow()[&fire()].content.body.clone();
    let mut s = came_back_while_writing("One more thing");
    assert!(s.shows("One more thing") && s.shows("your earlier answer came back"), "{}", s.screen());
    s.pass(1_000);
    assert!(body(&s).starts_with("One more thing"));
    assert_eq!(s.fake.beneath.borrow()[0].content.body, "Hi Dana,");
    s.type_text("!");
    s.pass(1_000);
    assert_eq!(s.fake.beneath.borrow().len(), 1, "it is written on, not begun again");
    // This one leaves; the one that came back is the draft then.
    s.press("Ctrl-s");
    assert!(sent(&s).1.draft.body.starts_with("One more thing!"));
    let left = s.fake.drafts.borrow()[&fire()].clone();
    crate::tui::source::Drafts::forget(&mut &s.fake, &left).unwrap();
    s.changed();
    s.press("G r");
    assert!(s.shows("Hi Dana,") && s.shows("your draft of"), "{}", s.screen());
}

#[test]
fn what_was_done_elsewhere_before_an_answer_is_undone_when_the_answer_has_left_or_came_back() {
    // Taken back: everything as it was.
    let mut s = Stage::new(100, 30);
    s.press("g g");
    let elsewhere = s.selected().to_owned();
    claimed(&mut s);
    answered(&mut s);
    s.press("z");
    s.fake.drafts.borrow_mut().insert(fire(), came_back(Content::default()));
    s.tell(Event::TakenBack { item: 7, target: fire() });
    s.press("Esc z");
    assert_eq!((s.last_act().1, s.last_act().2), (elsewhere.as_str(), &Action::Release));

    // Left: what was done elsewhere, and not in the conversation that was answered.
    let mut s = Stage::new(100, 30);
    s.press("g g");
    claimed(&mut s);
    s.press("G !");
    s.grant(|c| c.urgent = false);
    answered(&mut s);
    s.pass(11_000);
    s.tell(Event::Sent { item: 7, target: fire() });
    // Who means the answer does not undo something else in its place.
    s.press("z");
    assert!(s.shows("too late: what you sent has left. z again undoes what you did before it"), "{}", s.screen());
    s.press("z");
    assert_eq!((s.last_act().1, s.last_act().2), (elsewhere.as_str(), &Action::Release));
    s.grant(|c| c.assignee = Assignee::Free);
    s.press("z");
    assert!(s.shows("nothing to undo"), "{}", s.screen());
}

#[test]
fn while_an_answer_leaves_no_second_one_is_begun_and_a_draft_goes_on_where_its_writer_was() {
    let mut s = Stage::new(100, 30);
    answered(&mut s);
    s.press("G r");
    assert!(
        s.shows("your answer to this leaves in 10s: z takes it back") && s.app.composer.is_none(),
        "{}",
        s.screen()
    );
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi Dana,");
    s.press("Esc r");
    s.type_text(" thanks");
    assert!(s.shows("Hi Dana, thanks"), "{}", s.screen());
}

#[test]
fn an_answer_that_is_just_leaving_is_waited_for() {
    let mut s = Stage::new(100, 30);
    announced(&mut s, "2026-11-24T14:01:00Z");
    s.press("G r");
    assert!(s.shows("an answer to this is on its way right now"));
}

#[test]
fn quitting_asks_only_with_unsent_mail() {
    let mut s = Stage::new(100, 30);
    s.press("q");
    assert_eq!(s.others, ["Quit"]);
    let mut s = Stage::new(100, 30);
    s.fake.outbox.borrow_mut().push(waiting(1, "fire", OutboxState::Unsent));
    s.changed();
    s.press("q");
    assert!(s.shows("1 answer has not been sent yet. Quit?") && s.others.is_empty());
    s.press("Enter");
    assert!(s.shows("Quit?") && s.others.is_empty(), "only y says yes");
    s.press("n q y");
    assert_eq!(s.others, ["Quit"]);
}

#[test]
fn offline_the_text_comes_with_the_connection_and_the_answer_waits() {
    let mut s = Stage::new(120, 40);
    s.fake.bodies.borrow_mut().clear();
    let mailbox: String = SUPPORT.into();
    let state = Connection::Offline { since: at(NOW), retry_at: at(NOW), why: "no route".into(), cure: None };
    s.tell(Event::Connection { mailbox: mailbox.clone(), state: state.clone() });
    s.press("G Enter");
    let nothing = Refusal::new(ErrorKind::Unreachable, "there is no connection: nothing was changed");
    s.tell(Event::Opened { target: fire(), outcome: Err(nothing) });
    assert!(s.shows("not loaded yet: it comes when there is a connection"), "{}", s.screen());
    s.press("R");
    assert!(s.shows("no connection yet: trying now"));
    let asked = s.commands.len();
    s.tell(Event::Connection { mailbox: mailbox.clone(), state: Connection::Live });
    assert!(s.commands[asked..].iter().any(|c| matches!(c, Command::Open { .. })), "asked for again");
    s.tell(Event::Connection { mailbox, state });
    answered(&mut s);
    assert!(s.shows("waits in the outbox: 1 answer") && s.shows("z take it back"), "{}", s.screen());
    s.pass(11_000);
    assert!(s.shows("waits in the outbox: 1 answer"), "{}", s.screen());
}

#[test]
fn a_refused_sender_is_told_in_plain_words_and_the_text_stays() {
    let mut s = Stage::new(120, 30);
    answered(&mut s);
    let refusal =
        Refusal::new(ErrorKind::SenderRefused, "mail.example.test does not let alice send as support@example.test")
            .hint("The text is kept as a draft.");
    let content = Content::default();
    let saved = came_back(content);
    s.fake.drafts.borrow_mut().insert(fire(), saved);
    s.tell(Event::NotSent { item: 7, target: fire(), refusal });
    assert!(s.shows("▲ not sent to Dana Reyes: mail.example.test does not let alice send as support@example.test."));
    assert!(s.line_with("Printer on fire").contains("draft"));
}

#[test]
fn what_was_done_after_an_answer_was_sent_off_is_taken_back_before_it() {
    let mut s = Stage::new(100, 30);
    answered(&mut s);
    s.press("g g e");
    s.grant(|c| c.status = Status::Done);
    assert!(s.shows("z undo, then your answer 10s"), "{}", s.screen());
    s.press("z");
    assert!(matches!(s.last_act().2, Action::Unfinish { .. } | Action::Reopen), "{:?}", s.last_act());
    s.grant(|c| c.status = Status::Open);
    s.press("z");
    assert!(matches!(s.commands.last(), Some(Command::Unsend { .. })), "{:?}", s.commands.last());

    // What was done after it has left is undone at once, and what was before it is not meant.
    let mut s = Stage::new(100, 30);
    answered(&mut s);
    s.press("g g e");
    s.grant(|c| c.status = Status::Done);
    s.tell(Event::Sent { item: 7, target: fire() });
    s.press("z");
    assert!(matches!(s.last_act().2, Action::Unfinish { .. } | Action::Reopen), "{:?}", s.last_act());
}
