//! The names that stand beside addresses: the mailbox's, which customers see in each answer, and one's own. Then whether answers
//! may leave under these addresses at all.

use std::collections::BTreeMap;

use super::super::ask::Person;
use super::super::context::Outcome;
use super::scene::Scene;
use super::sign_in::SignedIn;
use crate::config::MailboxConfig;
use crate::engine::Link;
use crate::engine::doctor::{self, Verdict};
use crate::imap::{FetchedHeader, UidSet};
use crate::mail::{header, safe};
use crate::model::{Mailbox, Role, Uid};

/// So many of the newest mails in Sent are looked at for the name that the mailbox has had so far.
const NEWEST: u32 = 20;

/// What stands for no name.
const NONE: &str = "-";

/// The names as they were answered, for whoever goes back.
#[derive(Debug, Default)]
pub struct Names {
    /// Of the mailboxes, by their addresses; empty: none.
    mailboxes: BTreeMap<String, String>,
    own: Option<String>,
}

impl Names {
    /// One's own.
    pub fn own(&self) -> Option<String> {
        self.own.clone().filter(|own| !own.is_empty())
    }
}

/// Each mailbox with its name.
pub async fn ask(
    person: &Person,
    scene: &Scene,
    names: &mut Names,
    mut chosen: Vec<MailboxConfig>,
) -> Outcome<Vec<MailboxConfig>> {
    let mut seen = scene.look(&chosen).await?;
    person.gap();
    if !chosen.is_empty() {
        person.say("The name that customers see beside a mailbox's address, in each answer:");
    }
    for config in &mut chosen {
        let known = match names.mailboxes.get(&config.address) {
            Some(answered) => Some(answered.clone()).filter(|name| !name.is_empty()),
            None => {
                let open = seen.iter_mut().find_map(|sight| {
                    let mailbox = sight.mailboxes.iter().find(|m| m.is_own_address(&config.address))?.clone();
                    Some((&mut sight.link, mailbox))
                });
                match open {
                    Some((link, mailbox)) => until_now(link, &mailbox).await,
                    None => None,
                }
            }
        };
        config.name = name(person, &format!("Name of {}", config.address), known).await?;
        names.mailboxes.insert(config.address.clone(), config.name.clone().unwrap_or_default());
    }
    let known = names.own.clone().or_else(full_name).filter(|name| !name.is_empty());
    let own = name(person, "Your own name, which you alone see", known).await?;
    names.own = Some(own.unwrap_or_default());
    Ok(chosen)
}

/// Asks for one, which may be none.
async fn name(person: &Person, question: &str, known: Option<String>) -> Outcome<Option<String>> {
    let typed = match known {
        Some(known) => Some(person.line(&format!("{question} ({NONE} for none)"), Some(&safe::line(&known))).await?),
        None => person.line_or_nothing(&format!("{question} (Enter for none)")).await?,
    };
    Ok(typed.filter(|typed| typed != NONE))
}

/// The name under which the newest mails in Sent left, as far as the server shows them.
async fn until_now(link: &mut Link, mailbox: &Mailbox) -> Option<String> {
    link.enter(mailbox, Role::Sent).await.ok()?;
    let end = link.selected()?.uidnext.0;
    let newest = UidSet::of((end.saturating_sub(NEWEST).max(1)..end).map(Uid));
    let mut found = None;
    let look = |f: FetchedHeader| {
        let message = header::message(Role::Sent, f.uid, f.modseq, f.internal_date, f.size, f.flags, &f.header);
        let from = message.from.into_iter().find(|from| mailbox.is_own_address(&from.email));
        found = from.and_then(|from| from.name).or_else(|| found.take());
    };
    link.session.fetch_headers(&newest, None, look).await.ok()?;
    found
}

/// The full name of whoever is at work here, as the system knows it (passwd(5)).
fn full_name() -> Option<String> {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).ok()?;
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = users.lines().find(|line| line.split(':').next() == Some(&user))?;
    let full = line.split(':').nth(4)?.split(',').next()?.trim();
    // A system's own user is called like its login.
    Some(full.to_owned()).filter(|full| !full.is_empty() && !full.eq_ignore_ascii_case(&user))
}

/// Asks the submission server whether this login may send as these addresses. One that does not let it in was spoken of before.
pub async fn may_send(person: &Person, signed_in: &SignedIn, mailboxes: &[MailboxConfig]) {
    let Ok(credentials) = signed_in.secrets.credentials(&signed_in.now, false).await else { return };
    let addresses: Vec<String> = mailboxes.iter().map(|m| m.address.clone()).collect();
    person.gap();
    for check in doctor::send_as(&signed_in.now.smtp, &credentials, &addresses).await {
        let text = format!("{}: {}", check.check, check.found);
        match check.verdict {
            Verdict::Good => person.good(&text),
            _ => person.bad(&text),
        }
        if !check.follows.is_empty() {
            person.say(&check.follows);
        }
    }
}
