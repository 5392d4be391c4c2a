//! What the engine tells: rows that changed, what teammates do, and the answers to what was asked.

use std::mem::discriminant;

use jiff::SignedDuration;

use super::Turn;
use crate::engine::message::{Command, Connection, Event, Item, Target, Ticket, Verdict};
use crate::engine::why_advisory;
use crate::model::{Action, Change, ChangeKind, Conversation, ErrorKind, Expectation, Mailbox, Refusal, Status};
use crate::tui::app::{App, Tone};
use crate::tui::intents::{Asked, Intent};
use crate::tui::keymap::{Act, Context};
use crate::tui::layers::{Layer, Sure};
use crate::tui::words;
use crate::wire::identity::conversation_id;

/// What one did oneself comes back from the server within this time.
const ECHO: SignedDuration = SignedDuration::from_secs(5);

impl Turn<'_> {
    pub(super) fn event(&mut self, event: Event) {
        match event {
            Event::Mailboxes(mailboxes) => self.found(mailboxes),
            Event::Keywords { mailbox, names } => {
                let names = names.into_iter().map(|name| name.to_ascii_lowercase());
                self.app.keywords.entry(mailbox).or_default().extend(names);
            }
            Event::Connection { mailbox, state } => {
                if state == Connection::Live {
                    self.ask_again(&mailbox);
                }
                let is_news = |was: &Connection| discriminant(was) != discriminant(&state);
                // The order changes when INBOX is wholly known.
                let is_other = self.app.connections.get(&mailbox).is_none_or(is_news);
                self.app.is_stale |= is_other && mailbox == self.app.key();
                let is_lost = is_other && matches!(state, Connection::Offline { .. });
                if let Some(words) = self.app.settings.when_lost.clone().filter(|_| is_lost) {
                    self.app.say(Tone::Bad, words);
                }
                if let Connection::Offline { why, cure: Some(cure), .. } = &state
                    && cure_of(self.app.connections.get(&mailbox)) != Some(cure)
                    && mailbox == self.app.key()
                {
                    let words = format!("{why}: {cure}");
                    self.app.say(Tone::Bad, words);
                }
                // What was said above the hints is no longer so.
                if state == Connection::Live
                    && mailbox == self.app.key()
                    && cure_of(self.app.connections.get(&mailbox)).is_some()
                {
                    self.app.say(Tone::Good, "signed in again");
                }
                self.app.connections.insert(mailbox, state);
            }
            Event::Changed => {
                self.app.is_stale = true;
                self.bring_quote();
            }
            Event::Happened(change) => {
                self.notice(&change);
                self.taken_while_writing(&change);
                if change.mailbox == self.app.key() && !self.is_echo(&change) {
                    // Without the row the address alone is told.
                    let row = self.source.named(&change.mailbox, &change.conversation).ok().flatten();
                    let from = row.as_ref().map(|c| &c.from);
                    let text = words::happened(&change, from, self.app.me(), self.theme.glyphs);
                    self.app.tell_news(text);
                    self.app.is_stale = true;
                }
            }
            Event::LockLeft { target, subject, outcome } => {
                self.app.is_stale = true;
                if let Some(refusal) = outcome.err().filter(|_| target.mailbox == self.app.key()) {
                    let text = words::lost_claim(&subject, &refusal, self.theme.glyphs);
                    self.app.say(Tone::Bad, text);
                }
            }
            Event::Done { ticket, outcome } => self.done(ticket, outcome.map(|c| c.map(|c| *c))),
            Event::Filed { ticket, filed } => self.filed(ticket, *filed),
            Event::Fetching { ticket, octets, of } => self.fetching(ticket, octets, of),
            Event::Fetched { ticket, outcome } => self.fetched(ticket, outcome),
            Event::Folders { mailbox, outcome } => self.folders_told(&mailbox, outcome),
            Event::Opened { target, outcome } => self.opened(&target, outcome),
            Event::Forwarding { target, outcome } => self.forwarding(&target, outcome.map(|f| *f)),
            Event::Found { ticket, finding } => self.found_there(ticket, finding),
            Event::Held { ticket, item, target, until } => self.hold(ticket, target.item(item), target, until),
            Event::TakenBack { item, target } => self.taken_back(&target.item(item), &target),
            Event::Sent { item, target } => self.sent(&target.item(item), &target),
            Event::NotSent { item, target, refusal } => self.not_sent(&target.item(item), &target, &refusal),
        }
    }

    /// A teammate took, or answered, the conversation to which an answer is being written.
    fn taken_while_writing(&mut self, change: &Change) {
        let Some(composer) = &self.app.composer else { return };
        let is_it =
            change.mailbox == composer.target.mailbox && change.conversation == conversation_id(&composer.target.root);
        let holder = change.assignee.holder().cloned().filter(|by| Some(by) != self.app.me());
        if !is_it || composer.target.is_opening() {
            return;
        }
        match holder {
            Some(by) => self.warn_of_holder(by),
            None if change.assignee.holder().is_some() => self.forget_holder(),
            None if change.kind == ChangeKind::Replied => self.warn_of_news(),
            None => {}
        }
    }

    /// What this screen has just said in its own words.
    fn is_echo(&self, change: &Change) -> bool {
        let is_mine = self.app.me().is_some_and(|me| change.by.as_deref() == Some(me.as_str()));
        let is_told = is_mine && self.app.has_said_own(self.app.now - ECHO);
        // A keyword does not tell whose doing it was: what was asked for here a moment ago is one's own. Whoever holds it by
        // now has done that, and whoever wrote has written.
        let is_anothers = change.by.is_some() && !is_mine && change.kind != ChangeKind::Released;
        let is_foreign = is_anothers || matches!(change.kind, ChangeKind::New | ChangeKind::Contested);
        let has_asked = self.app.notices.asked_within(change, self.app.now, ECHO);
        let has_sent = self.app.sent_at.is_some_and(|at| self.app.now.duration_since(at) < ECHO);
        let is_outgoing = matches!(change.kind, ChangeKind::Replied | ChangeKind::Sent);
        is_told || !is_foreign && has_asked || is_outgoing && !is_anothers && has_sent
    }

    /// The mailboxes of a login, found anew; those of other logins stay.
    fn found(&mut self, found: Vec<Mailbox>) {
        let key = self.app.key().to_owned();
        let is_whole = self.app.settings.accounts.len() <= 1;
        let is_found = |account: &str| is_whole || found.iter().any(|m| m.account == account);
        let mut mailboxes: Vec<Mailbox> = self.app.mailboxes.drain(..).filter(|m| !is_found(&m.account)).collect();
        mailboxes.extend(found);
        self.app.mailbox = mailboxes.iter().position(|m| m.key() == key).unwrap_or(0);
        self.app.mailboxes = mailboxes;
        if self.app.key() != key {
            self.forget_finding();
            let key = self.app.key().to_owned();
            self.app.queue = self.app.left_queues.remove(&key).unwrap_or_default();
        }
        self.app.is_stale = true;
    }

    fn done(&mut self, ticket: Ticket, outcome: Result<Option<Conversation>, Refusal>) {
        self.app.is_stale = true;
        if let Some(intent) = self.app.intents.take(ticket) {
            if self.app.batch.as_mut().is_some_and(|b| b.flying.remove(&ticket)) {
                return self.one_of_many(intent, outcome.map(drop));
            }
            return self.acted(intent, outcome);
        }
        if let Some(at) = self.app.nexts.iter().position(|t| *t == ticket) {
            self.app.nexts.remove(at);
            return self.took_next(outcome);
        }
        if let Some(at) = self.app.settlings.iter().position(|(t, _)| *t == ticket) {
            let (_, verdict) = self.app.settlings.remove(at);
            if outcome.is_ok() {
                // The outbox goes through what waits now, not in a minute: until then it would go on asking.
                self.send(Command::SyncNow);
            }
            return match (outcome, verdict) {
                (Ok(_), Verdict::WasSent) => self.app.say(Tone::Good, "settled: it was sent"),
                (Ok(_), Verdict::Discard) => self.app.say(Tone::Good, "settled: discarded, its text is kept"),
                (Err(refusal), _) => self.refused(&refusal),
            };
        }
        let sending = self.app.sending.iter().position(|s| s.ticket == ticket);
        if let Err(refusal) = outcome {
            if let Some(at) = sending {
                let sending = self.app.sending.remove(at);
                self.app.drafts.insert(sending.target);
                self.undo_again(None);
                return self.say_refusal("not sent", &refusal);
            }
            self.refused(&refusal);
        }
    }

    fn acted(&mut self, intent: Intent, outcome: Result<Option<Conversation>, Refusal>) {
        match outcome {
            Ok(now) => {
                let said = self.sentence(&intent);
                if !intent.is_quiet {
                    self.app.say(Tone::Good, said);
                }
                let is_leaving = !self.app.held.is_empty() || !self.app.sending.is_empty();
                match intent.undo {
                    Some(undo) if intent.is_behind && is_leaving => self.app.undo_behind.push(undo),
                    Some(undo) => self.remember(undo),
                    None => {}
                }
                // What was taken back is what one means next, unless one has gone elsewhere by then.
                let has_stayed = self.app.queue.root == intent.asked_at;
                if intent.is_undo && has_stayed && self.app.composer.is_none() {
                    let target = now.as_ref().map_or(intent.target, App::target);
                    self.select(&target);
                }
            }
            Err(refusal) => {
                if self.app.queue.done_with.as_deref() == Some(&intent.target.root) {
                    self.app.queue.done_with = None;
                }
                let is_lost = matches!(intent.action, Action::Claim | Action::TakeOver);
                let warning = self.lost_while_writing(&refusal);
                if let Some(composer) = self.app.composer.as_mut().filter(|c| is_lost && c.target == intent.target) {
                    composer.warning = Some(warning);
                }
                // Marking as read is nobody's request: where it fails, the row simply stays bold.
                if !intent.is_quiet {
                    self.refused(&refusal);
                }
            }
        }
    }

    fn took_next(&mut self, outcome: Result<Option<Conversation>, Refusal>) {
        match outcome {
            Ok(Some(c)) => {
                self.asked(&App::target(&c));
                let subject = words::about(&c.subject, self.theme.glyphs);
                let said = format!("you took {subject}{}", self.advisory(&c.mailbox));
                self.app.say(Tone::Good, said);
                let expect = Expectation { assignee: Some(self.app.me().cloned().into()), status: None };
                self.remember(Asked {
                    target: App::target(&c),
                    action: Action::Release,
                    expect,
                    upto: c.newest_in_inbox(),
                    batch: None,
                });
                self.select(&App::target(&c));
            }
            Ok(None) => self.app.say(Tone::News, "nothing is unclaimed"),
            Err(refusal) if refusal.kind == ErrorKind::None => self.app.say(Tone::News, refusal.message),
            Err(refusal) => self.refused(&refusal),
        }
    }

    /// Texts that could not be had without a connection.
    fn ask_again(&mut self, mailbox: &str) {
        let waiting = self.app.composer.as_ref().filter(|c| c.wants_quote() && c.target.mailbox == mailbox);
        if let Some(target) = waiting.map(|c| c.target.clone()) {
            self.send(Command::Open { target });
        }
        if self.app.composer.as_ref().is_some_and(|c| c.target.mailbox == mailbox) {
            self.fetch_forwarded();
        }
        let reading = self.app.reading.as_mut().filter(|r| r.target.mailbox == mailbox && r.trouble.is_some());
        if let Some(reading) = reading {
            reading.trouble = None;
            reading.forget_lines();
            self.app.open_at = Some(self.app.now);
        }
    }

    fn opened(&mut self, target: &Target, outcome: Result<(), Refusal>) {
        self.asked_for_quote(target, outcome.as_ref().copied());
        let Some(reading) = self.app.reading.as_mut().filter(|r| r.target == *target) else { return };
        reading.is_asked = false;
        reading.needs_look = true;
        reading.forget_lines();
        match outcome {
            Ok(()) => {
                reading.trouble = None;
                reading.forget_cut();
            }
            Err(refusal) if refusal.kind == ErrorKind::Unreachable => {
                reading.trouble = Some("not loaded yet: it comes when there is a connection".to_owned());
            }
            Err(refusal) => reading.trouble = Some(refusal.message),
        }
    }

    /// An answer is no longer on its way.
    fn has_left(&mut self, item: &Item, target: &Target) {
        self.app.held.retain(|h| h.item != *item);
        self.app.sending.retain(|s| s.target != *target);
        self.app.is_stale = true;
    }

    /// The text of an answer is a draft again; what is being written in its conversation stays above it.
    fn came_back(&mut self, target: &Target) {
        self.app.drafts.insert(target.clone());
        if let Some(composer) = self.app.composer.as_mut().filter(|c| c.target == *target) {
            let says =
                "your earlier answer came back: its text is the next draft here, once this one is sent or emptied";
            composer.warning = Some(says.to_owned());
        }
    }

    /// What was done before an answer can be undone again; not in the conversation to which it was `sent`.
    fn undo_again(&mut self, sent: Option<&Target>) {
        if let Some(target) = sent {
            self.app.undo_behind.retain(|undo| undo.target != *target);
            self.app.intents.forget_undo_of(target);
        }
        if self.app.held.is_empty() && self.app.sending.is_empty() {
            self.app.undo.splice(..0, self.app.undo_behind.drain(..));
            self.trim_undo();
        }
    }

    fn taken_back(&mut self, item: &Item, target: &Target) {
        self.has_left(item, target);
        self.undo_again(None);
        self.came_back(target);
        match self.source.draft(target) {
            Ok(Some(saved)) if self.app.composer.is_none() && self.app.layer.is_none() => {
                drop(saved);
                self.resume(target);
                if let Some(composer) = &mut self.app.composer {
                    composer.go_behind_the_text();
                }
                self.app.say(Tone::Good, "taken back: nothing was sent");
                self.select(target);
            }
            _ => self.app.say(Tone::Good, "taken back: nothing was sent, its text is the draft again"),
        }
    }

    fn sent(&mut self, item: &Item, target: &Target) {
        let to = self.app.held.iter().find(|h| h.item == *item).map(|h| h.to.clone()).filter(|to| !to.is_empty());
        self.has_left(item, target);
        if self.app.has_newer_undo() {
            // What was done while it waited is newer than it.
            self.app.undo_at = Some(self.app.now);
        }
        self.undo_again(Some(target));
        self.app.drafts.remove(target);
        self.app.answered_here.insert(target.clone(), self.app.now);
        let conversation = self.source.conversation(&target.mailbox, &target.root).ok().flatten();
        let of = conversation.as_ref().map(|c| format!(": {}", words::about(&c.subject, self.theme.glyphs)));
        let status = conversation.map(|c| format!(" {} {}", self.theme.glyphs.dot, c.status)).unwrap_or_default();
        // What an earlier run wrote is named by its subject.
        let to = to.map(|to| format!(" to {}", crate::mail::safe::line(&to))).or(of).unwrap_or_default();
        self.app.sent_at = Some(self.app.now);
        let is_all = self.app.unsent() == 0;
        if let Some(Layer::Confirm { question, explains, sure: Sure::Quit, .. }) = &mut self.app.layer
            && is_all
        {
            "All has been sent by now. Quit?".clone_into(question);
            explains.clear();
        }
        self.app.tell_mail(Tone::Good, format!("sent{to}{status}"));
    }

    fn not_sent(&mut self, item: &Item, target: &Target, refusal: &Refusal) {
        let to = self.app.held.iter().find(|h| h.item == *item).map(|h| crate::mail::safe::line(&h.to));
        let to = to.filter(|to| !to.is_empty()).map(|to| format!(" to {to}")).unwrap_or_default();
        self.has_left(item, target);
        match refusal.kind {
            ErrorKind::Unreachable | ErrorKind::Tls => self.say_refusal("not sent yet", refusal),
            ErrorKind::UnknownOutcome => self.say_refusal("nobody knows whether it was sent", refusal),
            _ => {
                // The rights as they are known said otherwise; next time it is asked before.
                if refusal.kind == ErrorKind::Rights {
                    self.app.unannounced.insert(target.mailbox.clone());
                }
                self.undo_again(None);
                self.came_back(target);
                let said = self.words_of(refusal);
                let why = said.strip_prefix("not sent").map_or_else(|| format!(": {said}"), str::to_owned);
                let key = self.key_named(Context::Queue, Act::Outbox);
                self.app.say(Tone::Bad, format!("not sent{to}{why}; {key} lists it"));
            }
        }
    }

    fn refused(&mut self, refusal: &Refusal) {
        let text = self.words_of(refusal);
        self.app.say(Tone::Bad, text);
    }

    fn say_refusal(&mut self, before: &str, refusal: &Refusal) {
        let said = self.words_of(refusal);
        // The engine's own sentence begins so where an answer was given up.
        let text = if said.starts_with(before) { said } else { format!("{before}: {said}") };
        self.app.say(Tone::Bad, text);
    }

    /// The refusal and what to do about it: its own hint, else the key that takes over from whoever was quicker.
    fn with_hint(&self, refusal: &Refusal) -> String {
        let line = crate::mail::safe::line;
        let hint = refusal.hint.as_deref().map(line).or_else(|| self.takes_over(refusal));
        match hint {
            Some(hint) => format!("{}. {}", line(refusal.message.trim_end_matches('.')), words::capital(&hint)),
            None => line(&refusal.message),
        }
    }

    fn takes_over(&self, refusal: &Refusal) -> Option<String> {
        let is_held = matches!(refusal.kind, ErrorKind::Held | ErrorKind::Overtaken);
        let by_other = refusal.holder.as_ref().is_some_and(|holder| Some(holder) != self.app.me());
        (is_held && by_other).then(|| format!("{} takes it over", self.key_named(Context::Queue, Act::TakeOver)))
    }

    /// The same beside the text of an answer, where the keys of the queue are text.
    pub(super) fn lost_while_writing(&self, refusal: &Refusal) -> String {
        let message = refusal.message.trim_end_matches('.');
        match self.takes_over(refusal) {
            Some(hint) => {
                format!("{message}. {} keeps the draft, then {hint}", self.key_named(Context::Writing, Act::KeepDraft))
            }
            None => refusal.message.clone(),
        }
    }

    fn key_named(&self, context: Context, act: Act) -> String {
        self.app.keymap.key_for(context, act)
    }

    fn words_of(&self, refusal: &Refusal) -> String {
        let is_lost = refusal.kind == ErrorKind::Unreachable;
        self.app.settings.when_lost.clone().filter(|_| is_lost).unwrap_or_else(|| self.with_hint(refusal))
    }

    /// What is said beside a claim that may bind nobody.
    fn advisory(&self, mailbox: &str) -> String {
        let mailbox = self.app.mailboxes.iter().find(|m| m.key() == mailbox);
        let why = mailbox.and_then(why_advisory);
        why.map(|why| format!(" {} {why}", self.theme.glyphs.dot)).unwrap_or_default()
    }

    fn sentence(&self, intent: &Intent) -> String {
        let subject = words::about(&intent.subject, self.theme.glyphs);
        let reopened = |status| match status {
            Status::Waiting => format!("waiting for the customer again: {subject}"),
            _ => format!("open again: {subject}"),
        };
        match &intent.action {
            Action::Claim => format!("you took {subject}{}", self.advisory(&intent.target.mailbox)),
            Action::TakeOver => format!("you took over {subject}{}", self.advisory(&intent.target.mailbox)),
            Action::Release => format!("you released {subject}"),
            Action::Assign(to) if Some(to) == intent.me.as_ref() => format!("{subject} is yours now"),
            Action::Assign(to) => format!("{subject} is {to}'s now"),
            Action::Unassign(from) => format!("{from} no longer has {subject}: it is free"),
            Action::Waiting => format!("waiting for the customer: {subject}"),
            Action::Done => format!("done: {subject}"),
            Action::Reopen => format!("open again: {subject}"),
            Action::Tag { add, remove } => {
                format!("{} on {subject}", words::signed(add, remove))
            }
            Action::Urgent(true) => format!("urgent: {subject}"),
            Action::Urgent(false) => format!("no longer urgent: {subject}"),
            Action::Seen(true) | Action::SeenOf { seen: true, .. } => format!("read: {subject}"),
            Action::Seen(false) | Action::SeenOf { seen: false, .. } => format!("unread: {subject}"),
            Action::Unfinish { status, .. } => reopened(*status),
            Action::File(to) => {
                let has_draft = self.app.drafts.contains(&intent.target);
                let key = self.app.keymap.key_for(Context::Queue, Act::Outbox);
                let draft = if has_draft { format!("; your draft is in the outbox ({key})") } else { String::new() };
                format!("{}: {subject}{draft}", self.name_of_place(to))
            }
            Action::Return(filed) => match filed.finished {
                Some(status) => reopened(status),
                None => format!("back in INBOX: {subject}"),
            },
        }
    }
}

/// What its person has to do before a connection can come back.
fn cure_of(state: Option<&Connection>) -> Option<&String> {
    match state {
        Some(Connection::Offline { cure, .. }) => cure.as_ref(),
        _ => None,
    }
}
