//! Who has a conversation and what it is: claim, release, assign, take over, done, waiting, tags. The intent is shown at
//! once; the engine's answer puts it right.

use super::Turn;
use crate::engine::message::Command;
use crate::model::{Action, Assignee, Conversation, Expectation, Status};
use crate::tui::app::{App, Tone};
use crate::tui::intents::{Asked, Intent, undo_of};
use crate::tui::layers::{Layer, Picker, Sure};
use crate::tui::typing;
use crate::tui::words;
use crate::wire::keywords::check_tag;

/// Steps that can be undone.
const DEPTH: usize = 50;

impl Turn<'_> {
    /// Asks the engine for a change and shows it as if it were so.
    pub(super) fn ask(&mut self, conversation: &Conversation, action: Action, expect: Expectation, is_quiet: bool) {
        let me = self.app.me().cloned();
        let asked = |action, expect| Asked {
            target: App::target(conversation),
            action,
            expect,
            upto: conversation.newest_in_inbox(),
        };
        let undo = undo_of(&action, conversation, me.as_ref()).filter(|_| !is_quiet);
        let undo = undo.map(|(action, expect)| asked(action, expect));
        self.ask_with(asked(action, expect), conversation.subject.clone(), undo, is_quiet);
    }

    /// The claim that an answer brings along: nobody asked for it by itself, so nothing is to be undone by itself either.
    pub(super) fn claim_to_answer(&mut self, conversation: &Conversation) {
        let asked = Asked {
            target: App::target(conversation),
            action: Action::Claim,
            expect: Expectation { assignee: Some(None), status: None },
            upto: conversation.newest_in_inbox(),
        };
        self.ask_with(asked, conversation.subject.clone(), None, false);
    }

    fn ask_with(&mut self, asked: Asked, subject: String, undo: Option<Asked>, is_quiet: bool) {
        let ticket = self.app.ticket();
        let me = self.app.me().cloned();
        let Asked { target, action, expect, upto } = asked;
        let intent = Intent { ticket, target: target.clone(), action: action.clone(), subject, me, undo, is_quiet };
        self.app.intents.push(intent);
        self.send(Command::Act { ticket, target, action, expect, upto });
    }

    pub(super) fn claim(&mut self) {
        let Some(c) = self.app.subject() else { return };
        let me = self.app.me().cloned();
        let (action, expect) = match &c.assignee {
            Assignee::Free => (Action::Claim, Some(None)),
            _ => (Action::Release, c.assignee.holder().map(|_| me)),
        };
        self.ask(&c, action, Expectation { assignee: expect, status: None }, false);
    }

    pub(super) fn take_next(&mut self) {
        let ticket = self.app.ticket();
        let mailbox = self.app.key().to_owned();
        self.app.nexts.push(ticket);
        self.app.say(Tone::News, "taking the one that has waited longest");
        self.send(Command::Next { ticket, mailbox });
    }

    pub(super) fn pick_teammate(&mut self) {
        let Some(c) = self.app.subject() else { return };
        let teammates = match self.source.teammates(&c.mailbox) {
            Ok(teammates) => teammates,
            Err(error) => return self.app.say(Tone::Bad, format!("the cache cannot be read: {error}")),
        };
        let has_it = c.assignee.holder().cloned();
        let teammates = teammates.into_iter().filter(|t| Some(t) != has_it.as_ref()).collect();
        let input = typing::line("");
        self.app.layer = Some(Layer::Picker(Picker { conversation: Box::new(c), input, teammates, selected: 0 }));
    }

    /// Gives it to the teammate under the picker's cursor.
    pub(super) fn assign(&mut self, picker: &Picker) {
        let Some(to) = picker.chosen() else {
            self.app.say(Tone::Bad, "that is no handle: a–z, 0–9, “.”, “_”, “-”");
            return;
        };
        let c = &picker.conversation;
        let expect = Expectation { assignee: Some(c.assignee.holder().cloned()), status: None };
        let action =
            if Some(&to) == self.app.me() && c.assignee == Assignee::Free { Action::Claim } else { Action::Assign(to) };
        self.ask(c, action, expect, false);
    }

    /// Asks whether to take a conversation from a teammate; `then_reply` where that is the way to an answer (to all?).
    pub(super) fn ask_take_over(&mut self, then_reply: Option<bool>) {
        let Some(c) = self.app.subject() else { return };
        let Some(holder) = c.assignee.holder().cloned() else { return };
        let subject = words::quoted(&c.subject, self.theme.glyphs);
        let explains = match then_reply {
            Some(_) => format!("{holder} sees that you took it. Then you can write."),
            None => format!("{holder} sees that you took it."),
        };
        self.app.layer = Some(Layer::Confirm {
            question: format!("{holder} has {subject}. Take it over?"),
            explains,
            sure: Sure::TakeOver { conversation: Box::new(c), holder, then_reply },
        });
    }

    pub(super) fn finish(&mut self, is_done: bool) {
        let Some(c) = self.app.subject() else { return };
        let (status, action) = if is_done { (Status::Done, Action::Done) } else { (Status::Waiting, Action::Waiting) };
        if c.status == status {
            return self.ask(&c, Action::Reopen, Expectation::default(), false);
        }
        self.ask(&c, action, Expectation::default(), false);
        self.go_on_from(&c.root);
    }

    /// The next conversation: its person has done with this one.
    pub(super) fn go_on_from(&mut self, root: &str) {
        if self.app.queue.root.as_deref() != Some(root) {
            return;
        }
        let is_last = self.app.queue.selected + 1 >= self.app.queue.len();
        self.app.queue.done_with = Some(root.to_owned());
        self.step(if is_last { -1 } else { 1 });
    }

    pub(super) fn type_tags(&mut self) {
        let Some(c) = self.app.subject() else { return };
        let mut input = typing::line(&c.tags.join(" "));
        if !c.tags.is_empty() {
            input.insert_char(' ');
        }
        self.app.layer = Some(Layer::Tags { conversation: Box::new(c), input });
    }

    /// The tags are those that stand in the line, all others go; with signs, as on the command line, see [`tags_meant`].
    pub(super) fn set_tags(&mut self, conversation: &Conversation, typed: &str) {
        let wanted = tags_meant(&conversation.tags, typed);
        if let Some(error) = wanted.iter().find_map(|tag| check_tag(tag).err()) {
            return self.app.say(Tone::Bad, error.to_string());
        }
        let has = |list: &[String], tag: &String| list.iter().any(|t| t.eq_ignore_ascii_case(tag));
        let add: Vec<String> = wanted.iter().filter(|t| !has(&conversation.tags, t)).cloned().collect();
        let remove: Vec<String> = conversation.tags.iter().filter(|t| !has(&wanted, t)).cloned().collect();
        if !add.is_empty() || !remove.is_empty() {
            self.ask(conversation, Action::Tag { add, remove }, Expectation::default(), false);
        }
    }

    pub(super) fn flip_urgent(&mut self) {
        if let Some(c) = self.app.subject() {
            self.ask(&c, Action::Urgent(!c.urgent), Expectation::default(), false);
        }
    }

    pub(super) fn flip_unread(&mut self) {
        if let Some(c) = self.app.subject() {
            self.ask(&c, Action::Seen(c.unread), Expectation::default(), false);
        }
    }

    /// Takes back the answer that is still held, else the last change.
    pub(super) fn undo(&mut self) {
        if let Some(item) = self.app.recallable().map(|h| h.item) {
            return self.recall(item);
        }
        let Some(undo) = self.app.undo.pop() else { return };
        if let Some(said) = &mut self.app.activity {
            said.can_undo = false;
        }
        let subject = match self.source.conversation(&undo.target.mailbox, &undo.target.root) {
            Ok(Some(conversation)) => conversation.subject,
            _ => String::new(),
        };
        self.ask_with(undo, subject, None, false);
    }

    /// Keeps the step back from what was just said.
    pub(super) fn remember(&mut self, undo: Asked) {
        self.app.undo.push(undo);
        if let Some(said) = &mut self.app.activity {
            said.can_undo = true;
        }
        let surplus = self.app.undo.len().saturating_sub(DEPTH);
        self.app.undo.drain(..surplus);
    }
}

/// The tags that a typed line means where `present` are there: `+x` adds and `-x` takes off, as on the command line; a
/// line of such words alone leaves the others as they are.
fn tags_meant(present: &[String], typed: &str) -> Vec<String> {
    let words = || typed.split([' ', ',']).filter(|word| !word.is_empty());
    // Another program's tag may begin with such a sign.
    let is_tag = |word: &str| present.iter().any(|tag| tag.eq_ignore_ascii_case(word));
    let is_signed = |word: &&str| word.len() > 1 && word.starts_with(['+', '-']) && !is_tag(word);
    let mut meant: Vec<String> = words().filter(|word| !is_signed(word)).map(str::to_owned).collect();
    if meant.is_empty() && words().next().is_some() {
        meant = present.to_vec();
    }
    for word in words().filter(is_signed) {
        let (sign, tag) = word.split_at(1);
        meant.retain(|t| !t.eq_ignore_ascii_case(tag));
        if sign == "+" {
            meant.push(tag.to_owned());
        }
    }
    meant
}
