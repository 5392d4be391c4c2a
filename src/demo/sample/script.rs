//! Who says what in a conversation: a customer, a topic, the words filled in, and the mails that come of it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail_parser::MessageParser;

use super::compose::{Charset, Letter, Party};
use super::people::{FAREWELLS, GREETINGS, PEOPLE, Person};
use super::topics::{self, ONE_MORE, ONE_MORE_ANSWERS, THANKS, Topic};
use crate::demo::MAILBOX;
use crate::demo::post::Mail;
use crate::demo::random::Random;

/// The name of the mailbox in From.
pub const MAILBOX_NAME: &str = "Stockwren Support";

/// A customer with something to say.
#[derive(Debug, Clone)]
pub struct Role {
    pub person: &'static Person,
    pub topic: &'static Topic,
    pub subject: String,
    /// Which of the topic's lists' entries are this conversation's.
    variant: usize,
    /// Where in the list of further questions the customer begins.
    curiosity: usize,
    words: Vec<(&'static str, String)>,
}

impl Role {
    /// Somebody with a topic; `None` only where there are no people or topics at all.
    pub fn invent(random: &mut Random) -> Option<Self> {
        let topics: Vec<&'static Topic> = topics::all().collect();
        let (person, topic) = (random.pick(PEOPLE)?, *random.pick(&topics)?);
        Some(Self::cast(person, topic, random))
    }

    /// This person with this topic.
    pub fn cast(person: &'static Person, topic: &'static Topic, random: &mut Random) -> Self {
        let seats = random.within(4..=60);
        let words = vec![
            ("{order}", random.within(20_100..=20_990).to_string()),
            ("{invoice}", format!("2026-{:04}", random.within(310..=4_800))),
            ("{amount}", format!("{}.{:02} EUR", random.within(18..=940), random.within(0..=3) * 25)),
            ("{seats}", seats.to_string()),
            ("{fewer}", (seats - 2).to_string()),
            ("{day}", random.text(&["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]).to_owned()),
            ("{request}", random.token(12)),
            ("{row}", random.within(12..=2_400).to_string()),
        ];
        let variant = random.index(topic.openers.len());
        // A list of subjects that is longer than that of openers goes round.
        let rounds = topic.subjects.len().saturating_sub(variant + 1) / topic.openers.len().max(1) + 1;
        let subject = variant + random.index(rounds) * topic.openers.len();
        let curiosity = random.index(ONE_MORE.len());
        let mut role = Self { person, topic, subject: String::new(), variant, curiosity, words };
        role.subject = role.filled(entry(topic.subjects, subject));
        role
    }

    fn filled(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
    }

    fn first_name(&self) -> &'static str {
        let is_desk = self.person.role.is_empty();
        self.person.name.split(' ').next().filter(|_| !is_desk).unwrap_or(self.person.name)
    }

    /// The customer's first mail.
    pub fn opener(&self, random: &mut Random) -> String {
        let text = self.filled(entry(self.topic.openers, self.variant));
        format!("{}\n\n{text}\n\n{}", random.text(GREETINGS), self.signature(random))
    }

    /// What the customer tells when asked.
    pub fn details(&self, agent: &str, random: &mut Random) -> String {
        self.says(entry(self.topic.details, self.variant), agent, random)
    }

    /// A further question, another one each time; `nth` is the mail's place in the conversation.
    pub fn one_more(&self, nth: usize, agent: &str, random: &mut Random) -> String {
        // A quote does not come back in the morning as a fault does.
        let is_fault = ["bug", "hardware", "auth", "api", "shipping"].iter().any(|tag| self.topic.tags.contains(tag));
        let fitting: Vec<&'static str> =
            ONE_MORE.iter().copied().filter(|text| is_fault || !text.contains("back this")).collect();
        self.says(entry(&fitting, self.curiosity + nth / 2), agent, random)
    }

    /// A later mail of the customer with one of these texts; `agent` is whom it answers.
    pub fn word(&self, texts: &[&'static str], agent: &str, random: &mut Random) -> String {
        self.says(random.text(texts), agent, random)
    }

    fn says(&self, text: &str, agent: &str, random: &mut Random) -> String {
        let text = self.filled(text).replace("{agent}", &capital(agent));
        let greeting = if random.chance(40) { format!("Hi {},\n\n", capital(agent)) } else { String::new() };
        format!("{greeting}{text}\n\n{}", self.signature(random))
    }

    fn signature(&self, random: &mut Random) -> String {
        let name = if random.chance(60) { self.first_name() } else { self.person.name };
        let farewell = format!("{}\n{name}", random.text(FAREWELLS));
        if self.person.role.is_empty() || random.chance(45) {
            farewell
        } else {
            format!("{farewell}\n\n-- \n{}\n{}", self.person.name, self.person.role)
        }
    }

    /// What we ask back.
    pub fn question(&self, agent: &str, random: &mut Random) -> String {
        self.answer(entry(self.topic.questions, self.variant), agent, random)
    }

    /// What we say to a mail of the customer with this text; `None` where that was only thanks.
    pub fn reply(&self, text: &str, agent: &str, random: &mut Random) -> Option<String> {
        let said = own_words(text);
        let says = |text: &str| said.contains(&self.filled(text));
        if THANKS.iter().any(|thanks| said.contains(thanks.split("{agent}").next().unwrap_or(thanks))) {
            return None;
        }
        let known = ONE_MORE.iter().position(|more| says(more)).map(|at| entry(ONE_MORE_ANSWERS, at));
        Some(self.answer(known.unwrap_or_else(|| entry(self.topic.answers, self.variant)), agent, random))
    }

    fn answer(&self, text: &str, agent: &str, random: &mut Random) -> String {
        signed(&format!("Hi {},\n\n{}", self.first_name(), self.filled(text)), agent, random)
    }
}

/// The entry at this place, counting round.
fn entry(of: &[&'static str], at: usize) -> &'static str {
    of.get(at % of.len().max(1)).copied().unwrap_or_default()
}

/// A text without what it quotes.
fn own_words(text: &str) -> &str {
    text.split("\n\nOn ").next().unwrap_or(text)
}

/// A text with the end that a teammate puts under it.
pub fn signed(text: &str, agent: &str, random: &mut Random) -> String {
    let farewell = random.text(&["Best wishes,", "Kind regards,", "All the best,", "Best,"]);
    format!("{text}\n\n{farewell}\n{}\n\n-- \n{MAILBOX_NAME}", capital(agent))
}

/// A name with its first letter large.
pub fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A conversation as far as it has come.
#[derive(Debug, Clone)]
pub struct Thread {
    pub customer: Party,
    pub offset: i8,
    pub charset: Charset,
    /// Of the first mail.
    pub subject: String,
    /// What stands before the subject of an answer.
    pub re: &'static str,
    /// Message-IDs, the oldest first.
    pub ids: Vec<String>,
    /// The newest mail's text, sender and date, for the quote below the next one.
    last: Option<(String, String, Timestamp)>,
}

impl Thread {
    /// A conversation that has yet to begin.
    pub fn new(name: &str, email: &str, offset: i8, subject: &str) -> Self {
        Self {
            customer: Party::new(name, email),
            offset,
            charset: Charset::Utf8,
            subject: subject.to_owned(),
            re: "Re:",
            ids: Vec::new(),
            last: None,
        }
    }

    /// A conversation that a mail stands at the end of; `customer` is whom we talk to.
    pub fn ending_with(mail: &Mail, customer: Party) -> Self {
        let parsed = MessageParser::default().parse(mail.raw());
        let subject = parsed.as_ref().and_then(|m| m.subject()).unwrap_or_default();
        let subject = subject.trim_start_matches("Re:").trim_start().to_owned();
        let text = parsed.as_ref().and_then(|m| m.body_text(0)).unwrap_or_default().replace("\r\n", "\n");
        let from = parsed.as_ref().and_then(|m| m.from()).and_then(|from| from.first());
        let from = from.and_then(|from| from.name().or(from.address())).unwrap_or_default().to_owned();
        let mut thread = Self::new(&customer.name, &customer.email, 0, &subject);
        thread.ids = mail.links().references.iter().map(|id| id.0.clone()).collect();
        let id = &mail.links().message_id;
        thread.ids.extend((!id.is_empty()).then(|| id.clone()));
        thread.last = Some((text, from, mail.internal_date()));
        thread
    }

    /// The text of the newest mail.
    pub fn last_text(&self) -> &str {
        self.last.as_ref().map_or("", |(text, _, _)| text)
    }

    /// The root's Message-ID.
    pub fn root(&self) -> &str {
        self.ids.first().map_or("", String::as_str)
    }

    fn subject_now(&self) -> String {
        if self.ids.is_empty() {
            self.subject.clone()
        } else {
            format!("{} {}", self.re, self.subject).trim().to_owned()
        }
    }

    /// The next mail of the customer.
    pub fn customer_writes(&mut self, text: &str, date: Timestamp, random: &mut Random) -> Letter {
        let domain = self.customer.email.rsplit('@').next().unwrap_or("example").to_owned();
        let id = format!("{}.{}@mail.{domain}", random.token(14), date.as_second());
        let fields = trace(&domain, &self.customer.email, date, random);
        let quote = if random.chance(70) { self.quote() } else { String::new() };
        let to = if random.chance(12) {
            Party::new("", crate::demo::FURTHER_ADDRESS)
        } else {
            Party::new(MAILBOX_NAME, MAILBOX)
        };
        let mut letter = Letter {
            from: Some(self.customer.clone()),
            to: vec![to],
            subject: self.subject_now(),
            message_id: id,
            references: self.ids.clone(),
            date,
            offset: self.offset,
            text: Some(format!("{text}{quote}")),
            charset: self.charset,
            fields,
            ..Letter::default()
        };
        if self.ids.is_empty() && self.charset == Charset::Utf8 && random.chance(30) {
            letter.html = Some(html_of(text));
        }
        self.go_on(&letter, text);
        letter
    }

    /// The next mail of ours.
    pub fn we_write(&mut self, text: &str, date: Timestamp, random: &mut Random) -> Letter {
        let letter = Letter {
            from: Some(Party::new(MAILBOX_NAME, MAILBOX)),
            to: vec![self.customer.clone()],
            subject: self.subject_now(),
            message_id: format!("{}.{}@example.test", random.token(16), date.as_second()),
            references: self.ids.clone(),
            date,
            offset: 1,
            text: Some(format!("{text}{}", self.quote())),
            charset: if self.charset == Charset::Utf8Base64 { Charset::Utf8Base64 } else { Charset::Utf8 },
            ..Letter::default()
        };
        self.go_on(&letter, text);
        letter
    }

    /// Notes a letter as the newest of the conversation.
    pub fn go_on(&mut self, letter: &Letter, text: &str) {
        self.ids.push(letter.message_id.clone());
        let from = letter.from.as_ref().map_or("", |from| if from.name.is_empty() { &from.email } else { &from.name });
        self.last = Some((text.to_owned(), from.to_owned(), letter.date));
    }

    fn quote(&self) -> String {
        let Some((text, from, date)) = &self.last else { return String::new() };
        let when = date.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y at %H:%M").to_string();
        let lines: Vec<String> = text.lines().map(|line| format!("> {line}").trim_end().to_owned()).collect();
        format!("\n\nOn {when}, {from} wrote:\n{}\n", lines.join("\n"))
    }
}

/// The fields that mail servers put on top of what comes from outside.
pub fn trace(domain: &str, from: &str, date: Timestamp, random: &mut Random) -> Vec<(&'static str, String)> {
    let arrived = date.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let (net, host) = (random.within(0..=2), random.within(2..=250));
    let address = ["192.0.2", "198.51.100", "203.0.113"].get(net as usize).copied().unwrap_or("192.0.2");
    vec![
        ("Return-Path", format!("<{from}>")),
        ("Delivered-To", MAILBOX.to_owned()),
        (
            "Received",
            format!(
                "from mail.{domain} (mail.{domain} [{address}.{host}])\r\n\tby mx.example.test with ESMTPS id {};\r\n\t{arrived}",
                random.token(10).to_uppercase()
            ),
        ),
        (
            "Authentication-Results",
            format!("mx.example.test;\r\n\tdkim=pass header.d={domain};\r\n\tspf=pass smtp.mailfrom={from}"),
        ),
    ]
}

/// The text as mail programs make HTML of it.
fn html_of(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let paragraphs: Vec<String> = escaped
        .split("\n\n")
        .map(|p| format!("<div dir=\"ltr\">{}</div><div><br></div>", p.replace('\n', "<br>\n")))
        .collect();
    format!("<html><head></head><body>{}</body></html>", paragraphs.join("\n"))
}
