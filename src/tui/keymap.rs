//! Every key of the program: one table from which keys, the hint bar, the help and the pages about keys are made.
//!
//! A key that stands here has an action that is built; an action without a line here cannot be reached. What is really
//! bound once a profile and the person's own keys are laid over it is a [`Keymap`].

mod bound;
pub mod page;
mod profiles;

pub use bound::{Bound, KeyFault, Keymap, Override};
pub use profiles::Profile;

use crate::model::View;

/// Where a key means something: the topmost thing on the screen that takes keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    Queue,
    Reading,
    Writing,
    /// Choosing a teammate.
    Picker,
    /// Choosing a folder.
    Folders,
    /// Choosing what hangs on a message.
    Items,
    /// Typing a folder of the disk, or a command.
    Line,
    /// Choosing a file.
    Attaching,
    /// Typing tags.
    Tags,
    /// A question answered yes or no.
    Confirm,
    /// What became of an answer.
    Fate,
    /// Typing what is looked for.
    Search,
    /// Choosing a command by its name.
    Palette,
    Mailboxes,
    /// What waits to be sent.
    Outbox,
    Help,
}

impl Context {
    /// All of them, in the order in which pages tell them.
    pub const ALL: &[Self] = EVERYWHERE;

    /// The name in the configuration: `[keys.queue]`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Reading => "reading",
            Self::Writing => "writing",
            Self::Picker => "picker",
            Self::Folders => "folders",
            Self::Items => "items",
            Self::Line => "line",
            Self::Attaching => "attaching",
            Self::Tags => "tags",
            Self::Confirm => "confirm",
            Self::Fate => "fate",
            Self::Search => "search",
            Self::Palette => "palette",
            Self::Mailboxes => "mailboxes",
            Self::Outbox => "outbox",
            Self::Help => "help",
        }
    }

    /// The name that help shows.
    pub fn title(self) -> &'static str {
        match self {
            Self::Queue => "the queue",
            Self::Reading => "reading",
            Self::Writing => "writing",
            Self::Picker => "choosing a teammate",
            Self::Folders => "choosing a folder",
            Self::Items => "choosing a link or attachment",
            Self::Line => "typing a folder or a command",
            Self::Attaching => "choosing a file",
            Self::Tags => "tagging",
            Self::Confirm => "a question",
            Self::Fate => "an answer's fate",
            Self::Search => "searching",
            Self::Palette => "commands",
            Self::Mailboxes => "mailboxes",
            Self::Outbox => "the outbox",
            Self::Help => "keys",
        }
    }

    /// Keys without a line in the table are text here.
    pub fn takes_text(self) -> bool {
        matches!(
            self,
            Self::Writing
                | Self::Picker
                | Self::Folders
                | Self::Items
                | Self::Attaching
                | Self::Line
                | Self::Tags
                | Self::Search
                | Self::Palette
        )
    }
}

/// How help orders the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    Move,
    Select,
    Mail,
    Team,
    Answer,
    State,
    Find,
    Views,
    Text,
    Program,
}

impl Group {
    /// In the order of the help.
    pub const ALL: [Self; 10] = [
        Self::Team,
        Self::Answer,
        Self::State,
        Self::Mail,
        Self::Select,
        Self::Find,
        Self::Move,
        Self::Views,
        Self::Text,
        Self::Program,
    ];

    /// The heading in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Select => "Select",
            Self::Mail => "Links, attachments, the mail itself",
            Self::Team => "Who has it",
            Self::Answer => "Answer",
            Self::State => "What it is",
            Self::Find => "Find",
            Self::Views => "Views and mailboxes",
            Self::Text => "Text",
            Self::Program => "Program",
        }
    }
}

/// Everything that a key can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    Down,
    Up,
    HalfDown,
    HalfUp,
    Top,
    Bottom,
    Open,
    Back,
    Quit,
    OtherPane,
    NextConversation,
    PreviousConversation,
    View(View),
    NextMailbox,
    PreviousMailbox,
    Mailboxes,
    Outbox,
    Said,
    Claim,
    TakeNext,
    Assign,
    TakeOver,
    Reply,
    ReplyAll,
    Forward,
    New,
    Done,
    Waiting,
    Tag,
    Urgent,
    Unread,
    Trash,
    Junk,
    MoveTo,
    // What hangs on a message
    OpenItem,
    SaveItem,
    Copy,
    Pipe,
    Headers,
    Raw,
    // Selecting
    Select,
    SelectRange,
    SelectAll,
    SelectAlike,
    SelectLists,
    Deselect,
    Undo,
    Search,
    Filter,
    NextHit,
    PreviousHit,
    Commands,
    Sync,
    Keys,
    Redraw,
    Suspend,
    Interrupt,
    // Writing
    Send,
    SendDone,
    Editor,
    KeepDraft,
    NextField,
    PreviousField,
    Attach,
    OtherForm,
    Bcc,
    ThrowAway,
    // Text under a cursor
    Left,
    Right,
    LineUp,
    LineDown,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
    PageUp,
    PageDown,
    DeleteWord,
    DeleteToEnd,
    DeleteToStart,
    // Small windows
    Complete,
    Accept,
    Cancel,
    WasSent,
    Discard,
    TakeBack,
    Retry,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    pub act: Act,
    /// The action's name, by which it is known outside.
    pub name: &'static str,
    /// The ways to press it; chords pressed one after the other are parted by a blank.
    pub keys: &'static [&'static str],
    pub contexts: &'static [Context],
    pub group: Group,
    pub says: &'static str,
    /// The word in the hint bar, for what deserves a place there.
    pub hint: Option<&'static str>,
}

use Context as C;

const MAIL: &[C] = &[C::Queue, C::Reading];
const TYPING: &[C] = &[C::Writing, C::Picker, C::Folders, C::Attaching, C::Line, C::Tags, C::Search, C::Palette];
const CHOOSING: &[C] = &[C::Picker, C::Folders, C::Items, C::Attaching, C::Search, C::Palette];
const ON_A_LINE: &[C] = &[C::Picker, C::Folders, C::Attaching, C::Line, C::Tags, C::Search, C::Palette];
const IN_WINDOWS: &[C] = &[C::Picker, C::Folders, C::Items, C::Attaching, C::Line, C::Tags, C::Palette];
const LISTS: &[C] = &[C::Queue, C::Mailboxes, C::Outbox];
const EVERYWHERE: &[C] = &[
    C::Queue,
    C::Reading,
    C::Writing,
    C::Picker,
    C::Folders,
    C::Items,
    C::Line,
    C::Attaching,
    C::Tags,
    C::Confirm,
    C::Fate,
    C::Search,
    C::Palette,
    C::Mailboxes,
    C::Outbox,
    C::Help,
];

macro_rules! keys {
    ($($act:expr, $name:literal, [$($key:literal),+], $contexts:expr, $group:ident, $says:literal $(, $hint:literal)?;)*) => {
        &[$(Binding {
            act: $act, name: $name, keys: &[$($key),+], contexts: $contexts, group: Group::$group, says: $says,
            hint: keys!(@hint $($hint)?),
        }),*]
    };
    (@hint $hint:literal) => { Some($hint) };
    (@hint) => { None };
}

/// The default profile. The order is that of the hints.
pub const DEFAULT: &[Binding] = keys![
    Act::Claim, "claim", ["c"], MAIL, Team, "claim, or release what is yours", "claim";
    Act::Reply, "reply", ["r"], MAIL, Answer, "reply", "reply";
    Act::Assign, "assign", ["A"], MAIL, Team, "assign to a teammate", "assign";
    Act::Done, "done", ["e"], MAIL, State, "done (to Archive), or open again", "done";
    Act::Back, "back", ["q", "Esc"], &[C::Reading], Move, "back to the queue", "back";
    Act::NextConversation, "next-conversation", ["J"], &[C::Reading], Move, "next conversation", "next";
    Act::OpenItem, "open-item", ["o"], &[C::Reading], Mail, "open a link or an attachment", "open";
    Act::SaveItem, "save", ["S"], &[C::Reading], Mail, "save an attachment, or the mail", "save";
    Act::Waiting, "waiting", ["w"], MAIL, State, "waiting for the customer, or open", "waiting";
    Act::Tag, "tag", ["t"], MAIL, State, "add or remove tags", "tag";
    Act::Search, "search", ["/"], MAIL, Find, "search the whole mailbox", "search";
    Act::Commands, "commands", [":", "Ctrl-k"], MAIL, Program, "commands by name", "commands";
    Act::Commands, "commands", [":", "Ctrl-k"], &[C::Mailboxes, C::Outbox], Program, "commands by name";
    Act::Commands, "commands", ["Alt-x"], &[C::Writing], Program, "commands by name";
    Act::TakeNext, "next", ["C"], MAIL, Team, "take the longest waiting one", "take next";
    Act::TakeOver, "takeover", ["T"], MAIL, Team, "take over from a teammate (asks)", "take over";
    Act::ReplyAll, "reply-all", ["a"], MAIL, Answer, "reply to all", "reply all";
    Act::Forward, "forward", ["f"], MAIL, Answer, "forward; the conversation still waits", "forward";
    Act::New, "new", ["m"], MAIL, Answer, "new mail", "new mail";
    Act::Urgent, "urgent", ["!"], MAIL, State, "urgent, or no longer";
    Act::Unread, "unread", ["u"], MAIL, State, "unread, or read";
    Act::Trash, "trash", ["d"], MAIL, State, "to Trash";
    Act::Junk, "junk", ["X"], MAIL, State, "to Junk, marked as junk";
    Act::MoveTo, "move", ["v"], MAIL, State, "move to a folder";
    Act::Copy, "copy", ["y"], MAIL, Mail, "copy a link, an address, an id";
    Act::Pipe, "pipe", ["|"], &[C::Reading], Mail, "give the mail or a part to a command";
    Act::Headers, "headers", ["h"], &[C::Reading], Mail, "all header fields, or the text again";
    Act::Raw, "raw", ["H"], &[C::Reading], Mail, "the mail as it came, or the text again";
    Act::Undo, "undo", ["z"], MAIL, State, "undo; takes back an answer";

    Act::Select, "select", ["Space"], &[C::Queue], Select, "select, or no longer";
    Act::SelectRange, "select-range", ["V"], &[C::Queue], Select, "begin a range; again: end it";
    Act::SelectAll, "select-all", ["*"], &[C::Queue], Select, "all of this view";
    Act::SelectAlike, "select-alike", ["="], &[C::Queue], Select, "all of its list or sender; again: its domain";
    Act::SelectLists, "select-lists", ["%"], &[C::Queue], Select, "all from mailing lists";
    Act::Deselect, "deselect", ["Esc"], &[C::Queue], Select, "select nothing; stop what goes on; leave a search";
    Act::Filter, "filter", ["\\"], MAIL, Find, "narrow the list";
    Act::NextHit, "next-hit", ["n"], MAIL, Find, "next hit";
    Act::PreviousHit, "previous-hit", ["p"], MAIL, Find, "previous hit";

    Act::Down, "down", ["j", "Down"], LISTS, Move, "down";
    Act::Up, "up", ["k", "Up"], LISTS, Move, "up";
    Act::Down, "down", ["j", "Down"], &[C::Help], Move, "down", "down";
    Act::Up, "up", ["k", "Up"], &[C::Help], Move, "up";
    Act::Down, "line-down", ["j", "Down"], &[C::Reading], Move, "a line down";
    Act::Up, "line-up", ["k", "Up"], &[C::Reading], Move, "a line up";
    Act::HalfDown, "half-page-down", ["Ctrl-d", "PageDown"], &[C::Queue], Move, "half a page down";
    Act::HalfDown, "half-page-down", ["Ctrl-d", "PageDown", "Space"], &[C::Reading], Move, "half a page down";
    Act::HalfDown, "half-page-down", ["Ctrl-d", "PageDown", "Space"], &[C::Help], Move, "half a page down", "half a page";
    Act::HalfUp, "half-page-up", ["Ctrl-u", "PageUp"], &[C::Queue, C::Reading, C::Help], Move, "half a page up";
    Act::Top, "top", ["g g", "Home"], &[C::Queue, C::Reading, C::Help], Move, "to the top";
    Act::Bottom, "bottom", ["G", "End"], &[C::Queue, C::Reading, C::Help], Move, "to the bottom";
    Act::Open, "open", ["Enter"], &[C::Queue], Move, "open";
    Act::Open, "unfold", ["Enter"], &[C::Reading], Move, "fold or unfold a message or a quote", "unfold";
    Act::PreviousConversation, "previous-conversation", ["K"], &[C::Reading], Move, "previous conversation";
    Act::OtherPane, "other-pane", ["Tab"], MAIL, Move, "between queue and conversation";
    Act::Back, "close", ["q", "Esc", "?", "F1"], &[C::Help], Program, "close", "close";
    Act::Back, "close", ["q", "Esc", "M"], &[C::Mailboxes], Program, "close", "close";

    Act::View(View::Inbox), "view-inbox", ["1"], MAIL, Views, "Inbox: all that is open";
    Act::View(View::Unclaimed), "view-unclaimed", ["2"], MAIL, Views, "Unclaimed";
    Act::View(View::Mine), "view-mine", ["3"], MAIL, Views, "Mine";
    Act::View(View::Team), "view-team", ["4"], MAIL, Views, "Team: held by others";
    Act::View(View::Waiting), "view-waiting", ["5"], MAIL, Views, "Waiting for the customer";
    Act::View(View::Done), "view-done", ["7"], MAIL, Views, "Done";
    Act::View(View::All), "view-all", ["8"], MAIL, Views, "All";
    Act::NextMailbox, "next-mailbox", ["]"], MAIL, Views, "next mailbox";
    Act::PreviousMailbox, "previous-mailbox", ["["], MAIL, Views, "previous mailbox";
    Act::Mailboxes, "mailboxes", ["M"], MAIL, Views, "mailboxes and your rights there", "mailboxes";
    Act::Open, "choose-mailbox", ["Enter"], &[C::Mailboxes], Views, "work on this mailbox", "choose";

    Act::Outbox, "outbox", ["O"], MAIL, Answer, "the outbox: what has not left yet";
    Act::Open, "outbox-open", ["Enter"], &[C::Outbox], Answer, "go to it: settle its fate, go on with a draft", "go to it";
    Act::TakeBack, "take-back", ["z", "x"], &[C::Outbox], Answer, "take it back: its text is a draft again; throw a draft away", "take it back";
    Act::Retry, "retry", ["r"], &[C::Outbox], Answer, "try to send now", "try now";
    Act::Back, "close", ["q", "Esc", "O"], &[C::Outbox], Program, "close", "close";

    Act::Send, "send", ["Ctrl-s"], &[C::Writing], Answer, "send", "send";
    Act::SendDone, "send-done", ["Ctrl-o"], &[C::Writing], Answer, "send and done", "send and done";
    Act::KeepDraft, "keep-draft", ["Esc"], &[C::Writing], Answer, "close and keep the draft", "keep draft";
    Act::Editor, "editor", ["Ctrl-e"], &[C::Writing], Answer, "write in $EDITOR", "$EDITOR";
    Act::Attach, "attach", ["Ctrl-a"], &[C::Writing], Answer, "attach a file; Delete takes the chosen one off", "attach";
    Act::OtherForm, "other-form", ["Ctrl-r"], &[C::Writing], Answer, "reply to one or all; forward as text or attachment";
    Act::ThrowAway, "throw-away", ["Ctrl-x"], &[C::Writing], Answer, "throw this text away, after a question";
    Act::Bcc, "bcc", ["Ctrl-b"], &[C::Writing], Answer, "to Bcc: who gets a copy unseen";
    Act::NextField, "next-field", ["Tab"], &[C::Writing], Answer, "next field; takes the address that is offered", "fields";
    Act::PreviousField, "previous-field", ["Shift-Tab"], &[C::Writing], Answer, "previous field";

    Act::LineUp, "previous-choice", ["Up", "Ctrl-p"], CHOOSING, Text, "previous";
    Act::LineDown, "next-choice", ["Down", "Ctrl-n"], CHOOSING, Text, "next";
    Act::LineUp, "text-up", ["Up"], &[C::Writing], Text, "a line of the text up";
    Act::LineDown, "text-down", ["Down"], &[C::Writing], Text, "a line of the text down";
    Act::Left, "text-left", ["Left"], TYPING, Text, "left";
    Act::Right, "text-right", ["Right"], TYPING, Text, "right";
    Act::WordLeft, "word-left", ["Ctrl-Left", "Alt-b"], TYPING, Text, "a word left";
    Act::WordRight, "word-right", ["Ctrl-Right", "Alt-f"], TYPING, Text, "a word right";
    Act::LineStart, "line-start", ["Home"], &[C::Writing], Text, "start of the line";
    Act::LineStart, "line-start", ["Home", "Ctrl-a"], ON_A_LINE, Text, "start of the line";
    Act::LineEnd, "line-end", ["End"], TYPING, Text, "end of the line";
    Act::PageUp, "text-page-up", ["PageUp"], &[C::Writing], Text, "a page up";
    Act::PageDown, "text-page-down", ["PageDown"], &[C::Writing], Text, "a page down";
    Act::DeleteWord, "delete-word", ["Ctrl-w", "Alt-Backspace"], TYPING, Text, "delete the word before";
    Act::DeleteToEnd, "delete-to-end", ["Ctrl-k"], TYPING, Text, "delete to the end of the line";
    Act::DeleteToStart, "delete-to-start", ["Ctrl-u"], TYPING, Text, "delete to the start of the line";

    Act::Accept, "assign-to", ["Enter"], &[C::Picker], Team, "assign to this teammate", "assign";
    Act::Accept, "move-to", ["Enter"], &[C::Folders], State, "move to this folder", "move";
    Act::Accept, "take-item", ["Enter"], &[C::Items], Mail, "this one; its number does too", "this one";
    Act::Accept, "take-line", ["Enter"], &[C::Line], Mail, "do it", "do it";
    Act::Accept, "attach-file", ["Enter"], &[C::Attaching], Answer, "attach this file, or open this folder", "attach";
    Act::Complete, "complete", ["Tab"], &[C::Attaching], Text, "complete the name", "complete";
    Act::Complete, "complete-tag", ["Tab"], &[C::Tags], Text, "complete the tag from those in use", "complete";
    Act::Accept, "set-tags", ["Enter"], &[C::Tags], State, "set", "set";
    Act::Accept, "keep-found", ["Enter"], &[C::Search], Find, "work on what was found", "keep";
    Act::Cancel, "stop-searching", ["Esc"], &[C::Search], Find, "back to where you were", "back";
    Act::Accept, "run", ["Enter"], &[C::Palette], Program, "do it", "do it";
    Act::Accept, "yes", ["y"], &[C::Confirm], Program, "yes", "yes";
    Act::Cancel, "no", ["n", "Esc", "q"], &[C::Confirm], Program, "no", "no";
    Act::WasSent, "was-sent", ["s"], &[C::Fate], Answer, "it was sent", "was sent";
    Act::Discard, "discard", ["d"], &[C::Fate], Answer, "discard it; its text is kept", "discard";
    Act::Cancel, "later", ["Esc", "q"], &[C::Fate], Program, "decide later", "later";
    Act::Cancel, "cancel", ["Esc"], IN_WINDOWS, Program, "cancel", "cancel";

    Act::Said, "said", ["L"], MAIL, Program, "what was said: the lines above the hints, the newest first";
    Act::Sync, "sync", ["R"], MAIL, Program, "sync now";
    Act::Redraw, "redraw", ["Ctrl-l"], EVERYWHERE, Program, "draw the screen anew";
    Act::Suspend, "suspend", ["Ctrl-z"], EVERYWHERE, Program, "put bagsy in the background";
    Act::Quit, "quit", ["q"], &[C::Queue], Program, "quit (asks only with unsent mail)", "quit";
    Act::Interrupt, "interrupt", ["Ctrl-c"], EVERYWHERE, Program, "quit from anywhere; a draft is kept";
    Act::Keys, "keys", ["?", "F1"], &[C::Queue, C::Reading, C::Mailboxes, C::Outbox], Program, "the keys of this screen", "keys";
    Act::Keys, "keys", ["F1"], &[C::Writing], Program, "the keys of this screen", "keys";
];

/// What the chords pressed so far mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Act(Act),
    /// More chords may follow.
    Pending,
    Nothing,
}

/// A binding's keys as a person reads them: `gg`, `Ctrl-S`.
pub fn shown(keys: &str) -> String {
    keys.split(' ')
        .map(|chord| match chord.rsplit_once('-') {
            Some((modifier, key)) if key.chars().count() == 1 => format!("{modifier}-{}", key.to_uppercase()),
            _ => chord.to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::tui::chord::Chord;

    #[test]
    fn every_key_of_the_table_can_be_pressed() {
        for binding in DEFAULT {
            for keys in binding.keys {
                assert!(keys.split(' ').all(|chord| Chord::parse(chord).is_some()), "{keys}");
            }
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_place() {
        let mut taken = HashSet::new();
        for binding in DEFAULT {
            for (context, keys) in binding.contexts.iter().flat_map(|c| binding.keys.iter().map(move |k| (c, k))) {
                assert!(taken.insert((context, keys)), "{keys} twice in {context:?}");
            }
        }
    }

    #[test]
    fn two_g_go_to_the_top() {
        let keymap = Keymap::default();
        let g = Chord::parse("g").unwrap();
        assert_eq!(keymap.find(Context::Queue, &[g]), Found::Pending);
        assert_eq!(keymap.find(Context::Queue, &[g, g]), Found::Act(Act::Top));
        assert_eq!(keymap.find(Context::Queue, &[g, Chord::parse("c").unwrap()]), Found::Nothing);
    }

    #[test]
    fn what_is_not_built_is_not_bound() {
        let keymap = Keymap::default();
        for key in ["6", "b", "N", "o"] {
            assert_eq!(keymap.find(Context::Queue, &[Chord::parse(key).unwrap()]), Found::Nothing, "{key}");
        }
    }

    #[test]
    fn keys_are_written_as_people_write_them() {
        assert_eq!(shown("g g"), "gg");
        assert_eq!(shown("Ctrl-s"), "Ctrl-S");
        assert_eq!(shown("Shift-Tab"), "Shift-Tab");
        assert_eq!(shown("-"), "-");
    }
}
