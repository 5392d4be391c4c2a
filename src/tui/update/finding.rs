//! Searching and narrowing: as one types, then as the list that one works on; and back to where one was.

use super::Turn;
use crate::engine::Sought;
use crate::engine::message::{Command, Finding as There, Ticket};
use crate::tui::app::{Focus, Tone};
use crate::tui::finding::{Finding, Line, Origin, REST, Server, Which, is_telling};
use crate::tui::keymap::Act;
use crate::tui::layout::areas;
use crate::tui::typing;

impl Turn<'_> {
    /// Opens the line, with this text where it is not open yet.
    pub(super) fn look_for(&mut self, which: Which, text: &str) {
        let finding = &mut self.app.finding;
        if finding.search.is_none() && (which == Which::Search || finding.filter.is_none()) {
            // What was narrowed before is where one comes back to, whole.
            finding.filter = None;
            let mut queue = self.app.queue.clone();
            queue.forget_rows();
            queue.found = None;
            self.app.finding.origin = Some(Origin { queue, focus: self.app.focus });
        }
        let finding = &mut self.app.finding;
        let line = match which {
            Which::Search => &mut finding.search,
            Which::Filter => &mut finding.filter,
        };
        if line.is_none() || !text.is_empty() {
            *line = Some(Line::new(text));
        }
        finding.typing = Some(which);
        self.app.focus = Focus::Queue;
        if which == Which::Search {
            self.list_anew();
        } else {
            self.app.finding.asked_at = self.app.now;
            self.app.is_stale = true;
        }
    }

    /// The text of the line changed.
    pub(super) fn line_changed(&mut self) {
        let which = self.app.finding.typing;
        if self.app.finding.typed().is_some_and(Line::read) {
            match which {
                Some(Which::Search) => self.list_anew(),
                _ => self.first_of_list(),
            }
        }
    }

    /// Another search: what the server said of the one before counts no more.
    fn list_anew(&mut self) {
        if self.app.finding.ticket().is_some() {
            let mailbox = self.app.key().to_owned();
            self.send(Command::StopSearch { mailbox });
        }
        let now = self.app.now;
        let finding = &mut self.app.finding;
        (finding.also, finding.but, finding.left_out) = (Vec::new(), Vec::new(), 0);
        let is_asked = finding.search.as_ref().is_some_and(|line| is_telling(&line.query));
        finding.server = if is_asked { Server::AsksAt(now + REST) } else { Server::Unasked };
        self.first_of_list();
    }

    fn first_of_list(&mut self) {
        self.app.finding.asked_at = self.app.now;
        self.app.queue.begin_anew();
        self.app.is_stale = true;
    }

    /// Asks the server for the rest, where there is any.
    pub(super) fn ask_server(&mut self) {
        let Some(line) = &self.app.finding.search else { return };
        let query = line.query.clone();
        if query.is_empty() || self.app.finding.reach.has_all_bodies() {
            self.app.finding.server = Server::Complete;
            return;
        }
        let ticket = self.app.ticket();
        self.app.finding.server = Server::Asking(ticket, None);
        let (mailbox, zone) = (self.app.key().to_owned(), self.app.settings.zone.clone());
        let now = self.app.finding.asked_at;
        self.send(Command::Search(Box::new(Sought { ticket, mailbox, query, now, zone })));
    }

    /// What the server has, as it comes.
    pub(super) fn found_there(&mut self, ticket: Ticket, found: There) {
        let finding = &mut self.app.finding;
        if finding.ticket() != Some(ticket) {
            return;
        }
        match found {
            There::Asking(role) => finding.server = Server::Asking(ticket, Some(role)),
            There::Hits { also, but, left_out } => {
                finding.left_out = finding.left_out.saturating_add(left_out);
                finding.also.extend(also);
                finding.but.extend(but);
                self.app.is_stale = true;
            }
            There::Complete => finding.server = Server::Complete,
            There::Failed(refusal) => finding.server = Server::Failed(refusal),
        }
    }

    pub(super) fn finding_act(&mut self, act: Act) {
        let Some(line) = self.app.finding.typed() else { return };
        if typing::act_in_line(&mut line.input, act) {
            return self.line_changed();
        }
        match act {
            Act::LineDown | Act::LineUp => self.step(if act == Act::LineDown { 1 } else { -1 }),
            Act::Accept => self.keep_found(),
            Act::Cancel => self.leave_finding(),
            _ => {}
        }
    }

    /// What was found is the list from now on.
    pub(super) fn keep_found(&mut self) {
        if self.app.finding.typed().is_some_and(|line| line.query.is_empty()) {
            return self.leave_finding();
        }
        let is_unasked = matches!(self.app.finding.server, Server::Unasked | Server::AsksAt(_));
        if self.app.finding.typing.take() == Some(Which::Search) && is_unasked {
            self.ask_server();
        }
        self.app.queue.is_touched = true;
        // Nothing is left out any more.
        self.app.is_stale = true;
    }

    /// One step back: the filter goes first, then the search.
    pub(super) fn leave_finding(&mut self) {
        let finding = &mut self.app.finding;
        let is_filter = finding.filter.is_some() && finding.typing != Some(Which::Search);
        finding.typing = None;
        self.app.is_stale = true;
        if is_filter {
            self.app.finding.filter = None;
            if self.app.finding.search.is_none() {
                self.app.queue.found = None;
                let origin = self.app.finding.origin.take();
                // The selection stays on its conversation, wherever the whole list has it; where nothing was left, on the one
                // before.
                if let Some(origin) = origin.filter(|_| self.app.queue.root.is_none()) {
                    self.app.queue = origin.queue;
                }
            }
            return;
        }
        let origin = self.app.finding.origin.take();
        self.forget_finding();
        if let Some(origin) = origin {
            // What is selected there is looked up anew: mail went on coming in meanwhile.
            (self.app.queue, self.app.focus) = (origin.queue, origin.focus);
        }
    }

    /// Another list is shown: nothing is looked for any more.
    pub(super) fn forget_finding(&mut self) {
        if self.app.finding.ticket().is_some() {
            let mailbox = self.app.key().to_owned();
            self.send(Command::StopSearch { mailbox });
        }
        self.app.finding = Finding::default();
        self.app.queue.found = None;
    }

    /// The next place with what is looked for: on the next line that has it, else in the next conversation.
    pub(super) fn next_hit(&mut self, is_back: bool) {
        let height = usize::from(areas(self.app).reading.height);
        if let Some(reading) = self.app.reading.as_mut().filter(|_| self.app.focus == Focus::Reading)
            && let Some(line) = reading.next_hit(is_back)
        {
            reading.cursor = line;
            reading.follow(height);
            return;
        }
        let before = self.app.queue.selected;
        self.step(if is_back { -1 } else { 1 });
        if self.app.queue.selected == before {
            self.app.say(Tone::News, if is_back { "this is the first hit" } else { "this is the last hit" });
        }
    }
}
