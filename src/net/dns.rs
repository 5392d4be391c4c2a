//! What DNS says of services and hosts: SRV records (RFC 2782), who takes a domain's mail (MX), and whether a name has an
//! address, asked of the resolvers that this system is set up with, or of the one that `$BAGSY_RESOLVER` names.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use domain::base::iana::Rcode;
use domain::base::{Name, Rtype, ToName};
use domain::rdata::{Mx, Srv};
use domain::resolv::StubResolver;
use domain::resolv::stub::conf::{ResolvConf, ServerConf, Transport};
use tokio::time::timeout;

/// How long one question may take, whatever the system's resolver is set up for.
const PATIENCE: Duration = Duration::from_secs(8);

/// Asks the system's resolvers.
#[derive(Debug)]
pub struct Dns(StubResolver);

/// Where a service is, by one SRV record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The host's name without the last dot: letters, digits, `-`, `_` and `.` only, whatever the record says.
    pub host: String,
    pub port: u16,
    priority: u16,
    weight: u16,
}

/// What a domain says of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Services {
    /// Nothing.
    Unknown,
    /// That it has none (RFC 2782: the target `.`).
    NotOffered,
    /// Where it is: the preferred first.
    At(Vec<Service>),
}

/// The variable that names a resolver to be asked in the place of the system's: for a machine that has none in
/// `/etc/resolv.conf`, and for a domain that only a company's own resolver knows.
const RESOLVER: &str = "BAGSY_RESOLVER";

impl Dns {
    /// The resolver that `$BAGSY_RESOLVER` names, else those of this system (`/etc/resolv.conf`).
    ///
    /// # Errors
    /// In words: the variable names none.
    pub fn here() -> Result<Self, String> {
        match std::env::var(RESOLVER).ok().filter(|named| !named.trim().is_empty()) {
            None => Ok(Self(StubResolver::new())),
            Some(named) => match resolver(named.trim()) {
                Some(resolver) => Ok(Self::at(resolver)),
                None => Err(format!("{RESOLVER} names no resolver: an address is due, as 10.0.0.1 or 10.0.0.1:5353")),
            },
        }
    }

    /// Asks this resolver and no other.
    pub fn at(resolver: SocketAddr) -> Self {
        let mut conf = ResolvConf::new();
        // Over UDP first, over TCP where the answer is cut off.
        conf.servers.extend([Transport::UdpTcp, Transport::Tcp].map(|how| ServerConf::new(resolver, how)));
        conf.finalize();
        Self(StubResolver::from_conf(conf))
    }

    /// The SRV records of `_service._tcp` at a domain.
    ///
    /// # Errors
    /// No resolver answers, or none knows; that a name is not there is no error.
    pub async fn services(&self, service: &str, domain: &str) -> io::Result<Services> {
        let Some(answer) = self.ask(&format!("_{service}._tcp.{domain}"), Rtype::SRV).await? else {
            return Ok(Services::Unknown);
        };
        let records = answer.answer().map_err(broken)?.limit_to_in::<Srv<_>>();
        let found: Vec<Service> = records.filter_map(Result::ok).map(|record| service_of(record.data())).collect();
        Ok(in_order(found))
    }

    /// The hosts that take a domain's mail, the preferred first, named as in [`Service::host`].
    ///
    /// # Errors
    /// As for [`Dns::services`].
    pub async fn mail_exchangers(&self, domain: &str) -> io::Result<Vec<String>> {
        let Some(answer) = self.ask(domain, Rtype::MX).await? else { return Ok(Vec::new()) };
        let records = answer.answer().map_err(broken)?.limit_to_in::<Mx<_>>();
        let mut found: Vec<(u16, String)> = records
            .filter_map(Result::ok)
            .map(|record| (record.data().preference(), host_of(record.data().exchange())))
            .filter(|(_, host)| is_host(host))
            .collect();
        found.sort();
        Ok(found.into_iter().map(|(_, host)| host).collect())
    }

    /// Whether a host of this name has an address.
    pub async fn has_address(&self, host: &str) -> bool {
        let Ok(name) = host.parse::<Name<Vec<u8>>>() else { return false };
        matches!(timeout(PATIENCE, self.0.lookup_host(name)).await, Ok(Ok(found)) if !found.is_empty())
    }

    async fn ask(&self, name: &str, what: Rtype) -> io::Result<Option<domain::base::Message<bytes::Bytes>>> {
        let invalid = |_| io::Error::new(io::ErrorKind::InvalidInput, "this is no name that DNS could know");
        let name = name.parse::<Name<Vec<u8>>>().map_err(invalid)?;
        let answer = timeout(PATIENCE, self.0.query((name, what))).await??.into_message();
        match answer.header().rcode() {
            Rcode::NOERROR => Ok(Some(answer)),
            Rcode::NXDOMAIN => Ok(None),
            other => Err(io::Error::other(format!("the resolver says {other}"))),
        }
    }
}

/// An address, with a port where it is not 53.
fn resolver(named: &str) -> Option<SocketAddr> {
    let bare = named.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(named);
    named.parse().ok().or_else(|| Some(SocketAddr::new(bare.parse::<IpAddr>().ok()?, 53)))
}

fn broken(_: impl std::error::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the answer makes no sense")
}

fn host_of(name: &impl ToName) -> String {
    name.to_name::<Vec<u8>>().to_string().trim_end_matches('.').to_ascii_lowercase()
}

/// Whatever a record says: a host's name is letters, digits and these.
fn is_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

fn service_of(record: &Srv<impl ToName>) -> Service {
    Service {
        host: host_of(record.target()),
        port: record.port(),
        priority: record.priority(),
        weight: record.weight(),
    }
}

/// The preferred first. Among equals the heavier one, always: to share the load out by chance is for servers of millions,
/// and here a person looks at the list.
fn in_order(mut found: Vec<Service>) -> Services {
    if found.is_empty() {
        return Services::Unknown;
    }
    found.retain(|service| is_host(&service.host) && service.port > 0);
    if found.is_empty() {
        return Services::NotOffered;
    }
    found.sort_by_key(|service| (service.priority, u16::MAX - service.weight));
    Services::At(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(host: &str, priority: u16, weight: u16) -> Service {
        Service { host: host.into(), port: 993, priority, weight }
    }

    #[test]
    fn the_preferred_comes_first_and_a_bare_dot_means_that_there_is_none() {
        let Services::At(found) = in_order(vec![service("c", 20, 9), service("b", 10, 1), service("a", 10, 5)]) else {
            panic!("none")
        };
        assert_eq!(found.iter().map(|s| s.host.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(in_order(vec![service("", 0, 0)]), Services::NotOffered);
        assert_eq!(in_order(vec![service("evil\x1b[2J", 0, 0)]), Services::NotOffered);
        assert_eq!(in_order(Vec::new()), Services::Unknown);
    }

    #[test]
    fn a_resolver_is_named_by_its_address() {
        let named = |text: &str| resolver(text).map(|at| at.to_string());
        assert_eq!(named("10.0.0.1").as_deref(), Some("10.0.0.1:53"));
        assert_eq!(named("127.0.0.1:5353").as_deref(), Some("127.0.0.1:5353"));
        assert_eq!((named("::1"), named("[::1]")), (Some("[::1]:53".into()), Some("[::1]:53".into())));
        assert_eq!((named("dns.example"), named("10.0.0.1:dns")), (None, None));
    }

    #[tokio::test]
    async fn a_name_that_is_none_is_not_asked_for() {
        let dns = Dns::at("127.0.0.1:1".parse().unwrap());
        let long = "x".repeat(300);
        assert_eq!(dns.services("imaps", &long).await.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(!dns.has_address("a..b").await);
    }
}
