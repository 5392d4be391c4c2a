//! What `watch` tells of what happens beside it, and how soon.

mod support;

use std::time::{Duration, Instant};

use serde_json::Value;
use support::bagsy::{Bagsy, Watch};
use support::dovecot::sdbox;
use support::mailgen::Mail;
use support::proxy::Proxy;
use support::team::{FOLDERS, PEOPLE, Team};

const LIMIT: Duration = Duration::from_secs(20);

fn ask(team: &Team, subject: &str) -> String {
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), subject, "It does not work.");
    team.append("INBOX", "", &mail.bytes());
    bagsy::wire::identity::conversation_id(&mail.message_id).0
}

#[test]
fn what_is_assigned_through_the_same_cache_is_told_with_who_gave_it_and_elsewhere_as_keywords_tell_it() {
    let team = sdbox().team();
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

/// How many connections a login holds, as the server counts them.
fn connections(user: &str) -> usize {
    let who = sdbox().doveadm(&["-f", "flow", "who", "-1", user]);
    who.lines().filter(|line| line.contains("service=imap") || line.contains("proto=imap")).count()
}

#[test]
fn mailboxes_that_are_found_later_share_the_connections_that_are_allowed() {
    let team = sdbox().team();
    let proxy = Proxy::to(sdbox().imap_port);
    let alice = Bagsy::new(&team, "alice").imap_through(&proxy);
    let watch = alice.watch();
    let user = team.user("alice");
    let is_live =
        |e: &Value, mailbox: &str| e["event"] == "connection" && e["state"] == "live" && e["mailbox"] == mailbox;
    // A worker, and INBOX, Sent and Archive of the one mailbox.
    let began = Instant::now();
    while connections(&user) < 4 {
        assert!(began.elapsed() < LIMIT, "{} connections", connections(&user));
        std::thread::sleep(Duration::from_millis(100));
    }
    for name in ["billing", "orders"] {
        team.add_mailbox(name, &PEOPLE, &FOLDERS);
        let address = team.user(name);
        // They are found when the worker connects anew.
        proxy.cut();
        watch.wait_for(LIMIT, |e| is_live(e, &address));
        let mail = Mail::new("Dana Reyes <dana@reyes.example>", &address, "Look after me", "Please.");
        team.imap(name).append("INBOX", "", &mail.bytes());
        watch.wait_for(LIMIT, |e| e["event"] == "new" && e["mailbox"] == address.as_str());
        assert!(connections(&user) <= 4, "{}", sdbox().doveadm(&["who", "-1", &user]));
    }
    // Those that were there before are told of as they were.
    ask(&team, "And me");
    watch.wait_for(LIMIT, |e| e["event"] == "new" && e["mailbox"] == team.mailbox().as_str());
}

#[test]
fn an_inbox_without_a_connection_of_its_own_is_told_of_within_the_second() {
    let team = sdbox().team();
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
    // Which of them have connections of their own is the engine's affair: every one is changed three times.
    let mut boxes: Vec<_> = further
        .into_iter()
        .chain(["support"])
        .map(|name| {
            let address = team.user(name);
            let mail = Mail::new("Dana Reyes <dana@reyes.example>", &address, "Look after me", "Please.");
            let mut owner = team.imap(name);
            let uid = owner.append("INBOX", "", &mail.bytes());
            watch.wait_for(LIMIT, |e| e["event"] == "new" && e["mailbox"] == address.as_str());
            owner.select("INBOX");
            (address, owner, uid, Vec::new())
        })
        .collect();
    for round in 0..3 {
        for (n, (address, owner, uid, took)) in (0..).zip(&mut boxes) {
            // At other moments of a turn each time.
            std::thread::sleep(Duration::from_millis(500 + 170 * (n + round)));
            let (began, tag) = (Instant::now(), format!("change{round}"));
            owner.ok(&format!("UID STORE {uid} +FLAGS ({tag})"));
            let has_it = |e: &Value| e["tags"].as_array().is_some_and(|tags| tags.iter().any(|t| *t == tag.as_str()));
            let (at, _) = watch.wait_for(LIMIT, |e| e["mailbox"] == address.as_str() && has_it(e));
            took.push(at.saturating_duration_since(began));
        }
    }
    for (address, _, _, mut took) in boxes {
        took.sort();
        println!("{address}: told after {took:?}");
        assert!(took[1] < Duration::from_millis(1_500), "{address}: {took:?}");
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
fn a_watch_is_live_within_three_seconds_and_tells_a_change_nearly_as_soon_as_a_bare_listener_hears_it() {
    let team = sdbox().team();
    let id = ask(&team, "How soon?");
    let alice = Bagsy::new(&team, "alice");
    // The best of a few: another program's load is not this one's slowness.
    let start = || {
        let began = Instant::now();
        let watch = alice.watch();
        (began.elapsed(), watch)
    };
    let mut starts: Vec<(Duration, Watch)> = (0..3).map(|_| start()).collect();
    starts.sort_by_key(|(took, _)| *took);
    let (took, watch) = starts.swap_remove(0);
    drop(starts);
    assert!(took < Duration::from_secs(3), "live after {took:?}");

    let mut listener = team.in_inbox("carol");
    let mut other_program = team.in_inbox("bob");
    let uid = other_program.search("ALL").pop().expect("the mail");
    let tag = listener.begin_idle();
    let (mut bare, mut told) = (Vec::new(), Vec::new());
    for round in 0..15 {
        let (sign, event) = if round % 2 == 0 { ("+", "claimed") } else { ("-", "released") };
        // The server gathers changes for half a second: each comes at another moment of it.
        std::thread::sleep(Duration::from_millis(700 + 61 * round));
        let began = Instant::now();
        other_program.ok(&format!("UID STORE {uid} {sign}FLAGS (bagsy-claim-bob)"));
        bare.push(listener.wait_for_push(LIMIT, |line| line.contains("FETCH")) - began);
        let (at, _) = watch.wait_for(LIMIT, |e| e["conversation"] == id && e["event"] == event);
        told.push(at - began);
    }
    listener.end_idle(&tag);
    let (bare, told) = (median(bare), median(told));
    assert!(
        told.as_secs_f64() <= 1.5 * bare.as_secs_f64(),
        "told after {told:?}, a bare listener hears it after {bare:?}"
    );
}
