//! The claim on a conversation's other messages: so that other mail programs show it and a lost lock loses nothing
//! (docs/protocol.md#claim).
//!
//! Run after a claim was won, and whenever mail came into a conversation. Only the holder adds mirrors; anybody removes one
//! that differs from the lock. It decides nothing: the lock wins over every mirror. Who finds the lock free after it wrote one
//! (another device released meanwhile) takes that off again: beside a free lock it would count as a claim.

use super::keywords;
use super::state;
use super::step::{Ask, FlagChange, IGNORED, Protocol, Sight, Step, Told, spelled};
use crate::model::{Assignee, Handle, Uid};

/// One tidying of the mirrors of one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mirror {
    me: Handle,
    /// Looks that showed something to do.
    rounds: u8,
    /// The lock that the last look showed.
    lock: Option<Uid>,
    /// Where this process put mirrors of that lock.
    wrote: Vec<Uid>,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Looking,
    /// A STORE is on its way; where it puts a mirror.
    Storing {
        adds: Option<Uid>,
        rest: Vec<Ask>,
    },
}

impl Mirror {
    /// Tidies on behalf of `me`, who may hold the conversation or not.
    pub fn start(me: Handle) -> (Self, Ask) {
        (Self { me, rounds: 0, lock: None, wrote: Vec::new(), state: State::Looking }, Ask::Look)
    }

    /// The STOREs that are due: nothing as long as the lock itself is free or contested, but what we wrote ourselves.
    fn due(&mut self, sights: &[Sight]) -> Vec<Ask> {
        let Some((lock, others)) = sights.split_first() else { return Vec::new() };
        if self.lock.replace(lock.uid) != Some(lock.uid) {
            // The lock left INBOX: what mirrors it is what is left of the claim.
            self.wrote.clear();
        }
        let store = |s: &Sight, change| Ask::Store { uid: s.uid, unchanged_since: s.modseq, change };
        let mut due = Vec::new();
        let holder = match state::assignee(std::slice::from_ref(lock)) {
            Assignee::Held(holder) => holder,
            Assignee::Contested(_) => return due,
            Assignee::Free => {
                let mine = keywords::claim(&self.me);
                for sight in others.iter().filter(|s| self.wrote.contains(&s.uid) && s.flags.has(&mine)) {
                    let off = spelled(&sight.flags, |k| k.eq_ignore_ascii_case(&mine));
                    due.push(store(sight, FlagChange::Remove(off)));
                }
                return due;
            }
        };
        let keyword = keywords::claim(&holder);
        for sight in others {
            let strange = spelled(&sight.flags, |k| keywords::claimant(k).is_some_and(|other| other != holder));
            if !strange.is_empty() {
                due.push(store(sight, FlagChange::Remove(strange)));
            } else if holder == self.me && !sight.flags.has(&keyword) {
                due.push(store(sight, FlagChange::Add(vec![keyword.clone()])));
            }
        }
        due.reverse();
        due
    }

    fn work_off(&mut self, mut rest: Vec<Ask>) -> Step<Ask, ()> {
        let (state, ask) = match rest.pop() {
            Some(ask) => {
                let adds = match &ask {
                    Ask::Store { uid, change: FlagChange::Add(_), .. } => Some(*uid),
                    _ => None,
                };
                (State::Storing { adds, rest }, ask)
            }
            None => (State::Looking, Ask::Look),
        };
        self.state = state;
        Step::Ask(ask)
    }
}

impl Protocol for Mirror {
    type Ask = Ask;
    type Told = Told;
    /// However it ends, the next one finds what is still due.
    type Outcome = ();

    fn next(&mut self, told: Told, _now_ms: u64) -> Step<Ask, ()> {
        match (std::mem::replace(&mut self.state, State::Looking), told) {
            (State::Looking, Told::Seen(sights)) => {
                let due = self.due(&sights);
                // What it wrote itself it looks after a little longer.
                let most = if self.wrote.is_empty() { IGNORED } else { 2 * IGNORED };
                if due.is_empty() || self.rounds >= most {
                    return Step::Finished(());
                }
                self.rounds += 1;
                self.work_off(due)
            }
            (State::Storing { adds, rest }, Told::Stored { accepted: true, modified: false, fetched }) => {
                // Without a FETCH it changed nothing: it is another device's.
                self.wrote.extend(adds.filter(|_| fetched));
                self.work_off(rest)
            }
            // Somebody is at work there too: look before anything else is written.
            (State::Storing { .. }, Told::Stored { modified: true, .. }) => self.work_off(Vec::new()),
            _ => Step::Finished(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{Folder, handle};

    #[test]
    fn the_holder_mirrors_the_claim_onto_every_message() {
        let mut inbox = Folder::new(&["bagsy-claim-alice", "", "bagsy-claim-bob"]);
        inbox.run(Mirror::start(handle("alice")));
        assert_eq!([inbox.flags(2), inbox.flags(3)], ["bagsy-claim-alice", "bagsy-claim-alice"]);
    }

    #[test]
    fn others_only_take_off_what_differs_from_the_lock() {
        let mut inbox = Folder::new(&["bagsy-claim-alice", "", "bagsy-claim-bob"]);
        inbox.run(Mirror::start(handle("bob")));
        assert_eq!([inbox.flags(1), inbox.flags(2), inbox.flags(3)], ["bagsy-claim-alice", "", ""]);
    }

    #[test]
    fn a_mirror_that_lands_after_the_release_is_taken_off_again() {
        let mut inbox = Folder::new(&["bagsy-claim-alice", "", "bagsy-claim-alice"]);
        let mut is_first = true;
        inbox.drive(Mirror::start(handle("alice")), |ask, inbox| {
            if matches!(ask, Ask::Store { .. }) && std::mem::take(&mut is_first) {
                inbox.set(1, "");
            }
        });
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["", ""]);
        // What another device put there is left to it.
        assert_eq!(inbox.flags(3), "bagsy-claim-alice");
    }

    #[test]
    fn a_mirror_whose_lock_left_inbox_is_what_is_left_of_the_claim() {
        let mut inbox = Folder::new(&["bagsy-claim-alice", "", ""]);
        let mut is_first = true;
        inbox.drive(Mirror::start(handle("alice")), |ask, inbox| {
            if matches!(ask, Ask::Store { uid: Uid(3), .. }) && std::mem::take(&mut is_first) {
                inbox.expunge(1);
            }
        });
        assert_eq!(state::assignee(&inbox.messages), Assignee::Held(handle("alice")));
    }

    #[test]
    fn a_free_or_contested_lock_is_nobodys_to_mirror() {
        for lock in ["", "bagsy-claim-alice bagsy-claim-bob"] {
            let mut inbox = Folder::new(&[lock, "bagsy-claim-bob"]);
            inbox.run(Mirror::start(handle("alice")));
            assert_eq!(inbox.stores(), 0);
        }
    }
}
