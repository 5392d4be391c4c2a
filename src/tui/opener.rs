//! What opens a link or a file for a person, and what is never opened.

use std::ffi::OsString;

/// The program that opens things here; or why nothing can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opener {
    With(&'static str),
    None(&'static str),
}

impl Opener {
    /// As this program's environment has it.
    pub fn here() -> Self {
        Self::of(|name| std::env::var_os(name), cfg!(target_os = "macos"))
    }

    fn of(env: impl Fn(&str) -> Option<OsString>, is_mac: bool) -> Self {
        let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
        if ["SSH_CONNECTION", "SSH_TTY"].into_iter().any(is_set) {
            return Self::None("nothing can be opened over SSH");
        }
        match is_mac {
            true => Self::With("open"),
            false if ["WAYLAND_DISPLAY", "DISPLAY"].into_iter().any(is_set) => Self::With("xdg-open"),
            false => Self::None("nothing can be opened: there is no display"),
        }
    }
}

/// Kinds of files that show something and run nothing. What is not among them is saved, never opened: by its name a system
/// decides what to do with a file, and for some names that is to run it.
const SHOWN: [&str; 45] = [
    "avif", "bmp", "csv", "diff", "doc", "docx", "epub", "eml", "flac", "gif", "heic", "ics", "jpeg", "jpg", "json",
    "log", "m4a", "m4v", "md", "mkv", "mov", "mp3", "mp4", "odp", "ods", "odt", "ogg", "opus", "patch", "pdf", "png",
    "ppt", "pptx", "rtf", "tif", "tiff", "tsv", "txt", "vcf", "wav", "webm", "webp", "xls", "xlsx", "yaml",
];

/// Media types that say themselves that they are run.
const RUN: [&str; 8] =
    ["executable", "x-sh", "x-msdos", "x-msdownload", "javascript", "x-desktop", "java-archive", "x-bat"];

/// Whether a file of this name and type may be opened.
pub fn may_open(name: &str, media_type: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|e| SHOWN.contains(&e.as_str())) && !RUN.iter().any(|kind| media_type.contains(kind))
}

/// Whether a link leads where a person may be led.
pub fn may_follow(target: &str) -> bool {
    let has = |scheme: &str| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    ["https://", "http://", "mailto:"].into_iter().any(has) && !target.chars().any(|c| c.is_control() || c == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_never_opened() {
        for (name, media_type) in [
            ("a.exe", "application/pdf"),
            ("a.pdf.exe", "application/pdf"),
            ("a.desktop", "text/plain"),
            ("a.sh", "text/plain"),
            ("a.html", "text/html"),
            ("a.svg", "image/svg+xml"),
            ("a.docm", "application/octet-stream"),
            ("a", "application/pdf"),
            ("a.txt", "application/x-executable"),
            ("a.jar", "application/java-archive"),
        ] {
            assert!(!may_open(name, media_type), "{name}");
        }
        assert!(may_open("Rechnung ü.PDF", "application/pdf") && may_open("smoke.jpg", "application/octet-stream"));
    }

    #[test]
    fn only_the_web_and_mail_are_followed() {
        assert!(may_follow("https://x.test/a") && may_follow("MAILTO:a@x.test"));
        for no in ["tel:1", "file:///etc/passwd", "javascript:x", "-https://x", "https://x\n-a", "https://a b", ""] {
            assert!(!may_follow(no), "{no}");
        }
    }

    #[test]
    fn over_ssh_and_without_a_display_nothing_opens() {
        let of = |set: &'static [&str]| Opener::of(|name| set.contains(&name).then(|| "1".into()), false);
        assert_eq!(of(&["DISPLAY"]), Opener::With("xdg-open"));
        assert_eq!(of(&["WAYLAND_DISPLAY"]), Opener::With("xdg-open"));
        assert!(matches!(of(&["DISPLAY", "SSH_CONNECTION"]), Opener::None(_)));
        assert!(matches!(of(&[]), Opener::None(_)));
        assert_eq!(Opener::of(|_| None, true), Opener::With("open"));
    }
}
