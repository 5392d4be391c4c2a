//! Sets of UIDs as commands name them and responses give them (RFC 3501 §9, `sequence-set`).

use std::fmt;

use crate::model::Uid;

/// UIDs as ranges, in the order given; `1:4294967295` costs no more than `1`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UidSet {
    /// Both ends belong to it, the first is not above the second.
    ranges: Vec<(u32, u32)>,
}

impl UidSet {
    /// The set of one.
    pub fn one(uid: Uid) -> Self {
        Self { ranges: vec![(uid.0, uid.0)] }
    }

    /// All UIDs from one to the other, both included; empty where the first is above the second.
    pub fn range(from: Uid, to: Uid) -> Self {
        Self { ranges: if from <= to { vec![(from.0, to.0)] } else { Vec::new() } }
    }

    /// All UIDs from this one on. Never written as `n:*`, which always means at least the last message, however low its
    /// UID.
    pub fn from(from: Uid) -> Self {
        Self::range(from, Uid(u32::MAX))
    }

    /// Every UID.
    pub fn all() -> Self {
        Self::from(Uid(1))
    }

    /// These UIDs, sorted, neighbours joined.
    pub fn of(uids: impl IntoIterator<Item = Uid>) -> Self {
        let mut uids: Vec<u32> = uids.into_iter().map(|u| u.0).collect();
        uids.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for uid in uids {
            match ranges.last_mut() {
                Some((_, end)) if uid <= end.saturating_add(1) => *end = uid.max(*end),
                _ => ranges.push((uid, uid)),
            }
        }
        Self { ranges }
    }

    /// These ranges, as given.
    pub fn of_ranges(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        Self { ranges: ranges.into_iter().map(|(a, b)| (a.min(b), a.max(b))).collect() }
    }

    /// Reads `1:5,7,9:*`; what is no number is skipped, `*` is the highest UID there can be.
    pub fn parse(text: &[u8]) -> Self {
        let number = |part: &[u8]| -> Option<u32> {
            if part == b"*" { Some(u32::MAX) } else { std::str::from_utf8(part).ok()?.parse().ok() }
        };
        let ranges = text.split(|b| *b == b',').filter_map(|part| {
            let mut ends = part.splitn(2, |b| *b == b':');
            let from = number(ends.next()?)?;
            let to = ends.next().map_or(Some(from), number)?;
            Some((from.min(to), from.max(to)))
        });
        Self { ranges: ranges.collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub fn contains(&self, uid: Uid) -> bool {
        self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&uid.0))
    }

    /// How many UIDs it spans, whether or not there are messages with them.
    pub fn span(&self) -> u64 {
        self.ranges.iter().map(|(from, to)| u64::from(to - from) + 1).sum()
    }

    /// Both ends of each range.
    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    /// Each UID, in the order given. Mind [`UidSet::span`] before collecting what a server said.
    pub fn iter(&self) -> impl Iterator<Item = Uid> + '_ {
        self.ranges.iter().flat_map(|(from, to)| (*from..=*to).map(Uid))
    }

    /// Adds another set's ranges.
    pub fn extend(&mut self, other: &Self) {
        self.ranges.extend_from_slice(&other.ranges);
    }

    /// The same set in pieces whose text is no longer than about `octets`, so that no command line is too long.
    pub fn pieces(&self, octets: usize) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut piece = Self::default();
        let mut length = 0;
        for range in &self.ranges {
            let text = Self { ranges: vec![*range] }.to_string().len() + 1;
            if length + text > octets && !piece.is_empty() {
                pieces.push(std::mem::take(&mut piece));
                length = 0;
            }
            length += text;
            piece.ranges.push(*range);
        }
        if !piece.is_empty() {
            pieces.push(piece);
        }
        pieces
    }
}

impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (from, to)) in self.ranges.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            if from == to { write!(f, "{from}")? } else { write!(f, "{from}:{to}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_joined_and_read_back() {
        let set = UidSet::of([7, 1, 2, 3, 3, 9].map(Uid));
        assert_eq!(set.to_string(), "1:3,7,9");
        assert_eq!(UidSet::parse(b"1:3,7,9"), set);
        assert!(set.contains(Uid(2)) && !set.contains(Uid(8)));
        assert_eq!(set.span(), 5);
    }

    #[test]
    fn odd_sets_are_read_as_far_as_they_make_sense() {
        assert_eq!(UidSet::parse(b"5:3,x,,8").to_string(), "3:5,8");
        assert_eq!(UidSet::parse(b"4:*").ranges(), [(4, u32::MAX)]);
        assert!(UidSet::parse(b"").is_empty());
        assert!(UidSet::range(Uid(5), Uid(4)).is_empty());
    }

    #[test]
    fn a_long_set_is_asked_for_in_pieces() {
        let set = UidSet::of((0..1000).map(|n| Uid(n * 2 + 1)));
        let pieces = set.pieces(100);
        assert!(pieces.iter().all(|p| p.to_string().len() <= 100));
        assert_eq!(pieces.iter().map(UidSet::span).sum::<u64>(), 1000);
    }
}
