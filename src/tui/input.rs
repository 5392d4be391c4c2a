//! What comes to the screen from outside, each source on a thread of its own, all into one channel: keys, signals, the
//! engine's events, and the end of the terminal.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event as TerminalEvent};
use jiff::Timestamp;

use super::late_answer::LateAnswer;
use crate::engine::files::Entry;
use crate::engine::message::Event;
use crate::mail::compose::AttachedFile;

/// Something from outside.
#[derive(Debug)]
pub enum Input {
    Terminal {
        event: TerminalEvent,
        /// When it came: a key may wait before it is worked off.
        at: Timestamp,
    },
    Engine(Event),
    /// The names of a folder that is typed.
    Browsed {
        folder: String,
        outcome: Result<Vec<Entry>, String>,
    },
    /// A file that is to go along, read.
    Read(Result<AttachedFile, String>),
    /// The desktop did not take this notice.
    Untold(String),
    /// The engine ended.
    EngineGone,
    /// Put into the background by a signal.
    Stop,
    /// Brought back.
    Continue,
    /// SIGTERM, SIGINT, SIGHUP, or the terminal is gone.
    End,
}

/// The reader of keys looks this often whether it shall pause.
const LOOK: Duration = Duration::from_millis(100);

/// Keeps the reader of keys off the terminal while another program has it.
#[derive(Debug, Default)]
pub struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
    /// The person's editor has the terminal.
    is_lent: AtomicBool,
}

#[derive(Debug, Default)]
struct GateState {
    is_closed: bool,
    is_waiting: bool,
}

impl Gate {
    /// Returns when nobody reads keys any more.
    pub fn close(&self) {
        self.is_lent.store(true, Ordering::SeqCst);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_closed = true;
        // A reader that has ended never answers.
        let waited = self.changed.wait_timeout_while(state, LOOK * 5, |s| !s.is_waiting);
        drop(waited);
    }

    /// Keys are read again.
    pub fn open(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_closed = false;
        self.changed.notify_all();
        self.is_lent.store(false, Ordering::SeqCst);
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.is_closed {
            state.is_waiting = true;
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.is_waiting = false;
    }
}

/// Starts the threads.
///
/// # Errors
/// When a thread cannot be started.
pub fn listen(events: Receiver<Event>, gate: &Arc<Gate>, to: &Sender<Input>) -> io::Result<()> {
    let (engine, keys, end) = (to.clone(), to.clone(), to.clone());
    let start =
        |name: &str, body: Box<dyn FnOnce() + Send>| thread::Builder::new().name(name.into()).spawn(body).map(drop);
    start(
        "screen-engine",
        Box::new(move || {
            for event in events {
                if engine.send(Input::Engine(event)).is_err() {
                    return;
                }
            }
            // The screen may be gone already: then nobody needs to know.
            drop(engine.send(Input::EngineGone));
        }),
    )?;
    let reader_gate = Arc::clone(gate);
    start("screen-keys", Box::new(move || read_keys(&reader_gate, &keys)))?;
    start("screen-hang-up", Box::new(move || watch_terminal(&end)))?;
    signals(gate, to)
}

fn read_keys(gate: &Gate, to: &Sender<Input>) {
    let mut late = LateAnswer::default();
    loop {
        gate.pass();
        let events =
            match event::poll(LOOK).and_then(|is_there| if is_there { event::read().map(Some) } else { Ok(None) }) {
                Ok(Some(event)) => late.sort_out(event),
                Ok(None) => late.is_silent(),
                Err(_) => {
                    // The screen may have ended before its terminal.
                    drop(to.send(Input::End));
                    return;
                }
            };
        let at = Timestamp::now();
        if events.into_iter().any(|event| to.send(Input::Terminal { event, at }).is_err()) {
            return;
        }
    }
}

/// crossterm spins for ever on a terminal that is gone (0.29 reads end of file as nothing); so its end is watched for.
#[cfg(unix)]
fn watch_terminal(to: &Sender<Input>) {
    use std::io::IsTerminal;
    use std::os::fd::AsRawFd;
    let stdin = io::stdin();
    let tty = if stdin.is_terminal() { None } else { std::fs::File::open("/dev/tty").ok() };
    let fd = tty.as_ref().map_or(stdin.as_raw_fd(), AsRawFd::as_raw_fd);
    let mut watched = libc::pollfd { fd, events: 0, revents: 0 };
    loop {
        // SAFETY: one pollfd, that lives on this stack; the descriptor stays open as long as the process or `tty` does.
        let ready = unsafe { libc::poll(&raw mut watched, 1, -1) };
        if ready > 0 && watched.revents != 0 {
            // The screen may have ended before its terminal.
            drop(to.send(Input::End));
            return;
        }
        if ready < 0 && io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return;
        }
    }
}

#[cfg(not(unix))]
fn watch_terminal(_to: &Sender<Input>) {}

/// Signals as inputs.
#[cfg(unix)]
fn signals(gate: &Arc<Gate>, to: &Sender<Input>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (gate, to) = (Arc::clone(gate), to.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let listener = {
        let _entered = runtime.enter();
        (
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::from_raw(libc::SIGTSTP))?,
            signal(SignalKind::from_raw(libc::SIGCONT))?,
        )
    };
    let body = move || {
        let (mut term, mut hup, mut int, mut stop, mut cont) = listener;
        runtime.block_on(async {
            loop {
                let input = tokio::select! {
                    _ = term.recv() => Input::End,
                    _ = hup.recv() => Input::End,
                    // Ctrl-C in the person's editor is for the editor.
                    _ = int.recv() => if gate.is_lent.load(Ordering::SeqCst) { continue } else { Input::End },
                    _ = stop.recv() => {
                        if gate.is_lent.load(Ordering::SeqCst) {
                            // Ctrl-Z in the editor stops the job: we stop with it, or the shell never comes back.
                            super::terminal::stop(false);
                            continue;
                        }
                        Input::Stop
                    }
                    _ = cont.recv() => Input::Continue,
                };
                if to.send(input).is_err() {
                    return;
                }
            }
        });
    };
    thread::Builder::new().name("screen-signals".into()).spawn(body).map(drop)
}

#[cfg(not(unix))]
fn signals(_gate: &Arc<Gate>, _to: &Sender<Input>) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_gate_is_passed_when_it_opens() {
        let gate = Arc::new(Gate::default());
        let reader = Arc::clone(&gate);
        let (tx, rx) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            while rx.try_recv().is_err() {
                reader.pass();
                thread::sleep(Duration::from_millis(1));
            }
        });
        gate.close();
        assert!(gate.state.lock().unwrap().is_waiting);
        gate.open();
        tx.send(()).unwrap();
        thread.join().unwrap();
    }
}
