//! The IMAP session against a real Dovecot: people and the mailbox that they share.

mod support;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bagsy::config::{Credentials, Endpoint, Secret, Tls};
use bagsy::imap::{Criteria, Error, IdleReason, NamespaceKind, Session, UidSet, Unsolicited};
use bagsy::model::{ErrorKind, MessageId, ModSeq, Rights, Role, Uid};
use bagsy::wire::step::FlagChange;
use support::certs::Cert;
use support::dovecot::{Dovecot, Options, PASSWORD};
use support::process::free_port;
use support::team::Team;

fn dovecot() -> &'static Dovecot {
    static SERVER: OnceLock<Dovecot> = OnceLock::new();
    SERVER.get_or_init(|| Dovecot::with(Options { oauth2: true, ..Options::default() }))
}

fn endpoint(server: &Dovecot, tls: Tls) -> Endpoint {
    let port = if tls == Tls::Implicit { server.imaps_port } else { server.imap_port };
    Endpoint { host: "localhost".into(), port, tls, ca: Some(server.ca()) }
}

fn password(team: &Team, who: &str) -> Credentials {
    Credentials::Password { user: team.user(who), password: Secret::new(PASSWORD) }
}

async fn session(team: &Team<'_>, who: &str) -> Session {
    Session::connect(&endpoint(team.server, Tls::None), &password(team, who)).await.unwrap()
}

fn mail(id: &str, subject: &str) -> Vec<u8> {
    format!(
        "From: Carol <carol@customer.test>\r\nTo: support@example.test\r\nSubject: {subject}\r\n\
         Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{id}>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         Grüße {{5}}\r\n)\r\n"
    )
    .into_bytes()
}

fn claim(who: &str) -> FlagChange {
    FlagChange::Add(vec![format!("bagsy-claim-{who}")])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_works_over_every_kind_of_connection() {
    let team = dovecot().team();
    for tls in [Tls::Implicit, Tls::StartTls, Tls::None] {
        let session = Session::connect(&endpoint(dovecot(), tls), &password(&team, "alice")).await;
        let session = session.unwrap_or_else(|error| panic!("{tls:?}: {error}"));
        assert_eq!(session.is_encrypted(), tls != Tls::None);
        assert!(session.has("CONDSTORE") && session.tells_vanished());
        session.logout().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_fails_says_in_plain_words_why() {
    let team = dovecot().team();
    let fails = async |endpoint: Endpoint, credentials: &Credentials| {
        let error = Session::connect(&endpoint, credentials).await.unwrap_err();
        assert!(!format!("{error:?}").contains(PASSWORD), "{error:?}");
        error
    };
    let right = password(&team, "alice");
    let wrong = Credentials::Password { user: team.user("alice"), password: Secret::new("swordfish") };
    let error = fails(endpoint(dovecot(), Tls::Implicit), &wrong).await;
    assert!(matches!(error, Error::Auth { .. }) && !error.to_string().contains("swordfish"), "{error}");

    let tls_words = [
        (Endpoint { ca: None, ..endpoint(dovecot(), Tls::Implicit) }, ["not trusted", "authorities"]),
        (
            Endpoint { host: Cert::WrongHost.address().into(), ..endpoint(dovecot(), Tls::StartTls) },
            ["another host name"; 2],
        ),
        (Endpoint { host: Cert::Expired.address().into(), ..endpoint(dovecot(), Tls::Implicit) }, ["expired"; 2]),
        (Endpoint { port: dovecot().imap_port, ..endpoint(dovecot(), Tls::Implicit) }, ["STARTTLS"; 2]),
    ];
    for (endpoint, words) in tls_words {
        let error = fails(endpoint, &right).await;
        assert!(
            matches!(&error, Error::Tls { why, .. } if words.iter().any(|w| why.to_string().contains(w))),
            "{error}"
        );
    }
    let error = fails(Endpoint { ca: Some("/nowhere.pem".into()), ..endpoint(dovecot(), Tls::Implicit) }, &right).await;
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("/nowhere.pem"), "{error}");
    let error = fails(Endpoint { port: free_port(), ..endpoint(dovecot(), Tls::None) }, &right).await;
    assert!(matches!(&error, Error::Unreachable { why, .. } if why.contains("refused")), "{error}");
    let error = fails(Endpoint { host: "nowhere.invalid".into(), ..endpoint(dovecot(), Tls::None) }, &right).await;
    assert!(matches!(&error, Error::Unreachable { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_signs_in_until_it_is_revoked() {
    let team = dovecot().team();
    let user = team.user("alice");
    let token = dovecot().tokens().issue(&user);
    let credentials = Credentials::OAuth2 { user, token: Secret::new(token.clone()) };
    Session::connect(&endpoint(dovecot(), Tls::Implicit), &credentials).await.unwrap().logout().await;
    dovecot().tokens().revoke(&token);
    let error = Session::connect(&endpoint(dovecot(), Tls::Implicit), &credentials).await.unwrap_err();
    assert!(matches!(error, Error::Auth { .. }) && !error.to_string().contains(&token), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_mailbox_is_found_with_its_rights() {
    let team = dovecot().team();
    let shared = &team.folder("INBOX");
    team.grant("bob", "Archive", "lr");
    let mut bob = session(&team, "bob").await;
    bob.create("Sent").await.unwrap();
    bob.create("Sent").await.unwrap();
    let namespaces = bob.namespaces().await.unwrap();
    assert_eq!(namespaces.others[0].prefix, "shared/");
    assert_eq!(namespaces.others[0].delimiter, Some('/'));
    let folders = bob.list_namespace(&namespaces.others[0]).await.unwrap();
    let names: Vec<&str> = folders.iter().filter(|f| f.is_selectable()).map(|f| f.name.as_str()).collect();
    assert!(names.contains(&shared.as_str()) && names.contains(&team.folder("Sent").as_str()), "{folders:?}");
    let own = bob.list_namespace(&namespaces.personal[0]).await.unwrap();
    assert!(own.iter().any(|f| f.name == "Sent" && f.role() == Some(Role::Sent)), "{own:?}");

    let (kind, namespace) = namespaces.locate(shared).unwrap();
    assert_eq!((kind, namespace.prefix.as_str()), (NamespaceKind::Others, "shared/"));
    assert_eq!(namespaces.locate("Sent").unwrap().0, NamespaceKind::Personal);

    let rights = bob.my_rights(shared).await.unwrap().unwrap();
    assert!(rights.grant("lrwste"), "{rights:?}");
    assert_eq!(bob.my_rights(&team.folder("Archive")).await.unwrap(), Some(Rights("lr".into())));
    let missing = bob.my_rights("shared/nobody@example.test").await.unwrap_err();
    assert!(missing.is_missing(), "{missing}");

    let inbox = bob.select(shared).await.unwrap();
    assert!(inbox.takes_new_keywords() && !inbox.is_read_only && inbox.highest_modseq.is_some(), "{inbox:?}");
    let archive = bob.select(&team.folder("Archive")).await.unwrap();
    assert!(!archive.takes_new_keywords(), "{archive:?}");
    let status = bob.status(shared).await.unwrap();
    assert_eq!((status.messages, status.uidnext), (Some(0), Some(Uid(1))));
    assert!(bob.select(&team.folder("Nothing")).await.unwrap_err().is_missing());
    bob.noop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_comes_in_with_all_that_a_row_needs() {
    let team = dovecot().team();
    let shared = &team.folder("INBOX");
    let mut alice = session(&team, "alice").await;
    let big = [&mail("big@x", "=?utf-8?q?gro=C3=9F?=")[..], &b"x".repeat(300_000)].concat();
    let flags = ["\\Seen".to_owned(), "VIP".to_owned()];
    let first = alice.append(shared, &flags, &mail("one@x", "one")).await.unwrap();
    alice.append(shared, &[], &big).await.unwrap();
    let missing = alice.append(&team.folder("None"), &[], &big).await.unwrap_err();
    assert!(missing.is_missing(), "{missing}");
    let selected = alice.select(shared).await.unwrap();
    assert_eq!(first.uid, Some((selected.uidvalidity, Uid(1))));
    assert_eq!(selected.exists, 2);

    let mut headers = Vec::new();
    alice.fetch_headers(&UidSet::all(), None, |h| headers.push(h)).await.unwrap();
    assert_eq!(headers.len(), 2);
    assert!(headers[0].flags.seen && headers[0].flags.has("vip"));
    assert!(headers[0].modseq.is_some() && headers[0].internal_date.as_second() > 1_700_000_000);
    assert_eq!(headers[1].size as usize, big.len());
    let text = String::from_utf8_lossy(&headers[1].header);
    assert!(text.contains("Message-ID: <big@x>") && text.ends_with("\r\n\r\n"), "{text}");

    assert_eq!(alice.fetch_raw(Uid(2), None).await.unwrap().unwrap(), big);
    assert_eq!(alice.fetch_raw(Uid(2), Some((10, 20))).await.unwrap().unwrap(), big[10..30]);
    assert_eq!(alice.fetch_raw(Uid(2), Some((400_000, 20))).await.unwrap(), Some(Vec::new()));
    assert_eq!(alice.fetch_raw(Uid(9), None).await.unwrap(), None);
    let parts = alice.fetch_structure(Uid(2)).await.unwrap().unwrap();
    assert_eq!((parts[0].media_type.as_str(), parts[0].is_attachment), ("text/plain", false));
    assert_eq!(alice.fetch_structure(Uid(9)).await.unwrap(), None);
    alice.set_literal_limit(1000);
    assert!(matches!(alice.fetch_raw(Uid(2), None).await, Err(Error::TooLarge { .. })));
    assert!(alice.fetch_raw(Uid(1), None).await.unwrap().is_some());

    assert_eq!(alice.search_message_id(&MessageId("one@x".into())).await.unwrap(), [Uid(1)]);
    assert_eq!(alice.search_conversation(&MessageId("big@x".into())).await.unwrap(), [Uid(2)]);
    assert_eq!(alice.search(&Criteria::header("SUBJECT", "groß")).await.unwrap(), [Uid(2)]);
    assert_eq!(alice.search(&Criteria::Words("KEYWORD VIP".into())).await.unwrap(), [Uid(1)]);
    assert!(alice.search(&Criteria::Words("KEYWORD NONE".into())).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guarded_store_tells_winner_from_loser() {
    let team = dovecot().team();
    let shared = &team.folder("INBOX");
    let (mut alice, mut bob) = (session(&team, "alice").await, session(&team, "bob").await);
    for id in ["one@x", "two@x"] {
        alice.append(shared, &[], &mail(id, "hello")).await.unwrap();
    }
    alice.select(shared).await.unwrap();
    bob.select(shared).await.unwrap();
    // Both keywords are known in the folder before they race.
    for (session, who) in [(&mut alice, "alice"), (&mut bob, "bob")] {
        session.store(Uid(2), None, &claim(who)).await.unwrap();
        let off = FlagChange::Remove(vec![format!("bagsy-claim-{who}")]);
        session.store(Uid(2), None, &off).await.unwrap();
    }
    let seen = alice.fetch_flags(&UidSet::one(Uid(1)), None).await.unwrap().flags;
    let modseq = seen[0].1;
    assert!(modseq.is_some());
    let won = alice.store(Uid(1), modseq, &claim("alice")).await.unwrap();
    assert!(won.accepted && !won.modified);
    assert!(won.fetched.unwrap().0.has("bagsy-claim-alice"));
    let lost = bob.store(Uid(1), modseq, &claim("bob")).await.unwrap();
    assert!(lost.accepted && lost.modified, "{lost:?}");
    let gone = bob.store(Uid(99), Some(ModSeq(5)), &claim("bob")).await.unwrap();
    assert!(gone.accepted && !gone.modified && gone.fetched.is_none(), "{gone:?}");
    let long = FlagChange::Add(vec!["x".repeat(60)]);
    let refused = bob.store(Uid(1), None, &long).await.unwrap();
    assert!(!refused.accepted && refused.refusal.is_some(), "{refused:?}");

    bob.noop().await.unwrap();
    let changed = bob.fetch_flags(&UidSet::all(), modseq).await.unwrap();
    assert!(changed.flags.iter().any(|(uid, _, flags)| *uid == Uid(1) && flags.has("bagsy-claim-alice")));

    let moved = alice.uid_move(&UidSet::one(Uid(1)), &team.folder("Archive")).await.unwrap();
    assert_eq!(moved.uids.unwrap().1, [(Uid(1), Uid(1))]);
    bob.take_unsolicited();
    bob.noop().await.unwrap();
    assert_eq!(bob.take_unsolicited(), [Unsolicited::Vanished(UidSet::one(Uid(1)))]);
    let vanished = bob.fetch_flags(&UidSet::all(), modseq).await.unwrap().vanished;
    assert!(vanished.contains(Uid(1)) && !vanished.contains(Uid(2)), "{vanished}");
    alice.uid_copy(&UidSet::one(Uid(2)), &team.folder("Sent")).await.unwrap();
    alice.store(Uid(2), None, &FlagChange::Add(vec!["\\Deleted".into()])).await.unwrap();
    alice.uid_expunge(&UidSet::one(Uid(2))).await.unwrap();
    assert!(alice.fetch_flags(&UidSet::all(), None).await.unwrap().flags.is_empty());
    alice.unselect().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_hears_what_a_teammate_does() {
    let team = dovecot().team();
    let shared = &team.folder("INBOX");
    let (mut alice, mut bob) = (session(&team, "alice").await, session(&team, "bob").await);
    bob.select(shared).await.unwrap();
    alice.select(shared).await.unwrap();
    let never = std::future::pending::<()>();
    let (heard, ()) = tokio::join!(bob.idle(never, Duration::from_secs(20)), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        alice.append(shared, &[], &mail("one@x", "hello")).await.unwrap();
    });
    let heard = heard.unwrap();
    assert_eq!((heard.reason, heard.changes), (IdleReason::Changed, vec![Unsolicited::Exists(1)]));

    let (heard, ()) = tokio::join!(bob.idle(std::future::pending(), Duration::from_secs(20)), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        alice.noop().await.unwrap();
        alice.store(Uid(1), None, &claim("alice")).await.unwrap();
    });
    let heard = heard.unwrap();
    let [Unsolicited::Flags { uid: Some(Uid(1)), modseq: Some(_), flags }] = &heard.changes[..] else {
        panic!("{heard:?}")
    };
    assert!(flags.has("bagsy-claim-alice"));

    let began = Instant::now();
    let soon = tokio::time::sleep(Duration::from_millis(200));
    let heard = bob.idle(soon, Duration::from_secs(20)).await.unwrap();
    assert_eq!(heard.reason, IdleReason::Interrupted);
    let heard = bob.idle(std::future::pending(), Duration::from_millis(200)).await.unwrap();
    assert_eq!(heard.reason, IdleReason::TimedOut);
    assert!(began.elapsed() < Duration::from_secs(5));
    bob.noop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_can_little_is_used_as_it_is() {
    static SERVER: OnceLock<Dovecot> = OnceLock::new();
    let missing = [
        "NAMESPACE",
        "LIST-EXTENDED",
        "SPECIAL-USE",
        "CONDSTORE",
        "QRESYNC",
        "ENABLE",
        "ESEARCH",
        "MOVE",
        "LITERAL+",
        "IDLE",
        "UNSELECT",
        "ACL",
        "RIGHTS=texk",
        "ID",
        "SASL-IR",
    ];
    let server = SERVER.get_or_init(|| Dovecot::with(Options::without(&missing)));
    let team = server.team();
    let shared = &team.folder("INBOX");
    let mut alice = session(&team, "alice").await;
    assert!(!alice.tells_vanished());
    let namespaces = alice.namespaces().await.unwrap();
    assert_eq!((namespaces.personal.len(), namespaces.others.len()), (1, 0));
    assert!(alice.list_namespace(&namespaces.personal[0]).await.unwrap().iter().any(|f| f.name == *shared));
    assert_eq!(alice.my_rights(shared).await.unwrap(), None);
    for id in ["one@x", "two@x"] {
        alice.append(shared, &[], &mail(id, "hello")).await.unwrap();
    }
    let selected = alice.select(shared).await.unwrap();
    assert!(selected.takes_new_keywords(), "{selected:?}");
    let mut headers = Vec::new();
    alice.fetch_headers(&selected.uids(), None, |h| headers.push(h)).await.unwrap();
    assert_eq!(headers.len(), 2);
    assert_eq!(alice.search_message_id(&MessageId("two@x".into())).await.unwrap(), [Uid(2)]);
    let answer = alice.store(Uid(1), None, &claim("alice")).await.unwrap();
    assert!(answer.accepted && answer.fetched.is_some());

    // Another's deleted message is not expunged with what is moved.
    alice.store(Uid(2), None, &FlagChange::Add(vec!["\\Deleted".into()])).await.unwrap();
    let moved = alice.uid_move(&UidSet::one(Uid(1)), &team.folder("Archive")).await.unwrap();
    assert_eq!(moved.uids.unwrap().1, [(Uid(1), Uid(1))]);
    let left = alice.fetch_flags(&UidSet::all(), None).await.unwrap().flags;
    assert!(matches!(&left[..], [(Uid(2), _, flags)] if flags.deleted), "{left:?}");
    alice.take_unsolicited();

    let mut bob = session(&team, "bob").await;
    alice.set_polling(Duration::from_millis(300));
    let (heard, ()) = tokio::join!(alice.idle(std::future::pending(), Duration::from_secs(30)), async {
        bob.append(shared, &[], &mail("three@x", "hello")).await.unwrap();
    });
    let heard = heard.unwrap();
    assert!(heard.changes.iter().any(|c| matches!(c, Unsolicited::Exists(2))), "{heard:?}");
    alice.unselect().await.unwrap();
    assert_eq!(alice.status(shared).await.unwrap().messages, Some(2));
}
