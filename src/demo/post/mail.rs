//! The bytes of one mail, never changed once taken in, and what is read out of them on demand.

use std::sync::OnceLock;

use jiff::Timestamp;

use crate::demo::imap::mime::{self, Part};
use crate::model::MessageId;

/// One mail.
#[derive(Debug)]
pub struct Mail {
    raw: Vec<u8>,
    internal_date: Timestamp,
    structure: OnceLock<Part>,
    links: OnceLock<Links>,
}

/// What joins a mail to others, read once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Without brackets; empty where it has none.
    pub message_id: String,
    /// The ids of References, in their order.
    pub references: Vec<MessageId>,
    /// The ids of In-Reply-To.
    pub in_reply_to: Vec<MessageId>,
    /// An automatic answer (RFC 3834) and no bounce: nobody's word.
    pub is_auto_reply: bool,
    /// Written by a machine, or sent to a list.
    pub is_bulk: bool,
}

impl Mail {
    /// Takes a mail in, at the time that becomes its INTERNALDATE.
    pub fn new(raw: Vec<u8>, internal_date: Timestamp) -> Self {
        Self { raw, internal_date, structure: OnceLock::new(), links: OnceLock::new() }
    }

    /// Its bytes.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// When it was taken in.
    pub fn internal_date(&self) -> Timestamp {
        self.internal_date
    }

    /// Its MIME parts.
    pub(in crate::demo) fn structure(&self) -> &Part {
        self.structure.get_or_init(|| mime::parse(&self.raw))
    }

    /// The header with the blank line that ends it.
    pub fn header(&self) -> &[u8] {
        mime::header_of(&self.raw)
    }

    /// The first field of this name, unfolded and trimmed.
    pub fn field(&self, name: &str) -> Option<String> {
        mime::fields(self.header()).find(|field| field.is_named(name)).map(|field| field.unfolded())
    }

    /// What joins it to others.
    pub fn links(&self) -> &Links {
        self.links.get_or_init(|| {
            let mut links = Links::default();
            let mut is_report = false;
            for field in mime::fields(self.header()) {
                let named = |name: &str| field.is_named(name);
                if named("Message-ID") && links.message_id.is_empty() {
                    links.message_id = ids(&field.unfolded()).into_iter().next().map(|id| id.0).unwrap_or_default();
                } else if named("References") && links.references.is_empty() {
                    links.references = ids(&field.unfolded());
                } else if named("In-Reply-To") && links.in_reply_to.is_empty() {
                    links.in_reply_to = ids(&field.unfolded());
                } else if named("Auto-Submitted") {
                    links.is_auto_reply = field.unfolded().eq_ignore_ascii_case("auto-replied");
                    links.is_bulk = true;
                } else if named("Content-Type") {
                    is_report = field.unfolded().to_ascii_lowercase().starts_with("multipart/report");
                } else if named("List-Id") || named("Precedence") {
                    links.is_bulk = true;
                }
            }
            links.is_auto_reply &= !is_report;
            links
        })
    }
}

/// The ids in a field, without brackets.
fn ids(text: &str) -> Vec<MessageId> {
    let mut ids = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((id, left)) = after.split_once('>') else { break };
        ids.push(MessageId(id.trim().to_owned()));
        rest = left;
    }
    ids
}
