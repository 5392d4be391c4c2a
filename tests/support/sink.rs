//! The customer's side: a small SMTP server that keeps every mail as it came, envelope and all.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::process::wait_for;

/// A mail as the receiving side got it.
#[derive(Debug, Clone)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// Dots unstuffed, CRLF kept.
    pub bytes: Vec<u8>,
}

impl Received {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The first header field of this name, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = self.text();
        let head = text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ").replace("\r\n\t", " ");
        let field = head.split("\r\n").filter_map(|l| l.split_once(':')).find(|(n, _)| n.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.trim().to_owned())
    }

    /// All after the header, as it came.
    pub fn body(&self) -> String {
        self.text().split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
    }
}

/// How a submission server that leaves its policy to the next hop has it enforced there.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Mail to the teams goes on to this LMTP server.
    pub lmtp_port: u16,
    /// Whether this login may send as this address.
    pub may_send: fn(login: &str, sender: &str) -> bool,
}

#[derive(Default)]
struct Shared {
    mails: Vec<Received>,
    refusals: HashMap<String, String>,
}

/// The server and what it received; serves until the test process ends.
#[derive(Clone)]
pub struct Sink {
    pub port: u16,
    shared: Arc<Mutex<Shared>>,
}

impl Sink {
    /// Takes everything.
    pub fn serve() -> Self {
        Self::with(None)
    }

    /// Takes what the policy allows; the login comes by XCLIENT.
    pub fn with(policy: Option<Policy>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port for the sink");
        let sink = Self { port: listener.local_addr().expect("its address").port(), shared: Arc::default() };
        let shared = sink.shared.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let session = Session { shared: shared.clone(), policy, login: None };
                // A sender that hangs up in the middle is its own affair.
                std::thread::spawn(move || drop(session.serve(&connection)));
            }
        });
        sink
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All mail that came for this recipient so far.
    pub fn mails_to(&self, recipient: &str) -> Vec<Received> {
        let is_theirs = |m: &&Received| m.to.iter().any(|t| t.eq_ignore_ascii_case(recipient));
        self.shared().mails.iter().filter(is_theirs).cloned().collect()
    }

    /// Waits for the first mail to this recipient; panics when none comes.
    #[track_caller]
    pub fn wait_for_mail_to(&self, recipient: &str) -> Received {
        let limit = Duration::from_secs(20);
        let came = wait_for(limit, || self.mails_to(recipient).into_iter().next());
        came.unwrap_or_else(|| panic!("no mail to {recipient} within {limit:?}"))
    }

    /// From now on the recipient is answered with this reply, such as `451 4.7.1 Greylisted`; `None` takes it again.
    pub fn refuse(&self, recipient: &str, reply: Option<&str>) {
        match reply {
            Some(reply) => self.shared().refusals.insert(recipient.to_owned(), reply.to_owned()),
            None => self.shared().refusals.remove(recipient),
        };
    }
}

struct Session {
    shared: Arc<Mutex<Shared>>,
    policy: Option<Policy>,
    login: Option<String>,
}

impl Session {
    fn serve(mut self, connection: &TcpStream) -> std::io::Result<()> {
        connection.set_nodelay(true)?;
        let mut reader = BufReader::new(connection);
        let say = |text: &str| (&*connection).write_all(format!("{text}\r\n").as_bytes());
        say("220 customer.example ESMTP")?;
        let (mut from, mut to) = (String::new(), Vec::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let xclient = if self.policy.is_some() { "250-XCLIENT ADDR PORT HELO LOGIN\r\n" } else { "" };
                    say(&format!(
                        "250-customer.example\r\n{xclient}250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 PIPELINING"
                    ))?;
                }
                "XCLIENT" => {
                    let login = line.split(' ').find_map(|w| w.strip_prefix("LOGIN="));
                    self.login = login.map(from_xtext).or(self.login);
                    say("220 customer.example ESMTP")?;
                }
                "MAIL" => {
                    from = address(line);
                    to.clear();
                    say("250 2.1.0 Ok")?;
                }
                "RCPT" => {
                    let recipient = address(line);
                    match self.refusal(&from, &recipient) {
                        Some(reply) => say(&reply)?,
                        None => {
                            to.push(recipient);
                            say("250 2.1.5 Ok")?;
                        }
                    }
                }
                "DATA" if to.is_empty() => say("554 5.5.1 No valid recipients")?,
                "DATA" => {
                    say("354 Go on")?;
                    let bytes = read_data(&mut reader)?;
                    self.take(Received { from: from.clone(), to: std::mem::take(&mut to), bytes });
                    say("250 2.0.0 Ok: queued")?;
                }
                "QUIT" => return say("221 2.0.0 Bye"),
                "RSET" | "NOOP" | "HELO" => say("250 2.0.0 Ok")?,
                _ => say("502 5.5.2 Not known here")?,
            }
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refusal(&self, from: &str, recipient: &str) -> Option<String> {
        if let (Some(policy), Some(login)) = (&self.policy, &self.login)
            && !(policy.may_send)(login, from)
        {
            return Some(format!("553 5.7.1 <{from}>: Sender address rejected: not owned by user {login}"));
        }
        self.shared().refusals.get(recipient).cloned()
    }

    fn take(&self, mut mail: Received) {
        if let Some(policy) = &self.policy {
            let is_teams = |to: &String| to.ends_with(".test");
            for to in mail.to.iter().filter(|to| is_teams(to)) {
                super::lmtp::deliver(policy.lmtp_port, &mail.from, to, &mail.bytes);
            }
            mail.to.retain(|to| !is_teams(to));
        }
        if !mail.to.is_empty() {
            self.shared().mails.push(mail);
        }
    }
}

fn address(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(a, _)| a.to_owned()).unwrap_or_default()
}

/// RFC 3461 §4: `+40` is `@`.
fn from_xtext(text: &str) -> String {
    let mut parts = text.split('+');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_at(part.len().min(2));
        out.push(u8::from_str_radix(code, 16).map_or('?', char::from));
        out.push_str(rest);
    }
    out
}

fn read_data(reader: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        match line.strip_prefix(b".") {
            Some(b"\r\n") => return Ok(bytes),
            Some(rest) => bytes.extend_from_slice(rest),
            None => bytes.extend_from_slice(&line),
        }
    }
}
