//! One mailbox: who one is there, rights, grade, folders, keywords, answers whose fate is unknown.

use super::super::error::{Error, Result};
use super::super::link::Link;
use super::abilities::{self, title};
use super::check::{Check, Pen};
use super::seen::{Reading, Told};
use crate::config::{DoneMeans, MailboxConfig};
use crate::imap::{self, Criteria, Folder, Selected, utf7};
use crate::model::{Capability, ErrorKind, Handle, Mailbox, Refusal, Role};
use crate::wire::keywords;

/// Looks at one mailbox; its lines in order, and what is read in it.
pub(super) async fn examine(link: &mut Link, mailbox: &Mailbox, pen: &mut Pen<'_>) -> Result<Option<Reading>> {
    let config = link.login.config_of(mailbox).cloned();
    pen.write(address(mailbox));
    pen.write(handle(mailbox, link.login.handle_in(mailbox).map_err(Error::into_refusal)));
    pen.write(abilities::rights(mailbox));
    pen.write_all(abilities::abilities(mailbox));
    pen.write(abilities::grade(mailbox));
    for (role, name) in mailbox.folders.iter().filter(|(role, _)| **role != Role::Inbox) {
        let listed = match link.session.list(name).await {
            Ok(listed) => listed,
            Err(error @ imap::Error::Refused { .. }) => {
                pen.write(unlisted(*role, name, &error));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        // Dovecot lists any name in a shared namespace, as one that cannot be opened.
        let listed = listed.into_iter().find(|folder| folder.name == *name && folder.is_selectable());
        let is_configured = config.as_ref().is_some_and(|c| c.folders.contains_key(role));
        pen.write(folder(*role, name, listed.as_ref(), is_configured));
    }
    pen.write_all(absent(mailbox, config.as_ref()));
    link.enter(mailbox, Role::Inbox).await?;
    let selected = link.selected().cloned();
    let known = selected.iter().flat_map(|s| &s.flags).filter(|flag| !flag.starts_with('\\')).count();
    pen.write(keyword_count(known));
    let reading = match &selected {
        Some(selected) => Some(read(link, mailbox, selected).await?),
        None => None,
    };
    pen.write(since(config.as_ref()));
    if mailbox.folder(Role::Sent).is_some() {
        let pending = pending_answers(link, mailbox).await;
        pen.write(match pending {
            Err(Error::Imap(error)) if !error.is_fatal() => {
                Check::note("announced answers", format!("not known: {error}"), "Sent cannot be looked into")
            }
            other => pending_line(&other?),
        });
    }
    Ok(reading)
}

/// What is read in INBOX, which is selected.
async fn read(link: &mut Link, mailbox: &Mailbox, selected: &Selected) -> Result<Reading> {
    let seen = link.session.search(&Criteria::Words("SEEN".to_owned())).await?;
    let told = if Told::is_known_to(link.session.server_name()) {
        link.session.metadata(&mailbox.root, Told::ENTRY).await?.as_deref().and_then(Told::of)
    } else {
        None
    };
    Ok(Reading {
        mailbox: mailbox.key().to_owned(),
        server: link.login.account.imap.endpoint.to_string(),
        user: link.login.user.clone(),
        is_own: mailbox.root.eq_ignore_ascii_case("INBOX"),
        uidvalidity: selected.uidvalidity,
        uidnext: selected.uidnext,
        exists: selected.exists,
        seen: seen.into_iter().collect(),
        told,
    })
}

fn address(mailbox: &Mailbox) -> Check {
    let root = utf7::decode(&mailbox.root);
    match &mailbox.address {
        Some(_) if mailbox.addresses.is_empty() => Check::good("mailbox", format!("its INBOX is “{root}”")),
        Some(_) => {
            Check::good("mailbox", format!("its INBOX is “{root}”; also addressed {}", mailbox.addresses.join(", ")))
        }
        None => {
            let follows = format!(
                "it can only be looked at until it is named: [mailbox.\"address\"] with root = \"{}\"",
                mailbox.root
            );
            Check::note("mailbox", format!("nothing tells the address of “{root}”"), follows)
        }
    }
}

fn handle(mailbox: &Mailbox, handle: std::result::Result<Handle, Refusal>) -> Check {
    match handle {
        Ok(handle) => Check::good("handle", format!("you are {handle}"))
            .so(format!("you claim with {}", keywords::claim(&handle))),
        Err(refusal) => {
            let follows = format!("no claims without: {}", refusal.hint.unwrap_or_default());
            // Who may not claim anyway misses nothing.
            if mailbox.may(Capability::Claim) {
                Check::failed("handle", refusal.kind, refusal.message, follows)
            } else {
                Check::note("handle", refusal.message, follows)
            }
        }
    }
}

/// Which folder has this role, and who said so.
fn folder(role: Role, name: &str, listed: Option<&Folder>, is_configured: bool) -> Check {
    let shown = utf7::decode(name);
    let how = match listed {
        None if is_configured => {
            let follows = format!(
                "the folder is not there, or not to be seen by you: correct `{}` of `folders` in the configuration",
                role.as_str()
            );
            return Check::failed(
                title(role),
                ErrorKind::Config,
                format!("“{shown}” is configured, and not listed"),
                follows,
            );
        }
        _ if is_configured => "from the configuration",
        Some(folder) if folder.role() == Some(role) => "by SPECIAL-USE",
        _ => "by its well-known name",
    };
    Check::good(title(role), format!("“{shown}”, {how}"))
}

/// A folder of which the server tells nothing now.
fn unlisted(role: Role, name: &str, error: &imap::Error) -> Check {
    let found = format!("“{}”, not looked at: {error}", utf7::decode(name));
    Check::note(title(role), found, "whether it is there is not known; try again")
}

/// The folders that are not there, where something follows from it.
fn absent(mailbox: &Mailbox, config: Option<&MailboxConfig>) -> Vec<Check> {
    let mut checks = Vec::new();
    if mailbox.folder(Role::Sent).is_none() {
        let follows = if mailbox.may(Capability::Send) {
            "it is created before the first answer"
        } else {
            "answers cannot be announced, and no copy is kept where teammates see it: share one, or name it with `folders`"
        };
        checks.push(Check::note("Sent", "none is to be seen", follows));
    }
    if mailbox.folder(Role::Archive).is_none() {
        let follows = match config.map(|c| c.done) {
            Some(DoneMeans::Keyword) => "none is needed: done is the keyword alone, as configured",
            _ => "done is the keyword alone, and the mail stays in INBOX",
        };
        checks.push(Check::note("Archive", "none is to be seen", follows));
    }
    checks
}

fn keyword_count(known: usize) -> Check {
    let found = format!("{known} known in INBOX");
    if known < keywords::MANY {
        return Check::good("keywords", found);
    }
    let follows = "some servers keep only so many for ever (Maildir 26, Cyrus 128): be sparing with new tags";
    Check::note("keywords", found, follows)
}

fn since(config: Option<&MailboxConfig>) -> Check {
    match config.and_then(|c| c.since) {
        Some(day) => Check::good("since", day.to_string()).so("older conversations are in All and in search only"),
        None => Check::good("since", "not set").so("all mail in INBOX is work"),
    }
}

/// How many announced answers stand in Sent, and whether only those older than ten minutes were counted.
struct Pending {
    count: usize,
    is_old: bool,
}

async fn pending_answers(link: &mut Link, mailbox: &Mailbox) -> Result<Pending> {
    link.enter(mailbox, Role::Sent).await?;
    // RFC 5032; without it the younger ones count too.
    let is_old = link.session.has("WITHIN");
    let age = if is_old { " OLDER 600" } else { "" };
    let (pending, sent, void) = (keywords::SUBMIT_PENDING, keywords::SUBMITTED, keywords::VOID);
    let words = format!("KEYWORD {pending} UNKEYWORD {sent} UNKEYWORD {void}{age}");
    let count = match link.session.search(&Criteria::Words(words)).await {
        // Servers without keywords refuse to search for one.
        Err(imap::Error::Refused { .. }) => 0,
        found => found?.len(),
    };
    Ok(Pending { count, is_old })
}

fn pending_line(pending: &Pending) -> Check {
    match pending {
        Pending { count: 0, .. } => Check::good("announced answers", "none of unknown fate"),
        Pending { count, is_old } => {
            let what =
                if *is_old { "fate unknown for more than ten minutes" } else { "being sent, or their fate unknown" };
            let follows = "these conversations count as unanswered, and nobody answers them, until somebody says on the \
                           screen “was sent” or “discard”";
            Check::note("announced answers", format!("{count}: {what}"), follows)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;

    fn listed(name: &str, attributes: &[&str]) -> Folder {
        let attributes = attributes.iter().map(|a| (*a).to_owned()).collect();
        Folder { name: name.to_owned(), delimiter: Some('/'), attributes }
    }

    #[test]
    fn who_said_what_a_folder_is_for_is_told() {
        let by_use = folder(Role::Sent, "Out", Some(&listed("Out", &["\\Sent"])), false);
        assert_eq!(by_use.found, "“Out”, by SPECIAL-USE");
        assert!(folder(Role::Sent, "Sent", Some(&listed("Sent", &[])), false).found.contains("well-known"));
        assert!(folder(Role::Sent, "Out", Some(&listed("Out", &["\\Sent"])), true).found.contains("configuration"));
        let gone = folder(Role::Archive, "x", None, true);
        assert_eq!(gone.verdict, Verdict::Failed(ErrorKind::Config));
    }

    #[test]
    fn many_keywords_are_warned_of_from_twenty_on() {
        assert_eq!(keyword_count(19).verdict, Verdict::Good);
        assert_eq!(keyword_count(20).verdict, Verdict::Note);
    }

    #[test]
    fn answers_of_unknown_fate_are_counted() {
        assert_eq!(pending_line(&Pending { count: 0, is_old: true }).verdict, Verdict::Good);
        let two = pending_line(&Pending { count: 2, is_old: true });
        assert!(two.verdict == Verdict::Note && two.found.starts_with("2: fate unknown"), "{two:?}");
    }
}
