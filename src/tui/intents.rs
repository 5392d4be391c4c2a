//! What was asked of the server and is not answered yet: shown at once, marked as pending, and put right by the answer.

use crate::engine::message::{Target, Ticket};
use crate::model::{Action, Assignee, Conversation, Expectation, Handle, Message, Status, Uid};

/// One change as the engine is asked for it, now or when another is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub target: Target,
    pub action: Action,
    pub expect: Expectation,
    /// The newest mail in INBOX that the person saw.
    pub upto: Option<Uid>,
    /// Asked for together with the others of this number, and taken back with them.
    pub batch: Option<u64>,
}

/// One thing asked of the server.
#[derive(Debug, Clone)]
pub struct Intent {
    pub ticket: Ticket,
    pub target: Target,
    pub action: Action,
    pub subject: String,
    /// Who asked, as the mailbox knows them.
    pub me: Option<Handle>,
    /// What would take it back.
    pub undo: Option<Asked>,
    /// It takes something back itself, and is not taken back.
    pub is_undo: bool,
    /// Where the cursor was when that was asked for: who has gone elsewhere since stays there.
    pub asked_at: Option<String>,
    /// Said to nobody when it comes true (marking as read by opening).
    pub is_quiet: bool,
    /// It was asked before an answer that is on its way: that is what undo takes back first.
    pub is_behind: bool,
}

impl Intent {
    fn is_undoable(&self) -> bool {
        // How a mail is brought back is known when it has been moved.
        !self.is_quiet && (self.undo.is_some() || matches!(self.action, Action::File(_)))
    }
}

/// All that is pending, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Intents(Vec<Intent>);

impl Intents {
    /// Adds what was just asked.
    pub fn push(&mut self, intent: Intent) {
        self.0.push(intent);
    }

    /// Takes out what this ticket asked.
    pub fn take(&mut self, ticket: Ticket) -> Option<Intent> {
        let at = self.0.iter().position(|i| i.ticket == ticket)?;
        Some(self.0.remove(at))
    }

    /// What takes back what this ticket asked is known only now.
    pub fn can_undo(&mut self, ticket: Ticket, undo: impl FnOnce(&Target) -> Asked) {
        if let Some(intent) = self.0.iter_mut().find(|i| i.ticket == ticket && !i.is_undo) {
            intent.undo = Some(undo(&intent.target));
        }
    }

    /// What this ticket asked takes back something else. `asked_at`: the row under the cursor.
    pub fn is_undo(&mut self, ticket: Ticket, asked_at: Option<String>) {
        if let Some(intent) = self.0.iter_mut().find(|i| i.ticket == ticket) {
            intent.is_undo = true;
            intent.asked_at = asked_at;
        }
    }

    /// What is still to come of this conversation is not undone: an answer to it has left.
    pub fn forget_undo_of(&mut self, target: &Target) {
        for intent in self.0.iter_mut().filter(|intent| intent.target == *target) {
            intent.undo = None;
        }
    }

    /// Whether the server still owes an answer about this conversation that a person waits for.
    pub fn is_pending(&self, conversation: &Conversation) -> bool {
        self.of(conversation).any(|i| !i.is_quiet)
    }

    /// Whether something that can be undone is not answered yet.
    pub fn is_undoable_pending(&self) -> bool {
        self.0.iter().any(Intent::is_undoable)
    }

    /// The same of what was asked since the last answer was sent off.
    pub fn is_newer_undoable_pending(&self) -> bool {
        self.0.iter().any(|i| !i.is_behind && i.is_undoable())
    }

    /// An answer is sent off: all this was before it.
    pub fn put_behind(&mut self) {
        self.0.iter_mut().for_each(|i| i.is_behind = true);
    }

    fn of<'a>(&'a self, conversation: &'a Conversation) -> impl Iterator<Item = &'a Intent> {
        self.0.iter().filter(|i| i.target.root == conversation.root && i.target.mailbox == conversation.mailbox)
    }

    /// The conversation as the person means it to be.
    pub fn over(&self, conversation: &Conversation) -> Conversation {
        let mut meant = conversation.clone();
        for intent in self.of(conversation) {
            apply(&mut meant, &intent.action, intent.me.as_ref());
        }
        meant
    }
}

fn apply(c: &mut Conversation, action: &Action, me: Option<&Handle>) {
    let mine = || me.map_or(Assignee::Free, |me| Assignee::Held(me.clone()));
    match action {
        Action::Claim | Action::TakeOver => c.assignee = mine(),
        Action::Release | Action::Unassign(_) => c.assignee = Assignee::Free,
        Action::Assign(to) => c.assignee = Assignee::Held(to.clone()),
        Action::Waiting => c.status = Status::Waiting,
        Action::Done => {
            c.status = Status::Done;
            // It claims first what is free.
            if c.assignee == Assignee::Free {
                c.assignee = mine();
            }
        }
        Action::Unfinish { status, was_free } => {
            c.status = *status;
            if *was_free && c.assignee == mine() {
                c.assignee = Assignee::Free;
            }
        }
        Action::Reopen => c.status = Status::Open,
        Action::Tag { add, remove } => {
            c.tags.retain(|tag| !remove.iter().any(|r| r.eq_ignore_ascii_case(tag)));
            c.tags.extend(add.iter().cloned());
            c.tags.sort();
            c.tags.dedup();
        }
        Action::Urgent(urgent) => c.urgent = *urgent,
        Action::Seen(seen) | Action::SeenOf { seen, .. } => c.unread = !seen,
        // It goes when it is gone: until then it is marked as pending.
        Action::File(_) | Action::Return(_) => {}
    }
}

/// What takes this change back: `before` is the conversation as it was. It expects what its person left behind; where
/// somebody changed that meanwhile, nothing is undone.
pub fn undo_of(action: &Action, before: &Conversation, me: Option<&Handle>) -> Option<(Action, Expectation)> {
    let was = before.status;
    let left =
        |holder: Option<&Handle>, status| Expectation { assignee: Some(holder.cloned().into()), status: Some(status) };
    // A claim and a release stand as long as the holder does, whatever its status became.
    let expect = |assignee: Option<&Handle>| Expectation { assignee: Some(assignee.cloned().into()), status: None };
    // Setting a status leaves the holder; what is done has none in Archive.
    let is = |status| Expectation { status: Some(status), ..before.as_seen() };
    let is_done = Expectation { assignee: None, status: Some(Status::Done) };
    let was_free = before.assignee == Assignee::Free;
    Some(match action {
        Action::Claim => (Action::Release, expect(me)),
        Action::Release => (Action::Claim, expect(None)),
        Action::Assign(to) => (give_back(to, before)?, left(Some(to), was)),
        Action::TakeOver => (give_back(me?, before)?, left(me, was)),
        Action::Waiting if was == Status::Open => (Action::Reopen, is(Status::Waiting)),
        Action::Waiting if was == Status::Done => (Action::Done, is(Status::Waiting)),
        Action::Done if matches!(was, Status::Open | Status::Waiting) => {
            (Action::Unfinish { status: was, was_free }, is_done)
        }
        Action::Reopen if was == Status::Waiting => (Action::Waiting, is(Status::Open)),
        Action::Reopen if was == Status::Done => (Action::Done, is(Status::Open)),
        Action::Tag { add, remove } => {
            // What was there before stays, and what was not there is not put on.
            let is_in = |list: &[String], tag: &String| list.iter().any(|t| t.eq_ignore_ascii_case(tag));
            let added: Vec<String> = add.iter().filter(|tag| !is_in(&before.tags, tag)).cloned().collect();
            let removed: Vec<String> = before.tags.iter().filter(|tag| is_in(remove, tag)).cloned().collect();
            if added.is_empty() && removed.is_empty() {
                return None;
            }
            (Action::Tag { add: removed, remove: added }, before.as_seen())
        }
        Action::Urgent(urgent) if before.urgent != *urgent => (Action::Urgent(!urgent), before.as_seen()),
        _ => return None,
    })
}

/// What takes it back that a conversation was marked as read, or as unread: of these messages those alone that were
/// otherwise before.
pub fn undo_of_seen(
    seen: bool,
    before: &Conversation,
    thread: &[Message],
    upto: Option<Uid>,
) -> Option<(Action, Expectation)> {
    let is_changed = |m: &&Message| {
        m.folder == before.folder && m.flags.seen != seen && (!seen || upto.is_none_or(|upto| m.uid <= upto))
    };
    let of: Vec<_> = thread.iter().filter(is_changed).map(|m| (m.uid, m.message_id.clone())).collect();
    (!of.is_empty()).then(|| (Action::SeenOf { seen: !seen, of }, before.as_seen()))
}

/// From whoever has it now to whoever had it before; of a contest nobody is put back.
fn give_back(from: &Handle, before: &Conversation) -> Option<Action> {
    match &before.assignee {
        Assignee::Free => Some(Action::Unassign(from.clone())),
        Assignee::Held(holder) if holder != from => Some(Action::Assign(holder.clone())),
        Assignee::Held(_) | Assignee::Contested(_) => None,
    }
}
