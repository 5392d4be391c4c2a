//! A mail as its MIME parts (RFC 2045, RFC 2046), by offsets into its bytes: what BODYSTRUCTURE and BODY[…] are cut from.
//!
//! Any bytes give a tree: what is broken is one part of text/plain.

use std::ops::Range;

/// Parts within parts are followed this deep; deeper ones stay one part.
const MAX_DEPTH: usize = 16;
/// More parts than this in one multipart stay in the last of them.
const MAX_PARTS: usize = 200;

/// A name and what it is set to.
pub type Parameter = (String, String);

/// One part, the whole mail being the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its header, with the blank line that ends it.
    pub header: Range<usize>,
    pub body: Range<usize>,
    /// Lower case, as are the subtype and the encoding.
    pub main_type: String,
    pub subtype: String,
    pub parameters: Vec<Parameter>,
    pub id: Option<String>,
    pub description: Option<String>,
    pub encoding: String,
    pub disposition: Option<(String, Vec<Parameter>)>,
    /// The parts of a multipart.
    pub children: Vec<Part>,
    /// The mail within a message/rfc822.
    pub message: Option<Box<Part>>,
}

impl Part {
    /// The part of this number (RFC 3501 §6.4.5): `1` of a mail that is no multipart is the mail's own body.
    pub fn numbered(&self, path: &[u32]) -> Option<&Self> {
        let Some((&number, rest)) = path.split_first() else { return Some(self) };
        let inner = self.message.as_deref().unwrap_or(self);
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        if inner.children.is_empty() {
            return (at == 0 && rest.is_empty()).then_some(inner);
        }
        inner.children.get(at)?.numbered(rest)
    }
}

/// Reads a mail.
pub fn parse(raw: &[u8]) -> Part {
    part(raw, 0..raw.len(), "text/plain", 0)
}

fn part(raw: &[u8], range: Range<usize>, default_type: &str, depth: usize) -> Part {
    let header_len = header_of(&raw[range.clone()]).len();
    let header = range.start..range.start + header_len;
    let body = header.end..range.end;
    let mut values: [Option<String>; 5] = Default::default();
    let names =
        ["Content-Type", "Content-ID", "Content-Description", "Content-Transfer-Encoding", "Content-Disposition"];
    for field in fields(&raw[header.clone()]) {
        for (name, value) in names.iter().zip(&mut values) {
            if value.is_none() && field.is_named(name) {
                *value = Some(field.unfolded());
            }
        }
    }
    let [content_type, id, description, encoding, disposition] = values;
    let (mut essence, mut parameters) = with_parameters(content_type.as_deref().unwrap_or(default_type));
    if !essence.contains('/') {
        (essence, parameters) = ("text/plain".to_owned(), Vec::new());
    }
    let (main_type, subtype) = essence.split_once('/').unwrap_or(("text", "plain"));
    let mut part = Part {
        header,
        body: body.clone(),
        main_type: main_type.trim().to_owned(),
        subtype: subtype.trim().to_owned(),
        parameters,
        id,
        description,
        encoding: encoding.map_or_else(|| "7bit".to_owned(), |e| e.to_ascii_lowercase()),
        disposition: disposition.map(|d| with_parameters(&d)),
        children: Vec::new(),
        message: None,
    };
    if depth >= MAX_DEPTH {
        return part;
    }
    if part.main_type == "multipart" {
        let boundary = part.parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("boundary"));
        let default_type = if part.subtype == "digest" { "message/rfc822" } else { "text/plain" };
        if let Some((_, boundary)) = boundary.filter(|(_, b)| !b.is_empty()) {
            let ranges = split(raw, body, boundary.as_bytes());
            part.children = ranges.into_iter().map(|range| self::part(raw, range, default_type, depth + 1)).collect();
        }
        if part.children.is_empty() {
            // A multipart without parts cannot be told in BODYSTRUCTURE.
            (part.main_type, part.subtype) = ("text".to_owned(), "plain".to_owned());
        }
    } else if part.main_type == "message" && part.subtype == "rfc822" {
        part.message = Some(Box::new(self::part(raw, body, "text/plain", depth + 1)));
    }
    part
}

/// Where the parts of a multipart lie: the line end before a boundary belongs to the boundary.
fn split(raw: &[u8], body: Range<usize>, boundary: &[u8]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut begun: Option<usize> = None;
    for line in lines(raw, body.clone()) {
        let text = raw[line.clone()].trim_ascii_end();
        let Some(rest) = text.strip_prefix(b"--").and_then(|t| t.strip_prefix(boundary)) else { continue };
        if !(rest.is_empty() || rest == b"--") || parts.len() >= MAX_PARTS {
            continue;
        }
        if let Some(start) = begun.take() {
            let before = &raw[start..line.start];
            let line_end = if before.ends_with(b"\r\n") { 2 } else { usize::from(before.ends_with(b"\n")) };
            parts.push(start..line.start - line_end);
        }
        if rest == b"--" {
            return parts;
        }
        begun = Some(line.end);
    }
    parts.extend(begun.map(|start| start..body.end));
    parts
}

/// The lines of a range, each with its line end.
fn lines(raw: &[u8], range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        if at >= range.end {
            return None;
        }
        let start = at;
        at = raw[at..range.end].iter().position(|&b| b == b'\n').map_or(range.end, |i| at + i + 1);
        Some(start..at)
    })
}

/// The header at the beginning of these bytes, with the blank line that ends it; all of them where there is none.
pub fn header_of(raw: &[u8]) -> &[u8] {
    let blank = lines(raw, 0..raw.len()).find(|line| matches!(&raw[line.clone()], b"\r\n" | b"\n"));
    &raw[..blank.map_or(raw.len(), |line| line.end)]
}

/// One field of a header.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    pub name: &'a [u8],
    pub value: &'a [u8],
    /// Name, value and line end, folded as it came.
    pub raw: &'a [u8],
}

impl Field<'_> {
    pub fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value on one line, trimmed; octets that are no UTF-8 are replaced.
    pub fn unfolded(&self) -> String {
        String::from_utf8_lossy(&self.unfolded_bytes()).into_owned()
    }

    /// The value on one line, trimmed, as it came otherwise.
    pub fn unfolded_bytes(&self) -> Vec<u8> {
        let on_one_line: Vec<u8> = self.value.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n' | 0)).collect();
        on_one_line.trim_ascii().to_vec()
    }
}

/// The fields of a header, in order; lines that are no field are passed over.
pub fn fields(header: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < header.len() {
            let start = at;
            let mut first = true;
            for line in lines(header, start..header.len()) {
                let continues = matches!(header[line.start], b' ' | b'\t');
                if !first && !continues {
                    break;
                }
                first = false;
                at = line.end;
            }
            let raw = &header[start..at];
            if let Some(colon) = raw.iter().position(|&b| b == b':') {
                let name = raw[..colon].trim_ascii();
                if !name.is_empty() && !name.iter().any(u8::is_ascii_whitespace) {
                    return Some(Field { name, value: &raw[colon + 1..], raw });
                }
            }
        }
        None
    })
}

/// `text/plain; charset="utf-8"` as the word in lower case and its parameters, quotes undone.
fn with_parameters(value: &str) -> (String, Vec<Parameter>) {
    let mut pieces = pieces(value).into_iter();
    let word = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
    let parameters = pieces.filter_map(|piece| {
        let (name, value) = piece.split_once('=')?;
        let value = value.trim();
        let value = match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
            Some(quoted) => unescape(quoted),
            None => value.to_owned(),
        };
        Some((name.trim().to_ascii_lowercase(), value))
    });
    (word, parameters.collect())
}

/// The text cut at semicolons that stand outside quotes.
fn pieces(value: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in value.chars() {
        if letter == ';' && !quoted {
            pieces.push(String::new());
            continue;
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
        if letter == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && letter == '\\' && !escaped;
    }
    pieces
}

fn unescape(quoted: &str) -> String {
    let mut escaped = false;
    let keep = |letter: &char| {
        escaped = *letter == '\\' && !escaped;
        !escaped
    };
    quoted.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::{fields, header_of, parse};

    const MIXED: &[u8] = b"Subject: x\r\nContent-Type: multipart/mixed;\r\n boundary=\"a;b\"\r\n\r\npreamble\r\n--a;b\r\n\r\none\r\n--a;b\r\n\
Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: text/html\r\n\r\n<p>\r\n--a;b--\r\nepilogue";

    #[test]
    fn parts_are_found_by_their_numbers() {
        let mail = parse(MIXED);
        let text = |path: &[u32]| mail.numbered(path).map(|p| &MIXED[p.body.clone()]);
        assert_eq!(text(&[1]), Some(&b"one"[..]));
        assert_eq!(text(&[2, 1]), Some(&b"<p>"[..]));
        assert_eq!(text(&[3]), None);
        assert_eq!(mail.numbered(&[2]).map(|p| p.subtype.as_str()), Some("rfc822"));
    }

    #[test]
    fn any_bytes_are_some_mail() {
        for raw in
            [&b""[..], b"\n", b":", b"\xff\xfe", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x", b"no header"]
        {
            let mail = parse(raw);
            assert!(mail.body.end <= raw.len() && !mail.main_type.is_empty());
        }
        let nested: Vec<u8> = b"Content-Type: message/rfc822\r\n\r\n".repeat(1000);
        assert!(parse(&nested).message.is_some());
    }

    #[test]
    fn fields_are_unfolded_and_lines_that_are_none_passed_over() {
        let header = header_of(b"From x\r\nSubject: a\r\n  b\r\nbroken line\r\nTo: c\r\n\r\nbody: no");
        let found: Vec<(Vec<u8>, String)> = fields(header).map(|f| (f.name.to_vec(), f.unfolded())).collect();
        assert_eq!(found, [(b"Subject".to_vec(), "a  b".to_owned()), (b"To".to_vec(), "c".to_owned())]);
    }
}
