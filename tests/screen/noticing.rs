//! A bell or a notification for what concerns the person, while they look elsewhere.

use crate::seat::{ask, live, person, quiet_moment, team, wait_for_row, wait_for_who};
use crate::support::bagsy::Bagsy;
use crate::support::mailgen::Mail;
use crate::support::pty::{Pty, Size};
use crate::support::team::Team;

/// The terminal's word that its window has the focus, and that it has lost it.
const FOCUSED: &str = "\x1b[I";
const UNFOCUSED: &str = "\x1b[O";

fn told(who: Bagsy, ui: &str) -> Bagsy {
    let rest = format!("[ui]\n{ui}\n");
    who.configured(|account| account.rest = rest)
}

/// Bob gives alice what the customer asked.
fn assign(bob: &Bagsy, mail: &Mail) {
    let id = bagsy::wire::identity::conversation_id(&mail.message_id).0;
    bob.run(&["assign", &id, "--to", "alice"]).ok();
}

/// The notifications in what the terminal was sent.
fn notifications(pty: &Pty) -> Vec<String> {
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    let begun = raw.split("\x1b]9;").skip(1);
    begun.map(|rest| rest.split_once("\x1b\\").expect("its end").0.to_owned()).collect()
}

fn asked_and_live(team: &Team<'static>, ui: &str) -> (Bagsy, Mail, Pty) {
    let mail = ask(team, "Printer on fire", 2);
    let a = live(&told(person(team, "alice"), ui), Size::LARGE);
    wait_for_who(&a, "Printer on fire", "—");
    (person(team, "bob"), mail, a)
}

#[test]
fn what_a_teammate_gives_me_rings_once_and_what_i_take_does_not() {
    let team = team();
    let (bob, mail, a) = asked_and_live(&team, "");
    a.keys(UNFOCUSED);
    ask(&team, "Mine already", 3);
    wait_for_row(&a, "Mine already", true);
    a.keys("ggc");
    wait_for_who(&a, "Mine already", "you");
    quiet_moment();
    assert_eq!(a.bells(), 0);
    assign(&bob, &mail);
    wait_for_who(&a, "Printer on fire", "you");
    quiet_moment();
    assert_eq!(a.bells(), 1);
    assert_eq!(notifications(&a), [""; 0]);
}

#[test]
fn nothing_rings_while_the_window_has_the_focus_or_where_it_is_off() {
    for (ui, focus) in [("", FOCUSED), ("notify = \"off\"", UNFOCUSED)] {
        let team = team();
        let (bob, mail, a) = asked_and_live(&team, ui);
        a.keys(focus);
        quiet_moment();
        assign(&bob, &mail);
        wait_for_who(&a, "Printer on fire", "you");
        quiet_moment();
        assert_eq!((a.bells(), notifications(&a)), (0, Vec::new()), "{ui}");
    }
}

#[test]
fn what_concerns_me_is_a_notification_that_no_subject_breaks_out_of() {
    let team = team();
    let (bob, mail, a) = asked_and_live(&team, "notify = \"terminal\"\nnotify_new = true");
    assign(&bob, &mail);
    wait_for_who(&a, "Printer on fire", "you");
    a.wait_until("a notification", |_| notifications(&a).len() == 1);
    assert!(notifications(&a)[0].starts_with("bagsy: "), "{:?}", notifications(&a));

    let mut answer = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Re: Printer on fire", "And now?");
    answer.in_reply_to = Some(mail.message_id.clone());
    answer.references = vec![mail.message_id.clone()];
    team.append("INBOX", &answer.append_arguments(""), &answer.bytes());
    a.wait_until("two notifications", |_| notifications(&a).len() == 2);
    assert!(notifications(&a)[1].contains("new mail from Dana Reyes"), "{:?}", notifications(&a));

    ask(&team, "=?utf-8?q?Evil=07=1B=5C=1B=5D52=3Bc=3BZXZpbA=3D=3D=07_=C2=9C4=3B1_end?=", 0);
    a.wait_until("three notifications", |_| notifications(&a).len() == 3);
    quiet_moment();
    let told = notifications(&a);
    assert_eq!(told.len(), 3);
    assert!(told[2].contains("Evil") && told[2].contains("end"), "{told:?}");
    assert!(!told[2].contains(|c: char| c.is_control() || c == ';'), "{told:?}");
    assert_eq!((a.bells(), a.copied()), (0, Vec::new()));
}

#[test]
fn a_new_conversation_is_told_where_it_is_asked_for() {
    for (ui, bells) in [("notify_new = true", 1), ("", 0)] {
        let team = team();
        let (_, _, a) = asked_and_live(&team, ui);
        a.keys(UNFOCUSED);
        ask(&team, "Brand new", 0);
        wait_for_row(&a, "Brand new", true);
        quiet_moment();
        assert_eq!(a.bells(), bells, "{ui}");
    }
}

#[test]
fn the_terminal_reports_its_focus_only_while_the_screen_is_there() {
    let team = team();
    let mut a = live(&person(&team, "alice"), Size::SMALL);
    a.keys("q");
    a.wait_for_end();
    let raw = String::from_utf8_lossy(&a.raw()).into_owned();
    let (on, off) = (raw.rfind("\x1b[?1004h"), raw.rfind("\x1b[?1004l"));
    assert!(on.is_some() && on < off, "{on:?} {off:?}");
}

/// A desktop whose `notify-send` writes its arguments into a file, one a line, and ends so.
fn with_desktop(alice: Bagsy, ends: i32) -> (Bagsy, std::path::PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    let folder = alice.home().join("desktop");
    let told = folder.join("told");
    std::fs::create_dir(&folder).expect("a folder");
    let program = folder.join("notify-send");
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\nexit {ends}\n", told.display());
    std::fs::write(&program, script).expect("a program");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    let path = format!("{}:/usr/bin:/bin", folder.display());
    (told_by_desktop(alice).env("DISPLAY", ":99").env("PATH", &path), told)
}

fn told_by_desktop(who: Bagsy) -> Bagsy {
    told(who, "notify = \"desktop\"\nnotify_new = true")
}

#[test]
fn the_desktop_is_told_in_one_argument_that_nothing_breaks_out_of() {
    let team = team();
    ask(&team, "Printer on fire", 2);
    let (alice, told) = with_desktop(person(&team, "alice"), 0);
    let a = live(&alice, Size::LARGE);
    wait_for_row(&a, "Printer on fire", true);
    ask(&team, "--urgency=critical $(touch pwned) <b>`id`", 0);
    a.wait_until("the desktop told", |_| told.exists());
    quiet_moment();
    let lines = std::fs::read_to_string(&told).expect("its arguments");
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[..2], ["--app-name=bagsy", "--"]);
    assert!(
        lines[2].starts_with("bagsy: ") && lines[2].contains("--urgency=critical $(touch pwned) <b>`id`"),
        "{lines:?}"
    );
    assert!(!alice.home().join("pwned").exists());
    assert_eq!((a.bells(), notifications(&a)), (0, Vec::new()));
}

#[test]
fn where_no_desktop_takes_it_the_terminal_is_told() {
    for (ssh, ends) in [("", 1), ("192.0.2.1 5 192.0.2.2 22", 0)] {
        let team = team();
        ask(&team, "Printer on fire", 2);
        let (alice, told) = with_desktop(person(&team, "alice"), ends);
        let a = live(&alice.env("SSH_CONNECTION", ssh), Size::LARGE);
        wait_for_row(&a, "Printer on fire", true);
        ask(&team, "Brand new", 0);
        a.wait_until("a notification", |_| notifications(&a).len() == 1);
        assert_eq!(told.exists(), ssh.is_empty(), "{ssh}");
    }
}
