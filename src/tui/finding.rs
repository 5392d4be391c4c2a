//! What a person looks for: the line of a search (`/`) and of a filter (`\\`), the query in each, and what the server was asked.
//!
//! A search lists what it finds in the whole mailbox, newest first; a filter narrows the list that is shown. Both at once: the
//! filter narrows what the search found.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui_textarea::TextArea;

use super::app::Focus;
use super::queue::Queue;
use super::typing;
use crate::engine::message::Ticket;
use crate::model::query::{Marks, What};
use crate::model::{Query, QueryError, Refusal, Role, Uid, View};
use crate::store::{Order, Reach, Search, Wanted};

/// The server is asked once nothing was typed for so long.
pub const REST: Duration = Duration::from_millis(300);

/// While it is typed, so many of each folder's newest mails with the words are looked at.
pub const MOST: u32 = 2000;

/// Which of the two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Search,
    Filter,
}

/// One line and the query that it holds.
#[derive(Debug, Clone)]
pub struct Line {
    pub input: TextArea<'static>,
    /// The last text that could be read.
    pub query: Query,
    /// What is wrong with the text as it is.
    pub error: Option<QueryError>,
}

impl Line {
    /// A line with this text.
    pub fn new(text: &str) -> Self {
        let mut line = Self { input: typing::line(text), query: Query::default(), error: None };
        line.read();
        line
    }

    pub fn text(&self) -> String {
        typing::text_of(&self.input)
    }

    /// Reads the text anew; whether another query came of it.
    pub fn read(&mut self) -> bool {
        match Query::parse(&self.text()) {
            Ok(query) => {
                self.error = None;
                let is_other = query != self.query;
                self.query = query;
                is_other
            }
            Err(error) => {
                self.error = Some(error);
                false
            }
        }
    }
}

/// What became of asking the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Server {
    /// It is not to be asked: nothing is looked for, or too little of a word.
    #[default]
    Unasked,
    /// It will be asked at this time, should nothing else be typed.
    AsksAt(Timestamp),
    Asking(Ticket, Option<Role>),
    Complete,
    Failed(Refusal),
}

/// Where its person was before the search.
#[derive(Debug, Clone)]
pub struct Origin {
    pub queue: Queue,
    pub focus: Focus,
}

/// All that is looked for at the moment.
#[derive(Debug, Default)]
pub struct Finding {
    pub search: Option<Line>,
    pub filter: Option<Line>,
    /// The line that takes the keys.
    pub typing: Option<Which>,
    pub server: Server,
    /// What the server found for the search: messages with its words, messages with what must not be there.
    pub also: Vec<(Role, Uid)>,
    pub but: Vec<(Role, Uid)>,
    /// So many hits of the server's are older than those that were brought here.
    pub left_out: u32,
    pub origin: Option<Origin>,
    /// How much of the mailbox is here to be searched.
    pub reach: Reach,
    /// Too many mails have the words for whoever still types.
    pub is_cut: bool,
    /// When the query was typed: `3d` is counted from here.
    pub asked_at: Timestamp,
}

impl Finding {
    /// Whether the list is another one than the view's.
    pub fn is_active(&self) -> bool {
        self.search.is_some() || self.filter.is_some()
    }

    /// Whether nothing is asked for yet.
    pub fn is_empty(&self) -> bool {
        let asks = |line: &Option<Line>| line.as_ref().is_some_and(|line| !line.query.is_empty());
        !asks(&self.search) && !asks(&self.filter)
    }

    /// The line that is typed, else the one that was typed last.
    pub fn shown(&self) -> Option<(Which, &Line)> {
        let search = self.search.as_ref().map(|line| (Which::Search, line));
        let filter = self.filter.as_ref().map(|line| (Which::Filter, line));
        match self.typing {
            Some(Which::Search) => search,
            _ => filter.or(search),
        }
    }

    /// The line that takes the keys.
    pub fn typed(&mut self) -> Option<&mut Line> {
        match self.typing? {
            Which::Search => self.search.as_mut(),
            Which::Filter => self.filter.as_mut(),
        }
    }

    /// The list that is shown instead of the view's.
    pub fn listing(&self, mailbox: &str, (view, order): (View, Order), zone: &TimeZone) -> Option<Search> {
        let mut wanted = Vec::new();
        let (mut view, mut order) = (view, order);
        if let Some(line) = &self.search {
            (view, order) = (View::All, Order::NewestFirst);
            wanted.push(Wanted { query: line.query.clone(), also: self.also.clone(), but: self.but.clone() });
        }
        if let Some(line) = &self.filter {
            wanted.push(Wanted::local(line.query.clone()));
        }
        let (mailbox, now, zone) = (mailbox.to_owned(), self.asked_at, zone.clone());
        let most = self.typing.map(|_| MOST);
        (!wanted.is_empty()).then_some(Search { mailbox, view, order, wanted, alike: None, most, now, zone })
    }

    /// What is marked in the list and in the conversation.
    pub fn marks(&self) -> Marks {
        let of = |line: &Option<Line>| line.as_ref().map(|line| Marks::of(&line.query)).unwrap_or_default();
        of(&self.search).and(of(&self.filter))
    }

    /// When the server is to be asked.
    pub fn asks_at(&self) -> Option<Timestamp> {
        match self.server {
            Server::AsksAt(at) => Some(at),
            _ => None,
        }
    }

    /// The search whose answers are waited for.
    pub fn ticket(&self) -> Option<Ticket> {
        match self.server {
            Server::Asking(ticket, _) => Some(ticket),
            _ => None,
        }
    }

    /// The texts of all mails are wanted, and not here: what was found may not be all.
    pub fn is_short_of_bodies(&self) -> bool {
        let wants = |line: &Option<Line>| line.as_ref().is_some_and(|line| line.query.wants_bodies());
        self.reach.messages > 0 && !self.reach.has_all_bodies() && (wants(&self.search) || wants(&self.filter))
    }
}

/// Whether a server is asked while its person still types: a letter or two stand in every mail.
pub fn is_telling(query: &Query) -> bool {
    let is_short = |what: &What| matches!(what, What::Text(_, words) if words.text.len() < 3);
    !query.is_empty() && !query.terms.iter().any(|term| is_short(&term.what))
}
