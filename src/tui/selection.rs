//! What is selected in a queue: single rows, a range that follows the cursor, all of a view.
//!
//! Held are names and what their person saw of each, never rows; and never more than [`MOST`], so that memory does not grow
//! with the mailbox. Pure.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Assignee, Conversation, Expectation, Uid};

/// So many conversations are selected at most.
pub const MOST: usize = 5_000;

/// What its person had before their eyes of one conversation when they selected it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The newest mail in INBOX.
    pub upto: Option<Uid>,
    pub holder: Assignee,
    /// Holder and status, as a change expects them.
    pub saw: Expectation,
    /// Its place among what was selected.
    place: u64,
}

/// A range from where `V` was pressed to the cursor.
#[derive(Debug, Clone)]
struct Range {
    anchor: String,
    members: HashMap<String, Chosen>,
}

/// The selection of one queue, by the roots of the conversations.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    firm: BTreeMap<String, Chosen>,
    range: Option<Range>,
    /// What it was selected as all of, in words.
    all_of: Option<String>,
    next_place: u64,
}

impl Selection {
    fn chosen(&mut self, c: &Conversation) -> Chosen {
        self.next_place += 1;
        let (upto, holder, saw) = (c.newest_in_inbox(), c.assignee.clone(), c.as_seen());
        Chosen { upto, holder, saw, place: self.next_place }
    }

    /// Selects, or no longer. `false` where there is no room.
    pub fn toggle(&mut self, c: &Conversation) -> bool {
        self.settle();
        self.all_of = None;
        if self.firm.remove(&c.root).is_some() {
            return true;
        }
        self.add([c])
    }

    /// Selects all of these; `false` where they do not all fit.
    pub fn add<'a>(&mut self, conversations: impl IntoIterator<Item = &'a Conversation>) -> bool {
        for c in conversations {
            if self.firm.len() >= MOST && !self.firm.contains_key(&c.root) {
                return false;
            }
            let chosen = self.chosen(c);
            self.firm.insert(c.root.clone(), chosen);
        }
        true
    }

    /// All of a list was selected, of this one.
    pub fn is_now_all(&mut self, of: String) {
        self.all_of = Some(of);
    }

    /// What it was selected as all of: “Inbox”, “what was found”.
    pub fn all_of(&self) -> Option<&str> {
        self.all_of.as_deref()
    }

    /// Begins a range at a conversation.
    pub fn begin(&mut self, anchor: &Conversation) {
        self.all_of = None;
        self.range = Some(Range { anchor: anchor.root.clone(), members: HashMap::new() });
        self.stretch([anchor]);
    }

    /// Where the range began, while one is open.
    pub fn anchor(&self) -> Option<&str> {
        self.range.as_ref().map(|r| r.anchor.as_str())
    }

    /// The range holds these now.
    pub fn stretch<'a>(&mut self, rows: impl IntoIterator<Item = &'a Conversation>) {
        let members = rows.into_iter().take(MOST).map(|c| (c.root.clone(), self.chosen(c))).collect();
        if let Some(range) = &mut self.range {
            range.members = members;
        }
    }

    /// Ends the range; what it holds stays selected.
    pub fn settle(&mut self) {
        let Some(range) = self.range.take() else { return };
        for (root, chosen) in range.members {
            if self.firm.len() < MOST {
                self.firm.entry(root).or_insert(chosen);
            }
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// No longer selected: it was dealt with.
    pub fn forget(&mut self, root: &str) {
        self.firm.remove(root);
        if let Some(range) = &mut self.range {
            range.members.remove(root);
        }
    }

    pub fn contains(&self, root: &str) -> bool {
        self.firm.contains_key(root) || self.range.as_ref().is_some_and(|r| r.members.contains_key(root))
    }

    pub fn len(&self) -> usize {
        let loose = |r: &Range| r.members.keys().filter(|root| !self.firm.contains_key(*root)).count();
        self.firm.len() + self.range.as_ref().map_or(0, loose)
    }

    pub fn is_empty(&self) -> bool {
        self.firm.is_empty() && self.range.as_ref().is_none_or(|r| r.members.is_empty())
    }

    /// What is selected, in the order in which it was.
    pub fn all(&self) -> Vec<(String, Chosen)> {
        let mut all: BTreeMap<&String, &Chosen> = self.firm.iter().collect();
        if let Some(range) = &self.range {
            for (root, chosen) in &range.members {
                all.entry(root).or_insert(chosen);
            }
        }
        let mut all: Vec<_> = all.into_iter().map(|(root, chosen)| (root.clone(), chosen.clone())).collect();
        all.sort_by_key(|(_, chosen)| chosen.place);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fake::conversation;

    fn row(root: &str) -> Conversation {
        conversation(root, "s", "2026-11-24T12:00:00Z")
    }

    fn roots(selection: &Selection) -> Vec<String> {
        selection.all().into_iter().map(|(root, _)| root).collect()
    }

    #[test]
    fn a_range_follows_the_cursor_until_it_is_settled() {
        let mut s = Selection::default();
        let rows = [row("a"), row("b"), row("c")];
        s.begin(&rows[0]);
        s.stretch(&rows);
        s.stretch(&rows[..2]);
        assert_eq!(roots(&s), ["a", "b"]);
        s.toggle(&rows[2]);
        assert_eq!((roots(&s), s.anchor()), (vec!["a".into(), "b".into(), "c".into()], None));
        s.toggle(&rows[0]);
        assert_eq!((s.len(), s.contains("a")), (2, false));
        s.clear();
        assert!(s.is_empty());
    }

    #[test]
    fn nothing_holds_more_than_the_most() {
        let rows: Vec<Conversation> = (0..=MOST).map(|n| row(&n.to_string())).collect();
        let mut s = Selection::default();
        assert!(!s.add(&rows));
        assert_eq!(s.len(), MOST);
        s.clear();
        s.begin(&rows[0]);
        s.stretch(&rows);
        s.settle();
        assert_eq!(s.len(), MOST);
    }

    #[test]
    fn what_was_seen_is_kept_with_it() {
        let mut s = Selection::default();
        s.toggle(&row("a"));
        assert_eq!(s.all()[0].1.upto, Some(Uid(1)));
    }
}
