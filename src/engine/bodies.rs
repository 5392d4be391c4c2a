//! Bodies: fetched when a conversation is opened, as much of each as is needed to show it.

use super::drive::Place;
use super::error::{Error, Result};
use super::link::Link;
use crate::mail::parse::{self, Attachment};
use crate::mail::structure::file_name;
use crate::model::{Mailbox, Message, Role, Uid};

/// So much of a mail is fetched to show it, in octets. Text stands before attachments in nearly every mail; of what is larger,
/// the server's BODYSTRUCTURE tells the attachments.
pub const EXCERPT: u32 = 512 * 1024;

impl Link {
    /// Brings the bodies of a conversation that are missing into the cache, newest first.
    pub async fn open_bodies(&mut self, place: Place<'_>) -> Result<()> {
        let thread = self.reader.thread(place.mailbox.key(), place.root)?;
        for message in thread.iter().rev() {
            match self.open_body(place.mailbox, message).await {
                Ok(()) => {}
                Err(Error::Imap(error)) if !error.is_fatal() => {
                    tracing::info!(%error, uid = message.uid.0, "a body cannot be had");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Fetches the body of one message of an open conversation ahead of need, those who have waited longest first; `false`
    /// where none is wanted.
    pub async fn prefetch_body(&mut self, mailbox: &Mailbox) -> Result<bool> {
        let Some((role, uid)) = self.reader.bodies_wanted(mailbox.key(), 1)?.pop() else { return Ok(false) };
        let Some(message) = self.reader.message(mailbox.key(), role, uid)? else { return Ok(false) };
        self.open_body(mailbox, &message).await?;
        // A body that the server does not give is not asked for again and again.
        Ok(self.reader.body(mailbox.key(), role, uid)?.is_some())
    }

    pub(super) async fn open_body(&mut self, mailbox: &Mailbox, message: &Message) -> Result<()> {
        let (key, role, uid) = (mailbox.key(), message.folder, message.uid);
        if self.reader.body(key, role, uid)?.is_some() {
            // What is read again is kept longest.
            return self.cache.write(|w| w.touch_body(key, role, uid));
        }
        self.enter(mailbox, role).await?;
        let is_whole = message.size <= EXCERPT;
        let range = (!is_whole).then_some((0, EXCERPT));
        let Some(raw) = self.fetch_raw(uid, range).await? else { return Ok(()) };
        let attachments = if is_whole { parse::parse(&raw).attachments } else { self.attachments_of(uid).await? };
        let json = serde_json::to_string(&attachments).unwrap_or_else(|_| "[]".to_owned());
        self.cache.write(|w| w.put_body(key, role, uid, &raw, is_whole, &json))?;
        self.cache.announce();
        Ok(())
    }

    async fn attachments_of(&mut self, uid: Uid) -> Result<Vec<Attachment>> {
        let parts = self.session.fetch_structure(uid).await?.unwrap_or_default();
        let attachments = parts.into_iter().filter(|p| p.is_attachment).map(|p| Attachment {
            name: file_name(p.name.as_deref(), &p.media_type),
            part: p.part,
            media_type: p.media_type,
            // Lines of base64 hold 57 octets in 78.
            size: if p.encoding == "base64" { p.size.saturating_mul(57) / 78 } else { p.size },
        });
        Ok(attachments.collect())
    }

    /// The whole of a message, byte by byte as the server has it.
    ///
    /// # Errors
    /// What the server says; larger than this program takes at once.
    pub async fn raw(&mut self, mailbox: &Mailbox, role: Role, uid: Uid) -> Result<Option<Vec<u8>>> {
        self.enter(mailbox, role).await?;
        self.fetch_raw(uid, None).await
    }

    /// A message's octets. Another connection may have told of it before this one was told of anything: what a server has not
    /// announced yet it does not give either (RFC 3501 §5.2, seen with Dovecot), so that it is asked for news, and once more.
    async fn fetch_raw(&mut self, uid: Uid, range: Option<(u32, u32)>) -> Result<Option<Vec<u8>>> {
        if let Some(raw) = self.session.fetch_raw(uid, range).await? {
            return Ok(Some(raw));
        }
        self.refresh().await?;
        Ok(self.session.fetch_raw(uid, range).await?)
    }
}
