//! Writing a mail, and typing a line of text anywhere.

use super::super::desk::Desk;
use super::{Effect, opens, subject};
use bagsy::tui::keymap::Context;

pub fn writing(name: &str) -> Option<Effect> {
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
        "throw-away" => |d, key| {
            d.enter();
            d.a.keys("not this");
            d.press(key);
            d.a.wait_for("Throw this text away?");
            d.press("y");
            d.a.wait_for("the text is thrown away");
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
pub fn send(d: &mut Desk, key: &str) -> String {
    let fresh = d.enter();
    d.a.keys("An answer.");
    d.a.wait_for("An answer.");
    d.press(key);
    d.a.wait_for("leaves in");
    d.server_has("Sent", &format!("{} KEYWORD $Submitted", subject(&fresh)));
    fresh
}

/// Forty lines of text, the cursor in the last.
pub fn lines(d: &mut Desk) {
    d.enter();
    let text: Vec<String> = (1..=40).map(|n| format!("line {n:02}")).collect();
    d.a.paste(&text.join("\n"));
    stands_behind(d, "line 40");
}

/// The number of the first line of text that is shown.
pub fn first_line(screen: &str) -> Option<u32> {
    screen.split_once("line ")?.1.get(..2)?.parse().ok()
}

pub fn cursor(d: &Desk) -> (i32, i32) {
    let (row, column) = d.a.look(|screen| screen.cursor_position());
    (i32::from(row), i32::from(column))
}

/// The cursor stands behind this text.
#[track_caller]
pub fn stands_behind(d: &Desk, text: &str) {
    d.a.wait_until(&format!("the cursor behind “{text}”"), |s| {
        let (row, column) = cursor(d);
        let line = s.lines().nth(row as usize).unwrap_or_default();
        let before: String = line.chars().take(column as usize).collect();
        before.ends_with(text)
    });
}

/// The key moves the cursor by so many rows and columns.
#[track_caller]
pub fn moves(d: &Desk, key: &str, by: (i32, i32)) {
    // What was typed before is on the screen by now, the cursor behind it.
    let from = cursor(d);
    d.press(key);
    let to = (from.0 + by.0, from.1 + by.1);
    d.a.wait_until(&format!("the cursor from {from:?} at {to:?}"), |_| cursor(d) == to);
}

/// A line with two words, the cursor behind them.
pub fn two_words(d: &mut Desk) {
    d.enter();
    if d.context == Context::Line {
        d.press("Home Ctrl-k");
    }
    d.a.keys("alpha beta");
    stands_behind(d, "alpha beta");
}

/// Text under a cursor.
pub fn typing(name: &str) -> Option<Effect> {
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
