//! Message-IDs as they can be written into a header again (docs/protocol.md#conversation).

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

use crate::model::MessageId;

/// Longer ones do not fit into a line beside the field's name.
const LONGEST: usize = 922;

/// Whether a header can carry it: printable ASCII, and not too long.
pub fn is_carriable(id: &str) -> bool {
    !id.is_empty() && id.len() < LONGEST && id.bytes().all(|b| b.is_ascii_graphic() && !b"<>".contains(&b))
}

/// What an id in a mail is known by: itself where an answer can name it, else `nomid.` and its hash. Every mail that names
/// it is read so, and whoever answers writes it so.
pub fn known_as(id: String) -> MessageId {
    if is_carriable(&id) {
        return MessageId(id);
    }
    MessageId(format!("nomid.{}", BASE32_NOPAD.encode(&Sha256::digest(id.as_bytes())).to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_no_header_carries_is_known_by_its_hash_and_that_one_is_carried() {
        assert_eq!(known_as("1@reyes.example".into()).0, "1@reyes.example");
        for odd in ["1@büro".to_owned(), "x".repeat(1000)] {
            let known = known_as(odd.clone());
            assert!(known.0.starts_with("nomid.") && is_carriable(&known.0));
            assert_eq!((known_as(odd), known_as(known.0.clone())), (known.clone(), known));
        }
    }
}
