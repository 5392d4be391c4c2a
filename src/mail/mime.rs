//! The tree of parts of a mail (RFC 2045, RFC 2046), found in its bytes without copying them.
//!
//! Parts are slices of the raw mail and are decoded only when somebody wants them, so a mail of 50 MB costs its own
//! bytes and no more. Depth and number of parts are bounded; a mail that was cut, or whose boundaries are wrong, gives
//! what can be found of it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_parser::decoders::charsets::map::charset_decoder;

use super::fields::{Fields, Parameters};

/// How deep parts are followed; what lies deeper is one part without children.
const MAX_DEPTH: usize = 20;

/// How many parts are looked at in one mail.
const MAX_PARTS: usize = 1000;

/// One part of a mail; the mail itself is the outermost.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// The number as IMAP counts (RFC 3501 §6.4.5); empty for the outermost part of a mail that is a multipart.
    pub number: String,
    /// `type/subtype` in lower case.
    pub media_type: String,
    /// Content-Type with its attributes.
    pub content_type: Parameters,
    /// `attachment`, `inline`, or whatever else; lower case.
    pub disposition: Option<String>,
    /// The name that the sender gave, undressed: see [`super::structure::file_name`].
    pub file_name: Option<String>,
    /// Content-ID without brackets.
    pub content_id: Option<String>,
    /// How the body is written.
    pub encoding: TransferEncoding,
    /// The body as it stands.
    pub body: &'a [u8],
    /// The parts of a multipart.
    pub children: Vec<Part<'a>>,
}

/// A Content-Transfer-Encoding (RFC 2045 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferEncoding {
    /// 7bit, 8bit, binary, and whatever is not known.
    Identity,
    QuotedPrintable,
    Base64,
}

impl TransferEncoding {
    /// Reads the word of a Content-Transfer-Encoding field, or of a BODYSTRUCTURE.
    pub fn parse(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "base64" => Self::Base64,
            "quoted-printable" => Self::QuotedPrintable,
            _ => Self::Identity,
        }
    }

    /// The octets that were meant; what is no part of the encoding is passed over.
    pub fn decode(self, body: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Identity => Cow::Borrowed(body),
            Self::QuotedPrintable => Cow::Owned(decode_quoted_printable(body)),
            Self::Base64 => Cow::Owned(decode_base64(body)),
        }
    }

    /// How many octets [`TransferEncoding::decode`] would give, nearly, without giving them.
    pub fn decoded_len(self, body: &[u8]) -> u64 {
        let len = match self {
            Self::Identity => body.len(),
            Self::QuotedPrintable => body.len().saturating_sub(2 * body.iter().filter(|&&b| b == b'=').count()),
            Self::Base64 => body.iter().filter(|&&b| is_base64(b)).count() * 3 / 4,
        };
        len as u64
    }
}

impl<'a> Part<'a> {
    /// Finds the parts of a mail.
    pub fn of_mail(raw: &'a [u8]) -> Self {
        let mut left = MAX_PARTS;
        let mut root = Self::read(raw, "text/plain", &mut left);
        root.find_children(0, &mut left);
        root.number_as_mail("");
        root
    }

    /// Reads one part's header, children apart.
    fn read(raw: &'a [u8], default_type: &str, left: &mut usize) -> Self {
        *left = left.saturating_sub(1);
        // A part that begins with an empty line has no header (RFC 2046 §5.1), whatever its text looks like.
        let bare = raw.strip_prefix(b"\r\n").or_else(|| raw.strip_prefix(b"\n"));
        let (fields, body) = match bare {
            Some(body) => (Fields::default(), body),
            None => {
                let (fields, start) = Fields::parse(raw);
                // Text without header and empty line: nothing of it is lost.
                let body = if fields.is_empty() { raw } else { &raw[start..] };
                (fields, body)
            }
        };
        let content_type = fields.parameters("Content-Type").unwrap_or_default();
        let disposition = fields.parameters("Content-Disposition");
        let given = disposition.as_ref().and_then(|d| d.attribute("filename"));
        let file_name = given.or_else(|| content_type.attribute("name")).map(str::to_owned);
        Self {
            number: String::new(),
            media_type: content_type.essence().unwrap_or_else(|| default_type.to_owned()),
            disposition: disposition.map(|d| d.kind().to_owned()),
            file_name,
            content_id: fields.ids("Content-ID").into_iter().next(),
            encoding: TransferEncoding::parse(&fields.raw("Content-Transfer-Encoding")),
            content_type,
            body,
            children: Vec::new(),
        }
    }

    fn find_children(&mut self, depth: usize, left: &mut usize) {
        if !self.is_multipart() || depth >= MAX_DEPTH {
            return;
        }
        let Some(boundary) = self.content_type.attribute("boundary").filter(|b| !b.is_empty()) else { return };
        let default_type = if self.media_type == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        for raw in split(self.body, boundary.trim_end().as_bytes()) {
            if *left == 0 {
                break;
            }
            let mut child = Self::read(raw, default_type, left);
            child.find_children(depth + 1, left);
            self.children.push(child);
        }
    }

    /// Numbers this part as the whole of a mail: a single part is 1, a multipart's children count from 1.
    fn number_as_mail(&mut self, prefix: &str) {
        if self.children.is_empty() {
            self.number = join(prefix, 1);
        } else {
            self.number_children(prefix);
        }
    }

    fn number_children(&mut self, prefix: &str) {
        for (i, child) in self.children.iter_mut().enumerate() {
            child.number = join(prefix, i + 1);
            let number = child.number.clone();
            child.number_children(&number);
        }
    }

    /// Whether it is made of parts (even where none of them was found).
    pub fn is_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }

    /// Whether its sender wants it kept apart from the text.
    pub fn is_attached(&self) -> bool {
        self.disposition.as_deref() == Some("attachment")
    }

    /// The part with this number, here or below.
    pub fn find(&self, number: &str) -> Option<&Self> {
        if self.number == number {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(number))
    }

    /// The body's octets.
    pub fn decoded(&self) -> Cow<'a, [u8]> {
        self.encoding.decode(self.body)
    }

    /// The body as text, in the character set that it names; of a longer one the beginning, nearly `most` bytes.
    /// The second value says whether something was left out.
    pub fn text(&self, most: usize) -> (String, bool) {
        let room = match self.encoding {
            TransferEncoding::Identity => most,
            TransferEncoding::QuotedPrintable => most.saturating_mul(3),
            TransferEncoding::Base64 => most.saturating_mul(4) / 3,
        };
        let is_cut = self.body.len() > room;
        let octets = self.encoding.decode(&self.body[..self.body.len().min(room)]);
        (in_charset(&octets, self.content_type.attribute("charset")), is_cut)
    }
}

fn join(prefix: &str, number: usize) -> String {
    if prefix.is_empty() { number.to_string() } else { format!("{prefix}.{number}") }
}

/// What lies between the boundary's lines (RFC 2046 §5.1.1); the line end before a boundary belongs to it.
///
/// A boundary that is never closed ends with the text; where there is none at all, there are no parts.
fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut start: Option<usize> = None;
    let mut at = 0;
    while at < body.len() && parts.len() < MAX_PARTS {
        let end = body[at..].iter().position(|&b| b == b'\n').map_or(body.len(), |i| at + i + 1);
        if let Some(is_last) = boundary_line(&body[at..end], boundary) {
            if let Some(start) = start {
                parts.push(without_last_line_end(&body[start.min(at)..at]));
            }
            if is_last {
                return parts;
            }
            start = Some(end);
        }
        at = end;
    }
    if let Some(start) = start.filter(|&start| start < body.len()) {
        parts.push(&body[start..]);
    }
    parts
}

/// `Some(true)` for the closing boundary, `Some(false)` for another.
fn boundary_line(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    let (rest, is_last) = rest.strip_prefix(b"--").map_or((rest, false), |rest| (rest, true));
    // A longer boundary that begins alike is another one. Behind the closing one anything may stand.
    (is_last || rest.trim_ascii().is_empty()).then_some(is_last)
}

fn without_last_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

fn decode_quoted_printable(body: &[u8]) -> Vec<u8> {
    let hex = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'=' {
            out.push(byte);
            continue;
        }
        if let [high, low, tail @ ..] = tail
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            rest = tail;
            continue;
        }
        // A soft line break, blanks behind it allowed; any other `=` stands for itself.
        let blanks = tail.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
        match tail.get(blanks) {
            Some(b'\n') => rest = &tail[blanks + 1..],
            None => rest = &[],
            Some(_) => out.push(b'='),
        }
    }
    out
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn decode_base64(body: &[u8]) -> Vec<u8> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let mut letters: Vec<u8> = body.iter().copied().filter(|&b| is_base64(b)).collect();
    // A single letter at the end (the mail was cut there) stands for no octet.
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    LENIENT.decode(&letters).unwrap_or_default()
}

/// Text in the character set that is named. Where none is, or one that nobody knows, or one that says ASCII and is
/// not: UTF-8 where it can be, else windows-1252.
pub fn in_charset(octets: &[u8], charset: Option<&str>) -> String {
    let charset = charset.unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(charset.as_str(), "utf-8" | "utf8") {
        return String::from_utf8_lossy(octets).into_owned();
    }
    let says_nothing = matches!(charset.as_str(), "" | "us-ascii" | "ascii" | "unknown-8bit");
    let named = if says_nothing { None } else { charset_decoder(charset.as_bytes()) };
    if let Some(decode) = named {
        return decode(octets);
    }
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        // Cut within a letter.
        Err(e) if e.error_len().is_none() => String::from_utf8_lossy(&octets[..e.valid_up_to()]).into_owned(),
        Err(_) => match charset_decoder(b"windows-1252") {
            Some(decode) => decode(octets),
            None => String::from_utf8_lossy(octets).into_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_numbered_as_imap_counts() {
        let raw = b"Content-Type: multipart/mixed; boundary=\"o\"\r\n\r\npreamble\r\n--o\r\n\
            Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\nplain\r\n--i\r\n\
            Content-Type: text/html\r\n\r\n<b>html</b>\r\n--i--\r\n\r\n--o \r\n\
            Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n--o--\r\nepilogue";
        let root = Part::of_mail(raw);
        let at = |number: &str| root.find(number).map(|p| (p.media_type.as_str(), p.body));
        assert_eq!(at("1.1"), Some(("text/plain", &b"plain"[..])));
        assert_eq!(at("1.2"), Some(("text/html", &b"<b>html</b>"[..])));
        assert_eq!(at("2"), Some(("message/rfc822", &b"Subject: x\r\n\r\ny"[..])));
        assert_eq!(Part::of_mail(b"Subject: x\n\nhi").find("1").map(|p| p.body), Some(&b"hi"[..]));
    }

    #[test]
    fn a_boundary_that_begins_alike_is_another() {
        let raw = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\n1\n--ab\n2\n--a\n\n3";
        let bodies: Vec<&[u8]> = Part::of_mail(raw).children.iter().map(|p| p.body).collect();
        assert_eq!(bodies, [&b"1\n--ab\n2"[..], b"3"]);
    }

    #[test]
    fn broken_encodings_give_what_is_there() {
        assert_eq!(&*TransferEncoding::QuotedPrintable.decode(b"a=3Db =\r\nc=ZZ=4=\n=e9="), b"a=b c=ZZ=4\xe9");
        assert_eq!(&*TransferEncoding::Base64.decode(b"aGVs\r\nbG8!gd2==9ybGQ"), b"hello world");
        assert_eq!(&*TransferEncoding::Base64.decode(b"aGVsb"), b"hel");
    }

    #[test]
    fn a_charset_that_lies_is_seen_through() {
        assert_eq!(in_charset("größer".as_bytes(), Some("us-ascii")), "größer");
        assert_eq!(in_charset(b"gr\xf6\xdfer", Some("x-unheard-of")), "größer");
        assert_eq!(in_charset(b"\xf0\xd2\xc9", Some("KOI8-R")), "При");
    }

    #[test]
    fn nesting_without_end_ends() {
        let mut raw = Vec::new();
        for i in 0..5000 {
            raw.extend_from_slice(format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n").as_bytes());
        }
        Part::of_mail(&raw);
        let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(5000));
        assert_eq!(Part::of_mail(many.as_bytes()).children.len(), MAX_PARTS - 1);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(raw in proptest::collection::vec(any::<u8>(), 0..400)) {
            Part::of_mail(&raw);
            TransferEncoding::Base64.decode(&raw);
            TransferEncoding::QuotedPrintable.decode(&raw);
        }
    }
}
