//! The fields of a header, of a message or of a part: found, unfolded, decoded, whatever bytes they are made of.
//!
//! Splitting is our own, so that nothing a stranger sends can make it fail or take long; what stands inside a field
//! is read by mail-parser. A field in raw 8-bit letters is UTF-8 where it can be, else in the character set that
//! the header names for its body, else windows-1252.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, HeaderValue};

use super::ids::known_as;
use super::safe;
use crate::model::{Address, MessageId};

/// What is decoded of one field at most; a longer one is cut. Identity and threading read the whole.
const MAX_DECODED: usize = 32 * 1024;

/// The addresses that are taken from one field at most.
const MAX_ADDRESSES: usize = 1000;

/// The fields that are kept of one header; a mail of nothing but fields shall not fill the memory.
const MAX_FIELDS: usize = 5000;

/// The fields of one header in the order in which they stand.
#[derive(Debug, Clone, Default)]
pub struct Fields<'a> {
    /// Names as written, values still folded.
    fields: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Fields<'a> {
    /// Reads the header at the beginning of `raw`, up to its empty line, and says where what follows begins.
    ///
    /// Lines that are no field are skipped, empty ones before the first field too.
    pub fn parse(raw: &'a [u8]) -> (Self, usize) {
        let mut fields: Vec<(&'a str, &'a [u8])> = Vec::new();
        let mut at = 0;
        // Where the value of the field that is being read begins; `None` while lines belong to no field.
        let mut open: Option<(&'a str, usize)> = None;
        while at < raw.len() {
            let end = raw[at..].iter().position(|&b| b == b'\n').map_or(raw.len(), |i| at + i + 1);
            let line = &raw[at..end];
            let is_empty = matches!(line, b"\n" | b"\r\n" | b"\r");
            let is_folded = matches!(line.first(), Some(b' ' | b'\t'));
            if !is_folded || is_empty {
                if let Some((name, start)) = open.take().filter(|_| fields.len() < MAX_FIELDS) {
                    fields.push((name, &raw[start..at]));
                }
                if is_empty && !fields.is_empty() {
                    return (Self { fields }, end);
                }
                open = field_name(line).map(|(name, colon)| (name, at + colon + 1));
            }
            at = end;
        }
        if let Some((name, start)) = open {
            fields.push((name, &raw[start..]));
        }
        (Self { fields }, raw.len())
    }

    /// Whether there is any field at all.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The values of every field of that name, still folded.
    fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.fields.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// The first field of that name as it stands: unfolded (RFC 5322 §2.2.3), trimmed, undecoded; empty where absent.
    pub fn raw(&self, name: &str) -> String {
        self.all(name).next().map(unfold).unwrap_or_default()
    }

    /// As [`Fields::raw`], every field of that name.
    pub fn raw_all(&self, name: &str) -> Vec<String> {
        self.all(name).map(unfold).collect()
    }

    /// A field of free text, its encoded words decoded (RFC 2047), safe to show.
    pub fn text(&self, name: &str) -> String {
        let Some(value) = self.all(name).next() else { return String::new() };
        let value = self.in_utf8(value);
        match MessageStream::new(&value).parse_unstructured() {
            HeaderValue::Text(text) => safe::line(&text),
            _ => String::new(),
        }
    }

    /// All fields as they stand, folds too, safe to show; one with encoded words is decoded and unfolded, since these may be
    /// cut anywhere.
    pub fn shown(&self) -> String {
        let field = |(name, value): &(&str, &[u8])| {
            let value = self.in_utf8(value);
            let has_words = value.windows(2).any(|pair| pair == b"=?");
            let value = match MessageStream::new(&value).parse_unstructured() {
                HeaderValue::Text(text) if has_words => safe::line(&text),
                _ => safe::text(&String::from_utf8_lossy(&value)).trim().to_owned(),
            };
            format!("{name}: {value}").trim_end().to_owned()
        };
        self.fields.iter().map(field).collect::<Vec<_>>().join("\n")
    }

    /// The addresses of all fields of that name, groups resolved, names and addresses decoded and safe to show.
    ///
    /// Where there is a name without an address, the address is empty; where there is neither, nothing.
    pub fn addresses(&self, name: &str) -> Vec<Address> {
        let mut addresses = Vec::new();
        for value in self.all(name) {
            let value = self.in_utf8(value);
            if let HeaderValue::Address(list) = MessageStream::new(&value).parse_address() {
                let room = MAX_ADDRESSES - addresses.len();
                addresses.extend(list.iter().filter_map(address).take(room));
            }
        }
        addresses
    }

    /// The Message-IDs of the first field of that name, without their brackets.
    ///
    /// White space and controls inside an id (a line folded in its middle) are no part of it. Where nothing stands in
    /// brackets, words with an `@` in them are taken for ids, as old programs wrote them.
    pub fn message_ids(&self, name: &str) -> Vec<MessageId> {
        self.ids(name).into_iter().map(known_as).collect()
    }

    /// The same as they stand there.
    pub fn ids(&self, name: &str) -> Vec<String> {
        let raw = self.raw(name);
        let mut ids = Vec::new();
        let mut rest = raw.as_str();
        while let Some(open) = rest.find('<') {
            rest = &rest[open + 1..];
            let Some(close) = rest.find('>') else { break };
            // A bracket that was never closed: the id begins at the last one.
            let id = rest[..close].rsplit('<').next().unwrap_or_default();
            ids.extend(one_id(id));
            rest = &rest[close + 1..];
        }
        if ids.is_empty() {
            let words = raw.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | '"' | '(' | ')'));
            ids.extend(words.filter(|word| word.contains('@')).filter_map(one_id));
        }
        ids
    }

    /// The Message-ID field, brackets or not, `@` or not.
    pub fn own_message_id(&self) -> Option<MessageId> {
        let first = self.message_ids("Message-ID").into_iter().next();
        first.or_else(|| one_id(self.raw("Message-ID").trim_matches(['<', '>'])).map(known_as))
    }

    /// The Content-Type field, or another of its shape (Content-Disposition).
    pub fn parameters(&self, name: &str) -> Option<Parameters> {
        let value = self.in_utf8(self.all(name).next()?);
        let HeaderValue::ContentType(parsed) = MessageStream::new(&value).parse_content_type() else { return None };
        let attributes = parsed.attributes.unwrap_or_default();
        Some(Parameters {
            kind: parsed.c_type.to_ascii_lowercase(),
            subkind: parsed.c_subtype.map(|s| s.to_ascii_lowercase()),
            attributes: attributes.into_iter().map(|a| (a.name.to_ascii_lowercase(), a.value.into_owned())).collect(),
        })
    }

    /// The field's value in UTF-8, cut to [`MAX_DECODED`], with the line end that mail-parser ends a field by.
    fn in_utf8(&self, value: &[u8]) -> Vec<u8> {
        let value = &value[..value.len().min(MAX_DECODED)];
        let text = match std::str::from_utf8(value) {
            Ok(text) => Cow::Borrowed(text),
            // Cut within a letter of otherwise good UTF-8.
            Err(e) if e.error_len().is_none() => String::from_utf8_lossy(&value[..e.valid_up_to()]),
            Err(_) => Cow::Owned(self.charset_of_8_bit()(value)),
        };
        let mut bytes = text.trim_end().as_bytes().to_vec();
        bytes.push(b'\n');
        bytes
    }

    fn charset_of_8_bit(&self) -> fn(&[u8]) -> String {
        let content_type = self.all("Content-Type").next().unwrap_or_default();
        let mut line = content_type.to_ascii_lowercase();
        line.truncate(MAX_DECODED);
        line.push(b'\n');
        let named = match MessageStream::new(&line).parse_content_type() {
            HeaderValue::ContentType(parsed) => parsed.attribute("charset").and_then(|c| charset_decoder(c.as_bytes())),
            _ => None,
        };
        named
            .or_else(|| charset_decoder(b"windows-1252"))
            .unwrap_or(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// A field of the shape of Content-Type: a value and its attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    kind: String,
    subkind: Option<String>,
    attributes: Vec<(String, String)>,
}

impl Parameters {
    /// The part before the slash, or the whole value; lower case.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// `type/subtype` in lower case; `None` where there is no subtype.
    pub fn essence(&self) -> Option<String> {
        let subkind = self.subkind.as_deref().filter(|s| !s.is_empty())?;
        Some(safe::line(&format!("{}/{subkind}", self.kind)))
    }

    /// The attribute's value, continuations and character sets resolved (RFC 2231), as its writer wrote it.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Takes out the line ends that fold a field, and the blanks around it.
fn unfold(value: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'\n', _) => {}
            (b'\r', [b'\n', ..]) => {}
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

/// The name of the field that begins with this line, and where its colon stands.
fn field_name(line: &[u8]) -> Option<(&str, usize)> {
    let colon = line.iter().position(|&b| b == b':')?;
    // White space before the colon is obsolete and allowed (RFC 5322 §4.5); anywhere else it is no field name.
    let name = line[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    let name = is_name.then(|| std::str::from_utf8(name).ok()).flatten()?;
    Some((name, colon))
}

fn one_id(text: &str) -> Option<String> {
    let id: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    (!id.is_empty()).then_some(id)
}

fn address(addr: &Addr<'_>) -> Option<Address> {
    let name = addr.name.as_deref().map(safe::line).filter(|name| !name.is_empty());
    let email = addr.address.as_deref().map(safe::line).unwrap_or_default();
    // A lone word without an `@` is somebody's name, not a place.
    match (name, email) {
        (None, email) if email.is_empty() => None,
        (None, email) if !email.contains('@') => Some(Address { name: Some(email), email: String::new() }),
        (name, email) => Some(Address { name, email }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(raw: &str) -> Fields<'_> {
        Fields::parse(raw.as_bytes()).0
    }

    #[test]
    fn a_header_ends_at_its_empty_line() {
        let raw = b"\r\nA: 1\r\nnonsense\r\n and more\r\nB : 2\r\n\r\nC: 3";
        let (fields, body) = Fields::parse(raw);
        assert_eq!((fields.raw("a"), fields.raw("b"), fields.raw("c")), ("1".into(), "2".into(), String::new()));
        assert_eq!(&raw[body..], b"C: 3");
    }

    #[test]
    fn fields_without_end_end() {
        let raw = format!("{}\nbody", "a:\n".repeat(20_000));
        let (fields, body) = Fields::parse(raw.as_bytes());
        assert_eq!((fields.raw_all("A").len(), &raw[body..]), (MAX_FIELDS, "body"));
    }

    #[test]
    fn raw_fields_are_unfolded_and_nothing_else() {
        let fields = fields("Subject: =?utf-8?q?a?=\r\n =?utf-8?q?b?=\r\n\t  c  \r\n\r\n");
        assert_eq!(fields.raw("subject"), "=?utf-8?q?a?= =?utf-8?q?b?=\t  c");
        assert_eq!(fields.text("subject"), "ab c");
    }

    #[test]
    fn ids_survive_folding_and_bad_habits() {
        let ids = |value: &str| -> Vec<String> {
            let raw = format!("X: {value}\r\n\r\n");
            fields(&raw).message_ids("X").into_iter().map(|id| id.0).collect()
        };
        assert_eq!(ids("<a@x>\r\n <b\r\n @y><c@z>, <>"), ["a@x", "b@y", "c@z"]);
        assert_eq!(ids("Your mail of Monday <a@x> from \"b@y\""), ["a@x"]);
        assert_eq!(ids("a@x b@y word"), ["a@x", "b@y"]);
        assert_eq!(ids("<open <a@x> <cut@"), ["a@x"]);
        assert_eq!(fields("Message-ID: <odd>\n").own_message_id(), Some(MessageId("odd".into())));
        assert_eq!(fields("Message-ID: odd one\n").own_message_id(), Some(MessageId("oddone".into())));
        assert_eq!(fields("Message-ID: <>\n").own_message_id(), None);
    }
}
