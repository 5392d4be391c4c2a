//! How many colours a terminal has, and the nearest of them to the one that is wanted.

use ratatui::style::Color;

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// `NO_COLOR`, or a terminal without any.
    None,
    /// The sixteen of old.
    Sixteen,
    /// xterm's 256.
    Indexed,
    /// Any red, green and blue.
    True,
}

impl Depth {
    /// What the environment says: `NO_COLOR`, `COLORTERM`, `TERM`.
    pub fn of_environment() -> Self {
        let read = |name| std::env::var(name).unwrap_or_default();
        Self::of(&read("NO_COLOR"), &read("COLORTERM"), &read("TERM"))
    }

    fn of(no_color: &str, color_term: &str, term: &str) -> Self {
        let knows_all = ["direct", "kitty", "ghostty", "alacritty", "wezterm", "foot"];
        match () {
            () if !no_color.is_empty() || term == "dumb" => Self::None,
            () if color_term.contains("truecolor") || color_term.contains("24bit") => Self::True,
            () if knows_all.iter().any(|name| term.contains(name)) => Self::True,
            () if term.contains("256color") => Self::Indexed,
            () if term.is_empty() || term == "linux" || term.starts_with("vt") || term == "ansi" => Self::Sixteen,
            () => Self::Indexed,
        }
    }
}

/// The colour that comes nearest.
pub fn shade(rgb: (u8, u8, u8), depth: Depth) -> Color {
    match depth {
        Depth::None => Color::Reset,
        Depth::True => Color::Rgb(rgb.0, rgb.1, rgb.2),
        Depth::Indexed => Color::Indexed(nearest(rgb, (16..=255).map(|i| (i, indexed(i))))),
        Depth::Sixteen => Color::Indexed(nearest(rgb, SIXTEEN.iter().enumerate().map(|(i, c)| (i as u8, *c)))),
    }
}

const SIXTEEN: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (170, 0, 0),
    (0, 170, 0),
    (170, 85, 0),
    (0, 0, 170),
    (170, 0, 170),
    (0, 170, 170),
    (170, 170, 170),
    (85, 85, 85),
    (255, 85, 85),
    (85, 255, 85),
    (255, 255, 85),
    (85, 85, 255),
    (255, 85, 255),
    (85, 255, 255),
    (255, 255, 255),
];

/// xterm's colour cube (16–231) and grey ramp (232–255).
fn indexed(index: u8) -> (u8, u8, u8) {
    if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        return (grey, grey, grey);
    }
    let cube = index.saturating_sub(16);
    let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
}

fn nearest(wanted: (u8, u8, u8), choice: impl Iterator<Item = (u8, (u8, u8, u8))>) -> u8 {
    let distance = |a: (u8, u8, u8)| {
        let part = |x: u8, y: u8, weight: i32| weight * (i32::from(x) - i32::from(y)).pow(2);
        // The eye tells greens apart best and blues worst.
        part(a.0, wanted.0, 3) + part(a.1, wanted.1, 6) + part(a.2, wanted.2, 1)
    };
    choice.min_by_key(|(_, colour)| distance(*colour)).map_or(7, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_how_many_colours_there_are() {
        assert_eq!(Depth::of("1", "truecolor", "xterm-256color"), Depth::None);
        assert_eq!(Depth::of("", "truecolor", "xterm-256color"), Depth::True);
        assert_eq!(Depth::of("", "", "xterm-256color"), Depth::Indexed);
        assert_eq!(Depth::of("", "", "linux"), Depth::Sixteen);
        assert_eq!(Depth::of("", "", "dumb"), Depth::None);
    }

    #[test]
    fn a_colour_that_is_there_is_found() {
        assert_eq!(shade((255, 0, 0), Depth::Indexed), Color::Indexed(196));
        assert_eq!(shade((8, 8, 8), Depth::Indexed), Color::Indexed(232));
        assert_eq!(shade((255, 255, 255), Depth::Sixteen), Color::Indexed(15));
    }
}
