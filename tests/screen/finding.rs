//! Searching, narrowing and the palette on a real terminal, against a real server.

use crate::seat::{ask, live, person, row, team, wait_for_row};
use crate::support::mailgen::Mail;
use crate::support::pty::Size;
use crate::support::team::Team;

/// A mail from weeks ago that lies in Archive: nobody opened it, so its text is only on the server.
fn archived(team: &Team, subject: &str, text: &str) {
    let mut mail = Mail::new("Mika Tanaka <mika@tanaka.example>", &team.mailbox(), subject, text);
    mail.date -= jiff::SignedDuration::from_hours(24 * 20);
    team.append("Archive", &mail.append_arguments("\\Seen"), &mail.bytes());
}

#[test]
fn a_search_finds_what_is_here_and_then_what_only_the_server_has() {
    let team = team();
    ask(&team, "Printer on fire", 3);
    ask(&team, "Quote for forty seats", 2);
    archived(&team, "Last month", "The zebra crossing was painted by Größe & Söhne.");
    let alice = person(&team, "alice");
    let mut pty = live(&alice, Size::SMALL);
    wait_for_row(&pty, "Quote", true);
    pty.press("j");

    pty.press("/");
    pty.wait_for("words \"a phrase\" from:");
    pty.keys("prin");
    wait_for_row(&pty, "Quote", false);
    wait_for_row(&pty, "Printer", true);
    pty.wait_for("1 conversation ");
    // A word of a text that no client has fetched, with letters beyond ASCII.
    pty.press("Ctrl-a");
    pty.press("Ctrl-k");
    pty.keys("größe");
    wait_for_row(&pty, "Last month", true);
    pty.wait_for("server: searched");
    pty.press("Enter");
    pty.press("Enter");
    pty.wait_for("zebra crossing");
    pty.press("q");
    wait_for_row(&pty, "Last month", true);
    // Back to where one was.
    pty.press("Esc");
    wait_for_row(&pty, "Quote", true);
    pty.wait_until("the second row is selected again", |screen| {
        row(screen, "Quote").is_some_and(|row| row.contains('▌'))
    });

    // The text came with the opening: now it is found here.
    pty.press("\\");
    pty.keys("quote");
    wait_for_row(&pty, "Printer", false);
    pty.press("Esc");
    wait_for_row(&pty, "Printer", true);
    pty.pause();
    pty.press("q");
    pty.wait_for_end();
}

#[test]
fn a_slip_is_told_while_one_types_and_the_palette_does_what_it_names() {
    let team = team();
    ask(&team, "Printer on fire", 3);
    let alice = person(&team, "alice");
    let mut pty = live(&alice, Size(100, 30));
    wait_for_row(&pty, "Printer", true);
    pty.press("/");
    pty.keys("is:unraed");
    pty.wait_for("did you mean unread?");
    pty.press("Esc");
    pty.press(":");
    pty.wait_for("Commands");
    pty.keys("urg");
    pty.press("Enter");
    pty.wait_for("urgent: “Printer on fire”");
    assert!(team.in_inbox("bob").flags(1).unwrap().contains("\\Flagged"));
    pty.press(":");
    pty.keys("no such thing");
    pty.wait_for("nothing is called that");
    pty.press("Esc");
    pty.press("/");
    pty.keys("is:urgent");
    pty.press("Enter");
    wait_for_row(&pty, "Printer", true);
    pty.press("q");
    pty.pause();
    pty.press("q");
    pty.wait_for_end();
}
