//! Bad luck: no server, no right, no mailbox, a wrong word. It is said, and nothing is lost.

use crate::seat::{ask, live, person, servers, team, wait_for_row, wait_for_who};
use crate::support::bagsy::Bagsy;
use crate::support::proxy::Proxy;
use crate::support::pty::{Pty, Size};

#[test]
fn a_server_that_goes_is_shown_and_mended_and_what_is_cached_is_read_meanwhile() {
    let team = team();
    for n in 1..4 {
        ask(&team, &format!("Question {n}"), n);
    }
    let proxy = Proxy::to(servers().0.imap_port);
    let alice = person(&team, "alice").imap_through(&proxy);
    let a = live(&alice, Size::LARGE);
    wait_for_row(&a, "Question 1", true);
    a.press("Enter");
    a.wait_for("About Question 3: help!");
    a.keys("q");

    proxy.set_down(true);
    a.wait_for("offline since");
    a.press("Enter");
    a.wait_for("About Question 3: help!");
    a.keys("q");
    // A change needs the server: it is said, and the row says what is true.
    a.keys("c");
    a.wait_for("nothing was changed");
    wait_for_who(&a, "Question 3", "—");
    // An answer waits in the outbox.
    a.keys("r");
    a.wait_for("Reply as");
    a.keys("Written on the train");
    a.press("Ctrl-S");
    a.wait_for("waits in the outbox: 1 answer");
    a.wait_for("1 answer will be sent");
    ask(&team, "While you were away", 0);

    proxy.set_down(false);
    a.keys("R");
    a.wait_for("● live");
    wait_for_row(&a, "While you were away", true);
    // Still wanted: the answer goes out by itself.
    a.wait_until("the answer sent", |s| s.contains("sent") && !s.contains("leaves in"));
}

#[test]
fn a_start_without_a_server_shows_what_is_cached() {
    let team = team();
    ask(&team, "Read on the train", 1);
    let proxy = Proxy::to(servers().0.imap_port);
    let alice = person(&team, "alice").imap_through(&proxy);
    {
        let mut a = live(&alice, Size::LARGE);
        wait_for_row(&a, "Read on the train", true);
        a.press("Enter");
        a.wait_for("About Read on the train: help!");
        a.press("Ctrl-C");
        a.wait_for_end();
    }
    proxy.set_down(true);
    let a = alice.terminal(Size::LARGE, &[]);
    a.wait_for("offline since");
    wait_for_row(&a, "Read on the train", true);
    a.press("Enter");
    a.wait_for("About Read on the train: help!");
    proxy.set_down(false);
    a.keys("R");
    a.wait_for("● live");
    drop(a);

    let offline = alice.terminal(Size::LARGE, &["--offline"]);
    wait_for_row(&offline, "Read on the train", true);
    offline.wait_for("○ offline");
    offline.keys("c");
    offline.wait_for("--offline only reads what is cached");
    wait_for_who(&offline, "Read on the train", "—");
    // What is written is not lost.
    offline.keys("r");
    offline.wait_for("Reply as");
    offline.keys("Written on the train");
    offline.press("Ctrl-S");
    offline.wait_for("not sent: ");
    offline.wait_for("draft, r goes on");
}

/// The program ends before there is a screen; gives what it said.
#[track_caller]
fn ends(bagsy: &Bagsy, code: u32) -> String {
    let mut a: Pty = bagsy.terminal(Size::LARGE, &[]);
    assert_eq!(a.wait_for_end(), code, "{}", a.framed());
    assert_eq!(a.left_behind(), None);
    let said = a.screen();
    assert!(said.starts_with("bagsy: "), "{said}");
    assert!(!said.contains("Error {") && !said.contains("panicked") && !said.contains("Os {"), "{said}");
    said
}

#[test]
fn what_keeps_the_screen_from_starting_is_said_in_a_sentence() {
    let team = team();
    let wrong = Bagsy::new(&team, "alice").env("BAGSY_TEST_PASSWORD", "wrong");
    let said = ends(&wrong, 6);
    assert!(said.contains("does not let") && said.contains("bagsy doctor"), "{said}");
    let unset = Bagsy::new(&team, "alice").configured(|a| a.auth = a.auth.replace("BAGSY_TEST_PASSWORD", "NOT_SET"));
    assert!(ends(&unset, 6).contains("NOT_SET"));
    let nowhere =
        Bagsy::new(&team, "alice").configured(|a| a.imap = a.imap.replace("\"localhost\"", "\"imap.invalid\""));
    assert!(ends(&nowhere, 5).contains("imap.invalid"));
    let alone = Bagsy::login(team.server, &team.user("mallory"));
    let said = ends(&alone, 2);
    assert!(said.contains("no shared mailbox") && said.contains("bagsy doctor"), "{said}");
    let untrusted = Bagsy::new(&team, "alice").configured(|a| {
        let ca = a.imap.find(", ca").expect("a private authority");
        a.imap = format!("{} }}", &a.imap[..ca]);
    });
    assert!(ends(&untrusted, 5).contains("certificate"));
    let typo = Bagsy::new(&team, "alice").configured(|a| a.rest = "[ui]\nglyhps = \"ascii\"\n".to_owned());
    let said = ends(&typo, 2);
    assert!(said.contains("glyhps") && said.contains("glyphs") && said.contains("line"), "{said}");
}

#[test]
fn an_answer_of_an_earlier_run_is_seen_in_the_outbox_and_taken_back() {
    let team = team();
    ask(&team, "Not so fast", 1);
    let proxy = Proxy::to(servers().0.imap_port);
    let alice = person(&team, "alice").imap_through(&proxy);
    {
        let mut a = live(&alice, Size::LARGE);
        wait_for_row(&a, "Not so fast", true);
        a.press("Enter");
        a.wait_for("About Not so fast: help!");
        proxy.set_down(true);
        a.wait_for("offline since");
        a.keys("r");
        a.wait_for("Reply as");
        a.keys("Written in anger");
        a.press("Ctrl-S");
        a.wait_for("waits in the outbox: 1 answer");
        a.press("Ctrl-C");
        a.wait_for("has not been sent yet. Quit?");
        a.keys("y");
        a.wait_for_end();
    }
    let a = alice.terminal(Size::LARGE, &[]);
    wait_for_row(&a, "Not so fast", true);
    a.wait_for("offline since");
    a.keys("O");
    a.wait_for("Outbox");
    a.wait_for("Re: Not so fast");
    a.keys("z");
    a.wait_for("taken back: nothing was sent");
    a.wait_for("Written in anger");
    assert!(!a.screen().contains("will be sent"), "{}", a.screen());
}

#[test]
fn where_nothing_can_be_announced_an_answer_leaves_after_a_question() {
    let team = team();
    let customer = "dana@reyes.example";
    ask(&team, "Without a Sent folder", 1);
    team.grant("alice", "Sent", "lrs");
    let alice = person(&team, "alice");
    let a = live(&alice, Size::LARGE);
    wait_for_row(&a, "Without a Sent folder", true);
    a.press("Enter");
    a.wait_for("About Without a Sent folder: help!");
    a.keys("r");
    a.wait_for("the right i is missing in Sent");
    a.keys("It is on its way.");
    a.press("Ctrl-S");
    a.wait_for("This answer cannot be announced");
    a.pause();
    a.keys("y");
    a.wait_for("leaves in");
    a.wait_for("sent to Dana Reyes");
    let mails = servers().1.sink.mails_to(customer);
    let is_it =
        |m: &&crate::support::sink::Received| m.header("Subject").as_deref() == Some("Re: Without a Sent folder");
    assert_eq!(mails.iter().filter(is_it).count(), 1);
}

#[test]
fn a_reader_is_told_which_right_is_missing() {
    let team = team();
    ask(&team, "Look only", 1);
    let dave = Bagsy::new(&team, "dave");
    let d = live(&dave, Size::LARGE);
    wait_for_row(&d, "Look only", true);
    d.wait_for("read-only");
    for key in ["c", "C", "e", "w", "t", "A"] {
        d.keys(key);
        d.wait_for("the right w is missing here (you have lrs)");
        d.press("Enter");
        d.wait_for("About Look only: help!");
        d.keys("q");
    }
    d.keys("r");
    d.wait_for("the right i is missing in Sent");
    d.pause();
    d.keys("M");
    d.wait_for("read only");
}
