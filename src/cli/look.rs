//! From what the configuration says of the screen to the screen's own: keys, colours. What the screen does not know is told by file
//! and line, whichever verb it is that reads the configuration.

use std::path::Path;

use crate::config::{self, Config, ConfigError, KeyLine, KeyProfile, Ui};
use crate::tui::keymap::{Keymap, Override, Profile};
use crate::tui::theme::ThemeChoice;
use crate::tui::theme::file::{self, ThemeError};

/// Reads the configuration and checks also what only the screen can check.
///
/// # Errors
/// [`ConfigError`], with the line.
pub fn config(file: &Path) -> Result<Config, ConfigError> {
    let config = Config::load(file)?;
    keymap(&config.ui)?;
    theme(&config.ui)?;
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

/// What it is painted with.
///
/// # Errors
/// A name that no theme has, told where it is named; what a theme's file cannot say.
pub fn theme(ui: &Ui) -> Result<ThemeChoice, ConfigError> {
    let config::Theme::Named { name, place } = &ui.theme else { return Ok(ThemeChoice::Auto) };
    let folder = place.file.parent().unwrap_or(Path::new("")).join("themes");
    match file::read(name, &folder) {
        Ok(design) => Ok(ThemeChoice::Design(Box::new(design))),
        Err(ThemeError::File(error)) => Err(error),
        Err(error) => Err(place.refuse(error.to_string(), error.hint())),
    }
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
    fn a_theme_is_found_beside_the_configuration_and_faults_have_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::create_dir(folder.path().join("themes")).unwrap();
        std::fs::write(folder.path().join("themes/mine.toml"), "inherits = \"light\"\n").unwrap();
        std::fs::write(folder.path().join("themes/bad.toml"), "inherits = \"light\"\n\nx = 1\n").unwrap();
        let read = |name: &str| {
            std::fs::write(&file, format!("{SMALL}[ui]\ntheme = \"{name}\"\n")).unwrap();
            super::config(&file).map(|config| theme(&config.ui).unwrap())
        };
        assert!(matches!(read("mine"), Ok(ThemeChoice::Design(design)) if !design.is_dark));
        assert!(matches!(read("high-contrast"), Ok(ThemeChoice::Design(design)) if design.is_dark));
        assert_eq!(read("auto").unwrap(), ThemeChoice::Auto);
        let error = read("mien").unwrap_err();
        assert!(
            error.to_string().ends_with("config.toml, line 5: there is no theme called `mien`; the nearest is `mine`"),
            "{error}"
        );
        let error = read("bad").unwrap_err();
        assert!(error.to_string().contains("bad.toml, line 3: unknown key `x`"), "{error}");
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
