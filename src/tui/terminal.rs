//! The terminal, taken and given back: raw mode, alternate screen, bracketed paste, reports of the focus. Whatever ends the program, the
//! person's shell finds it as it was.

use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use base64::Engine as _;
use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Size;

use super::app::App;
use super::theme::Theme;
use super::view::view;

/// A frame is written at once: room for a large one.
const FRAME: usize = 64 * 1024;

/// The terminal while it is ours; dropping it gives it back.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    has_mouse: bool,
    /// Whatever is on it goes with the next frame.
    is_stale: bool,
}

impl Screen {
    /// Takes the terminal, and its mouse where that is wanted.
    pub fn take(has_mouse: bool) -> io::Result<Self> {
        set_up(has_mouse)?;
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(FRAME, stdout())));
        terminal.map(|terminal| Self { terminal, has_mouse, is_stale: false }).inspect_err(|_| give_back())
    }

    /// The terminal's size now.
    pub fn size(&self) -> io::Result<Size> {
        self.terminal.size()
    }

    /// Draws the state; only the cells that changed are written.
    pub fn draw(&mut self, app: &App, theme: &Theme) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        if std::mem::take(&mut self.is_stale) {
            // `Terminal::clear` would ask the terminal for its cursor, and the answer would go to the reader of keys.
            let size = self.terminal.size()?;
            self.terminal.resize(size.into())?;
        }
        self.terminal.draw(|frame| view(app, theme, frame))?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Writes what rings, or makes the terminal tell its person; nothing that is drawn.
    pub fn notify(&mut self, octets: &str) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(octets.as_bytes())?;
        Write::flush(out)
    }

    /// Gives the terminal back while somebody else uses it.
    pub fn lend(&mut self) {
        give_back();
    }

    /// Takes it again and draws everything anew.
    pub fn resume(&mut self) -> io::Result<()> {
        // crossterm thinks that raw mode is still on where somebody else turned it off.
        ignore(disable_raw_mode());
        set_up(self.has_mouse)?;
        self.redraw();
        Ok(())
    }

    /// Lays a text into the terminal's clipboard (OSC 52): it reaches the person's own machine over SSH too. Inside tmux, which
    /// passes on only what is wrapped for it, it is said in both ways.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(clipboard(text, std::env::var_os("TMUX").is_some()).as_bytes())?;
        io::Write::flush(out)
    }

    /// Draws everything anew with the next frame, whatever is on the terminal now.
    pub fn redraw(&mut self) {
        self.is_stale = true;
    }
}

fn clipboard(text: &str, is_in_tmux: bool) -> String {
    let code = base64::engine::general_purpose::STANDARD.encode(text);
    let plain = format!("\x1b]52;c;{code}\x07");
    match is_in_tmux {
        true => format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
        false => plain,
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// The terminal is ours. Given back twice, many a terminal puts its cursor back twice, onto what was written in between.
static IS_OURS: AtomicBool = AtomicBool::new(false);

fn set_up(has_mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    IS_OURS.store(true, Ordering::SeqCst);
    // A program that was killed may have left its picture on the alternate screen.
    execute!(stdout(), EnterAlternateScreen, Clear(ClearType::All), EnableBracketedPaste, EnableFocusChange)
        .inspect_err(|_| give_back())?;
    if has_mouse { execute!(stdout(), EnableMouseCapture).inspect_err(|_| give_back()) } else { Ok(()) }
}

/// Does what can be done: a terminal that is gone takes nothing any more.
fn give_back() {
    if !IS_OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    ignore(execute!(
        stdout(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    ));
    ignore(disable_raw_mode());
}

/// Nothing can be told where the terminal itself is what fails.
fn ignore(outcome: io::Result<()>) {
    drop(outcome);
}

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// While it lives, a panic of this thread gives the terminal back before it is told, and one of another thread goes to the
/// log instead of across the screen.
pub struct PanicGuard {
    previous: Arc<Hook>,
}

impl PanicGuard {
    /// Puts it in force for this thread.
    pub fn install() -> Self {
        let previous: Arc<Hook> = Arc::from(panic::take_hook());
        let (ours, tell) = (thread::current().id(), Arc::clone(&previous));
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == ours {
                give_back();
                tell(info);
            } else {
                // The message may hold what a mail said; the place is enough.
                let place = info.location().map(ToString::to_string).unwrap_or_default();
                tracing::error!(place, "a thread panicked");
            }
        }));
        Self { previous }
    }
}

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if !thread::panicking() {
            let previous = Arc::clone(&self.previous);
            panic::set_hook(Box::new(move |info| previous(info)));
        }
    }
}

/// Stops the program until the person brings it back. It may run on for a moment: another thread may be the one that takes
/// the signal. `false`: there is no such thing here.
#[cfg(unix)]
pub fn stop(is_whole_job: bool) -> bool {
    // Whatever started us in this job (`cargo run`, a script) must stop with us, or the shell never comes back.
    let whom = if is_whole_job { 0 } else { std::process::id().cast_signed() };
    // SAFETY: kill(2) takes two integers and touches no memory.
    unsafe { libc::kill(whom, libc::SIGSTOP) == 0 }
}

/// Stops the program, where there is such a thing.
#[cfg(not(unix))]
pub fn stop(_is_whole_job: bool) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::clipboard;

    #[test]
    fn inside_tmux_it_is_said_in_both_ways() {
        assert_eq!(clipboard("ü", false), "\x1b]52;c;w7w=\x07");
        assert_eq!(clipboard("a", true), "\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\");
    }
}
