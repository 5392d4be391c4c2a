//! The real Dovecot of the tests does what the tests rely on.

mod support;

use std::sync::{Arc, Barrier};
use std::time::Duration;

use support::certs::Cert;
use support::dovecot::{Dovecot, Options, SharedIndex, Storage, maildir, sdbox};
use support::imap_client::{Client, Word, quoted};
use support::team::Team;

const MAIL: &[u8] = b"From: Carla <carla@customer.example>\r\nTo: support@example.test\r\nSubject: Where is it?\r\n\
    Message-ID: <one@customer.example>\r\nDate: Mon, 02 Nov 2026 09:00:00 +0000\r\n\r\nHello\r\n";

/// Two people store a keyword of their own under the guard of one and the same MODSEQ. The keywords are known in the
/// folder: where they are new, Dovecot lets two win.
fn race(team: &Team) {
    for who in ["p1", "p2"] {
        let uid = team.append("INBOX", "", MAIL);
        team.in_inbox(who).ok(&format!("UID STORE {uid} +FLAGS (race-{who})"));
    }
    for _ in 0..20 {
        let uid = team.append("INBOX", "", MAIL);
        let barrier = Arc::new(Barrier::new(2));
        let racers = ["p1", "p2"].map(|who| {
            let (mut client, barrier) = (team.in_inbox(who), barrier.clone());
            std::thread::spawn(move || {
                let modseq = client.modseq(uid).expect("the mail");
                barrier.wait();
                let answer = client.guarded_store(uid, modseq, &format!("+FLAGS (race-{who})"));
                (who, answer)
            })
        });
        let answers = racers.map(|r| r.join().expect("a racer"));
        let flags = team.in_inbox("alice").flags(uid).expect("the mail");
        for (who, answer) in &answers {
            assert_eq!(answer.word, Word::Ok, "{answer:?}");
            assert_eq!(!answer.is_modified(), flags.contains(&format!("race-{who}")), "{who}: {answer:?}, {flags:?}");
        }
        let winners = answers.iter().filter(|(_, a)| !a.is_modified()).count();
        assert_eq!(winners, 1, "{answers:?}, {flags:?}");
    }
}

#[test]
fn of_two_guarded_stores_one_wins_on_sdbox() {
    race(&sdbox().team());
}

#[test]
fn of_two_guarded_stores_one_wins_on_maildir() {
    assert_eq!(maildir().options.storage, Storage::Maildir);
    race(&maildir().team());
}

#[test]
fn a_readers_store_is_answered_ok_and_changes_nothing() {
    let team = sdbox().team();
    let uid = team.deliver("carla@customer.example", MAIL);
    let mut dave = team.imap("dave");
    let selected = dave.select(&team.folder("INBOX"));
    let permanent = selected.untagged.iter().find(|l| l.contains("PERMANENTFLAGS")).expect("PERMANENTFLAGS");
    assert!(!permanent.contains("\\*"), "{permanent}");
    let answer = dave.ok(&format!("UID STORE {uid} +FLAGS (mine)"));
    assert!(!answer.is_modified());
    assert!(!team.in_inbox("alice").flags(uid).expect("the mail").contains("mine"));
}

#[test]
fn each_has_the_rights_that_were_granted_and_a_stranger_sees_nothing() {
    let team = sdbox().team();
    let inbox = quoted(&team.folder("INBOX"));
    let rights = |who: &str| team.imap(who).ok(&format!("MYRIGHTS {inbox}")).untagged.join("");
    assert!(rights("alice").ends_with(" lrwstipekxacd") || rights("alice").contains("lrwsti"), "{}", rights("alice"));
    assert!(rights("erin").contains("lrws"), "{}", rights("erin"));
    let answer = team.imap("mallory").command(&format!("SELECT {inbox}"));
    assert_eq!(answer.word, Word::No);
    team.grant("bob", "Sent", "");
    assert_eq!(team.imap("bob").command(&format!("SELECT {}", quoted(&team.folder("Sent")))).word, Word::No);
    let listed = team.imap("alice").ok("LIST \"\" \"shared/*\"").untagged;
    assert_eq!(listed.len(), 6, "{listed:?}");
    assert!(listed.iter().all(|l| l.contains(&team.domain)), "{listed:?}");
}

#[test]
fn a_listener_hears_of_a_delivery() {
    let team = sdbox().team();
    let mut listener = team.in_inbox("bob");
    let tag = listener.begin_idle();
    team.deliver("carla@customer.example", MAIL);
    listener.wait_for_push(Duration::from_secs(5), |l| l.ends_with(" EXISTS"));
    listener.end_idle(&tag);
    assert_eq!(listener.search("ALL"), [1]);
    let message = String::from_utf8(listener.message(1).expect("the mail")).expect("ASCII");
    assert!(message.contains("Return-Path: <carla@customer.example>") && message.ends_with("Hello\r\n"), "{message}");
}

#[test]
fn tls_is_right_for_the_wrong_host_or_expired_as_asked_for() {
    let server = sdbox();
    let team = server.team();
    let user = team.user("alice");
    for host in ["localhost", "127.0.0.1"] {
        let client = Client::connect_tls(host, server.imaps_port).expect("a good certificate");
        client.login(&user, support::dovecot::PASSWORD);
        let client = Client::connect_starttls(host, server.imap_port).expect("a good certificate");
        client.login(&user, support::dovecot::PASSWORD);
    }
    for (cert, complaint) in [(Cert::WrongHost, "NotValidForName"), (Cert::Expired, "Expired")] {
        let implicit = Client::connect_tls(cert.address(), server.imaps_port).map(|_| ());
        let starttls = Client::connect_starttls(cert.address(), server.imap_port).map(|_| ());
        for answer in [implicit, starttls] {
            let error = format!("{:?}", answer.expect_err("a bad certificate"));
            assert!(error.contains(complaint), "{cert:?}: {error}");
        }
    }
}

#[test]
fn an_access_token_signs_in_until_it_is_revoked() {
    let server = Dovecot::with(Options { oauth2: true, ..Options::default() });
    let team = server.team();
    let alice = team.user("alice");
    let token = server.tokens().issue(&alice);
    let xoauth2 = |token: &str| {
        let mut client = Client::connect("127.0.0.1", server.imap_port);
        let words = data_encoding::BASE64.encode(format!("user={alice}\x01auth=Bearer {token}\x01\x01").as_bytes());
        client.authenticate("XOAUTH2", &words)
    };
    let bearer = |token: &str| {
        let mut client = Client::connect("127.0.0.1", server.imap_port);
        let words = data_encoding::BASE64
            .encode(format!("n,a={alice},\x01host=127.0.0.1\x01port=143\x01auth=Bearer {token}\x01\x01").as_bytes());
        client.authenticate("OAUTHBEARER", &words)
    };
    assert_eq!(xoauth2(&token).word, Word::Ok);
    assert_eq!(bearer(&token).word, Word::Ok);
    assert_eq!(xoauth2("another").word, Word::No);
    server.tokens().revoke(&token);
    assert_eq!(xoauth2(&token).word, Word::No);
    assert_eq!(bearer(&token).word, Word::No);
}

#[test]
fn what_a_server_is_to_lack_it_does_not_advertise() {
    let server = Dovecot::with(Options::without(&["CONDSTORE", "QRESYNC", "IDLE", "ACL", "RIGHTS=texk"]));
    let user = "someone@example.test";
    let capability = server.imap(user).ok("CAPABILITY").untagged.join("");
    for word in ["CONDSTORE", "IDLE", "ACL"] {
        assert!(!capability.contains(word), "{capability}");
    }
    assert!(capability.contains("UIDPLUS"), "{capability}");
}

#[test]
fn a_dropped_server_leaves_nothing_behind() {
    let server = Dovecot::start();
    let (folder, pid) = (server.folder().to_owned(), server.pid());
    let _team = server.team();
    drop(server);
    assert!(!folder.exists());
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[test]
fn seen_is_common_or_private_as_asked_for() {
    for shared_index in [SharedIndex::Common, SharedIndex::PrivateSeen] {
        let server = Dovecot::with(Options { shared_index, ..Options::default() });
        let team = server.team();
        let uid = team.append("INBOX", "", MAIL);
        team.in_inbox("bob").ok(&format!("UID STORE {uid} +FLAGS (\\Seen told)"));
        let flags = team.in_inbox("alice").flags(uid).expect("the mail");
        assert!(flags.contains("told"), "{flags:?}");
        assert_eq!(flags.contains("\\Seen"), shared_index == SharedIndex::Common, "{flags:?}");
    }
}

#[test]
fn a_public_namespace_and_a_quota_are_there_where_asked_for() {
    let server = Dovecot::with(Options { public: true, quota_kb: Some(100), ..Options::default() });
    let team = server.team();
    let mut alice = team.imap("alice");
    let namespaces = alice.ok("NAMESPACE").untagged.join("");
    assert!(namespaces.contains("\"shared/\"") && namespaces.contains("\"Public/\""), "{namespaces}");
    server.create_public(&["desk@example.test", "desk@example.test/Sent"]);
    let mut bob = team.imap("bob");
    assert_eq!(bob.ok("LIST \"\" Public/*").untagged.len(), 2);
    let uid = bob.append("Public/desk@example.test", "(mine)", MAIL);
    alice.select("Public/desk@example.test");
    assert!(alice.flags(uid).expect("the mail").contains("mine"));
    let quota = alice.ok("GETQUOTAROOT INBOX").untagged.join("");
    assert!(quota.contains("STORAGE 0 100"), "{quota}");
}

#[test]
fn with_an_index_for_each_user_a_stale_guard_holds_nothing_off() {
    let server = Dovecot::with(Options { shared_index: SharedIndex::PerUser, ..Options::maildir() });
    let team = server.team();
    let uid = team.append("INBOX", "", MAIL);
    let (mut alice, mut bob) = (team.in_inbox("alice"), team.in_inbox("bob"));
    let stale = bob.modseq(uid).expect("the mail");
    alice.ok(&format!("UID STORE {uid} +FLAGS (first)"));
    let answer = bob.guarded_store(uid, stale, "+FLAGS (second)");
    assert!(!answer.is_modified(), "{answer:?}");
}
