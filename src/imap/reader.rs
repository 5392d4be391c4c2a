//! Reads the responses that imap-proto cannot read, or not wholly, whatever state they are in.

use super::UidSet;
use super::atoms::{self, Node};
use super::condition::Condition;
use super::date;
use super::list::{Folder, Namespace, Namespaces};
use super::quota::Quota;
use super::reply::{Body, Fetched, Reply};
use super::status::FolderStatus;
use super::triage::{self, Kind};
use crate::model::{Flags, ModSeq, Rights, Uid, UidValidity};

/// Reads one whole response. What makes no sense is [`Reply::Other`].
pub(crate) fn read(response: &[u8]) -> Reply {
    match triage::kind(response) {
        Kind::Empty | Kind::Garbage => Reply::Other,
        Kind::Continuation(_) => Reply::Continue,
        Kind::Tagged { tag, rest, .. } => match Condition::read(rest) {
            Some(condition) => Reply::Done { tag: tag.to_owned(), condition },
            None => Reply::Other,
        },
        Kind::Untagged(rest) => untagged(rest),
    }
}

fn untagged(rest: &[u8]) -> Reply {
    // Older Exchange answers a MOVE with `* [COPYUID …]`, without OK in front.
    if rest.starts_with(b"[") {
        return Condition::read(&[b"OK ", rest].concat()).map_or(Reply::Other, Reply::Condition);
    }
    if let Some(condition) = Condition::read(rest) {
        return Reply::Condition(condition);
    }
    let nodes = atoms::read(rest);
    let Some(first) = nodes.first().and_then(Node::text) else { return Reply::Other };
    if let Some(seq) = nodes[0].number() {
        let seq = u32::try_from(seq).unwrap_or(u32::MAX);
        return match nodes.get(1) {
            Some(word) if word.is("EXISTS") => Reply::Exists(seq),
            Some(word) if word.is("EXPUNGE") => Reply::Expunge,
            Some(word) if word.is("FETCH") => match nodes.get(2) {
                Some(attributes) => Reply::Fetch(Box::new(fetched(attributes.list()))),
                None => Reply::Other,
            },
            _ => Reply::Other,
        };
    }
    let rest = &nodes[1..];
    match first.to_ascii_uppercase().as_str() {
        "CAPABILITY" => Reply::Capability(rest.iter().filter_map(Node::text).collect()),
        "ENABLED" => Reply::Enabled(rest.iter().filter_map(Node::text).collect()),
        "FLAGS" => Reply::Flags(rest.first().map(words).unwrap_or_default()),
        "LIST" | "LSUB" | "XLIST" => folder(rest).map_or(Reply::Other, Reply::List),
        "STATUS" => status(rest).map_or(Reply::Other, Reply::Status),
        "SEARCH" => Reply::Search(UidSet::of(rest.iter().filter_map(short).map(Uid))),
        "ESEARCH" => Reply::Search(esearch(rest)),
        "VANISHED" => vanished(rest),
        "NAMESPACE" => Reply::Namespace(Namespaces {
            personal: namespaces(rest.first()),
            others: namespaces(rest.get(1)),
            shared: namespaces(rest.get(2)),
            is_withheld: false,
        }),
        // The folder's name, then the letters; no letters at all is no right at all.
        "MYRIGHTS" => Reply::MyRights(Rights(rest.get(1).and_then(Node::text).unwrap_or_default())),
        "QUOTA" => rest.get(1).and_then(storage).map_or(Reply::Other, Reply::Quota),
        "ID" => Reply::Id(rest.first().and_then(|fields| value_of(fields, "name"))),
        // Without a list it tells only that entries changed (RFC 5464 §4.4.2).
        "METADATA" => match rest.get(1) {
            Some(entries @ Node::List(_)) => Reply::Metadata(entries_of(entries)),
            _ => Reply::Other,
        },
        _ => Reply::Other,
    }
}

/// Names and values in turn.
fn entries_of(node: &Node) -> Vec<(String, Option<String>)> {
    let pairs = node.list().chunks_exact(2);
    pairs.filter_map(|pair| Some((pair[0].text()?, pair[1].text()))).collect()
}

fn value_of(node: &Node, name: &str) -> Option<String> {
    entries_of(node).into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value)
}

/// The STORAGE of a quota: used and limit, in units of 1024 octets (RFC 9208 §5.1).
fn storage(resources: &Node) -> Option<Quota> {
    let resources = resources.list();
    let at = resources.iter().position(|node| node.is("STORAGE"))?;
    let octets = |at: usize| resources.get(at).and_then(Node::number).map(|n| n.saturating_mul(1024));
    Some(Quota { used: octets(at + 1)?, limit: octets(at + 2)? })
}

fn words(list: &Node) -> Vec<String> {
    list.list().iter().filter_map(Node::text).collect()
}

fn short(node: &Node) -> Option<u32> {
    node.number().map(|n| u32::try_from(n).unwrap_or(u32::MAX))
}

/// A folder's name. One that is no UTF-8 could not be named back to the server.
fn name(node: &Node) -> Option<String> {
    if *node == Node::Nil {
        // A folder called NIL, without quotes.
        return Some("NIL".to_owned());
    }
    String::from_utf8(node.bytes()?.to_vec()).ok()
}

fn folder(rest: &[Node]) -> Option<Folder> {
    let [attributes, delimiter, folder, ..] = rest else { return None };
    Some(Folder::new(name(folder)?, delimiter.text().and_then(|d| d.chars().next()), words(attributes)))
}

fn namespaces(node: Option<&Node>) -> Vec<Namespace> {
    let Some(node) = node else { return Vec::new() };
    let entries = node.list().iter().filter_map(|entry| {
        let [prefix, delimiter, ..] = entry.list() else { return None };
        Some(Namespace {
            prefix: prefix.text().unwrap_or_default(),
            delimiter: delimiter.text().and_then(|d| d.chars().next()),
        })
    });
    entries.collect()
}

fn status(rest: &[Node]) -> Option<FolderStatus> {
    let mut status = FolderStatus { name: name(rest.first()?)?, ..FolderStatus::default() };
    // Names with blanks that a server forgot to quote: the list is what comes last.
    let list = rest.iter().rev().find(|n| matches!(n, Node::List(_)))?;
    for pair in list.list().chunks(2) {
        let [word, value] = pair else { break };
        let word = word.text().unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "MESSAGES" => status.messages = short(value),
            "UNSEEN" => status.unseen = short(value),
            "UIDNEXT" => status.uidnext = short(value).map(Uid),
            "UIDVALIDITY" => status.uidvalidity = short(value).map(UidValidity),
            "HIGHESTMODSEQ" => status.highest_modseq = value.number().filter(|n| *n > 0).map(ModSeq),
            _ => {}
        }
    }
    Some(status)
}

/// `(TAG "A1") UID ALL 1:5,8`: nothing found has no ALL (RFC 4731 §3.1).
fn esearch(rest: &[Node]) -> UidSet {
    let all = rest.iter().position(|n| n.is("ALL")).and_then(|at| rest.get(at + 1));
    all.and_then(Node::bytes).map(UidSet::parse).unwrap_or_default()
}

fn vanished(rest: &[Node]) -> Reply {
    let is_earlier = rest.first().is_some_and(|n| n.list().iter().any(|w| w.is("EARLIER")));
    match rest.last().and_then(Node::bytes) {
        Some(set) => Reply::Vanished { is_earlier, uids: UidSet::parse(set) },
        None => Reply::Other,
    }
}

fn fetched(attributes: &[Node]) -> Fetched {
    let mut fetched = Fetched::default();
    let mut rest = attributes.iter();
    while let Some(word) = rest.next() {
        let word = word.text().unwrap_or_default().to_ascii_uppercase();
        let value = rest.next();
        match (word.as_str(), value) {
            ("UID", Some(value)) => fetched.uid = short(value).map(Uid),
            ("FLAGS", Some(value)) => {
                let words = words(value);
                fetched.flags = Some(Flags::from_atoms(words.iter().map(String::as_str)));
            }
            ("MODSEQ", Some(value)) => {
                let number = value.list().first().unwrap_or(value).number();
                fetched.modseq = number.map(ModSeq);
            }
            ("INTERNALDATE", Some(value)) => fetched.internal_date = value.text().and_then(|t| date::parse(&t)),
            ("RFC822.SIZE", Some(value)) => fetched.size = short(value),
            ("BODYSTRUCTURE" | "BODY", Some(value)) => fetched.structure = Some(value.clone()),
            (section, Some(value)) if section.starts_with("BODY[") || section == "RFC822.HEADER" => {
                fetched.body = match value {
                    Node::Nil => Body::Nil,
                    value => Body::Bytes(value.bytes().unwrap_or_default().to_vec()),
                };
            }
            _ => {}
        }
    }
    fetched
}
