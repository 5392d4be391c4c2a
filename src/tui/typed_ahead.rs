//! Letters typed for a text whose field did not come up. Who presses `r` and types on at once means the answer; where a question
//! or a refusal stands in its place, those letters are neither a yes to it nor keys of the queue.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::{SignedDuration, Timestamp};

/// Whoever reads what came up instead pauses for longer than this; whoever types on does not.
const PAUSE: SignedDuration = SignedDuration::from_millis(500);

/// Fewer letters than these were an answer to the question, given too soon.
const WORTH_KEEPING: usize = 4;

/// What was typed since a text was asked for.
#[derive(Debug, Clone, Default)]
pub struct TypedAhead {
    /// When it is over; `None`: what came up has not been drawn yet, however long that takes on a busy machine.
    until: Option<Timestamp>,
    text: String,
}

impl TypedAhead {
    /// What came up instead of the text can be seen since now.
    pub fn is_drawn(&mut self, now: Timestamp) {
        self.until.get_or_insert(now + PAUSE);
    }

    /// Whether this key belongs to what is typed without having looked; it is kept then. `at`: when it was pressed, not when it
    /// is worked off.
    pub fn takes(&mut self, key: &KeyEvent, at: Timestamp) -> bool {
        let is_letter = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let is_open = is_letter && self.until.is_none_or(|until| at < until);
        match key.code {
            KeyCode::Char(c) if is_open => self.text.push(c),
            KeyCode::Enter if is_open => self.text.push('\n'),
            KeyCode::Backspace if is_open => drop(self.text.pop()),
            // Nobody presses Escape or an arrow in the middle of a sentence without having looked.
            _ => {
                self.until = Some(Timestamp::MIN);
                return false;
            }
        }
        self.until = self.until.map(|until| until.max(at + PAUSE));
        true
    }

    /// Whether a key came without having looked before this one.
    pub fn is_first(&self) -> bool {
        self.text.chars().count() == 1
    }

    /// What was typed, where it is the beginning of a text.
    pub fn text(self) -> Option<String> {
        (self.text.trim().chars().count() >= WORTH_KEEPING).then_some(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    #[test]
    fn what_is_typed_without_a_pause_is_kept_and_what_comes_after_one_is_not() {
        let mut ahead = TypedAhead::default();
        let key = |code| KeyEvent::from(code);
        // Not drawn yet, on a machine that is busy for seconds; then drawn.
        assert!(ahead.takes(&key(KeyCode::Char('O')), at(-9_000)) && ahead.takes(&key(KeyCode::Char(' ')), at(-9)));
        ahead.is_drawn(at(0));
        for (n, c) in "Yes,".chars().enumerate() {
            assert!(ahead.takes(&key(KeyCode::Char(c)), at(400 * (n as i64 + 1))));
        }
        assert!(!ahead.takes(&key(KeyCode::Char('y')), at(2_100)));
        assert!(!ahead.takes(&key(KeyCode::Char('o')), at(2_200)), "what comes after a look is a key again");
        assert_eq!(ahead.text().as_deref(), Some("O Yes,"));
    }

    #[test]
    fn who_presses_what_no_text_holds_has_looked() {
        for key in [KeyEvent::from(KeyCode::Esc), KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)] {
            let mut ahead = TypedAhead::default();
            assert!(!ahead.takes(&key, at(100)));
            assert!(!ahead.takes(&KeyEvent::from(KeyCode::Char('j')), at(200)), "{key:?}");
        }
    }

    #[test]
    fn a_yes_that_came_too_soon_is_no_text() {
        let mut ahead = TypedAhead::default();
        assert!(ahead.takes(&KeyEvent::from(KeyCode::Char('y')), at(100)) && ahead.is_first());
        assert_eq!(ahead.text(), None);
    }
}
