//! The IMAP session against servers as odd as there are in the field, and odder: nothing that they say ends a session,
//! fills the memory, or puts mail or a secret into an error.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use bagsy::config::{Credentials, Endpoint, Secret, Tls};
use bagsy::imap::{Code, Criteria, Error, IdleReason, Session, UidSet, Unsolicited};
use bagsy::model::{ModSeq, Uid, UidValidity};
use bagsy::net::Unsafe;
use bagsy::wire::step::FlagChange;

/// The server's side of one connection, spoken line by line.
struct Peer {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Peer {
    fn say(&mut self, text: impl AsRef<[u8]>) {
        self.stream.write_all(text.as_ref()).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Reads a line that must have this in it; its tag.
    fn hear(&mut self, part: &str) -> String {
        let line = self.line();
        assert!(line.contains(part), "{line:?} has no {part:?}");
        line.split(' ').next().unwrap().to_owned()
    }

    /// Reads a command, says this, and that it is done.
    fn answer(&mut self, part: &str, untagged: impl AsRef<[u8]>) {
        let tag = self.hear(part);
        self.say(untagged);
        self.say(format!("{tag} OK done\r\n"));
    }

    fn literal(&mut self, octets: usize) -> Vec<u8> {
        let mut bytes = vec![0; octets];
        self.reader.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Lets one in; these are the capabilities.
    fn welcome(&mut self, capabilities: &str) {
        self.say("* OK hello\r\n");
        self.answer("CAPABILITY", "* CAPABILITY IMAP4rev1\r\n");
        self.answer("LOGIN", "");
        self.answer("CAPABILITY", format!("* CAPABILITY IMAP4rev1 {capabilities}\r\n"));
    }

    fn open(&mut self, more: &str) {
        self.answer(
            "SELECT",
            format!("* FLAGS (\\Seen)\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 10]\r\n{more}"),
        );
    }
}

fn server(act: impl FnOnce(Peer) + Send + 'static) -> (Endpoint, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        act(Peer { stream, reader });
    });
    (Endpoint { host: "127.0.0.1".into(), port, tls: Tls::None, ca: None }, thread)
}

fn password() -> Credentials {
    Credentials::Password { user: "alice".into(), password: Secret::new("hush-hush") }
}

fn token() -> Credentials {
    Credentials::OAuth2 { user: "alice".into(), token: Secret::new("hush-hush") }
}

async fn connect(endpoint: &Endpoint) -> Session {
    Session::connect(endpoint, &password()).await.unwrap()
}

/// What becomes of the sign-in on a server that acts so.
async fn refusal(credentials: Credentials, act: impl FnOnce(Peer) + Send + 'static) -> Error {
    let (endpoint, thread) = server(act);
    let error = Session::connect(&endpoint, &credentials).await.unwrap_err();
    thread.join().unwrap();
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    error
}

#[tokio::test]
async fn what_a_server_says_of_itself_and_keeps_about_a_folder_is_read_as_cyrus_writes_it() {
    const ENTRY: &str = "/shared/vendor/cmu/cyrus-imapd/sharedseen";
    let (endpoint, thread) = server(|mut peer| {
        peer.say("* OK hello\r\n");
        peer.answer("CAPABILITY", "* CAPABILITY IMAP4rev1\r\n");
        peer.answer("LOGIN", "");
        peer.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 ID METADATA\r\n");
        peer.answer(
            "ID (\"name\" \"bagsy\"",
            "* ID (\"name\" \"Cyrus IMAPD\" \"version\" \"3.6.1-Debian\" \"os\" NIL)\r\n",
        );
        let told = |value: &str| format!("* METADATA \"Other Users/support\" (\"{ENTRY}\" {value})\r\n");
        peer.answer(&format!("GETMETADATA \"Other Users/support\" {ENTRY}"), told("\"false\""));
        peer.answer("GETMETADATA", told("{4}\r\ntrue"));
        peer.answer("GETMETADATA", told("NIL"));
        peer.answer("GETMETADATA", "* METADATA \"Other Users/support\" /shared/comment\r\n");
        let tag = peer.hear("GETMETADATA");
        peer.say(format!("{tag} NO [NOPERM] not for you\r\n"));
    });
    let mut session = connect(&endpoint).await;
    assert_eq!(session.server_name(), Some("Cyrus IMAPD"));
    assert_eq!((session.agreed(), session.mechanism()), (None, "LOGIN command"));
    for expected in [Some("false"), Some("true"), None, None, None] {
        assert_eq!(session.metadata("Other Users/support", ENTRY).await.unwrap().as_deref(), expected);
    }
    thread.join().unwrap();
}

#[tokio::test]
async fn what_is_no_imap_server_is_called_so() {
    let error = refusal(password(), |mut peer| peer.say("220 smtp.example.test ESMTP\r\n")).await;
    assert!(matches!(error, Error::Protocol { .. }), "{error}");
    let error = refusal(password(), |mut peer| peer.say("* PREAUTH welcome\r\n")).await;
    assert!(matches!(error, Error::Protocol { .. }), "{error}");
    let error = refusal(password(), |mut peer| peer.say("* BYE come back later\r\n")).await;
    assert!(matches!(&error, Error::Unreachable { why, .. } if why == "come back later"), "{error}");
    let error = refusal(password(), |_| {}).await;
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_refused_sign_in_says_why() {
    let error = refusal(password(), |mut peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        let tag = peer.hear("LOGIN \"alice\" \"hush-hush\"");
        peer.say(format!("{tag} NO [AUTHENTICATIONFAILED] no, alice\r\n"));
    })
    .await;
    assert!(matches!(&error, Error::Auth { why, .. } if why == "no, alice"), "{error}");

    let error = refusal(password(), |mut peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        let tag = peer.hear("LOGIN");
        peer.say(format!("{tag} NO [UNAVAILABLE]überlastet\r\n"));
    })
    .await;
    assert!(matches!(&error, Error::Unreachable { why, .. } if why == "überlastet"), "{error}");

    let error = refusal(password(), |mut peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        peer.hear("LOGIN");
        peer.say("* BYE too many connections\r\n");
    })
    .await;
    assert!(matches!(&error, Error::Unreachable { why, .. } if why == "too many connections"), "{error}");

    let error = refusal(password(), |mut peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] hi\r\n");
        assert_eq!(peer.line(), "", "nothing may be sent");
    })
    .await;
    assert!(matches!(error, Error::Auth { .. }), "{error}");
}

#[tokio::test]
async fn tokens_are_shown_as_the_standards_say_and_their_errors_are_answered() {
    let error = refusal(token(), |mut peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] hi\r\n");
        // base64 of user=alice^Aauth=Bearer hush-hush^A^A
        let tag = peer.hear("AUTHENTICATE XOAUTH2 dXNlcj1hbGljZQFhdXRoPUJlYXJlciBodXNoLWh1c2gBAQ==");
        peer.say("* OK still here\r\n");
        peer.say("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n");
        assert_eq!(peer.line(), "");
        peer.say(format!("{tag} NO token expired\r\n"));
    })
    .await;
    assert!(matches!(&error, Error::Auth { why, .. } if why == "token expired"), "{error}");

    let error = refusal(token(), |mut peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1 AUTH=OAUTHBEARER AUTH=XOAUTH2] hi\r\n");
        let tag = peer.hear("AUTHENTICATE OAUTHBEARER");
        peer.say("+\r\n");
        assert!(peer.line().starts_with("bixhPWFsaWNlLAFob3N0PTEyNy4wLjAuMQFwb3J0P"));
        peer.say("+ eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=\r\n");
        assert_eq!(peer.line(), "AQ==");
        peer.say(format!("{tag} NO no\r\n"));
    })
    .await;
    assert!(matches!(error, Error::Auth { .. }), "{error}");
}

#[tokio::test]
async fn starttls_is_never_left_out() {
    for refused in [true, false] {
        let (endpoint, thread) = server(move |mut peer| {
            peer.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] no TLS here, really\r\n");
            let tag = peer.hear("STARTTLS");
            if refused {
                peer.say(format!("{tag} BAD what\r\n"));
            } else {
                peer.say(format!("{tag} OK go\r\n* OK [CAPABILITY IMAP4rev1] in the clear\r\n"));
            }
            let mut rest = Vec::new();
            let _ = peer.reader.read_to_end(&mut rest);
            let rest = String::from_utf8_lossy(&rest).into_owned();
            assert!(!rest.contains("LOGIN") && !rest.contains("AUTHENTICATE"), "{rest}");
        });
        let endpoint = Endpoint { tls: Tls::StartTls, host: "localhost".into(), ..endpoint };
        let password = password();
        let connected = tokio::time::timeout(Duration::from_secs(2), Session::connect(&endpoint, &password));
        let error = connected.await.unwrap().unwrap_err();
        assert!(matches!(&error, Error::Tls { why, .. } if (*why == Unsafe::Injected) != refused), "{error}");
        thread.join().unwrap();
    }
}

#[tokio::test]
async fn what_was_said_before_tls_counts_for_nothing() {
    use support::certs::{self, Cert};
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};

    let folder = tempfile::tempdir().unwrap();
    let ca = certs::write_to(folder.path());
    let chain = CertificateDer::pem_file_iter(Cert::Right.chain(folder.path())).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(Cert::Right.key(folder.path())).unwrap();
    let config = ServerConfig::builder_with_provider(std::sync::Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let (endpoint, thread) = server(move |mut peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1 STARTTLS INJECTED] hello\r\n");
        let tag = peer.hear("STARTTLS");
        peer.say(format!("* 7 EXISTS\r\n* CAPABILITY IMAP4rev1 INJECTED\r\n{tag} OK go\r\n"));
        let tls = ServerConnection::new(std::sync::Arc::new(config)).unwrap();
        let mut tls = BufReader::new(StreamOwned::new(tls, peer.stream));
        let mut answer = |part: &str, untagged: &str| {
            let mut line = String::new();
            tls.read_line(&mut line).unwrap();
            assert!(line.contains(part), "{line}");
            let tag = line.split(' ').next().unwrap();
            tls.get_mut().write_all(format!("{untagged}{tag} OK done\r\n").as_bytes()).unwrap();
        };
        answer("CAPABILITY", "* CAPABILITY IMAP4rev1 GENUINE\r\n");
        answer("LOGIN", "");
        answer("CAPABILITY", "* CAPABILITY IMAP4rev1 GENUINE\r\n");
    });
    let endpoint = Endpoint { tls: Tls::StartTls, ca: Some(ca), ..endpoint };
    let mut session = connect(&endpoint).await;
    assert!(session.has("GENUINE") && !session.has("INJECTED"));
    assert!(session.take_unsolicited().is_empty());
    thread.join().unwrap();
}

#[tokio::test]
async fn flags_that_are_told_apart_from_their_header_belong_to_it() {
    let (endpoint, thread) = server(|mut peer| {
        peer.welcome("");
        peer.open("");
        peer.answer(
            "UID FETCH",
            "* 1 FETCH (UID 1 FLAGS (mine))\r\n* 1 FETCH (UID 1 BODY[HEADER.FIELDS (DATE)] \"\")\r\n",
        );
    });
    let mut session = connect(&endpoint).await;
    session.select("INBOX").await.unwrap();
    let mut headers = Vec::new();
    session.fetch_headers(&UidSet::all(), None, |h| headers.push(h)).await.unwrap();
    assert!(headers.len() == 1 && headers[0].flags.has("mine"));
    thread.join().unwrap();
}

#[tokio::test]
async fn names_and_passwords_of_all_kinds_arrive_as_they_are() {
    let credentials = Credentials::Password { user: "ann \"x\" \\ b".into(), password: Secret::new("pä ß\\\"") };
    let plain = "AGFubiAieCIgXCBiAHDDpCDDn1wi"; // base64 of NUL, user, NUL, password
    let (endpoint, thread) = server(move |mut peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n");
        let tag = peer.hear("AUTHENTICATE PLAIN");
        peer.say("+ \r\n");
        assert_eq!(peer.line(), plain);
        peer.say(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"));
    });
    Session::connect(&endpoint, &credentials).await.unwrap();
    thread.join().unwrap();
    let (endpoint, thread) = server(move |mut peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        let tag = peer.hear(r#"LOGIN "ann \"x\" \\ b" "pä ß\\\"""#);
        peer.say(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"));
    });
    Session::connect(&endpoint, &credentials).await.unwrap();
    thread.join().unwrap();
}

#[tokio::test]
async fn odd_answers_are_read_and_the_session_lives() {
    let (endpoint, thread) = server(|mut peer| {
        peer.say("* OK IMAP4rev1 Service Ready\r\n");
        peer.answer("CAPABILITY", "* CAPABILITY IMAP4 SASL-IR \"odd\r\n");
        peer.answer("LOGIN", "* what is this {5}\r\n12345\r\n\r\n* OK bagsy-aside\r\n");
        peer.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE ACL ESEARCH MOVE CONDSTORE UIDPLUS [odd] \r\n");
        let tag = peer.hear("NAMESPACE");
        peer.say(format!("{tag} BAD no such thing\r\n"));
        peer.answer("LIST \"\" \"\"", "* LIST (\\Noselect) \".\" \"\"\r\n");
        peer.answer(
            "LIST \"\" \"*\"",
            "* LIST (\\HasNoChildren \\Sent ) \"/\" \"Sent \\\"Items\\\"\"\r\n* LIST () NIL {5}\r\na\"\\{3\r\n\
             * LIST () \"/\" inbox\r\n* LIST garbage\r\n",
        );
        peer.answer("STATUS", "* STATUS INBOX (MESSAGES 3 UNSEEN 1 UIDNEXT 10 SIZE 99999999999999999999 ) \r\n");
        peer.answer("MYRIGHTS", "* MYRIGHTS INBOX lr\r\n");
        peer.open("* OK [HIGHESTMODSEQ 99]\r\n* OK [PERMANENTFLAGS (\\Seen a]b \\*)] ok\r\n");
        let tag = peer.hear("UID FETCH 1:9 ");
        peer.say(b"* 1 FETCH (UID 1 FLAGS (\\Seen ) INTERNALDATE NIL RFC822.SIZE 5000000000 BODY[HEADER.FIELDS (DATE)] NIL )\r\n");
        peer.say(b"* 2 FETCH (FLAGS (x) MODSEQ 5 UID 2 BODY[HEADER.FIELDS (\"DATE\")] \"Subject: \\\"\xff\\\"\" )\r\n");
        peer.say(b"* 7 FETCH (FLAGS (\\Answered))\r\n* 4 EXISTS\r\n");
        peer.say(b"* 3 FETCH (UID 3 BODY[HEADER.FIELDS (DATE)] {6}\r\nA: \0\r\n FLAGS NIL INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")\r\n");
        peer.say(b"* 8 FETCH\r\n* 9 FETCH (((((\r\n");
        peer.say(format!("{tag} OK [ODD\u{fc}] done\r\n"));
        peer.answer("UID SEARCH RETURN (ALL)", "* ESEARCH (TAG \"x\") UID ALL 1:3,9\r\n");
        peer.answer("UID SEARCH RETURN (ALL)", "* ESEARCH (TAG \"x\") UID\r\n");
        peer.answer("UID SEARCH RETURN (ALL)", "* ESEARCH UID ALL 1:4294967295\r\n");
        let tag = peer.hear("UID STORE 1 (UNCHANGEDSINCE 5)");
        peer.say(format!("* 1 FETCH (UID 1 FLAGS (other) MODSEQ (9))\r\n{tag} NO [MODIFIED 1]\r\n"));
        peer.answer("UID MOVE", "* [COPYUID 7 1:2 11:12] moved\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n");
        peer.answer("NOOP", "* BYE\u{e9}\r\n");
    });
    let mut session = connect(&endpoint).await;
    let namespaces = session.namespaces().await.unwrap();
    assert_eq!(namespaces.personal[0].delimiter, Some('.'));
    let folders = session.list_namespace(&namespaces.personal[0]).await.unwrap();
    let names: Vec<&str> = folders.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["Sent \"Items\"", "a\"\\{3", "INBOX"]);
    assert_eq!(session.status("INBOX").await.unwrap().messages, Some(3));
    assert!(session.my_rights("INBOX").await.unwrap().unwrap().grant("lr"));
    let selected = session.select("INBOX").await.unwrap();
    assert!(selected.keeps("a]b") && selected.takes_new_keywords());
    let mut headers = Vec::new();
    session.fetch_headers(&selected.uids(), None, |h| headers.push(h)).await.unwrap();
    assert_eq!(headers.iter().map(|h| h.uid.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(headers[0].flags.seen && headers[0].header.is_empty() && headers[0].size == u32::MAX);
    assert_eq!((headers[1].header.as_slice(), headers[1].modseq), (&b"Subject: \"\xff\""[..], Some(ModSeq(5))));
    assert_eq!(headers[2].internal_date.to_string(), "1996-07-17T09:44:25Z");
    let told = session.take_unsolicited();
    assert!(matches!(&told[..], [Unsolicited::Flags { uid: None, .. }, Unsolicited::Exists(4)]), "{told:?}");
    let words = Criteria::Words("ALL".into());
    assert_eq!(session.search(&words).await.unwrap(), [1, 2, 3, 9].map(Uid));
    assert!(session.search(&words).await.unwrap().is_empty());
    assert!(matches!(session.search(&words).await, Err(Error::Protocol { .. })));
    let answer = session.store(Uid(1), Some(ModSeq(5)), &FlagChange::Add(vec!["x".into()])).await.unwrap();
    assert!(!answer.accepted && answer.modified && answer.fetched.is_some());
    let moved = session.uid_move(&UidSet::range(Uid(1), Uid(2)), "Archive").await.unwrap();
    assert_eq!(moved.uids, Some((UidValidity(7), vec![(Uid(1), Uid(11)), (Uid(2), Uid(12))])));
    assert_eq!(session.take_unsolicited(), [Unsolicited::Expunge, Unsolicited::Expunge]);
    session.noop().await.unwrap();
    thread.join().unwrap();
    let error = session.noop().await.unwrap_err();
    assert!(matches!(error, Error::Lost { .. }) && error.is_fatal(), "{error}");
}

#[tokio::test]
async fn a_connection_that_breaks_within_a_mail_leaves_nothing_of_it_in_the_error() {
    let (endpoint, thread) = server(|mut peer| {
        peer.welcome("");
        peer.open("");
        peer.hear("UID FETCH 1 ");
        peer.say("* 1 FETCH (UID 1 BODY[] {100}\r\nprivate words\r\n");
    });
    let mut session = connect(&endpoint).await;
    session.select("INBOX").await.unwrap();
    let error = session.fetch_raw(Uid(1), None).await.unwrap_err();
    assert!(matches!(error, Error::Lost { .. }), "{error}");
    assert!(!format!("{error:?}").contains("private"));
    thread.join().unwrap();
}

#[tokio::test]
async fn a_mail_that_is_too_large_is_drained() {
    let (endpoint, thread) = server(|mut peer| {
        peer.welcome("");
        peer.open("");
        let tag = peer.hear("UID FETCH 1 ");
        peer.say("* 1 FETCH (UID 1 BODY[] {3000000}\r\n");
        peer.say(vec![b'\n'; 3_000_000]);
        peer.say(format!(")\r\n{tag} OK\r\n"));
        let tag = peer.hear("UID FETCH 1 ");
        peer.say(format!("* 1 FETCH (UID 1 BODY[]<0> {{3}}\r\nabc)\r\n{tag} OK\r\n"));
    });
    let mut session = connect(&endpoint).await;
    session.set_literal_limit(1_000_000);
    session.select("INBOX").await.unwrap();
    assert_eq!(session.fetch_raw(Uid(1), None).await, Err(Error::TooLarge { command: "UID FETCH", limit: 1_000_000 }));
    assert_eq!(session.fetch_raw(Uid(1), Some((0, 3))).await, Ok(Some(b"abc".to_vec())));
    thread.join().unwrap();
}

#[tokio::test]
async fn a_literal_waits_for_leave_and_a_refusal_instead_of_it_is_an_answer() {
    let (endpoint, thread) = server(|mut peer| {
        peer.welcome("");
        let tag = peer.hear("APPEND \"Sent\" (\\Seen) {6}");
        peer.say(format!("* 4 EXISTS\r\n{tag} NO [TRYCREATE] no such folder\r\n"));
        let tag = peer.hear("APPEND {6}");
        peer.say("+ go\r\n");
        assert_eq!(peer.literal(6), "Gesüx".as_bytes());
        peer.hear(" () {5}");
        peer.say("+ OK\r\n");
        assert_eq!(peer.literal(7), b"\xff\n{1}\r\n");
        peer.say(format!("{tag} OK [APPENDUID 7 12] fine\r\n"));
    });
    let mut session = connect(&endpoint).await;
    let error = session.append("Sent", &["\\Seen".into()], b"abc\r\n.").await.unwrap_err();
    assert!(matches!(error.code(), Some(Code::TryCreate)) && !error.is_fatal(), "{error}");
    let appended = session.append("Gesüx", &[], b"\xff\n{1}").await.unwrap();
    assert_eq!(appended.uid, Some((UidValidity(7), Uid(12))));
    thread.join().unwrap();
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for_for_ever() {
    let (endpoint, thread) = server(|mut peer| {
        peer.welcome("");
        peer.hear("NOOP");
        peer.line();
    });
    let mut session = connect(&endpoint).await;
    session.set_patience(Duration::from_millis(200));
    assert!(matches!(session.noop().await, Err(Error::Timeout { command: "NOOP", .. })));
    assert!(matches!(session.noop().await, Err(Error::Lost { .. })));
    drop(session);
    thread.join().unwrap();
}

#[tokio::test]
async fn a_slow_answer_is_waited_for_while_it_comes() {
    let (endpoint, thread) = server(|mut peer| {
        peer.welcome("");
        peer.open("");
        let tag = peer.hear("UID FETCH");
        peer.say("* 1 FETCH (UID 1 BODY[] {8}\r\n");
        for _ in 0..8 {
            std::thread::sleep(Duration::from_millis(100));
            peer.say("x");
        }
        peer.say(format!(")\r\n{tag} OK\r\n"));
    });
    let mut session = connect(&endpoint).await;
    session.select("INBOX").await.unwrap();
    session.set_patience(Duration::from_millis(400));
    assert_eq!(session.fetch_raw(Uid(1), None).await, Ok(Some(b"xxxxxxxx".to_vec())));
    thread.join().unwrap();
}

#[tokio::test]
async fn who_stops_listening_halfway_cannot_take_an_old_answer_for_a_new_one() {
    let (endpoint, thread) = server(|mut peer| {
        peer.welcome("");
        peer.hear("NOOP");
        peer.line();
    });
    let mut session = connect(&endpoint).await;
    assert!(tokio::time::timeout(Duration::from_millis(100), session.noop()).await.is_err());
    let error = session.noop().await.unwrap_err();
    assert!(matches!(error, Error::Lost { .. }), "{error}");
    drop(session);
    thread.join().unwrap();
}

#[tokio::test]
async fn without_idle_a_server_is_asked_now_and_then() {
    for offers_idle in [false, true] {
        let (endpoint, thread) = server(move |mut peer| {
            peer.welcome(if offers_idle { "IDLE" } else { "" });
            peer.open("");
            if offers_idle {
                let tag = peer.hear("IDLE");
                peer.say(format!("{tag} NO not in this folder\r\n"));
            }
            peer.answer("NOOP", "* 4 EXISTS\r\n");
            if offers_idle {
                let tag = peer.hear("IDLE");
                peer.say(format!("{tag} NO not in this folder\r\n"));
            }
            peer.answer("NOOP", "");
        });
        let mut session = connect(&endpoint).await;
        session.select("INBOX").await.unwrap();
        let heard = session.idle(std::future::pending(), Duration::from_secs(5)).await.unwrap();
        assert_eq!((heard.reason, heard.changes), (IdleReason::Changed, vec![Unsolicited::Exists(4)]));
        let heard = session.idle(async {}, Duration::from_secs(5)).await.unwrap();
        assert_eq!(heard.reason, IdleReason::Interrupted);
        thread.join().unwrap();
    }
}
