//! Where everything stands for a size: the same for keys (how much a page is) and for drawing.

use ratatui::layout::{Rect, Size};

use super::app::{App, Focus};

/// From this width on the conversation stands beside the queue.
pub const BESIDE: u16 = 140;
/// From this height on it stands below.
pub const BELOW: u16 = 35;

/// How the two share the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panes {
    Beside,
    Below,
    One,
}

impl Panes {
    /// What a size has room for.
    pub fn of(size: Size) -> Self {
        match size {
            Size { width: BESIDE.., .. } => Self::Beside,
            Size { width: 60.., height: BELOW.. } => Self::Below,
            _ => Self::One,
        }
    }
}

/// The places of a frame; an area of no height is not drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Areas {
    pub top: Rect,
    pub tabs: Rect,
    pub upper_rule: Rect,
    pub heading: Rect,
    pub list: Rect,
    /// Between the queue and the conversation.
    pub divide: Rect,
    /// Subject, state and a rule.
    pub reading_head: Rect,
    pub reading: Rect,
    pub lower_rule: Rect,
    pub activity: Rect,
    pub hints: Rect,
    /// All between the rules.
    pub body: Rect,
}

/// The smallest that can hold anything.
pub fn is_too_small(size: Size) -> bool {
    size.width < 12 || size.height < 4
}

/// The places for a state.
pub fn areas(app: &App) -> Areas {
    let size = app.size;
    let (width, height) = (size.width, size.height);
    if is_too_small(size) {
        return Areas::default();
    }
    let row = |y: u16, h: u16| Rect::new(0, y, width, h);
    let is_low = height < 12;
    let mut areas = Areas { top: row(0, 1), ..Areas::default() };
    // From the bottom up: hints, activity, rule.
    let mut bottom = height - 1;
    areas.hints = row(bottom, 1);
    if height >= 7 {
        bottom -= 1;
        areas.activity = row(bottom, 1);
    }
    if !is_low {
        bottom -= 1;
        areas.lower_rule = row(bottom, 1);
    }
    let mut y = 1;
    let is_alone = app.focus == Focus::Reading && Panes::of(size) == Panes::One;
    if height >= 9 && !is_alone {
        areas.tabs = row(y, 1);
        y += 1;
    }
    if !is_low {
        areas.upper_rule = row(y, 1);
        y += 1;
    }
    areas.body = row(y, bottom.saturating_sub(y));
    split(&mut areas, app, is_alone);
    areas
}

fn split(areas: &mut Areas, app: &App, is_alone: bool) {
    let body = areas.body;
    let (list, reading) = match Panes::of(app.size) {
        _ if is_alone => (Rect::ZERO, body),
        Panes::One => (body, Rect::ZERO),
        Panes::Beside => {
            // A text that is written needs room for the width of a mail.
            let left = if app.composer.is_some() { body.width * 3 / 5 } else { beside(body.width) };
            areas.divide = Rect { x: left, width: 1, ..body };
            let x = left + 2;
            (Rect { width: left, ..body }, Rect { x, width: body.width.saturating_sub(x + 1), ..body })
        }
        Panes::Below => {
            let upper = if app.composer.is_some() { body.height * 3 / 5 } else { (body.height * 2 / 5).max(8) };
            areas.divide = Rect { y: body.y + upper, height: 1, ..body };
            let y = body.y + upper + 1;
            let height = body.bottom().saturating_sub(y);
            (Rect { height: upper, ..body }, Rect { x: 1, y, width: body.width.saturating_sub(2), height })
        }
    };
    let has_heading = list.height >= 6 && list.width >= 50;
    let heading = u16::from(has_heading);
    areas.heading = Rect { height: heading, ..list };
    areas.list = Rect { y: list.y + heading, height: list.height - heading, ..list };
    let head = match reading.height {
        0..4 => 0,
        4..8 => 1,
        _ => 3,
    };
    areas.reading_head = Rect { height: head, ..reading };
    areas.reading = Rect { y: reading.y + head, height: reading.height - head, ..reading };
    if is_alone && areas.reading.width > 4 {
        for area in [&mut areas.reading_head, &mut areas.reading] {
            area.x += 1;
            area.width -= 2;
        }
    }
}

/// The queue beside a conversation: as wide as on a small screen, as soon as that leaves room for the lines of a mail.
fn beside(width: u16) -> u16 {
    let as_alone = width.saturating_sub(80).min(80);
    (width * 9 / 20).max(as_alone).clamp(62, 92)
}

/// The widest that text is set for reading; longer lines tire the eye.
pub const MEASURE: u16 = 100;

/// Cells for the lines of a conversation, beside the cursor's bar.
pub fn reading_width(areas: &Areas) -> usize {
    usize::from(areas.reading.width.saturating_sub(1).min(MEASURE))
}
