//! Which conversations are like one: those of the same mailing list (RFC 2919), else those from the same sender.
//!
//! Asked for again, the sender's circle is drawn once wider: whoever writes from the same domain.

use std::fmt;

use super::{Conversation, Mailbox, Message};

/// What they have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Alike {
    /// The identifier of a List-Id, lower case.
    List(String),
    /// An address.
    Sender(String),
    /// Any list but these, which are the mailbox's own.
    AnyList { but: Vec<String> },
    /// What follows the `@` of an address.
    Domain(String),
}

impl Alike {
    /// What a conversation with these messages has in common with others; `None` where nothing tells who wrote.
    pub fn of(conversation: &Conversation, messages: &[Message], mailbox: &Mailbox) -> Option<Self> {
        let own = own_lists(mailbox);
        let list = messages.iter().filter_map(|m| m.list_id.as_ref()).find(|id| !own.contains(id));
        let sender = || (!conversation.from.email.is_empty()).then(|| Self::Sender(conversation.from.email.clone()));
        list.cloned().map(Self::List).or_else(sender)
    }

    /// Whatever came over a mailing list.
    pub fn any_list(mailbox: &Mailbox) -> Self {
        Self::AnyList { but: own_lists(mailbox) }
    }

    /// The next wider circle; `None` where there is none.
    pub fn wider(&self) -> Option<Self> {
        match self {
            Self::Sender(email) => {
                let (_, domain) = email.rsplit_once('@').filter(|(_, domain)| !domain.is_empty())?;
                Some(Self::Domain(domain.to_owned()))
            }
            Self::List(_) | Self::AnyList { .. } | Self::Domain(_) => None,
        }
    }
}

/// A mailbox that is reached over a group (Google's, say) has that group's List-Id on all its mail: `support@example.test`
/// is the list `support.example.test`. That tells nothing about a mail.
fn own_lists(mailbox: &Mailbox) -> Vec<String> {
    let own = mailbox.address.iter().chain(&mailbox.addresses);
    own.map(|address| address.replace('@', ".").to_lowercase()).collect()
}

impl fmt::Display for Alike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(id) => write!(f, "of the list {id}"),
            Self::Sender(email) => write!(f, "from {email}"),
            Self::AnyList { .. } => f.write_str("from mailing lists"),
            Self::Domain(domain) => write!(f, "from anybody at {domain}"),
        }
    }
}
