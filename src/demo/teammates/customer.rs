//! What simulated customers do next: somebody new writes, or somebody answers what we wrote.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::colleague::customer_of;
use super::desk::{self, Conversation};
use crate::demo::folder;
use crate::demo::post::{Mail, State};
use crate::demo::random::Random;
use crate::demo::sample::script::{Role, Thread, capital};
use crate::demo::sample::topics::{NUDGES, THANKS};

/// With so many free conversations nobody new writes: the desk is to be lively, not hopeless.
const ENOUGH: usize = 45;
/// Nobody answers faster than this.
const READING: SignedDuration = SignedDuration::from_secs(25);
/// Answers are to what was written within this time, first of all: a person's own answers get one.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// What a customer writes again for.
#[derive(Debug, Clone, Copy)]
enum Mood {
    Glad,
    Curious,
    Impatient,
}

/// One mail, maybe: puts it into INBOX and says so.
pub fn write(state: &mut State, roles: &mut HashMap<String, Role>, now: Timestamp, random: &mut Random) -> bool {
    let conversations = desk::conversations(state);
    let free = conversations.iter().filter(|c| !c.inbox.is_empty() && c.claimants().is_empty() && c.is_open());
    let is_enough = free.count() >= ENOUGH;
    let raw = if is_enough || random.chance(50) {
        follow_up(&conversations, roles, is_enough, now, random)
    } else {
        begin(roles, now, random)
    };
    let (Some(raw), Some(inbox)) = (raw, state.folder_mut(&folder("INBOX"))) else { return false };
    inbox.append(Mail::new(raw, now), &[]);
    true
}

fn begin(roles: &mut HashMap<String, Role>, now: Timestamp, random: &mut Random) -> Option<Vec<u8>> {
    let role = Role::invent(random)?;
    let mut thread = Thread::new(role.person.name, role.person.email, role.person.offset, &role.subject);
    let text = role.opener(random);
    let letter = thread.customer_writes(&text, now, random);
    roles.insert(thread.root().to_owned(), role);
    Some(letter.write())
}

fn follow_up(
    conversations: &[Conversation],
    roles: &HashMap<String, Role>,
    is_enough: bool,
    now: Timestamp,
    random: &mut Random,
) -> Option<Vec<u8>> {
    let age = |c: &Conversation| now.duration_since(c.last_at());
    // One that nobody holds is one more free one.
    let is_welcome = |c: &&Conversation| !is_enough || !c.claimants().is_empty();
    let answered: Vec<&Conversation> = conversations
        .iter()
        .filter(|c| c.last_word_of_ours().is_some() && age(c) > READING)
        .filter(is_welcome)
        .collect();
    let fresh: Vec<&Conversation> = answered.iter().copied().filter(|c| age(c) < FRESH).collect();
    let unanswered: Vec<&Conversation> = conversations
        .iter()
        .filter(|c| {
            !c.inbox.is_empty() && c.is_open() && c.mails.len() < 3 && roles.contains_key(&c.root) && age(c) > FRESH
        })
        .collect();
    let (conversation, mood) = if !fresh.is_empty() {
        (random.pick(&fresh)?, if random.chance(50) { Mood::Curious } else { Mood::Glad })
    } else if random.chance(60) {
        (random.pick(&unanswered)?, Mood::Impatient)
    } else {
        (random.pick(&answered)?, if random.chance(75) { Mood::Curious } else { Mood::Glad })
    };
    let last = conversation.mails.last()?;
    let first = conversation.mails.iter().find(|placed| placed.path != "Sent")?;
    let role = roles.get(&conversation.root);
    let customer = customer_of(&first.mail, role);
    let agent = conversation.claimants().into_iter().next().unwrap_or_else(|| "all".to_owned());
    let text = match role {
        Some(role) => match mood {
            Mood::Glad => role.word(THANKS, &agent, random),
            Mood::Curious => role.one_more(conversation.mails.len(), &agent, random),
            Mood::Impatient => role.word(NUDGES, &agent, random),
        },
        None => {
            let plain: Vec<&str> = THANKS.iter().copied().filter(|text| !text.contains('{')).collect();
            format!("Hi {},\n\n{}\n\n{}", capital(&agent), random.text(&plain), customer.name)
        }
    };
    let mut thread = Thread::ending_with(&last.mail, customer);
    thread.offset = role.map_or(0, |role| role.person.offset);
    Some(thread.customer_writes(&text, now, random).write())
}
