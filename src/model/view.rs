//! The views of a queue. Every conversation of INBOX that is not old is in exactly one of Unclaimed … Done.

use std::fmt;

use super::{Assignee, Conversation, Handle, Role, Status};

/// One view of the queue, in the order of the number keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum View {
    /// All that is open: Unclaimed, Mine and Team together.
    Inbox,
    Unclaimed,
    Mine,
    /// Open and held by others.
    Team,
    Waiting,
    Snoozed,
    Done,
    All,
}

impl View {
    pub const ALL: [Self; 8] =
        [Self::Inbox, Self::Unclaimed, Self::Mine, Self::Team, Self::Waiting, Self::Snoozed, Self::Done, Self::All];

    /// The word of `--view`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Unclaimed => "unclaimed",
            Self::Mine => "mine",
            Self::Team => "team",
            Self::Waiting => "waiting",
            Self::Snoozed => "snoozed",
            Self::Done => "done",
            Self::All => "all",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.as_str() == word)
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Inbox => "Inbox",
            Self::Unclaimed => "Unclaimed",
            Self::Mine => "Mine",
            Self::Team => "Team",
            Self::Waiting => "Waiting",
            Self::Snoozed => "Snoozed",
            Self::Done => "Done",
            Self::All => "All",
        }
    }

    /// The one of Unclaimed, Mine, Team, Waiting, Snoozed, Done where this conversation belongs; `All` where it is in
    /// none of them (old, or only in Sent).
    pub fn home_of(conversation: &Conversation, me: Option<&Handle>) -> Self {
        if conversation.is_old || conversation.folder == Role::Sent {
            return Self::All;
        }
        match conversation.status {
            Status::Done => Self::Done,
            Status::Waiting => Self::Waiting,
            Status::Snoozed => Self::Snoozed,
            Status::Open => match &conversation.assignee {
                Assignee::Free => Self::Unclaimed,
                held if me.is_some_and(|me| held.claimants().contains(me)) => Self::Mine,
                _ => Self::Team,
            },
        }
    }

    /// Whether a conversation whose home is `home` is shown in this view.
    pub fn shows(self, home: Self) -> bool {
        match self {
            Self::All => true,
            Self::Inbox => matches!(home, Self::Unclaimed | Self::Mine | Self::Team),
            other => other == home,
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
