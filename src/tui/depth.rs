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

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

/// The colour of a text that comes nearest among those that can be read on this background as well as the wanted one can.
pub fn shade(rgb: Rgb, behind: Rgb, depth: Depth) -> Color {
    let least = contrast(rgb, behind).min(4.5);
    let readable = |choice: &mut dyn Iterator<Item = (u8, Rgb)>| -> u8 {
        let choice: Vec<_> = choice.collect();
        let can_be_read = |colour: &&(u8, Rgb)| contrast(colour.1, behind) >= least;
        match choice.iter().filter(can_be_read).copied().collect::<Vec<_>>() {
            none if none.is_empty() => nearest(rgb, choice.into_iter()),
            some => nearest(rgb, some.into_iter()),
        }
    };
    match depth {
        Depth::None => Color::Reset,
        Depth::True => Color::Rgb(rgb.0, rgb.1, rgb.2),
        Depth::Indexed => Color::Indexed(readable(&mut (16..=255).map(|i| (i, indexed(i))))),
        Depth::Sixteen => Color::Indexed(readable(&mut (0..16).map(|i| (i, SIXTEEN[usize::from(i)])))),
    }
}

/// The background that comes nearest.
pub fn flat(rgb: Rgb, depth: Depth) -> Color {
    shade(rgb, rgb, depth)
}

/// WCAG 2.2's contrast of two colours, from 1 to 21.
pub fn contrast(one: Rgb, other: Rgb) -> f64 {
    let luminance = |(red, green, blue): Rgb| 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// What a colour of ours looks like.
#[cfg(test)]
pub fn rgb_of(colour: Color) -> Rgb {
    match colour {
        Color::Rgb(red, green, blue) => (red, green, blue),
        Color::Indexed(index @ 0..16) => SIXTEEN[usize::from(index)],
        Color::Indexed(index) => indexed(index),
        other => panic!("{other:?} is none of ours"),
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

fn nearest(wanted: Rgb, choice: impl Iterator<Item = (u8, Rgb)>) -> u8 {
    let wanted = oklab(wanted);
    let distance = |colour: Rgb| oklab(colour).into_iter().zip(wanted).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    choice.min_by(|(_, a), (_, b)| distance(*a).total_cmp(&distance(*b))).map_or(7, |(index, _)| index)
}

/// Björn Ottosson's Oklab, in which distances are what the eye sees: a red stays a red where there are few colours.
fn oklab((red, green, blue): Rgb) -> [f64; 3] {
    let [r, g, b] = [red, green, blue].map(linear);
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

/// sRGB without its curve.
fn linear(value: u8) -> f64 {
    match f64::from(value) / 255.0 {
        low if low <= 0.04045 => low / 12.92,
        high => ((high + 0.055) / 1.055).powf(2.4),
    }
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
        assert_eq!(flat((255, 0, 0), Depth::Indexed), Color::Indexed(196));
        assert_eq!(flat((8, 8, 8), Depth::Indexed), Color::Indexed(232));
        assert_eq!(flat((255, 255, 255), Depth::Sixteen), Color::Indexed(15));
    }

    #[test]
    fn a_colour_that_could_not_be_read_gives_way_to_one_that_can() {
        let (black, white) = ((0, 0, 0), (255, 255, 255));
        // The dark red of old is nearer and cannot be read on black.
        assert_eq!(shade((200, 60, 60), black, Depth::Sixteen), Color::Indexed(9));
        assert_eq!(shade((187, 45, 59), white, Depth::Sixteen), Color::Indexed(1));
        // What was faint on purpose may stay so.
        assert_eq!(shade((80, 80, 80), black, Depth::Sixteen), Color::Indexed(8));
    }

    #[test]
    fn contrast_is_what_the_standard_says() {
        assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 0.001);
        assert!((contrast((0x77, 0x77, 0x77), (255, 255, 255)) - 4.48).abs() < 0.01);
        assert!((contrast((1, 2, 3), (1, 2, 3)) - 1.0).abs() < 0.001);
    }
}
