//! TLS with verified certificates: by the system's authorities, and beside them the ones that the configuration names.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls_platform_verifier::Verifier;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Error as Rustls, PeerIncompatible,
    ProtocolVersion, RootCertStore,
};

use super::connect::why;
use super::{Error, Stream};
use crate::config::{Endpoint, Tls};

/// How a connection is to be protected, made before it is connected to.
pub enum Protection {
    /// Not at all, as configured.
    None,
    /// From the first byte.
    Implicit(Security),
    /// Once the protocol's STARTTLS was answered.
    StartTls(Security),
}

impl Protection {
    /// What the configuration wants for this server.
    ///
    /// # Errors
    /// [`Error::Authorities`] where `ca` names nothing of use; [`Error::Tls`] where nobody could be trusted.
    pub fn of(server: &Endpoint) -> Result<Self, Error> {
        Ok(match server.tls {
            Tls::None => Self::None,
            Tls::Implicit => Self::Implicit(Security::of(server)?),
            Tls::StartTls => Self::StartTls(Security::of(server)?),
        })
    }
}

/// Whom to trust, and the name that must stand in the server's certificate.
pub struct Security {
    server: String,
    name: ServerName<'static>,
    connector: TlsConnector,
}

impl Security {
    fn of(server: &Endpoint) -> Result<Self, Error> {
        let refused = |why| Error::Tls { server: server.to_string(), why };
        let name = ServerName::try_from(server.host.clone()).map_err(|_| refused(Unsafe::Name))?;
        let further = server.ca.as_deref().map_or_else(|| Ok(Vec::new()), authorities)?;
        let settings = settings(further).map_err(|error| refused(Unsafe::NoAuthorities(error.to_string())))?;
        Ok(Self { server: server.to_string(), name, connector: TlsConnector::from(Arc::new(settings)) })
    }

    /// Takes the connection into TLS.
    ///
    /// # Errors
    /// [`Error::Tls`] where the server cannot be trusted, [`Error::Unreachable`] where the connection ended before that was
    /// known.
    pub async fn secure(self, stream: impl Stream + 'static, patience: Duration) -> Result<Protected, Error> {
        let Self { server, name, connector } = self;
        match timeout(patience, connector.connect(name, stream)).await {
            Ok(Ok(stream)) => {
                let agreed = Agreed::of(stream.get_ref().1);
                Ok(Protected { stream: Box::new(stream), agreed })
            }
            Ok(Err(error)) => Err(match rustls_of(&error) {
                Some(error) => Error::Tls { server, why: Unsafe::of(error) },
                None => Error::Unreachable { server, why: format!("{} in the TLS handshake", why(&error)) },
            }),
            Err(_) => {
                let why = format!(
                    "the TLS handshake was not answered within {} seconds; maybe this port does not begin with TLS",
                    patience.as_secs()
                );
                Err(Error::Unreachable { server, why })
            }
        }
    }
}

/// A connection under TLS.
pub struct Protected {
    /// The two directions.
    pub stream: Box<dyn Stream>,
    /// What protects them.
    pub agreed: Agreed,
}

/// What both ends of a connection under TLS agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    version: &'static str,
    /// By its registered name, without `TLS_` before it.
    suite: &'static str,
}

impl Agreed {
    fn of(connection: &ClientConnection) -> Self {
        let version = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
            _ => "TLS",
        };
        let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or("unnamed");
        let suite = suite.strip_prefix("TLS13_").or_else(|| suite.strip_prefix("TLS_")).unwrap_or(suite);
        Self { version, suite }
    }
}

impl fmt::Display for Agreed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {}", self.version, self.suite)
    }
}

fn rustls_of(error: &io::Error) -> Option<&Rustls> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

fn settings(further: Vec<CertificateDer<'static>>) -> Result<ClientConfig, Rustls> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(further, Arc::clone(&provider))?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

/// The certificates of a file, each checked to be one: the verifier would fail over them without naming the file.
fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let failed = |why: &str| Error::Authorities { file: file.to_owned(), why: why.to_owned() };
    let pem = fs::read(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failed("there is no such file"),
        kind => failed(&kind.to_string()),
    })?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.map_err(|_| failed("it is no PEM file of certificates"))?;
    if certificates.is_empty() {
        return Err(failed("there is no certificate in it"));
    }
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        roots.add(certificate.clone()).map_err(|_| failed("a certificate in it makes no sense"))?;
    }
    Ok(certificates)
}

/// Why a connection is not safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsafe {
    /// The host's name cannot stand in a certificate.
    Name,
    /// Neither the system nor the configuration names an authority.
    NoAuthorities(String),
    /// The certificate's time is over.
    Expired,
    /// The certificate's time is still to come.
    NotYetValid,
    /// The certificate is for another host.
    OtherName,
    /// The certificate was called back.
    Revoked,
    /// The certificate's authority is not trusted.
    UnknownAuthority,
    /// There is an authority of that name, and it did not sign this: what one looks like that was made anew.
    FalseSignature,
    /// A certificate with CA:TRUE.
    AuthoritysOwn,
    /// Something else about the certificate.
    Certificate(String),
    /// No TLS is spoken at this port.
    NoTls,
    /// The server offers outdated TLS only.
    Outdated,
    /// The server refuses STARTTLS, or asks for TLS, in its own words.
    Refused(String),
    /// Something was said in plain text behind STARTTLS, which would be taken for the server's word under TLS.
    Injected,
    /// Whatever else TLS can fail over.
    Other(String),
}

impl Unsafe {
    fn of(error: &Rustls) -> Self {
        match error {
            Rustls::InvalidCertificate(wrong) => Self::of_certificate(wrong),
            Rustls::InvalidMessage(_) => Self::NoTls,
            Rustls::AlertReceived(AlertDescription::ProtocolVersion)
            | Rustls::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            ) => Self::Outdated,
            other => Self::Other(other.to_string()),
        }
    }

    fn of_certificate(wrong: &CertificateError) -> Self {
        use CertificateError as C;
        match wrong {
            C::Expired | C::ExpiredContext { .. } => Self::Expired,
            C::NotValidYet | C::NotValidYetContext { .. } => Self::NotYetValid,
            C::NotValidForName | C::NotValidForNameContext { .. } => Self::OtherName,
            C::Revoked => Self::Revoked,
            C::UnknownIssuer => Self::UnknownAuthority,
            C::BadSignature => Self::FalseSignature,
            // What `openssl req -x509` makes of a server's own certificate; webpki takes no authority for a server.
            C::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => Self::AuthoritysOwn,
            other => Self::Certificate(other.to_string()),
        }
    }

    /// Whether another file of authorities would help.
    pub fn is_about_authority(&self) -> bool {
        matches!(self, Self::NoAuthorities(_) | Self::UnknownAuthority | Self::FalseSignature)
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoAuthorities(_) | Self::UnknownAuthority | Self::FalseSignature => {
                "name a private authority's file with `ca = \"…\"`; certificates are always verified"
            }
            Self::Expired | Self::Revoked | Self::Certificate(_) => {
                "whoever runs the server must renew its certificate; certificates are always verified"
            }
            Self::NotYetValid => "check this machine's clock; certificates are always verified",
            Self::Name | Self::OtherName => "`host` must be the name that stands in the server's certificate",
            Self::AuthoritysOwn => {
                "whoever runs the server must make it a certificate of its own (CA:FALSE), signed by that authority"
            }
            Self::NoTls | Self::Outdated | Self::Refused(_) | Self::Other(_) => {
                "check `port` and `tls` in the configuration; nothing is sent without TLS unless tls = \"none\""
            }
            Self::Injected => {
                "somebody on the way may be meddling: use tls = \"implicit\" if the server has it, or another network"
            }
        }
    }
}

impl fmt::Display for Unsafe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "its name cannot stand in a certificate",
            Self::NoAuthorities(why) => return write!(f, "no certificate authorities are to be had here ({why})"),
            Self::Expired => "its certificate has expired",
            Self::NotYetValid => "its certificate is not valid yet (is this machine's clock right?)",
            Self::OtherName => "its certificate is for another host name",
            Self::Revoked => "its certificate has been revoked",
            Self::UnknownAuthority => "its certificate is from an authority that is not trusted here",
            Self::FalseSignature => {
                "its certificate is from an authority that is not trusted here: its signature is not that of the authority \
                 known by this name"
            }
            Self::AuthoritysOwn => {
                "its certificate is that of an authority (CA:TRUE), where one for a server is due"
            }
            Self::Certificate(why) => return write!(f, "its certificate is not acceptable ({why})"),
            Self::NoTls => "it does not speak TLS at this port; maybe it wants STARTTLS",
            Self::Outdated => "it offers only outdated TLS",
            Self::Refused(said) => said,
            Self::Injected => "it spoke in plain text where TLS was due",
            Self::Other(why) => why,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(ca: &Path) -> Endpoint {
        Endpoint { host: "localhost".into(), port: 1, tls: Tls::Implicit, ca: Some(ca.to_owned()) }
    }

    #[test]
    fn a_file_of_authorities_that_cannot_be_used_is_named_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let nonsense = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        for (path, word) in [
            (folder.path().join("missing.pem"), "no such file"),
            (folder.path().to_owned(), "directory"),
            (file("empty.pem", ""), "no certificate"),
            (file("text.pem", "hello"), "no certificate"),
            (file("nonsense.pem", nonsense), "makes no sense"),
            (file("broken.pem", "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n"), "no PEM"),
        ] {
            match Protection::of(&server(&path)) {
                Err(Error::Authorities { file, why }) => assert!(file == path && why.contains(word), "{why}"),
                Err(other) => panic!("{other}"),
                Ok(_) => panic!("{} was taken", path.display()),
            }
        }
    }

    #[test]
    fn without_tls_nobody_asks_for_authorities() {
        let plain = Endpoint { tls: Tls::None, ..server(Path::new("/nowhere.pem")) };
        assert!(matches!(Protection::of(&plain), Ok(Protection::None)));
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_said_in_plain_words() {
        use CertificateError as C;
        for (wrong, words) in [
            (C::Expired, "expired"),
            (C::NotValidYet, "not valid yet"),
            (C::NotValidForName, "another host name"),
            (C::Revoked, "revoked"),
            (C::UnknownIssuer, "not trusted here"),
            (C::BadSignature, "signature"),
        ] {
            let why = Unsafe::of(&Rustls::InvalidCertificate(wrong.clone()));
            assert!(why.to_string().contains(words), "{wrong:?}: {why}");
        }
    }
}
