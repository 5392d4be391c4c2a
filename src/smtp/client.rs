//! One signed-in connection to a submission server, driven command by command.

use std::net::Ipv4Addr;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Quit, Rcpt, Rset, Starttls};
use lettre::transport::smtp::extension::{ClientId, MailBodyParameter, MailParameter};
use tokio::net::TcpStream;

use super::error::{Error, Step, is_about_sender};
use super::extensions::Extensions;
use super::reply::Reply;
use super::wire::Wire;
use super::{auth, dots};
use crate::config::{Credentials, Endpoint, Tls};
use crate::net::{self, Agreed, Protection, Stream, Unsafe};

/// Always the same, and true enough: a host name or an address of the person's network is nobody's business.
const HELLO: ClientId = ClientId::Ipv4(Ipv4Addr::LOCALHOST);

/// The text goes out in pieces, each with its own time.
const CHUNK: usize = 64 * 1024;

/// How long each part may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until the host's name is known, until TCP is there, and for the TLS handshake: each.
    pub connect: Duration,
    /// For one command. Greylisting and tarpits make servers slow on purpose.
    pub command: Duration,
    /// After the final dot. Ten minutes, as RFC 5321 §4.5.3.2.6 wants it: whoever gives up earlier does not know whether
    /// the mail was taken.
    pub finish: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), command: Duration::from_secs(120), finish: Duration::from_secs(600) }
    }
}

/// A connection that is signed in. After [`Error::Lost`] or [`Error::OutcomeUnknown`] it is of no more use.
pub struct Submission {
    wire: Wire<Box<dyn Stream>>,
    server: String,
    user: String,
    extensions: Extensions,
    patience: Patience,
    sender: String,
    agreed: Option<Agreed>,
    mechanism: &'static str,
}

impl Submission {
    /// Connects, protects the connection as the configuration says (never less), and signs in.
    ///
    /// # Errors
    /// What is wrong with the network, TLS, or the sign-in; nothing was sent.
    pub async fn connect(server: &Endpoint, credentials: &Credentials) -> Result<Self, Error> {
        Self::connect_within(server, credentials, Patience::default()).await
    }

    /// The same with other times.
    ///
    /// # Errors
    /// As [`Submission::connect`].
    pub async fn connect_within(
        server: &Endpoint,
        credentials: &Credentials,
        patience: Patience,
    ) -> Result<Self, Error> {
        let Opened { wire, extensions, agreed } = open(server, patience).await?;
        let mut submission = Self {
            wire,
            server: server.to_string(),
            user: credentials.user().to_owned(),
            extensions,
            patience,
            sender: String::new(),
            agreed,
            mechanism: "",
        };
        submission.sign_in(server, credentials).await?;
        Ok(submission)
    }

    /// What the server can do.
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// What protects the connection; `None`: nothing does.
    pub fn agreed(&self) -> Option<Agreed> {
        self.agreed
    }

    /// By which command and mechanism the server let this login in.
    pub fn mechanism(&self) -> &'static str {
        self.mechanism
    }

    /// MAIL FROM: begins a mail of `size` bytes from this address, which may differ from the login.
    ///
    /// # Errors
    /// [`Error::NotAllowedToSendAs`], [`Error::Refused`], [`Error::TooLarge`], [`Error::EightBit`], [`Error::Address`],
    /// [`Error::Lost`].
    pub async fn mail_from(&mut self, sender: &str, size: usize, has_8bit: bool) -> Result<Reply, Error> {
        let address = self.address(sender)?;
        let mut parameters = Vec::new();
        if let Some(limit) = self.extensions.size {
            if limit > 0 && size as u64 > limit {
                return Err(Error::TooLarge { server: self.server.clone(), size: size as u64, limit });
            }
            parameters.push(MailParameter::Size(size));
        }
        if has_8bit && !self.extensions.eight_bit {
            return Err(Error::EightBit { server: self.server.clone() });
        }
        if has_8bit {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        self.sender = sender.to_owned();
        let command = Mail::new(Some(address), parameters).to_string();
        self.ask(&command, Step::Sender(sender.to_owned()), Reply::is_done).await
    }

    /// RCPT TO: one more recipient. A refusal concerns this one alone; the mail may go on to the others, or be begun anew
    /// with [`Submission::rset`].
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::NotAllowedToSendAs`] (Postfix says it only here), [`Error::Address`],
    /// [`Error::Lost`].
    pub async fn rcpt_to(&mut self, recipient: &str) -> Result<Reply, Error> {
        let address = self.address(recipient)?;
        let command = Rcpt::new(address, Vec::new()).to_string();
        self.ask(&command, Step::Recipient(recipient.to_owned()), Reply::is_done).await
    }

    /// DATA: the server waits for the text (354). The last moment at which nothing has been sent for certain.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Lost`].
    pub async fn data_begin(&mut self) -> Result<Reply, Error> {
        self.ask(&Data.to_string(), Step::Data, Reply::is_intermediate).await
    }

    /// The text, after [`Submission::data_begin`]: CRLF line ends, dots and the final dot are seen to here. A server that
    /// has not seen the final dot has taken nothing, so a connection that ends before is [`Error::Lost`]; from then on
    /// everything but the server's own word is [`Error::OutcomeUnknown`]. So is giving this future up before its end.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::NotAllowedToSendAs`], [`Error::Lost`], [`Error::OutcomeUnknown`].
    pub async fn data_body(&mut self, message: &[u8]) -> Result<Reply, Error> {
        for chunk in dots::stuffed(message).chunks(CHUNK) {
            if let Err(why) = self.wire.send(chunk, self.patience.command).await {
                return Err(self.broken_off(why).await);
            }
        }
        let unknown = |why| Error::OutcomeUnknown { server: self.server.clone(), why };
        self.wire.send(b".\r\n", self.patience.command).await.map_err(unknown)?;
        let (reply, _) = self.wire.reply(self.patience.finish).await.map_err(unknown)?;
        if reply.is_intermediate() {
            return Err(unknown(format!("its answer was {reply}")));
        }
        if reply.is_done() { Ok(reply) } else { Err(self.refusal(Step::Text, reply)) }
    }

    /// RSET: forgets the mail that was begun.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Lost`].
    pub async fn rset(&mut self) -> Result<Reply, Error> {
        self.ask(&Rset.to_string(), Step::Reset, Reply::is_done).await
    }

    /// QUIT. Whatever the server says to it changes nothing about what was sent before.
    pub async fn quit(mut self) {
        let patience = self.patience.command.min(Duration::from_secs(5));
        if let Err(why) = self.wire.command(&Quit.to_string(), patience).await {
            tracing::debug!(server = self.server, why, "no answer to QUIT");
        }
    }

    async fn sign_in(&mut self, server: &Endpoint, credentials: &Credentials) -> Result<(), Error> {
        let Some(exchange) = auth::exchange(credentials, &self.extensions, server) else {
            return Err(Error::NoMechanism { server: self.server.clone(), offered: self.extensions.auth.clone() });
        };
        let mut reply = self.say(&exchange.command).await?;
        for answer in &exchange.answers {
            if reply.code != 334 {
                break;
            }
            reply = self.say(answer).await?;
        }
        if reply.code == 334 {
            reply = self.say(exchange.surrender).await?;
        }
        if reply.is_done() {
            self.mechanism = exchange.mechanism;
            Ok(())
        } else if reply.is_transient() {
            Err(Error::Refused { server: self.server.clone(), step: Step::Auth, reply })
        } else {
            Err(Error::AuthRefused { server: self.server.clone(), user: self.user.clone(), reply })
        }
    }

    async fn say(&mut self, line: &str) -> Result<Reply, Error> {
        let lost = |why| Error::Lost { server: self.server.clone(), why };
        Ok(self.wire.command(&format!("{line}\r\n"), self.patience.command).await.map_err(lost)?.0)
    }

    async fn ask(&mut self, command: &str, step: Step, is_good: fn(&Reply) -> bool) -> Result<Reply, Error> {
        let answer = self.wire.command(command, self.patience.command).await;
        let (reply, _) = answer.map_err(|why| Error::Lost { server: self.server.clone(), why })?;
        if is_good(&reply) { Ok(reply) } else { Err(self.refusal(step, reply)) }
    }

    fn refusal(&self, step: Step, reply: Reply) -> Error {
        let server = self.server.clone();
        if matches!(step, Step::Sender(_) | Step::Recipient(_) | Step::Text) && is_about_sender(&reply) {
            let (user, sender) = (self.user.clone(), self.sender.clone());
            return Error::NotAllowedToSendAs { server, user, sender, reply };
        }
        Error::Refused { server, step, reply }
    }

    /// The text could not be sent to its end. A server that has enough of it says why before it hangs up.
    async fn broken_off(&mut self, why: String) -> Error {
        match self.wire.reply(Duration::from_secs(1)).await {
            Ok((reply, _)) if reply.is_transient() || reply.is_permanent() => self.refusal(Step::Text, reply),
            _ => Error::Lost { server: self.server.clone(), why },
        }
    }

    /// The address as it stands in a command. Customers have addresses that break the standards' grammar; which of them
    /// exist is for their servers to say. Here it matters that nothing breaks out of the command.
    fn address(&self, text: &str) -> Result<Address, Error> {
        let is_harmless = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>');
        match text.rsplit_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() && text.chars().all(is_harmless) => {
                Ok(Address::new_dangerous(local, domain))
            }
            _ => Err(Error::Address { address: text.chars().filter(|c| !c.is_control()).take(100).collect() }),
        }
    }
}

/// Connects, says nothing of who is there, and hangs up: whether this is a submission server to which the way is safe.
///
/// # Errors
/// What is wrong with the network or TLS.
pub async fn greet_server(server: &Endpoint) -> Result<Extensions, Error> {
    let patience = Patience { command: Duration::from_secs(30), ..Patience::default() };
    let Opened { mut wire, extensions, .. } = open(server, patience).await?;
    // Its answer changes nothing.
    let _ = wire.command(&Quit.to_string(), Duration::from_secs(2)).await;
    Ok(extensions)
}

/// A connection that is protected and greeted.
struct Opened {
    wire: Wire<Box<dyn Stream>>,
    extensions: Extensions,
    agreed: Option<Agreed>,
}

async fn open(server: &Endpoint, patience: Patience) -> Result<Opened, Error> {
    let protection = Protection::of(server)?;
    let tcp = net::connect(server, patience.connect).await?;
    let (stream, agreed): (Box<dyn Stream>, _) = match protection {
        Protection::None => (Box::new(tcp), None),
        Protection::Implicit(security) => {
            let protected = security.secure(tcp, patience.connect).await?;
            (protected.stream, Some(protected.agreed))
        }
        Protection::StartTls(security) => {
            let tcp = start_tls(tcp, server, patience).await?;
            let protected = security.secure(tcp, patience.connect).await?;
            (protected.stream, Some(protected.agreed))
        }
    };
    let mut wire = Wire::new(stream);
    if server.tls != Tls::StartTls {
        greeting(&mut wire, server, patience).await?;
    }
    let extensions = hello(&mut wire, server, patience).await?;
    Ok(Opened { wire, extensions, agreed })
}

/// The plain beginning of a connection that goes on under TLS, or not at all (RFC 3207).
async fn start_tls(tcp: TcpStream, server: &Endpoint, patience: Patience) -> Result<TcpStream, Error> {
    let mut wire = Wire::new(tcp);
    greeting(&mut wire, server, patience).await?;
    if !hello(&mut wire, server, patience).await?.start_tls {
        return Err(Error::NoStartTls { server: server.to_string() });
    }
    let lost = |why| Error::Lost { server: server.to_string(), why };
    let (reply, _) = wire.command(&Starttls.to_string(), patience.command).await.map_err(lost)?;
    if !reply.is_done() {
        return Err(Error::Refused { server: server.to_string(), step: Step::StartTls, reply });
    }
    wire.into_stream().ok_or_else(|| Error::Tls { server: server.to_string(), why: Unsafe::Injected })
}

async fn greeting<S: Stream>(wire: &mut Wire<S>, server: &Endpoint, patience: Patience) -> Result<(), Error> {
    let lost = |why| Error::Unreachable { server: server.to_string(), why };
    let (reply, _) = wire.reply(patience.command).await.map_err(lost)?;
    if reply.is_done() {
        return Ok(());
    }
    Err(Error::Refused { server: server.to_string(), step: Step::Greeting, reply })
}

async fn hello<S: Stream>(wire: &mut Wire<S>, server: &Endpoint, patience: Patience) -> Result<Extensions, Error> {
    let lost = |why| Error::Lost { server: server.to_string(), why };
    let (reply, lines) = wire.command(&Ehlo::new(HELLO).to_string(), patience.command).await.map_err(lost)?;
    if reply.is_done() {
        return Ok(Extensions::read(lines.texts()));
    }
    Err(Error::Refused { server: server.to_string(), step: Step::Hello, reply })
}
