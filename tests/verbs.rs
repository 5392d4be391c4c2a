//! What a script can do: the verbs against a real Dovecot, their JSON, errors and exit codes.

mod support;

use std::sync::OnceLock;

use serde_json::Value;
use support::bagsy::{Bagsy, LIMIT};
use support::dovecot::{Dovecot, Options, sdbox};
use support::mailgen::{Content, Mail, MailGen};
use support::proxy::Proxy;
use support::pty::Size;
use support::team::Team;

/// A customer's mail in the team's INBOX; gives the conversation's id as alice's list shows it.
fn ask(team: &Team, alice: &Bagsy, subject: &str) -> String {
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), subject, "It does not work.");
    team.append("INBOX", "", &mail.bytes());
    id_of(alice, subject)
}

fn id_of(alice: &Bagsy, subject: &str) -> String {
    let all = alice.run(&["list", "--json", "--view", "all"]).ok().json();
    let found = all.iter().find(|c| c["subject"] == subject).unwrap_or_else(|| panic!("no “{subject}” in {all:?}"));
    found["id"].as_str().unwrap().to_owned()
}

#[test]
fn mailboxes_tells_rights_grade_and_counts() {
    let team = sdbox().team();
    MailGen::new(1, &team.mailbox()).fill(&team, 3);
    let line = Bagsy::new(&team, "alice").run(&["mailboxes", "--json"]).ok().one();
    assert_eq!(line["mailbox"], team.mailbox());
    assert_eq!(line["root"], team.folder("INBOX"));
    assert_eq!(line["grade"], "A");
    assert_eq!(line["conversations"], 3, "{line}");
    let may: Vec<&str> = line["may"].as_array().unwrap().iter().map(|m| m.as_str().unwrap()).collect();
    assert_eq!(may, ["read", "seen", "claim", "send", "archive"]);
    let reader = Bagsy::new(&team, "dave").run(&["mailboxes", "--json"]).ok().one();
    assert_eq!((&reader["grade"], reader["rights"].as_str()), (&Value::from("D"), Some("lrs")));
}

#[test]
fn what_comes_back_from_archive_is_tagged_and_urgent_as_it_was_until_that_is_taken_off() {
    let team = sdbox().team();
    let (alice, bob) = (Bagsy::new(&team, "alice"), Bagsy::new(&team, "bob"));
    let first = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "API down", "It does not work.");
    team.append("INBOX", "(\\Flagged)", &first.bytes());
    let id = id_of(&alice, "API down");
    alice.run(&["tag", &id, "+p1", "+api"]).ok();
    alice.run(&["done", &id]).ok();
    let archived = |criteria: &str| {
        let mut owner = team.owner();
        owner.select("Archive");
        owner.search(criteria).len()
    };
    assert_eq!(archived("KEYWORD p1 KEYWORD api FLAGGED"), 1);

    // The customer writes once more.
    let again = Mail { from: first.from.clone(), to: first.to.clone(), ..first.answer("It still does not work.") };
    team.append("INBOX", "", &again.bytes());
    for who in [&alice, &bob] {
        let shown = who.run(&["show", &id, "--json"]).ok().one();
        assert_eq!((&shown["status"], &shown["assignee"]), (&Value::from("open"), &Value::Null), "{shown}");
        assert_eq!((&shown["tags"], &shown["urgent"]), (&serde_json::json!(["api", "p1"]), &Value::Bool(true)));
    }
    let found = bob.run(&["list", "--json", "--query", "tag:p1 is:urgent is:open"]).ok().one();
    assert_eq!(found["id"], id);

    // Who may not write in Archive is told so before anything is taken off.
    team.grant("bob", "Archive", "lrs");
    bob.run(&["tag", &id, "+billing"]).ok();
    let refused = bob.run(&["tag", "--json", &id, "-p1", "-billing"]);
    let error = refused.expect(4).error();
    assert!(error["message"].as_str().unwrap().contains("older mail in Archive too, where the right w is"), "{error}");
    let tags = |who: &Bagsy| who.run(&["show", &id, "--json"]).ok().one()["tags"].clone();
    assert_eq!(tags(&alice), serde_json::json!(["api", "billing", "p1"]));

    alice.run(&["tag", &id, "-p1", "-billing"]).ok();
    assert_eq!((archived("KEYWORD p1"), archived("KEYWORD api")), (0, 1));
    assert_eq!((tags(&alice), tags(&bob)), (serde_json::json!(["api"]), serde_json::json!(["api"])));
}

#[test]
fn a_claim_is_seen_by_the_teammate_and_cannot_be_taken_twice() {
    let team = sdbox().team();
    let (alice, bob) = (Bagsy::new(&team, "alice"), Bagsy::new(&team, "bob"));
    let id = ask(&team, &alice, "Printer on fire");

    let claimed = alice.run(&["claim", &id, "--json"]).ok().one();
    assert_eq!(claimed["assignee"], "alice");
    // Already mine: no failure.
    alice.run(&["claim", &id]).ok();

    let seen = bob.run(&["list", "--json", "--view", "team"]).ok().one();
    assert_eq!((&seen["id"], &seen["assignee"]), (&Value::from(id.clone()), &Value::from("alice")));
    let lost = bob.run(&["claim", &id, "--json"]);
    let error = lost.expect(3).error();
    assert_eq!((&error["kind"], &error["holder"]), (&Value::from("held"), &Value::from("alice")));
    for verb in ["release", "waiting", "done"] {
        assert_eq!(bob.run(&[verb, &id, "--json"]).expect(3).error()["holder"], "alice", "{verb}");
    }
    bob.run(&["tag", &id, "+billing"]).ok();

    let taken = bob.run(&["takeover", &id, "--json"]).ok().one();
    assert_eq!((&taken["assignee"], &taken["tags"]), (&Value::from("bob"), &serde_json::json!(["billing"])));
    assert_eq!(alice.run(&["release", &id, "--json"]).expect(3).error()["holder"], "bob");
    let given = bob.run(&["assign", &id, "--to", "alice", "--json"]).ok().one();
    assert_eq!(given["assignee"], "alice");
    let free = alice.run(&["release", &id, "--json"]).ok().one();
    assert_eq!(free["assignee"], Value::Null);
    let keywords = team.in_inbox("bob").flags(1).unwrap();
    assert!(!keywords.iter().any(|k| k.contains("claim")), "{keywords:?}");
}

#[test]
fn a_conversation_goes_through_waiting_done_and_back() {
    let team = sdbox().team();
    let alice = Bagsy::new(&team, "alice");
    let id = ask(&team, &alice, "Where is my order?");
    let status = |verb: &str| alice.run(&[verb, &id, "--json"]).ok().one();

    assert_eq!(status("waiting")["status"], "waiting");
    assert_eq!(alice.run(&["list", "--json", "--view", "waiting"]).ok().one()["id"], id.as_str());
    assert_eq!(status("reopen")["status"], "open");
    let done = status("done");
    assert_eq!((&done["status"], &done["folder"]), (&Value::from("done"), &Value::from(team.folder("Archive"))));
    assert!(team.in_inbox("bob").search("ALL").is_empty());
    assert_eq!(alice.run(&["list", "--json", "--view", "done"]).ok().one()["id"], id.as_str());
    let again = status("reopen");
    assert_eq!((&again["status"], &again["assignee"]), (&Value::from("open"), &Value::Null));
    assert_eq!(again["folder"], team.folder("INBOX"));
    // A guard that no longer holds changes nothing.
    assert_eq!(alice.run(&["done", &id, "--if-status", "waiting", "--json"]).expect(3).error()["kind"], "overtaken");
    assert_eq!(alice.run(&["claim", &id, "--if-assignee", "bob", "--json"]).expect(3).error()["kind"], "overtaken");
    alice.run(&["claim", &id, "--if-assignee", "none", "--if-status", "open"]).ok();
}

#[test]
fn next_takes_what_has_waited_longest_until_nothing_is_free() {
    let team = sdbox().team();
    let alice = Bagsy::new(&team, "alice");
    let second = ask(&team, &alice, "Second");
    let mail = Mail::new("mika@tanaka.example", &team.mailbox(), "First", "It is older.");
    team.append("INBOX", "\"01-Nov-2026 09:00:00 +0000\"", &mail.bytes());
    let first = id_of(&alice, "First");
    assert_eq!(alice.run(&["next", "--json"]).ok().one()["id"], first.as_str());
    assert_eq!(alice.run(&["next", "--json"]).ok().one()["id"], second.as_str());
    assert_eq!(alice.run(&["next", "--json"]).expect(1).error()["kind"], "none");
}

#[test]
fn what_is_missing_has_a_kind_and_a_code() {
    let team = sdbox().team();
    let alice = Bagsy::new(&team, "alice");
    let id = ask(&team, &alice, "Hello");
    assert_eq!(alice.run(&["claim", "zzzzzzzzzz", "--json"]).expect(2).error()["kind"], "not_found");
    assert_eq!(
        alice.run(&["--mailbox", "nobody@example.test", "list", "--json"]).expect(2).error()["kind"],
        "not_found"
    );
    assert_eq!(Bagsy::new(&team, "dave").run(&["claim", &id, "--json"]).expect(4).error()["kind"], "rights");
    // Already so.
    assert!(id.len() == 10);
    alice.run(&["release", &id]).ok();
    let offline = alice.run(&["--offline", "list", "--json"]).ok().one();
    assert_eq!(offline["id"], id.as_str());
    alice.run(&["--offline", "claim", &id, "--json"]).expect(2);
    let nobody = Bagsy::new(&team, "alice").configured(|a| a.imap = a.imap.replace("port = ", "port = 1"));
    nobody.run(&["list", "--json"]).expect(2);
    let refused = Bagsy::new(&team, "alice").env("BAGSY_TEST_PASSWORD", "wrong");
    assert_eq!(refused.run(&["list", "--json"]).expect(6).error()["kind"], "auth");
}

#[test]
fn mailboxes_tells_how_full_a_mailbox_is_where_the_server_does() {
    static SERVER: OnceLock<Dovecot> = OnceLock::new();
    let server = SERVER.get_or_init(|| Dovecot::with(Options { quota_kb: Some(2048), ..Options::default() }));
    let team = server.team();
    // The mailbox's own login is told; teammates are not (Dovecot: “Not showing other users' quota”).
    let own = Bagsy::login(server, &team.mailbox()).configured(|account| {
        account.handle = Some("alice".to_owned());
        account.rest = format!("[mailbox.{:?}]\nroot = \"INBOX\"\n", team.mailbox());
    });
    let line = own.run(&["mailboxes", "--json"]).ok().one();
    assert_eq!(line["quota"]["limit"], 2048 * 1024, "{line}");
    let line = Bagsy::new(&team, "alice").run(&["mailboxes", "--json"]).ok().one();
    assert_eq!(line["quota"], Value::Null);
}

#[test]
fn a_query_narrows_the_list_with_words_that_only_the_server_has_too() {
    let team = sdbox().team();
    let alice = Bagsy::new(&team, "alice");
    let id = ask(&team, &alice, "Printer on fire");
    ask(&team, &alice, "Quote for forty seats");
    let answer = "It was painted by Größe & Söhne.";
    let archived = Mail::new("Mika Tanaka <mika@tanaka.example>", &team.mailbox(), "Last month", answer);
    team.append("Archive", "(\\Seen)", &archived.bytes());
    alice.run(&["tag", &id, "+billing"]).ok();

    let subjects = |arguments: &[&str]| -> Vec<String> {
        let output = alice.run(&[&["list", "--json"], arguments].concat());
        let lines = output.ok().json();
        lines.iter().map(|c| c["subject"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(subjects(&["--query", "print"]), ["Printer on fire"]);
    assert_eq!(subjects(&["--query", "tag:billing from:dana is:unclaimed"]), ["Printer on fire"]);
    assert_eq!(subjects(&["--query", "-tag:billing"]), ["Quote for forty seats"]);
    assert_eq!(subjects(&["--query", "who:me"]), [""; 0]);
    assert_eq!(subjects(&["--query", "before:yesterday"]), [""; 0]);
    // Nobody opened that mail.
    assert_eq!(subjects(&["--view", "all", "--query", "body:größe"]), ["Last month"]);
    assert_eq!(subjects(&["--view", "all", "--query", "after:1d -größe", "--limit", "1"]).len(), 1);
    assert_eq!(subjects(&["--view", "inbox", "--query", "größe"]), [""; 0]);
}

#[test]
fn offline_a_query_is_answered_by_the_cache_which_says_what_it_has_not() {
    let team = sdbox().team();
    let alice = Bagsy::new(&team, "alice");
    ask(&team, &alice, "Printer on fire");
    let found = alice.run(&["list", "--offline", "--query", "fire"]);
    assert!(found.ok().stdout.contains("Printer on fire"));
    assert!(found.stderr.contains("texts of 0 of 1 mails are here"), "{}", found.stderr);
    let by_header = alice.run(&["list", "--offline", "--json", "--query", "subject:fire from:dana"]);
    assert_eq!(by_header.ok().json().len(), 1);
    assert_eq!(by_header.stderr, "");
}

#[test]
fn a_query_that_cannot_be_read_is_a_mistake_with_its_place() {
    let team = sdbox().team();
    let alice = Bagsy::new(&team, "alice");
    let error = alice.run(&["list", "--json", "--query", "printer form:dana"]).expect(2).error();
    assert_eq!(error["kind"], "usage");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("“form:”, at 9: did you mean from:?"), "{message}");
    let text = alice.run(&["list", "--offline", "--query", "is:unraed"]);
    assert!(text.expect(2).stderr.contains("did you mean unread?"));
}

#[test]
fn show_gives_the_bytes_to_a_pipe_alone_and_headers_and_html_as_safe_text() {
    let team = sdbox().team();
    let alice = Bagsy::new(&team, "alice");
    let content = Content::Html { text: "It smokes.".into(), html: "<p>It <b>smokes</b>.\u{1b}[31m</p>".into() };
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Printer", "").with_content(content);
    let mail = mail.with_header("X-Odd: \u{1b}[31mred");
    team.append("INBOX", "", &mail.bytes());
    let id = id_of(&alice, "Printer");
    for online in [true, false] {
        let with = |form: &str| {
            let mut arguments = vec!["show", id.as_str(), form];
            arguments.extend((!online).then_some("--offline"));
            alice.run(&arguments)
        };
        assert_eq!(with("--raw").ok().bytes, mail.bytes());
        let headers = with("--headers");
        assert!(headers.ok().stdout.contains("X-Odd: ␛[31mred") && headers.stdout.contains("Subject: Printer"));
        assert!(!headers.stdout.contains("smokes") && !headers.stdout.contains('\r'));
        let html = with("--html");
        assert!(html.ok().stdout.contains("<p>It <b>smokes</b>.␛[31m</p>"), "{}", html.stdout);
    }
    let json = alice.run(&["show", &id, "--html", "--json"]).ok().one();
    assert_eq!(json["message_id"], mail.message_id);
    assert!(json["text"].as_str().unwrap().contains("<b>smokes</b>"));

    let mut terminal = alice.terminal(Size::LARGE, &["show", &id, "--raw"]);
    assert_eq!(terminal.wait_for_end(), 2);
    assert!(terminal.screen().contains("send them into a pipe or a file"), "{}", terminal.framed());
    assert!(!terminal.raw().windows(7).any(|run| run == b"Message"), "nothing of it");
}

#[test]
fn completions_are_made_for_every_shell_and_name_every_verb() {
    let bagsy = Bagsy::bare();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = bagsy.run(&["completions", shell]);
        script.ok();
        for verb in ["claim", "takeover", "reply", "outbox", "doctor", "watch", "setup"] {
            assert!(script.stdout.contains(verb), "{shell} does not know {verb}");
        }
    }
    // What bash reads without a complaint, it can complete with.
    let script = bagsy.run(&["completions", "bash"]);
    let path = bagsy.home().join("bagsy.bash");
    std::fs::write(&path, &script.bytes).unwrap();
    let asked = "source \"$0\"; COMP_WORDS=(bagsy tak); COMP_CWORD=1; _bagsy bagsy tak bagsy; echo \"${COMPREPLY[*]}\"";
    let offered = std::process::Command::new("bash").arg("-c").arg(asked).arg(&path).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&offered.stdout).trim(), "takeover", "{offered:?}");
    bagsy.run(&["completions", "tcsh"]).expect(2);
}

#[test]
fn a_conversation_in_json_has_every_key_and_its_times_are_the_servers() {
    let team = sdbox().team();
    let alice = Bagsy::new(&team, "alice");
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Printer", "It smokes.");
    team.append("INBOX", "\"02-Mar-2026 14:02:03 +0100\"", &mail.bytes());
    let mut again = mail.answer("It smokes again.");
    (again.from, again.to) = (mail.from.clone(), mail.to.clone());
    team.append("INBOX", "\"02-Mar-2026 15:02:03 +0100\"", &again.bytes());
    let listed = alice.run(&["list", "--json"]).ok().one();
    let mut keys: Vec<&str> = listed.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let mut wanted = vec![
        "id",
        "mailbox",
        "folder",
        "subject",
        "from",
        "status",
        "assignee",
        "contested",
        "tags",
        "urgent",
        "unread",
        "messages",
        "uids",
        "last_at",
        "waiting_since",
        "snoozed_until",
        "presence",
    ];
    wanted.sort_unstable();
    assert_eq!(keys, wanted);
    assert_eq!(listed["last_at"], "2026-03-02T14:02:03Z");
    assert_eq!(listed["waiting_since"], "2026-03-02T13:02:03Z");
    assert_eq!((&listed["presence"], &listed["snoozed_until"]), (&serde_json::json!([]), &Value::Null));
    assert_eq!((&listed["messages"], &listed["uids"]), (&Value::from(2), &serde_json::json!([1, 2])));
}

#[test]
fn copies_of_one_mail_that_differ_are_shown_each_and_equal_ones_once() {
    let team = sdbox().team();
    let alice = Bagsy::new(&team, "alice");
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Twice", "It smokes.");
    team.append("INBOX", "", &mail.bytes());
    team.append("INBOX", "", &mail.bytes());
    let id = id_of(&alice, "Twice");
    let shown = alice.run(&["show", &id, "--json"]).ok().one();
    assert_eq!(shown["thread"].as_array().unwrap().len(), 1);
    assert_eq!(shown["thread"][0]["copies_differ"], false);

    let mut other = mail.clone();
    other.content = Content::Text("It smokes, and this copy says more.".into());
    team.append("INBOX", "", &other.bytes());
    let shown = alice.run(&["show", &id, "--json"]).ok().one();
    assert_eq!(shown["messages"], 1, "it is one mail");
    let thread = shown["thread"].as_array().unwrap();
    assert!(thread.len() == 2 && thread.iter().all(|m| m["copies_differ"] == true), "{shown}");
    let text = alice.run(&["show", &id]);
    assert!(text.ok().stdout.contains("copies differ") && text.stdout.contains("this copy says more"));
}

#[test]
fn what_a_customer_brings_back_from_archive_is_free_and_shows_who_had_it() {
    let team = sdbox().team();
    let (alice, bob) = (Bagsy::new(&team, "alice"), Bagsy::new(&team, "bob"));
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Back again", "It smokes.");
    team.append("INBOX", "", &mail.bytes());
    let id = id_of(&bob, "Back again");
    bob.run(&["done", &id]).ok();
    assert_eq!(alice.run(&["show", &id, "--json"]).ok().one()["had_by"], serde_json::json!(["bob"]));
    let mut again = mail.answer("It smokes again.");
    (again.from, again.to) = (mail.from.clone(), mail.to.clone());
    team.append("INBOX", "", &again.bytes());
    let shown = alice.run(&["show", &id, "--json"]).ok().one();
    assert_eq!((&shown["status"], &shown["assignee"]), (&Value::from("open"), &Value::Null));
    assert_eq!(shown["had_by"], serde_json::json!(["bob"]));
    assert!(alice.run(&["show", &id]).ok().stdout.contains("bob had it before it was finished"));
    let mut screen = alice.terminal(Size::SMALL, &[]);
    screen.wait_for("Back again");
    screen.press("Enter");
    screen.wait_for("unclaimed, bob had it · open");
    screen.keys("q");
    screen.pause();
    screen.keys("q");
    screen.wait_for_end();
    alice.run(&["claim", &id]).ok();
    assert_eq!(alice.run(&["show", &id, "--json"]).ok().one()["had_by"], serde_json::json!([]));
}

/// The claim is won and read back; what comes after it is only shown by other mail programs.
#[test]
fn what_was_won_is_told_as_won_though_the_connection_breaks_after_it() {
    let team = sdbox().team();
    let proxy = Proxy::to(sdbox().imap_port);
    let (alice, bob) = (Bagsy::new(&team, "alice").imap_through(&proxy), Bagsy::new(&team, "bob"));
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Twice asked", "It does not work.");
    let mut again = mail.answer("It still does not.");
    (again.from, again.to) = (mail.from.clone(), mail.to.clone());
    team.append("INBOX", "", &mail.bytes());
    team.append("INBOX", "", &again.bytes());
    let id = id_of(&bob, "Twice asked");
    bob.run(&["claim", &id]).ok();
    let of_second = |who: &str| team.in_inbox("bob").flags(2).unwrap().iter().any(|k| k.ends_with(who));
    assert!(of_second("claim-bob"), "mirrored");

    let mirror = proxy.hold_command("UID STORE 2 ");
    let running = alice.spawn(&["takeover", &id, "--json"]);
    mirror.wait(LIMIT);
    proxy.cut();
    drop(mirror);
    let taken = running.finish(LIMIT);
    assert_eq!(taken.ok().one()["assignee"], "alice");
    assert!(of_second("claim-bob"), "bob's mirror was left over");
    // Given up, it is nobody's, and not bob's again.
    assert_eq!(alice.run(&["release", &id, "--json"]).ok().one()["assignee"], Value::Null);
    assert_eq!(bob.run(&["list", "--json", "--view", "all"]).ok().one()["assignee"], Value::Null);
}
