//! How text is taken apart into words to be found: letters without case and diacritics, scripts without blanks by the letter.
//!
//! The index of the cache and the marks on the screen use this one folding, so that what is marked is what was found. In
//! scripts that do not part words (Chinese, Japanese; Korean too, whose words grow endings), each letter is a word of its
//! own: a search for several of them in a row finds them wherever they stand together.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::char::decompose_compatible;

/// The text as it goes into the index: folded, letters of unspaced scripts parted by blanks.
pub fn indexed(text: &str) -> Cow<'_, str> {
    // The index itself folds the case of plain letters.
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for c in text.chars() {
        if is_unspaced(c) {
            out.push(' ');
            fold(c, |folded| out.push(folded));
            out.push(' ');
        } else {
            fold(c, |folded| out.push(folded));
        }
    }
    Cow::Owned(out)
}

/// One word of a text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub folded: String,
    pub range: Range<usize>,
    /// Where, in the text, the letters end that the first 1, 2, … octets of `folded` were made of.
    ends: Vec<usize>,
}

impl Word {
    /// Where the letters end that this beginning of the word was made of.
    pub fn end_of(&self, prefix: &str) -> usize {
        prefix.len().checked_sub(1).and_then(|at| self.ends.get(at)).copied().unwrap_or(self.range.start)
    }
}

/// The words of a text, in their order.
pub fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut is_open = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let is_alone = is_unspaced(c);
        let (is_part, is_mark) = (is_alone || c.is_alphanumeric(), is_mark(c));
        if !(is_part || is_mark && is_open) {
            is_open = false;
            continue;
        }
        if is_alone || !is_open {
            words.push(Word { folded: String::new(), range: at..at, ends: Vec::new() });
        }
        is_open = !is_alone;
        if let Some(word) = words.last_mut() {
            fold(c, |folded| {
                word.folded.push(folded);
                word.ends.resize(word.folded.len(), end);
            });
            word.range.end = end;
        }
    }
    words.retain(|word| !word.folded.is_empty());
    words
}

/// Whether there is anything in it that an index can hold.
pub fn has_word(text: &str) -> bool {
    text.chars().any(|c| is_unspaced(c) || c.is_alphanumeric())
}

fn fold(c: char, mut push: impl FnMut(char)) {
    if c.is_ascii() {
        return push(c.to_ascii_lowercase());
    }
    // Composed kana and Hangul are letters of their own, not letters with marks.
    if matches!(c, '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7a3}') {
        return push(c);
    }
    decompose_compatible(c, |part| {
        if !is_mark(part) {
            part.to_lowercase().filter(|lower| !is_mark(*lower)).for_each(&mut push);
        }
    });
}

/// Marks that stand on letters: with and without them a word is the same.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Letters of scripts that set no blanks between words.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{312f}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).into_iter().map(|w| w.folded).collect()
    }

    #[test]
    fn case_and_diacritics_do_not_matter() {
        assert_eq!(folded("Rückfrage ZU, Re\u{301}sume\u{301}!"), ["ruckfrage", "zu", "resume"]);
        assert_eq!(indexed("Rückfrage"), "ruckfrage");
        assert_eq!(folded("ＡＢＣ１ ﬁn"), ["abc1", "fin"]);
    }

    #[test]
    fn unspaced_scripts_are_taken_by_the_letter() {
        assert_eq!(folded("iPhone請求書が"), ["iphone", "請", "求", "書", "が"]);
        assert_eq!(indexed("今月の請求").split_whitespace().collect::<Vec<_>>(), ["今", "月", "の", "請", "求"]);
    }

    #[test]
    fn a_word_knows_where_it_stands() {
        let text = "x Ärger";
        let word = &words(text)[1];
        assert_eq!(&text[word.range.clone()], "Ärger");
        assert_eq!(&text[word.range.start..word.end_of("arg")], "Ärg");
    }

    proptest! {
        #[test]
        fn words_stand_in_order_on_the_texts_letters(text in any::<String>()) {
            let mut at = 0;
            for word in words(&text) {
                prop_assert!(word.range.start >= at && text.get(word.range.clone()).is_some());
                at = word.range.end;
                let all = word.folded.clone();
                for end in (0..=all.len()).filter(|end| all.is_char_boundary(*end)) {
                    prop_assert!(text.is_char_boundary(word.end_of(&all[..end])));
                }
            }
            let _ = indexed(&text);
        }
    }
}
