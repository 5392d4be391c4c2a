//! How one signs in: the login, where its secret comes from, and whether both servers take it.

use std::sync::Arc;

use super::super::ask::Person;
use super::super::context::{self, Outcome};
use super::grant::{self, Held, Knowledge};
use super::servers::{self, Servers};
use crate::config::{
    self, Account, Auth, Compress, Credentials, Grant, Imap, PasswordFrom, Paths, Secret, Secrets, TokenFrom,
};
use crate::engine::find::Known;
use crate::imap::{self, Capabilities, Session};
use crate::smtp::Submission;

/// A sign-in that the servers took.
pub struct SignedIn {
    /// The account as the file will say it.
    pub account: Account,
    /// The account as it signs in now: a password that was typed is not in the keyring yet.
    pub now: Account,
    pub secrets: Arc<Secrets>,
    /// Whose the server is, where that is known by its name.
    pub known: Option<Known>,
    to_keep: ToKeep,
}

/// What is kept once the file is written.
enum ToKeep {
    Nothing,
    /// In the keyring.
    Password(Secret),
    /// As their grant says.
    Tokens(Box<Held>),
}

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Keyring,
    Command,
    Env,
    Ask,
    Grant,
    TokenCommand,
}

impl Way {
    fn shown(self) -> &'static str {
        match self {
            Self::Keyring => "a password, kept in this system's keyring",
            Self::Command => "a password that a command prints, as `pass show work/mail`",
            Self::Env => "a password in an environment variable",
            Self::Ask => "a password that is asked for each time",
            Self::Grant => "OAuth 2.0: you sign in in a browser, here or on another machine",
            Self::TokenCommand => "OAuth 2.0: a command prints an access token, as `oama access ADDRESS`",
        }
    }
}

/// The ways that this server and this machine have in common, the likeliest first.
fn ways(server: &Capabilities, has_keyring: bool, wants_token: bool) -> Vec<Way> {
    let takes_passwords = server.has("AUTH=PLAIN") || !server.has("LOGINDISABLED");
    let takes_tokens = server.has("AUTH=XOAUTH2") || server.has("AUTH=OAUTHBEARER");
    let all = match wants_token {
        true => [Way::Grant, Way::TokenCommand, Way::Keyring, Way::Ask, Way::Command, Way::Env],
        false => [Way::Keyring, Way::Ask, Way::Command, Way::Env, Way::Grant, Way::TokenCommand],
    };
    let is_open = |way: &Way| match way {
        Way::Grant | Way::TokenCommand => takes_tokens,
        Way::Keyring => takes_passwords && has_keyring,
        Way::Command | Way::Env | Way::Ask => takes_passwords,
    };
    let open: Vec<Way> = all.into_iter().filter(is_open).collect();
    // A server that offers nothing known may say more once it is asked.
    if open.is_empty() { vec![Way::Grant, Way::TokenCommand] } else { open }
}

/// What was typed before, for whoever tries again or goes back.
#[derive(Debug, Default)]
pub struct Typed {
    login: Option<String>,
    /// Which of the ways.
    chosen: usize,
    granted: Option<Grant>,
    /// What brings the password or the token.
    command: Option<String>,
}

/// Asks until both servers let this login in, or its person goes on without the one that sends.
pub async fn ask(person: &Person, address: &str, servers: Servers, typed: &mut Typed) -> Outcome<SignedIn> {
    let keyring = config::has_keyring().await;
    let known = Known::by_server(&servers.imap.host);
    let wants_token = servers.wants_token || known.is_some();
    let issuer = servers.issuer.clone();
    let ways = ways(&servers.can, keyring.is_ok(), wants_token);
    let suggested = servers.login.unwrap_or_else(|| address.to_owned());
    let mut login = typed.login.clone().unwrap_or_else(|| suggested.clone());
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
    if let Some(known) = known {
        person.say(&format!("It is {known}'s, which lets programs in by OAuth 2.0 alone."));
    } else if let Err(why) = &keyring {
        person.say(&format!(
            "(No password can be kept here: {}. It is asked for each time, or a command brings it.)",
            in_short(why)
        ));
    }
    let knowledge = Knowledge { address, known, issuer, no_keyring: keyring.as_ref().err().map(|why| in_short(why)) };
    loop {
        login = person.line("Login", Some(&login)).await?;
        account.user.clone_from(&login);
        typed.login = Some(login.clone());
        let shown: Vec<String> = ways.iter().map(|way| way.shown().to_owned()).collect();
        typed.chosen = person.choice("What do you sign in with?", &shown, typed.chosen).await?;
        let way = ways.get(typed.chosen).copied().unwrap_or(Way::Command);
        let Some(mut signed_in) = prove(person, &account, way, &knowledge, typed).await? else {
            continue;
        };
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
                if way == Way::Grant && matches!(error, imap::Error::Auth { .. }) {
                    person.say(&format!(
                        "Was it {login} who signed in in the browser? Else the administrator has to let this login use IMAP with \
                         OAuth 2.0."
                    ));
                }
                person.say("Again; Enter takes what was answered before.");
                // What looks like none, a password perhaps, is not offered again.
                if !login.contains('@') {
                    login.clone_from(&suggested);
                    typed.login = None;
                }
                continue;
            }
        }
        person.good(&format!("{} lets you in", account.imap.endpoint));
        submission(person, &mut signed_in, &credentials).await?;
        return Ok(signed_in);
    }
}

/// A reason without the system's own words behind it: here it is no fault, but how many machines are.
fn in_short(why: &str) -> &str {
    why.split(" (").next().unwrap_or(why)
}

/// What is shown to the servers, by this way; nothing where its person would rather take another.
async fn prove(
    person: &Person,
    account: &Account,
    way: Way,
    knowledge: &Knowledge<'_>,
    typed: &mut Typed,
) -> Outcome<Option<SignedIn>> {
    let known = knowledge.known;
    let mut secrets = Secrets::new(true);
    let mut to_keep = ToKeep::Nothing;
    let (auth, now) = match way {
        Way::Keyring => {
            let secret = password(person, account).await?;
            to_keep = ToKeep::Password(secret.clone());
            (Auth::Password(PasswordFrom::Keyring), Some(given(account, secret)))
        }
        Way::Ask => {
            let secret = password(person, account).await?;
            (Auth::Password(PasswordFrom::Ask), Some(given(account, secret)))
        }
        Way::Command => (Auth::Password(PasswordFrom::Command(command(person, typed).await?)), None),
        Way::Env => (Auth::Password(PasswordFrom::Env(variable(person).await?)), None),
        Way::TokenCommand => (Auth::OAuth2(TokenFrom::Command(command(person, typed).await?)), None),
        Way::Grant => {
            let Some(held) = grant::ask(person, account, knowledge, &mut typed.granted).await? else { return Ok(None) };
            secrets = secrets.with_tokens(Arc::new(held.grants.clone()));
            let (auth, now) = (Auth::OAuth2(TokenFrom::Grant(Box::new(held.grant.clone()))), held.now(account));
            to_keep = ToKeep::Tokens(Box::new(held));
            (auth, Some(now))
        }
    };
    let account = Account { auth, ..account.clone() };
    let now = now.unwrap_or_else(|| account.clone());
    Ok(Some(SignedIn { account, now, secrets: Arc::new(secrets), known, to_keep }))
}

fn given(account: &Account, secret: Secret) -> Account {
    Account { auth: Auth::Password(PasswordFrom::Given(secret)), ..account.clone() }
}

/// The command that brings it; by default the one that was typed before.
async fn command(person: &Person, typed: &mut Typed) -> Outcome<String> {
    let command = person.line("The command", typed.command.as_deref()).await?;
    typed.command = Some(command.clone());
    Ok(command)
}

/// The name of an environment variable.
pub(super) async fn variable(person: &Person) -> Outcome<String> {
    let typed = person.line("The variable's name", None).await?;
    Ok(typed.trim_start_matches('$').to_owned())
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
    /// The secrets of the account as it was written, with what its person has typed already: nobody types a password or a
    /// passphrase again a moment later.
    pub async fn asked(&self, paths: &Paths) -> Option<Arc<Secrets>> {
        if matches!(self.account.auth, Auth::Password(PasswordFrom::Ask)) {
            return Some(Arc::clone(&self.secrets));
        }
        let ToKeep::Tokens(held) = &self.to_keep else { return None };
        let passphrase = held.passphrase.clone()?;
        let secrets = Secrets::new(true).with_tokens(Arc::new(context::grants(paths).ok()?));
        Some(Arc::new(secrets.with_passphrase(&self.account, passphrase).await))
    }

    /// Puts password or tokens where they are to be kept.
    pub async fn keep(&self, person: &Person, paths: &Paths) {
        match &self.to_keep {
            ToKeep::Nothing => {}
            ToKeep::Tokens(held) => match context::grants(paths) {
                Ok(grants) => held.keep(person, &self.account, &grants).await,
                Err(refusal) => person.bad(&refusal.message),
            },
            ToKeep::Password(secret) => match config::keep_in_keyring(&self.account, secret).await {
                Ok(()) => person.good("the password is in this system's keyring"),
                Err(why) => {
                    person.bad(&why);
                    person.say("You will be asked for it; `bagsy login` tries again to keep it.");
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_server_and_machine_can_do_is_offered() {
        let server = |names: &[&str]| Capabilities::of(names.iter().map(|n| (*n).to_owned()));
        assert_eq!(ways(&server(&["AUTH=PLAIN"]), false, false), [Way::Ask, Way::Command, Way::Env]);
        assert_eq!(ways(&server(&["IMAP4REV1"]), true, false), [Way::Keyring, Way::Ask, Way::Command, Way::Env]);
        let tokens = server(&["LOGINDISABLED", "AUTH=XOAUTH2"]);
        assert_eq!(ways(&tokens, true, false), [Way::Grant, Way::TokenCommand]);
        // Microsoft's says that it takes passwords, and takes none.
        let both = server(&["AUTH=PLAIN", "AUTH=XOAUTH2"]);
        assert_eq!(ways(&both, true, true)[..3], [Way::Grant, Way::TokenCommand, Way::Keyring]);
        assert_eq!(ways(&both, true, false)[0], Way::Keyring);
        assert_eq!(ways(&server(&["LOGINDISABLED"]), true, false), [Way::Grant, Way::TokenCommand]);
    }
}
