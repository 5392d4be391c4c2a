//! Folder names for people: modified UTF-7 (RFC 3501 §5.1.3) read as text.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The name as text; what is no modified UTF-7 is left as it stands.
pub fn decode(name: &str) -> String {
    let mut text = String::new();
    let mut rest = name;
    while let Some(start) = rest.find('&') {
        text.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('-').map(|at| start + at) else {
            rest = &rest[start..];
            text.push_str(rest);
            return text;
        };
        match shifted(&rest[start + 1..end]) {
            Some(part) => text.push_str(&part),
            None => text.push_str(&rest[start..=end]),
        }
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    text
}

fn shifted(base64: &str) -> Option<String> {
    if base64.is_empty() {
        return Some("&".to_owned());
    }
    let bytes = ENGINE.decode(base64).ok()?;
    if bytes.len() % 2 != 0 {
        return None;
    }
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_read_and_odd_ones_left() {
        assert_eq!(decode("Gesendete Entw&APw-rfe"), "Gesendete Entwürfe");
        assert_eq!(decode("~peter/mail/&U,BTFw-/&ZeVnLIqe-"), "~peter/mail/台北/日本語");
        assert_eq!(decode("R&-D"), "R&D");
        for odd in ["a&b", "a&!!-b", "&AA-", "&2D0-", "ü"] {
            assert_eq!(decode(odd), odd);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_names_never_panic(name in "[&A-Za-z,+é/-]{0,30}") {
            decode(&name);
        }
    }
}
