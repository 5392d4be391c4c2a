//! Signing in: LOGIN, AUTHENTICATE PLAIN (RFC 4616), XOAUTH2 and OAUTHBEARER (RFC 7628).

use std::time::Duration;

use async_imap::error::Error as LibraryError;
use async_imap::{Authenticator, Client, Session as LibrarySession};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::time::timeout;

use super::command::is_quotable;
use super::condition::{Code, Condition, Status};
use super::connection::{Link, told_capabilities};
use super::error::Error;
use super::framed::Framed;
use super::session::{Capabilities, bye_text};
use crate::config::{Credentials, Endpoint};
use crate::net::{self, Unsafe};

/// A server that slows down whoever guesses passwords may take its time.
const SIGNING_IN: Duration = Duration::from_secs(60);

/// How a login is shown to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Login,
    Plain,
    XOAuth2,
    OAuthBearer,
}

impl Method {
    /// As it is called among those who run servers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Login => "LOGIN command",
            Self::Plain => "AUTHENTICATE PLAIN",
            Self::XOAuth2 => "AUTHENTICATE XOAUTH2",
            Self::OAuthBearer => "AUTHENTICATE OAUTHBEARER",
        }
    }
}

/// Signs in; by which method, and what the server can do then, if it says so at once (else empty).
pub(super) async fn sign_in(
    link: Link,
    endpoint: &Endpoint,
    credentials: &Credentials,
) -> Result<(LibrarySession<Framed>, Method, Capabilities), Error> {
    let Link { client, sideline, capabilities, .. } = link;
    let user = credentials.user();
    let method = method(&capabilities, credentials).map_err(|why| Error::Auth {
        host: endpoint.host.clone(),
        user: user.to_owned(),
        why: why.to_owned(),
    })?;
    tracing::debug!(?method, "sign in");
    let signed_in = timeout(SIGNING_IN, show(client, method, &capabilities, endpoint, credentials)).await;
    match signed_in {
        Ok(Ok(session)) => Ok((session, method, told_capabilities(&sideline).unwrap_or_default())),
        Ok(Err(LibraryError::No(_) | LibraryError::Bad(_))) => {
            let said = Condition::read(&sideline.last_tagged());
            Err(refusal(said, endpoint, user))
        }
        Ok(Err(error)) => {
            let why = bye_text(&sideline).unwrap_or_else(|| match &error {
                LibraryError::Io(io) => net::why(io),
                _ => "it hung up during the sign-in".to_owned(),
            });
            Err(Error::Unreachable { host: endpoint.host.clone(), why })
        }
        Err(_) => Err(Error::Timeout { command: "the sign-in", seconds: SIGNING_IN.as_secs() }),
    }
}

/// The way that this server and these credentials have in common.
fn method(server: &Capabilities, credentials: &Credentials) -> Result<Method, &'static str> {
    match credentials {
        Credentials::OAuth2 { .. } if server.has("AUTH=OAUTHBEARER") => Ok(Method::OAuthBearer),
        Credentials::OAuth2 { .. } if server.has("AUTH=XOAUTH2") => Ok(Method::XOAuth2),
        Credentials::OAuth2 { .. } => Err("the server takes no access tokens"),
        Credentials::Password { user, password } => {
            let offers_plain = server.has("AUTH=PLAIN");
            let is_quotable = is_quotable(user) && is_quotable(password.expose());
            if offers_plain && (server.has("SASL-IR") || !is_quotable) {
                Ok(Method::Plain)
            } else if !server.has("LOGINDISABLED") {
                // 8-bit characters in quotes (RFC 6855 allows them) where the server has no other way.
                Ok(Method::Login)
            } else if offers_plain {
                Ok(Method::Plain)
            } else {
                Err("the server takes no passwords on this connection")
            }
        }
    }
}

async fn show(
    mut client: Client<Framed>,
    method: Method,
    server: &Capabilities,
    endpoint: &Endpoint,
    credentials: &Credentials,
) -> Result<LibrarySession<Framed>, LibraryError> {
    let (user, secret) = match credentials {
        Credentials::Password { user, password } => (user, password.expose()),
        Credentials::OAuth2 { user, token } => (user, token.expose()),
    };
    let (name, response, after_error) = match method {
        Method::Login => return client.login(user, secret).await.map_err(|(error, _)| error),
        Method::Plain => ("PLAIN", format!("\0{user}\0{secret}"), ""),
        Method::XOAuth2 => ("XOAUTH2", format!("user={user}\x01auth=Bearer {secret}\x01\x01"), ""),
        Method::OAuthBearer => ("OAUTHBEARER", bearer(user, secret, endpoint), "\x01"),
    };
    let (command, first) = if server.has("SASL-IR") {
        (format!("{name} {}", STANDARD.encode(&response)), None)
    } else {
        (name.to_owned(), Some(response))
    };
    let answers = Answers { first, after_error };
    client.get_mut().be_terse(true);
    let mut session = client.authenticate(command, answers).await.map_err(|(error, _)| error)?;
    session.get_mut().be_terse(false);
    Ok(session)
}

fn bearer(user: &str, token: &str, endpoint: &Endpoint) -> String {
    let user = user.replace('=', "=3D").replace(',', "=2C");
    format!("n,a={user},\x01host={}\x01port={}\x01auth=Bearer {token}\x01\x01", endpoint.host, endpoint.port)
}

/// What is said to each challenge: the credentials to the first, unless they went with the command; to the error report
/// that follows a refused token, the answer that lets the server say NO.
struct Answers {
    first: Option<String>,
    after_error: &'static str,
}

impl Authenticator for Answers {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        self.first.take().unwrap_or_else(|| self.after_error.to_owned())
    }
}

/// Whether a tagged NO means these credentials or the server's state (RFC 5530 §3).
fn refusal(said: Option<Condition>, endpoint: &Endpoint, user: &str) -> Error {
    let host = endpoint.host.clone();
    let Some(Condition { status, code, text, .. }) = said else {
        return Error::Auth { host, user: user.to_owned(), why: "it gave no reason".to_owned() };
    };
    let why = if text.is_empty() { "it gave no reason".to_owned() } else { text };
    match code {
        Some(Code::Unavailable | Code::InUse | Code::Limit) => Error::Unreachable { host, why },
        Some(Code::PrivacyRequired) => Error::Tls { host, why: Unsafe::Refused(why) },
        _ if status == Status::Bad => Error::Refused { command: "the sign-in", text: why, code },
        _ => Error::Auth { host, user: user.to_owned(), why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secret, Tls};

    fn server(names: &[&str]) -> Capabilities {
        Capabilities::of(names.iter().map(|n| (*n).to_owned()))
    }

    fn password(secret: &str) -> Credentials {
        Credentials::Password { user: "alice".into(), password: Secret::new(secret) }
    }

    fn endpoint() -> Endpoint {
        Endpoint { host: "h".into(), port: 1, tls: Tls::None, ca: None }
    }

    #[test]
    fn the_way_in_fits_server_and_credentials() {
        let ways = |names: &[&str], secret: &str| method(&server(names), &password(secret));
        assert_eq!(ways(&["AUTH=PLAIN", "SASL-IR"], "x"), Ok(Method::Plain));
        assert_eq!(ways(&["AUTH=PLAIN"], "x"), Ok(Method::Login));
        assert_eq!(ways(&["AUTH=PLAIN"], "pässwort"), Ok(Method::Plain));
        assert_eq!(ways(&["AUTH=PLAIN", "LOGINDISABLED"], "x"), Ok(Method::Plain));
        assert!(ways(&["LOGINDISABLED"], "x").is_err());
        let token = Credentials::OAuth2 { user: "a".into(), token: Secret::new("t") };
        assert_eq!(method(&server(&["AUTH=XOAUTH2", "AUTH=PLAIN"]), &token), Ok(Method::XOAuth2));
        assert_eq!(method(&server(&["AUTH=XOAUTH2", "AUTH=OAUTHBEARER"]), &token), Ok(Method::OAuthBearer));
        assert!(method(&server(&["AUTH=PLAIN"]), &token).is_err());
    }

    #[test]
    fn a_server_that_is_down_is_no_wrong_password() {
        let said = |line: &str| refusal(Condition::read(line.as_bytes()), &endpoint(), "alice");
        assert!(matches!(said("NO [AUTHENTICATIONFAILED] no"), Error::Auth { .. }));
        assert!(matches!(said("NO no"), Error::Auth { .. }));
        assert!(matches!(said("NO [UNAVAILABLE] later"), Error::Unreachable { .. }));
        assert!(matches!(said("NO [INUSE] later"), Error::Unreachable { .. }));
        assert!(matches!(said("BAD what"), Error::Refused { .. }));
    }

    #[test]
    fn a_bearers_name_cannot_break_out_of_its_field() {
        assert_eq!(bearer("a=b,c", "t", &endpoint()), "n,a=a=3Db=2Cc,\x01host=h\x01port=1\x01auth=Bearer t\x01\x01");
    }
}
