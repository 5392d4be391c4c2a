//! Text under a cursor: what keys and pastes do to it. The editor's own shortcuts are never used; every key comes from the
//! keymap.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use super::keymap::Act;
use crate::mail::safe;

/// An editor of one line.
pub fn line(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(vec![safe::line(text)]);
    area.move_cursor(CursorMove::End);
    area.set_cursor_line_style(ratatui::style::Style::new());
    area
}

/// So many lines are a page of an editor.
const PAGE: usize = 15;

/// An editor of many lines, wrapped at words.
pub fn page(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(safe::text(text).split('\n').map(str::to_owned).collect());
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(ratatui::style::Style::new());
    area.set_tab_length(4);
    area
}

/// A line's text.
pub fn text_of(area: &TextArea) -> String {
    area.lines().join("\n")
}

/// Does a key's action to the text. `false` where the action is not about text.
pub fn act(area: &mut TextArea, act: Act) -> bool {
    let to = match act {
        Act::Left => CursorMove::Back,
        Act::Right => CursorMove::Forward,
        Act::LineUp => CursorMove::Up,
        Act::LineDown => CursorMove::Down,
        Act::WordLeft => CursorMove::WordBack,
        Act::WordRight => CursorMove::WordForward,
        Act::LineStart => CursorMove::Head,
        Act::LineEnd => CursorMove::End,
        Act::PageUp | Act::PageDown => {
            // The cursor goes along: a page beyond the last line would show nothing.
            let to = if act == Act::PageUp { CursorMove::Up } else { CursorMove::Down };
            (0..PAGE).for_each(|_| area.move_cursor(to));
            return true;
        }
        Act::DeleteWord => {
            area.delete_word();
            return true;
        }
        Act::DeleteToStart => {
            area.delete_line_by_head();
            return true;
        }
        Act::DeleteToEnd => {
            area.delete_line_by_end();
            return true;
        }
        _ => return false,
    };
    area.move_cursor(to);
    true
}

/// Types a key that has no action. `true` where the text changed.
pub fn key(area: &mut TextArea, key: KeyEvent, is_one_line: bool) -> bool {
    let is_plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Enter | KeyCode::Tab if is_one_line => false,
        KeyCode::Char(c) if is_plain && !c.is_control() => area.input_without_shortcuts(key),
        KeyCode::Enter | KeyCode::Backspace | KeyCode::Delete => area.input_without_shortcuts(key),
        _ => false,
    }
}

/// Puts pasted text in as text, whatever it holds.
pub fn paste(area: &mut TextArea, pasted: &str, is_one_line: bool) {
    let text =
        if is_one_line { safe::line(pasted) } else { safe::text(&pasted.replace("\r\n", "\n").replace('\r', "\n")) };
    area.insert_str(text);
}

/// The same in a field of one line, where up and down are not about text.
pub fn act_in_line(area: &mut TextArea, what: Act) -> bool {
    !matches!(what, Act::LineUp | Act::LineDown | Act::PageUp | Act::PageDown) && act(area, what)
}
