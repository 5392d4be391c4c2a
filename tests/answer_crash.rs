//! Answering, killed at every step and met by everything that can come between: at most one copy at the customer, nothing
//! lost, and what cannot be known is asked about.

mod answer_scene;
mod support;

use std::time::Duration;

use answer_scene::{Point, Scene, has, servers};
use bagsy::engine::message::Verdict;
use bagsy::model::ErrorKind;
use bagsy::store::Writing;
use support::bagsy::Bagsy;
use support::mailgen::{Mail, Rng};
use support::process::{is_long, seed, wait_for};

/// Killed there, then taken up again: sent once, whatever was done before.
fn survives(points: &[Point]) {
    for point in points {
        let scene = Scene::new();
        scene.die_at(*point);
        let waiting = scene.outbox();
        assert_eq!(waiting.len(), 1, "{point:?}: lost");
        let is_sent = [Point::Submitted, Point::NotPending, Point::Answered, Point::Status].contains(point);
        assert_eq!(waiting[0]["state"], if is_sent { "scheduled" } else { "unsent" }, "{point:?}");
        if is_sent {
            assert!(waiting[0]["error"].as_str().unwrap().starts_with("sent"), "{waiting:?}");
            scene.alice.run(&["outbox", "cancel", waiting[0]["id"].as_str().unwrap()]).expect(1);
        }
        scene.retry().ok();
        scene.assert_sent_once();
        assert_eq!(scene.sent_texts(), 1, "{point:?}");
        scene.retry().ok();
        assert_eq!(scene.sent_texts(), 1, "{point:?}");
    }
}

#[test]
fn killed_before_the_text_an_answer_is_sent_by_the_next_try() {
    survives(&Point::SAFE[..3]);
}

#[test]
fn killed_at_the_submission_server_an_answer_is_sent_by_the_next_try() {
    survives(&Point::SAFE[3..5]);
}

#[test]
fn killed_after_the_servers_last_word_an_answer_is_marked_by_the_next_try() {
    survives(&Point::SAFE[5..]);
}

#[test]
fn killed_at_one_step_after_the_other_it_is_still_one_answer() {
    let scene = Scene::new();
    scene.die_at(Point::SAFE[0]);
    for point in &Point::SAFE[1..] {
        scene.die_again_at(*point);
    }
    scene.retry().ok();
    scene.assert_sent_once();
    assert_eq!(scene.sent_texts(), 1);
}

#[test]
fn killed_at_any_moment_there_is_one_answer_at_most_and_nothing_is_lost() {
    let mut random = Rng::new(seed("killing an answer at any moment"));
    let rounds = if is_long() { 100 } else { 4 };
    for round in 0..rounds {
        let scene = Scene::new();
        scene.alice.run(&["sync"]).ok();
        let mut verb: &[&str] = &["reply", &scene.id, "--body-file", "answer.txt"];
        for _ in 0..3 {
            let running = scene.alice.spawn(verb);
            let moment = Duration::from_millis(random.below(600) as u64);
            std::thread::sleep(moment);
            running.signal(libc::SIGKILL);
            running.finish(Duration::from_secs(10));
            // What never came into the outbox is written again.
            let is_kept = scene.is_in_outbox() || scene.sent_texts() > 0;
            verb = if is_kept { &["outbox", "retry"] } else { verb };
        }
        let last = if verb[0] == "reply" { scene.alice.run(verb) } else { scene.retry() };
        if last.code() == 7 {
            scene.assert_unknown();
            assert!(scene.sent_texts() <= 1, "round {round}");
        } else {
            last.ok();
            scene.assert_sent_once();
            assert_eq!(scene.sent_texts(), 1, "round {round}");
        }
    }
}

#[test]
fn killed_at_any_step_a_new_mail_and_a_forwarded_one_leave_once() {
    for point in [Point::Append, Point::AppendAnswer, Point::MailFrom, Point::Recipient, Point::Submitted] {
        let scene = Scene::new();
        let (new, supplier) = (scene.at_customer("new"), scene.at_customer("supplier"));
        std::fs::write(scene.alice.home().join("plan.png"), b"\x89PNG").unwrap();
        let verbs: [(&str, &[&str]); 2] = [
            (&new, &["new", "--to", &new, "--subject", "Plan", "--body-file", "answer.txt", "--attach", "plan.png"]),
            (&supplier, &["forward", &scene.id, "--to", &supplier, "--body-file", "answer.txt"]),
        ];
        for (whom, verb) in verbs {
            scene.kill_at(point, verb);
            assert_eq!(scene.outbox().len(), 1, "{point:?}: lost");
            let sent_before = scene.sent_texts();
            scene.retry().ok();
            servers().1.sink.wait_for_mail_to(whom);
            scene.retry().ok();
            assert_eq!(servers().1.sink.mails_to(whom).len(), 1, "{point:?} {verb:?}");
            assert_eq!(scene.sent_texts() - sent_before, usize::from(point != Point::Submitted), "{point:?}");
            assert!(scene.outbox().is_empty() && scene.pending() == 0, "{point:?}: {:?}", scene.sent());
        }
        // What waits for its answer is as it was, but for the mark.
        let flags = scene.flags(1);
        assert!(has(&flags, "$Forwarded") && !has(&flags, "\\Answered"), "{flags:?}");
        assert!(!flags.iter().any(|f| f.starts_with("bagsy-")), "{flags:?}");
    }
    // With the text under way nobody knows, and nothing is sent again by itself.
    let scene = Scene::new();
    let new = scene.at_customer("unknown");
    scene.kill_at(Point::Text, &["new", "--to", &new, "--subject", "Plan", "--body-file", "answer.txt"]);
    scene.assert_unknown();
    assert!(servers().1.sink.mails_to(&new).is_empty());
}

#[test]
fn killed_with_the_text_under_way_its_fate_is_unknown_and_a_person_says_what_it_was() {
    // The customer does not have it: discarded, it is a draft again, and answering goes on.
    for point in [Point::Data, Point::GoOn, Point::Text, Point::Dot] {
        let scene = Scene::new();
        scene.die_at(point);
        scene.assert_unknown();
        assert_eq!(scene.reply(&[]).expect(7).error()["kind"], "unknown_outcome", "{point:?}");
        if point == Point::Data {
            // Whose answer it is knows that it is not under way any more; others wait until it is old.
            assert_eq!(scene.settle("bob", Verdict::Discard).expect_err("it is young").kind, ErrorKind::Held);
            scene.age_announcement();
            scene.settle("bob", Verdict::Discard).expect("settled");
        } else {
            scene.settle("alice", Verdict::Discard).expect("settled");
        }
        scene.retry().expect(3);
        scene.assert_not_sent_and_kept();
        scene.reply(&[]).ok();
        scene.assert_sent_once();
    }
}

#[test]
fn killed_after_the_final_dot_it_is_not_sent_again_though_the_customer_has_it() {
    for (point, teller) in [(Point::LateDot, "alice"), (Point::Taken, "bob")] {
        let scene = Scene::new();
        scene.die_at(point);
        scene.wait_for_mail();
        scene.assert_unknown();
        if teller == "bob" {
            scene.age_announcement();
        }
        let settled = scene.settle(teller, Verdict::WasSent).expect("settled");
        assert!(!settled.has_pending_answer);
        let sent = scene.sent();
        assert!(!sent[0].1.iter().any(|f| f.contains("claim")), "who settled it did not send it: {sent:?}");
        // Its writer's program signs it.
        scene.retry().ok();
        scene.assert_sent_once();
    }
}

#[test]
fn a_reply_that_names_the_answer_proves_that_it_was_sent() {
    let scene = Scene::new();
    scene.die_at(Point::Taken);
    let answer = scene.wait_for_mail();
    let mut thanks = scene.question.answer("Thanks, that helped.");
    (thanks.from, thanks.to) = (scene.question.from.clone(), scene.question.to.clone());
    let id = answer.header("Message-ID").unwrap();
    thanks.in_reply_to = Some(id.trim_matches(['<', '>']).to_owned());
    thanks.references.push(id.trim_matches(['<', '>']).to_owned());
    scene.team.append("INBOX", "", &thanks.bytes());
    scene.retry().ok();
    assert_eq!(scene.received().len(), 1);
    let sent = scene.sent();
    assert!(has(&sent[0].1, "$Submitted") && !has(&sent[0].1, "$SubmitPending"), "{sent:?}");
    assert!(has(&scene.flags(1), "\\Answered"));
    // What came after it is open.
    assert!(!has(&scene.flags(2), "bagsy-waiting"));
}

#[test]
fn an_announcement_whose_answer_is_lost_is_looked_for_before_it_is_repeated() {
    for point in [Point::AppendAnswer, Point::Append] {
        let scene = Scene::new();
        scene.hold_at(point, || scene.imap.cut()).ok();
        scene.assert_sent_once();
        assert_eq!(scene.sent().len(), 1, "{point:?}");
    }
}

#[test]
fn of_two_announcements_the_lower_goes_on_and_the_other_writers_text_is_kept() {
    let scene = Scene::new();
    // Who may not delete leaves the void copy for all to see.
    scene.team.grant("alice", "Sent", "lrswip");
    let late = scene.hold_at(Point::Append, || _ = scene.announce_as_teammate(""));
    assert_eq!(late.expect(3).error()["kind"], "overtaken");
    let sent = scene.sent();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(!has(&sent[0].1, "bagsy-void") && has(&sent[1].1, "bagsy-void"), "{sent:?}");
    assert_eq!(scene.sent_texts(), 0);
    assert!(scene.drafts().iter().any(|d| d.contains("red wire")));

    let scene = Scene::new();
    scene.hold_at(Point::MailFrom, || _ = scene.announce_as_teammate("")).ok();
    scene.wait_for_mail();
    assert!(has(&scene.sent()[0].1, "$Submitted"));
}

#[test]
fn a_mail_that_its_writer_has_not_seen_stops_an_answer_until_the_text_goes_out() {
    for point in [Point::Append, Point::MailFrom, Point::Recipient] {
        let scene = Scene::new();
        let stopped = scene.hold_at(point, || scene.ask_again());
        assert_eq!(stopped.expect(3).error()["kind"], "overtaken", "{point:?}");
        scene.assert_not_sent_and_kept();
    }
}

#[test]
fn an_old_announcement_of_a_teammate_is_settled_before_anybody_answers() {
    for verdict in [Verdict::Discard, Verdict::WasSent] {
        let scene = Scene::new();
        let uid = scene.announce_as_teammate(" \"01-Nov-2025 09:00:00 +0000\"");
        assert_eq!(scene.reply(&[]).expect(7).error()["kind"], "unknown_outcome");
        assert_eq!((scene.sent_texts(), scene.sent().len()), (0, 1));
        scene.settle("bob", verdict).expect("settled");
        let sent = scene.sent();
        let word = if verdict == Verdict::Discard { "bagsy-void" } else { "$Submitted" };
        assert!(sent[0].0 == uid && has(&sent[0].1, word), "{sent:?}");
        let names_bob = has(&sent[0].1, "bagsy-claim-bob");
        assert!(verdict == Verdict::Discard || !names_bob, "who settled it did not send it: {sent:?}");
        assert_eq!(has(&scene.flags(1), "\\Answered"), verdict == Verdict::WasSent);
        scene.reply(&[]).ok();
        scene.wait_for_mail();
    }
}

#[test]
fn nobody_settles_an_answer_without_the_right_to_write_into_sent() {
    let scene = Scene::new();
    scene.announce_as_teammate(" \"01-Nov-2025 09:00:00 +0000\"");
    scene.team.grant("bob", "Sent", "lrs");
    assert_eq!(scene.settle("bob", Verdict::Discard).expect_err("no right").kind, ErrorKind::Rights);
    assert_eq!(scene.pending(), 1);
}

#[test]
fn a_teammates_answer_on_its_way_is_no_unknown_fate() {
    let scene = Scene::new();
    scene.announce_as_teammate("");
    assert_eq!(scene.reply(&[]).expect(3).error()["kind"], "overtaken");
    assert_eq!((scene.sent_texts(), scene.sent().len()), (0, 1));
}

#[test]
fn one_refused_recipient_of_two_means_that_nothing_is_sent() {
    let cc = |scene: &Scene| scene.at_customer("nobody");
    let scene = Scene::of(servers().0.team(), |mut mail| {
        let place = mail.from.split_once('@').unwrap().1.trim_end_matches('>').to_owned();
        mail.cc = Some(format!("Nobody <nobody@{place}>"));
        mail
    });
    servers().1.refuse(&cc(&scene), Some("550 5.1.1 User unknown"));
    let refused = scene.reply(&["--all"]);
    let error = refused.expect(1).error();
    assert!(error["message"].as_str().unwrap().contains(&cc(&scene)), "{error}");
    scene.assert_not_sent_and_kept();
    let says_why = |draft: &String| draft.contains("one recipient was refused, nothing was sent");
    assert!(scene.drafts().iter().any(says_why), "{:?}", scene.drafts());
    servers().1.refuse(&cc(&scene), None);
    scene.reply(&["--all"]).ok();
    scene.assert_sent_once();
    servers().1.sink.wait_for_mail_to(&cc(&scene));
}

#[test]
fn without_a_submission_server_the_answer_waits_and_goes_out_later() {
    let scene = Scene::new();
    scene.smtp.set_down(true);
    let queued = scene.reply(&[]);
    let error = queued.expect(5).error();
    assert!(error["message"].as_str().unwrap().contains("outbox"), "{error}");
    assert_eq!(scene.retry().code(), 5);
    // Nothing was announced, so nobody takes it for an answer under way.
    assert!(scene.sent().is_empty());
    scene.smtp.set_down(false);
    scene.retry().ok();
    scene.assert_sent_once();
}

#[test]
fn a_submission_server_that_is_lost_before_the_text_is_tried_again() {
    let scene = Scene::new();
    let queued = scene.hold_at(Point::Data, || scene.smtp.cut());
    assert_eq!(queued.expect(5).error()["kind"], "unreachable");
    assert_eq!((scene.pending(), scene.sent_texts()), (0, 0));
    scene.retry().ok();
    scene.assert_sent_once();
}

#[test]
fn without_the_imap_server_a_cached_conversation_is_answered_later() {
    let scene = Scene::new();
    scene.alice.run(&["sync"]).ok();
    scene.imap.set_down(true);
    let queued = scene.reply(&[]);
    let error = queued.expect(5).error();
    assert!(error["message"].as_str().unwrap().contains("outbox"), "{error}");
    assert_eq!(scene.retry().code(), 5);
    assert_eq!(scene.outbox()[0]["state"], "unsent");
    scene.imap.set_down(false);
    scene.retry().ok();
    scene.assert_sent_once();
}

#[test]
fn an_answer_finds_its_conversation_though_that_has_another_root_by_now() {
    for folder in ["INBOX", "Archive"] {
        let scene = Scene::of(servers().0.team(), |mut mail| {
            mail.in_reply_to = Some(format!("first.{}", mail.message_id));
            mail
        });
        let id = |which: &str| format!("{which}.{}", scene.question.message_id);
        scene.die_at(Point::Claim);
        // An ancestor comes late, and names another: that is the root now.
        let mut first = Mail::new(&scene.question.from, &scene.team.mailbox(), "Printer on fire", "It is smoking.");
        (first.message_id, first.in_reply_to) = (id("first"), Some(id("earlier")));
        scene.team.append(folder, "", &first.bytes());
        if folder == "Archive" {
            scene.retry().ok();
            scene.assert_sent_once();
        } else {
            assert_eq!(scene.retry().expect(3).error()["kind"], "overtaken");
            scene.assert_not_sent_and_kept();
            assert_eq!(scene.desk().drafts().unwrap()[0].root, id("earlier"));
        }
    }
}

#[test]
fn an_expunged_root_hides_no_newer_mail_from_an_answer() {
    // Of old it is not what is answered; of now it is.
    for date in [" \"01-Nov-2025 09:00:00 +0000\"", ""] {
        let scene = Scene::of(servers().0.team(), |mut mail| {
            mail.in_reply_to = Some(format!("first.{}", mail.message_id));
            mail
        });
        let id = |which: &str| Some(format!("{which}.{}", scene.question.message_id));
        let mut first = Mail::new(&scene.question.from, &scene.team.mailbox(), "Printer on fire", "It is smoking.");
        (first.message_id, first.in_reply_to) = (id("first").unwrap(), id("earlier"));
        scene.team.append("INBOX", &format!("(){date}"), &first.bytes());
        let stopped = scene.hold_at(Point::Recipient, || {
            let mut owner = scene.team.owner();
            owner.select("INBOX");
            owner.ok("UID STORE 2 +FLAGS (\\Deleted)");
            owner.ok("EXPUNGE");
            scene.ask_again();
        });
        assert_eq!(stopped.expect(3).error()["kind"], "overtaken", "{date}");
        scene.assert_not_sent_and_kept();
    }
}

#[test]
fn what_a_queued_answer_expects_of_the_conversation_is_looked_at_when_it_leaves() {
    let guard = &["--if-assignee", "none", "--if-status", "open"];
    let scene = Scene::new();
    scene.alice.run(&["sync"]).ok();
    scene.imap.set_down(true);
    scene.reply(guard).expect(5);
    scene.imap.set_down(false);
    scene.team.in_inbox("bob").ok("UID STORE 1 +FLAGS (bagsy-waiting)");
    scene.retry().expect(3);
    scene.assert_not_sent_and_kept();
    assert!(!has(&scene.flags(1), "bagsy-claim-alice"));

    // Nor is what was done meanwhile brought back.
    let scene = Scene::new();
    scene.alice.run(&["sync"]).ok();
    scene.imap.set_down(true);
    scene.reply(guard).expect(5);
    scene.imap.set_down(false);
    Bagsy::new(&scene.team, "bob").run(&["done", &scene.id]).ok();
    scene.retry().expect(3);
    assert_eq!(scene.sent_texts(), 0);

    // What was done is brought back where that is what was expected.
    let scene = Scene::new();
    scene.alice.run(&["done", &scene.id]).ok();
    scene.reply(&["--if-status", "done"]).ok();
    scene.wait_for_mail();

    // Its own claim does not stand against it.
    let scene = Scene::new();
    scene.smtp.set_down(true);
    scene.reply(guard).expect(5);
    scene.smtp.set_down(false);
    scene.retry().ok();
    scene.assert_sent_once();
}

#[test]
fn a_mailbox_that_is_lost_in_the_middle_loses_no_answer() {
    for point in [Point::Claim, Point::AppendAnswer] {
        let scene = Scene::new();
        let queued = scene.hold_at(point, || scene.imap.set_down(true));
        let error = queued.expect(5).error();
        assert!(error["message"].as_str().unwrap().contains("outbox"), "{point:?}: {error}");
        scene.imap.set_down(false);
        scene.retry().ok();
        scene.assert_sent_once();
        assert_eq!(scene.sent_texts(), 1, "{point:?}");
    }
}

#[test]
fn an_answer_that_was_sent_is_never_called_unsent_though_the_mailbox_is_lost_before_it_is_marked() {
    let scene = Scene::new();
    scene.hold_at(Point::NotPending, || scene.imap.set_down(true)).ok();
    let waiting = scene.outbox();
    let (state, error) = (&waiting[0]["state"], &waiting[0]["error"]);
    assert_eq!((state, error), (&"scheduled".into(), &"sent; still to be marked in the mailbox".into()));
    scene.imap.set_down(false);
    scene.retry().ok();
    scene.assert_sent_once();
    assert_eq!(scene.sent_texts(), 1);
}

#[test]
fn an_unknown_fate_stays_unknown_when_the_connection_breaks_meanwhile() {
    let scene = Scene::new();
    scene.die_at(Point::Taken);
    let hold = scene.imap.hold_command("SELECT");
    let running = scene.alice.spawn(&["outbox", "retry", "--json"]);
    hold.wait(Duration::from_secs(20));
    scene.imap.cut();
    drop(hold);
    running.finish(support::bagsy::LIMIT);
    scene.assert_unknown();
}

#[test]
fn an_answer_that_waits_goes_on_from_an_empty_cache_and_an_earlier_one_that_was_seen_does_not_stop_it() {
    let scene = Scene::new();
    scene.reply(&[]).ok();
    scene.die_at(Point::MailFrom);
    scene.lose_cache();
    scene.retry().ok();
    wait_for(Duration::from_secs(10), || (scene.received().len() == 2).then_some(()));
    assert!(scene.outbox().is_empty() && scene.drafts().is_empty());
}

#[test]
fn a_draft_in_hand_is_not_lost_to_an_answer_from_a_script() {
    let scene = Scene::new();
    scene.alice.run(&["sync"]).ok();
    let (mailbox, root) = (scene.team.mailbox(), &scene.question.message_id);
    let writing = Writing { mailbox: &mailbox, root, content: "half a thought", hand: "a screen", found: None };
    scene.desk().draft_put(&writing).unwrap();
    scene.reply(&[]).ok();
    assert_eq!(scene.drafts(), ["half a thought"]);
}

#[test]
fn a_second_answer_that_was_written_meanwhile_is_the_only_one() {
    let scene = Scene::new();
    scene.die_at(Point::Claim);
    scene.reply(&[]).ok();
    // The first had not gone out: its writer is asked.
    scene.retry().expect(3);
    scene.assert_sent_once();
    assert_eq!(scene.sent_texts(), 1);
    assert!(scene.drafts().iter().any(|d| d.contains("red wire")));
}

#[test]
fn one_process_at_a_time_has_an_answer_in_hand() {
    let scene = Scene::new();
    scene
        .hold_at(Point::Data, || {
            scene.retry().ok();
            assert_eq!(scene.sent_texts(), 0);
        })
        .ok();
    scene.assert_sent_once();
    assert_eq!(scene.sent_texts(), 1);
}

#[test]
fn a_connection_that_is_cut_in_the_text_is_tried_again_and_one_cut_after_the_dot_is_not() {
    let scene = Scene::new();
    let queued = scene.hold_at(Point::Text, || scene.smtp.cut());
    // Whether the dot went out before the cut was noticed is the operating system's affair: both are honest.
    match queued.code() {
        5 => {
            scene.retry().ok();
            scene.assert_sent_once();
        }
        _ => {
            queued.expect(7);
            scene.assert_unknown();
        }
    }
    let scene = Scene::new();
    assert_eq!(scene.hold_at(Point::Taken, || scene.smtp.cut()).expect(7).error()["kind"], "unknown_outcome");
    scene.wait_for_mail();
    scene.assert_unknown();
    assert_eq!(scene.received().len(), 1);
}

#[test]
fn an_answer_in_the_hands_of_its_sender_is_not_settled_behind_its_back() {
    let scene = Scene::new();
    scene
        .hold_at(Point::Text, || {
            let refusal = scene.settle("alice", Verdict::Discard).expect_err("it is under way");
            assert_eq!(refusal.kind, ErrorKind::Held);
        })
        .ok();
    scene.assert_sent_once();
}

#[test]
fn an_announcement_that_was_settled_or_removed_meanwhile_is_not_followed_by_its_text() {
    for verdict in [Verdict::Discard, Verdict::WasSent] {
        let scene = Scene::new();
        scene.die_at(Point::AppendAnswer);
        scene.age_announcement();
        scene.settle("bob", verdict).expect("settled");
        scene.retry().expect(3);
        scene.assert_not_sent_and_kept();

        let scene = Scene::new();
        let stopped = scene.hold_at(Point::Recipient, || {
            scene.age_announcement();
            scene.settle("bob", verdict).expect("settled");
        });
        stopped.expect(3);
        scene.assert_not_sent_and_kept();
    }
    let scene = Scene::new();
    let stopped = scene.hold_at(Point::Recipient, || {
        let mut owner = scene.team.owner();
        owner.select("Sent");
        owner.ok("UID STORE 1 +FLAGS (\\Deleted)");
        owner.ok("EXPUNGE");
    });
    assert_eq!(stopped.expect(3).error()["kind"], "overtaken");
    scene.assert_not_sent_and_kept();
}

#[test]
fn whoever_loses_the_conversation_before_the_text_goes_out_does_not_answer() {
    let scene = Scene::new();
    let bob = Bagsy::new(&scene.team, "bob").sending(&servers().1);
    let stopped = scene.hold_at(Point::Recipient, || _ = bob.run(&["takeover", &scene.id]).ok());
    let error = stopped.expect(3).error();
    assert_eq!((&error["kind"], &error["holder"]), (&"held".into(), &"bob".into()));
    scene.assert_not_sent_and_kept();
    bob.run_with(&["reply", &scene.id, "--body-file", "-"], b"From Bob").ok();
    scene.wait_for_mail();

    let scene = Scene::new();
    let answered = scene.hold_at(Point::Recipient, || {
        scene.team.in_inbox("bob").ok("UID STORE 1 +FLAGS (\\Answered)");
    });
    assert_eq!(answered.expect(3).error()["kind"], "overtaken");
    scene.assert_not_sent_and_kept();
}

#[test]
fn two_who_answer_at_once_without_the_claims_help_send_one_answer_at_most() {
    let scene = Scene::new();
    let bob = Bagsy::new(&scene.team, "bob").sending(&servers().1);
    let late = scene.hold_at(Point::Append, || {
        scene.team.in_inbox("carol").ok("UID STORE 1 -FLAGS (bagsy-claim-alice)");
        bob.run_with(&["reply", &scene.id, "--body-file", "-"], b"From Bob").ok();
    });
    assert_eq!(late.expect(3).error()["kind"], "overtaken");
    assert_eq!((scene.sent_texts(), scene.pending()), (0, 0));
    assert!(scene.drafts().iter().any(|d| d.contains("red wire")));
    assert_eq!(scene.received().len(), 1);

    // Alice has announced: bob finds that out before he writes, and she that the claim is gone.
    let scene = Scene::new();
    let bob = Bagsy::new(&scene.team, "bob").sending(&servers().1);
    let late = scene.hold_at(Point::MailFrom, || {
        scene.team.in_inbox("carol").ok("UID STORE 1 -FLAGS (bagsy-claim-alice)");
        bob.run_with(&["reply", &scene.id, "--body-file", "-"], b"From Bob").expect(3);
    });
    late.expect(3);
    scene.assert_not_sent_and_kept();
}

#[test]
fn an_answer_that_finishes_its_conversation_survives_the_move() {
    let scene = Scene::new();
    scene.kill_at(Point::Move, &["reply", &scene.id, "--body-file", "answer.txt", "--done"]);
    scene.retry().ok();
    scene.wait_for_mail();
    assert_eq!((scene.sent_texts(), scene.outbox().len()), (1, 0));
    let count = |folder: &str| {
        let mut owner = scene.team.owner();
        owner.select(folder);
        owner.search("ALL").len()
    };
    assert_eq!((count("INBOX"), count("Archive")), (0, 1));
}

#[test]
fn what_was_done_comes_back_to_be_answered_wherever_that_is_cut_off() {
    for point in [Point::Move, Point::Claim, Point::MailFrom] {
        let scene = Scene::new();
        scene.alice.run(&["done", &scene.id]).ok();
        scene.die_at(point);
        scene.retry().ok();
        scene.wait_for_mail();
        assert_eq!((scene.sent_texts(), scene.outbox().len()), (1, 0), "{point:?}");
        let flags = scene.flags(2);
        assert!(has(&flags, "\\Answered") && has(&flags, "bagsy-waiting") && !has(&flags, "bagsy-done"), "{flags:?}");
    }
}

#[test]
fn an_answer_is_taken_back_while_nothing_of_it_is_announced_and_not_later() {
    let scene = Scene::new();
    scene.die_at(Point::Claim);
    let item = scene.outbox()[0]["id"].as_str().unwrap().to_owned();
    scene.alice.run(&["outbox", "cancel", &item]).ok();
    scene.assert_not_sent_and_kept();
    let scene = Scene::new();
    scene.die_at(Point::AppendAnswer);
    let item = scene.outbox()[0]["id"].as_str().unwrap().to_owned();
    scene.alice.run(&["outbox", "cancel", &item]).expect(1);
    scene.retry().ok();
    scene.assert_sent_once();
}

#[test]
fn a_wrong_password_at_the_submission_server_is_said() {
    let scene = Scene::new();
    let elsewhere = unwilling_server();
    let alice = Bagsy::new(&scene.team, "alice").imap_through(&scene.imap).configured(|account| {
        account.smtp = Some(support::bagsy::endpoint("127.0.0.1", elsewhere, "none", None));
    });
    let refused = alice.run_with(&["reply", &scene.id, "--body-file", "-", "--json"], b"Hello");
    assert_eq!(refused.expect(6).error()["kind"], "auth");
    assert!(scene.sent().is_empty());
    // It holds what it claimed, and answers with the right one.
    scene.reply(&[]).ok();
    scene.assert_sent_once();
}

/// A submission server that takes no password; gives its port.
fn unwilling_server() -> u16 {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let reader = BufReader::new(connection.try_clone().expect("a second handle"));
            let mut said = connection.write_all(b"220 unwilling ESMTP\r\n");
            for line in reader.lines().map_while(Result::ok) {
                let answer = match line.split(' ').next().unwrap_or_default() {
                    "EHLO" => "250-unwilling\r\n250 AUTH PLAIN LOGIN\r\n",
                    "AUTH" => "535 5.7.8 Error: authentication failed\r\n",
                    _ => "221 2.0.0 Bye\r\n",
                };
                said = said.and_then(|()| connection.write_all(answer.as_bytes()));
            }
        }
    });
    port
}
