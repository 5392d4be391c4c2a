//! What hangs on a mail: attachments, named so that a list can show them and a disk can take them.

use serde::{Deserialize, Serialize};

use super::safe;

/// One attachment, or inline image, or attached mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The part's number as IMAP counts (RFC 3501 §6.4.5): `2`, `1.2`.
    pub part: String,
    /// Safe to show, and a file name without a path; never empty.
    pub name: String,
    /// Lower case.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Decoded, in octets; of a mail that was cut, what is there of it.
    pub size: u64,
}

/// The longest file name that is kept, in bytes; common file systems end at 255.
const MAX_NAME: usize = 150;

/// The name under which an attachment is shown and saved: what its sender called it, without a path, without what a
/// terminal or a file system would obey; made of the media type where nothing is left.
pub fn file_name(given: Option<&str>, media_type: &str) -> String {
    let given = safe::line(given.unwrap_or_default());
    let base = given.rsplit(['/', '\\']).next().unwrap_or_default();
    // Characters that mean something to a shell or to another system's paths, and dots that hide a file.
    let plain: String = base.chars().map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    let plain = plain.trim().trim_start_matches('.').trim_end_matches(['.', ' ']).trim_start();
    if plain.is_empty() {
        return format!("{}.{}", stem(media_type), extension(media_type));
    }
    // What begins with a dash is an option to many a program, and some names are devices elsewhere.
    let needs_cover = plain.starts_with(['-', '~']) || is_device(plain);
    shorten(&if needs_cover { format!("_{plain}") } else { plain.to_owned() })
}

/// Names that Windows keeps for itself, with any extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|n| n.chars().count() == 1 && n.contains(|c: char| c.is_numeric()))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$") || numbered("com") || numbered("lpt")
}

/// The name of the next file where those before it are taken: `a.pdf`, `a (1).pdf`, `a (2).pdf`.
pub fn numbered(name: &str, number: u32) -> String {
    if number == 0 {
        return name.to_owned();
    }
    match name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) {
        Some((stem, extension)) => format!("{stem} ({number}).{extension}"),
        None => format!("{name} ({number})"),
    }
}

fn shorten(name: &str) -> String {
    if name.len() <= MAX_NAME {
        return name.to_owned();
    }
    // The extension is what people and programs tell the kind by: the middle goes.
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 16 => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let room = MAX_NAME - extension.len();
    let end = (0..=room.min(stem.len())).rev().find(|&i| stem.is_char_boundary(i)).unwrap_or(0);
    format!("{}{extension}", &stem[..end])
}

fn stem(media_type: &str) -> &'static str {
    match media_type.split('/').next() {
        Some("image") => "image",
        Some("message") => "message",
        Some("text") => "text",
        _ => "attachment",
    }
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" | "application/ics" => "ics",
        "message/rfc822" | "message/global" => "eml",
        "image/jpeg" | "image/jpg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        other if other.starts_with("text/") || other.starts_with("message/") => "txt",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::{file_name, is_device, numbered};
    use proptest::prelude::*;

    #[test]
    fn a_name_has_no_path_and_nothing_hidden() {
        let name = |given| file_name(Some(given), "application/pdf");
        assert_eq!(name("../../etc/passwd"), "passwd");
        assert_eq!(name("C:\\temp\\Bill: 4.pdf"), "Bill_ 4.pdf");
        assert_eq!(name(".bashrc"), "bashrc");
        assert_eq!(name("photo\u{202E}gpj.exe"), "photogpj.exe");
        assert_eq!(name("-rf *"), "_-rf _");
        assert_eq!(name("aux.c"), "_aux.c");
        assert_eq!(name("COM1"), "_COM1");
        assert_eq!(name("Common.pdf"), "Common.pdf");
        assert_eq!(name(".."), "attachment.pdf");
        assert_eq!(file_name(None, "message/rfc822"), "message.eml");
    }

    #[test]
    fn namesakes_are_numbered_before_the_extension() {
        assert_eq!(numbered("a.tar.gz", 2), "a.tar (2).gz");
        assert_eq!(numbered("README", 1), "README (1)");
        assert_eq!(numbered("a.pdf", 0), "a.pdf");
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = file_name(Some(&format!("{}.pdf", "ä".repeat(300))), "application/pdf");
        assert!(name.len() <= 150 && name.ends_with("ä.pdf"), "{name}");
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_file_name(given in any::<String>()) {
            let name = file_name(Some(&given), "image/png");
            prop_assert!(!name.is_empty() && name.len() <= 150 && !name.contains(['/', '\\', '\n', '\0']), "{name:?}");
            prop_assert!(!is_device(&name) && !name.starts_with(['-', '~', ' ']) && !name.ends_with(['.', ' ']), "{name:?}");
            prop_assert!(!name.chars().any(|c| c.is_control() || "<>:\"|?*".contains(c)), "{name:?}");
            prop_assert!(name != "." && name != ".." && !name.starts_with('.'), "{name:?}");
        }
    }
}
