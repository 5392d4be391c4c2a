//! Signing in on this machine: the person's browser comes back with a code to a port of ours on the loopback address
//! (RFC 8252 §7.3), which only we can redeem (RFC 7636).

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use super::answer::{self, Answer, Tokens};
use super::authority::{Authority, web};
use super::pkce::{Verifier, random};
use super::{Error, Result};
use crate::config::Grant;
use crate::net::urlencoded;

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// A request that is no longer than this is all that a browser sends.
const LONGEST: usize = 16 * 1024;

/// What the person has to open in a browser on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// An address of the authority.
    pub address: String,
}

/// A sign-in that waits for the browser to come back.
pub(super) struct Waiting {
    pub visit: Visit,
    listener: TcpListener,
    redirection: String,
    state: String,
    verifier: Verifier,
}

/// What a request on our port brings.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Code(String),
    /// The authority sent the browser back without one: why.
    Refusal(String),
    /// Somebody else, or a browser that asks for an icon.
    Stranger,
}

/// Opens the port and makes the address.
pub(super) async fn begin(authority: &Authority, grant: &Grant, scope: &str) -> Result<Waiting> {
    let senseless = |why: &str| Error::Senseless { authority: authority.name.clone(), why: why.to_owned() };
    let endpoint = authority.authorization.as_ref().ok_or_else(|| senseless("it knows no sign-in by browser"))?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await;
    let listener =
        listener.map_err(|_| Error::NotSignedIn { how: "not begun: no port is to be had on this machine" })?;
    let port = listener.local_addr().map_or(0, |address| address.port());
    let redirection = format!("http://127.0.0.1:{port}/");
    let (state, verifier) = (random()?, Verifier::new()?);
    let query = urlencoded(&[
        ("response_type", "code"),
        ("client_id", &grant.client_id),
        ("redirect_uri", &redirection),
        ("scope", scope),
        ("state", &state),
        ("code_challenge", &verifier.challenge()),
        ("code_challenge_method", "S256"),
    ]);
    // Without being asked anew, some give no refresh token (OpenID Connect Core §11).
    let prompt = if authority.has_offline_access { "&prompt=consent" } else { "" };
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    let visit = Visit { address: format!("{endpoint}{joint}{query}{prompt}") };
    Ok(Waiting { visit, listener, redirection, state, verifier })
}

impl Waiting {
    /// Waits for the browser, and redeems what it brings.
    pub async fn finish(self, authority: &Authority, grant: &Grant) -> Result<Tokens> {
        let came = timeout(PATIENCE, self.code()).await;
        let code = came.map_err(|_| Error::NotSignedIn { how: "not finished in time" })??;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", &self.redirection),
            ("client_id", &grant.client_id),
            ("code_verifier", self.verifier.as_str()),
        ];
        if let Some(secret) = &grant.client_secret {
            form.push(("client_secret", secret.expose()));
        }
        let said = web(grant).post(&authority.token, &form).await?;
        let authority = authority.name.clone();
        match answer::read(said.is_success, &said.body) {
            Answer::Granted(tokens) => Ok(tokens),
            Answer::Denied => Err(Error::NotSignedIn { how: "refused in the browser" }),
            Answer::Ended(why) | Answer::Refused(why) => Err(Error::Refused { authority, why }),
            Answer::Senseless(why) => Err(Error::Senseless { authority, why }),
            Answer::Pending | Answer::SlowDown | Answer::Expired => {
                Err(Error::Senseless { authority, why: "it answers a code as if it were a device's".to_owned() })
            }
        }
    }

    async fn code(&self) -> Result<String> {
        loop {
            let Ok((mut stream, _)) = self.listener.accept().await else {
                // No descriptor is free just now.
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            // Whoever connects and says nothing keeps nobody waiting.
            let Ok(Some(target)) = timeout(Duration::from_secs(5), asked_for(&mut stream)).await else { continue };
            let came = came(&target, &self.state);
            let (status, text) = match &came {
                Came::Code(_) => ("200 OK", "You are signed in. This page can be closed: go on in the terminal."),
                Came::Refusal(_) => ("200 OK", "You are not signed in. The terminal says more."),
                Came::Stranger => ("404 Not Found", "There is nothing here."),
            };
            say(&mut stream, status, text).await;
            match came {
                Came::Code(code) => return Ok(code),
                Came::Refusal(why) if why.starts_with("access_denied") => {
                    return Err(Error::NotSignedIn { how: "refused in the browser" });
                }
                Came::Refusal(why) => return Err(Error::Refused { authority: "the authority".to_owned(), why }),
                Came::Stranger => {}
            }
        }
    }
}

/// What a request asks for: the target of its first line. `None`: it is no GET.
async fn asked_for(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut chunk = [0; 2048];
    loop {
        let length = stream.read(&mut chunk).await.ok()?;
        request.extend_from_slice(&chunk[..length]);
        if request.windows(4).any(|w| w == b"\r\n\r\n") {
            break;
        }
        if length == 0 || request.len() > LONGEST {
            return None;
        }
    }
    let line = request.split(|b| *b == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let target = line.strip_prefix("GET ")?.split(' ').next()?;
    Some(target.to_owned())
}

async fn say(stream: &mut TcpStream, status: &str, text: &str) {
    let page = format!("<!doctype html><meta charset=utf-8><title>bagsy</title><p>{text}\n");
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        page.len()
    );
    // A browser that has gone meanwhile is its own affair: what it brought is here.
    if stream.write_all(format!("{head}{page}").as_bytes()).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

/// What the browser brings (RFC 6749 §4.1.2). Only what bears our `state` counts: any page can send a browser here.
fn came(target: &str, state: &str) -> Came {
    let Some(query) = target.strip_prefix("/?") else { return Came::Stranger };
    let field = |name: &str| {
        let mut fields = query.split('&').filter_map(|pair| pair.split_once('='));
        fields.find(|(key, _)| *key == name).and_then(|(_, value)| decoded(value))
    };
    if field("state").as_deref() != Some(state) {
        return Came::Stranger;
    }
    match (field("code"), field("error")) {
        (Some(code), None) if !code.is_empty() => Came::Code(code),
        (_, Some(error)) => Came::Refusal(answer::why(&error, field("error_description").as_deref())),
        _ => Came::Stranger,
    }
}

fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        octets.push(match byte {
            b'+' => b' ',
            b'%' => {
                let hex = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_bears_our_state_counts() {
        assert_eq!(came("/?code=a%2Bb&state=s", "s"), Came::Code("a+b".into()));
        for target in
            ["/?code=a&state=t", "/?code=a", "/favicon.ico", "/?state=s", "/?code=&state=s", "/?code=%zz&state=s"]
        {
            assert_eq!(came(target, "s"), Came::Stranger, "{target}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_authoritys_words_made_safe() {
        let came = came("/?error=invalid_scope&error_description=no%20%1b%5B31mmail&state=s", "s");
        let Came::Refusal(why) = came else { panic!("{came:?}") };
        assert!(why.starts_with("invalid_scope: no") && !why.contains('\u{1b}'), "{why}");
    }
}
