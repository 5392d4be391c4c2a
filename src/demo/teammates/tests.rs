//! A long afternoon at the desk breaks none of the protocol's rules.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::colleague::{self, Deed};
use super::desk::{self, Conversation};
use super::{customer, login};
use crate::demo::post::State;
use crate::demo::random::Random;
use crate::demo::sample::script::Role;
use crate::demo::{Options, folder, office, sample};
use crate::wire::step::FlagChange;

struct Afternoon {
    state: State,
    roles: HashMap<String, Role>,
    now: Timestamp,
    random: Random,
}

impl Afternoon {
    fn new(seed: u64) -> Self {
        let now = "2026-11-24T14:02:00Z".parse().unwrap();
        let mut state = office(&Options::quiet());
        let roles = sample::fill(&mut state, seed, now);
        Self { state, roles, now, random: Random::new(seed) }
    }

    /// Everybody does one thing, customers two times of three: as often as at the pace of the demo.
    fn go_on(&mut self) -> [Deed; 2] {
        self.now = self.now.checked_add(SignedDuration::from_secs(20)).unwrap();
        if self.random.chance(66) {
            customer::write(&mut self.state, &mut self.roles, self.now, &mut self.random);
        }
        ["bob", "carol"].map(|name| colleague::act(&mut self.state, name, &self.roles, self.now, &mut self.random))
    }

    fn conversations(&self) -> Vec<Conversation> {
        desk::conversations(&self.state)
    }
}

#[test]
fn nobody_holds_what_another_holds_and_every_deed_is_done() {
    let mut afternoon = Afternoon::new(3);
    let alices = |a: &Afternoon| -> Vec<String> {
        a.conversations().iter().filter(|c| c.is_held_by("alice")).map(|c| c.root.clone()).collect()
    };
    let hers = alices(&afternoon);
    let mut deeds: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..120 {
        for deed in afternoon.go_on() {
            *deeds.entry(format!("{deed:?}")).or_default() += 1;
        }
        assert!(afternoon.conversations().iter().all(|c| c.claimants().len() <= 1));
    }
    assert_eq!(alices(&afternoon), hers, "what a person holds is hers");
    for deed in ["Claimed", "Answered", "Finished", "Released", "Tagged"] {
        assert!(deeds.get(deed).is_some_and(|count| *count > 0), "{deed}: {deeds:?}");
    }
    let conversations = afternoon.conversations();
    let free = conversations.iter().filter(|c| !c.inbox.is_empty() && c.claimants().is_empty() && c.is_open()).count();
    assert!((5..=60).contains(&free), "there is always something to do, and never too much: {free}");
}

#[test]
fn what_was_answered_waits_and_what_was_finished_is_in_archive() {
    let mut afternoon = Afternoon::new(5);
    for _ in 0..60 {
        let before: Vec<u32> =
            afternoon.state.folder(&folder("Sent")).unwrap().messages().iter().map(|m| m.uid).collect();
        let deeds = afternoon.go_on();
        let sent = afternoon.state.folder(&folder("Sent")).unwrap().messages();
        let new: Vec<_> = sent.iter().filter(|m| !before.contains(&m.uid)).collect();
        assert_eq!(new.len(), deeds.iter().filter(|deed| **deed == Deed::Answered).count());
        for answer in new {
            assert!(answer.flags.has("$Submitted") && !answer.flags.has("$SubmitPending"));
            let answered = &answer.mail.links().in_reply_to;
            let inbox = afternoon.state.folder(&folder("INBOX")).unwrap().messages();
            if let Some(question) = inbox.iter().find(|m| answered.iter().any(|id| id.0 == m.mail.links().message_id)) {
                assert!(question.flags.answered && question.flags.has("bagsy-waiting"));
            }
        }
    }
    let archive = afternoon.state.folder(&folder("Archive")).unwrap().messages();
    assert!(archive.iter().all(|m| m.flags.has("bagsy-done") && !m.flags.has("bagsy-waiting")));
}

#[test]
fn who_has_no_right_does_nothing_and_who_may_not_move_sets_the_keyword() {
    let mut afternoon = Afternoon::new(5);
    afternoon.state.set_rights(&login("bob"), crate::demo::MAILBOX, None, "lrs");
    afternoon.state.set_rights(&login("carol"), crate::demo::MAILBOX, None, "lrswi");
    let archived = afternoon.state.folder(&folder("Archive")).unwrap().messages().len();
    let mut finished = 0;
    for _ in 0..40 {
        let [bob, carol] = afternoon.go_on();
        assert_eq!(bob, Deed::Looked);
        finished += usize::from(carol == Deed::Finished);
    }
    assert!(finished > 0);
    assert_eq!(afternoon.state.folder(&folder("Archive")).unwrap().messages().len(), archived);
}

#[test]
fn nobody_touches_a_conversation_that_somebody_is_answering() {
    let mut afternoon = Afternoon::new(5);
    let target = afternoon.conversations().into_iter().find(|c| c.is_held_by("bob") && c.is_open()).unwrap();
    let newest = target.newest_incoming().unwrap().mail.links().message_id.clone();
    let announced = format!("Message-ID: <pending@example.test>\r\nIn-Reply-To: <{newest}>\r\n\r\nx\r\n");
    let mail = crate::demo::post::Mail::new(announced.into_bytes(), afternoon.now);
    afternoon.state.folder_mut(&folder("Sent")).unwrap().append(mail, &["$SubmitPending"]);
    for _ in 0..80 {
        afternoon.go_on();
    }
    let now = afternoon.conversations().into_iter().find(|c| c.root == target.root).unwrap();
    assert!(
        now.is_held_by("bob")
            && now.mails.iter().filter(|m| m.path == "Sent").count()
                <= 1 + target.mails.iter().filter(|m| m.path == "Sent").count()
    );
}

#[test]
fn a_claim_is_mirrored_onto_mail_that_comes_later() {
    let mut afternoon = Afternoon::new(5);
    let target = afternoon.conversations().into_iter().find(|c| c.is_held_by("bob") && c.inbox.len() == 1).unwrap();
    let raw =
        format!("From: a@b.example\r\nMessage-ID: <late@b.example>\r\nIn-Reply-To: <{}>\r\n\r\nx\r\n", target.root);
    let mail = crate::demo::post::Mail::new(raw.into_bytes(), afternoon.now);
    let uid = afternoon.state.folder_mut(&folder("INBOX")).unwrap().append(mail, &[]);
    afternoon.state.folder_mut(&folder("INBOX")).unwrap().change(uid, &FlagChange::Add(vec!["\\Seen".into()]));
    colleague::act(&mut afternoon.state, "bob", &afternoon.roles, afternoon.now, &mut afternoon.random);
    let claims = afternoon.conversations().into_iter().find(|c| c.root == target.root).unwrap().claimants();
    assert!(claims == ["bob"] || claims.is_empty());
    let flags = afternoon.state.folder(&folder("INBOX")).unwrap().get(uid).map(|m| m.flags.has("bagsy-claim-bob"));
    assert_eq!(flags.unwrap_or(true), !claims.is_empty());
}
