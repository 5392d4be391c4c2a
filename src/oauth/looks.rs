//! What of the vaults on disk was found to be of no use. Opening one takes time and memory on purpose: one that has not changed
//! since is not opened again only to say the same. No secret is kept of it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::vault::{Kept, Stamp, Vault};

/// A token that ends sooner than this is renewed now: a sign-in takes a while, and clocks differ.
pub(super) const MARGIN: Duration = Duration::from_secs(60);

/// What lay in a vault, as far as it tells whether it is of use.
#[derive(Debug, Clone)]
struct Found {
    client_id: String,
    until: Timestamp,
    is_renewable: bool,
}

/// Nobody has signed in, or `Found` cannot be used: in words.
fn why_useless(found: Option<&Found>, client_id: &str) -> Option<&'static str> {
    match found {
        None => Some("nobody has signed in here, or it has ended"),
        Some(found) if found.client_id != client_id => Some("what was granted was granted to another client_id"),
        Some(found) if !found.is_renewable && left(found.until) <= MARGIN => {
            Some("what was granted has ended, and nothing to renew it came with it")
        }
        Some(_) => None,
    }
}

/// How long a token is good for that ends then.
pub(super) fn left(until: Timestamp) -> Duration {
    let left = until.duration_since(Timestamp::now());
    // A day more than any token lives: whoever set the clock back does not keep one for ever.
    if left.is_negative() || left > SignedDuration::from_hours(24 * 367) { Duration::ZERO } else { left.unsigned_abs() }
}

/// What was found in each file, by its path, and how the file was then.
type ByPath = HashMap<PathBuf, (Stamp, Option<Found>)>;

/// The looks of this process.
#[derive(Debug, Clone, Default)]
pub(super) struct Looks(Arc<Mutex<ByPath>>);

impl Looks {
    /// What lies in a vault, as far as it is of use to this client; `Ok(Err(why))`: of none. The error says why it cannot be
    /// told. The vault's turn is the caller's.
    pub async fn look(&self, vault: &Vault, client_id: &str) -> Result<Result<Kept, &'static str>, String> {
        let stamped = vault.stamp();
        if let Some((path, stamp)) = &stamped {
            let known = self.all().get(path).filter(|(then, _)| then == stamp).map(|(_, found)| found.clone());
            if let Some(why) = known.and_then(|found| why_useless(found.as_ref(), client_id)) {
                return Ok(Err(why));
            }
        }
        let kept = vault.read().await?;
        let found = kept.as_ref().map(|kept| Found {
            client_id: kept.client_id.clone(),
            until: kept.until,
            is_renewable: kept.refresh.is_some(),
        });
        let useless = why_useless(found.as_ref(), client_id);
        if let Some((path, stamp)) = stamped.filter(|_| useless.is_some()) {
            self.all().insert(path, (stamp, found));
        }
        Ok(match (kept, useless) {
            (Some(kept), None) => Ok(kept),
            (_, why) => Err(why.unwrap_or_default()),
        })
    }

    fn all(&self) -> MutexGuard<'_, ByPath> {
        // Nothing that holds it can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn kept(refresh: Option<&str>, left: i64) -> Kept {
        Kept {
            refresh: refresh.map(str::to_owned),
            access: "access".into(),
            until: Timestamp::now() + SignedDuration::from_secs(left),
            client_id: "client".into(),
        }
    }

    #[tokio::test]
    async fn a_file_that_is_of_no_use_is_opened_once_until_it_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alice.tokens");
        let vault = |passphrase: &str| Vault::File { path: path.clone(), passphrase: Secret::new(passphrase) };
        let looks = Looks::default();
        assert!(looks.look(&vault("right"), "client").await.unwrap().is_err());
        for (useless, client) in [(kept(Some("refresh"), 3600), "other"), (kept(None, -1), "client")] {
            vault("right").write(&useless).await.unwrap();
            let why = looks.look(&vault("right"), client).await.unwrap().err().unwrap();
            // Another passphrase would not open it.
            assert_eq!(looks.look(&vault("wrong"), client).await.unwrap().err(), Some(why));
        }
        // Whoever asks for another client, or after another sign-in, is told anew.
        assert!(looks.look(&vault("wrong"), "client").await.is_ok());
        vault("right").write(&kept(Some("refresh"), -1)).await.unwrap();
        assert!(looks.look(&vault("wrong"), "client").await.is_err());
        for _ in 0..2 {
            assert_eq!(looks.look(&vault("right"), "client").await.unwrap().unwrap().access, "access");
        }
        vault("right").forget().await.unwrap();
        assert!(looks.look(&vault("right"), "client").await.unwrap().is_err());
    }
}
