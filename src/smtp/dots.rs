//! The text of a mail as DATA wants it: CRLF line ends, dots doubled at line heads (RFC 5321 §4.5.2).

/// The message with every line ended by CRLF and transparent dots, without the final dot.
///
/// A bare CR or LF would be a line end to one server and none to the next, which is how a second mail is smuggled into
/// one: each becomes CRLF here.
pub(super) fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + message.len() / 50 + 2);
    let mut at_line_head = true;
    let mut bytes = message.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' | b'\n' => {
                if byte == b'\r' {
                    bytes.next_if_eq(&b'\n');
                }
                out.extend_from_slice(b"\r\n");
                at_line_head = true;
            }
            _ => {
                if byte == b'.' && at_line_head {
                    out.push(b'.');
                }
                out.push(byte);
                at_line_head = false;
            }
        }
    }
    if !at_line_head {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::stuffed;

    #[test]
    fn dots_at_line_heads_are_doubled_and_no_blank_line_is_added() {
        assert_eq!(stuffed(b".a\r\nb.\r\n.\r\n..c\r\n"), b"..a\r\nb.\r\n..\r\n...c\r\n");
        assert_eq!(stuffed(b"no end"), b"no end\r\n");
        assert_eq!(stuffed(b""), b"");
    }

    #[test]
    fn bare_line_ends_cannot_smuggle_a_final_dot() {
        assert_eq!(stuffed(b"a\n.\nb\r.\rc\r\r\n"), b"a\r\n..\r\nb\r\n..\r\nc\r\n\r\n");
    }

    proptest::proptest! {
        #[test]
        fn the_final_dot_never_stands_in_the_text(message: Vec<u8>) {
            let sent = stuffed(&message);
            proptest::prop_assert!(!sent.windows(5).any(|w| w == b"\r\n.\r\n") && !sent.starts_with(b".\r\n"));
            proptest::prop_assert!(sent.is_empty() || sent.ends_with(b"\r\n"));
        }
    }
}
