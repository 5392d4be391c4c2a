//! What a mail is made of beside its text: new mail, forwarding, people who are offered, files, the signature.

use super::stage::Stage;
use crate::engine::files::Entry;
use crate::engine::kept::{Attached, Forwards};
use crate::engine::message::{Answer, Command, Event, Target};
use crate::model::{Capability, ErrorKind, Refusal};
use crate::tui::composer::Field;
use crate::tui::fake::SUPPORT;
use crate::tui::message::Message;

fn sent(s: &Stage) -> &Answer {
    match s.commands.last() {
        Some(Command::Send { answer, .. }) => answer,
        other => panic!("{other:?}\n{}", s.screen()),
    }
}

fn is_sent(s: &Stage) -> bool {
    s.commands.iter().any(|c| matches!(c, Command::Send { .. }))
}

fn file(name: &str, size: u64) -> Attached {
    Attached { name: name.into(), media_type: "image/png".into(), size, digest: format!("digest of {name}") }
}

/// Forwards the conversation under the cursor; the engine has what is forwarded.
fn forwarding(s: &mut Stage) {
    s.press("G f");
    let Some(Command::Forward { target, of }) = s.commands.last() else { panic!("{:?}", s.commands) };
    let forwards = Forwards {
        of: of.clone(),
        block: "---------- Forwarded message ----------\nFrom: Dana Reyes\n\nIt is smoking again.\n".into(),
        whole: Some(file("Printer on fire.eml", 500_000)),
        parts: vec![file("smoke.jpg", 412_000)],
        ..Forwards::default()
    };
    let target = target.clone();
    s.tell(Event::Forwarding { target, outcome: Ok(Box::new(forwards)) });
}

#[test]
fn a_new_mail_is_addressed_by_whom_the_mailbox_knows() {
    let mut s = Stage::new(100, 30);
    s.press("m");
    assert!(s.shows("New mail as Example Support <support@example.test>"), "{}", s.screen());
    s.type_text("dan");
    assert!(s.shows("▌ Dana Reyes <dana@reyes.example>") && s.shows("│ Daniel Ortiz <ortiz@parts.example>"));
    s.press("Down Tab");
    assert!(s.shows("To       Daniel Ortiz <ortiz@parts.example>") && !s.shows("Dana Reyes <dana@"), "{}", s.screen());
    s.type_text(", mik");
    s.press("Enter");
    assert!(s.shows("Daniel Ortiz <ortiz@parts.example>, Mika Tanaka <mika@tanaka.example>"));
    // Whoever is nobody's acquaintance is typed, and the mailbox itself is not offered.
    s.type_text(", support");
    assert!(s.app.composer.as_ref().unwrap().offers.is_none(), "{}", s.screen());
    s.press("Ctrl-w Backspace Backspace Ctrl-b");
    assert!(s.shows("Bcc"), "{}", s.screen());
    s.type_text("hidden@x.test");
    s.press("Tab");
    s.type_text("Two printers");
    s.press("Tab");
    s.type_text("Please send two.");
    s.press("Ctrl-s");
    let answer = sent(&s);
    assert!(answer.target.is_opening() && answer.answered.is_empty());
    assert_eq!(answer.draft.recipients(), ["ortiz@parts.example", "mika@tanaka.example", "hidden@x.test"]);
    assert_eq!((answer.draft.subject.as_str(), answer.draft.body.as_str()), ("Two printers", "Please send two."));
    assert_eq!((&answer.draft.in_reply_to, answer.draft.references.len()), (&None, 0));
    assert!(s.app.composer.is_none());
}

#[test]
fn a_new_mail_is_kept_and_goes_on() {
    let mut s = Stage::new(100, 30);
    s.press("m Esc");
    assert!(s.fake.drafts.borrow().is_empty(), "nothing was typed");
    s.press("m");
    s.type_text("x@y.te");
    s.press("Esc");
    assert!(s.shows("draft kept: O goes on with it") && s.fake.drafts.borrow().len() == 1);
    s.changed();
    // Another one beside it.
    s.press("m");
    assert!(
        !s.shows("x@y.te") && s.shows("1 mail is begun already: O in the queue lists what was begun"),
        "{}",
        s.screen()
    );
    s.type_text("z@y.te");
    s.press("Esc O");
    assert!(s.fake.drafts.borrow().len() == 2 && s.shows("x@y.te") && s.shows("z@y.te"), "{}", s.screen());
    s.press("Esc");
    s.changed();
    let kept: Vec<Target> = s.fake.drafts.borrow().keys().cloned().collect();
    for (n, target) in kept.iter().enumerate() {
        let to = s.fake.drafts.borrow()[target].content.to.clone();
        s.press("O");
        while !s.line_with(&to).contains('▌') {
            s.press("j");
        }
        s.press("Enter");
        assert!(s.shows(&format!("To       {to}")) && s.shows("your draft of 14:02 goes on"), "{}", s.screen());
        s.press("Home Ctrl-k Esc");
        assert!(s.shows("an empty draft is no draft") && s.fake.drafts.borrow().len() == 1 - n);
        s.changed();
    }
}

#[test]
fn what_is_wrong_is_said_where_it_stands_before_anything_is_sent() {
    let mut s = Stage::new(100, 30);
    s.press("m Ctrl-s");
    assert!(s.shows("not sent: nobody to send it to"));
    s.look();
    s.type_text("a@x.test");
    s.press("Tab");
    s.type_text("bob@");
    s.press("Tab");
    assert!(s.line_with("Cc ").contains("▲ bob@ is no address"), "{}", s.screen());
    s.press("Tab");
    s.type_text("See the attached plan.");
    s.press("Ctrl-s");
    assert!(s.shows("not sent: “bob@” is no mail address") && !is_sent(&s));
    s.look();
    s.type_text("y.test");
    s.press("Ctrl-s");
    assert!(s.shows("▲ there is no subject. Ctrl-S again sends it so."), "{}", s.screen());
    s.look();
    s.type_text("Plan");
    s.press("Ctrl-s");
    assert!(s.shows("the text speaks of a file, and none is attached. Ctrl-S again sends it so."));
    s.press("Ctrl-s");
    assert_eq!(sent(&s).draft.cc[0].email, "bob@y.test");
}

#[test]
fn files_are_found_by_their_path_listed_and_taken_off() {
    let mut s = Stage::new(100, 30);
    s.press("G r Ctrl-a");
    assert_eq!(s.others, ["Browse(\"\")"]);
    let entry = |name: &str, is_folder, size| Entry { name: name.into(), is_folder, size };
    let outcome = Ok(vec![entry("plans", true, 0), entry("plan.png", false, 412_000), entry("zoo", false, 1)]);
    s.send(Message::Browsed { folder: String::new(), outcome });
    assert!(s.line_with("plan.png").contains("412 KB"), "{}", s.screen());
    s.type_text("pl");
    assert!(!s.shows("zoo"));
    s.press("Enter");
    assert_eq!(s.others.last().unwrap(), "Browse(\"plans/\")");
    let outcome = Err("Permission denied".to_owned());
    s.send(Message::Browsed { folder: "plans/".into(), outcome });
    assert!(s.shows("Permission denied"));
    s.type_text("a.png");
    s.press("Enter");
    assert_eq!(s.others.last().unwrap(), "Attach { path: \"plans/a.png\", most: 25000000 }");
    s.send(Message::Attached(Err("plans/a.png: it is no file".into())));
    assert!(s.shows("not attached: plans/a.png: it is no file"));
    for name in ["a.png", "b.png", "c.png", "d.png"] {
        s.send(Message::Attached(Ok(file(name, 1_000_000))));
    }
    assert!(s.shows("Files    a.png  1.0 MB") && s.line_with("c.png").contains("and 1 more"), "{}", s.screen());
    assert!(s.fake.drafts.borrow().values().next().unwrap().content.attached.len() == 4, "kept at once");
    s.press("Shift-Tab");
    assert!(s.shows("d.png"));
    s.press("Up Delete");
    assert!(s.shows("no longer attached: c.png"));
    s.press("Tab");
    s.type_text("See these.");
    s.press("Ctrl-s");
    let names: Vec<&str> = sent(&s).attached.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["a.png", "b.png", "d.png"]);
}

#[test]
fn forwarding_brings_the_text_and_the_files_and_turns_into_an_attachment() {
    let mut s = Stage::new(100, 30);
    s.press("G f");
    assert!(s.shows("Forward as") && s.shows("what is forwarded is being fetched"), "{}", s.screen());
    s.press("Ctrl-s");
    assert!(s.shows("not sent: what is forwarded is not here yet"));
    s.press("Esc");
    forwarding(&mut s);
    assert!(s.shows("Subject  Fwd: Printer on fire") && s.shows("Files    smoke.jpg  412 KB"), "{}", s.screen());
    assert!(s.shows("---------- Forwarded message") && s.shows("It is smoking again."));
    s.type_text("orders");
    s.press("Tab Tab Tab Tab Tab Tab");
    assert!(s.shows("To       orders@parts.example"), "{}", s.screen());
    s.press("Ctrl-r");
    assert!(s.shows("Printer on fire.eml  500 KB") && !s.shows("It is smoking") && !s.shows("smoke.jpg"));
    s.press("Ctrl-r");
    assert!(s.shows("smoke.jpg") && s.shows("It is smoking again."));
    s.press("Ctrl-o");
    assert!(s.shows("there is nothing to finish") && !is_sent(&s));
    s.press("Ctrl-r Ctrl-s");
    let answer = sent(&s);
    assert_eq!(answer.target, Target::forward(SUPPORT, "fire"));
    let forwards = answer.forwards.as_ref().unwrap();
    assert!(forwards.as_attachment && forwards.of == "14@example.test");
    assert!(answer.attached.is_empty() && answer.draft.references.is_empty() && answer.answered.is_empty());
    assert_eq!(s.selected(), "fire", "it still waits");
    assert!(!s.commands.iter().any(|c| matches!(c, Command::Act { .. })), "nothing is claimed");
}

#[test]
fn what_cannot_be_had_is_not_forwarded() {
    let mut s = Stage::new(100, 30);
    s.press("G f");
    let Some(Command::Forward { target, .. }) = s.commands.last() else { panic!() };
    let target = target.clone();
    let refusal = Refusal::new(ErrorKind::NotFound, "the message that was to be forwarded is gone");
    s.tell(Event::Forwarding { target, outcome: Err(refusal) });
    assert!(s.shows("▲ the message that was to be forwarded is gone"));
    s.press("Ctrl-s");
    assert!(!is_sent(&s));
}

#[test]
fn the_signature_stands_below_the_text_and_is_none() {
    let mut s = Stage::new(100, 30);
    s.app.settings.signatures.insert(SUPPORT.into(), Ok("Example Support\n+49 123".into()));
    s.press("G r");
    let body = s.app.composer.as_ref().unwrap().body_text();
    assert!(body.starts_with("\n\n-- \nExample Support\n+49 123\n\nOn 24 November 2026"), "{body}");
    s.press("Ctrl-s");
    assert!(s.shows("not sent: there is no text yet"), "{}", s.screen());
    s.press("Esc");
    s.type_text("m");
    let body = s.app.composer.as_ref().unwrap().body_text();
    assert_eq!(body, "\n\n-- \nExample Support\n+49 123\n");
    s.press("Esc");
    assert!(s.fake.drafts.borrow().is_empty());
    forwarding(&mut s);
    let body = s.app.composer.as_ref().unwrap().body_text();
    assert!(body.starts_with("\n\n-- \nExample Support\n+49 123\n\n---------- Forwarded"), "{body}");
    s.press("Esc");
    s.app.settings.signatures.insert(SUPPORT.into(), Err("there is no signature: s.txt cannot be read".into()));
    s.press("m");
    assert!(s.shows("▲ there is no signature: s.txt cannot be read"));
}

#[test]
fn the_sender_is_chosen_among_the_mailboxs_addresses() {
    let mut s = Stage::new(100, 30);
    s.press("G r Tab Up");
    assert!(s.line_with("From ").contains("Left and Right choose another"), "{}", s.screen());
    s.press("Right");
    assert!(s.shows("Reply as Example Support <help@example.test>"));
    s.press("Tab Shift-Tab Shift-Tab");
    s.type_text("Hi");
    s.press("Ctrl-s");
    assert_eq!(sent(&s).draft.from.email, "help@example.test");
}

#[test]
fn an_answer_to_one_becomes_an_answer_to_all_and_back() {
    let mut s = Stage::new(100, 30);
    let lee = crate::model::Address::bare("lee@z.test");
    s.fake.threads.borrow_mut().get_mut("fire").unwrap()[2].cc = vec![lee];
    s.press("G r Ctrl-r");
    assert!(s.shows("Cc       lee@z.test") && s.shows("all who took part get a copy"), "{}", s.screen());
    s.press("Ctrl-r");
    assert!(!s.shows("lee@z.test") && s.shows("the others get no copy"));
}

#[test]
fn what_cannot_be_announced_is_asked_about_before_it_is_sent() {
    let mut s = Stage::new(100, 30);
    s.app.mailboxes[0].may.retain(|c| *c != Capability::Send);
    s.press("m");
    s.type_text("a@x.test");
    s.press("Tab Tab");
    s.type_text("Plan");
    s.press("Tab");
    s.type_text("Hello");
    s.press("Ctrl-s");
    assert!(s.shows("This mail cannot be announced") && !is_sent(&s), "{}", s.screen());
    s.answer("y");
    assert!(sent(&s).unannounced);
}

#[test]
fn what_is_typed_where_no_text_goes_is_the_text() {
    let mut s = Stage::new(100, 30);
    s.press("G f");
    for field in [Field::From, Field::Files] {
        s.app.composer.as_mut().unwrap().field = field;
        s.press("Left");
        assert_eq!(s.app.composer.as_ref().unwrap().field, field);
    }
    s.type_text("See below. ");
    assert_eq!(s.app.composer.as_ref().unwrap().field, Field::Body);
    assert!(s.shows("See below."), "{}", s.screen());
}
