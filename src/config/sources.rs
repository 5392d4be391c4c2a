//! The places a secret comes from, beside the system's keyring: a command, the environment, the person.

use std::io::IsTerminal;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::endpoint::Secret;
use super::file::Account;

/// A command may ask for a touch or a passphrase of its own.
const COMMAND_PATIENCE: Duration = Duration::from_secs(120);
/// No secret is longer; whatever a command prints beyond is thrown away.
const OUTPUT_LIMIT: usize = 64 * 1024;

/// The first line that `command` prints, run through `sh -c`. The error says what became of it, and what it wrote to
/// standard error; standard output never gets into a message.
pub(super) async fn command(command: &str, has_terminal: bool) -> Result<Secret, String> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(if has_terminal { Stdio::inherit() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("could not be started: {error}"))?;
    let printed = Gathered::from(child.stdout.take());
    let told = Gathered::from(child.stderr.take());
    let status = match timeout(COMMAND_PATIENCE, child.wait()).await {
        Ok(status) => status.map_err(|error| format!("could not be waited for: {error}"))?,
        Err(_) => return Err(format!("did not end within {} seconds", COMMAND_PATIENCE.as_secs())),
    };
    if !status.success() {
        let told = told.bytes().await;
        let said = one_line(&String::from_utf8_lossy(&told));
        return Err(if said.is_empty() { format!("failed ({status})") } else { format!("failed ({status}): {said}") });
    }
    let printed = printed.bytes().await;
    let first = printed.split(|&byte| byte == b'\n').next().unwrap_or_default();
    match std::str::from_utf8(first.strip_suffix(b"\r").unwrap_or(first)) {
        Ok("") => Err("printed nothing on its first line".to_owned()),
        Ok(secret) => Ok(Secret::new(secret)),
        Err(_) => Err("printed something that is not UTF-8".to_owned()),
    }
}

/// What comes out of a pipe, gathered while the command runs, so that it never waits for a full pipe.
struct Gathered {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Gathered {
    fn from(pipe: Option<impl AsyncRead + Unpin + Send + 'static>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let shelf = Arc::clone(&bytes);
        let reader = tokio::spawn(async move {
            let Some(mut pipe) = pipe else { return };
            let mut chunk = [0; 4096];
            // A broken pipe ends it as the end does: what came before is all there is to have.
            while let Ok(length @ 1..) = pipe.read(&mut chunk).await {
                let mut bytes = shelf.lock().unwrap_or_else(PoisonError::into_inner);
                let room = OUTPUT_LIMIT.saturating_sub(bytes.len()).min(length);
                bytes.extend_from_slice(&chunk[..room]);
            }
        });
        Self { bytes, reader }
    }

    /// All of it, after the command has ended. It is there at once, unless the command left somebody behind who holds
    /// the pipe (an agent that it started): then what came is all that will.
    async fn bytes(mut self) -> Vec<u8> {
        if timeout(Duration::from_secs(2), &mut self.reader).await.is_err() {
            self.reader.abort();
        }
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The variable's value, where it has one.
pub(super) fn env(variable: &str) -> Option<Secret> {
    std::env::var(variable).ok().filter(|value| !value.is_empty()).map(Secret::new)
}

/// Asks the person at the terminal; the error says why that could not be.
pub(super) async fn ask(account: &Account) -> Result<Secret, String> {
    prompt(format!("Password of {} at {}: ", account.user, account.imap.endpoint.host)).await
}

/// The passphrase of an account's tokens; a new one is asked for twice.
pub(super) async fn passphrase(account: &Account, is_new: bool) -> Result<Secret, String> {
    if !is_new {
        return prompt(format!("Passphrase of the tokens of {}: ", account.user)).await;
    }
    let first = prompt(format!("A passphrase for the tokens of {}: ", account.user)).await?;
    let second = prompt("Once more: ".to_owned()).await?;
    if first == second { Ok(first) } else { Err("the two are not the same".to_owned()) }
}

/// Asks with these words; nothing that is typed shows.
pub(super) async fn prompt(prompt: String) -> Result<Secret, String> {
    if !std::io::stdin().is_terminal() {
        return Err("there is no terminal to ask on".to_owned());
    }
    let asked = tokio::task::spawn_blocking(move || rpassword::prompt_password(prompt)).await;
    match asked {
        Ok(Ok(secret)) if !secret.is_empty() => Ok(Secret::new(secret)),
        Ok(Ok(_)) => Err("none was typed".to_owned()),
        Ok(Err(error)) => Err(format!("the terminal could not be read ({error})")),
        Err(_) => Err("the terminal could not be read".to_owned()),
    }
}

/// Foreign text as a part of a message: one line, nothing that could steer a terminal, not too long.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
