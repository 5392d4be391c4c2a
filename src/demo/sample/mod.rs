//! The sample mailbox: some two hundred conversations of an invented shop service, the same for the same seed, as old as
//! they are relative to now.

pub mod compose;
mod files;
mod foreign;
mod oddities;
pub mod people;
mod reports;
pub mod script;
pub mod topics;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::post::{FolderName, Mail, State};
use super::random::Random;
use super::{MAILBOX, folder, login};
use crate::wire::step::FlagChange;
use compose::{Letter, Party};
use oddities::{Fate, Oddity};
use people::PEOPLE;
use script::{MAILBOX_NAME, Role, Thread};
use topics::{NUDGES, THANKS, Topic};

/// How a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// In INBOX, the customer's word is the last.
    Open,
    /// In INBOX, ours is.
    Waiting,
    /// In INBOX with the keyword alone.
    DoneHere,
    /// In Archive.
    Done,
}

/// A mail on its way into a folder.
struct Placed {
    path: &'static str,
    at: Timestamp,
    flags: Vec<String>,
    raw: Vec<u8>,
}

/// The conversations as they are invented, one after the other.
struct World {
    random: Random,
    now: Timestamp,
    placed: Vec<Placed>,
    roles: HashMap<String, Role>,
    /// How many wait for their customers so far.
    waiting: usize,
}

/// Fills the folders, and says who plays in which conversation, by its root's Message-ID.
pub fn fill(state: &mut State, seed: u64, now: Timestamp) -> HashMap<String, Role> {
    let mut world = World { random: Random::new(seed), now, placed: Vec::new(), roles: HashMap::new(), waiting: 0 };
    world.invent_topics();
    world.invent_foreign();
    world.invent_oddities();
    world.invent_draft();
    world.placed.sort_by_key(|placed| placed.at);
    for Placed { path, at, flags, raw } in world.placed {
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        if let Some(folder) = state.folder_mut(&folder(path)) {
            folder.append(Mail::new(raw, at), &flags);
        }
    }
    for name in super::PEOPLE {
        welcome(state, name, now);
    }
    world.roles
}

/// Who holds how many, and how they stand. Unclaimed ones leave something to do.
const PLAN: &[(End, Option<&str>, usize)] = &[
    (End::Done, Some("bob"), 39),
    (End::Done, Some("carol"), 38),
    (End::Done, Some("alice"), 24),
    (End::Waiting, Some("bob"), 10),
    (End::Waiting, Some("carol"), 9),
    (End::Waiting, Some("alice"), 5),
    (End::DoneHere, Some("carol"), 2),
    (End::Open, Some("bob"), 8),
    (End::Open, Some("carol"), 7),
    (End::Open, Some("alice"), 3),
    (End::Open, None, 16),
];

impl World {
    fn invent_topics(&mut self) {
        let mut casts: Vec<(&'static people::Person, &'static Topic)> = Vec::new();
        let total: usize = PLAN.iter().map(|(_, _, count)| count).sum();
        // Everybody and every topic comes before anybody or anything comes twice.
        while casts.len() < total {
            let mut people: Vec<_> = PEOPLE.iter().collect();
            let mut topics: Vec<_> = topics::all().collect();
            self.random.shuffle(&mut people);
            self.random.shuffle(&mut topics);
            casts.extend(people.into_iter().zip(topics.into_iter().cycle()));
        }
        let mut casts = casts.into_iter();
        for &(end, holder, count) in PLAN {
            for (person, topic) in casts.by_ref().take(count) {
                let role = Role::cast(person, topic, &mut self.random);
                self.converse(role, end, holder);
            }
        }
    }

    /// How long ago the newest mail came.
    fn age(&mut self, end: End, is_held: bool) -> SignedDuration {
        let minutes = match end {
            End::Open if is_held => self.random.within(25..=1_600),
            // Some came just now, most are of today, some have waited for too long.
            End::Open if self.random.chance(30) => self.random.within(2..=60),
            End::Open if self.random.chance(60) => self.random.within(60..=600),
            End::Open => self.random.within(600..=4_500),
            End::Waiting if reports::is_bounced(self.waiting) => self.random.within(40..=600),
            End::Waiting => self.random.within(90..=9_000),
            End::DoneHere => self.random.within(600..=6_000),
            End::Done => self.random.within(1_500..=80_000),
        };
        minutes_and_some(minutes, &mut self.random)
    }

    /// The dates of a conversation's mails, the oldest first.
    fn dates(&mut self, count: usize, age: SignedDuration) -> Vec<Timestamp> {
        let mut dates = Vec::new();
        let mut before = age;
        for _ in 0..count {
            dates.push(self.now.checked_sub(before).unwrap_or(self.now));
            let gap =
                if self.random.chance(60) { self.random.within(12..=300) } else { self.random.within(300..=2_600) };
            before += minutes_and_some(gap, &mut self.random);
        }
        dates.reverse();
        dates
    }

    fn converse(&mut self, role: Role, end: End, holder: Option<&'static str>) {
        let count = match end {
            End::Open if holder.is_none() => *self.random.pick(&[1, 1, 1, 1, 1, 1, 2, 3, 5]).unwrap_or(&1),
            End::Open => *self.random.pick(&[1, 1, 3, 3, 5, 7]).unwrap_or(&1),
            End::Waiting => *self.random.pick(&[2, 2, 2, 4, 4, 6]).unwrap_or(&2),
            End::Done | End::DoneHere => *self.random.pick(&[2, 2, 3, 4, 4, 5, 6, 7]).unwrap_or(&2),
        };
        let age = self.age(end, holder.is_some());
        let dates = self.dates(count, age);
        let agent = holder.unwrap_or_else(|| self.random.text(&["bob", "carol"]));
        let mut thread = Thread::new(role.person.name, role.person.email, role.person.offset, &role.subject);
        let mut letters: Vec<(bool, Letter)> = Vec::new();
        // Two mails of an unclaimed conversation are the customer's both: nobody has answered.
        let is_unanswered = end == End::Open && count == 2;
        for (at, &date) in dates.iter().enumerate() {
            let is_ours = at % 2 == 1 && !is_unanswered;
            let said = thread.last_text().to_owned();
            let text = self.line(&role, &said, (at, count), agent, is_unanswered, end);
            let letter = if is_ours {
                thread.we_write(&text, date, &mut self.random)
            } else {
                thread.customer_writes(&text, date, &mut self.random)
            };
            letters.push((is_ours, letter));
        }
        self.decorate(&role, &mut letters);
        if end == End::Waiting {
            let report =
                letters.last().and_then(|(_, last)| reports::after(last, role.person, self.waiting, &mut self.random));
            letters.extend(report.map(|letter| (false, letter)));
            self.waiting += 1;
        }
        let tags = if self.random.chance(if holder.is_some() { 85 } else { 35 }) { role.topic.tags } else { &[] };
        let is_urgent = end == End::Open && self.random.chance(if tags.contains(&"p1") { 80 } else { 7 });
        self.place(letters, end, holder, tags, is_urgent);
        self.roles.insert(thread.root().to_owned(), role);
    }

    /// The text of a conversation's mail, by its place among how many, and by what was said last.
    fn line(
        &mut self,
        role: &Role,
        said: &str,
        place: (usize, usize),
        agent: &str,
        is_unanswered: bool,
        end: End,
    ) -> String {
        let (at, count) = place;
        let random = &mut self.random;
        let is_over = matches!(end, End::Done | End::DoneHere) && at + 1 == count;
        let is_ours = !at.is_multiple_of(2);
        match at {
            0 => role.opener(random),
            1 if is_unanswered => role.word(NUDGES, agent, random),
            1 if count > 3 => role.question(agent, random),
            2 if count > 3 => role.details(agent, random),
            // A teammate answers what was said; the customer's thanks are answered by nobody.
            _ if is_ours => role.reply(said, agent, random).unwrap_or_default(),
            _ if is_over => role.word(THANKS, agent, random),
            _ => role.one_more(at, agent, random),
        }
    }

    /// Hangs files on mails that speak of them, and puts colleagues of the customer into Cc.
    fn decorate(&mut self, role: &Role, letters: &mut [(bool, Letter)]) {
        for (is_ours, letter) in letters.iter_mut() {
            let text = letter.text.clone().unwrap_or_default();
            let own = text.split("\n\nOn ").next().unwrap_or_default().to_lowercase();
            if *is_ours {
                continue;
            }
            if own.contains("photo attached") || own.contains("photo is attached") {
                letter.files.push(files::png("photo.png", [150, 70, 50]));
            } else if own.contains("file is attached") {
                letter.files.push(files::csv(
                    "articles.csv",
                    "sku;name;price\n1001;\"Bowl, blue\";18,00\n1002;\"Pot 6\"\" \";31,50\n",
                ));
            } else if own.contains("invoice") && self.random.chance(25) {
                letter.files.push(files::pdf("invoice.pdf", &["Stockwren".to_owned(), role.subject.clone()]));
            }
            if self.random.chance(10) {
                let domain = role.person.email.rsplit('@').next().unwrap_or("shop.example");
                letter.cc.push(Party::new("Office", &format!("office@{domain}")));
            }
        }
    }

    /// Puts a conversation's mails where they lie, with the flags that they have there.
    fn place(&mut self, letters: Vec<(bool, Letter)>, end: End, holder: Option<&str>, tags: &[&str], is_urgent: bool) {
        let last_ours = letters.iter().rposition(|(is_ours, _)| *is_ours);
        let is_read = holder.is_some() || self.random.chance(30);
        let count = letters.len();
        for (at, (is_ours, letter)) in letters.into_iter().enumerate() {
            let mut flags: Vec<String> = Vec::new();
            let is_answered = last_ours.is_some_and(|last| at < last);
            let path = if is_ours {
                flags.extend(["\\Seen", "$Submitted"].map(str::to_owned));
                // Whose answer it was.
                flags.extend(holder.map(|holder| format!("bagsy-claim-{holder}")));
                "Sent"
            } else {
                let is_newest = at + 1 == count;
                let is_seen = is_answered || end != End::Open || (is_read && (!is_newest || self.random.chance(70)));
                flags.extend(is_seen.then(|| "\\Seen".to_owned()));
                flags.extend(is_answered.then(|| "\\Answered".to_owned()));
                flags.extend(is_urgent.then(|| "\\Flagged".to_owned()));
                flags.extend(tags.iter().map(|tag| (*tag).to_owned()));
                flags.extend(holder.map(|holder| format!("bagsy-claim-{holder}")));
                match end {
                    End::Done | End::DoneHere => flags.push("bagsy-done".to_owned()),
                    // What came before the last answer had been set waiting by it.
                    End::Open | End::Waiting => flags.extend(is_answered.then(|| "bagsy-waiting".to_owned())),
                }
                if end == End::Done { "Archive" } else { "INBOX" }
            };
            self.placed.push(Placed { path, at: letter.date, flags, raw: letter.write() });
        }
    }

    fn invent_foreign(&mut self) {
        for foreign in foreign::CONVERSATIONS {
            let is_held = foreign.mails.len() > 1;
            let end = match foreign.mails.len() {
                2 => End::Waiting,
                1 => End::Open,
                _ if self.random.chance(50) => End::Done,
                _ => End::Open,
            };
            let age = self.age(end, is_held);
            let dates = self.dates(foreign.mails.len(), age);
            let mut thread = Thread::new(foreign.name, foreign.email, foreign.offset, foreign.subject);
            (thread.charset, thread.re) = (foreign.charset, foreign.re);
            let mut letters = Vec::new();
            for (at, (text, date)) in foreign.mails.iter().zip(dates).enumerate() {
                let is_ours = at % 2 == 1;
                let write = if is_ours { Thread::we_write } else { Thread::customer_writes };
                letters.push((is_ours, write(&mut thread, text, date, &mut self.random)));
            }
            let holder =
                if is_held { Some(if foreign.mails[1].contains("Bob") { "bob" } else { "carol" }) } else { None };
            let tags = if is_held { foreign.tags } else { &[] };
            self.place(letters, end, holder, tags, false);
        }
    }

    fn invent_oddities(&mut self) {
        for Oddity { mut letter, fate, tags, is_double } in oddities::all() {
            let minutes = match fate {
                Fate::Open | Fate::Held(_) => self.random.within(8..=2_900),
                _ => self.random.within(2_000..=40_000),
            };
            letter.date = self.now.checked_sub(minutes_and_some(minutes, &mut self.random)).unwrap_or(self.now);
            let sender = letter.from.as_ref().map(|from| from.email.clone()).unwrap_or_default();
            let domain = sender.rsplit('@').next().unwrap_or("example").to_owned();
            // Copiers write no Message-ID.
            if !sender.starts_with("copier@") {
                letter.message_id = format!("{}.{}@{domain}", self.random.token(14), letter.date.as_second());
            }
            let trace = script::trace(&domain, &sender, letter.date, &mut self.random);
            letter.fields.splice(0..0, trace);
            letter.to = vec![Party::new(if is_double { "" } else { MAILBOX_NAME }, MAILBOX)];
            letter.calendar = letter.calendar.map(|calendar| dated(&calendar, self.now));
            let (path, mut flags) = match fate {
                Fate::Open => ("INBOX", Vec::new()),
                Fate::Held(name) => ("INBOX", vec!["\\Seen".to_owned(), format!("bagsy-claim-{name}")]),
                Fate::Done => ("Archive", vec!["\\Seen".to_owned(), "bagsy-done".to_owned()]),
                Fate::Junk => ("Junk", vec!["$Junk".to_owned()]),
                Fate::Trash => ("Trash", vec!["\\Seen".to_owned()]),
            };
            flags.extend(
                tags.iter().filter(|_| matches!(fate, Fate::Done | Fate::Held(_))).map(|tag| (*tag).to_owned()),
            );
            if is_double {
                letter.to.push(Party::new("", super::FURTHER_ADDRESS));
                let mut other = letter.clone();
                // The second copy took another way: its trace is another, all else is the same.
                other.fields = script::trace(&domain, &sender, letter.date, &mut self.random);
                self.placed.push(Placed { path, at: letter.date, flags: flags.clone(), raw: other.write() });
            }
            self.placed.push(Placed { path, at: letter.date, flags, raw: letter.write() });
        }
    }

    /// Something that carol has begun to write.
    fn invent_draft(&mut self) {
        let date = self.now.checked_sub(SignedDuration::from_mins(50)).unwrap_or(self.now);
        let letter = Letter {
            from: Some(Party::new(MAILBOX_NAME, MAILBOX)),
            to: vec![Party::new("Will Ashdown", "will@ashdowncider.example")],
            subject: "Prices for the new season".to_owned(),
            message_id: format!("{}@example.test", self.random.token(16)),
            date,
            text: Some("Hi Will,\n\nabout the prices:".to_owned()),
            ..Letter::default()
        };
        let flags = ["\\Draft", "\\Seen"].map(str::to_owned).to_vec();
        self.placed.push(Placed { path: "Drafts", at: date, flags, raw: letter.write() });
    }
}

/// So many minutes and some seconds.
fn minutes_and_some(minutes: u64, random: &mut Random) -> SignedDuration {
    let seconds = minutes * 60 + random.within(0..=59);
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// An invitation for tomorrow in a few hours.
fn dated(calendar: &str, now: Timestamp) -> String {
    let at = |hours: i64| {
        let at = now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(now);
        at.strftime("%Y%m%dT%H0000Z").to_string()
    };
    calendar.replace("{stamp}", &at(-1)).replace("{start}", &at(22)).replace("{end}", &at(23))
}

/// The one mail in a person's own INBOX.
fn welcome(state: &mut State, name: &str, now: Timestamp) {
    let date = now.checked_sub(SignedDuration::from_hours(200)).unwrap_or(now);
    let letter = Letter {
        from: Some(Party::new("Postmaster", "postmaster@example.test")),
        to: vec![Party::new(&script::capital(name), &login(name))],
        subject: format!("Welcome, {}", script::capital(name)),
        message_id: format!("welcome.{name}@example.test"),
        date,
        text: Some(format!("This is your own mailbox. The team's is {MAILBOX}; you find it among the shared ones.")),
        ..Letter::default()
    };
    if let Some(inbox) = state.folder_mut(&FolderName::new(&login(name), "INBOX")) {
        let uid = inbox.append(Mail::new(letter.write(), date), &[]);
        inbox.change(uid, &FlagChange::Add(vec!["\\Seen".to_owned()]));
    }
}

#[cfg(test)]
mod tests;
