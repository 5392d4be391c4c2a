//! Trash, junk and folders, one by one and many at once, undone as long as nobody else touched them: as a second client's
//! session sees it.

use std::time::Duration;

use crate::seat::{ask, go_to, is_selected, live, person, row, team, wait_for_row, wait_for_tabs, wait_for_who};
use crate::support::mailgen::{Mail, Rng};
use crate::support::process::wait_for;
use crate::support::pty::{Pty, Size};
use crate::support::team::Team;

/// The subjects in a folder of the team's mailbox, as its owner's own session sees them.
fn subjects(team: &Team, folder: &str) -> Vec<String> {
    let mut owner = team.owner();
    owner.select(folder);
    let uids = owner.search("ALL");
    let subject = |uid: u32| {
        let mail = owner.message(uid)?;
        let text = String::from_utf8_lossy(&mail).into_owned();
        text.lines().find_map(|l| l.strip_prefix("Subject: ").map(str::to_owned))
    };
    uids.into_iter().filter_map(subject).collect()
}

#[track_caller]
fn wait_for_subjects(team: &Team, folder: &str, wanted: &[&str]) {
    let is_so = || {
        let mut found = subjects(team, folder);
        found.sort();
        (found == wanted).then_some(())
    };
    assert!(wait_for(Duration::from_secs(10), is_so).is_some(), "{folder}: {:?}", subjects(team, folder));
}

/// The flags of the only message of a folder.
fn flags(team: &Team, folder: &str) -> Vec<String> {
    let mut owner = team.owner();
    owner.select(folder);
    let uid = owner.search("ALL").pop().expect("a message");
    owner.flags(uid).expect("its flags").into_iter().filter(|f| f != "\\Recent" && f != "\\Seen").collect()
}

#[test]
fn what_goes_to_trash_comes_back_as_it_was() {
    let team = team();
    let question = ask(&team, "Thrown away", 5);
    let mut again = question.answer("And another thing.");
    (again.from, again.to) = (question.from.clone(), question.to.clone());
    team.append("INBOX", "(VIP)", &again.bytes());
    ask(&team, "Kept", 2);
    let (alice, bob) = (person(&team, "alice"), person(&team, "bob"));
    let (a, b) = (live(&alice, Size::LARGE), live(&bob, Size::SMALL));
    go_to(&a, "Thrown away");
    // A row under the cursor would stay until the cursor leaves it.
    go_to(&b, "Kept");
    wait_for_row(&b, "Thrown away", true);
    a.keys("d");
    a.wait_for("to Trash: “Thrown away”");
    // Both of its messages went, as one; the teammate sees it go.
    wait_for_row(&b, "Thrown away", false);
    wait_for_subjects(&team, "Trash", &["Re: Thrown away", "Thrown away"]);
    wait_for_subjects(&team, "INBOX", &["Kept"]);
    a.wait_until("the selection on the next", |s| is_selected(s, "Kept"));

    a.keys("z");
    a.wait_for("back in INBOX: “Thrown away”");
    wait_for_row(&b, "Thrown away", true);
    // Free, as it was before.
    wait_for_who(&b, "Thrown away", "—");
    wait_for_subjects(&team, "Trash", &[]);
    wait_for_subjects(&team, "INBOX", &["Kept", "Re: Thrown away", "Thrown away"]);
    b.wait_until("its tag", |s| row(s, "Thrown away").is_some());
    let mut owner = team.owner();
    owner.select("INBOX");
    assert_eq!(owner.search("KEYWORD VIP").len(), 1);
    assert_eq!(owner.search("KEYWORD bagsy-claim-alice").len(), 0);
}

#[test]
fn what_a_teammate_touched_since_stays_where_it_is() {
    let team = team();
    ask(&team, "Touched", 5);
    ask(&team, "Taken out", 4);
    let alice = person(&team, "alice");
    let a = live(&alice, Size::LARGE);
    go_to(&a, "Touched");
    a.keys("d");
    a.wait_for("to Trash: “Touched”");
    let mut bob = team.imap("bob");
    bob.select(&team.folder("Trash"));
    let uid = bob.search("ALL")[0];
    bob.ok(&format!("UID STORE {uid} +FLAGS (keep)"));
    a.keys("z");
    a.wait_for("somebody changed it in Trash since: it stays there");
    wait_for_subjects(&team, "Trash", &["Touched"]);

    go_to(&a, "Taken out");
    a.keys("d");
    a.wait_for("to Trash: “Taken out”");
    bob.ok("NOOP");
    let uid = bob.search("SUBJECT taken")[0];
    bob.ok(&format!("UID MOVE {uid} {}", team.folder("Archive")));
    a.keys("z");
    a.wait_for("it is no longer in Trash: somebody moved it on or deleted it");
    wait_for_subjects(&team, "Archive", &["Taken out"]);
}

#[test]
fn what_somebody_read_in_trash_still_comes_back() {
    let team = team();
    ask(&team, "Only read", 5);
    let alice = person(&team, "alice");
    let a = live(&alice, Size::LARGE);
    go_to(&a, "Only read");
    a.keys("d");
    a.wait_for("to Trash: “Only read”");
    let mut owner = team.owner();
    owner.select("Trash");
    owner.ok("UID STORE 1:* +FLAGS (\\Seen)");
    a.keys("z");
    a.wait_for("back in INBOX: “Only read”");
    wait_for_subjects(&team, "INBOX", &["Only read"]);
}

#[test]
fn junk_is_marked_for_the_filters_and_cleared_again() {
    let team = team();
    ask(&team, "Win a prize", 5);
    let alice = person(&team, "alice");
    let a = live(&alice, Size::LARGE);
    go_to(&a, "Win a prize");
    a.keys("X");
    a.wait_for("to Junk: “Win a prize”");
    wait_for_subjects(&team, "Junk", &["Win a prize"]);
    assert!(flags(&team, "Junk").contains(&"$Junk".to_owned()), "{:?}", flags(&team, "Junk"));
    a.keys("z");
    a.wait_for("back in INBOX: “Win a prize”");
    assert_eq!(flags(&team, "INBOX"), ["$NotJunk"]);
}

#[test]
fn a_folder_is_found_by_some_of_its_letters() {
    let team = team();
    team.owner().ok("CREATE \"Clients/Gr&APwA3w-e\"");
    team.owner().ok("CREATE Closed");
    team.grant("alice", "Clients/Gr&APwA3w-e", "lrswipkxte");
    team.grant("alice", "Closed", "lr");
    ask(&team, "For the files", 5);
    let alice = person(&team, "alice");
    let a = live(&alice, Size::LARGE);
    go_to(&a, "For the files");
    a.keys("v");
    a.wait_for("Move “For the files” to");
    a.wait_for("Clients/Grüße");
    // Answers and drafts are no place for customers' mail.
    assert!(!a.screen().contains("Drafts"), "{}", a.framed());
    a.keys("clos");
    a.press("Enter");
    a.wait_for("the right i is missing (you have");
    for _ in 0..4 {
        a.press("Backspace");
    }
    a.keys("grü");
    a.wait_while("Archive");
    a.press("Enter");
    a.wait_for("to Clients/Grüße: “For the files”");
    wait_for_subjects(&team, "Clients/Gr&APwA3w-e", &["For the files"]);
    a.keys("z");
    a.wait_for("back in INBOX");
    wait_for_subjects(&team, "INBOX", &["For the files"]);
}

#[test]
fn what_another_holds_and_what_no_right_allows_is_said_before_anything_is_tried() {
    let team = team();
    ask(&team, "Bob's own", 5);
    team.in_inbox("bob").ok("UID STORE 1 +FLAGS (bagsy-claim-bob)");
    let a = live(&person(&team, "alice"), Size::LARGE);
    wait_for_who(&a, "Bob's own", "bob");
    for key in ["d", "X", "v"] {
        a.keys(key);
        a.wait_for("bob has it: T takes it over");
        a.keys("1");
    }
    let e = live(&person(&team, "erin"), Size::LARGE);
    wait_for_row(&e, "Bob's own", true);
    e.keys("d");
    e.wait_for("needs the rights t and e");
    wait_for_subjects(&team, "INBOX", &["Bob's own"]);
}

/// A queue of a hundred conversations, twenty newsletters among them, in an order that nobody sorted. What the newsletters
/// came over: one list, or four. Gives the subject of the first.
fn hundred(team: &Team, lists: usize, seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let mut places: Vec<usize> = (0..100).collect();
    rng.shuffle(&mut places);
    let mut mails: Vec<(String, Vec<u8>)> = Vec::new();
    let mut first = String::new();
    for (n, place) in places.into_iter().enumerate() {
        let mut mail = if n < 20 {
            let list = n % lists;
            // Each with a sender of its own, as services write them.
            let from = format!("News <news-{n}@letters{list}.example>");
            let letter = Mail::new(&from, &team.mailbox(), &format!("Newsletter {n:02}"), "text");
            letter.with_header(&format!("List-Id: Weekly <weekly.letters{list}.example>"))
        } else {
            let from = format!("Person {n} <person@customer{}.example>", n % 37);
            Mail::new(&from, &team.mailbox(), &format!("Question {n:02}"), "text")
        };
        mail.date -= jiff::SignedDuration::from_hours(200 - place as i64);
        mails.push((mail.append_arguments(""), mail.bytes()));
        if place == 0 {
            first = mail.subject;
        }
    }
    team.owner().append_all("INBOX", &mails);
    first
}

/// The keys that bring the cursor from the first row to the nearest newsletter, as whoever looks at the screen presses them.
fn keys_to_newsletter(screen: &str) -> Vec<&'static str> {
    let at = screen.lines().skip(4).position(|l| l.contains("Newsletter")).expect("a newsletter on the first screen");
    vec!["j"; at]
}

/// The screen with a hundred conversations, oldest wait first.
fn with_a_hundred(team: &Team, who: &str, first: &str) -> Pty {
    let a = live(&person(team, who), Size::SMALL);
    wait_for_tabs(&a, "1 Inbox 100");
    a.wait_until("the longest wait first, and selected", |s| is_selected(s, first));
    a
}

/// Presses keys that clear the newsletters, and tells how many they were.
fn clear_newsletters(team: &Team, a: &Pty, keys: &[&str]) {
    for key in keys {
        match *key {
            "d" => a.wait_for("20 selected"),
            "y" => a.wait_for("to Trash: 20 conversations?"),
            _ => {}
        }
        a.press(key);
    }
    a.wait_for("20 to Trash");
    wait_for_tabs(a, "1 Inbox 80");
    let mut mailbox = team.owner();
    mailbox.select("Trash");
    assert_eq!(mailbox.search("SUBJECT Newsletter").len(), 20);
    mailbox.select("INBOX");
    assert_eq!((mailbox.search("SUBJECT Newsletter").len(), mailbox.search("SUBJECT Question").len()), (0, 80));
    println!("20 newsletters among 100 conversations cleared by {} keys: {}", keys.len(), keys.join(" "));
    assert!(keys.len() <= 6, "{keys:?}");
}

#[test]
fn twenty_newsletters_among_a_hundred_are_cleared_in_six_keys_and_brought_back_in_one() {
    let team = team();
    let first = hundred(&team, 1, 5);
    let a = with_a_hundred(&team, "alice", &first);
    let keys = [keys_to_newsletter(&a.screen()), vec!["=", "d", "y"]].concat();
    clear_newsletters(&team, &a, &keys);

    // Of these, a teammate wants one: the others come back.
    let mut bob_trash = team.imap("bob");
    bob_trash.select(&team.folder("Trash"));
    let uid = bob_trash.search("SUBJECT \"Newsletter 07\"")[0];
    bob_trash.ok(&format!("UID STORE {uid} +FLAGS (keep)"));
    a.keys("z");
    a.wait_for("19 back in INBOX, 1 somebody changed it in Trash since");
    wait_for_tabs(&a, "1 Inbox 99");
    wait_for_subjects(&team, "Trash", &["Newsletter 07"]);
    let b = live(&person(&team, "bob"), Size::SMALL);
    wait_for_tabs(&b, "1 Inbox 99 2 Unclaimed 99");
}

#[test]
fn newsletters_of_four_lists_are_cleared_in_three_keys_wherever_they_stand() {
    let team = team();
    let seed = crate::support::process::random();
    println!("seed {seed}");
    let first = hundred(&team, 4, seed);
    let a = with_a_hundred(&team, "alice", &first);
    clear_newsletters(&team, &a, &["%", "d", "y"]);
}

#[test]
fn all_of_a_view_is_done_after_a_question_and_what_another_holds_stays_selected() {
    let team = team();
    for n in 1..=8 {
        ask(&team, &format!("Matter {n}"), 20 - n);
    }
    let alice = person(&team, "alice");
    let a = live(&alice, Size::LARGE);
    wait_for_tabs(&a, "1 Inbox 8");
    a.wait_for("sort: oldest wait");
    a.keys("*");
    a.wait_for("8 selected");
    // While the question stands, bob takes two.
    a.keys("e");
    a.wait_for("done: 8 conversations, all of Inbox?");
    team.in_inbox("bob").ok("UID STORE 2:3 +FLAGS (bagsy-claim-bob)");
    a.wait_for("bob took “Matter");
    a.keys("y");
    a.wait_for("6 done, 2 held by bob; 2 stay selected");
    a.wait_for("2 selected");
    wait_for_tabs(&a, "1 Inbox 2");
    let marked = |s: &str, subject: &str| row(s, subject).is_some_and(|r| r.contains('•'));
    a.wait_until("what failed is still selected", |s| marked(s, "Matter 2") && marked(s, "Matter 3"));
    a.press("Esc");
    a.wait_while("2 selected");
    a.keys("z");
    a.wait_for("6 undone");
    wait_for_tabs(&a, "1 Inbox 8");
}

fn marks(a: &Pty) -> usize {
    a.screen().matches('•').count()
}

#[test]
fn space_selects_and_what_is_selected_is_tagged_and_claimed_as_one() {
    let team = team();
    for n in 1..=5 {
        ask(&team, &format!("Thing {n}"), 20 - n);
    }
    let (alice, bob) = (person(&team, "alice"), person(&team, "bob"));
    let (a, b) = (live(&alice, Size::LARGE), live(&bob, Size::LARGE));
    wait_for_row(&b, "Thing 5", true);
    go_to(&a, "Thing 1");
    a.keys("  j ");
    a.wait_for("3 selected");
    assert_eq!(marks(&a), 3);
    a.keys("t");
    a.wait_for("Tags of 3 conversations");
    a.keys("billing");
    a.press("Enter");
    a.wait_for("Nobody has used the tag “billing”");
    a.keys("y");
    a.wait_for("3 tagged");
    for subject in ["Thing 1", "Thing 2", "Thing 4"] {
        b.wait_until("the tag", |s| row(s, subject).is_some_and(|r| r.contains("billing")));
    }
    assert!(!row(&b.screen(), "Thing 3").unwrap().contains("billing"));
    // What was dealt with is no longer selected.
    assert_eq!(marks(&a), 0);
    a.keys("gg");
    a.keys("VG");
    a.wait_for("range: 5 selected");
    a.keys("c");
    a.wait_for("5 claimed");
    wait_for_tabs(&b, "1 Inbox 5 2 Unclaimed 0 3 Mine 0 4 Team 5");
    a.keys("z");
    a.wait_for("5 undone");
    wait_for_tabs(&b, "1 Inbox 5 2 Unclaimed 5");
    // What was put on comes off: nothing is left of it on any.
    a.keys("z");
    a.wait_for("3 undone");
    b.wait_until("no tag", |s| !s.lines().skip(4).take(5).any(|l| l.contains("billing")));
}
