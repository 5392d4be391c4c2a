//! Why a key would do nothing here: the right that is missing, the holder in the way. `None`: it may be pressed.

use super::app::{App, TOO_LATE};
use super::keymap::Act;
use crate::model::{Assignee, Capability, Conversation, Destination, Grade, Mailbox, Role};

/// The reason, in words for a person.
pub fn why_not(app: &App, act: Act) -> Option<String> {
    reason(app, act, || app.subject())
}

/// The same for a conversation of this mailbox that need not be under the cursor.
pub fn why_not_for(app: &App, act: Act, conversation: &Conversation) -> Option<String> {
    reason(app, act, || Some(conversation.clone()))
}

fn reason(app: &App, act: Act, subject: impl FnOnce() -> Option<Conversation>) -> Option<String> {
    let Some(mailbox) = app.current() else {
        return needs_mailbox(act).then(|| "there is no mailbox yet".to_owned());
    };
    if act == Act::Undo {
        let is_pending = app.is_undoable_pending();
        let is_sent = app.recallable().is_none() && app.waiting_to_be_sent().is_none();
        let nothing = app.undo.is_empty() && !is_pending && is_sent && !app.is_just_leaving();
        let has_just_left = app.sent_at.is_some_and(|at| app.now.duration_since(at) < TOO_LATE);
        let says = if has_just_left { "too late: what you sent has left" } else { "nothing to undo" };
        return nothing.then(|| says.to_owned());
    }
    if matches!(act, Act::NextHit | Act::PreviousHit) {
        let search = app.keymap.key_for(super::keymap::Context::Queue, Act::Search);
        return (!app.finding.is_active()).then(|| format!("nothing is looked for: {search} searches"));
    }
    if act == Act::SendDone && app.composer.as_ref().is_some_and(|c| c.target.is_opening()) {
        return Some("there is nothing to finish with it: it answers nothing".to_owned());
    }
    let need = need(act)?;
    // What cannot be announced is asked about when it is sent; who may only look does not answer at all.
    let is_asked_later = need == Need::Send && mailbox.address.is_some() && mailbox.grade != Grade::D;
    if let Some(missing) = missing(mailbox, need).filter(|_| !is_asked_later) {
        return Some(missing);
    }
    let needs_handle = need != Need::Send || mailbox.may(Capability::Claim);
    if needs_handle && app.me().is_none() {
        return Some("you have no handle here: set one in the configuration".to_owned());
    }
    if matches!(act, Act::TakeNext | Act::New) {
        return None;
    }
    let destination = match act {
        Act::Trash => Some(Destination::Trash),
        Act::Junk => Some(Destination::Junk),
        // Whatever folder it will be: first it leaves INBOX.
        Act::MoveTo => Some(Destination::Folder(String::new())),
        _ => None,
    };
    if let Some(why_not) = destination.and_then(|to| to.why_not(mailbox)) {
        return Some(why_not);
    }
    if app.is_many() && is_for_many(act) {
        return None;
    }
    let Some(conversation) = subject() else { return Some("no conversation is selected".to_owned()) };
    of_conversation(app, act, &conversation)
}

fn needs_mailbox(act: Act) -> bool {
    need(act).is_some()
        || matches!(act, Act::Search | Act::Filter | Act::NextHit | Act::PreviousHit)
        || matches!(act, Act::View(_) | Act::NextMailbox | Act::PreviousMailbox | Act::Undo)
}

/// What an action needs of the mailbox, whichever the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// That it keeps claims and statuses.
    Claim,
    /// That its flags may be changed: nobody contends for a tag.
    Mark,
    /// That what was read can be told. By which right depends on where it lies.
    Seen,
    /// That an answer can be announced.
    Send,
}

fn need(act: Act) -> Option<Need> {
    match act {
        Act::Claim
        | Act::TakeNext
        | Act::Assign
        | Act::TakeOver
        | Act::Waiting
        | Act::Done
        | Act::Trash
        | Act::Junk
        | Act::MoveTo => Some(Need::Claim),
        Act::Tag | Act::Urgent => Some(Need::Mark),
        Act::Unread => Some(Need::Seen),
        Act::Reply | Act::ReplyAll | Act::Forward | Act::New => Some(Need::Send),
        _ => None,
    }
}

/// What is done to all that is selected; each conversation has its own answer then.
fn is_for_many(act: Act) -> bool {
    use Act as A;
    matches!(
        act,
        A::Claim | A::Assign | A::Waiting | A::Done | A::Tag | A::Urgent | A::Unread | A::Trash | A::Junk | A::MoveTo
    )
}

fn missing(mailbox: &Mailbox, need: Need) -> Option<String> {
    if mailbox.address.is_none() && need != Need::Seen {
        return Some("this mailbox has no address: name it in the configuration".to_owned());
    }
    let lacks_w = || {
        let granted = mailbox.rights.as_ref().and_then(|r| r.get(&Role::Inbox)).filter(|r| !r.grant("w"))?;
        Some(format!("the right w is missing here (you have {})", granted.0))
    };
    match need {
        // Told of each conversation by itself.
        Need::Seen => None,
        Need::Send => (!mailbox.may(Capability::Send)).then(|| unwritable_sent(mailbox)),
        Need::Mark if mailbox.grade != Grade::D => None,
        Need::Claim if mailbox.may(Capability::Claim) => None,
        Need::Mark | Need::Claim => Some(lacks_w().unwrap_or_else(|| {
            let why_not = match mailbox.grade {
                Grade::B => "this server cannot keep claims in keywords (grade B), and the journal is not built yet",
                Grade::C => "this mailbox cannot keep claims safely (grade C)",
                Grade::A | Grade::D => "the server lets you only look here",
            };
            why_not.to_owned()
        })),
    }
}

/// Why nothing can be written into the mailbox's Sent, where answers are announced; `None` where it can, or where it is not
/// known otherwise.
pub fn why_unannounced(app: &App, mailbox: &str) -> Option<String> {
    let mailbox = app.mailboxes.iter().find(|m| m.key() == mailbox)?;
    if app.unannounced.contains(mailbox.key()) {
        return Some("Sent did not take the last announcement".to_owned());
    }
    (!mailbox.may(Capability::Send)).then(|| unwritable_sent(mailbox))
}

fn unwritable_sent(mailbox: &Mailbox) -> String {
    match mailbox.rights.as_ref().and_then(|r| r.get(&Role::Sent)) {
        Some(rights) => {
            // Named as it is asked for first: without `i` the others are of no use.
            let missing: String = "irw".chars().filter(|c| !rights.0.contains(*c)).collect();
            if missing.is_empty() {
                return KEEPS_NOTHING.to_owned();
            }
            let missing = if missing.starts_with('i') { "i" } else { &missing };
            format!("the right {missing} is missing in Sent (you have {})", rights.0)
        }
        None if mailbox.folder(Role::Sent).is_some() && mailbox.rights.is_none() => KEEPS_NOTHING.to_owned(),
        None => "there is no Sent folder to write into".to_owned(),
    }
}

/// The rights are there, or nobody tells, and PERMANENTFLAGS says otherwise.
const KEEPS_NOTHING: &str = "Sent does not keep the mark of an announcement";

fn of_conversation(app: &App, act: Act, c: &Conversation) -> Option<String> {
    let me = app.me();
    let takes_over = app.keymap.key_for(super::keymap::Context::Queue, Act::TakeOver);
    let held = match &c.assignee {
        Assignee::Held(by) if Some(by) != me => Some(format!("{by} has it: {takes_over} takes it over")),
        Assignee::Contested(by) if me.is_none_or(|me| !by.contains(me)) => {
            Some(format!("it is contested by {}", Assignee::Contested(by.clone())))
        }
        _ => None,
    };
    let needs_inbox = matches!(
        act,
        Act::Claim
            | Act::Assign
            | Act::TakeOver
            | Act::Waiting
            | Act::Tag
            | Act::Urgent
            | Act::Trash
            | Act::Junk
            | Act::MoveTo
    );
    if needs_inbox && c.folder != Role::Inbox {
        return Some("it is not in INBOX: open it again first".to_owned());
    }
    match act {
        Act::Claim => held,
        Act::TakeOver => match &c.assignee {
            Assignee::Held(by) if Some(by) != me => None,
            Assignee::Contested(_) => None,
            Assignee::Held(_) => Some("it is yours already".to_owned()),
            Assignee::Free => Some("nobody has it: claim it".to_owned()),
        },
        // An answer is offered with taking over; a contested one is answered by nobody.
        Act::Reply | Act::ReplyAll if c.is_contested() => {
            Some(format!("it is contested by {}: nobody answers until {takes_over} settles it", c.assignee))
        }
        Act::Urgent if c.urgent && app.is_urgent_in_archive(c) => app.current().and_then(Mailbox::why_not_unmarked),
        Act::Unread => app.current().and_then(|mailbox| mailbox.why_not_seen(c.folder)),
        Act::Done if c.folder == Role::Archive => {
            app.current().and_then(|mailbox| mailbox.why_not_back(app.comes_back_marked(c)))
        }
        Act::Done if c.folder != Role::Inbox => Some("it lies in Sent alone".to_owned()),
        // To open it again is its holder's as well.
        Act::Trash | Act::Junk | Act::MoveTo | Act::Done | Act::Waiting => held,
        _ => None,
    }
}
