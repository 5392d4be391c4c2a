//! Where an answer is announced, and whom it reaches from which address: real servers, the real program.

mod answer_scene;
mod support;

use answer_scene::{Point, Scene, has, servers};
use support::team::{PEOPLE, Team};

#[test]
fn a_sent_folder_is_made_where_there_is_none() {
    let (dovecot, _) = servers();
    let mut scene = Scene::of(Team::create_with(dovecot, "nosent.test", &PEOPLE, &["Archive"]), |mail| mail);
    let mailbox = scene.team.mailbox();
    scene.alice = scene.alice.configured(|account| {
        account.user.clone_from(&mailbox);
        account.handle = Some("alice".to_owned());
        account.rest = format!("[mailbox.{mailbox:?}]\naccount = \"work\"\nroot = \"INBOX\"\n");
    });
    scene.die_at(Point::Claim);
    assert_eq!(scene.imap.sent().iter().filter(|l| l.contains(" CREATE ")).count(), 1);
    scene.retry().ok();
    scene.assert_sent_once();
}

#[test]
fn where_no_sent_folder_can_be_made_an_answer_needs_a_word() {
    let (dovecot, _) = servers();
    // Beside INBOX Dovecot lets nobody but the owner make folders, whatever the rights on INBOX say.
    let scene = Scene::of(Team::create_with(dovecot, "neversent.test", &PEOPLE, &["Archive"]), |mail| mail);
    let refused = scene.reply(&[]);
    assert_eq!(refused.expect(4).error()["kind"], "rights");
    assert!(scene.flags(1).is_empty() && scene.outbox().is_empty());
    assert!(scene.drafts().iter().any(|d| d.contains("red wire")));
    scene.reply(&["--unannounced"]).ok();
    scene.wait_for_mail();
    assert!(has(&scene.flags(1), "\\Answered") && has(&scene.flags(1), "bagsy-waiting"));
}

#[test]
fn without_the_right_to_write_into_sent_an_answer_needs_a_word() {
    let scene = Scene::new();
    scene.team.grant("alice", "Sent", "lrs");
    let refused = scene.reply(&[]);
    assert_eq!(refused.expect(4).error()["kind"], "rights");
    assert!(scene.flags(1).is_empty() && scene.smtp.opened() == 0);
    scene.reply(&["--unannounced"]).ok();
    scene.wait_for_mail();
    assert!(scene.sent().is_empty());
    assert!(has(&scene.flags(1), "\\Answered") && has(&scene.flags(1), "bagsy-waiting"));
}

#[test]
fn what_was_announced_is_not_given_up_when_sent_is_closed_meanwhile() {
    for (point, code, state) in
        [(Point::AppendAnswer, 4, "unsent"), (Point::MailFrom, 4, "unsent"), (Point::Taken, 7, "unknown")]
    {
        let scene = Scene::new();
        scene.die_at(point);
        scene.team.grant("alice", "Sent", "lrs");
        scene.retry().expect(code);
        assert_eq!(scene.outbox()[0]["state"], state, "{point:?}");
        assert!(scene.drafts().is_empty(), "{point:?}");
        scene.team.grant("alice", "Sent", "lrswite");
        if code == 7 {
            scene.wait_for_mail();
            scene.assert_unknown();
        } else {
            scene.retry().ok();
            scene.assert_sent_once();
        }
    }
}

#[test]
fn an_announcement_that_cannot_be_looked_at_is_not_taken_for_a_missing_one() {
    let scene = Scene::new();
    let stopped = scene.hold_at(Point::AppendAnswer, || _ = scene.team.owner().ok("RENAME Sent Elsewhere"));
    assert_ne!(stopped.code(), 0);
    assert!(scene.drafts().is_empty() && scene.is_in_outbox());
    scene.team.owner().ok("RENAME Elsewhere Sent");
    scene.retry().ok();
    scene.assert_sent_once();
}

#[test]
fn an_unannounced_answer_that_was_cut_off_in_the_text_is_unknown_too() {
    let scene = Scene::new();
    scene.team.grant("alice", "Sent", "lrs");
    scene.kill_at(Point::Taken, &["reply", &scene.id, "--body-file", "answer.txt", "--unannounced"]);
    scene.wait_for_mail();
    assert_eq!(scene.outbox()[0]["state"], "unknown");
    scene.retry().expect(7);
    assert_eq!(scene.received().len(), 1);
}

#[test]
fn a_dry_run_changes_nothing() {
    let scene = Scene::new();
    let shown = scene.alice.run(&["reply", &scene.id, "--body-file", "answer.txt", "--dry-run"]);
    assert!(shown.ok().stdout.contains("the red wire goes left"), "{}", shown.stdout);
    assert!(scene.flags(1).is_empty() && scene.sent().is_empty() && scene.outbox().is_empty());
    assert_eq!(scene.smtp.opened(), 0);
    let changes =
        |l: &String| ["UID STORE", "APPEND", "MOVE", "CREATE"].iter().any(|w| l.to_ascii_uppercase().contains(w));
    let changing: Vec<String> = scene.imap.sent().into_iter().filter(changes).collect();
    assert!(changing.is_empty(), "{changing:?}");
}

/// A mail to `help@`, with everybody in Cc and replies wanted elsewhere.
fn asked_at_help() -> Scene<'static> {
    let scene = Scene::of(servers().0.team(), |mut mail| {
        let (domain, place) = (mail.to.replace("support@", ""), mail.message_id.clone());
        let place = format!("{}.example", place.split('@').next().unwrap());
        mail.to = format!("Help <help@{domain}>");
        mail.cc = Some(format!("support@{domain}, Mika <mika@{place}>, HELP@{domain}, Dana <replies@{place}>"));
        mail.with_header(&format!("Reply-To: Dana at work <replies@{place}>"))
    });
    let mailbox = scene.team.mailbox();
    let rest = format!("[mailbox.{mailbox:?}]\naccount = \"work\"\naddresses = [{:?}]\n", scene.team.user("help"));
    let Scene { alice, .. } = scene;
    let alice = alice.configured(|account| {
        account.rest = rest;
        account.name = Some("Alice Archer".to_owned());
    });
    Scene { alice, ..scene }
}

#[test]
fn an_answer_to_all_goes_to_everybody_but_oneself_from_the_address_that_was_written_to() {
    let scene = asked_at_help();
    let text = "Grüße aus Köln: 5 € — ✓\n.\n..dots\nFrom here on\n";
    std::fs::write(scene.alice.home().join("answer.txt"), text).unwrap();
    scene.reply(&["--all"]).ok();
    let place = format!("{}.example", scene.question.message_id.split('@').next().unwrap());
    let mail = servers().1.sink.wait_for_mail_to(&format!("replies@{place}"));
    let also = servers().1.sink.wait_for_mail_to(&format!("mika@{place}"));
    assert_eq!(mail.header("Message-ID"), also.header("Message-ID"));
    assert_eq!(mail.from, scene.team.user("help"));
    let header = |name: &str| mail.header(name).unwrap_or_default();
    assert!(header("From").contains(&scene.team.user("help")), "{}", header("From"));
    let all = format!("{} {} {}", header("To"), header("Cc"), header("Bcc")).to_lowercase();
    assert!(all.contains(&format!("replies@{place}")) && all.contains(&format!("mika@{place}")), "{all}");
    assert!(!all.contains(".test"), "one's own address is among the recipients: {all}");
    assert!(all.matches('@').count() == 2, "{all}");
    assert!(scene.received().is_empty(), "Reply-To was not honoured");
    assert!(header("Message-ID").ends_with(&format!("@{}>", scene.team.domain)), "{}", header("Message-ID"));

    assert!(mail.bytes.is_ascii(), "8-bit text on the wire");
    let parsed = mail_parser::MessageParser::default().parse(&mail.bytes).expect("a mail");
    let got = parsed.body_text(0).expect("a text").replace("\r\n", "\n");
    assert_eq!(got.trim_end(), text.trim_end());
    for personal in [&scene.team.user("alice"), "alice@", "bagsy-home"] {
        assert!(!mail.text().contains(personal), "{personal} leaks:\n{}", mail.text());
    }
    let mut owner = scene.team.owner();
    owner.select("Sent");
    let copy = String::from_utf8(owner.message(1).expect("the copy")).expect("7-bit text");
    assert!(!copy.contains("alice@"), "{copy}");
    // What arrived is what lies in Sent, the servers' trace aside.
    assert!(mail.text().trim_end().ends_with(copy.trim_end()), "{copy}\n---\n{}", mail.text());
}

#[test]
fn an_answer_goes_to_the_reply_address_alone() {
    let scene = asked_at_help();
    scene.reply(&[]).ok();
    let place = format!("{}.example", scene.question.message_id.split('@').next().unwrap());
    let mail = servers().1.sink.wait_for_mail_to(&format!("replies@{place}"));
    assert_eq!((mail.from.clone(), mail.header("Cc")), (scene.team.user("help"), None));
    assert!(scene.received().is_empty() && servers().1.sink.mails_to(&format!("mika@{place}")).is_empty());
}
