//! The two providers whose servers and authority are known by name. A domain that has its mail taken by one of them reads it
//! there, and most such domains say so nowhere but in their MX records.

use std::fmt;

use super::{Offer, Offers, Source};
use crate::config::Tls;

/// A provider known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    Microsoft365,
    Google,
}

impl Known {
    /// Whose a host is that takes a domain's mail.
    pub fn by_mail_exchanger(host: &str) -> Option<Self> {
        let of = |suffixes: &[&str]| suffixes.iter().any(|suffix| is_within(host, suffix));
        if of(&["mail.protection.outlook.com", "mx.microsoft"]) {
            return Some(Self::Microsoft365);
        }
        // What others run at Google is below googleusercontent.com.
        of(&["google.com", "googlemail.com"]).then_some(Self::Google)
    }

    /// Whose an IMAP server is.
    pub fn by_server(host: &str) -> Option<Self> {
        let of = |suffixes: &[&str]| suffixes.iter().any(|suffix| is_within(host, suffix));
        if of(&["office365.com", "outlook.office.com"]) {
            return Some(Self::Microsoft365);
        }
        of(&["imap.gmail.com", "imap.googlemail.com"]).then_some(Self::Google)
    }

    /// Its servers.
    pub fn offers(self, source: &Source) -> Offers {
        let offer = |host: &str, port, tls| Offer {
            host: host.to_owned(),
            port,
            tls,
            is_exact: true,
            login: None,
            wants_token: true,
            source: source.clone(),
        };
        let (imap, submission) = match self {
            Self::Microsoft365 => {
                (offer("outlook.office365.com", 993, Tls::Implicit), offer("smtp.office365.com", 587, Tls::StartTls))
            }
            Self::Google => (offer("imap.gmail.com", 993, Tls::Implicit), offer("smtp.gmail.com", 465, Tls::Implicit)),
        };
        Offers { imap: vec![imap], submission: vec![submission], ..Offers::default() }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Microsoft365 => "Microsoft 365",
            Self::Google => "Google",
        })
    }
}

fn is_within(host: &str, domain: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_known_by_its_hosts_and_by_nobody_elses() {
        let of = |host: &str| Known::by_mail_exchanger(host);
        assert_eq!(of("example-com.mail.protection.outlook.com"), Some(Known::Microsoft365));
        assert_eq!(of("example-com.a-v1.mx.microsoft"), Some(Known::Microsoft365));
        assert_eq!(of("aspmx.l.google.com"), Some(Known::Google));
        for other in
            ["mx.example.com", "mail.protection.outlook.com.example", "evilgoogle.com", "x.googleusercontent.com"]
        {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(Known::by_server("Outlook.Office365.com"), Some(Known::Microsoft365));
        assert_eq!(Known::by_server("imap.gmail.com"), Some(Known::Google));
        assert_eq!(Known::by_server("imap.gmail.com.example"), None);
    }
}
