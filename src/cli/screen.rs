//! The screen: what `bagsy` without a verb does.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

use jiff::Timestamp;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::unbounded_channel;

use super::context::{Context, Outcome, failed};
use super::output::Output;
use crate::config::{self, Glyphs, MailboxConfig};
use crate::engine::message::{Connection, Event};
use crate::engine::{self, Cache, Engine, Link, Login, Tell};
use crate::mail::safe;
use crate::model::{ErrorKind, Handle, Mailbox, Refusal};
use crate::store::Reader;
use crate::tui::app::{self, Settings};
use crate::tui::cache::{Caches, Desks};
use crate::tui::glyphs::GlyphSet;
use crate::tui::notice::Notify;
use crate::tui::run::RunConfig;
use crate::tui::source::{Source, SourceError};

/// A signature in octets, at most.
const LONGEST_SIGNATURE: usize = 10_000;

/// Shows the screen until its person leaves.
///
/// # Errors
/// Before the screen is there: no mailbox, a refused sign-in, no connection while nothing is cached. Afterwards: the terminal.
pub fn run(cx: &Context, runtime: &Runtime) -> Outcome {
    let logins: Vec<(Arc<Login>, Cache)> = runtime.block_on(prepare(cx))?;
    if logins.is_empty() {
        return Err(Refusal::new(ErrorKind::Config, "no account is configured"));
    }
    // A question would come up under the screen, and the answer be read as keys.
    logins.iter().for_each(|(login, _)| login.stop_asking());
    let files: Vec<&Path> = logins.iter().map(|(_, cache)| cache.path()).collect();
    let readers = files.iter().map(|file| Reader::open(file)).collect::<Result<_, _>>().map_err(failed)?;
    let source = Caches::new(readers);
    let drafts = Desks::open(&files).map_err(unreadable)?;
    let (to_screen, events) = channel();
    let (commands, mut wanted) = unbounded_channel();
    let tell: Tell = Arc::new(move |event| {
        // Once the screen is gone nobody listens.
        let _ = to_screen.send(event);
    });
    if cx.offline {
        say_offline(&source.mailboxes().map_err(unreadable)?, &tell);
    }
    let _inside = runtime.enter();
    let engine =
        (!cx.offline).then(|| Engine::start(&logins, cx.wanted.as_deref(), true, Arc::clone(&tell))).transpose()?;
    // Without an engine nobody else writes words into the index. Dropped, this one ends.
    let (_until_then, stop) = engine::stop();
    if cx.offline {
        for (_, cache) in &logins {
            drop(runtime.spawn(engine::keep_index(cache.clone(), stop.clone())));
        }
    }
    let forwarding = runtime.spawn(async move {
        let refusal = Refusal::new(ErrorKind::Unreachable, "nothing was changed: --offline only reads what is cached");
        while let Some(command) = wanted.recv().await {
            match &engine {
                Some(engine) => engine.send(command),
                None => engine::refuse(&tell, command, &refusal),
            }
        }
        if let Some(engine) = engine {
            engine.shut_down().await;
        }
    });
    let zone = jiff::tz::TimeZone::system();
    let settings = Settings {
        accounts: accounts(cx),
        zone,
        signatures: signatures(cx),
        when_lost: cx.when_lost.clone(),
        greeting: cx.greeting.clone(),
        notify: match cx.config.ui.notify {
            config::Notify::Off => Notify::Off,
            config::Notify::Bell => Notify::Bell,
            config::Notify::Terminal => Notify::Terminal,
            config::Notify::Desktop => Notify::Desktop,
        },
        notify_new: cx.config.ui.notify_new,
        ..Settings::default()
    };
    let config = RunConfig {
        settings,
        keymap: super::look::keymap(&cx.config.ui)?,
        theme: super::look::theme(&cx.config.ui)?,
        glyphs: match cx.config.ui.glyphs {
            Glyphs::Unicode => GlyphSet::Unicode,
            Glyphs::Ascii => GlyphSet::Ascii,
        },
        mouse: cx.config.ui.mouse,
    };
    let shown = crate::tui::run::run(config, source, drafts, commands, events);
    // The commands' channel is closed with the screen: what was asked for is carried out, connections are closed.
    let _ = runtime.block_on(forwarding);
    let left =
        shown.map_err(|error| Refusal::new(ErrorKind::Failed, format!("the terminal cannot be used: {error}")))?;
    let out = Output::new(false);
    if left.has_begun {
        out.aside("What you were writing is kept; the outbox on the screen lists it.");
    }
    if left.unsent > 0 {
        let what = match left.unsent {
            1 => "1 mail has not been sent yet: it leaves".to_owned(),
            more => format!("{more} mails have not been sent yet: they leave"),
        };
        out.aside(&format!("{what} when bagsy runs again; `bagsy outbox retry` sends what waits."));
    }
    Ok(())
}

/// Without an engine nobody else says so.
fn say_offline(mailboxes: &[Mailbox], tell: &Tell) {
    let since = Timestamp::now();
    for mailbox in mailboxes {
        let state = Connection::Offline {
            since,
            retry_at: Timestamp::MAX,
            why: "asked for with --offline".to_owned(),
            cure: None,
        };
        tell(Event::Connection { mailbox: mailbox.key().to_owned(), state });
    }
}

/// Asks for secrets while the terminal is free, and, where nothing is cached yet, finds the mailboxes.
async fn prepare(cx: &Context) -> Outcome<Vec<(Arc<Login>, Cache)>> {
    let mut logins = Vec::new();
    for login in cx.meant_logins() {
        let cache = Cache::open(&login.cache, login.me().as_ref())?;
        let knows_mailboxes = !cache.reader()?.mailboxes().map_err(failed)?.is_empty();
        if !cx.offline {
            match login.submission_credentials(false).await {
                // An authority that is not there now may be there later: what is cached is shown meanwhile.
                Err(error) if knows_mailboxes && error.is_transient() => {}
                asked => drop(asked?),
            }
            if !knows_mailboxes {
                let mut link = Link::open(login, &cache).await?;
                let found = link.discover().await?;
                link.session.logout().await;
                if found.mailboxes.is_empty() {
                    let closed = found.closed.into_iter().next().map(|c| c.refusal);
                    return Err(closed.unwrap_or_else(|| {
                        Refusal::new(ErrorKind::NotFound, format!("{} sees no shared mailbox", login.user)).hint(
                            "`bagsy doctor` says what was looked for; a mailbox can be named in the configuration",
                        )
                    }));
                }
            }
        }
        logins.push((Arc::clone(login), cache));
    }
    Ok(logins)
}

fn accounts(cx: &Context) -> BTreeMap<String, app::Account> {
    let account = |account: &crate::config::Account| app::Account {
        handle: account.handle.clone().or_else(|| Handle::of_login(&account.user).ok()),
        name: account.name.clone(),
        is_plaintext: account.plain_endpoints().any(|endpoint| !endpoint.is_loopback()),
    };
    cx.config.accounts.iter().map(|(key, of)| (key.clone(), account(of))).collect()
}

/// What each mailbox signs with; a file that cannot be read is no reason not to show the screen.
fn signatures(cx: &Context) -> BTreeMap<String, Result<String, String>> {
    let of = |mailbox: &MailboxConfig| Some((mailbox.address.clone(), signature(mailbox.signature.as_deref()?)));
    cx.config.mailboxes.iter().filter_map(of).collect()
}

fn signature(path: &Path) -> Result<String, String> {
    let wrong = |why: &str| format!("there is no signature: {} {why}", path.display());
    let bytes = std::fs::read(path).map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    if bytes.len() > LONGEST_SIGNATURE {
        return Err(wrong("is longer than 10 kB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8 text"))?;
    // The mark above it is the program's, whoever wrote one already.
    let text = safe::text(&text.replace("\r\n", "\n"));
    let text = text.strip_prefix("-- \n").unwrap_or(&text);
    Ok(text.trim_matches('\n').to_owned())
}

fn unreadable(error: SourceError) -> Refusal {
    Refusal::new(ErrorKind::Failed, error.to_string())
}
