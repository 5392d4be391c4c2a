//! A row of the queue from the header fields that every client of a team asks for (docs/protocol.md, *What to fetch*).

use jiff::Timestamp;

use super::fields::Fields;
use super::safe;
use crate::model::{Flags, Message, ModSeq, Role, Uid};

/// The fields that [`message`] reads, in the one order in which all clients ask for them: a server that has prepared
/// this list once answers every client from its cache.
pub const FETCHED: [&str; 19] = [
    "DATE",
    "FROM",
    "TO",
    "CC",
    "SUBJECT",
    "MESSAGE-ID",
    "IN-REPLY-TO",
    "REFERENCES",
    "REPLY-TO",
    "SENDER",
    "CONTENT-TYPE",
    "AUTO-SUBMITTED",
    "LIST-ID",
    "DELIVERED-TO",
    "X-ORIGINAL-TO",
    "X-ORIGINAL-FROM",
    "X-ORIGINAL-SENDER",
    "PRECEDENCE",
    "X-FAILED-RECIPIENTS",
];

/// The longest subject that a row keeps, in characters.
const MAX_SUBJECT: usize = 1000;

/// The longest identifier of a list, in characters; RFC 2919 §3 allows 255.
const MAX_LIST_ID: usize = 255;

/// Reads a row from the answer to a FETCH of the header fields. Any bytes make a message, none at all too.
pub fn message(
    folder: Role,
    uid: Uid,
    modseq: Option<ModSeq>,
    internal_date: Timestamp,
    size: u32,
    flags: Flags,
    header_block: &[u8],
) -> Message {
    let (fields, _) = Fields::parse(header_block);
    let content_type = fields.parameters("Content-Type").and_then(|p| p.essence());
    Message {
        folder,
        uid,
        modseq,
        internal_date,
        size,
        flags,
        message_id: fields.own_message_id(),
        references: fields.message_ids("References"),
        in_reply_to: fields.message_ids("In-Reply-To"),
        date: fields.raw("Date"),
        from_raw: fields.raw("From"),
        subject_raw: fields.raw("Subject"),
        subject: cut(fields.text("Subject"), MAX_SUBJECT),
        from: fields.addresses("From"),
        sender: fields.addresses("Sender"),
        reply_to: fields.addresses("Reply-To"),
        to: fields.addresses("To"),
        cc: fields.addresses("Cc"),
        delivered_to: delivered_to(&fields),
        // RFC 2045 §5.2: what says nothing, or nothing that can be read, is plain text.
        content_type: content_type.unwrap_or_else(|| "text/plain".to_owned()),
        auto_submitted: auto_submitted(&fields),
        list_id: list_id(&fields),
    }
}

fn delivered_to(fields: &Fields<'_>) -> Vec<String> {
    let mut places = Vec::new();
    for raw in fields.raw_all("Delivered-To").into_iter().chain(fields.raw_all("X-Original-To")) {
        let place = safe::line(raw.trim_matches(['<', '>']));
        if !place.is_empty() && !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn auto_submitted(fields: &Fields<'_>) -> Option<String> {
    let raw = fields.raw("Auto-Submitted");
    let word = raw.split(|c: char| c.is_whitespace() || matches!(c, ';' | '(')).next().unwrap_or_default();
    let word = safe::line(&word.to_ascii_lowercase());
    (!word.is_empty() && word != "no").then_some(word)
}

/// What stands in the brackets of the first List-Id, without its blanks; an old list may have written it without them.
fn list_id(fields: &Fields<'_>) -> Option<String> {
    let raw = fields.raw("List-Id");
    let id = raw.rsplit_once('<').map_or(raw.as_str(), |(_, id)| id);
    let id: String = id.split('>').next().unwrap_or_default().split_whitespace().collect();
    let id = cut(safe::line(&id.to_lowercase()), MAX_LIST_ID);
    (!id.is_empty()).then_some(id)
}

fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, MessageId};
    use proptest::prelude::*;

    fn read(block: &[u8]) -> Message {
        message(Role::Inbox, Uid(1), None, Timestamp::UNIX_EPOCH, 0, Flags::default(), block)
    }

    #[test]
    fn an_ordinary_header_is_read_whole() {
        let m = read(
            b"Date: Mon, 2 Mar 2026 14:02:03 +0100\r\nFrom: =?utf-8?q?S=C3=B8ren_=C3=85l?= <soren@example.dk>\r\n\
              To: \"Support, the\" <support@example.test>, help@example.test\r\nCc: Team: a@x.test, B <b@x.test>;\r\n\
              Subject: =?iso-8859-1?Q?R=FCckfrage?= zu\r\n Rechnung 118\r\nMessage-ID: <1@example.dk>\r\n\
              In-Reply-To: <0@example.test>\r\nReferences: <r@example.test>\r\n <0@example.test>\r\n\
              Content-Type: Multipart/Mixed; boundary=x\r\nAuto-Submitted: Auto-Replied; owner=x\r\n\
              Delivered-To: support@example.test\r\nX-Original-To: help@example.test\r\n\r\n",
        );
        assert_eq!(m.subject, "Rückfrage zu Rechnung 118");
        assert_eq!(m.subject_raw, "=?iso-8859-1?Q?R=FCckfrage?= zu Rechnung 118");
        assert_eq!(m.from, [Address { name: Some("Søren Ål".into()), email: "soren@example.dk".into() }]);
        assert_eq!(m.from_raw, "=?utf-8?q?S=C3=B8ren_=C3=85l?= <soren@example.dk>");
        assert_eq!(m.to.iter().map(Address::shown).collect::<Vec<_>>(), ["Support, the", "help@example.test"]);
        assert_eq!(m.cc.iter().map(|a| a.email.as_str()).collect::<Vec<_>>(), ["a@x.test", "b@x.test"]);
        assert_eq!(m.references, [MessageId("r@example.test".into()), MessageId("0@example.test".into())]);
        assert_eq!(m.content_type, "multipart/mixed");
        assert_eq!(m.auto_submitted.as_deref(), Some("auto-replied"));
        assert_eq!(m.delivered_to, ["support@example.test", "help@example.test"]);
        assert!(m.is_auto_reply());
    }

    #[test]
    fn a_list_is_known_by_what_stands_in_brackets() {
        let id = |line: &str| read(format!("List-Id: {line}\r\n\r\n").as_bytes()).list_id;
        assert_eq!(id("The =?utf-8?q?W=C3=B6che?= <Weekly.Example.ORG>").as_deref(), Some("weekly.example.org"));
        assert_eq!(id("\"a < b\"\r\n <weekly.example.org> (weekly)").as_deref(), Some("weekly.example.org"));
        assert_eq!(id("weekly.example.org").as_deref(), Some("weekly.example.org"));
        assert_eq!((id("<>"), id(""), read(b"Subject: x\r\n\r\n").list_id), (None, None, None));
        assert_eq!(id("<a\x1b[2J.example>").as_deref(), Some("a␛[2j.example"));
        assert_eq!(id(&"x".repeat(9000)).map(|id| id.chars().count()), Some(MAX_LIST_ID + 1));
    }

    #[test]
    fn no_header_at_all_is_a_message_too() {
        for block in [&b""[..], b"\r\n", b"\r\n\r\n", b"no colon here\r\n"] {
            let m = read(block);
            assert_eq!((m.subject.as_str(), m.from.len(), m.message_id), ("", 0, None));
            assert_eq!(m.content_type, "text/plain");
        }
    }

    #[test]
    fn raw_8_bit_letters_are_read_in_the_set_of_the_body_or_as_western() {
        assert_eq!(read(b"Subject: R\xFCckfrage\r\n\r\n").subject, "Rückfrage");
        assert_eq!(read("Subject: Rückfrage\r\n\r\n".as_bytes()).subject, "Rückfrage");
        let russian = b"Subject: \xF0\xD2\xC9\xD7\xC5\xD4\r\nContent-Type: text/plain; charset=\"KOI8-R\"\r\n\r\n";
        assert_eq!(read(russian).subject, "Привет");
        let from = read(b"From: J\xF6rg <j@x.test>\r\n\r\n").from;
        assert_eq!(from, [Address { name: Some("Jörg".into()), email: "j@x.test".into() }]);
    }

    #[test]
    fn nothing_hostile_comes_through() {
        let m = read(
            b"Subject: =?utf-8?q?hi=1B[31m=0D=0ABcc:_x=E2=80=AE?=\r\nFrom: =?utf-8?b?GzFtTWFsbG9yeQ==?= <m\x1b@x.test>\r\n\r\n",
        );
        assert_eq!(m.subject, "hi␛[31m Bcc: x");
        assert_eq!(m.from[0].name.as_deref(), Some("␛1mMallory"));
        assert!(!m.from[0].email.contains('\u{1b}'));
    }

    #[test]
    fn a_sender_without_an_address_is_a_name() {
        let m = read(b"From: Mailer Daemon\r\nTo: undisclosed-recipients:;\r\n\r\n");
        assert_eq!(m.from[0].shown(), "Mailer Daemon");
        assert_eq!(m.from[0].email, "");
        assert!(m.to.is_empty());
    }

    #[test]
    fn a_subject_without_end_is_cut() {
        let m = read(format!("Subject: {}\r\n\r\n", "ä".repeat(100_000)).as_bytes());
        assert_eq!(m.subject.chars().count(), MAX_SUBJECT + 1);
        assert!(m.subject_raw.len() > 100_000);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(block in proptest::collection::vec(any::<u8>(), 0..400)) {
            read(&block);
        }

        #[test]
        fn no_near_header_makes_it_panic(lines in proptest::collection::vec(
            ("(Subject|From|To|Message-ID|References|Content-Type|Delivered-To)", "[ -~\r\n\t=?<>\"(),;:@\\\\*'é\u{202e}]{0,60}"), 0..8)
        ) {
            let block: String = lines.iter().map(|(name, value)| format!("{name}:{value}\r\n")).collect();
            let m = read(block.as_bytes());
            let shown = m.from.iter().chain(&m.to).flat_map(|a| a.name.iter().chain([&a.email])).chain([&m.subject]);
            for text in shown {
                prop_assert!(!text.chars().any(|c| safe::is_forbidden(c) || c == '\n'), "{text:?}");
            }
        }
    }
}
