//! Nothing that a mail or a server says reaches a terminal as more than text, whatever verb prints it, in JSON too.

mod support;

use std::sync::OnceLock;

use bagsy::mail::safe;
use support::bagsy::{Bagsy, endpoint};
use support::dovecot::{Dovecot, Options};
use support::process::free_port;
use support::pty::Size;
use support::team::Team;

fn server() -> &'static Dovecot {
    static SERVER: OnceLock<Dovecot> = OnceLock::new();
    SERVER.get_or_init(|| Dovecot::with(Options { public: true, ..Options::default() }))
}

/// What steers a terminal or deceives the eye: ESC, a C1 control, a right-to-left override, a zero-width space.
const EVIL: &str = "\u{1b}[31m\u{9b}2J\u{202e}txt\u{200b}x";

/// The same as an encoded word, which no server looks into.
fn word() -> String {
    format!("=?utf-8?b?{}?=", data_encoding::BASE64.encode(EVIL.as_bytes()))
}

/// A mail with it in every field and every part, raw and encoded; larger than what is fetched at once where `is_large`.
fn mail(id: &str, is_large: bool) -> Vec<u8> {
    let word = word();
    let filler = if is_large { "Filler, that it is long.\r\n".repeat(25_000) } else { String::new() };
    format!(
        "From: {word} <dana@reyes.example>\r\nTo: {word} <support@x.example>, {EVIL}@y.example\r\n\
         Cc: \"{EVIL}\" <lee{EVIL}@z.example>\r\nSubject: {word} and {EVIL} raw\r\n\
         Date: Mon, 2 Mar 2026 14:02:03 +0100 ({EVIL})\r\nMessage-ID: <{id}\u{202e}\u{200b}x@reyes.example>\r\n\
         References: <0\u{202e}\u{200b}x@reyes.example>\r\nX-Evil: {EVIL}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nText {EVIL} raw.\r\n{filler}\
         --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<b title=\"{EVIL}\">Bold {EVIL} &#27;[31m &#155; &#8238;</b>\r\n\
         --b\r\nContent-Type: application/x-{EVIL}; name=\"{EVIL}.pdf\"\r\n\
         Content-Disposition: attachment; filename=\"{word}.pdf\"\r\n\r\n{EVIL}\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: {EVIL}\r\n\r\nInner {EVIL}\r\n--b--\r\n"
    )
    .into_bytes()
}

/// Asserts that a terminal obeys nothing of it.
#[track_caller]
fn is_safe(what: &str, printed: &[u8]) {
    let text = std::str::from_utf8(printed).unwrap_or_else(|e| panic!("{what}: {e}: {printed:?}"));
    let found = text.char_indices().find(|(_, c)| safe::is_forbidden(*c));
    if let Some((at, c)) = found {
        let from = (0..=at.saturating_sub(80)).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        panic!("{what}: {c:?} at {at} behind {:?}", &text[from..at]);
    }
}

/// Runs a verb in a terminal; gives all that came out of it, line ends as they were written.
fn in_terminal(alice: &Bagsy, arguments: &[&str]) -> Vec<u8> {
    let mut pty = alice.terminal(Size::LARGE, arguments);
    pty.wait_for_end();
    String::from_utf8_lossy(&pty.raw()).replace("\r\n", "\n").into_bytes()
}

struct Scene {
    team: Team<'static>,
    alice: Bagsy,
    ids: Vec<String>,
}

impl Scene {
    fn new() -> Self {
        let team = server().team();
        for (number, is_large) in [false, true].into_iter().enumerate() {
            team.append("INBOX", "", &mail(&number.to_string(), is_large));
        }
        // Nothing listens there: what is sent waits in the outbox.
        let nowhere = endpoint("127.0.0.1", free_port(), "none", None);
        let alice = Bagsy::new(&team, "alice").env("NO_COLOR", "1").configured(|a| a.smtp = Some(nowhere));
        let listed = alice.run(&["list", "--mailbox", &team.mailbox(), "--json"]);
        let ids = listed.ok().json().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect();
        Self { team, alice, ids }
    }
}

#[test]
fn no_reading_verb_prints_what_a_terminal_obeys() {
    server().create_public(&["desk\u{202e}\u{200b}x"]);
    let scene = Scene::new();
    let Scene { alice, ids, .. } = &scene;
    assert_eq!(ids.len(), 1, "both name the same missing mail");
    let id = ids[0].as_str();
    // Something in the outbox with a stranger's subject and address.
    let body = alice.home().join("body.txt");
    std::fs::write(&body, format!("Hello {EVIL}\n")).unwrap();
    let body = body.display().to_string();
    alice.run(&["reply", id, "--body-file", &body, "--if-assignee", "none"]).expect(5);
    let verbs: &[&[&str]] = &[
        &["mailboxes"],
        &["sync"],
        &["list", "--view", "all"],
        &["list", "--view", "all", "--query", "text"],
        &["show", id],
        &["show", id, "--headers"],
        &["show", id, "--html"],
        &["show", id, "--offline"],
        &["claim", id],
        &["tag", id, "+billing"],
        &["outbox"],
        &["doctor"],
        &["show", "\u{1b}[31m"],
        &["list", "--mailbox", "\u{1b}[31m\u{202e}"],
        &["waiting", id],
        &["reopen", id],
    ];
    for verb in verbs {
        let what = format!("bagsy {verb:?}");
        for json in [false, true] {
            let arguments = if json { [verb, &["--json"][..]].concat() } else { verb.to_vec() };
            let piped = alice.run(&arguments);
            is_safe(&what, &piped.bytes);
            is_safe(&what, piped.stderr.as_bytes());
            is_safe(&what, &in_terminal(alice, &arguments));
        }
    }
    let shown = alice.run(&["show", id, "--json"]).ok().one();
    let thread = shown["thread"].as_array().unwrap();
    let files: Vec<_> = thread.iter().flat_map(|m| m["attachments"].as_array().unwrap()).collect();
    assert!(files.iter().any(|f| f["type"].as_str().unwrap().starts_with("application/x-␛[31m")), "{files:?}");
    assert!(shown["thread"][0]["text"].as_str().unwrap().contains("Text ␛[31m"), "{shown}");
}

#[test]
fn a_dry_run_shows_a_strangers_bytes_to_a_terminal_as_text_and_hands_them_to_a_pipe_as_they_are() {
    let scene = Scene::new();
    let (alice, id) = (&scene.alice, scene.ids[0].as_str());
    let file = alice.home().join("evil.eml");
    std::fs::write(&file, format!("Subject: {EVIL}\r\n\r\n{EVIL}\r\n")).unwrap();
    let body = alice.home().join("body.txt");
    std::fs::write(&body, format!("Hello {EVIL}\n")).unwrap();
    let (file, body) = (file.display().to_string(), body.display().to_string());
    let to = ["--to", "lee@z.example", "--dry-run", "--mailbox"];
    let mailbox = scene.team.mailbox();
    let forward = [&["forward", id, "--as-attachment"], &to[..], &[mailbox.as_str()]].concat();
    let new = [&["new", "--subject", EVIL, "--body-file", &body, "--attach", &file], &to[..], &[&mailbox]].concat();
    let reply = vec!["reply", id, "--body-file", &body, "--attach", &file, "--dry-run"];
    for verb in [&forward, &new, &reply] {
        is_safe(&format!("bagsy {verb:?}"), &in_terminal(alice, verb));
    }
    let piped = alice.run(&forward);
    piped.ok();
    assert!(piped.bytes.windows(5).any(|run| run == b"\x1b[31m"), "as it is");
}

#[test]
fn a_watch_tells_of_strangers_in_safe_words() {
    let scene = Scene::new();
    let watch = scene.alice.watch();
    let mut text = scene.alice.terminal(Size::LARGE, &["watch"]);
    text.wait_for("live");
    scene.team.append("INBOX", "", &mail("more", false));
    let (_, event) = watch.wait_for(support::bagsy::LIMIT, |e| e["event"] == "new");
    is_safe("watch --json", event["subject"].as_str().unwrap_or_default().as_bytes());
    is_safe("watch --json", event.to_string().as_bytes());
    text.wait_for("new mail from");
    text.signal(libc::SIGTERM);
    text.wait_for_end();
    is_safe("watch", String::from_utf8_lossy(&text.raw()).replace("\r\n", "\n").as_bytes());
}
