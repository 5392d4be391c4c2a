//! Carries the screen: takes messages in, lets update decide, does what it wants done, draws when something changed.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::Event as TerminalEvent;
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use super::app::{App, Settings, Tone};
use super::composer::Composer;
use super::desktop::Desktop;
use super::editor::{self, Edited, Errand, Leftover};
use super::glyphs::GlyphSet;
use super::input::{Gate, Input, listen};
use super::keymap::Keymap;
use super::message::{Effect, Message, Whither};
use super::notice::{Notify, Terminal};
use super::opener::Opener;
use super::pipe;
use super::source::{Drafts, Source};
use super::terminal::{PanicGuard, Screen, stop};
use super::theme::{Theme, ThemeChoice};
use super::update::update;
use crate::engine::files;
use crate::engine::kept::SavedDraft;
use crate::engine::message::{Command, Event, Fetch};
use crate::mail::compose::AttachedFile;
use crate::store::Laid;

/// What the screen is told at its start.
#[derive(Debug, Clone, Default)]
pub struct RunConfig {
    pub settings: Settings,
    pub keymap: Keymap,
    pub theme: ThemeChoice,
    pub glyphs: GlyphSet,
    /// Clicks and the wheel count.
    pub mouse: bool,
}

/// News of the engine that come faster than this share a frame; a key never waits.
const FRAME: Duration = Duration::from_millis(30);

/// Keys are worked off no longer than this before what came of them is drawn, however many more wait.
const UNSEEN: Duration = Duration::from_millis(100);

/// What its person leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// They were in the midst of a text, which is kept.
    pub has_begun: bool,
    /// Mails that have not been sent yet.
    pub unsent: usize,
}

/// Runs the screen until the person leaves. Blocks: it wants a thread of its own.
///
/// # Errors
/// When the terminal cannot be used.
pub fn run(
    config: RunConfig,
    source: impl Source,
    drafts: impl Drafts,
    commands: UnboundedSender<Command>,
    events: Receiver<Event>,
) -> io::Result<Left> {
    // The terminal is asked for its background before anybody else reads from it.
    let theme = Theme::for_terminal(&config.theme, config.glyphs);
    let guard = PanicGuard::install();
    let screen = Screen::take(config.mouse)?;
    let (to, inputs) = channel();
    let gate = Arc::new(Gate::default());
    listen(events, &gate, &to)?;
    let mut app = App::new(config.settings, Timestamp::now(), screen.size()?);
    app.keymap = config.keymap;
    app.opener = Opener::here();
    app.run = random_name()?;
    let mut runner =
        Runner { app, theme, source, drafts, commands, screen, gate, inputs, later: Vec::new(), to, shelf: None };
    let outcome = catch_unwind(AssertUnwindSafe(|| runner.run()));
    let kept = runner.keep_what_is_typed();
    let unsent = runner.app.unsent();
    let has_begun = runner.app.composer.as_ref().is_some_and(|composer| composer.is_touched && !composer.is_empty());
    // What is typed from here on is the shell's.
    runner.gate.close();
    drop(runner);
    drop(guard);
    let outcome = outcome.unwrap_or_else(|panic| resume_unwind(panic));
    outcome.and(kept).map(|()| Left { has_begun, unsent })
}

struct Runner<S, D> {
    app: App,
    theme: Theme,
    source: S,
    drafts: D,
    commands: UnboundedSender<Command>,
    screen: Screen,
    gate: Arc<Gate>,
    inputs: Receiver<Input>,
    /// Came while the terminal was not ours.
    later: Vec<Input>,
    /// For what is read from the disk; keeps the channel open, whatever thread ends.
    to: Sender<Input>,
    /// For what is opened or given to a command; gone with the screen.
    shelf: Option<editor::Folder>,
}

/// Whether the screen goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goes {
    On,
    Away,
}

impl<S: Source, D: Drafts> Runner<S, D> {
    fn run(&mut self) -> io::Result<()> {
        if self.tell(Message::Tick)? == Goes::Away || self.find_edited()? == Goes::Away {
            return Ok(());
        }
        loop {
            self.keep_size()?;
            if self.screen.draw(&self.app, &self.theme).is_err() {
                // The terminal is gone: what is typed is kept, nobody can be asked.
                self.tell(Message::HangUp)?;
                return Ok(());
            }
            self.app.is_drawn(Timestamp::now());
            let inputs = self.wait();
            if inputs.is_empty() && self.tell(Message::Tick)? == Goes::Away {
                return Ok(());
            }
            let begun = Instant::now();
            let mut inputs = inputs.into_iter();
            while let Some(input) = inputs.next() {
                if self.take(input)? == Goes::Away {
                    return Ok(());
                }
                if begun.elapsed() > UNSEEN {
                    // What comes later than these has been laid there meanwhile.
                    self.later.splice(0..0, inputs);
                    break;
                }
            }
        }
    }

    /// What came since the last frame; nothing where time went by.
    fn wait(&mut self) -> Vec<Input> {
        if !self.later.is_empty() {
            return std::mem::take(&mut self.later);
        }
        let wakes_in = self.app.wakes_at().duration_since(Timestamp::now());
        let wakes_in = Duration::try_from(wakes_in).unwrap_or_default().max(Duration::from_millis(1));
        let mut batch = match self.inputs.recv_timeout(wakes_in) {
            Ok(input) => vec![input],
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Vec::new(),
        };
        let until = Instant::now() + FRAME;
        while batch.iter().all(|input| matches!(input, Input::Engine(_))) {
            match self.inputs.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(input) => push(&mut batch, input),
                Err(_) => break,
            }
        }
        while let Ok(input) = self.inputs.try_recv() {
            push(&mut batch, input);
        }
        batch
    }

    fn take(&mut self, input: Input) -> io::Result<Goes> {
        match input {
            Input::Terminal { event: TerminalEvent::Key(key), at } => {
                // Before any answer is begun or gone on with.
                if self.app.composer.is_none() && self.find_edited()? == Goes::Away {
                    return Ok(Goes::Away);
                }
                self.tell(Message::Key { key, at })
            }
            Input::Terminal { event: TerminalEvent::Mouse(event), .. } => self.tell(Message::Mouse(event)),
            Input::Terminal { event: TerminalEvent::Paste(text), .. } => self.tell(Message::Paste(text)),
            Input::Terminal { event: TerminalEvent::Resize(width, height), .. } => {
                self.tell(Message::Resize(width, height))
            }
            Input::Terminal { event: TerminalEvent::FocusGained, .. } => self.tell(Message::Focus(true)),
            Input::Terminal { event: TerminalEvent::FocusLost, .. } => self.tell(Message::Focus(false)),
            Input::Engine(event) => self.tell(Message::Engine(event)),
            Input::Browsed { folder, outcome } => self.tell(Message::Browsed { folder, outcome }),
            Input::Read(outcome) => self.attach(outcome),
            Input::Untold(text) => {
                self.tell_terminal(&text)?;
                Ok(Goes::On)
            }
            Input::EngineGone => {
                self.app.say(
                    Tone::Bad,
                    "the connection's engine ended: what is shown is what was known; start bagsy again",
                );
                Ok(Goes::On)
            }
            Input::Stop => self.suspend(false),
            Input::Continue => self.take_back(),
            Input::End => self.tell(Message::HangUp),
        }
    }

    fn tell(&mut self, message: Message) -> io::Result<Goes> {
        self.app.now = Timestamp::now();
        let effects = update(&mut self.app, &self.source, &self.theme, message);
        for effect in effects {
            if self.act(effect)? == Goes::Away {
                return Ok(Goes::Away);
            }
        }
        Ok(Goes::On)
    }

    fn act(&mut self, effect: Effect) -> io::Result<Goes> {
        match effect {
            Effect::Command(command) => {
                let is_farewell = matches!(command, Command::Quit);
                if self.commands.send(command).is_err() && !is_farewell {
                    self.app.say(Tone::Bad, "the connection's engine ended: nothing can be changed; start bagsy again");
                }
            }
            Effect::KeepDraft(draft) => return self.keep(&draft),
            Effect::ForgetDraft(draft) => {
                if let Err(error) = self.drafts.forget(&draft) {
                    tracing::warn!(%error, "a draft that was sent stays in the cache");
                }
            }
            Effect::Browse(folder) => {
                let meant = files::meant(&folder);
                self.aside(move || Input::Browsed { folder, outcome: files::browse(&meant) });
            }
            Effect::Attach { path, most } => {
                let meant = files::meant(&path);
                let wrong = move |why| format!("{path}: {why}");
                self.aside(move || Input::Read(files::read_file(&meant, most).map_err(wrong)));
            }
            Effect::Edit(draft) => return self.edit(&draft),
            Effect::Fetch { ticket, whose, piece, name, into } => {
                let (folder, is_private) = match into {
                    Whither::Folder(folder) => (folder, false),
                    Whither::Private => match self.shelf() {
                        Ok(folder) => (folder, true),
                        Err(why) => return self.tell(Message::Piped(Err(why))),
                    },
                };
                let fetch = Fetch { role: whose.role, uid: whose.uid, piece, folder, name, is_private };
                return self.act(Effect::Command(Command::Fetch { ticket, mailbox: whose.mailbox, fetch }));
            }
            Effect::Launch { program, target } => {
                if let Err(why) = pipe::launch(program, &target) {
                    return self.tell(Message::Piped(Err(why)));
                }
            }
            Effect::Copy(text) => self.screen.copy(&text)?,
            Effect::PipeText { command, text } => {
                let kept = self.shelf().and_then(|shelf| pipe::keep(&shelf, &text));
                return match kept {
                    Ok(path) => self.pipe(&command, &path),
                    Err(why) => self.tell(Message::Piped(Err(why))),
                };
            }
            Effect::PipeFile { command, path } => return self.pipe(&command, &path),
            Effect::Notice(text) => {
                let wants_desktop = self.app.settings.notify == Notify::Desktop;
                match Desktop::here().filter(|_| wants_desktop) {
                    Some(desktop) => self.tell_desktop(desktop, text),
                    None => self.tell_terminal(&text)?,
                }
            }
            Effect::Redraw => self.screen.redraw(),
            Effect::Suspend => return self.suspend(true),
            Effect::Quit => return Ok(Goes::Away),
        }
        Ok(Goes::On)
    }

    fn keep(&mut self, draft: &SavedDraft) -> io::Result<Goes> {
        match self.drafts.put(draft) {
            Ok(Laid::InPlace) => Ok(Goes::On),
            Ok(Laid::Apart) => self.tell(Message::KeptApart(draft.target.clone())),
            Err(error) => self.tell(Message::NotKept(error.to_string())),
        }
    }

    /// The folder for what nobody else shall see.
    fn shelf(&mut self) -> Result<PathBuf, String> {
        if self.shelf.is_none() {
            let made = editor::Folder::make(None);
            self.shelf = Some(made.map_err(|error| format!("there is no place for the file: {error}"))?);
        }
        Ok(self.shelf.as_ref().map(|shelf| shelf.path().to_owned()).unwrap_or_default())
    }

    /// Lends the terminal to a command that reads a file, which is taken away again.
    fn pipe(&mut self, command: &str, path: &Path) -> io::Result<Goes> {
        self.gate.close();
        self.screen.lend();
        let ended = pipe::pipe(command, path);
        if self.take_back()? == Goes::Away {
            return Ok(Goes::Away);
        }
        self.gate.open();
        self.tell(Message::Piped(ended))
    }

    /// Hands a text to the person's own editor; what that saved is kept before anything else is tried.
    fn edit(&mut self, draft: &SavedDraft) -> io::Result<Goes> {
        let place = match self.drafts.editing(&draft.target.mailbox) {
            Ok(place) => place,
            Err(error) => return self.tell(Message::NotKept(error.to_string())),
        };
        self.gate.close();
        self.screen.lend();
        let (edited, errand) = match editor::edit(&place, draft) {
            Ok((edited, errand)) => (edited, Some(errand)),
            Err(why) => (Edited { text: None, says: Some(why) }, None),
        };
        // The terminal may be gone by now.
        let says = edited.says.clone();
        let goes = self.tell(Message::Edited(edited))?;
        let is_kept = !self.app.composer.as_ref().is_some_and(Composer::is_unsaved);
        if let Some(rest) = errand.filter(|_| is_kept).and_then(Errand::close) {
            let kept = format!("your editor kept more in {}", rest.display());
            self.app.say(Tone::News, says.map_or_else(|| kept.clone(), |says| format!("{says}; {kept}")));
        }
        if goes == Goes::Away || self.take_back()? == Goes::Away {
            return Ok(Goes::Away);
        }
        self.gate.open();
        Ok(Goes::On)
    }

    /// Takes the terminal again after it was lent. Where it is gone, what is typed is kept and nobody can be asked.
    fn take_back(&mut self) -> io::Result<Goes> {
        match self.screen.resume() {
            Ok(()) => Ok(Goes::On),
            Err(_) => self.tell(Message::HangUp),
        }
    }

    /// What lies in the folders of editors whose programs are gone becomes drafts.
    fn find_edited(&mut self) -> io::Result<Goes> {
        for leftover in self.drafts.all_editing().iter().flat_map(|place| editor::left(place)) {
            let left = match leftover {
                Leftover::Draft(left) => left,
                Leftover::Homeless(folder) => {
                    let text = format!("an editor left a text in {}, and nothing says whose it is", folder.display());
                    self.app.say(Tone::Bad, text);
                    continue;
                }
            };
            let subject = left.draft.content.subject.clone();
            let goes = match self.drafts.put(&left.draft) {
                Ok(_) => self.tell(Message::FoundEdited { subject, rest: left.taken() })?,
                Err(error) => self.tell(Message::NotKept(error.to_string()))?,
            };
            if goes == Goes::Away {
                return Ok(goes);
            }
        }
        Ok(Goes::On)
    }

    /// Does something that a slow disk may hold up, on a thread of its own.
    fn aside(&mut self, read: impl FnOnce() -> Input + Send + 'static) {
        let to = self.to.clone();
        // Once the screen is gone nobody listens.
        let started = thread::Builder::new().name("screen-files".into()).spawn(move || drop(to.send(read())));
        if let Err(error) = started {
            self.app.say(Tone::Bad, format!("the disk cannot be read: {error}"));
        }
    }

    /// Has the desktop told, which may take its time; the terminal where that cannot be.
    fn tell_desktop(&mut self, desktop: Desktop, text: String) {
        let to = self.to.clone();
        let tell = move || {
            if !desktop.show(&text) {
                // Once the screen is gone nobody listens.
                let _ = to.send(Input::Untold(text));
            }
        };
        if let Err(error) = thread::Builder::new().name("screen-notice".into()).spawn(tell) {
            tracing::warn!(%error, "a notice cannot be given");
        }
    }

    fn tell_terminal(&mut self, text: &str) -> io::Result<()> {
        let terminal = Terminal::of(|name| std::env::var(name).ok());
        self.screen.notify(&terminal.octets(self.app.settings.notify, text))
    }

    /// Lays a file that was read beside the draft that it belongs to.
    fn attach(&mut self, outcome: Result<AttachedFile, String>) -> io::Result<Goes> {
        let mailbox = self.app.composer.as_ref().map(|c| c.target.mailbox.clone());
        let Some(mailbox) = mailbox else { return Ok(Goes::On) };
        let kept = outcome.and_then(|file| self.drafts.attach(&mailbox, &file).map_err(|error| error.to_string()));
        self.tell(Message::Attached(kept))
    }

    fn suspend(&mut self, is_whole_job: bool) -> io::Result<Goes> {
        // A return that is told already is not the one from this stop.
        while let Ok(input) = self.inputs.try_recv() {
            if !matches!(input, Input::Continue) {
                self.later.push(input);
            }
        }
        self.screen.lend();
        if stop(is_whole_job) {
            self.wait_for_return();
        }
        if self.take_back()? == Goes::Away {
            return Ok(Goes::Away);
        }
        self.tell(Message::Tick)
    }

    /// Does nothing, above all not to the terminal, until the person is back.
    fn wait_for_return(&mut self) {
        while let Ok(input) = self.inputs.recv() {
            let is_end = matches!(input, Input::End);
            if matches!(input, Input::Continue) {
                return;
            }
            self.later.push(input);
            if is_end {
                return;
            }
        }
    }

    /// A size that no event told of (the terminal was lent, or the event is still on its way).
    fn keep_size(&mut self) -> io::Result<()> {
        // A terminal that is gone has no size; drawing finds that out.
        if let Ok(size) = self.screen.size()
            && size != self.app.size
        {
            self.tell(Message::Resize(size.width, size.height))?;
        }
        Ok(())
    }

    /// The last resort, after a panic too: text that is in the composer, and may not be kept though it was to be.
    fn keep_what_is_typed(&mut self) -> io::Result<()> {
        let Some(composer) = self.app.composer.as_ref().filter(|c| c.is_of_this_hand()) else { return Ok(()) };
        let draft = composer.to_keep(Timestamp::now());
        self.drafts
            .put(&draft)
            .map(drop)
            .map_err(|error| io::Error::other(format!("the draft could not be kept: {error}")))
    }
}

/// A name that nobody else has.
fn random_name() -> io::Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|e| io::Error::other(e.to_string()))?;
    Ok(data_encoding::HEXLOWER.encode(&random))
}

/// News of the same rows once: they are read when all have come.
fn push(batch: &mut Vec<Input>, input: Input) {
    if let Input::Engine(Event::Changed) = &input {
        batch.retain(|i| !matches!(i, Input::Engine(Event::Changed)));
    }
    batch.push(input);
}
