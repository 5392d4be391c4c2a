//! A mail while it is written: its fields, its text, its files, and when it was last kept.

use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use ratatui_textarea::{CursorMove, TextArea};

use super::offers::Offers;
use super::typing;
use crate::engine::kept::{Attached, Content, Forwards, SavedDraft};
use crate::engine::message::{AfterReply, Answer, Target};
use crate::mail::compose::{self, DraftError, is_mailable, parse_addresses};
use crate::mail::quote::is_quoted;
use crate::model::{Address, Role, Uid};
use crate::store::Found;
use crate::wire::answer::Seen;

/// Text that was not kept is kept after this pause.
const PAUSE: Duration = Duration::from_millis(400);

/// …and while somebody types on and on, never later than this after it was typed.
const AT_LATEST: Duration = Duration::from_millis(900);

/// What stands between a text and a signature (RFC 3676 §4.3).
const SIGNATURE_MARK: &str = "-- ";

/// A place for text, or to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    From,
    To,
    Cc,
    Bcc,
    Subject,
    Files,
    Body,
}

impl Field {
    const ALL: [Self; 7] = [Self::From, Self::To, Self::Cc, Self::Bcc, Self::Subject, Self::Files, Self::Body];

    /// The word before it.
    pub fn title(self) -> &'static str {
        match self {
            Self::From => "From",
            Self::To => "To",
            Self::Cc => "Cc",
            Self::Bcc => "Bcc",
            Self::Subject => "Subject",
            Self::Files => "Files",
            Self::Body => "",
        }
    }

    /// Whether addresses are typed here.
    pub fn takes_addresses(self) -> bool {
        matches!(self, Self::To | Self::Cc | Self::Bcc)
    }

    /// Whether text is typed here.
    pub fn takes_text(self) -> bool {
        !matches!(self, Self::From | Self::Files)
    }
}

/// What is missing, and stops the sending once: the same key again sends all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    Subject,
    Text,
    File,
}

/// The mail that is being written.
#[derive(Debug, Clone)]
pub struct Composer {
    pub target: Target,
    pub field: Field,
    to: TextArea<'static>,
    cc: TextArea<'static>,
    bcc: TextArea<'static>,
    subject: TextArea<'static>,
    body: TextArea<'static>,
    /// What is not typed: From, references, what is answered, files.
    base: Content,
    /// The addresses that it may come from.
    pub senders: Vec<Address>,
    /// What the mailbox signs with.
    pub signature: Option<String>,
    /// The file that is chosen in the list.
    pub file: usize,
    /// What is offered for the address that is typed.
    pub offers: Option<Offers>,
    /// The people of the mailbox, once they were asked for.
    pub people: Option<Rc<Vec<Address>>>,
    /// Something was typed since the last keeping: first and last key.
    changed: Option<(Timestamp, Timestamp)>,
    pub saved_at: Option<Timestamp>,
    /// What its drafts are known by on the desk.
    pub hand: String,
    /// What lay on the desk when it was opened.
    found: Option<Found>,
    /// It was kept since.
    is_kept: bool,
    /// Something was ever typed into it.
    pub is_touched: bool,
    /// Opening it claimed what was free.
    pub brought_claim: bool,
    /// Said above the text: somebody took it, newer mail came.
    pub warning: Option<String>,
    /// It says who has the conversation.
    pub warns_of_holder: bool,
    /// The message whose text is to be quoted when it is here.
    pub awaits: Option<(Role, Uid)>,
    /// A teammate had answered just before it was begun.
    pub is_overlooked: bool,
    /// What was said once already.
    doubts: HashSet<Doubt>,
}

impl Composer {
    /// Opens a new mail: the cursor above the quote, or where somebody is to be named first.
    pub fn new(target: Target, content: Content) -> Self {
        let field = if target.is_opening() { Field::To } else { Field::Body };
        let mut composer = Self {
            target,
            field,
            to: typing::line(&content.to),
            cc: typing::line(&content.cc),
            bcc: typing::line(&content.bcc),
            subject: subject_line(&content.subject),
            body: typing::page(&content.body),
            base: content,
            senders: Vec::new(),
            signature: None,
            file: 0,
            offers: None,
            people: None,
            changed: None,
            saved_at: None,
            hand: String::new(),
            found: None,
            is_kept: false,
            is_touched: false,
            brought_claim: false,
            warning: None,
            warns_of_holder: false,
            awaits: None,
            is_overlooked: false,
            doubts: HashSet::new(),
        };
        composer.body.move_cursor(CursorMove::Top);
        for line in [&mut composer.to, &mut composer.cc, &mut composer.bcc, &mut composer.subject] {
            line.move_cursor(CursorMove::Head);
        }
        if let Some(area) = composer.area_mut(field).filter(|_| field != Field::Body) {
            area.move_cursor(CursorMove::End);
        }
        composer
    }

    /// Opens what was kept.
    pub fn resume(saved: SavedDraft) -> Self {
        let (row, column) = saved.content.cursor;
        let mut composer = Self::new(saved.target, saved.content);
        let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        composer.body.move_cursor(CursorMove::Jump(place(row), place(column)));
        composer.saved_at = Some(saved.saved_at);
        composer.found = Some(Found { hand: saved.hand, saved_at: saved.saved_at });
        composer.is_touched = true;
        composer
    }

    /// The cursor goes to the end of what was written above the quote and the signature: where it was is not known of a mail
    /// that was sent off.
    pub fn go_behind_the_text(&mut self) {
        let lines = self.body.lines();
        let is_given = |line: &String| is_quoted(line) || line.trim_end() == SIGNATURE_MARK.trim_end();
        let end = lines.iter().position(is_given).unwrap_or(lines.len());
        // Above a quote stands whose it is.
        let is_quote = lines.get(end).is_some_and(|line| is_quoted(line));
        let end = if is_quote { end.saturating_sub(1) } else { end };
        let Some(row) = lines[..end].iter().rposition(|line| !line.trim().is_empty()) else { return };
        let column = lines[row].chars().count();
        let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        self.body.move_cursor(CursorMove::Jump(place(row), place(column)));
    }

    /// Puts the mailbox's signature below the room for the text.
    pub fn sign(&mut self, signature: Option<String>) {
        self.signature = signature;
        let body = self.body_text();
        if let Some(signed) = self.signed(&body) {
            self.set_body(&signed);
        }
    }

    /// The signature with room above it, then this; `None` without a signature.
    fn signed(&self, below: &str) -> Option<String> {
        let signature = self.signature.as_deref()?;
        let below = below.strip_prefix('\n').unwrap_or(below);
        Some(format!("\n\n{SIGNATURE_MARK}\n{signature}\n{below}"))
    }

    /// The address it will come from.
    pub fn from(&self) -> &Address {
        &self.base.from
    }

    /// The next of the addresses that it may come from, or the one before.
    pub fn choose_sender(&mut self, is_back: bool) -> bool {
        let count = self.senders.len();
        if count < 2 {
            return false;
        }
        let at = self.senders.iter().position(|a| a.is_same_place(&self.base.from.email));
        let next = match at {
            Some(at) => (at + if is_back { count - 1 } else { 1 }) % count,
            None => 0,
        };
        self.base.from = self.senders[next].clone();
        true
    }

    /// A field's editor; none where nothing is typed.
    pub fn area(&self, field: Field) -> Option<&TextArea<'static>> {
        match field {
            Field::To => Some(&self.to),
            Field::Cc => Some(&self.cc),
            Field::Bcc => Some(&self.bcc),
            Field::Subject => Some(&self.subject),
            Field::Body => Some(&self.body),
            Field::From | Field::Files => None,
        }
    }

    fn area_mut(&mut self, field: Field) -> Option<&mut TextArea<'static>> {
        match field {
            Field::To => Some(&mut self.to),
            Field::Cc => Some(&mut self.cc),
            Field::Bcc => Some(&mut self.bcc),
            Field::Subject => Some(&mut self.subject),
            Field::Body => Some(&mut self.body),
            Field::From | Field::Files => None,
        }
    }

    /// The place where text is typed now.
    pub fn typed(&mut self) -> Option<&mut TextArea<'static>> {
        self.area_mut(self.field)
    }

    /// A field's text.
    pub fn text(&self, field: Field) -> String {
        self.area(field).map(typing::text_of).unwrap_or_default()
    }

    /// Puts another text into a field of one line, the cursor behind so many characters.
    pub fn put_line(&mut self, field: Field, text: &str, cursor: usize) {
        if let Some(area) = self.area_mut(field) {
            *area = typing::line(text);
            area.move_cursor(CursorMove::Jump(0, u16::try_from(cursor).unwrap_or(u16::MAX)));
        }
    }

    /// Whether a field has a line on the screen.
    pub fn shows(&self, field: Field) -> bool {
        match field {
            Field::Bcc => self.field == Field::Bcc || !self.bcc.is_empty(),
            Field::Files => self.files().next().is_some(),
            _ => true,
        }
    }

    /// One field on, or back. From is passed by on the way round: it is right nearly always.
    pub fn turn(&mut self, is_back: bool) {
        let can_stop = |field: Field| match field {
            Field::From => is_back && self.senders.len() > 1,
            Field::Files | Field::Bcc => self.shows(field),
            _ => true,
        };
        let at = Field::ALL.iter().position(|f| *f == self.field).unwrap_or(0);
        let step = if is_back { Field::ALL.len() - 1 } else { 1 };
        let next =
            (1..=Field::ALL.len()).map(|n| Field::ALL[(at + n * step) % Field::ALL.len()]).find(|f| can_stop(*f));
        let left = std::mem::replace(&mut self.field, next.unwrap_or(Field::Body));
        self.offers = None;
        // A line that nobody types in shows how it begins.
        for (field, to) in [(left, CursorMove::Head), (self.field, CursorMove::End)] {
            if let Some(area) = self.area_mut(field).filter(|_| field != Field::Body) {
                area.move_cursor(to);
            }
        }
    }

    /// Notes that something changed.
    pub fn touch(&mut self, now: Timestamp) {
        let first = self.changed.map_or(now, |(first, _)| first);
        self.changed = Some((first, now));
        self.is_touched = true;
    }

    /// When the text must be kept; `None` where it is.
    pub fn save_at(&self) -> Option<Timestamp> {
        let (first, last) = self.changed?;
        Some((last + PAUSE).min(first + AT_LATEST))
    }

    /// Whether there is text that was not kept yet.
    pub fn is_unsaved(&self) -> bool {
        self.changed.is_some()
    }

    /// Whether it holds what was written here: what was opened and left as it was lies where it lay.
    pub fn is_of_this_hand(&self) -> bool {
        (self.is_unsaved() || self.is_kept) && !self.is_empty()
    }

    /// The text was kept.
    pub fn saved(&mut self, at: Timestamp) {
        self.changed = None;
        self.saved_at = Some(at);
        self.is_kept = true;
    }

    /// The text could not be kept.
    pub fn not_saved(&mut self, now: Timestamp) {
        self.saved_at = None;
        self.is_kept = false;
        self.touch(now);
    }

    /// The text as it stands.
    pub fn body_text(&self) -> String {
        typing::text_of(&self.body)
    }

    fn set_body(&mut self, text: &str) {
        self.body = typing::page(text);
        self.body.move_cursor(CursorMove::Top);
    }

    /// Puts in the text that another editor wrote.
    pub fn put_body(&mut self, text: &str, now: Timestamp) {
        if text != self.body_text() {
            self.body = typing::page(text);
            self.touch(now);
        }
    }

    /// Types into the text, where its cursor stands.
    pub fn type_in(&mut self, text: &str, now: Timestamp) {
        typing::paste(&mut self.body, text, false);
        self.touch(now);
    }

    /// Whether the quote can still be put in: nothing was written above which it would have to stand.
    pub fn wants_quote(&self) -> bool {
        self.awaits.is_some() && self.is_bare()
    }

    /// Whether the text is nothing but room and the signature.
    fn is_bare(&self) -> bool {
        let body = self.body_text();
        body.trim().is_empty() || self.signed("").is_some_and(|signed| signed.trim() == body.trim())
    }

    /// Puts the quote below the room for the answer; it is not typed, so it makes no draft.
    pub fn put_quote(&mut self, quoting: &str) {
        self.awaits = None;
        self.set_body(&self.signed(quoting).unwrap_or_else(|| quoting.to_owned()));
    }

    /// Whether there is more in it than what it began with: the quote, the line above it, the signature.
    pub fn has_own_text(&self, attribution: Option<&str>) -> bool {
        self.own_lines(attribution).next().is_some()
    }

    fn own_lines(&self, attribution: Option<&str>) -> impl Iterator<Item = String> {
        let block = self.base.forwards.as_ref().map(|f| f.block.clone()).filter(|block| !block.is_empty());
        let signature: Vec<String> =
            self.signature.iter().flat_map(|s| s.lines()).map(|l| l.trim_end().to_owned()).collect();
        let text = self.body_text();
        let text =
            block.and_then(|block| Some(text.trim_end().strip_suffix(block.trim_end())?.to_owned())).unwrap_or(text);
        let attribution = attribution.map(str::to_owned);
        let lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.into_iter().filter(move |line| {
            let is_given = line == SIGNATURE_MARK.trim_end() || signature.contains(line);
            !line.is_empty() && !is_quoted(line) && !is_given && Some(line) != attribution.as_ref()
        })
    }

    /// Whether nothing would be lost if it were thrown away.
    pub fn is_empty(&self) -> bool {
        let is_unaddressed =
            [Field::To, Field::Cc, Field::Bcc, Field::Subject].iter().all(|f| self.text(*f).trim().is_empty());
        let is_begun = self.target.is_opening() && (self.base.forwards.is_some() || !is_unaddressed);
        self.is_bare() && self.base.attached.is_empty() && !is_begun
    }

    /// Whether it goes to whom and is called what it was when it was opened, and no file was added.
    pub fn has_its_first_head(&self) -> bool {
        let base = [&self.base.to, &self.base.cc, &self.base.bcc, &self.base.subject];
        let fields = [Field::To, Field::Cc, Field::Bcc, Field::Subject];
        fields.into_iter().zip(base).all(|(field, base)| self.text(field).trim_end() == base.trim_end())
            && self.base.attached.is_empty()
    }

    /// The files that go along, what is forwarded among them.
    pub fn files(&self) -> impl Iterator<Item = &Attached> {
        self.base.all_attached()
    }

    /// So many octets may still be attached.
    pub fn room(&self) -> u64 {
        compose::MAX_ATTACHED.saturating_sub(self.files().map(|f| f.size).sum())
    }

    /// Takes a file along.
    pub fn attach(&mut self, file: Attached, now: Timestamp) {
        self.base.attached.push(file);
        self.file = self.base.attached.len() - 1;
        self.touch(now);
    }

    /// Leaves the chosen file here. `Err`: what is said instead.
    pub fn detach(&mut self, now: Timestamp) -> Result<Option<String>, &'static str> {
        let own = self.base.attached.len();
        let gone = if self.file < own {
            Some(self.base.attached.remove(self.file))
        } else {
            match &mut self.base.forwards {
                Some(forwards) if forwards.as_attachment => return Err("that is what is forwarded"),
                Some(forwards) if self.file - own < forwards.parts.len() => {
                    Some(forwards.parts.remove(self.file - own))
                }
                _ => None,
            }
        };
        let count = self.files().count();
        self.file = self.file.min(count.saturating_sub(1));
        if count == 0 && self.field == Field::Files {
            self.field = Field::Body;
        }
        if gone.is_some() {
            self.touch(now);
        }
        Ok(gone.map(|file| file.name))
    }

    /// What is forwarded.
    pub fn forwards(&self) -> Option<&Forwards> {
        self.base.forwards.as_ref()
    }

    /// Whether what is forwarded has yet to come.
    pub fn awaits_forwarded(&self) -> bool {
        self.forwards().is_some_and(|f| f.block.is_empty())
    }

    /// Puts in what is forwarded, below what was written meanwhile.
    pub fn put_forwarded(&mut self, forwards: Forwards) {
        self.warning = forwards.lacks.clone();
        let (row, column) = (self.body.cursor().0, self.body.cursor().1);
        let body = self.body_text();
        let room = if body.trim_end().is_empty() { "\n\n".to_owned() } else { format!("{}\n\n", body.trim_end()) };
        self.body = typing::page(&format!("{room}{}", forwards.block));
        let at = |n: usize| u16::try_from(n).unwrap_or(0);
        self.body.move_cursor(CursorMove::Jump(at(row), at(column)));
        self.base.forwards = Some(forwards);
    }

    /// Forwards inline instead of as an attachment, or the other way. `Err`: what is said instead.
    pub fn turn_forwarded(&mut self, now: Timestamp) -> Result<bool, &'static str> {
        let body = self.body_text();
        let Some(forwards) = &mut self.base.forwards else { return Err("nothing is forwarded here") };
        if forwards.whole.is_none() {
            return Err("it cannot be attached whole");
        }
        forwards.as_attachment = !forwards.as_attachment;
        let is_attached = forwards.as_attachment;
        let block = forwards.block.trim_end().to_owned();
        if is_attached {
            // Where it was changed it is the writer's own text by now, and stays.
            if let Some(own) = body.trim_end().strip_suffix(&block) {
                let own = own.trim_end().to_owned();
                self.set_body(&own);
            }
        } else if !body.contains(&block) {
            self.set_body(&format!("{}\n\n{block}\n", body.trim_end()));
        }
        self.file = 0;
        self.touch(now);
        Ok(is_attached)
    }

    /// Answers all who took part instead of the one, or the other way; `all` and `one` are whom each would go to. Gives
    /// whether all get it now.
    pub fn turn_all(&mut self, one: &[Address], all: &[Address], now: Timestamp) -> bool {
        let (to, mut cc) = (parse_addresses(&self.text(Field::To)), parse_addresses(&self.text(Field::Cc)));
        let is_in = |list: &[Address], a: &Address| list.iter().any(|known| known.is_same_place(&a.email));
        let missing: Vec<Address> = all.iter().filter(|a| !is_in(&to, a) && !is_in(&cc, a)).cloned().collect();
        let goes_to_all = !missing.is_empty();
        if goes_to_all {
            cc.extend(missing);
        } else {
            cc.retain(|a| is_in(one, a) || !is_in(all, a));
        }
        let text = crate::mail::addresses::write(&cc);
        self.put_line(Field::Cc, &text, text.chars().count());
        self.touch(now);
        goes_to_all
    }

    /// The first address that is none, and the field where it stands.
    pub fn mistake(&self) -> Option<(Field, Address)> {
        [Field::To, Field::Cc, Field::Bcc].into_iter().find_map(|field| Some((field, self.mistake_in(field)?)))
    }

    /// The same in one field.
    pub fn mistake_in(&self, field: Field) -> Option<Address> {
        parse_addresses(&self.text(field)).into_iter().find(|a| !is_mailable(&a.email))
    }

    /// What may have been forgotten, each said once.
    pub fn doubt(&mut self) -> Option<Doubt> {
        let speaks_of_file = || self.own_lines(None).any(|line| speaks_of_file(&line));
        let doubt = if self.text(Field::Subject).trim().is_empty() {
            Doubt::Subject
        } else if self.target.is_opening()
            && self.forwards().is_none()
            && self.is_bare()
            && self.files().next().is_none()
        {
            Doubt::Text
        } else if self.files().next().is_none() && speaks_of_file() {
            Doubt::File
        } else {
            return None;
        };
        self.doubts.insert(doubt).then_some(doubt)
    }

    /// What is kept of it.
    fn content(&self) -> Content {
        Content {
            to: typing::text_of(&self.to),
            cc: typing::text_of(&self.cc),
            bcc: typing::text_of(&self.bcc),
            subject: typing::text_of(&self.subject).trim_end().to_owned(),
            body: self.body_text(),
            cursor: (self.body.cursor().0, self.body.cursor().1),
            came_back: None,
            ..self.base.clone()
        }
    }

    /// The mail, ready to be sent.
    ///
    /// # Errors
    /// A sentence, when it cannot be sent as it is.
    pub fn answer(&self, then: Option<AfterReply>) -> Result<Answer, DraftError> {
        let content = self.content();
        let draft = content.draft();
        draft.check()?;
        Ok(Answer {
            target: self.target.clone(),
            draft,
            attached: content.attached,
            forwards: content.forwards,
            answered: self.base.answered.clone(),
            seen: self.base.seen,
            then,
            unannounced: false,
            hand: Some(self.hand.clone()),
        })
    }

    /// The mail to be kept as it is typed.
    pub fn to_keep(&self, now: Timestamp) -> SavedDraft {
        let hand = self.hand.clone();
        // What it wrote itself may have been gone on with elsewhere, too.
        let own = self.saved_at.filter(|_| self.is_kept).map(|saved_at| Found { hand: hand.clone(), saved_at });
        let found = own.or_else(|| self.found.clone());
        SavedDraft { target: self.target.clone(), content: self.content(), saved_at: now, hand, found }
    }

    /// What names the message that is answered or forwarded; empty where there is none.
    pub fn about(&self) -> &str {
        self.base.about()
    }

    /// What names the message that is answered.
    pub fn answered(&self) -> &str {
        &self.base.answered
    }

    /// What its writer has seen.
    pub fn seen(&self) -> Seen {
        self.base.seen
    }

    /// The writer has seen what came since.
    pub fn see(&mut self, now: Seen) {
        self.base.seen = now;
    }
}

/// An answer's mark with no subject behind it gets a blank, so that what is typed does not stick to it.
fn subject_line(subject: &str) -> TextArea<'static> {
    let mut area = typing::line(subject);
    if subject == compose::reply_subject("") {
        area.insert_char(' ');
    }
    area
}

/// Whether a line promises a file.
fn speaks_of_file(line: &str) -> bool {
    const WORDS: [&str; 10] = [
        "attached",
        "attachment",
        "enclosed",
        "im anhang",
        "angehängt",
        "beigefügt",
        "ci-joint",
        "pièce jointe",
        "adjunto",
        "in allegato",
    ];
    let line = line.to_lowercase();
    WORDS.iter().any(|word| line.contains(word))
}
