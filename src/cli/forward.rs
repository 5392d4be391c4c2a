//! `bagsy forward`: hands a conversation's newest incoming message on to somebody else. The conversation still waits.

use super::args::ForwardArgs;
use super::change::named;
use super::context::{Context, Outcome, expectation, failed, resolve};
use super::mail;
use super::reply::{current, stand_for};
use crate::engine::forward::{self, Unpacked};
use crate::engine::message::{Answer, Forwards, Target};
use crate::engine::outbox;
use crate::mail::compose::{self, AttachedFile};
use crate::model::{ErrorKind, Mailbox, Message, Refusal};
use crate::store::Desk;
use crate::wire::identity::identity;

pub async fn run(cx: &Context, args: ForwardArgs) -> Outcome {
    let expect = expectation(&args.guard)?;
    let body = args.body_file.as_deref().map(mail::body).transpose()?.unwrap_or_default();
    let files = mail::files(&args.send.attach)?;
    if cx.offline && !args.send.dry_run {
        cx.refuse_offline("forward")?;
    }
    if cx.offline {
        return offline(cx, &args, &body, &files, None);
    }
    let mut reached = match cx.reach_for(std::slice::from_ref(&args.id)).await {
        Err(refusal) if mail::is_out_of_reach(&refusal) => return offline(cx, &args, &body, &files, Some(refusal)),
        other => other?,
    };
    let named = named(&reached, &args.id)?;
    let at = &mut reached[named.login];
    let mailbox = at.mailbox(&named.mailbox)?;
    let message = outbox::to_forward(&at.link.reader, &mailbox, &named.root)?;
    let unpacked = at.link.unpack(&mailbox, &message).await?;
    stand_for(&expect, &current(&at.link.reader, &mailbox, &named)?)?;
    let handed = Handed { args: &args, body: &body, message: &message, unpacked: &unpacked };
    if args.send.dry_run {
        return handed.dry_run(&mailbox, &named.root, files);
    }
    outbox::may_send(&mailbox, args.send.unannounced)?;
    let item = handed.put(&at.link.login, &mailbox, &named.root, &files)?;
    mail::deliver(cx, at, &mailbox, item, Some(&named.root)).await
}

/// Without a connection: what is cached whole is handed on, and waits in the outbox.
fn offline(cx: &Context, args: &ForwardArgs, body: &str, files: &[AttachedFile], why: Option<Refusal>) -> Outcome {
    let cached = cx.cached()?;
    let readers = cached.iter().enumerate().map(|(i, (_, reader, mailboxes))| (i, reader, mailboxes.as_slice()));
    let named = resolve(readers, &args.id).map_err(|refusal| why.clone().unwrap_or(refusal))?;
    let (login, reader, mailboxes) = &cached[named.login];
    let mailbox = mailboxes.iter().find(|m| m.key() == named.mailbox);
    let mailbox = mailbox.ok_or_else(|| Refusal::new(ErrorKind::NotFound, "the mailbox is gone"))?;
    let message = outbox::to_forward(reader, mailbox, &named.root)?;
    let not_here = || Refusal::new(ErrorKind::Unreachable, "the message that is to be forwarded is not cached whole");
    let unpacked = forward::cached(reader, mailbox, &message)?.ok_or_else(|| why.clone().unwrap_or_else(not_here))?;
    stand_for(&expectation(&args.guard)?, &current(reader, mailbox, &named)?)?;
    let handed = Handed { args, body, message: &message, unpacked: &unpacked };
    let Some(why) = why.filter(|_| !args.send.dry_run) else {
        return handed.dry_run(mailbox, &named.root, files.to_vec());
    };
    outbox::may_send(mailbox, args.send.unannounced)?;
    handed.put(login, mailbox, &named.root, files)?;
    Err(mail::queued(why))
}

/// What is handed on, and with which words.
struct Handed<'a> {
    args: &'a ForwardArgs,
    body: &'a str,
    message: &'a Message,
    unpacked: &'a Unpacked,
}

impl Handed<'_> {
    fn prepared(&self, mailbox: &Mailbox, root: &str, forwards: Forwards) -> Outcome<Answer> {
        if self.args.as_attachment && self.unpacked.whole.is_none() {
            let text = self.unpacked.lacks.clone().unwrap_or_else(|| "it cannot be attached".to_owned());
            return Err(Refusal::new(ErrorKind::Usage, text).hint("leave --as-attachment out"));
        }
        let mut draft = compose::forward(mailbox, self.message);
        if let Some(subject) = &self.args.subject {
            draft.subject.clone_from(subject);
        }
        draft.body = match (self.body.trim_end(), self.args.as_attachment) {
            (_, true) => self.body.to_owned(),
            ("", false) => self.unpacked.block.clone(),
            (body, false) => format!("{body}\n\n{}", self.unpacked.block),
        };
        mail::address(&mut draft, &self.args.recipients);
        mail::choose_sender(&mut draft, mailbox, self.args.send.from.as_deref())?;
        let target = Target::forward(mailbox.key(), root);
        Ok(outbox::begin_opening(mailbox, target, draft, Some(forwards))?)
    }

    fn dry_run(&self, mailbox: &Mailbox, root: &str, mut files: Vec<AttachedFile>) -> Outcome {
        let answer = self.prepared(mailbox, root, Forwards::default())?;
        let handed = if self.args.as_attachment { self.unpacked.whole.as_slice() } else { &self.unpacked.parts };
        files.extend(handed.iter().cloned());
        mail::dry_run(&answer, mailbox, files)
    }

    fn put(&self, login: &crate::engine::Login, mailbox: &Mailbox, root: &str, files: &[AttachedFile]) -> Outcome<i64> {
        let desk = Desk::open(&login.cache).map_err(failed)?;
        let kept = self.unpacked.keep(&desk, &identity(self.message))?;
        let answer = self.prepared(mailbox, root, Forwards { as_attachment: self.args.as_attachment, ..kept })?;
        mail::put(login, mailbox, answer, files, mail::terms(&self.args.send))
    }
}
