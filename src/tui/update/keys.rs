//! A key becomes an action, by the keymap; what has no action is text where text is typed.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use jiff::{SignedDuration, Timestamp};

use super::Turn;
use crate::model::Destination;
use crate::tui::app::{Focus, Tone};
use crate::tui::chord::Chord;
use crate::tui::composer::Field;
use crate::tui::finding::Which;
use crate::tui::items::Purpose;
use crate::tui::keymap::{Act, Context, Found, shown};
use crate::tui::layers::{Layer, Sure};
use crate::tui::message::Effect;
use crate::tui::typed_ahead::TypedAhead;
use crate::tui::{rights, typing};

/// Whoever leaves a place presses the key for that once too often within this time.
const ONE_TOO_MANY: SignedDuration = SignedDuration::from_secs(1);

impl Turn<'_> {
    /// `at`: when it was pressed.
    pub(super) fn key(&mut self, key: KeyEvent, at: Timestamp) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        if self.app.pressed.is_empty() && self.is_typed_ahead(&key, at) {
            return;
        }
        self.work_off(key);
    }

    /// A letter that was kept back counts now, as nothing was typed on behind it.
    pub(super) fn answer_alone(&mut self) {
        let now = self.app.now;
        if let Some(key) = self.app.typed_ahead.as_mut().and_then(|ahead| ahead.answer(now)) {
            self.work_off(key);
            let is_over = self.app.layer.is_none() && self.app.composer.is_none();
            let ahead = self.app.typed_ahead.take_if(|_| is_over);
            // Where the answer brought a word of its own, that counts.
            let is_silent = self.app.activity.as_ref().is_none_or(|said| said.at < now);
            if is_silent && ahead.and_then(TypedAhead::text).is_some() {
                self.app.say(Tone::News, "what you typed before the question is dropped");
            }
        }
    }

    fn work_off(&mut self, key: KeyEvent) {
        let context = self.app.context();
        self.app.pressed.push(Chord::of(&key));
        let found = self.app.keymap.find(context, &self.app.pressed);
        let was_waiting = self.app.pressed.len() > 1;
        match found {
            Found::Pending => {}
            Found::Act(act) => {
                self.app.pressed.clear();
                let was_finding = self.app.finding.is_active();
                self.act(act);
                self.look_for_text(context, act);
                let has_left = context != Context::Queue || was_finding && !self.app.finding.is_active();
                // The window of an outbox in which nothing is does not come up.
                if self.app.context() == Context::Queue && (has_left || act == Act::Outbox) {
                    self.app.came_back_at = Some(self.app.now);
                }
            }
            Found::Nothing => {
                self.app.pressed.clear();
                if was_waiting {
                    // `g` then `c`: the `g` is forgotten, the `c` counts.
                    self.work_off(key);
                } else if context.takes_text() {
                    self.type_key(key);
                } else {
                    self.say_unbound(&key);
                }
            }
        }
    }

    /// Where a key asked for a text, or to send it, and something else came up: who types on at once has not seen that.
    fn look_for_text(&mut self, context: Context, act: Act) {
        let is_writing = self.app.composer.is_some();
        let is_missed = match act {
            Act::Reply | Act::ReplyAll | Act::Forward | Act::New => !is_writing && context != Context::Writing,
            Act::Send | Act::SendDone => is_writing,
            _ => false,
        };
        if is_missed {
            let is_window = self.app.layer.is_some();
            self.app.typed_ahead = Some(TypedAhead::begun(is_window));
        }
    }

    /// Whether a key led back into the queue a moment ago: once more the same key would end the program. Asked once.
    fn has_just_come_back(&mut self) -> bool {
        self.app.came_back_at.take().is_some_and(|at| self.app.now.duration_since(at) < ONE_TOO_MANY)
    }

    /// Whether this key was pressed without looking at what came up in place of a text; it does nothing then.
    fn is_typed_ahead(&mut self, key: &KeyEvent, at: Timestamp) -> bool {
        // With its window it is over.
        let is_closed = self.app.layer.is_none();
        self.app.typed_ahead.take_if(|ahead| ahead.is_window && is_closed);
        let Some(ahead) = &mut self.app.typed_ahead else { return false };
        if !ahead.takes(key, at) {
            return false;
        }
        if ahead.is_undecided() {
            return true;
        }
        const DROPPED: &str = "; what you typed on was dropped";
        let why = self.app.activity.as_ref().filter(|a| a.tone == Tone::Bad);
        let why = why.map(|a| a.text.strip_suffix(DROPPED).unwrap_or(&a.text).to_owned());
        let says = match (&self.app.layer, why) {
            (Some(Layer::Confirm { sure: Sure::TakeOver { .. }, .. }), _) => {
                "you typed on as the question came up: after a yes it stands in your answer".to_owned()
            }
            (Some(_), _) => "you typed on as the question came up: that was no answer to it".to_owned(),
            (None, Some(why)) => format!("{why}{DROPPED}"),
            (None, None) => format!("it was not sent{DROPPED}"),
        };
        self.app.say(Tone::Bad, says);
        true
    }

    /// Says, once, that a key does nothing here.
    fn say_unbound(&mut self, key: &KeyEvent) {
        if matches!(key.code, KeyCode::Modifier(_) | KeyCode::Media(_) | KeyCode::Null) {
            return;
        }
        let pressed = shown(&Chord::of(key).to_string());
        if pressed.is_empty() {
            return;
        }
        let dot = self.theme.glyphs.dot;
        let keys = self.app.keymap.key_for(Context::Queue, Act::Keys);
        let says = match self.app.context() {
            Context::Queue | Context::Reading => format!("no such key: {pressed} {dot} {keys} lists the keys"),
            _ => format!("no such key in this window: {pressed}"),
        };
        if self.app.activity.as_ref().is_none_or(|a| a.text != says) {
            self.app.say(Tone::News, says);
        }
    }

    fn type_key(&mut self, key: KeyEvent) {
        if let (Some(Layer::Items(_)), KeyCode::Char(digit @ '0'..='9')) = (&self.app.layer, key.code) {
            return self.item_digit(digit);
        }
        let now = self.app.now;
        if let Some(layer) = &mut self.app.layer {
            match layer.input() {
                Some(input) => drop(typing::key(input, key, true)),
                None => return self.say_unbound(&key),
            }
            match layer {
                Layer::Picker(picker) => picker.selected = 0,
                Layer::Folders(picker) => picker.selected = 0,
                Layer::Attaching(window) => window.selected = 0,
                Layer::Palette(palette) => palette.narrow(),
                _ => {}
            }
            self.browse();
        } else if self.app.composer.is_none() && self.app.finding.typing.is_some() {
            if self.app.finding.typed().is_some_and(|line| typing::key(&mut line.input, key, true)) {
                self.line_changed();
            }
        } else if let Some(composer) = &mut self.app.composer {
            let is_letter = matches!(key.code, KeyCode::Char(_))
                && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
            if is_letter && !composer.field.takes_text() {
                // Who types where nothing is typed means the text.
                composer.field = Field::Body;
            }
            let field = composer.field;
            let is_one_line = field != Field::Body;
            let is_enter = is_one_line && key.code == KeyCode::Enter;
            if is_enter && self.offer_act(Act::NextField) {
                return;
            }
            let Some(composer) = &mut self.app.composer else { return };
            if let Some(area) = composer.typed()
                && typing::key(area, key, is_one_line)
            {
                composer.touch(now);
                self.offer();
            } else if field == Field::Files && matches!(key.code, KeyCode::Delete | KeyCode::Backspace) {
                self.detach();
            } else if is_enter {
                composer.turn(false);
            }
        }
    }

    /// Pasted text is text: outside of a text field it is dropped, and never read as keys.
    pub(super) fn paste(&mut self, text: &str) {
        let now = self.app.now;
        self.app.pressed.clear();
        if let Some(layer) = &mut self.app.layer {
            if let Some(input) = layer.input() {
                typing::paste(input, text, true);
            }
            if let Layer::Palette(palette) = layer {
                palette.narrow();
            }
            self.browse();
        } else if self.app.composer.is_none() && self.app.finding.typing.is_some() {
            if let Some(line) = self.app.finding.typed() {
                typing::paste(&mut line.input, text, true);
            }
            self.line_changed();
        } else if let Some(composer) = &mut self.app.composer {
            let is_one_line = composer.field != Field::Body;
            let Some(area) = composer.typed() else { return };
            typing::paste(area, text, is_one_line);
            composer.touch(now);
            self.offer();
        } else {
            self.app.say(Tone::Bad, "pasted text was dropped: there is no field for text here");
        }
    }

    pub(super) fn act(&mut self, act: Act) {
        match act {
            Act::Suspend => {
                self.keep_draft();
                self.effects.push(Effect::Suspend);
                return;
            }
            Act::Redraw => return self.effects.push(Effect::Redraw),
            Act::Interrupt => return self.quit(),
            Act::Commands => return self.show_palette(),
            Act::Keys if self.app.layer.is_none() => {
                self.app.layer = Some(Layer::Help { of: self.app.context(), scroll: 0, under: None });
                return;
            }
            _ => {}
        }
        match self.app.context() {
            Context::Queue | Context::Reading => self.mail_act(act),
            Context::Writing => self.writing_act(act),
            Context::Search => self.finding_act(act),
            Context::Palette => self.palette_act(act),
            Context::Help
            | Context::Mailboxes
            | Context::Outbox
            | Context::Picker
            | Context::Folders
            | Context::Items
            | Context::Line
            | Context::Attaching
            | Context::Tags
            | Context::Confirm
            | Context::Fate => self.small_act(act),
        }
    }

    pub(super) fn mail_act(&mut self, act: Act) {
        if let Some(reason) = rights::why_not(self.app, act) {
            self.app.say(Tone::Bad, reason);
            return;
        }
        let is_elsewhere = matches!(
            act,
            Act::View(_)
                | Act::NextMailbox
                | Act::PreviousMailbox
                | Act::Mailboxes
                | Act::Outbox
                | Act::Said
                | Act::Keys
                | Act::Sync
                | Act::Quit
                | Act::Search
                | Act::Filter
                | Act::Commands
                | Act::TakeNext
        );
        self.app.queue.is_touched |= !is_elsewhere;
        if self.is_meant_for_many(act) || self.act_on_many(act) {
            return;
        }
        match act {
            Act::Down | Act::Up | Act::HalfDown | Act::HalfUp | Act::Top | Act::Bottom => self.scroll(act),
            Act::Open if self.app.focus == Focus::Reading => self.unfold(),
            Act::Open => self.open(),
            Act::Back => self.app.focus = Focus::Queue,
            Act::OtherPane if self.app.focus == Focus::Reading => self.app.focus = Focus::Queue,
            Act::OtherPane => self.open(),
            Act::NextConversation => self.step(1),
            Act::PreviousConversation => self.step(-1),
            Act::View(view) => self.turn_to(view),
            Act::NextMailbox => self.turn_mailbox(1),
            Act::PreviousMailbox => self.turn_mailbox(-1),
            Act::Mailboxes => self.show_mailboxes(),
            Act::Outbox => self.show_outbox(),
            Act::Said => self.app.layer = Some(Layer::Said { scroll: 0 }),
            Act::Claim => self.claim(),
            Act::TakeNext => self.take_next(),
            Act::Assign => self.pick_teammate(),
            Act::TakeOver => {
                if let Some(c) = self.app.subject() {
                    self.ask_take_over(c, None);
                }
            }
            Act::Done => self.finish(true),
            Act::Waiting => self.finish(false),
            Act::Tag => self.type_tags(),
            Act::Urgent => self.flip_urgent(),
            Act::Unread => self.flip_unread(),
            Act::Trash => self.file(Destination::Trash),
            Act::Junk => self.file(Destination::Junk),
            Act::MoveTo => self.pick_folder(),
            Act::OpenItem => self.choose_item(Purpose::Open),
            Act::SaveItem => self.choose_item(Purpose::Save),
            Act::Copy => self.choose_item(Purpose::Copy),
            Act::Pipe => self.choose_item(Purpose::Pipe),
            Act::Headers => self.show_face(false),
            Act::Raw => self.show_face(true),
            Act::Select => self.select_one(),
            Act::SelectRange => self.select_range(),
            Act::SelectAll => self.select_all(),
            Act::SelectAlike => self.select_alike(),
            Act::SelectLists => self.select_lists(),
            Act::Deselect => self.clear_selection(),
            Act::Undo => self.undo(),
            Act::Reply => self.reply(false),
            Act::ReplyAll => self.reply(true),
            Act::Forward => self.forward(),
            Act::New => self.write_new(),
            Act::Sync => {
                self.send(crate::engine::message::Command::SyncNow);
                let says = match self.app.is_offline() {
                    true => "no connection yet: trying now",
                    false => "asking the server for news",
                };
                self.app.say(Tone::News, says);
            }
            Act::Search => self.look_for(Which::Search, ""),
            Act::Filter => self.look_for(Which::Filter, ""),
            Act::NextHit => self.next_hit(false),
            Act::PreviousHit => self.next_hit(true),
            Act::Quit if self.app.finding.is_active() => self.leave_finding(),
            // Where mail is left it is asked anyway.
            Act::Quit if self.app.unsent() == 0 && self.has_just_come_back() => {
                let quit = self.app.keymap.key_for(Context::Queue, Act::Quit);
                self.app.say(Tone::News, format!("{quit} again quits"));
            }
            Act::Quit => self.quit(),
            _ => {}
        }
    }
}
