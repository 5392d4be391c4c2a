//! Two people side by side on one mailbox: what one does, the other sees.

use std::time::{Duration, Instant};

use crate::seat::{
    ask, go_to, is_selected, live, person, row, servers, team, wait_for_row, wait_for_tabs, wait_for_who, who,
};
use crate::support::bagsy::Bagsy;
use crate::support::process::wait_for;
use crate::support::proxy::Proxy;
use crate::support::pty::Size;

#[test]
fn a_claim_is_on_the_teammates_screen_within_seconds() {
    let team = team();
    ask(&team, "Printer on fire", 2);
    let (alice, bob) = (person(&team, "alice"), person(&team, "bob"));
    let (a, b) = (live(&alice, Size::LARGE), live(&bob, Size::SMALL));
    wait_for_who(&a, "Printer on fire", "—");
    wait_for_who(&b, "Printer on fire", "—");

    let pressed = Instant::now();
    a.keys("c");
    wait_for_who(&a, "Printer on fire", "you");
    wait_for_who(&b, "Printer on fire", "alice");
    assert!(pressed.elapsed() < Duration::from_secs(4), "after {:?}", pressed.elapsed());
    b.wait_for("alice took “Printer on fire”");
    wait_for_tabs(&a, "1 Inbox 1 2 Unclaimed 0 3 Mine 1 4 Team 0");
    wait_for_tabs(&b, "1 Inbox 1 2 Unclaimed 0 3 Mine 0 4 Team 1");

    // What a teammate holds is not to be had by `c`; the way to it is named.
    b.keys("c");
    b.wait_for("alice has it: T takes it over");
    b.keys("T");
    b.wait_for("alice has “Printer on fire”. Take it over?");
    b.keys("n");
    b.wait_while("Take it over?");
    assert_eq!(who(&b.screen(), "Printer on fire").as_deref(), Some("alice"));
    b.keys("Ty");
    wait_for_who(&b, "Printer on fire", "you");
    wait_for_who(&a, "Printer on fire", "bob");
    a.wait_for("bob took over “Printer on fire”");

    // Given on, given back, taken again by undo.
    b.keys("A");
    b.wait_for("Assign to");
    b.keys("alice");
    b.press("Enter");
    wait_for_who(&b, "Printer on fire", "alice");
    wait_for_who(&a, "Printer on fire", "you");
    a.keys("c");
    wait_for_who(&a, "Printer on fire", "—");
    wait_for_who(&b, "Printer on fire", "—");
    a.wait_for("you released “Printer on fire”");
    a.keys("z");
    wait_for_who(&b, "Printer on fire", "alice");
    wait_for_who(&a, "Printer on fire", "you");
}

#[test]
fn what_was_given_away_or_taken_over_goes_back_by_undo_while_nobody_touched_it() {
    let team = team();
    ask(&team, "Printer on fire", 2);
    let (alice, bob) = (person(&team, "alice"), person(&team, "bob"));
    let (a, b) = (live(&alice, Size::LARGE), live(&bob, Size::LARGE));
    let both = |alice: &str, bob: &str| {
        wait_for_who(&a, "Printer on fire", alice);
        wait_for_who(&b, "Printer on fire", bob);
    };
    let assign = |to: &str| {
        a.keys("A");
        a.wait_for("Assign to");
        a.keys(to);
        a.press("Enter");
    };
    both("—", "—");

    // What was free is free again. Nobody has heard of bob yet.
    assign("bob");
    a.wait_for("Nobody called bob has been seen");
    a.keys("y");
    both("bob", "you");
    a.wait_for("z undo");
    a.keys("z");
    both("—", "—");
    a.wait_for("bob no longer has “Printer on fire”: it is free");

    // What was alice's is hers again.
    a.keys("c");
    both("you", "alice");
    assign("bob");
    both("bob", "you");
    a.wait_for("bob's now");
    a.keys("z");
    both("you", "alice");

    // What bob took over goes back to alice.
    b.keys("Ty");
    both("bob", "you");
    b.wait_for("you took over");
    b.keys("z");
    both("you", "alice");

    // What its new holder has worked on stays as it is.
    assign("bob");
    both("bob", "you");
    a.wait_for("bob's now");
    b.keys("w");
    wait_for_tabs(&a, "1 Inbox 0");
    a.keys("z");
    a.wait_for("no longer as it was: waiting, held by bob");
    wait_for_tabs(&b, "1 Inbox 0");
}

#[test]
fn the_loser_of_a_race_sees_who_won() {
    let team = team();
    ask(&team, "Who is faster", 2);
    let alice = person(&team, "alice");
    let proxy = Proxy::to(servers().0.imap_port);
    let bob = person(&team, "bob").imap_through(&proxy);
    let (a, b) = (live(&alice, Size::SMALL), live(&bob, Size::LARGE));
    wait_for_row(&a, "Who is faster", true);
    wait_for_row(&b, "Who is faster", true);

    // Bob's claim has left his machine and not reached the server when alice's does.
    let held = proxy.hold_command("bagsy-claim-bob");
    b.keys("c");
    // Bob means it to be his.
    wait_for_who(&b, "Who is faster", "you …");
    held.wait(Duration::from_secs(5));
    a.keys("c");
    a.wait_for("you took “Who is faster”");
    held.release();
    wait_for_who(&b, "Who is faster", "alice");
    b.wait_for("alice holds it");
    wait_for_who(&a, "Who is faster", "you");
}

#[test]
fn an_answer_is_held_taken_back_sent_and_seen() {
    let team = team();
    let customer = "dana@reyes.example";
    let question = ask(&team, "Where is my parcel?", 3);
    let (alice, bob) = (person(&team, "alice"), person(&team, "bob"));
    let (a, b) = (live(&alice, Size::LARGE), live(&bob, Size::SMALL));
    wait_for_row(&b, "Where is my parcel?", true);
    wait_for_row(&a, "Where is my parcel?", true);
    a.press("Enter");
    a.wait_for("About Where is my parcel?: help!");
    a.keys("r");
    a.wait_for("Reply as");
    a.wait_for("> About Where is my parcel?: help!");
    // Answering claims what is free.
    wait_for_who(&b, "Where is my parcel?", "alice");
    a.keys("It comes tomorrow.\rGrüße, Alice");
    a.wait_for("draft saved");

    a.press("Ctrl-S");
    a.wait_for("your answer to Dana Reyes leaves in");
    a.keys("z");
    // Taken back: the text is there again, and nothing left.
    a.wait_for("taken back: nothing was sent");
    a.wait_for("It comes tomorrow.");
    assert!(servers().1.sink.mails_to(customer).iter().all(|m| m.header("In-Reply-To") != Some(id(&question))));

    a.press("Ctrl-S");
    let sent = Instant::now();
    a.wait_for("your answer to Dana Reyes leaves in");
    let came = wait_for(Duration::from_secs(25), || {
        let mails = servers().1.sink.mails_to(customer);
        mails.into_iter().find(|m| m.header("In-Reply-To") == Some(id(&question)))
    });
    let mail = came.expect("the answer at the customer's");
    assert!(sent.elapsed() > Duration::from_secs(9), "held for {:?} only", sent.elapsed());
    assert_eq!(mail.from, team.mailbox());
    assert_eq!(mail.header("Subject").as_deref(), Some("Re: Where is my parcel?"));
    assert!(!mail.text().contains("alice@"), "{}", mail.text());
    a.wait_for("sent to Dana Reyes · waiting");

    // Both see it answered: out of the inbox, in the view of those who wait for the customer.
    wait_for_tabs(&b, "1 Inbox 0 2 Unclaimed 0 3 Mine 0 4 Team 0 5 Waiting 1");
    b.keys("5");
    wait_for_who(&b, "Where is my parcel?", "alice ◐");
    b.press("Enter");
    b.wait_for("It comes tomorrow.");
    b.wait_for("Grüße, Alice");

    // The customer answers: it is open by itself.
    let mut again = question.answer("It did not come.");
    (again.from, again.to) = (question.from.clone(), question.to.clone());
    again.date = jiff::Timestamp::now();
    team.append("INBOX", "", &again.bytes());
    b.wait_for("It did not come.");
    b.keys("1");
    wait_for_tabs(&b, "1 Inbox 1");
    a.keys("1");
    wait_for_who(&a, "Where is my parcel?", "you");
}

fn id(mail: &crate::support::mailgen::Mail) -> String {
    format!("<{}>", mail.message_id)
}

#[test]
fn what_is_done_goes_from_both_screens_and_comes_back_by_undo() {
    let team = team();
    for (subject, hours) in [("First thing", 9), ("Second thing", 6), ("Third thing", 3)] {
        ask(&team, subject, hours);
    }
    let (alice, bob) = (person(&team, "alice"), person(&team, "bob"));
    let (a, b) = (live(&alice, Size(120, 30)), live(&bob, Size::SMALL));
    a.wait_for("sort: oldest wait");
    wait_for_row(&a, "Third thing", true);
    wait_for_row(&b, "Third thing", true);

    // Take next: the one that has waited longest.
    a.keys("C");
    wait_for_who(&a, "First thing", "you");
    wait_for_who(&b, "First thing", "alice");
    a.wait_until("the selection on what was taken", |s| is_selected(s, "First thing"));

    // A row on which the selection stands stays until it moves: bob looks at another.
    go_to(&b, "Third thing");
    a.keys("e");
    wait_for_row(&b, "First thing", false);
    wait_for_row(&a, "First thing", false);
    a.wait_until("the selection on the next", |s| is_selected(s, "Second thing"));
    b.keys("7");
    wait_for_row(&b, "First thing", true);
    b.keys("1");
    go_to(&b, "Third thing");
    a.wait_for("z undo");
    a.keys("z");
    wait_for_row(&a, "First thing", true);
    wait_for_row(&b, "First thing", true);

    // Tags.
    go_to(&a, "Second thing");
    a.keys("t");
    a.wait_for("Tags of “Second thing”");
    a.keys("billing vip");
    a.press("Enter");
    a.wait_for("Nobody has used the tags “billing”, “vip”");
    a.keys("y");
    a.wait_until("the tags in the row", |s| row(s, "Second thing").is_some_and(|r| r.contains("billing")));
    b.wait_for("is tagged billing, vip");
    a.keys("t");
    a.wait_for("Tags of");
    for _ in 0..4 {
        a.press("Backspace");
    }
    a.press("Enter");
    b.wait_for("“Second thing” is tagged billing");

    // Waiting for the customer.
    a.keys("w");
    wait_for_tabs(&b, "5 Waiting 1");
    wait_for_row(&b, "Second thing", false);
}

#[test]
fn new_mail_appears_by_itself_and_the_selection_stays_where_it_is() {
    let team = team();
    for n in 1..=6 {
        ask(&team, &format!("Question {n}"), 20 - n);
    }
    let alice = person(&team, "alice");
    let a = live(&alice, Size::SMALL);
    wait_for_row(&a, "Question 6", true);
    go_to(&a, "Question 4");
    let line = |screen: &str| screen.lines().position(|l| l.contains("Question 4"));
    let was_on = line(&a.screen());
    for n in 1..=3 {
        ask(&team, &format!("Older {n}"), 48 + n);
        ask(&team, &format!("Newer {n}"), 0);
    }
    wait_for_row(&a, "Newer 3", true);
    wait_for_row(&a, "Older 3", true);
    a.wait_until("the selection where it was", |s| is_selected(s, "Question 4"));
    a.wait_for("new mail from Dana Reyes");
    // Its row moves as little as there is room for.
    let is_on = line(&a.screen());
    assert!(is_on >= was_on, "{was_on:?} {is_on:?}\n{}", a.framed());
    a.keys("c");
    wait_for_who(&a, "Question 4", "you");
}

#[test]
fn what_another_mail_program_does_is_seen() {
    let team = team();
    ask(&team, "From elsewhere", 1);
    let alice: Bagsy = person(&team, "alice");
    let a = live(&alice, Size::SMALL);
    wait_for_who(&a, "From elsewhere", "—");
    team.in_inbox("carol").ok("UID STORE 1 +FLAGS (bagsy-claim-carol)");
    wait_for_who(&a, "From elsewhere", "carol");
    team.in_inbox("carol").ok("UID STORE 1 -FLAGS (bagsy-claim-carol)");
    wait_for_who(&a, "From elsewhere", "—");
}

#[test]
fn mail_that_comes_while_the_news_of_another_is_fetched_is_seen_too() {
    let team = team();
    ask(&team, "There before", 5);
    let proxy = Proxy::to(servers().0.imap_port);
    let alice = person(&team, "alice").imap_through(&proxy);
    let a = live(&alice, Size::SMALL);
    wait_for_row(&a, "There before", true);
    std::thread::sleep(Duration::from_millis(500));
    for n in 1..4 {
        let held = proxy.hold_command("CHANGEDSINCE");
        ask(&team, &format!("First of two {n}"), 2);
        held.wait(Duration::from_secs(5));
        // The server tells of this one with its answer to the question about the first.
        ask(&team, &format!("Second of two {n}"), 1);
        held.release();
        wait_for_row(&a, &format!("First of two {n}"), true);
        wait_for_row(&a, &format!("Second of two {n}"), true);
    }
}
