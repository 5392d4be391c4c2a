//! A team with one question in its INBOX, alice behind proxies at which she can be held and killed, and what can be seen of
//! an answer from outside: by the customer, in Sent, in the outbox.

// Two test files share this, each uses its own part of it.
#![allow(dead_code)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bagsy::config::{Config, Paths, Secrets};
use bagsy::engine::message::Verdict;
use bagsy::engine::{Cache, Link, Login};
use bagsy::model::{Conversation, Refusal};
use bagsy::store::Desk;
use bagsy::wire::identity::conversation_id;
use serde_json::Value;

use super::support::bagsy::{Bagsy, Output, Running};
use super::support::dovecot::{Dovecot, PASSWORD};
use super::support::mailgen::Mail;
use super::support::process::wait_for;
use super::support::proxy::{Direction, Hold, Proxy};
use super::support::sink::Received;
use super::support::submission::Submission;
use super::support::team::Team;

pub const TEXT: &str = "Dear Dana,\n\nthe red wire goes left.\n\nAlice\n";

pub fn servers() -> &'static (Dovecot, Submission) {
    static SERVERS: OnceLock<(Dovecot, Submission)> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let dovecot = Dovecot::start();
        let submission = Submission::start(&dovecot);
        (dovecot, submission)
    })
}

/// Where an answer is held, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    Claim,
    Append,
    /// Sent has it, the program does not know.
    AppendAnswer,
    MailFrom,
    /// MAIL FROM was taken.
    Recipient,
    /// All recipients were taken. On disk it is past the point from which it cannot be told whether the text went out.
    Data,
    /// 354 was said, the program does not know.
    GoOn,
    /// In the middle of the text.
    Text,
    /// The final dot, which is lost on the way.
    Dot,
    /// The final dot, which comes through although the program is gone.
    LateDot,
    /// The customer has it, the program does not know.
    Taken,
    Submitted,
    NotPending,
    Answered,
    Status,
    /// A conversation goes to Archive, or comes back.
    Move,
}

impl Point {
    /// Those after which a retry finishes the answer.
    pub const SAFE: [Self; 9] = [
        Self::Claim,
        Self::Append,
        Self::AppendAnswer,
        Self::MailFrom,
        Self::Recipient,
        Self::Submitted,
        Self::NotPending,
        Self::Answered,
        Self::Status,
    ];

    fn hold(self, scene: &Scene<'_>) -> Hold {
        let imap = |matches: fn(&str) -> bool| {
            scene.imap.hold(Direction::ToServer, move |line| matches(&line.to_ascii_uppercase()))
        };
        let smtp = |matches: fn(&str) -> bool| scene.smtp.hold(Direction::ToServer, matches);
        match self {
            Self::Claim => imap(|l| l.contains("UID STORE") && l.contains("BAGSY-CLAIM-ALICE")),
            Self::Append => imap(|l| l.contains(" APPEND ")),
            Self::AppendAnswer => scene.imap.hold_answer("APPENDUID"),
            Self::MailFrom => smtp(|l| l.starts_with("MAIL FROM")),
            Self::Recipient => smtp(|l| l.starts_with("RCPT TO")),
            Self::Data => smtp(|l| l == "DATA"),
            Self::GoOn => scene.smtp.hold(Direction::ToClient, |l| l.starts_with("354")),
            Self::Text => smtp(|l| l.contains("red wire")),
            Self::Dot | Self::LateDot => smtp(|l| l == "."),
            Self::Taken => scene.smtp.hold(Direction::ToClient, |l| l.starts_with("250") && l.contains("queued")),
            Self::Submitted => imap(|l| l.contains("+FLAGS") && l.contains("$SUBMITTED")),
            Self::NotPending => imap(|l| l.contains("-FLAGS") && l.contains("$SUBMITPENDING")),
            Self::Answered => imap(|l| l.contains("+FLAGS") && l.contains("\\ANSWERED")),
            Self::Status => imap(|l| l.contains("UID STORE") && l.contains("BAGSY-WAITING")),
            Self::Move => imap(|l| l.contains("UID MOVE")),
        }
    }
}

pub struct Scene<'a> {
    pub team: Team<'a>,
    pub alice: Bagsy,
    pub imap: Proxy,
    pub smtp: Proxy,
    pub question: Mail,
    pub customer: String,
    pub id: String,
}

impl Scene<'static> {
    pub fn new() -> Self {
        Self::of(servers().0.team(), |mail| mail)
    }

    /// With a team of one's own making, and the question edited.
    pub fn of(team: Team<'static>, edit: impl FnOnce(Mail) -> Mail) -> Self {
        let (dovecot, submission) = servers();
        let (imap, smtp) = (Proxy::to(dovecot.imap_port), Proxy::to(submission.plain_port));
        let alice = Bagsy::new(&team, "alice").imap_through(&imap).smtp_through(&smtp);
        std::fs::write(alice.home().join("answer.txt"), TEXT).expect("the answer's text");
        let customer = format!("dana@{}", team.domain.replace(".test", ".example"));
        let from = format!("Dana Reyes <{customer}>");
        let question = edit(Mail::new(&from, &team.mailbox(), "Printer on fire", "It is smoking again."));
        team.append("INBOX", "", &question.bytes());
        let id = conversation_id(&question.message_id).0;
        Self { team, alice, imap, smtp, question, customer, id }
    }
}

impl Scene<'_> {
    /// A further address of the customer's place.
    pub fn at_customer(&self, who: &str) -> String {
        self.customer.replace("dana@", &format!("{who}@"))
    }

    pub fn reply(&self, more: &[&str]) -> Output {
        self.alice.run(&[&["reply", &self.id, "--body-file", "answer.txt", "--json"], more].concat())
    }

    pub fn retry(&self) -> Output {
        self.alice.run(&["outbox", "retry", "--json"])
    }

    pub fn outbox(&self) -> Vec<Value> {
        self.alice.run(&["outbox", "--json"]).ok().json()
    }

    /// Runs `reply` to the point, does this meanwhile, and lets it go on to its end.
    pub fn hold_at(&self, point: Point, meanwhile: impl FnOnce()) -> Output {
        let (hold, running) = self.run_to(point, &["reply", &self.id, "--body-file", "answer.txt", "--json"]);
        meanwhile();
        hold.release();
        running.finish(Duration::from_secs(30))
    }

    /// Runs `reply` and kills it at the point.
    pub fn die_at(&self, point: Point) {
        self.kill_at(point, &["reply", &self.id, "--body-file", "answer.txt"]);
    }

    /// Runs `outbox retry` and kills it at the point.
    pub fn die_again_at(&self, point: Point) {
        self.kill_at(point, &["outbox", "retry"]);
    }

    /// Runs this verb of alice's and kills it at the point.
    pub fn kill_at(&self, point: Point, arguments: &[&str]) {
        let (hold, running) = self.run_to(point, arguments);
        running.signal(libc::SIGKILL);
        running.finish(Duration::from_secs(10)).expect(-1);
        if point != Point::LateDot {
            // What is held is lost with the connection.
            self.imap.cut();
            self.smtp.cut();
        }
        drop(hold);
    }

    /// Starts a verb of alice's and waits until it is held at the point; panics when it ends before.
    fn run_to(&self, point: Point, arguments: &[&str]) -> (Hold, Running) {
        let hold = point.hold(self);
        let mut running = self.alice.spawn(arguments);
        wait_for(Duration::from_secs(30), || (hold.is_holding() || !running.is_running()).then_some(()));
        if !hold.is_holding() {
            panic!("it did not come to {point:?}: {:#?}", running.finish(Duration::from_secs(1)));
        }
        (hold, running)
    }

    /// How many texts went out whole to the submission server.
    pub fn sent_texts(&self) -> usize {
        self.smtp.sent().iter().filter(|line| *line == ".").count()
    }

    pub fn received(&self) -> Vec<Received> {
        servers().1.sink.mails_to(&self.customer)
    }

    pub fn wait_for_mail(&self) -> Received {
        servers().1.sink.wait_for_mail_to(&self.customer)
    }

    /// The copies in Sent, ascending: UID and flags.
    pub fn sent(&self) -> Vec<(u32, BTreeSet<String>)> {
        let mut owner = self.team.owner();
        owner.select("Sent");
        let uids = owner.search("ALL");
        uids.into_iter().filter_map(|uid| Some((uid, owner.flags(uid)?))).collect()
    }

    /// How many of them are pending.
    pub fn pending(&self) -> usize {
        let is_pending =
            |f: &BTreeSet<String>| has(f, "$SubmitPending") && !has(f, "bagsy-void") && !has(f, "$Submitted");
        self.sent().iter().filter(|(_, flags)| is_pending(flags)).count()
    }

    /// The flags of a message in INBOX.
    pub fn flags(&self, uid: u32) -> BTreeSet<String> {
        let mut owner = self.team.owner();
        owner.select("INBOX");
        owner.flags(uid).expect("the question")
    }

    /// The customer has the answer once, one copy in Sent says so, and the conversation is answered.
    #[track_caller]
    pub fn assert_sent_once(&self) {
        let mail = self.wait_for_mail();
        assert_eq!(self.received().len(), 1);
        let mut valid = self.sent();
        valid.retain(|(_, flags)| !has(flags, "bagsy-void"));
        let [(uid, flags)] = valid.as_slice() else { panic!("not one copy in Sent: {valid:?}") };
        assert!(has(flags, "$Submitted"), "{flags:?}");
        assert!(!flags.iter().any(|f| f.eq_ignore_ascii_case("$SubmitPending")), "{flags:?}");
        let claims: Vec<&String> = flags.iter().filter(|f| f.contains("claim")).collect();
        assert_eq!(claims, ["bagsy-claim-alice"], "it says who sent it");
        let mut owner = self.team.owner();
        owner.select("Sent");
        let copy = String::from_utf8(owner.message(*uid).expect("the copy")).expect("7-bit text");
        let id = mail.header("Message-ID").expect("a Message-ID");
        assert!(copy.contains(&id), "{id} is not in\n{copy}");
        let flags = self.flags(1);
        for flag in ["\\Answered", "bagsy-waiting", "bagsy-claim-alice"] {
            assert!(has(&flags, flag), "no {flag}: {flags:?}");
        }
        assert!(self.outbox().is_empty());
    }

    /// Nothing went out, no copy is pending, the text is a draft again.
    #[track_caller]
    pub fn assert_not_sent_and_kept(&self) {
        assert_eq!((self.sent_texts(), self.pending()), (0, 0));
        assert!(self.outbox().is_empty());
        assert!(self.received().is_empty());
        assert!(self.drafts().iter().any(|d| d.contains("red wire")), "{:?}", self.drafts());
    }

    /// It is shown as unknown, and no retry sends it.
    #[track_caller]
    pub fn assert_unknown(&self) {
        let state = |item: &Value| item["state"].as_str().unwrap_or_default().to_owned();
        assert_eq!(self.outbox().iter().map(state).collect::<Vec<_>>(), ["unknown"]);
        let sent = self.smtp.sent().len();
        for _ in 0..2 {
            assert_eq!(self.retry().expect(7).error()["kind"], "unknown_outcome");
        }
        assert_eq!(self.outbox().iter().map(state).collect::<Vec<_>>(), ["unknown"]);
        assert_eq!(self.smtp.sent().len(), sent, "a retry spoke to the submission server");
        assert_eq!(self.pending(), 1);
        assert_eq!(self.alice.run(&["outbox", "cancel", self.outbox()[0]["id"].as_str().unwrap()]).code(), 7);
    }

    pub fn desk(&self) -> Desk {
        Desk::open(&self.cache()).expect("alice's desk")
    }

    /// Whether anything lies in the outbox, without the program's help.
    pub fn is_in_outbox(&self) -> bool {
        !self.desk().outbox_list().expect("the outbox").is_empty()
    }

    /// Her cache is set aside; what lies on her desk is kept.
    pub fn lose_cache(&self) {
        let cache = self.cache().to_string_lossy().into_owned();
        for file in [cache.clone(), format!("{cache}-wal"), format!("{cache}-shm")] {
            let _ = std::fs::remove_file(file);
        }
    }

    fn cache(&self) -> PathBuf {
        let data = self.alice.home().join("data/bagsy");
        let files = std::fs::read_dir(&data).expect("alice's data").map(|f| f.expect("a file").path());
        let name = |f: &PathBuf| f.to_string_lossy().into_owned();
        let mut caches = files.filter(|f| name(f).ends_with(".sqlite") && !name(f).ends_with("-desk.sqlite"));
        caches.next().expect("alice's cache")
    }

    pub fn drafts(&self) -> Vec<String> {
        self.desk().drafts().expect("the drafts").into_iter().map(|d| d.content).collect()
    }

    /// Somebody says on the screen what became of the announced answer: alice on her own device, others on theirs.
    pub fn settle(&self, who: &str, verdict: Verdict) -> Result<Conversation, Refusal> {
        let bob;
        let person = match who {
            "alice" => &self.alice,
            _ => {
                bob = Bagsy::new(&self.team, who);
                &bob
            }
        };
        // The same device, but for the environment, which belongs to this process.
        let place = person.home().join("in-process");
        std::fs::create_dir_all(&place).expect("a place");
        std::fs::create_dir_all(person.home().join("data/bagsy")).expect("the data's folder");
        std::os::unix::fs::symlink(person.home().join("data/bagsy"), place.join("data")).expect("the same data");
        let toml = std::fs::read_to_string(person.config_path()).expect("a configuration");
        let toml = toml.replace("env = \"BAGSY_TEST_PASSWORD\"", &format!("command = \"echo {PASSWORD}\""));
        let paths = Paths::under(&place);
        std::fs::write(paths.config_file(), toml).expect("a configuration");
        let config = Config::load(paths.config_file()).expect("a configuration");
        let login = Login::all(&config, &paths, &Arc::new(Secrets::new(false)))?.remove(0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let cache = Cache::open(&login.cache, login.me().as_ref())?;
            let mut link = Link::open(&login, &cache).await?;
            let found = link.discover().await?;
            let mailbox = found.mailboxes.into_iter().find(|m| m.key() == self.team.mailbox()).expect("the mailbox");
            Ok(link.settle(&mailbox, &self.question.message_id, verdict).await?.expect("the conversation"))
        })
    }

    /// The announced answer lies there for longer than ten minutes by now.
    pub fn age_announcement(&self) {
        let mut owner = self.team.owner();
        owner.select("Sent");
        let uid = *owner.search("ALL").last().expect("the copy");
        let flags: Vec<String> = owner.flags(uid).expect("the copy").into_iter().collect();
        let bytes = owner.message(uid).expect("the copy");
        let arguments = format!("({}) \"01-Nov-2025 09:00:00 +0000\"", flags.join(" "));
        self.team.append("Sent", &arguments, &bytes);
        owner.ok(&format!("UID STORE {uid} +FLAGS (\\Deleted)"));
        owner.ok("EXPUNGE");
    }

    /// A teammate's announcement, as their client would write it. `date`: an INTERNALDATE with a blank before it.
    pub fn announce_as_teammate(&self, date: &str) -> u32 {
        let answer = self.question.answer("A teammate's answer.");
        self.team.append("Sent", &format!("(\\Seen $SubmitPending){date}"), &answer.bytes())
    }

    /// The customer writes once more.
    pub fn ask_again(&self) {
        let mut more = self.question.answer("Never mind, it went out.");
        (more.from, more.to) = (self.question.from.clone(), self.question.to.clone());
        more.message_id = format!("again.{}", self.question.message_id);
        self.team.append("INBOX", "", &more.bytes());
    }
}

pub fn has(flags: &BTreeSet<String>, flag: &str) -> bool {
    flags.iter().any(|f| f.eq_ignore_ascii_case(flag))
}
