//! The protocol that carries out what a person asked: one machine for every [`Action`], so that whoever drives it needs no
//! table of its own.

use super::change;
use super::claim::Claim;
use super::file::File;
use super::release::Release;
use super::status::{Goal, SetStatus};
use super::step::{Ask, ChangeStep, Changed, Protocol, Told};
use super::tag::{Marks, Tag};
use crate::model::{Action, Assignee, Destination, Expectation, Handle, Status, Uid};

/// What a person had before their eyes when they asked; of what is `None`, the first look tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saw {
    /// Who held it: what taking over and assigning expect.
    pub assignee: Option<Assignee>,
    /// The newest message in INBOX: a status is written, and mail is marked as read, up to here.
    pub upto: Option<Uid>,
    /// What is to be taken off stands on mail in Archive too.
    pub is_due_in_archive: bool,
}

/// One action at work on one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Act {
    Claim(Claim),
    Release(Release),
    Status(SetStatus),
    Tag(Tag),
    File(File),
}

impl Act {
    /// Begins an action of `me`. `may_archive`: done moves to Archive, which is there and may be written.
    pub fn start(action: Action, me: Handle, saw: Saw, may_archive: bool, expect: Expectation) -> (Self, Ask) {
        let upto = saw.upto;
        let status = |me, goal, expect| {
            let (machine, ask) = SetStatus::start(me, goal, upto, expect);
            (Self::Status(machine), ask)
        };
        let tag = |me, marks, expect| {
            let marks = Marks { is_due_in_archive: saw.is_due_in_archive, ..marks };
            let (machine, ask) = Tag::start(me, marks, upto, expect);
            (Self::Tag(machine), ask)
        };
        let claim = |(machine, ask)| (Self::Claim(machine), ask);
        match action {
            Action::Claim => claim(Claim::start(me, expect)),
            Action::TakeOver => claim(change::take_over(me, saw.assignee, expect)),
            Action::Assign(to) => claim(change::assign(to, saw.assignee, expect)),
            Action::Release => {
                let (machine, ask) = Release::start(me, expect);
                (Self::Release(machine), ask)
            }
            Action::Unassign(holder) => {
                let (machine, ask) = Release::of_another(holder, expect);
                (Self::Release(machine), ask)
            }
            Action::Waiting => status(me, Goal::Waiting, expect),
            Action::Done => status(me, Goal::Done { archive: may_archive }, expect),
            Action::Reopen => status(me, Goal::Open, expect),
            Action::Tag { add, remove } => tag(me, Marks { add, remove, ..Marks::default() }, expect),
            Action::Urgent(on) => tag(me, Marks { urgent: Some(on), ..Marks::default() }, expect),
            Action::Seen(on) => tag(me, Marks { seen: Some(on), ..Marks::default() }, expect),
            Action::SeenOf { seen, of } => {
                let only = Some(of.into_iter().map(|(uid, _)| uid).collect());
                tag(me, Marks { seen: Some(seen), only, ..Marks::default() }, expect)
            }
            // The claim that came with it goes after that.
            Action::Unfinish { status: Status::Waiting, .. } => status(me, Goal::Waiting, expect),
            Action::Unfinish { .. } => status(me, Goal::Open, expect),
            Action::File(to) => {
                let (machine, ask) = File::start(me, to == Destination::Junk, upto, expect);
                (Self::File(machine), ask)
            }
            // What is brought back is not in INBOX yet. Once it is, the claim that came with the filing goes.
            Action::Return(_) => {
                let (machine, ask) = Release::start(me, expect);
                (Self::Release(machine), ask)
            }
        }
    }
}

impl Protocol for Act {
    type Ask = Ask;
    type Told = Told;
    type Outcome = Changed;

    fn next(&mut self, told: Told, now_ms: u64) -> ChangeStep {
        match self {
            Self::Claim(machine) => machine.next(told, now_ms),
            Self::Release(machine) => machine.next(told, now_ms),
            Self::Status(machine) => machine.next(told, now_ms),
            Self::Tag(machine) => machine.next(told, now_ms),
            Self::File(machine) => machine.next(told, now_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{Folder, handle};

    #[test]
    fn every_action_does_what_its_name_says() {
        let tag = Action::Tag { add: vec!["VIP".into()], remove: vec!["refund".into()] };
        for (before, action, after) in [
            ("", Action::Claim, "bagsy-claim-alice"),
            ("bagsy-claim-alice", Action::Release, ""),
            ("bagsy-claim-bob", Action::TakeOver, "bagsy-claim-alice"),
            ("bagsy-claim-alice", Action::Assign(handle("bob")), "bagsy-claim-bob"),
            ("bagsy-claim-bob", Action::Unassign(handle("bob")), ""),
            ("", Action::Waiting, "bagsy-waiting"),
            ("", Action::Done, "bagsy-claim-alice bagsy-done"),
            ("bagsy-done", Action::Reopen, ""),
            ("refund", tag, "VIP"),
            ("", Action::Urgent(true), "\\Flagged"),
            ("\\Seen", Action::Seen(false), ""),
            ("\\Seen", Action::SeenOf { seen: false, of: vec![(Uid(1), None)] }, ""),
            ("bagsy-done", Action::Unfinish { status: Status::Waiting, was_free: false }, "bagsy-waiting"),
            ("", Action::File(Destination::Trash), "gone"),
        ] {
            let mut inbox = Folder::new(&[before]);
            let ended =
                inbox.run(Act::start(action.clone(), handle("alice"), Saw::default(), false, Expectation::default()));
            assert!(ended.is_ok(), "{action:?}");
            assert_eq!(inbox.flags(1), after, "{action:?}");
        }
    }
}
