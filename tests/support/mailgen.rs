//! Mails and threads, the same for the same seed: believable ones in any number, and odd ones by name.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::imap_client::quoted;
use super::team::Team;

/// A small generator of random numbers (SplitMix64), so that a printed seed repeats a run.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Less than `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// In random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// A mail before it is bytes.
#[derive(Debug, Clone)]
pub struct Mail {
    pub from: String,
    pub to: String,
    pub cc: Option<String>,
    pub subject: String,
    /// Without brackets.
    pub message_id: String,
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    pub date: Timestamp,
    /// Further header lines, each `Name: value`, folded if it must be.
    pub headers: Vec<String>,
    /// `Content-Type` and all that follows; LF or CRLF.
    pub content: Content,
}

/// The body's shape.
#[derive(Debug, Clone)]
pub enum Content {
    /// `text/plain; charset=utf-8`, 8 bit.
    Text(String),
    /// `multipart/alternative` of both.
    Html { text: String, html: String },
    /// `text/html` alone.
    OnlyHtml(String),
    /// `multipart/mixed`: text and files (name, type, bytes).
    Files { text: String, files: Vec<(String, String, Vec<u8>)> },
}

impl Mail {
    /// A first mail from outside.
    pub fn new(from: &str, to: &str, subject: &str, text: &str) -> Self {
        let id = format!("{:016x}@customer.example", super::process::random());
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            cc: None,
            subject: subject.to_owned(),
            message_id: id,
            in_reply_to: None,
            references: Vec::new(),
            date: Timestamp::from_second(Timestamp::now().as_second()).expect("now"),
            headers: Vec::new(),
            content: Content::Text(text.to_owned()),
        }
    }

    /// What its receiver writes back, an hour later.
    pub fn answer(&self, text: &str) -> Self {
        let mut references = self.references.clone();
        references.push(self.message_id.clone());
        let subject = self.subject.strip_prefix("Re: ").unwrap_or(&self.subject);
        let (local, domain) = self.message_id.split_once('@').unwrap_or((&self.message_id, "customer.example"));
        Self {
            from: self.to.clone(),
            to: self.from.clone(),
            cc: None,
            subject: format!("Re: {subject}"),
            message_id: format!("{local}.{}@{domain}", references.len()),
            in_reply_to: Some(self.message_id.clone()),
            references,
            date: self.date + SignedDuration::from_hours(1),
            headers: Vec::new(),
            content: Content::Text(text.to_owned()),
        }
    }

    pub fn with_header(mut self, line: &str) -> Self {
        self.headers.push(line.to_owned());
        self
    }

    pub fn with_content(mut self, content: Content) -> Self {
        self.content = content;
        self
    }

    /// RFC 5322 bytes with CRLF.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = String::new();
        let date = jiff::fmt::rfc2822::to_string(&self.date.to_zoned(TimeZone::UTC)).expect("a date of this time");
        let ids = |ids: &[String]| ids.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join("\n ");
        let mut line = |name: &str, value: &str| writeln!(head, "{name}: {value}").expect("a string");
        line("Date", &date);
        line("From", &self.from);
        line("To", &self.to);
        if let Some(cc) = &self.cc {
            line("Cc", cc);
        }
        line("Subject", &encoded_word(&self.subject));
        line("Message-ID", &format!("<{}>", self.message_id));
        if let Some(id) = &self.in_reply_to {
            line("In-Reply-To", &format!("<{id}>"));
        }
        if !self.references.is_empty() {
            line("References", &ids(&self.references));
        }
        line("MIME-Version", "1.0");
        for header in &self.headers {
            writeln!(head, "{header}").expect("a string");
        }
        crlf(&format!("{head}{}", self.content.text()))
    }

    /// The arguments of APPEND that give it this mail's date.
    pub fn append_arguments(&self, flags: &str) -> String {
        let date = self.date.to_zoned(TimeZone::UTC).strftime("%d-%b-%Y %H:%M:%S +0000").to_string();
        format!("({flags}) {}", quoted(&date))
    }
}

impl Content {
    fn text(&self) -> String {
        const PLAIN: &str = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n";
        const HTML: &str = "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n";
        match self {
            Self::Text(text) => format!("{PLAIN}{text}"),
            Self::OnlyHtml(html) => format!("{HTML}{html}"),
            Self::Html { text, html } => format!(
                "Content-Type: multipart/alternative; boundary=\"alt\"\n\n--alt\n{PLAIN}{text}\n--alt\n{HTML}{html}\n--alt--\n"
            ),
            Self::Files { text, files } => {
                let mut out = format!("Content-Type: multipart/mixed; boundary=\"mix\"\n\n--mix\n{PLAIN}{text}\n");
                for (name, media_type, bytes) in files {
                    let data = data_encoding::BASE64_MIME.encode(bytes);
                    write!(
                        out,
                        "--mix\nContent-Type: {media_type}; name=\"{name}\"\nContent-Disposition: attachment; \
                         filename=\"{name}\"\nContent-Transfer-Encoding: base64\n\n{data}\n"
                    )
                    .expect("a string");
                }
                out + "--mix--\n"
            }
        }
    }
}

fn encoded_word(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    // An encoded word has at most 75 characters (RFC 2047 §2); cut between characters.
    let mut words = vec![String::new()];
    for c in text.chars() {
        if words.last().is_some_and(|w| w.len() + c.len_utf8() > 42) {
            words.push(String::new());
        }
        words.last_mut().expect("at least one").push(c);
    }
    let words: Vec<String> =
        words.iter().map(|w| format!("=?utf-8?B?{}?=", data_encoding::BASE64.encode(w.as_bytes()))).collect();
    words.join("\n ")
}

fn crlf(text: &str) -> Vec<u8> {
    text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes()
}

/// Believable mail to one mailbox.
#[derive(Debug, Clone)]
pub struct MailGen {
    pub rng: Rng,
    mailbox: String,
    clock: Timestamp,
    count: u64,
}

const NAMES: [&str; 12] = [
    "Anna Berg",
    "Bruno Costa",
    "Chen Wei",
    "Dana Fox",
    "Erik Holm",
    "Fatima Zahra",
    "Goran Petrov",
    "Hana Sato",
    "Ines Lopez",
    "Jörg Müller",
    "Kofi Mensah",
    "Lena Novak",
];
const SUBJECTS: [&str; 10] = [
    "Where is my order?",
    "Invoice is wrong",
    "Cannot sign in",
    "Return of a damaged lamp",
    "Change of address",
    "Question about delivery",
    "Refund still missing",
    "Größe passt nicht",
    "Cancel my subscription",
    "Thank you!",
];
const LINES: [&str; 8] = [
    "I ordered two weeks ago and nothing has come yet.",
    "Could you please look into this?",
    "The number on the parcel is 4711-0815.",
    "I have tried it three times, always with the same result.",
    "Das Paket kam beschädigt an – bitte um Rückruf.",
    "My colleague wrote to you last Monday about the same thing.",
    "It is rather urgent, we leave on Friday.",
    "Best wishes",
];

impl MailGen {
    /// Mail to `mailbox`; the clock stands at 3 March 2025 and goes a quarter of an hour with each first mail.
    pub fn new(seed: u64, mailbox: &str) -> Self {
        let clock = "2025-03-03T08:00:00Z".parse().expect("a time");
        Self { rng: Rng::new(seed), mailbox: mailbox.to_owned(), clock, count: 0 }
    }

    /// The time of the next mail.
    pub fn starting(mut self, clock: Timestamp) -> Self {
        self.clock = clock;
        self
    }

    /// A text of some lines.
    pub fn text(&mut self) -> String {
        let n = 2 + self.rng.below(6);
        (0..n).map(|_| format!("{}\n", self.rng.pick(&LINES))).collect()
    }

    /// A first mail from a customer.
    pub fn mail(&mut self) -> Mail {
        self.count += 1;
        self.clock += SignedDuration::from_mins(15);
        let name = *self.rng.pick(&NAMES);
        let local: String = name.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect();
        let subject = format!("{} ({})", self.rng.pick(&SUBJECTS), self.count);
        let text = self.text();
        let shown = if name.is_ascii() { name.to_owned() } else { encoded_word(name) };
        let mut mail = Mail::new(&format!("{shown} <{local}@customer.example>"), &self.mailbox, &subject, &text);
        mail.message_id = format!("{}.{:012x}@customer.example", self.count, self.rng.next() >> 16);
        mail.date = self.clock;
        mail
    }

    /// A conversation: customer and mailbox in turn, the customer first.
    pub fn thread(&mut self, length: usize) -> Vec<Mail> {
        let mut mails = vec![self.mail()];
        while mails.len() < length {
            let text = self.text();
            let answer = mails.last().expect("at least one").answer(&text);
            mails.push(answer);
        }
        mails
    }

    /// Fills the team's mailbox: so many conversations of one to five mails, the customer's in INBOX, the answers in
    /// Sent. Gives how many mails are where.
    pub fn fill(&mut self, team: &Team<'_>, conversations: usize) -> (usize, usize) {
        let mut inbox = Vec::new();
        let mut sent = Vec::new();
        for _ in 0..conversations {
            let length = 1 + self.rng.below(5);
            for (n, mail) in self.thread(length).into_iter().enumerate() {
                let to = if n % 2 == 0 { &mut inbox } else { &mut sent };
                to.push((mail.append_arguments(if n % 2 == 0 { "" } else { "\\Seen" }), mail.bytes()));
            }
        }
        let mut owner = team.owner();
        owner.append_all("INBOX", &inbox);
        owner.append_all("Sent", &sent);
        (inbox.len(), sent.len())
    }
}

/// Mails as nobody should write them.
pub mod odd {
    /// A body and nothing else.
    pub fn no_headers() -> Vec<u8> {
        b"\r\nThere is no header in this mail.\r\n".to_vec()
    }

    /// 8-bit bytes of an unknown charset in From and Subject.
    pub fn eight_bit_headers() -> Vec<u8> {
        b"From: J\xf6rg \xc4rger <joerg@customer.example>\r\nTo: support@example.test\r\nSubject: Gr\xfc\xdfe \xa4 \xff\xfe\r\n\
          Message-ID: <eightbit@customer.example>\r\n\r\nB\xf6se Bytes\r\n"
            .to_vec()
    }

    /// Escape sequences, bidi overrides, zero-width tricks and a forged second header in every place.
    pub fn terminal_attack() -> Vec<u8> {
        "From: \"\u{202e}gnp.exe\u{202c} \x1b[31mRed\x07\" <red@customer.example>\r\n\
         To: support@example.test\r\n\
         Subject: =?utf-8?B?G1syShtdMDtvd25lZAcbWzE7MUhQV05FRA==?= \x1b]52;c;cm0gLXJmIC8=\x07 pay\u{200b}pal\r\n\
         Message-ID: <attack@customer.example>\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n\
         \x1b[2J\x1b[1;1HPWNED \x1b]0;owned\x07 \u{202e}desrever\u{202c} \x08\x08\x08 \x0c \u{9b}31m \u{85} end\r\n"
            .as_bytes()
            .to_vec()
    }

    /// So many megabytes in one attachment.
    pub fn huge(megabytes: usize) -> Vec<u8> {
        let mut mail = b"From: Big <big@customer.example>\r\nTo: support@example.test\r\nSubject: A large file\r\n\
            Message-ID: <huge@customer.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
            --b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/octet-stream; name=big.bin\r\n\
            Content-Disposition: attachment; filename=big.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            .to_vec();
        let line = [b"QUJD".repeat(19), b"\r\n".to_vec()].concat();
        mail.extend(line.repeat(megabytes * 1_000_000 / line.len()));
        mail.extend(b"--b--\r\n");
        mail
    }
}
