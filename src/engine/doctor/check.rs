//! One line of a check-up, and the pen that writes it.

use crate::model::{ErrorKind, Refusal};

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// Works, with something that one should know: a right that is not there, a wish that the server does not grant.
    Note,
    /// Keeps from working.
    Failed(ErrorKind),
    /// Not made, since an earlier one failed.
    Skipped,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at: `work: imap tls`, `support@example.test: grade`.
    pub check: String,
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What follows from it, or what to do; empty where that goes without saying.
    pub follows: String,
}

impl Check {
    pub(super) fn good(check: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(check, Verdict::Good, found, "")
    }

    pub(super) fn note(check: impl Into<String>, found: impl Into<String>, follows: impl Into<String>) -> Self {
        Self::new(check, Verdict::Note, found, follows)
    }

    pub(super) fn failed(
        check: impl Into<String>,
        kind: ErrorKind,
        found: impl Into<String>,
        follows: impl Into<String>,
    ) -> Self {
        Self::new(check, Verdict::Failed(kind), found, follows)
    }

    /// What somebody else has put in words already.
    pub fn refused(check: impl Into<String>, refusal: Refusal) -> Self {
        Self::failed(check, refusal.kind, refusal.message, refusal.hint.unwrap_or_default())
    }

    pub(super) fn skipped(check: impl Into<String>, why: &str) -> Self {
        Self::new(check, Verdict::Skipped, format!("not checked: {why}"), "")
    }

    fn new(check: impl Into<String>, verdict: Verdict, found: impl Into<String>, follows: impl Into<String>) -> Self {
        Self { check: check.into(), verdict, found: found.into(), follows: follows.into() }
    }

    #[must_use]
    pub(super) fn so(self, follows: impl Into<String>) -> Self {
        Self { follows: follows.into(), ..self }
    }

    /// Whether what was looked at is there and works.
    pub fn is_ok(&self) -> bool {
        matches!(self.verdict, Verdict::Good | Verdict::Note)
    }
}

/// Writes checks about one login or mailbox, each as soon as it is made.
pub(super) struct Pen<'a> {
    about: String,
    tell: &'a mut dyn FnMut(Check),
}

impl<'a> Pen<'a> {
    pub fn new(about: impl Into<String>, tell: &'a mut dyn FnMut(Check)) -> Self {
        Self { about: about.into(), tell }
    }

    pub fn write(&mut self, check: Check) {
        let named = format!("{}: {}", self.about, check.check);
        (self.tell)(Check { check: named, ..check });
    }

    pub fn write_all(&mut self, checks: impl IntoIterator<Item = Check>) {
        checks.into_iter().for_each(|check| self.write(check));
    }

    /// The same pen for something else.
    pub fn about(&mut self, about: impl Into<String>) -> Pen<'_> {
        Pen { about: about.into(), tell: self.tell }
    }
}
