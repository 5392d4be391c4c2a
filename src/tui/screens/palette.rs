//! The palette: a line to type in, and below it what matches, best first.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::widgets::Widget;

use super::composer::cursor_in;
use crate::tui::cells::width;
use crate::tui::palette::{Entry, Palette};
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::line::{self, Span};
use crate::tui::widgets::panel;

/// As many entries as one looks through at a glance.
const TALLEST: u16 = 16;

/// Draws it; the answer is where the terminal's cursor stands.
pub fn draw(palette: &Palette, theme: &Theme, buffer: &mut Buffer, body: Rect) -> Option<Position> {
    let area = panel::middle(body, 76, TALLEST + 3);
    let count = [(format!("{}", palette.len()), theme.style(Paint::Faint))];
    let inner = panel::framed(theme, buffer, area, "Commands", &count);
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let top = palette.selected.saturating_sub(usize::from(list.height.saturating_sub(1)));
    let shown = palette.matching().enumerate().skip(top).take(usize::from(list.height));
    for (y, (at, (entry, letters))) in (list.y..).zip(shown) {
        let place = Rect { y, height: 1, ..list };
        draw_entry(entry, letters, at == palette.selected, theme, buffer, place);
    }
    if palette.len() == 0 && !list.is_empty() {
        line::put(buffer, list, "nothing is called that", theme.style(Paint::Warn));
    }
    let place = Rect { height: 1.min(inner.height), ..inner };
    if place.is_empty() {
        return None;
    }
    palette.input.render(place, buffer);
    if palette.input.is_empty() {
        let says =
            line::cut_to(theme, "type a few letters: an action, a view, a mailbox, a teammate, a tag", place.width);
        line::put(buffer, place, &says, theme.style(Paint::Faint));
    }
    Some(cursor_in(&palette.input, place))
}

fn draw_entry(entry: &Entry, letters: &[u32], is_selected: bool, theme: &Theme, buffer: &mut Buffer, place: Rect) {
    let base = theme.style(if is_selected { Paint::Selected } else { Paint::Text });
    buffer.set_style(place, base);
    let (text, key) = match entry.why_not {
        Some(_) => (Paint::Disabled, Paint::Disabled),
        None => (Paint::Text, Paint::Key),
    };
    let right = [(entry.key.clone(), base.patch(theme.style(key)))];
    let room = line::right(buffer, place, &right).saturating_sub(1);
    let bar = if is_selected { theme.glyphs.bar } else { " " };
    let mut pieces: Vec<Span> = vec![(format!("{bar} "), base.patch(theme.style(Paint::Cursor)))];
    let style = base.patch(theme.style(text));
    for (at, letter) in entry.says.chars().enumerate() {
        let is_match = letters.binary_search(&(at as u32)).is_ok();
        let style = if is_match { style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED) } else { style };
        match pieces.last_mut() {
            // Letters that look alike stand in one piece: marks that belong to a letter stay on it.
            Some((text, last)) if *last == style && at > 0 => text.push(letter),
            _ => pieces.push((letter.to_string(), style)),
        }
    }
    let used: usize = pieces.iter().map(|(text, _)| width(text)).sum();
    if let Some(why) = &entry.why_not {
        let left = usize::from(room).saturating_sub(used + 2);
        let why = line::cut_to(theme, why, u16::try_from(left).unwrap_or(0));
        pieces.push((format!("  {why}"), base.patch(theme.style(Paint::Faint))));
    }
    line::spans(buffer, Rect { width: room, ..place }, &pieces);
}
