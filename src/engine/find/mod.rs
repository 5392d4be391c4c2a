//! Finding a domain's servers: what its DNS says (RFC 6186, RFC 8314), whose its mail exchangers are, what its autoconfig page
//! says, and usual names.
//!
//! What is found is an offer with its source, for a person to confirm: nothing here connects to a mail server, and the page is
//! fetched from hosts of the domain itself.

mod autoconfig;
mod known;

use std::fmt;

use crate::config::{Endpoint, Tls};
use crate::net::{Dns, Page, Place, Services, Web};

pub use known::Known;

/// A server that may be the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub host: String,
    pub port: u16,
    /// Never without TLS.
    pub tls: Tls,
    /// Port and TLS are the source's own word; else they are the usual ones, and others may be tried on this host.
    pub is_exact: bool,
    /// The login name there, where the source tells it.
    pub login: Option<String>,
    /// The source says that one signs in there with an access token first of all.
    pub wants_token: bool,
    pub source: Source,
}

/// Who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// This SRV record.
    Dns(String),
    /// This host takes the domain's mail, and it is that provider's.
    MailExchanger(String, Known),
    /// The page at this address.
    Autoconfig(String),
    /// Nobody: many servers are called so, and DNS knows the name.
    UsualName,
    /// The person who was asked.
    Person,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(record) => write!(f, "DNS: {record}"),
            Self::MailExchanger(host, known) => write!(f, "mail goes to {host}, which is {known}'s"),
            Self::Autoconfig(page) => f.write_str(page),
            Self::UsualName => f.write_str("a usual name, known to DNS"),
            Self::Person => f.write_str("typed"),
        }
    }
}

/// The two servers that one needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Imap,
    Submission,
}

impl Service {
    /// The ports of TLS from the first byte and of STARTTLS.
    pub fn ports(self) -> [u16; 2] {
        match self {
            Self::Imap => [993, 143],
            Self::Submission => [465, 587],
        }
    }

    /// The services of DNS, those under TLS from the first byte first (RFC 8314 §5.1).
    fn records(self) -> [(&'static str, Tls); 2] {
        match self {
            Self::Imap => [("imaps", Tls::Implicit), ("imap", Tls::StartTls)],
            Self::Submission => [("submissions", Tls::Implicit), ("submission", Tls::StartTls)],
        }
    }

    fn usual_names(self) -> [&'static str; 2] {
        match self {
            Self::Imap => ["imap", "mail"],
            Self::Submission => ["smtp", "mail"],
        }
    }
}

impl Offer {
    /// Where to connect to, the likeliest first.
    pub fn endpoints(&self, service: Service) -> Vec<Endpoint> {
        let at = |port, tls| Endpoint { host: self.host.clone(), port, tls, ca: None };
        let mut all = vec![at(self.port, self.tls)];
        if !self.is_exact {
            let [implicit, starttls] = service.ports();
            let other = if self.tls == Tls::Implicit { Tls::StartTls } else { Tls::Implicit };
            // A port of one's own says nothing of how it begins; on the usual host the usual other port may be the one.
            let port = match self.port {
                port if port == implicit => starttls,
                port if port == starttls => implicit,
                port => port,
            };
            all.push(at(port, other));
        }
        all
    }

    /// The usual ports of a host that was named by a person or by custom.
    pub fn usual(service: Service, host: impl Into<String>, source: Source) -> Self {
        let host = host.into();
        Self {
            host,
            port: service.ports()[0],
            tls: Tls::Implicit,
            is_exact: false,
            login: None,
            wants_token: false,
            source,
        }
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = if self.tls == Tls::Implicit { "TLS" } else { "STARTTLS" };
        write!(f, "{}, port {}, {tls}", self.host, self.port)
    }
}

/// What was found for both services.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    pub imap: Vec<Offer>,
    pub submission: Vec<Offer>,
    /// Whose sign-in a token comes from (the issuer's address), where a source tells it.
    pub issuer: Option<String>,
    /// What could not be asked, and what says that there is nothing; for people.
    pub remarks: Vec<String>,
}

impl Offers {
    fn of(&mut self, service: Service) -> &mut Vec<Offer> {
        match service {
            Service::Imap => &mut self.imap,
            Service::Submission => &mut self.submission,
        }
    }

    /// Takes in more offers behind those that are there; a server is offered once.
    pub fn add(&mut self, more: Self) {
        for (service, offers) in [(Service::Imap, more.imap), (Service::Submission, more.submission)] {
            let known = self.of(service);
            for offer in offers {
                match known.iter_mut().find(|k| k.host == offer.host && k.port == offer.port) {
                    Some(same) => {
                        same.login = same.login.take().or(offer.login);
                        same.wants_token |= offer.wants_token;
                    }
                    None => known.push(offer),
                }
            }
        }
        self.issuer = self.issuer.take().or(more.issuer);
        self.remarks.extend(more.remarks);
    }
}

/// The domain of an address as DNS knows it: in lower case, letters of other scripts encoded (RFC 5890). `None` where it is
/// no name that could be asked for.
pub fn domain_of(address: &str) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    let ascii = idna::domain_to_ascii(domain).ok()?;
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (ascii.contains('.') && ascii.split('.').all(is_label)).then_some(ascii)
}

/// What the SRV records of a domain say. Only the resolver hears of it, and only the domain's name.
pub async fn by_dns(dns: &Dns, domain: &str) -> Offers {
    let mut found = Offers::default();
    let ask = |service: Service| {
        let [first, second] = service.records();
        futures::future::join(dns.services(first.0, domain), dns.services(second.0, domain))
    };
    let (imap, submission) = futures::future::join(ask(Service::Imap), ask(Service::Submission)).await;
    for (service, answers) in [(Service::Imap, imap), (Service::Submission, submission)] {
        for ((name, tls), answer) in service.records().into_iter().zip([answers.0, answers.1]) {
            let record = format!("_{name}._tcp.{domain}");
            match answer {
                Ok(Services::Unknown) => {}
                Ok(Services::NotOffered) => found.remarks.push(format!("{record} says that there is no such server.")),
                Ok(Services::At(servers)) => {
                    let offer = |server: crate::net::Service| Offer {
                        host: server.host,
                        port: server.port,
                        tls,
                        is_exact: true,
                        login: None,
                        wants_token: false,
                        source: Source::Dns(record.clone()),
                    };
                    found.of(service).extend(servers.into_iter().map(offer));
                }
                Err(error) => {
                    let remark = format!("DNS could not be asked: {error}.");
                    if !found.remarks.contains(&remark) {
                        found.remarks.push(remark);
                    }
                }
            }
        }
    }
    found
}

/// What follows from who takes a domain's mail, where that is a provider that is known by name. Only the resolver hears of it.
pub async fn by_mail_exchangers(dns: &Dns, domain: &str) -> Offers {
    match dns.mail_exchangers(domain).await {
        Ok(hosts) => {
            let known = hosts.into_iter().find_map(|host| Some((Known::by_mail_exchanger(&host)?, host)));
            known.map_or_else(Offers::default, |(known, host)| known.offers(&Source::MailExchanger(host, known)))
        }
        Err(error) => Offers {
            remarks: vec![format!("DNS could not be asked who takes the mail: {error}.")],
            ..Offers::default()
        },
    }
}

/// The usual names that DNS knows in this domain. They are guesses: a person confirms before anybody connects.
pub async fn by_usual_names(dns: &Dns, domain: &str) -> Offers {
    let mut found = Offers::default();
    let names: Vec<String> = ["imap", "mail", "smtp"].map(|name| format!("{name}.{domain}")).into();
    let known = futures::future::join_all(names.iter().map(|name| dns.has_address(name))).await;
    for service in [Service::Imap, Service::Submission] {
        for usual in service.usual_names() {
            let host = format!("{usual}.{domain}");
            if names.iter().zip(&known).any(|(name, is_known)| *is_known && *name == host) {
                found.of(service).push(Offer::usual(service, host, Source::UsualName));
            }
        }
    }
    found
}

/// The pages where a domain may say which servers it has, in the form that Thunderbird reads; each is told the address.
pub fn pages(address: &str, domain: &str) -> [Place; 2] {
    let query: String = form_urlencoded(address);
    let place = |host: String, path: &str| Place {
        host,
        port: 443,
        is_plain: false,
        path: format!("{path}?emailaddress={query}"),
    };
    [
        place(format!("autoconfig.{domain}"), "/mail/config-v1.1.xml"),
        place(domain.to_owned(), "/.well-known/autoconfig/mail/config-v1.1.xml"),
    ]
}

fn form_urlencoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// What a page came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Offers(Offers),
    Nothing,
    /// The page is said to be at a host outside of the domain, which nobody has confirmed.
    Elsewhere(Place),
}

/// What the page at one place says. Redirections are followed as long as they stay within the domain.
///
/// # Errors
/// In words: why the page could not be fetched, or is none.
pub async fn by_page(web: &Web, place: &Place, address: &str, domain: &str) -> Result<Told, String> {
    let mut place = place.clone();
    for _ in 0..4 {
        match web.get(&place).await.map_err(|error| error.to_string())? {
            Page::Missing => return Ok(Told::Nothing),
            Page::Found(bytes) => return autoconfig::offers(&bytes, address, &place.to_string()).map(Told::Offers),
            Page::Elsewhere(next) if is_within(&next.host, domain) => place = next,
            Page::Elsewhere(next) => return Ok(Told::Elsewhere(next)),
        }
    }
    Err(format!("{place} sends from one place to another without end"))
}

fn is_within(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_asked_for_in_the_form_that_dns_knows() {
        assert_eq!(domain_of("Alice@Example.Test").as_deref(), Some("example.test"));
        assert_eq!(domain_of("s@bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        for none in ["alice", "alice@", "alice@localhost", "a@b..", "a@exa mple.test"] {
            assert_eq!(domain_of(none), None, "{none}");
        }
    }

    #[test]
    fn the_address_is_told_to_hosts_of_its_own_domain_only() {
        let [first, second] = pages("al+ice@example.test", "example.test");
        assert_eq!(first.host, "autoconfig.example.test");
        assert_eq!(first.path, "/mail/config-v1.1.xml?emailaddress=al%2Bice%40example.test");
        assert_eq!(second.to_string(), "https://example.test/.well-known/autoconfig/mail/config-v1.1.xml");
        assert!(is_within("a.example.test", "example.test") && is_within("example.test", "example.test"));
        assert!(!is_within("evilexample.test", "example.test") && !is_within("example.test.evil", "example.test"));
    }

    #[test]
    fn a_usual_name_is_tried_with_tls_first_and_with_starttls_then_and_never_without() {
        let usual = Offer::usual(Service::Imap, "imap.example.test", Source::UsualName);
        let tried: Vec<_> = usual.endpoints(Service::Imap).iter().map(|e| (e.port, e.tls)).collect();
        assert_eq!(tried, [(993, Tls::Implicit), (143, Tls::StartTls)]);
        let own = Offer { port: 10_993, ..usual.clone() };
        let tried: Vec<_> = own.endpoints(Service::Imap).iter().map(|e| (e.port, e.tls)).collect();
        assert_eq!(tried, [(10_993, Tls::Implicit), (10_993, Tls::StartTls)]);
        assert_eq!(Offer { is_exact: true, ..usual }.endpoints(Service::Imap).len(), 1);
    }

    #[test]
    fn one_server_is_offered_once_and_what_is_said_first_stays() {
        let mut offers = Offers { imap: vec![Offer::usual(Service::Imap, "a", Source::Person)], ..Offers::default() };
        let named = Offer { login: Some("alice".into()), ..Offer::usual(Service::Imap, "a", Source::UsualName) };
        offers.add(Offers {
            imap: vec![named, Offer::usual(Service::Imap, "b", Source::UsualName)],
            ..Offers::default()
        });
        assert_eq!(offers.imap.len(), 2);
        assert_eq!((offers.imap[0].source.clone(), offers.imap[0].login.as_deref()), (Source::Person, Some("alice")));
    }
}
