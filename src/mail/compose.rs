//! A mail as a person writes it, and as the bytes of a message.

use data_encoding::BASE32_NOPAD;

use super::fields::Fields;
use crate::model::{Address, MessageId};

pub use super::forward::{FORWARDED, blank, forward, forward_subject, forwarding, senders};
pub use super::reply::{attribution, bare_subject, quote, quoting, reply, reply_subject};
pub use super::write::{write, write_readable};

/// The most octets of files that go along with one mail, all together: as base64 they come near what common servers take.
pub const MAX_ATTACHED: u64 = 25_000_000;

/// A mail that is being written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Draft {
    pub from: Address,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub subject: String,
    /// Plain text, LF line ends.
    pub body: String,
    pub in_reply_to: Option<MessageId>,
    pub references: Vec<MessageId>,
    pub attachments: Vec<AttachedFile>,
}

/// A file that goes along with a mail.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AttachedFile {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Why a mail cannot be sent as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    #[error("nobody to send it to")]
    NoRecipient,
    /// What was typed, or what a customer's mail said.
    #[error("“{0}” is no mail address")]
    NotAnAddress(String),
    /// It takes servers that speak SMTPUTF8, all the way to the customer.
    #[error("“{0}” has other letters than ASCII before its @: mail to such an address is not supported")]
    NotAscii(String),
}

impl Draft {
    /// Whether it can be sent: somebody to send it to, and addresses that are some.
    pub fn check(&self) -> Result<(), DraftError> {
        let bad = |a: &&Address| !is_mailable(&a.email);
        if let Some(address) = std::iter::once(&self.from).chain(self.everybody()).find(bad) {
            return Err(DraftError::NotAnAddress(address.to_string()));
        }
        if let Some(address) =
            std::iter::once(&self.from).chain(self.everybody()).find(|a| in_ascii(&a.email).is_none())
        {
            let is_local = address.email.rsplit_once('@').is_some_and(|(local, _)| !local.is_ascii());
            let why = if is_local { DraftError::NotAscii } else { DraftError::NotAnAddress };
            return Err(why(address.to_string()));
        }
        if self.everybody().next().is_none() { Err(DraftError::NoRecipient) } else { Ok(()) }
    }

    /// The envelope's recipients as servers take them: To, Cc and Bcc, each place once.
    pub fn recipients(&self) -> Vec<String> {
        let mut places: Vec<String> = Vec::new();
        for address in self.everybody() {
            let email = in_ascii(&address.email).unwrap_or_else(|| address.email.clone());
            if !places.iter().any(|place| place.eq_ignore_ascii_case(&email)) {
                places.push(email);
            }
        }
        places
    }

    fn everybody(&self) -> impl Iterator<Item = &Address> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }
}

/// Whether a text is a mail address as far as its shape tells: one local part, one domain, nothing that could end a
/// header field or a command.
pub fn is_mailable(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || "<>(),;\"\\".contains(c);
    let is_domain = !domain.starts_with('.') && !domain.ends_with('.') && !domain.contains("..");
    !local.is_empty() && !domain.is_empty() && is_domain && !email.contains(is_odd) && !local.contains('@')
}

/// The address as any server takes it: a domain outside ASCII as IDNA writes it (RFC 5891). `None`: what stands before the
/// `@` is outside ASCII, for which there is no such form, or the domain cannot be one.
pub fn in_ascii(email: &str) -> Option<String> {
    let (local, domain) = email.rsplit_once('@')?;
    match (local.is_ascii(), domain.is_ascii()) {
        (false, _) => None,
        (true, true) => Some(email.to_owned()),
        (true, false) => Some(format!("{local}@{}", idna::domain_to_ascii(domain).ok()?)),
    }
}

/// The addresses in a text that a person typed, as `Name <address>` or bare, between commas.
pub fn parse_addresses(text: &str) -> Vec<Address> {
    let one_line = text.replace(['\r', '\n', ';'], ",");
    let field = format!("To: {one_line}\n");
    Fields::parse(field.as_bytes()).0.addresses("To")
}

/// A new Message-ID under a domain, from random bytes: it tells nothing of the person or the machine.
///
/// # Panics
///
/// Where the operating system has no random bytes to give; the standard library's maps end there as well.
pub fn message_id(domain: &str) -> MessageId {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    let domain: String = domain.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
    let domain = if domain.is_empty() { "localhost" } else { &domain };
    MessageId(format!("{}@{domain}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_addresses_are_read() {
        let typed = parse_addresses("Dana Reyes <dana@x.test>, bob@y.test\n\"Ada, Dr.\" <ada@z.test>; broken");
        let shown: Vec<String> = typed.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["Dana Reyes <dana@x.test>", "bob@y.test", "Ada, Dr. <ada@z.test>", "broken <>"]);
    }

    #[test]
    fn a_draft_says_what_keeps_it_from_being_sent() {
        let mut draft = Draft {
            from: Address::bare("support@example.test"),
            to: vec![],
            cc: vec![],
            bcc: vec![],
            subject: String::new(),
            body: String::new(),
            in_reply_to: None,
            references: vec![],
            attachments: vec![],
        };
        assert_eq!(draft.check(), Err(DraftError::NoRecipient));
        draft.bcc = parse_addresses("a@x.test, broken");
        assert!(matches!(draft.check(), Err(DraftError::NotAnAddress(_))));
        draft.bcc.pop();
        draft.cc = parse_addresses("A@X.test");
        assert_eq!(draft.check(), Ok(()));
        assert_eq!(draft.recipients(), ["A@X.test"]);
    }

    #[test]
    fn a_domain_outside_ascii_is_written_as_servers_know_it_and_a_name_outside_it_is_refused() {
        let draft = |to: &str| Draft {
            from: Address::bare("support@example.test"),
            to: parse_addresses(to),
            cc: vec![],
            bcc: vec![],
            subject: String::new(),
            body: String::new(),
            in_reply_to: None,
            references: vec![],
            attachments: vec![],
        };
        let good = draft("dana@bücher.example, Dana@xn--bcher-kva.example, ada@x.test");
        assert_eq!(good.check(), Ok(()));
        assert_eq!(good.recipients(), ["dana@xn--bcher-kva.example", "ada@x.test"]);
        let text = String::from_utf8(write(&good, &MessageId("1@x".into()), &jiff::Zoned::now())).unwrap();
        assert!(text.is_ascii() && text.contains("dana@xn--bcher-kva.example"), "{text}");
        assert_eq!(draft("søren@x.test").check(), Err(DraftError::NotAscii("søren@x.test".into())));
    }

    #[test]
    fn an_address_holds_nothing_that_ends_a_command() {
        for good in ["a@x.test", "a..b@docomo.example", "a+b/c=d@x-y.test", "søren@ål.dk"] {
            assert!(is_mailable(good), "{good}");
        }
        for bad in ["", "a", "@x", "a@", "a@x\r\nRCPT TO:<b@y>", "a b@x.test", "<a@x.test>", "a@b@x.test", "a@.test"] {
            assert!(!is_mailable(bad), "{bad}");
        }
    }

    #[test]
    fn no_two_message_ids_are_alike() {
        let (a, b) = (message_id("example.test"), message_id("example.test"));
        assert_ne!(a, b);
        assert!(a.0.ends_with("@example.test") && a.0.len() == 32 + "@example.test".len());
        assert_eq!(message_id("x>\r\ny").0.split('@').nth(1), Some("xy"));
    }
}
