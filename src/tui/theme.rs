//! Colours and weights by meaning, read from small TOML files; what each thing is painted with is said here and nowhere
//! else.
//!
//! Every colour's meaning is carried by a second cue as well (a letter, a sign, a weight), so that `NO_COLOR` loses
//! nothing: it takes the colours away and leaves the weights.

pub mod file;
pub mod meaning;

use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use self::file::Design;
use super::background;
use super::depth::{Depth, Rgb, flat, shade};
use super::glyphs::{GlyphSet, Glyphs};
use crate::model::Handle;

/// The backgrounds that are taken for granted where a theme paints none of its own.
const DARK_GROUND: Rgb = (0x1c, 0x1c, 0x1c);
const LIGHT_GROUND: Rgb = (0xfa, 0xfa, 0xfa);

/// Which theme a person asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ThemeChoice {
    /// By the terminal's background; dark where it does not tell.
    #[default]
    Auto,
    Dark,
    Light,
    /// One that was read.
    Design(Box<Design>),
}

/// What something means on the screen; a theme says how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Paint {
    Text,
    Strong,
    Dim,
    Faint,
    Rule,
    Heading,
    Selected,
    Cursor,
    Tab,
    TabActive,
    Key,
    Hint,
    Disabled,
    Me,
    Unclaimed,
    Contested,
    Pending,
    Tag,
    Urgent,
    Overdue,
    Due,
    Good,
    Warn,
    Bad,
    Quote,
    Outgoing,
    Link,
    Border,
    Title,
}

impl Paint {
    const COUNT: usize = Self::Title as usize + 1;
}

/// How everything is painted.
#[derive(Debug, Clone)]
pub struct Theme {
    styles: [Style; Paint::COUNT],
    people: Vec<Style>,
    /// The signs drawn with it.
    pub glyphs: &'static Glyphs,
    /// Made for a dark background.
    pub is_dark: bool,
}

impl Theme {
    /// A design on a terminal: its colours brought down to what the terminal has, each still readable on what is behind it.
    pub fn of(design: &Design, depth: Depth, glyphs: GlyphSet) -> Self {
        let ground =
            design.looks[Paint::Text as usize].bg.unwrap_or(if design.is_dark { DARK_GROUND } else { LIGHT_GROUND });
        let mut styles = [Style::new(); Paint::COUNT];
        for paint in ALL {
            let look = &design.looks[paint as usize];
            // Sixteen colours have no second background on which all others can be read.
            let is_reversed = depth == Depth::Sixteen && look.bg.is_some() && look.fg.is_none();
            let mut style = Style::new();
            if depth != Depth::None {
                style.fg = look.fg.map(|fg| shade(fg, look.bg.unwrap_or(ground), depth));
                style.bg = look.bg.filter(|_| !is_reversed).map(|bg| flat(bg, depth));
            }
            let weights = [
                (look.bold, Modifier::BOLD),
                (look.dim, Modifier::DIM),
                (look.italic, Modifier::ITALIC),
                (look.underline, Modifier::UNDERLINED),
                (look.reverse || is_reversed, Modifier::REVERSED),
            ];
            for (_, weight) in weights.iter().filter(|(set, _)| *set) {
                style = style.add_modifier(*weight);
            }
            styles[paint as usize] = style;
        }
        let person = |rgb: &Rgb| match depth {
            Depth::None => Style::new(),
            depth => Style::new().fg(shade(*rgb, ground, depth)),
        };
        let people = design.people.iter().map(person).collect();
        Self { styles, people, glyphs: Glyphs::of(glyphs), is_dark: design.is_dark }
    }

    /// One of the two themes between which the terminal's background decides.
    pub fn built_in(is_dark: bool, depth: Depth, glyphs: GlyphSet) -> Self {
        let name = if is_dark { "dark" } else { "light" };
        match file::read(name, Path::new("")) {
            Ok(design) => Self::of(&design, depth, glyphs),
            // Never: a test reads both.
            Err(_) => Self::plain(is_dark, glyphs),
        }
    }

    /// Without any style at all: what is left when a theme cannot be read.
    fn plain(is_dark: bool, glyphs: GlyphSet) -> Self {
        Self { styles: [Style::new(); Paint::COUNT], people: Vec::new(), glyphs: Glyphs::of(glyphs), is_dark }
    }

    /// The theme for this terminal. With [`ThemeChoice::Auto`] the terminal is asked for its background, for a short
    /// while: call it before the terminal is read by anybody else.
    pub fn for_terminal(choice: &ThemeChoice, glyphs: GlyphSet) -> Self {
        let depth = Depth::of_environment();
        let is_dark = match choice {
            ThemeChoice::Dark => true,
            ThemeChoice::Light => false,
            ThemeChoice::Auto => depth == Depth::None || background::is_dark(),
            ThemeChoice::Design(design) => return Self::of(design, depth, glyphs),
        };
        Self::built_in(is_dark, depth, glyphs)
    }

    /// Lays the theme's own ground under what was drawn without one.
    pub fn ground(&self, buffer: &mut Buffer) {
        let Style { fg, bg, .. } = self.style(Paint::Text);
        for cell in buffer.content.iter_mut().filter(|_| fg.is_some() || bg.is_some()) {
            if cell.fg == Color::Reset {
                cell.fg = fg.unwrap_or(Color::Reset);
            }
            if cell.bg == Color::Reset {
                cell.bg = bg.unwrap_or(Color::Reset);
            }
        }
    }

    /// How this meaning looks.
    pub fn style(&self, paint: Paint) -> Style {
        self.styles[paint as usize]
    }

    /// A teammate's own colour: the same for the same handle everywhere.
    pub fn person(&self, handle: &Handle) -> Style {
        // FNV-1a: stable over versions and machines, which a std hasher does not promise.
        let hash = handle
            .as_str()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        let count = self.people.len() as u64;
        if count == 0 { Style::new() } else { self.people[(hash % count) as usize] }
    }
}

const ALL: [Paint; Paint::COUNT] = [
    Paint::Text,
    Paint::Strong,
    Paint::Dim,
    Paint::Faint,
    Paint::Rule,
    Paint::Heading,
    Paint::Selected,
    Paint::Cursor,
    Paint::Tab,
    Paint::TabActive,
    Paint::Key,
    Paint::Hint,
    Paint::Disabled,
    Paint::Me,
    Paint::Unclaimed,
    Paint::Contested,
    Paint::Pending,
    Paint::Tag,
    Paint::Urgent,
    Paint::Overdue,
    Paint::Due,
    Paint::Good,
    Paint::Warn,
    Paint::Bad,
    Paint::Quote,
    Paint::Outgoing,
    Paint::Link,
    Paint::Border,
    Paint::Title,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::depth::{contrast, rgb_of};

    #[test]
    fn no_color_leaves_no_colour_and_keeps_the_weights() {
        let theme = Theme::built_in(true, Depth::None, GlyphSet::Unicode);
        for paint in ALL {
            let style = theme.style(paint);
            assert_eq!((style.fg, style.bg), (None, None), "{paint:?}");
        }
        assert!(theme.style(Paint::Me).add_modifier.contains(Modifier::BOLD));
        assert_eq!(theme.person(&Handle::new("bob").unwrap()).fg, None);
    }

    #[test]
    fn a_teammates_colour_is_their_own() {
        let theme = Theme::built_in(true, Depth::True, GlyphSet::Unicode);
        let [bob, carol] = ["bob", "carol"].map(|n| theme.person(&Handle::new(n).unwrap()));
        assert_ne!(bob, carol);
        assert_eq!(bob, theme.person(&Handle::new("BOB").unwrap()));
    }

    fn designs() -> Vec<(&'static str, Design)> {
        file::BUILT_IN.iter().map(|(name, _)| (*name, file::read(name, Path::new("")).unwrap())).collect()
    }

    /// Every text of a design against everything that can be behind it.
    fn contrasts(design: &Design) -> Vec<(String, f64)> {
        let text = &design.looks[Paint::Text as usize];
        let ground = text.bg.unwrap_or(if design.is_dark { DARK_GROUND } else { LIGHT_GROUND });
        let ink = text.fg.unwrap_or(if design.is_dark { (0xd8, 0xd8, 0xd8) } else { (0x1c, 0x1c, 0x1c) });
        let selected = design.looks[Paint::Selected as usize].bg.unwrap_or(ground);
        let looks = ALL.into_iter().map(|p| (p.name().to_owned(), design.looks[p as usize]));
        let people =
            design.people.iter().map(|fg| ("people".to_owned(), file::Look { fg: Some(*fg), ..Default::default() }));
        let all = looks.chain(people).flat_map(|(name, look)| {
            let fg = look.fg.unwrap_or(ink);
            let behind = look.bg.map_or_else(|| vec![ground, selected], |bg| vec![bg]);
            behind.into_iter().map(move |bg| (name.clone(), contrast(fg, bg)))
        });
        all.collect()
    }

    #[test]
    fn high_contrast_is_seven_to_one_for_every_text_on_every_background() {
        for (name, design) in designs().into_iter().filter(|(name, _)| name.starts_with("high-contrast")) {
            for (paint, contrast) in contrasts(&design) {
                assert!(contrast >= 7.0, "{name}: {paint} has {contrast:.2}:1");
            }
            assert!(design.looks.iter().all(|look| !look.dim), "{name}: a terminal makes dim text paler");
        }
    }

    #[test]
    fn what_is_to_be_read_can_be_read_in_every_theme() {
        // Lines are no text; what would do nothing shall stand back.
        let is_quiet = |paint: &str| ["rule", "border", "disabled"].contains(&paint);
        for (name, design) in designs() {
            for (paint, contrast) in contrasts(&design).into_iter().filter(|(paint, _)| !is_quiet(paint)) {
                let least = if paint == "faint" || paint == "heading" || paint == "quote" || paint == "unclaimed" {
                    3.0
                } else {
                    4.0
                };
                assert!(contrast >= least, "{name}: {paint} has {contrast:.2}:1");
            }
        }
    }

    #[test]
    fn fewer_colours_can_be_read_as_well() {
        for (name, design) in designs() {
            let ground = design.looks[Paint::Text as usize].bg.unwrap_or(if design.is_dark {
                DARK_GROUND
            } else {
                LIGHT_GROUND
            });
            for depth in [Depth::Sixteen, Depth::Indexed] {
                let theme = Theme::of(&design, depth, GlyphSet::Unicode);
                for paint in ALL {
                    let (look, style) = (design.looks[paint as usize], theme.style(paint));
                    let (Some(wanted), Some(fg)) = (look.fg, style.fg) else { continue };
                    let behind = look.bg.unwrap_or(ground);
                    let (was, is) = (contrast(wanted, behind), contrast(rgb_of(fg), style.bg.map_or(behind, rgb_of)));
                    assert!(is >= was.min(4.5) - 0.01, "{name}, {depth:?}: {paint:?} has {is:.2}:1 of {was:.2}:1");
                }
                let selected = theme.style(Paint::Selected);
                let is_seen = selected.bg.is_some_and(|bg| Some(bg) != theme.style(Paint::Text).bg)
                    || selected.add_modifier.contains(Modifier::REVERSED);
                assert!(is_seen, "{name}, {depth:?}");
            }
        }
    }

    #[test]
    fn monochrome_has_no_colour_and_tells_what_is_selected() {
        let design = file::read("monochrome", Path::new("")).unwrap();
        let theme = Theme::of(&design, Depth::True, GlyphSet::Unicode);
        for paint in ALL {
            assert_eq!((theme.style(paint).fg, theme.style(paint).bg), (None, None), "{paint:?}");
        }
        assert!(theme.style(Paint::Selected).add_modifier.contains(Modifier::REVERSED));
        assert!(theme.style(Paint::Key) != theme.style(Paint::Disabled));
        assert_eq!(theme.person(&Handle::new("bob").unwrap()), Style::new());
    }
}
