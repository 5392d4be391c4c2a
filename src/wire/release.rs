//! Giving a conversation up: mirrors first, the lock last, guarded; then all is read once more and stripped
//! (docs/protocol.md#claim).
//!
//! In this order a release that is cut off leaves the conversation held, never held by a forgotten mirror.

use super::keywords;
use super::state;
use super::step::{
    self, Ask, ChangeStep, Changed, FlagChange, IGNORED, Protocol, Sight, Step, Stopped, Timer, Told, spelled,
};
use crate::model::{Assignee, Expectation, Handle, Uid};

/// One try of one process to take its person's claim off.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Release {
    me: Handle,
    expect: Expectation,
    timer: Timer,
    /// Whether anything was written yet.
    started: bool,
    /// The lock from which we took the claim: one that stands there afterwards was given anew.
    released: Option<Uid>,
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
        let (timer, state) = (Timer::default(), State::Looking);
        (Self { me, expect, timer, started: false, released: None, ignored: 0, state }, Ask::Look)
    }

    fn decide(&mut self, sights: Vec<Sight>, now_ms: u64) -> ChangeStep {
        let lock = match sights.first() {
            Some(lock) => lock.uid,
            None if self.started => return Step::Finished(Ok(sights)),
            None => return Step::Finished(Err(Stopped::NotInInbox)),
        };
        if !self.started
            && let Some(stopped) = self.refused(&sights)
        {
            return Step::Finished(Err(stopped));
        }
        let keyword = keywords::claim(&self.me);
        let todo: Vec<(Uid, Ask)> = sights
            .iter()
            .filter(|s| s.flags.has(&keyword) && self.released != Some(s.uid))
            .map(|s| {
                let change = FlagChange::Remove(spelled(&s.flags, |k| k.eq_ignore_ascii_case(&keyword)));
                (s.uid, Ask::Store { uid: s.uid, unchanged_since: s.modseq, change })
            })
            .collect();
        if todo.is_empty() {
            return Step::Finished(Ok(sights));
        }
        if self.ignored >= IGNORED {
            return Step::Finished(Err(Stopped::NotKept));
        }
        if self.timer.is_over(now_ms) {
            return Step::Finished(Err(Stopped::TimedOut));
        }
        self.started = true;
        self.work_off(lock, todo)
    }

    fn refused(&self, sights: &[Sight]) -> Option<Stopped> {
        step::broken(&self.expect, sights, &self.me).or_else(|| match state::assignee(sights) {
            Assignee::Held(holder) if holder != self.me => Some(Stopped::Held(holder)),
            Assignee::Contested(handles) if !handles.contains(&self.me) => Some(Stopped::Contested(handles)),
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
    fn what_another_holds_is_not_released_and_what_is_free_is() {
        assert_eq!(Folder::new(&["bagsy-claim-bob"]).run(release("alice")), Err(Stopped::Held(handle("bob"))));
        assert!(Folder::new(&[""]).run(release("alice")).is_ok());
        let mut contested = Folder::new(&["bagsy-claim-alice bagsy-claim-bob"]);
        assert!(contested.run(release("alice")).is_ok());
        assert_eq!(contested.flags(1), "bagsy-claim-bob");
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
