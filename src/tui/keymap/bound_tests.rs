//! Profiles and a person's own keys.

use std::collections::BTreeSet;

use super::*;

fn line(context: &str, keys: &str, action: &str) -> Override {
    Override { context: context.into(), keys: keys.into(), action: action.into() }
}

fn laid(lines: &[(&str, &str, &str)]) -> Result<Keymap, (usize, KeyFault)> {
    let lines: Vec<Override> = lines.iter().map(|(c, k, a)| line(c, k, a)).collect();
    Keymap::with(Profile::Default, &lines)
}

fn press(map: &Keymap, context: Context, keys: &str) -> Found {
    map.find(context, &Chord::parse_all(keys).unwrap())
}

#[test]
fn every_action_has_a_key_in_every_profile_and_none_hides_another() {
    for profile in Profile::ALL {
        let map = Keymap::of(profile);
        for entry in &map.entries {
            let place = (profile.name(), entry.context.name(), entry.name);
            assert!(!entry.keys.is_empty(), "{place:?} has no key");
            for chords in &entry.chords {
                let here = map.entries.iter().filter(|other| other.context == entry.context);
                let clashes = here.flat_map(|o| &o.chords).filter(|other| clash(chords, other)).count();
                assert_eq!(clashes, 1, "{place:?}: {}", written(chords));
                assert!(!entry.context.takes_text() || !chords[0].is_text(), "{place:?}: {}", written(chords));
                assert_eq!(chords.iter().find_map(|c| c.twin()), None, "{place:?}");
            }
        }
    }
}

#[test]
fn a_profile_names_only_actions_that_exist_where_it_says() {
    for profile in Profile::ALL {
        for line in profile.lines() {
            for context in line.contexts {
                let is_there = DEFAULT.iter().any(|b| b.name == line.name && b.contexts.contains(context));
                assert!(is_there, "{}: {} in {}", profile.name(), line.name, context.name());
            }
            for keys in line.keys {
                assert_eq!(written(&Chord::parse_all(keys).unwrap()), *keys, "written as keys are written");
            }
        }
    }
}

#[test]
fn an_actions_name_means_one_thing_in_one_place() {
    let mut names = BTreeSet::new();
    for entry in &Keymap::default().entries {
        assert!(names.insert((entry.context.name(), entry.name)), "{} in {}", entry.name, entry.context.name());
        assert_ne!(entry.name, "none");
    }
}

#[test]
fn mutts_hands_find_what_they_know() {
    let map = Keymap::of(Profile::Mutt);
    for (keys, act) in
        [("r", Act::Reply), ("g", Act::ReplyAll), ("F", Act::Urgent), ("N", Act::Unread), ("u", Act::Undo)]
    {
        assert_eq!(press(&map, Context::Queue, keys), Found::Act(act), "{keys}");
        assert_eq!(press(&map, Context::Reading, keys), Found::Act(act), "{keys}");
    }
    assert_eq!(press(&map, Context::Queue, "="), Found::Act(Act::Top));
    assert_eq!(press(&map, Context::Queue, "c"), Found::Act(Act::Mailboxes));
    assert_eq!(press(&map, Context::Reading, "Enter"), Found::Act(Act::Down));
    assert_eq!(press(&map, Context::Reading, "j"), Found::Act(Act::NextConversation));
    assert_eq!(press(&map, Context::Reading, "i"), Found::Act(Act::Back));
}

#[test]
fn gmails_hands_find_what_they_know() {
    let map = Keymap::of(Profile::Gmail);
    for (keys, act) in [("e", Act::Done), ("a", Act::ReplyAll), ("l", Act::Tag), ("s", Act::Urgent), ("U", Act::Unread)]
    {
        assert_eq!(press(&map, Context::Queue, keys), Found::Act(act), "{keys}");
    }
    assert_eq!(press(&map, Context::Queue, "o"), Found::Act(Act::Open));
    assert_eq!(press(&map, Context::Reading, "u"), Found::Act(Act::Back));
    assert_eq!(press(&map, Context::Reading, "j"), Found::Act(Act::NextConversation));
    assert_eq!(press(&map, Context::Queue, "g i"), Found::Act(Act::View(crate::model::View::Inbox)));
    assert_eq!(press(&map, Context::Queue, "g"), Found::Pending);
}

#[test]
fn ones_own_key_is_taken_from_what_had_it_and_told_first() {
    let map = laid(&[("queue", "x", "claim"), ("queue", "ctrl-D", "none"), ("reading", "w", "done")]).unwrap();
    assert_eq!(press(&map, Context::Queue, "x"), Found::Act(Act::Claim));
    assert_eq!(press(&map, Context::Queue, "c"), Found::Act(Act::Claim));
    assert_eq!(map.key_for(Context::Queue, Act::Claim), "x");
    assert_eq!(press(&map, Context::Queue, "Ctrl-d"), Found::Nothing);
    assert_eq!(press(&map, Context::Reading, "w"), Found::Act(Act::Done));
    assert_eq!(press(&map, Context::Queue, "w"), Found::Act(Act::Waiting), "another place keeps its own");
    assert!(!map.bindings(Context::Reading).any(|b| b.act == Act::Waiting), "what has no key is not told");
}

#[test]
fn a_key_that_would_hide_a_longer_one_is_told_unless_that_is_unbound() {
    let (at, fault) = laid(&[("queue", "x", "claim"), ("queue", "g", "reply-all")]).unwrap_err();
    assert_eq!(at, 1);
    assert!(matches!(&fault, KeyFault::Hidden { other, .. } if other == "g g"), "{fault}");
    assert!(fault.hint().unwrap().contains("\"g g\" = \"none\""));
    assert!(matches!(laid(&[("queue", "c x", "done")]).unwrap_err().1, KeyFault::Hidden { .. }));
    let map = laid(&[("queue", "g", "reply-all"), ("queue", "g g", "none")]).unwrap();
    assert_eq!(press(&map, Context::Queue, "g"), Found::Act(Act::ReplyAll));
    laid(&[("queue", "c c", "claim"), ("queue", "c", "none")]).unwrap();
}

#[test]
fn what_cannot_be_meant_is_told_with_what_is_near() {
    let told = |lines: &[(&str, &str, &str)]| {
        let fault = laid(lines).unwrap_err().1;
        format!("{fault}: {}", fault.hint().unwrap_or_default())
    };
    for (line, words) in [
        (("queeu", "c", "claim"), ["`queeu`", "`queue`"]),
        (("queue", "Ctl-x", "claim"), ["`Ctl-x`", "`Ctrl-x`"]),
        (("queue", "", "claim"), ["``", "no key"]),
        (("queue", "x", "clam"), ["`clam`", "`claim`"]),
        (("queue", "x", "send"), ["`send`", "belongs into [keys.writing]"]),
        (("queue", "Ctrl-i", "claim"), ["Ctrl-i", "Tab"]),
        (("writing", "s", "send"), ["`s`", "typed"]),
        (("help", "Ctrl-c", "none"), ["interrupt", "no way out"]),
    ] {
        let says = told(&[line]);
        assert!(words.iter().all(|word| says.contains(word)), "{says}");
    }
    assert!(told(&[("queue", "Ctrl-x", "claim"), ("queue", "ctrl-X", "done")]).contains("twice"));
}
