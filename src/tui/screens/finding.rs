//! The line in which something is looked for, in the place of the views; below it what came of it, or what is wrong with it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget;

use super::composer::cursor_in;
use crate::mail::safe;
use crate::model::Role;
use crate::tui::app::App;
use crate::tui::cells::width;
use crate::tui::finding::{Line, Server, Which};
use crate::tui::keymap::{Act, Context};
use crate::tui::layout::Areas;
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::line::{self, Span};
use crate::tui::words;

/// Draws it, where something is looked for; the answer is where the terminal's cursor stands while it is typed.
pub fn draw(app: &App, theme: &Theme, buffer: &mut Buffer, areas: &Areas) -> Option<Position> {
    let (which, shown_line) = app.finding.shown()?;
    let is_typed = app.finding.typing.is_some();
    // On a low screen the line is worth more than the hints while it is typed.
    let places = [areas.tabs, areas.activity, areas.hints];
    let place = places.into_iter().find(|area| !area.is_empty()).filter(|area| is_typed || *area == areas.tabs)?;
    line::clear(buffer, place);
    let inner = Rect { x: place.x + 1, width: place.width.saturating_sub(2), ..place };
    let context = if is_typed { Context::Search } else { Context::Queue };
    let leaves = if is_typed { Act::Cancel } else { Act::Deselect };
    let count = words::count(app.queue.total() as usize, "conversation", "conversations");
    let mut right: Vec<Span> = vec![(count, theme.style(Paint::Dim))];
    if place.width >= 60 {
        let key = app.keymap.key_for(context, leaves);
        right.push((format!("   {key}"), theme.style(Paint::Key)));
        right.push((" back".to_owned(), theme.style(Paint::Hint)));
    }
    let room = line::right(buffer, inner, &right).saturating_sub(2);
    let sign = match which {
        Which::Search => app.keymap.key_for(Context::Queue, Act::Search),
        Which::Filter => app.keymap.key_for(Context::Queue, Act::Filter),
    };
    let mut before: Vec<Span> = Vec::new();
    // A filter on what was searched for: both are told.
    if let Some(search) = app.finding.search.as_ref().filter(|_| which == Which::Filter) {
        let key = app.keymap.key_for(Context::Queue, Act::Search);
        before.push((format!("{key} {}  ", safe::line(&search.text())), theme.style(Paint::Dim)));
    }
    before.push((format!("{sign} "), theme.style(Paint::Key)));
    let used = line::spans(buffer, Rect { width: room, ..inner }, &before);
    let rest = Rect { x: inner.x + used, width: room.saturating_sub(used), ..inner };
    if rest.is_empty() {
        return None;
    }
    shown_line.input.render(rest, buffer);
    if shown_line.input.is_empty() {
        let says = line::cut_to(
            theme,
            "words \"a phrase\" from: to: subject: body: tag: who: is: before: after: has:",
            rest.width,
        );
        line::put(buffer, rest, &says, theme.style(Paint::Faint));
    }
    if place != areas.hints {
        below(app, shown_line, theme, buffer, areas, place);
    }
    is_typed.then(|| cursor_in(&shown_line.input, rest))
}

/// On the rule beneath: a fault with its place, else what is not complete.
fn below(app: &App, shown_line: &Line, theme: &Theme, buffer: &mut Buffer, areas: &Areas, place: Rect) {
    let under = if areas.upper_rule.is_empty() { areas.activity } else { areas.upper_rule };
    if under.is_empty() || under == place {
        return;
    }
    let (text, paint) = match &shown_line.error {
        Some(error) => (error.to_string(), Paint::Bad),
        None => (status(app, theme), Paint::Dim),
    };
    if text.is_empty() {
        return;
    }
    let inner = Rect { x: under.x + 1, width: under.width.saturating_sub(2), ..under };
    let text = line::cut_to(theme, &safe::line(&text), inner.width.saturating_sub(2));
    let cells = u16::try_from(width(&text)).unwrap_or(inner.width) + 2;
    line::put(buffer, Rect { width: cells.min(inner.width), ..inner }, &format!(" {text} "), theme.style(paint));
}

/// How complete the list is.
fn status(app: &App, theme: &Theme) -> String {
    let finding = &app.finding;
    let reach = finding.reach;
    let mut parts: Vec<String> = Vec::new();
    if finding.search.is_some() {
        match &finding.server {
            Server::Unasked => {}
            Server::AsksAt(_) | Server::Asking(_, None) => {
                parts.push("server: searching".to_owned() + theme.glyphs.ellipsis)
            }
            Server::Asking(_, Some(role)) => {
                parts.push(format!("server: searching {}{}", folder(*role), theme.glyphs.ellipsis));
            }
            Server::Complete => parts.push(format!("server: searched {}", searched(app))),
            Server::Failed(refusal) => parts.push(format!("server: {}", refusal.message.trim_end_matches('.'))),
        }
    }
    let is_complete = finding.search.is_some() && finding.filter.is_none() && finding.server == Server::Complete;
    if finding.is_cut {
        let keep = app.keymap.key_for(Context::Search, Act::Accept);
        parts.push(format!("the newest mails with it {} {keep} finds all", theme.glyphs.dot));
    }
    if finding.is_short_of_bodies() && !is_complete {
        let (here, all) = (words::thousands(reach.bodies), words::thousands(reach.messages));
        parts.push(format!("texts of {here} of {all} mails are here"));
    }
    if finding.left_out > 0 {
        parts.push(format!("{} older hits left out: narrow it", words::thousands(finding.left_out)));
    }
    if reach.unwritten > 0 {
        parts.push(format!("{} not in the index yet", words::thousands(reach.unwritten)));
    }
    parts.join(&format!(" {} ", theme.glyphs.dot))
}

/// The folders that are searched; what was moved into others is not found.
fn searched(app: &App) -> String {
    let there = |role: &Role| app.current().is_some_and(|mailbox| mailbox.folder(*role).is_some());
    let names: Vec<&str> = Role::SYNCED.into_iter().filter(there).map(folder).collect();
    format!("{}, no other folders", names.join(", "))
}

fn folder(role: Role) -> &'static str {
    match role {
        Role::Inbox => "INBOX",
        Role::Sent => "Sent",
        Role::Archive => "Archive",
        Role::Drafts | Role::Trash | Role::Junk | Role::Journal => role.as_str(),
    }
}
