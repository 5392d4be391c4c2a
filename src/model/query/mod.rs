//! What a person looks for: one language for the screen's search and filter, and for `list --query`.
//!
//! Words and "phrases", and `field:value` terms, all of which must hold; `-` before one turns it round. Words, names and
//! dates are looked for in one message at a time, and the conversation with that message is found; tags, holders and states
//! belong to the conversation. What stands behind a minus must be nowhere in the conversation. Pure.

mod marks;
mod parse;
mod when;

use std::fmt;

pub use marks::Marks;
pub use parse::QueryError;
pub use when::When;

use super::Handle;

/// What is looked for: every term must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Query {
    pub terms: Vec<Term>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// It must not hold.
    pub is_not: bool,
    pub what: What,
}

/// What a term is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum What {
    /// Words in a part of a message.
    Text(Part, Words),
    Tag(String),
    Who(Who),
    Is(Is),
    /// A message came before this.
    Before(When),
    /// A message came at this time or after it.
    After(When),
    HasAttachment,
}

/// Where in a message words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// In subject, names, addresses and text.
    Any,
    From,
    /// To and Cc.
    To,
    Subject,
    Body,
}

/// Words that stand one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Words {
    pub text: String,
    /// The last word is whole: a phrase in quotation marks. Otherwise it may go on.
    pub is_whole: bool,
}

/// Who holds a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    Me,
    Nobody,
    Held(Handle),
}

/// How a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Is {
    Unread,
    Open,
    Done,
    Waiting,
    Snoozed,
    /// Open, and nobody holds it.
    Unclaimed,
    Mine,
    Urgent,
    Contested,
}

impl Is {
    pub const ALL: [Self; 9] = [
        Self::Unread,
        Self::Open,
        Self::Done,
        Self::Waiting,
        Self::Snoozed,
        Self::Unclaimed,
        Self::Mine,
        Self::Urgent,
        Self::Contested,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Open => "open",
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Snoozed => "snoozed",
            Self::Unclaimed => "unclaimed",
            Self::Mine => "mine",
            Self::Urgent => "urgent",
            Self::Contested => "contested",
        }
    }
}

impl Query {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// [`QueryError`] says what cannot be read, where it stands, and what is nearest to it.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parse::parse(text)
    }

    /// The conversations that carry a tag.
    pub fn tagged(tag: &str) -> Self {
        Self::of(What::Tag(tag.to_owned()))
    }

    /// The conversations that somebody holds.
    pub fn held_by(handle: &Handle) -> Self {
        Self::of(What::Who(Who::Held(handle.clone())))
    }

    fn of(what: What) -> Self {
        Self { terms: vec![Term { is_not: false, what }] }
    }

    /// Nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it can only be answered by who has the texts of all mails.
    pub fn wants_bodies(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.what, What::Text(Part::Any | Part::Body, _)))
    }
}

impl Part {
    fn prefix(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::From => "from:",
            Self::To => "to:",
            Self::Subject => "subject:",
            Self::Body => "body:",
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            term.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_not {
            f.write_str("-")?;
        }
        match &self.what {
            What::Text(part, words) => {
                f.write_str(part.prefix())?;
                if words.is_whole {
                    return write!(f, "\"{}\"", words.text);
                }
                // An open quotation mark: the last of its words may go on.
                let quote = if parse::is_plain(*part, &words.text) { "" } else { "\"" };
                write!(f, "{quote}{}", words.text)
            }
            What::Tag(tag) => write!(f, "tag:{tag}"),
            What::Who(Who::Me) => f.write_str("who:me"),
            What::Who(Who::Nobody) => f.write_str("who:none"),
            What::Who(Who::Held(handle)) => write!(f, "who:{handle}"),
            What::Is(is) => write!(f, "is:{}", is.as_str()),
            What::Before(when) => write!(f, "before:{when}"),
            What::After(when) => write!(f, "after:{when}"),
            What::HasAttachment => f.write_str("has:attachment"),
        }
    }
}
