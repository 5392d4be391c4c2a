//! The small windows: a teammate is chosen, tags are typed, a question is answered.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget;

use super::composer::cursor_in;
use crate::mail::safe;
use crate::tui::app::App;
use crate::tui::cells::wrap;
use crate::tui::keymap::{Context, shown};
use crate::tui::layers::{Layer, Picker};
use crate::tui::tags;
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::line::{self, Span};
use crate::tui::widgets::panel;
use crate::tui::widgets::row::name;
use crate::tui::words;

/// Draws one; the answer is where the terminal's cursor stands.
pub fn draw(app: &App, layer: &Layer, theme: &Theme, buffer: &mut Buffer, body: Rect) -> Option<Position> {
    match layer {
        Layer::Picker(picker) => draw_picker(app, picker, theme, buffer, body),
        Layer::Items(choice) => {
            super::items::draw(choice, theme, buffer, body);
            None
        }
        Layer::Line { ask, title, input } => {
            super::items::draw_line((title, ask.explains()), input, theme, buffer, body)
        }
        Layer::Folders(picker) => super::folders::draw(app, picker, theme, buffer, body),
        Layer::Attaching(window) => super::attaching::draw(window, theme, buffer, body),
        Layer::Tags { conversation, input, known } => {
            let fitting = tags::fitting(input, known);
            let area = panel::middle(body, 72, if known.is_empty() { 4 } else { 5 });
            let title = match conversation {
                None => format!("Tags of {}", many(app).unwrap_or_else(|| "nothing".to_owned())),
                Some(conversation) => format!("Tags of {}", words::quoted(&conversation.subject, theme.glyphs)),
            };
            let inner = panel::framed(theme, buffer, area, &title, &[]);
            let says = match conversation {
                None => "name or +name adds, -name removes; the others stay",
                Some(_) => "+name adds, -name removes; what you take out of the line goes",
            };
            let in_use = format!("in use: {}", safe::line(&fitting.join("  ")));
            let lines = [(says, Paint::Faint), (in_use.as_str(), Paint::Tag)];
            let shown = if fitting.is_empty() { 1 } else { 2 };
            for (y, (text, paint)) in (inner.y + 1..inner.bottom()).zip(lines.into_iter().take(shown)) {
                let below = Rect { y, height: 1, ..inner };
                line::put(buffer, below, &line::cut_to(theme, text, inner.width), theme.style(paint));
            }
            typed(input, buffer, inner)
        }
        Layer::Confirm { question, explains, .. } => {
            ask(app, theme, buffer, body, "Sure?", question, explains, Context::Confirm);
            None
        }
        Layer::Fate { subject, at, .. } => {
            let subject = words::quoted(subject, theme.glyphs);
            let when = words::stamp(*at, app.now, &app.settings.zone);
            let question =
                format!("The answer of {when} to {subject} was on its way when the line broke. What became of it?");
            let explains = "Ask the customer or look at the mail server's log. Until it is settled nobody can answer.";
            ask(app, theme, buffer, body, "An answer's fate is unknown", &question, explains, Context::Fate);
            None
        }
        Layer::Help { .. }
        | Layer::Said { .. }
        | Layer::Mailboxes { .. }
        | Layer::Outbox { .. }
        | Layer::Palette(_) => None,
    }
}

/// What is selected, where keys act on that.
fn many(app: &App) -> Option<String> {
    let count = app.queue.selection.len();
    app.is_many().then(|| words::count(count, "conversation", "conversations"))
}

pub(super) fn typed(input: &ratatui_textarea::TextArea, buffer: &mut Buffer, inner: Rect) -> Option<Position> {
    let place = Rect { height: 1.min(inner.height), ..inner };
    if place.is_empty() {
        return None;
    }
    input.render(place, buffer);
    Some(cursor_in(input, place))
}

fn draw_picker(app: &App, picker: &Picker, theme: &Theme, buffer: &mut Buffer, body: Rect) -> Option<Position> {
    let matching = picker.matching();
    let rows = u16::try_from(picker.teammates.len().clamp(1, 12)).unwrap_or(12);
    let area = panel::middle(body, 44, rows + 4);
    let title = many(app).map_or_else(|| "Assign to".to_owned(), |many| format!("Assign {many} to"));
    let inner = panel::framed(theme, buffer, area, &title, &[]);
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let selected = picker.selected.min(matching.len().saturating_sub(1));
    let top = selected.saturating_sub(usize::from(list.height.saturating_sub(1)));
    for (row, (at, handle)) in matching.iter().enumerate().skip(top).take(usize::from(list.height)).enumerate() {
        let place = Rect { y: list.y + row as u16, height: 1, ..list };
        let is_selected = at == selected;
        let base = theme.style(if is_selected { Paint::Selected } else { Paint::Text });
        buffer.set_style(place, base);
        let bar = if is_selected { theme.glyphs.bar } else { " " };
        let (text, style) = name(handle, app.me(), theme);
        let pieces = [(format!("{bar} "), base.patch(theme.style(Paint::Cursor))), (text, base.patch(style))];
        line::spans(buffer, place, &pieces);
    }
    if matching.is_empty() && !list.is_empty() {
        let text = match picker.chosen() {
            Some(handle) => format!("nobody seen yet by this name; Enter assigns it to {handle}"),
            None => "no handle".to_owned(),
        };
        line::put(buffer, list, &line::cut_to(theme, &text, list.width), theme.style(Paint::Warn));
    }
    let cursor = typed(&picker.input, buffer, inner);
    if picker.input.is_empty() && !inner.is_empty() {
        line::put(buffer, inner, "type a name", theme.style(Paint::Faint));
    }
    cursor
}

#[expect(clippy::too_many_arguments, reason = "a question is what it says, where it stands and what answers it")]
fn ask(
    app: &App,
    theme: &Theme,
    buffer: &mut Buffer,
    body: Rect,
    title: &str,
    question: &str,
    explains: &str,
    context: Context,
) {
    let width = 64.min(body.width);
    let room = usize::from(width.saturating_sub(4));
    let questions = wrap(question, room);
    let explanations = wrap(explains, room);
    let rows = questions.len() + explanations.len() + 2;
    let area = panel::middle(body, width, u16::try_from(rows + 2).unwrap_or(u16::MAX));
    let inner = panel::framed(theme, buffer, area, title, &[]);
    let said = questions.iter().map(|l| (l, Paint::Text)).chain(explanations.iter().map(|l| (l, Paint::Faint)));
    let mut y = inner.y;
    for (text, paint) in said {
        if y < inner.bottom() {
            line::put(buffer, Rect { y, height: 1, ..inner }, text, theme.style(paint));
        }
        y += 1;
    }
    let mut answers: Vec<Span> = Vec::new();
    for binding in app.keymap.bindings(context).filter(|b| b.hint.is_some()) {
        let key = binding.keys.first().map(|k| shown(k)).unwrap_or_default();
        answers.push((key, theme.style(Paint::Key)));
        answers.push((format!(" {}    ", binding.hint.unwrap_or_default()), theme.style(Paint::Hint)));
    }
    if y + 1 < inner.bottom() {
        line::spans(buffer, Rect { y: y + 1, height: 1, ..inner }, &answers);
    }
}
