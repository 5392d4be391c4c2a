//! A check-up from the configuration to the last folder: what was looked at, what was found, what follows.
//!
//! What decides is pure and says lines ([`Check`]) of what it is given; what acts asks the servers the least that tells,
//! sends nothing and changes no mail. A failure ends what depends on it, and that is said too. What can be mended by a new
//! folder is mended by [`create`], which is called only where somebody wants it.

mod abilities;
mod check;
mod create;
mod local;
mod mailbox;
mod seen;
mod server;
mod submission;

use std::sync::Arc;

pub use check::{Check, Verdict};
pub use create::{Missing, create};
pub use local::configuration;
pub use submission::send_as;

use super::cache::Cache;
use super::discover::{Found, choose};
use super::error::{Error, Result};
use super::link::Link;
use super::login::Login;
use crate::model::{Capability, ErrorKind, Mailbox, Refusal};
use check::Pen;

/// What the examination of one login found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visit {
    /// The IMAP server let it in and told what is there.
    pub was_let_in: bool,
    /// Mailboxes that are meant and open.
    pub mailboxes: usize,
    /// Mailboxes that are configured and closed; each has had its line.
    pub closed: usize,
    /// Why the one that is meant is not among them.
    pub missing: Option<Refusal>,
    /// Folders that are not there and could be created.
    pub missing_folders: Vec<Missing>,
    /// What cannot be done in which mailbox, a sentence each.
    pub lacks: Vec<String>,
    /// What is read in each mailbox, to be compared with what other logins see there.
    readings: Vec<seen::Reading>,
}

/// Examines one login: what lies on this machine, the IMAP server, its mailboxes (or the one that is `wanted`), and the
/// submission server.
pub async fn examine(login: &Arc<Login>, wanted: Option<&str>, tell: &mut dyn FnMut(Check)) -> Visit {
    let mut pen = Pen::new(local::name_of(login), tell);
    pen.write(local::handle(login));
    let credentials = login.submission_credentials(false).await;
    pen.write(local::secret(login, credentials.as_ref().err()));
    let cache = Cache::open(&login.cache, login.me().as_ref());
    pen.write(local::cache(&login.cache, cache.as_ref().err()));
    if let Ok(cache) = &cache {
        pen.write_all(local::leftovers(cache));
    }
    let (Ok(credentials), Ok(cache)) = (credentials, cache) else {
        pen.write(Check::skipped("imap", "the login cannot begin"));
        pen.write(Check::skipped("submission", "the login cannot begin"));
        return Visit::default();
    };
    let endpoint = &login.account.smtp;
    let (visit, mailboxes) = match imap(login, &cache, wanted, &mut pen).await {
        Ok(told) => told,
        Err(kind) => {
            pen.write(Check::skipped("mailboxes", "the IMAP server is not there to ask"));
            if kind == ErrorKind::Auth {
                // The same secret would be refused again, and some servers count.
                pen.write(Check::skipped("submission", "the sign-in was refused already"));
            } else {
                submission::examine(endpoint, &login.account.key, &credentials, &[], &mut pen).await;
            }
            return Visit::default();
        }
    };
    let answering: Vec<Mailbox> = mailboxes.into_iter().filter(|m| m.may(Capability::Send)).collect();
    if answering.is_empty() {
        let follows = "where you may not answer, nothing is sent";
        pen.write(Check::note("submission", "not checked: there is no mailbox here in which you may answer", follows));
    } else {
        submission::examine(endpoint, &login.account.key, &credentials, &answering, &mut pen).await;
    }
    visit
}

/// The IMAP server and what is on it; the mailboxes that are meant.
async fn imap(
    login: &Arc<Login>,
    cache: &Cache,
    wanted: Option<&str>,
    pen: &mut Pen<'_>,
) -> std::result::Result<(Visit, Vec<Mailbox>), ErrorKind> {
    let endpoint = &login.account.imap.endpoint;
    server::reach("imap", endpoint, pen).await?;
    let opened = Link::open(login, cache).await;
    let came = opened.as_ref().map_err(|error| (error.kind(), error.to_string())).map(|link| server::Entry {
        agreed: link.session.agreed(),
        how: local::method(&login.account.auth),
        mechanism: link.session.mechanism(),
    });
    pen.write_all(server::signed_in("imap", endpoint, &login.account.key, came.as_ref()));
    let mut link = opened.map_err(|error| error.kind())?;
    let looked = look(&mut link, wanted, pen).await;
    link.session.logout().await;
    looked.map_err(|error| {
        let (kind, found) = (error.kind(), error.to_string());
        pen.write(Check::failed("imap", kind, found, "what comes after this was not checked; try again"));
        kind
    })
}

async fn look(link: &mut Link, wanted: Option<&str>, pen: &mut Pen<'_>) -> Result<(Visit, Vec<Mailbox>)> {
    pen.write_all(server::capabilities(link.session.capabilities()));
    let namespaces = link.session.namespaces().await?;
    let is_told = link.session.has("NAMESPACE") && !namespaces.is_withheld;
    pen.write(server::namespaces(&namespaces, is_told));
    let found = link.discover().await?;
    pen.write(listed(&found));
    let mut visit = Visit { was_let_in: true, ..Visit::default() };
    let meant: Vec<Mailbox> = match wanted.map(|wanted| choose(&found, wanted)) {
        None => {
            for closed in &found.closed {
                pen.about(&closed.address).write(Check::refused("mailbox", closed.refusal.clone()));
            }
            visit.closed = found.closed.len();
            found.mailboxes
        }
        Some(Ok(mailbox)) => vec![mailbox.clone()],
        Some(Err(error)) => {
            visit.missing = Some(error.into_refusal());
            Vec::new()
        }
    };
    visit.mailboxes = meant.len();
    for mailbox in &meant {
        visit.missing_folders.extend(create::missing(mailbox, link.login.config_of(mailbox)));
        let lacks = abilities::lacks(mailbox);
        if !lacks.is_empty() {
            visit.lacks.push(format!("{}: {}", mailbox.key(), lacks.join(", ")));
        }
        let mut pen = pen.about(mailbox.key());
        match mailbox::examine(link, mailbox, &mut pen).await {
            Err(error) if matches!(error, Error::Store(_)) || error.ends_session() => return Err(error),
            Err(error) => {
                let follows = "the rest of this mailbox was not checked";
                pen.write(Check::failed("mailbox", error.kind(), error.to_string(), follows));
            }
            Ok(reading) => visit.readings.extend(reading),
        }
    }
    Ok((visit, meant))
}

fn listed(found: &Found) -> Check {
    let names: Vec<&str> = found.mailboxes.iter().map(Mailbox::key).collect();
    match names.as_slice() {
        [] => Check::note("mailboxes", "this login sees none", "there is no queue here"),
        names => Check::good("mailboxes", names.join(", ")),
    }
}

/// What only all logins together can say.
pub fn conclusions(visits: &[Visit]) -> Vec<Check> {
    let readings: Vec<seen::Reading> = visits.iter().flat_map(|v| v.readings.iter().cloned()).collect();
    seen::lines(&readings).into_iter().chain(nothing_open(visits)).collect()
}

/// That no mailbox that is meant is open, where it is so.
fn nothing_open(visits: &[Visit]) -> Option<Check> {
    let was_let_in = visits.iter().any(|v| v.was_let_in);
    if !was_let_in || visits.iter().any(|v| v.mailboxes > 0 || v.closed > 0) {
        return None;
    }
    // What is closed says more than what is not there.
    let missing = visits.iter().filter_map(|v| v.missing.as_ref());
    Some(match missing.min_by_key(|m| m.kind == ErrorKind::NotFound) {
        Some(missing) => Check::refused("mailbox", missing.clone()),
        None => Check::failed(
            "mailboxes",
            ErrorKind::Rights,
            "no shared mailbox is to be seen",
            "ask for one to be shared with you (the rights `lrswi` for all of it), or name it in the configuration: \
             [mailbox.\"address\"] with `root`",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(mailboxes: usize, closed: usize, missing: Option<ErrorKind>) -> Visit {
        let missing = missing.map(|kind| Refusal::new(kind, kind.as_str()));
        Visit { was_let_in: true, mailboxes, closed, missing, ..Visit::default() }
    }

    #[test]
    fn one_login_with_a_mailbox_is_enough() {
        assert_eq!(nothing_open(&[visit(0, 0, None), visit(1, 0, None)]), None);
        let none = nothing_open(&[visit(0, 0, None)]).unwrap();
        assert_eq!(none.verdict, Verdict::Failed(ErrorKind::Rights));
    }

    #[test]
    fn a_closed_mailbox_says_more_than_one_that_is_not_there() {
        let visits = [visit(0, 0, Some(ErrorKind::NotFound)), visit(0, 0, Some(ErrorKind::Rights))];
        assert_eq!(nothing_open(&visits).unwrap().verdict, Verdict::Failed(ErrorKind::Rights));
    }

    #[test]
    fn where_nobody_was_let_in_or_a_closed_one_has_its_line_nothing_is_added() {
        assert_eq!(nothing_open(&[Visit::default()]), None);
        assert_eq!(nothing_open(&[visit(0, 1, None)]), None);
    }
}
