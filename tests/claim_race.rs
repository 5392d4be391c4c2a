//! Many claim one conversation at the same moment, on real servers: exactly one person wins, every loser names that one,
//! all agree afterwards, and the mailbox has that claim on every message and no other.

mod support;

use std::collections::BTreeSet;

use bagsy::model::{Action, Assignee, ErrorKind, Handle, Role};
use support::bagsy::Bagsy;
use support::device::{Device, Outcome, runtime, together};
use support::dovecot::{Dovecot, maildir, sdbox};
use support::imap_client::Client;
use support::mailgen::{Mail, MailGen, Rng};
use support::process::{rounds, seed};
use support::team::Team;
use tokio::runtime::Runtime;

/// Who races: logins, one for each device.
type Cast = [&'static str; 8];
const EIGHT_PEOPLE: Cast = ["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"];
const TWO_PEOPLE: Cast = ["p1", "p2", "p1", "p2", "p1", "p2", "p1", "p2"];

/// A conversation that lies in the mailbox.
struct Thread {
    /// Message-ID of its first mail.
    root: String,
    /// Message-ID of its newest mail in INBOX.
    newest: String,
    /// Its UIDs in INBOX, the lock first.
    uids: Vec<u32>,
}

/// One team, its racers, and the tests' own eyes.
struct Track<'a> {
    team: Team<'a>,
    cast: Cast,
    runtime: Runtime,
    devices: Vec<Device>,
    owner: Client,
    mail: MailGen,
    rng: Rng,
    what: String,
}

impl<'a> Track<'a> {
    fn new(server: &'a Dovecot, cast: Cast, what: &str) -> Self {
        let what = format!("{what}, {:?}, {}", server.options.storage, if cast == TWO_PEOPLE { "2 × 4" } else { "8" });
        let seed = seed(&what);
        let team = server.team();
        let (mut owner, mail) = (team.owner(), MailGen::new(seed, &team.mailbox()));
        owner.select("INBOX");
        Self { team, cast, runtime: runtime(), devices: Vec::new(), owner, mail, rng: Rng::new(seed), what }
    }

    /// Signs all devices in, each with a fresh home.
    fn sign_in(&mut self) {
        let (team, cast) = (&self.team, self.cast);
        let devices = cast.iter().map(|who| Device::open(team, who));
        self.devices = self.runtime.block_on(futures::future::join_all(devices));
    }

    fn sync(&mut self) {
        let devices = self.devices.iter_mut().map(Device::sync);
        self.runtime.block_on(futures::future::join_all(devices));
    }

    /// A conversation of some mails arrives: the customer's in INBOX, the answers in Sent.
    fn arrive(&mut self) -> Thread {
        let length = 1 + self.rng.below(5);
        let mails = self.mail.thread(length);
        let mut thread = Thread { root: mails[0].message_id.clone(), newest: String::new(), uids: Vec::new() };
        for (n, mail) in mails.iter().enumerate() {
            if n % 2 == 0 {
                thread.uids.push(self.owner.append("INBOX", &mail.append_arguments(""), &mail.bytes()));
                thread.newest.clone_from(&mail.message_id);
            } else {
                self.owner.append("Sent", &mail.append_arguments("\\Seen"), &mail.bytes());
            }
        }
        thread
    }

    /// All claim it at once. In some rounds all in the same moment, in others within some milliseconds.
    fn race(&mut self, thread: &Thread) {
        let spread = *self.rng.pick(&[1, 1_000, 10_000, 50_000]);
        let acts = self.devices.iter().map(|device| {
            let root = device.root_of(&thread.newest).unwrap_or_else(|| thread.root.clone());
            (root, Action::Claim, self.rng.below(spread) as u64)
        });
        let acts = acts.collect();
        let outcomes = self.runtime.block_on(together(&mut self.devices, acts));
        self.judge(thread, &outcomes);
    }

    fn judge(&mut self, thread: &Thread, outcomes: &[Outcome]) {
        let handles: Vec<Handle> = self.devices.iter().map(Device::handle).collect();
        let told: Vec<String> = handles
            .iter()
            .zip(outcomes)
            .map(|(handle, outcome)| match outcome {
                Ok(c) => format!("{handle}: held by {}", c.assignee),
                Err(r) => format!("{handle}: {:?}: {r}", r.kind),
            })
            .collect();
        let on_server: Vec<BTreeSet<String>> = thread.uids.iter().map(|uid| claims(&mut self.owner, *uid)).collect();
        let report = format!("{}\n{}\non the server: {on_server:?}", self.what, told.join("\n"));

        let winners: BTreeSet<&Handle> =
            handles.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_ok()).map(|(handle, _)| handle).collect();
        assert_eq!(winners.len(), 1, "not one winner: {report}");
        let winner = winners.into_iter().next().expect("one");
        let held = Assignee::Held(winner.clone());
        for (handle, outcome) in handles.iter().zip(outcomes) {
            match outcome {
                Ok(conversation) => assert_eq!(conversation.assignee, held, "{handle} was told otherwise: {report}"),
                Err(refusal) => {
                    assert_ne!(handle, winner, "the winner was refused: {report}");
                    assert_eq!(refusal.kind, ErrorKind::Held, "{handle}: {report}");
                    assert_eq!(refusal.holder.as_ref(), Some(winner), "{handle} names another: {report}");
                }
            }
        }
        let only = BTreeSet::from([format!("bagsy-claim-{winner}")]);
        assert!(on_server.iter().all(|claims| *claims == only), "not that claim alone: {report}");
        for device in &mut self.devices {
            let root = device.root_of(&thread.newest).expect("the conversation");
            let seen = self.runtime.block_on(device.assignee(&root));
            assert_eq!(seen, held, "{} does not agree: {report}", device.handle());
        }
    }
}

/// The claims on a message.
fn claims(client: &mut Client, uid: u32) -> BTreeSet<String> {
    let flags = client.flags(uid).unwrap_or_else(|| panic!("UID {uid} is gone"));
    flags.into_iter().map(|f| f.to_ascii_lowercase()).filter(|f| f.starts_with("bagsy-claim-")).collect()
}

/// Mail that arrived the moment before, in a folder where every keyword has been used often.
fn just_arrived(server: &Dovecot, cast: Cast, rounds: usize) {
    let mut track = Track::new(server, cast, "mail that just arrived");
    MailGen::new(7, &track.team.mailbox()).fill(&track.team, 40);
    for who in cast {
        track.owner.ok(&format!("UID STORE 1:3 +FLAGS (bagsy-claim-{who})"));
        track.owner.ok(&format!("UID STORE 1:3 -FLAGS (bagsy-claim-{who})"));
    }
    track.sign_in();
    track.sync();
    for round in 0..rounds {
        let thread = track.arrive();
        if round % 2 == 1 {
            // Seen by everybody before the race begins.
            track.sync();
        }
        track.race(&thread);
    }
}

/// Claims that were never made in the folder, which has long been in use.
fn new_keywords(server: &Dovecot, cast: Cast, rounds: usize) {
    let mut track = Track::new(server, cast, "keywords never used before");
    MailGen::new(8, &track.team.mailbox()).fill(&track.team, 40);
    track.sign_in();
    track.sync();
    for round in 0..rounds {
        for (device, who) in track.devices.iter_mut().zip(cast) {
            device.rename(&format!("{who}.r{round}"));
        }
        let thread = track.arrive();
        track.race(&thread);
    }
}

/// A mailbox that was made a moment ago: its first mail, its first claim.
fn new_folder(server: &Dovecot, cast: Cast, rounds: usize) {
    for _ in 0..rounds {
        let mut track = Track::new(server, cast, "a new folder");
        track.sign_in();
        track.sync();
        let thread = track.arrive();
        track.race(&thread);
    }
}

/// Everybody knows the newest mails alone; the lock of each conversation lies far below.
fn first_sync(server: &Dovecot, cast: Cast, rounds: usize, mails: usize) {
    let mut track = Track::new(server, cast, "while a first sync runs");
    let threads = deep_threads(&mut track, rounds, mails);
    track.sign_in();
    let begun = track.devices.iter_mut().map(first_window);
    track.runtime.block_on(futures::future::join_all(begun));
    let (last, others) = threads.split_last().expect("one round at least");
    for thread in others {
        track.race(thread);
    }
    // While all the rest is being read by another connection of each device.
    let mut fills = Vec::new();
    for device in &track.devices {
        let (mut link, mailbox) = (track.runtime.block_on(device.another_link()), device.mailbox.clone());
        let fill = async move { link.sync_mailbox(&mailbox).await.map(|_| ()).map_err(|e| e.to_string()) };
        fills.push(track.runtime.spawn(fill));
    }
    track.race(last);
    for fill in track.runtime.block_on(futures::future::join_all(fills)) {
        fill.expect("no panic").expect("the first sync ends well");
    }
    for device in &track.devices {
        let state = device.link.reader.folder(device.mailbox.key(), Role::Inbox).expect("the cache");
        assert!(state.is_some_and(|s| s.is_whole()), "the claim undid what the first sync had read");
    }
}

/// Conversations that begin at the folder's bottom and end at its top, with `between` mails between.
fn deep_threads(track: &mut Track, count: usize, between: usize) -> Vec<Thread> {
    let put = |mail: &Mail, flags: &str| (mail.append_arguments(flags), mail.bytes());
    let mut threads = Vec::new();
    let (mut bottom, mut answers, mut top) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..count {
        let mut mails = track.mail.thread(3);
        // Some programs write In-Reply-To alone: what joins the mail to the lock lies in INBOX below, or in Sent.
        if n % 3 > 0 {
            mails[2].references.clear();
            mails[2].in_reply_to = Some(mails[n % 3 - 1].message_id.clone());
        }
        bottom.push(put(&mails[0], ""));
        answers.push(put(&mails[1], "\\Seen"));
        top.push(put(&mails[2], ""));
        let (root, newest) = (mails[0].message_id.clone(), mails[2].message_id.clone());
        let uids = vec![n as u32 + 1, (count + between + n) as u32 + 1];
        threads.push(Thread { root, newest, uids });
    }
    let middle: Vec<_> = (0..between).map(|_| track.mail.mail()).map(|mail| put(&mail, "")).collect();
    track.owner.append_all("Sent", &answers);
    for part in [&bottom, &middle, &top] {
        track.owner.append_all("INBOX", part);
    }
    threads
}

/// A first sync that gets as far as the newest mails of INBOX.
async fn first_window(device: &mut Device) {
    let mut filling = device.another_link().await;
    let mailbox = &device.mailbox;
    filling.sync(mailbox, Role::Inbox).await.expect("a sync");
    let first = tokio::sync::Notify::new();
    tokio::select! {
        biased;
        () = first.notified() => {}
        done = filling.fill(mailbox, Role::Inbox, |_| first.notify_one()) => {
            done.expect("a first sync");
        }
    }
}

fn all_conditions(server: &Dovecot, cast: Cast) {
    just_arrived(server, cast, rounds(6, 80));
    new_keywords(server, cast, rounds(3, 40));
    new_folder(server, cast, rounds(2, 40));
    first_sync(server, cast, rounds(3, 40), rounds(1_200, 4_000));
}

#[test]
fn of_eight_people_one_wins_on_sdbox() {
    all_conditions(sdbox(), EIGHT_PEOPLE);
}

#[test]
fn of_eight_people_one_wins_on_maildir() {
    all_conditions(maildir(), EIGHT_PEOPLE);
}

#[test]
fn of_two_people_with_four_devices_each_one_wins_on_sdbox() {
    all_conditions(sdbox(), TWO_PEOPLE);
}

#[test]
fn of_two_people_with_four_devices_each_one_wins_on_maildir() {
    all_conditions(maildir(), TWO_PEOPLE);
}

/// The same with the program itself: exit codes and errors as scripts get them.
#[test]
fn the_program_tells_its_one_winner_and_its_losers_apart() {
    for (server, cast) in [(sdbox(), EIGHT_PEOPLE), (maildir(), TWO_PEOPLE)] {
        let mut track = Track::new(server, cast, "the program");
        let homes = cast.map(|who| Bagsy::new(&track.team, who));
        for _ in 0..rounds(2, 10) {
            let thread = track.arrive();
            let id = bagsy::wire::identity::conversation_id(&thread.root).0;
            let running: Vec<_> = homes.iter().map(|home| home.spawn(&["claim", &id, "--json"])).collect();
            let outputs: Vec<_> = running.into_iter().map(|r| r.finish(support::bagsy::LIMIT)).collect();
            let winners: BTreeSet<&str> =
                cast.iter().zip(&outputs).filter(|(_, out)| out.code() == 0).map(|(who, _)| *who).collect();
            assert_eq!(winners.len(), 1, "{}: {outputs:?}", track.what);
            let winner = *winners.first().expect("one");
            for (who, output) in cast.iter().zip(&outputs) {
                if *who == winner {
                    assert_eq!(output.ok().one()["assignee"], winner);
                } else {
                    let error = output.expect(3).error();
                    assert_eq!((&error["kind"], &error["holder"]), (&"held".into(), &winner.into()));
                }
            }
            for uid in &thread.uids {
                assert_eq!(claims(&mut track.owner, *uid), BTreeSet::from([format!("bagsy-claim-{winner}")]));
            }
            for home in &homes[..2] {
                let all = home.run(&["list", "--json", "--view", "all"]).ok().json();
                let listed = all.iter().find(|c| c["id"] == id.as_str()).expect("the conversation");
                assert_eq!(listed["assignee"], winner);
            }
        }
    }
}
