//! From when on mail is work: asked with the mailbox's own numbers.

use jiff::civil::Date;
use jiff::{ToSpan, Zoned};

use super::super::ask::Person;
use super::super::context::Outcome;
use super::scene::Scene;
use crate::config::MailboxConfig;
use crate::engine::{Error, Link};
use crate::imap::Criteria;
use crate::model::{Mailbox, Role};

/// An INBOX of no more mails than this is work as a whole.
const FEW: u32 = 200;

/// Each mailbox with its day; one answer may stand for all.
pub async fn ask(person: &Person, scene: &Scene, mut chosen: Vec<MailboxConfig>) -> Outcome<Vec<MailboxConfig>> {
    let today = Zoned::now().date();
    let mut for_all = None;
    let mut seen = scene.look(&chosen).await?;
    let count = chosen.len();
    for (at, config) in chosen.iter_mut().enumerate() {
        if let Some(since) = for_all {
            config.since = since;
            continue;
        }
        let open = seen.iter_mut().find_map(|sight| {
            let mailbox = sight.mailboxes.iter().find(|m| m.is_own_address(&config.address))?.clone();
            Some((&mut sight.link, mailbox))
        });
        let Some((link, mailbox)) = open else { continue };
        config.since = one(person, link, &mailbox, today).await?;
        let rest = count - at - 1;
        if rest > 0 && person.yes(&format!("The same for the other {rest}?"), true).await? {
            for_all = Some(config.since);
        }
    }
    Ok(chosen)
}

async fn one(person: &Person, link: &mut Link, mailbox: &Mailbox, today: Date) -> Outcome<Option<Date>> {
    link.enter(mailbox, Role::Inbox).await?;
    let total = link.selected().map_or(0, |selected| selected.exists);
    person.gap();
    person.say(&format!(
        "From when on is mail in {} work? Older conversations are nobody's: in All and in search only.",
        mailbox.key()
    ));
    let two_weeks = today.saturating_sub(14.days());
    let recent = count(link, two_weeks).await?;
    person.say(&format!("Its INBOX has {total} mails, {recent} of them since {two_weeks}."));
    let default = if total <= FEW { "all".to_owned() } else { two_weeks.to_string() };
    loop {
        let typed = person.line("A day as 2026-11-01, or “all”", Some(&default)).await?;
        if typed.eq_ignore_ascii_case("all") {
            return Ok(None);
        }
        // jiff reads more than a bare day.
        let day = Some(&typed).filter(|typed| typed.len() == 10).and_then(|typed| typed.parse::<Date>().ok());
        match day {
            None => person.bad(&format!("“{typed}” is no day")),
            Some(day) => {
                let work = count(link, day).await?;
                person.good(&format!("{work} of {total} mails are since {day}"));
                if work > 0 || total == 0 || person.yes("Nothing would be left to do. Is that meant?", false).await? {
                    return Ok(Some(day));
                }
            }
        }
    }
}

/// How many mails came on this day or later, by the server's calendar.
async fn count(link: &mut Link, day: Date) -> Outcome<usize> {
    let words = format!("SINCE {}", day.strftime("%-d-%b-%Y"));
    let found = link.session.search(&Criteria::Words(words)).await.map_err(Error::from)?;
    Ok(found.len())
}
