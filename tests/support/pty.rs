//! A program in a pseudo-terminal, its screen read as text: what a person sees and types.

use std::ffi::CStr;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use tempfile::TempDir;

use super::process::wait_for;

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u16, pub u16);

impl Size {
    pub const SMALL: Self = Self(80, 24);
    pub const LARGE: Self = Self(120, 40);

    fn pty(self) -> PtySize {
        PtySize { cols: self.0, rows: self.1, pixel_width: 0, pixel_height: 0 }
    }
}

/// What the terminal's user did not see on the screen, and the answers a real terminal would give.
#[derive(Debug, Default)]
struct Beside {
    answers: Vec<u8>,
    light: bool,
    titles: Vec<String>,
    copied: Vec<String>,
    bells: usize,
}

impl vt100::Callbacks for Beside {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.bells += 1;
    }

    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.titles.push(String::from_utf8_lossy(title).into_owned());
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        let bytes = data_encoding::BASE64.decode(data).unwrap_or_else(|_| data.to_vec());
        self.copied.push(String::from_utf8_lossy(&bytes).into_owned());
    }

    fn unhandled_csi(&mut self, screen: &mut vt100::Screen, i1: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        match (i1, c, params.first().and_then(|p| p.first())) {
            // Primary device attributes: a VT220 with colours.
            (None, 'c', _) => self.answers.extend(b"\x1b[?62;22c"),
            // Where is the cursor?
            (None, 'n', Some(6)) => {
                let (row, col) = screen.cursor_position();
                self.answers.extend(format!("\x1b[{};{}R", row + 1, col + 1).bytes());
            }
            (None, 'n', Some(5)) => self.answers.extend(b"\x1b[0n"),
            _ => {}
        }
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
        let (dark, light) = ("1c1c/1c1c/1c1c", "fafa/fafa/fafa");
        let colour = match params {
            [b"10", b"?"] => ("10", if self.light { dark } else { light }),
            [b"11", b"?"] => ("11", if self.light { light } else { dark }),
            _ => return,
        };
        self.answers.extend(format!("\x1b]{};rgb:{}\x1b\\", colour.0, colour.1).bytes());
    }
}

type Parser = vt100::Parser<Beside>;

/// A program in a terminal. Dropped, it is killed; its last screen is printed when a test fails.
pub struct Pty {
    name: String,
    child: Box<dyn Child + Send + Sync>,
    /// Held open, so that the terminal's modes can be read after the program's end.
    slave: Option<Box<dyn SlavePty + Send>>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Arc<Mutex<Box<dyn Write + Send>>>>,
    parser: Arc<Mutex<Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
    stop: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
    modes: Option<libc::tcflag_t>,
    home: Option<Arc<TempDir>>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a screen may take to show what is waited for.
pub const LIMIT: Duration = Duration::from_secs(15);

impl Pty {
    pub fn spawn(
        program: &Path,
        arguments: &[&str],
        environment: &[(String, String)],
        folder: &Path,
        size: Size,
    ) -> Self {
        let pair = native_pty_system().openpty(size.pty()).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in environment {
            command.env(name, value);
        }
        command.cwd(folder);
        let fd = pair.master.as_raw_fd().expect("a file descriptor");
        let modes = local_modes(fd);
        let child = pair.slave.spawn_command(command).unwrap_or_else(|e| panic!("{}: {e}", program.display()));
        let writer = Arc::new(Mutex::new(pair.master.take_writer().expect("its input")));
        let parser = Arc::new(Mutex::new(Parser::new_with_callbacks(size.1, size.0, 0, Beside::default())));
        let (raw, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let source = pair.master.try_clone_reader().expect("its output");
        let reader = {
            let (parser, raw, stop, writer) = (parser.clone(), raw.clone(), stop.clone(), writer.clone());
            std::thread::spawn(move || read(source, fd, &parser, &raw, &stop, &writer))
        };
        Self {
            name: program.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            child,
            slave: Some(pair.slave),
            master: Some(pair.master),
            writer: Some(writer),
            parser,
            raw,
            stop,
            reader: Some(reader),
            modes,
            home: None,
        }
    }

    /// The folder that the program works in stays at least as long as its terminal.
    pub fn in_home(mut self, home: &Arc<TempDir>) -> Self {
        self.home = Some(Arc::clone(home));
        self
    }

    /// From now on the terminal says that its background is light.
    pub fn set_light(&self) {
        lock(&self.parser).callbacks_mut().light = true;
    }

    /// Types text or control characters, as they are.
    #[track_caller]
    pub fn keys(&self, keys: &str) {
        let mut writer = lock(self.writer.as_ref().expect("the line hangs"));
        writer.write_all(keys.as_bytes()).and_then(|()| writer.flush()).expect("the program reads its keys");
        drop(writer);
        if keys.ends_with('\x1b') {
            self.wait_until_read();
        }
    }

    /// Waits until the program has read all that was typed: an Esc that is read together with the key behind it is Alt and
    /// that key. A program that does not read its keys is waited for no longer than a person would.
    fn wait_until_read(&self) {
        let master = self.master.as_ref().and_then(|m| m.as_raw_fd()).expect("the line hangs");
        let slave = other_side(master).expect("the program's side of the terminal");
        let waiting = || {
            let mut bytes: libc::c_int = 0;
            // SAFETY: FIONREAD writes one int, which lives on this stack; the file is open.
            let told = unsafe { libc::ioctl(slave.as_raw_fd(), libc::FIONREAD, &raw mut bytes) };
            told == 0 && bytes > 0
        };
        // What was written arrives on the other side a moment later.
        std::thread::sleep(Duration::from_millis(5));
        wait_for(Duration::from_secs(5), || (!waiting()).then_some(()));
    }

    /// Presses a key by its name: `Enter`, `Esc`, `Tab`, `Up`, `Ctrl-C`, …; else the text itself.
    #[track_caller]
    pub fn press(&self, key: &str) {
        self.keys(&Self::sequence(key));
    }

    /// What a terminal sends for a key by its name, in the table's words; the program asks for no keys of an application.
    pub fn sequence(key: &str) -> String {
        let cursor = "\x1b[";
        match key {
            "Enter" => "\r".to_owned(),
            "Esc" => "\x1b".to_owned(),
            "Tab" => "\t".to_owned(),
            "Backspace" => "\x7f".to_owned(),
            "Space" => " ".to_owned(),
            "Up" => format!("{cursor}A"),
            "Down" => format!("{cursor}B"),
            "Right" => format!("{cursor}C"),
            "Left" => format!("{cursor}D"),
            "Home" => format!("{cursor}H"),
            "End" => format!("{cursor}F"),
            "Delete" => "\x1b[3~".to_owned(),
            "PageUp" => "\x1b[5~".to_owned(),
            "PageDown" => "\x1b[6~".to_owned(),
            "F1" => "\x1bOP".to_owned(),
            "Shift-Tab" => "\x1b[Z".to_owned(),
            "Ctrl-Left" => "\x1b[1;5D".to_owned(),
            "Ctrl-Right" => "\x1b[1;5C".to_owned(),
            "Alt-Backspace" => "\x1b\x7f".to_owned(),
            _ => match (key.strip_prefix("Ctrl-").map(str::as_bytes), key.strip_prefix("Alt-")) {
                (Some([letter]), _) => char::from(letter.to_ascii_uppercase() & 0x1f).to_string(),
                (_, Some(letter)) => format!("\x1b{letter}"),
                _ => key.to_owned(),
            },
        }
    }

    /// Pastes as a terminal does: in brackets where the program asked for them.
    #[track_caller]
    pub fn paste(&self, text: &str) {
        if lock(&self.parser).screen().bracketed_paste() {
            self.keys(&format!("\x1b[200~{text}\x1b[201~"));
        } else {
            self.keys(text);
        }
    }

    /// The screen as text, a line each, blanks at the ends dropped.
    pub fn screen(&self) -> String {
        let parser = lock(&self.parser);
        let (_, cols) = parser.screen().size();
        parser.screen().rows(0, cols).map(|r| r.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    /// The first line of the screen that contains `text`.
    pub fn line(&self, text: &str) -> Option<String> {
        self.screen().lines().find(|l| l.contains(text)).map(str::to_owned)
    }

    /// Looks at cells, colours and the cursor.
    pub fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(lock(&self.parser).screen())
    }

    /// Its person looks before the next key: what is typed at once is no answer to a question that came up in place of a text,
    /// and a second `q` was one too many.
    pub fn pause(&self) {
        std::thread::sleep(Duration::from_millis(1_100));
    }

    /// Waits until the screen contains `text`.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?} on the screen"), |screen| screen.contains(text));
    }

    /// Waits until the screen no longer contains `text`.
    #[track_caller]
    pub fn wait_while(&self, text: &str) {
        self.wait_until(&format!("{text:?} gone from the screen"), |screen| !screen.contains(text));
    }

    /// Waits until the screen is as wanted; a failure shows it.
    #[track_caller]
    pub fn wait_until(&self, what: &str, matches: impl Fn(&str) -> bool) {
        let came = wait_for(LIMIT, || matches(&self.screen()).then_some(()));
        assert!(came.is_some(), "{}: {what}: not within {LIMIT:?}\n{}", self.name, self.framed());
    }

    /// The screen with a frame around it, for a failure's message.
    pub fn framed(&self) -> String {
        let (_, cols) = lock(&self.parser).screen().size();
        let edge = "─".repeat(usize::from(cols));
        format!("┌{edge}┐\n{}\n└{edge}┘", self.screen())
    }

    /// All bytes that the program wrote so far.
    pub fn raw(&self) -> Vec<u8> {
        lock(&self.raw).clone()
    }

    /// How many bytes it wrote so far.
    pub fn written(&self) -> usize {
        lock(&self.raw).len()
    }

    /// What it put into the clipboard (OSC 52), oldest first.
    pub fn copied(&self) -> Vec<String> {
        lock(&self.parser).callbacks().copied.clone()
    }

    /// The window titles that it set, oldest first.
    pub fn titles(&self) -> Vec<String> {
        lock(&self.parser).callbacks().titles.clone()
    }

    /// How often it rang.
    pub fn bells(&self) -> usize {
        lock(&self.parser).callbacks().bells
    }

    /// Makes the terminal another size; the program gets SIGWINCH.
    pub fn resize(&self, size: Size) {
        lock(&self.parser).screen_mut().set_size(size.1, size.0);
        self.master.as_ref().expect("the line hangs").resize(size.pty()).expect("another size");
    }

    /// Whether the program is over.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Sends a signal to the program, such as `libc::SIGTERM`.
    pub fn signal(&self, signal: i32) {
        // SAFETY: a signal to a child that was not waited for yet.
        unsafe { libc::kill(self.pid() as libc::pid_t, signal) };
    }

    /// The line is lost, as when an SSH connection breaks: the terminal goes away under the program.
    pub fn hang_up(&mut self) {
        self.slave = None;
        self.stop.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.writer = None;
        self.master = None;
    }

    /// Waits for the program's end; gives the exit code (by a signal: 1). A failure shows the screen.
    #[track_caller]
    pub fn wait_for_end(&mut self) -> u32 {
        let status = wait_for(LIMIT, || self.child.try_wait().ok().flatten());
        let Some(status) = status else { panic!("{} runs still\n{}", self.name, self.framed()) };
        // What it wrote last may still be under way.
        std::thread::sleep(Duration::from_millis(50));
        status.exit_code()
    }

    /// What a person would find wrong with the terminal after the program's end or while it is stopped; `None`: all is
    /// as it was before.
    pub fn left_behind(&self) -> Option<String> {
        let mut wrong = Vec::new();
        {
            let parser = lock(&self.parser);
            let screen = parser.screen();
            let findings = [
                (screen.alternate_screen(), "the alternate screen"),
                (screen.hide_cursor(), "a hidden cursor"),
                (screen.bracketed_paste(), "bracketed paste"),
                (screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None, "the mouse"),
                (screen.application_cursor(), "application cursor keys"),
            ];
            wrong.extend(findings.into_iter().filter(|(is, _)| *is).map(|(_, what)| what));
        }
        let modes = self.master.as_ref().and_then(|m| m.as_raw_fd()).and_then(local_modes);
        if modes != self.modes {
            wrong.push("raw mode");
        }
        (!wrong.is_empty()).then(|| wrong.join(", "))
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- the last screen of {}\n{}", self.name, self.framed());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.hang_up();
    }
}

/// The program's side of a terminal, opened once more.
fn other_side(master: RawFd) -> std::io::Result<File> {
    let mut name = [0; 64];
    // SAFETY: ptsname_r writes at most as many bytes as the array has, and ends them with a NUL.
    let told = unsafe { libc::ptsname_r(master, name.as_mut_ptr(), name.len()) };
    if told != 0 {
        return Err(std::io::Error::from_raw_os_error(told));
    }
    // SAFETY: it ends with a NUL within the array.
    let name = unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned();
    OpenOptions::new().read(true).custom_flags(libc::O_NOCTTY | libc::O_NONBLOCK).open(name)
}

/// The modes of a terminal that raw mode changes.
fn local_modes(fd: RawFd) -> Option<libc::tcflag_t> {
    let mut modes = std::mem::MaybeUninit::<libc::termios>::uninit();
    // SAFETY: tcgetattr fills the whole structure when it answers 0.
    unsafe { (libc::tcgetattr(fd, modes.as_mut_ptr()) == 0).then(|| modes.assume_init().c_lflag) }
}

fn read(
    mut source: Box<dyn Read + Send>,
    fd: RawFd,
    parser: &Mutex<Parser>,
    raw: &Mutex<Vec<u8>>,
    stop: &AtomicBool,
    writer: &Mutex<Box<dyn Write + Send>>,
) {
    let mut buffer = [0; 16 * 1024];
    while !stop.load(Ordering::Relaxed) {
        let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid structure; the descriptor stays open until this thread has ended.
        if unsafe { libc::poll(&mut poll, 1, 20) } <= 0 {
            continue;
        }
        let length = match source.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(length) => length,
        };
        lock(raw).extend_from_slice(&buffer[..length]);
        let answers = {
            let mut parser = lock(parser);
            parser.process(&buffer[..length]);
            std::mem::take(&mut parser.callbacks_mut().answers)
        };
        if !answers.is_empty() {
            let mut writer = lock(writer);
            let _ = writer.write_all(&answers).and_then(|()| writer.flush());
        }
    }
}
