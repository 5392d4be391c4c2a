//! When which of the folders is looked at that share one connection: INBOXes soon and in turn, the others now and then. Pure.
//!
//! A change in an INBOX is to be told no later than 1.5 × what a listener on a connection of its own needs; Dovecot takes
//! half a second to tell one. So up to four INBOXes are asked for every 800 ms, 400 ms after a change in the median. More
//! are asked for less often, so that a server never has more than about five such questions a second from one login: four
//! for INBOXes, one for all else.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::Role;

/// The shortest time between two looks at one INBOX, and between looks at any two of them.
const INBOX: Duration = Duration::from_millis(800);
const BETWEEN_INBOXES: Duration = Duration::from_millis(250);

/// The same for Sent and Archive, and for folders of which a STATUS tells too little.
const OTHER: Duration = Duration::from_secs(5);
const BETWEEN_OTHERS: Duration = Duration::from_secs(1);

/// How a folder is kept up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    Soon,
    NowAndThen,
}

impl Pace {
    pub fn of(role: Role) -> Self {
        if role == Role::Inbox { Self::Soon } else { Self::NowAndThen }
    }
}

/// The folders in their turns, each by its number.
#[derive(Debug, Clone)]
pub struct Turns {
    folders: Vec<(Pace, Instant)>,
}

impl Turns {
    /// All are due now, in their order.
    pub fn new(paces: impl IntoIterator<Item = Pace>, now: Instant) -> Self {
        Self { folders: paces.into_iter().map(|pace| (pace, now)).collect() }
    }

    /// One more folder, due now.
    pub fn join(&mut self, pace: Pace, now: Instant) {
        self.folders.push((pace, now));
    }

    /// Which folder is due next, and when.
    pub fn next(&self) -> Option<(usize, Instant)> {
        let due = self.folders.iter().enumerate().map(|(n, (_, due))| (n, *due));
        due.min_by_key(|(n, due)| (*due, *n))
    }

    /// The folder was looked at; its turn comes again.
    pub fn looked_at(&mut self, folder: usize, now: Instant) {
        let pause = self.pause(folder);
        if let Some((_, due)) = self.folders.get_mut(folder) {
            // Of a folder whose turn came late the next one comes in time, but never at once.
            *due = (*due + pause).max(now + pause / 2);
        }
    }

    /// The folder's turn comes no sooner than then.
    pub fn put_off(&mut self, folder: usize, until: Instant) {
        if let Some((_, due)) = self.folders.get_mut(folder) {
            *due = until;
        }
    }

    /// From now on the folder is looked at now and then only.
    pub fn slow_down(&mut self, folder: usize) {
        if let Some((pace, _)) = self.folders.get_mut(folder) {
            *pace = Pace::NowAndThen;
        }
    }

    /// All are due now.
    pub fn hurry(&mut self, now: Instant) {
        self.folders.iter_mut().for_each(|(_, due)| *due = now);
    }

    /// The time from one look at this folder to the next.
    fn pause(&self, folder: usize) -> Duration {
        let Some((pace, _)) = self.folders.get(folder) else { return OTHER };
        let alike = self.folders.iter().filter(|(other, _)| other == pace).count();
        let alike = u32::try_from(alike).unwrap_or(u32::MAX);
        match pace {
            Pace::Soon => INBOX.max(BETWEEN_INBOXES.saturating_mul(alike)),
            Pace::NowAndThen => OTHER.max(BETWEEN_OTHERS.saturating_mul(alike)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each of the folders is looked at within a minute, where a look takes some time.
    fn looks(paces: &[Pace], takes: Duration) -> Vec<usize> {
        let began = Instant::now();
        let mut turns = Turns::new(paces.iter().copied(), began);
        let (mut now, mut looks) = (began, vec![0; paces.len()]);
        while let Some((folder, due)) = turns.next() {
            now = now.max(due) + takes;
            if now > began + Duration::from_secs(60) {
                break;
            }
            looks[folder] += 1;
            turns.looked_at(folder, now);
        }
        looks
    }

    #[test]
    fn a_handful_of_inboxes_is_looked_at_within_the_second() {
        use Pace::{NowAndThen, Soon};
        let quick = Duration::from_millis(1);
        assert_eq!(looks(&[Soon], quick), [75]);
        assert_eq!(looks(&[Soon, Soon, NowAndThen, NowAndThen], quick), [75, 75, 12, 12]);
        assert!(looks(&[Soon; 5], quick).iter().all(|n| *n == 48), "every 1.25 s");
    }

    #[test]
    fn however_many_there_are_a_server_is_asked_five_times_a_second() {
        for inboxes in [1, 4, 10, 50, 200] {
            for others in [0, 2, 40, 400] {
                let paces = [vec![Pace::Soon; inboxes], vec![Pace::NowAndThen; others]].concat();
                for takes in [1, 20, 150] {
                    let looks = looks(&paces, Duration::from_millis(takes));
                    let all: usize = looks.iter().sum();
                    // All are looked at once at the beginning.
                    assert!(all <= 60 * 5 + 2 * paces.len() + 15, "{inboxes} and {others}: {all}");
                }
            }
        }
    }

    #[test]
    fn inboxes_go_on_whatever_else_there_is() {
        let paces = [vec![Pace::Soon; 4], vec![Pace::NowAndThen; 400]].concat();
        let looks = looks(&paces, Duration::from_millis(20));
        assert!(looks[..4].iter().all(|n| *n > 40), "{:?}", &looks[..4]);
    }

    #[test]
    fn a_folder_that_joins_is_due_at_once_and_then_in_turn() {
        let began = Instant::now();
        let mut turns = Turns::new([Pace::Soon], began);
        turns.looked_at(0, began);
        turns.join(Pace::Soon, began);
        assert_eq!(turns.next(), Some((1, began)));
        turns.looked_at(1, began);
        assert_eq!(turns.next(), Some((0, began + INBOX)));
    }

    #[test]
    fn a_folder_that_is_slowed_down_leaves_the_others_their_pace() {
        let began = Instant::now();
        let mut turns = Turns::new([Pace::Soon, Pace::Soon], began);
        turns.slow_down(0);
        turns.looked_at(0, began);
        turns.looked_at(1, began);
        assert_eq!(turns.next(), Some((1, began + INBOX)));
        turns.hurry(began);
        assert_eq!(turns.next(), Some((0, began)));
    }
}
