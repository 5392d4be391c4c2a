//! Choosing a file that is to go along: the typed path, and below it what its folder holds.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::small::typed;
use crate::mail::safe;
use crate::tui::attaching::Attaching;
use crate::tui::cells::{fit, width};
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::{line, panel};
use crate::tui::words;

/// Rows of the list.
const ROWS: u16 = 10;

/// Draws it; the answer is where the terminal's cursor stands.
pub fn draw(window: &Attaching, theme: &Theme, buffer: &mut Buffer, body: Rect) -> Option<Position> {
    let area = panel::middle(body, 64, ROWS + 4);
    let inner = panel::framed(theme, buffer, area, "Attach a file", &[]);
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let matching = window.matching();
    let selected = window.selected.min(matching.len().saturating_sub(1));
    let top = selected.saturating_sub(usize::from(list.height.saturating_sub(1)));
    let rows = matching.iter().enumerate().skip(top).take(usize::from(list.height));
    for (y, (at, entry)) in (list.y..list.bottom()).zip(rows) {
        let place = Rect { y, height: 1, ..list };
        let is_selected = at == selected;
        let base = theme.style(if is_selected { Paint::Selected } else { Paint::Text });
        buffer.set_style(place, base);
        let bar = if is_selected { theme.glyphs.bar } else { " " };
        let size = if entry.is_folder { String::new() } else { words::size(entry.size) };
        let slash = if entry.is_folder { "/" } else { "" };
        let room = usize::from(place.width).saturating_sub(width(&size) + 3);
        let name = fit(&format!("{}{slash}", safe::line(&entry.name)), room, theme.glyphs.ellipsis);
        let pieces = [
            (format!("{bar} "), base.patch(theme.style(Paint::Cursor))),
            (name, base),
            (format!(" {size}"), base.patch(theme.style(Paint::Faint))),
        ];
        line::spans(buffer, place, &pieces);
    }
    if matching.is_empty() && !list.is_empty() {
        let text = match &window.trouble {
            Some(why) => safe::line(why),
            None => "nothing here begins so".to_owned(),
        };
        line::put(buffer, list, &line::cut_to(theme, &text, list.width), theme.style(Paint::Warn));
    }
    let cursor = typed(&window.input, buffer, inner);
    if window.input.is_empty() && !inner.is_empty() {
        line::put(buffer, inner, "type a path; ~ is your home", theme.style(Paint::Faint));
    }
    cursor
}
