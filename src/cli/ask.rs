//! Questions to a person at a terminal, a line each, with the default in brackets.
//!
//! Plain lines and nothing else: they work over any connection, in 80 columns, and can be read again by scrolling up.

use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::context::Outcome;
use super::output::{columns, wrapped};
use crate::config::Secret;
use crate::mail::safe;
use crate::model::{ErrorKind, Refusal};

/// Lines are broken to this width at most; narrower where the terminal is.
const WIDEST: usize = 92;

/// Typed in the place of an answer, it goes back.
pub const BACK: &str = "<";

/// The person at the terminal.
#[derive(Debug)]
pub struct Person {
    width: usize,
    way: Option<Way>,
}

/// The way that several steps of questions have come so far.
#[derive(Debug, Default)]
struct Way {
    /// How many questions of the present step were asked.
    asked: AtomicUsize,
    /// The first of them: whoever goes back from it, also when it is asked again, wants to the step before.
    first: Mutex<String>,
    wants_back: AtomicBool,
    is_at_first: AtomicBool,
}

/// Where somebody goes back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// The beginning of the step.
    Here,
    /// The step before.
    Before,
}

impl Person {
    /// Whoever sits there.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] where standard input or output is no terminal.
    pub fn at_terminal(verb: &str, instead: &str) -> Outcome<Self> {
        if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
            let text = format!("`{verb}` asks questions, and there is no terminal to ask on");
            return Err(Refusal::new(ErrorKind::Usage, text).hint(instead));
        }
        Ok(Self { width: columns().min(WIDEST), way: None })
    }

    /// The same, who may go back: [`BACK`] then ends a question as leaving does, and [`Person::goes_back`] tells the two apart.
    pub fn with_a_way_back(self) -> Self {
        Self { way: Some(Way::default()), ..self }
    }

    /// A step of several questions begins.
    pub fn begin_step(&self) {
        if let Some(way) = &self.way {
            way.asked.store(0, Ordering::Relaxed);
        }
    }

    /// How many questions this step has asked so far.
    pub fn asked(&self) -> usize {
        self.way.as_ref().map_or(0, |way| way.asked.load(Ordering::Relaxed))
    }

    /// Whether the last question was ended by the wish to go back, and where to; told once.
    pub fn goes_back(&self) -> Option<Back> {
        let way = self.way.as_ref().filter(|way| way.wants_back.swap(false, Ordering::Relaxed))?;
        Some(if way.is_at_first.load(Ordering::Relaxed) { Back::Before } else { Back::Here })
    }

    /// Counts a question, and reads its answer as a wish to go back where it is one.
    fn heard(&self, question: &str, typed: &str) -> Outcome {
        let Some(way) = &self.way else { return Ok(()) };
        {
            // Nothing that holds it can panic.
            let mut first = way.first.lock().unwrap_or_else(PoisonError::into_inner);
            if way.asked.fetch_add(1, Ordering::Relaxed) == 0 {
                question.clone_into(&mut first);
            }
            way.is_at_first.store(*first == question, Ordering::Relaxed);
        }
        if typed != BACK {
            return Ok(());
        }
        way.wants_back.store(true, Ordering::Relaxed);
        Err(left())
    }

    /// Says something, broken into lines at blanks. Servers' words may be in it.
    pub fn say(&self, text: &str) {
        for line in safe::text(text).lines() {
            let indent = line.len() - line.trim_start().len();
            print_line(&wrapped(line, self.width, indent));
        }
    }

    /// Says what is well.
    pub fn good(&self, text: &str) {
        self.marked("ok", text);
    }

    /// Says what went wrong.
    pub fn bad(&self, text: &str) {
        self.marked("failed", text);
    }

    fn marked(&self, mark: &str, text: &str) {
        print_line(&wrapped(&format!("  {mark}: {}", safe::line(text)), self.width, 6));
    }

    /// An empty line.
    pub fn gap(&self) {
        print_line("");
    }

    /// Asks for a line of text. Nothing typed is the default; without one it is asked again.
    ///
    /// # Errors
    /// The person has left (Ctrl-D), or the terminal is gone.
    pub async fn line(&self, question: &str, default: Option<&str>) -> Outcome<String> {
        loop {
            let typed = self.typed(question, default).await?;
            match (typed.as_str(), default) {
                ("", Some(default)) => return Ok(default.to_owned()),
                ("", None) => {}
                _ => return Ok(typed),
            }
        }
    }

    /// Asks for a line of text that may be left empty.
    ///
    /// # Errors
    /// As [`Person::line`].
    pub async fn line_or_nothing(&self, question: &str) -> Outcome<Option<String>> {
        let typed = self.typed(question, None).await?;
        Ok(Some(typed).filter(|typed| !typed.is_empty()))
    }

    /// Asks for a yes or a no.
    ///
    /// # Errors
    /// As [`Person::line`].
    pub async fn yes(&self, question: &str, default: bool) -> Outcome<bool> {
        let choices = if default { "Y/n" } else { "y/N" };
        loop {
            match self.typed(question, Some(choices)).await?.to_ascii_lowercase().as_str() {
                "" => return Ok(default),
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => self.say("Please answer y or n."),
            }
        }
    }

    /// Asks for one of several things, shown with numbers from 1; gives its place.
    ///
    /// # Errors
    /// As [`Person::line`].
    pub async fn choice(&self, question: &str, things: &[String], default: usize) -> Outcome<usize> {
        self.list(things);
        loop {
            let typed = self.line(question, Some(&(default + 1).to_string())).await?;
            match number_of(&typed, things.len()) {
                Some(at) => return Ok(at),
                None => self.say(&format!("Please answer with a number from 1 to {}.", things.len())),
            }
        }
    }

    /// Shows things with numbers from 1.
    pub fn list(&self, things: &[String]) {
        for (at, thing) in things.iter().enumerate() {
            print_line(&wrapped(&format!("  {}  {}", at + 1, safe::line(thing)), self.width, 5));
        }
    }

    /// Asks for a secret, which is not shown.
    ///
    /// # Errors
    /// As [`Person::line`].
    pub async fn secret(&self, question: &str) -> Outcome<Secret> {
        let prompt = safe::line(&format!("{question}: "));
        loop {
            let prompt = prompt.clone();
            let typed = tokio::task::spawn_blocking(move || rpassword::prompt_password(prompt)).await;
            match typed {
                Ok(Ok(secret)) if !secret.is_empty() => {
                    self.heard(question, &secret)?;
                    return Ok(Secret::new(secret));
                }
                Ok(Ok(_)) => self.say("Nothing was typed; it is not shown while you type."),
                Ok(Err(error)) if is_leaving(error.kind()) => return Err(left()),
                Ok(Err(error)) => return Err(unreadable(&error.to_string())),
                Err(error) => return Err(unreadable(&error.to_string())),
            }
        }
    }

    /// Does something that may take long, until it is done or Enter is pressed: then there is nothing.
    ///
    /// # Errors
    /// The terminal is gone.
    pub async fn unless_enter<T>(&self, doing: impl Future<Output = T>) -> Outcome<Option<T>> {
        let is_over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&is_over);
        let mut pressed = tokio::task::spawn_blocking(move || line_before(&told));
        let done = tokio::select! {
            done = doing => Some(done),
            line = &mut pressed => {
                let line = line.map_err(|error| unreadable(&error.to_string()))?;
                line.map_err(|error| unreadable(&error.to_string()))?.then_some(()).ok_or_else(left)?;
                return Ok(None);
            }
        };
        is_over.store(true, Ordering::Relaxed);
        // What was typed meanwhile is read before the next question, not by it.
        let _ = pressed.await;
        Ok(done)
    }

    async fn typed(&self, question: &str, default: Option<&str>) -> Outcome<String> {
        let prompt = prompt(question, default);
        // The answer stands behind the last line of the question.
        let shown = format!("{} ", wrapped(&safe::line(&prompt), self.width.saturating_sub(12), 0));
        let read = tokio::task::spawn_blocking(move || {
            let mut out = io::stdout().lock();
            out.write_all(shown.as_bytes()).and_then(|()| out.flush())?;
            drop(out);
            let mut line = String::new();
            let length = io::stdin().read_line(&mut line)?;
            Ok::<_, io::Error>((length > 0).then_some(line))
        });
        match read.await {
            Ok(Ok(Some(line))) => {
                let typed = safe::line(line.trim());
                self.heard(question, &typed)?;
                Ok(typed)
            }
            Ok(Ok(None)) => {
                self.gap();
                Err(left())
            }
            // What was typed is no UTF-8: nothing that could be meant.
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => Ok(String::new()),
            Ok(Err(error)) => Err(unreadable(&error.to_string())),
            Err(error) => Err(unreadable(&error.to_string())),
        }
    }
}

fn prompt(question: &str, default: Option<&str>) -> String {
    match default {
        Some(default) => format!("{question} [{default}]"),
        None => format!("{question}:"),
    }
}

/// The place that a number from 1 means.
pub fn number_of(typed: &str, count: usize) -> Option<usize> {
    typed.parse::<usize>().ok().filter(|n| (1..=count).contains(n)).map(|n| n - 1)
}

fn print_line(text: &str) {
    let mut out = io::stdout().lock();
    // A terminal that is gone is told by the next question.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Waits for a line, without taking any of what is typed once it is over; `false`: no line will come any more.
#[cfg(unix)]
fn line_before(is_over: &AtomicBool) -> io::Result<bool> {
    loop {
        if is_over.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let mut poll = libc::pollfd { fd: libc::STDIN_FILENO, events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid structure.
        if unsafe { libc::poll(&mut poll, 1, 100) } > 0 {
            return Ok(io::stdin().read_line(&mut String::new())? > 0);
        }
    }
}

/// Elsewhere nobody can look at the terminal without taking from it: Ctrl-C leaves.
#[cfg(not(unix))]
fn line_before(is_over: &AtomicBool) -> io::Result<bool> {
    while !is_over.load(Ordering::Relaxed) {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    Ok(true)
}

fn is_leaving(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof)
}

fn left() -> Refusal {
    Refusal::new(ErrorKind::Failed, "left before the end: nothing was written")
}

fn unreadable(why: &str) -> Refusal {
    Refusal::new(ErrorKind::Failed, format!("the terminal cannot be read: {why}"))
}

/// Does something that asks, until it is done or its person presses Ctrl-C; the terminal is then as it was before.
///
/// # Errors
/// What the doing gives; that it was left.
pub async fn unless_left<T>(doing: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let modes = Modes::now();
    tokio::select! {
        done = doing => done,
        Ok(()) = tokio::signal::ctrl_c() => {
            modes.bring_back();
            print_line("");
            Err(left())
        }
    }
}

/// The terminal's modes: a question for a secret that is cut off leaves it without echo.
struct Modes {
    #[cfg(unix)]
    kept: Option<libc::termios>,
}

impl Modes {
    #[cfg(unix)]
    fn now() -> Self {
        let mut modes = std::mem::MaybeUninit::<libc::termios>::uninit();
        // SAFETY: tcgetattr fills the whole structure when it answers 0.
        let kept =
            unsafe { (libc::tcgetattr(libc::STDIN_FILENO, modes.as_mut_ptr()) == 0).then(|| modes.assume_init()) };
        Self { kept }
    }

    #[cfg(unix)]
    fn bring_back(&self) {
        if let Some(modes) = &self.kept {
            // SAFETY: a valid structure, as tcgetattr gave it.
            unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, modes) };
        }
    }

    #[cfg(not(unix))]
    fn now() -> Self {
        Self {}
    }

    #[cfg(not(unix))]
    fn bring_back(&self) {}
}

#[cfg(test)]
mod tests {
    use super::number_of;

    #[test]
    fn numbers_count_from_one() {
        assert_eq!(
            [number_of("1", 2), number_of("2", 2), number_of("3", 2), number_of("0", 2)],
            [Some(0), Some(1), None, None]
        );
    }
}
