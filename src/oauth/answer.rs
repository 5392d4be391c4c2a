//! What the token endpoint answers: tokens, "not yet", or why not (RFC 6749 §5, RFC 8628 §3.5). Pure.

use std::time::Duration;

use serde::Deserialize;

use crate::config::Secret;
use crate::mail::safe;

/// How long a token counts that does not say so itself.
const UNSAID: Duration = Duration::from_secs(600);

/// What was granted.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    pub access: Secret,
    /// Absent: the old one goes on counting (RFC 6749 §6).
    pub refresh: Option<Secret>,
    pub good_for: Duration,
    /// Absent: what was asked for (RFC 6749 §5.1).
    pub scope: Option<String>,
}

/// What the endpoint says.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Granted(Tokens),
    /// The person has not finished yet.
    Pending,
    /// Not yet, and asked too often.
    SlowDown,
    /// The person said no.
    Denied,
    /// The code is too old.
    Expired,
    /// The grant has ended: revoked, used up, or of somebody who may not any more.
    Ended(String),
    /// Anything else, in the authority's words.
    Refused(String),
    Senseless(String),
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<Seconds>,
    refresh_token: Option<String>,
    scope: Option<String>,
}

/// Some authorities write the number as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

impl Seconds {
    fn duration(&self) -> Option<Duration> {
        let seconds = match self {
            Self::Number(n) => *n,
            Self::Text(text) => text.trim().parse().ok()?,
        };
        // A year and more is "for ever" as much as anything.
        Some(Duration::from_secs(seconds.min(366 * 24 * 3600)))
    }
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    error_description: Option<String>,
}

/// Reads an answer of the token endpoint.
pub(super) fn read(is_success: bool, body: &[u8]) -> Answer {
    if is_success {
        return match serde_json::from_slice::<Granted>(body) {
            Ok(granted) => tokens(granted),
            // The parser's words would repeat what it read.
            Err(_) => Answer::Senseless("its answer holds no access token".to_owned()),
        };
    }
    let Ok(refused) = serde_json::from_slice::<Refused>(body) else {
        return Answer::Senseless("it refuses and does not say why".to_owned());
    };
    let said = why(&refused.error, refused.error_description.as_deref());
    match refused.error.as_str() {
        "authorization_pending" => Answer::Pending,
        "slow_down" => Answer::SlowDown,
        "access_denied" => Answer::Denied,
        "expired_token" => Answer::Expired,
        // The latter three are no errors of the token endpoint by its standard; Microsoft's gives them where a person has to come.
        "invalid_grant" | "interaction_required" | "login_required" | "consent_required" => Answer::Ended(said),
        _ => Answer::Refused(said),
    }
}

fn tokens(granted: Granted) -> Answer {
    let is_bearer = granted.token_type.as_deref().is_none_or(|t| t.eq_ignore_ascii_case("bearer"));
    if !is_bearer {
        return Answer::Senseless("it gives tokens that are no bearer tokens".to_owned());
    }
    // The token goes into a command of IMAP and SMTP: b64token (RFC 6750 §2.1) is all it may be.
    let is_token = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_graphic());
    if !is_token(&granted.access_token) {
        return Answer::Senseless("its access token is none".to_owned());
    }
    Answer::Granted(Tokens {
        access: Secret::new(granted.access_token),
        refresh: granted.refresh_token.filter(|t| !t.is_empty()).map(Secret::new),
        good_for: granted.expires_in.and_then(|s| s.duration()).unwrap_or(UNSAID),
        scope: granted.scope,
    })
}

/// An error's code and description in one line, safe to show.
pub(super) fn why(code: &str, description: Option<&str>) -> String {
    let text = match description.filter(|d| !d.trim().is_empty()) {
        Some(description) => format!("{code}: {description}"),
        None => code.to_owned(),
    };
    safe::line(&text).chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_with_what_they_lack_made_up_for() {
        let Answer::Granted(t) = read(true, br#"{"access_token":"a.b-c","token_type":"Bearer","expires_in":"3599"}"#)
        else {
            panic!()
        };
        assert_eq!((t.access.expose(), t.good_for.as_secs(), t.refresh.is_none()), ("a.b-c", 3599, true));
        let Answer::Granted(t) = read(true, br#"{"access_token":"a","refresh_token":"r","scope":"mail"}"#) else {
            panic!()
        };
        assert_eq!((t.good_for, t.scope.as_deref()), (UNSAID, Some("mail")));
    }

    #[test]
    fn a_token_that_could_break_out_of_a_command_is_none() {
        for token in ["", "a b", "a\\r\\nX", "\\u0001"] {
            let body = format!(r#"{{"access_token":"{token}","token_type":"bearer"}}"#);
            assert!(matches!(read(true, body.as_bytes()), Answer::Senseless(_)), "{token}");
        }
        let mac = br#"{"access_token":"a","token_type":"mac"}"#;
        assert!(matches!(read(true, mac), Answer::Senseless(_)));
    }

    #[test]
    fn refusals_are_told_apart_and_made_safe() {
        let refused = |code: &str| read(false, format!(r#"{{"error":"{code}"}}"#).as_bytes());
        assert!(matches!(refused("authorization_pending"), Answer::Pending));
        assert!(matches!(refused("slow_down"), Answer::SlowDown));
        assert!(matches!(refused("access_denied"), Answer::Denied));
        assert!(matches!(refused("expired_token"), Answer::Expired));
        assert!(matches!(refused("invalid_grant"), Answer::Ended(_)));
        assert!(matches!(refused("interaction_required"), Answer::Ended(_)));
        let body = br#"{"error":"invalid_client","error_description":"no \u001b[31msuch\nclient"}"#;
        let Answer::Refused(said) = read(false, body) else { panic!() };
        assert!(said.starts_with("invalid_client: no") && !said.contains(['\u{1b}', '\n']), "{said}");
        assert!(matches!(read(false, b"<html>"), Answer::Senseless(_)));
    }
}
