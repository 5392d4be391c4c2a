//! Writing an answer, and what becomes of it.

use std::time::Duration;

use super::stage::Stage;
use crate::engine::kept::{Content, SavedDraft};
use crate::engine::message::{AfterReply, Answer, Command, Event, Target, Ticket, Verdict};
use crate::mail::parse::Body;
use crate::model::{Action, Assignee, ErrorKind, Refusal, Role};
use crate::tui::fake::{NOW, SUPPORT, at, handle, message};
use crate::tui::layers::Layer;
use crate::tui::message::Message;

pub(super) fn fire() -> Target {
    Target { mailbox: SUPPORT.into(), root: "fire".into() }
}

pub(super) fn sent(s: &Stage) -> (Ticket, &Answer, Duration) {
    match s.commands.last() {
        Some(Command::Send { ticket, answer, hold }) => (*ticket, answer, *hold),
        other => panic!("{other:?}\n{}", s.screen()),
    }
}

/// Writes and sends an answer; the engine holds it.
pub(super) fn answered(s: &mut Stage) {
    s.press("G r");
    s.type_text("Hi Dana,");
    s.press("Ctrl-s");
    let ticket = sent(s).0;
    let until = s.app.now + Duration::from_secs(10);
    s.fake.drafts.borrow_mut().clear();
    s.tell(Event::Held { ticket, item: 7, target: fire(), until });
}

#[test]
fn replying_claims_what_is_free_and_quotes_what_it_answers() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    assert_eq!(s.last_act().2, &Action::Claim);
    assert!(s.shows("Reply as Example Support <support@example.test>"));
    assert!(s.shows("To       Dana Reyes <dana@reyes.example>") && s.shows("Re: Printer on fire"));
    assert!(s.shows("> It is smoking again."));
    s.type_text("Hi Dana,");
    s.press("Enter Ctrl-s");
    let (_, answer, hold) = sent(&s);
    assert_eq!(hold, Duration::from_secs(10));
    assert!(answer.draft.body.starts_with("Hi Dana,\n"), "{}", answer.draft.body);
    assert_eq!(answer.answered, "14@example.test");
    assert_eq!((answer.seen.inbox.0, answer.seen.sent.0, answer.then), (14, 5, None));
    assert!(s.app.composer.is_none());
    assert_eq!(s.selected(), "login", "the next conversation");
}

/// A text as the engine lays it back on the desk.
pub(super) fn came_back(content: Content) -> SavedDraft {
    SavedDraft { target: fire(), content, saved_at: at(NOW), hand: "back".into(), found: None }
}

#[test]
fn pasted_text_never_runs_as_keys() {
    let mut s = Stage::new(100, 30);
    s.send(Message::Paste("e\nc\ny\u{1b}q".into()));
    assert!(s.commands.is_empty() && s.others.is_empty());
    assert!(s.shows("pasted text was dropped"));
    s.press("G r");
    s.send(Message::Paste("one\r\ntwo \u{1b}[201~q\u{13}\n".into()));
    assert!(s.app.composer.is_some());
    assert!(s.shows("two ␛[201~q␓"), "{}", s.screen());
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Send { .. })));
}

#[test]
fn what_a_teammate_holds_is_said_before_the_first_key() {
    let mut s = Stage::new(100, 30);
    s.press("j j r");
    assert!(s.app.composer.is_none());
    assert!(s.shows("bob has “API returns 502 for /v2/orders”. Take it over?"));
    s.press("Esc");
    assert!(s.app.composer.is_none() && s.app.layer.is_none());
}

#[test]
fn what_is_typed_on_as_a_question_comes_up_is_no_answer_to_it_and_no_key() {
    // A teammate was quicker than the claim: a sentence with a “y”, an “n” and keys of the queue in it.
    let held = || {
        let mut s = Stage::new(100, 30);
        s.fake.change("fire", |c| c.assignee = Assignee::Held(handle("bob")));
        s.changed();
        s.press("G r");
        s
    };
    let mut s = held();
    let asked = s.commands.len();
    s.type_text("Yes, no doubt: see");
    assert!(s.shows("Take it over?") && s.shows("after a yes it stands in your answer"), "{}", s.screen());
    assert!(s.commands.len() == asked && s.app.composer.is_none());
    s.answer("y");
    let body = s.app.composer.as_ref().unwrap().body_text();
    assert!(body.starts_with("Yes, no doubt: see"), "{body}");

    // Nor is a word that is typed on after a pause, by somebody who looks at the keyboard.
    let mut s = held();
    for word in ["Dear Dana,", "yes,", "no doubt"] {
        s.look();
        s.type_text(word);
    }
    s.pass(500);
    assert!(s.shows("Take it over?") && s.app.composer.is_none() && s.commands.len() == asked, "{}", s.screen());

    // Who says no has not written it.
    let mut s = held();
    s.type_text("Sorry,");
    s.answer("n");
    assert!(s.shows("what you typed before the question is dropped"), "{}", s.screen());
    s.press("r");
    s.answer("y");
    assert!(!s.app.composer.as_ref().unwrap().body_text().contains("Sorry,"));

    // An answer that cannot be begun: the letters are no keys of the queue either.
    let mut s = Stage::new(100, 30);
    s.fake.clock.set(jiff::SignedDuration::from_mins(-30));
    announced(&mut s, "2026-11-24T13:31:30Z");
    s.press("G r");
    let asked = s.commands.len();
    s.type_text("d#ec");
    assert!(s.shows("is on its way right now; what you typed on was dropped"), "{}", s.screen());
    assert!(s.commands.len() == asked && s.app.layer.is_none());
    s.look();
    s.press("!");
    assert!(s.commands.len() > asked, "after a look they are keys again");
}

#[test]
fn the_next_keys_are_no_text_where_the_answer_was_not_sent_after_all() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi Dana,");
    let theirs = message(15, "Dana Reyes <dana@reyes.example>", "2026-11-24T14:01:30Z");
    s.fake.threads.borrow_mut().get_mut("fire").unwrap().push(theirs);
    s.press("Ctrl-o k K c r");
    assert!(s.shows("Ctrl-O again sends yours") && s.shows("what you typed on was dropped"), "{}", s.screen());
    assert!(s.app.composer.as_ref().unwrap().body_text().starts_with("Hi Dana,\n"));
    // The same where a question came up: Enter was to open the next one, not to send a second answer.
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi Dana,");
    s.fake.threads.borrow_mut().get_mut("fire").unwrap()[2].flags.answered = true;
    s.press("Ctrl-s Enter y");
    assert!(s.shows("Send yours as well?") && s.shows("that was no answer to it"), "{}", s.screen());
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Send { .. })));
}

#[test]
fn a_claim_lost_while_writing_is_said_beside_the_text() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.fake.change("fire", |c| c.assignee = Assignee::Held(handle("bob")));
    s.refuse(Refusal::new(ErrorKind::Held, "bob took it a moment before you").holder(handle("bob")));
    assert!(s.shows("▲ bob took it a moment before you. Esc keeps the draft, then T takes it over"));
    assert!(s.app.composer.is_some());
}

#[test]
fn a_long_quoted_line_is_dim_on_all_its_rows() {
    let mut s = Stage::new(60, 30);
    let long = Body { text: format!("{}\n\nend of it\n", "word ".repeat(20)), ..Body::default() };
    s.fake.bodies.borrow_mut().insert((Role::Inbox, 14), long);
    s.press("G r");
    let quote = s.theme.style(crate::tui::theme::Paint::Quote).fg;
    let buffer = s.buffer();
    let is_dim = |text: &str| {
        let y = s.screen().lines().position(|l| l.contains(text)).unwrap_or_else(|| panic!("{text}\n{}", s.screen()));
        Some(buffer[(2, y as u16)].fg) == quote
    };
    assert!(is_dim("> word") && is_dim("│  word word") && is_dim("> end of it"), "{}", s.screen());
    assert!(!is_dim("wrote:"));
}

#[test]
fn a_mail_without_a_subject_is_answered() {
    let mut s = Stage::new(100, 30);
    s.fake.change("fire", |c| c.subject.clear());
    s.fake.threads.borrow_mut().get_mut("fire").unwrap().iter_mut().for_each(|m| m.subject.clear());
    s.changed();
    s.press("G r");
    assert!(s.line_with("Subject").trim_end_matches(['│', ' ']).ends_with("Re:"), "{}", s.screen());
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    assert!(s.shows("you took (no subject) · just now"));
    s.type_text("Hi");
    s.press("Ctrl-s");
    let Some(Command::Send { answer, .. }) = s.commands.last() else { panic!() };
    assert_eq!(answer.draft.subject, "Re:");
}

#[test]
fn what_is_typed_behind_a_bare_re_does_not_stick_to_it() {
    let mut s = Stage::new(100, 30);
    s.fake.change("fire", |c| c.subject.clear());
    s.fake.threads.borrow_mut().get_mut("fire").unwrap().iter_mut().for_each(|m| m.subject.clear());
    s.changed();
    s.press("G r");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.press("Shift-Tab");
    s.type_text("Your printer");
    assert!(s.line_with("Subject").contains("Re: Your printer"), "{}", s.screen());
}

#[test]
fn a_mail_that_comes_while_one_writes_stops_the_sending_once() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi");
    let newer = message(15, "Dana Reyes <dana@reyes.example>", "2026-11-24T14:01:30Z");
    s.fake.threads.borrow_mut().get_mut("fire").unwrap().push(newer);
    s.press("Ctrl-s");
    assert!(s.shows("Dana Reyes wrote since you began this. Ctrl-S again sends yours."), "{}", s.screen());
    s.press("Ctrl-s");
    assert_eq!(sent(&s).1.seen.inbox.0, 15);
}

#[test]
fn a_mail_that_was_filed_and_came_back_is_no_news() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi");
    // All of it has new numbers: to Trash, and back.
    for mail in s.fake.threads.borrow_mut().get_mut("fire").unwrap().iter_mut().filter(|m| m.folder == Role::Inbox) {
        mail.uid.0 += 100;
    }
    s.press("Ctrl-s");
    assert!(!s.shows("wrote since you began this"), "{}", s.screen());
    assert_eq!(sent(&s).1.seen.inbox.0, 114, "it counts as seen by its new number");
}

#[test]
fn an_answer_that_another_program_gave_meanwhile_stops_the_sending_once() {
    let mark = |s: &Stage| s.fake.threads.borrow_mut().get_mut("fire").unwrap()[2].flags.answered = true;
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi");
    mark(&s);
    s.press("Ctrl-s");
    let is_sent = |s: &Stage| s.commands.iter().any(|c| matches!(c, Command::Send { .. }));
    assert!(
        s.shows("It was answered since you began this, by another mail") && s.shows("Send yours as well?"),
        "{}",
        s.screen()
    );
    // The key that sends is no answer to a question.
    s.press("Ctrl-s n");
    assert!(!is_sent(&s) && s.app.composer.is_some());
    s.press("Ctrl-s");
    s.answer("y");
    assert!(sent(&s).1.seen.was_answered);

    // A night on the desk between the two changes nothing.
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi");
    s.press("Esc");
    mark(&s);
    s.press("r");
    assert!(s.shows("▲ It was answered since you began this, by another mail program: read it"), "{}", s.screen());
    s.press("Ctrl-s");
    assert!(s.shows("Send yours as well?"), "{}", s.screen());
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Send { .. })));

    // What was answered before is answered once more without a word.
    let mut s = Stage::new(100, 30);
    mark(&s);
    s.press("G r");
    s.type_text("Hi");
    s.press("Ctrl-s");
    assert!(sent(&s).1.seen.was_answered);
}

/// A teammate announces an answer in Sent at this time.
pub(super) fn announced(s: &mut Stage, at: &str) {
    let mut copy = message(6, "Example Support <support@example.test>", at);
    copy.folder = Role::Sent;
    copy.flags.keywords.push("$SubmitPending".into());
    s.fake.threads.borrow_mut().get_mut("fire").unwrap().push(copy);
    s.fake.change("fire", |c| c.has_pending_answer = true);
    s.changed();
}

#[test]
fn a_pending_answer_does_not_count_as_seen() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi");
    announced(&mut s, "2026-11-24T14:01:30Z");
    s.press("Ctrl-s");
    assert!(s.shows("an answer to this is on its way right now"), "{}", s.screen());
    assert!(s.app.composer.is_some() && !s.commands.iter().any(|c| matches!(c, Command::Send { .. })));
    // It goes out, and so does ours once its writer knows of it.
    s.fake.threads.borrow_mut().get_mut("fire").unwrap()[3].flags.keywords = vec!["$Submitted".into()];
    s.fake.change("fire", |c| c.has_pending_answer = false);
    s.changed();
    s.press("Ctrl-s");
    assert!(s.shows("It was answered since you began this. Send yours as well?"), "{}", s.screen());
    s.answer("y");
    assert_eq!(sent(&s).1.seen.sent.0, 6);
}

#[test]
fn ten_minutes_are_those_of_the_server() {
    // By the server it is a moment old, though this machine's clock says half an hour.
    let mut s = Stage::new(100, 30);
    s.fake.clock.set(jiff::SignedDuration::from_mins(-30));
    announced(&mut s, "2026-11-24T13:31:30Z");
    s.press("G r");
    assert!(s.shows("an answer to this is on its way right now"), "{}", s.screen());
    let mut s = Stage::new(100, 30);
    s.fake.clock.set(jiff::SignedDuration::from_mins(30));
    announced(&mut s, "2026-11-24T14:01:30Z");
    s.press("G r");
    assert!(matches!(s.app.layer, Some(Layer::Fate { .. })), "{}", s.screen());
}

#[test]
fn what_was_announced_and_not_sent_is_not_what_is_answered() {
    let mut s = Stage::new(100, 30);
    announced(&mut s, "2026-11-24T13:50:00Z");
    s.fake.threads.borrow_mut().get_mut("fire").unwrap()[3].flags.keywords.push("bagsy-void".into());
    s.fake.change("fire", |c| c.has_pending_answer = false);
    s.press("G r");
    assert!(s.shows("To       Dana Reyes <dana@reyes.example>"), "{}", s.screen());
    s.type_text("Hi");
    s.press("Ctrl-s");
    assert_eq!(sent(&s).1.answered, "14@example.test");
}

#[test]
fn taking_over_to_answer_asks_what_became_of_an_earlier_answer() {
    let mut s = Stage::new(100, 30);
    s.fake.change("fire", |c| c.assignee = Assignee::Held(handle("bob")));
    s.changed();
    s.press("G r");
    assert!(s.shows("Take it over?"), "{}", s.screen());
    s.look();
    announced(&mut s, "2026-11-24T13:50:00Z");
    s.answer("y");
    assert_eq!(s.last_act().2, &Action::TakeOver);
    assert!(s.app.composer.is_none() && matches!(s.app.layer, Some(Layer::Fate { .. })), "{}", s.screen());
}

#[test]
fn what_is_no_address_is_not_sent_to() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi");
    s.press("Tab Home Ctrl-k");
    s.press("Ctrl-s");
    assert!(s.shows("not sent: nobody to send it to"));
    s.look();
    s.type_text("dana at reyes");
    s.press("Ctrl-s");
    assert!(s.shows("is no mail address"), "{}", s.screen());
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Send { .. })));
}

#[test]
fn send_and_done_says_so_to_the_engine() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi");
    s.press("Ctrl-o");
    assert_eq!(sent(&s).1.then, Some(AfterReply::Done));
}

/// An answer is on its way, another text for the same customer is being typed and not kept yet, and the answer comes back.
pub(super) fn came_back_while_writing(typed: &str) -> Stage {
    let mut s = Stage::new(120, 30);
    answered(&mut s);
    // Without a quote.
    s.fake.bodies.borrow_mut().clear();
    s.pass(11_000);
    s.press("G r");
    s.type_text(typed);
    let content = Content { body: "Hi Dana,".into(), ..Default::default() };
    let saved = came_back(content);
    s.fake.drafts.borrow_mut().insert(fire(), saved);
    let refusal = Refusal::new(ErrorKind::Overtaken, "bob's answer came first").holder(handle("bob"));
    s.tell(Event::NotSent { item: 7, target: fire(), refusal });
    s
}

#[test]
fn an_unknown_fate_is_asked_about_before_anything_else_is_written() {
    let mut s = Stage::new(100, 30);
    announced(&mut s, "2026-11-24T13:40:00Z");
    s.press("G r");
    assert!(s.app.composer.is_none());
    assert!(s.shows("The answer of 13:40 to “Printer on fire”"), "{}", s.screen());
    assert!(s.shows("s was sent") && s.shows("d discard"));
    s.answer("d");
    let Some(Command::Settle { ticket, target, verdict: Verdict::Discard }) = s.commands.last() else { panic!() };
    assert_eq!(*target, fire());
    let ticket = *ticket;
    s.tell(Event::Done { ticket, outcome: Ok(None) });
    assert!(s.shows("settled: discarded"));
}

#[test]
fn an_answer_without_a_word_of_ones_own_is_not_sent() {
    let mut s = Stage::new(100, 30);
    s.press("G r Ctrl-s");
    assert!(s.shows("▲ not sent: there is no text yet"), "{}", s.screen());
    s.look();
    s.press("Enter Enter Ctrl-o");
    s.press("Ctrl-k Down Ctrl-s");
    assert!(s.app.composer.is_some());
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Send { .. })));
    // Right above the quote, without an empty line between, it counts.
    s.press("Up");
    s.look();
    s.type_text("Unplug it.");
    s.press("Ctrl-s");
    assert!(sent(&s).1.draft.body.contains("Unplug it."));
}

#[test]
fn what_a_teammate_takes_while_one_writes_is_said_beside_the_text_and_not_sent() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.type_text("Hi Dana,");
    s.fake.change("fire", |c| c.assignee = Assignee::Held(handle("bob")));
    s.changed();
    s.press("Ctrl-s");
    assert!(s.shows("▲ bob has it now. Esc keeps the draft, then T takes it over"), "{}", s.screen());
    assert!(s.shows("▲ not sent: bob has it now"), "{}", s.screen());
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Send { .. })));
    // Given back: what was said is no longer so.
    let given = crate::model::Change {
        at: at(NOW),
        kind: crate::model::ChangeKind::TakeOver,
        mailbox: SUPPORT.into(),
        conversation: crate::wire::identity::conversation_id("fire"),
        subject: "Printer on fire".into(),
        by: Some("alice".into()),
        status: crate::model::Status::Open,
        assignee: Assignee::Held(handle("alice")),
        tags: vec![],
    };
    s.tell(Event::Happened(given.clone()));
    assert!(!s.shows("Esc keeps the draft, then T"), "{}", s.screen());
    s.tell(Event::Happened(crate::model::Change { assignee: Assignee::Held(handle("bob")), ..given }));
    // By now the customer has an answer.
    s.fake.threads.borrow_mut().get_mut("fire").unwrap()[2].flags.answered = true;
    s.press("Ctrl-s");
    assert!(s.shows("▲ It was answered since you began this"), "{}", s.screen());
    assert!(s.shows("bob has it now") && !s.commands.iter().any(|c| matches!(c, Command::Send { .. })));
}

#[test]
fn an_answer_to_a_delivery_report_is_warned_of() {
    let mut s = Stage::new(100, 30);
    s.fake.threads.borrow_mut().get_mut("fire").unwrap()[2].content_type = "multipart/report".into();
    s.press("G r");
    assert!(s.shows("▲ this answers a delivery report, which nobody reads"), "{}", s.screen());
}

/// Claims the conversation under the cursor.
pub(super) fn claimed(s: &mut Stage) {
    s.press("c");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
}

#[test]
fn a_quote_whose_text_is_not_here_yet_comes_into_the_untouched_answer() {
    let mut s = Stage::new(100, 30);
    let body = s.fake.bodies.borrow_mut().remove(&(Role::Inbox, 14)).unwrap();
    s.press("G r");
    assert!(s.shows("the text is being fetched; the quote follows"), "{}", s.screen());
    let asks = s.commands.iter().filter(|c| matches!(c, Command::Open { .. })).count();
    assert_eq!(asks, 1, "the list alone would not ask");
    s.fake.bodies.borrow_mut().insert((Role::Inbox, 14), body);
    s.tell(Event::Opened { target: fire(), outcome: Ok(()) });
    assert!(s.shows("> It is smoking again.") && !s.shows("the quote follows"));
    s.type_text("Hi Dana,");
    s.press("Ctrl-s");
    assert!(sent(&s).1.draft.body.starts_with("Hi Dana,\n"), "above the quote");
}

#[test]
fn a_quote_that_comes_late_stays_out_of_what_is_written() {
    let mut s = Stage::new(100, 30);
    let body = s.fake.bodies.borrow_mut().remove(&(Role::Inbox, 14)).unwrap();
    s.press("G r");
    s.type_text("Hi Dana,");
    s.fake.bodies.borrow_mut().insert((Role::Inbox, 14), body);
    s.changed();
    assert!(!s.shows("> It is smoking again.") && !s.shows("the quote follows"));
}

#[test]
fn what_was_answered_while_one_was_asked_about_taking_it_over_is_not_answered_once_more() {
    let mut s = Stage::new(100, 30);
    s.fake.change("fire", |c| c.assignee = Assignee::Held(handle("bob")));
    s.changed();
    s.press("G r");
    assert!(s.shows("Take it over?"), "{}", s.screen());
    s.look();
    // Bob's answer leaves while the question stands.
    s.fake.change("fire", |c| {
        c.messages += 1;
        c.last_at = at(NOW);
    });
    s.changed();
    let asked = s.commands.len();
    s.type_text("Dear Dana");
    s.answer("y");
    assert!(s.shows("“Printer on fire” changed while you were asked: look at it first"), "{}", s.screen());
    assert!(s.app.composer.is_none() && s.commands.len() == asked, "nothing was taken");
    // Who has seen that asks again.
    s.press("r");
    s.answer("y");
    assert!(s.app.composer.is_some(), "{}", s.screen());
}

#[test]
fn what_a_teammate_answered_a_moment_ago_is_asked_about_before_a_second_answer() {
    let answered = |minutes: u32| {
        let mut s = Stage::new(100, 30);
        let date = format!("2026-11-24T{}:{:02}:00Z", if minutes > 2 { 13 } else { 14 }, (62 - minutes) % 60);
        let mut ours = message(9, "Example Support <support@example.test>", &date);
        ours.folder = Role::Sent;
        s.fake.threads.borrow_mut().get_mut("fire").unwrap().push(ours);
        s.press("G r");
        s
    };
    let mut s = answered(1);
    assert!(s.shows("▲ It was answered just before you began this"), "{}", s.screen());
    s.type_text("Hi");
    s.press("Ctrl-s");
    assert!(s.shows("Send yours as"), "{}", s.screen());
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Send { .. })));
    s.answer("y");
    assert!(matches!(s.commands.last(), Some(Command::Send { .. })));
    // One's own answer is not asked about; a teammate's after it is.
    for (own, is_told) in [("2026-11-24T14:01:30Z", false), ("2026-11-24T11:00:00Z", true)] {
        let mut s = answered(1);
        s.press("Esc");
        s.app.answered_here.insert(fire(), at(own));
        s.press("r");
        assert_eq!(s.shows("It was answered"), is_told, "{own}: {}", s.screen());
    }
    // What was answered longer ago was there to be read.
    let mut s = answered(20);
    assert!(!s.shows("It was answered"), "{}", s.screen());
    s.type_text("Hi");
    s.press("Ctrl-s");
    assert!(matches!(s.commands.last(), Some(Command::Send { .. })), "{}", s.screen());
}
