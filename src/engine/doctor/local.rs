//! What lies on this machine: configuration, handle, secret, cache, outbox. Only looks.

use std::path::Path;

use super::super::cache::Cache;
use super::super::error::Error;
use super::super::login::Login;
use super::check::Check;
use crate::config::{Account, Auth, Config, ConfigError, PasswordFrom, TokenFrom};
use crate::model::{ErrorKind, Handle};
use crate::store::OutboxState;

/// The configuration file, and what it says that one should not overlook.
pub fn configuration(file: &Path, read: &Result<Config, ConfigError>) -> Check {
    let config = match read {
        Ok(config) => config,
        Err(error) => {
            return Check::failed(
                "configuration",
                ErrorKind::Config,
                error.to_string(),
                error.hint().unwrap_or_default(),
            );
        }
    };
    let found = format!("{}: {}, {}", file.display(), accounts(config), mailboxes(config.mailboxes.len()));
    let plain: Vec<String> =
        config.accounts.values().flat_map(Account::plain_endpoints).map(ToString::to_string).collect();
    if plain.is_empty() {
        return Check::good("configuration", found);
    }
    let follows = format!("tls = \"none\": password and mail go to {} in the clear", plain.join(" and "));
    Check::note("configuration", found, follows)
}

fn accounts(config: &Config) -> String {
    match config.accounts.len() {
        1 => "1 account".to_owned(),
        n => format!("{n} accounts"),
    }
}

fn mailboxes(count: usize) -> String {
    match count {
        0 => "mailboxes are found by themselves".to_owned(),
        1 => "1 mailbox is named".to_owned(),
        n => format!("{n} mailboxes are named"),
    }
}

/// How a login is named in the lines: by its account, or by its own name where a mailbox is opened under that.
pub(super) fn name_of(login: &Login) -> &str {
    if login.user == login.account.user { &login.account.key } else { &login.user }
}

/// Who this person is to teammates; each mailbox has the last word.
pub(super) fn handle(login: &Login) -> Check {
    let account = &login.account;
    match (&account.handle, Handle::of_login(&account.user)) {
        (Some(handle), _) => Check::good("handle", format!("{handle}, from the configuration")),
        (None, Ok(handle)) => Check::good("handle", format!("{handle}, from the login {}", account.user)),
        (None, Err(error)) => Check::note(
            "handle",
            format!("none: {error}"),
            format!("add `handle = \"…\"` to [account.{}]", account.key),
        ),
    }
}

/// Where the secret comes from. The secret itself, and the command that prints it, are in no line.
pub(super) fn secret(login: &Login, failure: Option<&Error>) -> Check {
    let from = match &login.account.auth {
        Auth::OAuth2(TokenFrom::Command(_)) => "an access token from a command".to_owned(),
        Auth::OAuth2(TokenFrom::Grant(_)) => "an access token by OAuth 2.0, renewed by itself".to_owned(),
        Auth::Password(PasswordFrom::Command(_)) => "a password from a command".to_owned(),
        Auth::Password(PasswordFrom::Env(variable)) => format!("a password from the environment variable {variable}"),
        Auth::Password(PasswordFrom::Keyring) => "a password from the system's keyring, or asked for".to_owned(),
        Auth::Password(PasswordFrom::Given(_)) => "a password of the program's own servers".to_owned(),
        Auth::Password(PasswordFrom::Ask) => "a password that is asked for".to_owned(),
    };
    match failure {
        None => Check::good("secret", from),
        Some(error) => {
            let follows = match error {
                Error::Secret(error) => error.hint(),
                _ => format!("check `auth` in [account.{}]", login.account.key),
            };
            Check::failed("secret", error.kind(), error.to_string(), follows)
        }
    }
}

/// What is shown to a server.
pub(super) fn method(auth: &Auth) -> &'static str {
    match auth {
        Auth::Password(_) => "by password",
        Auth::OAuth2(_) => "by access token",
    }
}

/// The cache's file.
pub(super) fn cache(path: &Path, failure: Option<&Error>) -> Check {
    match failure {
        None => {
            let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
            Check::good("cache", format!("{}, {}", path.display(), size(bytes)))
        }
        Some(error) => {
            let follows = "nothing can be shown or changed without; look at the folder's owner, mode and free space";
            Check::failed("cache", error.kind(), error.to_string(), follows)
        }
    }
}

/// Mail that was written here and has not left.
pub(super) fn leftovers(cache: &Cache) -> Vec<Check> {
    let read = cache.reader().and_then(|reader| Ok((reader.outbox()?, reader.drafts()?)));
    let (items, drafts) = match read {
        Ok(read) => read,
        Err(error) => {
            let follows = "what was written may wait there; nothing is thrown away";
            return vec![Check::failed("outbox", error.kind(), error.to_string(), follows)];
        }
    };
    let of = |state| items.iter().filter(|item| item.state == state).count();
    let (waiting, unknown, failed) = (
        [OutboxState::Held, OutboxState::Unsent, OutboxState::Submitted, OutboxState::Scheduled].map(of).iter().sum(),
        of(OutboxState::Unknown),
        of(OutboxState::Failed),
    );
    vec![outbox(waiting, unknown, failed), self::drafts(drafts.len())]
}

fn outbox(waiting: usize, unknown: usize, failed: usize) -> Check {
    if waiting + unknown + failed == 0 {
        return Check::good("outbox", "empty");
    }
    let parts = [(waiting, "to be sent"), (unknown, "of unknown fate"), (failed, "not to be sent by itself")];
    let found: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let follows = if unknown + failed > 0 {
        "`bagsy outbox` lists them: they need you"
    } else {
        "the screen sends it, or `bagsy outbox retry`"
    };
    Check::note("outbox", found.join(", "), follows)
}

fn drafts(count: usize) -> Check {
    match count {
        0 => Check::good("drafts", "none"),
        n => Check::good("drafts", format!("{n}"))
            .so("each is offered again when its conversation is answered; `O` on the screen lists them"),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        b if b < 10_000 => format!("{b} bytes"),
        b if b < 10_000_000 => format!("{} kB", b / 1_000),
        b => format!("{} MB", b / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;

    #[test]
    fn plain_text_is_said_with_the_server_it_goes_to() {
        let file = Path::new("config.toml");
        let read = |imap: &str| {
            let text = format!("[account.work]\nuser = \"alice\"\nimap = {{ host = \"h\"{imap} }}\n");
            configuration(file, &Config::parse(file, &text))
        };
        assert_eq!(read("").verdict, Verdict::Good);
        let plain = read(", port = 143, tls = \"none\"");
        assert!(plain.verdict == Verdict::Note && plain.follows.contains("h:143"), "{plain:?}");
        let typo = read(", prot = 143");
        assert!(typo.verdict == Verdict::Failed(ErrorKind::Config) && typo.found.contains("line 3"), "{typo:?}");
    }

    #[test]
    fn an_answer_of_unknown_fate_needs_its_writer() {
        assert_eq!(outbox(0, 0, 0).verdict, Verdict::Good);
        let waiting = outbox(2, 1, 0);
        assert_eq!(waiting.found, "2 to be sent, 1 of unknown fate");
        assert!(waiting.follows.contains("bagsy outbox"));
    }
}
