//! A whole mail, or the beginning of one, as a person reads it: its text, what hangs on it, where its links lead.

use std::ops::AddAssign;

pub use super::structure::Attachment;

use super::mime::Part;
use super::structure::file_name;
use super::{html, links, safe};

/// The width in which HTML is laid out here; a screen that has another lays out [`Body::html`] anew.
pub const WIDTH: usize = 78;

/// The most text that is read of one part, in bytes.
const MAX_TEXT: usize = 1024 * 1024;

/// What a mail holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// Safe for a terminal, LF line ends, none at the end. HTML is laid out in [`WIDTH`] columns.
    pub text: String,
    /// The HTML as it came (not safe to print), where the mail has any: for `--html`, and for another width.
    pub html: Option<String>,
    /// Whether `text` was made of `html`, for want of a text that says something.
    pub is_from_html: bool,
    /// Files, inline images, attached mails, calendars: all that is not the text.
    pub attachments: Vec<Attachment>,
    /// Whether there is a calendar invitation in it.
    pub invitation: bool,
    /// What the links of `text` open, each once; the first has number 1.
    pub links: Vec<String>,
    /// Whether the text is longer than what is shown of it.
    pub is_cut: bool,
}

/// Reads a mail. Any bytes will do: what was cut off is not there, what cannot be read is passed over.
pub fn parse(raw: &[u8]) -> Body {
    let mail = Part::of_mail(raw);
    let mut found = Found::default();
    found.read(&mail);
    let mut body =
        Body { attachments: found.attachments, invitation: found.invitation, is_cut: found.is_cut, ..Body::default() };
    let plain = safe::text(&found.plain);
    if plain.trim().is_empty() && !found.html.trim().is_empty() {
        (body.text, body.links) = html::to_text(&found.html, WIDTH);
        body.is_from_html = true;
    } else {
        body.links = links::targets(&links::find(&plain));
        body.text = plain.trim_end().trim_start_matches('\n').to_owned();
        if found.is_cut {
            body.text += "\n\n[The rest of this message is too long to be shown.]";
        }
    }
    if !found.html.is_empty() {
        body.html = Some(found.html);
    }
    body
}

/// The octets of one part, decoded, by its number as IMAP counts: an attachment to be saved or opened.
pub fn part_octets(raw: &[u8], number: &str) -> Option<Vec<u8>> {
    let mail = Part::of_mail(raw);
    mail.find(number).filter(|part| !part.is_multipart()).map(|part| part.decoded().into_owned())
}

/// What the parts of a mail hold, put together.
#[derive(Debug, Default)]
struct Found {
    plain: String,
    html: String,
    attachments: Vec<Attachment>,
    invitation: bool,
    is_cut: bool,
}

impl Found {
    fn read(&mut self, part: &Part<'_>) {
        self.invitation |= is_calendar(&part.media_type);
        match part.media_type.as_str() {
            // Boundaries that are not there: what stands there is shown as it is rather than not at all.
            _ if part.is_multipart() && part.children.is_empty() => {
                let (text, is_cut) = part.text(MAX_TEXT);
                self.is_cut |= is_cut;
                self.append(&text);
            }
            "multipart/alternative" => self.read_alternative(part),
            "multipart/related" => self.read_related(part),
            _ if part.is_multipart() => part.children.iter().for_each(|child| self.read(child)),
            "text/plain" | "text/html" if self.is_text(part) => self.read_text(part),
            _ => self.attachments.push(attachment(part)),
        }
    }

    /// Text that belongs to what is read, not a file that is handed over. What has a name is a file, except where it is
    /// all the text there is.
    fn is_text(&self, part: &Part<'_>) -> bool {
        let is_first = self.plain.is_empty() && self.html.is_empty();
        !part.is_attached() && (part.file_name.is_none() || is_first)
    }

    fn read_text(&mut self, part: &Part<'_>) {
        let is_html = part.media_type == "text/html";
        let (text, is_cut) = part.text(MAX_TEXT);
        self.is_cut |= is_cut;
        if !is_html {
            self.append(&text);
            return;
        }
        // HTML beside plain text (not instead of it: that is multipart/alternative) is read after it, as text.
        if !self.plain.trim().is_empty() {
            let (as_text, _) = html::to_text(&text, WIDTH);
            self.append(&as_text);
        }
        self.html += &text;
    }

    fn append(&mut self, text: &str) {
        let is_first = self.plain.trim().is_empty();
        if !is_first {
            self.plain.truncate(self.plain.trim_end().len());
            self.plain.push_str("\n\n");
        }
        // Parts without end cannot make a text without end.
        if self.plain.len() < MAX_TEXT {
            self.plain.add_assign(text);
        } else {
            self.is_cut = true;
        }
    }

    /// One thing in several forms (RFC 2046 §5.1.4): the plain one is read unless it is empty, the HTML kept beside it.
    fn read_alternative(&mut self, part: &Part<'_>) {
        let mut plain = String::new();
        let mut html = String::new();
        for child in &part.children {
            let mut one = Self::default();
            one.read(child);
            self.attachments.append(&mut one.attachments);
            self.invitation |= one.invitation;
            self.is_cut |= one.is_cut;
            if plain.trim().is_empty() {
                plain = one.plain;
            }
            if html.trim().is_empty() {
                html = one.html;
            }
        }
        let says_something = !plain.trim().is_empty();
        if says_something {
            self.append(&plain);
        } else if !html.trim().is_empty() && !self.plain.trim().is_empty() {
            let (as_text, _) = html::to_text(&html, WIDTH);
            self.append(&as_text);
        }
        self.html += &html;
    }

    /// A document and what it is made of (RFC 2387): the root is read, the rest is listed.
    fn read_related(&mut self, part: &Part<'_>) {
        let start = part.content_type.attribute("start").map(|s| s.trim_matches(['<', '>']));
        let root = part.children.iter().position(|c| start.is_some() && c.content_id.as_deref() == start).unwrap_or(0);
        for (i, child) in part.children.iter().enumerate() {
            if i == root || child.is_multipart() {
                self.read(child);
            } else {
                self.invitation |= is_calendar(&child.media_type);
                self.attachments.push(attachment(child));
            }
        }
    }
}

fn is_calendar(media_type: &str) -> bool {
    matches!(media_type, "text/calendar" | "application/ics")
}

fn attachment(part: &Part<'_>) -> Attachment {
    let subject = || {
        let (fields, _) = super::fields::Fields::parse(part.body);
        let subject = fields.text("Subject");
        (!subject.is_empty()).then(|| format!("{}.eml", subject.replace(['/', '\\'], "_")))
    };
    let given = part.file_name.clone().or_else(|| (part.media_type == "message/rfc822").then(subject).flatten());
    Attachment {
        part: part.number.clone(),
        name: file_name(given.as_deref(), &part.media_type),
        media_type: part.media_type.clone(),
        size: part.encoding.decoded_len(part.body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(body: &Body) -> Vec<(&str, &str)> {
        body.attachments.iter().map(|a| (a.part.as_str(), a.name.as_str())).collect()
    }

    #[test]
    fn plain_text_is_preferred_to_html() {
        let body = parse(
            b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\
              Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe https://x.test/=\r\n1\r\n--b\r\n\
              Content-Type: text/html\r\n\r\n<p>html</p>\r\n--b--\r\n",
        );
        assert_eq!((body.text.as_str(), body.is_from_html), ("Grüße https://x.test/1", false));
        assert_eq!(body.html.as_deref(), Some("<p>html</p>"));
        assert_eq!(body.links, ["https://x.test/1"]);
    }

    #[test]
    fn html_is_read_where_the_plain_text_is_empty() {
        let body = parse(
            b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: text/html\n\n<p>html</p>\n--b--\n",
        );
        assert_eq!((body.text.as_str(), body.is_from_html), ("html", true));
    }

    #[test]
    fn everything_that_hangs_on_it_is_listed() {
        let body = parse(
            b"Content-Type: multipart/mixed; boundary=o\n\n\
              --o\nContent-Type: multipart/alternative; boundary=a\n\n\
              --a\n\nCome!\n\
              --a\nContent-Type: multipart/related; boundary=r\n\n\
              --r\nContent-Type: text/html\n\n<img src=cid:1>\n\
              --r\nContent-Type: image/png; name=logo.png\nContent-ID: <1>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\nAAAAAAAA\n\
              --r--\n\
              --a\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n\
              --a--\n\
              --o\nContent-Type: message/rfc822\n\nSubject: Before\n\nx\n\
              --o\nContent-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''Rechnung%20%C3%BC.pdf\n\n%PDF\n\
              --o\nContent-Type: text/plain; name=log.txt\nContent-Disposition: attachment\n\nlog\n\
              --o--\n",
        );
        assert_eq!(body.text, "Come!");
        assert!(body.invitation);
        assert_eq!(
            names(&body),
            [
                ("1.2.2", "logo.png"),
                ("1.3", "text.ics"),
                ("2", "Before.eml"),
                ("3", "Rechnung ü.pdf"),
                ("4", "log.txt")
            ]
        );
        assert_eq!(body.attachments[0].size, 6);
    }

    #[test]
    fn text_after_an_attachment_is_read_too() {
        let body = parse(
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nbefore\n--b\nContent-Type: image/png\n\nx\n--b\n\nlist footer\n--b--\n",
        );
        assert_eq!(body.text, "before\n\nlist footer");
        assert_eq!(names(&body), [("2", "image.png")]);
    }

    #[test]
    fn a_mail_that_was_cut_shows_what_is_there() {
        let body = parse(
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\nContent-Type: application/zip\r\n\
              Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.zip\r\n\r\nAAAA",
        );
        assert_eq!((body.text.as_str(), names(&body)), ("hello", vec![("2", "a.zip")]));
    }

    #[test]
    fn no_header_no_text_and_no_sense_are_lived_with() {
        assert_eq!(parse(b""), Body::default());
        assert_eq!(parse(b"\r\njust: text").text, "just: text");
        assert_eq!(parse(b"just text\r\nof two lines\r\n").text, "just text\nof two lines");
        assert_eq!(parse(b"Content-Type: multipart/mixed; boundary=b\n\nno part at all").text, "no part at all");
    }

    #[test]
    fn an_attachment_comes_back_octet_by_octet() {
        let raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAEC\n/w==\n--b--\n";
        assert_eq!(part_octets(raw, "2").as_deref(), Some(&[0, 1, 2, 255][..]));
        assert_eq!(part_octets(raw, "3"), None);
    }

    #[test]
    fn a_mail_of_fifty_megabytes_is_read_without_its_octets() {
        let mut raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: video/mp4\nContent-Transfer-Encoding: base64\n\n".to_vec();
        let line = [b'A'; 76];
        while raw.len() < 50_000_000 {
            raw.extend_from_slice(&line);
            raw.push(b'\n');
        }
        let body = parse(&raw);
        assert_eq!(body.text, "hello");
        assert!(body.attachments[0].size > 36_000_000);
        let text = format!("\n{}", "word ".repeat(2_000_000));
        let body = parse(text.as_bytes());
        assert!(body.is_cut && body.text.len() < 2 * MAX_TEXT);
    }

    proptest! {
        #[test]
        fn any_bytes_make_safe_text(raw in proptest::collection::vec(any::<u8>(), 0..500)) {
            prop_assert!(!parse(&raw).text.chars().any(safe::is_forbidden));
        }

        #[test]
        fn any_near_mail_makes_safe_text(parts in proptest::collection::vec(
            "(--b(--)?\n|Content-Type: (text/html|multipart/(mixed|alternative|related); boundary=b|message/rfc822|image/png; name=[a-z/.]{0,5})\n|Content-Transfer-Encoding: (base64|quoted-printable)\n|\n|[ -~é]{0,20}\n)", 0..20)
        ) {
            let body = parse(parts.concat().as_bytes());
            prop_assert!(!body.text.chars().any(safe::is_forbidden));
            prop_assert!(body.attachments.iter().all(|a| !a.name.is_empty() && !a.part.is_empty() || a.media_type.starts_with("multipart")));
        }
    }
}
