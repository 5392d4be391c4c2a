//! What the benches share: sizes from the environment, a filled mailbox, figures and how they are printed, a bare socket.
// Each bench compiles all of this and uses its own part of it.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bagsy::imap::HEADER_FIELDS;

use crate::support::dovecot::PASSWORD;
use crate::support::mailgen::MailGen;
use crate::support::team::Team;

/// A number from the environment.
pub fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// `cargo bench` says `--bench`; whoever runs all targets as tests does not want to wait for this.
pub fn is_meant() -> bool {
    let is_meant = std::env::args().any(|a| a == "--bench");
    if !is_meant {
        println!("run by `cargo bench`");
    }
    is_meant
}

/// Fills a team's mailbox with so many messages in INBOX, in conversations of one to three of them, the answers between them
/// in Sent; gives how many lie in Sent.
pub fn fill(team: &Team<'_>, messages: usize) -> usize {
    let mut mail = MailGen::new(1, &team.mailbox());
    let (mut inbox, mut sent) = (Vec::new(), Vec::new());
    while inbox.len() < messages {
        let length = 1 + 2 * mail.rng.below(3);
        for (n, mail) in mail.thread(length).into_iter().enumerate() {
            if n % 2 == 0 && inbox.len() < messages {
                inbox.push((mail.append_arguments(""), mail.bytes()));
            } else if n % 2 == 1 {
                sent.push((mail.append_arguments("\\Seen"), mail.bytes()));
            }
        }
    }
    let mut owner = team.owner();
    owner.append_all("INBOX", &inbox);
    owner.append_all("Sent", &sent);
    sent.len()
}

/// Several measurements of one thing.
#[derive(Debug, Clone, Default)]
pub struct Figures(pub Vec<Duration>);

impl Figures {
    /// The value below which so many percent lie.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get((sorted.len() * percent / 100).min(last)).copied().unwrap_or_default()
    }

    pub fn median(&self) -> Duration {
        self.percentile(50)
    }
}

/// Measures a thing so many times.
pub fn rounds(count: usize, mut once: impl FnMut() -> Duration) -> Figures {
    Figures((0..count).map(|_| once()).collect())
}

/// A line of the table.
pub fn line(what: &str, value: &str) {
    println!("{what:<56} {value:>14}");
}

/// A line with a time.
pub fn time(what: &str, time: Duration) {
    let millis = time.as_secs_f64() * 1000.0;
    line(what, &if millis < 1000.0 { format!("{millis:.1} ms") } else { format!("{:.2} s", millis / 1000.0) });
}

/// An IMAP client that reads what comes and throws it away.
pub struct Bare {
    stream: TcpStream,
    tag: u32,
    buffer: Vec<u8>,
    pub received: u64,
}

impl Bare {
    pub fn login(port: u16, user: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        let mut bare = Self { stream, tag: 0, buffer: vec![0; 256 * 1024], received: 0 };
        bare.until(b"\n");
        bare.command(&format!("LOGIN \"{user}\" \"{PASSWORD}\""));
        bare
    }

    /// Sends a command and reads until its tagged answer.
    pub fn command(&mut self, command: &str) {
        self.tag += 1;
        let tag = format!("bare{}", self.tag);
        self.stream.write_all(format!("{tag} {command}\r\n").as_bytes()).expect("sent");
        self.until(format!("{tag} OK").as_bytes());
    }

    fn until(&mut self, end: &[u8]) {
        // Answers end a packet: the end stands within the last line, which is short.
        let mut tail: Vec<u8> = Vec::new();
        loop {
            let n = self.stream.read(&mut self.buffer).expect("an answer");
            assert!(n > 0, "the server hung up");
            self.received += n as u64;
            let read = &self.buffer[..n];
            if read.len() >= 512 {
                tail = read[read.len() - 512..].to_vec();
            } else {
                tail.extend_from_slice(read);
                let cut = tail.len().saturating_sub(512);
                tail.drain(..cut);
            }
            if tail.ends_with(b"\n") && tail.windows(end.len()).any(|w| w == end) {
                return;
            }
        }
    }

    pub fn select(&mut self, folder: &str) {
        self.command(&format!("SELECT \"{folder}\" (CONDSTORE)"));
    }

    /// The FETCH that a sync is made of.
    pub fn fetch(&mut self, set: &str) {
        let fields = HEADER_FIELDS;
        self.command(&format!(
            "UID FETCH {set} (UID FLAGS MODSEQ INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({fields})])"
        ));
    }
}

/// Hands bytes on between one client and a server, and counts how often the client waited: each time it speaks after the
/// server has spoken.
pub struct Counter {
    pub port: u16,
    trips: Arc<AtomicU32>,
}

impl Counter {
    pub fn before(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let trips = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&trips);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let upstream = TcpStream::connect(("127.0.0.1", server)).expect("the server");
                // The greeting is waited for as well.
                counted.fetch_add(1, Ordering::Relaxed);
                let server_spoke = Arc::new(AtomicBool::new(false));
                let (to_client, to_server) = (client.try_clone(), upstream.try_clone());
                let (to_client, to_server) = (to_client.expect("a handle"), to_server.expect("a handle"));
                let (spoke, trips) = (Arc::clone(&server_spoke), Arc::clone(&counted));
                relay(client, to_server, move || {
                    if spoke.swap(false, Ordering::Relaxed) {
                        trips.fetch_add(1, Ordering::Relaxed);
                    }
                });
                relay(upstream, to_client, move || server_spoke.store(true, Ordering::Relaxed));
            }
        });
        Self { port, trips }
    }

    /// Round trips so far.
    pub fn trips(&self) -> u32 {
        self.trips.load(Ordering::Relaxed)
    }
}

fn relay(mut from: TcpStream, mut to: TcpStream, note: impl Fn() + Send + 'static) {
    to.set_nodelay(true).expect("no delay");
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            note();
            if to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

/// How long something took.
pub fn timed<T>(thing: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let done = thing();
    (began.elapsed(), done)
}
