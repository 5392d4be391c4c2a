//! Where a login's tokens lie between two runs: in the system's keyring, or, where there is none, in a file for its owner
//! alone that is encrypted under a passphrase. Nowhere in clear. Before there is a configuration they are in nobody's hands but
//! this process's own.
//!
//! The file: `bagsy-vault-1`, LF, then base64 of salt (16 octets), nonce (12), and ChaCha20-Poly1305 (RFC 8439) over the
//! tokens as JSON, under Argon2id (RFC 9106) of the passphrase and the salt; the first line is authenticated with it.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64;
use jiff::Timestamp;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

use crate::config::{Secret, keyring};

/// What is kept of a sign-in.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub refresh: Option<String>,
    pub access: String,
    /// When the access token ends, by this machine's clock.
    pub until: Timestamp,
    /// The client for which they were given: another one cannot use them.
    pub client_id: String,
}

/// What was granted and is kept nowhere yet.
#[derive(Clone, Default)]
pub(super) struct Hand(Arc<Mutex<Option<Kept>>>);

impl Hand {
    fn open(&self) -> MutexGuard<'_, Option<Kept>> {
        // Nothing that holds it can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hand(…)")
    }
}

/// Where.
#[derive(Debug, Clone)]
pub(super) enum Vault {
    Hand(Hand),
    Keyring { service: String, user: String },
    File { path: PathBuf, passphrase: Secret },
}

/// A file that was written since has another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    octets: u64,
    /// In seconds and nanoseconds.
    changed: (i64, i64),
}

const HEAD: &str = "bagsy-vault-1";
const SALT: usize = 16;

impl Vault {
    /// What lies there; `None`: nothing. The error says why it cannot be told.
    pub async fn read(&self) -> Result<Option<Kept>, String> {
        let text = match self {
            Self::Hand(hand) => return Ok(hand.open().clone()),
            Self::Keyring { service, user } => match keyring::read(service, user).await? {
                Some(secret) => secret,
                None => return Ok(None),
            },
            Self::File { path, passphrase } => match fs::metadata(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(format!("cannot be read: {error}")),
                Ok(metadata) if metadata.mode() & 0o077 != 0 => {
                    return Err(format!("lie in {}, which others may read: it is not used", path.display()));
                }
                Ok(_) => {
                    let sealed = fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
                    let passphrase = passphrase.clone();
                    Secret::new(unhurried(move || open(&sealed, passphrase.expose())).await?)
                }
            },
        };
        // What an older version wrote, or another program, is as good as nothing.
        Ok(serde_json::from_str(text.expose()).ok())
    }

    /// Where there is a file: its path, and how it is now, without opening it.
    pub fn stamp(&self) -> Option<(PathBuf, Stamp)> {
        let Self::File { path, .. } = self else { return None };
        let now = fs::metadata(path).ok()?;
        let stamp = Stamp { inode: now.ino(), octets: now.size(), changed: (now.ctime(), now.ctime_nsec()) };
        Some((path.clone(), stamp))
    }

    /// Puts tokens there in the place of what lay there.
    pub async fn write(&self, kept: &Kept) -> Result<(), String> {
        let text = serde_json::to_string(kept).map_err(|error| error.to_string())?;
        match self {
            Self::Hand(hand) => {
                *hand.open() = Some(kept.clone());
                Ok(())
            }
            Self::Keyring { service, user } => keyring::write(service, user, Secret::new(text)).await,
            Self::File { path, passphrase } => {
                let passphrase = passphrase.clone();
                let sealed = unhurried(move || seal(&text, passphrase.expose())).await?;
                replace(path, &sealed).map_err(|error| format!("cannot be written: {error}"))
            }
        }
    }

    /// Forgets them; whether there were any.
    pub async fn forget(&self) -> Result<bool, String> {
        match self {
            Self::Hand(hand) => Ok(hand.open().take().is_some()),
            Self::Keyring { service, user } => keyring::forget(service, user).await,
            Self::File { path, .. } => match fs::remove_file(path) {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(format!("cannot be removed: {error}")),
            },
        }
    }
}

/// Deriving a key takes a while on purpose: not on a thread that others wait for.
async fn unhurried(work: impl FnOnce() -> Result<String, String> + Send + 'static) -> Result<String, String> {
    tokio::task::spawn_blocking(work).await.map_err(|_| "cannot be opened".to_owned())?
}

fn key(passphrase: &str, salt: &[u8]) -> Result<LessSafeKey, String> {
    let failed = || "cannot be sealed on this machine".to_owned();
    // RFC 9106 §4, second choice: 64 MiB, three passes.
    let params = Params::new(64 * 1024, 3, 1, Some(32)).map_err(|_| failed())?;
    let mut key = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(passphrase.as_bytes(), salt, &mut key).map_err(|_| failed())?;
    Ok(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &key).map_err(|_| failed())?))
}

fn seal(text: &str, passphrase: &str) -> Result<String, String> {
    let failed = |_| "cannot be sealed on this machine".to_owned();
    let mut whole = vec![0; SALT + NONCE_LEN];
    getrandom::fill(&mut whole).map_err(|_| "cannot be sealed: this system gives no randomness".to_owned())?;
    let (salt, nonce) = whole.split_at(SALT);
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(failed)?;
    let mut sealed = text.as_bytes().to_vec();
    key(passphrase, salt)?.seal_in_place_append_tag(nonce, Aad::from(HEAD), &mut sealed).map_err(failed)?;
    whole.extend(sealed);
    Ok(format!("{HEAD}\n{}\n", BASE64.encode(&whole)))
}

fn open(sealed: &str, passphrase: &str) -> Result<String, String> {
    let broken = || "lie in a file that is no vault of bagsy".to_owned();
    let body = sealed.strip_prefix(HEAD).and_then(|rest| rest.strip_prefix('\n')).ok_or_else(broken)?;
    let mut whole = BASE64.decode(body.trim_end().as_bytes()).map_err(|_| broken())?;
    if whole.len() < SALT + NONCE_LEN {
        return Err(broken());
    }
    let mut rest = whole.split_off(SALT);
    let mut cipher = rest.split_off(NONCE_LEN);
    let nonce = Nonce::try_assume_unique_for_key(&rest).map_err(|_| broken())?;
    let opened = key(passphrase, &whole)?.open_in_place(nonce, Aad::from(HEAD), &mut cipher);
    let opened = opened.map_err(|_| "do not open: it is another passphrase, or the file was changed".to_owned())?;
    String::from_utf8(opened.to_vec()).map_err(|_| broken())
}

/// Never half of it, and never for others.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    // What a run that was cut off left behind.
    let _ = fs::remove_file(&beside);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        Kept {
            refresh: Some("refresh".into()),
            access: "access".into(),
            until: "2026-11-25T12:00:00Z".parse().unwrap(),
            client_id: "client".into(),
        }
    }

    #[tokio::test]
    async fn a_file_opens_by_its_passphrase_alone_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alice.tokens");
        let vault = |passphrase: &str| Vault::File { path: path.clone(), passphrase: Secret::new(passphrase) };
        assert!(vault("right").read().await.unwrap().is_none());
        vault("right").write(&kept()).await.unwrap();
        vault("right").write(&kept()).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("access") && !text.contains("refresh"));
        assert_eq!(vault("right").read().await.unwrap().unwrap().access, "access");
        assert!(vault("wrong").read().await.err().unwrap().contains("passphrase"));
        fs::write(&path, text.replace("vault-1\n", "vault-1\nA")).unwrap();
        assert!(vault("right").read().await.is_err());
        assert!(vault("right").forget().await.unwrap());
        assert!(!vault("right").forget().await.unwrap());
    }

    #[tokio::test]
    async fn a_file_that_others_may_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alice.tokens");
        let vault = Vault::File { path: path.clone(), passphrase: Secret::new("right") };
        vault.write(&kept()).await.unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(vault.read().await.err().unwrap().contains("others may read"));
    }
}
