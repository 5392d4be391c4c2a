//! `bagsy setup`: a first configuration by asking. Each answer is tested against the servers before the next question.
//!
//! Nothing is written before the last answer, and the file comes to its place whole; nothing is sent to a server that its
//! person has not confirmed.

mod file;
mod grant;
mod mailboxes;
mod names;
mod scene;
mod scratch;
mod servers;
mod sign_in;
mod since;

use std::path::PathBuf;

use jiff::Zoned;
use tokio::runtime::Runtime;

use self::scene::Scene;
use self::sign_in::SignedIn;
use super::args::Global;
use super::ask::{self, Back, Person};
use super::context::Outcome;
use super::doctor;
use super::output::Output;
use crate::config::{self, ConfigError, Paths};
use crate::model::{ErrorKind, Handle, Refusal};

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
pub fn offer(global: &Global, runtime: &Runtime) -> Outcome<Beginning> {
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
    let at = runtime.block_on(ask::unless_left(asking)).map_err(missing)?;
    Ok(if at == 0 { Beginning::Setup } else { Beginning::Demo })
}

/// Asks, tests, and writes the file.
///
/// # Errors
/// There is nobody to ask, the person has left, or the file cannot be written.
pub(super) async fn run(global: &Global) -> Outcome {
    let usage = |text: &str| Err(Refusal::new(ErrorKind::Usage, text).hint(INSTEAD));
    if global.json {
        return usage("`setup` asks a person, and has no form for programs");
    }
    if global.offline {
        return usage("`setup` tests each answer against the servers, which --offline forbids");
    }
    let person = Person::at_terminal("setup", INSTEAD)?.with_a_way_back();
    let paths = Paths::find(global.config.as_deref())?;
    let Some(answers) = ask::unless_left(set_up(&person, &paths)).await? else { return Ok(()) };
    let asked = match &answers.signed_in {
        Some((signed_in, _)) => signed_in.asked(&paths).await,
        None => None,
    };
    let checks = async {
        person.gap();
        person.yes("Check all of it now, as `bagsy doctor` does?", true).await
    };
    // The file is there: who leaves now has lost nothing.
    if matches!(ask::unless_left(checks).await, Ok(true))
        && let Err(refusal) = doctor::run(global, false, asked).await
    {
        Output::new(false).refusal(&refusal);
    }
    person.say("`bagsy` opens the queue; `?` there shows the keys.");
    Ok(())
}

/// The steps of the questions, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Address,
    Servers,
    SignIn,
    Mailboxes,
    Names,
    Since,
    Write,
}

const STEPS: [Step; 7] =
    [Step::Address, Step::Servers, Step::SignIn, Step::Mailboxes, Step::Names, Step::Since, Step::Write];

/// What was answered so far. An answer that is given anew is given for its step alone; what follows is asked again.
#[derive(Default)]
struct Answers {
    address: Option<String>,
    servers: Option<servers::Servers>,
    /// The file of an authority that was named on the way to them.
    authority: Option<PathBuf>,
    /// What was typed on the way to a sign-in.
    typed: sign_in::Typed,
    signed_in: Option<(SignedIn, Scene)>,
    mailboxes: Vec<config::MailboxConfig>,
    names: names::Names,
    handle: Option<Handle>,
    is_written: bool,
}

/// The answers, where the file was written.
async fn set_up(person: &Person, paths: &Paths) -> Outcome<Option<Answers>> {
    let file = paths.config_file();
    person.say("A first configuration. Enter takes what stands in brackets, < goes back; Ctrl-C leaves, and nothing is written.");
    if file.exists() {
        person.gap();
        person.say(&format!("There is a configuration already: {}", file.display()));
        let question = "Make a new one in its place? The present one is kept beside it";
        match person.yes(question, false).await {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(_) if person.goes_back().is_some() => return Ok(None),
            Err(refusal) => return Err(refusal),
        }
    }
    let mut answers = Answers::default();
    let mut at = 0;
    let mut is_going_back = false;
    while let Some(step) = STEPS.get(at) {
        person.begin_step();
        match answers.ask(person, paths, *step).await {
            // A step that had nothing to ask is passed by in either direction.
            Ok(()) if is_going_back && person.asked() == 0 => at = at.saturating_sub(1),
            Ok(()) => (at, is_going_back) = (at + 1, false),
            Err(refusal) => {
                at = match person.goes_back() {
                    Some(Back::Here) => at,
                    Some(Back::Before) => at.saturating_sub(1),
                    None => return Err(refusal),
                };
                is_going_back = true;
                person.gap();
                person.say("Back.");
            }
        }
    }
    Ok(answers.is_written.then_some(answers))
}

impl Answers {
    async fn ask(&mut self, person: &Person, paths: &Paths, step: Step) -> Outcome {
        match (step, &self.address, &self.servers, &self.signed_in) {
            (Step::Servers, Some(address), ..) => {
                self.servers = Some(servers::ask(person, address, &mut self.authority).await?)
            }
            (Step::SignIn, Some(address), Some(servers), _) => {
                let signed_in = sign_in::ask(person, address, servers.clone(), &mut self.typed).await?;
                let scene = Scene::make(&signed_in)?;
                self.signed_in = Some((signed_in, scene));
            }
            (Step::Mailboxes, .., Some((signed_in, scene))) => {
                self.mailboxes = mailboxes::ask(person, scene, signed_in.known).await?;
                names::may_send(person, signed_in, &self.mailboxes).await;
                self.handle = mailboxes::handle(person, scene, &self.mailboxes).await?;
            }
            (Step::Names, .., Some((_, scene))) => {
                self.mailboxes = names::ask(person, scene, &mut self.names, self.mailboxes.clone()).await?;
            }
            (Step::Since, .., Some((_, scene))) => {
                self.mailboxes = since::ask(person, scene, self.mailboxes.clone()).await?;
            }
            (Step::Write, .., Some((signed_in, _))) => {
                self.is_written = self.write(person, paths, signed_in).await?;
            }
            // No later step is come to without what the earlier ones brought.
            _ => {
                person.gap();
                self.address = Some(address(person, self.address.as_deref()).await?);
            }
        }
        Ok(())
    }

    /// Shows the file, and writes it after a yes; whether it was written.
    async fn write(&self, person: &Person, paths: &Paths, signed_in: &SignedIn) -> Outcome<bool> {
        let file = paths.config_file();
        let account =
            config::Account { handle: self.handle.clone(), name: self.names.own(), ..signed_in.account.clone() };
        let text = config::text(&account, &self.mailboxes, Zoned::now().date());
        // What is written is what can be read: held by tests, and looked at here before anything is replaced.
        config::Config::parse(file, &text)?;
        person.gap();
        person.say(&format!("This is what goes into {}:", file.display()));
        person.gap();
        for line in text.lines() {
            person.say(line);
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
        signed_in.keep(person, paths).await;
        Ok(true)
    }
}

/// The person's own address. `before`: the one that was given before.
async fn address(person: &Person, before: Option<&str>) -> Outcome<String> {
    loop {
        let typed = person.line("Your own mail address, with which you sign in", before).await?;
        if config::is_address(&typed) {
            return Ok(typed);
        }
        person.bad(&format!("“{typed}” is no mail address, as alice@example.com is one"));
    }
}
