//! Letters typed for a text whose field did not come up. Who presses `r` and types on at once means the answer; where a question
//! or a refusal stands in its place, those letters are neither a yes to it nor keys of the queue.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::{SignedDuration, Timestamp};

/// Whoever reads what came up instead pauses for longer than this; whoever types on does not.
const PAUSE: SignedDuration = SignedDuration::from_millis(500);

/// An answer to a question that came up so is a letter by itself: it counts when no other has followed within this time.
const ALONE: SignedDuration = SignedDuration::from_millis(400);

/// Fewer letters than these were an answer to the question, given too soon.
const WORTH_KEEPING: usize = 4;

/// What was typed since a text was asked for.
#[derive(Debug, Clone, Default)]
pub struct TypedAhead {
    /// A window came up, not a line that says why there is no text.
    pub is_window: bool,
    /// When it is over; `None`: what came up has not been drawn yet, however long that takes on a busy machine.
    until: Option<Timestamp>,
    /// A letter that is an answer if it stays alone, and when it was pressed.
    alone: Option<(KeyEvent, Timestamp)>,
    text: String,
}

impl TypedAhead {
    /// A text was asked for, and a window came up instead, or a line.
    pub fn begun(is_window: bool) -> Self {
        Self { is_window, ..Self::default() }
    }

    /// What came up instead of the text can be seen since now.
    pub fn is_drawn(&mut self, now: Timestamp) {
        self.until.get_or_insert(now + PAUSE);
    }

    /// Whether this key belongs to what is typed without having looked, or may do so; it is kept then. `at`: when it was
    /// pressed, not when it is worked off.
    pub fn takes(&mut self, key: &KeyEvent, at: Timestamp) -> bool {
        let is_letter = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
            && matches!(key.code, KeyCode::Char(_) | KeyCode::Enter | KeyCode::Backspace);
        let is_over = self.until.is_some_and(|until| at >= until);
        if !is_letter || is_over && !self.is_window {
            // Nobody presses Escape or an arrow in the middle of a sentence without having looked.
            (self.until, self.alone) = (Some(Timestamp::MIN), None);
            return false;
        }
        match self.alone.take() {
            None if is_over => {
                self.alone = Some((*key, at));
                return true;
            }
            None => {}
            Some((first, _)) => self.keep(&first),
        }
        self.keep(key);
        self.until = self.until.map(|until| until.max(at + PAUSE));
        true
    }

    fn keep(&mut self, key: &KeyEvent) {
        match key.code {
            KeyCode::Char(c) => self.text.push(c),
            KeyCode::Enter => self.text.push('\n'),
            _ => drop(self.text.pop()),
        }
    }

    /// When the letter that may be an answer is one.
    pub fn answers_at(&self) -> Option<Timestamp> {
        self.alone.map(|(_, at)| at + ALONE)
    }

    /// The letter that stayed alone.
    pub fn answer(&mut self, now: Timestamp) -> Option<KeyEvent> {
        self.alone.take_if(|(_, at)| *at + ALONE <= now).map(|(key, _)| key)
    }

    /// Whether a letter waits to be an answer.
    pub fn is_undecided(&self) -> bool {
        self.alone.is_some()
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
        assert!(ahead.takes(&KeyEvent::from(KeyCode::Char('y')), at(100)));
        assert_eq!(ahead.text(), None);
    }

    #[test]
    fn in_a_window_a_letter_is_an_answer_only_where_none_follows() {
        let key = |c| KeyEvent::from(KeyCode::Char(c));
        let mut ahead = TypedAhead { is_window: true, ..TypedAhead::default() };
        ahead.is_drawn(at(0));
        // A word after a pause, by somebody who looks at the keyboard.
        assert!(ahead.takes(&key('y'), at(3_000)) && ahead.is_undecided() && ahead.answer(at(3_200)).is_none());
        assert!(ahead.takes(&key('e'), at(3_250)) && ahead.takes(&key('s'), at(3_400)));
        assert_eq!((ahead.answer(at(9_000)), ahead.answers_at()), (None, None));
        assert!(ahead.takes(&key('n'), at(5_000)));
        assert_eq!(ahead.answers_at(), Some(at(5_400)));
        assert_eq!(ahead.answer(at(5_400)), Some(key('n')));
        assert_eq!(ahead.text, "yes");
    }
}
