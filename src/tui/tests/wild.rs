//! Whatever is pressed, arrives and is resized, in whatever order: a sane frame, never a panic.

use std::time::Duration;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;

use super::stage::Stage;
use crate::engine::files::Entry;
use crate::engine::kept::Attached;
use crate::engine::message::{Command, Connection, Event, Finding, FolderChoice, Target};
use crate::model::{Assignee, ErrorKind, Refusal, Role, Status, Uid};
use crate::tui::cells::width;
use crate::tui::fake::{NOW, SUPPORT, at, conversation, handle, mailbox};
use crate::tui::keymap::{Context, Keymap};
use crate::tui::message::Message;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Wild {
    Key(String),
    Focus(bool),
    Mouse(MouseEventKind, u16, u16),
    Found(bool),
    Folders,
    Opened(bool),
    Browsed(String),
    Fetched(bool),
    Attached(bool),
    LockLeft(bool),
    Text(String),
    Paste(String),
    Resize(u16, u16),
    Answer(bool),
    Arrives(String),
    Taken(u8),
    Finished(u8),
    Gone(u8),
    Connection(u8),
    Mailboxes(u8),
    Passes(u64),
    Edited(String),
    Held,
    Sent,
}

/// Every chord of the table, in every place.
fn keys() -> Vec<String> {
    let keymap = Keymap::default();
    let bound = Context::ALL.iter().flat_map(|context| keymap.bindings(*context)).flat_map(|bound| &bound.keys);
    let mut chords: Vec<String> = bound.flat_map(|keys| keys.split(' ')).map(str::to_owned).collect();
    // Keys that have no line in the table but do something where text is typed.
    chords.extend(["Delete", "Backspace", "0", "9"].map(str::to_owned));
    chords.sort();
    chords.dedup();
    chords
}

fn wild() -> impl Strategy<Value = Wild> {
    prop_oneof![
        12 => proptest::sample::select(keys()).prop_map(Wild::Key),
        2 => "\\PC{0,12}".prop_map(Wild::Text),
        1 => ".{0,30}".prop_map(Wild::Paste),
        2 => (0u16..180, 0u16..60).prop_map(|(w, h)| Wild::Resize(w, h)),
        2 => any::<bool>().prop_map(Wild::Answer),
        1 => ".{0,60}".prop_map(Wild::Arrives),
        1 => any::<u8>().prop_map(Wild::Taken),
        1 => any::<u8>().prop_map(Wild::Finished),
        1 => any::<u8>().prop_map(Wild::Gone),
        1 => any::<u8>().prop_map(Wild::Connection),
        1 => (0u8..3).prop_map(Wild::Mailboxes),
        1 => (0u64..20_000).prop_map(Wild::Passes),
        1 => ".{0,30}".prop_map(Wild::Edited),
        1 => Just(Wild::Held),
        1 => Just(Wild::Sent),
        1 => any::<bool>().prop_map(Wild::Focus),
        2 => (mouse(), 0u16..200, 0u16..70).prop_map(|(kind, x, y)| Wild::Mouse(kind, x, y)),
        1 => any::<bool>().prop_map(Wild::Found),
        1 => Just(Wild::Folders),
        1 => any::<bool>().prop_map(Wild::Opened),
        1 => ".{0,20}".prop_map(Wild::Browsed),
        1 => any::<bool>().prop_map(Wild::Fetched),
        1 => any::<bool>().prop_map(Wild::Attached),
        1 => any::<bool>().prop_map(Wild::LockLeft),
    ]
}

fn mouse() -> impl Strategy<Value = MouseEventKind> {
    proptest::sample::select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::Up(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
    ])
}

fn happen(s: &mut Stage, wild: Wild, number: usize) {
    let root_at = |s: &Stage, n: u8| {
        let rows = s.fake.rows.borrow();
        rows.get(usize::from(n) % rows.len().max(1)).map(|c| c.root.clone())
    };
    match wild {
        Wild::Key(key) => s.press(&key),
        Wild::Text(text) => s.type_text(&text),
        Wild::Paste(text) => s.send(Message::Paste(text)),
        Wild::Resize(width, height) => s.resize(width, height),
        Wild::Edited(text) => s.send(Message::Edited(crate::tui::editor::Edited { text: Some(text), says: None })),
        Wild::Passes(ms) => s.pass(ms),
        Wild::Answer(is_granted) => {
            let ticket = s.commands.iter().rev().find_map(|c| match c {
                Command::Act { ticket, .. } | Command::Next { ticket, .. } | Command::Settle { ticket, .. } => {
                    Some(*ticket)
                }
                Command::Send { ticket, .. } => Some(*ticket),
                _ => None,
            });
            let Some(ticket) = ticket else { return };
            let taken = s.fake.rows.borrow().first().cloned().map(Box::new);
            let refusal = Refusal::new(ErrorKind::Held, "bob has it").holder(handle("bob"));
            s.tell(Event::Done { ticket, outcome: if is_granted { Ok(taken) } else { Err(refusal) } });
        }
        Wild::Arrives(subject) => {
            let mut c = conversation(&format!("new{number}"), &subject, "2026-11-24T13:59:00Z");
            c.from.name = Some(subject.chars().rev().collect());
            c.tags = vec![subject];
            s.fake.rows.borrow_mut().push(c);
            s.changed();
        }
        Wild::Taken(n) => {
            if let Some(root) = root_at(s, n) {
                let both = Assignee::Contested(vec![handle("bob"), handle("alice")]);
                let one = Assignee::Held(handle("bob"));
                s.fake.change(&root, |c| c.assignee = if n % 3 == 0 { both } else { one });
            }
            s.changed();
        }
        Wild::Finished(n) => {
            if let Some(root) = root_at(s, n) {
                s.fake.change(&root, |c| (c.status, c.folder) = (Status::Done, Role::Archive));
            }
            s.changed();
        }
        Wild::Gone(n) => {
            if let Some(root) = root_at(s, n) {
                s.fake.rows.borrow_mut().retain(|c| c.root != root);
            }
            s.changed();
        }
        Wild::Connection(n) => {
            let state = match n % 4 {
                0 => Connection::Live,
                1 => Connection::Connecting,
                2 => Connection::Syncing { done: u32::from(n) * 3, total: u32::from(n / 2) },
                _ => Connection::Offline { since: at(NOW), retry_at: at(NOW), why: "\u{1b}c gone".into(), cure: None },
            };
            s.tell(Event::Connection { mailbox: SUPPORT.into(), state });
        }
        Wild::Mailboxes(count) => {
            let other = |n| {
                let mut m = mailbox();
                m.address = (n > 0).then(|| format!("m{n}@example.test"));
                m
            };
            s.tell(Event::Mailboxes((0..count).map(other).collect()));
        }
        Wild::Held => {
            if let Some(Command::Send { ticket, .. }) = s.commands.last() {
                let (ticket, until) = (*ticket, s.app.now + Duration::from_secs(10));
                s.tell(Event::Held { ticket, item: number as i64, target: fire(), until });
            }
        }
        Wild::Sent => s.tell(Event::Sent { item: 1, target: fire() }),
        Wild::Focus(has_focus) => s.send(Message::Focus(has_focus)),
        Wild::Mouse(kind, column, row) => {
            s.send(Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        }
        Wild::Found(is_well) => {
            let asked = s.commands.iter().rev().find_map(|c| match c {
                Command::Search(sought) => Some(sought.ticket),
                _ => None,
            });
            let Some(ticket) = asked else { return };
            let hits = vec![(Role::Inbox, Uid(7)), (Role::Archive, Uid(u32::MAX))];
            let lost = Refusal::new(ErrorKind::Unreachable, "\u{1b}[2J gone");
            let last = if is_well { Finding::Complete } else { Finding::Failed(lost) };
            for finding in
                [Finding::Asking(Role::Sent), Finding::Hits { also: hits, but: Vec::new(), left_out: 3 }, last]
            {
                s.tell(Event::Found { ticket, finding });
            }
        }
        Wild::Folders => {
            let choice = |name: &str, why_not: Option<&str>| FolderChoice {
                name: name.into(),
                shown: format!("{name}\u{1b}[31m\u{202e}"),
                why_not: why_not.map(str::to_owned),
            };
            let folders = vec![choice("Clients", None), choice("Closed", Some("the right i is missing"))];
            s.tell(Event::Folders { mailbox: SUPPORT.into(), outcome: Ok(folders) });
        }
        Wild::Opened(is_there) => {
            let lost = Refusal::new(ErrorKind::Unreachable, "gone");
            let outcome = if is_there { Ok(()) } else { Err(lost) };
            s.tell(Event::Opened { target: fire(), outcome });
        }
        Wild::Browsed(name) => {
            let entry = |is_folder| Entry { name: name.clone(), is_folder, size: 3 };
            let outcome = if name.is_empty() { Err("gone".into()) } else { Ok(vec![entry(true), entry(false)]) };
            s.send(Message::Browsed { folder: s.app.attach_folder.clone(), outcome });
        }
        Wild::Fetched(is_there) => {
            let Some(ticket) = s.app.on_their_way.first().map(|file| file.ticket) else { return };
            s.tell(Event::Fetching { ticket, octets: 5, of: 0 });
            let lost = Refusal::new(ErrorKind::Failed, "no room");
            let outcome = if is_there { Ok("/tmp/x\u{1b}".into()) } else { Err(lost) };
            s.tell(Event::Fetched { ticket, outcome });
        }
        Wild::Attached(is_there) => {
            let file = Attached {
                name: "pl\u{202e}an.png".into(),
                media_type: "image/png".into(),
                size: u64::MAX,
                digest: format!("{number}"),
            };
            s.send(Message::Attached(if is_there { Ok(file) } else { Err("plan.png: gone".into()) }));
        }
        Wild::LockLeft(is_kept) => {
            let lost = Refusal::new(ErrorKind::Held, "bob has it").holder(handle("bob"));
            let outcome = if is_kept { Ok(()) } else { Err(lost) };
            s.tell(Event::LockLeft { target: fire(), subject: "Printer\n\u{1b}c".into(), outcome });
        }
    }
}

fn fire() -> Target {
    Target { mailbox: SUPPORT.into(), root: "fire".into() }
}

/// No control character in any cell, and every wide character has the room that it takes.
fn is_sane(s: &Stage) -> Result<(), String> {
    let buffer = s.buffer();
    let area = *buffer.area();
    for y in 0..area.height {
        for x in 0..area.width {
            let symbol = buffer[(x, y)].symbol();
            let cells = width(symbol).max(1) as u16;
            if symbol.chars().any(char::is_control) {
                return Err(format!("control character at {x},{y}: {symbol:?}"));
            }
            if x + cells > area.width {
                return Err(format!("{symbol:?} at {x},{y} reaches over the edge"));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_happens_breaks_the_screen(
        width in 0u16..180,
        height in 0u16..60,
        happens in proptest::collection::vec(wild(), 1..60),
    ) {
        let mut s = Stage::new(width, height);
        for (number, wild) in happens.into_iter().enumerate() {
            happen(&mut s, wild, number);
            if let Err(why) = is_sane(&s) {
                prop_assert!(false, "{}", why);
            }
        }
    }
}
