//! `bagsy list`: conversations, a line each, in the screen's order; with `--query`, those of them that it finds.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::context::{Context, Outcome, failed};
use super::output;
use crate::engine::{Answer, Cache, Link, Login, Question};
use crate::model::{Conversation, ErrorKind, Mailbox, Query, Refusal, Role, Uid, View};
use crate::store::{Order, PageQuery, Reader, Search, Wanted};

/// So many rows are asked for at once: memory does not grow with the mailbox.
const PAGE: u32 = 500;

pub async fn run(cx: &Context, view: View, query: Option<&str>, limit: Option<u32>) -> Outcome {
    // Before anything is asked of a server.
    let query = query.map(Query::parse).transpose().map_err(|error| {
        let hint = "words, \"phrases\", from: to: subject: body: tag: who: is: before: after: has:attachment";
        Refusal::new(ErrorKind::Usage, format!("--query: {error}")).hint(hint)
    })?;
    let mut left = limit.unwrap_or(u32::MAX);
    if cx.offline {
        for (login, reader, mailboxes) in cx.cached()? {
            if query.is_some() {
                write_words(&Cache::open(&login.cache, login.me().as_ref())?)?;
            }
            for mailbox in &mailboxes {
                let search = query.as_ref().map(|query| search(mailbox, view, Wanted::local(query.clone())));
                say_what_is_missing(cx, &reader, mailbox, query.as_ref())?;
                print(cx, &login, &reader, mailbox, &list(mailbox, view, search), &mut left)?;
            }
        }
        return Ok(());
    }
    for mut reached in cx.reach().await? {
        for mailbox in &reached.mailboxes {
            let link = &mut reached.link;
            link.sync_mailbox(mailbox).await?;
            let search = match &query {
                Some(query) => Some(look_everywhere(cx, link, mailbox, view, query).await?),
                None => None,
            };
            print(cx, &link.login, &link.reader, mailbox, &list(mailbox, view, search), &mut left)?;
        }
    }
    Ok(())
}

/// What is printed: a view's rows, or what a search finds of them.
enum List {
    View(PageQuery),
    Found(Search),
}

fn list(mailbox: &Mailbox, view: View, search: Option<Search>) -> List {
    search.map_or_else(|| List::View(PageQuery::new(Some(mailbox.key()), view)), List::Found)
}

impl List {
    fn page(&self, reader: &Reader, offset: u32, limit: u32) -> Outcome<Vec<Conversation>> {
        match self {
            Self::View(query) => reader.page(&PageQuery { offset, limit: Some(limit), ..query.clone() }),
            Self::Found(search) => reader.found(search, offset, Some(limit)),
        }
        .map_err(failed)
    }
}

fn search(mailbox: &Mailbox, view: View, wanted: Wanted) -> Search {
    Search {
        mailbox: mailbox.key().to_owned(),
        view,
        order: Order::OldestWait,
        wanted: vec![wanted],
        alike: None,
        most: None,
        now: Timestamp::now(),
        zone: TimeZone::system(),
    }
}

/// The index is brought up to date with the cache.
fn write_words(cache: &Cache) -> Outcome {
    while cache.write(|writer| writer.write_words())? > 0 {}
    Ok(())
}

/// Looks in the cache, and asks the server for words in texts that are not in it.
async fn look_everywhere(
    cx: &Context,
    link: &mut Link,
    mailbox: &Mailbox,
    view: View,
    query: &Query,
) -> Outcome<Search> {
    write_words(&link.cache)?;
    let mut search = search(mailbox, view, Wanted::local(query.clone()));
    if link.reader.reach(mailbox.key()).map_err(failed)?.has_all_bodies() {
        return Ok(search);
    }
    for role in Role::SYNCED.into_iter().filter(|role| mailbox.folder(*role).is_some()) {
        let is_whole = link.reader.folder(mailbox.key(), role).map_err(failed)?.is_some_and(|state| state.is_whole());
        let question = Question::of(query, is_whole, search.now, &search.zone);
        if question.is_empty() {
            continue;
        }
        match link.ask(mailbox, role, &question).await {
            Ok(Answer { also, but, left_out }) => {
                if left_out > 0 {
                    let folder = role.as_str();
                    cx.out.note(&format!("{}: {left_out} older hits in {folder} are left out", mailbox.key()));
                }
                let at = |uids: Vec<Uid>| uids.into_iter().map(move |uid| (role, uid));
                for wanted in &mut search.wanted {
                    wanted.also.extend(at(also.clone()));
                    wanted.but.extend(at(but.clone()));
                }
            }
            Err(error) if error.ends_session() => return Err(error.into_refusal()),
            // A folder that is closed to this login, words that the server does not search for.
            Err(error) => {
                let why = error.into_refusal().message;
                cx.out.note(&format!("{}: the server did not search {}: {why}", mailbox.key(), role.as_str()));
                say_what_is_missing(cx, &link.reader, mailbox, Some(query))?;
            }
        }
    }
    Ok(search)
}

/// Words are looked for in what is here: how much that is, where it is not all.
fn say_what_is_missing(cx: &Context, reader: &Reader, mailbox: &Mailbox, query: Option<&Query>) -> Outcome {
    let reach = reader.reach(mailbox.key()).map_err(failed)?;
    if query.is_some_and(Query::wants_bodies) && !reach.has_all_bodies() {
        let (here, all) = (reach.bodies, reach.messages);
        cx.out.note(&format!("{}: texts of {here} of {all} mails are here, others were not searched", mailbox.key()));
    }
    Ok(())
}

fn print(cx: &Context, login: &Login, reader: &Reader, mailbox: &Mailbox, list: &List, left: &mut u32) -> Outcome {
    let now = Timestamp::now();
    let me = login.me();
    let mut offset = 0;
    while *left > 0 {
        let limit = PAGE.min(*left);
        let page = list.page(reader, offset, limit)?;
        let Ok(count) = u32::try_from(page.len()) else { break };
        for conversation in &page {
            let folder = mailbox.folder(conversation.folder).unwrap_or(&mailbox.root);
            cx.out.line(|| conversation.to_json(folder), || output::row(conversation, me.as_ref(), now));
        }
        *left -= count;
        offset += count;
        if count < limit {
            break;
        }
    }
    Ok(())
}
