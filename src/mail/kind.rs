//! What a file on the disk is, as mail says it: a media type (RFC 2046), by its name, else by how it begins.

/// How files begin whose name says nothing.
const BEGINNINGS: [(&[u8], &str); 7] = [
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
];

/// So much of a file tells text from octets.
const GLANCE: usize = 8 * 1024;

/// The media type of a file of this name that holds these octets.
pub fn media_type(name: &str, bytes: &[u8]) -> String {
    if let Some(known) = mime_guess::from_path(name).first_raw() {
        return known.to_owned();
    }
    if let Some((_, known)) = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        return (*known).to_owned();
    }
    let glance = &bytes[..bytes.len().min(GLANCE)];
    let is_utf8 = match std::str::from_utf8(glance) {
        Ok(_) => true,
        // A letter that is cut in two by the end of the glance.
        Err(error) => error.error_len().is_none() && glance.len() < bytes.len(),
    };
    if is_utf8 && !glance.contains(&0) { "text/plain".to_owned() } else { "application/octet-stream".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn a_file_is_known_by_its_name_else_by_how_it_begins() {
        assert_eq!(media_type("a.PDF", b""), "application/pdf");
        assert_eq!(media_type("log.txt", b"\0"), "text/plain");
        assert_eq!(media_type("scan", b"%PDF-1.7"), "application/pdf");
        assert_eq!(media_type("README", "Grüße".as_bytes()), "text/plain");
        assert_eq!(media_type("core", b"\x7fELF\0\0"), "application/octet-stream");
        assert_eq!(media_type("long", "ä".repeat(5000).as_bytes()), "text/plain");
        assert_eq!(media_type("mail.eml", b""), "message/rfc822");
    }
}
