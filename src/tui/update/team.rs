//! Who has a conversation and what it is: claim, release, assign, take over, done, waiting, tags. The intent is shown at
//! once; the engine's answer puts it right.

use super::Turn;
use crate::engine::message::{Command, Ticket};
use crate::model::{Action, Assignee, Conversation, Expectation, Handle, Status, Uid};
use crate::tui::app::{App, TOO_LATE, Tone};
use crate::tui::intents::{Asked, Intent, undo_of, undo_of_seen};
use crate::tui::keymap::{Act, Context};
use crate::tui::layers::{Layer, Picker, Sure};
use crate::tui::source::OutboxItem;
use crate::tui::typing;
use crate::tui::words;
use crate::wire::keywords::{self, check_tag};

/// Steps that can be undone.
const DEPTH: usize = 50;

/// Changes of single conversations that they are made of.
const MOST: usize = 10_000;

impl Turn<'_> {
    /// Asks the engine for a change and shows it as if it were so.
    pub(super) fn ask(&mut self, conversation: &Conversation, action: Action, expect: Expectation, is_quiet: bool) {
        let (target, upto) = (App::target(conversation), conversation.newest_in_inbox());
        let undo = if is_quiet { None } else { self.way_back(&action, conversation, upto) };
        let asked = Asked { target, action, expect, upto, batch: None };
        self.ask_with(asked, conversation.subject.clone(), undo, is_quiet);
    }

    /// What takes a change back; `before` is the conversation as it was, `upto` the newest mail that the change is about.
    pub(super) fn way_back(&self, action: &Action, before: &Conversation, upto: Option<Uid>) -> Option<Asked> {
        let (action, expect) = match action {
            Action::Seen(seen) => {
                // Without its messages nobody knows which of them had been read: then it is not taken back.
                let thread = self.source.thread(&before.mailbox, &before.root).unwrap_or_default();
                undo_of_seen(*seen, before, &thread, upto)?
            }
            action => undo_of(action, before, self.app.me())?,
        };
        Some(Asked { target: App::target(before), action, expect, upto: before.newest_in_inbox(), batch: None })
    }

    /// The claim that an answer brings along: nobody asked for it by itself, so nothing is to be undone by itself either.
    pub(super) fn claim_to_answer(&mut self, conversation: &Conversation) {
        let asked = Asked {
            target: App::target(conversation),
            action: Action::Claim,
            expect: Expectation { assignee: Some(Assignee::Free), status: None },
            upto: conversation.newest_in_inbox(),
            batch: None,
        };
        self.ask_with(asked, conversation.subject.clone(), None, false);
    }

    pub(super) fn ask_with(&mut self, asked: Asked, subject: String, undo: Option<Asked>, is_quiet: bool) -> Ticket {
        let ticket = self.app.ticket();
        let me = self.app.me().cloned();
        let Asked { target, action, expect, upto, batch: _ } = asked;
        let is_undo = false;
        let intent = Intent {
            ticket,
            target: target.clone(),
            action: action.clone(),
            subject,
            me,
            undo,
            is_undo,
            is_quiet,
            is_behind: false,
            asked_at: None,
        };
        self.app.intents.push(intent);
        self.send(Command::Act { ticket, target, action, expect, upto });
        ticket
    }

    pub(super) fn claim(&mut self) {
        let Some(c) = self.app.subject() else { return };
        let me = self.app.me().cloned();
        let (action, expect) = match &c.assignee {
            Assignee::Free => (Action::Claim, Some(Assignee::Free)),
            _ => (Action::Release, c.assignee.holder().map(|_| me.into())),
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
            Err(error) => return self.unreadable(&error),
        };
        let has_it = c.assignee.holder().cloned().filter(|_| !self.app.is_many());
        let teammates = teammates.into_iter().filter(|t| Some(t) != has_it.as_ref()).collect();
        let input = typing::line("");
        let conversation = (!self.app.is_many()).then(|| Box::new(c));
        self.app.layer = Some(Layer::Picker(Picker { conversation, input, teammates, selected: 0 }));
    }

    /// Gives it to the teammate under the picker's cursor.
    pub(super) fn assign(&mut self, picker: &Picker) {
        let Some(to) = picker.chosen() else {
            self.app.say(Tone::Bad, "that is no handle: a–z, 0–9, “.”, “_”, “-”");
            return;
        };
        if Some(&to) != self.app.me() && !picker.teammates.contains(&to) && !self.is_known(&to) {
            let mailbox = crate::mail::safe::line(self.app.key());
            self.app.layer = Some(Layer::Confirm {
                question: format!("Nobody called {to} has been seen in {mailbox} yet. Assign it all the same?"),
                explains: "A name that is nobody's keeps it from everybody's work until somebody takes it over."
                    .to_owned(),
                sure: Sure::Unseen { conversation: picker.conversation.clone(), action: Action::Assign(to) },
                back: Some(Box::new(Layer::Picker(picker.clone()))),
            });
            return;
        }
        match &picker.conversation {
            Some(conversation) => self.assign_to(conversation, to),
            None => self.ask_many(Action::Assign(to)),
        }
    }

    fn is_known(&self, teammate: &Handle) -> bool {
        self.source.teammates(self.app.key()).is_ok_and(|known| known.contains(teammate))
    }

    pub(super) fn assign_to(&mut self, c: &Conversation, to: Handle) {
        let expect = Expectation { assignee: Some(c.assignee.clone()), status: None };
        let action =
            if Some(&to) == self.app.me() && c.assignee == Assignee::Free { Action::Claim } else { Action::Assign(to) };
        self.ask(c, action, expect, false);
    }

    /// Asks whether to take a conversation from a teammate; `then_reply` where that is the way to an answer (to all?).
    pub(super) fn ask_take_over(&mut self, c: Conversation, then_reply: Option<bool>) {
        let subject = words::about(&c.subject, self.theme.glyphs);
        let holders = &c.assignee;
        let (has, sees) = if c.is_contested() { ("both claim", "see") } else { ("has", "sees") };
        let then = if then_reply.is_some() { " Then you can write." } else { "" };
        // Whoever is about to write is told before they take it.
        let is_answered = then_reply.is_some() && c.waiting_since.is_none();
        let answered = if is_answered { ", and it is answered" } else { "" };
        self.app.layer = Some(Layer::Confirm {
            question: format!("{holders} {has} {subject}{answered}. Take it over?"),
            explains: format!("{holders} {sees} that you took it.{then}"),
            sure: Sure::TakeOver { conversation: Box::new(c), then_reply },
            back: None,
        });
    }

    pub(super) fn finish(&mut self, is_done: bool) {
        let Some(c) = self.app.subject() else { return };
        let (status, action) = if is_done { (Status::Done, Action::Done) } else { (Status::Waiting, Action::Waiting) };
        if c.status == status {
            return self.ask(&c, Action::Reopen, c.as_seen(), false);
        }
        self.ask(&c, action, c.as_seen(), false);
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
        let conversation = (!self.app.is_many()).then(|| Box::new(c));
        let present = conversation.as_ref().map(|c| c.tags.join(" ")).unwrap_or_default();
        let mut input = typing::line(&present);
        if !present.is_empty() {
            input.insert_char(' ');
        }
        let known = self.source.tags(self.app.key()).unwrap_or_default();
        self.app.layer = Some(Layer::Tags { conversation, input, known });
    }

    /// The tags are those that stand in the line, all others go; with signs, as on the command line, see [`tags_meant`].
    /// `again`: the window, for whoever did not mean it.
    pub(super) fn set_tags(&mut self, conversation: &Conversation, typed: &str, again: Layer) {
        let wanted = tags_meant(&conversation.tags, typed);
        if let Some(error) = wanted.iter().find_map(|tag| check_tag(tag).err()) {
            return self.app.say(Tone::Bad, error.to_string());
        }
        let has = |list: &[String], tag: &String| list.iter().any(|t| t.eq_ignore_ascii_case(tag));
        let add: Vec<String> = wanted.iter().filter(|t| !has(&conversation.tags, t)).cloned().collect();
        let remove: Vec<String> = conversation.tags.iter().filter(|t| !has(&wanted, t)).cloned().collect();
        if !add.is_empty() || !remove.is_empty() {
            self.tag(Some(conversation), add, remove, again);
        }
    }

    /// Tags it, or all that is selected; first whether it is meant, where a name is new in the folder.
    fn tag(&mut self, conversation: Option<&Conversation>, add: Vec<String>, remove: Vec<String>, again: Layer) {
        let new = self.new_names(&add);
        let action = Action::Tag { add, remove };
        if let Some(first) = new.first() {
            let names: Vec<String> = new.iter().map(|name| words::quoted(name, self.theme.glyphs)).collect();
            let known = self.app.keywords.get(self.app.key()).map_or(0, |known| known.len());
            let explains = match known {
                keywords::MANY.. => format!(
                    "{known} names are known in this folder already. Some servers keep only so many, for ever (Maildir 26, Cyrus 128): be sparing."
                ),
                _ => "All of the team sees it. Names are scarce: some servers never give one back.".to_owned(),
            };
            let mailbox = crate::mail::safe::line(self.app.key());
            let question = match new.len() {
                1 => format!(
                    "Nobody has used the tag {} in {mailbox} yet. Is it meant?",
                    words::quoted(first, self.theme.glyphs)
                ),
                _ => format!("Nobody has used the tags {} in {mailbox} yet. Are they meant?", names.join(", ")),
            };
            let conversation = conversation.cloned().map(Box::new);
            let sure = Sure::Unseen { conversation, action };
            let back = Some(Box::new(again));
            self.app.layer = Some(Layer::Confirm { question, explains, sure, back });
            return;
        }
        match conversation {
            Some(conversation) => self.ask(conversation, action, Expectation::default(), false),
            None => self.ask_many(action),
        }
    }

    /// Those of these tags that the folder does not know: nobody uses them, and the server does not list them.
    fn new_names(&self, tags: &[String]) -> Vec<String> {
        let used = self.source.tags(self.app.key()).unwrap_or_default();
        let listed = self.app.keywords.get(self.app.key());
        let is_known = |tag: &String| {
            used.iter().any(|known| known.eq_ignore_ascii_case(tag))
                || listed.is_some_and(|known| known.contains(&tag.to_ascii_lowercase()))
        };
        tags.iter().filter(|tag| !is_known(tag)).cloned().collect()
    }

    /// On many, a word without a sign is put on like one with `+`: what else is there on each stays.
    pub(super) fn set_tags_of_many(&mut self, typed: &str, again: Layer) {
        let words = typed.split([' ', ',']).filter(|word| !word.is_empty());
        let (off, on): (Vec<&str>, Vec<&str>) = words.partition(|word| word.len() > 1 && word.starts_with('-'));
        let add: Vec<String> = on.iter().map(|word| word.trim_start_matches('+').to_owned()).collect();
        let remove: Vec<String> = off.iter().map(|word| word[1..].to_owned()).collect();
        if let Some(error) = add.iter().find_map(|tag| check_tag(tag).err()) {
            return self.app.say(Tone::Bad, error.to_string());
        }
        if !add.is_empty() || !remove.is_empty() {
            self.tag(None, add, remove, again);
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
        let held = self.app.recallable().map(|h| h.item.clone());
        let held = held.or_else(|| self.app.waiting_to_be_sent().map(OutboxItem::name));
        let is_newest = !self.app.has_newer_undo();
        if let Some(item) = held.filter(|_| is_newest) {
            return self.take_back(item);
        }
        if self.app.is_just_leaving() && is_newest {
            return self.app.say_of_mail(Tone::Bad, "too late: what you sent is just leaving");
        }
        // The last change is not the one before it: it is taken back when it is there.
        if self.app.batch.is_none() && self.app.is_undoable_pending() {
            return self.app.say(Tone::News, "the last change is not done yet: undo it when it is");
        }
        if self.is_meant_for_what_left() {
            return;
        }
        let Some(undo) = self.app.undo.pop() else { return };
        if let Some(batch) = &self.app.batch {
            let says = format!("one thing at a time: {}", batch.progress());
            self.app.undo.push(undo);
            return self.app.say(Tone::Bad, says);
        }
        if let Some(said) = &mut self.app.activity {
            said.can_undo = false;
        }
        if undo.batch.is_some() {
            let first = self.app.undo.iter().rposition(|other| other.batch != undo.batch).map_or(0, |at| at + 1);
            let mut all = self.app.undo.split_off(first);
            all.push(undo);
            return self.undo_many(all);
        }
        let subject = self.subject_of(&undo);
        let ticket = self.ask_with(undo, subject, None, false);
        self.app.intents.is_undo(ticket, self.app.queue.root.clone());
    }

    /// Who takes back right after a mail has left means that mail: what came before it is not undone in its place without a
    /// word. Said once.
    fn is_meant_for_what_left(&mut self) -> bool {
        let Some(sent_at) = self.app.sent_at else { return false };
        let is_newest = self.app.undo_at.is_none_or(|at| at < sent_at);
        if !is_newest || self.app.now.duration_since(sent_at) >= TOO_LATE {
            return false;
        }
        self.app.sent_at = None;
        let undo = self.app.keymap.key_for(Context::Queue, Act::Undo);
        self.app
            .say(Tone::Bad, format!("too late: what you sent has left. {undo} again undoes what you did before it"));
        true
    }

    /// Keeps the step back from what was just said.
    pub(super) fn remember(&mut self, undo: Asked) {
        self.app.undo.push(undo);
        self.app.undo_at = Some(self.app.now);
        if let Some(said) = &mut self.app.activity {
            said.can_undo = true;
        }
        self.trim_undo();
    }

    /// Forgets the oldest steps where there are too many.
    pub(super) fn trim_undo(&mut self) {
        // What was done to many is one step.
        let begins =
            |at: usize, undo: &[Asked]| at == 0 || undo[at].batch.is_none() || undo[at].batch != undo[at - 1].batch;
        let undo = &mut self.app.undo;
        let steps: Vec<usize> = (0..undo.len()).filter(|at| begins(*at, undo)).collect();
        let kept =
            |from: usize| steps.len() - from <= DEPTH && (undo.len() - steps[from] <= MOST || from + 1 == steps.len());
        let first = (0..steps.len()).find(|from| kept(*from)).map_or(0, |from| steps[from]);
        undo.drain(..first);
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
