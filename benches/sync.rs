//! How long a person waits for the queue: first screen, whole first sync, warm start, and what it costs, on a Maildir Dovecot
//! beside a bare socket that reads the same FETCH and throws it away.

#[path = "../tests/support/mod.rs"]
mod support;

mod common;

use std::time::{Duration, Instant};

use bagsy::model::{Role, View};
use bagsy::store::{PageQuery, Reader};
use common::{Bare, Counter, fill, is_meant, line, number, rounds, time, timed};
use support::bagsy::Bagsy;
use support::device::Device;
use support::dovecot::{Dovecot, Options};
use support::team::Team;
use tokio::runtime::Runtime;

fn main() {
    if !is_meant() {
        return;
    }
    let (messages, count) = (number("BAGSY_BENCH_MESSAGES", 10_000), number("BAGSY_BENCH_ROUNDS", 5));
    let server = Dovecot::with(Options::maildir());
    let team = server.team();
    let sent = fill(&team, messages);
    let runtime = Runtime::new().expect("a runtime");
    println!("\n{messages} messages in INBOX, {sent} in Sent; Dovecot on Maildir, plain text over loopback");
    println!("medians of {count} rounds, each with an empty cache of its own\n");

    let (cold, _) = timed(|| first_screen(&runtime, &team));
    time("first screen, headers never fetched from this server", cold);
    let (cold, _) = timed(|| bare_whole(&team));
    time("bare socket, all headers, the rest never fetched", cold);
    println!();

    let bare = rounds(count, || timed(|| bare_screen(&team, messages)).0);
    let screen = rounds(count, || timed(|| first_screen(&runtime, &team)).0);
    time("bare socket: sign in, SELECT, FETCH of the newest 200", bare.median());
    time("first screen: sign in, mailboxes, first window, page", screen.median());
    line("  round trips until then", &trips(&runtime, &team).to_string());

    let bytes = bare_whole(&team);
    let bare = rounds(count, || timed(|| bare_whole(&team)).0);
    let whole = rounds(count, || timed(|| whole_sync(&runtime, &team)).0);
    time("bare socket: all headers of INBOX, Sent and Archive", bare.median());
    line("  bytes", &bytes.to_string());
    time("whole first sync", whole.median());
    let ratio = whole.median().as_secs_f64() / bare.median().as_secs_f64();
    line("  of the bare socket's", &format!("{ratio:.2} ×"));

    let mut device = whole_sync(&runtime, &team);
    let page = rounds(count, || timed(|| page_of(&device)).0);
    time("warm start: open the cache, page, counts", page.median());
    let again = rounds(count, || timed(|| nothing_new(&runtime, &mut device)).0);
    time("warm start: sign in, mailboxes, sync with nothing new", again.median());

    println!();
    let home = Bagsy::new(&team, "bob");
    let (peak, took) = peak_memory(&home);
    line("`bagsy sync` (TLS), everything: peak memory", &format!("{:.1} MB", peak as f64 / 1024.0));
    time("  it took", took);
    let (peak, took) = peak_memory(&home);
    line("`bagsy sync` (TLS), nothing new: peak memory", &format!("{:.1} MB", peak as f64 / 1024.0));
    time("  it took", took);
}

/// As the screen shows first: oldest wait first.
fn query(device: &Device) -> PageQuery {
    PageQuery { limit: Some(40), ..PageQuery::new(Some(device.mailbox.key()), View::Inbox) }
}

/// From nothing to a page of rows; the rest of the folder is left alone.
fn first_screen(runtime: &Runtime, team: &Team<'_>) {
    runtime.block_on(async {
        let device = Device::open(team, "alice").await;
        until_first_page(device).await;
    });
}

async fn until_first_page(mut device: Device) {
    let (mailbox, query) = (device.mailbox.clone(), query(&device));
    device.link.sync(&mailbox, Role::Inbox).await.expect("a sync");
    let reader = device.link.cache.reader().expect("a reader");
    let (shown, mut is_shown) = tokio::sync::watch::channel(false);
    let fill = device.link.fill(&mailbox, Role::Inbox, |_| {
        if !*shown.borrow() {
            let page = reader.page(&query).expect("a page");
            assert!(!page.is_empty(), "nothing to show");
            shown.send_replace(true);
        }
    });
    tokio::select! {
        biased;
        _ = is_shown.wait_for(|shown| *shown) => {}
        done = fill => { done.expect("a first sync"); }
    }
}

fn trips(runtime: &Runtime, team: &Team<'_>) -> u32 {
    let counter = Counter::before(team.server.imap_port);
    runtime.block_on(async {
        let device = Device::through(team, "alice", counter.port).await;
        until_first_page(device).await;
    });
    // The next window was asked for by then.
    counter.trips() - 1
}

fn whole_sync(runtime: &Runtime, team: &Team<'_>) -> Device {
    runtime.block_on(async {
        let mut device = Device::open(team, "alice").await;
        device.sync().await;
        device
    })
}

/// What the screen does before there is any connection.
fn page_of(device: &Device) {
    let reader = Reader::open(device.link.cache.path()).expect("a reader");
    assert!(!reader.page(&query(device)).expect("a page").is_empty());
    reader.counts(Some(device.mailbox.key())).expect("counts");
}

fn nothing_new(runtime: &Runtime, device: &mut Device) {
    runtime.block_on(async {
        device.link = device.another_link().await;
        device.link.discover().await.expect("the mailboxes");
        device.sync().await;
    });
}

fn bare_screen(team: &Team<'_>, messages: usize) {
    let mut bare = Bare::login(team.server.imap_port, &team.user("alice"));
    bare.select(&team.folder("INBOX"));
    bare.fetch(&format!("{}:{messages}", messages.saturating_sub(199).max(1)));
}

fn bare_whole(team: &Team<'_>) -> u64 {
    let mut bare = Bare::login(team.server.imap_port, &team.user("alice"));
    for folder in ["INBOX", "Sent", "Archive"] {
        bare.select(&team.folder(folder));
        bare.fetch("1:*");
    }
    bare.received
}

/// The most memory that a run of `bagsy sync` had resident, in kB (VmHWM), and how long it took.
fn peak_memory(home: &Bagsy) -> (u64, Duration) {
    let began = Instant::now();
    let mut child = home.command(&["sync"]).stdout(std::process::Stdio::null()).spawn().expect("bagsy starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kb = line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kb.unwrap_or(0));
        if let Some(status) = child.try_wait().expect("a child") {
            assert!(status.success(), "bagsy sync: {status}");
            return (peak, began.elapsed());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
