//! The protocols of `bagsy::wire` cannot be brought to a bad end: every interleaving of the real machines, on a model of a
//! server with the habits of real ones, is looked through (docs/protocol.md).
//!
//! `BAGSY_LONG=1` adds settings that take minutes.

mod answers;
mod claims;
mod folder;
mod search;

use answers::Answers;
use claims::{Claims, Flaw, Role};
use folder::Folder;
use search::{Found, Model, explore};

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

const MOST: usize = 3_000_000;

fn holds(model: &impl Model) -> Found {
    let begun = std::time::Instant::now();
    let found = explore(model, MOST);
    println!("{found}, {:.1?}", begun.elapsed());
    if let Some(bad) = &found.bad {
        panic!("{bad}");
    }
    assert!(!found.is_cut, "more than {MOST} states: nothing is proved");
    found
}

fn fails(model: &impl Model) -> String {
    explore(model, MOST).bad.expect("the flaw is found")
}

/// Settings that take minutes.
fn is_long() -> bool {
    std::env::var_os("BAGSY_LONG").is_some()
}

fn long(long: u8, short: u8) -> u8 {
    if is_long() { long } else { short }
}

const THREE: [(usize, Role); 3] = [(ALICE, Role::Claim), (BOB, Role::Claim), (CAROL, Role::Claim)];
const TWO: [(usize, Role); 2] = [(ALICE, Role::Claim), (BOB, Role::Claim)];
/// Two people, one of them with two devices.
const DEVICES: [(usize, Role); 3] = [(ALICE, Role::Claim), (ALICE, Role::Claim), (BOB, Role::Claim)];

#[test]
fn three_people_claim_at_once_and_never_two_believe() {
    holds(&Claims { touches: 1, tries: long(4, 3), ..Claims::of(&THREE) });
}

#[test]
fn whoever_is_left_alone_in_a_race_wins_it_or_finds_who_did() {
    holds(&Claims { asks_alone: true, touches: 1, ..Claims::of(&TWO) });
    holds(&Claims { asks_alone: true, tries: long(2, 1), ..Claims::of(&THREE) });
    holds(&Claims { asks_alone: true, tries: long(2, 1), ..Claims::of(&DEVICES) });
}

#[test]
fn three_people_claim_at_once_and_die_anywhere() {
    holds(&Claims { crashes: 3, restarts: long(2, 1), ..Claims::of(&THREE) });
}

#[test]
fn three_people_claim_while_keywords_are_dropped() {
    holds(&Claims { drops: 2, ..Claims::of(&THREE) });
}

#[test]
fn three_people_claim_while_the_lock_is_expunged_and_mail_comes_in() {
    let folder = Folder::with(2);
    let tries = long(2, 1);
    holds(&Claims { folder: folder.clone(), expunges: 1, arrivals: long(1, 0), tries, ..Claims::of(&THREE) });
    holds(&Claims { folder, expunges: 2, arrivals: 1, ..Claims::of(&TWO) });
}

#[test]
fn two_people_with_several_devices_claim_at_once() {
    holds(&Claims { touches: 1, tries: long(4, 2), ..Claims::of(&DEVICES) });
    let four = [(ALICE, Role::Claim), (ALICE, Role::Claim), (BOB, Role::Claim), (BOB, Role::Claim)];
    holds(&Claims { tries: long(2, 1), ..Claims::of(&four) });
}

/// The one habit that two devices of one person would not survive, and that no server is known to have: a STORE that
/// changed nothing, let through by the trap, and answered with the FETCH of another's change.
#[test]
fn an_echoed_change_is_where_the_proof_ends() {
    println!("{}", fails(&Claims { echoes: true, ..Claims::of(&DEVICES) }));
    holds(&Claims { echoes: true, ..Claims::of(&THREE) });
}

fn held_by_alice(mails: u8) -> Folder {
    let mut folder = Folder::with(mails);
    folder.mails.iter_mut().for_each(|m| m.set("bagsy-claim-alice"));
    folder
}

#[test]
fn taking_over_at_once_leaves_one_holder() {
    let race = [(BOB, Role::TakeOver(ALICE)), (CAROL, Role::TakeOver(ALICE)), (ALICE, Role::Claim)];
    holds(&Claims { folder: held_by_alice(1), crashes: 1, touches: 1, ..Claims::of(&race) });
    let race = [(BOB, Role::Assign(ALICE, CAROL)), (CAROL, Role::Claim), (ALICE, Role::Release)];
    holds(&Claims { folder: held_by_alice(1), crashes: 1, touches: 1, ..Claims::of(&race) });
}

#[test]
fn releasing_and_mirroring_while_others_claim() {
    let race = [(ALICE, Role::Release), (BOB, Role::Claim), (CAROL, Role::Claim)];
    holds(&Claims { folder: held_by_alice(2), crashes: 1, ..Claims::of(&race) });
    let race = [(ALICE, Role::Release), (ALICE, Role::Mirror), (BOB, Role::Claim)];
    holds(&Claims { folder: held_by_alice(2), crashes: 1, expunges: 1, ..Claims::of(&race) });
}

/// Each mail with the claims of these people.
fn claimed(mails: &[&[usize]]) -> Folder {
    let mut folder = Folder::with(u8::try_from(mails.len()).expect("few"));
    for (mail, claims) in folder.mails.iter_mut().zip(mails) {
        claims.iter().for_each(|who| mail.set(&bagsy::wire::keywords::claim(&folder::handle(*who))));
    }
    folder
}

/// Where the lock never left INBOX, nobody has the conversation by a mirror alone.
#[test]
fn no_mirror_that_was_left_over_gives_a_released_conversation_back() {
    // Alice took it over from bob and was cut off before his mirror was off.
    let left = claimed(&[&[ALICE], &[BOB]]);
    for other in [(BOB, Role::Mirror), (BOB, Role::Claim), (CAROL, Role::Claim)] {
        let race = [(ALICE, Role::Release), other];
        holds(&Claims { folder: left.clone(), touches: 1, ..Claims::of(&race) });
    }
    let race = [(ALICE, Role::Release), (BOB, Role::Mirror), (CAROL, Role::Claim)];
    holds(&Claims { folder: left, ..Claims::of(&race) });
    let race = [(BOB, Role::TakeOver(ALICE)), (BOB, Role::Release), (ALICE, Role::Mirror)];
    holds(&Claims { folder: held_by_alice(2), touches: 1, ..Claims::of(&race) });
    // One device releases while the other mirrors.
    let fresh = claimed(&[&[ALICE], &[]]);
    let race = [(ALICE, Role::Release), (ALICE, Role::Mirror)];
    holds(&Claims { folder: fresh.clone(), touches: 1, ..Claims::of(&race) });
    let race = [(ALICE, Role::Release), (ALICE, Role::Mirror), (BOB, Role::Claim)];
    holds(&Claims { folder: fresh, ..Claims::of(&race) });
}

/// The lock is one message and the newest another: no guard sees both.
#[test]
fn who_is_told_that_nothing_was_changed_changed_nothing() {
    for setter in [Role::Waiting, Role::Done] {
        for other in [Role::Claim, Role::Waiting, Role::Done] {
            let race = [(ALICE, setter), (BOB, other)];
            holds(&Claims { folder: Folder::with(2), tries: 8, ..Claims::of(&race) });
        }
        let race = [(ALICE, setter), (BOB, Role::TakeOver(ALICE))];
        holds(&Claims { folder: held_by_alice(2), tries: 8, ..Claims::of(&race) });
        let race = [(ALICE, setter), (ALICE, Role::Release), (BOB, Role::Claim)];
        holds(&Claims { folder: held_by_alice(2), tries: 6, ..Claims::of(&race) });
    }
}

#[test]
fn who_is_refused_halfway_leaves_nothing_of_it() {
    for setter in [Role::Waiting, Role::Done] {
        for other in [Role::Claim, Role::TakeOver(ALICE)] {
            let race = [(ALICE, setter), (BOB, other)];
            holds(&Claims { folder: Folder::with(2), refusals: 1, tries: 8, ..Claims::of(&race) });
        }
        holds(&Claims { folder: Folder::with(3), refusals: 1, touches: 1, tries: 2, ..Claims::of(&[(ALICE, setter)]) });
    }
}

/// The lock bears alice's claim and leaves INBOX, with or without a mirror of it on what stays.
#[test]
fn a_holder_claims_anew_while_others_claim_and_never_two_believe() {
    for is_mirrored in [false, true] {
        let mut folder = held_by_alice(1);
        folder.arrive();
        if is_mirrored {
            folder = held_by_alice(2);
        }
        let race = [(ALICE, Role::Reassert), (BOB, Role::Claim)];
        holds(&Claims { folder: folder.clone(), expunges: 1, touches: 1, tries: long(2, 1), ..Claims::of(&race) });
        let race = [(ALICE, Role::Reassert), (ALICE, Role::Reassert), (BOB, Role::Claim)];
        holds(&Claims { folder: folder.clone(), expunges: 1, tries: 1, ..Claims::of(&race) });
        let race = [(ALICE, Role::Reassert), (BOB, Role::TakeOver(ALICE)), (CAROL, Role::Claim)];
        holds(&Claims { folder, expunges: 1, tries: 1, ..Claims::of(&race) });
    }
}

#[test]
fn taking_an_assignment_back_while_others_claim_and_take_over() {
    let race = [(BOB, Role::Unassign(ALICE)), (CAROL, Role::TakeOver(ALICE)), (ALICE, Role::Claim)];
    holds(&Claims { folder: held_by_alice(1), crashes: 1, touches: 1, ..Claims::of(&race) });
    let race = [(BOB, Role::Unassign(ALICE)), (CAROL, Role::Claim), (ALICE, Role::Mirror)];
    holds(&Claims { folder: held_by_alice(2), crashes: 1, expunges: 1, ..Claims::of(&race) });
    let race = [(BOB, Role::Unassign(ALICE)), (BOB, Role::Assign(ALICE, CAROL)), (ALICE, Role::Release)];
    holds(&Claims { folder: held_by_alice(2), crashes: 1, ..Claims::of(&race) });
}

#[test]
fn finishing_at_once_leaves_one_copy() {
    let race = [(ALICE, Role::Done), (BOB, Role::Done), (CAROL, Role::Claim)];
    holds(&Claims { arrivals: 1, ..Claims::of(&race) });
    let race = [(ALICE, Role::Done), (ALICE, Role::Done), (BOB, Role::Done)];
    holds(&Claims { crashes: 1, ..Claims::of(&race) });
    let race = [(ALICE, Role::Done), (BOB, Role::Waiting), (BOB, Role::TakeOver(ALICE))];
    holds(&Claims { folder: held_by_alice(2), crashes: 1, ..Claims::of(&race) });
}

#[test]
fn who_believes_the_ok_is_found_out() {
    println!("{}", fails(&Claims { flaw: Flaw::BelievesOk, ..Claims::of(&TWO) }));
}

#[test]
fn who_reads_back_before_the_tagged_answer_is_found_out() {
    println!("{}", fails(&Claims { flaw: Flaw::PipelinesTheReadBack, ..Claims::of(&TWO) }));
}

#[test]
fn who_names_a_claim_of_another_device_after_one_look_is_found_out() {
    println!("{}", fails(&Claims { flaw: Flaw::LooksOnce, ..Claims::of(&DEVICES) }));
}

#[test]
fn who_takes_off_what_it_did_not_add_is_found_out() {
    println!("{}", fails(&Claims { flaw: Flaw::TakesOffAnyones, ..Claims::of(&DEVICES) }));
}

#[test]
fn two_people_answer_at_once_and_one_answer_goes_out() {
    holds(&Answers::of(2));
    holds(&Answers { claims: true, arrivals: 1, ..Answers::of(2) });
}

#[test]
fn two_people_answer_and_their_programs_die_anywhere() {
    holds(&Answers { crashes: 2, resumes: 2, ..Answers::of(2) });
    holds(&Answers { crashes: 1, resumes: 1, settles: 1, rewrites: 1, ..Answers::of(2) });
}

#[test]
fn two_people_answer_while_servers_fail_them() {
    holds(&Answers { troubles: 2, resumes: 1, may_delete: true, ..Answers::of(2) });
    holds(&Answers { troubles: 1, resumes: 1, settles: 1, rewrites: 1, ..Answers::of(2) });
}

#[test]
fn settling_and_taking_up_again_never_meet() {
    holds(&Answers { crashes: 2, resumes: 2, settles: 2, rewrites: 1, ..Answers::of(2) });
}

#[test]
fn what_begins_a_conversation_leaves_once_at_most_and_can_always_be_settled() {
    let opening = || Answers { is_opening: true, ..Answers::of(1) };
    holds(&Answers { crashes: 2, resumes: 2, ..opening() });
    holds(&Answers { troubles: 2, resumes: 2, may_delete: true, ..opening() });
    holds(&Answers { crashes: 1, troubles: 1, resumes: 2, settles: 1, rewrites: 1, ..opening() });
}

#[test]
fn an_unannounced_answer_leaves_once_at_most_and_is_called_what_it_is() {
    let alone = || Answers { announce: false, ..Answers::of(1) };
    holds(&Answers { crashes: 2, resumes: 2, settles: 1, ..alone() });
    holds(&Answers { crashes: 1, troubles: 2, resumes: 2, settles: 1, rewrites: 1, ..alone() });
    holds(&Answers {
        crashes: 1,
        troubles: 1,
        resumes: 1,
        ..Answers { announce: false, claims: true, ..Answers::of(2) }
    });
}

#[test]
fn a_sent_folder_that_drops_keywords_makes_nobody_believe_that_an_answer_was_sent() {
    for unannounced in [false, true] {
        let dropping = |people| Answers { drops_keywords: true, may_delete: true, unannounced, ..Answers::of(people) };
        holds(&Answers { crashes: 2, resumes: 3, ..dropping(1) });
        holds(&Answers { crashes: 1, troubles: 1, resumes: 2, ..dropping(1) });
        holds(&dropping(2));
    }
}

#[test]
fn a_server_that_says_yes_and_keeps_no_mark_leads_nobody_astray() {
    holds(&Answers { deaf: 3, crashes: 1, resumes: 2, ..Answers::of(1) });
    holds(&Answers { deaf: 4, troubles: 1, resumes: 2, settles: 1, rewrites: 1, ..Answers::of(1) });
    holds(&Answers { deaf: 2, resumes: 1, settles: 1, rewrites: 1, ..Answers::of(2) });
}

#[test]
fn a_server_that_files_what_it_submits_leaves_no_copy_pending() {
    let filing = |people| Answers { server_files: true, ..Answers::of(people) };
    holds(&Answers { crashes: 2, resumes: 2, ..filing(1) });
    holds(&Answers { crashes: 1, resumes: 1, settles: 1, rewrites: 1, ..filing(2) });
    holds(&Answers { troubles: 1, resumes: 1, settles: 1, rewrites: 1, ..filing(2) });
}

#[test]
fn who_does_not_check_is_found_out() {
    println!("{}", fails(&Answers { flaw: answers::Flaw::ChecksNothing, ..Answers::of(2) }));
}

#[test]
fn who_sends_again_what_was_transmitting_is_found_out() {
    println!("{}", fails(&Answers { flaw: answers::Flaw::SendsAgain, crashes: 1, resumes: 1, ..Answers::of(2) }));
}

#[test]
fn who_takes_a_pending_copy_for_seen_is_found_out() {
    let model = Answers { flaw: answers::Flaw::SawThePending, rewrites: 1, ..Answers::of(2) };
    println!("{}", fails(&model));
}

#[test]
fn who_takes_an_answer_up_without_claiming_its_copy_is_found_out() {
    let model = Answers {
        flaw: answers::Flaw::ClaimsNoCopy,
        crashes: 1,
        resumes: 1,
        settles: 1,
        rewrites: 1,
        ..Answers::of(2)
    };
    println!("{}", fails(&model));
}

#[test]
fn three_people_answer_at_once() {
    if is_long() {
        holds(&Answers { crashes: 1, resumes: 1, ..Answers::of(3) });
        holds(&Answers { troubles: 1, resumes: 1, ..Answers::of(3) });
        holds(&Answers { crashes: 1, settles: 1, rewrites: 1, ..Answers::of(3) });
    } else {
        holds(&Answers::of(3));
    }
}
