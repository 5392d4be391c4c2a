//! What `watch` tells of what happens beside it, and how soon.

mod support;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::bagsy::Bagsy;
use support::dovecot::Dovecot;
use support::mailgen::Mail;
use support::team::{FOLDERS, PEOPLE, Team};

const LIMIT: Duration = Duration::from_secs(20);

fn server() -> &'static Dovecot {
    static SERVER: OnceLock<Dovecot> = OnceLock::new();
    SERVER.get_or_init(Dovecot::start)
}

fn ask(team: &Team, subject: &str) -> String {
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), subject, "It does not work.");
    team.append("INBOX", "", &mail.bytes());
    bagsy::wire::identity::conversation_id(&mail.message_id).0
}

#[test]
fn what_is_assigned_through_the_same_cache_is_told_with_who_gave_it_and_elsewhere_as_keywords_tell_it() {
    let team = server().team();
    let (alice, carol) = (Bagsy::new(&team, "alice"), Bagsy::new(&team, "carol"));
    let id = ask(&team, "For bob");
    let (beside, elsewhere) = (alice.watch(), carol.watch());
    let is_about = |e: &Value, event: &str| e["conversation"] == id && e["event"] == event;

    alice.run(&["assign", &id, "--to", "bob"]).ok();
    let (_, told) = beside.wait_for(LIMIT, |e| is_about(e, "assigned"));
    assert_eq!((&told["by"], &told["assignee"]), (&Value::from("alice"), &Value::from("bob")));
    // Of a free one that bob holds now, keywords tell that he holds it.
    let (_, told) = elsewhere.wait_for(LIMIT, |e| is_about(e, "claimed"));
    assert_eq!((&told["by"], &told["assignee"]), (&Value::from("bob"), &Value::from("bob")));

    alice.run(&["assign", &id, "--to", "carol"]).ok();
    let (_, told) = beside.wait_for(LIMIT, |e| is_about(e, "assigned"));
    assert_eq!((&told["by"], &told["assignee"]), (&Value::from("alice"), &Value::from("carol")));
    let (_, told) = elsewhere.wait_for(LIMIT, |e| is_about(e, "takeover"));
    assert_eq!((&told["by"], &told["assignee"]), (&Value::from("carol"), &Value::from("carol")));

    // What one takes oneself, or another mail program writes, is no assignment.
    alice.run(&["takeover", &id]).ok();
    let (_, told) = beside.wait_for(LIMIT, |e| is_about(e, "takeover") || is_about(e, "assigned"));
    assert_eq!((&told["event"], &told["by"]), (&Value::from("takeover"), &Value::from("alice")));
    alice.run(&["assign", &id, "--to", "alice"]).ok();
    let uid = team.in_inbox("bob").search("ALL").pop().expect("the mail");
    let mut raw = team.in_inbox("bob");
    raw.ok(&format!("UID STORE {uid} -FLAGS (bagsy-claim-alice)"));
    raw.ok(&format!("UID STORE {uid} +FLAGS (bagsy-claim-bob)"));
    let (_, told) = beside.wait_for(LIMIT, |e| is_about(e, "claimed") || is_about(e, "takeover"));
    assert_eq!(told["by"], "bob");
}

#[test]
fn an_inbox_without_a_connection_of_its_own_is_told_of_within_the_second() {
    let team = server().team();
    let further = ["billing", "orders", "press", "returns", "sales"];
    for name in further {
        team.add_mailbox(name, &PEOPLE, &FOLDERS);
    }
    let alice = Bagsy::new(&team, "alice");
    let watch = alice.watch_unready();
    let mut live = std::collections::BTreeSet::new();
    while live.len() < 1 + further.len() {
        let (_, event) = watch.wait_for(LIMIT, |e| e["event"] == "connection" && e["state"] == "live");
        live.insert(event["mailbox"].to_string());
    }
    // The first ones have connections of their own.
    let known = alice.run(&["mailboxes", "--json"]).ok().json();
    let last = known.last().expect("mailboxes")["mailbox"].as_str().expect("an address").to_owned();
    let name = last.split('@').next().expect("a local part");
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &last, "Look after me", "Please.");
    let mut owner = team.imap(name);
    let uid = owner.append("INBOX", "", &mail.bytes());
    watch.wait_for(LIMIT, |e| e["event"] == "new" && e["mailbox"] == last.as_str());
    owner.select("INBOX");
    let mut took: Vec<Duration> = (0..7)
        .map(|n| {
            // At other moments of a round each time.
            std::thread::sleep(Duration::from_millis(900 + 170 * n));
            let began = Instant::now();
            owner.ok(&format!("UID STORE {uid} +FLAGS (change{n})"));
            let tag = format!("change{n}");
            let has_it = |e: &Value| e["tags"].as_array().is_some_and(|tags| tags.iter().any(|t| *t == tag.as_str()));
            let (at, _) = watch.wait_for(LIMIT, |e| e["event"] == "tagged" && has_it(e));
            at.saturating_duration_since(began)
        })
        .collect();
    took.sort();
    println!("told after {took:?}");
    assert!(took[3] < Duration::from_millis(1_500), "{took:?}");
}
