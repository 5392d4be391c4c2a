//! What a fresh look says against an answer, and which copy in Sent is its own.

use super::{Copy, Item, View, Why};
use crate::model::{Assignee, Handle, Uid};
use crate::wire::keywords::{self, Fate};
use crate::wire::state;

/// What became of the announcement.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Own<'a> {
    /// Nothing of it is there.
    None,
    /// It stands: the copy that counts, and others of the same (an APPEND that was repeated).
    Pending(&'a Copy, Vec<Uid>),
    /// Somebody marked it sent.
    Sent(&'a Copy),
    /// It says nothing, as what other programs file after sending: Sent kept no keyword of it, or somebody took them off.
    Bare(&'a Copy),
    /// Somebody declared it void.
    Void(&'a Copy),
}

/// The own copy, those up to `spent` aside, which are void by our own doing.
pub(super) fn own(view: &View, spent: Uid) -> Own<'_> {
    let copies = || view.sent.iter().filter(|c| c.is_own && c.uid > spent);
    let with = |fate| copies().find(move |c| c.fate() == fate);
    if let Some(sent) = copies().find(|c| c.flags.has(keywords::SUBMITTED)) {
        return Own::Sent(sent);
    }
    if let Some(bare) = with(Fate::Sent) {
        return Own::Bare(bare);
    }
    if let Some(pending) = with(Fate::Pending) {
        let others = copies().filter(|c| c.fate() == Fate::Pending && c.uid != pending.uid);
        return Own::Pending(pending, others.map(|c| c.uid).collect());
    }
    with(Fate::Void).map_or(Own::None, Own::Void)
}

/// The lowest own copy above `spent` that says that nobody knows.
pub(super) fn pending(view: &View, spent: Uid) -> Option<&Copy> {
    view.sent.iter().find(|c| c.is_own && c.uid > spent && c.fate() == Fate::Pending)
}

/// Who besides `me` has a claim on this copy: somebody is settling it.
pub(super) fn settler(copy: &Copy, me: &Handle) -> Option<Handle> {
    keywords::claimants(&copy.flags).into_iter().find(|h| h != me)
}

/// What speaks against the answer. `announced`: the own copy that counts. `holds`: whether the claim must be ours by now.
pub(super) fn objection(item: &Item, view: &View, announced: Option<Uid>, holds: bool) -> Option<Why> {
    let rival = view.sent.iter().filter(|c| !c.is_own).find_map(|c| match c.fate() {
        Fate::Void => None,
        // A copy that is sent was sent, whatever its place.
        Fate::Sent => (c.uid > item.seen.sent).then_some(Why::Overtaken(c.uid)),
        // The lowest goes on; who comes after us finds us.
        Fate::Pending if announced.is_some_and(|own| own < c.uid) => None,
        Fate::Pending if c.is_old => Some(Why::Unsettled(c.uid)),
        Fate::Pending => Some(Why::Overtaken(c.uid)),
    });
    if rival.is_some() {
        return rival;
    }
    if view.is_answered && !item.seen.was_answered {
        return Some(Why::AnsweredElsewhere);
    }
    if view.inbox.iter().any(|s| s.incoming && !s.auto_reply && s.uid > item.seen.inbox) {
        return Some(Why::NewerMail);
    }
    if !holds || !item.claims || view.inbox.is_empty() {
        return None;
    }
    match state::assignee(&view.inbox) {
        Assignee::Held(holder) if holder == item.me => None,
        Assignee::Held(holder) => Some(Why::Held(holder)),
        Assignee::Contested(handles) => Some(Why::Contested(handles)),
        Assignee::Free => Some(Why::Released),
    }
}
