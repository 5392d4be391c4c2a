//! Other programs: a command of the person's that reads a mail, and what the system opens files and links with.
//!
//! Nothing of a mail stands in a command line: the command is what the person typed, the mail is its standard input.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

/// Runs a command on the person's terminal with a file as its input, and waits until they come back. The file is gone
/// afterwards. The answer is a sentence.
///
/// # Errors
/// A sentence: it could not be run, or did not end well.
pub fn pipe(command: &str, input: &Path) -> Result<String, String> {
    let ended = run(command, input);
    if let Err(error) = fs::remove_file(input) {
        tracing::warn!(%error, "what was given to a command stays until the screen ends");
    }
    print!("\r\n[Enter: back to bagsy] ");
    let mut line = String::new();
    // A terminal that is gone ends the screen by itself.
    if io::stdout().flush().is_ok() && io::stdin().read_line(&mut line).is_err() {
        tracing::debug!("nobody answered");
    }
    ended
}

fn run(command: &str, input: &Path) -> Result<String, String> {
    let shown = crate::mail::safe::line(command);
    let input = File::open(input).map_err(|error| format!("the file for {shown} cannot be read: {error}"))?;
    match Command::new("sh").arg("-c").arg(command).stdin(input).status() {
        Ok(status) if status.success() => Ok(format!("{shown}: done")),
        Ok(status) => Err(format!("{shown} ended with {status}")),
        Err(error) => Err(format!("{shown} could not be started: {error}")),
    }
}

/// Lays a text into a folder of one's own.
///
/// # Errors
/// A sentence.
pub fn keep(folder: &Path, text: &str) -> Result<PathBuf, String> {
    let made = crate::engine::create_new(folder, "text.txt", true).and_then(|(mut file, path)| {
        file.write_all(text.as_bytes())?;
        Ok(path)
    });
    made.map_err(|error| format!("there is no place for the text: {error}"))
}

/// Has the system open something, apart from this terminal.
///
/// # Errors
/// A sentence: the program is not there.
pub fn launch(program: &str, target: &OsStr) -> Result<(), String> {
    let mut command = Command::new(program);
    command.arg(target).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    // What is pressed in this terminal is not meant for it.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(|error| format!("{program} cannot be started: {error}"))?;
    let name = program.to_owned();
    // Whoever waits for it is nobody's zombie.
    let waiting = thread::Builder::new().name(name.clone()).spawn(move || match child.wait() {
        Ok(status) => tracing::debug!(%status, name, "a program that opens things ended"),
        Err(error) => tracing::debug!(%error, name, "a program that opens things is lost"),
    });
    waiting.map(drop).map_err(|error| format!("{program} cannot be waited for: {error}"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_command_reads_the_mail_and_has_nothing_of_it_in_its_line() {
        let place = tempfile::tempdir().unwrap();
        let mail = keep(place.path(), "$(touch hacked); hello").unwrap();
        let out = place.path().join("out");
        let ended = run(&format!("cat > {}", out.display()), &mail);
        assert!(ended.is_ok(), "{ended:?}");
        assert_eq!(fs::read_to_string(out).unwrap(), "$(touch hacked); hello");
        let failed = run("exit 3", &mail).unwrap_err();
        assert!(failed.contains("ended with exit status: 3"), "{failed}");
    }
}
