//! What is said in the line above the hints.

use super::stage::Stage;
use crate::engine::message::{Connection, Event, Target};
use crate::model::{Address, Assignee, Change, ChangeKind, ConversationId, ErrorKind, Refusal, Status};
use crate::tui::fake::{NOW, SUPPORT, at, handle};

#[test]
fn what_a_teammate_does_is_one_line_above_the_hints() {
    let mut s = Stage::new(100, 24);
    let change = Change {
        at: at(NOW),
        kind: ChangeKind::Claimed,
        mailbox: SUPPORT.into(),
        conversation: ConversationId("x".into()),
        subject: "API returns 502\u{1b}[31m for /v2/orders".into(),
        by: Some("bob".into()),
        status: Status::Open,
        assignee: Assignee::Held(handle("bob")),
        tags: vec![],
    };
    s.press("G !");
    s.grant(|c| c.urgent = false);
    s.tell(Event::Happened(change.clone()));
    // One's own line stands first; undo is offered beside it alone.
    assert!(s.shows("no longer urgent") && s.shows("z undo") && !s.shows("bob took"));
    s.pass(3_000);
    assert!(s.shows("bob took") && !s.shows("z undo"));
    s.pass(9_000);
    assert!(s.shows("bob took “API returns 502␛[31m for /v2/orders” · 12s ago"));
    // Whose mail it is, by name where the row has one for that address.
    s.fake.change("fire", |c| {
        c.from = Address { name: Some("Dana\u{7} Reyes".into()), email: "dana@reyes.example".into() };
        c.id = ConversationId("firefirefi".into());
    });
    let id = ConversationId("firefirefi".into());
    let mail = Change { kind: ChangeKind::New, conversation: id, subject: "Printer on fire".into(), ..change };
    for (by, who) in [("dana@reyes.example", "Dana␇ Reyes"), ("lee@x.example", "lee@x.example")] {
        s.tell(Event::Happened(Change { by: Some(by.into()), ..mail.clone() }));
        assert!(s.shows(&format!("new mail from {who}: “Printer on fire”")), "{}", s.screen());
    }
}

#[test]
fn the_answer_to_a_key_stays_until_it_is_read_and_what_comes_meanwhile_follows() {
    let mut s = Stage::new(100, 24);
    super::answering::answered(&mut s);
    s.pass(12_000);
    // The mail leaves, and a teammate does something, right behind a key that failed.
    s.press("g g T");
    let failed = s.app.activity.as_ref().unwrap().text.clone();
    s.tell(Event::Sent { item: 7, target: super::answering::fire() });
    let change = Change {
        at: at(NOW),
        kind: ChangeKind::Claimed,
        mailbox: SUPPORT.into(),
        conversation: ConversationId("x".into()),
        subject: "API returns 502".into(),
        by: Some("bob".into()),
        status: Status::Open,
        assignee: Assignee::Held(handle("bob")),
        tags: vec![],
    };
    s.tell(Event::Happened(change));
    s.pass(5_000);
    assert!(s.shows(&failed), "{}", s.screen());
    s.pass(1_000);
    assert!(s.shows("sent to Dana Reyes"), "{}", s.screen());
    s.pass(3_000);
    assert!(s.shows("bob took “API returns 502”"), "{}", s.screen());
}

#[test]
fn who_lost_a_claim_because_its_message_left_is_told_who_has_it() {
    let mut s = Stage::new(100, 24);
    let target = Target { mailbox: SUPPORT.into(), root: "fire".into() };
    let tell = |s: &mut Stage, outcome| {
        s.tell(Event::LockLeft { target: target.clone(), subject: "Printer on fire".into(), outcome });
    };
    tell(&mut s, Ok(()));
    assert!(!s.shows("left INBOX"));
    tell(&mut s, Err(Refusal::new(ErrorKind::Held, "bob holds it").holder(handle("bob"))));
    assert!(s.shows("bob has “Printer on fire” now: its first message left INBOX"), "{}", s.screen());
    tell(&mut s, Err(Refusal::new(ErrorKind::Failed, "it stayed undecided")));
    assert!(s.shows("you may have lost “Printer on fire”: its first message left INBOX"), "{}", s.screen());
}

#[test]
fn who_gave_what_to_whom_is_said_where_it_is_known() {
    let mut s = Stage::new(100, 24);
    let tell = |s: &mut Stage, kind, by: &str, to: &str| {
        s.tell(Event::Happened(Change {
            at: at(NOW),
            kind,
            mailbox: SUPPORT.into(),
            conversation: ConversationId("x".into()),
            subject: "Printer on fire".into(),
            by: Some(by.into()),
            status: Status::Open,
            assignee: Assignee::Held(handle(to)),
            tags: vec![],
        }));
        s.pass(30_000);
    };
    tell(&mut s, ChangeKind::Assigned, "alice", "bob");
    assert!(s.shows("you gave bob “Printer on fire”"), "{}", s.screen());
    // By another device, or a teammate.
    tell(&mut s, ChangeKind::TakeOver, "alice", "alice");
    assert!(s.shows("“Printer on fire” is yours now"), "{}", s.screen());
    // Given up, or taken back by whoever gave it.
    tell(&mut s, ChangeKind::Released, "alice", "bob");
    assert!(s.shows("“Printer on fire” is free again: you had it"), "{}", s.screen());
}

#[test]
fn what_was_said_can_be_read_again() {
    let mut s = Stage::new(80, 24);
    s.press("G c");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    s.press("R");
    assert!(!s.shows("you took “Printer on fire”"), "its line is another's now");
    s.press("L");
    assert!(s.shows("What was said") && s.line_with("you took “Printer on fire”").contains("14:02"), "{}", s.screen());
    for _ in 0..300 {
        s.app.say(crate::tui::app::Tone::News, format!("{} again", s.app.said.len()));
        s.app.say(crate::tui::app::Tone::News, "the same");
        s.app.say(crate::tui::app::Tone::News, "the same");
    }
    assert_eq!(s.app.said.len(), 200, "no more is kept");
    s.press("G");
    let last = s.screen();
    s.press("j");
    assert_eq!(s.screen(), last, "it ends with the last line");
    s.press("k Esc");
    assert!(!s.shows("What was said"));
}

#[test]
fn a_key_that_means_nothing_is_said() {
    let mut s = Stage::new(100, 24);
    s.press("x");
    assert!(s.shows("no such key: x · ? lists the keys"), "{}", s.screen());
    s.press("Ctrl-y");
    assert!(s.shows("no such key: Ctrl-Y"));
    s.press("Ctrl-l");
    assert_eq!(s.others, ["Redraw"]);
}

#[test]
fn a_key_that_means_nothing_in_a_window_is_said() {
    let mut s = Stage::new(80, 24);
    s.press("M 5");
    assert!(s.shows("no such key in this window: 5"), "{}", s.screen());
}

#[test]
fn where_a_lost_connection_means_something_of_its_own_that_is_said() {
    let mut s = Stage::new(120, 24);
    s.app.settings.when_lost = Some("the demo has ended: quit with q".into());
    let why = "refused; see `bagsy doctor`".to_owned();
    let state = Connection::Offline { since: at(NOW), retry_at: at(NOW), why, cure: None };
    s.tell(Event::Connection { mailbox: SUPPORT.into(), state });
    assert!(s.shows("▲ the demo has ended: quit with q") && !s.shows("doctor"), "{}", s.screen());
    s.press("G c");
    s.refuse(Refusal::new(ErrorKind::Unreachable, "there is no connection").hint("see `bagsy doctor`"));
    assert!(s.shows("▲ the demo has ended: quit with q") && !s.shows("doctor"));
}
