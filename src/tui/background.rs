//! Whether the terminal's background is dark: the terminal itself tells, else what its environment says.

use std::time::Duration;

use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

/// How long the terminal may take to answer. Nearly all answer at once, those too that do not know; over a slow line it is a
/// round trip.
const ASK_FOR: Duration = Duration::from_millis(500);

/// Within this time of its first octet the rest of an answer is there.
const REST: Duration = Duration::from_millis(50);

/// Asks the terminal. One that says nothing is taken for dark, unless `COLORFGBG` says otherwise.
pub fn is_dark() -> bool {
    let mut options = QueryOptions::default();
    options.timeout = ASK_FOR;
    match theme_mode(options) {
        Ok(mode) => mode == ThemeMode::Dark,
        Err(error) => {
            tracing::debug!(%error, "the terminal's background");
            forget_half_an_answer();
            !is_light(&std::env::var("COLORFGBG").unwrap_or_default())
        }
    }
}

/// The question may have been given up in the midst of its answer: the rest of it must not be read as keys. What comes as a
/// whole after that is known by its beginning ([`super::late_answer`]).
#[cfg(unix)]
fn forget_half_an_answer() {
    use std::os::fd::AsRawFd;
    let Ok(terminal) = std::fs::File::open("/dev/tty") else { return };
    std::thread::sleep(REST);
    // SAFETY: tcflush(3) takes a descriptor, which is open as long as `terminal` lives, and touches no memory.
    unsafe { libc::tcflush(terminal.as_raw_fd(), libc::TCIFLUSH) };
}

#[cfg(not(unix))]
fn forget_half_an_answer() {}

/// `COLORFGBG` as rxvt, Konsole and others set it: the background is the last number, 7 and 15 are white.
fn is_light(color_fg_bg: &str) -> bool {
    matches!(color_fg_bg.rsplit(';').next(), Some("7" | "15"))
}
