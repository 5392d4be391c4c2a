//! The small words of IMAP's grammar (RFC 3501 §9): atoms, strings, numbers, sets, dates.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

/// What was expected where the grammar was broken; goes into the tagged BAD.
pub type Expected = &'static str;

/// A place in a command.
#[derive(Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub fn new(command: &'a [u8]) -> Self {
        Self { rest: command }
    }

    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte, left where it is.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Takes these bytes, in either case, if they come next.
    pub fn take(&mut self, word: &str) -> bool {
        let taken = self.rest.len() >= word.len() && self.rest[..word.len()].eq_ignore_ascii_case(word.as_bytes());
        if taken {
            self.rest = &self.rest[word.len()..];
        }
        taken
    }

    pub fn expect(&mut self, word: &'static str) -> Result<(), Expected> {
        if self.take(word) { Ok(()) } else { Err(word) }
    }

    pub fn space(&mut self) -> Result<(), Expected> {
        if self.take(" ") { Ok(()) } else { Err("a space") }
    }

    pub fn end(&mut self) -> Result<(), Expected> {
        while self.take(" ") {}
        if self.is_at_end() { Ok(()) } else { Err("the end of the command") }
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|&b| !belongs(b)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn text(bytes: &[u8]) -> Result<String, Expected> {
        String::from_utf8(bytes.to_vec()).map_err(|_| "UTF-8")
    }

    /// A word of letters, digits and points, in upper case: the name of a command, an item, a search key.
    pub fn word(&mut self) -> Result<String, Expected> {
        let word = self.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        if word.is_empty() { Err("a word") } else { Ok(String::from_utf8_lossy(word).to_ascii_uppercase()) }
    }

    pub fn tag(&mut self) -> Result<String, Expected> {
        let tag = self.take_while(|b| is_atom_char(b) && b != b'+' || b == b']');
        if (1..=64).contains(&tag.len()) { Self::text(tag) } else { Err("a tag") }
    }

    pub fn atom(&mut self) -> Result<String, Expected> {
        let atom = self.take_while(is_atom_char);
        if atom.is_empty() { Err("an atom") } else { Self::text(atom) }
    }

    /// `\Seen` or a keyword.
    pub fn flag(&mut self) -> Result<String, Expected> {
        let slash = if self.take("\\") { "\\" } else { "" };
        Ok(format!("{slash}{}", self.atom()?))
    }

    /// `(…)` of flags, spaces between.
    pub fn flags(&mut self) -> Result<Vec<String>, Expected> {
        self.list(Self::flag)
    }

    /// `(…)`, maybe empty.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, Expected>) -> Result<Vec<T>, Expected> {
        self.expect("(")?;
        let mut items = Vec::new();
        while !self.take(")") {
            if !items.is_empty() {
                self.space()?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A quoted string or a literal.
    pub fn string(&mut self) -> Result<Vec<u8>, Expected> {
        if self.take("\"") {
            let mut text = Vec::new();
            loop {
                let (&byte, rest) = self.rest.split_first().ok_or("a closing quote")?;
                self.rest = rest;
                match byte {
                    b'"' => return Ok(text),
                    b'\\' => {
                        let (&escaped, rest) = self.rest.split_first().ok_or("a closing quote")?;
                        self.rest = rest;
                        text.push(escaped);
                    }
                    b'\r' | b'\n' => return Err("a closing quote"),
                    other => text.push(other),
                }
            }
        }
        self.expect("{").map_err(|_| "a string")?;
        let size = usize::try_from(self.number()?).map_err(|_| "a literal")?;
        self.take("+");
        self.expect("}\r\n").map_err(|_| "a literal")?;
        if size > self.rest.len() {
            return Err("a literal");
        }
        let (literal, rest) = self.rest.split_at(size);
        self.rest = rest;
        Ok(literal.to_vec())
    }

    /// An atom or a string.
    pub fn astring(&mut self) -> Result<Vec<u8>, Expected> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(),
            _ => {
                let atom = self.take_while(|b| is_atom_char(b) || b == b']');
                if atom.is_empty() { Err("an atom or a string") } else { Ok(atom.to_vec()) }
            }
        }
    }

    /// The name of a folder.
    pub fn folder(&mut self) -> Result<String, Expected> {
        String::from_utf8(self.astring()?).map_err(|_| "a folder's name")
    }

    /// A folder's name with `%` and `*` in it.
    pub fn pattern(&mut self) -> Result<String, Expected> {
        if matches!(self.peek(), Some(b'"' | b'{')) {
            return self.folder();
        }
        let pattern = self.take_while(|b| is_atom_char(b) || matches!(b, b']' | b'%' | b'*'));
        if pattern.is_empty() { Err("a folder's name or pattern") } else { Self::text(pattern) }
    }

    pub fn number(&mut self) -> Result<u64, Expected> {
        let digits = self.take_while(|b| b.is_ascii_digit());
        std::str::from_utf8(digits).ok().and_then(|d| d.parse().ok()).ok_or("a number")
    }

    pub fn set(&mut self) -> Result<Set, Expected> {
        let mut ranges = Vec::new();
        loop {
            let from = self.set_end()?;
            let to = if self.take(":") { self.set_end()? } else { from };
            ranges.push((from, to));
            if !self.take(",") {
                return Ok(Set(ranges));
            }
        }
    }

    fn set_end(&mut self) -> Result<Option<u32>, Expected> {
        if self.take("*") {
            return Ok(None);
        }
        match u32::try_from(self.number().map_err(|_| "a set")?) {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err("a set"),
        }
    }

    /// `1-Feb-2026`, quoted or not.
    pub fn date(&mut self) -> Result<Date, Expected> {
        let text = String::from_utf8(self.astring()?).map_err(|_| "a date")?;
        Date::strptime("%d-%b-%Y", text.trim()).map_err(|_| "a date")
    }

    /// `"01-Feb-2026 13:04:05 +0100"`.
    pub fn date_time(&mut self) -> Result<Timestamp, Expected> {
        let text = String::from_utf8(self.string()?).map_err(|_| "a date and time")?;
        let read = jiff::Zoned::strptime("%d-%b-%Y %H:%M:%S %z", text.trim());
        read.map(|zoned| zoned.timestamp()).map_err(|_| "a date and time")
    }
}

fn is_atom_char(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
}

/// Numbers and ranges of them; `None` is `*`, the highest there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set(Vec<(Option<u32>, Option<u32>)>);

impl Set {
    /// Whether this number is meant where `highest` is the highest there is.
    pub fn has(&self, number: u32, highest: u32) -> bool {
        self.0.iter().any(|&(from, to)| {
            let (from, to) = (from.unwrap_or(highest), to.unwrap_or(highest));
            (from.min(to)..=from.max(to)).contains(&number)
        })
    }

    /// Which of these numbers, ascending, are meant.
    pub fn of(&self, numbers: &[u32]) -> BTreeSet<u32> {
        let Some(&highest) = numbers.last() else { return BTreeSet::new() };
        let mut meant = BTreeSet::new();
        for &(from, to) in &self.0 {
            let (from, to) = (from.unwrap_or(highest), to.unwrap_or(highest));
            let (low, high) = (from.min(to), from.max(to));
            let begin = numbers.partition_point(|&n| n < low);
            let end = numbers.partition_point(|&n| n <= high);
            meant.extend(&numbers[begin..end]);
        }
        meant
    }
}

/// Numbers as a set, runs drawn together.
pub fn write_set(numbers: &BTreeSet<u32>) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == number => *end = number,
            _ => runs.push((number, number)),
        }
    }
    let runs: Vec<String> =
        runs.iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from}:{to}") }).collect();
    runs.join(",")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Cursor, write_set};

    #[test]
    fn strings_come_quoted_literal_or_bare() {
        let mut cursor = Cursor::new(b"abc \"a\\\"b\" {3}\r\nx\r\n {0+}\r\n");
        let mut read = Vec::new();
        for _ in 0..4 {
            read.push(cursor.astring().unwrap());
            cursor.take(" ");
        }
        assert_eq!(read, [b"abc".to_vec(), b"a\"b".to_vec(), b"x\r\n".to_vec(), Vec::new()]);
        assert!(cursor.is_at_end());
        for broken in [&b"\"abc"[..], b"\"a\\", b"{9}\r\nabc", b"{x}\r\n", b"", b"("] {
            assert!(Cursor::new(broken).astring().is_err());
        }
    }

    #[test]
    fn a_set_means_the_numbers_that_are_there() {
        let numbers = [2, 3, 5, 9];
        let of = |text: &str| Cursor::new(text.as_bytes()).set().unwrap().of(&numbers).into_iter().collect::<Vec<_>>();
        assert_eq!(of("1:4,9"), [2, 3, 9]);
        assert_eq!(of("*"), [9]);
        assert_eq!(of("20:*"), [9]);
        assert_eq!(of("*:5"), [5, 9]);
        assert_eq!(of("1:4294967295"), numbers);
        for broken in ["0", "a", "", "1:", "4294967296", "1,"] {
            assert!(Cursor::new(broken.as_bytes()).set().is_err(), "{broken}");
        }
        assert_eq!(write_set(&BTreeSet::from([1, 2, 3, 5, 7, 8])), "1:3,5,7:8");
    }

    #[test]
    fn dates_are_read_as_imap_writes_them() {
        assert_eq!(Cursor::new(b"1-Feb-2026").date().unwrap(), jiff::civil::date(2026, 2, 1));
        let at = Cursor::new(b"\" 1-Feb-2026 13:04:05 +0100\"").date_time().unwrap();
        assert_eq!(at.to_string(), "2026-02-01T12:04:05Z");
        assert!(Cursor::new(b"31-Feb-2026").date().is_err());
    }

    #[test]
    fn lists_and_flags_keep_to_the_grammar() {
        assert_eq!(Cursor::new(b"(\\Seen VIP)").flags().unwrap(), ["\\Seen", "VIP"]);
        assert_eq!(Cursor::new(b"()").flags().unwrap(), Vec::<String>::new());
        for broken in [&b"(a b"[..], b"(a  b)", b"(a*)", b"a", b"(\\)"] {
            assert!(Cursor::new(broken).flags().is_err());
        }
    }
}
