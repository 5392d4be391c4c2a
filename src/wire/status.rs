//! Waiting, done, open again: keywords on the messages that their setter had seen (docs/protocol.md#status).
//!
//! The conversation's status is that of its newest incoming message, so new mail is open without any write. Each message is
//! written once, guarded, the other statuses taken off in the same command, the newest incoming one first: whoever is cut
//! off there has said what was meant. Done claims first what is free, and moves exactly what carries the keyword.
//!
//! The guard of one message does not see what happens on another: who takes the conversation while its newest message is
//! written is seen only by the next look. Then what was written is taken back, and so is the claim that came with it, before
//! anybody is told that it was not done; likewise where the server refuses a part of it, or time is over.

use super::claim::Claim;
use super::keywords;
use super::release::Release;
use super::state;
use super::step::{
    Ask, ChangeStep, Changed, FlagChange, IGNORED, Protocol, Sight, Step, Stopped, Timer, Told, confirming_pause,
    spelled, whole_set,
};
use crate::model::{Assignee, Expectation, Flags, Handle, Status, Uid};

/// How often what was written is looked after until it is off again: whoever is at work beside it makes the guards fail.
const MOST_ROUNDS: u8 = 10;

/// What a conversation is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Goal {
    /// The customer's turn.
    Waiting,
    /// Finished; `archive`: moved to Archive, which is there and may be written.
    Done { archive: bool },
    /// Open again.
    Open,
}

impl Goal {
    /// The status that it is.
    pub fn status(self) -> Status {
        match self {
            Self::Waiting => Status::Waiting,
            Self::Done { .. } => Status::Done,
            Self::Open => Status::Open,
        }
    }
}

/// One try of one process to set the status of one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SetStatus {
    me: Handle,
    goal: Goal,
    /// The newest message that its setter had seen; what came later stays as it is.
    upto: Option<Uid>,
    timer: Timer,
    /// The status that its person expects.
    expected: Option<Status>,
    /// The status as its person saw it, else as the first look showed it.
    before: Option<Status>,
    /// Holder and status as they were found, or became by our own claim.
    found: Option<(Assignee, Status)>,
    /// The claim came with it: nobody held it before.
    is_claim_new: bool,
    /// The messages that this process wrote, with the statuses that had been there.
    wrote: Vec<(Uid, Vec<String>)>,
    /// Looks that showed something to take back.
    rounds: u8,
    /// Whether this process wrote the keyword, or saw it stand for a while: only then it moves what carries it, for two
    /// who move one message leave two copies.
    sure: bool,
    ignored: u8,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Claiming(Box<Claim>),
    Looking,
    /// A STORE is on its way to the message, on which these statuses stood.
    Storing {
        wrote: (Uid, Vec<String>),
        rest: Vec<(Sight, FlagChange)>,
    },
    Moving,
    /// All is written; the last look shows the result.
    Closing,
    Pausing,
    /// It is not done, for this reason: what was written is looked for, and taken back.
    Undoing(Stopped),
    Restoring {
        stopped: Stopped,
        rest: Vec<(Sight, FlagChange)>,
    },
    Releasing {
        stopped: Stopped,
        release: Box<Release>,
    },
}

impl SetStatus {
    /// `upto`: the newest UID that its person had seen; `None`: all that the first look shows.
    pub fn start(me: Handle, goal: Goal, upto: Option<Uid>, expect: Expectation) -> (Self, Ask) {
        let expected = expect.status;
        let (claim, ask) = match goal {
            Goal::Done { .. } => Claim::hold(me.clone(), expect),
            Goal::Waiting | Goal::Open => Claim::glance(me.clone(), expect),
        };
        let state = State::Claiming(Box::new(claim));
        let set = Self {
            me,
            goal,
            upto,
            timer: Timer::default(),
            expected,
            before: expected,
            found: None,
            is_claim_new: false,
            wrote: Vec::new(),
            rounds: 0,
            sure: false,
            ignored: 0,
            state,
        };
        (set, ask)
    }

    /// What the very first look shows is what its person is taken to have seen, where nothing else is known of it.
    fn note_first(&mut self, sights: &[Sight]) {
        if let Some(newest) = sights.iter().map(|s| s.uid).max() {
            self.before.get_or_insert_with(|| state::status(sights));
            self.upto.get_or_insert(newest);
        }
    }

    fn decide(&mut self, sights: Vec<Sight>, now_ms: u64) -> ChangeStep {
        if sights.is_empty() {
            // Moved by somebody: it is done.
            let is_done = matches!(self.goal, Goal::Done { .. });
            let is_other = self.found.is_none() && self.expected.is_some_and(|status| status != Status::Done);
            return Step::Finished(match is_done {
                true if is_other => Err(Stopped::NoLongerSo { assignee: Assignee::Free, status: Status::Done }),
                true => Ok(sights),
                false => Err(Stopped::NotInInbox),
            });
        }
        let upto = *self.upto.get_or_insert_with(|| sights.iter().map(|s| s.uid).max().unwrap_or(Uid(0)));
        match self.otherwise(&sights, upto) {
            Some(Stopped::Contested(_)) if !self.timer.is_over(now_ms) => return self.pause(now_ms),
            Some(stopped) => return self.take_back(stopped, &sights),
            None => {}
        }
        let due = self.due(&sights, upto);
        if due.is_empty() {
            return self.close(sights, upto);
        }
        if self.ignored >= IGNORED {
            return self.take_back(Stopped::NotKept, &sights);
        }
        if self.timer.is_over(now_ms) {
            return self.take_back(Stopped::TimedOut, &sights);
        }
        self.work_off(due)
    }

    /// What no longer holds of that which was found.
    fn otherwise(&mut self, sights: &[Sight], upto: Uid) -> Option<Stopped> {
        let (assignee, status) = (state::assignee(sights), state::status(sights));
        let was = self.before.unwrap_or(status);
        let (holder, before) = self.found.get_or_insert_with(|| (assignee.clone(), was));
        if assignee != *holder {
            return Some(match assignee {
                Assignee::Held(other) if other != self.me => Stopped::Held(other),
                Assignee::Contested(handles) => Stopped::Contested(handles),
                assignee => Stopped::NoLongerSo { assignee, status },
            });
        }
        let is_newer_mail = state::bearer(sights).is_some_and(|s| s.uid > upto);
        let is_expected = status == *before || status == self.goal.status() || is_newer_mail;
        (!is_expected).then_some(Stopped::NoLongerSo { assignee, status })
    }

    /// The STOREs that are due, the last one first.
    fn due(&self, sights: &[Sight], upto: Uid) -> Vec<(Sight, FlagChange)> {
        let seen: Vec<Sight> = sights.iter().filter(|s| s.uid <= upto).cloned().collect();
        // To open again takes the keywords off all; nothing on a newer mail can be meant to stay closed by that.
        let meant = if self.goal == Goal::Open { sights } else { &seen };
        let first = state::bearer(meant).map(|s| s.uid);
        let mut due: Vec<(Sight, FlagChange)> =
            meant.iter().filter_map(|sight| Some((sight.clone(), self.change(sight)?))).collect();
        due.sort_by_key(|(sight, _)| first == Some(sight.uid));
        due
    }

    fn change(&self, sight: &Sight) -> Option<FlagChange> {
        let Some(on) = keywords::of_status(self.goal.status()) else {
            let off = spelled(&sight.flags, keywords::is_status);
            return (!off.is_empty()).then_some(FlagChange::Remove(off));
        };
        let is_other = |k: &str| keywords::is_status(k) && !k.eq_ignore_ascii_case(on);
        let off = spelled(&sight.flags, is_other);
        match (sight.flags.has(on), off.is_empty()) {
            (true, true) => None,
            (true, false) => Some(FlagChange::Remove(off)),
            (false, true) => Some(FlagChange::Add(vec![on.to_owned()])),
            (false, false) => Some(whole_set(&sight.flags, is_other, on)),
        }
    }

    fn close(&mut self, sights: Vec<Sight>, upto: Uid) -> ChangeStep {
        if self.goal != (Goal::Done { archive: true }) {
            return Step::Finished(Ok(sights));
        }
        if !self.sure {
            // It stood there already: another device of ours may be about to move it.
            self.sure = true;
            return self.ask(State::Pausing, confirming_pause());
        }
        let done = sights.iter().filter(|s| s.uid <= upto && s.flags.has(keywords::DONE));
        let uids: Vec<Uid> = done.map(|s| s.uid).collect();
        if uids.is_empty() {
            // Somebody moved all that its setter had seen; what is left came later.
            return Step::Finished(Ok(sights));
        }
        self.ask(State::Moving, Ask::Move { uids })
    }

    fn work_off(&mut self, mut rest: Vec<(Sight, FlagChange)>) -> ChangeStep {
        match rest.pop() {
            Some((sight, change)) => {
                let wrote = (sight.uid, statuses(&sight.flags));
                self.ask(State::Storing { wrote, rest }, store(&sight, change))
            }
            None => self.ask(State::Looking, Ask::Look),
        }
    }

    /// The server said NO: what stands there by our doing is looked for.
    fn refused(&mut self) -> ChangeStep {
        if self.wrote.is_empty() && !self.is_claim_new {
            return Step::Finished(Err(Stopped::Refused));
        }
        self.ask(State::Undoing(Stopped::Refused), Ask::Look)
    }

    /// It is not done: nothing of it is to stay.
    fn take_back(&mut self, stopped: Stopped, sights: &[Sight]) -> ChangeStep {
        let due: Vec<(Sight, FlagChange)> = self.wrote.iter().filter_map(|w| self.restored(w, sights)).collect();
        if !due.is_empty() && self.rounds < MOST_ROUNDS {
            self.rounds += 1;
            return self.restore(stopped, due);
        }
        let assignee = state::assignee(sights);
        if !self.is_claim_new || !assignee.claimants().contains(&self.me) {
            return Step::Finished(Err(stopped));
        }
        let stopped = match stopped {
            Stopped::NoLongerSo { assignee: Assignee::Held(holder), status } if holder == self.me => {
                Stopped::NoLongerSo { assignee: Assignee::Free, status }
            }
            other => other,
        };
        let (release, ask) = Release::start(self.me.clone(), Expectation::default());
        self.ask(State::Releasing { stopped, release: Box::new(release) }, ask)
    }

    /// What puts the statuses of a message back; `None` where somebody has changed them since.
    fn restored(&self, (uid, before): &(Uid, Vec<String>), sights: &[Sight]) -> Option<(Sight, FlagChange)> {
        let sight = sights.iter().find(|s| s.uid == *uid)?;
        let now = statuses(&sight.flags);
        let is_ours = match keywords::of_status(self.goal.status()) {
            Some(on) => now.len() == 1 && now[0].eq_ignore_ascii_case(on),
            None => now.is_empty(),
        };
        let change = match (before.as_slice(), now.is_empty()) {
            _ if !is_ours || *before == now => return None,
            ([], _) => FlagChange::Remove(now),
            (before, true) => FlagChange::Add(before.to_vec()),
            (before, false) => {
                let mut set = sight.flags.clone();
                set.keywords.retain(|k| !keywords::is_status(k));
                set.keywords.extend(before.iter().cloned());
                FlagChange::Replace(set.atoms())
            }
        };
        Some((sight.clone(), change))
    }

    fn restore(&mut self, stopped: Stopped, mut rest: Vec<(Sight, FlagChange)>) -> ChangeStep {
        match rest.pop() {
            Some((sight, change)) => self.ask(State::Restoring { stopped, rest }, store(&sight, change)),
            None => self.ask(State::Undoing(stopped), Ask::Look),
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

fn statuses(flags: &Flags) -> Vec<String> {
    spelled(flags, keywords::is_status)
}

fn store(sight: &Sight, change: FlagChange) -> Ask {
    Ask::Store { uid: sight.uid, unchanged_since: sight.modseq, change }
}

impl Protocol for SetStatus {
    type Ask = Ask;
    type Told = Told;
    /// `Ok`: written on all that its setter had seen. Mail that came meanwhile may have opened it again.
    type Outcome = Changed;

    fn next(&mut self, told: Told, now_ms: u64) -> ChangeStep {
        self.timer.elapsed(now_ms);
        match (std::mem::replace(&mut self.state, State::Pausing), told) {
            (State::Claiming(mut claim), told) => {
                if let Told::Seen(sights) = &told {
                    self.note_first(sights);
                }
                match claim.next(told, now_ms) {
                    Step::Ask(ask) => self.ask(State::Claiming(claim), ask),
                    Step::Finished(Ok(sights)) => {
                        self.is_claim_new = claim.is_new();
                        self.decide(sights, now_ms)
                    }
                    Step::Finished(Err(Stopped::NotInInbox)) => self.decide(Vec::new(), now_ms),
                    Step::Finished(Err(stopped)) => Step::Finished(Err(stopped)),
                }
            }
            (State::Looking, Told::Seen(sights)) => self.decide(sights, now_ms),
            (State::Closing, Told::Seen(sights)) => Step::Finished(Ok(sights)),
            (State::Storing { .. }, Told::Stored { modified: true, .. }) => self.pause(now_ms),
            (State::Storing { .. }, Told::Stored { accepted: false, .. }) => self.refused(),
            (State::Storing { wrote, rest }, Told::Stored { fetched, .. }) => {
                if !fetched {
                    self.ignored = self.ignored.saturating_add(1).min(IGNORED);
                    return self.ask(State::Looking, Ask::Look);
                }
                self.sure = true;
                // What stood there first is what is put back.
                if !self.wrote.iter().any(|(uid, _)| *uid == wrote.0) {
                    self.wrote.push(wrote);
                }
                self.work_off(rest)
            }
            (State::Undoing(stopped), Told::Seen(sights)) => self.take_back(stopped, &sights),
            // Somebody is at work there too, or the server keeps nothing: the look tells.
            (State::Restoring { stopped, .. }, Told::Stored { modified: true, .. }) => {
                self.ask(State::Undoing(stopped), Ask::Look)
            }
            (State::Restoring { stopped, rest }, Told::Stored { .. }) => self.restore(stopped, rest),
            (State::Releasing { stopped, mut release }, told) => match release.next(told, now_ms) {
                Step::Ask(ask) => self.ask(State::Releasing { stopped, release }, ask),
                Step::Finished(_) => Step::Finished(Err(stopped)),
            },
            // Without the right to move, done is the keyword alone.
            (State::Moving, Told::Moved { .. }) => self.ask(State::Closing, Ask::Look),
            (State::Pausing, Told::Waited) => self.ask(State::Looking, Ask::Look),
            _ => Step::Finished(Err(Stopped::OutOfStep)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{Folder, handle};

    fn set(goal: Goal) -> (SetStatus, Ask) {
        SetStatus::start(handle("alice"), goal, None, Expectation::default())
    }

    const DONE: Goal = Goal::Done { archive: true };

    #[test]
    fn waiting_stands_on_every_message_that_was_seen_the_newest_first() {
        let mut inbox = Folder::new(&["bagsy-claim-alice", "", ""]);
        inbox.messages[2].auto_reply = true;
        assert!(inbox.run(set(Goal::Waiting)).is_ok());
        let first = inbox.asked.iter().find_map(|a| match a {
            Ask::Store { uid, .. } => Some(uid.0),
            _ => None,
        });
        assert_eq!(first, Some(2), "the newest that is no automatic answer");
        for uid in 1..=3 {
            assert!(inbox.flags(uid).contains("bagsy-waiting"), "{uid}");
        }
    }

    #[test]
    fn the_other_statuses_come_off_in_the_same_command() {
        let mut inbox = Folder::new(&["\\Seen bagsy-snoozed bagsy-done bagsy-claim-alice VIP"]);
        assert!(inbox.run(set(Goal::Waiting)).is_ok());
        assert_eq!(inbox.flags(1), "\\Seen bagsy-claim-alice bagsy-waiting VIP");
        assert_eq!(inbox.stores(), 1);
    }

    #[test]
    fn mail_that_comes_meanwhile_stays_open() {
        let mut inbox = Folder::new(&["bagsy-claim-alice"]);
        let mut is_first = true;
        let ended = inbox.drive(set(Goal::Waiting), |ask, inbox| {
            if matches!(ask, Ask::Store { .. }) && std::mem::take(&mut is_first) {
                inbox.arrive("");
            }
        });
        assert_eq!(state::status(&ended.unwrap()), Status::Open);
        assert_eq!(inbox.flags(1), "bagsy-claim-alice bagsy-waiting");
        assert_eq!(inbox.flags(2), "");
    }

    #[test]
    fn done_claims_what_is_free_and_moves_what_it_marked() {
        let mut inbox = Folder::new(&["", "VIP"]);
        assert_eq!(inbox.run(set(DONE)), Ok(Vec::new()));
        assert_eq!(inbox.moved, [Uid(1), Uid(2)]);
        assert_eq!(inbox.stores(), 3, "the claim and two statuses");
    }

    #[test]
    fn done_leaves_in_inbox_what_came_after_it_was_seen() {
        let mut inbox = Folder::new(&["bagsy-claim-alice", "bagsy-claim-alice"]);
        let start = SetStatus::start(handle("alice"), DONE, Some(Uid(1)), Expectation::default());
        let left = inbox.run(start).unwrap();
        assert_eq!(inbox.moved, [Uid(1)]);
        assert_eq!(state::status(&left), Status::Open);
    }

    #[test]
    fn nothing_is_moved_where_only_mail_is_left_that_nobody_saw() {
        let mut inbox = Folder::new(&["bagsy-claim-alice", "bagsy-claim-alice"]);
        inbox.expunge(1);
        let left = inbox.run(SetStatus::start(handle("alice"), DONE, Some(Uid(1)), Expectation::default())).unwrap();
        assert_eq!(state::status(&left), Status::Open);
        assert!(!inbox.asked.iter().any(|ask| matches!(ask, Ask::Move { .. })));
    }

    #[test]
    fn without_the_right_to_move_done_is_the_keyword_alone() {
        let mut inbox = Folder { refuses_move: true, ..Folder::new(&["bagsy-claim-alice"]) };
        assert_eq!(state::status(&inbox.run(set(DONE)).unwrap()), Status::Done);
        let mut inbox = Folder::new(&["bagsy-claim-alice"]);
        assert!(inbox.run(set(Goal::Done { archive: false })).is_ok());
        assert_eq!(inbox.flags(1), "bagsy-claim-alice bagsy-done");
    }

    #[test]
    fn what_stood_there_already_is_moved_only_when_it_stays() {
        let mut inbox = Folder::new(&["bagsy-claim-alice bagsy-done"]);
        let ended = inbox.drive(set(DONE), |ask, inbox| {
            if matches!(ask, Ask::Wait { .. }) {
                inbox.expunge(1);
            }
        });
        assert_eq!((ended, inbox.moved), (Ok(Vec::new()), Vec::new()), "another device moved it");
    }

    #[test]
    fn what_another_holds_keeps_its_status() {
        for goal in [DONE, Goal::Waiting, Goal::Open] {
            let mut inbox = Folder::new(&["bagsy-claim-bob bagsy-waiting"]);
            assert_eq!(inbox.run(set(goal)), Err(Stopped::Held(handle("bob"))));
            assert_eq!(inbox.stores(), 0);
        }
    }

    #[test]
    fn a_holder_who_changes_in_between_stops_it() {
        let mut inbox = Folder::new(&[""]);
        let mut is_first = true;
        let ended = inbox.drive(set(Goal::Waiting), |ask, inbox| {
            if matches!(ask, Ask::Store { .. }) && std::mem::take(&mut is_first) {
                inbox.set(1, "bagsy-claim-bob");
            }
        });
        assert_eq!(ended, Err(Stopped::Held(handle("bob"))));
        assert_eq!(inbox.flags(1), "bagsy-claim-bob");
    }

    /// The lock is not the newest message: its guard is not the one that the status is written under.
    #[test]
    fn who_takes_it_while_it_is_written_finds_it_as_it_was() {
        for (goal, before, between) in [
            (Goal::Waiting, ["", "VIP"], "bagsy-claim-bob"),
            (Goal::Waiting, ["", "bagsy-done VIP"], "bagsy-claim-bob"),
            (Goal::Open, ["bagsy-waiting", "bagsy-waiting VIP"], "bagsy-claim-bob bagsy-waiting"),
            (DONE, ["bagsy-claim-alice", "VIP"], "bagsy-claim-bob"),
        ] {
            let mut inbox = Folder::new(&before);
            let mut is_first = true;
            let ended = inbox.drive(set(goal), |ask, inbox| {
                if matches!(ask, Ask::Store { uid: Uid(2), .. }) && std::mem::take(&mut is_first) {
                    inbox.set(1, between);
                }
            });
            assert_eq!(ended, Err(Stopped::Held(handle("bob"))), "{goal:?}");
            assert_eq!([inbox.flags(1).as_str(), inbox.flags(2).as_str()], [between, before[1]], "{goal:?}");
            assert!(inbox.asked.iter().all(|a| !matches!(a, Ask::Store { unchanged_since: None, .. })));
        }
    }

    #[test]
    fn what_the_server_refuses_halfway_is_told_and_nothing_of_it_stays() {
        // No name is left for the keyword.
        let mut inbox = Folder { refuses_keyword: Some("bagsy-done"), ..Folder::new(&["", "VIP"]) };
        assert_eq!(inbox.run(set(DONE)), Err(Stopped::Refused));
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["", "VIP"], "the claim came with it");
        let mut inbox = Folder { refuses_keyword: Some("bagsy-done"), ..Folder::new(&["bagsy-claim-alice"]) };
        assert_eq!(inbox.run(set(DONE)), Err(Stopped::Refused));
        assert_eq!(inbox.flags(1), "bagsy-claim-alice", "what was held before is held");
        // The newest is written, the second is not.
        for goal in [DONE, Goal::Waiting] {
            let mut inbox = Folder::new(&["VIP", "bagsy-snoozed"]);
            let ended = inbox.drive(set(goal), |ask, inbox| {
                let on = keywords::of_status(goal.status()).filter(|_| matches!(ask, Ask::Store { uid: Uid(1), .. }));
                inbox.refuses_keyword = on;
            });
            assert_eq!(ended, Err(Stopped::Refused), "{goal:?}");
            assert_eq!([inbox.flags(1), inbox.flags(2)], ["VIP", "bagsy-snoozed"], "{goal:?}");
        }
    }

    #[test]
    fn what_is_not_kept_or_takes_too_long_halfway_leaves_nothing() {
        let of_second = |ask: &Ask| matches!(ask, Ask::Store { uid: Uid(1), change: FlagChange::Add(on), .. } if on[0] == "bagsy-done");
        let mut inbox = Folder::new(&["", ""]);
        let ended = inbox.drive(set(DONE), |ask, inbox| inbox.is_deaf = of_second(ask));
        assert_eq!(ended, Err(Stopped::NotKept));
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["", ""]);
        let mut inbox = Folder::new(&["", ""]);
        let ended = inbox.drive(set(DONE), |ask, inbox| {
            if of_second(ask) {
                let flags = inbox.flags(1);
                inbox.set(1, &flags);
            }
        });
        assert_eq!(ended, Err(Stopped::TimedOut));
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["", ""]);
    }

    #[test]
    fn what_was_changed_again_since_it_was_written_is_not_put_back() {
        let mut inbox = Folder::new(&["", ""]);
        let mut stores = 0;
        let ended = inbox.drive(set(Goal::Waiting), |ask, inbox| {
            stores += usize::from(matches!(ask, Ask::Store { .. }));
            if stores == 1 && matches!(ask, Ask::Store { .. }) {
                inbox.set(1, "bagsy-claim-bob");
            } else if stores == 2 {
                inbox.set(2, "bagsy-done");
            }
        });
        assert_eq!(ended, Err(Stopped::Held(handle("bob"))));
        assert_eq!([inbox.flags(1).as_str(), inbox.flags(2).as_str()], ["bagsy-claim-bob", "bagsy-done"]);
    }

    #[test]
    fn a_status_that_a_teammate_set_while_it_was_claimed_stays_and_the_claim_goes() {
        for expected in [None, Some(Status::Open)] {
            let mut inbox = Folder::new(&["", ""]);
            let mut is_first = true;
            let expect = Expectation { assignee: None, status: expected };
            let ended = inbox.drive(SetStatus::start(handle("alice"), DONE, None, expect), |ask, inbox| {
                if matches!(ask, Ask::Store { .. }) && std::mem::take(&mut is_first) {
                    inbox.set(2, "bagsy-waiting");
                }
            });
            let as_it_is = Stopped::NoLongerSo { assignee: Assignee::Free, status: Status::Waiting };
            assert_eq!(ended, Err(as_it_is), "{expected:?}");
            assert_eq!([inbox.flags(1).as_str(), inbox.flags(2).as_str()], ["", "bagsy-waiting"]);
        }
    }

    #[test]
    fn what_a_teammate_finished_meanwhile_is_not_finished_by_me() {
        let expect = Expectation { assignee: Some(Assignee::Free), status: Some(Status::Open) };
        let ended = Folder::new(&[]).run(SetStatus::start(handle("alice"), DONE, None, expect));
        assert_eq!(ended, Err(Stopped::NoLongerSo { assignee: Assignee::Free, status: Status::Done }));
        assert_eq!(Folder::new(&[]).run(set(DONE)), Ok(Vec::new()), "and where nothing is expected it is so already");
    }

    #[test]
    fn mail_that_comes_while_it_is_claimed_was_not_seen() {
        let mut inbox = Folder::new(&[""]);
        let mut is_first = true;
        let left = inbox.drive(set(DONE), |ask, inbox| {
            if matches!(ask, Ask::Store { .. }) && std::mem::take(&mut is_first) {
                inbox.arrive("");
            }
        });
        assert_eq!(state::status(&left.unwrap()), Status::Open);
        assert_eq!(inbox.moved, [Uid(1)]);
    }

    #[test]
    fn opening_again_takes_every_status_off_all_and_claims_nothing() {
        let mut inbox = Folder::new(&["bagsy-done", "bagsy-done bagsy-waiting VIP"]);
        assert_eq!(state::status(&inbox.run(set(Goal::Open)).unwrap()), Status::Open);
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["", "VIP"]);
    }

    #[test]
    fn an_expected_status_that_is_no_longer_so_stops_it() {
        let mut inbox = Folder::new(&["bagsy-claim-alice bagsy-waiting"]);
        let expect = Expectation { assignee: None, status: Some(Status::Open) };
        let ended = inbox.run(SetStatus::start(handle("alice"), DONE, None, expect));
        assert!(matches!(ended, Err(Stopped::NoLongerSo { status: Status::Waiting, .. })));
        assert_eq!(inbox.stores(), 0);
    }
}
