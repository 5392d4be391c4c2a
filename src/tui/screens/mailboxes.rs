//! Every shared mailbox that this login reaches, and what one may do there.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::engine::message::Connection;
use crate::mail::safe;
use crate::model::{Grade, View};
use crate::tui::app::App;
use crate::tui::cells::{fit, fit_right};
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::bars::rights_in_words;
use crate::tui::widgets::{line, panel};

/// Draws the list.
pub fn draw(app: &App, selected: usize, theme: &Theme, buffer: &mut Buffer, body: Rect) {
    let g = theme.glyphs;
    let rows = u16::try_from(app.mailboxes.len().max(1)).unwrap_or(u16::MAX);
    let width = if body.width >= 100 { 96 } else { body.width };
    let area = panel::middle(body, width, rows.saturating_mul(2).saturating_add(2));
    let inner = panel::framed(theme, buffer, area, "Mailboxes", &[]);
    if app.mailboxes.is_empty() {
        line::put(buffer, inner, "none found: bagsy doctor says why", theme.style(Paint::Dim));
        return;
    }
    let each = if inner.height >= rows.saturating_mul(2) { 2 } else { 1 };
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
        if each == 2 {
            let keeps = match mailbox.grade {
                Grade::A => "of those who claim one, one wins",
                Grade::B | Grade::C => "claims are not kept safely here",
                Grade::D => "you may only look",
            };
            let you = format!("you may {} {} grade {}: {keeps}", rights_in_words(mailbox), g.dot, mailbox.grade);
            let second = Rect { x: area.x + 4, y: area.y + 1, width: area.width.saturating_sub(4), height: 1 };
            line::put(buffer, second, &line::cut_to(theme, &you, second.width), theme.style(Paint::Faint));
        }
    }
}
