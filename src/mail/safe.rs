//! Makes what a stranger wrote safe to show in a terminal: [`line()`] for one line, [`text()`] for many.
//!
//! What can steer a terminal or deceive the eye is either shown as what it is or left out: C0 controls become the
//! pictures that Unicode has for them (`␛[31m` is read, not obeyed), C1 controls and noncharacters become U+FFFD; the
//! bidi controls, zero-width characters, invisible letters, tags and other format characters of Unicode are dropped.
//! Emoji sequences and the joiners of scripts that need them stay, a pile of combining marks ends after
//! [`MAX_MARKS`], and no mark stands at the beginning of a line, where it would climb onto what the screen drew before.

use unicode_width::UnicodeWidthChar;

/// The most characters without a width of their own that follow one another; real text stays below.
pub const MAX_MARKS: usize = 5;

/// The most joiners in one emoji sequence; the longest that exist have three.
const MAX_JOINS: usize = 4;

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';

/// One line: no line breaks, TAB as a space, blanks at both ends taken off.
pub fn line(input: &str) -> String {
    if input.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return input.trim().to_owned();
    }
    clean(input, Breaks::Spaces).trim().to_owned()
}

/// Many lines: LF and TAB are kept, every other way to end a line becomes LF.
pub fn text(input: &str) -> String {
    clean(input, Breaks::Kept)
}

/// Whether a character never comes out of [`line()`] or [`text()`] (LF and TAB only out of the latter).
///
/// The joiners and variation selectors that stay in emoji and in some scripts are not among these.
pub fn is_forbidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        ZWNJ | ZWJ => false,
        c if c.is_control() => true,
        c => is_invisible(c) || is_noncharacter(c),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    Kept,
    Spaces,
}

fn clean(input: &str, breaks: Breaks) -> String {
    let mut out = String::with_capacity(input.len());
    let mut chars = input.chars().peekable();
    // The last character that was kept on this line, and what has piled up on it.
    let mut before: Option<char> = None;
    let mut marks = 0;
    let mut joins = 0;
    while let Some(c) = chars.next() {
        let kept = match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                '\n'
            }
            '\n' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            '\t' => '\t',
            // The Control Pictures block shows C0 in the same order.
            '\0'..='\u{1F}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
            '\u{7F}' => '\u{2421}',
            '\u{80}'..='\u{9F}' => char::REPLACEMENT_CHARACTER,
            ZWJ if joins < MAX_JOINS && joins_emoji(before, chars.peek().copied()) => {
                joins += 1;
                out.push(c);
                // The next character is an emoji that belongs to this one: neither a mark nor a new beginning.
                continue;
            }
            ZWJ | ZWNJ if joins_letters(before, chars.peek().copied()) => c,
            ZWJ | ZWNJ => continue,
            '\u{FE0E}' | '\u{FE0F}' if before.is_some_and(has_emoji_form) => c,
            '\u{FE00}'..='\u{FE0F}' => continue,
            c if is_noncharacter(c) => char::REPLACEMENT_CHARACTER,
            c if is_invisible(c) => continue,
            c => c,
        };
        let kept = if breaks == Breaks::Spaces && matches!(kept, '\n' | '\t') { ' ' } else { kept };
        match kept {
            '\n' => {
                before = None;
                marks = 0;
                joins = 0;
            }
            '\t' => {
                before = None;
                marks = 0;
            }
            mark if mark.width() == Some(0) => {
                if before.is_none() || marks == MAX_MARKS {
                    continue;
                }
                marks += 1;
                before = Some(mark);
            }
            other => {
                if !out.ends_with(ZWJ) {
                    joins = 0;
                }
                marks = 0;
                before = Some(other);
            }
        }
        out.push(kept);
    }
    out
}

/// Characters that leave no trace of their own: Unicode's `Cf` but for those that are seen (Arabic number signs and the
/// like), its invisible "letters", and the variation selectors beyond those of emoji.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}'                    // soft hyphen
        | '\u{034F}'                // combining grapheme joiner
        | '\u{061C}'                // Arabic letter mark
        | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' // Hangul fillers
        | '\u{17B4}' | '\u{17B5}'   // Khmer inherent vowels
        | '\u{180B}'..='\u{180F}'   // Mongolian selectors and separator
        | '\u{200B}'..='\u{200F}'   // zero-width space, joiners, directional marks
        | '\u{2028}'..='\u{202E}'   // separators, bidi embeddings and overrides
        | '\u{2060}'..='\u{206F}'   // word joiner, invisible operators, bidi isolates, deprecated
        | '\u{FEFF}'                // byte order mark
        | '\u{FFF0}'..='\u{FFFB}'   // interlinear annotation
        | '\u{13430}'..='\u{1345F}' // Egyptian hieroglyph controls
        | '\u{1BCA0}'..='\u{1BCA3}' // shorthand format controls
        | '\u{1D173}'..='\u{1D17A}' // musical format controls
        | '\u{E0000}'..='\u{E0FFF}' // tags, variation selectors supplement
    )
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

/// Whether a zero-width joiner between these two makes one emoji of them.
fn joins_emoji(before: Option<char>, after: Option<char>) -> bool {
    let ends = |c: char| is_pictograph(c) || c == '\u{FE0F}';
    before.is_some_and(ends) && after.is_some_and(is_pictograph)
}

/// Whether a joiner or non-joiner between these two is spelling: Persian, Urdu and the scripts of South Asia need it.
fn joins_letters(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(is_of_joining_script) && after.is_some_and(is_of_joining_script)
}

fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{23FF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}'
        | '\u{1F000}'..='\u{1FAFF}')
}

/// Whether a variation selector after it chooses between its text and its emoji form.
fn has_emoji_form(c: char) -> bool {
    is_pictograph(c)
        || matches!(c, '#' | '*' | '0'..='9' | '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | 'Ⓜ' | '〰' | '〽' | '㊗' | '㊙')
        || matches!(c, '\u{25A0}'..='\u{25FF}' | '\u{2934}' | '\u{2935}')
}

fn is_of_joining_script(c: char) -> bool {
    matches!(c, '\u{0620}'..='\u{08FF}' | '\u{0900}'..='\u{0DFF}' | '\u{0F00}'..='\u{109F}' | '\u{1780}'..='\u{18AF}'
        | '\u{A840}'..='\u{A9FF}' | '\u{FB50}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
        && !is_invisible(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_are_read_and_not_obeyed() {
        assert_eq!(line("\u{1b}]0;owned\u{7}\u{1b}[31mred"), "␛]0;owned␇␛[31mred");
        assert_eq!(line("\u{9b}31m\u{7f}\0"), "\u{FFFD}31m␡␀");
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(line(" a\r\nb\rc\u{2028}d\u{85}e\tf\n"), "a b c d e f");
    }

    #[test]
    fn text_ends_its_lines_with_lf_alone() {
        assert_eq!(text("a\r\nb\rc\n\u{2029}d\te"), "a\nb\nc\n\nd\te");
    }

    #[test]
    fn nothing_turns_the_direction_or_hides() {
        assert_eq!(line("invoice\u{202E}fdp.exe\u{2066}x\u{2069}"), "invoicefdp.exex");
        assert_eq!(line("pay\u{200B}pal\u{200D}.\u{2060}ex\u{FEFF}am\u{AD}ple"), "paypal.example");
        assert_eq!(line("hi\u{E0041}\u{E0042}\u{E0100}\u{3164}!"), "hi!");
    }

    #[test]
    fn emoji_stay_whole() {
        for emoji in ["👩‍💻", "👨‍👩‍👧‍👦", "🏳️‍🌈", "❤️", "1️⃣", "👍🏽", "🇩🇪", "👩🏽‍🚀"]
        {
            assert_eq!(line(emoji), emoji);
        }
        // …but no chain of them without end, and no selector without an emoji.
        let chain = line(&"👩\u{200D}".repeat(50));
        assert!(chain.split("👩👩").all(|one| one.matches(ZWJ).count() <= MAX_JOINS), "{chain}");
        assert_eq!(line("a\u{FE0F}b"), "ab");
    }

    #[test]
    fn spelling_keeps_its_joiners() {
        assert_eq!(line("می\u{200C}خواهم"), "می\u{200C}خواهم");
        assert_eq!(line("क्\u{200D}ष"), "क्\u{200D}ष");
    }

    #[test]
    fn a_pile_of_marks_ends() {
        let zalgo = format!("Z{}a", "\u{0301}".repeat(500));
        assert_eq!(line(&zalgo).chars().count(), 2 + MAX_MARKS);
        assert_eq!(text("\u{0301}a\n\u{0301}b"), "a\nb");
        assert_eq!(line("Việt Nam"), "Việt Nam");
    }

    proptest! {
        #[test]
        fn no_forbidden_character_comes_out(input in any::<String>(), wild in proptest::collection::vec(any::<char>(), 0..200)) {
            for input in [input, wild.into_iter().collect()] {
                let line = line(&input);
                prop_assert!(!line.chars().any(|c| is_forbidden(c) || c == '\n' || c == '\t'), "{line:?}");
                let text = text(&input);
                prop_assert!(!text.chars().any(is_forbidden), "{text:?}");
            }
        }

        #[test]
        fn what_is_safe_stays_as_it_is(input in any::<String>()) {
            let once = text(&input);
            prop_assert_eq!(text(&once), once);
        }

        #[test]
        fn marks_never_pile_up(input in "[a-z\u{300}-\u{36f}\u{200d}\u{fe0f}👩💻\n]{0,80}") {
            for line in text(&input).lines() {
                let mut run = 0;
                for c in line.chars() {
                    run = if c.width() == Some(0) { run + 1 } else { 0 };
                    prop_assert!(run <= MAX_MARKS + 1);
                }
            }
        }
    }
}
