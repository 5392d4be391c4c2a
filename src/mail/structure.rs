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
    shorten(plain)
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
    use super::file_name;
    use proptest::prelude::*;

    #[test]
    fn a_name_has_no_path_and_nothing_hidden() {
        let name = |given| file_name(Some(given), "application/pdf");
        assert_eq!(name("../../etc/passwd"), "passwd");
        assert_eq!(name("C:\\temp\\Bill: 4.pdf"), "Bill_ 4.pdf");
        assert_eq!(name(".bashrc"), "bashrc");
        assert_eq!(name("photo\u{202E}gpj.exe"), "photogpj.exe");
        assert_eq!(name(".."), "attachment.pdf");
        assert_eq!(file_name(None, "message/rfc822"), "message.eml");
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
            prop_assert!(name != "." && name != ".." && !name.starts_with('.'), "{name:?}");
        }
    }
}
