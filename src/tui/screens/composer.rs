//! The mail that is being written.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::Widget;

use crate::mail::safe;
use crate::model::Capability;
use crate::tui::app::App;
use crate::tui::cells::width;
use crate::tui::composer::{Composer, Field};
use crate::tui::offers::Offers;
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::{line, panel};
use crate::tui::words;

/// Cells before a field's text.
const LABEL: u16 = 9;

/// Rows that the list of files takes at most.
const FILES: usize = 3;

/// Draws it; the answer is where the terminal's cursor stands.
pub fn draw(app: &App, composer: &Composer, theme: &Theme, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    let inner = panel::framed(theme, buffer, area, &title(composer), &kept(app, composer, theme));
    if inner.is_empty() {
        return None;
    }
    let has_fields = inner.height >= 8;
    let mut y = inner.y;
    let mut cursor = None;
    let mut offered = None;
    let mut place = |height: usize| {
        let rows = u16::try_from(height).unwrap_or(1).min(inner.bottom().saturating_sub(y));
        let place = Rect { y, height: rows, ..inner };
        y += rows;
        place
    };
    if has_fields {
        from(app, composer, theme, buffer, place(1));
        for field in [Field::To, Field::Cc, Field::Bcc, Field::Subject] {
            if !composer.shows(field) {
                continue;
            }
            let row = place(1);
            let here = one_line(composer, field, theme, buffer, row);
            offered = offered.or(here.map(|_| row));
            cursor = cursor.or(here);
        }
        if composer.shows(Field::Files) {
            let rows = composer.files().count().min(FILES);
            let here = files(composer, theme, buffer, place(rows));
            cursor = cursor.or(here);
        }
        line::fill(buffer, place(1), theme.glyphs.rule, theme.style(Paint::Rule));
    } else if composer.field.takes_text() && composer.field != Field::Body {
        let row = place(1);
        cursor = one_line(composer, composer.field, theme, buffer, row);
        offered = Some(row);
    } else if composer.field != Field::Body {
        let row = place(1);
        match composer.field {
            Field::From => from(app, composer, theme, buffer, row),
            _ => cursor = files(composer, theme, buffer, row),
        }
    }
    let mut text = Rect { y, height: inner.bottom().saturating_sub(y), ..inner };
    if let Some((notice, paint)) = notice(app, composer, theme) {
        text.height = text.height.saturating_sub(1);
        let place = Rect { y: text.bottom(), height: 1, ..inner };
        line::put(buffer, place, &line::cut_to(theme, &notice, inner.width), theme.style(paint));
    }
    if !text.is_empty() {
        cursor = cursor.or(write_area(composer, Field::Body, theme, buffer, text));
    }
    if let (Some(offers), Some(row)) = (&composer.offers, offered) {
        offer(offers, theme, buffer, row, inner);
    }
    cursor
}

fn title(composer: &Composer) -> String {
    let what = match (composer.target.is_opening(), composer.forwards().is_some()) {
        (_, true) => "Forward as",
        (true, false) => "New mail as",
        (false, false) => "Reply as",
    };
    format!("{what} {}", safe::line(&composer.from().to_string()))
}

/// The people who fit what is typed, below it.
fn offer(offers: &Offers, theme: &Theme, buffer: &mut Buffer, row: Rect, inner: Rect) {
    let x = row.x + LABEL.min(row.width);
    let rows = u16::try_from(offers.people.len()).unwrap_or(1).min(inner.bottom().saturating_sub(row.y + 1));
    let list = Rect { x, y: row.y + 1, width: inner.right().saturating_sub(x).min(56), height: rows };
    line::clear(buffer, list);
    for (at, (y, person)) in (list.y..list.bottom()).zip(&offers.people).enumerate() {
        let place = Rect { y, height: 1, ..list };
        let is_chosen = offers.chosen == Some(at);
        let base = theme.style(if is_chosen { Paint::Selected } else { Paint::Text });
        buffer.set_style(place, base);
        let bar = if is_chosen { theme.glyphs.bar } else { theme.glyphs.divide };
        let mark = theme.style(if is_chosen { Paint::Cursor } else { Paint::Rule });
        let text = line::cut_to(theme, &safe::line(&person.to_string()), place.width.saturating_sub(2));
        line::spans(buffer, place, &[(format!("{bar} "), base.patch(mark)), (text, base)]);
    }
}

/// The files that go along; the chosen one is where the keys are.
fn files(composer: &Composer, theme: &Theme, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    let is_here = composer.field == Field::Files;
    if area.is_empty() {
        return None;
    }
    let label = theme.style(if is_here { Paint::Cursor } else { Paint::Faint });
    line::put(buffer, Rect { height: 1, ..area }, Field::Files.title(), label);
    let all: Vec<_> = composer.files().collect();
    let rows = usize::from(area.height);
    let top = if is_here { (composer.file + 1).saturating_sub(rows) } else { 0 };
    let mut cursor = None;
    for (y, (at, file)) in (area.y..area.bottom()).zip(all.iter().enumerate().skip(top)) {
        let place = Rect { x: area.x + LABEL, y, width: area.width.saturating_sub(LABEL), height: 1 };
        let is_chosen = is_here && at == composer.file;
        let base = theme.style(if is_chosen { Paint::Selected } else { Paint::Text });
        if is_chosen {
            buffer.set_style(place, base);
            cursor = Some(Position { x: place.x, y });
        }
        let is_last = y + 1 == area.bottom();
        let more = all.len().saturating_sub(at + 1);
        let more = if is_last && more > 0 { format!("  and {more} more") } else { String::new() };
        let size = format!("  {}{more}", words::size(file.size));
        let room = place.width.saturating_sub(u16::try_from(width(&size)).unwrap_or(0));
        let name = line::cut_to(theme, &safe::line(&file.name), room);
        line::spans(buffer, place, &[(name, base), (size, base.patch(theme.style(Paint::Faint)))]);
    }
    cursor
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
    if composer.awaits_forwarded() {
        return Some((format!("{} what is forwarded is being fetched", theme.glyphs.busy), Paint::Faint));
    }
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
    let is_here = composer.field == Field::From;
    line::put(buffer, area, "From", theme.style(if is_here { Paint::Cursor } else { Paint::Faint }));
    let text = Rect { x: area.x + LABEL, width: area.width.saturating_sub(LABEL), ..area };
    let address = safe::line(&composer.from().to_string());
    let mailbox = app.current();
    let person = mailbox.and_then(|m| app.account(m)).and_then(|a| a.name.clone());
    let may = mailbox.is_some_and(|m| m.may(Capability::Send));
    let note = match (is_here, composer.senders.len()) {
        (true, 2..) => "  Left and Right choose another".to_owned(),
        _ => person.filter(|_| may).map(|p| format!("  (you: {})", safe::line(&p))).unwrap_or_default(),
    };
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
    let mut text = Rect { x: area.x + LABEL, width: area.width.saturating_sub(LABEL), ..area };
    // Said where it stands, once the field is left.
    if let Some(wrong) = composer.mistake_in(field).filter(|_| !is_here && field.takes_addresses()) {
        let wrong = safe::line(&wrong.to_string());
        let says = format!(" {} {} is no address", theme.glyphs.warning, wrong.trim_end_matches(" <>"));
        let says = line::cut_to(theme, &says, text.width / 2);
        text.width = line::right(buffer, text, &[(says, theme.style(Paint::Bad))]);
    }
    write_area(composer, field, theme, buffer, text)
}

/// Draws one field's text. The terminal's own cursor is shown, so the editor draws none.
fn write_area(composer: &Composer, field: Field, theme: &Theme, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    let editor = composer.area(field)?;
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
