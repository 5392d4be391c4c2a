//! The answer that is being written.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::Widget;

use crate::mail::safe;
use crate::model::Capability;
use crate::tui::app::App;
use crate::tui::cells::width;
use crate::tui::composer::{Composer, Field};
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::{line, panel};
use crate::tui::words;

/// Cells before a field's text.
const LABEL: u16 = 9;

/// Draws it; the answer is where the terminal's cursor stands.
pub fn draw(app: &App, composer: &Composer, theme: &Theme, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    let title = format!("Reply as {}", safe::line(&composer.from().to_string()));
    let inner = panel::framed(theme, buffer, area, &title, &kept(app, composer, theme));
    if inner.is_empty() {
        return None;
    }
    let has_fields = inner.height >= 8;
    let mut y = inner.y;
    let mut cursor = None;
    if has_fields {
        from(app, composer, theme, buffer, Rect { y, height: 1, ..inner });
        y += 1;
        for field in [Field::To, Field::Cc, Field::Subject] {
            let place = Rect { y, height: 1, ..inner };
            cursor = cursor.or(one_line(composer, field, theme, buffer, place));
            y += 1;
        }
        line::fill(buffer, Rect { y, height: 1, ..inner }, theme.glyphs.rule, theme.style(Paint::Rule));
        y += 1;
    } else if composer.field != Field::Body {
        cursor = one_line(composer, composer.field, theme, buffer, Rect { y, height: 1, ..inner });
        y += 1;
    }
    let mut text = Rect { y, height: inner.bottom().saturating_sub(y), ..inner };
    if let Some((notice, paint)) = notice(app, composer, theme) {
        text.height = text.height.saturating_sub(1);
        let place = Rect { y: text.bottom(), height: 1, ..inner };
        line::put(buffer, place, &line::cut_to(theme, &notice, inner.width), theme.style(paint));
    }
    if text.is_empty() {
        return cursor;
    }
    cursor.or(write_area(composer, Field::Body, theme, buffer, text))
}

/// The line below the text.
fn notice(app: &App, composer: &Composer, theme: &Theme) -> Option<(String, Paint)> {
    if let Some(warning) = &composer.warning {
        return Some((format!("{} {}", theme.glyphs.warning, safe::line(warning)), Paint::Warn));
    }
    let says = match app.is_offline() {
        true => "the text is not here yet: with a connection it comes, and the quote follows",
        false => "the text is being fetched; the quote follows",
    };
    composer.wants_quote().then(|| (format!("{} {says}", theme.glyphs.busy), Paint::Faint))
}

fn kept(app: &App, composer: &Composer, theme: &Theme) -> Vec<line::Span> {
    match composer.saved_at {
        Some(at) if !composer.is_unsaved() => {
            let text = format!("draft saved {}", words::clock(at, &app.settings.zone));
            vec![(text, theme.style(Paint::Faint))]
        }
        _ => Vec::new(),
    }
}

fn from(app: &App, composer: &Composer, theme: &Theme, buffer: &mut Buffer, area: Rect) {
    line::put(buffer, area, "From", theme.style(Paint::Faint));
    let text = Rect { x: area.x + LABEL, width: area.width.saturating_sub(LABEL), ..area };
    let address = safe::line(&composer.from().to_string());
    let mailbox = app.current();
    let person = mailbox.and_then(|m| app.account(m)).and_then(|a| a.name.clone());
    let may = mailbox.is_some_and(|m| m.may(Capability::Send));
    let note = person.filter(|_| may).map(|p| format!("  (you: {})", safe::line(&p))).unwrap_or_default();
    let mut pieces = vec![(line::cut_to(theme, &address, text.width), theme.style(Paint::Text))];
    if width(&address) + width(&note) <= usize::from(text.width) {
        pieces.push((note, theme.style(Paint::Faint)));
    }
    line::spans(buffer, text, &pieces);
}

fn one_line(composer: &Composer, field: Field, theme: &Theme, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    let is_here = composer.field == field;
    let label = theme.style(if is_here { Paint::Cursor } else { Paint::Faint });
    line::put(buffer, area, field.title(), label);
    let text = Rect { x: area.x + LABEL, width: area.width.saturating_sub(LABEL), ..area };
    write_area(composer, field, theme, buffer, text)
}

/// Draws one field's text. The terminal's own cursor is shown, so the editor draws none.
fn write_area(composer: &Composer, field: Field, theme: &Theme, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    let editor = composer.area(field);
    editor.render(area, buffer);
    if field == Field::Body {
        dim_quotes(editor, theme, buffer, area);
    }
    (composer.field == field).then(|| cursor_in(editor, area))
}

/// Where an editor's cursor is on the screen.
pub fn cursor_in(editor: &ratatui_textarea::TextArea, area: Rect) -> Position {
    let (row, column) = editor.scroll_offset();
    let at = editor.screen_cursor();
    let x = u16::try_from(at.col).unwrap_or(u16::MAX).saturating_sub(column).min(area.width.saturating_sub(1));
    let y = u16::try_from(at.row).unwrap_or(u16::MAX).saturating_sub(row).min(area.height.saturating_sub(1));
    Position { x: area.x + x, y: area.y + y }
}

/// What is quoted is dim, on each row that a long line takes.
fn dim_quotes(editor: &ratatui_textarea::TextArea, theme: &Theme, buffer: &mut Buffer, area: Rect) {
    let (scrolled, _) = editor.scroll_offset();
    for y in area.top()..area.bottom() {
        let line = editor.screen_to_data(usize::from(scrolled + (y - area.top())), 0).0;
        if editor.lines().get(line).is_some_and(|line| line.starts_with('>')) {
            let style: Style = theme.style(Paint::Quote);
            buffer.set_style(Rect { y, height: 1, ..area }, style);
        }
    }
}
