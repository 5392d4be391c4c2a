//! Mail as nobody should write it: the list, `show` and the screen live with it, and none of it reaches the terminal.

use crate::seat::{ask, go_to, live, person, row, team, wait_for_row};
use crate::support::mailgen::odd;
use crate::support::pty::Size;

#[test]
fn nothing_in_a_mail_reaches_the_terminal() {
    let team = team();
    team.append("INBOX", "", &odd::terminal_attack());
    let alice = person(&team, "alice");
    let a = live(&alice, Size::LARGE);
    a.wait_for("Red");
    a.press("Enter");
    a.wait_for("end");
    a.wait_for("PWNED");
    a.keys("r");
    a.wait_for("Reply as");
    a.wait_for("> ");
    // The program's own question for the background ends with BEL.
    let raw = String::from_utf8_lossy(&a.raw()).replace("\x1b]11;?\x07", "").replace("\x1b]10;?\x07", "");
    for forbidden in [
        "\x1b]0;",
        "\x1b]52",
        "\x1b[31mRed",
        "\x1b[1;1HPWNED",
        "\x1b[1;1Hpwned",
        "\u{202e}",
        "\u{202c}",
        "\u{200b}",
        "\u{9b}",
        "\u{85}",
        "\x07",
        "\x08",
        "\x0c",
    ] {
        assert!(!raw.contains(forbidden), "{forbidden:?} reached the terminal");
    }
    assert_eq!((a.titles(), a.copied(), a.bells()), (Vec::new(), Vec::new(), 0));
    let list = alice.run(&["list"]).ok().clone();
    assert!(!list.stdout.contains(['\x1b', '\x07', '\u{202e}', '\u{200b}']), "{:?}", list.stdout);
}

#[test]
fn mail_without_headers_and_with_bytes_of_no_charset_is_read() {
    let team = team();
    team.append("INBOX", "", &odd::no_headers());
    team.append("INBOX", "", &odd::eight_bit_headers());
    let alice = person(&team, "alice");
    let list = alice.run(&["list", "--json"]).ok().json();
    assert_eq!(list.len(), 2, "{list:?}");
    for conversation in &list {
        alice.run(&["show", conversation["id"].as_str().expect("an id")]).ok();
    }
    let a = live(&alice, Size::LARGE);
    a.wait_for("(no subject)");
    a.wait_until("a word in the sender's place", |s| row(s, "(no subject)").is_some_and(|r| r.contains("(no sender)")));
    go_to(&a, "(no subject)");
    a.press("Enter");
    a.wait_for("There is no header in this mail.");
    a.keys("q");
    go_to(&a, "Gr");
    a.press("Enter");
    a.wait_for("se Bytes");
}

#[test]
fn a_mail_of_fifty_megabytes_is_opened_without_being_fetched_whole() {
    let team = team();
    team.append("INBOX", "", &odd::huge(50));
    ask(&team, "Small one", 5);
    let alice = person(&team, "alice");
    let list = alice.run(&["list", "--json"]).ok().json();
    let large = list.iter().find(|c| c["subject"] == "A large file").expect("the large mail");
    let shown = alice.run(&["show", large["id"].as_str().expect("an id")]);
    assert!(shown.ok().stdout.contains("See the file.") && shown.stdout.contains("big.bin"), "{}", shown.stdout);
    let a = live(&alice, Size::LARGE);
    wait_for_row(&a, "A large file", true);
    go_to(&a, "A large file");
    a.press("Enter");
    a.wait_for("See the file.");
    a.wait_for("big.bin");
    let status = std::fs::read_to_string(format!("/proc/{}/status", a.pid())).expect("its memory");
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("the peak");
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(kilobytes < 200_000, "{kilobytes} kB for one large mail");
}

#[test]
fn copies_of_one_mail_that_differ_are_told_and_each_can_be_looked_at() {
    let team = team();
    let mail = ask(&team, "Two copies", 1);
    let mut other = mail.clone();
    other.content = crate::support::mailgen::Content::Text("This copy says more than the other one does.".into());
    team.append("INBOX", "", &other.bytes());
    let a = live(&person(&team, "alice"), Size::LARGE);
    wait_for_row(&a, "Two copies", true);
    a.press("Enter");
    a.wait_until("both copies told", |screen| screen.matches("copies differ: this one has").count() == 2);
    a.wait_for("About Two copies: help!");
    a.wait_for("This copy says more than the other one does.");
    a.keys("q");
    a.press("Ctrl-C");
}
