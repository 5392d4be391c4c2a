//! Sample mails as bytes (RFC 5322, MIME), in the several ways in which mail programs write them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::files::File;

/// A display name and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub name: String,
    pub email: String,
}

impl Party {
    pub fn new(name: &str, email: &str) -> Self {
        Self { name: name.to_owned(), email: email.to_owned() }
    }
}

/// How a mail's text becomes octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Charset {
    #[default]
    Utf8,
    /// UTF-8 in base64, as programs do for scripts that are not Latin.
    Utf8Base64,
    /// ISO-8859-1, eight bits bare.
    Latin1,
    /// ISO-8859-2, quoted-printable.
    Latin2,
}

/// A mail to be written.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    pub from: Option<Party>,
    pub to: Vec<Party>,
    pub cc: Vec<Party>,
    pub subject: String,
    /// Without brackets; none where empty.
    pub message_id: String,
    pub references: Vec<String>,
    pub date: Timestamp,
    /// Hours east of Greenwich.
    pub offset: i8,
    pub text: Option<String>,
    pub html: Option<String>,
    pub calendar: Option<String>,
    pub files: Vec<File>,
    pub charset: Charset,
    /// Further fields, written first, as they are.
    pub fields: Vec<(&'static str, String)>,
    /// In place of all parts: the header's last lines, and the body.
    pub verbatim: Option<(String, Vec<u8>)>,
}

impl Letter {
    /// The mail's bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in &self.fields {
            field(&mut out, name, value);
        }
        if let Some(from) = &self.from {
            field(&mut out, "From", &address(from));
        }
        for (name, parties) in [("To", &self.to), ("Cc", &self.cc)] {
            if !parties.is_empty() {
                let list: Vec<String> = parties.iter().map(address).collect();
                field(&mut out, name, &list.join(",\r\n "));
            }
        }
        field(&mut out, "Subject", &encoded_words(&self.subject));
        field(&mut out, "Date", &self.date_field());
        if !self.message_id.is_empty() {
            field(&mut out, "Message-ID", &format!("<{}>", self.message_id));
        }
        if let Some(last) = self.references.last() {
            field(&mut out, "In-Reply-To", &format!("<{last}>"));
            let ids: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            field(&mut out, "References", &ids.join("\r\n "));
        }
        field(&mut out, "MIME-Version", "1.0");
        match &self.verbatim {
            Some((header, body)) => {
                out.extend_from_slice(header.as_bytes());
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(body);
            }
            None => self.write_body(&mut out),
        }
        out
    }

    fn date_field(&self) -> String {
        let offset = Offset::from_hours(self.offset).unwrap_or(Offset::UTC);
        let at = self.date.to_zoned(TimeZone::fixed(offset));
        at.strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
    }

    fn write_body(&self, out: &mut Vec<u8>) {
        let mut bodies = Vec::new();
        if let Some(text) = &self.text {
            bodies.push(text_part("plain", text, self.charset));
        }
        if let Some(html) = &self.html {
            bodies.push(text_part("html", html, self.charset));
        }
        if let Some(calendar) = &self.calendar {
            let mut part = text_part("calendar", calendar, Charset::Utf8Base64);
            part.0 = part.0.replace("charset=utf-8", "charset=utf-8; method=REQUEST");
            bodies.push(part);
        }
        let body = match bodies.len() {
            0 => text_part("plain", "", self.charset),
            1 => bodies.remove(0),
            _ => multipart("alternative", &self.boundary("alt"), &bodies),
        };
        let (header, content) = if self.files.is_empty() {
            body
        } else {
            let mut parts = vec![body];
            parts.extend(self.files.iter().map(file_part));
            multipart("mixed", &self.boundary("mix"), &parts)
        };
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&content);
    }

    fn boundary(&self, kind: &str) -> String {
        let id: String = self.message_id.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
        format!("=_{kind}_{id}")
    }
}

/// A part: its header's lines, and its body.
type Entity = (String, Vec<u8>);

fn text_part(subtype: &str, text: &str, charset: Charset) -> Entity {
    let text = text.trim_end().replace('\n', "\r\n") + "\r\n";
    let is_plain = text.is_ascii() && text.lines().all(|line| line.len() < 990);
    let (name, encoding, body) = match charset {
        Charset::Utf8 if is_plain => ("us-ascii", "7bit", text.into_bytes()),
        Charset::Utf8 => ("utf-8", "quoted-printable", quoted_printable(text.as_bytes())),
        Charset::Utf8Base64 => ("utf-8", "base64", base64_lines(text.as_bytes())),
        Charset::Latin1 => {
            let octet = |letter: char| u8::try_from(u32::from(letter)).unwrap_or(b'?');
            ("iso-8859-1", "8bit", text.chars().map(octet).collect())
        }
        Charset::Latin2 => ("iso-8859-2", "quoted-printable", quoted_printable(&latin2(&text))),
    };
    let header = format!("Content-Type: text/{subtype}; charset={name}\r\nContent-Transfer-Encoding: {encoding}\r\n");
    (header, body)
}

/// The Polish letters of ISO-8859-2 (the sample has no others).
fn latin2(text: &str) -> Vec<u8> {
    const POLISH: &[(char, u8)] = &[
        ('ą', 0xb1),
        ('ć', 0xe6),
        ('ę', 0xea),
        ('ł', 0xb3),
        ('ń', 0xf1),
        ('ó', 0xf3),
        ('ś', 0xb6),
        ('ź', 0xbc),
        ('ż', 0xbf),
        ('Ł', 0xa3),
        ('Ś', 0xa6),
        ('Ż', 0xaf),
        ('Ć', 0xc6),
    ];
    let octet = |letter: char| match POLISH.iter().find(|(l, _)| *l == letter) {
        Some((_, octet)) => *octet,
        None if letter.is_ascii() => letter as u8,
        None => b'?',
    };
    text.chars().map(octet).collect()
}

fn file_part(file: &File) -> Entity {
    let name = encoded_words(&file.name);
    let header = format!(
        "Content-Type: {};\r\n name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment;\r\n filename=\"{name}\"\r\n",
        file.media_type
    );
    (header, base64_lines(&file.bytes))
}

fn multipart(subtype: &str, boundary: &str, parts: &[Entity]) -> Entity {
    let mut body = b"This is a message in several parts.\r\n".to_vec();
    for (header, content) in parts {
        body.extend_from_slice(format!("--{boundary}\r\n{header}\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("Content-Type: multipart/{subtype};\r\n boundary=\"{boundary}\"\r\n"), body)
}

fn field(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
}

fn address(party: &Party) -> String {
    if party.name.is_empty() {
        return party.email.clone();
    }
    let name = if !party.name.is_ascii() {
        encoded_words(&party.name)
    } else if party.name.contains([',', '.', '(', ')', '"', '@']) {
        format!("\"{}\"", party.name.replace('"', "\\\""))
    } else {
        party.name.clone()
    };
    format!("{name} <{}>", party.email)
}

/// Text as encoded words where it is not ASCII (RFC 2047), each within the bound of 75.
fn encoded_words(text: &str) -> String {
    if text.chars().all(|letter| letter.is_ascii_graphic() || letter == ' ') {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for letter in text.chars() {
        if words.last().is_some_and(|word| word.len() + letter.len_utf8() > 42) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    let words: Vec<String> = words.iter().map(|word| format!("=?utf-8?B?{}?=", BASE64.encode(word))).collect();
    words.join("\r\n ")
}

fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let encoded = BASE64.encode(bytes);
    let mut lines = Vec::with_capacity(encoded.len() + encoded.len() / 38);
    for line in encoded.as_bytes().chunks(76) {
        lines.extend_from_slice(line);
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

/// RFC 2045 §6.7.
fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let text = line.strip_suffix(b"\r\n").unwrap_or(line);
        let mut width = 0;
        for (at, &byte) in text.iter().enumerate() {
            let is_last = at + 1 == text.len();
            let is_bare = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (byte == b' ' && !is_last);
            let piece = if is_bare { char::from(byte).to_string() } else { format!("={byte:02X}") };
            if width + piece.len() > 75 {
                out.extend_from_slice(b"=\r\n");
                width = 0;
            }
            width += piece.len();
            out.extend_from_slice(piece.as_bytes());
        }
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use mail_parser::{MessageParser, MimeHeaders};

    use super::{Charset, Letter, Party};
    use crate::demo::sample::files;

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let text = "Grüße aus Łódź, = und ein langer Satz, der weit über die Breite einer Zeile hinausgeht, ja noch weiter. \nó";
        for charset in [Charset::Utf8, Charset::Utf8Base64] {
            let letter = Letter {
                from: Some(Party::new("Søren Ål", "soren@aal.example")),
                to: vec![Party::new("Reyes, Dana", "dana@reyes.example")],
                subject: "注文番号について：お問い合わせの件でご連絡いたします。どうぞよろしくお願いします".into(),
                message_id: "a@b.example".into(),
                references: vec!["x@y.example".into(), "z@y.example".into()],
                text: Some(text.into()),
                html: Some("<p>ä</p>".into()),
                files: vec![files::csv("Bestände.csv", "a,b\n1,2\n")],
                charset,
                ..Letter::default()
            };
            let raw = letter.write();
            let mail = MessageParser::default().parse(&raw).unwrap();
            assert_eq!(mail.subject(), Some(letter.subject.as_str()));
            assert_eq!(mail.from().unwrap().first().unwrap().name(), Some("Søren Ål"));
            assert_eq!(mail.to().unwrap().first().unwrap().name(), Some("Reyes, Dana"));
            assert_eq!(mail.body_text(0).unwrap().trim_end().replace("\r\n", "\n"), text);
            assert_eq!(mail.attachment(0).unwrap().attachment_name(), Some("Bestände.csv"));
            assert_eq!(mail.attachment(0).unwrap().contents(), b"a,b\n1,2\n");
        }
    }

    #[test]
    fn other_charsets_are_read_back_too() {
        for (charset, text) in [(Charset::Latin1, "Größe: 20 °"), (Charset::Latin2, "Zażółć gęślą jaźń")] {
            let raw = Letter { text: Some(text.into()), charset, ..Letter::default() }.write();
            let mail = MessageParser::default().parse(&raw).unwrap();
            assert_eq!(mail.body_text(0).unwrap().trim_end(), text);
        }
    }
}
