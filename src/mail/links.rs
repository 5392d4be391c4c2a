//! Links: which targets may be opened at all, and where they stand in plain text.

use std::ops::Range;

use super::safe;

/// The longest target that is offered.
const MAX_TARGET: usize = 4096;

/// The links that one mail offers at most.
pub const MAX_LINKS: usize = 999;

const SCHEMES: [&str; 4] = ["https://", "http://", "mailto:", "tel:"];

/// A link in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// What it opens.
    pub target: String,
}

/// The target that a link's `href` stands for, where it is one that a person may want to open: web, mail and phone.
/// Everything else (scripts, embedded data, places within the mail, files) is no link.
pub fn target(href: &str) -> Option<String> {
    // What browsers do: blanks at the ends, and line breaks and tabs anywhere, are no part of it.
    let href: String = href.trim().chars().filter(|c| !c.is_control()).collect();
    let href = safe::line(&href).replace(' ', "%20");
    let has_scheme = SCHEMES.iter().any(|s| starts_with_ignore_case(&href, s) && href.len() > s.len());
    (has_scheme && href.len() <= MAX_TARGET).then_some(href)
}

/// The links in plain text, in order: web addresses (`www.` without a scheme too) and `mailto:`.
pub fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() < MAX_LINKS
        && let Some(start) = next_start(text, at)
    {
        let end = start + length(&text[start..]);
        let written = &text[start..end];
        let href =
            if starts_with_ignore_case(written, "www.") { format!("http://{written}") } else { written.to_owned() };
        if written.len() > "www.".len() + 1
            && let Some(target) = target(&href)
        {
            found.push(Found { range: start..end, target });
        }
        at = end.max(start + 1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    found
}

/// The distinct targets among these, in order: the link with number n is the nth.
pub fn targets(found: &[Found]) -> Vec<String> {
    let mut targets: Vec<String> = Vec::new();
    for link in found {
        if !targets.contains(&link.target) {
            targets.push(link.target.clone());
        }
    }
    targets
}

fn starts_with_ignore_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn next_start(text: &str, from: usize) -> Option<usize> {
    let begins = |i: usize| {
        let rest = &text[i..];
        let known = ["https://", "http://", "mailto:", "www."].iter().any(|s| starts_with_ignore_case(rest, s));
        known && !text[..i].chars().next_back().is_some_and(char::is_alphanumeric)
    };
    let bytes = text.as_bytes();
    let candidates = (from..bytes.len()).filter(|&i| matches!(bytes[i] | 0x20, b'h' | b'm' | b'w'));
    candidates.filter(|&i| text.is_char_boundary(i)).find(|&i| begins(i))
}

/// How much of the text is still the link: to the first blank, bracket or quote, or letter of a script without blanks
/// between words; punctuation at its end belongs to the sentence, a closing parenthesis only where none was opened.
fn length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>\"`{}|\\^".contains(c) || c >= '\u{2000}';
    let mut link = &text[..text.find(ends).unwrap_or(text.len())];
    while let Some(last) = link.chars().next_back() {
        let is_sentence = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' => true,
            ')' => link.matches(')').count() > link.matches('(').count(),
            ']' => link.matches(']').count() > link.matches('[').count(),
            _ => false,
        };
        if !is_sentence {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    link.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn links_end_where_the_sentence_goes_on() {
        let text = "See https://x.test/a?b=c, (http://y.test/w_(z)) or <www.z.test>. mailto:a@x.test; Ähttp://no.test 見https://日.test";
        let targets = targets(&find(text));
        assert_eq!(targets, ["https://x.test/a?b=c", "http://y.test/w_(z)", "http://www.z.test", "mailto:a@x.test"]);
    }

    #[test]
    fn only_what_a_person_may_open_is_a_link() {
        assert_eq!(target(" HTTPS://x.test/a b\n"), Some("HTTPS://x.test/a%20b".into()));
        for href in
            ["javascript:alert(1)", "data:text/html,x", "#top", "cid:1", "file:///etc/passwd", "/x", "", "http://"]
        {
            assert_eq!(target(href), None, "{href}");
        }
        assert_eq!(target("java\nscript:x"), None);
    }

    #[test]
    fn a_long_text_full_of_beginnings_is_read_quickly() {
        assert!(find(&"hhhh mmmm wwww ".repeat(100_000)).is_empty());
        assert_eq!(find(&"http://x.test/ ".repeat(100_000)).len(), MAX_LINKS);
    }

    proptest! {
        #[test]
        fn links_stand_where_they_are_said_to(text in "(https?://|www\\.|mailto:|[a-zé(). 見]){0,12}") {
            for link in find(&text) {
                prop_assert!(text.get(link.range.clone()).is_some());
                prop_assert!(target(&link.target).is_some());
            }
        }
    }
}
