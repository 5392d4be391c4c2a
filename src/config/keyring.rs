//! The system's keyring: reading, keeping and forgetting an account's password, or what else of ours it keeps.
//!
//! Its calls block and cannot be broken off, so each runs in a thread of its own that is left behind when it takes too long:
//! without a secret service the bus may be there and never answer, and on a machine without a display the question that
//! unlocks a keyring is never answered.

use std::time::Duration;

use ::keyring::{Entry, Error};
use tokio::time::timeout;

use super::endpoint::Secret;
use super::file::Account;

const CONNECT_PATIENCE: Duration = Duration::from_secs(3);
const UNLOCK_PATIENCE: Duration = Duration::from_secs(20);

/// Under which service and user name an account's password lies in the system's keyring. The host is part of it: a plain
/// login (`alice`) may exist at several servers, and none shall be shown another's password.
pub fn keyring_entry(account: &Account) -> (String, &str) {
    (format!("bagsy:{}", account.imap.endpoint.host.to_ascii_lowercase()), &account.user)
}

/// Whether this system has a keyring that answers.
///
/// # Errors
/// In words: why there is none to be used.
pub async fn has_keyring() -> Result<(), String> {
    let connected = in_thread(CONNECT_PATIENCE, || match Entry::store_status() {
        Ok(()) => Ok(()),
        Err(error) => Err(super::sources::one_line(&error.to_string())),
    });
    match connected.await {
        Some(Ok(())) => Ok(()),
        Some(Err(why)) => Err(format!("this system has no keyring ({why})")),
        None => Err("this system's keyring does not answer".to_owned()),
    }
}

/// What the keyring holds for this account.
pub(super) async fn read_password(account: &Account) -> Result<Secret, String> {
    let (service, user) = keyring_entry(account);
    read(&service, user).await?.ok_or_else(|| "the keyring has none".to_owned())
}

/// Puts an account's password into the keyring, in the place of the one that is there.
///
/// # Errors
/// In words: why it is not kept.
pub async fn keep_in_keyring(account: &Account, secret: &Secret) -> Result<(), String> {
    let (service, user) = keyring_entry(account);
    write(&service, user, secret.clone()).await
}

/// Takes an account's password out of the keyring; whether there was one.
///
/// # Errors
/// In words: why it may be there still.
pub async fn forget_in_keyring(account: &Account) -> Result<bool, String> {
    let (service, user) = keyring_entry(account);
    forget(&service, user).await
}

/// What it holds under this service and user name; `None`: nothing.
///
/// # Errors
/// In words: why it cannot be told.
pub async fn read(service: &str, user: &str) -> Result<Option<Secret>, String> {
    match on_entry(service, user, |entry| entry.get_password()).await? {
        Ok(secret) => Ok(Some(secret).filter(|secret| !secret.is_empty()).map(Secret::new)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(complaint("does not give it", &error)),
    }
}

/// Puts a secret there, in the place of the one that is there.
///
/// # Errors
/// In words: why it is not kept.
pub async fn write(service: &str, user: &str, secret: Secret) -> Result<(), String> {
    let kept = on_entry(service, user, move |entry| entry.set_password(secret.expose())).await?;
    kept.map_err(|error| complaint("does not take it", &error))
}

/// Takes out what is there; whether there was anything.
///
/// # Errors
/// In words: why it may be there still.
pub async fn forget(service: &str, user: &str) -> Result<bool, String> {
    match on_entry(service, user, |entry| entry.delete_credential()).await? {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(error) => Err(complaint("does not give it up", &error)),
    }
}

fn complaint(what: &str, error: &Error) -> String {
    format!("the keyring {what} ({})", super::sources::one_line(&error.to_string()))
}

/// Does something with an entry. The outer error: there is no keyring, or it stays locked.
async fn on_entry<T: Send + 'static>(
    service: &str,
    user: &str,
    act: impl FnOnce(Entry) -> Result<T, Error> + Send + 'static,
) -> Result<Result<T, Error>, String> {
    has_keyring().await?;
    let (service, user) = (service.to_owned(), user.to_owned());
    let done = in_thread(UNLOCK_PATIENCE, move || Entry::new(&service, &user).and_then(act));
    done.await.ok_or_else(|| "the keyring was not unlocked in time".to_owned())
}

/// Runs what blocks in a thread that nobody waits for longer than `patience`; not on tokio's own, whose end would wait.
async fn in_thread<T: Send + 'static>(patience: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::Builder::new()
        .name("keyring".to_owned())
        // Nobody listens any more where the patience has ended.
        .spawn(move || drop(tell.send(work())))
        .ok()?;
    timeout(patience, told).await.ok()?.ok()
}
