//! `completions` and `man`: made from the command line's own table.

use std::io::{self, Write};

use super::args::{Global, Verb, command};
use super::context::Outcome;
use crate::model::{ErrorKind, Refusal};

/// Prints what needs no configuration; `None` for every other verb.
pub fn print(global: &Global, verb: &Verb) -> Option<Outcome> {
    match verb {
        Verb::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut command(), "bagsy", &mut text);
            let printed = io::stdout().lock().write_all(&text);
            Some(printed.map_err(|error| Refusal::new(ErrorKind::Failed, format!("it cannot be printed: {error}"))))
        }
        Verb::Man { page, all } => Some(super::man::run(global, *page, all.as_deref())),
        _ => None,
    }
}
