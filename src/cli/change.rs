//! The verbs that change conversations: claim, release, assign, takeover, next, waiting, done, reopen, tag.

use super::args::{Guard, Verb};
use super::context::{Context, Named, Outcome, Reached, expectation, handle, resolve};
use super::output;
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
        if let Err(refusal) = change(cx, &mut reached, id, &action, &expect).await {
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
    print(cx, at, &mailbox, &after);
    Ok(())
}

async fn next(cx: &Context, guard: &Guard) -> Outcome {
    cx.refuse_offline("next")?;
    let expect = expectation(guard)?;
    let mut none = Refusal::new(ErrorKind::None, "nothing is free");
    for mut at in cx.reach().await? {
        for mailbox in at.mailboxes.clone() {
            at.link.sync_mailbox(&mailbox).await?;
            match at.link.next(&mailbox, &expect).await.map_err(Refusal::from) {
                Ok(taken) => {
                    print(cx, &at, &mailbox, &taken);
                    return Ok(());
                }
                // With several mailboxes, one that keeps no claims is no reason to stop.
                Err(refusal) if refusal.kind == ErrorKind::None => none = refusal,
                Err(refusal) if refusal.kind == ErrorKind::Rights && cx.wanted.is_none() => none = refusal,
                Err(refusal) => return Err(refusal),
            }
        }
    }
    Err(none)
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
