//! A small blocking IMAP client on a bare socket: another mail client, a bare IDLE listener, and the tests' own eyes.
//!
//! It knows nothing of the program under test and interprets as little as it can.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::tls;

/// The word of a tagged answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Ok,
    No,
    Bad,
}

/// A command's answer: the untagged responses in order, then the tagged one.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Without `* ` and CRLF; literals stand in the text as they came (`{12}` CRLF and the bytes, as Latin-1 would read them).
    pub untagged: Vec<String>,
    pub word: Word,
    /// What follows the word, response code and all.
    pub text: String,
}

impl Answer {
    /// The untagged FETCH responses.
    pub fn fetches(&self) -> impl Iterator<Item = &str> {
        self.untagged.iter().map(String::as_str).filter(|l| l.split(' ').nth(1).is_some_and(|w| w == "FETCH"))
    }

    /// The tagged answer carries `[MODIFIED …]` (RFC 7162 §3.1.3).
    pub fn is_modified(&self) -> bool {
        self.text.to_ascii_uppercase().contains("[MODIFIED ")
    }
}

trait Duplex: Read + Write + Send {}
impl<T: Read + Write + Send> Duplex for T {}

/// A connection to an IMAP server.
pub struct Client {
    stream: BufReader<Box<dyn Duplex>>,
    /// The same socket, for time limits.
    socket: TcpStream,
    tag: u32,
    pub greeting: String,
}

const LIMIT: Duration = Duration::from_secs(60);

impl Client {
    /// Plain text, as far as the greeting.
    pub fn connect(host: &str, port: u16) -> Self {
        let socket = TcpStream::connect((host, port)).unwrap_or_else(|e| panic!("{host}:{port}: {e}"));
        let plain = socket.try_clone().expect("a second handle of the socket");
        Self::over(Box::new(plain), socket).unwrap_or_else(|e| panic!("{host}:{port}: no greeting: {e}"))
    }

    /// Implicit TLS, the tests' authority trusted; the error is the handshake's.
    pub fn connect_tls(host: &str, port: u16) -> std::io::Result<Self> {
        let socket = TcpStream::connect((host, port))?;
        let tls = tls::connect(host, socket.try_clone()?)?;
        Self::over(Box::new(tls), socket)
    }

    /// Plain text at first, then STARTTLS.
    pub fn connect_starttls(host: &str, port: u16) -> std::io::Result<Self> {
        let mut client = Self::connect(host, port);
        client.ok("STARTTLS");
        let Self { socket, greeting, tag, .. } = client;
        let tls = tls::connect(host, socket.try_clone()?)?;
        Ok(Self { stream: BufReader::new(Box::new(tls)), socket, tag, greeting })
    }

    fn over(stream: Box<dyn Duplex>, socket: TcpStream) -> std::io::Result<Self> {
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(LIMIT))?;
        let mut client = Self { stream: BufReader::new(stream), socket, tag: 0, greeting: String::new() };
        client.greeting = client.read_response()?;
        Ok(client)
    }

    /// LOGIN that must succeed.
    pub fn login(mut self, user: &str, password: &str) -> Self {
        let (user, password) = (quoted(user), quoted(password));
        self.ok(&format!("LOGIN {user} {password}"));
        self
    }

    /// AUTHENTICATE with an initial response. A server that refuses first says why in a challenge, which is answered empty.
    pub fn authenticate(&mut self, mechanism: &str, response: &str) -> Answer {
        let tag = self.send(&format!("AUTHENTICATE {mechanism} {response}"));
        if self.stream.fill_buf().expect("an answer to AUTHENTICATE").first() == Some(&b'+') {
            self.read_response().expect("the challenge");
            self.write(b"\r\n");
        }
        self.finish(&tag)
    }

    /// Sends a command and gives its tag; several may be under way.
    pub fn send(&mut self, command: &str) -> String {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        self.write(format!("{tag} {command}\r\n").as_bytes());
        tag
    }

    /// Reads up to the tagged answer of `tag`; untagged responses before it count as its own.
    pub fn finish(&mut self, tag: &str) -> Answer {
        let mut untagged = Vec::new();
        loop {
            let line =
                self.read_response().unwrap_or_else(|e| panic!("while waiting for {tag}: {e}; had {untagged:?}"));
            if let Some(rest) = line.strip_prefix("* ") {
                untagged.push(rest.to_owned());
            } else if let Some(rest) = line.strip_prefix(tag).and_then(|r| r.strip_prefix(' ')) {
                let (word, text) = rest.split_once(' ').unwrap_or((rest, ""));
                let word = match word.to_ascii_uppercase().as_str() {
                    "OK" => Word::Ok,
                    "NO" => Word::No,
                    _ => Word::Bad,
                };
                return Answer { untagged, word, text: text.to_owned() };
            } else {
                panic!("unexpected while waiting for {tag}: {line:?}");
            }
        }
    }

    /// One command and its answer.
    pub fn command(&mut self, command: &str) -> Answer {
        let tag = self.send(command);
        self.finish(&tag)
    }

    /// One command that must be answered OK.
    pub fn ok(&mut self, command: &str) -> Answer {
        let answer = self.command(command);
        assert_eq!(answer.word, Word::Ok, "{command}: {answer:?}");
        answer
    }

    /// Many commands in one write, each of which must be answered OK.
    pub fn ok_all(&mut self, commands: &[String]) {
        let mut bytes = String::new();
        let first = self.tag + 1;
        for command in commands {
            self.tag += 1;
            bytes.push_str(&format!("t{} {command}\r\n", self.tag));
        }
        self.write(bytes.as_bytes());
        for (n, command) in commands.iter().enumerate() {
            let answer = self.finish(&format!("t{}", first + n as u32));
            assert_eq!(answer.word, Word::Ok, "{command}: {answer:?}");
        }
    }

    pub fn select(&mut self, folder: &str) -> Answer {
        self.ok(&format!("SELECT {} (CONDSTORE)", quoted(folder)))
    }

    /// APPEND; gives the UID. `arguments` is what stands between folder and literal: flags, a date.
    pub fn append(&mut self, folder: &str, arguments: &str, message: &[u8]) -> u32 {
        let space = if arguments.is_empty() { "" } else { " " };
        let command = format!("APPEND {} {arguments}{space}{{{}}}", quoted(folder), message.len());
        let tag = self.send(&command);
        let go_on = self.read_response().expect("an answer to APPEND");
        assert!(go_on.starts_with('+'), "{command}: {go_on}");
        self.write(&[message, b"\r\n"].concat());
        let answer = self.finish(&tag);
        assert_eq!(answer.word, Word::Ok, "{command}: {answer:?}");
        let uid = answer.text.split("[APPENDUID ").nth(1).and_then(|t| t.split([' ', ']']).nth(1));
        uid.and_then(|u| u.parse().ok()).unwrap_or_else(|| panic!("no APPENDUID: {answer:?}"))
    }

    /// APPENDs many messages (arguments and bytes each), a hundred with each command (MULTIAPPEND, RFC 3502; LITERAL+,
    /// RFC 7888): one by one a maildir takes four times as long.
    pub fn append_all(&mut self, folder: &str, messages: &[(String, Vec<u8>)]) {
        for chunk in messages.chunks(100) {
            self.tag += 1;
            let tag = format!("t{}", self.tag);
            let mut bytes = format!("{tag} APPEND {}", quoted(folder)).into_bytes();
            for (arguments, message) in chunk {
                bytes.extend(format!(" {arguments} {{{}+}}\r\n", message.len()).bytes());
                bytes.extend(message);
            }
            bytes.extend(b"\r\n");
            self.write(&bytes);
            let answer = self.finish(&tag);
            assert_eq!(answer.word, Word::Ok, "APPEND: {answer:?}");
        }
    }

    /// `UID SEARCH`, ascending.
    pub fn search(&mut self, criteria: &str) -> Vec<u32> {
        let answer = self.ok(&format!("UID SEARCH {criteria}"));
        let lines = answer.untagged.iter().filter_map(|l| l.strip_prefix("SEARCH"));
        let mut uids: Vec<u32> =
            lines.flat_map(|l| l.split(" (").next().unwrap_or("").split(' ')).filter_map(|u| u.parse().ok()).collect();
        uids.sort_unstable();
        uids
    }

    /// A NOOP, then the flags of one message; `None` when it is gone.
    pub fn flags(&mut self, uid: u32) -> Option<BTreeSet<String>> {
        self.ok("NOOP");
        let answer = self.ok(&format!("UID FETCH {uid} (UID FLAGS)"));
        answer.fetches().find(|f| uid_of(f) == Some(uid)).map(flags_of)
    }

    /// A NOOP, then the MODSEQ of one message (RFC 7162 §3.1).
    pub fn modseq(&mut self, uid: u32) -> Option<u64> {
        self.ok("NOOP");
        let answer = self.ok(&format!("UID FETCH {uid} (UID MODSEQ)"));
        answer.fetches().find(|f| uid_of(f) == Some(uid)).and_then(modseq_of)
    }

    /// The whole message; `None` when it is gone. Does not set `\Seen`.
    pub fn message(&mut self, uid: u32) -> Option<Vec<u8>> {
        let answer = self.ok(&format!("UID FETCH {uid} (UID BODY.PEEK[])"));
        answer.fetches().find(|f| uid_of(f) == Some(uid)).and_then(literal_of)
    }

    /// `UID STORE` of one message under the guard of a MODSEQ, as it comes.
    pub fn guarded_store(&mut self, uid: u32, unchanged_since: u64, change: &str) -> Answer {
        self.command(&format!("UID STORE {uid} (UNCHANGEDSINCE {unchanged_since}) {change}"))
    }

    /// Enters IDLE; ends with [`Client::end_idle`].
    pub fn begin_idle(&mut self) -> String {
        let tag = self.send("IDLE");
        loop {
            let line = self.read_response().expect("an answer to IDLE");
            if line.starts_with('+') {
                return tag;
            }
            assert!(line.starts_with("* "), "IDLE: {line}");
        }
    }

    /// The next untagged response, and when it came; `None` when the time is over.
    pub fn next_push(&mut self, limit: Duration) -> Option<(Instant, String)> {
        self.socket.set_read_timeout(Some(limit)).expect("a time limit");
        let answer = match self.read_response() {
            Ok(line) => Some((Instant::now(), line.strip_prefix("* ").unwrap_or(&line).to_owned())),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(e) => panic!("while listening: {e}"),
        };
        self.socket.set_read_timeout(Some(LIMIT)).expect("a time limit");
        answer
    }

    /// Listens until a response matches, and says when it came; panics when the time is over.
    pub fn wait_for_push(&mut self, limit: Duration, matches: impl Fn(&str) -> bool) -> Instant {
        let end = Instant::now() + limit;
        loop {
            let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            match self.next_push(left) {
                Some((at, line)) if matches(&line) => return at,
                Some(_) => {}
                None => panic!("nothing that was waited for came within {limit:?}"),
            }
        }
    }

    pub fn end_idle(&mut self, tag: &str) -> Answer {
        self.write(b"DONE\r\n");
        self.finish(tag)
    }

    fn write(&mut self, bytes: &[u8]) {
        let stream = self.stream.get_mut();
        stream.write_all(bytes).and_then(|()| stream.flush()).unwrap_or_else(|e| panic!("cannot write: {e}"));
    }

    /// One response with its literals, without the last CRLF; every byte a character.
    fn read_response(&mut self) -> std::io::Result<String> {
        let mut bytes = Vec::new();
        loop {
            if self.stream.read_until(b'\n', &mut bytes)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let Some(length) = literal_length(&bytes) else { break };
            let start = bytes.len();
            bytes.resize(start + length, 0);
            self.stream.read_exact(&mut bytes[start..])?;
        }
        while bytes.last().is_some_and(|b| matches!(b, b'\r' | b'\n')) {
            bytes.pop();
        }
        Ok(bytes.into_iter().map(char::from).collect())
    }
}

fn literal_length(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\r\n")?.strip_suffix(b"}")?;
    let digits = &line[line.iter().rposition(|b| *b == b'{')? + 1..];
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A quoted string.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn after<'a>(fetch: &'a str, name: &str) -> Option<&'a str> {
    fetch.split_once(&format!("{name} ")).map(|(_, rest)| rest)
}

/// The UID in a FETCH response.
pub fn uid_of(fetch: &str) -> Option<u32> {
    after(fetch, "UID")?.split([' ', ')']).next()?.parse().ok()
}

/// The MODSEQ in a FETCH response.
pub fn modseq_of(fetch: &str) -> Option<u64> {
    after(fetch, "MODSEQ")?.strip_prefix('(')?.split(')').next()?.parse().ok()
}

/// The flags in a FETCH response, without `\Recent`, which belongs to a session and not to a message.
pub fn flags_of(fetch: &str) -> BTreeSet<String> {
    let list = after(fetch, "FLAGS").and_then(|r| r.strip_prefix('(')).and_then(|r| r.split(')').next()).unwrap_or("");
    list.split(' ').filter(|f| !f.is_empty() && *f != "\\Recent").map(str::to_owned).collect()
}

/// The first literal in a response.
pub fn literal_of(fetch: &str) -> Option<Vec<u8>> {
    let (before, rest) = fetch.split_once("}\r\n")?;
    let length: usize = before.rsplit('{').next()?.parse().ok()?;
    Some(rest.chars().take(length).map(|c| c as u8).collect())
}
