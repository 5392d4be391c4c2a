//! Filing a conversation: to Trash, to Junk, into a folder (docs/protocol.md#filing).
//!
//! Whoever files holds it: what is free is claimed first, for two who move one message at once leave two copies. Moved is what
//! its person had seen; mail that came later stays in INBOX and is open. Where nothing is moved, marks come off again, and so
//! does the claim that came with it.

use super::claim::Claim;
use super::keywords;
use super::release::Release;
use super::state;
use super::step::{Ask, ChangeStep, Changed, FlagChange, Protocol, Sight, Step, Stopped, Told, spelled};
use crate::model::{Assignee, Expectation, Handle, Uid};

/// One try of one process to file one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct File {
    me: Handle,
    /// It is marked for the filters that learn from it before it goes.
    is_junk: bool,
    /// The newest message that its person had seen; what came later stays.
    upto: Option<Uid>,
    /// The claim came with it: nobody held it before.
    is_claim_new: bool,
    /// What takes off the marks that were set.
    unmarks: Vec<Ask>,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Claiming(Box<Claim>),
    Marking {
        /// Takes this one off again.
        unmark: Option<Ask>,
        rest: Vec<Ask>,
    },
    /// All marks were tried; what is moved is seen once more.
    Looking,
    Moving,
    Closing,
    /// Nothing was moved, for this reason.
    Unmarking(Stopped),
    Releasing {
        stopped: Stopped,
        release: Box<Release>,
    },
}

impl File {
    /// `upto`: the newest UID that its person had seen; `None`: all that the first look shows.
    pub fn start(me: Handle, is_junk: bool, upto: Option<Uid>, expect: Expectation) -> (Self, Ask) {
        let (claim, ask) = Claim::hold(me.clone(), expect);
        let state = State::Claiming(Box::new(claim));
        (Self { me, is_junk, upto, is_claim_new: false, unmarks: Vec::new(), state }, ask)
    }

    fn decide(&mut self, sights: &[Sight], is_marked: bool) -> ChangeStep {
        match state::assignee(sights) {
            _ if sights.is_empty() => return Step::Finished(Err(Stopped::NotInInbox)),
            Assignee::Held(holder) if holder == self.me => {}
            Assignee::Held(other) => return self.stop(Stopped::Held(other)),
            Assignee::Contested(handles) => return self.stop(Stopped::Contested(handles)),
            assignee => return self.stop(Stopped::NoLongerSo { assignee, status: state::status(sights) }),
        }
        let newest = sights.iter().map(|s| s.uid).max().unwrap_or(Uid(0));
        let upto = *self.upto.get_or_insert(newest);
        let seen: Vec<&Sight> = sights.iter().filter(|s| s.uid <= upto).collect();
        if self.is_junk && !is_marked {
            return self.work_off(seen.iter().rev().flat_map(|s| marks(s)).collect());
        }
        if seen.is_empty() {
            // All that was seen left meanwhile; what is left came later.
            return self.stop(Stopped::NotInInbox);
        }
        let uids = seen.iter().map(|s| s.uid).collect();
        self.ask(State::Moving, Ask::Move { uids })
    }

    fn work_off(&mut self, mut rest: Vec<Ask>) -> ChangeStep {
        match rest.pop() {
            Some(ask) => self.ask(State::Marking { unmark: reversed(&ask), rest }, ask),
            None => self.ask(State::Looking, Ask::Look),
        }
    }

    /// Nothing was moved: nothing else of it is to stay.
    fn stop(&mut self, stopped: Stopped) -> ChangeStep {
        if let Some(unmark) = self.unmarks.pop() {
            return self.ask(State::Unmarking(stopped), unmark);
        }
        if !self.is_claim_new {
            return Step::Finished(Err(stopped));
        }
        let (release, ask) = Release::start(self.me.clone(), Expectation::default());
        self.ask(State::Releasing { stopped, release: Box::new(release) }, ask)
    }

    fn ask(&mut self, state: State, ask: Ask) -> ChangeStep {
        self.state = state;
        Step::Ask(ask)
    }
}

/// What marks one message as junk, the last one first. A keyword that may be new to the server is alone in its command.
fn marks(sight: &Sight) -> Vec<Ask> {
    let store = |change| Ask::Store { uid: sight.uid, unchanged_since: None, change };
    let mut due = Vec::new();
    let off = spelled(&sight.flags, |k| k.eq_ignore_ascii_case(keywords::NOT_JUNK));
    if !off.is_empty() {
        due.push(store(FlagChange::Remove(off)));
    }
    if !sight.flags.has(keywords::JUNK) {
        due.push(store(FlagChange::Add(vec![keywords::JUNK.to_owned()])));
    }
    due
}

fn reversed(ask: &Ask) -> Option<Ask> {
    let Ask::Store { uid, unchanged_since, change } = ask else { return None };
    let change = match change {
        FlagChange::Add(on) => FlagChange::Remove(on.clone()),
        FlagChange::Remove(off) => FlagChange::Add(off.clone()),
        FlagChange::Replace(_) => return None,
    };
    Some(Ask::Store { uid: *uid, unchanged_since: *unchanged_since, change })
}

impl Protocol for File {
    type Ask = Ask;
    type Told = Told;
    /// `Ok`: what had been seen is moved; what is left in INBOX came later.
    type Outcome = Changed;

    fn next(&mut self, told: Told, now_ms: u64) -> ChangeStep {
        match (std::mem::replace(&mut self.state, State::Looking), told) {
            (State::Claiming(mut claim), told) => match claim.next(told, now_ms) {
                Step::Ask(ask) => self.ask(State::Claiming(claim), ask),
                Step::Finished(Ok(sights)) => {
                    self.is_claim_new = claim.is_new();
                    self.decide(&sights, false)
                }
                Step::Finished(Err(stopped)) => Step::Finished(Err(stopped)),
            },
            // A mark that a server does not keep keeps no junk in INBOX.
            (State::Marking { unmark, rest }, Told::Stored { fetched, .. }) => {
                self.unmarks.extend(unmark.filter(|_| fetched));
                self.work_off(rest)
            }
            (State::Looking, Told::Seen(sights)) => self.decide(&sights, true),
            (State::Moving, Told::Moved { accepted: true }) => self.ask(State::Closing, Ask::Look),
            (State::Moving, Told::Moved { accepted: false }) => self.stop(Stopped::Refused),
            (State::Unmarking(stopped), Told::Stored { .. }) => self.stop(stopped),
            (State::Releasing { stopped, mut release }, told) => match release.next(told, now_ms) {
                Step::Ask(ask) => self.ask(State::Releasing { stopped, release }, ask),
                Step::Finished(_) => Step::Finished(Err(stopped)),
            },
            (State::Closing, Told::Seen(sights)) => Step::Finished(Ok(sights)),
            _ => Step::Finished(Err(Stopped::OutOfStep)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{Folder, handle};

    fn file(is_junk: bool, upto: Option<u32>) -> (File, Ask) {
        File::start(handle("alice"), is_junk, upto.map(Uid), Expectation::default())
    }

    #[test]
    fn what_is_free_is_claimed_and_then_moved_as_one() {
        let mut inbox = Folder::new(&["", "VIP"]);
        assert_eq!(inbox.run(file(false, None)), Ok(Vec::new()));
        assert_eq!(inbox.moved, [Uid(1), Uid(2)]);
        assert_eq!(inbox.stores(), 1, "the claim alone");
    }

    #[test]
    fn what_another_holds_stays_where_it_is() {
        let mut inbox = Folder::new(&["bagsy-claim-bob"]);
        assert_eq!(inbox.run(file(true, None)), Err(Stopped::Held(handle("bob"))));
        assert_eq!((inbox.stores(), inbox.moved), (0, Vec::new()));
    }

    #[test]
    fn mail_that_nobody_saw_stays_and_is_open() {
        let mut inbox = Folder::new(&["bagsy-claim-alice", ""]);
        let left = inbox.run(file(false, Some(1))).unwrap();
        assert_eq!(inbox.moved, [Uid(1)]);
        assert_eq!(left.len(), 1);
    }

    #[test]
    fn junk_is_marked_for_the_filters_before_it_goes() {
        let mut inbox = Folder::new(&["$NotJunk bagsy-claim-alice"]);
        let mut left = String::new();
        let ended = inbox.drive(file(true, None), |ask, inbox| {
            if matches!(ask, Ask::Move { .. }) {
                left = inbox.flags(1);
            }
        });
        assert!(ended.is_ok());
        assert_eq!(left, "$Junk bagsy-claim-alice");
    }

    #[test]
    fn junk_goes_though_the_server_keeps_no_mark() {
        let mut inbox = Folder::new(&["bagsy-claim-alice"]);
        inbox.is_deaf = true;
        assert!(inbox.run(file(true, None)).is_ok());
        assert_eq!(inbox.moved, [Uid(1)]);
    }

    #[test]
    fn whoever_took_it_over_while_it_was_marked_keeps_it() {
        let mut inbox = Folder::new(&["bagsy-claim-alice"]);
        let ended = inbox.drive(file(true, None), |ask, inbox| {
            if matches!(ask, Ask::Store { .. }) {
                inbox.set(1, "bagsy-claim-bob");
            }
        });
        assert_eq!(ended, Err(Stopped::Held(handle("bob"))));
        assert_eq!(inbox.moved, Vec::new());
    }

    #[test]
    fn a_server_that_does_not_move_is_told_of() {
        let mut inbox = Folder { refuses_move: true, ..Folder::new(&["bagsy-claim-alice"]) };
        assert_eq!(inbox.run(file(false, None)), Err(Stopped::Refused));
        assert_eq!(inbox.flags(1), "bagsy-claim-alice", "it was held before");
    }

    #[test]
    fn what_is_not_moved_is_as_it_was() {
        for is_junk in [false, true] {
            let mut inbox = Folder { refuses_move: true, ..Folder::new(&["$NotJunk VIP", ""]) };
            assert_eq!(inbox.run(file(is_junk, None)), Err(Stopped::Refused));
            assert_eq!(
                [inbox.flags(1), inbox.flags(2)],
                ["VIP $NotJunk", ""].map(|atoms| crate::wire::testing::flags(atoms).atoms().join(" "))
            );
        }
        // All that was seen left while it was claimed; what is left came later.
        let mut inbox = Folder::new(&["", ""]);
        inbox.expunge(1);
        assert_eq!(inbox.run(file(false, Some(1))), Err(Stopped::NotInInbox));
        assert_eq!(inbox.flags(2), "");
    }
}
