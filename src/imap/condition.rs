//! Status responses: OK, NO, BAD, BYE, PREAUTH, and the codes in brackets that say what is meant
//! (RFC 3501 §7.1, RFC 5530, RFC 7162 §3.1.2, RFC 4315 §3).

use imap_proto::rfc4315::UidSetMember;
use imap_proto::{Capability, Outcome, ResponseCode, Status as ProtoStatus};

use super::UidSet;
use super::atoms::{self, Node};
use crate::model::{ModSeq, Uid, UidValidity};

/// The first word of a status response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Ok,
    No,
    Bad,
    Bye,
    PreAuth,
}

impl Status {
    /// Reads the word; `None` for any other.
    pub fn parse(word: &[u8]) -> Option<Self> {
        let known =
            [("OK", Self::Ok), ("NO", Self::No), ("BAD", Self::Bad), ("BYE", Self::Bye), ("PREAUTH", Self::PreAuth)];
        known.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes())).map(|(_, status)| status)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
            Self::Bye => "BYE",
            Self::PreAuth => "PREAUTH",
        }
    }
}

/// What stands in the brackets of a status response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    Alert,
    Capability(Vec<String>),
    PermanentFlags(Vec<String>),
    ReadOnly,
    ReadWrite,
    TryCreate,
    UidNext(Uid),
    UidValidity(UidValidity),
    HighestModSeq(ModSeq),
    NoModSeq,
    /// The messages that a guarded STORE did not change.
    Modified(UidSet),
    AppendUid(UidValidity, Uid),
    /// The UIDs there were and the UIDs there are now, in the same order.
    CopyUid(UidValidity, UidSet, UidSet),
    /// Not now: a subsystem is down, or there are too many connections.
    Unavailable,
    InUse,
    Limit,
    AuthenticationFailed,
    AuthorizationFailed,
    Expired,
    PrivacyRequired,
    ContactAdmin,
    NoPerm,
    NonExistent,
    AlreadyExists,
    Cannot,
    OverQuota,
    Closed,
    /// Any other, by its first word in capitals.
    Other(String),
}

/// One status response without its tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub status: Status,
    pub code: Option<Code>,
    /// The text for people, made safe to show.
    pub text: String,
}

impl Condition {
    /// Reads what follows the tag or the `*`; `None` where it is no status response.
    pub fn read(rest: &[u8]) -> Option<Self> {
        let rest = rest.trim_ascii();
        let end = rest.iter().position(|b| *b == b' ' || *b == b'[').unwrap_or(rest.len());
        let status = Status::parse(&rest[..end])?;
        let (code, text) = split_code(rest[end..].trim_ascii_start());
        Some(Self { status, code, text: printable(text) })
    }

    /// What imap-proto made of one.
    pub(crate) fn from_proto(status: &ProtoStatus, outcome: &Outcome<'_>) -> Self {
        let status = match status {
            ProtoStatus::Ok => Status::Ok,
            ProtoStatus::No => Status::No,
            ProtoStatus::Bad => Status::Bad,
            ProtoStatus::Bye => Status::Bye,
            ProtoStatus::PreAuth => Status::PreAuth,
        };
        let text = outcome.information.as_deref().unwrap_or_default().as_bytes();
        match outcome.code.as_ref().and_then(code_of_proto) {
            Some(code) => Self { status, code: Some(code), text: printable(text) },
            // Codes that imap-proto does not know arrive as part of the text.
            None => {
                let (code, text) = split_code(text);
                Self { status, code, text: printable(text) }
            }
        }
    }
}

/// The code at the beginning of a status text, and the text behind it. Older Exchange leaves out the status and begins
/// with the code; some servers leave out the blank behind it.
fn split_code(text: &[u8]) -> (Option<Code>, &[u8]) {
    let Some(inner) = text.strip_prefix(b"[") else { return (None, text) };
    let Some(close) = inner.iter().position(|b| *b == b']') else { return (None, text) };
    // A flag name with a bracket in it would end the code early: PERMANENTFLAGS ends with `)]`.
    let close = if inner.get(..15).is_some_and(|w| w.eq_ignore_ascii_case(b"PERMANENTFLAGS ")) {
        inner.windows(2).position(|w| w == b")]").map_or(close, |at| at + 1)
    } else {
        close
    };
    (read_code(&inner[..close]), inner[close + 1..].trim_ascii_start())
}

fn read_code(code: &[u8]) -> Option<Code> {
    let nodes = atoms::read(code);
    let name = nodes.first()?.text()?.to_ascii_uppercase();
    let number = |at: usize| nodes.get(at).and_then(Node::number);
    let short = |at: usize| number(at).and_then(|n| u32::try_from(n).ok());
    let set = |at: usize| nodes.get(at).and_then(Node::bytes).map(UidSet::parse);
    let words = |nodes: &[Node]| nodes.iter().filter_map(Node::text).collect::<Vec<_>>();
    let read = match name.as_str() {
        "ALERT" => Some(Code::Alert),
        "CAPABILITY" => Some(Code::Capability(words(&nodes[1..]))),
        "PERMANENTFLAGS" => nodes.get(1).map(|flags| Code::PermanentFlags(words(flags.list()))),
        "READ-ONLY" => Some(Code::ReadOnly),
        "READ-WRITE" => Some(Code::ReadWrite),
        "TRYCREATE" => Some(Code::TryCreate),
        "UIDNEXT" => short(1).map(|n| Code::UidNext(Uid(n))),
        "UIDVALIDITY" => short(1).map(|n| Code::UidValidity(UidValidity(n))),
        "HIGHESTMODSEQ" => number(1).map(|n| Code::HighestModSeq(ModSeq(n))),
        "NOMODSEQ" => Some(Code::NoModSeq),
        "MODIFIED" => Some(Code::Modified(set(1).unwrap_or_default())),
        "APPENDUID" => short(1).zip(short(2)).map(|(v, uid)| Code::AppendUid(UidValidity(v), Uid(uid))),
        "COPYUID" => match (short(1), set(2), set(3)) {
            (Some(validity), Some(from), Some(to)) => Some(Code::CopyUid(UidValidity(validity), from, to)),
            _ => None,
        },
        "UNAVAILABLE" => Some(Code::Unavailable),
        "INUSE" => Some(Code::InUse),
        "LIMIT" => Some(Code::Limit),
        "AUTHENTICATIONFAILED" => Some(Code::AuthenticationFailed),
        "AUTHORIZATIONFAILED" => Some(Code::AuthorizationFailed),
        "EXPIRED" => Some(Code::Expired),
        "PRIVACYREQUIRED" => Some(Code::PrivacyRequired),
        "CONTACTADMIN" => Some(Code::ContactAdmin),
        "NOPERM" => Some(Code::NoPerm),
        "NONEXISTENT" => Some(Code::NonExistent),
        "ALREADYEXISTS" => Some(Code::AlreadyExists),
        "CANNOT" => Some(Code::Cannot),
        "OVERQUOTA" => Some(Code::OverQuota),
        "CLOSED" => Some(Code::Closed),
        _ => None,
    };
    Some(read.unwrap_or(Code::Other(name)))
}

/// The codes whose contents imap-proto has taken apart; `None` for those that stand in no text any more and tell us
/// nothing.
fn code_of_proto(code: &ResponseCode<'_>) -> Option<Code> {
    Some(match code {
        ResponseCode::Alert => Code::Alert,
        ResponseCode::Capabilities(caps) => Code::Capability(caps.iter().map(capability_name).collect()),
        ResponseCode::HighestModSeq(n) => Code::HighestModSeq(ModSeq(*n)),
        ResponseCode::PermanentFlags(flags) => Code::PermanentFlags(flags.iter().map(|f| f.to_string()).collect()),
        ResponseCode::ReadOnly => Code::ReadOnly,
        ResponseCode::ReadWrite => Code::ReadWrite,
        ResponseCode::TryCreate => Code::TryCreate,
        ResponseCode::UidNext(n) => Code::UidNext(Uid(*n)),
        ResponseCode::UidValidity(n) => Code::UidValidity(UidValidity(*n)),
        ResponseCode::AppendUid(validity, uids) => Code::AppendUid(UidValidity(*validity), set(uids).iter().next()?),
        ResponseCode::CopyUid(validity, from, to) => Code::CopyUid(UidValidity(*validity), set(from), set(to)),
        _ => return None,
    })
}

fn set(members: &[UidSetMember]) -> UidSet {
    UidSet::of_ranges(members.iter().map(|member| match member {
        UidSetMember::Uid(uid) => (*uid, *uid),
        UidSetMember::UidRange(range) => (*range.start(), *range.end()),
    }))
}

/// A capability as the server spells it.
pub(crate) fn capability_name(capability: &Capability<'_>) -> String {
    match capability {
        Capability::Imap4rev1 => "IMAP4rev1".to_owned(),
        Capability::Auth(mechanism) => format!("AUTH={mechanism}"),
        Capability::Atom(name) => name.to_string(),
    }
}

/// A server's words, safe to show: one line, no control or formatting characters, not endless.
pub(crate) fn printable(text: &[u8]) -> String {
    const MOST: usize = 300;
    let text = String::from_utf8_lossy(text);
    let is_harmless = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    text.trim().chars().filter(is_harmless).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Condition {
        Condition::read(line.as_bytes()).unwrap()
    }

    #[test]
    fn codes_that_decide_are_read() {
        let modified = read("OK [MODIFIED 5,7:8] Conditional STORE failed");
        assert_eq!(modified.code, Some(Code::Modified(UidSet::parse(b"5,7:8"))));
        assert_eq!(modified.text, "Conditional STORE failed");
        assert_eq!(read("NO [MODIFIED 5]").code, Some(Code::Modified(UidSet::parse(b"5"))));
        assert_eq!(read("ok [appenduid 7 12] x").code, Some(Code::AppendUid(UidValidity(7), Uid(12))));
        assert_eq!(
            read("OK [COPYUID 7 3:4 12,11] x").code,
            Some(Code::CopyUid(UidValidity(7), UidSet::parse(b"3:4"), UidSet::parse(b"12,11")))
        );
        assert_eq!(read("NO [UNAVAILABLE]try later").text, "try later");
        assert_eq!(read("NO [X-ODD thing] t").code, Some(Code::Other("X-ODD".into())));
        assert_eq!(
            read("OK [PERMANENTFLAGS (\\Seen a]b \\*)] Flags permitted.").code,
            Some(Code::PermanentFlags(vec!["\\Seen".into(), "a]b".into(), "\\*".into()]))
        );
        assert!(Condition::read(b"FETCH x").is_none());
    }

    #[test]
    fn a_servers_text_cannot_control_a_terminal() {
        assert_eq!(read("NO a\u{1b}[31mb\u{202e}c\u{7}").text, "a[31mbc");
        assert_eq!(read(&format!("NO {}", "x".repeat(9999))).text.len(), 300);
    }
}
