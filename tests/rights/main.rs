//! Who may do what: ten people with different rights, every action of the program, on a real Dovecot and a real Cyrus. What the
//! screen allows is what the server allows, tried out command by command; what is allowed is done, and somebody else sees
//! it; what is not allowed is greyed with the right that is missing, and leaves everything as it was.
//!
//! Five of the ten have their rights by the commands of `docs/administrators.md`.

#[path = "../support/mod.rs"]
mod support;

mod acts;
mod desk;
mod page;
mod probe;
mod screen;

use std::sync::OnceLock;

use acts::{ROWS, Row};
use bagsy::model::{Conversation, ErrorKind, Expectation, Refusal};
use bagsy::tui::keymap::Act;
use desk::{Desk, Eyes, Where};
use probe::Granted;
use serde_json::Value;
use support::bagsy::Bagsy;
use support::cyrus::Cyrus;
use support::device::Device;
use support::dovecot::Dovecot;
use support::imap_client::{Word, quoted};
use support::mailgen::Mail;
use support::submission::Submission;
use support::team::Team;

fn servers() -> &'static (Dovecot, Submission) {
    static SERVERS: OnceLock<(Dovecot, Submission)> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let dovecot = Dovecot::start();
        let submission = Submission::start(&dovecot);
        (dovecot, submission)
    })
}

/// By login: a role of the page, or rights folder by folder; no folder, no rights.
enum Rights {
    Role(&'static str),
    Odd(&'static [(&'static str, &'static str)]),
}

const CAST: [(&str, Rights); 10] = [
    ("p1", Rights::Role("reader")),
    ("p2", Rights::Role("triager")),
    ("p3", Rights::Role("answerer")),
    ("p4", Rights::Role("finisher")),
    ("p5", Rights::Role("administrator")),
    // What was read cannot be told; mail can be marked for deletion and not removed.
    ("p6", Rights::Odd(&[("INBOX", "lrwt"), ("Sent", "lrw"), ("Archive", "lri"), ("Trash", "lri"), ("Junk", "lri")])),
    // INBOX and nothing else.
    ("p7", Rights::Odd(&[("INBOX", "lrsw")])),
    // Can move to Archive and not back: what is answered there stays there.
    (
        "p8",
        Rights::Odd(&[
            ("INBOX", "lrswte"),
            ("Sent", "lrswi"),
            ("Archive", "lrsi"),
            ("Trash", "lrs"),
            ("Junk", "lrsi"),
            ("Clients", "lrsi"),
        ]),
    ),
    // Can move out of Archive and not into it; what was finished here cannot be stripped there. Can put copies into Sent and
    // not mark them.
    (
        "alice",
        Rights::Odd(&[("INBOX", "lrswi"), ("Sent", "lrsi"), ("Archive", "lrte"), ("Trash", "lrsi"), ("Junk", "lrsi")]),
    ),
    // Only looks at INBOX, and may write in the mailbox's name.
    ("bob", Rights::Odd(&[("INBOX", "lrs"), ("Sent", "lrswi"), ("Archive", "lrswite"), ("Trash", "lrswite")])),
];

#[test]
fn what_the_screen_allows_is_what_dovecot_allows() {
    let folders: Vec<&str> = desk::FOLDERS.into_iter().filter(|f| *f != "INBOX").collect();
    hold_against(&Desk::Dovecot(Team::create_with(&servers().0, "rights.test", &[], &folders)));
}

#[test]
fn what_the_screen_allows_is_what_cyrus_allows() {
    hold_against(&Desk::Cyrus(Cyrus::start()));
}

fn hold_against(desk: &Desk) {
    for (who, rights) in &CAST {
        match rights {
            Rights::Role(role) => desk.give_role(role, who),
            Rights::Odd(folders) => folders.iter().for_each(|(folder, rights)| desk.grant(who, folder, rights)),
        }
    }
    // The page knows nothing of a team's own folders.
    for (who, rights) in [("p4", "lrs"), ("p5", "lrswite")] {
        desk.grant(who, "Clients", rights);
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (mut wrong, mut eyes) = (Vec::new(), Eyes::open(desk));
    for (who, rights) in &CAST {
        let granted = Granted::to(desk, who, &mut eyes);
        // As the page says.
        let keeps_tags = granted.to_archive && !granted.lacks("Archive", 'w');
        assert_eq!(granted.tags_to_archive, keeps_tags, "{who}: {granted:?}");
        let device = runtime.block_on(desk.device(who));
        let bagsy = desk.bagsy(who, &servers().1);
        // What the engine was shown to do, the verbs do by the same way: for the five roles that is tried too.
        let has_verbs = matches!(rights, Rights::Role(_));
        let mut person = Person { desk, who, granted, runtime: &runtime, device, bagsy, eyes: &mut eyes, has_verbs };
        for row in ROWS {
            wrong.extend(person.try_row(row).into_iter().map(|what| format!("{who}, {}: {what}", row.name)));
        }
        for writing in WRITINGS {
            wrong.extend(person.write(writing).into_iter().map(|what| format!("{who}, {}: {what}", writing.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Only the page's administrator grants rights, and makes folders where the server has that granted.
    for (who, rights) in &CAST {
        let mut person = desk.imap(who);
        let made = person.command(&format!("CREATE \"{}\"", desk.folder(&format!("Of {who}"))));
        let given = person.command(&format!("SETACL \"{}\" {} lrs", desk.folder("Archive"), desk.login("p2")));
        let is_administrator = matches!(rights, Rights::Role("administrator"));
        assert_eq!(given.word == Word::Ok, is_administrator, "{who}: {given:?}");
        let makes = is_administrator && matches!(desk, Desk::Cyrus(_));
        assert_eq!(made.word == Word::Ok, makes, "{who}: {made:?}");
    }
}

/// What is written to somebody, by its verb.
struct Writing {
    name: &'static str,
    verb: &'static str,
    /// Where the conversation lies.
    from: &'static str,
    key: Act,
}

const WRITINGS: &[Writing] = &[
    Writing { name: "answer", verb: "reply", from: "INBOX", key: Act::Reply },
    Writing { name: "answer in Archive", verb: "reply", from: "Archive", key: Act::Reply },
    Writing { name: "forward", verb: "forward", from: "INBOX", key: Act::Forward },
    Writing { name: "write something new", verb: "new", from: "INBOX", key: Act::New },
];

/// One of the team at work.
struct Person<'a> {
    desk: &'a Desk,
    who: &'a str,
    granted: Granted,
    runtime: &'a tokio::runtime::Runtime,
    device: Device,
    bagsy: Bagsy,
    eyes: &'a mut Eyes,
    /// Tries the verbs too.
    has_verbs: bool,
}

impl Person<'_> {
    /// A customer's conversation for a row; its mail, and how it lies.
    fn put(&mut self, (folder, flags): (&'static str, &str)) -> (Mail, Where) {
        let mail =
            Mail::new("Dana Reyes <dana@reyes.example>", &self.desk.address(), "Where is it?", "It is not here.");
        let flags = flags.replace("ME", self.who);
        self.eyes.put(folder, &flags, &mail.bytes());
        (mail, Where::from([(folder, flags.split_whitespace().map(str::to_owned).collect())]))
    }

    /// As this person's list has it.
    fn listed(&mut self, mail: &Mail) -> Option<Conversation> {
        let device = &mut self.device;
        self.runtime.block_on(device.sync());
        device.link.reader.conversation(device.mailbox.key(), &mail.message_id).expect("the cache")
    }

    /// What does not agree about one action.
    fn try_row(&mut self, row: &Row) -> Vec<String> {
        let mut wrong = Vec::new();
        let is_granted = (row.is_granted)(&self.granted);
        let (mail, before) = self.put(row.from);
        let listed = self.listed(&mail);
        let action = (row.action)(self.desk);
        let mut why_not = match &listed {
            Some(conversation) => screen::why_not(&self.device, conversation, row.key),
            None => Some("it is not listed".to_owned()),
        };
        if why_not.is_none() && row.key == Act::MoveTo {
            why_not = self.why_not_into("Clients");
        }
        if why_not.is_none() != is_granted {
            wrong.push(format!("the screen says {why_not:?}, the server grants it: {is_granted}"));
        }
        if let Some(why_not) = why_not.filter(|why_not| why_not.contains("right")) {
            wrong.extend(self.misnamed(&why_not));
        }

        let device = &mut self.device;
        let expect = Expectation::default();
        let doing = device.link.act(&device.mailbox, &mail.message_id, &action, &expect, None);
        let outcome = self.runtime.block_on(doing).map(drop).map_err(Refusal::from);
        wrong.extend(self.judge(row, "the engine", &mail, &before, outcome));

        if let Some((verb, words)) = row.verb.filter(|_| self.has_verbs) {
            let (mail, before) = self.put(row.from);
            let id = bagsy::wire::identity::conversation_id(&mail.message_id).0;
            let arguments = [&[verb, id.as_str()], words, &["--json"]].concat();
            let output = self.bagsy.run(&arguments);
            let outcome = match output.code() {
                0 => Ok(()),
                _ => Err(Refusal::new(kind(&output.error()), output.error()["message"].to_string())),
            };
            wrong.extend(self.judge(row, "the verb", &mail, &before, outcome));
        }
        wrong
    }

    /// Whether what came of it is what the server allows, as somebody else sees it.
    fn judge(&mut self, row: &Row, by: &str, mail: &Mail, before: &Where, outcome: Result<(), Refusal>) -> Vec<String> {
        let is_granted = (row.is_granted)(&self.granted);
        let after = match row.key {
            // May be each person's own: another session of theirs.
            Act::Unread => self.find_as_person(mail, row.from.0),
            _ => self.eyes.find(&mail.message_id),
        };
        let mut wrong = Vec::new();
        match (&outcome, is_granted) {
            (Ok(()), true) if !(row.is_done)(&after, &self.granted, self.who) => {
                wrong.push(format!("{by} says done, and it is {after:?}"));
            }
            (Err(refusal), true) => wrong.push(format!("{by} refuses what the server grants: {refusal:?}")),
            (Ok(()), false) => wrong.push(format!("{by} says done without the right: {after:?}")),
            (Err(_), false) if row.key != Act::Unread && after != *before => {
                wrong.push(format!("{by} left {after:?} behind, it was {before:?}"));
            }
            _ => {}
        }
        wrong
    }

    fn find_as_person(&self, mail: &Mail, folder: &'static str) -> Where {
        let mut again = self.desk.imap(self.who);
        again.command("NOOP");
        let name = quoted(&self.desk.folder(folder));
        if again.command(&format!("SELECT {name}")).word != Word::Ok {
            return Where::new();
        }
        let uids = again.search(&format!("HEADER Message-ID \"<{}>\"", mail.message_id));
        uids.into_iter().map(|uid| (folder, again.flags(uid).unwrap_or_default())).collect()
    }

    /// What the window of folders has against one; `None`: it may be chosen.
    fn why_not_into(&mut self, folder: &str) -> Option<String> {
        let device = &mut self.device;
        let places = self.runtime.block_on(device.link.places(&device.mailbox)).expect("the folders");
        let name = self.desk.folder(folder);
        match places.into_iter().find(|place| place.name == name) {
            Some(place) => place.why_not,
            None => Some("it is not offered".to_owned()),
        }
    }

    /// What a reason names that is not missing. Every letter it names is looked for in every folder it can mean.
    fn misnamed(&self, why_not: &str) -> Option<String> {
        let (_, rest) = why_not.split_once("the right")?;
        let named = rest.trim_start_matches('s').trim_start();
        let named = named.split(" is missing").next().unwrap_or(named).split(" are missing").next().unwrap_or(named);
        let named = named.split(" (").next().unwrap_or(named);
        let letters: Vec<char> = named.split(" and ").flat_map(str::chars).collect();
        let folder = desk::FOLDERS.into_iter().find(|f| rest.contains(f)).unwrap_or("INBOX");
        let is_right = match letters.as_slice() {
            // “needs the rights t and e”: one of them at least.
            ['t', 'e'] if why_not.contains("needs") => letters.iter().any(|l| self.granted.lacks(folder, *l)),
            // Of a folder that the team made itself only the letter is told.
            letters if why_not.starts_with("the right i is missing (") => letters == ['i'],
            letters => !letters.is_empty() && letters.iter().all(|l| self.granted.lacks(folder, *l)),
        };
        (!is_right).then(|| format!("“{why_not}” names {letters:?} on {folder}, with {:?}", self.granted.rights))
    }

    /// What does not agree about writing to somebody.
    fn write(&mut self, writing: &Writing) -> Vec<String> {
        let mut wrong = Vec::new();
        let (mail, _) = self.put((writing.from, ""));
        let Some(listed) = self.listed(&mail) else {
            let is_closed = self.granted.lacks(writing.from, 'r');
            return if is_closed { wrong } else { vec!["it is not listed".to_owned()] };
        };
        let why_not = screen::why_not(&self.device, &listed, writing.key);
        let is_granted = self.granted.announce;
        if why_not.is_none() != is_granted {
            wrong.push(format!("the screen says {why_not:?}, the server grants it: {is_granted}"));
        }
        if let Some(why_not) = why_not.filter(|why_not| why_not.contains("right")) {
            wrong.extend(self.misnamed(&why_not));
        }
        let customer = format!("c{:08x}@customer.example", support::process::random() as u32);
        let id = listed.id.0;
        let to = ["--to", &customer];
        let body = ["--body-file", "-", "--json"];
        let arguments: Vec<&str> = match writing.verb {
            "reply" => [&["reply", &id][..], &body].concat(),
            "forward" => [&["forward", &id][..], &to, &body].concat(),
            _ => [&["new", "--subject", "Something new"][..], &to, &body].concat(),
        };
        // By the customer's name in its text the copy is found again.
        let output = self.bagsy.run_with(&arguments, format!("To {customer}.\n").as_bytes());
        if (output.code() == 0) != is_granted {
            wrong.push(format!(
                "the verb ended {} where the server grants it: {is_granted}: {}",
                output.code(),
                output.stderr
            ));
        }
        match self.eyes.copies("Sent", &customer).as_slice() {
            [flags] if is_granted => {
                if !flags.contains("$Submitted") {
                    wrong.push(format!("its copy in Sent has {flags:?}"));
                }
            }
            [] if !is_granted => {}
            copies => wrong.push(format!("{} copies in Sent, granted: {is_granted}", copies.len())),
        }
        // What may be moved both ways is open again; what may not is answered where it lies.
        let granted = &self.granted;
        let is_back = is_granted && granted.keyword && granted.to_archive && granted.from_archive;
        let lies = self.eyes.find(&mail.message_id);
        let should = if writing.from == "INBOX" || is_back { "INBOX" } else { writing.from };
        if lies.len() != 1 || !lies.contains_key(should) {
            wrong.push(format!("it was in {} and is {lies:?}", writing.from));
        }
        wrong
    }
}

fn kind(error: &Value) -> ErrorKind {
    match error["kind"].as_str() {
        Some("held") => ErrorKind::Held,
        Some("not_found") => ErrorKind::NotFound,
        Some("rights") => ErrorKind::Rights,
        _ => ErrorKind::Failed,
    }
}
