//! What hangs on a mail: saved octet by octet, opened by nothing but a key, copied, given to a command; and the mail itself.

use std::path::Path;
use std::time::Duration;

use crate::seat::{live, person, row, team, wait_for_row};
use crate::support::bagsy::Bagsy;
use crate::support::process::wait_for;
use crate::support::pty::{Pty, Size};
use crate::support::team::Team;

/// Octets of every value, more than one window of fetching holds.
fn octets(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n * 7 + n / 256) as u8).collect()
}

/// A mail with these attachments (name as it stands in the header, type, octets).
fn mail(team: &Team, subject: &str, files: &[(&str, &str, &[u8])]) {
    use base64::Engine as _;
    let mut text = format!(
        "From: Dana Reyes <dana@reyes.example>\r\nTo: {}\r\nSubject: {subject}\r\nMessage-ID: <{}@reyes.example>\r\n\
         Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nX-Secret-Field: seen only in full\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
         See https://reyes.example/floor-3 please\r\n",
        team.mailbox(),
        subject.replace(' ', "-"),
    );
    for (name, media_type, octets) in files {
        let code = base64::engine::general_purpose::STANDARD.encode(octets);
        text += &format!(
            "--b\r\nContent-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n"
        );
        for line in code.as_bytes().chunks(76) {
            text += &format!("{}\r\n", String::from_utf8_lossy(line));
        }
    }
    text += "--b--\r\n";
    team.append("INBOX", "", text.as_bytes());
}

fn open(alice: &Bagsy, subject: &str) -> Pty {
    let a = live(alice, Size(120, 30));
    wait_for_row(&a, subject, true);
    a.press("Enter");
    a.wait_for("See https://reyes.example/floor-3");
    a
}

/// Types another folder in the place of the one that is offered.
fn folder(a: &Pty, folder: &Path) {
    a.press("Home");
    a.press("Ctrl-K");
    a.keys(&folder.to_string_lossy());
    a.press("Enter");
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn an_attachment_is_saved_octet_by_octet_and_never_over_another() {
    let team = team();
    let large = octets(1_700_000);
    mail(&team, "With files", &[("report.bin", "application/octet-stream", &large), ("b.txt", "text/plain", b"short")]);
    let place = tempfile::tempdir().expect("a folder");
    std::fs::write(place.path().join("report.bin"), "mine").expect("a file");
    let a = open(&person(&team, "alice"), "With files");
    a.wait_for("[2] @ report.bin");
    a.keys("S");
    a.wait_for("its number, or Enter");
    a.wait_for("application/octet-stream  1.7 MB");
    a.keys("2");
    a.wait_for("Save report.bin in");
    folder(&a, &place.path().join("nowhere"));
    a.wait_for("there is no folder");
    folder(&a, place.path());
    a.wait_for("saved as");
    assert_eq!(names(place.path()), ["report (1).bin", "report.bin"]);
    assert!(std::fs::read(place.path().join("report (1).bin")).expect("it") == large);
    assert_eq!(std::fs::read(place.path().join("report.bin")).expect("mine"), b"mine");
    // The mail itself, as the server has it.
    a.keys("S4");
    a.wait_for("Save With files.eml in");
    folder(&a, place.path());
    a.wait_for("With files.eml");
    let saved = wait_for(Duration::from_secs(10), || {
        std::fs::read(place.path().join("With files.eml")).ok().filter(|saved| saved.ends_with(b"--b--\r\n"))
    });
    let mut owner = team.owner();
    owner.select("INBOX");
    assert!(saved == owner.message(1));
}

#[test]
fn a_hostile_name_leaves_the_chosen_folder_to_nobody() {
    let team = team();
    mail(
        &team,
        "Hostile",
        &[
            ("../../../../tmp/evil.txt", "text/plain", b"1"),
            (".bashrc", "text/plain", b"2"),
            ("con.txt", "text/plain", b"3"),
            ("a\x1b[2Jb.txt", "text/plain", b"4"),
        ],
    );
    let place = tempfile::tempdir().expect("a folder");
    let chosen = place.path().join("chosen");
    std::fs::create_dir(&chosen).expect("a folder");
    let a = open(&person(&team, "alice"), "Hostile");
    for number in 2..=5 {
        a.keys("S");
        a.wait_for("its number, or Enter");
        a.keys(&number.to_string());
        a.wait_for(" in ──");
        folder(&a, &chosen);
        let saved = wait_for(Duration::from_secs(10), || (names(&chosen).len() == number - 1).then_some(()));
        assert!(saved.is_some(), "{number}: {:?}\n{}", names(&chosen), a.framed());
    }
    assert_eq!(names(&chosen), ["_con.txt", "a␛[2Jb.txt", "bashrc", "evil.txt"]);
    assert_eq!(names(place.path()), ["chosen"]);
}

/// A place with a program `xdg-open` that only notes what it was given.
fn opener(place: &Path) -> String {
    let script = place.join("xdg-open");
    let noted = place.join("opened");
    let text = format!(
        "#!/bin/sh\nfor a in \"$@\"; do printf '%s\\n' \"$a\"; done >> {0}.new\n[ -f \"$1\" ] && cat \"$1\" >> {0}.new\nmv {0}.new {0}\n",
        noted.display()
    );
    std::fs::write(&script, text).expect("a script");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, mode).expect("its mode");
    format!("{}:{}", place.display(), std::env::var("PATH").unwrap_or_default())
}

#[test]
fn a_link_and_a_picture_open_what_runs_does_not() {
    let team = team();
    mail(&team, "To open", &[("smoke.jpg", "image/jpeg", b"picture"), ("run.sh", "application/pdf", b"#!/bin/sh\n")]);
    let place = tempfile::tempdir().expect("a folder");
    let alice =
        person(&team, "alice").env("PATH", &opener(place.path())).env("DISPLAY", ":9").env("SSH_CONNECTION", "");
    let a = open(&alice, "To open");
    let opened = || std::fs::read_to_string(place.path().join("opened")).ok();
    a.keys("o1");
    assert_eq!(wait_for(Duration::from_secs(5), opened).as_deref(), Some("https://reyes.example/floor-3\n"));
    std::fs::remove_file(place.path().join("opened")).expect("noted");
    a.keys("o");
    a.wait_for("its number, or Enter");
    a.keys("3");
    a.wait_for("run.sh is no kind of file that is opened from a mail; S saves it");
    assert_eq!(opened(), None);
    a.keys("o2");
    let told = wait_for(Duration::from_secs(5), opened).expect("opened");
    assert!(told.ends_with("/smoke.jpg\npicture"), "{told}");
}

#[test]
fn over_ssh_nothing_opens_and_the_way_out_is_said() {
    let team = team();
    mail(&team, "Far away", &[("smoke.jpg", "image/jpeg", b"picture")]);
    let place = tempfile::tempdir().expect("a folder");
    let path = opener(place.path());
    let alice = person(&team, "alice").env("PATH", &path).env("DISPLAY", ":9").env("SSH_CONNECTION", "1 2 3 4");
    let a = open(&alice, "Far away");
    a.keys("o2");
    a.wait_for("nothing can be opened over SSH; S saves it");
    a.keys("o1");
    a.wait_for("nothing can be opened over SSH; y copies it");
    a.keys("y1");
    a.wait_for("copied: https://reyes.example/floor-3");
    let copied = wait_for(Duration::from_secs(5), || a.copied().pop());
    assert_eq!(copied.as_deref(), Some("https://reyes.example/floor-3"));
    assert!(!place.path().join("opened").exists());
}

#[test]
fn a_command_reads_the_mail_and_the_terminal_comes_back() {
    let team = team();
    mail(&team, "To pipe", &[("data.csv", "text/csv", b"a,b\n1,2\n")]);
    let place = tempfile::tempdir().expect("a folder");
    let a = open(&person(&team, "alice"), "To pipe");
    let out = place.path().join("out");
    let piped = [("2", "a,b\n1,2\n"), ("3", "From: Dana Reyes"), ("4", "See https://reyes.example")];
    for (round, (number, begins)) in (1..).zip(piped) {
        a.keys("|");
        a.wait_for("its number, or Enter");
        a.keys(number);
        a.wait_for("to the command");
        a.keys(&format!("cat > {}", out.display()));
        a.press("Enter");
        // What the earlier commands left stands there still.
        a.wait_until("the command's end", |screen| screen.matches("[Enter: back to bagsy]").count() == round);
        assert!(std::fs::read_to_string(&out).expect("piped").starts_with(begins), "{number}");
        a.press("Enter");
        a.wait_for("See https://reyes.example/floor-3");
        a.wait_for(": done");
    }
}

#[test]
fn all_header_fields_and_the_source_stand_in_the_place_of_the_text() {
    let team = team();
    mail(&team, "In full", &[]);
    let a = open(&person(&team, "alice"), "In full");
    assert!(!a.screen().contains("X-Secret-Field"));
    a.keys("h");
    a.wait_for("all header fields");
    a.wait_for("X-Secret-Field: seen only in full");
    assert!(!a.screen().contains("floor-3"), "{}", a.framed());
    a.keys("H");
    a.wait_for("the mail as it came");
    a.wait_for("--b--");
    a.keys("H");
    a.wait_while("X-Secret-Field");
    a.wait_for("See https://reyes.example/floor-3");
    assert!(row(&a.screen(), "nothing").is_none());
}
