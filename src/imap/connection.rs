//! A connection on which IMAP is spoken: protected as configured, greeted, asked what it can do.

use std::time::Duration;

use async_imap::Client;
use tokio::time::timeout;

use super::condition::{Code, Condition, Status, printable};
use super::error::Error;
use super::framed::{Framed, Sideline};
use super::reply::Reply;
use super::session::{Capabilities, bye_text};
use crate::config::{Endpoint, Tls};
use crate::net::{self, Agreed, Protection, Unsafe};

/// How long TCP, the TLS handshake, and a first answer may take.
const CONNECTING: Duration = Duration::from_secs(10);
const HANDSHAKE: Duration = Duration::from_secs(20);
const GREETING: Duration = Duration::from_secs(30);

/// A connection on which nobody has signed in yet.
pub(super) struct Link {
    pub client: Client<Framed>,
    pub sideline: Sideline,
    /// What protects it, where something does.
    pub agreed: Option<Agreed>,
    /// What the greeting, or the server when asked, said it can do. Without TLS nobody vouches for it.
    pub capabilities: Capabilities,
}

/// Connects and protects the connection as the endpoint says; never less.
pub(super) async fn open(endpoint: &Endpoint) -> Result<Link, Error> {
    let protection = Protection::of(endpoint)?;
    let tcp = net::connect(endpoint, CONNECTING).await?;
    let sideline = Sideline::default();
    let framed = |stream| Framed::new(stream, sideline.clone());
    let (client, agreed) = match protection {
        Protection::Implicit(security) => {
            let protected = security.secure(tcp, HANDSHAKE).await?;
            let mut client = Client::new(framed(protected.stream));
            greet(&mut client, &sideline, endpoint).await?;
            (client, Some(protected.agreed))
        }
        Protection::None => {
            let mut client = Client::new(framed(Box::new(tcp)));
            greet(&mut client, &sideline, endpoint).await?;
            (client, None)
        }
        Protection::StartTls(security) => {
            let mut client = Client::new(framed(Box::new(tcp)));
            greet(&mut client, &sideline, endpoint).await?;
            start_tls(&mut client, &sideline, endpoint).await?;
            let clear = client.into_inner().into_inner();
            let clear = clear.ok_or_else(|| Error::Tls { host: endpoint.to_string(), why: Unsafe::Injected })?;
            let protected = security.secure(clear, HANDSHAKE).await?;
            // What the server said of itself so far counts no more.
            sideline.forget();
            (Client::new(framed(protected.stream)), Some(protected.agreed))
        }
    };
    let mut link = Link { client, sideline, agreed, capabilities: Capabilities::default() };
    link.capabilities = capabilities(&mut link.client, &link.sideline, endpoint).await?;
    Ok(link)
}

/// Connects, says nothing of who is there, and hangs up: whether this is an IMAP server to which the way is safe.
///
/// # Errors
/// What keeps a connection from coming about.
pub async fn greet_server(endpoint: &Endpoint) -> Result<Capabilities, Error> {
    Ok(open(endpoint).await?.capabilities)
}

/// Reads the server's first words.
async fn greet(client: &mut Client<Framed>, sideline: &Sideline, endpoint: &Endpoint) -> Result<(), Error> {
    let unreachable = |why: String| Error::Unreachable { host: endpoint.to_string(), why };
    let read = match timeout(GREETING, client.read_response()).await {
        Ok(read) => read,
        Err(_) if endpoint.tls != Tls::Implicit => {
            return Err(unreachable(
                "it accepts the connection and says nothing; maybe it wants TLS from the start".into(),
            ));
        }
        Err(_) => return Err(unreachable("it accepts the connection and says nothing".to_owned())),
    };
    let reply = match read {
        Ok(Some(data)) => Reply::of(data.parsed(), sideline),
        Ok(None) => return Err(unreachable("it hung up without a word".to_owned())),
        Err(error) => return Err(unreachable(net::why(&error))),
    };
    match reply {
        Reply::Condition(Condition { status: Status::Ok, .. }) => Ok(()),
        Reply::Condition(Condition { status: Status::Bye, text, .. }) => Err(unreachable(text)),
        // Whoever sits between could say this to keep TLS from being asked for (RFC 3501 §11.1); and as whom one would
        // be signed in nobody knows.
        Reply::Condition(Condition { status: Status::PreAuth, .. }) => {
            Err(Error::Protocol { command: "the connection", what: "it signs everybody in unasked" })
        }
        _ => Err(Error::Protocol { command: "the connection", what: "this is no IMAP server" }),
    }
}

async fn start_tls(client: &mut Client<Framed>, sideline: &Sideline, endpoint: &Endpoint) -> Result<(), Error> {
    let lost = |why: String| Error::Unreachable { host: endpoint.to_string(), why };
    // Asked for in any case: a capability list in the clear proves neither that it can nor that it cannot.
    match timeout(GREETING, client.run_command_and_check_ok("STARTTLS", None)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(async_imap::error::Error::No(_) | async_imap::error::Error::Bad(_))) => {
            let said = Condition::read(&sideline.last_tagged()).map(|c| c.text).unwrap_or_default();
            let why = Unsafe::Refused(format!("it refuses STARTTLS: {said}"));
            Err(Error::Tls { host: endpoint.to_string(), why })
        }
        Ok(Err(_)) => Err(lost(bye_text(sideline).unwrap_or_else(|| "it hung up at STARTTLS".to_owned()))),
        Err(_) => Err(lost("it did not answer STARTTLS".to_owned())),
    }
}

/// What the server can do, before the sign-in.
async fn capabilities(
    client: &mut Client<Framed>,
    sideline: &Sideline,
    endpoint: &Endpoint,
) -> Result<Capabilities, Error> {
    if let Some(known) = told_capabilities(sideline) {
        return Ok(known);
    }
    let lost = |why: String| Error::Unreachable { host: endpoint.to_string(), why };
    match timeout(GREETING, client.run_command_and_check_ok("CAPABILITY", None)).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => return Err(lost(bye_text(sideline).unwrap_or_else(|| "it does not say what it can do".into()))),
        Err(_) => return Err(lost("it does not answer".to_owned())),
    }
    Ok(told_capabilities(sideline).unwrap_or_default())
}

/// The capabilities that the server told since this was asked last, in a line of their own or in a code.
pub(super) fn told_capabilities(sideline: &Sideline) -> Option<Capabilities> {
    let rest = sideline.take_capability()?;
    if let Some(Condition { code: Some(Code::Capability(names)), .. }) = Condition::read(&rest) {
        return Some(Capabilities::of(names));
    }
    let words = printable_words(&rest);
    Some(Capabilities::of(words.into_iter().skip(1)))
}

fn printable_words(rest: &[u8]) -> Vec<String> {
    rest.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).map(printable).collect()
}
