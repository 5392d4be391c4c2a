//! The command line as clap reads it. Binding: scripts stand on it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::man::Page;
use crate::model::View;

/// A team inbox in the terminal.
///
/// Teammates sign in as themselves, reach shared mailboxes over IMAP, and see one queue: who has claimed what, how long each
/// customer has waited. Without a verb, the screen. No configuration yet? `bagsy setup` makes one; `bagsy demo` needs none.
#[derive(Debug, Parser)]
#[command(name = "bagsy", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// The command line with its exit codes and its long help.
pub fn command() -> clap::Command {
    super::examples::lay_over(Cli::command())
}

impl Cli {
    /// Reads the words of a command line.
    ///
    /// # Errors
    /// Help that was asked for, or what is wrong.
    pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::from_arg_matches(&command().try_get_matches_from(words)?)
    }
}

/// Options that every verb takes.
#[derive(Debug, Args, Clone)]
pub struct Global {
    /// Configuration file [default: ~/.config/bagsy/config.toml, or where the platform keeps such files]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Only this mailbox, by its address or IMAP name [default: all]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub mailbox: Option<String>,
    /// Never connect: read what is cached
    #[arg(long, global = true)]
    pub offline: bool,
    /// One JSON object a line on standard output; errors as JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Append the log to this file
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Log more (-vv: still more); no mail, password or token is ever logged
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// The screen on embedded servers with sample mail and simulated teammates: no configuration, no network
    Demo {
        /// Sign in as this person; in a second terminal, joins the first one's servers
        #[arg(long = "as", value_name = "NAME", default_value = "alice")]
        person: String,
    },
    /// Write a first configuration by answering questions; each answer is tested against your servers
    Setup,
    /// Sign an account in: by OAuth 2.0, or test its password and keep it in the system's keyring
    ///
    /// Which of the two, `auth` of the account says. A password is asked for, or read from standard input: `pass show work/mail
    /// | bagsy login`. By OAuth 2.0 you are shown an address and a code for a browser on any machine, or your browser opens; the
    /// tokens are kept in the keyring or an encrypted file, and renewed by themselves.
    Login {
        /// The account's name in the configuration [default: the only one]
        account: Option<String>,
        /// OAuth 2.0: by a code that is typed into a browser on any machine
        #[arg(long, conflicts_with = "browser")]
        device: bool,
        /// OAuth 2.0: in a browser on this machine, $BROWSER or the system's
        #[arg(long)]
        browser: bool,
    },
    /// Forget what `login` has kept of an account
    Logout {
        /// The account's name in the configuration [default: the only one]
        account: Option<String>,
    },
    /// Check configuration, servers, rights and folders, and say what follows
    ///
    /// On a terminal it offers to create the folders that are missing, Sent and Archive, where your rights allow.
    Doctor {
        /// Create the missing folders without asking
        #[arg(long)]
        create_folders: bool,
    },
    /// All mailboxes, found and configured: rights, grade, counts
    Mailboxes,
    /// Bring the cache up to date once
    Sync,
    /// Conversations, a line each, in the screen's order
    List {
        #[arg(long, value_enum, default_value = "inbox")]
        view: ViewArg,
        /// Only those that this finds: words, "phrases", from: to: subject: body: tag: who: is: before: after:
        /// has:attachment, - before what must not be
        #[arg(long, value_name = "Q", allow_hyphen_values = true)]
        query: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
    },
    /// One conversation, made safe for a terminal
    Show {
        id: String,
        /// The messages' bytes as they are; only into a pipe or a file
        #[arg(long, conflicts_with_all = ["html", "headers"])]
        raw: bool,
        /// The HTML parts' source
        #[arg(long, conflicts_with = "headers")]
        html: bool,
        /// All header fields
        #[arg(long)]
        headers: bool,
    },
    /// Make yourself the assignee of free conversations
    Claim {
        #[arg(required = true)]
        ids: Vec<String>,
        #[command(flatten)]
        guard: Guard,
    },
    /// Give conversations up
    Release {
        #[arg(required = true)]
        ids: Vec<String>,
        #[command(flatten)]
        guard: Guard,
    },
    /// Give conversations to a teammate
    Assign {
        #[arg(required = true)]
        ids: Vec<String>,
        /// The teammate's handle
        #[arg(long, value_name = "HANDLE")]
        to: String,
        #[command(flatten)]
        guard: Guard,
    },
    /// Take a conversation from whoever holds it
    Takeover {
        id: String,
        #[command(flatten)]
        guard: Guard,
    },
    /// Claim the free conversation that has waited longest
    Next {
        #[command(flatten)]
        guard: Guard,
    },
    /// It is the customer's turn
    Waiting {
        #[arg(required = true)]
        ids: Vec<String>,
        #[command(flatten)]
        guard: Guard,
    },
    /// Finish conversations; they move to Archive where there is one
    Done {
        #[arg(required = true)]
        ids: Vec<String>,
        #[command(flatten)]
        guard: Guard,
    },
    /// Open conversations again; what lies in Archive comes back to INBOX
    Reopen {
        #[arg(required = true)]
        ids: Vec<String>,
        #[command(flatten)]
        guard: Guard,
    },
    /// Add (+a) and take off (-b) tags: `bagsy tag ID +billing -sales`
    Tag {
        /// IDs, and tags with a `+` before them
        #[arg(required = true, value_name = "ID|+TAG|-TAG")]
        words: Vec<String>,
        /// The same as -TAG
        #[arg(long, value_name = "TAG", hide = true)]
        remove: Vec<String>,
        #[command(flatten)]
        guard: Guard,
    },
    /// Answer the newest incoming message
    Reply(ReplyArgs),
    /// Write a new mail from a mailbox's address; it begins a conversation
    New(NewArgs),
    /// Hand the newest incoming message on to somebody else; the conversation still waits for its answer
    Forward(ForwardArgs),
    /// Mail that waits to be sent, or whose fate is unknown
    Outbox {
        #[command(subcommand)]
        what: Option<OutboxVerb>,
    },
    /// A line for each thing that happens, until interrupted
    Watch,
    /// The completion script of a shell
    Completions { shell: clap_complete::Shell },
    /// The manual pages, as roff
    Man {
        /// Which page [default: bagsy]
        #[arg(value_enum, conflicts_with = "all")]
        page: Option<Page>,
        /// Write all pages into this folder
        #[arg(long, value_name = "DIR")]
        all: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct ReplyArgs {
    pub id: String,
    /// Answer everybody in To and Cc as well
    #[arg(long)]
    pub all: bool,
    /// The whole text, from a file, or `-`: standard input; no quote or signature is added
    #[arg(long, value_name = "FILE")]
    pub body_file: PathBuf,
    /// Finish the conversation once the answer is sent
    #[arg(long)]
    pub done: bool,
    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub guard: Guard,
}

#[derive(Debug, Args)]
pub struct NewArgs {
    #[command(flatten)]
    pub recipients: Recipients,
    #[arg(long, value_name = "TEXT")]
    pub subject: String,
    /// The whole text, from a file, or `-`: standard input; no signature is added
    #[arg(long, value_name = "FILE")]
    pub body_file: PathBuf,
    #[command(flatten)]
    pub send: SendArgs,
}

#[derive(Debug, Args)]
pub struct ForwardArgs {
    pub id: String,
    #[command(flatten)]
    pub recipients: Recipients,
    /// Instead of `Fwd:` and the message's own
    #[arg(long, value_name = "TEXT")]
    pub subject: Option<String>,
    /// What you say above it, from a file, or `-`: standard input; no signature is added
    #[arg(long, value_name = "FILE")]
    pub body_file: Option<PathBuf>,
    /// The message goes along as it is, as a file; else its text stands below yours, and its files go along
    #[arg(long)]
    pub as_attachment: bool,
    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub guard: Guard,
}

/// Who gets a mail.
#[derive(Debug, Args)]
pub struct Recipients {
    /// Who gets it; several with commas between, or named again
    #[arg(long, value_name = "ADDRESS", required_unless_present_any = ["cc", "bcc"])]
    pub to: Vec<String>,
    /// Who gets a copy
    #[arg(long, value_name = "ADDRESS")]
    pub cc: Vec<String>,
    /// Who gets a copy that nobody else is told of
    #[arg(long, value_name = "ADDRESS")]
    pub bcc: Vec<String>,
}

/// How a mail leaves.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// A file that goes along; may be named again. 25 MB together
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// The mailbox's address that it comes from [default: the one that was written to, else the first]
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<String>,
    /// Send even where no announcement can be written, so that a teammate may answer at the same time
    #[arg(long)]
    pub unannounced: bool,
    /// Print the message; change and send nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Change nothing unless it is still so.
#[derive(Debug, Args, Clone)]
pub struct Guard {
    /// Only while this teammate (or `none`) holds it
    #[arg(long, value_name = "HANDLE|none")]
    pub if_assignee: Option<String>,
    /// Only while this is its status
    #[arg(long, value_name = "STATUS")]
    pub if_status: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum OutboxVerb {
    /// What waits (the default)
    List,
    /// Try again now
    Retry { id: Option<String> },
    /// Take it back; the text stays as the conversation's draft
    Cancel { id: String },
}

/// The values of `--view`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ViewArg {
    Inbox,
    Unclaimed,
    Mine,
    Team,
    Waiting,
    Snoozed,
    Done,
    All,
}

impl From<ViewArg> for View {
    fn from(view: ViewArg) -> Self {
        match view {
            ViewArg::Inbox => Self::Inbox,
            ViewArg::Unclaimed => Self::Unclaimed,
            ViewArg::Mine => Self::Mine,
            ViewArg::Team => Self::Team,
            ViewArg::Waiting => Self::Waiting,
            ViewArg::Snoozed => Self::Snoozed,
            ViewArg::Done => Self::Done,
            ViewArg::All => Self::All,
        }
    }
}

/// The words of the command line with `-TAG` after the verb `tag` written as `--remove=TAG`, so that a tag that begins
/// like an option is still a tag.
pub fn with_tags_spelled_out(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut after_tag = false;
    let mut value_follows = false;
    words
        .into_iter()
        .enumerate()
        .map(|(position, word)| {
            let is_value = std::mem::take(&mut value_follows);
            // A word that is no text is a path, never a tag.
            let Some(text) = word.to_str().filter(|_| !is_value && position > 0) else { return word };
            if ["--config", "--mailbox", "--log", "--if-assignee", "--if-status"].contains(&text) {
                value_follows = true;
            } else if !after_tag {
                // The first word that is no option is the verb.
                after_tag = text == "tag";
            } else if let Some(tag) =
                text.strip_prefix('-').filter(|t| !t.is_empty() && !t.starts_with('-') && *t != "h")
            {
                return format!("--remove={tag}").into();
            }
            word
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::Parser;

    use super::{Cli, Verb, with_tags_spelled_out};

    fn words(line: &str) -> Vec<OsString> {
        with_tags_spelled_out(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }

    #[test]
    fn a_tag_may_look_like_an_option() {
        let cli =
            Cli::try_parse_from(words("bagsy --json --mailbox tag tag abc +vip -v -sales --if-status open")).unwrap();
        let Some(Verb::Tag { words, remove, guard }) = cli.verb else { panic!("not tag") };
        assert_eq!(words, ["abc", "+vip"]);
        assert_eq!(remove, ["v", "sales"]);
        assert_eq!(guard.if_status.as_deref(), Some("open"));
        assert_eq!(cli.global.mailbox.as_deref(), Some("tag"));
    }
}
