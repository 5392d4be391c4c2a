//! How long ago, as the queue tells it.

use jiff::Timestamp;

/// One number and one letter: `now`, `41m`, `3h`, `2d`, `7w`, `2y`.
pub fn age(since: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(since).as_mins().max(0);
    match minutes {
        0 => "now".to_owned(),
        1..60 => format!("{minutes}m"),
        60..1440 => format!("{}h", minutes / 60),
        1440..20160 => format!("{}d", minutes / 1440),
        20160..524_160 => format!("{}w", minutes / 10080),
        _ => format!("{}y", minutes / 524_160),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn ages_are_one_number_and_one_letter() {
        let now = at("2026-11-24T14:02:00Z");
        let ages = ["2026-11-24T14:01:30Z", "2026-11-24T13:36:00Z", "2026-11-24T11:00:00Z", "2026-11-20T11:00:00Z"];
        assert_eq!(ages.map(|t| age(at(t), now)), ["now", "26m", "3h", "4d"]);
        assert_eq!(age(at("2026-10-01T00:00:00Z"), now), "7w");
        assert_eq!(age(at("2024-10-01T00:00:00Z"), now), "2y");
        assert_eq!(age(at("2026-11-24T14:30:00Z"), now), "now");
    }
}
