//! No meaning stands on a colour alone: two screens that differ in one meaning differ without any colour as well.

use std::path::Path;

use ratatui::style::Modifier;

use super::stage::Stage;
use crate::engine::message::{Connection, Event};
use crate::model::{Assignee, Status};
use crate::tui::app::Tone;
use crate::tui::depth::Depth;
use crate::tui::fake::{NOW, SUPPORT, at, handle};
use crate::tui::glyphs::GlyphSet;
use crate::tui::theme::{Theme, file};

/// Letters and weights of a screen with all colour taken off, once as `monochrome` and once as `NO_COLOR` leave it.
fn bare(prepare: &dyn Fn(&mut Stage)) -> Vec<Vec<(String, Modifier)>> {
    let monochrome = file::read("monochrome", Path::new("")).unwrap();
    let dark = file::read("dark", Path::new("")).unwrap();
    let themes =
        [Theme::of(&monochrome, Depth::True, GlyphSet::Unicode), Theme::of(&dark, Depth::None, GlyphSet::Unicode)];
    let bare = themes.map(|theme| {
        let mut s = Stage::new(120, 40);
        s.theme = theme;
        prepare(&mut s);
        s.changed();
        s.buffer().content.iter().map(|cell| (cell.symbol().to_owned(), cell.modifier)).collect()
    });
    bare.into()
}

/// The two can be told apart without colour.
fn differ(meaning: &str, one: impl Fn(&mut Stage), other: impl Fn(&mut Stage)) {
    for (one, other) in bare(&one).iter().zip(&bare(&other)) {
        assert!(one != other, "{meaning} cannot be told without colour");
    }
}

#[test]
fn every_meaning_can_be_told_without_colour() {
    let held =
        |name: &'static str| move |s: &mut Stage| s.fake.change("fire", |c| c.assignee = Assignee::Held(handle(name)));
    let same = |_: &mut Stage| {};
    differ("unclaimed", same, held("bob"));
    differ("me", held("alice"), held("bob"));
    differ("contested", held("bob"), |s| {
        s.fake.change("fire", |c| c.assignee = Assignee::Contested(vec![handle("bob"), handle("carol")]));
    });
    differ("pending", held("alice"), |s| s.press("G c"));
    differ("urgent", |s| s.fake.change("fire", |c| c.urgent = false), |s| s.fake.change("fire", |c| c.urgent = true));
    differ("unread", |s| s.fake.change("fire", |c| c.unread = false), |s| s.fake.change("fire", |c| c.unread = true));
    differ("waiting", same, |s| s.fake.change("fire", |c| c.status = Status::Waiting));
    // The target is four hours: three of them are close to it.
    let waits = |since: &'static str| move |s: &mut Stage| s.fake.change("fire", |c| c.waiting_since = Some(at(since)));
    let marks = |since: &'static str| {
        let mut s = Stage::new(120, 40);
        waits(since)(&mut s);
        s.changed();
        s.line_with("Printer on fire").trim_end().rsplit("  ").next().unwrap_or_default().trim().to_owned()
    };
    assert_eq!(marks("2026-11-24T13:02:00Z"), "1h");
    assert_eq!(marks("2026-11-24T10:32:00Z"), "! 3h");
    assert_eq!(marks("2026-11-24T09:32:00Z"), "!! 4h");
    differ("the row under the cursor", |s| s.press("G"), |s| s.press("g g"));
    let connection = |state: Connection| {
        move |s: &mut Stage| s.tell(Event::Connection { mailbox: SUPPORT.into(), state: state.clone() })
    };
    let offline = Connection::Offline { since: at(NOW), retry_at: at(NOW), why: String::new(), cure: None };
    differ("the connection", connection(Connection::Live), connection(offline));
    differ("good and bad", |s| s.app.say(Tone::Good, "done"), |s| s.app.say(Tone::Bad, "done"));
}

#[test]
fn a_view_a_key_and_a_quote_have_a_weight_or_a_sign_of_their_own() {
    let mut s = Stage::new(120, 40);
    s.theme = Theme::of(&file::read("monochrome", Path::new("")).unwrap(), Depth::True, GlyphSet::Unicode);
    let weight = |s: &Stage, text: &str| {
        let (y, line) = s.screen().lines().map(str::to_owned).enumerate().find(|(_, l)| l.contains(text)).unwrap();
        let x = line.split(text).next().unwrap().chars().count();
        s.buffer()[(x as u16, y as u16)].modifier
    };
    let active = weight(&s, "1 Inbox");
    assert!(active.contains(Modifier::BOLD | Modifier::UNDERLINED));
    assert!(weight(&s, "2 Unclaimed").is_empty());
    assert!(weight(&s, "c claim").contains(Modifier::BOLD));
    // Without the right to claim the key is not bold any more.
    s.fake.mailboxes.borrow_mut()[0].may.clear();
    let mailboxes = s.fake.mailboxes.borrow().clone();
    s.tell(Event::Mailboxes(mailboxes));
    assert!(!weight(&s, "c claim").contains(Modifier::BOLD));
    s.press("G Enter");
    assert!(s.shows("┆") || s.shows("> "), "{}", s.screen());
    assert!(!weight(&s, "┆").is_empty());
}
