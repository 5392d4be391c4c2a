//! The verbs that change conversations: claim, release, assign, takeover, next, waiting, done, reopen, tag.

use super::args::{Guard, Verb};
use super::context::{Context, Named, Outcome, Reached, expectation, handle, resolve};
use super::output;
use crate::engine::{Error, why_advisory};
use crate::model::{Action, Conversation, ErrorKind, Expectation, Mailbox, Refusal};
use crate::wire::keywords;

/// Runs one of these verbs.
///
/// # Errors
/// The first failure; the other ids were tried all the same, and their failures said.
pub async fn run(cx: &Context, verb: Verb) -> Outcome {
    let (ids, action, guard) = match verb {
        Verb::Next { guard } => return next(cx, &guard).await,
        Verb::Claim { ids, guard } => (ids, Action::Claim, guard),
        Verb::Release { ids, guard } => (ids, Action::Release, guard),
        Verb::Assign { ids, to, guard } => (ids, Action::Assign(handle(&to)?), guard),
        Verb::Takeover { id, guard } => (vec![id], Action::TakeOver, guard),
        Verb::Waiting { ids, guard } => (ids, Action::Waiting, guard),
        Verb::Done { ids, guard } => (ids, Action::Done, guard),
        Verb::Reopen { ids, guard } => (ids, Action::Reopen, guard),
        Verb::Tag { words, remove, guard } => {
            let (ids, action) = tags(words, remove)?;
            (ids, action, guard)
        }
        _ => return Err(Refusal::new(ErrorKind::Usage, "this verb changes no conversation")),
    };
    cx.refuse_offline("a change")?;
    let expect = expectation(&guard)?;
    let mut reached = cx.reach_for(&ids).await?;
    let mut first = None;
    for id in &ids {
        if let Err(mut refusal) = change(cx, &mut reached, id, &action, &expect).await {
            if ids.len() > 1 {
                refusal.message = format!("{id}: {}", refusal.message);
            }
            match first {
                None => first = Some(refusal),
                Some(_) => cx.out.refusal(&refusal),
            }
        }
    }
    first.map_or(Ok(()), Err)
}

async fn change(cx: &Context, reached: &mut [Reached], id: &str, action: &Action, expect: &Expectation) -> Outcome {
    let named = named(reached, id)?;
    let at = &mut reached[named.login];
    let mailbox = at.mailbox(&named.mailbox)?;
    if let Action::Assign(to) = action
        && !at.link.reader.handles(Some(mailbox.key())).is_ok_and(|known| known.contains(to))
    {
        cx.out.aside(&format!("nobody called {to} has been seen in {} yet", mailbox.key()));
    }
    let after = at.link.perform(&mailbox, &named.root, action, expect, None).await?;
    if matches!(action, Action::Claim | Action::TakeOver | Action::Assign(_)) {
        warn_if_advisory(cx, &mailbox);
    }
    print(cx, at, &mailbox, &after);
    Ok(())
}

/// Takes what has waited longest in all mailboxes that are meant, whichever it lies in.
async fn next(cx: &Context, guard: &Guard) -> Outcome {
    cx.refuse_offline("next")?;
    let expect = expectation(guard)?;
    let mut reached = cx.reach().await?;
    // Each with the roots of what was lost there.
    let mut open: Vec<(usize, Mailbox, Vec<String>)> = Vec::new();
    let mut why_not = None;
    for (login, at) in reached.iter_mut().enumerate() {
        for mailbox in at.mailboxes.clone() {
            match at.link.sync_mailbox(&mailbox).await {
                Ok(_) => open.push((login, mailbox, Vec::new())),
                Err(error) => pass_over(cx, error, &mut why_not)?,
            }
        }
    }
    loop {
        let mut longest: Option<(Conversation, usize)> = None;
        for (at, (login, mailbox, lost)) in open.iter().enumerate() {
            let Some(free) = reached[*login].link.longest_wait(mailbox, lost)? else { continue };
            // What waits for nobody comes after all that does.
            let wait = |c: &Conversation| (c.waiting_since.is_none(), c.waiting_since);
            if longest.as_ref().is_none_or(|(other, _)| wait(&free) < wait(other)) {
                longest = Some((free, at));
            }
        }
        let Some((free, at)) = longest else { break };
        let (login, mailbox, lost) = &mut open[at];
        match reached[*login].link.take(mailbox, &free.root, &expect).await {
            Ok(Some(taken)) => {
                warn_if_advisory(cx, mailbox);
                print(cx, &reached[*login], mailbox, &taken);
                return Ok(());
            }
            Ok(None) => lost.push(free.root),
            Err(error) => {
                pass_over(cx, error, &mut why_not)?;
                open.remove(at);
            }
        }
    }
    // Where something could have been free, nothing was.
    let none = Refusal::new(ErrorKind::None, "nothing is free");
    Err(why_not.filter(|_| open.is_empty()).unwrap_or(none))
}

/// With several mailboxes, one that keeps no claims, in which its person has no handle, or that is closed, is no reason to
/// stop.
fn pass_over(cx: &Context, error: Error, why_not: &mut Option<Refusal>) -> Outcome {
    let is_its_own = !error.ends_session() && matches!(error, Error::Imap(_) | Error::Refused(_));
    if !is_its_own || cx.wanted.is_some() {
        return Err(error.into());
    }
    why_not.get_or_insert(error.into());
    Ok(())
}

/// A claim that may bind nobody is made all the same, and said to be one.
fn warn_if_advisory(cx: &Context, mailbox: &Mailbox) {
    if let Some(why) = why_advisory(mailbox) {
        cx.out.aside(&format!("{}: {why}", mailbox.key()));
    }
}

/// The conversation that is meant by an id.
pub fn named(reached: &[Reached], id: &str) -> Outcome<Named> {
    resolve(reached.iter().enumerate().map(|(i, r)| (i, &r.link.reader, r.mailboxes.as_slice())), id)
}

/// What changed something answers with the conversation as it is afterwards.
pub fn print(cx: &Context, at: &Reached, mailbox: &Mailbox, conversation: &Conversation) {
    let folder = mailbox.folder(conversation.folder).unwrap_or(&mailbox.root);
    let me = at.link.login.me();
    cx.out.line(|| conversation.to_json(folder), || output::row(conversation, me.as_ref(), jiff::Timestamp::now()));
}

/// Ids and tags, told apart.
fn tags(words: Vec<String>, remove: Vec<String>) -> Outcome<(Vec<String>, Action)> {
    let mut ids = Vec::new();
    let mut add = Vec::new();
    for word in words {
        match word.strip_prefix('+') {
            Some(tag) => add.push(tag.to_owned()),
            None => ids.push(word),
        }
    }
    for tag in add.iter().chain(&remove) {
        keywords::check_tag(tag).map_err(|error| Refusal::new(ErrorKind::Usage, error.to_string()))?;
    }
    let usage = |text: &str| Err(Refusal::new(ErrorKind::Usage, text).hint("bagsy tag ID… +add -remove"));
    match (ids.is_empty(), add.is_empty() && remove.is_empty()) {
        (true, _) => usage("which conversation?"),
        (_, true) => usage("which tag?"),
        _ => Ok((ids, Action::Tag { add, remove })),
    }
}

impl Reached {
    /// A mailbox of this login by its key.
    pub fn mailbox(&self, key: &str) -> Outcome<Mailbox> {
        let found = self.mailboxes.iter().find(|m| m.key() == key).cloned();
        found.ok_or_else(|| Refusal::new(ErrorKind::NotFound, format!("there is no mailbox {key}")))
    }
}
