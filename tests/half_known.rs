//! A folder that is not wholly known yet, or that another connection knows better: no row stays of mail that left, and no
//! mail is lost that is there.

mod support;

use std::time::Duration;

use bagsy::engine::Link;
use bagsy::model::{Action, Destination, Mailbox, Role};
use support::device::Device;
use support::dovecot::{Dovecot, Options};
use support::mailgen::Mail;
use support::proxy::Proxy;
use support::team::{PEOPLE, Team, rights};
use tokio::runtime::Runtime;

fn servers() -> [Dovecot; 3] {
    [Options::default(), Options::without(&["QRESYNC"]), Options::maildir()].map(Dovecot::with)
}

fn runtime() -> Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// A conversation of two mails whose first is the oldest of INBOX, with others between and after them; the Message-ID of its
/// root and its UIDs.
fn old_conversation(team: &Team) -> (String, Vec<u32>) {
    let mail =
        |subject: &str| Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), subject, "It does not work.");
    let first = mail("Old");
    let again = Mail { from: first.from.clone(), ..first.answer("Still not.") };
    let mut uids = Vec::new();
    for (at, letter) in [&first, &mail("Between"), &again, &mail("After")].into_iter().enumerate() {
        let uid = team.append("INBOX", "", &letter.bytes());
        uids.extend((at % 2 == 0).then_some(uid));
    }
    (first.message_id, uids)
}

fn rows(link: &Link, mailbox: &Mailbox, role: Role) -> Vec<u32> {
    let known = link.reader.known_uids(mailbox.key(), role).expect("the cache");
    known.into_iter().map(|uid| uid.0).collect()
}

#[test]
fn what_is_finished_or_thrown_away_while_the_first_sync_runs_leaves_no_row_in_inbox() {
    let runtime = runtime();
    for server in servers() {
        for (action, folder) in [(Action::Done, "Archive"), (Action::File(Destination::Trash), "Trash")] {
            let team = server.team();
            let (root, uids) = old_conversation(&team);
            runtime.block_on(async {
                let mut alice = Device::open(&team, "alice").await;
                // Begun, and nothing read yet.
                alice.link.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
                assert_eq!(rows(&alice.link, &alice.mailbox, Role::Inbox).len(), 0);
                alice.link.act(&alice.mailbox, &root, &action, &Default::default(), None).await.expect("done");
                let told = format!("{action:?} on {:?} {:?}", server.options.storage, server.options.capability);
                let left = rows(&alice.link, &alice.mailbox, Role::Inbox);
                assert!(!left.iter().any(|uid| uids.contains(uid)), "{told}: {left:?}");
                alice.sync().await;
                assert_eq!(rows(&alice.link, &alice.mailbox, Role::Inbox), [2, 4], "{told}");
                let mut owner = team.owner();
                owner.select(folder);
                assert_eq!(owner.search("ALL").len(), 2, "{told}");
            });
        }
    }
}

#[test]
fn what_others_do_to_single_messages_is_seen_before_all_is_read() {
    let runtime = runtime();
    for server in servers() {
        let team = server.team();
        let (root, uids) = old_conversation(&team);
        let mut owner = team.owner();
        owner.select("INBOX");
        runtime.block_on(async {
            let mut alice = Device::open(&team, "alice").await;
            alice.link.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
            alice.link.complete(&alice.mailbox, &root).await.expect("its members");
            assert_eq!(rows(&alice.link, &alice.mailbox, Role::Inbox), uids);
            owner.ok(&format!("UID STORE {} +FLAGS (urgent)", uids[1]));
            assert_eq!(alice.listed(&root).await.expect("the conversation").tags, ["urgent"]);
            owner.ok(&format!("UID MOVE {} Archive", uids[0]));
            alice.link.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
            assert_eq!(rows(&alice.link, &alice.mailbox, Role::Inbox), uids[1..]);
        });
    }
}

/// As a cache is that an older version left behind: a row below what is known that nothing was told of.
#[test]
fn a_row_that_has_no_mail_goes_once_the_folder_is_read_or_opened_anew() {
    let runtime = runtime();
    for server in servers() {
        for is_whole in [false, true] {
            let team = server.team();
            let (root, uids) = old_conversation(&team);
            let mut owner = team.owner();
            owner.select("INBOX");
            runtime.block_on(async {
                let mut alice = Device::open(&team, "alice").await;
                alice.link.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
                if is_whole {
                    alice.sync().await;
                } else {
                    alice.link.complete(&alice.mailbox, &root).await.expect("its members");
                }
                owner.ok(&format!("UID MOVE {} Archive", uids[0]));
                let mut other = alice.another_link().await;
                other.enter(&alice.mailbox, Role::Inbox).await.expect("INBOX");
                let selected = other.selected().cloned().expect("INBOX");
                // Everything is taken for known that this session was told of, but for what went.
                let state = other.reader.folder(alice.mailbox.key(), Role::Inbox).expect("the cache").expect("INBOX");
                let state = bagsy::store::FolderState {
                    highest_modseq: selected.highest_modseq,
                    exists: selected.exists,
                    ..state
                };
                let batch = bagsy::store::Batch {
                    reset: false,
                    state,
                    messages: Vec::new(),
                    flags: Vec::new(),
                    vanished: Vec::new(),
                };
                let key = alice.mailbox.key();
                other.cache.write(|w| w.apply(key, Role::Inbox, batch, true)).expect("the cache");
                other.leave();
                other.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
                other.fill(&alice.mailbox, Role::Inbox, |_| {}).await.expect("all of it");
                assert_eq!(rows(&other, &alice.mailbox, Role::Inbox), [2, 3, 4], "{is_whole} {:?}", server.options);
            });
        }
    }
}

#[test]
fn a_mail_that_another_connection_has_read_already_is_not_taken_for_gone() {
    let server = Dovecot::with(Options::without(&["CONDSTORE", "QRESYNC"]));
    let team = server.team();
    let (_, _) = old_conversation(&team);
    let runtime = runtime();
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "New", "It does not work.");
    runtime.block_on(async {
        let mut alice = Device::open(&team, "alice").await;
        alice.sync().await;
        let mut other = alice.another_link().await;
        for round in 0..3 {
            // Both have the folder open, as it was before the mail came.
            alice.link.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
            other.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
            let uid = team.append("INBOX", "", &mail.bytes());
            other.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
            assert!(rows(&other, &alice.mailbox, Role::Inbox).contains(&uid));
            alice.link.mark_stale();
            alice.link.catch_up(&alice.mailbox, Role::Inbox).await.expect("what it was told");
            assert!(rows(&other, &alice.mailbox, Role::Inbox).contains(&uid), "round {round}: UID {uid} is lost");
            // And what is gone is gone, whoever has seen it come.
            let mut owner = team.owner();
            owner.select("INBOX");
            owner.ok(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"));
            owner.ok(&format!("UID EXPUNGE {uid}"));
            alice.link.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
            assert!(!rows(&other, &alice.mailbox, Role::Inbox).contains(&uid), "round {round}: UID {uid} stays");
        }
    });
}

#[test]
fn what_another_connection_reads_in_while_flags_are_asked_for_is_not_taken_for_gone() {
    let runtime = runtime();
    for without in [["QRESYNC"].as_slice(), &["CONDSTORE", "QRESYNC"]] {
        let server = Dovecot::with(Options::without(without));
        let team = server.team();
        old_conversation(&team);
        let proxy = Proxy::to(server.imap_port);
        runtime.block_on(async {
            let mut alice = Device::through(&team, "alice", proxy.port).await;
            // Begun, and nothing read yet.
            alice.link.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
            let mut other = alice.another_link().await;
            other.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
            // Something is gone, and without QRESYNC the server does not say what.
            let mut owner = team.owner();
            owner.select("INBOX");
            owner.ok("UID MOVE 4 Archive");
            let answer = proxy.hold_answer("OK Fetch completed");
            let mailbox = alice.mailbox.clone();
            let asking = tokio::spawn(async move { other.sync(&mailbox, Role::Inbox).await });
            answer.wait(Duration::from_secs(10));
            alice.link.add_single(&alice.mailbox, Role::Inbox, &[bagsy::model::Uid(1)]).await.expect("one of them");
            assert_eq!(rows(&alice.link, &alice.mailbox, Role::Inbox), [1]);
            answer.release();
            asking.await.expect("no panic").expect("a sync");
            assert_eq!(rows(&alice.link, &alice.mailbox, Role::Inbox), [1], "without {without:?}");
        });
    }
}

/// As a cache is that another connection left behind: known as a whole, and a row is missing.
#[test]
fn a_mail_whose_row_is_missing_is_found_without_condstore_too() {
    let server = Dovecot::with(Options::without(&["CONDSTORE", "QRESYNC"]));
    let team = server.team();
    old_conversation(&team);
    runtime().block_on(async {
        let mut alice = Device::open(&team, "alice").await;
        alice.sync().await;
        let key = alice.mailbox.key();
        let state = alice.link.reader.folder(key, Role::Inbox).expect("the cache").expect("INBOX");
        let vanished = vec![bagsy::model::Uid(2)];
        let batch = bagsy::store::Batch { reset: false, state, messages: Vec::new(), flags: Vec::new(), vanished };
        alice.link.cache.write(|w| w.apply(key, Role::Inbox, batch, true)).expect("the cache");
        assert_eq!(rows(&alice.link, &alice.mailbox, Role::Inbox), [1, 3, 4]);
        alice.another_link().await.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
        assert_eq!(rows(&alice.link, &alice.mailbox, Role::Inbox), [1, 2, 3, 4]);
    });
}

#[test]
fn a_role_that_goes_to_another_folder_is_read_there_over_the_connection_that_had_the_old_one_open() {
    let server = Dovecot::start();
    let team = Team::create_with(&server, "moved.test", &PEOPLE, &["Sent Items", "Archive"]);
    let file = |folder: &str, subject: &str| {
        let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), subject, "It works.");
        team.append(folder, "(\\Seen)", &mail.bytes())
    };
    runtime().block_on(async {
        let mut alice = Device::open(&team, "alice").await;
        file("Sent Items", "One");
        alice.link.sync_whole(&alice.mailbox, Role::Sent).await.expect("a sync");
        assert_eq!(rows(&alice.link, &alice.mailbox, Role::Sent), [1]);
        team.owner().ok("CREATE Sent");
        team.grant("alice", "Sent", rights::ALL);
        for subject in ["Another", "A third"] {
            file("Sent", subject);
        }
        alice.mailbox.folders.insert(Role::Sent, team.folder("Sent"));
        alice.link.sync_whole(&alice.mailbox, Role::Sent).await.expect("a sync");
        assert_eq!(rows(&alice.link, &alice.mailbox, Role::Sent), [1, 2]);
    });
}

#[test]
fn a_folder_of_another_uidvalidity_is_read_anew_and_acted_on_by_its_new_uids() {
    let server = Dovecot::start();
    let runtime = runtime();
    for is_recreated in [false, true] {
        let team = server.team();
        let (root, _) = old_conversation(&team);
        let mail = Mail::new("Mika Tanaka <mika@tanaka.example>", &team.mailbox(), "In Archive", "Thanks.");
        team.append("Archive", "(\\Seen)", &mail.bytes());
        runtime.block_on(async {
            let mut alice = Device::open(&team, "alice").await;
            alice.sync().await;
            let validity = |link: &Link, role| {
                link.reader.folder(&team.mailbox(), role).expect("the cache").expect("the folder").uidvalidity
            };
            let before = (validity(&alice.link, Role::Inbox), validity(&alice.link, Role::Archive));
            if is_recreated {
                // Of all that was in Archive nothing comes back.
                let mut owner = team.owner();
                owner.ok("DELETE Archive");
                owner.ok("CREATE Archive");
                team.grant("alice", "Archive", rights::ALL);
            } else {
                for folder in ["INBOX", "Archive"] {
                    server.doveadm(&["mailbox", "update", "--uid-validity", "7654321", "-u", &team.mailbox(), folder]);
                }
            }
            alice.link.reconnect().await.expect("connected");
            alice.sync().await;
            assert_ne!(validity(&alice.link, Role::Archive), before.1);
            assert_eq!(validity(&alice.link, Role::Inbox) != before.0, !is_recreated);
            assert_eq!(rows(&alice.link, &alice.mailbox, Role::Inbox), [1, 2, 3, 4]);
            assert_eq!(rows(&alice.link, &alice.mailbox, Role::Archive).len(), usize::from(!is_recreated));
            let conversation = alice.act(&root, &Action::Done).await.expect("done");
            assert_eq!((conversation.folder, conversation.messages), (Role::Archive, 2));
        });
    }
}
