//! Signing in on another machine: a short code, shown here and typed into a browser there (RFC 8628). For who works over
//! SSH.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::answer::{self, Answer, Tokens};
use super::authority::{Authority, web};
use super::{Error, Result};
use crate::config::{Grant, Secret};
use crate::mail::safe;
use crate::net::{self, Place};

/// What the person is shown: where to go, and what to type there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// An address under `https`.
    pub address: String,
    /// The same with the code in it, where the authority gives one.
    pub whole_address: Option<String>,
    /// The code.
    pub code: String,
    /// How long it counts.
    pub good_for: Duration,
}

#[derive(Deserialize)]
struct Begun {
    device_code: String,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: u64,
    interval: Option<u64>,
}

/// A sign-in that waits for its person.
pub(super) struct Waiting {
    pub invitation: Invitation,
    code: Secret,
    pace: Pace,
}

/// How often the authority may be asked (RFC 8628 §3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pace(Duration);

impl Pace {
    fn told(seconds: Option<u64>) -> Self {
        Self(Duration::from_secs(seconds.unwrap_or(5).clamp(1, 60)))
    }

    fn slow_down(&mut self) {
        self.0 += Duration::from_secs(5);
    }

    /// What a connection that breaks asks for: exponential back-off.
    fn back_off(&mut self) {
        self.0 = (self.0 * 2).min(Duration::from_secs(60));
    }
}

/// Asks for a code.
pub(super) async fn begin(authority: &Authority, grant: &Grant, scope: &str) -> Result<Waiting> {
    let senseless = |why: &str| Error::Senseless { authority: authority.name.clone(), why: why.to_owned() };
    let place = authority.device.as_ref().ok_or_else(|| senseless("it knows no sign-in by a code"))?;
    let mut form = vec![("client_id", grant.client_id.as_str()), ("scope", scope)];
    if let Some(secret) = &grant.client_secret {
        form.push(("client_secret", secret.expose()));
    }
    let said = web(grant).post(place, &form).await?;
    if !said.is_success {
        return Err(match answer::read(false, &said.body) {
            Answer::Refused(why) | Answer::Ended(why) => Error::Refused { authority: authority.name.clone(), why },
            _ => senseless("it gives no code and does not say why"),
        });
    }
    let begun: Begun =
        serde_json::from_slice(&said.body).map_err(|_| senseless("it gives no code that can be read"))?;
    let is_shown = |url: &str| Place::parse(url).is_some() && url.bytes().all(|b| b.is_ascii_graphic());
    if !is_shown(&begun.verification_uri) {
        return Err(senseless("the address for its code is not under https"));
    }
    Ok(Waiting {
        invitation: Invitation {
            whole_address: begun.verification_uri_complete.filter(|url| is_shown(url)),
            address: begun.verification_uri,
            code: safe::line(&begun.user_code),
            good_for: Duration::from_secs(begun.expires_in.min(3600)),
        },
        code: Secret::new(begun.device_code),
        pace: Pace::told(begun.interval),
    })
}

impl Waiting {
    /// Asks until the person has finished, said no, or let the code grow old.
    pub async fn finish(mut self, authority: &Authority, grant: &Grant) -> Result<Tokens> {
        let end = Instant::now() + self.invitation.good_for;
        let web = web(grant);
        let mut form = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", self.code.expose()),
            ("client_id", grant.client_id.as_str()),
        ];
        if let Some(secret) = &grant.client_secret {
            form.push(("client_secret", secret.expose()));
        }
        while Instant::now() < end {
            sleep(self.pace.0).await;
            let said = match web.post(&authority.token, &form).await {
                Ok(said) => said,
                Err(net::Error::Unreachable { .. }) => {
                    self.pace.back_off();
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let authority = authority.name.clone();
            match answer::read(said.is_success, &said.body) {
                Answer::Granted(tokens) => return Ok(tokens),
                Answer::Pending => {}
                Answer::SlowDown => self.pace.slow_down(),
                Answer::Denied => return Err(Error::NotSignedIn { how: "refused in the browser" }),
                Answer::Expired => break,
                Answer::Ended(why) | Answer::Refused(why) => return Err(Error::Refused { authority, why }),
                Answer::Senseless(why) => return Err(Error::Senseless { authority, why }),
            }
        }
        Err(Error::NotSignedIn { how: "not finished in time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_the_authoritys_and_only_grows() {
        let mut pace = Pace::told(None);
        assert_eq!(pace.0.as_secs(), 5);
        pace.slow_down();
        assert_eq!(pace.0.as_secs(), 10);
        pace.back_off();
        assert_eq!(pace.0.as_secs(), 20);
        assert_eq!(Pace::told(Some(0)).0.as_secs(), 1);
    }
}
