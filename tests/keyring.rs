//! The system's keyring: `login` keeps a password there once the server took it, `logout` forgets it; and what is said where
//! there is no keyring.

mod support;

use std::time::Duration;

use support::bagsy::Bagsy;
use support::dovecot::{PASSWORD, sdbox};
use support::keyring::Keyring;
use support::pty::Size;
use support::team::Team;

/// Alice, whose password is in the keyring or nowhere.
fn alice(team: &Team) -> Bagsy {
    Bagsy::new(team, "alice")
        .configured(|account| account.auth = "{ method = \"password\", keyring = true }".to_owned())
}

fn input(text: &str) -> Vec<u8> {
    format!("{text}\n").into_bytes()
}

#[test]
fn a_password_is_kept_once_the_server_took_it_and_forgotten_when_asked() {
    let keyring = Keyring::start();
    let team = sdbox().team();
    let alice = alice(&team).env("DBUS_SESSION_BUS_ADDRESS", &keyring.address());
    alice.run(&["mailboxes", "--json"]).expect(6);
    let refused = alice.run_with(&["login", "--json"], &input("swordfish"));
    assert_eq!(refused.expect(6).error()["kind"], "auth");
    assert!(!refused.stderr.contains("swordfish"));
    alice.run(&["mailboxes", "--json"]).expect(6);

    let kept = alice.run_with(&["login", "work", "--json"], &input(PASSWORD));
    let line = kept.ok().one();
    assert_eq!((line["account"].as_str(), line["stored"].as_bool()), (Some("work"), Some(true)));
    assert_eq!(line["user"], team.user("alice"));
    assert_eq!(alice.run(&["mailboxes", "--json"]).ok().one()["mailbox"], team.mailbox());

    assert_eq!(alice.run(&["logout", "--json"]).ok().one()["stored"], false);
    alice.run(&["mailboxes", "--json"]).expect(6);
    // What is not there is forgotten already.
    assert!(alice.run(&["logout"]).ok().stdout.contains("no password was kept"));
}

#[test]
fn on_a_terminal_a_wrong_password_is_asked_for_again() {
    let keyring = Keyring::start();
    let team = sdbox().team();
    let alice = alice(&team).env("DBUS_SESSION_BUS_ADDRESS", &keyring.address());
    let mut pty = alice.terminal(Size::SMALL, &["login"]);
    pty.wait_for("(it is not shown):");
    std::thread::sleep(Duration::from_millis(200));
    pty.keys("swordfish\r");
    pty.wait_for("failed: ");
    pty.wait_until("asked again", |screen| screen.matches("(it is not shown):").count() == 2);
    std::thread::sleep(Duration::from_millis(200));
    pty.keys(&format!("{PASSWORD}\r"));
    assert_eq!(pty.wait_for_end(), 0);
    assert!(pty.screen().contains("is in the system's keyring"), "{}", pty.framed());
    assert_eq!(pty.left_behind(), None);
    alice.run(&["mailboxes"]).ok();
}

#[test]
fn setup_keeps_the_password_in_the_keyring_where_there_is_one() {
    let keyring = Keyring::start();
    let team = sdbox().team();
    let newcomer = Bagsy::bare().env("DBUS_SESSION_BUS_ADDRESS", &keyring.address());
    let mut pty = newcomer.terminal(Size::SMALL, &["setup"]);
    let answer = |question: &str, text: &str| {
        pty.wait_until(question, |screen| {
            let lines: Vec<&str> = screen.lines().filter(|line| !line.is_empty()).collect();
            lines[lines.len().saturating_sub(2)..].join(" ").contains(question)
        });
        std::thread::sleep(Duration::from_millis(200));
        pty.keys(&format!("{text}\r"));
    };
    answer("Your own mail address", "alice@localhost");
    answer("Its name, or name:port", &format!("localhost:{}", sdbox().imaps_port));
    answer("or Enter for another server", &sdbox().ca().display().to_string());
    let smtp = support::submission::Submission::start(sdbox());
    answer("Its name, or name:port [localhost]", &format!("localhost:{}", smtp.tls_port));
    answer("Login [", &team.user("alice"));
    answer("What do you sign in with? [1]", "1");
    answer("(it is not shown):", PASSWORD);
    answer("not in this list?", "");
    answer("Name of", "");
    answer("Your own name", "");
    answer("or “all” [all]", "");
    answer("Write it? [Y/n]", "");
    pty.wait_for("ok: the password is in this system's keyring");
    answer("as `bagsy doctor` does?", "");
    pty.wait_for("All that work needs is there.");
    assert_eq!(pty.wait_for_end(), 0);
    let text = std::fs::read_to_string(newcomer.config_path()).unwrap();
    assert!(text.contains("keyring = true") && !text.contains(PASSWORD), "{text}");
    newcomer.run(&["list"]).ok();
    newcomer.run(&["logout"]).ok();
    newcomer.run(&["list"]).expect(6);
}

#[test]
fn without_a_keyring_it_is_said_what_to_do_instead() {
    let team = sdbox().team();
    for verb in ["login", "logout"] {
        let output = alice(&team).run_with(&[verb, "--json"], &input(PASSWORD));
        let error = output.expect(1).error();
        assert!(error["message"].as_str().unwrap().contains("no keyring"), "{error}");
        let hint = error["hint"].as_str().unwrap();
        assert!(["SSH", "command = ", "env = ", "keyring = false"].iter().all(|word| hint.contains(word)), "{hint}");
    }
}

#[test]
fn what_is_kept_elsewhere_is_told_where_and_no_account_is_guessed() {
    let team = sdbox().team();
    let by_env = Bagsy::new(&team, "alice");
    let output = by_env.run_with(&["login", "--json"], &input(PASSWORD));
    assert!(output.expect(2).error()["message"].as_str().unwrap().contains("environment variable"));
    let output = alice(&team).run_with(&["login", "home", "--json"], &input(PASSWORD));
    let error = output.expect(2).error();
    assert_eq!((error["kind"].as_str(), error["hint"].as_str()), (Some("not_found"), Some("there is work")));
    let two = alice(&team).configured(|account| {
        account.rest = "[account.home]\nuser = \"a\"\nimap = { host = \"h\" }\n".to_owned();
    });
    assert!(two.run_with(&["logout"], b"").expect(2).stderr.contains("home, work"));
    alice(&team).run_with(&["login", "--offline"], b"").expect(2);
}
