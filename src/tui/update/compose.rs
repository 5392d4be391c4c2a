//! What a mail is made of beside its text: new mail and forwarding begun, the sender chosen, addresses offered, files taken
//! along.

use std::rc::Rc;

use ratatui_textarea::CursorMove;

use super::Turn;
use crate::engine::files::Entry;
use crate::engine::kept::{Attached, Content, Forwards, SavedDraft};
use crate::engine::message::{Command, Target};
use crate::mail::{compose, safe};
use crate::model::{ErrorKind, Message, Refusal};
use crate::tui::app::{App, Focus, Tone};
use crate::tui::attaching::{Attaching, Taken};
use crate::tui::composer::{Composer, Doubt, Field};
use crate::tui::keymap::{Act, Context, shown};
use crate::tui::layers::Layer;
use crate::tui::message::Effect;
use crate::tui::offers::Offers;
use crate::tui::words;
use crate::wire::answer::Seen;
use crate::wire::identity::identity;

impl Turn<'_> {
    /// `m`: an empty mail, beside those that were begun already.
    pub(super) fn write_new(&mut self) {
        let Some(mailbox) = self.app.current().cloned() else { return };
        let target = Target::new_mail(mailbox.key(), &self.app.hand());
        let content = Content::of(&compose::blank(&mailbox), "", Seen::default());
        self.begin_writing(Composer::new(target, content));
        let is_begun = |t: &&Target| t.mailbox == mailbox.key() && t.is_opening() && t.forwarded().is_none();
        let begun = self.app.texts.iter().map(|text| &text.target).filter(is_begun).count();
        if begun > 0 {
            let begun = words::count(begun, "mail is begun already", "mails are begun already");
            let key = self.app.keymap.key_for(Context::Queue, Act::Outbox);
            self.app.say(Tone::News, format!("{begun}: {key} in the queue lists what was begun"));
        }
    }

    /// `f`: hands on the message under the cursor, in the queue what the conversation was opened or continued with.
    pub(super) fn forward(&mut self) {
        let Some(c) = self.app.subject() else { return };
        let target = Target::forward(&c.mailbox, &c.root);
        if self.resume(&target) {
            return;
        }
        let Some(message) = self.message_to_forward(&App::target(&c)) else {
            return self.app.say(Tone::Bad, "there is no message to forward");
        };
        let Some(mailbox) = self.app.current() else { return };
        let forwards = Forwards { of: identity(&message), ..Forwards::default() };
        let content = Content::of(&compose::forward(mailbox, &message), "", Seen::default());
        self.begin_writing(Composer::new(target, Content { forwards: Some(forwards), ..content }));
        self.fetch_forwarded();
    }

    fn message_to_forward(&self, of: &Target) -> Option<Message> {
        let read = self.app.reading.as_ref().filter(|r| self.app.focus == Focus::Reading && r.target == *of);
        let under_cursor = read.and_then(|r| r.parts.get(r.lines.get(r.cursor)?.part));
        if let Some(part) = under_cursor {
            return Some(part.message.clone());
        }
        let messages = self.source.thread(&of.mailbox, &of.root).ok()?;
        let mut reading = crate::tui::reading::Reading::new(of.clone());
        reading.take(messages);
        let newest = reading.answered().or(reading.parts.last())?;
        Some(newest.message.clone())
    }

    /// Asks for what is forwarded, where it is not here.
    pub(super) fn fetch_forwarded(&mut self) {
        let Some(composer) = self.app.composer.as_ref().filter(|c| c.awaits_forwarded()) else { return };
        let (target, of) = (composer.target.clone(), composer.forwards().map(|f| f.of.clone()).unwrap_or_default());
        self.send(Command::Forward { target, of });
    }

    /// Opens the kept draft of this place. `false` where there is none; where it cannot be read that is said.
    pub(super) fn resume(&mut self, target: &Target) -> bool {
        match self.source.draft(target) {
            Ok(Some(saved)) => {
                let kept = words::stamp(saved.saved_at, self.app.now, &self.app.settings.zone);
                self.app.say(Tone::News, format!("your draft of {kept} goes on"));
                self.go_on(saved);
                true
            }
            Ok(None) => false,
            Err(error) => {
                self.app.say(Tone::Bad, format!("the draft cannot be read: {error}"));
                true
            }
        }
    }

    /// Opens a text that was kept.
    pub(super) fn go_on(&mut self, saved: SavedDraft) {
        let signature = self.signature(&saved.target.mailbox);
        let came_back = saved.content.came_back.clone();
        let mut composer = Composer::resume(saved);
        composer.signature = signature;
        composer.warning = came_back;
        self.open_composer(composer);
        self.warn_of_news();
        self.fetch_forwarded();
    }

    /// Opens a new text, signed.
    pub(super) fn begin_writing(&mut self, mut composer: Composer) {
        let signature = self.signature(&composer.target.mailbox);
        if let Some(Err(why)) = self.app.settings.signatures.get(&composer.target.mailbox) {
            composer.warning = Some(why.clone());
        }
        composer.sign(signature);
        self.open_composer(composer);
    }

    fn signature(&self, mailbox: &str) -> Option<String> {
        self.app.settings.signatures.get(mailbox)?.as_ref().ok().cloned()
    }

    pub(super) fn open_composer(&mut self, mut composer: Composer) {
        let mailbox = self.app.mailboxes.iter().find(|m| m.key() == composer.target.mailbox);
        composer.senders = mailbox.map(compose::senders).unwrap_or_default();
        composer.hand = self.app.hand();
        self.app.composer = Some(composer);
    }

    /// What is forwarded is on the desk, or could not be had.
    pub(super) fn forwarding(&mut self, target: &Target, outcome: Result<Forwards, Refusal>) {
        let now = self.app.now;
        let Some(composer) = self.app.composer.as_mut().filter(|c| c.target == *target && c.awaits_forwarded()) else {
            return;
        };
        match outcome {
            Ok(forwards) => {
                composer.put_forwarded(forwards);
                if composer.is_touched {
                    composer.touch(now);
                }
            }
            Err(refusal) if refusal.kind == ErrorKind::Unreachable => {
                composer.warning =
                    Some("what is forwarded is not here yet: it comes when there is a connection".to_owned());
            }
            Err(refusal) => composer.warning = Some(refusal.message),
        }
    }

    /// Keys that mean something else while addresses are offered. `true` where it was one.
    pub(super) fn offer_act(&mut self, act: Act) -> bool {
        let now = self.app.now;
        let Some(composer) = &mut self.app.composer else { return false };
        let field = composer.field;
        let Some(offers) = &mut composer.offers else { return false };
        match act {
            Act::LineDown => offers.choose(false),
            Act::LineUp => offers.choose(true),
            Act::KeepDraft => composer.offers = None,
            Act::NextField if offers.chosen.is_some() => {
                let offers = composer.offers.take();
                let cursor = composer.area(field).map_or(0, |area| area.cursor().1);
                let taken = offers.and_then(|offers| offers.take(&composer.text(field), cursor));
                if let Some((text, cursor)) = taken {
                    composer.put_line(field, &text, cursor);
                    composer.touch(now);
                }
            }
            _ => return false,
        }
        true
    }

    /// Offers people for the address under the cursor.
    pub(super) fn offer(&mut self) {
        let Some(composer) = &mut self.app.composer else { return };
        composer.offers = None;
        let field = composer.field;
        if !field.takes_addresses() {
            return;
        }
        if composer.people.is_none() {
            match self.source.people(&composer.target.mailbox) {
                Ok(people) => {
                    let own = self.app.mailboxes.iter().find(|m| m.key() == composer.target.mailbox);
                    let is_own = |email: &str| own.is_some_and(|m| m.is_own_address(email));
                    let others: Vec<_> = people.into_iter().filter(|a| !is_own(&a.email)).collect();
                    composer.people = Some(Rc::new(others));
                }
                Err(error) => {
                    let text = format!("nobody can be offered: the cache cannot be read: {error}");
                    return self.app.say(Tone::Bad, text);
                }
            }
        }
        let (Some(people), Some(area)) = (composer.people.clone(), composer.area(field)) else { return };
        composer.offers = Offers::of(&area.lines().join(" "), area.cursor().1, &people);
    }

    /// The other of two forms: reply to one or to all, forward inline or as an attachment.
    pub(super) fn turn_form(&mut self) {
        let now = self.app.now;
        let Some(composer) = &mut self.app.composer else { return };
        if composer.awaits_forwarded() {
            return self.app.say(Tone::Bad, "what is forwarded is not here yet");
        }
        if composer.forwards().is_some() {
            let said = match composer.turn_forwarded(now) {
                Ok(true) => (Tone::News, "forwarded as an attachment, as it is"),
                Ok(false) => (Tone::News, "forwarded as text, its files beside it"),
                Err(why) => (Tone::Bad, why),
            };
            return self.app.say(said.0, said.1);
        }
        if composer.target.is_opening() {
            return self.app.say(Tone::Bad, "a new mail has no other form");
        }
        let (target, answered) = (composer.target.clone(), composer.answered().to_owned());
        let messages = self.source.thread(&target.mailbox, &target.root).unwrap_or_default();
        let message = messages.iter().find(|m| identity(m) == answered);
        let mailbox = self.app.mailboxes.iter().find(|m| m.key() == target.mailbox);
        let (Some(message), Some(mailbox)) = (message, mailbox) else {
            return self.app.say(Tone::Bad, "the message that is answered is gone");
        };
        let whom = |all| {
            let draft = compose::reply(mailbox, message, all, None);
            [draft.to, draft.cc].concat()
        };
        let (one, all) = (whom(false), whom(true));
        if one.len() == all.len() {
            return self.app.say(Tone::News, "nobody else took part");
        }
        let goes_to_all = self.app.composer.as_mut().is_some_and(|c| c.turn_all(&one, &all, now));
        self.app.say(Tone::News, if goes_to_all { "all who took part get a copy" } else { "the others get no copy" });
    }

    /// What is not right before it is sent, said where it stands. `true`: nothing is sent now.
    pub(super) fn stops_for_mistakes(&mut self) -> bool {
        let Some(composer) = &mut self.app.composer else { return true };
        if composer.awaits_forwarded() {
            self.app.say(Tone::Bad, "not sent: what is forwarded is not here yet");
            return true;
        }
        if let Some((field, address)) = composer.mistake() {
            composer.field = field;
            if let Some(area) = composer.typed() {
                area.move_cursor(CursorMove::End);
            }
            let text = safe::line(&address.to_string());
            self.app.say(Tone::Bad, format!("not sent: “{}” is no mail address", text.trim_end_matches(" <>")));
            return true;
        }
        if [Field::To, Field::Cc, Field::Bcc].iter().all(|f| composer.text(*f).trim().is_empty()) {
            composer.field = Field::To;
            self.app.say(Tone::Bad, "not sent: nobody to send it to");
            return true;
        }
        false
    }

    /// What may have been forgotten stops the sending once.
    pub(super) fn stops_for_doubt(&mut self) -> bool {
        let send = shown(&self.app.keymap.key_for(Context::Writing, Act::Send));
        let Some(composer) = &mut self.app.composer else { return false };
        let Some(doubt) = composer.doubt() else { return false };
        let says = match doubt {
            Doubt::Subject => "there is no subject",
            Doubt::Text => "there is no text",
            Doubt::File => "the text speaks of a file, and none is attached",
        };
        composer.warning = Some(format!("{says}. {send} again sends it so."));
        if doubt == Doubt::Subject {
            composer.field = Field::Subject;
        }
        true
    }

    /// Opens the window where a file is chosen.
    pub(super) fn choose_file(&mut self) {
        let mut window = Attaching::begin(&self.app.attach_folder);
        if let Some(folder) = window.wants() {
            self.effects.push(Effect::Browse(folder));
        }
        self.app.layer = Some(Layer::Attaching(window));
    }

    /// The path was typed further: another folder may be wanted.
    pub(super) fn browse(&mut self) {
        if let Some(Layer::Attaching(window)) = &mut self.app.layer
            && let Some(folder) = window.wants()
        {
            self.effects.push(Effect::Browse(folder));
        }
    }

    /// A folder was read.
    pub(super) fn browsed(&mut self, folder: &str, outcome: Result<Vec<Entry>, String>) {
        if let Some(Layer::Attaching(window)) = &mut self.app.layer {
            window.take(folder, outcome);
        }
    }

    pub(super) fn attaching_act(&mut self, mut window: Attaching, act: Act) -> Option<Layer> {
        match act {
            Act::LineUp | Act::LineDown => window.choose(act == Act::LineUp),
            Act::Complete => window.complete(),
            Act::Accept => match window.accept() {
                Taken::Folder | Taken::Nothing => {}
                Taken::File(path) => {
                    self.app.attach_folder = window.folder();
                    let most = self.app.composer.as_ref().map_or(0, Composer::room);
                    self.effects.push(Effect::Attach { path, most });
                    return None;
                }
            },
            _ => return None,
        }
        if let Some(folder) = window.wants() {
            self.effects.push(Effect::Browse(folder));
        }
        Some(Layer::Attaching(window))
    }

    /// A file was read and lies on the desk, or could not be.
    pub(super) fn attached(&mut self, outcome: Result<Attached, String>) {
        let now = self.app.now;
        match (outcome, &mut self.app.composer) {
            (Ok(file), Some(composer)) => {
                let says = format!("attached: {} ({})", safe::line(&file.name), words::size(file.size));
                composer.attach(file, now);
                composer.warning = None;
                self.app.say(Tone::Good, says);
                self.keep_draft();
            }
            (Err(why), _) => self.app.say(Tone::Bad, format!("not attached: {why}")),
            (Ok(_), None) => {}
        }
    }

    /// Takes the chosen file off again.
    pub(super) fn detach(&mut self) {
        let now = self.app.now;
        let Some(composer) = &mut self.app.composer else { return };
        match composer.detach(now) {
            Ok(Some(name)) => self.app.say(Tone::News, format!("no longer attached: {}", safe::line(&name))),
            Ok(None) => {}
            Err(why) => {
                let form = shown(&self.app.keymap.key_for(Context::Writing, Act::OtherForm));
                self.app.say(Tone::Bad, format!("{why}: {form} makes text of it"));
            }
        }
    }
}
