//! SEARCH: its keys (RFC 3501 §6.4.4, RFC 7162 §3.1.5), and which mails they mean.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use mail_parser::MessageParser;

use super::cursor::{Cursor, Expected, Set};
use crate::demo::post::Mail;
use crate::model::Flags;

/// Keys within keys are read this deep.
const MAX_DEPTH: usize = 40;

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    All,
    /// A flag or keyword that is set.
    Flag(String),
    Numbers(Set),
    Uids(Set),
    /// The field has this text somewhere; an empty text: the field is there.
    Header(String, String),
    Body(String),
    Text(String),
    /// The day of INTERNALDATE is in the span: from the first on, before the second.
    Received(Option<Date>, Option<Date>),
    /// The same of the Date field.
    Sent(Option<Date>, Option<Date>),
    Larger(u64),
    Smaller(u64),
    ModSeq(u64),
    Not(Box<Key>),
    Or(Box<Key>, Box<Key>),
    And(Vec<Key>),
}

/// Reads all keys to the end of the command.
pub fn parse(cursor: &mut Cursor) -> Result<Key, Expected> {
    if cursor.take("CHARSET ") {
        let charset = cursor.astring()?;
        if !(charset.eq_ignore_ascii_case(b"UTF-8") || charset.eq_ignore_ascii_case(b"US-ASCII")) {
            return Err("UTF-8 as the charset");
        }
        cursor.space()?;
    }
    let mut keys = vec![key(cursor, 0)?];
    while cursor.take(" ") {
        keys.push(key(cursor, 0)?);
    }
    Ok(Key::And(keys))
}

fn key(cursor: &mut Cursor, depth: usize) -> Result<Key, Expected> {
    if depth > MAX_DEPTH {
        return Err("fewer keys within keys");
    }
    if cursor.peek() == Some(b'(') {
        return Ok(Key::And(cursor.list(|c| key(c, depth + 1))?));
    }
    if cursor.peek().is_some_and(|b| b.is_ascii_digit() || b == b'*') {
        return Ok(Key::Numbers(cursor.set()?));
    }
    let word = cursor.word()?;
    let flag = |name: &str| Key::Flag(format!("\\{name}"));
    let not = |key: Key| Key::Not(Box::new(key));
    Ok(match word.as_str() {
        "ALL" | "OLD" => Key::All,
        // No session of this server is ever the first to be told of a mail.
        "NEW" | "RECENT" => not(Key::All),
        "ANSWERED" | "DELETED" | "DRAFT" | "FLAGGED" | "SEEN" => flag(&word),
        "UNANSWERED" | "UNDELETED" | "UNDRAFT" | "UNFLAGGED" | "UNSEEN" => not(flag(&word[2..])),
        "KEYWORD" | "UNKEYWORD" => {
            cursor.space()?;
            let keyword = Key::Flag(cursor.atom()?);
            if word == "KEYWORD" { keyword } else { not(keyword) }
        }
        "UID" => {
            cursor.space()?;
            Key::Uids(cursor.set()?)
        }
        "HEADER" => {
            cursor.space()?;
            let field = text(cursor)?;
            cursor.space()?;
            Key::Header(field, text(cursor)?)
        }
        "FROM" | "TO" | "CC" | "BCC" | "SUBJECT" => {
            cursor.space()?;
            Key::Header(word, text(cursor)?)
        }
        "BODY" | "TEXT" => {
            cursor.space()?;
            let text = text(cursor)?;
            if word == "BODY" { Key::Body(text) } else { Key::Text(text) }
        }
        "SINCE" | "BEFORE" | "ON" | "SENTSINCE" | "SENTBEFORE" | "SENTON" => {
            cursor.space()?;
            let day = cursor.date()?;
            let next = day.tomorrow().map_err(|_| "a date")?;
            let (from, to) = match word.trim_start_matches("SENT") {
                "SINCE" => (Some(day), None),
                "BEFORE" => (None, Some(day)),
                _ => (Some(day), Some(next)),
            };
            if word.starts_with("SENT") { Key::Sent(from, to) } else { Key::Received(from, to) }
        }
        "LARGER" | "SMALLER" | "MODSEQ" => {
            cursor.space()?;
            let number = cursor.number()?;
            match word.as_str() {
                "LARGER" => Key::Larger(number),
                "SMALLER" => Key::Smaller(number),
                _ => Key::ModSeq(number),
            }
        }
        "NOT" => {
            cursor.space()?;
            not(key(cursor, depth + 1)?)
        }
        "OR" => {
            cursor.space()?;
            let one = key(cursor, depth + 1)?;
            cursor.space()?;
            Key::Or(Box::new(one), Box::new(key(cursor, depth + 1)?))
        }
        _ => return Err("a search key"),
    })
}

fn text(cursor: &mut Cursor) -> Result<String, Expected> {
    String::from_utf8(cursor.astring()?).map_err(|_| "UTF-8")
}

impl Key {
    /// Whether it asks about mod-sequences, which makes the session one that is told of them.
    pub fn names_modseq(&self) -> bool {
        match self {
            Self::ModSeq(_) => true,
            Self::Not(key) => key.names_modseq(),
            Self::Or(one, other) => one.names_modseq() || other.names_modseq(),
            Self::And(keys) => keys.iter().any(Self::names_modseq),
            _ => false,
        }
    }
}

/// The mails of one session's folder while it searches.
#[derive(Debug)]
pub struct Search<'a> {
    /// The numbers there are.
    pub numbers: &'a [u32],
    /// The UIDs there are.
    pub uids: &'a [u32],
}

/// One of them.
#[derive(Debug)]
pub struct Candidate<'a> {
    pub number: u32,
    pub uid: u32,
    pub modseq: u64,
    pub flags: &'a Flags,
    pub mail: &'a Mail,
}

impl Search<'_> {
    /// Whether the key means this mail.
    pub fn finds(&self, key: &Key, candidate: &Candidate) -> bool {
        let is_among = |set: &Set, of: &[u32], number: u32| of.last().is_some_and(|&last| set.has(number, last));
        let mail = candidate.mail;
        match key {
            Key::All => true,
            Key::Flag(name) => candidate.flags.atoms().iter().any(|flag| flag.eq_ignore_ascii_case(name)),
            Key::Numbers(set) => is_among(set, self.numbers, candidate.number),
            Key::Uids(set) => is_among(set, self.uids, candidate.uid),
            Key::Header(field, text) => header_has(mail, field, text),
            Key::Body(text) => body_has(mail, text),
            Key::Text(text) => contains(&decoded_header(mail), text) || body_has(mail, text),
            Key::Received(from, to) => {
                is_within(mail.internal_date().to_zoned(TimeZone::UTC).date(), from.as_ref(), to.as_ref())
            }
            Key::Sent(from, to) => sent_on(mail).is_some_and(|day| is_within(day, from.as_ref(), to.as_ref())),
            Key::Larger(size) => mail.raw().len() as u64 > *size,
            Key::Smaller(size) => (mail.raw().len() as u64) < *size,
            Key::ModSeq(modseq) => candidate.modseq >= *modseq,
            Key::Not(key) => !self.finds(key, candidate),
            Key::Or(one, other) => self.finds(one, candidate) || self.finds(other, candidate),
            Key::And(keys) => keys.iter().all(|key| self.finds(key, candidate)),
        }
    }
}

fn is_within(day: Date, from: Option<&Date>, to: Option<&Date>) -> bool {
    from.is_none_or(|from| day >= *from) && to.is_none_or(|to| day < *to)
}

fn contains(haystack: &str, needle: &str) -> bool {
    haystack.to_lowercase().contains(&needle.to_lowercase())
}

fn sent_on(mail: &Mail) -> Option<Date> {
    let date = MessageParser::new().with_date_headers().parse_headers(mail.header())?.date().copied()?;
    Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
}

fn header_has(mail: &Mail, field: &str, text: &str) -> bool {
    let raw_has = |found: &super::mime::Field| {
        let value = String::from_utf8_lossy(&found.unfolded_bytes()).into_owned();
        contains(&value, text) || contains(&decoded(&value), text)
    };
    super::mime::fields(mail.header()).filter(|found| found.is_named(field)).any(|found| raw_has(&found))
}

/// Encoded words made readable (RFC 2047).
fn decoded(value: &str) -> String {
    if !value.contains("=?") {
        return String::new();
    }
    let field = format!("Subject: {value}\r\n\r\n");
    let parsed = MessageParser::new().header_text("Subject").parse_headers(field.as_bytes());
    parsed.and_then(|m| m.subject().map(str::to_owned)).unwrap_or_default()
}

fn decoded_header(mail: &Mail) -> String {
    let raw = String::from_utf8_lossy(mail.header()).into_owned();
    let values: Vec<String> = super::mime::fields(mail.header()).map(|field| decoded(&field.unfolded())).collect();
    raw + &values.join("\n")
}

fn body_has(mail: &Mail, text: &str) -> bool {
    let Some(parsed) = MessageParser::default().parse(mail.raw()) else { return false };
    parsed.parts.iter().filter_map(|part| part.text_contents()).any(|contents| contains(contents, text))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Candidate, Cursor, Search, parse};
    use crate::demo::post::Mail;
    use crate::model::Flags;

    fn finds(keys: &str) -> bool {
        let raw = b"From: =?utf-8?q?S=C3=B8ren?= <soren@aal.example>\r\nSubject: Invoice 118\r\nDate: Sun, 1 Feb 2026 10:00:00 +0000\r\n\
Message-ID: <a@b.example>\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=\r\n=C3=BC=C3=9Fe\r\n";
        let at: Timestamp = "2026-02-03T23:00:00Z".parse().unwrap();
        let mail = Mail::new(raw.to_vec(), at);
        let flags = Flags::from_atoms(["\\Seen", "Billing"]);
        let candidate = Candidate { number: 2, uid: 20, modseq: 7, flags: &flags, mail: &mail };
        let search = Search { numbers: &[1, 2], uids: &[10, 20] };
        search.finds(&parse(&mut Cursor::new(keys.as_bytes())).unwrap(), &candidate)
    }

    #[test]
    fn every_key_means_what_the_standard_says() {
        for yes in [
            "ALL",
            "SEEN UNANSWERED KEYWORD billing UNKEYWORD api",
            "UID 15:* 2",
            "HEADER message-id <a@b.example>",
            "HEADER Subject \"\"",
            "FROM søren",
            "CHARSET UTF-8 BODY grüße",
            "TEXT \"invoice 118\"",
            "SINCE 3-Feb-2026 BEFORE 4-Feb-2026",
            "ON 3-Feb-2026 SENTON 1-Feb-2026",
            "OR FROM nobody NOT (UNSEEN)",
            "MODSEQ 7 SMALLER 1000 LARGER 10",
        ] {
            assert!(finds(yes), "{yes}");
        }
        for no in [
            "UNSEEN",
            "NEW",
            "UID 1:15",
            "1",
            "SUBJECT grüße",
            "BEFORE 3-Feb-2026",
            "MODSEQ 8",
            "NOT ALL",
            "HEADER Cc \"\"",
        ] {
            assert!(!finds(no), "{no}");
        }
    }

    #[test]
    fn keys_nested_too_deep_are_refused_rather_than_followed() {
        let deep = format!("{}ALL", "NOT ".repeat(10_000));
        assert!(parse(&mut Cursor::new(deep.as_bytes())).is_err());
    }
}
