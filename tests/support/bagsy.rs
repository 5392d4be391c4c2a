//! The real program as people and scripts run it: a home of its own, a configuration, what it prints and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::dovecot::{Dovecot, PASSWORD};
use super::process::wait_for;
use super::proxy::Proxy;
use super::pty::{Pty, Size};
use super::submission::Submission;
use super::team::Team;

/// The parts of a configuration's one account, each as it stands in TOML.
#[derive(Debug, Clone)]
pub struct Account {
    pub user: String,
    pub name: Option<String>,
    pub handle: Option<String>,
    pub imap: String,
    pub smtp: Option<String>,
    pub auth: String,
    /// Whatever follows the account: `[mailbox."…"]`, `[ui]` and so on.
    pub rest: String,
}

impl Account {
    fn toml(&self) -> String {
        let mut toml = format!("[account.work]\nuser = {:?}\nimap = {}\nauth = {}\n", self.user, self.imap, self.auth);
        let text = |value: &Option<String>| value.as_ref().map(|v| format!("{v:?}"));
        for (key, value) in [("name", text(&self.name)), ("handle", text(&self.handle)), ("smtp", self.smtp.clone())] {
            if let Some(value) = value {
                toml.push_str(&format!("{key} = {value}\n"));
            }
        }
        format!("{toml}\n{}\n", self.rest)
    }
}

/// One device of one person: a home with a configuration and a cache. Several processes may run in it.
pub struct Bagsy {
    /// Stays as long as a terminal runs in it.
    home: Arc<TempDir>,
    account: Account,
    environment: Vec<(String, String)>,
}

/// How long a verb may take before the test fails.
pub const LIMIT: Duration = Duration::from_secs(60);

impl Bagsy {
    /// A home without any configuration.
    pub fn bare() -> Self {
        let account = Account {
            user: String::new(),
            name: None,
            handle: None,
            imap: String::new(),
            smtp: None,
            auth: String::new(),
            rest: String::new(),
        };
        let home = tempfile::Builder::new().prefix("bagsy-home-").tempdir().expect("a home");
        std::fs::create_dir(home.path().join("run")).expect("a runtime folder");
        Self { home: Arc::new(home), account, environment: Vec::new() }
    }

    /// A person of the team, over implicit TLS with the tests' authority, the password from the environment.
    pub fn new(team: &Team<'_>, who: &str) -> Self {
        Self::login(team.server, &team.user(who))
    }

    /// Any login of a server.
    pub fn login(server: &Dovecot, user: &str) -> Self {
        let mut bagsy = Self::bare().env("BAGSY_TEST_PASSWORD", PASSWORD);
        bagsy.account.user = user.to_owned();
        bagsy.account.imap = endpoint("localhost", server.imaps_port, "implicit", Some(&server.ca()));
        bagsy.account.auth = r#"{ method = "password", env = "BAGSY_TEST_PASSWORD" }"#.to_owned();
        bagsy.configured(|_| {})
    }

    /// Edits the account and writes the configuration anew.
    pub fn configured(mut self, edit: impl FnOnce(&mut Account)) -> Self {
        edit(&mut self.account);
        let toml = self.account.toml();
        self.write_config(&toml);
        self
    }

    /// Sends through this server, over implicit TLS.
    pub fn sending(self, through: &Submission) -> Self {
        let smtp = endpoint("localhost", through.tls_port, "implicit", Some(&through.ca()));
        self.configured(|account| account.smtp = Some(smtp))
    }

    /// Reaches the IMAP server through a proxy, in plain text.
    pub fn imap_through(self, proxy: &Proxy) -> Self {
        let imap = endpoint("127.0.0.1", proxy.port, "none", None);
        self.configured(|account| account.imap = imap)
    }

    /// Reaches the submission server through a proxy, in plain text.
    pub fn smtp_through(self, proxy: &Proxy) -> Self {
        let smtp = endpoint("127.0.0.1", proxy.port, "none", None);
        self.configured(|account| account.smtp = Some(smtp))
    }

    /// Signs in with an access token that a command prints, instead of the password.
    pub fn with_token(self, token: &str) -> Self {
        let auth = format!("{{ method = \"oauth2\", command = \"echo {token}\" }}");
        self.configured(|account| account.auth = auth)
    }

    /// Puts any text in the configuration's place.
    pub fn write_config(&self, toml: &str) {
        let path = self.config_path();
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the configuration's folder");
        std::fs::write(path, toml).expect("config.toml");
    }

    pub fn config_path(&self) -> PathBuf {
        self.home.path().join("config/bagsy/config.toml")
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Sets a variable for every run.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// No longer sets a variable.
    pub fn without(mut self, name: &str) -> Self {
        self.environment.retain(|(set, _)| set != name);
        self
    }

    /// The whole environment of a run: nothing of the tester's own but what a failure is read with.
    pub fn environment(&self) -> Vec<(String, String)> {
        let home = self.home.path();
        let place = |name: &str| home.join(name).display().to_string();
        let program = Path::new(env!("CARGO_BIN_EXE_bagsy")).parent().expect("its folder").display().to_string();
        let mut all = vec![
            ("HOME".to_owned(), home.display().to_string()),
            ("XDG_CONFIG_HOME".to_owned(), place("config")),
            ("XDG_DATA_HOME".to_owned(), place("data")),
            ("XDG_STATE_HOME".to_owned(), place("state")),
            ("XDG_CACHE_HOME".to_owned(), place("cache")),
            ("XDG_RUNTIME_DIR".to_owned(), place("run")),
            ("PATH".to_owned(), format!("{program}:{}", std::env::var("PATH").unwrap_or_default())),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("TZ".to_owned(), "UTC".to_owned()),
            ("TERM".to_owned(), "xterm-256color".to_owned()),
            ("RUST_BACKTRACE".to_owned(), "1".to_owned()),
        ];
        all.extend(self.environment.iter().cloned());
        all
    }

    /// The program with its environment, not yet run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bagsy"));
        command.args(arguments).env_clear().envs(self.environment()).current_dir(self.home.path());
        command
    }

    /// Runs a verb to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, b"")
    }

    /// Runs a verb with this on its standard input.
    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut running = self.spawn(arguments);
        let mut stdin = running.child.stdin.take().expect("a pipe");
        let input = input.to_vec();
        // A verb that does not read its input closes it; that is no failure.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
        running.finish(LIMIT)
    }

    /// Starts a verb; the caller ends it.
    pub fn spawn(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().expect("bagsy starts");
        let out = collect(child.stdout.take().expect("a pipe"));
        let err = collect(child.stderr.take().expect("a pipe"));
        Running { what: arguments.join(" "), child, started, out, err }
    }

    /// Starts `watch --json` and waits for its line `connection`, after which it is live.
    pub fn watch(&self) -> Watch {
        let watch = self.watch_unready();
        watch.wait_for(Duration::from_secs(20), |e| e["event"] == "connection");
        watch
    }

    /// Starts `watch --json` and waits for nothing.
    pub fn watch_unready(&self) -> Watch {
        let mut command = self.command(&["watch", "--json"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("bagsy starts");
        let stdout = child.stdout.take().expect("a pipe");
        let err = collect(child.stderr.take().expect("a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send((Instant::now(), line)).is_err() {
                    return;
                }
            }
        });
        Watch { child, lines, err }
    }

    /// The program in a terminal; without arguments the screen.
    pub fn terminal(&self, size: Size, arguments: &[&str]) -> Pty {
        let program = Path::new(env!("CARGO_BIN_EXE_bagsy"));
        Pty::spawn(program, arguments, &self.environment(), self.home.path(), size).in_home(&self.home)
    }

    /// An interactive shell in a terminal, in which `bagsy` is found: for job control.
    pub fn shell(&self, size: Size) -> Pty {
        let mut environment = self.environment();
        environment.push(("PS1".to_owned(), "$ ".to_owned()));
        let arguments = ["--norc", "--noprofile", "-i"];
        Pty::spawn(Path::new("/bin/bash"), &arguments, &environment, self.home.path(), size).in_home(&self.home)
    }
}

/// A server as the configuration names it.
pub fn endpoint(host: &str, port: u16, tls: &str, ca: Option<&Path>) -> String {
    let ca = ca.map(|p| format!(", ca = {:?}", p.display().to_string())).unwrap_or_default();
    format!("{{ host = {host:?}, port = {port}, tls = {tls:?}{ca} }}")
}

fn collect(mut from: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// A verb under way. Dropped, it is killed.
pub struct Running {
    what: String,
    child: Child,
    started: Instant,
    out: Receiver<Vec<u8>>,
    err: Receiver<Vec<u8>>,
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal, such as `libc::SIGKILL`.
    pub fn signal(&self, signal: i32) {
        // SAFETY: a signal to a child that was not waited for yet.
        unsafe { libc::kill(self.child.id() as libc::pid_t, signal) };
    }

    /// Waits for the end; panics when the time is over.
    pub fn finish(mut self, limit: Duration) -> Output {
        let status = wait_for(limit, || self.child.try_wait().ok().flatten());
        if status.is_none() {
            let _ = self.child.kill();
        }
        let text = |from: &Receiver<Vec<u8>>| {
            let bytes = from.recv_timeout(Duration::from_secs(5)).unwrap_or_default();
            (String::from_utf8_lossy(&bytes).into_owned(), bytes)
        };
        let ((stdout, bytes), (stderr, _)) = (text(&self.out), text(&self.err));
        let what = self.what.clone();
        let Some(status) = status else {
            panic!("bagsy {what}: not done after {limit:?}\n{stdout}\n{stderr}");
        };
        Output { what, status, stdout, bytes, stderr, took: self.started.elapsed() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a verb printed and how it ended.
#[derive(Debug, Clone)]
pub struct Output {
    what: String,
    pub status: ExitStatus,
    pub stdout: String,
    /// Standard output, byte by byte.
    pub bytes: Vec<u8>,
    pub stderr: String,
    pub took: Duration,
}

impl Output {
    /// The exit code; -1 after a signal.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// Asserts the exit code; a failure shows all that was printed.
    #[track_caller]
    pub fn expect(&self, code: i32) -> &Self {
        let Self { what, status, stdout, stderr, .. } = self;
        assert_eq!(self.code(), code, "bagsy {what}: {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        self
    }

    /// Asserts success.
    #[track_caller]
    pub fn ok(&self) -> &Self {
        self.expect(0)
    }

    /// The lines of standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        let parse =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("bagsy {}: {e}: {line}", self.what));
        self.stdout.lines().map(parse).collect()
    }

    /// The only line of standard output as JSON.
    #[track_caller]
    pub fn one(&self) -> Value {
        let mut all = self.json();
        assert_eq!(all.len(), 1, "bagsy {}: not one line:\n{}\n{}", self.what, self.stdout, self.stderr);
        all.remove(0)
    }

    /// The object under `error` in the last line of standard error that is JSON.
    #[track_caller]
    pub fn error(&self) -> Value {
        let lines = self.stderr.lines().rev().filter_map(|l| serde_json::from_str::<Value>(l).ok());
        let error = lines.map(|v| v["error"].clone()).find(Value::is_object);
        error.unwrap_or_else(|| panic!("bagsy {}: no error in JSON:\n{}\n{}", self.what, self.stdout, self.stderr))
    }
}

/// A running `watch`. Dropped, it is killed.
pub struct Watch {
    child: Child,
    lines: Receiver<(Instant, String)>,
    err: Receiver<Vec<u8>>,
}

impl Watch {
    /// The next event and when it came; `None` when the time is over.
    pub fn next(&self, limit: Duration) -> Option<(Instant, Value)> {
        match self.lines.recv_timeout(limit) {
            Ok((at, line)) => Some((at, serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}")))),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                let stderr = self.err.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
                panic!("watch ended: {}", String::from_utf8_lossy(&stderr));
            }
        }
    }

    /// Reads events until one matches; panics, showing what came instead, when the time is over.
    #[track_caller]
    pub fn wait_for(&self, limit: Duration, matches: impl Fn(&Value) -> bool) -> (Instant, Value) {
        let end = Instant::now() + limit;
        let mut others = Vec::new();
        loop {
            match self.next(end.saturating_duration_since(Instant::now())) {
                Some((at, event)) if matches(&event) => return (at, event),
                Some((_, event)) => others.push(event.to_string()),
                None => panic!("the event did not come within {limit:?}; these did:\n{}", others.join("\n")),
            }
        }
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: a signal to a child that was not waited for yet.
        unsafe { libc::kill(self.child.id() as libc::pid_t, signal) };
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
