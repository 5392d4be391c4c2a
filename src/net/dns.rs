//! What DNS says of services and hosts: SRV records (RFC 2782) and whether a name has an address, asked of the resolvers
//! that this system is set up with.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use domain::base::iana::Rcode;
use domain::base::{Name, Rtype, ToName};
use domain::rdata::Srv;
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

impl Dns {
    /// As this system is set up (`/etc/resolv.conf`).
    pub fn of_system() -> Self {
        Self(StubResolver::new())
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
        let broken = |_| io::Error::new(io::ErrorKind::InvalidData, "the answer makes no sense");
        let records = answer.answer().map_err(broken)?.limit_to_in::<Srv<_>>();
        let found: Vec<Service> = records.filter_map(Result::ok).map(|record| service_of(record.data())).collect();
        Ok(in_order(found))
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

fn service_of(record: &Srv<impl ToName>) -> Service {
    Service {
        host: record.target().to_name::<Vec<u8>>().to_string().trim_end_matches('.').to_ascii_lowercase(),
        port: record.port(),
        priority: record.priority(),
        weight: record.weight(),
    }
}

/// The preferred first. Among equals the heavier one, always: to share the load out by chance is for servers of millions,
/// and here a person looks at the list.
fn in_order(mut found: Vec<Service>) -> Services {
    let is_host =
        |host: &str| !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
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

    #[tokio::test]
    async fn a_name_that_is_none_is_not_asked_for() {
        let dns = Dns::at("127.0.0.1:1".parse().unwrap());
        let long = "x".repeat(300);
        assert_eq!(dns.services("imaps", &long).await.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert!(!dns.has_address("a..b").await);
    }
}
