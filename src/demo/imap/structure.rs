//! ENVELOPE and BODYSTRUCTURE (RFC 3501 §7.4.2), from the fields as they stand: nothing is decoded.

use super::mime::{self, Parameter, Part};

/// Appends a string: quoted where it may be, as a literal where it holds what quotes cannot.
pub fn write_string(out: &mut Vec<u8>, text: &[u8]) {
    let is_quotable = text.len() < 1000 && text.iter().all(|b| b.is_ascii() && !matches!(b, 0 | b'\r' | b'\n'));
    if is_quotable {
        out.push(b'"');
        for &byte in text {
            if matches!(byte, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b'"');
    } else {
        out.extend_from_slice(format!("{{{}}}\r\n", text.len()).as_bytes());
        out.extend_from_slice(text);
    }
}

fn write_maybe(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        Some(text) => write_string(out, text),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// Appends the ENVELOPE of a header.
pub fn write_envelope(out: &mut Vec<u8>, header: &[u8]) {
    let field = |name: &str| mime::fields(header).find(|f| f.is_named(name)).map(|f| f.unfolded_bytes());
    let from = field("From");
    out.push(b'(');
    write_maybe(out, field("Date").as_deref());
    out.push(b' ');
    write_maybe(out, field("Subject").as_deref());
    for name in ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"] {
        let value = match name {
            "From" => from.clone(),
            // Absent ones default to From.
            "Sender" | "Reply-To" => field(name).or_else(|| from.clone()),
            _ => field(name),
        };
        out.push(b' ');
        write_addresses(out, value.as_deref().unwrap_or_default());
    }
    for name in ["In-Reply-To", "Message-ID"] {
        out.push(b' ');
        write_maybe(out, field(name).as_deref());
    }
    out.push(b')');
}

fn write_addresses(out: &mut Vec<u8>, value: &[u8]) {
    let addresses: Vec<(Option<Vec<u8>>, Vec<u8>)> = split_addresses(value).iter().filter_map(|a| address(a)).collect();
    if addresses.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    out.push(b'(');
    for (name, email) in addresses {
        let at = email.iter().rposition(|&b| b == b'@');
        let (local, host) = at.map_or((&email[..], &b""[..]), |at| (&email[..at], &email[at + 1..]));
        out.push(b'(');
        write_maybe(out, name.as_deref());
        out.extend_from_slice(b" NIL ");
        write_string(out, local);
        out.push(b' ');
        write_string(out, host);
        out.push(b')');
    }
    out.push(b')');
}

/// An address list cut at the commas and semicolons that stand outside quotes, comments and brackets; a group's name is
/// left out.
fn split_addresses(value: &[u8]) -> Vec<Vec<u8>> {
    let mut found = vec![Vec::new()];
    let (mut quoted, mut escaped, mut comments, mut bracket) = (false, false, 0_u32, false);
    for &byte in value {
        let is_plain = !quoted && comments == 0 && !bracket;
        let Some(last) = found.last_mut() else { break };
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' if comments == 0 => quoted = !quoted,
            b'(' if !quoted => comments += 1,
            b')' if !quoted => comments = comments.saturating_sub(1),
            b'<' if is_plain => bracket = true,
            b'>' if !quoted && comments == 0 => bracket = false,
            b',' | b';' if is_plain => {
                found.push(Vec::new());
                continue;
            }
            b':' if is_plain => {
                last.clear();
                continue;
            }
            _ => {}
        }
        last.push(byte);
    }
    found
}

/// The display name, quotes undone, and the address.
fn address(text: &[u8]) -> Option<(Option<Vec<u8>>, Vec<u8>)> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return None;
    }
    let Some(open) = text.iter().rposition(|&b| b == b'<') else {
        // Old style: address (name).
        let comment = text.iter().position(|&b| b == b'(');
        let email = text[..comment.unwrap_or(text.len())].trim_ascii().to_vec();
        let name = comment.map(|at| {
            let inner = text[at + 1..].trim_ascii_end();
            inner.strip_suffix(b")").unwrap_or(inner).to_vec()
        });
        return Some((name, email));
    };
    let close = text[open..].iter().position(|&b| b == b'>').map_or(text.len(), |at| open + at);
    let email = text[open + 1..close].trim_ascii().to_vec();
    let name = unquoted(text[..open].trim_ascii());
    Some(((!name.is_empty()).then_some(name), email))
}

fn unquoted(name: &[u8]) -> Vec<u8> {
    let mut escaped = false;
    let keep = |byte: &u8| {
        if escaped {
            escaped = false;
            return true;
        }
        escaped = *byte == b'\\';
        !matches!(byte, b'\\' | b'"')
    };
    name.iter().copied().filter(keep).collect()
}

/// Appends BODYSTRUCTURE, or BODY where the extension data is not wanted.
pub fn write_structure(out: &mut Vec<u8>, raw: &[u8], part: &Part, extended: bool) {
    out.push(b'(');
    if !part.children.is_empty() {
        for child in &part.children {
            write_structure(out, raw, child, extended);
        }
        out.push(b' ');
        write_string(out, part.subtype.as_bytes());
        if extended {
            out.push(b' ');
            write_parameters(out, &part.parameters);
            write_disposition(out, part);
            out.extend_from_slice(b" NIL NIL");
        }
        out.push(b')');
        return;
    }
    write_string(out, part.main_type.as_bytes());
    out.push(b' ');
    write_string(out, part.subtype.as_bytes());
    out.push(b' ');
    write_parameters(out, &part.parameters);
    for text in [&part.id, &part.description] {
        out.push(b' ');
        write_maybe(out, text.as_deref().map(str::as_bytes));
    }
    out.push(b' ');
    write_string(out, part.encoding.as_bytes());
    let body = &raw[part.body.clone()];
    out.extend_from_slice(format!(" {}", body.len()).as_bytes());
    let lines = body.iter().filter(|&&b| b == b'\n').count();
    if let Some(message) = &part.message {
        out.push(b' ');
        write_envelope(out, &raw[message.header.clone()]);
        out.push(b' ');
        write_structure(out, raw, message, extended);
        out.extend_from_slice(format!(" {lines}").as_bytes());
    } else if part.main_type == "text" {
        out.extend_from_slice(format!(" {lines}").as_bytes());
    }
    if extended {
        out.extend_from_slice(b" NIL");
        write_disposition(out, part);
        out.extend_from_slice(b" NIL NIL");
    }
    out.push(b')');
}

fn write_parameters(out: &mut Vec<u8>, parameters: &[Parameter]) {
    if parameters.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    out.push(b'(');
    for (at, (name, value)) in parameters.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        write_string(out, name.as_bytes());
        out.push(b' ');
        write_string(out, value.as_bytes());
    }
    out.push(b')');
}

fn write_disposition(out: &mut Vec<u8>, part: &Part) {
    out.push(b' ');
    match &part.disposition {
        Some((kind, parameters)) => {
            out.push(b'(');
            write_string(out, kind.as_bytes());
            out.push(b' ');
            write_parameters(out, parameters);
            out.push(b')');
        }
        None => out.extend_from_slice(b"NIL"),
    }
}

#[cfg(test)]
mod tests {
    use super::{mime, write_envelope, write_structure};

    #[test]
    fn addresses_are_taken_apart_whatever_their_form() {
        let mut out = Vec::new();
        let header = b"From: \"Reyes, Dana\" <dana@reyes.example>\r\nTo: team: a@b.example, c@d.example (Cee);\r\nSubject: \xff\r\n\r\n";
        write_envelope(&mut out, header);
        let from = "((\"Reyes, Dana\" NIL \"dana\" \"reyes.example\"))";
        let to = "((NIL NIL \"a\" \"b.example\")(\"Cee\" NIL \"c\" \"d.example\"))";
        let expected = format!("(NIL {{1}}\r\n\u{0} {from} {from} {from} {to} NIL NIL NIL NIL)");
        let expected: Vec<u8> = expected.bytes().map(|b| if b == 0 { 0xff } else { b }).collect();
        assert_eq!(out, expected);
    }

    #[test]
    fn a_structure_tells_parts_parameters_and_dispositions() {
        let raw = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\none\r\n\r\n--x\r\nContent-Type: image/png; name=a.png\r\n\
Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"a \\\"b.png\"\r\n\r\nAAAA\r\n--x--\r\n";
        let mut out = Vec::new();
        write_structure(&mut out, raw, &mime::parse(raw), true);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "((\"text\" \"plain\" NIL NIL NIL \"7bit\" 5 1 NIL NIL NIL NIL)\
             (\"image\" \"png\" (\"name\" \"a.png\") NIL NIL \"base64\" 4 NIL (\"attachment\" (\"filename\" \"a \\\"b.png\")) NIL NIL) \
             \"mixed\" (\"boundary\" \"x\") NIL NIL NIL)"
        );
    }
}
