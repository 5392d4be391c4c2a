//! Decides what becomes of a framed response: async-imap reads it, or our own reader does.
//!
//! An untagged response that imap-proto cannot read ends an async-imap session, with the whole response in the error's
//! text, and a few that it tries to read make it panic. So async-imap sees only what imap-proto is known to read well;
//! for anything else it sees a placeholder, and the real bytes wait beside it. Pure.

use imap_proto::{AttributeValue, Response};

use super::condition::Status;
use super::framing::Frame;

/// How the text of a placeholder begins; then comes the number of the response that waits aside.
const ASIDE: &str = "bagsy-aside ";

/// The number of the response that a status text stands for, if it is a placeholder's.
pub(crate) fn aside_number(text: &str) -> Option<u64> {
    text.strip_prefix(ASIDE)?.parse().ok()
}

/// One response as it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Triage {
    /// Nothing: an empty line.
    Skip,
    /// Bytes that async-imap can read.
    Pass(Vec<u8>),
    /// A placeholder for async-imap, and the response itself.
    Aside { placeholder: Vec<u8>, response: Vec<u8> },
}

/// The kinds of lines that begin a response (RFC 3501 §7).
pub(crate) enum Kind<'a> {
    Empty,
    Continuation(&'a [u8]),
    Untagged(&'a [u8]),
    Tagged { tag: &'a str, rest: &'a [u8], status: Status },
    Garbage,
}

/// What kind of response these bytes are.
pub(crate) fn kind(response: &[u8]) -> Kind<'_> {
    if response.trim_ascii().is_empty() {
        return Kind::Empty;
    }
    if let Some(rest) = response.strip_prefix(b"+") {
        return Kind::Continuation(rest.trim_ascii());
    }
    if let Some(rest) = response.strip_prefix(b"* ") {
        return Kind::Untagged(rest);
    }
    let mut words = response.splitn(2, |b| *b == b' ');
    let (tag, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_tag = !tag.is_empty() && tag.iter().all(u8::is_ascii_alphanumeric);
    match std::str::from_utf8(tag) {
        Ok(tag) if is_tag => {
            let word = rest.split(|b| b.is_ascii_whitespace()).next().unwrap_or_default();
            Status::parse(word).map_or(Kind::Garbage, |status| Kind::Tagged { tag, rest, status })
        }
        _ => Kind::Garbage,
    }
}

/// Decides about one response; `number` is for its placeholder, if it needs one.
pub(crate) fn triage(frame: Frame, number: u64) -> Triage {
    let aside = |placeholder: String, frame: Frame| Triage::Aside {
        placeholder: placeholder.into_bytes(),
        response: frame.bytes,
    };
    match kind(&frame.bytes) {
        Kind::Empty => Triage::Skip,
        Kind::Continuation(text) => {
            // Only a challenge of AUTHENTICATE means anything; async-imap wants base64 or nothing.
            let is_challenge = text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
                && text.len() % 4 == 0;
            let text: &[u8] = if is_challenge { text } else { b"" };
            Triage::Pass([b"+ ", text, b"\r\n"].concat())
        }
        Kind::Untagged(rest) if is_trusted(rest, &frame) && is_readable(&frame.bytes) => Triage::Pass(frame.bytes),
        Kind::Tagged { rest, .. } if is_plain_condition(rest) && is_readable(&frame.bytes) => Triage::Pass(frame.bytes),
        Kind::Tagged { tag, status, .. } => {
            let placeholder = format!("{tag} {} {ASIDE}{number}\r\n", status.as_str());
            aside(placeholder, frame)
        }
        Kind::Untagged(_) | Kind::Garbage => aside(format!("* OK {ASIDE}{number}\r\n"), frame),
    }
}

fn is_readable(response: &[u8]) -> bool {
    match Response::parse(response) {
        // What it does not understand of a FETCH it leaves out, be it `UID "5"`.
        Ok((rest, Response::Fetch(_, attributes))) => rest.is_empty() && !attributes.contains(&AttributeValue::Unknown),
        Ok((rest, _)) => rest.is_empty(),
        Err(_) => false,
    }
}

/// Whether imap-proto reads this kind of untagged response, and all of what it says.
fn is_trusted(rest: &[u8], frame: &Frame) -> bool {
    // async-imap reads again from the beginning with every 4 kB that it gets of a line.
    const LONG: usize = 16 * 1024;
    if frame.lines().map(<[u8]>::len).sum::<usize>() > LONG {
        return false;
    }
    let mut words = rest.split(|b| b.is_ascii_whitespace());
    let first = words.next().unwrap_or_default().to_ascii_uppercase();
    if Status::parse(&first).is_some() {
        return is_plain_condition(rest);
    }
    if !first.is_empty() && first.iter().all(u8::is_ascii_digit) {
        let what = words.next().unwrap_or_default().to_ascii_uppercase();
        return match &what[..] {
            b"EXISTS" | b"RECENT" | b"EXPUNGE" => true,
            b"FETCH" => frame.lines().all(is_plain_fetch),
            _ => false,
        };
    }
    // LIST, STATUS and MYRIGHTS are not here: imap-proto leaves escapes in quoted names.
    matches!(&first[..], b"CAPABILITY" | b"FLAGS" | b"SEARCH" | b"VANISHED")
}

/// A status response that imap-proto reads without harm. It takes off one byte behind a code, whatever that is: a letter
/// is lost, and a character of several bytes makes it panic.
fn is_plain_condition(rest: &[u8]) -> bool {
    let text = rest.splitn(2, |b| *b == b' ').nth(1).unwrap_or_default();
    if contains(rest, ASIDE.as_bytes()) {
        return false;
    }
    if !text.starts_with(b"[") {
        return true;
    }
    // A flag with `]` in it would end the code early.
    let mut closes = text.iter().enumerate().filter(|(_, byte)| **byte == b']').map(|(at, _)| at);
    let (first, second) = (closes.next(), closes.next());
    let is_apart = |close: usize| matches!(text.get(close + 1), None | Some(b' ' | b'\r'));
    first.is_some_and(is_apart) && second.is_none()
}

/// A line of FETCH with nothing in it that imap-proto reads wrongly: escapes stay in its strings, `INTERNALDATE NIL`
/// makes it panic, a deep body structure uses up the stack. Every message of a sync comes through here.
fn is_plain_fetch(line: &[u8]) -> bool {
    let begins = |at: usize, word: &[u8]| line[at..].get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word));
    line.iter().enumerate().all(|(at, byte)| match byte {
        b'\\' => !matches!(line.get(at + 1), Some(b'\\' | b'"')),
        b'B' | b'b' => !begins(at, b"BODYSTRUCTURE") && !begins(at, b"BODY ("),
        b'E' | b'e' => !begins(at, b"ENVELOPE"),
        b'I' | b'i' => !begins(at, b"INTERNALDATE NIL"),
        _ => true,
    })
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|w| w == part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::imap::framing::{Framer, Limits};

    fn triaged(text: &[u8]) -> Triage {
        let mut framer = Framer::new(Limits::default());
        triage(framer.take(text).1.expect("a whole response"), 7)
    }

    fn is_passed(text: &str) -> bool {
        matches!(triaged(text.as_bytes()), Triage::Pass(_))
    }

    #[test]
    fn ordinary_responses_go_to_async_imap() {
        for line in [
            "* 5 EXISTS\r\n",
            "* OK [UIDVALIDITY 5] x\r\n",
            "* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n",
            "* 1 FETCH (UID 5 FLAGS (\\Seen x) MODSEQ (7) BODY[HEADER.FIELDS (DATE)] {4}\r\na\\\"b)\r\n",
            "* SEARCH 1 2 3\r\n",
            "* VANISHED (EARLIER) 1:5\r\n",
            "A1 OK [MODIFIED 5] x\r\n",
        ] {
            assert!(is_passed(line), "{line}");
        }
    }

    #[test]
    fn what_imap_proto_reads_wrongly_waits_aside() {
        for line in [
            "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n",
            "* LIST () \"/\" \"a\\\"b\"\r\n",
            "* ESEARCH (TAG \"A1\") UID ALL 1\r\n",
            "* 1 FETCH (UID 5 INTERNALDATE NIL)\r\n",
            "* 1 FETCH (UID 5 X \"a\\\"b\")\r\n",
            "* OK [ALERT]é\r\n",
            "* OK [ALERT]letter\r\n",
            "* OK bagsy-aside 3\r\n",
            "hello\r\n",
            "* 1 FETCH (FLAGS NIL)\r\n",
            "* ID (\"name\" NIL)\r\n",
            "* CAPABILITY IMAP4rev2\r\n",
        ] {
            let Triage::Aside { placeholder, response } = triaged(line.as_bytes()) else { panic!("{line}") };
            assert_eq!(placeholder, b"* OK bagsy-aside 7\r\n");
            assert_eq!(response, line.as_bytes());
        }
        let Triage::Aside { placeholder, .. } = triaged("A7 NO [ALERT]é\r\n".as_bytes()) else { panic!() };
        assert_eq!(placeholder, b"A7 NO bagsy-aside 7\r\n");
    }

    #[test]
    fn a_continuation_is_a_challenge_or_nothing() {
        assert_eq!(triaged(b"+ go ahead!\r\n"), Triage::Pass(b"+ \r\n".to_vec()));
        assert_eq!(triaged(b"+\r\n"), Triage::Pass(b"+ \r\n".to_vec()));
        assert_eq!(triaged(b"+ eyJ9\r\n"), Triage::Pass(b"+ eyJ9\r\n".to_vec()));
    }

    proptest! {
        #[test]
        fn whatever_comes_async_imap_can_read_it(line in prop_oneof![
            "[ -~é\u{1}]{0,80}",
            "\\* (OK|NO|[0-9]{1,12} FETCH|FLAGS|SEARCH|VANISHED|CAPABILITY) [\\[\\]()\"\\\\ A-Zé0-9:{}]{0,60}",
            "A1 (OK|BAD) \\[(ALERT|COPYUID|CAPABILITY|BADCHARSET)[\\]() é0-9]{0,20}",
            "\\* [0-9]{1,3} FETCH \\((UID|FLAGS|INTERNALDATE|BODY\\[\\]|RFC822.SIZE|MODSEQ) [()\"NIL0-9 é]{0,30}\\)",
        ]) {
            let mut framer = Framer::new(Limits::default());
            if let (_, Some(frame)) = framer.take(format!("{line}\r\n").as_bytes()) {
                let passed = match triage(frame, 1) {
                    Triage::Skip => return Ok(()),
                    Triage::Pass(bytes) => bytes,
                    Triage::Aside { placeholder, .. } => placeholder,
                };
                prop_assert!(is_readable(&passed), "{:?}", String::from_utf8_lossy(&passed));
            }
        }
    }
}
