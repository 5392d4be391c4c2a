//! Colours and weights by meaning, read from small TOML files; what each thing is painted with is said here and nowhere
//! else.
//!
//! Every colour's meaning is carried by a second cue as well (a letter, a sign, a weight), so that `NO_COLOR` loses
//! nothing: it takes the colours away and leaves the weights.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use super::depth::{Depth, shade};
use super::glyphs::{GlyphSet, Glyphs};
use crate::model::Handle;

const DARK: &str = include_str!("../../themes/dark.toml");
const LIGHT: &str = include_str!("../../themes/light.toml");

/// How long the terminal may take to tell its background.
const ASK_FOR: Duration = Duration::from_millis(150);

/// Which theme a person asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeChoice {
    /// By the terminal's background; dark where it does not tell.
    #[default]
    Auto,
    Dark,
    Light,
}

/// What something means on the screen; a theme says how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// A theme file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    #[error("the theme is not what a theme file holds: {0}")]
    Syntax(#[from] toml::de::Error),
    #[error("the theme names the colour “{0}”, which is neither in its palette nor written #rrggbb")]
    Colour(String),
    #[error("the theme does not say how “{0}” looks")]
    Missing(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    appearance: Appearance,
    people: Vec<String>,
    palette: BTreeMap<String, String>,
    styles: BTreeMap<Paint, StyleSpec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Appearance {
    Dark,
    Light,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct StyleSpec {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
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
    /// Reads a theme file, its colours brought down to what the terminal has.
    ///
    /// # Errors
    /// [`ThemeError`] when the file is not a theme, names an unknown colour or leaves something unsaid.
    pub fn parse(file: &str, depth: Depth, glyphs: GlyphSet) -> Result<Self, ThemeError> {
        let file: ThemeFile = toml::from_str(file)?;
        let colour = |name: &String| -> Result<Color, ThemeError> {
            let hex = file.palette.get(name).unwrap_or(name);
            parse_hex(hex).map(|rgb| shade(rgb, depth)).ok_or_else(|| ThemeError::Colour(name.clone()))
        };
        let style = |spec: &StyleSpec| -> Result<Style, ThemeError> {
            let mut style = Style::new();
            if depth != Depth::None {
                style.fg = spec.fg.as_ref().map(colour).transpose()?;
                style.bg = spec.bg.as_ref().map(colour).transpose()?;
            }
            let weights = [
                (spec.bold, Modifier::BOLD),
                (spec.dim, Modifier::DIM),
                (spec.italic, Modifier::ITALIC),
                (spec.underline, Modifier::UNDERLINED),
                (spec.reverse, Modifier::REVERSED),
            ];
            for (_, weight) in weights.iter().filter(|(set, _)| *set) {
                style = style.add_modifier(*weight);
            }
            Ok(style)
        };
        let mut styles = [Style::new(); Paint::COUNT];
        for paint in ALL {
            let spec = file.styles.get(&paint).ok_or_else(|| ThemeError::Missing(format!("{paint:?}")))?;
            styles[paint as usize] = style(spec)?;
        }
        let people = file
            .people
            .iter()
            .map(|name| style(&StyleSpec { fg: Some(name.clone()), ..StyleSpec::default() }))
            .collect::<Result<Vec<_>, _>>()?;
        let is_dark = matches!(file.appearance, Appearance::Dark);
        Ok(Self { styles, people, glyphs: Glyphs::of(glyphs), is_dark })
    }

    /// One of the two themes that come with the program.
    pub fn built_in(is_dark: bool, depth: Depth, glyphs: GlyphSet) -> Self {
        let file = if is_dark { DARK } else { LIGHT };
        Self::parse(file, depth, glyphs).unwrap_or_else(|_| Self::plain(is_dark, glyphs))
    }

    /// Without any style at all: what is left when a theme cannot be read.
    fn plain(is_dark: bool, glyphs: GlyphSet) -> Self {
        Self { styles: [Style::new(); Paint::COUNT], people: Vec::new(), glyphs: Glyphs::of(glyphs), is_dark }
    }

    /// The theme for this terminal. With [`ThemeChoice::Auto`] the terminal is asked for its background, for a short
    /// while: call it before the terminal is read by anybody else.
    pub fn for_terminal(choice: ThemeChoice, glyphs: GlyphSet) -> Self {
        let depth = Depth::of_environment();
        let is_dark = match choice {
            ThemeChoice::Dark => true,
            ThemeChoice::Light => false,
            ThemeChoice::Auto => depth == Depth::None || is_background_dark(),
        };
        Self::built_in(is_dark, depth, glyphs)
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

fn parse_hex(text: &str) -> Option<(u8, u8, u8)> {
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some((part(0)?, part(2)?, part(4)?))
}

fn is_background_dark() -> bool {
    use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};
    let mut options = QueryOptions::default();
    options.timeout = ASK_FOR;
    match theme_mode(options) {
        Ok(mode) => mode == ThemeMode::Dark,
        Err(_) => !is_light(&std::env::var("COLORFGBG").unwrap_or_default()),
    }
}

/// `COLORFGBG` as rxvt, Konsole and others set it: the background is the last number, 7 and 15 are white.
fn is_light(color_fg_bg: &str) -> bool {
    matches!(color_fg_bg.rsplit(';').next(), Some("7" | "15"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_themes_say_how_everything_looks() {
        for file in [DARK, LIGHT] {
            Theme::parse(file, Depth::True, GlyphSet::Unicode).unwrap();
        }
    }

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

    #[test]
    fn a_theme_with_an_unknown_colour_says_which() {
        let broken = DARK.replace("{ fg = \"leaf\" }", "{ fg = \"leef\" }");
        let error = Theme::parse(&broken, Depth::True, GlyphSet::Unicode).unwrap_err();
        assert!(error.to_string().contains("leef"), "{error}");
    }
}
