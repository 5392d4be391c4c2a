//! The sample is what the demo promises: enough, varied, the same again, and sound on the wire.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use mail_parser::MessageParser;

use super::super::{Options, office};
use super::*;

fn now() -> Timestamp {
    "2026-11-24T14:02:00Z".parse().unwrap()
}

fn world(seed: u64) -> State {
    let mut state = office(&Options::quiet());
    fill(&mut state, seed, now());
    state
}

/// Each mail of the synced folders: path, flags, mail.
fn mails(state: &State) -> Vec<(&'static str, Vec<String>, &Mail)> {
    let mut mails = Vec::new();
    for path in ["INBOX", "Sent", "Archive"] {
        let stored = state.folder(&folder(path)).unwrap().messages();
        mails.extend(stored.iter().map(|stored| (path, stored.flags.atoms(), &*stored.mail)));
    }
    mails
}

/// Root by Message-ID: the first reference, else the mail itself.
fn root(mail: &Mail) -> String {
    mail.links().references.first().map(|id| id.0.clone()).unwrap_or_else(|| mail.links().message_id.clone())
}

#[test]
fn there_are_some_two_hundred_conversations_of_one_to_seven_mails() {
    let state = world(7);
    let mut sizes: HashMap<String, usize> = HashMap::new();
    for (_, _, mail) in mails(&state) {
        *sizes.entry(root(mail)).or_default() += 1;
    }
    assert!((190..=215).contains(&sizes.len()), "{}", sizes.len());
    let kinds: BTreeSet<usize> = sizes.values().copied().collect();
    assert!((1..=7).all(|size| kinds.contains(&size)), "{kinds:?}");
}

#[test]
fn the_same_seed_gives_the_same_mail_and_another_another() {
    let raws = |seed| mails(&world(seed)).iter().map(|(_, _, mail)| mail.raw().to_vec()).collect::<Vec<_>>();
    assert_eq!(raws(7), raws(7));
    assert_ne!(raws(7), raws(8));
}

#[test]
fn every_state_of_the_queue_is_there_and_claims_stand_on_whole_conversations() {
    let state = world(7);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut claims: HashMap<String, BTreeSet<String>> = HashMap::new();
    for (path, flags, mail) in mails(&state).into_iter().filter(|(path, _, _)| *path == "INBOX") {
        assert_eq!(path, "INBOX");
        let claim = flags.iter().find(|flag| flag.starts_with("bagsy-claim-")).cloned().unwrap_or_default();
        claims.entry(root(mail)).or_default().insert(claim);
        for flag in ["bagsy-waiting", "bagsy-done", "\\Flagged", "billing", "api"] {
            *counts.entry(flag).or_default() += usize::from(flags.iter().any(|f| f == flag));
        }
    }
    assert!(claims.values().all(|claims| claims.len() == 1));
    assert!(counts.values().all(|count| *count > 0), "{counts:?}");
    for who in ["", "bagsy-claim-alice", "bagsy-claim-bob", "bagsy-claim-carol"] {
        let held = claims.values().filter(|claims| claims.contains(who)).count();
        assert!(held >= 5, "{who}: {held}");
    }
    let names = state.folder(&folder("INBOX")).unwrap().keywords().len();
    assert!(names < 20, "names are scarce: {names}");
}

#[test]
fn every_mail_parses_is_in_order_and_names_nobody_real() {
    let state = world(7);
    let mut last: HashMap<&str, Timestamp> = HashMap::new();
    for (path, _, mail) in mails(&state) {
        let parsed = MessageParser::default().parse(mail.raw()).unwrap();
        assert!(parsed.from().is_some() && mail.internal_date() < now());
        let before = last.insert(path, mail.internal_date());
        assert!(before.is_none_or(|before| before <= mail.internal_date()));
        let text = String::from_utf8_lossy(mail.header()).into_owned();
        let hosts = text
            .split('@')
            .skip(1)
            .map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-')).next());
        for host in hosts.flatten() {
            assert!(host.ends_with(".example") || host.ends_with(".test"), "{host}");
        }
        let whole = String::from_utf8_lossy(mail.raw()).into_owned();
        for word in ["{order}", "{invoice}", "{day}", "{agent}", "{seats}", "{amount}", "{request}", "{row}", "{stamp}"]
        {
            assert!(!whole.contains(word), "{word} in {whole}");
        }
    }
}

#[test]
fn answers_in_sent_refer_to_what_they_answer() {
    let state = world(7);
    let ids: BTreeSet<String> = mails(&state).iter().map(|(_, _, mail)| mail.links().message_id.clone()).collect();
    for (_, flags, mail) in mails(&state).into_iter().filter(|(path, _, _)| *path == "Sent") {
        assert!(flags.contains(&"$Submitted".to_owned()));
        assert!(mail.links().references.iter().chain(&mail.links().in_reply_to).all(|id| ids.contains(&id.0)));
        assert!(mail.field("From").unwrap().contains(MAILBOX));
    }
}

#[test]
fn the_oddities_are_there() {
    let state = world(7);
    let whole: Vec<String> =
        mails(&state).iter().map(|(_, _, m)| String::from_utf8_lossy(m.raw()).into_owned()).collect();
    for needle in [
        "Content-Type: text/calendar",
        "Content-Type: image/png",
        "Content-Type: application/pdf",
        "Content-Type: text/csv",
        "List-Unsubscribe",
        "Auto-Submitted: auto-replied",
        "multipart/report",
        "iso-8859-2",
        "Reply-To",
    ] {
        assert!(whole.iter().any(|mail| mail.contains(needle)), "{needle}");
    }
    let inbox = mails(&state);
    let mut seen = BTreeSet::new();
    assert!(
        inbox
            .iter()
            .any(|(_, _, mail)| !seen.insert(mail.links().message_id.clone()) && !mail.links().message_id.is_empty()),
        "a double"
    );
    assert!(inbox.iter().any(|(_, _, mail)| mail.links().message_id.is_empty()), "one without a Message-ID");
}
