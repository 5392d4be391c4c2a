//! One key press as a person writes it: `c`, `Ctrl-d`, `Shift-Tab`, `Enter`.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with the modifiers that matter. Shift is part of a letter (`G`), not beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
    shift: bool,
}

const NAMED: [(&str, KeyCode); 14] = [
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
    ("Space", KeyCode::Char(' ')),
];

impl Chord {
    /// Reads `Ctrl-d`, `G`, `Shift-Tab`; `None` where it is no key.
    pub fn parse(text: &str) -> Option<Self> {
        let mut chord = Self { code: KeyCode::Null, ctrl: false, alt: false, shift: false };
        let mut rest = text;
        loop {
            // A lone `-` is a key, not a modifier without one.
            match rest.split_once('-').filter(|(_, key)| !key.is_empty()) {
                Some(("Ctrl", key)) => (chord.ctrl, rest) = (true, key),
                Some(("Alt", key)) => (chord.alt, rest) = (true, key),
                Some(("Shift", key)) => (chord.shift, rest) = (true, key),
                _ => break,
            }
        }
        let mut chars = rest.chars();
        chord.code = match (NAMED.iter().find(|(name, _)| *name == rest), chars.next(), chars.next()) {
            (Some((_, code)), ..) => *code,
            (None, Some(c), None) => KeyCode::Char(c),
            _ => return None,
        };
        Some(chord)
    }

    /// The key event that a terminal would send for it.
    #[cfg(test)]
    pub fn key_event(self) -> KeyEvent {
        let mut modifiers = KeyModifiers::NONE;
        modifiers.set(KeyModifiers::CONTROL, self.ctrl);
        modifiers.set(KeyModifiers::ALT, self.alt);
        modifiers.set(KeyModifiers::SHIFT, self.shift);
        KeyEvent::new(self.code, modifiers)
    }

    /// The chord of a key event.
    pub fn of(key: &KeyEvent) -> Self {
        let has = |m| key.modifiers.contains(m);
        let (ctrl, alt) = (has(KeyModifiers::CONTROL), has(KeyModifiers::ALT));
        match key.code {
            KeyCode::BackTab => Self { code: KeyCode::Tab, ctrl, alt, shift: true },
            // Terminals send Ctrl with a letter in either case.
            KeyCode::Char(c) if ctrl => Self { code: KeyCode::Char(c.to_ascii_lowercase()), ctrl, alt, shift: false },
            KeyCode::Char(c) => Self { code: KeyCode::Char(c), ctrl, alt, shift: false },
            code => Self { code, ctrl, alt, shift: has(KeyModifiers::SHIFT) },
        }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (set, name) in [(self.ctrl, "Ctrl-"), (self.alt, "Alt-"), (self.shift, "Shift-")] {
            if set {
                f.write_str(name)?;
            }
        }
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chord_is_written_as_it_is_read() {
        for text in ["c", "G", "Ctrl-d", "Shift-Tab", "Enter", "Alt-x", "[", "-", "?", "Space"] {
            assert_eq!(Chord::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Chord::parse("Hyper-x"), None);
        assert_eq!(Chord::parse(""), None);
    }

    #[test]
    fn shift_is_part_of_a_letter() {
        let key = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Some(Chord::of(&key)), Chord::parse("G"));
        let key = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(Some(Chord::of(&key)), Chord::parse("Shift-Tab"));
        let key = KeyEvent::new(KeyCode::Char('D'), KeyModifiers::CONTROL);
        assert_eq!(Some(Chord::of(&key)), Chord::parse("Ctrl-d"));
    }
}
