//! Mail that answers nothing: new mail and forwarding, with files, as the receiving side gets it and as the team sees it.

mod support;

use std::sync::OnceLock;

use bagsy::mail::parse;
use serde_json::Value;
use support::bagsy::Bagsy;
use support::dovecot::Dovecot;
use support::mailgen::{Content, Mail};
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

fn person(team: &Team<'_>, who: &str) -> Bagsy {
    Bagsy::new(team, who).sending(&servers().1)
}

/// An address at the receiving side that no other test writes to.
fn somebody(team: &Team<'_>, who: &str) -> String {
    format!("{who}@{}", team.domain.replace(".test", ".example"))
}

fn photo() -> Vec<u8> {
    (0..=255).cycle().take(40_000).collect()
}

/// A question with a file on it; gives the conversation's id.
fn ask(team: &Team<'_>, who: &Bagsy, customer: &str) -> (Mail, String) {
    let files = vec![("smoke.jpg".to_owned(), "image/jpeg".to_owned(), photo())];
    let mail = Mail::new(&format!("Dana Reyes <{customer}>"), &team.mailbox(), "Printer on fire", "")
        .with_content(Content::Files { text: "It is smoking again.\n\n-- \nDana, +49 123\n".to_owned(), files });
    team.append("INBOX", "", &mail.bytes());
    let all = who.run(&["list", "--json", "--view", "all"]).ok().json();
    let found = all.iter().find(|c| c["from"]["email"] == customer).expect("the question");
    (mail, found["id"].as_str().unwrap().to_owned())
}

#[test]
fn a_new_mail_leaves_from_the_shared_address_and_begins_a_conversation() {
    let team = servers().0.team();
    let (alice, bob) = (person(&team, "alice"), person(&team, "bob"));
    let [to, cc, hidden] = ["ada", "lee", "hidden"].map(|who| somebody(&team, who));
    std::fs::write(alice.home().join("Rechnung ü.pdf"), photo()).unwrap();
    std::fs::write(alice.home().join("notes"), "Grüße\n").unwrap();
    let to_ada = format!("Ada <{to}>");
    let common = ["--to", &to_ada, "--cc", &cc, "--bcc", &hidden, "--subject", "Visit on Monday", "--body-file", "-"];
    let files = ["--attach", "Rechnung ü.pdf", "--attach", "notes"];
    let verb = [&["new", "--json"], &common[..], &files[..]].concat();

    let dry = alice.run_with(&[&verb[..], &["--dry-run"]].concat(), "Grüße".as_bytes());
    assert!(dry.ok().stdout.contains("Grüße") && dry.stdout.contains("Subject: Visit on Monday"), "{}", dry.stdout);
    assert!(!dry.stdout.contains(&hidden) && servers().1.sink.mails_to(&to).is_empty());

    let after = alice.run_with(&verb, b"We come on Monday.\n").ok().one();
    assert_eq!((&after["subject"], &after["assignee"]), (&Value::from("Visit on Monday"), &Value::Null));

    let mail = servers().1.sink.wait_for_mail_to(&to);
    assert_eq!(mail.from, team.mailbox());
    let header = |name: &str| mail.header(name);
    assert!(header("From").unwrap().contains(&team.mailbox()));
    assert_eq!(header("To"), Some(to_ada));
    assert_eq!(header("Cc"), Some(cc.clone()));
    for absent in ["Bcc", "In-Reply-To", "References"] {
        assert_eq!(header(absent), None, "{absent}");
    }
    assert!(!mail.text().contains(&hidden) && !mail.text().contains("alice@"), "{}", mail.text());
    for who in [&cc, &hidden] {
        assert_eq!(servers().1.sink.mails_to(who).len(), 1, "{who}");
    }
    let body = parse::parse(&mail.bytes);
    assert_eq!(body.text, "We come on Monday.");
    let named: Vec<(&str, &str)> = body.attachments.iter().map(|a| (a.name.as_str(), a.media_type.as_str())).collect();
    assert_eq!(named, [("Rechnung ü.pdf", "application/pdf"), ("notes", "text/plain")]);
    assert_eq!(parse::part_octets(&mail.bytes, "2"), Some(photo()));
    assert_eq!(parse::part_octets(&mail.bytes, "3").as_deref(), Some("Grüße\n".as_bytes()));

    // It lies in Sent, marked as sent, and is nobody's work until it is answered.
    let id = after["id"].as_str().unwrap();
    assert!(bob.run(&["list", "--json"]).ok().stdout.is_empty());
    let seen = bob.run(&["show", id, "--json"]).ok().one();
    assert_eq!(seen["thread"][0]["direction"], "out");
    let mut sent = team.owner();
    sent.select("Sent");
    let flags = sent.flags(1).unwrap();
    assert!(flags.contains("$Submitted") && !flags.contains("$SubmitPending"), "{flags:?}");
    assert!(!String::from_utf8_lossy(&sent.message(1).unwrap()).contains(&hidden));
    assert!(alice.run(&["outbox", "--json"]).ok().stdout.is_empty());

    // An answer to it comes into the same conversation.
    let message_id = mail.header("Message-ID").unwrap();
    let mut answer = Mail::new(&to, &team.mailbox(), "Re: Visit on Monday", "Fine.");
    answer.references = vec![message_id.trim_matches(['<', '>']).to_owned()];
    team.append("INBOX", "", &answer.bytes());
    let row = bob.run(&["list", "--json"]).ok().one();
    assert_eq!((row["id"].as_str(), row["messages"].as_u64()), (Some(id), Some(2)));
}

#[test]
fn a_message_is_forwarded_with_its_files_and_its_conversation_still_waits() {
    let team = servers().0.team();
    let (alice, bob) = (person(&team, "alice"), person(&team, "bob"));
    let (customer, supplier) = (somebody(&team, "dana"), somebody(&team, "supplier"));
    let (_, id) = ask(&team, &alice, &customer);
    let arguments = ["forward", &id, "--to", &supplier, "--body-file", "-", "--json"];
    let dry = alice.run_with(&[&arguments[..], &["--dry-run"]].concat(), b"Please look.\n");
    assert!(dry.ok().stdout.contains("It is smoking again.") && dry.stdout.contains("smoke.jpg"), "{}", dry.stdout);
    assert!(!team.in_inbox("bob").flags(1).unwrap().contains("$Forwarded"));

    let after = alice.run_with(&arguments, b"Please look.\n").ok().one();
    assert_eq!((&after["id"], &after["status"]), (&Value::from(id.clone()), &Value::from("open")));
    assert_eq!(after["assignee"], Value::Null);
    assert_ne!(after["waiting_since"], Value::Null, "the customer still waits");

    let mail = servers().1.sink.wait_for_mail_to(&supplier);
    assert_eq!(mail.header("Subject").unwrap(), "Fwd: Printer on fire");
    assert_eq!((mail.header("References"), mail.header("In-Reply-To")), (None, None));
    let body = parse::parse(&mail.bytes);
    let expected =
        format!("Please look.\n\n---------- Forwarded message ----------\nFrom: Dana Reyes <{customer}>\nDate: ");
    assert!(body.text.starts_with(&expected), "{}", body.text);
    assert!(body.text.ends_with(&format!("To: {}\n\nIt is smoking again.\n\n-- \nDana, +49 123", team.mailbox())));
    assert_eq!(body.attachments.len(), 1);
    assert_eq!(parse::part_octets(&mail.bytes, &body.attachments[0].part), Some(photo()));

    let flags = team.in_inbox("bob").flags(1).unwrap();
    assert!(flags.contains("$Forwarded") && !flags.contains("\\Answered"), "{flags:?}");
    let row = bob.run(&["list", "--json"]).ok().one();
    assert_eq!((&row["messages"], &row["tags"]), (&Value::from(1), &Value::Array(vec![])));
}

#[test]
fn a_message_is_forwarded_as_it_is() {
    let team = servers().0.team();
    let alice = person(&team, "alice");
    let supplier = somebody(&team, "supplier");
    let (question, id) = ask(&team, &alice, &somebody(&team, "dana"));
    let arguments = ["forward", &id, "--to", &supplier, "--as-attachment", "--body-file", "-"];
    alice.run_with(&arguments, b"See the mail.\n").ok();
    let mail = servers().1.sink.wait_for_mail_to(&supplier);
    let body = parse::parse(&mail.bytes);
    assert_eq!(body.text, "See the mail.");
    let kinds: Vec<(&str, &str)> = body.attachments.iter().map(|a| (a.name.as_str(), a.media_type.as_str())).collect();
    assert_eq!(kinds, [("Printer on fire.eml", "message/rfc822")]);
    let whole = parse::part_octets(&mail.bytes, "2").expect("the mail within");
    assert_eq!(whole, question.bytes(), "byte by byte");
}

#[test]
fn who_may_not_write_flags_forwards_all_the_same_and_leaves_no_mark() {
    let team = servers().0.team();
    team.grant("bob", "INBOX", "lrs");
    let bob = person(&team, "bob");
    let supplier = somebody(&team, "supplier");
    let (_, id) = ask(&team, &bob, &somebody(&team, "dana"));
    bob.run(&["forward", &id, "--to", &supplier]).ok();
    servers().1.sink.wait_for_mail_to(&supplier);
    assert!(!team.in_inbox("alice").flags(1).unwrap().contains("$Forwarded"));
}

#[test]
fn an_answer_takes_files_along_and_comes_from_the_chosen_address() {
    let team = servers().0.team();
    let address = team.mailbox();
    let alice = person(&team, "alice").configured(|account| {
        account.rest = format!("[mailbox.\"{address}\"]\nname = \"Example Support\"\n");
    });
    let customer = somebody(&team, "dana");
    let (_, id) = ask(&team, &alice, &customer);
    std::fs::write(alice.home().join("plan.png"), photo()).unwrap();
    let refused = alice.run_with(&["reply", &id, "--body-file", "-", "--from", "other@x.test", "--json"], b"Hi");
    assert_eq!(refused.expect(2).error()["kind"], "usage");
    let missing = alice.run_with(&["reply", &id, "--body-file", "-", "--attach", "no.pdf", "--json"], b"Hi");
    assert_eq!(missing.expect(2).error()["kind"], "usage");
    let arguments = ["reply", &id, "--body-file", "-", "--attach", "plan.png", "--from", &address];
    alice.run_with(&arguments, b"See the plan.\n").ok();
    let mail = servers().1.sink.wait_for_mail_to(&customer);
    assert!(mail.header("From").unwrap().starts_with("Example Support <support@"));
    assert_eq!(parse::part_octets(&mail.bytes, "2"), Some(photo()));
}

#[test]
fn what_cannot_leave_now_waits_in_the_outbox_with_its_files_and_its_hidden_recipients() {
    let (_, submission) = servers();
    let team = servers().0.team();
    let alice = person(&team, "alice");
    let [to, hidden] = ["ada", "hidden"].map(|who| somebody(&team, who));
    std::fs::write(alice.home().join("plan.png"), photo()).unwrap();
    submission.refuse(&hidden, Some("451 4.7.1 Greylisted"));
    let arguments =
        ["new", "--to", &to, "--bcc", &hidden, "--subject", "Plan", "--body-file", "-", "--attach", "plan.png"];
    assert_eq!(
        alice.run_with(&[&arguments[..], &["--json"]].concat(), b"See it.").expect(5).error()["kind"],
        "unreachable"
    );
    // What became of the file meanwhile is nothing to the mail.
    std::fs::remove_file(alice.home().join("plan.png")).unwrap();
    let waiting = alice.run(&["outbox", "--json"]).ok().one();
    assert_eq!((&waiting["state"], &waiting["subject"]), (&Value::from("unsent"), &Value::from("Plan")));
    assert_eq!(waiting["to"], Value::from(vec![to.clone(), hidden.clone()]));
    submission.refuse(&hidden, None);
    alice.run(&["outbox", "retry"]).ok();
    let mail = submission.sink.wait_for_mail_to(&hidden);
    assert_eq!(mail.header("Bcc"), None);
    assert_eq!(parse::part_octets(&mail.bytes, "2"), Some(photo()));
    assert_eq!(submission.sink.mails_to(&to).len(), 1);

    // For good: it is out of the outbox, and the text is kept.
    submission.refuse(&to, Some("550 5.1.1 Unknown user"));
    let never = alice.run_with(&["new", "--to", &to, "--subject", "Again", "--body-file", "-", "--json"], b"x");
    never.expect(1);
    assert!(alice.run(&["outbox", "--json"]).ok().stdout.is_empty());
}

#[test]
fn several_mailboxes_are_asked_about() {
    let team = servers().0.team();
    team.add_mailbox("sales", &support::team::PEOPLE, &support::team::FOLDERS);
    let alice = person(&team, "alice");
    let to = somebody(&team, "ada");
    let new = ["new", "--to", &to, "--subject", "Hi", "--body-file", "-", "--json"];
    let which = alice.run_with(&new, b"Hi").expect(2).error().clone();
    assert_eq!(which["kind"], "ambiguous");
    assert!(alice.run_with(&[&new[..], &["--mailbox", &team.mailbox()]].concat(), b"Hi").ok().one()["id"].is_string());
    servers().1.sink.wait_for_mail_to(&to);
}
