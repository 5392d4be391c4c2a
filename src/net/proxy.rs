//! A way out for the web: the HTTP proxy that a company's machines are set up with, by the variables that other programs go
//! by too (`https_proxy`, `no_proxy`). Mail servers are never reached through it.
//!
//! The proxy is asked for a tunnel (CONNECT, RFC 9110 §9.3.6), in which TLS is spoken with the host itself.

use std::time::Duration;

use data_encoding::BASE64;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Error, connect, why};
use crate::config::{Endpoint, Tls};

/// A proxy says no more before its tunnel begins.
const LONGEST: usize = 16 * 1024;

/// Where the tunnel begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    at: Endpoint,
    /// Of the header field `Proxy-Authorization`: name and password from the variable.
    credentials: Option<String>,
}

impl Proxy {
    /// The one that a server is to be reached through, as this program's environment has it.
    ///
    /// # Errors
    /// [`Error::Unreachable`] where the variable names none: to go past a proxy is not what its person wanted.
    pub(super) fn here(server: &Endpoint) -> Result<Option<Self>, Error> {
        Self::of(|name| std::env::var(name).ok(), server)
    }

    fn of(env: impl Fn(&str) -> Option<String>, server: &Endpoint) -> Result<Option<Self>, Error> {
        let set =
            |names: [&str; 2]| names.into_iter().filter_map(&env).map(|v| v.trim().to_owned()).find(|v| !v.is_empty());
        let Some(named) = set(["https_proxy", "HTTPS_PROXY"]) else { return Ok(None) };
        let excepted = set(["no_proxy", "NO_PROXY"]).unwrap_or_default();
        if server.is_loopback() || excepted.split([',', ' ']).any(|except| is_meant(except, &server.host)) {
            return Ok(None);
        }
        // The variable may hold a password: it is not repeated.
        let none = || Error::Unreachable {
            server: server.to_string(),
            why: "https_proxy is to name an HTTP proxy, as http://proxy.example.com:3128".to_owned(),
        };
        parse(&named).map(Some).ok_or_else(none)
    }

    /// A connection that ends at the server, through the tunnel.
    ///
    /// # Errors
    /// [`Error::Unreachable`].
    pub(super) async fn connect(&self, server: &Endpoint, patience: Duration) -> Result<TcpStream, Error> {
        let unreachable = |why: String| Error::Unreachable {
            server: server.to_string(),
            why: format!("the proxy {} {why}", self.at),
        };
        let mut stream = connect(&self.at, patience).await?;
        let asked = timeout(patience, ask(&mut stream, server, self.credentials.as_deref())).await;
        match asked {
            Err(_) => Err(unreachable(format!("did not answer within {} seconds", patience.as_secs()))),
            Ok(Err(error)) => Err(unreachable(format!("could not be asked: {}", why(&error)))),
            Ok(Ok(Some(200..=299))) => Ok(stream),
            Ok(Ok(Some(407))) => {
                Err(unreachable("wants a name and a password: http://name:password@host:port".to_owned()))
            }
            Ok(Ok(Some(status))) => Err(unreachable(format!("refuses to connect to it (status {status})"))),
            Ok(Ok(None)) => Err(unreachable("says what is no HTTP".to_owned())),
        }
    }
}

/// Asks for the tunnel; the status that it is answered with.
async fn ask(stream: &mut TcpStream, server: &Endpoint, credentials: Option<&str>) -> std::io::Result<Option<u16>> {
    let host = if server.host.contains(':') { format!("[{}]", server.host) } else { server.host.clone() };
    let target = format!("{host}:{}", server.port);
    let credentials = credentials.map(|c| format!("Proxy-Authorization: Basic {c}\r\n")).unwrap_or_default();
    stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{credentials}\r\n").as_bytes()).await?;
    let mut head = Vec::new();
    // Octet by octet: what follows the empty line is the server's own.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= LONGEST {
            return Ok(None);
        }
        head.push(stream.read_u8().await?);
    }
    let line = String::from_utf8_lossy(&head);
    let mut words = line.split(' ');
    let is_http = words.next().is_some_and(|version| version.starts_with("HTTP/1."));
    Ok(words.next().and_then(|status| status.get(..3)?.parse().ok()).filter(|_| is_http))
}

/// `http://name:password@host:port`; the first two parts and the scheme may be left out.
fn parse(named: &str) -> Option<Proxy> {
    let rest = match named.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
        Some(_) => return None,
        None => named,
    };
    let authority = rest.split('/').next()?;
    let (credentials, place) = match authority.rsplit_once('@') {
        Some((credentials, place)) => (Some(BASE64.encode(&decoded(credentials))), place),
        None => (None, authority),
    };
    let uri: hyper::Uri = format!("http://{place}/").parse().ok()?;
    let host = uri.host().filter(|host| !host.is_empty())?.trim_start_matches('[').trim_end_matches(']').to_owned();
    if uri.port_u16().is_none() && place.rsplit(']').next()?.contains(':') {
        return None;
    }
    let at = Endpoint { host, port: uri.port_u16().unwrap_or(80), tls: Tls::None, ca: None };
    Some(Proxy { at, credentials })
}

/// What stands percent-encoded in a URL.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match hex.filter(|_| byte == b'%') {
            Some(octet) => {
                out.push(octet);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// Whether a word of `no_proxy` means this host: it, or a domain that it is in, or all.
fn is_meant(except: &str, host: &str) -> bool {
    let except = except.trim_start_matches('.').to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    let is_within = || host.strip_suffix(&except).is_some_and(|rest| rest.ends_with('.'));
    !except.is_empty() && (except == "*" || host == except || is_within())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)], host: &str) -> Result<Option<Proxy>, Error> {
        let server = Endpoint { host: host.into(), port: 443, tls: Tls::Implicit, ca: None };
        let env = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Proxy::of(env, &server)
    }

    fn shown(variables: &[(&str, &str)], host: &str) -> Option<String> {
        of(variables, host).unwrap().map(|proxy| proxy.at.to_string())
    }

    #[test]
    fn the_variables_are_read_as_other_programs_read_them() {
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(shown(&[], "id.example"), None);
        assert_eq!(shown(&[("https_proxy", "http://proxy.example:3128/")], "id.example"), is("proxy.example:3128"));
        assert_eq!(
            shown(&[("https_proxy", ""), ("HTTPS_PROXY", "proxy.example")], "id.example"),
            is("proxy.example:80")
        );
        let but = |except: &'static str| [("https_proxy", "http://p.example"), ("no_proxy", except)];
        assert_eq!(shown(&but("a.example, id.example"), "Id.Example"), None);
        assert_eq!(shown(&but(".example"), "id.example"), None);
        assert_eq!(shown(&but("*"), "id.example"), None);
        assert_eq!(shown(&but("d.example"), "id.example"), is("p.example:80"));
        // This machine is never asked for by way of another one.
        assert_eq!(shown(&but("a"), "127.0.0.1"), None);
    }

    #[test]
    fn what_is_no_proxy_is_refused_and_never_repeated() {
        for none in ["socks5://p.example:1080", "https://u:hunter2@p.example", "http://u:hunter2@:x/"] {
            let error = of(&[("https_proxy", none)], "id.example").unwrap_err().to_string();
            assert!(error.contains("https_proxy") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_name_and_a_password_go_into_their_header_field() {
        let proxy = of(&[("https_proxy", "http://al%40ice:p%3Aw@p.example:3128")], "id.example").unwrap().unwrap();
        assert_eq!(proxy.credentials.as_deref(), Some(BASE64.encode(b"al@ice:p:w").as_str()));
    }
}
