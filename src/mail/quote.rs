//! A mail's text as blocks: what was written, what was quoted, how it is signed. The screen folds the latter two.

/// A run of lines of one kind. Put together in order, the lines are the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// What its writer wrote.
    Text(Vec<String>),
    /// Lines that begin with `>`, the line that says who wrote them included where it stands right above.
    Quote(Vec<String>),
    /// `-- ` on a line of its own and what follows (RFC 3676 §4.3).
    Signature(Vec<String>),
}

impl Block {
    /// Its lines, as they stand.
    pub fn lines(&self) -> &[String] {
        match self {
            Self::Text(lines) | Self::Quote(lines) | Self::Signature(lines) => lines,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Quote,
    Signature,
}

/// Cuts a text into blocks.
///
/// Empty lines between quoted lines belong to the quote. A signature ends where a quote or a forwarded mail begins, since
/// some programs write the answer and its signature above what they quote.
pub fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let mut kinds: Vec<Kind> = Vec::with_capacity(lines.len());
    for line in &lines {
        let kind = match kinds.last() {
            _ if is_quoted(line) => Kind::Quote,
            _ if matches!(*line, "-- " | "--") => Kind::Signature,
            // What is handed on stands below the signature of who hands it on.
            _ if *line == super::compose::FORWARDED => Kind::Text,
            Some(Kind::Signature) => Kind::Signature,
            _ => Kind::Text,
        };
        kinds.push(kind);
    }
    join_quotes(&lines, &mut kinds);
    take_attributions(&lines, &mut kinds);
    let mut blocks: Vec<(Kind, Vec<String>)> = Vec::new();
    for (line, kind) in lines.iter().zip(kinds) {
        match blocks.last_mut() {
            Some((last, run)) if *last == kind => run.push((*line).to_owned()),
            _ => blocks.push((kind, vec![(*line).to_owned()])),
        }
    }
    let of_kind = |(kind, lines)| match kind {
        Kind::Text => Block::Text(lines),
        Kind::Quote => Block::Quote(lines),
        Kind::Signature => Block::Signature(lines),
    };
    blocks.into_iter().map(of_kind).collect()
}

/// Whether a line is quoted from an earlier mail.
pub fn is_quoted(line: &str) -> bool {
    line.starts_with('>')
}

/// Empty lines with quotes on both sides are quoted.
fn join_quotes(lines: &[&str], kinds: &mut [Kind]) {
    let mut i = 0;
    while i < lines.len() {
        if kinds[i] != Kind::Quote {
            i += 1;
            continue;
        }
        let next = (i + 1..lines.len()).find(|&j| !lines[j].trim().is_empty()).unwrap_or(lines.len());
        if next < lines.len() && kinds[next] == Kind::Quote {
            kinds[i..next].fill(Kind::Quote);
        }
        i = next.max(i + 1);
    }
}

/// "On Monday, Ada wrote:", in one or two lines, right above a quote or with an empty line between, goes with the quote.
fn take_attributions(lines: &[&str], kinds: &mut [Kind]) {
    for i in 1..lines.len() {
        let begins = kinds[i] == Kind::Quote && kinds[i - 1] != Kind::Quote;
        if !begins {
            continue;
        }
        let Some(last) = (0..i).rev().take(2).find(|&j| !lines[j].trim().is_empty()) else { continue };
        if kinds[last] != Kind::Text || !lines[last].trim_end().ends_with([':', '：']) {
            continue;
        }
        // The whole paragraph, if it is no longer than an attribution that was broken into two lines.
        let first = (0..=last).rev().take_while(|&j| !lines[j].trim().is_empty() && kinds[j] == Kind::Text).last();
        let first = first.unwrap_or(last);
        if last - first <= 1 {
            kinds[first..i].fill(Kind::Quote);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shape(text: &str) -> Vec<(char, usize)> {
        let letter = |block: &Block| match block {
            Block::Text(_) => 't',
            Block::Quote(_) => 'q',
            Block::Signature(_) => 's',
        };
        blocks(text).iter().map(|b| (letter(b), b.lines().len())).collect()
    }

    #[test]
    fn quotes_and_signatures_are_told_apart() {
        assert_eq!(shape("Hi,\n\n> a\n\n>> b\n\nanswer\n-- \nAda\n"), [('t', 2), ('q', 3), ('t', 2), ('s', 2)]);
        assert_eq!(shape(""), []);
        assert_eq!(shape("> a"), [('q', 1)]);
    }

    #[test]
    fn the_line_that_says_who_wrote_goes_with_the_quote() {
        assert_eq!(shape("Yes.\n\nOn Mon, 2 Mar 2026, Ada\n<ada@x.test> wrote:\n\n> a"), [('t', 2), ('q', 4)]);
        assert_eq!(shape("Yes.\n\nAm 2.3.2026 schrieb Ada:\n> a"), [('t', 2), ('q', 2)]);
        assert_eq!(shape("a\nb\nthese are the points:\n> a"), [('t', 3), ('q', 1)]);
        assert_eq!(shape("Yes.\n-- \nAda\nOn Monday Bob wrote:\n> a"), [('t', 1), ('s', 3), ('q', 1)]);
    }

    proptest! {
        #[test]
        fn no_line_is_lost(text in "(> ?|-- |a|b:|\n){0,40}") {
            let lines: Vec<String> = blocks(&text).iter().flat_map(|b| b.lines().to_vec()).collect();
            prop_assert_eq!(lines, text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
