//! The secret of each account: fetched when first needed, kept in memory only, fetched anew when a server refuses it.

use std::collections::HashMap;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::endpoint::{Credentials, Secret};
use super::file::{Account, Auth, Grant, Keep, PasswordFrom, TokenFrom};
use super::{keyring, sources};
use crate::model::{ErrorKind, Refusal};

/// Access tokens live for an hour or so and nobody tells us how long: after this time the command, which knows, is asked
/// again before the next sign-in.
const TOKEN_LIFE: Duration = Duration::from_secs(5 * 60);

/// Why an account has no secret to show.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The command could not be run, failed, or took too long.
    #[error("the {what} command of account “{account}” {how}")]
    Command {
        /// `password` or `token`.
        what: &'static str,
        /// The account.
        account: String,
        /// What became of it, with what it wrote to standard error.
        how: String,
    },
    /// The environment variable is not set, or empty.
    #[error("the environment variable {variable}, which account “{account}” takes its password from, is not set")]
    NoVariable {
        /// The variable.
        variable: String,
        /// The account.
        account: String,
    },
    /// There is no access token by the grant that is configured.
    #[error("{}", .0.message)]
    Grant(Refusal),
    /// Nobody is signed in: there is no grant, or it has ended. Whether that is still so can be found out here, without asking
    /// anybody.
    #[error("{}", .0.message)]
    SignedOut(Refusal),
    /// A passphrase is nowhere to be had.
    #[error("the passphrase of account “{account}” is not to be had: {why}")]
    Passphrase {
        /// The account.
        account: String,
        /// What came of asking.
        why: String,
    },
    /// Neither keyring nor person could tell.
    #[error("there is no password for {user} (account “{account}”): {why}")]
    Nowhere {
        /// The account.
        account: String,
        /// The login.
        user: String,
        /// What was tried and what came of it.
        why: String,
    },
}

impl SecretError {
    /// What kind of failure it is: an authority that cannot be asked now may be asked later.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Grant(refusal) | Self::SignedOut(refusal) => refusal.kind,
            _ => ErrorKind::Auth,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Command { .. } => "run the command by hand; its first line of output is what is used".to_owned(),
            Self::NoVariable { variable, .. } => format!("set {variable}, or change `auth` in the configuration"),
            Self::Grant(refusal) | Self::SignedOut(refusal) => refusal.hint.clone().unwrap_or_default(),
            Self::Passphrase { account, .. } => {
                format!(
                    "put passphrase = {{ command = \"…\" }} into `auth` of [account.{account}], or start it on a terminal"
                )
            }
            Self::Nowhere { account, .. } => format!(
                "`bagsy login` keeps one in the keyring; or put auth = {{ method = \"password\", command = \"…\" }} (or env = \
                 \"VARIABLE\") into [account.{account}], or start it on a terminal, where it asks"
            ),
        }
    }
}

impl From<SecretError> for Refusal {
    fn from(error: SecretError) -> Self {
        if let SecretError::Grant(refusal) | SecretError::SignedOut(refusal) = error {
            return refusal;
        }
        Self::new(ErrorKind::Auth, error.to_string()).hint(error.hint())
    }
}

/// An access token, and how long it is good for as far as is known.
#[derive(Debug, Clone)]
pub struct Fresh {
    pub token: Secret,
    pub good_for: Duration,
}

/// The answer of a [`TokenSource`], to be awaited.
pub type Promised<'a> = Pin<Box<dyn Future<Output = Result<Fresh, SecretError>> + Send + 'a>>;

/// Who gets access tokens by a grant: it talks to an authority, which nothing in this layer can.
pub trait TokenSource: Debug + Send + Sync {
    /// A token for this account. `refused`: one that a server did not take. `passphrase`: of the file in which the tokens
    /// lie, where they lie in one.
    fn token<'a>(
        &'a self,
        account: &'a Account,
        grant: &'a Grant,
        passphrase: Option<Secret>,
        refused: Option<Secret>,
    ) -> Promised<'a>;
}

/// Brings the secrets of all accounts of this process.
#[derive(Debug)]
pub struct Secrets {
    may_ask: AtomicBool,
    tokens: Option<Arc<dyn TokenSource>>,
    /// A slot for each account, locked while its secret is fetched: whoever comes meanwhile waits for the same one.
    slots: Mutex<HashMap<String, Slot>>,
}

type Slot = Arc<tokio::sync::Mutex<Kept>>;

/// What is known of one account's secret.
#[derive(Debug, Default)]
struct Kept {
    held: Option<Held>,
    /// Of the file of tokens: one that has opened it is not asked for again.
    passphrase: Option<Secret>,
}

#[derive(Debug)]
struct Held {
    secret: Secret,
    since: Instant,
    /// `None`: until it is refused.
    good_for: Option<Duration>,
}

impl Secrets {
    /// With `may_ask`, a password that is nowhere to be found is asked for on the terminal, where there is one.
    pub fn new(may_ask: bool) -> Self {
        Self { may_ask: AtomicBool::new(may_ask), tokens: None, slots: Mutex::default() }
    }

    /// With somebody who gets access tokens by grants.
    pub fn with_tokens(self, tokens: Arc<dyn TokenSource>) -> Self {
        Self { tokens: Some(tokens), ..self }
    }

    /// With the passphrase of an account's tokens, which a person has just chosen.
    pub async fn with_passphrase(self, account: &Account, passphrase: Secret) -> Self {
        self.slot(&account.key).lock().await.passphrase = Some(passphrase);
        self
    }

    /// From now on nobody is asked, and commands read nothing from the terminal: the screen has it.
    pub fn stop_asking(&self) {
        self.may_ask.store(false, Ordering::Relaxed);
    }

    /// What this account shows to its servers. `refresh` says that they refused what was given before: it is fetched
    /// anew, once for all who ask meanwhile.
    ///
    /// # Errors
    /// [`SecretError`] where there is none to be had.
    pub async fn credentials(&self, account: &Account, refresh: bool) -> Result<Credentials, SecretError> {
        let asked_at = Instant::now();
        let slot = self.slot(&account.key);
        let mut kept = slot.lock().await;
        let known = kept.held.as_ref().filter(|held| match refresh {
            // Somebody else's refresh ended while this one waited for its turn.
            true => held.since > asked_at,
            false => held.good_for.is_none_or(|life| held.since.elapsed() < life),
        });
        let secret = match known {
            Some(held) => held.secret.clone(),
            None => {
                let fresh = match &account.auth {
                    Auth::OAuth2(TokenFrom::Grant(grant)) => self.granted(account, grant, &mut kept, refresh).await?,
                    auth => {
                        let secret = self.fetch(account, refresh).await?;
                        let good_for = matches!(auth, Auth::OAuth2(_)).then_some(TOKEN_LIFE);
                        Held { secret, since: Instant::now(), good_for }
                    }
                };
                kept.held.insert(fresh).secret.clone()
            }
        };
        let user = account.user.clone();
        Ok(match account.auth {
            Auth::OAuth2(_) => Credentials::OAuth2 { user, token: secret },
            Auth::Password(_) => Credentials::Password { user, password: secret },
        })
    }

    fn slot(&self, key: &str) -> Slot {
        // A panic while the map was locked cannot have left it half written.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(key.to_owned()).or_default().clone()
    }

    async fn fetch(&self, account: &Account, refresh: bool) -> Result<Secret, SecretError> {
        let may_ask = self.may_ask.load(Ordering::Relaxed);
        let run = async |what, command: &str| {
            let failed = |how| SecretError::Command { what, account: account.key.clone(), how };
            sources::command(command, may_ask).await.map_err(failed)
        };
        match &account.auth {
            Auth::OAuth2(TokenFrom::Command(command)) => run("token", command).await,
            Auth::OAuth2(TokenFrom::Grant(_)) => Err(SecretError::Grant(nobody())),
            Auth::Password(PasswordFrom::Command(command)) => run("password", command).await,
            Auth::Password(PasswordFrom::Env(variable)) => sources::env(variable)
                .ok_or_else(|| SecretError::NoVariable { variable: variable.clone(), account: account.key.clone() }),
            Auth::Password(PasswordFrom::Keyring) => {
                // What the keyring holds was refused: the person may know better; without a person it is read again,
                // since somebody may have put it right.
                if refresh
                    && may_ask
                    && let Ok(secret) = sources::ask(account).await
                {
                    return Ok(secret);
                }
                match keyring::read_password(account).await {
                    Ok(secret) => Ok(secret),
                    Err(why) => self.ask(account, may_ask && !refresh, why).await,
                }
            }
            Auth::Password(PasswordFrom::Given(secret)) => Ok(secret.clone()),
            Auth::Password(PasswordFrom::Ask) => self.ask(account, may_ask, String::new()).await,
        }
    }

    /// A token by the account's grant; `kept`: what was known until now.
    async fn granted(
        &self,
        account: &Account,
        grant: &Grant,
        kept: &mut Kept,
        is_refused: bool,
    ) -> Result<Held, SecretError> {
        let tokens = self.tokens.as_ref().ok_or_else(|| SecretError::Grant(nobody()))?;
        // What was refused goes, whatever comes of asking for another one.
        let refused = kept.held.take().filter(|_| is_refused).map(|held| held.secret);
        let passphrase = match kept.passphrase.take() {
            Some(passphrase) => Some(passphrase),
            None => self.passphrase(account, grant, false).await?,
        };
        let asked = tokens.token(account, grant, passphrase.clone(), refused).await;
        // A failure of the sign-in may be the passphrase's; one of the network is not, nor that nobody is signed in, and the
        // screen cannot ask again.
        let may_be_its_fault =
            |error: &SecretError| error.kind() == ErrorKind::Auth && !matches!(error, SecretError::SignedOut(_));
        if !asked.as_ref().err().is_some_and(may_be_its_fault) {
            kept.passphrase = passphrase;
        }
        let Fresh { token, good_for } = asked?;
        Ok(Held { secret: token, since: Instant::now(), good_for: Some(good_for) })
    }

    /// The passphrase of the file in which an account's tokens lie; `None` where they lie elsewhere. `is_new`: it is chosen
    /// now, and asked for twice.
    ///
    /// # Errors
    /// [`SecretError`] where there is none to be had.
    pub async fn passphrase(
        &self,
        account: &Account,
        grant: &Grant,
        is_new: bool,
    ) -> Result<Option<Secret>, SecretError> {
        let Keep::File(from) = &grant.keep else { return Ok(None) };
        let may_ask = self.may_ask.load(Ordering::Relaxed);
        let missing = |why: String| SecretError::Passphrase { account: account.key.clone(), why };
        let asked = match from {
            PasswordFrom::Command(command) => sources::command(command, may_ask).await,
            PasswordFrom::Env(variable) => {
                sources::env(variable).ok_or_else(|| format!("the environment variable {variable} is not set"))
            }
            _ if !may_ask => Err("nobody can be asked here".to_owned()),
            _ => sources::passphrase(account, is_new).await,
        };
        asked.map(Some).map_err(missing)
    }

    /// Asks the person, or says why that is not to be and what was tried `before`.
    async fn ask(&self, account: &Account, may_ask: bool, before: String) -> Result<Secret, SecretError> {
        let asked = if may_ask { sources::ask(account).await } else { Err("nobody can be asked here".to_owned()) };
        asked.map_err(|why| SecretError::Nowhere {
            account: account.key.clone(),
            user: account.user.clone(),
            why: if before.is_empty() { why } else { format!("{before}; {why}") },
        })
    }
}

/// This process was started without anybody who could ask an authority.
fn nobody() -> Refusal {
    Refusal::new(ErrorKind::Auth, "nobody here can ask for access tokens")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn account(auth: &str) -> Account {
        let text = format!("[account.work]\nuser = \"alice\"\nimap = {{ host = \"h\" }}\nauth = {{ {auth} }}\n");
        Config::parse(std::path::Path::new("config.toml"), &text).unwrap().accounts.remove("work").unwrap()
    }

    async fn secret(auth: &str) -> Result<String, SecretError> {
        match Secrets::new(false).credentials(&account(auth), false).await? {
            Credentials::Password { password, .. } => Ok(password.expose().to_owned()),
            Credentials::OAuth2 { token, .. } => Ok(token.expose().to_owned()),
        }
    }

    #[tokio::test]
    async fn a_commands_first_line_is_the_secret() {
        assert_eq!(secret("command = 'printf \" a b \\r\\nuser: alice\\n\"'").await.unwrap(), " a b ");
        assert_eq!(secret("method = \"oauth2\", command = \"echo token\"").await.unwrap(), "token");
    }

    #[tokio::test]
    async fn a_command_that_fails_is_told_by_its_complaint_and_never_by_its_output() {
        let error = secret("command = 'echo hunter2; printf \"no\\tkey\\033[31m\" >&2; exit 3'").await.unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(said.contains("no key [31m") && said.contains('3') && !said.contains("hunter2"), "{said}");
        assert_eq!(Refusal::from(error).kind, ErrorKind::Auth);
        for silent in ["command = 'true'", "command = 'printf \"\\nsecond\"'", "command = 'no-such-program-here'"] {
            assert!(matches!(secret(silent).await, Err(SecretError::Command { .. })), "{silent}");
        }
    }

    #[tokio::test]
    async fn a_command_may_print_much_and_leave_somebody_behind() {
        assert_eq!(secret("command = 'sleep 60 & echo x; yes | head -c 300000; true'").await.unwrap(), "x");
    }

    #[tokio::test]
    async fn a_variable_is_read_and_one_that_is_not_set_is_named() {
        assert_eq!(secret("env = \"PATH\"").await.unwrap(), std::env::var("PATH").unwrap());
        let error = secret("env = \"BAGSY_NO_SUCH_VARIABLE\"").await.unwrap_err();
        assert!(error.to_string().contains("BAGSY_NO_SUCH_VARIABLE") && error.hint().contains("set"));
    }

    #[tokio::test]
    async fn with_no_keyring_and_nobody_to_ask_it_says_so_and_does_not_hang() {
        let began = Instant::now();
        for auth in ["keyring = true", "keyring = false"] {
            let error = secret(auth).await.unwrap_err();
            assert!(error.to_string().contains("nobody can be asked here"), "{error}");
            assert!(error.hint().contains("[account.work]"));
        }
        assert!(began.elapsed() < Duration::from_secs(30));
    }

    #[tokio::test]
    async fn once_the_screen_has_the_terminal_nobody_is_asked_and_commands_read_nothing() {
        let secrets = Secrets::new(true);
        secrets.stop_asking();
        let error = secrets.credentials(&account("keyring = false"), false).await.unwrap_err();
        assert!(error.to_string().contains("nobody can be asked here"), "{error}");
        let reads = account("command = 'test /dev/stdin -ef /dev/null && echo nothing'");
        let Credentials::Password { password, .. } = secrets.credentials(&reads, true).await.unwrap() else { panic!() };
        assert_eq!(password.expose(), "nothing");
    }

    #[tokio::test]
    async fn a_secret_is_fetched_once_and_a_refused_one_anew_once_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let account = account(&format!("command = 'echo . >> {0}; sleep 0.2; wc -l < {0}'", runs.display()));
        let secrets = Secrets::new(false);
        let shown = async |refresh| match secrets.credentials(&account, refresh).await.unwrap() {
            Credentials::Password { password, .. } => password.expose().trim().to_owned(),
            Credentials::OAuth2 { .. } => unreachable!(),
        };
        assert_eq!((shown(false).await, shown(false).await), ("1".into(), "1".into()));
        let (a, b, c) = tokio::join!(shown(true), shown(true), shown(true));
        assert_eq!([a.as_str(), &b, &c], ["2"; 3]);
        assert_eq!(shown(false).await, "2");
    }

    /// An authority that is away for the first so many times, and notes the passphrase that it is shown each time.
    #[derive(Debug)]
    struct Away(Mutex<(usize, Vec<String>)>);

    impl TokenSource for Away {
        fn token<'a>(
            &'a self,
            _: &'a Account,
            _: &'a Grant,
            passphrase: Option<Secret>,
            _: Option<Secret>,
        ) -> Promised<'a> {
            let mut state = self.0.lock().unwrap();
            state.1.push(passphrase.unwrap().expose().to_owned());
            let is_away = state.0 >= state.1.len();
            let fresh = Fresh { token: Secret::new("token"), good_for: Duration::ZERO };
            let away = match state.1.len() {
                1 => SecretError::Grant(Refusal::new(ErrorKind::Unreachable, "away")),
                _ => SecretError::SignedOut(Refusal::new(ErrorKind::Auth, "nobody is signed in")),
            };
            Box::pin(async move { if is_away { Err(away) } else { Ok(fresh) } })
        }
    }

    #[tokio::test]
    async fn a_passphrase_is_asked_for_once_even_where_the_authority_is_away_or_nobody_is_signed_in_at_first() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let account = account(&format!(
            "method = \"oauth2\", provider = \"microsoft365\", client_id = \"c\", tokens = \"file\", passphrase = {{ command \
             = 'echo . >> {0}; wc -l < {0}' }}",
            runs.display()
        ));
        let away = Arc::new(Away(Mutex::new((2, Vec::new()))));
        let secrets = Secrets::new(false).with_tokens(away.clone());
        let error = secrets.credentials(&account, false).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable);
        let error = secrets.credentials(&account, false).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth);
        for _ in 0..2 {
            secrets.credentials(&account, false).await.unwrap();
        }
        let shown = away.0.lock().unwrap().1.clone();
        assert_eq!(shown.iter().map(|s| s.trim()).collect::<Vec<_>>(), ["1", "1", "1", "1"]);
    }

    #[test]
    fn a_task_of_its_own_may_fetch_a_secret() {
        fn is_send<T: Send>(_: T) {}
        is_send(Secrets::new(false).credentials(&account("keyring = true"), false));
    }
}
