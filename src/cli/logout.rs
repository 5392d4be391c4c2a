//! `bagsy logout`: takes an account's password out of the system's keyring.

use super::args::Global;
use super::context::Outcome;
use super::login::{kept_account, no_keyring, tell};
use crate::config;

/// Forgets it; one that is not there is as good.
///
/// # Errors
/// No such account, one whose secret is kept elsewhere, no keyring.
pub async fn run(global: &Global, account: Option<&str>) -> Outcome {
    let account = kept_account(global, account)?;
    let was_there = config::forget_in_keyring(&account).await.map_err(|why| no_keyring(&account, &why))?;
    tell(global, &account, false, if was_there { "its password is forgotten" } else { "no password was kept" });
    Ok(())
}
