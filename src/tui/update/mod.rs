//! One message at a time: what it changes in the state, and what is to be done about it.

mod answer;
mod compose;
mod engine;
mod filing;
mod finding;
mod items;
mod keys;
mod many;
mod mouse;
mod moves;
mod news;
mod notice;
mod outbox;
mod palette;
mod small;
mod team;

use std::time::Duration;

use super::app::{App, Tone};
use super::load;
use super::message::{Effect, Message};
use super::source::{Source, SourceError};
use super::theme::Theme;
use crate::engine::message::{Command, Target};
use crate::model::Action;

/// How long after its hold an answer is waited for.
const HELD_AT_MOST: Duration = Duration::from_secs(60);

/// Takes a message in; `app.now` is the time at which it came. The state that is left can be drawn.
pub fn update(app: &mut App, source: &dyn Source, theme: &Theme, message: Message) -> Vec<Effect> {
    let mut turn = Turn { app, source, theme, effects: Vec::new() };
    turn.take(message);
    turn.settle();
    turn.effects
}

/// One message's handling.
struct Turn<'a> {
    app: &'a mut App,
    source: &'a dyn Source,
    theme: &'a Theme,
    effects: Vec<Effect>,
}

impl Turn<'_> {
    fn take(&mut self, message: Message) {
        match message {
            Message::Key { key, at } => self.key(key, at),
            Message::Mouse(event) => self.mouse(event),
            Message::Paste(text) => self.paste(&text),
            Message::Resize(width, height) => self.app.size = ratatui::layout::Size { width, height },
            Message::Focus(has_focus) => self.app.notices.focus(has_focus),
            Message::Engine(event) => self.event(event),
            Message::Edited(edited) => self.edited(edited),
            Message::FoundEdited { subject, rest } => self.found_edited(&subject, rest.as_deref()),
            Message::NotKept(why) => self.not_kept(&why),
            Message::KeptApart(target) => self.kept_apart(&target),
            Message::Piped(outcome) => self.piped(outcome),
            Message::Browsed { folder, outcome } => self.browsed(&folder, outcome),
            Message::Attached(outcome) => self.attached(outcome),
            Message::Tick => self.tick(),
            Message::HangUp => {
                self.keep_draft();
                self.send(Command::Quit);
                self.effects.push(Effect::Quit);
            }
        }
    }

    fn send(&mut self, command: Command) {
        if let Command::Act { target, .. } | Command::Settle { target, .. } = &command {
            self.asked(target);
        }
        self.effects.push(Effect::Command(command));
    }

    fn unreadable(&mut self, error: &SourceError) {
        self.app.say(Tone::Bad, format!("the cache cannot be read: {error}"));
    }

    /// Puts the cursor on a conversation, in whichever view it is at home.
    fn select(&mut self, target: &Target) {
        if let Err(error) = load::select(self.app, self.source, target) {
            self.unreadable(&error);
        }
    }

    fn tick(&mut self) {
        if self.app.composer.as_ref().and_then(|c| c.save_at()).is_some_and(|at| at <= self.app.now) {
            self.keep_draft();
        }
        self.app.bring_next();
        self.answer_alone();
        if self.app.finding.asks_at().is_some_and(|at| at <= self.app.now) {
            self.ask_server();
        }
        let now = self.app.now;
        // What has left its hold stays known until it is told what became of it, or much longer than that takes.
        self.app.held.retain(|h| h.until + HELD_AT_MOST > now);
        let day = now.to_zoned(self.app.settings.zone.clone()).date();
        if self.app.day.replace(day) != Some(day)
            && let Some(reading) = &mut self.app.reading
        {
            // Times of day turn into days.
            reading.forget_lines();
        }
    }

    /// After every message: rows for the next frame, mail for the conversation that is read, a notice that is due.
    fn settle(&mut self) {
        if let Some(text) = self.app.notices.due(self.app.now) {
            self.effects.push(Effect::Notice(text));
        }
        load::fill(self.app, self.source, self.theme);
        if self.app.open_at.is_some_and(|at| at <= self.app.now) {
            self.app.open_at = None;
            self.read_fully();
        }
        self.mark_read();
    }

    /// Reads all of the conversation, and asks the server for what is not here.
    fn read_fully(&mut self) {
        let Some(reading) = &mut self.app.reading else { return };
        (reading.is_full, reading.needs_look) = (true, true);
        load::fill(self.app, self.source, self.theme);
        if let Some(reading) = self.app.reading.as_mut().filter(|r| !r.is_asked && !r.wanted().is_empty()) {
            reading.asked();
            let target = reading.target.clone();
            self.send(Command::Open { target });
        }
    }

    /// A conversation that is read with the keys in it is marked as read, once.
    fn mark_read(&mut self) {
        let is_read_now = self.app.focus == super::app::Focus::Reading && load::marks_read(self.app);
        let Some(reading) = self.app.reading.as_mut().filter(|r| is_read_now && !r.is_marked) else { return };
        let Some(conversation) = reading.conversation.clone() else { return };
        reading.is_marked = true;
        if conversation.unread {
            self.ask(&conversation, Action::Seen(true), crate::model::Expectation::default(), true);
        }
    }
}
