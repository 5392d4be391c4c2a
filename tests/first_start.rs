//! The first hour: without a configuration the program offers what there is to do, and `setup` asks its way to a file that
//! works.

mod support;

use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::json;
use support::authority::{Authority, browser_of, visit};
use support::bagsy::Bagsy;
use support::dns::Dns;
use support::dovecot::{Dovecot, Options, PASSWORD};
use support::keyring::Keyring;
use support::mailgen::Mail;
use support::process::free_port;
use support::pty::{Pty, Size};
use support::submission::Submission;
use support::team::Team;
use support::web::{Tunnel, Web};

fn servers() -> &'static (Dovecot, Submission) {
    static SERVERS: OnceLock<(Dovecot, Submission)> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let dovecot = Dovecot::start();
        let submission = Submission::start(&dovecot);
        (dovecot, submission)
    })
}

/// A newcomer: no configuration, no keyring.
fn newcomer() -> Bagsy {
    Bagsy::bare().env("BAGSY_TEST_PASSWORD", PASSWORD).env("USER", "alice")
}

/// What the screen says, wherever its lines are broken.
fn unbroken(screen: &str) -> String {
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Waits until it says this, wherever the lines are broken.
#[track_caller]
fn says(pty: &Pty, text: &str) {
    pty.wait_until(&format!("says “{text}”"), |screen| unbroken(screen).contains(text));
}

/// Waits until the cursor stands behind this question.
#[track_caller]
fn asked(pty: &Pty, question: &str) {
    pty.wait_until(&format!("asks “{question}”"), |screen| {
        let lines: Vec<&str> = screen.lines().filter(|line| !line.is_empty()).collect();
        let last = unbroken(&lines[lines.len().saturating_sub(2)..].join(" "));
        last.contains(question) && (last.ends_with(':') || last.ends_with(']'))
    });
}

/// Waits for the question, and answers it.
#[track_caller]
fn answer(pty: &Pty, question: &str, text: &str) {
    asked(pty, question);
    pty.keys(&format!("{text}\r"));
}

/// The same for what is not shown: it is typed once the terminal does not echo.
#[track_caller]
fn answer_unseen(pty: &Pty, question: &str, text: &str) {
    asked(pty, question);
    std::thread::sleep(Duration::from_millis(200));
    pty.keys(&format!("{text}\r"));
}

/// Answers up to the sign-in, which is the next question.
fn through_the_servers(pty: &Pty) {
    let (dovecot, submission) = servers();
    answer(pty, "Your own mail address", "alice@localhost");
    answer(pty, "Its name, or name:port", &format!("localhost:{}", dovecot.imaps_port));
    answer(pty, "A file of its authority", &dovecot.ca().display().to_string());
    // The authority that was named for the one server is tried for the other.
    answer(pty, "Its name, or name:port [localhost]", &format!("localhost:{}", submission.tls_port));
    asked(pty, "Login [alice@localhost]");
}

/// No names, or those that are offered.
fn names(pty: &Pty) {
    answer(pty, "Name of", "");
    answer(pty, "Your own name", "");
}

/// A mail that came so many days ago.
fn mail(team: &Team, subject: &str, days: i64) {
    let mut mail = Mail::new("Dana <dana@reyes.example>", &team.mailbox(), subject, "Help!");
    mail.date -= jiff::SignedDuration::from_hours(24 * days);
    team.append("INBOX", &mail.append_arguments(""), &mail.bytes());
}

#[test]
fn a_newcomer_is_led_from_nothing_to_a_queue_past_a_wrong_server_and_a_wrong_password() {
    let (dovecot, submission) = servers();
    let team = dovecot.team();
    mail(&team, "Printer on fire", 1);
    mail(&team, "Long ago", 300);
    let from = format!("Acme Help <{}>", team.mailbox());
    team.append("Sent", "", &Mail::new(&from, "dana@reyes.example", "Re: Long ago", "Done.").bytes());
    let alice = newcomer();
    let mut pty = alice.terminal(Size::SMALL, &[]);
    says(&pty, "There is no configuration yet");
    answer(&pty, "Which? Ctrl-C leaves", "");
    answer(&pty, "Your own mail address", "alice");
    says(&pty, "is no mail address");
    answer(&pty, "Your own mail address", "alice@localhost");
    answer(&pty, "Its name, or name:port", &format!("localhost:{}", free_port()));
    says(&pty, "connection refused");
    answer(&pty, "Its name, or name:port", &format!("localhost:{}", dovecot.imaps_port));
    says(&pty, "an authority that is not trusted here");
    answer(&pty, "A file of its authority", "/nowhere.pem");
    says(&pty, "no such file");
    answer(&pty, "A file of its authority", &dovecot.ca().display().to_string());
    says(&pty, &format!("ok: localhost:{} answers, with TLS", dovecot.imaps_port));
    answer(&pty, "Its name, or name:port [localhost]", &format!("localhost:{}", submission.starttls_port));
    says(&pty, &format!("ok: localhost:{} answers, with STARTTLS", submission.starttls_port));

    says(&pty, "No password can be kept here");
    answer(&pty, "Login [alice@localhost]", &team.user("alice"));
    says(&pty, "1 a password that is asked for each time");
    answer(&pty, "What do you sign in with? [1]", "");
    answer_unseen(&pty, "(it is not shown):", "");
    says(&pty, "Nothing was typed");
    answer_unseen(&pty, "(it is not shown):", "swordfish");
    says(&pty, &format!("does not let {} sign in", team.user("alice")));
    answer(&pty, &format!("Login [{}]", team.user("alice")), "");
    answer(&pty, "What do you sign in with? [1]", "3");
    answer(&pty, "The variable's name", "$BAGSY_TEST_PASSWORD");
    says(&pty, &format!("ok: localhost:{} lets you in", submission.starttls_port));

    says(&pty, &format!("{} (you may read, claim, archive)", team.mailbox()));
    answer(&pty, "not in this list?", "");
    says(&pty, &format!("ok: send as {}: the server takes it as a sender", team.mailbox()));
    // As the team's answers were called so far.
    answer(&pty, &format!("Name of {} (- for none) [Acme Help]", team.mailbox()), "");
    answer(&pty, "Your own name", "Alice Archer");
    says(&pty, "Its INBOX has 2 mails, 1 of them since");
    answer(&pty, "A day as 2026-11-01", "yesterday");
    says(&pty, "is no day");
    let day = jiff::Zoned::now().date().saturating_sub(jiff::Span::new().days(30));
    answer(&pty, "A day as 2026-11-01", &day.to_string());
    asked(&pty, "Write it? [Y/n]");
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(raw.contains(&format!("1 of 2 mails are since {day}")), "{raw}");
    assert!(!alice.config_path().exists(), "written before the last answer");
    answer(&pty, "Write it? [Y/n]", "");
    answer(&pty, "Check all of it now", "");
    says(&pty, "`bagsy` opens the queue");
    assert_eq!(pty.wait_for_end(), 0);
    assert!(pty.screen().contains("All that work needs is there."), "{}", pty.framed());
    assert_eq!(pty.left_behind(), None);
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(!raw.contains("swordfish") && !raw.contains(PASSWORD), "a password was shown");

    let path = alice.config_path();
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "something was left beside it");
    for line in [
        "name = \"Acme Help\"".to_owned(),
        "name = \"Alice Archer\"".to_owned(),
        "auth = { method = \"password\", env = \"BAGSY_TEST_PASSWORD\" }".to_owned(),
        format!("[mailbox.\"{}\"]", team.mailbox()),
        format!("since = \"{day}\""),
    ] {
        assert!(text.contains(&line), "no {line:?} in\n{text}");
    }
    assert!(!text.contains(PASSWORD) && !text.lines().any(|l| l.starts_with("handle")), "{text}");
    alice.run(&["doctor"]).ok();
    let listed = alice.run(&["list", "--json"]).ok().json();
    let subjects: Vec<_> = listed.iter().map(|c| c["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["Printer on fire"]);
    // The screen opens where the questions stood before.
    let pty = alice.terminal(Size::SMALL, &[]);
    says(&pty, "Printer on fire");
}

#[test]
fn one_who_leaves_at_any_question_leaves_nothing_behind() {
    let team = servers().0.team();
    let alice = newcomer();
    let mut pty = alice.terminal(Size::SMALL, &["setup"]);
    through_the_servers(&pty);
    answer(&pty, "Login [alice@localhost]", &team.user("alice"));
    answer(&pty, "What do you sign in with? [1]", "1");
    asked(&pty, "(it is not shown):");
    std::thread::sleep(Duration::from_millis(200));
    pty.press("Ctrl-C");
    assert_eq!(pty.wait_for_end(), 1);
    assert!(pty.screen().contains("nothing was written"), "{}", pty.framed());
    assert_eq!(pty.left_behind(), None, "the terminal still shows nothing of what is typed");

    let mut pty = alice.terminal(Size::SMALL, &["setup"]);
    asked(&pty, "Your own mail address");
    pty.press("Ctrl-D");
    assert_eq!(pty.wait_for_end(), 1);
    let mut pty = alice.terminal(Size::SMALL, &[]);
    asked(&pty, "Which? Ctrl-C leaves");
    pty.press("Ctrl-C");
    assert_eq!(pty.wait_for_end(), 2);
    assert!(!alice.config_path().parent().unwrap().exists());
}

#[test]
fn a_file_that_is_there_is_kept_unless_its_person_wants_another() {
    let team = servers().0.team();
    let alice = Bagsy::new(&team, "alice");
    let before = std::fs::read_to_string(alice.config_path()).unwrap();
    let mut pty = alice.terminal(Size::SMALL, &["setup"]);
    answer(&pty, "kept beside it [y/N]", "");
    assert_eq!(pty.wait_for_end(), 0);

    let mut pty = alice.terminal(Size::SMALL, &["setup"]);
    answer(&pty, "kept beside it [y/N]", "y");
    through_the_servers(&pty);
    answer(&pty, "Login [alice@localhost]", &team.user("alice"));
    answer(&pty, "What do you sign in with? [1]", "2");
    answer(&pty, "The command", "printenv BAGSY_TEST_PASSWORD");
    answer(&pty, "not in this list?", "n");
    names(&pty);
    answer(&pty, "A day as 2026-11-01", "all");
    answer(&pty, "Write it? [Y/n]", "y");
    answer(&pty, "Check all of it now", "n");
    assert_eq!(pty.wait_for_end(), 0);
    let kept = alice.config_path().with_file_name("config.toml.old-1");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), before);
    alice.run(&["mailboxes"]).ok();
}

#[test]
fn who_shares_a_login_says_who_they_are_and_takes_nobodys_name() {
    let team = servers().0.team();
    mail(&team, "Printer on fire", 1);
    // Somebody called bob works there.
    let mut owner = team.owner();
    owner.select("INBOX");
    owner.ok("UID STORE 1 +FLAGS (bagsy-claim-bob)");
    owner.ok("UID STORE 1 -FLAGS (bagsy-claim-bob)");
    let alice = newcomer();
    let mut pty = alice.terminal(Size::SMALL, &["setup"]);
    through_the_servers(&pty);
    answer(&pty, "Login [alice@localhost]", &team.mailbox());
    answer(&pty, "What do you sign in with? [1]", "3");
    answer(&pty, "The variable's name", "BAGSY_TEST_PASSWORD");
    says(&pty, "The server shows no shared mailbox");
    answer(&pty, "Which is it? [4]", "");
    says(&pty, "Then there is nothing to work in yet");
    answer(&pty, "Go on without? [y/N]", "");
    answer(&pty, "Which is it? [4]", "2");
    answer(&pty, "The IMAP name of its INBOX", "shared/nobody@example.test");
    answer(&pty, "Its mail address", "nobody@example.test");
    says(&pty, "failed: nobody@example.test cannot be opened");
    answer(&pty, "Which is it? [4]", "1");
    answer(&pty, &format!("Its mail address [{}]", team.mailbox()), "");
    says(&pty, &format!("ok: {}", team.mailbox()));
    answer(&pty, "Which is it? [4]", "");
    says(&pty, "is the mailbox itself");
    answer(&pty, "a short name of your own, as alice [alice]", "Søren");
    says(&pty, "is not a handle");
    answer(&pty, "a short name of your own, as alice [alice]", "bob");
    says(&pty, "bob has claimed mail");
    answer(&pty, "Was that you? [y/N]", "");
    answer(&pty, "a short name of your own, as alice [alice]", "");
    names(&pty);
    answer(&pty, "A day as 2026-11-01", "");
    answer(&pty, "Write it? [Y/n]", "");
    answer(&pty, "Check all of it now", "");
    says(&pty, "`bagsy` opens the queue");
    assert_eq!(pty.wait_for_end(), 0);
    let listed = alice.run(&["list", "--json"]).ok().one();
    let id = listed["id"].as_str().unwrap();
    assert_eq!(alice.run(&["claim", id, "--json"]).ok().one()["assignee"], "alice");
}

/// A server whose logins come with tokens of an authority, and what sends their mail.
struct Granting {
    authority: Authority,
    dovecot: Dovecot,
    submission: Submission,
}

fn granting() -> &'static Granting {
    static GRANTING: OnceLock<Granting> = OnceLock::new();
    GRANTING.get_or_init(|| {
        let authority = Authority::start();
        let dovecot = Dovecot::with(Options { extra: authority.passdb(), ..Options::default() });
        let submission = Submission::start(&dovecot);
        Granting { authority, dovecot, submission }
    })
}

/// From the address to the choice of how to sign in, with certificates that the system trusts.
fn to_the_sign_in(pty: &Pty, team: &Team) {
    let place = granting();
    answer(pty, "Your own mail address", "alice@localhost");
    answer(pty, "Its name, or name:port", &format!("localhost:{}", place.dovecot.imaps_port));
    answer(pty, "Its name, or name:port [localhost]", &format!("localhost:{}", place.submission.tls_port));
    answer(pty, "Login [alice@localhost]", &team.user("alice"));
}

/// The code and the address that the screen shows.
fn invitation(pty: &Pty) -> (String, String) {
    says(pty, "Waiting …");
    let screen = pty.screen();
    let alone = |line: &&str| line.starts_with("    ") && !line.trim().contains(' ') && !line.trim().is_empty();
    let mut lines = screen.lines().filter(alone).map(|line| line.trim().to_owned());
    let mut next = || lines.next().unwrap_or_else(|| panic!("no invitation:\n{}", pty.framed()));
    (next(), next())
}

#[test]
fn one_signs_in_by_oauth_within_the_setup_and_no_token_is_kept_before_the_file_is() {
    let place = granting();
    let team = place.dovecot.team();
    mail(&team, "Printer on fire", 1);
    let alice = newcomer().env("SSL_CERT_FILE", &place.dovecot.ca().display().to_string());
    let mut pty = alice.terminal(Size::LARGE, &["setup"]);
    to_the_sign_in(&pty, &team);
    says(&pty, "4 OAuth 2.0: you sign in in a browser, here or on another machine");
    answer(&pty, "What do you sign in with? [1]", "4");
    answer(&pty, "Who signs you in? [3]", "");
    // Whoever has no client yet is told who makes one, and is not stuck.
    says(&pty, "your team registers it once");
    answer(&pty, "The client id, or Enter", "");
    answer(&pty, "Login", "");
    answer(&pty, "What do you sign in with? [4]", "");
    answer(&pty, "Who signs you in? [3]", "");
    answer(&pty, "The client id, or Enter", "nobody");
    answer(&pty, "The authority's address", &format!("http://127.0.0.1:{}", free_port()));
    answer(&pty, "The client's secret", "");
    answer(&pty, "The scope that localhost asks", "imap smtp");
    says(&pty, "connection refused");
    answer(&pty, "Login", "");
    answer(&pty, "What do you sign in with? [4]", "");
    answer(&pty, "Who signs you in? [3]", "");
    answer(&pty, "The client id, or Enter", "nobody");
    answer(&pty, "The authority's address", &place.authority.issuer());
    answer(&pty, "The client's secret", "");
    answer(&pty, "The scope that localhost asks", "imap smtp");
    says(&pty, "says where to sign in");
    // Over SSH, where no display is, the code is the likelier way.
    answer(&pty, "How do you sign in? [1]", "");
    says(&pty, "this system has no keyring");
    answer(&pty, "Which? [1]", "");
    answer_unseen(&pty, "The new passphrase", "staple");
    answer_unseen(&pty, "Once more", "battery");
    says(&pty, "the two are not the same");
    answer(&pty, "Which? [1]", "");
    answer_unseen(&pty, "The new passphrase", "staple-battery");
    answer_unseen(&pty, "Once more", "staple-battery");
    says(&pty, "invalid_client");
    answer(&pty, "Login", "");
    answer(&pty, "What do you sign in with? [4]", "");
    answer(&pty, "Who signs you in? [3]", "");
    // What was right before is the default now.
    answer(&pty, "The client id [nobody]", "bagsy");
    answer(&pty, &format!("[{}]", place.authority.issuer()), "");
    answer(&pty, "The client's secret", "");
    answer(&pty, "The scope that localhost asks", "imap smtp");
    answer(&pty, "How do you sign in? [1]", "");
    answer(&pty, "Which? [1]", "");
    answer_unseen(&pty, "The new passphrase", "staple-battery");
    answer_unseen(&pty, "Once more", "staple-battery");
    let (address, code) = invitation(&pty);
    visit(&team.user("alice"), &address, &code);
    says(&pty, "has signed you in");
    says(&pty, &format!("ok: localhost:{} lets you in", place.dovecot.imaps_port));
    answer(&pty, "not in this list?", "");
    names(&pty);
    answer(&pty, "A day as 2026-11-01", "");
    asked(&pty, "Write it? [Y/n]");
    assert!(!alice.home().join("data").exists(), "something is kept before the file is");
    answer(&pty, "Write it? [Y/n]", "");
    says(&pty, "ok: the tokens are in a file, encrypted");
    // The passphrase was chosen a moment ago: the doctor goes through without it.
    answer(&pty, "Check all of it now", "");
    assert_eq!(pty.wait_for_end(), 0);
    let screen = pty.screen();
    assert!(!screen.contains("assphrase of the tokens"), "{}", pty.framed());
    let text = std::fs::read_to_string(alice.config_path()).unwrap();
    assert!(text.contains("client_id = \"bagsy\"") && text.contains("tokens = \"file\""), "{text}");
    assert!(!text.contains("staple") && !String::from_utf8_lossy(&pty.raw()).contains("staple"));

    let mut pty = alice.terminal(Size::LARGE, &["list"]);
    pty.wait_for("Passphrase of the tokens");
    pty.keys("staple-battery\r");
    pty.wait_for("Printer on fire");
    assert_eq!(pty.wait_for_end(), 0);
}

#[test]
fn with_a_keyring_and_a_browser_here_the_setup_asks_less_and_renews_meanwhile() {
    let place = granting();
    let team = place.dovecot.team();
    mail(&team, "Printer on fire", 1);
    // Each connection of the setup needs another token, and what is kept at last must be the newest.
    place.authority.set(&team.user("alice"), json!({ "life": 2 }));
    let keyring = Keyring::start();
    let alice = newcomer().env("SSL_CERT_FILE", &place.dovecot.ca().display().to_string());
    let browser = browser_of(&team.user("alice"), alice.home());
    let alice =
        alice.env("BROWSER", &browser.display().to_string()).env("DBUS_SESSION_BUS_ADDRESS", &keyring.address());
    let mut pty = alice.terminal(Size::LARGE, &["setup"]);
    to_the_sign_in(&pty, &team);
    answer(&pty, "What do you sign in with? [1]", "5");
    answer(&pty, "Who signs you in? [3]", "3");
    answer(&pty, "The client id, or Enter", "bagsy");
    answer(&pty, "The authority's address", &place.authority.issuer());
    answer(&pty, "The client's secret", "");
    answer(&pty, "The scope that localhost asks", "imap smtp");
    answer(&pty, "How do you sign in? [2]", "");
    answer(&pty, "not in this list?", "");
    names(&pty);
    answer(&pty, "A day as 2026-11-01", "");
    answer(&pty, "Write it? [Y/n]", "");
    says(&pty, "ok: the tokens are in this system's keyring");
    answer(&pty, "Check all of it now", "n");
    assert_eq!(pty.wait_for_end(), 0);
    let listed = alice.run(&["list", "--json"]).ok().json();
    assert_eq!(listed[0]["subject"], "Printer on fire");
    let renewals = place.authority.renewals(&team.user("alice"));
    assert!(!renewals.is_empty() && renewals.iter().all(|ok| *ok), "{renewals:?}");
}

#[test]
fn servers_that_dns_and_a_page_name_are_shown_before_they_are_used() {
    let (dovecot, submission) = servers();
    let team = dovecot.team();
    let domain = team.mailbox().split_once('@').unwrap().1.to_owned();
    let dns = Dns::start(&[&format!("srv-host=_imaps._tcp.{domain},localhost,{},0,1", dovecot.imaps_port)]);
    let web = Web::start(&[&format!("autoconfig.{domain}")], "");
    let page = format!(
        "<clientConfig version=\"1.1\"><emailProvider id=\"x\"><outgoingServer type=\"smtp\"><hostname>localhost</hostname>\
         <port>{}</port><socketType>SSL</socketType></outgoingServer></emailProvider></clientConfig>",
        submission.tls_port
    );
    web.put("/mail/config-v1.1.xml", page.as_bytes());
    let tunnel = Tunnel::to(&web);
    let alice = newcomer()
        .env("BAGSY_RESOLVER", &dns.address().to_string())
        .env("https_proxy", &tunnel.url())
        .env("SSL_CERT_FILE", &dovecot.ca().display().to_string());
    let mut pty = alice.terminal(Size::LARGE, &["setup"]);
    answer(&pty, "Your own mail address", &team.user("alice"));
    answer(&pty, "Ask them? [Y/n]", "");
    says(&pty, &format!("1 localhost, port {}, TLS (DNS: _imaps._tcp.{domain})", dovecot.imaps_port));
    asked(&pty, "or name:port [1]");
    assert!(!pty.screen().contains("Connecting"), "{}", pty.framed());
    answer(&pty, "or name:port [1]", "");
    says(&pty, &format!("ok: localhost:{} answers, with TLS", dovecot.imaps_port));
    says(&pty, &format!("1 localhost, port {}, TLS (https://autoconfig.{domain}/mail", submission.tls_port));
    answer(&pty, "or name:port [1]", "");
    says(&pty, &format!("ok: localhost:{} answers, with TLS", submission.tls_port));
    answer(&pty, &format!("Login [{}]", team.user("alice")), "");
    answer(&pty, "What do you sign in with? [1]", "3");
    answer(&pty, "The variable's name", "BAGSY_TEST_PASSWORD");
    answer(&pty, "not in this list?", "");
    names(&pty);
    answer(&pty, "A day as 2026-11-01", "");
    answer(&pty, "Write it? [Y/n]", "");
    answer(&pty, "Check all of it now", "n");
    assert_eq!(pty.wait_for_end(), 0);
    alice.run(&["mailboxes"]).ok();
}

#[test]
fn a_domain_whose_mail_is_at_microsoft_is_told_so_before_anybody_connects() {
    let dns = Dns::start(&["mx-host=team.test,team-test.mail.protection.outlook.com,10"]);
    let alice = newcomer().env("BAGSY_RESOLVER", &dns.address().to_string());
    let pty = alice.terminal(Size::SMALL, &["setup"]);
    answer(&pty, "Your own mail address", "alice@team.test");
    says(
        &pty,
        "1 outlook.office365.com, port 993, TLS (mail goes to team-test.mail.protection.outlook.com, which is Microsoft 365's)",
    );
    asked(&pty, "or name:port [1]");
    assert!(!pty.screen().contains("Ask them?") && !pty.screen().contains("Connecting"), "{}", pty.framed());
}

#[test]
fn a_resolver_that_is_none_is_told_and_nobody_else_is_asked_instead() {
    let alice = newcomer().env("BAGSY_RESOLVER", "dns.example.test");
    let mut pty = alice.terminal(Size::SMALL, &["setup"]);
    answer(&pty, "Your own mail address", "alice@team.test");
    assert_eq!(pty.wait_for_end(), 2);
    says(&pty, "BAGSY_RESOLVER names no resolver");
}

#[test]
fn one_goes_back_to_what_was_answered_before() {
    let team = servers().0.team();
    let alice = newcomer();
    let pty = alice.terminal(Size::LARGE, &["setup"]);
    through_the_servers(&pty);
    answer(&pty, "Login [alice@localhost]", &team.user("alice"));
    // From the middle of a step to its beginning, from its beginning to the step before.
    answer(&pty, "What do you sign in with? [1]", "<");
    // What was typed is the default now.
    answer(&pty, &format!("Login [{}]", team.user("alice")), "<");
    // A question that is asked again is the same one still.
    answer(&pty, "Its name, or name:port:", "no name");
    says(&pty, "is no server's name");
    answer(&pty, "Its name, or name:port:", "<");
    answer(&pty, "Your own mail address, with which you sign in [alice@localhost]", "<");
    answer(&pty, "Your own mail address, with which you sign in [alice@localhost]", "");
    asked(&pty, "Its name, or name:port:");
    assert!(!alice.config_path().parent().unwrap().exists());
}

#[test]
fn who_wants_to_look_around_first_gets_the_demo() {
    let nobody = Bagsy::bare();
    let mut pty = nobody.terminal(Size::SMALL, &[]);
    answer(&pty, "Which? Ctrl-C leaves", "2");
    says(&pty, "1 Inbox");
    pty.press("q");
    assert_eq!(pty.wait_for_end(), 0);
    assert!(!nobody.config_path().exists());
}

#[test]
fn without_a_terminal_nothing_is_asked_and_it_is_said_what_to_do() {
    let nobody = Bagsy::bare();
    for arguments in [&["setup"][..], &["setup", "--json"], &["setup", "--offline"]] {
        let output = nobody.run_with(arguments, b"alice@example.test\n");
        assert!(output.expect(2).stderr.contains("README"), "{}", output.stderr);
        assert_eq!(output.stdout, "");
    }
    let bare = nobody.run(&["--json"]);
    let error = bare.expect(2).error();
    assert_eq!(error["kind"], "config");
    assert!(error["hint"].as_str().unwrap().contains("bagsy setup"), "{error}");
}
