//! What waits to be sent, and what was begun: shown, taken back, tried again, gone on with.

use super::Turn;
use crate::engine::message::Command;
use crate::tui::app::{Focus, Tone};
use crate::tui::keymap::{Act, Context};
use crate::tui::layers::Layer;
use crate::tui::load;
use crate::tui::source::OutboxState;

impl Turn<'_> {
    pub(super) fn show_outbox(&mut self) {
        match self.source.drafts() {
            Ok(texts) => self.app.texts = texts,
            Err(error) => return self.app.say(Tone::Bad, format!("the drafts cannot be read: {error}")),
        }
        match self.app.outbox.is_empty() && self.app.texts.is_empty() {
            true => self.app.say(Tone::News, "the outbox is empty: nothing waits to be sent, and no text is begun"),
            false => self.app.layer = Some(Layer::Outbox { selected: 0 }),
        }
    }

    pub(super) fn outbox_act(&mut self, selected: usize, act: Act) -> Option<Layer> {
        let last = (self.app.outbox.len() + self.app.texts.len()).saturating_sub(1);
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
                match at.checked_sub(self.app.outbox.len()) {
                    None => self.go_to_answer(at),
                    Some(at) => self.go_on_with(at),
                }
                return self.app.layer.take();
            }
            _ => return None,
        };
        Some(Layer::Outbox { selected })
    }

    /// Asks for the answer in this row back; the list stays where that cannot be.
    fn take_back_from_outbox(&mut self, at: usize) -> Option<Layer> {
        let Some(item) = self.app.outbox.get(at).cloned() else {
            self.app.say(Tone::News, "it is a draft, and leaves only when you send it");
            return Some(Layer::Outbox { selected: at });
        };
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

    /// Opens a draft: as the answer that it is, or as a new mail where there is nothing left to answer.
    fn go_on_with(&mut self, at: usize) {
        let Some(text) = self.app.texts.get(at).cloned() else { return };
        let target = text.target;
        let Some(mailbox) = self.app.mailboxes.iter().position(|m| m.key() == target.mailbox) else {
            let says = format!("{} is not here now, where this was begun; the text stays kept", target.mailbox);
            return self.app.say(Tone::Bad, says);
        };
        self.go_to_mailbox(mailbox);
        self.app.focus = Focus::Queue;
        if target.is_opening() {
            self.resume(&target);
        } else if text.is_homeless {
            match self.source.draft(&target) {
                Ok(Some(saved)) => {
                    self.go_on(saved.as_new_mail());
                    self.app.say(Tone::News, "what it answered is gone from the mailbox: it goes on as a new mail");
                }
                Ok(None) => self.app.say(Tone::Bad, "this draft is gone"),
                Err(error) => self.app.say(Tone::Bad, format!("the draft cannot be read: {error}")),
            }
        } else {
            match load::select(self.app, self.source, &target) {
                Ok(()) => self.reply(false),
                Err(error) => self.app.say(Tone::Bad, format!("the cache cannot be read: {error}")),
            }
        }
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
