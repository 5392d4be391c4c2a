//! One signed-in session: commands go out, what answers them comes back, what answers nobody is collected.

use std::collections::HashSet;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::command::Command;
use super::condition::{Code, Condition, Status};
use super::error::Error;
use super::framed::{Framed, Sideline};
use super::framing::Limits;
use super::login::Method;
use super::reply::Reply;
use super::select::Selected;
use super::{UidSet, connection, login};
use crate::config::{Credentials, Endpoint};
use crate::model::{Flags, ModSeq, Uid};
use crate::net::{self, Agreed};

/// How long a server may say nothing while it owes an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a server without IDLE is asked.
const POLLING: Duration = Duration::from_secs(20);

/// What a server can do, as its capability list says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Capabilities(HashSet<String>);

impl Capabilities {
    pub(crate) fn of(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().map(|n| n.to_ascii_uppercase()).collect())
    }

    /// Whether the server has this capability; compared without case, `AUTH=PLAIN` and the like whole.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&name.to_ascii_uppercase())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.iter().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}

/// What a server told unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsolicited {
    /// So many messages are in the selected folder now.
    Exists(u32),
    /// A message is gone; its number is of no use to us, that something is gone is.
    Expunge,
    /// These UIDs are gone; with QRESYNC, instead of [`Unsolicited::Expunge`].
    Vanished(UidSet),
    /// A message's flags changed. Without QRESYNC a server need not say which message's.
    Flags { uid: Option<Uid>, modseq: Option<ModSeq>, flags: Flags },
    /// Something that the server wants every person to see.
    Alert(String),
    /// The server hangs up.
    Bye(String),
}

/// More than this is not collected: whoever did not look by then has to look at everything anyway.
const MOST_COLLECTED: usize = 100_000;

/// Where a session is between two commands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Free,
    /// The answer to a command was not read to its end: by an error, or because whoever asked stopped listening.
    Busy(&'static str),
    Broken(String),
}

/// One session with one server. Every method is one command (or the few that one thing needs), with a time limit.
///
/// A future that is dropped before it is done leaves the session unusable (every later command is [`Error::Lost`]); only
/// [`Session::idle`] can be interrupted, by the future that it is given.
pub struct Session {
    inner: async_imap::Session<Framed>,
    sideline: Sideline,
    host: String,
    agreed: Option<Agreed>,
    method: Method,
    /// What the server calls itself (RFC 2971).
    server_name: Option<String>,
    capabilities: Capabilities,
    enabled: Capabilities,
    line: Line,
    unsolicited: Vec<Unsolicited>,
    pub(super) selected: Option<Selected>,
    limits: Limits,
    patience: Duration,
    pub(super) polling: Duration,
}

/// What takes a command's untagged responses; what it does not want it gives back.
pub(crate) type Taker<'a> = &'a mut (dyn FnMut(Reply) -> Option<Reply> + Send);

impl Session {
    /// Connects, protects the connection as configured, signs in, asks anew what the server can do, and enables
    /// CONDSTORE and QRESYNC where they are offered.
    pub async fn connect(endpoint: &Endpoint, credentials: &Credentials) -> Result<Self, Error> {
        let link = connection::open(endpoint).await?;
        let (sideline, agreed) = (link.sideline.clone(), link.agreed);
        let (inner, method, capabilities) = login::sign_in(link, endpoint, credentials).await?;
        let mut session = Self {
            inner,
            sideline,
            host: endpoint.host.clone(),
            agreed,
            method,
            server_name: None,
            capabilities,
            enabled: Capabilities::default(),
            line: Line::Free,
            unsolicited: Vec::new(),
            selected: None,
            limits: Limits::default(),
            patience: PATIENCE,
            polling: POLLING,
        };
        session.ask_capabilities().await?;
        session.enable().await?;
        session.identify().await?;
        Ok(session)
    }

    async fn ask_capabilities(&mut self) -> Result<(), Error> {
        // Many servers tell as they let one in; only what was said after that counts.
        if self.capabilities.is_empty() {
            let mut names = Vec::new();
            let take: Taker<'_> = &mut |reply| match reply {
                Reply::Capability(list) => {
                    names.extend(list);
                    None
                }
                other => Some(other),
            };
            self.run_ok(Command::new("CAPABILITY"), take).await?;
            self.capabilities = Capabilities::of(names);
        }
        Ok(())
    }

    async fn enable(&mut self) -> Result<(), Error> {
        if !self.has("ENABLE") {
            return Ok(());
        }
        let wanted: Vec<&str> = ["CONDSTORE", "QRESYNC"].into_iter().filter(|name| self.has(name)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let mut enabled = Vec::new();
        let command = Command::new("ENABLE").words(&wanted.join(" "));
        let done = self
            .run(command, &mut |reply| match reply {
                Reply::Enabled(names) => {
                    enabled.extend(names);
                    None
                }
                other => Some(other),
            })
            .await?;
        if done.status == Status::Ok {
            self.enabled = Capabilities::of(enabled);
        }
        Ok(())
    }

    /// Some servers (163.com and its kin) open no folder for a client that has not said its name. What they answer is taken
    /// for their name, and a refusal changes nothing.
    async fn identify(&mut self) -> Result<(), Error> {
        if self.has("ID") {
            let id = concat!(r#"("name" "bagsy" "version" ""#, env!("CARGO_PKG_VERSION"), r#"")"#);
            let mut name = None;
            let take: Taker<'_> = &mut |reply| match reply {
                Reply::Id(told) => {
                    name = told;
                    None
                }
                other => Some(other),
            };
            self.run(Command::new("ID").words(id), take).await?;
            self.server_name = name;
        }
        Ok(())
    }

    /// Deflates both ways from here on (RFC 4978), where the server offers it; whether it does. What was sent before, the
    /// password among it, was not.
    ///
    /// # Errors
    /// What ends the session. A refusal changes nothing: TLS may compress already.
    pub async fn compress(&mut self) -> Result<bool, Error> {
        if !self.has("COMPRESS=DEFLATE") {
            return Ok(false);
        }
        let done = self.run(Command::new("COMPRESS").words("DEFLATE"), &mut Some).await?;
        if done.status != Status::Ok {
            return Ok(false);
        }
        self.inner.get_mut().deflate();
        Ok(true)
    }

    /// The server's name as configured.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether TLS protects the connection.
    pub fn is_encrypted(&self) -> bool {
        self.agreed.is_some()
    }

    /// What protects the connection; `None`: nothing does.
    pub fn agreed(&self) -> Option<Agreed> {
        self.agreed
    }

    /// By which command and mechanism the server let this login in.
    pub fn mechanism(&self) -> &'static str {
        self.method.name()
    }

    /// What the server calls itself, where it says: its own word, safe for no terminal and proof of nothing.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// What the server can do, as it said after the sign-in.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Whether the server has this capability.
    pub fn has(&self, capability: &str) -> bool {
        self.capabilities.has(capability)
    }

    /// Whether expunged messages are told by UID here (RFC 7162, QRESYNC).
    pub fn tells_vanished(&self) -> bool {
        self.enabled.has("QRESYNC")
    }

    /// The folder that is selected, as it was then.
    pub fn selected(&self) -> Option<&Selected> {
        self.selected.as_ref()
    }

    /// The most that one response may hold in literals; what is larger arrives as nothing.
    pub fn set_literal_limit(&mut self, octets: usize) {
        self.limits.literals = octets;
        self.inner.get_mut().set_limits(self.limits);
    }

    pub(super) fn literal_limit(&self) -> usize {
        self.limits.literals
    }

    /// How long the server may be silent while it owes an answer; 60 seconds unless set.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// How often [`Session::idle`] asks a server that has no IDLE; every 20 seconds unless set.
    pub fn set_polling(&mut self, polling: Duration) {
        self.polling = polling;
    }

    /// What the server told unasked since this was called last, in order.
    pub fn take_unsolicited(&mut self) -> Vec<Unsolicited> {
        std::mem::take(&mut self.unsolicited)
    }

    /// The command's answer was read by other means.
    pub(super) fn free(&mut self) {
        self.line = Line::Free;
    }

    /// What was told of a folder is no news of another one.
    pub(super) fn forget_folder_news(&mut self) {
        self.unsolicited.retain(|told| matches!(told, Unsolicited::Alert(_) | Unsolicited::Bye(_)));
    }

    pub(super) fn has_unsolicited(&self) -> bool {
        !self.unsolicited.is_empty()
    }

    /// Octets that the server ever sent on this session.
    pub fn received(&self) -> u64 {
        self.sideline.received()
    }

    /// Says goodbye. Whatever comes of it, the connection is gone afterwards.
    pub async fn logout(mut self) {
        self.patience = Duration::from_secs(3);
        if let Err(error) = self.run(Command::new("LOGOUT"), &mut Some).await {
            tracing::debug!(%error, "logout");
        }
    }

    /// Runs a command to its tagged answer, which must be OK.
    pub(crate) async fn run_ok(&mut self, command: Command, take: Taker<'_>) -> Result<Condition, Error> {
        let name = command.name;
        let done = self.run(command, take).await?;
        match done.status {
            Status::Ok => Ok(done),
            _ => Err(refused(name, done)),
        }
    }

    /// Runs a command to its tagged answer, whatever that is.
    pub(crate) async fn run(&mut self, command: Command, take: Taker<'_>) -> Result<Condition, Error> {
        let name = command.name;
        let tag = match self.send(command, take).await? {
            Sent::Whole(tag) => tag,
            Sent::Answered(done) => return Ok(done),
        };
        self.finish(name, &tag, take).await
    }

    /// Sends a command, waiting for leave before each literal where the server wants that.
    pub(super) async fn send(&mut self, command: Command, take: Taker<'_>) -> Result<Sent, Error> {
        let name = command.name;
        self.take_line(name)?;
        tracing::debug!(command = name, octets = command.octets(), "send");
        let Command { mut head, rest, .. } = command;
        let mut rest = rest.into_iter().peekable();
        let mut must_wait = self.announce(&mut head, rest.peek());
        let tag = match timeout(self.patience, self.inner.run_command(&head)).await {
            Ok(Ok(tag)) => tag.0,
            Ok(Err(error)) => return Err(self.broken(&error)),
            Err(_) => return Err(self.timed_out(name)),
        };
        while let Some((literal, mut text)) = rest.next() {
            if must_wait && let Some(done) = self.await_leave(name, &tag, take).await? {
                return Ok(Sent::Answered(done));
            }
            must_wait = self.announce(&mut text, rest.peek());
            text.push_str("\r\n");
            self.write(name, &literal).await?;
            self.write(name, text.as_bytes()).await?;
        }
        Ok(Sent::Whole(tag))
    }

    /// Announces the literal that comes next, if one does; true: the server gives leave first (RFC 7888).
    fn announce(&self, text: &mut String, next: Option<&(Vec<u8>, String)>) -> bool {
        let Some((literal, _)) = next else { return false };
        let octets = literal.len();
        let takes_small = self.has("LITERAL-") || self.has("IMAP4rev2");
        let needs_no_leave = self.has("LITERAL+") || (takes_small && octets <= 4096);
        text.push_str(&if needs_no_leave { format!("{{{octets}+}}") } else { format!("{{{octets}}}") });
        !needs_no_leave
    }

    fn take_line(&mut self, name: &'static str) -> Result<(), Error> {
        match &self.line {
            Line::Free => {}
            Line::Busy(earlier) => return Err(Error::Lost { why: format!("{earlier} was broken off") }),
            Line::Broken(why) => return Err(Error::Lost { why: why.clone() }),
        }
        self.line = Line::Busy(name);
        Ok(())
    }

    /// Sends several commands of one kind at once and reads their answers: one round trip for all. `take` is told how many
    /// commands have been answered before. The tagged answers in order; `None` where the server did not keep to it, or where
    /// a literal would have to wait for leave.
    pub(super) async fn run_all(
        &mut self,
        commands: &[Command],
        take: &mut (dyn FnMut(usize, Reply) -> Option<Reply> + Send),
    ) -> Result<Option<Vec<Condition>>, Error> {
        let name = commands.first().map_or("", |c| c.name);
        if commands.iter().any(|c| !c.rest.is_empty()) {
            return Ok(None);
        }
        self.take_line(name)?;
        tracing::debug!(command = name, count = commands.len(), "send");
        let mut tags = Vec::with_capacity(commands.len());
        for command in commands {
            match timeout(self.patience, self.inner.run_command(&command.head)).await {
                Ok(Ok(tag)) => tags.push(tag.0),
                Ok(Err(error)) => return Err(self.broken(&error)),
                Err(_) => return Err(self.timed_out(name)),
            }
        }
        let (mut done, mut is_in_order) = (Vec::with_capacity(tags.len()), true);
        while done.len() < tags.len() {
            match self.reply(name).await? {
                Reply::Done { tag, condition } if tags.contains(&tag) => {
                    is_in_order &= tags.get(done.len()) == Some(&tag);
                    done.push(condition);
                }
                other => {
                    let rest = take(done.len(), other);
                    self.collect(rest);
                }
            }
        }
        self.line = Line::Free;
        Ok(is_in_order.then_some(done))
    }

    /// Waits for the `+` that lets a literal or a challenge's answer through; the tagged answer, if that comes instead.
    pub(super) async fn await_leave(
        &mut self,
        name: &'static str,
        tag: &str,
        take: Taker<'_>,
    ) -> Result<Option<Condition>, Error> {
        loop {
            match self.reply(name).await? {
                Reply::Continue => return Ok(None),
                Reply::Done { tag: answered, condition } if answered == tag => {
                    self.line = Line::Free;
                    return Ok(Some(condition));
                }
                other => self.collect(take(other)),
            }
        }
    }

    /// Writes past async-imap, piece by piece: each within the time limit, so that a slow line may take long in all.
    async fn write(&mut self, name: &'static str, bytes: &[u8]) -> Result<(), Error> {
        for piece in bytes.chunks(64 * 1024) {
            let stream = self.inner.get_mut();
            let written = timeout(self.patience, async {
                stream.write_all(piece).await?;
                stream.flush().await
            });
            match written.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(self.broken(&error.into())),
                Err(_) => return Err(self.timed_out(name)),
            }
        }
        Ok(())
    }

    /// Sends a line that belongs to no tag, as `DONE` does.
    pub(super) async fn send_line(&mut self, name: &'static str, line: &str) -> Result<(), Error> {
        match timeout(self.patience, self.inner.run_command_untagged(line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.broken(&error)),
            Err(_) => Err(self.timed_out(name)),
        }
    }

    /// Reads to the tagged answer.
    pub(super) async fn finish(&mut self, name: &'static str, tag: &str, take: Taker<'_>) -> Result<Condition, Error> {
        loop {
            match self.reply(name).await? {
                Reply::Done { tag: answered, condition } if answered == tag => {
                    self.line = Line::Free;
                    tracing::debug!(command = name, status = condition.status.as_str(), "answered");
                    return Ok(condition);
                }
                other => self.collect(take(other)),
            }
        }
    }

    /// The next response. It may take as long as it likes while its bytes keep coming.
    pub(super) async fn reply(&mut self, name: &'static str) -> Result<Reply, Error> {
        loop {
            let before = self.sideline.received();
            match timeout(self.patience, self.next_reply()).await {
                Ok(reply) => return reply,
                Err(_) if self.sideline.received() != before => {}
                Err(_) => return Err(self.timed_out(name)),
            }
        }
    }

    /// The next response, whenever it comes. May be dropped and called again: nothing is lost.
    pub(super) async fn next_reply(&mut self) -> Result<Reply, Error> {
        match self.inner.read_response().await {
            Ok(Some(data)) => Ok(Reply::of(data.parsed(), &self.sideline)),
            Ok(None) => Err(self.hung_up()),
            Err(error) => Err(self.broken(&error.into())),
        }
    }

    /// Reads along while nothing is asked, until the connection is lost; gives why. What the server tells meanwhile is
    /// collected. May be dropped at any moment.
    pub async fn until_lost(&mut self) -> Error {
        if let Line::Broken(why) = &self.line {
            return Error::Lost { why: why.clone() };
        }
        loop {
            match self.next_reply().await {
                Ok(reply) => self.collect(Some(reply)),
                Err(error) => return error,
            }
        }
    }

    /// Keeps what nobody took.
    pub(super) fn collect(&mut self, reply: Option<Reply>) {
        let told = match reply {
            Some(Reply::Exists(n)) => {
                self.unsolicited.retain(|u| !matches!(u, Unsolicited::Exists(_)));
                Unsolicited::Exists(n)
            }
            Some(Reply::Expunge) => Unsolicited::Expunge,
            Some(Reply::Vanished { uids, .. }) => Unsolicited::Vanished(uids),
            Some(Reply::Fetch(fetched)) => match fetched.flags {
                Some(flags) => Unsolicited::Flags { uid: fetched.uid, modseq: fetched.modseq, flags },
                None => return,
            },
            Some(Reply::Condition(condition)) => match condition {
                Condition { status: Status::Bye, text, .. } => Unsolicited::Bye(text),
                Condition { code: Some(Code::Alert), text, .. } => Unsolicited::Alert(text),
                _ => return,
            },
            _ => return,
        };
        if self.unsolicited.len() < MOST_COLLECTED {
            self.unsolicited.push(told);
        }
    }

    fn timed_out(&mut self, name: &'static str) -> Error {
        let seconds = self.patience.as_secs();
        self.line = Line::Broken(format!("the server did not answer {name}"));
        Error::Timeout { command: name, seconds }
    }

    fn hung_up(&mut self) -> Error {
        let why = bye_text(&self.sideline).unwrap_or_else(|| "the server hung up".to_owned());
        self.line = Line::Broken(why.clone());
        Error::Lost { why }
    }

    /// An error of async-imap, without its text: that may hold mail.
    fn broken(&mut self, error: &async_imap::error::Error) -> Error {
        let why = match error {
            async_imap::error::Error::Io(io) => net::why(io),
            async_imap::error::Error::ConnectionLost => "the server hung up".to_owned(),
            _ => "its bytes make no sense".to_owned(),
        };
        let why = bye_text(&self.sideline).unwrap_or(why);
        self.line = Line::Broken(why.clone());
        Error::Lost { why }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("host", &self.host).field("line", &self.line).finish_non_exhaustive()
    }
}

/// How far a command came.
pub(super) enum Sent {
    Whole(String),
    /// It was answered before all of it was sent.
    Answered(Condition),
}

/// A tagged NO or BAD as an error.
pub(super) fn refused(command: &'static str, done: Condition) -> Error {
    let text = if done.text.is_empty() { "it gave no reason".to_owned() } else { done.text };
    Error::Refused { command, text, code: done.code }
}

/// What the server said as it hung up.
pub(super) fn bye_text(sideline: &Sideline) -> Option<String> {
    let bye = Condition::read(&sideline.last_bye()?)?;
    Some(bye.text).filter(|text| !text.is_empty())
}
