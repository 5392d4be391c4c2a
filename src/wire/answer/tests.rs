//! The answering protocol step by step, on servers that do as they are told.

use std::collections::HashMap;

use super::*;
use crate::wire::step::{FlagChange, Protocol, Step};
use crate::wire::testing::{Folder, flags, handle};

/// A mailbox, an outbox and a submission server.
struct Office {
    inbox: Folder,
    sent: Folder,
    /// UIDs in Sent of this answer's copies.
    own: Vec<u32>,
    is_named: bool,
    is_answered: bool,
    outbox: Progress,
    /// What the submission server says to these instead of yes.
    replies: HashMap<&'static str, Reply>,
    /// What APPEND says, last first; then yes.
    appends: Vec<Option<bool>>,
    delivered: usize,
    /// Sent takes what is appended and drops its keywords.
    drops_keywords: bool,
    /// How long each step takes.
    step_ms: u64,
    log: Vec<String>,
}

impl Office {
    fn new(inbox: &[&str], sent: &[&str]) -> Self {
        Self {
            inbox: Folder::new(inbox),
            sent: Folder::new(sent),
            own: Vec::new(),
            is_named: false,
            is_answered: false,
            outbox: Progress::begin(),
            replies: HashMap::new(),
            appends: Vec::new(),
            delivered: 0,
            drops_keywords: false,
            step_ms: 1,
            log: Vec::new(),
        }
    }

    /// As a run that was cut off left it.
    fn left(stage: Stage, own: &str) -> Self {
        let mut office = Self::new(&["bagsy-claim-alice"], &[own]);
        office.own.push(1);
        office.outbox.stage = stage;
        office
    }

    fn run(&mut self, item: &Item) -> Outcome {
        self.run_with(item, |_, _| {})
    }

    /// One run; `before` may change the office before each ask is carried out.
    fn run_with(&mut self, item: &Item, mut before: impl FnMut(&Ask, &mut Self)) -> Outcome {
        let (mut machine, mut ask) = Answer::start(item.clone(), self.outbox.clone());
        let mut now_ms = 0;
        for _ in 0..500 {
            before(&ask, self);
            now_ms += self.step_ms;
            let told = self.carry_out(&ask);
            match machine.next(told, now_ms) {
                Step::Ask(next) => ask = next,
                Step::Finished(outcome) => return outcome,
            }
        }
        panic!("it never ends: {:?}", self.log);
    }

    fn carry_out(&mut self, ask: &Ask) -> Told {
        let word = match ask {
            Ask::Look => "look",
            Ask::Inbox(step::Ask::Store { .. }) => "mark the conversation",
            Ask::Inbox(_) => "",
            Ask::Copies(step::Ask::Store { change, .. }) => {
                self.log.push(format!("{change:?}"));
                ""
            }
            Ask::Copies(_) => "",
            Ask::Delete(_) => "delete",
            Ask::Append => "append",
            Ask::File => "file",
            Ask::MarkAnswered => "mark answered",
            Ask::Save(progress) => {
                self.log.push(format!("save {:?}", progress.stage));
                ""
            }
            Ask::Connect => "connect",
            Ask::MailFrom => "mail",
            Ask::Recipient(_) => "rcpt",
            Ask::Reset => "rset",
            Ask::Data => "data",
        };
        if !word.is_empty() {
            self.log.push(word.to_owned());
        }
        match ask {
            Ask::Look => Told::Looked(self.view()),
            Ask::Inbox(ask) => Told::Inbox(self.inbox.carry_out(ask)),
            Ask::Copies(ask) => {
                let mut pending = self.sent.clone();
                let is_pending =
                    |uid| self.own.contains(&uid) && keywords::fate(&flags(&self.sent.flags(uid))) == Fate::Pending;
                pending.messages.retain(|m| is_pending(m.uid.0));
                let told = if *ask == step::Ask::Look { pending.carry_out(ask) } else { self.sent.carry_out(ask) };
                Told::Copies(told)
            }
            Ask::Delete(uid) => {
                self.sent.expunge(uid.0);
                Told::Deleted
            }
            Ask::Append => {
                let answer = self.appends.pop().unwrap_or(Some(true));
                if answer == Some(true) {
                    self.sent.arrive(if self.drops_keywords { "" } else { "$SubmitPending" });
                    self.own.push(self.sent.messages.last().unwrap().uid.0);
                }
                Told::Appended(answer)
            }
            Ask::File => {
                let answer = self.appends.pop().unwrap_or(Some(true));
                if answer == Some(true) {
                    self.sent.arrive("");
                    self.own.push(self.sent.messages.last().unwrap().uid.0);
                }
                Told::Appended(answer)
            }
            Ask::MarkAnswered => Told::MarkedAnswered,
            Ask::Save(progress) => {
                self.outbox = progress.clone();
                Told::Saved
            }
            Ask::Connect | Ask::MailFrom | Ask::Recipient(_) | Ask::Reset | Ask::Data => {
                let reply = self.replies.get(word).cloned().unwrap_or(Reply::Done);
                self.delivered += usize::from(*ask == Ask::Data && reply == Reply::Done);
                Told::Replied(reply)
            }
        }
    }

    fn view(&self) -> View {
        let copy = |s: &Sight| Copy {
            uid: s.uid,
            modseq: s.modseq,
            flags: s.flags.clone(),
            is_own: self.own.contains(&s.uid.0),
            is_old: false,
        };
        View {
            inbox: self.inbox.messages.clone(),
            is_answered: self.is_answered,
            sent: self.sent.messages.iter().map(copy).collect(),
            is_named: self.is_named,
        }
    }
}

fn item() -> Item {
    Item {
        me: handle("alice"),
        seen: Seen { inbox: Uid(1), ..Seen::default() },
        expect: Expectation::default(),
        recipients: 2,
        claims: true,
        announce: true,
        unannounced: false,
        files: false,
        may_delete: false,
        then: Some(Goal::Waiting),
    }
}

#[test]
fn an_answer_is_announced_checked_sent_and_marked_in_this_order() {
    let mut office = Office::new(&[""], &[]);
    assert_eq!(office.run(&item()), Outcome::Sent);
    let expected = [
        "look",
        "mark the conversation",
        "connect",
        "save Announcing",
        "append",
        "save Announced",
        "look",
        "save Submitting",
        "mail",
        "rcpt",
        "rcpt",
        "look",
        "save Transmitting",
        "data",
        "save Submitted",
        "look",
        "Add([\"$Submitted\", \"bagsy-claim-alice\"])",
        "Remove([\"$SubmitPending\"])",
        "look",
        "mark answered",
        "mark the conversation",
    ];
    assert_eq!(office.log, expected);
    assert_eq!(office.sent.flags(1), "$Submitted bagsy-claim-alice");
    assert_eq!(office.inbox.flags(1), "bagsy-claim-alice bagsy-waiting");
}

#[test]
fn what_another_holds_is_not_answered_and_nothing_is_announced() {
    let mut office = Office::new(&["bagsy-claim-bob"], &[]);
    assert_eq!(office.run(&item()), Outcome::NotSent(Why::Held(handle("bob"))));
    assert!(office.sent.messages.is_empty());
}

#[test]
fn newer_mail_or_an_answer_from_elsewhere_stops_it_before_it_is_announced() {
    let mut office = Office::new(&["", ""], &[]);
    assert_eq!(office.run(&item()), Outcome::NotSent(Why::NewerMail));
    let mut office = Office::new(&[""], &[]);
    office.is_answered = true;
    assert_eq!(office.run(&item()), Outcome::NotSent(Why::AnsweredElsewhere));
    let mut office = Office::new(&["", ""], &[]);
    office.inbox.messages[1].auto_reply = true;
    assert_eq!(office.run(&item()), Outcome::Sent, "an automatic answer stops nothing");
}

#[test]
fn a_teammates_copy_below_ours_makes_ours_void() {
    let mut office = Office::new(&[""], &[]);
    let ended = office.run_with(&item(), |ask, office| {
        if *ask == Ask::Append {
            office.sent.arrive("$SubmitPending");
        }
    });
    assert_eq!(ended, Outcome::NotSent(Why::Overtaken(Uid(1))));
    assert_eq!(office.sent.flags(2), "$SubmitPending bagsy-void");
    assert_eq!(office.delivered, 0);
}

#[test]
fn a_teammates_pending_copy_above_ours_lets_ours_go_on_and_a_sent_one_does_not() {
    let after_append = |atoms: &'static str| {
        move |ask: &Ask, office: &mut Office| {
            if matches!(ask, Ask::Save(Progress { stage: Stage::Announced, .. })) {
                office.sent.arrive(atoms);
            }
        }
    };
    let mut office = Office::new(&[""], &[]);
    assert_eq!(office.run_with(&item(), after_append("$SubmitPending")), Outcome::Sent);
    let mut office = Office::new(&[""], &[]);
    assert_eq!(office.run_with(&item(), after_append("")), Outcome::NotSent(Why::Overtaken(Uid(2))));
}

#[test]
fn an_append_without_an_answer_is_looked_for_before_it_is_repeated() {
    let mut office = Office::new(&[""], &[]);
    office.appends = vec![None];
    assert_eq!(office.run(&item()), Outcome::Sent);
    let append = office.log.iter().position(|l| l == "append").unwrap();
    assert_eq!(office.log[append..append + 3], ["append", "look", "append"]);
    let mut office = Office::new(&[""], &[]);
    office.appends = vec![None];
    let ended = office.run_with(&item(), |ask, office| {
        if *ask == Ask::Look && office.log.last().is_some_and(|l| l == "append") && office.own.is_empty() {
            office.sent.arrive("$SubmitPending");
            office.own.push(1);
        }
    });
    assert_eq!((ended, office.sent.messages.len()), (Outcome::Sent, 1));
}

#[test]
fn one_refused_recipient_refuses_all_and_voids_the_copy() {
    let mut office = Office::new(&[""], &[]);
    office.replies.insert("rcpt", Reply::Never("550 5.1.1 no such user".into()));
    let why = Why::Refused { recipient: Some(0), reply: "550 5.1.1 no such user".into() };
    assert_eq!(office.run(&item()), Outcome::NotSent(why));
    assert!(office.log.contains(&"rset".to_owned()));
    assert_eq!((office.sent.flags(1).as_str(), office.delivered), ("$SubmitPending bagsy-void", 0));
}

#[test]
fn a_transient_refusal_voids_the_copy_and_the_next_run_announces_another() {
    let mut office = Office::new(&[""], &[]);
    office.replies.insert("data", Reply::Later("451 later".into()));
    assert_eq!(office.run(&item()), Outcome::Later("451 later".into()));
    assert_eq!(office.outbox, Progress { spent: Uid(1), ..Progress::begin() });
    office.replies.clear();
    assert_eq!(office.run(&item()), Outcome::Sent);
    assert_eq!(
        [office.sent.flags(1), office.sent.flags(2)],
        ["$SubmitPending bagsy-void", "$Submitted bagsy-claim-alice"]
    );
}

#[test]
fn a_void_copy_is_deleted_where_that_is_allowed() {
    let mut office = Office::new(&[""], &[]);
    office.replies.insert("mail", Reply::Later("421".into()));
    let item = Item { may_delete: true, ..item() };
    assert_eq!(office.run(&item), Outcome::Later("421".into()));
    assert!(office.sent.messages.is_empty());
    office.replies.clear();
    assert_eq!(office.run(&item), Outcome::Sent);
}

#[test]
fn nothing_is_announced_where_the_conversation_is_not_as_its_writer_expects() {
    let expect = |assignee, status| Item { expect: Expectation { assignee, status }, ..item() };
    for (flags, item, holder, status) in [
        ("bagsy-waiting", expect(None, Some(Status::Open)), None, Status::Waiting),
        ("bagsy-claim-alice", expect(Some(Assignee::Free), None), Some(handle("alice")), Status::Open),
        ("bagsy-waiting", Item { claims: false, ..expect(None, Some(Status::Open)) }, None, Status::Waiting),
    ] {
        let mut office = Office::new(&[flags], &[]);
        assert_eq!(office.run(&item), Outcome::NotSent(Why::NotAsExpected { holder, status }));
        assert_eq!((office.inbox.flags(1).as_str(), office.sent.messages.len()), (flags, 0));
    }
    let mut office = Office::new(&[""], &[]);
    assert_eq!(office.run(&expect(Some(Assignee::Free), Some(Status::Open))), Outcome::Sent);
}

#[test]
fn silence_after_the_text_is_an_unknown_fate_and_nothing_is_sent_again() {
    let mut office = Office::new(&[""], &[]);
    office.replies.insert("data", Reply::Silent);
    assert_eq!(office.run(&item()), Outcome::Unknown);
    office.replies.clear();
    assert_eq!(office.run(&item()), Outcome::Unknown);
    assert_eq!((office.delivered, office.sent.flags(1).as_str()), (0, "$SubmitPending"));
    office.is_named = true;
    assert_eq!(office.run(&item()), Outcome::Sent, "a bounce or a reply names it");
    assert_eq!((office.delivered, office.sent.flags(1).as_str()), (0, "$Submitted bagsy-claim-alice"));
}

#[test]
fn a_restart_goes_on_from_every_stage() {
    let pending = "$SubmitPending";
    for stage in [Stage::Announcing, Stage::Announced, Stage::Submitting] {
        let mut office = Office::left(stage.clone(), pending);
        assert_eq!((office.run(&item()), office.delivered), (Outcome::Sent, 1), "{stage:?}");
        assert!(office.log.contains(&"Add([\"bagsy-claim-alice\"])".to_owned()), "the copy is claimed first");
        assert_eq!(office.sent.flags(1), "$Submitted bagsy-claim-alice");
    }
    let mut office = Office::left(Stage::Transmitting, pending);
    assert_eq!((office.run(&item()), office.delivered), (Outcome::Unknown, 0));
    let mut office = Office::left(Stage::Submitted, pending);
    assert_eq!((office.run(&item()), office.delivered), (Outcome::Sent, 0));
    let withdrawing = Stage::Withdrawing(Ending::NotSent(Why::NewerMail));
    let mut office = Office::left(withdrawing, pending);
    assert_eq!((office.run(&item()), office.delivered), (Outcome::NotSent(Why::NewerMail), 0));
    assert_eq!(office.sent.flags(1), "$SubmitPending bagsy-void");
}

#[test]
fn whoever_finds_its_own_copy_settled_stops() {
    for (stage, atoms, end) in [
        (Stage::Announced, "$SubmitPending bagsy-void", Outcome::NotSent(Why::Discarded)),
        (Stage::Unknown, "$SubmitPending bagsy-void", Outcome::NotSent(Why::Discarded)),
        (Stage::Unknown, "$Submitted", Outcome::Sent),
        (Stage::Announced, "$Submitted", Outcome::NotSent(Why::Discarded)),
    ] {
        let mut office = Office::left(stage.clone(), atoms);
        assert_eq!((office.run(&item()), office.delivered), (end, 0), "{stage:?} {atoms}");
    }
    let mut office = Office::left(Stage::Announced, "$SubmitPending bagsy-claim-bob");
    assert!(matches!(office.run(&item()), Outcome::Later(_)), "bob is settling it");
}

#[test]
fn a_check_counts_for_a_minute_and_a_copy_that_lies_long_is_claimed() {
    let mut office = Office::new(&["bagsy-claim-alice"], &[]);
    office.step_ms = 61_000;
    // Every answer takes a minute: it looks and looks and never dares.
    office.sent.arrive("");
    let item = Item { seen: Seen { inbox: Uid(1), sent: Uid(1), ..Seen::default() }, ..item() };
    let mut looks = 0;
    let ended = office.run_with(&item, |ask, office| {
        looks += usize::from(*ask == Ask::Look);
        if looks == 8 {
            office.step_ms = 1;
        }
    });
    assert_eq!((ended, office.delivered), (Outcome::Sent, 1));
    assert!(looks > 8);
    assert!(office.log.contains(&"Add([\"bagsy-claim-alice\"])".to_owned()));
}

#[test]
fn losing_the_claim_before_data_stops_it() {
    let mut office = Office::new(&["bagsy-claim-alice"], &[]);
    let ended = office.run_with(&item(), |ask, office| {
        if *ask == Ask::MailFrom {
            office.inbox.set(1, "bagsy-claim-bob");
        }
    });
    assert_eq!((ended, office.delivered), (Outcome::NotSent(Why::Held(handle("bob"))), 0));
    assert_eq!(office.sent.flags(1), "$SubmitPending bagsy-void");
}

#[test]
fn without_a_place_for_announcements_it_is_checked_all_the_same() {
    let item = Item { announce: false, ..item() };
    let mut office = Office::new(&[""], &[]);
    assert_eq!((office.run(&item), office.delivered), (Outcome::Sent, 1));
    assert!(office.sent.messages.is_empty());
    let mut office = Office::new(&[""], &["$Submitted"]);
    assert_eq!(office.run(&item), Outcome::NotSent(Why::Overtaken(Uid(1))));
    let mut office = Office::new(&[""], &[]);
    office.outbox.stage = Stage::Transmitting;
    assert_eq!(office.run(&item), Outcome::Unknown);
}

#[test]
fn a_copy_whose_keywords_sent_dropped_is_taken_back_so_that_it_does_not_look_sent() {
    let dropping = || Office { drops_keywords: true, ..Office::new(&[""], &[]) };
    let mut office = dropping();
    assert_eq!(office.run(&item()), Outcome::NotSent(Why::NotAnnounced));
    assert_eq!((office.sent.flags(1).as_str(), office.delivered), ("bagsy-void", 0));
    // Where no keyword is kept at all it is deleted, as far as that is allowed.
    let mut office = dropping();
    office.sent.is_deaf = true;
    assert_eq!(office.run(&Item { may_delete: true, ..item() }), Outcome::NotSent(Why::NotAnnounced));
    assert!(office.sent.messages.is_empty());
    let mut office = dropping();
    office.sent.is_deaf = true;
    assert_eq!(office.run(&item()), Outcome::NotSent(Why::NotAnnounced), "and it comes to an end");
    // So is one that is found so by a later run.
    let mut office = Office::left(Stage::Announced, "");
    assert_eq!((office.run(&item()), office.delivered), (Outcome::NotSent(Why::NotAnnounced), 0));
    assert_eq!(office.sent.flags(1), "bagsy-void");
}

#[test]
fn whoever_wants_it_sent_all_the_same_has_it_sent_though_sent_takes_no_announcement() {
    let wanted = Item { unannounced: true, files: true, may_delete: true, ..item() };
    // It refuses the APPEND, and then takes the plain copy or not.
    let mut office = Office { appends: vec![Some(false)], ..Office::new(&[""], &[]) };
    assert_eq!((office.run(&wanted), office.delivered), (Outcome::Sent, 1));
    assert_eq!((office.sent.flags(1).as_str(), office.sent.messages.len()), ("", 1));
    let mut office = Office { appends: vec![Some(false), Some(false)], ..Office::new(&[""], &[]) };
    assert_eq!((office.run(&wanted), office.delivered, office.sent.messages.len()), (Outcome::Sent, 1, 0));
    // It drops the keywords.
    let mut office = Office { drops_keywords: true, ..Office::new(&[""], &[]) };
    assert_eq!((office.run(&wanted), office.delivered), (Outcome::Sent, 1));
    assert!(office.log.contains(&"delete".to_owned()));
    assert_eq!((office.sent.flags(1).as_str(), office.sent.messages.len()), ("", 1));
    // What could not be taken back is the copy.
    let mut office = Office { drops_keywords: true, ..Office::new(&[""], &[]) };
    office.sent.is_deaf = true;
    assert_eq!(office.run(&Item { may_delete: false, ..wanted.clone() }), Outcome::Sent);
    assert_eq!((office.delivered, office.sent.messages.len()), (1, 1));
    // A later run goes on so.
    let mut office = Office { appends: vec![Some(false)], ..Office::new(&[""], &[]) };
    office.replies.insert("data", Reply::Later("451".into()));
    assert!(matches!(office.run(&wanted), Outcome::Later(_)));
    office.replies.clear();
    assert_eq!((office.run(&wanted), office.delivered, office.sent.messages.len()), (Outcome::Sent, 1, 1));
}

#[test]
fn an_unannounced_answer_is_filed_once_it_was_sent_and_only_once() {
    let plain = Item { announce: false, unannounced: true, files: true, ..item() };
    let mut office = Office::new(&[""], &[]);
    assert_eq!(office.run(&plain), Outcome::Sent);
    assert_eq!(office.sent.flags(1), "");
    let file = office.log.iter().position(|l| l == "file").unwrap();
    assert!(office.log.iter().position(|l| l == "data").unwrap() < file);
    // Without an answer it is looked for first.
    let mut office = Office { appends: vec![None], ..Office::new(&[""], &[]) };
    let ended = office.run_with(&plain, |ask, office| {
        if *ask == Ask::Look && office.log.last().is_some_and(|l| l == "file") {
            office.sent.arrive("");
            office.own.push(1);
        }
    });
    assert_eq!((ended, office.sent.messages.len()), (Outcome::Sent, 1));
    // Nor is it where the server filed it, or where it was not sent.
    let mut office = Office::new(&[""], &[]);
    let ended = office.run_with(&plain, |ask, office| {
        if *ask == Ask::Data {
            office.sent.arrive("");
            office.own.push(1);
        }
    });
    assert_eq!((ended, office.sent.messages.len(), office.sent.flags(1).as_str()), (Outcome::Sent, 1, ""));
    let mut office = Office::new(&[""], &[]);
    office.replies.insert("data", Reply::Never("550".into()));
    assert!(matches!(office.run(&plain), Outcome::NotSent(_)));
    assert!(office.sent.messages.is_empty());
}

#[test]
fn what_was_sent_is_marked_when_a_look_shows_it_and_not_before() {
    let deaf = |office: &mut Office, is_deaf| office.sent.is_deaf = is_deaf;
    let mut office = Office::new(&[""], &[]);
    let ended = office.run_with(&item(), |ask, office| {
        if *ask == Ask::Data {
            deaf(office, true);
        }
    });
    assert!(matches!(ended, Outcome::Later(_)), "{ended:?}");
    assert_eq!((office.outbox.stage.clone(), office.delivered), (Stage::Submitted, 1));
    assert!(!office.log.contains(&"mark answered".to_owned()));
    deaf(&mut office, false);
    assert_eq!((office.run(&item()), office.delivered), (Outcome::Sent, 1));
    assert_eq!(office.sent.flags(1), "$Submitted bagsy-claim-alice");
}

#[test]
fn a_sent_folder_that_takes_no_name_any_more_is_marked_all_the_same() {
    let mut office = Office::new(&[""], &[]);
    office.sent.refuses_keyword = Some("bagsy-claim-alice");
    assert_eq!((office.run(&item()), office.delivered), (Outcome::Sent, 1));
    assert_eq!(office.sent.flags(1), "$Submitted");
    // With the name, without, and what comes off: nothing is tried twice.
    assert_eq!(office.sent.stores(), 3);
    // Or it says yes and keeps the rest.
    let mut office = Office::new(&[""], &[]);
    let mut is_next = false;
    let ended = office.run_with(&item(), |ask, office| {
        if std::mem::replace(&mut is_next, matches!(ask, Ask::Copies(step::Ask::Store { .. }))) {
            let now = office.sent.flags(1).replace("bagsy-claim-alice", "");
            office.sent.set(1, &now);
        }
    });
    assert_eq!((ended, office.sent.flags(1), office.sent.stores()), (Outcome::Sent, "$Submitted".to_owned(), 2));
}

#[test]
fn whoever_sent_it_signs_it_and_whoever_was_about_to_settle_it_does_not() {
    // Settled as “was sent”; settled by an older version that died on the way; and the settler stopped before it said so.
    for (stage, atoms) in [
        (Stage::Unknown, "$Submitted"),
        (Stage::Unknown, "$SubmitPending $Submitted bagsy-claim-bob"),
        (Stage::Submitted, "$SubmitPending bagsy-claim-bob"),
    ] {
        let mut office = Office::left(stage.clone(), atoms);
        assert_eq!((office.run(&item()), office.delivered), (Outcome::Sent, 0), "{stage:?} {atoms}");
        assert_eq!(office.sent.flags(1), "$Submitted bagsy-claim-alice", "{stage:?} {atoms}");
    }
    // What one did not send is not signed.
    let mut office = Office::left(Stage::Announced, "$Submitted");
    office.run(&item());
    assert_eq!(office.sent.flags(1), "$Submitted");
}

#[test]
fn no_copy_of_what_was_sent_stays_pending_whatever_else_lies_beside_it() {
    // The server files what it submits, or a repeated APPEND is carried out late.
    for (stage, second) in [(Stage::Transmitting, ""), (Stage::Submitted, ""), (Stage::Transmitting, "$SubmitPending")]
    {
        let mut office = Office::new(&[""], &[]);
        let ended = office.run_with(&item(), |ask, office| {
            if matches!(ask, Ask::Save(progress) if progress.stage == stage) {
                office.sent.arrive(second);
                office.own.push(2);
            }
        });
        assert_eq!((ended, office.delivered), (Outcome::Sent, 1));
        let fates = [1, 2].map(|uid| keywords::fate(&flags(&office.sent.flags(uid))));
        assert_eq!(fates, [Fate::Sent, Fate::Sent], "{stage:?} {second}");
    }
}

#[test]
fn two_copies_of_which_neither_becomes_void_are_no_endless_loop() {
    let mut office = Office::left(Stage::Announced, "$SubmitPending");
    office.sent.arrive("$SubmitPending");
    office.own.push(2);
    let ended = office.run_with(&item(), |ask, office| {
        office.sent.is_deaf = matches!(ask, Ask::Copies(step::Ask::Store { change: FlagChange::Add(on), .. }) if on[0] == "bagsy-void");
    });
    assert!(matches!(ended, Outcome::Later(_)), "{ended:?}");
    assert_eq!(office.delivered, 0);
}

#[test]
fn stages_are_read_back_from_the_outbox_as_they_were_written() {
    let ending = Ending::NotSent(Why::Refused { recipient: Some(1), reply: "550".into() });
    for stage in [Stage::Unsent, Stage::Transmitting, Stage::Withdrawing(ending)] {
        let progress = Progress { stage, spent: Uid(7), unannounced: true };
        let text = serde_json::to_string(&progress).unwrap();
        assert_eq!(serde_json::from_str::<Progress>(&text).unwrap(), progress);
    }
    assert_eq!(serde_json::to_string(&Progress::begin()).unwrap(), r#"{"stage":"unsent","spent":0}"#);
}
