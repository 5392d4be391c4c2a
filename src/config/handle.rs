//! Which handle a person has in a mailbox (docs/protocol.md, *Handles*).

use crate::model::{Handle, InvalidHandle};

use super::file::Account;

/// Why a person has no handle in a mailbox until the configuration names one; without a handle there are no claims.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoHandle {
    /// Everybody who knows the password signs in so: the login does not tell who is who.
    #[error("{login} is the mailbox itself, so the login does not tell who is who")]
    LoginIsMailbox {
        /// The login.
        login: String,
    },
    /// Somebody from elsewhere: a local part of another domain may be somebody else's here.
    #[error("{login} belongs to another domain than {mailbox}")]
    OtherDomain {
        /// The login.
        login: String,
        /// The mailbox's address.
        mailbox: String,
    },
    /// The local part breaks the grammar of handles.
    #[error("the login's local part is no handle: {0}")]
    Invalid(InvalidHandle),
}

impl NoHandle {
    /// What to write into the configuration.
    pub fn hint(&self, account: &Account) -> String {
        format!("add `handle = \"…\"` (your own short name) to [account.{}]", account.key)
    }
}

/// The handle that `login` has in a mailbox when the configuration names none. `root` is the IMAP name of the mailbox's
/// INBOX, where it is known.
pub(super) fn default_handle(login: &str, mailbox: Option<&str>, root: Option<&str>) -> Result<Handle, NoHandle> {
    let is_own_inbox = root.is_some_and(|root| root.eq_ignore_ascii_case("INBOX"));
    if is_own_inbox || mailbox.is_some_and(|mailbox| mailbox.eq_ignore_ascii_case(login)) {
        return Err(NoHandle::LoginIsMailbox { login: login.to_owned() });
    }
    // A plain login (`alice` on Cyrus or Courier) has no domain that could differ.
    if let (Some((_, theirs)), Some(mailbox)) = (login.rsplit_once('@'), mailbox)
        && !mailbox.rsplit_once('@').is_some_and(|(_, ours)| ours.eq_ignore_ascii_case(theirs))
    {
        return Err(NoHandle::OtherDomain { login: login.to_owned(), mailbox: mailbox.to_owned() });
    }
    Handle::of_login(login).map_err(NoHandle::Invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colleagues_login_gives_its_local_part() {
        let handle = default_handle("Alice@example.test", Some("support@Example.test"), Some("shared/support"));
        assert_eq!(handle.unwrap().as_str(), "alice");
        assert_eq!(default_handle("bob", Some("support@example.test"), None).unwrap().as_str(), "bob");
    }

    #[test]
    fn a_login_that_is_the_mailbox_gives_none() {
        for (mailbox, root) in [(Some("Support@example.test"), Some("INBOX.x")), (None, Some("inbox"))] {
            let handle = default_handle("support@example.test", mailbox, root);
            assert!(matches!(handle, Err(NoHandle::LoginIsMailbox { .. })), "{handle:?}");
        }
    }

    #[test]
    fn a_login_of_another_domain_or_without_a_valid_local_part_gives_none() {
        let other = default_handle("alice@partner.test", Some("support@example.test"), None);
        assert!(matches!(other, Err(NoHandle::OtherDomain { .. })));
        let odd = default_handle("søren@example.test", Some("support@example.test"), None);
        assert!(matches!(odd, Err(NoHandle::Invalid(_))));
    }
}
