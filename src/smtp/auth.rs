//! Which SASL mechanism is used, and what is said in it. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::extensions::Extensions;
use crate::config::{Credentials, Endpoint};

/// The longest command line (RFC 5321 §4.5.3.1.4); a longer first response has to wait for the server's 334
/// (RFC 4954 §4).
const MAX_COMMAND: usize = 512;

/// What to say, line by line, without line ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    /// The command and the mechanism's name.
    pub(super) mechanism: &'static str,
    /// The AUTH command.
    pub(super) command: String,
    /// The answers to the server's 334s, in their order.
    pub(super) answers: Vec<String>,
    /// What ends the exchange when the server asks on: that is how it says no to a token (RFC 7628 §3.2.3).
    pub(super) surrender: &'static str,
}

/// The exchange for the best mechanism that server and credentials share.
pub(super) fn exchange(credentials: &Credentials, offered: &Extensions, server: &Endpoint) -> Option<Exchange> {
    match credentials {
        Credentials::Password { user, password } => {
            let password = password.expose();
            if offered.has_auth("PLAIN") {
                Some(first("AUTH PLAIN", &format!("\0{user}\0{password}"), "*"))
            } else if offered.has_auth("LOGIN") {
                let answers = vec![STANDARD.encode(user), STANDARD.encode(password)];
                let mechanism = "AUTH LOGIN";
                Some(Exchange { mechanism, command: mechanism.to_owned(), answers, surrender: "*" })
            } else {
                None
            }
        }
        Credentials::OAuth2 { user, token } => {
            let token = token.expose();
            if offered.has_auth("OAUTHBEARER") {
                // `,` and `=` are signs of the GS2 header (RFC 5801 §4).
                let name = user.replace('=', "=3D").replace(',', "=2C");
                let (host, port) = (&server.host, server.port);
                let said = format!("n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01");
                Some(first("AUTH OAUTHBEARER", &said, "AQ=="))
            } else if offered.has_auth("XOAUTH2") {
                Some(first("AUTH XOAUTH2", &format!("user={user}\x01auth=Bearer {token}\x01\x01"), ""))
            } else {
                None
            }
        }
    }
}

/// An exchange of one response, put into the command where it fits.
fn first(mechanism: &'static str, response: &str, surrender: &'static str) -> Exchange {
    let response = STANDARD.encode(response);
    let whole = format!("{mechanism} {response}");
    if whole.len() + 2 <= MAX_COMMAND {
        Exchange { mechanism, command: whole, answers: Vec::new(), surrender }
    } else {
        Exchange { mechanism, command: mechanism.to_owned(), answers: vec![response], surrender }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secret, Tls};

    fn offering(auth: &[&str]) -> Extensions {
        Extensions { auth: auth.iter().map(|&m| m.to_owned()).collect(), ..Extensions::default() }
    }

    fn server() -> Endpoint {
        Endpoint { host: "smtp.example.test".into(), port: 587, tls: Tls::StartTls, ca: None }
    }

    fn token(text: &str) -> Credentials {
        Credentials::OAuth2 { user: "a,b@example.test".into(), token: Secret::new(text) }
    }

    #[test]
    fn a_password_goes_by_plain_and_else_by_login() {
        let credentials = Credentials::Password { user: "user".into(), password: Secret::new("password") };
        let plain = exchange(&credentials, &offering(&["LOGIN", "PLAIN"]), &server()).unwrap();
        assert_eq!(plain.command, "AUTH PLAIN AHVzZXIAcGFzc3dvcmQ=");
        let login = exchange(&credentials, &offering(&["LOGIN"]), &server()).unwrap();
        assert_eq!((login.command.as_str(), login.answers.len()), ("AUTH LOGIN", 2));
        assert_eq!(exchange(&credentials, &offering(&["XOAUTH2", "CRAM-MD5"]), &server()), None);
    }

    #[test]
    fn a_token_goes_by_the_standard_and_else_by_its_forerunner() {
        let bearer = exchange(&token("t"), &offering(&["XOAUTH2", "OAUTHBEARER"]), &server()).unwrap();
        let said = STANDARD.decode(bearer.command.strip_prefix("AUTH OAUTHBEARER ").unwrap()).unwrap();
        assert_eq!(said, b"n,a=a=2Cb@example.test,\x01host=smtp.example.test\x01port=587\x01auth=Bearer t\x01\x01");
        let forerunner = exchange(&token("t"), &offering(&["XOAUTH2"]), &server()).unwrap();
        assert_eq!(forerunner.surrender, "");
    }

    #[test]
    fn a_token_too_long_for_a_command_waits_for_the_servers_word() {
        let long = exchange(&token(&"x".repeat(2000)), &offering(&["XOAUTH2"]), &server()).unwrap();
        assert_eq!((long.command.as_str(), long.answers.len()), ("AUTH XOAUTH2", 1));
    }
}
