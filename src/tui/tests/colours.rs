//! A frame's colours as a text that stays small: a legend of its styles, then each row as runs of them.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// `a` is how most of the screen looks; `a120` are 120 cells of it; equal rows are counted.
pub fn map(buffer: &Buffer) -> String {
    let mut legend: Vec<String> = Vec::new();
    let mut rows: Vec<(String, usize)> = Vec::new();
    for row in buffer.content.chunks(usize::from(buffer.area.width)) {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for cell in row {
            let style = style(cell);
            let at = legend.iter().position(|known| *known == style).unwrap_or_else(|| {
                legend.push(style);
                legend.len() - 1
            });
            match runs.last_mut() {
                Some((last, count)) if *last == at => *count += 1,
                _ => runs.push((at, 1)),
            }
        }
        let row: String = runs.iter().map(|(at, count)| format!("{}{count}", letter(*at))).collect();
        match rows.last_mut() {
            Some((last, times)) if *last == row => *times += 1,
            _ => rows.push((row, 1)),
        }
    }
    let mut out = String::new();
    for (at, style) in legend.iter().enumerate() {
        let _ = writeln!(out, "{} {style}", letter(at));
    }
    for (row, times) in rows {
        let _ = if times > 1 { writeln!(out, "  {row} x{times}") } else { writeln!(out, "  {row}") };
    }
    out
}

fn letter(at: usize) -> char {
    char::from(if at < 26 { b'a' + at as u8 } else { b'A' + (at - 26) as u8 })
}

fn style(cell: &Cell) -> String {
    let colour = |colour: Color| match colour {
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Color::Reset => "-".to_owned(),
        other => format!("{other:?}"),
    };
    let weights = [
        (Modifier::BOLD, " bold"),
        (Modifier::DIM, " dim"),
        (Modifier::ITALIC, " italic"),
        (Modifier::UNDERLINED, " underline"),
        (Modifier::REVERSED, " reverse"),
    ];
    let weights: String = weights.iter().filter(|(m, _)| cell.modifier.contains(*m)).map(|(_, word)| *word).collect();
    format!("{} on {}{weights}", colour(cell.fg), colour(cell.bg))
}
