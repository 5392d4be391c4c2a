//! Answering: from the shared address, under the person's own login, never twice.

mod support;

use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use support::bagsy::Bagsy;
use support::dovecot::Dovecot;
use support::mailgen::Mail;
use support::submission::Submission;
use support::team::Team;

fn servers() -> &'static (Dovecot, Submission) {
    static SERVERS: OnceLock<(Dovecot, Submission)> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let dovecot = Dovecot::start();
        let submission = Submission::start(&dovecot);
        (dovecot, submission)
    })
}

/// A customer's question in the team's INBOX; gives the conversation's id.
fn ask(team: &Team, alice: &Bagsy, customer: &str) -> String {
    let mail =
        Mail::new(&format!("Dana Reyes <{customer}>"), &team.mailbox(), "Printer on fire", "It is smoking again.");
    team.append("INBOX", "", &mail.bytes());
    let all = alice.run(&["list", "--json", "--view", "all"]).ok().json();
    let found = all.iter().find(|c| c["from"]["email"] == customer).expect("the question");
    found["id"].as_str().unwrap().to_owned()
}

fn reply(who: &Bagsy, id: &str, text: &str, more: &[&str]) -> support::bagsy::Output {
    let arguments = [&["reply", id, "--body-file", "-", "--json"], more].concat();
    who.run_with(&arguments, text.as_bytes())
}

#[test]
fn an_answer_leaves_from_the_shared_address_and_everybody_sees_it() {
    let (dovecot, submission) = servers();
    let team = dovecot.team();
    let alice = Bagsy::new(&team, "alice").sending(submission);
    let bob = Bagsy::new(&team, "bob").sending(submission);
    let customer = "dana@one.example";
    let id = ask(&team, &alice, customer);

    let dry = alice.run_with(&["reply", &id, "--body-file", "-", "--dry-run"], "Grüße".as_bytes());
    assert!(dry.ok().stdout.contains("Grüße"), "{}", dry.stdout);
    assert!(submission.sink.mails_to(customer).is_empty());

    let after = reply(&alice, &id, "Please unplug it.\n\nGrüße, Alice\n", &[]).ok().one();
    assert_eq!((&after["status"], &after["assignee"]), (&Value::from("waiting"), &Value::from("alice")));
    assert_eq!(after["waiting_since"], Value::Null);

    let mail = submission.sink.wait_for_mail_to(customer);
    assert_eq!(mail.from, team.mailbox());
    let header = |name: &str| mail.header(name).unwrap_or_default();
    assert!(header("From").contains(&team.mailbox()), "{}", header("From"));
    assert!(header("To").contains(customer));
    assert_eq!(header("Subject"), "Re: Printer on fire");
    assert!(header("Message-ID").trim_end_matches('>').ends_with(&team.domain));
    assert!(header("In-Reply-To") == header("References") && !header("References").is_empty());
    let text = String::from_utf8_lossy(&mail.bytes).into_owned();
    assert!(!text.contains("alice@"), "the person's own address leaks:\n{text}");

    let seen = bob.run(&["show", &id, "--json"]).ok().one();
    let thread = seen["thread"].as_array().unwrap();
    assert_eq!(thread.len(), 2);
    assert_eq!(
        (&thread[1]["direction"], &thread[1]["folder"]),
        (&Value::from("out"), &Value::from(team.folder("Sent")))
    );
    assert!(thread[1]["text"].as_str().unwrap().contains("Grüße, Alice"));
    let flags = team.in_inbox("bob").flags(1).unwrap();
    assert!(flags.contains("\\Answered"), "{flags:?}");
    let mut sent = team.imap("bob");
    sent.select(&team.folder("Sent"));
    let uid = *sent.search("ALL").first().expect("the copy");
    let flags = sent.flags(uid).unwrap();
    assert!(flags.contains("$Submitted") && !flags.contains("$SubmitPending"), "{flags:?}");
    assert_eq!(sent.message(uid).unwrap().len(), sent.message(uid).unwrap().len());

    let late = reply(&bob, &id, "Me too", &[]);
    assert_eq!(late.expect(3).error()["kind"], "held");
    assert_eq!(submission.sink.mails_to(customer).len(), 1);
}

#[test]
fn a_login_that_may_not_send_as_the_mailbox_is_told_so_and_keeps_its_text() {
    let (dovecot, submission) = servers();
    let team = dovecot.team();
    let carol = Bagsy::new(&team, "carol").sending(submission);
    let id = ask(&team, &carol, "dana@two.example");
    let refused = reply(&carol, &id, "Hello", &[]);
    assert_eq!(refused.expect(4).error()["kind"], "sender_refused");
    assert!(carol.run(&["outbox", "--json"]).ok().stdout.is_empty());
    assert!(submission.sink.mails_to("dana@two.example").is_empty());
    // Nothing pending stays behind: a teammate answers at once.
    carol.run(&["release", &id]).ok();
    let alice = Bagsy::new(&team, "alice").sending(submission);
    reply(&alice, &id, "Hello from Alice", &["--done"]).ok();
    submission.sink.wait_for_mail_to("dana@two.example");
}

#[test]
fn what_is_refused_in_passing_waits_in_the_outbox_and_goes_out_later() {
    let (dovecot, submission) = servers();
    let team = dovecot.team();
    let alice = Bagsy::new(&team, "alice").sending(submission);
    let customer = "dana@three.example";
    let id = ask(&team, &alice, customer);
    submission.refuse(customer, Some("451 4.7.1 Greylisted"));
    assert_eq!(reply(&alice, &id, "Hello", &[]).expect(5).error()["kind"], "unreachable");
    let waiting = alice.run(&["outbox", "--json"]).ok().one();
    assert_eq!((&waiting["state"], &waiting["conversation"]), (&Value::from("unsent"), &Value::from(id.clone())));
    submission.refuse(customer, None);
    alice.run(&["outbox", "retry", "--json"]).ok();
    submission.sink.wait_for_mail_to(customer);
    assert!(alice.run(&["outbox", "--json"]).ok().stdout.is_empty());
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(submission.sink.mails_to(customer).len(), 1);
}

/// Who of us sent each of our mails of a conversation, as somebody is shown it.
fn senders(who: &Bagsy, id: &str) -> Vec<Value> {
    let seen = who.run(&["show", id, "--json"]).ok().one();
    let ours = seen["thread"].as_array().unwrap().iter().filter(|m| m["direction"] == "out");
    ours.map(|m| m["by"].clone()).collect()
}

#[test]
fn two_people_answer_and_each_is_named_to_the_other() {
    let (dovecot, submission) = servers();
    let team = dovecot.team();
    let alice = Bagsy::new(&team, "alice").sending(submission);
    let bob = Bagsy::new(&team, "bob").sending(submission);
    let id = ask(&team, &alice, "dana@named.example");
    let (at_alice, at_bob) = (alice.watch(), bob.watch());
    let limit = Duration::from_secs(10);

    reply(&alice, &id, "Unplug it", &[]).ok();
    let (_, told) = at_bob.wait_for(limit, |e| e["event"] == "replied");
    assert_eq!((&told["by"], &told["conversation"]), (&Value::from("alice"), &Value::from(id.clone())));
    // Whoever holds the conversation is not who answered: bob takes it over and answers too.
    bob.run(&["takeover", &id]).ok();
    reply(&bob, &id, "And call us", &[]).ok();
    let (_, told) = at_alice.wait_for(limit, |e| e["event"] == "replied" && e["by"] != "alice");
    assert_eq!(told["by"], "bob");
    for who in [&alice, &bob] {
        assert_eq!(senders(who, &id), ["alice", "bob"]);
    }
    let shown = alice.run(&["show", &id]).ok().stdout.clone();
    assert!(shown.contains("→ bob as ") && shown.contains("→ alice as "), "{shown}");

    // A new mail is none that answers, and says who sent it all the same.
    let arguments = ["new", "--to", "ada@named.example", "--subject", "Hello", "--body-file", "-"];
    bob.run_with(&arguments, b"Hello Ada\n").ok();
    let (_, told) =
        at_alice.wait_for(limit, |e| e["event"] == "sent" || e["event"] == "replied" && e["subject"] == "Hello");
    assert_eq!((&told["event"], &told["by"]), (&Value::from("sent"), &Value::from("bob")));
    // No customer sees a handle.
    let mail = submission.sink.wait_for_mail_to("ada@named.example");
    assert!(!String::from_utf8_lossy(&mail.bytes).contains("bob"));
}

#[test]
fn watch_tells_claims_and_answers_of_others_as_they_happen() {
    let (dovecot, submission) = servers();
    let team = dovecot.team();
    let alice = Bagsy::new(&team, "alice").sending(submission);
    let bob = Bagsy::new(&team, "bob");
    let id = ask(&team, &alice, "dana@four.example");
    let watch = bob.watch();
    let limit = Duration::from_secs(10);
    alice.run(&["claim", &id]).ok();
    let (_, claimed) = watch.wait_for(limit, |e| e["event"] == "claimed");
    assert_eq!((&claimed["by"], &claimed["conversation"]), (&Value::from("alice"), &Value::from(id.clone())));
    reply(&alice, &id, "Hello", &[]).ok();
    let (_, replied) = watch.wait_for(limit, |e| e["event"] == "replied");
    assert_eq!((&replied["by"], &replied["subject"]), (&Value::from("alice"), &Value::from("Printer on fire")));
    watch.wait_for(limit, |e| e["event"] == "status" && e["status"] == "waiting");
    ask(&team, &alice, "mika@four.example");
    watch.wait_for(limit, |e| e["event"] == "new");
    // Another mail program's doing is told as well.
    let uid = *team.in_inbox("carol").search("ALL").last().unwrap();
    team.in_inbox("carol").ok(&format!("UID STORE {uid} +FLAGS (bagsy-claim-carol vip)"));
    watch.wait_for(limit, |e| e["event"] == "claimed" && e["by"] == "carol");
    watch.wait_for(limit, |e| e["event"] == "tagged" && e["tags"][0] == "vip");
    // So is what a verb of one's own does on the same cache.
    bob.run(&["tag", &id, "+own"]).ok();
    watch.wait_for(limit, |e| e["event"] == "tagged" && e["tags"][0] == "own");
}
