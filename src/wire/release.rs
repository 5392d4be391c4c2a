//! Giving a conversation up: mirrors first, the lock last, guarded; then all is read once more and stripped
//! (docs/protocol.md#claim).
//!
//! In this order a release that is cut off leaves the conversation held, never held by a forgotten mirror. An assignment of
//! what was free is taken back by the same steps on the claim of whoever got it; there every look before the last STORE must
//! show what its person left behind.
//!
//! Mirrors of others go with one's own: a teammate's that was left over when the claim changed hands would count as soon as
//! the lock is free, and the conversation would be theirs again.

use super::keywords;
use super::state;
use super::step::{
    self, Ask, ChangeStep, Changed, FlagChange, IGNORED, Protocol, Sight, Step, Stopped, Timer, Told, spelled,
};
use crate::model::{Assignee, Expectation, Handle, Uid};

/// How often what is left beside a lock that was released is looked after.
const MOST_ROUNDS: u8 = 10;

/// One try of one process to take its person's claim off.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Release {
    /// Whose claim goes.
    whose: Handle,
    expect: Expectation,
    /// It is another's: as long as it stands, it goes only where all is as expected.
    is_anothers: bool,
    timer: Timer,
    /// Whether anything was written yet.
    started: bool,
    /// Whether the last of the claims that stood there was taken off.
    is_off: bool,
    /// The lock from which we took the claim: one that stands there afterwards was given anew.
    released: Option<Uid>,
    /// Looks after that which showed something left.
    rounds: u8,
    ignored: u8,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Looking,
    /// A STORE is on its way to the message; what remains, last first.
    Storing {
        uid: Uid,
        lock: Uid,
        rest: Vec<(Uid, Ask)>,
    },
    Pausing,
}

impl Release {
    /// Releases what `me` holds; what nobody holds is released already.
    pub fn start(me: Handle, expect: Expectation) -> (Self, Ask) {
        Self::with(me, expect, false)
    }

    /// Frees what `holder` holds, as long as that and whatever else is expected is so.
    pub fn of_another(holder: Handle, expect: Expectation) -> (Self, Ask) {
        let expect = Expectation { assignee: Some(Assignee::Held(holder.clone())), ..expect };
        Self::with(holder, expect, true)
    }

    fn with(whose: Handle, expect: Expectation, is_anothers: bool) -> (Self, Ask) {
        let (timer, state) = (Timer::default(), State::Looking);
        let release = Self {
            whose,
            expect,
            is_anothers,
            timer,
            started: false,
            is_off: false,
            released: None,
            rounds: 0,
            ignored: 0,
            state,
        };
        (release, Ask::Look)
    }

    fn decide(&mut self, sights: Vec<Sight>, now_ms: u64) -> ChangeStep {
        let lock = match sights.first() {
            Some(lock) => lock.uid,
            None if self.started && (self.is_off || !self.is_anothers) => return Step::Finished(Ok(sights)),
            None => return Step::Finished(Err(Stopped::NotInInbox)),
        };
        let is_undecided = !self.started || (self.is_anothers && !self.is_off);
        if is_undecided && let Some(stopped) = self.refused(&sights) {
            return Step::Finished(Err(stopped));
        }
        let strips_all = self.strips_all(&sights);
        let todo: Vec<(Uid, Ask)> = sights
            .iter()
            .filter(|s| self.released != Some(s.uid))
            .filter_map(|s| {
                let is_off = |h: Handle| h == self.whose || (strips_all && s.uid != lock);
                let off = spelled(&s.flags, |k| keywords::claimant(k).is_some_and(is_off));
                let ask = Ask::Store { uid: s.uid, unchanged_since: s.modseq, change: FlagChange::Remove(off.clone()) };
                (!off.is_empty()).then_some((s.uid, ask))
            })
            .collect();
        if todo.is_empty() {
            return Step::Finished(Ok(sights));
        }
        if self.is_anothers && sights.iter().any(|s| s.modseq.is_none()) {
            return Step::Finished(Err(Stopped::Unguarded));
        }
        if self.ignored >= IGNORED {
            return Step::Finished(Err(Stopped::NotKept));
        }
        // Once the lock is free, what is left beside it is not left for want of time.
        if self.released.is_none() && self.timer.is_over(now_ms) {
            return Step::Finished(Err(Stopped::TimedOut));
        }
        if self.released.is_some() {
            self.rounds += 1;
            if self.rounds > MOST_ROUNDS {
                return Step::Finished(Err(Stopped::TimedOut));
            }
        }
        self.started = true;
        self.work_off(lock, todo)
    }

    /// Whether every claim beside the lock is a left-over: it is theirs alone whose claim goes, or was until we took it off
    /// that very lock. Of a contest nobody else's is touched.
    fn strips_all(&self, sights: &[Sight]) -> bool {
        let is_released = sights
            .first()
            .is_some_and(|lock| self.released == Some(lock.uid) && keywords::claimants(&lock.flags).is_empty());
        is_released || state::assignee(sights).is_held_by(&self.whose)
    }

    fn refused(&self, sights: &[Sight]) -> Option<Stopped> {
        step::broken(&self.expect, sights, &self.whose).or_else(|| match state::assignee(sights) {
            Assignee::Held(holder) if holder != self.whose => Some(Stopped::Held(holder)),
            Assignee::Contested(handles) if !handles.contains(&self.whose) => Some(Stopped::Contested(handles)),
            _ => None,
        })
    }

    /// From the end: the list ascends, so the lock comes last.
    fn work_off(&mut self, lock: Uid, mut rest: Vec<(Uid, Ask)>) -> ChangeStep {
        match rest.pop() {
            Some((uid, ask)) => self.ask(State::Storing { uid, lock, rest }, ask),
            None => self.ask(State::Looking, Ask::Look),
        }
    }

    fn ask(&mut self, state: State, ask: Ask) -> ChangeStep {
        self.state = state;
        Step::Ask(ask)
    }
}

impl Protocol for Release {
    type Ask = Ask;
    type Told = Told;
    /// `Ok`: nothing of one's own claim is left, but what was given anew meanwhile.
    type Outcome = Changed;

    fn next(&mut self, told: Told, now_ms: u64) -> ChangeStep {
        self.timer.elapsed(now_ms);
        match (std::mem::replace(&mut self.state, State::Pausing), told) {
            (State::Looking, Told::Seen(sights)) => self.decide(sights, now_ms),
            (State::Storing { .. }, Told::Stored { modified: true, .. }) => {
                let wait = self.timer.pause(now_ms);
                self.ask(State::Pausing, wait)
            }
            (State::Storing { .. }, Told::Stored { accepted: false, .. }) => Step::Finished(Err(Stopped::Refused)),
            (State::Storing { uid, lock, rest }, Told::Stored { fetched, .. }) => {
                if !fetched {
                    // The message is gone, or the server keeps nothing: the look tells which.
                    self.ignored = self.ignored.saturating_add(1).min(IGNORED);
                    return self.ask(State::Looking, Ask::Look);
                }
                if uid == lock {
                    self.released = Some(uid);
                }
                self.is_off |= rest.is_empty();
                self.work_off(lock, rest)
            }
            (State::Pausing, Told::Waited) => self.ask(State::Looking, Ask::Look),
            _ => Step::Finished(Err(Stopped::OutOfStep)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Status;
    use crate::wire::testing::{Folder, handle};

    fn release(me: &str) -> (Release, Ask) {
        Release::start(handle(me), Expectation::default())
    }

    #[test]
    fn mirrors_come_off_first_and_the_lock_last() {
        let mut inbox = Folder::new(&["bagsy-claim-alice VIP", "", "bagsy-claim-alice", "Bagsy-Claim-Alice"]);
        assert!(inbox.run(release("alice")).is_ok());
        let stored: Vec<u32> = inbox
            .asked
            .iter()
            .filter_map(|a| match a {
                Ask::Store { uid, unchanged_since: Some(_), .. } => Some(uid.0),
                _ => None,
            })
            .collect();
        assert_eq!(stored, [4, 3, 1]);
        assert_eq!([inbox.flags(1), inbox.flags(3), inbox.flags(4)], ["VIP", "", ""]);
    }

    #[test]
    fn a_teammates_left_over_mirror_goes_with_it() {
        // Alice took it over, and her connection broke before bob's mirror was off.
        let mut inbox = Folder::new(&["bagsy-claim-alice", "bagsy-claim-bob VIP"]);
        assert!(inbox.run(release("alice")).is_ok());
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["", "VIP"]);
        // It lands when the lock is free already.
        let mut inbox = Folder::new(&["bagsy-claim-alice", ""]);
        let mut looks = 0;
        let ended = inbox.drive(release("alice"), |ask, inbox| {
            looks += usize::from(*ask == Ask::Look);
            if looks == 2 && *ask == Ask::Look {
                inbox.set(2, "bagsy-claim-bob");
            }
        });
        assert!(ended.is_ok());
        assert_eq!(inbox.flags(2), "");
        // The lock is bob's by now: what mirrors it is his.
        let mut inbox = Folder::new(&["bagsy-claim-alice", ""]);
        let mut looks = 0;
        let ended = inbox.drive(release("alice"), |ask, inbox| {
            looks += usize::from(*ask == Ask::Look);
            if looks == 2 && *ask == Ask::Look {
                inbox.set(1, "bagsy-claim-bob");
                inbox.set(2, "bagsy-claim-bob");
            }
        });
        assert!(ended.is_ok());
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["bagsy-claim-bob", "bagsy-claim-bob"]);
    }

    #[test]
    fn what_another_holds_is_not_released_and_what_is_free_is() {
        assert_eq!(Folder::new(&["bagsy-claim-bob"]).run(release("alice")), Err(Stopped::Held(handle("bob"))));
        assert!(Folder::new(&[""]).run(release("alice")).is_ok());
        let mut contested = Folder::new(&["bagsy-claim-alice bagsy-claim-bob"]);
        assert!(contested.run(release("alice")).is_ok());
        assert_eq!(contested.flags(1), "bagsy-claim-bob");
    }

    #[test]
    fn an_assignment_is_taken_back_from_who_got_it_and_only_as_it_was_left() {
        let back = |status| Release::of_another(handle("bob"), Expectation { assignee: None, status });
        let mut inbox = Folder::new(&["bagsy-claim-bob VIP", "bagsy-claim-bob"]);
        assert!(inbox.run(back(Some(Status::Open))).is_ok());
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["VIP", ""]);
        let guarded = |a: &Ask| !matches!(a, Ask::Store { unchanged_since: None, .. });
        assert!(inbox.asked.iter().all(guarded));
        for (now, stopped) in [
            ("bagsy-claim-carol", Stopped::Held(handle("carol"))),
            ("", Stopped::NoLongerSo { assignee: Assignee::Free, status: Status::Open }),
            (
                "bagsy-claim-bob bagsy-waiting",
                Stopped::NoLongerSo { assignee: Assignee::Held(handle("bob")), status: Status::Waiting },
            ),
        ] {
            let mut inbox = Folder::new(&[now]);
            assert_eq!(inbox.run(back(Some(Status::Open))), Err(stopped));
            assert_eq!(inbox.stores(), 0, "{now}");
        }
        // Held by a mirror alone, since the lock left INBOX.
        let mut inbox = Folder::new(&["", "bagsy-claim-bob"]);
        assert!(inbox.run(back(None)).is_ok());
        assert_eq!(inbox.flags(2), "");
    }

    #[test]
    fn what_changes_hands_under_the_taking_back_is_left_alone() {
        for (meanwhile, stopped) in [
            ("bagsy-claim-carol", Stopped::Held(handle("carol"))),
            (
                "bagsy-claim-bob bagsy-waiting",
                Stopped::NoLongerSo { assignee: Assignee::Held(handle("bob")), status: Status::Waiting },
            ),
        ] {
            let mut inbox = Folder::new(&["bagsy-claim-bob"]);
            let mut is_first = true;
            let expect = Expectation { assignee: None, status: Some(Status::Open) };
            let ended = inbox.drive(Release::of_another(handle("bob"), expect), |ask, inbox| {
                if matches!(ask, Ask::Store { .. }) && std::mem::take(&mut is_first) {
                    inbox.set(1, meanwhile);
                }
            });
            assert_eq!(ended, Err(stopped));
            assert_eq!(inbox.flags(1), meanwhile);
        }
    }

    #[test]
    fn what_is_given_back_at_once_is_kept() {
        let mut inbox = Folder::new(&["bagsy-claim-alice"]);
        let mut looks = 0;
        let ended = inbox.drive(release("alice"), |ask, inbox| {
            looks += usize::from(*ask == Ask::Look);
            if looks == 2 && *ask == Ask::Look {
                inbox.set(1, "bagsy-claim-alice");
            }
        });
        assert!(ended.is_ok());
        assert_eq!(inbox.flags(1), "bagsy-claim-alice");
    }

    #[test]
    fn a_change_beside_it_only_delays_it_and_a_deaf_server_is_found_out() {
        let mut inbox = Folder::new(&["bagsy-claim-alice"]);
        let mut is_first = true;
        let ended = inbox.drive(release("alice"), |ask, inbox| {
            if matches!(ask, Ask::Store { .. }) && std::mem::take(&mut is_first) {
                inbox.set(1, "\\Seen bagsy-claim-alice");
            }
        });
        assert!(ended.is_ok());
        assert_eq!(inbox.flags(1), "\\Seen");
        let mut deaf = Folder { is_deaf: true, ..Folder::new(&["bagsy-claim-alice"]) };
        assert_eq!(deaf.run(release("alice")), Err(Stopped::NotKept));
    }
}
