//! Whole frames, as text and by style, at the sizes that people have.

use ratatui::style::{Color, Modifier};

use std::path::Path;

use super::colours;
use super::stage::Stage;
use crate::engine::files::Entry;
use crate::engine::message::{Command, Connection, Event, FolderChoice, Target};
use crate::model::{Assignee, Capability, Grade, Rights, Role};
use crate::tui::app::{Account, HOLD};
use crate::tui::depth::Depth;
use crate::tui::fake::{self, NOW, SUPPORT, at, handle, waiting};
use crate::tui::glyphs::GlyphSet;
use crate::tui::message::Message;
use crate::tui::source::{OutboxItem, OutboxState};
use crate::tui::theme::file::{self, BUILT_IN};
use crate::tui::theme::{Paint, Theme};

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 50), (20, 5)];

/// One frame for each size, under one name: its letters once, its colours in every theme.
fn frames(name: &str, keys: &str, before: impl Fn(&mut Stage)) {
    let mut colours: Vec<(&str, String)> = BUILT_IN.iter().map(|(theme, _)| (*theme, String::new())).collect();
    for (width, height) in SIZES {
        let mut s = Stage::new(width, height);
        before(&mut s);
        s.press(keys);
        let letters = s.screen();
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), letters);
        for (theme, map) in &mut colours {
            let design = file::read(theme, Path::new("")).unwrap();
            s.theme = Theme::of(&design, Depth::True, GlyphSet::Unicode);
            assert_eq!(s.screen(), letters, "a theme changes no letter");
            map.push_str(&format!("{width}x{height}\n{}", colours::map(&s.buffer())));
        }
    }
    for (theme, map) in colours {
        insta::assert_snapshot!(format!("{name}_in_{theme}"), map);
    }
}

#[test]
fn the_queue() {
    frames("queue", "G", |s| {
        s.fake.change("seats", |c| c.assignee = Assignee::Contested(vec![handle("bob"), handle("carol")]));
        s.changed();
    });
}

#[test]
fn a_claim_that_is_not_answered_yet() {
    frames("claiming", "G c", |_| {});
}

#[test]
fn a_conversation() {
    frames("reading", "G Enter", |_| {});
}

#[test]
fn an_answer_being_written() {
    frames("writing", "G r", |_| {});
}

#[test]
fn a_new_mail_being_addressed() {
    frames("addressing", "m d a n Down", |_| {});
}

#[test]
fn the_keys() {
    frames("help", "?", |_| {});
}

#[test]
fn the_mailboxes() {
    frames("mailboxes", "M", |_| {});
}

#[test]
fn a_teammate_is_chosen() {
    frames("assigning", "G A", |_| {});
}

#[test]
fn tags_are_typed() {
    frames("tagging", "G t", |_| {});
}

#[test]
fn an_answers_fate_is_asked() {
    frames("fate", "G r", |s| {
        s.fake.outbox.borrow_mut().push(waiting(3, "fire", OutboxState::Unknown));
        s.fake.change("fire", |c| c.has_pending_answer = true);
        s.changed();
    });
}

#[test]
fn a_search() {
    frames("searching", "End", |s| {
        s.fake.reach.set(crate::store::Reach { messages: 9800, bodies: 312, unwritten: 0, is_whole: true });
        s.press("/");
        s.type_text("invoice -from:dana");
        s.pass(300);
    });
}

#[test]
fn a_search_with_a_slip() {
    frames("searching_slip", "End", |s| {
        s.press("/");
        s.type_text("invoice form:dana");
    });
}

#[test]
fn what_was_found_narrowed() {
    frames("found", "Enter", |s| {
        s.press("/");
        s.type_text("tag:billing");
        s.press("Enter \\");
        s.type_text("rech");
    });
}

#[test]
fn the_palette() {
    frames("palette", ":", |_| {});
}

#[test]
fn the_palette_narrowed() {
    frames("palette_narrowed", "Down", |s| {
        s.press("G :");
        s.type_text("tak");
    });
}

#[test]
fn a_take_over_is_asked_about() {
    frames("taking_over", "j j T", |_| {});
}

#[test]
fn a_first_sync_without_tls() {
    frames("syncing", "j", |s| {
        s.app.settings.accounts.insert("work".into(), Account { is_plaintext: true, ..Account::default() });
        s.fake.is_partial.set(true);
        let state = Connection::Syncing { done: 4100, total: 10_000 };
        s.tell(Event::Connection { mailbox: SUPPORT.into(), state });
    });
}

#[test]
fn what_waits_to_be_sent() {
    frames("outbox", "O j", |s| {
        let held = OutboxItem { hold_until: Some(at(NOW) + HOLD), ..waiting(1, "fire", OutboxState::Unsent) };
        let failed = OutboxItem {
            why: Some("the server refused dana@reyes.example".into()),
            ..waiting(2, "seats", OutboxState::Failed)
        };
        s.fake.outbox.borrow_mut().extend([held, failed, waiting(3, "bill", OutboxState::Unknown)]);
        s.changed();
    });
}

#[test]
fn a_folder_is_chosen() {
    frames("folders", "Down", |s| {
        s.press("G v");
        let choice = |shown: &str, why_not: Option<&str>| FolderChoice {
            name: shown.into(),
            shown: shown.into(),
            why_not: why_not.map(str::to_owned),
        };
        let all =
            [("Archive", None), ("Clients/Grüße", None), ("Closed", Some("the right i is missing (you have lr)"))];
        let folders = all.into_iter().map(|(shown, why_not)| choice(shown, why_not)).collect();
        s.tell(Event::Folders { mailbox: SUPPORT.into(), outcome: Ok(folders) });
    });
}

#[test]
fn what_hangs_on_a_message() {
    frames("items", "S", with_a_file);
}

#[test]
fn where_a_file_is_saved() {
    frames("saving", "Home", |s| {
        with_a_file(s);
        s.press("S Enter Home Ctrl-k");
        s.type_text("/srv/cases/4471");
    });
}

#[test]
fn what_a_mail_is_given_to() {
    frames("piping", "End", |s| {
        with_a_file(s);
        s.press("| Enter");
        s.type_text("grep -i printer");
    });
}

#[test]
fn a_file_is_attached() {
    frames("attaching", "Down", |s| {
        s.press("G r Ctrl-a");
        let entry = |name: &str, is_folder, size| Entry { name: name.into(), is_folder, size };
        let outcome =
            Ok(vec![entry("plans", true, 0), entry("floor 3.png", false, 412_000), entry("請求書.pdf", false, 81)]);
        s.send(Message::Browsed { folder: String::new(), outcome });
    });
}

#[test]
fn many_are_asked_about() {
    frames("many", "e", |s| s.press("*"));
}

#[test]
fn some_are_selected() {
    frames("selected", "Space", |s| s.press("Space j"));
}

#[test]
fn a_range_is_selected() {
    frames("range", "j j", |s| s.press("V"));
}

#[test]
fn a_mail_being_handed_on() {
    frames("forwarding", "End", |s| s.press("G f"));
}

#[test]
fn all_fields_of_a_header() {
    frames("headers", "h", with_a_file);
}

#[test]
fn a_mail_as_it_came() {
    frames("source", "H", with_a_file);
}

#[test]
fn without_a_connection() {
    frames("offline", "G", |s| {
        s.fake.outbox.borrow_mut().push(waiting(1, "fire", OutboxState::Unsent));
        let state =
            Connection::Offline { since: at(NOW), retry_at: at(NOW), why: "no route to host".into(), cure: None };
        s.tell(Event::Connection { mailbox: SUPPORT.into(), state });
    });
}

#[test]
fn a_queue_without_a_row() {
    frames("empty", "3", |s| {
        s.fake.rows.borrow_mut().clear();
        s.changed();
    });
}

#[test]
fn a_mailbox_that_can_only_be_looked_at() {
    frames("read_only", "G c", |s| {
        let mut mailbox = fake::mailbox();
        mailbox.grade = Grade::D;
        mailbox.may = vec![Capability::Read];
        mailbox.rights = Some([(Role::Inbox, Rights("lrs".into()))].into());
        s.tell(Event::Mailboxes(vec![mailbox]));
    });
}

#[test]
fn an_answer_taken_back_in_time() {
    frames("taken_back", "End", |s| {
        s.press("G r");
        s.type_text("Unplug it.");
        s.press("Ctrl-s");
        let target = Target { mailbox: SUPPORT.into(), root: "fire".into() };
        let ticket = s.commands.iter().rev().find_map(|c| match c {
            Command::Send { ticket, .. } => Some(*ticket),
            _ => None,
        });
        let ticket = ticket.expect("it was not sent");
        s.tell(Event::Held { ticket, item: 1, target: target.clone(), until: at(NOW) + HOLD });
        s.press("z");
        s.tell(Event::TakenBack { item: 1, target });
    });
}

/// Reads the conversation whose newest mail has a link and a file.
fn with_a_file(s: &mut Stage) {
    s.press("G Enter");
}

#[test]
fn ascii_has_a_twin_for_every_sign() {
    let mut s = Stage::new(160, 50);
    s.theme = Theme::built_in(true, Depth::True, GlyphSet::Ascii);
    s.fake.rows.borrow_mut().retain(|c| c.root != "bill");
    s.changed();
    for keys in ["G", "Enter", "q r", "Esc ?", "q M", "q k k T", "n A"] {
        s.press(keys);
        s.app.reading.as_mut().unwrap().forget_lines();
        s.pass(0);
        let screen = s.screen();
        assert!(screen.is_ascii(), "{screen}");
    }
}

#[test]
fn every_colours_meaning_has_a_second_cue() {
    for is_dark in [true, false] {
        let mut s = Stage::new(120, 40);
        s.theme = Theme::built_in(is_dark, Depth::None, GlyphSet::Unicode);
        s.press("G");
        let buffer = s.buffer();
        let no_colour = buffer.content().iter().all(|c| c.fg == Color::Reset && c.bg == Color::Reset);
        assert!(no_colour, "NO_COLOR");
        // Past the target: two marks; close to it: one; the row under the cursor: a bar; unread: bold.
        assert!(s.line_with("Rechnung").contains("!! 5h") && s.line_with("Quote for").contains("! 3h"));
        let y = s.screen().lines().position(|l| l.contains("▌")).unwrap() as u16;
        let subject = (0..120).find(|x| buffer[(*x, y)].symbol() == "P").unwrap();
        assert!(buffer[(subject, y)].modifier.contains(Modifier::BOLD));
    }
}

#[test]
fn a_teammates_name_has_their_own_colour_and_ones_own_is_bold() {
    for is_dark in [true, false] {
        let mut s = Stage::new(120, 40);
        s.theme = Theme::built_in(is_dark, Depth::True, GlyphSet::Unicode);
        let buffer = s.buffer();
        let at = |text: &str| {
            let y = s.screen().lines().position(|l| l.contains(text)).unwrap() as u16;
            buffer[(3, y)].clone()
        };
        assert_eq!(Some(at("Quote for 40").fg), s.theme.person(&handle("carol")).fg);
        assert_eq!(Some(at("API returns").fg), s.theme.person(&handle("bob")).fg);
        assert!(at("Cannot log in").modifier.contains(Modifier::BOLD));
        let selected = s.screen().lines().position(|l| l.contains("▌")).unwrap() as u16;
        assert_eq!(Some(buffer[(60, selected)].bg), s.theme.style(Paint::Selected).bg);
    }
}
