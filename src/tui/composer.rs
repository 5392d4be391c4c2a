//! An answer while it is written: its fields, its text, and when it was last kept.

use std::time::Duration;

use jiff::Timestamp;
use ratatui_textarea::{CursorMove, TextArea};

use super::typing;
use crate::engine::kept::{Content, SavedDraft};
use crate::engine::message::{AfterReply, Answer, Target};
use crate::mail::compose::DraftError;
use crate::model::{Role, Uid};

/// Text that was not kept is kept after this pause.
const PAUSE: Duration = Duration::from_millis(400);

/// …and while somebody types on and on, never later than this after it was typed.
const AT_LATEST: Duration = Duration::from_millis(900);

/// A place for text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    To,
    Cc,
    Subject,
    Body,
}

impl Field {
    const ALL: [Self; 4] = [Self::To, Self::Cc, Self::Subject, Self::Body];

    /// The word before it.
    pub fn title(self) -> &'static str {
        match self {
            Self::To => "To",
            Self::Cc => "Cc",
            Self::Subject => "Subject",
            Self::Body => "",
        }
    }
}

/// The answer that is being written.
#[derive(Debug, Clone)]
pub struct Composer {
    pub target: Target,
    pub field: Field,
    to: TextArea<'static>,
    cc: TextArea<'static>,
    subject: TextArea<'static>,
    body: TextArea<'static>,
    /// What is not typed: From, references, what is answered.
    base: Content,
    /// Something was typed since the last keeping: first and last key.
    changed: Option<(Timestamp, Timestamp)>,
    pub saved_at: Option<Timestamp>,
    /// The draft in hand on the desk is this one.
    is_on_desk: bool,
    /// Something was ever typed into it.
    pub is_touched: bool,
    /// Said above the text: somebody took it, newer mail came.
    pub warning: Option<String>,
    /// The message whose text is to be quoted when it is here.
    pub awaits: Option<(Role, Uid)>,
}

impl Composer {
    /// Opens a new answer, the cursor above the quote.
    pub fn new(target: Target, content: Content) -> Self {
        let mut composer = Self {
            target,
            field: Field::Body,
            to: typing::line(&content.to),
            cc: typing::line(&content.cc),
            subject: typing::line(&content.subject),
            body: typing::page(&content.body),
            base: content,
            changed: None,
            saved_at: None,
            is_on_desk: false,
            is_touched: false,
            warning: None,
            awaits: None,
        };
        composer.body.move_cursor(CursorMove::Top);
        composer
    }

    /// Opens what was kept.
    pub fn resume(saved: SavedDraft) -> Self {
        let mut composer = Self::new(saved.target, saved.content);
        composer.saved_at = Some(saved.saved_at);
        composer.is_on_desk = true;
        composer.is_touched = true;
        composer
    }

    /// Whether the draft in hand on the desk is this one; what else lies there is another text.
    pub fn is_on_desk(&self) -> bool {
        self.is_on_desk
    }

    /// The address it will come from.
    pub fn from(&self) -> &crate::model::Address {
        &self.base.from
    }

    /// A field's editor, for drawing.
    pub fn area(&self, field: Field) -> &TextArea<'static> {
        match field {
            Field::To => &self.to,
            Field::Cc => &self.cc,
            Field::Subject => &self.subject,
            Field::Body => &self.body,
        }
    }

    /// The place where text is typed now.
    pub fn typed(&mut self) -> &mut TextArea<'static> {
        match self.field {
            Field::To => &mut self.to,
            Field::Cc => &mut self.cc,
            Field::Subject => &mut self.subject,
            Field::Body => &mut self.body,
        }
    }

    /// One field on, or back.
    pub fn turn(&mut self, is_back: bool) {
        let at = Field::ALL.iter().position(|f| *f == self.field).unwrap_or(0);
        let step = if is_back { Field::ALL.len() - 1 } else { 1 };
        self.field = Field::ALL[(at + step) % Field::ALL.len()];
    }

    /// Notes that text changed.
    pub fn touch(&mut self, now: Timestamp) {
        let first = self.changed.map_or(now, |(first, _)| first);
        self.changed = Some((first, now));
        self.is_touched = true;
    }

    /// When the text must be kept; `None` where it is.
    pub fn save_at(&self) -> Option<Timestamp> {
        let (first, last) = self.changed?;
        Some((last + PAUSE).min(first + AT_LATEST))
    }

    /// Whether there is text that was not kept yet.
    pub fn is_unsaved(&self) -> bool {
        self.changed.is_some()
    }

    /// The text was kept.
    pub fn saved(&mut self, at: Timestamp) {
        self.changed = None;
        self.saved_at = Some(at);
        self.is_on_desk = true;
    }

    /// The text could not be kept: what lies on the desk is not certain, so the next try overwrites nothing.
    pub fn not_saved(&mut self, now: Timestamp) {
        self.saved_at = None;
        self.is_on_desk = false;
        self.touch(now);
    }

    /// The text as it stands.
    pub fn body_text(&self) -> String {
        typing::text_of(&self.body)
    }

    /// Puts in the text that another editor wrote.
    pub fn put_body(&mut self, text: &str, now: Timestamp) {
        if text != self.body_text() {
            self.body = typing::page(text);
            self.touch(now);
        }
    }

    /// Whether the quote can still be put in: nothing was written above which it would have to stand.
    pub fn wants_quote(&self) -> bool {
        self.awaits.is_some() && self.body_text().trim().is_empty()
    }

    /// Puts in the quote that came late; it is not typed, so it makes no draft.
    pub fn put_quote(&mut self, body: &str) {
        self.awaits = None;
        self.body = typing::page(body);
        self.body.move_cursor(CursorMove::Top);
    }

    /// What is kept of it.
    fn content(&self) -> Content {
        Content {
            to: typing::text_of(&self.to),
            cc: typing::text_of(&self.cc),
            subject: typing::text_of(&self.subject),
            body: self.body_text(),
            ..self.base.clone()
        }
    }

    /// The answer, ready to be sent.
    ///
    /// # Errors
    /// A sentence, when it cannot be sent as it is.
    pub fn answer(&self, then: Option<AfterReply>) -> Result<Answer, DraftError> {
        let content = self.content();
        let draft = content.draft();
        draft.check()?;
        Ok(Answer {
            target: self.target.clone(),
            draft,
            attached: content.attached,
            forwards: content.forwards,
            answered: self.base.answered.clone(),
            seen_inbox: self.base.seen_inbox,
            seen_sent: self.base.seen_sent,
            then,
            unannounced: false,
        })
    }

    /// The answer to be kept as it is typed.
    pub fn to_keep(&self, now: Timestamp) -> SavedDraft {
        SavedDraft { target: self.target.clone(), content: self.content(), saved_at: now }
    }

    /// What names the message that is answered.
    pub fn answered(&self) -> &str {
        &self.base.answered
    }

    /// The highest UIDs that its writer has seen, in INBOX and in Sent.
    pub fn seen(&self) -> (Uid, Uid) {
        (self.base.seen_inbox, self.base.seen_sent)
    }

    /// The writer has seen newer mail.
    pub fn see(&mut self, (inbox, sent): (Uid, Uid)) {
        (self.base.seen_inbox, self.base.seen_sent) = (inbox, sent);
    }
}
