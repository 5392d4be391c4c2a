//! The mouse, where the configuration turns it on: a click selects, a second one opens; a click on a view goes there; the wheel
//! moves what is under it. While something is typed or asked, it does nothing.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::Turn;
use crate::tui::app::Focus;
use crate::tui::keymap::Act;
use crate::tui::layers::Layer;
use crate::tui::layout::areas;
use crate::tui::widgets::bars;

/// Rows that one notch of the wheel moves.
const NOTCH: usize = 3;

impl Turn<'_> {
    pub(super) fn mouse(&mut self, event: MouseEvent) {
        let at = Position { x: event.column, y: event.row };
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => self.click(at),
            MouseEventKind::ScrollDown => self.wheel(at, Act::Down),
            MouseEventKind::ScrollUp => self.wheel(at, Act::Up),
            _ => {}
        }
    }

    fn is_free_for_mouse(&self) -> bool {
        self.app.layer.is_none() && self.app.composer.is_none()
    }

    fn click(&mut self, at: Position) {
        if !self.is_free_for_mouse() {
            return;
        }
        self.app.pressed.clear();
        let areas = areas(self.app);
        if areas.tabs.contains(at) {
            if let Some(view) = bars::tab_at(self.app, self.theme, areas.tabs, at.x) {
                self.turn_to(view);
            }
        } else if areas.list.contains(at) {
            self.click_row(areas.list, at);
        } else if areas.reading.contains(at) {
            self.click_line(areas.reading, at);
        }
    }

    fn click_row(&mut self, list: Rect, at: Position) {
        let index = self.app.queue.top + u32::from(at.y - list.y);
        if index >= self.app.queue.len() {
            return;
        }
        self.app.queue.is_touched = true;
        let was_selected = self.app.queue.selected == index && self.app.focus == Focus::Queue;
        self.app.focus = Focus::Queue;
        if was_selected {
            self.open();
        } else {
            self.app.queue.select(index, u32::from(list.height));
        }
    }

    fn click_line(&mut self, place: Rect, at: Position) {
        let had_keys = self.app.focus == Focus::Reading;
        let Some(reading) = &mut self.app.reading else { return };
        let line = reading.top + usize::from(at.y - place.y);
        if line >= reading.lines.len() {
            return;
        }
        let was_here = had_keys && reading.cursor == line;
        reading.cursor = line;
        if had_keys {
            if was_here {
                self.unfold();
            }
        } else {
            self.open();
        }
    }

    fn wheel(&mut self, at: Position, act: Act) {
        if let Some(Layer::Help { scroll, .. } | Layer::Said { scroll }) = &mut self.app.layer {
            let by = NOTCH as u16;
            *scroll = if act == Act::Down { scroll.saturating_add(by) } else { scroll.saturating_sub(by) };
            return;
        }
        if !self.is_free_for_mouse() {
            return;
        }
        let areas = areas(self.app);
        let over = if areas.reading.contains(at) { Focus::Reading } else { Focus::Queue };
        if over == Focus::Queue && areas.list.is_empty() {
            return;
        }
        self.app.queue.is_touched |= over == Focus::Queue;
        // The wheel moves what is under it and leaves the keys where they are.
        let had_keys = std::mem::replace(&mut self.app.focus, over);
        for _ in 0..NOTCH {
            self.scroll(act);
        }
        self.app.focus = had_keys;
    }
}
