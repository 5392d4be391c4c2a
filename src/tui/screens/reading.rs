//! A conversation: what it is, then its messages, oldest first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::mail::safe;
use crate::model::query::Part;
use crate::model::{Assignee, Handle, Status, age};
use crate::tui::app::{App, Focus};
use crate::tui::keymap::{Act, Context};
use crate::tui::layout::{Areas, MEASURE};
use crate::tui::reading::Reading;
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::line::{self, Span};
use crate::tui::widgets::marks::mark;
use crate::tui::widgets::row::name;
use crate::tui::words;

/// Draws the pane, or the whole screen's conversation.
pub fn draw(app: &App, theme: &Theme, buffer: &mut Buffer, areas: &Areas) {
    let place = areas.reading;
    if place.is_empty() {
        return;
    }
    let Some(reading) = &app.reading else { return };
    let mut head_area = areas.reading_head;
    head_area.width = head_area.width.min(MEASURE + 1);
    head(app, reading, theme, buffer, head_area);
    let has_keys = app.focus == Focus::Reading && app.composer.is_none();
    for row in 0..place.height {
        let at = reading.top + usize::from(row);
        let Some(text) = reading.lines.get(at) else { break };
        let area = Rect { y: place.y + row, height: 1, ..place };
        if has_keys && at == reading.cursor {
            line::put(buffer, area, theme.glyphs.bar, theme.style(Paint::Cursor));
        }
        let style = |paint: Paint| match &text.by {
            Some(by) if paint == Paint::Me => name(by, app.me(), theme).1,
            _ => theme.style(paint),
        };
        let pieces: Vec<Span> = text.pieces.iter().map(|(text, paint)| (text.clone(), style(*paint))).collect();
        let pieces = mark(pieces, text.is_part_of(), &reading.marks);
        line::spans(buffer, Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area }, &pieces);
    }
    let below = reading.lines.len().saturating_sub(reading.top + usize::from(place.height));
    more(below, theme, buffer, Rect { x: place.x, width: place.width, ..areas.lower_rule });
    // The rule of the head, where it has one.
    let above = match head_area.height {
        3.. => Rect { x: head_area.x + 1, y: head_area.y + 2, width: head_area.width.saturating_sub(1), height: 1 },
        _ => Rect { x: place.x, width: place.width, ..areas.upper_rule },
    };
    more(reading.top, theme, buffer, above);
}

/// How much is beyond the screen, on the rule there.
fn more(count: usize, theme: &Theme, buffer: &mut Buffer, rule: Rect) {
    if count > 0 {
        let text = format!(" {} ", words::count(count, "more line", "more lines"));
        line::right(buffer, rule, &[(text, theme.style(Paint::Faint))]);
    }
}

fn head(app: &App, reading: &Reading, theme: &Theme, buffer: &mut Buffer, area: Rect) {
    let Some(known) = reading.conversation.as_ref().filter(|_| area.height > 0) else { return };
    let c = app.intents.over(known);
    let g = theme.glyphs;
    let row = |y: u16| Rect { x: area.x + 1, y: area.y + y, width: area.width.saturating_sub(1), height: 1 };
    let tags: Vec<Span> = c.tags.iter().map(|t| (format!("  #{}", safe::line(t)), theme.style(Paint::Tag))).collect();
    let room = line::right(buffer, row(0), &tags).saturating_sub(1);
    let mut title: Vec<Span> = Vec::new();
    if c.urgent {
        title.push((format!("{} ", g.urgent), theme.style(Paint::Urgent)));
    }
    let subject = safe::line(&c.subject);
    let subject = if subject.is_empty() { "(no subject)".to_owned() } else { subject };
    title.push((line::cut_to(theme, &subject, room.saturating_sub(2)), theme.style(Paint::Strong)));
    let title = mark(title, Part::Subject, &reading.marks);
    line::spans(buffer, Rect { width: room, ..row(0) }, &title);
    if area.height < 3 {
        return;
    }
    let dot = || (format!(" {} ", g.dot), theme.style(Paint::Faint));
    let mut state: Vec<Span> = match &c.assignee {
        Assignee::Free => vec![("unclaimed".to_owned(), theme.style(Paint::Unclaimed))],
        Assignee::Held(handle) => vec![name(handle, app.me(), theme)],
        Assignee::Contested(_) => vec![(format!("contested by {}", c.assignee), theme.style(Paint::Contested))],
    };
    if app.intents.is_pending(known) {
        state.push((format!(" {}", g.pending), theme.style(Paint::Pending)));
    }
    if c.assignee == Assignee::Free && !reading.had_by.is_empty() {
        let shown = |handle: &Handle| name(handle, app.me(), theme).0;
        let names: Vec<String> = reading.had_by.iter().map(shown).collect();
        state.push((format!(", {} had it", names.join(" and ")), theme.style(Paint::Dim)));
    }
    state.push(dot());
    state.push((c.status.to_string(), theme.style(Paint::Dim)));
    if let Some(since) = c.waiting_since.filter(|_| c.status == Status::Open) {
        state.push(dot());
        state.push((format!("waits {}", age(since, app.now)), theme.style(Paint::Dim)));
    }
    let reply = app.keymap.key_for(Context::Reading, Act::Reply);
    if c.has_pending_answer || reading.pending_answer().is_some() {
        state.push(dot());
        state.push((format!("an answer's fate is open, {reply} says"), theme.style(Paint::Warn)));
    } else if app.drafts.contains(&reading.target) {
        state.push(dot());
        state.push((format!("draft, {reply} goes on"), theme.style(Paint::Pending)));
    }
    let id = [(c.id.to_string(), theme.style(Paint::Faint))];
    let used: usize = state.iter().map(|(text, _)| crate::tui::cells::width(text)).sum();
    if used + 14 <= usize::from(row(1).width) {
        line::right(buffer, row(1), &id);
    }
    line::spans(buffer, row(1), &state);
    line::fill(buffer, row(2), g.rule, theme.style(Paint::Rule));
}
