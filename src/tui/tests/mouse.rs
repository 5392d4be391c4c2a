//! The mouse, where it is turned on.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::stage::Stage;
use crate::model::View;
use crate::tui::app::Focus;
use crate::tui::message::Message;

fn mouse(s: &mut Stage, kind: MouseEventKind, text: &str) {
    let screen = s.screen();
    let (row, line) = screen.lines().enumerate().find(|(_, l)| l.contains(text)).unwrap_or_else(|| panic!("{screen}"));
    let column = line.split(text).next().unwrap().chars().count() as u16;
    let event = MouseEvent { kind, column, row: row as u16, modifiers: KeyModifiers::NONE };
    s.send(Message::Mouse(event));
}

const CLICK: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

#[test]
fn a_click_selects_and_a_second_one_opens() {
    let mut s = Stage::new(80, 24);
    mouse(&mut s, CLICK, "Quote for 40");
    assert_eq!((s.selected(), s.app.focus), ("seats", Focus::Queue));
    mouse(&mut s, CLICK, "Quote for 40");
    assert_eq!(s.app.focus, Focus::Reading);
}

#[test]
fn a_click_on_a_view_goes_there() {
    for (width, height) in [(80, 24), (120, 40), (200, 50), (40, 12)] {
        let mut s = Stage::new(width, height);
        mouse(&mut s, CLICK, "5");
        assert_eq!(s.app.queue.view, View::Waiting, "{}", s.screen());
        mouse(&mut s, CLICK, "3");
        assert_eq!(s.app.queue.view, View::Mine, "{}", s.screen());
    }
}

#[test]
fn the_wheel_moves_what_is_under_it() {
    let mut s = Stage::new(200, 50);
    s.press("g g");
    mouse(&mut s, MouseEventKind::ScrollDown, "Rückfrage");
    assert_eq!(s.app.queue.selected, 3);
    mouse(&mut s, MouseEventKind::ScrollUp, "Rückfrage");
    assert_eq!(s.app.queue.selected, 0);
    s.press("G Enter");
    let cursor = s.app.reading.as_ref().unwrap().cursor;
    mouse(&mut s, MouseEventKind::ScrollUp, "quoted lines");
    assert!(s.app.reading.as_ref().unwrap().cursor < cursor);
    assert_eq!(s.app.queue.selected, 5, "the queue beside it stays");
    mouse(&mut s, CLICK, "quoted lines");
    mouse(&mut s, CLICK, "quoted lines");
    assert!(!s.shows("quoted lines ·"), "{}", s.screen());
}

#[test]
fn while_something_is_asked_or_typed_a_click_does_nothing() {
    let mut s = Stage::new(120, 40);
    s.press("G r");
    let before = s.screen();
    mouse(&mut s, CLICK, "5 Waiting");
    assert_eq!(s.screen(), before);
    s.press("Esc ?");
    let before = s.app.queue.view;
    mouse(&mut s, CLICK, "5 Waiting");
    assert_eq!(s.app.queue.view, before);
}
