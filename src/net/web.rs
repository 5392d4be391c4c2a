//! One small page over HTTPS: bounded in time and size, certificates verified, never over plain HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, HOST, LOCATION, USER_AGENT};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::{Request, StatusCode, Uri};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

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

/// A host and what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub host: String,
    pub port: u16,
    /// Path and query, beginning with `/`.
    pub path: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
        write!(f, "https://{}{port}{}", self.host, self.path.split('?').next().unwrap_or_default())
    }
}

impl Web {
    /// Fetches one page; redirections are told, not followed.
    ///
    /// # Errors
    /// The host is not there, is not to be trusted, or says what is no HTTP.
    pub async fn get(&self, place: &Place) -> Result<Page, Error> {
        let server = Endpoint { host: place.host.clone(), port: place.port, tls: Tls::Implicit, ca: self.ca.clone() };
        let unreachable = |why: String| Error::Unreachable { server: server.to_string(), why };
        match timeout(PATIENCE, self.fetch(&server, place)).await {
            Ok(page) => page,
            Err(_) => Err(unreachable(format!("no whole answer within {} seconds", PATIENCE.as_secs()))),
        }
    }

    async fn fetch(&self, server: &Endpoint, place: &Place) -> Result<Page, Error> {
        let unreachable = |why: String| Error::Unreachable { server: server.to_string(), why };
        let Protection::Implicit(security) = Protection::of(server)? else {
            return Err(unreachable("it would not be asked over TLS".to_owned()));
        };
        let instead = self.at.map(|at| Endpoint { host: at.ip().to_string(), port: at.port(), ..server.clone() });
        let tcp = connect(instead.as_ref().unwrap_or(server), CONNECTING).await?;
        let stream = security.secure(tcp, CONNECTING).await?.stream;
        let broken = |error: hyper::Error| unreachable(format!("what it says is no HTTP ({error})"));
        let (mut sender, connection) = hyper::client::conn::http1::handshake(Hyper(stream)).await.map_err(broken)?;
        let port = if place.port == 443 { String::new() } else { format!(":{}", place.port) };
        let request = Request::get(place.path.as_str())
            .header(HOST, format!("{}{port}", place.host))
            .header(USER_AGENT, concat!("bagsy/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "text/xml, application/xml, application/json;q=0.9, */*;q=0.1")
            .body(Empty::<Bytes>::new())
            .map_err(|error| unreachable(error.to_string()))?;
        let asked = async {
            let answer = sender.send_request(request).await.map_err(broken)?;
            let status = answer.status();
            if status.is_redirection() {
                let location = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok());
                return Ok(location.and_then(|to| target(place, to)).map_or(Page::Missing, Page::Elsewhere));
            }
            if status != StatusCode::OK {
                return Ok(Page::Missing);
            }
            let body = Limited::new(answer.into_body(), LIMIT).collect().await;
            let body = body.map_err(|error| match error.downcast_ref::<std::io::Error>() {
                Some(io) => unreachable(why(io)),
                None => unreachable(format!("its page cannot be read ({error})")),
            })?;
            Ok(Page::Found(body.to_bytes().to_vec()))
        };
        // The connection is driven as long as the answer is read, and dropped with it.
        tokio::select! {
            page = asked => page,
            Err(error) = connection => Err(broken(error)),
        }
    }
}

/// Where a redirection leads; nowhere unless it stays with HTTPS.
fn target(from: &Place, location: &str) -> Option<Place> {
    let uri: Uri = location.parse().ok()?;
    let path = uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
    match (uri.scheme_str(), uri.host()) {
        (None, None) if path.starts_with('/') => Some(Place { path, ..from.clone() }),
        (Some("https"), Some(host)) => {
            Some(Place { host: host.to_ascii_lowercase(), port: uri.port_u16().unwrap_or(443), path })
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
        let from = Place { host: "autoconfig.example.test".into(), port: 443, path: "/a?x=1".into() };
        let to = |location: &str| target(&from, location).map(|place| place.to_string());
        assert_eq!(to("/b?y").as_deref(), Some("https://autoconfig.example.test/b"));
        assert_eq!(to("https://Other.test:8443/c").as_deref(), Some("https://other.test:8443/c"));
        assert_eq!(to("http://other.test/c"), None);
        assert_eq!(to("ftp://other.test/c"), None);
    }
}
