//! Take over and assign: the claim of one person in the place of another's, by one guarded STORE of the whole set, read back
//! as any claim (docs/protocol.md#claim).
//!
//! Both expect the holder whom their person saw; where somebody else holds by now, nothing is changed.

use super::claim::Claim;
use super::step::Ask;
use crate::model::{Assignee, Expectation, Handle};

/// `me` takes it from whomever its person `saw` hold it (`None`: whoever holds it at the first look).
pub fn take_over(me: Handle, saw: Option<Assignee>, expect: Expectation) -> (Claim, Ask) {
    Claim::instead(me, saw, expect)
}

/// It is given to `to`, whoever held it when its person `saw` it (`None`: at the first look).
pub fn assign(to: Handle, saw: Option<Assignee>, expect: Expectation) -> (Claim, Ask) {
    Claim::instead(to, saw, expect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Status;
    use crate::wire::step::{FlagChange, Stopped};
    use crate::wire::testing::{Folder, handle};

    fn held(name: &str) -> Option<Assignee> {
        Some(Assignee::Held(handle(name)))
    }

    #[test]
    fn taking_over_stores_the_whole_set_less_the_other_claim() {
        let mut inbox = Folder::new(&["\\Seen VIP bagsy-claim-bob bagsy-waiting"]);
        assert!(inbox.run(take_over(handle("alice"), held("bob"), Expectation::default())).is_ok());
        assert_eq!(inbox.flags(1), "\\Seen bagsy-claim-alice bagsy-waiting VIP");
        assert!(matches!(&inbox.asked[1], Ask::Store { unchanged_since: Some(_), change: FlagChange::Replace(_), .. }));
    }

    #[test]
    fn whoever_holds_it_by_now_keeps_it() {
        let mut inbox = Folder::new(&["bagsy-claim-carol"]);
        let ended = inbox.run(take_over(handle("alice"), held("bob"), Expectation::default()));
        assert_eq!(ended, Err(Stopped::Held(handle("carol"))));
        let mut inbox = Folder::new(&[""]);
        let ended = inbox.run(take_over(handle("alice"), held("bob"), Expectation::default()));
        assert_eq!(ended, Err(Stopped::NoLongerSo { assignee: Assignee::Free, status: Status::Open }));
        assert_eq!(inbox.stores(), 0);
    }

    #[test]
    fn assigning_settles_a_contest_and_takes_what_the_first_look_shows() {
        let mut inbox = Folder::new(&["bagsy-claim-bob bagsy-claim-carol"]);
        assert!(inbox.run(assign(handle("dave"), None, Expectation::default())).is_ok());
        assert_eq!(inbox.flags(1), "bagsy-claim-dave");
        let mut free = Folder::new(&[""]);
        assert!(free.run(assign(handle("dave"), None, Expectation::default())).is_ok());
        assert_eq!(free.flags(1), "bagsy-claim-dave");
        assert!(free.run(assign(handle("dave"), held("bob"), Expectation::default())).is_ok(), "already so");
    }
}
