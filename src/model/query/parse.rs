//! From what was typed to a [`Query`], or to what is wrong with it and where.

use super::{Is, Part, Query, Term, What, When, Who, Words, when};
use crate::model::Handle;
use crate::model::words::has_word;

/// What cannot be read of a query. Places are counted in characters, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("there is no “{word}:”, at {at}: did you mean {nearest}:? A \"phrase\" is text")]
    UnknownField { at: usize, word: String, nearest: &'static str },
    #[error("{field}: looks for nothing yet, at {at}")]
    NothingAsked { at: usize, field: &'static str },
    #[error("is: does not know “{word}”, at {at}: {}", hint(*.nearest, IS))]
    UnknownState { at: usize, word: String, nearest: Option<&'static str> },
    #[error("has: does not know “{word}”, at {at}: did you mean has:attachment?")]
    UnknownPossession { at: usize, word: String },
    #[error("“{word}” is no date, at {at}: {}", hint(*.nearest, DATES))]
    NoDate { at: usize, word: String, nearest: Option<&'static str> },
    #[error("“{word}” is nobody's handle, at {at}: who: takes a handle, me or none")]
    NoHandle { at: usize, word: String },
    #[error("“{word}” can be no tag, at {at}: a tag is one word")]
    NoTag { at: usize, word: String },
    #[error("there is no letter or digit in “{word}”, at {at}")]
    NoWord { at: usize, word: String },
}

const IS: &str = "it takes unread, open, done, waiting, snoozed, unclaimed, mine, urgent, contested";
const DATES: &str = "write 2026-11-01, 2026-11, 3d, 2w, today, yesterday or monday";

fn hint(nearest: Option<&str>, all: &str) -> String {
    nearest.map_or_else(|| all.to_owned(), |word| format!("did you mean {word}?"))
}

impl QueryError {
    /// Where it stands, in characters from 1.
    pub fn at(&self) -> usize {
        match self {
            Self::UnknownField { at, .. }
            | Self::NothingAsked { at, .. }
            | Self::UnknownState { at, .. }
            | Self::UnknownPossession { at, .. }
            | Self::NoDate { at, .. }
            | Self::NoHandle { at, .. }
            | Self::NoTag { at, .. }
            | Self::NoWord { at, .. } => *at,
        }
    }
}

/// The words before a colon.
const FIELDS: [&str; 10] = ["from", "to", "subject", "body", "tag", "who", "is", "before", "after", "has"];

/// A piece of what was typed: from a blank to the next, quotation marks holding blanks together.
struct Piece<'a> {
    /// In characters, from 1.
    at: usize,
    is_not: bool,
    field: Option<&'static str>,
    value: &'a str,
    quote: Quote,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Closed,
    /// To the end: its person is still typing.
    Open,
}

pub(super) fn parse(text: &str) -> Result<Query, QueryError> {
    let mut terms = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let at = text[..text.len() - rest.len()].chars().count() + 1;
        let (piece, after) = piece(rest, at)?;
        terms.extend(term(&piece)?);
        rest = after.trim_start();
    }
    Ok(Query { terms })
}

/// The first piece and what follows it.
fn piece(text: &str, at: usize) -> Result<(Piece<'_>, &str), QueryError> {
    // However many signs there are, it is one “not”: what would begin with one could not be written down again.
    let body = text.trim_start_matches('-');
    let is_not = body.len() < text.len();
    let field = field_of(body, at + text.len() - body.len())?;
    let value = field.map_or(body, |name| &body[name.len() + 1..]);
    let (value, quote, after) = match value.strip_prefix('"') {
        Some(quoted) => match quoted.split_once('"') {
            Some((inside, after)) => (inside, Quote::Closed, after),
            None => (quoted, Quote::Open, ""),
        },
        None => {
            let end = value.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(value.len());
            (&value[..end], Quote::None, &value[end..])
        }
    };
    let at = at + (text.len() - body.len()).saturating_sub(1);
    Ok((Piece { at, is_not, field, value, quote }, after))
}

/// The field that stands before the colon, where one does.
fn field_of(text: &str, at: usize) -> Result<Option<&'static str>, QueryError> {
    let word = text.split(|c: char| c.is_whitespace() || c == '"').next().unwrap_or_default();
    let Some((name, value)) = word.split_once(':') else { return Ok(None) };
    if let Some(known) = FIELDS.iter().find(|field| field.eq_ignore_ascii_case(name)) {
        return Ok(Some(known));
    }
    // `https://…`, `12:30` and `AW:` are text; `form:dana` is a slip.
    let is_text = value.starts_with('/') || name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphabetic());
    match nearest_of(name, FIELDS.into_iter()).filter(|_| !is_text) {
        Some(nearest) => Err(QueryError::UnknownField { at, word: name.to_owned(), nearest }),
        None => Ok(None),
    }
}

/// The one of these that somebody meant who wrote the word: a slip away, or its beginning.
fn nearest_of(word: &str, all: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let slips = |name: &str| strsim::osa_distance(&word, name);
    let is_near =
        |name: &&'static str| slips(name) <= (name.len() / 3).max(1) || (word.len() >= 3 && name.starts_with(&word));
    all.filter(is_near).min_by_key(|name| slips(name))
}

fn term(piece: &Piece) -> Result<Option<Term>, QueryError> {
    let Piece { at, is_not, value, .. } = *piece;
    let word = || value.to_owned();
    let Some(field) = piece.field else {
        // A lone dash or dot between words is nothing to look for.
        return Ok(has_word(value).then(|| Term { is_not, what: What::Text(Part::Any, words(piece)) }));
    };
    let value_at = at + usize::from(is_not) + field.len() + 1;
    if value.trim().is_empty() {
        return Err(QueryError::NothingAsked { at: value_at, field });
    }
    let part = match field {
        "from" => Some(Part::From),
        "to" => Some(Part::To),
        "subject" => Some(Part::Subject),
        "body" => Some(Part::Body),
        _ => None,
    };
    let lower = value.to_ascii_lowercase();
    let what = match (part, field) {
        (Some(part), _) if has_word(value) => What::Text(part, words(piece)),
        (Some(_), _) => return Err(QueryError::NoWord { at: value_at, word: word() }),
        (None, "tag") if value.contains(char::is_whitespace) => {
            return Err(QueryError::NoTag { at: value_at, word: word() });
        }
        (None, "tag") => What::Tag(word()),
        (None, "who") => What::Who(match lower.as_str() {
            "me" => Who::Me,
            "none" | "nobody" => Who::Nobody,
            _ => match Handle::new(value) {
                Ok(handle) => Who::Held(handle),
                Err(_) => return Err(QueryError::NoHandle { at: value_at, word: word() }),
            },
        }),
        (None, "is") => match Is::ALL.into_iter().find(|is| is.as_str() == lower) {
            Some(is) => What::Is(is),
            None => {
                let nearest = nearest_of(value, Is::ALL.into_iter().map(Is::as_str));
                return Err(QueryError::UnknownState { at: value_at, word: word(), nearest });
            }
        },
        (None, "before" | "after") => match When::parse(value.trim()) {
            Some(when) if field == "before" => What::Before(when),
            Some(when) => What::After(when),
            None => {
                let nearest = nearest_of(value, when::names());
                return Err(QueryError::NoDate { at: value_at, word: word(), nearest });
            }
        },
        _ => match lower.as_str() {
            "attachment" | "attachments" => What::HasAttachment,
            _ => return Err(QueryError::UnknownPossession { at: value_at, word: word() }),
        },
    };
    Ok(Some(Term { is_not, what }))
}

fn words(piece: &Piece) -> Words {
    Words { text: piece.value.to_owned(), is_whole: piece.quote == Quote::Closed }
}

/// Whether words can stand without quotation marks and are read as the same words again.
pub(super) fn is_plain(part: Part, text: &str) -> bool {
    let is_mistaken = part == Part::Any && (text.starts_with('-') || !matches!(field_of(text, 1), Ok(None)));
    !is_mistaken && !text.starts_with('"') && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        match Query::parse(text) {
            Ok(query) => query.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn all_terms_of_the_language_are_read() {
        let text = "printer \"on fire\" from:dana to:\"Example Support\" subject:re body:smoke tag:billing who:bob who:me \
                    who:none is:unread is:contested before:2026-11-01 after:3d has:attachment -is:done -\"out of office\"";
        let query = Query::parse(text).unwrap();
        assert_eq!(query.terms.len(), 17);
        assert_eq!(query.to_string(), text);
        assert_eq!(query.terms[2].what, What::Text(Part::From, Words { text: "dana".into(), is_whole: false }));
        assert!(query.terms[16].is_not && query.terms[15].what == What::Is(Is::Done));
    }

    #[test]
    fn a_slip_is_told_with_its_place_and_the_nearest_word() {
        assert_eq!(read("printer form:dana"), "there is no “form:”, at 9: did you mean from:? A \"phrase\" is text");
        assert_eq!(read("is:unraed"), "is: does not know “unraed”, at 4: did you mean unread?");
        assert_eq!(read("ü is:x"), format!("is: does not know “x”, at 6: {IS}"));
        assert_eq!(read("-before:yestreday"), "“yestreday” is no date, at 9: did you mean yesterday?");
        assert_eq!(read("after:2026-13-01"), format!("“2026-13-01” is no date, at 7: {DATES}"));
        assert_eq!(read("has:atachment"), "has: does not know “atachment”, at 5: did you mean has:attachment?");
        assert_eq!(read("who:søren"), "“søren” is nobody's handle, at 5: who: takes a handle, me or none");
        assert_eq!(read("tag:\"a b\""), "“a b” can be no tag, at 5: a tag is one word");
        assert_eq!(read("from:"), "from: looks for nothing yet, at 6");
        assert_eq!(read("subject:!!"), "there is no letter or digit in “!!”, at 9");
        assert_eq!(Query::parse("a subj:b").unwrap_err().at(), 3);
    }

    #[test]
    fn what_only_looks_like_a_field_is_text() {
        for text in ["https://reyes.example/floor-3", "12:30", "AW:", "Fwd:Rechnung", "std::vector", ":-)x"] {
            assert_eq!(Query::parse(text).unwrap().terms.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_yet_goes_to_the_end() {
        let query = Query::parse("tag:x \"printer on fi").unwrap();
        let words = Words { text: "printer on fi".into(), is_whole: false };
        assert_eq!(query.terms[1].what, What::Text(Part::Any, words));
        assert_eq!(query.to_string(), "tag:x \"printer on fi");
    }

    #[test]
    fn signs_between_words_are_passed_over() {
        assert_eq!(read("invoice - 4471 … \"!\""), "invoice 4471");
        assert_eq!(read("  -  "), "");
        assert_eq!(read("--from\" std"), "-from \" std");
        assert!(Query::parse("").unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn every_text_is_read_or_its_fault_has_a_place_in_it(text in any::<String>()) {
            check(&text)?;
        }

        #[test]
        fn so_is_what_looks_like_a_query(
            text in "(-?(from|to|is|who|tag|before|after|has|body|fro|x)?:?\"?[a-z0-9é書:\"-]{0,8}\"? ?){0,6}"
        ) {
            check(&text)?;
        }
    }

    fn check(text: &str) -> Result<(), TestCaseError> {
        match Query::parse(text) {
            Ok(query) => prop_assert_eq!(Query::parse(&query.to_string()), Ok(query)),
            Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.at()), "{error}"),
        }
        Ok(())
    }
}
