//! What of a query a server is asked for: the words in texts that are not here, and all of it where the headers are not here
//! either. Pure.
//!
//! A server finds messages; which conversations that makes is decided in the cache. So states, tags and holders are asked for
//! only where there is nothing else to find messages by, and dates a day wider than meant (a server's days are its own).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::imap::{Criteria, Place};
use crate::model::Query;
use crate::model::query::{Is, Part, Term, What, Who, Words};
use crate::wire::keywords;

/// What one folder is searched for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// Messages that the query may mean; `None`: the cache knows them all.
    pub wanted: Option<Criteria>,
    /// Messages whose conversations the query does not mean.
    pub unwanted: Vec<Criteria>,
}

impl Question {
    /// What a folder is asked for whose headers are all here, or not.
    pub fn of(query: &Query, is_whole: bool, now: Timestamp, zone: &TimeZone) -> Self {
        let is_for_server = |part: Part| !is_whole || matches!(part, Part::Any | Part::Body);
        let mut texts = Vec::new();
        let mut dates = Vec::new();
        let mut states = Vec::new();
        let mut unwanted = Vec::new();
        let mut is_needed = false;
        for term in &query.terms {
            let day = |when: crate::model::query::When| when.at(now, zone).to_zoned(TimeZone::UTC).date();
            match &term.what {
                What::Text(part, words) if term.is_not => {
                    if is_for_server(*part) {
                        unwanted.push(text(*part, words));
                    }
                }
                What::Text(part, words) => {
                    is_needed |= is_for_server(*part);
                    texts.push(text(*part, words));
                }
                What::After(when) if !term.is_not => {
                    dates.push(Criteria::Since(day(*when).yesterday().unwrap_or(Date::MIN)));
                }
                What::Before(when) if !term.is_not => {
                    // Midnight of one zone is two days after the server's, at most.
                    let wider = day(*when).checked_add(jiff::Span::new().days(2));
                    dates.push(Criteria::Before(wider.unwrap_or(Date::MAX)));
                }
                _ => states.extend(state(term)),
            }
        }
        if texts.is_empty() {
            is_needed = !(is_whole || states.is_empty() && dates.is_empty());
            // Different messages of a conversation may make up its state: one condition finds them all, two may not.
            states.truncate(1);
            texts.append(&mut states);
        }
        texts.append(&mut dates);
        Self { wanted: is_needed.then_some(Criteria::All(texts)), unwanted }
    }

    /// Nothing is to be asked.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_none() && self.unwanted.is_empty()
    }
}

/// Words where the cache would find them: not in the headers that nobody sees, as TEXT does.
fn text(part: Part, words: &Words) -> Criteria {
    let at = |place: Place| Criteria::Text(place, words.text.clone());
    let any = |places: &[Place]| places.iter().rev().map(|place| at(*place)).reduce(|rest, one| one.or(rest));
    let places: &[Place] = match part {
        Part::Any => &[Place::Subject, Place::From, Place::To, Place::Cc, Place::Body],
        Part::From => &[Place::From],
        Part::To => &[Place::To, Place::Cc],
        Part::Subject => &[Place::Subject],
        Part::Body => &[Place::Body],
    };
    any(places).unwrap_or(Criteria::Words("ALL".to_owned()))
}

/// What finds messages of conversations in a state, where a flag says it.
fn state(term: &Term) -> Option<Criteria> {
    let keyword = |name: &str| Criteria::Words(format!("KEYWORD {name}"));
    if term.is_not {
        return None;
    }
    match &term.what {
        // Only an atom can be a keyword (RFC 3501 §9); anything else is no tag.
        What::Tag(tag) if keywords::check_tag(tag).is_ok() => Some(keyword(tag)),
        What::Who(Who::Held(handle)) => Some(keyword(&keywords::claim(handle))),
        What::Is(Is::Unread) => Some(Criteria::Words("UNSEEN".to_owned())),
        What::Is(Is::Urgent) => Some(Criteria::Words("FLAGGED".to_owned())),
        What::Is(Is::Waiting) => Some(keyword(keywords::WAITING)),
        What::Is(Is::Snoozed) => Some(keyword(keywords::SNOOZED)),
        What::Is(Is::Done) => Some(keyword(keywords::DONE)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str, is_whole: bool) -> String {
        let now = "2026-11-25T20:00:00Z".parse().unwrap();
        let question = Question::of(&Query::parse(query).unwrap(), is_whole, now, &TimeZone::UTC);
        format!(
            "{:?} / {:?}",
            question.wanted.map(|c| shown(&c)),
            question.unwanted.iter().map(shown).collect::<Vec<_>>()
        )
    }

    fn shown(criteria: &Criteria) -> String {
        match criteria {
            Criteria::Words(words) => words.clone(),
            Criteria::Header(field, text) => format!("{field} {text}"),
            Criteria::Text(place, text) => format!("{place:?} {text}"),
            Criteria::Since(day) => format!("since {day}"),
            Criteria::Before(day) => format!("before {day}"),
            Criteria::Or(one, other) => format!("or {}, {}", shown(one), shown(other)),
            Criteria::All(all) => all.iter().map(shown).collect::<Vec<_>>().join("; "),
        }
    }

    #[test]
    fn of_a_folder_whose_headers_are_here_only_texts_are_asked_for() {
        assert_eq!(asked("from:dana subject:fire tag:billing is:open after:3d", true), "None / []");
        let asked_for = "Some(\"Body smoke; From dana; since 2026-11-21\") / []";
        assert_eq!(asked("body:smoke from:dana after:3d tag:billing", true), asked_for);
        let any = "or Subject fire, or From fire, or To fire, or Cc fire, Body fire";
        assert_eq!(asked("fire -body:smoke -from:dana", true), format!("Some({any:?}) / [\"Body smoke\"]"));
        assert_eq!(asked("-smoke tag:x", true).split(" / ").next(), Some("None"));
    }

    #[test]
    fn of_a_folder_that_is_not_all_here_everything_is_asked_for() {
        assert_eq!(asked("from:dana", false), "Some(\"From dana\") / []");
        assert_eq!(asked("to:dana before:2026-11-01", false), "Some(\"or To dana, Cc dana; before 2026-11-03\") / []");
        assert_eq!(asked("tag:billing is:urgent", false), "Some(\"KEYWORD billing\") / []");
        assert_eq!(asked("who:bob", false), "Some(\"KEYWORD bagsy-claim-bob\") / []");
        // What is no atom is never sent as one.
        assert_eq!(asked("tag:a)b", false), "None / []");
        assert_eq!(asked("has:attachment", false), "None / []");
    }
}
