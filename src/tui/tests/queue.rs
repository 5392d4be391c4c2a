//! What keys and events do to the queue.

use super::stage::Stage;
use crate::engine::message::{Command, Connection, Event};
use crate::model::{
    Action, Assignee, Capability, ErrorKind, Expectation, Grade, Handle, Refusal, Rights, Role, Status, Uid, View,
};
use crate::tui::app::InArchive;
use crate::tui::fake::{NOW, SUPPORT, at, conversation, handle, mailbox, support};
use crate::tui::keymap::Act;
use crate::tui::rights::why_not;

#[test]
fn the_selection_stays_on_its_conversation_whatever_arrives() {
    let mut s = Stage::new(80, 24);
    s.press("j j");
    assert_eq!(s.selected(), "api");
    let line = s.screen().lines().position(|l| l.contains('▌')).unwrap();
    // One that has waited longer comes in above it, and the mailbox is sorted anew.
    s.fake.rows.borrow_mut().push(conversation("older", "Since yesterday", "2026-11-23T08:00:00Z"));
    s.changed();
    assert_eq!(s.selected(), "api");
    assert!(s.line_with("▌").contains("API returns 502"));
    assert_eq!(line + 1, s.screen().lines().position(|l| l.contains('▌')).unwrap(), "all rows still fit");
    s.fake.change("api", |c| c.waiting_since = Some(at("2026-11-20T08:00:00Z")));
    s.changed();
    assert!(s.line_with("▌").contains("API returns 502"));
}

#[test]
fn what_a_teammate_takes_from_under_the_cursor_stays_there_until_the_cursor_goes() {
    let mut s = Stage::new(80, 24);
    s.press("2 j");
    assert_eq!(s.selected(), "fire");
    s.fake.change("fire", |c| c.assignee = Assignee::Held(handle("bob")));
    s.changed();
    assert_eq!(s.selected(), "fire");
    let row = s.line_with("Printer on fire");
    assert!(row.contains('▌') && row.contains("bob"), "{row}");
    // The next key is about this one, and is told why it does nothing.
    s.press("c");
    assert!(s.shows("bob has it: T takes it over"));
    s.press("k");
    assert!(!s.shows("Printer on fire"));
    assert_eq!(s.selected(), "bill");
}

#[test]
fn a_claim_is_shown_at_once_and_the_loser_sees_who_won() {
    let mut s = Stage::new(100, 24);
    s.press("G c");
    let (_, root, action) = s.last_act();
    assert_eq!((root, action), ("fire", &Action::Claim));
    assert!(s.line_with("Printer on fire").contains("you …"));
    s.fake.change("fire", |c| c.assignee = Assignee::Held(handle("carol")));
    s.refuse(Refusal::new(ErrorKind::Held, "carol took it a moment before you").holder(handle("carol")));
    let row = s.line_with("Printer on fire");
    assert!(row.contains("carol") && !row.contains('…'), "{row}");
    assert!(s.shows("▲ carol took it a moment before you. T takes it over"));
    assert!(s.app.undo.is_empty());
}

#[test]
fn what_is_hinted_is_what_the_key_does_now() {
    let mut s = Stage::new(100, 24);
    s.press("G");
    assert!(s.shows("c claim") && !s.shows("T take over"), "{}", s.screen());
    s.fake.change("fire", |c| c.assignee = Assignee::Held(handle("alice")));
    s.changed();
    assert!(s.shows("c release"), "{}", s.screen());
    s.fake.change("fire", |c| c.assignee = Assignee::Held(handle("bob")));
    s.changed();
    assert!(s.shows("T take over") && !s.shows("c claim"), "{}", s.screen());
    // What is typed as a key calls what the key does here.
    s.press(":");
    s.type_text("q");
    assert!(s.line_with("▌ quit").contains("quit (asks only with unsent mail)"), "{}", s.screen());
}

#[test]
fn what_is_finished_is_what_its_person_saw_and_by_nobody_else() {
    let saw =
        |holder: Option<&str>, status| Expectation { assignee: Some(holder.map(handle).into()), status: Some(status) };
    let mut s = Stage::new(100, 24);
    for key in ["e", "w", "d"] {
        s.fake.mailboxes.borrow_mut()[0].folders.insert(Role::Trash, "shared/support@example.test/Trash".into());
        let found = s.fake.mailboxes.borrow().clone();
        s.tell(Event::Mailboxes(found));
        s.press("2 g g");
        s.press(key);
        assert_eq!(s.last_asked().1, saw(None, Status::Open), "{key}");
        s.app.intents = Default::default();
    }
    // What is asked for and not answered yet is what its person sees.
    s.press("2 G c e");
    assert_eq!(s.last_asked(), (Action::Done, saw(Some("alice"), Status::Open)));
    s.press("5 g g e");
    let (_, expect) = s.last_asked();
    assert_eq!(expect.status, Some(Status::Waiting));
    // Done has no holder: it may lie in Archive.
    s.press("7 g g e");
    assert_eq!(s.last_asked(), (Action::Reopen, Expectation { assignee: None, status: Some(Status::Done) }));
}

#[test]
fn waiting_claims_nothing_and_shows_nothing_of_the_kind() {
    let mut s = Stage::new(100, 24);
    s.press("G w");
    assert_eq!(s.last_act().1, "fire");
    let meant = s.app.intents.over(&s.fake.rows.borrow().iter().find(|c| c.root == "fire").cloned().unwrap());
    assert_eq!((meant.assignee, meant.status), (Assignee::Free, Status::Waiting));
}

#[test]
fn a_tag_that_nobody_has_used_is_asked_about_first() {
    let mut s = Stage::new(100, 24);
    let asked = |s: &Stage| s.commands.iter().filter(|c| matches!(c, Command::Act { .. })).count();
    s.press("G t");
    s.type_text("brandnew");
    s.press("Enter");
    assert!(s.shows("Nobody has used the tag “brandnew”"), "{}", s.screen());
    assert_eq!(asked(&s), 0);
    // Who did not mean it is back in the line, to put it right.
    s.press("n");
    assert_eq!(asked(&s), 0);
    assert!(s.shows("Tags of") && s.shows("brandnew"), "{}", s.screen());
    s.press("Enter y");
    assert!(matches!(s.last_act().2, Action::Tag { add, .. } if add == &["brandnew"]));
    // From twenty on their number is told; a name that the server lists is none.
    let names: Vec<String> = (0..20).map(|n| format!("Name{n}")).collect();
    s.tell(Event::Keywords { mailbox: SUPPORT.into(), names });
    s.press("t");
    s.type_text("another");
    s.press("Enter");
    assert!(s.shows("20 names are known in this folder already"), "{}", s.screen());
    s.press("n Esc t");
    s.type_text("name7");
    s.press("Enter");
    assert!(matches!(s.last_act().2, Action::Tag { add, .. } if add.contains(&"name7".to_owned())));
}

#[test]
fn a_teammate_whom_nobody_has_seen_is_asked_about_first() {
    let mut s = Stage::new(100, 24);
    s.press("G A");
    s.type_text("dvae");
    s.press("Enter");
    assert!(s.shows("Nobody called dvae has been seen"), "{}", s.screen());
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Act { .. })));
    s.press("y");
    assert_eq!(s.last_act().2, &Action::Assign(handle("dvae")));
    // Oneself is known, whatever was seen.
    s.press("A");
    s.type_text("alice");
    s.press("Enter");
    assert!(!s.shows("has been seen"));
}

#[test]
fn a_search_or_a_filter_is_not_called_by_the_name_of_the_view() {
    let mut s = Stage::new(100, 24);
    s.press("\\");
    s.type_text("printer");
    s.press("Enter * e");
    assert!(s.shows("all of what the filter shows?"), "{}", s.screen());
    s.press("n q /");
    s.type_text("printer");
    s.press("Enter * e");
    assert!(s.shows("all of what was found?"), "{}", s.screen());
    s.press("n q * e");
    assert!(s.shows("all of Inbox?"), "{}", s.screen());
}

#[test]
fn a_claim_that_binds_nobody_is_said_to_be_one() {
    let fake = support();
    let mut half = mailbox();
    let rights = half.rights.as_mut().unwrap();
    rights.insert(Role::Sent, Rights("l".into()));
    rights.insert(Role::Archive, Rights("lr".into()));
    *fake.mailboxes.borrow_mut() = vec![half];
    let mut s = Stage::with(fake, 160, 24);
    s.press("G c");
    s.grant(|c| c.assignee = Assignee::Held(handle("alice")));
    assert!(s.shows("you may not read Sent: one conversation may look like two"), "{}", s.screen());
}

#[test]
fn done_goes_on_to_the_next_and_does_not_linger() {
    let mut s = Stage::new(100, 24);
    s.press("g g e");
    assert_eq!(s.last_act().1, "bill");
    assert_eq!(s.selected(), "seats");
    assert!(s.line_with("Rechnung").contains('…'), "meant, not yet so");
    s.grant(|c| (c.status, c.folder) = (Status::Done, Role::Archive));
    assert!(!s.screen().lines().any(|l| l.contains("Søren")));
    assert_eq!(s.selected(), "seats");
    s.press("z");
    assert_eq!(s.last_act().2, &Action::Unfinish { status: Status::Open, was_free: true });
}

#[test]
fn the_last_row_that_is_done_leaves_an_empty_view() {
    let mut s = Stage::new(100, 24);
    s.press("3");
    assert_eq!(s.selected(), "login");
    s.press("e");
    s.grant(|c| (c.status, c.folder) = (Status::Done, Role::Archive));
    assert!(s.shows("Nothing is yours"), "{}", s.screen());
}

#[test]
fn what_is_finished_ends_with_the_newest_mail_that_was_seen() {
    let upto = |s: &Stage| match s.commands.last() {
        Some(Command::Act { upto, .. }) => *upto,
        _ => panic!("nothing was asked"),
    };
    let mut s = Stage::new(100, 24);
    s.fake.change("bill", |c| c.uids = vec![Uid(3), Uid(9)]);
    s.changed();
    // A further mail is in the cache and not on the screen yet.
    s.fake.change("bill", |c| c.uids.push(Uid(12)));
    for key in ["e", "w"] {
        s.press("g g");
        s.press(key);
        assert_eq!(upto(&s), Some(Uid(9)), "{key}");
        s.app.intents = Default::default();
    }
    // Nothing of it is in INBOX.
    s.press("7 e");
    assert_eq!((s.last_act().2, upto(&s)), (&Action::Reopen, None));
}

#[test]
fn a_missing_right_greys_the_key_and_says_which() {
    let fake = support();
    let mut looked_at = mailbox();
    looked_at.rights = Some([(Role::Inbox, Rights("lr".into())), (Role::Sent, Rights("lr".into()))].into());
    (looked_at.grade, looked_at.may) = (Grade::D, vec![Capability::Read]);
    *fake.mailboxes.borrow_mut() = vec![looked_at];
    let mut s = Stage::with(fake, 100, 24);
    assert!(s.shows("read-only"));
    for (key, why) in [("c", "the right w is missing here (you have lr)"), ("u", "the right s"), ("r", "in Sent")] {
        s.press(key);
        assert!(s.shows(why), "{}", s.screen());
    }
    assert!(s.commands.iter().all(|c| matches!(c, Command::Open { .. })));
    assert!(why_not(&s.app, Act::Tag).is_some());
    let hint = s.screen().lines().position(|l| l.contains("c claim")).unwrap();
    let disabled = s.theme.style(crate::tui::theme::Paint::Disabled);
    assert_eq!(s.buffer()[(1, hint as u16)].fg, disabled.fg.unwrap());
}

#[test]
fn a_mailbox_that_keeps_no_claims_says_so() {
    let fake = support();
    let mut weak = mailbox();
    (weak.grade, weak.may) = (Grade::B, vec![Capability::Read, Capability::Seen, Capability::Send]);
    *fake.mailboxes.borrow_mut() = vec![weak];
    let mut s = Stage::with(fake, 120, 24);
    s.press("c");
    assert!(s.shows("grade B"), "{}", s.screen());
    assert_eq!(why_not(&s.app, Act::Reply), None);
    // Nobody contends for a tag: it is kept like anywhere else.
    assert_eq!(why_not(&s.app, Act::Tag), None);
    assert_eq!(why_not(&s.app, Act::Urgent), None);
}

#[test]
fn in_archive_only_what_can_be_done_there_may_be_pressed() {
    let fake = support();
    let mut granted = mailbox();
    let rights =
        |archive: &str| Some([(Role::Inbox, Rights("lrswite".into())), (Role::Archive, Rights(archive.into()))].into());
    granted.rights = rights("lrs");
    *fake.mailboxes.borrow_mut() = vec![granted.clone()];
    let mut s = Stage::with(fake, 100, 24);
    s.fake.change("fire", |c| {
        (c.folder, c.status, c.assignee, c.unread) = (Role::Archive, Status::Done, Assignee::Free, true);
    });
    s.changed();
    s.press("8");
    while s.selected() != "fire" {
        s.press("j");
    }
    for act in [Act::Claim, Act::Assign, Act::Tag, Act::Urgent, Act::Waiting] {
        let why_not = why_not(&s.app, act);
        assert!(why_not.as_ref().is_some_and(|w| w.contains("open it again first")), "{act:?}: {why_not:?}");
    }
    assert_eq!(why_not(&s.app, Act::Unread), None);
    let back = why_not(&s.app, Act::Done).unwrap();
    assert!(back.contains("the rights te are missing on Archive (you have lrs)"), "{back}");

    granted.rights = rights("lrte");
    s.app.mailboxes = vec![granted];
    assert_eq!(why_not(&s.app, Act::Done), None);
    let read = why_not(&s.app, Act::Unread).unwrap();
    assert!(read.contains("the right s is missing on Archive"), "{read}");
    // What was finished here bears keywords that come off first.
    let fire = s.app.subject().unwrap();
    let marked = InArchive { comes_back_marked: true, is_urgent: false };
    s.app.in_archive = Some((crate::tui::app::App::target(&fire), marked));
    let back = why_not(&s.app, Act::Done).unwrap();
    assert!(back.contains("the right w is missing on Archive"), "{back}");
}

#[test]
fn urgency_that_stands_on_mail_in_archive_is_not_taken_off_without_the_right_there() {
    let fake = support();
    let mut granted = mailbox();
    let rights =
        |archive: &str| Some([(Role::Inbox, Rights("lrsw".into())), (Role::Archive, Rights(archive.into()))].into());
    granted.rights = rights("lrs");
    *fake.mailboxes.borrow_mut() = vec![granted.clone()];
    let mut s = Stage::with(fake, 100, 24);
    while s.selected() != "fire" {
        s.press("j");
    }
    assert_eq!(why_not(&s.app, Act::Urgent), None, "all of it is in INBOX");
    s.fake.threads.borrow_mut().get_mut("fire").unwrap()[0].folder = Role::Archive;
    s.fake.threads.borrow_mut().get_mut("fire").unwrap()[0].flags.flagged = true;
    s.changed();
    let refused = why_not(&s.app, Act::Urgent).unwrap();
    assert!(refused.contains("older mail in Archive too, where the right w is missing (you have lrs)"), "{refused}");
    granted.rights = rights("lrsw");
    s.app.mailboxes = vec![granted];
    assert_eq!(why_not(&s.app, Act::Urgent), None);
}

#[test]
fn what_another_finished_is_opened_again_by_nobody_else() {
    let mut s = Stage::new(100, 24);
    s.fake.change("fire", |c| (c.status, c.assignee) = (Status::Done, Assignee::Held(handle("bob"))));
    s.changed();
    s.press("8");
    while s.selected() != "fire" {
        s.press("j");
    }
    assert!(why_not(&s.app, Act::Done).unwrap().contains("bob has it"));
    s.fake.change("fire", |c| c.status = Status::Waiting);
    s.changed();
    assert!(why_not(&s.app, Act::Waiting).unwrap().contains("bob has it"));
}

#[test]
fn a_row_that_a_teammate_has_sorted_elsewhere_stays_under_the_cursor() {
    let mut s = Stage::new(100, 24);
    s.press("j");
    let (first, second, third) = ("Søren Ål", "Mika Tanaka", "Priya Raman");
    assert!(s.line_with(second).contains('▌'), "{}", s.screen());
    // The second row is answered: by its wait it is the last one now.
    let root = s.selected().to_owned();
    s.fake.change(&root, |c| c.waiting_since = None);
    s.changed();
    let order = |s: &Stage| {
        let screen = s.screen();
        let at = |who: &str| screen.lines().position(|line| line.contains(who)).unwrap();
        [first, second, third, "Dana Reyes"].map(at)
    };
    let [a, b, c, last] = order(&s);
    assert!(a + 1 == b && b + 1 == c && c < last, "{}", s.screen());
    assert!(s.selected() == root && s.line_with(second).contains('▌'));
    // Once more for whatever else happens meanwhile, and for what comes in above it.
    s.fake.change("fire", |c| c.urgent = true);
    s.changed();
    assert_eq!(order(&s), [a, b, c, last]);
    // The next row is the one that was drawn below; the answered one is where it belongs.
    s.press("j");
    assert!(s.line_with(third).contains('▌'), "{}", s.screen());
    let [a, b, c, last] = order(&s);
    assert!(a + 1 == c && b == last + 1, "{}", s.screen());
}

#[test]
fn who_contests_is_shown_and_nobody_answers() {
    let mut s = Stage::new(100, 24);
    s.fake.change("fire", |c| c.assignee = Assignee::Contested(vec![handle("bob"), handle("carol")]));
    s.changed();
    assert!(s.line_with("Printer on fire").contains("bob!carol"));
    s.press("G r");
    assert!(s.shows("contested by bob and carol: nobody answers"));
    assert!(s.app.composer.is_none());
    s.look();
    // Somebody else settles it, if it is still the contest that was seen.
    let contest = Some(Assignee::Contested(vec![handle("bob"), handle("carol")]));
    s.press("T");
    assert!(s.shows("bob and carol both claim “Printer on fire”. Take it over?"), "{}", s.screen());
    s.press("y");
    assert_eq!(s.last_asked(), (Action::TakeOver, Expectation { assignee: contest.clone(), status: None }));
    let mut s = Stage::new(100, 24);
    s.fake.change("fire", |c| c.assignee = Assignee::Contested(vec![handle("bob"), handle("carol")]));
    s.changed();
    s.press("G A");
    s.type_text("dave");
    s.press("Enter");
    assert_eq!(s.last_asked(), (Action::Assign(handle("dave")), Expectation { assignee: contest, status: None }));
    // One of the two gives way.
    let mut s = Stage::new(100, 24);
    s.fake.change("fire", |c| c.assignee = Assignee::Contested(vec![handle("alice"), handle("bob")]));
    s.changed();
    s.press("G c");
    assert_eq!(s.last_act().2, &Action::Release);
}

#[test]
fn taking_over_asks_and_expects_whom_one_saw() {
    let mut s = Stage::new(100, 24);
    s.press("j j T");
    assert!(s.shows("bob has “API returns 502 for /v2/orders”."));
    s.press("n");
    assert!(s.commands.iter().all(|c| !matches!(c, Command::Act { .. })));
    s.press("T y");
    let Some(Command::Act { action: Action::TakeOver, expect, .. }) = s.commands.last() else { panic!() };
    assert_eq!(expect.assignee, Some(Assignee::Held(handle("bob"))));
    assert!(s.line_with("API returns").contains("you …"));
}

#[test]
fn a_teammate_is_found_by_typing() {
    let mut s = Stage::new(100, 24);
    s.press("G A");
    s.type_text("ca");
    assert!(s.shows("carol") && !s.shows("dave"));
    s.press("Enter");
    assert_eq!(s.last_act().2, &Action::Assign(handle("carol")));
    // Somebody who was never seen here can be named, too.
    s.press("g g A");
    s.type_text("erin");
    assert!(s.shows("nobody seen yet by this name"));
    s.press("Enter y");
    assert_eq!(s.last_act().2, &Action::Assign(Handle::new("erin").unwrap()));
}

#[test]
fn tags_are_a_line_that_is_edited() {
    let mut s = Stage::new(100, 24);
    let names = ["outage", "vip"].map(str::to_owned).to_vec();
    s.tell(Event::Keywords { mailbox: SUPPORT.into(), names });
    s.press("j j t");
    s.press("Ctrl-w");
    s.type_text("outage");
    s.press("Enter");
    assert_eq!(s.last_act().2, &Action::Tag { add: vec!["outage".into()], remove: vec!["p1".into()] });
    s.press("t");
    s.type_text("bagsy-x");
    s.press("Enter");
    assert!(s.shows("names that begin with “bagsy-” are the program's own"));
    s.app.intents = Default::default();
    for (keys, typed, add, remove) in [
        ("t", "+vip", vec!["vip"], vec![]),
        ("t", "-P1 +vip", vec!["vip"], vec!["p1"]),
        ("t Ctrl-k Ctrl-w Ctrl-w", "-p1", vec![], vec!["p1"]),
        ("t Ctrl-w Ctrl-w", "+vip", vec!["vip"], vec![]),
        ("t Ctrl-w", "+vip", vec!["vip"], vec!["p1"]),
        ("t", "+a -a", vec![], vec![]),
    ] {
        let before = s.commands.len();
        s.press(keys);
        s.type_text(typed);
        s.press("Enter");
        let strings = |tags: Vec<&str>| tags.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let (add, remove) = (strings(add), strings(remove));
        if add.is_empty() && remove.is_empty() {
            assert_eq!(s.commands.len(), before, "{typed}");
        } else {
            assert_eq!(s.last_act().2, &Action::Tag { add, remove }, "{typed}");
        }
        s.app.intents = Default::default();
    }
}

#[test]
fn the_order_is_by_date_until_all_mail_is_known() {
    let fake = support();
    fake.is_partial.set(true);
    let mut s = Stage::with(fake, 120, 24);
    s.tell(Event::Connection { mailbox: SUPPORT.into(), state: Connection::Syncing { done: 41, total: 100 } });
    assert!(s.shows("newest first, until all mail is known"));
    assert!(s.shows("◌ syncing 41% ━━━━──────"));
    s.press("j k");
    assert_eq!(s.selected(), "login");
    s.fake.is_partial.set(false);
    s.tell(Event::Connection { mailbox: SUPPORT.into(), state: Connection::Live });
    assert!(s.shows("sort: oldest wait") && s.shows("● live"));
    assert_eq!(s.selected(), "login", "sorted once, the selection stays");
}

#[test]
fn offline_says_since_when_and_what_will_be_sent() {
    let mut s = Stage::new(120, 24);
    let state = Connection::Offline {
        since: at("2026-11-24T13:58:00Z"),
        retry_at: at(NOW),
        why: "no route".into(),
        cure: None,
    };
    s.tell(Event::Connection { mailbox: SUPPORT.into(), state });
    assert!(s.shows("○ offline since 13:58 — no route"));
    let item = |item| crate::tui::fake::waiting(item, "fire", crate::tui::source::OutboxState::Unsent);
    s.fake.outbox.borrow_mut().extend([item(1), item(2)]);
    s.changed();
    assert!(s.shows("○ offline since 13:58 — 2 answers will be sent"));
}

#[test]
fn where_a_person_has_to_sign_in_the_screen_says_how() {
    let mut s = Stage::new(80, 24);
    let why = Refusal::new(ErrorKind::Auth, "alice is not signed in").hint("`bagsy login work` signs in");
    let lost = |why: &Refusal| Connection::lost(at("2026-11-24T13:58:00Z"), at(NOW), why.clone());
    s.tell(Event::Connection {
        mailbox: SUPPORT.into(),
        state: lost(&Refusal::new(ErrorKind::Unreachable, "no route")),
    });
    assert!(s.shows("○ offline since 13:58"));
    s.tell(Event::Connection { mailbox: SUPPORT.into(), state: lost(&why) });
    assert!(s.shows("○ signed out since 13:58") && s.shows("`bagsy login work` signs in"), "{}", s.screen());
    // It is said once, and each time the reason is another.
    s.press("j");
    s.tell(Event::Connection { mailbox: SUPPORT.into(), state: lost(&why) });
    s.tell(Event::Connection { mailbox: SUPPORT.into(), state: Connection::Live });
    assert!(s.shows("● live") && s.shows("signed in again") && !s.shows("bagsy login"), "{}", s.screen());
}

#[test]
fn a_hundred_pages_down_no_more_than_a_few_screens_are_held() {
    let fake = support();
    let row = |n: usize| conversation(&format!("r{n:05}"), &format!("Mail {n}"), "2026-11-24T12:00:00Z");
    fake.rows.borrow_mut().extend((0..3000).map(row));
    let mut s = Stage::with(fake, 80, 24);
    for _ in 0..100 {
        s.press("Ctrl-d");
    }
    assert!(s.shows("▌"), "{}", s.screen());
    s.press("G");
    assert_eq!(s.selected(), "fire");
    s.press("g g");
    assert_eq!(s.selected(), "bill");
    assert!(s.fake.longest_page.get() <= 80, "{}", s.fake.longest_page.get());
}

#[test]
fn the_next_one_is_taken_and_selected_where_it_is() {
    let mut s = Stage::new(100, 24);
    s.press("C");
    let Some(Command::Next { ticket, mailbox }) = s.commands.last() else { panic!() };
    assert_eq!(mailbox, SUPPORT);
    let ticket = *ticket;
    s.press("5");
    s.fake.change("bill", |c| c.assignee = Assignee::Held(handle("alice")));
    let taken = s.fake.rows.borrow().iter().find(|c| c.root == "bill").cloned().map(Box::new);
    s.tell(Event::Done { ticket, outcome: Ok(taken) });
    assert_eq!((s.app.queue.view, s.selected()), (View::Mine, "bill"));
    assert!(s.shows("you took “Rückfrage zu Rechnung 118”"));
}

#[test]
fn views_and_mailboxes_are_a_key_away() {
    let fake = support();
    let mut other = mailbox();
    (other.address, other.name) = (Some("sales@example.test".into()), None);
    fake.mailboxes.borrow_mut().push(other);
    let mut s = Stage::with(fake, 100, 24);
    s.tell(Event::Connection { mailbox: "sales@example.test".into(), state: Connection::Live });
    s.press("7");
    assert!(s.shows("Thanks!") && s.shows("✓"));
    s.press("6");
    assert_eq!(s.app.queue.view, View::Done, "nothing is bound there");
    s.press("5");
    assert!(s.line_with("visa office").ends_with("customer"));
    s.press("]");
    assert!(s.shows("sales@example.test") && s.shows("Nothing is open"));
    s.press("[");
    assert_eq!((s.app.queue.view, s.selected()), (View::Waiting, "visa"), "left as it was");
    s.press("M j Enter");
    assert!(s.screen().starts_with(" sales@example.test"));
}

#[test]
fn a_mailbox_of_another_login_stays_when_one_is_found_anew() {
    let fake = support();
    let mut other = mailbox();
    (other.address, other.account) = (Some("sales@example.test".into()), "other".into());
    fake.mailboxes.borrow_mut().push(other);
    let mut s = Stage::with(fake, 100, 24);
    s.app.settings.accounts.insert("other".into(), crate::tui::app::Account::default());
    s.tell(Event::Mailboxes(vec![mailbox()]));
    assert_eq!(s.app.mailboxes.len(), 2);
    assert_eq!(s.app.key(), SUPPORT);
}

#[test]
fn until_the_person_moves_it_the_cursor_stays_on_top() {
    let fake = support();
    fake.is_partial.set(true);
    let mut s = Stage::with(fake, 120, 24);
    assert_eq!(s.selected(), "login");
    s.fake.rows.borrow_mut().push(conversation("new", "Just now", "2026-11-24T14:01:00Z"));
    s.changed();
    assert_eq!(s.selected(), "new");
    s.press("? q");
    s.fake.is_partial.set(false);
    s.changed();
    assert_eq!(s.selected(), "bill");
    // All is known: what comes above it now does not take the cursor along.
    s.fake.rows.borrow_mut().push(conversation("older", "Since yesterday", "2026-11-23T08:00:00Z"));
    s.changed();
    assert_eq!(s.selected(), "bill");
}

#[test]
fn from_the_end_of_the_help_the_next_key_leads_back() {
    let mut s = Stage::new(80, 24);
    s.press("?");
    let top = s.screen();
    s.press("G");
    let end = s.screen();
    assert!(s.shows("more above") && end != top);
    s.press("k");
    assert!(s.shows("more above and below") && s.screen() != end);
    s.press("G j j j g g");
    assert_eq!(s.screen(), top);
}

#[test]
fn beside_a_conversation_the_queue_says_as_much_as_on_a_small_screen() {
    let rows = |width, height| {
        let s = Stage::new(width, height);
        let screen = s.screen();
        let mut rows = screen.lines().filter_map(|line| line.split('│').next());
        rows.find(|row| row.contains("Rückfrage")).unwrap().trim_end().to_owned()
    };
    let (small, beside) = (rows(80, 24), rows(160, 50));
    assert!(small.contains(" @ ") && small.contains("#billing"), "{small}");
    assert_eq!(beside, small);
    // Narrower still, a file is told yet.
    assert!(rows(140, 50).contains(" @ "), "{}", rows(140, 50));
}

#[test]
fn a_subject_takes_the_cells_that_no_mark_needs() {
    let mut s = Stage::new(80, 24);
    s.fake.change("fire", |c| {
        c.subject = "0123456789 0123456789 0123456789 01234".into();
        c.tags.clear();
        (c.urgent, c.messages, c.has_attachment) = (false, 1, false);
    });
    s.changed();
    assert!(s.shows("0123456789 0123456789 0123456789 01234"), "{}", s.screen());
    s.fake.change("fire", |c| c.messages = 12);
    s.changed();
    assert!(s.line_with("0123456789").contains("0123456789 0123456789 012345678… "), "{}", s.screen());
}

#[test]
fn of_what_waits_for_a_customer_it_is_told_how_long() {
    let mut s = Stage::new(80, 24);
    s.press("5");
    let row = s.line_with("customer");
    assert!(row.trim_end().ends_with("customer 1d"), "{}", s.screen());
}
