//! INTERNALDATE (RFC 3501 §9, `date-time`).

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::Offset;

/// Reads `17-Jul-1996 02:44:25 -0700`, a blank for the first digit of the day; `None` where it makes no sense.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let mut words = text.split_ascii_whitespace();
    let (date, time, zone) = (words.next()?, words.next()?, words.next().unwrap_or("+0000"));
    let mut date = date.split('-');
    let (day, month, year) = (date.next()?.parse().ok()?, month(date.next()?)?, date.next()?.parse().ok()?);
    let mut time = time.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next().flatten().unwrap_or(0));
    // A leap second is the end of its minute.
    let local = civil::DateTime::new(year, month, day, hour, minute, second.min(59), 0).ok()?;
    offset(zone)?.to_timestamp(local).ok()
}

/// A day as SEARCH takes it (RFC 3501 §9, `date`).
pub(crate) fn day(day: civil::Date) -> String {
    let month = usize::try_from(day.month() - 1).ok().and_then(|at| NAMES.get(at)).unwrap_or(&NAMES[0]);
    format!("{}-{month}-{:04}", day.day(), day.year())
}

const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn month(name: &str) -> Option<i8> {
    let index = NAMES.iter().position(|n| name.eq_ignore_ascii_case(n))?;
    i8::try_from(index + 1).ok()
}

fn offset(zone: &str) -> Option<Offset> {
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    Offset::from_seconds(sign * (number / 100 * 3600 + number % 100 * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_are_read_with_their_zone() {
        assert_eq!(parse("17-Jul-1996 02:44:25 -0700").unwrap().to_string(), "1996-07-17T09:44:25Z");
        assert_eq!(parse(" 7-jul-1996 02:44:25 +0030").unwrap().to_string(), "1996-07-07T02:14:25Z");
        for odd in ["", "x", "32-Jul-1996 02:44:25 +0000", "1-Foo-1996 02:44:25 +0000", "1-Jul-1996 02:44:25 é0000"] {
            assert!(parse(odd).is_none(), "{odd}");
        }
    }
}
