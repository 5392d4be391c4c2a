//! A thousand random keys a second on a live mailbox, while mail comes in and a teammate works: no panic, no leak, and in the
//! end what the program shows is what the server has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bagsy::tui::keymap::{Act, Context, Keymap};
use serde_json::Value;

use crate::seat::{live, person, team};
use crate::support::bagsy::Bagsy;
use crate::support::mailgen::{Mail, Rng};
use crate::support::process::{is_long, seed, wait_for};
use crate::support::pty::{Pty, Size};
use crate::support::team::Team;

/// More memory than this is a leak: in kB, of a program without optimisation.
const MOST_MEMORY: u64 = 100_000;

/// The screen never stands still for so long while keys come in, however many wait.
const STANDS_STILL: Duration = Duration::from_secs(8);

/// After the last key, all are worked off within this, without optimisation and beside other tests.
const WORKED_OFF: Duration = Duration::from_secs(240);

/// What every key of the table sends, but for those that end the program or hand the terminal away.
fn all_keys() -> Vec<String> {
    let keymap = Keymap::default();
    let mut keys: Vec<String> = Vec::new();
    for &context in Context::ALL {
        for action in keymap.bindings(context) {
            if matches!(action.act, Act::Quit | Act::Interrupt | Act::Suspend | Act::Pipe) {
                continue;
            }
            keys.extend(action.keys.iter().flat_map(|keys| keys.split(' ')).map(Pty::sequence));
        }
    }
    // What ends it in one place closes a window in another.
    keys.retain(|key| key != "q");
    keys.extend(["1", "2", "x", "ä", "\u{7f}", "dana", "is:open"].map(str::to_owned));
    keys
}

/// A value in `/proc/PID/status`, in kB.
fn memory(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// How long a process has worked, in hundredths of a second.
fn cpu(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit_once(") ").map_or("", |(_, after)| after);
    after.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum()
}

fn mail(team: &Team, n: usize) -> Vec<u8> {
    let from = format!("Person {n} <person{}@customer{}.example>", n % 50, n % 7);
    Mail::new(&from, &team.mailbox(), &format!("Question {n}"), &format!("Question {n}: help!")).bytes()
}

/// Mail comes in, and bob claims and releases, until told to stop.
fn others(team: &Team, stop: &AtomicBool, seed: u64) {
    let mut rng = Rng::new(seed);
    let (mut owner, mut bob) = (team.owner(), team.in_inbox("bob"));
    let mut n = 1000;
    while !stop.load(Ordering::Relaxed) {
        n += 1;
        owner.append("INBOX", "", &mail(team, n));
        bob.ok("NOOP");
        let uids = bob.search("UNKEYWORD bagsy-claim-alice");
        if !uids.is_empty() {
            let sign = if rng.below(3) == 0 { "-" } else { "+" };
            bob.command(&format!("UID STORE {} {sign}FLAGS (bagsy-claim-bob)", rng.pick(&uids)));
        }
        std::thread::sleep(Duration::from_millis(250));
    }
}

/// Ends the program as a person does; whatever it asks, it may.
fn end(mut a: Pty) {
    for _ in 0..6 {
        a.press("Esc");
    }
    a.press("Ctrl-C");
    let asks = wait_for(Duration::from_secs(2), || a.screen().contains("Quit?").then_some(()));
    if asks.is_some() {
        a.keys("y");
    }
    assert_eq!(a.wait_for_end(), 0, "{}", a.framed());
    assert_eq!(a.left_behind(), None);
}

fn listed(bagsy: &Bagsy, arguments: &[&str]) -> Vec<Value> {
    bagsy.run(&[arguments, &["list", "--view", "all", "--json"]].concat()).ok().json()
}

#[test]
fn a_thousand_random_keys_a_second_leave_it_alive_and_agreeing_with_the_server() {
    let seed = seed("wild keys");
    let length = Duration::from_secs(if is_long() { 60 } else { 10 });
    let team = team();
    let first: Vec<_> = (0..60).map(|n| ("()".to_owned(), mail(&team, n))).collect();
    team.owner().append_all("INBOX", &first);
    // Nothing that is opened or piped runs anything, and the editor changes nothing.
    let alice = person(&team, "alice").env("PATH", "/nonexistent").env("EDITOR", "/bin/true");
    let mut a = live(&alice, Size::LARGE);
    let keys = all_keys();
    let mut rng = Rng::new(seed);
    let stop = Arc::new(AtomicBool::new(false));
    let (mut pressed, mut ended, mut peak) = (0_u32, 0, 0);
    let started = Instant::now();
    let (mut drawn, mut drawn_at, mut stood_still) = (0, Instant::now(), Duration::ZERO);
    std::thread::scope(|scope| {
        scope.spawn(|| others(&team, &stop, seed));
        while started.elapsed() < length {
            // Ten keys every ten milliseconds; where it cannot follow, the terminal makes them wait.
            let portion: String = (0..10).map(|_| rng.pick(&keys).as_str()).collect();
            // An Esc at the end would be waited for.
            a.keys(&format!("{portion}j"));
            pressed += 11;
            if pressed % 1100 == 0 {
                peak = peak.max(memory(a.pid(), "VmHWM"));
                // Put into the background by its name in the commands.
                a.signal(libc::SIGCONT);
                if a.written() != drawn {
                    (drawn, drawn_at) = (a.written(), Instant::now());
                }
                stood_still = stood_still.max(drawn_at.elapsed());
            }
            if a.has_ended() {
                // It was told to, by its name in the commands.
                assert_eq!(a.wait_for_end(), 0, "{}", a.framed());
                assert_eq!(a.left_behind(), None);
                ended += 1;
                a = live(&alice, Size::LARGE);
            }
            let due = started + Duration::from_millis(u64::from(pressed));
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        stop.store(true, Ordering::Relaxed);
    });
    let rate = f64::from(pressed) / started.elapsed().as_secs_f64();
    peak = peak.max(memory(a.pid(), "VmHWM"));
    println!(
        "{pressed} keys, {rate:.0} a second; ended {ended} times by them; stood still {:.1} s at most; peak memory {peak} kB",
        stood_still.as_secs_f64()
    );
    assert!(stood_still < STANDS_STILL, "{stood_still:?}");
    let raw = String::from_utf8_lossy(&a.raw()).into_owned();
    assert!(!raw.contains("panicked") && !raw.contains("stack backtrace"), "{}", a.framed());
    assert!(peak < MOST_MEMORY, "{peak} kB");

    // It answers once it has worked off what waits: no window is left that holds the keys.
    let worked_off = wait_for(WORKED_OFF, || {
        a.signal(libc::SIGCONT);
        let before = cpu(a.pid());
        std::thread::sleep(Duration::from_millis(700));
        (cpu(a.pid()) - before < 10).then_some(())
    });
    assert!(worked_off.is_some(), "keys still wait\n{}", a.framed());
    for _ in 0..6 {
        a.press("Esc");
    }
    a.keys("8");
    a.wait_until("the list of all", |s| s.contains("8 All") && s.contains("WHO"));
    // What it shows comes from its cache, which it keeps while it runs; another client begins with nothing.
    let fresh = Bagsy::new(&team, "alice");
    let mut seen = (Vec::new(), Vec::new());
    let agree = wait_for(Duration::from_secs(60), || {
        seen = (listed(&alice, &["--offline"]), listed(&fresh, &[]));
        (seen.0 == seen.1).then_some(())
    });
    let differ =
        |a: &[Value], b: &[Value]| a.iter().filter(|c| !b.contains(c)).map(Value::to_string).collect::<Vec<_>>();
    assert!(agree.is_some(), "shown: {:#?}\nthere: {:#?}", differ(&seen.0, &seen.1), differ(&seen.1, &seen.0));
    assert!(seen.0.len() >= 60, "{}", seen.0.len());
    end(a);
}
