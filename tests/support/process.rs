//! Server processes that never outlive their test: folders, ports, watchdogs, logs.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

/// Whether the tests run as root: servers then drop to their own accounts.
pub fn is_root() -> bool {
    // SAFETY: geteuid cannot fail and touches no memory.
    unsafe { libc::geteuid() == 0 }
}

/// A random number for where nothing depends on it; what should be repeatable takes [`seed`].
pub fn random() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system's random numbers");
    u64::from_le_bytes(bytes)
}

/// The seed of a randomised test: `BAGSY_SEED`, else a fresh one. Printed, so that a failure can be repeated.
pub fn seed(what: &str) -> u64 {
    let seed = std::env::var("BAGSY_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(random);
    // Past the test runner, which keeps what a passing test prints to itself.
    let _ = writeln!(std::io::stderr(), "seed of {what}: BAGSY_SEED={seed}");
    seed
}

/// The long numbers (`tests/run --long`) instead of those for every run.
pub fn is_long() -> bool {
    std::env::var_os("BAGSY_LONG").is_some_and(|v| v == "1")
}

/// How many rounds: few in every run, the full number with `--long`.
pub fn rounds(few: usize, many: usize) -> usize {
    if is_long() { many } else { few }
}

/// A TCP port on which nothing listens, on any loopback address. Outside the range from which the system
/// takes ports for outgoing connections, so that it is still free a moment later.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(61);
    for _ in 0..2000 {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 11_000 + (first.wrapping_add(n) % 20_000) as u16;
        if TcpListener::bind(("0.0.0.0", port)).is_ok() {
            return port;
        }
    }
    panic!("no free TCP port between 11000 and 31000");
}

/// Asks every few milliseconds until there is an answer; `None` when the time is over.
pub fn wait_for<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A program that is there, in the path or in the places for system programs.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    places.map(|p| p.join(name)).find(|p| p.is_file())
}

/// A server: its main process and its folder, both of which end with it.
///
/// A static is never dropped and a killed test runs no destructor, so a small shell waits beside each server for the
/// test's end (its standard input closes) and then does what [`Drop`] would have done.
pub struct Server {
    name: String,
    child: Child,
    watchdog: Child,
    folder: PathBuf,
    log: PathBuf,
    key: u64,
}

/// A new empty folder, open to the servers' own accounts.
pub fn new_folder(name: &str) -> PathBuf {
    let mut base = std::env::temp_dir();
    // A socket's path has at most 107 characters.
    if base.as_os_str().len() > 40 {
        base = PathBuf::from("/tmp");
    }
    new_folder_in(&base, name)
}

/// The same in memory where there is a place for it: for a server that waits for the disk at each change and cannot be told not
/// to.
pub fn new_folder_in_memory(name: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let is_open = tempfile::Builder::new().prefix("bagsy-").tempfile_in(memory).is_ok();
    if is_open { new_folder_in(memory, name) } else { new_folder(name) }
}

fn new_folder_in(base: &Path, name: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let folder = base.join(format!("bagsy-{name}-{:08x}", random() as u32));
    std::fs::create_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("mode of a new folder");
    folder
}

const WATCH: &str = r#"
read -r word && [ "$word" = done ] && exit 0
kill -TERM "$1" 2>/dev/null
sleep 0.1
kill -KILL -- "-$1" 2>/dev/null
rm -rf -- "$2"
"#;

impl Server {
    /// Runs `command` (which must stay in the foreground) as the leader of its own process group. `log` is where it
    /// writes what it has to say; shown when a test fails.
    pub fn start(name: &str, mut command: Command, folder: PathBuf, log: PathBuf) -> Self {
        show_logs_on_panic();
        let complaints = std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("the log");
        command.stdin(Stdio::null()).process_group(0);
        command.stdout(complaints.try_clone().expect("the log, twice")).stderr(complaints);
        let child = command.spawn().unwrap_or_else(|e| panic!("{name} does not start: {command:?}: {e}"));
        let watchdog = Command::new("sh")
            .args(["-c", WATCH, "sh", &child.id().to_string()])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A Ctrl-C at the terminal is for the test, not for the one who cleans up after it.
            .process_group(0)
            .spawn()
            .expect("sh");
        static KEYS: AtomicU64 = AtomicU64::new(0);
        let key = KEYS.fetch_add(1, Ordering::Relaxed);
        logs().insert(key, (name.to_owned(), log.clone()));
        Self { name: name.to_owned(), child, watchdog, folder, log, key }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until something listens on every one of the ports; `Err` with the log when it does not.
    pub fn wait_until_it_listens(&mut self, ports: &[u16]) -> Result<(), String> {
        let limit = Duration::from_secs(20);
        for &port in ports {
            let came = wait_for(limit, || {
                if let Ok(Some(status)) = self.child.try_wait() {
                    return Some(Err(format!("{} ended: {status}\n{}", self.name, self.log_tail(40))));
                }
                TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(Ok(()))
            });
            came.unwrap_or_else(|| Err(format!("{} does not listen:\n{}", self.name, self.log_tail(40))))?;
        }
        Ok(())
    }

    /// The last lines of the log.
    pub fn log_tail(&self, lines: usize) -> String {
        tail(&self.log, lines)
    }

    /// The whole log, for assertions.
    pub fn log(&self) -> String {
        read_lossy(&self.log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        logs().remove(&self.key);
        let pid = self.child.id() as libc::pid_t;
        // SAFETY: signals to a child not yet waited for, and to the group that it leads: the ids cannot be others'.
        unsafe { libc::kill(pid, libc::SIGTERM) };
        // Dovecot's main process sleeps a second over its children's end. Nobody needs what they would still write.
        wait_for(Duration::from_millis(30), || self.child.try_wait().ok().flatten());
        // SAFETY: as above.
        unsafe { libc::kill(-pid, libc::SIGKILL) };
        let _ = self.child.wait();
        // A mail process may be writing its last line while its folder goes.
        wait_for(Duration::from_secs(2), || {
            let gone = std::fs::remove_dir_all(&self.folder);
            gone.map_or_else(|e| e.kind() == std::io::ErrorKind::NotFound, |()| true).then_some(())
        });
        if let Some(mut stdin) = self.watchdog.stdin.take() {
            let _ = stdin.write_all(b"done\n");
        }
        let _ = self.watchdog.wait();
    }
}

type Logs = BTreeMap<u64, (String, PathBuf)>;

fn logs() -> std::sync::MutexGuard<'static, Logs> {
    static LOGS: Mutex<Logs> = Mutex::new(BTreeMap::new());
    LOGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A failing test prints the last lines of every server that runs just then.
fn show_logs_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            before(info);
            for (name, log) in logs().values() {
                eprintln!("---- the last lines of {name}\n{}", tail(log, 15));
            }
        }));
    });
}

fn read_lossy(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

fn tail(path: &Path, lines: usize) -> String {
    let text = read_lossy(path);
    // Sessions that came and went say nothing about a failure.
    let is_chatter = |l: &&str| l.contains("Info: Login:") || l.contains("Info: Disconnect");
    let all: Vec<&str> = text.lines().filter(|l| !is_chatter(l)).collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
