//! Writing an answer: begin or resume it, keep it as it is typed, send it, take it back.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::Turn;
use crate::engine::kept::Content;
use crate::engine::message::{AfterReply, Answer, Command, Item, Target};
use crate::engine::outbox;
use crate::mail::compose;
use crate::model::{Action, Assignee, Conversation, ErrorKind, Expectation, Refusal, Role, Uid};
use crate::tui::app::{App, Held, Sending, Tone};
use crate::tui::composer::{Composer, Field};
use crate::tui::editor::Edited;
use crate::tui::intents::Asked;
use crate::tui::keymap::Act;
use crate::tui::layers::{Layer, Sure};
use crate::tui::message::Effect;
use crate::tui::reading::Reading;
use crate::tui::typed_ahead::TypedAhead;
use crate::tui::{rights, typing, words};
use crate::wire::identity::identity;

/// Younger announcements are being sent right now.
const STALE_MINUTES: i64 = 10;
/// So long a teammate's answer may be overlooked by who begins another.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

impl Turn<'_> {
    /// `r` and `a`: what stands in the way is said before the first key is typed.
    pub(super) fn reply(&mut self, all: bool) {
        if let Some(c) = self.app.subject() {
            self.reply_to(&c, all);
        }
    }

    pub(super) fn reply_to(&mut self, c: &Conversation, all: bool) {
        if let Some(held) =
            self.app.held.iter().find(|h| h.target == App::target(c) && !h.is_recalled && h.until > self.app.now)
        {
            let undo = self.app.keymap.key_for(crate::tui::keymap::Context::Queue, Act::Undo);
            let left = words::seconds_left(held.until, self.app.now);
            let says = format!("your answer to this leaves in {left}s: {undo} takes it back");
            return self.app.say(Tone::Bad, says);
        }
        if self.asks_for_fate(c) {
            return;
        }
        match &c.assignee {
            Assignee::Held(by) if Some(by) != self.app.me() => match rights::why_not_for(self.app, Act::TakeOver, c) {
                None => self.ask_take_over(c.clone(), Some(all)),
                Some(why) => {
                    let says = format!("{by} has it, and you cannot take it over: {why}");
                    self.app.say(Tone::Bad, says);
                }
            },
            Assignee::Free => {
                // Where no claim is kept, the announcement and the check stand alone.
                let can_claim = rights::why_not_for(self.app, Act::Claim, c).is_none();
                if self.write(c, all) && can_claim {
                    self.claim_to_answer(c);
                    if let Some(composer) = &mut self.app.composer {
                        composer.brought_claim = true;
                    }
                }
            }
            _ => {
                self.write(c, all);
            }
        }
    }

    /// Opens the small window where an earlier answer's fate is unknown; says so where one is on its way.
    pub(super) fn asks_for_fate(&mut self, c: &Conversation) -> bool {
        use crate::tui::source::OutboxState;
        let target = App::target(c);
        let mine = self.app.outbox.iter().find(|i| i.target == target && i.state == OutboxState::Unknown);
        let mine_since = mine.map(|item| item.since);
        if mine_since.is_none() && !c.has_pending_answer {
            return false;
        }
        let Some(reading) = self.read(c) else { return true };
        let at = reading.pending_answer().map(|m| m.internal_date).or(mine_since);
        let Some(at) = at else { return false };
        // By the clock that dated it.
        let ahead = self.source.clock(&c.mailbox).unwrap_or_default();
        if mine_since.is_none() && (self.app.now.duration_since(at) + ahead).as_mins() < STALE_MINUTES {
            self.app.say(Tone::Bad, "an answer to this is on its way right now");
            return true;
        }
        self.app.layer = Some(Layer::Fate { target, subject: c.subject.clone(), at });
        true
    }

    /// The conversation as the cache has it, read apart from what is on the screen.
    fn read(&mut self, c: &Conversation) -> Option<Reading> {
        let target = App::target(c);
        let mut reading = Reading::new(target);
        reading.is_full = true;
        let outcome = self.source.thread(&c.mailbox, &c.root).and_then(|messages| {
            reading.take(messages);
            for (role, uid) in reading.wanted() {
                if let Some(body) = self.source.body(&c.mailbox, role, uid)? {
                    reading.put((role, uid), body);
                }
            }
            Ok(())
        });
        match outcome {
            Ok(()) => Some(reading),
            Err(error) => {
                self.unreadable(&error);
                None
            }
        }
    }

    /// Opens the composer on the kept draft, else on a new answer. `false` where it could not.
    pub(super) fn write(&mut self, c: &Conversation, all: bool) -> bool {
        let target = App::target(c);
        if self.resume(&target) {
            return self.app.composer.is_some();
        }
        let Some(reading) = self.read(c) else { return false };
        let Some(mailbox) = self.app.current() else { return false };
        let Some(answered) = reading.answered() else {
            self.app.say(Tone::Bad, "there is nothing to answer: no message came from outside");
            return false;
        };
        let text = answered.body.as_ref().map(|body| body.text.as_str());
        let draft = outbox::reply(mailbox, &answered.message, all, text);
        let answered_id = identity(&answered.message);
        let numbering = self.source.numbering(&target.mailbox).unwrap_or_default();
        let mut seen = reading.seen(&answered_id, numbering);
        // An answer that a teammate gave a moment ago may not have been noticed: it counts as not seen, so that it is told of
        // now and asked about before the customer gets a second one.
        let own = self.app.answered_here.get(&target).copied().unwrap_or(Timestamp::MIN);
        let after = own.max(self.app.now - RECENT).max(answered.message.internal_date);
        let overlooked = reading
            .parts
            .iter()
            .map(|part| &part.message)
            .filter(|m| m.folder == Role::Sent && m.internal_date > after)
            .map(|m| m.uid.0)
            .min();
        if let Some(uid) = overlooked {
            seen.sent = Uid(uid.saturating_sub(1).min(seen.sent.0));
        }
        let content = Content::of(&draft, &answered_id, seen);
        let mut composer = Composer::new(target.clone(), content);
        composer.is_overlooked = overlooked.is_some();
        if text.is_none() {
            composer.awaits = Some((answered.message.folder, answered.message.uid));
            self.send(Command::Open { target: target.clone() });
        }
        if answered.message.content_type == "multipart/report" {
            let says = "this answers a delivery report, which nobody reads: the customer's address is in the mail that it is about";
            composer.warning = Some(says.to_owned());
        }
        if let Some(why) = rights::why_unannounced(self.app, &target.mailbox) {
            composer.warning = Some(format!("{why}: teammates will not see that you are answering"));
        }
        self.begin_writing(composer);
        if overlooked.is_some() {
            self.warn_of_news();
        }
        true
    }

    /// What was typed before the text came up belongs into it.
    pub(super) fn go_on_with_typed(&mut self) {
        let now = self.app.now;
        let typed = self.app.typed_ahead.take().and_then(TypedAhead::text);
        if let (Some(typed), Some(composer)) = (typed, &mut self.app.composer) {
            composer.type_in(&typed, now);
        }
    }

    /// Puts the quote into an answer that was begun before the mail's text was here.
    pub(super) fn bring_quote(&mut self) {
        let Some(composer) = self.app.composer.as_mut().filter(|c| c.wants_quote()) else { return };
        let (Some((role, uid)), target) = (composer.awaits, &composer.target) else { return };
        let Ok(Some(body)) = self.source.body(&target.mailbox, role, uid) else { return };
        let messages = self.source.thread(&target.mailbox, &target.root).unwrap_or_default();
        if let Some(answered) = messages.iter().find(|m| (m.folder, m.uid) == (role, uid)) {
            composer.put_quote(&compose::quoting(answered, &body.text));
        }
    }

    /// The server was asked for the text that an answer waits for.
    pub(super) fn asked_for_quote(&mut self, target: &Target, outcome: Result<(), &Refusal>) {
        self.bring_quote();
        let is_later = outcome.is_err_and(|refusal| refusal.kind == ErrorKind::Unreachable);
        let Some(composer) = self.app.composer.as_mut().filter(|c| c.target == *target && c.awaits.is_some()) else {
            return;
        };
        if !is_later && composer.wants_quote() {
            composer.awaits = None;
            composer.warning = Some("the text of the mail cannot be had, so it is not quoted".to_owned());
        }
    }

    pub(super) fn writing_act(&mut self, act: Act) {
        let now = self.app.now;
        if self.offer_act(act) {
            return;
        }
        let Some(composer) = &mut self.app.composer else { return };
        composer.offers = None;
        match act {
            Act::Send => self.send_answer(None, false),
            Act::SendDone => match rights::why_not(self.app, act) {
                Some(reason) => self.app.say(Tone::Bad, reason),
                None => self.send_answer(Some(AfterReply::Done), false),
            },
            Act::Editor => {
                self.keep_draft();
                if let Some(composer) = &self.app.composer {
                    let draft = composer.to_keep(now);
                    self.effects.push(Effect::Edit(Box::new(draft)));
                }
            }
            Act::KeepDraft => self.close(),
            // Where nothing was written there is nothing to ask about.
            Act::ThrowAway if !composer.is_touched => self.close(),
            Act::ThrowAway => {
                self.app.layer = Some(Layer::Confirm {
                    question: "Throw this text away?".to_owned(),
                    explains: "It is gone then; nothing brings it back.".to_owned(),
                    sure: Sure::Scrap,
                    back: None,
                });
            }
            Act::NextField => composer.turn(false),
            Act::PreviousField => composer.turn(true),
            Act::Attach => self.choose_file(),
            Act::OtherForm => self.turn_form(),
            Act::Bcc => composer.field = Field::Bcc,
            Act::Left | Act::Right if composer.field == Field::From => {
                if composer.choose_sender(act == Act::Left) {
                    composer.touch(now);
                }
            }
            Act::LineUp if composer.field == Field::Files && composer.file > 0 => composer.file -= 1,
            Act::LineDown if composer.field == Field::Files && composer.file + 1 < composer.files().count() => {
                composer.file += 1;
            }
            Act::LineUp if composer.field != Field::Body => composer.turn(true),
            Act::LineDown if composer.field != Field::Body => composer.turn(false),
            _ => {
                let Some(area) = composer.typed() else { return };
                typing::act(area, act);
                if matches!(act, Act::DeleteWord | Act::DeleteToEnd | Act::DeleteToStart) {
                    composer.touch(now);
                    self.offer();
                }
            }
        }
    }

    fn close(&mut self) {
        let Some(composer) = &self.app.composer else { return };
        let (target, is_touched, brought_claim) =
            (composer.target.clone(), composer.is_touched, composer.brought_claim);
        let is_emptied = self.forget_emptied();
        if is_emptied {
            self.app.say(Tone::News, "an empty draft is no draft: nothing was kept");
        }
        if brought_claim && (is_emptied || !is_touched) {
            self.release_unanswered(&target);
        }
        if is_touched && !is_emptied {
            self.keep_draft();
            let go_on = match (target.is_opening(), target.forwarded()) {
                (true, None) => Act::Outbox,
                (true, Some(_)) => Act::Forward,
                (false, _) => Act::Reply,
            };
            let key = self.app.keymap.key_for(crate::tui::keymap::Context::Queue, go_on);
            let says = match go_on {
                Act::Reply => "draft kept: reply to go on with it".to_owned(),
                _ => format!("draft kept: {key} goes on with it"),
            };
            self.app.say(Tone::Good, says);
            self.app.drafts.insert(target);
        }
        self.app.composer = None;
    }

    /// Who opened an answer and wrote nothing does not keep others from it: what the answer claimed is free again.
    fn release_unanswered(&mut self, target: &Target) {
        let Ok(Some(conversation)) = self.source.conversation(&target.mailbox, &target.root) else { return };
        let me = self.app.me().cloned();
        let asked = Asked {
            target: target.clone(),
            action: Action::Release,
            expect: Expectation { assignee: Some(me.into()), status: None },
            upto: conversation.newest_in_inbox(),
            batch: None,
        };
        self.ask_with(asked, conversation.subject, None, false);
    }

    /// An empty draft is no draft, nor is one of the quote alone: forgets it. `false` where there is text.
    pub(super) fn forget_emptied(&mut self) -> bool {
        let Some(composer) = self.app.composer.as_ref().filter(|c| c.is_touched) else { return false };
        let is_quote = || !composer.target.is_opening() && composer.has_its_first_head() && !self.has_own_text();
        if !composer.is_empty() && !is_quote() {
            return false;
        }
        self.forget_text();
        true
    }

    /// What lies on the desk of the text in hand is no draft any more.
    fn forget_text(&mut self) {
        let Some(composer) = &self.app.composer else { return };
        let text = Box::new(composer.to_keep(self.app.now));
        // What lies there else is another text.
        if composer.saved_at.is_some() {
            self.app.drafts.remove(&text.target);
        }
        self.effects.push(Effect::ForgetDraft(text));
    }

    /// Throws away what is being written, after its person said yes.
    pub(super) fn scrap(&mut self) {
        self.forget_text();
        let Some(composer) = self.app.composer.take() else { return };
        if composer.brought_claim {
            self.release_unanswered(&composer.target);
        }
        self.app.say(Tone::Good, "the text is thrown away");
        self.app.is_stale = true;
    }

    /// Keeps what was typed since the last keeping.
    pub(super) fn keep_draft(&mut self) {
        let now = self.app.now;
        let Some(composer) = self.app.composer.as_mut().filter(|c| c.is_unsaved()) else { return };
        let keep = keep(composer, now);
        self.effects.push(keep);
    }

    pub(super) fn not_kept(&mut self, why: &str) {
        let now = self.app.now;
        if let Some(composer) = &mut self.app.composer {
            composer.not_saved(now);
            composer.warning = Some(format!("the draft could not be kept: {why}"));
        } else {
            self.app.say(Tone::Bad, format!("the draft could not be kept: {why}"));
        }
    }

    /// Another screen of this person's wrote on the draft that was gone on with here.
    pub(super) fn kept_apart(&mut self, target: &Target) {
        let says =
            "this draft was written on, or sent, in another screen of yours: what you write here is kept apart from it";
        match self.app.composer.as_mut().filter(|c| c.target == *target) {
            Some(composer) => composer.warning = Some(says.to_owned()),
            None => self.app.say(Tone::Bad, says),
        }
        self.app.is_stale = true;
    }

    pub(super) fn edited(&mut self, edited: Edited) {
        let now = self.app.now;
        if let (Some(text), Some(composer)) = (edited.text, &mut self.app.composer) {
            composer.put_body(text.trim_end_matches('\n'), now);
            composer.field = Field::Body;
        }
        if let Some(says) = edited.says {
            self.app.say(Tone::Bad, says);
        }
        self.keep_draft();
    }

    /// A text was found in the folder of an editor whose program is gone.
    pub(super) fn found_edited(&mut self, subject: &str, rest: Option<&Path>) {
        let subject = crate::mail::safe::line(subject);
        let says = match rest {
            None => format!("what your editor saved is a draft: “{subject}”"),
            Some(rest) => format!("what your editor saved is a draft: “{subject}”; it kept more in {}", rest.display()),
        };
        self.app.say(Tone::Good, says);
        self.app.is_stale = true;
    }

    /// Hands the answer to the engine. `unannounced`: its writer was asked whether to send it without an announcement.
    pub(super) fn send_answer(&mut self, then: Option<AfterReply>, unannounced: bool) {
        if self.stops_for_mistakes() {
            return;
        }
        if !self.has_own_text() {
            if let Some(composer) = &mut self.app.composer {
                composer.field = Field::Body;
            }
            return self.app.say(Tone::Bad, "not sent: there is no text yet");
        }
        if self.stops_for_holder() || self.stops_for_fate() || self.stops_for_news(then) || self.stops_for_doubt() {
            return;
        }
        let now = self.app.now;
        let mailbox = self.app.composer.as_ref().map(|c| c.target.mailbox.clone()).unwrap_or_default();
        let cannot_announce = rights::why_unannounced(self.app, &mailbox);
        let Some(composer) = &mut self.app.composer else { return };
        let answer = match composer.answer(then) {
            Ok(answer) => Answer { unannounced, ..answer },
            Err(why) => {
                composer.field = Field::To;
                return self.app.say(Tone::Bad, format!("not sent: {why}"));
            }
        };
        if let Some(why) = cannot_announce.filter(|_| !unannounced) {
            let kind = words::kind(&answer.target);
            let explains = if answer.target.is_opening() {
                "No copy of it will lie in Sent for the team to see. What can still be checked is checked."
            } else {
                "No teammate sees that you are answering: one may answer at the same moment, and the customer gets both. \
                 What can still be checked is checked."
            };
            self.app.layer = Some(Layer::Confirm {
                question: format!("This {kind} cannot be announced: {why}. Send it all the same?"),
                explains: explains.to_owned(),
                sure: Sure::SendUnannounced { then },
                back: None,
            });
            return;
        }
        // Kept until the engine has it: a crash between the two costs nothing.
        let keep = keep(composer, now);
        let to = answer.draft.to.first().map(|a| a.shown().to_owned()).unwrap_or_default();
        let target = answer.target.clone();
        self.effects.push(keep);
        let ticket = self.app.ticket();
        self.app.sending.push(Sending { ticket, target: target.clone(), to });
        self.send(Command::Send { ticket, answer: Box::new(answer), hold: self.app.settings.hold });
        self.app.composer = None;
        // What came before an answer is not undone behind it.
        self.app.undo_behind.append(&mut self.app.undo);
        self.app.intents.put_behind();
        self.app.say_of_mail(Tone::News, "on its way to the outbox");
        if !target.is_opening() {
            self.go_on_from(&target.root);
        }
    }

    /// Whether there is more in it than the quote that it began with.
    fn has_own_text(&self) -> bool {
        let Some(composer) = &self.app.composer else { return false };
        let target = &composer.target;
        // A file may say all, and what is forwarded does.
        if target.is_opening() && composer.files().next().is_some() || composer.forwards().is_some() {
            return true;
        }
        let messages = self.source.thread(&target.mailbox, &target.root).unwrap_or_default();
        let answered = messages.iter().find(|m| identity(m) == composer.answered());
        let attribution = answered.map(compose::attribution);
        composer.has_own_text(attribution.as_deref())
    }

    /// An answer that was announced while this was written comes first, or has to be settled.
    fn stops_for_fate(&mut self) -> bool {
        let Some(composer) = &self.app.composer else { return false };
        let Target { mailbox, root } = &composer.target;
        let Ok(Some(conversation)) = self.source.conversation(mailbox, root) else { return false };
        self.asks_for_fate(&conversation)
    }

    /// Asks for an answer back that is held or lies in the outbox, of this run or an earlier one.
    pub(super) fn take_back(&mut self, item: Item) {
        if let Some(held) = self.app.held.iter_mut().find(|h| h.item == item) {
            held.is_recalled = true;
        }
        let ticket = self.app.ticket();
        self.app.say(Tone::News, "taking it back");
        self.send(Command::Unsend { ticket, mailbox: item.mailbox, item: item.number });
    }

    pub(super) fn hold(
        &mut self,
        ticket: crate::engine::message::Ticket,
        item: Item,
        target: Target,
        until: Timestamp,
    ) {
        let at = self.app.sending.iter().position(|s| s.ticket == ticket);
        let to = at.map(|at| self.app.sending.remove(at).to).unwrap_or_default();
        let kind = words::kind(&target);
        let target_now = target.clone();
        self.app.held.push(Held { item, target, until, to, is_recalled: false });
        // Seen when the time to take it back is over.
        let says = if self.app.is_offline() {
            words::in_outbox(self.app.unsent())
        } else {
            let to = self.app.held.last().map(|held| crate::mail::safe::line(&held.to)).filter(|to| !to.is_empty());
            let to = to.map(|to| format!(" to {to}")).unwrap_or_default();
            // Whoever read what was answered reads the next one now, where a key means that.
            let went_on = match &self.app.reading {
                Some(reading) if reading.target != target_now => "; this is the next conversation",
                _ => "",
            };
            format!("your {kind}{to} is on its way{went_on}")
        };
        self.app.tell_mail(Tone::News, says);
        self.app.is_stale = true;
    }
}

/// Keeps what is in the composer.
fn keep(composer: &mut Composer, now: Timestamp) -> Effect {
    let draft = Box::new(composer.to_keep(now));
    composer.saved(now);
    Effect::KeepDraft(draft)
}
