//! TCP to the first address of a host that answers.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{sleep, timeout};

use super::Error;
use crate::config::Endpoint;

/// How long an address has to itself before the next one is tried beside it (RFC 8305 §5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Looks the host up and connects, each within `patience`, however many addresses there are.
///
/// # Errors
/// [`Error::Unreachable`].
pub async fn connect(server: &Endpoint, patience: Duration) -> Result<TcpStream, Error> {
    let unreachable = |why: String| Error::Unreachable { server: server.to_string(), why };
    let addresses = match timeout(patience, lookup_host((server.host.as_str(), server.port))).await {
        Ok(Ok(addresses)) => in_turns(addresses.collect()),
        Ok(Err(error)) => return Err(unreachable(why_unknown(&error))),
        Err(_) => return Err(unreachable("its name could not be looked up in time".to_owned())),
    };
    if addresses.is_empty() {
        return Err(unreachable("it has no address".to_owned()));
    }
    match timeout(patience, first_of(addresses)).await {
        Ok(Ok(stream)) => {
            tune(&stream);
            Ok(stream)
        }
        Ok(Err(error)) => Err(unreachable(why(&error))),
        Err(_) => Err(unreachable(format!("no answer within {} seconds", patience.as_secs()))),
    }
}

/// The first that answers. An address that says nothing keeps nobody waiting for the others.
async fn first_of(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = addresses.into_iter();
    let mut trying = FuturesUnordered::new();
    let mut failure: Option<io::Error> = None;
    loop {
        trying.extend(waiting.next().map(TcpStream::connect));
        tokio::select! {
            Some(tried) = trying.next() => match tried {
                Ok(stream) => return Ok(stream),
                // A refusal says more than a family of addresses that this network does not have.
                Err(error) => if failure.as_ref().is_none_or(is_no_way) { failure = Some(error) },
            },
            () = sleep(HEAD_START), if waiting.len() > 0 => {}
            else => return Err(failure.unwrap_or_else(|| io::ErrorKind::NotFound.into())),
        }
    }
}

fn is_no_way(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::HostUnreachable | K::NetworkUnreachable | K::AddrNotAvailable)
}

/// One address of each family after the other, so that a network without IPv6 (or IPv4) costs one try.
fn in_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_v6_first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|a| a.is_ipv6() == is_v6_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turns = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return turns;
        }
        turns.extend(pair.into_iter().flatten());
    }
}

/// Commands go out at once; a peer that is gone is noticed within two minutes also while nothing is said.
fn tune(stream: &TcpStream) {
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(15));
    #[cfg(unix)]
    let keepalive = keepalive.with_retries(4);
    let tuned = stream.set_nodelay(true).and_then(|()| SockRef::from(stream).set_tcp_keepalive(&keepalive));
    if let Err(error) = tuned {
        // It works without, only later.
        tracing::debug!(%error, "TCP options");
    }
}

/// Why a host cannot be reached whose name means nothing: no port of it can.
pub const NO_SUCH_HOST: &str = "no such host";

/// The system tells the kinds of failed look-ups apart by words alone.
fn why_unknown(error: &io::Error) -> String {
    if error.to_string().contains("emporary") {
        "its name cannot be looked up now; is this machine connected?".to_owned()
    } else {
        NO_SUCH_HOST.to_owned()
    }
}

/// Why a connection failed or broke, in plain words.
pub fn why(error: &io::Error) -> String {
    use io::ErrorKind as K;
    match error.kind() {
        K::ConnectionRefused => "connection refused".to_owned(),
        // TLS without its last word, or TCP with a reset: the same to whoever waits.
        K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe | K::UnexpectedEof => {
            "the connection was cut".to_owned()
        }
        K::TimedOut => "no answer".to_owned(),
        K::HostUnreachable | K::NetworkUnreachable => "there is no way to it from here".to_owned(),
        K::NetworkDown => "the network is down".to_owned(),
        K::PermissionDenied => "this system does not allow the connection".to_owned(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::config::Tls;

    #[test]
    fn both_families_are_tried_in_turns() {
        let addresses = |list: &[&str]| list.iter().map(|a| a.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let found = addresses(&["[::1]:1", "[::2]:1", "1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1"]);
        let tried = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "3.3.3.3:1"]);
        assert_eq!(in_turns(found), tried);
    }

    #[tokio::test]
    async fn an_address_that_refuses_or_says_nothing_does_not_keep_the_next_from_being_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let refusing = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        // A port whose queue of connections is full answers nobody.
        let silent = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        silent.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        silent.listen(0).unwrap();
        let full = silent.local_addr().unwrap().as_socket().unwrap();
        let _fillers: Vec<_> = (0..4)
            .map(|_| tokio::spawn(async move { timeout(Duration::from_secs(10), TcpStream::connect(full)).await }))
            .collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let answered = timeout(Duration::from_secs(5), first_of(vec![refusing, full, good])).await.unwrap().unwrap();
        assert_eq!(answered.peer_addr().unwrap(), good);
        assert_eq!(first_of(vec![refusing]).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn an_unknown_host_and_a_closed_port_are_unreachable_and_say_why() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        for (host, port, word) in [("127.0.0.1", closed, "refused"), ("no-such-host.invalid", 465, "")] {
            let server = Endpoint { host: host.into(), port, tls: Tls::None, ca: None };
            let error = connect(&server, Duration::from_secs(10)).await.unwrap_err();
            assert!(matches!(&error, Error::Unreachable { why, .. } if why.contains(word)), "{error}");
            assert!(error.to_string().contains(host), "{error}");
        }
    }
}
