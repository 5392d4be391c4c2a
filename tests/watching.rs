//! What is watched while a screen or a `watch` runs: folders that come to be later too, and one that is closed keeps no
//! other from being told.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bagsy::demo::{self, Demo, Effect, Options, post};
use bagsy::engine::message::{Command, Connection, Event, Target, Ticket};
use bagsy::model::{Action, ChangeKind, ErrorKind, Expectation, Role};
use support::bagsy::Bagsy;
use support::device::{Device, runtime};
use support::dovecot::{PASSWORD, sdbox};
use support::engine::{LIMIT, Screen};
use support::mailgen::Mail;
use support::process::wait_for;
use support::proxy::Proxy;
use support::team::{PEOPLE, Team, rights};

fn question(to: &str, subject: &str) -> Mail {
    Mail::new("Dana Reyes <dana@reyes.example>", to, subject, "It does not work.")
}

/// A copy that another mail program files in Sent is told as an answer.
fn is_told_of_answers(screen: &Screen, team: &Team, asked: &Mail) {
    team.append("Sent", "(\\Seen)", &asked.answer("It does now.").bytes());
    screen.wait_for("the answer in Sent", |e| match e {
        Event::Happened(change) if change.kind == ChangeKind::Replied => Some(()),
        _ => None,
    });
}

#[test]
fn a_sent_folder_that_comes_to_be_while_the_screen_runs_is_watched() {
    let runtime = runtime();
    for by_another in [true, false] {
        let domain = if by_another { "late1.test" } else { "late2.test" };
        let team = Team::create_with(sdbox(), domain, &PEOPLE, &["Archive"]);
        let asked = question(&team.mailbox(), "Late");
        team.append("INBOX", "", &asked.bytes());
        // Beside INBOX Dovecot lets nobody but the owner make folders.
        let own = format!("[mailbox.{:?}]\nroot = \"INBOX\"\n", team.mailbox());
        let (who, rest) = if by_another { ("alice", "") } else { ("support", own.as_str()) };
        let alice = runtime.block_on(Device::configured(&team, who, "alice", rest));
        assert_eq!(alice.mailbox.folder(Role::Sent), None);
        let screen = Screen::start(&runtime, &alice);
        screen.is_live();
        if by_another {
            team.owner().ok("CREATE Sent");
            team.grant("alice", "Sent", rights::ALL);
            // What the worker does by itself now and then.
            screen.engine.send(Command::SyncNow);
        } else {
            // As an answer does, over a connection of its own.
            runtime.block_on(async {
                let mut link = alice.another_link().await;
                link.ensure_sent(&alice.mailbox).await.expect("a Sent folder");
            });
        }
        screen.wait_for("the mailbox with its Sent", |e| match e {
            Event::Mailboxes(all) => all.iter().any(|m| m.folder(Role::Sent).is_some()).then_some(()),
            _ => None,
        });
        // What lies there as it is begun is no news.
        let begun = wait_for(LIMIT, || alice.link.reader.folder(alice.mailbox.key(), Role::Sent).expect("the cache"));
        assert!(begun.is_some(), "Sent is not watched");
        is_told_of_answers(&screen, &team, &asked);
        screen.end(&runtime);
    }
}

#[test]
fn a_role_that_goes_to_another_folder_is_watched_there_alone() {
    let runtime = runtime();
    for (domain, connections) in [("moved2.test", 5), ("moved1.test", 2)] {
        let team = Team::create_with(sdbox(), domain, &PEOPLE, &["Sent Items", "Archive"]);
        let [asked, other] = ["Moved", "Other"].map(|subject| question(&team.mailbox(), subject));
        for mail in [&asked, &other] {
            team.append("INBOX", "", &mail.bytes());
        }
        let mut alice = runtime.block_on(Device::open(&team, "alice"));
        Arc::get_mut(&mut alice.link.login).expect("nobody else has it").account.imap.connections = connections;
        let screen = Screen::start(&runtime, &alice);
        let key = alice.mailbox.key();
        let sent = || alice.link.reader.folder(key, Role::Sent).expect("the cache");
        let rows = || alice.link.reader.known_uids(key, Role::Sent).expect("the cache").len();
        assert!(wait_for(LIMIT, || sent().filter(|s| s.name == team.folder("Sent Items"))).is_some());
        // A name that is the likelier one, with an answer in it.
        team.owner().ok("CREATE Sent");
        team.grant("alice", "Sent", rights::ALL);
        team.append("Sent", "(\\Seen)", &asked.answer("Here.").bytes());
        screen.engine.send(Command::SyncNow);
        let is_read = || sent().filter(|s| s.name == team.folder("Sent") && s.is_whole() && rows() == 1);
        assert!(wait_for(LIMIT, is_read).is_some(), "Sent is not watched with {connections} connections");
        team.append("Sent Items", "(\\Seen)", &asked.answer("And there.").bytes());
        // As long as a folder without a connection of its own is not looked at, and longer.
        let end = Instant::now() + Duration::from_secs(8);
        while Instant::now() < end {
            assert!(is_read().is_some(), "with {connections} connections: {:?}, {} rows", sent(), rows());
            std::thread::sleep(Duration::from_millis(50));
        }
        is_told_of_answers(&screen, &team, &other);
        screen.end(&runtime);
    }
}

#[test]
fn one_inbox_that_is_closed_keeps_no_other_from_being_told() {
    let team = sdbox().team();
    team.add_mailbox("sales", &PEOPLE, &["Sent"]);
    // One connection for all that is watched.
    let alice = Bagsy::new(&team, "alice").configured(|a| a.imap = a.imap.replace(" }", ", connections = 2 }"));
    let watch = alice.watch();
    watch.wait_for(LIMIT, |e| e["event"] == "connection" && e["mailbox"] == team.mailbox());
    team.grant("alice", "INBOX", "");
    sdbox().kick(&team.user("alice"));
    let is_offline = |e: &serde_json::Value| e["event"] == "connection" && e["state"] == "offline";
    watch.wait_for(LIMIT, |e| is_offline(e) && e["mailbox"] == team.mailbox());
    let sales = team.user("sales");
    sdbox().imap(&sales).append("INBOX", "", &question(&sales, "To sales").bytes());
    watch.wait_for(LIMIT, |e| e["event"] == "new" && e["mailbox"] == sales.as_str());
    // It stays told, and the closed one is live once it is open again.
    sdbox().imap(&sales).append("INBOX", "", &question(&sales, "To sales again").bytes());
    watch.wait_for(LIMIT, |e| e["event"] == "new" && e["mailbox"] == sales.as_str());
}

#[test]
fn another_folder_that_cannot_be_read_makes_no_mailbox_offline_whose_inbox_is_live() {
    let runtime = runtime();
    let options = Options { password: PASSWORD.to_owned(), ..Options::quiet() };
    let demo = runtime.block_on(Demo::start(options)).expect("a server");
    let put = |path: &str, mail: &Mail| {
        let stored = post::Mail::new(mail.bytes(), demo.post.now());
        demo.post.change(|state| state.folder_mut(&demo::folder(path)).expect("the folder").append(stored, &["\\Seen"]))
    };
    put("Archive", &question(demo::MAILBOX, "Old"));
    let user = demo::login("alice");
    let opened = Device::login(&user, demo.imap_addr.port(), demo::MAILBOX, "alice", "");
    let mut alice = runtime.block_on(opened);
    // One for all that is watched.
    Arc::get_mut(&mut alice.link.login).expect("nobody else has it").account.imap.connections = 2;
    let screen = Screen::start(&runtime, &alice);
    let archive = || alice.link.reader.folder(demo::MAILBOX, Role::Archive).expect("the cache");
    let before = wait_for(LIMIT, || archive().filter(|s| s.is_whole())).expect("Archive is read");
    demo.faults.always("UID FETCH", Effect::Refuse("NO [UNAVAILABLE] later".into()));
    demo.post.change(|state| state.change_uid_validity(&demo::folder("Archive")));
    assert!(wait_for(LIMIT, || archive().filter(|s| s.uidvalidity != before.uidvalidity)).is_some());
    std::thread::sleep(Duration::from_secs(1));
    demo.faults.clear();
    put("INBOX", &question(demo::MAILBOX, "New"));
    screen.wait_for("the mail", |e| match e {
        Event::Connection { state: Connection::Offline { why, .. }, .. } => panic!("offline: {why}"),
        Event::Happened(change) => (change.kind == ChangeKind::New).then_some(()),
        _ => None,
    });
    screen.end(&runtime);
}

#[test]
fn a_claim_is_mirrored_only_where_the_right_for_it_is() {
    let team = sdbox().team();
    let asked = question(&team.mailbox(), "Held by who may only look");
    let uid = team.append("INBOX", "", &asked.bytes());
    let mut owner = team.owner();
    owner.select("INBOX");
    owner.ok(&format!("UID STORE {uid} +FLAGS (bagsy-claim-dave)"));
    let proxy = Proxy::to(sdbox().imap_port);
    let runtime = runtime();
    let dave = runtime.block_on(Device::through(&team, "dave", proxy.port));
    let screen = Screen::start(&runtime, &dave);
    screen.is_live();
    let again = Mail { from: asked.from.clone(), ..asked.answer("Still not.") };
    team.append("INBOX", "", &again.bytes());
    screen.wait_for("the mail", |e| match e {
        Event::Happened(change) if change.kind == ChangeKind::New => Some(()),
        _ => None,
    });
    // What comes after it in the worker's turn.
    let target = Target { mailbox: team.mailbox(), root: asked.message_id.clone() };
    let (ticket, expect) = (Ticket(1), Expectation::default());
    screen.engine.send(Command::Act { ticket, target, action: Action::Claim, expect, upto: None });
    let refused = screen.wait_for("the refusal", |e| match e {
        Event::Done { ticket: Ticket(1), outcome } => outcome.err(),
        _ => None,
    });
    assert_eq!(refused.kind, ErrorKind::Rights);
    let stores: Vec<String> = proxy.sent().into_iter().filter(|line| line.contains(" STORE ")).collect();
    assert!(stores.is_empty(), "{stores:?}");
    screen.end(&runtime);
}

#[test]
fn a_folder_that_gets_another_uidvalidity_is_read_anew_while_it_is_watched() {
    let team = sdbox().team();
    let asked = question(&team.mailbox(), "Before");
    team.append("INBOX", "", &asked.bytes());
    let alice = Bagsy::new(&team, "alice");
    let watch = alice.watch();
    sdbox().doveadm(&["mailbox", "update", "--uid-validity", "7654321", "-u", &team.mailbox(), "INBOX"]);
    for state in ["offline", "live"] {
        watch.wait_for(LIMIT, |e| e["event"] == "connection" && e["state"] == state);
    }
    team.append("INBOX", "", &question(&team.mailbox(), "After").bytes());
    watch.wait_for(LIMIT, |e| e["event"] == "new" && e["subject"] == "After");
    let listed = wait_for(LIMIT, || {
        let all = alice.run(&["--offline", "list", "--json", "--view", "all"]).ok().json();
        let mut subjects: Vec<String> = all.iter().map(|c| c["subject"].as_str().unwrap_or("").to_owned()).collect();
        subjects.sort();
        (subjects == ["After", "Before"]).then_some(())
    });
    assert!(listed.is_some());
}
