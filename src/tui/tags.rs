//! Completing a tag from those that the team uses: names are scarce, and a slip of the finger is a new one for everybody.

use ratatui_textarea::TextArea;

use super::typing;

/// The tags in use that begin like the word under the cursor, which stands at the line's end; all of them where none is begun.
pub fn fitting<'a>(input: &TextArea, known: &'a [String]) -> Vec<&'a str> {
    let typed = typing::text_of(input);
    let (before, begun) = split(&typed);
    let there: Vec<String> = before.split([' ', ',']).map(|word| word.trim_start_matches('+').to_lowercase()).collect();
    let begun = begun.to_lowercase();
    let fits = |tag: &&String| {
        let tag = tag.to_lowercase();
        tag.starts_with(&begun) && tag != begun && !there.contains(&tag)
    };
    known.iter().filter(fits).map(String::as_str).collect()
}

/// The line with the word under the cursor completed; `None` where nothing in use begins so, or nothing is begun.
pub fn completed(input: &TextArea, known: &[String]) -> Option<String> {
    let typed = typing::text_of(input);
    let (before, begun) = split(&typed);
    if begun.is_empty() {
        return None;
    }
    let tag = fitting(input, known).first().map(|tag| (*tag).to_owned())?;
    Some(format!("{before}{tag}"))
}

/// What stands before the last word, its sign included, and the word as far as it is typed.
fn split(typed: &str) -> (&str, &str) {
    let at = typed.rfind([' ', ',']).map_or(0, |at| at + 1);
    let word = &typed[at..];
    let sign = usize::from(word.starts_with(['+', '-']));
    typed.split_at(at + sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_completed_from_what_the_team_uses_and_nothing_is_made_up() {
        let known = ["api", "billing", "Bill-late"].map(str::to_owned);
        let line = |text: &str| typing::line(text);
        assert_eq!(completed(&line("api bil"), &known).as_deref(), Some("api billing"));
        assert_eq!(completed(&line("+BILL-"), &known).as_deref(), Some("+Bill-late"));
        assert_eq!(completed(&line("-ap"), &known).as_deref(), Some("-api"));
        for none in ["", "zz", "billing", "api ap"] {
            assert_eq!(completed(&line(none), &known), None, "{none}");
        }
        let mut begun = line("api");
        begun.move_cursor(ratatui_textarea::CursorMove::End);
        begun.insert_char(' ');
        assert_eq!(fitting(&begun, &known), ["billing", "Bill-late"]);
        assert_eq!(fitting(&line(""), &known).len(), 3);
    }
}
