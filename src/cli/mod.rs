//! The command line: a file per verb. Each verb reads or changes through the engine and prints; refusals become exit codes.

pub mod args;
mod ask;
mod change;
mod context;
mod doctor;
mod examples;
mod forward;
mod grant;
mod list;
pub mod log;
mod login;
mod logout;
mod look;
mod mail;
mod mailboxes;
pub mod man;
mod new;
mod output;
mod papers;
mod reply;
pub mod screen;
pub mod setup;
mod show;
mod sync;
mod watch;

pub use context::{Context, Outcome};
pub use output::Output;

use args::{Cli, Verb};
use tokio::runtime::Runtime;

use crate::config::Flow;
use crate::model::{ErrorKind, Refusal};

/// Runs a verb to its end. The screen, the demo and what needs no configuration are `main`'s. Not `async`, so that
/// the verbs are compiled with the library and the program stays thin.
///
/// # Errors
/// The refusal that becomes the exit code.
pub fn run(cli: Cli, runtime: &Runtime) -> Outcome {
    runtime.block_on(act(cli))
}

async fn act(cli: Cli) -> Outcome {
    let Some(verb) = cli.verb else {
        return Err(Refusal::new(ErrorKind::Usage, "the screen is not a verb"));
    };
    if let Some(done) = papers::print(&cli.global, &verb) {
        return done;
    }
    // What there is to do before a configuration is there, or about the file itself.
    match verb {
        Verb::Setup => return setup::run(&cli.global).await,
        Verb::Login { account, device, browser } => {
            let flow = if device { Some(Flow::Device) } else { browser.then_some(Flow::Browser) };
            return login::run(&cli.global, account.as_deref(), flow).await;
        }
        Verb::Logout { account } => return logout::run(&cli.global, account.as_deref()).await,
        Verb::Doctor { create_folders } => return doctor::run(&cli.global, create_folders, None).await,
        _ => {}
    }
    let may_ask = !matches!(verb, Verb::Watch);
    let cx = Context::load(&cli.global, may_ask)?;
    match verb {
        Verb::Mailboxes => mailboxes::run(&cx).await,
        Verb::Sync => sync::run(&cx).await,
        Verb::List { view, query, limit } => list::run(&cx, view.into(), query.as_deref(), limit).await,
        Verb::Show { id, raw, html, headers } => {
            let form = match (raw, html, headers) {
                (true, ..) => show::Form::Raw,
                (_, true, _) => show::Form::Html,
                (_, _, true) => show::Form::Headers,
                _ => show::Form::Text,
            };
            show::run(&cx, &id, form).await
        }
        Verb::Reply(args) => reply::run(&cx, args).await,
        Verb::New(args) => new::run(&cx, args).await,
        Verb::Forward(args) => forward::run(&cx, args).await,
        Verb::Outbox { what } => reply::outbox(&cx, what).await,
        Verb::Watch => watch::run(&cx).await,
        other => change::run(&cx, other).await,
    }
}
