//! Where an authority is asked for what: known for some providers, told by its own metadata for all others (OpenID Connect
//! Discovery 1.0 §4, RFC 8414).

use serde::Deserialize;

use super::{Error, Result};
use crate::config::{Flow, Grant, Provider};
use crate::net::{Page, Place, Web};

/// An authority's endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Its host, for messages.
    pub name: String,
    pub(super) authorization: Option<String>,
    pub(super) token: Place,
    pub(super) device: Option<Place>,
    /// What to ask for where the configuration does not say.
    pub(super) scope: String,
    /// It says that it takes `offline_access`; asked for, or there is no refresh token.
    pub(super) has_offline_access: bool,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: String,
    device_authorization_endpoint: Option<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
}

/// Mail of Microsoft 365: the delegate's token opens shared mailboxes as well.
const MICROSOFT: &str =
    "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access";
const GOOGLE: &str = "https://mail.google.com/";

impl Authority {
    /// Finds it.
    ///
    /// # Errors
    /// It is not there, or what it says of itself makes no sense.
    pub async fn find(grant: &Grant) -> Result<Self> {
        match &grant.provider {
            Provider::Microsoft365 { tenant } => Self::known(
                &format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize"),
                &format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"),
                Some(&format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode")),
                MICROSOFT,
            ),
            // Its device endpoint gives no token for mail (the scope is not among those allowed there).
            Provider::Google => Self::known(
                "https://accounts.google.com/o/oauth2/v2/auth?access_type=offline&prompt=consent",
                "https://oauth2.googleapis.com/token",
                None,
                GOOGLE,
            ),
            Provider::Issuer(issuer) => Self::told(issuer, grant).await,
        }
    }

    /// The ways in which one can sign in there.
    pub fn flows(&self) -> Vec<Flow> {
        let device = self.device.as_ref().map(|_| Flow::Device);
        let browser = self.authorization.as_ref().map(|_| Flow::Browser);
        device.into_iter().chain(browser).collect()
    }

    fn known(authorization: &str, token: &str, device: Option<&str>, scope: &str) -> Result<Self> {
        let senseless = || Error::Senseless { authority: token.to_owned(), why: "it has no such address".to_owned() };
        let place = Place::parse(token).ok_or_else(senseless)?;
        Ok(Self {
            name: place.host.clone(),
            authorization: Some(authorization.to_owned()),
            device: device.map(|d| Place::parse(d).ok_or_else(senseless)).transpose()?,
            token: place,
            scope: scope.to_owned(),
            has_offline_access: false,
        })
    }

    async fn told(issuer: &str, grant: &Grant) -> Result<Self> {
        let senseless = |why: String| Error::Senseless { authority: issuer.to_owned(), why };
        let web = web(grant);
        for url in places(issuer) {
            let place = Place::parse(&url).ok_or_else(|| senseless("its address is none".to_owned()))?;
            let Page::Found(page) = web.get(&place).await? else { continue };
            let Ok(metadata) = serde_json::from_slice::<Metadata>(&page) else {
                return Err(senseless("what it says of itself cannot be read".to_owned()));
            };
            return read(issuer, metadata);
        }
        Err(senseless("it says nothing of itself (no metadata at its well-known addresses)".to_owned()))
    }
}

/// How authorities of this grant are asked.
pub(super) fn web(grant: &Grant) -> Web {
    Web { ca: grant.ca.clone(), at: None }
}

/// Where the metadata may lie: OpenID Connect appends to the issuer's path, RFC 8414 §3.1 puts the path behind.
fn places(issuer: &str) -> Vec<String> {
    let issuer = issuer.trim_end_matches('/');
    let mut places = vec![format!("{issuer}/.well-known/openid-configuration")];
    if let Some((scheme, rest)) = issuer.split_once("://") {
        let (host, path) =
            rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
        places.push(format!("{scheme}://{host}/.well-known/oauth-authorization-server{path}"));
    }
    places
}

fn read(issuer: &str, metadata: Metadata) -> Result<Authority> {
    let senseless = |why: &str| Error::Senseless { authority: issuer.to_owned(), why: why.to_owned() };
    // Whoever says to be another would have our codes and tokens sent there (RFC 8414 §3.3).
    if metadata.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Err(senseless("it says to be another issuer"));
    }
    let place = |url: &str| Place::parse(url).ok_or_else(|| senseless("one of its endpoints is not under https"));
    if let Some(url) = &metadata.authorization_endpoint {
        place(url)?;
    }
    Ok(Authority {
        name: Place::parse(issuer).map_or_else(|| issuer.to_owned(), |p| p.authority()),
        token: place(&metadata.token_endpoint)?,
        device: metadata.device_authorization_endpoint.as_deref().map(place).transpose()?,
        authorization: metadata.authorization_endpoint,
        has_offline_access: metadata.scopes_supported.iter().any(|s| s == "offline_access"),
        scope: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(issuer: &str, token: &str) -> Metadata {
        let json =
            format!(r#"{{"issuer":"{issuer}","token_endpoint":"{token}","scopes_supported":["offline_access"]}}"#);
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn metadata_is_looked_for_where_both_standards_put_it() {
        let places = places("https://id.test/realms/mail/");
        let expected = [
            "https://id.test/realms/mail/.well-known/openid-configuration",
            "https://id.test/.well-known/oauth-authorization-server/realms/mail",
        ];
        assert_eq!(places, expected);
    }

    #[test]
    fn an_authority_that_says_to_be_another_or_leaves_tls_is_not_asked() {
        let read_as = |issuer, token| read("https://id.test", metadata(issuer, token));
        assert!(read_as("https://id.test/", "https://id.test/token").unwrap().has_offline_access);
        assert!(matches!(read_as("https://evil.test", "https://id.test/token"), Err(Error::Senseless { .. })));
        assert!(matches!(read_as("https://id.test", "http://id.test/token"), Err(Error::Senseless { .. })));
    }

    #[tokio::test]
    async fn known_providers_need_no_metadata() {
        for provider in [Provider::Google, Provider::Microsoft365 { tenant: "organizations".into() }] {
            let grant = Grant { provider, ..Grant::of("client") };
            let authority = Authority::find(&grant).await.unwrap();
            assert!(authority.token.to_string().starts_with("https://") && !authority.scope.is_empty());
        }
    }
}
