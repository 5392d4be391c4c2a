//! `z` after each change: exactly what the key did is taken back, as a second client's session sees it, and nothing where
//! somebody else has been there since.

use std::time::Duration;

use crate::seat::{ask, go_to, live, person, row, team, wait_for_row, wait_for_who};
use crate::support::mailgen::Mail;
use crate::support::process::wait_for;
use crate::support::proxy::Proxy;
use crate::support::pty::{Pty, Size};
use crate::support::team::Team;

/// The flags of each message of a folder, as another session sees them; what a session itself brings is left out.
fn flags(team: &Team, folder: &str) -> Vec<String> {
    let mut owner = team.owner();
    owner.select(folder);
    let uids = owner.search("ALL");
    let of = |uid| {
        let flags = owner.flags(uid).unwrap_or_default();
        let kept: Vec<String> = flags.into_iter().filter(|f| f != "\\Recent" && f != "\\Seen").collect();
        kept.join(" ")
    };
    uids.into_iter().map(of).collect()
}

#[track_caller]
fn wait_for_flags(team: &Team, folder: &str, wanted: &[&str]) {
    let is_so = || (flags(team, folder) == wanted).then_some(());
    assert!(wait_for(Duration::from_secs(10), is_so).is_some(), "{folder}: {:?}", flags(team, folder));
}

/// The same conversation goes on: another mail of its customer's.
fn goes_on(team: &Team, question: &Mail, flags: &str) {
    let mut again = question.answer("And another thing.");
    (again.from, again.to) = (question.from.clone(), question.to.clone());
    team.append("INBOX", flags, &again.bytes());
}

/// Takes the last change back, once it is done and offers that.
#[track_caller]
fn undo(screen: &Pty, says: &str) {
    screen.wait_for("z undo");
    screen.keys("z");
    screen.wait_for(says);
}

#[test]
fn urgent_is_taken_back_unless_a_teammate_has_taken_it_since() {
    let team = team();
    ask(&team, "Burning", 5);
    let a = live(&person(&team, "alice"), Size::LARGE);
    go_to(&a, "Burning");
    a.keys("!");
    a.wait_for("urgent: “Burning”");
    wait_for_flags(&team, "INBOX", &["\\Flagged"]);
    undo(&a, "no longer urgent: “Burning”");
    wait_for_flags(&team, "INBOX", &[""]);

    a.keys("!");
    a.wait_for("z undo");
    team.in_inbox("bob").ok("UID STORE 1 +FLAGS (bagsy-claim-bob)");
    undo(&a, "bob holds it");
    wait_for_flags(&team, "INBOX", &["\\Flagged bagsy-claim-bob"]);
}

#[test]
fn reading_taken_back_leaves_read_what_had_been_read_before() {
    let team = team();
    let question = ask(&team, "Long talk", 5);
    team.in_inbox("alice").ok("UID STORE 1 +FLAGS (\\Seen)");
    goes_on(&team, &question, "");
    let a = live(&person(&team, "alice"), Size::SMALL);
    go_to(&a, "Long talk");
    let seen = || {
        let mut alice = team.in_inbox("alice");
        [1, 2].map(|uid| alice.flags(uid).unwrap().contains("\\Seen"))
    };
    a.keys("u");
    a.wait_for("read: “Long talk”");
    assert_eq!(seen(), [true, true]);
    undo(&a, "unread: “Long talk”");
    assert_eq!(seen(), [true, false], "the first had been read before");
}

#[test]
fn a_tag_that_was_there_before_stays_when_tagging_many_is_taken_back() {
    let team = team();
    for (subject, hours) in [("One", 6), ("Two", 5)] {
        ask(&team, subject, hours);
    }
    team.in_inbox("bob").ok("UID STORE 1 +FLAGS (vip)");
    let a = live(&person(&team, "alice"), Size::LARGE);
    go_to(&a, "One");
    a.keys("  t");
    a.wait_for("Tags");
    a.keys("vip bill");
    a.press("Enter");
    // The folder does not know the name yet.
    a.wait_for("Nobody has used the tag “bill”");
    a.keys("y");
    a.wait_for("2 tagged");
    wait_for_flags(&team, "INBOX", &["bill vip", "bill vip"]);
    undo(&a, "2 undone");
    wait_for_flags(&team, "INBOX", &["vip", ""]);
}

#[test]
fn all_that_was_finished_comes_back_from_archive_as_it_was() {
    let team = team();
    let question = ask(&team, "Finished", 5);
    goes_on(&team, &question, "(VIP)");
    let a = live(&person(&team, "alice"), Size::LARGE);
    go_to(&a, "Finished");
    a.keys("e");
    a.wait_for("done: “Finished”");
    wait_for_flags(&team, "INBOX", &[]);
    undo(&a, "open again: “Finished”");
    wait_for_flags(&team, "INBOX", &["", "VIP"]);
    wait_for_flags(&team, "Archive", &[]);
    wait_for_row(&a, "Finished", true);
    wait_for_who(&a, "Finished", "—");

    // It was the customer's turn, and is so again; held by who held it.
    a.keys("c");
    a.wait_for("you took “Finished”");
    a.keys("w");
    a.wait_for("waiting for the customer: “Finished”");
    a.keys("5");
    a.wait_for("Finished");
    a.keys("gge");
    a.wait_for("done: “Finished”");
    wait_for_flags(&team, "INBOX", &[]);
    undo(&a, "waiting for the customer again: “Finished”");
    wait_for_flags(&team, "INBOX", &["bagsy-claim-alice bagsy-waiting", "VIP bagsy-claim-alice bagsy-waiting"]);
}

#[test]
fn what_was_finished_stays_where_new_mail_came_since() {
    let team = team();
    let question = ask(&team, "Not over", 5);
    let a = live(&person(&team, "alice"), Size::LARGE);
    go_to(&a, "Not over");
    a.keys("e");
    a.wait_for("z undo");
    goes_on(&team, &question, "");
    // What comes in is told in the place of what can be undone; the key stays.
    a.wait_for("(2)");
    a.keys("z");
    a.wait_for("what was finished stays in Archive");
    wait_for_flags(&team, "INBOX", &[""]);
}

#[test]
fn where_done_is_the_keyword_alone_its_undo_takes_the_claim_along() {
    let team = team();
    ask(&team, "Kept here", 5);
    team.grant("alice", "Archive", "lr");
    let a = live(&person(&team, "alice"), Size::LARGE);
    go_to(&a, "Kept here");
    a.keys("e");
    a.wait_for("done: “Kept here”");
    wait_for_flags(&team, "INBOX", &["bagsy-claim-alice bagsy-done"]);
    undo(&a, "open again: “Kept here”");
    wait_for_flags(&team, "INBOX", &[""]);
}

/// The screen is behind: what the key means is no longer there.
#[test]
fn what_a_teammate_changed_before_the_screen_knew_is_not_finished() {
    let team = team();
    ask(&team, "Stale", 5);
    let proxy = Proxy::to(team.server.imap_port);
    let a = live(&person(&team, "alice").imap_through(&proxy), Size::LARGE);
    go_to(&a, "Stale");
    proxy.set_stalled(true);
    team.in_inbox("bob").ok("UID STORE 1 +FLAGS (bagsy-waiting)");
    a.keys("e");
    a.wait_until("the key has its effect", |s| row(s, "Stale").is_some_and(|row| row.contains('…')));
    proxy.set_stalled(false);
    a.wait_for("it is no longer as it was: waiting");
    wait_for_flags(&team, "INBOX", &["bagsy-waiting"]);
}
