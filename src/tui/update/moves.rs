//! Moving: in the queue, in a conversation, between views, panes and mailboxes; and leaving.

use super::Turn;
use crate::engine::message::Command;
use crate::model::View;
use crate::tui::app::Focus;
use crate::tui::keymap::Act;
use crate::tui::layers::{Layer, Sure};
use crate::tui::layout::areas;
use crate::tui::message::Effect;
use crate::tui::words;

impl Turn<'_> {
    pub(super) fn scroll(&mut self, act: Act) {
        let areas = areas(self.app);
        if self.app.focus == Focus::Reading {
            let height = usize::from(areas.reading.height);
            let Some(reading) = &mut self.app.reading else { return };
            let half = (height / 2).max(1) as isize;
            let all = reading.lines.len() as isize;
            let by = match act {
                Act::Down => 1,
                Act::Up => -1,
                Act::HalfDown => half,
                Act::HalfUp => -half,
                Act::Top => -all,
                _ => all,
            };
            reading.move_by(by, height);
            return;
        }
        let height = u32::from(areas.list.height);
        let half = (height / 2).max(1);
        let queue = &mut self.app.queue;
        let at = queue.selected;
        let to = match act {
            Act::Down => at + 1,
            Act::Up => at.saturating_sub(1),
            Act::HalfDown => at + half,
            Act::HalfUp => at.saturating_sub(half),
            Act::Top => 0,
            _ => queue.len(),
        };
        queue.select(to, height);
        self.stretch_range();
    }

    /// One conversation on or back, the keys staying where they are.
    pub(super) fn step(&mut self, by: i64) {
        let height = u32::from(areas(self.app).list.height).max(1);
        let queue = &mut self.app.queue;
        let to = (i64::from(queue.selected) + by).max(0);
        queue.select(u32::try_from(to).unwrap_or(u32::MAX), height);
    }

    pub(super) fn open(&mut self) {
        if self.app.queue.current().is_some() {
            self.app.focus = Focus::Reading;
            self.app.open_at = Some(self.app.now);
        }
    }

    pub(super) fn unfold(&mut self) {
        if let Some(reading) = &mut self.app.reading {
            reading.toggle();
            if !reading.wanted().is_empty() {
                reading.is_asked = false;
                self.app.open_at = Some(self.app.now);
            }
        }
    }

    pub(super) fn turn_to(&mut self, view: View) {
        self.app.focus = Focus::Queue;
        if self.app.finding.is_active() {
            self.forget_finding();
            self.app.queue.turn_to(view);
            self.app.is_stale = true;
        }
        if self.app.queue.view != view {
            self.app.queue.turn_to(view);
            self.app.is_stale = true;
        }
    }

    pub(super) fn turn_mailbox(&mut self, by: isize) {
        let count = self.app.mailboxes.len();
        if count > 1 {
            let to = (self.app.mailbox + count).saturating_add_signed(by) % count;
            self.go_to_mailbox(to);
        }
    }

    pub(super) fn show_mailboxes(&mut self) {
        for mailbox in &self.app.mailboxes {
            if let Ok(counts) = self.source.counts(mailbox.key()) {
                self.app.mailbox_counts.insert(mailbox.key().to_owned(), counts);
            }
        }
        self.app.layer = Some(Layer::Mailboxes { selected: self.app.mailbox });
    }

    pub(super) fn go_to_mailbox(&mut self, to: usize) {
        if to == self.app.mailbox || to >= self.app.mailboxes.len() {
            return;
        }
        if self.app.finding.search.is_some() {
            // Its person comes back to the mailbox as it was before the search.
            self.app.finding.filter = None;
            self.leave_finding();
        }
        self.forget_finding();
        let left = std::mem::take(&mut self.app.queue);
        let key = self.app.key().to_owned();
        self.app.left_queues.insert(key, left);
        self.app.mailbox = to;
        let key = self.app.key().to_owned();
        self.app.queue = self.app.left_queues.remove(&key).unwrap_or_default();
        self.app.focus = Focus::Queue;
        self.app.reading = None;
        self.app.is_stale = true;
    }

    /// Ends, after a question where mail has not left yet.
    pub(super) fn quit(&mut self) {
        let unsent = self.app.unsent();
        let is_asked = matches!(self.app.layer, Some(Layer::Confirm { sure: Sure::Quit, .. }));
        if unsent > 0 && !is_asked {
            self.app.layer = Some(Layer::Confirm {
                question: format!("{} not been sent yet. Quit?", words::count(unsent, "answer has", "answers have")),
                explains: match unsent {
                    1 => "It stays in the outbox and leaves when bagsy runs again.",
                    _ => "They stay in the outbox and leave when bagsy runs again.",
                }
                .to_owned(),
                sure: Sure::Quit,
                back: None,
            });
            return;
        }
        self.leave();
    }

    pub(super) fn leave(&mut self) {
        if !self.forget_emptied() {
            self.keep_draft();
        }
        self.send(Command::Quit);
        self.effects.push(Effect::Quit);
    }
}
