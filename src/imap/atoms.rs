//! A tolerant reader of what IMAP responses are made of: atoms, strings, literals and parenthesised lists.
//!
//! It never fails: what makes no sense is skipped, what is missing is `NIL`, and depth is bounded, so that no response
//! of an odd server ends a session (RFC 3501 §4 has the grammar that servers should keep).

/// Lists nested deeper than this are read as flat: no mail is that deep by itself.
const DEPTH: usize = 64;

/// One value of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Nil,
    /// An atom as it stands, `BODY[HEADER.FIELDS (FROM)]<0>` and `\Seen` too.
    Atom(Vec<u8>),
    /// A quoted string, unescaped, or a literal.
    Text(Vec<u8>),
    List(Vec<Node>),
}

impl Node {
    /// The bytes of an atom or a string.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Atom(bytes) | Self::Text(bytes) => Some(bytes),
            Self::Nil | Self::List(_) => None,
        }
    }

    /// An atom or string as text, odd bytes replaced.
    pub fn text(&self) -> Option<String> {
        self.bytes().map(|b| String::from_utf8_lossy(b).into_owned())
    }

    /// An atom or string that is a decimal number; one that is too big counts as the biggest.
    pub fn number(&self) -> Option<u64> {
        let digits = self.bytes()?;
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        Some(digits.iter().fold(0u64, |n, d| n.saturating_mul(10).saturating_add(u64::from(d - b'0'))))
    }

    /// The members of a list; none for anything else.
    pub fn list(&self) -> &[Node] {
        match self {
            Self::List(nodes) => nodes,
            _ => &[],
        }
    }

    /// Whether this is that word, compared without case.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Atom(bytes) if bytes.eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// Reads all values of a response or of a part of it.
pub fn read(bytes: &[u8]) -> Vec<Node> {
    let mut reader = Reader { bytes, at: 0 };
    let mut nodes = Vec::new();
    while let Some(node) = reader.node(0) {
        nodes.push(node);
    }
    nodes
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next value, `None` at the end. At the top a `)` without its `(` is skipped.
    fn node(&mut self, depth: usize) -> Option<Node> {
        loop {
            match self.peek()? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b')' if depth == 0 => self.at += 1,
                b'(' if depth >= DEPTH => self.at += 1,
                b')' => return None,
                b'(' => {
                    self.at += 1;
                    let mut members = Vec::new();
                    while let Some(member) = self.node(depth + 1) {
                        members.push(member);
                    }
                    // Past the closing parenthesis, or at the end of a list that was never closed.
                    self.at = (self.at + 1).min(self.bytes.len());
                    return Some(Node::List(members));
                }
                b'"' => return Some(Node::Text(self.quoted())),
                b'{' => {
                    if let Some(text) = self.literal() {
                        return Some(Node::Text(text));
                    }
                    return Some(self.atom());
                }
                _ => return Some(self.atom()),
            }
        }
    }

    fn quoted(&mut self) -> Vec<u8> {
        self.at += 1;
        let mut text = Vec::new();
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => {
                    // Only `\"` and `\\` are escapes; servers that escape nothing are read as they meant it.
                    match self.peek() {
                        Some(next @ (b'"' | b'\\')) => {
                            text.push(next);
                            self.at += 1;
                        }
                        _ => text.push(b'\\'),
                    }
                }
                b'\r' | b'\n' => break,
                other => text.push(other),
            }
        }
        text
    }

    fn literal(&mut self) -> Option<Vec<u8>> {
        let rest = &self.bytes[self.at..];
        let close = rest.iter().take(24).position(|b| *b == b'}')?;
        let octets: usize = std::str::from_utf8(&rest[1..close]).ok()?.trim_end_matches('+').parse().ok()?;
        let content = rest[close + 1..].strip_prefix(b"\r\n")?;
        let start = self.bytes.len() - content.len();
        let end = start.saturating_add(octets).min(self.bytes.len());
        self.at = end;
        Some(self.bytes[start..end].to_vec())
    }

    fn atom(&mut self) -> Node {
        let start = self.at;
        let mut brackets = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'\r' | b'\n' => break,
                b'[' => brackets += 1,
                b']' => brackets = brackets.saturating_sub(1),
                b' ' | b'\t' | b'(' | b')' | b'"' if brackets == 0 && self.at > start => break,
                _ => {}
            }
            self.at += 1;
        }
        let atom = &self.bytes[start..self.at];
        if atom.eq_ignore_ascii_case(b"NIL") { Node::Nil } else { Node::Atom(atom.to_vec()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(node: &Node) -> String {
        match node {
            Node::Nil => "NIL".into(),
            Node::Atom(a) => String::from_utf8_lossy(a).into_owned(),
            Node::Text(t) => format!("{:?}", String::from_utf8_lossy(t)),
            Node::List(l) => format!("({})", l.iter().map(shown).collect::<Vec<_>>().join(" ")),
        }
    }

    fn all(input: &str) -> String {
        read(input.as_bytes()).iter().map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn it_reads_what_the_grammar_knows() {
        assert_eq!(
            all("* 1 FETCH (UID 5 FLAGS (\\Seen a]b) BODY[HEADER.FIELDS (DATE \"FROM\")]<0> {3}\r\nx)y X nil)\r\n"),
            "* 1 FETCH (UID 5 FLAGS (\\Seen a]b) BODY[HEADER.FIELDS (DATE \"FROM\")]<0> \"x)y\" X NIL)"
        );
        assert_eq!(all(r#"LIST (\Sent) "/" "a\"b\\c\d""#), r#"LIST (\Sent) "/" "a\"b\\c\\d""#);
    }

    #[test]
    fn it_lives_with_what_the_grammar_does_not_know() {
        assert_eq!(all("(a b ) c"), "(a b) c");
        assert_eq!(all("(a (b"), "(a (b))");
        assert_eq!(all(") a"), "a");
        assert_eq!(all("(a\"b\"(c)d)"), "(a \"b\" (c) d)");
        assert_eq!(all("\"open"), "\"open\"");
        assert_eq!(all("{9}\r\nab"), "\"ab\"");
        assert_eq!(all("{x} a"), "{x} a");
        assert!(all(&"(".repeat(100_000)).len() < 1000);
        let deep = format!("{}a{} b", "(".repeat(200), ")".repeat(200));
        assert!(all(&deep).contains('b'));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            read(&bytes);
        }

        #[test]
        fn odd_parentheses_never_panic(text in "[()\"{}0-9\\[\\] a\\\\\r\n]{0,60}") {
            read(text.as_bytes());
        }
    }
}
