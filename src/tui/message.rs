//! What the screen is told and what it wants done.

use crossterm::event::KeyEvent;

use crate::engine::kept::SavedDraft;
use crate::engine::message::{Command, Event, Target};

/// Something that happened to the screen.
#[derive(Debug)]
pub enum Message {
    Key(KeyEvent),
    Paste(String),
    Resize(u16, u16),
    Engine(Event),
    /// The other editor came back: the text, or why there is none.
    Edited(Result<String, String>),
    /// A draft was written, or could not be.
    Kept(Result<(), String>),
    /// Time went by.
    Tick,
    /// The terminal is gone, or somebody asked the program to end: keep what is typed, ask nothing.
    HangUp,
}

/// Something that the runner does for the screen.
#[derive(Debug)]
pub enum Effect {
    Command(Command),
    /// Keep a draft for the first time: what came back meanwhile lies beneath it.
    BeginDraft(Box<SavedDraft>),
    KeepDraft(Box<SavedDraft>),
    ForgetDraft(Target),
    /// Hand the terminal to the person's own editor with this text.
    Edit(String),
    /// Draw everything anew, whatever is on the terminal.
    Redraw,
    /// Give the terminal back until the person returns.
    Suspend,
    Quit,
}
