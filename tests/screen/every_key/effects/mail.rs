//! What is done in the list and to a conversation that is read.

use super::super::desk::{Desk, bars, middle};
use super::{Effect, on_server, shows, subject};
use crate::seat::go_to;
use bagsy::tui::keymap::Context;

/// Of the queue and of reading alike.
pub fn mail(name: &str) -> Option<Effect> {
    Some(match name {
        "claim" => |d, key| on_server(d, key, "INBOX", "KEYWORD bagsy-claim-alice"),
        "next" => |d, key| on_server(d, key, "INBOX", "KEYWORD bagsy-claim-alice"),
        "done" => |d, key| on_server(d, key, "Archive", ""),
        "waiting" => |d, key| on_server(d, key, "INBOX", "KEYWORD bagsy-waiting"),
        "urgent" => |d, key| on_server(d, key, "INBOX", "FLAGGED"),
        "trash" => |d, key| on_server(d, key, "Trash", ""),
        "junk" => |d, key| on_server(d, key, "Junk", "KEYWORD $Junk"),
        "reply" => |d, key| {
            let fresh = d.on_fresh();
            d.press(key);
            d.a.wait_for("Reply as");
            assert!(!d.a.screen().contains("priya@raman.example"), "{}", d.a.framed());
            // Whoever answers has it.
            d.server_has("INBOX", &format!("{} KEYWORD bagsy-claim-alice", subject(&fresh)));
        },
        "reply-all" => |d, key| {
            shows(d, key, "Reply as");
            d.a.wait_for("priya@raman.example");
        },
        "forward" => |d, key| shows(d, key, "Forward as"),
        "new" => |d, key| shows(d, key, "New mail as"),
        "assign" => |d, key| shows(d, key, "Assign to"),
        "tag" => |d, key| shows(d, key, "Tags"),
        "move" => |d, key| shows(d, key, "Move “Fresh"),
        "copy" => |d, key| shows(d, key, "─ Copy ─"),
        "commands" => |d, key| shows(d, key, "─ Commands ─"),
        "mailboxes" => |d, key| shows(d, key, "─ Mailboxes ─"),
        "outbox" => |d, key| shows(d, key, "the outbox is empty"),
        "sync" => |d, key| shows(d, key, "asking the server for news"),
        "said" => |d, key| {
            d.on_fresh();
            d.press("R");
            d.a.wait_for("asking the server for news");
            d.press(key);
            d.a.wait_for("─ What was said ─");
            d.a.wait_until("what was said by a key", |s| s.matches("asking the server for news").count() == 2);
        },
        "keys" => |d, key| shows(d, key, "Keys: "),
        "search" => |d, key| shows(d, key, "/ words \"a phrase\""),
        "filter" => |d, key| shows(d, key, "\\ words \"a phrase\""),
        "takeover" => |d, key| {
            let fresh = d.fresh();
            d.bob_claims(&fresh);
            d.stand_on(&fresh);
            d.press(key);
            d.a.wait_for("Take it over?");
        },
        "unread" => |d, key| {
            let fresh = d.on_fresh();
            if d.context == Context::Reading {
                d.alice_has(&format!("{} SEEN", subject(&fresh)));
            }
            d.press(key);
            let seen = if d.context == Context::Reading { "UNSEEN" } else { "SEEN" };
            d.alice_has(&format!("{} {seen}", subject(&fresh)));
        },
        "undo" => |d, key| {
            let fresh = d.on_fresh();
            d.press("d");
            d.server_has("Trash", &subject(&fresh));
            d.a.wait_for("to Trash");
            d.press(key);
            d.server_has("INBOX", &subject(&fresh));
            d.server_is("Trash", &subject(&fresh), false);
        },
        "next-hit" => |d, key| {
            search_for_rows(d);
            d.changes(key, hit);
        },
        "previous-hit" => |d, key| {
            search_for_rows(d);
            d.changes("n", hit);
            d.changes(key, hit);
        },
        "view-inbox" => |d, key| {
            d.press("7");
            d.lists(&["Ended"], &["Bob's"]);
            if d.context == Context::Reading {
                go_to(&d.a, "Ended");
                d.press("Enter");
                d.a.wait_while("WHO");
            }
            d.press(key);
            d.lists(&["Alice's", "Bob's"], &["Waits", "Ended"]);
        },
        "view-unclaimed" => |d, key| views(d, key, &["Fresh"], &["Alice's", "Bob's", "Waits"]),
        "view-mine" => |d, key| views(d, key, &["Alice's"], &["Bob's", "Row"]),
        "view-team" => |d, key| views(d, key, &["Bob's"], &["Alice's", "Row"]),
        "view-waiting" => |d, key| views(d, key, &["Waits"], &["Bob's", "Row"]),
        "view-done" => |d, key| views(d, key, &["Ended"], &["Bob's", "Row"]),
        "view-all" => |d, key| {
            views(d, key, &["Row 30"], &[]);
            d.press("G");
            d.lists(&["Ended", "Waits"], &[]);
        },
        "next-mailbox" => |d, key| shows(d, key, "team2@"),
        "previous-mailbox" => |d, key| shows(d, key, "team2@"),
        _ => return None,
    })
}

/// What a key that goes from hit to hit moves: the row under the cursor, or the conversation that is read.
pub fn hit(screen: &str) -> Vec<String> {
    if screen.contains("WHO") { bars(screen) } else { middle(screen) }
}

pub fn search_for_rows(d: &mut Desk) {
    d.a.press("/");
    d.a.keys("row");
    d.a.wait_for("30 conversations");
    d.a.press("Enter");
    d.a.wait_for("server: searched");
    if d.context == Context::Reading {
        d.a.press("Enter");
        d.a.wait_for("A row.");
    }
}

pub fn views(d: &mut Desk, key: &str, shown: &[&str], hidden: &[&str]) {
    d.on_fresh();
    d.press(key);
    d.lists(shown, hidden);
}

pub fn queue(name: &str) -> Option<Effect> {
    Some(match name {
        "select" => |d, key| shows(d, key, "1 selected"),
        "select-range" => |d, key| shows(d, key, "range: 1 selected"),
        "select-all" => |d, key| {
            d.press(key);
            d.a.wait_until("all selected", |s| number_before(s, " selected").is_some_and(|n| n > 30));
        },
        "select-alike" => |d, key| {
            let fresh = d.on_fresh();
            d.press(key);
            d.a.wait_for("from dana@reyes.example");
            d.a.wait_until("it is selected", |s| crate::seat::row(s, &fresh).is_some_and(|r| r.contains('•')));
        },
        "select-lists" => |d, key| {
            d.press(key);
            d.a.wait_for("1 conversation from mailing lists");
            d.a.wait_for("1 selected");
        },
        "deselect" => |d, key| {
            d.press("Space");
            d.a.wait_for("1 selected");
            d.press(key);
            d.a.wait_while("1 selected");
        },
        "down" => |d, key| d.changes(key, bars),
        "up" | "half-page-up" => |d, key| {
            d.changes("G", bars);
            d.changes(key, bars);
        },
        "half-page-down" => |d, key| {
            d.press(key);
            d.a.wait_until("rows further down", |s| {
                s.lines().skip(4).position(|l| l.contains('▌')).is_some_and(|at| at > 4)
            });
        },
        "top" => |d, key| {
            let first = bars(&d.a.screen());
            d.changes("G", bars);
            d.press(key);
            d.a.wait_until("the first row", |s| bars(s) == first);
        },
        "bottom" => |d, key| {
            d.press(key);
            d.is_on("Row 30");
        },
        "open" | "other-pane" => |d, key| {
            d.on_fresh();
            d.press(key);
            d.a.wait_for("Line 1 of it");
        },
        "quit" => |d, key| {
            d.press(key);
            assert_eq!(d.a.wait_for_end(), 0);
            d.run_again();
        },
        _ => return None,
    })
}

/// The number that stands before these words.
pub fn number_before(screen: &str, words: &str) -> Option<usize> {
    let before = screen.split_once(words)?.0;
    before.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

pub fn reading(name: &str) -> Option<Effect> {
    Some(match name {
        "open-item" => |d, key| shows(d, key, "─ Open ─"),
        "save" => |d, key| shows(d, key, "─ Save ─"),
        "pipe" => |d, key| shows(d, key, "─ Pipe to a command ─"),
        "headers" => |d, key| shows(d, key, "X-Hidden-Field: seen only in full"),
        "raw" => |d, key| {
            shows(d, key, "X-Hidden-Field: seen only in full");
            d.press("G");
            d.a.wait_for("--mix--");
        },
        "line-down" | "half-page-down" | "unfold" => |d, key| {
            d.on_fresh();
            d.changes(key, middle);
        },
        "line-up" | "half-page-up" => |d, key| {
            d.on_fresh();
            d.changes("G", middle);
            d.changes(key, middle);
        },
        "top" => |d, key| {
            d.on_fresh();
            let first = middle(&d.a.screen());
            d.changes("G", middle);
            d.press(key);
            d.a.wait_until("the top", |s| middle(s) == first);
        },
        "bottom" => |d, key| shows(d, key, "Line 60 of it"),
        "next-conversation" => |d, key| {
            d.stand_on_row("Row 01");
            d.press(key);
            d.a.wait_for("Row 02");
        },
        "previous-conversation" => |d, key| {
            d.stand_on_row("Row 02");
            d.press(key);
            d.a.wait_for("Row 01");
        },
        "back" | "other-pane" => |d, key| {
            let fresh = d.on_fresh();
            d.press(key);
            d.is_on(&fresh);
        },
        _ => return None,
    })
}
