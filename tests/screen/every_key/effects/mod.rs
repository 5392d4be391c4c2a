//! What each action does, by its name in the table: how one comes to where it can be done, the key, and what is seen of it.

mod mail;
mod windows;
mod writing;

use bagsy::tui::keymap::Context;

use self::mail::{mail, queue, reading};
use self::windows::{choosing, confirm, fate, help, items, mailboxes, outbox, window};
use self::writing::{typing, writing};
use super::desk::Desk;

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

pub fn subject(subject: &str) -> String {
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
pub fn on_server(d: &mut Desk, key: &str, folder: &str, criteria: &str) {
    let fresh = d.on_fresh();
    d.press(key);
    d.server_has(folder, format!("{} {criteria}", subject(&fresh)).trim_end());
}

pub fn shows(d: &mut Desk, key: &str, text: &str) {
    d.on_fresh();
    d.press(key);
    d.a.wait_for(text);
}

pub fn opens(d: &mut Desk, key: &str, title: &str) {
    d.enter();
    d.press(key);
    d.a.wait_for(title);
}
