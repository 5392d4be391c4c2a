//! What is typed is kept, whatever happens to the line or the program; what is pasted is text.

use std::path::PathBuf;
use std::time::Duration;

use bagsy::engine::kept::Content;
use bagsy::store::Desk;

use crate::seat::{ask, live, person, quiet_moment, team, wait_for_row, wait_for_who};
use crate::support::bagsy::Bagsy;
use crate::support::mailgen::Mail;
use crate::support::process::wait_for;
use crate::support::pty::{Pty, Size};
use crate::support::team::Team;

/// A screen with an answer under way that holds this text.
#[track_caller]
fn writing(alice: &Bagsy, subject: &str, text: &str) -> Pty {
    let a = live(alice, Size::SMALL);
    wait_for_row(&a, subject, true);
    a.keys("r");
    a.wait_for("Reply as");
    a.keys(text);
    a.wait_for(text);
    a
}

/// The next start offers the draft, and has it.
#[track_caller]
fn offers_the_draft(alice: &Bagsy, subject: &str, text: &str) {
    let mut a = live(alice, Size::LARGE);
    wait_for_row(&a, subject, true);
    a.wait_for("draft, r goes on");
    a.keys("r");
    a.wait_for("your draft of");
    a.wait_for(text);
    a.press("Ctrl-C");
    a.wait_for_end();
}

#[test]
fn a_killed_program_costs_no_text() {
    let team = team();
    ask(&team, "Killed", 1);
    let alice = person(&team, "alice");
    let mut a = writing(&alice, "Killed", "This was typed a second ago");
    std::thread::sleep(Duration::from_millis(1100));
    a.signal(libc::SIGKILL);
    a.wait_for_end();
    offers_the_draft(&alice, "Killed", "This was typed a second ago");
}

#[test]
fn a_hang_up_costs_no_text() {
    let team = team();
    ask(&team, "Hung up", 1);
    let alice = person(&team, "alice");
    for (text, is_by_signal) in [("typed just before the signal", true), ("and before the line was lost ", false)] {
        let mut a = writing(&alice, "Hung up", text);
        if is_by_signal {
            a.signal(libc::SIGHUP);
        } else {
            a.hang_up();
        }
        a.wait_for_end();
        offers_the_draft(&alice, "Hung up", text.trim_end());
    }
}

#[test]
fn ctrl_c_while_writing_keeps_the_text() {
    let team = team();
    ask(&team, "Interrupted", 1);
    let alice = person(&team, "alice");
    let mut a = writing(&alice, "Interrupted", "half a sentence");
    a.press("Ctrl-C");
    assert_eq!(a.wait_for_end(), 0);
    assert_eq!(a.left_behind(), None);
    offers_the_draft(&alice, "Interrupted", "half a sentence");
}

/// All texts on a person's desk.
fn drafts(alice: &Bagsy) -> Vec<String> {
    let files =
        std::fs::read_dir(alice.home().join("data/bagsy")).expect("alice's data").map(|f| f.expect("a file").path());
    let is_cache = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".sqlite") && !name.ends_with("-desk.sqlite")
    };
    let cache = files.into_iter().find(is_cache).expect("alice's cache");
    let desk = Desk::open(&cache).expect("alice's desk");
    let body = |content: &str| Content::read(content).expect("a draft").body;
    desk.drafts().expect("the drafts").iter().map(|d| body(&d.content)).collect()
}

#[test]
fn a_draft_is_offered_by_its_conversation_whatever_root_that_gets() {
    let team = team();
    let mut late = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Before all", "The first words.");
    late.in_reply_to = Some("never-seen@reyes.example".into());
    let mut question = Mail::new("Dana Reyes <dana@reyes.example>", &team.mailbox(), "Gone astray", "Where is it?");
    question.in_reply_to = Some(late.message_id.clone());
    team.append("INBOX", "", &question.bytes());
    let alice = person(&team, "alice");
    let mut a = writing(&alice, "Gone astray", "It is on its way");
    a.press("Esc");
    a.wait_for("draft kept");
    a.keys("r");
    a.wait_for("your draft of");
    // While it is open, too.
    team.append("INBOX", "", &late.bytes());
    a.wait_for("new mail from Dana Reyes");
    a.keys("!");
    a.press("Esc");
    a.wait_for("draft kept");
    a.wait_for("draft Gone astray");
    a.keys("r");
    a.wait_for("It is on its way!");
    a.press("Ctrl-C");
    a.wait_for_end();
    offers_the_draft(&alice, "Gone astray", "It is on its way!");
    assert_eq!(drafts(&alice).len(), 1);
}

#[test]
fn two_screens_that_go_on_with_one_draft_cost_no_text_and_say_so() {
    let team = team();
    ask(&team, "Twice open", 1);
    let alice = person(&team, "alice");
    let first = writing(&alice, "Twice open", "Hello Dana");
    let second = live(&alice, Size::SMALL);
    wait_for_row(&second, "Twice open", true);
    second.wait_for("draft Twice open");
    second.keys("r");
    second.wait_for("Hello Dana");
    second.keys(" SECOND");
    second.wait_until("the second's text kept", |_| drafts(&alice).iter().any(|d| d.starts_with("Hello Dana SECOND")));
    first.keys(" FIRST");
    first.wait_for("in another screen of yours");
    let has = |what: &str| drafts(&alice).iter().any(|d| d.lines().any(|l| l == what));
    first.wait_until("both texts kept", |_| has("Hello Dana FIRST") && has("Hello Dana SECOND"));
    // What one sends is its own text, and the other's is still there.
    first.press("Ctrl-S");
    first.wait_for("leaves in");
    assert!(!has("Hello Dana FIRST") && has("Hello Dana SECOND"), "{:?}", drafts(&alice));
    first.press("Ctrl-C");
    second.press("Ctrl-C");
}

#[test]
fn pasted_text_never_runs_as_keys() {
    let team = team();
    ask(&team, "Pasted", 1);
    let (alice, bob) = (person(&team, "alice"), person(&team, "bob"));
    let (a, b) = (live(&alice, Size::LARGE), live(&bob, Size::SMALL));
    wait_for_row(&a, "Pasted", true);
    wait_for_row(&b, "Pasted", true);
    a.paste("q\nc e\x1bT y\r");
    a.wait_for("pasted text was dropped");
    quiet_moment();
    wait_for_who(&a, "Pasted", "—");

    a.keys("r");
    a.wait_for("Reply as");
    a.paste("q\nc e \x13 \x1b[31mred\r\nlast line");
    a.wait_for("last line");
    quiet_moment();
    a.wait_for("Reply as");
    // Claimed by the answer, and nothing else was done.
    wait_for_who(&b, "Pasted", "alice");
    a.press("Ctrl-C");
}

#[test]
fn an_answer_stops_once_when_the_customer_wrote_meanwhile() {
    let team = team();
    let question = ask(&team, "Both write", 1);
    let alice = person(&team, "alice");
    let a = writing(&alice, "Both write", "My answer");
    a.wait_for("you took");
    let mut more = question.answer("One more thing");
    (more.from, more.to) = (question.from.clone(), question.to.clone());
    more.date = jiff::Timestamp::now();
    team.append("INBOX", "", &more.bytes());
    a.wait_for("new mail from");
    a.press("Ctrl-S");
    a.wait_for("Dana Reyes wrote since you began this. Ctrl-S again sends yours.");
    a.press("Ctrl-S");
    a.wait_for("your answer to Dana Reyes leaves in");
    // Leaving with mail that has not left yet is asked about, and it is still there afterwards.
    a.keys("q");
    a.wait_for("1 answer has not been sent yet. Quit?");
    a.keys("y");
    let outbox = wait_for(Duration::from_secs(5), || {
        let listed = alice.run(&["outbox", "--json"]);
        (!listed.stdout.is_empty()).then_some(listed)
    });
    assert_eq!(outbox.expect("an item").one()["state"], "unsent");
}

#[test]
fn the_persons_own_editor_is_given_the_text_and_gives_it_back() {
    let team = team();
    ask(&team, "Edited", 1);
    let alice = person(&team, "alice").env("EDITOR", "sed -i s/Hello/Dear/");
    let mut a = writing(&alice, "Edited", "Hello Dana");
    a.press("Ctrl-E");
    a.wait_for("Dear Dana");
    a.press("Esc");
    a.wait_for("draft kept");
    a.pause();
    a.keys("q");
    assert_eq!(a.wait_for_end(), 0);
    assert_eq!(a.left_behind(), None);
    assert!(nothing_is_edited(&alice));
}

/// A person whose editor is this script; it gets the file as `$1` and tells by a file in the home how far it is.
fn with_editor(team: &Team, script: &str) -> Bagsy {
    let alice = person(team, "alice");
    let path = alice.home().join("editor");
    std::fs::write(&path, format!("#!/bin/bash\ncd\n{script}\n")).expect("the editor");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("the editor");
    let command = path.display().to_string();
    alice.env("EDITOR", &command)
}

#[track_caller]
fn wait_for_file(alice: &Bagsy, name: &str) {
    let came = wait_for(Duration::from_secs(15), || alice.home().join(name).exists().then_some(()));
    assert!(came.is_some(), "no file {name}");
}

/// Nothing lies in the editor's place any more.
fn nothing_is_edited(alice: &Bagsy) -> bool {
    let data = std::fs::read_dir(alice.home().join("data/bagsy")).expect("alice's data");
    !data.flatten().any(|entry| entry.file_name().to_string_lossy().ends_with(".editing"))
}

#[test]
fn what_an_editor_that_fails_has_saved_is_the_text() {
    let team = team();
    ask(&team, "Exits badly", 1);
    let alice = with_editor(&team, "sed -i s/Hello/Dear/ \"$1\"; exit 3");
    let a = writing(&alice, "Exits badly", "Hello Dana");
    a.press("Ctrl-E");
    a.wait_for("Dear Dana");
    a.wait_for("what editor saved is here");
    a.press("Ctrl-C");
}

#[test]
fn a_hang_up_while_the_editor_runs_costs_nothing_that_it_saved() {
    let team = team();
    ask(&team, "Lost line", 1);
    // It finds its terminal gone and ends, as any editor does.
    let alice = with_editor(&team, "sed -i s/Hello/Dear/ \"$1\"; touch saved; cat; exit 1");
    let mut a = writing(&alice, "Lost line", "Hello Dana");
    a.press("Ctrl-E");
    wait_for_file(&alice, "saved");
    a.hang_up();
    a.wait_for_end();
    offers_the_draft(&alice, "Lost line", "Dear Dana");
    assert!(nothing_is_edited(&alice));
}

#[test]
fn a_signal_to_the_whole_job_leaves_the_editor_time_for_its_last_words() {
    let team = team();
    ask(&team, "Shell gone", 1);
    // As nano does it: beside the file, after everything else of the job is gone.
    let last_words =
        "trap 'sleep 0.5; echo Rescued words >\"$1.save\"; exit 1' HUP; touch saved; while :; do sleep 0.05; done";
    let alice = with_editor(&team, last_words);
    let mut a = writing(&alice, "Shell gone", "Hello Dana");
    a.press("Ctrl-E");
    wait_for_file(&alice, "saved");
    // SAFETY: a signal to the group of a child that was not waited for yet.
    unsafe { libc::kill(-(a.pid() as libc::pid_t), libc::SIGHUP) };
    a.hang_up();
    a.wait_for_end();
    offers_the_draft(&alice, "Shell gone", "Rescued words");
}

#[test]
fn a_program_that_is_killed_while_the_editor_runs_costs_nothing_that_it_saved() {
    let team = team();
    ask(&team, "Killed meanwhile", 1);
    let on_and_on = "trap '' HUP; sed -i s/Hello/Dear/ \"$1\"; touch saved; while [ ! -e end ]; do sleep 0.05; done
                     echo And later words >>\"$1\"; touch ended";
    let alice = with_editor(&team, on_and_on);
    let mut a = writing(&alice, "Killed meanwhile", "Hello Dana");
    a.press("Ctrl-E");
    wait_for_file(&alice, "saved");
    a.signal(libc::SIGKILL);
    a.wait_for_end();
    // The editor still runs: what it saved so far is here, what it saves later comes later.
    let mut again = live(&alice, Size::LARGE);
    again.wait_for("what your editor saved is a draft: “Re: Killed meanwhile”");
    again.keys("r");
    again.wait_for("Dear Dana");
    again.press("Esc");
    std::fs::write(alice.home().join("end"), "").expect("a file");
    wait_for_file(&alice, "ended");
    again.keys("r");
    again.wait_for("And later words");
    again.press("Ctrl-C");
    again.wait_for_end();
    assert!(drafts(&alice).iter().any(|d| d.contains("And later words")), "{:?}", drafts(&alice));
    offers_the_draft(&alice, "Killed meanwhile", "And later words");
    assert!(nothing_is_edited(&alice));
}

#[test]
fn who_may_not_send_as_the_mailbox_is_told_in_plain_words_and_keeps_the_text() {
    let team = team();
    ask(&team, "Refused sender", 1);
    let carol = person(&team, "carol");
    let c = writing(&carol, "Refused sender", "Carol's words");
    c.press("Ctrl-S");
    c.wait_for("leaves in");
    c.wait_until("the refusal", |s| s.contains("not sent to Dana Reyes: "));
    assert!(c.screen().contains("send as"), "{}", c.framed());
    c.keys("r");
    c.wait_for("Carol's words");
    c.press("Ctrl-C");
}
