//! What `--help` and the manual say beyond a verb's one line: how it behaves, and examples that are tried by a test.

/// A code that the program ends with.
pub struct ExitCode {
    pub code: u8,
    /// In a word or two.
    short: &'static str,
    pub means: &'static str,
}

const fn ends(code: u8, short: &'static str, means: &'static str) -> ExitCode {
    ExitCode { code, short, means }
}

/// What a program that calls bagsy goes by.
pub const EXIT_CODES: [ExitCode; 8] = [
    ends(0, "done", "done; also: it is so already"),
    ends(1, "failed, or nothing to take", "failed; `next` found nothing to take"),
    ends(2, "usage, configuration, no such id", "usage, configuration, no such id or an ambiguous one"),
    ends(
        3,
        "somebody else holds it",
        "somebody else holds it, it is contested, or a teammate answered first (says who)",
    ),
    ends(4, "no right", "the server grants no right for it, or refuses the sender"),
    ends(5, "not reachable", "not reachable, TLS included: mail is queued and said so, changes are not"),
    ends(6, "sign-in refused", "the sign-in is refused"),
    ends(7, "outcome unknown", "the outcome is unknown and needs a person"),
];

/// An example, and what it does.
pub type Example = (&'static str, &'static str);

/// Examples for the program as a whole.
pub const PROGRAM: [Example; 5] = [
    ("bagsy demo", "Try it, without a server and without a configuration"),
    ("bagsy", "The queue"),
    ("bagsy next --json", "Take the conversation that has waited longest, for a script"),
    ("bagsy list --view unclaimed --limit 5", "What nobody has yet"),
    ("bagsy --mailbox support@example.com watch --json", "A line for each thing that happens in one mailbox"),
];

struct Verb {
    name: &'static str,
    says: &'static str,
    examples: &'static [Example],
}

const VERBS: &[Verb] = &[
    Verb {
        name: "demo",
        says: "Starts a mail server inside the process, with a support mailbox of some two hundred conversations and two \
               simulated teammates. Nothing of yours is read or written. A second one in another terminal joins the first.",
        examples: &[("bagsy demo --as bob", "Be alice's teammate, in a second terminal")],
    },
    Verb {
        name: "setup",
        says: "Asks for your address, finds your servers (by DNS, by your domain's autoconfig page, by usual names) and shows where \
               each was found before it connects to one; then how you sign in, which mailboxes you work in, and from when on mail \
               in them is work. Enter takes what stands in brackets, `<` goes back, Ctrl-C leaves. Nothing is written before the \
               last question, a file that is there is kept beside the new one, and no password stands in it.\n\nIt signs you in by \
               OAuth 2.0 too: at Microsoft 365, at Google, and at any authority that publishes its metadata. You need the client \
               id of a registration of your team's own there.",
        examples: &[
            ("bagsy setup", "Answer, and look at the file before it is written"),
            ("bagsy setup --config second.toml", "Another file, for `bagsy --config second.toml`"),
        ],
    },
    Verb {
        name: "doctor",
        says: "Goes from the configuration over sign-in, rights and folders to the submission server. Each line says what was \
               checked, what was found, and what follows from it.",
        examples: &[("bagsy doctor --json", "The same for a monitor: a line a check")],
    },
    Verb {
        name: "login",
        says: "What is kept is what the account's `auth` says: a password in the system's keyring, or the tokens of OAuth 2.0, there \
               or in an encrypted file. Nothing is kept that the IMAP server does not take.",
        examples: &[
            ("bagsy login", "Type the password, or follow what is shown"),
            ("bagsy login work --device", "OAuth 2.0 over SSH: the browser is on another machine"),
        ],
    },
    Verb {
        name: "logout",
        says: "A password goes out of the system's keyring, tokens out of the keyring or their file; on this machine alone, and without \
               a connection. What the authority granted ends there, not here. Mail that is cached stays, and `--offline` reads it. What \
               is not there is forgotten already: exit code 0.",
        examples: &[("bagsy logout", "The only account's"), ("bagsy logout work", "One of several")],
    },
    Verb {
        name: "mailboxes",
        says: "Finds the mailboxes that the server shows to you, and those that the configuration names, and brings the cache of each \
               up to date. The grade says how safely a claim is kept there: A, by compare-and-swap; B and C, not yet; D, you may only \
               read. The rights are those of IMAP (RFC 4314): `lrs` reads, `w` claims, `ip` answers, `te` archives.",
        examples: &[
            ("bagsy mailboxes", "What you can reach, and what you may do there"),
            ("bagsy mailboxes --offline --json", "What is cached of them, for a script"),
        ],
    },
    Verb {
        name: "sync",
        says: "Fetches what is new and what has changed in INBOX, Sent and Archive of each mailbox, then ends: heads and flags, not the \
               texts of the mails, which the screen fetches ahead of need. The screen and `watch` do this by themselves; it is for \
               scripts, and for a first fetch of a large mailbox.",
        examples: &[
            ("bagsy sync", "Bring the cache up to date, once"),
            ("bagsy --mailbox support@example.com sync --json", "How many messages, octets and seconds, for a script"),
        ],
    },
    Verb {
        name: "list",
        says: "The order is the screen's: whoever has waited longest comes first. `done` includes what lies in Archive; contested \
               ones are in `team`, or in `mine` where one of the claims is yours.",
        examples: &[
            ("bagsy list --view mine", "What is yours"),
            ("bagsy list --view all --limit 20 --json", "The newest, for a script"),
        ],
    },
    Verb {
        name: "show",
        says: "Everything but --raw is made safe for a terminal, in a pipe too: no control characters, no overrides of the \
               writing direction. IDs may be shortened as long as they stay unambiguous. Before the address that an \
               answer comes from stands who of the team sent it, where its copy in Sent tells. With --json `by` of a message is that \
               name or null, `had_by` names who held what is done now, and `copies_differ` of a message says that it came more than \
               once, not the same each time.",
        examples: &[
            ("bagsy show k3j9x2a7qp", "Read one"),
            ("bagsy show k3j9 --headers", "All header fields of its messages"),
        ],
    },
    Verb {
        name: "claim",
        says: "Of any number of people who claim one conversation at the same moment exactly one wins; the others are told who, \
               and exit with 3. What is yours already is no failure.",
        examples: &[("bagsy claim k3j9x2a7qp", "Take one")],
    },
    Verb {
        name: "release",
        says: "The conversation is free again and stays open. What is free already is no failure; what a teammate holds is left alone \
               (exit code 3): `takeover` takes it.",
        examples: &[
            ("bagsy release k3j9x2a7qp", "Give one up"),
            ("bagsy release k3j9x2a7qp m2c4 --if-status open", "Several, but none that waits for its customer"),
        ],
    },
    Verb {
        name: "takeover",
        says: "Takes the conversation from whoever holds it at this moment; their screen and `watch` tell them who did. Where the holder changes meanwhile nothing is taken (exit code 3). A free one is claimed. Nobody is asked first: \
               use --if-assignee in scripts.",
        examples: &[("bagsy takeover k3j9x2a7qp --if-assignee bob", "Bob is ill: take his, if it still is his")],
    },
    Verb {
        name: "waiting",
        says: "It is the customer's turn: the conversation leaves the queue for the view Waiting, and keeps its assignee. Mail that comes \
               in opens it again by itself. An answer does the same (`after_reply` in the configuration). What a teammate holds is \
               left alone (exit code 3).",
        examples: &[
            ("bagsy waiting k3j9x2a7qp", "You have called them; they will write"),
            ("bagsy list --view waiting", "What waits for a customer"),
        ],
    },
    Verb {
        name: "reopen",
        says: "What is done, waiting or snoozed is open again; what lies in Archive comes back to INBOX, unclaimed, where the rights \
               allow (`te` in Archive, `i` in INBOX; else exit code 4). What is open already is no failure.",
        examples: &[("bagsy reopen k3j9x2a7qp", "Work on it again")],
    },
    Verb {
        name: "next",
        says: "A race that is lost goes on to the following conversation. Where there is nothing to take: exit code 1.",
        examples: &[("bagsy next --json", "For a chat bot: who asks gets the next one")],
    },
    Verb {
        name: "assign",
        says: "The teammate must have been seen in the mailbox before; a name that nobody has used is warned about.",
        examples: &[("bagsy assign k3j9x2a7qp --to carol", "Hand one to carol")],
    },
    Verb {
        name: "done",
        says: "A free conversation is claimed first. What the conversation had when it was finished moves to Archive, where the \
               rights and the configuration allow; else a keyword says it. New mail opens it again by itself.",
        examples: &[("bagsy done k3j9x2a7qp --if-assignee alice", "Only if it is still alice's")],
    },
    Verb {
        name: "tag",
        says: "A tag is an IMAP keyword, which other mail programs see as well: ASCII, no blanks. `+a` consents to a name that is new \
               in the mailbox.",
        examples: &[("bagsy tag k3j9x2a7qp +billing -sales", "Add one, take one off")],
    },
    Verb {
        name: "reply",
        says: "The answer goes to whoever wrote last, from the mailbox's address. It is announced in Sent, checked against what \
               teammates do at the same moment, then sent once; there is no time to take it back. A free conversation is \
               claimed first, what another holds is not answered (exit code 3).",
        examples: &[
            ("bagsy reply k3j9x2a7qp --body-file answer.txt --done", "Answer and finish"),
            ("bagsy reply k3j9x2a7qp --body-file - --dry-run", "See the message first, its text from standard input"),
        ],
    },
    Verb {
        name: "new",
        says: "The mail leaves from the mailbox's address under your own login, with a copy in its Sent folder where teammates see it; \
               the customer's answer to it comes to the queue. Where several mailboxes are yours, --mailbox or --from says which. It is \
               the whole text: no signature is added, and there is no time to take it back. Out of reach, it waits in the outbox \
               (exit code 5).",
        examples: &[
            ("bagsy new --to dana@example.com --subject Maintenance --body-file notice.txt", "Write to a customer"),
            (
                "bagsy --mailbox support@example.com new --to a@example.com,b@example.com --subject Hello --body-file - --dry-run",
                "See it first; two recipients, the text from standard input",
            ),
        ],
    },
    Verb {
        name: "forward",
        says: "The newest incoming message goes on with its text below yours and its files beside it, or as it is with \
               --as-attachment. It comes from the mailbox's address, and an answer to it to the queue. The conversation keeps its \
               assignee and its status: its customer still waits.",
        examples: &[
            ("bagsy forward k3j9x2a7qp --to facilities@example.com", "Let somebody else know"),
            (
                "bagsy forward k3j9x2a7qp --to legal@example.com --as-attachment --body-file why.txt",
                "All of it as it came, header too, with a word of yours",
            ),
        ],
    },
    Verb {
        name: "outbox",
        says: "Mail that could not leave is tried again by itself; one whose fate is unknown never is, since the customer may \
               have it already.",
        examples: &[("bagsy outbox", "What waits"), ("bagsy outbox retry", "Try all of it now")],
    },
    Verb {
        name: "watch",
        says: "Gives `connection` once it is live, then a line for each `new`, `claimed`, `released`, `assigned`, `takeover`, \
               `contested`, `status`, `tagged`, `replied` and `sent` (a new or a forwarded mail of the team's), until it is \
               interrupted. With --json `by` is whoever did it, or null where the mailbox does not tell; `subject` is the \
               conversation's without a `Re:` or `Fwd:` in front.",
        examples: &[("bagsy watch --json", "Feed a chat channel")],
    },
    Verb {
        name: "completions",
        says: "Prints a script for bash, zsh, fish, elvish or PowerShell.",
        examples: &[("bagsy completions fish", "For fish: into ~/.config/fish/completions/bagsy.fish")],
    },
    Verb {
        name: "man",
        says: "Prints a page as roff: pipe it into `man -l -`. The page of keys tells what is really bound for you.",
        examples: &[
            ("bagsy man bagsy-keys", "Your keys"),
            ("bagsy man --all target/man", "All pages as files, for a package"),
        ],
    },
];

/// A verb's examples.
pub fn of(verb: &str) -> &'static [Example] {
    VERBS.iter().find(|known| known.name == verb).map_or(&[], |known| known.examples)
}

/// Lays the long help over the command line's own table: `-h` stays short.
pub fn lay_over(mut command: clap::Command) -> clap::Command {
    for verb in VERBS {
        command = command.mut_subcommand(verb.name, |known| {
            let about = known.get_about().map(ToString::to_string).unwrap_or_default();
            known.long_about(format!("{about}.\n\n{}", verb.says)).after_long_help(listed(verb.examples))
        });
    }
    let short: Vec<String> = EXIT_CODES.iter().map(|known| format!("{} {}", known.code, known.short)).collect();
    let codes: Vec<String> = EXIT_CODES.iter().map(|known| format!("  {}  {}", known.code, known.means)).collect();
    let more = "Files: ~/.config/bagsy/config.toml is the configuration (elsewhere than on Linux, where the platform keeps such files); \
                `bagsy man bagsy-config` tells its keys, `bagsy man bagsy-keys` those of the screen. `bagsy VERB --help` says more \
                about a verb.";
    let after = format!("{}\n\nExit codes:\n{}\n\n{more}", listed(&PROGRAM), codes.join("\n"));
    command.after_help(format!("Exit codes: {}", short.join(" · "))).after_long_help(after)
}

fn listed(examples: &[Example]) -> String {
    let lines: Vec<String> = examples.iter().map(|(line, means)| format!("  {means}:\n    {line}")).collect();
    format!("Examples:\n{}", lines.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, with_tags_spelled_out};

    #[test]
    fn every_example_is_understood() {
        for (line, _) in PROGRAM.iter().chain(VERBS.iter().flat_map(|verb| verb.examples)) {
            let words = with_tags_spelled_out(line.split(' ').map(std::ffi::OsString::from));
            assert!(Cli::read(words).is_ok(), "{line}");
        }
    }

    #[test]
    fn every_verb_has_its_own_word_and_an_example() {
        for verb in crate::cli::args::command().get_subcommands() {
            let known = VERBS.iter().find(|known| known.name == verb.get_name());
            assert!(known.is_some_and(|known| !known.examples.is_empty()), "{}", verb.get_name());
        }
    }

    #[test]
    fn the_long_help_says_more_than_the_short_one() {
        let help = |line: &str| {
            let words: Vec<_> = line.split(' ').map(std::ffi::OsString::from).collect();
            Cli::read(words).unwrap_err().to_string()
        };
        let (short, long) = (help("bagsy -h"), help("bagsy --help"));
        assert!(short.lines().count() < 60 && !short.contains("Examples:"), "{short}");
        assert!(short.contains("7 outcome unknown"), "{short}");
        assert!(long.contains("Examples:") && long.contains("  7  the outcome is unknown"), "{long}");
        let (short, long) = (help("bagsy reply -h"), help("bagsy reply --help"));
        assert!(!short.contains("announced in Sent,") && long.contains("announced in Sent,"), "{long}");
    }
}
