//! The small windows in which something of a message is chosen, and a line is typed about it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui_textarea::TextArea;

use super::small::typed;
use crate::mail::safe;
use crate::tui::cells::width;
use crate::tui::items::{Choice, Item};
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::{line, panel};
use crate::tui::words;

/// Draws what can be chosen, numbered.
pub fn draw(choice: &Choice, theme: &Theme, buffer: &mut Buffer, body: Rect) {
    let rows = u16::try_from(choice.items.len().clamp(1, 16)).unwrap_or(16);
    let area = panel::middle(body, 72, rows + 3);
    let inner = panel::framed(theme, buffer, area, choice.purpose.title(), &[]);
    let list = Rect { height: inner.height.saturating_sub(1), ..inner };
    let top = choice.selected.saturating_sub(usize::from(list.height.saturating_sub(1)));
    for (row, (at, (number, item))) in
        choice.items.iter().enumerate().skip(top).take(usize::from(list.height)).enumerate()
    {
        let place = Rect { y: list.y + row as u16, height: 1, ..list };
        let is_selected = at == choice.selected;
        let base = theme.style(if is_selected { Paint::Selected } else { Paint::Text });
        buffer.set_style(place, base);
        let bar = if is_selected { theme.glyphs.bar } else { " " };
        let (name, more) = told(item);
        let number = format!("[{number}] ");
        let more_cells = u16::try_from(width(&more) + width(&number) + 4).unwrap_or(u16::MAX);
        let name = line::cut_to(theme, &name, place.width.saturating_sub(more_cells));
        let pieces = [
            (format!("{bar} "), base.patch(theme.style(Paint::Cursor))),
            (number, base.patch(theme.style(Paint::Key))),
            (name, base),
            (format!("  {more}"), base.patch(theme.style(Paint::Faint))),
        ];
        line::spans(buffer, place, &pieces);
    }
    if inner.height > 1 {
        let below = Rect { y: inner.bottom() - 1, height: 1, ..inner };
        let says = match choice.typed.as_str() {
            "" => "its number, or Enter for the one under the cursor".to_owned(),
            typed => format!("{typed}{}", theme.glyphs.ellipsis),
        };
        line::put(buffer, below, &line::cut_to(theme, &says, below.width), theme.style(Paint::Faint));
    }
}

fn told(item: &Item) -> (String, String) {
    match item {
        Item::Link { target, .. } => (safe::line(target), String::new()),
        Item::File(file) => {
            (safe::line(&file.name), format!("{}  {}", safe::line(&file.media_type), words::size(file.size)))
        }
        Item::Mail { size } => ("the whole mail".to_owned(), words::size(*size)),
        Item::Text(_) => ("its text".to_owned(), String::new()),
        Item::Words { what, words } => (safe::line(words), (*what).to_owned()),
    }
}

/// Draws the window in which a folder or a command is typed.
pub fn draw_line(
    (title, says): (&str, &str),
    input: &TextArea,
    theme: &Theme,
    buffer: &mut Buffer,
    body: Rect,
) -> Option<Position> {
    let area = panel::middle(body, 72, 4);
    let title = line::cut_to(theme, title, area.width.saturating_sub(4));
    let inner = panel::framed(theme, buffer, area, &title, &[]);
    if inner.height >= 2 {
        let below = Rect { y: inner.y + 1, height: 1, ..inner };
        line::put(buffer, below, &line::cut_to(theme, says, below.width), theme.style(Paint::Faint));
    }
    typed(input, buffer, inner)
}
