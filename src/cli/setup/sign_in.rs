//! How one signs in: the login, where its secret comes from, and whether both servers take it.

use std::sync::Arc;

use super::super::ask::Person;
use super::super::context::Outcome;
use super::servers::{self, Servers};
use crate::config::{self, Account, Auth, Compress, Credentials, Imap, PasswordFrom, Secret, Secrets, TokenFrom};
use crate::imap::{Capabilities, Session};
use crate::smtp::Submission;

/// A sign-in that the servers took.
pub struct SignedIn {
    /// The account as the file will say it.
    pub account: Account,
    /// The account as it signs in now: a password that was typed is not in the keyring yet.
    pub now: Account,
    pub secrets: Arc<Secrets>,
    /// What goes into the keyring once the file is written.
    to_keep: Option<Secret>,
}

/// A way to sign in. What gets tokens by itself will stand beside these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Keyring,
    Command,
    Env,
    Ask,
    TokenCommand,
}

impl Way {
    fn shown(self) -> &'static str {
        match self {
            Self::Keyring => "a password, kept in this system's keyring",
            Self::Command => "a password that a command prints, as `pass show work/mail`",
            Self::Env => "a password in an environment variable",
            Self::Ask => "a password that is asked for each time",
            Self::TokenCommand => "OAuth 2.0: a command prints an access token, as `oama access ADDRESS`",
        }
    }
}

/// The ways that this server and this machine have in common.
fn ways(server: &Capabilities, has_keyring: bool) -> Vec<Way> {
    let takes_passwords = server.has("AUTH=PLAIN") || !server.has("LOGINDISABLED");
    let takes_tokens = server.has("AUTH=XOAUTH2") || server.has("AUTH=OAUTHBEARER");
    let all = [Way::Keyring, Way::Command, Way::Env, Way::Ask, Way::TokenCommand];
    let is_open = |way: &Way| match way {
        Way::TokenCommand => takes_tokens,
        Way::Keyring => takes_passwords && has_keyring,
        Way::Command | Way::Env | Way::Ask => takes_passwords,
    };
    all.into_iter().filter(is_open).collect()
}

/// Asks until both servers let this login in, or its person goes on without the one that sends.
pub async fn ask(person: &Person, address: &str, servers: Servers) -> Outcome<SignedIn> {
    let keyring = config::has_keyring().await;
    let ways = ways(&servers.can, keyring.is_ok());
    let mut login = servers.login.clone().unwrap_or_else(|| address.to_owned());
    let mut account = Account {
        key: "work".to_owned(),
        user: login.clone(),
        name: None,
        handle: None,
        imap: Imap { endpoint: servers.imap, compress: Compress::Auto, connections: 4 },
        smtp: servers.submission,
        auth: Auth::Password(PasswordFrom::Keyring),
    };
    person.gap();
    person.say(&format!("How you sign in at {}:", account.imap.endpoint.host));
    if let Err(why) = &keyring {
        person.say(&format!("(No password can be kept here: {why}.)"));
    }
    if ways.is_empty() {
        person.say("The server offers no way that is known here; a token from a command is tried all the same.");
    }
    let ways = if ways.is_empty() { vec![Way::TokenCommand] } else { ways };
    let mut chosen = 0;
    loop {
        login = person.line("Login", Some(&login)).await?;
        account.user.clone_from(&login);
        let shown: Vec<String> = ways.iter().map(|way| way.shown().to_owned()).collect();
        chosen = person.choice("What do you sign in with?", &shown, chosen).await?;
        let way = ways.get(chosen).copied().unwrap_or(Way::Command);
        let mut signed_in = prove(person, &account, way).await?;
        let credentials = match signed_in.secrets.credentials(&signed_in.now, false).await {
            Ok(credentials) => credentials,
            Err(error) => {
                person.bad(&error.to_string());
                continue;
            }
        };
        person.say(&format!("Signing in as {login} …"));
        match Session::connect(&account.imap.endpoint, &credentials).await {
            Ok(session) => session.logout().await,
            Err(error) => {
                person.bad(&error.to_string());
                continue;
            }
        }
        person.good(&format!("{} lets you in", account.imap.endpoint));
        submission(person, &mut signed_in, &credentials).await?;
        return Ok(signed_in);
    }
}

/// What is shown to the servers, by this way.
async fn prove(person: &Person, account: &Account, way: Way) -> Outcome<SignedIn> {
    let mut to_keep = None;
    let auth = match way {
        Way::Keyring => {
            to_keep = Some(password(person, account).await?);
            Auth::Password(PasswordFrom::Keyring)
        }
        Way::Ask => Auth::Password(PasswordFrom::Ask),
        Way::Command => Auth::Password(PasswordFrom::Command(person.line("The command", None).await?)),
        Way::Env => {
            let typed = person.line("The variable's name", None).await?;
            Auth::Password(PasswordFrom::Env(typed.trim_start_matches('$').to_owned()))
        }
        Way::TokenCommand => Auth::OAuth2(TokenFrom::Command(person.line("The command", None).await?)),
    };
    let account = Account { auth, ..account.clone() };
    let given = match (&to_keep, way) {
        (Some(secret), _) => Some(secret.clone()),
        (None, Way::Ask) => Some(password(person, &account).await?),
        (None, _) => None,
    };
    let now = match given {
        Some(secret) => Account { auth: Auth::Password(PasswordFrom::Given(secret)), ..account.clone() },
        None => account.clone(),
    };
    Ok(SignedIn { account, now, secrets: Arc::new(Secrets::new(true)), to_keep })
}

async fn password(person: &Person, account: &Account) -> Outcome<Secret> {
    person.secret(&format!("Password of {} (it is not shown)", account.user)).await
}

/// The same sign-in at the submission server. One that cannot be made to work keeps nobody from reading and claiming.
async fn submission(person: &Person, signed_in: &mut SignedIn, credentials: &Credentials) -> Outcome {
    loop {
        let server = signed_in.now.smtp.clone();
        match Submission::connect(&server, credentials).await {
            Ok(submission) => {
                submission.quit().await;
                person.good(&format!("{server} lets you in"));
                return Ok(());
            }
            Err(error) => person.bad(&error.to_string()),
        }
        let things = [
            "try again",
            "another submission server",
            "leave it so: you can read and claim, and answers wait here until it works",
        ];
        match person.choice("And now?", &things.map(str::to_owned), 0).await? {
            0 => {}
            1 => {
                let other = servers::other_submission(person, &server).await?;
                signed_in.now.smtp.clone_from(&other);
                signed_in.account.smtp = other;
            }
            _ => return Ok(()),
        }
    }
}

impl SignedIn {
    /// Puts the password into the keyring, where it is to be kept there.
    pub async fn keep(&self, person: &Person) {
        let Some(secret) = &self.to_keep else { return };
        match config::keep_in_keyring(&self.account, secret).await {
            Ok(()) => person.good("the password is in this system's keyring"),
            Err(why) => {
                person.bad(&why);
                person.say("You will be asked for it; `bagsy login` tries again to keep it.");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_server_and_machine_can_do_is_offered() {
        let server = |names: &[&str]| Capabilities::of(names.iter().map(|n| (*n).to_owned()));
        assert_eq!(ways(&server(&["AUTH=PLAIN"]), false), [Way::Command, Way::Env, Way::Ask]);
        assert_eq!(ways(&server(&["IMAP4REV1"]), true), [Way::Keyring, Way::Command, Way::Env, Way::Ask]);
        assert_eq!(ways(&server(&["LOGINDISABLED", "AUTH=XOAUTH2"]), true), [Way::TokenCommand]);
        assert_eq!(ways(&server(&["LOGINDISABLED"]), true), []);
    }
}
