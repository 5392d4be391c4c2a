//! What is forwarded: fetched whole, once, when a person begins to hand it on, and laid on the desk. What is sent is what was
//! seen, and the connection may go meanwhile.

use super::error::{Error, Result};
use super::kept::{Attached, Forwards};
use super::link::Link;
use crate::imap;
use crate::mail::compose::{self, AttachedFile, MAX_ATTACHED};
use crate::mail::{parse, structure};
use crate::model::{Capability, ErrorKind, Mailbox, Message, Refusal, Role};
use crate::store::{Desk, Reader};
use crate::wire::keywords;
use crate::wire::step::FlagChange;

/// A message that is to be handed on, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// Its text as it stands in the mail that hands it on.
    pub block: String,
    /// The whole of it as a file; `None` where it is too large.
    pub whole: Option<AttachedFile>,
    /// The files that hang on it.
    pub parts: Vec<AttachedFile>,
    /// What of it cannot go along, and why.
    pub lacks: Option<String>,
}

impl Unpacked {
    /// Takes a message apart. `raw`: all of it, or its beginning.
    pub fn of(message: &Message, raw: Vec<u8>, is_whole: bool) -> Self {
        let body = parse::parse(&raw);
        let block = compose::forwarding(message, &body.text);
        if !is_whole {
            let lacks = match body.attachments.is_empty() && !body.is_cut {
                true => "it is too large to be forwarded whole: its text alone goes along",
                false => "it is too large to be forwarded whole: its files do not go along",
            };
            return Self { block, whole: None, parts: Vec::new(), lacks: Some(lacks.to_owned()) };
        }
        let part = |part: &structure::Attachment| {
            let bytes = parse::part_octets(&raw, &part.part)?;
            Some(AttachedFile { name: part.name.clone(), media_type: part.media_type.clone(), bytes })
        };
        let parts: Vec<AttachedFile> = body.attachments.iter().filter_map(part).collect();
        let name = structure::file_name(Some(&file_name(message)), "message/rfc822");
        let whole = AttachedFile { name, media_type: "message/rfc822".to_owned(), bytes: raw };
        Self { block, whole: Some(whole), parts, lacks: None }
    }

    /// Lays it on the desk.
    pub fn keep(&self, desk: &Desk, of: &str) -> Result<Forwards> {
        Ok(Forwards {
            of: of.to_owned(),
            as_attachment: false,
            block: self.block.clone(),
            whole: self.whole.as_ref().map(|file| keep(desk, file)).transpose()?,
            parts: self.parts.iter().map(|file| keep(desk, file)).collect::<Result<_>>()?,
            lacks: self.lacks.clone(),
        })
    }
}

fn file_name(message: &Message) -> String {
    let subject: String = message.subject.chars().map(|c| if "/\\".contains(c) { '_' } else { c }).take(60).collect();
    if subject.trim().is_empty() { "message.eml".to_owned() } else { format!("{}.eml", subject.trim()) }
}

/// Lays a file on the desk.
pub fn keep(desk: &Desk, file: &AttachedFile) -> Result<Attached> {
    Ok(Attached {
        name: file.name.clone(),
        media_type: file.media_type.clone(),
        size: u64::try_from(file.bytes.len()).unwrap_or(u64::MAX),
        digest: desk.attach(&file.bytes)?,
    })
}

/// A message of a mailbox by what names it, where it lies.
pub fn message_named(reader: &Reader, mailbox: &Mailbox, of: &str) -> Result<Message> {
    let mut found = reader.messages_with_id(mailbox.key(), of)?;
    found.sort_by_key(|m| (m.folder, m.uid));
    let gone = || Refusal::new(ErrorKind::NotFound, "the message that was to be forwarded is gone");
    Ok(found.into_iter().next().ok_or_else(gone)?)
}

/// The same out of the cache alone; `None` where it is not there whole.
pub fn cached(reader: &Reader, mailbox: &Mailbox, message: &Message) -> Result<Option<Unpacked>> {
    let body = reader.body(mailbox.key(), message.folder, message.uid)?.filter(|body| body.is_whole);
    Ok(body.map(|body| Unpacked::of(message, body.raw, true)))
}

impl Link {
    /// Fetches a message that is to be handed on: whole, or its beginning where it is larger than a mail may be.
    pub async fn unpack(&mut self, mailbox: &Mailbox, message: &Message) -> Result<Unpacked> {
        if let Some(cached) = cached(&self.reader, mailbox, message)? {
            return Ok(cached);
        }
        let gone = || Error::from(Refusal::new(ErrorKind::NotFound, "the message that was to be forwarded is gone"));
        if u64::from(message.size) <= MAX_ATTACHED {
            let raw = self.raw(mailbox, message.folder, message.uid).await?.ok_or_else(gone)?;
            return Ok(Unpacked::of(message, raw, true));
        }
        self.open_body(mailbox, message).await?;
        let body = self.reader.body(mailbox.key(), message.folder, message.uid)?.ok_or_else(gone)?;
        Ok(Unpacked::of(message, body.raw, body.is_whole))
    }

    /// `$Forwarded` on what was handed on, wherever it lies and the rights allow. It is a mark for people, no state: where it
    /// cannot be set the mail was forwarded all the same.
    pub(super) async fn mark_forwarded(&mut self, mailbox: &Mailbox, of: &str) -> Result<()> {
        if of.is_empty() {
            return Ok(());
        }
        let mut messages = self.reader.messages_with_id(mailbox.key(), of)?;
        messages.retain(|m| !m.flags.has(keywords::FORWARDED) && may_mark(mailbox, m.folder));
        for message in messages {
            match self.mark_one_forwarded(mailbox, &message).await {
                Err(error) if error.ends_session() => return Err(error),
                Err(error) => tracing::info!(%error, "what was forwarded is not marked so"),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    async fn mark_one_forwarded(&mut self, mailbox: &Mailbox, message: &Message) -> Result<()> {
        self.enter(mailbox, message.folder).await?;
        // A STORE without the right would burn the keyword's name on some servers.
        let is_kept = |s: &imap::Selected| s.takes_new_keywords() || !s.is_read_only && s.keeps(keywords::FORWARDED);
        if !self.selected().is_some_and(is_kept) {
            return Ok(());
        }
        self.mark_stale();
        let change = FlagChange::Add(vec![keywords::FORWARDED.to_owned()]);
        self.session.store(message.uid, None, &change).await?;
        self.sync(mailbox, message.folder).await?;
        Ok(())
    }
}

fn may_mark(mailbox: &Mailbox, role: Role) -> bool {
    mailbox.may(Capability::Read) && mailbox.rights.as_ref().is_none_or(|r| r.get(&role).is_some_and(|r| r.grant("w")))
}
