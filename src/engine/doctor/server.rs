//! One server: its name, the way to it, TLS, the sign-in; and what an IMAP server can do.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::check::{Check, Pen};
use crate::config::{Endpoint, Tls};
use crate::imap::{Capabilities, Namespace, Namespaces};
use crate::model::ErrorKind;
use crate::net::Agreed;

/// How long a name may take to be found, and each address to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Finds the server by its name and knocks. The knock is a connection of its own, closed at once, so that it can be told
/// what of the way is not there.
pub(super) async fn reach(service: &str, endpoint: &Endpoint, pen: &mut Pen<'_>) -> Result<(), ErrorKind> {
    let host = endpoint.host.trim_start_matches('[').trim_end_matches(']');
    let (named, knocked) = (format!("{service} name"), format!("{service} connection"));
    let found = timeout(PATIENCE, lookup_host((host, endpoint.port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    if addresses.is_empty() {
        let follows = format!("check `host` of {} in the configuration, and this machine's network", key_of(service));
        pen.write(Check::failed(named, ErrorKind::Unreachable, format!("{host}: there is no such host"), follows));
        pen.write(Check::skipped(knocked, "there is no such host"));
        return Err(ErrorKind::Unreachable);
    }
    pen.write(match host.parse::<IpAddr>() {
        Ok(_) => Check::good(named, format!("{host} is an address")),
        Err(_) => {
            let all: Vec<String> = addresses.iter().map(|a| a.ip().to_string()).collect();
            Check::good(named, format!("{host} is {}", all.join(", ")))
        }
    });
    let mut last = String::new();
    for address in addresses {
        match timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(_)) => {
                pen.write(Check::good(knocked, format!("{address} answers")));
                return Ok(());
            }
            Ok(Err(error)) => last = format!("{address}: {}", error.kind()),
            Err(_) => last = format!("{address}: no answer within {} s", PATIENCE.as_secs()),
        }
    }
    let follows = format!(
        "check `port` of {} in the configuration; a firewall may be in the way, or the server down",
        key_of(service)
    );
    pen.write(Check::failed(knocked, ErrorKind::Unreachable, last, follows));
    pen.write(Check::skipped(format!("{service} tls"), "there is no connection"));
    Err(ErrorKind::Unreachable)
}

fn key_of(service: &str) -> &str {
    if service == "imap" { "imap" } else { "smtp" }
}

/// How a login came in.
pub(super) struct Entry {
    /// What protects the connection; `None`: nothing does.
    pub agreed: Option<Agreed>,
    /// What was shown to the server: `by password`.
    pub how: &'static str,
    /// Command and mechanism.
    pub mechanism: &'static str,
}

/// What a connection that was to be signed in says of TLS and sign-in, or of what kept it from coming about.
pub(super) fn signed_in(
    service: &str,
    endpoint: &Endpoint,
    account: &str,
    came: Result<&Entry, &(ErrorKind, String)>,
) -> Vec<Check> {
    let (tls, sign_in) = (format!("{service} tls"), format!("{service} sign-in"));
    let (kind, why) = match came {
        Ok(Entry { agreed, how, mechanism }) => {
            let let_in = Check::good(sign_in, format!("let in, {how}, {mechanism}"));
            return vec![protection(tls, endpoint, *agreed), let_in];
        }
        Err((kind, why)) => (kind, why),
    };
    match kind {
        ErrorKind::Auth => {
            let follows = format!("check `user` and `auth` in [account.{account}]; the server is not asked again");
            vec![protection(tls, endpoint, None), Check::failed(sign_in, *kind, why, follows)]
        }
        ErrorKind::Tls | ErrorKind::Config => {
            let follows = format!(
                "nothing is said on a connection that is not safe: check `host`, `port` and `tls` of {}; an authority that \
                 this system does not know is named with `ca = \"…\"`; an expired certificate is its administrator's",
                key_of(service)
            );
            vec![Check::failed(tls, *kind, why, follows), Check::skipped(sign_in, "the connection is not safe")]
        }
        _ => {
            let follows = format!("check `port` and `tls` of {} in the configuration; or try again", key_of(service));
            vec![
                Check::failed(format!("{service} greeting"), *kind, why, follows),
                Check::skipped(sign_in, "the server did not come so far"),
            ]
        }
    }
}

/// How a connection that is there is protected; `agreed`: by what, where that is known.
fn protection(check: String, endpoint: &Endpoint, agreed: Option<Agreed>) -> Check {
    let how = match endpoint.tls {
        Tls::Implicit => "TLS from the first byte",
        Tls::StartTls => "STARTTLS",
        Tls::None => {
            let follows = if endpoint.is_loopback() {
                "they do not leave this machine"
            } else {
                "anybody on the way can read and change them: use tls = \"implicit\" or \"starttls\""
            };
            return Check::note(check, "none: password and mail go over the wire in the clear (plaintext)", follows);
        }
    };
    let whom = match &endpoint.ca {
        Some(file) => format!("the authorities in {} or this system's", file.display()),
        None => "this system's authorities".to_owned(),
    };
    let by = agreed.map(|agreed| format!(", {agreed}")).unwrap_or_default();
    Check::good(check, format!("{how}{by}; the certificate is good for {}, by {whom}", endpoint.host))
}

/// What matters of what an IMAP server can do, and what is missing where it cannot.
const WISHES: [(&str, &str); 9] = [
    ("CONDSTORE", "no claim is safe by keywords, so no mailbox here is of grade A"),
    ("QRESYNC", "what was moved or deleted elsewhere is found by asking for all UIDs, which costs more"),
    ("MOVE", "done copies and deletes instead"),
    ("IDLE", "the server is asked again and again, and changes show later"),
    ("NAMESPACE", "shared mailboxes are not found by themselves: name each with `root` in the configuration"),
    ("ACL", "nobody tells your rights: what you may do is taken from READ-WRITE and PERMANENTFLAGS"),
    ("UIDPLUS", "a copy in Sent is looked for after it was written"),
    ("SPECIAL-USE", "Sent and Archive are found by well-known names, or named with `folders` in the configuration"),
    ("LITERAL+", "each copy into Sent costs one more round trip"),
];

/// A line for what is there, and one for each thing that is not.
pub(super) fn capabilities(server: &Capabilities) -> Vec<Check> {
    let is_there = |name: &str| match name {
        // Small ones may go at once, which is what matters (RFC 7888); IMAP4rev2 has most of it without saying so.
        "LITERAL+" => server.has(name) || server.has("LITERAL-") || server.has("IMAP4rev2"),
        _ => server.has(name),
    };
    let (there, missing): (Vec<_>, Vec<_>) = WISHES.iter().partition(|(name, _)| is_there(name));
    let found: Vec<&str> = there.iter().map(|(name, _)| *name).collect();
    let first = if found.is_empty() {
        Check::note("imap capabilities", "none of those that help", "everything is done the long way")
    } else {
        Check::good("imap capabilities", found.join(" "))
    };
    let follows = |name: &str, follows: &str| match name {
        "MOVE" if !server.has("UIDPLUS") => {
            "without UIDPLUS too nothing can be moved safely: done is the keyword alone".to_owned()
        }
        _ => follows.to_owned(),
    };
    let absent = missing
        .iter()
        .map(|(name, f)| Check::note(format!("imap {name}"), "the server does not have it", follows(name, f)));
    std::iter::once(first).chain(absent).collect()
}

/// Where the server keeps what is one's own, other people's and everybody's.
pub(super) fn namespaces(spaces: &Namespaces, is_told: bool) -> Check {
    let kinds = [("own", &spaces.personal), ("other people's", &spaces.others), ("public", &spaces.shared)];
    let quoted = |all: &[Namespace]| all.iter().map(|n| format!("“{}”", n.prefix)).collect::<Vec<_>>().join(" ");
    let found: Vec<String> =
        kinds.iter().filter(|(_, all)| !all.is_empty()).map(|(kind, all)| format!("{kind} {}", quoted(all))).collect();
    let found = if is_told { found.join(", ") } else { "not told by this server".to_owned() };
    if spaces.others.is_empty() && spaces.shared.is_empty() {
        let follows = "no shared mailbox is found by itself: name each in the configuration, with `root`";
        return Check::note("imap namespaces", found, follows);
    }
    Check::good("imap namespaces", found)
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;

    fn server(names: &str) -> Capabilities {
        Capabilities::of(names.split(' ').map(str::to_owned))
    }

    #[test]
    fn what_a_server_lacks_is_said_with_what_follows() {
        let whole = "CONDSTORE QRESYNC MOVE IDLE NAMESPACE ACL UIDPLUS SPECIAL-USE LITERAL-";
        assert_eq!(capabilities(&server(whole)).len(), 1);
        let poor = capabilities(&server("IMAP4rev1 IDLE NAMESPACE ACL SPECIAL-USE LITERAL+"));
        let names: Vec<&str> = poor.iter().map(|c| c.check.as_str()).collect();
        assert_eq!(names, ["imap capabilities", "imap CONDSTORE", "imap QRESYNC", "imap MOVE", "imap UIDPLUS"]);
        assert!(poor.iter().all(Check::is_ok));
        assert!(poor[3].follows.contains("UIDPLUS"));
    }

    #[test]
    fn what_went_wrong_is_told_where_it_went_wrong() {
        let endpoint = Endpoint { host: "h".into(), port: 993, tls: Tls::Implicit, ca: None };
        let told = |kind| signed_in("imap", &endpoint, "work", Err(&(kind, "why".to_owned())));
        let verdicts = |kind| told(kind).into_iter().map(|c| (c.check, c.verdict)).collect::<Vec<_>>();
        let named = |name: &str, verdict| (format!("imap {name}"), verdict);
        assert_eq!(
            verdicts(ErrorKind::Auth),
            [named("tls", Verdict::Good), named("sign-in", Verdict::Failed(ErrorKind::Auth))]
        );
        assert_eq!(
            verdicts(ErrorKind::Tls),
            [named("tls", Verdict::Failed(ErrorKind::Tls)), named("sign-in", Verdict::Skipped)]
        );
        assert_eq!(verdicts(ErrorKind::Unreachable)[0], named("greeting", Verdict::Failed(ErrorKind::Unreachable)));
    }

    #[test]
    fn plain_text_within_the_machine_is_said_more_mildly() {
        let plain = |host: &str| {
            protection("tls".into(), &Endpoint { host: host.into(), port: 143, tls: Tls::None, ca: None }, None)
        };
        assert!(plain("127.0.0.1").follows.contains("do not leave this machine"));
        assert!(plain("imap.example.test").follows.contains("anybody on the way"));
    }
}
