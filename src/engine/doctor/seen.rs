//! Whether teammates share `\Seen`. Pure.
//!
//! No command tells it, and to try it out would change somebody's mail. It shows where everybody signs in as the same user,
//! or where two logins of one configuration look at the same mailbox and what is read for them differs.

use std::collections::BTreeSet;

use super::check::Check;
use crate::model::{Uid, UidValidity};

/// What is read in a mailbox's INBOX, as one login sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// The mailbox's key.
    pub mailbox: String,
    pub server: String,
    pub user: String,
    /// The login is the mailbox.
    pub is_own: bool,
    pub uidvalidity: UidValidity,
    pub uidnext: Uid,
    pub exists: u32,
    /// The messages with `\Seen`.
    pub seen: BTreeSet<Uid>,
}

impl Reading {
    fn is_of_the_same(&self, other: &Self) -> bool {
        self.server == other.server
            && self.uidvalidity == other.uidvalidity
            && self.mailbox.eq_ignore_ascii_case(&other.mailbox)
    }
}

/// A line for each mailbox.
pub(super) fn lines(readings: &[Reading]) -> Vec<Check> {
    let is_first = |at: usize| !readings[..at].iter().any(|earlier| earlier.is_of_the_same(&readings[at]));
    (0..readings.len()).filter(|at| is_first(*at)).map(|at| line(&readings[at], &readings[at + 1..])).collect()
}

fn line(reading: &Reading, others: &[Reading]) -> Check {
    let check = format!("{}: shared \\Seen", reading.mailbox);
    let other = others.iter().find(|other| other.is_of_the_same(reading) && other.user != reading.user);
    let Some(other) = other else {
        if reading.is_own {
            return Check::good(check, "shared: all who sign in as this user see the same read and unread");
        }
        let follows = "two logins that see the mailbox, both in the configuration, would show it; the queue does not \
                       depend on it";
        return Check::note(
            check,
            "cannot be told with one login: no server says whether `\\Seen` is yours or everybody's",
            follows,
        );
    };
    let end = reading.uidnext.min(other.uidnext);
    let differing = reading.seen.symmetric_difference(&other.seen).filter(|uid| **uid < end).count();
    let whom = format!("{} and {}", reading.user, other.user);
    if differing > 0 {
        let found = format!("private, as it looks: {differing} messages are read for one of {whom} only");
        return Check::good(check, found).so("unread is what you have not read yourself");
    }
    let read = reading.seen.len();
    if read == 0 || read >= reading.exists as usize {
        let follows = "it shows once one of the two has read a message that the other has not";
        return Check::note(check, format!("not known: {whom} have read all, or nothing"), follows);
    }
    Check::good(check, format!("shared, as it looks: the same {read} messages are read for {whom}"))
        .so("what a teammate has read is read for you")
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;

    fn reading(user: &str, seen: &[u32]) -> Reading {
        Reading {
            mailbox: "support@example.test".into(),
            server: "imap.example.test:993".into(),
            user: user.into(),
            is_own: false,
            uidvalidity: UidValidity(1),
            uidnext: Uid(4),
            exists: 3,
            seen: seen.iter().copied().map(Uid).collect(),
        }
    }

    fn found(readings: &[Reading]) -> String {
        let told = lines(readings);
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].found.clone()
    }

    #[test]
    fn one_login_alone_cannot_tell_unless_it_is_the_mailbox() {
        assert_eq!(lines(&[reading("alice", &[1])])[0].verdict, Verdict::Note);
        assert!(found(&[Reading { is_own: true, ..reading("support", &[1]) }]).starts_with("shared"));
    }

    #[test]
    fn two_logins_show_what_is_private_and_what_is_shared() {
        assert!(found(&[reading("alice", &[1]), reading("bob", &[2])]).starts_with("private, as it looks: 2 messages"));
        assert!(found(&[reading("alice", &[1]), reading("bob", &[1])]).starts_with("shared, as it looks"));
        for same in [&[][..], &[1, 2, 3]] {
            assert!(found(&[reading("alice", same), reading("bob", same)]).starts_with("not known"));
        }
    }

    #[test]
    fn what_came_between_the_two_looks_does_not_count() {
        let later = Reading { uidnext: Uid(5), exists: 4, ..reading("bob", &[1, 4]) };
        assert!(found(&[reading("alice", &[1]), later]).starts_with("shared, as it looks"));
    }

    #[test]
    fn a_mailbox_of_the_same_name_elsewhere_is_another() {
        let elsewhere = Reading { server: "other.example.test:993".into(), ..reading("bob", &[2]) };
        assert_eq!(lines(&[reading("alice", &[1]), elsewhere]).len(), 2);
    }
}
