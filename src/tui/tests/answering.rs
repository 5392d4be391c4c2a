//! Writing an answer, and what becomes of it.

use std::time::Duration;

use super::stage::Stage;
use crate::engine::kept::{Content, SavedDraft};
use crate::engine::message::{AfterReply, Answer, Command, Connection, Event, Target, Ticket, Verdict};
use crate::mail::parse::Body;
use crate::model::{Action, Assignee, ErrorKind, Refusal, Role, UidValidity};
use crate::tui::editor::Edited;
use crate::tui::fake::{NOW, SUPPORT, at, handle, message, waiting};
use crate::tui::layers::Layer;
use crate::tui::message::Message;
use crate::tui::source::OutboxState;
use crate::wire::answer::Numbering;

fn fire() -> Target {
    Target { mailbox: SUPPORT.into(), root: "fire".into() }
}

fn sent(s: &Stage) -> (Ticket, &Answer, Duration) {
    match s.commands.last() {
        Some(Command::Send { ticket, answer, hold }) => (*ticket, answer, *hold),
        other => panic!("{other:?}\n{}", s.screen()),
    }
}

/// Writes and sends an answer; the engine holds it.
fn answered(s: &mut Stage) {
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
fn came_back(content: Content) -> SavedDraft {
    SavedDraft { target: fire(), content, saved_at: at(NOW), hand: "back".into(), found: None }
}

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
    let content = Content { body: "Hi Dana,".into(), ..Default::default() };
    let saved = came_back(content);
    s.fake.drafts.borrow_mut().insert(fire(), saved);
    s.tell(Event::TakenBack { item: 7, target: fire() });
    assert!(s.shows("Hi Dana,") && s.shows("taken back: nothing was sent"));
    assert_eq!(s.selected(), "fire");
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
fn what_is_typed_is_kept_within_a_second() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    for _ in 0..20 {
        s.type_text("x");
        s.pass(60);
    }
    assert!(s.fake.drafts.borrow()[&fire()].content.body.starts_with("xxxxxxxx"), "typed without a pause");
    s.pass(500);
    assert!(s.fake.drafts.borrow()[&fire()].content.body.starts_with(&"x".repeat(20)));
    assert!(s.shows("draft saved 14:02"));
}

#[test]
fn a_hang_up_keeps_the_last_key() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Please unplug");
    s.send(Message::HangUp);
    assert!(s.fake.drafts.borrow()[&fire()].content.body.starts_with("Please unplug"));
    assert_eq!(s.others, ["Quit"]);
}

#[test]
fn a_draft_is_offered_again_with_half_an_address() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi");
    s.press("Tab Tab");
    s.type_text("bob@exam");
    s.press("Esc");
    assert!(s.shows("draft kept"));
    assert!(s.line_with("Printer on fire").contains("draft"));
    s.press("r");
    assert!(s.shows("Cc       bob@exam") && s.shows("your draft of 14:02 goes on"));
    assert!(s.shows("Hi"));
}

#[test]
fn an_untouched_answer_leaves_no_draft() {
    let mut s = Stage::new(100, 30);
    s.press("G r Esc");
    assert!(s.fake.drafts.borrow().is_empty());
    s.press("r");
    s.type_text("a");
    s.press("Backspace Esc r Esc");
    assert_eq!(s.fake.drafts.borrow().len(), 1, "the quote is text, too");
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
    s.press("Ctrl-s y");
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

#[test]
fn a_draft_does_not_count_as_seen_what_was_numbered_anew_since() {
    let numbered = |inbox| Numbering { inbox: Some(UidValidity(inbox)), sent: Some(UidValidity(1)) };
    let mut s = Stage::new(100, 30);
    s.fake.numbering.set(numbered(1));
    s.press("G r");
    s.type_text("Hi");
    s.press("Esc");
    s.fake.numbering.set(numbered(2));
    s.fake.threads.borrow_mut().get_mut("fire").unwrap()[2].uid.0 = 3;
    s.press("r Ctrl-s");
    assert!(s.shows("Dana Reyes wrote since you began this."), "{}", s.screen());
    s.press("Ctrl-s");
    assert_eq!(sent(&s).1.seen.numbering, numbered(2));
}

/// A teammate announces an answer in Sent at this time.
fn announced(s: &mut Stage, at: &str) {
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
    s.press("y");
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
    announced(&mut s, "2026-11-24T13:50:00Z");
    s.press("y");
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

/// An answer is on its way, another text for the same customer is being typed and not kept yet, and the answer comes back.
fn came_back_while_writing(typed: &str) -> Stage {
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
fn what_is_emptied_before_it_was_kept_takes_no_other_text_along() {
    let mut s = came_back_while_writing("x");
    s.press("Backspace Esc");
    assert!(s.app.composer.is_none());
    assert_eq!(s.fake.drafts.borrow()[&fire()].content.body, "Hi Dana,");
    assert!(s.line_with("Printer on fire").contains("draft"));
}

#[test]
fn an_unknown_fate_is_asked_about_before_anything_else_is_written() {
    let mut s = Stage::new(100, 30);
    let mut pending = message(9, "Example Support <support@example.test>", "2026-11-24T13:40:00Z");
    pending.folder = Role::Sent;
    pending.flags.keywords = vec!["$SubmitPending".into()];
    s.fake.threads.borrow_mut().get_mut("fire").unwrap().push(pending);
    s.fake.change("fire", |c| c.has_pending_answer = true);
    s.changed();
    s.press("G r");
    assert!(s.app.composer.is_none());
    assert!(s.shows("The answer of 13:40 to “Printer on fire”"), "{}", s.screen());
    assert!(s.shows("s was sent") && s.shows("d discard"));
    s.press("d");
    let Some(Command::Settle { ticket, target, verdict: Verdict::Discard }) = s.commands.last() else { panic!() };
    assert_eq!(*target, fire());
    let ticket = *ticket;
    s.tell(Event::Done { ticket, outcome: Ok(None) });
    assert!(s.shows("settled: discarded"));
}

#[test]
fn an_answer_that_is_just_leaving_is_waited_for() {
    let mut s = Stage::new(100, 30);
    let mut pending = message(9, "Example Support <support@example.test>", "2026-11-24T14:01:00Z");
    pending.folder = Role::Sent;
    pending.flags.keywords = vec!["$SubmitPending".into()];
    s.fake.threads.borrow_mut().get_mut("fire").unwrap().push(pending);
    s.fake.change("fire", |c| c.has_pending_answer = true);
    s.changed();
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
fn the_persons_own_editor_gets_the_text_and_gives_it_back() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi");
    s.press("Ctrl-e");
    assert!(s.others[0].starts_with("Edit(") && s.others[0].contains("body: \"Hi"), "{:?}", s.others);
    s.send(Message::Edited(Edited { text: Some("Dear Dana,\n\nregards\n".into()), says: None }));
    assert!(s.shows("Dear Dana,"));
    assert!(s.fake.drafts.borrow()[&fire()].content.body.starts_with("Dear Dana,\n\nregards"));
    s.send(Message::Edited(Edited { text: None, says: Some("vi could not be started".into()) }));
    assert!(s.shows("vi could not be started") && s.shows("Dear Dana,"));
}

#[test]
fn a_draft_that_cannot_be_kept_is_said_and_tried_again() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.type_text("Hi");
    s.send(Message::NotKept("no space left".into()));
    assert!(s.shows("▲ the draft could not be kept: no space left"));
    assert!(s.app.composer.as_ref().unwrap().is_unsaved());
}

#[test]
fn an_answer_without_a_word_of_ones_own_is_not_sent() {
    let mut s = Stage::new(100, 30);
    s.press("G r Ctrl-s");
    assert!(s.shows("▲ not sent: there is no text yet"), "{}", s.screen());
    s.press("Enter Enter Ctrl-o");
    s.press("Ctrl-k Down Ctrl-s");
    assert!(s.app.composer.is_some());
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Send { .. })));
    // Right above the quote, without an empty line between, it counts.
    s.press("Up");
    s.type_text("Unplug it.");
    s.press("Ctrl-s");
    assert!(sent(&s).1.draft.body.contains("Unplug it."));
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
fn what_a_teammate_takes_while_one_writes_is_said_beside_the_text_and_not_sent() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.type_text("Hi Dana,");
    s.fake.change("fire", |c| c.assignee = Assignee::Held(handle("bob")));
    s.changed();
    s.press("Ctrl-s");
    assert!(s.shows("▲ bob has it now. Esc keeps the draft, then T takes it over"), "{}", s.screen());
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Send { .. })));
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
fn an_answer_to_a_delivery_report_is_warned_of() {
    let mut s = Stage::new(100, 30);
    s.fake.threads.borrow_mut().get_mut("fire").unwrap()[2].content_type = "multipart/report".into();
    s.press("G r");
    assert!(s.shows("▲ this answers a delivery report, which nobody reads"), "{}", s.screen());
}

/// Claims the conversation under the cursor.
fn claimed(s: &mut Stage) {
    s.press("c");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
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
fn an_answer_that_was_opened_and_not_written_leaves_its_conversation_free() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.press("Esc");
    assert_eq!(s.last_act().2, &Action::Release);
    s.grant(|c| c.assignee = Assignee::Free);
    assert!(s.shows("you released “Printer on fire”"), "{}", s.screen());
    // What was held before stays so, and what was written keeps it.
    s.press("G c");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.press("r Esc");
    assert_eq!(s.last_act().2, &Action::Claim);
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.type_text("Hi");
    s.press("Esc");
    assert_eq!(s.last_act().2, &Action::Claim);
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
