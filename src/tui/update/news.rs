//! What became of a conversation while an answer to it was written: told when its text is opened again, and before it is sent.

use super::Turn;
use crate::engine::message::AfterReply;
use crate::model::{ErrorKind, Handle, Message, Refusal, Role};
use crate::tui::app::Tone;
use crate::tui::keymap::{Act, Context};
use crate::tui::layers::{Layer, Sure};
use crate::tui::reading::Reading;
use crate::tui::words;
use crate::wire::answer::Seen;
use crate::wire::identity::identity;
use crate::wire::state;

/// What became of a conversation since an answer to it was begun.
struct News {
    says: String,
    is_answered: bool,
    /// How the other answer begins, where it is here.
    words: Option<String>,
    /// All of it was there before: a mail that was filed elsewhere and came back has another number, and is no news.
    is_known: bool,
    now: Seen,
}

impl Turn<'_> {
    /// What somebody else has taken meanwhile is theirs to answer: said now, not when the ten seconds are over.
    pub(super) fn stops_for_holder(&mut self) -> bool {
        let Some(target) = self.app.composer.as_ref().map(|c| c.target.clone()).filter(|t| !t.is_opening()) else {
            return false;
        };
        let holder = self.source.conversation(&target.mailbox, &target.root).ok().flatten();
        let holder = holder.and_then(|c| c.assignee.holder().cloned()).filter(|by| Some(by) != self.app.me());
        let Some(by) = holder else { return false };
        // Said below as well: beside the text it may have stood for a while.
        self.app.say(Tone::Bad, format!("not sent: {by} has it now"));
        self.warn_of_holder(by);
        true
    }

    /// Says beside the text who has its conversation now, and what can be done about it.
    pub(super) fn warn_of_holder(&mut self, by: Handle) {
        // That it was answered by now is worth more than who has it.
        let answered = self.news().filter(|news| news.is_answered);
        let says = match answered {
            Some(news) => format!("{}, and {by} has it now", news.says),
            None => format!("{by} has it now"),
        };
        let refusal = Refusal::new(ErrorKind::Held, says).holder(by);
        let warning = self.lost_while_writing(&refusal);
        if let Some(composer) = &mut self.app.composer {
            composer.warning = Some(warning);
            composer.warns_of_holder = true;
        }
    }

    /// It is one's own again: what was said of who has it is no longer so.
    pub(super) fn forget_holder(&mut self) {
        if let Some(composer) = &mut self.app.composer
            && std::mem::take(&mut composer.warns_of_holder)
        {
            composer.warning = None;
            self.warn_of_news();
        }
    }

    /// What became of the conversation since this was begun stops the sending once: a mail that came in is told of; where it was
    /// answered meanwhile that is a question, since the customer would get both.
    pub(super) fn stops_for_news(&mut self, then: Option<AfterReply>) -> bool {
        let Some(news) = self.news() else { return false };
        if news.is_known {
            if let Some(composer) = &mut self.app.composer {
                composer.see(news.now);
            }
            return false;
        }
        if news.is_answered {
            let explains = match &news.words {
                Some(words) => format!("The customer has this by now, and would get yours too: {words}"),
                None => "The customer has that answer by now, and would get yours too.".to_owned(),
            };
            self.app.layer = Some(Layer::Confirm {
                question: format!("{}. Send yours as well?", news.says),
                explains,
                sure: Sure::SendToo { then, seen: news.now },
                back: None,
            });
            return true;
        }
        let act = if then == Some(AfterReply::Done) { Act::SendDone } else { Act::Send };
        let send = self.app.keymap.key_for(Context::Writing, act);
        let Some(composer) = &mut self.app.composer else { return false };
        composer.warning = Some(format!("{}. {send} again sends yours.", news.says));
        composer.see(news.now);
        self.app.is_stale = true;
        true
    }

    /// The same for a text that is opened again: said before the first key.
    pub(super) fn warn_of_news(&mut self) {
        let news = self.news().filter(|news| !news.is_known);
        if let (Some(news), Some(composer)) = (news, &mut self.app.composer) {
            composer.warning = Some(format!("{}: read it before you send this", news.says));
        }
    }

    /// What its writer sends although it was answered meanwhile.
    pub(super) fn send_too(&mut self, then: Option<AfterReply>, seen: Seen) {
        if let Some(composer) = &mut self.app.composer {
            composer.see(seen);
        }
        self.send_answer(then, false);
    }

    /// What became of the conversation since the text in hand was begun; `None` where nothing did.
    fn news(&self) -> Option<News> {
        let composer = self.app.composer.as_ref()?;
        let (target, answered) = (composer.target.clone(), composer.answered().to_owned());
        if target.is_opening() {
            return None;
        }
        let messages = self.source.thread(&target.mailbox, &target.root).ok()?;
        let numbering = self.source.numbering(&target.mailbox).ok()?;
        let mailbox = target.mailbox.clone();
        let mut reading = Reading::new(target);
        reading.take(messages);
        let now = reading.seen(&answered, numbering);
        let seen = composer.seen().numbered(numbering);
        let is_marked = now.was_answered && !seen.was_answered;
        if now.inbox <= seen.inbox && now.sent <= seen.sent && !is_marked {
            return None;
        }
        let newest =
            |is_new: &dyn Fn(&Message) -> bool| reading.parts.iter().rev().map(|p| &p.message).find(|m| is_new(m));
        let ours = newest(&|m| m.folder == Role::Sent && m.uid > seen.sent && m.uid <= now.sent);
        if let Some(ours) = ours {
            let body = self.source.body(&mailbox, ours.folder, ours.uid).ok().flatten();
            let words = body.map(|body| words::beginning(&body.text));
            let since = if composer.is_overlooked { "just before" } else { "since" };
            let all: Vec<Message> = reading.parts.iter().map(|part| part.message.clone()).collect();
            let by = state::sent_by(ours, &all).filter(|by| Some(by) != self.app.me());
            let what = by.map_or_else(|| "It was answered".to_owned(), |by| format!("{by} answered"));
            return Some(News {
                says: format!("{what} {since} you began this"),
                is_answered: true,
                words,
                is_known: false,
                now,
            });
        }
        if is_marked {
            let says = "It was answered since you began this, by another mail program".to_owned();
            return Some(News { says, is_answered: true, words: None, is_known: false, now });
        }
        let is_theirs = |m: &Message| m.folder == Role::Inbox && m.uid > seen.inbox;
        let theirs = newest(&is_theirs);
        // What came in before the mail that is answered was there when that was read.
        let all = || reading.parts.iter().map(|part| &part.message);
        let read = all().find(|m| identity(m) == answered).map(|m| m.internal_date);
        let is_old = |m: &Message, read| identity(m) == answered || m.internal_date < read;
        // Where all is numbered anew, nothing is known to have been read.
        let is_numbered_so = seen.inbox == composer.seen().inbox;
        let is_known =
            is_numbered_so && read.is_some_and(|read| all().filter(|m| is_theirs(m)).all(|m| is_old(m, read)));
        let from = theirs.and_then(|m| m.from.first()).map(|a| crate::mail::safe::line(a.shown()));
        let says = format!("{} wrote since you began this", from.unwrap_or_else(|| "somebody".to_owned()));
        Some(News { says, is_answered: false, words: None, is_known, now })
    }
}
