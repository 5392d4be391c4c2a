//! A claim whose message left INBOX: what the conversation's messages before and after say about it
//! (docs/protocol.md#claim).
//!
//! Any mail program may move or delete the lock. Its holder then claims the new lock, by `wire::claim`; this only says when.

use super::keywords;
use crate::model::{Flags, Handle, Status, Uid};

/// A message of the conversation in INBOX.
pub type Standing<'a> = (Uid, &'a Flags);

/// The lock on which `me` held the conversation, where it is not in INBOX any more and the claim is to be made anew: other
/// messages that had been there with it are still there, and nothing says that it was finished, released or taken over.
///
/// Of a conversation that left whole there is nothing to claim; mail that comes in after that, be it in the same moment, is
/// open and unclaimed.
pub fn lost_lock(before: &[Standing<'_>], after: &[Standing<'_>], me: &Handle) -> Option<Uid> {
    let (lock, flags) = before.iter().min_by_key(|(uid, _)| uid)?;
    let is_there = after.iter().any(|(uid, _)| uid == lock);
    let was_mine = keywords::claimants(flags) == std::slice::from_ref(me);
    if is_there || !was_mine || keywords::status(flags) == Status::Done {
        return None;
    }
    let stayed: Vec<(&Flags, &Flags)> =
        after.iter().filter_map(|(uid, now)| Some((before.iter().find(|(was, _)| was == uid)?.1, *now))).collect();
    // Who releases or takes over takes the mirrors off; who moves mail away leaves them.
    let mirrored = |flags: &Flags| keywords::claimants(flags).contains(me);
    let had_mirrors = stayed.iter().any(|(was, _)| mirrored(was));
    let has_mirrors = stayed.iter().any(|(_, now)| mirrored(now));
    (!stayed.is_empty() && (has_mirrors || !had_mirrors)).then_some(*lock)
}

/// Whether the new lock bears the claim of `me` and nobody else's: nothing is to be done any more.
pub fn is_claimed_anew(now: &[Standing<'_>], me: &Handle) -> bool {
    let lock = now.iter().min_by_key(|(uid, _)| uid);
    lock.is_some_and(|(_, flags)| keywords::claimants(flags) == std::slice::from_ref(me))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::testing::{flags, handle};

    const MINE: &str = "bagsy-claim-alice";

    fn lost(before: &[(u32, &str)], after: &[(u32, &str)]) -> Option<Uid> {
        let parse = |all: &[(u32, &str)]| all.iter().map(|(uid, atoms)| (Uid(*uid), flags(atoms))).collect::<Vec<_>>();
        let (before, after) = (parse(before), parse(after));
        let before: Vec<Standing> = before.iter().map(|(uid, flags)| (*uid, flags)).collect();
        let after: Vec<Standing> = after.iter().map(|(uid, flags)| (*uid, flags)).collect();
        lost_lock(&before, &after, &handle("alice"))
    }

    #[test]
    fn a_lock_that_left_while_other_mail_stayed_is_claimed_anew() {
        assert_eq!(lost(&[(1, MINE), (2, MINE)], &[(2, MINE)]), Some(Uid(1)), "mirrored");
        assert_eq!(lost(&[(1, MINE), (2, "")], &[(2, "")]), Some(Uid(1)), "not mirrored yet");
        assert_eq!(lost(&[(1, MINE), (2, "")], &[(2, ""), (3, "")]), Some(Uid(1)), "and new mail came");
        assert_eq!(lost(&[(1, MINE), (2, MINE), (3, MINE)], &[(3, MINE)]), Some(Uid(1)), "two of three");
        assert_eq!(
            lost(&[(1, MINE), (2, "")], &[(2, "bagsy-claim-bob")]),
            Some(Uid(1)),
            "bob was quicker: alice is told"
        );
    }

    #[test]
    fn what_is_still_there_or_was_not_mine_is_no_loss() {
        assert_eq!(lost(&[(1, MINE), (2, MINE)], &[(1, MINE)]), None, "a mirror left");
        assert_eq!(lost(&[(1, MINE), (2, MINE)], &[(1, ""), (2, "")]), None, "released");
        for other in ["", "bagsy-claim-bob", "bagsy-claim-alice bagsy-claim-bob"] {
            assert_eq!(lost(&[(1, other), (2, "")], &[(2, "")]), None, "{other}");
        }
        assert_eq!(lost(&[], &[(2, MINE)]), None);
    }

    #[test]
    fn finishing_releasing_and_taking_over_are_no_loss() {
        assert_eq!(lost(&[(1, "bagsy-claim-alice bagsy-done"), (2, "")], &[(2, "")]), None);
        assert_eq!(lost(&[(1, MINE), (2, MINE)], &[(2, "")]), None, "released, then moved");
        assert_eq!(lost(&[(1, MINE), (2, MINE)], &[(2, "bagsy-claim-bob")]), None, "taken over, then moved");
    }

    #[test]
    fn of_what_left_whole_nothing_is_claimed_even_if_new_mail_comes() {
        assert_eq!(lost(&[(1, MINE), (2, MINE)], &[]), None);
        assert_eq!(lost(&[(1, MINE)], &[(5, "")]), None);
    }

    #[test]
    fn it_is_settled_when_the_new_lock_bears_my_claim_alone() {
        let (mine, both) = (flags(MINE), flags("bagsy-claim-alice bagsy-claim-bob"));
        let alice = handle("alice");
        assert!(is_claimed_anew(&[(Uid(2), &mine), (Uid(3), &both)], &alice));
        assert!(!is_claimed_anew(&[(Uid(2), &both), (Uid(3), &mine)], &alice));
        assert!(!is_claimed_anew(&[], &alice));
    }
}
