//! However a mailbox became what it is, its conversations are those that all its messages make at once.

mod store_common;

use bagsy::model::*;
use bagsy::store::{Batch, PageQuery};
use bagsy::wire::{identity, state, threading};
use proptest::prelude::*;
use store_common::*;

/// What happens to a mailbox.
#[derive(Debug, Clone)]
enum Step {
    Arrive(Vec<Message>),
    Vanish(Role, Vec<u32>),
    Flag(Role, u32, &'static str),
    Reset(Role, Vec<Message>),
}

fn ids_of() -> impl Strategy<Value = Vec<MessageId>> {
    proptest::collection::vec("[a-h]".prop_map(MessageId), 0..3)
}

fn message(role: Role) -> impl Strategy<Value = Message> {
    let keywords = prop_oneof![
        Just(""),
        Just("bagsy-claim-bob"),
        Just("bagsy-waiting \\Seen"),
        Just("$SubmitPending"),
        Just("bagsy-void"),
        Just("VIP \\Flagged"),
    ];
    (1u32..12, proptest::option::weighted(0.9, "[a-h]"), ids_of(), ids_of(), keywords, 0i64..40).prop_map(
        move |(uid, id, references, in_reply_to, atoms, minute)| {
            let mut message = mail(uid, "x", "");
            message.folder = role;
            message.message_id = id.map(MessageId);
            message.references = references;
            message.in_reply_to = in_reply_to;
            message.flags = flags(atoms);
            message.internal_date = at(minute);
            message
        },
    )
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![3 => Just(Role::Inbox), 2 => Just(Role::Sent), 1 => Just(Role::Archive)]
}

fn step() -> impl Strategy<Value = Step> {
    let some = |role| proptest::collection::vec(message(role), 1..5);
    prop_oneof![
        6 => role().prop_flat_map(some).prop_map(Step::Arrive),
        2 => (role(), proptest::collection::vec(1u32..12, 1..4)).prop_map(|(role, uids)| Step::Vanish(role, uids)),
        2 => (role(), 1u32..12, prop_oneof![Just(""), Just("bagsy-done"), Just("$Submitted"), Just("bagsy-claim-alice")])
            .prop_map(|(role, uid, atoms)| Step::Flag(role, uid, atoms)),
        1 => role().prop_flat_map(move |role| some(role).prop_map(move |messages| Step::Reset(role, messages))),
    ]
}

/// The mailbox as a plain list, where the same things happen.
fn happen(mailbox: &mut Vec<Message>, step: &Step) {
    let put = |mailbox: &mut Vec<Message>, message: &Message| {
        let there = mailbox.iter_mut().find(|m| m.folder == message.folder && m.uid == message.uid);
        match there {
            Some(known) if identity::identity(known) == identity::identity(message) => {
                known.flags = message.flags.clone();
            }
            Some(known) => *known = message.clone(),
            None => mailbox.push(message.clone()),
        }
    };
    match step {
        Step::Arrive(messages) => messages.iter().for_each(|m| put(mailbox, m)),
        Step::Vanish(role, uids) => mailbox.retain(|m| m.folder != *role || !uids.contains(&m.uid.0)),
        Step::Flag(role, uid, atoms) => {
            for message in mailbox.iter_mut().filter(|m| m.folder == *role && m.uid.0 == *uid) {
                message.flags = flags(atoms);
            }
        }
        Step::Reset(role, messages) => {
            mailbox.retain(|m| m.folder != *role);
            messages.iter().for_each(|m| put(mailbox, m));
        }
    }
}

fn tell(cache: &mut Cache, step: Step, quiet: bool) {
    let (role, batch) = match step {
        Step::Arrive(messages) => (messages[0].folder, Batch { messages, ..batch() }),
        Step::Vanish(role, uids) => (role, Batch { vanished: uids.into_iter().map(Uid).collect(), ..batch() }),
        Step::Flag(role, uid, atoms) => (role, Batch { flags: vec![(Uid(uid), None, flags(atoms))], ..batch() }),
        Step::Reset(role, messages) => (role, Batch { reset: true, messages, ..batch() }),
    };
    cache.writer.apply(SUPPORT, role, batch, quiet).unwrap();
}

/// All conversations of the messages, made at once, by root.
fn at_once(mailbox: &[Message]) -> Vec<Conversation> {
    let identities: Vec<String> = mailbox.iter().map(identity::identity).collect();
    let nodes: Vec<threading::Node> = mailbox
        .iter()
        .zip(&identities)
        .map(|(m, id)| threading::Node { id, references: &m.references, in_reply_to: &m.in_reply_to })
        .collect();
    let roots = threading::roots(&nodes);
    let mut names = roots.clone();
    names.sort();
    names.dedup();
    let of = |root: &str| -> Vec<Message> {
        mailbox.iter().zip(&roots).filter(|(_, r)| *r == root).map(|(m, _)| m.clone()).collect()
    };
    names.iter().map(|root| state::summarise(SUPPORT, root, &of(root), None)).collect()
}

fn in_cache(cache: &Cache) -> Vec<Conversation> {
    let mut all = cache.reader().page(&PageQuery::new(Some(SUPPORT), View::All)).unwrap();
    all.sort_by(|a, b| a.root.cmp(&b.root));
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn step_by_step_comes_to_what_all_at_once_does(
        steps in proptest::collection::vec(step(), 1..14),
        quiet in any::<bool>(),
    ) {
        let mut cache = Cache::new();
        let mut mailbox = Vec::new();
        for step in steps {
            happen(&mut mailbox, &step);
            tell(&mut cache, step, quiet);
            prop_assert_eq!(in_cache(&cache), at_once(&mailbox));
        }
        let reader = cache.reader();
        let counts = reader.counts(Some(SUPPORT)).unwrap();
        let me = handle("alice");
        for view in View::ALL {
            let shown = at_once(&mailbox).iter().filter(|c| view.shows(View::home_of(c, Some(&me)))).count();
            prop_assert_eq!(counts.get(view) as usize, shown);
        }
    }

    #[test]
    fn order_and_batching_of_arrival_do_not_matter(
        messages in proptest::collection::vec(message(Role::Inbox), 1..20),
        size in 1usize..6,
        reversed in any::<bool>(),
    ) {
        let mut messages = messages;
        messages.sort_by_key(|m| m.uid);
        messages.dedup_by_key(|m| m.uid);
        let expected = at_once(&messages);
        if reversed {
            messages.reverse();
        }
        let mut cache = Cache::new();
        for batch in messages.chunks(size) {
            tell(&mut cache, Step::Arrive(batch.to_vec()), true);
        }
        prop_assert_eq!(in_cache(&cache), expected);
    }
}
