//! What goes to standard output and standard error: one JSON object a line, or text for people.
//!
//! Here is the last gate before a terminal: whatever a verb prints, from whatever mail or server it came, leaves made safe
//! ([`crate::mail::safe`]), in JSON too, which passes on what a terminal obeys.

use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;
use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::mail::safe;
use crate::model::{Assignee, Conversation, Handle, Refusal, age};

/// Where results go, and in which form.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    pub json: bool,
    /// Colour: on a terminal that has not asked for none.
    pub colour: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        let colour = !json && io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        Self { json, colour }
    }

    /// One result: the object with `--json`, else the text. A reader that went away (`| head`) ends the program quietly.
    pub fn line(&self, value: impl FnOnce() -> Value, text: impl FnOnce() -> String) {
        let line = if self.json { made_safe(value()).to_string() } else { self.styled(&text()) };
        let mut out = io::stdout().lock();
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            std::process::exit(0);
        }
    }

    /// A failure, on standard error.
    pub fn refusal(&self, refusal: &Refusal) {
        let mut err = io::stderr().lock();
        // Nowhere is left to say that standard error is gone.
        let _ = if self.json {
            writeln!(err, "{}", made_safe(refusal.to_json()))
        } else {
            // Names of folders and a server's own words are in it.
            let hint = refusal.hint.iter().map(|hint| for_stderr(&format!("       {}", safe::text(hint)), 7));
            let message = for_stderr(&format!("bagsy: {}", safe::text(&refusal.message)), 7);
            std::iter::once(message).chain(hint).try_for_each(|text| writeln!(err, "{text}"))
        };
    }

    /// What must be known beside the result, on standard error in either form.
    pub fn note(&self, text: &str) {
        let text = safe::text(text);
        let mut err = io::stderr().lock();
        let _ = match self.json {
            true => writeln!(err, "{}", serde_json::json!({ "note": { "message": text } })),
            false => writeln!(err, "{}", for_stderr(&format!("bagsy: {text}"), 7)),
        };
    }

    /// A word beside the result, for people only.
    pub fn aside(&self, text: &str) {
        if !self.json {
            let _ = writeln!(io::stderr().lock(), "{}", for_stderr(&safe::text(text), 2));
        }
    }

    /// A text for [`Output::line`] in lines that the terminal does not break within words; as it is into a pipe or a file.
    pub fn broken(&self, text: &str, indent: usize) -> String {
        if io::stdout().is_terminal() { wrapped(text, columns(), indent) } else { text.to_owned() }
    }

    /// Marks a text that stands out where there are colours.
    pub fn bold(&self, text: &str) -> String {
        if self.colour { format!("{BOLD}{}{PLAIN}", safe::text(text)) } else { text.to_owned() }
    }

    /// The text made safe; nothing but our own marks becomes a sequence that a terminal obeys.
    fn styled(&self, text: &str) -> String {
        if !self.colour {
            return safe::text(text);
        }
        let mut styled = String::with_capacity(text.len());
        for piece in text.split_inclusive([BOLD, PLAIN]) {
            styled.push_str(&safe::text(piece.trim_end_matches([BOLD, PLAIN])));
            match piece.chars().next_back() {
                Some(BOLD) => styled.push_str("\x1b[1m"),
                Some(PLAIN) => styled.push_str("\x1b[0m"),
                _ => {}
            }
        }
        styled
    }
}

/// The terminal's width, as far as a text is read there.
pub fn columns() -> usize {
    crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns)).max(20)
}

/// A text that is ready for standard error, its lines broken between words where a terminal is there.
fn for_stderr(text: &str, indent: usize) -> String {
    if !io::stderr().is_terminal() {
        return text.to_owned();
    }
    let lines: Vec<String> = text.lines().map(|line| wrapped(line, columns(), indent)).collect();
    lines.join("\n")
}

/// Broken at blanks, so that no line is wider; those after the first are set in.
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let (lead, rest) = text.split_at(text.len() - text.trim_start_matches(' ').len());
    let mut lines: Vec<String> = Vec::new();
    let mut line = lead.to_owned();
    let mut is_fresh = true;
    for word in rest.split(' ') {
        if !is_fresh && line.width() + 1 + word.width() > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line.push_str(word);
        is_fresh = false;
    }
    lines.push(line);
    lines.join("\n")
}

/// Marks within a text on its way out; as noncharacters they are in nothing that was made safe.
const BOLD: char = '\u{FDD0}';
const PLAIN: char = '\u{FDD1}';

/// The same value, every text and every key in it made safe for a terminal.
fn made_safe(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(safe::text(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(made_safe).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| (safe::text(&key), made_safe(value)));
            Value::Object(fields.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// Cut or filled to exactly `width` columns.
pub fn cell(text: &str, width: usize) -> String {
    if text.width() <= width {
        return format!("{text}{}", " ".repeat(width - text.width()));
    }
    let mut cut = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > width {
            break;
        }
        cut.push(c);
        used += w;
    }
    format!("{cut}…{}", " ".repeat(width.saturating_sub(used + 1)))
}

/// A conversation as one line of `list`.
pub fn row(conversation: &Conversation, me: Option<&Handle>, now: Timestamp) -> String {
    let who = match &conversation.assignee {
        Assignee::Free => "—".to_owned(),
        Assignee::Held(h) if me == Some(h) => "you".to_owned(),
        Assignee::Held(h) => h.to_string(),
        Assignee::Contested(all) => all.iter().map(Handle::as_str).collect::<Vec<_>>().join("!"),
    };
    let waits = conversation.waiting_since.map_or_else(|| "–".to_owned(), |since| age(since, now));
    let tags: String = conversation.tags.iter().map(|t| format!(" #{}", safe::line(t))).collect();
    let urgent = if conversation.urgent { "! " } else { "" };
    format!(
        "{}  {}  {}  {:>4}  {}  {urgent}{}{}{tags}",
        conversation.id,
        cell(&conversation.status.to_string(), 7),
        cell(&who, 10),
        waits,
        cell(conversation.from.shown(), 20),
        conversation.subject,
        if conversation.messages > 1 { format!(" ({})", conversation.messages) } else { String::new() },
    )
}

#[cfg(test)]
mod tests {
    use super::{Output, cell, made_safe, wrapped};
    use serde_json::json;

    #[test]
    fn nothing_but_our_own_weight_is_obeyed_by_a_terminal() {
        let stranger = "a\u{1b}[31mb\u{9b}c\u{202e}d\u{FDD0}e";
        let out = Output { json: false, colour: true };
        let line = out.styled(&format!("{} {stranger}", out.bold(stranger)));
        assert_eq!(line, "\u{1b}[1ma␛[31mb\u{FFFD}cd\u{FFFD}e\u{1b}[0m a␛[31mb\u{FFFD}cd\u{1b}[1me");
        let plain = Output { json: false, colour: false };
        assert!(!plain.styled(&plain.bold(stranger)).contains('\u{1b}'));
        let value = json!({ "a\u{1b}": ["\u{202e}x", { "b": "\u{85}" }], "n": 1 });
        assert_eq!(made_safe(value), json!({ "a␛": ["x", { "b": "\n" }], "n": 1 }));
    }

    #[test]
    fn lines_are_broken_at_blanks_and_set_in() {
        assert_eq!(wrapped("  1  one two three", 10, 5), "  1  one\n     two\n     three");
        assert_eq!(wrapped("short", 10, 5), "short");
        assert_eq!(wrapped("averyveryverylongword x", 10, 2), "averyveryverylongword\n  x");
    }

    #[test]
    fn a_cell_is_exactly_as_wide_as_asked() {
        use unicode_width::UnicodeWidthStr;
        for text in ["", "abc", "日本語テキスト", "a much longer text", "é́é́é́é́é́é́"] {
            assert_eq!(cell(text, 8).width(), 8, "{text}");
        }
    }
}
