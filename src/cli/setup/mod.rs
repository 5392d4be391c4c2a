//! `bagsy setup`: a first configuration by asking. Each answer is tested against the servers before the next question.
//!
//! Nothing is written before the last answer, and the file comes to its place whole; nothing is sent to a server that its
//! person has not confirmed.

mod file;
mod mailboxes;
mod scene;
mod servers;
mod sign_in;
mod since;

use std::path::Path;

use jiff::Zoned;

use super::args::Global;
use super::ask::{self, Person};
use super::context::Outcome;
use super::doctor;
use super::output::Output;
use crate::config::{self, ConfigError, Paths};
use crate::model::{ErrorKind, Refusal};

const INSTEAD: &str = "write the file by hand: the README has a first configuration, and `bagsy doctor` checks it";

/// What somebody without a configuration chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    Setup,
    Demo,
}

/// Whether the screen was asked for, there is no configuration yet, and there is somebody to be asked.
pub fn is_first_start(global: &Global) -> bool {
    use std::io::IsTerminal;
    let missing = || Paths::find(global.config.as_deref()).is_ok_and(|paths| !paths.config_file().exists());
    !global.json && !global.offline && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && missing()
}

/// Offers what there is to do without a configuration.
///
/// # Errors
/// The person has left.
pub async fn offer(global: &Global) -> Outcome<Beginning> {
    let person = Person::at_terminal("bagsy", INSTEAD)?;
    let paths = Paths::find(global.config.as_deref())?;
    let asking = async {
        person.say("bagsy is a team inbox: one queue for a mailbox that several people share.");
        person.say(&format!("There is no configuration yet ({}).", paths.config_file().display()));
        person.gap();
        let things = [
            "bagsy setup: a few questions about your mail server, each answer tested",
            "bagsy demo: look around among sample mail; nothing of yours is touched",
        ];
        person.choice("Which? Ctrl-C leaves", &things.map(str::to_owned), 0).await
    };
    // Nothing was begun that could be left in the middle.
    let missing = |refusal: Refusal| match refusal.kind {
        ErrorKind::Failed => ConfigError::NotFound { file: paths.config_file().to_owned() }.into(),
        _ => refusal,
    };
    let at = ask::unless_left(asking).await.map_err(missing)?;
    Ok(if at == 0 { Beginning::Setup } else { Beginning::Demo })
}

/// Asks, tests, and writes the file.
///
/// # Errors
/// There is nobody to ask, the person has left, or the file cannot be written.
pub async fn run(global: &Global) -> Outcome {
    let usage = |text: &str| Err(Refusal::new(ErrorKind::Usage, text).hint(INSTEAD));
    if global.json {
        return usage("`setup` asks a person, and has no form for programs");
    }
    if global.offline {
        return usage("`setup` tests each answer against the servers, which --offline forbids");
    }
    let person = Person::at_terminal("setup", INSTEAD)?;
    let paths = Paths::find(global.config.as_deref())?;
    if !ask::unless_left(set_up(&person, paths.config_file())).await? {
        return Ok(());
    }
    let checks = async {
        person.gap();
        person.yes("Check all of it now, as `bagsy doctor` does?", true).await
    };
    // The file is there: who leaves now has lost nothing.
    if matches!(ask::unless_left(checks).await, Ok(true))
        && let Err(refusal) = doctor::run(global, false).await
    {
        Output::new(false).refusal(&refusal);
    }
    person.say("`bagsy` opens the queue; `?` there shows the keys.");
    Ok(())
}

/// Whether the file was written.
async fn set_up(person: &Person, file: &Path) -> Outcome<bool> {
    person.say("A first configuration. Enter takes what stands in brackets; Ctrl-C leaves, and nothing is written.");
    if file.exists() {
        person.gap();
        person.say(&format!("There is a configuration already: {}", file.display()));
        let question = "Make a new one in its place? The present one is kept beside it";
        if !person.yes(question, false).await? {
            return Ok(false);
        }
    }
    person.gap();
    let address = address(person).await?;
    let servers = servers::ask(person, &address).await?;
    let signed_in = sign_in::ask(person, &address, servers).await?;
    let scene = scene::Scene::make(&signed_in)?;
    let mailboxes = mailboxes::ask(person, &scene).await?;
    let handle = mailboxes::handle(person, &scene, &mailboxes).await?;
    let mailboxes = since::ask(person, &scene, mailboxes).await?;
    let account = config::Account { handle, ..signed_in.account.clone() };

    let text = config::text(&account, &mailboxes, Zoned::now().date());
    // What is written is what can be read: held by tests, and looked at here before anything is replaced.
    config::Config::parse(file, &text)?;
    person.gap();
    person.say(&format!("This is what goes into {}:", file.display()));
    person.gap();
    for line in text.lines() {
        person.say(&format!("    {line}"));
    }
    person.gap();
    if !person.yes("Write it?", true).await? {
        person.say("Nothing was written.");
        return Ok(false);
    }
    let kept = file::put(file, &text).map_err(|error| {
        let text = format!("{} cannot be written: {error}", file.display());
        Refusal::new(ErrorKind::Failed, text).hint("name another place with --config")
    })?;
    if let Some(kept) = kept {
        person.good(&format!("the file that was there is now {}", kept.display()));
    }
    person.good(&format!("{} is written; only you can read it", file.display()));
    signed_in.keep(person).await;
    Ok(true)
}

/// The person's own address.
async fn address(person: &Person) -> Outcome<String> {
    loop {
        let typed = person.line("Your own mail address, with which you sign in", None).await?;
        if config::is_address(&typed) {
            return Ok(typed);
        }
        person.bad(&format!("“{typed}” is no mail address, as alice@example.com is one"));
    }
}
