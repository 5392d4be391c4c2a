//! The tokens of every login that signed in by a grant: taken out of the vault, renewed before they end, or when a server
//! refuses them. Several processes share a vault, and an authority may take a refresh token for stolen that comes twice
//! (RFC 9700 §4.14.2): one process at a time renews, and the others take what it got.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use tokio::time::{sleep, timeout};

use super::answer::{self, Answer, Tokens};
use super::authority::{Authority, web};
use super::looks::{Looks, MARGIN, left};
use super::vault::{Hand, Kept, Vault};
use super::{Error, Invitation, Result, Visit, browser, device};
use crate::config::{Account, Flow, Fresh, Grant, Keep, Provider, Secret, SecretError, TokenSource};

/// How long another process may take to renew.
const TURN: Duration = Duration::from_secs(45);

/// What a person has to be shown while they sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Show {
    /// Type this code there.
    Code(Invitation),
    /// Open this here.
    Browser(Visit),
}

/// What a person was granted by signing in; not kept yet.
pub struct Granted {
    /// The authority, by its host.
    pub authority: String,
    kept: Kept,
    passphrase: Option<Secret>,
}

impl Granted {
    /// The access token.
    pub fn token(&self) -> Secret {
        Secret::new(self.kept.access.as_str())
    }

    /// It is renewed by itself; else the person has to sign in again when it ends.
    pub fn is_renewable(&self) -> bool {
        self.kept.refresh.is_some()
    }
}

/// The grants of a person, with the folder where vaults and their locks lie.
#[derive(Debug, Clone)]
pub struct Grants {
    folder: PathBuf,
    /// Where there is one, nothing is kept anywhere else.
    hand: Option<Hand>,
    looks: Looks,
}

impl Grants {
    /// `folder` exists and is for its owner alone.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), hand: None, looks: Looks::default() }
    }

    /// Grants that are kept nowhere until they are handed over: whoever leaves before leaves nothing behind. `folder` is for
    /// the locks.
    pub fn in_hand(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), hand: Some(Hand::default()), looks: Looks::default() }
    }

    /// Keeps elsewhere what is in the hand, as it is by now; `passphrase`: of the file, where tokens are to lie in one.
    ///
    /// # Errors
    /// There is nothing, or it cannot be kept.
    pub async fn hand_over(
        &self,
        to: &Self,
        account: &Account,
        grant: &Grant,
        passphrase: Option<Secret>,
    ) -> Result<()> {
        let _turn = self.turn(account, grant).await?;
        let held = self.vault(account, grant, None).read().await.map_err(|how| broken(account, grant, how))?;
        let kept = held.ok_or_else(|| broken(account, grant, "are not there any more".to_owned()))?;
        let _turn = to.turn(account, grant).await?;
        to.vault(account, grant, passphrase).write(&kept).await.map_err(|how| broken(account, grant, how))
    }

    /// Whether there is a file of tokens already, which one passphrase alone opens.
    pub fn has_file(&self, account: &Account, grant: &Grant) -> bool {
        matches!(self.vault(account, grant, None), Vault::File { path, .. } if path.exists())
    }

    /// Has a person sign in. `show` is called once, with what the person has to see.
    ///
    /// # Errors
    /// What the authority says; before anybody is troubled, that tokens could not be kept.
    pub async fn sign_in(
        &self,
        account: &Account,
        grant: &Grant,
        flow: Flow,
        passphrase: Option<Secret>,
        show: impl FnOnce(Show),
    ) -> Result<Granted> {
        let vault = self.vault(account, grant, passphrase.clone());
        {
            let _turn = self.turn(account, grant).await?;
            vault.read().await.map_err(|how| broken(account, grant, how))?;
        }
        let authority = Authority::find(grant).await?;
        let scope = wanted(grant, &authority);
        let tokens = match flow {
            Flow::Device => {
                let waiting = device::begin(&authority, grant, &scope).await?;
                show(Show::Code(waiting.invitation.clone()));
                waiting.finish(&authority, grant).await?
            }
            Flow::Browser => {
                let waiting = browser::begin(&authority, grant, &scope).await?;
                show(Show::Browser(waiting.visit.clone()));
                waiting.finish(&authority, grant).await?
            }
        };
        enough(&authority, &scope, tokens.scope.as_deref())?;
        Ok(Granted { authority: authority.name, kept: kept(grant, tokens, None), passphrase })
    }

    /// Keeps what was granted, in the place of what was granted before.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn keep(&self, account: &Account, grant: &Grant, granted: &Granted) -> Result<()> {
        let _turn = self.turn(account, grant).await?;
        let vault = self.vault(account, grant, granted.passphrase.clone());
        vault.write(&granted.kept).await.map_err(|how| broken(account, grant, how))
    }

    /// Forgets what an account was granted; whether there was anything.
    ///
    /// # Errors
    /// The vault cannot be reached.
    pub async fn forget(&self, account: &Account, grant: &Grant) -> Result<bool> {
        let _turn = self.turn(account, grant).await?;
        // Removing needs no passphrase.
        let vault = self.vault(account, grant, None);
        vault.forget().await.map_err(|how| broken(account, grant, how))
    }

    async fn fresh(
        &self,
        account: &Account,
        grant: &Grant,
        passphrase: Option<Secret>,
        refused: Option<Secret>,
    ) -> Result<Fresh> {
        let user = || account.user.clone();
        let vault = self.vault(account, grant, passphrase);
        let broken = |how| broken(account, grant, how);
        let no_grant = |why: &str| Error::NoGrant { user: user(), why: why.to_owned() };
        let _turn = self.turn(account, grant).await?;
        let old = self.looks.look(&vault, &grant.client_id).await.map_err(broken)?.map_err(no_grant)?;
        let left = left(old.until);
        let is_refused = refused.is_some_and(|refused| refused.expose() == old.access);
        if left > MARGIN && !is_refused {
            return Ok(Fresh { token: Secret::new(old.access), good_for: left - MARGIN });
        }
        let Some(refresh) = &old.refresh else {
            return Err(no_grant("what was granted has ended, and nothing to renew it came with it"));
        };
        let renewed = async {
            let authority = Authority::find(grant).await?;
            let mut form = vec![
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh.as_str()),
                ("client_id", grant.client_id.as_str()),
            ];
            if let Some(secret) = &grant.client_secret {
                form.push(("client_secret", secret.expose()));
            }
            let said = web(grant).post(&authority.token, &form).await?;
            Ok((authority.name, answer::read(said.is_success, &said.body)))
        };
        let (authority, said) = match renewed.await {
            Ok(renewed) => renewed,
            // It still counts: who cannot be asked now may be asked later.
            Err(Error::Net(_)) if !is_refused && !left.is_zero() => {
                return Ok(Fresh { token: Secret::new(old.access), good_for: left.min(MARGIN / 4) });
            }
            Err(error) => return Err(error),
        };
        match said {
            Answer::Granted(tokens) => {
                let good_for = tokens.good_for.saturating_sub(MARGIN.min(tokens.good_for / 4));
                let kept = kept(grant, tokens, old.refresh);
                vault.write(&kept).await.map_err(broken)?;
                Ok(Fresh { token: Secret::new(kept.access), good_for })
            }
            Answer::Ended(why) => {
                // It will never count again: the next one need not ask.
                vault.forget().await.map_err(broken)?;
                Err(no_grant(&format!("{authority} has ended what it granted ({why})")))
            }
            Answer::Refused(why) => Err(Error::Refused { authority, why }),
            Answer::Senseless(why) => Err(Error::Senseless { authority, why }),
            Answer::Pending | Answer::SlowDown | Answer::Denied | Answer::Expired => {
                Err(Error::Senseless { authority, why: "it answers a renewal as if it were a sign-in".to_owned() })
            }
        }
    }

    fn vault(&self, account: &Account, grant: &Grant, passphrase: Option<Secret>) -> Vault {
        if let Some(hand) = &self.hand {
            return Vault::Hand(hand.clone());
        }
        match (&grant.keep, passphrase) {
            (Keep::Keyring, _) => {
                Vault::Keyring { service: format!("bagsy-oauth2:{}", of(grant)), user: account.user.clone() }
            }
            (Keep::File(_), passphrase) => Vault::File {
                path: self.folder.join(format!("{}.tokens", name(account, grant))),
                passphrase: passphrase.unwrap_or_else(|| Secret::new("")),
            },
        }
    }

    /// Waits for one's turn at the vault; it ends when what is given is dropped, or with the process.
    async fn turn(&self, account: &Account, grant: &Grant) -> Result<File> {
        let broken = |how: String| broken(account, grant, how);
        let path = self.folder.join(format!("{}.tokens.lock", name(account, grant)));
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        let file = file.map_err(|error| broken(format!("cannot be locked: {error}")))?;
        let waited = timeout(TURN, async {
            loop {
                match file.try_lock() {
                    Ok(()) => return Ok(()),
                    Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(25)).await,
                    Err(TryLockError::Error(error)) => return Err(format!("cannot be locked: {error}")),
                }
            }
        });
        let waited = waited.await.map_err(|_| "are being renewed by another process, which does not end".to_owned());
        waited.flatten().map_err(broken)?;
        Ok(file)
    }
}

impl TokenSource for Grants {
    fn token<'a>(
        &'a self,
        account: &'a Account,
        grant: &'a Grant,
        passphrase: Option<Secret>,
        refused: Option<Secret>,
    ) -> std::pin::Pin<Box<dyn Future<Output = std::result::Result<Fresh, SecretError>> + Send + 'a>> {
        let (grants, of, from) = (self.clone(), account.clone(), grant.clone());
        // In a task of its own: whoever asked may go away, but between the authority's answer and the vault nothing may be cut
        // off, or a refresh token that has been used up already would lie there.
        let renewing = tokio::spawn(async move { grants.fresh(&of, &from, passphrase, refused).await });
        Box::pin(async move {
            let cut_off = |_| Err(broken(account, grant, "could not be looked at to the end".to_owned()));
            let fresh = renewing.await.unwrap_or_else(cut_off);
            fresh.map_err(|error| match error {
                Error::NoGrant { .. } => SecretError::SignedOut(error.into_refusal(&account.key)),
                error => SecretError::Grant(error.into_refusal(&account.key)),
            })
        })
    }
}

fn broken(account: &Account, grant: &Grant, how: String) -> Error {
    Error::Vault { user: account.user.clone(), is_file: matches!(grant.keep, Keep::File(_)), how }
}

/// Whose tokens they are, for names.
fn of(grant: &Grant) -> &str {
    match &grant.provider {
        Provider::Microsoft365 { .. } => "microsoft365",
        Provider::Google => "google",
        Provider::Issuer(issuer) => issuer,
    }
}

/// The name of a vault's file: a person can read it, and no two logins share it.
fn name(account: &Account, grant: &Grant) -> String {
    let whole = format!("{}\0{}", account.user, of(grant));
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(whole.as_bytes())[..6]);
    let safe = |c: char| if c.is_ascii_alphanumeric() || "@.-_".contains(c) { c } else { '_' };
    let readable: String = account.user.chars().map(safe).take(80).collect();
    format!("{}-{hash}", readable.trim_start_matches('.'))
}

fn kept(grant: &Grant, tokens: Tokens, old_refresh: Option<String>) -> Kept {
    let until = SignedDuration::try_from(tokens.good_for).ok().and_then(|d| Timestamp::now().checked_add(d).ok());
    Kept {
        refresh: tokens.refresh.map(|t| t.expose().to_owned()).or(old_refresh),
        access: tokens.access.expose().to_owned(),
        until: until.unwrap_or_else(Timestamp::now),
        client_id: grant.client_id.clone(),
    }
}

/// What is asked for.
fn wanted(grant: &Grant, authority: &Authority) -> String {
    let mut scope = grant.scope.clone().unwrap_or_else(|| authority.scope.clone());
    for further in ["openid", "offline_access"] {
        if authority.has_offline_access && !scope.split(' ').any(|s| s == further) {
            scope = format!("{scope} {further}").trim().to_owned();
        }
    }
    scope
}

/// Whether what was granted is what mail needs. What is about the person, not about mail, may be missing.
fn enough(authority: &Authority, wanted: &str, granted: Option<&str>) -> Result<()> {
    let Some(granted) = granted else { return Ok(()) };
    let has = |scope: &str| granted.split(' ').any(|g| g.eq_ignore_ascii_case(scope));
    let is_about_mail = |scope: &&str| !["openid", "offline_access", "profile", "email"].contains(scope);
    let missing: Vec<&str> = wanted.split(' ').filter(is_about_mail).filter(|s| !s.is_empty() && !has(s)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::Scope {
        authority: authority.name.clone(),
        granted: crate::mail::safe::line(granted).chars().take(200).collect(),
        missing: missing.join(" "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn authority() -> Authority {
        Authority::find(&Grant::of("client")).await.unwrap()
    }

    #[tokio::test]
    async fn less_than_mail_needs_is_no_grant() {
        let authority = authority().await;
        assert!(enough(&authority, "imap smtp openid", Some("SMTP imap")).is_ok());
        assert!(enough(&authority, "imap smtp", None).is_ok());
        let Err(Error::Scope { missing, .. }) = enough(&authority, "imap smtp", Some("imap")) else { panic!() };
        assert_eq!(missing, "smtp");
    }

    #[tokio::test]
    async fn what_brings_a_refresh_token_is_asked_for() {
        let authority = Authority { has_offline_access: true, scope: String::new(), ..authority().await };
        assert_eq!(wanted(&Grant::of("c"), &authority), "openid offline_access");
        let grant = Grant { scope: Some("mail offline_access".into()), ..Grant::of("c") };
        assert_eq!(wanted(&grant, &authority), "mail offline_access openid");
    }
}
