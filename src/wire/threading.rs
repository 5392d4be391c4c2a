//! Which mails make one conversation: joined by ids, never by subject (docs/protocol.md#conversation).
//!
//! Membership is a function of the messages that are present now; nothing remembers one that is gone, so all clients come
//! to the same conversations whatever order things arrived in. For whoever keeps roots and brings them up to date: when an
//! id comes or goes, only messages that *name* it (and those that bear it) change their parent, so only the conversations
//! in which these were, can change; [`root_of`] of every member of those is enough.

use std::collections::HashMap;

use crate::model::MessageId;

/// One message as threading sees it. `id` is its `wire::identity::identity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node<'a> {
    pub id: &'a str,
    pub references: &'a [MessageId],
    pub in_reply_to: &'a [MessageId],
}

/// What stands above a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent {
    /// A message of the mailbox.
    Present(String),
    /// No message of the mailbox: the conversation's root, known by its id only.
    Missing(String),
    /// Nothing: it begins a conversation.
    None,
}

/// [`Parent`], borrowed from the message.
#[derive(Clone, Copy)]
enum Above<'a> {
    Present(&'a str),
    Missing(&'a str),
    Nothing,
}

fn above<'a>(node: &Node<'a>, is_present: &mut dyn FnMut(&str) -> bool) -> Above<'a> {
    let nearest_first = node.references.iter().rev().chain(node.in_reply_to.iter().rev());
    for id in nearest_first {
        if is_present(&id.0) {
            return Above::Present(&id.0);
        }
    }
    match node.references.first().or(node.in_reply_to.first()) {
        Some(id) => Above::Missing(&id.0),
        None => Above::Nothing,
    }
}

/// The first id that is present among References, last to first, then In-Reply-To, last to first; where none is, the first
/// of References, else of In-Reply-To, stands as the missing root.
pub fn parent_of(node: &Node, is_present: &mut dyn FnMut(&str) -> bool) -> Parent {
    match above(node, is_present) {
        Above::Present(id) => Parent::Present(id.to_owned()),
        Above::Missing(id) => Parent::Missing(id.to_owned()),
        Above::Nothing => Parent::None,
    }
}

/// Whose References count where several mails bear one Message-ID: those that are bytewise smallest, so that all clients
/// follow the same ones.
pub fn speaker<'a>(bearers: impl IntoIterator<Item = Node<'a>>) -> Option<Node<'a>> {
    bearers.into_iter().min_by(|a, b| (a.references, a.in_reply_to).cmp(&(b.references, b.in_reply_to)))
}

/// The root above a present id; `parent` tells the parent of a present id. A cycle is broken at its bytewise smallest id.
pub fn root_of(id: &str, parent: &mut dyn FnMut(&str) -> Parent) -> String {
    let mut path: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut at = id.to_owned();
    loop {
        if let Some(&start) = places.get(&at) {
            return path[start..].iter().min().cloned().unwrap_or(at);
        }
        places.insert(at.clone(), path.len());
        path.push(at.clone());
        match parent(&at) {
            Parent::Present(above) => at = above,
            Parent::Missing(root) => return root,
            Parent::None => return at,
        }
    }
}

/// The root of every node, parallel to the input: the whole threading anew, each id walked over once.
pub fn roots(nodes: &[Node]) -> Vec<String> {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(nodes.len());
    let mut speakers: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut place_of = Vec::with_capacity(nodes.len());
    for node in nodes {
        let place = *places.entry(node.id).or_insert(speakers.len());
        place_of.push(place);
        match speakers.get_mut(place) {
            Some(known) => *known = speaker([*known, *node]).unwrap_or(*node),
            None => speakers.push(*node),
        }
    }
    let above: Vec<Above> = speakers.iter().map(|node| above(node, &mut |id| places.contains_key(id))).collect();
    let mut found: Vec<Option<&str>> = vec![None; speakers.len()];
    // In whose walk an id was met last.
    let mut met: Vec<usize> = vec![usize::MAX; speakers.len()];
    let mut path = Vec::new();
    for start in 0..speakers.len() {
        path.clear();
        let mut at = start;
        let root = loop {
            if let Some(root) = found[at] {
                break root;
            }
            if met[at] == start {
                // What was walked since this id was met first is the cycle.
                let cycle = path.iter().skip_while(|place| **place != at);
                break cycle.map(|place: &usize| speakers[*place].id).min().unwrap_or(speakers[at].id);
            }
            met[at] = start;
            path.push(at);
            match above[at] {
                Above::Present(id) => match places.get(id) {
                    Some(place) => at = *place,
                    None => break id,
                },
                Above::Missing(id) => break id,
                Above::Nothing => break speakers[at].id,
            }
        };
        for place in &path {
            found[*place] = Some(root);
        }
    }
    nodes.iter().zip(place_of).map(|(node, place)| found[place].unwrap_or(node.id).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use proptest::prelude::*;

    fn ids(text: &str) -> Vec<MessageId> {
        text.split_whitespace().map(|id| MessageId(id.to_owned())).collect()
    }

    /// Mails as `(id, references, in-reply-to)`.
    fn threaded(mails: &[(&str, &str, &str)]) -> Vec<String> {
        let parts: Vec<_> = mails.iter().map(|(_, r, i)| (ids(r), ids(i))).collect();
        let nodes: Vec<Node> = mails
            .iter()
            .zip(&parts)
            .map(|((id, ..), (references, in_reply_to))| Node { id, references, in_reply_to })
            .collect();
        roots(&nodes)
    }

    #[test]
    fn the_nearest_present_reference_is_the_parent() {
        assert_eq!(threaded(&[("a", "", ""), ("b", "a", "a"), ("c", "a b", "b")]), ["a", "a", "a"]);
        assert_eq!(threaded(&[("a", "", ""), ("c", "a gone", "gone")]), ["a", "a"]);
        assert_eq!(threaded(&[("a", "", ""), ("c", "", "a")]), ["a", "a"]);
    }

    #[test]
    fn siblings_meet_at_a_root_that_is_missing() {
        assert_eq!(threaded(&[("b", "r x", ""), ("c", "r y", "")]), ["r", "r"]);
        assert_eq!(threaded(&[("b", "", "q"), ("c", "q", "")]), ["q", "q"]);
    }

    #[test]
    fn a_mail_that_names_two_conversations_welds_nothing() {
        assert_eq!(threaded(&[("a", "", ""), ("z", "", ""), ("evil", "a z", "")]), ["a", "z", "z"]);
    }

    #[test]
    fn a_cycle_breaks_at_its_bytewise_smallest_id() {
        assert_eq!(threaded(&[("b", "c", ""), ("c", "a", ""), ("a", "b", ""), ("d", "c", "")]), ["a", "a", "a", "a"]);
        assert_eq!(threaded(&[("self", "self", "")]), ["self"]);
    }

    #[test]
    fn mails_that_share_a_message_id_share_the_conversation() {
        assert_eq!(threaded(&[("x", "b", ""), ("x", "a", ""), ("a", "", ""), ("b", "", "")]), ["a", "a", "a", "b"]);
    }

    /// Keeps roots up to date message by message, by the rule that the module's head gives.
    #[derive(Default)]
    struct Kept {
        mails: Vec<(String, Vec<MessageId>, Vec<MessageId>)>,
        roots: HashMap<String, String>,
    }

    impl Kept {
        fn touch(&mut self, id: &str) {
            let names = |m: &(String, Vec<MessageId>, Vec<MessageId>)| m.1.iter().chain(&m.2).any(|r| r.0 == id);
            let changed: Vec<String> =
                self.mails.iter().filter(|m| m.0 == id || names(m)).map(|m| m.0.clone()).collect();
            let stale: HashSet<String> = changed.iter().filter_map(|id| self.roots.get(id).cloned()).collect();
            let mut again: HashSet<String> = changed.into_iter().collect();
            again.extend(self.roots.iter().filter(|(_, root)| stale.contains(*root)).map(|(id, _)| id.clone()));
            let present: HashSet<&str> = self.mails.iter().map(|m| m.0.as_str()).collect();
            self.roots.retain(|id, _| present.contains(id.as_str()));
            for id in again.iter().filter(|id| present.contains(id.as_str())) {
                let root = root_of(id, &mut |id| {
                    let bearers = self.mails.iter().filter(|m| m.0 == id);
                    let bearers = bearers.map(|(id, references, in_reply_to)| Node { id, references, in_reply_to });
                    speaker(bearers).map_or(Parent::None, |n| parent_of(&n, &mut |other| present.contains(other)))
                });
                self.roots.insert(id.clone(), root);
            }
        }
    }

    fn mails() -> impl Strategy<Value = Vec<(String, Vec<MessageId>, Vec<MessageId>)>> {
        let id = "[a-f]";
        let list = |n| proptest::collection::vec(id.prop_map(MessageId), 0..n);
        proptest::collection::vec((id, list(4), list(2)), 1..9)
    }

    fn whole(mails: &[(String, Vec<MessageId>, Vec<MessageId>)]) -> HashMap<String, String> {
        let nodes: Vec<Node> =
            mails.iter().map(|(id, references, in_reply_to)| Node { id, references, in_reply_to }).collect();
        mails.iter().map(|m| m.0.clone()).zip(roots(&nodes)).collect()
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(mails in mails(), turn in 0usize..8) {
            let mut turned = mails.clone();
            turned.rotate_left(turn % mails.len());
            let mut reversed = mails.clone();
            reversed.reverse();
            prop_assert_eq!(whole(&mails), whole(&turned));
            prop_assert_eq!(whole(&mails), whole(&reversed));
        }

        #[test]
        fn threading_message_by_message_comes_to_what_threading_anew_does(mails in mails(), gone in 0usize..8) {
            let mut kept = Kept::default();
            for mail in &mails {
                kept.mails.push(mail.clone());
                kept.touch(&mail.0);
                prop_assert_eq!(&kept.roots, &whole(&kept.mails));
            }
            for _ in 0..gone.min(mails.len()) {
                let mail = kept.mails.remove(gone % kept.mails.len());
                kept.touch(&mail.0);
                prop_assert_eq!(&kept.roots, &whole(&kept.mails));
            }
        }

        #[test]
        fn a_root_is_nobodys_child_or_missing_or_the_smallest_of_a_cycle(mails in mails()) {
            let all = whole(&mails);
            for root in all.values() {
                if let Some(above) = all.get(root) {
                    prop_assert_eq!(above, root);
                }
            }
        }
    }
}
