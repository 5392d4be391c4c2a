//! A draft as the bytes of a message (RFC 5322, RFC 2045): CRLF, short lines, ASCII, nothing in it that says who of the
//! team or which program wrote it.
//!
//! No field can be broken out of: whatever a subject, a name or an address holds, it stays in its own field. Bcc is for
//! the envelope alone and is never written.

use data_encoding::BASE32_NOPAD;
use jiff::Zoned;
use sha2::{Digest, Sha256};

use super::compose::{AttachedFile, Draft};
use super::encode::{Header, MAX_LINE, base64_len, file_name_parameter, push_base64, quoted_printable};
use super::structure::file_name;
use crate::model::MessageId;

/// How text may leave.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Letters {
    /// Every octet ASCII: passes everywhere.
    SevenBit,
    /// UTF-8 as it is: to be read by a person, or where 8BITMIME is known to be.
    EightBit,
}

/// The message as it leaves: 7-bit, no line longer than 998. (Who has an address outside ASCII before its `@` is not
/// written to: [`Draft::check`].)
pub fn write(draft: &Draft, message_id: &MessageId, date: &Zoned) -> Vec<u8> {
    message(draft, message_id, date, Letters::SevenBit)
}

/// The same message with its text readable where 8 bits may pass, for a person to look at.
pub fn write_readable(draft: &Draft, message_id: &MessageId, date: &Zoned) -> Vec<u8> {
    message(draft, message_id, date, Letters::EightBit)
}

fn message(draft: &Draft, message_id: &MessageId, date: &Zoned, letters: Letters) -> Vec<u8> {
    let mut header = Header::default();
    header.addresses("From", std::slice::from_ref(&draft.from));
    header.addresses("To", &draft.to);
    header.addresses("Cc", &draft.cc);
    if draft.to.is_empty() && draft.cc.is_empty() {
        header.plain("To", "undisclosed-recipients:;");
    }
    header.text("Subject", &draft.subject);
    header.plain("Date", &date.strftime("%a, %-d %b %Y %H:%M:%S %z").to_string());
    header.message_ids("Message-ID", std::slice::from_ref(message_id));
    header.message_ids("In-Reply-To", draft.in_reply_to.as_slice());
    header.message_ids("References", &draft.references);
    header.plain("MIME-Version", "1.0");
    let mut out = header.into_string().into_bytes();
    let text = text_part(&draft.body, letters);
    if draft.attachments.is_empty() {
        out.extend_from_slice(text.as_bytes());
        return out;
    }
    // Once and for all: large files are not copied again and again while the message grows.
    out.reserve(text.len() + draft.attachments.iter().map(|file| room_for(file) + 1000).sum::<usize>());
    let boundary = boundary(message_id, &text, &draft.attachments);
    out.extend(format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n").bytes());
    out.extend(format!("--{boundary}\r\n{text}").bytes());
    for file in &draft.attachments {
        out.extend(format!("--{boundary}\r\n").bytes());
        push_file(&mut out, file);
    }
    out.extend(format!("--{boundary}--\r\n").bytes());
    out
}

/// The text with its own fields: as it is where it may, else quoted-printable. Ends with a line end.
fn text_part(body: &str, letters: Letters) -> String {
    let mut body = body.replace("\r\n", "\n").replace('\r', "\n");
    if !body.ends_with('\n') {
        body.push('\n');
    }
    let is_ascii = body.is_ascii();
    let is_clean = body.split('\n').all(|line| line.len() <= MAX_LINE && !line.starts_with("From ") && line != ".")
        && body.bytes().all(|b| b == b'\n' || b == b'\t' || b >= 0x20 && b != 0x7f);
    let (encoding, text) = match letters {
        _ if is_ascii && is_clean => ("7bit", body.replace('\n', "\r\n")),
        Letters::EightBit if is_clean => ("8bit", body.replace('\n', "\r\n")),
        _ => ("quoted-printable", quoted_printable(&body)),
    };
    format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{text}")
}

/// A boundary that stands nowhere in the text, nor in a mail that goes along as it is (base64 has no `=_`). Made from the
/// Message-ID, so that the same draft gives the same bytes.
fn boundary(message_id: &MessageId, text: &str, files: &[AttachedFile]) -> String {
    let mut seed = message_id.0.clone();
    loop {
        let hash = BASE32_NOPAD.encode(&Sha256::digest(&seed)[..15]).to_ascii_lowercase();
        let boundary = format!("=_{hash}");
        let is_within = |file: &AttachedFile| {
            goes_as_it_is(file) && file.bytes.windows(boundary.len()).any(|run| run == boundary.as_bytes())
        };
        if !text.contains(&boundary) && !files.iter().any(is_within) {
            return boundary;
        }
        seed.push('.');
    }
}

/// A mail within a mail may not be encoded (RFC 2046 §5.2.1): it goes as it is, where every server on the way bears its lines.
fn goes_as_it_is(file: &AttachedFile) -> bool {
    file.media_type.eq_ignore_ascii_case("message/rfc822") && is_line_by_line(&file.bytes)
}

/// CRLF and no other line ends, no line too long, no NUL.
fn is_line_by_line(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|b| *b == b'\n').peekable();
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        let line = match line.strip_suffix(b"\r") {
            Some(line) if !is_last => line,
            None if is_last => line,
            _ => return false,
        };
        if line.len() > MAX_LINE || line.contains(&b'\r') || line.contains(&0) {
            return false;
        }
    }
    true
}

fn room_for(file: &AttachedFile) -> usize {
    if goes_as_it_is(file) { file.bytes.len() } else { base64_len(file.bytes.len()) }
}

fn push_file(out: &mut Vec<u8>, file: &AttachedFile) {
    if goes_as_it_is(file) {
        let name = file_name_parameter(&file_name(Some(&file.name), "message/rfc822"));
        let encoding = if file.bytes.is_ascii() { "7bit" } else { "8bit" };
        let head = format!(
            "Content-Type: message/rfc822\r\nContent-Disposition: attachment;\r\n {name}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&file.bytes);
        // The line end before a boundary is the boundary's (RFC 2046 §5.1.1).
        out.extend_from_slice(b"\r\n");
        return;
    }
    let media_type = media_type(&file.media_type);
    let name = file_name_parameter(&file_name(Some(&file.name), media_type));
    // Text whose letters are not named would be read as ASCII.
    let is_text = media_type.to_ascii_lowercase().starts_with("text/") && std::str::from_utf8(&file.bytes).is_ok();
    let charset = if is_text { "; charset=utf-8" } else { "" };
    let head = format!(
        "Content-Type: {media_type}{charset}\r\nContent-Disposition: attachment;\r\n {name}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    out.extend_from_slice(head.as_bytes());
    push_base64(out, &file.bytes);
}

/// The media type where it is one, and one that may stand in base64: a mail within a mail may not (RFC 2046 §5.2.1).
fn media_type(given: &str) -> &str {
    let is_token = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    let is_type = given.len() < 100 && given.split_once('/').is_some_and(|(kind, sub)| is_token(kind) && is_token(sub));
    let lower = given.to_ascii_lowercase();
    if !is_type || lower.starts_with("multipart/") || lower.starts_with("message/") {
        return "application/octet-stream";
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{header, parse, safe};
    use crate::model::{Address, Flags, Message, Role, Uid};
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn draft(subject: &str, body: &str) -> Draft {
        Draft {
            from: Address { name: Some("Example Support".into()), email: "support@example.test".into() },
            to: vec![Address { name: Some("Søren Ål".into()), email: "soren@example.dk".into() }],
            cc: vec![Address::bare("lee@z.test")],
            bcc: vec![Address::bare("hidden@z.test")],
            subject: subject.into(),
            body: body.into(),
            in_reply_to: Some(MessageId("0@example.dk".into())),
            references: vec![MessageId("r@example.dk".into()), MessageId("0@example.dk".into())],
            attachments: vec![],
        }
    }

    fn id() -> MessageId {
        MessageId("1@example.test".into())
    }

    fn date() -> Zoned {
        "2026-03-02T14:02:03+01:00[+01:00]".parse().unwrap()
    }

    fn written(draft: &Draft) -> String {
        String::from_utf8(write(draft, &id(), &date())).unwrap()
    }

    fn read(raw: &[u8]) -> Message {
        header::message(Role::Sent, Uid(1), None, Timestamp::UNIX_EPOCH, 0, Flags::default(), raw)
    }

    #[test]
    fn an_answer_is_written_exactly_so() {
        assert_eq!(
            written(&draft("Re: Rückfrage", "Hi Søren,\n\n> quoted\n-- \nSupport")),
            "From: Example Support <support@example.test>\r\n\
             To: =?utf-8?q?S=C3=B8ren_=C3=85l?= <soren@example.dk>\r\n\
             Cc: lee@z.test\r\n\
             Subject: =?utf-8?q?Re=3A_R=C3=BCckfrage?=\r\n\
             Date: Mon, 2 Mar 2026 14:02:03 +0100\r\n\
             Message-ID: <1@example.test>\r\n\
             In-Reply-To: <0@example.dk>\r\n\
             References: <r@example.dk> <0@example.dk>\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n\
             Hi S=C3=B8ren,\r\n\r\n> quoted\r\n--=20\r\nSupport\r\n"
        );
    }

    #[test]
    fn plain_ascii_stays_as_it_is_typed() {
        let raw = written(&draft("Re: Printer on fire", "Hi,\n\nit burns.\n"));
        assert!(raw.contains("\r\nSubject: Re: Printer on fire\r\n"), "{raw}");
        assert!(raw.ends_with("Content-Transfer-Encoding: 7bit\r\n\r\nHi,\r\n\r\nit burns.\r\n"), "{raw}");
    }

    #[test]
    fn a_person_reads_the_text_as_it_is() {
        let readable = write_readable(&draft("x", "Grüße\n"), &id(), &date());
        let readable = String::from_utf8(readable).unwrap();
        assert!(readable.ends_with("Content-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n"), "{readable}");
    }

    #[test]
    fn no_field_can_be_broken_out_of() {
        let mut hostile = draft("hi\r\nBcc: victim@x.test\r\n\r\nbody", "text");
        hostile.from.name = Some("Eve\" <eve@x.test>\r\nX-Evil: 1".into());
        hostile.to = vec![Address { name: Some("a\nb".into()), email: "a@x.test".into() }];
        hostile.cc = vec![Address::bare("a@x.test>\r\nX-Evil: 2")];
        hostile.references = vec![MessageId("a@b>\r\nX-Evil: 3".into())];
        hostile.in_reply_to = Some(MessageId("x y".into()));
        hostile.attachments = vec![AttachedFile {
            name: "a\"\r\nX-Evil: 4\r\n.pdf".into(),
            media_type: "text/x\r\nX-Evil: 5".into(),
            bytes: b"x".to_vec(),
        }];
        let raw = written(&hostile);
        let names: Vec<&str> = raw.lines().filter_map(|l| l.split_once(':')).map(|(name, _)| name).collect();
        assert!(!names.iter().any(|n| n.contains("Evil") || n.contains("Bcc")), "{raw}");
        assert!(!raw.contains("hidden@z.test"), "{raw}");
        assert_eq!(read(raw.as_bytes()).from[0].email, "support@example.test");
    }

    #[test]
    fn nothing_tells_who_wrote_it_or_with_what() {
        let raw = written(&draft("x", "y"));
        for field in ["User-Agent", "X-Mailer", "Sender", "Received", "X-Originating"] {
            assert!(!raw.contains(field), "{raw}");
        }
        assert!(!raw.to_lowercase().contains("bagsy"), "{raw}");
    }

    #[test]
    fn lines_that_others_take_for_their_own_are_disguised() {
        let raw = written(&draft("x", "From here on\n.\nä"));
        assert!(raw.contains("\r\n=46rom here on\r\n=2E\r\n=C3=A4\r\n"), "{raw}");
        assert_eq!(parse::parse(raw.as_bytes()).text, "From here on\n.\nä");
    }

    #[test]
    fn hidden_recipients_alone_are_said_to_be() {
        let mut hidden = draft("x", "y");
        (hidden.to, hidden.cc) = (vec![], vec![]);
        assert!(written(&hidden).contains("\r\nTo: undisclosed-recipients:;\r\n"));
    }

    #[test]
    fn attachments_arrive_as_they_were() {
        let mut with_files = draft("x", "see below");
        let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
        for name in ["Rechnung ü.pdf", "a b.pdf"] {
            let media_type = "application/pdf".into();
            with_files.attachments.push(AttachedFile { name: name.into(), media_type, bytes: bytes.clone() });
        }
        let raw = write(&with_files, &id(), &date());
        let body = parse::parse(&raw);
        assert_eq!(body.text, "see below");
        let named: Vec<(&str, u64)> = body.attachments.iter().map(|a| (a.name.as_str(), a.size)).collect();
        assert_eq!(named, [("Rechnung ü.pdf", 5000), ("a b.pdf", 5000)]);
        assert_eq!(parse::part_octets(&raw, "2"), Some(bytes));
        assert_eq!(raw, write(&with_files, &id(), &date()));
    }

    #[test]
    fn a_mail_goes_along_as_it_is_and_an_odd_one_as_a_file() {
        let mail = b"From: dana@x.test\r\nSubject: =?utf-8?q?=C3=A4?=\r\n\r\nHi\r\n".to_vec();
        let with = |bytes: Vec<u8>| {
            let mut draft = draft("Fwd: x", "see below");
            let media_type = "message/rfc822".into();
            draft.attachments.push(AttachedFile { name: "x.eml".into(), media_type, bytes });
            write(&draft, &id(), &date())
        };
        let raw = with(mail.clone());
        assert_eq!(parse::part_octets(&raw, "2"), Some(mail.clone()));
        let text = String::from_utf8(raw).unwrap();
        assert!(text.contains("Content-Type: message/rfc822\r\n") && !text.contains("base64"), "{text}");
        for odd in [&b"Subject: x\n\nbare\n"[..], b"Subject: x\r\n\r\nnul\0", &[b'x'; 2000]] {
            let raw = with(odd.to_vec());
            assert!(String::from_utf8_lossy(&raw).contains("application/octet-stream"));
            assert_eq!(parse::part_octets(&raw, "2").as_deref(), Some(odd));
        }
        // A boundary of ours within it ends nothing.
        let again = with(text.into_bytes());
        assert_eq!(parse::parse(&again).attachments.len(), 1);
        assert!(String::from_utf8(with("Grüße\r\n".into())).unwrap().contains("Content-Transfer-Encoding: 8bit"));
    }

    fn is_well_formed(raw: &[u8]) -> bool {
        let text = std::str::from_utf8(raw).unwrap();
        text.is_ascii()
            && text.ends_with("\r\n")
            && text.split("\r\n").all(|line| line.len() <= MAX_LINE && !line.contains(['\r', '\n', '\0']))
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            subject in "([ -~]|é|見|👩|\t|\r\n){0,120}",
            body in "([ -~]|é|見|\t|\r|\n|\u{1}|=|From |\\.){0,300}",
            long in 0usize..3000,
            name in "([ -~]|é|見|\r\n){0,60}",
        ) {
            let mut draft = draft(&subject, &format!("{body}{}", "x".repeat(long)));
            draft.to[0].name = Some(name.clone());
            let raw = write(&draft, &id(), &date());
            prop_assert!(is_well_formed(&raw), "{}", String::from_utf8_lossy(&raw));
            let body = parse::parse(&raw);
            let typed = safe::text(&draft.body);
            prop_assert_eq!(body.text, typed.trim_end().trim_start_matches('\n'));
            let message = read(&raw);
            prop_assert_eq!(&message.subject, &safe::line(&draft.subject));
            let name = Some(safe::line(&name)).filter(|name| !name.is_empty());
            prop_assert_eq!(&message.to, &[Address { name, email: draft.to[0].email.clone() }]);
            prop_assert_eq!(&message.from, std::slice::from_ref(&draft.from));
            prop_assert_eq!(&message.cc, &draft.cc);
            prop_assert_eq!(&message.references, &draft.references);
            prop_assert_eq!(message.message_id, Some(id()));
            let readable = write_readable(&draft, &id(), &date());
            prop_assert_eq!(parse::parse(&readable).text, typed.trim_end().trim_start_matches('\n'));
        }

        #[test]
        fn any_strings_make_a_well_formed_mail(
            subject in any::<String>(), body in any::<String>(), name in any::<String>(), email in "[ -~\r\n]{0,20}", id in any::<String>(),
        ) {
            let mut draft = draft(&subject, &body);
            draft.to = vec![Address { name: Some(name), email }];
            draft.references = vec![MessageId(id.clone())];
            draft.attachments = vec![AttachedFile { name: id.clone(), media_type: subject, bytes: body.into_bytes() }];
            let raw = write(&draft, &super::tests::id(), &date());
            prop_assert!(is_well_formed(&raw), "{}", String::from_utf8_lossy(&raw));
        }
    }
}
