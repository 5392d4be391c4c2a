//! Addresses as a line that a person edits.

use crate::mail::safe;
use crate::model::Address;

/// The list as one line; what would be read as something else stands in quotes.
pub fn write(list: &[Address]) -> String {
    let one = |a: &Address| {
        let email = safe::line(&a.email);
        match a.name.as_deref().map(safe::line).filter(|name| !name.is_empty()) {
            Some(name) if name.contains(|c: char| ",;:<>()[]@.\\\"".contains(c)) => {
                format!("\"{}\" <{email}>", name.replace(['"', '\\'], ""))
            }
            Some(name) => format!("{name} <{email}>"),
            None => email,
        }
    };
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::compose::parse_addresses;

    #[test]
    fn what_is_written_is_read_back() {
        let list = vec![
            Address { name: Some("Reyes, Dana".into()), email: "dana@reyes.example".into() },
            Address::bare("bob@example.test"),
            Address { name: Some("Søren Ål".into()), email: "s@aal.example".into() },
            Address { name: Some("Dr. Who (BBC)".into()), email: "who@bbc.example".into() },
        ];
        assert_eq!(parse_addresses(&write(&list)), list);
    }
}
