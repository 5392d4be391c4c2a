//! Text in the clothes that mail wears: encoded words, folded fields, quoted-printable, base64, file names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::mail::compose::{in_ascii, is_mailable};
use crate::mail::ids::is_carriable;
use crate::mail::safe;
use crate::model::{Address, MessageId};

/// Where a field is folded (RFC 5322 §2.1.1 asks for 78).
const FOLD: usize = 76;

/// The longest encoded word (RFC 2047 §2).
const MAX_WORD: usize = 75;

/// The longest line that mail bears, without its end (RFC 5322 §2.1.1).
pub const MAX_LINE: usize = 998;

/// Writes header fields, folded.
#[derive(Debug, Default)]
pub struct Header {
    out: String,
    column: usize,
}

impl Header {
    /// The header, without the empty line that ends it.
    pub fn into_string(self) -> String {
        self.out
    }

    /// A field whose value is known to be one short line of ASCII.
    pub fn plain(&mut self, name: &str, value: &str) {
        self.begin(name);
        self.token(value);
        self.end();
    }

    /// A field of free text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.begin(name);
        let value = safe::line(value);
        if is_plain_text(&value) {
            value.split(' ').for_each(|word| self.token(word));
        } else {
            self.encoded_words(&value);
        }
        self.end();
    }

    /// A list of addresses; those that are none are left out. Nothing is written for an empty list.
    pub fn addresses(&mut self, name: &str, list: &[Address]) {
        let list: Vec<&Address> = list.iter().filter(|a| is_mailable(&a.email)).collect();
        if list.is_empty() {
            return;
        }
        self.begin(name);
        for (i, address) in list.iter().enumerate() {
            let email = in_ascii(&address.email).unwrap_or_else(|| address.email.clone());
            let comma = if i + 1 < list.len() { "," } else { "" };
            match address.name.as_deref().map(safe::line).filter(|name| !name.is_empty()) {
                Some(name) => {
                    self.phrase(&name);
                    self.token(&format!("<{email}>{comma}"));
                }
                None => self.token(&format!("{email}{comma}")),
            }
        }
        self.end();
    }

    /// A list of Message-IDs; those that no header can carry are left out. Nothing is written for an empty list.
    pub fn message_ids(&mut self, name: &str, ids: &[MessageId]) {
        let ids: Vec<&MessageId> = ids.iter().filter(|id| is_carriable(&id.0)).collect();
        if ids.is_empty() {
            return;
        }
        self.begin(name);
        ids.iter().for_each(|id| self.token(&id.bracketed()));
        self.end();
    }

    /// A display name: words as they are where they may, quoted where ASCII, encoded elsewhere.
    fn phrase(&mut self, name: &str) {
        let is_atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~ ".contains(&b);
        if !is_plain_text(name) || name.contains(['"', '\\']) || name.len() > FOLD / 2 && !name.bytes().all(is_atom) {
            self.encoded_words(name);
        } else if name.bytes().all(is_atom) {
            name.split(' ').for_each(|word| self.token(word));
        } else {
            self.token(&format!("\"{name}\""));
        }
    }

    /// Encoded words (RFC 2047), each whole in itself: no letter is divided between two.
    fn encoded_words(&mut self, text: &str) {
        let plain = text.bytes().filter(|&b| is_plain_in_q(b)).count();
        let is_q = plain * 2 > text.len();
        let width =
            |c: char| if is_q { if c == ' ' || is_plain_char(c) { 1 } else { 3 * c.len_utf8() } } else { c.len_utf8() };
        let room = MAX_WORD - "=?utf-8?q??=".len();
        let room = if is_q { room } else { room / 4 * 3 };
        let mut word = String::new();
        let mut used = 0;
        for c in text.chars() {
            if used + width(c) > room {
                self.token(&encoded_word(&word, is_q));
                word.clear();
                used = 0;
            }
            used += width(c);
            word.push(c);
        }
        if !word.is_empty() {
            self.token(&encoded_word(&word, is_q));
        }
    }

    fn begin(&mut self, name: &str) {
        self.out.push_str(name);
        self.out.push(':');
        self.column = name.len() + 1;
    }

    /// One token with the blank in front of it, on a new line where this one is full.
    fn token(&mut self, token: &str) {
        if self.column + 1 + token.len() > FOLD && self.column > 1 && !self.out.ends_with(':') {
            self.out.push_str("\r\n");
            self.column = 0;
        }
        self.out.push(' ');
        self.out.push_str(token);
        self.column += 1 + token.len();
    }

    fn end(&mut self) {
        self.out.push_str("\r\n");
    }
}

/// Text that stands in a header as it is and reads back as it was: ASCII words with single blanks between, nothing that
/// looks like an encoded word, no word too long for a line.
fn is_plain_text(text: &str) -> bool {
    text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
        && !text.contains("=?")
        && !text.contains("  ")
        && text.split(' ').all(|word| word.len() < FOLD - "Subject: ".len())
}

fn is_plain_in_q(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'*' | b'+' | b'-' | b'/' | b' ')
}

fn is_plain_char(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_plain_in_q)
}

fn encoded_word(text: &str, is_q: bool) -> String {
    if !is_q {
        return format!("=?utf-8?b?{}?=", STANDARD.encode(text));
    }
    let mut word = String::from("=?utf-8?q?");
    for byte in text.bytes() {
        match byte {
            b' ' => word.push('_'),
            byte if is_plain_in_q(byte) => word.push(char::from(byte)),
            byte => word.push_str(&format!("={byte:02X}")),
        }
    }
    word + "?="
}

/// Quoted-printable (RFC 2045 §6.7) of a text with LF line ends; lines of at most 76, CRLF between.
///
/// `From ` and a lone dot at the beginning of a line are encoded too: programs on the way take them for their own.
pub fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let bytes = line.as_bytes();
        let mut column = 0;
        for (i, &byte) in bytes.iter().enumerate() {
            let is_last = i + 1 == bytes.len();
            let is_plain = match byte {
                b' ' | b'\t' => !is_last,
                b'F' if i == 0 => !line.starts_with("From "),
                b'.' if i == 0 => !is_last,
                b'=' => false,
                byte => byte.is_ascii_graphic(),
            };
            let width = if is_plain { 1 } else { 3 };
            // A soft break takes one column itself; the last character of a line needs none after it.
            if column + width + usize::from(!is_last) > 76 {
                out.push_str("=\r\n");
                column = 0;
            }
            column += width;
            if is_plain {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("={byte:02X}"));
            }
        }
        if lines.peek().is_some() {
            out.push_str("\r\n");
        }
    }
    out
}

/// Writes base64 in lines of 76, each ended by CRLF.
pub fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut text = String::with_capacity(80);
    for line in bytes.chunks(57) {
        text.clear();
        STANDARD.encode_string(line, &mut text);
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// How long so many octets become by [`push_base64`], at most.
pub fn base64_len(octets: usize) -> usize {
    octets.div_ceil(57) * 78
}

/// `filename` as Content-Disposition wants it: quoted where it is ASCII, else by RFC 2231.
pub fn file_name_parameter(name: &str) -> String {
    if name.bytes().all(|b| (b == b' ' || b.is_ascii_graphic()) && b != b'"' && b != b'\\') && !name.contains("=?") {
        return format!("filename=\"{name}\"");
    }
    let mut out = String::from("filename*=utf-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
