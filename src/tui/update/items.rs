//! Opening, saving, copying and piping what hangs on a message; nothing of it without the person's own key.

use std::path::{Path, PathBuf};

use super::Turn;
use crate::engine::message::{Piece, Ticket};
use crate::mail::safe;
use crate::model::{Message, Refusal};
use crate::tui::app::{Focus, Tone};
use crate::tui::items::{Choice, Item, OnItsWay, Purpose, Then, Whose};
use crate::tui::keymap::{Act, Context};
use crate::tui::layers::{Layer, LineAsk, Sure, Wanted};
use crate::tui::message::{Effect, Whither};
use crate::tui::opener::{Opener, may_follow, may_open};
use crate::tui::reading::Face;
use crate::tui::{typing, words};

impl Turn<'_> {
    /// `o`, `S`, `|`, `y`: the things of the message under the cursor.
    pub(super) fn choose_item(&mut self, purpose: Purpose) {
        if self.app.focus == Focus::Queue {
            let Some(c) = self.app.queue.current() else { return };
            self.app.layer = Some(Layer::Items(Choice::of_row(c)));
            return;
        }
        let Some(reading) = &self.app.reading else { return };
        let Some(part) = reading.part_under_cursor() else { return };
        let mailbox = reading.target.mailbox.clone();
        let conversation = reading.conversation.as_ref();
        let choice = Choice::of(purpose, &mailbox, &part.message, part.body.as_ref(), conversation);
        if choice.items.is_empty() {
            let says =
                if part.body.is_none() { "its text is not here yet" } else { "it has no links and no attachments" };
            return self.app.say(Tone::Bad, says);
        }
        self.app.layer = Some(Layer::Items(choice));
    }

    pub(super) fn items_act(&mut self, mut choice: Choice, act: Act) -> Option<Layer> {
        let last = choice.items.len().saturating_sub(1);
        match act {
            Act::LineUp => choice.selected = choice.selected.saturating_sub(1),
            Act::LineDown => choice.selected = (choice.selected + 1).min(last),
            Act::Accept => {
                let item = choice.chosen();
                return item.and_then(|item| self.take_item(&choice, item));
            }
            Act::Cancel => return None,
            _ => {}
        }
        choice.typed.clear();
        Some(Layer::Items(choice))
    }

    /// A digit in the window of items.
    pub(super) fn item_digit(&mut self, digit: char) {
        let Some(Layer::Items(mut choice)) = self.app.layer.take() else { return };
        self.app.layer = match choice.digit(digit) {
            Some(item) => self.take_item(&choice, item),
            None => Some(Layer::Items(choice)),
        };
    }

    /// Does with an item what the window is for.
    fn take_item(&mut self, choice: &Choice, item: Item) -> Option<Layer> {
        match (choice.purpose, item) {
            (Purpose::Copy, Item::Link { target: words, .. } | Item::Words { words, .. } | Item::Text(words)) => {
                self.app.say(Tone::Good, format!("copied: {}", safe::line(&words)));
                self.effects.push(Effect::Copy(safe::line(&words)));
                None
            }
            (_, Item::Link { target, is_as_shown }) => self.open_link(target, is_as_shown),
            (Purpose::Open, Item::File(file)) => {
                let whose = choice.whose.clone()?;
                self.open_file(&whose, file.name, &file.media_type, file.part);
                None
            }
            (Purpose::Pipe, Item::Text(text)) => Some(self.ask_command(Wanted::Text(text), "its text")),
            (purpose, item) => {
                let whose = choice.whose.clone()?;
                let (name, piece) = match item {
                    Item::File(file) => (file.name, Piece::Part(file.part)),
                    _ => (format!("{}.eml", mail_name(&whose.subject)), Piece::Whole),
                };
                let wanted = Wanted::Piece { whose, piece, name: name.clone() };
                Some(match purpose {
                    Purpose::Pipe => self.ask_command(wanted, &name),
                    _ => {
                        let input =
                            typing::line(&shown_folder(&self.app.saved_in.clone().unwrap_or_else(default_folder)));
                        Layer::Line {
                            ask: LineAsk::SaveIn(wanted),
                            title: format!("Save {} in", safe::line(&name)),
                            input,
                        }
                    }
                })
            }
        }
    }

    fn ask_command(&self, wanted: Wanted, name: &str) -> Layer {
        let title = format!("Pipe {} to the command", safe::line(name));
        Layer::Line { ask: LineAsk::PipeTo(wanted), title, input: typing::line("") }
    }

    fn open_link(&mut self, target: String, is_as_shown: bool) -> Option<Layer> {
        if !may_follow(&target) {
            self.app.say(Tone::Bad, "only links to the web and to mail addresses are opened; y copies it");
            return None;
        }
        if let Opener::None(why_not) = self.app.opener {
            let copy = self.app.keymap.key_for(Context::Reading, Act::Copy);
            self.app.say(Tone::Bad, format!("{why_not}; {copy} copies it"));
            return None;
        }
        if is_as_shown {
            self.launch(target);
            return None;
        }
        Some(Layer::Confirm {
            question: safe::line(&target),
            explains: "The text of the mail does not show where this link leads. Open it?".to_owned(),
            sure: Sure::Follow(target),
            back: None,
        })
    }

    pub(super) fn launch(&mut self, target: String) {
        if let Opener::With(program) = self.app.opener {
            self.app.say(Tone::Good, format!("{program} {}", safe::line(&target)));
            self.effects.push(Effect::Launch { program, target: target.into() });
        }
    }

    fn open_file(&mut self, whose: &Whose, name: String, media_type: &str, part: String) {
        let save = self.app.keymap.key_for(Context::Reading, Act::SaveItem);
        if !may_open(&name, media_type) {
            let says = format!("{} is no kind of file that is opened from a mail; {save} saves it", safe::line(&name));
            return self.app.say(Tone::Bad, says);
        }
        if let Opener::None(why_not) = self.app.opener {
            return self.app.say(Tone::Bad, format!("{why_not}; {save} saves it"));
        }
        self.fetch(whose, Piece::Part(part), name, Whither::Private, Then::Open);
    }

    fn fetch(&mut self, whose: &Whose, piece: Piece, name: String, into: Whither, then: Then) {
        let ticket = self.app.ticket();
        self.app.say(Tone::News, format!("fetching {}", safe::line(&name)));
        self.app.on_their_way.push(OnItsWay { ticket, name: name.clone(), then });
        self.effects.push(Effect::Fetch { ticket, whose: whose.clone(), piece, name, into });
    }

    /// What was typed is a folder or a command.
    pub(super) fn line_typed(&mut self, ask: LineAsk, title: String, typed: &str) -> Option<Layer> {
        let typed = typed.trim();
        match ask {
            LineAsk::SaveIn(wanted) => {
                let folder = meant_folder(typed);
                if !folder.is_dir() {
                    self.app.say(Tone::Bad, format!("there is no folder {}", safe::line(&folder.to_string_lossy())));
                    return Some(Layer::Line { ask: LineAsk::SaveIn(wanted), title, input: typing::line(typed) });
                }
                self.app.saved_in = Some(folder.clone());
                if let Wanted::Piece { whose, piece, name } = wanted {
                    self.fetch(&whose, piece, name, Whither::Folder(folder), Then::Say);
                }
            }
            LineAsk::PipeTo(_) if typed.is_empty() => {}
            LineAsk::PipeTo(Wanted::Text(text)) => {
                self.effects.push(Effect::PipeText { command: typed.to_owned(), text });
            }
            LineAsk::PipeTo(Wanted::Piece { whose, piece, name }) => {
                self.fetch(&whose, piece, name, Whither::Private, Then::Pipe(typed.to_owned()));
            }
        }
        None
    }

    pub(super) fn fetching(&mut self, ticket: Ticket, octets: u64, of: u64) {
        if let Some(file) = self.app.on_their_way.iter().find(|f| f.ticket == ticket) {
            let name = safe::line(&file.name);
            let says = format!("fetching {name}: {} of {}", words::size(octets), words::size(of));
            self.app.say(Tone::News, says);
        }
    }

    pub(super) fn fetched(&mut self, ticket: Ticket, outcome: Result<PathBuf, Refusal>) {
        let Some(at) = self.app.on_their_way.iter().position(|f| f.ticket == ticket) else { return };
        let file = self.app.on_their_way.remove(at);
        match (outcome, file.then) {
            (Ok(path), Then::Say) => {
                let says = format!("saved as {}", safe::line(&shown_folder(&path)));
                self.app.say(Tone::Good, says);
            }
            (Ok(path), Then::Open) => {
                if let Opener::With(program) = self.app.opener {
                    self.app.say(Tone::Good, format!("{program} {}", safe::line(&file.name)));
                    self.effects.push(Effect::Launch { program, target: path.into() });
                }
            }
            (Ok(path), Then::Pipe(command)) => self.effects.push(Effect::PipeFile { command, path }),
            (Err(refusal), _) => {
                let says = format!("{} was not fetched: {}", safe::line(&file.name), safe::line(&refusal.message));
                self.app.say(Tone::Bad, says);
            }
        }
    }

    /// What the command that was given a mail ended with.
    pub(super) fn piped(&mut self, outcome: Result<String, String>) {
        match outcome {
            Ok(said) => self.app.say(Tone::Good, said),
            Err(said) => self.app.say(Tone::Bad, said),
        }
    }

    /// `h` and `H`: all header fields, or the mail as it came, in the place of its text; pressed again, its text.
    pub(super) fn show_face(&mut self, is_source: bool) {
        let Some(reading) = &self.app.reading else { return };
        let Some(part) = reading.part_under_cursor() else { return };
        let (mailbox, Message { folder, uid, .. }) = (reading.target.mailbox.clone(), part.message.clone());
        let key = (folder, uid);
        let is_shown = reading.face(key).is_some_and(|face| face.is_source == is_source);
        let face = match self.source.raw(&mailbox, folder, uid) {
            _ if is_shown => None,
            Ok(Some((raw, is_whole))) => Some(Face::of(&raw, is_source, is_whole)),
            Ok(None) => return self.app.say(Tone::Bad, "it is not here yet: opening it brings it"),
            Err(error) => return self.unreadable(&error),
        };
        if let Some(reading) = &mut self.app.reading {
            reading.set_face(key, face);
        }
    }
}

/// A mail's file is named after its subject.
fn mail_name(subject: &str) -> String {
    let subject = subject.replace(['/', '\\'], "_");
    if subject.trim().is_empty() { "message".to_owned() } else { subject }
}

/// Where files go unless their person says otherwise: the downloads, else where bagsy was started.
fn default_folder() -> PathBuf {
    let downloads = directories::UserDirs::new().and_then(|dirs| {
        let told = dirs.download_dir().map(Path::to_owned);
        told.or_else(|| Some(dirs.home_dir().join("Downloads")))
    });
    let downloads = downloads.filter(|folder| folder.is_dir());
    downloads.or_else(|| std::env::current_dir().ok()).unwrap_or_else(|| PathBuf::from("."))
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute())
}

/// A path as people write it: `~` for their home.
fn shown_folder(path: &Path) -> String {
    match home().and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

fn meant_folder(typed: &str) -> PathBuf {
    match (typed.strip_prefix('~'), home()) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ if typed.is_empty() => PathBuf::from("."),
        _ => PathBuf::from(typed),
    }
}
