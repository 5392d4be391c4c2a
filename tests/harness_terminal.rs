//! The terminal, the generated mails and the way the program is run do what the tests rely on.

mod support;

use std::path::Path;

use support::bagsy::Bagsy;
use support::dovecot::{Dovecot, Options};
use support::mailgen::{Content, MailGen};
use support::process::seed;
use support::pty::{Pty, Size};

fn sh(script: &str) -> Pty {
    let environment = [("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
    Pty::spawn(Path::new("/bin/sh"), &["-c", script], &environment, Path::new("/"), Size::SMALL)
}

#[test]
fn a_program_is_seen_typed_to_resized_and_ended() {
    let mut pty =
        sh("trap 'stty size' WINCH; printf '\\033[2J\\033[5;7Hhello'; while read -r x; do echo \"got $x\"; done");
    pty.wait_for("hello");
    assert_eq!(pty.line("hello").as_deref(), Some("      hello"));
    pty.keys("abc\n");
    pty.wait_for("got abc");
    pty.resize(Size::LARGE);
    pty.keys("more\n");
    pty.wait_for("40 120");
    assert_eq!(pty.left_behind(), None);
    pty.press("Ctrl-D");
    pty.wait_for_end();
}

#[test]
fn a_terminal_left_raw_is_noticed() {
    let mut pty = sh("stty raw -echo; printf '\\033[?1049h\\033[?25l'");
    pty.wait_for_end();
    assert_eq!(pty.left_behind().as_deref(), Some("the alternate screen, a hidden cursor, raw mode"));
}

#[test]
fn a_terminal_answers_what_is_its_background() {
    let mut pty = sh("stty raw -echo min 1; printf '\\033]11;?\\033\\\\'; dd bs=1 count=25 2>/dev/null | od -An -c");
    pty.wait_for("r   g   b");
    pty.wait_for_end();
}

#[test]
fn a_lost_line_hangs_up() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    let mut pty = sh(&format!("trap 'echo gone > {path}; exit 3' HUP; echo ready; while :; do sleep 0.05; done"));
    pty.wait_for("ready");
    pty.hang_up();
    assert_eq!(pty.wait_for_end(), 3);
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), "gone\n");
}

#[test]
fn the_program_runs_in_a_home_of_its_own() {
    let bagsy = Bagsy::bare();
    let output = bagsy.run(&["--version"]);
    output.ok();
    assert!(output.took.as_secs() < 10);
}

#[test]
fn generated_mail_is_the_same_for_the_same_seed_and_dovecot_reads_it() {
    let seed = seed("generated mail");
    let bytes = |seed| MailGen::new(seed, "support@t.test").thread(3).iter().map(|m| m.bytes()).collect::<Vec<_>>();
    assert_eq!(bytes(seed), bytes(seed));
    assert_ne!(bytes(seed), bytes(seed + 1));

    let server = Dovecot::with(Options::maildir());
    let team = server.team();
    let mut gen_ = MailGen::new(seed, &team.mailbox());
    let (inbox, sent) = gen_.fill(&team, 30);
    let mut alice = team.in_inbox("alice");
    assert_eq!(alice.search("ALL").len(), inbox);
    let file = ("a.bin".to_owned(), "application/octet-stream".to_owned(), vec![0, 255]);
    let mail = gen_.mail().with_content(Content::Files { text: "See".to_owned(), files: vec![file] });
    let uid = team.deliver("x@customer.example", &mail.bytes());
    alice.ok("NOOP");
    let structure = alice.ok(&format!("UID FETCH {uid} (ENVELOPE BODYSTRUCTURE)")).untagged.join("");
    assert!(structure.contains("\"a.bin\"") && structure.contains(&mail.message_id), "{structure}");
    alice.select(&team.folder("Sent"));
    assert_eq!(alice.search("SEEN").len(), sent);
}
