//! What goes to standard output and standard error: one JSON object a line, or text for people.

use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;
use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::mail::safe;
use crate::model::{Assignee, Conversation, Handle, Refusal};

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
        let line = if self.json { value().to_string() } else { text() };
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
            writeln!(err, "{}", refusal.to_json())
        } else {
            // Names of folders and a server's own words are in it.
            let message = safe::text(&refusal.message);
            match &refusal.hint {
                Some(hint) => writeln!(err, "bagsy: {message}\n       {}", safe::text(hint)),
                None => writeln!(err, "bagsy: {message}"),
            }
        };
    }

    /// What must be known beside the result, on standard error in either form.
    pub fn note(&self, text: &str) {
        let text = safe::text(text);
        let mut err = io::stderr().lock();
        let _ = match self.json {
            true => writeln!(err, "{}", serde_json::json!({ "note": { "message": text } })),
            false => writeln!(err, "bagsy: {text}"),
        };
    }

    /// A word beside the result, for people only.
    pub fn aside(&self, text: &str) {
        if !self.json {
            let _ = writeln!(io::stderr().lock(), "{}", safe::text(text));
        }
    }

    pub fn bold(&self, text: &str) -> String {
        if self.colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A duration as the queue shows it: `41m`, `3h`, `2d`.
pub fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = (now.as_second() - since.as_second()).max(0);
    match seconds {
        s if s < 60 => format!("{s}s"),
        s if s < 3_600 => format!("{}m", s / 60),
        s if s < 172_800 => format!("{}h", s / 3_600),
        s => format!("{}d", s / 86_400),
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
    use super::{age, cell};
    use jiff::Timestamp;

    #[test]
    fn ages_are_short() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let ago = |s: i64| age(Timestamp::from_second(1_000_000 - s).unwrap(), now);
        assert_eq!([ago(5), ago(60), ago(7_200), ago(172_800)], ["5s", "1m", "2h", "2d"]);
    }

    #[test]
    fn a_cell_is_exactly_as_wide_as_asked() {
        use unicode_width::UnicodeWidthStr;
        for text in ["", "abc", "日本語テキスト", "a much longer text", "é́é́é́é́é́é́"] {
            assert_eq!(cell(text, 8).width(), 8, "{text}");
        }
    }
}
