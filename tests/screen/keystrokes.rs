//! How many keys a task takes, counted as they are pressed (docs/keystrokes.md has the numbers).

use std::cell::Cell;

use crate::seat::{ask, is_selected, live, person, servers, team, wait_for_tabs, wait_for_who};
use crate::support::process::wait_for;
use crate::support::pty::{LIMIT, Pty, Size};

/// A person whose keys are counted; text is none.
struct Counted {
    pty: Pty,
    keys: Cell<usize>,
}

impl Counted {
    fn press(&self, key: &str) {
        self.keys.set(self.keys.get() + 1);
        self.pty.press(key);
    }

    fn types(&self, text: &str) {
        self.pty.keys(text);
        self.pty.wait_for(text);
    }
}

#[test]
fn the_oldest_is_claimed_answered_and_closed_and_the_next_one_taken_in_no_more_than_seven_keys() {
    let team = team();
    let question = ask(&team, "Waits longest", 9);
    ask(&team, "Waits less", 5);
    ask(&team, "Waits least", 1);
    let a = Counted { pty: live(&person(&team, "alice"), Size::SMALL), keys: Cell::new(0) };
    wait_for_tabs(&a.pty, "1 Inbox 3");
    a.pty.wait_until("the longest wait first", |s| s.lines().nth(4).is_some_and(|l| l.contains("Waits longest")));

    a.press("C");
    wait_for_who(&a.pty, "Waits longest", "you");
    a.press("r");
    a.pty.wait_for("Reply as");
    a.types("Unplug it, please.");
    a.press("Ctrl-O");
    a.pty.wait_for("leaves in");
    a.press("C");
    wait_for_who(&a.pty, "Waits less", "you");
    a.pty.wait_until("the next one under the cursor", |s| is_selected(s, "Waits less"));
    let keys = a.keys.get();
    println!("claim the oldest, answer it, close it, next: {keys} keys besides the text");
    assert!(keys <= 7, "{keys} keys");

    // It left, and the server has it as done, whoever looks.
    let marks = wait_for(LIMIT, || {
        let mut owner = team.owner();
        owner.select("Archive");
        owner.search("SUBJECT \"Waits longest\"").first().copied()
    });
    assert!(marks.is_some(), "it is not in Archive\n{}", a.pty.framed());
    let mut owner = team.owner();
    owner.select("INBOX");
    assert_eq!(owner.search("SUBJECT \"Waits longest\"").len(), 0);
    assert_eq!(owner.search("KEYWORD bagsy-claim-alice SUBJECT \"Waits less\"").len(), 1);
    let mails = servers().1.sink.mails_to("dana@reyes.example");
    let answers = mails.iter().filter(|m| m.header("In-Reply-To") == Some(format!("<{}>", question.message_id)));
    assert_eq!(answers.map(|m| m.body().contains("Unplug it, please.")).collect::<Vec<_>>(), [true]);
}
