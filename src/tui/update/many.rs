//! Selecting conversations, and doing one thing to all that are selected: each by the same way as a single one, the
//! failures told together, all of it undone as one.

use super::Turn;
use crate::engine::message::{Target, Ticket};
use crate::model::{Action, Alike, Assignee, Conversation, Expectation, Handle, Refusal, Status};
use crate::tui::app::{App, Focus, Tone};
use crate::tui::batch::{Batch, Work};
use crate::tui::intents::{Asked, Intent};
use crate::tui::keymap::Act;
use crate::tui::layers::{Layer, Sure};
use crate::tui::load;
use crate::tui::selection::{Chosen, MOST};
use crate::tui::source;
use crate::tui::words;

/// Rows are read so many at a time.
const PORTION: u32 = 500;

/// More than so many are not deleted without a question.
const HANDFUL: usize = 5;

impl Turn<'_> {
    /// `Space`: the row under the cursor, and on to the next.
    pub(super) fn select_one(&mut self) {
        let Some(c) = self.app.queue.current().cloned() else { return };
        if !self.app.queue.selection.toggle(&c) {
            self.app.say(Tone::Bad, format!("no more than {MOST} are selected at once"));
        }
        self.step(1);
    }

    /// `V`: a range from here to wherever the cursor goes; pressed again it stays as it is.
    pub(super) fn select_range(&mut self) {
        if self.app.queue.selection.anchor().is_some() {
            return self.app.queue.selection.settle();
        }
        if let Some(c) = self.app.queue.current().cloned() {
            self.app.queue.selection.begin(&c);
        }
    }

    /// The cursor has moved: the range goes with it.
    pub(super) fn stretch_range(&mut self) {
        let Some(anchor) = self.app.queue.selection.anchor().map(str::to_owned) else { return };
        let queue = &self.app.queue;
        let from = match load::position(self.app, self.source, &anchor) {
            Ok(from) => from.unwrap_or(queue.selected),
            Err(error) => return self.unreadable(&error),
        };
        let to = queue.selected.min(queue.total().saturating_sub(1));
        let (first, last) = (from.min(to), from.max(to));
        match self.rows(first, last - first + 1) {
            Ok((rows, is_cut)) => {
                self.app.queue.selection.stretch(&rows);
                if is_cut {
                    self.app.say(Tone::Bad, format!("no more than {MOST} are selected at once"));
                }
            }
            Err(error) => self.app.say(Tone::Bad, error),
        }
    }

    /// `*`: all of the view.
    pub(super) fn select_all(&mut self) {
        let total = self.app.queue.total();
        let of = self.name_of_list();
        match self.rows(0, total) {
            Ok((rows, is_cut)) => {
                let selection = &mut self.app.queue.selection;
                selection.clear();
                selection.add(&rows);
                selection.is_now_all(of);
                if is_cut {
                    let says = format!("the first {MOST} of {total} are selected: no more at once");
                    self.app.say(Tone::News, says);
                }
            }
            Err(error) => self.app.say(Tone::Bad, error),
        }
    }

    /// `=`: all of the list that are like the one under the cursor; again: the next wider circle.
    pub(super) fn select_alike(&mut self) {
        let Some(c) = self.app.queue.current().cloned() else { return };
        if let Err(error) = self.like(&c).and_then(|alike| self.select_what_is(alike)) {
            self.app.say(Tone::Bad, error);
        }
    }

    /// `%`: all of the list that came over mailing lists.
    pub(super) fn select_lists(&mut self) {
        let Some(alike) = self.app.current().map(Alike::any_list) else { return };
        if let Err(error) = self.select_what_is(alike) {
            self.app.say(Tone::Bad, error);
        }
    }

    /// What a conversation is like; once all that is selected already, the next wider circle.
    fn like(&self, c: &Conversation) -> Result<Alike, String> {
        let unreadable = |error| format!("the cache cannot be read: {error}");
        let messages = self.source.thread(&c.mailbox, &c.root).map_err(unreadable)?;
        let alike = self.app.current().and_then(|mailbox| Alike::of(c, &messages, mailbox));
        let alike = alike.ok_or("nothing tells who wrote it")?;
        let Some(wider) = alike.wider() else { return Ok(alike) };
        let (rows, _) = self.what_is(&alike)?;
        let has_all = !rows.is_empty() && rows.iter().all(|row| self.app.queue.selection.contains(&row.root));
        Ok(if has_all { wider } else { alike })
    }

    fn what_is(&self, alike: &Alike) -> Result<(Vec<Conversation>, bool), String> {
        let search = self.app.listing_alike(alike.clone());
        portions(u32::MAX, |from, most| self.source.found(&search, from, most))
    }

    fn select_what_is(&mut self, alike: Alike) -> Result<(), String> {
        let (rows, is_cut) = self.what_is(&alike)?;
        let selection = &mut self.app.queue.selection;
        selection.settle();
        let fits = selection.add(&rows) && !is_cut;
        if rows.is_empty() {
            // The next key would be about the row under the cursor.
            self.app.selected_none = self.app.queue.selection.is_empty();
            self.app.say(Tone::Bad, format!("nothing is selected: there is no conversation {alike}"));
        } else if fits {
            let of = words::count(rows.len(), "conversation", "conversations");
            self.app.say(Tone::News, format!("{of} {alike}"));
        } else {
            self.app.say(Tone::Bad, format!("no more than {MOST} are selected at once"));
        }
        Ok(())
    }

    /// So many rows of the view, read in portions; `true` where they are too many to be selected.
    fn rows(&self, offset: u32, count: u32) -> Result<(Vec<Conversation>, bool), String> {
        portions(count, |from, most| load::page(self.app, self.source, offset + from, most))
    }

    /// `Esc` in the queue: stops what goes on with many, else selects nothing any more, else leaves what was looked for.
    pub(super) fn clear_selection(&mut self) {
        if let Some(batch) = &mut self.app.batch {
            batch.stop();
            return self.go_on_with_batch();
        }
        if self.app.queue.selection.is_empty() && self.app.finding.is_active() {
            return self.leave_finding();
        }
        self.app.queue.selection.clear();
    }

    /// Whoever wanted to select many and found none typed the next key for those, not for the row under the cursor: that is
    /// said first, and the key again does it.
    pub(super) fn is_meant_for_many(&mut self, act: Act) -> bool {
        if !std::mem::take(&mut self.app.selected_none) {
            return false;
        }
        let changes = matches!(
            act,
            Act::Done | Act::Waiting | Act::Trash | Act::Junk | Act::MoveTo | Act::Unread | Act::Assign | Act::Tag
        );
        let Some(c) = self.app.subject().filter(|_| changes) else { return false };
        let subject = words::about(&c.subject, self.theme.glyphs);
        let key = self.app.keymap.key_for(self.app.context(), act);
        self.app.say(Tone::Bad, format!("nothing is selected: {key} again is about {subject} alone"));
        true
    }

    /// Does a key's action to all that is selected. `false`: it is none for many.
    pub(super) fn act_on_many(&mut self, act: Act) -> bool {
        if !self.app.is_many() {
            return false;
        }
        let c = |is_so: fn(&Conversation, Option<&Handle>) -> bool| move |turn: &Self| turn.all_are(is_so);
        let action = match act {
            Act::Claim if c(is_mine)(self) => Action::Release,
            Act::Claim => Action::Claim,
            Act::Done if c(|c, _| c.status == Status::Done)(self) => Action::Reopen,
            Act::Done => Action::Done,
            Act::Waiting if c(|c, _| c.status == Status::Waiting)(self) => Action::Reopen,
            Act::Waiting => Action::Waiting,
            Act::Urgent => Action::Urgent(!c(|c, _| c.urgent)(self)),
            Act::Unread => Action::Seen(!c(|c, _| !c.unread)(self)),
            Act::Assign => {
                self.pick_teammate();
                return true;
            }
            Act::Tag => {
                self.type_tags();
                return true;
            }
            _ => return false,
        };
        self.ask_many(action);
        true
    }

    fn all_are(&self, is_so: fn(&Conversation, Option<&Handle>) -> bool) -> bool {
        let me = self.app.me();
        self.app.queue.selection.all().iter().all(|(root, _)| {
            let known = self.source.conversation(self.app.key(), root).ok().flatten();
            known.is_none_or(|c| is_so(&self.app.intents.over(&c), me))
        })
    }

    /// Asks for the same change of all that is selected; first whether it is meant, where much would be changed by one key.
    pub(super) fn ask_many(&mut self, action: Action) {
        if let Some(batch) = &self.app.batch {
            let says = format!("one thing at a time: {}", batch.progress());
            return self.app.say(Tone::Bad, says);
        }
        let count = self.app.queue.selection.len();
        let deletes = matches!(action, Action::File(_)) && count > HANDFUL;
        let all_of = self.all_of();
        if !deletes && all_of.is_none() {
            return self.begin_batch(action);
        }
        let what = words::count(count, "conversation", "conversations");
        let all = all_of.map(|of| format!(", all of {of}")).unwrap_or_default();
        self.app.layer = Some(Layer::Confirm {
            question: format!("{}: {what}{all}?", self.name_of(&action)),
            explains: "Each is undone with the others, as long as nobody else touched it since.".to_owned(),
            sure: Sure::Many(action),
            back: None,
        });
    }

    /// The list of which all is selected, in words: by the key for that, or by a range from its one end to the other.
    fn all_of(&self) -> Option<String> {
        let queue = &self.app.queue;
        let is_whole = queue.selection.len() > HANDFUL && queue.selection.len() == queue.total() as usize;
        queue.selection.all_of().map(str::to_owned).or_else(|| is_whole.then(|| self.name_of_list()))
    }

    /// What the rows are, in words.
    fn name_of_list(&self) -> String {
        match (&self.app.finding.search, &self.app.finding.filter) {
            (_, Some(_)) => "what the filter shows".to_owned(),
            (Some(_), None) => "what was found".to_owned(),
            (None, None) => self.app.queue.view.title().to_owned(),
        }
    }

    pub(super) fn begin_batch(&mut self, action: Action) {
        self.app.queue.selection.settle();
        let name = self.name_of(&action);
        let todo = self.app.queue.selection.all().into();
        self.begin(Work::Same { action, todo }, name);
    }

    fn begin(&mut self, work: Work, name: String) {
        let number = self.app.ticket().0;
        self.app.batch = Some(Batch::new(number, self.app.key().to_owned(), work, name));
        self.go_on_with_batch();
    }

    /// Sends the next few; tells how far it is, or how it ended.
    pub(super) fn go_on_with_batch(&mut self) {
        while let Some(mut batch) = self.app.batch.take_if(|b| b.wants_more()) {
            let sent = match &mut batch.work {
                Work::Same { action, todo } => {
                    let action = action.clone();
                    todo.pop_front().map(|(root, chosen)| self.send_one(&batch.mailbox, &action, &root, &chosen))
                }
                Work::Undo { todo } => todo.pop_front().map(|asked| {
                    let subject = self.subject_of(&asked);
                    let ticket = self.ask_with(asked, subject, None, false);
                    self.app.intents.is_undo(ticket, None);
                    Ok(Some(ticket))
                }),
            };
            match sent {
                Some(Ok(Some(ticket))) => {
                    batch.flying.insert(ticket);
                }
                // It is so already.
                Some(Ok(None)) => batch.done += 1,
                Some(Err(refusal)) => batch.fail(&refusal),
                None => {}
            }
            self.app.batch = Some(batch);
        }
        match self.app.batch.take() {
            Some(batch) if batch.is_over() => self.end_batch(batch),
            Some(batch) => {
                self.app.say(Tone::News, batch.progress());
                self.app.batch = Some(batch);
            }
            None => {}
        }
    }

    fn send_one(
        &mut self,
        mailbox: &str,
        action: &Action,
        root: &str,
        chosen: &Chosen,
    ) -> Result<Option<Ticket>, Refusal> {
        let gone = || Refusal::new(crate::model::ErrorKind::NotFound, "no longer there");
        let known = self.source.conversation(mailbox, root).ok().flatten().ok_or_else(gone)?;
        let me = self.app.me_in(mailbox).cloned();
        if is_so(&known, action, me.as_ref()) {
            self.app.queue.selection.forget(root);
            return Ok(None);
        }
        let holder = |holder: Assignee| Expectation { assignee: Some(holder), status: None };
        let expect = match action {
            Action::Assign(_) => holder(chosen.holder.clone()),
            Action::Release => holder(me.clone().into()),
            Action::Done | Action::Waiting | Action::Reopen | Action::File(_) => chosen.saw.clone(),
            _ => Expectation::default(),
        };
        let target = App::target(&known);
        let undo = self.way_back(action, &known, chosen.upto);
        let asked = Asked { target, action: action.clone(), expect, upto: chosen.upto, batch: None };
        Ok(Some(self.ask_with(asked, known.subject.clone(), undo, false)))
    }

    /// One of many is answered.
    pub(super) fn one_of_many(&mut self, intent: Intent, outcome: Result<(), Refusal>) {
        let Some(batch) = &mut self.app.batch else { return };
        match outcome {
            Ok(()) => {
                batch.done += 1;
                batch.undo.extend(intent.undo);
                let Target { mailbox, root } = &intent.target;
                if let Some(queue) = self.app.queue_of(mailbox) {
                    queue.selection.forget(root);
                    if queue.root.as_ref() == Some(root) {
                        queue.done_with = Some(root.clone());
                    }
                }
            }
            Err(refusal) => batch.fail(&refusal),
        }
        self.go_on_with_batch();
    }

    fn end_batch(&mut self, mut batch: Batch) {
        let tone = if batch.is_good() { Tone::Good } else { Tone::Bad };
        self.app.say(tone, batch.told());
        let can_undo = !batch.undo.is_empty();
        for mut undo in batch.undo.drain(..) {
            undo.batch = Some(batch.number);
            self.app.undo.push(undo);
        }
        if let Some(said) = &mut self.app.activity {
            said.can_undo = can_undo;
        }
        self.trim_undo();
        for queue in self.app.left_queues.values_mut().chain([&mut self.app.queue]) {
            if queue.selection.is_empty() {
                queue.selection.clear();
            }
        }
    }

    /// Takes back what was done to many at once.
    pub(super) fn undo_many(&mut self, mut undo: Vec<Asked>) {
        // The last one first, as anybody would by hand.
        undo.reverse();
        let name = match undo.first().map(|u| &u.action) {
            Some(Action::Return(filed)) if filed.finished.is_none() => "back in INBOX",
            _ => "undone",
        };
        self.begin(Work::Undo { todo: undo.into() }, name.to_owned());
    }

    pub(super) fn subject_of(&self, asked: &Asked) -> String {
        if let Action::Return(filed) = &asked.action {
            return filed.subject.clone();
        }
        let known = self.source.conversation(&asked.target.mailbox, &asked.target.root);
        known.ok().flatten().map(|c| c.subject).unwrap_or_default()
    }

    /// What an action on many is called.
    fn name_of(&self, action: &Action) -> String {
        match action {
            Action::Claim => "claimed".to_owned(),
            Action::Release => "released".to_owned(),
            Action::Assign(to) => format!("assigned to {to}"),
            Action::Done => "done".to_owned(),
            Action::Waiting => "waiting for the customer".to_owned(),
            Action::Reopen => "open again".to_owned(),
            Action::Tag { add, remove } => format!("tagged {}", words::signed(add, remove)),
            Action::Urgent(true) => "urgent".to_owned(),
            Action::Urgent(false) => "no longer urgent".to_owned(),
            Action::Seen(true) | Action::SeenOf { seen: true, .. } => "read".to_owned(),
            Action::Seen(false) | Action::SeenOf { seen: false, .. } => "unread".to_owned(),
            Action::File(to) => self.name_of_place(to),
            Action::TakeOver | Action::Unassign(_) | Action::Unfinish { .. } | Action::Return(_) => {
                "changed".to_owned()
            }
        }
    }
}

impl App {
    /// Whether keys act on what is selected: the keys are in the queue, and something is.
    pub fn is_many(&self) -> bool {
        self.focus == Focus::Queue && !self.queue.selection.is_empty()
    }
}

/// So many rows, read in portions; `true` where they are too many to be selected.
fn portions(
    count: u32,
    read: impl Fn(u32, u32) -> source::Result<Vec<Conversation>>,
) -> Result<(Vec<Conversation>, bool), String> {
    let most = u32::try_from(MOST).unwrap_or(u32::MAX);
    let mut rows: Vec<Conversation> = Vec::new();
    while rows.len() < count.min(most) as usize {
        let have = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let portion = read(have, PORTION.min(count.min(most) - have));
        let portion = portion.map_err(|error| format!("the cache cannot be read: {error}"))?;
        if portion.is_empty() {
            return Ok((rows, false));
        }
        rows.extend(portion);
    }
    Ok((rows, count > most))
}

fn is_mine(c: &Conversation, me: Option<&Handle>) -> bool {
    me.is_some_and(|me| c.assignee.is_held_by(me))
}

/// Whether the conversation is as the action would make it.
fn is_so(c: &Conversation, action: &Action, me: Option<&Handle>) -> bool {
    let has = |tag: &String| c.tags.iter().any(|t| t.eq_ignore_ascii_case(tag));
    match action {
        Action::Claim => is_mine(c, me),
        Action::Release | Action::Unassign(_) => c.assignee == Assignee::Free,
        Action::Assign(to) => c.assignee.is_held_by(to),
        Action::Done => c.status == Status::Done,
        Action::Waiting => c.status == Status::Waiting,
        Action::Reopen => c.status == Status::Open,
        Action::Tag { add, remove } => add.iter().all(has) && !remove.iter().any(has),
        Action::Urgent(on) => c.urgent == *on,
        Action::Seen(on) => c.unread != *on,
        Action::SeenOf { .. } | Action::Unfinish { .. } => false,
        Action::TakeOver | Action::File(_) | Action::Return(_) => false,
    }
}
