//! `bagsy reply` and `bagsy outbox`: answering from a script.

use serde_json::json;

use super::args::{OutboxVerb, ReplyArgs};
use super::change::named;
use super::context::{Context, Named, Outcome, Reached, expectation, failed, resolve};
use super::mail;
use crate::config::AfterReply;
use crate::engine::message::Answer;
use crate::engine::outbox::{self, Ran, Terms};
use crate::mail::compose::AttachedFile;
use crate::model::{Conversation, ErrorKind, Expectation, Mailbox, Refusal};
use crate::store::{Desk, OutboxItem, OutboxState, Reader, desk_of};

pub async fn run(cx: &Context, args: ReplyArgs) -> Outcome {
    let expect = expectation(&args.guard)?;
    let body = mail::some_body(&args.body_file)?;
    let files = mail::files(&args.send.attach)?;
    let written = Written { args: &args, body: &body, files, expect: &expect };
    if cx.offline && !args.send.dry_run {
        cx.refuse_offline("reply")?;
    }
    if cx.offline {
        return offline(cx, written, None);
    }
    let mut reached = match cx.reach_for(std::slice::from_ref(&args.id)).await {
        Err(refusal) if mail::is_out_of_reach(&refusal) => return offline(cx, written, Some(refusal)),
        other => other?,
    };
    let named = named(&reached, &args.id)?;
    let at = &mut reached[named.login];
    let mailbox = at.mailbox(&named.mailbox)?;
    let answer = written.prepared(&at.link.reader, &mailbox, &named.root)?;
    if args.send.dry_run {
        return mail::dry_run(&answer, &mailbox, written.files);
    }
    let conversation = current(&at.link.reader, &mailbox, &named)?;
    stand_for(&expect, &conversation)?;
    let desk = Desk::open(&at.link.login.cache).map_err(failed)?;
    outbox::may_answer(&at.link.reader, &desk, &mailbox, &conversation, args.send.unannounced)?;
    refuse_held(at, &mailbox, &conversation)?;
    let item = mail::put(&at.link.login, &mailbox, answer, &written.files, written.terms())?;
    mail::deliver(cx, at, &mailbox, item, None).await
}

/// An answer as its verb was given it.
struct Written<'a> {
    args: &'a ReplyArgs,
    body: &'a str,
    files: Vec<AttachedFile>,
    expect: &'a Expectation,
}

impl Written<'_> {
    fn prepared(&self, reader: &Reader, mailbox: &Mailbox, root: &str) -> Outcome<Answer> {
        let (mut answer, _) = outbox::begin(reader, mailbox, root, self.args.all, None)?;
        self.body.clone_into(&mut answer.draft.body);
        mail::choose_sender(&mut answer.draft, mailbox, self.args.send.from.as_deref())?;
        if self.args.done {
            answer.then = Some(AfterReply::Done);
        }
        Ok(answer)
    }

    fn terms(&self) -> Terms {
        Terms { expect: self.expect.clone(), ..mail::terms(&self.args.send) }
    }
}

/// The conversation as the cache has it now.
pub fn current(reader: &Reader, mailbox: &Mailbox, named: &Named) -> Outcome<Conversation> {
    let found = reader.conversation(mailbox.key(), &named.root).map_err(failed)?;
    found.ok_or_else(|| Refusal::new(ErrorKind::NotFound, "the conversation is gone"))
}

/// Whether it still is what the command line expects.
pub fn stand_for(expect: &Expectation, conversation: &Conversation) -> Outcome {
    let holder = conversation.assignee.holder();
    let is_broken = expect.status.is_some_and(|s| s != conversation.status)
        || expect.assignee.as_ref().is_some_and(|a| *a != conversation.assignee);
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
fn offline(cx: &Context, written: Written<'_>, why: Option<Refusal>) -> Outcome {
    let args = written.args;
    let cached = cx.cached()?;
    let readers = cached.iter().enumerate().map(|(i, (_, reader, mailboxes))| (i, reader, mailboxes.as_slice()));
    let named = resolve(readers, &args.id).map_err(|refusal| why.clone().unwrap_or(refusal))?;
    let (login, reader, mailboxes) = &cached[named.login];
    let mailbox = mailboxes.iter().find(|m| m.key() == named.mailbox);
    let mailbox = mailbox.ok_or_else(|| Refusal::new(ErrorKind::NotFound, "the mailbox is gone"))?;
    let answer = written.prepared(reader, mailbox, &named.root)?;
    let Some(why) = why.filter(|_| !args.send.dry_run) else {
        return mail::dry_run(&answer, mailbox, written.files);
    };
    let conversation = current(reader, mailbox, &named)?;
    stand_for(written.expect, &conversation)?;
    let desk = Desk::open(&login.cache).map_err(failed)?;
    outbox::may_answer(reader, &desk, mailbox, &conversation, args.send.unannounced)?;
    mail::put(login, mailbox, answer, &written.files, written.terms())?;
    Err(mail::queued(why))
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
            let age = crate::model::age(item.since, jiff::Timestamp::now());
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
        outbox::to_draft(&reader, &desk, &item, None)?;
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
