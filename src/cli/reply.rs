//! `bagsy reply` and `bagsy outbox`: answering from a script.

use std::io::{self, Read, Write};

use serde_json::json;

use super::args::{OutboxVerb, ReplyArgs};
use super::change::{named, print};
use super::context::{Context, Named, Outcome, Reached, expectation, failed, resolve};
use super::output;
use crate::config::AfterReply;
use crate::engine::message::Answer;
use crate::engine::outbox::{self, Ran, Terms};
use crate::mail::compose;
use crate::model::{Conversation, ErrorKind, Expectation, Mailbox, Refusal};
use crate::store::{Desk, OutboxItem, OutboxState, Reader, desk_of};

pub async fn run(cx: &Context, args: ReplyArgs) -> Outcome {
    let expect = expectation(&args.guard)?;
    let body = body(&args)?;
    if cx.offline && !args.dry_run {
        cx.refuse_offline("reply")?;
    }
    if cx.offline {
        return offline(cx, &args, &body, &expect, None);
    }
    let ids = [args.id.clone()];
    let mut reached = match cx.reach_for(&ids).await {
        Err(refusal) if matches!(refusal.kind, ErrorKind::Unreachable | ErrorKind::Tls) => {
            return offline(cx, &args, &body, &expect, Some(refusal));
        }
        other => other?,
    };
    let named = named(&reached, &args.id)?;
    let at = &mut reached[named.login];
    let mailbox = at.mailbox(&named.mailbox)?;
    let answer = prepared(&at.link.reader, &mailbox, &named.root, &args, &body)?;
    if args.dry_run {
        return dry_run(&answer, &mailbox);
    }
    let conversation = current(&at.link.reader, &mailbox, &named)?;
    stand_for(&expect, &conversation)?;
    let desk = Desk::open(&at.link.login.cache).map_err(failed)?;
    outbox::may_answer(&at.link.reader, &desk, &mailbox, &conversation, args.unannounced)?;
    refuse_held(at, &mailbox, &conversation)?;
    let terms = Terms { unannounced: args.unannounced, expect, hold_until: None };
    let item = outbox::put(&at.link.reader, &desk, &at.link.login, &mailbox, &answer, terms)?;
    let mailboxes = at.mailboxes.clone();
    match at.link.run_item(item, &mailboxes).await? {
        Ran::Sent(after) => {
            if let Some(after) = after {
                print(cx, at, &mailbox, &after);
            }
            Ok(())
        }
        // The customer has it; to call that a failure would ask for a second answer.
        Ran::Unmarked(refusal) => {
            cx.out.aside(&refusal.message);
            Ok(())
        }
        Ran::Stays(refusal) | Ran::NotSent(refusal) => Err(refusal),
        Ran::Elsewhere => Err(Refusal::new(ErrorKind::Failed, "another process is sending it; see `bagsy outbox`")),
    }
}

/// The whole body, LF line ends.
fn body(args: &ReplyArgs) -> Outcome<String> {
    let path = &args.body_file;
    let unreadable =
        |error: io::Error| Refusal::new(ErrorKind::Usage, format!("{} cannot be read: {error}", path.display()));
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        bytes = std::fs::read(path).map_err(unreadable)?;
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| Refusal::new(ErrorKind::Usage, format!("{} is not UTF-8 text", path.display())))?;
    let text = text.replace("\r\n", "\n");
    if text.trim().is_empty() {
        return Err(Refusal::new(ErrorKind::Usage, "the answer is empty"));
    }
    Ok(text)
}

fn prepared(reader: &Reader, mailbox: &Mailbox, root: &str, args: &ReplyArgs, body: &str) -> Outcome<Answer> {
    let (mut answer, _) = outbox::begin(reader, mailbox, root, args.all, None)?;
    body.clone_into(&mut answer.draft.body);
    if args.done {
        answer.then = Some(AfterReply::Done);
    }
    Ok(answer)
}

fn current(reader: &Reader, mailbox: &Mailbox, named: &Named) -> Outcome<Conversation> {
    let found = reader.conversation(mailbox.key(), &named.root).map_err(failed)?;
    found.ok_or_else(|| Refusal::new(ErrorKind::NotFound, "the conversation is gone"))
}

/// The message as it would leave, readable.
fn dry_run(answer: &Answer, mailbox: &Mailbox) -> Outcome {
    answer.draft.check().map_err(|error| Refusal::new(ErrorKind::Usage, error.to_string()))?;
    let domain = mailbox.address.as_deref().and_then(|a| a.rsplit_once('@')).map_or("localhost", |(_, domain)| domain);
    let bytes = compose::write_readable(&answer.draft, &compose::message_id(domain), &jiff::Zoned::now());
    let mut out = io::stdout().lock();
    out.write_all(&bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Refusal::new(ErrorKind::Failed, format!("it cannot be written: {error}")))
}

fn stand_for(expect: &Expectation, conversation: &Conversation) -> Outcome {
    let holder = conversation.assignee.holder();
    let is_broken = expect.status.is_some_and(|s| s != conversation.status)
        || expect.assignee.as_ref().is_some_and(|a| a.as_ref() != holder || conversation.is_contested());
    if !is_broken {
        return Ok(());
    }
    let text = format!("it is {}, held by {}; nothing was sent", conversation.status, conversation.assignee);
    let refusal = Refusal::new(ErrorKind::Overtaken, text);
    Err(match holder {
        Some(holder) => refusal.holder(holder.clone()),
        None => refusal,
    })
}

fn refuse_held(at: &Reached, mailbox: &Mailbox, conversation: &Conversation) -> Outcome {
    use crate::model::Assignee;
    match &conversation.assignee {
        Assignee::Contested(_) => {
            Err(Refusal::new(ErrorKind::Contested, format!("{} both claim it", conversation.assignee))
                .hint("one of them releases it, or somebody takes it over"))
        }
        Assignee::Held(holder) if at.link.login.handle_in(mailbox).map_err(Refusal::from)? != *holder => {
            Err(Refusal::new(ErrorKind::Held, format!("{holder} holds it")).holder(holder.clone()))
        }
        _ => Ok(()),
    }
}

/// Without a connection: the message is made of what is cached, and waits in the outbox.
fn offline(cx: &Context, args: &ReplyArgs, body: &str, expect: &Expectation, why: Option<Refusal>) -> Outcome {
    let cached = cx.cached()?;
    let readers = cached.iter().enumerate().map(|(i, (_, reader, mailboxes))| (i, reader, mailboxes.as_slice()));
    let named = resolve(readers, &args.id).map_err(|refusal| why.clone().unwrap_or(refusal))?;
    let (login, reader, mailboxes) = &cached[named.login];
    let mailbox = mailboxes.iter().find(|m| m.key() == named.mailbox);
    let mailbox = mailbox.ok_or_else(|| Refusal::new(ErrorKind::NotFound, "the mailbox is gone"))?;
    let answer = prepared(reader, mailbox, &named.root, args, body)?;
    let Some(why) = why.filter(|_| !args.dry_run) else { return dry_run(&answer, mailbox) };
    let conversation = current(reader, mailbox, &named)?;
    stand_for(expect, &conversation)?;
    let desk = Desk::open(&login.cache).map_err(failed)?;
    outbox::may_answer(reader, &desk, mailbox, &conversation, args.unannounced)?;
    let terms = Terms { unannounced: args.unannounced, expect: expect.clone(), hold_until: None };
    outbox::put(reader, &desk, login, mailbox, &answer, terms)?;
    Err(Refusal { message: format!("{}; the answer is kept in the outbox", why.message), ..why }
        .hint("it is sent by the screen as soon as that is possible, or by `bagsy outbox retry`"))
}

/// `bagsy outbox`: what waits.
pub async fn outbox(cx: &Context, what: Option<OutboxVerb>) -> Outcome {
    match what.unwrap_or(OutboxVerb::List) {
        OutboxVerb::List => {
            for (login, desk) in desks(cx)? {
                let reader = Reader::open(&login.cache).map_err(failed)?;
                for item in desk.outbox_list().map_err(failed)? {
                    list(cx, &reader, &item);
                }
            }
            Ok(())
        }
        OutboxVerb::Cancel { id } => cancel(cx, &id),
        OutboxVerb::Retry { id } => retry(cx, id.as_deref()).await,
    }
}

type Desks = Vec<(std::sync::Arc<crate::engine::Login>, Desk)>;

fn desks(cx: &Context) -> Outcome<Desks> {
    let mut desks = Vec::new();
    for login in cx.meant_logins().into_iter().filter(|login| desk_of(&login.cache).exists()) {
        desks.push((std::sync::Arc::clone(login), Desk::open(&login.cache).map_err(failed)?));
    }
    Ok(desks)
}

fn list(cx: &Context, reader: &Reader, item: &OutboxItem) {
    let state = match item.state {
        OutboxState::Held | OutboxState::Unsent => "unsent",
        OutboxState::Unknown => "unknown",
        OutboxState::Failed => "failed",
        // What is still to be done, at a time of its own: never a word that invites a second answer.
        OutboxState::Scheduled | OutboxState::Submitted => "scheduled",
    };
    let error = item.error.as_deref().or((item.state == OutboxState::Submitted).then_some(outbox::UNMARKED));
    let root = outbox::root_of(reader, item).unwrap_or_else(|_| item.root.clone());
    let conversation = reader.conversation(&item.mailbox, &root).ok().flatten().map(|c| c.id);
    cx.out.line(
        || {
            json!({
                "id": item.id.to_string(),
                "conversation": conversation,
                "to": item.recipients,
                "subject": item.subject,
                "state": state,
                "since": item.since,
                "error": error,
            })
        },
        || {
            let error = error.map(|e| format!("  {e}")).unwrap_or_default();
            let age = output::age(item.since, jiff::Timestamp::now());
            format!("{}  {state}  {age}  to {}  {}{error}", item.id, item.recipients.join(", "), item.subject)
        },
    );
}

/// The item that is meant: numbers are each login's own.
fn item_of(id: &str, desks: &Desks) -> Outcome<i64> {
    let none = || Refusal::new(ErrorKind::NotFound, format!("nothing in the outbox is called {id}"));
    let number = id.parse().map_err(|_| none())?;
    let mut found = 0;
    for (_, desk) in desks {
        found += usize::from(desk.outbox_get(number).map_err(failed)?.is_some());
    }
    match found {
        0 => Err(none()),
        1 => Ok(number),
        _ => Err(Refusal::new(ErrorKind::Ambiguous, format!("{id} is in the outbox of several accounts"))
            .hint("choose with --mailbox")),
    }
}

fn cancel(cx: &Context, id: &str) -> Outcome {
    let desks = desks(cx)?;
    let number = item_of(id, &desks)?;
    for (login, desk) in desks {
        let Some(item) = desk.outbox_get(number).map_err(failed)? else { continue };
        if item.state == OutboxState::Unknown {
            let text = "it may have been sent: it can be settled, not taken back";
            return Err(Refusal::new(ErrorKind::UnknownOutcome, text).hint("say “was sent” or “discard” on the screen"));
        }
        if item.state == OutboxState::Submitted {
            let text = "too late: it was sent, and is still to be marked in the mailbox";
            return Err(Refusal::new(ErrorKind::Failed, text).hint("`bagsy outbox retry` marks it"));
        }
        let lease = crate::store::Lease::try_take(&login.cache, number).map_err(failed)?;
        let Some(lease) = lease else {
            return Err(Refusal::new(ErrorKind::Failed, "too late: another process is sending it"));
        };
        if !outbox::is_fresh(&item) {
            return Err(Refusal::new(
                ErrorKind::Failed,
                "it has been announced already: it is sent, or given up, by its sender",
            )
            .hint("`bagsy outbox retry` takes it up again"));
        }
        let reader = Reader::open(&login.cache).map_err(failed)?;
        outbox::to_draft(&reader, &desk, &item)?;
        lease.retire();
        cx.out.line(|| json!({ "id": id, "state": "cancelled" }), || format!("{id} taken back; its text is a draft"));
        return Ok(());
    }
    Err(Refusal::new(ErrorKind::NotFound, format!("nothing in the outbox is called {id}")))
}

async fn retry(cx: &Context, id: Option<&str>) -> Outcome {
    cx.refuse_offline("outbox retry")?;
    let desks = desks(cx)?;
    let wanted = id.map(|id| item_of(id, &desks)).transpose()?;
    let now = jiff::Timestamp::now();
    let mut first = None;
    for (login, desk) in desks {
        let mut items = outbox::due(&desk, now)?;
        items.retain(|item| wanted.is_none_or(|id| id == item.id));
        if items.is_empty() {
            continue;
        }
        drop(desk);
        let cache = crate::engine::Cache::open(&login.cache, login.me().as_ref())?;
        let mut link = crate::engine::Link::open(&login, &cache).await?;
        let mailboxes = link.discover().await?.mailboxes;
        for item in items {
            let refusal = match link.run_item(item.id, &mailboxes).await? {
                Ran::Sent(_) => {
                    let to = item.recipients.join(", ");
                    cx.out.line(
                        || json!({ "id": item.id.to_string(), "state": "sent", "to": item.recipients }),
                        || format!("{} sent to {to}", item.id),
                    );
                    continue;
                }
                Ran::Unmarked(refusal) | Ran::Stays(refusal) | Ran::NotSent(refusal) => refusal,
                Ran::Elsewhere => continue,
            };
            match first {
                None => first = Some(refusal),
                Some(_) => cx.out.refusal(&refusal),
            }
        }
    }
    first.map_or(Ok(()), Err)
}
