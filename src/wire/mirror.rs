//! The claim on a conversation's other messages: so that other mail programs show it and a lost lock loses nothing
//! (docs/protocol.md#claim).
//!
//! Run after a claim was won, and whenever mail came into a conversation. Only the holder adds mirrors; anybody removes one
//! that differs from the lock. It decides nothing: the lock wins over every mirror.

use super::keywords;
use super::state;
use super::step::{Ask, FlagChange, IGNORED, Protocol, Sight, Step, Told, spelled};
use crate::model::{Assignee, Handle};

/// One tidying of the mirrors of one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mirror {
    me: Handle,
    /// Looks that showed something to do.
    rounds: u8,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Looking,
    Storing { rest: Vec<Ask> },
}

impl Mirror {
    /// Tidies on behalf of `me`, who may hold the conversation or not.
    pub fn start(me: Handle) -> (Self, Ask) {
        (Self { me, rounds: 0, state: State::Looking }, Ask::Look)
    }

    /// The STOREs that are due: nothing as long as the lock itself is free or contested.
    fn due(&self, sights: &[Sight]) -> Vec<Ask> {
        let Some((lock, others)) = sights.split_first() else { return Vec::new() };
        let Assignee::Held(holder) = state::assignee(std::slice::from_ref(lock)) else { return Vec::new() };
        let keyword = keywords::claim(&holder);
        let store = |s: &Sight, change| Ask::Store { uid: s.uid, unchanged_since: s.modseq, change };
        let mut due = Vec::new();
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
            Some(ask) => (State::Storing { rest }, ask),
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
                if due.is_empty() || self.rounds >= IGNORED {
                    return Step::Finished(());
                }
                self.rounds += 1;
                self.work_off(due)
            }
            (State::Storing { rest }, Told::Stored { accepted: true, modified: false, .. }) => self.work_off(rest),
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
    fn a_free_or_contested_lock_is_nobodys_to_mirror() {
        for lock in ["", "bagsy-claim-alice bagsy-claim-bob"] {
            let mut inbox = Folder::new(&[lock, "bagsy-claim-bob"]);
            inbox.run(Mirror::start(handle("alice")));
            assert_eq!(inbox.stores(), 0);
        }
    }
}
