//! Several connections of one device share a cache: what one of them was told, another may not have heard of yet, and what is
//! not in the cache yet is found on the server.

mod support;

use bagsy::engine::{Place, Question};
use bagsy::model::{ModSeq, Query, Role, Uid};
use bagsy::store::{Batch, FolderState, Writer};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use support::device::{Device, runtime};
use support::dovecot::{maildir, sdbox};
use support::mailgen::Mail;

#[test]
fn mail_that_another_connection_told_of_is_opened_over_one_that_heard_nothing_yet() {
    for server in [sdbox(), maildir()] {
        let team = server.team();
        runtime().block_on(async {
            let mut alice = Device::open(&team, "alice").await;
            alice.sync().await;
            let mut working = alice.another_link().await;
            working.enter(&alice.mailbox, Role::Inbox).await.expect("INBOX");
            // It lies idle with INBOX open, while the watching one hears of this.
            let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Just now", "Its text.");
            let uid = team.append("INBOX", "", &mail.bytes());
            alice.sync().await;
            let root = alice.root_of(&mail.message_id).expect("its conversation");
            let place = Place { mailbox: &alice.mailbox, root: &root };
            working.open_bodies(place).await.expect("opened");
            let body = alice.link.reader.body(alice.mailbox.key(), Role::Inbox, Uid(uid)).expect("the cache");
            assert!(body.is_some_and(|body| String::from_utf8_lossy(&body.raw).contains("Its text.")));
        });
    }
}

#[test]
fn mail_that_came_before_a_change_that_was_read_already_is_not_passed_over() {
    for server in [sdbox(), maildir()] {
        let team = server.team();
        runtime().block_on(async {
            let mut alice = Device::open(&team, "alice").await;
            let first = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "First", "Text.");
            team.append("INBOX", "", &first.bytes());
            alice.sync().await;
            let key = alice.mailbox.key().to_owned();
            let before = alice.link.reader.folder(&key, Role::Inbox).expect("the cache").expect("INBOX");

            // Another connection of hers reads a change to the first mail; of the second it was not told yet.
            let second = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Second", "Text.");
            team.append("INBOX", "", &second.bytes());
            let mut bob = team.in_inbox("bob");
            bob.ok("UID STORE 1 +FLAGS (vip)");
            let highest_modseq = bob.modseq(1).map(ModSeq);
            let state = FolderState { highest_modseq, ..before };
            let batch = Batch { reset: false, state, messages: Vec::new(), flags: Vec::new(), vanished: Vec::new() };
            let mut writer = Writer::open(alice.link.cache.path(), alice.link.login.me().as_ref()).expect("the cache");
            writer.apply(&key, Role::Inbox, batch, false).expect("written");
            drop(writer);

            alice.sync().await;
            assert!(alice.root_of(&second.message_id).is_some(), "passed over");
            // Neither when more comes after it, nor in a cache that has passed one over already.
            let third = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Third", "Text.");
            team.append("INBOX", "", &third.bytes());
            alice.sync().await;
            let mut writer = Writer::open(alice.link.cache.path(), alice.link.login.me().as_ref()).expect("the cache");
            let state = alice.link.reader.folder(&key, Role::Inbox).expect("the cache").expect("INBOX");
            let vanished = vec![Uid(2)];
            let batch = Batch { reset: false, state, messages: Vec::new(), flags: Vec::new(), vanished };
            writer.apply(&key, Role::Inbox, batch, false).expect("written");
            drop(writer);
            alice.another_link().await.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
            assert!(alice.root_of(&second.message_id).is_some(), "passed over for good");
        });
    }
}

#[test]
fn of_too_many_old_hits_the_newest_are_brought_and_the_others_counted() {
    let team = sdbox().team();
    let mails: Vec<_> = (1..=230)
        .map(|n| {
            let text = if n <= 210 { "A zebra." } else { "Nothing." };
            let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), &format!("Mail {n}"), text);
            ("()".to_owned(), mail.bytes())
        })
        .collect();
    team.owner().append_all("INBOX", &mails);
    runtime().block_on(async {
        let mut alice = Device::open(&team, "alice").await;
        // INBOX is begun at its end; what is older is not read yet.
        alice.link.sync(&alice.mailbox, Role::Inbox).await.expect("a sync");
        let query = Query::parse("zebra").expect("a query");
        let question = Question::of(&query, false, Timestamp::now(), &TimeZone::UTC);
        let answer = alice.link.ask(&alice.mailbox, Role::Inbox, &question).await.expect("an answer");
        assert_eq!((answer.also.len(), answer.left_out), (210, 10));
        let reader = &alice.link.reader;
        let is_here = |uid| reader.message(alice.mailbox.key(), Role::Inbox, Uid(uid)).expect("the cache").is_some();
        assert_eq!((is_here(10), is_here(11), is_here(210), is_here(211)), (false, true, true, false));
        // Asked again, the next older ones come.
        let answer = alice.link.ask(&alice.mailbox, Role::Inbox, &question).await.expect("an answer");
        assert_eq!(answer.left_out, 0);
    });
}
