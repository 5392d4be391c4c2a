//! What is looked for, marked in texts that are drawn: turned round, which no theme lacks.

use std::ops::Range;

use ratatui::style::{Modifier, Style};

use super::line::Span;
use crate::model::query::{Marks, Part};

/// The pieces with what is looked for in them marked; no letter changes.
pub fn mark(pieces: Vec<Span>, part: Part, marks: &Marks) -> Vec<Span> {
    if marks.is_empty() {
        return pieces;
    }
    let whole: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
    let ranges = marks.ranges(part, &whole);
    if ranges.is_empty() {
        return pieces;
    }
    let mut marked = Vec::with_capacity(pieces.len() + ranges.len() * 2);
    let mut at = 0;
    for (text, style) in pieces {
        let end = at + text.len();
        let mut from = at;
        for Range { start, end: to } in ranges.iter().filter(|r| r.start < end && r.end > at) {
            let (start, to) = ((*start).max(at), (*to).min(end));
            marked.push((text[from - at..start - at].to_owned(), style));
            marked.push((text[start - at..to - at].to_owned(), turned(style)));
            from = to;
        }
        marked.push((text[from - at..].to_owned(), style));
        at = end;
    }
    marked.retain(|(text, _)| !text.is_empty());
    marked
}

/// Where all is turned round already, it is turned back and underlined.
fn turned(style: Style) -> Style {
    if style.add_modifier.contains(Modifier::REVERSED) {
        style.remove_modifier(Modifier::REVERSED).add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    } else {
        style.add_modifier(Modifier::REVERSED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Query;

    #[test]
    fn marks_cross_pieces_and_change_no_letter() {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let pieces = vec![("Printer on ".to_owned(), plain), ("fire now".to_owned(), bold)];
        let marks = Marks::of(&Query::parse("\"on fire\"").unwrap());
        let marked = mark(pieces, Part::Body, &marks);
        let expected = [("Printer ", plain), ("on ", turned(plain)), ("fire", turned(bold)), (" now", bold)];
        assert_eq!(marked, expected.map(|(text, style)| (text.to_owned(), style)));
    }
}
