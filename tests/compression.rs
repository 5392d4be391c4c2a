//! COMPRESS=DEFLATE: a session over a deflated connection is like any other, on a real Dovecot, and whatever a server
//! inflates to fills no memory.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::time::Duration;

use bagsy::config::{Credentials, Endpoint, Secret, Tls};
use bagsy::imap::{Error, IdleReason, Session, UidSet, Unsolicited};
use bagsy::model::Uid;
use flate2::{Compress, Compression, FlushCompress};
use support::dovecot::{Dovecot, Options, PASSWORD};
use support::mailgen::Mail;

fn at(port: u16) -> Endpoint {
    Endpoint { host: "127.0.0.1".into(), port, tls: Tls::None, ca: None }
}

fn credentials(user: &str) -> Credentials {
    Credentials::Password { user: user.to_owned(), password: Secret::new(PASSWORD) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deflated_session_with_dovecot_is_like_any_other() {
    let extra = "protocol imap {\n  mail_plugins = $mail_plugins imap_acl imap_zlib\n}\n".to_owned();
    let server = Dovecot::with(Options { extra, ..Options::default() });
    let team = server.team();
    let mut session =
        Session::connect(&at(server.imap_port), &credentials(&team.user("alice"))).await.expect("signed in");
    assert!(session.has("COMPRESS=DEFLATE"));
    assert!(session.compress().await.expect("deflated"));
    session.select(&team.folder("INBOX")).await.expect("INBOX");
    // There and back, alike and unlike itself.
    let unlike: String = (0..20_000_u32).map(|n| format!("{:08x}\r\n", n.wrapping_mul(2_654_435_761))).collect();
    for text in ["It does not work. ".repeat(20_000), unlike] {
        let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Long", &text);
        let before = session.received();
        let appended = session.append(&team.folder("INBOX"), &[], &mail.bytes()).await.expect("appended");
        let uid = appended.uid.expect("its UID").1;
        let raw = session.fetch_raw(uid, None).await.expect("fetched").expect("the mail");
        assert!(raw == mail.bytes(), "it came back otherwise");
        if text.starts_with("It") {
            assert!(session.received() - before < raw.len() as u64 / 20, "{} octets", session.received() - before);
        }
    }
    let mut count = 0;
    session.fetch_headers(&UidSet::all(), None, |_| count += 1).await.expect("headers");
    assert_eq!(count, 2);
    session.take_unsolicited();
    // What is told while one listens comes at once.
    let arrival = {
        let (mailbox, domain) = (team.mailbox(), team.domain.clone());
        let (lmtp, mail) = (server.lmtp_port, Mail::new(&format!("dana@{domain}"), &mailbox, "New", "Hello?").bytes());
        tokio::task::spawn_blocking(move || {
            std::thread::sleep(Duration::from_millis(300));
            support::lmtp::deliver(lmtp, "dana@reyes.example", &mailbox, &mail);
        })
    };
    let heard = session.idle(std::future::pending(), Duration::from_secs(20)).await.expect("told");
    arrival.await.expect("delivered");
    assert_eq!(heard.reason, IdleReason::Changed);
    assert!(heard.changes.contains(&Unsolicited::Exists(3)), "{:?}", heard.changes);
    session.logout().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_swells_a_thousandfold_is_drained_and_fills_no_memory() {
    const MEGABYTES: usize = 48;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut lines = BufReader::new(stream.try_clone().expect("its other end")).lines();
        stream.write_all(b"* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] hello\r\n").expect("said");
        let mut hear = |part: &str| {
            let line = lines.next().expect("a line").expect("a line");
            assert!(line.contains(part), "{line:?} has no {part:?}");
            line.split(' ').next().expect("a tag").to_owned()
        };
        let tag = hear("LOGIN");
        stream.write_all(format!("{tag} OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] in\r\n").as_bytes()).expect("said");
        let tag = hear("SELECT");
        let open = format!("* 3 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 10]\r\n{tag} OK done\r\n");
        stream.write_all(open.as_bytes()).expect("said");
        let tag = hear("COMPRESS DEFLATE");
        let mut deflate = Compress::new(Compression::best(), false);
        let mut said = format!("{tag} OK from now on\r\n").into_bytes();
        let mut say = |text: &[u8], said: &mut Vec<u8>| {
            said.reserve(text.len() / 100 + 10_000);
            deflate.compress_vec(text, said, FlushCompress::Sync).expect("deflated");
        };
        // In the same packet as the word itself, and unasked; then the answer to a command that is foreseen.
        say(b"* 4 EXISTS\r\n", &mut said);
        say(format!("* 1 FETCH (UID 1 BODY[] {{{}}}\r\n", MEGABYTES << 20).as_bytes(), &mut said);
        for _ in 0..MEGABYTES {
            say(&vec![b' '; 1 << 20], &mut said);
        }
        say(b")\r\nA0004 OK done\r\n", &mut said);
        assert!(said.len() < (MEGABYTES << 20) / 500, "{}", said.len());
        stream.write_all(&said).expect("said");
        // Until the client hangs up.
        while lines.next().is_some_and(|line| line.is_ok()) {}
    });
    let mut session = Session::connect(&at(port), &credentials("alice")).await.expect("signed in");
    session.select("INBOX").await.expect("INBOX");
    session.set_literal_limit(1 << 20);
    let before = peak_kb();
    assert!(session.compress().await.expect("deflated"));
    let fetched = session.fetch_raw(Uid(1), None).await;
    assert_eq!(fetched, Err(Error::TooLarge { command: "UID FETCH", limit: 1 << 20 }));
    assert!(session.take_unsolicited().contains(&Unsolicited::Exists(4)));
    let grown = peak_kb() - before;
    assert!(grown < 16 << 10, "{grown} kB");
    drop(session);
    server.join().expect("the server");
}

/// The most memory that this process ever had.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the status");
    let line = status.lines().find(|l| l.starts_with("VmHWM")).expect("the peak");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
}
