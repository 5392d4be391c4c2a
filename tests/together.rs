//! Two at work on one conversation, on real servers: finishing, releasing, assigning and taking over at the same moment,
//! mail that comes in meanwhile, and what other mail programs write.

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use bagsy::model::{Action, Assignee, Conversation, ErrorKind, Expectation, Handle, Role, Status, Uid};
use serde_json::Value;
use support::bagsy::Bagsy;
use support::device::{Device, runtime, together};
use support::dovecot::{maildir, sdbox};
use support::imap_client::Client;
use support::mailgen::{Mail, MailGen, Rng};
use support::process::{rounds, seed};
use support::proxy::Proxy;
use support::team::Team;

fn handle(name: &str) -> Handle {
    Handle::new(name).expect("a handle")
}

/// Customers' mails without an answer between them, one conversation.
fn letters(mail: &mut MailGen, count: usize) -> Vec<Mail> {
    let thread = mail.thread(2 * count - 1);
    thread.into_iter().step_by(2).collect()
}

fn put(owner: &mut Client, mails: &[Mail]) -> Vec<u32> {
    mails.iter().map(|m| owner.append("INBOX", &m.append_arguments(""), &m.bytes())).collect()
}

fn claims(client: &mut Client, uid: u32) -> BTreeSet<String> {
    let flags = client.flags(uid).unwrap_or_else(|| panic!("UID {uid} is gone"));
    flags.into_iter().filter(|f| f.starts_with("bagsy-claim-")).collect()
}

async fn open_all(team: &Team<'_>, who: &[&str]) -> Vec<Device> {
    let mut devices = futures::future::join_all(who.iter().map(|w| Device::open(team, w))).await;
    futures::future::join_all(devices.iter_mut().map(Device::sync)).await;
    devices
}

/// How often each of the mails lies in a folder.
fn copies(client: &mut Client, folder: &str, mails: &[Mail]) -> Vec<usize> {
    client.select(folder);
    mails.iter().map(|m| client.search(&format!("HEADER Message-ID \"<{}>\"", m.message_id)).len()).collect()
}

#[test]
fn two_who_finish_one_conversation_at_once_leave_one_copy_of_each_mail() {
    for (server, who) in [(sdbox(), ["p1", "p2"]), (maildir(), ["p3", "p4"]), (sdbox(), ["p5", "p5"])] {
        let team = server.team();
        let seed = seed("two who finish at once");
        let (mut rng, mut mail) = (Rng::new(seed), MailGen::new(seed, &team.mailbox()));
        let (runtime, mut owner, mut eyes) = (runtime(), team.owner(), team.owner());
        let mut devices = runtime.block_on(open_all(&team, &who));
        for round in 0..rounds(8, 100) {
            let count = 1 + rng.below(3);
            let mails = letters(&mut mail, count);
            put(&mut owner, &mails);
            let root = &mails[0].message_id;
            if round % 2 == 1 {
                runtime.block_on(futures::future::join_all(devices.iter_mut().map(Device::sync)));
            }
            let acts = (0..2).map(|_| (root.clone(), Action::Done, rng.below(3_000) as u64)).collect();
            let outcomes = runtime.block_on(together(&mut devices, acts));
            let told = format!("{:?}: {outcomes:?}", server.options.storage);
            assert_eq!(copies(&mut eyes, "INBOX", &mails), vec![0; count], "{told}");
            assert_eq!(copies(&mut eyes, "Archive", &mails), vec![1; count], "{told}");
            assert!(outcomes.iter().any(Result::is_ok), "{told}");
            for outcome in &outcomes {
                match outcome {
                    Ok(conversation) => assert_eq!(conversation.status, Status::Done, "{told}"),
                    Err(refusal) => assert_eq!(refusal.kind, ErrorKind::Held, "{told}"),
                }
            }
        }
    }
}

#[test]
fn new_mail_in_what_was_finished_or_waits_is_open_for_everybody() {
    let by_keyword = |team: &Team| format!("[mailbox.{:?}]\ndone = \"keyword\"\n", team.mailbox());
    for server in [sdbox(), maildir()] {
        let team = server.team();
        let mut mail = MailGen::new(3, &team.mailbox());
        let (runtime, mut owner) = (runtime(), team.owner());
        let rest = by_keyword(&team);
        for (action, rest) in [(Action::Done, ""), (Action::Done, rest.as_str()), (Action::Waiting, "")] {
            let mails = letters(&mut mail, 2);
            let root = &mails[0].message_id;
            put(&mut owner, &mails[..1]);
            let (after, alice, bob) = runtime.block_on(async {
                let mut alice = Device::configured(&team, "alice", "alice", rest).await;
                let mut bob = Device::open(&team, "bob").await;
                alice.sync().await;
                alice.act(root, &action).await.expect("done");
                bob.sync().await;
                let before = bob.listed(root).await.expect("the conversation");
                assert_ne!(before.status, Status::Open, "{action:?}");
                put(&mut owner, &mails[1..]);
                let after = [alice.listed(root).await, bob.listed(root).await];
                (after, alice, bob)
            });
            for conversation in after {
                let conversation = conversation.expect("the conversation");
                assert_eq!(conversation.status, Status::Open, "{action:?} {rest}: {conversation:?}");
                assert_eq!(conversation.folder, Role::Inbox);
            }
            drop((alice, bob));
        }
    }
}

/// A mail that comes while its conversation is being finished: whatever the order, it is open and nothing is lost.
#[test]
fn mail_that_comes_in_the_moment_of_finishing_stays_open() {
    let server = maildir();
    let team = server.team();
    let seed = seed("mail that comes while it is finished");
    let (mut rng, mut mail) = (Rng::new(seed), MailGen::new(seed, &team.mailbox()));
    let (runtime, mut owner, mut eyes) = (runtime(), team.owner(), team.owner());
    let mut devices = runtime.block_on(open_all(&team, &["alice"]));
    let mut bob = runtime.block_on(open_all(&team, &["bob"])).pop().expect("bob");
    for _ in 0..rounds(6, 100) {
        let mails = letters(&mut mail, 3);
        let root = mails[0].message_id.clone();
        put(&mut owner, &mails[..2]);
        let delay = rng.below(30_000) as u64;
        let last = mails[2].clone();
        let mut arriving = team.owner();
        let arrival = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_micros(delay));
            put(&mut arriving, &[last]);
        });
        let outcomes = runtime.block_on(together(&mut devices, vec![(root.clone(), Action::Done, 0)]));
        arrival.join().expect("it arrives");
        let places: Vec<usize> = copies(&mut eyes, "INBOX", &mails)
            .iter()
            .zip(copies(&mut eyes, "Archive", &mails))
            .map(|(inbox, archive)| inbox + archive)
            .collect();
        assert_eq!(places, [1, 1, 1], "{outcomes:?}");
        runtime.block_on(bob.sync());
        let seen: Conversation = runtime.block_on(bob.listed(&root)).expect("the conversation");
        let last_is_in_inbox = copies(&mut eyes, "INBOX", &mails)[2] == 1;
        // Seen and finished with the rest, or open for everybody.
        assert_eq!(seen.status == Status::Open, last_is_in_inbox, "{delay} µs: {outcomes:?}\n{seen:?}");
    }
}

#[test]
fn mail_that_comes_into_archive_while_it_is_marked_read_makes_no_refusal_of_it() {
    let server = sdbox();
    let team = server.team();
    let seed = seed("mail that comes into Archive");
    let mails = letters(&mut MailGen::new(seed, &team.mailbox()), 2);
    let file = |m: &Mail| team.append("Archive", "", &m.bytes());
    let proxy = Proxy::to(server.imap_port);
    file(&mails[0]);
    runtime().block_on(async {
        let mut alice = Device::through(&team, "alice", proxy.port).await;
        alice.sync().await;
        let (link, mailbox, root) = (&mut alice.link, &alice.mailbox, &mails[0].message_id);
        let marking = proxy.hold_command("UID STORE");
        let come = async {
            while !marking.is_holding() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            file(&mails[1]);
            marking.release();
        };
        let (seen, expect) = (Action::Seen(true), Expectation::default());
        let come = tokio::time::timeout(Duration::from_secs(10), come);
        let (marked, came) = tokio::join!(link.perform(mailbox, root, &seen, &expect, None), come);
        came.expect("a STORE");
        let after = marked.expect("marked read");
        assert_eq!((after.messages, after.unread), (2, true));
        let flags =
            |uid| link.reader.message(mailbox.key(), Role::Archive, Uid(uid)).expect("the cache").map(|m| m.flags);
        assert!(flags(1).is_some_and(|flags| flags.seen) && flags(2).is_some_and(|flags| !flags.seen));
    });
}

#[test]
fn releasing_assigning_and_taking_over_at_once_leave_one_holder() {
    for server in [sdbox(), maildir()] {
        let team = server.team();
        let seed = seed("release, assign and take over at once");
        let (mut rng, mut mail) = (Rng::new(seed), MailGen::new(seed, &team.mailbox()));
        let (runtime, mut owner, mut eyes) = (runtime(), team.owner(), team.owner());
        eyes.select("INBOX");
        let mut devices = runtime.block_on(open_all(&team, &["p1", "p2", "p3", "p5", "p6"]));
        for _ in 0..rounds(6, 100) {
            let count = 1 + rng.below(3);
            let mails = letters(&mut mail, count);
            let uids = put(&mut owner, &mails);
            let root = mails[0].message_id.clone();
            runtime.block_on(devices[0].act(&root, &Action::Claim)).expect("p1 holds it");
            runtime.block_on(futures::future::join_all(devices.iter_mut().map(Device::sync)));
            let spread = *rng.pick(&[1, 1_000, 20_000]);
            let acts: Vec<_> =
                [Action::Release, Action::TakeOver, Action::Assign(handle("p4")), Action::Claim, Action::TakeOver]
                    .into_iter()
                    .map(|action| (root.clone(), action, rng.below(spread) as u64))
                    .collect();
            let outcomes = runtime.block_on(together(&mut devices, acts.clone()));
            let told: Vec<String> = devices
                .iter()
                .zip(&acts)
                .zip(&outcomes)
                .map(|((device, (_, action, _)), outcome)| match outcome {
                    Ok(c) => format!("{} {action:?}: {}", device.handle(), c.assignee),
                    Err(r) => format!("{} {action:?}: {:?} {r}", device.handle(), r.kind),
                })
                .collect();
            let on_server: Vec<_> = uids.iter().map(|uid| claims(&mut eyes, *uid)).collect();
            let told = format!("{:?}\n{}\n{on_server:?}", server.options.storage, told.join("\n"));

            let lock = &on_server[0];
            assert!(lock.len() <= 1, "two hold it: {told}");
            assert!(on_server.iter().all(|claims| claims.is_subset(lock)), "a mirror differs from the lock: {told}");
            let holder = lock.first().map(|k| handle(k.trim_start_matches("bagsy-claim-")));
            let held = holder.clone().map_or(Assignee::Free, Assignee::Held);
            for device in &mut devices {
                assert_eq!(runtime.block_on(device.assignee(&root)), held, "{}: {told}", device.handle());
            }
            // Whoever holds it was told so, or was given it by somebody who was.
            let was_told = acts.iter().zip(&devices).zip(&outcomes).any(|(((_, action, _), device), outcome)| {
                let for_whom = match action {
                    Action::Release => None,
                    Action::Assign(to) => Some(to.clone()),
                    _ => Some(device.handle()),
                };
                outcome.is_ok() && for_whom == holder
            });
            assert!(was_told, "nobody did that: {told}");
        }
    }
}

fn ask(team: &Team, subject: &str) -> (String, u32) {
    let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), subject, "It does not work.");
    let uid = team.append("INBOX", "", &mail.bytes());
    (bagsy::wire::identity::conversation_id(&mail.message_id).0, uid)
}

fn listed(person: &Bagsy, id: &str) -> Value {
    let all = person.run(&["list", "--json", "--view", "all"]).ok().json();
    all.into_iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("{id} is not listed"))
}

#[test]
fn a_claim_that_another_mail_program_wrote_is_its_persons() {
    let team = sdbox().team();
    let (alice, bob) = (Bagsy::new(&team, "alice"), Bagsy::new(&team, "bob"));
    for (subject, keyword) in [("As it is written", "bagsy-claim-bob"), ("As another wrote it", "Bagsy-Claim-BOB")] {
        let (id, uid) = ask(&team, subject);
        let mut thunderbird = team.in_inbox("bob");
        thunderbird.ok(&format!("UID STORE {uid} +FLAGS ({keyword})"));
        assert_eq!(listed(&alice, &id)["assignee"], "bob");
        let error = alice.run(&["claim", &id, "--json"]).expect(3).error();
        assert_eq!((&error["kind"], &error["holder"]), (&Value::from("held"), &Value::from("bob")));
        assert_eq!(bob.run(&["claim", &id, "--json"]).ok().one()["assignee"], "bob");
        assert_eq!(bob.run(&["release", &id, "--json"]).ok().one()["assignee"], Value::Null);
        assert_eq!(claims(&mut thunderbird, uid), BTreeSet::new());
    }
}

#[test]
fn two_claims_on_one_message_are_contested_until_somebody_takes_it_over() {
    let team = maildir().team();
    let alice = Bagsy::new(&team, "alice");
    let (id, uid) = ask(&team, "Both of you?");
    let mut raw = team.in_inbox("bob");
    raw.ok(&format!("UID STORE {uid} +FLAGS (bagsy-claim-bob bagsy-claim-carol)"));

    let seen = listed(&alice, &id);
    assert_eq!((&seen["contested"], &seen["assignee"]), (&Value::from(true), &Value::Null));
    let verbs = ["claim", "waiting", "done", "release"];
    let running: Vec<_> = verbs.iter().map(|verb| alice.spawn(&[verb, &id, "--json"])).collect();
    for (verb, running) in verbs.iter().zip(running) {
        let error = running.finish(support::bagsy::LIMIT).expect(3).error();
        assert_eq!(error["kind"], "contested", "{verb}: {error}");
    }
    // Nobody answers it either, not even one who has a claim there; it does not come to where mail is handed in.
    let nowhere = support::bagsy::endpoint("127.0.0.1", support::process::free_port(), "none", None);
    let carol = Bagsy::new(&team, "carol").configured(|account| account.smtp = Some(nowhere));
    let reply = carol.run_with(&["reply", &id, "--body-file", "-", "--json"], b"We are on it.\n");
    assert_eq!(reply.expect(3).error()["kind"], "contested");
    assert_eq!(claims(&mut raw, uid).len(), 2);

    let taken = alice.run(&["takeover", &id, "--json"]).ok().one();
    assert_eq!((&taken["contested"], &taken["assignee"]), (&Value::from(false), &Value::from("alice")));
    assert_eq!(claims(&mut raw, uid), BTreeSet::from(["bagsy-claim-alice".to_owned()]));
    assert_eq!(listed(&Bagsy::new(&team, "bob"), &id)["assignee"], "alice");
}

#[test]
fn mail_that_comes_between_the_look_at_a_mailbox_and_its_first_sync_is_known() {
    for server in [sdbox(), maildir()] {
        let team = server.team();
        let runtime = runtime();
        let mut alice = runtime.block_on(Device::open(&team, "alice"));
        let mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Just now", "It does not work.");
        team.append("INBOX", "", &mail.bytes());
        let claimed = runtime.block_on(alice.act(&mail.message_id, &Action::Claim));
        assert_eq!(claimed.map(|c| c.assignee), Ok(Assignee::Held(handle("alice"))));
    }
}
