//! The lines of the outbox's window: the mails that have not left, then the texts that were begun. Both lists change by
//! themselves while they are looked at, so what is selected has a name, not a number.

use super::app::App;
use crate::engine::message::{Item, Target};

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    Mail(Item),
    Text(Target),
}

impl Waiting {
    /// What stands in a line; `None` below the last one.
    pub fn at(app: &App, line: usize) -> Option<Self> {
        match line.checked_sub(app.outbox.len()) {
            None => app.outbox.get(line).map(|item| Self::Mail(item.name())),
            Some(line) => app.texts.get(line).map(|text| Self::Text(text.target.clone())),
        }
    }

    /// The line where it stands by now; `None` where it does not any more.
    pub fn line(&self, app: &App) -> Option<usize> {
        match self {
            Self::Mail(name) => app.outbox.iter().position(|item| item.name() == *name),
            Self::Text(target) => {
                app.texts.iter().position(|text| text.target == *target).map(|line| app.outbox.len() + line)
            }
        }
    }
}
