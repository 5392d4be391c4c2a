//! What waits to be sent: shown, taken back, tried again.

use super::Turn;
use crate::engine::message::Command;
use crate::tui::app::{Focus, Tone};
use crate::tui::keymap::{Act, Context};
use crate::tui::layers::Layer;
use crate::tui::load;
use crate::tui::source::OutboxState;

impl Turn<'_> {
    pub(super) fn show_outbox(&mut self) {
        match self.app.outbox.is_empty() {
            true => self.app.say(Tone::News, "the outbox is empty: nothing waits to be sent"),
            false => self.app.layer = Some(Layer::Outbox { selected: 0 }),
        }
    }

    pub(super) fn outbox_act(&mut self, selected: usize, act: Act) -> Option<Layer> {
        let last = self.app.outbox.len().saturating_sub(1);
        let at = selected.min(last);
        let selected = match act {
            Act::Up => at.saturating_sub(1),
            Act::Down => (at + 1).min(last),
            Act::Keys => return Some(Layer::Help { of: Context::Outbox, scroll: 0 }),
            Act::Retry => {
                self.send(Command::SyncNow);
                self.app.say(Tone::News, "trying to send what waits");
                at
            }
            Act::TakeBack => return self.take_back_from_outbox(at),
            Act::Open => {
                self.go_to_answer(at);
                return self.app.layer.take();
            }
            _ => return None,
        };
        Some(Layer::Outbox { selected })
    }

    /// Asks for the answer in this row back; the list stays where that cannot be.
    fn take_back_from_outbox(&mut self, at: usize) -> Option<Layer> {
        let item = self.app.outbox.get(at)?.clone();
        if item.state == OutboxState::Unknown {
            self.app.say(Tone::Bad, "it may have been sent: Enter goes to it, to say what became of it");
            return Some(Layer::Outbox { selected: at });
        }
        if !item.is_fresh {
            self.app.say(Tone::Bad, "too late: something of it is on a server already");
            return Some(Layer::Outbox { selected: at });
        }
        self.take_back(item.name());
        None
    }

    /// The conversation that an answer belongs to; what became of it is asked where nobody knows.
    fn go_to_answer(&mut self, at: usize) {
        let Some(item) = self.app.outbox.get(at).cloned() else { return };
        if let Some(mailbox) = self.app.mailboxes.iter().position(|m| m.key() == item.target.mailbox) {
            self.go_to_mailbox(mailbox);
        }
        self.app.focus = Focus::Queue;
        match self.source.conversation(&item.target.mailbox, &item.target.root) {
            Ok(Some(conversation)) => {
                if let Err(error) = load::select(self.app, self.source, &item.target) {
                    self.app.say(Tone::Bad, format!("the cache cannot be read: {error}"));
                }
                if item.state == OutboxState::Unknown {
                    self.asks_for_fate(&conversation);
                }
            }
            // Nothing of it was announced, or its copy is gone: its person says all the same.
            Ok(None) if item.state == OutboxState::Unknown => {
                self.app.layer = Some(Layer::Fate { target: item.target, subject: item.subject, at: item.since });
            }
            Ok(None) => self.app.say(Tone::Bad, "its conversation is not here any more"),
            Err(error) => self.app.say(Tone::Bad, format!("the cache cannot be read: {error}")),
        }
    }
}
