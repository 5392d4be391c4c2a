//! What a server says to EHLO that it can do (RFC 5321 §4.1.1.1).

/// The extensions that matter here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions {
    /// STARTTLS (RFC 3207).
    pub start_tls: bool,
    /// 8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// SIZE (RFC 1870): `Some(0)` is offered without a limit.
    pub size: Option<u64>,
    /// The SASL mechanisms of AUTH (RFC 4954), in capitals.
    pub auth: Vec<String>,
}

impl Extensions {
    /// Reads the lines of the reply, the greeting first.
    pub(super) fn read(lines: &[String]) -> Self {
        let mut extensions = Self::default();
        for line in lines.iter().skip(1) {
            // Old servers write `AUTH=PLAIN`.
            let mut words = line.split([' ', '=', '\t']).filter(|word| !word.is_empty());
            match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "STARTTLS" => extensions.start_tls = true,
                "8BITMIME" => extensions.eight_bit = true,
                "SIZE" => extensions.size = Some(words.next().and_then(|limit| limit.parse().ok()).unwrap_or(0)),
                "AUTH" => extensions.auth.extend(words.map(str::to_ascii_uppercase)),
                _ => {}
            }
        }
        extensions.auth.sort();
        extensions.auth.dedup();
        extensions
    }

    /// Whether this mechanism is offered.
    pub fn has_auth(&self, mechanism: &str) -> bool {
        self.auth.iter().any(|offered| offered == mechanism)
    }
}

#[cfg(test)]
mod tests {
    use super::Extensions;

    #[test]
    fn keywords_are_read_in_any_case_and_the_greeting_is_none_of_them() {
        let lines =
            ["STARTTLS.example greets you", "starttls", "SIZE 10240000", "AUTH PLAIN login", "AUTH=LOGIN XOAUTH2"];
        let extensions = Extensions::read(&lines.map(String::from));
        assert!(extensions.start_tls && !extensions.eight_bit);
        assert_eq!(extensions.size, Some(10_240_000));
        assert_eq!(extensions.auth, ["LOGIN", "PLAIN", "XOAUTH2"]);
        assert_eq!(Extensions::read(&["STARTTLS".to_owned()]), Extensions::default());
    }
}
