//! One line of styled pieces, never longer than its place.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::cells::{cut, settle, width};
use crate::tui::theme::Theme;

/// A text and how it looks.
pub type Span = (String, Style);

/// Puts one text at the left of a place's first row.
pub fn put(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    spans(buffer, area, &[(text.to_owned(), style)]);
}

/// Puts pieces one after the other; what does not fit is left out. Returns the cells that were used.
pub fn spans(buffer: &mut Buffer, area: Rect, pieces: &[Span]) -> u16 {
    let area = area.intersection(*buffer.area());
    if area.is_empty() {
        return 0;
    }
    let mut x = area.x;
    for (text, style) in pieces {
        if x >= area.right() {
            break;
        }
        (x, _) = buffer.set_stringn(x, area.y, settle(text), usize::from(area.right() - x), *style);
    }
    x - area.x
}

/// Puts pieces at the right of a place's first row, where they fit; returns the cells that are left before them.
pub fn right(buffer: &mut Buffer, area: Rect, pieces: &[Span]) -> u16 {
    let used = u16::try_from(pieces.iter().map(|(text, _)| width(text)).sum::<usize>()).unwrap_or(u16::MAX);
    if used > area.width {
        return area.width;
    }
    let x = area.right() - used;
    spans(buffer, Rect { x, width: used, ..area }, pieces);
    x - area.x
}

/// A text that is cut to a place with the theme's ellipsis.
pub fn cut_to(theme: &Theme, text: &str, cells: u16) -> String {
    cut(text, usize::from(cells), theme.glyphs.ellipsis)
}

/// Fills a place with one sign.
pub fn fill(buffer: &mut Buffer, area: Rect, sign: &str, style: Style) {
    let area = area.intersection(*buffer.area());
    for position in area.positions() {
        buffer[position].set_symbol(sign).set_style(style);
    }
}

/// Empties a place.
pub fn clear(buffer: &mut Buffer, area: Rect) {
    let area = area.intersection(*buffer.area());
    for y in area.top()..area.bottom() {
        // A wide character that begins before the place must not reach into it.
        if area.x > 0 && width(buffer[(area.x - 1, y)].symbol()) > 1 {
            buffer[(area.x - 1, y)].set_symbol(" ");
        }
    }
    for position in area.positions() {
        buffer[position].reset();
    }
}
