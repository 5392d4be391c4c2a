//! What hangs on a message, numbered as the text shows it: links, then attachments; and what is to be done with one of them.

use crate::engine::message::Ticket;
use crate::mail::parse::{Attachment, Body};
use crate::model::{Conversation, Message, Role, Uid};

/// What a person wants with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Open,
    Save,
    Copy,
    Pipe,
}

impl Purpose {
    /// The small window's title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Save => "Save",
            Self::Copy => "Copy",
            Self::Pipe => "Pipe to a command",
        }
    }
}

/// One thing of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// `is_as_shown`: the text that stands in the mail is where it leads.
    Link {
        target: String,
        is_as_shown: bool,
    },
    File(Attachment),
    /// The mail itself, byte by byte.
    Mail {
        size: u64,
    },
    /// What is read of it.
    Text(String),
    /// Something short to be copied, and what it is.
    Words {
        what: &'static str,
        words: String,
    },
}

/// Which message, in the current mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    pub mailbox: String,
    pub role: Role,
    pub uid: Uid,
    /// For the name of a file that holds the mail.
    pub subject: String,
}

/// The small window in which one is chosen.
#[derive(Debug, Clone)]
pub struct Choice {
    pub purpose: Purpose,
    /// `None`: nothing of it has to be fetched.
    pub whose: Option<Whose>,
    pub items: Vec<(usize, Item)>,
    /// The digits of its number.
    pub typed: String,
    pub selected: usize,
}

/// What becomes of a file once it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    Say,
    Open,
    Pipe(String),
}

/// A file on its way.
#[derive(Debug, Clone)]
pub struct OnItsWay {
    pub ticket: Ticket,
    pub name: String,
    pub then: Then,
}

impl Choice {
    /// What of a message serves a purpose.
    pub fn of(
        purpose: Purpose,
        mailbox: &str,
        message: &Message,
        body: Option<&Body>,
        conversation: Option<&Conversation>,
    ) -> Self {
        let mut items: Vec<(usize, Item)> = Vec::new();
        let (links, files) = body.map_or((&[][..], &[][..]), |b| (&b.links[..], &b.attachments[..]));
        if matches!(purpose, Purpose::Open | Purpose::Copy) {
            let is_as_shown =
                |target: &String| body.is_some_and(|b| !b.is_from_html && b.text.contains(target.as_str()));
            let link = |target: &String| Item::Link { target: target.clone(), is_as_shown: is_as_shown(target) };
            items.extend(links.iter().enumerate().map(|(at, target)| (at + 1, link(target))));
        }
        if purpose != Purpose::Copy {
            items.extend(files.iter().enumerate().map(|(at, f)| (links.len() + at + 1, Item::File(f.clone()))));
        }
        let mut next = links.len() + files.len() + 1;
        let mut more = |item: Item| {
            items.push((next, item));
            next += 1;
        };
        match purpose {
            Purpose::Open => {}
            Purpose::Save => more(Item::Mail { size: u64::from(message.size) }),
            Purpose::Pipe => {
                more(Item::Mail { size: u64::from(message.size) });
                if let Some(body) = body {
                    more(Item::Text(body.text.clone()));
                }
            }
            Purpose::Copy => {
                if let Some(from) = message.from.first() {
                    more(Item::Words { what: "the sender's address", words: from.email.clone() });
                }
                if let Some(c) = conversation {
                    more(Item::Words { what: "the conversation's id", words: c.id.to_string() });
                }
                if let Some(id) = &message.message_id {
                    more(Item::Words { what: "the Message-ID", words: id.bracketed() });
                }
            }
        }
        let subject = message.subject.clone();
        let whose = Whose { mailbox: mailbox.to_owned(), role: message.folder, uid: message.uid, subject };
        Self { purpose, whose: Some(whose), items, typed: String::new(), selected: 0 }
    }

    /// What a row of the queue has to be copied.
    pub fn of_row(c: &Conversation) -> Self {
        let words = |what, words: &str| Item::Words { what, words: words.to_owned() };
        let items = vec![
            (1, words("the sender's address", &c.from.email)),
            (2, words("the conversation's id", &c.id.0)),
            (3, words("the subject", &c.subject)),
        ];
        Self { purpose: Purpose::Copy, whose: None, items, typed: String::new(), selected: 0 }
    }

    /// One more digit. The item, where no longer number could be meant.
    pub fn digit(&mut self, digit: char) -> Option<Item> {
        self.typed.push(digit);
        let is_begun = |number: &usize| number.to_string().starts_with(&self.typed);
        let begun: Vec<usize> = (0..self.items.len()).filter(|at| is_begun(&self.items[*at].0)).collect();
        match begun.as_slice() {
            [] => {
                self.typed.clear();
                None
            }
            [only] if self.items[*only].0.to_string() == self.typed => Some(self.items[*only].1.clone()),
            [first, ..] => {
                self.selected = *first;
                None
            }
        }
    }

    /// The item under the cursor.
    pub fn chosen(&self) -> Option<Item> {
        self.items.get(self.selected).map(|(_, item)| item.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fake::{conversation, message};

    fn choice(links: usize) -> Choice {
        let file = Attachment { part: "2".into(), name: "a.pdf".into(), media_type: "application/pdf".into(), size: 1 };
        let body = Body {
            text: "see https://x.test/1".into(),
            links: (1..=links).map(|n| format!("https://x.test/{n}")).collect(),
            attachments: vec![file],
            ..Body::default()
        };
        let message = message(1, "Dana <dana@x.test>", "2026-11-24T12:00:00Z");
        let c = conversation("r", "s", "2026-11-24T12:00:00Z");
        Choice::of(Purpose::Open, "m", &message, Some(&body), Some(&c))
    }

    #[test]
    fn a_number_is_chosen_as_soon_as_no_longer_one_can_be_meant() {
        assert!(matches!(choice(1).digit('2'), Some(Item::File(_))));
        let mut many = choice(11);
        assert_eq!(many.digit('1'), None);
        assert!(matches!(many.digit('2'), Some(Item::File(_))), "12 is the file");
        let mut many = choice(11);
        many.digit('1');
        assert!(matches!(many.chosen(), Some(Item::Link { target, is_as_shown: true }) if target.ends_with("/1")));
        assert_eq!(many.digit('9'), None);
        assert_eq!(many.typed, "");
    }
}
