//! What `z` takes back, and what it leaves alone.

use super::stage::Stage;
use crate::engine::message::{Command, Event};
use crate::model::{Action, Assignee, ErrorKind, Expectation, Filed, Refusal, Rights, Role, Status};
use crate::tui::fake::{NOW, conversation, handle};

#[test]
fn a_claim_that_was_won_can_be_undone() {
    let mut s = Stage::new(100, 24);
    s.press("G c");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    assert!(s.shows("you took “Printer on fire” · just now"));
    assert!(s.line_with("just now").ends_with("z undo"));
    s.press("z");
    let Some(Command::Act { action: Action::Release, expect, .. }) = s.commands.last() else { panic!() };
    assert_eq!(*expect, Expectation { assignee: Some(Assignee::Held(handle("alice"))), status: None });
    s.grant(|c| c.assignee = Assignee::Free);
    assert!(s.shows("you released “Printer on fire”"));
    s.press("z");
    assert!(s.shows("nothing to undo"));
}

#[test]
fn a_move_that_is_under_way_is_no_reason_to_undo_what_came_before_it() {
    let mut s = Stage::new(100, 24);
    let (trash, rights) = ((Role::Trash, "shared/support@example.test/Trash".into()), Rights("lrswite".into()));
    s.app.mailboxes[0].folders.extend([trash]);
    s.app.mailboxes[0].rights.as_mut().unwrap().insert(Role::Trash, rights);
    s.press("G c");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.press("g g d");
    s.press("z");
    assert!(matches!(s.last_act().2, Action::File(_)) && s.shows("the last change is not done yet"), "{}", s.screen());
    // Nor is the next one that is being taken.
    let mut s = Stage::new(100, 24);
    s.press("G c");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.press("C z");
    assert!(s.shows("the last change is not done yet"), "{}", s.screen());
}

#[test]
fn what_takes_something_back_is_not_taken_back_and_the_cursor_goes_to_it() {
    let mut s = Stage::new(100, 24);
    s.press("g g w");
    let root = s.last_act().1.to_owned();
    s.grant(|c| c.status = Status::Waiting);
    assert_ne!(s.selected(), root);
    s.press("z");
    let ticket = s.last_act().0;
    // Some things can be undone in a way that is only known afterwards.
    let filed = Filed {
        folder: "shared/Archive".into(),
        uidvalidity: None,
        messages: vec![],
        was_free: true,
        is_junk: false,
        finished: None,
        subject: "Invoice".into(),
    };
    s.tell(Event::Filed { ticket, filed: Box::new(filed) });
    s.grant(|c| c.status = Status::Open);
    assert_eq!(s.selected(), root);
    s.press("z");
    assert!(s.shows("nothing to undo"), "{}", s.screen());
}

#[test]
fn undo_does_not_take_back_what_came_before_a_change_that_is_under_way() {
    let mut s = Stage::new(100, 24);
    s.press("G c");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.press("!");
    let asked = s.commands.len();
    s.press("z");
    assert!(s.shows("the last change is not done yet"), "{}", s.screen());
    assert_eq!(s.commands.len(), asked);
    assert_eq!(s.last_act().2, &Action::Urgent(false));
    s.grant(|c| c.urgent = false);
    s.press("z");
    assert_eq!(s.last_act().2, &Action::Urgent(true));
}

#[test]
fn an_assignment_is_undone_to_whoever_had_it_before() {
    let left =
        |holder: &str| Expectation { assignee: Some(Assignee::Held(handle(holder))), status: Some(Status::Open) };
    for (root, before, given_back) in [
        ("fire", Assignee::Free, Action::Unassign(handle("dave"))),
        ("fire", Assignee::Held(handle("alice")), Action::Assign(handle("alice"))),
        ("fire", Assignee::Held(handle("carol")), Action::Assign(handle("carol"))),
    ] {
        let mut s = Stage::new(100, 24);
        s.fake.change(root, |c| c.assignee = before.clone());
        s.changed();
        s.press("G A");
        s.type_text("dave");
        s.press("Enter");
        assert_eq!(s.last_act().2, &Action::Assign(handle("dave")));
        s.grant(|c| c.assignee = Assignee::Held(handle("dave")));
        assert!(s.line_with("just now").contains("“Printer on fire” is dave's now") && s.shows("z undo"));
        s.press("z");
        assert_eq!(s.last_asked(), (given_back, left("dave")), "{before}");
        s.grant(|c| c.assignee = before.clone());
        assert!(!s.shows("z undo"));
    }
}

#[test]
fn what_was_taken_over_is_given_back_by_undo_unless_somebody_was_quicker() {
    let mut s = Stage::new(100, 24);
    s.fake.change("fire", |c| (c.assignee, c.status) = (Assignee::Held(handle("bob")), Status::Open));
    s.changed();
    s.press("G T y");
    assert_eq!(s.last_act().2, &Action::TakeOver);
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.press("z");
    let expect = Expectation { assignee: Some(Assignee::Held(handle("alice"))), status: Some(Status::Open) };
    assert_eq!(s.last_asked(), (Action::Assign(handle("bob")), expect));
    s.refuse(Refusal::new(ErrorKind::Held, "carol holds it").holder(handle("carol")));
    assert!(s.shows("carol holds it") && !s.shows("z undo"), "{}", s.screen());
}

#[test]
fn undoing_a_status_expects_the_status_that_was_left() {
    let mut s = Stage::new(100, 24);
    s.press("3 w");
    s.grant(|c| c.status = Status::Waiting);
    s.press("z");
    let expect = Expectation { assignee: Some(Assignee::Held(handle("alice"))), status: Some(Status::Waiting) };
    assert_eq!(s.last_asked(), (Action::Reopen, expect));
}

#[test]
fn only_what_a_key_changed_is_taken_back() {
    let before = || crate::model::Conversation { tags: vec!["vip".into()], ..conversation("x", "s", NOW) };
    let undo = |action: Action| crate::tui::intents::undo_of(&action, &before(), None);
    let tag = |add: &[&str], remove: &[&str]| {
        let own = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        Action::Tag { add: own(add), remove: own(remove) }
    };
    let expect = before().as_seen();
    assert_eq!(undo(tag(&["VIP", "bill"], &["gone"])), Some((tag(&[], &["bill"]), expect.clone())));
    assert_eq!(undo(tag(&[], &["VIP"])), Some((tag(&["vip"], &[]), expect.clone())));
    assert_eq!(undo(tag(&["Vip"], &["gone"])), None);
    assert_eq!(undo(Action::Urgent(false)), None, "it was not");
    assert_eq!(undo(Action::Urgent(true)), Some((Action::Urgent(false), expect)));
}

#[test]
fn who_has_gone_elsewhere_before_the_undo_is_done_stays_there() {
    let mut s = Stage::new(100, 24);
    s.press("G c");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.press("z g g");
    let first = s.selected().to_owned();
    s.grant(|c| c.assignee = Assignee::Free);
    assert_eq!(s.selected(), first);
    assert_ne!(first, "fire");
}
