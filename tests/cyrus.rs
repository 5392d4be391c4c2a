//! What is promised of Cyrus beside its rights: claims that cannot be taken twice, and mailboxes found however they are named.

mod support;

use std::collections::BTreeSet;

use bagsy::model::{Action, Assignee, ErrorKind};
use serde_json::Value;
use support::bagsy::{Bagsy, endpoint};
use support::cyrus::{Cyrus, MAILBOX, Naming};
use support::device::{Device, together};
use support::dovecot::PASSWORD;
use support::mailgen::Mail;
use support::process::is_long;

const EIGHT: [&str; 8] = ["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"];

fn question() -> Mail {
    Mail::new("Dana Reyes <dana@reyes.example>", MAILBOX, "Where is it?", "It is not here.")
}

fn named(cyrus: &Cyrus) -> String {
    format!("[mailbox.\"{MAILBOX}\"]\naccount = \"work\"\nroot = \"{}\"\n", cyrus.folder("INBOX"))
}

#[test]
fn eight_people_claim_at_once_and_one_wins() {
    let cyrus = Cyrus::start();
    for who in EIGHT {
        for folder in ["INBOX", "Sent", "Archive"] {
            cyrus.grant(who, folder, "lrswite");
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build().unwrap();
    let rest = named(&cyrus);
    let open = EIGHT.map(|who| Device::login(who, cyrus.imap_port, MAILBOX, who, &rest));
    let mut devices = runtime.block_on(futures::future::join_all(open));
    let mut owner = cyrus.imap("support");
    owner.select("INBOX");
    for round in 0..if is_long() { 100 } else { 10 } {
        let mail = question();
        let uid = owner.append("INBOX", "", &mail.bytes());
        let acts = EIGHT.iter().map(|_| (mail.message_id.clone(), Action::Claim, 0)).collect();
        let outcomes = runtime.block_on(together(&mut devices, acts));
        let claims: BTreeSet<String> = owner.flags(uid).unwrap().into_iter().collect();
        let told = format!("round {round}: {claims:?}\n{outcomes:#?}");
        let winners: Vec<&str> =
            EIGHT.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok()).map(|(who, _)| *who).collect();
        let [winner] = winners.as_slice() else { panic!("not one winner: {told}") };
        assert_eq!(claims, BTreeSet::from([format!("bagsy-claim-{winner}")]), "{told}");
        for refusal in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert_eq!(refusal.kind, ErrorKind::Held, "{told}");
            assert_eq!(refusal.holder.as_ref().map(ToString::to_string).as_deref(), Some(*winner), "{told}");
        }
        for device in &mut devices {
            let assignee = runtime.block_on(device.assignee(&mail.message_id));
            assert_eq!(assignee, Assignee::Held(bagsy::model::Handle::new(winner).unwrap()), "{told}");
        }
    }
}

#[test]
fn a_shared_mailbox_is_found_however_cyrus_names_it() {
    for naming in [Naming::OtherUsers, Naming::Dots] {
        let cyrus = Cyrus::named(naming);
        for folder in ["INBOX", "Sent", "Archive"] {
            cyrus.grant("alice", folder, "lrswite");
        }
        let mail = question();
        cyrus.imap("support").append("INBOX", "", &mail.bytes());
        let alice = |rest: String| {
            Bagsy::bare().env("BAGSY_TEST_PASSWORD", PASSWORD).configured(|account| {
                account.user = "alice".to_owned();
                account.imap = endpoint("127.0.0.1", cyrus.imap_port, "none", None);
                account.auth = r#"{ method = "password", env = "BAGSY_TEST_PASSWORD" }"#.to_owned();
                account.rest = rest;
            })
        };
        // No address is told: it is listed by its root, and can be looked at.
        let unnamed = alice(String::new()).run(&["mailboxes", "--json"]).ok().one();
        assert_eq!((&unnamed["root"], &unnamed["grade"]), (&Value::from(cyrus.folder("INBOX")), &Value::from("A")));
        assert_eq!(unnamed["may"], serde_json::json!(["read", "seen"]), "{unnamed}");
        let alice = alice(named(&cyrus));
        let named = alice.run(&["mailboxes", "--json"]).ok().one();
        assert_eq!(named["may"], serde_json::json!(["read", "seen", "claim", "send", "archive"]), "{named}");
        // The handle is the login, which is plain.
        let id = bagsy::wire::identity::conversation_id(&mail.message_id).0;
        assert_eq!(alice.run(&["done", &id, "--json"]).ok().one()["folder"], cyrus.folder("Archive"));
    }
}

#[test]
fn a_folder_that_is_made_later_begins_with_the_rights_of_the_one_above_it() {
    let cyrus = Cyrus::start();
    cyrus.grant("alice", "INBOX", "lrswite");
    cyrus.admin().ok("CREATE user/support/Later");
    let told = cyrus.imap("alice").ok(&format!("MYRIGHTS \"{}\"", cyrus.folder("Later")));
    assert!(told.untagged.iter().any(|line| line.contains("lrswite")), "{told:?}");
}
