//! Which servers: found by themselves, shown with where that is from, confirmed, and then connected to.

use std::path::PathBuf;

use super::super::ask::{Person, number_of};
use super::super::context::Outcome;
use crate::config::{Endpoint, Tls};
use crate::engine::find::{self, Offer, Offers, Service, Source, Told};
use crate::imap::{self, Capabilities};
use crate::model::{ErrorKind, Refusal};
use crate::net::{self, Dns, Unsafe, Web};
use crate::smtp;

/// The two servers, both of which have answered.
#[derive(Debug, Clone)]
pub struct Servers {
    pub imap: Endpoint,
    /// What the IMAP server says that it can do before anybody signs in.
    pub can: Capabilities,
    pub submission: Endpoint,
    /// The login name, where a source told it.
    pub login: Option<String>,
    /// A source says that one signs in with an access token first of all.
    pub wants_token: bool,
    /// Whose sign-in a token comes from, where a source told it.
    pub issuer: Option<String>,
}

/// Finds, shows, asks and tests.
///
/// `authority`: the file of one that was named before, tried first.
pub async fn ask(person: &Person, address: &str, authority: &mut Option<PathBuf>) -> Outcome<Servers> {
    let offers = look(person, address).await?;
    let mut chosen = Chooser { person, ca: authority };
    person.gap();
    person.say("Your IMAP server, where the mailboxes are:");
    let (imap, can, offer) = loop {
        let offer = chosen.choose(Service::Imap, &offers.imap, None).await?;
        if let Some((imap, can)) = chosen.connect(Service::Imap, &offer).await? {
            break (imap, can, offer);
        }
    };
    person.gap();
    person.say("Your submission server, which sends your answers:");
    let submission = chosen.submission(&offers.submission, &imap).await?;
    Ok(Servers { imap, can, submission, login: offer.login, wants_token: offer.wants_token, issuer: offers.issuer })
}

/// Another submission server.
pub async fn other_submission(person: &Person, present: &Endpoint) -> Outcome<Endpoint> {
    Chooser { person, ca: &mut present.ca.clone() }.submission(&[], present).await
}

/// What DNS says; where that is not all, whose its mail exchangers are; where that says nothing, the domain's page if its person
/// wants it asked; and usual names.
async fn look(person: &Person, address: &str) -> Outcome<Offers> {
    let Some(domain) = find::domain_of(address) else { return Ok(Offers::default()) };
    let dns = Dns::here().map_err(|why| Refusal::new(ErrorKind::Usage, why))?;
    person.say(&format!("Looking for the servers of {domain} in DNS …"));
    let mut offers = find::by_dns(&dns, &domain).await;
    let is_all = |offers: &Offers| !offers.imap.is_empty() && !offers.submission.is_empty();
    if !is_all(&offers) {
        offers.add(find::by_mail_exchangers(&dns, &domain).await);
    }
    offers.remarks.drain(..).for_each(|remark| person.say(&remark));
    if !is_all(&offers) {
        person.say(&format!("DNS does not say it all. https://autoconfig.{domain} and https://{domain} may; they would be told your address."));
        if person.yes("Ask them?", true).await? {
            offers.add(page(person, address, &domain).await?);
            offers.remarks.drain(..).for_each(|remark| person.say(&remark));
        }
    }
    offers.add(find::by_usual_names(&dns, &domain).await);
    Ok(offers)
}

async fn page(person: &Person, address: &str, domain: &str) -> Outcome<Offers> {
    let web = Web::default();
    for place in find::pages(address, domain) {
        let mut place = place;
        loop {
            match find::by_page(&web, &place, address, domain).await {
                Ok(Told::Offers(offers)) => return Ok(offers),
                Ok(Told::Nothing) => break,
                Ok(Told::Elsewhere(next)) => {
                    person.say(&format!("{place} sends on to {next}, which would be told your address."));
                    if !person.yes("Ask there?", false).await? {
                        break;
                    }
                    place = next;
                }
                Err(why) => {
                    tracing::info!(%place, %why, "no autoconfig page");
                    break;
                }
            }
        }
    }
    person.say("Nothing there.");
    Ok(Offers::default())
}

struct Chooser<'a> {
    person: &'a Person,
    /// An authority that was named for one server is tried for the next.
    ca: &'a mut Option<PathBuf>,
}

impl Chooser<'_> {
    async fn submission(&mut self, offers: &[Offer], imap: &Endpoint) -> Outcome<Endpoint> {
        loop {
            let offer = self.choose(Service::Submission, offers, Some(&imap.host)).await?;
            if let Some((submission, _)) = self.connect(Service::Submission, &offer).await? {
                return Ok(submission);
            }
        }
    }

    /// Lets one be chosen, or named. `usual`: the host to suggest where nothing was found.
    async fn choose(&self, service: Service, offers: &[Offer], usual: Option<&str>) -> Outcome<Offer> {
        let shown: Vec<String> = offers.iter().map(|offer| format!("{offer}  ({})", offer.source)).collect();
        self.person.list(&shown);
        let (question, default) = match offers {
            [] => ("Its name, or name:port", usual),
            _ => ("Its number; or another server's name, or name:port", Some("1")),
        };
        loop {
            let typed = self.person.line(question, default).await?;
            if let Some(offer) = number_of(&typed, offers.len()).and_then(|at| offers.get(at)) {
                return Ok(offer.clone());
            }
            match named(service, &typed) {
                Some(_) if !offers.is_empty() && typed.bytes().all(|b| b.is_ascii_digit()) => {
                    self.person.bad(&format!("no {typed} is in the list, which ends with {}", offers.len()));
                }
                Some(offer) => return Ok(offer),
                None => self
                    .person
                    .bad(&format!("“{typed}” is no server's name, as imap.example.com or imap.example.com:993")),
            }
        }
    }

    /// Connects, and says what came of it. Where the authority is unknown, another may be named.
    async fn connect(&mut self, service: Service, offer: &Offer) -> Outcome<Option<(Endpoint, Capabilities)>> {
        let mut first = None;
        for endpoint in offer.endpoints(service) {
            let mut endpoint = Endpoint { ca: self.ca.clone(), ..endpoint };
            let tls = if endpoint.tls == Tls::Implicit { "TLS" } else { "STARTTLS" };
            self.person.say(&format!("Connecting to {endpoint} with {tls} …"));
            loop {
                let failure = match greet(service, &endpoint).await {
                    Ok(can) => {
                        let tls = if endpoint.tls == Tls::Implicit { "TLS" } else { "STARTTLS" };
                        let text =
                            format!("{endpoint} answers, with {tls}; its certificate is good for {}", endpoint.host);
                        self.person.good(&text);
                        self.ca.clone_from(&endpoint.ca);
                        return Ok(Some((endpoint, can)));
                    }
                    Err(failure) => failure,
                };
                let is_about_authority = failure.is_about_authority;
                if is_about_authority {
                    self.person.bad(&failure.text);
                    let question = "A file of its authority to trust (PEM), or Enter for another server";
                    let Some(file) = self.person.line_or_nothing(question).await? else { return Ok(None) };
                    endpoint.ca = Some(absolute(&file));
                    continue;
                }
                let goes_on = failure.may_be_the_port;
                first.get_or_insert(failure.text);
                if !goes_on {
                    self.person.bad(first.as_deref().unwrap_or_default());
                    return Ok(None);
                }
                break;
            }
        }
        self.person.bad(first.as_deref().unwrap_or_default());
        Ok(None)
    }
}

/// A server as typed: a name or an address, and a port where it is not the usual one.
fn named(service: Service, typed: &str) -> Option<Offer> {
    let (host, port) = match typed.rsplit_once(':') {
        // An IPv6 address has colons of its own.
        _ if typed.parse::<std::net::Ipv6Addr>().is_ok() => (typed, None),
        Some((host, port)) => (host, Some(port.parse::<u16>().ok().filter(|port| *port > 0)?)),
        None => (typed, None),
    };
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let host =
        if host.parse::<std::net::Ipv6Addr>().is_ok() { host.to_owned() } else { idna::domain_to_ascii(host).ok()? };
    let is_name = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':'));
    if host.is_empty() || !is_name {
        return None;
    }
    let usual = Offer::usual(service, host, Source::Person);
    let [implicit, starttls] = service.ports();
    Some(match port {
        None => usual,
        Some(port) if port == implicit => Offer { is_exact: true, ..usual },
        Some(port) if port == starttls => Offer { port, tls: Tls::StartTls, is_exact: true, ..usual },
        Some(port) => Offer { port, ..usual },
    })
}

/// A path as typed: `~/` is the home folder, a relative one is meant from here.
pub(super) fn absolute(typed: &str) -> PathBuf {
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let path = typed.strip_prefix("~/").and_then(|rest| Some(home()?.join(rest))).unwrap_or_else(|| typed.into());
    std::path::absolute(&path).unwrap_or(path)
}

/// Why a server is not the one.
struct Failure {
    text: String,
    is_about_authority: bool,
    /// Another port of the host may do better.
    may_be_the_port: bool,
}

async fn greet(service: Service, endpoint: &Endpoint) -> Result<Capabilities, Failure> {
    let failure = |text: String, why: Option<&Unsafe>, may_be_the_port: bool| Failure {
        text,
        // So is a file of authorities that is none: another may be named.
        is_about_authority: why.is_some_and(Unsafe::is_about_authority),
        may_be_the_port: may_be_the_port || matches!(why, Some(Unsafe::NoTls)),
    };
    match service {
        Service::Imap => imap::greet_server(endpoint).await.map_err(|error| {
            let text = error.to_string();
            match &error {
                imap::Error::Tls { why, .. } => failure(text, Some(why), false),
                imap::Error::Authorities { .. } => Failure { is_about_authority: true, ..failure(text, None, false) },
                imap::Error::Unreachable { why, .. } => failure(text, None, why != net::NO_SUCH_HOST),
                _ => failure(text, None, false),
            }
        }),
        Service::Submission => smtp::greet_server(endpoint).await.map(|_| Capabilities::default()).map_err(|error| {
            let text = error.to_string();
            match &error {
                smtp::Error::Tls { why, .. } => failure(text, Some(why), false),
                smtp::Error::Authorities { .. } => Failure { is_about_authority: true, ..failure(text, None, false) },
                smtp::Error::Unreachable { why, .. } => failure(text, None, why != net::NO_SUCH_HOST),
                smtp::Error::NoStartTls { .. } => failure(text, None, true),
                _ => failure(text, None, false),
            }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_with_or_without_its_port() {
        let shown = |typed: &str| named(Service::Imap, typed).map(|offer| (offer.to_string(), offer.is_exact));
        let is = |text: &str, exact| Some((text.to_owned(), exact));
        assert_eq!(shown("Imap.Example.Test"), is("imap.example.test, port 993, TLS", false));
        assert_eq!(shown("imap.example.test:143"), is("imap.example.test, port 143, STARTTLS", true));
        assert_eq!(shown("localhost:10993"), is("localhost, port 10993, TLS", false));
        assert_eq!(shown("[::1]:993"), is("::1, port 993, TLS", true));
        assert_eq!(shown("::1"), is("::1, port 993, TLS", false));
        for none in ["", "a b", "imap.example.test:", "imap.example.test:0", "imap.example.test:x", "https://x"] {
            assert_eq!(shown(none), None, "{none}");
        }
    }
}
