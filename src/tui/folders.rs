//! Choosing the folder in which a conversation is filed: the mailbox's folders, found by what is typed of them.

use ratatui_textarea::TextArea;

use super::typing;
use crate::engine::message::FolderChoice;
use crate::model::Conversation;

/// The small window with the mailbox's folders.
#[derive(Debug, Clone)]
pub struct FolderPicker {
    /// What is filed; `None`: all that is selected.
    pub conversation: Option<Box<Conversation>>,
    pub input: TextArea<'static>,
    /// `None` until the server has told them.
    pub folders: Option<Vec<FolderChoice>>,
    pub selected: usize,
}

impl FolderPicker {
    /// Those whose name has what was typed, letter by letter in this order; the closest first.
    pub fn matching(&self) -> Vec<&FolderChoice> {
        let typed = typing::text_of(&self.input);
        let all = self.folders.iter().flatten();
        let mut found: Vec<(usize, &FolderChoice)> =
            all.filter_map(|f| Some((distance(&f.shown, typed.trim())?, f))).collect();
        found.sort_by_key(|(distance, _)| *distance);
        found.into_iter().map(|(_, f)| f).collect()
    }

    /// The folder under the cursor.
    pub fn chosen(&self) -> Option<&FolderChoice> {
        let matching = self.matching();
        matching.get(self.selected.min(matching.len().saturating_sub(1))).copied()
    }
}

/// How far apart the letters of `typed` stand in `name`; `None` where they are not in it in this order.
fn distance(name: &str, typed: &str) -> Option<usize> {
    let name: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    let typed: Vec<char> = typed.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let Some(first) = typed.first() else { return Some(0) };
    let starts = name.iter().enumerate().filter(|(_, c)| *c == first).map(|(at, _)| at);
    starts
        .filter_map(|start| {
            let mut at = start;
            for wanted in &typed[1..] {
                at += 1 + name.get(at + 1..)?.iter().position(|c| c == wanted)?;
            }
            // A word's beginning is nearer than its middle.
            let is_word = start == 0 || !name[start - 1].is_alphanumeric();
            Some((at - start) * 2 + usize::from(!is_word))
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_found_by_some_of_their_letters() {
        let folder = |shown: &str| FolderChoice { name: shown.into(), shown: shown.into(), why_not: None };
        let mut picker = FolderPicker {
            conversation: None,
            input: typing::line("clb"),
            folders: Some(["Archive", "Clients/Beta", "Calibration", "Trash"].map(folder).to_vec()),
            selected: 0,
        };
        let shown = |p: &FolderPicker| p.matching().iter().map(|f| f.shown.clone()).collect::<Vec<_>>();
        assert_eq!(shown(&picker), ["Calibration", "Clients/Beta"]);
        picker.input = typing::line("beta");
        assert_eq!(picker.chosen().map(|f| f.name.as_str()), Some("Clients/Beta"));
        picker.input = typing::line("nothing");
        assert_eq!(picker.chosen(), None);
        picker.input = typing::line("");
        assert_eq!(picker.matching().len(), 4);
    }
}
