//! From the state to a frame. Draws; decides nothing.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::app::{App, Focus};
use super::layers::Layer;
use super::layout::{Areas, Panes, areas, is_too_small};
use super::screens::{composer, finding, help, mailboxes, outbox, palette, queue, reading, said, small};
use super::theme::{Paint, Theme};
use super::widgets::{bars, line};

/// Draws the whole screen.
pub fn view(app: &App, theme: &Theme, frame: &mut Frame) {
    let cursor = draw(app, theme, frame.buffer_mut());
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

/// Draws into a buffer; the answer is where the terminal's cursor belongs.
pub fn draw(app: &App, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let cursor = draw_over_ground(app, theme, buffer);
    theme.ground(buffer);
    cursor
}

fn draw_over_ground(app: &App, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
    let size = buffer.area().as_size();
    if is_too_small(size) || size != app.size {
        line::put(buffer, Rect { height: 1.min(size.height), ..*buffer.area() }, "bagsy", theme.style(Paint::Dim));
        return None;
    }
    let areas = areas(app);
    bars::top(app, theme, buffer, areas.top);
    bars::tabs(app, theme, buffer, areas.tabs);
    rules(app, theme, buffer, &areas);
    let is_writing_alone = app.composer.is_some() && Panes::of(app.size) == Panes::One;
    let mut cursor = None;
    if let Some(writing) = &app.composer {
        let place = if is_writing_alone { areas.body } else { over_the_queue(&areas) };
        cursor = composer::draw(app, writing, theme, buffer, place);
    } else if app.focus == Focus::Queue || Panes::of(app.size) != Panes::One {
        queue::draw(app, theme, buffer, &areas);
    }
    if !is_writing_alone {
        reading::draw(app, theme, buffer, &areas);
    }
    bars::activity(app, theme, buffer, areas.activity);
    bars::hints(app, theme, buffer, areas.hints);
    let found_cursor = if app.finding.is_active() { finding::draw(app, theme, buffer, &areas) } else { None };
    match &app.layer {
        Some(Layer::Said { scroll }) => said::draw(app, *scroll, theme, buffer, areas.body),
        Some(Layer::Help { of, scroll, .. }) => help::draw(app, *of, *scroll, theme, buffer, areas.body),
        Some(Layer::Mailboxes { selected }) => mailboxes::draw(app, *selected, theme, buffer, areas.body),
        Some(Layer::Outbox { selected, .. }) => outbox::draw(app, *selected, theme, buffer, areas.body),
        Some(Layer::Palette(open)) => return palette::draw(open, theme, buffer, areas.body),
        Some(layer) => return small::draw(app, layer, theme, buffer, areas.body),
        None => return cursor.or(found_cursor),
    }
    None
}

/// Where a text is written when the conversation stands in a pane: in the queue's place.
fn over_the_queue(areas: &Areas) -> Rect {
    let height = areas.list.bottom().saturating_sub(areas.body.y);
    let beside = u16::from(areas.divide.height > 1);
    Rect { y: areas.body.y, height, width: areas.list.width.saturating_sub(beside), ..areas.list }
}

fn rules(app: &App, theme: &Theme, buffer: &mut Buffer, areas: &Areas) {
    let style = theme.style(Paint::Rule);
    let g = theme.glyphs;
    for rule in [areas.upper_rule, areas.lower_rule] {
        line::fill(buffer, rule, g.rule, style);
    }
    let divide = areas.divide;
    let sign = if divide.height > 1 { g.divide } else { g.rule };
    line::fill(buffer, divide, sign, style);
    let is_joined = divide.height > 1 && g.rule == "─" && app.size.height >= 12;
    if is_joined {
        line::fill(buffer, Rect { y: areas.upper_rule.y, height: 1, ..divide }, "┬", style);
        line::fill(buffer, Rect { y: areas.lower_rule.y, height: 1, ..divide }, "┴", style);
    }
}
