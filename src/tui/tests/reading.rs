//! What keys do while a conversation is read.

use super::stage::Stage;
use crate::engine::message::Command;
use crate::model::{Action, Address, Assignee, Role};
use crate::tui::fake::{handle, message};
use crate::wire::keywords;

#[test]
fn the_pane_asks_for_mail_when_the_cursor_rests_and_reading_marks_as_read() {
    let mut s = Stage::new(160, 50);
    s.fake.bodies.borrow_mut().clear();
    s.press("G");
    assert!(s.shows("fetching the text"));
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Open { .. })));
    s.pass(250);
    let opened = s.commands.iter().filter(|c| matches!(c, Command::Open { target } if target.root == "fire")).count();
    assert_eq!(opened, 1);
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Act { .. })), "looking is not reading");
    s.press("Enter");
    assert_eq!(s.last_act().2, &Action::Seen(true));
    s.grant(|c| c.unread = false);
    assert!(s.app.activity.is_none());
    s.press("u");
    assert_eq!(s.last_act().2, &Action::Seen(false));
    s.grant(|c| c.unread = true);
    assert_eq!(s.last_act().2, &Action::Seen(false), "unread by hand stays unread");
}

#[test]
fn reading_goes_on_to_the_next_conversation() {
    let mut s = Stage::new(80, 24);
    s.press("G Enter");
    assert!(s.shows("It is smoking again") && !s.shows("Northwind"));
    s.press("K");
    assert!(s.shows("Cannot log in since the update"));
    s.press("J");
    assert!(s.shows("Printer on fire"));
    s.press("q");
    assert!(s.line_with("▌").contains("Printer on fire"));
}

#[test]
fn what_is_read_is_folded_and_quotes_open() {
    let mut s = Stage::new(80, 30);
    s.press("G Enter");
    assert!(s.line_with("▸ Dana Reyes").contains("makes a strange smell"));
    assert!(s.shows("▾ Dana Reyes <dana@reyes.example>"));
    assert!(s.shows("https://reyes.example/floor-3 [1]") && s.shows("[2] @ smoke.jpg  412 KB"));
    while !s.line_with("▌").contains("quoted lines") {
        s.press("j");
    }
    s.press("Enter");
    assert!(s.shows("> line 5"));
    s.press("Enter");
    assert!(s.shows("15 quoted lines"), "{}", s.screen());
    s.press("g g Enter");
    assert!(s.shows("▾ Dana Reyes") && s.shows("to support@example.test"));
    // The cursor stays on what it opens and closes, wherever that stands then.
    s.press("g g Enter j");
    let folded = s.line_with("▌");
    assert!(folded.contains("▸ Example Support"), "{}", s.screen());
    s.press("Enter");
    assert!(s.line_with("▌").contains("▾ Example Support"), "{}", s.screen());
    s.press("Enter");
    assert_eq!(s.line_with("▌"), folded, "{}", s.screen());
}

#[test]
fn the_list_comes_back_from_a_conversation_as_it_was_left() {
    let mut s = Stage::new(80, 24);
    s.press("j j j");
    let before = s.screen();
    s.press("Enter");
    assert!(!s.shows("WHO"), "{}", s.screen());
    s.press("q");
    assert_eq!(s.screen(), before);
}

#[test]
fn who_of_the_team_wrote_an_answer_is_said_where_its_copy_tells() {
    let mut s = Stage::new(100, 40);
    let ours = |uid: u32, by: &str| {
        let mut ours = message(uid, "Example Support <support@example.test>", &format!("2026-11-24T13:5{uid}:00Z"));
        ours.folder = Role::Sent;
        ours.to = vec![Address { name: Some("Dana Reyes".into()), email: "dana@reyes.example".into() }];
        ours.flags.keywords = by.split(' ').map(str::to_owned).collect();
        ours.flags.seen = true;
        ours
    };
    let claims = ["$Submitted bagsy-claim-bob", "$Submitted bagsy-claim-alice", "$Submitted", "bagsy-claim-bob"];
    let answers = claims.iter().zip(1..).map(|(by, uid)| ours(uid, by));
    s.fake.threads.borrow_mut().get_mut("fire").unwrap().splice(.., answers);
    s.press("G Enter");
    s.pass(200);
    let screen = s.screen();
    assert!(screen.contains("▸ bob → Dana Reyes") && screen.contains("▸ you → Dana Reyes"), "{screen}");
    assert!(screen.contains("▸ Example Support → Dana Reyes"), "{screen}");
    // A claim on what is not said to be sent names whoever has it in hand.
    assert!(screen.contains("▾ Example Support <support@example.test>"), "{screen}");
    s.press("g g Enter");
    assert!(s.shows("▾ bob as Example Support <support@example.test>"), "{}", s.screen());
}

#[test]
fn what_stands_above_the_screen_is_told_as_what_stands_below() {
    let mut s = Stage::new(80, 16);
    s.press("G Enter");
    s.press("g g");
    let above = |s: &Stage| s.screen().lines().take(6).any(|line| line.contains("more line"));
    assert!(!above(&s), "{}", s.screen());
    s.press("G");
    assert!(s.app.reading.as_ref().is_some_and(|reading| reading.top > 0));
    assert!(above(&s), "{}", s.screen());
}

#[test]
fn who_had_it_themselves_is_called_you() {
    let mut s = Stage::new(100, 30);
    s.fake.change("fire", |c| c.assignee = Assignee::Free);
    for message in s.fake.threads.borrow_mut().get_mut("fire").unwrap() {
        message.folder = Role::Archive;
        message.flags.keywords.push(keywords::claim(&handle("alice")));
    }
    s.changed();
    s.press("G Enter");
    assert!(s.shows("unclaimed, you had it"), "{}", s.screen());
}
