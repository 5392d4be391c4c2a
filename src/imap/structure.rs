//! BODYSTRUCTURE: the parts of a mail, their types, names and sizes (RFC 3501 §7.4.2).

use mail_parser::{MessageParser, MimeHeaders};

use super::atoms::Node;
use crate::mail::safe;

/// One part of a mail that is no container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its number, as FETCH wants it (`2.1`).
    pub part: String,
    /// Its file name, decoded, where it has one.
    pub name: Option<String>,
    /// Lower case, `application/pdf`.
    pub media_type: String,
    /// Octets as it is encoded in the mail.
    pub size: u64,
    /// How it is encoded, as the mail says it.
    pub encoding: String,
    /// Something that a person would save or open, rather than the text of the mail.
    pub is_attachment: bool,
}

/// More parts than this no honest mail has.
const MOST_PARTS: usize = 1000;

/// The parts of a body structure, in order.
pub(crate) fn parts(structure: &Node) -> Vec<Part> {
    let mut parts = Vec::new();
    collect(structure, "", &mut parts);
    parts
}

fn collect(node: &Node, number: &str, parts: &mut Vec<Part>) {
    if parts.len() >= MOST_PARTS {
        return;
    }
    let fields = node.list();
    if matches!(fields.first(), Some(Node::List(_))) {
        let members = fields.iter().take_while(|n| matches!(n, Node::List(_)));
        for (index, member) in members.enumerate() {
            let inner = if number.is_empty() { format!("{}", index + 1) } else { format!("{number}.{}", index + 1) };
            collect(member, &inner, parts);
        }
        return;
    }
    let lower = |at: usize| fields.get(at).and_then(Node::text).unwrap_or_default().to_ascii_lowercase();
    let (kind, subtype) = (lower(0), lower(1));
    if kind.is_empty() {
        return;
    }
    let disposition = fields.iter().skip(7).find_map(disposition);
    let (disposition, parameters) = disposition.unwrap_or_default();
    let name = name(&parameters, "filename").or_else(|| name(fields.get(2).map_or(&[], Node::list), "name"));
    let is_text = kind == "text" && (subtype == "plain" || subtype == "html");
    parts.push(Part {
        part: if number.is_empty() { "1".to_owned() } else { number.to_owned() },
        is_attachment: disposition == "attachment" || name.is_some() || !is_text,
        name,
        media_type: safe::line(&format!("{kind}/{subtype}")),
        size: fields.get(6).and_then(Node::number).unwrap_or(0),
        encoding: lower(5),
    });
}

/// `("attachment" ("filename" "a.pdf"))`, told from the other lists by its shape: servers differ in what stands before it.
fn disposition(node: &Node) -> Option<(String, Vec<Node>)> {
    let [word, parameters, ..] = node.list() else { return None };
    let word = word.text()?.to_ascii_lowercase();
    let is_parameters = matches!(parameters, Node::Nil | Node::List(_));
    (is_parameters && matches!(word.as_str(), "attachment" | "inline")).then(|| (word, parameters.list().to_vec()))
}

/// A file name from its parameters, in any of the ways of writing it (RFC 2231, RFC 2047): put back into a header, that
/// mail-parser reads it as it would in the mail.
fn name(parameters: &[Node], wanted: &str) -> Option<String> {
    let mut header = b"Content-Disposition: attachment".to_vec();
    for pair in parameters.chunks(2) {
        let [key, value] = pair else { break };
        let (Some(key), Some(value)) = (key.text(), value.bytes()) else { continue };
        let key = key.to_ascii_lowercase();
        let is_wanted = key.strip_prefix(wanted).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('*') && rest.bytes().all(|b| b == b'*' || b.is_ascii_digit())
        });
        if !is_wanted {
            continue;
        }
        let extended = &key[wanted.len()..];
        header.extend_from_slice(format!("; filename{extended}=").as_bytes());
        if extended.ends_with('*') {
            // RFC 2231's own form wants no quotes, and holds nothing that needs any.
            header.extend(value.iter().filter(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b';')));
        } else {
            header.push(b'"');
            for byte in value.iter().filter(|b| !b.is_ascii_control()) {
                if matches!(byte, b'"' | b'\\') {
                    header.push(b'\\');
                }
                header.push(*byte);
            }
            header.push(b'"');
        }
    }
    header.extend_from_slice(b"\r\n\r\n");
    let message = MessageParser::default().parse_headers(&header)?;
    let name = message.parts.first()?.attachment_name()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::atoms;

    fn shown(structure: &str) -> Vec<String> {
        let nodes = atoms::read(structure.as_bytes());
        let line = |p: Part| {
            let sign = if p.is_attachment { "+" } else { "" };
            format!("{} {} {sign}{} {}", p.part, p.media_type, p.name.unwrap_or_default(), p.size)
        };
        parts(&nodes[0]).into_iter().map(line).collect()
    }

    #[test]
    fn parts_have_the_numbers_that_fetch_wants() {
        let mixed = r#"((("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "8BIT" 30 2 NIL NIL NIL NIL)("text" "html" NIL NIL NIL "7bit" 99 3) "alternative" ("boundary" "x") NIL NIL)("application" "pdf" ("name" "old.pdf") NIL NIL "base64" 4711 NIL ("attachment" ("filename" "Angebot \"2\".pdf")) NIL)("message" "rfc822" NIL NIL NIL "7bit" 300 ("d" "s" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" NIL NIL NIL "7bit" 3 1) 9) "mixed")"#;
        assert_eq!(
            shown(mixed),
            [
                "1.1 text/plain  30",
                "1.2 text/html  99",
                "2 application/pdf +Angebot \"2\".pdf 4711",
                "3 message/rfc822 + 300"
            ]
        );
        assert_eq!(shown(r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1)"#), ["1 text/plain  5"]);
    }

    #[test]
    fn names_are_read_in_every_way_of_writing_them() {
        let named = |parameters: &str| {
            shown(&format!(r#"("image" "png" NIL NIL NIL "base64" 5 NIL ("inline" {parameters}))"#)).remove(0)
        };
        assert_eq!(named(r#"("filename" "=?utf-8?Q?Gr=C3=BC=C3=9Fe.png?=")"#), "1 image/png +Grüße.png 5");
        assert_eq!(named(r#"("filename*" "utf-8''Gr%C3%BC%C3%9Fe.png")"#), "1 image/png +Grüße.png 5");
        assert_eq!(
            named(r#"("filename*0*" "utf-8''Gr%C3%BC" "filename*1*" "%C3%9Fe.png")"#),
            "1 image/png +Grüße.png 5"
        );
        assert_eq!(named("NIL"), "1 image/png + 5");
    }

    #[test]
    fn odd_structures_never_panic() {
        for odd in ["()", "(())", "(\"text\")", "(NIL NIL)", "((((((", "(\"a\" \"b\" \"c\" 1 2 3 4 5 (6 7))"] {
            shown(odd);
        }
    }
}
