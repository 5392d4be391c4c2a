//! What a simulated teammate does next: claim, answer, finish, release, by the rules of docs/protocol.md.
//!
//! It acts under the post office's lock, so what it has seen still holds when it writes: its guards cannot fail.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::desk::{self, Conversation};
use crate::demo::post::{FolderName, Mail, State};
use crate::demo::random::Random;
use crate::demo::sample::compose::Party;
use crate::demo::sample::script::{Role, Thread, signed};
use crate::demo::sample::topics::GENERAL_ANSWERS;
use crate::demo::{folder, login};
use crate::wire::keywords::{ANSWERED, CLAIM_PREFIX, DONE, SEEN, STATUSES, SUBMITTED, WAITING};
use crate::wire::step::FlagChange;

/// So many free conversations are always left to the others.
const LEFT_TO_OTHERS: usize = 9;
/// A teammate takes no more than this at a time.
const HANDS_FULL: usize = 9;

/// What a teammate did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Claimed,
    Answered,
    Finished,
    Released,
    Tagged,
    /// Nothing but to mirror its claims onto mails that came since, if any did.
    Looked,
}

/// One look at the desk, and one deed.
pub fn act(state: &mut State, name: &str, roles: &HashMap<String, Role>, now: Timestamp, random: &mut Random) -> Deed {
    let rights = state.rights(&login(name), &folder("INBOX"));
    if !(rights.contains('r') && rights.contains('w')) {
        return Deed::Looked;
    }
    let conversations = desk::conversations(state);
    let in_inbox = || conversations.iter().filter(|c| !c.inbox.is_empty() && !c.is_pending());
    let mine: Vec<&Conversation> = in_inbox().filter(|c| c.is_held_by(name)).collect();
    for conversation in &mine {
        mirror(state, name, conversation);
    }
    let to_answer: Vec<&Conversation> = mine.iter().copied().filter(|c| c.is_open() && c.is_from_a_person()).collect();
    let waiting: Vec<&Conversation> = mine.iter().copied().filter(|c| !c.is_open()).collect();
    // Newsletters and machines are left to whoever likes to tidy up.
    let is_free = |c: &&Conversation| c.claimants().is_empty() && c.is_open() && c.is_from_a_person();
    let free: Vec<&Conversation> = in_inbox().filter(is_free).collect();
    let die = random.within(0..=99);
    if die < 40
        && let Some(conversation) = random.pick(&to_answer)
    {
        return answer(state, name, conversation, roles.get(&conversation.root), now, random);
    }
    let may_claim = free.len() > LEFT_TO_OTHERS && to_answer.len() < HANDS_FULL;
    if die < 75
        && may_claim
        && let Some(conversation) = random.pick(&free)
    {
        change(state, conversation, &FlagChange::Add(vec![format!("{CLAIM_PREFIX}{name}")]));
        return Deed::Claimed;
    }
    if die < 88
        && let Some(conversation) = waiting.iter().min_by_key(|c| c.last_at())
    {
        return finish(state, name, conversation);
    }
    if die < 93
        && to_answer.len() > 3
        && let Some(conversation) = random.pick(&to_answer)
    {
        return release(state, name, conversation);
    }
    match random.pick(&to_answer).and_then(|c| Some((c, roles.get(&c.root)?))) {
        Some((conversation, role)) => {
            let tags = role.topic.tags.iter().map(|tag| (*tag).to_owned()).collect();
            change(state, conversation, &FlagChange::Add(tags));
            Deed::Tagged
        }
        None => Deed::Looked,
    }
}

/// The same change on all its mails in INBOX, the newest first.
fn change(state: &mut State, conversation: &Conversation, change: &FlagChange) {
    if let Some(inbox) = state.folder_mut(&folder("INBOX")) {
        for placed in conversation.inbox.iter().rev() {
            inbox.change(placed.uid, change);
        }
    }
}

/// The holder's claim onto mails that came since.
fn mirror(state: &mut State, name: &str, conversation: &Conversation) {
    let is_on_the_lock =
        conversation.inbox.first().is_some_and(|lock| lock.flags.has(&format!("{CLAIM_PREFIX}{name}")));
    if is_on_the_lock {
        change(state, conversation, &FlagChange::Add(vec![format!("{CLAIM_PREFIX}{name}")]));
    }
}

fn answer(
    state: &mut State,
    name: &str,
    conversation: &Conversation,
    role: Option<&Role>,
    now: Timestamp,
    random: &mut Random,
) -> Deed {
    let sent = folder("Sent");
    let Some(newest) = conversation.newest_incoming().filter(|newest| !newest.flags.answered) else {
        return Deed::Looked;
    };
    if !state.rights(&login(name), &sent).contains('i') {
        return Deed::Looked;
    }
    let customer = customer_of(&newest.mail, role);
    let mut thread = Thread::ending_with(&newest.mail, customer);
    let text = match role {
        Some(role) => match role.reply(thread.last_text(), name, random) {
            Some(text) => text,
            // Thanks want no answer.
            None => return finish(state, name, conversation),
        },
        None => signed(&format!("Hello,\n\n{}", general(random)), name, random),
    };
    let letter = thread.we_write(&text, now, random);
    if let Some(sent) = state.folder_mut(&sent) {
        let signed = format!("{CLAIM_PREFIX}{name}");
        sent.append(Mail::new(letter.write(), now), &[SEEN, SUBMITTED, &signed]);
    }
    // A mail that came twice is one mail: its flags go to both.
    let is_answered = |placed: &&desk::Placed| placed.uid == newest.uid || is_double(placed, newest);
    if let Some(inbox) = state.folder_mut(&folder("INBOX")) {
        for placed in conversation.inbox.iter().filter(is_answered) {
            inbox.change(placed.uid, &FlagChange::Add(vec![ANSWERED.to_owned(), SEEN.to_owned()]));
        }
    }
    set_status(state, conversation, WAITING);
    Deed::Answered
}

fn is_double(one: &desk::Placed, other: &desk::Placed) -> bool {
    let id = &one.mail.links().message_id;
    !id.is_empty() && *id == other.mail.links().message_id
}

fn general(random: &mut Random) -> &'static str {
    let plain: Vec<&str> = GENERAL_ANSWERS.iter().copied().filter(|text| !text.contains('{')).collect();
    random.text(&plain)
}

/// Whom an answer goes to: Reply-To, else From.
pub fn customer_of(mail: &Mail, role: Option<&Role>) -> Party {
    if let Some(role) = role {
        return Party::new(role.person.name, role.person.email);
    }
    let parsed = mail_parser::MessageParser::default().parse_headers(mail.raw());
    let parsed = parsed.as_ref().and_then(|m| m.reply_to().or(m.from())).and_then(|list| list.first());
    Party::new(
        parsed.and_then(|p| p.name()).unwrap_or_default(),
        parsed.and_then(|p| p.address()).unwrap_or("nobody@nowhere.example"),
    )
}

/// This status on all its mails in INBOX, and no other.
fn set_status(state: &mut State, conversation: &Conversation, status: &str) {
    let others = STATUSES.iter().filter(|other| **other != status).map(|other| (*other).to_owned()).collect();
    change(state, conversation, &FlagChange::Add(vec![status.to_owned()]));
    change(state, conversation, &FlagChange::Remove(others));
}

fn finish(state: &mut State, name: &str, conversation: &Conversation) -> Deed {
    set_status(state, conversation, DONE);
    let rights = |name_of: &FolderName| state.rights(&login(name), name_of);
    let (inbox, archive) = (folder("INBOX"), folder("Archive"));
    let from = rights(&inbox);
    if from.contains('t') && from.contains('e') && rights(&archive).contains('i') {
        let uids: BTreeSet<u32> = conversation.inbox.iter().map(|placed| placed.uid).collect();
        if let Some((inbox, archive)) = state.pair_mut(&inbox, &archive) {
            for moved in inbox.expunge(&uids) {
                archive.append_with(moved.mail, moved.flags, moved.seen_by);
            }
        }
    }
    Deed::Finished
}

fn release(state: &mut State, name: &str, conversation: &Conversation) -> Deed {
    // From the newest to the oldest: the mirrors first, the lock last.
    change(state, conversation, &FlagChange::Remove(vec![format!("{CLAIM_PREFIX}{name}")]));
    Deed::Released
}
