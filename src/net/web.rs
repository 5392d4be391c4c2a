//! One small page over HTTPS: bounded in time and size, certificates verified, through the proxy that `$https_proxy` names.
//! Plain HTTP is spoken with this machine alone.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue, LOCATION, USER_AGENT};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::{Request, StatusCode, Uri};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

use super::proxy::Proxy;
use super::{Error, Protection, Stream, connect, why};
use crate::config::{Endpoint, Tls};

const CONNECTING: Duration = Duration::from_secs(6);
const PATIENCE: Duration = Duration::from_secs(12);
/// No page that is read here is longer.
const LIMIT: usize = 256 * 1024;

/// Fetches pages. Two fields for what is not the public web: an authority beside the system's, and where to connect to.
#[derive(Debug, Clone, Default)]
pub struct Web {
    pub ca: Option<PathBuf>,
    /// Connects here instead of asking DNS for the host; its certificate must be the host's all the same.
    pub at: Option<SocketAddr>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    Found(Vec<u8>),
    /// There is none (any answer that is neither a page nor a way to one).
    Missing,
    /// It is said to be elsewhere. Nobody has been asked there.
    Elsewhere(Place),
}

/// What a form that was sent is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status is 2xx.
    pub is_success: bool,
    pub body: Vec<u8>,
}

/// A host and what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub host: String,
    pub port: u16,
    /// Path and query, beginning with `/`.
    pub path: String,
    /// Without TLS: never but for this machine itself, see [`Place::parse`].
    pub is_plain: bool,
}

impl Place {
    /// The place that a URL names: `https`, or `http` on a loopback address. Nothing else is a place.
    pub fn parse(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let path = uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let is_plain = match uri.scheme_str()? {
            "https" => false,
            "http" => true,
            _ => return None,
        };
        let port = uri.port_u16().unwrap_or(if is_plain { 80 } else { 443 });
        let place = Self { host, port, path, is_plain };
        (!is_plain || place.server(None).is_loopback()).then_some(place)
    }

    fn server(&self, ca: Option<PathBuf>) -> Endpoint {
        let tls = if self.is_plain { Tls::None } else { Tls::Implicit };
        Endpoint { host: self.host.clone(), port: self.port, tls, ca }
    }

    /// Host and, where it is not the usual one, port.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.is_plain { 80 } else { 443 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.is_plain { "http" } else { "https" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path.split('?').next().unwrap_or_default())
    }
}

impl Web {
    /// Fetches one page; redirections are told, not followed.
    ///
    /// # Errors
    /// The host is not there, is not to be trusted, or says what is no HTTP.
    pub async fn get(&self, place: &Place) -> Result<Page, Error> {
        let accept = "text/xml, application/xml, application/json;q=0.9, */*;q=0.1";
        let request = Request::get(place.path.as_str()).header(ACCEPT, accept).body(Full::default());
        let said = self.exchange(place, request).await?;
        Ok(if said.status.is_redirection() {
            said.location.and_then(|to| target(place, &to)).map_or(Page::Missing, Page::Elsewhere)
        } else if said.status == StatusCode::OK {
            Page::Found(said.body)
        } else {
            Page::Missing
        })
    }

    /// Sends a form (`application/x-www-form-urlencoded`); a redirection is no success.
    ///
    /// # Errors
    /// As for [`Web::get`].
    pub async fn post(&self, place: &Place, form: &[(&str, &str)]) -> Result<Answer, Error> {
        let request = Request::post(place.path.as_str())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::from(urlencoded(form)));
        let said = self.exchange(place, request).await?;
        Ok(Answer { is_success: said.status.is_success(), body: said.body })
    }

    async fn exchange(&self, place: &Place, request: hyper::http::Result<Request<Full<Bytes>>>) -> Result<Said, Error> {
        let server = place.server(self.ca.clone());
        let unreachable = |why: String| Error::Unreachable { server: server.to_string(), why };
        let request = request.map_err(|error| unreachable(error.to_string()))?;
        match timeout(PATIENCE, self.converse(&server, place, request)).await {
            Ok(said) => said,
            Err(_) => Err(unreachable(format!("no whole answer within {} seconds", PATIENCE.as_secs()))),
        }
    }

    async fn converse(
        &self,
        server: &Endpoint,
        place: &Place,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Said, Error> {
        let unreachable = |why: String| Error::Unreachable { server: server.to_string(), why };
        let instead = self.at.map(|at| Endpoint { host: at.ip().to_string(), port: at.port(), ..server.clone() });
        let stream: Box<dyn Stream> = match Protection::of(server)? {
            Protection::None if server.is_loopback() => Box::new(connect(server, CONNECTING).await?),
            Protection::Implicit(security) => {
                let proxy = if instead.is_some() { None } else { Proxy::here(server)? };
                let tcp = match proxy {
                    Some(proxy) => proxy.connect(server, CONNECTING).await?,
                    None => connect(instead.as_ref().unwrap_or(server), CONNECTING).await?,
                };
                security.secure(tcp, CONNECTING).await?.stream
            }
            _ => return Err(unreachable("it would not be asked over TLS".to_owned())),
        };
        let broken = |error: hyper::Error| unreachable(format!("what it says is no HTTP ({error})"));
        let (mut sender, connection) = hyper::client::conn::http1::handshake(Hyper(stream)).await.map_err(broken)?;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("bagsy/", env!("CARGO_PKG_VERSION"))));
        let host = HeaderValue::from_str(&place.authority()).map_err(|error| unreachable(error.to_string()))?;
        headers.insert(HOST, host);
        let asked = async {
            let answer = sender.send_request(request).await.map_err(broken)?;
            let status = answer.status();
            // Whoever is in trouble, or has too much to do, has said nothing of what was asked.
            if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
                return Err(unreachable(format!("it answers {status}")));
            }
            let location = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
            let body = Limited::new(answer.into_body(), LIMIT).collect().await;
            let body = body.map_err(|error| match error.downcast_ref::<std::io::Error>() {
                Some(io) => unreachable(why(io)),
                None => unreachable(format!("its page cannot be read ({error})")),
            })?;
            Ok(Said { status, location, body: body.to_bytes().to_vec() })
        };
        tokio::pin!(connection, asked);
        let mut is_open = true;
        loop {
            // The connection is driven as long as the answer is read, and dropped with it. Its good end is not the answer's.
            tokio::select! {
                said = &mut asked => return said,
                ended = &mut connection, if is_open => {
                    ended.map_err(broken)?;
                    is_open = false;
                }
            }
        }
    }
}

/// An answer as it came.
struct Said {
    status: StatusCode,
    location: Option<String>,
    body: Vec<u8>,
}

/// A form's fields as its body, or as a URL's query.
pub fn urlencoded(form: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        let mut out = String::with_capacity(text.len());
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        out
    };
    form.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
}

/// Where a redirection leads; nowhere unless it stays with HTTPS.
fn target(from: &Place, location: &str) -> Option<Place> {
    let uri: Uri = location.parse().ok()?;
    let path = uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
    match (uri.scheme_str(), uri.host()) {
        (None, None) if path.starts_with('/') => Some(Place { path, ..from.clone() }),
        (Some("https"), Some(host)) => {
            Some(Place { host: host.to_ascii_lowercase(), port: uri.port_u16().unwrap_or(443), path, is_plain: false })
        }
        _ => None,
    }
}

/// The connection as hyper wants it.
struct Hyper(Box<dyn Stream>);

impl Read for Hyper {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        let mut chunk = [0; 4096];
        let room = buf.remaining().min(chunk.len());
        let mut read = ReadBuf::new(&mut chunk[..room]);
        match Pin::new(&mut self.0).poll_read(cx, &mut read) {
            Poll::Ready(Ok(())) => {
                buf.put_slice(read.filled());
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl Write for Hyper {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirection_never_leads_out_of_tls() {
        let from = Place { host: "autoconfig.example.test".into(), port: 443, path: "/a?x=1".into(), is_plain: false };
        let to = |location: &str| target(&from, location).map(|place| place.to_string());
        assert_eq!(to("/b?y").as_deref(), Some("https://autoconfig.example.test/b"));
        assert_eq!(to("https://Other.test:8443/c").as_deref(), Some("https://other.test:8443/c"));
        assert_eq!(to("http://other.test/c"), None);
        assert_eq!(to("ftp://other.test/c"), None);
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        let place = |url: &str| Place::parse(url).map(|p| (p.to_string(), p.path));
        let shown = |url: &str| place(url).map(|(shown, _)| shown);
        assert_eq!(place("https://Id.test/token?a=b"), Some(("https://id.test/token".into(), "/token?a=b".into())));
        assert_eq!(shown("http://127.0.0.1:8080/x").as_deref(), Some("http://127.0.0.1:8080/x"));
        assert_eq!(shown("http://[::1]:8080/").as_deref(), Some("http://[::1]:8080/"));
        for url in ["http://id.test/", "ftp://127.0.0.1/", "/token", "javascript:x", "https:///x"] {
            assert_eq!(place(url), None, "{url}");
        }
    }

    #[test]
    fn a_form_is_encoded_whatever_is_in_it() {
        assert_eq!(urlencoded(&[("a b", "c&d=é"), ("e", "")]), "a%20b=c%26d%3D%C3%A9&e=");
    }
}
