//! Reading an autoconfig page (`clientConfig` version 1.1, as Thunderbird defined it). Pure.

use roxmltree::{Document, Node};

use super::{Offer, Offers, Service, Source};
use crate::config::Tls;
use crate::net::Place;

/// The servers that a page names for an address, in its order. What is not under TLS is left out.
///
/// # Errors
/// In words: it is no such page.
pub(super) fn offers(page: &[u8], address: &str, from: &str) -> Result<Offers, String> {
    let no_page = || format!("what is at {from} is no autoconfig page");
    let text = std::str::from_utf8(page).map_err(|_| no_page())?;
    // A document type could define entities without end; none is allowed.
    let document = Document::parse(text.trim_start_matches('\u{feff}')).map_err(|_| no_page())?;
    let root = document.root_element();
    if !root.has_tag_name("clientConfig") {
        return Err(no_page());
    }
    let mut found = Offers { issuer: issuer(root), ..Offers::default() };
    for node in root.descendants() {
        let (service, offers) = match (node.tag_name().name(), node.attribute("type")) {
            ("incomingServer", Some("imap")) => (Service::Imap, &mut found.imap),
            ("outgoingServer", Some("smtp") | None) => (Service::Submission, &mut found.submission),
            _ => continue,
        };
        match server(node, service, address, from) {
            Some(offer) => offers.push(offer),
            None => found.remarks.push(format!("{from} names a server that cannot be used, or without TLS.")),
        }
    }
    Ok(found)
}

/// Who signs in, where the page tells it: a name, or an address under https. It becomes an answer that a person may take.
fn issuer(root: Node<'_, '_>) -> Option<String> {
    let told = root.descendants().find(|node| node.has_tag_name("oAuth2"))?;
    let text = told.children().find(|child| child.has_tag_name("issuer"))?.text()?.trim();
    let address = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    Place::parse(&address).map(|_| address)
}

fn server(node: Node<'_, '_>, service: Service, address: &str, from: &str) -> Option<Offer> {
    let value = |name: &str| {
        let text = node.children().find(|child| child.has_tag_name(name))?.text()?.trim();
        Some(filled(text, address)).filter(|text| !text.is_empty() && !text.chars().any(char::is_control))
    };
    let tls = match value("socketType")?.to_ascii_uppercase().as_str() {
        "SSL" => Tls::Implicit,
        "STARTTLS" => Tls::StartTls,
        _ => return None,
    };
    let host = value("hostname").map(|host| host.to_ascii_lowercase());
    let host =
        host.filter(|host| host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')))?;
    let port = match value("port") {
        Some(port) => port.parse().ok().filter(|port| *port > 0)?,
        None => service.ports()[usize::from(tls == Tls::StartTls)],
    };
    let login = value("username");
    // The ways to sign in stand in the order in which they are preferred.
    let wants_token = value("authentication").is_some_and(|way| way.eq_ignore_ascii_case("OAuth2"));
    Some(Offer { host, port, tls, is_exact: true, login, wants_token, source: Source::Autoconfig(from.to_owned()) })
}

/// The page's placeholders, filled in.
fn filled(text: &str, address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    text.replace("%EMAILADDRESS%", address).replace("%EMAILLOCALPART%", local).replace("%EMAILDOMAIN%", domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="example.test">
    <domain>example.test</domain>
    <incomingServer type="pop3"><hostname>pop.example.test</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
    <incomingServer type="imap">
      <hostname>Imap.%EMAILDOMAIN%</hostname><port>993</port><socketType>SSL</socketType>
      <username>%EMAILLOCALPART%</username><authentication>OAuth2</authentication><authentication>password-cleartext</authentication>
    </incomingServer>
    <incomingServer type="imap"><hostname>imap.example.test</hostname><port>143</port><socketType>plain</socketType></incomingServer>
    <outgoingServer type="smtp">
      <hostname>smtp.example.test</hostname><socketType>STARTTLS</socketType><username>%EMAILADDRESS%</username>
      <authentication>password-cleartext</authentication><authentication>OAuth2</authentication>
    </outgoingServer>
  </emailProvider>
  <oAuth2><issuer>id.example.test</issuer><scope>mail</scope></oAuth2>
</clientConfig>"#;

    #[test]
    fn a_page_names_servers_and_logins_and_nothing_without_tls_is_taken() {
        let told = offers(PAGE.as_bytes(), "alice@example.test", "https://autoconfig.example.test/x").unwrap();
        let shown = |offers: &[Offer]| {
            offers.iter().map(|o| format!("{o} {}", o.login.as_deref().unwrap_or("-"))).collect::<Vec<_>>()
        };
        assert_eq!(shown(&told.imap), ["imap.example.test, port 993, TLS alice"]);
        assert_eq!(shown(&told.submission), ["smtp.example.test, port 587, STARTTLS alice@example.test"]);
        assert_eq!((told.imap[0].wants_token, told.submission[0].wants_token), (true, false));
        assert_eq!(told.remarks.len(), 1);
        assert_eq!(told.issuer.as_deref(), Some("https://id.example.test"));
        assert_eq!(told.imap[0].source.to_string(), "https://autoconfig.example.test/x");
    }

    #[test]
    fn what_is_no_page_is_told_as_none_and_entities_are_not_expanded() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><clientConfig>&b;</clientConfig>";
        for page in ["", "<html><body>404</body></html>", "{}", bomb, "<clientConfig>"] {
            assert!(offers(page.as_bytes(), "a@b.test", "x").unwrap_err().contains("no autoconfig page"), "{page}");
        }
        let odd = PAGE.replace("id.example.test", "http://id.example.test");
        assert_eq!(offers(odd.as_bytes(), "a@example.test", "x").unwrap().issuer, None);
        let steered = PAGE.replace("smtp.example.test", "smtp.example.test\u{202e}").replace("993", "0");
        let told = offers(steered.as_bytes(), "a@example.test", "x").unwrap();
        assert!(told.imap.is_empty() && told.submission.is_empty(), "{told:?}");
    }
}
