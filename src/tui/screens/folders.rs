//! The small window in which a folder is chosen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::small::typed;
use crate::mail::safe;
use crate::tui::app::App;
use crate::tui::folders::FolderPicker;
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::{line, panel};
use crate::tui::words;

/// Draws it; the answer is where the terminal's cursor stands.
pub fn draw(app: &App, picker: &FolderPicker, theme: &Theme, buffer: &mut Buffer, body: Rect) -> Option<Position> {
    let matching = picker.matching();
    let known = picker.folders.as_ref().map_or(1, Vec::len);
    let rows = u16::try_from(known.clamp(1, 14)).unwrap_or(14);
    let area = panel::middle(body, 56, rows + 4);
    let title = match &picker.conversation {
        Some(c) => format!("Move {} to", words::quoted(&c.subject, theme.glyphs)),
        None => {
            let count = app.queue.selection.len();
            format!("Move {} to", words::count(count, "conversation", "conversations"))
        }
    };
    let inner = panel::framed(theme, buffer, area, &title, &[]);
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let selected = picker.selected.min(matching.len().saturating_sub(1));
    let top = selected.saturating_sub(usize::from(list.height.saturating_sub(1)));
    for (row, (at, folder)) in matching.iter().enumerate().skip(top).take(usize::from(list.height)).enumerate() {
        let place = Rect { y: list.y + row as u16, height: 1, ..list };
        let is_selected = at == selected;
        let base = theme.style(if is_selected { Paint::Selected } else { Paint::Text });
        buffer.set_style(place, base);
        let bar = if is_selected { theme.glyphs.bar } else { " " };
        let paint = if folder.why_not.is_some() { Paint::Disabled } else { Paint::Text };
        let name = line::cut_to(theme, &safe::line(&folder.shown), place.width.saturating_sub(3));
        let mut pieces =
            vec![(format!("{bar} "), base.patch(theme.style(Paint::Cursor))), (name, base.patch(theme.style(paint)))];
        if let Some(why_not) = &folder.why_not {
            pieces.push((format!("  {}", safe::line(why_not)), base.patch(theme.style(Paint::Disabled))));
        }
        line::spans(buffer, place, &pieces);
    }
    if matching.is_empty() && !list.is_empty() {
        let (text, paint) = match picker.folders {
            None => (format!("{} asking for the folders", theme.glyphs.busy), Paint::Faint),
            Some(_) => ("no such folder".to_owned(), Paint::Warn),
        };
        line::put(buffer, list, &line::cut_to(theme, &text, list.width), theme.style(paint));
    }
    let cursor = typed(&picker.input, buffer, inner);
    if picker.input.is_empty() && !inner.is_empty() {
        line::put(buffer, inner, "type some of its letters", theme.style(Paint::Faint));
    }
    cursor
}
