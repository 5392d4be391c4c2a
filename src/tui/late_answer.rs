//! A terminal's answer to the question for its colours that came after the question was given up (a slow line): it arrives as
//! keys, and must not be taken for a person's.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// Longer than any colour.
const LONGEST: usize = 48;

/// Holds keys back as long as they may be such an answer: `Alt-]`, `10;rgb:` or `11;rgb:` and a colour, then `Alt-\` or
/// `Ctrl-G`.
#[derive(Debug, Default)]
pub struct LateAnswer {
    held: Vec<Event>,
    text: String,
}

impl LateAnswer {
    /// What of it is to be taken for a person's, this event and those held back before it.
    pub fn sort_out(&mut self, event: Event) -> Vec<Event> {
        let Event::Key(key) = event else { return self.let_go(Some(event)) };
        if self.held.is_empty() {
            if !is(&key, ']', KeyModifiers::ALT) {
                return vec![event];
            }
            self.held.push(event);
            return Vec::new();
        }
        if is(&key, '\\', KeyModifiers::ALT) || is(&key, 'g', KeyModifiers::CONTROL) {
            if has_begun(&self.text) && self.text.len() > BEGINNING {
                tracing::debug!("a late answer of the terminal");
                self.held.clear();
                self.text.clear();
                return Vec::new();
            }
            return self.let_go(Some(event));
        }
        match key.code {
            KeyCode::Char(c) if key.modifiers.difference(KeyModifiers::SHIFT).is_empty() => {
                self.text.push(c);
                self.held.push(event);
                let goes_on = has_begun(&self.text) && self.text.len() < LONGEST;
                if goes_on { Vec::new() } else { self.let_go(None) }
            }
            _ => self.let_go(Some(event)),
        }
    }

    /// Nothing followed for a moment: an answer comes in one piece, so it is none.
    pub fn is_silent(&mut self) -> Vec<Event> {
        self.let_go(None)
    }

    fn let_go(&mut self, last: Option<Event>) -> Vec<Event> {
        self.text.clear();
        let mut events = std::mem::take(&mut self.held);
        events.extend(last);
        events
    }
}

/// The length of what stands before a colour.
const BEGINNING: usize = "10;rgb:".len();

/// Whether an answer may begin so, or go on so.
fn has_begun(text: &str) -> bool {
    let is_beginning = ["10;rgb:", "11;rgb:"].iter().any(|whole| {
        let length = whole.len().min(text.len());
        text.as_bytes().get(..length) == whole.as_bytes().get(..length)
    });
    let colour = text.as_bytes().get(BEGINNING..).unwrap_or_default();
    is_beginning && colour.iter().all(|b| b.is_ascii_hexdigit() || *b == b'/')
}

fn is(key: &KeyEvent, c: char, modifier: KeyModifiers) -> bool {
    key.code == KeyCode::Char(c) && key.modifiers.contains(modifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
    }

    /// How many events come through, of these.
    fn through(late: &mut LateAnswer, events: Vec<Event>) -> usize {
        events.into_iter().map(|event| late.sort_out(event).len()).sum()
    }

    fn spoken(beginning: char, text: &str, end: (char, KeyModifiers)) -> Vec<Event> {
        let mut events = vec![key(beginning, KeyModifiers::ALT)];
        events.extend(text.chars().map(|c| key(c, KeyModifiers::NONE)));
        events.push(key(end.0, end.1));
        events
    }

    #[test]
    fn a_terminals_late_answer_is_no_key_press() {
        let mut late = LateAnswer::default();
        for end in [('\\', KeyModifiers::ALT), ('g', KeyModifiers::CONTROL)] {
            for text in ["11;rgb:1e1e/1e1e/2e2e", "10;rgb:FF/ff/00"] {
                assert_eq!(through(&mut late, vec![key('r', KeyModifiers::NONE)]), 1);
                assert_eq!(through(&mut late, spoken(']', text, end)), 0);
            }
        }
        assert_eq!(through(&mut late, vec![key('r', KeyModifiers::NONE)]), 1);
    }

    #[test]
    fn whatever_a_person_types_comes_through_in_its_order() {
        let end = ('\\', KeyModifiers::ALT);
        for text in
            ["", "1", "12", "11;rgb:", "11;rgb:1z", "e", "11;rgb:00000000000000000000000000000000000000000000000"]
        {
            let mut late = LateAnswer::default();
            let typed = spoken(']', text, end);
            let mut came: Vec<Event> = typed.iter().cloned().flat_map(|event| late.sort_out(event)).collect();
            came.extend(late.is_silent());
            assert_eq!(came, typed, "{text}");
        }
        let mut late = LateAnswer::default();
        assert_eq!(late.sort_out(key(']', KeyModifiers::ALT)), []);
        assert_eq!(late.sort_out(Event::FocusLost).len(), 2);
        assert_eq!(late.sort_out(key(']', KeyModifiers::ALT)), []);
        assert_eq!(late.is_silent().len(), 1);
    }
}
