//! The palette: every action of the program and whatever can be gone to, found by a few letters of its name.
//!
//! Actions come from the keymap with their keys, never from a list written twice; mailboxes, teammates and tags from the cache.
//! What belongs to another screen is listed too, and says where it is at home. Left out are only the keys of the small windows,
//! which answer what the window asks.

use std::collections::HashSet;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui_textarea::TextArea;

use super::app::App;
use super::keymap::{Act, Bound, Context, shown};
use super::layers::Layer;
use super::source::{Result, Source};
use super::{rights, typing};
use crate::mail::safe;
use crate::model::{Conversation, Handle, Query};

/// What an entry does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    Act(Act),
    /// By its place in the list of mailboxes.
    Mailbox(usize),
    Search(Query),
    Assign(Handle),
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub says: String,
    /// The action's name, as the configuration has it; empty where it is none.
    name: &'static str,
    /// How it is pressed; empty where there is no key for it.
    pub key: String,
    pub deed: Deed,
    /// Why it cannot be done now.
    pub why_not: Option<String>,
}

/// Whether what is typed calls an entry by more than some of its letters, the likeliest meaning first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Called {
    /// By its key, where that does something here: `:q` quits.
    ByKey,
    ByName,
    /// What is typed begins a word of it.
    ByWord,
    Otherwise,
}

impl Entry {
    fn is_called(&self, typed: &str) -> Called {
        match typed {
            "" => Called::Otherwise,
            _ if self.key == typed && self.why_not.is_none() => Called::ByKey,
            _ if !self.name.is_empty() && self.name.eq_ignore_ascii_case(typed) => Called::ByName,
            _ if begins_a_word(&self.says, typed) => Called::ByWord,
            _ => Called::Otherwise,
        }
    }
}

/// Whether the letters that are typed stand in a row at the beginning of a word.
fn begins_a_word(says: &str, typed: &str) -> bool {
    let (says, typed) = (says.to_lowercase(), typed.to_lowercase());
    says.match_indices(&typed).any(|(at, _)| !says[..at].ends_with(char::is_alphanumeric))
}

/// The palette as it is typed in.
#[derive(Debug, Clone)]
pub struct Palette {
    pub input: TextArea<'static>,
    /// The conversation that was under the cursor when it was opened.
    pub about: Option<Conversation>,
    /// The window above which it was opened.
    pub under: Option<Box<Layer>>,
    entries: Vec<Entry>,
    /// The entries that match, the best first, and which letters of each did.
    matching: Vec<(usize, Vec<u32>)>,
    pub selected: usize,
}

/// The places whose actions are listed, in the order in which they are.
const PLACES: [Context; 6] =
    [Context::Queue, Context::Reading, Context::Writing, Context::Mailboxes, Context::Outbox, Context::Help];

/// Every action once, what can be done here with the key that it has here.
fn actions(app: &App) -> Vec<Entry> {
    let here = app.context();
    let mut entries: Vec<Entry> = Vec::new();
    let mut listed: HashSet<(&str, &str)> = HashSet::new();
    for place in std::iter::once(here).chain(PLACES) {
        for Bound { act, name, says, keys, .. } in app.keymap.actions(place) {
            // The palette itself is there already.
            if *act == Act::Commands || !listed.insert((name, says)) {
                continue;
            }
            let why_not = if place == here { rights::why_not(app, *act) } else { Some(elsewhere(app, place)) };
            let key = keys.first().map(|key| shown(key)).unwrap_or_default();
            entries.push(Entry { says: (*says).to_owned(), name, key, deed: Deed::Act(*act), why_not });
        }
    }
    entries
}

/// Where an action is at home, and how one comes there.
fn elsewhere(app: &App, place: Context) -> String {
    let here = app.context();
    let key = |act| app.keymap.key_for(here, act);
    match (place, here) {
        (_, Context::Writing) => format!("not while writing: {} keeps the draft", key(Act::KeepDraft)),
        (_, Context::Mailboxes | Context::Outbox | Context::Help) => {
            format!("not in this window: {} closes it", key(Act::Back))
        }
        (Context::Reading, _) => format!("while reading: {} opens", key(Act::Open)),
        (Context::Writing, _) => format!("while writing: {} replies, {} begins a mail", key(Act::Reply), key(Act::New)),
        (Context::Mailboxes, _) => format!("in the mailboxes: {} shows them", key(Act::Mailboxes)),
        (Context::Outbox, _) => format!("in the outbox: {} shows it", key(Act::Outbox)),
        (Context::Help, _) => format!("in the help: {} shows it", key(Act::Keys)),
        _ => format!("in the queue: {} goes there", key(Act::Back)),
    }
}

impl Palette {
    /// All that there is from here.
    pub fn of(app: &App, source: &dyn Source) -> Result<Self> {
        let mut entries = actions(app);
        // A mail that is being written is not left for another list by a slip.
        let writing = (app.context() == Context::Writing).then(|| elsewhere(app, Context::Queue));
        for (at, mailbox) in app.mailboxes.iter().enumerate() {
            let name = mailbox.name.as_deref().map(|name| format!("  {name}")).unwrap_or_default();
            let says = safe::line(&format!("mailbox {}{name}", mailbox.key()));
            let why_not = (at == app.mailbox).then(|| "you are there".to_owned()).or_else(|| writing.clone());
            entries.push(Entry { says, name: "", key: String::new(), deed: Deed::Mailbox(at), why_not });
        }
        let is_elsewhere = !matches!(app.context(), Context::Queue | Context::Reading);
        let assigning = match is_elsewhere {
            true => Some(elsewhere(app, Context::Queue)),
            false => rights::why_not(app, Act::Assign),
        };
        for handle in source.teammates(app.key())? {
            let is_me = app.me() == Some(&handle);
            let whose = if is_me { "what you hold".to_owned() } else { format!("what {handle} holds") };
            let deed = Deed::Search(Query::held_by(&handle));
            let key = format!("who:{handle}");
            entries.push(Entry { says: whose, name: "", key, deed, why_not: writing.clone() });
            let says = if is_me { format!("assign to yourself ({handle})") } else { format!("assign to {handle}") };
            entries.push(Entry {
                says,
                name: "",
                key: String::new(),
                deed: Deed::Assign(handle),
                why_not: assigning.clone(),
            });
        }
        for tag in source.tags(app.key())? {
            let says = safe::line(&format!("tagged {tag}"));
            let (key, deed) = (safe::line(&format!("tag:{tag}")), Deed::Search(Query::tagged(&tag)));
            entries.push(Entry { says, name: "", key, deed, why_not: writing.clone() });
        }
        let input = typing::line("");
        let mut palette = Self { input, about: app.subject(), under: None, entries, matching: Vec::new(), selected: 0 };
        palette.narrow();
        Ok(palette)
    }

    /// Another text was typed.
    pub fn narrow(&mut self) {
        self.selected = 0;
        let typed = typing::text_of(&self.input);
        let pattern = Pattern::parse(&typed, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut scored: Vec<(Called, u32, usize, Vec<u32>)> = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let mut letters = Vec::new();
            let called = entry.is_called(&typed);
            let text = Utf32Str::new(&entry.says, &mut buffer);
            let score = pattern.indices(text, &mut matcher, &mut letters);
            if score.is_some() || called != Called::Otherwise {
                letters.sort_unstable();
                letters.dedup();
                scored.push((called, score.unwrap_or(0), at, letters));
            }
        }
        // Of equals, what can be done comes first; else as the keymap has it.
        scored.sort_by_key(|(called, score, at, _)| {
            (*called, std::cmp::Reverse(*score), self.entries[*at].why_not.is_some(), *at)
        });
        self.matching = scored.into_iter().map(|(.., at, letters)| (at, letters)).collect();
    }

    /// The entries that match, and which letters of each did.
    pub fn matching(&self) -> impl Iterator<Item = (&Entry, &[u32])> {
        self.matching.iter().filter_map(|(at, letters)| Some((self.entries.get(*at)?, letters.as_slice())))
    }

    /// How many match.
    pub fn len(&self) -> usize {
        self.matching.len()
    }

    /// The entry under the cursor.
    pub fn chosen(&self) -> Option<&Entry> {
        self.matching.get(self.selected).and_then(|(at, _)| self.entries.get(*at))
    }

    /// One entry on or back.
    pub fn step(&mut self, is_back: bool) {
        let last = self.len().saturating_sub(1);
        self.selected = if is_back { self.selected.saturating_sub(1) } else { (self.selected + 1).min(last) };
    }
}
