//! Every action of the program: where it begins, what of the server it needs, and what it leaves behind.

use std::collections::BTreeSet;

use bagsy::model::{Action, Destination, Handle};
use bagsy::tui::keymap::Act;

use super::desk::{Desk, Where};
use super::probe::Granted;

/// Somebody else of the team.
pub const TEAMMATE: &str = "zoe";

/// One action on one conversation.
pub struct Row {
    pub name: &'static str,
    /// Where its conversation lies, and with which flags; `ME` stands for the person's handle.
    pub from: (&'static str, &'static str),
    pub key: Act,
    pub action: fn(&Desk) -> Action,
    /// The same as a verb, with its words after the conversation's id.
    pub verb: Option<(&'static str, &'static [&'static str])>,
    /// Whether the server allows all that it takes.
    pub is_granted: fn(&Granted) -> bool,
    /// Whether what somebody else's session shows is what the action is for.
    pub is_done: fn(&Where, &Granted, me: &str) -> bool,
}

fn teammate() -> Handle {
    Handle::new(TEAMMATE).expect("a handle")
}

fn flags(lies: &Where, folder: &str) -> BTreeSet<String> {
    lies.get(folder).cloned().unwrap_or_default()
}

fn is_in_inbox_with(lies: &Where, flag: &str) -> bool {
    flags(lies, "INBOX").contains(flag)
}

fn is_moved(lies: &Where, to: &str) -> bool {
    lies.contains_key(to) && lies.len() == 1
}

fn claims(lies: &Where) -> Vec<String> {
    flags(lies, "INBOX").into_iter().filter(|f| f.starts_with("bagsy-claim-")).collect()
}

fn is_open_in_inbox(lies: &Where) -> bool {
    is_moved(lies, "INBOX") && !flags(lies, "INBOX").iter().any(|f| f.starts_with("bagsy-"))
}

pub const ROWS: &[Row] = &[
    Row {
        name: "claim",
        from: ("INBOX", ""),
        key: Act::Claim,
        action: |_| Action::Claim,
        verb: Some(("claim", &[])),
        is_granted: |g| g.keyword,
        is_done: |lies, _, me| claims(lies) == [format!("bagsy-claim-{me}")],
    },
    Row {
        name: "release",
        from: ("INBOX", "bagsy-claim-ME"),
        key: Act::Claim,
        action: |_| Action::Release,
        verb: Some(("release", &[])),
        is_granted: |g| g.keyword,
        is_done: |lies, _, _| is_open_in_inbox(lies),
    },
    Row {
        name: "assign",
        from: ("INBOX", ""),
        key: Act::Assign,
        action: |_| Action::Assign(teammate()),
        verb: Some(("assign", &["--to", TEAMMATE])),
        is_granted: |g| g.keyword,
        is_done: |lies, _, _| claims(lies) == [format!("bagsy-claim-{TEAMMATE}")],
    },
    Row {
        name: "take over",
        from: ("INBOX", "bagsy-claim-zoe"),
        key: Act::TakeOver,
        action: |_| Action::TakeOver,
        verb: Some(("takeover", &[])),
        is_granted: |g| g.keyword,
        is_done: |lies, _, me| claims(lies) == [format!("bagsy-claim-{me}")],
    },
    Row {
        name: "waiting",
        from: ("INBOX", ""),
        key: Act::Waiting,
        action: |_| Action::Waiting,
        verb: Some(("waiting", &[])),
        is_granted: |g| g.keyword,
        is_done: |lies, _, _| is_in_inbox_with(lies, "bagsy-waiting"),
    },
    Row {
        name: "no longer waiting",
        from: ("INBOX", "bagsy-waiting"),
        key: Act::Waiting,
        action: |_| Action::Reopen,
        verb: Some(("reopen", &[])),
        is_granted: |g| g.keyword,
        is_done: |lies, _, _| is_open_in_inbox(lies),
    },
    Row {
        name: "done",
        from: ("INBOX", ""),
        key: Act::Done,
        action: |_| Action::Done,
        verb: Some(("done", &[])),
        is_granted: |g| g.keyword,
        is_done: |lies, granted, _| match granted.to_archive {
            true => is_moved(lies, "Archive"),
            false => is_moved(lies, "INBOX") && is_in_inbox_with(lies, "bagsy-done"),
        },
    },
    Row {
        name: "open again in INBOX",
        from: ("INBOX", "bagsy-done"),
        key: Act::Done,
        action: |_| Action::Reopen,
        verb: Some(("reopen", &[])),
        is_granted: |g| g.keyword,
        is_done: |lies, _, _| is_open_in_inbox(lies),
    },
    Row {
        name: "open again from Archive",
        from: ("Archive", ""),
        key: Act::Done,
        action: |_| Action::Reopen,
        verb: Some(("reopen", &[])),
        is_granted: |g| g.keyword && g.from_archive,
        is_done: |lies, _, _| is_open_in_inbox(lies),
    },
    Row {
        name: "open again from Archive what was finished here",
        from: ("Archive", "bagsy-done bagsy-claim-zoe"),
        key: Act::Done,
        action: |_| Action::Reopen,
        verb: Some(("reopen", &[])),
        is_granted: |g| g.keyword && g.from_archive && g.keyword_in_archive,
        is_done: |lies, _, _| is_open_in_inbox(lies),
    },
    Row {
        name: "tag",
        from: ("INBOX", ""),
        key: Act::Tag,
        action: |_| Action::Tag { add: vec!["billing".to_owned()], remove: Vec::new() },
        verb: Some(("tag", &["+billing"])),
        is_granted: |g| g.keyword,
        is_done: |lies, _, _| is_in_inbox_with(lies, "billing"),
    },
    Row {
        name: "urgent",
        from: ("INBOX", ""),
        key: Act::Urgent,
        action: |_| Action::Urgent(true),
        verb: None,
        is_granted: |g| g.flagged,
        is_done: |lies, _, _| is_in_inbox_with(lies, "\\Flagged"),
    },
    Row {
        name: "read",
        from: ("INBOX", ""),
        key: Act::Unread,
        action: |_| Action::Seen(true),
        verb: None,
        is_granted: |g| g.seen,
        is_done: |lies, _, _| is_in_inbox_with(lies, "\\Seen"),
    },
    Row {
        name: "read in Archive",
        from: ("Archive", ""),
        key: Act::Unread,
        action: |_| Action::Seen(true),
        verb: None,
        is_granted: |g| g.seen_in_archive,
        is_done: |lies, _, _| is_moved(lies, "Archive") && flags(lies, "Archive").contains("\\Seen"),
    },
    Row {
        name: "to Trash",
        from: ("INBOX", ""),
        key: Act::Trash,
        action: |_| Action::File(Destination::Trash),
        verb: None,
        is_granted: |g| g.keyword && g.to_trash,
        is_done: |lies, _, _| is_moved(lies, "Trash"),
    },
    Row {
        name: "to Junk",
        from: ("INBOX", ""),
        key: Act::Junk,
        action: |_| Action::File(Destination::Junk),
        verb: None,
        is_granted: |g| g.keyword && g.to_junk,
        is_done: |lies, _, _| is_moved(lies, "Junk"),
    },
    Row {
        name: "into a folder",
        from: ("INBOX", ""),
        key: Act::MoveTo,
        action: |desk| Action::File(Destination::Folder(desk.folder("Clients"))),
        verb: None,
        is_granted: |g| g.keyword && g.to_clients,
        is_done: |lies, _, _| is_moved(lies, "Clients"),
    },
    // What has to be open first: no right helps.
    Row {
        name: "claim in Archive",
        from: ("Archive", ""),
        key: Act::Claim,
        action: |_| Action::Claim,
        verb: Some(("claim", &[])),
        is_granted: |_| false,
        is_done: |_, _, _| true,
    },
    Row {
        name: "tag in Archive",
        from: ("Archive", ""),
        key: Act::Tag,
        action: |_| Action::Tag { add: vec!["billing".to_owned()], remove: Vec::new() },
        verb: Some(("tag", &["+billing"])),
        is_granted: |_| false,
        is_done: |_, _, _| true,
    },
    Row {
        name: "urgent in Archive",
        from: ("Archive", ""),
        key: Act::Urgent,
        action: |_| Action::Urgent(true),
        verb: None,
        is_granted: |_| false,
        is_done: |_, _, _| true,
    },
    // What a teammate holds is opened again by nobody else.
    Row {
        name: "open again what another finished",
        from: ("INBOX", "bagsy-claim-zoe bagsy-done"),
        key: Act::Done,
        action: |_| Action::Reopen,
        verb: Some(("reopen", &[])),
        is_granted: |_| false,
        is_done: |_, _, _| true,
    },
    Row {
        name: "no longer waiting, of another",
        from: ("INBOX", "bagsy-claim-zoe bagsy-waiting"),
        key: Act::Waiting,
        action: |_| Action::Reopen,
        verb: None,
        is_granted: |_| false,
        is_done: |_, _, _| true,
    },
];
