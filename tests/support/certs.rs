//! A private certificate authority and the certificates a server may show: right, for another host, expired.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto, pki_types::CertificateDer};

/// What is wrong with a server's certificate, if anything. Each has a loopback address of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cert {
    /// For `localhost` and 127.0.0.1.
    Right,
    /// For `elsewhere.example.test`, shown at 127.0.0.2.
    WrongHost,
    /// For 127.0.0.3, and over since 2021.
    Expired,
}

impl Cert {
    pub const ALL: [Self; 3] = [Self::Right, Self::WrongHost, Self::Expired];

    /// The loopback address at which a server shows this certificate.
    pub fn address(self) -> &'static str {
        match self {
            Self::Right => "127.0.0.1",
            Self::WrongHost => "127.0.0.2",
            Self::Expired => "127.0.0.3",
        }
    }

    fn file_stem(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::WrongHost => "wrong-host",
            Self::Expired => "expired",
        }
    }

    /// The chain in a folder that [`write_to`] filled.
    pub fn chain(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.pem", self.file_stem()))
    }

    /// Its private key, likewise.
    pub fn key(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.key", self.file_stem()))
    }
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

/// One authority for all servers of a test process.
fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "The tests' own authority");
        let key = KeyPair::generate().expect("a key");
        let cert = params.self_signed(&key).expect("a certificate that signs itself");
        Authority { pem: cert.pem(), der: cert.der().clone(), issuer: Issuer::new(params, key) }
    })
}

/// Writes `ca.pem` and the three certificates with their keys into `folder`; gives the path of `ca.pem`.
pub fn write_to(folder: &Path) -> PathBuf {
    for cert in Cert::ALL {
        let names: &[&str] = match cert {
            Cert::Right => &["localhost", "127.0.0.1"],
            Cert::WrongHost => &["elsewhere.example.test"],
            Cert::Expired => &["127.0.0.3"],
        };
        let years = if cert == Cert::Expired { (2020, 2021) } else { (2024, 2124) };
        write(names, years, &cert.chain(folder), &cert.key(folder));
    }
    let ca = folder.join("ca.pem");
    std::fs::write(&ca, &authority().pem).expect("ca.pem");
    ca
}

/// Writes a certificate of the same authority for these names; gives chain and key.
pub fn write_for(folder: &Path, names: &[&str]) -> (PathBuf, PathBuf) {
    let (chain, key) = (folder.join("names.pem"), folder.join("names.key"));
    write(names, (2024, 2124), &chain, &key);
    (chain, key)
}

fn write(names: &[&str], years: (i32, i32), chain: &Path, key_file: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names fit for a certificate");
    params.distinguished_name.push(DnType::CommonName, "A server of the tests");
    (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
    // Apple's verifier refuses what lives longer than it likes or is not said to be for servers.
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().expect("a key");
    let signed = params.signed_by(&key, &authority().issuer).expect("a signed certificate");
    std::fs::write(chain, signed.pem()).expect("the chain");
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(key_file).expect("the key's file");
    std::io::Write::write_all(&mut file, key.serialize_pem().as_bytes()).expect("the key");
}

/// A TLS client that trusts the tests' authority and nobody else.
pub fn client_config() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority().der.clone()).expect("our own authority");
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}
