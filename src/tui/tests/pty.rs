//! The runner in a pseudo-terminal: the terminal is given back whatever happens, and no word is lost.
//!
//! The test program starts itself in the terminal; there it is [`the_screen_in_a_terminal`] that runs.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::engine::kept::SavedDraft;
use crate::store::Laid;
use crate::tui::app::{Account, Settings};
use crate::tui::fake::{self, SUPPORT, handle};
use crate::tui::run::{RunConfig, run};
use crate::tui::source::{Drafts, Result, SourceError};
use crate::tui::theme::ThemeChoice;

const PLACE: &str = "BAGSY_TEST_PLACE";

/// Drafts as a file that the parent reads.
struct InFile(PathBuf);

impl Drafts for InFile {
    fn put(&mut self, draft: &SavedDraft) -> Result<Laid> {
        // A fault in the middle of the screen's own work, once.
        static IS_BURNT: AtomicBool = AtomicBool::new(false);
        if draft.content.body.contains("it burns") && !IS_BURNT.swap(true, Ordering::SeqCst) {
            panic!("the desk burns");
        }
        std::fs::write(&self.0, &draft.content.body).map_err(|e| SourceError(e.to_string()))?;
        Ok(Laid::InPlace)
    }

    fn forget(&mut self, _: &SavedDraft) -> Result<()> {
        Ok(())
    }

    fn editing(&self, _: &str) -> Result<PathBuf> {
        Ok(self.0.with_extension("editing"))
    }

    fn all_editing(&self) -> Vec<PathBuf> {
        vec![self.0.with_extension("editing")]
    }

    fn attach(&mut self, _: &str, _: &crate::mail::compose::AttachedFile) -> Result<crate::engine::message::Attached> {
        Err(SourceError("there is no desk here".to_owned()))
    }
}

#[test]
#[ignore = "what the other tests start in a terminal"]
fn the_screen_in_a_terminal() {
    let Some(place) = std::env::var_os(PLACE) else { return };
    let mut settings = Settings::default();
    settings.accounts.insert("work".into(), Account { handle: Some(handle("alice")), ..Account::default() });
    let config = RunConfig { settings, theme: ThemeChoice::Dark, ..RunConfig::default() };
    let (commands, mut asked) = tokio::sync::mpsc::unbounded_channel();
    let (tell, events) = mpsc::channel();
    let state = crate::engine::message::Connection::Live;
    tell.send(crate::engine::message::Event::Connection { mailbox: SUPPORT.into(), state }).unwrap();
    let drafts = InFile(Path::new(&place).join("draft"));
    run(config, fake::support(), drafts, commands, events).unwrap();
    while asked.try_recv().is_ok() {}
    println!("\nback in the shell");
}

struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    screen: Arc<Mutex<vt100::Parser>>,
    place: tempfile::TempDir,
    /// The reader of the screen ends with the next thing that it reads.
    is_breaking: Arc<AtomicBool>,
}

impl Terminal {
    fn start() -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let place = tempfile::tempdir().unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "tui::tests::pty::the_screen_in_a_terminal", "--ignored", "--nocapture"]);
        command.env(PLACE, place.path());
        command.env("TERM", "xterm-256color");
        command.env("EDITOR", "sed -i s/Hello/Dear/");
        command.env_remove("VISUAL");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(24, 80, 0)));
        let is_breaking = Arc::new(AtomicBool::new(false));
        let breaks = Arc::clone(&is_breaking);
        let (mut output, into) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = output.read(&mut bytes) {
                into.lock().unwrap().process(&bytes[..n]);
                if breaks.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let is_breaking = Arc::clone(&is_breaking);
        let terminal = Self { is_breaking, child, master: Some(pair.master), keys: Some(keys), screen, place };
        terminal.wait_for("Printer on fire");
        terminal
    }

    fn press(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn wait(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !is_so(self) {
            assert!(Instant::now() < until, "no {what} in\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn wait_for(&self, text: &str) {
        self.wait(text, |t| t.text().contains(text));
    }

    fn signal(&self, signal: i32) {
        let process = self.child.process_id().unwrap().cast_signed();
        // SAFETY: kill(2) takes two integers and touches no memory.
        assert_eq!(unsafe { libc::kill(process, signal) }, 0);
    }

    fn is_stopped(&self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/stat", self.child.process_id().unwrap())).unwrap();
        status.rsplit(')').next().unwrap().trim().starts_with('T')
    }

    fn ends(&mut self) {
        let until = Instant::now() + Duration::from_secs(20);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "it goes on:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn draft(&self) -> String {
        std::fs::read_to_string(self.place.path().join("draft")).unwrap_or_default()
    }

    /// Whether the terminal edits lines and shows what is typed, as a shell wants it.
    fn is_cooked(&self) -> bool {
        let fd = self.master.as_ref().unwrap().as_raw_fd().unwrap();
        let mut modes = std::mem::MaybeUninit::<libc::termios>::uninit();
        // SAFETY: tcgetattr fills the whole structure when it answers 0, which is looked at first.
        let modes = unsafe {
            assert_eq!(libc::tcgetattr(fd, modes.as_mut_ptr()), 0);
            modes.assume_init()
        };
        modes.c_lflag & (libc::ICANON | libc::ECHO | libc::ISIG) == libc::ICANON | libc::ECHO | libc::ISIG
    }

    fn is_ours(&self) -> bool {
        self.screen.lock().unwrap().screen().alternate_screen()
    }
}

#[test]
fn a_person_leaves_and_the_terminal_is_as_it_was() {
    let mut t = Terminal::start();
    assert!(t.is_ours());
    t.press("G");
    t.wait("selected row", |t| t.text().lines().any(|l| l.contains('▌') && l.contains("Printer on fire")));
    t.press("q");
    t.wait_for("back in the shell");
    let screen = t.screen.lock().unwrap();
    assert!(!screen.screen().alternate_screen() && !screen.screen().hide_cursor());
    assert!(!screen.screen().bracketed_paste());
    drop(screen);
    t.ends();
}

#[test]
fn a_panic_gives_the_terminal_back_is_told_there_and_keeps_what_is_typed() {
    let mut t = Terminal::start();
    t.press("Gr");
    t.wait_for("Reply as");
    assert!(t.is_ours() && !t.is_cooked());
    t.press("Look, it burns");
    t.wait_for("the desk burns");
    t.ends();
    let screen = t.screen.lock().unwrap();
    assert!(!screen.screen().alternate_screen() && !screen.screen().hide_cursor());
    assert!(!screen.screen().bracketed_paste());
    assert!(screen.screen().contents().contains("src/tui/tests/pty.rs"), "{}", screen.screen().contents());
    drop(screen);
    assert!(t.is_cooked());
    assert!(t.draft().starts_with("Look, it burns"), "{}", t.draft());
}

#[test]
fn a_resize_is_followed_down_to_nothing_and_back() {
    let mut t = Terminal::start();
    for (rows, cols) in [(5, 20), (1, 1), (50, 160), (24, 80)] {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        t.screen.lock().unwrap().screen_mut().set_size(rows, cols);
        t.master.as_ref().unwrap().resize(size).unwrap();
        std::thread::sleep(Duration::from_millis(150));
    }
    t.wait_for("? keys");
    t.press("q");
    t.ends();
}

#[test]
fn put_into_the_background_it_gives_the_terminal_back_and_takes_it_again() {
    let mut t = Terminal::start();
    for stop in ["key", "signal"] {
        match stop {
            "key" => t.press("\u{1a}"),
            _ => t.signal(libc::SIGTSTP),
        }
        t.wait("stop", Terminal::is_stopped);
        t.wait(&format!("own screen after {stop}"), |t| !t.is_ours());
        t.signal(libc::SIGCONT);
        t.wait("our screen", Terminal::is_ours);
        t.wait_for("Printer on fire");
    }
    t.press("q");
    t.ends();
}

#[test]
fn a_signal_to_end_keeps_what_is_typed() {
    let mut t = Terminal::start();
    t.press("Gr");
    t.wait_for("Reply as");
    t.press("Please unplug it");
    t.wait_for("Please unplug it");
    t.signal(libc::SIGTERM);
    t.wait_for("back in the shell");
    assert!(!t.is_ours());
    assert!(t.draft().starts_with("Please unplug it"), "{}", t.draft());
    t.ends();
}

#[test]
fn a_line_that_breaks_keeps_what_is_typed() {
    let mut t = Terminal::start();
    t.press("Gr");
    t.wait_for("Reply as");
    t.press("Please unplug it");
    t.wait_for("Please unplug it");
    t.is_breaking.store(true, Ordering::SeqCst);
    t.press(".");
    std::thread::sleep(Duration::from_millis(300));
    t.keys = None;
    t.master = None;
    t.ends();
    assert!(t.draft().starts_with("Please unplug it."), "{}", t.draft());
}

#[test]
fn pasted_text_is_text_and_the_editor_gives_its_own_back() {
    let mut t = Terminal::start();
    t.press("\u{1b}[200~qqq\u{1b}[201~");
    t.wait_for("pasted text was dropped");
    t.press("Gr");
    t.wait_for("Reply as");
    t.press("\u{1b}[200~Hello Dana\rqG\u{1b}[201~");
    t.wait_for("Hello Dana");
    t.press("\u{5}");
    t.wait_for("Dear Dana");
    assert!(t.is_ours());
    t.press("!\u{1b}");
    t.wait_for("draft kept");
    // At once it would be one too many.
    std::thread::sleep(Duration::from_millis(1_100));
    t.press("q");
    t.ends();
    assert!(t.draft().contains("Dear Dana\nqG"), "{}", t.draft());
}
