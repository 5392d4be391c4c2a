//! `bagsy doctor` against real servers: what it says when all is well, and where it says what is wrong when it is not.

mod support;

use std::net::TcpListener;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;
use support::bagsy::{Bagsy, Output, endpoint};
use support::certs::{self, Cert};
use support::dovecot::{Dovecot, Options, PASSWORD, SharedIndex, sdbox};
use support::imap_client::quoted;
use support::mailgen::Mail;
use support::pty::Size;
use support::submission::Submission;
use support::team::{Team, rights};

fn submission() -> &'static Submission {
    static SUBMISSION: OnceLock<Submission> = OnceLock::new();
    SUBMISSION.get_or_init(|| Submission::start(sdbox()))
}

/// A person of the team who can send.
fn person(team: &Team, who: &str) -> Bagsy {
    Bagsy::new(team, who).sending(submission())
}

/// What one check-up said.
struct Report {
    lines: Vec<Value>,
    output: Output,
}

impl Report {
    #[track_caller]
    fn of(bagsy: &Bagsy, code: i32) -> Self {
        Self::with(bagsy, &["doctor", "--json"], code)
    }

    #[track_caller]
    fn with(bagsy: &Bagsy, arguments: &[&str], code: i32) -> Self {
        let output = bagsy.run(arguments);
        let lines = output.expect(code).json();
        for line in &lines {
            let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["check", "follows", "found", "ok"], "{line}");
        }
        assert!(!output.stdout.contains(PASSWORD) && !output.stderr.contains(PASSWORD), "a password was printed");
        Self { lines, output }
    }

    /// The line whose name ends so: whether it is well, what was found, what follows.
    #[track_caller]
    fn line(&self, check: &str) -> (bool, &str, &str) {
        let found = self.lines.iter().find(|l| l["check"].as_str().unwrap().ends_with(check));
        let line = found.unwrap_or_else(|| panic!("no “{check}” in\n{}", self.output.stdout));
        (line["ok"].as_bool().unwrap(), line["found"].as_str().unwrap(), line["follows"].as_str().unwrap())
    }

    fn has(&self, check: &str) -> bool {
        self.lines.iter().any(|l| l["check"].as_str().unwrap().ends_with(check))
    }

    /// The names of the lines that are not well.
    fn bad(&self) -> Vec<&str> {
        self.lines.iter().filter(|l| l["ok"] == false).map(|l| l["check"].as_str().unwrap()).collect()
    }
}

/// Reaches the IMAP server at the address where it shows this certificate.
fn showing(team: &Team, cert: Cert, ca: Option<&Path>) -> Bagsy {
    let imap = endpoint(cert.address(), team.server.imaps_port, "implicit", ca);
    person(team, "alice").configured(|account| account.imap = imap)
}

#[test]
fn all_is_well_for_who_may_do_everything() {
    let team = sdbox().team();
    let report = Report::of(&person(&team, "alice"), 0);
    assert_eq!(report.bad(), [""; 0]);
    assert!(report.line("configuration").1.contains("config.toml"));
    assert_eq!(report.line("work: handle").1, format!("alice, from the login {}", team.user("alice")));
    assert!(report.line("secret").1.contains("BAGSY_TEST_PASSWORD"));
    assert!(report.line("imap connection").1.contains(&team.server.imaps_port.to_string()));
    assert!(report.line("imap tls").1.starts_with("TLS from the first byte, TLS 1.3 with AES_"));
    assert!(report.line("imap tls").1.contains("ca.pem"));
    assert_eq!(report.line("imap sign-in").1, "let in, by password, AUTHENTICATE PLAIN");
    assert!(report.line("imap capabilities").1.contains("CONDSTORE QRESYNC MOVE IDLE NAMESPACE ACL UIDPLUS"));
    assert!(report.line("namespaces").1.contains("“shared/"), "{}", report.output.stdout);
    assert_eq!(report.line("work: mailboxes").1, team.mailbox());
    assert!(report.line(&format!("{}: rights", team.mailbox())).1.contains("set keywords"));
    for ability in ["read", "mark as read", "claim", "answer", "archive"] {
        assert_eq!(report.line(&format!("{}: {ability}", team.mailbox())).1, "you may");
    }
    assert!(report.line("grade").1.starts_with("A: "));
    assert!(report.line(": Sent").1.contains("well-known name"));
    assert!(report.line("shared \\Seen").1.starts_with("cannot be told with one login"));
    assert_eq!(report.line("announced answers").1, "none of unknown fate");
    assert_eq!(report.line("outbox").1, "empty");
    assert!(report.line("submission tls").1.starts_with("TLS from the first byte, TLS 1.3 with AES_"));
    assert_eq!(report.line("submission sign-in").1, "let in, by password, AUTH PLAIN");
    assert!(report.line(&format!("send as {}", team.mailbox())).1.contains("takes it as a sender"));
    assert_eq!(report.output.stderr, "");
}

#[test]
fn who_may_not_read_sent_is_told_wherever_a_claim_is_made_that_it_is_advisory() {
    let team = sdbox().team();
    team.grant("bob", "Sent", "li");
    let mail = Mail::new("Dana <dana@customer.test>", &team.mailbox(), "Split", "Hello?");
    team.append("INBOX", "", &mail.bytes());
    let bob = person(&team, "bob");
    let report = Report::of(&bob, 0);
    let (is_ok, _, follows) = report.line("grade");
    assert!(is_ok && follows.starts_with("you may not read Sent: "), "{follows}");
    assert!(bob.run(&["mailboxes"]).ok().stdout.contains("your claims are advisory"));
    assert!(bob.run(&["next"]).ok().stderr.contains("your claims are advisory"));
    let id = bob.run(&["list", "--json"]).ok().one()["id"].as_str().unwrap().to_owned();
    assert!(bob.run(&["claim", &id]).ok().stderr.contains("your claims are advisory"));
}

#[test]
fn it_says_the_same_to_people_with_a_mark_before_each_line() {
    let team = sdbox().team();
    let report = person(&team, "dave").run(&["doctor"]);
    let text = &report.ok().stdout;
    assert!(text.contains("✓ work: imap sign-in: let in, by password, AUTHENTICATE PLAIN\n"), "{text}");
    assert!(text.contains(": claim: you may not: `w` missing on INBOX → "), "{text}");
    assert!(text.lines().all(|line| line.starts_with("✓ ") || line.starts_with("! ")), "{text}");
    let last = format!("Nothing failed, but not all that work needs is there:\n  {}: ", team.mailbox());
    assert!(
        report.stderr.contains(&format!("{last}you cannot claim, finish or tag, you cannot answer\n")),
        "{}",
        report.stderr
    );
    assert!(person(&team, "alice").run(&["doctor"]).ok().stderr.contains("All that work needs is there."));
    let ascii = person(&team, "alice").env("LC_ALL", "C").run(&["doctor"]);
    assert!(ascii.ok().stdout.contains("ok work: imap sign-in"), "{}", ascii.stdout);
}

#[test]
fn nothing_is_sent_and_no_flag_is_changed_by_looking() {
    let team = sdbox().team();
    let mail = support::mailgen::Mail::new("Dana <dana@reyes.example>", &team.mailbox(), "Hello", "Hello?");
    let uid = team.append("INBOX", "", &mail.bytes());
    let before = team.in_inbox("bob").flags(uid);
    Report::of(&person(&team, "alice"), 0);
    assert_eq!(team.in_inbox("bob").flags(uid), before);
    let queued = |line: &str| line.contains("queue active") && line.contains(&team.mailbox());
    assert!(!submission().log().lines().any(queued), "a mail was sent");
    assert_eq!(team.in_inbox("bob").search("ALL"), [uid]);
}

#[test]
fn who_may_only_read_is_told_what_is_missing_for_what_and_is_no_failure() {
    let team = sdbox().team();
    let report = Report::of(&person(&team, "dave"), 0);
    assert!(report.line("grade").1.starts_with("D: "));
    assert!(report.line("claim").1.contains("`w` missing on INBOX"));
    assert!(report.line("answer").1.contains("`w` `i` missing on Sent"));
    assert!(report.line("archive").1.contains("`t` `e` missing on INBOX, `i` missing on Archive"));
    assert!(report.line("submission").1.starts_with("not checked"));
    let erin = Report::of(&person(&team, "erin"), 0);
    assert_eq!((erin.line(": claim").1, erin.line("grade").0), ("you may", true));
    assert!(erin.line("answer").1.contains("`i` missing on Sent"));
    assert!(erin.line(": archive").2.contains("keyword alone"));
}

#[test]
fn folders_that_are_not_there_are_said_with_what_follows() {
    let server = sdbox();
    let rights = support::team::rights::ALL;
    let team = Team::create_with(server, "bare.test", &[("alice", rights)], &[]);
    let report = Report::of(&person(&team, "alice"), 0);
    assert!(report.line(": Sent").2.contains("created before the first answer"), "{}", report.output.stdout);
    assert!(report.line(": Archive").2.contains("keyword alone"));
    assert!(report.line(": archive").1.contains("no Archive folder"));
}

#[test]
fn a_folder_that_is_configured_and_not_there_is_a_fault_of_the_configuration() {
    let team = sdbox().team();
    let rest = format!(
        "[mailbox.{:?}]\naccount = \"work\"\nsince = \"2026-11-01\"\nfolders = {{ archive = \"shared/Nowhere\" }}\n",
        team.mailbox()
    );
    let report = Report::of(&person(&team, "alice").configured(|account| account.rest = rest), 2);
    assert!(!report.line(": Archive").0 && report.line(": Archive").1.contains("shared/Nowhere"));
    assert_eq!(report.line(": since").1, "2026-11-01");
    assert_eq!(report.output.error()["kind"], "config");
}

#[test]
fn a_wrong_password_is_told_at_the_sign_in_and_not_tried_elsewhere() {
    let team = sdbox().team();
    let alice = person(&team, "alice").env("BAGSY_TEST_PASSWORD", "hunter2");
    let report = Report::of(&alice, 6);
    assert_eq!(report.bad(), ["work: imap sign-in", "work: mailboxes", "work: submission"]);
    assert!(report.line("imap tls").0 && report.line("sign-in").2.contains("[account.work]"));
    assert_eq!(report.output.error()["kind"], "auth");
    assert!(!report.output.stdout.contains("hunter2"));
    assert!(!report.has("grade"));
}

#[test]
fn a_secret_that_is_not_to_be_had_ends_it_before_the_network() {
    let team = sdbox().team();
    let auth = r#"{ method = "password", command = "echo hunter2; exit 1" }"#.to_owned();
    let report = Report::of(&person(&team, "alice").configured(|account| account.auth = auth), 6);
    assert_eq!(report.bad()[0], "work: secret");
    assert!(!report.output.stdout.contains("hunter2") && !report.has("imap connection"));
}

#[test]
fn a_bad_certificate_is_told_with_what_is_wrong_with_it() {
    let team = sdbox().team();
    let ca = sdbox().ca();
    let stranger = tempfile::tempdir().unwrap();
    certs::write_to(stranger.path());
    for (cert, ca, words) in [
        (Cert::Expired, Some(ca.as_path()), "has expired"),
        (Cert::WrongHost, Some(ca.as_path()), "another host name"),
        (Cert::Right, None, "not trusted"),
    ] {
        let report = Report::of(&showing(&team, cert, ca), 5);
        let (ok, found, follows) = report.line("imap tls");
        assert!(!ok && found.contains(words) && follows.contains("ca = "), "{cert:?}: {found}");
        assert!(report.line("imap sign-in").1.starts_with("not checked"));
        assert_eq!(report.output.error()["kind"], "tls");
        // What does not depend on it is looked at all the same.
        assert!(report.line("submission sign-in").0);
    }
}

#[test]
fn a_bad_certificate_of_the_submission_server_is_told_too() {
    let team = sdbox().team();
    let smtp = endpoint(Cert::Expired.address(), submission().tls_port, "implicit", Some(&submission().ca()));
    let report = Report::of(&person(&team, "alice").configured(|account| account.smtp = Some(smtp)), 5);
    assert_eq!(report.bad(), ["work: submission tls", "work: submission sign-in"]);
    assert!(report.line("submission tls").1.contains("expired"));
    assert!(!report.has(&format!("send as {}", team.mailbox())));
}

#[test]
fn a_server_that_is_not_there_is_told_apart_from_a_name_that_is_not() {
    let team = sdbox().team();
    // Nobody listens where somebody has just stopped to.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let imap = |imap: String| person(&team, "alice").configured(|account| account.imap = imap);
    let silent = Report::of(&imap(endpoint("127.0.0.1", port, "implicit", None)), 5);
    assert_eq!(silent.bad()[0], "work: imap connection");
    assert!(silent.line("imap connection").1.contains("refused") && silent.line("imap name").0);
    assert_eq!(silent.output.error()["kind"], "unreachable");
    let nameless = Report::of(&imap(endpoint("imap.invalid", 993, "implicit", None)), 5);
    assert_eq!(nameless.bad()[0], "work: imap name");
}

#[test]
fn starttls_is_as_good_and_plain_text_is_warned_of() {
    let team = sdbox().team();
    let ca = sdbox().ca();
    let starttls = person(&team, "alice").configured(|account| {
        account.imap = endpoint("localhost", sdbox().imap_port, "starttls", Some(&ca));
        account.smtp = Some(endpoint("localhost", submission().starttls_port, "starttls", Some(&submission().ca())));
    });
    let report = Report::of(&starttls, 0);
    assert!(report.line("imap tls").1.starts_with("STARTTLS, TLS 1.3 with "));
    assert!(report.line("submission tls").1.starts_with("STARTTLS, TLS 1.3 with "));

    let plain = person(&team, "alice")
        .configured(|account| account.imap = endpoint("127.0.0.1", sdbox().imap_port, "none", None));
    let report = Report::of(&plain, 0);
    assert!(report.line("configuration").2.contains(&format!("127.0.0.1:{}", sdbox().imap_port)));
    assert!(report.line("imap tls").1.contains("in the clear") && report.line("imap tls").1.contains("plaintext"));
    assert!(!report.line("imap tls").1.contains("TLS 1."));
    let text = plain.run(&["doctor"]);
    assert!(text.ok().stdout.contains("! work: imap tls"), "{}", text.stdout);

    // A port where TLS begins at once says nothing to who waits for a greeting; the other way round it answers nonsense.
    let crossed = person(&team, "alice")
        .configured(|account| account.imap = endpoint("localhost", sdbox().imap_port, "implicit", Some(&ca)));
    let report = Report::of(&crossed, 5);
    assert!(report.line("imap tls").1.contains("STARTTLS"), "{}", report.output.stdout);
}

#[test]
fn a_token_is_shown_by_the_mechanism_that_the_server_takes() {
    let mut extra = String::new();
    for (mechanisms, mechanism) in [("", "OAUTHBEARER"), ("plain xoauth2", "XOAUTH2")] {
        if !mechanisms.is_empty() {
            extra = format!("auth_mechanisms = {mechanisms}\n");
        }
        let dovecot = Dovecot::with(Options { oauth2: true, extra: extra.clone(), ..Options::default() });
        let team = dovecot.team();
        let token = dovecot.tokens().issue(&team.user("alice"));
        let report = Report::of(&Bagsy::new(&team, "alice").with_token(&token), 5);
        let let_in = format!("let in, by access token, AUTHENTICATE {mechanism}");
        assert_eq!(report.line("imap sign-in").1, let_in);
        assert!(!report.output.stdout.contains(&token), "a token was printed");
    }
}

#[test]
fn where_a_mechanism_would_take_a_further_round_trip_a_password_goes_by_command() {
    let without_first_response = Dovecot::with(Options::without(&["SASL-IR"]));
    let team = without_first_response.team();
    let report = Report::of(&Bagsy::new(&team, "alice"), 5);
    assert_eq!(report.line("imap sign-in").1, "let in, by password, LOGIN command");
}

#[test]
fn a_server_without_acl_or_condstore_is_lived_with_and_said() {
    let poor = Dovecot::with(Options::without(&["ACL", "RIGHTS=texk", "CONDSTORE", "QRESYNC", "MOVE", "IDLE"]));
    let team = poor.team();
    let report = Report::of(&person(&team, "alice"), 0);
    assert!(report.line("rights").1.contains("no ACL"));
    for missing in ["CONDSTORE", "QRESYNC", "MOVE", "IDLE", "ACL"] {
        let (ok, found, follows) = report.line(&format!("imap {missing}"));
        assert!(ok && found.contains("does not have it") && !follows.is_empty(), "{missing}");
    }
    assert!(!report.line("grade").1.starts_with("A: ") && report.line(": claim").1.contains("no CONDSTORE"));
    assert_eq!(report.line(": answer").1, "you may");
}

#[test]
fn who_may_not_send_as_the_mailbox_is_told_so() {
    let team = sdbox().team();
    let report = Report::of(&person(&team, "carol"), 4);
    let sender = format!("{0}: send as {0}", team.mailbox());
    assert_eq!(report.bad(), [sender.as_str()]);
    assert!(report.line(&sender).1.contains("not owned by"), "{}", report.output.stdout);
    assert_eq!(report.output.error()["kind"], "sender_refused");
}

#[test]
fn one_without_any_mailbox_is_told_to_ask_for_one() {
    let team = sdbox().team();
    let report = Report::of(&person(&team, "mallory"), 4);
    assert_eq!(report.bad(), ["mailboxes"]);
    assert!(report.line("mailboxes").0, "the login's own line is a remark");
    assert_eq!(report.output.error()["kind"], "rights");

    let mailbox = team.mailbox();
    let named = person(&team, "mallory")
        .configured(|account| account.rest = format!("[mailbox.{mailbox:?}]\naccount = \"work\"\n"));
    let report = Report::of(&named, 4);
    assert_eq!(report.bad(), [format!("{mailbox}: mailbox")]);
}

#[test]
fn one_mailbox_of_several_may_be_meant() {
    let team = sdbox().team();
    team.add_mailbox("sales", &[("alice", support::team::rights::READ)], &["Sent"]);
    let alice = person(&team, "alice");
    let sales = team.user("sales");
    let report = Report::with(&alice, &["doctor", "--json", "--mailbox", &sales], 0);
    assert!(report.has(&format!("{sales}: grade")) && !report.has(&format!("{}: grade", team.mailbox())));
    let report = Report::with(&alice, &["doctor", "--json", "--mailbox", "nobody@example.test"], 2);
    assert_eq!(report.output.error()["kind"], "not_found");
}

#[test]
fn a_handle_that_only_the_configuration_can_tell_is_asked_for() {
    let team = sdbox().team();
    let mailbox = team.mailbox();
    let own = Bagsy::login(sdbox(), &mailbox).sending(submission()).configured(|account| {
        account.rest = format!("[mailbox.{mailbox:?}]\naccount = \"work\"\nroot = \"INBOX\"\n");
    });
    let report = Report::of(&own, 2);
    assert!(report.line(&format!("{mailbox}: handle")).2.contains("handle = "), "{}", report.output.stdout);
    assert!(report.line("shared \\Seen").1.starts_with("shared"));
    assert!(report.line(": Sent").1.contains("SPECIAL-USE"));
    Report::of(&own.configured(|account| account.handle = Some("alice".to_owned())), 0);
}

#[test]
fn a_configuration_that_cannot_be_read_is_the_first_finding() {
    let bagsy = Bagsy::bare();
    let report = Report::of(&bagsy, 2);
    assert_eq!(report.bad(), ["configuration"]);
    bagsy.write_config("[account.work]\nusr = \"alice\"\n");
    let report = Report::of(&bagsy, 2);
    assert!(report.line("configuration").1.contains("line 2") && report.line("configuration").2.contains("user"));
    assert_eq!(report.output.error()["kind"], "config");
}

#[test]
fn an_announced_answer_of_unknown_fate_is_seen() {
    let team = sdbox().team();
    let mail = support::mailgen::Mail::new(&team.mailbox(), "dana@reyes.example", "Re: Hello", "Well.");
    team.append("Sent", "($SubmitPending) \"01-Nov-2026 09:00:00 +0000\"", &mail.bytes());
    let report = Report::of(&person(&team, "alice"), 0);
    assert!(report.line("announced answers").1.starts_with("1: "), "{}", report.output.stdout);
}

#[test]
fn two_logins_of_one_configuration_show_whether_seen_is_shared() {
    for (shared_index, word) in [(SharedIndex::Common, "shared"), (SharedIndex::PrivateSeen, "private")] {
        let dovecot = Dovecot::with(Options { shared_index, ..Options::default() });
        let team = dovecot.team();
        let mail = support::mailgen::Mail::new("Dana <dana@reyes.example>", &team.mailbox(), "Hello", "Hello?");
        let (first, _) = (team.append("INBOX", "", &mail.bytes()), team.append("INBOX", "", &mail.bytes()));
        team.in_inbox("bob").ok(&format!("UID STORE {first} +FLAGS (\\Seen)"));
        let imap = endpoint("localhost", dovecot.imaps_port, "implicit", Some(&dovecot.ca()));
        let smtp = endpoint("localhost", submission().tls_port, "implicit", Some(&submission().ca()));
        let bob = format!(
            "[account.bob]\nuser = {:?}\nimap = {imap}\nsmtp = {smtp}\nauth = {{ env = \"BAGSY_TEST_PASSWORD\" }}\n",
            team.user("bob")
        );
        let report = Report::of(&person(&team, "alice").configured(|account| account.rest = bob), 0);
        let (ok, found, _) = report.line("shared \\Seen");
        assert!(ok && found.starts_with(&format!("{word}, as it looks")), "{shared_index:?}: {found}");
    }
}

/// The login that is the team's mailbox, used as the queue.
fn own_inbox(team: &Team) -> Bagsy {
    Bagsy::login(team.server, &team.mailbox()).sending(submission()).configured(|account| {
        account.handle = Some("alice".to_owned());
        account.rest = format!("[mailbox.{:?}]\naccount = \"work\"\nroot = \"INBOX\"\n", team.mailbox());
    })
}

fn has(team: &Team, folder: &str) -> bool {
    let answer = team.owner().ok(&format!("LIST \"\" {}", quoted(folder)));
    answer.untagged.iter().any(|line| line.starts_with("LIST"))
}

#[test]
fn a_doctor_creates_missing_folders_where_it_is_asked_to() {
    let team = Team::create_with(sdbox(), "folders.test", &[], &[]);
    let own = own_inbox(&team);
    // Nobody can be asked, and without the flag nothing is changed.
    own.run(&["doctor"]).ok();
    assert!(!has(&team, "Sent") && !has(&team, "Archive"));
    let mut pty = own.terminal(Size::SMALL, &["doctor"]);
    pty.wait_for("Create “Sent” in support@folders.test, for all who share it?");
    pty.keys("y\r");
    pty.wait_for("Create “Archive” in support@folders.test, for all who share it?");
    pty.keys("\r");
    pty.wait_for("Sent: “Sent” is created");
    assert_eq!(pty.wait_for_end(), 0);
    assert!(has(&team, "Sent") && !has(&team, "Archive"));

    let lines = own.run(&["doctor", "--create-folders", "--json"]).ok().json();
    let last = lines.last().unwrap();
    assert_eq!((last["check"].as_str(), last["ok"].as_bool()), (Some("support@folders.test: Archive"), Some(true)));
    assert_eq!(last["follows"], "what is done moves there");
    assert!(has(&team, "Archive"));
    let subscribed = team.owner().ok("LSUB \"\" *").untagged.join("\n");
    assert!(subscribed.contains("Sent") && subscribed.contains("Archive"), "{subscribed}");
    // Nothing is missing any more.
    let again = own.run(&["doctor", "--create-folders", "--json"]).ok().json();
    assert!(again.iter().all(|line| !line["found"].as_str().unwrap().contains("is created")), "{again:?}");
    assert!(again.iter().any(|line| line["check"] == "support@folders.test: archive" && line["found"] == "you may"));
}

#[test]
fn a_folder_that_may_not_be_created_is_not_offered_or_said_to_be_refused() {
    let people = [("alice", rights::ALL), ("bob", "lrswipte")];
    let team = Team::create_with(sdbox(), "refused.test", &people, &[]);
    // Without `k` nobody tries.
    let bob = person(&team, "bob").run(&["doctor", "--create-folders", "--json"]);
    assert!(bob.ok().json().iter().all(|line| !line["found"].as_str().unwrap().contains("created:")), "{}", bob.stdout);
    // Dovecot says `k` on the INBOX of another's mailbox, and creates nothing beside it all the same.
    let alice = person(&team, "alice").run(&["doctor", "--create-folders", "--json"]);
    assert_eq!(alice.expect(4).error()["kind"], "rights");
    let refused = alice.json().into_iter().rfind(|line| line["ok"] == false).unwrap();
    assert!(refused["found"].as_str().unwrap().starts_with("it cannot be created: "), "{refused}");
    assert!(refused["follows"].as_str().unwrap().contains("ask whoever administers"), "{refused}");
    assert!(!has(&team, "Sent") && !has(&team, "Archive"));
}
