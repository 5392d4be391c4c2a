//! The keywords in which a team's state is written (docs/protocol.md#keywords): ASCII atoms, compared without case, written exactly so.
//!
//! Names are scarce on servers and seldom given back, so there are few of them, and a tag is checked before it is ever sent.

use crate::model::{Flags, Handle, Status};

/// The customer's turn.
pub const WAITING: &str = "bagsy-waiting";
/// Put off; it counts only beside a journal event that lies in the future.
pub const SNOOZED: &str = "bagsy-snoozed";
/// Finished; where the holder may, it moves to Archive.
pub const DONE: &str = "bagsy-done";
/// On a copy in Sent: this was announced and never sent.
pub const VOID: &str = "bagsy-void";
/// On a copy in Sent: being sent (RFC 5550 §5.10).
pub const SUBMIT_PENDING: &str = "$SubmitPending";
/// On a copy in Sent: sent (RFC 5550 §5.10).
pub const SUBMITTED: &str = "$Submitted";
/// What stands before the handle in a claim.
pub const CLAIM_PREFIX: &str = "bagsy-claim-";
/// The system flag that any client sets on what it answered.
pub const ANSWERED: &str = "\\Answered";
/// On what was handed on (RFC 5788 §3.4.1's registry; RFC 9051 §2.3.2).
pub const FORWARDED: &str = "$Forwarded";
/// The system flag that means urgent here.
pub const FLAGGED: &str = "\\Flagged";
/// The system flag of what was read.
pub const SEEN: &str = "\\Seen";
/// Deleted where the folder may be expunged.
pub const DELETED: &str = "\\Deleted";

/// Junk, and expressly none (RFC 5788's registry): what filters learn from.
pub const JUNK: &str = "$Junk";
/// The opposite of [`JUNK`].
pub const NOT_JUNK: &str = "$NotJunk";

/// The statuses that are keywords, strongest first: should two stand on one message, the first of these counts.
pub const STATUSES: [&str; 3] = [DONE, SNOOZED, WAITING];

/// From so many names on a folder is on its way to the servers' limits (Maildir 26, Cyrus 128), which some never give back.
pub const MANY: usize = 20;

/// The longest keyword that every server known takes (Dovecot: `NO [CANNOT] Keyword length too long` above it).
const LONGEST: usize = 50;

const OURS: &str = "bagsy-";
const LABELS: [&str; 5] = ["$label1", "$label2", "$label3", "$label4", "$label5"];

/// What other programs write for themselves and no person means as a tag, in lower case. What begins with `$` needs no
/// line here.
const NOISE: [&str; 22] = [
    "forwarded",
    "gnus-expire",
    "gnus-forward",
    "gnus-save",
    "hasattachment",
    "hasnoattachment",
    "junk",
    "junkrecorded",
    "mdnsent",
    "nojunk",
    "nonjunk",
    "nonspam",
    "notjunk",
    "notspam",
    "not-junk",
    "old",
    "passed",
    "receipt-handled",
    "redirected",
    "replied",
    "spam",
    "unwanted",
];

/// The keyword of this teammate's claim.
pub fn claim(handle: &Handle) -> String {
    format!("{CLAIM_PREFIX}{handle}")
}

/// Whose claim a keyword is; `None` where it is none.
pub fn claimant(keyword: &str) -> Option<Handle> {
    let (prefix, handle) = keyword.split_at_checked(CLAIM_PREFIX.len())?;
    if !prefix.eq_ignore_ascii_case(CLAIM_PREFIX) {
        return None;
    }
    Handle::new(handle).ok()
}

/// Everybody who claims this message: sorted, each once.
pub fn claimants(flags: &Flags) -> Vec<Handle> {
    let mut all: Vec<Handle> = flags.keywords.iter().filter_map(|k| claimant(k)).collect();
    all.sort();
    all.dedup();
    all
}

/// The status that stands on one message. [`Status::Snoozed`] is the bare keyword: whether it counts is the journal's to
/// say.
pub fn status(flags: &Flags) -> Status {
    match STATUSES.into_iter().find(|k| flags.has(k)) {
        Some(DONE) => Status::Done,
        Some(SNOOZED) => Status::Snoozed,
        Some(WAITING) => Status::Waiting,
        _ => Status::Open,
    }
}

/// Whether a keyword is a status.
pub fn is_status(keyword: &str) -> bool {
    STATUSES.iter().any(|s| s.eq_ignore_ascii_case(keyword))
}

/// The keyword that stands for a status; `None` for open.
pub fn of_status(status: Status) -> Option<&'static str> {
    match status {
        Status::Open => None,
        Status::Waiting => Some(WAITING),
        Status::Snoozed => Some(SNOOZED),
        Status::Done => Some(DONE),
    }
}

/// Whether a keyword is a tag: shared by the team, neither state of ours nor other programs' noise.
pub fn is_tag(keyword: &str) -> bool {
    if keyword.starts_with('$') {
        return LABELS.iter().any(|l| l.eq_ignore_ascii_case(keyword));
    }
    !is_ours(keyword) && !is_noise(keyword)
}

/// The tags of one message in the spelling of the server: sorted, each once.
pub fn tags(flags: &Flags) -> Vec<String> {
    let mut tags: Vec<String> = flags.keywords.iter().filter(|k| is_tag(k)).cloned().collect();
    sort_names(&mut tags);
    tags
}

/// Sorts names that are compared without case, and keeps each once.
pub(crate) fn sort_names(names: &mut Vec<String>) {
    names.sort_by(|a, b| a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase()).then_with(|| a.cmp(b)));
    names.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
}

/// Whether a keyword is one of the program's own.
pub fn is_ours(keyword: &str) -> bool {
    keyword.get(..OURS.len()).is_some_and(|p| p.eq_ignore_ascii_case(OURS))
}

fn is_noise(keyword: &str) -> bool {
    NOISE.iter().any(|n| n.eq_ignore_ascii_case(keyword))
}

/// Why a word cannot be a tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    #[error("a tag needs at least one character")]
    Empty,
    #[error("“{0}” is too long for a tag: servers take {LONGEST} characters")]
    TooLong(String),
    #[error("“{tag}” cannot be a tag: servers do not take {bad:?} in one; use letters, digits, “-”, “_”, “.”")]
    NoAtom { tag: String, bad: char },
    #[error("“{0}” cannot be a tag: of the names that begin with “$” only $label1 to $label5 are tags")]
    Dollar(String),
    #[error("“{0}” cannot be a tag: names that begin with “bagsy-” are the program's own")]
    Ours(String),
    #[error("“{0}” cannot be a tag: other mail programs use that keyword for themselves")]
    Noise(String),
}

/// Whether a word can be written as a tag on every server known.
///
/// # Errors
/// [`TagError`] says what is wrong with it.
pub fn check_tag(tag: &str) -> Result<(), TagError> {
    if tag.is_empty() {
        return Err(TagError::Empty);
    }
    // RFC 3501 §9, atom, less “[” which Dovecot refuses too.
    let is_atom = |c: char| c.is_ascii_graphic() && !"(){%*\"\\[]".contains(c);
    if let Some(bad) = tag.chars().find(|c| !is_atom(*c)) {
        return Err(TagError::NoAtom { tag: tag.to_owned(), bad });
    }
    if tag.len() > LONGEST {
        return Err(TagError::TooLong(tag.to_owned()));
    }
    if is_ours(tag) {
        return Err(TagError::Ours(tag.to_owned()));
    }
    if tag.starts_with('$') && !is_tag(tag) {
        return Err(TagError::Dollar(tag.to_owned()));
    }
    if is_noise(tag) {
        return Err(TagError::Noise(tag.to_owned()));
    }
    Ok(())
}

/// The fate of a copy in Sent, as its keywords tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Announced; whether it was sent is not known yet.
    Pending,
    /// Announced and never sent.
    Void,
    /// Sent: by us and marked so, or by any other mail program.
    Sent,
}

/// Reads the fate of a copy in Sent. `$Submitted` is written before `$SubmitPending` is taken off, so where both stand it
/// is sent; and it is written only after the customer's server took the mail, so no `bagsy-void` beside it unsends it.
pub fn fate(flags: &Flags) -> Fate {
    if flags.has(SUBMITTED) {
        Fate::Sent
    } else if flags.has(VOID) {
        Fate::Void
    } else if flags.has(SUBMIT_PENDING) {
        Fate::Pending
    } else {
        Fate::Sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(atoms: &[&str]) -> Flags {
        Flags::from_atoms(atoms.iter().copied())
    }

    #[test]
    fn claims_are_read_whatever_their_case_and_each_once() {
        let f = flags(&["Bagsy-Claim-Bob", "bagsy-claim-alice", "bagsy-claim-", "bagsy-claim-.x", "VIP"]);
        let names: Vec<String> = claimants(&f).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["alice", "bob"]);
        assert_eq!(claim(&Handle::new("alice").unwrap()), "bagsy-claim-alice");
        assert_eq!(claimant("bagsy-claïm-alice"), None);
    }

    #[test]
    fn done_counts_before_snoozed_before_waiting() {
        assert_eq!(status(&flags(&["bagsy-waiting", "bagsy-snoozed", "BAGSY-DONE"])), Status::Done);
        assert_eq!(status(&flags(&["bagsy-waiting", "bagsy-snoozed"])), Status::Snoozed);
        assert_eq!(status(&flags(&["bagsy-waiting"])), Status::Waiting);
        assert_eq!(status(&flags(&["VIP"])), Status::Open);
    }

    #[test]
    fn what_other_programs_write_for_themselves_is_no_tag() {
        let f = flags(&["NonJunk", "$Forwarded", "$label3", "bagsy-waiting", "VIP", "Forwarded", "refund", "$NotJunk"]);
        assert_eq!(tags(&f), ["$label3", "refund", "VIP"]);
    }

    #[test]
    fn a_tag_is_checked_before_it_costs_a_name() {
        for good in ["vip", "refund-2026", "$label1", "a.b_c"] {
            assert_eq!(check_tag(good), Ok(()), "{good}");
        }
        for bad in
            ["", "two words", "a]", "[a", "a(", "50%", "ü", "bagsy-claim-bob", "Bagsy-x", "$Junk", "$mine", "Junk"]
        {
            assert!(check_tag(bad).is_err(), "{bad}");
        }
        assert!(check_tag(&"x".repeat(51)).is_err());
    }

    #[test]
    fn a_copy_that_was_submitted_is_sent_whatever_stands_beside_it() {
        assert_eq!(fate(&flags(&["$SubmitPending"])), Fate::Pending);
        assert_eq!(fate(&flags(&["$SubmitPending", "bagsy-void"])), Fate::Void);
        assert_eq!(fate(&flags(&["$SubmitPending", "$Submitted", "bagsy-void"])), Fate::Sent);
        assert_eq!(fate(&flags(&[])), Fate::Sent);
    }
}
