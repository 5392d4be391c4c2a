//! Arguments in, exit code out.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use bagsy::cli::args::{Cli, Global, Verb, with_tags_spelled_out};
use bagsy::cli::setup::{self, Beginning};
use bagsy::cli::{self, Context, Outcome, Output};
use bagsy::config::{
    Account, AfterReply, Auth, Cache, Compress, Config, DoneMeans, Imap, MailboxConfig, PasswordFrom, Paths, Secrets,
    Ui,
};
use bagsy::demo;
use bagsy::demo::home::Home;
use bagsy::demo::rendezvous::{Meeting, Party, Rendezvous};
use bagsy::model::{ErrorKind, Handle, Refusal};
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let words = with_tags_spelled_out(std::env::args_os());
    let cli = match Cli::read(words.iter().cloned()) {
        Ok(cli) => cli,
        Err(error) => return misread(&error, words.iter().any(|word| word == "--json")),
    };
    let out = Output::new(cli.global.json);
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            out.refusal(&refusal);
            ExitCode::from(refusal.kind.exit_code())
        }
    }
}

/// Help and version that were asked for, or what is wrong with the command line.
fn misread(error: &clap::Error, json: bool) -> ExitCode {
    if json && error.use_stderr() {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let refusal = Refusal::new(ErrorKind::Usage, message).hint("see `bagsy --help`");
        Output::new(true).refusal(&refusal);
        return ExitCode::from(refusal.kind.exit_code());
    }
    error.exit()
}

fn run(cli: Cli) -> Outcome {
    cli::log::begin(&cli.global)?;
    let runtime = Runtime::new().map_err(|error| failed("no threads are to be had", &error))?;
    let done = match &cli.verb {
        None if setup::is_first_start(&cli.global) => match setup::offer(&cli.global, &runtime) {
            Ok(Beginning::Setup) => cli::run(Cli { verb: Some(Verb::Setup), ..cli }, &runtime),
            Ok(Beginning::Demo) => show_demo(&cli.global, demo::PEOPLE[0], &runtime),
            Err(refusal) => Err(refusal),
        },
        None => {
            let cx = Context::load(&cli.global, true)?;
            cli::screen::run(&cx, &runtime)
        }
        Some(Verb::Demo { person }) => show_demo(&cli.global, person, &runtime),
        Some(_) => cli::run(cli, &runtime),
    };
    // A look-up or a password command that still runs is not waited for.
    runtime.shutdown_background();
    done
}

fn failed(what: &str, error: &io::Error) -> Refusal {
    Refusal::new(ErrorKind::Failed, format!("{what}: {error}"))
}

/// The screen on embedded servers: nothing of the person's own is read or written.
fn show_demo(global: &Global, person: &str, runtime: &Runtime) -> Outcome {
    if !demo::PEOPLE.contains(&person) {
        let text = format!("nobody called {person} is in the demo");
        return Err(Refusal::new(ErrorKind::Usage, text).hint(format!("--as takes {}", demo::PEOPLE.join(", "))));
    }
    let now = jiff::Timestamp::now();
    let seed = now.as_second().unsigned_abs();
    let party = Party::join_or_start(person, seed, now, Rendezvous::of_user(), runtime)
        .map_err(|error| failed("the demo's servers do not start", &error))?;
    if let Some(why) = &party.alone_because {
        eprintln!("bagsy: nobody can join this demo: {why}");
    }
    let home = Home::make().map_err(|error| failed("the demo finds no place for its cache", &error))?;
    let config = demo_config(&party.meeting, person)?;
    let paths = Paths::under(home.path());
    let mut cx = Context::new(global, config, &paths, Arc::new(Secrets::new(false)))?;
    cx.when_lost = (!party.is_host()).then(|| HOST_LEFT.to_owned());
    cx.greeting = Some(format!("the demo: you are {person}, with sample mail; ? shows the keys"));
    let shown = cli::screen::run(&cx, runtime);
    drop(party);
    shown
}

/// What a guest is told when the demo's host has left.
const HOST_LEFT: &str = "the demo that ran this mailbox has ended: quit with q and start again";

fn demo_config(meeting: &Meeting, person: &str) -> Outcome<Config> {
    let credentials = meeting.credentials(person);
    let (user, password) = match credentials {
        bagsy::config::Credentials::Password { user, password } => (user, password),
        bagsy::config::Credentials::OAuth2 { user, token } => (user, token),
    };
    let handle = Handle::new(person).map_err(|error| Refusal::new(ErrorKind::Usage, error.to_string()))?;
    let mut name = person.to_owned();
    name[..1].make_ascii_uppercase();
    let account = Account {
        key: "demo".to_owned(),
        user,
        name: Some(name),
        handle: Some(handle),
        imap: Imap { endpoint: meeting.imap(), compress: Compress::Auto, connections: 4 },
        smtp: meeting.smtp(),
        auth: Auth::Password(PasswordFrom::Given(password)),
    };
    let mailbox = MailboxConfig {
        address: demo::MAILBOX.to_owned(),
        account: "demo".to_owned(),
        name: Some(demo::MAILBOX_NAME.to_owned()),
        addresses: vec![demo::FURTHER_ADDRESS.to_owned()],
        root: None,
        folders: BTreeMap::new(),
        user: None,
        since: None,
        signature: None,
        done: DoneMeans::Archive,
        after_reply: AfterReply::Waiting,
    };
    Ok(Config {
        accounts: BTreeMap::from([("demo".to_owned(), account)]),
        mailboxes: vec![mailbox],
        cache: Cache::default(),
        ui: Ui::default(),
    })
}
