//! A person settles an announced answer whose fate is unknown: it was sent, or it is discarded (docs/protocol.md#answering).
//!
//! Whoever settles wins the copy first, by a guarded claim on it; a sender that takes its answer up again does the same, so
//! never do both act on one copy. All steps are on the pending copies in Sent that have the answer's Message-ID, the lowest
//! of them standing for the lock.

use super::change;
use super::claim::Claim;
use super::keywords;
use super::step::{Ask, ChangeStep, Changed, FlagChange, IGNORED, Protocol, Sight, Step, Stopped, Timer, Told};
use crate::model::{Assignee, Expectation, Handle};

/// What its person says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It reached the customer. `\Answered` on what was answered is then the carrier-out's to set.
    WasSent,
    /// It did not, and shall not.
    Discard,
}

/// One try of one process to settle one announced answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Settle {
    me: Handle,
    verdict: Verdict,
    timer: Timer,
    ignored: u8,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Claiming(Box<Claim>),
    Looking,
    Storing,
    Pausing,
}

impl Settle {
    /// `over`: who was seen to hold the copy (one, or several whose claims met), where its person means to settle it all the
    /// same. Ask for that only of a person who knows that their programs are not at work on it.
    pub fn start(me: Handle, verdict: Verdict, over: Option<Assignee>) -> (Self, Ask) {
        let expect = Expectation::default();
        let (claim, ask) = match over {
            Some(saw) if saw != Assignee::Free && !saw.is_held_by(&me) => {
                change::take_over(me.clone(), Some(saw), expect)
            }
            _ => Claim::start(me.clone(), expect),
        };
        let state = State::Claiming(Box::new(claim));
        (Self { me, verdict, timer: Timer::default(), ignored: 0, state }, ask)
    }

    fn decide(&mut self, sights: Vec<Sight>, now_ms: u64) -> ChangeStep {
        let Some(first) = sights.first() else {
            return Step::Finished(Ok(sights));
        };
        if let Some(other) = keywords::claimants(&first.flags).into_iter().find(|h| *h != self.me) {
            return Step::Finished(Err(Stopped::Held(other)));
        }
        if self.ignored >= IGNORED {
            return Step::Finished(Err(Stopped::NotKept));
        }
        if self.timer.is_over(now_ms) {
            return Step::Finished(Err(Stopped::TimedOut));
        }
        if first.modseq.is_none() {
            return Step::Finished(Err(Stopped::Unguarded));
        }
        let change = match self.verdict {
            Verdict::Discard => FlagChange::Add(vec![keywords::VOID.to_owned()]),
            // At once: beside `$Submitted` the claim would say, if only for a moment, that whoever settles it sent it.
            Verdict::WasSent => {
                let is_kept = |atom: &String| {
                    keywords::claimant(atom).is_none() && !atom.eq_ignore_ascii_case(keywords::SUBMIT_PENDING)
                };
                let mut all: Vec<String> = first.flags.atoms().into_iter().filter(is_kept).collect();
                all.push(keywords::SUBMITTED.to_owned());
                FlagChange::Replace(all)
            }
        };
        self.ask(State::Storing, Ask::Store { uid: first.uid, unchanged_since: first.modseq, change })
    }

    fn ask(&mut self, state: State, ask: Ask) -> ChangeStep {
        self.state = state;
        Step::Ask(ask)
    }
}

impl Protocol for Settle {
    type Ask = Ask;
    type Told = Told;
    /// `Ok`: nothing of it is pending any more, by us or by somebody before us.
    type Outcome = Changed;

    fn next(&mut self, told: Told, now_ms: u64) -> ChangeStep {
        self.timer.elapsed(now_ms);
        match (std::mem::replace(&mut self.state, State::Pausing), told) {
            (State::Claiming(mut claim), told) => match claim.next(told, now_ms) {
                Step::Ask(ask) => self.ask(State::Claiming(claim), ask),
                Step::Finished(Ok(sights)) => self.decide(sights, now_ms),
                Step::Finished(Err(Stopped::NotInInbox)) => Step::Finished(Ok(Vec::new())),
                Step::Finished(Err(stopped)) => Step::Finished(Err(stopped)),
            },
            (State::Looking, Told::Seen(sights)) => self.decide(sights, now_ms),
            (State::Storing, Told::Stored { modified: true, .. }) => {
                let wait = self.timer.pause(now_ms);
                self.ask(State::Pausing, wait)
            }
            (State::Storing, Told::Stored { accepted: false, .. }) => Step::Finished(Err(Stopped::Refused)),
            (State::Storing, Told::Stored { fetched, .. }) => {
                self.ignored = if fetched { 0 } else { self.ignored + 1 };
                self.ask(State::Looking, Ask::Look)
            }
            (State::Pausing, Told::Waited) => self.ask(State::Looking, Ask::Look),
            _ => Step::Finished(Err(Stopped::OutOfStep)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::keywords::Fate;
    use crate::wire::state;
    use crate::wire::testing::{Folder, flags, handle};

    /// Drives it on copies in Sent, of which a look shows only those that are pending.
    fn settle(sent: &mut Folder, verdict: Verdict, over: Option<Assignee>) -> Changed {
        let (mut machine, mut ask) = Settle::start(handle("bob"), verdict, over);
        loop {
            let mut told = sent.carry_out(&ask);
            if let Told::Seen(sights) = &mut told {
                sights.retain(|s| keywords::fate(&s.flags) == Fate::Pending);
            }
            match machine.next(told, sent.now_ms) {
                Step::Ask(next) => ask = next,
                Step::Finished(outcome) => return outcome,
            }
        }
    }

    #[test]
    fn what_was_sent_is_marked_and_what_was_not_is_void() {
        let mut sent = Folder::new(&["$SubmitPending"]);
        assert_eq!(settle(&mut sent, Verdict::WasSent, None), Ok(Vec::new()));
        assert_eq!(sent.flags(1), "$Submitted");
        let mut sent = Folder::new(&["\\Seen vip $SubmitPending"]);
        assert_eq!(settle(&mut sent, Verdict::WasSent, None), Ok(Vec::new()));
        assert_eq!(sent.flags(1), "\\Seen $Submitted vip");
        let mut sent = Folder::new(&["$SubmitPending", "$SubmitPending"]);
        assert_eq!(settle(&mut sent, Verdict::Discard, None), Ok(Vec::new()));
        assert!([1, 2].iter().all(|uid| keywords::fate(&flags(&sent.flags(*uid))) == Fate::Void));
        let Ask::Store { unchanged_since, .. } = &sent.asked[3] else { panic!("{:?}", sent.asked) };
        assert!(unchanged_since.is_some());
    }

    #[test]
    fn who_holds_the_copy_keeps_it_unless_its_person_says_otherwise() {
        let mut sent = Folder::new(&["$SubmitPending bagsy-claim-alice"]);
        assert_eq!(settle(&mut sent, Verdict::Discard, None), Err(Stopped::Held(handle("alice"))));
        for atoms in ["bagsy-claim-alice", "bagsy-claim-alice bagsy-claim-bob"] {
            let mut sent = Folder::new(&[&format!("$SubmitPending {atoms}")]);
            let saw = state::assignee(&sent.messages);
            assert_eq!(settle(&mut sent, Verdict::Discard, Some(saw)), Ok(Vec::new()));
            assert_eq!(keywords::fate(&flags(&sent.flags(1))), Fate::Void);
        }
    }

    #[test]
    fn whoever_says_that_it_was_sent_is_at_no_moment_named_as_who_sent_it() {
        for (atoms, over) in [
            ("$SubmitPending", None),
            ("$SubmitPending bagsy-claim-bob", None),
            ("$SubmitPending bagsy-claim-alice", Some(Assignee::Held(handle("alice")))),
        ] {
            let mut sent = Folder::new(&[atoms]);
            let (mut machine, mut ask) = Settle::start(handle("bob"), Verdict::WasSent, over);
            loop {
                let mut told = sent.carry_out(&ask);
                let now = flags(&sent.flags(1));
                assert!(!now.has("$Submitted") || keywords::claimants(&now).is_empty(), "{atoms}: {now:?}");
                if let Told::Seen(sights) = &mut told {
                    sights.retain(|s| keywords::fate(&s.flags) == Fate::Pending);
                }
                match machine.next(told, sent.now_ms) {
                    Step::Ask(next) => ask = next,
                    Step::Finished(outcome) => break assert_eq!(outcome, Ok(Vec::new())),
                }
            }
            assert_eq!(sent.flags(1), "$Submitted");
        }
    }

    #[test]
    fn what_is_settled_already_stays_as_it_is() {
        let mut sent = Folder::new(&["$Submitted"]);
        assert_eq!(settle(&mut sent, Verdict::Discard, None), Ok(Vec::new()));
        assert_eq!(sent.flags(1), "$Submitted");
    }
}
