//! The queue: its columns and the rows of one window.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::engine::message::Connection;
use crate::model::View;
use crate::tui::app::{App, Focus};
use crate::tui::cells::width;
use crate::tui::keymap::{Act, Context};
use crate::tui::layout::Areas;
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::line;
use crate::tui::widgets::row::{self, Columns, Look};

/// Draws heading and rows.
pub fn draw(app: &App, theme: &Theme, buffer: &mut Buffer, areas: &Areas) {
    let list = areas.list;
    if list.is_empty() {
        return;
    }
    let columns = Columns::of(list.width, app.queue.view);
    line::put(buffer, areas.heading, &columns.heading(), theme.style(Paint::Heading));
    selected(app, theme, buffer, areas);
    if app.queue.is_empty() {
        return say_empty(app, theme, buffer, list);
    }
    let marks = app.finding.marks();
    for line in 0..list.height {
        let index = app.queue.top + u32::from(line);
        let Some(known) = app.queue.row(index) else { break };
        let meant = app.intents.over(known);
        let look = Look {
            theme,
            columns,
            now: app.now,
            me: app.me(),
            target: app.settings.targets.get(&known.mailbox).copied(),
            is_selected: index == app.queue.selected,
            is_chosen: app.queue.selection.contains(&known.root),
            has_keys: app.focus == Focus::Queue && app.composer.is_none(),
            is_pending: app.intents.is_pending(known) || app.is_leaving(known),
            is_lingering: app.queue.is_lingering(index),
            has_draft: app.drafts.contains(&App::target(known)),
            marks: &marks,
        };
        row::draw(buffer, Rect { y: list.y + line, height: 1, ..list }, &meant, &look);
    }
}

/// How much is selected, on the rule beneath.
fn selected(app: &App, theme: &Theme, buffer: &mut Buffer, areas: &Areas) {
    let count = app.queue.selection.len();
    if count == 0 || areas.lower_rule.is_empty() {
        return;
    }
    let key = |act| app.keymap.key_for(Context::Queue, act);
    let text = match app.queue.selection.anchor() {
        Some(_) => format!(" range: {count} selected, {} ends it ", key(Act::SelectRange)),
        None => format!(" {count} selected, {} clears ", key(Act::Deselect)),
    };
    let rule = Rect { x: areas.list.x + 2, width: areas.list.width.saturating_sub(4), ..areas.lower_rule };
    line::put(buffer, rule, &line::cut_to(theme, &text, rule.width), theme.style(Paint::Key));
}

fn say_empty(app: &App, theme: &Theme, buffer: &mut Buffer, list: Rect) {
    let is_filling = match app.connections.get(app.key()) {
        Some(Connection::Live | Connection::Offline { .. }) => false,
        Some(Connection::Syncing { .. } | Connection::Connecting) | None => true,
    };
    let next = app.keymap.key_for(Context::Queue, Act::TakeNext);
    let next = format!("{next} takes the conversation that has waited longest");
    let (first, second) = match app.queue.view {
        _ if app.mailboxes.is_empty() && is_filling => ("Looking for shared mailboxes", ""),
        _ if app.mailboxes.is_empty() => ("No shared mailbox", "bagsy doctor says what the server offers this login"),
        _ if app.finding.is_active() && !app.finding.is_empty() => ("Nothing is found", ""),
        _ if is_filling => ("Fetching the newest mail", ""),
        View::Inbox => ("Nothing is open", "nobody waits for an answer of yours"),
        View::Unclaimed => ("Nothing is unclaimed", "everything open is in somebody's hands"),
        View::Mine => ("Nothing is yours", next.as_str()),
        View::Team => ("Your teammates hold nothing", ""),
        View::Waiting => ("Nobody is waited for", ""),
        View::Snoozed => ("Nothing is snoozed", ""),
        View::Done => ("Nothing is done yet", ""),
        View::All => ("This mailbox is empty", ""),
    };
    let y = list.y + list.height / 3;
    for (line, text, paint) in [(0, first, Paint::Dim), (1, second, Paint::Faint)] {
        let text = line::cut_to(theme, text, list.width.saturating_sub(2));
        let x = list.x + (list.width.saturating_sub(width(&text) as u16)) / 2;
        let place = Rect { x, y: y + line, width: list.right() - x, height: 1 };
        if place.y < list.bottom() {
            line::put(buffer, place, &text, theme.style(paint));
        }
    }
}
