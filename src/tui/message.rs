//! What the screen is told and what it wants done.

use std::ffi::OsString;
use std::path::PathBuf;

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;

use super::editor::Edited;
use super::items::Whose;
use crate::engine::files::Entry;
use crate::engine::kept::{Attached, SavedDraft};
use crate::engine::message::{Command, Event, Piece, Target, Ticket};

/// Something that happened to the screen.
#[derive(Debug)]
pub enum Message {
    /// `at`: when it was pressed.
    Key {
        key: KeyEvent,
        at: Timestamp,
    },
    Mouse(MouseEvent),
    Paste(String),
    Resize(u16, u16),
    /// The terminal's window got the focus, or lost it.
    Focus(bool),
    Engine(Event),
    /// The other editor came back.
    Edited(Edited),
    /// What an editor had saved when its program died is a draft now.
    FoundEdited {
        subject: String,
        /// Where something lies that only the editor can read.
        rest: Option<PathBuf>,
    },
    /// The command that was given a mail ended: what to say, or what went wrong.
    Piped(Result<String, String>),
    /// The names of a folder that is typed, or why they cannot be read.
    Browsed {
        folder: String,
        outcome: Result<Vec<Entry>, String>,
    },
    /// A file that is to go along was read and lies on the desk, or why not.
    Attached(Result<Attached, String>),
    /// A draft could not be kept.
    NotKept(String),
    /// A draft was kept apart from what another screen wrote on meanwhile.
    KeptApart(Target),
    /// Time went by.
    Tick,
    /// The terminal is gone, or somebody asked the program to end: keep what is typed, ask nothing.
    HangUp,
}

/// Where a file is laid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whither {
    Folder(PathBuf),
    /// Where nobody else looks, as long as the screen runs.
    Private,
}

/// Something that the runner does for the screen.
#[derive(Debug)]
pub enum Effect {
    Command(Command),
    KeepDraft(Box<SavedDraft>),
    ForgetDraft(Box<SavedDraft>),
    /// Read the names of a folder, as it was typed.
    Browse(String),
    /// Read a file, of no more than so many octets, and lay it on the desk.
    Attach {
        path: String,
        most: u64,
    },
    /// Hand the terminal to the person's own editor with the text of this draft.
    Edit(Box<SavedDraft>),
    /// Bring a mail, or a part of it, into a file.
    Fetch {
        ticket: Ticket,
        whose: Whose,
        piece: Piece,
        name: String,
        into: Whither,
    },
    /// Have a file or a link opened by the system.
    Launch {
        program: &'static str,
        target: OsString,
    },
    /// Into the terminal's clipboard.
    Copy(String),
    /// Hand the terminal to a command of the person's, which reads this text, or this file.
    PipeText {
        command: String,
        text: String,
    },
    PipeFile {
        command: String,
        path: PathBuf,
    },
    /// Tell the person, who looks elsewhere, by the terminal's means.
    Notice(String),
    /// Draw everything anew, whatever is on the terminal.
    Redraw,
    /// Give the terminal back until the person returns.
    Suspend,
    Quit,
}
