//! Commands on their way to a server: words, names in the form that holds them, literals (RFC 3501 §4.3, §9).

/// One command, its tag apart.
#[derive(Clone)]
pub(crate) struct Command {
    /// Its name, for logs and errors: arguments are never shown.
    pub name: &'static str,
    /// What is sent before the first literal, then each literal with what follows it.
    pub head: String,
    pub rest: Vec<(Vec<u8>, String)>,
}

impl Command {
    pub fn new(name: &'static str) -> Self {
        Self { name, head: name.to_owned(), rest: Vec::new() }
    }

    /// Adds a blank and words that stand as they are: no CR, LF or NUL may be in them.
    #[must_use]
    pub fn words(mut self, words: &str) -> Self {
        debug_assert!(!words.contains(['\r', '\n', '\0']));
        let text = self.text();
        text.push(' ');
        text.push_str(words);
        self
    }

    /// Adds a blank and a name or any other string, quoted where that can hold it, else as a literal.
    #[must_use]
    pub fn string(mut self, string: &str) -> Self {
        if !is_quotable(string) {
            return self.literal(string.as_bytes().to_vec());
        }
        let text = self.text();
        text.push_str(" \"");
        for c in string.chars() {
            if matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push('"');
        self
    }

    /// Adds a blank and a literal.
    #[must_use]
    pub fn literal(mut self, bytes: Vec<u8>) -> Self {
        self.text().push(' ');
        self.rest.push((bytes, String::new()));
        self
    }

    fn text(&mut self) -> &mut String {
        match self.rest.last_mut() {
            Some((_, text)) => text,
            None => &mut self.head,
        }
    }

    /// Octets on the wire, about.
    pub fn octets(&self) -> usize {
        self.head.len() + self.rest.iter().map(|(bytes, text)| bytes.len() + text.len()).sum::<usize>()
    }
}

/// Whether a quoted string can hold it: 7 bits and on one line.
pub(crate) fn is_quotable(string: &str) -> bool {
    string.is_ascii() && !string.contains(['\r', '\n', '\0']) && string.len() < 1000
}

#[cfg(test)]
mod tests {
    use super::Command;

    #[test]
    fn names_are_quoted_or_literals() {
        let command = Command::new("STATUS").string("a\"b\\c").words("(MESSAGES)");
        assert_eq!(command.head, r#"STATUS "a\"b\\c" (MESSAGES)"#);
        let command = Command::new("SELECT").string("Entwürfe").words("(CONDSTORE)");
        assert_eq!(command.head, "SELECT ");
        assert_eq!(command.rest, [("Entwürfe".as_bytes().to_vec(), " (CONDSTORE)".to_owned())]);
        assert_eq!(command.octets(), 28);
    }
}
