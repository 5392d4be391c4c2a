//! Times, sizes and small sentences as the screen says them.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::glyphs::Glyphs;
use crate::engine::message::Target;
use crate::model::{Address, Change, ChangeKind, ErrorKind, Handle, Refusal, Status, age};

/// How a text begins, on one line: enough to know it by.
pub fn beginning(text: &str) -> String {
    let own = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('>'));
    let line = crate::mail::safe::line(&own.take(4).collect::<Vec<_>>().join(" "));
    super::cells::cut(&line, 160, "…")
}

/// How long an answer can still be taken back; the last second is told to its end.
pub fn seconds_left(until: Timestamp, now: Timestamp) -> i128 {
    (until.duration_since(now).as_millis() + 999).max(0) / 1000
}

/// `just now`, `12s ago`, `3m ago`.
pub fn ago(since: Timestamp, now: Timestamp) -> String {
    match now.duration_since(since).as_secs() {
        ..5 => "just now".to_owned(),
        seconds @ 5..60 => format!("{seconds}s ago"),
        _ => format!("{} ago", age(since, now)),
    }
}

/// The time of day.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M").to_string()
}

/// When, as short as it stays clear: `13:36`, `Mon 13:36`, `24 Nov 13:36`, `24 Nov 2025`.
pub fn stamp(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (when, today) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let distance = now.duration_since(at);
    let form = match () {
        () if when.date() == today.date() => "%H:%M",
        () if distance > SignedDuration::ZERO && distance < SignedDuration::from_hours(6 * 24) => "%a %H:%M",
        () if when.year() == today.year() => "%-d %b %H:%M",
        () => "%-d %b %Y",
    };
    when.strftime(form).to_string()
}

/// A size for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        ..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// A name and its plural.
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// A large number, its thousands parted by a blank that does not break.
pub fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// What a text that lies here is called.
pub fn kind(target: &Target) -> &'static str {
    if target.is_opening() { "mail" } else { "answer" }
}

/// Answers that leave when there is a connection.
pub fn in_outbox(answers: usize) -> String {
    format!("waits in the outbox: {}", count(answers, "answer", "answers"))
}

/// Tags that come and go: `+billing -sales`.
pub fn signed(add: &[String], remove: &[String]) -> String {
    let signed = add.iter().map(|t| format!("+{t}")).chain(remove.iter().map(|t| format!("-{t}")));
    signed.collect::<Vec<_>>().join(" ")
}

/// With a capital where it begins with a letter.
pub fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A subject in the middle of a sentence.
pub fn quoted(subject: &str, glyphs: &Glyphs) -> String {
    let subject = crate::mail::safe::line(subject);
    if subject.trim().is_empty() {
        return "(no subject)".to_owned();
    }
    format!("{}{}{}", glyphs.left_quote, super::cells::cut(&subject, 48, glyphs.ellipsis), glyphs.right_quote)
}

/// A conversation in the middle of a sentence, by what it is about: its first mail may be an answer.
pub fn about(subject: &str, glyphs: &Glyphs) -> String {
    quoted(crate::mail::compose::bare_subject(subject), glyphs)
}

/// What happened, for the line above the hints; `from` is whoever began the conversation, where that is known.
pub fn happened(change: &Change, from: Option<&Address>, me: Option<&Handle>, glyphs: &Glyphs) -> String {
    let subject = quoted(&change.subject, glyphs);
    let by = change.by.as_deref().map(|by| match from {
        Some(from) if change.kind == ChangeKind::New && from.is_same_place(by) => from.shown(),
        _ => by,
    });
    let by = by.map(crate::mail::safe::line);
    let who = match &by {
        Some(by) if me.is_some_and(|me| me.as_str() == by) => "you",
        Some(by) => by,
        None => "somebody",
    };
    match change.kind {
        ChangeKind::New => format!("new mail from {who}: {subject}"),
        // Another device of mine took it, or a teammate gave it to me: keywords do not tell which.
        ChangeKind::Claimed | ChangeKind::TakeOver if who == "you" => format!("{subject} is yours now"),
        ChangeKind::Claimed => format!("{who} took {subject}"),
        // They gave it up, or it was taken back from them: keywords do not tell which.
        ChangeKind::Released => format!("{subject} is free again: {who} had it"),
        ChangeKind::Assigned => match change.assignee.holder() {
            Some(to) if Some(to) == me => format!("{who} gave you {subject}"),
            _ => format!("{who} gave {} {subject}", change.assignee),
        },
        ChangeKind::TakeOver => format!("{who} took over {subject}"),
        ChangeKind::Contested => format!("contested by {}: {subject}", change.assignee),
        ChangeKind::Replied if by.is_none() => format!("{subject} was answered"),
        ChangeKind::Replied => format!("{who} answered {subject}"),
        ChangeKind::Sent if by.is_none() => format!("{subject} was sent"),
        ChangeKind::Sent => format!("{who} sent {subject}"),
        ChangeKind::Tagged => match change.tags.as_slice() {
            [] => format!("no tags left on {subject}"),
            tags => format!("{subject} is tagged {}", crate::mail::safe::line(&tags.join(", "))),
        },
        ChangeKind::Status => match change.status {
            Status::Open => format!("open again: {subject}"),
            Status::Waiting => format!("waiting for the customer: {subject}"),
            Status::Snoozed => format!("snoozed: {subject}"),
            Status::Done if by.is_some() => format!("{who} finished {subject}"),
            Status::Done => format!("done: {subject}"),
        },
    }
}

/// The message on which a claim stood left INBOX, and the claim could not be made anew.
pub fn lost_claim(subject: &str, refusal: &Refusal, glyphs: &Glyphs) -> String {
    let (subject, left) = (about(subject, glyphs), "its first message left INBOX");
    match (&refusal.kind, &refusal.holder) {
        (ErrorKind::Held, Some(holder)) => format!("{holder} has {subject} now: {left}"),
        _ => {
            let why = crate::mail::safe::line(refusal.message.trim_end_matches('.'));
            format!("you may have lost {subject}: {left}, and {why}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_as_short_as_it_stays_clear() {
        let now = at("2026-11-24T14:02:00Z");
        let stamp = |t| stamp(at(t), now, &TimeZone::UTC);
        assert_eq!(stamp("2026-11-24T09:05:00Z"), "09:05");
        assert_eq!(stamp("2026-11-23T13:36:00Z"), "Mon 13:36");
        assert_eq!(stamp("2026-10-03T13:36:00Z"), "3 Oct 13:36");
        assert_eq!(stamp("2025-10-03T13:36:00Z"), "3 Oct 2025");
    }

    #[test]
    fn large_numbers_are_parted() {
        assert_eq!([7, 312, 9800, 1_234_567].map(thousands), ["7", "312", "9\u{a0}800", "1\u{a0}234\u{a0}567"]);
    }

    #[test]
    fn sizes_are_round() {
        assert_eq!([12, 412_000, 1_500_000].map(size), ["12 B", "412 KB", "1.5 MB"]);
    }
}
