//! What this login may do in a mailbox, and what is missing for what. Pure.

use super::super::grade::{why_advisory, why_no_claims};
use super::check::Check;
use crate::model::{Capability, ErrorKind, Grade, Mailbox, Rights, Role};

/// What each letter allows (RFC 4314 §2.1), for people.
const LETTERS: [(char, &str); 11] = [
    ('l', "see it"),
    ('r', "read"),
    ('s', "mark as read"),
    ('w', "set keywords"),
    ('i', "put mail in"),
    ('p', "post"),
    ('k', "make folders"),
    ('x', "remove folders"),
    ('t', "mark for deletion"),
    ('e', "remove mail"),
    ('a', "grant rights"),
];

/// The rights on the mailbox's folders.
pub(super) fn rights(mailbox: &Mailbox) -> Check {
    let Some(rights) = &mailbox.rights else {
        let follows = "what you may do is taken from what the server says on opening INBOX; an attempt may be refused";
        return Check::note("rights", "not told by this server (no ACL)", follows);
    };
    let inbox = rights.get(&Role::Inbox).cloned().unwrap_or_default();
    let mut found = format!("INBOX {} ({})", shown(&inbox), words(&inbox));
    for (role, granted) in rights.iter().filter(|(role, _)| **role != Role::Inbox) {
        found.push_str(&format!(", {} {}", title(*role), shown(granted)));
    }
    Check::good("rights", found)
}

fn shown(rights: &Rights) -> &str {
    if rights.0.is_empty() { "none" } else { &rights.0 }
}

fn words(rights: &Rights) -> String {
    let words: Vec<&str> =
        LETTERS.iter().filter(|(letter, _)| rights.grant(&letter.to_string())).map(|(_, word)| *word).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// A role as its folder is usually called.
pub(super) fn title(role: Role) -> &'static str {
    match role {
        Role::Inbox => "INBOX",
        Role::Sent => "Sent",
        Role::Archive => "Archive",
        Role::Drafts => "Drafts",
        Role::Trash => "Trash",
        Role::Junk => "Junk",
        Role::Journal => "Bagsy",
    }
}

/// A line for each thing that one may want to do.
pub(super) fn abilities(mailbox: &Mailbox) -> Vec<Check> {
    use Capability as C;
    [(C::Read, "read"), (C::Seen, "mark as read"), (C::Claim, "claim"), (C::Send, "answer"), (C::Archive, "archive")]
        .map(|(capability, word)| {
            if mailbox.may(capability) {
                return Check::good(word, "you may");
            }
            let found = format!("you may not: {}", why_not(mailbox, capability));
            let follows = follows(mailbox, capability);
            match capability {
                C::Read => Check::failed(word, ErrorKind::Rights, found, follows),
                _ => Check::note(word, found, follows),
            }
        })
        .into()
}

fn why_not(mailbox: &Mailbox, capability: Capability) -> String {
    let has_name = mailbox.address.is_some();
    let on = |role, letters| missing(mailbox, role, letters).map(|m| format!("{m} missing on {}", title(role)));
    let unnamed = || why_no_claims(Grade::D, false).unwrap_or_default().to_owned();
    match capability {
        Capability::Read => on(Role::Inbox, "r").unwrap_or_else(|| "the server says so".to_owned()),
        Capability::Seen => {
            on(Role::Inbox, "s").unwrap_or_else(|| "the server keeps no `\\Seen` here (PERMANENTFLAGS)".to_owned())
        }
        _ if !has_name => unnamed(),
        Capability::Claim => on(Role::Inbox, "w")
            .or_else(|| why_no_claims(mailbox.grade, true).map(str::to_owned))
            .unwrap_or_else(|| "the server says so".to_owned()),
        Capability::Send if mailbox.folder(Role::Sent).is_none() => {
            "there is no Sent folder, and `k`, to create it, missing on INBOX".to_owned()
        }
        Capability::Send => {
            on(Role::Sent, "rwi").unwrap_or_else(|| "Sent keeps no new keywords (PERMANENTFLAGS)".to_owned())
        }
        Capability::Archive if mailbox.folder(Role::Archive).is_none() => "there is no Archive folder".to_owned(),
        Capability::Archive => {
            let parts: Vec<String> = [on(Role::Inbox, "te"), on(Role::Archive, "i")].into_iter().flatten().collect();
            if parts.is_empty() {
                "it needs claims, which this mailbox does not have".to_owned()
            } else {
                parts.join(", ")
            }
        }
    }
}

/// The letters that are not granted on a folder, each in the words of the protocol; `None` where all are, or nobody tells.
fn missing(mailbox: &Mailbox, role: Role, letters: &str) -> Option<String> {
    let rights = mailbox.rights.as_ref()?;
    let none = Rights::default();
    let granted = rights.get(&role).unwrap_or(&none);
    let absent: Vec<String> =
        letters.chars().map(String::from).filter(|l| !granted.grant(l)).map(|l| format!("`{l}`")).collect();
    (!absent.is_empty()).then(|| absent.join(" "))
}

fn follows(mailbox: &Mailbox, capability: Capability) -> &'static str {
    match capability {
        Capability::Read => "nothing of it can be shown: ask whoever administers it for `lr` on INBOX",
        Capability::Seen => "what you have read stays marked as unread; the queue does not depend on it",
        Capability::Claim => "you see the queue and who has what; claims, statuses and tags are not yours to set",
        Capability::Send => {
            "an answer cannot be announced, so a teammate may answer at the same time; it needs `rwi` on Sent"
        }
        Capability::Archive if !mailbox.may(Capability::Claim) => "what may not be claimed is not finished either",
        Capability::Archive => {
            "done is the keyword alone, and the mail stays in INBOX; moving needs `te` there, `i` on Archive"
        }
    }
}

/// What the work of a team needs and this mailbox does not give, in words for its last line.
pub(super) fn lacks(mailbox: &Mailbox) -> Vec<String> {
    use Capability as C;
    let cannot = [(C::Read, "read"), (C::Claim, "claim, finish or tag"), (C::Send, "answer")];
    let mut lacks: Vec<String> =
        cannot.into_iter().filter(|(c, _)| !mailbox.may(*c)).map(|(_, word)| format!("you cannot {word}")).collect();
    lacks.extend(why_advisory(mailbox).map(|_| "your claims are advisory".to_owned()));
    lacks
}

/// How strongly the mailbox keeps a claim for this person.
pub(super) fn grade(mailbox: &Mailbox) -> Check {
    let why = match mailbox.grade {
        Grade::A => "the server compares and swaps (CONDSTORE), and new keywords stick",
        Grade::B => "no compare-and-swap on keywords here; a journal could be written",
        Grade::C => "no compare-and-swap on keywords here, and no journal could be written",
        Grade::D => "for looking",
    };
    let found = format!("{}: {why}", mailbox.grade);
    match why_no_claims(mailbox.grade, mailbox.address.is_some()) {
        None => match why_advisory(mailbox) {
            Some(follows) => Check::note("grade", found, follows),
            None => Check::good("grade", found).so("a claim is won by one person only"),
        },
        Some(follows) => Check::note("grade", found, follows),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::check::Verdict;
    use super::*;

    fn mailbox(rights: Option<&[(Role, &str)]>, grade: Grade, may: &[Capability]) -> Mailbox {
        let folders = [(Role::Inbox, "m"), (Role::Sent, "m/Sent"), (Role::Archive, "m/Archive")];
        Mailbox {
            address: Some("support@example.test".into()),
            name: None,
            addresses: Vec::new(),
            account: "work".into(),
            root: "m".into(),
            folders: folders.map(|(r, n)| (r, n.to_owned())).into(),
            rights: rights
                .map(|all| all.iter().map(|(r, l)| (*r, Rights((*l).to_owned()))).collect::<BTreeMap<_, _>>()),
            grade,
            may: may.to_vec(),
        }
    }

    fn found(checks: &[Check], name: &str) -> String {
        checks.iter().find(|c| c.check == name).unwrap().found.clone()
    }

    #[test]
    fn each_missing_right_is_named_with_its_folder() {
        use Capability as C;
        let reader =
            mailbox(Some(&[(Role::Inbox, "lrs"), (Role::Sent, "lr"), (Role::Archive, "lr")]), Grade::D, &[C::Read]);
        let told = abilities(&reader);
        assert!(told.iter().all(Check::is_ok));
        assert_eq!(found(&told, "claim"), "you may not: `w` missing on INBOX");
        assert_eq!(found(&told, "answer"), "you may not: `w` `i` missing on Sent");
        assert_eq!(found(&told, "archive"), "you may not: `t` `e` missing on INBOX, `i` missing on Archive");
        assert!(found(&told, "mark as read").contains("PERMANENTFLAGS"));
        assert_eq!(rights(&reader).found, "INBOX lrs (see it, read, mark as read), Sent lr, Archive lr");
    }

    #[test]
    fn a_mailbox_that_cannot_be_read_is_a_failure() {
        let shut = mailbox(Some(&[(Role::Inbox, "l")]), Grade::D, &[]);
        assert_eq!(abilities(&shut)[0].verdict, Verdict::Failed(ErrorKind::Rights));
    }

    #[test]
    fn without_acl_the_servers_word_on_opening_is_what_is_told() {
        let plain = mailbox(None, Grade::C, &[Capability::Read]);
        assert_eq!(rights(&plain).verdict, Verdict::Note);
        assert!(found(&abilities(&plain), "claim").contains("CONDSTORE"));
        assert!(grade(&plain).found.starts_with("C: "));
    }

    #[test]
    fn who_may_not_read_sent_is_told_that_claims_are_advisory() {
        use Capability as C;
        let may = [C::Read, C::Claim];
        let open = mailbox(Some(&[(Role::Inbox, "lrsw"), (Role::Sent, "lr"), (Role::Archive, "lr")]), Grade::A, &may);
        assert_eq!(grade(&open).follows, "a claim is won by one person only");
        let half = mailbox(Some(&[(Role::Inbox, "lrsw"), (Role::Sent, "l"), (Role::Archive, "lr")]), Grade::A, &may);
        let told = grade(&half);
        assert_eq!(told.verdict, Verdict::Note);
        assert!(told.follows.starts_with("you may not read Sent: "), "{}", told.follows);
        assert!(lacks(&half).contains(&"your claims are advisory".to_owned()));
        assert_eq!(lacks(&open), ["you cannot answer"]);
    }

    #[test]
    fn a_mailbox_without_an_address_says_that_it_wants_one() {
        let nameless = Mailbox { address: None, ..mailbox(None, Grade::A, &[Capability::Read]) };
        assert!(found(&abilities(&nameless), "answer").contains("name it in the configuration"));
        assert_eq!(grade(&nameless).verdict, Verdict::Note);
    }
}
