//! Cuts a server's bytes into whole responses: lines and the literals they announce (RFC 3501 §2.2, §4.3).
//!
//! Everything is bounded. A literal above the bound is drained from the network and stands as `NIL`; a line above the
//! bound is cut off. So one response, however odd, costs bounded memory and never the session. Pure: bytes in, frames out.

use std::ops::Range;

/// How much of one response is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All lines of one response together, without its literals.
    pub line: usize,
    /// All literals of one response together.
    pub literals: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // A SEARCH over a million messages is a line of 8 MB; a mail above 64 MiB is fetched in parts.
        Self { line: 16 * 1024 * 1024, literals: 64 * 1024 * 1024 }
    }
}

/// A literal that claims to be longer is not believed to be one.
const ABSURD: u64 = 1 << 40;

/// How much of the end of a line that is cut off is remembered, to see whether it announces a literal.
const TAIL: usize = 24;

/// One whole response, line ends made CRLF, literals announced as plain `{n}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub bytes: Vec<u8>,
    /// Where the literals' contents lie in `bytes`.
    pub literals: Vec<Range<usize>>,
    /// Something was above the bounds: a line is cut off, or a literal stands as `NIL`.
    pub is_cut: bool,
}

impl Frame {
    /// The response's lines without the literals' contents, one range after the other.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.literals.iter().map(|r| r.start).chain([self.bytes.len()]);
        let starts = [0].into_iter().chain(self.literals.iter().map(|r| r.end));
        starts.zip(ends).map(|(from, to)| &self.bytes[from..to])
    }
}

#[derive(Debug)]
enum At {
    Line,
    Literal { left: u64 },
    Drain { left: u64 },
}

/// The state between two reads of the network.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    at: At,
    bytes: Vec<u8>,
    literals: Vec<Range<usize>>,
    /// Where the line begins that is being read.
    line_start: usize,
    line_octets: usize,
    literal_octets: u64,
    /// The last bytes of a line that is no longer kept.
    tail: Vec<u8>,
    is_cutting: bool,
    is_cut: bool,
}

impl Framer {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            at: At::Line,
            bytes: Vec::new(),
            literals: Vec::new(),
            line_start: 0,
            line_octets: 0,
            literal_octets: 0,
            tail: Vec::new(),
            is_cutting: false,
            is_cut: false,
        }
    }

    /// Changes the bounds, from the next literal on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Takes what it can use of `input`: how much that was, and the response that it completed. To be called until
    /// everything is used.
    pub fn take(&mut self, input: &[u8]) -> (usize, Option<Frame>) {
        let mut used = 0;
        while used < input.len() {
            let rest = &input[used..];
            match self.at {
                At::Line => {
                    let end = rest.iter().position(|b| *b == b'\n');
                    let piece = &rest[..end.map_or(rest.len(), |at| at + 1)];
                    used += piece.len();
                    self.keep_line(piece);
                    if end.is_some() && self.end_line() {
                        return (used, Some(self.finish()));
                    }
                }
                At::Literal { left } => {
                    let now = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    self.bytes.extend_from_slice(&rest[..now]);
                    used += now;
                    self.at = At::Literal { left: left - now as u64 };
                    self.end_literal();
                }
                At::Drain { left } => {
                    let now = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    used += now;
                    self.at = At::Drain { left: left - now as u64 };
                    self.end_literal();
                }
            }
        }
        (used, None)
    }

    fn keep_line(&mut self, piece: &[u8]) {
        let room = self.limits.line.saturating_sub(self.line_octets);
        self.line_octets = self.line_octets.saturating_add(piece.len());
        if self.is_cutting {
            self.keep_tail(piece);
        } else if piece.len() <= room {
            self.bytes.extend_from_slice(piece);
        } else {
            self.bytes.extend_from_slice(&piece[..room]);
            self.is_cutting = true;
            self.is_cut = true;
            self.tail = self.bytes[self.line_start..].to_vec();
            self.keep_tail(&piece[room..]);
        }
    }

    fn keep_tail(&mut self, piece: &[u8]) {
        self.tail.extend_from_slice(piece);
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
    }

    /// A line end was read. True: the response is whole; else a literal follows.
    fn end_line(&mut self) -> bool {
        let line = if self.is_cutting { &self.tail[..] } else { &self.bytes[self.line_start..] };
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let content_len = content.len();
        let announced = if may_hold_literals(&self.bytes) { announced_literal(content) } else { None };
        if self.is_cutting {
            self.tail.clear();
            let Some((_, octets)) = announced else { return true };
            self.at = At::Drain { left: octets };
            return false;
        }
        self.bytes.truncate(self.line_start + content_len);
        let Some((mark_len, octets)) = announced else {
            self.bytes.extend_from_slice(b"\r\n");
            return true;
        };
        self.bytes.truncate(self.bytes.len() - mark_len);
        if self.literal_octets.saturating_add(octets) > self.limits.literals as u64 {
            self.is_cut = true;
            self.bytes.extend_from_slice(b"NIL");
            self.at = At::Drain { left: octets };
        } else {
            self.literal_octets += octets;
            self.bytes.extend_from_slice(format!("{{{octets}}}\r\n").as_bytes());
            let start = self.bytes.len();
            self.literals.push(start..start);
            self.at = At::Literal { left: octets };
        }
        self.end_literal();
        false
    }

    /// Goes on with the line once nothing of the literal is left.
    fn end_literal(&mut self) {
        match self.at {
            At::Literal { left: 0 } => {
                if let Some(literal) = self.literals.last_mut() {
                    literal.end = self.bytes.len();
                }
            }
            At::Drain { left: 0 } => {}
            _ => return,
        }
        self.at = At::Line;
        self.line_start = self.bytes.len();
    }

    fn finish(&mut self) -> Frame {
        if self.is_cutting {
            // What was kept of the line ends here; whoever reads it must not wait for more.
            self.bytes.extend_from_slice(b"\r\n");
        }
        let frame = Frame {
            bytes: std::mem::take(&mut self.bytes),
            literals: std::mem::take(&mut self.literals),
            is_cut: self.is_cut,
        };
        *self = Self::new(self.limits);
        frame
    }
}

/// Whether a response may hold literals at all. Human text can: `* OK come back in {5}` announces nothing.
fn may_hold_literals(response: &[u8]) -> bool {
    let Some(rest) = response.strip_prefix(b"* ") else { return false };
    let word = rest.split(|b| b.is_ascii_whitespace()).next().unwrap_or_default();
    !["OK", "NO", "BAD", "BYE", "PREAUTH"].iter().any(|w| word.eq_ignore_ascii_case(w.as_bytes()))
}

/// The literal that a line announces at its end, as `{n}`, `{n+}` or `~{n}`: the length of that mark, and n.
fn announced_literal(line: &[u8]) -> Option<(usize, u64)> {
    let inner = line.strip_suffix(b"}")?;
    let inner = inner.strip_suffix(b"+").unwrap_or(inner);
    let open = inner.iter().rposition(|b| *b == b'{')?;
    let digits = &inner[open + 1..];
    if digits.is_empty() || digits.len() > 13 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let octets = digits.iter().fold(0u64, |n, d| n * 10 + u64::from(d - b'0'));
    let open = if line[..open].ends_with(b"~") { open - 1 } else { open };
    (octets <= ABSURD).then_some((line.len() - open, octets))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(limits: Limits, chunks: &[&[u8]]) -> Vec<Frame> {
        let mut framer = Framer::new(limits);
        let mut frames = Vec::new();
        for chunk in chunks {
            let mut rest = *chunk;
            while !rest.is_empty() {
                let (used, frame) = framer.take(rest);
                assert!(used > 0, "no progress");
                rest = &rest[used..];
                frames.extend(frame);
            }
        }
        frames
    }

    fn texts(limits: Limits, input: &[u8]) -> Vec<String> {
        frames(limits, &[input]).iter().map(|f| String::from_utf8_lossy(&f.bytes).into_owned()).collect()
    }

    #[test]
    fn a_response_is_its_lines_and_its_literals() {
        let input =
            b"* 1 FETCH (UID 5 BODY[] {7}\r\na\r\nb {2} X ~{3+}\r\n{1})\r\n* 2 EXISTS\nA1 OK come back in {5}\r\n";
        assert_eq!(
            texts(Limits::default(), input),
            [
                "* 1 FETCH (UID 5 BODY[] {7}\r\na\r\nb {2} X {3}\r\n{1})\r\n",
                "* 2 EXISTS\r\n",
                "A1 OK come back in {5}\r\n"
            ]
        );
        let frame = &frames(Limits::default(), &[input])[0];
        let literals: Vec<&[u8]> = frame.literals.iter().map(|r| &frame.bytes[r.clone()]).collect();
        assert_eq!(literals, [&b"a\r\nb {2"[..], b"{1}"]);
        let lines: Vec<&[u8]> = frame.lines().collect();
        assert_eq!(lines, [&b"* 1 FETCH (UID 5 BODY[] {7}\r\n"[..], b"} X {3}\r\n", b")\r\n"]);
    }

    #[test]
    fn a_literal_above_the_bound_is_drained_and_stands_as_nil() {
        let limits = Limits { line: 100, literals: 4 };
        let input = b"* 1 FETCH (BODY[] {6}\r\nabcdef UID 5)\r\n* 2 FETCH (A {3}\r\nabc B {3}\r\ndef)\r\nA1 OK\r\n";
        assert_eq!(
            texts(limits, input),
            ["* 1 FETCH (BODY[] NIL UID 5)\r\n", "* 2 FETCH (A {3}\r\nabc B NIL)\r\n", "A1 OK\r\n"]
        );
    }

    #[test]
    fn a_line_above_the_bound_is_cut_off_and_the_next_one_is_whole() {
        let limits = Limits { line: 20, literals: 100 };
        let input = b"* 1 FETCH (X yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy {4}\r\nA2\r\n zz)\r\nA1 OK\r\n";
        for size in 1..input.len() {
            let frames = frames(limits, &input.chunks(size).collect::<Vec<_>>());
            assert_eq!(frames.len(), 2);
            assert!(frames[0].is_cut && frames[0].bytes.len() <= 22);
            assert_eq!(frames[1].bytes, b"A1 OK\r\n");
        }
    }

    #[test]
    fn an_absurd_literal_is_text() {
        assert_eq!(texts(Limits::default(), b"* X {99999999999999999999}\r\n* 1 EXISTS\r\n").len(), 2);
    }

    fn odd_stream() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"* 1 FETCH (UID 1 BODY[] {5}\r\n".to_vec()),
            Just(b"* OK hm {3}\r\n".to_vec()),
            Just(b"A1 NO x\r\n".to_vec()),
            Just(b"~{2}\r\n".to_vec()),
            Just(b"\r\n".to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
        ];
        prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_frames(input in odd_stream(), cuts in prop::collection::vec(1usize..30, 1..40)) {
            let limits = Limits { line: 60, literals: 8 };
            let whole = frames(limits, &[&input]);
            let mut chunks = Vec::new();
            let mut rest = &input[..];
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break }
                let (head, tail) = rest.split_at((*cut).min(rest.len()));
                chunks.push(head);
                rest = tail;
            }
            let cut = frames(limits, &chunks);
            prop_assert_eq!(&cut, &whole);
            for frame in &whole {
                prop_assert!(frame.bytes.ends_with(b"\r\n"));
                prop_assert!(frame.bytes.len() <= 60 + 8 + 100);
            }
        }
    }
}
