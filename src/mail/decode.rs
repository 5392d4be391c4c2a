//! Undoing a transfer encoding as the octets come in (RFC 2045 §6): what is large goes to a file and never through memory whole.

use super::mime::TransferEncoding;

/// A line of quoted-printable that is longer than this is taken in pieces.
const LONGEST_LINE: usize = 256 * 1024;

/// Decodes one part, piece by piece.
#[derive(Debug, Clone)]
pub struct Decoder {
    encoding: TransferEncoding,
    /// Came and cannot be decoded yet.
    rest: Vec<u8>,
}

impl Decoder {
    pub fn new(encoding: TransferEncoding) -> Self {
        Self { encoding, rest: Vec::new() }
    }

    /// The octets that are certain after this piece.
    pub fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        match self.encoding {
            TransferEncoding::Identity => piece.to_vec(),
            TransferEncoding::Base64 => {
                let is_code = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
                self.rest.extend(piece.iter().copied().filter(is_code));
                let whole = self.rest.len() / 4 * 4;
                self.take(whole)
            }
            TransferEncoding::QuotedPrintable => {
                self.rest.extend_from_slice(piece);
                let whole = match self.rest.iter().rposition(|b| *b == b'\n') {
                    Some(end) => end + 1,
                    None if self.rest.len() < LONGEST_LINE => 0,
                    // Before whatever may be a code that is not all here, or blanks that end a line.
                    None => {
                        let is_plain = |b: &u8| !matches!(b, b'=' | b' ' | b'\t' | b'\r');
                        let tail = self.rest.len() - 3;
                        match self.rest[tail..].iter().all(is_plain) {
                            true => tail,
                            false => self.rest[..tail].iter().rposition(is_plain).map_or(0, |at| at.saturating_sub(2)),
                        }
                    }
                };
                self.take(whole)
            }
        }
    }

    /// What is left when nothing more comes.
    pub fn finish(mut self) -> Vec<u8> {
        let all = self.rest.len();
        self.take(all)
    }

    fn take(&mut self, whole: usize) -> Vec<u8> {
        let rest = self.rest.split_off(whole);
        let taken = std::mem::replace(&mut self.rest, rest);
        if self.encoding != TransferEncoding::Base64 || !taken.contains(&b'=') {
            return self.encoding.decode(&taken).into_owned();
        }
        // Padding ends a group: what somebody put together of two encoded texts reads on behind it.
        taken.chunks(4).flat_map(|group| self.encoding.decode(group).into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn in_pieces(encoding: TransferEncoding, body: &[u8], size: usize) -> Vec<u8> {
        let mut decoder = Decoder::new(encoding);
        let mut out: Vec<u8> = body.chunks(size.max(1)).flat_map(|piece| decoder.feed(piece)).collect();
        out.extend(decoder.finish());
        out
    }

    #[test]
    fn a_line_without_end_is_not_kept_whole() {
        let mut decoder = Decoder::new(TransferEncoding::QuotedPrintable);
        let mut most = 0;
        for _ in 0..100 {
            decoder.feed(&[b'x'; 64 * 1024]);
            most = most.max(decoder.rest.len());
        }
        assert!(most <= LONGEST_LINE + 64 * 1024, "{most}");
    }

    proptest! {
        #[test]
        fn in_pieces_it_is_what_it_is_as_a_whole(octets in proptest::collection::vec(any::<u8>(), 0..300), size in 1usize..50) {
            use base64::Engine as _;
            let code = base64::engine::general_purpose::STANDARD.encode(&octets);
            let lines: String = code.as_bytes().chunks(20).map(|l| format!("{}\r\n", String::from_utf8_lossy(l))).collect();
            prop_assert_eq!(in_pieces(TransferEncoding::Base64, lines.as_bytes(), size), octets);
        }

        #[test]
        fn quoted_printable_too(text in "([a-z ]|=[0-9A-F]{2}|=\r\n|\r\n){0,60}", size in 1usize..20) {
            let encoding = TransferEncoding::QuotedPrintable;
            prop_assert_eq!(in_pieces(encoding, text.as_bytes(), size), encoding.decode(text.as_bytes()).into_owned());
        }
    }
}
