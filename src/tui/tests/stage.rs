//! A screen without a terminal: keys and events in, frames and effects out.

use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::engine::message::{Command, Connection, Event, Ticket};
use crate::model::{Action, Conversation, Expectation, Refusal};
use crate::store::Laid;
use crate::tui::app::{Account, App, Settings};
use crate::tui::chord::Chord;
use crate::tui::depth::Depth;
use crate::tui::fake::{self, Fake, NOW, SUPPORT, at, handle};
use crate::tui::glyphs::GlyphSet;
use crate::tui::message::{Effect, Message};
use crate::tui::source::Drafts;
use crate::tui::theme::Theme;
use crate::tui::update::update;
use crate::tui::view::draw;

/// One screen with its source.
pub struct Stage {
    pub app: App,
    pub fake: Fake,
    pub theme: Theme,
    /// What was asked of the engine, oldest first.
    pub commands: Vec<Command>,
    /// Everything else that the runner would have done.
    pub others: Vec<String>,
}

impl Stage {
    /// Alice before the support mailbox, live.
    pub fn new(width: u16, height: u16) -> Self {
        Self::with(fake::support(), width, height)
    }

    pub fn with(fake: Fake, width: u16, height: u16) -> Self {
        let mut settings = Settings::default();
        let alice = Account { handle: Some(handle("alice")), name: Some("Alice Archer".into()), is_plaintext: false };
        settings.accounts.insert("work".into(), alice);
        settings.targets.insert(SUPPORT.into(), Duration::from_secs(4 * 3600));
        let app = App::new(settings, at(NOW), Size { width, height });
        let theme = Theme::built_in(true, Depth::True, GlyphSet::Unicode);
        let mut stage = Self { app, fake, theme, commands: Vec::new(), others: Vec::new() };
        stage.tell(Event::Connection { mailbox: SUPPORT.into(), state: Connection::Live });
        stage
    }

    pub fn send(&mut self, message: Message) {
        let effects = update(&mut self.app, &self.fake, &self.theme, message);
        for effect in effects {
            match effect {
                Effect::Command(command) => self.commands.push(command),
                Effect::KeepDraft(draft) => {
                    if (&self.fake).put(&draft).unwrap() == Laid::Apart {
                        self.send(Message::KeptApart(draft.target));
                    }
                }
                Effect::ForgetDraft(draft) => (&self.fake).forget(&draft).unwrap(),
                other => self.others.push(format!("{other:?}")),
            }
        }
    }

    /// Presses keys, written as the keymap writes them, parted by blanks.
    pub fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let chord = Chord::parse(key).unwrap();
            self.send(Message::Key { key: chord.key_event(), at: self.app.now });
        }
    }

    /// Types text, key by key.
    pub fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.send(Message::Key { key: KeyEvent::from(crossterm::event::KeyCode::Char(c)), at: self.app.now });
        }
    }

    pub fn tell(&mut self, event: Event) {
        self.send(Message::Engine(event));
    }

    pub fn changed(&mut self) {
        self.tell(Event::Changed);
    }

    /// Time goes by.
    pub fn pass(&mut self, milliseconds: u64) {
        self.app.now += Duration::from_millis(milliseconds);
        self.send(Message::Tick);
    }

    /// Its person reads what came up before the next key.
    pub fn look(&mut self) {
        self.app.is_drawn(self.app.now);
        self.pass(600);
    }

    /// Its person reads the question that came up in place of a text, and answers it.
    pub fn answer(&mut self, key: &str) {
        self.look();
        self.press(key);
        self.pass(500);
    }

    /// The last change that was asked for.
    pub fn last_act(&self) -> (Ticket, &str, &Action) {
        let act = self.commands.iter().rev().find_map(|c| match c {
            Command::Act { ticket, target, action, .. } => Some((*ticket, target.root.as_str(), action)),
            _ => None,
        });
        act.expect("nothing was asked")
    }

    /// What was asked last, and what it expects to find.
    pub fn last_asked(&self) -> (Action, Expectation) {
        let Some(Command::Act { action, expect, .. }) = self.commands.last() else { panic!("nothing was asked") };
        (action.clone(), expect.clone())
    }

    /// The engine carries the last change out.
    pub fn grant(&mut self, change: impl FnOnce(&mut Conversation)) {
        let (ticket, root, _) = self.last_act();
        let root = root.to_owned();
        self.fake.change(&root, change);
        let now = self.fake.rows.borrow().iter().find(|c| c.root == root).cloned().map(Box::new);
        self.tell(Event::Done { ticket, outcome: Ok(now) });
    }

    pub fn refuse(&mut self, refusal: Refusal) {
        let (ticket, ..) = self.last_act();
        self.tell(Event::Done { ticket, outcome: Err(refusal) });
    }

    pub fn resize(&mut self, width: u16, height: u16) {
        self.send(Message::Resize(width, height));
    }

    /// The frame.
    pub fn buffer(&self) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.app.size.width, self.app.size.height));
        draw(&self.app, &self.theme, &mut buffer);
        buffer
    }

    /// The frame as text, blanks at the ends of lines taken off.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut text = String::new();
        for y in 0..buffer.area().height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area().width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += crate::tui::cells::width(symbol).max(1) as u16;
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The line of the frame that holds a text.
    pub fn line_with(&self, text: &str) -> String {
        let screen = self.screen();
        screen.lines().find(|l| l.contains(text)).unwrap_or_else(|| panic!("no “{text}” in\n{screen}")).to_owned()
    }

    pub fn shows(&self, text: &str) -> bool {
        self.screen().contains(text)
    }

    /// The root of the selected conversation.
    pub fn selected(&self) -> &str {
        self.app.queue.root.as_deref().unwrap_or_default()
    }
}
