//! Where keys are pressed: a mailbox with something of everything, one screen before it, and another client's session that
//! looks at the same mailbox.

use std::time::Duration;

use bagsy::tui::keymap::Context;

use crate::seat::{go_to, is_selected, live, person, row, servers, team, wait_for_row, wait_for_who};
use crate::support::bagsy::Bagsy;
use crate::support::mailgen::{Content, Mail};
use crate::support::process::wait_for;
use crate::support::proxy::{Direction, Proxy};
use crate::support::pty::{LIMIT, Pty, Size};
use crate::support::team::{FOLDERS, PEOPLE, Team};

/// So many conversations fill the queue beyond one screen.
const ROWS: usize = 30;

pub struct Desk {
    pub team: Team<'static>,
    alice: Bagsy,
    pub a: Pty,
    pub context: Context,
    fresh: i64,
    /// Answers that wait, or whose fate is unknown, by their conversations' subjects.
    pub answers: Vec<String>,
    proxy: Option<Proxy>,
}

impl Desk {
    pub fn at(context: Context) -> Self {
        let team = team();
        team.add_mailbox("team2", &PEOPLE[..2], &FOLDERS);
        let rows = (1..=ROWS).map(|n| {
            let from = format!("Person {n} <person{n}@rows.example>");
            let mut mail = Mail::new(&from, &team.mailbox(), &format!("Row {n:02}"), "A row.");
            mail.date -= jiff::SignedDuration::from_hours(200 - n as i64);
            (mail.append_arguments(""), mail.bytes())
        });
        team.owner().append_all("INBOX", &rows.collect::<Vec<_>>());
        for (subject, keyword) in
            [("Alice's", "bagsy-claim-alice"), ("Bob's", "bagsy-claim-bob"), ("Waits", "bagsy-waiting"), ("Ended", "")]
        {
            let mut mail = Mail::new("Special <special@x.example>", &team.mailbox(), subject, "text");
            mail.date -= jiff::SignedDuration::from_hours(9000);
            let folder = if keyword.is_empty() { "Archive" } else { "INBOX" };
            team.append(folder, &mail.append_arguments(keyword), &mail.bytes());
        }
        let mut letter = Mail::new("News <news@letters.example>", &team.mailbox(), "Newsletter", "text");
        letter.date -= jiff::SignedDuration::from_hours(300);
        letter = letter.with_header("List-Id: <weekly.letters.example>");
        team.append("INBOX", &letter.append_arguments(""), &letter.bytes());

        let (imap, smtp) = (servers().0.imap_port, servers().1.plain_port);
        let proxy = match context {
            Context::Outbox => Some(Proxy::to(imap)),
            Context::Fate => Some(Proxy::to(smtp)),
            _ => None,
        };
        let alice = person(&team, "alice");
        let alice = match (&proxy, context) {
            (Some(proxy), Context::Outbox) => alice.imap_through(proxy),
            (Some(proxy), _) => alice.smtp_through(proxy),
            (None, _) => alice,
        };
        let editor = alice.home().join("editor");
        std::fs::write(&editor, "#!/bin/sh\necho 'from the editor' > \"$1\"\n").expect("an editor");
        std::fs::set_permissions(&editor, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("its mode");
        std::fs::create_dir(alice.home().join("plans")).expect("a folder");
        std::fs::write(alice.home().join("plan.txt"), "the plan").expect("a file");
        let alice = alice.env("EDITOR", &editor.to_string_lossy());
        let a = live(&alice, Size::SMALL);
        wait_for_row(&a, "Bob's", true);
        let mut desk = Self { team, alice, a, context, fresh: 0, answers: Vec::new(), proxy };
        match context {
            Context::Outbox => desk.fill_outbox(),
            Context::Fate => (0..3).for_each(|_| desk.lose_sight()),
            _ => {}
        }
        desk
    }

    /// Told when the test fails.
    pub fn say(&self, what: &str) {
        println!("{what}");
    }

    pub fn alice_home(&self) -> &std::path::Path {
        self.alice.home()
    }

    /// The keys of one binding, as the table writes them.
    #[track_caller]
    pub fn press(&self, keys: &str) {
        for key in keys.split(' ') {
            self.a.press(key);
        }
    }

    /// The program ended: another one.
    pub fn run_again(&mut self) {
        self.a = self.alice.terminal(Size::SMALL, &[]);
        // Without a connection too.
        self.a.wait_until("the queue", |s| s.contains("WHO") && s.contains("1 Inbox"));
    }

    /// Back to the first row of the queue, from wherever the key led.
    pub fn home(&mut self) {
        for _ in 0..4 {
            self.a.press("Esc");
        }
        if self.a.screen().lines().next().is_some_and(|l| l.contains("team2@")) {
            self.a.press("]");
        }
        self.press("1 g g");
        self.a.wait_until("the first row of the queue", |s| {
            let first = s.lines().nth(4).unwrap_or_default();
            let is_first = first.contains("Alice's") || first.contains("Bob's");
            s.contains("WHO") && s.contains("1 Inbox") && is_first && first.trim_start().starts_with('▌')
        });
    }

    /// A new conversation, the longest waiting one that nobody has: with a link, a file, another recipient, and more text than fits.
    pub fn fresh(&mut self) -> String {
        self.fresh += 1;
        let subject = format!("Fresh {:02}", self.fresh);
        let text: String = (1..=60).map(|n| format!("Line {n} of it\n")).collect();
        let text = format!("See https://reyes.example/floor-3 please\n{text}> quoted\n> quoted again\n");
        let file = ("photo.png".to_owned(), "image/png".to_owned(), b"not really".to_vec());
        let mut mail = Mail::new("Dana Reyes <dana@reyes.example>", &self.team.mailbox(), &subject, "");
        mail.content = Content::Files { text, files: vec![file] };
        mail.cc = Some("Priya Raman <priya@raman.example>".to_owned());
        mail.date -= jiff::SignedDuration::from_hours(5000 + self.fresh);
        let mail = mail.with_header("X-Hidden-Field: seen only in full");
        self.team.append("INBOX", &mail.append_arguments(""), &mail.bytes());
        wait_for_row(&self.a, &subject, true);
        subject
    }

    /// The keys are on a conversation: its row, or its text.
    pub fn stand_on(&self, subject: &str) {
        go_to(&self.a, subject);
        if self.context == Context::Reading {
            self.a.press("Enter");
            self.a.wait_for("Line 1 of it");
        }
    }

    /// Reads the conversation of a row.
    pub fn stand_on_row(&self, subject: &str) {
        go_to_far(&self.a, subject);
        self.a.press("Enter");
        self.a.wait_for("A row.");
    }

    /// On a fresh conversation.
    pub fn on_fresh(&mut self) -> String {
        let subject = self.fresh();
        self.stand_on(&subject);
        subject
    }

    /// Opens the place whose keys are pressed; gives the subject of the conversation that it is about.
    pub fn enter(&mut self) -> String {
        match self.context {
            Context::Search => {
                self.a.press("/");
                self.a.wait_for("words \"a phrase\"");
                return String::new();
            }
            Context::Mailboxes => return self.open("M", "─ Mailboxes ─"),
            Context::Help => return self.open("?", "Keys: the queue"),
            Context::Outbox => return self.open("O", "─ Outbox ─"),
            Context::Fate => {
                self.open("O", "nobody knows whether it was sent");
                let subject = self.answers.first().cloned().expect("an answer of unknown fate");
                self.a.press("Enter");
                self.a.wait_for("An answer's fate is unknown");
                return subject;
            }
            _ => {}
        }
        let subject = self.fresh();
        go_to(&self.a, &subject);
        let (keys, shows): (&[&str], &str) = match self.context {
            Context::Queue => (&[], ""),
            Context::Reading => (&["Enter"], "Line 1 of it"),
            Context::Writing => (&["r"], "Reply as"),
            Context::Picker => (&["A"], "Assign to"),
            Context::Folders => (&["v"], "Archive"),
            Context::Items => (&["Enter", "S"], "its number, or Enter"),
            Context::Line => (&["Enter", "S", "2"], "Save photo.png in"),
            Context::Attaching => (&["r", "Ctrl-a"], "plan.txt"),
            Context::Tags => (&["t"], "Tags"),
            Context::Confirm => (&["T"], "Take it over?"),
            Context::Palette => (&[":"], "─ Commands ─"),
            other => panic!("how does one come to {other:?}?"),
        };
        if self.context == Context::Confirm {
            self.bob_claims(&subject);
        }
        for key in keys {
            match *key {
                "S" => self.a.wait_for("Line 1 of it"),
                "2" => self.a.wait_for("its number, or Enter"),
                "Ctrl-a" => self.a.wait_for("Reply as"),
                _ => {}
            }
            self.a.press(key);
        }
        self.a.wait_for(shows);
        subject
    }

    fn open(&self, key: &str, shows: &str) -> String {
        self.a.press(key);
        self.a.wait_for(shows);
        String::new()
    }

    pub fn bob_claims(&self, subject: &str) {
        let mut bob = self.team.in_inbox("bob");
        let uid = bob.search(&format!("SUBJECT \"{subject}\""))[0];
        bob.ok(&format!("UID STORE {uid} +FLAGS (bagsy-claim-bob)"));
        wait_for_who(&self.a, subject, "bob");
    }

    /// Another client's session finds this in a folder.
    #[track_caller]
    pub fn server_has(&self, folder: &str, criteria: &str) {
        self.server_is(folder, criteria, true);
    }

    #[track_caller]
    pub fn server_is(&self, folder: &str, criteria: &str, is_so: bool) {
        let look = || {
            let mut owner = self.team.owner();
            owner.select(folder);
            (owner.search(criteria).is_empty() != is_so).then_some(())
        };
        assert!(wait_for(LIMIT, look).is_some(), "{folder}: {criteria} {is_so}\n{}", self.a.framed());
    }

    /// Alice's other client finds this in INBOX: what she has read is hers alone on some servers.
    #[track_caller]
    pub fn alice_has(&self, criteria: &str) {
        let look = || (!self.team.in_inbox("alice").search(criteria).is_empty()).then_some(());
        assert!(wait_for(LIMIT, look).is_some(), "{criteria}\n{}", self.a.framed());
    }

    /// The key changes the screen, between the line of views and the line above the hints.
    #[track_caller]
    pub fn changes(&self, key: &str, what: impl Fn(&str) -> Vec<String>) {
        let before = what(&self.a.screen());
        self.press(key);
        self.a.wait_until(&format!("something else than {before:?}"), |s| what(s) != before);
    }

    fn write_answer(&mut self, subject: &str) {
        go_to(&self.a, subject);
        self.a.press("r");
        self.a.wait_for("Reply as");
        self.a.keys("An answer.");
        self.a.wait_for("An answer.");
        self.a.press("Ctrl-s");
        self.a.wait_while("Reply as");
        self.answers.push(subject.to_owned());
    }

    /// Answers that wait for a connection.
    fn fill_outbox(&mut self) {
        let subjects: Vec<String> = (0..5).map(|_| self.fresh()).collect();
        // Their texts are here before the line is gone.
        for subject in &subjects {
            go_to(&self.a, subject);
            self.a.press("Enter");
            self.a.wait_for("Line 1 of it");
            self.home();
        }
        self.proxy.as_ref().expect("a proxy").set_down(true);
        self.a.wait_for("offline since");
        for subject in &subjects {
            self.write_answer(subject);
        }
        self.home();
    }

    /// An answer of which nobody knows whether it was sent: the line breaks once the whole text is on its way.
    fn lose_sight(&mut self) {
        let subject = self.fresh();
        let hold = self.proxy.as_ref().expect("a proxy").hold(Direction::ToServer, |line| line == ".");
        self.write_answer(&subject);
        hold.wait(Duration::from_secs(25));
        self.proxy.as_ref().expect("a proxy").cut();
        drop(hold);
        self.a.wait_for("nobody knows whether it was sent");
        self.home();
    }

    /// The subject under the cursor.
    pub fn is_on(&self, subject: &str) {
        self.a.wait_until(&format!("“{subject}” under the cursor"), |s| is_selected(s, subject));
    }

    /// The views show these, and not those.
    pub fn lists(&self, shown: &[&str], hidden: &[&str]) {
        self.a.wait_until(&format!("{shown:?} without {hidden:?}"), |s| {
            s.contains("WHO")
                && shown.iter().all(|subject| row(s, subject).is_some())
                && hidden.iter().all(|subject| row(s, subject).is_none())
        });
    }
}

/// Goes to a row, further down than one screen.
fn go_to_far(pty: &Pty, subject: &str) {
    pty.keys("gg");
    for _ in 0..80 {
        if is_selected(&pty.screen(), subject) {
            return;
        }
        let before = bars(&pty.screen());
        pty.keys("j");
        pty.wait_until("the next row", |s| bars(s) != before);
    }
    panic!("“{subject}” is no row\n{}", pty.framed());
}

/// The rows on which a bar stands: what is chosen.
pub fn bars(screen: &str) -> Vec<String> {
    let lines = screen.lines().enumerate();
    lines.filter(|(_, line)| line.contains('▌')).map(|(at, line)| format!("{at} {line}")).collect()
}

/// What stands between the line of views and the one above the hints.
pub fn middle(screen: &str) -> Vec<String> {
    screen.lines().skip(2).take(18).map(str::to_owned).collect()
}
