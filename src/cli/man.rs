//! `bagsy man`: the manual pages, each made of the table that the program itself goes by: the command line's, the configuration's,
//! the keymap's. `bagsy-protocol(7)` is `docs/protocol.md`.

mod roff;

use std::io::{self, Write};
use std::path::Path;

use clap::{Arg, Command, ValueEnum};

use self::roff::{inline, plain};
use super::args::{Global, command};
use super::context::Outcome;
use super::examples;
use crate::config::{ConfigError, Paths, table_of_keys};
use crate::model::{ErrorKind, Refusal};
use crate::tui::keymap::{Keymap, page};

/// The pages there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Page {
    #[value(help = "the program, its verbs and options: bagsy(1)")]
    Bagsy,
    #[value(help = "the configuration: bagsy-config(5)")]
    BagsyConfig,
    #[value(help = "every key, as it is bound for you: bagsy-keys(7)")]
    BagsyKeys,
    #[value(help = "how a team's state lives in a mailbox: bagsy-protocol(7)")]
    BagsyProtocol,
}

impl Page {
    fn name(self) -> &'static str {
        match self {
            Self::Bagsy => "bagsy",
            Self::BagsyConfig => "bagsy-config",
            Self::BagsyKeys => "bagsy-keys",
            Self::BagsyProtocol => "bagsy-protocol",
        }
    }

    fn section(self) -> u8 {
        match self {
            Self::Bagsy => 1,
            Self::BagsyConfig => 5,
            Self::BagsyKeys | Self::BagsyProtocol => 7,
        }
    }

    /// The page as roff; with a person's own keys where there are any.
    fn text(self, own: Option<&Keymap>) -> String {
        let about = match self {
            Self::Bagsy => return program(),
            Self::BagsyConfig => "the configuration of bagsy",
            Self::BagsyKeys => "the keys of bagsy",
            Self::BagsyProtocol => "how a team's state lives in a mailbox",
        };
        let markdown = match self {
            Self::BagsyConfig => format!("{CONFIG}{}{AFTER_CONFIG}", table_of_keys()),
            Self::BagsyKeys => own.map_or_else(page::markdown, page::bound),
            _ => include_str!("../../docs/protocol.md").to_owned(),
        };
        roff::page(self.name(), self.section(), about, &markdown)
    }
}

/// Prints one page, or writes all into a folder.
///
/// # Errors
/// A configuration that cannot be read, since the keys are told as they are bound; a folder that cannot be written.
pub fn run(global: &Global, wanted: Option<Page>, all: Option<&Path>) -> Outcome {
    let failed = |error: io::Error| Refusal::new(ErrorKind::Failed, format!("it cannot be written: {error}"));
    let Some(folder) = all else {
        let wanted = wanted.unwrap_or(Page::Bagsy);
        let own = if wanted == Page::BagsyKeys { own_keys(global)? } else { None };
        return io::stdout().lock().write_all(wanted.text(own.as_ref()).as_bytes()).map_err(failed);
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    for page in Page::value_variants() {
        let file = folder.join(format!("{}.{}", page.name(), page.section()));
        std::fs::write(&file, page.text(None)).map_err(failed)?;
        println!("{}", file.display());
    }
    Ok(())
}

fn own_keys(global: &Global) -> Outcome<Option<Keymap>> {
    let paths = Paths::find(global.config.as_deref())?;
    match super::look::config(paths.config_file()) {
        Ok(config) => Ok(Some(super::look::keymap(&config.ui)?)),
        Err(ConfigError::NotFound { .. }) if global.config.is_none() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// bagsy(1), from the command line's own table.
fn program() -> String {
    let mut command = command();
    command.build();
    let mut out = roff::head("bagsy", 1);
    out.push_str(".SH NAME\nbagsy \\- a team inbox in the terminal\n.SH SYNOPSIS\n");
    out.push_str("\\fBbagsy\\fR [\\fIOPTIONS\\fR] [\\fIVERB\\fR]\n.SH DESCRIPTION\n");
    paragraphs(&mut out, &command.get_long_about().map(ToString::to_string).unwrap_or_default());
    out.push_str(".SH OPTIONS\nEvery verb takes these.\n");
    options(&mut out, &command, |_| true);
    out.push_str(".SH VERBS\n");
    let is_global = |arg: &Arg| arg.is_global_set() || ["help", "version"].contains(&arg.get_id().as_str());
    for verb in command.get_subcommands().filter(|v| v.get_name() != "help") {
        verb_of(&mut out, "bagsy", verb, &is_global);
    }
    out.push_str(".SH EXIT STATUS\n");
    for known in examples::EXIT_CODES {
        out.push_str(&format!(".TP\n{}\n{}\n", known.code, plain(known.means)));
    }
    out.push_str(".SH FILES\n");
    for (file, means) in FILES {
        out.push_str(&format!(".TP\n\\fI{}\\fR\n{}\n", plain(file), inline(means)));
    }
    out.push_str(".SH ENVIRONMENT\n");
    for (name, means) in ENVIRONMENT {
        out.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", plain(name), inline(means)));
    }
    out.push_str(".SH EXAMPLES\n");
    for (line, means) in examples::PROGRAM {
        example(&mut out, line, means);
    }
    out.push_str(".SH SEE ALSO\n\\fBbagsy\\-config\\fR(5), \\fBbagsy\\-keys\\fR(7), \\fBbagsy\\-protocol\\fR(7)\n");
    out
}

fn verb_of(out: &mut String, before: &str, verb: &Command, is_global: &dyn Fn(&Arg) -> bool) {
    let name = format!("{before} {}", verb.get_name());
    let words: String = verb.get_positionals().map(|arg| format!(" {arg}")).collect();
    let has_options = verb.get_arguments().any(|arg| !arg.is_positional() && !arg.is_hide_set() && !is_global(arg));
    let options_word = if has_options { " [OPTIONS]" } else { "" };
    out.push_str(&format!(".SS \"{}\"\n", plain(&format!("{name}{options_word}{words}"))));
    let about = verb.get_long_about().or(verb.get_about()).map(ToString::to_string).unwrap_or_default();
    paragraphs(out, &about);
    options(out, verb, |arg| !is_global(arg));
    for (line, means) in examples::of(verb.get_name()) {
        example(out, line, means);
    }
    for inner in verb.get_subcommands().filter(|v| v.get_name() != "help") {
        verb_of(out, &name, inner, is_global);
    }
}

fn paragraphs(out: &mut String, text: &str) {
    for paragraph in text.split("\n\n").filter(|p| !p.trim().is_empty()) {
        out.push_str(&format!(".PP\n{}\n", inline(&paragraph.replace('\n', " "))));
    }
}

fn options(out: &mut String, command: &Command, wanted: impl Fn(&Arg) -> bool) {
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set() && wanted(arg)) {
        let values: Vec<String> = arg.get_value_names().into_iter().flatten().map(|v| format!("<{v}>")).collect();
        let takes = arg.get_action().takes_values();
        let mut names: Vec<String> = Vec::new();
        names.extend(arg.get_short().map(|c| format!("\\fB\\-{c}\\fR")));
        names.extend(arg.get_long().map(|long| format!("\\fB\\-\\-{}\\fR", plain(long))));
        let values = if takes { format!(" \\fI{}\\fR", plain(&values.join(" "))) } else { String::new() };
        let says = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
        // A positional without a word of its own is in the synopsis.
        if names.is_empty() && says.is_empty() {
            continue;
        }
        out.push_str(&format!(".TP\n{}{values}\n{}\n", names.join(", "), inline(&says.replace('\n', " "))));
        let choices: Vec<String> = match arg.get_possible_values() {
            choices if takes && arg.get_long().is_some() => choices.iter().map(|v| v.get_name().to_owned()).collect(),
            _ => Vec::new(),
        };
        if !choices.is_empty() {
            out.push_str(&format!("One of {}.\n", plain(&choices.join(", "))));
        }
    }
}

fn example(out: &mut String, line: &str, means: &str) {
    out.push_str(&format!(".PP\n{}:\n.PP\n.nf\n.RS 4\n{}\n.RE\n.fi\n", inline(means), plain(line)));
}

const FILES: [(&str, &str); 4] = [
    ("$XDG_CONFIG_HOME/bagsy/config.toml", "the configuration, see bagsy-config(5); without the variable in ~/.config"),
    ("$XDG_CONFIG_HOME/bagsy/themes/", "themes of your own"),
    (
        "$XDG_DATA_HOME/bagsy/",
        "what is cached of each login, and beside it what is to be sent and what is being written; a text lies there too while an editor has it",
    ),
    ("$XDG_STATE_HOME/bagsy/bagsy.log", "the log; no mail, password or token is ever in it"),
];

const ENVIRONMENT: [(&str, &str); 15] = [
    ("EDITOR, VISUAL", "what `Ctrl-E` opens while an answer is written; the latter counts first"),
    (
        "BROWSER",
        "the program that is started with the address where one signs in by OAuth 2.0; without it `xdg-open`, on macOS `open`",
    ),
    (
        "DISPLAY, WAYLAND_DISPLAY",
        "if either is set, links and attachments are opened with `xdg-open`, `notify = \"desktop\"` tells the desktop, and `setup` suggests the browser on this machine",
    ),
    (
        "SSH_CONNECTION, SSH_TTY",
        "if either is set, nothing is opened, and no desktop is told: it would be on the wrong machine; `setup` suggests the sign-in by a code",
    ),
    ("NO_COLOR", "if set, no colours; weights and signs stay"),
    ("COLORTERM, TERM", "how many colours the terminal has, and in which form it takes a notification"),
    ("VTE_VERSION, TMUX", "in which form the terminal takes a notification, and what goes into the clipboard"),
    ("COLORFGBG", "the terminal's background, where it does not answer when asked"),
    ("LC_ALL, LC_CTYPE, LANG", "whether `doctor` may use signs beyond ASCII; the first that is set counts"),
    (
        "XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME",
        "where the files above lie; without them ~/.config, ~/.local/share and ~/.local/state",
    ),
    (
        "XDG_RUNTIME_DIR",
        "where `demo` leaves word for a second one, and where an attachment lies while another program shows it; else in the \
         temporary folder ($TMPDIR)",
    ),
    ("DBUS_SESSION_BUS_ADDRESS", "where the system's keyring is found"),
    (
        "BAGSY_RESOLVER",
        "the DNS server that `setup` asks for a domain's servers, as 10.0.0.1 or 10.0.0.1:5353, in the place of those in \
         /etc/resolv.conf",
    ),
    (
        "https_proxy, no_proxy",
        "the HTTP proxy through which autoconfig pages and the authorities of OAuth 2.0 are reached, as \
         http://name:password@proxy.example.com:3128, and the hosts and domains that are reached without it; in capitals as \
         well. Mail servers are never reached through it",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "the authorities that are trusted, in the place of the system's; one beside them is named by `ca` in the configuration",
    ),
];

const CONFIG: &str = "\
## Description

bagsy reads one file, `config.toml` in the folder `bagsy` of the platform's place for configurations (`$XDG_CONFIG_HOME`, by default
`~/.config`), or the one that `--config` names. It is TOML. A key that is unknown is told with its line and the nearest known one. No
password stands in it.

## Example

```toml
[account.work]
user = \"alice@example.com\"
imap = { host = \"imap.example.com\" }
auth = { method = \"password\", command = \"pass show work/mail\" }

[mailbox.\"support@example.com\"]
name = \"Example Support\"
since = \"2026-11-01\"

[ui]
theme = \"high-contrast\"
keys = \"mutt\"

[keys.queue]
\"x\" = \"claim\"
```
";

const AFTER_CONFIG: &str = "\n## See also\n\n`bagsy`(1), `bagsy-keys`(7), `bagsy-protocol`(7)\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::{Override, Profile};

    #[test]
    fn the_page_of_keys_tells_what_is_really_bound() {
        let line = Override { context: "queue".into(), keys: "x".into(), action: "claim".into() };
        let own = Keymap::with(Profile::Mutt, &[line]).unwrap();
        let page = Page::BagsyKeys.text(Some(&own));
        assert!(page.contains("\\fBx\\fR \\fBa\\fR") && page.contains("claim, or release"), "{page}");
        assert!(!page.contains("gmail"));
    }

    #[test]
    fn every_verb_and_option_is_in_the_manual() {
        let page = Page::Bagsy.text(None);
        for verb in command().get_subcommands() {
            assert!(page.contains(&format!("bagsy {}", plain(verb.get_name()))), "{}", verb.get_name());
            for option in verb.get_arguments().filter(|arg| !arg.is_hide_set()).filter_map(Arg::get_long) {
                assert!(page.contains(&format!("\\-\\-{}", plain(option))), "{option}");
            }
        }
    }
}
