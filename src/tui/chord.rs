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

const MODIFIERS: [&str; 3] = ["Ctrl", "Alt", "Shift"];

impl Chord {
    /// Reads `Ctrl-d`, `G`, `Shift-Tab`; `None` where it is no key.
    pub fn parse(text: &str) -> Option<Self> {
        let mut chord = Self { code: KeyCode::Null, ctrl: false, alt: false, shift: false };
        let mut rest = text;
        // A lone `-` is a key, not a modifier without one.
        while let Some((modifier, key)) = rest.split_once('-').filter(|(_, key)| !key.is_empty()) {
            match MODIFIERS.iter().position(|name| name.eq_ignore_ascii_case(modifier))? {
                0 => chord.ctrl = true,
                1 => chord.alt = true,
                _ => chord.shift = true,
            }
            rest = key;
        }
        let named = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest));
        let mut chars = rest.chars();
        chord.code = match (named, chars.next(), chars.next()) {
            (Some((_, code)), ..) => *code,
            (None, Some(c), None) if !c.is_control() && !c.is_whitespace() => KeyCode::Char(c),
            (None, Some('F' | 'f'), Some(_)) => KeyCode::F(rest[1..].parse().ok().filter(|n| (1..=12).contains(n))?),
            _ => return None,
        };
        // As terminals send it: a letter with Ctrl in lower case, Shift as part of the letter, nothing of it with a sign.
        if let KeyCode::Char(c) = chord.code {
            chord.code = match (chord.ctrl, chord.shift) {
                (true, false) => KeyCode::Char(c.to_ascii_lowercase()),
                (false, true) if c.is_ascii_alphabetic() => KeyCode::Char(c.to_ascii_uppercase()),
                (_, true) => return None,
                (false, false) => KeyCode::Char(c),
            };
            chord.shift = false;
        }
        Some(chord)
    }

    /// Chords pressed one after the other, parted by blanks; the part that is no key where there is one.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, &str> {
        let chords = text.split_whitespace().map(|part| Self::parse(part).ok_or(part));
        let chords = chords.collect::<Result<Vec<_>, _>>()?;
        if chords.is_empty() { Err(text) } else { Ok(chords) }
    }

    /// The key whose name is most like what was written, for a message.
    pub fn nearest(text: &str) -> String {
        let like = |word: &str, words: &mut dyn Iterator<Item = &'static str>| {
            let word = word.to_ascii_lowercase();
            words.min_by_key(|known| strsim::damerau_levenshtein(&word, &known.to_ascii_lowercase())).unwrap_or("")
        };
        let mut parts: Vec<&str> = text.split('-').collect();
        let key = parts.pop().unwrap_or_default();
        let mut out: Vec<String> = parts.iter().map(|p| like(p, &mut MODIFIERS.into_iter()).to_owned()).collect();
        out.push(match Self::parse(key) {
            Some(key) => key.to_string(),
            None => like(key, &mut NAMED.iter().map(|(name, _)| *name)).to_owned(),
        });
        out.join("-")
    }

    /// The same with Alt, where terminals can send that.
    pub fn with_alt(self) -> Option<Self> {
        // Alt-[ and Alt-] begin what terminals themselves say.
        let is_free = !self.alt && !matches!(self.code, KeyCode::Char('[' | ']') | KeyCode::Esc);
        is_free.then_some(Self { alt: true, ..self })
    }

    /// Whether it types a character where text is typed.
    pub fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && !self.ctrl && !self.alt
    }

    /// The key that terminals send instead of this one, where they cannot tell the two apart.
    pub fn twin(self) -> Option<&'static str> {
        match (self.ctrl, self.code) {
            (true, KeyCode::Char('i')) => Some("Tab"),
            (true, KeyCode::Char('m')) => Some("Enter"),
            (true, KeyCode::Char('[')) => Some("Esc"),
            _ => None,
        }
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
            (None, KeyCode::F(n)) => write!(f, "F{n}"),
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
        for (written, read) in [("ctrl-D", "Ctrl-d"), ("ESC", "Esc"), ("Shift-g", "G"), ("f5", "F5")] {
            assert_eq!(Chord::parse(written).unwrap().to_string(), read);
        }
        for no_key in ["Hyper-x", "Shift-1", "F13", "Entr", " "] {
            assert_eq!(Chord::parse(no_key), None, "{no_key}");
        }
        assert_eq!(Chord::parse(""), None);
    }

    #[test]
    fn what_is_no_key_is_near_to_one() {
        assert_eq!(Chord::nearest("Ctl-d"), "Ctrl-d");
        assert_eq!(Chord::nearest("Entr"), "Enter");
        assert_eq!(Chord::nearest("Cntrl-Bakspace"), "Ctrl-Backspace");
        assert_eq!(Chord::parse_all("g  Entr"), Err("Entr"));
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
