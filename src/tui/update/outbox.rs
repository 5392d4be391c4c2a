//! What waits to be sent, and what was begun: shown, taken back, tried again, gone on with, thrown away.

use super::Turn;
use crate::engine::kept::KeptText;
use crate::engine::message::{Command, Item, Target};
use crate::mail::safe;
use crate::tui::app::{Focus, Tone};
use crate::tui::keymap::{Act, Context};
use crate::tui::layers::{Layer, Sure};
use crate::tui::message::Effect;
use crate::tui::source::OutboxState;
use crate::tui::waiting::Waiting;
use crate::tui::{rights, words};

impl Turn<'_> {
    pub(super) fn show_outbox(&mut self) {
        match self.source.drafts() {
            Ok(texts) => self.app.texts = texts,
            Err(error) => return self.app.say(Tone::Bad, format!("the drafts cannot be read: {error}")),
        }
        match Waiting::at(self.app, 0) {
            None => self.app.say(Tone::News, "the outbox is empty: nothing waits to be sent, and no text is begun"),
            first => self.app.layer = Some(Layer::Outbox { selected: 0, of: first }),
        }
    }

    pub(super) fn outbox_act(&mut self, selected: usize, act: Act) -> Option<Layer> {
        let last = (self.app.outbox.len() + self.app.texts.len()).saturating_sub(1);
        let at = selected.min(last);
        match act {
            Act::Up => Some(self.outbox_at(at.saturating_sub(1))),
            Act::Down => Some(self.outbox_at((at + 1).min(last))),
            Act::Keys => Some(self.outbox_at(at).explained()),
            Act::Retry if self.app.outbox.is_empty() => {
                self.app.say(Tone::News, "nothing waits to be sent");
                Some(self.outbox_at(at))
            }
            Act::Retry => {
                self.send(Command::SyncNow);
                self.app.say(Tone::News, "trying to send what waits");
                Some(self.outbox_at(at))
            }
            Act::TakeBack => match Waiting::at(self.app, at)? {
                Waiting::Mail(item) => self.take_back_from_outbox(&item, at),
                Waiting::Text(target) => self.ask_to_throw_away(&target, at),
            },
            Act::Open => {
                match Waiting::at(self.app, at)? {
                    Waiting::Mail(item) => self.go_to_answer(&item),
                    Waiting::Text(target) => self.go_on_with(&target),
                }
                self.app.layer.take()
            }
            _ => None,
        }
    }

    fn outbox_at(&self, selected: usize) -> Layer {
        Layer::Outbox { selected, of: Waiting::at(self.app, selected) }
    }

    /// Asks for this answer back; the list stays where that cannot be.
    fn take_back_from_outbox(&mut self, name: &Item, at: usize) -> Option<Layer> {
        let item = self.app.outbox.iter().find(|item| item.name() == *name)?;
        if item.state == OutboxState::Unknown {
            let open = self.app.keymap.key_for(Context::Outbox, Act::Open);
            self.app.say(Tone::Bad, format!("it may have been sent: {open} goes to it, to say what became of it"));
            return Some(self.outbox_at(at));
        }
        if !item.is_fresh {
            self.app.say(Tone::Bad, "too late: something of it is on a server already");
            return Some(self.outbox_at(at));
        }
        self.take_back(name.clone());
        None
    }

    fn text_of(&self, target: &Target) -> Option<KeptText> {
        self.app.texts.iter().find(|text| text.target == *target).cloned()
    }

    fn ask_to_throw_away(&self, target: &Target, at: usize) -> Option<Layer> {
        let text = self.text_of(target)?;
        let what = match text.subject.trim() {
            "" => words::kind(target).to_owned(),
            _ => words::quoted(&safe::line(&text.subject), self.theme.glyphs),
        };
        Some(Layer::Confirm {
            question: format!("Throw away what you have begun: {what}?"),
            explains: "Its text is gone then; nothing brings it back.".to_owned(),
            sure: Sure::ThrowAway(target.clone()),
            back: Some(Box::new(self.outbox_at(at))),
        })
    }

    /// Forgets a draft, after its person said yes.
    pub(super) fn throw_away(&mut self, target: &Target) {
        match self.source.draft(target) {
            Ok(Some(saved)) => {
                self.app.drafts.remove(target);
                self.app.texts.retain(|text| text.target != *target);
                self.effects.push(Effect::ForgetDraft(Box::new(saved)));
                self.app.say(Tone::Good, "the draft is thrown away");
                self.app.is_stale = true;
                // It stays open, empty too: who closes it must not close the program.
                self.app.layer = Some(self.outbox_at(0));
            }
            Ok(None) => self.app.say(Tone::News, "this draft is gone already"),
            Err(error) => self.app.say(Tone::Bad, format!("the draft cannot be read: {error}")),
        }
    }

    /// Goes to the mailbox of something in the outbox. `false` where it is not here, which is said.
    fn go_to_place_of(&mut self, target: &Target) -> bool {
        let Some(mailbox) = self.app.mailboxes.iter().position(|m| m.key() == target.mailbox) else {
            let says = format!("{} is not here now; the text stays kept", safe::line(&target.mailbox));
            self.app.say(Tone::Bad, says);
            return false;
        };
        self.go_to_mailbox(mailbox);
        self.app.focus = Focus::Queue;
        true
    }

    /// Opens a draft: as the answer that it is, or as a new mail where there is nothing left to answer.
    fn go_on_with(&mut self, target: &Target) {
        if !self.go_to_place_of(target) {
            return;
        }
        let gone = "this draft is gone: it was sent or thrown away elsewhere";
        if target.is_opening() {
            if !self.resume(target) {
                self.app.say(Tone::Bad, gone);
            }
            return;
        }
        match self.source.conversation(&target.mailbox, &target.root) {
            // The list stays as it is: its person comes back to it.
            Ok(Some(conversation)) => match rights::why_not_for(self.app, Act::Reply, &conversation) {
                Some(why) => self.app.say(Tone::Bad, why),
                None => self.reply_to(&conversation, false),
            },
            Ok(None) => match self.source.draft(target) {
                Ok(Some(saved)) => {
                    self.go_on(saved.as_new_mail());
                    let now = self.app.now;
                    if let Some(composer) = &mut self.app.composer {
                        // It is laid where it belongs now, also when nothing more is typed.
                        composer.touch(now);
                    }
                    self.app.say(Tone::News, "what it answered is gone from the mailbox: it goes on as a new mail");
                }
                Ok(None) => self.app.say(Tone::Bad, gone),
                Err(error) => self.app.say(Tone::Bad, format!("the draft cannot be read: {error}")),
            },
            Err(error) => self.unreadable(&error),
        }
    }

    /// The conversation that an answer belongs to; what became of it is asked where nobody knows.
    fn go_to_answer(&mut self, name: &Item) {
        let Some(item) = self.app.outbox.iter().find(|item| item.name() == *name).cloned() else { return };
        if !self.go_to_place_of(&item.target) {
            return;
        }
        match self.source.conversation(&item.target.mailbox, &item.target.root) {
            Ok(Some(conversation)) => {
                self.select(&item.target);
                if item.state == OutboxState::Unknown {
                    self.asks_for_fate(&conversation);
                }
            }
            // Nothing of it was announced, or its copy is gone: its person says all the same.
            Ok(None) if item.state == OutboxState::Unknown => {
                self.app.layer = Some(Layer::Fate { target: item.target, subject: item.subject, at: item.since });
            }
            Ok(None) => self.app.say(Tone::Bad, "its conversation is not here any more"),
            Err(error) => self.unreadable(&error),
        }
    }
}
