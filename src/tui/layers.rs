//! The small windows above a screen: each asks one thing and goes.

use jiff::Timestamp;
use ratatui_textarea::TextArea;

use super::attaching::Attaching;
use super::folders::FolderPicker;
use super::items::{Choice, Whose};
use super::keymap::Context;
use super::palette::Palette;
use super::typing;
use super::waiting::Waiting;
use crate::engine::message::{AfterReply, Piece, Target};
use crate::model::{Action, Conversation, Handle};
use crate::wire::answer::Seen;

/// What a yes means.
#[derive(Debug, Clone)]
pub enum Sure {
    /// Take the conversation from whoever was seen to have it; then answer it, where that was why.
    TakeOver {
        conversation: Box<Conversation>,
        then_reply: Option<bool>,
    },
    /// Open this link.
    Follow(String),
    /// Do this to all that is selected.
    Many(Action),
    /// Do this to the conversation, or to all that is selected, though it brings a name that nobody has used here: a tag, or a
    /// teammate's.
    Unseen {
        conversation: Option<Box<Conversation>>,
        action: Action,
    },
    /// Send what is in the composer though no teammate can be told of it beforehand.
    SendUnannounced {
        then: Option<AfterReply>,
    },
    /// Send what is in the composer although it was answered meanwhile, which its writer has seen now.
    SendToo {
        then: Option<AfterReply>,
        seen: Seen,
    },
    /// Forget the draft that lies here.
    ThrowAway(Target),
    /// Throw away what is being written.
    Scrap,
    Quit,
}

/// Choosing the teammate who gets a conversation.
#[derive(Debug, Clone)]
pub struct Picker {
    /// `None`: all that is selected.
    pub conversation: Option<Box<Conversation>>,
    pub input: TextArea<'static>,
    pub teammates: Vec<Handle>,
    pub selected: usize,
}

impl Picker {
    /// Those whose handle holds what was typed.
    pub fn matching(&self) -> Vec<&Handle> {
        let typed = typing::text_of(&self.input).trim().to_lowercase();
        self.teammates.iter().filter(|h| h.as_str().contains(&typed)).collect()
    }

    /// The handle under the cursor; where none matches, the one that was typed, if it can be one.
    pub fn chosen(&self) -> Option<Handle> {
        let matching = self.matching();
        match matching.get(self.selected.min(matching.len().saturating_sub(1))) {
            Some(handle) => Some((*handle).clone()),
            None => Handle::new(typing::text_of(&self.input).trim()).ok(),
        }
    }
}

/// What is saved, or given to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    Piece { whose: Whose, piece: Piece, name: String },
    Text(String),
}

/// What a typed line is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineAsk {
    SaveIn(Wanted),
    PipeTo(Wanted),
}

impl LineAsk {
    /// What a person should know before they press Enter.
    pub fn explains(&self) -> &'static str {
        match self {
            Self::SaveIn(_) => "a folder that is there; nothing in it is overwritten",
            Self::PipeTo(_) => "the command gets it on its standard input",
        }
    }
}

/// The topmost small window.
#[derive(Debug, Clone)]
pub enum Layer {
    /// What was said, scrolled by so many lines.
    Said {
        scroll: u16,
    },
    Help {
        /// Whose keys are shown.
        of: Context,
        scroll: u16,
        /// The window above which it was opened.
        under: Option<Box<Layer>>,
    },
    Mailboxes {
        selected: usize,
    },
    /// What waits to be sent; its rows are read anew for every frame.
    Outbox {
        selected: usize,
        /// What stands there, wherever it goes.
        of: Option<Waiting>,
    },
    Picker(Picker),
    Folders(FolderPicker),
    Palette(Box<Palette>),
    Items(Choice),
    /// A folder or a command is typed.
    Line {
        ask: LineAsk,
        title: String,
        input: TextArea<'static>,
    },
    /// A file is chosen that is to go along.
    Attaching(Attaching),
    Tags {
        /// `None`: all that is selected.
        conversation: Option<Box<Conversation>>,
        input: TextArea<'static>,
        /// Those that the team uses.
        known: Vec<String>,
    },
    Confirm {
        question: String,
        explains: String,
        sure: Sure,
        /// Where one goes on who says no.
        back: Option<Box<Layer>>,
    },
    /// An answer whose fate is unknown: what became of it?
    Fate {
        target: Target,
        subject: String,
        at: Timestamp,
    },
}

impl Layer {
    /// The keys of this window, above it.
    pub fn explained(self) -> Self {
        Self::Help { of: self.context(), scroll: 0, under: Some(Box::new(self)) }
    }

    /// Where its keys stand in the keymap.
    pub fn context(&self) -> Context {
        match self {
            Self::Help { .. } | Self::Said { .. } => Context::Help,
            Self::Mailboxes { .. } => Context::Mailboxes,
            Self::Outbox { .. } => Context::Outbox,
            Self::Picker(_) => Context::Picker,
            Self::Folders(_) => Context::Folders,
            Self::Palette(_) => Context::Palette,
            Self::Items(_) => Context::Items,
            Self::Line { .. } => Context::Line,
            Self::Attaching(_) => Context::Attaching,
            Self::Tags { .. } => Context::Tags,
            Self::Confirm { .. } => Context::Confirm,
            Self::Fate { .. } => Context::Fate,
        }
    }

    /// The text that is typed in it.
    pub fn input(&mut self) -> Option<&mut TextArea<'static>> {
        match self {
            Self::Picker(picker) => Some(&mut picker.input),
            Self::Folders(picker) => Some(&mut picker.input),
            Self::Palette(palette) => Some(&mut palette.input),
            Self::Attaching(window) => Some(&mut window.input),
            Self::Tags { input, .. } | Self::Line { input, .. } => Some(input),
            _ => None,
        }
    }
}
