//! Searching, narrowing, and the palette: what keys do to the list, and what is asked of the server.

use ratatui::style::Modifier;

use super::stage::Stage;
use crate::engine::message::{Command, Event, Finding, Ticket};
use crate::model::query::Query;
use crate::model::{Action, ErrorKind, Refusal, Role, Uid, View};
use crate::store::Reach;
use crate::tui::fake::waiting;
use crate::tui::finding::Server;
use crate::tui::keymap::{Act, Context, Keymap, Override, Profile};
use crate::tui::message::Message;
use crate::tui::source::OutboxState;

/// The searches that the server was asked for, and `-` where one was taken back.
fn asked(s: &Stage) -> Vec<String> {
    let of = |command: &Command| match command {
        Command::Search(sought) => Some(sought.query.to_string()),
        Command::StopSearch { .. } => Some("-".to_owned()),
        _ => None,
    };
    s.commands.iter().filter_map(of).collect()
}

fn ticket(s: &Stage) -> Ticket {
    s.app.finding.ticket().expect("the server is not asked")
}

/// The rows that are shown, by their roots.
fn rows(s: &Stage) -> Vec<String> {
    (0..s.app.queue.len()).filter_map(|at| s.app.queue.row(at)).map(|c| c.root.clone()).collect()
}

/// 9 800 mails, of 312 of which the text is here.
fn with_missing_bodies() -> Stage {
    let s = Stage::new(80, 24);
    s.fake.reach.set(Reach { messages: 9800, bodies: 312, unwritten: 0, is_whole: true });
    s
}

#[test]
fn a_search_finds_as_one_types_and_esc_goes_back_to_where_one_was() {
    let mut s = Stage::new(80, 24);
    s.press("2 j");
    let (was, place) = (s.selected().to_owned(), s.app.queue.selected);
    assert_eq!(place, 1);
    s.press("/");
    s.type_text("invo");
    // Open, waiting: the whole mailbox.
    assert_eq!(rows(&s), ["north", "visa"]);
    s.type_text("ice is:done");
    assert_eq!(rows(&s), [""; 0]);
    assert!(s.shows("Nothing is found"));
    s.press("Esc");
    assert_eq!((s.selected(), s.app.queue.selected, s.app.queue.view), (was.as_str(), place, View::Unclaimed));
    assert!(s.shows("2 Unclaimed"), "{}", s.screen());
}

#[test]
fn what_was_found_is_the_list_after_enter_until_esc() {
    let mut s = Stage::new(80, 24);
    s.press("G");
    let was = s.selected().to_owned();
    s.press("/");
    s.type_text("invoice");
    s.press("Enter j");
    assert_eq!(s.selected(), "visa");
    assert!(s.shows("/ invoice") && s.shows("2 conversations"));
    // Keys act on the row, as in every list.
    s.press("e");
    assert!(matches!(s.last_act(), (_, "visa", Action::Done)));
    s.press("Esc");
    assert_eq!(s.selected(), was);
    // Nothing is left to go back from.
    s.press("Esc");
    assert_eq!(s.selected(), was);
}

#[test]
fn q_leaves_a_search_before_it_leaves_the_program() {
    let mut s = Stage::new(80, 24);
    s.press("/");
    s.type_text("fire");
    s.press("Enter q");
    assert!(s.others.is_empty() && !s.app.finding.is_active());
    // One too many is not meant.
    s.press("q");
    assert!(s.others.is_empty() && s.shows("q again quits"), "{}", s.screen());
    s.press("q");
    assert_eq!(s.others, ["Quit"]);
    let mut s = Stage::new(80, 24);
    s.press("Enter q");
    s.pass(1_100);
    s.press("q");
    assert_eq!(s.others, ["Quit"]);
}

#[test]
fn a_fault_is_told_below_the_line_and_the_list_stays() {
    let mut s = Stage::new(80, 24);
    s.press("/");
    s.type_text("invoice ");
    s.send(Message::Paste("form:dana".into()));
    let below = s.line_with("there is no");
    assert!(below.contains("“form:”, at 9: did you mean from:?"), "{below}");
    assert_eq!(rows(&s), ["north", "visa"]);
}

#[test]
fn what_is_looked_for_is_marked_in_the_list_and_in_the_conversation() {
    let mut s = Stage::new(160, 50);
    s.press("/");
    s.type_text("smok");
    s.pass(1000);
    assert_eq!(rows(&s), ["fire"]);
    let turned = |s: &Stage| -> String {
        let buffer = s.buffer();
        let cells = buffer.content().iter().filter(|c| c.modifier.contains(Modifier::REVERSED));
        // The cursor in the line is turned round too.
        cells.map(|c| c.symbol()).collect::<String>().trim_start().to_owned()
    };
    assert!(turned(&s).starts_with("smok"), "{}", turned(&s));
    s.press("Ctrl-a Ctrl-k");
    s.type_text("from:dana subject:fire");
    assert!(turned(&s).starts_with("fireDanafire"), "{}\n{}", turned(&s), s.screen());
    s.press("Esc");
    assert!(!turned(&s).contains("fire"));
}

#[test]
fn the_server_is_asked_when_typing_rests_and_only_for_the_last_query() {
    let mut s = with_missing_bodies();
    s.press("/");
    s.type_text("pr");
    s.pass(1000);
    assert_eq!(asked(&s), [""; 0], "two letters stand in every mail");
    s.type_text("inter");
    assert!(s.shows("server: searching"));
    s.pass(100);
    s.type_text("s");
    s.pass(299);
    assert_eq!(asked(&s), [""; 0]);
    s.pass(1);
    assert_eq!(asked(&s), ["printers"]);
    let old = ticket(&s);
    s.press("Backspace");
    s.pass(300);
    assert_eq!(asked(&s), ["printers", "-", "printer"]);
    // What is said of the old one is nobody's.
    s.tell(Event::Found { ticket: old, finding: Finding::Complete });
    assert!(matches!(s.app.finding.server, Server::Asking(..)));
    s.press("Esc");
    assert_eq!(asked(&s).last().unwrap(), "-");
}

#[test]
fn the_servers_hits_stream_in_and_what_is_not_complete_is_said() {
    let mut s = with_missing_bodies();
    s.press("/");
    s.type_text("zebra");
    s.pass(300);
    assert!(s.shows("server: searching… · texts of 312 of 9\u{a0}800 mails are here"), "{}", s.screen());
    let ticket = ticket(&s);
    let found = |finding| Event::Found { ticket, finding };
    s.tell(found(Finding::Asking(Role::Archive)));
    assert!(s.shows("server: searching Archive…"));
    s.tell(found(Finding::Hits { also: vec![(Role::Inbox, Uid(14))], but: vec![], left_out: 0 }));
    assert_eq!(rows(&s), ["fire"]);
    s.tell(found(Finding::Complete));
    assert!(s.shows("server: searched") && !s.shows("texts of"), "{}", s.screen());
    // Another word: what the server said of the first counts no more.
    s.type_text("s");
    assert_eq!(rows(&s), [""; 0]);
    s.pass(300);
    let ticket = s.app.finding.ticket().unwrap();
    let refusal = Refusal::new(ErrorKind::Unreachable, "there is no connection");
    s.tell(Event::Found { ticket, finding: Finding::Failed(refusal) });
    assert!(s.shows("server: there is no connection · texts of 312"), "{}", s.screen());
}

#[test]
fn where_every_text_is_here_no_server_is_asked() {
    let mut s = Stage::new(80, 24);
    s.fake.reach.set(Reach { messages: 8, bodies: 8, unwritten: 0, is_whole: true });
    s.press("/");
    s.type_text("smoking");
    s.pass(300);
    assert_eq!(asked(&s), [""; 0]);
    assert!(s.shows("server: searched"));
}

#[test]
fn a_filter_narrows_the_list_that_is_shown_and_esc_widens_it_again() {
    let mut s = Stage::new(80, 24);
    s.press("\\");
    s.type_text("invoice");
    // The view's own: what waits for its customer is not in the Inbox.
    assert_eq!(rows(&s), ["north"]);
    s.pass(1000);
    assert_eq!(asked(&s), [""; 0], "a filter asks nobody");
    s.press("Enter");
    assert_eq!(s.selected(), "north");
    s.press("Esc");
    assert_eq!((s.selected(), s.app.queue.len()), ("north", 6));
    // On what a search found.
    s.press("/");
    s.type_text("invoice");
    s.press("Enter \\");
    s.type_text("visa");
    assert_eq!(rows(&s), ["visa"]);
    assert!(s.shows("/ invoice  \\ visa"), "{}", s.screen());
    s.press("Esc");
    assert_eq!(rows(&s), ["north", "visa"]);
    s.press("Esc");
    assert_eq!(s.app.queue.len(), 6);
}

#[test]
fn n_and_p_go_from_hit_to_hit_through_conversations() {
    let mut s = Stage::new(80, 24);
    s.press("n");
    assert!(s.shows("nothing is looked for"));
    s.press("/");
    s.type_text("printer");
    s.press("Enter n");
    assert!(s.shows("this is the last hit"));
    s.press("Enter");
    // The first message was read and folded; it has the word.
    let reading = |s: &Stage| s.app.reading.as_ref().unwrap().cursor;
    let first = reading(&s);
    assert!(s.shows("the printer on floor 3 makes a strange smell"), "{}", s.screen());
    s.press("n");
    assert!(reading(&s) > first);
    s.press("p");
    assert_eq!(reading(&s), first);
}

#[test]
fn a_view_a_mailbox_or_a_search_from_a_conversation_leaves_nothing_behind() {
    let mut s = Stage::new(80, 24);
    s.press("G Enter /");
    s.type_text("invoice");
    assert!(s.shows("Invoice for the visa"), "{}", s.screen());
    s.press("Esc");
    assert!(s.shows("It is smoking again"), "back in the conversation\n{}", s.screen());
    s.press("/");
    s.type_text("invoice");
    s.press("Enter 7");
    assert_eq!((s.app.queue.view, s.app.queue.len()), (View::Done, 1));
    s.press("1");
    assert_eq!(s.app.queue.len(), 6);
}

#[test]
fn a_conversation_that_leaves_the_found_ones_stays_under_the_cursor() {
    let mut s = Stage::new(80, 24);
    s.press("/");
    s.type_text("tag:billing");
    s.press("Enter j");
    assert_eq!(s.selected(), "bill");
    s.fake.change("bill", |c| c.tags.clear());
    s.changed();
    assert_eq!(s.selected(), "bill");
    s.press("k j");
    assert_eq!(rows(&s), ["north"]);
}

#[test]
fn the_palette_finds_actions_views_mailboxes_teammates_and_tags_by_a_few_letters() {
    let mut s = Stage::new(80, 24);
    s.press(":");
    s.type_text("urg");
    s.press("Enter");
    assert!(matches!(s.last_act().2, Action::Urgent(true)));
    // In the line Ctrl-K is about text.
    s.press("Ctrl-k");
    s.type_text("xqzj");
    assert!(s.shows("nothing is called that"));
    s.press("Ctrl-a Ctrl-k");
    s.type_text("mailbox supp");
    assert!(s.line_with("mailbox support").contains("you are there"), "{}", s.screen());
}

#[test]
fn the_palette_goes_to_what_teammates_hold_and_to_tags_and_assigns() {
    let mut s = Stage::new(80, 24);
    s.press(":");
    s.type_text("bob holds");
    s.press("Enter");
    assert_eq!(rows(&s), ["north", "api", "old"]);
    assert!(s.shows("/ who:bob"));
    s.press("Esc :");
    s.type_text("tagged bill");
    s.press("Enter");
    assert_eq!(rows(&s), ["north", "bill"]);
    s.press("Esc G :");
    s.type_text("assign carol");
    s.press("Enter");
    assert!(matches!(s.last_act(), (_, "fire", Action::Assign(to)) if to.as_str() == "carol"));
    s.press(":");
    s.type_text("waiting for the cust view");
    s.press("Ctrl-a Ctrl-k");
    s.type_text("Team held");
    s.press("Enter");
    assert_eq!(s.app.queue.view, View::Team);
}

#[test]
fn what_cannot_be_done_is_grey_with_its_reason_and_does_nothing() {
    let mut s = Stage::new(80, 24);
    s.press(":");
    s.type_text("undo");
    assert!(s.line_with("takes back").contains("nothing to undo"), "{}", s.screen());
    let before = s.commands.len();
    s.press("Enter");
    assert!(s.shows("Commands") && s.commands.len() == before);
    s.press("Esc");
    assert!(!s.shows("Commands"));
}

fn with_outbox(height: u16) -> Stage {
    let mut s = Stage::new(80, height);
    s.fake.outbox.borrow_mut().push(waiting(1, "fire", OutboxState::Unsent));
    s.changed();
    s
}

/// What the palette says of an action, wherever it is opened.
fn entry(s: &Stage, says: &str) -> (String, Option<String>) {
    let palette = crate::tui::palette::Palette::of(&s.app, &s.fake).unwrap();
    let mut found = palette.matching().filter(|(entry, _)| entry.says == says);
    let (entry, _) = found.next().unwrap_or_else(|| panic!("“{says}” is not in the palette"));
    assert!(found.next().is_none(), "“{says}” twice");
    (entry.key.clone(), entry.why_not.clone())
}

#[test]
fn every_action_of_the_program_stands_in_the_palette_once_wherever_it_is_opened() {
    let open = |keys: &str| {
        let mut s = with_outbox(50);
        s.press(keys);
        s
    };
    let places = [("G", Context::Queue), ("G Enter", Context::Reading), ("G r", Context::Writing)];
    for (keys, context) in places.into_iter().chain([("M", Context::Mailboxes), ("O", Context::Outbox)]) {
        let s = open(keys);
        assert_eq!(s.app.context(), context);
        for place in [Context::Queue, Context::Reading, Context::Writing, Context::Mailboxes, Context::Outbox] {
            for action in s.app.keymap.actions(place).filter(|b| b.act != Act::Commands) {
                let (key, why_not) = entry(&s, action.says);
                assert!(!key.is_empty(), "{}", action.name);
                let is_here = s.app.keymap.has(context, action.act)
                    && s.app.keymap.actions(context).any(|b| b.says == action.says);
                assert!(is_here || why_not.is_some(), "{} in {context:?}", action.name);
            }
        }
    }
}

#[test]
fn what_belongs_elsewhere_says_where_and_how_one_comes_there() {
    let s = Stage::new(80, 24);
    assert_eq!(entry(&s, "save an attachment, or the mail").1.as_deref(), Some("while reading: Enter opens"));
    assert_eq!(entry(&s, "try to send now").1.as_deref(), Some("in the outbox: O shows it"));
    assert!(entry(&s, "put bagsy in the background").1.is_none());
    let mut s = Stage::new(80, 24);
    s.press("G r");
    assert_eq!(entry(&s, "to Trash").1.as_deref(), Some("not while writing: Esc keeps the draft"));
    assert_eq!(entry(&s, "what bob holds").1.as_deref(), Some("not while writing: Esc keeps the draft"));
}

#[test]
fn an_action_without_a_key_is_found_by_its_name() {
    let mut s = Stage::new(80, 24);
    let none = |keys: &str| Override { context: "queue".into(), keys: keys.into(), action: "none".into() };
    s.app.keymap = Keymap::with(Profile::Default, &[none("!")]).unwrap();
    assert_eq!(entry(&s, "urgent, or no longer"), (String::new(), None));
    s.press(":");
    s.type_text("urgent, or");
    s.press("Enter");
    assert!(matches!(s.last_act().2, Action::Urgent(true)));
}

#[test]
fn the_palette_over_a_window_or_a_mail_gives_it_back_and_acts_in_it() {
    let mut s = with_outbox(24);
    s.press("G r");
    s.type_text("Hello");
    s.press("Alt-x");
    assert!(s.shows("Commands"));
    s.press("Esc");
    assert!(s.shows("Hello") && !s.shows("Commands"));
    s.press("Alt-x");
    s.type_text("attach a file");
    s.press("Enter");
    assert!(s.shows("Attach a file"), "{}", s.screen());
    s.press("Esc Esc M :");
    s.type_text("close");
    s.press("Enter");
    assert!(s.app.layer.is_none(), "{}", s.screen());
    s.press("O : Esc");
    assert!(s.shows("Outbox"), "{}", s.screen());
}

#[test]
fn a_query_is_shown_as_it_was_typed_whatever_it_holds() {
    let mut s = Stage::new(40, 12);
    s.press("/");
    s.type_text("\"\u{202e}txt.exe 請求書 \u{1b}[31m");
    s.press("Enter");
    assert!(!s.screen().contains('\u{202e}') && !s.screen().contains('\u{1b}'));
    assert!(Query::parse("\"x").is_ok());
}

#[test]
fn what_the_server_was_not_asked_for_and_what_it_found_too_much_of_is_said() {
    let mut s = Stage::new(100, 24);
    s.press("/");
    s.type_text("zebra");
    s.pass(400);
    let ticket = s.commands.iter().rev().find_map(|c| match c {
        Command::Search(sought) => Some(sought.ticket),
        _ => None,
    });
    let ticket = ticket.unwrap();
    for left_out in [1000, 234] {
        s.tell(Event::Found { ticket, finding: Finding::Hits { also: vec![], but: vec![], left_out } });
    }
    s.tell(Event::Found { ticket, finding: Finding::Complete });
    assert!(s.shows("server: searched INBOX, Sent, Archive, no other folders"), "{}", s.screen());
    assert!(s.shows("1\u{a0}234 older hits left out: narrow it"), "{}", s.screen());
    s.type_text("s");
    assert!(!s.shows("left out"), "{}", s.screen());
}
