//! What this login may do in a mailbox, and how strongly the mailbox can keep a claim. Pure.

use std::collections::BTreeMap;

use crate::model::{Capability, Grade, Handle, Mailbox, Rights, Role};
use crate::wire::keywords;

/// What SELECT and MYRIGHTS told of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence<'a> {
    /// `None`: the server has no ACL.
    pub rights: Option<&'a BTreeMap<Role, Rights>>,
    pub folders: &'a BTreeMap<Role, String>,
    /// SELECT of INBOX said READ-ONLY.
    pub is_read_only: bool,
    /// PERMANENTFLAGS of INBOX.
    pub permanent_flags: &'a [String],
    /// SELECT of INBOX gave a HIGHESTMODSEQ.
    pub has_modseq: bool,
    /// Sent keeps the keywords of an announcement, as far as was asked: [`keeps_announcements`].
    pub sent_keeps: bool,
    /// The mailbox has an address; one without can only be looked at until it is named.
    pub is_named: bool,
}

impl Evidence<'_> {
    fn grants(&self, role: Role, letters: &str) -> bool {
        match self.rights {
            Some(rights) => rights.get(&role).is_some_and(|r| r.grant(letters)),
            None => self.folders.contains_key(&role) && (role != Role::Inbox || !self.is_read_only),
        }
    }

    fn keeps(&self, flag: &str) -> bool {
        self.permanent_flags.iter().any(|f| f.eq_ignore_ascii_case(flag))
    }
}

/// The grade of the mailbox as this person meets it (docs/protocol.md, *Claim*).
pub fn grade(evidence: &Evidence) -> Grade {
    if evidence.is_read_only || !evidence.grants(Role::Inbox, "w") {
        Grade::D
    } else if evidence.has_modseq && evidence.keeps("\\*") {
        Grade::A
    } else if evidence.grants(Role::Journal, "i") || evidence.grants(Role::Inbox, "k") {
        Grade::B
    } else {
        Grade::C
    }
}

/// The words of the `may` list.
pub fn may(evidence: &Evidence, grade: Grade) -> Vec<Capability> {
    let mut may = Vec::new();
    if evidence.grants(Role::Inbox, "r") {
        may.push(Capability::Read);
    }
    if evidence.grants(Role::Inbox, "s") && evidence.keeps("\\Seen") {
        may.push(Capability::Seen);
    }
    if !evidence.is_named {
        return may;
    }
    if grade == Grade::A {
        may.push(Capability::Claim);
    }
    // Without a Sent folder the first answer creates it, where that is allowed.
    let can_create_sent = !evidence.folders.contains_key(&Role::Sent) && evidence.grants(Role::Inbox, "k");
    if evidence.grants(Role::Sent, "rwi") && evidence.sent_keeps || can_create_sent {
        may.push(Capability::Send);
    }
    if evidence.grants(Role::Inbox, "te") && evidence.grants(Role::Archive, "i") && grade == Grade::A {
        may.push(Capability::Archive);
    }
    may
}

/// Whether a folder with these PERMANENTFLAGS keeps what an announced answer needs there. Without, its copy would look sent
/// to everybody from the moment in which it is announced.
pub fn keeps_announcements(permanent_flags: &[String], me: Option<&Handle>) -> bool {
    let keeps = |flag: &str| permanent_flags.iter().any(|f| f.eq_ignore_ascii_case(flag));
    let words = [keywords::SUBMIT_PENDING, keywords::SUBMITTED, keywords::VOID];
    keeps("\\*") || words.into_iter().all(keeps) && me.is_none_or(|me| keeps(&keywords::claim(me)))
}

/// Why claims are not to be had here, in words; `None` where they are.
pub fn why_no_claims(grade: Grade, is_named: bool) -> Option<&'static str> {
    why_no_marks(grade, is_named).or(match grade {
        Grade::A | Grade::D => None,
        Grade::B | Grade::C => Some(
            "this server keeps no claims safely here (no CONDSTORE, or no new keywords): it needs the journal, which is not built yet",
        ),
    })
}

/// Why tags and urgent are not to be had here, in words: nobody contends for them, so that nothing has to be guarded.
pub fn why_no_marks(grade: Grade, is_named: bool) -> Option<&'static str> {
    if !is_named {
        return Some("this mailbox has no address yet: name it in the configuration ([mailbox.\"address\"], root = …)");
    }
    (grade == Grade::D).then_some("you may only look: the right `w` is missing on INBOX")
}

/// Why a claim of this person binds nobody for sure, in words; `None` where it does. What joins two mails may lie in a folder
/// that they cannot read: one conversation looks like two to them, and each has a lock of its own.
pub fn why_advisory(mailbox: &Mailbox) -> Option<String> {
    let closed: Vec<&str> = mailbox
        .unreadable()
        .into_iter()
        .map(|role| match role {
            Role::Sent => "Sent",
            _ => "Archive",
        })
        .collect();
    (!closed.is_empty() && mailbox.may(Capability::Claim)).then(|| {
        format!(
            "you may not read {}: one conversation may look like two, and your claims are advisory",
            closed.join(" and ")
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Evidence, grade, keeps_announcements, may};
    use crate::model::{Capability, Grade, Handle, Rights, Role};

    fn folders() -> BTreeMap<Role, String> {
        [(Role::Inbox, "m"), (Role::Sent, "m/Sent"), (Role::Archive, "m/Archive")]
            .map(|(r, n)| (r, n.to_owned()))
            .into()
    }

    fn rights(inbox: &str, others: &str) -> BTreeMap<Role, Rights> {
        [(Role::Inbox, inbox), (Role::Sent, others), (Role::Archive, others)]
            .map(|(r, n)| (r, Rights(n.to_owned())))
            .into()
    }

    #[test]
    fn a_reader_only_looks_and_a_triager_claims() {
        let (folders, everything) = (folders(), ["\\*".to_owned(), "\\Seen".to_owned()]);
        let check = |rights: &BTreeMap<Role, Rights>| {
            let evidence = Evidence {
                rights: Some(rights),
                folders: &folders,
                is_read_only: false,
                permanent_flags: &everything,
                has_modseq: true,
                sent_keeps: true,
                is_named: true,
            };
            (grade(&evidence), may(&evidence, grade(&evidence)))
        };
        use Capability as C;
        assert_eq!(check(&rights("lrs", "lrs")), (Grade::D, vec![C::Read, C::Seen]));
        assert_eq!(check(&rights("lrsw", "lrs")), (Grade::A, vec![C::Read, C::Seen, C::Claim]));
        assert_eq!(
            check(&rights("lrswite", "lrswi")),
            (Grade::A, vec![C::Read, C::Seen, C::Claim, C::Send, C::Archive])
        );
    }

    #[test]
    fn without_condstore_or_new_keywords_nothing_is_claimed() {
        let folders = folders();
        let closed = ["\\Seen".to_owned(), "\\Flagged".to_owned()];
        let evidence = Evidence {
            rights: None,
            folders: &folders,
            is_read_only: false,
            permanent_flags: &closed,
            has_modseq: true,
            sent_keeps: true,
            is_named: true,
        };
        assert_ne!(grade(&evidence), Grade::A);
        assert!(!may(&evidence, grade(&evidence)).contains(&Capability::Claim));
        assert!(may(&evidence, grade(&evidence)).contains(&Capability::Send));
        let evidence = Evidence { sent_keeps: false, ..evidence };
        assert!(!may(&evidence, grade(&evidence)).contains(&Capability::Send), "nothing can be announced");
    }

    #[test]
    fn an_announcement_needs_all_its_keywords_or_room_for_new_ones() {
        let keeps = |flags: &str| {
            let flags: Vec<String> = flags.split(' ').map(str::to_owned).collect();
            keeps_announcements(&flags, Some(&Handle::new("alice").unwrap()))
        };
        assert!(keeps("\\Seen \\*"));
        assert!(keeps("\\Seen $submitpending $Submitted bagsy-void bagsy-claim-alice"));
        assert!(!keeps("\\Seen $SubmitPending $Submitted bagsy-void bagsy-claim-bob"), "its copy could not be claimed");
        assert!(!keeps("\\Seen \\Answered $MDNSent"));
    }
}
