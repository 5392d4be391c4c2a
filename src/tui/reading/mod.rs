//! One conversation as it is read: its messages, what is folded, and a cursor on its lines.

mod face;
mod lines;

use std::collections::{HashMap, HashSet};

pub use face::Face;
pub use lines::{ReadLine, Toggle};

use super::theme::Paint;
use crate::engine::message::Target;
use crate::engine::outbox::to_answer;
use crate::mail::parse::Body;
use crate::model::query::{Marks, Part as In};
use crate::model::{Conversation, Handle, Message, Role, Uid};
use crate::wire::answer::{Numbering, Seen};
use crate::wire::{identity, state};

/// Messages before the newest whose text is read for the line that they fold to; older ones when they are opened.
const SNIPPETS: usize = 40;

/// A mail of so many octets is read while the cursor passes by.
const GLANCE: u32 = 64 * 1024;

/// Rows between the cursor and the upper edge when scrolling up.
const MARGIN: usize = 2;

/// One message of the conversation.
#[derive(Debug, Clone)]
pub struct Part {
    pub message: Message,
    /// `None` where it is not in the cache yet.
    pub body: Option<Body>,
    /// Written from the mailbox, not to it.
    pub is_outgoing: bool,
    /// Who of us sent it.
    pub by: Option<Handle>,
    /// Another copy of it has another size.
    pub copies_differ: bool,
}

type Key = (Role, Uid);

impl Part {
    fn key(&self) -> Key {
        (self.message.folder, self.message.uid)
    }
}

/// What is read.
#[derive(Debug, Clone)]
pub struct Reading {
    pub target: Target,
    pub conversation: Option<Conversation>,
    /// Who had it when it was finished.
    pub had_by: Vec<Handle>,
    pub parts: Vec<Part>,
    /// Why the bodies could not be had.
    pub trouble: Option<String>,
    /// The cursor rested, or the keys are here: everything is read, not only what a glance shows.
    pub is_full: bool,
    /// The engine was asked for the bodies.
    pub is_asked: bool,
    /// Bodies may have come into the cache.
    pub needs_look: bool,
    /// Marking it as read was tried.
    pub is_marked: bool,
    pub lines: Vec<ReadLine>,
    pub cursor: usize,
    /// The message to whose head the cursor goes once the lines are made.
    goes_to: Option<usize>,
    pub top: usize,
    /// What is looked for: it is marked, and unfolded.
    pub marks: Marks,
    /// Messages whose bodies the engine was asked for before.
    asked_for: HashSet<Key>,
    open: HashMap<Key, bool>,
    open_quotes: HashSet<(Key, usize)>,
    /// What stands in the place of a message's text.
    faces: HashMap<Key, Face>,
    made_for: usize,
    is_placed: bool,
}

impl Reading {
    /// A conversation of which nothing has been read yet.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            conversation: None,
            had_by: Vec::new(),
            parts: Vec::new(),
            trouble: None,
            is_full: false,
            is_asked: false,
            needs_look: true,
            is_marked: false,
            lines: Vec::new(),
            cursor: 0,
            goes_to: None,
            top: 0,
            marks: Marks::default(),
            asked_for: HashSet::new(),
            open: HashMap::new(),
            open_quotes: HashSet::new(),
            faces: HashMap::new(),
            made_for: 0,
            is_placed: false,
        }
    }

    /// Takes in the messages as they are now; bodies that were read are kept, folds stay as they are.
    pub fn take(&mut self, messages: Vec<Message>) {
        let mut bodies: HashMap<Key, Body> =
            self.parts.drain(..).filter_map(|part| Some((part.key(), part.body?))).collect();
        let last = messages.len().saturating_sub(1);
        let outgoing: Vec<bool> = messages.iter().map(|m| state::is_outgoing(m, &messages)).collect();
        let differing: Vec<bool> = messages.iter().map(|m| identity::copies_differ(m, &messages)).collect();
        let senders: Vec<Option<Handle>> = messages.iter().map(|m| state::sent_by(m, &messages)).collect();
        self.had_by = state::had_by(&messages);
        for ((((at, message), is_outgoing), copies_differ), by) in
            messages.into_iter().enumerate().zip(outgoing).zip(differing).zip(senders)
        {
            let key = (message.folder, message.uid);
            // What was read folds; the newest is always open. Decided once: reading must not fold what is read.
            self.open.entry(key).or_insert(at == last || (!message.flags.seen && !is_outgoing));
            self.parts.push(Part { body: bodies.remove(&key), message, is_outgoing, by, copies_differ });
        }
        self.needs_look = true;
        self.made_for = 0;
    }

    /// The messages whose bodies are wanted and were not read from the cache.
    pub fn wanted(&self) -> Vec<Key> {
        let first = self.parts.len().saturating_sub(SNIPPETS);
        let wants = |(at, part): (usize, &Part)| {
            let is_wanted = match self.is_full {
                true => at >= first || self.is_open(at),
                // Running down the queue must not wait for large mails.
                false => self.is_open(at) && part.message.size <= GLANCE,
            };
            (part.body.is_none() && is_wanted).then(|| part.key())
        };
        self.parts.iter().enumerate().filter_map(wants).collect()
    }

    /// The engine is asked for what is wanted now.
    pub fn asked(&mut self) {
        self.is_asked = true;
        self.asked_for.extend(self.wanted());
    }

    /// Something is wanted that was never asked for: a message that came while the conversation was on the screen.
    pub fn wants_more(&self) -> bool {
        !self.is_asked && self.wanted().iter().any(|key| !self.asked_for.contains(key))
    }

    /// Puts in the text of a message.
    pub fn put(&mut self, key: Key, body: Body) {
        if let Some(part) = self.parts.iter_mut().find(|p| p.key() == key) {
            if self.marks.is_in(In::Body, &body.text) {
                self.open.insert(key, true);
            }
            part.body = Some(body);
            self.made_for = 0;
        }
    }

    /// Something else is looked for: messages that have it open.
    pub fn mark(&mut self, marks: Marks) {
        if self.marks == marks {
            return;
        }
        self.marks = marks;
        for part in &self.parts {
            if part.body.as_ref().is_some_and(|body| self.marks.is_in(In::Body, &body.text)) {
                self.open.insert(part.key(), true);
            }
        }
        self.made_for = 0;
        // The first of it is shown, unless its person is reading already.
        self.is_placed &= self.cursor > 0;
    }

    /// Whether what is looked for stands on a line.
    pub fn is_hit(&self, line: &ReadLine) -> bool {
        let text: String = line.pieces.iter().map(|(text, _)| text.as_str()).collect();
        self.marks.is_in(line.is_part_of(), &text)
    }

    /// The next line from the cursor on, or back, with what is looked for.
    pub fn next_hit(&self, is_back: bool) -> Option<usize> {
        let mut lines = self.lines.iter().enumerate();
        match is_back {
            false => lines.find(|(at, line)| *at > self.cursor && self.is_hit(line)),
            true => lines.rev().find(|(at, line)| *at < self.cursor && self.is_hit(line)),
        }
        .map(|(at, _)| at)
    }

    /// Forgets texts of which only the beginning was there.
    pub fn forget_cut(&mut self) {
        for part in self.parts.iter_mut().filter(|p| p.body.as_ref().is_some_and(|b| b.is_cut)) {
            part.body = None;
        }
    }

    /// Whether a message is unfolded.
    pub fn is_open(&self, part: usize) -> bool {
        self.parts.get(part).is_some_and(|p| self.open.get(&p.key()).copied().unwrap_or(false))
    }

    fn is_quote_open(&self, part: usize, block: usize) -> bool {
        self.parts.get(part).is_some_and(|p| self.open_quotes.contains(&(p.key(), block)))
    }

    /// Folds or unfolds what the cursor is on: a quote, else the message around it.
    pub fn toggle(&mut self) {
        let Some(line) = self.lines.get(self.cursor) else { return };
        let part = line.part;
        match line.toggles {
            Some(Toggle::Quote(block)) => {
                let Some(key) = self.parts.get(part).map(Part::key) else { return };
                if !self.open_quotes.remove(&(key, block)) {
                    self.open_quotes.insert((key, block));
                }
            }
            Some(Toggle::Part) | None => {
                let Some(key) = self.parts.get(part).map(Part::key) else { return };
                let is_open = self.open.entry(key).or_insert(false);
                *is_open = !*is_open;
                self.needs_look = true;
                // The cursor goes to the head of the message, wherever that stands then.
                self.goes_to = Some(part);
            }
        }
        self.made_for = 0;
    }

    /// The message on which the cursor stands.
    pub fn part_under_cursor(&self) -> Option<&Part> {
        self.lines.get(self.cursor).and_then(|line| self.parts.get(line.part))
    }

    /// The other face of a message that is shown.
    pub fn face(&self, key: Key) -> Option<&Face> {
        self.faces.get(&key)
    }

    /// Shows another face of a message, or its text again.
    pub fn set_face(&mut self, key: Key, face: Option<Face>) {
        let part = self.parts.iter().position(|p| p.key() == key);
        match face {
            Some(face) => self.faces.insert(key, face),
            None => self.faces.remove(&key),
        };
        self.open.insert(key, true);
        self.needs_look = true;
        self.made_for = 0;
        self.goes_to = part;
    }

    /// The line with a message's head.
    fn head_of(&self, part: usize) -> usize {
        self.lines.iter().position(|l| l.part == part && l.toggles == Some(Toggle::Part)).unwrap_or(0)
    }

    /// Makes the lines for a width, unless they are made.
    pub fn lay_out(&mut self, width: usize, height: usize, context: &lines::Context) {
        if self.made_for == width {
            return;
        }
        self.lines = lines::of(self, width, context);
        self.made_for = width;
        if let Some(part) = self.goes_to.take() {
            self.cursor = self.head_of(part);
        }
        if !self.is_placed && !self.lines.is_empty() {
            self.is_placed = true;
            let first = (0..self.parts.len()).find(|at| self.is_open(*at)).unwrap_or(0);
            self.cursor = self.head_of(first);
            self.top = self.cursor;
            let is_text = |line: &&ReadLine| line.toggles != Some(Toggle::Part);
            if let Some(hit) = self.lines.iter().position(|line| is_text(&line) && self.is_hit(line)) {
                self.cursor = hit;
            }
        }
        self.follow(height);
    }

    /// Lines must be made anew: a time, a width or a glyph changed.
    pub fn forget_lines(&mut self) {
        self.made_for = 0;
    }

    /// Moves the cursor by lines.
    pub fn move_by(&mut self, lines: isize, height: usize) {
        self.cursor = self.cursor.saturating_add_signed(lines);
        self.follow(height);
    }

    /// Scrolls so that the cursor is on the screen; going down it stays in the upper half, so that text moves early.
    pub fn follow(&mut self, height: usize) {
        let height = height.max(1);
        self.cursor = self.cursor.min(self.lines.len().saturating_sub(1));
        if self.cursor > self.top + height / 2 {
            self.top = self.cursor - height / 2;
        }
        if self.cursor < self.top + MARGIN.min(height / 3) {
            self.top = self.cursor.saturating_sub(MARGIN.min(height / 3));
        }
        self.top = self.top.min(self.lines.len().saturating_sub(height));
    }

    /// What a reply answers.
    pub fn answered(&self) -> Option<&Part> {
        let messages = self.messages();
        let newest = to_answer(&messages)?;
        let key = (newest.folder, newest.uid);
        self.parts.iter().find(|part| part.key() == key)
    }

    fn messages(&self) -> Vec<Message> {
        self.parts.iter().map(|part| part.message.clone()).collect()
    }

    /// What there is to be seen of it by whoever begins to answer this message now.
    pub fn seen(&self, answered: &str, numbering: Numbering) -> Seen {
        Seen::now(&self.messages(), answered, numbering)
    }

    /// An answer in Sent that was announced, and of which nobody said what became of it.
    pub fn pending_answer(&self) -> Option<&Message> {
        self.parts.iter().map(|p| &p.message).rev().find(|m| state::is_pending(m))
    }
}

/// A piece of a line and how it is meant.
pub type Piece = (String, Paint);
pub use lines::Context as LineContext;
