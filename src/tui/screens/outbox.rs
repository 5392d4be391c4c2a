//! What waits to be sent: to whom, since when, and what is in the way.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::mail::safe;
use crate::tui::app::App;
use crate::tui::cells::{fit, fit_right};
use crate::tui::source::{OutboxItem, OutboxState};
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::{line, panel};
use crate::tui::words;

/// Draws the list, two lines an answer.
pub fn draw(app: &App, selected: usize, theme: &Theme, buffer: &mut Buffer, body: Rect) {
    let g = theme.glyphs;
    let count = app.outbox.len();
    let rows = u16::try_from(count.max(1)).unwrap_or(u16::MAX);
    let width = if body.width >= 100 { 96 } else { body.width };
    let area = panel::middle(body, width, rows.saturating_mul(2).saturating_add(2));
    let inner = panel::framed(theme, buffer, area, "Outbox", &[]);
    if count == 0 {
        line::put(buffer, inner, "empty: nothing waits to be sent", theme.style(Paint::Dim));
        return;
    }
    let selected = selected.min(count - 1);
    let shown = usize::from((inner.height / 2).max(1));
    let top = selected.saturating_sub(shown - 1);
    for (row, item) in app.outbox.iter().enumerate().skip(top).take(shown) {
        let area = Rect { y: inner.y + (row - top) as u16 * 2, height: 1, ..inner };
        let is_selected = row == selected;
        let base = if is_selected { theme.style(Paint::Selected) } else { Style::new() };
        buffer.set_style(area, base);
        let since = words::stamp(item.since, app.now, &app.settings.zone);
        let room = usize::from(inner.width).saturating_sub(3);
        let right = 12.min(room);
        let what = format!("{} {} {}", safe::line(&item.to), g.dot, safe::line(&item.subject));
        let bar = if is_selected { g.bar } else { " " };
        let pieces = [
            (format!("{bar} "), base.patch(theme.style(Paint::Cursor))),
            (fit(&what, room - right, g.ellipsis), base.patch(theme.style(Paint::Strong))),
            (fit_right(&since, right, g.ellipsis), base.patch(theme.style(Paint::Dim))),
        ];
        line::spans(buffer, area, &pieces);
        let paint = if item.state == OutboxState::Unsent { Paint::Dim } else { Paint::Warn };
        let second = Rect { x: area.x + 4, y: area.y + 1, width: area.width.saturating_sub(4), height: 1 };
        if second.y < inner.bottom() {
            line::put(buffer, second, &line::cut_to(theme, &state_of(app, item), second.width), theme.style(paint));
        }
    }
}

/// How it stands, in words.
fn state_of(app: &App, item: &OutboxItem) -> String {
    let why = item.why.as_deref().map(safe::line);
    let held = item.hold_until.filter(|until| *until > app.now);
    match (item.state, held, why) {
        (OutboxState::Unknown, ..) => "nobody knows whether it was sent: you have to say".to_owned(),
        // The last second is told to its end.
        (_, Some(until), _) => format!("leaves in {}s", (until.duration_since(app.now).as_millis() + 999) / 1000),
        (OutboxState::Failed, _, why) => why.unwrap_or_else(|| "not to be tried again by itself".to_owned()),
        (_, _, Some(why)) => why,
        (..) if app.is_offline() => "waits for a connection".to_owned(),
        (..) => "on its way".to_owned(),
    }
}
