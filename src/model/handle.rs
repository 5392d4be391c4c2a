//! A teammate's short name on the wire.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A teammate's handle: `[a-z0-9][a-z0-9._-]{0,31}`. One that exists is valid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Handle(String);

/// The text is not a handle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a handle: use a–z, 0–9, “.”, “_”, “-”, at most 32, beginning with a letter or digit")]
pub struct InvalidHandle(pub String);

impl Handle {
    /// Reads a handle; letters of either case are taken and written in lower case.
    ///
    /// # Errors
    /// [`InvalidHandle`] when the text breaks the grammar.
    pub fn new(text: &str) -> Result<Self, InvalidHandle> {
        let lower = text.to_ascii_lowercase();
        let first = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let rest = |b: u8| first(b) || matches!(b, b'.' | b'_' | b'-');
        let bytes = lower.as_bytes();
        let valid = (1..=32).contains(&bytes.len()) && first(bytes[0]) && bytes[1..].iter().all(|&b| rest(b));
        if valid { Ok(Self(lower)) } else { Err(InvalidHandle(text.to_owned())) }
    }

    /// The handle that a login has by default: its local part, where that is a valid handle.
    ///
    /// # Errors
    /// [`InvalidHandle`] when the local part is none.
    pub fn of_login(login: &str) -> Result<Self, InvalidHandle> {
        Self::new(login.split('@').next().unwrap_or(login))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for Handle {
    type Error = InvalidHandle;
    fn try_from(text: String) -> Result<Self, InvalidHandle> {
        Self::new(&text)
    }
}

impl From<Handle> for String {
    fn from(handle: Handle) -> String {
        handle.0
    }
}

#[cfg(test)]
mod tests {
    use super::Handle;

    #[test]
    fn a_handle_keeps_the_grammar_of_the_wire() {
        for good in ["alice", "alice.b", "7of9", "a-b_c", &"x".repeat(32)] {
            assert!(Handle::new(good).is_ok(), "{good}");
        }
        for bad in ["", ".alice", "-a", "al ice", "søren", &"x".repeat(33), "a]b"] {
            assert!(Handle::new(bad).is_err(), "{bad}");
        }
        assert_eq!(Handle::of_login("Alice@example.test").unwrap().as_str(), "alice");
    }
}
