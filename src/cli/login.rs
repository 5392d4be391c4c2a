//! `bagsy login`: signs an account in by OAuth 2.0, or tests its password on its server and keeps it in the system's keyring.

use std::io::{self, BufRead, IsTerminal, Read};

use serde_json::json;

use super::args::Global;
use super::ask::{self, Person};
use super::context::Outcome;
use super::grant;
use super::output::Output;
use crate::config::{self, Account, Auth, Config, Credentials, Flow, PasswordFrom, Paths, Secret, TokenFrom};
use crate::engine::Error;
use crate::imap::{self, Session};
use crate::model::{ErrorKind, Refusal};

/// So often a wrong password is asked for again.
const TRIES: usize = 3;

/// Has the person sign in, or asks for the password, or reads it from standard input; nothing is kept that the server does not
/// take. `flow`: how to sign in, where the configuration is not to say it.
///
/// # Errors
/// No such account, one whose secret is kept elsewhere, no keyring; what the server says against it.
pub async fn run(global: &Global, account: Option<&str>, flow: Option<Flow>) -> Outcome {
    refuse_offline(global, "login")?;
    let (paths, account) = meant(global, account)?;
    if let Auth::OAuth2(TokenFrom::Grant(grant)) = &account.auth {
        return grant::sign_in(global, &paths, &account, grant, flow).await;
    }
    is_kept(&account)?;
    if flow.is_some() {
        let text = format!("account “{}” signs in by a password, in which no browser has a part", account.key);
        return Err(Refusal::new(ErrorKind::Usage, text));
    }
    config::has_keyring().await.map_err(|why| no_keyring(&account, &why))?;
    let secret = if io::stdin().is_terminal() && !global.json {
        let person =
            Person::at_terminal("login", "give the password on standard input: `pass show work/mail | bagsy login`")?;
        ask::unless_left(asked(&person, &account)).await?
    } else {
        let secret = piped()?;
        test(&account, &secret).await?;
        secret
    };
    config::keep_in_keyring(&account, &secret).await.map_err(|why| no_keyring(&account, &why))?;
    tell(global, &account, true, "its password is in the system's keyring; the server took it");
    Ok(())
}

/// Asks until the server takes it.
async fn asked(person: &Person, account: &Account) -> Outcome<Secret> {
    let question = format!("Password of {} at {} (it is not shown)", account.user, account.imap.endpoint.host);
    for tries in 1.. {
        let secret = person.secret(&question).await?;
        match test(account, &secret).await {
            Ok(()) => return Ok(secret),
            Err(refusal) if refusal.kind == ErrorKind::Auth && tries < TRIES => person.bad(&refusal.message),
            Err(refusal) => return Err(refusal),
        }
    }
    Err(Refusal::new(ErrorKind::Auth, "no password was given"))
}

/// The first line of standard input.
fn piped() -> Outcome<Secret> {
    let mut line = String::new();
    // No password is longer.
    let read = io::stdin().lock().take(64 * 1024).read_line(&mut line);
    let line = line.trim_end_matches(['\r', '\n']);
    match read {
        Ok(_) if !line.is_empty() => Ok(Secret::new(line)),
        Ok(_) => Err(Refusal::new(ErrorKind::Usage, "no password is on standard input")
            .hint("`pass show work/mail | bagsy login`, or start it on a terminal, where it asks")),
        Err(error) => Err(Refusal::new(ErrorKind::Usage, format!("standard input cannot be read: {error}"))),
    }
}

async fn test(account: &Account, secret: &Secret) -> Outcome {
    let credentials = Credentials::Password { user: account.user.clone(), password: secret.clone() };
    match Session::connect(&account.imap.endpoint, &credentials).await {
        Ok(session) => {
            session.logout().await;
            Ok(())
        }
        Err(error @ imap::Error::Auth { .. }) => {
            let hint = "nothing was kept; the keyring is as it was";
            Err(Refusal::new(ErrorKind::Auth, error.to_string()).hint(hint))
        }
        Err(error) => Err(Error::from(error).into_refusal()),
    }
}

/// Neither verb does anything without a connection or with one: only this one needs it.
fn refuse_offline(global: &Global, verb: &str) -> Outcome {
    if global.offline {
        let text = format!("`{verb}` tries on the server what it keeps, which --offline forbids");
        return Err(Refusal::new(ErrorKind::Usage, text));
    }
    Ok(())
}

/// The account that is meant.
///
/// # Errors
/// Which accounts there are.
pub(super) fn meant(global: &Global, wanted: Option<&str>) -> Outcome<(Paths, Account)> {
    let paths = Paths::find(global.config.as_deref())?;
    let config = Config::load(paths.config_file())?;
    let names = config.accounts.keys().cloned().collect::<Vec<_>>().join(", ");
    let account = match wanted {
        Some(name) => config.account(name).ok_or_else(|| {
            Refusal::new(ErrorKind::NotFound, format!("there is no account “{name}”")).hint(format!("there is {names}"))
        })?,
        None => match config.accounts.values().collect::<Vec<_>>()[..] {
            [only] => only,
            _ => {
                let text = "there are several accounts: say which";
                return Err(Refusal::new(ErrorKind::Usage, text).hint(format!("one of {names}")));
            }
        },
    };
    Ok((paths, account.clone()))
}

/// Whether its password is one for the keyring.
///
/// # Errors
/// Where the secret of this one comes from instead.
pub(super) fn is_kept(account: &Account) -> Outcome {
    let from = match &account.auth {
        Auth::Password(PasswordFrom::Keyring) => return Ok(()),
        Auth::Password(PasswordFrom::Command(_)) => "a command prints its password",
        Auth::Password(PasswordFrom::Env(_)) => "its password is in an environment variable",
        Auth::Password(PasswordFrom::Ask | PasswordFrom::Given(_)) => "its password is asked for each time",
        Auth::OAuth2(TokenFrom::Grant(_)) => "it signs in by OAuth 2.0",
        Auth::OAuth2(TokenFrom::Command(_)) => "a command prints its access token",
    };
    let text = format!("nothing of account “{}” is kept in the keyring: {from}", account.key);
    let hint =
        format!("auth = {{ method = \"password\", keyring = true }} in [account.{}] would keep it there", account.key);
    Err(Refusal::new(ErrorKind::Config, text).hint(hint))
}

/// What to do on a machine without a keyring.
pub(super) fn no_keyring(account: &Account, why: &str) -> Refusal {
    let hint = format!(
        "on a machine without one, as one reached by SSH often is, let a command print the password: auth = {{ method = \
         \"password\", command = \"pass show work/mail\" }} in [account.{}], or env = \"VARIABLE\", or keyring = false to be \
         asked each time",
        account.key
    );
    Refusal::new(ErrorKind::Failed, why).hint(hint)
}

pub(super) fn tell(global: &Global, account: &Account, is_stored: bool, what: &str) {
    let host = &account.imap.endpoint.host;
    Output::new(global.json).line(
        || json!({ "account": account.key, "user": account.user, "server": host, "stored": is_stored }),
        || format!("{}: {} at {host}: {what}", account.key, account.user),
    );
}
