//! `completions` and `man`: made from the command line's own table.

use std::io::{self, Write};

use clap::CommandFactory;

use super::args::{Cli, Verb};
use super::context::Outcome;
use crate::model::{ErrorKind, Refusal};

/// Prints what needs no configuration; `None` for every other verb.
pub fn print(verb: &Verb) -> Option<Outcome> {
    let mut text = Vec::new();
    let made = match verb {
        Verb::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "bagsy", &mut text);
            Ok(())
        }
        Verb::Man => manual(&mut text),
        _ => return None,
    };
    let printed = made.and_then(|()| io::stdout().lock().write_all(&text));
    Some(printed.map_err(|error| Refusal::new(ErrorKind::Failed, format!("it cannot be printed: {error}"))))
}

/// The page of the program, then one for each verb.
fn manual(out: &mut Vec<u8>) -> io::Result<()> {
    let command = Cli::command();
    clap_mangen::Man::new(command.clone()).render(out)?;
    for verb in command.get_subcommands() {
        let page = clap_mangen::Man::new(verb.clone().bin_name(format!("bagsy {}", verb.get_name())));
        writeln!(out, ".SH VERB {}", verb.get_name().to_uppercase())?;
        page.render_synopsis_section(out)?;
        page.render_description_section(out)?;
        page.render_options_section(out)?;
    }
    Ok(())
}
