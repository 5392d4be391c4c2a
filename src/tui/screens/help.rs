//! The keys of a screen, grouped: made from the keymap, never from a list written twice.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::cells::{cut, fit, width};
use crate::tui::keymap::{Bound, Context, Group, shown};
use crate::tui::rights;
use crate::tui::theme::{Paint, Theme};
use crate::tui::widgets::line::{self, Span};
use crate::tui::widgets::panel;

/// Cells between a key and what it does, and between two columns.
const GAP: usize = 2;

/// The help of a context as it stands in a body of this size.
struct Laid {
    pages: Vec<Lines>,
    columns: u16,
    area: Rect,
    /// So many lines are below the window when its first stands at the top.
    most: u16,
}

fn lay_out(app: &App, of: Context, theme: &Theme, body: Rect) -> Laid {
    let widest = |of_one: fn(&Bound) -> usize| app.keymap.bindings(of).map(of_one).max().unwrap_or(0);
    let keys = widest(|b| width(&pressed(b))) + GAP;
    let wanted = u16::try_from(1 + keys + widest(|b| width(b.says)) + GAP).unwrap_or(u16::MAX);
    let room = body.width.saturating_sub(4);
    let columns = if room / 2 >= wanted { 2 } else { 1 };
    let each = wanted.min(room / columns);
    let groups = groups(app, of, theme, keys, usize::from(each));
    let pages = flow(groups, columns);
    let longest = pages.iter().map(Vec::len).max().unwrap_or(0) as u16;
    let area = panel::middle(body, columns * each + 4, longest.saturating_add(2));
    let most = longest.saturating_sub(area.height.saturating_sub(2));
    Laid { pages, columns, area, most }
}

/// How far the help can be scrolled.
pub fn furthest(app: &App, of: Context, theme: &Theme, body: Rect) -> u16 {
    lay_out(app, of, theme, body).most
}

/// Draws the help of a context.
pub fn draw(app: &App, of: Context, scroll: u16, theme: &Theme, buffer: &mut Buffer, body: Rect) {
    let Laid { pages, columns, area, most } = lay_out(app, of, theme, body);
    let inner = panel::framed(theme, buffer, area, &format!("Keys: {}", of.title()), &[]);
    let from = usize::from(scroll.min(most));
    let cells = inner.width / columns;
    for (column, lines) in pages.iter().enumerate() {
        for (row, pieces) in lines.iter().skip(from).take(usize::from(inner.height)).enumerate() {
            let x = inner.x + column as u16 * cells;
            line::spans(buffer, Rect { x, y: inner.y + row as u16, width: cells, height: 1 }, pieces);
        }
    }
    if most > 0 && inner.width > 20 {
        let text = match (scroll.min(most), most) {
            (0, _) => "more below",
            (at, most) if at < most => "more above and below",
            _ => "more above",
        };
        let row = Rect { y: area.bottom() - 1, height: 1, ..inner };
        line::right(buffer, row, &[(format!(" {text} "), theme.style(Paint::Faint))]);
    }
}

type Lines = Vec<Vec<Span>>;

fn groups(app: &App, of: Context, theme: &Theme, keys: usize, cells: usize) -> Vec<Lines> {
    let mut groups = Vec::new();
    for group in Group::ALL {
        let bindings: Vec<_> = app.keymap.bindings(of).filter(|b| b.group == group).collect();
        if bindings.is_empty() {
            continue;
        }
        let mut lines: Lines = vec![vec![(group.title().to_owned(), theme.style(Paint::Title))]];
        for binding in bindings {
            let why = rights::why_not(app, binding.act).filter(|_| matches!(of, Context::Queue | Context::Reading));
            let paint = |on| theme.style(if why.is_some() { Paint::Disabled } else { on });
            let pressed = fit(&pressed(binding), keys, "");
            let says = cut(binding.says, cells.saturating_sub(1 + keys), theme.glyphs.ellipsis);
            lines.push(vec![(format!(" {pressed}"), paint(Paint::Key)), (says, paint(Paint::Text))]);
        }
        groups.push(lines);
    }
    groups
}

/// All ways to press it.
fn pressed(binding: &Bound) -> String {
    binding.keys.iter().map(|k| shown(k)).collect::<Vec<_>>().join("  ")
}

/// The groups one below the other, in columns of about the same height.
fn flow(groups: Vec<Lines>, columns: u16) -> Vec<Lines> {
    let total: usize = groups.iter().map(|g| g.len() + 1).sum();
    let each = total.div_ceil(usize::from(columns));
    let mut pages = vec![Lines::new()];
    for group in groups {
        let is_full =
            pages.last().is_some_and(|p| p.len() + group.len() / 2 > each) && pages.len() < usize::from(columns);
        if is_full {
            pages.push(Lines::new());
        }
        if let Some(page) = pages.last_mut() {
            if !page.is_empty() {
                page.push(Vec::new());
            }
            page.extend(group);
        }
    }
    pages
}
