//! OAuth 2.0 with a real authorization server and Dovecot's OAuth2 passdb, which introspects there: signing in by device code
//! and by browser, and what becomes of tokens afterwards.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::mpsc::channel;
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Value, json};
use support::authority::{Authority, browser_of, visit};
use support::bagsy::{Bagsy, LIMIT, Output, endpoint};
use support::delegate;
use support::dovecot::{Dovecot, Options};
use support::keyring::Keyring;
use support::mailgen::Mail;
use support::pty::Size;
use support::submission::Submission;
use support::team::Team;

const PASSPHRASE: &str = "staple-battery";

/// A server, and the authority whose tokens it takes.
struct Place {
    authority: Authority,
    dovecot: Dovecot,
}

impl Place {
    fn start() -> Self {
        let authority = Authority::start();
        let dovecot = Dovecot::with(Options { extra: authority.passdb(), ..Options::default() });
        Self { authority, dovecot }
    }

    /// A person of the team, whose tokens are to lie in a file. `auth` is what else stands in `auth`.
    fn person(&self, team: &Team, who: &str, auth: &str) -> Bagsy {
        let issuer = self.authority.issuer();
        let bagsy = Bagsy::login(team.server, &team.user(who)).env("BAGSY_TEST_PASSPHRASE", PASSPHRASE);
        let browser = browser_of(&team.user(who), bagsy.home());
        bagsy.env("BROWSER", &browser.display().to_string()).configured(|account| {
            account.auth = format!("{{ method = \"oauth2\", issuer = \"{issuer}\", {auth} }}");
        })
    }

    /// Somebody who has signed in.
    fn signed_in(&self, team: &Team, who: &str) -> Bagsy {
        let bagsy = self.person(team, who, KEPT_IN_FILE);
        bagsy.run(&["login", "--browser", "--json"]).ok();
        bagsy
    }
}

const KEPT_IN_FILE: &str =
    r#"client_id = "bagsy", scope = "imap smtp", tokens = "file", passphrase = { env = "BAGSY_TEST_PASSPHRASE" }"#;

const IN_KEYRING: &str = r#"client_id = "bagsy", scope = "imap smtp""#;

fn place() -> &'static Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    PLACE.get_or_init(Place::start)
}

#[track_caller]
fn refused(output: &Output, code: i32, kind: &str) -> (String, String) {
    let error = output.expect(code).error();
    assert_eq!(error["kind"], kind, "{error}");
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    (text("message"), text("hint"))
}

#[track_caller]
fn sees_its_mailbox(bagsy: &Bagsy, team: &Team) {
    assert_eq!(bagsy.run(&["mailboxes", "--json"]).ok().one()["mailbox"], team.mailbox());
}

/// The files of tokens, without their locks.
fn vaults(bagsy: &Bagsy) -> Vec<PathBuf> {
    let Ok(folder) = std::fs::read_dir(bagsy.home().join("data/bagsy/tokens")) else { return Vec::new() };
    let files = folder.map(|entry| entry.expect("a file").path());
    files.filter(|path| path.extension().is_some_and(|e| e == "tokens")).collect()
}

#[test]
fn one_signs_in_by_a_code_typed_elsewhere_works_and_leaves() {
    let (place, team) = (place(), place().dovecot.team());
    let alice = place.person(&team, "alice", KEPT_IN_FILE);
    let (message, hint) = refused(&alice.run(&["list", "--json"]), 6, "auth");
    assert!(message.contains(&team.user("alice")) && hint.contains("bagsy login work"), "{message} / {hint}");

    let mut command = alice.command(&["login", "--json"]);
    let mut login = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(login.stdout.take().unwrap()).lines();
    let invitation: Value = serde_json::from_str(&said.next().expect("an invitation").unwrap()).unwrap();
    let text = |key: &str| invitation[key].as_str().unwrap_or_else(|| panic!("{invitation}")).to_owned();
    assert!(text("whole_address").contains(&text("code")));
    // On another machine, where nothing of ours is.
    visit(&team.user("alice"), &text("address"), &text("code"));
    let done: Value = serde_json::from_str(&said.next().expect("the end").unwrap()).unwrap();
    assert!(login.wait().unwrap().success());
    assert_eq!((&done["stored"], &done["renews"]), (&json!(true), &json!(true)), "{done}");

    sees_its_mailbox(&alice, &team);
    let [file] = &vaults(&alice)[..] else { panic!("{:?}", vaults(&alice)) };
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(file), mode(file.parent().unwrap())), (0o600, 0o700));

    assert_eq!(alice.run(&["logout", "--json"]).ok().one()["stored"], false);
    assert!(vaults(&alice).is_empty());
    refused(&alice.run(&["list", "--json"]), 6, "auth");
    alice.run(&["logout"]).ok();
}

#[test]
fn one_signs_in_by_the_browser_and_the_token_sends_mail_too() {
    let (place, team) = (place(), place().dovecot.team());
    let submission = Submission::start(&place.dovecot);
    let alice = place.person(&team, "alice", KEPT_IN_FILE).sending(&submission);
    let login = alice.run(&["login", "--browser", "-vv", "--log", "log"]).ok().clone();
    // Whoever has no browser here sees where to go.
    assert!(login.stdout.contains(&format!("{}/auth?", place.authority.issuer())), "{}", login.stdout);
    assert!(login.stdout.contains("renewed by itself"), "{}", login.stdout);

    team.append("INBOX", "", &Mail::new("dana@reyes.example", &team.mailbox(), "A question", "May I?").bytes());
    let id = alice.run(&["list", "--json", "--view", "all"]).ok().one()["id"].clone();
    alice.run_with(&["reply", id.as_str().unwrap(), "--body-file", "-", "-vv", "--log", "log"], b"You may.").ok();
    submission.sink.wait_for_mail_to("dana@reyes.example");
    let log = std::fs::read_to_string(alice.home().join("log")).expect("a log");
    let tokens = place.authority.issued(&team.user("alice"));
    assert!(log.contains("sign in") && tokens.len() >= 2, "{log}");
    assert!(!log.contains(PASSPHRASE) && !tokens.iter().any(|token| log.contains(token.as_str())), "{log}");
}

#[test]
fn who_says_no_or_is_somebody_else_leaves_nothing_behind() {
    let (place, team) = (place(), place().dovecot.team());
    for (person, words) in [("nobody".to_owned(), "refused in the browser"), (team.user("bob"), "does not let")] {
        let alice = place.person(&team, "alice", KEPT_IN_FILE);
        browser_of(&person, alice.home());
        let (message, hint) = refused(&alice.run(&["login", "--browser", "--json"]), 6, "auth");
        assert!(message.contains(words) && !hint.is_empty(), "{message} / {hint}");
        assert!(vaults(&alice).is_empty());
    }
}

#[test]
fn a_token_that_ends_in_the_middle_of_work_is_renewed_and_watch_comes_back() {
    let (place, team) = (place(), place().dovecot.team());
    let user = team.user("alice");
    place.authority.set(&user, json!({ "life": 3 }));
    let alice = place.signed_in(&team, "alice");
    sees_its_mailbox(&alice, &team);
    let watch = alice.watch();
    std::thread::sleep(Duration::from_secs(4));
    sees_its_mailbox(&alice, &team);
    let before = place.authority.renewals(&user).len();
    place.dovecot.kick(&user);
    watch.wait_for(LIMIT, |e| e["event"] == "connection" && e["state"] != "live");
    watch.wait_for(LIMIT, |e| e["event"] == "connection" && e["state"] == "live");
    let renewals = place.authority.renewals(&user);
    assert!(renewals.len() > before && renewals.iter().all(|ok| *ok), "{renewals:?}");
}

#[test]
fn processes_that_renew_at_once_never_use_a_refresh_token_twice() {
    let (place, team) = (place(), place().dovecot.team());
    let user = team.user("alice");
    // Every process that comes has to renew.
    place.authority.set(&user, json!({ "life": 2 }));
    let alice = place.signed_in(&team, "alice");
    for _ in 0..3 {
        let runs: Vec<_> = (0..5).map(|_| alice.spawn(&["mailboxes", "--json"])).collect();
        for run in runs {
            run.finish(LIMIT).ok();
        }
    }
    let renewals = place.authority.renewals(&user);
    assert!(renewals.len() >= 15 && renewals.iter().all(|ok| *ok), "{renewals:?}");
    sees_its_mailbox(&alice, &team);
}

#[test]
fn a_grant_that_was_revoked_is_told_as_one_and_not_asked_about_again() {
    let (place, team) = (place(), place().dovecot.team());
    let user = team.user("alice");
    let alice = place.signed_in(&team, "alice");
    sees_its_mailbox(&alice, &team);
    place.authority.revoke(&user);
    for _ in 0..2 {
        let (message, hint) = refused(&alice.run(&["list", "--json"]), 6, "auth");
        assert!(message.contains(&user) && hint.contains("bagsy login work"), "{message} / {hint}");
    }
    assert!(vaults(&alice).is_empty());
    alice.run(&["login", "--browser", "--json"]).ok();
    sees_its_mailbox(&alice, &team);
}

#[test]
fn a_token_that_ends_sooner_than_was_said_is_refused_once_and_renewed() {
    let (place, team) = (place(), place().dovecot.team());
    let user = team.user("alice");
    place.authority.set(&user, json!({ "life": 2, "said": 3600 }));
    let alice = place.signed_in(&team, "alice");
    std::thread::sleep(Duration::from_secs(3));
    sees_its_mailbox(&alice, &team);
    assert_eq!(place.authority.renewals(&user), [true]);
}

#[test]
fn less_than_mail_needs_is_told_at_the_sign_in() {
    let (place, team) = (place(), place().dovecot.team());
    // The person, or an administrator, lets only one of two scopes pass.
    place.authority.set(&team.user("alice"), json!({ "granted": ["imap"] }));
    let alice = place.person(&team, "alice", KEPT_IN_FILE);
    let (message, hint) = refused(&alice.run(&["login", "--browser", "--json"]), 6, "auth");
    assert!(message.contains("without smtp") && hint.contains("administrator"), "{message} / {hint}");
    // The client is not allowed to ask for it at all.
    let reader = place.person(&team, "bob", &KEPT_IN_FILE.replace("\"bagsy\"", "\"reader\""));
    for flow in ["--browser", "--device"] {
        let (message, _) = refused(&reader.run(&["login", flow, "--json"]), 6, "auth");
        assert!(message.contains("invalid_scope"), "{message}");
    }
    assert!(vaults(&alice).is_empty() && vaults(&reader).is_empty());
}

#[test]
fn a_file_of_tokens_opens_by_its_own_passphrase_alone() {
    let (place, team) = (place(), place().dovecot.team());
    let alice = place.signed_in(&team, "alice");
    let alice = alice.env("BAGSY_TEST_PASSPHRASE", "wrong");
    for verb in [&["list", "--json"][..], &["login", "--browser", "--json"]] {
        let output = alice.run(verb);
        let (message, hint) = refused(&output, 6, "auth");
        assert!(message.contains("another passphrase") && hint.contains("bagsy logout work"), "{message} / {hint}");
        assert_eq!(output.stdout, "");
    }
    // Whoever has forgotten it begins anew.
    alice.run(&["logout"]).ok();
    alice.run(&["login", "--browser", "--json"]).ok();
    sees_its_mailbox(&alice, &team);
}

#[test]
fn a_passphrase_that_nothing_gives_is_asked_for_at_the_terminal_and_twice_when_it_is_new() {
    let (place, team) = (place(), place().dovecot.team());
    let alice = place.person(&team, "alice", r#"client_id = "bagsy", scope = "imap smtp", tokens = "file""#);
    let mut terminal = alice.terminal(Size::LARGE, &["login", "--browser"]);
    terminal.wait_for("A passphrase for the tokens");
    terminal.keys(&format!("{PASSPHRASE}\r"));
    terminal.wait_for("Once more");
    terminal.keys("something else\r");
    terminal.wait_for("not the same");
    assert_eq!(terminal.wait_for_end(), 6);

    let mut terminal = alice.terminal(Size::LARGE, &["login", "--browser"]);
    terminal.wait_for("A passphrase for the tokens");
    terminal.keys(&format!("{PASSPHRASE}\r"));
    terminal.wait_for("Once more");
    terminal.keys(&format!("{PASSPHRASE}\r"));
    terminal.wait_for("in a file, encrypted");
    assert!(!terminal.screen().contains(PASSPHRASE));
    assert_eq!(terminal.wait_for_end(), 0);

    let mut terminal = alice.terminal(Size::LARGE, &["mailboxes"]);
    terminal.wait_for("Passphrase of the tokens");
    terminal.keys(&format!("{PASSPHRASE}\r"));
    terminal.wait_for(&team.mailbox());
    assert_eq!(terminal.wait_for_end(), 0);

    let (message, hint) = refused(&alice.run(&["list", "--json"]), 6, "auth");
    assert!(message.contains("passphrase") && hint.contains("passphrase = "), "{message} / {hint}");
}

#[test]
fn tokens_lie_in_the_systems_keyring_where_there_is_one_and_are_renewed_there() {
    let (place, team) = (place(), place().dovecot.team());
    let keyring = Keyring::start();
    let user = team.user("alice");
    place.authority.set(&user, json!({ "life": 2 }));
    let alice = place.person(&team, "alice", IN_KEYRING).env("DBUS_SESSION_BUS_ADDRESS", &keyring.address());
    let login = alice.run(&["login", "--browser"]).ok().clone();
    assert!(login.stdout.contains("in the system's keyring"), "{}", login.stdout);
    for _ in 0..2 {
        sees_its_mailbox(&alice, &team);
    }
    assert_eq!(place.authority.renewals(&user), [true, true]);
    assert!(vaults(&alice).is_empty());
    alice.run(&["logout"]).ok();
    refused(&alice.run(&["list", "--json"]), 6, "auth");
}

#[test]
fn a_mailbox_with_a_user_of_its_own_is_opened_with_the_delegates_token() {
    let (place, team) = (place(), place().dovecot.team());
    let user = team.user("alice");
    // No server of the tests lets a token in for another login, as Microsoft's does: one that lets in whoever comes.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let mut writer = connection.try_clone().unwrap();
            let _ = writer.write_all(b"* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] hello\r\n");
            for line in BufReader::new(connection).lines().map_while(Result::ok) {
                let tag = line.split(' ').next().unwrap_or_default();
                let _ = writer.write_all(format!("{tag} OK done\r\n").as_bytes());
                let _ = tell.send(line);
            }
        }
    });
    let support = team.mailbox();
    let alice = place.person(&team, "alice", KEPT_IN_FILE).configured(|account| {
        account.imap = endpoint("127.0.0.1", port, "none", None);
        account.rest = format!("[mailbox.\"{support}\"]\naccount = \"work\"\nuser = \"{support}\"\nroot = \"INBOX\"\n");
    });
    alice.run(&["login", "--browser", "--json"]).ok();
    // How far it comes with a server that says nothing of itself is another matter.
    alice.run(&["mailboxes", "--mailbox", &support, "--json"]);
    let tokens = place.authority.issued(&user);
    let shown = |who: &str| format!("user={who}\x01auth=Bearer {}\x01\x01", tokens[0]);
    let said: Vec<String> =
        heard.try_iter().filter_map(|l| l.split_once("XOAUTH2 ").map(|(_, w)| w.to_owned())).collect();
    let said: Vec<Vec<u8>> = said.iter().map(|words| BASE64.decode(words.as_bytes()).unwrap()).collect();
    assert_eq!(said, [shown(&user).into_bytes(), shown(&support).into_bytes()]);
}

#[test]
fn a_shared_mailbox_is_answered_from_with_the_delegates_own_login_at_the_submission_server() {
    let (place, team) = (place(), place().dovecot.team());
    let (alice_login, support) = (team.user("alice"), team.mailbox());
    // As Microsoft's: the delegate's token opens the mailbox under its own name, and sends under the delegate's.
    let (imap, at_imap) = delegate::imap(place.dovecot.imap_port);
    let (smtp, at_smtp) = delegate::submission();
    let alice = place.person(&team, "alice", KEPT_IN_FILE).configured(|account| {
        account.imap = endpoint("127.0.0.1", imap, "none", None);
        account.smtp = Some(endpoint("127.0.0.1", smtp, "none", None));
        account.rest = format!("[mailbox.\"{support}\"]\naccount = \"work\"\nuser = \"{support}\"\nroot = \"INBOX\"\n");
    });
    alice.run(&["login", "--browser", "--json"]).ok();
    team.append("INBOX", "", &Mail::new("dana@reyes.example", &support, "A question", "May I?").bytes());
    let list = ["list", "--mailbox", &support, "--json"];
    let id = alice.run(&list).ok().one()["id"].as_str().unwrap().to_owned();
    alice.run_with(&["reply", &id, "--mailbox", &support, "--body-file", "-"], b"You may.").ok();

    let token = &place.authority.issued(&alice_login)[0];
    let shown = |who: &str| format!("user={who}\x01auth=Bearer {token}\x01\x01");
    let opened = |line: &String| line.contains(&support) && line.contains(&format!("auth=Bearer {token}\x01"));
    assert!(at_imap.lines().iter().any(opened), "{:?}", at_imap.lines());
    let said = at_smtp.lines();
    assert!(said.contains(&shown(&alice_login)) && !said.contains(&shown(&support)), "{said:#?}");
    assert!(said.iter().any(|line| line.starts_with(&format!("MAIL FROM:<{support}>"))), "{said:#?}");
    let from = said.iter().find(|line| line.starts_with("From:")).expect("a From");
    assert!(from.contains(&support) && !from.contains(&alice_login), "{from}");
}

#[test]
fn a_wrong_clock_costs_a_renewal_at_most() {
    let (place, team) = (place(), place().dovecot.team());
    let user = team.user("alice");
    let signed_in = |off: &str, life: u32| {
        place.authority.set(&user, json!({ "life": life }));
        let alice = place.person(&team, "alice", KEPT_IN_FILE).with_clock(off);
        alice.run(&["login", "--browser", "--json"]).ok();
        alice
    };
    // Wrong all the time: what counts is how long a token has left, not what the day is.
    for off in ["-2d", "+2d"] {
        let before = place.authority.renewals(&user).len();
        let alice = signed_in(off, 3600);
        sees_its_mailbox(&alice, &team);
        assert_eq!(place.authority.renewals(&user).len(), before, "{off}");
        // Put right meanwhile: what was kept seems over, or to live for days.
        let alice = alice.with_right_clock();
        sees_its_mailbox(&alice, &team);
        assert_eq!(place.authority.renewals(&user).len() - before, usize::from(off == "-2d"), "{off}");
    }
    // It seems to live, and is over: the server's refusal is what counts, and the renewal.
    let before = place.authority.renewals(&user).len();
    let alice = signed_in("+2d", 8).with_right_clock();
    std::thread::sleep(Duration::from_secs(9));
    sees_its_mailbox(&alice, &team);
    // Years off, which no token lives: not believed.
    let alice = signed_in("+800d", 3600).with_right_clock();
    sees_its_mailbox(&alice, &team);
    assert_eq!(place.authority.renewals(&user)[before..], [true, true]);
}

#[test]
fn on_the_screen_a_token_that_ends_in_the_middle_of_work_is_a_moment_and_no_more() {
    let (place, team) = (place(), place().dovecot.team());
    let user = team.user("alice");
    place.authority.set(&user, json!({ "life": 8 }));
    team.append("INBOX", "", &Mail::new("dana@reyes.example", &team.mailbox(), "A question", "May I?").bytes());
    let alice = place.signed_in(&team, "alice");
    let screen = alice.terminal(Size::LARGE, &[]);
    screen.wait_for("A question");
    screen.wait_for("● live");
    std::thread::sleep(Duration::from_secs(9));
    let before = place.authority.renewals(&user).len();
    place.dovecot.kick(&user);
    // An act in that very moment is not lost: at the latest the second time it is done.
    screen.wait_until("claimed", |shown| {
        if !shown.contains("you") {
            screen.keys("c");
            std::thread::sleep(Duration::from_secs(1));
        }
        shown.lines().any(|line| line.contains("you") && line.contains("A question"))
    });
    screen.wait_for("● live");
    let renewals = place.authority.renewals(&user);
    assert!(renewals.len() > before && renewals.iter().all(|ok| *ok), "{renewals:?}");
}

#[test]
fn a_grant_that_ends_is_told_on_the_screen_which_goes_on_after_a_sign_in_elsewhere() {
    let (place, team) = (place(), place().dovecot.team());
    let user = team.user("alice");
    team.append("INBOX", "", &Mail::new("dana@reyes.example", &team.mailbox(), "A question", "May I?").bytes());
    let alice = place.signed_in(&team, "alice");
    let screen = alice.terminal(Size::LARGE, &[]);
    screen.wait_for("A question");
    screen.wait_for("● live");
    place.authority.revoke(&user);
    place.dovecot.kick(&user);
    screen.wait_until("the way back", |shown| shown.contains("bagsy login work"));
    // What is cached is there still.
    screen.press("Enter");
    screen.wait_for("A question");
    screen.keys("q");
    alice.run(&["login", "--browser", "--json"]).ok();
    screen.wait_for("● live");
    screen.wait_while("bagsy login work");
    screen.keys("c");
    screen.wait_until("claimed", |shown| shown.lines().any(|line| line.contains("you") && line.contains("A question")));
}

#[test]
fn without_a_keyring_it_is_said_what_to_do_before_anybody_is_troubled() {
    let (place, team) = (place(), place().dovecot.team());
    let alice = place.person(&team, "alice", IN_KEYRING);
    let output = alice.run(&["login", "--device", "--json"]);
    let (message, hint) = refused(&output, 6, "auth");
    assert!(message.contains("keyring") && hint.contains("tokens = \"file\""), "{message} / {hint}");
    assert_eq!(output.stdout, "");
}

#[test]
fn an_authority_that_is_away_is_unreachable_and_waited_for() {
    let place = Place::start();
    let team = place.dovecot.team();
    let user = team.user("alice");
    let alice = place.signed_in(&team, "alice");
    place.authority.set_down(true);
    // The token counts still.
    sees_its_mailbox(&alice, &team);
    place.authority.set_down(false);
    place.authority.set(&user, json!({ "life": 2 }));
    alice.run(&["login", "--browser", "--json"]).ok();
    let watch = alice.watch();
    place.authority.set_down(true);
    std::thread::sleep(Duration::from_secs(3));
    let (message, _) = refused(&alice.run(&["list", "--json"]), 5, "unreachable");
    assert!(message.contains("503"), "{message}");
    place.dovecot.kick(&user);
    watch.wait_for(LIMIT, |e| e["event"] == "connection" && e["state"] != "live");
    std::thread::sleep(Duration::from_secs(1));
    place.authority.set_down(false);
    watch.wait_for(LIMIT, |e| e["event"] == "connection" && e["state"] == "live");
}
