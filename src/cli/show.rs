//! `bagsy show`: one conversation, made safe for a terminal; its raw bytes only into a pipe or a file.

use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::change::named;
use super::context::{Context, Outcome, failed, resolve};
use super::output;
use crate::engine::{Link, Place};
use crate::mail::parse::{self, Attachment, Body};
use crate::mail::safe;
use crate::model::{Address, Assignee, Conversation, ErrorKind, Handle, Mailbox, Message, Refusal};
use crate::store::Reader;
use crate::wire::{identity, state};

/// Which form of a message is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Raw,
    Html,
    Headers,
}

pub async fn run(cx: &Context, id: &str, form: Form) -> Outcome {
    if form == Form::Raw && io::stdout().is_terminal() {
        let text = "the bytes of a mail can control a terminal: send them into a pipe or a file";
        return Err(Refusal::new(ErrorKind::Usage, text).hint(format!("bagsy show {id} --raw > mail.eml")));
    }
    if cx.offline {
        let cached = cx.cached()?;
        let readers = cached.iter().enumerate().map(|(i, (_, reader, mailboxes))| (i, reader, mailboxes.as_slice()));
        let named = resolve(readers, id)?;
        let (login, reader, mailboxes) = &cached[named.login];
        let mailbox = mailboxes.iter().find(|m| m.key() == named.mailbox).ok_or_else(gone)?;
        return print(cx, reader, None, mailbox, &named.root, form, login.me().as_ref()).await;
    }
    let mut reached = cx.reach_for(&[id.to_owned()]).await?;
    let named = named(&reached, id)?;
    let at = &mut reached[named.login];
    let mailbox = at.mailbox(&named.mailbox)?;
    at.link.open_bodies(Place { mailbox: &mailbox, root: &named.root }).await?;
    let (reader, me) = (at.link.cache.reader()?, at.link.login.me());
    print(cx, &reader, Some(&mut at.link), &mailbox, &named.root, form, me.as_ref()).await
}

fn gone() -> Refusal {
    Refusal::new(ErrorKind::NotFound, "the conversation is gone")
}

async fn print(
    cx: &Context,
    reader: &Reader,
    link: Option<&mut Link>,
    mailbox: &Mailbox,
    root: &str,
    form: Form,
    me: Option<&Handle>,
) -> Outcome {
    let conversation = reader.conversation(mailbox.key(), root).map_err(failed)?.ok_or_else(gone)?;
    let thread = once_each(reader.thread(mailbox.key(), root).map_err(failed)?);
    if form == Form::Raw {
        return raw(reader, link, mailbox, &thread).await;
    }
    let mut opened = Vec::new();
    for message in thread {
        opened.push(Opened::read(reader, mailbox, message)?);
    }
    let all: Vec<Message> = opened.iter().map(|o| o.message.clone()).collect();
    match form {
        Form::Text => cx.out.line(
            || as_json(&conversation, mailbox, &opened, &all),
            || as_text(cx, &conversation, mailbox, &opened, &all, me),
        ),
        Form::Html | Form::Headers => {
            for message in &opened {
                let text = if form == Form::Html { message.html() } else { message.headers() };
                cx.out.line(
                    || json!({ "uid": message.message.uid, "message_id": message.message.message_id, "text": text }),
                    || text.clone(),
                );
            }
        }
        Form::Raw => {}
    }
    Ok(())
}

/// Equal messages are one: each is shown once, in the folder where state lives; copies that differ are shown each.
fn once_each(thread: Vec<Message>) -> Vec<Message> {
    let mut kept: Vec<Message> = Vec::new();
    for message in thread {
        if !kept.iter().any(|k| k.size == message.size && identity::is_same_message(k, &message)) {
            kept.push(message);
        }
    }
    kept
}

/// A message with what is cached of its body.
struct Opened {
    message: Message,
    raw: Option<Vec<u8>>,
    body: Body,
    attachments: Vec<Attachment>,
    is_whole: bool,
}

impl Opened {
    fn read(reader: &Reader, mailbox: &Mailbox, message: Message) -> Outcome<Self> {
        let stored = reader.body(mailbox.key(), message.folder, message.uid).map_err(failed)?;
        Ok(match stored {
            Some(stored) => Self {
                body: parse::parse(&stored.raw),
                attachments: serde_json::from_str(&stored.attachments).unwrap_or_default(),
                is_whole: stored.is_whole,
                raw: Some(stored.raw),
                message,
            },
            None => Self { message, raw: None, body: Body::default(), attachments: Vec::new(), is_whole: false },
        })
    }

    fn html(&self) -> String {
        safe::text(self.body.html.as_deref().unwrap_or_default())
    }

    fn headers(&self) -> String {
        let raw = self.raw.as_deref().unwrap_or_default();
        let end = raw.windows(4).position(|w| w == b"\r\n\r\n").or_else(|| raw.windows(2).position(|w| w == b"\n\n"));
        let head = &raw[..end.unwrap_or(raw.len())];
        safe::text(&String::from_utf8_lossy(head).replace("\r\n", "\n"))
    }
}

/// The messages one after the other, byte by byte.
async fn raw(reader: &Reader, link: Option<&mut Link>, mailbox: &Mailbox, thread: &[Message]) -> Outcome {
    let mut out = io::stdout().lock();
    let mut bytes: Vec<u8> = Vec::new();
    match link {
        Some(link) => {
            for message in thread {
                bytes.extend(link.raw(mailbox, message.folder, message.uid).await?.unwrap_or_default());
            }
        }
        None => {
            for message in thread {
                let stored = reader.body(mailbox.key(), message.folder, message.uid).map_err(failed)?;
                match stored {
                    Some(stored) if stored.is_whole => bytes.extend(stored.raw),
                    _ => return Err(Refusal::new(ErrorKind::NotFound, "not all of it is cached")),
                }
            }
        }
    }
    out.write_all(&bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Refusal::new(ErrorKind::Failed, format!("it cannot be written: {error}")))
}

fn direction(message: &Message, all: &[Message]) -> &'static str {
    if state::is_outgoing(message, all) || state::is_pending(message) { "out" } else { "in" }
}

/// Who had what nobody holds now.
fn had_by(conversation: &Conversation, all: &[Message]) -> Vec<Handle> {
    if conversation.assignee == Assignee::Free { state::had_by(all) } else { Vec::new() }
}

fn words(handles: &[Handle]) -> String {
    handles.iter().map(Handle::as_str).collect::<Vec<_>>().join(" and ")
}

fn as_json(conversation: &Conversation, mailbox: &Mailbox, opened: &[Opened], all: &[Message]) -> serde_json::Value {
    let person = |a: &Address| json!({ "name": a.name, "email": a.email });
    let people = |list: &[Address]| -> Vec<serde_json::Value> { list.iter().map(person).collect() };
    let thread: Vec<serde_json::Value> = opened
        .iter()
        .map(|o| {
            let m = &o.message;
            json!({
                "uid": m.uid,
                "folder": mailbox.folder(m.folder),
                "message_id": m.message_id,
                "direction": direction(m, all),
                "by": state::sent_by(m, all),
                "from": m.from.first().map(person),
                "to": people(&m.to),
                "cc": people(&m.cc),
                "at": m.internal_date,
                "text": o.body.text,
                "attachments": o.attachments,
                "copies_differ": identity::copies_differ(m, all),
                "flags": m.flags.atoms(),
            })
        })
        .collect();
    let mut object = conversation.to_json(mailbox.folder(conversation.folder).unwrap_or(&mailbox.root));
    object["thread"] = serde_json::Value::Array(thread);
    object["had_by"] = json!(had_by(conversation, all));
    object
}

fn as_text(
    cx: &Context,
    conversation: &Conversation,
    mailbox: &Mailbox,
    opened: &[Opened],
    all: &[Message],
    me: Option<&Handle>,
) -> String {
    let now = Timestamp::now();
    let mut text =
        vec![cx.out.bold(&conversation.subject), output::row(conversation, me, now), mailbox.key().to_owned()];
    let had_by = had_by(conversation, all);
    if !had_by.is_empty() {
        text.push(format!("{} had it before it was finished", words(&had_by)));
    }
    for o in opened {
        let m = &o.message;
        let from = m.from.first().map_or_else(|| "nobody".to_owned(), ToString::to_string);
        let to: Vec<String> = m.to.iter().map(ToString::to_string).collect();
        let at = m.internal_date.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M %Z");
        let arrow = if direction(m, all) == "out" { "→" } else { "←" };
        text.push(String::new());
        let by = state::sent_by(m, all).map(|by| format!("{by} as ")).unwrap_or_default();
        text.push(cx.out.bold(&format!("{arrow} {by}{from}  {at}")));
        if !to.is_empty() {
            text.push(format!("  to {}", to.join(", ")));
        }
        if identity::copies_differ(m, all) {
            let folder = mailbox.folder(m.folder).unwrap_or_else(|| m.folder.as_str());
            text.push(format!("  copies differ: this one is {} bytes, in {folder}", m.size));
        }
        text.push(String::new());
        text.push(match o.raw {
            Some(_) => o.body.text.clone(),
            None => "(this message is not cached)".to_owned(),
        });
        if !o.is_whole && o.raw.is_some() {
            text.push(format!("\n(the mail is {} bytes; this is its beginning)", m.size));
        }
        for (number, attachment) in o.attachments.iter().enumerate() {
            text.push(format!(
                "  [{}] {}  {} bytes  {}",
                number + 1,
                attachment.name,
                attachment.size,
                attachment.media_type
            ));
        }
    }
    text.join("\n")
}
