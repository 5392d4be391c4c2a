//! The queue as the screen holds it: one window of rows, a selection that stays on its conversation, and the row that
//! would have left from under the cursor.
//!
//! A conversation that leaves the view while it is selected (a teammate claimed it, say) stays drawn where it was until the
//! selection moves on: the next key must not hit its neighbour. The same where it is sorted elsewhere (a teammate answered
//! it): neither the cursor nor what stands under it moves.

use super::selection::Selection;
use super::source::{Counts, Order};
use crate::model::{Conversation, View};

/// A row that is drawn where it was, at `at`.
#[derive(Debug, Clone)]
pub struct Lingering {
    pub at: u32,
    pub row: Conversation,
    /// Where it is by right, and not drawn; `None`: it is no longer in the view.
    pub moved_to: Option<u32>,
}

impl Lingering {
    /// Where what is drawn at an index is by right.
    fn place_of(&self, index: u32) -> u32 {
        if index == self.at {
            return self.moved_to.unwrap_or(index);
        }
        let beside = index - u32::from(index > self.at);
        beside + u32::from(self.moved_to.is_some_and(|to| beside >= to))
    }
}

/// One mailbox's queue in one view.
#[derive(Debug, Clone)]
pub struct Queue {
    pub view: View,
    pub order: Order,
    pub counts: Counts,
    /// Index of the selected row.
    pub selected: u32,
    /// The selected conversation.
    pub root: Option<String>,
    /// Index of the first row on the screen.
    pub top: u32,
    pub lingering: Option<Lingering>,
    /// A conversation that its person finished: it does not linger.
    pub done_with: Option<String>,
    /// What keys act on beside the row under the cursor.
    pub selection: Selection,
    /// How many rows there are where the list is not the view's: what a search found, what a filter let pass.
    pub found: Option<u32>,
    /// The person has pointed at a row: from then on the selection stays on its conversation.
    pub is_touched: bool,
    window_from: u32,
    window: Vec<Conversation>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            view: View::Inbox,
            order: Order::OldestWait,
            counts: Counts::default(),
            selected: 0,
            root: None,
            top: 0,
            lingering: None,
            done_with: None,
            selection: Selection::default(),
            found: None,
            is_touched: false,
            window_from: 0,
            window: Vec::new(),
        }
    }
}

impl Queue {
    /// Rows that the list has by right.
    pub fn total(&self) -> u32 {
        self.found.unwrap_or_else(|| self.counts.of(self.view))
    }

    /// Rows, the lingering one among them.
    pub fn len(&self) -> u32 {
        self.total() + u32::from(self.lingering.as_ref().is_some_and(|l| l.moved_to.is_none()))
    }

    /// Whether the view shows nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at an index; `None` where it is not loaded (or not there).
    pub fn row(&self, index: u32) -> Option<&Conversation> {
        let stored = match &self.lingering {
            Some(l) if l.at == index => return Some(&l.row),
            Some(l) => l.place_of(index),
            None => index,
        };
        self.window.get(stored.checked_sub(self.window_from)? as usize)
    }

    /// The selected row.
    pub fn current(&self) -> Option<&Conversation> {
        self.row(self.selected)
    }

    /// Whether the row is drawn although it has left the view.
    pub fn is_lingering(&self, index: u32) -> bool {
        self.lingering.as_ref().is_some_and(|l| l.at == index && l.moved_to.is_none())
    }

    /// The stored rows that a window of `height` needs and that are not there: offset and limit.
    pub fn wanted(&self, height: u32) -> Option<(u32, u32)> {
        let total = self.total();
        // What lingers moves the others by a line at most, up or down.
        let slack = u32::from(self.lingering.is_some());
        let first = self.top.saturating_sub(slack);
        let last = (self.top + height.max(1) + slack).min(total);
        let loaded_to = self.window_from + self.window.len() as u32;
        let is_loaded = self.window_from <= first && last <= loaded_to;
        let margin = height.max(8);
        let from = first.saturating_sub(margin);
        (!is_loaded && total > 0).then_some((from, last + margin - from))
    }

    /// Puts in rows that were read.
    pub fn load(&mut self, from: u32, rows: Vec<Conversation>) {
        self.window_from = from;
        self.window = rows;
    }

    /// Forgets the rows, not the selection.
    pub fn forget_rows(&mut self) {
        self.window.clear();
    }

    /// Puts the selection on an index; what lingered goes.
    pub fn select(&mut self, index: u32, height: u32) {
        let mut index = index.min(self.len().saturating_sub(1));
        if let Some(lingering) = self.lingering.take_if(|l| l.at != index) {
            let now = lingering.place_of(index);
            // The row that is gone on to stays on its line of the screen.
            self.top = (self.top + now).saturating_sub(index);
            index = now;
        }
        self.selected = index.min(self.len().saturating_sub(1));
        self.show_selected(height);
    }

    /// Scrolls as little as it takes to have the selection on the screen.
    pub fn show_selected(&mut self, height: u32) {
        let height = height.max(1);
        if self.selected < self.top {
            self.top = self.selected;
        } else if self.selected >= self.top + height {
            self.top = self.selected + 1 - height;
        }
        self.top = self.top.min(self.len().saturating_sub(height));
    }

    /// Another list: nothing selected yet.
    pub fn begin_anew(&mut self) {
        *self = Self { view: self.view, order: self.order, counts: self.counts, found: self.found, ..Self::default() };
    }

    /// Another view: nothing selected yet.
    pub fn turn_to(&mut self, view: View) {
        *self = Self { view, order: self.order, counts: self.counts, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fake::conversation;

    fn queue(rows: usize) -> Queue {
        let mut queue = Queue::default();
        queue.counts.0[View::Inbox as usize] = rows as u32;
        queue.load(0, (0..rows).map(|n| conversation(&format!("r{n}"), "s", "2026-11-24T12:00:00Z")).collect());
        queue
    }

    #[test]
    fn a_lingering_row_shifts_those_after_it_and_goes_when_the_selection_moves() {
        let mut q = queue(3);
        q.selected = 1;
        let row = conversation("gone", "s", "2026-11-24T12:00:00Z");
        q.lingering = Some(Lingering { at: 1, row, moved_to: None });
        let roots = |q: &Queue| (0..q.len()).map(|i| q.row(i).unwrap().root.clone()).collect::<Vec<_>>();
        assert_eq!(roots(&q), ["r0", "gone", "r1", "r2"]);
        q.select(2, 10);
        assert_eq!((roots(&q), q.selected), (vec!["r0".into(), "r1".into(), "r2".into()], 1));
    }

    #[test]
    fn a_row_that_is_sorted_elsewhere_stays_until_the_selection_moves() {
        for (from, to, drawn) in [(1, 3, ["r0", "r3", "r1", "r2"]), (2, 0, ["r1", "r2", "r0", "r3"])] {
            let mut q = queue(4);
            q.selected = from;
            let row = q.row(to).unwrap().clone();
            q.lingering = Some(Lingering { at: from, row, moved_to: Some(to) });
            let roots = |q: &Queue| (0..q.len()).map(|i| q.row(i).unwrap().root.clone()).collect::<Vec<_>>();
            assert_eq!(roots(&q), drawn);
            assert!((0..4).all(|index| !q.is_lingering(index)));
            // One on is what was drawn below it.
            let next = drawn[from as usize + 1];
            q.select(from + 1, 10);
            assert_eq!(q.current().unwrap().root, next);
            assert_eq!(roots(&q), ["r0", "r1", "r2", "r3"]);
        }
    }

    #[test]
    fn only_what_the_screen_needs_is_wanted() {
        let mut q = queue(0);
        q.counts.0[View::Inbox as usize] = 100_000;
        q.top = 50_000;
        assert_eq!(q.wanted(20), Some((49_980, 60)));
        q.load(49_980, vec![conversation("r", "s", "2026-11-24T12:00:00Z"); 60]);
        assert_eq!(q.wanted(20), None);
    }
}
