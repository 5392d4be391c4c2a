//! One action on many conversations: what is left to do, what is on its way, what failed and why. Pure; each conversation
//! goes to the engine by itself, a few at a time, like any other.

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::intents::Asked;
use super::selection::Chosen;
use super::words;
use crate::engine::message::Ticket;
use crate::model::{Action, ErrorKind, Refusal};

/// So many are on their way at once: the person's own next key is not kept waiting behind all of them.
pub const ABREAST: usize = 4;

/// What is done.
#[derive(Debug)]
pub enum Work {
    /// The same to all that was selected.
    Same { action: Action, todo: VecDeque<(String, Chosen)> },
    /// What was done to many is taken back, each by itself.
    Undo { todo: VecDeque<Asked> },
}

/// An action at work on many conversations of one mailbox.
#[derive(Debug)]
pub struct Batch {
    /// Joins what takes it back.
    pub number: u64,
    pub mailbox: String,
    pub work: Work,
    /// What it is called while it goes on, and when it is done: `to Trash`.
    pub name: String,
    pub flying: HashSet<Ticket>,
    pub total: usize,
    pub done: usize,
    /// Why some were not done, and how many for the same reason.
    failed: BTreeMap<String, usize>,
    /// What takes back what was done.
    pub undo: Vec<Asked>,
    is_stopped: bool,
}

impl Batch {
    pub fn new(number: u64, mailbox: String, work: Work, name: String) -> Self {
        let total = match &work {
            Work::Same { todo, .. } => todo.len(),
            Work::Undo { todo } => todo.len(),
        };
        let (flying, failed, undo) = (HashSet::new(), BTreeMap::new(), Vec::new());
        Self { number, mailbox, work, name, flying, total, done: 0, failed, undo, is_stopped: false }
    }

    fn left(&self) -> usize {
        match &self.work {
            Work::Same { todo, .. } => todo.len(),
            Work::Undo { todo } => todo.len(),
        }
    }

    /// Whether another one may be sent now.
    pub fn wants_more(&self) -> bool {
        !self.is_stopped && self.left() > 0 && self.flying.len() < ABREAST
    }

    /// All that was sent is answered, and nothing more is.
    pub fn is_over(&self) -> bool {
        self.flying.is_empty() && (self.is_stopped || self.left() == 0)
    }

    /// Nothing more is begun; what is on its way comes to its end.
    pub fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// One more was not done.
    pub fn fail(&mut self, refusal: &Refusal) {
        let why = match (&refusal.holder, refusal.kind) {
            (Some(holder), ErrorKind::Held | ErrorKind::Overtaken) => format!("held by {holder}"),
            (_, ErrorKind::Unreachable | ErrorKind::Tls) => {
                // It would be the same for all that are left.
                self.is_stopped = true;
                "without a connection".to_owned()
            }
            (_, ErrorKind::Contested) => "contested".to_owned(),
            _ => crate::mail::safe::line(refusal.message.trim_end_matches('.')),
        };
        *self.failed.entry(why).or_default() += 1;
    }

    fn failures(&self) -> usize {
        self.failed.values().sum()
    }

    /// While it goes on: `to Trash: 12 of 20`.
    pub fn progress(&self) -> String {
        format!("{}: {} of {}", self.name, self.done + self.failures(), self.total)
    }

    /// When it is over: `18 to Trash, 2 held by bob`.
    pub fn told(&self) -> String {
        let mut parts = vec![format!("{} {}", self.done, self.name)];
        parts.extend(self.failed.iter().map(|(why, count)| format!("{count} {why}")));
        let untried = self.total - self.done - self.failures();
        if untried > 0 {
            parts.push(format!("{untried} not tried"));
        }
        let kept = self.total - self.done;
        let tail = match (&self.work, kept) {
            (_, 0) => String::new(),
            (Work::Same { .. }, kept) => format!("; {} selected", words::count(kept, "stays", "stay")),
            (Work::Undo { .. }, _) => "; these are as they are now".to_owned(),
        };
        format!("{}{tail}", parts.join(", "))
    }

    /// Whether all went well.
    pub fn is_good(&self) -> bool {
        self.done == self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fake::handle;

    fn batch(count: usize) -> Batch {
        let mut selection = crate::tui::selection::Selection::default();
        let rows: Vec<_> =
            (0..count).map(|n| crate::tui::fake::conversation(&n.to_string(), "s", "2026-11-24T12:00:00Z")).collect();
        selection.add(&rows);
        let work = Work::Same { action: Action::Done, todo: selection.all().into() };
        Batch::new(1, "m".into(), work, "done".into())
    }

    #[test]
    fn what_failed_is_told_together() {
        let mut b = batch(20);
        let held = Refusal::new(ErrorKind::Held, "bob holds it").holder(handle("bob"));
        b.done = 18;
        b.fail(&held);
        assert_eq!(b.progress(), "done: 19 of 20");
        b.fail(&held);
        assert_eq!(b.told(), "18 done, 2 held by bob; 2 stay selected");
    }

    #[test]
    fn a_lost_connection_is_not_tried_for_all_that_are_left() {
        let mut b = batch(20);
        b.done = 3;
        b.fail(&Refusal::new(ErrorKind::Unreachable, "there is no connection"));
        assert!(!b.wants_more() && b.is_over());
        assert_eq!(b.told(), "3 done, 1 without a connection, 16 not tried; 17 stay selected");
    }
}
