//! A conversation's lines at a width: heads, text, folded quotes, links and attachments.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Part, Piece, Reading};
use crate::mail::html;
use crate::mail::links;
use crate::mail::parse::Body;
use crate::mail::quote::{Block, blocks, is_quoted};
use crate::mail::safe;
use crate::model::query::Part as In;
use crate::model::{Address, Handle, Role};
use crate::tui::cells::{cut, fit, width, wrap};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Paint;
use crate::tui::words;

/// More of one mail's text than this is not laid out.
const LONGEST: usize = 400_000;

const NO_BREAK: char = '\u{a0}';

/// A quote of so few lines does not fold.
const SHORT: usize = 2;

/// What a line's Enter folds or unfolds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toggle {
    Part,
    /// The block's number in its message.
    Quote(usize),
}

/// One line of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadLine {
    /// Which message it belongs to.
    pub part: usize,
    pub pieces: Vec<Piece>,
    pub toggles: Option<Toggle>,
    /// Whose name is the piece that is painted as [`Paint::Me`].
    pub by: Option<Handle>,
}

impl ReadLine {
    /// What of its message it shows: the head tells of people, all else is text.
    pub fn is_part_of(&self) -> In {
        if self.toggles == Some(Toggle::Part) { In::Any } else { In::Body }
    }
}

/// What lines depend on beside the conversation.
#[derive(Debug, Clone)]
pub struct Context {
    pub now: Timestamp,
    pub zone: TimeZone,
    pub glyphs: &'static Glyphs,
    /// The key that unfolds.
    pub unfold: String,
    pub me: Option<Handle>,
}

/// All lines, oldest message first.
pub fn of(reading: &Reading, width: usize, context: &Context) -> Vec<ReadLine> {
    let mut lines = Lines { context, width: width.max(8), part: 0, out: Vec::new() };
    for (at, part) in reading.parts.iter().enumerate() {
        lines.part = at;
        if reading.is_open(at) {
            if at > 0 && !lines.out.last().is_some_and(|l| l.pieces.is_empty()) {
                lines.blank();
            }
            lines.open(part, reading);
            lines.blank();
        } else {
            lines.folded(part);
        }
    }
    while lines.out.last().is_some_and(|l| l.pieces.is_empty()) {
        lines.out.pop();
    }
    lines.out
}

struct Lines<'a> {
    context: &'a Context,
    width: usize,
    part: usize,
    out: Vec<ReadLine>,
}

impl Lines<'_> {
    fn push(&mut self, pieces: Vec<Piece>, toggles: Option<Toggle>) {
        self.out.push(ReadLine { part: self.part, pieces, toggles, by: None });
    }

    /// The head of a message, in which the name of whoever of us sent it may stand.
    fn push_head(&mut self, part: &Part, mut pieces: Vec<Piece>) {
        pieces.retain(|(text, _)| !text.is_empty());
        self.out.push(ReadLine { part: self.part, pieces, toggles: Some(Toggle::Part), by: part.by.clone() });
    }

    /// Who of us sent it, as the queue names them; empty where that is not known.
    fn sender(&self, part: &Part) -> String {
        match &part.by {
            Some(by) if self.context.me.as_ref() == Some(by) => "you".to_owned(),
            Some(by) => by.to_string(),
            None => String::new(),
        }
    }

    fn blank(&mut self) {
        self.push(Vec::new(), None);
    }

    fn say(&mut self, text: impl Into<String>, paint: Paint) {
        let text = cut(&text.into(), self.width.saturating_sub(2), self.context.glyphs.ellipsis);
        self.push(vec![("  ".into(), Paint::Text), (text, paint)], None);
    }

    fn stamp(&self, part: &Part) -> String {
        words::stamp(part.message.internal_date, self.context.now, &self.context.zone)
    }

    /// `▸ Dana Reyes  Mon 13:02   Hi, the printer on floor 3 …`, and of what a teammate sent `▸ bob → Dana Reyes  Mon 13:20   …`
    fn folded(&mut self, part: &Part) {
        let g = self.context.glyphs;
        let room = self.width / 3;
        let by = cut(&self.sender(part), room, g.ellipsis);
        let who = cut(&parties(part, g), room.saturating_sub(width(&by)), g.ellipsis);
        let stamp = self.stamp(part);
        let used = 2 + width(&by) + width(&who) + 2 + width(&stamp) + 3;
        let snippet = cut(&snippet(part), self.width.saturating_sub(used), g.ellipsis);
        let paint = if part.is_outgoing { Paint::Outgoing } else { Paint::Strong };
        let pieces = vec![
            (format!("{} ", g.folded), Paint::Faint),
            (by, Paint::Me),
            (who, paint),
            (format!("  {stamp}   "), Paint::Faint),
            (snippet, Paint::Dim),
        ];
        self.push_head(part, pieces);
    }

    fn open(&mut self, part: &Part, reading: &Reading) {
        self.head(part);
        self.blank();
        if let Some(face) = reading.face((part.message.folder, part.message.uid)) {
            self.say(face.title(), Paint::Heading);
            self.text(&face.text, Paint::Dim, None);
            if face.is_cut {
                self.say("only the beginning is here", Paint::Faint);
            }
            return;
        }
        match &part.body {
            None => match &reading.trouble {
                Some(trouble) => self.say(trouble.clone(), Paint::Bad),
                None => self.say(format!("{} fetching the text", self.context.glyphs.busy), Paint::Faint),
            },
            Some(body) => self.body(body, reading),
        }
    }

    /// `▾ Dana Reyes <dana@reyes.example>            Mon 13:36`, and below it to whom; `▾ bob as Support <support@…>` of what a
    /// teammate sent.
    fn head(&mut self, part: &Part) {
        let g = self.context.glyphs;
        let message = &part.message;
        let stamp = self.stamp(part);
        let mut room = self.width.saturating_sub(2 + width(&stamp) + 2);
        let by = cut(&self.sender(part), room, g.ellipsis);
        room = room.saturating_sub(width(&by));
        let joined = cut(if by.is_empty() { "" } else { " as " }, room, g.ellipsis);
        room = room.saturating_sub(width(&joined));
        let from = message.from.first();
        let name = from.map_or_else(|| "(no sender)".to_owned(), |a| safe::line(a.shown()));
        let email = from.filter(|a| a.shown() != a.email).map(|a| format!(" <{}>", safe::line(&a.email)));
        let name = cut(&name, room, g.ellipsis);
        let email = fit(&email.unwrap_or_default(), room.saturating_sub(width(&name)), g.ellipsis);
        let paint = if part.is_outgoing { Paint::Outgoing } else { Paint::Strong };
        let pieces = vec![
            (format!("{} ", g.open), Paint::Cursor),
            (by, Paint::Me),
            (joined, Paint::Dim),
            (name, paint),
            (email, Paint::Dim),
            (format!("  {stamp}"), Paint::Dim),
        ];
        self.push_head(part, pieces);
        let is_bare = message.to.is_empty() && message.cc.is_empty();
        if is_bare {
            self.say("to nobody named", Paint::Faint);
        }
        for (word, list) in [("to", &message.to), ("cc", &message.cc)] {
            if !list.is_empty() {
                self.say(format!("{word} {}", addresses(list)), Paint::Faint);
            }
        }
        if part.message.folder == Role::Archive {
            self.say("in Archive", Paint::Faint);
        }
        if part.message.flags.has("$Forwarded") {
            self.say("forwarded", Paint::Faint);
        }
        if part.copies_differ {
            let folder = if part.message.folder == Role::Inbox { "INBOX" } else { part.message.folder.as_str() };
            let size = words::size(u64::from(part.message.size));
            self.say(format!("copies differ: this one has {size}, in {folder}; it came more than once"), Paint::Warn);
        }
    }

    fn body(&mut self, body: &Body, reading: &Reading) {
        let (g, unfold) = (self.context.glyphs, &self.context.unfold);
        let text = text_of(body, self.width.saturating_sub(2));
        if text.trim().is_empty() {
            self.say("(no text)", Paint::Faint);
        }
        for (number, block) in blocks(text.trim_start_matches('\n').trim_end()).iter().enumerate() {
            let is_open = reading.is_quote_open(self.part, number);
            let (paint, one, many) = match block {
                Block::Text(lines) => {
                    self.text(&lines.join("\n"), Paint::Text, None);
                    continue;
                }
                Block::Quote(_) => (Paint::Quote, "quoted line", "quoted lines"),
                Block::Signature(_) => (Paint::Faint, "line of signature", "lines of signature"),
            };
            let lines = block.lines();
            let count = lines.iter().filter(|l| !l.trim().is_empty()).count();
            let folds = count > SHORT;
            let is_sought = folds && lines.iter().any(|line| reading.marks.is_in(In::Body, line));
            if is_open || !folds || is_sought {
                self.text(&lines.join("\n"), paint, folds.then_some(Toggle::Quote(number)));
            } else {
                let text = format!("{} {} {} {unfold} here shows them", g.quote, words::count(count, one, many), g.dot);
                self.push(vec![("  ".into(), Paint::Text), (text, Paint::Quote)], Some(Toggle::Quote(number)));
            }
        }
        if body.is_cut {
            self.say("only the beginning of this mail is here", Paint::Faint);
        }
        self.enclosures(body);
    }

    fn text(&mut self, text: &str, paint: Paint, toggles: Option<Toggle>) {
        for line in wrap(text, self.width.saturating_sub(2)) {
            if line.is_empty() {
                self.push(Vec::new(), toggles);
                continue;
            }
            let mut pieces = vec![("  ".into(), Paint::Text)];
            if paint == Paint::Text {
                mark_links(&line, &mut pieces)
            } else {
                pieces.push((line, paint))
            }
            self.push(pieces, toggles);
        }
    }

    /// What is attached, numbered on from the links.
    fn enclosures(&mut self, body: &Body) {
        if body.attachments.is_empty() && !body.invitation {
            return;
        }
        self.blank();
        if body.invitation {
            self.say("an invitation to a calendar", Paint::Dim);
        }
        let g = self.context.glyphs;
        for (at, file) in body.attachments.iter().enumerate() {
            let number = format!("[{}] ", body.links.len() + at + 1);
            let size = format!("  {}", words::size(file.size));
            let room = self.width.saturating_sub(4 + width(&number) + width(&size));
            let pieces = vec![
                ("  ".into(), Paint::Text),
                (number, Paint::Key),
                (format!("{} ", g.attachment), Paint::Dim),
                (cut(&safe::line(&file.name), room, g.ellipsis), Paint::Text),
                (size, Paint::Faint),
            ];
            self.push(pieces, None);
        }
    }
}

/// The safe text of a body, its links numbered: HTML laid out anew for this width, plain text with the number behind each.
fn text_of(body: &Body, width: usize) -> String {
    if let Some(html) = body.html.as_ref().filter(|_| body.is_from_html) {
        return html::to_text(html, width).0;
    }
    let mut end = body.text.len().min(LONGEST);
    while !body.text.is_char_boundary(end) {
        end -= 1;
    }
    let text = safe::text(&body.text[..end]);
    let mut numbered = String::with_capacity(text.len());
    let mut at = 0;
    for link in links::find(&text) {
        numbered.push_str(&text[at..link.range.end]);
        at = link.range.end;
        if let Some(number) = body.links.iter().position(|target| *target == link.target) {
            // A blank that does not break: the number stays on its link's line.
            numbered.push_str(&format!("{NO_BREAK}[{}]", number + 1));
        }
    }
    numbered.push_str(&text[at..]);
    numbered
}

/// Links and their numbers stand out from the text.
fn mark_links(line: &str, pieces: &mut Vec<Piece>) {
    let mut at = 0;
    for link in links::find(line) {
        let (before, after) = (&line[at..link.range.start], &line[link.range.end..]);
        let number = after
            .strip_prefix(NO_BREAK)
            .and_then(|rest| rest.strip_prefix('[')?.split_once(']'))
            .map(|(digits, _)| digits);
        let number = number.filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()));
        pieces.push((before.to_owned(), Paint::Text));
        pieces.push((line[link.range.clone()].to_owned(), Paint::Link));
        at = link.range.end;
        if let Some(digits) = number {
            pieces.push((format!(" [{digits}]"), Paint::Key));
            at += NO_BREAK.len_utf8() + digits.len() + 2;
        }
    }
    pieces.push((line[at..].to_owned(), Paint::Text));
}

/// Whoever wrote, and for what the team wrote, to whom; where it is known who of us that was, they are named before it.
fn parties(part: &Part, g: &Glyphs) -> String {
    let first = |list: &[Address]| list.first().map_or_else(|| "?".to_owned(), |a| safe::line(a.shown()));
    if part.by.is_some() {
        return format!(" {} {}", g.arrow, first(&part.message.to));
    }
    let from = first(&part.message.from);
    if part.is_outgoing { format!("{from} {} {}", g.arrow, first(&part.message.to)) } else { from }
}

fn addresses(list: &[Address]) -> String {
    list.iter().map(|a| safe::line(&a.to_string())).collect::<Vec<_>>().join(", ")
}

/// The first words that are the writer's own.
fn snippet(part: &Part) -> String {
    let Some(body) = &part.body else { return String::new() };
    let own = body.text.lines().filter(|l| !is_quoted(l) && !l.trim().is_empty()).take(3);
    safe::line(&own.collect::<Vec<_>>().join(" "))
}
