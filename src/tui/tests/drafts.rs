//! What is kept of a text that is being written, and how it goes on.

use super::answering::{came_back_while_writing, fire, sent};

use super::stage::Stage;
use crate::model::{Action, Assignee, UidValidity};
use crate::tui::editor::Edited;
use crate::tui::fake::handle;
use crate::tui::message::Message;
use crate::wire::answer::Numbering;

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
    s.press("Backspace Esc");
    assert!(s.shows("an empty draft is no draft") && s.fake.drafts.borrow().is_empty(), "the quote is nobody's text");
    s.press("r");
    s.type_text("a");
    s.pass(2_000);
    assert_eq!(s.fake.drafts.borrow().len(), 1);
    s.press("Backspace Esc");
    assert!(s.fake.drafts.borrow().is_empty(), "though it was kept meanwhile");
    assert!(!s.line_with("Printer on fire").contains("draft"));
    s.press("r Tab Tab");
    s.type_text("bob@example.test");
    s.press("Esc");
    assert_eq!(s.fake.drafts.borrow().len(), 1, "whom it goes to was written");
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

#[test]
fn what_is_emptied_before_it_was_kept_takes_no_other_text_along() {
    let mut s = came_back_while_writing("x");
    s.press("Backspace Esc");
    assert!(s.app.composer.is_none());
    assert_eq!(s.fake.drafts.borrow()[&fire()].content.body, "Hi Dana,");
    assert!(s.line_with("Printer on fire").contains("draft"));
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
fn a_text_is_thrown_away_after_a_question_and_leaves_its_conversation_free() {
    let mut s = Stage::new(100, 30);
    s.press("G r");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.type_text("Hi");
    s.pass(2_000);
    assert_eq!(s.fake.drafts.borrow().len(), 1);
    s.press("Ctrl-x n");
    assert!(s.app.composer.is_some() && s.shows("Hi"), "{}", s.screen());
    s.press("Ctrl-x y");
    assert!(s.app.composer.is_none() && s.fake.drafts.borrow().is_empty(), "{}", s.screen());
    assert!(s.shows("the text is thrown away"), "{}", s.screen());
    assert_eq!(s.last_act().2, &Action::Release);
    // Nothing was written: nothing is asked.
    s.press("r Ctrl-x");
    assert!(s.app.composer.is_none() && s.app.layer.is_none(), "{}", s.screen());
}
