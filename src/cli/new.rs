//! `bagsy new`: a mail from a mailbox's address that begins a conversation.

use super::args::NewArgs;
use super::context::{Context, Outcome};
use super::mail;
use crate::engine::message::{Answer, Target};
use crate::engine::outbox;
use crate::mail::compose;
use crate::model::{ErrorKind, Mailbox, Refusal};

pub async fn run(cx: &Context, args: NewArgs) -> Outcome {
    let body = mail::some_body(&args.body_file)?;
    let files = mail::files(&args.send.attach)?;
    if cx.offline && !args.send.dry_run {
        cx.refuse_offline("new")?;
    }
    let why = if cx.offline {
        None
    } else {
        match cx.reach().await {
            Ok(mut reached) => {
                let all = reached.iter().enumerate().flat_map(|(i, at)| at.mailboxes.iter().map(move |m| (i, m)));
                let (login, mailbox) = choose(all, args.send.from.as_deref())?;
                let answer = prepared(&mailbox, &args, body)?;
                if args.send.dry_run {
                    return mail::dry_run(&answer, &mailbox, files);
                }
                let at = &mut reached[login];
                outbox::may_send(&mailbox, args.send.unannounced)?;
                let terms = mail::terms(&args.send);
                let item = mail::put(&at.link.login, &mailbox, answer, &files, terms)?;
                return mail::deliver(cx, at, &mailbox, item, None).await;
            }
            Err(refusal) if mail::is_out_of_reach(&refusal) => Some(refusal),
            Err(refusal) => return Err(refusal),
        }
    };
    let cached = cx.cached()?;
    let all = cached.iter().enumerate().flat_map(|(i, (_, _, mailboxes))| mailboxes.iter().map(move |m| (i, m)));
    let (login, mailbox) = choose(all, args.send.from.as_deref()).map_err(|refusal| why.clone().unwrap_or(refusal))?;
    let (login, _, _) = &cached[login];
    let answer = prepared(&mailbox, &args, body)?;
    let Some(why) = why.filter(|_| !args.send.dry_run) else { return mail::dry_run(&answer, &mailbox, files) };
    outbox::may_send(&mailbox, args.send.unannounced)?;
    mail::put(login, &mailbox, answer, &files, mail::terms(&args.send))?;
    Err(mail::queued(why))
}

fn prepared(mailbox: &Mailbox, args: &NewArgs, body: String) -> Outcome<Answer> {
    let mut draft = compose::blank(mailbox);
    (draft.subject, draft.body) = (args.subject.clone(), body);
    mail::address(&mut draft, &args.recipients);
    mail::choose_sender(&mut draft, mailbox, args.send.from.as_deref())?;
    // Where it comes back it is a draft of its own.
    let name = jiff::Timestamp::now().as_nanosecond().to_string();
    Ok(outbox::begin_opening(mailbox, Target::new_mail(mailbox.key(), &name), draft, None)?)
}

/// The mailbox that is written from: the only one with an address, or the one that has the chosen address.
fn choose<'a>(all: impl Iterator<Item = (usize, &'a Mailbox)>, from: Option<&str>) -> Outcome<(usize, Mailbox)> {
    let named: Vec<(usize, &Mailbox)> = all.filter(|(_, m)| m.address.is_some()).collect();
    let meant: Vec<&(usize, &Mailbox)> = match from {
        Some(from) if named.len() > 1 => named.iter().filter(|(_, m)| m.is_own_address(from)).collect(),
        _ => named.iter().collect(),
    };
    match meant.as_slice() {
        [(login, mailbox)] => Ok((*login, (*mailbox).clone())),
        [] if named.is_empty() => {
            Err(Refusal::new(ErrorKind::NotFound, "there is no mailbox with an address to write from")
                .hint("`bagsy mailboxes` lists those that you can reach"))
        }
        [] => Err(Refusal::new(ErrorKind::Usage, format!("{} is no address of yours", from.unwrap_or_default()))),
        several => {
            let keys: Vec<&str> = several.iter().map(|(_, m)| m.key()).collect();
            Err(Refusal::new(ErrorKind::Ambiguous, "which mailbox is it from?")
                .hint(format!("choose with --mailbox: {}", keys.join(", "))))
        }
    }
}
