//! What a server tells becomes conversations and news.

mod store_common;

use bagsy::model::*;
use bagsy::store::{Batch, FolderState, PageQuery, Resolved};
use store_common::*;

#[test]
fn a_mail_and_its_answer_are_one_conversation() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", ""), mail(2, "b", "")]);
    cache.add(vec![answer(1, "r", "a")]);
    let reader = cache.reader();
    let all = reader.page(&PageQuery::new(Some(SUPPORT), View::All)).unwrap();
    assert_eq!(all.len(), 2);
    let a = reader.conversation(SUPPORT, "a").unwrap().unwrap();
    assert_eq!((a.messages, a.waiting_since, a.uids.clone()), (2, None, vec![Uid(1)]));
    let thread = reader.thread(SUPPORT, "a").unwrap();
    assert_eq!(thread.iter().map(|m| m.folder).collect::<Vec<_>>(), [Role::Inbox, Role::Sent]);
    assert_eq!(thread[0], mail(1, "a", ""));
    assert_eq!(reader.message(SUPPORT, Role::Sent, Uid(1)).unwrap(), Some(answer(1, "r", "a")));
    assert_eq!(reader.messages_with_id(SUPPORT, "r").unwrap(), [answer(1, "r", "a")]);
    assert_eq!(reader.root_of(SUPPORT, "r").unwrap().as_deref(), Some("a"));
}

#[test]
fn a_message_reads_back_as_it_was_fetched() {
    let mut odd = mail(7, "odd", "x y");
    odd.message_id = None;
    odd.modseq = None;
    odd.flags = flags("\\Seen \\Flagged VIP $label1");
    odd.in_reply_to = vec![MessageId("with space\nand line".into())];
    odd.sender = vec![Address { name: Some("Søren \"Ål\"".into()), email: "s@x.test".into() }];
    odd.cc = vec![Address::bare("")];
    odd.auto_submitted = Some("auto-replied".into());
    odd.subject = String::new();
    let mut cache = Cache::new();
    cache.add(vec![odd.clone()]);
    assert_eq!(cache.reader().message(SUPPORT, Role::Inbox, Uid(7)).unwrap(), Some(odd));
}

#[test]
fn the_root_that_comes_late_makes_one_conversation_of_its_answers() {
    let mut cache = Cache::new();
    cache.add(vec![mail(5, "c", "a b"), mail(6, "d", "a")]);
    assert_eq!(cache.reader().conversation(SUPPORT, "a").unwrap().unwrap().messages, 2);
    // Siblings whose common root is missing meet though neither names the other.
    cache.add(vec![mail(7, "e", "a x")]);
    assert_eq!(cache.reader().conversation(SUPPORT, "a").unwrap().unwrap().messages, 3);
    let applied = cache.add(vec![mail(1, "a", "z")]);
    assert_eq!(applied.touched, ["a", "z"], "the conversation has another root, and both names changed");
    assert_eq!(cache.reader().thread(SUPPORT, "z").unwrap().len(), 4);
    assert_eq!(cache.reader().conversation(SUPPORT, "a").unwrap(), None);
}

#[test]
fn a_conversation_falls_apart_when_what_joined_it_goes() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", ""), mail(2, "b", "a"), mail(3, "c", "q b")]);
    assert_eq!(cache.reader().thread(SUPPORT, "a").unwrap().len(), 3);
    assert_eq!(cache.vanish(Role::Inbox, &[2]).touched, ["a", "q"]);
    assert_eq!(cache.reader().thread(SUPPORT, "q").unwrap().len(), 1);
    cache.vanish(Role::Inbox, &[1, 3, 77]);
    let reader = cache.reader();
    assert_eq!(reader.page(&PageQuery::new(None, View::All)).unwrap(), []);
    assert_eq!(reader.counts(None).unwrap().get(View::All), 0);
}

#[test]
fn teammates_doings_are_told_once_each_and_in_order() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", "")]);
    cache.flag(Role::Inbox, 1, "bagsy-claim-bob");
    cache.flag(Role::Inbox, 1, "bagsy-claim-bob \\Seen");
    cache.flag(Role::Inbox, 1, "bagsy-claim-bob bagsy-claim-alice");
    cache.flag(Role::Inbox, 1, "bagsy-claim-alice");
    cache.flag(Role::Inbox, 1, "bagsy-claim-alice bagsy-waiting");
    cache.flag(Role::Inbox, 1, "bagsy-claim-alice bagsy-waiting VIP");
    cache.flag(Role::Inbox, 1, "bagsy-waiting VIP");
    let expected = [
        "new a@customer.test",
        "claimed bob",
        "contested",
        "claimed alice",
        "status alice",
        "tagged",
        "released alice",
    ];
    assert_eq!(cache.events(), expected);
    let last = cache.reader().last_change().unwrap();
    assert_eq!(last, 7);
    assert_eq!(cache.reader().changes_after(last).unwrap(), []);
    let (_, change) = cache.reader().changes_after(last - 1).unwrap().remove(0);
    assert_eq!((change.assignee, change.tags, change.status), (Assignee::Free, vec!["VIP".into()], Status::Waiting));
}

#[test]
fn an_announced_answer_is_told_when_it_was_sent_and_not_before() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", "")]);
    let mut announced = answer(1, "r", "a");
    announced.flags = flags("$SubmitPending \\Seen");
    cache.add(vec![announced.clone()]);
    assert!(cache.reader().conversation(SUPPORT, "a").unwrap().unwrap().has_pending_answer);
    assert_eq!(cache.events(), ["new a@customer.test"]);
    cache.flag(Role::Sent, 1, "$SubmitPending $Submitted bagsy-claim-bob \\Seen");
    assert_eq!(cache.events()[1..], ["replied bob"]);
    cache.flag(Role::Sent, 1, "$Submitted bagsy-claim-bob \\Seen");
    // A server that files a copy of its own has nothing new to say.
    cache.add(vec![Message { uid: Uid(2), flags: flags("\\Seen"), ..announced.clone() }]);
    let mut void = answer(3, "v", "a");
    void.flags = flags("$SubmitPending bagsy-void");
    cache.add(vec![void]);
    assert_eq!(cache.events().len(), 2);
    cache.add(vec![answer(4, "s", "a")]);
    assert_eq!(cache.events()[2..], ["replied"], "another client's answer");
}

#[test]
fn who_holds_a_conversation_is_not_taken_for_who_answered_and_new_mail_is_no_answer() {
    let mut cache = Cache::new();
    cache.add(vec![Message { flags: flags("bagsy-claim-alice"), ..mail(1, "a", "") }]);
    cache.add(vec![answer(1, "r", "a")]);
    cache.add(vec![Message { flags: flags("$Submitted bagsy-claim-bob bagsy-claim-carol"), ..answer(2, "s", "a") }]);
    assert_eq!(cache.events()[2..], ["replied", "replied"]);
    let opening = Message { in_reply_to: Vec::new(), references: Vec::new(), ..answer(3, "n", "a") };
    cache.add(vec![Message { flags: flags("$Submitted bagsy-claim-bob"), ..opening }]);
    assert_eq!(cache.events()[4..], ["sent bob"]);
}

#[test]
fn a_conversation_that_begins_with_an_answer_is_told_of_by_its_own_subject() {
    let mut cache = Cache::new();
    let mut first = answer(1, "r", "gone");
    first.subject = "Re: Printer on fire".into();
    cache.add(vec![first]);
    let (_, change) = cache.reader().changes_after(0).unwrap().remove(0);
    assert_eq!(change.subject, "Printer on fire");
    let root = cache.reader().conversation(SUPPORT, "gone").unwrap().unwrap();
    assert_eq!(root.subject, "Re: Printer on fire", "the row's stays as it is");
}

#[test]
fn a_mail_that_arrives_twice_or_is_moved_back_is_news_once() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", "")]);
    cache.add(vec![Message { uid: Uid(2), ..mail(1, "a", "") }]);
    cache.add(vec![Message { folder: Role::Archive, ..mail(1, "a", "") }]);
    cache.vanish(Role::Inbox, &[1, 2]);
    assert_eq!(cache.reader().conversation(SUPPORT, "a").unwrap().unwrap().folder, Role::Archive);
    cache.add(vec![Message { uid: Uid(3), ..mail(1, "a", "") }]);
    assert_eq!(cache.events(), ["new a@customer.test", "status", "status"]);
}

#[test]
fn a_mail_that_is_gone_here_before_it_turns_up_there_was_moved() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", "")]);
    cache.flag(Role::Inbox, 1, "bagsy-claim-alice");
    // Each folder is told by its own connection: INBOX first.
    cache.vanish(Role::Inbox, &[1]);
    assert_eq!(cache.reader().conversation(SUPPORT, "a").unwrap(), None);
    cache.add(vec![Message { folder: Role::Archive, ..mail(5, "a", "") }]);
    // And back, Archive first.
    cache.vanish(Role::Archive, &[5]);
    cache.add(vec![Message { uid: Uid(2), ..mail(1, "a", "") }]);
    assert_eq!(cache.events(), ["new a@customer.test", "claimed alice", "status alice", "status"]);
}

#[test]
fn our_own_copy_in_inbox_is_no_news() {
    let mut cache = Cache::new();
    cache.add(vec![answer(1, "r", "")]);
    cache.add(vec![Message { folder: Role::Inbox, uid: Uid(1), ..answer(1, "r", "") }]);
    assert!(cache.events().iter().all(|event| !event.starts_with("new")), "{:?}", cache.events());
}

#[test]
fn a_first_filling_is_no_news() {
    let mut cache = Cache::new();
    let messages = vec![Message { flags: flags("bagsy-claim-bob"), ..mail(1, "a", "") }];
    let applied = cache.writer.apply(SUPPORT, Role::Inbox, Batch { messages, ..batch() }, true).unwrap();
    assert_eq!((applied.changes, applied.touched), (0, vec!["a".to_owned()]));
    cache.flag(Role::Inbox, 1, "");
    assert_eq!(cache.events(), ["released bob"]);
}

#[test]
fn another_uidvalidity_forgets_the_folder_even_where_nobody_said_so() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", ""), mail(2, "b", "")]);
    cache.add(vec![answer(1, "r", "a")]);
    cache.writer.put_body(SUPPORT, Role::Inbox, Uid(1), b"old", true, "[]").unwrap();
    let state = FolderState { uidvalidity: UidValidity(2), ..batch().state };
    let messages = vec![mail(1, "c", "")];
    cache.writer.apply(SUPPORT, Role::Inbox, Batch { state, messages, ..batch() }, true).unwrap();
    let reader = cache.reader();
    assert_eq!(reader.known_uids(SUPPORT, Role::Inbox).unwrap(), [Uid(1)]);
    assert_eq!(reader.conversation(SUPPORT, "b").unwrap(), None);
    assert_eq!(reader.conversation(SUPPORT, "a").unwrap().unwrap().folder, Role::Sent);
    assert_eq!(reader.body(SUPPORT, Role::Inbox, Uid(1)).unwrap(), None, "a body of another mail");
    assert_eq!(reader.folder(SUPPORT, Role::Inbox).unwrap().unwrap().uidvalidity, UidValidity(2));
}

#[test]
fn flags_and_vanished_of_unknown_uids_are_passed_over() {
    let mut cache = Cache::new();
    assert_eq!(cache.flag(Role::Inbox, 9, "VIP").touched, Vec::<String>::new());
    assert_eq!(cache.vanish(Role::Inbox, &[9]).touched, Vec::<String>::new());
}

#[test]
fn a_batch_for_an_unknown_mailbox_is_refused_whole() {
    let mut cache = Cache::new();
    let refused = cache.writer.apply("nobody@example.test", Role::Inbox, batch(), false);
    assert!(matches!(refused, Err(bagsy::store::Error::NoSuchMailbox(_))));
}

#[test]
fn a_later_since_takes_old_conversations_out_of_the_queue_and_back() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", ""), mail(20, "b", "")]);
    let shown = |cache: &Cache| cache.reader().counts(Some(SUPPORT)).unwrap().get(View::Inbox);
    assert_eq!(shown(&cache), 2);
    cache.writer.put_mailbox(&mailbox(SUPPORT), Some(at(10))).unwrap();
    assert_eq!(shown(&cache), 1);
    assert_eq!(cache.reader().counts(None).unwrap().get(View::All), 2);
    cache.writer.put_mailbox(&mailbox(SUPPORT), None).unwrap();
    assert_eq!(shown(&cache), 2);
}

#[test]
fn a_typed_id_is_a_shown_one_first_then_a_messages_then_one_only_referred_to() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", ""), mail(2, "b", "a"), mail(3, "c", "gone1 gone2")]);
    let reader = cache.reader();
    let id = |of: &str| bagsy::wire::identity::conversation_id(of).0;
    let one = |root: &str| Resolved::One { mailbox: SUPPORT.into(), root: root.into() };
    let resolve = |typed: &str| reader.resolve(None, typed).unwrap();
    assert_eq!(resolve(&id("a")), one("a"));
    assert_eq!(resolve(&id("a")[..7].to_uppercase()), one("a"));
    assert_eq!(resolve(&id("b")), one("a"));
    assert_eq!(resolve(&id("b")[..7]), Resolved::None, "prefixes match shown ids");
    assert_eq!(resolve(&id("gone1")), one("gone1"), "a missing root is shown");
    assert_eq!(resolve(&id("gone2")), one("gone1"));
    for nonsense in ["", " ", "%", "1", "aaaaaaaaaaa", "ü", "a_"] {
        assert_eq!(resolve(nonsense), Resolved::None, "{nonsense:?}");
    }
    cache.add((10..60).map(|n| mail(n, &format!("m{n}"), "")).collect());
    let many = cache.reader().resolve(Some(SUPPORT), &id("a")[..1]).unwrap();
    assert!(matches!(many, Resolved::Many(_) | Resolved::One { .. }));
    let all: usize = ('a'..='z')
        .chain('2'..='7')
        .map(|c| match cache.reader().resolve(None, &c.to_string()).unwrap() {
            Resolved::None => 0,
            Resolved::One { .. } => 1,
            Resolved::Many(ids) => ids.len(),
        })
        .sum();
    assert_eq!(all, 52);
}

#[test]
fn the_same_mail_in_two_mailboxes_is_two_conversations_and_its_id_ambiguous() {
    let mut cache = Cache::new();
    cache.writer.put_mailbox(&mailbox("sales@example.test"), None).unwrap();
    cache.add(vec![mail(1, "a", "")]);
    let messages = vec![mail(1, "a", "")];
    cache.writer.apply("sales@example.test", Role::Inbox, Batch { messages, ..batch() }, false).unwrap();
    let id = bagsy::wire::identity::conversation_id("a");
    let reader = cache.reader();
    assert_eq!(reader.resolve(None, &id.0).unwrap(), Resolved::Many(vec![id.clone(), id.clone()]));
    assert!(matches!(reader.resolve(Some(SUPPORT), &id.0).unwrap(), Resolved::One { .. }));
    assert_eq!(reader.page(&PageQuery::new(None, View::Inbox)).unwrap().len(), 2);
    cache.writer.forget_mailboxes_but(&[SUPPORT.to_owned()]).unwrap();
    assert_eq!(cache.reader().page(&PageQuery::new(None, View::Inbox)).unwrap().len(), 1);
    assert_eq!(cache.reader().mailboxes().unwrap(), [mailbox(SUPPORT)]);
}

#[test]
fn what_one_batch_tells_twice_of_a_mail_counts_as_told_last() {
    let mut cache = Cache::new();
    let claimed = Message { flags: flags("bagsy-claim-bob"), ..mail(1, "a", "") };
    let batch = Batch {
        messages: vec![mail(1, "a", ""), claimed, mail(2, "b", "a")],
        flags: vec![(Uid(1), None, flags("bagsy-claim-carol"))],
        vanished: vec![Uid(2)],
        ..batch()
    };
    cache.writer.apply(SUPPORT, Role::Inbox, batch, false).unwrap();
    let row = cache.reader().conversation(SUPPORT, "a").unwrap().unwrap();
    assert_eq!((row.messages, row.assignee), (1, Assignee::Held(handle("carol"))));
    assert_eq!(cache.reader().message(SUPPORT, Role::Inbox, Uid(1)).unwrap().unwrap().modseq, Some(ModSeq(1)));
}

/// The conversations whose claim is to be made anew, with the lock that left.
fn lost(cache: &Cache) -> Vec<(String, String)> {
    cache.reader().lost_locks().unwrap().into_iter().map(|l| (l.root, l.lock)).collect()
}

fn one(root: &str, lock: &str) -> Vec<(String, String)> {
    vec![(root.to_owned(), lock.to_owned())]
}

#[test]
fn a_lock_of_mine_that_leaves_inbox_is_kept_until_the_claim_is_made_anew() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", ""), mail(2, "b", "a"), mail(3, "c", "a b"), mail(4, "x", "")]);
    cache.flag(Role::Inbox, 1, "bagsy-claim-alice");
    cache.vanish(Role::Inbox, &[1]);
    assert_eq!(lost(&cache), one("a", "a"), "its root is missing now");
    // Mail that comes in, and what happens elsewhere, changes nothing about it.
    cache.add(vec![mail(5, "d", "a")]);
    cache.flag(Role::Inbox, 4, "bagsy-claim-alice");
    assert_eq!(lost(&cache), one("a", "a"));
    cache.flag(Role::Inbox, 2, "bagsy-claim-alice");
    assert_eq!(lost(&cache), []);
    // The next one is mirrored: the lock that is lost loses nothing.
    cache.flag(Role::Inbox, 3, "bagsy-claim-alice");
    cache.vanish(Role::Inbox, &[2]);
    assert_eq!(lost(&cache), []);
}

#[test]
fn what_a_teammate_claimed_of_it_is_told_once_and_what_was_finished_or_given_up_is_not() {
    let held = || {
        let mut cache = Cache::new();
        cache.add(vec![mail(1, "a", ""), mail(2, "b", "a")]);
        cache.flag(Role::Inbox, 1, "bagsy-claim-alice");
        cache
    };
    let mut cache = held();
    cache.vanish(Role::Inbox, &[1]);
    cache.flag(Role::Inbox, 2, "bagsy-claim-bob");
    assert_eq!(lost(&cache), one("a", "a"), "alice is to be told");
    cache.writer.settle_lost_lock(SUPPORT, "a").unwrap();
    assert_eq!(lost(&cache), []);

    let mut cache = held();
    cache.vanish(Role::Inbox, &[1]);
    cache.flag(Role::Inbox, 2, "bagsy-claim-bob");
    cache.flag(Role::Inbox, 2, "");
    assert_eq!(lost(&cache), [], "bob gave it up again");

    let mut cache = held();
    cache.vanish(Role::Inbox, &[1]);
    cache.flag(Role::Inbox, 2, "bagsy-done");
    assert_eq!(lost(&cache), [], "somebody finished it");

    let mut cache = held();
    cache.vanish(Role::Inbox, &[1]);
    cache.vanish(Role::Inbox, &[2]);
    assert_eq!(lost(&cache), [], "nothing of it is there");

    let mut cache = held();
    let state = FolderState { uidvalidity: UidValidity(2), ..batch().state };
    let messages = vec![mail(1, "b", "a")];
    cache.writer.apply(SUPPORT, Role::Inbox, Batch { reset: true, state, messages, ..batch() }, false).unwrap();
    assert_eq!(lost(&cache), [], "other UIDs");
}

#[test]
fn what_is_given_through_this_cache_is_an_assignment_by_its_giver() {
    let mut cache = Cache::new();
    cache.add(vec![mail(1, "a", ""), mail(2, "b", "")]);
    let (alice, bob) = (handle("alice"), handle("bob"));
    cache.writer.begin_assignment(SUPPORT, "a", &bob, &alice).unwrap();
    cache.flag(Role::Inbox, 2, "bagsy-claim-bob");
    cache.flag(Role::Inbox, 1, "bagsy-claim-bob");
    assert_eq!(cache.events()[2..], ["claimed bob", "assigned alice"]);
    cache.writer.end_assignment(SUPPORT, "a", &bob).unwrap();
    cache.flag(Role::Inbox, 1, "");
    cache.flag(Role::Inbox, 1, "bagsy-claim-bob");
    cache.flag(Role::Inbox, 1, "bagsy-claim-alice");
    assert_eq!(cache.events()[4..], ["released bob", "claimed bob", "takeover alice"]);
    let (_, given) = cache.reader().changes_after(3).unwrap().remove(0);
    assert_eq!((given.by.as_deref(), given.assignee.holder()), (Some("alice"), Some(&bob)));
}

#[test]
fn what_goes_to_archive_or_comes_from_there_takes_its_tags_along_and_nobody_tagged_it() {
    let tagged = |folder, uid, id: &str, references: &str, atoms: &str| Message {
        folder,
        flags: flags(atoms),
        ..mail(uid, id, references)
    };
    let row = |cache: &Cache| {
        let row = cache.reader().conversation(SUPPORT, "a").unwrap().unwrap();
        (row.folder, row.tags, row.urgent)
    };
    let own = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
    let mut cache = Cache::new();
    cache.add(vec![tagged(Role::Inbox, 1, "a", "", "VIP \\Flagged"), mail(2, "b", "a")]);
    // Each folder is told by its own connection. One mail goes, the other stays.
    cache.vanish(Role::Inbox, &[1]);
    cache.add(vec![tagged(Role::Archive, 1, "a", "", "VIP \\Flagged")]);
    assert_eq!(row(&cache), (Role::Inbox, own(&["VIP"]), true));
    cache.flag(Role::Inbox, 2, "refund");
    // The other goes after it.
    cache.vanish(Role::Inbox, &[2]);
    cache.add(vec![tagged(Role::Archive, 2, "b", "a", "refund")]);
    assert_eq!(row(&cache), (Role::Archive, own(&["refund", "VIP"]), true));
    // It comes back, there before it is gone here.
    cache.add(vec![tagged(Role::Inbox, 3, "b", "a", "refund")]);
    cache.vanish(Role::Archive, &[2]);
    assert_eq!(row(&cache), (Role::Inbox, own(&["refund", "VIP"]), true));
    let told = |cache: &Cache| cache.events().iter().filter(|event| *event == "tagged").count();
    assert_eq!(told(&cache), 1, "{:?}", cache.events());
    // What is taken off in Archive was somebody's doing, and what came with new mail was as well.
    cache.flag(Role::Archive, 1, "\\Flagged");
    assert_eq!((row(&cache), told(&cache)), ((Role::Inbox, own(&["refund"]), true), 2));
    cache.flag(Role::Archive, 1, "");
    assert_eq!((row(&cache), told(&cache)), ((Role::Inbox, own(&["refund"]), false), 3));
    cache.add(vec![tagged(Role::Inbox, 4, "c", "a", "p1")]);
    assert_eq!((row(&cache), told(&cache)), ((Role::Inbox, own(&["p1", "refund"]), false), 4));
}
