//! Keys that are not the default ones: what is pressed, hinted and explained is what is bound.

use super::stage::Stage;
use crate::model::Action;
use crate::tui::keymap::{Keymap, Override, Profile};

fn stage(profile: Profile, lines: &[(&str, &str, &str)]) -> Stage {
    let line = |(context, keys, action): &(&str, &str, &str)| Override {
        context: (*context).into(),
        keys: (*keys).into(),
        action: (*action).into(),
    };
    let lines: Vec<Override> = lines.iter().map(line).collect();
    let mut s = Stage::new(120, 40);
    s.app.keymap = Keymap::with(profile, &lines).unwrap();
    s
}

#[test]
fn hints_help_and_keys_speak_of_what_is_bound() {
    let mut s = stage(Profile::Mutt, &[("queue", "Ctrl-x", "claim"), ("queue", "R", "none")]);
    s.press("*");
    assert!(s.shows("Ctrl-X claim"), "{}", s.screen());
    s.press("Ctrl-x");
    assert_eq!(s.last_act().2, &Action::Claim);
    s.press("?");
    let claim = s.line_with("claim, or release");
    assert!(claim.contains("Ctrl-X  a "), "{claim}");
    assert!(s.line_with("reply to all").contains("g "));
    s.press("q c");
    assert!(s.shows("Mailboxes"));
}

#[test]
fn what_is_unbound_is_said_to_be_no_key_and_not_hinted() {
    let mut s = stage(Profile::Default, &[("queue", "c", "none"), ("queue", "?", "none"), ("queue", "F1", "keys")]);
    s.press("c");
    assert!(s.shows("no such key: c") && s.shows("F1 lists the keys"), "{}", s.screen());
    assert!(!s.shows("c claim"));
    s.press("F1");
    assert!(s.shows("Keys: the queue") && !s.shows("claim, or release"));
}

#[test]
fn a_text_names_the_key_of_the_profile() {
    let mut s = stage(Profile::Mutt, &[]);
    s.press("* Enter");
    assert!(s.shows("quoted lines · T here shows them"), "{}", s.screen());
}
