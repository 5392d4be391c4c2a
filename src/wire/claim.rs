//! The claim protocol of grade A: one guarded STORE decides who holds a conversation (docs/protocol.md#claim).
//!
//! A claim is won when the server took the STORE without MODIFIED (RFC 7162 §3.1.3) *and*, read back, it is the only claim
//! on the lock. Whoever finds another's beside the one it just added takes its own off, waits and tries again. What this
//! process did not store itself may yet be withdrawn by who did: it is named as a result only when a second look, a while
//! later, shows the very same. The same machine takes over and assigns (`wire::change`), by a STORE of the whole set.

use super::keywords;
use super::state;
use super::step::{
    self, Ask, ChangeStep, Changed, FlagChange, IGNORED, Protocol, Sight, Step, Stopped, Timer, Told, confirming_pause,
    spelled, whole_set,
};
use crate::model::{Assignee, Expectation, Handle, ModSeq, Uid};

/// One try of one process to make somebody the holder of one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim {
    whose: Handle,
    plan: Plan,
    expect: Expectation,
    timer: Timer,
    /// Where this process's own STORE put the claim that was not yet read back alone.
    added: Option<Uid>,
    ignored: u8,
    state: State,
}

/// What the claim takes the place of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Plan {
    /// Nothing: the conversation is free.
    Free,
    /// Nothing either, and what is mine already is taken as it stands: every later step looks again.
    Hold,
    /// Nothing is stored: it is only made out that nobody else holds it.
    Glance,
    /// The claims that its person saw; `None` until the first look tells them.
    Instead(Option<Assignee>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Looking,
    /// The guarded STORE is on its way; whether the claim had been there before.
    Storing {
        uid: Uid,
        had_it: bool,
    },
    Withdrawing,
    Pausing,
    /// Before the second look.
    Settling(Shown),
    Confirming(Shown),
}

/// What must be seen twice. The MODSEQ too: a claim that was withdrawn and made again in between is another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Shown {
    lock: Uid,
    modseq: Option<ModSeq>,
    assignee: Assignee,
}

impl Claim {
    /// Claims what is free, or confirms what is mine already.
    pub fn start(me: Handle, expect: Expectation) -> (Self, Ask) {
        Self::with(me, Plan::Free, expect)
    }

    /// Claims what is free; what is mine already needs no second look, since whoever asks for this looks again before it
    /// counts.
    pub(super) fn hold(me: Handle, expect: Expectation) -> (Self, Ask) {
        Self::with(me, Plan::Hold, expect)
    }

    /// Makes out that it is mine or free.
    pub(super) fn glance(me: Handle, expect: Expectation) -> (Self, Ask) {
        Self::with(me, Plan::Glance, expect)
    }

    /// Puts `whose` claim in the place of those that were `seen` (or that the first look shows).
    pub(super) fn instead(whose: Handle, seen: Option<Assignee>, expect: Expectation) -> (Self, Ask) {
        Self::with(whose, Plan::Instead(seen), expect)
    }

    fn with(whose: Handle, plan: Plan, expect: Expectation) -> (Self, Ask) {
        let state = State::Looking;
        (Self { whose, plan, expect, timer: Timer::default(), added: None, ignored: 0, state }, Ask::Look)
    }

    /// Whether the claim that it holds was made by this very try: nobody had it before.
    pub(super) fn is_new(&self) -> bool {
        self.added.is_some() && self.is_withdrawable()
    }

    /// Nothing stood in its place: taken off, it leaves all as it was.
    fn is_withdrawable(&self) -> bool {
        !matches!(self.plan, Plan::Instead(_))
    }

    fn decide(&mut self, sights: Vec<Sight>, now_ms: u64) -> ChangeStep {
        let Some(lock) = sights.first() else {
            return Step::Finished(Err(Stopped::NotInInbox));
        };
        let assignee = state::assignee(&sights);
        let is_ours = assignee.is_held_by(&self.whose);
        let on_lock = keywords::claimants(&lock.flags);
        let keyword = keywords::claim(&self.whose);

        if let Some(added) = self.added {
            // The guard sees the lock alone; the status stands on another message.
            let is_late = self.is_withdrawable() && self.expect.status.is_some_and(|s| s != state::status(&sights));
            match sights.iter().find(|s| s.uid == added).filter(|s| s.flags.has(&keyword)) {
                Some(sight) if sight.uid == lock.uid && is_ours && !is_late => return Step::Finished(Ok(sights)),
                Some(sight) if !is_ours || is_late => {
                    let off = spelled(&sight.flags, |k| k.eq_ignore_ascii_case(&keyword));
                    let (uid, unchanged_since) = (sight.uid, sight.modseq);
                    return self
                        .ask(State::Withdrawing, Ask::Store { uid, unchanged_since, change: FlagChange::Remove(off) });
                }
                // The lock left INBOX: the claim is made again on the new one, the old one is a mirror.
                Some(_) => {}
                None => self.added = None,
            }
        }
        if let Plan::Instead(seen @ None) = &mut self.plan {
            *seen = Some(assignee.clone());
        }
        let is_enough = match self.plan {
            Plan::Hold => is_ours && on_lock.len() == 1,
            Plan::Glance => is_ours || assignee == Assignee::Free,
            Plan::Free | Plan::Instead(_) => false,
        };
        if is_enough {
            return Step::Finished(match step::broken(&self.expect, &sights, &self.whose) {
                Some(stopped) => Err(stopped),
                None => Ok(sights),
            });
        }
        if is_ours && on_lock.len() == 1 {
            return self.confirm(lock, assignee);
        }
        let may_store = match &self.plan {
            Plan::Free | Plan::Hold => is_ours || assignee == Assignee::Free,
            Plan::Glance => false,
            Plan::Instead(seen) => is_ours || seen.as_ref() == Some(&assignee),
        };
        if may_store {
            let broken = step::broken(&self.expect, &sights, &self.whose);
            return match broken {
                Some(stopped) => Step::Finished(Err(stopped)),
                None if self.ignored >= IGNORED => Step::Finished(Err(Stopped::NotKept)),
                None if self.timer.is_over(now_ms) => Step::Finished(Err(Stopped::TimedOut)),
                None => self.store(lock, &keyword),
            };
        }
        match assignee {
            Assignee::Held(_) => self.confirm(lock, assignee),
            Assignee::Contested(handles) if self.timer.is_over(now_ms) => {
                Step::Finished(Err(Stopped::Contested(handles)))
            }
            // Racers who see each other take themselves off: soon it is free or held.
            Assignee::Contested(_) => self.pause(now_ms),
            Assignee::Free => Step::Finished(Err(Stopped::NoLongerSo { assignee, status: state::status(&sights) })),
        }
    }

    fn store(&mut self, lock: &Sight, keyword: &str) -> ChangeStep {
        let (uid, unchanged_since) = (lock.uid, lock.modseq);
        if unchanged_since.is_none() {
            return Step::Finished(Err(Stopped::Unguarded));
        }
        let change = match self.plan {
            Plan::Free | Plan::Hold | Plan::Glance => FlagChange::Add(vec![keyword.to_owned()]),
            Plan::Instead(_) => whole_set(&lock.flags, |k| keywords::claimant(k).is_some(), keyword),
        };
        let had_it = lock.flags.has(keyword);
        self.ask(State::Storing { uid, had_it }, Ask::Store { uid, unchanged_since, change })
    }

    fn confirm(&mut self, lock: &Sight, assignee: Assignee) -> ChangeStep {
        let shown = Shown { lock: lock.uid, modseq: lock.modseq, assignee };
        self.ask(State::Settling(shown), confirming_pause())
    }

    /// The second look: the same as the first is the result; anything else is looked at as if for the first time.
    fn confirmed(&mut self, first: &Shown, sights: Vec<Sight>, now_ms: u64) -> ChangeStep {
        let assignee = state::assignee(&sights);
        let Some(lock) = sights.first() else {
            return Step::Finished(Err(Stopped::NotInInbox));
        };
        let is_same = *first == (Shown { lock: lock.uid, modseq: lock.modseq, assignee: assignee.clone() });
        let is_over = self.timer.is_over(now_ms);
        match assignee {
            Assignee::Held(holder) if is_same && holder == self.whose => {
                Step::Finished(match step::broken(&self.expect, &sights, &self.whose) {
                    Some(stopped) => Err(stopped),
                    None => Ok(sights),
                })
            }
            Assignee::Held(holder) if holder != self.whose && (is_same || is_over) => {
                Step::Finished(Err(Stopped::Held(holder)))
            }
            Assignee::Held(_) if is_over => Step::Finished(Err(Stopped::TimedOut)),
            _ => self.decide(sights, now_ms),
        }
    }

    fn pause(&mut self, now_ms: u64) -> ChangeStep {
        let wait = self.timer.pause(now_ms);
        self.ask(State::Pausing, wait)
    }

    fn ask(&mut self, state: State, ask: Ask) -> ChangeStep {
        self.state = state;
        Step::Ask(ask)
    }
}

impl Protocol for Claim {
    type Ask = Ask;
    type Told = Told;
    /// `Ok`: held, and read back so.
    type Outcome = Changed;

    fn next(&mut self, told: Told, now_ms: u64) -> ChangeStep {
        self.timer.elapsed(now_ms);
        match (self.state.clone(), told) {
            (State::Looking, Told::Seen(sights)) => self.decide(sights, now_ms),
            // Somebody else's doing, be it a teammate's private \Seen: what it was, the next look shows.
            (State::Storing { .. }, Told::Stored { modified: true, .. }) => self.pause(now_ms),
            (State::Storing { .. }, Told::Stored { accepted: false, .. }) => Step::Finished(Err(Stopped::Refused)),
            (State::Storing { uid, had_it }, Told::Stored { fetched, .. }) => {
                // Answered without a FETCH, it changed nothing: what stands there then is another device's.
                self.added = (fetched && !had_it).then_some(uid);
                self.ignored = if fetched { 0 } else { self.ignored + 1 };
                self.ask(State::Looking, Ask::Look)
            }
            (State::Withdrawing, Told::Stored { modified: true, .. }) => self.ask(State::Looking, Ask::Look),
            (State::Withdrawing, Told::Stored { .. }) => {
                self.added = None;
                if let Plan::Instead(seen) = &mut self.plan {
                    // Whoever was to be replaced is off already.
                    *seen = Some(Assignee::Free);
                }
                self.pause(now_ms)
            }
            (State::Pausing, Told::Waited) => self.ask(State::Looking, Ask::Look),
            (State::Settling(shown), Told::Waited) => self.ask(State::Confirming(shown), Ask::Look),
            (State::Confirming(shown), Told::Seen(sights)) => self.confirmed(&shown, sights, now_ms),
            _ => Step::Finished(Err(Stopped::OutOfStep)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Status;
    use crate::wire::testing::{Folder, handle};

    fn claim(me: &str) -> (Claim, Ask) {
        Claim::start(handle(me), Expectation::default())
    }

    fn nth_store(n: usize) -> impl FnMut(&Ask) -> bool {
        let mut seen = 0;
        move |ask| {
            seen += usize::from(matches!(ask, Ask::Store { .. }));
            matches!(ask, Ask::Store { .. }) && seen == n
        }
    }

    #[test]
    fn what_is_free_is_won_by_one_guarded_store_read_back() {
        let mut inbox = Folder::new(&["\\Seen", ""]);
        assert!(inbox.run(claim("alice")).is_ok());
        assert_eq!(inbox.flags(1), "\\Seen bagsy-claim-alice");
        assert_eq!(inbox.asked.len(), 3, "look, store, look: {:?}", inbox.asked);
        let Ask::Store { unchanged_since, .. } = &inbox.asked[1] else { panic!("{:?}", inbox.asked) };
        assert_eq!(*unchanged_since, Some(ModSeq(101)));
    }

    #[test]
    fn a_private_seen_moves_the_modseq_and_the_claim_is_tried_again() {
        let mut inbox = Folder::new(&[""]);
        let mut first = nth_store(1);
        let won = inbox.drive(claim("alice"), |ask, inbox| {
            if first(ask) {
                inbox.set(1, "\\Seen");
            }
        });
        assert!(won.is_ok());
        assert_eq!(inbox.stores(), 2);
    }

    #[test]
    fn the_loser_says_who_holds_it_once_that_has_stood_for_a_while() {
        let mut inbox = Folder::new(&[""]);
        let mut first = nth_store(1);
        let lost = inbox.drive(claim("alice"), |ask, inbox| {
            if first(ask) {
                inbox.set(1, "bagsy-claim-bob");
            }
        });
        assert_eq!(lost, Err(Stopped::Held(handle("bob"))));
        assert_eq!(inbox.flags(1), "bagsy-claim-bob");
        assert!(inbox.asked.iter().any(|a| matches!(a, Ask::Wait { from_ms: 400.., .. })));
    }

    #[test]
    fn of_two_claims_the_one_that_was_just_added_is_taken_off_again() {
        let mut inbox = Folder::new(&[""]);
        let mut looks = 0;
        let lost = inbox.drive(claim("alice"), |ask, inbox| {
            looks += usize::from(*ask == Ask::Look);
            if looks == 2 && *ask == Ask::Look {
                // Dovecot's trap: bob got an OK for the same guard.
                inbox.set(1, "bagsy-claim-alice bagsy-claim-bob");
            }
        });
        assert_eq!(lost, Err(Stopped::Held(handle("bob"))));
        assert_eq!(inbox.flags(1), "bagsy-claim-bob");
    }

    #[test]
    fn a_claim_of_another_device_is_mine_and_never_withdrawn() {
        let mut inbox = Folder::new(&["bagsy-claim-alice"]);
        assert!(inbox.run(claim("alice")).is_ok());
        assert_eq!(inbox.stores(), 0);
        let mut contested = Folder::new(&["bagsy-claim-alice bagsy-claim-bob"]);
        let ended = contested.run(claim("alice"));
        assert_eq!(ended, Err(Stopped::Contested(vec![handle("alice"), handle("bob")])));
        assert_eq!(contested.stores(), 0);
        assert!(contested.now_ms >= step::LIMIT_MS);
    }

    #[test]
    fn a_status_that_changed_beside_the_guard_leaves_nothing_claimed() {
        let mut inbox = Folder::new(&["", ""]);
        let mut first = nth_store(1);
        let expect = Expectation { assignee: Some(Assignee::Free), status: Some(Status::Open) };
        let ended = inbox.drive(Claim::start(handle("alice"), expect), |ask, inbox| {
            if first(ask) {
                inbox.set(2, "bagsy-waiting");
            }
        });
        assert_eq!(ended, Err(Stopped::NoLongerSo { assignee: Assignee::Free, status: Status::Waiting }));
        assert_eq!([inbox.flags(1).as_str(), inbox.flags(2).as_str()], ["", "bagsy-waiting"]);
    }

    #[test]
    fn a_claim_that_was_withdrawn_and_made_again_counts_as_another() {
        let mut inbox = Folder::new(&["bagsy-claim-bob"]);
        let mut waits = 0;
        let lost = inbox.drive(claim("alice"), |ask, inbox| {
            if matches!(ask, Ask::Wait { .. }) {
                waits += 1;
                if waits == 1 {
                    inbox.set(1, "bagsy-claim-bob");
                }
            }
        });
        assert_eq!((lost, waits), (Err(Stopped::Held(handle("bob"))), 2));
    }

    #[test]
    fn a_server_that_says_ok_and_keeps_nothing_is_found_out() {
        let mut inbox = Folder { is_deaf: true, ..Folder::new(&[""]) };
        assert_eq!(inbox.run(claim("alice")), Err(Stopped::NotKept));
        assert_eq!(inbox.stores(), 3);
        let mut inbox = Folder { refuses: true, ..Folder::new(&[""]) };
        assert_eq!(inbox.run(claim("alice")), Err(Stopped::Refused));
    }

    #[test]
    fn a_lock_that_was_expunged_is_followed_by_the_next_one() {
        let mut inbox = Folder::new(&["", ""]);
        let mut first = nth_store(1);
        let won = inbox.drive(claim("alice"), |ask, inbox| {
            if first(ask) {
                inbox.expunge(1);
            }
        });
        assert!(won.is_ok());
        assert_eq!(inbox.flags(2), "bagsy-claim-alice");
    }

    #[test]
    fn a_holder_by_mirror_claims_the_lock_anew() {
        let mut inbox = Folder::new(&["", "bagsy-claim-alice"]);
        assert!(inbox.run(claim("alice")).is_ok());
        assert_eq!(inbox.flags(1), "bagsy-claim-alice");
        assert_eq!(Folder::new(&["", "bagsy-claim-bob"]).run(claim("alice")), Err(Stopped::Held(handle("bob"))));
    }

    #[test]
    fn nothing_is_changed_where_what_was_expected_no_longer_holds() {
        let expect = |assignee, status| Expectation { assignee, status };
        let mut inbox = Folder::new(&["bagsy-waiting"]);
        let ended = inbox.run(Claim::start(handle("alice"), expect(Some(Assignee::Free), Some(Status::Open))));
        assert_eq!(ended, Err(Stopped::NoLongerSo { assignee: Assignee::Free, status: Status::Waiting }));
        let mut inbox = Folder::new(&["bagsy-claim-alice"]);
        let ended = inbox.run(Claim::start(handle("alice"), expect(Some(Assignee::Free), None)));
        assert!(matches!(ended, Err(Stopped::NoLongerSo { .. })));
        assert_eq!(Folder::new(&[]).run(claim("alice")), Err(Stopped::NotInInbox));
    }

    #[test]
    fn without_a_modseq_there_is_no_guard_and_no_claim() {
        let mut inbox = Folder::new(&[""]);
        inbox.messages[0].modseq = None;
        assert_eq!(inbox.run(claim("alice")), Err(Stopped::Unguarded));
    }
}
