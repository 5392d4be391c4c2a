//! Brings into the state what the next frame needs: the window of rows that is on the screen, the conversation that is
//! read. The only place that asks the source for rows.

use std::time::Duration;

use super::app::{App, Focus, InArchive, Tone};
use super::finding::Finding;
use super::keymap::{Act, Context};
use super::layers::Layer;
use super::layout::{self, Panes, areas};
use super::queue::Lingering;
use super::reading::{LineContext, Reading};
use super::rights;
use super::screens::{help, said};
use super::source::{Order, Result, Source};
use super::theme::Theme;
use super::waiting::Waiting;
use super::words;
use crate::engine::message::Target;
use crate::engine::{comes_back_marked, is_urgent_in_archive};
use crate::model::{Conversation, Role, View};

/// The cursor rests this long on a row before its mail is fetched for the pane.
const REST: Duration = Duration::from_millis(150);

/// Makes the state ready to be drawn.
pub fn fill(app: &mut App, source: &dyn Source, theme: &Theme) {
    if let Err(error) = try_fill(app, source) {
        app.say(Tone::Bad, format!("the cache cannot be read: {error}"));
    }
    let areas = areas(app);
    let unfold = app.keymap.key_for(Context::Reading, Act::Open);
    let context = LineContext {
        now: app.now,
        zone: app.settings.zone.clone(),
        glyphs: theme.glyphs,
        unfold,
        me: app.me().cloned(),
    };
    if let Some(Layer::Help { of, scroll: 1.., .. }) = app.layer {
        // From the end the next key leads back at once, however far the one before went.
        let furthest = help::furthest(app, of, theme, areas.body);
        if let Some(Layer::Help { scroll, .. }) = &mut app.layer {
            *scroll = furthest.min(*scroll);
        }
    }
    if let Some(Layer::Said { scroll }) = app.layer {
        app.layer = Some(Layer::Said { scroll: said::furthest(app, areas.body).min(scroll) });
    }
    if let Some(Layer::Outbox { selected, of }) = &app.layer {
        let line = of.as_ref().and_then(|of| of.line(app)).unwrap_or(*selected);
        let last = (app.outbox.len() + app.texts.len()).saturating_sub(1);
        let selected = line.min(last);
        app.layer = Some(Layer::Outbox { selected, of: Waiting::at(app, selected) });
    }
    if let Some(reading) = &mut app.reading {
        reading.lay_out(layout::reading_width(&areas), usize::from(areas.reading.height), &context);
    }
}

fn try_fill(app: &mut App, source: &dyn Source) -> Result<()> {
    if app.mailboxes.is_empty() {
        app.mailboxes = source.mailboxes()?;
    }
    if app.mailboxes.is_empty() {
        return Ok(());
    }
    let was_stale = std::mem::take(&mut app.is_stale);
    if was_stale {
        refresh(app, source)?;
        let is_first = !std::mem::replace(&mut app.has_begun, true);
        if let Some(greeting) = app.settings.greeting.clone().filter(|_| is_first) {
            app.say(Tone::News, greeting);
        }
        if is_first && let Some(says) = what_waits(app) {
            app.say(Tone::News, says);
        }
    }
    window(app, source)?;
    reading(app, source, was_stale)?;
    look_into_archive(app, source, was_stale)
}

/// What an earlier run left: mails that have not been sent, and texts that were begun.
fn what_waits(app: &App) -> Option<String> {
    let drafts = words::count(app.texts.len(), "draft waits", "drafts wait");
    let mails = words::count(app.unsent(), "answer of before is", "answers of before are");
    let key = app.keymap.key_for(Context::Queue, Act::Outbox);
    match (app.unsent(), app.texts.len()) {
        (0, 0) => None,
        (0, _) => Some(format!("{drafts}: {key} shows what you have begun")),
        (_, 0) => Some(format!("{mails} still to be sent: {key} shows what waits")),
        _ => Some(format!("{mails} still to be sent, and {drafts}: {key} shows them")),
    }
}

/// What Archive has of the conversation under the cursor, where a key stands or falls with it.
fn look_into_archive(app: &mut App, source: &dyn Source, was_stale: bool) -> Result<()> {
    let target = app.subject_as_known().filter(|c| c.folder == Role::Archive || c.urgent).map(App::target);
    let is_known = !was_stale && app.in_archive.as_ref().map(|(known, _)| known) == target.as_ref();
    if !is_known {
        let look = |target: Target| -> Result<(Target, InArchive)> {
            let thread = source.thread(&target.mailbox, &target.root)?;
            let (comes_back_marked, is_urgent) = (comes_back_marked(&thread), is_urgent_in_archive(&thread));
            Ok((target, InArchive { comes_back_marked, is_urgent }))
        };
        app.in_archive = target.map(look).transpose()?;
    }
    Ok(())
}

/// How many rows the list shows, or would show: while a conversation takes its place it stays as it was.
fn height(app: &App) -> u32 {
    let areas = areas(app);
    // The line of views and the heading come back with it.
    let rows = if areas.list.height == 0 { areas.body.height.saturating_sub(2) } else { areas.list.height };
    u32::from(rows)
}

/// Counts and the selection's place, anew.
fn refresh(app: &mut App, source: &dyn Source) -> Result<()> {
    let key = app.key().to_owned();
    let height = height(app);
    app.outbox = source.outbox()?;
    app.texts = source.drafts()?;
    app.drafts = app.texts.iter().map(|text| text.target.clone()).collect();
    if let Some(composer) = &mut app.composer {
        composer.target = source.place_now(&composer.target, composer.about())?;
    }
    let order = match app.queue.view {
        _ if app.finding.search.is_some() => Order::Newest,
        View::Done | View::All => Order::Newest,
        _ if source.is_whole(&key)? => Order::OldestWait,
        _ => Order::Newest,
    };
    let counts = source.counts(&key)?;
    let listing = app.listing(order);
    if listing.is_some() {
        app.finding.reach = source.reach(&key)?;
    }
    app.finding.is_cut = listing.as_ref().map(|search| source.found_is_cut(search)).transpose()?.unwrap_or(false);
    let queue = &mut app.queue;
    let current = queue.current().cloned();
    let beside =
        [queue.selected.checked_sub(1), queue.selected.checked_add(1)].map(|at| queue.row(at?).map(|c| c.root.clone()));
    // While the mail is still coming in the first row is whichever came first: nobody chose it.
    let is_settling = listing.is_none()
        && (order != queue.order || (order == Order::Newest && !matches!(queue.view, View::Done | View::All)));
    if is_settling && !queue.is_touched && app.focus == Focus::Queue {
        (queue.root, queue.selected, queue.top) = (None, 0, 0);
    }
    let is_sorted_anew = is_settling || order != queue.order;
    let view = queue.view;
    queue.order = order;
    queue.counts = counts;
    queue.found = listing.as_ref().map(|search| source.found_count(search)).transpose()?;
    // An ancestor that came late makes another root of the same conversation: the selection stays on it.
    if let (Some(root), Some(row)) = (&queue.root, &current)
        && source.conversation(&key, root)?.is_none()
        && let Some(now) = source.named(&key, &row.id)?
    {
        queue.root = Some(now.root);
    }
    if let Some(root) = queue.root.clone() {
        let was_at = queue.selected;
        let place_of = |root: &str| match &listing {
            Some(search) => source.found_position(search, root),
            None => source.position(&key, root, view, order),
        };
        match place_of(&root)? {
            Some(to) if !is_sorted_anew && let Some(at) = kept_place(was_at, to, beside, place_of)? => {
                let row = source.conversation(&key, &root)?;
                queue.lingering = row.map(|row| Lingering { at, row, moved_to: Some(to) });
                queue.selected = if queue.lingering.is_some() { at } else { to };
            }
            Some(at) => {
                queue.lingering = None;
                queue.selected = at;
                // The row stays on its line of the screen where there is room for that.
                queue.top = (queue.top + at).saturating_sub(was_at);
            }
            None => match current.filter(|_| queue.done_with.as_ref() != Some(&root)) {
                Some(current) => {
                    let row = source.conversation(&key, &root)?.unwrap_or(current);
                    let at = was_at.min(queue.total());
                    queue.lingering = Some(Lingering { at, row, moved_to: None });
                    queue.selected = at;
                }
                None => queue.lingering = None,
            },
        }
    }
    let queue = &mut app.queue;
    queue.selected = queue.selected.min(queue.len().saturating_sub(1));
    queue.forget_rows();
    queue.show_selected(height);
    Ok(())
}

/// Where a row stays that has been sorted elsewhere: between the rows that it stood between. `None`: it stands there by right,
/// or neither of the two is in the list any more. `was_at` and `to`: its old index and the one by right.
fn kept_place(
    was_at: u32,
    to: u32,
    beside: [Option<String>; 2],
    place_of: impl Fn(&str) -> Result<Option<u32>>,
) -> Result<Option<u32>> {
    if to == was_at {
        return Ok(None);
    }
    let place = |root: Option<String>| root.map(|root| place_of(&root)).transpose().map(Option::flatten);
    let [above, below] = beside;
    let (above, below) = (place(above)?, place(below)?);
    if above.is_some_and(|above| above + 1 == to) || below.is_some_and(|below| below == to + 1) {
        return Ok(None);
    }
    // Counted without the row itself.
    let without = |at: u32| at - u32::from(at > to);
    Ok(below.map(without).or(above.map(|above| without(above) + 1)))
}

/// The rows on the screen.
fn window(app: &mut App, source: &dyn Source) -> Result<()> {
    let height = height(app);
    app.queue.show_selected(height);
    if let Some((offset, limit)) = app.queue.wanted(height) {
        let rows = page(app, source, offset, limit)?;
        app.queue.load(offset, rows);
    }
    app.queue.root = app.queue.current().map(|c| c.root.clone());
    Ok(())
}

/// So many rows of the list that is shown.
pub fn page(app: &App, source: &dyn Source, offset: u32, limit: u32) -> Result<Vec<Conversation>> {
    let queue = &app.queue;
    match app.listing(queue.order) {
        Some(search) => source.found(&search, offset, limit),
        None => source.page(app.key(), queue.view, queue.order, offset, limit),
    }
}

/// Where a conversation stands in the list that is shown.
pub fn position(app: &App, source: &dyn Source, root: &str) -> Result<Option<u32>> {
    let queue = &app.queue;
    match app.listing(queue.order) {
        Some(search) => source.found_position(&search, root),
        None => source.position(app.key(), root, queue.view, queue.order),
    }
}

/// The conversation in the pane, or on the whole screen.
fn reading(app: &mut App, source: &dyn Source, was_stale: bool) -> Result<()> {
    let is_shown = app.focus == Focus::Reading || Panes::of(app.size) != Panes::One;
    if !is_shown {
        app.reading = None;
        app.open_at = None;
        return Ok(());
    }
    let wanted = app.queue.current().map(App::target);
    let Some(target) = wanted else {
        app.reading = None;
        app.focus = Focus::Queue;
        return Ok(());
    };
    let is_new = app.reading.as_ref().is_none_or(|r| r.target != target);
    if is_new {
        app.reading = Some(Reading::new(target.clone()));
        app.open_at = Some(app.now + if app.focus == Focus::Reading { Duration::ZERO } else { REST });
    }
    let conversation = if is_new || was_stale { source.conversation(&target.mailbox, &target.root)? } else { None };
    let messages = if is_new || was_stale { Some(source.thread(&target.mailbox, &target.root)?) } else { None };
    let marks = app.finding.marks();
    let Some(reading) = &mut app.reading else { return Ok(()) };
    reading.mark(marks);
    if let Some(messages) = messages {
        reading.conversation = conversation;
        reading.take(messages);
    }
    if std::mem::take(&mut reading.needs_look) {
        for (role, uid) in reading.wanted() {
            if let Some(body) = source.body(&target.mailbox, role, uid)? {
                reading.put((role, uid), body);
            }
        }
    }
    // A message came while the conversation was on the screen.
    if was_stale && reading.is_full && reading.wants_more() && app.open_at.is_none() {
        app.open_at = Some(app.now);
    }
    Ok(())
}

/// Puts the selection on a conversation, in this view or in the one where it is at home.
pub fn select(app: &mut App, source: &dyn Source, target: &Target) -> Result<()> {
    if app.key() != target.mailbox {
        return Ok(());
    }
    let mut at = position(app, source, &target.root)?;
    if at.is_none() {
        let Some(conversation) = source.conversation(&target.mailbox, &target.root)? else { return Ok(()) };
        // It is not what is looked for: the list of its view is shown instead.
        app.finding = Finding::default();
        app.queue.found = None;
        app.queue.turn_to(View::home_of(&conversation, app.me()));
        at = position(app, source, &target.root)?;
    }
    if let Some(at) = at {
        let height = height(app);
        app.queue.lingering = None;
        app.queue.is_touched = true;
        app.queue.root = Some(target.root.clone());
        app.queue.selected = at;
        app.queue.show_selected(height);
        app.is_stale = true;
    }
    Ok(())
}

/// Whether opening a conversation marks it as read.
pub fn marks_read(app: &App) -> bool {
    rights::why_not(app, Act::Unread).is_none()
}
