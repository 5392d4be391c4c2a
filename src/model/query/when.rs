//! Dates as people write them into a search: `2026-11-01`, `2026-11`, `3d`, `yesterday`, `monday`.

use std::fmt;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A moment, told as people do: absolutely, or from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// The beginning of a day.
    Day(Date),
    /// The beginning of a month.
    Month(i16, i8),
    /// So many hours, days, weeks, months or years ago.
    Ago(u16, Unit),
    Today,
    Yesterday,
    /// The beginning of the last day of that name, today not counted.
    Last(Weekday),
}

/// What [`When::Ago`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

const UNITS: [(Unit, char); 5] =
    [(Unit::Hour, 'h'), (Unit::Day, 'd'), (Unit::Week, 'w'), (Unit::Month, 'm'), (Unit::Year, 'y')];

const WEEKDAYS: [(Weekday, &str); 7] = [
    (Weekday::Monday, "monday"),
    (Weekday::Tuesday, "tuesday"),
    (Weekday::Wednesday, "wednesday"),
    (Weekday::Thursday, "thursday"),
    (Weekday::Friday, "friday"),
    (Weekday::Saturday, "saturday"),
    (Weekday::Sunday, "sunday"),
];

/// The words that are dates, for whoever names the nearest one.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ["today", "yesterday"].into_iter().chain(WEEKDAYS.iter().map(|(_, name)| *name))
}

impl When {
    /// Reads one; `None` where it is no date.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "today" => return Some(Self::Today),
            "yesterday" => return Some(Self::Yesterday),
            _ => {}
        }
        // `mon`, `monday`.
        let weekday = WEEKDAYS.iter().find(|(_, name)| lower == *name || lower == name[..3]);
        if let Some((day, _)) = weekday {
            return Some(Self::Last(*day));
        }
        if let Some((unit, letter)) = UNITS.iter().find(|(_, letter)| lower.ends_with(*letter)) {
            let digits = &lower[..lower.len() - letter.len_utf8()];
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            return is_number.then(|| digits.parse().ok().map(|n| Self::Ago(n, *unit))).flatten();
        }
        let parts: Vec<&str> = lower.split('-').collect();
        let is_digits = |part: &&str, many: usize| part.len() == many && part.bytes().all(|b| b.is_ascii_digit());
        match parts.as_slice() {
            [y, m, d] if is_digits(y, 4) && is_digits(m, 2) && is_digits(d, 2) => {
                Date::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?).ok().map(Self::Day)
            }
            [y, m] if is_digits(y, 4) && is_digits(m, 2) => {
                let month = Date::new(y.parse().ok()?, m.parse().ok()?, 1).ok()?;
                Some(Self::Month(month.year(), month.month()))
            }
            _ => None,
        }
    }

    /// The moment that is meant. What lies before all time is its beginning.
    pub fn at(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let here = now.to_zoned(zone.clone());
        let day = |date: Date| date.to_zoned(zone.clone()).map(|z| z.timestamp());
        let at = match self {
            Self::Day(date) => day(date),
            Self::Month(year, month) => Date::new(year, month, 1).and_then(day),
            Self::Today => day(here.date()),
            Self::Yesterday => here.date().yesterday().and_then(day),
            Self::Last(weekday) => here.date().nth_weekday(-1, weekday).and_then(day),
            Self::Ago(many, unit) => {
                let many = i64::from(many);
                let span = match unit {
                    Unit::Hour => Span::new().try_hours(many),
                    Unit::Day => Span::new().try_days(many),
                    Unit::Week => Span::new().try_weeks(many),
                    Unit::Month => Span::new().try_months(many),
                    Unit::Year => Span::new().try_years(many),
                };
                span.and_then(|span| here.checked_sub(span)).map(|z| z.timestamp())
            }
        };
        at.unwrap_or(Timestamp::MIN)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(date) => write!(f, "{date}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Today => f.write_str("today"),
            Self::Yesterday => f.write_str("yesterday"),
            Self::Last(weekday) => {
                f.write_str(WEEKDAYS.iter().find(|(day, _)| day == weekday).map_or("", |(_, name)| name))
            }
            Self::Ago(many, unit) => {
                write!(f, "{many}{}", UNITS.iter().find(|(u, _)| u == unit).map_or('d', |(_, letter)| *letter))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_moment_where_its_reader_is() {
        let now: Timestamp = "2026-11-25T20:30:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::fixed(jiff::tz::offset(1)));
        let at = |text: &str| When::parse(text).unwrap().at(now, &zone).to_string();
        assert_eq!(at("2026-11-01"), "2026-10-31T23:00:00Z");
        assert_eq!(at("2026-11"), "2026-10-31T23:00:00Z");
        assert_eq!(at("today"), "2026-11-24T23:00:00Z");
        assert_eq!(at("Yesterday"), "2026-11-23T23:00:00Z");
        assert_eq!(at("wed"), "2026-11-17T23:00:00Z");
        assert_eq!(at("tuesday"), "2026-11-23T23:00:00Z");
        assert_eq!(at("3d"), "2026-11-22T20:30:00Z");
        assert_eq!(at("5h"), "2026-11-25T15:30:00Z");
        assert_eq!(at("60000y"), Timestamp::MIN.to_string());
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "d", "2026-13-01", "2026-1-1", "3x", "99999999d", "2026", "é"] {
            assert_eq!(When::parse(text), None, "{text}");
        }
    }
}
