//! A real keyring: gnome-keyring on a session bus of its own, unlocked.

use std::process::Command;
use std::time::Duration;

use super::process::{Server, new_folder, program, wait_for};

/// A running keyring; gone when dropped.
pub struct Keyring {
    // Dropped before the bus that it is on.
    daemon: Server,
    bus: Server,
}

impl Keyring {
    pub fn start() -> Self {
        let bus = {
            let binary = program("dbus-daemon").expect("no dbus-daemon: tests/run installs it");
            let folder = new_folder("bus");
            let mut command = Command::new(binary);
            command.args(["--session", "--nofork", "--nopidfile"]);
            command.arg(format!("--address=unix:path={}/bus", folder.display()));
            let log = folder.join("bus.log");
            Server::start("dbus-daemon", command, folder, log)
        };
        let socket = bus.folder().join("bus");
        wait_for(Duration::from_secs(10), || socket.exists().then_some(())).expect("the bus comes up");
        let binary = program("gnome-keyring-daemon").expect("no gnome-keyring-daemon: tests/run installs it");
        let folder = new_folder("keyring");
        let mut command = Command::new("sh");
        // It unlocks, and makes, its login keyring with what it reads.
        let run = "printf unlocked | exec \"$0\" --foreground --unlock --components=secrets --control-directory=\"$1\"";
        command.args(["-c", run]).arg(binary).arg(folder.join("control"));
        command.env("HOME", &folder).env("XDG_DATA_HOME", folder.join("data")).env("XDG_RUNTIME_DIR", &folder);
        command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
        let log = folder.join("keyring.log");
        let daemon = Server::start("gnome-keyring-daemon", command, folder, log);
        let made = daemon.folder().join("data/keyrings/login.keyring");
        wait_for(Duration::from_secs(10), || made.exists().then_some(())).expect("the keyring comes up");
        Self { daemon, bus }
    }

    /// What a program needs to find it, as `DBUS_SESSION_BUS_ADDRESS`.
    pub fn address(&self) -> String {
        format!("unix:path={}/bus", self.bus.folder().display())
    }

    /// Whether its file on disk changed to hold something since it was made is its own affair; this is what it logged.
    pub fn log(&self) -> String {
        self.daemon.log()
    }
}
