//! How a mail begins that answers nothing: a new one, and one that hands another on.

use super::compose::Draft;
use super::reply::{date_of, sender};
use super::{addresses, safe};
use crate::model::{Address, Mailbox, Message};

/// The line above what is handed on, as most programs write it and know it again.
pub const FORWARDED: &str = "---------- Forwarded message ----------";

/// What programs in other languages write for `Fwd`.
const FORWARD_WORDS: [&str; 10] = ["fwd", "fw", "wg", "tr", "rv", "i", "vb", "doorst", "转发", "轉寄"];

/// The addresses that a mail of this mailbox may come from: its own, then its further ones.
pub fn senders(own: &Mailbox) -> Vec<Address> {
    let address = |email: &String| Address { name: own.name.clone(), email: email.clone() };
    own.address.iter().chain(&own.addresses).map(address).collect()
}

/// An empty mail from the mailbox's first address.
pub fn blank(own: &Mailbox) -> Draft {
    Draft {
        from: senders(own).into_iter().next().unwrap_or_else(|| Address::bare("")),
        to: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: String::new(),
        body: String::new(),
        in_reply_to: None,
        references: Vec::new(),
        attachments: Vec::new(),
    }
}

/// A mail that hands a message on, from the address to which that was written. It answers nothing and names nothing:
/// a conversation of its own, so that the customer of the first one still waits there.
pub fn forward(own: &Mailbox, forwarded: &Message) -> Draft {
    Draft { from: sender(own, forwarded), subject: forward_subject(&forwarded.subject), ..blank(own) }
}

/// `Fwd: ` and the subject without whatever it had of that kind in front.
pub fn forward_subject(subject: &str) -> String {
    let mut rest = subject.trim();
    while let Some(shorter) = without_forward_word(rest) {
        rest = shorter;
    }
    format!("Fwd: {rest}").trim_end().to_owned()
}

/// What follows `Fwd:`, `WG:` and their kind.
pub(super) fn without_forward_word(subject: &str) -> Option<&str> {
    let (front, rest) = subject.split_once([':', '：'])?;
    FORWARD_WORDS.contains(&front.trim_end().to_lowercase().as_str()).then(|| rest.trim_start())
}

/// What is handed on, as text: who wrote it when and to whom, then all that it said.
pub fn forwarding(message: &Message, text: &str) -> String {
    let mut block = format!("{FORWARDED}\n");
    let mut field = |name: &str, value: String| {
        if !value.is_empty() {
            block.push_str(&format!("{name}: {value}\n"));
        }
    };
    field("From", addresses::write(&message.from));
    field("Date", date_of(message));
    field("Subject", safe::line(&message.subject));
    field("To", addresses::write(&message.to));
    field("Cc", addresses::write(&message.cc));
    format!("{block}\n{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::mail::header;
    use crate::model::{Flags, Role, Uid};

    #[test]
    fn what_is_handed_on_says_who_wrote_it_and_all_that_it_said() {
        let head = "From: Dana Reyes <dana@reyes.example>\nTo: support@example.test\nSubject: Printer on fire\n\
                    Date: Mon, 2 Mar 2026 14:02:03 +0100\nMessage-ID: <1@reyes.example>\n\n";
        let at = Timestamp::UNIX_EPOCH;
        let message = header::message(Role::Inbox, Uid(1), None, at, 0, Flags::default(), head.as_bytes());
        assert_eq!(
            forwarding(&message, "It burns.\n\n-- \nDana\n+49 123\n"),
            "---------- Forwarded message ----------\nFrom: Dana Reyes <dana@reyes.example>\n\
             Date: 2 March 2026 at 14:02 +0100\nSubject: Printer on fire\nTo: support@example.test\n\n\
             It burns.\n\n-- \nDana\n+49 123\n"
        );
    }

    #[test]
    fn fwd_is_never_doubled() {
        for subject in ["Hello", "Fwd: Hello", "FW: WG: Hello", "Tr : Hello"] {
            assert_eq!(forward_subject(subject), "Fwd: Hello", "{subject}");
        }
        assert_eq!(forward_subject("Re: Hello"), "Fwd: Re: Hello");
        assert_eq!(forward_subject(""), "Fwd:");
    }
}
