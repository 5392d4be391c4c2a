//! The lines around the queue: the mailbox and its connection, the views, what happened last, the keys.

use jiff::SignedDuration;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::line::{self, Span};
use crate::engine::message::Connection;
use crate::mail::safe;
use crate::model::{Capability, Conversation, Mailbox, Status, View};
use crate::tui::app::{Activity, App, Held, Origin, Tone};
use crate::tui::cells::{cut, width, wrap};
use crate::tui::keymap::{Act, Bound, Context, shown};
use crate::tui::layers::Layer;
use crate::tui::source::Order;
use crate::tui::theme::{Paint, Theme};
use crate::tui::waiting::Waiting;
use crate::tui::{rights, words};

/// The views that have a tab.
const TABS: [View; 7] = [View::Inbox, View::Unclaimed, View::Mine, View::Team, View::Waiting, View::Done, View::All];

/// From here on there is room for words beside the signs…
const NARROW: u16 = 34;
/// …and from here on for more of them.
const WIDE: u16 = 100;

/// So long a sentence that says what failed is shown whole, where it needs more than its line…
const LEGIBLE: SignedDuration = SignedDuration::from_secs(20);
/// …by so many lines more at most…
const TALLEST: u16 = 4;
/// …that never reach into the screen's first lines.
const TALLEST_HEAD: u16 = 5;

/// So long a word of one's own is read before the countdown of an answer goes on.
const GLANCE: SignedDuration = SignedDuration::from_secs(3);
/// So much of whom an answer goes to stands beside something else.
const NAME: usize = 14;

/// The mailbox, and the truth about its connection.
pub fn top(app: &App, theme: &Theme, buffer: &mut Buffer, area: Rect) {
    if area.is_empty() {
        return;
    }
    let (is_wide, is_narrow) = (area.width >= WIDE, area.width < NARROW);
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let mut right: Vec<Vec<Span>> = Vec::new();
    if let Some(mailbox) = app.current() {
        if app.account(mailbox).is_some_and(|a| a.is_plaintext) {
            let text = if is_narrow { String::new() } else { " no TLS".to_owned() };
            right.push(vec![(format!("{}{text}", theme.glyphs.warning), theme.style(Paint::Bad))]);
        }
        if !mailbox.may(Capability::Claim) && !mailbox.may(Capability::Send) && !is_narrow {
            right.push(vec![("read-only".to_owned(), theme.style(Paint::Warn))]);
        }
        right.push(connection(app, theme, area.width));
    }
    if !is_narrow {
        right.push(vec![(words::clock(app.now, &app.settings.zone), theme.style(Paint::Dim))]);
    }
    let gap = if is_wide { "   " } else { "  " };
    let mut joined: Vec<Span> = Vec::new();
    for part in right {
        if !joined.is_empty() {
            joined.push((gap.to_owned(), theme.style(Paint::Text)));
        }
        joined.extend(part);
    }
    // The connection is never left out: what does not fit beside it is.
    let most = inner.width.saturating_sub(6);
    let mut used = 0;
    for (text, _) in &mut joined {
        let room = usize::from(most).saturating_sub(used);
        *text = cut(text, room, theme.glyphs.ellipsis);
        used += width(text);
    }
    let room = line::right(buffer, inner, &joined).saturating_sub(2);
    let Some(mailbox) = app.current() else {
        line::put(buffer, Rect { width: room, ..inner }, "bagsy", theme.style(Paint::Title));
        return;
    };
    let address = line::cut_to(theme, &safe::line(mailbox.key()), room);
    let left = room.saturating_sub(u16::try_from(width(&address)).unwrap_or(room));
    let mut pieces = vec![(address, theme.style(Paint::Strong))];
    if let Some(name) = mailbox.name.as_deref().filter(|_| left > 12) {
        pieces.push(("  ".to_owned(), theme.style(Paint::Text)));
        pieces.push((line::cut_to(theme, &safe::line(name), left - 2), theme.style(Paint::Dim)));
    }
    line::spans(buffer, Rect { width: room, ..inner }, &pieces);
}

fn connection(app: &App, theme: &Theme, width: u16) -> Vec<Span> {
    let g = theme.glyphs;
    let is_wide = width >= WIDE;
    match app.connections.get(app.key()) {
        None | Some(Connection::Connecting) => vec![(format!("{} connecting", g.busy), theme.style(Paint::Warn))],
        Some(Connection::Live) => vec![(format!("{} live", g.live), theme.style(Paint::Good))],
        Some(Connection::Syncing { done, total }) => {
            let share = u64::from(*done) * 100 / u64::from(*total).max(1);
            let word = if width < NARROW { "" } else { "syncing " };
            let mut pieces = vec![(format!("{} {word}{}%", g.busy, share.min(100)), theme.style(Paint::Warn))];
            if is_wide {
                let full = (share.min(100) / 10) as usize;
                pieces.push((format!(" {}", g.full.repeat(full)), theme.style(Paint::Warn)));
                pieces.push((g.empty.repeat(10 - full), theme.style(Paint::Rule)));
            }
            pieces
        }
        Some(Connection::Offline { since, why, cure, .. }) => {
            let since = words::clock(*since, &app.settings.zone);
            let since = if width < NARROW { String::new() } else { format!(" since {since}") };
            // Waiting does not mend it: it has a word of its own.
            let word = if cure.is_some() { "signed out" } else { "offline" };
            let why = cure.as_ref().unwrap_or(why);
            let mut pieces = vec![(format!("{} {word}{since}", g.offline), theme.style(Paint::Bad))];
            let unsent = app.unsent();
            if unsent > 0 {
                let answers = words::count(unsent, "answer", "answers");
                pieces.push((format!(" {} {answers} will be sent", g.nobody), theme.style(Paint::Warn)));
            } else if is_wide && !why.is_empty() && app.settings.when_lost.is_none() {
                pieces.push((
                    format!(" {} {}", g.nobody, cut(&safe::line(why), 40, g.ellipsis)),
                    theme.style(Paint::Dim),
                ));
            }
            pieces
        }
    }
}

/// The views with their counts: names go before counts where there is no room for both.
pub fn tabs(app: &App, theme: &Theme, buffer: &mut Buffer, area: Rect) {
    if area.is_empty() {
        return;
    }
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let (sort, paint, is_by_date) = sorting(app);
    let short = short_of(sort);
    let reserved = if is_by_date { width(short) + 2 } else { 0 };
    let pieces: Vec<Span> = tab_pieces(app, theme, inner.width, reserved).into_iter().map(|(_, piece)| piece).collect();
    let used = line::spans(buffer, inner, &pieces);
    let rest = Rect { x: inner.x + used + 2, width: inner.width.saturating_sub(used + 2), ..inner };
    for text in [sort, short] {
        if width(text) <= usize::from(rest.width) {
            line::right(buffer, rest, &[(text.to_owned(), theme.style(paint))]);
            break;
        }
    }
}

/// The views as they are drawn in so many cells, with the room between them.
fn tab_pieces(app: &App, theme: &Theme, room: u16, reserved: usize) -> Vec<(Option<View>, Span)> {
    let tab = |view: View, has_name: bool, has_count: bool| -> (String, bool) {
        let number = view as usize + 1;
        let count = app.queue.counts.of(view);
        // What is finished is not work: its number says nothing.
        let has_count = has_count && !matches!(view, View::Done | View::All);
        let is_active = view == app.queue.view;
        let name = if has_name || is_active { format!(" {}", view.title()) } else { String::new() };
        let count = if has_count { format!(" {count}") } else { String::new() };
        (format!("{number}{name}{count}"), is_active)
    };
    let tiers = [
        (3, true, true),
        (2, true, true),
        (1, true, true),
        (2, true, false),
        (1, true, false),
        (2, false, true),
        (1, false, false),
    ];
    let mut pieces: Vec<(Option<View>, Span)> = Vec::new();
    for (gap, has_name, has_count) in tiers {
        pieces.clear();
        for view in TABS {
            if !pieces.is_empty() {
                pieces.push((None, (" ".repeat(gap), theme.style(Paint::Text))));
            }
            let (text, is_active) = tab(view, has_name, has_count);
            pieces.push((Some(view), (text, theme.style(if is_active { Paint::TabActive } else { Paint::Tab }))));
        }
        if pieces.iter().map(|(_, (text, _))| width(text)).sum::<usize>() <= usize::from(room).saturating_sub(reserved)
        {
            break;
        }
    }
    pieces
}

/// How the rows are sorted, and how that is said.
fn sorting(app: &App) -> (&'static str, Paint, bool) {
    let is_by_date = app.queue.order == Order::Newest && !matches!(app.queue.view, View::Done | View::All);
    let (says, paint) = match app.queue.order {
        Order::OldestWait => ("sort: oldest wait", Paint::Faint),
        // The usual order cannot be told yet: that is said, whatever else has to be shorter.
        Order::Newest if is_by_date => ("newest first, until all mail is known", Paint::Warn),
        Order::Newest => ("sort: newest", Paint::Faint),
    };
    (says, paint, is_by_date)
}

/// The view whose tab is drawn at a column.
pub fn tab_at(app: &App, theme: &Theme, area: Rect, column: u16) -> Option<View> {
    let (sort, _, is_by_date) = sorting(app);
    let reserved = if is_by_date { width(short_of(sort)) + 2 } else { 0 };
    let mut x = usize::from(area.x) + 1;
    for (view, (text, _)) in tab_pieces(app, theme, area.width.saturating_sub(2), reserved) {
        let end = x + width(&text);
        if (x..end).contains(&usize::from(column)) {
            return view;
        }
        x = end;
    }
    None
}

fn short_of(sort: &str) -> &str {
    sort.split(',').next().unwrap_or(sort)
}

/// What happened last, and what can be taken back.
pub fn activity(app: &App, theme: &Theme, buffer: &mut Buffer, area: Rect) {
    if area.is_empty() {
        return;
    }
    let g = theme.glyphs;
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let held = app.recallable();
    let takes_keys = matches!(app.context(), Context::Queue | Context::Reading);
    let undo = app.keymap.key_for(Context::Queue, Act::Undo);
    let takes_keys = takes_keys && app.keymap.has(Context::Queue, Act::Undo);
    // News of a moment ago is read before the countdown goes on.
    let is_after = |a: &Activity, held: &Held| a.at > held.until - app.settings.hold;
    let is_read =
        |a: &Activity, held: &Held| a.tone == Tone::Bad || is_after(a, held) && app.now.duration_since(a.at) < GLANCE;
    let fresh = app.activity.as_ref().filter(|a| held.is_none_or(|held| is_read(a, held)));
    let word = match held {
        Some(held) if takes_keys && app.has_newer_undo() => {
            let kind = words::kind(&held.target);
            Some(format!("undo, then your {kind} {}s", words::seconds_left(held.until, app.now)))
        }
        // Beside something else it says what would be taken back.
        Some(held) if takes_keys && fresh.is_some_and(|a| a.origin != Origin::Mail) => {
            let seconds = words::seconds_left(held.until, app.now);
            let kind = words::kind(&held.target);
            Some(match safe::line(&held.to) {
                to if to.is_empty() => format!("take your {kind} back {seconds}s"),
                to => format!("take back the {kind} to {} {seconds}s", cut(&to, NAME, g.ellipsis)),
            })
        }
        Some(_) if takes_keys => Some("take it back".to_owned()),
        // Beside what somebody else did it would read as if it undid that.
        None if takes_keys && app.activity.as_ref().is_some_and(|a| a.can_undo) => Some("undo".to_owned()),
        _ => None,
    };
    let mut room = inner.width;
    if let Some(word) = word {
        let pieces = [(undo.to_owned(), theme.style(Paint::Key)), (format!(" {word}"), theme.style(Paint::Hint))];
        room = line::right(buffer, inner, &pieces).saturating_sub(2);
    }
    let left = Rect { width: room, ..inner };
    let (text, age, paint) = match (fresh, held) {
        (Some(a), _) => {
            let paint = match a.tone {
                Tone::News => Paint::Dim,
                Tone::Good => Paint::Good,
                Tone::Bad => Paint::Bad,
            };
            let sign = if a.tone == Tone::Bad { format!("{} ", g.warning) } else { String::new() };
            (format!("{sign}{}", a.text), format!(" {} {}", g.dot, words::ago(a.at, app.now)), paint)
        }
        // Without a connection nothing leaves when the time is over.
        (None, Some(_)) if app.is_offline() => {
            (format!("{} {}", g.busy, words::in_outbox(app.unsent())), String::new(), Paint::Warn)
        }
        (None, Some(held)) => {
            let seconds = words::seconds_left(held.until, app.now);
            let to = if held.to.is_empty() { String::new() } else { format!(" to {}", safe::line(&held.to)) };
            let kind = words::kind(&held.target);
            (format!("{} your {kind}{to} leaves in {seconds}s", g.busy), String::new(), Paint::Warn)
        }
        (None, None) => return,
    };
    let is_news = app.activity.as_ref().is_some_and(|a| a.tone == Tone::Bad && app.now.duration_since(a.at) < LEGIBLE);
    if is_news && width(&text) + width(&age) > usize::from(room) {
        return whole(theme, buffer, area, &text, paint);
    }
    let age_cells = u16::try_from(width(&age)).unwrap_or(0);
    let text = line::cut_to(theme, &text, room.saturating_sub(age_cells));
    line::spans(buffer, left, &[(text, theme.style(paint)), (age, theme.style(Paint::Faint))]);
}

/// What failed, to its last word: what to do about it stands at the end of the sentence. It takes rows from what is above.
fn whole(theme: &Theme, buffer: &mut Buffer, area: Rect, text: &str, paint: Paint) {
    let lines = wrap(text, usize::from(area.width.saturating_sub(2)));
    let most = area.y.saturating_sub(TALLEST_HEAD).min(TALLEST) + 1;
    let rows = u16::try_from(lines.len()).unwrap_or(most).min(most);
    let place = Rect { y: area.y + 1 - rows, height: rows, ..area };
    if rows > 1 {
        line::fill(buffer, Rect { y: place.y - 1, height: 1, ..area }, theme.glyphs.rule, theme.style(Paint::Rule));
    }
    line::clear(buffer, place);
    for (y, text) in (place.y..place.bottom()).zip(&lines) {
        let row = Rect { x: area.x + 1, y, width: area.width.saturating_sub(2), height: 1 };
        let is_cut = y + 1 == place.bottom() && lines.len() > usize::from(rows);
        let text = if is_cut { format!("{text}{}", theme.glyphs.ellipsis) } else { text.clone() };
        line::put(buffer, row, &line::cut_to(theme, &text, row.width), theme.style(paint));
    }
}

/// The keys that matter here, from the keymap; those that would do nothing are greyed.
pub fn hints(app: &App, theme: &Theme, buffer: &mut Buffer, area: Rect) {
    if area.is_empty() {
        return;
    }
    let mut inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    if !app.pressed.is_empty() {
        let keys: String = app.pressed.iter().map(|chord| shown(&chord.to_string())).collect();
        let text = format!("{keys}{}", theme.glyphs.ellipsis);
        inner.width = line::right(buffer, inner, &[(text, theme.style(Paint::Pending))]).saturating_sub(2);
    }
    let context = app.context();
    let mut hinted: Vec<&Bound> = app.keymap.bindings(context).filter(|b| b.hint.is_some()).collect();
    // What a teammate holds is taken over, not claimed.
    let place = |act| hinted.iter().position(|b| b.act == act);
    if let (Some(claim), Some(take_over)) = (place(Act::Claim), place(Act::TakeOver))
        && !app.is_many()
        && rights::why_not(app, Act::TakeOver).is_none()
    {
        hinted.swap(claim, take_over);
    }
    // A text has no more room for what cannot be done with it.
    hinted.retain(|b| context != Context::Writing || rights::why_not(app, b.act).is_none());
    let subject = app.subject();
    let piece = |binding: &Bound| -> Vec<Span> {
        let is_idle = binding.act == Act::Retry && app.outbox.is_empty();
        let is_off = is_idle || rights::why_not(app, binding.act).is_some();
        let (key, word) = if is_off { (Paint::Disabled, Paint::Disabled) } else { (Paint::Key, Paint::Hint) };
        let keys = binding.keys.first().map(|k| shown(k)).unwrap_or_default();
        let does = does_now(app, binding.act, subject.as_ref()).or(binding.hint).unwrap_or_default();
        vec![(keys, theme.style(key)), (format!(" {does}"), theme.style(word))]
    };
    let cells = |pieces: &[Span]| pieces.iter().map(|(text, _)| width(text)).sum::<usize>();
    // The way to all keys stays, whatever else has to go.
    let last = hinted.iter().find(|b| b.act == Act::Keys).map(|b| piece(b)).unwrap_or_default();
    let gap = if area.width >= 110 { 3 } else { 2 };
    let mut room = usize::from(inner.width).saturating_sub(cells(&last));
    let mut pieces: Vec<Span> = Vec::new();
    for binding in hinted.iter().filter(|b| b.act != Act::Keys) {
        let next = piece(binding);
        let used = cells(&next) + gap;
        if used > room {
            break;
        }
        room -= used;
        pieces.extend(next);
        pieces.push((" ".repeat(gap), theme.style(Paint::Text)));
    }
    pieces.extend(last);
    line::spans(buffer, inner, &pieces);
}

/// What a key does with this conversation that turns it to and fro; `None` where that is what its hint says.
fn does_now(app: &App, act: Act, subject: Option<&Conversation>) -> Option<&'static str> {
    if act == Act::TakeBack && matches!(app.layer, Some(Layer::Outbox { of: Some(Waiting::Text(_)), .. })) {
        return Some("throw away");
    }
    let c = subject.filter(|_| !app.is_many())?;
    match act {
        Act::Claim if app.me().is_some_and(|me| c.assignee.claimants().contains(me)) => Some("release"),
        Act::Done if c.status == Status::Done => Some("reopen"),
        Act::Waiting if c.status == Status::Waiting => Some("reopen"),
        _ => None,
    }
}

/// A mailbox's rights in words.
pub fn rights_in_words(mailbox: &Mailbox) -> String {
    let may = |c| mailbox.may(c);
    let mut words = Vec::new();
    for (capability, word) in [
        (Capability::Claim, "claim"),
        (Capability::Send, "answer"),
        (Capability::Archive, "archive"),
        (Capability::Read, "read"),
    ] {
        if may(capability) {
            words.push(word);
        }
    }
    match words.as_slice() {
        [] => "nothing".to_owned(),
        ["read"] => "read only".to_owned(),
        words => words.join(", "),
    }
}
