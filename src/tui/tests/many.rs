//! What is done to many at once.

use super::stage::Stage;
use crate::engine::message::{Command, Event};
use crate::model::{Action, Assignee, Expectation, Status};
use crate::tui::fake::{handle, mailbox, support};

#[test]
fn what_was_seen_when_it_was_selected_is_what_many_are_finished_by() {
    let mut s = Stage::new(100, 24);
    s.press("2 g g Space");
    let root = s.app.queue.selection.all()[0].0.clone();
    // Changed in the cache and not on the screen yet.
    s.fake.change(&root, |c| (c.assignee, c.status) = (Assignee::Held(handle("bob")), Status::Waiting));
    s.press("e");
    let expect = Expectation { assignee: Some(Assignee::Free), status: Some(Status::Open) };
    assert_eq!(s.last_asked(), (Action::Done, expect));
}

#[test]
fn what_is_done_to_many_goes_on_in_another_mailbox_and_leaves_nothing_selected() {
    let fake = support();
    let mut other = mailbox();
    (other.address, other.name) = (Some("sales@example.test".into()), None);
    fake.mailboxes.borrow_mut().push(other);
    let mut s = Stage::with(fake, 100, 24);
    s.press("g g Space j Space");
    assert_eq!(s.app.queue.selection.all().len(), 2);
    s.press("c ]");
    let tickets = s.commands.iter().filter_map(|command| match command {
        Command::Act { ticket, .. } => Some(*ticket),
        _ => None,
    });
    for ticket in tickets.collect::<Vec<_>>() {
        s.tell(Event::Done { ticket, outcome: Ok(None) });
    }
    assert!(s.app.batch.is_none(), "both are answered");
    s.press("[");
    assert!(s.app.queue.selection.is_empty(), "{:?}", s.app.queue.selection.all());
}

#[test]
fn a_key_behind_a_selection_of_nothing_is_not_done_to_the_row_under_the_cursor() {
    let mut s = Stage::new(100, 24);
    let asked = s.commands.len();
    s.press("G % e");
    assert!(s.shows("nothing is selected: e again is about “Printer on fire” alone"), "{}", s.screen());
    assert_eq!(s.commands.len(), asked, "nothing was asked");
    s.press("e");
    assert_eq!(s.last_act().2, &Action::Done);
    // Whoever went elsewhere first means the row.
    s.press("% k e");
    assert!(!s.shows("nothing is selected"), "{}", s.screen());
}
