//! The kinds of failure that scripts and screens act on differently: DESIGN's error kinds and exit codes.

use std::fmt;

use serde::Serialize;

use super::Handle;

/// The `kind` of an error object; each belongs to one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    Usage,
    Config,
    NotFound,
    Ambiguous,
    /// Somebody else holds it.
    Held,
    Contested,
    /// A teammate's answer came first.
    Overtaken,
    Rights,
    SenderRefused,
    Unreachable,
    Tls,
    Auth,
    UnknownOutcome,
    /// `next` found nothing to take.
    None,
    Failed,
}

impl ErrorKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Config => "config",
            Self::NotFound => "not_found",
            Self::Ambiguous => "ambiguous",
            Self::Held => "held",
            Self::Contested => "contested",
            Self::Overtaken => "overtaken",
            Self::Rights => "rights",
            Self::SenderRefused => "sender_refused",
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::UnknownOutcome => "unknown_outcome",
            Self::None => "none",
            Self::Failed => "failed",
        }
    }

    /// The exit code of a verb that ends with this failure.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed | Self::None => 1,
            Self::Usage | Self::Config | Self::NotFound | Self::Ambiguous => 2,
            Self::Held | Self::Contested | Self::Overtaken => 3,
            Self::Rights | Self::SenderRefused => 4,
            Self::Unreachable | Self::Tls => 5,
            Self::Auth => 6,
            Self::UnknownOutcome => 7,
        }
    }
}

/// Why something was not done, in words for a person: what happened, to what, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub kind: ErrorKind,
    pub message: String,
    pub hint: Option<String>,
    /// Whoever holds the conversation, where that is why.
    pub holder: Option<Handle>,
}

impl Refusal {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, holder: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn holder(mut self, holder: Handle) -> Self {
        self.holder = Some(holder);
        self
    }

    /// The object that goes to standard error with `--json`.
    pub fn to_json(&self) -> serde_json::Value {
        let mut error = serde_json::json!({ "kind": self.kind, "message": self.message, "hint": self.hint });
        if let Some(holder) = &self.holder {
            error["holder"] = serde_json::json!(holder);
        }
        serde_json::json!({ "error": error })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}
