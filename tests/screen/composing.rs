//! New mail and forwarding on the screen, as the receiving side gets them and as the mailbox shows them afterwards.

use bagsy::mail::parse;

use crate::seat::{ask, live, person, quiet_moment, servers, team, wait_for_row};
use crate::support::mailgen::{Content, Mail};
use crate::support::pty::Size;

#[test]
fn a_new_mail_with_a_file_goes_to_whom_the_mailbox_knows() {
    let team = team();
    let known = format!("dana@{}", team.domain.replace(".test", ".example"));
    let mut question = Mail::new(&format!("Dana Reyes <{known}>"), &team.mailbox(), "Printer on fire", "Help!");
    question.date -= jiff::SignedDuration::from_hours(1);
    team.append("INBOX", &question.append_arguments(""), &question.bytes());
    let address = team.mailbox();
    let alice = person(&team, "alice").configured(|account| {
        account.rest = format!("[mailbox.\"{address}\"]\nname = \"Example Support\"\nsignature = \"signature.txt\"\n");
    });
    std::fs::write(alice.config_path().with_file_name("signature.txt"), "Example Support\n+49 123\n").unwrap();
    let plan: Vec<u8> = (0..=255).cycle().take(20_000).collect();
    std::fs::create_dir(alice.home().join("plans")).unwrap();
    std::fs::write(alice.home().join("plans/floor 3.png"), &plan).unwrap();
    let mut a = live(&alice, Size::SMALL);
    wait_for_row(&a, "Printer on fire", true);
    a.keys("m");
    a.wait_for("New mail as");
    a.keys("rey");
    a.wait_for("Dana Reyes <dana@");
    a.press("Tab");
    a.wait_for("To       Dana Reyes <dana@");
    a.press("Ctrl-A");
    a.wait_for("Attach a file");
    a.wait_for("plans/");
    a.keys("pl");
    a.press("Enter");
    a.wait_for("floor 3.png");
    a.press("Enter");
    a.wait_for("attached: floor 3.png");
    a.wait_for("Files    floor 3.png");
    // Killed now: the draft has the file, whatever becomes of it on the disk.
    std::thread::sleep(std::time::Duration::from_millis(600));
    a.signal(libc::SIGKILL);
    a.wait_for_end();
    std::fs::remove_file(alice.home().join("plans/floor 3.png")).unwrap();
    let a = live(&alice, Size::SMALL);
    a.keys("O");
    a.wait_for("draft of a new mail");
    a.press("Enter");
    a.wait_for("Files    floor 3.png");
    a.press("Tab");
    a.press("Tab");
    a.keys("The plan");
    a.wait_for("The plan");
    a.press("Tab");
    a.press("Tab");
    a.keys("Here it is.");
    a.wait_for("Here it is.");
    a.press("Ctrl-S");
    a.wait_for("leaves in");
    a.wait_for("sent to Dana Reyes");
    let mail = servers().1.sink.wait_for_mail_to(&known);
    assert_eq!(mail.header("Subject").unwrap(), "The plan");
    assert_eq!(mail.header("In-Reply-To"), None);
    assert_eq!(parse::parse(&mail.bytes).text, "Here it is.\n\n-- \nExample Support\n+49 123");
    assert_eq!(parse::part_octets(&mail.bytes, "2"), Some(plan));
    let flags = team.in_inbox("bob").flags(1).unwrap();
    assert!(!flags.contains("\\Answered"), "{flags:?}");
    a.press("Ctrl-C");
}

#[test]
fn a_message_is_forwarded_from_the_screen() {
    let team = team();
    let supplier = format!("supplier@{}", team.domain.replace(".test", ".example"));
    let photo: Vec<u8> = (0..=255).cycle().take(30_000).collect();
    let files = vec![("smoke.jpg".to_owned(), "image/jpeg".to_owned(), photo.clone())];
    let mut mail = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Smoking", "")
        .with_content(Content::Files { text: "It is smoking again.\n".to_owned(), files });
    mail.date -= jiff::SignedDuration::from_hours(2);
    team.append("INBOX", &mail.append_arguments(""), &mail.bytes());
    ask(&team, "Another", 1);
    let alice = person(&team, "alice");
    let a = live(&alice, Size::SMALL);
    wait_for_row(&a, "Smoking", true);
    a.keys("f");
    a.wait_for("Forward as");
    a.wait_for("smoke.jpg");
    a.keys(&supplier);
    a.press("Ctrl-S");
    a.wait_for("leaves in");
    a.wait_for("sent to");
    let got = servers().1.sink.wait_for_mail_to(&supplier);
    let body = parse::parse(&got.bytes);
    assert!(body.text.starts_with("---------- Forwarded message ----------\nFrom: Dana Reyes <dana@reyes.example>\n"));
    assert!(body.text.ends_with("It is smoking again."), "{}", body.text);
    assert_eq!(parse::part_octets(&got.bytes, "2"), Some(photo));
    // Taken back while it can be, it is a draft again, and the key goes on with it.
    a.keys("f");
    a.wait_for("smoke.jpg");
    a.keys("late@x.example");
    a.press("Ctrl-S");
    a.wait_for("leaves in");
    a.keys("z");
    a.wait_for("taken back: nothing was sent");
    a.wait_for("late@x.example");
    a.press("Esc");
    a.wait_for("draft kept: f goes on with it");
    quiet_moment();
    wait_for_row(&a, "Smoking", true);
    let flags = team.in_inbox("bob").flags(1).unwrap();
    assert!(flags.contains("$Forwarded") && !flags.contains("\\Answered"), "{flags:?}");
    assert!(servers().1.sink.mails_to("late@x.example").is_empty());
    a.press("Ctrl-C");
}
