//! What machines answer to a mail of ours: automatic replies (RFC 3834) and bounces (RFC 3464).

use jiff::SignedDuration;

use super::compose::{Letter, Party};
use super::people::Person;
use super::script::{MAILBOX_NAME, trace};
use crate::demo::MAILBOX;
use crate::demo::random::Random;

/// What comes back after our last mail of a conversation, to some of all that wait.
pub fn after(ours: &Letter, person: &Person, number: usize, random: &mut Random) -> Option<Letter> {
    match number % 24 {
        _ if is_bounced(number) => Some(bounce(ours, person, random)),
        2 | 8 | 15 | 20 => Some(out_of_office(ours, person, random)),
        _ => None,
    }
}

/// Whether our mail to this one of all that wait came back: that is somebody's work.
pub fn is_bounced(number: usize) -> bool {
    matches!(number % 24, 5 | 17)
}

fn answer_to(ours: &Letter, from: Party, subject: &str, random: &mut Random) -> Letter {
    let date = ours.date.checked_add(SignedDuration::from_secs(4)).unwrap_or(ours.date);
    let domain = from.email.rsplit('@').next().unwrap_or("example").to_owned();
    let fields = trace(&domain, &from.email, date, random);
    Letter {
        to: vec![Party::new(MAILBOX_NAME, MAILBOX)],
        subject: subject.to_owned(),
        message_id: format!("{}@{domain}", random.token(18)),
        references: ours.references.iter().cloned().chain([ours.message_id.clone()]).collect(),
        date,
        from: Some(from),
        fields,
        ..Letter::default()
    }
}

fn out_of_office(ours: &Letter, person: &Person, random: &mut Random) -> Letter {
    let subject = format!("Automatic reply: {}", ours.subject);
    let mut letter = answer_to(ours, Party::new(person.name, person.email), &subject, random);
    letter.offset = person.offset;
    letter.text = Some(format!(
        "{}\n\n{}",
        random.text(&[
            "I am out of the office and will read your mail when I am back on Monday.",
            "Thank you for your mail. The shop is closed for our yearly holiday, we will be back next week.",
            "I am at a fair until Thursday and read mail in the evenings only.",
        ]),
        person.name
    ));
    letter.fields.push(("Auto-Submitted", "auto-replied".to_owned()));
    letter.fields.push(("Precedence", "bulk".to_owned()));
    letter
}

fn bounce(ours: &Letter, person: &Person, random: &mut Random) -> Letter {
    let from = Party::new("Mail Delivery System", "mailer-daemon@example.test");
    let mut letter = answer_to(ours, from, "Undelivered Mail Returned to Sender", random);
    let boundary = format!("=_report_{}", random.token(12));
    let to = person.email;
    let original = ours.write();
    let original = crate::demo::imap::mime::header_of(&original);
    let body = format!(
        "This is a MIME-encapsulated message.\r\n\r\n--{boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
         This is the mail system at host mx.example.test.\r\n\r\nI'm sorry to have to inform you that your message could not\r\n\
         be delivered to one or more recipients. It's attached below.\r\n\r\n<{to}>: mailbox is full\r\n\r\n\
         --{boundary}\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.test\r\n\r\n\
         Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.2.2\r\nDiagnostic-Code: smtp; 552 5.2.2 mailbox is full\r\n\r\n\
         --{boundary}\r\nContent-Type: text/rfc822-headers\r\n\r\n{}\r\n--{boundary}--\r\n",
        String::from_utf8_lossy(original)
    );
    let header =
        format!("Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"{boundary}\"\r\n");
    letter.fields.push(("Auto-Submitted", "auto-replied".to_owned()));
    letter.fields.push(("X-Failed-Recipients", to.to_owned()));
    letter.verbatim = Some((header, body.into_bytes()));
    letter
}
