//! Addresses that are offered while one is typed: the people of the mailbox that fit, those first with whom there is most
//! to do.

use crate::mail::addresses;
use crate::mail::compose::{is_mailable, parse_addresses};
use crate::model::Address;

/// So many are offered at once.
const MOST: usize = 6;

/// What is offered for the address under the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offers {
    pub people: Vec<Address>,
    /// The one that is taken by Tab and Enter; none where what is typed is an address already, until one is chosen.
    pub chosen: Option<usize>,
}

impl Offers {
    /// What fits a field whose cursor is behind so many characters; `None` where nothing does.
    pub fn of(field: &str, cursor: usize, people: &[Address]) -> Option<Self> {
        let (_, typed) = part_before(field, cursor)?;
        let needle = typed.to_lowercase();
        if needle.is_empty() {
            return None;
        }
        let taken = parse_addresses(field);
        let is_free =
            |a: &&Address| a.email.to_lowercase() == needle || !taken.iter().any(|t| t.is_same_place(&a.email));
        let mut fitting: Vec<(u8, &Address)> =
            people.iter().filter(is_free).filter_map(|a| Some((fit(a, &needle)?, a))).collect();
        fitting.sort_by_key(|(how, _)| *how);
        fitting.truncate(MOST);
        // What stands within a word is offered, and taken only by who chooses it.
        let is_likely = fitting.first().is_some_and(|(how, _)| *how < 2);
        let people: Vec<Address> = fitting.into_iter().map(|(_, a)| a.clone()).collect();
        // What is typed to its end needs no offer.
        if people.is_empty() || people.iter().any(|a| a.email.to_lowercase() == needle) {
            return None;
        }
        Some(Self { people, chosen: (is_likely && !is_mailable(typed)).then_some(0) })
    }

    /// The next one, or the one before.
    pub fn choose(&mut self, is_back: bool) {
        let last = self.people.len().saturating_sub(1);
        self.chosen = Some(match (self.chosen, is_back) {
            (None, false) => 0,
            (None, true) => last,
            (Some(at), false) => (at + 1).min(last),
            (Some(at), true) => at.saturating_sub(1),
        });
    }

    /// The field with the chosen one in the place of what was typed, and where the cursor stands then.
    pub fn take(&self, field: &str, cursor: usize) -> Option<(String, usize)> {
        let chosen = self.people.get(self.chosen?)?;
        let (start, _) = part_before(field, cursor)?;
        let before: String = field.chars().take(start).collect();
        let after: String = field.chars().skip(cursor).collect();
        let blank = if before.is_empty() || before.ends_with(' ') { "" } else { " " };
        let written = addresses::write(std::slice::from_ref(chosen));
        let head = format!("{before}{blank}{written}");
        let cursor = head.chars().count();
        Some((format!("{head}{after}"), cursor))
    }
}

/// How well a person fits: the beginning of the address or of a name's word, else something within. `None`: not at all.
fn fit(person: &Address, needle: &str) -> Option<u8> {
    let email = person.email.to_lowercase();
    let name = person.name.as_deref().unwrap_or_default().to_lowercase();
    let (local, domain) = email.split_once('@').unwrap_or((&email, ""));
    if local.starts_with(needle) || email.starts_with(needle) || name.starts_with(needle) {
        return Some(0);
    }
    let is_word = |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(needle));
    if is_word(&name) || is_word(local) || domain.starts_with(needle) {
        return Some(1);
    }
    // A letter or two stands within nearly everything.
    (needle.chars().count() > 2 && (name.contains(needle) || email.contains(needle))).then_some(2)
}

/// The address that is typed: from the last comma to the cursor, which must stand at its end. Gives where it begins.
fn part_before(field: &str, cursor: usize) -> Option<(usize, &str)> {
    let end = field.char_indices().nth(cursor).map_or(field.len(), |(at, _)| at);
    let (before, after) = field.split_at(end);
    if !after.trim_start().is_empty() && !after.trim_start().starts_with([',', ';']) {
        return None;
    }
    let mut is_quoted = false;
    let mut from = 0;
    for (at, c) in before.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' | ';' if !is_quoted => from = at + c.len_utf8(),
            _ => {}
        }
    }
    let part = &before[from..];
    let typed = part.trim_start();
    let start = before.chars().count() - typed.chars().count();
    Some((start, typed.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> Vec<Address> {
        let named = |name: &str, email: &str| Address { name: Some(name.into()), email: email.into() };
        vec![
            named("Dana Reyes", "dana@reyes.example"),
            named("Ortiz, Daniel", "ortiz@parts.example"),
            Address::bare("orders@parts.example"),
        ]
    }

    fn offered(field: &str) -> Vec<String> {
        let offers = Offers::of(field, field.chars().count(), &people());
        offers.map(|o| o.people.iter().map(|a| a.email.clone()).collect()).unwrap_or_default()
    }

    #[test]
    fn people_are_offered_by_the_beginnings_of_their_names_and_addresses() {
        assert_eq!(offered("dan"), ["dana@reyes.example", "ortiz@parts.example"]);
        assert_eq!(offered("or"), ["ortiz@parts.example", "orders@parts.example"]);
        assert_eq!(offered("x@y.test, REY"), ["dana@reyes.example"]);
        assert_eq!(offered("parts"), ["ortiz@parts.example", "orders@parts.example"]);
        assert_eq!(offered("arts"), ["ortiz@parts.example", "orders@parts.example"]);
        assert!(offered("ar").is_empty() && offered("").is_empty() && offered("x, ").is_empty());
        // Who has it already is not offered again, and what is whole needs nothing.
        assert_eq!(offered("dana@reyes.example, dan"), ["ortiz@parts.example"]);
        assert!(offered("dana@reyes.example").is_empty());
    }

    #[test]
    fn the_chosen_one_takes_the_place_of_what_was_typed() {
        let field = "x@y.test,dan, z@y.test";
        let mut offers = Offers::of(field, 12, &people()).unwrap();
        offers.choose(false);
        let (after, cursor) = offers.take(field, 12).unwrap();
        assert_eq!(after, "x@y.test, \"Ortiz, Daniel\" <ortiz@parts.example>, z@y.test");
        assert_eq!(cursor, after.chars().count() - ", z@y.test".chars().count());
        assert_eq!(parse_addresses(&after).len(), 3);
        assert!(Offers::of(field, 10, &people()).is_none(), "the cursor is within a word");
    }

    #[test]
    fn what_is_an_address_already_is_not_changed_unasked() {
        let mut people = people();
        people.push(Address::bare("dana@reyes.example.org"));
        let typed = "dana@reyes.exampl";
        let mut offers = Offers::of(typed, typed.len(), &people).unwrap();
        assert_eq!((offers.people.len(), offers.chosen), (2, None));
        assert_eq!(offers.take(typed, typed.len()), None);
        offers.choose(false);
        assert!(offers.take(typed, typed.len()).is_some());
    }
}
