//! Text cut to cells: whatever a mail holds, a column is exactly as wide as it was made.
//!
//! Widths are counted by grapheme cluster exactly as ratatui draws them. What terminals disagree about (variation
//! selectors, joiners, skin tones, towers of combining marks) is taken out before it is counted.

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// Marks that one character may carry; more is a tower made to break a screen.
const MARKS: usize = 7;

/// Cells that a text takes.
pub fn width(text: &str) -> usize {
    graphemes(text).map(|(_, w)| w).sum()
}

fn graphemes(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true)
        .filter(|g| !g.contains(char::is_control))
        .map(|g| (g, usize::from(g.cell_width())))
        .filter(|(_, w)| *w > 0)
}

/// The text without what terminals draw in different widths.
pub fn settle(text: &str) -> String {
    if text.is_ascii() {
        return text.chars().filter(|c| !c.is_control()).collect();
    }
    let is_disputed = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}')
    };
    let kept: String = text.chars().filter(|c| !is_disputed(*c)).collect();
    let mut out = String::with_capacity(kept.len());
    // What takes no cell of its own is not drawn, and must not be counted as a word either.
    for grapheme in kept.graphemes(true).filter(|g| g.cell_width() > 0) {
        out.extend(grapheme.chars().take(1 + MARKS));
    }
    out
}

/// The text in exactly `cells` cells: padded on the right, or cut with an ellipsis.
pub fn fit(text: &str, cells: usize, ellipsis: &str) -> String {
    let mut out = cut(text, cells, ellipsis);
    let used = width(&out);
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(used)));
    out
}

/// The text in exactly `cells` cells, at the right.
pub fn fit_right(text: &str, cells: usize, ellipsis: &str) -> String {
    let cut = cut(text, cells, ellipsis);
    let used = width(&cut);
    let mut out: String = std::iter::repeat_n(' ', cells.saturating_sub(used)).collect();
    out.push_str(&cut);
    out
}

/// The text in at most `cells` cells, cut with an ellipsis.
pub fn cut(text: &str, cells: usize, ellipsis: &str) -> String {
    let text = settle(text);
    if width(&text) <= cells {
        return text;
    }
    let mark = width(ellipsis);
    if cells < mark {
        return String::new();
    }
    let mut out = take(&text, cells - mark).trim_end().to_owned();
    out.push_str(ellipsis);
    out
}

/// As much from the front as fits.
fn take(text: &str, cells: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += if grapheme.contains(char::is_control) { 0 } else { usize::from(grapheme.cell_width()) };
        if used > cells {
            return &text[..at];
        }
    }
    text
}

/// Whether it takes no more than so many cells; looks no further than it must.
fn fits(text: &str, cells: usize) -> bool {
    take(text, cells).len() == text.len()
}

/// Broken into lines of at most `cells` cells, at blanks where there are any; a line's own indent, or its marks of a quote, are
/// kept on the lines that follow from it.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let line = settle(&line.replace('\t', "    "));
        if fits(line.trim_end(), cells) {
            lines.push(line.trim_end().to_owned());
            continue;
        }
        wrap_line(&line, cells, &mut lines);
    }
    lines
}

/// What stands before a line's words: blanks, or `> ` as often as it was quoted. Octets of one cell each.
fn lead(line: &str) -> &str {
    let blanks = line.len() - line.trim_start_matches(' ').len();
    let marks = line.len() - line.trim_start_matches([' ', '>']).len();
    let is_quoted = line[..marks].contains('>');
    &line[..if is_quoted { marks } else { blanks }]
}

/// What no line begins with, and what none ends with, where a text is broken between its letters.
const NO_BEGINNING: &str =
    "、。，．・：；？！ヽヾゝゞ々ー）〕］｝〉》」』】％ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ,.:;?!)]}%»”’…";
const NO_END: &str = "（〔［｛〈《「『【([{«“‘";

/// The words with the blanks behind them; Chinese and Japanese, which have no blanks, by their letters (UAX 14, class ID).
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_inclusive(' ').flat_map(letters)
}

fn letters(word: &str) -> Vec<&str> {
    if word.is_ascii() {
        return vec![word];
    }
    let is_hangul = |g: &str| g.starts_with(|c| matches!(c, '\u{ac00}'..='\u{d7a3}'));
    let is_letter = |g: &str| g.cell_width() > 1 && !is_hangul(g);
    let (mut parts, mut from, mut before) = (Vec::new(), 0, None::<&str>);
    for (at, grapheme) in word.grapheme_indices(true) {
        let may_break = before.is_some_and(|before| {
            (is_letter(before) || is_letter(grapheme)) && !NO_END.contains(before) && !NO_BEGINNING.contains(grapheme)
        });
        if may_break && grapheme != " " {
            parts.push(&word[from..at]);
            from = at;
        }
        before = Some(grapheme);
    }
    parts.push(&word[from..]);
    parts
}

fn wrap_line(line: &str, cells: usize, lines: &mut Vec<String>) {
    let indent = lead(line).get(..cells / 2).unwrap_or(lead(line)).to_owned();
    let mut current = indent.clone();
    let mut used = width(&current);
    let mut is_fresh = true;
    for word in words(&line[indent.len()..]) {
        let bare = word.trim_end_matches(' ');
        if bare.is_empty() && used + word.len() > cells {
            continue;
        }
        if !is_fresh && !fits(bare, cells.saturating_sub(used)) {
            lines.push(current.trim_end().to_owned());
            current.clone_from(&indent);
            used = width(&current);
            is_fresh = true;
        }
        let mut rest = word;
        while !fits(rest.trim_end_matches(' '), cells.saturating_sub(used)) {
            let mut head = take(rest, cells.saturating_sub(used));
            if head.is_empty() && used > 0 {
                // Nothing but indent before it: better without.
                current.clear();
                used = 0;
                continue;
            }
            if head.is_empty() {
                // A cluster wider than the whole line has one of its own and is cut when drawn.
                head = rest.graphemes(true).next().unwrap_or(rest);
            }
            current.push_str(head);
            lines.push(std::mem::replace(&mut current, indent.clone()));
            rest = &rest[head.len()..];
            used = width(&current);
            is_fresh = true;
        }
        current.push_str(rest);
        used += width(rest);
        is_fresh = is_fresh && rest.trim_end_matches(' ').is_empty();
    }
    if !current.trim().is_empty() {
        lines.push(current.trim_end().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_says_that_it_cut() {
        assert_eq!(cut("Cannot log in since", 10, "…"), "Cannot lo…");
        assert_eq!(cut("short", 10, "…"), "short");
        assert_eq!(cut("プリンター", 6, "…"), "プリ…");
        assert_eq!(cut("ab", 0, "…"), "");
    }

    #[test]
    fn a_text_without_blanks_is_broken_between_its_letters() {
        assert_eq!(wrap("注文 20418を昨日「発送」しました。", 14), ["注文 20418を昨", "日「発送」しま", "した。"]);
        // Neither a full stop at the beginning nor a bracket at the end.
        assert_eq!(wrap("発送しました。", 12), ["発送しまし", "た。"]);
        assert_eq!(wrap("昨日は「発送」", 8), ["昨日は", "「発送」"]);
        assert_eq!(wrap("안녕하세요 여러분", 12), ["안녕하세요", "여러분"]);
    }

    #[test]
    fn numbers_stand_at_the_right() {
        assert_eq!(fit_right("3h", 5, "…"), "   3h");
    }

    #[test]
    fn a_tower_of_marks_is_lowered() {
        let tower = format!("a{}", "\u{301}".repeat(50));
        assert_eq!(settle(&tower).chars().count(), 1 + MARKS);
    }

    #[test]
    fn long_lines_break_at_blanks_and_keep_their_indent() {
        assert_eq!(wrap("  one two three", 9), ["  one two", "  three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("a\n\nb", 4), ["a", "", "b"]);
    }

    #[test]
    fn one_endless_word_is_broken_in_no_time() {
        let started = std::time::Instant::now();
        assert_eq!(wrap(&"é".repeat(200_000), 80).len(), 2500);
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }

    proptest! {
        #[test]
        fn a_column_is_as_wide_as_it_was_made(text in "\\PC{0,40}", any in ".*", cells in 0usize..30) {
            for text in [&text, &any] {
                prop_assert_eq!(width(&fit(text, cells, "…")), cells);
                prop_assert_eq!(width(&fit_right(text, cells, "…")), cells);
            }
        }

        #[test]
        fn no_line_is_longer_than_asked(text in ".{0,200}", cells in 2usize..40) {
            for line in wrap(&text, cells) {
                prop_assert!(width(&line) <= cells, "{:?}", line);
            }
        }
    }
}
