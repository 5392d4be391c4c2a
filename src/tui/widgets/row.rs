//! One row of the queue: WHO AGE FROM SUBJECT TAGS WAITS, in columns that depend on the width alone.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::line::{self, Span};
use super::marks::mark;
use crate::mail::safe;
use crate::model::query::{Marks, Part};
use crate::model::{Assignee, Conversation, Handle, Status, View, age};
use crate::tui::cells::{cut, fit, fit_right, settle, width};
use crate::tui::theme::{Paint, Theme};

/// Cells of each column; 0 where it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    margin: usize,
    who: usize,
    age: usize,
    from: usize,
    subject: usize,
    marks: usize,
    tags: usize,
    waits: usize,
}

/// Between two columns.
const GAP: usize = 2;
/// What stands under WAITS while the ball is the customer's, …
const CUSTOMER: usize = 8;
/// … and with an age, as `customer 13d`.
const CUSTOMER_AND_AGE: usize = CUSTOMER + 4;
/// A tag in the room of a subject is cut at so many cells, its blanks included, …
const LONGEST_TAG: usize = 12;
/// … and takes room from a subject that has so many.
const LEAST_BESIDE_TAG: usize = 24;

impl Columns {
    /// The columns for a width: TAGS goes first, then AGE. In the view of what waits for customers WAITS says instead for how
    /// long, where there is room.
    pub fn of(cells: u16, view: View) -> Self {
        let cells = usize::from(cells);
        let mut c = match cells {
            ..34 => Self { margin: 1, who: 6, age: 0, from: 0, subject: 0, marks: 0, tags: 0, waits: 0 },
            34..56 => Self { margin: 2, who: 7, age: 0, from: 0, subject: 0, marks: 0, tags: 0, waits: 6 },
            56..76 => Self { margin: 3, who: 9, age: 0, from: 13, subject: 0, marks: 5, tags: 0, waits: 8 },
            76..90 => Self { margin: 3, who: 9, age: 0, from: 15, subject: 0, marks: 6, tags: 0, waits: 8 },
            90..104 => Self { margin: 3, who: 10, age: 4, from: 18, subject: 0, marks: 6, tags: 0, waits: 8 },
            104..132 => Self { margin: 3, who: 10, age: 4, from: 18, subject: 0, marks: 6, tags: cells / 9, waits: 8 },
            _ => Self { margin: 3, who: 12, age: 4, from: 24, subject: 0, marks: 6, tags: cells / 8, waits: 8 },
        };
        c.tags = c.tags.min(24);
        if view == View::Waiting && c.age == 0 && c.waits >= CUSTOMER && c.marks >= 6 {
            c.waits = CUSTOMER_AND_AGE;
        }
        let others = [c.who, c.age, c.from, c.marks, c.tags, c.waits];
        let shown = others.iter().filter(|w| **w > 0).count();
        // One cell stays free at the right.
        let used = c.margin + others.iter().sum::<usize>() + shown * GAP + 1;
        c.subject = cells.saturating_sub(used);
        c
    }

    /// The row of their names.
    pub fn heading(&self) -> String {
        let gap = " ".repeat(GAP);
        let mut text = " ".repeat(self.margin);
        let columns = [
            ("WHO", self.who, false),
            ("AGE", self.age, true),
            ("FROM", self.from, false),
            ("SUBJECT", self.subject, false),
            ("", self.marks, false),
            ("TAGS", self.tags, false),
            ("WAITS", self.waits, true),
        ];
        let shown = columns.iter().filter(|(_, cells, _)| *cells > 0);
        let cells = shown.map(|(name, cells, at_right)| match at_right {
            true => fit_right(name, *cells, ""),
            false => fit(name, *cells, ""),
        });
        text.push_str(&cells.collect::<Vec<_>>().join(&gap));
        text
    }
}

/// What a row is drawn with beside its conversation.
pub struct Look<'a> {
    pub theme: &'a Theme,
    pub columns: Columns,
    pub now: Timestamp,
    pub me: Option<&'a Handle>,
    /// How long a customer may be without an answer here.
    pub target: Option<Duration>,
    pub is_selected: bool,
    /// What is done to many is done to it.
    pub is_chosen: bool,
    /// The keys are in the queue.
    pub has_keys: bool,
    /// The server has not answered yet.
    pub is_pending: bool,
    /// It has left the view and goes when the selection moves.
    pub is_lingering: bool,
    pub has_draft: bool,
    /// What is looked for.
    pub marks: &'a Marks,
}

/// Draws a conversation into the first row of a place.
pub fn draw(buffer: &mut Buffer, area: Rect, conversation: &Conversation, look: &Look) {
    let theme = look.theme;
    let base = if look.is_selected { theme.style(Paint::Selected) } else { Style::new() };
    if look.is_selected {
        buffer.set_style(area, base);
    }
    let mut pieces: Vec<Span> = vec![margin(look), chosen(look)];
    let columns = look.columns;
    let marks = marks(conversation, look);
    // What the marks leave before them is the subject's, the blanks between the two as well where there are no marks.
    let marked: usize = marks.iter().map(|(text, _)| width(text)).sum();
    let spare = match (columns.marks, marked) {
        (0, _) => 0,
        (room, 0) => room + GAP,
        (room, marked) => room.saturating_sub(marked),
    };
    let cells = [
        (columns.who, who(conversation, look)),
        (
            columns.age,
            vec![(fit_right(&age(conversation.last_at, look.now), columns.age, ""), theme.style(Paint::Faint))],
        ),
        (columns.from, mark(from(conversation, look), Part::From, look.marks)),
        (columns.subject, mark(subject(conversation, spare, look), Part::Subject, look.marks)),
        (if marked > 0 { columns.marks } else { 0 }, marks),
        (columns.tags, tags(conversation, look)),
        (columns.waits, waits(conversation, look)),
    ];
    let mut is_first = true;
    for (_, cell) in cells.into_iter().filter(|(cells, _)| *cells > 0) {
        if !std::mem::take(&mut is_first) {
            pieces.push((" ".repeat(GAP), Style::new()));
        }
        pieces.extend(cell);
    }
    for (_, style) in &mut pieces {
        *style = base.patch(*style);
        if look.is_lingering {
            style.fg = theme.style(Paint::Faint).fg;
        }
    }
    line::spans(buffer, area, &pieces);
}

fn margin(look: &Look) -> Span {
    let bar = if look.is_selected { look.theme.glyphs.bar } else { " " };
    let text = match look.columns.margin {
        0 => String::new(),
        1 if look.is_chosen => String::new(),
        1 | 2 => bar.to_owned(),
        _ => format!(" {bar}"),
    };
    let paint = if look.has_keys { Paint::Cursor } else { Paint::Faint };
    (text, look.theme.style(paint))
}

/// The last cell of the margin.
fn chosen(look: &Look) -> Span {
    let mark = if look.is_chosen { look.theme.glyphs.chosen } else { " " };
    let text = match look.columns.margin {
        1 if !look.is_chosen => "",
        _ => mark,
    };
    (text.to_owned(), look.theme.style(Paint::Key))
}

/// How a handle is shown: oneself as `you`, a teammate in a colour of their own.
pub fn name(handle: &Handle, me: Option<&Handle>, theme: &Theme) -> Span {
    if me == Some(handle) {
        ("you".to_owned(), theme.style(Paint::Me))
    } else {
        (handle.as_str().to_owned(), theme.person(handle))
    }
}

fn who(c: &Conversation, look: &Look) -> Vec<Span> {
    let (theme, g) = (look.theme, look.theme.glyphs);
    let mark = match c.status {
        _ if look.is_pending => Some((g.pending, theme.style(Paint::Pending))),
        _ if c.has_pending_answer => Some((g.unknown, theme.style(Paint::Warn))),
        Status::Waiting => Some((g.waiting, theme.style(Paint::Dim))),
        Status::Done => Some((g.done, theme.style(Paint::Good))),
        Status::Snoozed => Some((g.snoozed, theme.style(Paint::Dim))),
        Status::Open => None,
    };
    let room = look.columns.who - if mark.is_some() { 2 } else { 0 };
    let mut pieces = match &c.assignee {
        Assignee::Free => vec![(g.nobody.to_owned(), theme.style(Paint::Unclaimed))],
        Assignee::Held(handle) => vec![name(handle, look.me, theme)],
        Assignee::Contested(handles) => contestants(handles, room, look),
    };
    if let [(text, _)] = pieces.as_mut_slice() {
        *text = cut(text, room, g.ellipsis);
    }
    if look.is_pending {
        for (_, style) in &mut pieces {
            *style = style.add_modifier(theme.style(Paint::Pending).add_modifier);
        }
    }
    if let Some((sign, style)) = mark {
        pieces.push((format!(" {sign}"), style));
    }
    let used: usize = pieces.iter().map(|(text, _)| width(text)).sum();
    pieces.push((" ".repeat(look.columns.who.saturating_sub(used)), Style::new()));
    pieces
}

/// The first two names with a mark between them, shortened evenly where both do not fit.
fn contestants(handles: &[Handle], room: usize, look: &Look) -> Vec<Span> {
    let (theme, g) = (look.theme, look.theme.glyphs);
    let names: Vec<Span> = handles.iter().take(2).map(|h| name(h, look.me, theme)).collect();
    let shortest = names.iter().map(|(text, _)| width(text)).min().unwrap_or(0);
    let half = room.saturating_sub(1) / 2;
    // What the shorter name leaves is the longer one's.
    let longest = room.saturating_sub(1 + shortest.min(half));
    let mut pieces = Vec::new();
    for (text, style) in names {
        if !pieces.is_empty() {
            pieces.push((g.contested.to_owned(), theme.style(Paint::Contested)));
        }
        pieces.push((cut(&text, longest, g.ellipsis), style));
    }
    pieces
}

fn weight(c: &Conversation, look: &Look) -> Style {
    look.theme.style(if c.unread { Paint::Strong } else { Paint::Text })
}

fn from(c: &Conversation, look: &Look) -> Vec<Span> {
    let name = safe::line(c.from.shown());
    let (name, style) = match name.trim() {
        "" => ("(no sender)", look.theme.style(Paint::Faint)),
        name => (name, weight(c, look)),
    };
    vec![(fit(name, look.columns.from, look.theme.glyphs.ellipsis), style)]
}

/// A tag as it stands beside a subject.
fn tag_beside(tag: &str) -> String {
    settle(&format!("  #{}", safe::line(tag)))
}

/// The tags where they have no column: as many as stand in the room that the subject leaves. A subject that leaves none gives
/// some up, so that a tagged row can be told from others, but for one in which something is looked for; `+1` is one that is not
/// shown.
fn tags_beside(c: &Conversation, subject: usize, room: usize, look: &Look) -> String {
    if look.columns.tags > 0 || c.tags.is_empty() {
        return String::new();
    }
    let named: Vec<String> = c.tags.iter().map(|tag| tag_beside(tag)).collect();
    let mut tags = String::new();
    let mut shown = 0;
    for tag in &named {
        if subject + width(&tags) + width(tag) <= room {
            tags.push_str(tag);
            shown += 1;
        }
    }
    if shown == 0 && room >= LEAST_BESIDE_TAG && look.marks.is_empty() {
        tags = cut(&named[0], LONGEST_TAG, look.theme.glyphs.ellipsis);
        shown = 1;
    }
    if shown > 0 && shown < named.len() && room >= LEAST_BESIDE_TAG {
        tags.push_str(&format!(" +{}", named.len() - shown));
    }
    tags
}

/// `spare`: the cells beside its column that nothing else needs.
fn subject(c: &Conversation, mut spare: usize, look: &Look) -> Vec<Span> {
    let (theme, g) = (look.theme, look.theme.glyphs);
    let mut pieces = Vec::new();
    let mut room = look.columns.subject;
    if c.urgent && room > 4 {
        pieces.push((format!("{} ", g.urgent), theme.style(Paint::Urgent)));
        room -= 2;
    }
    if look.has_draft && room > 12 {
        pieces.push(("draft ".to_owned(), theme.style(Paint::Pending)));
        room -= 6;
    }
    let subject = safe::line(&c.subject);
    if subject.is_empty() {
        pieces.push((fit("(no subject)", room, g.ellipsis), theme.style(Paint::Faint)));
    } else {
        let needed = width(&settle(&subject));
        let tagged: usize = match look.columns.tags {
            0 => c.tags.iter().map(|tag| width(&tag_beside(tag))).sum(),
            _ => 0,
        };
        // No more than it needs: tags that fit stand below each other.
        let taken = (needed + tagged).saturating_sub(room).min(spare);
        room += taken;
        spare -= taken;
        // Where tags have no column, those that fit stand in the room that the subject leaves.
        let tags = tags_beside(c, needed, room, look);
        pieces.push((fit(&subject, room - width(&tags), g.ellipsis), weight(c, look)));
        if !tags.is_empty() {
            pieces.push((tags, theme.style(Paint::Tag)));
        }
    }
    pieces.push((" ".repeat(spare), Style::new()));
    pieces
}

fn marks(c: &Conversation, look: &Look) -> Vec<Span> {
    let theme = look.theme;
    let room = look.columns.marks;
    let count = match c.messages {
        0 | 1 => String::new(),
        2..=99 => format!("({})", c.messages),
        _ => "(99)".to_owned(),
    };
    let count_style = theme.style(if c.unread { Paint::Strong } else { Paint::Faint });
    if !c.has_attachment {
        return vec![(count, count_style)];
    }
    vec![
        (theme.glyphs.attachment.to_owned(), theme.style(Paint::Dim)),
        (fit_right(&count, room.saturating_sub(1), ""), count_style),
    ]
}

fn tags(c: &Conversation, look: &Look) -> Vec<Span> {
    let text = safe::line(&c.tags.join("  "));
    vec![(fit(&text, look.columns.tags, look.theme.glyphs.ellipsis), look.theme.style(Paint::Tag))]
}

fn waits(c: &Conversation, look: &Look) -> Vec<Span> {
    let theme = look.theme;
    let room = look.columns.waits;
    let (text, paint) = match (c.status, c.waiting_since) {
        (Status::Waiting, _) if room >= CUSTOMER_AND_AGE => {
            (format!("customer {}", age(c.last_at, look.now)), Paint::Faint)
        }
        (Status::Waiting, _) if room >= CUSTOMER => ("customer".to_owned(), Paint::Faint),
        (Status::Done, _) | (_, None) => (String::new(), Paint::Dim),
        (_, Some(since)) => {
            let waits = age(since, look.now);
            let waited = look.now.duration_since(since).unsigned_abs();
            match look.target {
                Some(target) if waited > target => (format!("!! {waits}"), Paint::Overdue),
                Some(target) if waited > target * 3 / 4 => (format!("! {waits}"), Paint::Due),
                _ => (waits, Paint::Dim),
            }
        }
    };
    vec![(fit_right(&text, room, ""), theme.style(paint))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_is_used_to_the_last_cell_but_one() {
        for cells in 12..250_u16 {
            for view in [View::Inbox, View::Waiting] {
                let c = Columns::of(cells, view);
                assert!(c.subject > 0, "{cells}: {c:?}");
                assert_eq!(width(&c.heading()), usize::from(cells) - 1, "{cells}: {c:?}");
            }
        }
    }
}
