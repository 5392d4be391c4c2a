//! What was said above the hints, the newest first: a line that news took the place of is not lost.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::app::{App, Tone};
use crate::tui::cells::wrap;
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::line::{self, Span};
use crate::tui::widgets::panel;
use crate::tui::words;

/// Cells of the time and what stands between it and the text.
const TIME: usize = 7;

/// As it stands in a body of this size: the window, and its lines with their times.
fn lay_out(app: &App, body: Rect) -> (Rect, Vec<(String, String, Tone)>) {
    let width = if body.width >= 100 { 96 } else { body.width };
    let cells = usize::from(width).saturating_sub(4 + TIME);
    let mut lines = Vec::new();
    for said in &app.said {
        let mut time = words::clock(said.at, &app.settings.zone);
        for text in wrap(&said.text, cells) {
            lines.push((std::mem::take(&mut time), text, said.tone));
        }
    }
    let height = u16::try_from(lines.len().max(1)).unwrap_or(u16::MAX);
    (panel::middle(body, width, height.saturating_add(2)), lines)
}

/// How far it can be scrolled.
pub fn furthest(app: &App, body: Rect) -> u16 {
    let (area, lines) = lay_out(app, body);
    u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_sub(area.height.saturating_sub(2))
}

/// Draws it.
pub fn draw(app: &App, scroll: u16, theme: &Theme, buffer: &mut Buffer, body: Rect) {
    let (area, lines) = lay_out(app, body);
    let inner = panel::framed(theme, buffer, area, "What was said", &[]);
    if lines.is_empty() {
        return line::put(buffer, inner, "nothing yet", theme.style(Paint::Dim));
    }
    for (row, (time, text, tone)) in lines.iter().skip(usize::from(scroll)).take(usize::from(inner.height)).enumerate()
    {
        let paint = match tone {
            Tone::News => Paint::Text,
            Tone::Good => Paint::Good,
            Tone::Bad => Paint::Bad,
        };
        let pieces: [Span; 2] = [
            (format!(" {time:<width$}", width = TIME - 1), theme.style(Paint::Faint)),
            (text.clone(), theme.style(paint)),
        ];
        line::spans(buffer, Rect { y: inner.y + row as u16, height: 1, ..inner }, &pieces);
    }
}
