//! Keys in the small windows: help, mailboxes, the picker, tags, questions.

use ratatui_textarea::CursorMove;

use super::Turn;
use crate::engine::message::{Command, Verdict};
use crate::model::{Action, Conversation, Expectation};
use crate::tui::app::Tone;
use crate::tui::keymap::Act;
use crate::tui::layers::{Layer, Sure};
use crate::tui::{tags, typing, words};

impl Turn<'_> {
    pub(super) fn small_act(&mut self, act: Act) {
        let Some(mut layer) = self.app.layer.take() else { return };
        if layer.input().is_some_and(|input| typing::act_in_line(input, act)) {
            self.app.layer = Some(layer);
            self.browse();
            return;
        }
        // What is put back stays on the screen.
        self.app.layer = match (layer, act) {
            (Layer::Help { of, scroll, under }, act) => match scrolled(scroll, act) {
                Some(scroll) => Some(Layer::Help { of, scroll, under }),
                None => under.map(|layer| *layer),
            },
            (Layer::Said { scroll }, act) => scrolled(scroll, act).map(|scroll| Layer::Said { scroll }),
            (Layer::Mailboxes { selected }, act) => self.mailboxes_act(selected, act),
            (Layer::Outbox { selected, .. }, act) => self.outbox_act(selected, act),
            (Layer::Picker(mut picker), Act::LineUp | Act::LineDown) => {
                let last = picker.matching().len().saturating_sub(1);
                let at = picker.selected.min(last);
                picker.selected = if act == Act::LineUp { at.saturating_sub(1) } else { (at + 1).min(last) };
                Some(Layer::Picker(picker))
            }
            (Layer::Picker(picker), Act::Accept) => {
                self.assign(&picker);
                self.app.layer.take()
            }
            (Layer::Folders(mut picker), Act::LineUp | Act::LineDown) => {
                let last = picker.matching().len().saturating_sub(1);
                let at = picker.selected.min(last);
                picker.selected = if act == Act::LineUp { at.saturating_sub(1) } else { (at + 1).min(last) };
                Some(Layer::Folders(picker))
            }
            (Layer::Folders(picker), Act::Accept) => self.move_to(picker),
            (Layer::Items(choice), act) => self.items_act(choice, act),
            (Layer::Line { ask, title, input }, Act::Accept) => self.line_typed(ask, title, &typing::text_of(&input)),
            (Layer::Tags { conversation, mut input, known }, Act::Complete) => {
                // What is taken off is there.
                let there = conversation.as_ref().map(|c| c.tags.as_slice());
                let is_off =
                    typing::text_of(&input).rsplit([' ', ',']).next().is_some_and(|word| word.starts_with('-'));
                let of = there.filter(|_| is_off).unwrap_or(&known);
                if let Some(line) = tags::completed(&input, of) {
                    input = typing::line(&line);
                    input.move_cursor(CursorMove::End);
                    input.insert_char(' ');
                }
                Some(Layer::Tags { conversation, input, known })
            }
            (Layer::Tags { conversation, input, known }, Act::Accept) => {
                let again = Layer::Tags { conversation: conversation.clone(), input: input.clone(), known };
                match conversation {
                    Some(conversation) => self.set_tags(&conversation, &typing::text_of(&input), again),
                    None => self.set_tags_of_many(&typing::text_of(&input), again),
                }
                self.app.layer.take()
            }
            (Layer::Confirm { back, .. }, Act::Cancel) => back.map(|layer| *layer),
            (Layer::Confirm { sure, .. }, Act::Accept) => {
                self.confirmed(sure);
                // Many are asked about once more.
                self.app.layer.take()
            }
            (Layer::Fate { target, .. }, Act::WasSent | Act::Discard) => {
                let ticket = self.app.ticket();
                let verdict = if act == Act::WasSent { Verdict::WasSent } else { Verdict::Discard };
                self.app.settlings.push((ticket, verdict));
                self.send(Command::Settle { ticket, target, verdict });
                self.app.say(Tone::News, "settling it with the server");
                None
            }
            (Layer::Attaching(window), act) => self.attaching_act(window, act),
            (_, Act::Cancel) => None,
            (layer, _) => Some(layer),
        };
    }

    fn mailboxes_act(&mut self, selected: usize, act: Act) -> Option<Layer> {
        let last = self.app.mailboxes.len().saturating_sub(1);
        let selected = match act {
            Act::Up => selected.saturating_sub(1),
            Act::Down => (selected + 1).min(last),
            Act::Open => {
                self.go_to_mailbox(selected);
                return None;
            }
            Act::Keys => return Some(Layer::Mailboxes { selected }.explained()),
            _ => return None,
        };
        Some(Layer::Mailboxes { selected })
    }

    fn confirmed(&mut self, sure: Sure) {
        match sure {
            Sure::Quit => self.leave(),
            Sure::SendToo { then, seen } => self.send_too(then, seen),
            Sure::ThrowAway(target) => self.throw_away(&target),
            Sure::Scrap => self.scrap(),
            Sure::Follow(target) => self.launch(target),
            Sure::Many(action) => self.begin_batch(action),
            Sure::Unseen { conversation: None, action } => self.ask_many(action),
            Sure::Unseen { conversation: Some(c), action: Action::Assign(to) } => self.assign_to(&c, to),
            Sure::Unseen { conversation: Some(c), action } => self.ask(&c, action, Expectation::default(), false),
            Sure::SendUnannounced { then } => self.send_answer(then, true),
            Sure::TakeOver { conversation, then_reply } => {
                if self.has_changed_since(&conversation) {
                    let subject = words::about(&conversation.subject, self.theme.glyphs);
                    let says = format!("{subject} changed while you were asked: look at it first; nothing was taken");
                    return self.app.say(Tone::Bad, says);
                }
                let expect = Expectation { assignee: Some(conversation.assignee.clone()), status: None };
                self.ask(&conversation, Action::TakeOver, expect, false);
                // An answer may have been announced since the question was put.
                let now = self.source.conversation(&conversation.mailbox, &conversation.root);
                let now = now.ok().flatten().unwrap_or(*conversation);
                if let Some(all) = then_reply
                    && !self.asks_for_fate(&now)
                    && self.write(&now, all)
                {
                    self.go_on_with_typed();
                }
            }
        }
    }

    /// Whether mail came or went since a question about a conversation was put, or what became of it: an answer of the one who
    /// had it, before all. One that is on its way has a question of its own.
    fn has_changed_since(&self, asked: &Conversation) -> bool {
        let now = self.source.conversation(&asked.mailbox, &asked.root);
        now.ok().flatten().is_some_and(|now| {
            let is_same = (now.messages, now.last_at, now.status) == (asked.messages, asked.last_at, asked.status);
            !is_same && !now.has_pending_answer
        })
    }
}

/// Where a window of lines stands after this key; nowhere where the key closes it.
fn scrolled(scroll: u16, act: Act) -> Option<u16> {
    match act {
        Act::Down => Some(scroll.saturating_add(1)),
        Act::Up => Some(scroll.saturating_sub(1)),
        Act::HalfDown => Some(scroll.saturating_add(8)),
        Act::HalfUp => Some(scroll.saturating_sub(8)),
        Act::Top => Some(0),
        // It stops at the last line.
        Act::Bottom => Some(u16::MAX),
        _ => None,
    }
}
