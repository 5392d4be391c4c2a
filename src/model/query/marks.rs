//! Where in a text the words of a query stand, for whoever marks them on a screen.

use std::ops::Range;

use super::{Part, Query, What, Words};
use crate::model::words::{Word, words};

/// The words that a query looks for, made ready to be found in texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    needles: Vec<Needle>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Needle {
    part: Part,
    words: Vec<String>,
    is_whole: bool,
}

impl Needle {
    fn of(part: Part, sought: &Words) -> Self {
        Self { part, words: words(&sought.text).into_iter().map(|w| w.folded).collect(), is_whole: sought.is_whole }
    }

    /// Where it stands, if it begins with the first of these words.
    fn range(&self, text: &[Word]) -> Option<Range<usize>> {
        let found = text.get(..self.words.len())?;
        let (last, before) = self.words.split_last()?;
        let (last_found, before_found) = found.split_last()?;
        let is_there = before.iter().zip(before_found).all(|(sought, found)| *sought == found.folded);
        let is_end =
            if self.is_whole { last_found.folded == *last } else { last_found.folded.starts_with(last.as_str()) };
        (is_there && is_end).then(|| found[0].range.start..last_found.end_of(last))
    }
}

impl Marks {
    /// The words that a query wants to be there.
    pub fn of(query: &Query) -> Self {
        let needle = |what: &What| match what {
            What::Text(part, sought) => Some(Needle::of(*part, sought)).filter(|n| !n.words.is_empty()),
            _ => None,
        };
        Self { needles: query.terms.iter().filter(|term| !term.is_not).filter_map(|term| needle(&term.what)).collect() }
    }

    /// The same with those of another query.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.needles.extend(other.needles);
        self
    }

    /// Nothing would ever be marked.
    pub fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Where the words stand in a text that is this part of a message; in order, none within another.
    pub fn ranges(&self, part: Part, text: &str) -> Vec<Range<usize>> {
        let is_meant = |needle: &&Needle| needle.part == Part::Any || part == Part::Any || needle.part == part;
        let needles: Vec<&Needle> = self.needles.iter().filter(is_meant).collect();
        if needles.is_empty() {
            return Vec::new();
        }
        let text = words(text);
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for at in 0..text.len() {
            let found = needles.iter().filter_map(|needle| needle.range(&text[at..]));
            let Some(widest) = found.max_by_key(|range| range.end) else { continue };
            match ranges.last_mut() {
                Some(last) if widest.start < last.end => last.end = last.end.max(widest.end),
                _ => ranges.push(widest),
            }
        }
        ranges
    }

    /// Whether any of the words stands in the text.
    pub fn is_in(&self, part: Part, text: &str) -> bool {
        !self.ranges(part, text).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(query: &str, part: Part, text: &str) -> Vec<String> {
        let marks = Marks::of(&Query::parse(query).unwrap());
        marks.ranges(part, text).into_iter().map(|range| text[range].to_owned()).collect()
    }

    #[test]
    fn words_are_marked_where_the_index_finds_them() {
        let text = "Die Rückfrage: Printer on fire, printers ON  FIRE, blueprinter";
        assert_eq!(marked("ruck", Part::Any, text), ["Rück"]);
        assert_eq!(marked("printer", Part::Any, text), ["Printer", "printer"]);
        assert_eq!(marked("\"printer\"", Part::Any, text), ["Printer"]);
        assert_eq!(marked("\"on fire\"", Part::Any, text), ["on fire", "ON  FIRE"]);
        assert_eq!(marked("求書", Part::Any, "今月の請求書が"), ["求書"]);
        assert_eq!(marked("-printer", Part::Any, text), [""; 0]);
    }

    #[test]
    fn a_name_is_not_marked_in_the_subject() {
        assert_eq!(marked("from:dana subject:fire", Part::Subject, "Dana on fire"), ["fire"]);
        assert_eq!(marked("from:dana subject:fire", Part::From, "Dana on fire"), ["Dana"]);
    }

    proptest! {
        #[test]
        fn marks_stand_on_letters_in_order(query in "[a-zé書\" ]{0,12}", text in any::<String>()) {
            let Ok(query) = Query::parse(&query) else { return Ok(()) };
            let mut at = 0;
            for range in Marks::of(&query).ranges(Part::Any, &text) {
                prop_assert!(range.start >= at && text.get(range.clone()).is_some());
                at = range.end;
            }
        }
    }
}
