//! Folder names for people: modified UTF-7 (RFC 3501 §5.1.3) read as text, and text written so.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
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

/// The name as commands want it, of the one that people read.
pub fn encode(name: &str) -> String {
    let mut encoded = String::new();
    let mut others: Vec<u8> = Vec::new();
    let flush = |others: &mut Vec<u8>, encoded: &mut String| {
        if !others.is_empty() {
            encoded.push_str(&format!("&{}-", ENGINE.encode(&others)));
            others.clear();
        }
    };
    for c in name.chars() {
        if c == ' ' || c.is_ascii_graphic() {
            flush(&mut others, &mut encoded);
            encoded.push(c);
            if c == '&' {
                encoded.push('-');
            }
        } else {
            others.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut others, &mut encoded);
    encoded
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

    #[test]
    fn names_are_written_as_servers_want_them() {
        assert_eq!(encode("~peter/mail/台北/日本語"), "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
        assert_eq!(encode("R&D"), "R&-D");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(name in ".{0,20}") {
            prop_assert_eq!(decode(&encode(&name)), name);
        }

        #[test]
        fn arbitrary_names_never_panic(name in "[&A-Za-z,+é/-]{0,30}") {
            decode(&name);
        }
    }
}
