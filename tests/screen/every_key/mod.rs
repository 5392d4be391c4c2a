//! Every key of the default profile, pressed in a real terminal against a real server: what changes the mailbox is seen by
//! another client's session, the rest on the screen.
//!
//! The keys come from the program's own table. A key whose effect is not named here fails the test: nothing is bound that
//! nobody has seen work.

mod desk;
mod effects;

use bagsy::tui::keymap::{Context, Keymap};

use desk::Desk;
use effects::effect;

/// Presses every key of a place, each from the same beginning.
fn press_all(context: Context) {
    let keymap = Keymap::default();
    let mut desk = Desk::at(context);
    let mut count = 0;
    for action in keymap.bindings(context) {
        let effect = effect(context, action.name);
        let effect = effect.unwrap_or_else(|| panic!("no effect of `{}` in {} is named", action.name, context.name()));
        for key in &action.keys {
            desk.say(&format!("{}: {} ({key})", context.name(), action.name));
            effect(&mut desk, key);
            desk.home();
            count += 1;
        }
    }
    println!("{count} keys of {} pressed", context.title());
}

#[test]
fn every_action_of_the_table_has_an_effect_that_is_named() {
    let keymap = Keymap::default();
    for &context in Context::ALL {
        for action in keymap.actions(context) {
            assert!(effect(context, action.name).is_some(), "`{}` in {}", action.name, context.name());
        }
    }
}

macro_rules! pressed {
    ($($test:ident: $context:ident;)*) => {
        $(#[test]
        fn $test() {
            press_all(Context::$context);
        })*

        /// No place is left out.
        #[test]
        fn every_place_has_its_keys_pressed() {
            let pressed = [$(Context::$context),*];
            assert!(Context::ALL.iter().all(|context| pressed.contains(context)));
        }
    };
}

pressed! {
    the_keys_of_the_queue: Queue;
    the_keys_of_reading: Reading;
    the_keys_of_writing: Writing;
    the_keys_of_choosing_a_teammate: Picker;
    the_keys_of_choosing_a_folder: Folders;
    the_keys_of_choosing_an_item: Items;
    the_keys_of_typing_a_line: Line;
    the_keys_of_choosing_a_file: Attaching;
    the_keys_of_tagging: Tags;
    the_keys_of_a_question: Confirm;
    the_keys_of_an_answers_fate: Fate;
    the_keys_of_searching: Search;
    the_keys_of_commands: Palette;
    the_keys_of_the_mailboxes: Mailboxes;
    the_keys_of_the_outbox: Outbox;
    the_keys_of_the_help: Help;
}
