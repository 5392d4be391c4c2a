//! One table of a TOML file, read key by key, with every fault told at its line.
//!
//! toml's own tree is read, not a derived type: only there every key has its place in the file, and an unknown key its
//! section, which is what a typo needs.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Fault};
use super::file::Place;

/// A key, and what the manual says of it.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// What it must be, as a fault says it.
    pub(crate) value: &'static str,
    /// What counts where it is not there; empty where nothing does.
    pub(crate) default: &'static str,
    pub(crate) says: &'static str,
}

/// The keys that a kind of section may have.
pub(crate) struct Keys {
    /// How messages call this kind of section when they send somebody there.
    pub(crate) title: &'static str,
    pub(crate) known: &'static [Key],
    /// Documented keys without a feature behind them yet, each with what to do meanwhile.
    pub(crate) unbuilt: &'static [(&'static str, &'static str)],
}

impl Keys {
    fn has(&self, name: &str) -> bool {
        self.known.iter().any(|key| key.name == name)
    }
}

/// The file a section stands in.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) file: &'a Path,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    /// The fault at this place of the text.
    pub(crate) fn fault_at(&self, offset: usize, fault: Fault) -> ConfigError {
        ConfigError::Invalid { file: self.file.to_owned(), line: self.line_of(offset), fault: Box::new(fault) }
    }

    fn line_of(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        1 + before.iter().filter(|&&byte| byte == b'\n').count()
    }
}

/// A table with its name and place.
pub(crate) struct Section<'a> {
    source: Source<'a>,
    /// As a person would write it: `[account.work]`; empty for the file itself.
    path: String,
    offset: usize,
    table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    /// The whole file as one section.
    pub(crate) fn root(source: Source<'a>, table: &'a DeTable<'a>) -> Self {
        Self { source, path: String::new(), offset: 0, table }
    }

    /// How messages name it.
    pub(crate) fn name(&self) -> String {
        if self.path.is_empty() { "the file".to_owned() } else { format!("[{}]", self.path) }
    }

    /// Refuses every key that is not in `keys`, the first of them in the file.
    pub(crate) fn allow(&self, keys: &Keys, elsewhere: &[&Keys]) -> Result<(), ConfigError> {
        let strangers = self.table.keys().filter(|key| !keys.has(key.get_ref()));
        let Some(stranger) = strangers.min_by_key(|key| key.span().start) else { return Ok(()) };
        let key: &str = stranger.get_ref();
        let fault = match keys.unbuilt.iter().find(|(unbuilt, _)| *unbuilt == key) {
            Some((_, instead)) => {
                Fault::NotYetBuilt { what: format!("`{key}` in {}", self.name()), instead: (*instead).to_owned() }
            }
            None => Fault::UnknownKey {
                key: shown(key),
                section: self.name(),
                nearest: nearest(key, keys.known.iter().map(|known| known.name)).to_owned(),
                belongs: elsewhere.iter().find(|other| other.has(key)).map(|k| k.title.to_owned()),
            },
        };
        Err(self.source.fault_at(stranger.span().start, fault))
    }

    fn get(&self, key: &str) -> Option<(&'a Spanned<std::borrow::Cow<'a, str>>, &'a Spanned<DeValue<'a>>)> {
        self.table.get_key_value(key)
    }

    /// Whether the key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A fault at this key, or at the section's head where it has no such key.
    pub(crate) fn fault(&self, key: &str, fault: Fault) -> ConfigError {
        let offset = self.get(key).map_or(self.offset, |(key, _)| key.span().start);
        self.source.fault_at(offset, fault)
    }

    /// Where this key stands.
    pub(crate) fn place(&self, key: &str) -> Place {
        let offset = self.get(key).map_or(self.offset, |(key, _)| key.span().start);
        Place { file: self.source.file.to_owned(), line: self.source.line_of(offset) }
    }

    /// All keys in the order of the file.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.table.keys().collect();
        keys.sort_by_key(|key| key.span().start);
        keys.into_iter().map(|key| key.get_ref().to_string()).collect()
    }

    /// The value of `key` is not what it must be.
    pub(crate) fn wrong(&self, key: &str, expected: impl Into<String>) -> ConfigError {
        self.fault(key, Fault::WrongValue { key: shown(key), section: self.name(), expected: expected.into() })
    }

    /// A text of one line that is not blank, exactly as it stands.
    pub(crate) fn exact(&self, key: &str) -> Result<Option<String>, ConfigError> {
        let Some((_, value)) = self.get(key) else { return Ok(None) };
        match value.get_ref().as_str() {
            Some(text) if is_line(text) => Ok(Some(text.to_owned())),
            Some(text) if text.trim().is_empty() => Err(self.wrong(key, "a text that is not empty")),
            Some(_) => Err(self.wrong(key, "a text of one line")),
            None => Err(self.wrong(key, "a text in quotes")),
        }
    }

    /// The same without blanks around it.
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, ConfigError> {
        Ok(self.exact(key)?.map(|text| text.trim().to_owned()))
    }

    /// A text that must be there.
    pub(crate) fn required(&self, key: &str) -> Result<String, ConfigError> {
        self.text(key)?.ok_or_else(|| self.fault(key, Fault::Missing { key: key.to_owned(), section: self.name() }))
    }

    /// A list of texts; empty where the key is absent.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<String>, ConfigError> {
        let Some((_, value)) = self.get(key) else { return Ok(Vec::new()) };
        let wrong = || self.wrong(key, "a list of texts in quotes");
        let items = value.get_ref().as_array().ok_or_else(wrong)?;
        let text =
            |item: &Spanned<DeValue>| item.get_ref().as_str().map(str::trim).filter(|t| is_line(t)).map(str::to_owned);
        items.iter().map(|item| text(item).ok_or_else(wrong)).collect()
    }

    /// A whole number within the range.
    pub(crate) fn number(&self, key: &str, range: std::ops::RangeInclusive<u16>) -> Result<Option<u16>, ConfigError> {
        let Some((_, value)) = self.get(key) else { return Ok(None) };
        let number = value.get_ref().as_integer().and_then(|i| i64::from_str_radix(i.as_str(), i.radix()).ok());
        match number.and_then(|n| u16::try_from(n).ok()).filter(|n| range.contains(n)) {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(key, format!("a whole number from {} to {}", range.start(), range.end()))),
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        let Some((_, value)) = self.get(key) else { return Ok(None) };
        value.get_ref().as_bool().map(Some).ok_or_else(|| self.wrong(key, "true or false"))
    }

    /// A day, as a TOML date or as text.
    pub(crate) fn date(&self, key: &str) -> Result<Option<jiff::civil::Date>, ConfigError> {
        let Some((_, value)) = self.get(key) else { return Ok(None) };
        let written = match value.get_ref() {
            DeValue::String(text) => text.trim().to_owned(),
            DeValue::Datetime(at) if at.time.is_none() => at.to_string(),
            _ => String::new(),
        };
        // jiff reads more than a bare day (times, zones); a day is all that is meant here.
        let day = Some(&written).filter(|w| w.len() == 10).and_then(|w| w.parse().ok());
        day.map(Some).ok_or_else(|| self.wrong(key, "a day like \"2026-11-01\""))
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>, ConfigError> {
        let Some((_, value)) = self.get(key) else { return Ok(None) };
        match words.iter().find(|(word, _)| value.get_ref().as_str() == Some(*word)) {
            Some((_, meaning)) => Ok(Some(*meaning)),
            None => {
                let words: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                Err(self.wrong(key, words.join(" or ")))
            }
        }
    }

    /// The table under this key.
    pub(crate) fn section(&self, key: &str) -> Result<Option<Self>, ConfigError> {
        let Some((spanned, value)) = self.get(key) else { return Ok(None) };
        let table = value.get_ref().as_table().ok_or_else(|| self.wrong(key, "a table"))?;
        let path = if self.path.is_empty() { bare(key) } else { format!("{}.{}", self.path, bare(key)) };
        Ok(Some(Self { source: self.source, path, offset: spanned.span().start, table }))
    }

    /// All tables in this section by their names, in the order of the file.
    pub(crate) fn sections(&self) -> Result<Vec<(String, Self)>, ConfigError> {
        let named = |name: String| match self.section(&name)? {
            Some(section) if is_line(&name) => Ok((name, section)),
            _ => Err(self.wrong(&name, "a name of one line")),
        };
        self.keys().into_iter().map(named).collect()
    }
}

fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// A key as it may stand in a message: nothing that could steer a terminal.
fn shown(key: &str) -> String {
    key.escape_debug().to_string()
}

/// A key as TOML writes it in a header: quoted where it must be.
fn bare(key: &str) -> String {
    let is_bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if is_bare { key.to_owned() } else { format!("\"{}\"", shown(key)) }
}

/// The one of `words` that is most like `word`; there is at least one.
pub(crate) fn nearest<'w>(word: &str, words: impl Iterator<Item = &'w str>) -> &'w str {
    let word = word.to_ascii_lowercase();
    words.min_by_key(|known| strsim::damerau_levenshtein(&word, known)).unwrap_or("")
}
