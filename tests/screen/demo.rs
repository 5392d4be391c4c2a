//! The demo: ready at once, joined by a second terminal, and nothing of the user's own touched.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::seat::{go_to, row, wait_for_who, who};
use crate::support::bagsy::Bagsy;
use crate::support::pty::{Pty, Size};

/// A home in which only the runtime folder is there; the temporary folder is its own as well.
fn home() -> (Bagsy, tempfile::TempDir) {
    let place = tempfile::Builder::new().prefix("bagsy-tmp-").tempdir().expect("a temporary folder");
    let bagsy = Bagsy::bare().env("TMPDIR", &place.path().display().to_string());
    let run = bagsy.home().join("run");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(run, mode).expect("a folder of one's own");
    (bagsy, place)
}

fn files(of: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(of) else { return Vec::new() };
    entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}

/// The subject of a row that nobody has and whose words are plain enough to be found again.
fn free_subject(pty: &Pty) -> String {
    let screen = pty.screen();
    let free = screen.lines().skip(4).filter(|l| l.trim_start_matches(['▌', ' ']).starts_with('—'));
    let subject = |line: &str| {
        let cells: Vec<char> = line.chars().collect();
        cells.get(36..56).map(|c| c.iter().collect::<String>().trim().to_owned())
    };
    let plain = |s: &String| s.is_ascii() && s.len() > 8 && screen.matches(s.as_str()).count() == 1;
    free.filter_map(subject).find(plain).expect("a conversation that is free")
}

#[test]
fn two_terminals_share_a_demo_and_leave_nothing_behind() {
    let (home, place) = home();
    let started = Instant::now();
    let mut a = home.terminal(Size::SMALL, &["demo"]);
    a.wait_for("1 Inbox");
    a.wait_until("rows", |s| s.contains(" ▌ "));
    // In under a second as it is shipped; a debug build on a busy machine gets more.
    assert!(started.elapsed() < Duration::from_secs(8), "ready after {:?}", started.elapsed());
    a.wait_for("live");
    let mut b = home.terminal(Size::LARGE, &["demo", "--as", "bob"]);
    b.wait_for("live");

    let subject = free_subject(&a);
    go_to(&a, &subject);
    a.keys("c");
    wait_for_who(&a, &subject, "you");
    b.wait_until("alice's claim on bob's screen", |s| {
        row(s, &subject).is_none() || who(s, &subject).as_deref() == Some("alice")
    });

    let refused = home.run(&["demo", "--as", "zoe"]);
    refused.expect(2);
    assert!(refused.stderr.contains("zoe") && refused.stderr.contains("alice, bob, carol"), "{}", refused.stderr);

    b.keys("q");
    assert_eq!(b.wait_for_end(), 0);
    assert_eq!(b.left_behind(), None);
    a.wait_for("live");
    a.keys("q");
    assert_eq!(a.wait_for_end(), 0);
    assert_eq!(a.left_behind(), None);
    assert_eq!(files(home.home()), ["run"], "the home is as it was");
    assert_eq!(files(&home.home().join("run")), Vec::<String>::new());
    assert_eq!(files(place.path()), Vec::<String>::new());
}

#[test]
fn a_demo_that_is_stopped_by_a_signal_leaves_nothing_behind() {
    let (home, place) = home();
    for signal in [libc::SIGTERM, libc::SIGHUP] {
        let mut a = home.terminal(Size::SMALL, &["demo"]);
        a.wait_for("live");
        a.signal(signal);
        a.wait_for_end();
        assert_eq!(a.left_behind(), None);
        assert_eq!(files(place.path()), Vec::<String>::new());
        assert_eq!(files(&home.home().join("run")), Vec::<String>::new());
    }
}
