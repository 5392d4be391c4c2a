//! From what the configuration says of the screen to the screen's own: keys. What the screen does not know is told by file
//! and line, whichever verb it is that reads the configuration.

use std::path::Path;

use crate::config::{Config, ConfigError, KeyLine, KeyProfile, Ui};
use crate::tui::keymap::{Keymap, Override, Profile};

/// Reads the configuration and checks also what only the screen can check.
///
/// # Errors
/// [`ConfigError`], with the line.
pub fn config(file: &Path) -> Result<Config, ConfigError> {
    let config = Config::load(file)?;
    keymap(&config.ui)?;
    Ok(config)
}

/// What is bound.
///
/// # Errors
/// The line of `[keys.…]` that cannot be.
pub fn keymap(ui: &Ui) -> Result<Keymap, ConfigError> {
    let profile = match ui.keys {
        KeyProfile::Default => Profile::Default,
        KeyProfile::Mutt => Profile::Mutt,
        KeyProfile::Gmail => Profile::Gmail,
    };
    let line = |l: &KeyLine| Override { context: l.context.clone(), keys: l.keys.clone(), action: l.action.clone() };
    let lines: Vec<Override> = ui.own_keys.iter().map(line).collect();
    Keymap::with(profile, &lines).map_err(|(at, fault)| ui.own_keys[at].place.refuse(fault.to_string(), fault.hint()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const SMALL: &str = "[account.work]\nuser = \"alice@example.test\"\nimap = { host = \"imap.example.test\" }\n";

    fn ui(more: &str) -> Ui {
        Config::parse(Path::new("config.toml"), &format!("{SMALL}{more}")).unwrap().ui
    }

    #[test]
    fn a_key_that_cannot_be_is_told_by_file_and_line_with_the_nearest_known() {
        for (more, says) in [
            (
                "[keys.queue]\n\"x\" = \"claim\"\n\"y\" = \"clam\"\n",
                "config.toml, line 6: [keys.queue] knows no action `clam`; the nearest is `claim`",
            ),
            (
                "[keys.reeding]\nx = \"claim\"\n",
                "config.toml, line 5: there is no place called `reeding` with keys of its own; the nearest is `reading`",
            ),
            (
                "[keys.queue]\n\n\"Cntrl-x\" = \"claim\"\n",
                "config.toml, line 6: `Cntrl-x` is no key; the nearest is `Ctrl-x`",
            ),
            (
                "[keys]\nqueue.g = \"claim\"\n",
                "config.toml, line 5: `g` (claim) and `g g` (top) in [keys.queue]: the longer could never be pressed",
            ),
        ] {
            let error = keymap(&ui(more)).unwrap_err();
            assert_eq!(error.to_string(), says);
            assert!(error.hint().is_some(), "{says}");
        }
    }

    #[test]
    fn the_profile_lies_below_ones_own_keys() {
        use crate::tui::keymap::{Act, Context};
        let map = keymap(&ui("[ui]\nkeys = \"mutt\"\n[keys.queue]\n\"x\" = \"claim\"\n")).unwrap();
        assert_eq!(map.key_for(Context::Queue, Act::Claim), "x");
        assert_eq!(map.key_for(Context::Queue, Act::ReplyAll), "g");
        assert_eq!(map.key_for(Context::Queue, Act::Quit), "q");
    }
}
