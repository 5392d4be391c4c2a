//! Signing in: every way that works, and in plain words, with a kind and an exit code, every way that does not.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use support::bagsy::{Bagsy, Output, endpoint};
use support::certs::Cert;
use support::dovecot::{Dovecot, Options, PASSWORD};
use support::imap_client::quoted;
use support::mailgen::Mail;
use support::process::free_port;
use support::submission::Submission;
use support::team::Team;

fn server() -> &'static Dovecot {
    static SERVER: OnceLock<Dovecot> = OnceLock::new();
    SERVER.get_or_init(|| Dovecot::with(Options { oauth2: true, ..Options::default() }))
}

/// Alice with another IMAP server in her configuration.
fn alice_at(team: &Team, imap: String) -> Bagsy {
    Bagsy::new(team, "alice").configured(|account| account.imap = imap)
}

/// The verb fails so; gives the message and the hint.
#[track_caller]
fn fails(bagsy: &Bagsy, code: i32, kind: &str) -> (String, String) {
    let output = bagsy.run(&["mailboxes", "--json"]);
    assert!(!output.stderr.contains(PASSWORD), "{}", output.stderr);
    refused(&output, code, kind)
}

#[track_caller]
fn refused(output: &Output, code: i32, kind: &str) -> (String, String) {
    let error = output.expect(code).error();
    assert_eq!(error["kind"], kind, "{error}");
    assert_eq!(output.stdout, "");
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    (text("message"), text("hint"))
}

#[track_caller]
fn sees_its_mailbox(bagsy: &Bagsy, team: &Team) {
    assert_eq!(bagsy.run(&["mailboxes", "--json"]).ok().one()["mailbox"], team.mailbox());
}

#[test]
fn a_wrong_password_is_told_as_one_and_never_shown() {
    let team = server().team();
    let alice = Bagsy::new(&team, "alice").env("BAGSY_TEST_PASSWORD", "swordfish");
    let (message, hint) = fails(&alice, 6, "auth");
    assert!(message.contains(&team.user("alice")) && !message.contains("swordfish"), "{message}");
    assert!(hint.contains("auth"), "{hint}");
}

#[test]
fn a_certificate_that_is_not_right_is_a_tls_failure_with_its_reason() {
    let team = server().team();
    let ca = server().ca();
    for (host, ca, reason) in [
        (Cert::Expired.address(), Some(ca.as_path()), "expired"),
        (Cert::WrongHost.address(), Some(&ca), "another host name"),
        ("localhost", None, "authorit"),
    ] {
        for (port, tls) in [(server().imaps_port, "implicit"), (server().imap_port, "starttls")] {
            let (message, hint) = fails(&alice_at(&team, endpoint(host, port, tls, ca)), 5, "tls");
            assert!(message.contains(reason) && !hint.is_empty(), "{message} / {hint}");
        }
    }
}

#[test]
fn a_file_of_authorities_that_is_none_is_the_configurations_fault() {
    let team = server().team();
    let bagsy = alice_at(&team, endpoint("localhost", server().imaps_port, "implicit", Some("/nowhere.pem".as_ref())));
    let (message, hint) = fails(&bagsy, 2, "config");
    assert!(message.contains("/nowhere.pem") && hint.contains("PEM"), "{message} / {hint}");
}

#[test]
fn a_server_that_is_not_there_is_unreachable() {
    let team = server().team();
    for (host, port, word) in [("no-such-host.invalid", 993, "no-such-host"), ("127.0.0.1", free_port(), "refused")] {
        for tls in ["implicit", "starttls", "none"] {
            let (message, _) =
                fails(&alice_at(&team, endpoint(host, port, tls, Some(&server().ca()))), 5, "unreachable");
            assert!(message.contains(word), "{message}");
        }
    }
}

#[test]
fn implicit_tls_starttls_and_on_request_no_tls_at_all_lead_in() {
    let team = server().team();
    let (ca, dovecot) = (server().ca(), server());
    for (host, port, tls, ca) in [
        ("localhost", dovecot.imaps_port, "implicit", Some(ca.as_path())),
        ("127.0.0.1", dovecot.imap_port, "starttls", Some(&ca)),
        ("127.0.0.1", dovecot.imap_port, "none", None),
    ] {
        sees_its_mailbox(&alice_at(&team, endpoint(host, port, tls, ca)), &team);
    }
}

/// A server that plays its greeting and an answer to the first command, and tells all that it heard.
fn double(greeting: &'static str, answer: &'static str) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let mut reader = BufReader::new(connection.try_clone().unwrap());
            let mut writer = connection;
            writer.write_all(greeting.as_bytes()).unwrap();
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                let said = String::from_utf8_lossy(&line).into_owned();
                let tag = said.split(' ').next().unwrap_or_default();
                let _ = writer.write_all(answer.replace("TAG", tag).as_bytes());
                let _ = tell.send(said);
                line.clear();
            }
        }
    });
    (port, heard)
}

#[test]
fn a_server_without_starttls_hears_nothing_more_and_the_same_goes_for_one_that_speaks_too_soon() {
    let team = server().team();
    for (answer, reason) in [
        ("TAG BAD STARTTLS is not known here\r\n", "STARTTLS"),
        ("TAG OK go ahead\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "plain text"),
    ] {
        let (port, heard) = double("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n", answer);
        let alice = alice_at(&team, endpoint("localhost", port, "starttls", Some(&server().ca())));
        let (message, _) = fails(&alice, 5, "tls");
        assert!(message.contains(reason), "{message}");
        let heard: Vec<String> = heard.try_iter().collect();
        assert!(heard.len() == 1 && heard[0].ends_with("STARTTLS\r\n"), "{heard:?}");
    }
}

#[test]
fn an_access_token_leads_in_and_a_revoked_one_is_asked_for_once_more() {
    let team = server().team();
    let token = server().tokens().issue(&team.user("alice"));
    let runs = |bagsy: &Bagsy| std::fs::read_to_string(bagsy.home().join("runs")).unwrap_or_default().lines().count();
    let alice = Bagsy::new(&team, "alice").configured(|account| {
        account.auth = r#"{ method = "oauth2", command = "echo x >> runs; tail -n 1 token" }"#.to_owned();
    });
    std::fs::write(alice.home().join("token"), &token).unwrap();
    sees_its_mailbox(&alice, &team);
    assert_eq!(runs(&alice), 1);

    server().tokens().revoke(&token);
    let (message, _) = fails(&alice, 6, "auth");
    assert!(!message.contains(&token), "{message}");
    assert_eq!(runs(&alice), 3, "one refresh");

    // The command's second answer is a good one: nobody notices.
    let fresh = server().tokens().issue(&team.user("alice"));
    let alice = alice.configured(|account| {
        let command = format!("echo x >> runs; if [ $(wc -l < runs) -gt 4 ]; then echo {fresh}; else echo {token}; fi");
        account.auth = format!(r#"{{ method = "oauth2", command = "{command}" }}"#);
    });
    sees_its_mailbox(&alice, &team);
    assert_eq!(runs(&alice), 5);
}

#[test]
fn a_server_that_takes_one_kind_of_token_alone_gets_that_one() {
    for mechanism in ["xoauth2", "oauthbearer"] {
        // Stands behind the tokens' own line, which it replaces.
        let extra = format!("auth_mechanisms = plain login {mechanism}\n");
        let server = Dovecot::with(Options { oauth2: true, extra, ..Options::default() });
        let team = server.team();
        let token = server.tokens().issue(&team.user("bob"));
        sees_its_mailbox(&Bagsy::new(&team, "bob").with_token(&token), &team);
    }
}

#[test]
fn a_password_comes_from_a_command_or_the_environment() {
    let team = server().team();
    let with = |auth: &str| Bagsy::new(&team, "alice").configured(|account| account.auth = auth.to_owned());
    sees_its_mailbox(
        &with(&format!("{{ method = \"password\", command = \"printf '{PASSWORD}\\\\nuser: alice'\" }}")),
        &team,
    );
    sees_its_mailbox(&with("{ env = \"ANOTHER\" }").env("ANOTHER", PASSWORD), &team);

    let (message, hint) = fails(&with("{ env = \"NOT_SET\" }"), 6, "auth");
    assert!(message.contains("NOT_SET") && hint.contains("NOT_SET"), "{message} / {hint}");
    let (message, _) = fails(&with("{ command = \"echo the vault is locked >&2; exit 1\" }"), 6, "auth");
    assert!(message.contains("the vault is locked"), "{message}");
}

#[test]
fn a_password_in_the_file_is_refused_with_its_line() {
    let bagsy = Bagsy::bare();
    bagsy
        .write_config("[account.work]\nuser = \"alice\"\nimap = { host = \"h\" }\nauth = { password = \"hunter2\" }\n");
    let (message, hint) = fails(&bagsy, 2, "config");
    assert!(message.contains("line 4") && hint.contains("command"), "{message} / {hint}");
    assert!(!format!("{message}{hint}").contains("hunter2"));
}

#[test]
fn a_slip_in_the_configuration_is_told_with_its_line_and_the_nearest_key() {
    let bagsy = Bagsy::bare();
    bagsy.write_config("[account.work]\nuser = \"alice\"\nimap = { host = \"h\", prot = 993 }\n");
    let (message, hint) = fails(&bagsy, 2, "config");
    let text = format!("{message} {hint}");
    assert!(text.contains("line 3") && text.contains("`prot`") && text.contains("`port`"), "{text}");
    // For people the same, without JSON.
    let output = bagsy.run(&["mailboxes"]);
    output.expect(2);
    assert!(output.stderr.contains("config.toml, line 3"), "{}", output.stderr);
}

#[test]
fn without_a_configuration_the_way_to_the_demo_is_shown() {
    let bagsy = Bagsy::bare();
    let (message, hint) = fails(&bagsy, 2, "config");
    assert!(message.contains("config.toml") && hint.contains("bagsy demo"), "{message} / {hint}");
    let elsewhere = bagsy.run(&["--config", "/nowhere/at/all.toml", "list", "--json"]);
    let (message, hint) = refused(&elsewhere, 2, "config");
    assert!(message.contains("/nowhere/at/all.toml") && hint.contains("bagsy demo"), "{message} / {hint}");
}

/// A customer's mail in a folder, and its conversation's id.
fn id_of_a_mail(bagsy: &Bagsy, deliver: impl FnOnce(&[u8])) -> String {
    deliver(&Mail::new("dana@reyes.example", "support@example.test", "A question", "May I?").bytes());
    let id = bagsy.run(&["list", "--json", "--view", "all"]).ok().one()["id"].clone();
    id.as_str().expect("an id").to_owned()
}

#[test]
fn where_a_server_lacks_what_claims_need_they_are_refused_with_the_reason() {
    let server = Dovecot::with(Options::without(&["CONDSTORE", "QRESYNC", "IDLE", "ACL", "RIGHTS=texk"]));
    let team = server.team();
    let alice = Bagsy::new(&team, "alice");
    let line = alice.run(&["mailboxes", "--json"]).ok().one();
    assert_eq!(line["rights"], Value::Null, "{line}");
    assert_ne!(line["grade"], "A", "{line}");
    assert!(!line["may"].as_array().unwrap().contains(&"claim".into()), "{line}");
    let id = id_of_a_mail(&alice, |mail| {
        team.append("INBOX", "", mail);
    });
    let (message, _) = refused(&alice.run(&["claim", &id, "--json"]), 4, "rights");
    assert!(message.contains("CONDSTORE"), "{message}");
    assert!(!team.in_inbox("alice").flags(1).unwrap().iter().any(|k| k.contains("claim")));
}

/// A login that everybody in the team knows the password of, on its own INBOX.
fn own_login(team: &Team, handle: Option<&str>) -> Bagsy {
    Bagsy::login(team.server, &team.mailbox()).configured(|account| {
        account.handle = handle.map(str::to_owned);
        account.rest = format!("[mailbox.{}]\naccount = \"work\"\nroot = \"INBOX\"\n", quoted(&team.mailbox()));
    })
}

#[test]
fn a_mailbox_that_is_its_own_login_is_a_queue_for_whoever_has_a_handle() {
    let team = server().team();
    let (alice, bob) = (own_login(&team, Some("alice")), own_login(&team, Some("bob")));
    let line = alice.run(&["mailboxes", "--json"]).ok().one();
    assert_eq!((&line["root"], &line["grade"]), (&"INBOX".into(), &"A".into()), "{line}");
    let id = id_of_a_mail(&alice, |mail| {
        team.append("INBOX", "", mail);
    });
    assert_eq!(alice.run(&["claim", &id, "--json"]).ok().one()["assignee"], "alice");
    assert_eq!(bob.run(&["claim", &id, "--json"]).expect(3).error()["holder"], "alice");
    // The same mailbox, reached by a teammate with a login of her own.
    let carol = Bagsy::new(&team, "carol");
    assert_eq!(carol.run(&["list", "--json", "--view", "team"]).ok().one()["assignee"], "alice");

    let nobody = own_login(&team, None);
    let (message, hint) = refused(&nobody.run(&["claim", &id, "--json"]), 2, "config");
    assert!(message.contains("handle") && hint.contains("handle = "), "{message} / {hint}");
    assert_eq!(nobody.run(&["list", "--json", "--view", "all"]).ok().one()["assignee"], "alice");
}

#[test]
fn without_root_a_logins_own_inbox_is_nobodys_queue() {
    let team = server().team();
    let alice = Bagsy::new(&team, "alice");
    let mut own = team.imap("alice");
    own.append("INBOX", "", &Mail::new("mum@home.example", &team.user("alice"), "Sunday?", "Come!").bytes());
    assert_eq!(alice.run(&["list", "--json", "--view", "all"]).ok().json(), Vec::<Value>::new());
    sees_its_mailbox(&alice, &team);
}

#[test]
fn an_answer_waits_until_its_server_can_be_trusted_and_the_hint_names_what_is_missing() {
    let team = server().team();
    let submission = Submission::start(server());
    let without_ca = endpoint("localhost", submission.tls_port, "implicit", None);
    let alice = Bagsy::new(&team, "alice").configured(|account| account.smtp = Some(without_ca));
    let id = id_of_a_mail(&alice, |mail| {
        team.append("INBOX", "", mail);
    });
    let output = alice.run_with(&["reply", &id, "--body-file", "-", "--json"], b"You may.");
    let (message, hint) = refused(&output, 5, "tls");
    assert!(message.contains("authorit") && message.contains("outbox"), "{message}");
    assert!(hint.contains("smtp = ") && hint.contains("imap = ") && hint.contains("outbox retry"), "{hint}");
    assert_eq!(alice.run(&["outbox", "--json"]).ok().one()["state"], "unsent");
    assert!(submission.sink.mails_to("dana@reyes.example").is_empty());

    let starttls = endpoint("127.0.0.1", submission.starttls_port, "starttls", Some(&submission.ca()));
    let alice = alice.configured(|account| account.smtp = Some(starttls));
    alice.run(&["outbox", "retry"]).ok();
    submission.sink.wait_for_mail_to("dana@reyes.example");
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for_for_ever() {
    // TLS is awaited by nobody here.
    let (port, _heard) = double("", "");
    let team = server().team();
    let alice = alice_at(&team, endpoint("localhost", port, "implicit", Some(&server().ca())));
    let output = alice.run(&["mailboxes", "--json"]);
    refused(&output, 5, "unreachable");
    assert!(output.took < Duration::from_secs(30), "{:?}", output.took);
}
