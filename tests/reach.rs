//! Which mailboxes a verb reaches and in which order, against a real Dovecot: those that the program finds by itself, those
//! that it is told of, and those that are closed.

mod support;

use std::sync::OnceLock;

use serde_json::Value;
use support::bagsy::Bagsy;
use support::dovecot::{Dovecot, Options};
use support::mailgen::Mail;
use support::team::{PEOPLE, Team};

fn server() -> &'static Dovecot {
    static SERVER: OnceLock<Dovecot> = OnceLock::new();
    SERVER.get_or_init(|| Dovecot::with(Options { public: true, ..Options::default() }))
}

/// A customer's mail in the INBOX of `NAME@DOMAIN`, so many hours old; the conversation's id.
fn ask(team: &Team, name: &str, subject: &str, hours_ago: i64) -> String {
    let address = team.user(name);
    let mut mail = Mail::new("Dana Reyes <dana@reyes.example>", &address, subject, "It does not work.");
    mail.date -= jiff::SignedDuration::from_hours(hours_ago);
    team.server.imap(&address).append("INBOX", &mail.append_arguments(""), &mail.bytes());
    bagsy::wire::identity::conversation_id(&mail.message_id).0
}

fn keys(lines: &[Value], key: &str) -> Vec<String> {
    lines.iter().map(|line| line[key].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn mailboxes_of_other_users_and_public_ones_are_found_without_being_named() {
    let team = server().team();
    server().create_public(&["desk@example.test", "desk@example.test/Sent", "desk@example.test/Archive", "Notices"]);
    let alice = Bagsy::new(&team, "alice");
    let found = alice.run(&["mailboxes", "--json"]).ok().json();
    let mut roots = keys(&found, "root");
    roots.sort();
    assert_eq!(roots, ["Public/Notices", "Public/desk@example.test", &team.folder("INBOX")]);
    let by_key =
        |key: &str| found.iter().find(|m| m["mailbox"] == key).unwrap_or_else(|| panic!("no {key}: {found:?}"));
    let all = serde_json::json!(["read", "seen", "claim", "send", "archive"]);
    for key in [team.mailbox().as_str(), "desk@example.test"] {
        assert_eq!((&by_key(key)["grade"], &by_key(key)["may"]), (&Value::from("A"), &all), "{key}");
    }
    // What has no address can be looked at.
    assert_eq!(by_key("Public/Notices")["may"], serde_json::json!(["read", "seen"]));
    // And it is worked in as anywhere: what is claimed in the public one is claimed for a teammate.
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", "desk@example.test", "At the desk", "Hello?");
    team.imap("bob").append("Public/desk@example.test", "", &mail.bytes());
    let id = bagsy::wire::identity::conversation_id(&mail.message_id).0;
    let claimed = alice.configured(|a| a.handle = Some("alice".into())).run(&["claim", &id, "--json"]).ok().one();
    assert_eq!((&claimed["mailbox"], &claimed["assignee"]), (&"desk@example.test".into(), &"alice".into()));
    let bobs = Bagsy::new(&team, "bob").run(&["--mailbox", "desk@example.test", "list", "--json"]).ok().one();
    assert_eq!((&bobs["assignee"], &bobs["folder"]), (&"alice".into(), &"Public/desk@example.test".into()));
}

#[test]
fn a_mailbox_that_is_configured_and_hidden_by_the_server_is_a_matter_of_rights() {
    let team = server().team();
    let hidden = team.user("board");
    let alice = Bagsy::new(&team, "alice")
        .configured(|account| account.rest = format!("[mailbox.{hidden:?}]\nname = \"Board\"\n"));
    let id = ask(&team, "support", "Elsewhere", 1);
    for arguments in [&["list"][..], &["claim", &id], &["next"], &["sync"], &["mailboxes"], &["watch"]] {
        let all: Vec<&str> = ["--mailbox", &hidden, "--json"].iter().chain(arguments).copied().collect();
        let refused = alice.run(&all);
        assert_eq!(refused.expect(4).error()["kind"], "rights", "{arguments:?}");
        assert!(refused.error()["message"].as_str().is_some_and(|text| text.contains(&hidden)), "{arguments:?}");
    }
    // The same where its root is named.
    let root = format!("shared/{hidden}");
    let alice = alice.configured(|account| account.rest = format!("[mailbox.{hidden:?}]\nroot = {root:?}\n"));
    for named in [&hidden, &root] {
        assert_eq!(alice.run(&["--mailbox", named, "list", "--json"]).expect(4).error()["kind"], "rights");
    }
    assert_eq!(
        alice.run(&["--mailbox", "nobody@example.test", "list", "--json"]).expect(2).error()["kind"],
        "not_found"
    );
    // The others are reached all the same.
    assert_eq!(alice.run(&["--mailbox", &team.mailbox(), "list", "--json"]).ok().one()["id"], id.as_str());
}

#[test]
fn of_several_ids_all_are_tried_and_the_first_failure_is_the_code() {
    let team = server().team();
    let (alice, bob) = (Bagsy::new(&team, "alice"), Bagsy::new(&team, "bob"));
    let ids: Vec<String> = ["One", "Two", "Three"].iter().map(|subject| ask(&team, "support", subject, 1)).collect();
    bob.run(&["claim", &ids[0]]).ok();
    let (bobs, free, other, none) = (ids[0].as_str(), ids[1].as_str(), ids[2].as_str(), "zzzzzzzzzz");
    let held_first = alice.run(&["claim", bobs, free, none, "--json"]);
    assert_eq!(held_first.expect(3).error()["kind"], "held");
    assert_eq!(keys(&held_first.json(), "id"), [free]);
    let kinds: Vec<Value> = held_first.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let kinds: Vec<&Value> = kinds.iter().map(|line: &Value| &line["error"]["kind"]).collect();
    assert_eq!(kinds.len(), 2, "each failure is said: {}", held_first.stderr);
    let missing_first = alice.run(&["claim", none, bobs, other, "--json"]);
    missing_first.expect(2);
    assert_eq!(keys(&missing_first.json(), "id"), [other]);
}

#[test]
fn sync_tells_what_it_read() {
    let team = server().team();
    for subject in ["One", "Two"] {
        ask(&team, "support", subject, 1);
    }
    let alice = Bagsy::new(&team, "alice");
    let told = alice.run(&["sync", "--mailbox", &team.mailbox(), "--json"]).ok().one();
    let mut fields: Vec<&String> = told.as_object().expect("an object").keys().collect();
    fields.sort();
    assert_eq!(fields, ["bytes", "conversations", "mailbox", "messages", "seconds"]);
    assert_eq!(
        (&told["mailbox"], &told["messages"], &told["conversations"]),
        (&team.mailbox().into(), &2.into(), &2.into())
    );
    assert!(told["bytes"].as_u64().is_some_and(|bytes| bytes > 500), "{told}");
    assert!(told["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0 && seconds < 60.0), "{told}");
    // What is known is not read again.
    let again = alice.run(&["sync", "--mailbox", &team.mailbox(), "--json"]).ok().one();
    assert_eq!(again["messages"], 2);
    assert!(again["bytes"].as_u64() < told["bytes"].as_u64(), "{again} {told}");
}

#[test]
fn next_takes_what_has_waited_longest_in_all_mailboxes() {
    let team = server().team();
    // Found before, between and after the team's by their names.
    for name in ["billing", "zoo"] {
        team.add_mailbox(name, &PEOPLE, &["Sent", "Archive"]);
    }
    let mut by_age = vec![
        ask(&team, "zoo", "Five hours", 5),
        ask(&team, "support", "Four hours", 4),
        ask(&team, "zoo", "Three hours", 3),
        ask(&team, "billing", "Two hours", 2),
        ask(&team, "support", "One hour", 1),
    ];
    let alice = Bagsy::new(&team, "alice");
    let taken: Vec<String> = (0..5)
        .map(|_| alice.run(&["next", "--json"]).ok().one()["id"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(taken, by_age);
    assert_eq!(alice.run(&["next", "--json"]).expect(1).error()["kind"], "none");
    // In one alone.
    by_age.push(ask(&team, "zoo", "Ten hours", 10));
    let new = ask(&team, "billing", "Now", 0);
    let billing = team.user("billing");
    assert_eq!(alice.run(&["--mailbox", &billing, "next", "--json"]).ok().one()["id"], new.as_str());
}

#[test]
fn a_mailbox_in_which_one_has_no_handle_keeps_nobody_from_the_next_of_the_others() {
    let team = server().team();
    team.add_mailbox("sales", &PEOPLE, &["Sent"]);
    ask(&team, "sales", "Old", 5);
    let id = ask(&team, "support", "Newer", 1);
    // Of another domain than the login: who one is there only the configuration can say.
    let rest = format!("[mailbox.\"sales@elsewhere.test\"]\nroot = \"shared/{}\"\n", team.user("sales"));
    let alice = Bagsy::new(&team, "alice").configured(|account| account.rest = rest);
    assert_eq!(alice.run(&["next", "--json"]).ok().one()["id"], id.as_str());
    assert_eq!(alice.run(&["--mailbox", "sales@elsewhere.test", "next", "--json"]).expect(2).error()["kind"], "config");
}
