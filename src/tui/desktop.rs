//! A notification of the desktop, where there is one: by its own program `notify-send`, which is found on PATH and speaks to
//! the desktop's notification service. Over SSH, without a display or without the program there is none, and the terminal is
//! told instead.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The program that tells the desktop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desktop(PathBuf);

impl Desktop {
    /// As this program's environment has it; `None` where there is no desktop.
    pub fn here() -> Option<Self> {
        Self::of(|name| std::env::var_os(name))
    }

    fn of(env: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
        if ["SSH_CONNECTION", "SSH_TTY"].into_iter().any(is_set) {
            // It would come up where nobody sits.
            return None;
        }
        ["WAYLAND_DISPLAY", "DISPLAY"].into_iter().find(|name| is_set(name))?;
        let path = env("PATH")?;
        // An empty or relative entry would run what lies in the working folder.
        let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
        folders.map(|folder| folder.join("notify-send")).find(|program| program.is_file()).map(Self)
    }

    /// Shows one line. `false`: the desktop did not take it.
    pub fn show(&self, words: &str) -> bool {
        let told = Command::new(&self.0)
            .args(arguments(words))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        told.is_ok_and(|status| status.success())
    }
}

/// All in the summary, which is plain text; a body may hold markup. Behind `--` nothing is an option.
fn arguments(words: &str) -> [String; 4] {
    let words = super::notice::words(words);
    ["--app-name=bagsy".to_owned(), "--".to_owned(), format!("bagsy: {words}"), String::new()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_desktop_over_ssh_nor_without_a_display_or_a_program() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notify-send"), "").unwrap();
        let path = folder.path().to_str().unwrap();
        let here = |set: &[(&str, &str)]| {
            Desktop::of(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| OsString::from(value)))
        };
        assert!(here(&[("PATH", path), ("DISPLAY", ":0")]).is_some());
        assert!(here(&[("PATH", path), ("WAYLAND_DISPLAY", "wayland-0")]).is_some());
        assert_eq!(here(&[("PATH", path)]), None);
        assert_eq!(here(&[("PATH", "/nonexistent:."), ("DISPLAY", ":0")]), None);
        assert_eq!(here(&[("PATH", path), ("DISPLAY", ":0"), ("SSH_CONNECTION", "1.2.3.4 5 6.7.8.9 22")]), None);
    }

    #[test]
    fn what_a_mail_says_is_one_argument_and_no_option() {
        let [_, dashes, words, body] = arguments("--help\n\u{1b}[31m<b>$(reboot)\u{202e}");
        assert_eq!((dashes.as_str(), body.as_str()), ("--", ""));
        assert!(words.starts_with("bagsy: --help") && !words.contains(char::is_control), "{words:?}");
        assert!(!words.contains('\u{202e}'));
        assert!(arguments(&"x".repeat(9_999))[2].chars().count() < 200);
    }
}
