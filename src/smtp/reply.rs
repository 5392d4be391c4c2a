//! What a submission server answers (RFC 5321 §4.2), made safe to show.

use std::fmt;

/// No line of a reply is longer; RFC 5321 §4.5.3.1.5 says 512.
pub(super) const MAX_LINE: usize = 4096;
/// No reply has more lines.
const MAX_LINES: usize = 100;
/// Longer texts are cut: they are for people.
const MAX_TEXT: usize = 600;

/// One whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// The enhanced status code of the first line that has one (RFC 3463), as `[5, 7, 1]`.
    pub enhanced: Option<[u16; 3]>,
    /// The text of all lines joined, without codes, safe to show.
    pub text: String,
}

impl Reply {
    /// 2xx: done as asked.
    pub fn is_done(&self) -> bool {
        self.code / 100 == 2
    }

    /// 3xx: the server waits for more.
    pub fn is_intermediate(&self) -> bool {
        self.code / 100 == 3
    }

    /// 4xx: refused for now.
    pub fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }

    /// 5xx: refused for good.
    pub fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some([class, subject, detail]) = self.enhanced {
            write!(f, " {class}.{subject}.{detail}")?;
        }
        if self.text.is_empty() { Ok(()) } else { write!(f, " {}", self.text) }
    }
}

/// What the server sent is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// A reply while its lines come in.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<String>);

impl Lines {
    /// Takes the next line, without its line end: the reply, where this was its last line.
    pub(super) fn push(&mut self, line: &[u8]) -> Result<Option<Reply>, Malformed> {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\r');
        let (code, rest) = line.split_at_checked(3).ok_or(Malformed)?;
        let is_code = code.bytes().all(|b| b.is_ascii_digit()) && (b'2'..=b'5').contains(&code.as_bytes()[0]);
        if !is_code || self.0.len() >= MAX_LINES {
            return Err(Malformed);
        }
        let is_last = match rest.as_bytes().first() {
            // A bare code is to be taken for a last line (RFC 5321 §4.2).
            None | Some(b' ') => true,
            Some(b'-') => false,
            Some(_) => return Err(Malformed),
        };
        self.0.push(rest.get(1..).unwrap_or_default().to_owned());
        if !is_last {
            return Ok(None);
        }
        let code = code.parse().map_err(|_| Malformed)?;
        Ok(Some(self.finish(code)))
    }

    /// The lines' texts as they came, for EHLO, whose lines are keywords.
    pub(super) fn texts(&self) -> &[String] {
        &self.0
    }

    fn finish(&self, code: u16) -> Reply {
        let mut enhanced = None;
        let mut text = String::new();
        for line in &self.0 {
            let (status, rest) = split_enhanced(line, code / 100);
            enhanced = enhanced.or(status);
            if !text.is_empty() && !rest.is_empty() {
                text.push(' ');
            }
            text.push_str(&safe(rest));
        }
        if text.chars().count() > MAX_TEXT {
            text = text.chars().take(MAX_TEXT).chain(['…']).collect();
        }
        Reply { code, enhanced, text }
    }
}

/// The enhanced status code at the head of a line, where there is one of the reply's own class.
fn split_enhanced(line: &str, class: u16) -> (Option<[u16; 3]>, &str) {
    let line = line.trim();
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut parts = word.split('.').map(|part| part.parse::<u16>().ok());
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Some(c)), Some(Some(subject)), Some(Some(detail)), None) if c == class => {
            (Some([c, subject, detail]), rest.trim())
        }
        _ => (None, line),
    }
}

/// Letters, digits, blanks and ASCII's signs; nothing else has a place in a reply, and nothing else can do harm.
fn safe(text: &str) -> String {
    let safe = |c: char| if c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric() { c } else { '?' };
    text.chars().map(|c| if c == '\t' { ' ' } else { c }).map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(lines: &[&[u8]]) -> Result<Option<Reply>, Malformed> {
        let mut gathered = Lines::default();
        for line in &lines[..lines.len() - 1] {
            assert_eq!(gathered.push(line), Ok(None));
        }
        gathered.push(lines[lines.len() - 1])
    }

    #[test]
    fn a_reply_of_several_lines_is_one_text_with_one_code() {
        let reply = reply(&[b"553-5.7.1 <a@b>: Sender address rejected:", b"553 5.7.1 not owned by user carol\r"]);
        let reply = reply.unwrap().unwrap();
        assert_eq!((reply.code, reply.enhanced), (553, Some([5, 7, 1])));
        assert_eq!(reply.text, "<a@b>: Sender address rejected: not owned by user carol");
        assert_eq!(reply.to_string(), "553 5.7.1 <a@b>: Sender address rejected: not owned by user carol");
    }

    #[test]
    fn a_bare_code_and_a_reply_without_enhanced_code_are_read() {
        assert_eq!(reply(&[b"250"]).unwrap().unwrap().text, "");
        let plain = reply(&[b"250 4.3.2.1 is my address"]).unwrap().unwrap();
        assert_eq!((plain.enhanced, plain.text.as_str()), (None, "4.3.2.1 is my address"));
    }

    #[test]
    fn nothing_in_a_reply_can_steer_a_terminal() {
        let reply = reply(&["550 5.1.1 \u{1b}[31mgr\u{fc}n\u{202e}\u{200b}\t\u{9b}x".as_bytes()]).unwrap().unwrap();
        assert_eq!(reply.text, "?[31mgrün?? ?x");
        let latin = Lines::default().push(b"250 gr\xfcn").unwrap().unwrap();
        assert_eq!(latin.text, "gr?n");
    }

    #[test]
    fn what_is_no_reply_is_malformed() {
        for line in
            [&b""[..], b"25", b"hello", b"150 x", b"650 x", b"250x", "25\u{661} x".as_bytes(), "é\u{1f600}".as_bytes()]
        {
            assert_eq!(Lines::default().push(line), Err(Malformed), "{line:?}");
        }
        let mut endless = Lines::default();
        assert!((0..1000).any(|_| endless.push(b"250-more") == Err(Malformed)));
    }

    proptest::proptest! {
        #[test]
        fn no_line_makes_it_panic(line: Vec<u8>) {
            let _ = Lines::default().push(&line);
        }
    }
}
