//! Answering where the mailbox's server does not do what an announcement needs: the real program against the embedded
//! servers, which do wrong on demand.

mod support;

use std::sync::Arc;

use bagsy::config::{Config, Paths, Secrets};
use bagsy::demo::post::Mail;
use bagsy::demo::{Demo, Effect, MAILBOX, Options, folder, login};
use bagsy::engine::message::Verdict;
use bagsy::engine::{Cache, Link, Login};
use bagsy::model::{Conversation, Refusal};
use bagsy::store::Desk;
use support::bagsy::{Bagsy, Output, endpoint};
use tokio::runtime::Runtime;

const QUESTION: &str = "From: Dana Reyes <dana@reyes.example>\r\nTo: support@example.test\r\nSubject: Printer on fire\r\n\
                        Message-ID: <1@reyes.example>\r\nDate: Tue, 24 Nov 2026 14:02:03 +0100\r\n\r\nIt is smoking.\r\n";

/// The embedded servers with one question in INBOX, and alice.
struct Office {
    demo: Demo,
    alice: Bagsy,
    _runtime: Runtime,
}

impl Office {
    fn new() -> Self {
        Self::with(Options::quiet(), QUESTION)
    }

    fn with(options: Options, question: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let demo = runtime.block_on(Demo::start(options)).unwrap();
        let alice = Self::person(&demo, "alice");
        let office = Self { demo, alice, _runtime: runtime };
        office.put("INBOX", question, &[]);
        office
    }

    fn person(demo: &Demo, who: &str) -> Bagsy {
        let at = |port| endpoint("127.0.0.1", port, "none", None);
        Bagsy::bare().configured(|account| {
            account.user = login(who);
            account.imap = at(demo.imap_addr.port());
            account.smtp = Some(at(demo.smtp_addr.port()));
            account.auth = "{ method = \"password\", command = \"echo demo\" }".to_owned();
        })
    }

    /// Puts a mail into a folder behind the server's back.
    fn put(&self, path: &str, raw: &str, flags: &[&str]) -> u32 {
        let mail = Mail::new(raw.as_bytes().to_vec(), self.demo.post.now());
        self.demo.post.change(|state| state.folder_mut(&folder(path)).unwrap().append(mail, flags))
    }

    /// The flags of all mails of a folder.
    fn flags(&self, path: &str) -> Vec<Vec<String>> {
        self.demo.post.look(|state| {
            let mails = state.folder(&folder(path)).unwrap().messages();
            mails.iter().map(|mail| mail.flags.atoms()).collect()
        })
    }

    fn delivered(&self) -> usize {
        self.demo.post.look(|state| state.outgoing().len())
    }

    fn id(&self, who: &Bagsy) -> String {
        let listed = who.run(&["list", "--json", "--view", "all"]).ok().one();
        listed["id"].as_str().unwrap().to_owned()
    }

    fn reply(&self, more: &[&str]) -> Output {
        let id = self.id(&self.alice);
        self.alice.run_with(&[&["reply", &id, "--body-file", "-", "--json"], more].concat(), b"The red wire.\n")
    }

    /// What alice says on her screen of the answer whose fate is unknown.
    fn settle(&self, who: &Bagsy, root: &str, verdict: Verdict) -> Result<Option<Conversation>, Refusal> {
        // The same device, but for the environment, which belongs to this process.
        let place = who.home().join("in-process");
        if !place.exists() {
            std::fs::create_dir_all(&place).unwrap();
            std::os::unix::fs::symlink(who.home().join("data/bagsy"), place.join("data")).unwrap();
        }
        let paths = Paths::under(&place);
        std::fs::copy(who.config_path(), paths.config_file()).unwrap();
        let config = Config::load(paths.config_file()).expect("a configuration");
        let login = Login::all(&config, &paths, &Arc::new(Secrets::new(false)))?.remove(0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let cache = Cache::open(&login.cache, login.me().as_ref())?;
            let mut link = Link::open(&login, &cache).await?;
            let found = link.discover().await?;
            let mailbox = found.mailboxes.into_iter().find(|m| m.key() == MAILBOX).expect("the mailbox");
            Ok(link.settle(&mailbox, root, verdict).await?)
        })
    }

    fn drafts(&self) -> Vec<String> {
        let data = self.alice.home().join("data/bagsy");
        let files = std::fs::read_dir(&data).unwrap().map(|f| f.unwrap().path());
        let mut caches = files.filter(|f| f.extension().is_some_and(|e| e == "sqlite"));
        let cache = caches.find(|f| !f.to_string_lossy().ends_with("-desk.sqlite")).expect("alice's cache");
        Desk::open(&cache).unwrap().drafts().unwrap().into_iter().map(|d| d.content).collect()
    }

    fn is_answered(&self) -> bool {
        has(&self.flags("INBOX")[0], "\\Answered")
    }
}

fn has(flags: &[String], flag: &str) -> bool {
    flags.iter().any(|f| f.eq_ignore_ascii_case(flag))
}

#[test]
fn where_sent_keeps_no_keywords_nothing_is_announced_that_would_look_sent() {
    let office = Office::new();
    office.demo.faults.switch(|s| s.no_keywords = true);
    let told = office.alice.run(&["mailboxes", "--json"]).ok().one();
    assert!(!told["may"].as_array().unwrap().contains(&"send".into()), "{told}");
    assert_eq!(office.reply(&[]).expect(4).error()["kind"], "rights");
    assert_eq!((office.delivered(), office.flags("Sent").len()), (0, 0));
    assert!(!office.is_answered());
    // With a word it goes, and the team finds what was said.
    office.reply(&["--unannounced"]).ok();
    assert_eq!(office.delivered(), 1);
    assert_eq!(office.flags("Sent"), [["\\Seen"]]);
    assert!(office.is_answered());
}

#[test]
fn where_sent_is_full_an_answer_needs_a_word_and_goes_with_it() {
    let office = Office::new();
    let full = || Effect::Refuse("NO [OVERQUOTA] Quota exceeded".into());
    office.demo.faults.always("APPEND", full());
    assert_eq!(office.reply(&[]).expect(4).error()["kind"], "rights");
    assert_eq!((office.delivered(), office.flags("Sent").len()), (0, 0));
    assert!(office.drafts().iter().any(|d| d.contains("The red wire.")));
    office.reply(&["--unannounced"]).ok();
    assert_eq!((office.delivered(), office.flags("Sent").len()), (1, 0));
    assert!(office.is_answered());
    // Where only the announcement did not fit, the copy lies there.
    let office = Office::new();
    office.demo.faults.once("APPEND", full());
    office.reply(&["--unannounced"]).ok();
    assert_eq!((office.delivered(), office.flags("Sent")), (1, vec![vec!["\\Seen".to_owned()]]));
}

#[test]
fn a_folder_that_cannot_be_opened_for_a_moment_makes_no_draft_of_an_answer_that_waits() {
    for code in ["UNAVAILABLE", "INUSE"] {
        for skip in 0..6 {
            let office = Office::new();
            office.demo.faults.once("SMTP AUTH", Effect::Refuse("454 4.7.0 Later".into()));
            office.reply(&[]).expect(5);
            office.demo.faults.rule("SELECT", None, skip, Some(1), Effect::Refuse(format!("NO [{code}] Not now")));
            office.alice.run(&["outbox", "retry"]);
            assert_eq!(office.drafts(), Vec::<String>::new(), "{code} {skip}");
            office.demo.faults.clear();
            office.alice.run(&["outbox", "retry"]).ok();
            assert_eq!(office.delivered(), 1, "{code} {skip}");
        }
    }
}

#[test]
fn an_unknown_fate_without_a_copy_in_sent_is_settled_by_whoever_wrote_it() {
    for (is_announced, verdict) in
        [(false, Verdict::WasSent), (false, Verdict::Discard), (true, Verdict::WasSent), (true, Verdict::Discard)]
    {
        let office = Office::new();
        office.demo.faults.once(
            "SMTP .",
            if verdict == Verdict::WasSent { Effect::DropAfter } else { Effect::Refuse(String::new()) },
        );
        if is_announced {
            office.reply(&[]).expect(7);
            office.demo.post.change(|state| {
                let sent = state.folder_mut(&folder("Sent")).unwrap();
                sent.expunge(&[1].into());
            });
        } else {
            office.demo.faults.switch(|s| s.no_keywords = true);
            office.reply(&["--unannounced"]).expect(7);
        }
        let was_sent = office.delivered();
        office.alice.run(&["outbox", "retry"]).expect(7);
        for more in [&["--unannounced"][..], &[]] {
            assert_eq!(office.reply(more).expect(7).error()["kind"], "unknown_outcome");
        }
        assert_eq!(office.delivered(), was_sent, "no other one leaves before it is settled");
        let settled = office.settle(&office.alice, "1@reyes.example", verdict).expect("settled");
        assert!(settled.is_some_and(|c| !c.has_pending_answer));
        assert!(office.alice.run(&["outbox", "--json"]).ok().stdout.is_empty());
        assert_eq!(office.delivered(), was_sent, "nothing is sent by that");
        if verdict == Verdict::WasSent {
            assert!(office.is_answered());
            assert_eq!(office.flags("Sent").len(), 1, "the team finds what was said");
        } else {
            assert!(!office.is_answered());
            assert!(office.drafts().iter().any(|d| d.contains("The red wire.")));
            office.reply(&["--unannounced"]).ok();
            assert_eq!(office.delivered(), was_sent + 1);
        }
    }
}

#[test]
fn an_answer_that_was_queued_waits_until_the_unknown_fate_of_an_earlier_one_is_settled() {
    let office = Office::new();
    office.demo.faults.switch(|s| s.no_keywords = true);
    for _ in 0..2 {
        office.demo.faults.once("SMTP MAIL", Effect::Refuse("451 4.3.2 Later".into()));
        office.reply(&["--unannounced"]).expect(5);
    }
    office.demo.faults.once("SMTP .", Effect::DropAfter);
    for _ in 0..2 {
        office.alice.run(&["outbox", "retry"]).expect(7);
        assert_eq!(office.delivered(), 1);
    }
    office.settle(&office.alice, "1@reyes.example", Verdict::WasSent).expect("settled");
    assert_eq!(office.alice.run(&["outbox", "retry", "--json"]).expect(3).error()["kind"], "overtaken");
    assert_eq!(office.delivered(), 1);
}

/// The head of a customer's mail with this line of its own, or none.
fn asked(line: &str) -> String {
    QUESTION.replace("Message-ID: <1@reyes.example>\r\n", line)
}

#[test]
fn what_has_no_id_that_can_be_named_is_answered_in_its_conversation_for_everybody() {
    for line in ["", "Message-ID: <1@b\u{fc}ro.example>\r\n", &format!("Message-ID: <{}@x>\r\n", "1".repeat(950))] {
        let office = Office::with(Options::quiet(), &asked(line));
        // A teammate's announcement is seen, and comes first.
        office.reply(&[]).ok();
        let announced = office.demo.post.look(|state| state.outgoing()[0].raw.clone());
        let announced = String::from_utf8(announced).unwrap();
        assert!(announced.contains("In-Reply-To: <nomid."), "{announced}");
        let bob = Office::person(&office.demo, "bob");
        let id = office.id(&bob);
        let seen = bob.run(&["show", &id, "--json"]).ok().one();
        assert_eq!(seen["thread"].as_array().unwrap().len(), 2, "{line}: {seen}");
        assert_eq!(seen["status"], "waiting", "{seen}");

        let office = Office::with(Options::quiet(), &asked(line));
        let other = announced.replace("Message-ID: <", "Message-ID: <other.");
        office.put("Sent", &other, &["$SubmitPending"]);
        assert_eq!(office.reply(&[]).expect(3).error()["kind"], "overtaken", "{line}");
        assert_eq!(office.delivered(), 0);
    }
}

#[test]
fn ten_minutes_are_those_of_the_server() {
    let late = || Options { now: jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1), ..Options::quiet() };
    let office = Office::with(late(), QUESTION);
    // What is filed there tells the time of its clock.
    office.reply(&[]).ok();
    let answer = office.demo.post.look(|state| state.outgoing()[0].raw.clone());
    let announced = String::from_utf8(answer).unwrap().replace("Message-ID: <", "Message-ID: <other.");
    office.put("Sent", &announced, &["$SubmitPending"]);
    assert_eq!(office.reply(&[]).expect(3).error()["kind"], "overtaken", "it is on its way");
    let young = office.settle(&office.alice, "1@reyes.example", Verdict::Discard).expect_err("it is young");
    assert_eq!(young.kind, bagsy::model::ErrorKind::Held);
    assert_eq!(office.delivered(), 1);
}

#[test]
fn a_bounce_that_names_the_answer_in_its_report_alone_proves_that_it_was_sent() {
    let office = Office::new();
    office.demo.faults.once("SMTP .", Effect::DropAfter);
    office.reply(&[]).expect(7);
    let bounce = |id: &str| {
        format!(
            "From: MAILER-DAEMON@mx.example\r\nTo: support@example.test\r\nSubject: Undelivered\r\nMessage-ID: <b@mx.example>\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"x\"\r\n\r\n--x\r\n\r\nSorry.\r\n\
             --x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\n\r\n--x--\r\n"
        )
    };
    office.put("INBOX", &bounce("<another@example.test>"), &[]);
    office.alice.run(&["outbox", "retry"]).expect(7);
    let sent = office.demo.post.look(|state| String::from_utf8(state.outgoing()[0].raw.clone()).unwrap());
    let id = sent.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap();
    office.put("INBOX", &bounce(id).replace("<b@", "<c@"), &[]);
    office.alice.run(&["outbox", "retry"]).ok();
    assert_eq!(office.delivered(), 1);
    assert!(has(&office.flags("Sent")[0], "$Submitted") && office.is_answered());
}

#[test]
fn an_address_outside_ascii_is_written_to_by_its_domain_alone() {
    let from = |address: &str| QUESTION.replace("dana@reyes.example", address);
    let office = Office::with(Options::quiet(), &from("dana@b\u{fc}cher.example"));
    office.reply(&[]).ok();
    office.demo.post.look(|state| {
        assert_eq!(state.outgoing()[0].to, ["dana@xn--bcher-kva.example"]);
        assert!(state.outgoing()[0].raw.is_ascii());
    });
    let office = Office::with(Options::quiet(), &from("s\u{f8}ren@reyes.example"));
    let refused = office.reply(&[]);
    let error = refused.expect(2).error();
    assert!(error["message"].as_str().unwrap().contains("not supported"), "{error}");
    assert_eq!((office.delivered(), office.flags("Sent").len()), (0, 0));
}
