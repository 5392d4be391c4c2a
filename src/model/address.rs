//! One mail address with its display name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A display name, where there is one, and an address (RFC 5322 §3.4, `mailbox`), both decoded to text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    pub name: Option<String>,
    pub email: String,
}

impl Address {
    /// An address without a display name.
    pub fn bare(email: impl Into<String>) -> Self {
        Self { name: None, email: email.into() }
    }

    /// The same place, whatever the display name and the letters' case.
    pub fn is_same_place(&self, email: &str) -> bool {
        self.email.eq_ignore_ascii_case(email)
    }

    /// What a list shows: the name, else the address.
    pub fn shown(&self) -> &str {
        self.name.as_deref().filter(|n| !n.trim().is_empty()).unwrap_or(&self.email)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) if !name.trim().is_empty() => write!(f, "{name} <{}>", self.email),
            _ => f.write_str(&self.email),
        }
    }
}
