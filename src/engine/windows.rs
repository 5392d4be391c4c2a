//! In which portions a folder is read the first time: newest first, small at first so that the first screen is there after
//! a handful of round trips, then larger; and wider where UIDs are sparse. Pure.

use crate::model::Uid;

/// A range of UIDs, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: Uid,
    pub to: Uid,
}

/// Walks a folder's UIDs downward.
#[derive(Debug, Clone)]
pub struct Windows {
    below: u32,
    span: u32,
}

const FIRST_SPAN: u32 = 200;
/// As many messages as one transaction and one answer should carry.
const FULL: u32 = 1_000;
const WIDEST_SPAN: u32 = 1 << 20;

impl Windows {
    /// Begins below `known_from`: the lowest UID that is known already, or UIDNEXT.
    pub fn below(known_from: Uid) -> Self {
        Self { below: known_from.0, span: FIRST_SPAN }
    }

    /// The next window; `None` when UID 1 has been reached.
    pub fn next(&self) -> Option<Window> {
        let to = self.below.checked_sub(1).filter(|to| *to >= 1)?;
        Some(Window { from: Uid(to.saturating_sub(self.span - 1).max(1)), to: Uid(to) })
    }

    /// Goes on below this UID where others have read that far already.
    pub fn skip_to(&mut self, known_from: Uid) {
        self.below = self.below.min(known_from.0);
    }

    /// Goes on after a window that held `messages` messages.
    pub fn took(&mut self, window: Window, messages: u32) {
        self.below = window.from.0;
        let wanted = if messages == 0 {
            u64::from(self.span) * 8
        } else {
            // As wide as would have held a full portion, but never more than eight times as wide at once.
            (u64::from(self.span) * u64::from(FULL) / u64::from(messages)).min(u64::from(self.span) * 8)
        };
        self.span = u32::try_from(wanted).unwrap_or(WIDEST_SPAN).clamp(FIRST_SPAN, WIDEST_SPAN);
    }
}

#[cfg(test)]
mod tests {
    use super::{Uid, Windows};

    #[test]
    fn every_uid_is_in_exactly_one_window_newest_first() {
        let mut windows = Windows::below(Uid(12_346));
        let mut next_to = 12_345;
        while let Some(window) = windows.next() {
            assert_eq!(window.to.0, next_to);
            next_to = window.from.0 - 1;
            windows.took(window, (window.to.0 - window.from.0 + 1) / 3);
        }
        assert_eq!(next_to, 0);
    }

    #[test]
    fn a_sparse_folder_of_a_million_uids_takes_few_windows() {
        let mut windows = Windows::below(Uid(1_000_001));
        let mut count = 0;
        while let Some(window) = windows.next() {
            windows.took(window, 0);
            count += 1;
        }
        assert!(count < 10, "{count}");
    }

    #[test]
    fn an_empty_folder_has_no_window() {
        assert_eq!(Windows::below(Uid(1)).next(), None);
    }
}
