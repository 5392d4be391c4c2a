//! How soon a teammate sees a claim: claims over one connection, the engine that `watch` and the screen run over another, and
//! a bare IDLE listener on the same folder beside it. And how soon a change is told in a mailbox that has no connection of
//! its own.

#[path = "../tests/support/mod.rs"]
mod support;

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use bagsy::engine::message::{Connection, Event};
use bagsy::engine::{Engine, Tell};
use bagsy::model::{Action, Change, ChangeKind};
use bagsy::wire::identity::conversation_id;
use common::{Figures, is_meant, line, number, time};
use support::device::Device;
use support::dovecot::{Dovecot, Options};
use support::imap_client::Client;
use support::mailgen::MailGen;
use support::team::{FOLDERS, PEOPLE};
use tokio::runtime::Runtime;

const LIMIT: Duration = Duration::from_secs(20);

fn main() {
    if is_meant() {
        claims();
        polled();
    }
}

/// Six shared mailboxes over four connections: changes in the last one, which shares a connection with others.
fn polled() {
    const MAILBOXES: [&str; 5] = ["billing", "orders", "press", "returns", "sales"];
    let changes = number("BAGSY_BENCH_CLAIMS", 100);
    let server = Dovecot::with(Options::maildir());
    let team = server.team();
    for name in MAILBOXES {
        team.add_mailbox(name, &PEOPLE, &FOLDERS);
    }
    let runtime = Runtime::new().expect("a runtime");
    let bob = runtime.block_on(Device::open(&team, "bob"));
    // As the engine will find them: the last one shares a connection.
    let mut further = runtime.block_on(bob.another_link());
    let found = runtime.block_on(further.discover()).expect("the mailboxes");
    let last = found.mailboxes.last().expect("six mailboxes").key().to_owned();
    let name = last.split('@').next().expect("a local part").to_owned();
    let mail = MailGen::new(3, &last).mail();
    let mut owner = team.imap(&name);
    let uid = owner.append("INBOX", &mail.append_arguments(""), &mail.bytes());
    owner.select("INBOX");
    println!("\n{changes} changes in {last}, the last of six mailboxes over four connections\n");

    let (events, watched) = mpsc::channel::<(Instant, Change)>();
    let (ready, is_live) = mpsc::channel();
    let tell: Tell = Arc::new(move |event| match event {
        Event::Happened(change) => drop(events.send((Instant::now(), change))),
        Event::Connection { state: Connection::Live, mailbox } => drop(ready.send(mailbox)),
        _ => {}
    });
    let engine = {
        let _inside = runtime.enter();
        let logins = [(Arc::clone(&bob.link.login), bob.link.cache.clone())];
        Engine::start(&logins, None, false, tell).expect("the engine")
    };
    let mut live = std::collections::BTreeSet::new();
    while live.len() <= MAILBOXES.len() {
        live.insert(is_live.recv_timeout(LIMIT).expect("the engine is live"));
    }
    let (pushes, heard) = mpsc::channel::<(Instant, String)>();
    let is_over = Arc::new(AtomicBool::new(false));
    let mut listener = team.imap("carol");
    listener.select(&format!("shared/{last}"));
    let listening = listen(listener, pushes, Arc::clone(&is_over));

    let (mut bare, mut bagsy) = (Figures::default(), Figures::default());
    for n in 0..changes {
        std::thread::sleep(Duration::from_millis(900 + mail_pause(&format!("{n}")) * 2));
        let sign = if n % 2 == 0 { '+' } else { '-' };
        let began = Instant::now();
        owner.ok(&format!("UID STORE {uid} {sign}FLAGS (vip)"));
        let at = loop {
            let (at, line) = heard.recv_timeout(LIMIT).expect("a push");
            if line.contains("FETCH") && line.contains("vip") == (sign == '+') {
                break at;
            }
        };
        bare.0.push(at - began);
        let at = loop {
            let (at, change) = watched.recv_timeout(LIMIT).expect("an event");
            if change.kind == ChangeKind::Tagged && change.tags.is_empty() != (sign == '+') {
                break at;
            }
        };
        bagsy.0.push(at - began);
    }
    runtime.block_on(engine.shut_down());
    is_over.store(true, Ordering::Relaxed);
    listening.join().expect("the listener");

    time("bare IDLE listener hears of it, p50", bare.percentile(50));
    time("event of a mailbox that is asked in turn, p50", bagsy.percentile(50));
    time("event of a mailbox that is asked in turn, p99", bagsy.percentile(99));
    let ratio = bagsy.median().as_secs_f64() / bare.median().as_secs_f64();
    line("event, of the bare listener's p50", &format!("{ratio:.2} ×"));
}

/// A bare IDLE listener on the folder that is selected.
fn listen(
    mut listener: Client,
    pushes: mpsc::Sender<(Instant, String)>,
    is_over: Arc<AtomicBool>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        listener.begin_idle();
        while !is_over.load(Ordering::Relaxed) {
            if let Some(push) = listener.next_push(Duration::from_secs(1)) {
                pushes.send(push).expect("somebody who waits for it");
            }
        }
    })
}

fn claims() {
    let (messages, claims) = (number("BAGSY_BENCH_MESSAGES", 10_000), number("BAGSY_BENCH_CLAIMS", 100));
    let server = Dovecot::with(Options::maildir());
    let team = server.team();
    common::fill(&team, messages);
    let mut mail = MailGen::new(2, &team.mailbox());
    let mails: Vec<_> = (0..claims).map(|_| mail.mail()).collect();
    let arrived: Vec<_> = mails.iter().map(|m| (m.append_arguments(""), m.bytes())).collect();
    team.owner().append_all("INBOX", &arrived);
    println!("\n{claims} claims in a mailbox with {messages} messages; Dovecot on Maildir, plain text over loopback\n");

    let runtime = Runtime::new().expect("a runtime");
    let (mut alice, bob) = runtime.block_on(async {
        let (mut alice, mut bob) = (Device::open(&team, "alice").await, Device::open(&team, "bob").await);
        alice.sync().await;
        bob.sync().await;
        (alice, bob)
    });
    let (events, watched) = mpsc::channel::<(Instant, Change)>();
    let (ready, is_live) = mpsc::channel();
    let tell: Tell = Arc::new(move |event| match event {
        Event::Happened(change) => drop(events.send((Instant::now(), change))),
        Event::Connection { state: Connection::Live, .. } => drop(ready.send(())),
        _ => {}
    });
    let engine = {
        let _inside = runtime.enter();
        let logins = [(Arc::clone(&bob.link.login), bob.link.cache.clone())];
        Engine::start(&logins, None, false, tell).expect("the engine")
    };
    is_live.recv_timeout(LIMIT).expect("the engine is live");
    let (pushes, heard) = mpsc::channel::<(Instant, String)>();
    let is_over = Arc::new(AtomicBool::new(false));
    let listening = listen(team.in_inbox("carol"), pushes, Arc::clone(&is_over));

    let (mut bare, mut bagsy, mut own) = (Figures::default(), Figures::default(), Figures::default());
    for (n, mail) in mails.iter().enumerate() {
        // Servers gather changes for a while after the last one they told.
        std::thread::sleep(Duration::from_millis(100 + mail_pause(&mail.message_id)));
        let began = Instant::now();
        runtime.block_on(alice.act(&mail.message_id, &Action::Claim)).expect("claimed");
        own.0.push(began.elapsed());
        let id = conversation_id(&mail.message_id);
        let place = format!("{} FETCH", messages + n + 1);
        let at = loop {
            let (at, line) = heard.recv_timeout(LIMIT).expect("a push");
            if line.starts_with(&place) && line.contains("bagsy-claim-alice") {
                break at;
            }
        };
        bare.0.push(at - began);
        let at = loop {
            let (at, change) = watched.recv_timeout(LIMIT).expect("an event");
            if change.kind == ChangeKind::Claimed && change.conversation == id {
                break at;
            }
        };
        bagsy.0.push(at - began);
    }
    runtime.block_on(engine.shut_down());
    is_over.store(true, Ordering::Relaxed);
    listening.join().expect("the listener");

    time("claim: until its person is told that it is won, p50", own.percentile(50));
    time("claim: until its person is told that it is won, p99", own.percentile(99));
    time("bare IDLE listener hears of it, p50", bare.percentile(50));
    time("bare IDLE listener hears of it, p99", bare.percentile(99));
    time("teammate's event, p50", bagsy.percentile(50));
    time("teammate's event, p99", bagsy.percentile(99));
    let ratio = bagsy.median().as_secs_f64() / bare.median().as_secs_f64();
    line("teammate's event, of the bare listener's p50", &format!("{ratio:.2} ×"));
}

/// Up to half a second, other for every mail and the same in every run.
fn mail_pause(id: &str) -> u64 {
    id.bytes().fold(7u64, |sum, b| sum.wrapping_mul(31).wrapping_add(u64::from(b))) % 500
}
