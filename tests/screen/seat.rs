//! A person's seat: their home, their terminal, and how its rows are read.

use std::sync::OnceLock;
use std::time::Duration;

use crate::support::bagsy::Bagsy;
use crate::support::dovecot::Dovecot;
use crate::support::mailgen::Mail;
use crate::support::pty::{Pty, Size};
use crate::support::submission::Submission;
use crate::support::team::Team;

/// One mail and one submission server for all tests of the screen; each test has a team of its own.
pub fn servers() -> &'static (Dovecot, Submission) {
    static SERVERS: OnceLock<(Dovecot, Submission)> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let dovecot = Dovecot::start();
        let submission = Submission::start(&dovecot);
        (dovecot, submission)
    })
}

pub fn team() -> Team<'static> {
    servers().0.team()
}

/// A person's home, from which mail can be sent.
pub fn person(team: &Team, who: &str) -> Bagsy {
    Bagsy::new(team, who).sending(&servers().1)
}

/// A screen that is live.
#[track_caller]
pub fn live(person: &Bagsy, size: Size) -> Pty {
    let pty = person.terminal(size, &[]);
    pty.wait_for("live");
    pty
}

/// A customer's question, some hours old: the more, the higher it stands in the queue.
pub fn ask(team: &Team, subject: &str, hours_ago: i64) -> Mail {
    let mut mail =
        Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), subject, &format!("About {subject}: help!"));
    mail.date -= jiff::SignedDuration::from_hours(hours_ago);
    team.append("INBOX", &mail.append_arguments(""), &mail.bytes());
    mail
}

/// The queue's row of a conversation.
pub fn row(screen: &str, subject: &str) -> Option<String> {
    // Below the tabs and the rule; the pane and the line above the hints come after it.
    let rows = screen.lines().skip(4).take_while(|l| !l.starts_with('─') && !l.starts_with('-'));
    rows.map(str::to_owned).find(|l| l.contains(subject))
}

/// WHO in a row.
pub fn who(screen: &str, subject: &str) -> Option<String> {
    let row = row(screen, subject)?;
    row.trim_start_matches(['▌', ' ', '>']).split("  ").next().map(str::to_owned)
}

/// Waits until WHO of a conversation is this.
#[track_caller]
pub fn wait_for_who(pty: &Pty, subject: &str, name: &str) {
    pty.wait_until(&format!("“{subject}” is {name}'s"), |screen| who(screen, subject).as_deref() == Some(name));
}

/// Waits until a conversation has a row, or has none.
#[track_caller]
pub fn wait_for_row(pty: &Pty, subject: &str, is_there: bool) {
    let what = format!("“{subject}” {} in the queue", if is_there { "is" } else { "is not" });
    pty.wait_until(&what, |screen| row(screen, subject).is_some() == is_there);
}

/// Waits until the line of views says this, blanks taken as one.
#[track_caller]
pub fn wait_for_tabs(pty: &Pty, text: &str) {
    pty.wait_until(&format!("“{text}” in the line of views"), |screen| {
        let tabs = screen.lines().nth(1).unwrap_or_default();
        tabs.split_whitespace().collect::<Vec<_>>().join(" ").contains(text)
    });
}

/// The subject on which the selection stands.
pub fn is_selected(screen: &str, subject: &str) -> bool {
    row(screen, subject).is_some_and(|row| row.trim_start().starts_with('▌'))
}

/// Goes to a conversation with the keys.
#[track_caller]
pub fn go_to(pty: &Pty, subject: &str) {
    pty.wait_until(&format!("“{subject}” in the queue"), |screen| row(screen, subject).is_some());
    pty.keys("gg");
    pty.wait_until("the first row selected", |s| s.lines().nth(4).is_some_and(|l| l.trim_start().starts_with('▌')));
    let below = |screen: &str| screen.lines().skip(4).position(|l| l.contains(subject)).unwrap_or(0);
    pty.keys(&"j".repeat(below(&pty.screen())));
    pty.wait_until(&format!("“{subject}” selected"), |screen| is_selected(screen, subject));
}

/// Nothing may change for a while: what should not happen has time to happen.
pub fn quiet_moment() {
    std::thread::sleep(Duration::from_millis(400));
}
