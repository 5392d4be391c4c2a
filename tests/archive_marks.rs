//! A conversation that was done and goes on has the tags and the urgency of its mail in Archive: what is taken off is taken off
//! there too, or nowhere.

mod support;

use std::collections::BTreeSet;

use bagsy::model::{Action, Assignee, ErrorKind, Expectation, Handle, Refusal};
use support::device::{Device, runtime};
use support::dovecot::sdbox;
use support::mailgen::Mail;
use support::team::Team;

/// A mail in Archive that is tagged `p1` and urgent, and another of the same conversation in INBOX with these flags; its root.
fn came_back(team: &Team, flags: &str) -> String {
    let first = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "API down", "It does not work.");
    let again = Mail { from: first.from.clone(), to: first.to.clone(), ..first.answer("It still does not work.") };
    team.append("Archive", "(p1 \\Flagged \\Seen)", &first.bytes());
    team.append("INBOX", flags, &again.bytes());
    first.message_id
}

/// As somebody else's session sees the only mail of a folder.
fn flags(team: &Team, folder: &str) -> BTreeSet<String> {
    let mut owner = team.owner();
    owner.select(folder);
    let mut flags = owner.flags(1).expect("a mail");
    flags.remove("\\Recent");
    flags
}

fn own(flags: &[&str]) -> BTreeSet<String> {
    flags.iter().map(|flag| (*flag).to_owned()).collect()
}

fn untag() -> Action {
    Action::Tag { add: vec!["vip".to_owned()], remove: vec!["p1".to_owned()] }
}

#[test]
fn what_the_server_keeps_in_archive_whatever_the_rights_were_stays_in_inbox_too() {
    let team = sdbox().team();
    let root = came_back(&team, "(p1 \\Flagged)");
    runtime().block_on(async {
        let mut alice = Device::open(&team, "alice").await;
        alice.sync().await;
        // She was told of more rights than she has by now.
        team.grant("alice", "Archive", "lrs");
        alice.link.reconnect().await.expect("signed in");
        for action in [untag(), Action::Urgent(false)] {
            let refused = alice.act(&root, &action).await.expect_err("it cannot come off");
            assert_eq!(refused.kind, ErrorKind::Rights, "{refused}");
            assert!(refused.to_string().contains("in Archive"), "{refused}");
            assert_eq!(flags(&team, "INBOX"), own(&["\\Flagged", "p1"]), "nothing was changed");
        }
        assert_eq!(flags(&team, "Archive"), own(&["\\Flagged", "\\Seen", "p1"]));
        // Once it can, it goes in both, and nothing else does.
        team.grant("alice", "Archive", "lrsw");
        let mut alice = Device::open(&team, "alice").await;
        alice.sync().await;
        let after = alice.act(&root, &untag()).await.expect("taken off");
        assert_eq!((after.tags, after.urgent), (vec!["vip".to_owned()], true));
        assert!(!alice.act(&root, &Action::Urgent(false)).await.expect("taken off").urgent);
        assert_eq!((flags(&team, "INBOX"), flags(&team, "Archive")), (own(&["vip"]), own(&["\\Seen"])));
        // Taken back, it stands in INBOX, and that is enough.
        let back = Action::Tag { add: vec!["p1".to_owned()], remove: Vec::new() };
        assert_eq!(alice.act(&root, &back).await.expect("put back").tags, ["p1", "vip"]);
        assert_eq!((flags(&team, "INBOX"), flags(&team, "Archive")), (own(&["p1", "vip"]), own(&["\\Seen"])));
    });
}

#[test]
fn what_its_person_expects_guards_what_stands_in_archive_alone() {
    let team = sdbox().team();
    let root = came_back(&team, "(bagsy-claim-bob)");
    runtime().block_on(async {
        let mut alice = Device::open(&team, "alice").await;
        alice.sync().await;
        let expect = |assignee| Expectation { assignee: Some(assignee), status: None };
        let free = expect(Assignee::Free);
        let urgent = Action::Urgent(false);
        let refused = alice.link.perform(&alice.mailbox, &root, &urgent, &free, None).await;
        assert_eq!(refused.map_err(Refusal::from).expect_err("bob has it").kind, ErrorKind::Held);
        assert_eq!(flags(&team, "Archive"), own(&["\\Flagged", "\\Seen", "p1"]), "nothing was changed");
        let bobs = expect(Assignee::Held(Handle::new("bob").expect("a handle")));
        alice.link.perform(&alice.mailbox, &root, &urgent, &bobs, None).await.expect("as expected");
        assert_eq!(flags(&team, "Archive"), own(&["\\Seen", "p1"]));
        assert_eq!(flags(&team, "INBOX"), own(&["bagsy-claim-bob"]));
    });
}
