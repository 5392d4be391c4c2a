//! Every shared mailbox that this login reaches, and what one may do there.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::engine::message::Connection;
use crate::mail::safe;
use crate::model::{Grade, Mailbox, View};
use crate::tui::app::App;
use crate::tui::cells::{fit, fit_right, wrap};
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::bars::rights_in_words;
use crate::tui::widgets::{line, panel};

/// Draws the list.
pub fn draw(app: &App, selected: usize, theme: &Theme, buffer: &mut Buffer, body: Rect) {
    let g = theme.glyphs;
    let rows = u16::try_from(app.mailboxes.len().max(1)).unwrap_or(u16::MAX);
    let width = if body.width >= 100 { 96 } else { body.width };
    let about: Vec<Vec<String>> = app
        .mailboxes
        .iter()
        .map(|mailbox| wrap(&about(mailbox, g.dot), usize::from(width.saturating_sub(8))))
        .collect();
    let longest = about.iter().map(Vec::len).max().unwrap_or(1);
    let whole = u16::try_from(1 + longest).unwrap_or(u16::MAX);
    let area = panel::middle(body, width, rows.saturating_mul(whole).saturating_add(2));
    let inner = panel::framed(theme, buffer, area, "Mailboxes", &[]);
    if app.mailboxes.is_empty() {
        line::put(buffer, inner, "none found: bagsy doctor says why", theme.style(Paint::Dim));
        return;
    }
    // The whole sentence where there is room for all of them, else its first line, else none.
    let has_room = |each: &u16| inner.height >= rows.saturating_mul(*each);
    let each = [whole, 2].into_iter().find(has_room).unwrap_or(1);
    let shown = usize::from((inner.height / each).max(1));
    let top = selected.saturating_sub(shown - 1);
    for (row, at) in (top..app.mailboxes.len()).take(shown).enumerate() {
        let mailbox = &app.mailboxes[at];
        let area = Rect { y: inner.y + row as u16 * each, height: 1, ..inner };
        let is_selected = at == selected;
        let base = if is_selected { theme.style(Paint::Selected) } else { Style::new() };
        buffer.set_style(area, base);
        let state = match app.connections.get(mailbox.key()) {
            Some(Connection::Live) => (g.live, Paint::Good),
            Some(Connection::Offline { .. }) => (g.offline, Paint::Bad),
            _ => (g.busy, Paint::Warn),
        };
        let counts = match app.mailbox_counts.get(mailbox.key()) {
            Some(counts) => format!("{} open, {} unclaimed", counts.of(View::Inbox), counts.of(View::Unclaimed)),
            None => String::new(),
        };
        let room = usize::from(inner.width).saturating_sub(8);
        let right = room / 2;
        let name = fit(&safe::line(mailbox.key()), room - right, g.ellipsis);
        let bar = if is_selected { g.bar } else { " " };
        let pieces = [
            (format!("{bar} "), base.patch(theme.style(Paint::Cursor))),
            (format!("{} ", state.0), base.patch(theme.style(state.1))),
            (name, base.patch(theme.style(Paint::Strong))),
            (fit_right(&counts, right, g.ellipsis), base.patch(theme.style(Paint::Dim))),
        ];
        line::spans(buffer, area, &pieces);
        let second = Rect { x: area.x + 4, y: area.y + 1, width: area.width.saturating_sub(4), height: 1 };
        let lines = match each {
            1 => Vec::new(),
            _ if each == whole => about[at].clone(),
            _ => vec![line::cut_to(theme, &about[at].join(" "), second.width)],
        };
        for (row, text) in lines.iter().enumerate() {
            line::put(buffer, Rect { y: second.y + row as u16, ..second }, text, theme.style(Paint::Faint));
        }
    }
}

/// What one may do there, and what a claim is worth.
fn about(mailbox: &Mailbox, dot: &str) -> String {
    let keeps = match mailbox.grade {
        Grade::A => "of those who claim one, one wins",
        Grade::B | Grade::C => "claims are not kept safely here",
        Grade::D => "you may only look",
    };
    format!("you may {} {dot} grade {}: {keeps}", rights_in_words(mailbox), mailbox.grade)
}
