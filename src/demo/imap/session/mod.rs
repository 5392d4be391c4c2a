//! One client's session: what it may do, what it has selected, and the answer to each of its commands.
//!
//! No socket: a command goes in, bytes come out.

mod folders;
mod messages;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::command::{Command, Request};
use super::view::{Telling, View};
use crate::demo::faults::{Faults, Switches};
use crate::demo::post::Post;

/// How a command ends: the word, and the text with its response code.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    word: &'static str,
    text: String,
}

impl End {
    fn ok(text: impl Into<String>) -> Self {
        Self { word: "OK", text: text.into() }
    }

    fn no(text: impl Into<String>) -> Self {
        Self { word: "NO", text: text.into() }
    }

    fn bad(text: impl Into<String>) -> Self {
        Self { word: "BAD", text: text.into() }
    }

    fn no_permission() -> Self {
        Self::no("[NOPERM] Permission denied")
    }
}

/// What the connection does after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Send the answer and read on.
    Next,
    /// Ask for the rest of an AUTHENTICATE, then call [`Session::authenticate`].
    Challenge,
    /// Push news until DONE, then call [`Session::done`].
    Idle,
    /// Send the answer and close.
    End,
}

/// A session.
#[derive(Debug)]
pub struct Session {
    post: Arc<Post>,
    faults: Arc<Faults>,
    login: Option<String>,
    condstore: bool,
    view: Option<View>,
    /// Bytes to be sent.
    pub out: Vec<u8>,
}

impl Session {
    pub fn new(post: Arc<Post>, faults: Arc<Faults>) -> Self {
        let mut session = Self { post, faults, login: None, condstore: false, view: None, out: Vec::new() };
        let greeting = format!("* OK [{}] bagsy demo ready", session.capabilities());
        session.line(&greeting);
        session
    }

    /// Who is signed in; empty before.
    pub fn login(&self) -> &str {
        self.login.as_deref().unwrap_or_default()
    }

    fn line(&mut self, line: &str) {
        self.out.extend_from_slice(line.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    fn switches(&self) -> Switches {
        self.faults.switches()
    }

    fn capabilities(&self) -> String {
        let off = self.switches();
        let mut names = vec!["CAPABILITY", "IMAP4rev1", "SASL-IR", "AUTH=PLAIN", "ID", "ENABLE"];
        let optional = [
            (off.no_literal_plus, "LITERAL+"),
            (off.no_idle, "IDLE"),
            (off.no_namespace, "NAMESPACE"),
            (off.no_uidplus, "UIDPLUS"),
            (off.no_move, "MOVE"),
            (off.no_condstore, "CONDSTORE"),
            (off.no_acl, "ACL RIGHTS=kxte"),
            (false, "UNSELECT"),
            (false, "CHILDREN"),
            (false, "SPECIAL-USE"),
        ];
        names.extend(optional.iter().filter(|(is_off, _)| !is_off).map(|(_, name)| *name));
        names.join(" ")
    }

    /// Answers a command into [`Session::out`].
    pub fn answer(&mut self, request: Request) -> Flow {
        let Request { tag, name, command } = request;
        let end = match command {
            Err(wrong) => End::bad(wrong),
            Ok(Command::Logout) => {
                self.line("* BYE Logging out");
                self.finish(&tag, &End::ok("Logout completed"));
                return Flow::End;
            }
            Ok(Command::Idle) if self.switches().no_idle => End::bad("unknown command IDLE"),
            Ok(Command::Idle) if self.login.is_some() => {
                self.line("+ idling");
                return if self.write_news(true) { Flow::Idle } else { Flow::End };
            }
            Ok(Command::Authenticate { mechanism, initial }) if self.login.is_none() && mechanism == "PLAIN" => {
                let Some(initial) = initial else {
                    self.line("+ ");
                    return Flow::Challenge;
                };
                self.authenticate(&tag, initial.as_bytes());
                return Flow::Next;
            }
            Ok(command) => self.run(command),
        };
        // Sequence numbers must not change under a command that counts by them (RFC 3501 §7.4.1).
        let may_expunge = !matches!(name.as_str(), "FETCH" | "STORE" | "SEARCH");
        let lives = self.write_news(may_expunge);
        if lives {
            self.finish(&tag, &end);
        }
        if lives { Flow::Next } else { Flow::End }
    }

    fn finish(&mut self, tag: &str, end: &End) {
        self.line(&format!("{tag} {} {}", end.word, end.text));
    }

    /// The answer to a command that a fault refuses or that is too big.
    pub fn refuse(&mut self, tag: &str, text: &str) {
        self.line(&format!("{tag} {text}"));
    }

    /// Ends an IDLE with the line that the client sent; `false` where the session ends with it.
    pub fn done(&mut self, tag: &str, line: &[u8]) -> bool {
        if !self.write_news(true) {
            return false;
        }
        let end =
            if line.eq_ignore_ascii_case(b"DONE") { End::ok("Idle completed") } else { End::bad("expected DONE") };
        self.finish(tag, &end);
        true
    }

    /// Appends what happened in the selected folder; `false` where the session ends because of it.
    pub fn write_news(&mut self, may_expunge: bool) -> bool {
        let Self { post, view: Some(view), login: Some(login), out, .. } = self else { return true };
        let switches = self.faults.switches();
        let telling = Telling { login, condstore: self.condstore, private_seen: switches.private_seen, may_expunge };
        let lives = post.look(|state| view.write_news(state.folder(&view.name.clone()), telling, out));
        if !lives {
            self.view = None;
            self.line("* BYE The selected folder is no longer what it was");
        }
        lives
    }

    fn run(&mut self, command: Command) -> End {
        match (command, &self.login) {
            (Command::Capability, _) => {
                self.line(&format!("* {}", self.capabilities()));
                End::ok("Capability completed")
            }
            (Command::Noop, _) => End::ok("NOOP completed"),
            (Command::Id, _) => {
                self.line("* ID (\"name\" \"bagsy demo\")");
                End::ok("ID completed")
            }
            (Command::Login { user, password }, None) => self.sign_in(&user, &password),
            (Command::Authenticate { .. }, None) => End::no("[CANNOT] Unsupported authentication mechanism"),
            (_, None) => End::bad("sign in first"),
            (Command::Login { .. } | Command::Authenticate { .. }, Some(_)) => End::bad("signed in already"),
            (Command::Enable(names), Some(_)) => self.enable(&names),
            (Command::Namespace, _) => self.namespace(),
            (Command::List { reference, patterns, special_use_only }, _) => {
                self.list(&reference, &patterns, special_use_only)
            }
            (Command::Status { folder, items }, _) => self.status(&folder, &items),
            (Command::Select { folder, read_only, condstore }, _) => self.select(&folder, read_only, condstore),
            (Command::Create(folder), _) => self.create(&folder),
            (Command::Subscribe(folder), _) => self.subscribe(&folder),
            (Command::MyRights(folder), _) => self.my_rights(&folder),
            (Command::Append { folder, flags, at, mail }, _) => self.append(&folder, &flags, at, mail),
            (command, Some(_)) if self.view.is_some() => self.run_selected(command),
            _ => End::bad("no folder is selected"),
        }
    }

    fn run_selected(&mut self, command: Command) -> End {
        match command {
            Command::Close => self.close(true),
            Command::Unselect => self.close(false),
            Command::Fetch { by_uid, set, items, changed_since } => self.fetch(by_uid, &set, &items, changed_since),
            Command::Store { by_uid, set, unchanged_since, change, silent } => {
                self.store(by_uid, &set, unchanged_since, &change, silent)
            }
            Command::Search { by_uid, key } => self.search(by_uid, &key),
            Command::Copy { by_uid, set, folder } => self.copy(by_uid, &set, &folder),
            Command::Move { by_uid, set, folder } => self.move_to(by_uid, &set, &folder),
            Command::Expunge(set) => self.expunge(set.as_ref()),
            _ => End::bad("not now"),
        }
    }

    /// Ends an AUTHENTICATE PLAIN with the client's words (RFC 4616).
    pub fn authenticate(&mut self, tag: &str, words: &[u8]) {
        let plain = BASE64.decode(words.trim_ascii()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let parts: Vec<&str> = plain.as_deref().unwrap_or_default().split('\0').collect();
        let end = match parts.as_slice() {
            [_, user, password] => self.sign_in(user, password),
            _ => End::bad("expected the words of PLAIN"),
        };
        self.finish(tag, &end);
    }

    fn sign_in(&mut self, user: &str, password: &str) -> End {
        let is_right = self.post.change_if(|state| {
            let is_right = state.is_password_of(user, password);
            if is_right {
                state.note_person(user);
            }
            (is_right, is_right)
        });
        if !is_right {
            return End::no("[AUTHENTICATIONFAILED] Authentication failed");
        }
        self.login = Some(user.to_ascii_lowercase());
        End::ok(format!("[{}] Logged in", self.capabilities()))
    }

    fn enable(&mut self, names: &[String]) -> End {
        let condstore = names.iter().any(|name| name == "CONDSTORE") && !self.switches().no_condstore;
        self.condstore |= condstore;
        self.line(if condstore { "* ENABLED CONDSTORE" } else { "* ENABLED" });
        End::ok("Enabled")
    }
}
