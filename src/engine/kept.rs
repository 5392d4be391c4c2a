//! A draft between two key presses: the text with what belongs to it, as it lies on the desk.
//!
//! The content is one JSON object. To and Cc are kept as they were typed, half an address too; a field that is missing is
//! empty, so that what an older or newer version kept can be read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::Result;
use super::message::{Answer, Target};
use super::outbox;
use crate::mail::addresses;
use crate::mail::compose::{Draft, parse_addresses};
use crate::model::{Address, MessageId};
use crate::store::{Found, Reader, StoredDraft};
use crate::wire::answer::Seen;

/// A mail that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedDraft {
    pub target: Target,
    pub content: Content,
    pub saved_at: Timestamp,
    /// Who wrote it last, or writes it now.
    pub hand: String,
    /// What is gone on with, as long as this hand wrote nothing itself.
    pub found: Option<Found>,
}

impl SavedDraft {
    /// What lies on the desk for a place, the one in hand; `None` where there is nothing.
    ///
    /// # Errors
    /// The store's, or the draft is damaged.
    pub fn in_hand(reader: &Reader, target: &Target) -> Result<Option<Self>> {
        for stored in reader.drafts()?.into_iter().filter(|stored| stored.mailbox == target.mailbox) {
            let content = Content::read(&stored.content);
            if place_of(reader, &stored, content.as_ref().ok())? == *target {
                // One that is damaged is found where it was kept.
                let content = content.map_err(crate::store::Error::from)?;
                let StoredDraft { saved_at, hand, .. } = stored;
                return Ok(Some(Self { target: target.clone(), content, saved_at, hand, found: None }));
            }
        }
        Ok(None)
    }

    /// What is in hand at each place, newest first.
    ///
    /// # Errors
    /// The store's.
    pub fn all_in_hand(reader: &Reader) -> Result<Vec<KeptText>> {
        let mut texts: Vec<KeptText> = Vec::new();
        for stored in reader.drafts()? {
            // One that is damaged has its place all the same.
            let content = Content::read(&stored.content).ok();
            let target = place_of(reader, &stored, content.as_ref())?;
            if texts.iter().any(|known| known.target == target) {
                continue;
            }
            let is_homeless = !target.is_opening() && reader.conversation(&target.mailbox, &target.root)?.is_none();
            let Content { to, subject, came_back, .. } = content.unwrap_or_default();
            texts.push(KeptText { target, to, subject, saved_at: stored.saved_at, is_homeless, came_back });
        }
        Ok(texts)
    }

    /// The same text as a new mail, where the conversation that it was to answer is gone.
    pub fn as_new_mail(self) -> Self {
        let (in_reply_to, references, answered, seen) = Default::default();
        let content = Content { in_reply_to, references, answered, seen, ..self.content };
        Self { target: Target::new_mail(&self.target.mailbox, &self.hand), content, ..self }
    }
}

/// A kept text as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptText {
    pub target: Target,
    /// As typed.
    pub to: String,
    pub subject: String,
    pub saved_at: Timestamp,
    /// The conversation that it was to answer is gone.
    pub is_homeless: bool,
    /// It was sent off, and came back for this reason.
    pub came_back: Option<String>,
}

fn place_of(reader: &Reader, stored: &StoredDraft, content: Option<&Content>) -> Result<Target> {
    let kept = Target { mailbox: stored.mailbox.clone(), root: stored.root.clone() };
    place_now(reader, &kept, content.map_or("", Content::about))
}

/// Where a text is looked for: in the conversation of what it answers or forwards, by whatever root that has now. An ancestor
/// that came late, or one that is gone, makes it another than it was when the text was begun.
///
/// # Errors
/// The store's.
pub fn place_now(reader: &Reader, was: &Target, about: &str) -> Result<Target> {
    if was.root.is_empty() || about.is_empty() {
        return Ok(was.clone());
    }
    let now = |root: &str| outbox::root_now(reader, &was.mailbox, root, about);
    Ok(match was.forwarded() {
        Some(of) => Target::forward(&was.mailbox, &now(&of.root)?),
        None => Target { root: now(&was.root)?, ..was.clone() },
    })
}

/// A file that goes along with a mail, read when it was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    pub name: String,
    pub media_type: String,
    /// In octets.
    pub size: u64,
    /// The name of its octets on the desk.
    pub digest: String,
}

/// A message that is handed on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Forwards {
    /// What names it.
    pub of: String,
    /// It goes along as it is, else its text stands in the mail and its files go along.
    pub as_attachment: bool,
    /// Its text as it stands in the mail; empty until it is here.
    pub block: String,
    /// The whole of it; none where it is too large, or not here yet.
    pub whole: Option<Attached>,
    /// The files that hung on it.
    pub parts: Vec<Attached>,
    /// What of it does not go along, and why.
    pub lacks: Option<String>,
}

impl Forwards {
    /// What goes along of it.
    pub fn attached(&self) -> &[Attached] {
        if self.as_attachment { self.whole.as_slice() } else { &self.parts }
    }
}

/// What is kept of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    pub from: Address,
    /// As typed.
    pub to: String,
    /// As typed.
    pub cc: String,
    /// As typed.
    pub bcc: String,
    pub subject: String,
    pub body: String,
    /// Where its writer was in it: line and column, in characters.
    pub cursor: (usize, usize),
    /// The files that go along, beside what is forwarded.
    pub attached: Vec<Attached>,
    pub forwards: Option<Forwards>,
    pub in_reply_to: Option<MessageId>,
    pub references: Vec<MessageId>,
    /// What names the message that is answered.
    pub answered: String,
    /// Why it was not sent, as long as nobody has written on it since.
    pub came_back: Option<String>,
    /// What its writer had seen when it was begun.
    #[serde(flatten)]
    pub seen: Seen,
}

impl Default for Content {
    fn default() -> Self {
        let empty = String::new;
        Self {
            from: Address::bare(""),
            to: empty(),
            cc: empty(),
            bcc: empty(),
            subject: empty(),
            body: empty(),
            cursor: (0, 0),
            attached: Vec::new(),
            forwards: None,
            in_reply_to: None,
            references: Vec::new(),
            answered: empty(),
            came_back: None,
            seen: Seen::default(),
        }
    }
}

impl Content {
    /// What is kept of an answer.
    pub fn of(draft: &Draft, answered: &str, seen: Seen) -> Self {
        Self {
            from: draft.from.clone(),
            to: addresses::write(&draft.to),
            cc: addresses::write(&draft.cc),
            bcc: addresses::write(&draft.bcc),
            subject: draft.subject.clone(),
            body: draft.body.clone(),
            cursor: (0, 0),
            attached: Vec::new(),
            forwards: None,
            in_reply_to: draft.in_reply_to.clone(),
            references: draft.references.clone(),
            answered: answered.to_owned(),
            came_back: None,
            seen,
        }
    }

    /// The same of an answer on its way to the outbox.
    pub fn of_answer(answer: &Answer) -> Self {
        let content = Self::of(&answer.draft, &answer.answered, answer.seen);
        Self { attached: answer.attached.clone(), forwards: answer.forwards.clone(), ..content }
    }

    /// What names the message that it answers or forwards; empty where it does neither.
    pub fn about(&self) -> &str {
        self.forwards.as_ref().map_or(&self.answered, |forwards| &forwards.of)
    }

    /// All files that go along.
    pub fn all_attached(&self) -> impl Iterator<Item = &Attached> {
        self.attached.iter().chain(self.forwards.iter().flat_map(Forwards::attached))
    }

    /// The text that lies on the desk.
    ///
    /// # Errors
    /// Never in practice: strings and numbers make JSON.
    pub fn write(&self) -> std::result::Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads it back.
    ///
    /// # Errors
    /// When it is no such text.
    pub fn read(text: &str) -> std::result::Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The mail that it is so far, but for its files.
    pub fn draft(&self) -> Draft {
        Draft {
            from: self.from.clone(),
            to: parse_addresses(&self.to),
            cc: parse_addresses(&self.cc),
            bcc: parse_addresses(&self.bcc),
            subject: self.subject.clone(),
            body: self.body.clone(),
            in_reply_to: self.in_reply_to.clone(),
            references: self.references.clone(),
            attachments: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Uid;

    #[test]
    fn what_is_kept_is_read_back_whatever_version_kept_it() {
        let seen = Seen { sent: Uid(7), was_answered: true, ..Seen::default() };
        let content = Content { to: "Dana <da".into(), body: "Hi\n".into(), seen, ..Content::default() };
        assert_eq!(Content::read(&content.write().unwrap()).unwrap(), content);
        let older = Content::read(r#"{"body":"Hi","color":"red","seen_inbox":3}"#).unwrap();
        assert_eq!((older.body.as_str(), older.seen.inbox, older.seen.was_answered), ("Hi", Uid(3), false));
    }
}
