//! One command as its parts.

use jiff::Timestamp;

use super::criteria::{self, Key};
use super::cursor::{Cursor, Expected, Set};
use super::fetch::{self, Item};
use crate::wire::step::FlagChange;

/// What a client asks for. `by_uid`: the UID form of the command.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Capability,
    Noop,
    Logout,
    Id,
    Namespace,
    Idle,
    Close,
    Unselect,
    Login {
        user: String,
        password: String,
    },
    Authenticate {
        mechanism: String,
        initial: Option<String>,
    },
    Enable(Vec<String>),
    List {
        reference: String,
        patterns: Vec<String>,
        special_use_only: bool,
    },
    Status {
        folder: String,
        items: Vec<String>,
    },
    Select {
        folder: String,
        read_only: bool,
        condstore: bool,
    },
    Create(String),
    /// SUBSCRIBE; this server shows all folders anyway.
    Subscribe(String),
    MyRights(String),
    Fetch {
        by_uid: bool,
        set: Set,
        items: Vec<Item>,
        changed_since: Option<u64>,
    },
    Store {
        by_uid: bool,
        set: Set,
        unchanged_since: Option<u64>,
        change: FlagChange,
        silent: bool,
    },
    Search {
        by_uid: bool,
        key: Key,
    },
    Copy {
        by_uid: bool,
        set: Set,
        folder: String,
    },
    Move {
        by_uid: bool,
        set: Set,
        folder: String,
    },
    Expunge(Option<Set>),
    Append {
        folder: String,
        flags: Vec<String>,
        at: Option<Timestamp>,
        mail: Vec<u8>,
    },
}

/// A command with its tag, and its name as [`super::super::faults::Faults`] knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub tag: String,
    pub name: String,
    /// What is wrong with it otherwise, in words.
    pub command: Result<Command, String>,
}

/// Reads a command as [`super::framing::Framing`] gave it.
pub fn parse(frame: &[u8]) -> Request {
    let mut cursor = Cursor::new(frame);
    let Ok(tag) = cursor.tag() else {
        return Request { tag: "*".into(), name: String::new(), command: Err("expected a tag".into()) };
    };
    let mut read_name = || {
        cursor.space()?;
        let name = cursor.word()?;
        if name == "UID" {
            cursor.space()?;
            return Ok(format!("UID {}", cursor.word()?));
        }
        Ok::<_, Expected>(name)
    };
    let name = match read_name() {
        Ok(name) => name,
        Err(expected) => return Request { tag, name: String::new(), command: Err(format!("expected {expected}")) },
    };
    let command = match arguments(&name, &mut cursor) {
        Ok(Some(command)) => Ok(command),
        Ok(None) => Err(format!("unknown command {name}")),
        Err(expected) => Err(format!("{name}: expected {expected}")),
    };
    Request { tag, name, command }
}

fn arguments(name: &str, cursor: &mut Cursor) -> Result<Option<Command>, Expected> {
    let by_uid = name.starts_with("UID ");
    let command = match name.strip_prefix("UID ").unwrap_or(name) {
        "EXPUNGE" if by_uid => {
            cursor.space()?;
            Command::Expunge(Some(cursor.set()?))
        }
        "FETCH" => fetch_command(by_uid, cursor)?,
        "STORE" => store(by_uid, cursor)?,
        "SEARCH" => {
            cursor.space()?;
            Command::Search { by_uid, key: criteria::parse(cursor)? }
        }
        "COPY" | "MOVE" => {
            cursor.space()?;
            let set = cursor.set()?;
            cursor.space()?;
            let folder = cursor.folder()?;
            if name.ends_with("COPY") {
                Command::Copy { by_uid, set, folder }
            } else {
                Command::Move { by_uid, set, folder }
            }
        }
        _ if by_uid => return Ok(None),
        "CAPABILITY" => Command::Capability,
        "NOOP" | "CHECK" => Command::Noop,
        "LOGOUT" => Command::Logout,
        "NAMESPACE" => Command::Namespace,
        "IDLE" => Command::Idle,
        "CLOSE" => Command::Close,
        "UNSELECT" => Command::Unselect,
        "EXPUNGE" => Command::Expunge(None),
        "ID" => {
            cursor.space()?;
            if !cursor.take("NIL") {
                cursor.list(|c| if c.take("NIL") { Ok(Vec::new()) } else { c.string() })?;
            }
            Command::Id
        }
        "LOGIN" => {
            cursor.space()?;
            let user = text(cursor.astring()?)?;
            cursor.space()?;
            Command::Login { user, password: text(cursor.astring()?)? }
        }
        "AUTHENTICATE" => {
            cursor.space()?;
            let mechanism = cursor.word()?;
            let initial = if cursor.take(" ") { Some(text(cursor.astring()?)?) } else { None };
            Command::Authenticate { mechanism, initial }
        }
        "ENABLE" => {
            let mut names = Vec::new();
            while cursor.take(" ") {
                names.push(cursor.word()?);
            }
            Command::Enable(names)
        }
        "LIST" => list(cursor)?,
        "STATUS" => {
            cursor.space()?;
            let folder = cursor.folder()?;
            cursor.space()?;
            Command::Status { folder, items: cursor.list(Cursor::word)? }
        }
        "SELECT" | "EXAMINE" => {
            cursor.space()?;
            let folder = cursor.folder()?;
            let parameters = if cursor.take(" ") { cursor.list(Cursor::word)? } else { Vec::new() };
            let condstore = match parameters.as_slice() {
                [] => false,
                [one] if one == "CONDSTORE" => true,
                _ => return Err("CONDSTORE and no other parameter"),
            };
            Command::Select { folder, read_only: name == "EXAMINE", condstore }
        }
        "CREATE" => {
            cursor.space()?;
            Command::Create(cursor.folder()?)
        }
        "SUBSCRIBE" => {
            cursor.space()?;
            Command::Subscribe(cursor.folder()?)
        }
        "MYRIGHTS" => {
            cursor.space()?;
            Command::MyRights(cursor.folder()?)
        }
        "APPEND" => append(cursor)?,
        _ => return Ok(None),
    };
    cursor.end()?;
    Ok(Some(command))
}

fn text(bytes: Vec<u8>) -> Result<String, Expected> {
    String::from_utf8(bytes).map_err(|_| "UTF-8")
}

/// `LIST [(SPECIAL-USE)] reference pattern-or-list [RETURN (…)]` (RFC 5258, RFC 6154). What RETURN asks for is told anyway.
fn list(cursor: &mut Cursor) -> Result<Command, Expected> {
    cursor.space()?;
    let mut special_use_only = false;
    if cursor.peek() == Some(b'(') {
        special_use_only = cursor.list(Cursor::word)?.iter().any(|option| option == "SPECIAL-USE");
        cursor.space()?;
    }
    let reference = cursor.folder()?;
    cursor.space()?;
    let patterns = if cursor.peek() == Some(b'(') { cursor.list(Cursor::pattern)? } else { vec![cursor.pattern()?] };
    if cursor.take(" RETURN ") {
        cursor.list(Cursor::word)?;
    }
    Ok(Command::List { reference, patterns, special_use_only })
}

fn fetch_command(by_uid: bool, cursor: &mut Cursor) -> Result<Command, Expected> {
    cursor.space()?;
    let set = cursor.set()?;
    cursor.space()?;
    let mut items = fetch::parse(cursor)?;
    if by_uid && !items.contains(&Item::Uid) {
        items.insert(0, Item::Uid);
    }
    let mut changed_since = None;
    if cursor.take(" (CHANGEDSINCE ") {
        changed_since = Some(cursor.number()?);
        cursor.expect(")")?;
        if !items.contains(&Item::ModSeq) {
            items.push(Item::ModSeq);
        }
    }
    Ok(Command::Fetch { by_uid, set, items, changed_since })
}

fn store(by_uid: bool, cursor: &mut Cursor) -> Result<Command, Expected> {
    cursor.space()?;
    let set = cursor.set()?;
    cursor.space()?;
    let mut unchanged_since = None;
    if cursor.take("(UNCHANGEDSINCE ") {
        unchanged_since = Some(cursor.number()?);
        cursor.expect(")")?;
        cursor.space()?;
    }
    let change = if cursor.take("+") {
        FlagChange::Add
    } else if cursor.take("-") {
        FlagChange::Remove
    } else {
        FlagChange::Replace
    };
    cursor.expect("FLAGS")?;
    let silent = cursor.take(".SILENT");
    cursor.space()?;
    let mut flags = Vec::new();
    if cursor.peek() == Some(b'(') {
        flags = cursor.flags()?;
    } else {
        flags.push(cursor.flag()?);
        while cursor.take(" ") {
            flags.push(cursor.flag()?);
        }
    }
    Ok(Command::Store { by_uid, set, unchanged_since, change: change(flags), silent })
}

fn append(cursor: &mut Cursor) -> Result<Command, Expected> {
    cursor.space()?;
    let folder = cursor.folder()?;
    cursor.space()?;
    let mut flags = Vec::new();
    if cursor.peek() == Some(b'(') {
        flags = cursor.flags()?;
        cursor.space()?;
    }
    let mut at = None;
    if cursor.peek() == Some(b'"') {
        at = Some(cursor.date_time()?);
        cursor.space()?;
    }
    if cursor.peek() != Some(b'{') {
        return Err("a literal");
    }
    Ok(Command::Append { folder, flags, at, mail: cursor.string()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Command, FlagChange, parse};

    fn command(line: &str) -> Command {
        parse(line.as_bytes()).command.unwrap()
    }

    #[test]
    fn a_guarded_store_is_read_whole() {
        let Command::Store { by_uid, unchanged_since, change, silent, .. } =
            command("a UID STORE 7 (UNCHANGEDSINCE 12) +FLAGS.SILENT (bagsy-claim-alice \\Seen)")
        else {
            panic!()
        };
        assert!(by_uid && silent);
        assert_eq!(unchanged_since, Some(12));
        assert_eq!(change, FlagChange::Add(vec!["bagsy-claim-alice".into(), "\\Seen".into()]));
    }

    #[test]
    fn list_is_read_in_all_its_forms() {
        for line in [
            "a LIST \"\" \"shared/*\"",
            "a LIST \"\" %",
            "a LIST (SPECIAL-USE) \"\" \"*\"",
            "a LIST \"\" (INBOX \"shared/%\") RETURN (SPECIAL-USE CHILDREN)",
        ] {
            assert!(matches!(command(line), Command::List { .. }), "{line}");
        }
    }

    #[test]
    fn append_takes_flags_and_a_date_or_neither() {
        let line = "a APPEND \"shared/x@y/Sent\" ($SubmitPending \\Seen) \"01-Feb-2026 13:04:05 +0100\" {3}\r\nabc";
        let Command::Append { folder, flags, at, mail } = command(line) else { panic!() };
        assert_eq!((folder.as_str(), flags.len(), at.is_some(), mail), ("shared/x@y/Sent", 2, true, b"abc".to_vec()));
        assert!(matches!(command("a APPEND Sent {1+}\r\nx"), Command::Append { .. }));
    }

    #[test]
    fn what_is_broken_says_what_was_expected() {
        for (line, expected) in [
            ("a UID STORE x FLAGS (a)", "UID STORE: expected a set"),
            ("a FROBNICATE", "unknown command FROBNICATE"),
            ("a SELECT INBOX (QRESYNC (1 2))", "SELECT: expected a word"),
            ("a NOOP now", "NOOP: expected the end of the command"),
            ("a STORE 1 FLAGS (a%b)", "STORE: expected a space"),
            ("a", "expected a space"),
        ] {
            assert_eq!(parse(line.as_bytes()).command.unwrap_err(), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_whatever_make_the_parser_panic(tail in proptest::collection::vec(any::<u8>(), 0..80), verb in 0..8usize) {
            let verbs = ["", "a ", "a UID FETCH ", "a UID STORE 1 ", "a SEARCH ", "a LIST ", "a APPEND x ", "a ID "];
            let mut line = verbs[verb].as_bytes().to_vec();
            line.extend(tail);
            let _ = parse(&line);
        }
    }
}
