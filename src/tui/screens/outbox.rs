//! What has not left yet: to whom it goes, since when it waits and what is in the way; and texts that were begun.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::engine::kept::KeptText;
use crate::mail::safe;
use crate::tui::app::App;
use crate::tui::cells::{fit, fit_right};
use crate::tui::keymap::{Act, Context};
use crate::tui::source::{OutboxItem, OutboxState};
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::{line, panel};
use crate::tui::words;

/// Draws the list, two lines an answer.
pub fn draw(app: &App, selected: usize, theme: &Theme, buffer: &mut Buffer, body: Rect) {
    let g = theme.glyphs;
    let mails = app.outbox.iter().map(|item| Entry {
        to: &item.to,
        subject: &item.subject,
        since: item.since,
        says: state_of(app, item),
        is_calm: item.state == OutboxState::Unsent,
    });
    let texts = app.texts.iter().map(|text| Entry {
        to: &text.to,
        subject: &text.subject,
        since: text.saved_at,
        says: about_text(app, text),
        is_calm: !text.is_homeless && text.came_back.is_none(),
    });
    let entries: Vec<Entry<'_>> = mails.chain(texts).collect();
    let count = entries.len();
    let rows = u16::try_from(count.max(1)).unwrap_or(u16::MAX);
    let width = if body.width >= 100 { 96 } else { body.width };
    let area = panel::middle(body, width, rows.saturating_mul(2).saturating_add(2));
    let inner = panel::framed(theme, buffer, area, "Outbox", &[]);
    if count == 0 {
        line::put(buffer, inner, "empty: nothing waits to be sent, and no text is begun", theme.style(Paint::Dim));
        return;
    }
    let selected = selected.min(count - 1);
    let shown = usize::from((inner.height / 2).max(1));
    let top = selected.saturating_sub(shown - 1);
    for (row, entry) in entries.iter().enumerate().skip(top).take(shown) {
        let area = Rect { y: inner.y + (row - top) as u16 * 2, height: 1, ..inner };
        let is_selected = row == selected;
        let base = if is_selected { theme.style(Paint::Selected) } else { Style::new() };
        buffer.set_style(area, base);
        let since = words::stamp(entry.since, app.now, &app.settings.zone);
        let room = usize::from(inner.width).saturating_sub(3);
        let right = 12.min(room);
        let parts = [safe::line(entry.to), safe::line(entry.subject)];
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.trim().is_empty()).collect();
        let what = parts.join(&format!(" {} ", g.dot));
        let bar = if is_selected { g.bar } else { " " };
        let pieces = [
            (format!("{bar} "), base.patch(theme.style(Paint::Cursor))),
            (fit(&what, room - right, g.ellipsis), base.patch(theme.style(Paint::Strong))),
            (fit_right(&since, right, g.ellipsis), base.patch(theme.style(Paint::Dim))),
        ];
        line::spans(buffer, area, &pieces);
        let paint = if entry.is_calm { Paint::Dim } else { Paint::Warn };
        let second = Rect { x: area.x + 4, y: area.y + 1, width: area.width.saturating_sub(4), height: 1 };
        if second.y < inner.bottom() {
            line::put(buffer, second, &line::cut_to(theme, &entry.says, second.width), theme.style(paint));
        }
    }
}

/// What two lines tell of.
struct Entry<'a> {
    to: &'a str,
    subject: &'a str,
    since: Timestamp,
    says: String,
    is_calm: bool,
}

/// What was begun, and what becomes of it.
fn about_text(app: &App, text: &KeptText) -> String {
    let key = app.keymap.key_for(Context::Outbox, Act::Open);
    let what = match (text.target.forwarded(), text.target.is_opening()) {
        (Some(_), _) => "forwarding",
        (None, true) => "a new mail",
        (None, false) => "an answer",
    };
    match (&text.came_back, text.is_homeless) {
        (_, true) => format!("draft; its conversation is gone: {key} makes a new mail of it"),
        (Some(why), _) => format!("{}: {key} goes on with it", safe::line(why)),
        (None, _) => format!("draft of {what}: {key} goes on with it"),
    }
}

/// How it stands, in words.
fn state_of(app: &App, item: &OutboxItem) -> String {
    let why = item.why.as_deref().map(safe::line);
    let held = item.hold_until.filter(|until| *until > app.now);
    match (item.state, held, why) {
        (OutboxState::Unknown, ..) => "nobody knows whether it was sent: you have to say".to_owned(),
        // The last second is told to its end.
        (_, Some(until), _) => format!("leaves in {}s", words::seconds_left(until, app.now)),
        (OutboxState::Failed, _, why) => why.unwrap_or_else(|| "not to be tried again by itself".to_owned()),
        (_, _, Some(why)) => why,
        (..) if app.is_offline() => "waits for a connection".to_owned(),
        (..) => "on its way".to_owned(),
    }
}
