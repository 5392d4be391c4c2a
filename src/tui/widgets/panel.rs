//! A framed place above the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::line;
use crate::tui::theme::{Paint, Theme};

/// A place of about this size in the middle of another.
pub fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 3, width, height }
}

/// Draws the frame with a title at its left and something at its right; returns the place within.
pub fn framed(theme: &Theme, buffer: &mut Buffer, area: Rect, title: &str, right: &[line::Span]) -> Rect {
    line::clear(buffer, area);
    // Where there is hardly room, it is for what the frame would hold.
    if area.width < 12 || area.height < 4 {
        return area;
    }
    let style = theme.style(Paint::Border);
    let [top_left, top_right, bottom_left, bottom_right, across, down] = theme.glyphs.frame;
    let (last_x, last_y) = (area.right() - 1, area.bottom() - 1);
    for (x, y, width, height, sign) in [
        (area.x, area.y, area.width, 1, across),
        (area.x, last_y, area.width, 1, across),
        (area.x, area.y, 1, area.height, down),
        (last_x, area.y, 1, area.height, down),
        (area.x, area.y, 1, 1, top_left),
        (last_x, area.y, 1, 1, top_right),
        (area.x, last_y, 1, 1, bottom_left),
        (last_x, last_y, 1, 1, bottom_right),
    ] {
        line::fill(buffer, Rect { x, y, width, height }, sign, style);
    }
    let mut room = Rect { x: area.x + 2, width: area.width - 4, height: 1, ..area };
    if !right.is_empty() {
        let mut pieces = vec![(" ".to_owned(), style)];
        pieces.extend(right.iter().cloned());
        pieces.push((" ".to_owned(), style));
        room.width = line::right(buffer, room, &pieces).max(4);
    }
    if !title.is_empty() {
        let title = line::cut_to(theme, title, room.width.saturating_sub(3));
        line::put(buffer, room, &format!(" {title} "), theme.style(Paint::Title));
    }
    Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
}
