//! OAuth 2.0 within `setup`: whose sign-in it is, as which client, how, and where the tokens are to lie; then the sign-in
//! itself. What it grants is in this process's hands alone until the file is written.

use super::super::ask::Person;
use super::super::context::Outcome;
use super::super::grant::{in_words, open_for};
use super::scratch::Scratch;
use crate::config::{Account, Auth, Flow, Grant, Keep, PasswordFrom, Provider, Secret, Secrets, TokenFrom};
use crate::engine::find::{self, Known};
use crate::net;
use crate::oauth::{Authority, Error, Grants};
use crate::tui::opener::Opener;

/// A sign-in that the authority granted.
#[derive(Debug)]
pub struct Held {
    /// As the file will say it.
    pub grant: Grant,
    /// Where the tokens are now.
    pub grants: Grants,
    /// Of the file of tokens, where they are to lie in one.
    pub passphrase: Option<Secret>,
    /// The locks lie there.
    _scratch: Scratch,
}

impl Held {
    /// The account as it signs in now: nothing lies in the keyring or a file yet.
    pub fn now(&self, account: &Account) -> Account {
        let grant = Grant { keep: Keep::Keyring, ..self.grant.clone() };
        Account { auth: Auth::OAuth2(TokenFrom::Grant(Box::new(grant))), ..account.clone() }
    }

    /// Puts the tokens where they are to lie.
    pub async fn keep(&self, person: &Person, account: &Account, to: &Grants) {
        match self.grants.hand_over(to, account, &self.grant, self.passphrase.clone()).await {
            Ok(()) => person.good(match self.grant.keep {
                Keep::Keyring => "the tokens are in this system's keyring; they are renewed by themselves",
                Keep::File(_) => "the tokens are in a file, encrypted; they are renewed by themselves",
            }),
            Err(error) => {
                person.bad(&error.to_string());
                person.say(&format!("`bagsy login {}` signs in again.", account.key));
            }
        }
    }
}

/// What is known before anything is asked.
pub struct Knowledge<'a> {
    /// The person's address.
    pub address: &'a str,
    /// Whose the IMAP server is.
    pub known: Option<Known>,
    /// Who gives its tokens, where the domain tells it.
    pub issuer: Option<String>,
    /// Why there is no keyring.
    pub no_keyring: Option<&'a str>,
}

/// Asks, and has the person sign in; nothing where they would rather sign in by another way, or it did not come to be.
/// `before`: what was answered the last time.
pub async fn ask(
    person: &Person,
    account: &Account,
    knowledge: &Knowledge<'_>,
    before: &mut Option<Grant>,
) -> Outcome<Option<Held>> {
    let Some(mut grant) = client(person, account, knowledge, before.as_ref()).await? else { return Ok(None) };
    let Some(authority) = authority(person, account, &mut grant).await? else { return Ok(None) };
    *before = Some(grant.clone());
    if grant.provider == Provider::Google {
        person.say("Google gives no token for mail by a code: you sign in in a browser on this machine.");
    }
    grant.flow = flow(person, &authority.flows()).await?;
    let mut passphrase = None;
    if let Some(why) = knowledge.no_keyring {
        let Some((keep, chosen)) = file(person, account, &grant, why).await? else { return Ok(None) };
        (grant.keep, passphrase) = (keep, chosen);
    }
    let scratch = Scratch::make()?;
    let grants = Grants::in_hand(scratch.path());
    person.gap();
    let signing_in = grants.sign_in(account, &grant, grant.flow, None, |show| {
        person.say(&in_words(&show, &account.user));
        if let Some(why) = open_for(&show) {
            person.say(&why);
        }
        person.say("Waiting … (Enter stops it)");
    });
    match person.unless_enter(signing_in).await? {
        None => {
            person.bad("the sign-in was stopped");
            Ok(None)
        }
        Some(Err(error)) => {
            refused(person, &error);
            Ok(None)
        }
        Some(Ok(granted)) => {
            person.good(&format!("{} has signed you in", granted.authority));
            if !granted.is_renewable() {
                person
                    .say("It gave nothing to renew the token with: `bagsy login` will be due whenever one has ended.");
            }
            let kept = grants.keep(account, &grant, &granted).await;
            kept.map_err(|error| error.into_refusal(&account.key))?;
            Ok(Some(Held { grant, grants, passphrase, _scratch: scratch }))
        }
    }
}

/// Whose sign-in it is, and as which client.
async fn client(
    person: &Person,
    account: &Account,
    knowledge: &Knowledge<'_>,
    before: Option<&Grant>,
) -> Outcome<Option<Grant>> {
    let known = match knowledge.known {
        Some(known) => Some(known),
        None => {
            let things = ["Microsoft 365", "Google", "another authority, whose address (issuer) I know"];
            let default = match before.map(|grant| &grant.provider) {
                Some(Provider::Microsoft365 { .. }) => 0,
                Some(Provider::Google) => 1,
                _ => 2,
            };
            match person.choice("Who signs you in?", &things.map(str::to_owned), default).await? {
                0 => Some(Known::Microsoft365),
                1 => Some(Known::Google),
                _ => None,
            }
        }
    };
    person.gap();
    for line in about_the_client(known) {
        person.say(line);
    }
    let question = "The client id";
    let client_id = match before {
        Some(before) => person.line(question, Some(&before.client_id)).await?,
        None => match person.line_or_nothing(&format!("{question}, or Enter to sign in by another way")).await? {
            Some(client_id) => client_id,
            None => return Ok(None),
        },
    };
    let mut grant = Grant { client_id, ..Grant::of("") };
    match known {
        Some(Known::Microsoft365) => {
            let tenant = tenant(person, knowledge.address, before).await?;
            grant.provider = Provider::Microsoft365 { tenant };
        }
        Some(Known::Google) => {
            grant.provider = Provider::Google;
            let question = "What Google calls the client secret (it is none; it stands in the file)";
            grant.client_secret = Some(Secret::new(person.line(question, None).await?));
        }
        None => {
            let default = before.and_then(|grant| match &grant.provider {
                Provider::Issuer(issuer) => Some(issuer.as_str()),
                _ => None,
            });
            let default = default.or(knowledge.issuer.as_deref());
            grant.provider = Provider::Issuer(issuer(person, default).await?);
            let question = "The client's secret, if it has one; else Enter";
            grant.client_secret = person.line_or_nothing(question).await?.map(Secret::new);
            let question = format!("The scope that {} asks of a token, if any; else Enter", account.imap.endpoint.host);
            grant.scope = person.line_or_nothing(&question).await?;
        }
    }
    Ok(Some(grant))
}

/// Why an id is asked for, and who has it.
fn about_the_client(known: Option<Known>) -> [&'static str; 2] {
    let whose = "bagsy is registered nowhere by itself: your team registers it once, and all of you use the client id that comes of \
                 that. Is there none yet? Whoever administers your mail makes one:";
    let how = match known {
        Some(Known::Microsoft365) => {
            "    in Microsoft Entra, App registrations: a new one, for mobile and desktop, with the redirection http://127.0.0.1 and \
             public client flows allowed; delegated permissions IMAP.AccessAsUser.All, SMTP.Send and offline_access. The page \
             docs/platforms/microsoft-365.md has each step."
        }
        Some(Known::Google) => {
            "    in the Google Cloud console: a consent screen (internal) with the scope https://mail.google.com/, then an OAuth client \
             ID for a desktop app. The page docs/platforms/google-workspace.md has each step."
        }
        None => {
            "    at the authority: a public (native) client, allowed the device code, or the code with PKCE and the redirection \
             http://127.0.0.1, and refresh tokens."
        }
    };
    [whose, how]
}

async fn tenant(person: &Person, address: &str, before: Option<&Grant>) -> Outcome<String> {
    let default = match before.map(|grant| &grant.provider) {
        Some(Provider::Microsoft365 { tenant }) => tenant.clone(),
        _ => find::domain_of(address).unwrap_or_else(|| "organizations".to_owned()),
    };
    loop {
        let typed = person.line("Your tenant: the organisation's domain, or its directory id", Some(&default)).await?;
        if typed.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b)) {
            return Ok(typed);
        }
        person.bad(&format!("“{typed}” is neither a domain nor an id"));
    }
}

async fn issuer(person: &Person, default: Option<&str>) -> Outcome<String> {
    loop {
        let typed = person.line("The authority's address, as https://id.example.com", default).await?;
        let typed = typed.trim_end_matches('/');
        let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
        match net::Place::parse(&whole) {
            Some(_) => return Ok(whole),
            None => person.bad(&format!("“{typed}” is no address under https://")),
        }
    }
}

/// Asks the authority for its endpoints. A private one may be named beside the system's.
async fn authority(person: &Person, account: &Account, grant: &mut Grant) -> Outcome<Option<Authority>> {
    loop {
        let error = match Authority::find(grant).await {
            Ok(authority) => {
                if let Provider::Issuer(_) = grant.provider {
                    person.good(&format!("{} says where to sign in", authority.name));
                }
                return Ok(Some(authority));
            }
            Err(error) => error,
        };
        refused(person, &error);
        let is_about_authority = match &error {
            Error::Net(net::Error::Tls { why, .. }) => why.is_about_authority(),
            Error::Net(net::Error::Authorities { .. }) => true,
            _ => false,
        };
        if !is_about_authority {
            return Ok(None);
        }
        let question = "A file of its authority to trust (PEM), or Enter to go on without";
        let known = account.imap.endpoint.ca.as_ref().filter(|ca| grant.ca.as_ref() != Some(ca));
        let typed = match known {
            Some(ca) => Some(person.line(question, Some(&ca.display().to_string())).await?),
            None => person.line_or_nothing(question).await?,
        };
        let Some(file) = typed else { return Ok(None) };
        grant.ca = Some(super::servers::absolute(&file));
    }
}

/// How the person signs in; asked only where there is a choice.
async fn flow(person: &Person, flows: &[Flow]) -> Outcome<Flow> {
    if let [only] = flows {
        return Ok(*only);
    }
    let things =
        ["by a code that is typed into a browser on any machine (over SSH, say)", "in a browser on this machine"];
    let has_browser = std::env::var_os("BROWSER").is_some_and(|browser| !browser.is_empty())
        || matches!(Opener::here(), Opener::With(_));
    let at = person.choice("How do you sign in?", &things.map(str::to_owned), usize::from(has_browser)).await?;
    Ok(if at == 0 { Flow::Device } else { Flow::Browser })
}

/// The file of tokens, where there is no keyring, and its passphrase; nothing where its person wants none.
async fn file(person: &Person, account: &Account, grant: &Grant, why: &str) -> Outcome<Option<(Keep, Option<Secret>)>> {
    person.gap();
    person.say(&format!(
        "Your tokens have to be kept somewhere, and {why}. A file can hold them, encrypted under a passphrase:"
    ));
    let things = [
        "a passphrase that is asked for at each start",
        "a passphrase that a command prints, as `pass show bagsy`",
        "a passphrase in an environment variable",
        "no file: sign in by another way",
    ];
    let mut chosen = 0;
    loop {
        chosen = person.choice("Which?", &things.map(str::to_owned), chosen).await?;
        let from = match chosen {
            0 => {
                let first = person.secret("The new passphrase (it is not shown)").await?;
                if person.secret("Once more").await? == first {
                    return Ok(Some((Keep::File(PasswordFrom::Ask), Some(first))));
                }
                person.bad("the two are not the same");
                continue;
            }
            1 => PasswordFrom::Command(person.line("The command", None).await?),
            2 => PasswordFrom::Env(super::sign_in::variable(person).await?),
            _ => return Ok(None),
        };
        let keep = Keep::File(from);
        let wanted = Grant { keep: keep.clone(), ..grant.clone() };
        match Secrets::new(false).passphrase(account, &wanted, true).await {
            Ok(passphrase) => return Ok(Some((keep, passphrase))),
            Err(error) => person.bad(&error.to_string()),
        }
    }
}

fn refused(person: &Person, error: &Error) {
    person.bad(&error.to_string());
    // The hints of this layer speak of a configuration, which is not there yet.
    match error {
        Error::Net(net::Error::Tls { .. } | net::Error::Authorities { .. }) | Error::Vault { .. } => {}
        Error::Net(_) => person.say("The authority that signs you in must be reachable from here."),
        Error::Senseless { .. } => person.say("Is that the authority's address, exactly as it calls itself?"),
        Error::Refused { .. } => person.say(
            "Is the client id right? An administrator has to allow this client, its scope, and the redirection to http://127.0.0.1.",
        ),
        Error::Scope { .. } => person.say("An administrator has to grant this client access to IMAP and SMTP."),
        Error::NotSignedIn { .. } | Error::NoGrant { .. } => person.say("You can try again, or sign in by another way."),
    }
}
