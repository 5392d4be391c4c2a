//! What stands over the list: choices, questions, the outbox, the help.

use super::super::desk::{Desk, bars, middle};
use super::writing::{cursor, stands_behind};
use super::{Effect, opens, subject};
use bagsy::tui::keymap::Context;

/// Choosing one of several.
pub fn choosing(name: &str) -> Option<Effect> {
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

pub fn choices(d: &mut Desk) {
    d.enter();
    if d.context == Context::Search {
        d.a.keys("row");
        d.a.wait_for("30 conversations");
        d.a.wait_for("server: searched");
    }
}

pub fn items(name: &str) -> Option<Effect> {
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
pub fn closes(d: &mut Desk, key: &str) {
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

pub fn window(name: &str) -> Option<Effect> {
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

pub fn confirm(name: &str) -> Option<Effect> {
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

pub fn fate(name: &str) -> Option<Effect> {
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
            let why = "its announcement was declared void; the text is kept";
            d.a.wait_until("a draft", |s| s.contains(why) && s.contains(&format!("Re: {about}")));
            d.press("Esc");
            d.server_has("Sent", &format!("{} KEYWORD bagsy-void", subject(&about)));
            d.answers.remove(0);
        },
        "later" => closes,
        _ => return None,
    })
}

/// What was settled waits no longer; the outbox is gone through a moment later.
pub fn leaves_the_outbox(d: &Desk, about: &str) {
    d.press("O");
    d.a.wait_for("─ Outbox ─");
    d.a.wait_while(&format!("Re: {about}"));
    d.press("Esc");
}

pub fn mailboxes(name: &str) -> Option<Effect> {
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

pub fn outbox(name: &str) -> Option<Effect> {
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

pub fn help(name: &str) -> Option<Effect> {
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
