//! Whether teammates share `\Seen`. Pure.
//!
//! Cyrus keeps it with each folder and tells it. Of the others no command does: PERMANENTFLAGS and the right `s` say whether
//! one may set `\Seen`, not for whom; an ID names the make of a server, not how it was set up (Dovecot keeps it private only
//! where its administrator gave each user an index of their own). To try it out would change somebody's mail. It shows where
//! everybody signs in as the same user, or where two logins of one configuration look at the same mailbox and what is read
//! for them differs.

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
    /// What the server says of itself.
    pub told: Option<Told>,
}

/// For whom a server says that it keeps `\Seen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Shared,
    Private,
}

impl Told {
    /// Where Cyrus keeps it.
    pub const ENTRY: &str = "/shared/vendor/cmu/cyrus-imapd/sharedseen";

    /// Whether a server that calls itself so may be believed about the entry: elsewhere anybody may have written it.
    pub fn is_known_to(server: Option<&str>) -> bool {
        server.is_some_and(|name| name.to_ascii_lowercase().starts_with("cyrus"))
    }

    pub fn of(value: &str) -> Option<Self> {
        match value.to_ascii_lowercase().as_str() {
            "true" => Some(Self::Shared),
            "false" => Some(Self::Private),
            _ => None,
        }
    }
}

const UNREAD_IS_ONES_OWN: &str = "unread is what you have not read yourself";
const READ_IS_EVERYBODYS: &str = "what a teammate has read is read for you";

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
    match reading.told.filter(|_| !reading.is_own) {
        Some(Told::Shared) => {
            return Check::good(check, "shared: the server says so (`sharedseen`)").so(READ_IS_EVERYBODYS);
        }
        Some(Told::Private) => {
            return Check::good(check, "private: the server says so (no `sharedseen`)").so(UNREAD_IS_ONES_OWN);
        }
        None => {}
    }
    let other = others.iter().find(|other| other.is_of_the_same(reading) && other.user != reading.user);
    let Some(other) = other else {
        if reading.is_own {
            return Check::good(check, "shared: all who sign in as this user see the same read and unread");
        }
        let follows = "to find out, let a teammate read what is unread for you, and see whether it stays so; or put a \
                       second login that sees the mailbox into the configuration and run doctor again. The queue does not \
                       depend on it";
        return Check::note(
            check,
            "cannot be told with one login: this server does not say whether `\\Seen` is yours or everybody's",
            follows,
        );
    };
    let end = reading.uidnext.min(other.uidnext);
    let differing = reading.seen.symmetric_difference(&other.seen).filter(|uid| **uid < end).count();
    let whom = format!("{} and {}", reading.user, other.user);
    if differing > 0 {
        let found = format!("private, as it looks: {differing} messages are read for one of {whom} only");
        return Check::good(check, found).so(UNREAD_IS_ONES_OWN);
    }
    let read = reading.seen.len();
    if read == 0 || read >= reading.exists as usize {
        let follows = "it shows once one of the two has read a message that the other has not";
        return Check::note(check, format!("not known: {whom} have read all, or nothing"), follows);
    }
    Check::good(check, format!("shared, as it looks: the same {read} messages are read for {whom}"))
        .so(READ_IS_EVERYBODYS)
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
            told: None,
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
    fn a_server_that_says_it_is_believed_if_only_itself_can_have_written_it() {
        let told = |value| Reading { told: Told::of(value), ..reading("alice", &[1]) };
        assert!(found(&[told("true")]).starts_with("shared: the server says so"));
        assert!(found(&[told("false"), reading("bob", &[1])]).starts_with("private: the server says so"));
        assert!(found(&[told("perhaps")]).starts_with("cannot be told"));
        assert!(
            Told::is_known_to(Some("Cyrus IMAPD")) && !Told::is_known_to(Some("Dovecot")) && !Told::is_known_to(None)
        );
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
