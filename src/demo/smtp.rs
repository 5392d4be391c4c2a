//! The embedded submission server (RFC 6409): takes mail from a login that may send as the address, and keeps it.
//!
//! It refuses as Postfix does with `reject_sender_login_mismatch`: a sender that is not the login's own at RCPT TO, not at
//! MAIL FROM. What it took is in [`State::outgoing`](super::post::State::outgoing).

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::faults::{Effect, Faults};
use super::imap::framing::Framing;
use super::post::{FolderName, Outgoing, Post};

/// The longest text taken, in octets, as SIZE announces it.
const MAX_SIZE: usize = 80 * 1024 * 1024;
/// The most recipients of one mail.
const MAX_RECIPIENTS: usize = 100;

/// Takes connections until it is dropped; all of them end with it.
pub async fn listen(listener: TcpListener, post: Arc<Post>, faults: Arc<Faults>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let (reader, writer) = stream.into_split();
                connections.spawn(serve(reader, writer, Arc::clone(&post), Arc::clone(&faults)));
            }
            // Out of descriptors, say: better in a moment.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Serves one client until either side has enough.
async fn serve<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    reader: R,
    writer: W,
    post: Arc<Post>,
    faults: Arc<Faults>,
) {
    let mut kicks = faults.kicks();
    kicks.mark_unchanged();
    let mut submission = Submission {
        framing: Framing::new(reader),
        writer,
        post,
        faults,
        login: String::new(),
        from: None,
        to: Vec::new(),
    };
    tokio::select! {
        _ = submission.run() => {}
        _ = kicks.changed() => {}
    }
}

/// The connection ends: the other side has gone, or a fault wants it so.
struct Ended;

impl From<std::io::Error> for Ended {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

struct Submission<R, W> {
    framing: Framing<R>,
    writer: W,
    post: Arc<Post>,
    faults: Arc<Faults>,
    login: String,
    from: Option<String>,
    to: Vec<String>,
}

/// What the faults leave of a command.
struct Fate {
    is_dropped_after: bool,
    is_swallowed: bool,
    refusal: Option<String>,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Submission<R, W> {
    async fn run(&mut self) -> Result<(), Ended> {
        self.say("220 demo.example.test ESMTP bagsy demo").await?;
        loop {
            let line = self.line().await?;
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let verb = verb.to_ascii_uppercase();
            let fate = self.fate(&verb).await?;
            let reply = match fate.refusal {
                Some(refusal) => refusal,
                None => self.command(&verb, rest.trim()).await?,
            };
            if fate.is_dropped_after {
                return Err(Ended);
            }
            if !fate.is_swallowed {
                self.say(&reply).await?;
            }
            if verb == "QUIT" {
                return Ok(());
            }
        }
    }

    async fn line(&mut self) -> Result<String, Ended> {
        let line = self.framing.line().await.ok_or(Ended)?;
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    async fn say(&mut self, reply: &str) -> Result<(), Ended> {
        self.writer.write_all(format!("{reply}\r\n").as_bytes()).await?;
        self.writer.flush().await?;
        Ok(())
    }

    /// What befalls the command of this name; waits where a fault delays it.
    async fn fate(&mut self, name: &str) -> Result<Fate, Ended> {
        let mut fate = Fate { is_dropped_after: false, is_swallowed: false, refusal: None };
        for effect in self.faults.strike(&format!("SMTP {name}"), &self.login) {
            match effect {
                Effect::DropBefore => return Err(Ended),
                Effect::DropAfter => fate.is_dropped_after = true,
                Effect::Swallow => fate.is_swallowed = true,
                Effect::Refuse(reply) => fate.refusal = Some(reply),
                Effect::Delay(time) => tokio::time::sleep(time).await,
                Effect::Inject(bytes) => self.writer.write_all(&bytes).await?,
                // Submission has no literals.
                Effect::HugeLiteral(_) => {}
            }
        }
        Ok(fate)
    }

    async fn command(&mut self, verb: &str, rest: &str) -> Result<String, Ended> {
        Ok(match verb {
            "EHLO" => {
                self.reset();
                let size = format!("250-SIZE {MAX_SIZE}");
                ["250-demo.example.test", &size, "250-8BITMIME", "250-ENHANCEDSTATUSCODES", "250 AUTH PLAIN LOGIN"]
                    .join("\r\n")
            }
            "HELO" => {
                self.reset();
                "250 demo.example.test".to_owned()
            }
            "AUTH" => self.auth(rest).await?,
            "NOOP" => "250 2.0.0 Ok".to_owned(),
            "RSET" => {
                self.reset();
                "250 2.0.0 Ok".to_owned()
            }
            "QUIT" => "221 2.0.0 Bye".to_owned(),
            _ if self.login.is_empty() => "530 5.7.0 Authentication required".to_owned(),
            "MAIL" => self.mail(rest),
            "RCPT" => self.rcpt(rest),
            "DATA" => self.data().await?,
            _ => "502 5.5.2 Error: command not recognized".to_owned(),
        })
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    async fn auth(&mut self, rest: &str) -> Result<String, Ended> {
        if !self.login.is_empty() {
            return Ok("503 5.5.1 Error: already authenticated".to_owned());
        }
        let (mechanism, initial) = rest.split_once(' ').map_or((rest, None), |(m, i)| (m, Some(i.to_owned())));
        let (user, password) = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let words = match initial {
                    Some(words) => words,
                    None => self.ask("").await?,
                };
                let plain = decode(&words);
                let mut parts = plain.split('\0').skip(1).map(str::to_owned);
                (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
            }
            "LOGIN" => {
                let user = match initial {
                    Some(user) => user,
                    None => self.ask("Username:").await?,
                };
                (decode(&user), decode(&self.ask("Password:").await?))
            }
            _ => return Ok("535 5.7.8 Error: authentication failed: Invalid authentication mechanism".to_owned()),
        };
        if !self.post.look(|state| state.is_password_of(&user, &password)) {
            return Ok("535 5.7.8 Error: authentication failed: authentication failure".to_owned());
        }
        self.login = user.to_ascii_lowercase();
        Ok("235 2.7.0 Authentication successful".to_owned())
    }

    async fn ask(&mut self, prompt: &str) -> Result<String, Ended> {
        self.say(&format!("334 {}", BASE64.encode(prompt))).await?;
        self.line().await
    }

    fn mail(&mut self, rest: &str) -> String {
        if self.from.is_some() {
            return "503 5.5.1 Error: nested MAIL command".to_owned();
        }
        let Some((from, parameters)) = path(rest, "FROM:") else {
            return "501 5.5.4 Syntax: MAIL FROM:<address>".to_owned();
        };
        for parameter in parameters.split_ascii_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_uppercase().as_str() {
                "SIZE" if value.parse().is_ok_and(|size: usize| size <= MAX_SIZE) => {}
                "SIZE" => return "552 5.3.4 Message size exceeds fixed limit".to_owned(),
                "BODY" | "AUTH" => {}
                _ => return "555 5.5.4 Unsupported option".to_owned(),
            }
        }
        self.from = Some(from);
        "250 2.1.0 Ok".to_owned()
    }

    fn rcpt(&mut self, rest: &str) -> String {
        let Some(from) = &self.from else { return "503 5.5.1 Error: need MAIL command".to_owned() };
        let Some((to, _)) = path(rest, "TO:").filter(|(to, _)| to.contains('@')) else {
            return "501 5.1.3 Bad recipient address syntax".to_owned();
        };
        if self.to.len() >= MAX_RECIPIENTS {
            return "452 4.5.3 Error: too many recipients".to_owned();
        }
        let (is_own, is_known) = self.post.look(|state| {
            let is_own = state.user(&self.login).is_some_and(|u| u.may_send_as.contains(&from.to_ascii_lowercase()));
            let is_local = to.to_ascii_lowercase().ends_with("@example.test");
            (is_own, !is_local || state.folder(&FolderName::new(&to, "INBOX")).is_some())
        });
        if !is_own {
            return format!("553 5.7.1 <{from}>: Sender address rejected: not owned by user {}", self.login);
        }
        if !is_known {
            return format!("550 5.1.1 <{to}>: Recipient address rejected: User unknown in local recipient table");
        }
        self.to.push(to);
        "250 2.1.5 Ok".to_owned()
    }

    async fn data(&mut self) -> Result<String, Ended> {
        if self.to.is_empty() {
            return Ok("554 5.5.1 Error: no valid recipients".to_owned());
        }
        self.say("354 End data with <CR><LF>.<CR><LF>").await?;
        let mut raw = Vec::new();
        let mut is_too_big = false;
        loop {
            let line = self.framing.line().await.ok_or(Ended)?;
            if line == b"." {
                break;
            }
            is_too_big |= raw.len() + line.len() > MAX_SIZE;
            if !is_too_big {
                raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
                raw.extend_from_slice(b"\r\n");
            }
        }
        let fate = self.fate(".").await?;
        let reply = match fate.refusal {
            Some(refusal) => refusal,
            None if is_too_big => "552 5.3.4 Error: message file too big".to_owned(),
            None => {
                let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
                let outgoing = Outgoing { login: self.login.clone(), from, to, raw, at: self.post.now() };
                let queued = self.post.change(|state| {
                    state.submit(outgoing);
                    state.outgoing().len()
                });
                format!("250 2.0.0 Ok: queued as D{queued:05}")
            }
        };
        self.reset();
        if fate.is_dropped_after {
            return Err(Ended);
        }
        if fate.is_swallowed {
            return std::future::pending().await;
        }
        Ok(reply)
    }
}

fn decode(words: &str) -> String {
    BASE64.decode(words.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// `FROM:<address> parameters` as its two parts.
fn path(rest: &str, word: &str) -> Option<(String, String)> {
    let is_word = rest.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word));
    let rest = rest.get(word.len()..).filter(|_| is_word)?.trim_start();
    let (address, parameters) = rest.strip_prefix('<')?.split_once('>')?;
    Some((address.to_owned(), parameters.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_path_is_an_address_in_brackets_and_what_follows() {
        assert_eq!(path("FROM:<a@b.example> SIZE=3", "FROM:"), Some(("a@b.example".into(), "SIZE=3".into())));
        assert_eq!(path("from: <>", "FROM:"), Some((String::new(), String::new())));
        for broken in ["FROM:a@b.example", "FROM", "", "TÖ:<a>", "FROM:<a"] {
            assert_eq!(path(broken, "FROM:"), None, "{broken}");
        }
    }
}
