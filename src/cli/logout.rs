//! `bagsy logout`: forgets what `bagsy login` has kept of an account: its tokens, or its password in the system's keyring.

use super::args::Global;
use super::context::Outcome;
use super::grant;
use super::login::{is_kept, meant, no_keyring, tell};
use crate::config::{self, Auth, TokenFrom};

/// Forgets it; one that is not there is as good.
///
/// # Errors
/// No such account, one whose secret is kept elsewhere, no keyring.
pub async fn run(global: &Global, account: Option<&str>) -> Outcome {
    let (paths, account) = meant(global, account)?;
    if let Auth::OAuth2(TokenFrom::Grant(grant)) = &account.auth {
        return grant::forget(global, &paths, &account, grant).await;
    }
    is_kept(&account)?;
    let was_there = config::forget_in_keyring(&account).await.map_err(|why| no_keyring(&account, &why))?;
    tell(global, &account, false, if was_there { "its password is forgotten" } else { "no password was kept" });
    Ok(())
}
