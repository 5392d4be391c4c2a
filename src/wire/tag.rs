//! Tags, urgent, read, as they stand in INBOX (docs/protocol.md#keywords); what lies in Archive is `engine::marks`'s.
//!
//! One message bears what is put on; what is taken off is taken off all, in the spelling that is there. Anybody may, whoever
//! holds the conversation, so nothing is guarded unless its person expects something.

use super::keywords;
use super::state;
use super::step::{
    self, Ask, ChangeStep, Changed, FlagChange, IGNORED, Protocol, Sight, Step, Stopped, Timer, Told, spelled,
};
use crate::model::{Expectation, Handle, Uid};

/// What is to be put on and taken off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    /// Tags, each checked by [`keywords::check_tag`].
    pub add: Vec<String>,
    pub remove: Vec<String>,
    pub urgent: Option<bool>,
    /// `\Seen` on what was there at the first look.
    pub seen: Option<bool>,
    /// `seen` is about these alone; `None`: about all.
    pub only: Option<Vec<Uid>>,
    /// What is to be taken off stands on mail in Archive too: what its person expects must hold though nothing is due in INBOX.
    pub is_due_in_archive: bool,
}

/// One try of one process to change the marks of one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tag {
    me: Handle,
    marks: Marks,
    expect: Expectation,
    timer: Timer,
    /// The newest message that its person had seen, else of the first look: nothing newer becomes read.
    upto: Option<Uid>,
    has_looked: bool,
    ignored: u8,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Looking,
    Storing { rest: Vec<Ask> },
    Pausing,
}

impl Tag {
    /// Puts on and takes off; what is so already costs nothing.
    pub fn start(me: Handle, marks: Marks, upto: Option<Uid>, expect: Expectation) -> (Self, Ask) {
        let (timer, state) = (Timer::default(), State::Looking);
        (Self { me, marks, expect, timer, upto, has_looked: false, ignored: 0, state }, Ask::Look)
    }

    fn decide(&mut self, sights: Vec<Sight>, now_ms: u64) -> ChangeStep {
        if sights.is_empty() {
            return Step::Finished(Err(Stopped::NotInInbox));
        }
        let upto = *self.upto.get_or_insert_with(|| sights.iter().map(|s| s.uid).max().unwrap_or(Uid(0)));
        let due = self.due(&sights, upto);
        let is_first = !std::mem::replace(&mut self.has_looked, true);
        if due.is_empty() && !(is_first && self.marks.is_due_in_archive) {
            return Step::Finished(Ok(sights));
        }
        if let Some(stopped) = step::broken(&self.expect, &sights, &self.me) {
            return Step::Finished(Err(stopped));
        }
        if due.is_empty() {
            return Step::Finished(Ok(sights));
        }
        if self.ignored >= IGNORED {
            return Step::Finished(Err(Stopped::NotKept));
        }
        if self.timer.is_over(now_ms) {
            return Step::Finished(Err(Stopped::TimedOut));
        }
        self.work_off(due)
    }

    /// The STOREs that are due, the last one first. A keyword that may be new to the server never shares a command with
    /// anything else: Cyrus refuses such a command whole when its names are used up.
    fn due(&self, sights: &[Sight], upto: Uid) -> Vec<Ask> {
        let mut due = Vec::new();
        let mut store = |s: &Sight, change| {
            let guarded = self.expect != Expectation::default();
            let unchanged_since = s.modseq.filter(|_| guarded);
            due.push(Ask::Store { uid: s.uid, unchanged_since, change });
        };
        let bearer = state::bearer(sights);
        for tag in self.marks.add.iter().filter(|tag| !sights.iter().any(|s| s.flags.has(tag))) {
            if let Some(bearer) = bearer {
                store(bearer, FlagChange::Add(vec![tag.clone()]));
            }
        }
        let lacks_urgent = self.marks.urgent == Some(true) && !sights.iter().any(|s| s.flags.flagged);
        if let Some(bearer) = bearer.filter(|_| lacks_urgent) {
            store(bearer, FlagChange::Add(vec![keywords::FLAGGED.to_owned()]));
        }
        for sight in sights {
            let is_meant = self.marks.only.as_ref().is_none_or(|only| only.contains(&sight.uid));
            let seen = self.marks.seen.filter(|_| is_meant);
            let is_off = |k: &str| self.marks.remove.iter().any(|tag| tag.eq_ignore_ascii_case(k));
            let mut off = spelled(&sight.flags, is_off);
            if self.marks.urgent == Some(false) && sight.flags.flagged {
                off.push(keywords::FLAGGED.to_owned());
            }
            if seen == Some(false) && sight.flags.seen {
                off.push(keywords::SEEN.to_owned());
            }
            if !off.is_empty() {
                store(sight, FlagChange::Remove(off));
            }
            if seen == Some(true) && !sight.flags.seen && sight.uid <= upto {
                store(sight, FlagChange::Add(vec![keywords::SEEN.to_owned()]));
            }
        }
        due.reverse();
        due
    }

    fn work_off(&mut self, mut rest: Vec<Ask>) -> ChangeStep {
        match rest.pop() {
            Some(ask) => self.ask(State::Storing { rest }, ask),
            None => self.ask(State::Looking, Ask::Look),
        }
    }

    fn ask(&mut self, state: State, ask: Ask) -> ChangeStep {
        self.state = state;
        Step::Ask(ask)
    }
}

impl Protocol for Tag {
    type Ask = Ask;
    type Told = Told;
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
            (State::Storing { rest }, Told::Stored { fetched, .. }) => {
                if !fetched {
                    self.ignored = self.ignored.saturating_add(1).min(IGNORED);
                }
                self.work_off(rest)
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

    fn run(inbox: &mut Folder, marks: Marks) -> Changed {
        inbox.run(Tag::start(handle("alice"), marks, None, Expectation::default()))
    }

    #[test]
    fn a_tag_goes_on_one_message_and_comes_off_all() {
        let mut inbox = Folder::new(&["bagsy-claim-bob", ""]);
        let marks = Marks { add: vec!["VIP".into()], ..Marks::default() };
        assert!(run(&mut inbox, marks.clone()).is_ok());
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["bagsy-claim-bob", "VIP"]);
        assert!(run(&mut inbox, marks).is_ok());
        assert_eq!(inbox.stores(), 1, "it is there already");
        inbox.set(1, "vip refund");
        assert!(run(&mut inbox, Marks { remove: vec!["Vip".into()], ..Marks::default() }).is_ok());
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["refund", ""]);
    }

    #[test]
    fn urgent_is_one_flag_on_and_every_flag_off() {
        let mut inbox = Folder::new(&["", ""]);
        assert!(run(&mut inbox, Marks { urgent: Some(true), ..Marks::default() }).is_ok());
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["", "\\Flagged"]);
        inbox.set(1, "\\Flagged");
        assert!(run(&mut inbox, Marks { urgent: Some(false), ..Marks::default() }).is_ok());
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["", ""]);
    }

    #[test]
    fn mail_that_comes_meanwhile_is_not_marked_read() {
        let mut inbox = Folder::new(&["", ""]);
        let mut is_first = true;
        let marks = Marks { seen: Some(true), ..Marks::default() };
        let ended = inbox.drive(Tag::start(handle("alice"), marks, None, Expectation::default()), |ask, inbox| {
            if matches!(ask, Ask::Store { .. }) && std::mem::take(&mut is_first) {
                inbox.arrive("");
            }
        });
        assert!(ended.is_ok());
        assert_eq!([inbox.flags(1), inbox.flags(2), inbox.flags(3)], ["\\Seen", "\\Seen", ""]);
    }

    #[test]
    fn mail_that_nobody_saw_is_not_marked_read() {
        let mut inbox = Folder::new(&["", ""]);
        let marks = Marks { seen: Some(true), ..Marks::default() };
        let start = Tag::start(handle("alice"), marks, Some(Uid(1)), Expectation::default());
        assert!(inbox.run(start).is_ok());
        assert_eq!([inbox.flags(1), inbox.flags(2)], ["\\Seen", ""]);
    }

    #[test]
    fn what_had_been_read_before_stays_read_when_reading_is_taken_back() {
        let mut inbox = Folder::new(&["\\Seen", "\\Seen", "\\Seen"]);
        let marks = Marks { seen: Some(false), only: Some(vec![Uid(2), Uid(9)]), ..Marks::default() };
        assert!(run(&mut inbox, marks).is_ok());
        assert_eq!([inbox.flags(1), inbox.flags(2), inbox.flags(3)], ["\\Seen", "", "\\Seen"]);
        assert_eq!(inbox.stores(), 1);
    }

    #[test]
    fn a_new_name_never_shares_a_command() {
        let mut inbox = Folder::new(&[""]);
        let marks = Marks { add: vec!["a".into(), "b".into()], urgent: Some(true), ..Marks::default() };
        assert!(run(&mut inbox, marks).is_ok());
        assert_eq!((inbox.stores(), inbox.flags(1).as_str()), (3, "\\Flagged a b"));
    }

    #[test]
    fn an_expected_holder_guards_a_tag_too() {
        let mut inbox = Folder::new(&["bagsy-claim-bob"]);
        let expect = Expectation { assignee: Some(crate::model::Assignee::Free), status: None };
        let marks = Marks { add: vec!["VIP".into()], ..Marks::default() };
        assert_eq!(inbox.run(Tag::start(handle("alice"), marks, None, expect)), Err(Stopped::Held(handle("bob"))));
        assert_eq!(inbox.stores(), 0);
    }
    #[test]
    fn an_expected_holder_guards_what_is_due_in_archive_alone() {
        let mut inbox = Folder::new(&["bagsy-claim-bob"]);
        let expect = Expectation { assignee: Some(crate::model::Assignee::Free), status: None };
        let mut marks = Marks { remove: vec!["VIP".into()], is_due_in_archive: true, ..Marks::default() };
        let start = |marks: &Marks| Tag::start(handle("alice"), marks.clone(), None, expect.clone());
        assert_eq!(inbox.run(start(&marks)), Err(Stopped::Held(handle("bob"))));
        marks.is_due_in_archive = false;
        assert!(inbox.run(start(&marks)).is_ok(), "it is so already");
        assert_eq!(inbox.stores(), 0);
    }
}
