//! A bad network on loopback: a proxy that loses, delays, holds and cuts, and writes down what went through.
//!
//! It reads along, so the connection through it must be plain text where a test wants to hold it at a certain command.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    ToServer,
    ToClient,
}

/// A line that went through, without CRLF, cut after 300 characters. The parts of a literal are lines as well.
#[derive(Debug, Clone)]
pub struct Line {
    pub at: Instant,
    pub connection: usize,
    pub direction: Direction,
    pub text: String,
}

type Matches = Box<dyn Fn(&str) -> bool + Send>;

#[derive(Default)]
struct State {
    is_down: bool,
    is_stalled: bool,
    delay: Duration,
    /// Connections with a smaller number are to end.
    first_alive: usize,
    opened: usize,
    sockets: Vec<(usize, TcpStream)>,
    rules: Vec<(usize, Direction, Matches)>,
    next_rule: usize,
    /// Rules that matched and hold a line now.
    holding: Vec<usize>,
    lines: Vec<Line>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A proxy to one port; serves until the test process ends.
#[derive(Clone)]
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    pub fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port for the proxy");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() });
        let proxy = Self { port, shared: shared.clone() };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A peer that is gone already has no need of a proxy.
                let _ = open(&shared, client, server_port);
            }
        });
        proxy
    }

    /// Ends all connections; new ones are served.
    pub fn cut(&self) {
        let mut state = self.shared.state();
        state.first_alive = state.opened;
        for (_, socket) in state.sockets.drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Down: all connections end, and new ones end at once, until it is up again.
    pub fn set_down(&self, is_down: bool) {
        self.shared.state().is_down = is_down;
        if is_down {
            self.cut();
        }
    }

    /// Stalled: connections stay and nothing comes through, as when a cable is pulled. What was sent arrives when it
    /// ends.
    pub fn set_stalled(&self, is_stalled: bool) {
        self.shared.state().is_stalled = is_stalled;
        self.shared.changed.notify_all();
    }

    /// From now on each piece takes so much longer, both ways.
    pub fn set_delay(&self, delay: Duration) {
        self.shared.state().delay = delay;
    }

    /// Holds the next line that matches, before it goes on, and with it all that follows in its direction.
    pub fn hold(&self, direction: Direction, matches: impl Fn(&str) -> bool + Send + 'static) -> Hold {
        let mut state = self.shared.state();
        state.next_rule += 1;
        let rule = state.next_rule;
        state.rules.push((rule, direction, Box::new(matches)));
        Hold { rule, shared: self.shared.clone() }
    }

    /// Holds the next command that contains `text`, without regard to case: the server has not seen it yet.
    pub fn hold_command(&self, text: &str) -> Hold {
        let text = text.to_ascii_uppercase();
        self.hold(Direction::ToServer, move |line| line.to_ascii_uppercase().contains(&text))
    }

    /// Holds the next answer that contains `text`, likewise: the server has done it, the client does not know.
    pub fn hold_answer(&self, text: &str) -> Hold {
        let text = text.to_ascii_uppercase();
        self.hold(Direction::ToClient, move |line| line.to_ascii_uppercase().contains(&text))
    }

    /// All lines so far, in the order in which they went through.
    pub fn lines(&self) -> Vec<Line> {
        self.shared.state().lines.clone()
    }

    /// What clients sent so far.
    pub fn sent(&self) -> Vec<String> {
        self.lines().into_iter().filter(|l| l.direction == Direction::ToServer).map(|l| l.text).collect()
    }

    /// How many connections were opened so far.
    pub fn opened(&self) -> usize {
        self.shared.state().opened
    }
}

/// A line that is or will be held. Dropped, it lets go.
pub struct Hold {
    rule: usize,
    shared: Arc<Shared>,
}

impl Hold {
    /// Waits until the line has come; panics when the time is over.
    #[track_caller]
    pub fn wait(&self, limit: Duration) {
        let state = self.shared.state();
        let is_waited_for = |s: &mut State| !s.holding.contains(&self.rule);
        let (state, out) =
            self.shared.changed.wait_timeout_while(state, limit, is_waited_for).unwrap_or_else(PoisonError::into_inner);
        let tail: Vec<&str> = state.lines.iter().rev().take(12).map(|l| l.text.as_str()).collect();
        assert!(!out.timed_out(), "the line did not come within {limit:?}; the last, newest first: {tail:#?}");
    }

    /// Has the line come?
    pub fn is_holding(&self) -> bool {
        self.shared.state().holding.contains(&self.rule)
    }

    /// Lets the line go on.
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.rules.retain(|(rule, _, _)| *rule != self.rule);
        state.holding.retain(|rule| *rule != self.rule);
        drop(state);
        self.shared.changed.notify_all();
    }
}

fn open(shared: &Arc<Shared>, client: TcpStream, server_port: u16) -> std::io::Result<()> {
    let number = {
        let mut state = shared.state();
        if state.is_down {
            return Ok(());
        }
        state.opened += 1;
        state.opened - 1
    };
    let server = TcpStream::connect(("127.0.0.1", server_port))?;
    for socket in [&client, &server] {
        socket.set_nodelay(true)?;
    }
    let both = [(number, client.try_clone()?), (number, server.try_clone()?)];
    shared.state().sockets.extend(both);
    let ways = [(client.try_clone()?, server.try_clone()?, Direction::ToServer), (server, client, Direction::ToClient)];
    for (from, to, direction) in ways {
        let shared = shared.clone();
        std::thread::spawn(move || {
            let _ = carry(&shared, number, direction, from, &to);
            // One side's end is the other's, as far as it reads.
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    Ok(())
}

fn carry(
    shared: &Shared,
    connection: usize,
    direction: Direction,
    mut from: TcpStream,
    mut to: &TcpStream,
) -> std::io::Result<()> {
    let mut buffer = [0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        let delay = shared.state().delay;
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
        // All up to a line that is held goes on before it.
        let mut start = 0;
        let mut end = 0;
        for line in buffer[..length].split_inclusive(|b| *b == b'\n') {
            let text = String::from_utf8_lossy(line);
            let text = text.trim_end_matches(['\r', '\n']);
            if let Some(rule) = take_rule(shared, direction, text) {
                to.write_all(&buffer[start..end])?;
                start = end;
                if !hold(shared, connection, rule) {
                    return Ok(());
                }
            }
            let shown: String = text.chars().take(300).collect();
            shared.state().lines.push(Line { at: Instant::now(), connection, direction, text: shown });
            end += line.len();
        }
        let state = shared.state();
        let is_stalled = |s: &mut State| s.is_stalled && connection >= s.first_alive;
        let state = shared.changed.wait_while(state, is_stalled).unwrap_or_else(PoisonError::into_inner);
        if connection < state.first_alive {
            return Ok(());
        }
        drop(state);
        to.write_all(&buffer[start..end])?;
    }
}

fn take_rule(shared: &Shared, direction: Direction, text: &str) -> Option<usize> {
    let mut state = shared.state();
    let at = state.rules.iter().position(|(_, way, matches)| *way == direction && matches(text))?;
    let (rule, _, _) = state.rules.remove(at);
    state.holding.push(rule);
    drop(state);
    shared.changed.notify_all();
    Some(rule)
}

/// Waits until the rule lets go; `false`: the connection was cut meanwhile.
fn hold(shared: &Shared, connection: usize, rule: usize) -> bool {
    let is_held = |s: &mut State| s.holding.contains(&rule) && connection >= s.first_alive;
    let state = shared.changed.wait_while(shared.state(), is_held).unwrap_or_else(PoisonError::into_inner);
    connection >= state.first_alive
}
