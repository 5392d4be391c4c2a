//! UID SEARCH, with ESEARCH's compact answer where the server has it (RFC 3501 §6.4.4, RFC 4731).

use jiff::civil::Date;

use super::UidSet;
use super::command::{Command, is_quotable};
use super::date;
use super::error::Error;
use super::reply::Reply;
use super::session::Session;
use crate::model::{MessageId, Uid};

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Criteria {
    /// Search keys as RFC 3501 writes them, made of words that need no quoting (`KEYWORD x SINCE 1-Jan-2026`).
    Words(String),
    /// A header field contains this text.
    Header(String, String),
    /// A part of the message contains this text.
    Text(Place, String),
    /// INTERNALDATE's day, as the server counts days, is this one or later.
    Since(Date),
    /// INTERNALDATE's day is before this one.
    Before(Date),
    Or(Box<Criteria>, Box<Criteria>),
    /// All of these. Only whole commands are made of it, so that no parentheses are needed.
    All(Vec<Criteria>),
}

/// Where a text is looked for (RFC 3501 §6.4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Body,
    Subject,
    From,
    To,
    Cc,
}

impl Place {
    fn key(self) -> &'static str {
        match self {
            Self::Body => "BODY",
            Self::Subject => "SUBJECT",
            Self::From => "FROM",
            Self::To => "TO",
            Self::Cc => "CC",
        }
    }
}

/// A set from a server that spans more is not believed.
const MOST_FOUND: u64 = 20_000_000;

impl Session {
    /// The messages of the selected folder that match, ascending.
    pub async fn search(&mut self, criteria: &Criteria) -> Result<Vec<Uid>, Error> {
        let mut command = Command::new("UID SEARCH");
        if self.has("ESEARCH") {
            command = command.words("RETURN (ALL)");
        }
        if !criteria.is_ascii() {
            command = command.words("CHARSET UTF-8");
        }
        let mut found = UidSet::default();
        self.run_ok(criteria.write(command), &mut |reply| match reply {
            Reply::Search(uids) => {
                found.extend(&uids);
                None
            }
            other => Some(other),
        })
        .await?;
        if found.span() > MOST_FOUND {
            return Err(Error::Protocol { command: "UID SEARCH", what: "it found more messages than there can be" });
        }
        let mut uids: Vec<Uid> = found.iter().collect();
        uids.sort_unstable();
        uids.dedup();
        Ok(uids)
    }

    /// The messages whose Message-ID contains this one: servers compare parts of fields, so what is found is to be looked
    /// at.
    pub async fn search_message_id(&mut self, id: &MessageId) -> Result<Vec<Uid>, Error> {
        self.search(&Criteria::header("MESSAGE-ID", &id.0)).await
    }

    /// The messages that are this one, or name it among their References or in In-Reply-To.
    pub async fn search_conversation(&mut self, id: &MessageId) -> Result<Vec<Uid>, Error> {
        let fields = ["IN-REPLY-TO", "REFERENCES"].map(|field| Criteria::header(field, &id.0));
        let all = fields.into_iter().fold(Criteria::header("MESSAGE-ID", &id.0), Criteria::or);
        self.search(&all).await
    }
}

impl Criteria {
    /// A header field contains this text.
    pub fn header(field: &str, text: &str) -> Self {
        Self::Header(field.to_owned(), text.to_owned())
    }

    /// Either of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::Or(Box::new(self), Box::new(other))
    }

    fn is_ascii(&self) -> bool {
        match self {
            Self::Words(words) => words.is_ascii(),
            Self::Header(field, text) => field.is_ascii() && text.is_ascii(),
            Self::Text(_, text) => text.is_ascii(),
            Self::Since(_) | Self::Before(_) => true,
            Self::Or(one, other) => one.is_ascii() && other.is_ascii(),
            Self::All(all) => all.iter().all(Self::is_ascii),
        }
    }

    fn write(&self, command: Command) -> Command {
        match self {
            Self::Words(words) => command.words(words),
            Self::Header(field, text) if is_quotable(text) => command.words("HEADER").string(field).string(text),
            Self::Header(field, text) => {
                command.words("HEADER").string(field).literal(text.replace('\0', "").into_bytes())
            }
            // NUL stands in no mail and in no literal.
            Self::Text(place, text) => command.words(place.key()).string(&text.replace('\0', "")),
            Self::Since(day) => command.words(&format!("SINCE {}", date::day(*day))),
            Self::Before(day) => command.words(&format!("BEFORE {}", date::day(*day))),
            Self::Or(one, other) => other.write(one.write(command.words("OR"))),
            Self::All(all) => all.iter().fold(command, |command, criteria| criteria.write(command)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_or_a_literal() {
        let criteria = Criteria::header("MESSAGE-ID", "a\"b@c").or(Criteria::header("SUBJECT", "ü"));
        let command = criteria.write(Command::new("UID SEARCH"));
        assert_eq!(command.head, r#"UID SEARCH OR HEADER "MESSAGE-ID" "a\"b@c" HEADER "SUBJECT" "#);
        assert_eq!(command.rest.len(), 1);
        assert!(!criteria.is_ascii());
    }

    #[test]
    fn words_and_dates_are_keys_of_their_own() {
        let day = jiff::civil::date(2026, 11, 1);
        let fire =
            Criteria::Text(Place::Subject, "on \"fire\"".into()).or(Criteria::Text(Place::Body, "é\r\nx".into()));
        let criteria = Criteria::All(vec![Criteria::Since(day), fire, Criteria::Words("UNSEEN".into())]);
        let command = criteria.write(Command::new("UID SEARCH"));
        assert_eq!(command.head, r#"UID SEARCH SINCE 1-Nov-2026 OR SUBJECT "on \"fire\"" BODY "#);
        assert_eq!(command.rest, [("é\r\nx".as_bytes().to_vec(), " UNSEEN".to_owned())]);
    }
}
