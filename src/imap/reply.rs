//! What a server said, in our own words: made of what imap-proto read, or of what our own reader reads.

use imap_proto::{AttributeValue, MailboxDatum, Response};
use jiff::Timestamp;

use super::UidSet;
use super::condition::{Condition, capability_name};
use super::date;
use super::framed::Sideline;
use super::list::{Folder, Namespaces};
use super::quota::Quota;
use super::reader;
use super::status::FolderStatus;
use super::triage::aside_number;
use crate::imap::atoms::Node;
use crate::model::{Flags, ModSeq, Rights, Uid};

/// One response.
#[derive(Debug)]
pub(crate) enum Reply {
    Continue,
    Done {
        tag: String,
        condition: Condition,
    },
    Condition(Condition),
    Capability(Vec<String>),
    Enabled(Vec<String>),
    Exists(u32),
    Expunge,
    Vanished {
        is_earlier: bool,
        uids: UidSet,
    },
    Fetch(Box<Fetched>),
    Flags(Vec<String>),
    List(Folder),
    Status(FolderStatus),
    Search(UidSet),
    Namespace(Namespaces),
    MyRights(Rights),
    Quota(Quota),
    /// What the server calls itself.
    Id(Option<String>),
    /// Entries about a folder, with their values.
    Metadata(Vec<(String, Option<String>)>),
    /// Nothing that anybody here asks for.
    Other,
}

/// One FETCH response: what it says of its message, nothing of what it does not say.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    pub uid: Option<Uid>,
    pub flags: Option<Flags>,
    pub modseq: Option<ModSeq>,
    pub internal_date: Option<Timestamp>,
    pub size: Option<u32>,
    pub body: Body,
    pub structure: Option<Node>,
}

/// The section of a body that a FETCH response holds.
#[derive(Debug, Default)]
pub(crate) enum Body {
    #[default]
    NotThere,
    /// `NIL`: the server has none, or it was too large for this session.
    Nil,
    Bytes(Vec<u8>),
}

impl Reply {
    /// What async-imap read; where it is a placeholder, the response that waits aside.
    pub fn of(response: &Response<'_>, sideline: &Sideline) -> Self {
        match response {
            Response::Done { outcome, .. } | Response::Data { outcome, .. } => {
                if let Some(number) = outcome.information.as_deref().and_then(aside_number) {
                    return sideline.take_aside(number).map_or(Self::Other, |response| reader::read(&response));
                }
            }
            _ => {}
        }
        Self::of_proto(response)
    }

    fn of_proto(response: &Response<'_>) -> Self {
        match response {
            Response::Continue(_) => Self::Continue,
            Response::Done { tag, status, outcome } => {
                Self::Done { tag: tag.0.clone(), condition: Condition::from_proto(status, outcome) }
            }
            Response::Data { status, outcome } => Self::Condition(Condition::from_proto(status, outcome)),
            Response::Capabilities(list) => Self::Capability(list.iter().map(capability_name).collect()),
            Response::Expunge(_) => Self::Expunge,
            Response::Vanished { earlier, uids } => Self::Vanished {
                is_earlier: *earlier,
                uids: UidSet::of_ranges(uids.iter().map(|r| (*r.start(), *r.end()))),
            },
            Response::Fetch(_, attributes) => Self::Fetch(Box::new(Fetched::of(attributes))),
            Response::MailboxData(MailboxDatum::Exists(n)) => Self::Exists(*n),
            Response::MailboxData(MailboxDatum::Flags(flags)) => {
                Self::Flags(flags.iter().map(|f| f.to_string()).collect())
            }
            Response::MailboxData(MailboxDatum::Search(uids)) => {
                Self::Search(UidSet::of(uids.iter().copied().map(Uid)))
            }
            _ => Self::Other,
        }
    }
}

impl Fetched {
    fn of(attributes: &[AttributeValue<'_>]) -> Self {
        let mut fetched = Self::default();
        for attribute in attributes {
            match attribute {
                AttributeValue::Uid(uid) => fetched.uid = Some(Uid(*uid)),
                AttributeValue::Flags(flags) => {
                    fetched.flags = Some(Flags::from_atoms(flags.iter().map(AsRef::as_ref)));
                }
                AttributeValue::ModSeq(n) => fetched.modseq = Some(ModSeq(*n)),
                AttributeValue::InternalDate(text) => fetched.internal_date = date::parse(text),
                AttributeValue::Rfc822Size(n) => fetched.size = Some(*n),
                AttributeValue::BodySection { data, .. } | AttributeValue::Rfc822Header(data) => {
                    fetched.body = data.as_ref().map_or(Body::Nil, |d| Body::Bytes(d.to_vec()));
                }
                _ => {}
            }
        }
        fetched
    }
}
