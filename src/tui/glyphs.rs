//! The signs of the screen, each with a twin for terminals and fonts that have ASCII only.

/// Which of the two sets is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GlyphSet {
    #[default]
    Unicode,
    Ascii,
}

/// One set of signs; each is one cell wide, but for the ellipsis of ASCII, which is cut from the text's own room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyphs {
    /// Beside the selected row.
    pub bar: &'static str,
    /// Selected for what is done to many.
    pub chosen: &'static str,
    /// Nobody holds it.
    pub nobody: &'static str,
    pub waiting: &'static str,
    pub done: &'static str,
    pub snoozed: &'static str,
    pub contested: &'static str,
    /// Asked of the server, not yet answered.
    pub pending: &'static str,
    pub attachment: &'static str,
    pub urgent: &'static str,
    /// An answer whose fate is unknown.
    pub unknown: &'static str,
    pub live: &'static str,
    pub busy: &'static str,
    pub offline: &'static str,
    pub warning: &'static str,
    pub folded: &'static str,
    pub open: &'static str,
    pub quote: &'static str,
    pub arrow: &'static str,
    pub ellipsis: &'static str,
    pub dot: &'static str,
    pub rule: &'static str,
    pub divide: &'static str,
    pub full: &'static str,
    pub empty: &'static str,
    pub left_quote: &'static str,
    pub right_quote: &'static str,
    /// Top left, top right, bottom left, bottom right, across, down.
    pub frame: [&'static str; 6],
}

const UNICODE: Glyphs = Glyphs {
    bar: "▌",
    chosen: "•",
    nobody: "—",
    waiting: "◐",
    done: "✓",
    snoozed: "z",
    contested: "!",
    pending: "…",
    attachment: "@",
    urgent: "⚑",
    unknown: "?",
    live: "●",
    busy: "◌",
    offline: "○",
    warning: "▲",
    folded: "▸",
    open: "▾",
    quote: "┆",
    arrow: "→",
    ellipsis: "…",
    dot: "·",
    rule: "─",
    divide: "│",
    full: "━",
    empty: "─",
    left_quote: "“",
    right_quote: "”",
    frame: ["╭", "╮", "╰", "╯", "─", "│"],
};

const ASCII: Glyphs = Glyphs {
    bar: ">",
    chosen: "+",
    nobody: "-",
    waiting: "%",
    done: "x",
    snoozed: "z",
    contested: "!",
    pending: "~",
    attachment: "@",
    urgent: "^",
    unknown: "?",
    live: "*",
    busy: "~",
    offline: "o",
    warning: "!",
    folded: "+",
    open: "-",
    quote: ":",
    arrow: ">",
    ellipsis: "~",
    dot: "-",
    rule: "-",
    divide: "|",
    full: "=",
    empty: "-",
    left_quote: "\"",
    right_quote: "\"",
    frame: ["+", "+", "+", "+", "-", "|"],
};

impl Glyphs {
    /// The signs of a set.
    pub fn of(set: GlyphSet) -> &'static Self {
        match set {
            GlyphSet::Unicode => &UNICODE,
            GlyphSet::Ascii => &ASCII,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GlyphSet, Glyphs};
    use crate::tui::cells::width;

    #[test]
    fn every_sign_is_one_cell_and_the_twins_are_ascii() {
        for set in [GlyphSet::Unicode, GlyphSet::Ascii] {
            let g = Glyphs::of(set);
            let mut all = vec![
                g.bar,
                g.nobody,
                g.waiting,
                g.done,
                g.snoozed,
                g.contested,
                g.pending,
                g.attachment,
                g.urgent,
                g.unknown,
                g.live,
                g.busy,
                g.offline,
                g.warning,
                g.folded,
                g.open,
                g.quote,
                g.arrow,
                g.ellipsis,
                g.dot,
                g.rule,
                g.divide,
                g.full,
                g.empty,
                g.left_quote,
                g.right_quote,
            ];
            all.extend(g.frame);
            for sign in all {
                assert_eq!(width(sign), 1, "{sign}");
                assert!(set == GlyphSet::Unicode || sign.is_ascii(), "{sign}");
            }
        }
    }
}
