//! Choosing a file that is to go along: a path as it is typed, and what its folder holds.

use ratatui_textarea::TextArea;

use super::typing;
use crate::engine::files::Entry;

/// The small window.
#[derive(Debug, Clone)]
pub struct Attaching {
    pub input: TextArea<'static>,
    /// The folder whose names these are, as it was typed; `None` before anything was read.
    listed: Option<String>,
    pub entries: Vec<Entry>,
    /// Why the folder cannot be read.
    pub trouble: Option<String>,
    pub selected: usize,
}

/// What Enter does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Goes on in a folder.
    Folder,
    /// This path is to be attached.
    File(String),
    Nothing,
}

impl Attaching {
    /// Begins in a folder, as it was typed the last time.
    pub fn begin(folder: &str) -> Self {
        let input = typing::line(folder);
        Self { input, listed: None, entries: Vec::new(), trouble: None, selected: 0 }
    }

    fn typed(&self) -> String {
        typing::text_of(&self.input)
    }

    /// The folder of the typed path, as typed: all up to its last `/`.
    pub fn folder(&self) -> String {
        let typed = self.typed();
        typed.rfind('/').map(|at| typed[..=at].to_owned()).unwrap_or_default()
    }

    /// The folder whose names must be read now.
    pub fn wants(&mut self) -> Option<String> {
        let folder = self.folder();
        if self.listed.as_ref() == Some(&folder) {
            return None;
        }
        self.listed = Some(folder.clone());
        (self.entries, self.trouble, self.selected) = (Vec::new(), None, 0);
        Some(folder)
    }

    /// The names of a folder are here.
    pub fn take(&mut self, folder: &str, outcome: Result<Vec<Entry>, String>) {
        if self.listed.as_deref() != Some(folder) {
            return;
        }
        match outcome {
            Ok(entries) => self.entries = entries,
            Err(why) => self.trouble = Some(why),
        }
    }

    /// The names that begin as the typed one does; hidden ones only where a dot was typed.
    pub fn matching(&self) -> Vec<&Entry> {
        let typed = self.typed();
        let part = typed.rsplit('/').next().unwrap_or_default().to_lowercase();
        let fits = |e: &&Entry| {
            e.name.to_lowercase().starts_with(&part) && (part.starts_with('.') || !e.name.starts_with('.'))
        };
        self.entries.iter().filter(fits).collect()
    }

    fn chosen(&self) -> Option<Entry> {
        let matching = self.matching();
        matching.get(self.selected.min(matching.len().saturating_sub(1))).map(|e| (*e).clone())
    }

    /// The next name, or the one before.
    pub fn choose(&mut self, is_back: bool) {
        let last = self.matching().len().saturating_sub(1);
        let at = self.selected.min(last);
        self.selected = if is_back { at.saturating_sub(1) } else { (at + 1).min(last) };
    }

    /// Writes the chosen name to its end.
    pub fn complete(&mut self) {
        let Some(entry) = self.chosen() else { return };
        let slash = if entry.is_folder { "/" } else { "" };
        self.input = typing::line(&format!("{}{}{slash}", self.folder(), entry.name));
        self.selected = 0;
    }

    /// Takes the chosen name: goes into a folder, or names the file. What is in no list is tried as it was typed.
    pub fn accept(&mut self) -> Taken {
        match self.chosen() {
            Some(entry) if entry.is_folder => {
                self.complete();
                Taken::Folder
            }
            Some(entry) => Taken::File(format!("{}{}", self.folder(), entry.name)),
            None if self.typed().trim().is_empty() => Taken::Nothing,
            None => Taken::File(self.typed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, is_folder: bool) -> Entry {
        Entry { name: name.into(), is_folder, size: 1 }
    }

    #[test]
    fn a_path_is_completed_name_by_name() {
        let mut window = Attaching::begin("~/");
        assert_eq!(window.wants().as_deref(), Some("~/"));
        assert_eq!(window.wants(), None, "asked once");
        let all = vec![entry(".ssh", true), entry("Plans", true), entry("plan.pdf", false), entry("zoo.txt", false)];
        window.take("/elsewhere/", Ok(vec![entry("late", false)]));
        window.take("~/", Ok(all));
        assert_eq!(window.matching().len(), 3, "what is hidden is not shown");
        typing::paste(&mut window.input, "pl", true);
        assert_eq!(window.matching().iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["Plans", "plan.pdf"]);
        assert_eq!(window.accept(), Taken::Folder);
        assert_eq!(window.typed(), "~/Plans/");
        assert_eq!(window.wants().as_deref(), Some("~/Plans/"));
        window.take("~/Plans/", Ok(vec![entry("a.pdf", false), entry("b.pdf", false)]));
        window.choose(false);
        assert_eq!(window.accept(), Taken::File("~/Plans/b.pdf".into()));
        window.complete();
        assert_eq!(window.typed(), "~/Plans/b.pdf");
        typing::paste(&mut window.input, "x", true);
        assert_eq!(window.accept(), Taken::File("~/Plans/b.pdfx".into()));
    }
}
