//! What each action does, by its name in the table: how one comes to where it can be done, the key, and what is seen of it.

use bagsy::tui::keymap::Context;

use super::desk::{Desk, bars, middle};
use crate::seat::go_to;

/// Comes to where the key can be pressed, presses it, and sees what it did.
pub type Effect = fn(&mut Desk, &str);

/// The effect of an action in a place; `None`: nobody has named it yet.
pub fn effect(context: Context, name: &str) -> Option<Effect> {
    use Context as C;
    if let "redraw" | "suspend" | "interrupt" = name {
        return Some(match name {
            "redraw" => redraw,
            "suspend" => suspend,
            _ => interrupt,
        });
    }
    match context {
        C::Queue | C::Reading => mail(name).or_else(|| if context == C::Queue { queue(name) } else { reading(name) }),
        C::Writing => writing(name).or_else(|| typing(name)),
        C::Help => help(name),
        C::Mailboxes => mailboxes(name),
        C::Outbox => outbox(name),
        C::Confirm => confirm(name),
        C::Fate => fate(name),
        C::Items => items(name).or_else(|| choosing(name)),
        C::Picker | C::Folders | C::Line | C::Attaching | C::Tags | C::Search | C::Palette => {
            window(name).or_else(|| choosing(name)).or_else(|| typing(name))
        }
    }
}

fn subject(subject: &str) -> String {
    format!("SUBJECT \"{subject}\"")
}

fn redraw(d: &mut Desk, key: &str) {
    d.enter();
    let cleared = |d: &Desk| String::from_utf8_lossy(&d.a.raw()).matches("\x1b[2J").count();
    let before = cleared(d);
    d.press(key);
    // Whatever was on the terminal goes, and all is written anew.
    d.a.wait_until("the whole screen again", |s| cleared(d) > before && s.contains(&d.team.mailbox()));
}

fn suspend(d: &mut Desk, key: &str) {
    d.enter();
    let left = |d: &Desk| String::from_utf8_lossy(&d.a.raw()).matches("\x1b[?1049l").count();
    let before = left(d);
    d.press(key);
    d.a.wait_until("the terminal given back", |_| left(d) > before);
    d.a.wait_until("the screen again", |s| {
        // It stops a moment after it gave the terminal back.
        d.a.signal(libc::SIGCONT);
        d.a.look(|t| t.alternate_screen()) && s.contains(&d.team.mailbox())
    });
}

fn interrupt(d: &mut Desk, key: &str) {
    d.enter();
    d.press(key);
    if d.context == Context::Outbox {
        d.a.wait_for("not been sent yet. Quit?");
        d.press("y");
    }
    assert_eq!(d.a.wait_for_end(), 0);
    assert_eq!(d.a.left_behind(), None);
    d.run_again();
}

/// On a fresh conversation the key does what another client finds in a folder by this.
fn on_server(d: &mut Desk, key: &str, folder: &str, criteria: &str) {
    let fresh = d.on_fresh();
    d.press(key);
    d.server_has(folder, format!("{} {criteria}", subject(&fresh)).trim_end());
}

fn shows(d: &mut Desk, key: &str, text: &str) {
    d.on_fresh();
    d.press(key);
    d.a.wait_for(text);
}

/// Of the queue and of reading alike.
fn mail(name: &str) -> Option<Effect> {
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
fn hit(screen: &str) -> Vec<String> {
    if screen.contains("WHO") { bars(screen) } else { middle(screen) }
}

fn search_for_rows(d: &mut Desk) {
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

fn views(d: &mut Desk, key: &str, shown: &[&str], hidden: &[&str]) {
    d.on_fresh();
    d.press(key);
    d.lists(shown, hidden);
}

fn queue(name: &str) -> Option<Effect> {
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
fn number_before(screen: &str, words: &str) -> Option<usize> {
    let before = screen.split_once(words)?.0;
    before.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn reading(name: &str) -> Option<Effect> {
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

fn writing(name: &str) -> Option<Effect> {
    Some(match name {
        "send" => |d, key| {
            let fresh = send(d, key);
            // It waits for the customer; what was answered stays in INBOX.
            d.server_has("INBOX", &format!("{} KEYWORD bagsy-waiting", subject(&fresh)));
        },
        "send-done" => |d, key| {
            let fresh = send(d, key);
            d.server_has("Archive", &subject(&fresh));
        },
        "attach" => |d, key| {
            d.enter();
            d.press(key);
            d.a.wait_for("Attach a file");
        },
        "keep-draft" => |d, key| {
            d.enter();
            d.a.keys("A thought");
            d.a.wait_for("A thought");
            d.press(key);
            d.a.wait_for("WHO");
            d.press("r");
            d.a.wait_for("A thought");
        },
        "editor" => |d, key| {
            d.enter();
            d.press(key);
            d.a.wait_for("from the editor");
        },
        "other-form" => |d, key| {
            d.enter();
            assert!(!d.a.screen().contains("priya@raman.example"), "{}", d.a.framed());
            d.press(key);
            d.a.wait_for("priya@raman.example");
        },
        "bcc" => |d, key| {
            d.enter();
            assert!(!d.a.screen().contains("Bcc"), "{}", d.a.framed());
            d.press(key);
            d.a.wait_for("Bcc");
        },
        "keys" => |d, key| opens(d, key, "Keys: "),
        "next-field" | "previous-field" => |d, key| {
            d.enter();
            let before = cursor(d).0;
            d.press(key);
            d.a.wait_until("another field", |_| cursor(d).0 != before);
        },
        "text-up" => |d, key| {
            lines(d);
            moves(d, key, (-1, 0));
        },
        "text-down" => |d, key| {
            lines(d);
            moves(d, "Up", (-1, 0));
            moves(d, key, (1, 0));
        },
        "text-page-up" => |d, key| {
            lines(d);
            d.press(key);
            d.a.wait_until("a page up", |s| s.contains("line 2") && !s.contains("line 40"));
        },
        "text-page-down" => |d, key| {
            lines(d);
            d.press("PageUp");
            d.press("PageUp");
            d.a.wait_while("line 31");
            let before = first_line(&d.a.screen());
            d.press(key);
            d.a.wait_until("a page down", |s| first_line(s) > before);
        },
        "commands" => |d, key| {
            d.enter();
            d.press(key);
            d.a.wait_for("─ Commands ─");
        },
        _ => return None,
    })
}

/// Sends an answer to a fresh conversation; it arrives in Sent.
fn send(d: &mut Desk, key: &str) -> String {
    let fresh = d.enter();
    d.a.keys("An answer.");
    d.a.wait_for("An answer.");
    d.press(key);
    d.a.wait_for("leaves in");
    d.server_has("Sent", &format!("{} KEYWORD $Submitted", subject(&fresh)));
    fresh
}

/// Forty lines of text, the cursor in the last.
fn lines(d: &mut Desk) {
    d.enter();
    let text: Vec<String> = (1..=40).map(|n| format!("line {n:02}")).collect();
    d.a.paste(&text.join("\n"));
    stands_behind(d, "line 40");
}

/// The number of the first line of text that is shown.
fn first_line(screen: &str) -> Option<u32> {
    screen.split_once("line ")?.1.get(..2)?.parse().ok()
}

fn cursor(d: &Desk) -> (i32, i32) {
    let (row, column) = d.a.look(|screen| screen.cursor_position());
    (i32::from(row), i32::from(column))
}

/// The cursor stands behind this text.
#[track_caller]
fn stands_behind(d: &Desk, text: &str) {
    d.a.wait_until(&format!("the cursor behind “{text}”"), |s| {
        let (row, column) = cursor(d);
        let line = s.lines().nth(row as usize).unwrap_or_default();
        let before: String = line.chars().take(column as usize).collect();
        before.ends_with(text)
    });
}

/// The key moves the cursor by so many rows and columns.
#[track_caller]
fn moves(d: &Desk, key: &str, by: (i32, i32)) {
    // What was typed before is on the screen by now, the cursor behind it.
    let from = cursor(d);
    d.press(key);
    let to = (from.0 + by.0, from.1 + by.1);
    d.a.wait_until(&format!("the cursor from {from:?} at {to:?}"), |_| cursor(d) == to);
}

/// A line with two words, the cursor behind them.
fn two_words(d: &mut Desk) {
    d.enter();
    if d.context == Context::Line {
        d.press("Home Ctrl-k");
    }
    d.a.keys("alpha beta");
    stands_behind(d, "alpha beta");
}

/// Text under a cursor.
fn typing(name: &str) -> Option<Effect> {
    Some(match name {
        "text-left" => |d, key| {
            two_words(d);
            moves(d, key, (0, -1));
        },
        "text-right" => |d, key| {
            two_words(d);
            moves(d, "Left", (0, -1));
            moves(d, key, (0, 1));
        },
        "word-left" => |d, key| {
            two_words(d);
            moves(d, key, (0, -4));
        },
        "word-right" => |d, key| {
            two_words(d);
            moves(d, "Home", (0, -10));
            let from = cursor(d);
            d.press(key);
            d.a.wait_until("a word on", |_| matches!(cursor(d).1 - from.1, 5 | 6));
        },
        "line-start" => |d, key| {
            two_words(d);
            moves(d, key, (0, -10));
        },
        "line-end" => |d, key| {
            two_words(d);
            moves(d, "Home", (0, -10));
            moves(d, key, (0, 10));
        },
        "delete-word" => |d, key| {
            two_words(d);
            d.press(key);
            d.a.wait_until("one word", |s| s.contains("alpha") && !s.contains("alpha beta"));
        },
        "delete-to-start" => |d, key| {
            two_words(d);
            d.press(key);
            d.a.wait_while("alpha beta");
        },
        "delete-to-end" => |d, key| {
            two_words(d);
            moves(d, "Home", (0, -10));
            d.press(key);
            d.a.wait_while("alpha beta");
        },
        _ => return None,
    })
}

/// Choosing one of several.
fn choosing(name: &str) -> Option<Effect> {
    Some(match name {
        "next-choice" => |d, key| {
            choices(d);
            d.changes(key, bars);
        },
        "previous-choice" => |d, key| {
            choices(d);
            let first = bars(&d.a.screen());
            d.changes("Down", bars);
            d.press(key);
            d.a.wait_until("the first again", |s| bars(s) == first);
        },
        _ => return None,
    })
}

fn choices(d: &mut Desk) {
    d.enter();
    if d.context == Context::Search {
        d.a.keys("row");
        d.a.wait_for("30 conversations");
        d.a.wait_for("server: searched");
    }
}

fn items(name: &str) -> Option<Effect> {
    Some(match name {
        "take-item" => |d, key| {
            d.enter();
            d.press(key);
            d.a.wait_until("where to", |s| s.contains("Save ") && s.contains(" in "));
        },
        "cancel" => closes,
        _ => return None,
    })
}

/// The window is gone, and nothing was done.
fn closes(d: &mut Desk, key: &str) {
    d.enter();
    d.press(key);
    let titles = [
        "Assign to",
        "─ Commands ─",
        "─ Mailboxes ─",
        "─ Outbox ─",
        "─ Save ─",
        "Save Fresh",
        "Save photo",
        "Tags of",
        "Attach a file",
        "Move “",
        "Take it over?",
        "fate is unknown",
        "Keys: ",
    ];
    d.a.wait_until("no window", |s| !titles.iter().any(|title| s.contains(title)));
}

fn window(name: &str) -> Option<Effect> {
    Some(match name {
        "assign-to" => |d, key| {
            let fresh = d.enter();
            d.a.keys("bob");
            d.a.wait_while("alice");
            d.press(key);
            d.server_has("INBOX", &format!("{} KEYWORD bagsy-claim-bob", subject(&fresh)));
        },
        "move-to" => |d, key| {
            let fresh = d.enter();
            d.a.keys("Archi");
            d.a.wait_while("Trash");
            d.press(key);
            d.server_has("Archive", &subject(&fresh));
        },
        "take-line" => |d, key| {
            d.enter();
            d.press("Home Ctrl-k");
            let folder = d.alice_home().join("plans");
            d.a.keys(&folder.to_string_lossy());
            d.press(key);
            d.a.wait_for("saved");
            assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 1);
        },
        "attach-file" => |d, key| {
            d.enter();
            d.a.keys("plan.");
            d.a.wait_while("plans/");
            d.press(key);
            d.a.wait_for("Files    plan.txt");
        },
        "complete" => |d, key| {
            d.enter();
            d.a.keys("plan.");
            d.a.wait_while("plans/");
            let before = cursor(d);
            d.press(key);
            d.a.wait_until("the whole name", |_| cursor(d).1 == before.1 + 3);
        },
        "complete-tag" => |d, key| {
            let tagged = d.on_fresh();
            let mut owner = d.team.owner();
            owner.select("INBOX");
            let uid = owner.search(&subject(&tagged))[0];
            owner.ok(&format!("UID STORE {uid} +FLAGS (shipping)"));
            d.a.wait_for("#shipping");
            d.enter();
            d.a.keys("shi");
            d.a.wait_for("in use: shipping");
            d.press(key);
            stands_behind(d, "shipping ");
        },
        "set-tags" => |d, key| {
            let fresh = d.enter();
            d.a.keys("+vip");
            d.a.wait_for("+vip");
            d.press(key);
            // Who uses it first is asked.
            let is_asked = |screen: &str| screen.contains("Nobody has used the tag “vip”");
            d.a.wait_until("a question or the tag", |s| is_asked(s) || s.contains("+vip on"));
            if is_asked(&d.a.screen()) {
                d.a.keys("y");
            }
            d.server_has("INBOX", &format!("{} KEYWORD vip", subject(&fresh)));
        },
        "keep-found" => |d, key| {
            choices(d);
            d.press(key);
            // The list has the keys now.
            d.changes("j", bars);
            assert!(d.a.line("/ row").is_some(), "{}", d.a.framed());
        },
        "stop-searching" => |d, key| {
            choices(d);
            d.press(key);
            d.a.wait_for("1 Inbox");
        },
        "run" => |d, key| {
            let fresh = d.enter();
            d.a.keys("urgent, or");
            d.a.wait_for("urgent, or no longer");
            d.press(key);
            d.server_has("INBOX", &format!("{} FLAGGED", subject(&fresh)));
        },
        "cancel" => closes,
        _ => return None,
    })
}

fn confirm(name: &str) -> Option<Effect> {
    Some(match name {
        "yes" => |d, key| {
            let fresh = d.enter();
            d.press(key);
            d.server_has("INBOX", &format!("{} KEYWORD bagsy-claim-alice UNKEYWORD bagsy-claim-bob", subject(&fresh)));
        },
        "no" => |d, key| {
            closes(d, key);
            d.server_has("INBOX", "SUBJECT Fresh KEYWORD bagsy-claim-bob UNKEYWORD bagsy-claim-alice");
        },
        _ => return None,
    })
}

fn fate(name: &str) -> Option<Effect> {
    Some(match name {
        "was-sent" => |d, key| {
            let about = d.enter();
            d.press(key);
            d.a.wait_for("settled: it was sent");
            leaves_the_outbox(d, &about);
            d.server_has("Sent", &format!("{} KEYWORD $Submitted", subject(&about)));
            d.answers.remove(0);
        },
        "discard" => |d, key| {
            let about = d.enter();
            d.press(key);
            d.a.wait_for("settled: discarded");
            // Its text is a draft again, and listed as one.
            d.press("O");
            d.a.wait_until("a draft", |s| s.contains("draft of an answer") && s.contains(&format!("Re: {about}")));
            d.press("Esc");
            d.server_has("Sent", &format!("{} KEYWORD bagsy-void", subject(&about)));
            d.answers.remove(0);
        },
        "later" => closes,
        _ => return None,
    })
}

/// What was settled waits no longer; the outbox is gone through a moment later.
fn leaves_the_outbox(d: &Desk, about: &str) {
    d.press("O");
    d.a.wait_for("─ Outbox ─");
    d.a.wait_while(&format!("Re: {about}"));
    d.press("Esc");
}

fn mailboxes(name: &str) -> Option<Effect> {
    Some(match name {
        "down" => |d, key| {
            d.enter();
            d.changes(key, bars);
        },
        "up" => |d, key| {
            d.enter();
            d.changes("j", bars);
            d.changes(key, bars);
        },
        "choose-mailbox" => |d, key| {
            d.enter();
            d.changes("j", bars);
            d.press(key);
            d.a.wait_until("the other mailbox", |s| s.lines().next().is_some_and(|l| l.contains("team2@")));
        },
        "commands" => |d, key| opens(d, key, "─ Commands ─"),
        "keys" => |d, key| opens(d, key, "Keys: mailboxes"),
        "close" => closes,
        _ => return None,
    })
}

fn opens(d: &mut Desk, key: &str, title: &str) {
    d.enter();
    d.press(key);
    d.a.wait_for(title);
}

fn outbox(name: &str) -> Option<Effect> {
    Some(match name {
        "outbox-open" => |d, key| {
            d.enter();
            d.press(key);
            d.a.wait_while("─ Outbox ─");
            d.is_on(&d.answers[0]);
        },
        "take-back" => |d, key| {
            d.enter();
            d.press(key);
            d.a.wait_for("taken back: nothing was sent");
            d.a.wait_for("An answer.");
            d.answers.remove(0);
        },
        "retry" => |d, key| opens(d, key, "trying to send what waits"),
        "down" => |d, key| {
            d.enter();
            d.changes(key, bars);
        },
        "up" => |d, key| {
            d.enter();
            d.changes("j", bars);
            d.changes(key, bars);
        },
        "commands" => |d, key| opens(d, key, "─ Commands ─"),
        "keys" => |d, key| opens(d, key, "Keys: the outbox"),
        "close" => closes,
        _ => return None,
    })
}

fn help(name: &str) -> Option<Effect> {
    Some(match name {
        "down" | "half-page-down" | "bottom" => |d, key| {
            d.enter();
            d.changes(key, middle);
        },
        "up" | "half-page-up" | "top" => |d, key| {
            d.enter();
            d.changes("G", middle);
            d.changes(key, middle);
        },
        "close" => closes,
        _ => return None,
    })
}
