//! What `login` and `logout` do for an account that signs in by OAuth 2.0.

use std::process::{Command, Stdio};

use serde_json::json;

use super::args::Global;
use super::context::{Outcome, grants};
use super::login::tell;
use super::output::Output;
use crate::config::{Account, Credentials, Flow, Grant, Keep, Paths, Secrets};
use crate::engine::Error;
use crate::imap::{self, Session};
use crate::model::{ErrorKind, Refusal};
use crate::oauth::Show;

/// Has the person sign in, tries the token on the IMAP server, and keeps it unless the server refuses it.
pub(super) async fn sign_in(
    global: &Global,
    paths: &Paths,
    account: &Account,
    grant: &Grant,
    flow: Option<Flow>,
) -> Outcome {
    let out = Output::new(global.json);
    let grants = grants(paths)?;
    let is_new = !grants.has_file(account, grant);
    let passphrase = Secrets::new(!global.json).passphrase(account, grant, is_new).await?;
    let flow = flow.unwrap_or(grant.flow);
    let granted = grants.sign_in(account, grant, flow, passphrase, |show| invite(&out, account, &show)).await;
    let granted = granted.map_err(|error| error.into_refusal(&account.key))?;
    let tried = try_on_server(account, granted.token()).await;
    if let Err(refusal) = &tried
        && refusal.kind == ErrorKind::Auth
    {
        return tried;
    }
    grants.keep(account, grant, &granted).await.map_err(|error| error.into_refusal(&account.key))?;
    // What cannot be tried now is kept all the same: the person has done their part.
    tried.map_err(|refusal| Refusal { message: format!("signed in, but {}", refusal.message), ..refusal })?;
    let host = &account.imap.endpoint.host;
    let place = match grant.keep {
        Keep::Keyring => "in the system's keyring",
        Keep::File(_) => "in a file, encrypted",
    };
    let renews = granted.is_renewable();
    let life = if renews {
        "renewed by itself"
    } else {
        "not renewed, for the authority gave nothing to renew it with: sign in again when it has ended"
    };
    out.line(
        || json!({ "account": account.key, "user": account.user, "server": host, "stored": true, "renews": renews }),
        || format!("{}: {host} lets {} in. The token is kept {place}; it is {life}.", account.key, account.user),
    );
    Ok(())
}

/// Forgets what was granted.
pub(super) async fn forget(global: &Global, paths: &Paths, account: &Account, grant: &Grant) -> Outcome {
    let was_there = grants(paths)?.forget(account, grant).await.map_err(|error| error.into_refusal(&account.key))?;
    let what = if was_there { "its tokens are forgotten on this machine" } else { "no tokens were kept" };
    tell(global, account, false, what);
    Ok(())
}

/// Says what the person has to do, and opens the browser where one is wanted here.
fn invite(out: &Output, account: &Account, show: &Show) {
    let (key, user) = (&account.key, &account.user);
    let value = || match show {
        Show::Code(invitation) => {
            json!({ "account": key, "user": user, "address": invitation.address, "code": invitation.code,
                    "whole_address": invitation.whole_address, "seconds": invitation.good_for.as_secs() })
        }
        Show::Browser(visit) => json!({ "account": key, "user": user, "address": visit.address }),
    };
    let otherwise = match show {
        Show::Code(_) => "",
        Show::Browser(_) => " On a machine without a browser use `bagsy login --device`.",
    };
    out.line(value, || format!("{}{otherwise} Waiting …", in_words(show, user)));
    if let Some(why) = open_for(show) {
        out.aside(&why);
    }
}

/// What the person has to do to sign in.
pub(super) fn in_words(show: &Show, user: &str) -> String {
    match show {
        Show::Code(invitation) => {
            let minutes = invitation.good_for.as_secs().div_ceil(60);
            let whole = invitation.whole_address.as_ref();
            let whole = whole.map(|w| format!("\n(or, with the code in it: {w})")).unwrap_or_default();
            format!(
                "In a browser on any machine open\n\n    {}\n\nand type the code\n\n    {}\n{whole}\nSign in there as {user}. \
                 The code counts for {minutes} minutes.",
                invitation.address, invitation.code
            )
        }
        Show::Browser(visit) => format!(
            "Sign in as {user} in the browser on this machine. If none opens, open there\n\n    {}\n",
            visit.address
        ),
    }
}

/// Opens the browser where one is wanted here; why none could be.
pub(super) fn open_for(show: &Show) -> Option<String> {
    let Show::Browser(visit) = show else { return None };
    open(&visit.address).err().map(|error| format!("No browser could be started: {error}."))
}

/// Starts the person's browser. What it says and how it ends is its own affair.
fn open(address: &str) -> std::io::Result<()> {
    let chosen = std::env::var_os("BROWSER").filter(|browser| !browser.is_empty());
    let usual = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(chosen.unwrap_or_else(|| usual.into()));
    let mut child = command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    std::thread::spawn(move || drop(child.wait()));
    Ok(())
}

async fn try_on_server(account: &Account, token: crate::config::Secret) -> Outcome {
    let credentials = Credentials::OAuth2 { user: account.user.clone(), token };
    match Session::connect(&account.imap.endpoint, &credentials).await {
        Ok(session) => {
            session.logout().await;
            Ok(())
        }
        Err(error @ imap::Error::Auth { .. }) => {
            let hint = format!(
                "nothing was kept. Was it {} who signed in? Else the administrator has to let this login use IMAP with OAuth 2.0",
                account.user
            );
            Err(Refusal::new(ErrorKind::Auth, error.to_string()).hint(hint))
        }
        Err(error) => Err(Error::from(error).into_refusal()),
    }
}
