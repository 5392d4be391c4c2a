//! Another face of a message: all its header fields, to be read, or the mail as it came. Made safe for a terminal.

use crate::mail::fields::Fields;
use crate::mail::safe;

/// More of a mail's source than this is not laid out.
const LONGEST: usize = 256 * 1024;

/// What stands in the place of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    pub is_source: bool,
    /// Safe for a terminal.
    pub text: String,
    pub is_cut: bool,
}

impl Face {
    /// `is_whole`: nothing of the mail is missing from `raw`.
    pub fn of(raw: &[u8], is_source: bool, is_whole: bool) -> Self {
        let end = match is_source {
            true => raw.len(),
            false => header_end(raw),
        };
        let shown = &raw[..end.min(LONGEST)];
        let is_cut = shown.len() < end || (end == raw.len() && !is_whole);
        let text = match is_source {
            true => safe::text(&String::from_utf8_lossy(shown)),
            false => Fields::parse(shown).0.shown(),
        };
        Self { is_source, text: text.trim_end().to_owned(), is_cut }
    }

    pub fn title(&self) -> &'static str {
        if self.is_source { "the mail as it came" } else { "all header fields" }
    }
}

/// Where the empty line is that ends the header.
fn header_end(raw: &[u8]) -> usize {
    let ends = |at: &usize| raw[*at..].starts_with(b"\n\n") || raw[*at..].starts_with(b"\n\r\n");
    (0..raw.len()).find(ends).unwrap_or(raw.len())
}

#[cfg(test)]
mod tests {
    use super::Face;

    #[test]
    fn the_header_ends_at_the_empty_line_and_steers_no_terminal() {
        let raw = b"Subject: \x1b[2Jx\r\nX-Odd: is\r\n folded\r\n\r\nbody";
        let headers = Face::of(raw, false, true);
        assert_eq!((headers.text.as_str(), headers.is_cut), ("Subject: ␛[2Jx\nX-Odd: is\n folded", false));
        assert_eq!(Face::of(raw, true, false).text.lines().last(), Some("body"));
        assert!(Face::of(raw, true, false).is_cut && !Face::of(raw, false, false).is_cut);
        assert!(Face::of(&[b'x'; 300_000], true, true).is_cut);
    }

    #[test]
    fn encoded_words_are_read_among_the_header_fields_and_stand_raw_in_the_source() {
        let raw = b"From: =?utf-8?q?S=C3=B8ren?= <s@reyes.example>\r\nSubject: =?utf-8?q?=1B[2J=E2=80=AEGr?=\r\n =?utf-8?q?=C3=BC=C3=9Fe?=\r\n\r\nbody";
        let headers = Face::of(raw, false, true).text;
        assert_eq!(headers, "From: S\u{f8}ren <s@reyes.example>\nSubject: \u{241b}[2JGr\u{fc}\u{df}e");
        assert!(Face::of(raw, true, true).text.starts_with("From: =?utf-8?q?S=C3=B8ren?= <"));
    }
}
