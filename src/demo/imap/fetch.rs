//! FETCH: what is asked of a mail, and the answer's bytes (RFC 3501 §6.4.5 and §7.4.2).

use jiff::tz::TimeZone;

use super::cursor::{Cursor, Expected};
use super::{mime, structure};
use crate::demo::post::Mail;
use crate::model::Flags;

/// One thing that is asked of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    Uid,
    Flags,
    ModSeq,
    InternalDate,
    Size,
    Envelope,
    /// BODYSTRUCTURE, or BODY without the extension data.
    Structure {
        extended: bool,
    },
    /// A piece of the mail under the name by which it was asked for; `peek`: without setting `\Seen`.
    Section {
        name: String,
        peek: bool,
        section: Section,
        partial: Option<(usize, usize)>,
    },
}

/// A piece of a mail: the part's number and what of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub path: Vec<u32>,
    pub piece: Piece,
}

/// What of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Its body; of the whole mail: all of it.
    Whole,
    Header,
    /// Only these fields, or all but these.
    Fields {
        names: Vec<String>,
        others: bool,
    },
    Text,
    /// The part's own MIME header.
    Mime,
}

/// Reads one item, a list of them, or a macro.
pub fn parse(cursor: &mut Cursor) -> Result<Vec<Item>, Expected> {
    if cursor.peek() == Some(b'(') {
        return cursor.list(item);
    }
    let fast = [Item::Flags, Item::InternalDate, Item::Size];
    let mut macro_word = |word: &str| cursor.take(word);
    if macro_word("FAST") {
        return Ok(fast.to_vec());
    }
    if macro_word("ALL") {
        return Ok([&fast[..], &[Item::Envelope]].concat());
    }
    if macro_word("FULL") {
        return Ok([&fast[..], &[Item::Envelope, Item::Structure { extended: false }]].concat());
    }
    Ok(vec![item(cursor)?])
}

fn item(cursor: &mut Cursor) -> Result<Item, Expected> {
    let word = cursor.word()?;
    let whole = |name: &str, peek, piece| Item::Section {
        name: name.to_owned(),
        peek,
        section: Section { path: Vec::new(), piece },
        partial: None,
    };
    Ok(match word.as_str() {
        "UID" => Item::Uid,
        "FLAGS" => Item::Flags,
        "MODSEQ" => Item::ModSeq,
        "INTERNALDATE" => Item::InternalDate,
        "RFC822.SIZE" => Item::Size,
        "ENVELOPE" => Item::Envelope,
        "BODYSTRUCTURE" => Item::Structure { extended: true },
        "RFC822" => whole("RFC822", false, Piece::Whole),
        "RFC822.HEADER" => whole("RFC822.HEADER", true, Piece::Header),
        "RFC822.TEXT" => whole("RFC822.TEXT", false, Piece::Text),
        "BODY" if cursor.peek() != Some(b'[') => Item::Structure { extended: false },
        "BODY" | "BODY.PEEK" => section(cursor, word == "BODY.PEEK")?,
        _ => return Err("something to fetch"),
    })
}

fn section(cursor: &mut Cursor, peek: bool) -> Result<Item, Expected> {
    cursor.expect("[")?;
    let mut path = Vec::new();
    while cursor.peek().is_some_and(|b| b.is_ascii_digit()) {
        path.push(u32::try_from(cursor.number()?).map_err(|_| "a part's number")?);
        if !cursor.take(".") {
            break;
        }
    }
    let mut name: Vec<String> = path.iter().map(u32::to_string).collect();
    let piece = if cursor.peek() == Some(b']') {
        Piece::Whole
    } else {
        let word = cursor.word()?;
        name.push(word.clone());
        match word.as_str() {
            "HEADER" => Piece::Header,
            "TEXT" => Piece::Text,
            "MIME" if !path.is_empty() => Piece::Mime,
            "HEADER.FIELDS" | "HEADER.FIELDS.NOT" => {
                cursor.space()?;
                let names = cursor.list(|c| String::from_utf8(c.astring()?).map_err(|_| "a field's name"))?;
                Piece::Fields { names, others: word.ends_with("NOT") }
            }
            _ => return Err("a section"),
        }
    };
    cursor.expect("]")?;
    let mut name = name.join(".");
    if let Piece::Fields { names, .. } = &piece {
        name = format!("{name} ({})", names.join(" "));
    }
    let mut name = format!("BODY[{name}]");
    let mut partial = None;
    if cursor.take("<") {
        let offset = usize::try_from(cursor.number()?).map_err(|_| "an offset")?;
        cursor.expect(".")?;
        let count = usize::try_from(cursor.number()?).map_err(|_| "a count")?;
        cursor.expect(">")?;
        partial = Some((offset, count));
        name = format!("{name}<{offset}>");
    }
    Ok(Item::Section { name, peek, section: Section { path, piece }, partial })
}

/// What an answer is made of, taken out under the lock.
#[derive(Debug)]
pub struct Fetched<'a> {
    pub number: u32,
    pub uid: u32,
    pub modseq: u64,
    pub flags: &'a Flags,
    pub mail: &'a Mail,
}

/// Appends the untagged FETCH for one mail.
pub fn write(out: &mut Vec<u8>, fetched: &Fetched, items: &[Item]) {
    out.extend_from_slice(format!("* {} FETCH (", fetched.number).as_bytes());
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        write_item(out, fetched, item);
    }
    out.extend_from_slice(b")\r\n");
}

fn write_item(out: &mut Vec<u8>, fetched: &Fetched, item: &Item) {
    let mail = fetched.mail;
    let text = match item {
        Item::Uid => format!("UID {}", fetched.uid),
        Item::Flags => format!("FLAGS ({})", fetched.flags.atoms().join(" ")),
        Item::ModSeq => format!("MODSEQ ({})", fetched.modseq),
        Item::InternalDate => {
            let at = mail.internal_date().to_zoned(TimeZone::UTC);
            format!("INTERNALDATE \"{}\"", at.strftime("%d-%b-%Y %H:%M:%S +0000"))
        }
        Item::Size => format!("RFC822.SIZE {}", mail.raw().len()),
        Item::Envelope => {
            out.extend_from_slice(b"ENVELOPE ");
            return structure::write_envelope(out, mail.header());
        }
        Item::Structure { extended } => {
            out.extend_from_slice(if *extended { b"BODYSTRUCTURE " } else { b"BODY " });
            return structure::write_structure(out, mail.raw(), mail.structure(), *extended);
        }
        Item::Section { name, section, partial, .. } => {
            out.extend_from_slice(name.as_bytes());
            out.push(b' ');
            let Some(bytes) = cut(mail, section) else { return out.extend_from_slice(b"NIL") };
            let bytes = match *partial {
                Some((offset, count)) => {
                    let from = offset.min(bytes.len());
                    &bytes[from..from.saturating_add(count).min(bytes.len())]
                }
                None => &bytes[..],
            };
            out.extend_from_slice(format!("{{{}}}\r\n", bytes.len()).as_bytes());
            return out.extend_from_slice(bytes);
        }
    };
    out.extend_from_slice(text.as_bytes());
}

/// The bytes of a section; `None` where the mail has no such part.
fn cut<'a>(mail: &'a Mail, section: &Section) -> Option<std::borrow::Cow<'a, [u8]>> {
    let raw = mail.raw();
    let part = mail.structure().numbered(&section.path)?;
    // HEADER and TEXT of a numbered part are those of the mail within it (RFC 3501 §6.4.5).
    let mail_part = if section.path.is_empty() { Some(part) } else { part.message.as_deref() };
    let bytes = match &section.piece {
        Piece::Whole if section.path.is_empty() => raw,
        Piece::Whole => &raw[part.body.clone()],
        Piece::Mime => &raw[part.header.clone()],
        Piece::Header => &raw[mail_part?.header.clone()],
        Piece::Text => &raw[mail_part?.body.clone()],
        Piece::Fields { names, others } => {
            let header = &raw[mail_part?.header.clone()];
            let wanted = |field: &mime::Field| names.iter().any(|name| field.is_named(name)) != *others;
            let mut fields = Vec::new();
            for field in mime::fields(header).filter(wanted) {
                fields.extend_from_slice(field.raw);
                if !field.raw.ends_with(b"\n") {
                    fields.extend_from_slice(b"\r\n");
                }
            }
            fields.extend_from_slice(b"\r\n");
            return Some(fields.into());
        }
    };
    Some(bytes.into())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Cursor, Fetched, parse, write};
    use crate::demo::post::Mail;
    use crate::model::Flags;

    fn fetch(items: &str) -> String {
        let raw = b"Subject: a\r\n b\r\nTo: c@d.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\none\r\n--x\r\n\
Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntwo\r\n--x--\r\n";
        let mail = Mail::new(raw.to_vec(), Timestamp::UNIX_EPOCH);
        let flags = Flags::from_atoms(["\\Seen", "VIP"]);
        let mut out = Vec::new();
        let fetched = Fetched { number: 3, uid: 30, modseq: 9, flags: &flags, mail: &mail };
        write(&mut out, &fetched, &parse(&mut Cursor::new(items.as_bytes())).unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_small_items_are_written_as_the_grammar_wants() {
        assert_eq!(
            fetch("(UID FLAGS MODSEQ INTERNALDATE RFC822.SIZE)"),
            "* 3 FETCH (UID 30 FLAGS (\\Seen VIP) MODSEQ (9) INTERNALDATE \"01-Jan-1970 00:00:00 +0000\" RFC822.SIZE 157)\r\n"
        );
    }

    #[test]
    fn sections_are_cut_where_the_standard_cuts_them() {
        for (asked, bytes) in [
            ("BODY.PEEK[1]", "BODY[1] {3}\r\none"),
            ("BODY.PEEK[2]", "BODY[2] {21}\r\nSubject: inner\r\n\r\ntwo"),
            ("BODY.PEEK[2.HEADER]", "BODY[2.HEADER] {18}\r\nSubject: inner\r\n\r\n"),
            ("BODY.PEEK[2.1]", "BODY[2.1] {3}\r\ntwo"),
            ("BODY.PEEK[2.TEXT]<1.9>", "BODY[2.TEXT]<1> {2}\r\nwo"),
            ("BODY.PEEK[2.MIME]", "BODY[2.MIME] {32}\r\nContent-Type: message/rfc822\r\n\r\n"),
            ("BODY.PEEK[3]", "BODY[3] NIL"),
            (
                "BODY.PEEK[HEADER.FIELDS (SUBJECT CC)]",
                "BODY[HEADER.FIELDS (SUBJECT CC)] {18}\r\nSubject: a\r\n b\r\n\r\n",
            ),
            ("BODY[]<0.7>", "BODY[]<0> {7}\r\nSubject"),
        ] {
            assert_eq!(fetch(asked), format!("* 3 FETCH ({bytes})\r\n"), "{asked}");
        }
    }
}
