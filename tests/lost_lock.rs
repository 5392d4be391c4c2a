//! Another mail program moves away the message on which a claim stands: the holder's engine claims the conversation anew on
//! the next message, or tells who was quicker.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use bagsy::engine::message::Event;
use bagsy::model::{Action, ErrorKind, Expectation, Handle, Refusal, Role, Uid};
use support::device::{Device, runtime};
use support::dovecot::sdbox;
use support::engine::{LIMIT, Screen};
use support::imap_client::Client;
use support::mailgen::{Mail, MailGen, Rng};
use support::process::{is_long, seed, wait_for};
use support::team::Team;
use tokio::runtime::Runtime;

/// How the claim of this conversation was made anew.
fn of_the_claim(screen: &Screen, root: &str) -> Result<(), Refusal> {
    screen.wait_for("what became of the claim", |e| match e {
        Event::LockLeft { target, outcome, .. } if target.root == root => Some(outcome),
        _ => None,
    })
}

fn letters(mail: &mut MailGen, count: usize) -> Vec<Mail> {
    mail.thread(2 * count - 1).into_iter().step_by(2).collect()
}

fn put(owner: &mut Client, mails: &[Mail]) -> Vec<u32> {
    mails.iter().map(|m| owner.append("INBOX", &m.append_arguments(""), &m.bytes())).collect()
}

fn claims(client: &mut Client, uid: u32) -> BTreeSet<String> {
    client.ok("NOOP");
    let flags = client.flags(uid).unwrap_or_else(|| panic!("UID {uid} is gone"));
    flags.into_iter().filter(|f| f.starts_with("bagsy-claim-")).collect()
}

fn by(who: &str) -> BTreeSet<String> {
    BTreeSet::from([format!("bagsy-claim-{who}")])
}

/// alice holds a conversation of two messages, of which the first alone bears her claim, and her cache knows both.
fn held_by_alice(
    runtime: &Runtime,
    team: &Team,
    mail: &mut MailGen,
    alice: &mut Device,
    owner: &mut Client,
) -> (String, Vec<u32>) {
    let mails = letters(mail, 2);
    let root = mails[0].message_id.clone();
    let mut uids = put(owner, &mails[..1]);
    runtime.block_on(alice.sync());
    runtime.block_on(alice.act(&root, &Action::Claim)).expect("claimed");
    uids.extend(put(owner, &mails[1..]));
    runtime.block_on(alice.sync());
    assert_eq!(claims(&mut team.in_inbox("carol"), uids[1]), BTreeSet::new());
    (root, uids)
}

#[test]
fn a_holder_whose_lock_is_moved_away_holds_the_next_message() {
    let (runtime, team) = (runtime(), sdbox().team());
    let (mut mail, mut owner, mut eyes) = (MailGen::new(1, &team.mailbox()), team.owner(), team.in_inbox("carol"));
    let mut alice = runtime.block_on(Device::open(&team, "alice"));
    // Of three messages the first bears the claim, as if two had come in a moment ago.
    let mails = letters(&mut mail, 3);
    let (root, uids) = (&mails[0].message_id, put(&mut owner, &mails));
    runtime.block_on(alice.sync());
    runtime.block_on(alice.act(root, &Action::Claim)).expect("claimed");
    let screen = Screen::start(&runtime, &alice);
    screen.is_live();
    owner.select("INBOX");
    owner.ok(&format!("UID STORE {},{} -FLAGS.SILENT (bagsy-claim-alice)", uids[1], uids[2]));
    let reader = &alice.link.reader;
    let stripped = || {
        let kept = reader.message(alice.mailbox.key(), Role::Inbox, Uid(uids[2])).expect("the cache");
        kept.is_some_and(|m| !m.flags.has("bagsy-claim-alice")).then_some(())
    };
    wait_for(LIMIT, stripped).expect("alice's cache knows it");
    owner.ok(&format!("UID MOVE {} Archive", uids[0]));
    assert_eq!(of_the_claim(&screen, root), Ok(()));
    assert_eq!([claims(&mut eyes, uids[1]), claims(&mut eyes, uids[2])], [by("alice"), by("alice")]);
    // And the next one, deleted for good; the mirror is the claim then, and nothing is to be done.
    owner.ok(&format!("UID STORE {} +FLAGS (\\Deleted)", uids[1]));
    owner.ok("EXPUNGE");
    let mut bob = runtime.block_on(Device::open(&team, "bob"));
    runtime.block_on(bob.sync());
    let refused = runtime.block_on(bob.act(root, &Action::Claim)).expect_err("alice holds it");
    assert_eq!(refused.holder, Some(Handle::new("alice").expect("a handle")));
    assert_eq!(claims(&mut eyes, uids[2]), by("alice"));
    screen.end(&runtime);
}

#[test]
fn of_a_holder_who_claims_anew_and_a_teammate_who_claims_one_wins_and_the_other_is_told() {
    let (runtime, team) = (runtime(), sdbox().team());
    let seed = seed("a lock that left, and two who claim");
    let (mut rng, mut mail) = (Rng::new(seed), MailGen::new(seed, &team.mailbox()));
    let (mut owner, mut eyes) = (team.owner(), team.in_inbox("carol"));
    let mut alice = runtime.block_on(Device::open(&team, "alice"));
    let mut bob = runtime.block_on(Device::open(&team, "bob"));
    for round in 0..if is_long() { 60 } else { 6 } {
        let (root, uids) = held_by_alice(&runtime, &team, &mut mail, &mut alice, &mut owner);
        runtime.block_on(bob.sync());
        owner.select("INBOX");
        owner.ok(&format!("UID MOVE {} Archive", uids[0]));
        // The first round is bob's for certain.
        let delay = Duration::from_millis(if round == 0 { 0 } else { rng.below(250) as u64 });
        let claim = async {
            tokio::time::sleep(delay).await;
            bob.act(&root, &Action::Claim).await
        };
        let (outcome, screen) = if round == 0 {
            let outcome = runtime.block_on(claim);
            (outcome, Screen::start(&runtime, &alice))
        } else {
            let screen = Screen::start(&runtime, &alice);
            (runtime.block_on(claim), screen)
        };
        let alices = of_the_claim(&screen, &root);
        let told = format!("round {round}, {delay:?}: alice {alices:?}, bob {outcome:?}");
        let holder = match (&alices, &outcome) {
            (Ok(()), Err(refused)) => {
                assert_eq!(refused.holder.as_ref().map(Handle::as_str), Some("alice"), "{told}");
                "alice"
            }
            (Err(refused), Ok(_)) => {
                assert_eq!(refused.kind, ErrorKind::Held, "{told}");
                assert_eq!(refused.holder.as_ref().map(Handle::as_str), Some("bob"), "{told}");
                "bob"
            }
            _ => panic!("not one of them holds it: {told}"),
        };
        assert_eq!(claims(&mut eyes, uids[1]), by(holder), "{told}");
        assert!(alice.link.reader.lost_locks().expect("the cache").is_empty(), "{told}");
        screen.end(&runtime);
    }
}

#[test]
fn what_another_device_finished_is_not_claimed_anew() {
    let (runtime, team) = (runtime(), sdbox().team());
    let (mut mail, mut owner, mut eyes) = (MailGen::new(3, &team.mailbox()), team.owner(), team.in_inbox("carol"));
    let mut alice = runtime.block_on(Device::open(&team, "alice"));
    let mut other = runtime.block_on(Device::open(&team, "alice"));
    let (root, uids) = held_by_alice(&runtime, &team, &mut mail, &mut alice, &mut owner);
    runtime.block_on(async {
        other.sync().await;
        let (seen, expect) = (Some(Uid(uids[0])), Expectation::default());
        other.link.perform(&other.mailbox, &root, &Action::Done, &expect, seen).await.expect("done");
    });
    assert_eq!(eyes.flags(uids[0]), None, "the first one is in Archive");
    let screen = Screen::start(&runtime, &alice);
    assert_eq!(of_the_claim(&screen, &root), Ok(()));
    assert_eq!(claims(&mut eyes, uids[1]), BTreeSet::new());
    screen.end(&runtime);
}
